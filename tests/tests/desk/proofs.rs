//! Proofs that do not verify, and those that verify something else.

use std::sync::Arc;

use apdu_core::fault::Code;
use apdu_core::hex::{decode, encode};
use etc_backend::demo::PASSWORD;
use etc_backend::keys::SoftKeys;
use serde_json::{Value, json};

use crate::bench::{Bench, Counter, Plastic, any};

/// The INIT answer with one bit of its MAC1 changed.
fn spoiled(init: &str) -> String {
    let mut bytes = decode(init).unwrap();
    bytes[15] ^= 1;
    encode(&bytes)
}

#[tokio::test]
async fn a_wrong_mac1_opens_and_authorises_nothing() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let init = teller.preflight(&mut card).await;
    let wrong = spoiled(&init);
    teller
        .create_with(&card, json!(10_000), &wrong)
        .await
        .refused(Code::WrongMac1);
    let record = teller.create_with(&card, json!(10_000), &init).await.ok();
    let record = teller.pay(&record).await.ok();
    let init = card.init(&record["init"]);
    let path = crate::bench::on(&record, "authorise");
    teller
        .post(&path, json!({ "init": spoiled(&init) }))
        .await
        .refused(Code::WrongMac1);
    assert_eq!(teller.read(&record).await["state"], "paid");
    assert!(bench.store.authorisations().is_empty());
}

#[tokio::test]
async fn a_proof_for_one_amount_terminal_or_purpose_is_none_for_another() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let preflight = teller.preflight(&mut card).await;
    let record = teller
        .create_with(&card, json!(10_000), &preflight)
        .await
        .ok();
    let record = teller.pay(&record).await.ok();
    let path = crate::bench::on(&record, "authorise");
    teller
        .post(&path, json!({ "init": preflight }))
        .await
        .refused(Code::WrongMac1);
    let mut other = record["init"].clone();
    other["amount"] = json!(10_001);
    let init = card.init(&other);
    teller
        .post(&path, json!({ "init": init }))
        .await
        .refused(Code::WrongMac1);
    let there = bench.counter("demo.tianshui").await;
    let init = card.init(&record["init"]);
    there
        .post(&path, json!({ "init": init }))
        .await
        .refused(Code::WrongMac1);
}

#[tokio::test]
async fn a_card_with_foreign_keys_opens_no_record() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("foreign-keys");
    let init = teller.preflight(&mut card).await;
    teller
        .create_with(&card, json!(10_000), &init)
        .await
        .refused(Code::WrongMac1);
}

#[tokio::test]
async fn a_preflight_number_dies_with_its_minute_its_use_and_its_successor() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let late = teller.preflight(&mut card).await;
    bench.store.advance(60_000);
    teller
        .create_with(&card, json!(100), &late)
        .await
        .refused(Code::NonceExpired);

    let replaced = teller.preflight(&mut card).await;
    let used = teller.preflight(&mut card).await;
    teller
        .create_with(&card, json!(100), &replaced)
        .await
        .refused(Code::WrongMac1);
    teller.create_with(&card, json!(100), &used).await.ok();
    teller
        .create_with(&card, json!(100), &used)
        .await
        .refused(Code::NonceExpired);
}

#[tokio::test]
async fn an_authorisation_kills_the_preflight_number() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let record = teller.created(&mut card, 10_000).await;
    // Between creation and payment the card is shown again, somewhere.
    teller.preflight(&mut card).await;
    let record = teller.pay(&record).await.ok();
    let authorised = teller.authorise(&mut card, &record).await.ok();
    let tac = card.apdu(authorised["command"].as_str().unwrap());
    teller.confirm(&record, json!({ "tac": tac })).await.ok();
    teller
        .create_with(&card, json!(100), &any::<16>(1))
        .await
        .refused(Code::NonceExpired);
}

#[tokio::test]
async fn garbage_and_the_tac_of_another_load_prove_nothing() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let mut other = Plastic::new("torn");
    let (record, command) = teller.loading(&mut card, 10_000).await;
    let (other_record, other_command) = teller.loading(&mut other, 10_000).await;
    let other_tac = other.apdu(&other_command);
    for tac in [any::<4>(1), "00000000".into(), other_tac.clone()] {
        teller
            .confirm(&record, json!({ "tac": tac }))
            .await
            .refused(Code::WrongEvidence);
        assert_eq!(teller.read(&record).await["state"], "loading");
    }
    let first_tac = card.apdu(&command);
    teller
        .confirm(&record, json!({ "tac": first_tac }))
        .await
        .ok();
    teller
        .confirm(&other_record, json!({ "tac": other_tac }))
        .await
        .ok();

    // The TAC of the card's earlier load.
    let (next, _) = teller.loading(&mut card, 10_000).await;
    teller
        .confirm(&next, json!({ "tac": first_tac }))
        .await
        .refused(Code::WrongEvidence);
}

#[tokio::test]
async fn a_recorded_init_of_a_spent_counter_is_old_news() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let record = teller.paid(&mut card, 10_000).await;
    let recorded = card.init(&record["init"]);
    let path = crate::bench::on(&record, "authorise");
    let authorised = teller.post(&path, json!({ "init": recorded })).await.ok();
    let tac = card.apdu(authorised["command"].as_str().unwrap());
    teller.confirm(&record, json!({ "tac": tac })).await.ok();

    let next = teller.paid(&mut card, 10_000).await;
    let path = crate::bench::on(&next, "authorise");
    teller
        .post(&path, json!({ "init": recorded }))
        .await
        .refused(Code::OldCounter);
    assert_eq!(teller.read(&next).await["state"], "paid");
}

#[tokio::test]
async fn a_copy_of_an_older_state_of_a_card_opens_no_record() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let mut copy = Plastic::new("normal");
    let (record, command) = teller.loading(&mut card, 10_000).await;
    let tac = card.apdu(&command);
    teller.confirm(&record, json!({ "tac": tac })).await.ok();
    let sighted = teller.sight(&mut copy).await.ok();
    let init = copy.init(&sighted["preflight"]);
    teller
        .create_with(&copy, json!(10_000), &init)
        .await
        .refused(Code::OldCounter);
    // Shown freshly: from here on two persons have to look at it.
    let sighted = teller.sight(&mut card).await.ok();
    assert_eq!(sighted["refusal"], Code::CardStopped.as_str());
}

async fn guess(teller: &Counter<'_>, record: &Value, seed: u64) -> crate::bench::Answer {
    teller
        .confirm(record, json!({ "tac": any::<4>(seed) }))
        .await
}

#[tokio::test]
async fn five_wrong_proofs_lock_the_card_until_a_supervisor_unlocks_it() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, command) = teller.loading(&mut card, 10_000).await;
    for seed in 0..5 {
        guess(&teller, &record, seed)
            .await
            .refused(Code::WrongEvidence);
    }
    guess(&teller, &record, 5).await.refused(Code::ProofsLocked);
    let tac = card.apdu(&command);
    // Another person, and a right proof: the card itself is locked.
    let other = bench.counter("demo.tianshui").await;
    other
        .confirm(&record, json!({ "tac": tac }))
        .await
        .refused(Code::ProofsLocked);

    let unlock = format!("/cards/{}/unlock", card.number);
    let says =
        |operator: &str, password: &str| json!({ "operator": operator, "password": password });
    for (operator, password, code) in [
        ("demo.teller", PASSWORD, Code::RoleMayNot),
        ("demo.supervisor", "not-the-password", Code::WrongPassword),
    ] {
        let refused = teller.post(&unlock, says(operator, password)).await;
        refused.refused(code);
    }
    // At the teller's PC, by somebody who is not signed in there.
    let unlocked = teller
        .post(&unlock, says("demo.supervisor", PASSWORD))
        .await;
    assert_eq!(unlocked.status, 204);
    // The guesser's own sign-in stays locked.
    teller
        .confirm(&record, json!({ "tac": tac }))
        .await
        .refused(Code::ProofsLocked);
    assert_eq!(
        other.confirm(&record, json!({ "tac": tac })).await.ok()["state"],
        "loaded"
    );
}

#[tokio::test]
async fn right_proofs_do_not_count() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    for _ in 0..6 {
        let (record, command) = teller.loading(&mut card, 100).await;
        let tac = card.apdu(&command);
        teller.confirm(&record, json!({ "tac": tac })).await.ok();
    }
}

#[tokio::test]
async fn the_proof_of_the_load_before_is_no_evidence_but_no_guess_either() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, command) = teller.loading(&mut card, 10_000).await;
    let tac = card.apdu(&command);
    teller.confirm(&record, json!({ "tac": tac })).await.ok();

    // Torn before its CREDIT: asked by the other way of counting, the card shows the load before.
    let (record, _) = teller.loading(&mut card, 10_000).await;
    for _ in 0..6 {
        let old = card.prove(6);
        teller
            .confirm(&record, json!({ "prove": old }))
            .await
            .refused(Code::WrongEvidence);
    }
    let again = teller.authorise(&mut card, &record).await.ok();
    let tac = card.apdu(again["command"].as_str().unwrap());
    let loaded = teller.confirm(&record, json!({ "tac": tac })).await.ok();
    assert_eq!(loaded["state"], "loaded");
}

#[tokio::test]
async fn a_preflight_that_another_reading_replaced_is_expired_and_not_wrong() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let sighted = teller.sight(&mut card).await.ok();
    let init = card.init(&sighted["preflight"]);
    let body = json!({
        "card": card.number,
        "amount": 10_000,
        "init": init,
        "terminal": sighted["preflight"]["terminal"],
    });
    // Another PC reads a card with this number.
    let other = bench.counter("demo.tianshui").await;
    other.sight(&mut Plastic::new("normal")).await.ok();
    for _ in 0..6 {
        teller
            .post("/recharges", body.clone())
            .await
            .refused(Code::NonceExpired);
    }
    teller.created(&mut card, 10_000).await;
}

#[tokio::test]
async fn a_restored_backup_does_not_load_a_card_again() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let record = teller.paid(&mut card, 10_000).await;
    let keys = SoftKeys::from_toml(etc_backend::demo::KEYS).unwrap();
    let backup = Bench::of(Arc::new((*bench.store).clone()), Arc::new(keys));

    let authorised = teller.authorise(&mut card, &record).await.ok();
    card.apdu(authorised["command"].as_str().unwrap());
    let teller = backup.counter("demo.teller").await;
    teller
        .authorise(&mut card, &record)
        .await
        .refused(Code::BookOpen);
    assert_eq!(card.card.balance(), 13_000);
}

#[tokio::test]
async fn a_right_proof_refused_for_another_reason_does_not_count() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, command) = teller.loading(&mut card, 10_000).await;
    card.apdu(&command);
    for _ in 0..7 {
        teller
            .authorise(&mut card, &record)
            .await
            .refused(Code::CounterMoved);
    }
}

#[tokio::test]
async fn a_card_at_the_end_of_its_counter_is_known_before_payment() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("counter-end");
    let sighted = teller.sight(&mut card).await.ok();
    let terminal = sighted["preflight"]["terminal"].as_str().unwrap();
    card.raw("0020000006313233343536");
    let answer = card.raw(&format!("805000020B0100000001{terminal}10"));
    assert_eq!(answer, "9402", "the card itself refuses");
}

#[tokio::test]
async fn a_card_that_names_another_algorithm_is_refused_by_name() {
    let bench = Bench::with(|stock| stock.cards[0].card.purse.key_index = 0x41).await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let sighted = teller.sight(&mut card).await.ok();
    assert_eq!(sighted["preflight"]["key_index"], 0x41);
    let init = any::<16>(3);
    for _ in 0..6 {
        let refused = teller.create_with(&card, json!(10_000), &init).await;
        refused.refused(Code::UnsupportedAlgorithm);
    }
}
