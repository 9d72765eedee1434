//! 主管解锁: a card that too many wrong proofs have locked is given its tries back, at the PC that met it.

use apdu_core::bcd::CardNumber;
use apdu_core::fault::{Code, Fault};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::Backend;
use crate::i18n::text;
use crate::parts::{Action, CardNo, Confirm, Dialog, SecondPerson, StepUp};
use crate::shell::GateFault;

/// The button and its dialog, where `fault` is the one that a supervisor can take away.
#[component]
pub fn Unlock(
    /// What went wrong.
    fault: Fault,
    /// The card it went wrong with.
    card: Option<CardNumber>,
    /// Called once the card is unlocked.
    #[prop(into)]
    on_unlocked: Callback<()>,
) -> impl IntoView {
    let card = card.filter(|_| fault.code == Code::ProofsLocked);
    card.map(|card| view! { <UnlockCard card=card on_unlocked=on_unlocked /> })
}

#[component]
fn UnlockCard(card: CardNumber, on_unlocked: Callback<()>) -> impl IntoView {
    let open = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let refused = RwSignal::new(None);
    let person = SecondPerson::new(open);
    let missing = Signal::derive(move || busy.get() || person.is_missing());
    let backend = StoredValue::new_local(Backend::get());
    let ask = move |()| {
        refused.set(None);
        open.set(true);
    };
    let unlock = move |()| {
        let (backend, person) = (backend.get_value(), person.take());
        refused.set(None);
        busy.set(true);
        spawn_local(async move {
            let answer = backend.unlock_card(card, &person).await;
            // Where the teller has left, there is nobody to tell.
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    open.set(false);
                    on_unlocked.run(());
                }
                Err(refusal) => refused.set(Some(Fault::from(refusal))),
            }
        });
    };
    view! {
        <Action label=text(|t| t.records.unlock.start) on_press=ask />
        <Dialog open=open title=text(|t| t.records.unlock.title)>
            <p>
                <CardNo number=card />
            </p>
            <p>{text(|t| t.records.unlock.about)}</p>
            <StepUp person=person />
            <GateFault fault=refused.into() />
            <div class="actions">
                <Action
                    label=text(|t| t.records.cases.cancel)
                    on_press=move |()| open.set(false)
                />
                <Confirm
                    label=text(|t| t.records.unlock.confirm)
                    disabled=missing
                    on_confirm=unlock
                />
            </div>
        </Dialog>
    }
}
