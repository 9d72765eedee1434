//! Two PCs, each with a backend of its own on one database, ask about the same application or card at the same
//! moment.

use std::sync::Arc;

use apdu_core::authority::CardTaskState;
use apdu_core::fault::Code;
use apdu_core::hex::encode;
use etc_api::ApplicationState;
use etc_backend::demo;
use etc_backend::keys::SoftKeys;
use etc_backend::ledger::{ApplicationFile, CardHistory, Outcome};
use etc_backend::store::{CardStore, DatabaseStore, Stock, StockCard, Store};
use etc_sim::card::{Knobs, Personalisation, TollCard};
use etc_tests::scratch::Scratch;
use serde_json::{Value, json};

use crate::applications::{Channel, new};
use crate::bench::{Answer, Bench, Counter, Plastic, password};

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
    a_batch_that_comes_twice_at_once_is_taken_once
    of_two_who_open_an_application_one_does
    an_application_is_opened_or_taken_back
    of_two_cards_for_one_application_one_is_issued
    a_card_is_signed_for_one_of_two_applications
    of_two_showings_at_once_one_is_taken
    of_two_signatures_at_once_one_is_given
    a_card_that_is_done_at_two_pcs_is_issued_once
    a_card_of_elsewhere_is_taken_in_once
    of_two_cards_for_one_vehicle_one_is_issued
    a_vehicle_gets_a_card_here_or_one_of_elsewhere
}

type Backend = Bench<DatabaseStore>;

/// Two backends on this database, with two blank cards more for each round.
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
    add_blanks(&mut stock);
    stock
}

/// The blank cards of every round.
pub fn add_blanks(stock: &mut Stock) {
    let free = Plastic::new("card-new").number;
    let is_it = |card: &&StockCard| card.card.number.to_string() == free;
    let free = stock.cards.iter().find(is_it).unwrap().clone();
    for (round, half) in (0..ROUNDS).flat_map(|round| [(round, 0), (round, 1)]) {
        let mut card = free.clone();
        card.card.number = blank(round, half).number.parse().unwrap();
        stock.cards.push(card);
    }
}

/// A blank card of a round.
pub fn blank(round: u8, half: u8) -> Plastic {
    let number = [0x22, 0x01, 0x23, 0x01, 0x00, 0x09, half, round];
    let person = Personalisation::blank(number, 0x00);
    Plastic::of(TollCard::new(&person, Knobs::default(), u64::from(round)))
}

/// A PC with a card.
pub struct Desk<'a> {
    counter: &'a Counter<'a, DatabaseStore>,
    pub card: Plastic,
}

impl<'a> Desk<'a> {
    pub fn new(counter: &'a Counter<'a, DatabaseStore>, card: Plastic) -> Self {
        Self { counter, card }
    }

    async fn begin(&self, application: &str) -> Answer {
        self.begin_as(application, "new").await
    }

    async fn begin_as(&self, application: &str, mode: &str) -> Answer {
        let card = &self.card;
        let body = json!({
            "work": { "kind": "issue", "application": application, "mode": mode },
            "card": { "number": card.number, "issue": encode(card.card.issue_file()) },
        });
        self.counter.post("/card-tasks", body).await
    }

    fn whole(&mut self, task: &Value) -> Value {
        let init = &task["presence"]["init"];
        let answer = self.card.init(init);
        json!({
            "holder": encode(self.card.card.holder_file()),
            "issue": encode(self.card.card.issue_file()),
            "presence": { "answer": answer, "terminal": init["terminal"] },
        })
    }

    pub async fn show(&mut self, task: &Value) -> Answer {
        let shown = self.whole(task);
        self.counter.post(&on(task, "show"), shown).await
    }

    /// Selects the file, and asks for the command that writes it.
    fn challenge(&mut self, file: &str) -> Value {
        self.card.apdu(match file {
            "holder" => "00A40000023F00",
            _ => "00A40000021001",
        });
        json!({ "file": file, "challenge": self.card.apdu("0084000004") })
    }

    async fn sign(&mut self, task: &Value, file: &str) -> Answer {
        let body = self.challenge(file);
        self.counter.post(&on(task, "sign"), body).await
    }

    async fn write(&mut self, task: &Value, file: &str) {
        let signed = self.sign(task, file).await.ok();
        self.card.apdu(signed["command"].as_str().unwrap());
    }

    /// Writes both files of a card that was shown.
    async fn write_both(&mut self, task: &Value) {
        self.write(task, "holder").await;
        self.write(task, "issue").await;
    }

    /// Begins, and writes both files: all but the showing that ends it.
    pub async fn written(&mut self, application: &str, mode: &str) -> Value {
        let task = self.begin_as(application, mode).await.ok();
        let told = self.show(&task).await.ok();
        self.write_both(&told["task"]).await;
        told["task"].clone()
    }
}

fn on(task: &Value, action: &str) -> String {
    format!("/card-tasks/{}/{action}", task["id"].as_str().unwrap())
}

fn at(application: &str, action: &str) -> String {
    format!("/applications/{application}/{action}")
}

/// An application of a round, with the plate of its own that it is for.
async fn applied(channel: &Channel<'_, DatabaseStore>, round: u8, half: u8) -> String {
    let number = format!("{round}-{half}");
    channel
        .applied(new(&number, &format!("甘B9{half}{round}00")))
        .await
}

/// The same, taken up by this teller.
async fn opened(
    channel: &Channel<'_, DatabaseStore>,
    teller: &Counter<'_, DatabaseStore>,
    round: u8,
    half: u8,
) -> String {
    let id = applied(channel, round, half).await;
    teller.post(&at(&id, "open"), json!({})).await.ok();
    id
}

async fn history(backend: &Backend, card: &Plastic) -> CardHistory {
    let number = card.number.parse().unwrap();
    backend.store.card_history(number).await.unwrap().unwrap()
}

async fn file(backend: &Backend, application: &str) -> ApplicationFile {
    let file = backend.store.application_file(application).await;
    file.unwrap().unwrap()
}

async fn state(backend: &Backend, task: &Value) -> CardTaskState {
    let id = task["id"].as_str().unwrap();
    backend.store.card_job(id).await.unwrap().unwrap().state
}

fn is_ok(answer: &Answer) -> bool {
    (200..300).contains(&answer.status)
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

async fn a_batch_that_comes_twice_at_once_is_taken_once(here: &Backend, there: &Backend) {
    let one = Channel::new(here, "demo.channel").await;
    let other = one.through(there);
    for round in 0..ROUNDS {
        let plate = format!("甘B1000{round}");
        let same = json!([
            new(&format!("a{round}"), &plate),
            new(&format!("b{round}"), &plate)
        ]);
        let taken = tokio::join!(one.hand_in(same.clone()), other.hand_in(same));
        assert_eq!(taken.0.ok(), taken.1.ok());
        // The same number in two batches, at once.
        let number = format!("c{round}");
        let alone = json!([new(&number, &plate)]);
        let among = json!([new(&format!("d{round}"), &plate), new(&number, &plate)]);
        let taken = tokio::join!(one.hand_in(alone), other.hand_in(among));
        let (alone, among) = (taken.0.ok(), taken.1.ok());
        let sum = |name: &str| alone[name].as_u64().unwrap() + among[name].as_u64().unwrap();
        assert_eq!((sum("new"), sum("known")), (2, 1));
        let counter = here.counter("demo.teller").await;
        let query = format!("/applications?plate=%E7%94%98B1000{round}&plate_colour=0");
        let found = counter.get(&query).await.ok();
        assert_eq!(found["lines"].as_array().unwrap().len(), 4, "{found}");
    }
}

async fn of_two_who_open_an_application_one_does(here: &Backend, there: &Backend) {
    let channel = Channel::new(here, "demo.channel").await;
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.tianshui").await;
    for round in 0..ROUNDS {
        let id = applied(&channel, round, 0).await;
        let path = at(&id, "open");
        let opened = tokio::join!(one.post(&path, json!({})), other.post(&path, json!({})));
        let first = is_ok(&opened.0);
        one_of(opened, Code::ApplicationHeld);
        let lock = file(here, &id).await.applied.locked_by.unwrap();
        let expected = if first {
            "demo.teller"
        } else {
            "demo.tianshui"
        };
        assert_eq!(lock.operator, expected);
    }
}

async fn an_application_is_opened_or_taken_back(here: &Backend, there: &Backend) {
    let one = here.counter("demo.teller").await;
    let channel = Channel::new(there, "demo.channel").await;
    for round in 0..ROUNDS {
        let id = applied(&channel, round, 0).await;
        let path = at(&id, "open");
        let number = format!("{round}-0");
        let (opened, gone) = tokio::join!(one.post(&path, json!({})), channel.withdraw(&number));
        let applied = file(here, &id).await.applied;
        match is_ok(&opened) {
            true => {
                gone.refused(Code::ApplicationHeld);
                assert_eq!(applied.state, ApplicationState::Open);
            }
            false => {
                opened.refused(Code::ApplicationWithdrawn);
                gone.ok();
                assert_eq!(applied.state, ApplicationState::Withdrawn);
                assert_eq!(applied.locked_by, None);
            }
        }
    }
}

/// One teller at two PCs.
async fn of_two_cards_for_one_application_one_is_issued(here: &Backend, there: &Backend) {
    let channel = Channel::new(here, "demo.channel").await;
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.teller").await;
    for round in 0..ROUNDS {
        let id = opened(&channel, &one, round, 0).await;
        let mut one = Desk::new(&one, blank(round, 0));
        let mut other = Desk::new(&other, blank(round, 1));
        let begun = tokio::join!(one.begin(&id), other.begin(&id));
        let (begun, also) = (begun.0.ok(), begun.1.ok());
        let states = [state(here, &begun).await, state(here, &also).await];
        let over = CardTaskState::Stopped(Code::CardTaskOver);
        assert!(
            [[CardTaskState::Open, over], [over, CardTaskState::Open]].contains(&states),
            "{states:?}"
        );
        // Whoever came first is told so at the next step.
        let shown = tokio::join!(one.show(&begun), other.show(&also));
        let first = is_ok(&shown.0);
        let told = one_of(shown, Code::CardTaskOver);
        let (winner, loser) = match first {
            true => (&mut one, &mut other),
            false => (&mut other, &mut one),
        };
        winner.write_both(&told["task"]).await;
        let done = winner.show(&told["task"]).await.ok();
        assert_eq!(done["task"]["state"], "done");
        loser.begin(&id).await.refused(Code::ApplicationIssued);
        assert!(history(here, &winner.card).await.file.card.stock.is_issued);
        let lost = history(here, &loser.card).await.file.card.stock;
        assert_eq!(
            (lost.is_issued, lost.issue, lost.signatures),
            (false, None, 0)
        );
    }
}

/// Two tellers, each with an application of their own, and one card that both have read.
async fn a_card_is_signed_for_one_of_two_applications(here: &Backend, there: &Backend) {
    let channel = Channel::new(here, "demo.channel").await;
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.supervisor").await;
    for round in 0..ROUNDS {
        let (own, others) = (
            opened(&channel, &one, round, 0).await,
            opened(&channel, &other, round, 1).await,
        );
        let mut one = Desk::new(&one, blank(round, 0));
        let other = Desk::new(&other, blank(round, 0));
        let task = one.begin(&own).await.ok();
        one.show(&task).await.ok();
        let (signed, begun) = tokio::join!(one.sign(&task, "holder"), other.begin(&others));
        let kept = history(here, &one.card).await;
        let stock = kept.file.card.stock;
        let states = [file(here, &own).await, file(here, &others).await];
        let states = states.map(|file| file.applied.state);
        match is_ok(&signed) {
            true => {
                begun.refused(Code::CardTaken);
                assert_eq!(stock.issue.as_deref(), task["id"].as_str());
                assert_eq!(states, [ApplicationState::Begun, ApplicationState::Open]);
            }
            false => {
                signed.refused(Code::CardTaskOver);
                assert_eq!((stock.issue, stock.signatures), (None, 0));
                assert_eq!(begun.ok()["id"], kept.job.unwrap().id);
                assert_eq!(states, [ApplicationState::Open; 2]);
            }
        }
    }
}

async fn of_two_showings_at_once_one_is_taken(here: &Backend, there: &Backend) {
    let channel = Channel::new(here, "demo.channel").await;
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.teller").await;
    for round in 0..ROUNDS {
        let id = opened(&channel, &one, round, 0).await;
        let mut desk = Desk::new(&one, blank(round, 0));
        let task = desk.begin(&id).await.ok();
        let (path, shown) = (on(&task, "show"), desk.whole(&task));
        let told = tokio::join!(
            one.post(&path, shown.clone()),
            other.post(&path, shown.clone())
        );
        // The proof of a showing is good once.
        let told = one_of(told, Code::CardNotPresent);
        assert_eq!(told["next"], json!(["holder", "issue"]));
    }
}

async fn of_two_signatures_at_once_one_is_given(here: &Backend, there: &Backend) {
    let channel = Channel::new(here, "demo.channel").await;
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.teller").await;
    for round in 0..ROUNDS {
        let id = opened(&channel, &one, round, 0).await;
        let mut desk = Desk::new(&one, blank(round, 0));
        let task = desk.begin(&id).await.ok();
        desk.show(&task).await.ok();
        let path = on(&task, "sign");
        let body = desk.challenge("holder");
        let forged = json!({ "file": "holder", "challenge": "00000000" });
        let signed = tokio::join!(one.post(&path, body), other.post(&path, forged));
        one_of(signed, Code::CardNotShown);

        // The same attempt, sent twice.
        let body = desk.challenge("issue");
        let key = format!("sent-twice-{round}");
        let signed = tokio::join!(
            one.post_as(&key, &path, body.clone()),
            other.post_as(&key, &path, body.clone())
        );
        assert_eq!(signed.0.ok(), signed.1.ok());

        let history = history(here, &desk.card).await;
        assert_eq!(history.file.card.stock.signatures, 2);
        let [attempt] = &history.attempts.0[..] else {
            panic!("{:?}", history.attempts)
        };
        assert_eq!((attempt.parts.len(), attempt.outcome), (2, Outcome::Open));
    }
}

async fn a_card_that_is_done_at_two_pcs_is_issued_once(here: &Backend, there: &Backend) {
    let channel = Channel::new(here, "demo.channel").await;
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.tianshui").await;
    for round in 0..ROUNDS {
        let id = opened(&channel, &one, round, 0).await;
        let mut desk = Desk::new(&one, blank(round, 0));
        let task = desk.begin(&id).await.ok();
        let told = desk.show(&task).await.ok();
        desk.write_both(&told["task"]).await;
        // What the card holds is enough; who shows it, and without a proof, is all the same.
        let mut shown = desk.whole(&told["task"]);
        shown["presence"] = Value::Null;
        let path = on(&task, "show");
        let done = tokio::join!(
            one.post(&path, shown.clone()),
            other.post(&path, shown.clone())
        );
        for done in [done.0, done.1] {
            assert_eq!(done.ok()["task"]["state"], "done");
        }
        let kept = file(here, &id).await;
        assert_eq!(kept.applied.state, ApplicationState::Issued);
        assert_eq!(kept.attempts.0.len(), 1);
        assert_eq!(kept.attempts.0[0].outcome, Outcome::Verified);
        let card = history(here, &desk.card).await.file.card;
        assert!(card.stock.is_issued);
        let number = desk.card.number.parse().unwrap();
        let of_vehicle = here.store.card_of_vehicle(&card.plate, 0).await;
        assert_eq!(of_vehicle.unwrap(), Some(number));
        let taken_back = channel.withdraw(&format!("{round}-0")).await;
        taken_back.refused(Code::ApplicationIssued);
    }
}

/// A card of a round that is in no stock, issued; the halves have one plate.
fn of_elsewhere(round: u8, half: u8) -> Plastic {
    let person = Personalisation {
        start: [0x20, 0x24, 0x01, 0x15],
        expiry: [0x20, 0x34, 0x01, 0x14],
        // 甘A6600…
        plate: [b"\xB8\xCAA6600", &[b'0' + round][..]].concat(),
        vehicle_class: 1,
        ..Personalisation::factory([0x22, 0x01, 0x23, 0x01, 0x00, 0x08, half, round])
    };
    Plastic::of(TollCard::new(&person, Knobs::default(), u64::from(round)))
}

/// What a card shows to be taken in, with the proof that this counter was offered.
async fn offered(counter: &Counter<'_, DatabaseStore>, card: &mut Plastic) -> Value {
    let issue = encode(card.card.issue_file());
    let to = format!("/cards/{}/take-in/offer", card.number);
    let offer = counter.post(&to, json!({ "issue": issue })).await.ok();
    let init = &offer["init"];
    let presence = json!({ "answer": card.init(init), "terminal": init["terminal"] });
    let holder = encode(card.card.holder_file());
    json!({ "holder": holder, "issue": issue, "presence": presence })
}

async fn a_card_of_elsewhere_is_taken_in_once(here: &Backend, there: &Backend) {
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.tianshui").await;
    for round in 0..ROUNDS {
        let mut card = of_elsewhere(round, 0);
        let to = format!("/cards/{}/take-in", card.number);
        let mut shown = Vec::new();
        for counter in [&one, &other] {
            shown.push(offered(counter, &mut card).await);
        }
        // The same request comes twice from here, and another from there.
        let key = here.fresh_key();
        let (first, again, third) = tokio::join!(
            one.post_as(&key, &to, shown[0].clone()),
            one.post_as(&key, &to, shown[0].clone()),
            other.post(&to, shown[1].clone()),
        );
        match third.status {
            204 => {
                first.refused(Code::CardAlreadyKnown);
                again.refused(Code::CardAlreadyKnown);
            }
            _ => {
                assert_eq!((first.status, again.status), (204, 204));
                third.refused(Code::CardAlreadyKnown);
            }
        }
        let number = card.number.parse().unwrap();
        let kept = here.store.card_file(number).await.unwrap().unwrap();
        assert_eq!(kept.card.revision, 1);
    }
}

/// Two applications for one vehicle, both for a new card, at two counters: both cards are written, and shown for the
/// last time at one moment.
async fn of_two_cards_for_one_vehicle_one_is_issued(here: &Backend, there: &Backend) {
    let channel = Channel::new(here, "demo.channel").await;
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.supervisor").await;
    for round in 0..ROUNDS {
        let plate = format!("甘B9000{round}");
        let mut written = Vec::new();
        for (half, counter) in [(0, &one), (1, &other)] {
            let id = channel
                .applied(new(&format!("{round}-{half}"), &plate))
                .await;
            counter.post(&at(&id, "open"), json!({})).await.ok();
            let mut desk = Desk::new(counter, blank(round, half));
            written.push(all_but_shown(&mut desk, &id).await);
        }
        let shown = tokio::join!(
            one.post(&written[0].0, written[0].1.clone()),
            other.post(&written[1].0, written[1].1.clone()),
        );
        let halves = [is_ok(&shown.0), is_ok(&shown.1)];
        one_of(shown, Code::VehicleHasCard);
        for (half, is_issued) in (0..).zip(halves) {
            let card = history(here, &blank(round, half)).await.file.card;
            assert_eq!(card.stock.is_issued, is_issued);
        }
    }
}

/// Does all for this application but the last showing: where it goes, and what it shows.
async fn all_but_shown(desk: &mut Desk<'_>, application: &str) -> (String, Value) {
    let task = desk.begin(application).await.ok();
    let told = desk.show(&task).await.ok();
    desk.write_both(&told["task"]).await;
    let mut shown = desk.whole(&told["task"]);
    shown["presence"] = Value::Null;
    (on(&task, "show"), shown)
}

/// A new card is finished while two others of the same vehicle, which were issued elsewhere, are taken in.
async fn a_vehicle_gets_a_card_here_or_one_of_elsewhere(here: &Backend, there: &Backend) {
    let channel = Channel::new(here, "demo.channel").await;
    let one = here.counter("demo.teller").await;
    let other = there.counter("demo.tianshui").await;
    let third = there.counter("demo.supervisor").await;
    for round in 0..ROUNDS {
        let application = new(&format!("{round}"), &format!("甘A6600{round}"));
        let id = channel.applied(application).await;
        one.post(&at(&id, "open"), json!({})).await.ok();
        let mut desk = Desk::new(&one, blank(round, 0));
        let (to, shown) = all_but_shown(&mut desk, &id).await;
        let mut cards = [of_elsewhere(round, 1), of_elsewhere(round, 2)];
        let taken_in = (
            offered(&other, &mut cards[0]).await,
            offered(&third, &mut cards[1]).await,
        );
        let path = |card: &Plastic| format!("/cards/{}/take-in", card.number);
        let paths = (path(&cards[0]), path(&cards[1]));
        let (issued, second, third) = tokio::join!(
            one.post(&to, shown),
            other.post(&paths.0, taken_in.0),
            third.post(&paths.1, taken_in.1),
        );
        let answers = [issued, second, third];
        let good = answers.iter().filter(|answer| is_ok(answer)).count();
        assert_eq!(good, 1, "{answers:?}");
        for refused in answers.into_iter().filter(|answer| !is_ok(answer)) {
            refused.refused(Code::VehicleHasCard);
        }
    }
}
