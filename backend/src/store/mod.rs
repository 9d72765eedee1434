//! What is kept, behind one trait.
//!
//! The store decides nothing. It executes the rows of a [`Change`] in one transaction, or none of
//! them: a card whose revision has moved on, a record whose version has, or a row that a unique
//! index refuses, undoes all.

mod database;
mod memory;
#[cfg(test)]
mod suite;

use std::error::Error;

use apdu_core::bcd::CardNumber;
use async_trait::async_trait;
use etc_api::{Outlet, Role};

use crate::audit::Entry;
use crate::ledger::{Authorisation, Card, CardFile, Change, Record};

pub use database::DatabaseStore;
pub use memory::MemoryStore;

/// Everything the backend keeps.
#[async_trait]
pub trait Store: Send + Sync {
    /// The store's clock, ms UTC. There is no other in the backend.
    async fn now(&self) -> Result<i64, StoreError>;

    /// What a decision about a card needs. Missing where the card is not in the records.
    async fn card_file(&self, card: CardNumber) -> Result<Option<CardFile>, StoreError>;

    /// A record.
    async fn record(&self, id: &str) -> Result<Option<Record>, StoreError>;

    /// The authorisations of a card at one counter.
    async fn authorisations_at(
        &self,
        card: CardNumber,
        counter: u16,
    ) -> Result<Vec<Authorisation>, StoreError>;

    /// The authorisations of a card at every counter at which this record was authorised.
    async fn authorisations_beside(&self, record: &str) -> Result<Vec<Authorisation>, StoreError>;

    /// The answer that was given under an idempotency key.
    async fn answer(&self, key: &str) -> Result<Option<StoredAnswer>, StoreError>;

    /// Writes everything in one transaction, or nothing.
    async fn commit(&self, commit: &Commit) -> Result<(), StoreError>;

    /// Counts a proof before it is judged, in a transaction of its own. `false`: the card or the
    /// sign-in has no tries left, and nothing was counted.
    async fn count_proof(&self, proof: &CountedProof, limit: u32) -> Result<bool, StoreError>;

    /// Gives the try of a proof back that was not wrong after all.
    async fn uncount_proof(&self, proof: &CountedProof) -> Result<(), StoreError>;

    /// Makes a card's wrong proofs count from zero. `false`: there is no such card.
    async fn unlock_card(&self, card: CardNumber, entry: &Entry) -> Result<bool, StoreError>;

    /// Adds outlets, terminals, operators and cards in one transaction.
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
    /// Cards.
    pub cards: Vec<StockCard>,
}
