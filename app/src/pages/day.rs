//! 日报: what came in on a day, what went out, what needs somebody; and the kill switch.

use apdu_core::calendar;
use apdu_core::fault::Fault;
use etc_api::{DayReport, Role};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::Backend;
use crate::csv;
use crate::desk::Desk;
use crate::i18n::{Texts, moment, text, texts};
use crate::parts::{Action, FaultCard, Tab, Tabs, record_tail, yuan};

mod lists;
mod switches;

use lists::{Alarms, Drawers, TakingsList, Unsettled};
use switches::Switches;

/// The page of 日报.
#[component]
pub fn DayPage() -> impl IntoView {
    let task = DayTask {
        backend: StoredValue::new_local(Backend::get()),
        day: RwSignal::new(today()),
        found: RwSignal::new(None),
    };
    task.look();
    let shown = RwSignal::new(0);
    let is_supervisor = Desk::get().session.with_untracked(|session| {
        let session = session.as_ref();
        session.is_some_and(|session| session.role == Role::Supervisor)
    });
    let content = move || {
        if shown.get() == SWITCHES {
            return view! { <Switches /> }.into_any();
        }
        match task.found.get() {
            None => view! { <p class="quiet-text">{text(|t| t.money.day.loading)}</p> }.into_any(),
            Some(Err(fault)) => view! {
                <FaultCard
                    fault=fault
                    next_label=Signal::derive(|| Some(texts().money.day.look))
                    on_next=move |()| task.look()
                />
            }
            .into_any(),
            Some(Ok(report)) => view! { <Shown shown=shown report=report /> }.into_any(),
        }
    };
    view! {
        <section class="day">
            <header class="day-head">
                <DayField task=task />
                <Exports task=task />
            </header>
            <Tabs
                label=text(|t| t.money.day.tabs)
                tabs=tabs(task, is_supervisor)
                shown=shown
            />
            <div class="day-list" role="tabpanel">
                {content}
            </div>
        </section>
    }
}

/// The place of 暂停充值 among the tabs: the last.
const SWITCHES: usize = 4;

#[derive(Clone, Copy)]
struct DayTask {
    backend: StoredValue<Backend, LocalStorage>,
    /// The day, YYYY-MM-DD.
    day: RwSignal<String>,
    found: RwSignal<Option<Result<DayReport, Fault>>>,
}

impl DayTask {
    fn look(self) {
        let day = self.day.get_untracked().replace('-', "");
        let backend = self.backend.get_value();
        self.found.set(None);
        spawn_local(async move {
            let answer = backend.report(&day).await.map_err(Fault::from);
            // Where the supervisor has left, or looks at another day, nobody waits for this one.
            let is_wanted = self.day.try_get_untracked();
            if is_wanted.is_some_and(|wanted| wanted.replace('-', "") == day) {
                self.found.set(Some(answer));
            }
        });
    }
}

/// Today at the issuer.
fn today() -> String {
    calendar::today(js_sys::Date::now() as i64).to_string()
}

/// The tabs; a count where somebody has to do something.
fn tabs(task: DayTask, is_supervisor: bool) -> Vec<Tab> {
    let count = move |of: fn(&DayReport) -> usize| {
        Signal::derive(move || {
            let of =
                |found: &Option<Result<DayReport, Fault>>| found.as_ref()?.as_ref().ok().map(of);
            task.found.with(of)
        })
    };
    let mut tabs = vec![
        Tab {
            label: text(|t| t.money.day.takings),
            count: Signal::derive(|| None),
        },
        Tab {
            label: text(|t| t.money.day.drawers),
            count: count(|report| report.drawers.len()),
        },
        Tab {
            label: text(|t| t.money.day.unsettled),
            count: count(|report| report.unsettled.len()),
        },
        Tab {
            label: text(|t| t.money.day.alarms),
            count: count(|report| report.alarms.len()),
        },
    ];
    if is_supervisor {
        tabs.push(Tab {
            label: text(|t| t.money.switches.title),
            count: Signal::derive(|| None),
        });
    }
    tabs
}

#[component]
fn Shown(shown: RwSignal<usize>, report: DayReport) -> impl IntoView {
    move || match shown.get() {
        0 => view! { <TakingsList takings=report.takings.clone() /> }.into_any(),
        1 => view! { <Drawers drawers=report.drawers.clone() /> }.into_any(),
        2 => view! { <Unsettled lines=report.unsettled.clone() /> }.into_any(),
        _ => view! { <Alarms alarms=report.alarms.clone() /> }.into_any(),
    }
}

/// Which day.
#[component]
fn DayField(task: DayTask) -> impl IntoView {
    let last = today();
    view! {
        <form
            class="day-field"
            on:submit=move |ev| {
                ev.prevent_default();
                task.look();
            }
        >
            <label for="day">{text(|t| t.money.day.date)}</label>
            <input
                id="day"
                name="day"
                type="date"
                required=true
                max=last
                prop:value=move || task.day.get()
                on:change:target=move |ev| {
                    let day = ev.target().value();
                    // A date that is not whole yet is empty.
                    if !day.is_empty() {
                        task.day.set(day);
                        task.look();
                    }
                }
            />
            <Action label=text(|t| t.money.day.look) on_press=move |()| task.look() />
        </form>
    }
}

/// Takings and alarms as tables for a spreadsheet.
#[component]
fn Exports(task: DayTask) -> impl IntoView {
    type Rows = fn(&DayReport, &Texts) -> Vec<Vec<String>>;
    let link = move |name: &'static str, label: Signal<&'static str>, rows: Rows| {
        move || {
            let report = task.found.get()?.ok()?;
            let href = csv::link(&rows(&report, texts()));
            Some(view! {
                <a class="action" href=href download=format!("etc-{name}-{}.csv", report.day)>
                    {text(|t| t.money.day.export)}
                    ": "
                    {label}
                </a>
            })
        }
    };
    view! {
        <p class="actions">
            {link("takings", text(|t| t.money.day.export_takings), takings_rows)}
            {link("alarms", text(|t| t.money.day.export_alarms), alarm_rows)}
        </p>
    }
}

fn takings_rows(report: &DayReport, texts: &Texts) -> Vec<Vec<String>> {
    let t = &texts.money.day;
    let head = [
        t.date,
        t.outlet,
        t.cash,
        t.pos,
        t.given_back,
        t.loaded,
        t.payments,
    ];
    let rows = report.takings.iter().map(|of| {
        vec![
            report.day.clone(),
            of.outlet.clone(),
            yuan(of.cash),
            yuan(of.pos),
            yuan(of.given_back),
            yuan(of.loaded),
            of.payments.to_string(),
        ]
    });
    std::iter::once(head.map(String::from).to_vec())
        .chain(rows)
        .collect()
}

fn alarm_rows(report: &DayReport, texts: &Texts) -> Vec<Vec<String>> {
    let t = &texts.money.day;
    let head = [t.kind, t.card, t.counter, t.record, t.amount, t.at];
    let rows = report.alarms.iter().map(|alarm| {
        vec![
            texts.money.alarm(&alarm.kind).to_owned(),
            grouped(&alarm.card.to_string()),
            alarm.counter.map(|n| n.to_string()).unwrap_or_default(),
            alarm.record.as_deref().map(record_tail).unwrap_or_default(),
            alarm.amount.map(|fen| yuan(fen.into())).unwrap_or_default(),
            moment(alarm.at),
        ]
    });
    std::iter::once(head.map(String::from).to_vec())
        .chain(rows)
        .collect()
}

/// In groups of four: a spreadsheet would round twenty digits.
fn grouped(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let groups = digits
        .chunks(4)
        .map(|group| group.iter().collect::<String>());
    groups.collect::<Vec<_>>().join(" ")
}
