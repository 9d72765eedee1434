//! 修改圈存状态 over the API: a torn load is let go by its card's proof, or settled by its own account.

use apdu_core::fault::Code;
use etc_sim::card::{Knobs, Personalisation, ProofsKept, Stamp, TollCard};
use serde_json::{Value, json};

use crate::bench::{Bench, Plastic, on};

/// Another system's terminal and clock.
const ELSEWHERE: Stamp = Stamp {
    terminal: [9, 9, 9, 9, 9, 9],
    date: [0x20, 0x26, 0x06, 0x01],
    time: [0x13, 0x00, 0x00],
};

/// The demo's first card, with other ways.
fn other(change: impl FnOnce(&mut Knobs)) -> Plastic {
    let mut knobs = Knobs::default();
    change(&mut knobs);
    let person = Personalisation {
        balance: 3_000,
        counter: 5,
        plate: b"\xB8\xCAA12345".to_vec(),
        start: [0x20, 0x24, 0x01, 0x15],
        expiry: [0x20, 0x34, 0x01, 0x14],
        vehicle_class: 1,
        ..Personalisation::factory([0x22, 0x01, 0x23, 0x01, 0x00, 0x00, 0x00, 0x17])
    };
    Plastic::of(TollCard::new(&person, knobs, 1))
}

#[tokio::test]
async fn a_torn_record_is_paid_again_at_any_outlet_and_then_written() {
    let bench = Bench::new().await;
    let here = bench.counter("demo.teller").await;
    let there = bench.counter("demo.tianshui").await;
    let mut card = Plastic::new("normal");
    let (record, old_credit) = here.loading(&mut card, 10_000).await;
    let record = there.let_go(&mut card, &record).await.ok();
    assert_eq!(record["state"], "paid");
    // What was authorised before is dead on the card.
    assert_ne!(card.raw(&old_credit), "9000");
    let authorised = there.authorise(&mut card, &record).await.ok();
    let tac = card.apdu(authorised["command"].as_str().unwrap());
    let loaded = there.confirm(&record, json!({ "tac": tac })).await.ok();
    assert_eq!(loaded["state"], "loaded");
    assert_eq!(card.card.credits().len(), 1);
}

#[tokio::test]
async fn a_record_that_was_written_is_not_let_go() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, credit) = teller.loading(&mut card, 10_000).await;
    let tac = card.apdu(&credit);
    teller
        .let_go(&mut card, &record)
        .await
        .refused(Code::CounterMoved);
    teller.confirm(&record, json!({ "tac": tac })).await.ok();
    teller
        .let_go(&mut card, &record)
        .await
        .refused(Code::AlreadyLoaded);
}

#[tokio::test]
async fn only_a_torn_record_is_let_go_and_five_times_at_one_counter() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let paid = teller.paid(&mut card, 10_000).await;
    teller.let_go(&mut card, &paid).await.refused(Code::NotTorn);
    let authorised = teller.authorise(&mut card, &paid).await.ok();
    let torn = authorised["record"].clone();
    let offer = on(&torn, "let-go/offer");
    for _ in 0..5 {
        teller.post(&offer, json!({})).await.ok();
    }
    teller
        .post(&offer, json!({}))
        .await
        .refused(Code::TooManyLetGo);
}

#[tokio::test]
async fn an_offer_dies_with_its_minute_and_with_every_further_authorisation() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, _) = teller.loading(&mut card, 10_000).await;
    let offer = on(&record, "let-go/offer");
    let prove = |card: &mut Plastic, offer: &Value| json!({ "init": card.init(offer), "terminal": offer["terminal"] });

    let first = teller.post(&offer, json!({})).await.ok();
    let proof = prove(&mut card, &first);
    bench.store.advance(60_000);
    let late = teller.post(&on(&record, "let-go"), proof).await;
    late.refused(Code::NonceExpired);

    let second = teller.post(&offer, json!({})).await.ok();
    let proof = prove(&mut card, &second);
    teller.authorise(&mut card, &record).await.ok();
    let stale = teller.post(&on(&record, "let-go"), proof).await;
    stale.refused(Code::NonceExpired);
    assert_eq!(teller.read(&record).await["state"], "loading");
}

#[tokio::test]
async fn counter_and_log_settle_a_load_whose_card_keeps_no_proof() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = other(|knobs| knobs.proofs_kept = ProofsKept::None);
    let (record, credit) = teller.loading(&mut card, 10_000).await;
    card.apdu(&credit);
    let accounted = teller.account_of(&mut card, &record).await.ok();
    assert_eq!(accounted["settled"]["state"], "loaded");
    assert_eq!(accounted["open"], Value::Null);
    assert_eq!(accounted["book"], 6);
    let supervisor = bench.counter("demo.supervisor").await;
    let report = supervisor.get("/reports/20260601").await.ok();
    assert_eq!(report["alarms"][0]["kind"], "counter-and-log");
    let evidence = supervisor.get(&on(&record, "evidence")).await.ok();
    assert_eq!(evidence["line"]["proved_by"], "counter_and_log");
    assert_eq!(evidence["book"][0]["spender"], "ours");
}

#[tokio::test]
async fn a_load_of_another_system_frees_the_torn_record_when_it_is_proved() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, _) = teller.loading(&mut card, 10_000).await;
    card.card.foreign_load(5_000, ELSEWHERE).unwrap();
    card.card.power_on();
    let accounted = teller.account_of(&mut card, &record).await.ok();
    assert_eq!(accounted["open"]["state"], "paid");
    let authorised = teller.authorise(&mut card, &record).await.ok();
    assert_eq!(authorised["record"]["counter"], 6);
}

#[tokio::test]
async fn without_any_proof_the_record_waits_for_two_persons() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = other(|knobs| knobs.proofs_kept = ProofsKept::None);
    let (record, _) = teller.loading(&mut card, 10_000).await;
    card.card.foreign_load(5_000, ELSEWHERE).unwrap();
    card.card.power_on();
    teller
        .account_of(&mut card, &record)
        .await
        .refused(Code::OnSupervisorList);
    let supervisor = bench.counter("demo.supervisor").await;
    let waiting = supervisor.get("/recharges?unsettled=true").await.ok();
    assert_eq!(waiting[0]["recharge"]["id"], record["id"]);
    assert_eq!(waiting[0]["listed"], true);
    let report = supervisor.get("/reports/20260601").await.ok();
    assert_eq!(report["alarms"][0]["kind"], "unknown-counter");
    assert_eq!(report["alarms"][0]["counter"], 5);
}
