//! Takes a card that was issued elsewhere in the province into the records.

use super::whole_card::{PinShown, read_whole};
use super::{Progress, Step};
use crate::authority::{OfferTakeIn, TakeIn, TakeIns};
use crate::card::Card;
use crate::fault::Fault;

/// Reads the card whole, has it prove that it is there and of this province, and hands it in. Nothing is written
/// on it.
pub async fn take_in(
    card: &mut dyn Card,
    records: &mut dyn TakeIns,
    progress: &mut dyn Progress,
) -> Result<(), Fault> {
    progress.at(Step::ReadCard);
    let session = card.connect().await?;
    let read = read_whole(card, session).await?;

    progress.at(Step::AskRecords);
    let offer = OfferTakeIn {
        issue: read.issue.clone(),
    };
    let presence = records.offer_take_in(read.number, &offer).await?;

    progress.at(Step::ProveCard);
    let proof = PinShown::default().prove(card, session, &presence).await?;

    progress.at(Step::AskRecords);
    let request = TakeIn {
        holder: read.holder,
        issue: read.issue,
        presence: proof,
    };
    Ok(records.take_in(read.number, &request).await?)
}
