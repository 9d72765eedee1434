//! What a task of a card needs of an application.

use std::collections::BTreeSet;

use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use etc_api::ApplicationState;

use super::super::application::{Applied, Lock, TurnedApplication};
use super::super::attempt::{Attempts, Chip, Teller, WriteAttempt};
use super::super::card::{Card, CardFile};
use super::super::limits::CARDS_FAILED;
use super::super::pairing::Pairing;
use super::{CardJob, Draft};

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
    /// The card that its vehicle has, or else the last one of it that is on the blacklist.
    pub old: Option<CardFile>,
    /// The card that its vehicle was given last, in use or not.
    pub given: Option<CardNumber>,
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
        self.waits_for_a_card()?;
        let is_ours = |lock: &Lock| lock.operator == teller.operator && teller.now < lock.until;
        match self.locked_by.as_ref().is_some_and(is_ours) {
            true => Ok(()),
            false => Err(Code::ApplicationHeld),
        }
    }

    /// Whether a card may still be issued for it.
    pub fn waits_for_a_card(&self) -> Result<(), Code> {
        match self.state {
            ApplicationState::Issued => Err(Code::ApplicationIssued),
            ApplicationState::Withdrawn => Err(Code::ApplicationWithdrawn),
            ApplicationState::Open | ApplicationState::Begun => Ok(()),
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
