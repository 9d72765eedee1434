//! The loop of every task that writes a tag.
//!
//! ```text
//!  flow                  tag                              authority
//!   │ INITIALISATION ────▶ its number                        │
//!   │ 00B081, 00B4 ──────▶ its files ─── show ──────────────▶│ compares; done, or what is to be written
//!   │ number, CHALLENGE ─▶ 4 bytes ───── sign ──────────────▶│ 04D6 … MAC, for this tag and this challenge
//!   │ UPDATE BINARY, once ▶ 9000                             │
//!   └ … then shown again: done is what was read back, never what was sent
//! ```
//!
//! Dropped anywhere, the tag is as the next showing finds it: whole old files are written anew, whole new ones
//! are done, and a half-written one is known to be not good.

use alloc::vec;

use super::tag::{call, read_vehicle, read_whole_system};
use super::writes::{Came, Ends, Reach, Writes, is_refusal};
use super::{Progress, ReadCard, Step};
use crate::apdu::Response;
use crate::authority::{
    Compared, ReadVehicle, Refusal, ShownCard, ShownTag, SignTag, TagFile, TagRefused, TagTask,
    TagTaskState, TagTasks, TagTold, TagWork,
};
use crate::card::{Fate, PowerSession};
use crate::fault::{Code, Fault, Written};
use crate::hex::Fixed;
use crate::obu::{SystemInformation, secured_update, select_application};
use crate::obu_programmer::{Channel, ObuProgrammer, Tag};
use crate::secured::get_challenge;
use crate::sw::Sw;
use crate::toll_card::select_master_file;

/// How often a tag is shown in one call at most: at first, after it was written, and after answers were lost.
const SHOWINGS: usize = 4;

/// A task that has ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagDone {
    /// The task, done, and card, tag and record as they agree now.
    pub told: TagTold,
    /// Whether this call has written the tag; otherwise it was right already.
    pub written: bool,
}

/// Writes what the task wants on its tag, and reads it back. `card` is the card that lies in the reader now,
/// where the task has one.
pub(super) async fn write_tag(
    programmer: &mut dyn ObuProgrammer,
    tasks: &mut dyn TagTasks,
    progress: &mut dyn Progress,
    card: Option<&ReadCard>,
    task: &TagTask,
) -> Result<TagDone, Fault> {
    if card.is_some_and(|card| Some(card.shown.number) != task.card) {
        return Err(Fault::new(Code::OtherCard));
    }
    let (session, tag) = call(programmer, progress, task.tag).await?;
    let mut writing = Writing {
        programmer,
        tasks,
        progress,
        card: card.map(|card| card.shown.clone()),
        task,
        session,
        tag,
        writes: Writes::none(),
    };
    let outcome = writing.run().await;
    let outcome = outcome.map_err(|fault| writing.ended_by(fault));
    // Whether it heard that is never known, and changes nothing.
    let _ = writing.programmer.release(writing.session).await;
    outcome
}

/// A task under way.
struct Writing<'a> {
    programmer: &'a mut dyn ObuProgrammer,
    tasks: &'a mut dyn TagTasks,
    progress: &'a mut dyn Progress,
    card: Option<ShownCard>,
    task: &'a TagTask,
    session: PowerSession,
    tag: Tag,
    writes: Writes<TagFile>,
}

impl Writing<'_> {
    async fn run(&mut self) -> Result<TagDone, Fault> {
        let mut read = self.task.read.clone();
        for _ in 0..SHOWINGS {
            // Before anything is written; afterwards it is read back all the same.
            if self.writes.written() == Written::No {
                self.switch_is_pressed()?;
            }
            let told = self.show(read).await?;
            match told.task.state {
                TagTaskState::Done => return Ok(self.done(told)),
                TagTaskState::Stopped(code) => return Err(Fault::new(code)),
                TagTaskState::Open => {}
            }
            self.may_be_written(&told)?;
            read = told.task.read.clone();
            if let Came::Astray = self.write(&told.next).await? {
                let called = call(self.programmer, self.progress, self.task.tag);
                (self.session, self.tag) = called.await?;
            }
        }
        Err(Fault::new(Code::TagGone))
    }

    /// At issuing and activating the anti-tamper switch is pressed; for a tag that tells otherwise nothing is
    /// signed.
    fn switch_is_pressed(&self) -> Result<(), Fault> {
        let is_out = self.tag.status.is_some_and(|status| status.is_tampered());
        match self.task.work {
            TagWork::Issue { .. } | TagWork::Activate if is_out => {
                Err(Fault::new(Code::SwitchNotPressed))
            }
            _ => Ok(()),
        }
    }

    async fn show(&mut self, read: Option<ReadVehicle>) -> Result<TagTold, Fault> {
        let is_first = self.writes.written() == Written::No;
        self.progress.at(match is_first {
            true => Step::ReadTag,
            false => Step::ReadBack,
        });
        let showing = Showing {
            card: self.card.clone(),
            session: self.session,
            tag: self.tag,
            read,
        };
        let (tasks, progress) = (&mut *self.tasks, &mut *self.progress);
        let told = show(self.programmer, tasks, progress, self.task, showing).await?;
        self.writes.read_back(&told.next);
        Ok(told)
    }

    /// An activation changes nothing on the tag but its flag: before that, card, tag and record agree. Where
    /// nothing is to be written though the task is open, they do not, whatever the task.
    fn may_be_written(&self, told: &TagTold) -> Result<(), Fault> {
        let is_idle = told.next.is_empty();
        match disagreement(told) {
            Some(code) if is_idle || self.task.work == TagWork::Activate => Err(Fault::new(code)),
            None if is_idle => Err(Fault::new(Code::BackendFailed)),
            _ => Ok(()),
        }
    }

    /// Writes these files, in this order.
    async fn write(&mut self, files: &[TagFile]) -> Result<Came, Fault> {
        self.switch_is_pressed()?;
        for &file in files {
            if let Came::Astray = self.write_file(file).await? {
                return Ok(Came::Astray);
            }
        }
        Ok(Came::Through)
    }

    async fn write_file(&mut self, file: TagFile) -> Result<Came, Fault> {
        self.progress.at(Step::Authorise);
        let Some(challenge) = self.challenge(file).await? else {
            return Ok(Came::Astray);
        };
        let request = SignTag { file, challenge };
        let signed = self.tasks.sign_tag(&self.task.id, &request).await?;
        let update = secured_update(&signed.command.0, file);
        let update = update.map_err(|_| Fault::new(Code::BackendFailed))?;

        self.progress.at(Step::WriteTag(file));
        let list = [update];
        let answers = (self.programmer).transfer_channel(self.session, Channel::Esam, &list);
        let sw = match answers.await {
            Ok(mut answers) => answers.pop().map(|answer| answer.sw),
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

    /// A challenge in the directory of that file, in one list with the number of the tag: in contact nothing else
    /// tells that another one lies there now, and what is signed for the challenge of another chip is refused for
    /// good. `None` where it was not answered; nothing is lost by that.
    async fn challenge(&mut self, file: TagFile) -> Result<Option<Fixed<4>>, Fault> {
        let mut list = vec![select_master_file(), SystemInformation::read_serial()];
        if file == TagFile::Vehicle {
            list.push(select_application());
        }
        list.push(get_challenge());
        let answers = (self.programmer).transfer_channel(self.session, Channel::Esam, &list);
        let answers = match answers.await {
            Ok(answers) => answers,
            Err(none) if none.fate == Fate::NotSent => return Err(none.into()),
            Err(_) => return Ok(None),
        };
        let went_well = |answer: &Response| answer.sw.is_ok() || answer.sw.more_data().is_some();
        if let Some(refused) = answers.iter().find(|&answer| !went_well(answer)) {
            return Err(Fault {
                sw: Some(refused.sw),
                ..Fault::new(Code::TagRefused)
            });
        }
        let (Some(number), Some(last)) = (answers.get(1), answers.get(list.len() - 1)) else {
            return Ok(None);
        };
        if number.data != self.task.tag.0 {
            return Err(Fault::new(Code::OtherTag));
        }
        Ok(last.data[..].try_into().ok().map(Fixed))
    }

    /// The tag refused a signed write by its own word: the backend counts that at once.
    async fn refused(&mut self, file: TagFile, sw: Sw) -> Fault {
        let refused = TagRefused {
            file,
            sw: Fixed(sw.0.to_be_bytes()),
        };
        let own = match sw {
            Sw::WRONG_SM_MAC => Code::TagForbids,
            Sw::CONDITIONS => Code::SwitchNotPressed,
            _ => Code::TagRefused,
        };
        let code = match self.tasks.tag_refused(&self.task.id, &refused).await {
            Ok(TagTask {
                state: TagTaskState::Stopped(code),
                ..
            }) => code,
            // What the tag said holds whether the backend has heard it or not.
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

    fn done(&self, told: TagTold) -> TagDone {
        TagDone {
            told,
            written: self.writes.written() != Written::No,
        }
    }

    /// How the task ends by a fault.
    fn ended_by(&self, fault: Fault) -> Fault {
        let ends = Ends {
            unknown: Code::TagWriteUnknown,
            torn: Code::TagTorn,
            unconfirmed: Code::TagUnconfirmed,
        };
        let reach = Reach::of(fault.code, is_out_of_reach);
        self.writes.end(fault, reach, ends)
    }
}

/// What is shown of a tag, and by which session with it.
pub(super) struct Showing {
    pub(super) card: Option<ShownCard>,
    pub(super) session: PowerSession,
    pub(super) tag: Tag,
    /// How its vehicle information is read this time.
    pub(super) read: Option<ReadVehicle>,
}

/// Reads the tag whole, and shows it.
pub(super) async fn show(
    programmer: &mut dyn ObuProgrammer,
    tasks: &mut dyn TagTasks,
    progress: &mut dyn Progress,
    task: &TagTask,
    showing: Showing,
) -> Result<TagTold, Fault> {
    let Showing {
        card,
        session,
        tag,
        read,
    } = showing;
    let (bytes, system) = read_whole_system(programmer, session, &tag).await?;
    let vehicle = match read {
        Some(read) => {
            progress.at(Step::ReadVehicle);
            Some(read_vehicle(programmer, session, &system, &read).await??)
        }
        None => None,
    };
    progress.at(Step::AskRecords);
    let shown = ShownTag {
        card,
        system: bytes,
        status: tag.status.map(|status| Fixed(status.0)),
        vehicle,
    };
    let told = tasks.show_tag(&task.id, &shown).await?;
    progress.compared(&told.comparison);
    Ok(told)
}

/// What card, tag and record disagree in: two vehicles, or else a tag or a card that is not as its record says.
pub(super) fn disagreement(told: &TagTold) -> Option<Code> {
    let differing = || told.comparison.iter().filter(|one| one.differs());
    differing().next()?;
    let of_two_vehicles =
        |one: &Compared| one.card.is_some() && one.tag.is_some() && one.card != one.tag;
    if differing().any(of_two_vehicles) {
        return Some(Code::CardTagDiffer);
    }
    // What the tag does not hold yet, it does not differ in.
    Some(match differing().any(|one| one.tag.is_some()) {
        true => Code::TagDiffers,
        false => Code::CardDiffers,
    })
}

/// Whether the tag could not be reached, for whatever reason on the way.
fn is_out_of_reach(code: Code) -> bool {
    matches!(
        code,
        Code::NoTag
            | Code::TagGone
            | Code::ProgrammerSilent
            | Code::ProgrammerGone
            | Code::ProgrammerTimeout
            | Code::ProgrammerNoise
            | Code::ProgrammerRefused
            | Code::ProgrammerGarbled
    )
}

#[cfg(test)]
mod tests;
