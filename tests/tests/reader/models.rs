//! What the page does with the readers there are: `docs/readers.md` keeps it, and this writes it.
//!
//! The descriptors are rebuilt from the values that libccid's collection lists (reference on readers §2.2,
//! §2.3): class, interface, endpoints, slots, protocols, dwFeatures, longest message, IFSD. What is not listed
//! is as usual: 4 MHz, 344 086 bit/s. Each unprotected reader is then driven: the virtual reader takes on its
//! values, and a card is checked in it.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use apdu_core::ccid::descriptor::{Access, DeviceId, ExchangeLevel, ReaderInterface};
use apdu_core::ccid::quirks::Quirk;
use apdu_core::fault::Code;
use apdu_core::flow;
use etc_sim::demo;
use etc_sim::reader::{Contacts, Level, Model, Reader};
use etc_tests::bus::Bus;
use etc_tests::run;

use super::{Away, Quiet};

/// A reader as the collection has it.
struct Known {
    vendor: u16,
    product: u16,
    name: &'static str,
    class: u8,
    /// bInterfaceNumber.
    number: u8,
    /// bInterfaceProtocol: 0 CCID, 1 and 2 ICCD.
    protocol: u8,
    endpoints: u8,
    slots: u8,
    protocols: u32,
    features: u32,
    message: u32,
    ifsd: u32,
}

/// The usual: interface 0, three endpoints, one slot, both protocols.
const fn known(
    vendor: u16,
    product: u16,
    name: &'static str,
    features: u32,
    message: u32,
) -> Known {
    Known {
        vendor,
        product,
        name,
        class: 0xFF,
        number: 0,
        protocol: 0,
        endpoints: 3,
        slots: 1,
        protocols: 3,
        features,
        message,
        ifsd: 254,
    }
}

const fn scm(product: u16, name: &'static str, slots: u8, features: u32, message: u32) -> Known {
    Known {
        slots,
        ifsd: 252,
        ..known(0x04E6, product, name, features, message)
    }
}

const fn gemplus(product: u16, name: &'static str, number: u8) -> Known {
    Known {
        number,
        endpoints: 2,
        ..known(0x08E6, product, name, 0x0001_0230, 271)
    }
}

const fn token(
    vendor: u16,
    product: u16,
    name: &'static str,
    protocol: u8,
    features: u32,
) -> Known {
    Known {
        protocol,
        endpoints: 0,
        protocols: protocol as u32,
        ..known(vendor, product, name, features, 261)
    }
}

/// Reference §2.2: every interface of class 0xFF in the collection.
const UNPROTECTED: &[Known] = &[
    known(
        0x046A,
        0x003E,
        "Cherry SmartTerminal ST-2xxx",
        0x0001_00BA,
        270,
    ),
    scm(0x5111, "SCM SCR331-DI", 2, 0x0001_00BA, 263),
    scm(0x511A, "SCM SCR3310 NTTCom", 1, 0x0001_01BA, 271),
    scm(0x5120, "SCM SCR331-DI NTTCom", 2, 0x0001_00BA, 263),
    scm(0x5121, "SCM SDI010", 2, 0x0001_00BA, 271),
    scm(0x512B, "SCM SDI011", 2, 0x0001_00BA, 271),
    scm(0x512C, "SCM SDI011", 2, 0x0001_00BA, 271),
    known(
        0x04E6,
        0x5291,
        "SCM SCL010 (some firmware is 0x0B)",
        0x0001_007E,
        271,
    ),
    known(0x04E6, 0x5292, "SCM SCL01x", 0x0001_007E, 271),
    known(0x04E6, 0xE003, "SCM SPRx32", 0x0001_00BA, 270),
    known(0x076B, 0x532A, "OMNIKEY 5321 CLi", 0x0002_07B2, 271),
    known(0x076B, 0x5340, "OMNIKEY 5021 CL", 0x0001_03B0, 271),
    gemplus(0x1359, "Gemplus GEM USB COMBI-M", 1),
    gemplus(0x2202, "Gemplus Gem e-Seal Pro", 1),
    gemplus(0xACE0, "Gemplus GEM USB COMBI", 0),
    Known {
        message: 256,
        ifsd: 0,
        ..token(
            0x0973,
            0x0003,
            "Schlumberger e-gate Cyberflex",
            1,
            0x0000_0840,
        )
    },
    Known {
        number: 1,
        protocols: 0x0300,
        ifsd: 0,
        ..known(0x09BE, 0x0002, "MySMART PAD V2.0", 0x0001_0230, 271)
    },
    known(
        0x0C4B,
        0x0300,
        "REINER cyberJack pinpad(a)",
        0x0001_0030,
        270,
    ),
    known(
        0x0C4B,
        0x0500,
        "REINER cyberJack RFID standard",
        0x0001_0030,
        5_130,
    ),
    token(0x1A74, 0x6354, "Oberthur ID-One Cosmo", 2, 0x0002_0840),
    token(0x1A74, 0x6356, "Oberthur ID-One Cosmo", 2, 0x0002_0840),
    known(0x1DB2, 0x0600, "DUALi DE-ABCM6", 0x0004_06BA, 1_014),
    known(0x1DB2, 0x0604, "DUALi DRAGON BT", 0x0004_06BA, 1_014),
    Known {
        number: 1,
        ..known(0x413C, 0x2100, "Dell keyboard SK-3106", 0x0001_0230, 271)
    },
];

const fn protected(
    vendor: u16,
    product: u16,
    name: &'static str,
    features: u32,
    message: u32,
) -> Known {
    Known {
        class: 0x0B,
        ..known(vendor, product, name, features, message)
    }
}

/// Reference §2.3: the common ones of class 0x0B whose features are listed.
const PROTECTED: &[Known] = &[
    protected(0x096E, 0x0503, "Feitian SCR301", 0x0001_0238, 271),
    protected(0x096E, 0x0505, "Feitian SCR310", 0x0001_0230, 271),
    protected(
        0x096E,
        0x060D,
        "Feitian R502 dual, contact",
        0x0001_02B8,
        271,
    ),
    protected(0x096E, 0x0608, "Feitian R502-CL", 0x0004_04BE, 271),
    protected(0x096E, 0x0622, "Feitian vR504", 0x0004_04BE, 4_106),
    protected(0x072F, 0x90CC, "ACS ACR38U-CCID, ACR100", 0x0001_0030, 271),
    protected(0x072F, 0xB100, "ACS ACR39U", 0x0001_00B2, 271),
    protected(0x072F, 0xB501, "ACS ACR40T", 0x0001_07BA, 512),
    protected(0x072F, 0xB000, "ACS ACR3901U", 0x0002_00BA, 271),
    Known {
        slots: 5,
        ..protected(0x072F, 0x8300, "ACS ACR33U", 0x0002_04B0, 271)
    },
    protected(0x072F, 0x2200, "ACS ACR122U", 0x0002_0040, 271),
    protected(0x072F, 0x2303, "ACS ACR1552", 0x0004_04BA, 516),
    protected(0x058F, 0x9520, "Alcor AU9520", 0x0002_04BE, 271),
    protected(0x058F, 0x9540, "Alcor AU9540, AU9560", 0x0004_04BE, 272),
    protected(0x2CE3, 0x9563, "Alcor Link AK9563", 0x0004_04BE, 272),
    Known {
        endpoints: 2,
        ..protected(0x163C, 0x0417, "Watchdata USB key", 0x0001_0030, 271)
    },
    protected(0x163C, 0x0A03, "Watchdata W5181, contact", 0x0002_07B2, 271),
    protected(0x1677, 0x0025, "HDZB (Huada) uKeyCI800", 0x0001_0030, 271),
    protected(0x1677, 0x0341, "SIMHUB reader", 0x0002_0840, 271),
    protected(0x1EA8, 0x8013, "Excelsecu card reader", 0x0004_04BE, 4_108),
    protected(0xA625, 0x0801, "Tianyu SmartKey", 0x0002_0840, 512),
    protected(0xA625, 0x0810, "Tianyu reader", 0x0001_0230, 271),
    Known {
        slots: 2,
        endpoints: 2,
        ..protected(0x03EB, 0x6120, "Jinmuyu MR800", 0x0004_01BE, 527)
    },
];

impl Known {
    /// A configuration descriptor with these values (USB 2.0 §9.6, CCID 1.1 §5.1).
    fn configuration(&self) -> Vec<u8> {
        let mut class = vec![0; 54];
        class[..6].copy_from_slice(&[54, 0x21, 0x10, 0x01, self.slots - 1, 0x07]);
        for (offset, value) in [
            (6, self.protocols),
            (10, 4_000),
            (14, 4_000),
            (19, 10_752),
            (23, 344_086),
            (28, self.ifsd),
            (40, self.features),
            (44, self.message),
        ] {
            class[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        }
        class[53] = 1;
        let interface = [
            9,
            4,
            self.number,
            0,
            self.endpoints,
            self.class,
            0,
            self.protocol,
            0,
        ];
        let endpoints = [
            [7, 5, 0x01, 2, 64, 0, 0],
            [7, 5, 0x82, 2, 64, 0, 0],
            [7, 5, 0x83, 3, 8, 0, 16],
        ];
        let endpoints = endpoints[..usize::from(self.endpoints)].concat();
        let length = (9 + interface.len() + class.len() + endpoints.len()) as u16;
        let [low, high] = length.to_le_bytes();
        let configuration = [9, 2, low, high, 1, 1, 0, 0x80, 50];
        [&configuration[..], &interface, &class, &endpoints].concat()
    }

    fn interface(&self) -> ReaderInterface {
        let device = DeviceId {
            vendor: self.vendor,
            product: self.product,
        };
        let found = ReaderInterface::discover(device, &self.configuration());
        assert_eq!(found.len(), 1, "{}", self.name);
        found.into_iter().next().expect("one")
    }

    /// The virtual reader with these values.
    fn model(&self, level: ExchangeLevel, contacts: Contacts) -> Model {
        Model {
            level: match level {
                ExchangeLevel::Character => Level::Character,
                ExchangeLevel::Tpdu => Level::Tpdu,
                ExchangeLevel::ShortApdu => Level::ShortApdu,
                ExchangeLevel::ExtendedApdu => Level::ExtendedApdu,
            },
            features: self.features & 0xFFFF,
            interrupt: self.endpoints == 3,
            slots: self.slots,
            announced_message: self.message,
            announced_ifsd: self.ifsd,
            keyboard_first: self.number == 1,
            contacts,
            ..Model::short_apdu()
        }
    }

    /// Which cards are read in it: those of T=0, and those of T=1 with LRC and with CRC.
    fn reads(&self, interface: &ReaderInterface) -> Result<(), Code> {
        for contacts in [Contacts::T0_FAST, Contacts::T1_LRC, Contacts::T1_CRC] {
            let mut reader = Reader::with(self.model(interface.profile.level(0), contacts));
            reader.insert(demo::card("normal").expect("a demo card"));
            let mut bus = Bus::drive(reader, interface, 0)?;
            let read = run(flow::check_card(&mut bus, &mut Away, &mut Quiet));
            let read = read
                .expect("the bus does not wait")
                .map_err(|fault| fault.code)?;
            assert_eq!(read.balance, 3_000, "{}", self.name);
        }
        Ok(())
    }

    /// Its row.
    fn row(&self) -> String {
        let interface = self.interface();
        let profile = &interface.profile;
        let level = match profile.level(0) {
            ExchangeLevel::Character => "character",
            ExchangeLevel::Tpdu => "TPDU",
            ExchangeLevel::ShortApdu => "short APDU",
            ExchangeLevel::ExtendedApdu => "extended APDU",
        };
        let told = match interface.usable(Access::Page) {
            Ok(_) => {
                self.reads(&interface).expect(self.name);
                let mut told = "reads T=0 and T=1 cards".to_owned();
                if self.slots > 1 {
                    let _ = write!(told, "; {} slots", self.slots);
                }
                told
            }
            Err(Code::ProtectedReader) => "`RDR-104`, before it is claimed".into(),
            Err(code) => format!("`{code}`"),
        };
        let drivable = interface.usable(Access::Unrestricted).is_ok();
        let in_force = profile.quirks.iter().filter(|_| drivable);
        let quirks: Vec<String> = in_force.map(|quirk| words(*quirk)).collect();
        format!(
            "| {:04X}:{:04X} | {} | `0x{:02X}` | {level} | {told} | {} |\n",
            self.vendor,
            self.product,
            self.name,
            self.class,
            quirks.join("; ")
        )
    }
}

/// A quirk, for whoever reads the table.
fn words(quirk: Quirk) -> String {
    match quirk {
        Quirk::MaxDataRate(rate) => format!("at most {rate} bit/s"),
        Quirk::NoIfsRequest => "no S(IFS)".into(),
        Quirk::SetParametersMayFail => "SetParameters may fail".into(),
        Quirk::ShortApduOnly => "short APDUs only".into(),
        Quirk::OtherSlotsShortApdu => "contactless slot at short APDU level".into(),
        Quirk::MaxIfsd(told) => format!("IFSD {told} put right"),
        Quirk::MaxMessageLength(told) => format!("message length {told} put right"),
        Quirk::Clock(told) => format!("clock {told} kHz put right"),
        Quirk::Protocols(told) => format!("protocols {told:04X} put right"),
    }
}

const KEPT: &str = "docs/readers.md";
const BEGIN: &str = "<!-- written by tests/tests/reader/models.rs from here -->\n";
const END: &str = "<!-- to here -->\n";

#[test]
fn the_kept_table_is_what_the_page_does_with_each_reader() {
    let mut table = String::from(
        "\n| VID:PID | reader (descriptors synthetic) | class | exchange level | in the page | quirks in force |\n\
         |---|---|---|---|---|---|\n",
    );
    for reader in UNPROTECTED.iter().chain(PROTECTED) {
        table.push_str(&reader.row());
    }
    table.push('\n');
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(KEPT);
    let kept = fs::read_to_string(&file).expect("the document is there");
    let (before, rest) = kept.split_once(BEGIN).expect("a beginning");
    let (old, after) = rest.split_once(END).expect("an end");
    if std::env::var_os("ETC_RENEW").is_some() {
        let new = [before, BEGIN, &table, END, after].concat();
        return fs::write(&file, new).expect("it can be written");
    }
    assert!(
        old == table,
        "{KEPT} is not what the page does now. If the change is meant, renew it with \
         `ETC_RENEW=1 cargo test -p etc-tests --test reader kept_table`, and read the difference."
    );
}
