//! Personal values: masked, and shown while held, by pointer or by key. With the mask switch of the
//! bar on, holding shows nothing either: the screen is being shared.

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::desk::Desk;
use crate::i18n::{Texts, texts};

/// What kind of value it is, and so what stays visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskKind {
    /// The first character.
    Name,
    /// The last four.
    IdNumber,
}

impl MaskKind {
    fn label(self, texts: &Texts) -> &'static str {
        match self {
            Self::Name => texts.masked.name,
            Self::IdNumber => texts.masked.id_number,
        }
    }

    /// How many characters stay at the front and at the end, and what stands between them.
    fn ends(self) -> (usize, &'static str, usize) {
        match self {
            Self::Name => (1, "*", 0),
            Self::IdNumber => (0, "**** ", 4),
        }
    }

    /// The value as it is shown to everybody.
    pub fn mask(self, value: &str) -> String {
        let letters: Vec<char> = value.chars().collect();
        let (front, stars, end) = self.ends();
        // Short values would give themselves away.
        if letters.len() <= front + end {
            return stars.trim().into();
        }
        let front: String = letters[..front].iter().collect();
        let end: String = letters[letters.len() - end..].iter().collect();
        format!("{front}{stars}{end}")
    }
}

/// A masked value.
#[component]
pub fn Masked(
    /// What it is.
    kind: MaskKind,
    /// The whole value.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    let shared = Desk::get().masked;
    let held = RwSignal::new(false);
    let open = move || held.get() && !shared.get();
    let masked = kind.mask(&value);
    let about = move || {
        let t = texts();
        let hint = if shared.get() {
            t.masked.shielded
        } else {
            t.masked.hold
        };
        format!("{} {} {hint}", kind.label(t), t.masked.hidden)
    };
    let shown = {
        let masked = masked.clone();
        move || {
            if open() {
                value.clone()
            } else {
                masked.clone()
            }
        }
    };
    let hold = move |ev: KeyboardEvent| {
        if matches!(ev.key().as_str(), "Enter" | " ") {
            ev.prevent_default();
            held.set(true);
        }
    };
    let release = move || held.set(false);
    view! {
        <button
            type="button"
            class="masked"
            class:open=open
            title=about
            on:pointerdown=move |_| held.set(true)
            on:pointerup=move |_| release()
            on:pointerleave=move |_| release()
            on:pointercancel=move |_| release()
            on:keydown=hold
            on:keyup=move |_| release()
            on:blur=move |_| release()
        >
            {shown}
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_keeps_its_ends() {
        assert_eq!(MaskKind::Name.mask("张三丰"), "张*");
        assert_eq!(MaskKind::IdNumber.mask("620102199001011234"), "**** 1234");
    }

    #[test]
    fn short_values_are_hidden_whole() {
        assert_eq!(MaskKind::Name.mask("张"), "*");
        assert_eq!(MaskKind::IdNumber.mask("1234"), "****");
    }
}
