//! The frame of pages that are there for everybody: devices and fault pages, for whoever sets a PC up, and
//! for the Isolated Web App, which has no backend.

use leptos::prelude::*;

use super::{PageHead, bar, dialogs};
use crate::i18n::text;
use crate::shell::KeyDialogs;

/// The frame of somebody who has not signed in.
#[component]
pub fn OpenFrame(
    /// Called by the reader's chip.
    #[prop(into)]
    on_reader: Callback<()>,
    /// The bench of virtual devices, where there is one.
    #[prop(into)]
    bench: ViewFn,
    /// The page.
    children: Children,
) -> impl IntoView {
    dialogs::provide_help();
    view! {
        <div class="open-frame">
            <bar::OpenBar on_reader=on_reader />
            <main class="page">
                <PageHead />
                <div class="page-body">{children()}</div>
            </main>
            <aside class="bench" aria-label=text(|t| t.shell.bench)>
                {bench.run()}
            </aside>
        </div>
        <KeyDialogs />
    }
}
