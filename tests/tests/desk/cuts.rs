//! Repeated, reordered, raced and interrupted requests.

use apdu_core::authority::CardStatus;
use apdu_core::fault::Code;
use etc_backend::ledger::Outcome;
use etc_backend::sessions::{LONGEST, LONGEST_IDLE};
use etc_backend::sweep::{self, ANSWERS_KEPT};
use serde_json::{Value, json};

use crate::bench::{Bench, Plastic, on};
use crate::tag_tasks::{self, CARD, Desk, NEW, card_of, issue, outcomes, tag};

#[tokio::test]
async fn every_request_may_be_repeated_with_its_key() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");

    let init = teller.preflight(&mut card).await;
    let body = json!({ "card": card.number, "amount": 10_000, "init": init });
    let record = teller
        .post_as("create-1", "/recharges", body.clone())
        .await
        .ok();
    assert_eq!(
        teller
            .post_as("create-1", "/recharges", body.clone())
            .await
            .ok(),
        record
    );
    teller
        .post_as("create-2", "/recharges", body)
        .await
        .refused(Code::NonceExpired);

    let payment = json!({ "kind": "cash", "amount": 10_000 });
    let path = on(&record, "payment");
    let paid = teller
        .post_as("payment-1", &path, payment.clone())
        .await
        .ok();
    assert_eq!(
        teller
            .post_as("payment-1", &path, payment.clone())
            .await
            .ok(),
        paid
    );
    teller
        .post_as("payment-2", &path, payment)
        .await
        .refused(Code::AlreadyPaid);

    let body = json!({ "init": card.init(&record["init"]) });
    let path = on(&record, "authorise");
    let authorised = teller
        .post_as("authorise-1", &path, body.clone())
        .await
        .ok();
    assert_eq!(
        teller.post_as("authorise-1", &path, body).await.ok(),
        authorised
    );
    assert_eq!(bench.store.authorisations().len(), 1);

    let body = json!({ "tac": card.apdu(authorised["command"].as_str().unwrap()) });
    let path = on(&record, "confirm");
    let loaded = teller.post_as("confirm-1", &path, body.clone()).await.ok();
    assert_eq!(teller.post_as("confirm-1", &path, body).await.ok(), loaded);
    assert_eq!(
        (bench.store.records().len(), bench.store.payments().len()),
        (1, 1)
    );
}

#[tokio::test]
async fn a_key_stands_for_one_body_one_address_and_one_person() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let record = teller.created(&mut card, 10_000).await;
    let payment = json!({ "kind": "cash", "amount": 10_000 });
    let path = on(&record, "payment");
    teller
        .post_as("the-key-1", &path, payment.clone())
        .await
        .ok();
    let other = json!({ "kind": "cash", "amount": 9_000 });
    teller
        .post_as("the-key-1", &path, other)
        .await
        .refused(Code::KeyReused);
    teller
        .post_as("the-key-1", &on(&record, "close"), payment.clone())
        .await
        .refused(Code::BadRequest);
    teller
        .post_as("the-key-1", &on(&record, "close"), json!({}))
        .await
        .refused(Code::KeyReused);
    let supervisor = bench.counter("demo.supervisor").await;
    supervisor
        .post_as("the-key-1", &path, payment)
        .await
        .refused(Code::KeyReused);
}

#[tokio::test]
async fn requests_out_of_order_change_nothing() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let record = teller.created(&mut card, 10_000).await;
    teller
        .authorise(&mut card, &record)
        .await
        .refused(Code::NotPaid);
    teller
        .confirm(&record, json!({ "tac": "00000000" }))
        .await
        .refused(Code::NotPaid);
    let record = teller.pay(&record).await.ok();
    teller
        .confirm(&record, json!({ "tac": "00000000" }))
        .await
        .refused(Code::WrongEvidence);
    teller
        .post(&on(&record, "close"), json!({}))
        .await
        .refused(Code::AlreadyPaid);
    let authorised = teller.authorise(&mut card, &record).await.ok();
    teller.pay(&record).await.refused(Code::AlreadyPaid);
    let tac = card.apdu(authorised["command"].as_str().unwrap());
    teller.confirm(&record, json!({ "tac": tac })).await.ok();
    teller
        .authorise(&mut card, &record)
        .await
        .refused(Code::AlreadyLoaded);
    teller.pay(&record).await.refused(Code::AlreadyLoaded);
    teller
        .post(&on(&record, "close"), json!({}))
        .await
        .refused(Code::AlreadyLoaded);
}

#[tokio::test]
async fn of_two_pcs_on_one_record_the_card_serves_one() {
    let bench = Bench::new().await;
    let here = bench.counter("demo.teller").await;
    let there = bench.counter("demo.tianshui").await;
    let mut card = Plastic::new("normal");
    let record = here.paid(&mut card, 10_000).await;
    let first = here.authorise(&mut card, &record).await.ok();
    let open = there.sight(&mut card).await.ok()["open"].clone();
    let second = there.authorise(&mut card, &open).await.ok();

    // The card took part in one session only, that of its latest INIT.
    let tac = card.apdu(second["command"].as_str().unwrap());
    assert_eq!(card.raw(first["command"].as_str().unwrap()), "6985");
    let loaded = here.confirm(&record, json!({ "tac": tac })).await.ok();
    assert_eq!(
        (&loaded["state"], card.card.balance()),
        (&json!("loaded"), 13_000)
    );
    assert_eq!(bench.store.authorisations().len(), 2);
}

#[tokio::test]
async fn two_requests_at_the_same_moment_leave_one_payment() {
    let bench = Bench::new().await;
    let here = bench.counter("demo.teller").await;
    let there = bench.counter("demo.supervisor").await;
    let mut card = Plastic::new("normal");
    let record = here.created(&mut card, 10_000).await;
    let (first, second) = tokio::join!(here.pay(&record), there.pay(&record));
    assert_eq!(200 + 409, first.status + second.status);
    assert_eq!(bench.store.payments().len(), 1);
}

#[tokio::test]
async fn a_record_once_open_keeps_all_others_away_from_its_card() {
    let bench = Bench::new().await;
    let here = bench.counter("demo.teller").await;
    let there = bench.counter("demo.tianshui").await;
    let mut card = Plastic::new("normal");
    let init = there.preflight(&mut card).await;
    let record = here.paid(&mut card, 10_000).await;
    assert!(there.sight(&mut card).await.ok()["preflight"].is_null());
    there
        .create_with(&card, json!(5_000), &init)
        .await
        .refused(Code::OpenRecord);
    here.authorise(&mut card, &record).await.ok();
    there
        .create_with(&card, json!(5_000), &init)
        .await
        .refused(Code::OpenRecord);
}

#[tokio::test]
async fn an_expired_sign_in_stops_no_load() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, command) = teller.loading(&mut card, 10_000).await;
    let tac = card.apdu(&command);

    bench.store.advance(LONGEST_IDLE);
    let body = json!({ "tac": tac });
    teller
        .post_as("confirm-1", &on(&record, "confirm"), body.clone())
        .await
        .refused(Code::NotSignedIn);
    let again = bench.counter("demo.teller").await;
    let loaded = again
        .post_as("confirm-1", &on(&record, "confirm"), body)
        .await
        .ok();
    assert_eq!(loaded["state"], "loaded");
}

#[tokio::test]
async fn a_sign_in_in_use_ends_after_its_longest_time() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut left = LONGEST;
    while left > LONGEST_IDLE / 2 {
        bench.store.advance(LONGEST_IDLE / 2);
        left -= LONGEST_IDLE / 2;
        teller.get("/session").await.ok();
    }
    bench.store.advance(left);
    teller.get("/session").await.refused(Code::NotSignedIn);
}

#[tokio::test]
async fn an_answer_is_kept_for_a_week_and_who_comes_later_is_judged_anew() {
    let bench = Bench::new().await;
    let mut card = Plastic::new("normal");
    let teller = bench.counter("demo.teller").await;
    let init = teller.preflight(&mut card).await;
    let body = json!({ "card": card.number, "amount": 10_000, "init": init });
    let create = async || {
        // A sign-in does not last so long.
        let teller = bench.counter("demo.teller").await;
        teller.post_as("create-1", "/recharges", body.clone()).await
    };
    let record = create().await.ok();
    bench.store.advance(ANSWERS_KEPT - 1);
    sweep::once(&*bench.store).await.unwrap();
    assert_eq!(create().await.ok(), record);
    bench.store.advance(1);
    sweep::once(&*bench.store).await.unwrap();
    create().await.refused(Code::NonceExpired);
}

#[tokio::test]
async fn a_key_of_a_tag_task_has_one_answer_and_stands_for_one_body() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let other = bench.counter("demo.supervisor").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    // Asks twice, then with another body, then as somebody else.
    let ask = async |key: &str, path: &str, body: Value, changed: Value| {
        let first = teller.post_as(key, path, body.clone()).await.ok();
        let again = teller.post_as(key, path, body.clone()).await.ok();
        assert_eq!(first, again);
        for refused in [
            teller.post_as(key, path, changed).await,
            other.post_as(key, path, body).await,
        ] {
            assert_eq!(refused.status, 422);
            refused.refused(Code::KeyReused);
        }
        first
    };
    let named = |desk: &mut Desk<'_>, sn: &str| {
        let card = card_of(&mut desk.card);
        json!({ "work": issue("new"), "card": card, "tag": { "sn": sn } })
    };
    let sn = desk.tag.sn.clone();
    let (body, changed) = (named(&mut desk, &sn), named(&mut desk, "6210230100010090"));
    let task = ask("tag-begin", "/tag-tasks", body.clone(), changed.clone()).await;
    desk.show(&task).await.ok();
    let sign = |challenge: &str| json!({ "file": "vehicle", "challenge": challenge });
    let challenge = desk.tag.challenge("vehicle");
    let path = tag_tasks::on(&task, "sign");
    ask("tag-sign", &path, sign(&challenge), sign("00000000")).await;
    let refused = |sw: &str| json!({ "file": "vehicle", "sw": sw });
    let path = tag_tasks::on(&task, "refused");
    ask("tag-refused", &path, refused("6581"), refused("6988")).await;
    assert_eq!(outcomes(&bench.store), [Outcome::Refused]);
    let serial = desk.tag.serial();
    let kept = tag(&bench, &serial).await;
    assert_eq!(
        (kept.status, kept.signed.signatures),
        (CardStatus::Normal, 1)
    );

    // The same where the task was done by an answer that was lost.
    desk.through(issue("new")).await;
    let done = ask("tag-begun-again", "/tag-tasks", body, changed).await;
    assert_eq!(done["state"], "done");
}
