//! What has to be fetched before it can be shown.

use apdu_core::fault::{Code, Fault};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::FaultCard;
use crate::i18n::texts;

/// Something fetched, as soon as it is here. Where it does not come, that is told, and it can be asked for again.
#[component]
pub fn Fetched<T, A>(
    /// Fetches it; nothing where it did not come.
    fetch: impl Fn() -> A + Copy + Send + Sync + 'static,
    /// Makes the view of it.
    show: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> impl IntoView
where
    T: Copy + Send + Sync + 'static,
    A: Future<Output = Option<T>> + 'static,
{
    let fetched = RwSignal::new(None);
    let ask = move || {
        fetched.set(None);
        spawn_local(async move {
            // Whoever has gone on to another page is told nothing.
            let _ = fetched.try_set(Some(fetch().await));
        });
    };
    ask();
    move || match fetched.get() {
        None => ().into_any(),
        Some(Some(here)) => show(here),
        Some(None) => {
            let again = Signal::derive(|| Some(texts().shell.fetch_again));
            let fault = Fault::new(Code::Unreachable);
            view! { <FaultCard fault=fault next_label=again on_next=move |()| ask() /> }.into_any()
        }
    }
}
