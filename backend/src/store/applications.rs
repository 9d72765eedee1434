//! What is kept of applications: the channels they come through, and where they stand.

use std::fmt;
use std::str::FromStr;

use apdu_core::fault::Code;
use async_trait::async_trait;
use etc_api::{
    ApplicationFlaw, ApplicationState, BadApplication, Bank, NewApplication, TakenApplications,
};

use super::{StoreError, TokenHash};
use crate::audit::Entry;
use crate::ledger::{Application, Banks, Origin, Valid};

/// The part of the store that is about applications. It seals personal data by itself.
#[async_trait]
pub trait ApplicationStore: Send + Sync {
    /// The channel with this token, unless it was revoked.
    async fn channel(&self, token: &TokenHash) -> Result<Option<String>, StoreError>;

    /// Adds a channel. A name that is taken is a duplicate.
    async fn add_channel(
        &self,
        name: &str,
        token: &TokenHash,
        entry: &Entry,
    ) -> Result<(), StoreError>;

    /// Revokes the credential of a channel. `false`: there is no such channel, or it was revoked already.
    async fn revoke_channel(&self, name: &str, entry: &Entry) -> Result<bool, StoreError>;

    /// By what a batch is known again that has this SHA-256. The hash itself is not kept: of a small batch, whoever
    /// knows the rest could guess the number of a document by it.
    fn batch_mark(&self, body: &[u8; 32]) -> Result<[u8; 32], StoreError>;

    /// The answer to a batch with this mark that this channel handed in before.
    async fn batch_answer(
        &self,
        channel: &str,
        mark: &[u8; 32],
    ) -> Result<Option<TakenApplications>, StoreError>;

    /// Takes a batch: what is new is kept, what is there already is counted or refused. All of it, or nothing; and
    /// nothing where the channel was revoked meanwhile.
    async fn take_batch(&self, batch: &Batch) -> Result<TakenApplications, StoreError>;

    /// An application.
    async fn application(&self, id: &str) -> Result<Option<Application>, StoreError>;

    /// The application with this number of a channel's.
    async fn application_of_number(
        &self,
        channel: &str,
        number: &str,
    ) -> Result<Option<Application>, StoreError>;

    /// Those of a search, newest first; those of one batch as they stood in it.
    async fn find_applications(
        &self,
        search: &ApplicationSearch,
    ) -> Result<Vec<Application>, StoreError>;

    /// Changes who works on an application and where it stands, with a row of the trail.
    async fn change_application(
        &self,
        change: &ApplicationChange,
        entry: &Entry,
    ) -> Result<(), StoreError>;

    /// The list of bank prefixes of this instance, or else the one that comes with the backend.
    async fn banks(&self) -> Result<Banks, StoreError>;

    /// Puts another list in its place.
    async fn replace_banks(&self, banks: &Banks, entry: &Entry) -> Result<(), StoreError>;
}

/// What a channel hands in at once, checked.
#[derive(Clone)]
pub struct Batch {
    /// Its identity.
    pub id: String,
    /// Name of the channel.
    pub channel: String,
    /// Its mark.
    pub mark: [u8; 32],
    /// Those without a flaw.
    pub good: Vec<Taken>,
    /// Those with one.
    pub bad: Vec<BadApplication>,
    /// The row of the trail; its moment is the batch's.
    pub entry: Entry,
}

/// A good application of a batch.
#[derive(Clone)]
pub struct Taken {
    /// The identity it gets.
    pub id: String,
    /// Its place in the batch, from 1.
    pub line: u32,
    /// As it was handed in.
    pub new: NewApplication,
    /// What the records make of it.
    pub valid: Valid,
}

/// What becomes of one application of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is new.
    New,
    /// It is there already, the same.
    Known,
    /// Another is there under its number.
    Reused,
}

impl Batch {
    /// The answer, when it is known what became of each of the good ones.
    pub(super) fn answer(&self, fates: &[Fate]) -> TakenApplications {
        let count = |fate| fates.iter().filter(|one| **one == fate).count();
        // A batch has a few hundred.
        let count = |fate| u32::try_from(count(fate)).unwrap_or(u32::MAX);
        let reused = self.good.iter().zip(fates);
        let reused = reused.filter(|(_, fate)| **fate == Fate::Reused);
        let reused = reused.map(|(taken, _)| BadApplication {
            line: taken.line,
            number: Some(taken.new.number.clone()),
            flaws: vec![ApplicationFlaw::NumberReused],
        });
        let mut bad: Vec<_> = self.bad.iter().cloned().chain(reused).collect();
        bad.sort_by_key(|one| one.line);
        TakenApplications {
            new: count(Fate::New),
            known: count(Fate::Known),
            bad,
        }
    }
}

/// Whoever hands in is a channel, and may still do it.
pub(super) fn no_channel(name: &str) -> StoreError {
    let why = format!("there is no channel {name}, or its credential was revoked");
    StoreError::Failed(why.into())
}

/// Which applications are asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicationSearch {
    /// Those of this bank, or those without one. Missing: all of them.
    pub of: Option<Option<Bank>>,
    /// For this plate and plate colour.
    pub plate: Option<(String, u8)>,
    /// Of this person.
    pub person: Option<Sought>,
    /// In which state.
    pub states: States,
    /// Handed in at this moment (ms UTC) or later.
    pub from: Option<i64>,
    /// Handed in before this moment.
    pub to: Option<i64>,
    /// Those behind this place in the list.
    pub after: Option<Place>,
    /// At most so many.
    pub limit: u32,
}

/// By what a person is sought.
#[derive(Clone, PartialEq, Eq)]
pub enum Sought {
    /// By the number of the identity document.
    IdNumber(String),
    /// By phone.
    Phone(String),
}

/// Applications in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum States {
    /// In any.
    All,
    /// Open or begun.
    Unfinished,
    /// In this one.
    Only(ApplicationState),
}

impl States {
    /// Whether an application in this state is among them.
    pub(super) fn has(self, state: ApplicationState) -> bool {
        match self {
            Self::All => true,
            Self::Unfinished => {
                matches!(state, ApplicationState::Open | ApplicationState::Begun)
            }
            Self::Only(only) => only == state,
        }
    }
}

/// Who works on an application, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationChange {
    /// Which.
    pub id: String,
    /// The version that was read; any other in the store is a lost race.
    pub version: i64,
    /// Where it stands from now on.
    pub state: ApplicationState,
    /// Operator name, and until when (ms UTC).
    pub locked_by: Option<(String, i64)>,
}

/// The first page of a search, or the one behind `after`, has at most so many lines: a counter's screen shows them
/// without scrolling (1280 × 720).
pub const PAGE: u32 = 8;

/// The place of an application in the list, as it goes over the line: `MOMENT-LINE-BATCH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// When it was handed in, ms UTC.
    pub at: i64,
    /// Identity of its batch.
    pub batch: String,
    /// Its place in the batch.
    pub line: u32,
}

impl From<&Origin> for Place {
    fn from(origin: &Origin) -> Self {
        Self {
            at: origin.at,
            batch: origin.batch.clone(),
            line: origin.line,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.at, self.line, self.batch)
    }
}

impl FromStr for Place {
    type Err = Code;

    fn from_str(text: &str) -> Result<Self, Code> {
        let mut parts = text.splitn(3, '-');
        let mut next = || parts.next().ok_or(Code::BadRequest);
        let (at, line, batch) = (next()?, next()?, next()?);
        Ok(Self {
            at: at.parse().map_err(|_| Code::BadRequest)?,
            batch: batch.to_owned(),
            line: line.parse().map_err(|_| Code::BadRequest)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_as_it_is_written() {
        let place = Place {
            at: 1_780_286_400_000,
            batch: "0b1c-2".into(),
            line: 500,
        };
        assert_eq!(place.to_string(), "1780286400000-500-0b1c-2");
        assert_eq!(place.to_string().parse(), Ok(place));
        for wrong in ["", "1", "1-2", "x-1-a", "1-x-a", "1--1-a", "-1-1-a"] {
            assert_eq!(wrong.parse::<Place>(), Err(Code::BadRequest), "{wrong}");
        }
    }
}
