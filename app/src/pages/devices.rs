//! 设备: what reader and card are, how fast they answer, what was exchanged. Nothing of the backend is on
//! it, so it is there without signing in, too.

use apdu_core::flow::SELF_TEST;
use apdu_core::trace::{Ms, Spread};
use leptos::prelude::*;

use crate::desk::{CardInSlot, Desk, ReaderStatus};
use crate::i18n::{Pick, fill, text, texts};
use crate::jobs::{DeviceTask, Doing, Jobs, Timed};
use crate::parts::{Action, Column, DataTable, FaultCard, Tab, Tabs, Weight};

mod facts;
mod kit;
mod programmer;
mod programmer_kit;
mod trace;

use facts::{CardFacts, ReaderFacts};
use kit::Kit;
use programmer::ProgrammerPanel;
use programmer_kit::ProgrammerKit;
use trace::TraceList;

/// The page of 设备.
#[component]
pub fn DevicesPage() -> impl IntoView {
    let shown = RwSignal::new(0);
    let tab = |label: Pick| Tab {
        label: text(label),
        count: Signal::derive(|| None),
    };
    let tabs = vec![
        tab(|t| t.devices.menu.overview),
        tab(|t| t.devices.menu.test),
        tab(|t| t.devices.menu.trace),
        tab(|t| t.devices.menu.kit),
        tab(|t| t.profiles.page.tab),
    ];
    let content = move || match shown.get() {
        0 => view! {
            <div class="device-facts">
                <ReaderFacts />
                <CardFacts />
            </div>
        }
        .into_any(),
        1 => view! { <SelfTest /> }.into_any(),
        2 => view! { <TraceList /> }.into_any(),
        3 => view! {
            <div class="device-facts device-kit">
                <section>
                    <Kit />
                </section>
                <section>
                    <ProgrammerKit />
                </section>
            </div>
        }
        .into_any(),
        _ => view! { <ProgrammerPanel /> }.into_any(),
    };
    view! {
        <section class="devices">
            <Tabs label=text(|t| t.devices.menu.tabs) tabs=tabs shown=shown />
            <div class="device-panel" role="tabpanel">
                {content}
            </div>
        </section>
    }
}

/// The state of the page's jobs.
fn task() -> RwSignal<DeviceTask> {
    Jobs::get().device
}

/// Whether there is no card to ask, or somebody asks it already.
fn no_card() -> Signal<bool> {
    let desk = Desk::get();
    Signal::derive(move || {
        let ready = desk
            .reader
            .with(|r| matches!(r, ReaderStatus::Ready { .. }));
        !ready || desk.card.get() == CardInSlot::Absent || desk.job.with(Option::is_some)
    })
}

/// Why the latest job did not end well, with the way to try it again.
#[component]
fn Failure(
    /// The button's name.
    label: Pick,
    /// Tries again.
    on_next: fn(&Jobs),
) -> impl IntoView {
    let fault = Memo::new(move |_| task().with(|task| task.fault));
    move || {
        fault.get().map(|fault| {
            view! {
                <FaultCard
                    fault=fault
                    next_label=Signal::derive(move || Some(label(texts())))
                    on_next=move |()| on_next(&Jobs::get())
                />
            }
        })
    }
}

/// 自检
#[component]
fn SelfTest() -> impl IntoView {
    let task = task();
    let running = Memo::new(move |_| match task.with(|task| task.doing) {
        Some(Doing::SelfTest(done)) => Some(done),
        _ => None,
    });
    let buttons = move || match running.get() {
        Some(done) => view! {
            <p role="status">{move || fill(texts().devices.test.progress, done)}</p>
            <Action
                label=text(|t| t.devices.test.stop)
                back=true
                focus=true
                on_press=|()| Jobs::get().stop_self_test()
            />
        }
        .into_any(),
        None => view! {
            <Action
                label=text(|t| t.devices.test.start)
                weight=Weight::Main
                disabled=no_card()
                on_press=|()| Jobs::get().self_test()
            />
        }
        .into_any(),
    };
    let timed = Memo::new(move |_| task.with(|task| task.timed.clone()));
    view! {
        <p class="quiet-text">{text(|t| t.devices.test.about)}</p>
        <div class="actions">{buttons}</div>
        <Failure label=|t| t.devices.test.again on_next=Jobs::self_test />
        {move || timed.get().map(times)}
    }
}

fn times(timed: Timed) -> impl IntoView {
    let t = &texts().devices.test;
    let columns = vec![
        Column::words(""),
        Column::figures(t.min),
        Column::figures(t.median),
        Column::figures(t.p95),
    ];
    let row = |name: &'static str, spread: Spread| {
        let times = [spread.min, spread.median, spread.p95];
        let times = times.map(|us| Ms(us).to_string().into_any());
        std::iter::once(name.into_any()).chain(times).collect()
    };
    let rows = vec![
        row(t.line, timed.line),
        row(t.own, timed.own),
        row(t.total, timed.total),
    ];
    let caption = t.times;
    let was_stopped = timed.count < SELF_TEST as usize;
    view! {
        {was_stopped.then_some(t.stopped)}
        {facts::list(vec![
            (t.command, timed.command.to_string()),
            (t.counted, timed.count.to_string()),
        ])}
        <DataTable caption=caption columns=columns rows=rows empty="" />
    }
}
