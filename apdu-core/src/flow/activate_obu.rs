//! 标签激活: at the car, says on the tag that it is on its windscreen.

use super::write_tag::{Showing, TagDone, disagreement, show, write_tag};
use super::{Progress, ReadCard, Step, show_card};
use crate::authority::{BeginTagTask, NamedTag, TagTasks, TagTold, TagWork};
use crate::card::{Card, PowerSession};
use crate::fault::{Code, Fault};
use crate::obu_programmer::{Mmi, ObuProgrammer, Tag};

/// A tag that was met for its activation. It signals, so that the person sees which one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetTag {
    /// The task, and card, tag and record compared. Done where the tag is active already.
    pub told: TagTold,
    /// Whether the tag signals. In contact it cannot be told to, and there is only the one.
    pub signals: bool,
}

/// Calls the only tag near by, has it compared with the card, and lets it signal: the person confirms its light.
/// Nothing is written.
pub async fn meet_for_activation(
    card: &ReadCard,
    programmer: &mut dyn ObuProgrammer,
    tasks: &mut dyn TagTasks,
    progress: &mut dyn Progress,
) -> Result<MetTag, Fault> {
    progress.at(Step::CallTag);
    let (session, tag) = programmer.initialise().await?;
    let met = meet(card, programmer, tasks, progress, session, tag).await;
    if met.is_err() {
        let _ = programmer.release(session).await;
    }
    met
}

async fn meet(
    card: &ReadCard,
    programmer: &mut dyn ObuProgrammer,
    tasks: &mut dyn TagTasks,
    progress: &mut dyn Progress,
    session: PowerSession,
    tag: Tag,
) -> Result<MetTag, Fault> {
    progress.at(Step::AskRecords);
    let begin = BeginTagTask {
        work: TagWork::Activate,
        card: Some(card.shown.clone()),
        tag: NamedTag::Serial(tag.contract.serial),
    };
    let task = tasks.begin_tag_task(&begin).await?;

    progress.at(Step::ReadTag);
    let showing = Showing {
        card: Some(card.shown.clone()),
        session,
        tag,
        read: task.read.clone(),
    };
    let told = show(programmer, tasks, progress, &task, showing).await?;
    // Nobody is asked for the light of a tag that will not be written.
    if let Some(code) = disagreement(&told) {
        return Err(Fault::new(code));
    }

    // Not let go after that: a tag that sleeps shows no light.
    progress.at(Step::SignalTag);
    let signals = match programmer.set_mmi(session, Mmi::Ok).await {
        Ok(()) => true,
        Err(none) if none.code == Code::ProgrammerCannot => false,
        Err(none) => return Err(none.into()),
    };
    Ok(MetTag { told, signals })
}

/// Activates a tag that was met: card and tag are read and compared again, and only then its flag is written. A
/// tag that is active by now, and agrees, is a success without a write.
pub async fn activate_obu(
    card: &mut dyn Card,
    programmer: &mut dyn ObuProgrammer,
    tasks: &mut dyn TagTasks,
    progress: &mut dyn Progress,
    met: &MetTag,
) -> Result<TagDone, Fault> {
    let card = show_card(card, progress).await?;
    write_tag(programmer, tasks, progress, Some(&card), &met.told.task).await
}
