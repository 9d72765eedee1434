//! The world of one run: cards, a ledger, and what goes wrong between them.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;

use apdu_core::apdu::{Command, Response};
use apdu_core::bcd::CardNumber;
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::fault::Code;
use apdu_core::flow::{KeptEvidence, Progress, Step};
use etc_api::{OutletKind, Role};
use etc_backend::desk::{Desk, Who};
use etc_backend::keys::SoftKeys;
use etc_backend::random::SeededRandom;
use etc_backend::sessions;
use etc_backend::store::{MemoryStore, Operator, Stock, StockCard, Store, Terminal};
use etc_sim::reader::Model;

use super::AMOUNT;
use super::books::Books;
use super::counter::Counter;
use super::faults::{Cut, Faults, Side, Tear};
use super::field::Laid;
use super::plastic::{Plastic, Subject, in_the_records};
use super::wire::Wire;
use crate::wait;

/// When every run begins: a day in September 2026, ms UTC.
pub const MORNING: i64 = 1_790_000_000_000;

/// The card of a world that has one only.
pub const CARD: &str = "62012201230100000017";

/// What every operator's password is.
pub const PASSWORD: &str = etc_backend::demo::PASSWORD;

/// Its hash, made with the least memory argon2 takes: what is tested here is not how long a guess takes.
const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$ZXhwbG9yZXItc2FsdC0wMQ\
                    $IGhmrSc6haf+lL8ISrtmjwz6fHmS6QUtkinL0kVcNO8";

/// Where the customer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outlet {
    /// Where the load begins.
    First,
    /// Any other, with a terminal of its own.
    Other,
    /// One more.
    Third,
}

impl Outlet {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::First, Self::Other, Self::Third];

    /// The one with this code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outlet| outlet.code() == code)
    }

    fn code(self) -> &'static str {
        match self {
            Self::First => "LZ01",
            Self::Other => "TS01",
            Self::Third => "ZY01",
        }
    }

    /// The number of its terminal.
    pub fn terminal(self) -> [u8; 6] {
        [1, 2, 3, 4, 5, 6 + self as u8]
    }
}

/// Operators of the world, beside one teller and one supervisor per outlet: two who only decide, and never
/// take money.
pub const DECIDERS: [&str; 2] = ["decider.one", "decider.two"];

/// A held-up request. It may be delivered in several forks of one world.
type Late = Rc<dyn Fn(&World)>;

/// Something that happens at other desks. It does not wait for anything itself.
type Meanwhile = Rc<dyn Fn(&World)>;

/// Everything there is in one run.
pub struct World {
    /// The cards.
    pub cards: Vec<Plastic>,
    /// The tags.
    pub tags: Vec<Laid>,
    /// The session with a tag, and how many there were.
    pub(super) tag_session: Cell<Option<PowerSession>>,
    tag_sessions: Cell<u32>,
    store: Arc<dyn Store>,
    /// The same store, where it is in memory: only there time is ours.
    memory: Option<Arc<MemoryStore>>,
    people: Rc<Vec<Who>>,
    keys: Rc<SoftKeys>,
    random: SeededRandom,
    forks: Cell<u64>,
    faults: RefCell<Faults>,
    awaits: RefCell<Vec<Side>>,
    /// The story's own tear, while it is still to come.
    pub tear: Cell<Option<Tear>>,
    /// Writes of the card that have left a mixed file.
    pub(super) torn: Cell<u32>,
    /// Writes of the card whose MAC was spoilt.
    pub(super) spoilt: Cell<u32>,
    panicked: Cell<bool>,
    late: RefCell<Vec<Late>>,
    attempts: Cell<u32>,
    /// Sets its idempotency keys apart from those of others on the same ledger.
    name: String,
    /// What happens at other desks while a page waits for the backend.
    meanwhile: RefCell<Option<Meanwhile>>,
    /// Amount of the next load, fen.
    pub amount: Cell<i64>,
    /// The reader between the page and the cards; without one their commands are cut, not their transfers.
    reader: Cell<Option<Model>>,
    /// What has happened, for whoever reads about a failure.
    pub trail: RefCell<Vec<String>>,
}

impl World {
    /// One card in the reader, and a ledger in memory that knows it.
    pub fn new(subject: &Subject) -> Self {
        let number = CARD.parse().expect("20 digits");
        Self::in_memory(&[(number, subject)], 1)
    }

    /// These cards, and a ledger in memory that knows them.
    pub fn in_memory(cards: &[(CardNumber, &Subject)], seed: u64) -> Self {
        let memory = Arc::new(MemoryStore::new(MORNING));
        Self::of(memory.clone(), Some(memory), cards, seed)
    }

    /// These cards, and a ledger in an empty store of any kind.
    pub fn of(
        store: Arc<dyn Store>,
        memory: Option<Arc<MemoryStore>>,
        cards: &[(CardNumber, &Subject)],
        seed: u64,
    ) -> Self {
        let random = SeededRandom::new(seed);
        let stock = stock(cards);
        wait(store.add(&stock)).expect("an empty store takes everything");
        let people = stock.operators.iter().map(|operator| {
            let terminals = stock.terminals.iter();
            let mut own = terminals.filter(|terminal| terminal.outlet == operator.outlet);
            let terminal = own.next().expect("every outlet has one").number;
            let opened = wait(sessions::open(&*store, &random, operator, terminal));
            opened.expect("a session opens").0
        });
        let people = Rc::new(people.collect());
        let keys = SoftKeys::from_toml(etc_backend::demo::KEYS).expect("the demo keys are good");
        let plastic = |(number, subject): &(CardNumber, &Subject)| Plastic::new(*number, subject);
        Self {
            cards: cards.iter().map(plastic).collect(),
            tags: Vec::new(),
            tag_session: Cell::default(),
            tag_sessions: Cell::default(),
            store,
            memory,
            people,
            keys: Rc::new(keys),
            random,
            forks: Cell::new(seed),
            faults: RefCell::new(Faults::Planned(Vec::new())),
            awaits: RefCell::default(),
            tear: Cell::new(None),
            torn: Cell::default(),
            spoilt: Cell::default(),
            panicked: Cell::new(false),
            late: RefCell::default(),
            attempts: Cell::new(0),
            name: "world".into(),
            meanwhile: RefCell::default(),
            amount: Cell::new(AMOUNT),
            reader: Cell::new(None),
            trail: RefCell::default(),
        }
    }

    /// Puts these tags and vehicles into the records, and the tags on the table.
    pub fn stock_tags(&mut self, stock: &Stock, tags: Vec<Laid>) {
        wait(self.store.add(stock)).expect("they are new");
        self.tags = tags;
    }

    /// The same ledger, and one card that is new to it.
    pub fn with_new_card(&self, number: CardNumber, subject: &Subject) -> Self {
        let card = StockCard {
            card: in_the_records(number, subject),
            holder: None,
        };
        let stock = Stock {
            cards: vec![card],
            ..Stock::default()
        };
        wait(self.store.add(&stock)).expect("the number is new");
        self.forks.set(self.forks.get().wrapping_mul(31) + 1);
        Self {
            cards: vec![Plastic::new(number, subject)],
            tags: Vec::new(),
            tag_session: Cell::default(),
            tag_sessions: Cell::default(),
            store: self.store.clone(),
            memory: self.memory.clone(),
            people: self.people.clone(),
            keys: self.keys.clone(),
            random: SeededRandom::new(self.forks.get()),
            forks: self.forks.clone(),
            faults: self.faults.clone(),
            awaits: RefCell::default(),
            tear: Cell::new(None),
            torn: Cell::default(),
            spoilt: Cell::default(),
            panicked: Cell::new(false),
            late: RefCell::default(),
            attempts: Cell::new(0),
            name: number.to_string(),
            meanwhile: RefCell::default(),
            amount: Cell::new(AMOUNT),
            reader: Cell::new(None),
            trail: RefCell::default(),
        }
    }

    /// The same world once more; from here on they go their own ways. Only a ledger in memory can do that.
    pub fn fork(&self) -> Self {
        let memory = Arc::new((*self.memory()).clone());
        // Ids and numbers of the fork are not those of its origin.
        self.forks.set(self.forks.get().wrapping_mul(31) + 1);
        Self {
            cards: self.cards.clone(),
            tags: self.tags.clone(),
            tag_session: self.tag_session.clone(),
            tag_sessions: self.tag_sessions.clone(),
            store: memory.clone(),
            memory: Some(memory),
            people: self.people.clone(),
            keys: self.keys.clone(),
            random: SeededRandom::new(self.forks.get()),
            forks: Cell::new(self.forks.get()),
            faults: self.faults.clone(),
            awaits: self.awaits.clone(),
            tear: self.tear.clone(),
            torn: self.torn.clone(),
            spoilt: self.spoilt.clone(),
            panicked: self.panicked.clone(),
            late: self.late.clone(),
            attempts: self.attempts.clone(),
            name: self.name.clone(),
            meanwhile: RefCell::default(),
            amount: self.amount.clone(),
            reader: self.reader.clone(),
            trail: self.trail.clone(),
        }
    }

    /// From here on the cards are in a reader of this kind, at the end of a USB cable.
    pub fn put_behind(&self, reader: Model) {
        self.reader.set(Some(reader));
    }

    /// Whether this world can be forked, and its time set.
    pub fn is_in_memory(&self) -> bool {
        self.memory.is_some()
    }

    /// The store in memory.
    pub fn memory(&self) -> &MemoryStore {
        self.memory.as_deref().expect("a ledger in memory")
    }

    /// The ledger is put back to what it was when `backup` was taken; the cards are what they are.
    pub fn restore(&mut self, backup: &MemoryStore) {
        let now = wait(self.memory().now()).expect("memory does not fail");
        let memory = Arc::new(backup.clone());
        memory.set_now(now);
        self.store = memory.clone();
        self.memory = Some(memory);
    }

    /// The first card.
    pub fn plastic(&self) -> &Plastic {
        &self.cards[0]
    }

    /// What is to go wrong from here on; awaits are counted anew.
    pub fn plan(&self, faults: Faults) {
        *self.faults.borrow_mut() = faults;
        self.awaits.borrow_mut().clear();
    }

    /// The awaits so far, in order.
    pub fn awaits(&self) -> Vec<Side> {
        self.awaits.borrow().clone()
    }

    /// The next visit: a moment later, with the card in the reader as people leave it there. A page that
    /// panicked has left it under power; any other tab meets it anew.
    pub fn next_visit(&self, card: usize) {
        if !self.panicked.replace(false) {
            self.cards[card].put_in();
        }
        self.pass(1_000);
    }

    /// Time passes, where it is ours.
    pub fn pass(&self, ms: i64) {
        if let Some(memory) = &self.memory {
            memory.advance(ms);
        }
    }

    /// Held-up requests arrive now.
    pub fn deliver_late_requests(&self) {
        for request in self.late.take() {
            request(self);
        }
    }

    /// One held-up request arrives, if there is any.
    pub fn deliver_a_late_request(&self) {
        let next = self.late.borrow_mut().pop();
        if let Some(request) = next {
            request(self);
        }
    }

    pub(super) fn hold_up(&self, request: Late) {
        self.late.borrow_mut().push(request);
    }

    /// From here on this happens whenever a page asks the backend.
    pub fn set_meanwhile(&self, what: Option<Meanwhile>) {
        *self.meanwhile.borrow_mut() = what;
    }

    pub(super) fn meanwhile(&self) {
        // Not while it happens already.
        let what = self.meanwhile.borrow_mut().take();
        if let Some(what) = what {
            what(self);
            self.set_meanwhile(Some(what));
        }
    }

    /// What was held up never arrives.
    pub fn lose_late_requests(&self) {
        self.late.borrow_mut().clear();
    }

    /// Everybody signs in anew.
    pub fn sign_in_anew(&mut self) {
        let open = |who: &Who| {
            let operator = wait(self.store.operator(&who.operator)).expect("the store answers");
            let operator = operator.expect("an operator of this world");
            let opened = sessions::open(&*self.store, &self.random, &operator, who.terminal);
            wait(opened).expect("a session opens").0
        };
        self.people = Rc::new(self.people.iter().map(open).collect());
    }

    /// What the ledger and the cards say, compared.
    pub fn books(&self) -> Books {
        Books::of(self)
    }

    /// The desk itself.
    pub fn backend(&self) -> Desk<'_> {
        Desk {
            store: &*self.store,
            keys: &*self.keys,
            random: &self.random,
        }
    }

    /// An operator who is signed in.
    pub fn person(&self, name: &str) -> Who {
        let found = self.people.iter().find(|who| who.operator == name);
        found.cloned().expect("an operator of this world")
    }

    /// The teller of an outlet.
    pub fn teller(&self, outlet: Outlet) -> Who {
        self.person(&format!("teller.{}", outlet.code()))
    }

    /// The supervisor of an outlet.
    pub fn supervisor(&self, outlet: Outlet) -> Who {
        self.person(&format!("super.{}", outlet.code()))
    }

    /// A teller's line to the backend.
    pub fn desk(&self, outlet: Outlet) -> Counter<'_> {
        Counter::new(self, self.teller(outlet))
    }

    /// A supervisor's line to the backend.
    pub fn supervisors_desk(&self, outlet: Outlet) -> Counter<'_> {
        Counter::new(self, self.supervisor(outlet))
    }

    /// The first card, as a flow reaches it.
    pub fn card(&self) -> Slot<'_> {
        self.slot(0)
    }

    /// A card, as a flow reaches it.
    pub fn slot(&self, card: usize) -> Slot<'_> {
        let wire = self.reader.get().map(|model| Wire::new(self, card, model));
        Slot {
            world: self,
            card,
            wire,
        }
    }

    /// A session with a tag begins; any other is over.
    pub(super) fn new_session(&self) -> PowerSession {
        self.tag_sessions.set(self.tag_sessions.get() + 1);
        let session = PowerSession(self.tag_sessions.get());
        self.tag_session.set(Some(session));
        session
    }

    /// A fresh idempotency key.
    pub fn new_key(&self) -> String {
        self.attempts.set(self.attempts.get() + 1);
        format!("{}-{}", self.name, self.attempts.get())
    }

    /// Counts an await and says what goes wrong at it.
    pub(super) fn next(&self, side: Side) -> Option<Cut> {
        let mut awaits = self.awaits.borrow_mut();
        let number = awaits.len();
        awaits.push(side);
        self.faults.borrow_mut().at(number, side)
    }

    /// Writes down what has happened.
    pub fn note(&self, what: impl Into<String>) {
        self.trail.borrow_mut().push(what.into());
    }

    /// What has happened, in one text.
    pub fn story(&self) -> String {
        self.trail.borrow().join("\n")
    }
}

/// Outlets, terminals, people and cards.
fn stock(cards: &[(CardNumber, &Subject)]) -> Stock {
    let mut stock = Stock::default();
    for outlet in Outlet::ALL {
        let code = outlet.code();
        stock.outlets.push(etc_api::Outlet {
            code: code.into(),
            name: code.into(),
            kind: OutletKind::Own,
            bank: None,
        });
        stock.terminals.push(Terminal {
            number: outlet.terminal(),
            outlet: code.into(),
        });
        let people = [("teller", Role::Teller), ("super", Role::Supervisor)];
        for (what, role) in people {
            stock
                .operators
                .push(operator(&format!("{what}.{code}"), role, code));
        }
    }
    for name in DECIDERS {
        stock
            .operators
            .push(operator(name, Role::Supervisor, Outlet::First.code()));
    }
    stock
        .cards
        .extend(cards.iter().map(|(number, subject)| StockCard {
            card: in_the_records(*number, subject),
            holder: None,
        }));
    stock
}

fn operator(name: &str, role: Role, outlet: &str) -> Operator {
    Operator {
        name: name.into(),
        display_name: name.into(),
        role,
        outlet: outlet.into(),
        password: HASH.into(),
    }
}

/// UPDATE BINARY with a MAC.
fn is_secured_write(command: &[u8]) -> bool {
    command.starts_with(&[0x04, 0xD6])
}

/// The reader's slot with one of the cards in it.
pub struct Slot<'w> {
    world: &'w World,
    card: usize,
    /// The reader, where there is one in between.
    wire: Option<Wire<'w>>,
}

impl Slot<'_> {
    /// What goes wrong with this command: as planned, or as the story has it.
    fn cut(&self, command: &[u8]) -> Option<Cut> {
        const CREDIT: u8 = 0x52;
        let side = match is_secured_write(command) {
            true => Side::CardWrite,
            false => Side::Card,
        };
        let planned = self.world.next(side);
        let at_credit = command.get(1) == Some(&CREDIT);
        match self.world.tear.get().filter(|_| at_credit) {
            Some(tear) => {
                self.world.tear.set(None);
                Some(planned.unwrap_or(tear.into()))
            }
            None => planned,
        }
    }
}

impl Card for Slot<'_> {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        let card = &self.world.cards[self.card];
        Box::pin(async move {
            if let Some(wire) = &mut self.wire {
                return wire.connect().await;
            }
            if !card.in_reader.get() {
                return Err(NoAnswer::not_sent(Code::NoCard));
            }
            if !card.powered.replace(true) {
                card.power.set(card.power.get() + 1);
                card.chip.borrow_mut().power_on();
            }
            Ok(PowerSession(card.power.get()))
        })
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        let world = self.world;
        let card = &world.cards[self.card];
        Box::pin(async move {
            if let Some(wire) = &mut self.wire {
                return wire.transmit(session, command).await;
            }
            if !card.powered.get() || session != PowerSession(card.power.get()) {
                return Err(NoAnswer::not_sent(Code::CardGone));
            }
            let mut bytes = command.to_bytes();
            let cut = self.cut(&bytes);
            match cut {
                Some(Cut::PulledBefore) => {
                    card.pull();
                    return Err(NoAnswer::unknown(Code::CardGone));
                }
                Some(Cut::TabGoneBefore) => return pending().await,
                Some(Cut::PowerLost) => card.lose_power(),
                Some(Cut::TornWrite) => {
                    let is_mixed = card.tear(&bytes);
                    world.torn.set(world.torn.get() + u32::from(is_mixed));
                }
                Some(Cut::Spoilt) => {
                    world.spoilt.set(world.spoilt.get() + 1);
                    if let Some(last) = bytes.last_mut() {
                        *last ^= 0x01;
                    }
                }
                _ => {}
            }
            if !card.powered.get() {
                return Err(NoAnswer::unknown(Code::CardMute));
            }
            let answer = card.apdu(&bytes);
            match cut {
                Some(Cut::PulledAfter) => {
                    card.pull();
                    Err(NoAnswer::unknown(Code::CardGone))
                }
                Some(Cut::AnswerLost) => Err(NoAnswer::unknown(Code::ReaderTimeout)),
                Some(Cut::Panicked) => {
                    world.panicked.set(true);
                    pending().await
                }
                Some(Cut::TabGoneAfter) => pending().await,
                _ => Response::parse(&answer).map_err(|_| NoAnswer::unknown(Code::ReaderProtocol)),
            }
        })
    }
}

/// Nobody watches. The journal is not used, so that what is proved here holds without it.
pub struct Quiet;

impl Progress for Quiet {
    fn at(&mut self, _: Step) {}
    fn keep(&mut self, _: &KeptEvidence) {}
}
