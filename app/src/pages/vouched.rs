//! What a supervisor answers for at whoever's PC: a button, and behind it a dialog that wants their credentials.

use apdu_core::authority::Refusal;
use apdu_core::fault::Fault;
use etc_api::Approve;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::Backend;
use crate::i18n::{Pick, text};
use crate::parts::{Action, Confirm, Dialog, SecondPerson, StepUp};
use crate::shell::GateFault;

/// The button and its dialog.
#[component]
pub fn Vouched<F>(
    /// What the button says.
    start: Pick,
    /// Heading of the dialog.
    title: Pick,
    /// What has to be known first, and what then happens.
    about: Pick,
    /// What the supervisor confirms.
    confirm: Pick,
    /// Asks the backend for it.
    ask: F,
    /// Called once it is done.
    #[prop(into)]
    on_done: Callback<()>,
    /// What it is about.
    children: ChildrenFn,
) -> impl IntoView
where
    F: AsyncFn(Backend, Approve) -> Result<(), Refusal> + Clone + 'static,
{
    let open = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None);
    let person = SecondPerson::new(open);
    let missing = Signal::derive(move || busy.get() || person.is_missing());
    let backend = StoredValue::new_local(Backend::get());
    let (ask, subject) = (StoredValue::new_local(ask), StoredValue::new(children));
    let start_anew = move |()| {
        refused.set(None);
        open.set(true);
    };
    let vouch = move |()| {
        let (ask, backend, person) = (ask.get_value(), backend.get_value(), person.take());
        refused.set(None);
        busy.set(true);
        spawn_local(async move {
            let answer = ask(backend, person).await;
            // Where the teller has left, there is nobody to tell.
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    open.set(false);
                    on_done.run(());
                }
                Err(refusal) => refused.set(Some(Fault::from(refusal))),
            }
        });
    };
    view! {
        <Action label=text(start) on_press=start_anew />
        <Dialog open=open title=text(title)>
            {subject.with_value(|subject| subject())}
            <p>{text(about)}</p>
            <StepUp person=person />
            <GateFault fault=refused.into() />
            <div class="actions">
                <Action
                    label=text(|t| t.records.cases.cancel)
                    on_press=move |()| open.set(false)
                />
                <Confirm label=text(confirm) disabled=missing on_confirm=vouch />
            </div>
        </Dialog>
    }
}
