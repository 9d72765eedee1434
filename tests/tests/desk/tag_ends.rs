//! Tags that are left for others: exchanged, replaced, half written, given up, and those in the stock.

use apdu_core::authority::CardStatus;
use apdu_core::fault::Code;
use etc_backend::store::Stock;
use serde_json::{Value, json};

use crate::bench::{Bench, Plastic};
use crate::tag_tasks::{CARD, Desk, NEW, activate, cancel, issue, tag};

#[tokio::test]
async fn a_tag_that_forbids_and_is_exchanged_then_is_listed_once() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    desk.through(issue("new")).await;
    let task = desk.begin(activate()).await.ok();
    desk.show(&task).await.ok();
    desk.sign(&task, "removal_flag").await.ok();
    desk.report(&task, "removal_flag", "6988").await.ok();
    let list = teller.get("/hand-ins").await.ok();
    assert_eq!(list[0]["reason"], "forbids");
    let mut other = Desk::new(&teller, "tag-new-2", CARD);
    other.through(issue("exchange")).await;
    assert_eq!(teller.get("/hand-ins").await.ok(), list);
}

#[tokio::test]
async fn of_two_cards_of_one_vehicle_the_second_gets_no_tag_once_something_was_signed() {
    let bench = Bench::with(|stock: &mut Stock| {
        // The vehicle of these two has no tag yet.
        stock
            .tags
            .retain(|tag| tag.serial.to_string() != "6201230100010017");
    })
    .await;
    let teller = bench.counter("demo.teller").await;
    let mut first = Desk::new(&teller, NEW, "normal");
    let mut second = Desk::new(&teller, "tag-new-2", "same-plate");
    let task = first.begin(issue("new")).await.ok();
    // Nothing was signed: whoever comes later has it.
    let other = second.begin(issue("new")).await.ok();
    first.show(&task).await.refused(Code::TagTaskOver);
    second.show(&other).await.ok();
    second.write(&other, "vehicle").await;
    first
        .begin(issue("new"))
        .await
        .refused(Code::OtherCardsTagBegun);
    // Not even while its task is over, and it may be gone on with.
    let mut mistaken = Desk::new(&teller, "tag-new-3", "same-plate");
    mistaken.begin(issue("new")).await.ok();
    first
        .begin(issue("new"))
        .await
        .refused(Code::OtherCardsTagBegun);
    second.through(issue("new")).await;
    first.begin(issue("new")).await.refused(Code::CardHasTag);
    let left = tag(&bench, &first.tag.serial()).await;
    assert_eq!((left.status, left.signed.issue), (CardStatus::Normal, None));
}

#[tokio::test]
async fn exchange_and_replacement_end_the_old_tag_when_the_new_one_is_done() {
    for (mode, status, listed) in [
        ("exchange", CardStatus::Damaged, 1),
        ("replace", CardStatus::Blacklisted, 0),
    ] {
        let bench = Bench::new().await;
        let teller = bench.counter("demo.teller").await;
        let mut desk = Desk::new(&teller, NEW, "normal");
        let old = "6201230100010017";
        let task = desk.begin(issue(mode)).await.ok();
        desk.show(&task).await.ok();
        assert_eq!(tag(&bench, old).await.status, CardStatus::Normal);
        desk.through(issue(mode)).await;
        assert_eq!(tag(&bench, old).await.status, status);
        let list = teller.get("/hand-ins").await.ok();
        assert_eq!(list.as_array().unwrap().len(), listed);
        let pairing = teller
            .get(&format!("/cards/{}/pairing", desk.card.number))
            .await
            .ok();
        assert_eq!(pairing["tag"]["tag"], desk.tag.serial());
        assert_eq!(pairing["vehicle_known"], true);
    }
}

#[tokio::test]
async fn the_old_tag_is_out_of_use_for_good_and_a_suspended_one_stays() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let supervisor = bench.counter("demo.supervisor").await;
    let old = "6201230100010017";
    let path = format!("/tags/{old}/status");
    let set = |status: &str| json!({ "status": status, "reason": "asked for by its owner" });
    let mut desk = Desk::new(&teller, NEW, "normal");
    let task = desk.begin(issue("replace")).await.ok();
    desk.show(&task).await.ok();
    desk.write(&task, "vehicle").await;
    desk.write(&task, "system").await;
    supervisor.post(&path, set("suspended")).await.ok();
    let task = desk.begin(issue("replace")).await.ok();
    desk.show(&task).await.refused(Code::TagSuspended);
    let mut other = Desk::new(&teller, "tag-new-2", "normal");
    other
        .begin(issue("exchange"))
        .await
        .refused(Code::TagSuspended);
    // Reported lost, it is replaced: on the blacklist, and no supervisor lifts that.
    supervisor.post(&path, set("lost")).await.ok();
    desk.through(issue("replace")).await;
    let ended = tag(&bench, old).await;
    assert_eq!(ended.status, CardStatus::Blacklisted);
    supervisor
        .post(&path, set("normal"))
        .await
        .refused(Code::TagBlacklisted);

    // Exchanged, one on the blacklist stays there.
    let serial = desk.tag.serial();
    let blacklisted = CardStatus::Blacklisted;
    bench
        .store
        .set_tag_status(serial.parse().unwrap(), blacklisted);
    other.through(issue("exchange")).await;
    assert_eq!(tag(&bench, &serial).await.status, blacklisted);
}

#[tokio::test]
async fn a_supervisor_takes_a_broken_tag_out_of_the_stock() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let supervisor = bench.counter("demo.supervisor").await;
    let set = |status: &str| json!({ "status": status, "reason": "its case is broken" });
    let mut blank = Desk::new(&teller, NEW, CARD);
    let path = format!("/tags/{}/status", blank.tag.serial());
    let broken = supervisor.post(&path, set("damaged")).await.ok();
    assert_eq!(broken["status"], "damaged");
    blank.begin(issue("new")).await.refused(Code::TagDamaged);
    let list = supervisor.get("/hand-ins").await.ok();
    assert_eq!(list[0]["chip"], format!("tag {}", blank.tag.serial()));
    assert_eq!(list[0]["reason"], "failed");
    let lifted = supervisor.post(&path, set("normal")).await;
    lifted.refused(Code::TagDamaged);

    // A cancelled one lies there free, and may be broken, too.
    let mut free = Desk::new(&teller, "tag-new-2", CARD);
    free.through(issue("new")).await;
    free.through(cancel("wrong_data")).await;
    let path = format!("/tags/{}/status", free.tag.serial());
    let lifted = supervisor.post(&path, set("normal")).await;
    lifted.refused(Code::TagCancelled);
    supervisor.post(&path, set("blacklisted")).await.ok();
    free.begin(issue("new")).await.refused(Code::TagBlacklisted);
    let list = supervisor.get("/hand-ins").await.ok();
    assert_eq!(list.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_tag_that_is_nobodys_does_not_come_into_use_again() {
    let bench = Bench::new().await;
    let supervisor = bench.counter("demo.supervisor").await;
    let why = |status: &str| json!({ "status": status, "reason": "it was found again" });
    let path = "/tags/6201230100010017";
    let gone = json!({ "reason": "burnt with its car" });
    supervisor.post(&format!("{path}/cancel"), gone).await.ok();
    let path = format!("{path}/status");
    let lifted = supervisor.post(&path, why("normal")).await;
    lifted.refused(Code::TagOfNoVehicle);
}

#[tokio::test]
async fn a_tag_that_has_become_another_cards_is_not_exchanged() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    // The vehicle of these two has a tag, of which no card is known.
    let mut desk = Desk::new(&teller, NEW, "normal");
    let task = desk.begin(issue("exchange")).await.ok();
    desk.show(&task).await.ok();
    desk.write(&task, "vehicle").await;
    desk.write(&task, "system").await;
    let mut owner = Desk::new(&teller, "tag-normal", "same-plate");
    owner.through(activate()).await;
    let task = desk.begin(issue("exchange")).await.ok();
    desk.show(&task).await.refused(Code::CardHasNoTag);
    let kept = tag(&bench, &owner.tag.serial()).await;
    assert_eq!(kept.status, CardStatus::Normal);
    assert_eq!(teller.get("/hand-ins").await.ok(), json!([]));
}

#[tokio::test]
async fn a_half_written_tag_may_be_gone_on_with_until_something_is_signed_for_another_one() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    desk.show(&task).await.ok();
    desk.write(&task, "vehicle").await;
    // The SN of another blank one is entered by mistake, and that is read, too.
    let mut other = Desk::new(&teller, "tag-new-2", CARD);
    let mistaken = other.begin(issue("new")).await.ok();
    other.show(&mistaken).await.ok();
    desk.show(&task).await.refused(Code::TagTaskOver);
    let begun = tag(&bench, &desk.tag.serial()).await;
    assert_eq!(begun.status, CardStatus::Normal);
    assert_eq!(teller.get("/hand-ins").await.ok(), json!([]));
    desk.begin(activate()).await.refused(Code::TagTorn);

    let told = desk.through(issue("new")).await;
    assert_eq!(told["task"]["state"], "done");
    let again = desk.begin(issue("new")).await.ok();
    assert_eq!(again["state"], "done", "though another task began it");
    let untouched = tag(&bench, &other.tag.serial()).await;
    assert_eq!(untouched.status, CardStatus::Normal);
    assert_eq!(untouched.signed.issue, None);
}

#[tokio::test]
async fn activating_the_old_tag_leaves_a_half_written_new_one_as_it_is() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, "normal");
    let task = desk.begin(issue("exchange")).await.ok();
    desk.show(&task).await.ok();
    desk.write(&task, "vehicle").await;
    let mut old = Desk::new(&teller, "tag-normal", "normal");
    old.tag.tag.hold_switch(false);
    old.tag.tag.hold_switch(true);
    old.through(activate()).await;
    let begun = tag(&bench, &desk.tag.serial()).await;
    assert_eq!(begun.status, CardStatus::Normal);
    assert_eq!(teller.get("/hand-ins").await.ok(), json!([]));
    desk.through(issue("exchange")).await;
    let ended = tag(&bench, &old.tag.serial()).await;
    assert_eq!(ended.status, CardStatus::Damaged);
}

#[tokio::test]
async fn a_tag_half_written_and_left_for_another_one_is_given_up() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    desk.show(&task).await.ok();
    desk.write(&task, "vehicle").await;
    // Another card does not get it.
    let mut thief = Desk::new(&teller, NEW, "normal");
    thief.card = Plastic::new("foreign-keys");
    thief.begin(issue("new")).await.refused(Code::TagInUse);
    let mut other = Desk::new(&teller, "tag-new-2", CARD);
    other.through(issue("new")).await;
    let left = tag(&bench, &desk.tag.serial()).await;
    assert_eq!(left.status, CardStatus::Blacklisted);
    let list = teller.get("/hand-ins").await.ok();
    assert_eq!(list.as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list[0]["chip"], format!("tag {}", desk.tag.serial()));
    assert_eq!(list[0]["reason"], "given_up");
    desk.show(&task).await.refused(Code::TagTaskOver);
}

#[tokio::test]
async fn stock_is_handed_out_counted_and_its_status_set() {
    let bench = Bench::new().await;
    let supervisor = bench.counter("demo.supervisor").await;
    let out = |sns: Value| json!({ "outlet": "LB01", "sns": sns });
    let path = "/tag-stock/hand-out";
    let used = supervisor.post(path, out(json!(["6210230100010090", "6210230100010017"])));
    used.await.refused(Code::TagInUse);
    let handed = supervisor.post(path, out(json!(["6210230100010090"])));
    assert_eq!(handed.await.ok()[0]["tag"], "6201230100010090");
    let stock = supervisor.get("/tag-stock").await.ok();
    let line = json!({ "outlet": "LB01", "status": "normal", "issued": false, "tags": 1 });
    assert!(stock.as_array().unwrap().contains(&line), "{stock}");

    let path = "/tags/6201230100010017/status";
    let set = |status: &str| json!({ "status": status, "reason": "reported by its owner" });
    let lost = supervisor.post(path, set("lost")).await.ok();
    assert_eq!(lost["status"], "lost");
    let found = supervisor.post(path, set("normal")).await.ok();
    assert_eq!(found["status"], "normal");
    supervisor
        .post(path, set("cancelled"))
        .await
        .refused(Code::BadRequest);
    let gone = json!({ "reason": "burnt with its car" });
    let path = "/tags/6201230100010017/cancel";
    let gone = supervisor.post(path, gone).await.ok();
    assert_eq!(gone["status"], "lost");
}
