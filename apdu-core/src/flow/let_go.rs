//! 修改圈存状态: what became of a torn load, and letting it go when the card proves that nothing did.

use super::load::{Met, initialize, same_card_under_power, show_account, verify_pin};
use super::{Progress, Step};
use crate::authority::{Authority, LetGo, MadeFor, Recharge, RechargeState};
use crate::card::Card;
use crate::fault::{Code, Fault};
use crate::toll_card::wallet::InitAnswer;

/// What the card in the reader says about its unfinished record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The record as it stands now: still *loading* where the card was not written and may be written or
    /// let go; *loaded* or *paid* where the card's account has settled it.
    pub record: Recharge,
    /// The card's online counter.
    pub counter: u16,
    /// The card's balance in fen.
    pub balance: u32,
}

/// Finds out what became of the unfinished record of a card that was met, without writing anything.
pub async fn resolve_load(
    card: &mut dyn Card,
    authority: &mut dyn Authority,
    progress: &mut dyn Progress,
    met: &mut Met,
) -> Result<Standing, Fault> {
    let open = met.sighted.open.clone();
    let record = open.ok_or(Fault::new(Code::NoSuchRecord))?;
    progress.at(Step::ProveCard);
    same_card_under_power(card, met).await?;
    verify_pin(card, met).await?;
    let init = initialize(card, met, &record.init, record.amount).await?;
    let made_for = MadeFor::Record(record.id.clone());
    let settled = show_account(card, authority, progress, met, made_for, init).await?;
    let shown = InitAnswer::parse(&init.0);
    Ok(Standing {
        record: settled
            .or(met.sighted.open.clone())
            .ok_or(Fault::new(Code::NoSuchRecord))?,
        counter: shown.counter,
        balance: shown.balance,
    })
}

/// Puts a torn record back to 未圈存: the card proves with a number nobody could have known before that it
/// still stands where it stood, and the INIT that proves it makes every earlier authorisation useless.
pub async fn let_go(
    card: &mut dyn Card,
    authority: &mut dyn Authority,
    progress: &mut dyn Progress,
    met: &mut Met,
    record: &Recharge,
) -> Result<Recharge, Fault> {
    if record.state != RechargeState::Loading {
        return Err(Fault::new(Code::NotTorn));
    }
    progress.at(Step::ProveCard);
    same_card_under_power(card, met).await?;
    if met.issue().number != record.card {
        return Err(Fault::new(Code::OtherCard));
    }
    verify_pin(card, met).await?;
    let offer = authority.offer_let_go(&record.id).await?;
    let init = initialize(card, met, &offer, record.amount).await?;

    progress.at(Step::LetGo);
    let proof = LetGo {
        init,
        terminal: offer.terminal,
    };
    let record = authority.let_go(&record.id, &proof).await?;
    met.sighted.open = Some(record.clone());
    Ok(record)
}
