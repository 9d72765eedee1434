//! 卡片激活: writes a validity that has begun, and has not ended, on a card that was issued.

use super::Progress;
use super::write_card::{CardDone, write_card};
use crate::authority::{CardTask, CardTasks};
use crate::card::Card;
use crate::fault::Fault;

/// Writes file 0015 of the task's card with its new validity, and reads it back. A card that is active by now, and
/// agrees with its record, is a success without a write.
pub async fn activate_card(
    card: &mut dyn Card,
    tasks: &mut dyn CardTasks,
    progress: &mut dyn Progress,
    task: &CardTask,
) -> Result<CardDone, Fault> {
    write_card(card, tasks, progress, task).await
}
