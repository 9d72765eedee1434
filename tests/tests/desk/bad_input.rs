//! Input no page of ours would send.

use apdu_core::fault::Code;
use axum::body::Body;
use axum::http::header;
use serde_json::{Value, json};

use crate::bench::{Bench, Plastic, any, on};

#[tokio::test]
async fn amounts_that_are_no_load_are_refused() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let init = teller.preflight(&mut card).await;
    for amount in [0, -1, 500_001, 1 << 32, i64::MIN, i64::MAX] {
        let answer = teller.create_with(&card, json!(amount), &init).await;
        answer.refused(Code::AmountNotAllowed);
    }
    let not_fen = [
        "100.5",
        "1e2",
        "\"100\"",
        "null",
        "9223372036854775808",
        "[]",
        "1e999",
    ];
    for amount in not_fen {
        let number = &card.number;
        let body = format!(r#"{{"card":"{number}","amount":{amount},"init":"{init}"}}"#);
        let answer = teller.post_raw("key-amount", "/recharges", body).await;
        answer.refused(Code::BadRequest);
    }
    assert!(bench.store.records().is_empty());
}

#[tokio::test]
async fn a_load_does_not_lift_a_card_above_its_limit() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    for amount in [500_000, 500_000, 500_000, 497_000] {
        let (record, command) = teller.loading(&mut card, amount).await;
        let tac = card.apdu(&command);
        teller.confirm(&record, json!({ "tac": tac })).await.ok();
    }
    assert_eq!(card.card.balance(), 2_000_000);
    let init = teller.preflight(&mut card).await;
    teller
        .create_with(&card, json!(1), &init)
        .await
        .refused(Code::BalanceTooHigh);
}

#[tokio::test]
async fn cards_that_may_not_be_loaded_are_refused_by_their_reason() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let cases = [
        ("credit-card", Code::CreditCard),
        ("expired", Code::CardExpired),
        ("not-yet-active", Code::CardNotYetActive),
        ("blacklisted", Code::CardBlacklisted),
        ("cancelled", Code::CardCancelled),
        ("unknown", Code::CardUnknown),
    ];
    for (id, code) in cases {
        let card = Plastic::new(id);
        teller
            .create_with(&card, json!(10_000), &any::<16>(1))
            .await
            .refused(code);
    }
    let bank = bench.counter("demo.bank").await;
    let card = Plastic::new("normal");
    let answer = bank.create_with(&card, json!(10_000), &any::<16>(1)).await;
    answer.refused(Code::NotAnOwnOutlet);
}

#[tokio::test]
async fn the_init_of_another_card_proves_nothing_about_this_one() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let mut other = Plastic::new("torn");
    let preflight = teller.sight(&mut card).await.ok()["preflight"].clone();
    let foreign = other.init(&preflight);
    teller
        .create_with(&card, json!(10_000), &foreign)
        .await
        .refused(Code::WrongMac1);
    let record = teller.paid(&mut card, 10_000).await;
    teller
        .authorise(&mut other, &record)
        .await
        .refused(Code::WrongMac1);
}

#[tokio::test]
async fn a_payment_fits_its_record_and_its_outlet() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let record = teller.created(&mut card, 10_000).await;
    let pay = async |amount: i64| {
        let body = json!({ "kind": "cash", "amount": amount });
        teller.post(&on(&record, "payment"), body).await
    };
    for amount in [0, -10_000, 9_999, 10_001, i64::MAX, i64::MIN] {
        pay(amount).await.refused(Code::PaymentDiffers);
    }
    bench
        .counter("demo.tianshui")
        .await
        .pay(&record)
        .await
        .refused(Code::NoSuchRecord);
    bench
        .counter("demo.bank")
        .await
        .pay(&record)
        .await
        .refused(Code::NotAnOwnOutlet);
    let cheque = json!({ "kind": "cheque", "amount": 10_000 });
    teller
        .post(&on(&record, "payment"), cheque)
        .await
        .refused(Code::BadRequest);
    assert_eq!(pay(10_000).await.ok()["state"], "paid");
}

#[tokio::test]
async fn a_bank_sees_no_record_of_others_without_the_card() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let record = teller.paid(&mut card, 10_000).await;
    let path = format!("/recharges/{}", record["id"].as_str().unwrap());
    let bank = bench.counter("demo.bank").await;
    bank.get(&path).await.refused(Code::NoSuchRecord);
    assert_eq!(bank.sight(&mut card).await.ok()["open"]["id"], record["id"]);
    bench.counter("demo.tianshui").await.get(&path).await.ok();
}

#[tokio::test]
async fn records_nobody_has_are_not_found() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    for id in ["x", "00000000-0000-4000-8000-000000000000", "%FF", "a%00b"] {
        teller
            .get(&format!("/recharges/{id}"))
            .await
            .refused(Code::NoSuchRecord);
        let body = json!({ "tac": "00000000" });
        let answer = teller.post(&format!("/recharges/{id}/confirm"), body).await;
        answer.refused(Code::NoSuchRecord);
    }
}

#[tokio::test]
async fn malformed_requests_are_told_where_but_not_what() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let card = Plastic::new("normal");
    let bodies = [
        String::new(),
        "{".into(),
        "nonsense".into(),
        "[]".into(),
        "{}".into(),
        format!(r#"{{"card":"{}","amount":1,"init":"00"}}"#, card.number),
        format!(r#"{{"card":"6201","amount":1,"init":"{}"}}"#, any::<16>(1)),
        format!(
            r#"{{"card":"{}","amount":1,"init":"{}"#,
            card.number,
            "G".repeat(32)
        ),
        "\u{0}".into(),
        "[".repeat(10_000),
    ];
    for body in bodies {
        let answer = teller
            .post_raw("key-malformed", "/recharges", body.clone())
            .await;
        let detail = answer.body["detail"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(detail.contains("line "), "{body:?}: {detail}");
        assert!(!detail.contains("6201"), "{detail}");
        answer.refused(Code::BadRequest);
    }
    for number in ["1", "6201220123010000001A", "620122012301000000170"] {
        let body = json!({ "issue": "", "balance": "00000000" });
        let answer = teller.post(&format!("/cards/{number}/sight"), body).await;
        answer.refused(Code::BadRequest);
    }
}

#[tokio::test]
async fn wrong_types_lengths_addresses_and_methods_are_problems_too() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let long = format!("\"{}\"", "x".repeat(65 * 1024));
    teller
        .post_raw("key-too-long", "/recharges", long)
        .await
        .refused(Code::BadRequest);

    let mut text = teller
        .request("POST", "/recharges")
        .header("idempotency-key", "key-text-1");
    text.headers_mut()
        .unwrap()
        .insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    bench
        .send(text.body(Body::from("{}")).unwrap())
        .await
        .refused(Code::BadRequest);

    for (method, path) in [
        ("GET", "/nowhere"),
        ("GET", ""),
        ("PUT", "/recharges"),
        ("DELETE", "/status"),
        ("PATCH", "/session"),
        ("GET", "/recharges/a/b/c"),
    ] {
        let request = teller.request(method, path).body(Body::empty()).unwrap();
        bench.send(request).await.refused(Code::NoSuchRoute);
    }
    let outside = axum::http::Request::get("/favicon.ico")
        .body(Body::empty())
        .unwrap();
    bench.send(outside).await.refused(Code::NoSuchRoute);
}

#[tokio::test]
async fn a_request_that_changes_a_record_needs_its_key() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let record = teller.created(&mut Plastic::new("normal"), 100).await;
    let paths = ["payment", "authorise", "confirm", "close"].map(|action| on(&record, action));
    for path in paths.iter().map(String::as_str).chain(["/recharges"]) {
        let request = teller.request("POST", path).body(Body::from("{}")).unwrap();
        bench.send(request).await.refused(Code::KeyMissing);
        for key in ["1234567", &"k".repeat(65)] {
            teller
                .post_as(key, path, Value::Null)
                .await
                .refused(Code::BadRequest);
        }
    }
}
