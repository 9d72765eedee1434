//! The world of one run: a card, a ledger, and what goes wrong between them.

use std::cell::{Cell, RefCell};
use std::fmt::{Debug, Write};
use std::future::pending;

use apdu_core::apdu::{Command, Response};
use apdu_core::authority::{
    Authorise, Authorised, Authority, CardProfile, CardStatus, CreateRecharge, Evidence, Pin,
    ProofCounter, Recharge, RecordId, Refusal, Sight, Sighted,
};
use apdu_core::bcd::{CardNumber, Date};
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::fault::Code;
use etc_api::{OutletKind, Payment, PaymentKind, Role};
use etc_backend::desk::{Attempt, Desk, Error, Who};
use etc_backend::keys::SoftKeys;
use etc_backend::ledger::{self, CardKind, Purse, State};
use etc_backend::random::SeededRandom;
use etc_backend::store::{MemoryStore, Stock, StockCard, Store};
use etc_sim::card::{self as plastic, PinForm, ProofsKept, TollCard};

use super::{AMOUNT, Subject};
use crate::run;

/// What goes wrong at one await.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The card is pulled before the command reaches it.
    PulledBefore,
    /// The card carries the command out and is pulled before its answer.
    PulledAfter,
    /// The card carries the command out and its answer is lost.
    AnswerLost,
    /// The tab ends before the call has any effect.
    TabGoneBefore,
    /// The tab ends after the call had its effect.
    TabGoneAfter,
    /// The backend is down.
    DownBefore,
    /// The backend commits, and its answer is lost.
    DownAfter,
    /// The request is held up on its way and arrives after everything else.
    Late,
    /// The request arrives twice.
    Doubled,
}

/// Which side of the page an await waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The card.
    Card,
    /// The backend.
    Desk,
}

impl Cut {
    /// Everything that can go wrong on that side.
    pub fn of(side: Side) -> &'static [Self] {
        match side {
            Side::Card => &[
                Self::PulledBefore,
                Self::PulledAfter,
                Self::AnswerLost,
                Self::TabGoneBefore,
                Self::TabGoneAfter,
            ],
            Side::Desk => &[
                Self::TabGoneBefore,
                Self::TabGoneAfter,
                Self::DownBefore,
                Self::DownAfter,
                Self::Late,
                Self::Doubled,
            ],
        }
    }
}

/// Where the customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlet {
    /// Where the load begins.
    First,
    /// Any other, with a terminal of its own.
    Other,
}

/// A held-up request.
type Late = Box<dyn FnOnce(&World)>;

/// Everything there is in one run.
pub struct World {
    card: RefCell<TollCard>,
    in_reader: Cell<bool>,
    power: Cell<u32>,
    powered: Cell<bool>,
    store: MemoryStore,
    keys: SoftKeys,
    random: SeededRandom,
    plan: Vec<(usize, Cut)>,
    awaits: RefCell<Vec<Side>>,
    late: RefCell<Vec<Late>>,
    attempts: Cell<u32>,
    cash: Cell<i64>,
}

impl World {
    /// A fresh card in the reader, a ledger that knows it, and what is to go wrong.
    pub fn new(subject: &Subject, plan: Vec<(usize, Cut)>) -> Self {
        let store = MemoryStore::new(1_790_000_000_000); // a day in September 2026
        let keys = SoftKeys::from_toml(etc_backend::demo::KEYS).expect("the demo keys are good");
        let number = "62012201230100000017".parse().expect("20 digits");
        let stock = Stock {
            cards: vec![StockCard {
                card: record_of(number, subject),
                holder: None,
            }],
            ..Stock::default()
        };
        run(store.add(&stock))
            .expect("memory does not wait")
            .expect("an empty store takes a card");
        Self {
            card: RefCell::new(plastic_of(number, subject)),
            in_reader: Cell::new(true),
            power: Cell::new(0),
            powered: Cell::new(false),
            store,
            keys,
            random: SeededRandom::new(1),
            plan,
            awaits: RefCell::default(),
            late: RefCell::default(),
            attempts: Cell::new(0),
            cash: Cell::new(0),
        }
    }

    /// A new tab meets the card anew: in the reader, without power.
    pub fn new_tab(&self) {
        self.card.borrow_mut().power_off();
        self.powered.set(false);
        self.in_reader.set(true);
        self.store.advance(1_000);
    }

    /// The awaits so far, in order.
    pub fn awaits(&self) -> Vec<Side> {
        self.awaits.borrow().clone()
    }

    /// The teller takes the customer's money, once.
    pub fn take_cash(&self) {
        self.cash.set(AMOUNT);
    }

    /// Whether the customer has what was paid for, as far as the ledger knows.
    pub fn is_served(&self) -> bool {
        self.sum(|state| matches!(state, State::Loaded(_))) == AMOUNT
    }

    /// Held-up requests arrive now.
    pub fn deliver_late_requests(&self) {
        for request in self.late.take() {
            request(self);
        }
    }

    /// What must hold at every moment: nothing on the card that was not paid, nothing called loaded
    /// that is not on the card.
    pub fn check_books(&self) {
        let credits = self.credits();
        let loaded = self.sum(|state| matches!(state, State::Loaded(_)));
        let paid: i64 = self
            .store
            .payments()
            .iter()
            .map(|p| i64::from(p.amount))
            .sum();
        assert!(
            credits <= paid,
            "{credits} on the card, {paid} paid: {:?}",
            self.plan
        );
        assert!(
            loaded <= credits,
            "{loaded} loaded, {credits} on the card: {:?}",
            self.plan
        );
        assert!(
            paid <= self.cash.get(),
            "{paid} paid, {} taken",
            self.cash.get()
        );
    }

    /// What must hold at the end: the customer has the money on the card, once; or the card has moved on
    /// without a proof and the record waits for a supervisor, still knowing its counter.
    pub fn check_books_at_rest(&self) -> String {
        let credits = self.credits();
        let loaded = self.sum(|state| matches!(state, State::Loaded(_)));
        let loading = self.sum(|state| matches!(state, State::Loading { .. }));
        let plan = &self.plan;
        assert_eq!(
            credits, AMOUNT,
            "the card was not loaded exactly once: {plan:?}"
        );
        assert_eq!(loaded + loading, AMOUNT, "money lies nowhere: {plan:?}");
        if self.card.borrow().knobs().proofs_kept != ProofsKept::None {
            assert_eq!(loaded, AMOUNT, "the card's proof was not used: {plan:?}");
        }
        let mut end = format!(
            "card {} at {}",
            credits,
            self.card.borrow().online_counter()
        );
        for record in self.store.records() {
            let _ = write!(end, ", {:?}", StateName(record.state));
        }
        let _ = write!(end, ", {} authorised", self.store.authorisations().len());
        end
    }

    fn credits(&self) -> i64 {
        let card = self.card.borrow();
        card.credits()
            .iter()
            .map(|credit| i64::from(credit.amount))
            .sum()
    }

    fn sum(&self, which: impl Fn(State) -> bool) -> i64 {
        let records = self.store.records();
        let chosen = records.iter().filter(|record| which(record.state));
        chosen.map(|record| i64::from(record.amount)).sum()
    }

    /// Counts an await and says what goes wrong at it.
    fn next(&self, side: Side) -> Option<Cut> {
        let mut awaits = self.awaits.borrow_mut();
        let number = awaits.len();
        awaits.push(side);
        let planned = self.plan.iter().find(|(at, _)| *at == number);
        planned.map(|&(_, cut)| cut)
    }

    fn pull(&self) {
        self.card.borrow_mut().power_off();
        self.powered.set(false);
        self.in_reader.set(false);
    }

    /// The card, as a flow reaches it.
    pub fn card(&self) -> Slot<'_> {
        Slot(self)
    }

    /// The backend, as a counter reaches it.
    pub(super) fn desk(&self, outlet: Outlet) -> Counter<'_> {
        Counter {
            world: self,
            who: who(outlet),
        }
    }

    fn new_key(&self) -> String {
        self.attempts.set(self.attempts.get() + 1);
        format!("attempt-{}", self.attempts.get())
    }
}

struct StateName(State);

impl Debug for StateName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            State::Created => "created",
            State::Paid => "paid",
            State::Loading { .. } => "loading",
            State::Loaded(_) => "loaded",
            State::Closed => "closed",
        })
    }
}

/// The reader's slot.
pub struct Slot<'w>(&'w World);

impl Card for Slot<'_> {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        let world = self.0;
        Box::pin(async move {
            if !world.in_reader.get() {
                return Err(NoAnswer::not_sent(Code::NoCard));
            }
            if !world.powered.replace(true) {
                world.power.set(world.power.get() + 1);
                world.card.borrow_mut().power_on();
            }
            Ok(PowerSession(world.power.get()))
        })
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        let world = self.0;
        Box::pin(async move {
            if !world.powered.get() || session != PowerSession(world.power.get()) {
                return Err(NoAnswer::not_sent(Code::CardGone));
            }
            let cut = world.next(Side::Card);
            match cut {
                Some(Cut::PulledBefore) => {
                    world.pull();
                    return Err(NoAnswer::unknown(Code::CardGone));
                }
                Some(Cut::TabGoneBefore) => return pending().await,
                _ => {}
            }
            let answer = world.card.borrow_mut().transmit(&command.to_bytes());
            match cut {
                Some(Cut::PulledAfter) => {
                    world.pull();
                    Err(NoAnswer::unknown(Code::CardGone))
                }
                Some(Cut::AnswerLost) => Err(NoAnswer::unknown(Code::ReaderTimeout)),
                Some(Cut::TabGoneAfter) => pending().await,
                _ => Response::parse(&answer).map_err(|_| NoAnswer::unknown(Code::ReaderProtocol)),
            }
        })
    }
}

/// A signed-in teller's line to the backend.
pub(super) struct Counter<'w> {
    world: &'w World,
    who: Who,
}

impl Counter<'_> {
    /// A fresh idempotency key.
    pub fn new_key(&self) -> String {
        self.world.new_key()
    }

    /// Confirms that the cash was taken.
    pub async fn pay(&self, record: &str, key: &str) -> Result<Recharge, Refusal> {
        let payment = Payment {
            kind: PaymentKind::Cash,
            amount: AMOUNT,
        };
        let record = record.to_owned();
        self.ask(key, move |desk, who, attempt| {
            run(desk.pay(who, attempt, &record, &payment))
        })
        .await
    }

    /// One request, with whatever goes wrong on its way.
    async fn ask<T: PartialEq + Debug + 'static>(
        &self,
        key: &str,
        request: impl Fn(&Desk<'_>, &Who, &Attempt) -> Option<Result<T, Error>> + 'static,
    ) -> Result<T, Refusal> {
        let attempt = Attempt {
            key: key.to_owned(),
            route: "POST".into(),
            body: [0; 32],
        };
        let who = self.who.clone();
        let deliver = move |world: &World| {
            let desk = Desk {
                store: &world.store,
                keys: &world.keys,
                random: &world.random,
            };
            let answer = request(&desk, &who, &attempt).expect("memory does not wait");
            answer.map_err(|error| Refusal { code: error.code() })
        };
        let lost = Refusal {
            code: Code::AnswerLost,
        };
        let world = self.world;
        match world.next(Side::Desk) {
            Some(Cut::TabGoneBefore) => pending().await,
            Some(Cut::TabGoneAfter) => {
                let _ = deliver(world);
                pending().await
            }
            Some(Cut::DownBefore) => Err(lost),
            Some(Cut::DownAfter) => {
                let _ = deliver(world);
                Err(lost)
            }
            Some(Cut::Late) => {
                let late: Late = Box::new(move |world| drop(deliver(world)));
                world.late.borrow_mut().push(late);
                Err(lost)
            }
            Some(Cut::Doubled) => {
                let first = deliver(world);
                let _ = deliver(world);
                first
            }
            _ => deliver(world),
        }
    }
}

impl Authority for Counter<'_> {
    fn sight<'a>(
        &'a mut self,
        card: CardNumber,
        sight: &'a Sight,
    ) -> Answer<'a, Result<Sighted, Refusal>> {
        let sight = sight.clone();
        let key = self.new_key();
        Box::pin(async move {
            self.ask(&key, move |desk, who, _| run(desk.sight(who, card, &sight)))
                .await
        })
    }

    fn create<'a>(
        &'a mut self,
        request: &'a CreateRecharge,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        let request = request.clone();
        let key = self.new_key();
        Box::pin(async move {
            self.ask(&key, move |desk, who, attempt| {
                run(desk.create(who, attempt, &request))
            })
            .await
        })
    }

    fn authorise<'a>(
        &'a mut self,
        record: &'a RecordId,
        request: &'a Authorise,
    ) -> Answer<'a, Result<Authorised, Refusal>> {
        let (record, request) = (record.clone(), request.clone());
        let key = self.new_key();
        Box::pin(async move {
            self.ask(&key, move |desk, who, attempt| {
                run(desk.authorise(who, attempt, &record, &request))
            })
            .await
        })
    }

    fn confirm<'a>(
        &'a mut self,
        record: &'a RecordId,
        evidence: &'a Evidence,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        let (record, evidence) = (record.clone(), evidence.clone());
        let key = self.new_key();
        Box::pin(async move {
            self.ask(&key, move |desk, who, attempt| {
                run(desk.confirm(who, attempt, &record, &evidence))
            })
            .await
        })
    }
}

fn who(outlet: Outlet) -> Who {
    let (code, terminal) = match outlet {
        Outlet::First => ("LZ01", 6),
        Outlet::Other => ("TS01", 7),
    };
    Who {
        operator: format!("teller.{code}"),
        name: "Teller".into(),
        role: Role::Teller,
        outlet: etc_api::Outlet {
            code: code.into(),
            name: code.into(),
            kind: OutletKind::Own,
        },
        terminal: [1, 2, 3, 4, 5, terminal],
        session: [terminal; 32],
    }
}

/// The plastic: the demo's first card, with the subject's ways.
fn plastic_of(number: CardNumber, subject: &Subject) -> TollCard {
    let person = plastic::Personalisation {
        balance: 3_000,
        counter: 5,
        plate: b"\xB8\xCAA12345".to_vec(),
        start: [0x20, 0x24, 0x01, 0x15],
        expiry: [0x20, 0x34, 0x01, 0x14],
        vehicle_class: 1,
        ..plastic::Personalisation::factory(number.serial)
    };
    TollCard::new(&person, subject.knobs, 1)
}

/// The same card in the records.
fn record_of(number: CardNumber, subject: &Subject) -> ledger::Card {
    let knobs = &subject.knobs;
    let digits = "123456".to_owned();
    ledger::Card {
        number,
        kind: CardKind::StoredValue,
        version: 0x40,
        start: Date([0x20, 0x24, 0x01, 0x15]),
        expiry: Date([0x20, 0x34, 0x01, 0x14]),
        plate: "甘A12345".into(),
        plate_colour: 0,
        vehicle_class: 1,
        status: CardStatus::Normal,
        profile: CardProfile {
            pin: match knobs.pin.form {
                PinForm::None => Pin::None,
                PinForm::Ascii6 => Pin::Ascii6(digits),
                PinForm::Bcd3 => Pin::Bcd3(digits),
            },
            issue_file_length: knobs.issue_file_length,
            proof_counter: match knobs.proof_counter {
                _ if subject.ask_both => ProofCounter::Both,
                plastic::ProofCounter::After => ProofCounter::After,
                plastic::ProofCounter::Before => ProofCounter::Before,
                plastic::ProofCounter::Both => ProofCounter::Both,
            },
        },
        purse: Purse {
            key_index: 1,
            refuses_one_fen: knobs.refuses_one_fen,
            refuses_odd_terminals: knobs.refuses_odd_terminals,
        },
        proved_counter: 0,
        revision: 0,
    }
}
