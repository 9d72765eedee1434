//! A command is signed, once for each file that a showing named; or the tag has refused one.

use apdu_core::authority::{CardStatus, TagFile as Written, TagWork};
use apdu_core::fault::Code;
use apdu_core::hex::Bytes;
use apdu_core::obu::Contract;
use apdu_core::sw::Sw;

use super::super::attempt::{Chip, Outcome, SignedPart, WriteAttempt};
use super::super::pairing::{ChipWrite, HandIn, HandInReason};
use super::super::tag::Tag;
use super::{
    Begun, Draft, READING_LIFE, Showing, TagDecision, TagFile, TagJob, TagWrite, Teller,
    may_be_used, part,
};

/// The tag takes no write while its switch stands out: nothing is wrong with it.
const SWITCH_OUT: Sw = Sw::CONDITIONS;

/// Allows one signature, and keeps what it is for before anybody sees it. `card` is the status of the task's
/// card, `begun` are the half-written tags of its vehicle.
pub fn sign(
    file: &TagFile,
    job: &TagJob,
    wanted: Written,
    card: Option<CardStatus>,
    begun: &[Begun],
    teller: &Teller<'_>,
) -> Result<TagDecision, Code> {
    job.must_be_open()?;
    may_be_used(&file.tag, job.work)?;
    if let Some(code) = card.and_then(CardStatus::refusal) {
        return Err(code);
    }
    let showing = live(job, teller)?;
    if wanted == Written::RemovalFlag && !showing.present {
        return Err(Code::NotPresent);
    }
    if showing.left.first() != Some(&wanted) {
        return Err(Code::NotShown);
    }
    // Issued with its switch held in, activated on its windscreen; a cancelled one may have come off.
    if showing.tampered && !job.is_cancel() {
        return Err(Code::SwitchNotPressed);
    }
    let mut draft = Draft::of(job, file);
    let signed = &mut draft.tag.signed;
    if signed.signatures >= signed.allowed {
        return Err(Code::TooManySignatures);
    }
    signed.signatures += 1;
    if job.is_issue() {
        signed.issue = Some(job.id.clone());
        signed.is_blank = false;
        give_up_others(begun, &mut draft, teller);
    }
    let part = signed_part(job, showing, wanted)?;
    let (attempt, is_new) = file
        .attempts
        .signed(Chip::Tag(job.tag), &job.id, part, teller);
    if is_new && job.work == TagWork::Activate {
        draft.tag.signed.activations = draft.tag.signed.activations.saturating_add(1);
    }
    draft.writes.push(match is_new {
        true => TagWrite::Chip(ChipWrite::InsertAttempt(attempt)),
        false => TagWrite::Chip(ChipWrite::UpdateAttempt(attempt)),
    });
    if let Some(showing) = &mut draft.job.showing {
        showing.left.remove(0);
    }
    Ok(draft.done(None))
}

/// Tags that were half written for the vehicle, and are left for this one, are nobody's any more.
fn give_up_others(begun: &[Begun], draft: &mut Draft, teller: &Teller<'_>) {
    for other in begun.iter().map(|one| &one.tag) {
        let is_out_of_use = match other.status {
            CardStatus::Normal | CardStatus::Suspended | CardStatus::Lost => false,
            CardStatus::Cancelled | CardStatus::Damaged | CardStatus::Blacklisted => true,
        };
        if other.serial == draft.tag.serial || is_out_of_use {
            continue;
        }
        let given_up = Tag {
            status: CardStatus::Blacklisted,
            ..other.clone()
        };
        draft.writes.push(TagWrite::PutTag(Box::new(given_up)));
        let listed = HandIn::new(Chip::Tag(other.serial), HandInReason::GivenUp, teller);
        draft
            .writes
            .push(TagWrite::Chip(ChipWrite::InsertHandIn(listed)));
    }
}

/// The showing of this operator, within the life of a reading.
fn live<'a>(job: &'a TagJob, teller: &Teller<'_>) -> Result<&'a Showing, Code> {
    let is_live = |showing: &&Showing| {
        showing.operator == teller.operator && teller.now - showing.at < READING_LIFE
    };
    job.showing.as_ref().filter(is_live).ok_or(Code::NotShown)
}

/// The file before and after, whole as far as it is written.
fn signed_part(job: &TagJob, showing: &Showing, wanted: Written) -> Result<SignedPart, Code> {
    let (before, after) = match wanted {
        Written::Vehicle => {
            let after = job.wanted.vehicle.as_ref().ok_or(Code::VehicleUnknown)?;
            let before = showing.vehicle.as_ref().ok_or(Code::NotShown)?;
            (before.clone(), after.clone())
        }
        Written::System => (showing.system.clone(), job.wanted.system.clone()),
        Written::RemovalFlag => {
            let mut after = showing.system.clone();
            if let (Some(byte), Some(flag)) = (
                after.get_mut(Contract::LENGTH),
                job.wanted.system.get(Contract::LENGTH),
            ) {
                *byte = *flag;
            }
            (showing.system.clone(), after)
        }
    };
    Ok(SignedPart {
        file: part(wanted).to_owned(),
        before: Bytes(before),
        after: Bytes(after),
    })
}

/// The tag refused a signed command by its own word, which counts at once – unless its switch stands out.
pub fn refused(
    file: &TagFile,
    job: &TagJob,
    wanted: Written,
    sw: Sw,
    teller: &Teller<'_>,
) -> Result<TagDecision, Code> {
    job.must_be_open()?;
    let refused = file.attempts.refused(&job.id, part(wanted), sw);
    let refused = refused.ok_or(Code::NotShown)?;
    let mut draft = Draft::of(job, file);
    draft.job.showing = None;
    draft.job.reading = None;
    if job.work == TagWork::Activate {
        draft.tag.signed.activations = draft.tag.signed.activations.saturating_sub(1);
    }
    let outcome = match sw {
        SWITCH_OUT => Outcome::Torn,
        _ => Outcome::Refused,
    };
    draft.settle(WriteAttempt {
        outcome,
        ..refused.clone()
    });
    if sw == Sw::WRONG_SM_MAC {
        draft.stop(Code::TagForbids);
        draft.hand_in(CardStatus::Damaged, HandInReason::Forbids, teller);
        return Ok(draft.done(None));
    }
    // The task says by its state how it goes on.
    let _ = draft.judge(teller);
    Ok(draft.done(None))
}
