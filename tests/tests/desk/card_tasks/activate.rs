//! 卡片激活: what *not active* means, and what is written for each case.

use etc_backend::ledger::CardStop;
use etc_backend::store::StockCard;

use super::*;

const EXPIRED: &str = "card-expired";
const EARLY: &str = "card-early";

/// The demo with another record of the card whose number ends so.
async fn bench_where(end: &str, change: impl FnOnce(&mut StockCard)) -> Bench {
    Bench::with(|stock| {
        let own = |one: &&mut StockCard| one.card.number.to_string().ends_with(end);
        change(stock.cards.iter_mut().find(own).unwrap());
    })
    .await
}

#[tokio::test]
async fn an_expired_card_gets_a_new_last_day_and_an_early_one_begins_today() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    for (card, dates) in [
        (EXPIRED, ["2014-01-15", "2036-05-31"]),
        (EARLY, ["2026-06-01", "2099-12-31"]),
    ] {
        let mut desk = Desk::new(&teller, card);
        let before = desk.issue_file();
        let told = desk.through(activate()).await;
        assert_eq!(told["validity"], json!(dates));
        let expected = [
            &before[..40],
            &dates.concat().replace('-', ""),
            &before[56..],
        ];
        assert_eq!(desk.issue_file(), expected.concat());
        let sighted = teller.sight(&mut desk.card).await.ok();
        assert_eq!(sighted["differences"], json!([]));
        assert_eq!(sighted["refusal"], Value::Null);
    }
    assert_eq!(outcomes(&bench.store), [Outcome::Verified; 2]);
}

#[tokio::test]
async fn a_card_that_is_active_and_agrees_is_done_without_a_write() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, "normal");
    let begun = desk.begin(activate()).await.ok();
    let told = desk.show(&begun).await.ok();
    assert_eq!(told["task"]["state"], "done");
    assert_eq!(told["next"], json!([]));
    assert_eq!(bench.store.attempts(), []);
}

#[tokio::test]
async fn a_status_is_lifted_by_a_supervisor_and_by_no_write() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let supervisor = bench.counter("demo.supervisor").await;
    let desk = Desk::new(&teller, EXPIRED);
    let number = desk.card.number.parse().unwrap();
    for (status, code) in [
        (CardStatus::Suspended, Code::NotActivatable),
        (CardStatus::Lost, Code::CardLost),
        (CardStatus::Cancelled, Code::CardCancelled),
        (CardStatus::Damaged, Code::CardDamaged),
        (CardStatus::Blacklisted, Code::CardBlacklisted),
    ] {
        bench.store.set_status(number, status);
        desk.begin(activate()).await.refused(code);
    }
    bench.store.set_status(number, CardStatus::Suspended);
    let path = format!("/cards/{}/status", desk.card.number);
    let body = json!({ "status": "normal", "reason": "customer came in" });
    let lifted = supervisor.post(&path, body).await;
    assert_eq!(lifted.status, 204, "{lifted:?}");
    let mut desk = desk;
    desk.through(activate()).await;
}

/// Suspended between reading and writing: nothing is signed any more.
#[tokio::test]
async fn what_is_suspended_meanwhile_is_not_signed_for() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, EXPIRED);
    let begun = desk.begin(activate()).await.ok();
    let told = desk.show(&begun).await.ok();
    let number = desk.card.number.parse().unwrap();
    bench.store.set_status(number, CardStatus::Suspended);
    let refused = desk.sign(&told["task"], "issue").await;
    refused.refused(Code::CardSuspended);
    desk.show(&told["task"]).await.refused(Code::CardSuspended);
}

#[tokio::test]
async fn a_field_that_differs_is_named_and_nothing_is_signed() {
    let bench = bench_where("0181", |one| one.card.plate = "甘A00182".into()).await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, EXPIRED);
    let begun = desk.begin(activate()).await.ok();
    let told = desk.show(&begun).await.ok();
    let named = json!([{ "field": "plate", "record": "甘A00182", "card": "甘A00181" }]);
    assert_eq!(told["differences"], named);
    assert_eq!(told["next"], json!([]));
    assert_eq!(told["task"]["state"], "open");
    let refused = desk.sign(&told["task"], "issue").await;
    refused.refused(Code::CardNotShown);
    // What no field shows differs as well: the user type, and the issuer.
    for change in [
        (|one: &mut StockCard| one.card.stock.user_type = 6) as fn(&mut StockCard),
        |one| one.card.stock.issuer[7] = 2,
    ] {
        let bench = bench_where("0181", change).await;
        let teller = bench.counter("demo.teller").await;
        let mut desk = Desk::new(&teller, EXPIRED);
        let begun = desk.begin(activate()).await.ok();
        desk.show(&begun).await.refused(Code::CardDiffers);
        assert_eq!(bench.store.attempts(), []);
    }
}

#[tokio::test]
async fn money_on_its_way_is_settled_first() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, command) = teller.loading(&mut card, 5_000).await;
    let mut desk = Desk::of(&teller, card);
    desk.begin(activate()).await.refused(Code::CardUnsettled);
    let tac = desk.card.apdu(&command);
    teller.confirm(&record, json!({ "tac": tac })).await.ok();
    desk.through(activate()).await;
}

#[tokio::test]
async fn cards_that_cannot_be_activated_are_refused_by_name() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    for (card, code) in [
        ("card-new", Code::CardNotIssued),
        ("card-elsewhere", Code::CardUnknown),
    ] {
        let desk = Desk::new(&teller, card);
        desk.begin(activate()).await.refused(code);
    }
    let stopped = bench_where("0181", |one| {
        one.card.stopped = Some(CardStop::OldCounter);
    })
    .await;
    let teller = stopped.counter("demo.teller").await;
    let desk = Desk::new(&teller, EXPIRED);
    desk.begin(activate()).await.refused(Code::CardStopped);
}

/// A card whose PIN is blocked, or another than the records say, cannot prove that it is here.
#[tokio::test]
async fn without_its_pin_nothing_is_signed() {
    let bench = bench_where("0116", |one| {
        one.card.expiry = apdu_core::bcd::Date([0x20, 0x26, 0x05, 0x31]);
    })
    .await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, "pin-locked");
    let begun = desk.begin(activate()).await.ok();
    assert_eq!(begun["presence"]["pin"]["form"], "ascii6");
    let mut shown = desk.whole(&json!({}));
    shown["presence"] = Value::Null;
    let told = teller.post(&on(&begun, "show"), shown).await.ok();
    assert_eq!(told["next"], json!(["issue"]));
    let refused = desk.sign(&begun, "issue").await;
    refused.refused(Code::CardNotPresent);
    assert_eq!(bench.store.attempts(), []);
}

#[tokio::test]
async fn a_renewal_that_was_cut_goes_on_with_the_next_reading() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, EXPIRED);
    let begun = desk.begin(activate()).await.ok();
    let told = desk.show(&begun).await.ok();
    desk.write(&told["task"], "issue").await;
    // Its answer was lost, and the day is another one by now: what was signed stays what is wanted.
    bench.store.advance(24 * 60 * 60 * 1_000 - 1);
    let tianshui = bench.counter("demo.tianshui").await;
    let mut desk = desk.carried_to(&tianshui);
    let again = desk.begin(activate()).await.ok();
    assert_eq!(again["id"], begun["id"]);
    let told = desk.show(&again).await.ok();
    assert_eq!(told["task"]["state"], "done");
    assert_eq!(told["validity"], json!(["2014-01-15", "2036-05-31"]));
    assert_eq!(outcomes(&bench.store), [Outcome::Verified]);
}

/// A page has said that the new dates were written, and they were not: the next activation writes them.
#[tokio::test]
async fn an_activation_that_was_lied_about_is_made_good_by_the_next() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, EXPIRED);
    let begun = desk.begin(activate()).await.ok();
    let told = desk.show(&begun).await.ok();
    let signed = desk.sign(&told["task"], "issue").await.ok();
    let command = signed["command"].as_str().unwrap();
    let file = &command[10..command.len() - 8];
    let mut lie = desk.whole(&json!({}));
    lie["issue"] = file.into();
    let told = teller.post(&on(&begun, "show"), lie).await.ok();
    assert_eq!(told["task"]["state"], "done", "so it is believed");
    let sighted = teller.sight(&mut desk.card).await.ok();
    assert_eq!(sighted["differences"][0]["field"], "expiry");

    // At any outlet, with a proof and an attempt of its own; and the bytes are the same.
    let tianshui = bench.counter("demo.tianshui").await;
    let mut desk = desk.carried_to(&tianshui);
    let again = desk.begin(activate()).await.ok();
    let mut unproved = desk.whole(&again);
    unproved["presence"] = Value::Null;
    let told = tianshui.post(&on(&again, "show"), unproved).await.ok();
    assert_eq!(told["next"], json!(["issue"]));
    desk.sign(&again, "issue")
        .await
        .refused(Code::CardNotPresent);
    desk.through(activate()).await;
    assert_eq!(desk.issue_file(), file);
    assert_eq!(outcomes(&bench.store), [Outcome::Verified; 2]);
    let sighted = tianshui.sight(&mut desk.card).await.ok();
    assert_eq!(sighted["differences"], json!([]));
    // It was not renewed a second time.
    assert_eq!(told["validity"], json!(["2014-01-15", "2036-05-31"]));
}
