//! 主管解锁: a card that too many wrong proofs have locked is given its tries back, at the PC that met it.

use apdu_core::bcd::CardNumber;
use apdu_core::fault::{Code, Fault};
use leptos::prelude::*;

use super::vouched::Vouched;
use crate::parts::CardNo;

/// The button and its dialog, where `fault` is the one that a supervisor can take away.
#[component]
pub fn Unlock(
    /// What went wrong.
    fault: Fault,
    /// The card it went wrong with.
    card: Option<CardNumber>,
    /// Called once the card is unlocked.
    #[prop(into)]
    on_unlocked: Callback<()>,
) -> impl IntoView {
    let card = card.filter(|_| fault.code == Code::ProofsLocked);
    card.map(|card| {
        view! {
            <Vouched
                start=|t| t.records.unlock.start
                title=|t| t.records.unlock.title
                about=|t| t.records.unlock.about
                confirm=|t| t.records.unlock.confirm
                ask=async move |backend, person| backend.unlock_card(card, &person).await
                on_done=on_unlocked
            >
                <p>
                    <CardNo number=card />
                </p>
            </Vouched>
        }
    })
}
