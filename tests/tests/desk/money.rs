//! POS and cash, drawers, refunds, and finding records again.

use apdu_core::fault::Code;
use serde_json::{Value, json};

use crate::bench::{Bench, Plastic, on};

fn pos(amount: u32, number: &str) -> Value {
    json!({ "kind": "pos", "amount": amount, "slip": { "terminal": "P0001", "number": number } })
}

#[tokio::test]
async fn a_pos_slip_is_entered_once_a_day() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let there = bench.counter("demo.tianshui").await;
    let (mut card, mut other) = (Plastic::new("normal"), Plastic::new("no-pin"));
    let record = teller.created(&mut card, 10_000).await;
    let paid = teller
        .post(&on(&record, "payment"), pos(10_000, "000123"))
        .await;
    assert_eq!(paid.ok()["state"], "paid");
    let second = there.created(&mut other, 5_000).await;
    let path = on(&second, "payment");
    there
        .post(&path, pos(5_000, "000123"))
        .await
        .refused(Code::SlipUsed);
    assert_eq!(there.read(&second).await["state"], "created");
    for wrong in [
        json!({ "kind": "pos", "amount": 5_000 }),
        json!({ "kind": "cash", "amount": 5_000, "slip": { "terminal": "P1", "number": "0001" } }),
        json!({ "kind": "pos", "amount": 5_000, "slip": { "terminal": "", "number": "0001" } }),
        json!({ "kind": "pos", "amount": 5_000, "slip": { "terminal": "P-1", "number": "0001" } }),
        json!({ "kind": "pos", "amount": 5_000, "slip": { "terminal": "P1", "number": "12a4" } }),
        json!({ "kind": "pos", "amount": 5_000, "slip": { "terminal": "P1", "number": "123" } }),
    ] {
        there.post(&path, wrong).await.refused(Code::SlipMalformed);
    }
    // Slip numbers begin anew every day.
    bench.store.advance(86_400_000);
    let there = bench.counter("demo.tianshui").await;
    let sighted = there.sight(&mut other).await.ok();
    let init = other.init(&sighted["preflight"]);
    let next = there.create_with(&other, json!(5_000), &init).await.ok();
    there
        .post(&on(&next, "payment"), pos(5_000, "000123"))
        .await
        .ok();
}

#[tokio::test]
async fn a_drawer_says_what_ought_to_lie_in_it() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    teller.get("/drawer").await.refused(Code::NoDrawer);
    teller
        .post("/drawer/close", json!({ "counted": 0 }))
        .await
        .refused(Code::NoDrawer);
    let opened = teller
        .post("/drawer/open", json!({ "float": 20_000 }))
        .await
        .ok();
    assert_eq!(opened["expected"], 20_000);
    teller
        .post("/drawer/open", json!({ "float": 0 }))
        .await
        .refused(Code::DrawerIsOpen);
    teller.paid(&mut Plastic::new("normal"), 10_000).await;
    let (mut card, mut third) = (Plastic::new("no-pin"), Plastic::new("same-plate"));
    let record = teller.created(&mut card, 5_000).await;
    teller
        .post(&on(&record, "payment"), pos(5_000, "000777"))
        .await
        .ok();
    let voided = teller.paid(&mut third, 3_000).await;
    refunded(&teller, &voided).await;
    let drawer = teller.get("/drawer").await.ok();
    assert_eq!(
        [
            &drawer["taken"],
            &drawer["given_back"],
            &drawer["expected"],
            &drawer["payments"]
        ],
        [13_000, 3_000, 30_000, 2]
    );
    let counted = json!({ "counted": 29_990, "note": "10 fen short" });
    let closed = teller.post("/drawer/close", counted).await.ok();
    assert_eq!(
        (&closed["counted"], &closed["expected"]),
        (&json!(29_990), &json!(30_000))
    );
    teller
        .post("/drawer/open", json!({ "float": -1 }))
        .await
        .refused(Code::AmountNotAllowed);

    let supervisor = bench.counter("demo.supervisor").await;
    let day = supervisor.get("/reports/20260601").await.ok();
    let takings = &day["takings"][0];
    assert_eq!(
        [
            &takings["cash"],
            &takings["pos"],
            &takings["given_back"],
            &takings["loaded"]
        ],
        [13_000, 5_000, 3_000, 0]
    );
    assert_eq!(day["drawers"][0]["note"], "10 fen short");
    supervisor
        .get("/reports/2026")
        .await
        .refused(Code::BadRequest);
    supervisor
        .get("/reports/20260231")
        .await
        .refused(Code::BadRequest);
}

/// Gives a paid record's money back in cash.
async fn refunded(teller: &crate::bench::Counter<'_>, record: &Value) -> Value {
    teller.post(&on(record, "refund"), json!({})).await.ok();
    teller
        .post(&on(record, "refund/send"), json!({}))
        .await
        .ok();
    let signed = json!({ "outcome": "paid_in_cash" });
    teller
        .post(&on(record, "refund/outcome"), signed)
        .await
        .ok()
}

#[tokio::test]
async fn the_first_cash_of_a_shift_opens_a_drawer() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    teller.paid(&mut Plastic::new("normal"), 10_000).await;
    let drawer = teller.get("/drawer").await.ok();
    assert_eq!(
        (&drawer["float"], &drawer["expected"]),
        (&json!(0), &json!(10_000))
    );
}

#[tokio::test]
async fn money_goes_back_once_where_it_was_taken_and_never_twice() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let there = bench.counter("demo.tianshui").await;
    let mut card = Plastic::new("normal");
    let record = teller.paid(&mut card, 10_000).await;
    let begin = on(&record, "refund");
    there
        .post(&begin, json!({}))
        .await
        .refused(Code::NotTakenHere);
    teller
        .post(&on(&record, "refund/send"), json!({}))
        .await
        .refused(Code::NotRefunding);
    teller.post(&begin, json!({})).await.ok();
    teller
        .post(&begin, json!({}))
        .await
        .refused(Code::RefundUnderWay);
    teller
        .authorise(&mut card, &record)
        .await
        .refused(Code::RefundUnderWay);
    let outcome = on(&record, "refund/outcome");
    let signed = json!({ "outcome": "paid_in_cash" });
    teller
        .post(&outcome, signed.clone())
        .await
        .refused(Code::NotRefunding);
    teller
        .post(&on(&record, "refund/send"), json!({}))
        .await
        .ok();
    // Not given back after all: the record is paid again, and may be written or given back.
    let back = teller
        .post(&outcome, json!({ "outcome": "refused" }))
        .await
        .ok();
    assert_eq!(back["state"], "paid");
    assert_eq!(refunded(&teller, &record).await["state"], "refunded");
    teller
        .post(&outcome, signed)
        .await
        .refused(Code::AlreadyRefunded);
    teller
        .post(&begin, json!({}))
        .await
        .refused(Code::AlreadyRefunded);
    teller
        .authorise(&mut card, &record)
        .await
        .refused(Code::AlreadyRefunded);
}

#[tokio::test]
async fn a_torn_record_is_not_given_back() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, _) = teller.loading(&mut card, 10_000).await;
    let begin = on(&record, "refund");
    teller
        .post(&begin, json!({}))
        .await
        .refused(Code::OnSupervisorList);
    teller.let_go(&mut card, &record).await.ok();
    assert_eq!(refunded(&teller, &record).await["state"], "refunded");
}

#[tokio::test]
async fn records_are_found_by_plate_and_card_and_a_bank_sees_its_own() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let record = teller.paid(&mut card, 10_000).await;
    // 甘A12345, blue.
    let by_plate = "/recharges?plate=%E7%94%98a12345&plate_colour=0";
    let found = teller.get(by_plate).await.ok();
    assert_eq!(found[0]["recharge"]["id"], record["id"]);
    assert_eq!(
        (&found[0]["ours"], &found[0]["paid"]["kind"]),
        (&json!(true), &json!("cash"))
    );
    let by_card = format!("/recharges?card={}", card.number);
    let there = bench
        .counter("demo.tianshui")
        .await
        .get(&by_card)
        .await
        .ok();
    assert_eq!(
        (&there[0]["ours"], &there[0]["paid"]["operator"]),
        (&json!(false), &Value::Null)
    );
    let bank = bench.counter("demo.bank").await;
    assert_eq!(bank.get(&by_card).await.ok(), json!([]));
    teller.get("/recharges").await.refused(Code::BadRequest);
    teller
        .get("/recharges?plate=x")
        .await
        .refused(Code::BadRequest);
    teller
        .get("/recharges?card=6201")
        .await
        .refused(Code::BadRequest);
    teller
        .get("/recharges?unsettled=true")
        .await
        .refused(Code::RoleMayNot);
    let before = record["created_at"].as_i64().unwrap();
    let older = teller.get(&format!("{by_card}&before={before}")).await.ok();
    assert_eq!(older, json!([]));
}
