//! What stands on an issued card, byte for byte. The GBK was written down with Python's codec, the places are those
//! of reference §1.2 and §1.4.

use super::*;

/// Who and what, and how it is to stand on the card.
struct Written {
    plate: &'static str,
    /// Twelve bytes.
    plate_field: &'static str,
    /// User type, plate colour, vehicle class.
    codes: [u8; 3],
    name: &'static str,
    /// Twenty bytes.
    name_field: &'static str,
    /// Ministry code, and its byte.
    id_type: (u16, &'static str),
}

const ALL: [Written; 12] = [
    // 新能源, small and large; the name of a company is cut on a character.
    Written {
        plate: "甘AD20003",
        plate_field: "B8CA41443230303033000000",
        codes: [0, 4, 1],
        name: "买买提·艾合买提",
        name_field: "C2F2C2F2CCE1A1A4B0ACBACFC2F2CCE100000000",
        id_type: (101, "65"),
    },
    Written {
        plate: "甘A00033D",
        plate_field: "B8CA41303030333344000000",
        codes: [14, 5, 13],
        name: "甘肃样例新能源汽车运输有限责任公司",
        name_field: "B8CACBE0D1F9C0FDD0C2C4DCD4B4C6FBB3B5D4CB",
        id_type: (201, "C9"),
    },
    // 使馆, the character first and last; a name in Latin letters is cut as well.
    Written {
        plate: "使014578",
        plate_field: "CAB930313435373800000000",
        codes: [0, 2, 1],
        name: "样例国驻华大使馆",
        name_field: "D1F9C0FDB9FAD7A4BBAAB4F3CAB9B9DD00000000",
        id_type: (199, "C7"),
    },
    Written {
        plate: "224001使",
        plate_field: "323234303031CAB900000000",
        codes: [0, 2, 1],
        name: "SAMPLE EMBASSY OF EXAMPLELAND",
        name_field: "53414D504C4520454D4241535359204F46204558",
        id_type: (199, "C7"),
    },
    // 领馆; characters that GB 2312 does not have.
    Written {
        plate: "沪A0023领",
        plate_field: "BBA64130303233C1EC000000",
        codes: [0, 2, 1],
        name: "喆堃镕龘",
        name_field: "86B488D2E946FD93000000000000000000000000",
        id_type: (101, "65"),
    },
    Written {
        plate: "甘A0006警",
        plate_field: "B8CA4130303036BEAF000000",
        codes: [8, 3, 2],
        name: "甘肃样例公安局",
        name_field: "B8CACBE0D1F9C0FDB9ABB0B2BED6000000000000",
        id_type: (203, "CB"),
    },
    // 挂: a letter before ten characters leaves one byte, which no character fits in.
    Written {
        plate: "甘B2000挂",
        plate_field: "B8CA4232303030B9D2000000",
        codes: [0, 1, 16],
        name: "A甘肃样例挂车运输公司",
        name_field: "41B8CACBE0D1F9C0FDB9D2B3B5D4CBCAE4B9AB00",
        id_type: (201, "C9"),
    },
    Written {
        plate: "甘A0005学",
        plate_field: "B8CA4130303035D1A7000000",
        codes: [0, 1, 1],
        name: "样例驾校",
        name_field: "D1F9C0FDBCDDD0A3000000000000000000000000",
        id_type: (202, "CA"),
    },
    // 港澳
    Written {
        plate: "粤Z0003港",
        plate_field: "D4C15A30303033B8DB000000",
        codes: [0, 2, 1],
        name: "CHAN Sample 陈样例",
        name_field: "4348414E2053616D706C6520B3C2D1F9C0FD0000",
        id_type: (103, "67"),
    },
    Written {
        plate: "粤ZF023澳",
        plate_field: "D4C15A46303233B0C4000000",
        codes: [0, 2, 1],
        name: "何样例",
        name_field: "BACED1F9C0FD0000000000000000000000000000",
        id_type: (103, "67"),
    },
    // 应急: the longest plate, eleven bytes.
    Written {
        plate: "甘X0001应急",
        plate_field: "B8CA5830303031D3A6BCB100",
        codes: [10, 3, 21],
        name: "样例消防救援支队",
        name_field: "D1F9C0FDCFFBB7C0BEC8D4AED6A7B6D300000000",
        id_type: (204, "CC"),
    },
    Written {
        plate: "甘A30006",
        plate_field: "B8CA41333030303600000000",
        codes: [6, 6, 4],
        name: "甘甘甘甘甘甘甘甘甘甘甘",
        name_field: "B8CAB8CAB8CAB8CAB8CAB8CAB8CAB8CAB8CAB8CA",
        id_type: (101, "65"),
    },
];

#[tokio::test]
async fn special_plates_and_names_stand_on_the_card_as_they_should() {
    let bench = bench_with(1..=12).await;
    let teller = bench.counter("demo.teller").await;
    for (written, last) in ALL.iter().zip(1..) {
        let [user_type, plate_colour, vehicle_class] = written.codes;
        bench.store.add_application(Applied {
            plate_colour,
            vehicle_class,
            user_type,
            name: written.name.into(),
            id_type: written.id_type.0,
            ..applied("a", written.plate)
        });
        let mut desk = Desk::of(&teller, blank(last));
        desk.through(issue("a", "new")).await;
        let serial = &desk.card.number[4..];
        let dates = "2026060120360531";
        let codes = encode(&written.codes);
        let issue = [
            "B8CACBE06201000116406201",
            serial,
            dates,
            written.plate_field,
            &codes,
        ];
        assert_eq!(desk.issue_file(), issue.concat(), "{}", written.plate);
        let id_number = encode(b"620000190001010017");
        let fill = "00".repeat(14);
        let holder = [
            "0000",
            written.name_field,
            &id_number,
            &fill,
            written.id_type.1,
        ];
        let read = encode(desk.card.card.holder_file());
        assert_eq!(read, holder.concat(), "{}", written.name);
        let sighted = teller.sight(&mut desk.card).await.ok();
        assert_eq!(sighted["differences"], json!([]), "{}", written.plate);
    }
}

/// 证件类型 has one byte: a code beyond it stands on no card, nor does a character that GBK has not.
#[tokio::test]
async fn what_has_no_place_on_the_card_is_refused_before_anything_is_written() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let desk = Desk::new(&teller, NEW);
    let twists: [&dyn Fn(&mut Applied); 5] = [
        &|one| one.id_type = 299,
        &|one| one.name = "𬭚样例".into(),
        &|one| one.name_on_card = Some(String::new()),
        &|one| one.id_number = "证0001".into(),
        &|one| one.plate = "甘A123456789AB".into(),
    ];
    for twist in twists {
        let mut one = applied("a", "甘A90001");
        twist(&mut one);
        bench.store.add_application(one);
        desk.begin(issue("a", "new"))
            .await
            .refused(Code::DoesNotFitCard);
    }
    // A name for the card helps where the person's own does not fit.
    bench.store.add_application(Applied {
        name: "𬭚样例".into(),
        name_on_card: Some("样例".into()),
        ..applied("a", "甘A90001")
    });
    let mut desk = desk;
    desk.through(issue("a", "new")).await;
    let read = encode(desk.card.card.holder_file());
    assert_eq!(read[4..44], "D1F9C0FD".to_owned() + &"00".repeat(16));
}

/// The 43 bytes of reference §3.5 (3), and the MAC that another program computed for them and this challenge.
#[tokio::test]
async fn the_worked_file_is_composed_signed_and_written_as_the_reference_has_it() {
    const FILE: &str =
        "B8CACBE0620100011740620122012301000000172024011520340114B8CA41313233343500000000000001";
    let bench = Bench::with(|stock| {
        // The card of that number is blank yet, and its vehicle has no other.
        stock
            .cards
            .retain(|one| !one.card.number.to_string().ends_with("0025"));
        let new = stock.cards.iter().find(|one| !one.card.stock.is_issued);
        let mut new = new.unwrap().clone();
        new.card.number = stock.cards[0].card.number;
        new.card.kind = CardKind::Credit;
        stock.cards[0] = new;
    })
    .await;
    // 2024-01-15 12:00:00 in Asia/Shanghai.
    bench.store.set_now(1_705_291_200_000);
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(Applied {
        kind: CardKind::Credit,
        ..applied("a", "甘A12345")
    });
    let person = Personalisation {
        card_type: 23,
        ..Personalisation::factory([0x22, 0x01, 0x23, 0x01, 0x00, 0x00, 0x00, 0x17])
    };
    let card = Plastic::of(TollCard::new(&person, Knobs::default(), 17));
    let mut desk = Desk::of(&teller, card);
    let task = desk.begin(issue("a", "new")).await.ok();
    let told = desk.show(&task).await.ok();
    desk.write(&told["task"], "holder").await;
    let body = json!({ "file": "issue", "challenge": "11223344" });
    let signed = teller.post(&on(&task, "sign"), body).await.ok();
    assert_eq!(signed["command"], format!("04D695002F{FILE}24CD506D"));
    // That was no challenge of this card.
    desk.card.apdu("00A40000021001");
    desk.card.apdu("0084000004");
    let refused = desk.card.raw(signed["command"].as_str().unwrap());
    assert_eq!(refused, "6988");
    let told = desk.through(issue("a", "new")).await;
    assert_eq!(told["validity"], json!(["2024-01-15", "2034-01-14"]));
    assert_eq!(desk.issue_file(), FILE);
}
