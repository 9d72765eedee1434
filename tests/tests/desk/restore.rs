//! The restore drill: yesterday's backup, today's cards.

use apdu_core::fault::Code;
use etc_backend::demo;
use etc_backend::keys::SoftKeys;
use etc_backend::store::MemoryStore;
use serde_json::json;
use std::sync::Arc;

use crate::bench::{Bench, Plastic};

/// A desk on a copy of the records, as a backup would bring them back.
fn restored(backup: MemoryStore) -> Bench {
    let keys = SoftKeys::from_toml(demo::KEYS).unwrap();
    let bench = Bench::of(Arc::new(backup), Arc::new(keys));
    // The backup knows the idempotency keys that were used before it was made.
    (0..100).for_each(|_| drop(bench.fresh_key()));
    bench
}

#[tokio::test]
async fn every_load_a_backup_has_lost_is_found_and_none_is_made_twice() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    // Yesterday: one card has a paid record, the other has never been here.
    let (mut paid_card, mut new_card) = (Plastic::new("normal"), Plastic::new("no-pin"));
    let record = teller.paid(&mut paid_card, 10_000).await;
    let backup = (*bench.store).clone();

    // Today both are loaded.
    let authorised = teller.authorise(&mut paid_card, &record).await.ok();
    let tac = paid_card.apdu(authorised["command"].as_str().unwrap());
    teller.confirm(&record, json!({ "tac": tac })).await.ok();
    let (new_record, credit) = teller.loading(&mut new_card, 5_000).await;
    let tac = new_card.apdu(&credit);
    teller
        .confirm(&new_record, json!({ "tac": tac }))
        .await
        .ok();

    // The disk dies; yesterday comes back.
    let bench = restored(backup);
    bench.store.advance(86_400_000);
    let teller = bench.counter("demo.teller").await;
    let supervisor = bench.counter("demo.supervisor").await;

    // The record is still paid in there. It is not written again, and not given back.
    teller
        .authorise(&mut paid_card, &record)
        .await
        .refused(Code::BookOpen);
    teller
        .account_of(&mut paid_card, &record)
        .await
        .refused(Code::CardStopped);
    teller
        .authorise(&mut paid_card, &record)
        .await
        .refused(Code::CardStopped);
    let refund = format!("/recharges/{}/refund", record["id"].as_str().unwrap());
    teller
        .post(&refund, json!({}))
        .await
        .refused(Code::CardStopped);
    // The other card is found when it is seen for the first time.
    let sighted = teller.sight(&mut new_card).await.ok();
    let init = new_card.init(&sighted["preflight"]);
    teller
        .account(
            &mut new_card,
            json!({ "preflight": { "amount": 100 } }),
            &init,
        )
        .await
        .refused(Code::CardStopped);

    let report = supervisor.get("/reports/20260602").await.ok();
    let kinds: Vec<_> = report["alarms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|alarm| &alarm["kind"])
        .collect();
    assert_eq!(
        kinds.iter().filter(|kind| **kind == "lost-load").count(),
        4,
        "two cards, two rows"
    );

    // Two persons settle it: the record that was paid is loaded, the cards go on.
    let case = teller
        .ask("lift_stop", &paid_card, Some(&record))
        .await
        .ok();
    teller.approve(&case, "demo.supervisor").await.ok();
    let done = teller.approve(&case, "demo.supervisor2").await.ok();
    assert_eq!(done["state"], "done");
    let healed = teller.read(&record).await;
    assert_eq!(
        (&healed["state"], &healed["balance_after"]),
        (&json!("loaded"), &json!(13_000))
    );
    let case = teller.ask("lift_stop", &new_card, None).await.ok();
    teller.approve(&case, "demo.supervisor").await.ok();
    teller.approve(&case, "demo.supervisor2").await.ok();
    // And the next load is an ordinary one.
    let (next, credit) = teller.loading(&mut new_card, 2_000).await;
    let tac = new_card.apdu(&credit);
    let loaded = teller.confirm(&next, json!({ "tac": tac })).await.ok();
    assert_eq!(loaded["state"], "loaded");
    assert_eq!(paid_card.card.credits().len(), 1);
}
