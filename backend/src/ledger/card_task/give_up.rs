//! Cards that were half written for an application, and are nobody's any more.

use apdu_core::authority::CardStatus;
use apdu_core::fault::Code;
use etc_api::ApplicationState;

use super::super::attempt::{Chip, Teller};
use super::super::card::Card;
use super::super::change::{Change, Write};
use super::super::pairing::{ChipWrite, HandIn, HandInReason};
use super::application::ApplicationFile;

/// What has to be written for an application that is given up, all in one transaction or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// What is written about the cards that were begun for it; of the first, about the application too.
    pub changes: Vec<Change>,
    /// What is written about chips.
    pub chips: Vec<ChipWrite>,
}

/// The teller who has it open gives an application up: it was begun, and nobody wants the card any more.
pub fn give_up(application: &ApplicationFile, teller: &Teller<'_>) -> Result<GivenUp, Code> {
    let applied = &application.applied;
    applied.may_be_served(teller)?;
    // From the first signature on there is a card.
    let Some((first, others)) = application.cards.split_first() else {
        return Err(Code::ApplicationNotBegun);
    };
    let turned = applied.turned(ApplicationState::Withdrawn);
    let mut writes = vec![Write::TurnApplication(turned)];
    if let Some(job) = &application.open {
        let over = job.ended(Code::CardTaskOver);
        writes.push(Write::UpdateCardJob(Box::new(over)));
    }
    let mut chips = Vec::new();
    if let Some((status, listed)) = card(first, teller) {
        writes.push(status);
        chips.push(listed);
    }
    let mut changes = vec![Change::of(first, writes)];
    for other in others {
        if let Some((status, listed)) = card(other, teller) {
            changes.push(Change::of(other, vec![status]));
            chips.push(listed);
        }
    }
    Ok(GivenUp { changes, chips })
}

/// What is written about a half-written card that nobody wants. Those that are out of use are on the list already; what
/// is suspended or lost could be in use again one day.
pub(super) fn card(card: &Card, teller: &Teller<'_>) -> Option<(Write, ChipWrite)> {
    match card.status {
        CardStatus::Normal | CardStatus::Suspended | CardStatus::Lost => {}
        CardStatus::Cancelled | CardStatus::Damaged | CardStatus::Blacklisted => return None,
    }
    let listed = HandIn::new(Chip::Card(card.number), HandInReason::GivenUp, teller);
    let status = Write::SetStatus(CardStatus::Blacklisted);
    Some((status, ChipWrite::InsertHandIn(listed)))
}
