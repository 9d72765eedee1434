//! A command is signed, once for each file that a showing named; or the card has refused one.

use apdu_core::authority::{CardFile as Written, CardStatus};
use apdu_core::fault::Code;
use apdu_core::hex::Bytes;
use apdu_core::sw::Sw;
use etc_api::ApplicationState;

use super::super::attempt::{Chip, Outcome, SignedPart, Teller, WriteAttempt};
use super::super::change::Write;
use super::super::limits::NONCE_LIFE;
use super::super::pairing::{ChipWrite, HandInReason};
use super::application::ApplicationFile;
use super::{CardDecision, CardHistory, CardJob, CardShowing, Draft, may_be_written, part};

/// Allows one signature, and keeps what it is for before anybody sees it.
pub fn sign(
    history: &CardHistory,
    job: &CardJob,
    application: Option<&ApplicationFile>,
    wanted: Written,
    teller: &Teller<'_>,
) -> Result<CardDecision, Code> {
    job.must_be_open()?;
    may_be_written(&history.file.card)?;
    let showing = live(job, teller)?;
    if showing.left.first() != Some(&wanted) {
        return Err(Code::CardNotShown);
    }
    if !showing.present {
        return Err(Code::CardNotPresent);
    }
    let mut draft = Draft::of(job, history);
    if let Some(application) = application {
        if application.has_failed_too_often(teller.now) {
            return Err(Code::NotTheCards);
        }
        begun(application, &mut draft)?;
    }
    let stock = &mut draft.card.stock;
    if stock.signatures >= stock.allowed {
        return Err(Code::CardSignaturesSpent);
    }
    stock.signatures += 1;
    let part = signed_part(job, showing, wanted)?;
    let chip = Chip::Card(job.card);
    let (attempt, is_new) = history.attempts.signed(chip, &job.id, part, teller);
    draft.chips.push(match is_new {
        true => ChipWrite::InsertAttempt(attempt),
        false => ChipWrite::UpdateAttempt(attempt),
    });
    if let Some(showing) = &mut draft.job.showing {
        showing.left.remove(0);
    }
    Ok(draft.done(None))
}

/// From the first signature on the card is the application's, and the application cannot be taken back.
fn begun(application: &ApplicationFile, draft: &mut Draft) -> Result<(), Code> {
    let applied = &application.applied;
    match applied.state {
        ApplicationState::Withdrawn => return Err(Code::ApplicationWithdrawn),
        ApplicationState::Issued => return Err(Code::ApplicationIssued),
        ApplicationState::Begun => {}
        ApplicationState::Open => {
            let turned = applied.turned(ApplicationState::Begun);
            draft.writes.push(Write::TurnApplication(turned));
        }
    }
    draft.card.stock.issue = Some(draft.job.id.clone());
    Ok(())
}

/// The showing of this operator, within the life of a nonce.
fn live<'a>(job: &'a CardJob, teller: &Teller<'_>) -> Result<&'a CardShowing, Code> {
    let is_live = |showing: &&CardShowing| {
        showing.operator == teller.operator && teller.now - showing.at < NONCE_LIFE
    };
    let showing = job.showing.as_ref().filter(is_live);
    showing.ok_or(Code::CardNotShown)
}

/// The file before and after, whole.
fn signed_part(job: &CardJob, showing: &CardShowing, wanted: Written) -> Result<SignedPart, Code> {
    let (before, after) = match wanted {
        Written::Holder => {
            let after = job.wanted.holder.ok_or(Code::CardNotShown)?;
            (showing.holder.0.to_vec(), after.0.to_vec())
        }
        Written::Issue => (showing.issue.clone(), job.wanted.issue.clone()),
    };
    Ok(SignedPart {
        file: part(wanted).to_owned(),
        before: Bytes(before),
        after: Bytes(after),
    })
}

/// The card refused a signed command by its own word, which counts at once.
pub fn refused(
    history: &CardHistory,
    job: &CardJob,
    application: Option<&ApplicationFile>,
    wanted: Written,
    sw: Sw,
    teller: &Teller<'_>,
) -> Result<CardDecision, Code> {
    job.must_be_open()?;
    let refused = history.attempts.refused(&job.id, part(wanted), sw);
    let refused = refused.ok_or(Code::CardNotShown)?;
    let mut draft = Draft::of(job, history);
    draft.job.showing = None;
    draft.settle(WriteAttempt {
        outcome: Outcome::Refused,
        ..refused.clone()
    });
    if sw == Sw::WRONG_SM_MAC {
        draft.stop(Code::CardForbids);
        draft.hand_in(CardStatus::Blacklisted, HandInReason::Forbids, teller);
        return Ok(draft.done(None));
    }
    // The task says by its state how it goes on.
    let _ = draft.judge(application, teller);
    Ok(draft.done(None))
}
