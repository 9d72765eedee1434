//! States of records, cards and applications: sign and word, never colour alone.

use apdu_core::authority::{CardStatus, RechargeState};
use etc_api::ApplicationState;
use leptos::prelude::*;

use super::{Sign, SignMark, Tone};
use crate::i18n::texts;

/// State of a recharge record.
#[component]
pub fn RecordBadge(
    /// The state.
    state: RechargeState,
) -> impl IntoView {
    let (sign, tone) = match state {
        RechargeState::Created | RechargeState::Closed => (Sign::Open, Tone::Quiet),
        RechargeState::Paid => (Sign::Note, Tone::Note),
        RechargeState::Loading | RechargeState::Refunding => (Sign::Unknown, Tone::Unknown),
        RechargeState::Refunded => (Sign::Open, Tone::Quiet),
        RechargeState::Conflict => (Sign::Failed, Tone::Bad),
        RechargeState::Loaded => (Sign::Done, Tone::Good),
    };
    view! {
        <span class=format!("state badge {}", tone.class())>
            <SignMark sign=sign />
            {move || texts().record_state(state)}
        </span>
    }
}

/// Status of a card in the records.
#[component]
pub fn CardBadge(
    /// The status.
    status: CardStatus,
) -> impl IntoView {
    let (sign, tone) = match status {
        CardStatus::Normal => (Sign::Done, Tone::Good),
        CardStatus::Suspended => (Sign::Note, Tone::Unknown),
        _ => (Sign::Failed, Tone::Bad),
    };
    view! {
        <span class=format!("state badge {}", tone.class())>
            <SignMark sign=sign />
            {move || texts().card_status(status)}
        </span>
    }
}

/// State of an application for a card.
#[component]
pub fn ApplicationBadge(
    /// The state.
    state: ApplicationState,
) -> impl IntoView {
    let (sign, tone) = match state {
        ApplicationState::Open => (Sign::Note, Tone::Note),
        ApplicationState::Begun => (Sign::Unknown, Tone::Unknown),
        ApplicationState::Issued => (Sign::Done, Tone::Good),
        ApplicationState::Withdrawn => (Sign::Open, Tone::Quiet),
    };
    view! {
        <span class=format!("state badge {}", tone.class())>
            <SignMark sign=sign />
            {move || texts().application_state(state)}
        </span>
    }
}
