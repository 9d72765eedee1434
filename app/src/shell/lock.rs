//! The lock screen. The page behind it is hidden and keeps running; the operator's own password
//! opens it again.

use apdu_core::fault::Fault;
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

use super::{DemoMark, LangSwitch};
use crate::desk::Desk;
use crate::i18n::{said, sentence, text, texts};
use crate::parts::{Action, Field, MaskKind, Masked, Note, Tone, Weight};

/// The lock screen; a modal dialog, so that it lies above any other dialog.
#[component]
pub fn LockScreen(
    on_unlock: Callback<String>,
    on_sign_out: Callback<()>,
    busy: Signal<bool>,
    fault: Signal<Option<Fault>>,
) -> impl IntoView {
    let desk = Desk::get();
    let password = RwSignal::new(String::new());
    let node = NodeRef::<html::Dialog>::new();
    let show = move || {
        if let Some(dialog) = node.get_untracked()
            && !dialog.open()
        {
            // It throws only for a dialog that is open or not in the document.
            let _ = dialog.show_modal();
        }
    };
    Effect::new(move |_| {
        node.track();
        show();
    });
    let submit = move |ev: SubmitEvent| {
        ev.prevent_default();
        let typed = password.get_untracked();
        if !typed.is_empty() && !busy.get_untracked() {
            password.set(String::new());
            on_unlock.run(typed);
        }
    };
    let job = move || {
        let job = desk.job.get()?;
        let t = &texts().shell;
        Some(if job.writing { t.writing } else { t.working })
    };
    let name = move || desk.session.with(|s| s.as_ref().map(|s| s.name.clone()));
    let outlet = move || {
        desk.session
            .with(|s| s.as_ref().map(|s| s.outlet.name.clone()))
    };
    view! {
        <dialog
            node_ref=node
            class="gate"
            aria-label=text(|t| t.sign_in.locked)
            on:cancel=|ev: leptos::ev::Event| ev.prevent_default()
            on:close=move |_| show()
        >
            <form class="gate-card" on:submit=submit>
                <header class="gate-head">
                    <h1>{text(|t| t.sign_in.locked)}</h1>
                    <DemoMark />
                    <LangSwitch />
                </header>
                <p class="gate-who">
                    {move || {
                        name().map(|name| view! { <Masked kind=MaskKind::Name value=name /> })
                    }}
                    <span>{outlet}</span>
                </p>
                <p class="quiet-text">{text(|t| t.sign_in.locked_about)}</p>
                {move || {
                    job()
                        .map(|text| {
                            view! { <Note tone=Tone::Note heading=text.to_owned() /> }
                        })
                }}
                <Field
                    name="unlock-password"
                    label=text(|t| t.sign_in.password)
                    value=password
                    password=true
                    autocomplete="current-password"
                    focus=true
                />
                <GateFault fault=fault />
                <div class="actions">
                    <Action
                        label=text(|t| t.sign_in.other_person)
                        weight=Weight::Quiet
                        on_press=on_sign_out
                    />
                    <button type="submit" class="action main" disabled=move || busy.get()>
                        <span>
                            {move || {
                                let t = &texts().sign_in;
                                if busy.get() { t.unlocking } else { t.unlock }
                            }}
                        </span>
                    </button>
                </div>
            </form>
        </dialog>
    }
}

/// Why a password was not accepted, in the words of the catalogue.
#[component]
pub fn GateFault(
    /// The fault, if any.
    fault: Signal<Option<Fault>>,
) -> impl IntoView {
    let shown = move |fault: Fault| {
        let heading = Signal::derive(move || {
            format!("{} {}", fault.code.as_str(), said(fault.code, |e| e.cause))
        });
        view! {
            <Note tone=Tone::Bad heading=heading>
                {sentence(fault.code, |e| e.next)}
            </Note>
        }
    };
    view! { <div class="gate-fault" aria-live="assertive">{move || fault.get().map(shown)}</div> }
}
