//! A list whose rows are chosen: arrows move, Enter opens. One row takes the focus by Tab.

use leptos::ev::KeyboardEvent;
use leptos::html::Tbody;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlInputElement};

/// Gives the row `at` the focus whenever `lines` are drawn anew, for that takes it away. Whoever has gone on to a
/// field or a button stays there.
pub fn keep_focus(
    body: NodeRef<Tbody>,
    at: RwSignal<usize>,
    lines: impl Fn() + Send + Sync + 'static,
) {
    Effect::new(move |_| {
        lines();
        request_animation_frame(move || {
            if let Some(Some(body)) = body.try_get_untracked()
                && nothing_has_focus()
            {
                focus(body.children().item(at.get_untracked() as u32));
            }
        });
    });
}

/// A row of such a list.
#[component]
pub fn ChosenRow(
    /// Its place in the list, from 0.
    i: usize,
    /// The place of the row that takes the focus.
    at: RwSignal<usize>,
    /// Called when it is chosen.
    #[prop(into)]
    on_open: Callback<()>,
    /// Its cells.
    children: Children,
) -> impl IntoView {
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.repeat() {
            event.prevent_default();
            on_open.run(());
        } else if walk(&event) {
            event.prevent_default();
        }
    };
    view! {
        <tr
            tabindex=move || if at.get() == i { "0" } else { "-1" }
            on:focus=move |_| at.set(i)
            on:click=move |_| on_open.run(())
            on:keydown=on_key
        >
            {children()}
        </tr>
    }
}

/// From what stands above into the list, where there is one; whether the key was the one for that.
pub fn enter(event: &KeyboardEvent) -> bool {
    // In a list of choices the arrow chooses one, and in a row the next row.
    let outside = event.target().is_some_and(|target| {
        target.has_type::<HtmlInputElement>() || target.has_type::<HtmlButtonElement>()
    });
    if event.key() != "ArrowDown" || !outside {
        return false;
    }
    let row = document().query_selector(".choose tbody [tabindex='0']");
    focus(row.ok().flatten());
    true
}

/// Moves the focus to another row; whether the key was one for that.
fn walk(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into().ok());
    let Some(row) = target.and_then(|target: Element| target.closest("tr").ok().flatten()) else {
        return false;
    };
    let body = row.parent_element();
    let next = match event.key().as_str() {
        "ArrowDown" => row.next_element_sibling(),
        "ArrowUp" => row.previous_element_sibling(),
        "Home" => body.and_then(|body| body.first_element_child()),
        "End" => body.and_then(|body| body.last_element_child()),
        _ => return false,
    };
    focus(next);
    true
}

fn focus(element: Option<Element>) {
    let element = element.and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // It may have vanished again; then there is nothing to focus.
        let _ = element.focus();
    }
}

fn nothing_has_focus() -> bool {
    let focused = document().active_element();
    focused.is_none_or(|element| element.tag_name() == "BODY")
}
