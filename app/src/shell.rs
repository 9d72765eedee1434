//! The frame around every task: device bar on top, task groups on the left, one task on the right.

use apdu_core::fault::Fault;
use leptos::prelude::*;

use crate::desk::Desk;
use crate::i18n::{text, texts};
use crate::keys::Keys;
use crate::parts::{Sign, SignMark};
use crate::router::Page;

mod bar;
mod dialogs;
mod leave_guard;
mod lock;
mod open;
pub mod tasks;

pub use bar::{DemoMark, LangSwitch};
pub use dialogs::{KeyDialogs, use_help};
pub use lock::GateFault;
pub use open::OpenFrame;

/// The frame of a signed-in operator. A lock hides it and keeps it: what runs inside goes on.
#[component]
pub fn Shell(
    /// Called by the reader's chip: connect one, or tell about the one that is there.
    #[prop(into)]
    on_reader: Callback<()>,
    /// Called to sign out.
    #[prop(into)]
    on_sign_out: Callback<()>,
    /// Called with the password typed on the lock screen.
    #[prop(into)]
    on_unlock: Callback<String>,
    /// Whether that password is being checked.
    #[prop(into)]
    unlock_busy: Signal<bool>,
    /// Why it was not accepted.
    #[prop(into)]
    unlock_fault: Signal<Option<Fault>>,
    /// The bench of virtual devices, where there is one.
    #[prop(optional, into)]
    bench: Option<ViewFn>,
    /// The page.
    children: Children,
) -> impl IntoView {
    let desk = Desk::get();
    leave_guard::use_leave_guard(desk);
    dialogs::provide_help();
    let bench = bench.map(|bench| {
        view! {
            <aside class="bench" aria-label=text(|t| t.shell.bench)>
                {bench.run()}
            </aside>
        }
    });
    view! {
        <div class="frame" hidden=move || desk.locked.get() inert=move || desk.locked.get()>
            <bar::DeviceBar on_reader=on_reader on_sign_out=on_sign_out />
            <Menu />
            <main class="page">
                <PageHead />
                <div class="page-body">{children()}</div>
            </main>
            {bench}
        </div>
        <Show when=move || desk.locked.get()>
            <lock::LockScreen
                on_unlock=on_unlock
                on_sign_out=on_sign_out
                busy=unlock_busy
                fault=unlock_fault
            />
        </Show>
        <KeyDialogs />
    }
}

/// The task groups.
#[component]
fn Menu() -> impl IntoView {
    let desk = Desk::get();
    let is_here = move |page: Page| {
        let here = desk.page.get();
        here == page || here.parent() == page && page != Page::Home
    };
    let task = move |task: &'static tasks::Task| {
        view! {
            <li>
                <a
                    href=task.page.href()
                    aria-current=move || is_here(task.page).then_some("page")
                    aria-keyshortcuts=task.shortcut()
                >
                    <span>{text(task.label)}</span>
                    {task.keys().map(|keys| view! { <kbd>{keys}</kbd> })}
                </a>
            </li>
        }
    };
    // What is not built, or not for this role, is not offered.
    let role = Memo::new(move |_| desk.session.with(|s| s.as_ref().map(|s| s.role)));
    let groups = move || {
        let offered = role.get().map(tasks::offered).into_iter().flatten();
        let group = |(group, tasks): (&'static tasks::Group, Vec<&'static tasks::Task>)| {
            view! {
                <h2>{text(group.label)}</h2>
                <ul>{tasks.into_iter().map(task).collect_view()}</ul>
            }
        };
        offered.map(group).collect_view()
    };
    view! {
        <nav class="menu" aria-label=text(|t| t.shell.nav)>
            <ul>
                <li>
                    <a
                        href=Page::Home.href()
                        aria-current=move || is_here(Page::Home).then_some("page")
                    >
                        {text(|t| t.tasks.home)}
                    </a>
                </li>
            </ul>
            {groups}
        </nav>
    }
}

/// Name of the task and kind of the outlet, one line for what just happened, and the help.
#[component]
fn PageHead() -> impl IntoView {
    let desk = Desk::get();
    let keys: Keys = expect_context();
    let outlet = move || {
        let kind = desk.session.with(|s| s.as_ref().map(|s| s.outlet.kind));
        kind.map(|kind| texts().outlet_kind(kind))
    };
    let note = move || {
        let t = &texts().shell;
        let (tone, text) = match (desk.job.get(), keys.swallowed.get()) {
            (Some(job), _) if job.writing => ("tone-note", t.writing),
            (_, true) => ("tone-unknown", t.scan_swallowed),
            (Some(_), false) => ("tone-quiet", t.working),
            (None, false) => return None,
        };
        Some(view! {
            <span class=format!("state {tone}")>
                <SignMark sign=Sign::Note />
                {text}
            </span>
        })
    };
    view! {
        <header class="page-head">
            <h1>{move || tasks::title(desk.page.get(), texts())}</h1>
            <span class="page-outlet">{outlet}</span>
            <p class="page-note" role="status" aria-label=text(|t| t.shell.note)>
                {note}
            </p>
            <button type="button" class="action quiet" on:click=move |_| keys.help.set(true)>
                <kbd>"F1"</kbd>
                <span>{text(|t| t.shell.help)}</span>
            </button>
        </header>
    }
}
