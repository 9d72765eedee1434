//! What a request does, without HTTP: read, decide, commit; on a lost race, read and decide again.
//!
//! Every function may be cut at any await. A crash between commit and answer is the normal case:
//! the same request with the same idempotency key gets the answer that was committed with it.

mod account;
mod application;
mod authorise;
mod card_stock;
mod card_task;
mod case;
mod confirm;
mod create;
mod drawer;
mod evidence;
mod let_go;
mod pay;
mod proof;
mod record;
mod refund;
mod report;
mod sight;
mod switch;
mod tag;
mod tag_stock;
mod tag_task;
mod take_in;

use apdu_core::authority::{InitForLoad, Recharge, RechargeState};
use apdu_core::bcd::CardNumber;
use apdu_core::calendar;
use apdu_core::fault::Code;
use apdu_core::hex::Fixed;
use etc_api::{Outlet, OutletKind, Role};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::audit::{Entry, Event};
use crate::keys::{KeyStore, LoadKey};
use crate::ledger::limits::Day;
use crate::ledger::{Asker, Card, CardFile, Change, Record, RefundFrom, State, Switches};
use crate::random::Random;
use crate::store::{Commit, CountedProof, Store, StoreError, StoredAnswer, TokenHash};

pub use application::{
    AT_ONCE as APPLICATIONS_AT_ONCE, Line as ApplicationLine, take_applications,
};

/// The desk: everything a request may touch.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// What is kept.
    pub store: &'a dyn Store,
    /// What is signed and verified.
    pub keys: &'a dyn KeyStore,
    /// Record ids and preflight numbers.
    pub random: &'a dyn Random,
}

/// Who asks: an operator who is signed in, at a PC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Operator name.
    pub operator: String,
    /// The operator's own name.
    pub name: String,
    /// What the operator may do.
    pub role: Role,
    /// Where the operator sits.
    pub outlet: Outlet,
    /// The PC's terminal number.
    pub terminal: [u8; 6],
    /// The sign-in.
    pub session: TokenHash,
}

impl Who {
    /// Whether this role may take part in a load.
    pub fn may_load(&self) -> bool {
        matches!(self.role, Role::Teller | Role::Supervisor)
    }

    fn asker<'a>(&'a self, today: &'a Today) -> Asker<'a> {
        Asker {
            operator: &self.operator,
            outlet: &self.outlet.code,
            own: self.outlet.kind == OutletKind::Own,
            supervisor: self.role == Role::Supervisor,
            terminal: self.terminal,
            switches: &today.switches,
            day: today.day,
        }
    }

    fn is_bank(&self) -> bool {
        self.outlet.kind == OutletKind::Bank
    }
}

/// What holds today, beside the card: switches that are thrown, and what the operator has opened.
#[derive(Clone, Debug, Default)]
struct Today {
    switches: Switches,
    day: Day,
}

/// One attempt at a request that changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The idempotency key.
    pub key: String,
    /// Method and path.
    pub route: String,
    /// SHA-256 of the body.
    pub body: [u8; 32],
}

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Refused, for a reason that has a code.
    #[error("{0}")]
    Refused(Code),
    /// An application is another teller's, by the teller's own name.
    #[error("held by another teller")]
    Held(String),
    /// The store failed, or a race was lost.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// The code that is answered.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(code) => *code,
            Self::Held(_) => Code::ApplicationHeld,
            Self::Store(_) => Code::BackendFailed,
        }
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

/// How often a lost race is read and decided again.
const DECISIONS: usize = 3;

/// A decision that lost its race may be made again; anything else ends the request.
fn ended<T>(decided: Result<T, Error>) -> Option<Result<T, Error>> {
    match decided {
        Err(Error::Store(error)) if error.is_race() => None,
        end => Some(end),
    }
}

/// Decides anew as long as a race was lost, [`DECISIONS`] times at most.
async fn until_settled<T, F>(decide: impl Fn() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for _ in 0..DECISIONS {
        if let Some(end) = ended(decide().await) {
            return end;
        }
    }
    Err(Code::RecordRaced.into())
}

impl Desk<'_> {
    /// What holds for this operator now.
    async fn today(&self, who: &Who, now: i64) -> Result<Today, Error> {
        let midnight = calendar::next_day(now, 0);
        Ok(Today {
            switches: Switches(self.store.switches().await?),
            day: self.store.opened_since(&who.operator, midnight).await?,
        })
    }

    /// What holds for a request that opens nothing.
    async fn switches_now(&self) -> Result<Today, Error> {
        Ok(Today {
            switches: Switches(self.store.switches().await?),
            day: Day::default(),
        })
    }

    /// The answer that was committed under this key, if the request is the same.
    async fn replay<T: DeserializeOwned>(
        &self,
        who: &Who,
        attempt: &Attempt,
    ) -> Result<Option<T>, Error> {
        let Some(kept) = self.store.answer(&attempt.key).await? else {
            return Ok(None);
        };
        let asked = (&who.operator, &attempt.route, &attempt.body);
        if asked != (&kept.operator, &kept.route, &kept.body) {
            return Err(Code::KeyReused.into());
        }
        let answer = serde_json::from_str(&kept.answer);
        Ok(Some(
            answer.map_err(|error| StoreError::Failed(error.into()))?,
        ))
    }

    /// Decides as [`until_settled`] does, about a request that may be sent twice at once.
    async fn answered<T, F>(
        &self,
        who: &Who,
        attempt: &Attempt,
        decide: impl Fn() -> F,
    ) -> Result<T, Error>
    where
        T: DeserializeOwned,
        F: Future<Output = Result<T, Error>>,
    {
        let end = until_settled(decide).await;
        self.or_its_twin(who, attempt, end).await
    }

    /// How an attempt ended. One that is refused may have a twin that was answered a moment ago, and is refused
    /// for what that has changed.
    async fn or_its_twin<T: DeserializeOwned>(
        &self,
        who: &Who,
        attempt: &Attempt,
        end: Result<T, Error>,
    ) -> Result<T, Error> {
        match end {
            Err(refused) => self.replay(who, attempt).await?.ok_or(refused),
            answered => answered,
        }
    }

    async fn card_file(&self, card: CardNumber) -> Result<CardFile, Error> {
        let file = self.store.card_file(card).await?;
        file.ok_or(Code::CardUnknown.into())
    }

    /// A record with the file of its card.
    async fn record_and_file(&self, id: &str) -> Result<(Record, CardFile), Error> {
        let found = self.store.file_of_record(id).await?;
        found.ok_or(Code::NoSuchRecord.into())
    }

    /// Commits what a refused request has taught, with its audit row.
    async fn commit_refusal(
        &self,
        change: Change,
        proved: Option<CountedProof>,
        entry: Entry,
    ) -> Result<(), Error> {
        let commit = Commit {
            change,
            proved,
            entry,
            answer: None,
        };
        Ok(self.store.commit(&commit).await?)
    }

    /// Commits a change with its audit row and the answer, all in one transaction.
    async fn commit<T: Serialize>(
        &self,
        change: Change,
        proved: Option<CountedProof>,
        entry: Entry,
        attempt: &Attempt,
        answer: &T,
    ) -> Result<(), Error> {
        let json = serde_json::to_string(answer);
        let answer = StoredAnswer {
            key: attempt.key.clone(),
            operator: entry.operator.clone(),
            route: attempt.route.clone(),
            body: attempt.body,
            answer: json.map_err(|error| StoreError::Failed(error.into()))?,
        };
        let answer = Some(answer);
        Ok(self
            .store
            .commit(&Commit {
                change,
                proved,
                entry,
                answer,
            })
            .await?)
    }
}

fn entry(who: &Who, at: i64, event: Event, record: &Record, evidence: &[u8]) -> Entry {
    Entry {
        at,
        operator: who.operator.clone(),
        event,
        card: Some(record.card),
        record: Some(record.id.clone()),
        evidence: evidence.to_vec(),
    }
}

fn load_key(card: &Card) -> LoadKey {
    LoadKey {
        card: card.number,
        index: card.purse.key_index,
    }
}

/// A record as this desk sees it.
fn shown(record: &Record, card: &Card, who: &Who) -> Recharge {
    let (state, counter, balance_after) = match record.state {
        State::Created => (RechargeState::Created, None, None),
        State::Paid => (RechargeState::Paid, None, None),
        State::Loading { counter } => (RechargeState::Loading, Some(counter), None),
        State::Loaded(proof) => (
            RechargeState::Loaded,
            Some(proof.counter),
            Some(proof.balance_after),
        ),
        State::Closed => (RechargeState::Closed, None, None),
        State::Refunding(refund) => (RechargeState::Refunding, given_up_at(refund.from), None),
        State::Refunded(refund) => (RechargeState::Refunded, given_up_at(refund.from), None),
        State::Conflict(proof) => (
            RechargeState::Conflict,
            Some(proof.counter),
            Some(proof.balance_after),
        ),
    };
    Recharge {
        id: record.id.clone(),
        card: record.card,
        amount: record.amount,
        state,
        init: InitForLoad {
            key_index: card.purse.key_index,
            amount: Some(record.amount),
            terminal: Fixed(who.terminal),
        },
        counter,
        balance_before: Some(record.balance_before),
        balance_after,
        created_at: record.created_at,
        outlet: record.outlet.clone(),
    }
}

/// The counter at which a refunded record may still have been loaded.
fn given_up_at(from: RefundFrom) -> Option<u16> {
    match from {
        RefundFrom::Paid => None,
        RefundFrom::Loading { counter } => Some(counter),
    }
}
