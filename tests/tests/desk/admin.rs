//! A province set up by hand: its own outlets, people, cards and keys, nothing of the demo.

use std::sync::Arc;

use apdu_core::fault::Code;
use apdu_core::hex::encode;
use etc_api::{Bank, Outlet, OutletKind, Role};
use etc_backend::admin::{self, AdminError, NewOperator};
use etc_backend::keys::SoftKeys;
use etc_backend::store::{ApplicationStore, MemoryStore, Store, StoreError};
use etc_sim::card::{Knobs, Levels, Personalisation, PinForm, PinKnob, Roots, TollCard};
use serde_json::{Value, json};

use crate::applications::{new, with};
use crate::bench::{Bench, NOON, Plastic};

const KEYS: &str = r#"
[[issuer]]
network = "5201"
name = "贵州"
area = "B9F3D6DD"
levels = 1
load = { "02" = "5A5B5C5D5E5F60616263646566676869" }
tac = { "02" = "707172737475767778797A7B7C7D7E7F" }
"#;

const CARDS: &str = "\
number,card_type,version,start,expiry,plate,plate_colour,vehicle_class,pin_form,pin,load_key_index
52011234567890123456,22,10,20200101,20301231,贵A00001,1,11,bcd3,654321,02
";

fn counting(first: u8) -> [u8; 16] {
    std::array::from_fn(|at| first + at as u8)
}

/// The plastic that belongs to the line in [`CARDS`].
fn plastic() -> Plastic {
    let person = Personalisation {
        roots: Roots {
            load: counting(0x5A),
            tac: counting(0x70),
            damk: counting(0x00),
            levels: Levels::One,
            area: [0xB9, 0xF3, 0xD6, 0xDD],
        },
        version: 0x10,
        network: [0x52, 0x01],
        start: [0x20, 0x20, 0x01, 0x01],
        expiry: [0x20, 0x30, 0x12, 0x31],
        plate: b"\xB9\xF3A00001".to_vec(),
        plate_colour: 1,
        vehicle_class: 11,
        pin: *b"654321",
        ..Personalisation::factory([0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56])
    };
    let pin = PinKnob {
        required: true,
        form: PinForm::Bcd3,
        tries: 3,
    };
    let mut plastic = Plastic::of(TollCard::new(
        &person,
        Knobs {
            pin,
            ..Knobs::default()
        },
        1,
    ));
    plastic.number = "52011234567890123456".into();
    plastic.verify = "0020000003654321".into();
    plastic
}

fn outlet(code: &str) -> Outlet {
    Outlet {
        code: code.into(),
        name: "贵阳一厅".into(),
        kind: OutletKind::Own,
        bank: None,
    }
}

fn operator(name: &str, outlet: &str) -> NewOperator {
    NewOperator {
        name: name.into(),
        display_name: "王".into(),
        role: Role::Teller,
        outlet: outlet.into(),
    }
}

#[tokio::test]
async fn imported_cards_are_loaded_with_the_issuers_own_keys_levels_and_pin() {
    let store = Arc::new(MemoryStore::new(NOON));
    let said = [
        admin::add_outlet(&*store, outlet("GY01")).await.unwrap(),
        admin::add_terminal(&*store, [0x52; 6], "GY01".into())
            .await
            .unwrap(),
        admin::add_operator(&*store, operator("wang", "GY01"), "long-enough")
            .await
            .unwrap(),
        admin::import_cards(&*store, CARDS).await.unwrap(),
    ];
    let expected = [
        "added outlet GY01 (贵阳一厅, own)",
        "added terminal 525252525252 of outlet GY01",
        "added teller wang of outlet GY01",
        "cards imported: 1",
    ];
    assert_eq!(said, expected);

    let bench = Bench::of(store, Arc::new(SoftKeys::from_toml(KEYS).unwrap()));
    let teller = bench.counter("wang").await;
    let mut card = plastic();
    let sighted = teller.sight(&mut card).await.ok();
    assert_eq!(sighted["differences"], json!([]));
    assert_eq!(
        sighted["profile"]["pin"],
        json!({ "form": "bcd3", "digits": "654321" })
    );
    let (record, command) = teller.loading(&mut card, 10_000).await;
    let tac = card.apdu(&command);
    let loaded = teller.confirm(&record, json!({ "tac": tac })).await.ok();
    assert_eq!(
        (&loaded["state"], card.card.balance()),
        (&json!("loaded"), 10_000)
    );
}

/// How cards of this kind want to be spoken to.
const MODELS: &str = "\
issuer,version,pin_form,pin,load_key_index
B8CACBE062010001,10,bcd3,654321,02
";

/// The key file has no key for a holder file: it is not recognised again, and the card is as good for all else.
#[tokio::test]
async fn a_card_of_an_imported_model_is_taken_in() {
    let store = Arc::new(MemoryStore::new(NOON));
    admin::add_outlet(&*store, outlet("GY01")).await.unwrap();
    let terminal = admin::add_terminal(&*store, [0x52; 6], "GY01".into());
    terminal.await.unwrap();
    let wang = operator("wang", "GY01");
    let wang = admin::add_operator(&*store, wang, "long-enough").await;
    wang.unwrap();
    let bench = Bench::of(store.clone(), Arc::new(SoftKeys::from_toml(KEYS).unwrap()));
    let teller = bench.counter("wang").await;
    let mut card = plastic();
    let issue = card.issue_file();
    let path = |action: &str| format!("/cards/52011234567890123456/{action}");
    let offer = async || {
        let body = json!({ "issue": issue });
        teller.post(&path("take-in/offer"), body).await
    };
    offer().await.refused(Code::CardOfElsewhere);
    let wrong = admin::import_card_models(&*store, &MODELS.replace("654321", "six")).await;
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "line 2, column pin: must be six digits"
    );
    // A later file takes the place of an earlier one.
    for models in [MODELS.replace("bcd3", "ascii6"), MODELS.to_owned()] {
        let said = admin::import_card_models(&*store, &models).await;
        assert_eq!(said.unwrap(), "models of cards imported: 1");
    }
    let offered = offer().await.ok();
    assert_eq!(offered["pin"]["form"], "bcd3");
    assert_eq!(offered["init"]["key_index"], 2);
    let holder = encode(card.card.holder_file());
    let body = json!({
        "holder": holder,
        "issue": issue,
        "presence": {
            "answer": card.init(&offered["init"]),
            "terminal": offered["init"]["terminal"],
        },
    });
    let taken = teller.post(&path("take-in"), body).await;
    assert_eq!(taken.status, 204, "{taken:?}");
    let other = format!("FF{}", &holder[2..]);
    let body = json!({ "issue": issue, "balance": "00000000", "holder": other });
    let sighted = teller.post(&path("sight"), body).await.ok();
    assert_eq!(sighted["differences"], json!([]));
    teller.loading(&mut card, 10_000).await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_one_line() {
    let store = MemoryStore::new(NOON);
    admin::add_outlet(&store, outlet("GY01")).await.unwrap();
    let said = |outcome: Result<String, AdminError>| outcome.unwrap_err().to_string();
    let refusals = [
        said(admin::add_outlet(&store, outlet("GY01")).await),
        said(admin::add_outlet(&store, outlet("two words")).await),
        said(admin::add_terminal(&store, [0xF0, 0, 0, 0, 0, 0], "GY01".into()).await),
        said(admin::add_terminal(&store, [1; 6], "XX".into()).await),
        said(admin::add_operator(&store, operator("wang", "GY01"), "short").await),
        said(admin::add_operator(&store, operator("", "GY01"), "long-enough").await),
        said(admin::import_cards(&store, &CARDS.replace(",22,", ",99,")).await),
    ];
    let expected = [
        "outlet GY01 exists",
        "\"two words\" is no name: one word is needed",
        "terminal numbers from F0… on are reserved",
        "there is no outlet XX",
        "a password has at least 10 characters",
        "\"\" is no name: one word is needed",
        "line 2, column card_type: must be 22 or 23",
    ];
    assert_eq!(refusals, expected);
}

#[tokio::test]
async fn a_file_with_one_card_too_many_imports_none() {
    let store = MemoryStore::new(NOON);
    admin::import_cards(&store, CARDS).await.unwrap();
    let line = CARDS.lines().nth(1).unwrap();
    let new = line.replace("52011234567890123456", "52010000000000000001");
    let header = CARDS.lines().next().unwrap();
    let again = admin::import_cards(&store, &format!("{header}\n{new}\n{line}\n")).await;
    assert!(matches!(
        again,
        Err(AdminError::Store(StoreError::Duplicate(_)))
    ));
    let number = "52010000000000000001".parse().unwrap();
    assert_eq!(store.card_file(number).await.unwrap(), None);
}

/// A day's file: two good lines, one with a field too few, and one whose document has a wrong check digit.
const APPLICATIONS: &str = "\
number,plate,plate_colour,vehicle_class,user_type,card_type,name,id_type,id_number,phone,bank,length,width,height,\
seats,wheels,axles,wheelbase,engine,permitted_load,curb_mass,vin
1,甘A10001,0,1,0,22,张样例,101,11010519491231002X,13800000017,,4700,1750,1500,5,4,2,2650,E0017,,,
2,甘A10002,0,1,0,22,张样例
3,甘A10003,0,1,0,22,张样例,101,110105194912310021,13800000017,,,,,,,,,,,,
4,甘A10004,1,12,0,23,兰州样例运输公司,201,91350100M000100Y43,13800000018,lanzhou,9000,2500,3200,3,,,,,9000,8000,LDEMO000000000017
";

#[tokio::test]
async fn a_file_of_applications_is_taken_line_by_line_and_once() {
    let store = MemoryStore::new(NOON);
    let import = async |is_json, text: &str| {
        admin::import_applications(&store, "demo.channel", is_json, text).await
    };
    let nobody = import(false, APPLICATIONS).await.unwrap_err();
    let none = "there is no channel demo.channel, or its credential was revoked";
    assert_eq!(nobody.to_string(), none);
    admin::add_channel(&store, "demo.channel").await.unwrap();
    let said = "line 3: Unreadable\nline 4: IdNumber\napplications: 2 new, 0 known, 2 not taken";
    for _ in 0..2 {
        assert_eq!(import(false, APPLICATIONS).await.unwrap(), said);
    }
    let of_number = async |number: &str| {
        let found = store.application_of_number("demo.channel", number).await;
        found.unwrap().map(|found| found.applied)
    };
    let first = of_number("1").await.unwrap();
    let truck = of_number("4").await.unwrap();
    assert_eq!((first.plate.as_str(), first.bank), ("甘A10001", None));
    assert_eq!(
        (truck.name.as_str(), truck.bank),
        ("兰州样例运输公司", Some(Bank::Lanzhou))
    );
    assert!(first.vehicle.is_some() && truck.vehicle.is_some());
    assert!(of_number("2").await.is_none() && of_number("3").await.is_none());

    // Half of it again, and what was wrong mended.
    let mended = APPLICATIONS.replace("110105194912310021", "440524188001010014");
    let lines: Vec<&str> = mended.lines().collect();
    let half = [lines[0], lines[3], lines[4]].join("\n");
    let said = import(false, &half).await.unwrap();
    assert_eq!(said, "applications: 1 new, 1 known, 0 not taken");
    // The same as JSON is known as well.
    let third = json!({ "id_number": "440524188001010014", "vehicle": null });
    let known = json!([with(new("3", "甘A10003"), third)]);
    let said = import(true, &known.to_string()).await.unwrap();
    assert_eq!(said, "applications: 0 new, 1 known, 0 not taken");

    for no_list in ["", "{}", "[1, 2", "x"] {
        let refused = import(true, no_list).await.unwrap_err();
        assert_eq!(refused.to_string(), "not a JSON array of applications");
    }
    assert_eq!(
        import(true, "[]").await.unwrap(),
        "applications: 0 new, 0 known, 0 not taken"
    );

    // Nothing comes in any more under a name whose credential was taken away.
    admin::revoke_channel(&store, "demo.channel").await.unwrap();
    let more = json!([new("5", "甘A10005")]).to_string();
    let refused = import(true, &more).await.unwrap_err();
    assert_eq!(refused.to_string(), none);
    assert!(of_number("5").await.is_none());
}

#[tokio::test]
async fn a_long_file_is_taken_in_parts_and_its_lines_keep_their_numbers() {
    let store = MemoryStore::new(NOON);
    admin::add_channel(&store, "demo.channel").await.unwrap();
    let mut all: Vec<Value> = (1..=1_203)
        .map(|at| new(&format!("{at}"), &format!("甘B{at:05}")))
        .collect();
    all[1_001]["plate"] = json!("x");
    let text = Value::from(all).to_string();
    let said = admin::import_applications(&store, "demo.channel", true, &text).await;
    let expected = "line 1002: Plate\napplications: 1202 new, 0 known, 1 not taken";
    assert_eq!(said.unwrap(), expected);
    let last = store.application_of_number("demo.channel", "1203").await;
    let origin = last.unwrap().unwrap().origin;
    assert_eq!(
        (origin.channel.as_str(), origin.line),
        ("demo.channel", 1_203)
    );
}
