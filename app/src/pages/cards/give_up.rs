//! An application that was begun is given up: nobody wants its card any more.

use apdu_core::fault::Fault;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::JobsHandle;
use crate::backend::Backend;
use crate::i18n::{text, texts};
use crate::parts::{Action, Confirm, Dialog, Field};
use crate::shell::GateFault;

/// Characters a reason has at least and at most.
const REASON: std::ops::RangeInclusive<usize> = 4..=200;

/// The button, and what it asks before it does it.
#[component]
pub fn GiveUp(
    jobs: JobsHandle,
    /// Called when it is given up.
    #[prop(into)]
    on_done: Callback<()>,
) -> impl IntoView {
    let job = jobs.with_value(|jobs| jobs.issue_card);
    let backend = StoredValue::new_local(Backend::get());
    let (open, busy) = (RwSignal::new(false), RwSignal::new(false));
    let fault = RwSignal::new(None::<Fault>);
    let reason = RwSignal::new(String::new());
    let fits = move || reason.with(|reason| REASON.contains(&reason.trim().chars().count()));
    let wrong = Signal::derive(move || {
        let begun = reason.with(|reason| !reason.is_empty());
        (begun && !fits()).then(|| texts().records.cases.reason_wrong)
    });
    let give_up = move |()| {
        let id = job.with_untracked(|job| Some(job.application.as_ref()?.line.id.clone()));
        let Some(id) = id.filter(|_| !busy.get_untracked()) else {
            return;
        };
        let reason = reason.get_untracked().trim().to_owned();
        let backend = backend.get_value();
        busy.set(true);
        spawn_local(async move {
            let answer = backend.give_up_application(&id, reason).await;
            busy.set(false);
            match answer {
                Ok(()) => on_done.run(()),
                Err(refusal) => fault.set(Some(refusal.into())),
            }
        });
    };
    view! {
        <Action
            label=text(|t| t.cards.issue.give_up)
            on_press=move |()| open.set(true)
        />
        <Dialog open=open title=text(|t| t.cards.issue.give_up_title)>
            <p>{text(|t| t.cards.issue.give_up_about)}</p>
            <form on:submit=|event| event.prevent_default()>
                <Field
                    name="give-up-reason"
                    label=text(|t| t.records.cases.reason)
                    value=reason
                    hint=text(|t| t.records.cases.reason_hint)
                    wrong=wrong
                    focus=true
                />
            </form>
            <GateFault fault=Signal::from(fault) />
            <div class="actions">
                <Action
                    label=text(|t| t.records.cases.cancel)
                    on_press=move |()| open.set(false)
                />
                <Confirm
                    label=text(|t| t.cards.issue.give_up_confirm)
                    disabled=Signal::derive(move || busy.get() || !fits())
                    on_confirm=give_up
                />
            </div>
        </Dialog>
    }
}
