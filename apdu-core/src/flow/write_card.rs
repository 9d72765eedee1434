//! The loop of every task that writes a card's files.
//!
//! ```text
//!  flow                  card                            authority
//!   │ 0016, 0015 ────────▶ its files                         │
//!   │ VERIFY, INIT(nonce) ▶ 16 bytes ───── show ────────────▶│ compares; done, or what is to be written
//!   │ number, CHALLENGE ─▶ 4 bytes ─────── sign ────────────▶│ 04D6 … MAC, for this card and this challenge
//!   │ UPDATE BINARY, once ▶ 9000                             │
//!   └ … 0016, 0015 ──────▶ its files ───── show ────────────▶│ done is what was read back, never what was sent
//! ```
//!
//! Identity, proof, challenge and write stand in one power session. Dropped anywhere, the card is as the next
//! showing finds it: whole old files are written anew, whole new ones are done, and a half-written one is known
//! to be not good.

use super::whole_card::{PinShown, read_whole};
use super::writes::{Came, Ends, Reach, Writes, is_refusal};
use super::{Progress, Step, read_identity, select_toll_application, transmit_ok};
use crate::authority::{
    CardFile, CardRefused, CardTask, CardTaskKind, CardTaskState, CardTasks, CardTold, Presence,
    Refusal, SignCard, WholeCard,
};
use crate::card::{Card, Fate, PowerSession};
use crate::fault::{Code, Fault, Written};
use crate::hex::Fixed;
use crate::secured::get_challenge;
use crate::sw::Sw;
use crate::toll_card::{secured_update, select_master_file};

/// How often a card is shown in one call at most: at first, after it was written, and after answers were lost.
const SHOWINGS: usize = 4;

/// A task that has ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardDone {
    /// The task, done, and card and record as they agree now.
    pub told: CardTold,
    /// Whether this call has written the card; otherwise it was right already.
    pub written: bool,
}

/// Writes what the task wants on its card, and reads it back.
pub(super) async fn write_card(
    card: &mut dyn Card,
    tasks: &mut dyn CardTasks,
    progress: &mut dyn Progress,
    task: &CardTask,
) -> Result<CardDone, Fault> {
    let mut writing = Writing {
        card,
        tasks,
        progress,
        task,
        pin: PinShown::default(),
        writes: Writes::none(),
    };
    let outcome = writing.run().await;
    outcome.map_err(|fault| writing.ended_by(fault))
}

/// A task under way.
struct Writing<'a> {
    card: &'a mut dyn Card,
    tasks: &'a mut dyn CardTasks,
    progress: &'a mut dyn Progress,
    task: &'a CardTask,
    pin: PinShown,
    writes: Writes<CardFile>,
}

impl Writing<'_> {
    async fn run(&mut self) -> Result<CardDone, Fault> {
        let mut presence = self.task.presence.clone();
        let mut is_read_back = false;
        for _ in 0..SHOWINGS {
            // What was written is read back without a proof. It may end the task, and gives no signature.
            let proof = presence.clone().filter(|_| !is_read_back);
            let may_be_signed_for = proof.is_some() || presence.is_none();
            let (session, told) = self.show(proof).await?;
            match told.task.state {
                CardTaskState::Done => return Ok(self.done(told)),
                CardTaskState::Stopped(code) => return Err(Fault::new(code)),
                CardTaskState::Open => self.may_be_written(&told)?,
            }
            presence = told.task.presence.clone();
            is_read_back = may_be_signed_for
                && matches!(self.write(session, &told.next).await?, Came::Through);
        }
        Err(Fault::new(Code::CardLink))
    }

    /// Reads the card whole, and shows it, with the proof that it is there where one is wanted.
    async fn show(
        &mut self,
        presence: Option<Presence>,
    ) -> Result<(PowerSession, CardTold), Fault> {
        let is_first = self.writes.written() == Written::No;
        self.progress.at(match is_first {
            true => Step::ReadCard,
            false => Step::ReadBack,
        });
        let session = self.card.connect().await?;
        let read = read_whole(self.card, session).await?;
        if read.number != self.task.card {
            return Err(Fault::new(Code::OtherCard));
        }
        let mut shown = WholeCard {
            holder: read.holder,
            issue: read.issue,
            presence: None,
        };
        if let Some(presence) = presence {
            self.progress.at(Step::ProveCard);
            shown.presence = Some(self.pin.prove(self.card, session, &presence).await?);
        }
        self.progress.at(Step::AskRecords);
        let told = self.tasks.show_card(&self.task.id, &shown).await?;
        if !matches!(told.task.state, CardTaskState::Stopped(_)) {
            self.writes.read_back(&told.next);
        }
        Ok((session, told))
    }

    /// Where card and record differ in what is not to be written, nothing is. An activation writes no holder; and
    /// an open task has something to write.
    fn may_be_written(&self, told: &CardTold) -> Result<(), Fault> {
        if !told.differences.is_empty() {
            return Err(Fault::new(Code::CardDiffers));
        }
        let is_activation = self.task.kind == CardTaskKind::Activate;
        if told.next.is_empty() || is_activation && told.next.contains(&CardFile::Holder) {
            return Err(Fault::new(Code::BackendFailed));
        }
        Ok(())
    }

    /// Writes these files, in this order.
    async fn write(&mut self, session: PowerSession, files: &[CardFile]) -> Result<Came, Fault> {
        for &file in files {
            if let Came::Astray = self.write_file(session, file).await? {
                return Ok(Came::Astray);
            }
        }
        Ok(Came::Through)
    }

    async fn write_file(&mut self, session: PowerSession, file: CardFile) -> Result<Came, Fault> {
        self.progress.at(Step::Authorise);
        let challenge = self.challenge(session, file).await?;
        let request = SignCard { file, challenge };
        let signed = self.tasks.sign_card(&self.task.id, &request).await?;
        let update = secured_update(&signed.command.0, file);
        let update = update.map_err(|_| Fault::new(Code::BackendFailed))?;

        self.progress.at(Step::WriteFile(file));
        let sw = match self.card.transmit(session, &update).await {
            Ok(answer) => Some(answer.sw),
            Err(none) if none.fate == Fate::NotSent => return Err(none.into()),
            Err(_) => None,
        };
        match sw {
            Some(Sw::OK) => {
                self.writes.accept(file);
                Ok(Came::Through)
            }
            Some(sw) if is_refusal(sw) => Err(self.refused(file, sw).await),
            _ => {
                self.writes.lose(file);
                Ok(Came::Astray)
            }
        }
    }

    /// A challenge in the directory of that file, of the card that was shown: what is signed for the challenge of
    /// another one is refused for good.
    async fn challenge(
        &mut self,
        session: PowerSession,
        file: CardFile,
    ) -> Result<Fixed<4>, Fault> {
        select_toll_application(self.card, session).await?;
        let identity = read_identity(self.card, session).await?;
        if identity.issue.number != self.task.card {
            return Err(Fault::new(Code::OtherCard));
        }
        if file == CardFile::Holder {
            transmit_ok(self.card, session, &select_master_file()).await?;
        }
        let challenge = transmit_ok(self.card, session, &get_challenge()).await?;
        let challenge: Result<[u8; 4], _> = challenge.try_into();
        challenge
            .map(Fixed)
            .map_err(|_| Fault::new(Code::MalformedFile))
    }

    /// The card refused a signed write by its own word: the backend counts that at once.
    async fn refused(&mut self, file: CardFile, sw: Sw) -> Fault {
        let refused = CardRefused {
            file,
            sw: Fixed(sw.0.to_be_bytes()),
        };
        let own = match sw {
            Sw::WRONG_SM_MAC => Code::CardForbids,
            _ => Code::CardRefusesWrite,
        };
        let code = match self.tasks.card_refused(&self.task.id, &refused).await {
            Ok(CardTask {
                state: CardTaskState::Stopped(code),
                ..
            }) => code,
            // What the card said holds whether the backend has heard it or not.
            Ok(_) | Err(Refusal { .. }) => own,
        };
        let fault = Fault {
            sw: Some(sw),
            ..Fault::new(code)
        };
        // Its memory has failed, and may hold a part.
        match sw {
            Sw::WRITE_FAILED => fault.written(Written::Unknown),
            _ => fault,
        }
    }

    fn done(&self, told: CardTold) -> CardDone {
        CardDone {
            told,
            written: self.writes.written() != Written::No,
        }
    }

    /// How the task ends by a fault.
    fn ended_by(&self, fault: Fault) -> Fault {
        let ends = Ends {
            unknown: Code::IssueUnknown,
            torn: Code::IssueTorn,
            unconfirmed: Code::IssueUnconfirmed,
        };
        let reach = Reach::of(fault.code, is_out_of_reach);
        self.writes.end(fault, reach, ends)
    }
}

/// Whether the card could not be reached, for whatever reason on the way: `RDR`, `PRG`, or the card is gone, mute or
/// garbled.
fn is_out_of_reach(code: Code) -> bool {
    let code_of_device = ["RDR-", "PRG-"]
        .iter()
        .any(|device| code.as_str().starts_with(device));
    code_of_device
        || matches!(
            code,
            Code::NoCard | Code::CardGone | Code::CardMute | Code::CardProtocol | Code::CardLink
        )
}

#[cfg(test)]
mod tests;
