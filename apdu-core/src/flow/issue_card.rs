//! 用户卡办理: writes holder and vehicle on a card that the factory has first issued.

use super::Progress;
use super::write_card::{CardDone, write_card};
use crate::authority::{CardTask, CardTasks};
use crate::card::Card;
use crate::fault::Fault;

/// Writes the card of a task: file 0016, then 0015, whatever of them is still to be written; and reads it back.
pub async fn issue_card(
    card: &mut dyn Card,
    tasks: &mut dyn CardTasks,
    progress: &mut dyn Progress,
    task: &CardTask,
) -> Result<CardDone, Fault> {
    write_card(card, tasks, progress, task).await
}
