//! 首页: the task groups as large cards, and what to do on a new PC.

use leptos::prelude::*;

use crate::desk::Desk;
use crate::i18n::{fill, text, texts};
use crate::parts::{MaskKind, ReaderHint};
use crate::shell::tasks::{self, Task};

/// The first page.
#[component]
pub fn HomePage() -> impl IntoView {
    let desk = Desk::get();
    let welcome = move || {
        let name = desk
            .session
            .with(|s| s.as_ref().map(|s| MaskKind::Name.mask(&s.name)));
        fill(texts().home.welcome, name.unwrap_or_default())
    };
    let role = Memo::new(move |_| desk.session.with(|s| s.as_ref().map(|s| s.role)));
    let cards = move || {
        let offered = role.get().map(tasks::offered).into_iter().flatten();
        let group = |(group, tasks): (&'static tasks::Group, Vec<&'static Task>)| {
            view! {
                <section class="task-group">
                    <h2>{text(group.label)}</h2>
                    {tasks.into_iter().map(task_card).collect_view()}
                </section>
            }
        };
        offered.map(group).collect_view()
    };
    view! {
        <div class="home">
            <p class="home-welcome">
                <strong>{welcome}</strong>
                <span>{text(|t| t.home.choose)}</span>
            </p>
            <div class="groups">{cards}</div>
            <ReaderHint />
        </div>
    }
}

fn task_card(task: &'static Task) -> impl IntoView {
    view! {
        <a class="task-card" href=task.page.href() aria-keyshortcuts=task.shortcut()>
            <span class="task-name">{text(task.label)}</span>
            {task.keys().map(|keys| view! { <kbd>{keys}</kbd> })}
            <span class="task-about">{text(task.about)}</span>
        </a>
    }
}
