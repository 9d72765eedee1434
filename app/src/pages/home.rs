//! 首页: the task groups as large cards, and what to do on a new PC.

use etc_api::faults::explain;
use leptos::prelude::*;

use crate::desk::{Desk, ReaderStatus};
use crate::i18n::{fill, said, sentence, text, texts};
use crate::parts::{Action, MaskKind, Note, Tone, Weight};
use crate::router::Page;
use crate::shell::tasks::{GROUPS, Task};

/// The first page.
#[component]
pub fn HomePage(
    /// Called to connect a reader.
    #[prop(into)]
    on_reader: Callback<()>,
) -> impl IntoView {
    let desk = Desk::get();
    let welcome = move || {
        let name = desk
            .session
            .with(|s| s.as_ref().map(|s| MaskKind::Name.mask(&s.name)));
        fill(texts().home.welcome, name.unwrap_or_default())
    };
    let cards = GROUPS.iter().map(|group| {
        view! {
            <section class="task-group">
                <h2>{text(group.label)}</h2>
                {group.tasks.iter().map(task_card).collect_view()}
            </section>
        }
    });
    view! {
        <div class="home">
            <p class="home-welcome">
                <strong>{welcome}</strong>
                <span>{text(|t| t.home.choose)}</span>
            </p>
            <div class="groups">{cards.collect_view()}</div>
            {move || reader_hint(desk, on_reader)}
        </div>
    }
}

fn task_card(task: &'static Task) -> impl IntoView {
    view! {
        <a class="task-card" href=task.page.href() aria-keyshortcuts=format!("Alt+{}", task.digit)>
            <span class="task-name">{text(task.label)}</span>
            <kbd>{format!("Alt {}", task.digit)}</kbd>
            <span class="task-about">{text(task.about)}</span>
        </a>
    }
}

/// What to do about the reader: connect it, see why it cannot be used, or nothing.
fn reader_hint(desk: Desk, on_reader: Callback<()>) -> AnyView {
    let connect = move || {
        let label = text(|t| t.shell.connect_reader);
        view! { <Action label=label on_press=on_reader weight=Weight::Main /> }
    };
    match desk.reader.get() {
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
