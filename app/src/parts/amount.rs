//! The amount of a load: one large field, and the usual amounts beside it.

use leptos::prelude::*;

use super::{Field, parse_yuan};
use crate::i18n::{text, texts};

/// The usual amounts, in yuan.
const USUAL: [&str; 5] = ["50", "100", "200", "300", "500"];

/// The amount field. `value` is what was typed; [`parse_yuan`] makes fen of it.
#[component]
pub fn AmountField(
    /// What is typed.
    value: RwSignal<String>,
    /// Whether it has the focus when it appears.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    let wrong = Signal::derive(move || {
        let typed = value.get();
        // While a fraction is being typed it is not wrong yet.
        let begun = typed.trim().strip_suffix('.').unwrap_or(typed.trim());
        let is_wrong = !begun.is_empty() && parse_yuan(begun).is_none();
        is_wrong.then(|| texts().load.amount_wrong)
    });
    let hint = text(|t| t.load.amount_hint);
    let choices = USUAL.map(|yuan| {
        let chosen = move || value.with(|typed| typed == yuan);
        view! {
            <button
                type="button"
                class="choice"
                aria-pressed=move || if chosen() { "true" } else { "false" }
                on:click=move |_| value.set(yuan.into())
            >
                {yuan}
            </button>
        }
    });
    view! {
        <div class="amount-field">
            <Field
                name="amount"
                label=text(|t| t.load.amount)
                value=value
                hint=hint
                wrong=wrong
                inputmode="decimal"
                focus=focus
                class="large"
            />
            <div class="choices" role="group" aria-label=text(|t| t.load.amount_choices)>
                {choices}
            </div>
        </div>
    }
}
