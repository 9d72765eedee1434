//! The way of the money, straight and interrupted.

use apdu_core::fault::Code;
use serde_json::json;

use crate::bench::{Bench, NOON, Plastic, on};

#[tokio::test]
async fn money_reaches_the_card_and_the_record_says_so() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");

    let record = teller.created(&mut card, 10_000).await;
    assert_eq!(record["state"], "created");
    assert_eq!(record["balance_before"], 3_000);
    assert_eq!(record["outlet"], "LZ01");
    let record = teller.pay(&record).await.ok();
    assert_eq!(record["state"], "paid");
    assert_eq!(
        record["init"],
        json!({ "key_index": 1, "amount": 10_000, "terminal": "010203040506" })
    );

    let authorised = teller.authorise(&mut card, &record).await.ok();
    let command = authorised["command"].as_str().unwrap();
    assert!(command.starts_with("805200000B20260601120000"), "{command}");
    assert!(
        command.len() == 2 * 17 && command.ends_with("04"),
        "{command}"
    );
    assert_eq!(authorised["record"]["state"], "loading");
    assert_eq!(authorised["record"]["counter"], 5);

    let tac = card.apdu(command);
    let loaded = teller.confirm(&record, json!({ "tac": tac })).await.ok();
    assert_eq!(loaded["state"], "loaded");
    assert_eq!(
        (&loaded["balance_before"], &loaded["balance_after"]),
        (&json!(3_000), &json!(13_000))
    );
    assert_eq!(loaded["counter"], 5);
    assert_eq!(teller.read(&record).await, loaded);
    assert_eq!(
        (card.card.balance(), card.card.credits().len()),
        (13_000, 1)
    );
}

#[tokio::test]
async fn the_same_evidence_may_come_as_tac_and_as_proof_and_twice() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, command) = teller.loading(&mut card, 10_000).await;
    let tac = card.apdu(&command);
    let prove = card.prove(6);
    assert_eq!(prove[8..], tac);
    let loaded = teller
        .confirm(&record, json!({ "prove": prove }))
        .await
        .ok();
    assert_eq!(loaded["state"], "loaded");
    assert_eq!(
        teller.confirm(&record, json!({ "tac": tac })).await.ok(),
        loaded
    );
    assert_eq!(
        teller
            .confirm(&record, json!({ "prove": prove }))
            .await
            .ok(),
        loaded
    );
}

#[tokio::test]
async fn a_card_pulled_before_the_credit_is_authorised_again_at_its_counter() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, lost) = teller.loading(&mut card, 10_000).await;

    let again = teller.authorise(&mut card, &record).await.ok();
    let command = again["command"].as_str().unwrap();
    assert!(
        command.starts_with("805200000B20260601120001"),
        "a second later: {command}"
    );
    let tac = card.apdu(command);
    assert_eq!(card.raw(&lost), "6985", "the card spends its counter once");
    assert_eq!(
        teller.confirm(&record, json!({ "tac": tac })).await.ok()["state"],
        "loaded"
    );
    assert_eq!(card.card.balance(), 13_000);
}

#[tokio::test]
async fn a_card_pulled_after_the_credit_is_settled_by_its_proof_at_another_outlet() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("torn");
    let (record, command) = teller.loading(&mut card, 10_000).await;
    card.apdu(&command); // the answer is lost

    let elsewhere = bench.counter("demo.tianshui").await;
    let sighted = elsewhere.sight(&mut card).await.ok();
    assert_eq!(sighted["open"]["id"], record["id"]);
    assert_eq!(sighted["open"]["state"], "loading");
    assert_eq!(sighted["open"]["counter"], 7);
    assert_eq!(
        sighted["open"]["init"]["terminal"], "010203040507",
        "of the asking PC"
    );
    assert!(sighted["preflight"].is_null());
    // Without its evidence nothing is authorised: the counter has moved.
    elsewhere
        .authorise(&mut card, &sighted["open"])
        .await
        .refused(Code::CounterMoved);
    let prove = card.prove(8);
    let loaded = elsewhere
        .confirm(&record, json!({ "prove": prove }))
        .await
        .ok();
    assert_eq!(loaded["state"], "loaded");
    assert_eq!(
        (card.card.balance(), card.card.credits().len()),
        (15_000, 1)
    );
}

#[tokio::test]
async fn a_torn_load_is_finished_at_another_outlet() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("torn");
    let (record, _) = teller.loading(&mut card, 10_000).await;

    let elsewhere = bench.counter("demo.tianshui").await;
    let open = elsewhere.sight(&mut card).await.ok()["open"].clone();
    let authorised = elsewhere.authorise(&mut card, &open).await.ok();
    let tac = card.apdu(authorised["command"].as_str().unwrap());
    assert_eq!(
        elsewhere.confirm(&record, json!({ "tac": tac })).await.ok()["state"],
        "loaded"
    );
}

#[tokio::test]
async fn evidence_is_taken_whatever_has_become_of_the_card() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, command) = teller.loading(&mut card, 10_000).await;
    let tac = card.apdu(&command);
    let number = card.number.parse().unwrap();
    bench
        .store
        .set_status(number, apdu_core::authority::CardStatus::Blacklisted);
    let bank = bench.counter("demo.bank").await;
    assert_eq!(
        bank.confirm(&record, json!({ "tac": tac })).await.ok()["state"],
        "loaded"
    );
}

#[tokio::test]
async fn a_card_blocked_after_payment_is_not_authorised() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let record = teller.paid(&mut card, 10_000).await;
    let number = card.number.parse().unwrap();
    bench
        .store
        .set_status(number, apdu_core::authority::CardStatus::Blacklisted);
    teller
        .authorise(&mut card, &record)
        .await
        .refused(Code::CardBlacklisted);
    assert_eq!(teller.read(&record).await["state"], "paid");
}

#[tokio::test]
async fn one_load_after_the_other_uses_one_counter_each() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    for counter in 5..9 {
        let (record, command) = teller.loading(&mut card, 1_000).await;
        assert_eq!(record["counter"], counter);
        let tac = card.apdu(&command);
        teller.confirm(&record, json!({ "tac": tac })).await.ok();
    }
    assert_eq!(card.card.balance(), 7_000);
    let seconds: Vec<_> = bench
        .store
        .authorisations()
        .iter()
        .map(|one| one.second)
        .collect();
    let first = NOON / 1_000;
    assert_eq!(
        seconds,
        [first, first + 1, first + 2, first + 3],
        "the clock stood still"
    );
}

#[tokio::test]
async fn six_authorisations_at_one_counter_are_one_too_many() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, _) = teller.loading(&mut card, 10_000).await;
    for _ in 1..5 {
        teller.authorise(&mut card, &record).await.ok();
    }
    teller
        .authorise(&mut card, &record)
        .await
        .refused(Code::TooManyAuthorisations);
    assert_eq!(bench.store.authorisations().len(), 5);
}

#[tokio::test]
async fn a_counter_spent_by_another_system_leaves_the_record_loading() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let (record, _) = teller.loading(&mut card, 10_000).await;
    let stamp = etc_sim::card::Stamp {
        terminal: [0x77; 6],
        date: [0x20, 0x26, 0x06, 0x01],
        time: [0x12, 0x00, 0x00],
    };
    let foreign = card.card.foreign_load(500, stamp).unwrap();
    card.card.power_on();
    teller
        .authorise(&mut card, &record)
        .await
        .refused(Code::CounterMoved);
    let foreign = apdu_core::hex::encode(&foreign);
    teller
        .confirm(&record, json!({ "tac": foreign }))
        .await
        .refused(Code::WrongEvidence);
    assert_eq!(teller.read(&record).await["state"], "loading");
}

#[tokio::test]
async fn a_card_without_pin_and_one_that_is_asked_in_its_own_way_are_loaded_too() {
    let bench = Bench::with(|stock| {
        for card in &mut stock.cards {
            card.card.purse.refuses_one_fen = true;
            card.card.purse.refuses_odd_terminals = true;
        }
    })
    .await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("no-pin");
    let sighted = teller.sight(&mut card).await.ok();
    let mut preflight = sighted["preflight"].clone();
    assert!(preflight["amount"].is_null());
    assert_eq!(preflight["terminal"], "010203040506");
    preflight["amount"] = json!(2_500);
    let init = card.init(&preflight);
    let made_for = json!({ "preflight": { "amount": 2_500 } });
    teller.account(&mut card, made_for, &init).await.ok();
    teller
        .create_with(&card, json!(2_600), &init)
        .await
        .refused(Code::WrongMac1);
    let record = teller.create_with(&card, json!(2_500), &init).await.ok();
    let record = teller.pay(&record).await.ok();
    let authorised = teller.authorise(&mut card, &record).await.ok();
    let tac = card.apdu(authorised["command"].as_str().unwrap());
    assert_eq!(
        teller.confirm(&record, json!({ "tac": tac })).await.ok()["state"],
        "loaded"
    );
}

#[tokio::test]
async fn an_unpaid_record_closes_by_hand_or_by_the_next_one() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("normal");
    let first = teller.created(&mut card, 1_000).await;
    let second = teller.created(&mut card, 2_000).await;
    assert_eq!(teller.read(&first).await["state"], "closed");
    teller.pay(&first).await.refused(Code::RecordClosed);
    let closed = teller.post(&on(&second, "close"), json!({})).await.ok();
    assert_eq!(closed["state"], "closed");
    teller
        .authorise(&mut card, &second)
        .await
        .refused(Code::RecordClosed);
    assert!(bench.store.payments().is_empty());
}
