//! A card is shown whole: what was open is settled, and what is still to be written is named.

use apdu_core::authority::{
    CardFile as Written, CardMode, CardStatus, CardTaskState, Difference, IssueField,
};
use apdu_core::fault::Code;
use apdu_core::toll_card::IssueFile;
use etc_api::ApplicationState;

use super::super::application::TurnedApplication;
use super::super::attempt::{Chip, Outcome, Teller, WriteAttempt};
use super::super::card::{Card, CardFile};
use super::super::change::{Change, Write};
use super::super::pairing::{ChipWrite, Ended, HandIn, HandInReason};
use super::super::record::State;
use super::application::ApplicationFile;
use super::begin::{is_as_the_factory_left_it, old_card_allows};
use super::compare::differences;
use super::files::HolderMark;
use super::give_up;
use super::{
    CardDecision, CardHistory, CardJob, CardJobWork, CardShowing, Draft, may_be_written, part,
    proves_presence,
};

/// A card as it was shown, and what the records have beside it.
#[derive(Clone, Copy)]
pub struct CardFacts<'a> {
    /// The card in the records.
    pub history: &'a CardHistory,
    /// The task.
    pub job: &'a CardJob,
    /// The application, where a card is issued for one.
    pub application: Option<&'a ApplicationFile>,
    /// File 0016, as it is recognised.
    pub holder: HolderMark,
    /// File 0015, as read; its number is the card's.
    pub issue: &'a [u8],
    /// Whether the card has just proved that it is here.
    pub present: bool,
}

/// What a showing comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardSeen {
    /// The task afterwards.
    pub decision: CardDecision,
    /// Fields of card and record that differ, other than those that are to be written.
    pub differences: Vec<Difference>,
    /// What is still to be written, in this order.
    pub next: Vec<Written>,
}

/// Settles the attempt before, and says what is to be written.
pub fn show(facts: CardFacts<'_>, teller: &Teller<'_>) -> Result<CardSeen, Code> {
    facts.job.must_be_open()?;
    let file = IssueFile::parse(facts.issue).map_err(|_| Code::MalformedFile)?;
    if file.number != facts.job.card {
        return Err(Code::OtherCard);
    }
    if facts.issue.len() != facts.job.wanted.issue.len() {
        return Err(Code::DoesNotFitCard);
    }
    let mut draft = Draft::of(facts.job, facts.history);
    draft.job.nonce = None;
    draft.job.showing = None;
    if let Err(code) = settle(facts, &mut draft, teller) {
        return Ok(ended(draft, code));
    }
    if let Err(code) = may_be_written(&draft.card) {
        return Ok(ended(draft, code));
    }
    let (differences, next) = match look(facts, &file) {
        Ok(found) => found,
        Err(code) => return Ok(ended(draft, code)),
    };
    if next.is_empty() && differences.is_empty() {
        if let Err(code) = finish(facts, &mut draft, teller) {
            return Ok(ended(draft, code));
        }
    } else {
        let is_here = facts.present || !proves_presence(&draft.card);
        draft.job.showing = Some(CardShowing {
            operator: teller.operator.to_owned(),
            at: teller.now,
            present: is_here,
            left: next.clone(),
            holder: facts.holder,
            issue: facts.issue.to_vec(),
        });
    }
    Ok(CardSeen {
        decision: draft.done(None),
        differences,
        next,
    })
}

fn ended(draft: Draft, refusal: Code) -> CardSeen {
    CardSeen {
        decision: draft.done(Some(refusal)),
        differences: Vec::new(),
        next: Vec::new(),
    }
}

/// The attempt that is open on this card, whichever task it was for, is settled by the whole files.
fn settle(facts: CardFacts<'_>, draft: &mut Draft, teller: &Teller<'_>) -> Result<(), Code> {
    let Some(open) = facts.history.attempts.open() else {
        return Ok(());
    };
    let outcome = open.settled_by(|file| match file == part(Written::Holder) {
        true => Some(&facts.holder.0[..]),
        false => Some(facts.issue),
    });
    let Some(outcome) = outcome else {
        return Ok(());
    };
    draft.settle(WriteAttempt {
        outcome,
        ..open.clone()
    });
    match outcome == Outcome::Mixed {
        true => draft.judge(facts.application, teller),
        false => Ok(()),
    }
}

type Found = (Vec<Difference>, Vec<Written>);

fn look(facts: CardFacts<'_>, file: &IssueFile) -> Result<Found, Code> {
    let (card, wanted) = (&facts.history.file.card, &facts.job.wanted);
    let mut lacks = Vec::new();
    let differs = |mark| mark != facts.holder;
    match &facts.job.work {
        CardJobWork::Issue { .. } => {
            // What was signed once may be half there; before that, nothing may be.
            if card.stock.issue.is_none() {
                is_as_the_factory_left_it(card, facts.issue)?;
            }
            if wanted.holder.is_some_and(differs) {
                lacks.push(Written::Holder);
            }
            if facts.issue != wanted.issue {
                lacks.push(Written::Issue);
            }
        }
        CardJobWork::Activate => {
            if wanted.holder.is_some_and(differs) {
                return Err(Code::CardDiffers);
            }
            if facts.issue == wanted.issue {
                return Ok((Vec::new(), lacks));
            }
            // A write of this task that the chip has garbled is made again.
            let attempts = facts.history.attempts.0.iter();
            let is_ours = attempts.clone().any(|one| one.task == facts.job.id);
            if !is_ours {
                let differences = beside_dates(card, file);
                if !differences.is_empty() {
                    return Ok((differences, Vec::new()));
                }
                if !agrees_beside_dates(facts.issue, &wanted.issue) {
                    return Err(Code::CardDiffers);
                }
            }
            lacks.push(Written::Issue);
        }
    }
    Ok((Vec::new(), lacks))
}

/// The differences that an activation does not write away. The dates are what it writes: where a page has said that they
/// were written and they were not, the record has the new ones and the chip the old ones, and this mends it.
fn beside_dates(card: &Card, file: &IssueFile) -> Vec<Difference> {
    let mut found = differences(card, file);
    found.retain(|one| !matches!(one.field, IssueField::Start | IssueField::Expiry));
    found
}

/// Where the two dates lie in file 0015.
const DATES: std::ops::Range<usize> = 20..28;

/// Whether every other byte of file 0015 is as it is wanted.
fn agrees_beside_dates(read: &[u8], wanted: &[u8]) -> bool {
    read.len() == wanted.len()
        && read[..DATES.start] == wanted[..DATES.start]
        && read[DATES.end..] == wanted[DATES.end..]
}

/// What the end of a task does to the records.
fn finish(facts: CardFacts<'_>, draft: &mut Draft, teller: &Teller<'_>) -> Result<(), Code> {
    let wanted = IssueFile::parse(&facts.job.wanted.issue).map_err(|_| Code::MalformedFile)?;
    if let CardJobWork::Issue { mode, .. } = facts.job.work {
        let application = facts.application.ok_or(Code::ApplicationUnknown)?;
        issued(application, mode, draft, teller)?;
        draft.card.stock.user_type = wanted.user_type;
    }
    draft.card.start = wanted.start;
    draft.card.expiry = wanted.expiry;
    draft.job.state = CardTaskState::Done;
    Ok(())
}

fn issued(
    application: &ApplicationFile,
    mode: CardMode,
    draft: &mut Draft,
    teller: &Teller<'_>,
) -> Result<(), Code> {
    let applied = &application.applied;
    old_card_allows(application.old.as_ref(), mode)?;
    if let Some(old) = &application.old {
        end_old(old, mode, draft, teller);
    }
    move_tag(application, mode, draft, teller);
    give_up_others(application, draft, teller);
    draft.card.stock.is_issued = true;
    draft.card.stock.outlet = Some(teller.outlet.to_owned());
    draft.card.plate = applied.plate.clone();
    draft.card.plate_colour = applied.plate_colour;
    draft.card.vehicle_class = applied.vehicle_class;
    draft.writes.push(Write::GiveCard {
        plate: applied.plate.clone(),
        plate_colour: applied.plate_colour,
        before: application.given,
    });
    draft.writes.push(Write::TurnApplication(TurnedApplication {
        card: Some(draft.card.number),
        ..applied.turned(ApplicationState::Issued)
    }));
    if let Some(vehicle) = &applied.vehicle {
        let vehicle = Write::KeepVehicle(Box::new(vehicle.clone()));
        draft.writes.push(vehicle);
    }
    Ok(())
}

/// The card of before: handed in and cancelled, or lost and on the blacklist, where it stays once it is there. What was
/// not paid on it is closed.
fn end_old(old: &CardFile, mode: CardMode, draft: &mut Draft, teller: &Teller<'_>) {
    let status = match mode {
        CardMode::New => return,
        CardMode::Exchange if old.card.status != CardStatus::Blacklisted => CardStatus::Cancelled,
        CardMode::Exchange | CardMode::Replace => CardStatus::Blacklisted,
    };
    let mut writes = vec![Write::SetStatus(status), Write::DropNonces];
    let closed = old.created.iter().map(|one| one.turned(State::Closed));
    writes.extend(closed.map(Write::UpdateRecord));
    draft.others.push(Change::of(&old.card, writes));
    if mode == CardMode::Exchange {
        let chip = Chip::Card(old.card.number);
        let listed = HandIn::new(chip, HandInReason::Exchanged, teller);
        draft.chips.push(ChipWrite::InsertHandIn(listed));
    }
}

/// The tag of the vehicle goes with the new card, whatever became of the card that it was with.
fn move_tag(application: &ApplicationFile, mode: CardMode, draft: &mut Draft, teller: &Teller<'_>) {
    let why = match mode {
        CardMode::Exchange => Ended::Exchanged,
        CardMode::New | CardMode::Replace => Ended::Replaced,
    };
    if let Some(pairing) = &application.pairing {
        draft
            .chips
            .extend(pairing.moved_to(draft.card.number, why, teller));
    }
}

/// Cards that were half written for the application, and left for this one, are nobody's any more.
fn give_up_others(application: &ApplicationFile, draft: &mut Draft, teller: &Teller<'_>) {
    let own = draft.card.number;
    for card in application.cards.iter().filter(|card| card.number != own) {
        if let Some((status, listed)) = give_up::card(card, teller) {
            draft.others.push(Change::of(card, vec![status]));
            draft.chips.push(listed);
        }
    }
}
