//! Two PCs, each with a backend of its own on one database, ask about the same tag, card or vehicle at the same
//! moment.

use std::sync::Arc;

use apdu_core::authority::{CardStatus, TagTaskState};
use apdu_core::fault::Code;
use apdu_core::obu::ContractSerial;
use etc_backend::demo;
use etc_backend::keys::SoftKeys;
use etc_backend::ledger::{Ended, Outcome, TagFile};
use etc_backend::store::{DatabaseStore, Stock, Store, TagStore};
use etc_sim::demo as virtual_demo;
use etc_sim::tag::Personalisation;
use etc_tests::scratch::Scratch;
use serde_json::{Value, json};

use crate::applications::{Channel, new};
use crate::bench::{Answer, Bench, Counter, Plastic, password};
use crate::card_races;
use crate::tag_tasks::{Desk, Laid, cancel, card_of, issue, on};

/// Often enough for either of two to be first.
const ROUNDS: u8 = 6;

/// Both databases run every race.
macro_rules! on_both_databases {
    ($($name:ident)+) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::race(super::Scratch::sqlite(), super::$name).await;
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::race(super::Scratch::postgres().await, super::$name).await;
            })+
        }
    };
}

on_both_databases! {
    two_who_begin_for_one_tag_go_on_with_one_task
    of_two_readings_at_once_one_is_taken
    of_two_signatures_at_once_one_is_given
    of_two_tags_for_one_card_one_is_issued
    a_tag_is_signed_for_one_of_two_cards
    of_two_cards_of_one_vehicle_one_gets_a_tag
    a_tag_that_is_cancelled_while_its_card_is_exchanged_belongs_to_nobody
    a_tag_is_exchanged_or_cancelled
}

type Backend = Bench<DatabaseStore>;

/// Two backends on this database, with a blank tag more for each round.
async fn race(scratch: Scratch, test: impl AsyncFnOnce(&Backend, &Backend)) {
    let here = backend(&scratch, 1).await;
    here.store.add(&stock()).await.unwrap();
    let there = backend(&scratch, 2).await;
    test(&here, &there).await;
    here.store.close().await;
    there.store.close().await;
    drop((here, there));
    scratch.remove().await;
}

async fn backend(scratch: &Scratch, seed: u32) -> Backend {
    let store = Arc::new(scratch.open().await.unwrap());
    let keys = Arc::new(SoftKeys::from_toml(demo::KEYS).unwrap());
    Bench::seeded(store, keys, seed)
}

fn stock() -> Stock {
    let mut stock = demo::stock(password()).unwrap();
    // The vehicle of the cards `normal` and `same-plate` has no tag yet.
    stock
        .tags
        .retain(|tag| tag.serial.to_string() != "6201230100010017");
    let new = stock.tags.iter().find(|tag| tag.issued.is_none()).cloned();
    let new = new.unwrap();
    for (round, half) in (0..ROUNDS).flat_map(|round| [(round, 0), (round, 1)]) {
        let mut tag = new.clone();
        tag.serial = ContractSerial(blank(round, half).serial);
        tag.sn = Laid::of(&blank(round, half)).sn;
        stock.tags.push(tag);
    }
    card_races::add_blanks(&mut stock);
    stock
}

/// A blank tag of a round.
fn blank(round: u8, half: u8) -> Personalisation {
    let new = virtual_demo::tag_personalisation("tag-new").unwrap();
    let mut serial = new.serial;
    serial[6..].copy_from_slice(&[0x90 | half, round]);
    Personalisation { serial, ..new }
}

/// A card whose vehicle has no tag, and one of another such vehicle.
const CARD: &str = "pin-locked";
const OTHER_CARD: &str = "normal";

fn at<'a>(
    counter: &'a Counter<'a, DatabaseStore>,
    tag: Personalisation,
    card: &str,
) -> Desk<'a, DatabaseStore> {
    Desk {
        counter,
        tag: Laid::of(&tag),
        card: Plastic::new(card),
    }
}

async fn file(backend: &Backend, tag: &Laid) -> TagFile {
    let serial = tag.serial().parse().unwrap();
    backend.store.tag_file(serial).await.unwrap().unwrap()
}

async fn state(backend: &Backend, task: &Value) -> TagTaskState {
    let id = task["id"].as_str().unwrap();
    backend.store.tag_job(id).await.unwrap().unwrap().state
}

fn is_ok(answer: &Answer) -> bool {
    answer.status == 200
}

/// Of two answers the one that is good; the other is this refusal.
#[track_caller]
fn one_of(answers: (Answer, Answer), code: Code) -> Value {
    assert!(is_ok(&answers.0) != is_ok(&answers.1), "{answers:?}");
    let (good, refused) = match is_ok(&answers.0) {
        true => answers,
        false => (answers.1, answers.0),
    };
    refused.refused(code);
    good.ok()
}

async fn two_who_begin_for_one_tag_go_on_with_one_task(here: &Backend, there: &Backend) {
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.supervisor").await;
    for round in 0..ROUNDS {
        let mut one = at(&one, blank(round, 0), CARD);
        let mut other = at(&other, blank(round, 0), CARD);
        let begun = tokio::join!(one.begin(issue("new")), other.begin(issue("new")));
        let (begun, again) = (begun.0.ok(), begun.1.ok());
        assert_eq!(begun["id"], again["id"]);
        let job = file(here, &one.tag).await.job.unwrap();
        assert_eq!(begun["id"], job.id);
    }
}

async fn of_two_readings_at_once_one_is_taken(here: &Backend, there: &Backend) {
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.teller").await;
    for round in 0..ROUNDS {
        let mut desk = at(&one, blank(round, 0), CARD);
        let task = desk.begin(issue("new")).await.ok();
        let card = card_of(&mut desk.card);
        let shown = desk.tag.shown(&task, Some(card));
        let path = on(&task, "show");
        let told = tokio::join!(
            one.post(&path, shown.clone()),
            other.post(&path, shown.clone())
        );
        let told = one_of(told, Code::TagReadingOver);
        assert_eq!(told["next"], json!(["vehicle", "system"]));
    }
}

async fn of_two_signatures_at_once_one_is_given(here: &Backend, there: &Backend) {
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.teller").await;
    for round in 0..ROUNDS {
        let mut desk = at(&one, blank(round, 0), CARD);
        let task = desk.begin(issue("new")).await.ok();
        desk.show(&task).await.ok();
        let path = on(&task, "sign");
        let sign = |file: &str, challenge: String| json!({ "file": file, "challenge": challenge });
        let body = sign("vehicle", desk.tag.challenge("vehicle"));
        let forged = sign("vehicle", "00000000".into());
        let signed = tokio::join!(one.post(&path, body), other.post(&path, forged));
        one_of(signed, Code::NotShown);

        // The same attempt, sent twice.
        let body = sign("system", desk.tag.challenge("system"));
        let key = format!("sent-twice-{round}");
        let signed = tokio::join!(
            one.post_as(&key, &path, body.clone()),
            other.post_as(&key, &path, body.clone())
        );
        assert_eq!(signed.0.ok(), signed.1.ok());

        let file = file(here, &desk.tag).await;
        assert_eq!(file.tag.signed.signatures, 2);
        let [attempt] = &file.attempts.0[..] else {
            panic!("{:?}", file.attempts)
        };
        assert_eq!((attempt.parts.len(), attempt.outcome), (2, Outcome::Open));
    }
}

async fn of_two_tags_for_one_card_one_is_issued(here: &Backend, there: &Backend) {
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.supervisor").await;
    for round in 0..ROUNDS {
        let mut one = at(&one, blank(round, 0), CARD);
        let mut other = at(&other, blank(round, 1), CARD);
        let begun = tokio::join!(one.begin(issue("new")), other.begin(issue("new")));
        let (begun, also) = (begun.0.ok(), begun.1.ok());
        let states = [state(here, &begun).await, state(here, &also).await];
        let over = TagTaskState::Stopped(Code::TagTaskOver);
        assert!(
            [[TagTaskState::Open, over], [over, TagTaskState::Open]].contains(&states),
            "{states:?}"
        );
        // Whoever came first is told so at the next step.
        let shown = tokio::join!(one.show(&begun), other.show(&also));
        one_of(shown, Code::TagTaskOver);
        let (winner, loser) = match states[0] {
            TagTaskState::Open => (&mut one, &mut other),
            _ => (&mut other, &mut one),
        };
        winner.through(issue("new")).await;
        loser.begin(issue("new")).await.refused(Code::CardHasTag);
        let (won, lost) = (file(here, &winner.tag).await, file(here, &loser.tag).await);
        assert_eq!(won.pairing.unwrap().card, winner.card.number.parse().ok());
        assert_eq!((lost.pairing, lost.tag.signed.signatures), (None, 0));
        winner.through(cancel("wrong_data")).await;
    }
}

async fn a_tag_is_signed_for_one_of_two_cards(here: &Backend, there: &Backend) {
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.supervisor").await;
    for round in 0..ROUNDS {
        let mut one = at(&one, blank(round, 0), CARD);
        let mut other = at(&other, blank(round, 0), OTHER_CARD);
        let task = one.begin(issue("new")).await.ok();
        one.show(&task).await.ok();
        let (signed, begun) = tokio::join!(one.sign(&task, "vehicle"), other.begin(issue("new")));
        let file = file(here, &one.tag).await;
        let issue = file.tag.signed.issue;
        match is_ok(&signed) {
            true => {
                begun.refused(Code::TagInUse);
                assert_eq!(issue.as_deref(), task["id"].as_str());
            }
            false => {
                signed.refused(Code::TagTaskOver);
                assert_eq!((issue, file.tag.signed.signatures), (None, 0));
                assert_eq!(begun.ok()["id"], file.job.unwrap().id);
            }
        }
    }
}

async fn of_two_cards_of_one_vehicle_one_gets_a_tag(here: &Backend, there: &Backend) {
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.supervisor").await;
    for round in 0..ROUNDS {
        let mut one = at(&one, blank(round, 0), "normal");
        let mut other = at(&other, blank(round, 1), "same-plate");
        let begun = tokio::join!(one.begin(issue("new")), other.begin(issue("new")));
        let (begun, also) = (begun.0.ok(), begun.1.ok());
        let shown = tokio::join!(one.show(&begun), other.show(&also));
        let first = is_ok(&shown.0);
        one_of(shown, Code::TagTaskOver);
        let (winner, loser) = match first {
            true => (&mut one, &mut other),
            false => (&mut other, &mut one),
        };
        winner.through(issue("new")).await;
        loser.begin(issue("new")).await.refused(Code::CardHasTag);
        assert_eq!(file(here, &loser.tag).await.tag.signed.signatures, 0);
        winner.through(cancel("wrong_data")).await;
    }
}

/// 换卡 at one PC, 标签注销 at the other. Both are done, whoever was first.
async fn a_tag_that_is_cancelled_while_its_card_is_exchanged_belongs_to_nobody(
    here: &Backend,
    there: &Backend,
) {
    let channel = Channel::new(here, "demo.channel").await;
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.supervisor").await;
    for round in 0..ROUNDS {
        let plate = format!("甘B80{round}00");
        let mut opened = Vec::new();
        for name in ["old", "new"] {
            let number = format!("{name}-{round}");
            let id = channel.applied(new(&number, &plate)).await;
            one.post(&format!("/applications/{id}/open"), json!({}))
                .await
                .ok();
            opened.push(id);
        }
        let mut old = card_races::Desk::new(&one, card_races::blank(round, 0));
        let task = old.written(&opened[0], "new").await;
        old.show(&task).await.ok();
        let mut desk = Desk {
            counter: &other,
            tag: Laid::of(&blank(round, 0)),
            card: old.card,
        };
        desk.through(issue("new")).await;

        let mut next = card_races::Desk::new(&one, card_races::blank(round, 1));
        let task = next.written(&opened[1], "exchange").await;
        let gone = desk.begin(cancel("wrong_data")).await.ok();
        let ends = tokio::join!(next.show(&task), desk.show(&gone));
        assert_eq!(ends.0.ok()["task"]["state"], "done");
        assert_eq!(ends.1.ok()["task"]["state"], "done");

        let file = file(here, &desk.tag).await;
        assert_eq!(file.tag.status, CardStatus::Cancelled);
        assert_eq!(file.pairing, None);
        let of = async |card: &Plastic| {
            let card = here.store.card_file(card.number.parse().unwrap()).await;
            let of_card = here.store.of_card(&card.unwrap().unwrap().card).await;
            let history = of_card.unwrap().history;
            let ends = history.iter().map(|one| one.ended.unwrap().1);
            ends.collect::<Vec<_>>()
        };
        let ends = (of(&desk.card).await, of(&next.card).await);
        let moved_on = (vec![Ended::Exchanged], vec![Ended::Cancelled]);
        let left_behind = (vec![Ended::Cancelled], vec![]);
        assert!([moved_on, left_behind].contains(&ends), "{ends:?}");
    }
}

/// 换签 at one PC, 标签注销 of the old tag at the other.
async fn a_tag_is_exchanged_or_cancelled(here: &Backend, there: &Backend) {
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.supervisor").await;
    for round in 0..ROUNDS {
        let mut old = at(&other, blank(round, 0), CARD);
        old.through(issue("new")).await;
        let mut next = at(&one, blank(round, 1), CARD);
        let task = next.begin(issue("exchange")).await.ok();
        next.show(&task).await.ok();
        next.write(&task, "vehicle").await;
        next.write(&task, "system").await;
        let task = next.begin(issue("exchange")).await.ok();
        let gone = old.begin(cancel("wrong_data")).await.ok();
        let (done, gone) = tokio::join!(next.show(&task), old.show(&gone));
        assert_eq!(done.ok()["task"]["state"], "done");
        let ended = file(here, &old.tag).await;
        let living = file(here, &next.tag).await.pairing.unwrap();
        assert_eq!(living.card, next.card.number.parse().ok());
        let expected = match is_ok(&gone) {
            true => CardStatus::Cancelled,
            false => {
                gone.refused(Code::TagDamaged);
                CardStatus::Damaged
            }
        };
        assert_eq!((ended.tag.status, ended.pairing), (expected, None));
        next.through(cancel("wrong_data")).await;
    }
}
