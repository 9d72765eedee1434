//! The backend is away, as it is at the car: nothing is queued. The page waits, says so, and offers the stage again
//! as soon as somebody answers.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::Backend;
use crate::desk::Desk;
use crate::i18n::{Pick, text, texts};
use crate::parts::{Action, Note, Tone, Weight};

/// How often it is asked whether the backend is there again.
const ASK_EVERY: Duration = Duration::from_secs(3);

/// Whether the backend answers. While it does not, it is asked again and again.
pub fn use_backend_up() -> Memo<bool> {
    let link = Desk::get().link;
    let backend = StoredValue::new_local(Backend::get());
    let ask = move || {
        if !link.with_untracked(|link| link.up) {
            let backend = backend.get_value();
            // Its answer is the link that this page watches.
            spawn_local(async move { drop(backend.status().await) });
        }
    };
    if let Ok(asking) = set_interval_with_handle(ask, ASK_EVERY) {
        on_cleanup(move || asking.clear());
    }
    Memo::new(move |_| link.with(|link| link.up))
}

/// Nothing was written: waits, and offers the stage again.
#[component]
pub fn WaitForBackend(
    /// What the stage is called.
    again: Pick,
    /// Takes the stage again.
    #[prop(into)]
    on_again: Callback<()>,
) -> impl IntoView {
    let up = use_backend_up();
    let heading = Signal::derive(move || {
        let t = &texts().tags.write;
        if up.get() {
            t.backend_back
        } else {
            t.backend_away
        }
        .to_owned()
    });
    view! {
        <Note tone=Tone::Note heading=heading>
            <p>{text(|t| t.tags.write.backend_away_about)}</p>
        </Note>
        <div class="actions">
            <Action
                label=text(again)
                weight=Weight::Main
                focus=true
                disabled=Signal::derive(move || !up.get())
                on_press=on_again
            />
        </div>
    }
}
