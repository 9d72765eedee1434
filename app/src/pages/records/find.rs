//! The search: by plate and colour, by the card in the reader, or what waits for somebody.

use apdu_core::fault::Fault;
use etc_api::RecordQuery;
use leptos::prelude::*;

use super::JobsHandle;
use super::cases::Cases;
use super::table::RecordTable;
use crate::desk::{CardInSlot, Desk, ReaderStatus};
use crate::i18n::{Pick, text};
use crate::jobs::{Jobs, RecordsTask};
use crate::parts::{
    Action, FaultCard, PlateBadge, PlateEntry, PlateField, ReaderHint, Tab, Tabs, enter,
};
use crate::shell::use_help;

/// Search and list.
#[component]
pub fn Find(jobs: JobsHandle) -> impl IntoView {
    let task = jobs.with_value(|jobs| jobs.records);
    let waiting = Memo::new(move |_| task.with(RecordsTask::is_waiting_list));
    let overseer = jobs.with_value(Jobs::sees_evidence);
    view! {
        <div
            class="records"
            on:keydown=|event| {
                if enter(&event) {
                    event.prevent_default();
                }
            }
        >
            {overseer.then(|| view! { <Views jobs=jobs waiting=waiting /> })}
            {move || {
                if waiting.get() {
                    use_help(text(|t| t.records.menu.help_waiting));
                    view! { <Cases jobs=jobs /> }.into_any()
                } else {
                    view! { <Search jobs=jobs /> }.into_any()
                }
            }}
            <Found jobs=jobs />
        </div>
    }
}

/// 查找 or 待处理.
#[component]
fn Views(jobs: JobsHandle, waiting: Memo<bool>) -> impl IntoView {
    let shown = RwSignal::new(usize::from(waiting.get_untracked()));
    Effect::new(move |_| match (shown.get(), waiting.get_untracked()) {
        (0, true) => jobs.with_value(Jobs::search_records),
        (1, false) => jobs.with_value(Jobs::show_waiting_records),
        _ => {}
    });
    let tab = |label: Pick| Tab {
        label: text(label),
        count: Signal::derive(|| None),
    };
    let tabs = vec![
        tab(|t| t.records.find.search),
        tab(|t| t.records.find.waiting),
    ];
    view! { <Tabs label=text(|t| t.records.find.views) tabs=tabs shown=shown /> }
}

#[component]
fn Search(jobs: JobsHandle) -> impl IntoView {
    let desk = Desk::get();
    let task = jobs.with_value(|jobs| jobs.records);
    let asked = task
        .with_untracked(|task| task.query.clone())
        .unwrap_or_default();
    let first = asked == RecordQuery::default();
    let plate = PlateEntry::new(asked.plate, asked.plate_colour);
    let busy = Signal::derive(move || task.with(|task| task.asking || task.is_running()));
    let go = move || {
        if let Some((plate, colour)) = plate.whole().filter(|_| !busy.get_untracked()) {
            let query = RecordQuery {
                plate: Some(plate),
                plate_colour: Some(colour),
                ..RecordQuery::default()
            };
            jobs.with_value(|jobs| jobs.find_records(query));
        }
    };
    let no_card = Signal::derive(move || {
        let ready = matches!(desk.reader.get(), ReaderStatus::Ready { .. });
        !ready || desk.card.get() == CardInSlot::Absent || busy.get()
    });
    view! {
        <form
            class="records-find"
            on:submit=move |event| {
                event.prevent_default();
                go();
            }
        >
            <PlateField value=plate focus=first />
            <div class="records-plate" aria-hidden="true">
                {move || {
                    let (plate, colour) = plate.shown();
                    view! { <PlateBadge plate=plate colour=colour /> }
                }}
            </div>
            <div class="actions">
                <button type="submit" class="action main" disabled=move || busy.get()>
                    <span>{text(|t| t.records.find.go)}</span>
                    <kbd>"⏎"</kbd>
                </button>
                <Action
                    label=text(|t| t.check.read)
                    disabled=no_card
                    on_press=move |()| jobs.with_value(Jobs::find_records_by_card)
                />
            </div>
        </form>
    }
}

/// What was found, or why nothing was.
#[component]
fn Found(jobs: JobsHandle) -> impl IntoView {
    let task = jobs.with_value(|jobs| jobs.records);
    let outcome = Memo::new(move |_| task.with(Outcome::of));
    move || match outcome.get() {
        Outcome::Reading => view! { <p class="empty">{text(|t| t.check.reading)}</p> }.into_any(),
        Outcome::Asking => {
            view! { <p class="empty">{text(|t| t.records.find.asking)}</p> }.into_any()
        }
        Outcome::Failed(fault) => {
            let label = Signal::derive(|| None);
            view! { <FaultCard fault=fault next_label=label on_next=|()| () /> }.into_any()
        }
        Outcome::FirstUse => view! { <Nothing about=|t| t.records.find.first_use /> }.into_any(),
        Outcome::NoneOfPlate => {
            view! { <Nothing about=|t| t.records.find.none_of_plate /> }.into_any()
        }
        Outcome::NoneOfCard => {
            view! { <Nothing about=|t| t.records.find.none_of_card /> }.into_any()
        }
        Outcome::NoneWaits => {
            view! { <Nothing about=|t| t.records.find.none_waiting /> }.into_any()
        }
        Outcome::Found => view! { <RecordTable jobs=jobs /> }.into_any(),
    }
}

/// How far the search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Reading,
    Asking,
    Failed(Fault),
    FirstUse,
    NoneOfPlate,
    NoneOfCard,
    NoneWaits,
    Found,
}

impl Outcome {
    fn of(task: &RecordsTask) -> Self {
        match (&task.query, task.fault) {
            _ if task.is_running() => Self::Reading,
            (_, Some(fault)) => Self::Failed(fault),
            (Some(_), None) if !task.lines.is_empty() => Self::Found,
            _ if task.asking => Self::Asking,
            (None, None) => Self::FirstUse,
            (Some(query), None) if query.unsettled.is_some() => Self::NoneWaits,
            (Some(query), None) if query.card.is_some() => Self::NoneOfCard,
            (Some(_), None) => Self::NoneOfPlate,
        }
    }
}

/// What to do where the list is empty; without a reader, also how to connect one.
#[component]
fn Nothing(about: Pick) -> impl IntoView {
    let desk = Desk::get();
    let ready = Memo::new(move |_| matches!(desk.reader.get(), ReaderStatus::Ready { .. }));
    view! {
        <p class="empty records-empty">{text(about)}</p>
        {move || (!ready.get()).then(|| view! { <ReaderHint /> })}
    }
}
