//! The backend as a process, killed at any moment: with a request on its way, in the middle of a transaction,
//! between a commit and its answer.
//!
//! Tellers load cards as an honest page does. When it is over every card has what was paid for it, to the fen,
//! and everything that was ever answered is in the records.

mod service;
mod tags;

use std::cell::{Cell, RefCell};
use std::ffi::OsString;

use apdu_core::apdu::{Command, Response};
use apdu_core::authority::{Recharge, RechargeState};
use apdu_core::calendar;
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::fault::{Code, Fault};
use apdu_core::flow;
use etc_backend::demo;
use etc_backend::ledger::{Spender, State};
use etc_backend::store::{DatabaseStore, RecordSearch, Stock, StockCard, Store};
use etc_sim::card::{Knobs, ProofsKept, TollCard};
use etc_tests::explore::{AMOUNT, Plastic, Quiet, Subject, in_the_records};
use etc_tests::scratch::Scratch;
use serde_json::json;

use crate::bench::password;
use service::{Line, Service};

/// Each teller loads so many cards, each so often.
const CARDS: usize = 3;
const LOADS: usize = 4;
const TELLERS: [&str; 3] = ["demo.teller", "demo.tianshui", "demo.supervisor"];

/// Gives a card its tries back.
const SUPERVISOR: &str = "demo.supervisor2";

/// Whatever is cut off, a card needs no more visits than these until its load is done.
const VISITS: usize = 60;

/// Fewer kills would prove little.
const KILLS: usize = 12;

#[tokio::test]
async fn a_backend_on_sqlite_may_be_killed_at_any_moment() {
    for seed in [1, 2] {
        survives(Scratch::sqlite(), 1, seed).await;
    }
}

#[tokio::test]
async fn a_backend_on_postgresql_may_be_killed_at_any_moment() {
    survives(Scratch::postgres().await, 1, 3).await;
}

#[tokio::test]
async fn of_two_backends_on_one_postgresql_each_may_be_killed_at_any_moment() {
    survives(Scratch::postgres().await, 2, 4).await;
}

async fn survives(scratch: Scratch, backends: usize, seed: u64) {
    let slots = slots(seed);
    let work = async |[one, two, three]: [Line<'_>; 3], supervisor: &Line<'_>| {
        let work = |teller, number: usize| {
            let cards = &slots[number * CARDS..][..CARDS];
            serve(teller, supervisor, cards)
        };
        tokio::join!(work(one, 0), work(two, 1), work(three, 2));
    };
    under_kills(&scratch, backends, seed, &stock(&slots), work).await;

    let store = scratch.open().await.unwrap();
    for slot in &slots {
        agree(&store, slot).await;
    }
    drawers_agree(&store).await;
    store.close().await;
    scratch.remove().await;
}

/// Has three tellers and a supervisor work on these records while backends are killed.
async fn under_kills(
    scratch: &Scratch,
    backends: usize,
    seed: u64,
    stock: &Stock,
    work: impl for<'s> AsyncFnOnce([Line<'s>; 3], &Line<'s>),
) {
    let store = scratch.open().await.unwrap();
    store.add(&demo::stock(password()).unwrap()).await.unwrap();
    store.add(stock).await.unwrap();
    store.close().await;

    let keys = Keys::new(seed);
    let mut arguments = scratch.records();
    arguments.extend([OsString::from("--keys"), keys.0.clone().into()]);
    let service = Service::start(arguments, backends, seed).await;
    let supervisor = Line::sign_in(&service, SUPERVISOR).await;
    let [one, two, three] = TELLERS.map(|operator| Line::sign_in(&service, operator));
    let (one, two, three) = tokio::join!(one, two, three);
    service.be_cruel();
    work([one, two, three], &supervisor).await;
    service.be_kind();
    let kills = service.kills.get();
    service.end().await;
    assert!(kills >= KILLS, "{kills} kills");
}

/// A key file that is no toy's by its word, and goes away with the test.
struct Keys(std::path::PathBuf);

impl Keys {
    fn new(seed: u64) -> Self {
        let name = format!("etc-killed-{}-{seed}.toml", std::process::id());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, demo::KEYS.replace("demo = true\n", "")).unwrap();
        Self(file)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A card in a reader.
struct Slot {
    plastic: Plastic,
    subject: Subject,
    powered: Cell<u32>,
    /// What happened to it, for whoever has to find out why.
    told: RefCell<Vec<String>>,
}

/// Cards of each teller: one that keeps its last proof, one that keeps none, one with another PIN's form.
fn slots(seed: u64) -> Vec<Slot> {
    let card = |number: usize| {
        let mut knobs = Knobs::default();
        if number % CARDS == 1 {
            knobs.proofs_kept = ProofsKept::None;
        }
        let subject = Subject::new("a card", knobs);
        let digits = format!("62012201230100{seed:03}{number:03}");
        Slot {
            plastic: Plastic::new(digits.parse().unwrap(), &subject),
            subject,
            powered: Cell::new(0),
            told: RefCell::default(),
        }
    };
    (0..TELLERS.len() * CARDS).map(card).collect()
}

fn stock(slots: &[Slot]) -> Stock {
    let card = |slot: &Slot| StockCard {
        card: in_the_records(slot.plastic.number, &slot.subject),
        holder: None,
    };
    Stock {
        cards: slots.iter().map(card).collect(),
        ..Stock::default()
    }
}

impl Slot {
    /// Out of the reader, and in again.
    fn put_in(&self) {
        self.plastic.put_in();
        self.plastic.chip.borrow_mut().power_on();
        self.powered.set(self.powered.get() + 1);
    }

    fn chip<T>(&self, look: impl FnOnce(&TollCard) -> T) -> T {
        look(&self.plastic.chip.borrow())
    }
}

impl Card for &Slot {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        Box::pin(async { Ok(PowerSession(self.powered.get())) })
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        Box::pin(async move {
            if session != PowerSession(self.powered.get()) {
                return Err(NoAnswer::not_sent(Code::CardGone));
            }
            let answer = self.plastic.apdu(&command.to_bytes());
            Response::parse(&answer).map_err(|_| NoAnswer::unknown(Code::CardGone))
        })
    }
}

/// A teller serves these cards, one load after the other.
async fn serve(mut teller: Line<'_>, supervisor: &Line<'_>, slots: &[Slot]) {
    for _ in 0..LOADS {
        for slot in slots {
            let mut paid = false;
            let mut done = false;
            for _ in 0..VISITS {
                slot.put_in();
                let ended = visit(&mut teller, slot, &mut paid).await;
                slot.told.borrow_mut().push(format!("{ended:?}"));
                match ended {
                    Ok(open) => done = paid && !open,
                    // A kill between the counting of a proof and its judgement takes a try away.
                    Err(fault) if fault.code == Code::ProofsLocked => {
                        teller.sign_in_anew().await;
                        let path = format!("cards/{}/unlock", slot.plastic.number);
                        supervisor.approve(&path, SUPERVISOR).await.unwrap();
                    }
                    Err(_) => {}
                }
                if done {
                    break;
                }
            }
            assert!(done, "never done: {:#?}", slot.told.borrow());
        }
    }
}

/// One visit: what is open is written, or else a new load unless it was `paid` before. Whether something is
/// still open.
async fn visit(teller: &mut Line<'_>, slot: &Slot, paid: &mut bool) -> Result<bool, Fault> {
    let mut card = slot;
    let mut met = flow::meet(&mut card, teller, &mut Quiet).await?;
    let record = match met.sighted.open.clone() {
        Some(record) => record,
        None if *paid => return Ok(false),
        None => {
            let record = flow::prepare(&mut card, teller, &mut Quiet, &mut met, AMOUNT).await?;
            // The money lies on the counter: what becomes of it is asked until it is known.
            let payment = json!({ "kind": "cash", "amount": AMOUNT });
            let path = format!("recharges/{}/payment", record.id);
            let record = teller.insist(&path, payment).await?;
            *paid = true;
            serde_json::from_value::<Recharge>(record).unwrap()
        }
    };
    assert!(matches!(
        record.state,
        RechargeState::Paid | RechargeState::Loading
    ));
    flow::write(&mut card, teller, &mut Quiet, &mut met, &record).await?;
    Ok(false)
}

/// What the card took is what the records say, fen by fen and counter by counter.
async fn agree(store: &DatabaseStore, slot: &Slot) {
    let number = slot.plastic.number;
    let told = || slot.told.borrow().join("\n");
    let search = RecordSearch {
        card: Some(number),
        limit: u32::MAX,
        ..RecordSearch::default()
    };
    let mut loaded = Vec::new();
    for (record, _) in store.find_records(&search).await.unwrap() {
        let payment = store.payment(&record.id).await.unwrap();
        match record.state {
            State::Loaded(proof) => {
                assert_eq!(payment.unwrap().amount, record.amount);
                loaded.push((proof.counter, record.amount, proof.balance_after, record.id));
            }
            // Opened, and its answer lost: no money was taken for it.
            State::Created | State::Closed => assert_eq!(payment, None),
            state => panic!("{state:?}\n{}", told()),
        }
    }
    loaded.sort();
    assert_eq!(loaded.len(), LOADS, "{}", told());
    let known: Vec<_> = loaded
        .iter()
        .map(|&(counter, fen, after, _)| (counter, fen, after))
        .collect();
    let taken = slot.chip(|chip| chip.credits().to_vec());
    let taken_by_card: Vec<_> = taken
        .iter()
        .map(|one| (one.counter, one.amount, one.balance))
        .collect();
    assert_eq!(taken_by_card, known, "{}", told());

    // Each of them was authorised once, and is in the book.
    let authorised = store.authorisations_from(number, 0).await.unwrap();
    for credit in &taken {
        let same = authorised.iter().filter(|one| {
            let (date, time) = calendar::date_time(one.second);
            (one.counter, one.amount, one.terminal, date.0, time.0)
                == (
                    credit.counter,
                    credit.amount,
                    credit.stamp.terminal,
                    credit.stamp.date,
                    credit.stamp.time,
                )
        });
        assert_eq!(same.count(), 1);
    }
    for row in store.book(number, 0).await.unwrap() {
        let record = loaded.iter().find(|(counter, ..)| *counter == row.counter);
        assert_eq!(row.spender, Spender::Ours(record.unwrap().3.clone()));
    }

    // The trail has no gap, and a line for everything that was done.
    let chain = store.audit_chain(number).await.unwrap();
    let mut before = [0; 32];
    for (place, sealed) in (1..).zip(&chain) {
        assert_eq!(
            (sealed.line.number, sealed.hash),
            (place, sealed.line.hash(before))
        );
        before = sealed.hash;
    }
    let lines = |event: &str| chain.iter().filter(|one| one.line.event == event).count();
    assert_eq!(lines("paid"), LOADS);
    assert_eq!(lines("authorised"), authorised.len());
}

/// Every coin that was taken lies in a drawer.
async fn drawers_agree(store: &DatabaseStore) {
    let drawers = store.drawers(0, i64::MAX).await.unwrap();
    let taken: i64 = drawers.iter().map(|drawer| drawer.taken).sum();
    let loads = (TELLERS.len() * CARDS * LOADS) as i64;
    assert_eq!(taken, loads * AMOUNT);
}
