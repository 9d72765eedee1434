//! What stands between the teller and a card: no reader yet, or one that cannot be used.

use etc_api::faults::explain;
use leptos::prelude::*;

use super::{Action, Note, Tone, Weight};
use crate::desk::{Desk, ReaderStatus};
use crate::i18n::{said, sentence, text, texts};
use crate::router::Page;

/// What to do about the reader: connect it, see why it cannot be used, or nothing.
#[component]
pub fn ReaderHint(
    /// Called to connect a reader.
    #[prop(into)]
    on_reader: Callback<()>,
) -> impl IntoView {
    let desk = Desk::get();
    let connect = move || {
        let label = text(|t| t.shell.connect_reader);
        view! { <Action label=label on_press=on_reader weight=Weight::Main /> }
    };
    move || match desk.reader.get() {
        ReaderStatus::Ready { .. } => {
            let heading = Signal::derive(|| texts().home.first_use_done.to_owned());
            view! { <Note tone=Tone::Good heading=heading /> }.into_any()
        }
        ReaderStatus::None | ReaderStatus::Opening => {
            let heading = Signal::derive(|| texts().home.first_use.to_owned());
            view! {
                <Note tone=Tone::Note heading=heading>
                    <p>{text(|t| t.home.first_use_about)}</p>
                    {connect()}
                </Note>
            }
            .into_any()
        }
        ReaderStatus::Refused(code) => {
            let entry = explain(code);
            let heading = Signal::derive(move || format!("{code} {}", said(entry.cause)));
            view! {
                <Note tone=Tone::Bad heading=heading>
                    <p>
                        {sentence(entry.next)} " " <a href=Page::Fault(code).href()>{text(|t| t.faults.more)}</a>
                    </p>
                    {connect()}
                </Note>
            }
            .into_any()
        }
    }
}
