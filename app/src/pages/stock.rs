//! 库存与状态: how many cards and tags lie where, which wait to be handed in, and what a supervisor does with them.

use apdu_core::authority::Refusal;
use apdu_core::fault::Fault;
use etc_api::{CardStockLine, HandInLine, Role, StockTag, TagStockLine};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::Backend;
use crate::desk::Desk;
use crate::i18n::{moment, text, texts};
use crate::parts::{
    Action, CardBadge, Column, DataTable, FaultCard, Note, Tab, Tabs, Tone, grouped,
};

mod hand_out;
mod numbers;
mod status;

use hand_out::HandOutForm;
use status::StatusForm;

/// The page of 库存与状态.
#[component]
pub fn StockPage() -> impl IntoView {
    let task = StockTask {
        backend: StoredValue::new_local(Backend::get()),
        stock: RwSignal::new(None),
        busy: RwSignal::new(false),
        fault: RwSignal::new(None),
        done: RwSignal::new(false),
        tag: RwSignal::new(None),
    };
    task.look();
    let shown = RwSignal::new(0);
    // What was said of one list is not said of the next.
    Effect::new(move |_| {
        shown.track();
        task.fault.set(None);
        task.done.set(false);
    });
    let is_supervisor = Desk::get().session.with_untracked(|session| {
        let session = session.as_ref();
        session.is_some_and(|session| session.role == Role::Supervisor)
    });
    let waiting =
        Signal::derive(move || task.stock.with(|stock| Some(stock.as_ref()?.waiting.len())));
    let tab = |label, count| Tab { label, count };
    let none = Signal::derive(|| None);
    let mut tabs = vec![
        tab(text(|t| t.stock.counts), none),
        tab(text(|t| t.stock.hand_ins), waiting),
    ];
    if is_supervisor {
        tabs.push(tab(text(|t| t.stock.hand_out), none));
        tabs.push(tab(text(|t| t.stock.status), none));
    }
    let is_known = Memo::new(move |_| task.stock.with(Option::is_some));
    // A form stays as it is while the stock behind it changes.
    let content = move || match (shown.get(), is_known.get()) {
        (2, _) => view! { <HandOutForm task=task /> }.into_any(),
        (3, _) => view! { <StatusForm task=task /> }.into_any(),
        (_, false) => {
            view! { <p class="quiet-text">{text(|t| t.money.day.loading)}</p> }.into_any()
        }
        (0, true) => view! { <Counts task=task /> }.into_any(),
        (_, true) => view! { <HandIns task=task /> }.into_any(),
    };
    view! {
        <section class="day stock">
            <Tabs label=text(|t| t.stock.title) tabs=tabs shown=shown />
            <div class="day-list" role="tabpanel">
                {content}
                <Refused task=task shown=shown />
            </div>
        </section>
    }
}

/// Why something could not be done. A form is still there to be corrected; a list is asked for again.
#[component]
fn Refused(task: StockTask, shown: RwSignal<usize>) -> impl IntoView {
    let again = Signal::derive(move || (shown.get() < 2).then(|| texts().money.day.look));
    move || {
        let fault = task.fault.get()?;
        Some(view! { <FaultCard fault=fault next_label=again on_next=move |()| task.look() /> })
    }
}

/// How the stock stands.
#[derive(Clone)]
struct Stock {
    cards: Vec<CardStockLine>,
    tags: Vec<TagStockLine>,
    /// Chips to be handed in.
    waiting: Vec<HandInLine>,
}

/// What is known, and what is being asked.
#[derive(Clone, Copy)]
struct StockTask {
    backend: StoredValue<Backend, LocalStorage>,
    stock: RwSignal<Option<Stock>>,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<Fault>>,
    /// Whether the last change was made.
    done: RwSignal<bool>,
    /// The tag whose status is looked at.
    tag: RwSignal<Option<StockTag>>,
}

impl StockTask {
    /// Asks for something. Where the person has left meanwhile, there is nobody to tell.
    fn ask(self, step: impl AsyncFnOnce(Backend) -> Result<(), Refusal> + 'static) {
        let backend = self.backend.get_value();
        self.fault.set(None);
        self.done.set(false);
        self.busy.set(true);
        spawn_local(async move {
            if let Err(refusal) = step(backend).await {
                self.fault.try_set(Some(refusal.into()));
            }
            self.busy.try_set(false);
        });
    }

    /// Asks how the stock stands.
    fn look(self) {
        self.ask(async move |backend| self.count(&backend).await);
    }

    /// Changes something, then asks how the stock stands.
    fn change(self, step: impl AsyncFnOnce(Backend) -> Result<(), Refusal> + 'static) {
        self.ask(async move |backend| {
            step(backend.clone()).await?;
            self.done.try_set(true);
            self.count(&backend).await
        });
    }

    /// Looks up the tag with this number on its back.
    fn find(self, sn: String) {
        self.tag.set(None);
        self.ask(async move |backend| {
            self.tag.try_set(Some(backend.tag_of_sn(&sn).await?));
            Ok(())
        });
    }

    async fn count(self, backend: &Backend) -> Result<(), Refusal> {
        let stock = Stock {
            cards: backend.card_stock().await?,
            tags: backend.tag_stock().await?,
            waiting: backend.hand_ins().await?,
        };
        self.stock.try_set(Some(stock));
        Ok(())
    }
}

/// Cards and tags, side by side.
#[component]
fn Counts(task: StockTask) -> impl IntoView {
    view! {
        <div class="side-by-side">
            <CardCounts task=task />
            <TagCounts task=task />
        </div>
    }
}

#[component]
fn CardCounts(task: StockTask) -> impl IntoView {
    move || {
        let t = &texts().stock;
        let columns = vec![
            Column::words(texts().tags.page.status),
            Column::words(texts().check.card_type),
            Column::words(t.use_of),
            Column::words(texts().money.day.outlet),
            Column::figures(t.cards),
        ];
        let row = |line: &CardStockLine| {
            vec![
                view! { <CardBadge status=line.status /> }.into_any(),
                texts().card_type(line.card_type).into_any(),
                used(line.issued).into_any(),
                place(line.outlet.clone()).into_any(),
                line.cards.into_any(),
            ]
        };
        let lines = task.stock.get().map(|stock| stock.cards);
        let rows = lines.iter().flatten().map(row).collect();
        view! { <DataTable caption=t.card_counts columns=columns rows=rows empty=t.empty /> }
    }
}

#[component]
fn TagCounts(task: StockTask) -> impl IntoView {
    move || {
        let t = &texts().stock;
        let columns = vec![
            Column::words(texts().tags.page.status),
            Column::words(t.use_of),
            Column::words(texts().money.day.outlet),
            Column::figures(t.tags),
        ];
        let row = |line: &TagStockLine| {
            vec![
                view! { <CardBadge status=line.status /> }.into_any(),
                used(line.issued).into_any(),
                place(line.outlet.clone()).into_any(),
                line.tags.into_any(),
            ]
        };
        let mut lines = task.stock.get().map(|stock| stock.tags).unwrap_or_default();
        lines.sort_by_key(|line| (line.outlet.clone(), line.issued, line.status as u8));
        let rows = lines.iter().map(row).collect();
        view! { <DataTable caption=t.tag_counts columns=columns rows=rows empty=t.empty /> }
    }
}

fn used(issued: bool) -> &'static str {
    let t = &texts().stock;
    if issued { t.issued } else { t.free }
}

fn place(outlet: Option<String>) -> String {
    outlet.unwrap_or(texts().stock.central.to_owned())
}

/// What waits until a second person has it before them.
#[component]
fn HandIns(task: StockTask) -> impl IntoView {
    move || {
        let t = &texts().stock;
        let columns = vec![
            Column::words(t.why),
            Column::words(t.chip),
            Column::words(texts().money.day.operator),
            Column::words(texts().money.day.outlet),
            Column::words(t.since),
            Column::words(""),
        ];
        let row = |line: &HandInLine| {
            let id = line.id.clone();
            let tick = move |()| {
                let id = id.clone();
                task.change(async move |backend| backend.tick_hand_in(&id).await);
            };
            vec![
                texts().hand_in_reason(line.reason).into_any(),
                chip(&line.chip).into_any(),
                line.operator.clone().into_any(),
                line.outlet.clone().into_any(),
                moment(line.at).into_any(),
                view! { <Action label=text(|t| t.stock.tick) on_press=tick disabled=task.busy /> }
                    .into_any(),
            ]
        };
        let waiting = task.stock.get().map(|stock| stock.waiting);
        let rows = waiting.iter().flatten().map(row).collect();
        view! { <DataTable caption=t.hand_ins columns=columns rows=rows empty=t.nothing_waits /> }
    }
}

/// `card NUMBER` or `tag SERIAL`, as a person reads it.
fn chip(chip: &str) -> String {
    let t = &texts().tags.write;
    match chip.split_once(' ') {
        Some(("card", number)) => format!("{} {}", t.card, grouped(number)),
        Some(("tag", serial)) => format!("{} {}", t.tag, grouped(serial)),
        _ => chip.to_owned(),
    }
}

/// Whether the last change was made.
#[component]
fn DoneNote(task: StockTask) -> impl IntoView {
    let heading = Signal::derive(|| texts().stock.done.to_owned());
    view! {
        <Show when=move || task.done.get()>
            <Note tone=Tone::Good heading=heading />
        </Show>
    }
}
