//! The demo cards. Their record side is `demo/cards.csv`; the keys are toys that everybody may know.

mod tags;

pub use tags::{DemoTag, tag, tag_personalisation, tag_roots, tags};

use crate::card::{
    Card, Knobs, Levels, LogRecord, Personalisation, PinForm, PinKnob, Roots, Stamp, TollCard,
    TransitRecord,
};

/// Issuer id of Gansu (reference §7.5).
const ISSUER: [u8; 8] = [0xB8, 0xCA, 0xCB, 0xE0, 0x62, 0x01, 0x00, 0x01];
/// Its network number.
const NETWORK: [u8; 2] = [0x62, 0x01];

/// What the demo deck says about one card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoCard {
    /// Stable identifier.
    pub id: &'static str,
    /// Title in Chinese.
    pub zh: &'static str,
    /// Title in English.
    pub en: &'static str,
    /// The 16 digits of the card number, BCD; `None` for the card that is no toll card.
    pub number: Option<[u8; 8]>,
}

impl DemoCard {
    /// The 20 digits printed on the plastic: network and card number (reference §1.2).
    pub fn printed_number(&self) -> Option<String> {
        let digits = NETWORK.into_iter().chain(self.number?);
        Some(digits.map(|byte| format!("{byte:02X}")).collect())
    }
}

/// The fields in which the demo cards differ.
struct Plan {
    id: &'static str,
    zh: &'static str,
    en: &'static str,
    number: [u8; 8],
    card_type: u8,
    start: [u8; 4],
    expiry: [u8; 4],
    /// GBK.
    plate: &'static [u8],
    colour: u8,
    class: u8,
    /// GBK.
    holder: &'static [u8],
    id_number: &'static [u8],
    id_type: u8,
    balance: u32,
    counter: u16,
}

/// 20240115.
const JANUARY: [u8; 4] = [0x20, 0x24, 0x01, 0x15];
/// 20340114.
const TEN_YEARS_ON: [u8; 4] = [0x20, 0x34, 0x01, 0x14];

/// The card number whose last two bytes are `end`.
const fn number(end: [u8; 2]) -> [u8; 8] {
    [0x22, 0x01, 0x23, 0x01, 0x00, 0x00, end[0], end[1]]
}

/// What most cards share: stored value, blue plate, class 1, a person's ID, 20.00 yuan.
const PLAIN: Plan = Plan {
    id: "",
    zh: "",
    en: "",
    number: [0; 8],
    card_type: 22,
    start: JANUARY,
    expiry: TEN_YEARS_ON,
    plate: b"",
    colour: 0,
    class: 1,
    holder: b"",
    id_number: b"",
    id_type: 101,
    balance: 20_00,
    counter: 1,
};

/// What the factory has first issued, and no counter yet: all else is fill.
const BLANK: Plan = Plan {
    start: [0; 4],
    expiry: [0; 4],
    class: 0,
    id_type: 0,
    balance: 0,
    counter: 0,
    ..PLAIN
};

const DECK: &[Plan] = &[
    Plan {
        id: "normal",
        zh: "正常储值卡",
        en: "Stored-value card in order",
        number: number([0x00, 0x17]),
        plate: b"\xB8\xCAA12345",            // 甘A12345
        holder: b"\xD5\xC5\xD1\xF9\xC0\xFD", // 张样例
        id_number: b"620000190001010017",
        balance: 30_00,
        counter: 5,
        ..PLAIN
    },
    Plan {
        id: "same-plate",
        zh: "同一车牌的第二张卡",
        en: "Second card of the same plate",
        number: number([0x00, 0x25]),
        plate: b"\xB8\xCAA12345",            // 甘A12345
        holder: b"\xD5\xC5\xD1\xF9\xC0\xFD", // 张样例
        id_number: b"620000190001010017",
        balance: 12_00,
        counter: 2,
        ..PLAIN
    },
    Plan {
        id: "no-pin",
        zh: "无密码卡(新能源)",
        en: "Card without PIN (electric car)",
        number: number([0x00, 0x33]),
        start: [0x20, 0x24, 0x03, 0x01],
        expiry: [0x20, 0x34, 0x02, 0x28],
        plate: b"\xB8\xCAAD00033", // 甘AD00033
        colour: 4,
        holder: b"\xC0\xEE\xD1\xF9\xC0\xFD", // 李样例
        id_number: b"620000190001010033",
        balance: 0,
        counter: 0,
        ..PLAIN
    },
    Plan {
        id: "credit-card",
        zh: "记账卡(货车)",
        en: "Credit card (truck)",
        number: number([0x00, 0x41]),
        card_type: 23,
        start: [0x20, 0x24, 0x03, 0x01],
        expiry: [0x20, 0x34, 0x02, 0x28],
        plate: b"\xB8\xCAA00041", // 甘A00041
        colour: 1,
        class: 12,
        // 兰州样例运输公司
        holder: b"\xC0\xBC\xD6\xDD\xD1\xF9\xC0\xFD\xD4\xCB\xCA\xE4\xB9\xAB\xCB\xBE",
        id_number: b"91620000EXAMPLE041",
        id_type: 201,
        // Loaded once at issue so that lanes never run dry (reference §1.8).
        balance: 0x7FFF_FFFF,
        ..PLAIN
    },
    Plan {
        id: "expired",
        zh: "已过期",
        en: "Expired",
        number: number([0x00, 0x58]),
        start: [0x20, 0x10, 0x01, 0x01],
        expiry: [0x20, 0x20, 0x01, 0x01],
        plate: b"\xB8\xCAB00058",            // 甘B00058
        holder: b"\xCD\xF5\xD1\xF9\xC0\xFD", // 王样例
        id_number: b"620000190001010058",
        ..PLAIN
    },
    Plan {
        id: "not-yet-active",
        zh: "未到启用日期",
        en: "Start date not reached",
        number: number([0x00, 0x66]),
        start: [0x20, 0x99, 0x01, 0x01],
        expiry: [0x21, 0x09, 0x01, 0x01],
        plate: b"\xB8\xCAB00066",            // 甘B00066
        holder: b"\xD5\xD4\xD1\xF9\xC0\xFD", // 赵样例
        id_number: b"620000190001010066",
        ..PLAIN
    },
    Plan {
        id: "blacklisted",
        zh: "黑名单卡",
        en: "Blacklisted",
        number: number([0x00, 0x74]),
        plate: b"\xB8\xCAC00074",            // 甘C00074
        holder: b"\xCB\xEF\xD1\xF9\xC0\xFD", // 孙样例
        id_number: b"620000190001010074",
        ..PLAIN
    },
    Plan {
        id: "cancelled",
        zh: "已注销卡",
        en: "Cancelled",
        number: number([0x00, 0x82]),
        plate: b"\xB8\xCAC00082",            // 甘C00082
        holder: b"\xD6\xDC\xD1\xF9\xC0\xFD", // 周样例
        id_number: b"620000190001010082",
        ..PLAIN
    },
    Plan {
        id: "unknown",
        zh: "系统中没有的卡",
        en: "Unknown to the back office",
        number: number([0x00, 0x90]),
        plate: b"\xB8\xCAC00090",            // 甘C00090
        holder: b"\xBA\xCE\xD1\xF9\xC0\xFD", // 何样例
        id_number: b"620000190001010090",
        ..PLAIN
    },
    Plan {
        id: "wrong-pin",
        zh: "密码不符",
        en: "PIN differs from the record",
        number: number([0x01, 0x08]),
        plate: b"\xB8\xCAD00108",            // 甘D00108
        holder: b"\xCE\xE2\xD1\xF9\xC0\xFD", // 吴样例
        id_number: b"620000190001010108",
        ..PLAIN
    },
    Plan {
        id: "pin-locked",
        zh: "密码已锁定",
        en: "PIN blocked",
        number: number([0x01, 0x16]),
        plate: b"\xB8\xCAD00116",            // 甘D00116
        holder: b"\xD6\xA3\xD1\xF9\xC0\xFD", // 郑样例
        id_number: b"620000190001010116",
        ..PLAIN
    },
    Plan {
        id: "foreign-keys",
        zh: "密钥不符的卡",
        en: "Keys of another issuer",
        number: number([0x01, 0x24]),
        plate: b"\xB8\xCAD00124",            // 甘D00124
        holder: b"\xB7\xEB\xD1\xF9\xC0\xFD", // 冯样例
        id_number: b"620000190001010124",
        ..PLAIN
    },
    Plan {
        id: "counter-end",
        zh: "联机交易序号用尽",
        en: "Online counter used up",
        number: number([0x01, 0x32]),
        plate: b"\xB8\xCAD00132",            // 甘D00132
        holder: b"\xB3\xC2\xD1\xF9\xC0\xFD", // 陈样例
        id_number: b"620000190001010132",
        counter: u16::MAX,
        ..PLAIN
    },
    Plan {
        id: "torn",
        zh: "练习半圈存的卡",
        en: "Card to practise torn loads",
        number: number([0x01, 0x40]),
        plate: b"\xB8\xCAE00140", // 甘E00140
        class: 2,
        holder: b"\xF1\xD2\xD1\xF9\xC0\xFD", // 褚样例
        id_number: b"620000190001010140",
        balance: 50_00,
        counter: 7,
        ..PLAIN
    },
    Plan {
        id: "card-new",
        zh: "未发行的新卡(储值卡)",
        en: "New card, not issued (stored value)",
        number: number([0x01, 0x57]),
        ..BLANK
    },
    Plan {
        id: "card-new-2",
        zh: "未发行的新卡(记账卡)",
        en: "New card, not issued (credit)",
        number: number([0x01, 0x65]),
        card_type: 23,
        ..BLANK
    },
    Plan {
        id: "card-new-3",
        zh: "未发行的新卡(无密码)",
        en: "New card, not issued (no PIN)",
        number: number([0x01, 0x73]),
        ..BLANK
    },
    Plan {
        id: "card-new-4",
        zh: "未发行的新卡(备用)",
        en: "New card, not issued (one more)",
        number: number([0x02, 0x15]),
        ..BLANK
    },
    Plan {
        id: "card-new-5",
        zh: "没有入库的新卡",
        en: "New card, in no stock",
        number: number([0x02, 0x23]),
        ..BLANK
    },
    Plan {
        id: "card-expired",
        zh: "待激活的过期卡",
        en: "Expired, to be activated",
        number: number([0x01, 0x81]),
        start: [0x20, 0x14, 0x01, 0x15],
        expiry: [0x20, 0x24, 0x01, 0x14],
        plate: b"\xB8\xCAA00181",            // 甘A00181
        holder: b"\xCE\xC0\xD1\xF9\xC0\xFD", // 卫样例
        id_number: b"620000190001010181",
        ..PLAIN
    },
    Plan {
        id: "card-early",
        zh: "待激活的未启用卡",
        en: "Validity to come, to be activated",
        number: number([0x01, 0x99]),
        start: [0x20, 0x99, 0x01, 0x01],
        expiry: [0x20, 0x99, 0x12, 0x31],
        plate: b"\xB8\xCAA00199",            // 甘A00199
        holder: b"\xBD\xAF\xD1\xF9\xC0\xFD", // 蒋样例
        id_number: b"620000190001010199",
        ..PLAIN
    },
    Plan {
        id: "card-elsewhere",
        zh: "本省他处发行的卡",
        en: "Issued elsewhere in the province",
        number: number([0x02, 0x07]),
        plate: b"\xB8\xCAA00207",            // 甘A00207
        holder: b"\xC9\xF2\xD1\xF9\xC0\xFD", // 沈样例
        id_number: b"620000190001010207",
        ..PLAIN
    },
];

/// The PIN of a card that has none.
const NO_PIN: PinKnob = PinKnob {
    required: false,
    form: PinForm::None,
    tries: 0,
};

/// Identifier of the card that is no toll card.
const NO_TOLL_CARD: &str = "no-toll-card";

/// The whole deck, in the order in which a list shows it.
pub fn cards() -> Vec<DemoCard> {
    let toll = DECK.iter().map(|plan| DemoCard {
        id: plan.id,
        zh: plan.zh,
        en: plan.en,
        number: Some(plan.number),
    });
    let other = DemoCard {
        id: NO_TOLL_CARD,
        zh: "不是通行卡的卡",
        en: "Not a toll card",
        number: None,
    };
    toll.chain([other]).collect()
}

/// The card `id` fresh from the factory, or `None` when there is no such demo card.
pub fn card(id: &str) -> Option<Card> {
    if id == NO_TOLL_CARD {
        return Some(Card::Other);
    }
    let plan = DECK.iter().find(|plan| plan.id == id)?;
    let mut person = personalisation(plan);
    let mut knobs = Knobs::default();
    match id {
        "normal" => with_history(&mut person),
        "no-pin" => knobs.pin = NO_PIN,
        "wrong-pin" => person.pin = *b"654321",
        "pin-locked" => knobs.pin.tries = 0,
        "foreign-keys" => person.roots = foreign_roots(),
        "card-new-2" => {
            person = Personalisation {
                card_type: plan.card_type,
                ..Personalisation::blank(plan.number, 0xFF)
            };
            knobs.issue_file_length = 50;
            knobs.pin.form = PinForm::Bcd3;
        }
        "card-new-3" => {
            knobs.pin = NO_PIN;
            knobs.refuses_odd_terminals = true;
        }
        _ => {}
    }
    // The number is as good a seed as any: stable, and different on every card.
    let seed = u64::from_be_bytes(plan.number);
    Some(Card::Toll(Box::new(TollCard::new(&person, knobs, seed))))
}

/// The toy roots of the demo back office: national roots, two levels, area 甘肃.
pub fn roots() -> Roots {
    Roots {
        load: key_from(0x00),
        tac: key_from(0x10),
        damk: key_from(0x20),
        levels: Levels::Two,
        area: [0xB8, 0xCA, 0xCB, 0xE0],
    }
}

/// Roots that the demo back office does not know.
fn foreign_roots() -> Roots {
    Roots {
        load: key_from(0x30),
        tac: key_from(0x40),
        damk: key_from(0x50),
        ..roots()
    }
}

/// The toy key `first`, `first` + 1, …
fn key_from(first: u8) -> [u8; 16] {
    let mut next = first;
    [(); 16].map(|()| {
        let byte = next;
        next += 1;
        byte
    })
}

impl Personalisation {
    /// A card as the factory delivers it to a counter: keys, PIN 123456, an empty wallet and in
    /// 0015 issuer, type 22, version 40, network and number; all the rest is 00.
    pub fn factory(number: [u8; 8]) -> Self {
        Self::blank(number, 0x00)
    }

    /// The same, with this fill for all the rest.
    pub fn blank(number: [u8; 8], fill: u8) -> Self {
        Self {
            roots: roots(),
            issuer_id: ISSUER,
            card_type: 22,
            version: 0x40,
            network: NETWORK,
            number,
            start: [fill; 4],
            expiry: [fill; 4],
            plate: Vec::new(),
            user_type: fill,
            plate_colour: fill,
            vehicle_class: fill,
            holder: Vec::new(),
            id_number: Vec::new(),
            id_type: 0,
            pin: *b"123456",
            balance: 0,
            counter: 0,
            offline_counter: 0,
            log: Vec::new(),
            transit: None,
            fill,
        }
    }
}

fn personalisation(plan: &Plan) -> Personalisation {
    Personalisation {
        card_type: plan.card_type,
        start: plan.start,
        expiry: plan.expiry,
        plate: plan.plate.to_vec(),
        plate_colour: plan.colour,
        vehicle_class: plan.class,
        holder: plan.holder.to_vec(),
        id_number: plan.id_number.to_vec(),
        id_type: plan.id_type,
        balance: plan.balance,
        counter: plan.counter,
        ..Personalisation::factory(plan.number)
    }
}

/// A past for the card in order: a load of 50.00 and two trips, 30.00 left, still on the motorway.
///
/// The load's terminal is another system's, so that no ledger of ours has to explain it.
fn with_history(person: &mut Personalisation) {
    let stamp = |terminal, day, hour| Stamp {
        terminal,
        date: [0x20, 0x24, 0x05, day],
        time: [hour, 0x15, 0x30],
    };
    let lane = [0x62, 0x01, 0x00, 0x00, 0x03, 0x07];
    let elsewhere = [0x99, 0x62, 0x01, 0x00, 0x00, 0x01];
    person.offline_counter = 13;
    person.log = vec![
        LogRecord {
            counter: 12,
            amount: 8_00,
            kind: 0x09,
            stamp: stamp(lane, 0x12, 0x17),
        },
        LogRecord {
            counter: 11,
            amount: 12_00,
            kind: 0x09,
            stamp: stamp(lane, 0x11, 0x08),
        },
        LogRecord {
            counter: 4,
            amount: 50_00,
            kind: 0x02,
            stamp: stamp(elsewhere, 0x10, 0x10),
        },
    ];
    person.transit = Some(TransitRecord {
        network: NETWORK,
        station: [0x00, 0x12],
        lane: 0x03,
        // 2024-05-12 16:40:00 in Asia/Shanghai.
        time: 1_715_503_200,
        vehicle_class: person.vehicle_class,
        status: 0x03,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::text;

    /// Select, read 0015 whole.
    fn issue_file(card: &mut Card) -> Vec<u8> {
        card.power_on();
        card.transmit(&[0x00, 0xA4, 0x00, 0x00, 0x02, 0x10, 0x01]);
        card.transmit(&[0x00, 0xB0, 0x95, 0x00, 0x00])
    }

    #[test]
    fn every_listed_card_exists_and_no_other() {
        let deck = cards();
        assert_eq!(deck.len(), 23);
        for demo in &deck {
            let card = card(demo.id).expect(demo.id);
            assert_eq!(
                card.as_toll().map(TollCard::number),
                demo.number,
                "{}",
                demo.id
            );
            assert!(!demo.zh.is_empty() && !demo.en.is_empty());
        }
        assert!(card("").is_none() && card("nobody").is_none());
    }

    #[test]
    fn the_plastic_agrees_with_the_records_in_the_csv() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/cards.csv");
        let csv = std::fs::read_to_string(path).unwrap();
        let mut rows = 0;
        for row in csv.trim_start_matches('\u{feff}').lines().skip(1) {
            let field: Vec<&str> = row.split(',').collect();
            let [number, kind, version, start, expiry, plate, colour, class] = field[..8] else {
                panic!("short row {row}")
            };
            let demo = cards()
                .into_iter()
                .find(|demo| demo.printed_number().as_deref() == Some(number))
                .unwrap_or_else(|| panic!("no plastic for {number}"));
            let mut plastic = card(demo.id).unwrap();
            let file = issue_file(&mut plastic);
            assert_eq!(text(&file[10..20]), number);
            assert_eq!(file[8].to_string(), kind, "{number}");
            assert_eq!(text(&file[9..10]), version);
            plastic.transmit(&[0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00]);
            let holder = plastic.transmit(&[0x00, 0xB0, 0x96, 0x00, 0x37]);
            rows += 1;
            if plate.is_empty() {
                let fill = file[20];
                let end = file.len() - 2;
                assert!(file[20..end].iter().all(|byte| *byte == fill), "{number}");
                assert!(holder[..55].iter().all(|byte| *byte == fill), "{number}");
                continue;
            }
            assert_eq!(
                (text(&file[20..24]), text(&file[24..28])),
                (start.into(), expiry.into())
            );
            assert_eq!(
                (file[41].to_string(), file[42].to_string()),
                (colour.into(), class.into())
            );
            // GBK is ASCII compatible: after 甘 the bytes are the characters.
            assert_eq!(&file[28..30], b"\xB8\xCA");
            let rest = plate.trim_start_matches('甘').as_bytes();
            assert_eq!(&file[30..30 + rest.len()], rest);
            assert_eq!(holder[54].to_string(), field[10]);
            assert!(holder[22..].starts_with(field[11].as_bytes()), "{number}");
        }
        assert!(rows >= 13, "{rows}");
    }

    #[test]
    fn the_demo_log_explains_the_balance() {
        let Some(Card::Toll(card)) = card("normal") else {
            panic!()
        };
        assert_eq!((card.balance(), card.online_counter()), (30_00, 5));
    }
}
