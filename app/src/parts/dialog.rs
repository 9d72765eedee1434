//! A native dialog: the browser keeps the focus inside and gives it back. Esc cancels, except while
//! a chip is being written.

use leptos::html;
use leptos::prelude::*;

use super::{Action, Weight};
use crate::desk::Desk;
use crate::i18n::text;
use crate::keys;

/// A dialog.
#[component]
pub fn Dialog(
    /// Whether it is open. Closing it by key or button sets this to false.
    open: RwSignal<bool>,
    /// Its heading.
    #[prop(into)]
    title: Signal<&'static str>,
    /// Its contents, made anew each time it opens.
    children: ChildrenFn,
) -> impl IntoView {
    let desk = Desk::get();
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if !open.get() {
            dialog.close();
        } else if !dialog.open() {
            // It throws only for a dialog that is open or not in the document.
            let _ = dialog.show_modal();
        }
    });
    // Gone with its screen, it is not open on the next one.
    on_cleanup(move || {
        open.try_set(false);
    });
    let cancel = move |ev: leptos::ev::Event| {
        if keys::is_writing(desk) {
            ev.prevent_default();
        }
    };
    view! {
        <dialog
            node_ref=node
            class="dialog"
            aria-label=move || title.get()
            on:cancel=cancel
            on:close=move |_| open.set(false)
        >
            <Show when=move || open.get()>
                <header class="dialog-head">
                    <h2>{title}</h2>
                    <Action
                        label=text(|t| t.shell.close)
                        key="Esc"
                        weight=Weight::Quiet
                        on_press=move |()| open.set(false)
                    />
                </header>
                <div class="dialog-body">{children()}</div>
            </Show>
        </dialog>
    }
}
