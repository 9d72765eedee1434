//! Attempts: one retry here, the third failure anywhere, three cards for one application, `6988`, torn work.

use apdu_core::authority::CardTaskState;
use etc_backend::ledger::CardJob;

use super::*;

async fn close_and_open(from: &Counter<'_>, to: &Counter<'_>, application: &str) {
    let path = |action| format!("/applications/{application}/{action}");
    from.post(&path("close"), json!({})).await.ok();
    to.post(&path("open"), json!({})).await.ok();
}

#[tokio::test]
async fn a_card_is_retried_once_here_and_the_third_failure_anywhere_is_its_last() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let tianshui = bench.counter("demo.tianshui").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "new")).await.ok();
    let task = desk.fail(&task).await;
    assert_eq!(task["state"], "open");
    let task = desk.fail(&task).await;
    assert_eq!(task["state"], json!({ "stopped": "AUT-258" }));
    desk.show(&task).await.refused(Code::TakeAnotherCard);
    desk.begin(issue("a", "new"))
        .await
        .refused(Code::TakeAnotherCard);
    assert_eq!(status(&bench, &desk.card), CardStatus::Normal);
    assert_eq!(hand_ins(&teller).await, []);

    // Another outlet counts on.
    close_and_open(&teller, &tianshui, "a").await;
    let mut desk = desk.carried_to(&tianshui);
    let task = desk.begin(issue("a", "new")).await.ok();
    assert_eq!(task["state"], "open");
    let task = desk.fail(&task).await;
    assert_eq!(task["state"], json!({ "stopped": "AUT-259" }));
    assert_eq!(status(&bench, &desk.card), CardStatus::Damaged);
    let listed = [listed(&desk.card, "failed")];
    assert_eq!(hand_ins(&tianshui).await, listed);
    desk.begin(issue("a", "new"))
        .await
        .refused(Code::CardDamaged);
    // The application goes on with another card, and the damaged one is listed once.
    close_and_open(&tianshui, &teller, "a").await;
    let mut other = Desk::new(&teller, OTHER_NEW);
    other.through(issue("a", "new")).await;
    assert_eq!(hand_ins(&teller).await, listed);
    assert_eq!(status(&bench, &desk.card), CardStatus::Damaged);
}

#[tokio::test]
async fn after_three_cards_it_is_not_the_cards_until_a_supervisor_has_looked() {
    let bench = bench_with(1..=4).await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    for last in 1..=3 {
        let mut desk = Desk::of(&teller, blank(last));
        let task = desk.begin(issue("a", "new")).await.ok();
        let task = desk.fail(&task).await;
        let expected = match last {
            3 => json!({ "stopped": "AUT-260" }),
            _ => json!("open"),
        };
        assert_eq!(task["state"], expected, "card {last}");
    }
    let mut fourth = Desk::of(&teller, blank(4));
    fourth
        .begin(issue("a", "new"))
        .await
        .refused(Code::NotTheCards);
    // Other applications are not held up by it.
    bench.store.add_application(applied("b", "甘A90002"));
    Desk::new(&teller, NEW).through(issue("b", "new")).await;

    let reopen = "/applications/a/reopen";
    vouched(&teller, reopen, "demo.teller")
        .await
        .refused(Code::RoleMayNot);
    let wrong = json!({ "operator": "demo.supervisor", "password": "wrong" });
    let refused = teller.post(reopen, wrong).await;
    refused.refused(Code::WrongPassword);
    fourth
        .begin(issue("a", "new"))
        .await
        .refused(Code::NotTheCards);
    bench.store.advance(1_000);
    let reopened = vouched(&teller, reopen, "demo.supervisor").await;
    assert_eq!(reopened.status, 204, "{reopened:?}");
    bench.store.advance(1_000);
    fourth.through(issue("a", "new")).await;
    // Those three were signed for this application: they are nobody's any more.
    let given_up = [1, 2, 3].map(|last| listed(&blank(last), "given_up"));
    assert_eq!(hand_ins(&teller).await, given_up);
    for last in 1..=3 {
        assert_eq!(status(&bench, &blank(last)), CardStatus::Blacklisted);
    }
}

#[tokio::test]
async fn a_card_that_answers_6988_is_never_written_again() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "new")).await.ok();
    let told = desk.show(&task).await.ok();
    desk.sign(&told["task"], "holder").await.ok();
    let task = desk.report(&task, "holder", "6988").await.ok();
    assert_eq!(task["state"], json!({ "stopped": "CRD-115" }));
    assert_eq!(status(&bench, &desk.card), CardStatus::Blacklisted);
    assert_eq!(hand_ins(&teller).await, [listed(&desk.card, "forbids")]);
    desk.show(&task).await.refused(Code::CardForbids);
    desk.sign(&task, "holder").await.refused(Code::CardForbids);
    desk.begin(issue("a", "new"))
        .await
        .refused(Code::CardBlacklisted);
    let tianshui = bench.counter("demo.tianshui").await;
    close_and_open(&teller, &tianshui, "a").await;
    let desk = desk.carried_to(&tianshui);
    desk.begin(issue("a", "new"))
        .await
        .refused(Code::CardBlacklisted);
}

/// The report was lost on its way, and the card was shown anew before it came through: so its write counts as torn.
#[tokio::test]
async fn a_6988_that_is_heard_late_counts_all_the_same() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "new")).await.ok();
    let told = desk.show(&task).await.ok();
    desk.sign(&told["task"], "holder").await.ok();
    let told = desk.show(&told["task"]).await.ok();
    // Any other word is settled by what was shown.
    let late = desk.report(&told["task"], "holder", "6A80").await;
    late.refused(Code::CardNotShown);
    let late = desk.report(&told["task"], "issue", "6988").await;
    late.refused(Code::CardNotShown);
    let task = desk.report(&told["task"], "holder", "6988").await.ok();
    assert_eq!(task["state"], json!({ "stopped": "CRD-115" }));
    assert_eq!(status(&bench, &desk.card), CardStatus::Blacklisted);
}

#[tokio::test]
async fn torn_work_goes_on_at_any_outlet_and_is_no_failure() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let tianshui = bench.counter("demo.tianshui").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "new")).await.ok();
    let told = desk.show(&task).await.ok();
    desk.write(&told["task"], "holder").await;
    // The page is gone. Whoever has not opened the application does not go on with it.
    let desk = desk.carried_to(&tianshui);
    desk.begin(issue("a", "new"))
        .await
        .refused(Code::ApplicationHeld);
    close_and_open(&teller, &tianshui, "a").await;
    let mut desk = desk;
    let again = desk.begin(issue("a", "new")).await.ok();
    assert_eq!(again["id"], task["id"]);
    // The proof of one operator is not another's.
    let mut shown = desk.whole(&again);
    shown["presence"]["terminal"] = told["task"]["presence"]["init"]["terminal"].clone();
    let refused = tianshui.post(&on(&again, "show"), shown).await;
    refused.refused(Code::CardNotPresent);
    let told = desk.show(&again).await.ok();
    assert_eq!(told["next"], json!(["issue"]));
    desk.write(&told["task"], "issue").await;
    let told = desk.show(&told["task"]).await.ok();
    assert_eq!(told["task"]["state"], "done");
    let failed = |one: &Outcome| matches!(one, Outcome::Refused | Outcome::Mixed);
    assert!(!outcomes(&bench.store).iter().any(failed));
    let card = bench.store.card(desk.card.number.parse().unwrap()).unwrap();
    assert_eq!(card.stock.outlet.as_deref(), Some("TS01"));
}

#[tokio::test]
async fn a_file_that_is_neither_old_nor_new_counts_and_is_written_again() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    for state in [json!("open"), json!({ "stopped": "AUT-258" })] {
        let task = desk.begin(issue("a", "new")).await.ok();
        let told = desk.show(&task).await.ok();
        desk.sign(&told["task"], "holder").await.ok();
        let again = desk.begin(issue("a", "new")).await.ok();
        let mut garbled = desk.whole(&again);
        garbled["holder"] = format!("AA{}", &garbled["holder"].as_str().unwrap()[2..]).into();
        let shown = teller.post(&on(&task, "show"), garbled).await;
        match state.is_string() {
            true => assert_eq!(shown.ok()["next"], json!(["holder", "issue"])),
            false => shown.refused(Code::TakeAnotherCard),
        }
        let id = task["id"].as_str().unwrap();
        let now = teller.get(&format!("/card-tasks/{id}")).await.ok();
        assert_eq!(now["state"], state);
    }
    assert_eq!(outcomes(&bench.store), [Outcome::Mixed; 2]);
}

#[tokio::test]
async fn a_card_that_was_changed_after_reading_gets_nothing() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "new")).await.ok();
    let mut other = Desk::new(&teller, OTHER_NEW);
    other.show(&task).await.refused(Code::OtherCard);
    // Files of the one, and the proof of the other.
    let mut mixed = desk.whole(&task);
    mixed["presence"] = other.whole(&task)["presence"].clone();
    let refused = teller.post(&on(&task, "show"), mixed).await;
    refused.refused(Code::WrongMac1);
    desk.sign(&task, "holder").await.refused(Code::CardNotShown);
    assert_eq!(bench.store.attempts(), []);
}

#[tokio::test]
async fn ten_signatures_are_enough_until_a_supervisor_allows_more() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let mut task = desk.begin(issue("a", "new")).await.ok();
    for left in (1..=10).rev() {
        let told = desk.show(&task).await.ok();
        task = told["task"].clone();
        assert_eq!(task["signatures_left"], left);
        desk.sign(&task, "holder").await.ok();
    }
    let told = desk.show(&task).await.ok();
    let refused = desk.sign(&told["task"], "holder").await;
    refused.refused(Code::CardSignaturesSpent);
    let path = format!("/cards/{}/signatures", desk.card.number);
    vouched(&teller, &path, "demo.teller")
        .await
        .refused(Code::RoleMayNot);
    let allowed = vouched(&teller, &path, "demo.supervisor2").await;
    assert_eq!(allowed.status, 204, "{allowed:?}");
    let told = desk.through(issue("a", "new")).await;
    assert_eq!(told["task"]["signatures_left"], 8);
}

/// A half-written card that was suspended or reported lost is nobody's either, once another one was issued.
#[tokio::test]
async fn half_written_cards_are_given_up_whatever_their_status() {
    let bench = bench_with(1..=4).await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let statuses = [
        CardStatus::Normal,
        CardStatus::Suspended,
        CardStatus::Lost,
        CardStatus::Damaged,
    ];
    for (last, status) in (1..).zip(statuses) {
        let mut desk = Desk::of(&teller, blank(last));
        let task = desk.begin(issue("a", "new")).await.ok();
        let told = desk.show(&task).await.ok();
        desk.write(&told["task"], "holder").await;
        let number = desk.card.number.parse().unwrap();
        bench.store.set_status(number, status);
    }
    Desk::new(&teller, NEW).through(issue("a", "new")).await;
    let given_up = [1, 2, 3].map(|last| listed(&blank(last), "given_up"));
    assert_eq!(hand_ins(&teller).await, given_up);
    let statuses = [1, 2, 3, 4].map(|last| status(&bench, &blank(last)));
    let [one, two, three, four] = statuses;
    assert_eq!([one, two, three], [CardStatus::Blacklisted; 3]);
    assert_eq!(four, CardStatus::Damaged, "it was on the list before");
}

#[tokio::test]
async fn an_application_that_was_begun_is_given_up_with_its_half_written_cards() {
    let bench = bench_with(1..=2).await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let path = "/applications/a/give-up";
    let reason = json!({ "reason": "customer left for good" });
    let refused = teller.post(path, reason.clone()).await;
    refused.refused(Code::ApplicationNotBegun);
    let mut desks = [1, 2].map(|last| Desk::of(&teller, blank(last)));
    for desk in &mut desks {
        let task = desk.begin(issue("a", "new")).await.ok();
        let told = desk.show(&task).await.ok();
        desk.write(&told["task"], "holder").await;
    }
    // Whoever has it open does it, and says why.
    let supervisor = bench.counter("demo.supervisor").await;
    let refused = supervisor.post(path, reason.clone()).await;
    refused.refused(Code::ApplicationHeld);
    let refused = teller.post(path, json!({ "reason": " " })).await;
    refused.refused(Code::BadRequest);
    let key = bench.fresh_key();
    for _ in 0..2 {
        let given_up = teller.post_as(&key, path, reason.clone()).await;
        assert_eq!(given_up.status, 204, "{given_up:?}");
    }
    let twice = teller.post(path, reason).await;
    twice.refused(Code::ApplicationWithdrawn);

    let listed = [1, 2].map(|last| listed(&blank(last), "given_up"));
    assert_eq!(hand_ins(&teller).await, listed);
    for desk in &desks {
        assert_eq!(status(&bench, &desk.card), CardStatus::Blacklisted);
        let again = desk.begin(issue("a", "new")).await;
        again.refused(Code::ApplicationWithdrawn);
    }
    let open = |job: &CardJob| job.state == CardTaskState::Open;
    assert!(!bench.store.card_jobs().iter().any(open));
    let trail = bench.store.audit();
    let events = trail.iter().map(|sealed| &sealed.line);
    let given_up: Vec<_> = events
        .filter(|line| line.event == "application-given-up")
        .collect();
    assert_eq!(given_up.len(), 1);
    assert_eq!(given_up[0].evidence, "customer left for good".as_bytes());
    // The customer may apply anew.
    bench.store.add_application(applied("b", "甘A90001"));
    Desk::new(&teller, NEW).through(issue("b", "new")).await;
}
