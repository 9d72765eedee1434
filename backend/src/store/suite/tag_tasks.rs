//! Tasks, attempts, pairings and chips to hand in.

use apdu_core::authority::{CardStatus, IssueMode, TagFile as Written, TagTaskState, TagWork};
use apdu_core::fault::Code;
use apdu_core::hex::Bytes;

use super::*;
use crate::ledger::{
    Begun, Card, Chip, ChipWrite, Ended, HandIn, HandInReason, Outcome, Pairing, Reading, Showing,
    SignedPart, Tag, TagJob, TagWrite, Wanted, WriteAttempt,
};

on_every_store! {
    a_task_keeps_everything_it_was_written_with
    one_task_is_open_per_tag_card_and_vehicle
    a_tag_that_has_moved_on_undoes_all
    one_attempt_is_open_per_chip
    card_tag_and_vehicle_are_paired_one_to_one
    a_pairing_that_has_ended_undoes_all
    what_hangs_on_a_card_is_found
    half_written_tags_are_found_by_their_vehicle
    a_chip_is_ticked_by_another_person
    a_chip_waits_once_to_be_handed_in
    vehicles_are_found_by_plate_and_colour
    stock_is_counted
}

const NEW: &str = "6201230100010041";
const OTHER_NEW: &str = "6201230100010090";

fn job(id: &str, tag: &str, card: &str) -> TagJob {
    TagJob {
        id: id.into(),
        work: TagWork::Issue {
            mode: IssueMode::New,
        },
        card: Some(number(card)),
        tag: tag.parse().unwrap(),
        plate: format!("甘Z{id}"),
        plate_colour: 4,
        vehicle_class: 12,
        state: TagTaskState::Open,
        wanted: Wanted {
            vehicle: Some(vec![1, 2]),
            system: vec![3, 4],
        },
        reading: None,
        showing: None,
        operator: "demo.teller".into(),
        outlet: "LZ01".into(),
        opened_at: 1_000,
        version: 0,
    }
}

fn attempt(id: &str, outcome: Outcome) -> WriteAttempt {
    WriteAttempt {
        id: id.into(),
        chip: Chip::Tag(NEW.parse().unwrap()),
        task: "a".into(),
        outlet: "LZ01".into(),
        operator: "demo.teller".into(),
        opened_at: 1_000,
        parts: vec![SignedPart {
            file: "system".into(),
            before: Bytes(vec![0]),
            after: Bytes(vec![1]),
        }],
        outcome,
    }
}

fn pairing(id: &str, card: &str, tag: &str, plate: &str) -> Pairing {
    Pairing {
        id: id.into(),
        card: Some(number(card)),
        tag: tag.parse().unwrap(),
        plate: plate.into(),
        plate_colour: 4,
        begun_at: 1_000,
        ended: None,
    }
}

async fn written(store: &dyn Store, writes: Vec<TagWrite>) -> Result<(), StoreError> {
    let commit = TagCommit {
        writes,
        entries: vec![entry(Event::Sighted)],
        answer: None,
    };
    store.commit_tag(&commit).await
}

async fn wrote(store: &dyn Store, writes: Vec<TagWrite>) {
    written(store, writes).await.unwrap();
}

fn insert(job: TagJob) -> TagWrite {
    TagWrite::InsertJob(Box::new(job))
}

fn update(job: TagJob) -> TagWrite {
    TagWrite::UpdateJob(Box::new(job))
}

async fn stored_tag(store: &dyn Store, serial: &str) -> Tag {
    store.tag(serial.parse().unwrap()).await.unwrap().unwrap()
}

async fn a_task_keeps_everything_it_was_written_with(store: &dyn Store) {
    let new = job("a", NEW, CARD);
    wrote(store, vec![insert(new.clone())]).await;
    let kept = store.tag_job("a").await.unwrap();
    assert_eq!(kept.as_ref(), Some(&new));
    let shown = TagJob {
        state: TagTaskState::Stopped(Code::TagForbids),
        reading: Some(Reading {
            tag: new.tag,
            random: [1, 2, 3, 4, 5, 6, 7, 8],
            operator: "demo.bank".into(),
            began_at: 2_000,
        }),
        showing: Some(Showing {
            operator: "demo.bank".into(),
            at: 3_000,
            present: true,
            tampered: false,
            left: vec![Written::Vehicle, Written::RemovalFlag],
            vehicle: None,
            system: vec![9],
        }),
        ..new
    };
    wrote(store, vec![update(shown.clone())]).await;
    let after = TagJob {
        version: 1,
        ..shown.clone()
    };
    assert_eq!(store.tag_job("a").await.unwrap(), Some(after));
    assert!(is_raced(written(store, vec![update(shown)]).await));
    assert_eq!(store.tag_job("b").await.unwrap(), None);
}

async fn one_task_is_open_per_tag_card_and_vehicle(store: &dyn Store) {
    wrote(store, vec![insert(job("a", NEW, CARD))]).await;
    for clash in [
        job("b", NEW, OTHER_CARD),
        job("b", OTHER_NEW, CARD),
        TagJob {
            plate: "甘Za".into(),
            ..job("b", OTHER_NEW, OTHER_CARD)
        },
    ] {
        assert!(is_duplicate(written(store, vec![insert(clash)]).await));
    }
    let done = TagJob {
        state: TagTaskState::Done,
        ..job("a", NEW, CARD)
    };
    let next = insert(job("b", NEW, CARD));
    wrote(store, vec![update(done), next]).await;
    let file = store.tag_file(NEW.parse().unwrap()).await.unwrap();
    assert_eq!(file.unwrap().job.unwrap().id, "b");
}

async fn a_tag_that_has_moved_on_undoes_all(store: &dyn Store) {
    let mut tag = stored_tag(store, NEW).await;
    tag.status = CardStatus::Damaged;
    tag.outlet = None;
    tag.signed.signatures = 7;
    tag.signed.allowed = 20;
    tag.signed.activations = 2;
    tag.signed.issue = Some("a".into());
    tag.signed.is_blank = false;
    let put = || TagWrite::PutTag(Box::new(tag.clone()));
    wrote(store, vec![put(), insert(job("a", NEW, CARD))]).await;
    let expected = Tag {
        revision: tag.revision + 1,
        ..tag.clone()
    };
    assert_eq!(stored_tag(store, NEW).await, expected);
    let late = vec![insert(job("b", OTHER_NEW, OTHER_CARD)), put()];
    assert!(is_raced(written(store, late).await));
    assert_eq!(store.tag_job("b").await.unwrap(), None);
    let file = store.tag_file(NEW.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(file.issue.unwrap().id, "a");
}

async fn one_attempt_is_open_per_chip(store: &dyn Store) {
    let insert = |one| vec![TagWrite::Chip(ChipWrite::InsertAttempt(one))];
    wrote(store, insert(attempt("x", Outcome::Open))).await;
    let second = written(store, insert(attempt("y", Outcome::Open))).await;
    assert!(is_duplicate(second));
    let settled = attempt("x", Outcome::Torn);
    wrote(
        store,
        vec![TagWrite::Chip(ChipWrite::UpdateAttempt(settled.clone()))],
    )
    .await;
    wrote(store, insert(attempt("y", Outcome::Open))).await;
    let file = store.tag_file(NEW.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(file.attempts.0, [settled, attempt("y", Outcome::Open)]);
}

async fn card_tag_and_vehicle_are_paired_one_to_one(store: &dyn Store) {
    let first = pairing("p", CARD, NEW, "甘Z1");
    wrote(
        store,
        vec![TagWrite::Chip(ChipWrite::InsertPairing(first.clone()))],
    )
    .await;
    for clash in [
        pairing("q", CARD, OTHER_NEW, "甘Z2"),
        pairing("q", OTHER_CARD, NEW, "甘Z2"),
        pairing("q", OTHER_CARD, OTHER_NEW, "甘Z1"),
    ] {
        let second = written(store, vec![TagWrite::Chip(ChipWrite::InsertPairing(clash))]).await;
        assert!(is_duplicate(second));
    }
    let ended = Pairing {
        ended: Some((2_000, Ended::Replaced)),
        ..first
    };
    let next = pairing("q", CARD, OTHER_NEW, "甘Z1");
    wrote(
        store,
        vec![
            TagWrite::Chip(ChipWrite::UpdatePairing(ended)),
            TagWrite::Chip(ChipWrite::InsertPairing(next.clone())),
        ],
    )
    .await;
    let file = store.tag_file(OTHER_NEW.parse().unwrap()).await.unwrap();
    assert_eq!(file.unwrap().pairing, Some(next));
}

async fn a_pairing_that_has_ended_undoes_all(store: &dyn Store) {
    let update = |one: &Pairing| TagWrite::Chip(ChipWrite::UpdatePairing(one.clone()));
    let living = pairing("p", CARD, NEW, "甘Z1");
    let cancelled = Pairing {
        ended: Some((2_000, Ended::Cancelled)),
        ..living.clone()
    };
    let insert_living = TagWrite::Chip(ChipWrite::InsertPairing(living.clone()));
    wrote(store, vec![insert_living, update(&cancelled)]).await;
    let exchanged = Pairing {
        ended: Some((3_000, Ended::Exchanged)),
        ..living.clone()
    };
    for late in [&exchanged, &living] {
        let writes = vec![insert(job("a", OTHER_NEW, CARD)), update(late)];
        assert!(is_raced(written(store, writes).await));
    }
    assert_eq!(store.tag_job("a").await.unwrap(), None);
    let card = file(store, CARD).await.card;
    assert_eq!(store.of_card(&card).await.unwrap().history, [cancelled]);
}

async fn what_hangs_on_a_card_is_found(store: &dyn Store) {
    let card = file(store, CARD).await.card;
    // The demo's tag of the same vehicle, of which no card is known.
    let by_vehicle = store.of_card(&card).await.unwrap();
    let found = by_vehicle.pairing.unwrap();
    assert_eq!(
        (found.card, found.tag.to_string()),
        (None, "6201230100010017".into())
    );
    let of_vehicle = stored_tag(store, "6201230100010017").await;
    assert_eq!(by_vehicle.tag, Some(of_vehicle));
    let own = pairing("p", CARD, NEW, "甘Z1");
    let past = Pairing {
        id: "o".into(),
        ended: Some((900, Ended::Cancelled)),
        ..own.clone()
    };
    let open = job("a", OTHER_NEW, CARD);
    let writes = vec![
        TagWrite::Chip(ChipWrite::InsertPairing(past.clone())),
        TagWrite::Chip(ChipWrite::InsertPairing(own.clone())),
        insert(open.clone()),
    ];
    wrote(store, writes).await;
    let of_card = store.of_card(&card).await.unwrap();
    assert_eq!(of_card.pairing, Some(own));
    assert_eq!(of_card.history, [past]);
    let tag = stored_tag(store, OTHER_NEW).await;
    assert_eq!(of_card.open, Some((open, tag)));
}

async fn half_written_tags_are_found_by_their_vehicle(store: &dyn Store) {
    let card = file(store, CARD).await.card;
    let of_vehicle = |id: &str, tag: &str, card: &Card| TagJob {
        plate: card.plate.clone(),
        plate_colour: card.plate_colour,
        state: TagTaskState::Stopped(Code::TagTaskOver),
        ..job(id, tag, OTHER_CARD)
    };
    let begun = |mut tag: Tag, task: &str| {
        tag.signed.issue = Some(task.into());
        TagWrite::PutTag(Box::new(tag))
    };
    let half = stored_tag(store, NEW).await;
    let writes = vec![
        insert(of_vehicle("a", NEW, &card)),
        begun(half.clone(), "a"),
        // Not signed for; of another vehicle; issued.
        insert(of_vehicle("b", NEW, &card)),
        insert(TagJob {
            state: TagTaskState::Done,
            ..job("c", OTHER_NEW, CARD)
        }),
        begun(stored_tag(store, OTHER_NEW).await, "c"),
        insert(of_vehicle("d", "6201230100010017", &card)),
        begun(stored_tag(store, "6201230100010017").await, "d"),
    ];
    wrote(store, writes).await;
    let known = Begun {
        card: number(OTHER_CARD),
        tag: stored_tag(store, NEW).await,
    };
    assert_eq!(known.tag.revision, half.revision + 1);
    assert_eq!(store.of_card(&card).await.unwrap().begun, [known]);
}

fn hand_in(id: &str, reason: HandInReason) -> HandIn {
    HandIn {
        id: id.into(),
        chip: Chip::Tag(NEW.parse().unwrap()),
        reason,
        operator: "demo.teller".into(),
        outlet: "LZ01".into(),
        at: 1_000,
        ticked: None,
    }
}

async fn list(store: &dyn Store, new: &HandIn) {
    let write = ChipWrite::InsertHandIn(new.clone());
    wrote(store, vec![TagWrite::Chip(write)]).await;
}

async fn a_chip_waits_once_to_be_handed_in(store: &dyn Store) {
    let first = hand_in("h", HandInReason::Forbids);
    list(store, &first).await;
    list(store, &hand_in("i", HandInReason::Exchanged)).await;
    assert_eq!(store.hand_ins().await.unwrap(), [first]);
    let ticked = Entry {
        operator: "demo.supervisor".into(),
        ..entry(Event::HandInTicked)
    };
    assert!(store.tick_hand_in("h", &ticked).await.unwrap());
    let again = hand_in("j", HandInReason::Exchanged);
    list(store, &again).await;
    assert_eq!(store.hand_ins().await.unwrap(), [again]);
}

async fn a_chip_is_ticked_by_another_person(store: &dyn Store) {
    let new = hand_in("h", HandInReason::GivenUp);
    list(store, &new).await;
    assert_eq!(store.hand_ins().await.unwrap(), [new]);
    let own = entry(Event::HandInTicked);
    assert!(!store.tick_hand_in("h", &own).await.unwrap());
    let other = Entry {
        operator: "demo.supervisor".into(),
        ..own
    };
    assert!(!store.tick_hand_in("i", &other).await.unwrap());
    assert!(store.tick_hand_in("h", &other).await.unwrap());
    assert!(!store.tick_hand_in("h", &other).await.unwrap());
    assert_eq!(store.hand_ins().await.unwrap(), []);
}

async fn vehicles_are_found_by_plate_and_colour(store: &dyn Store) {
    let all = demo::stock("hash".into()).unwrap().vehicles;
    for vehicle in &all {
        let found = store.vehicle(&vehicle.plate, vehicle.plate_colour).await;
        assert_eq!(found.unwrap().as_ref(), Some(vehicle));
    }
    assert_eq!(store.vehicle(&all[0].plate, 9).await.unwrap(), None);
    let again = Stock {
        vehicles: vec![all[0].clone()],
        ..Stock::default()
    };
    assert!(is_duplicate(store.add(&again).await));
}

async fn stock_is_counted(store: &dyn Store) {
    let counts = store.tag_stock().await.unwrap();
    let sum: u32 = counts.iter().map(|count| count.tags).sum();
    assert_eq!(sum, 9);
    let free = |count: &&StockCount| !count.issued && count.status == CardStatus::Normal;
    let free: Vec<_> = counts.iter().filter(free).collect();
    assert_eq!(free.len(), 1);
    assert_eq!((free[0].outlet.as_deref(), free[0].tags), (Some("LZ01"), 4));
}
