//! Lists that share one place, each with its count on its tab. Arrow keys change between them.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

/// One of the lists.
#[derive(Clone, Copy)]
pub struct Tab {
    /// Its name.
    pub label: Signal<&'static str>,
    /// How many entries it has, where that says something.
    pub count: Signal<Option<usize>>,
}

/// The tabs.
#[component]
pub fn Tabs(
    /// What the lists are about.
    #[prop(into)]
    label: Signal<&'static str>,
    /// The lists.
    tabs: Vec<Tab>,
    /// Which of them is shown.
    shown: RwSignal<usize>,
) -> impl IntoView {
    let last = tabs.len().saturating_sub(1);
    let on_key = move |ev: KeyboardEvent| {
        let at = shown.get_untracked();
        let next = match ev.key().as_str() {
            "ArrowRight" if at < last => at + 1,
            "ArrowRight" | "Home" => 0,
            "ArrowLeft" if at > 0 => at - 1,
            "ArrowLeft" | "End" => last,
            _ => return,
        };
        ev.prevent_default();
        shown.set(next);
        focus(next);
    };
    let tab = move |(at, tab): (usize, Tab)| {
        let is_shown = move || shown.get() == at;
        let count = move || {
            tab.count
                .get()
                .map(|n| view! { <span class="count">{n}</span> })
        };
        view! {
            <button
                type="button"
                role="tab"
                id=id(at)
                class="tab"
                aria-selected=move || if is_shown() { "true" } else { "false" }
                tabindex=move || if is_shown() { "0" } else { "-1" }
                on:click=move |_| shown.set(at)
            >
                <span>{tab.label}</span>
                {count}
            </button>
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label=label on:keydown=on_key>
            {tabs.into_iter().enumerate().map(tab).collect_view()}
        </div>
    }
}

fn id(at: usize) -> String {
    format!("tab-{at}")
}

fn focus(at: usize) {
    let tab = document().get_element_by_id(&id(at));
    if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
        // It stands in the document: it has just had the key.
        let _ = tab.focus();
    }
}
