//! Personal values that the page does not have: they are fetched when somebody holds them open, which is audited,
//! and forgotten when they are let go.

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::KeyboardEvent;

use crate::desk::Desk;
use crate::i18n::{text, texts};

/// Values of one person, masked, and shown while held.
#[component]
pub fn RevealedBy<const N: usize, F, Fut>(
    /// What everybody sees.
    masked: [String; N],
    /// Fetches the whole values; nothing where the backend does not tell them.
    reveal: F,
) -> impl IntoView
where
    F: Fn() -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Option<[String; N]>> + 'static,
{
    let shared = Desk::get().masked;
    let held = RwSignal::new(false);
    let whole = RwSignal::new(None::<[String; N]>);
    let hold = move || {
        if held.get_untracked() || shared.get_untracked() {
            return;
        }
        held.set(true);
        let reveal = reveal();
        spawn_local(async move {
            let values = reveal.await;
            // Let go meanwhile, or left: nothing is kept.
            if held.try_get_untracked() == Some(true) {
                whole.set(values);
            }
        });
    };
    let release = move || {
        held.set(false);
        whole.set(None);
    };
    let shown = move || {
        let values = whole.get().filter(|_| !shared.get());
        values.unwrap_or_else(|| masked.clone()).join(" · ")
    };
    let about = move || {
        let t = texts();
        let hint = if shared.get() {
            t.masked.shielded
        } else {
            t.masked.hold
        };
        format!("{} {hint}", t.masked.hidden)
    };
    let by_key = hold.clone();
    let on_key = move |ev: KeyboardEvent| {
        if matches!(ev.key().as_str(), "Enter" | " ") {
            ev.prevent_default();
            by_key();
        }
    };
    view! {
        <button
            type="button"
            class="masked"
            class:open=move || whole.with(Option::is_some)
            title=about
            on:pointerdown=move |_| hold()
            on:pointerup=move |_| release()
            on:pointerleave=move |_| release()
            on:pointercancel=move |_| release()
            on:keydown=on_key
            on:keyup=move |_| release()
            on:blur=move |_| release()
        >
            {shown}
        </button>
        " "
        <small class="quiet-text">{text(|t| t.cards.issue.reveal)}</small>
    }
}
