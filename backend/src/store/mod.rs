//! What is kept, behind one trait.
//!
//! The store decides nothing. It executes the rows of a [`Change`] in one transaction, or none of
//! them: a card whose revision has moved on, a record whose version has, or a row that a unique
//! index refuses, undoes all.

pub(crate) mod applications;
mod cards;
mod database;
mod memory;
#[cfg(test)]
mod suite;
mod tags;

use std::error::Error;

use apdu_core::bcd::CardNumber;
use async_trait::async_trait;
use etc_api::{Outlet, Role};

use crate::audit::{Entry, Sealed};
use crate::ledger::limits::Day;
use crate::ledger::{
    Approval, Authorisation, BookRow, Card, CardFile, CardModel, Case, Change, MoneyBack,
    PaymentTaken, PosSlip, Record, Seen, Switch, Tag, Vehicle, VerifiedInit,
};

pub use applications::{
    ApplicationChange, ApplicationSearch, ApplicationStore, Batch, PAGE, Place, Sought, States,
    Taken,
};
pub use cards::{CardCommit, CardCount, CardStore, TakeInOffer};
pub use database::DatabaseStore;
pub use memory::MemoryStore;
pub use tags::{StockCount, TagCommit, TagStore};

/// Everything the backend keeps.
#[async_trait]
pub trait Store: TagStore + CardStore + ApplicationStore {
    /// The store's clock, ms UTC. There is no other in the backend.
    async fn now(&self) -> Result<i64, StoreError>;

    /// What a decision about a card needs. Missing where the card is not in the records.
    async fn card_file(&self, card: CardNumber) -> Result<Option<CardFile>, StoreError>;

    /// A record, and what a decision about its card needs, all of one moment.
    async fn file_of_record(&self, id: &str) -> Result<Option<(Record, CardFile)>, StoreError>;

    /// A record.
    async fn record(&self, id: &str) -> Result<Option<Record>, StoreError>;

    /// The authorisations of a card at one counter, oldest first.
    async fn authorisations_at(
        &self,
        card: CardNumber,
        counter: u16,
    ) -> Result<Vec<Authorisation>, StoreError>;

    /// The authorisations of a card at this counter and above, oldest first.
    async fn authorisations_from(
        &self,
        card: CardNumber,
        counter: u16,
    ) -> Result<Vec<Authorisation>, StoreError>;

    /// The authorisations of a card at every counter at which this record was authorised, oldest first.
    async fn authorisations_beside(&self, record: &str) -> Result<Vec<Authorisation>, StoreError>;

    /// Whether the card has shown the random of this INIT before.
    async fn seen(&self, card: CardNumber, init: &VerifiedInit) -> Result<Seen, StoreError>;

    /// Rows of a card's counter book from this counter on, and whatever below it nobody has explained;
    /// ascending.
    async fn book(&self, card: CardNumber, from: u16) -> Result<Vec<BookRow>, StoreError>;

    /// Which of these terminals are registered, at any outlet.
    async fn registered(&self, terminals: &[[u8; 6]]) -> Result<Vec<[u8; 6]>, StoreError>;

    /// The payment of a record.
    async fn payment(&self, record: &str) -> Result<Option<PaymentTaken>, StoreError>;

    /// Whether this slip was entered before, for a payment or for money given back.
    async fn slip_used(&self, slip: &PosSlip) -> Result<bool, StoreError>;

    /// The money given back for a record.
    async fn money_back(&self, record: &str) -> Result<Option<MoneyBack>, StoreError>;

    /// Records with their cards, newest first.
    async fn find_records(&self, search: &RecordSearch) -> Result<Vec<(Record, Card)>, StoreError>;

    /// The audit chain of a card, oldest first.
    async fn audit_chain(&self, card: CardNumber) -> Result<Vec<Sealed>, StoreError>;

    /// The last line of every chain that grew between two moments (ms UTC, the later excluded).
    async fn audit_heads(&self, from: i64, to: i64) -> Result<Vec<Sealed>, StoreError>;

    /// A case with its approvals.
    async fn case(&self, id: &str) -> Result<Option<(Case, Vec<Approval>)>, StoreError>;

    /// The open cases with their approvals, oldest first.
    async fn open_cases(&self) -> Result<Vec<(Case, Vec<Approval>)>, StoreError>;

    /// The switches that are thrown, oldest first.
    async fn switches(&self) -> Result<Vec<Switch>, StoreError>;

    /// Throws a switch.
    async fn throw_switch(&self, switch: &Switch, entry: &Entry) -> Result<(), StoreError>;

    /// Lifts a switch; who did so and when stays with it. `false`: there is none such thrown.
    async fn lift_switch(&self, id: &str, entry: &Entry) -> Result<bool, StoreError>;

    /// What an operator has opened since a moment: records that were not closed unpaid. All of one moment.
    async fn opened_since(&self, operator: &str, from: i64) -> Result<Day, StoreError>;

    /// An operator's open drawer at an outlet, or else the last one closed.
    async fn drawer(&self, operator: &str, outlet: &str) -> Result<Option<DrawerRow>, StoreError>;

    /// Opens a drawer. An operator has one open at an outlet: a second is a duplicate.
    async fn open_drawer(&self, drawer: &DrawerRow, entry: &Entry) -> Result<(), StoreError>;

    /// Closes a drawer with what was counted, if nothing went in or out since `revision` was read; else a
    /// lost race.
    async fn close_drawer(
        &self,
        id: &str,
        revision: i64,
        counted: &Counted,
        entry: &Entry,
    ) -> Result<(), StoreError>;

    /// Drawers that were open at some time between two moments, by outlet and opening.
    async fn drawers(&self, from: i64, to: i64) -> Result<Vec<DrawerRow>, StoreError>;

    /// What outlets took, gave back and loaded between two moments, by outlet.
    async fn takings(&self, from: i64, to: i64) -> Result<Vec<etc_api::Takings>, StoreError>;

    /// Rows of counter books written between two moments that nobody has explained, by card and counter.
    async fn unexplained(&self, from: i64, to: i64) -> Result<Vec<BookRow>, StoreError>;

    /// Cards that stand still, with when they were stopped.
    async fn stopped_cards(&self) -> Result<Vec<(Card, i64)>, StoreError>;

    /// The answer that was given under an idempotency key.
    async fn answer(&self, key: &str) -> Result<Option<StoredAnswer>, StoreError>;

    /// Writes everything in one transaction, or nothing.
    async fn commit(&self, commit: &Commit) -> Result<(), StoreError>;

    /// Counts a proof before it is judged, in a transaction of its own. `false`: the card or the
    /// sign-in has no tries left, and nothing was counted. For a card that is not in the records the sign-in alone
    /// counts.
    async fn count_proof(&self, proof: &CountedProof, limit: u32) -> Result<bool, StoreError>;

    /// Gives the try of a proof back that was not wrong after all.
    async fn uncount_proof(&self, proof: &CountedProof) -> Result<(), StoreError>;

    /// Makes a card's wrong proofs count from zero. `false`: there is no such card.
    async fn unlock_card(&self, card: CardNumber, entry: &Entry) -> Result<bool, StoreError>;

    /// Adds outlets, terminals, operators, models of cards, cards, tags and vehicles in one transaction. A tag that is issued and
    /// in use is paired with its vehicle, which can have one.
    async fn add(&self, stock: &Stock) -> Result<(), StoreError>;

    /// An outlet.
    async fn outlet(&self, code: &str) -> Result<Option<Outlet>, StoreError>;

    /// The terminals of an outlet.
    async fn terminals(&self, outlet: &str) -> Result<Vec<[u8; 6]>, StoreError>;

    /// An operator.
    async fn operator(&self, name: &str) -> Result<Option<Operator>, StoreError>;

    /// Counts a sign-in under this name before it is judged, whether there is such an operator or
    /// not. `false`: the name is locked, and nothing was counted.
    async fn count_sign_in(&self, name: &str, rule: SignInRule) -> Result<bool, StoreError>;

    /// Sign-ins under this name count from zero again.
    async fn forget_sign_ins(&self, name: &str) -> Result<(), StoreError>;

    /// Opens a session. Sign-ins under the operator's name count from zero again.
    async fn open_session(&self, session: &Session, entry: &Entry) -> Result<(), StoreError>;

    /// A session.
    async fn session(&self, token: &TokenHash) -> Result<Option<Session>, StoreError>;

    /// Notes that a session was used.
    async fn touch_session(&self, token: &TokenHash, now: i64) -> Result<(), StoreError>;

    /// Ends a session.
    async fn close_session(&self, token: &TokenHash, entry: &Entry) -> Result<(), StoreError>;

    /// An audit row about something that changed nothing else.
    async fn note(&self, entry: &Entry) -> Result<(), StoreError>;

    /// Deletes what can matter to nobody any more. Whether there may be more of it.
    async fn sweep(&self, outlived: Outlived) -> Result<bool, StoreError>;
}

/// What a database is for. A demo, whose operators everybody knows, never gets to real records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Real records.
    Real,
    /// A demo.
    Demo,
}

/// Why the store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed the same card or record: read and decide again.
    #[error("lost a race")]
    Raced,
    /// A unique index refused a row: read and decide again.
    #[error("{0}")]
    Duplicate(String),
    /// It failed.
    #[error("the store failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl StoreError {
    /// Whether reading and deciding again may help.
    pub fn is_race(&self) -> bool {
        matches!(self, Self::Raced | Self::Duplicate(_))
    }

    /// A row in the store that the backend cannot have written.
    fn corrupt(what: &str) -> Self {
        Self::Failed(format!("unreadable row: {what}").into())
    }
}

/// Which records are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordSearch {
    /// Of cards with this plate and plate colour.
    pub plate: Option<(String, u8)>,
    /// Of this card.
    pub card: Option<CardNumber>,
    /// Of this outlet only.
    pub outlet: Option<String>,
    /// What waits for somebody: loading, refunding, in conflict, or paid with an unexplained counter since.
    pub unsettled: bool,
    /// Proved by counter and log alone.
    pub by_log: bool,
    /// Created before this moment, ms UTC.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// A drawer, with what went in and out so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawerRow {
    /// Its identity.
    pub id: String,
    /// Whose.
    pub operator: String,
    /// Code of its outlet.
    pub outlet: String,
    /// When it was opened, ms UTC.
    pub opened_at: i64,
    /// 备用金 in fen.
    pub float: i64,
    /// Cash taken, fen.
    pub taken: i64,
    /// Cash given back, fen.
    pub given_back: i64,
    /// How many payments.
    pub payments: u32,
    /// How it was closed, if it was.
    pub closed: Option<Counted>,
    /// Grows with every coin; compare-and-swap hangs on it.
    pub revision: i64,
}

/// How a drawer was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// When, ms UTC.
    pub at: i64,
    /// What was counted, fen.
    pub fen: i64,
    /// A word about a difference.
    pub note: Option<String>,
}

/// What can matter to nobody any more.
#[derive(Clone, Copy, Debug)]
pub struct Outlived {
    /// Sessions that were opened at this moment (ms UTC) or before.
    pub sessions_opened_by: i64,
    /// Answers that have been kept since this moment (ms UTC) or longer.
    pub answers_kept_since: i64,
    /// At most so many of each.
    pub at_most: u32,
}

/// One transaction.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The ledger's writes.
    pub change: Change,
    /// A counted proof that turned out right.
    pub proved: Option<CountedProof>,
    /// The audit row.
    pub entry: Entry,
    /// The answer, kept for a repetition of the request.
    pub answer: Option<StoredAnswer>,
}

/// A proof that was counted before it was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedProof {
    /// Of which card.
    pub card: CardNumber,
    /// In which sign-in.
    pub session: TokenHash,
}

/// An answer under its idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The key.
    pub key: String,
    /// Who asked.
    pub operator: String,
    /// Method and path.
    pub route: String,
    /// SHA-256 of the body.
    pub body: [u8; 32],
    /// The answer, JSON.
    pub answer: String,
}

/// SHA-256 of a session token. The token itself is not kept.
pub type TokenHash = [u8; 32];

/// A sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Hash of its token.
    pub token: TokenHash,
    /// Operator name.
    pub operator: String,
    /// The PC's terminal number.
    pub terminal: [u8; 6],
    /// When it began, ms UTC.
    pub opened_at: i64,
    /// When it was last used, ms UTC.
    pub seen_at: i64,
}

/// How many sign-ins may fail, and for how long a name is locked then.
#[derive(Clone, Copy, Debug)]
pub struct SignInRule {
    /// Tries.
    pub tries: u32,
    /// Length of the lock, ms; failures older than this are forgotten.
    pub lock: i64,
    /// Now, ms UTC.
    pub now: i64,
}

/// An operator.
#[derive(Clone, PartialEq, Eq)]
pub struct Operator {
    /// Name used to sign in.
    pub name: String,
    /// The operator's own name.
    pub display_name: String,
    /// What the operator may do.
    pub role: Role,
    /// Code of the operator's outlet.
    pub outlet: String,
    /// argon2id hash, PHC string.
    pub password: String,
}

/// A terminal of an outlet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its number.
    pub number: [u8; 6],
    /// Code of its outlet.
    pub outlet: String,
}

/// A card and its holder.
#[derive(Clone)]
pub struct StockCard {
    /// The card.
    pub card: Card,
    /// Personal data, kept apart from the card.
    pub holder: Option<Holder>,
}

/// Whose card it is. No `Debug`: this never goes into a log.
#[derive(Clone)]
pub struct Holder {
    /// 姓名
    pub name: String,
    /// 证件类型, ministry code
    pub id_type: String,
    /// 证件号码
    pub id_number: String,
    /// 电话号码
    pub phone: String,
}

/// What is added to the records together.
#[derive(Clone, Default)]
pub struct Stock {
    /// Outlets.
    pub outlets: Vec<Outlet>,
    /// Terminals.
    pub terminals: Vec<Terminal>,
    /// Operators.
    pub operators: Vec<Operator>,
    /// What cards of an issuer and version have in common, in place of what was known of them.
    pub card_models: Vec<CardModel>,
    /// Cards.
    pub cards: Vec<StockCard>,
    /// Tags.
    pub tags: Vec<Tag>,
    /// Vehicles.
    pub vehicles: Vec<Vehicle>,
}
