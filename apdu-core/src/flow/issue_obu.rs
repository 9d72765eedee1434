//! 标签办理: writes the vehicle of a card on its tag.

use super::tag::read_system;
use super::write_tag::{TagDone, write_tag};
use super::{Progress, Step, show_card};
use crate::authority::{TagTask, TagTasks};
use crate::card::Card;
use crate::fault::{Code, Fault};
use crate::obu::ContractSerial;
use crate::obu_programmer::ObuProgrammer;

/// Reads the number of the only tag near by, and lets it go. The tag about to be written is compared with it.
pub async fn meet_tag(
    programmer: &mut dyn ObuProgrammer,
    progress: &mut dyn Progress,
) -> Result<ContractSerial, Fault> {
    progress.at(Step::CallTag);
    let (session, tag) = programmer.initialise().await?;
    progress.at(Step::ReadTag);
    let read = read_system(programmer, session, &tag).await;
    // Whether it heard that is never known, and changes nothing.
    let _ = programmer.release(session).await;
    let (_, system) = read?;
    Ok(system.contract.serial)
}

/// Writes the tag of a task: the same card, and the same tag that was read `first`, or nothing.
pub async fn issue_obu(
    card: &mut dyn Card,
    programmer: &mut dyn ObuProgrammer,
    tasks: &mut dyn TagTasks,
    progress: &mut dyn Progress,
    task: &TagTask,
    first: ContractSerial,
) -> Result<TagDone, Fault> {
    if first != task.tag {
        return Err(Fault::new(Code::OtherTag));
    }
    let card = show_card(card, progress).await?;
    write_tag(programmer, tasks, progress, Some(&card), task).await
}
