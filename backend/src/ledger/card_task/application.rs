//! What a task of a card needs of an application.

use std::collections::BTreeSet;

use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use etc_api::{ApplicationState, Bank};

use super::super::attempt::{Attempts, Chip, Teller, WriteAttempt};
use super::super::card::{Card, CardFile, CardKind};
use super::super::limits::CARDS_FAILED;
use super::super::pairing::Pairing;
use super::super::vehicle::Vehicle;
use super::{CardJob, Draft};

/// An application as it was handed in, and where it stands. No `Debug`: it names a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its identity.
    pub id: String,
    /// Plate 车牌号码.
    pub plate: String,
    /// Plate colour 车牌颜色, reference §7.1.
    pub plate_colour: u8,
    /// Vehicle class 车型, reference §7.2.
    pub vehicle_class: u8,
    /// User type 用户类型, reference §7.3.
    pub user_type: u8,
    /// Stored-value or credit card.
    pub kind: CardKind,
    /// Holder's name 姓名.
    pub name: String,
    /// The name as the card is to hold it, where it is another.
    pub name_on_card: Option<String>,
    /// Type of identity document, reference §7.4.
    pub id_type: u16,
    /// Its number.
    pub id_number: String,
    /// Phone 电话号码.
    pub phone: String,
    /// The vehicle as its licence describes it, where the channel has it.
    pub vehicle: Option<Vehicle>,
    /// The bank whose outlet serves the customer; missing: an own outlet.
    pub bank: Option<Bank>,
    /// Where it stands.
    pub state: ApplicationState,
    /// Who works on it.
    pub locked_by: Option<Lock>,
    /// Whether the number of the bank card that pays is known.
    pub has_bank_card: bool,
    /// When a supervisor last let it go on after too many cards had failed, ms UTC.
    pub reopened_at: Option<i64>,
    /// Grows with every change; compare-and-swap hangs on it.
    pub version: i64,
}

/// Who works on an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Operator name.
    pub operator: String,
    /// The operator's own name.
    pub name: String,
    /// Until when, ms UTC.
    pub until: i64,
}

/// A change of an application that a task of a card makes.
#[derive(Clone, PartialEq, Eq)]
pub struct TurnedApplication {
    /// Which.
    pub id: String,
    /// The version that was read; any other in the store is a lost race.
    pub version: i64,
    /// Where it stands from now on.
    pub state: ApplicationState,
    /// The bank card that pays, where it was typed now.
    pub bank_card: Option<String>,
    /// The card that was issued for it.
    pub card: Option<CardNumber>,
    /// When a supervisor let it go on, ms UTC.
    pub reopened_at: Option<i64>,
}

/// Never shows the bank card.
impl std::fmt::Debug for TurnedApplication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnedApplication")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// An application, and everything that hangs on it, as it is at one moment.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicationFile {
    /// The application.
    pub applied: Applied,
    /// Its open task, on whichever card.
    pub open: Option<CardJob>,
    /// All attempts to write a card for it, oldest first.
    pub attempts: Attempts,
    /// The cards for which something was signed for it.
    pub cards: Vec<Card>,
    /// The card that its vehicle has.
    pub old: Option<CardFile>,
    /// Where the tag of the vehicle belongs.
    pub pairing: Option<Pairing>,
}

impl Applied {
    /// The name as it goes on the card.
    pub fn name_on_card(&self) -> &str {
        self.name_on_card.as_deref().unwrap_or(&self.name)
    }

    /// The same in its next state, as it is written.
    pub(super) fn turned(&self, state: ApplicationState) -> TurnedApplication {
        TurnedApplication {
            id: self.id.clone(),
            version: self.version,
            state,
            bank_card: None,
            card: None,
            reopened_at: self.reopened_at,
        }
    }

    /// Whether this teller may work on it: it waits for a card, and nobody else has it.
    pub(super) fn may_be_served(&self, teller: &Teller<'_>) -> Result<(), Code> {
        match self.state {
            ApplicationState::Issued => return Err(Code::ApplicationIssued),
            ApplicationState::Withdrawn => return Err(Code::ApplicationWithdrawn),
            ApplicationState::Open | ApplicationState::Begun => {}
        }
        let is_ours = |lock: &Lock| lock.operator == teller.operator && teller.now < lock.until;
        match self.locked_by.as_ref().is_some_and(is_ours) {
            true => Ok(()),
            false => Err(Code::ApplicationHeld),
        }
    }

    /// A supervisor lets it go on after too many cards have failed.
    pub fn reopened(&self, now: i64) -> TurnedApplication {
        TurnedApplication {
            reopened_at: Some(now),
            ..self.turned(self.state)
        }
    }
}

impl ApplicationFile {
    /// Whether so many different cards failed since a supervisor was asked that it is not the cards.
    pub(super) fn is_not_the_cards(&self, draft: &Draft, now: i64) -> bool {
        let own = Chip::Card(draft.card.number);
        let others = self.attempts.0.iter().filter(|one| one.chip != own);
        self.failed(others.chain(&draft.attempts.0), now) >= CARDS_FAILED
    }

    /// The same, before anything is decided about a card.
    pub(super) fn has_failed_too_often(&self, now: i64) -> bool {
        self.failed(self.attempts.0.iter(), now) >= CARDS_FAILED
    }

    fn failed<'a>(&self, attempts: impl Iterator<Item = &'a WriteAttempt>, now: i64) -> usize {
        let since = self.applied.reopened_at.unwrap_or(i64::MIN);
        let counts = |one: &&WriteAttempt| one.is_failure(now) && one.opened_at > since;
        let chips: BTreeSet<Chip> = attempts.filter(counts).map(|one| one.chip).collect();
        chips.len()
    }
}
