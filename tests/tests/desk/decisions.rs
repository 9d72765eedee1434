//! What two persons decide, the kill switch, and the file that proves a load.

use apdu_core::fault::Code;
use apdu_core::hex::encode;
use etc_api::Bundle;
use etc_backend::bundle::{Broken, check};
use etc_backend::demo;
use etc_backend::keys::{KeyStore, SoftKeys};
use serde_json::{Value, json};

use crate::bench::{Bench, Plastic, on};

#[tokio::test]
async fn the_money_of_a_lost_card_goes_back_after_a_reconciliation_day() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, _) = teller.loading(&mut card, 10_000).await;
    let case = teller
        .ask("refund_without_card", &card, Some(&record))
        .await
        .ok();
    assert_eq!(
        (&case["state"], &case["needed"]),
        (&json!("open"), &json!(2))
    );
    let first = teller.approve(&case, "demo.supervisor").await.ok();
    assert_eq!(first["approved_by"], json!(["demo.supervisor"]));
    assert_eq!(teller.read(&record).await["state"], "loading");
    teller.approve(&case, "demo.supervisor2").await.ok();
    assert_eq!(teller.read(&record).await["state"], "refunding");
    assert_eq!(teller.sight(&mut card).await.ok()["status"], "blacklisted");

    let send = on(&record, "refund/send");
    teller
        .post(&send, json!({}))
        .await
        .refused(Code::RefundWaits);
    bench.store.advance(36 * 3_600_000);
    let teller = bench.counter("demo.teller").await;
    teller.post(&send, json!({})).await.ok();
    let outcome = json!({ "outcome": "paid_in_cash" });
    let done = teller
        .post(&on(&record, "refund/outcome"), outcome)
        .await
        .ok();
    assert_eq!(done["state"], "refunded");
}

#[tokio::test]
async fn a_card_that_turns_up_again_cancels_its_refund() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, credit) = teller.loading(&mut card, 10_000).await;
    card.apdu(&credit);
    let case = teller
        .ask("refund_without_card", &card, Some(&record))
        .await
        .ok();
    teller.approve(&case, "demo.supervisor").await.ok();
    teller.approve(&case, "demo.supervisor2").await.ok();
    let prove = card.prove(6);
    let settled = teller
        .confirm(&record, json!({ "prove": prove }))
        .await
        .ok();
    assert_eq!(settled["state"], "loaded");
    teller
        .post(&on(&record, "refund/send"), json!({}))
        .await
        .refused(Code::NotRefunding);
}

#[tokio::test]
async fn an_approval_needs_a_supervisor_who_had_no_part_and_the_right_password() {
    let bench = Bench::new().await;
    let supervisor = bench.counter("demo.supervisor").await;
    let mut card = Plastic::new("normal");
    let (record, _) = supervisor.loading(&mut card, 10_000).await;
    let case = supervisor
        .ask("refund_without_card", &card, Some(&record))
        .await
        .ok();
    supervisor
        .approve(&case, "demo.supervisor")
        .await
        .refused(Code::SamePerson);
    supervisor
        .approve(&case, "demo.tianshui")
        .await
        .refused(Code::RoleMayNot);
    supervisor
        .approve(&case, "nobody")
        .await
        .refused(Code::WrongPassword);
    supervisor.approve(&case, "demo.supervisor2").await.ok();
    supervisor
        .approve(&case, "demo.supervisor2")
        .await
        .refused(Code::SamePerson);
    let unknown = json!({ "id": "none" });
    supervisor
        .approve(&unknown, "demo.supervisor2")
        .await
        .refused(Code::NoSuchCase);
}

#[tokio::test]
async fn a_decision_is_asked_once_withdrawn_and_overtaken() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let supervisor = bench.counter("demo.supervisor").await;
    let mut card = Plastic::new("normal");
    let (record, credit) = teller.loading(&mut card, 10_000).await;
    let case = teller
        .ask("refund_without_card", &card, Some(&record))
        .await
        .ok();
    teller
        .ask("refund_without_card", &card, Some(&record))
        .await
        .refused(Code::CaseMovedOn);
    teller
        .ask("call_loaded", &card, Some(&record))
        .await
        .refused(Code::NotSpent);
    assert_eq!(
        supervisor
            .get("/cases")
            .await
            .ok()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let withdraw = format!("/cases/{}/withdraw", case["id"].as_str().unwrap());
    teller.post(&withdraw, json!({})).await.ok();
    teller
        .post(&withdraw, json!({}))
        .await
        .refused(Code::CaseMovedOn);
    assert_eq!(supervisor.get("/cases").await.ok(), json!([]));

    // Asked again, and then the card proves what was in doubt.
    let case = teller
        .ask("refund_without_card", &card, Some(&record))
        .await
        .ok();
    let tac = card.apdu(&credit);
    teller.confirm(&record, json!({ "tac": tac })).await.ok();
    teller
        .approve(&case, "demo.supervisor2")
        .await
        .refused(Code::CaseMovedOn);
    let bad = json!({ "card": card.number, "record": record["id"], "kind": "refund_without_card", "reason": " x " });
    teller.post("/cases", bad).await.refused(Code::BadRequest);
}

#[tokio::test]
async fn a_thrown_switch_stops_loads_and_takes_evidence_all_the_same() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let supervisor = bench.counter("demo.supervisor").await;
    let mut card = Plastic::new("normal");
    let (record, credit) = teller.loading(&mut card, 10_000).await;
    let stop = json!({ "scope": { "province": "6201" }, "reason": "drill of the month" });
    let switch = supervisor.post("/switches", stop).await.ok();
    teller
        .authorise(&mut card, &record)
        .await
        .refused(Code::LoadsStopped);
    let mut other = Plastic::new("no-pin");
    assert_eq!(teller.sight(&mut other).await.ok()["refusal"], "AUT-317");
    // The card lost its pending load to the refused INIT; what it had taken before still counts.
    assert_ne!(card.raw(&credit), "9000");
    assert_eq!(
        supervisor.get("/switches").await.ok()[0]["id"],
        switch["id"]
    );
    let lift = |id: &Value| format!("/switches/{}", id.as_str().unwrap());
    let request = supervisor.request("DELETE", &lift(&switch["id"]));
    let lifted = bench
        .send(request.body(axum::body::Body::empty()).unwrap())
        .await;
    assert_eq!(lifted.status, 204);
    let authorised = teller.authorise(&mut card, &record).await.ok();
    let tac = card.apdu(authorised["command"].as_str().unwrap());
    teller.confirm(&record, json!({ "tac": tac })).await.ok();
    for bad in [
        json!({ "scope": { "province": "62" }, "reason": "drill of the month" }),
        json!({ "scope": { "cards": { "first": "62012201230100000025", "last": "62012201230100000017" } }, "reason": "drill of the month" }),
        json!({ "scope": "banks", "reason": "" }),
    ] {
        supervisor
            .post("/switches", bad)
            .await
            .refused(Code::BadRequest);
    }
}

#[tokio::test]
async fn a_bundle_proves_a_load_without_the_records() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, credit) = teller.loading(&mut card, 10_000).await;
    let tac = card.apdu(&credit);
    teller.confirm(&record, json!({ "tac": tac })).await.ok();
    let supervisor = bench.counter("demo.supervisor").await;
    let exported = supervisor.get(&on(&record, "bundle")).await.ok();
    let text = exported.to_string();
    assert!(
        !text.contains("张") && !text.contains("123456\""),
        "nothing personal, no PIN"
    );
    let bundle: Bundle = serde_json::from_value(exported).unwrap();
    let key = SoftKeys::from_toml(demo::KEYS)
        .unwrap()
        .evidence_key()
        .unwrap();
    assert_eq!(check(&bundle, Some(key)), Ok(()));
    let events: Vec<_> = bundle
        .chain
        .iter()
        .map(|line| line.line.event.as_str())
        .collect();
    let told = [
        "preflight-issued",
        "accounted",
        "created",
        "paid",
        "authorised",
        "loaded",
        "evidence-shown",
    ];
    assert_eq!(events, told);
    assert_eq!(encode(&bundle.chain[5].line.evidence.0), tac);

    let mut forged = bundle.clone();
    forged.chain[3].line.operator = "somebody".into();
    assert_eq!(check(&forged, Some(key)), Err(Broken::Signature));
}

#[tokio::test]
async fn the_heads_of_a_day_are_listed_and_signed() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    teller.paid(&mut card, 10_000).await;
    let supervisor = bench.counter("demo.supervisor").await;
    let day = supervisor.get("/audit/20260601").await.ok();
    let heads = day["heads"].as_array().unwrap();
    let of_card = heads
        .iter()
        .find(|head| head["chain"] == card.number.as_str())
        .unwrap();
    let life = supervisor
        .get(&format!("/cards/{}/life", card.number))
        .await
        .ok();
    // Looking at the card is a line of its chain too.
    let lines = life["audit"].as_array().unwrap().len();
    assert_eq!(of_card["number"], lines - 1);
    assert_eq!(day["signature"].as_str().unwrap().len(), 128);
    assert!(
        heads
            .iter()
            .any(|head| head["chain"] == "operator demo.teller")
    );
    assert_eq!(
        supervisor.get("/audit/20260602").await.ok()["heads"],
        json!([])
    );
    supervisor
        .get("/audit/tomorrow")
        .await
        .refused(Code::BadRequest);
}
