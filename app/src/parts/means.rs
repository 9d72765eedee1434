//! How money changes hands: cash, or a POS with the numbers of its slip.

use etc_api::{PaymentKind, PosSlip};
use leptos::html;
use leptos::prelude::*;

use super::{Twice, TwiceField};
use crate::i18n::{text, texts};

/// What the teller says about it.
#[derive(Clone, Copy)]
pub struct MeansEntry {
    /// Cash or POS.
    pub kind: RwSignal<PaymentKind>,
    terminal: Twice,
    number: Twice,
}

impl MeansEntry {
    /// Nothing said yet; `terminal` is the POS that was used last, if any.
    pub fn new(kind: PaymentKind, terminal: &str) -> Self {
        Self {
            kind: RwSignal::new(kind),
            terminal: Twice::new(terminal),
            number: Twice::new(""),
        }
    }

    /// Whether all is there that belongs to it.
    pub fn is_whole(&self) -> bool {
        self.kind.get() == PaymentKind::Cash || self.slip().is_some()
    }

    /// The POS slip, where it is POS and the slip is whole.
    pub fn slip(&self) -> Option<PosSlip> {
        if self.kind.get() == PaymentKind::Cash {
            return None;
        }
        Some(PosSlip {
            terminal: self.terminal.agreed().filter(|t| is_terminal(t))?,
            number: self.number.agreed().filter(|n| is_number(n))?,
        })
    }
}

/// Its fields.
#[component]
pub fn MeansField(
    /// What is said.
    means: MeansEntry,
) -> impl IntoView {
    let chosen = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(radio) = chosen.get() {
            // It may have vanished again; then there is nothing to focus.
            let _ = radio.focus();
        }
    });
    let first = means.kind.get_untracked();
    let radio = move |kind: PaymentKind| {
        let node = if kind == first {
            chosen
        } else {
            NodeRef::new()
        };
        view! {
            <label class="means-choice">
                <input
                    type="radio"
                    name="means"
                    node_ref=node
                    prop:checked=move || means.kind.get() == kind
                    on:change=move |_| means.kind.set(kind)
                />
                <span>{move || texts().money.kind(kind)}</span>
            </label>
        }
    };
    view! {
        <div class="means" role="radiogroup" aria-label=text(|t| t.money.means.label)>
            {radio(PaymentKind::Cash)} {radio(PaymentKind::Pos)}
        </div>
        <Show when=move || means.kind.get() == PaymentKind::Pos>
            <PosSlipField means=means />
        </Show>
    }
}

#[component]
fn PosSlipField(means: MeansEntry) -> impl IntoView {
    view! {
        <div class="pos-slip">
            <TwiceField
                name="pos-terminal"
                label=text(|t| t.money.means.terminal)
                value=means.terminal
                valid=is_terminal
                invalid=text(|t| t.money.means.terminal_wrong)
                inputmode="text"
            />
            <TwiceField
                name="pos-number"
                label=text(|t| t.money.means.number)
                value=means.number
                valid=is_number
                invalid=text(|t| t.money.means.number_wrong)
                inputmode="numeric"
            />
        </div>
    }
}

fn is_terminal(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric())
}

fn is_number(text: &str) -> bool {
    (4..=20).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_slip_may_say() {
        assert!(is_terminal("6B012345") && is_terminal("1"));
        assert!(!is_terminal("") && !is_terminal("12-3") && !is_terminal("12345678901234567"));
        assert!(is_number("0012") && is_number("12345678901234567890"));
        assert!(!is_number("001") && !is_number("00A2") && !is_number("123456789012345678901"));
    }
}
