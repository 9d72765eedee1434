//! Buttons. One main action per screen; its key stands on it.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, KeyboardEvent, MouseEvent};

use crate::keys::use_armed;

/// How much a button asks to be pressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weight {
    /// The next action.
    Main,
    /// Any other action.
    #[default]
    Plain,
    /// Hardly visible.
    Quiet,
}

impl Weight {
    fn class(self) -> &'static str {
        match self {
            Self::Main => "action main",
            Self::Plain => "action",
            Self::Quiet => "action quiet",
        }
    }
}

/// A button.
#[component]
pub fn Action(
    /// What it does, as a verb.
    #[prop(into)]
    label: Signal<&'static str>,
    /// Called when it is pressed.
    #[prop(into)]
    on_press: Callback<()>,
    /// How much it asks to be pressed.
    #[prop(optional)]
    weight: Weight,
    /// The key that presses it, shown on it. The page handles the key, except with `back`.
    #[prop(optional)]
    key: Option<&'static str>,
    /// Whether Esc presses it.
    #[prop(optional)]
    back: bool,
    /// Whether it cannot be pressed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Whether it takes the focus as soon as it can be pressed.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    let button = NodeRef::<html::Button>::new();
    if focus {
        focus_when_ready(button, disabled);
    }
    let key = if back { Some("Esc") } else { key };
    view! {
        <button
            type="button"
            node_ref=button
            class=weight.class()
            data-back=back.then_some("")
            disabled=move || disabled.get()
            on:click=move |_| on_press.run(())
        >
            <span>{label}</span>
            {key.map(|key| view! { <kbd>{key}</kbd> })}
        </button>
    }
}

/// The button that moves money or writes a chip: F2 or the mouse, never Enter or Space, which a
/// scanner can send, and not in the first 300 ms.
#[component]
pub fn Confirm(
    /// What is confirmed.
    #[prop(into)]
    label: Signal<&'static str>,
    /// Called when it is confirmed.
    #[prop(into)]
    on_confirm: Callback<()>,
    /// Whether it cannot be confirmed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let armed = use_armed();
    let confirm = move |ev: MouseEvent| {
        ev.prevent_default();
        if armed.get_untracked() {
            on_confirm.run(());
        }
    };
    let not_by_scanner = |ev: KeyboardEvent| {
        if matches!(ev.key().as_str(), "Enter" | " ") {
            ev.prevent_default();
        }
    };
    view! {
        <button
            type="button"
            class="action main confirm"
            data-confirm=""
            disabled=move || disabled.get()
            aria-keyshortcuts="F2"
            on:click=confirm
            on:keydown=not_by_scanner
        >
            <span>{label}</span>
            <kbd>"F2"</kbd>
        </button>
    }
}

/// Focuses the button once it can be pressed, unless somebody is typing.
fn focus_when_ready(button: NodeRef<html::Button>, disabled: Signal<bool>) {
    let is_typing = || {
        let focused = document().active_element();
        focused.is_some_and(|element| element.has_type::<HtmlInputElement>())
    };
    Effect::new(move |_| {
        if let Some(button) = button.get()
            && !disabled.get()
            && !is_typing()
        {
            // It may have vanished again; then there is nothing to focus.
            let _ = button.focus();
        }
    });
}
