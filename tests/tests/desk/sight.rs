//! What a card that is shown gets to know.

use apdu_core::authority::CardStatus;
use apdu_core::fault::Code;
use apdu_core::hex::{decode, encode};
use serde_json::{Value, json};

use crate::bench::{Bench, Plastic};

#[tokio::test]
async fn a_card_in_order_gets_a_preflight_number_nobody_has() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let sighted = teller.sight(&mut Plastic::new("normal")).await.ok();
    assert_eq!(sighted["status"], "normal");
    assert_eq!(sighted["today"], "2026-06-01");
    assert_eq!(sighted["differences"], json!([]));
    assert_eq!(sighted["open"], Value::Null);
    assert_eq!(
        sighted["profile"],
        json!({
            "pin": { "form": "ascii6", "digits": "123456" },
            "issue_file_length": 43,
            "proof_counter": "both",
        })
    );
    assert_eq!(sighted["preflight"]["key_index"], 1);
    assert_eq!(sighted["preflight"]["amount"], 1);
    let terminal = decode(sighted["preflight"]["terminal"].as_str().unwrap()).unwrap();
    assert_eq!((terminal.len(), terminal[0]), (6, 0xFE));
    assert!(
        terminal[1..]
            .iter()
            .all(|byte| byte >> 4 > 9 || byte & 0xF > 9),
        "{terminal:02X?}"
    );
    let again = teller.sight(&mut Plastic::new("normal")).await.ok();
    assert_ne!(again["preflight"], sighted["preflight"]);
}

#[tokio::test]
async fn where_no_load_may_begin_there_is_no_preflight_but_the_reason() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    for (id, code) in [
        ("credit-card", Code::CreditCard),
        ("expired", Code::CardExpired),
        ("not-yet-active", Code::CardNotYetActive),
        ("blacklisted", Code::CardBlacklisted),
        ("cancelled", Code::CardCancelled),
    ] {
        let sighted = teller.sight(&mut Plastic::new(id)).await.ok();
        assert_eq!(sighted["preflight"], Value::Null, "{id}");
        assert_eq!(sighted["refusal"], code.as_str(), "{id}");
        assert_eq!(sighted["profile"], Value::Null, "{id}: no use for its PIN");
    }
    for (operator, code) in [
        ("demo.auditor", Code::RoleMayNot),
        ("demo.bank", Code::NotAnOwnOutlet),
    ] {
        let counter = bench.counter(operator).await;
        let sighted = counter.sight(&mut Plastic::new("normal")).await.ok();
        assert_eq!(sighted["preflight"], Value::Null, "{operator}");
        assert_eq!(sighted["refusal"], code.as_str(), "{operator}");
        assert_eq!(sighted["profile"], Value::Null, "{operator}");
    }
    let looked = |sealed: &&etc_backend::audit::Sealed| {
        sealed.line.event == "sighted" && sealed.line.operator == "demo.bank"
    };
    let trail = bench.store.audit();
    assert_eq!(
        trail.iter().filter(looked).count(),
        1,
        "nobody looks unseen"
    );
    let supervisor = bench.counter("demo.supervisor").await;
    let sighted = supervisor.sight(&mut Plastic::new("normal")).await.ok();
    assert!(sighted["preflight"].is_object());
    assert_eq!(sighted["refusal"], Value::Null);
}

#[tokio::test]
async fn the_status_of_the_records_is_told() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let cases = [
        (CardStatus::Suspended, "suspended"),
        (CardStatus::Lost, "lost"),
        (CardStatus::Cancelled, "cancelled"),
        (CardStatus::Damaged, "damaged"),
        (CardStatus::Blacklisted, "blacklisted"),
    ];
    for (status, word) in cases {
        bench.store.set_status(card.number.parse().unwrap(), status);
        let sighted = teller.sight(&mut card).await.ok();
        assert_eq!(
            (&sighted["status"], &sighted["preflight"]),
            (&json!(word), &Value::Null)
        );
    }
}

#[tokio::test]
async fn every_field_that_differs_from_the_records_is_shown() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let mut file = decode(&card.issue_file()).unwrap();
    file[8] = 23;
    file[9] = 0x50;
    file[20..24].copy_from_slice(&[0x20, 0x25, 0x01, 0x01]);
    file[24..28].copy_from_slice(&[0x20, 0x35, 0x01, 0x01]);
    file[28..40].copy_from_slice(b"\xB8\xCAB99999\x00\xFF\xFF\xFF");
    file[41] = 4;
    file[42] = 2;
    let body = json!({ "issue": encode(&file), "balance": "00000BB8" });
    let sighted = teller
        .post(&format!("/cards/{}/sight", card.number), body)
        .await
        .ok();
    let differ = |field, record, card| json!({ "field": field, "record": record, "card": card });
    assert_eq!(
        sighted["differences"],
        json!([
            differ("card_type", "22", "23"),
            differ("version", "40", "50"),
            differ("start", "2024-01-15", "2025-01-01"),
            differ("expiry", "2034-01-14", "2035-01-01"),
            differ("plate", "甘A12345", "甘B99999"),
            differ("plate_colour", "0", "4"),
            differ("vehicle_class", "1", "2"),
        ])
    );
}

#[tokio::test]
async fn the_long_form_of_the_file_is_read_too() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let long = format!("{}{}", card.issue_file(), "FF".repeat(7));
    let body = json!({ "issue": long, "balance": "00000BB8" });
    let sighted = teller
        .post(&format!("/cards/{}/sight", card.number), body)
        .await
        .ok();
    assert_eq!(sighted["differences"], json!([]));
}

#[tokio::test]
async fn a_card_is_what_its_file_says_and_nothing_else() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    teller
        .sight(&mut Plastic::new("unknown"))
        .await
        .refused(Code::CardUnknown);

    let mut card = Plastic::new("normal");
    let body = json!({ "issue": card.issue_file(), "balance": "00000BB8" });
    let other = "/cards/62012201230100000025/sight";
    teller.post(other, body).await.refused(Code::OtherCard);
    let path = format!("/cards/{}/sight", card.number);
    for issue in ["", "00", &"00".repeat(42), &"00".repeat(51)] {
        let body = json!({ "issue": issue, "balance": "00000BB8" });
        teller.post(&path, body).await.refused(Code::MalformedFile);
    }
}
