//! Tasks of cards, what hangs on an application, and the stock.

use apdu_core::authority::{CardFile as Written, CardMode, CardStatus, CardTaskState};
use apdu_core::bcd::Date;
use apdu_core::fault::Code;
use apdu_core::hex::Bytes;
use etc_api::ApplicationState;

use super::applications::{add_channel, batch, new, take};
use super::*;
use crate::ledger::{
    Attempts, CardJob, CardJobWork, CardKind, CardShowing, Chip, ChipWrite, HandIn, HandInReason,
    HolderMark, Outcome, PresenceNonce, SignedPart, TurnedApplication, Vehicle, WantedFiles,
    WriteAttempt,
};

on_every_store! {
    a_card_task_keeps_everything_it_was_written_with
    one_task_is_open_per_card_and_application
    a_card_that_has_moved_on_undoes_all
    two_cards_are_written_together_or_not_at_all
    a_card_keeps_what_a_decision_changes
    the_history_of_a_card_is_of_that_card
    an_application_is_found_with_all_that_hangs_on_it
    the_card_of_a_vehicle_is_the_newest_in_use
    a_vehicle_is_given_a_card_in_place_of_the_one_that_was_read
    a_vehicle_of_the_records_is_never_overwritten
    a_card_is_handed_in_until_another_person_ticks_it
    an_answer_is_kept_with_what_it_answers
    cards_are_counted_where_they_are
}

const BLANK: &str = "62012201230100000157";
const OTHER_BLANK: &str = "62012201230100000215";
const BANKS_BLANK: &str = "62012201230100000165";
const SUPERVISOR: &str = "demo.supervisor";

fn job(id: &str, card: &str) -> CardJob {
    CardJob {
        id: id.into(),
        work: CardJobWork::Activate,
        card: number(card),
        plate: "甘A10001".into(),
        plate_colour: 4,
        vehicle_class: 12,
        state: CardTaskState::Open,
        wanted: WantedFiles {
            holder: None,
            issue: vec![1, 2, 3],
        },
        nonce: None,
        showing: None,
        operator: "demo.teller".into(),
        outlet: "LZ01".into(),
        opened_at: 1_000,
        version: 0,
    }
}

fn issue(id: &str, card: &str, application: &str) -> CardJob {
    CardJob {
        work: CardJobWork::Issue {
            application: application.into(),
            mode: CardMode::Exchange,
        },
        wanted: WantedFiles {
            holder: Some(HolderMark([7; 32])),
            issue: vec![1, 2, 3],
        },
        ..job(id, card)
    }
}

fn attempt(id: &str, card: &str, task: &str, opened_at: i64) -> WriteAttempt {
    WriteAttempt {
        id: id.into(),
        chip: Chip::Card(number(card)),
        task: task.into(),
        outlet: "LZ01".into(),
        operator: "demo.teller".into(),
        opened_at,
        parts: vec![SignedPart {
            file: "issue".into(),
            before: Bytes(vec![0]),
            after: Bytes(vec![1]),
        }],
        outcome: Outcome::Refused,
    }
}

async fn change(store: &dyn Store, card: &str, writes: Vec<Write>) -> Change {
    Change::of(&file(store, card).await.card, writes)
}

async fn commit_all(
    store: &dyn Store,
    changes: Vec<Change>,
    chips: Vec<ChipWrite>,
) -> Result<(), StoreError> {
    let commit = CardCommit {
        changes,
        chips,
        entries: vec![entry(Event::CardTaskBegun)],
        ..CardCommit::default()
    };
    store.commit_card(&commit).await
}

async fn written(store: &dyn Store, card: &str, writes: Vec<Write>) -> Result<(), StoreError> {
    let change = change(store, card, writes).await;
    commit_all(store, vec![change], Vec::new()).await
}

async fn wrote(store: &dyn Store, card: &str, writes: Vec<Write>) {
    written(store, card, writes).await.unwrap();
}

fn insert_job(job: CardJob) -> Write {
    Write::InsertCardJob(Box::new(job))
}

fn update_job(job: CardJob) -> Write {
    Write::UpdateCardJob(Box::new(job))
}

async fn put(store: &dyn Store, card: &str, change: impl FnOnce(&mut Card)) {
    let mut new = file(store, card).await.card;
    change(&mut new);
    wrote(store, card, vec![Write::PutCard(Box::new(new))]).await;
}

/// Applications `a.1`, `a.2` … for these plates, blue.
async fn apply(store: &dyn Store, plates: &[&str]) {
    add_channel(store).await;
    let applications = plates.iter().map(|plate| new(plate_number(plate), plate));
    take(store, &batch("a", 1_000, applications.collect())).await;
}

/// The channel's number: the part of a plate that is ASCII.
fn plate_number(plate: &str) -> &str {
    plate.trim_start_matches(|letter: char| !letter.is_ascii())
}

async fn a_card_task_keeps_everything_it_was_written_with(store: &dyn Store) {
    apply(store, &["甘A10001"]).await;
    let new = issue("t", BLANK, "a.1");
    wrote(store, BLANK, vec![insert_job(new.clone())]).await;
    assert_eq!(store.card_job("t").await.unwrap().as_ref(), Some(&new));
    let shown = CardJob {
        nonce: Some(PresenceNonce {
            terminal: [0xFE, 1, 2, 3, 4, 5],
            operator: SUPERVISOR.into(),
            issued_at: 2_000,
        }),
        showing: Some(CardShowing {
            operator: SUPERVISOR.into(),
            at: 3_000,
            present: true,
            left: vec![Written::Holder, Written::Issue],
            holder: HolderMark([8; 32]),
            issue: vec![0; 50],
        }),
        ..new
    };
    wrote(store, BLANK, vec![update_job(shown.clone())]).await;
    let kept = CardJob {
        version: 1,
        ..shown.clone()
    };
    assert_eq!(store.card_job("t").await.unwrap().as_ref(), Some(&kept));
    let stale = written(store, BLANK, vec![update_job(shown)]).await;
    assert!(is_raced(stale));
    let nothing_left = CardShowing {
        left: Vec::new(),
        present: false,
        ..kept.showing.clone().unwrap()
    };
    let stopped = CardJob {
        state: CardTaskState::Stopped(Code::CardFailedThrice),
        nonce: None,
        showing: Some(nothing_left),
        ..kept
    };
    wrote(store, BLANK, vec![update_job(stopped.clone())]).await;
    let kept = CardJob {
        version: 2,
        ..stopped
    };
    assert_eq!(store.card_job("t").await.unwrap(), Some(kept));
    let activate = job("u", BLANK);
    wrote(store, BLANK, vec![insert_job(activate.clone())]).await;
    assert_eq!(store.card_job("u").await.unwrap(), Some(activate));
    assert_eq!(store.card_job("v").await.unwrap(), None);
}

async fn one_task_is_open_per_card_and_application(store: &dyn Store) {
    apply(store, &["甘A10001", "甘A10002"]).await;
    wrote(store, BLANK, vec![insert_job(issue("t", BLANK, "a.1"))]).await;
    let same_card = insert_job(issue("u", BLANK, "a.2"));
    assert!(is_duplicate(written(store, BLANK, vec![same_card]).await));
    let same_application = insert_job(issue("u", OTHER_BLANK, "a.1"));
    let twice = written(store, OTHER_BLANK, vec![same_application]).await;
    assert!(is_duplicate(twice));
    // Two that are for no application stand in nobody's way.
    wrote(store, CARD, vec![insert_job(job("x", CARD))]).await;
    wrote(store, OTHER_CARD, vec![insert_job(job("y", OTHER_CARD))]).await;
    let over = CardJob {
        state: CardTaskState::Stopped(Code::CardTaskOver),
        ..issue("t", BLANK, "a.1")
    };
    let next = insert_job(issue("u", OTHER_BLANK, "a.1"));
    wrote(store, OTHER_BLANK, vec![update_job(over), next]).await;
    let history = store.card_history(number(BLANK)).await.unwrap().unwrap();
    assert_eq!(history.job, None);
}

async fn a_card_that_has_moved_on_undoes_all(store: &dyn Store) {
    let stale = change(store, BLANK, vec![insert_job(job("t", BLANK))]).await;
    wrote(store, BLANK, vec![Write::MarkWeakRandom]).await;
    let late = commit_all(store, vec![stale], Vec::new()).await;
    assert!(is_raced(late));
    assert_eq!(store.card_job("t").await.unwrap(), None);
    // Nor is anything left where a later row of the same transaction is refused.
    let clash = vec![insert_job(job("t", BLANK)), insert_job(job("u", BLANK))];
    assert!(is_duplicate(written(store, BLANK, clash).await));
    assert_eq!(store.card_job("t").await.unwrap(), None);
    assert_eq!(file(store, BLANK).await.card.revision, 1);
}

async fn two_cards_are_written_together_or_not_at_all(store: &dyn Store) {
    let cancel = |card: &Card| {
        let cancelled = Card {
            status: CardStatus::Cancelled,
            ..card.clone()
        };
        Change::of(card, vec![Write::PutCard(Box::new(cancelled))])
    };
    let (one, other) = (file(store, BLANK).await, file(store, CARD).await);
    let both = vec![cancel(&one.card), cancel(&other.card)];
    wrote(store, CARD, vec![Write::MarkWeakRandom]).await;
    let late = commit_all(store, both, Vec::new()).await;
    assert!(is_raced(late));
    assert_eq!(file(store, BLANK).await.card, one.card);
    let other = file(store, CARD).await;
    let both = vec![cancel(&one.card), cancel(&other.card)];
    commit_all(store, both, Vec::new()).await.unwrap();
    for card in [BLANK, CARD] {
        assert_eq!(file(store, card).await.card.status, CardStatus::Cancelled);
    }
}

async fn a_card_keeps_what_a_decision_changes(store: &dyn Store) {
    let blank = file(store, BLANK).await.card;
    assert!(!blank.stock.is_issued);
    assert_eq!(blank.stock.outlet.as_deref(), Some("LZ01"));
    let mut new = blank.clone();
    new.status = CardStatus::Damaged;
    new.start = Date([0x20, 0x24, 0x01, 0x15]);
    new.expiry = Date([0x20, 0x34, 0x01, 0x14]);
    new.plate = "甘A10001".into();
    new.plate_colour = 6;
    new.vehicle_class = 26;
    new.stock.is_issued = true;
    new.stock.outlet = Some("TS01".into());
    new.stock.user_type = 28;
    new.stock.signatures = 3;
    new.stock.allowed = 20;
    new.stock.issue = Some("t".into());
    wrote(store, BLANK, vec![Write::PutCard(Box::new(new.clone()))]).await;
    let kept = Card {
        revision: new.revision + 1,
        ..new
    };
    assert_eq!(file(store, BLANK).await.card, kept);
    // What the factory made of it no decision changes.
    put(store, BLANK, |card| {
        card.version += 1;
        card.profile.issue_file_length = 50;
        card.proved_counter = 99;
        card.purse.refuses_one_fen = true;
        card.stock.outlet = None;
        card.stock.issue = None;
    })
    .await;
    let mut expected = Card {
        revision: kept.revision + 1,
        ..kept
    };
    expected.stock.outlet = None;
    expected.stock.issue = None;
    assert_eq!(file(store, BLANK).await.card, expected);
}

async fn the_history_of_a_card_is_of_that_card(store: &dyn Store) {
    assert_eq!(
        store
            .card_history(number("0".repeat(20).as_str()))
            .await
            .unwrap(),
        None
    );
    apply(store, &["甘A10001", "甘A10002"]).await;
    let empty = store.card_history(number(BLANK)).await.unwrap().unwrap();
    assert_eq!((&empty.job, &empty.issue), (&None, &None));
    assert_eq!(empty.attempts, Attempts::default());
    let first = CardJob {
        state: CardTaskState::Done,
        ..issue("t", BLANK, "a.1")
    };
    let open = job("u", BLANK);
    wrote(
        store,
        BLANK,
        vec![insert_job(first.clone()), insert_job(open.clone())],
    )
    .await;
    wrote(
        store,
        OTHER_BLANK,
        vec![insert_job(issue("v", OTHER_BLANK, "a.2"))],
    )
    .await;
    put(store, BLANK, |card| card.stock.issue = Some("t".into())).await;
    let own = [
        attempt("z", BLANK, "t", 1_000),
        attempt("m", BLANK, "u", 2_000),
        attempt("n", BLANK, "u", 2_000),
    ];
    let others = attempt("o", OTHER_BLANK, "v", 1_500);
    let chips = [&own[0], &others, &own[1], &own[2]];
    let chips = chips.map(|one| ChipWrite::InsertAttempt(one.clone()));
    commit_all(store, Vec::new(), chips.into()).await.unwrap();
    let history = store.card_history(number(BLANK)).await.unwrap().unwrap();
    assert_eq!(history.file, file(store, BLANK).await);
    assert_eq!((history.job, history.issue), (Some(open), Some(first)));
    assert_eq!(history.attempts.0, own);
    let settled = WriteAttempt {
        outcome: Outcome::Verified,
        ..own[1].clone()
    };
    let update = ChipWrite::UpdateAttempt(settled.clone());
    commit_all(store, Vec::new(), vec![update]).await.unwrap();
    let history = store.card_history(number(BLANK)).await.unwrap().unwrap();
    assert_eq!(history.attempts.0[1], settled);
}

async fn an_application_is_found_with_all_that_hangs_on_it(store: &dyn Store) {
    // The first is for the vehicle of a card in use, which has a tag; the second for one without.
    apply(store, &["甘A12345", "甘A10002"]).await;
    assert!(store.application_file("none").await.unwrap().is_none());
    let whole = async |id| store.application_file(id).await.unwrap().unwrap();
    let plain = whole("a.2").await;
    assert!(plain.open.is_none() && plain.old.is_none() && plain.pairing.is_none());
    assert!(plain.cards.is_empty() && plain.attempts.0.is_empty());

    let failed = CardJob {
        state: CardTaskState::Stopped(Code::TakeAnotherCard),
        ..issue("t", BLANK, "a.1")
    };
    let open = issue("u", OTHER_BLANK, "a.1");
    wrote(store, BLANK, vec![insert_job(failed)]).await;
    wrote(store, OTHER_BLANK, vec![insert_job(open.clone())]).await;
    wrote(
        store,
        BANKS_BLANK,
        vec![insert_job(issue("v", BANKS_BLANK, "a.2"))],
    )
    .await;
    put(store, BLANK, |card| card.stock.issue = Some("t".into())).await;
    put(store, OTHER_BLANK, |card| {
        card.stock.issue = Some("u".into())
    })
    .await;
    put(store, BANKS_BLANK, |card| {
        card.stock.issue = Some("v".into())
    })
    .await;
    let own = [
        attempt("z", BLANK, "t", 1_000),
        attempt("y", BLANK, "t", 1_100),
        attempt("x", OTHER_BLANK, "u", 1_200),
    ];
    let others = attempt("w", BANKS_BLANK, "v", 1_050);
    let chips = [&own[0], &others, &own[1], &own[2]];
    let chips = chips.map(|one| ChipWrite::InsertAttempt(one.clone()));
    commit_all(store, Vec::new(), chips.into()).await.unwrap();

    let found = whole("a.1").await;
    assert_eq!(found.applied.id, "a.1");
    assert_eq!(found.applied.id_number, "11010519491231002X");
    assert_eq!(found.open, Some(open));
    assert_eq!(found.attempts.0, own);
    let cards = [
        file(store, BLANK).await.card,
        file(store, OTHER_BLANK).await.card,
    ];
    assert_eq!(found.cards, cards);
    // Of two cards of one vehicle that began on the same day, the one with the higher number.
    assert_eq!(found.old, Some(file(store, OTHER_CARD).await));
    assert_eq!(found.given, Some(number(OTHER_CARD)));
    let tag = found.pairing.map(|pairing| pairing.tag.to_string());
    assert_eq!(tag.as_deref(), Some("6201230100010017"));
    // One in use comes before one on the blacklist, and one that is cancelled never.
    let old = async || whole("a.1").await.old.map(|old| old.card.number);
    let set = async |card, status| put(store, card, |card| card.status = status).await;
    set(OTHER_CARD, CardStatus::Blacklisted).await;
    assert_eq!(old().await, Some(number(CARD)));
    set(CARD, CardStatus::Blacklisted).await;
    assert_eq!(old().await, Some(number(OTHER_CARD)));
    set(OTHER_CARD, CardStatus::Cancelled).await;
    assert_eq!(old().await, Some(number(CARD)));
    set(CARD, CardStatus::Cancelled).await;
    assert_eq!(old().await, None);

    let applied = found.applied;
    let turned = TurnedApplication {
        id: applied.id,
        version: applied.version,
        state: ApplicationState::Issued,
        bank_card: None,
        card: Some(number(OTHER_BLANK)),
        reopened_at: None,
    };
    wrote(store, OTHER_BLANK, vec![Write::TurnApplication(turned)]).await;
    let state = whole("a.1").await.applied.state;
    assert_eq!(state, ApplicationState::Issued);
}

async fn the_card_of_a_vehicle_is_the_newest_in_use(store: &dyn Store) {
    let of = async |plate: &str, colour| store.card_of_vehicle(plate, colour).await.unwrap();
    assert_eq!(of("甘A12345", 0).await, Some(number(OTHER_CARD)));
    assert_eq!(of("甘A12345", 1).await, None);
    put(store, CARD, |card| {
        card.start = Date([0x20, 0x24, 0x01, 0x16])
    })
    .await;
    assert_eq!(of("甘A12345", 0).await, Some(number(CARD)));
    for gone in [CardStatus::Cancelled, CardStatus::Blacklisted] {
        put(store, CARD, |card| card.status = gone).await;
        assert_eq!(of("甘A12345", 0).await, Some(number(OTHER_CARD)));
    }
    // A card that is lost, suspended or damaged is still the vehicle's.
    for kept in [CardStatus::Lost, CardStatus::Suspended, CardStatus::Damaged] {
        put(store, CARD, |card| card.status = kept).await;
        assert_eq!(of("甘A12345", 0).await, Some(number(CARD)));
    }
    for card in [CARD, OTHER_CARD] {
        put(store, card, |card| card.stock.is_issued = false).await;
    }
    assert_eq!(of("甘A12345", 0).await, None);
    assert_eq!(of("", 0).await, None, "a blank card is no vehicle's");
}

async fn a_vehicle_is_given_a_card_in_place_of_the_one_that_was_read(store: &dyn Store) {
    let given = async |plate: &str| store.card_given(plate, 0).await.unwrap();
    let give = async |card: &str, plate: &str, before: Option<&str>| {
        let give = Write::GiveCard {
            plate: plate.into(),
            plate_colour: 0,
            before: before.map(number),
        };
        written(store, card, vec![give]).await
    };
    // Of two cards that were imported for one vehicle, the last.
    assert_eq!(given("甘A12345").await, Some(number(OTHER_CARD)));
    assert_eq!(given("甘A10001").await, None);
    give(BLANK, "甘A10001", None).await.unwrap();
    assert_eq!(given("甘A10001").await, Some(number(BLANK)));
    // Whoever has read something else was too late, and nothing of it is written.
    for before in [None, Some(CARD)] {
        let late = give(OTHER_BLANK, "甘A10001", before).await;
        assert!(late.unwrap_err().is_race());
    }
    assert_eq!(given("甘A10001").await, Some(number(BLANK)));
    assert_eq!(file(store, OTHER_BLANK).await.card.revision, 0);
    give(OTHER_BLANK, "甘A10001", Some(BLANK)).await.unwrap();
    assert_eq!(given("甘A10001").await, Some(number(OTHER_BLANK)));
    let late = give(BLANK, "甘A99999", Some(CARD)).await;
    assert!(late.unwrap_err().is_race());
}

async fn a_vehicle_of_the_records_is_never_overwritten(store: &dyn Store) {
    let known = demo::stock("hash".into()).unwrap().vehicles.remove(0);
    let other = Vehicle {
        seats: known.seats + 1,
        ..known.clone()
    };
    let fresh = Vehicle {
        plate: "甘A10001".into(),
        ..known.clone()
    };
    let keep = |vehicle: &Vehicle| Write::KeepVehicle(Box::new(vehicle.clone()));
    wrote(store, CARD, vec![keep(&other), keep(&fresh)]).await;
    for vehicle in [known, fresh] {
        let kept = store.vehicle(&vehicle.plate, vehicle.plate_colour).await;
        assert_eq!(kept.unwrap(), Some(vehicle));
    }
}

async fn a_card_is_handed_in_until_another_person_ticks_it(store: &dyn Store) {
    let new = HandIn {
        id: "h".into(),
        chip: Chip::Card(number(BLANK)),
        reason: HandInReason::Failed,
        operator: "demo.teller".into(),
        outlet: "LZ01".into(),
        at: 1_000,
        ticked: None,
    };
    let insert = ChipWrite::InsertHandIn(new.clone());
    commit_all(store, Vec::new(), vec![insert]).await.unwrap();
    assert_eq!(store.hand_ins().await.unwrap(), [new]);
    let own = entry(Event::HandInTicked);
    assert!(!store.tick_hand_in("h", &own).await.unwrap());
    let other = Entry {
        operator: SUPERVISOR.into(),
        ..own
    };
    assert!(store.tick_hand_in("h", &other).await.unwrap());
    assert_eq!(store.hand_ins().await.unwrap(), []);
}

async fn an_answer_is_kept_with_what_it_answers(store: &dyn Store) {
    let answer = StoredAnswer {
        key: "key-00001".into(),
        operator: "demo.teller".into(),
        route: "POST /api/v1/card-tasks".into(),
        body: [9; 32],
        answer: "{}".into(),
    };
    let commit = CardCommit {
        changes: vec![change(store, BLANK, vec![insert_job(job("t", BLANK))]).await],
        entries: vec![entry(Event::CardTaskBegun)],
        answer: Some(answer.clone()),
        ..CardCommit::default()
    };
    store.commit_card(&commit).await.unwrap();
    let kept = store.answer(&answer.key).await.unwrap();
    assert_eq!(kept.as_ref(), Some(&answer));
    // The same key for another change undoes it.
    let again = CardCommit {
        changes: vec![change(store, CARD, vec![insert_job(job("u", CARD))]).await],
        ..commit
    };
    assert!(is_duplicate(store.commit_card(&again).await));
    assert_eq!(store.card_job("u").await.unwrap(), None);
    // A wrong proof that was none after all is given back in the same transaction.
    let signed_in = entry(Event::SignedIn);
    store.open_session(&session(1), &signed_in).await.unwrap();
    let proof = CountedProof {
        card: number(CARD),
        session: [1; 32],
    };
    for _ in 0..3 {
        assert!(store.count_proof(&proof, 1).await.unwrap());
        let proved = CardCommit {
            changes: vec![change(store, CARD, Vec::new()).await],
            proved: Some(proof),
            entries: vec![entry(Event::CardShown)],
            ..CardCommit::default()
        };
        store.commit_card(&proved).await.unwrap();
    }
}

async fn cards_are_counted_where_they_are(store: &dyn Store) {
    let all = demo::stock("hash".into()).unwrap().cards.len();
    let counts = store.card_stock().await.unwrap();
    let sum: u32 = counts.iter().map(|count| count.cards).sum();
    assert_eq!(sum as usize, all);
    let free = async |outlet: Option<&str>, kind| {
        let counts = store.card_stock().await.unwrap();
        let of = |count: &&CardCount| {
            !count.issued
                && count.status == CardStatus::Normal
                && (count.outlet.as_deref(), count.kind) == (outlet, kind)
        };
        let lines: Vec<_> = counts.iter().filter(of).collect();
        assert!(lines.len() < 2, "one line for one kind: {lines:?}");
        lines.first().map_or(0, |line| line.cards)
    };
    assert_eq!(free(Some("LZ01"), CardKind::StoredValue).await, 3);
    assert_eq!(free(Some("LZ01"), CardKind::Credit).await, 0);
    assert_eq!(free(Some("LB01"), CardKind::Credit).await, 1);
    assert_eq!(free(None, CardKind::StoredValue).await, 0);
    put(store, BLANK, |card| card.stock.outlet = Some("TS01".into())).await;
    put(store, OTHER_BLANK, |card| card.stock.outlet = None).await;
    assert_eq!(free(Some("LZ01"), CardKind::StoredValue).await, 1);
    assert_eq!(free(Some("TS01"), CardKind::StoredValue).await, 1);
    assert_eq!(free(None, CardKind::StoredValue).await, 1);
    put(store, BLANK, |card| card.status = CardStatus::Damaged).await;
    assert_eq!(free(Some("TS01"), CardKind::StoredValue).await, 0);
}
