//! 标签注销: cancels a tag, so that it can be issued again.

use super::Progress;
use super::write_tag::{TagDone, write_tag};
use crate::authority::{TagTask, TagTasks};
use crate::fault::Fault;
use crate::obu_programmer::ObuProgrammer;

/// Cancels the tag of a task. It is shown; what its kind wants on the chip is written.
pub async fn cancel_obu(
    programmer: &mut dyn ObuProgrammer,
    tasks: &mut dyn TagTasks,
    progress: &mut dyn Progress,
    task: &TagTask,
) -> Result<TagDone, Fault> {
    write_tag(programmer, tasks, progress, None, task).await
}
