//! 库存与状态: how many tags lie where, which wait to be handed in, and what a supervisor does with them.

use apdu_core::authority::{CardStatus, Refusal};
use apdu_core::fault::Fault;
use etc_api::{HandInLine, HandOut, Role, StockTag, TagStockLine};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::vouched::Vouched;
use crate::backend::Backend;
use crate::desk::Desk;
use crate::i18n::{moment, text, texts};
use crate::parts::{
    Action, CardBadge, Column, Confirm, DataList, DataRow, DataTable, FaultCard, Field, Note, Tab,
    Tabs, Tone, Weight, grouped,
};

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
    let waiting = Signal::derive(move || {
        let count = |(_, waiting): &(Vec<TagStockLine>, Vec<HandInLine>)| waiting.len();
        task.stock.with(|stock| stock.as_ref().map(count))
    });
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

/// What is known, and what is being asked.
#[derive(Clone, Copy)]
struct StockTask {
    backend: StoredValue<Backend, LocalStorage>,
    stock: RwSignal<Option<(Vec<TagStockLine>, Vec<HandInLine>)>>,
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
        let stock = (backend.tag_stock().await?, backend.hand_ins().await?);
        self.stock.try_set(Some(stock));
        Ok(())
    }
}

#[component]
fn Counts(task: StockTask) -> impl IntoView {
    move || {
        let t = &texts().stock;
        let columns = vec![
            Column::words(texts().tags.page.status),
            Column::words(t.use_of),
            Column::words(texts().money.day.outlet),
            Column::figures(t.tags),
        ];
        let row = |line: &TagStockLine| {
            let used = if line.issued { t.issued } else { t.free };
            vec![
                view! { <CardBadge status=line.status /> }.into_any(),
                used.into_any(),
                line.outlet
                    .clone()
                    .unwrap_or(t.central.to_owned())
                    .into_any(),
                line.tags.into_any(),
            ]
        };
        let mut lines = task.stock.get().map(|(lines, _)| lines).unwrap_or_default();
        lines.sort_by_key(|line| (line.outlet.clone(), line.issued, line.status as u8));
        let rows = lines.iter().map(row).collect();
        view! { <DataTable caption=t.counts columns=columns rows=rows empty=t.empty /> }
    }
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
                texts().hand_in_reason(&line.reason).into_any(),
                chip(&line.chip).into_any(),
                line.operator.clone().into_any(),
                line.outlet.clone().into_any(),
                moment(line.at).into_any(),
                view! { <Action label=text(|t| t.stock.tick) on_press=tick disabled=task.busy /> }
                    .into_any(),
            ]
        };
        let waiting = task.stock.get().map(|(_, waiting)| waiting);
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

/// 发放: tags go to an outlet, all of them or none.
#[component]
fn HandOutForm(task: StockTask) -> impl IntoView {
    let (outlet, sns) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let wanted = Memo::new(move |_| {
        let outlet = outlet.with(|code| code.trim().to_ascii_uppercase());
        let sns = sns.with(|typed| numbers(typed))?;
        (!outlet.is_empty() && !sns.is_empty()).then_some(HandOut { outlet, sns })
    });
    let count = Memo::new(move |_| wanted.with(|one| one.as_ref().map_or(0, |one| one.sns.len())));
    let wrong = Signal::derive(move || {
        let is_wrong = sns.with(|typed| !typed.trim().is_empty() && numbers(typed).is_none());
        is_wrong.then(|| texts().stock.sns_wrong)
    });
    let send = move |()| {
        if let Some(wanted) = wanted.get_untracked() {
            task.change(async move |backend| {
                backend.hand_out(&wanted).await?;
                sns.try_set(String::new());
                Ok(())
            });
        }
    };
    view! {
        <form class="stock-form" on:submit=|ev| ev.prevent_default()>
            <Field
                name="stock-outlet"
                label=text(|t| t.stock.to_outlet)
                value=outlet
                hint=text(|t| t.stock.to_outlet_hint)
            />
            <Field
                name="stock-sns"
                label=text(|t| t.stock.sns)
                value=sns
                hint=text(|t| t.stock.sns_hint)
                wrong=wrong
                scan=true
            />
            <p class="quiet-text">{text(|t| t.stock.tags)} " " {count}</p>
            <DoneNote task=task />
            <div class="actions">
                <Confirm
                    label=text(|t| t.stock.hand_out)
                    disabled=Signal::derive(move || wanted.with(Option::is_none) || task.busy.get())
                    on_confirm=send
                />
            </div>
        </form>
    }
}

/// The numbers in what was typed, 16 digits each, with spaces, commas or semicolons between, narrow or wide;
/// nothing where one of them is none.
fn numbers(typed: &str) -> Option<Vec<String>> {
    let words = typed
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '\u{FF0C}' | ';' | '\u{FF1B}'));
    let words = words.filter(|word| !word.is_empty());
    let is_number = |word: &str| word.len() == 16 && word.bytes().all(|c| c.is_ascii_digit());
    words
        .map(|word| is_number(word).then(|| word.to_owned()))
        .collect()
}

/// A tag by the number on its back: suspend it, report it lost, lift either, cancel it unseen, allow more writes.
#[component]
fn StatusForm(task: StockTask) -> impl IntoView {
    let sn = RwSignal::new(String::new());
    let whole = Memo::new(move |_| {
        let numbers = sn.with(|sn| numbers(sn)).unwrap_or_default();
        numbers.into_iter().next()
    });
    let find = move |()| {
        if let Some(sn) = whole.get_untracked() {
            task.find(sn);
        }
    };
    view! {
        <form class="stock-form" on:submit=|ev| ev.prevent_default()>
            <Field name="stock-sn" label=text(|t| t.tags.page.sn) value=sn scan=true />
            <div class="actions">
                <Action
                    label=text(|t| t.stock.find)
                    weight=Weight::Main
                    disabled=Signal::derive(move || whole.with(Option::is_none) || task.busy.get())
                    on_press=find
                />
            </div>
            {move || task.tag.get().map(|tag| view! { <FoundTag task=task tag=tag /> })}
            <DoneNote task=task />
        </form>
    }
}

/// The tag that was found, and what a supervisor may do with it.
#[component]
fn FoundTag(task: StockTask, tag: StockTag) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let serial = tag.tag;
    let change = move |to: Change| {
        let reason = reason.get_untracked().trim().to_owned();
        task.change(async move |backend| {
            let changed = match to {
                Change::Status(status) => backend.set_tag_status(serial, status, &reason).await?,
                Change::Cancel => backend.cancel_unseen(serial, &reason).await?,
            };
            task.tag.try_set(Some(changed));
            Ok(())
        });
    };
    let not_ready = Signal::derive(move || {
        let has_reason = reason.with(|reason| (4..=200).contains(&reason.trim().chars().count()));
        !has_reason || task.busy.get()
    });
    let button = move |to: Change| {
        let label = Signal::derive(move || to.word());
        view! { <Action label=label disabled=not_ready on_press=move |()| change(to) /> }
    };
    let fitting = Change::ALL.into_iter();
    let fitting: Vec<_> = fitting.filter(|to| to.fits(tag.status)).collect();
    let asks = (!fitting.is_empty()).then(|| {
        view! {
            <Field
                name="stock-reason"
                label=text(|t| t.stock.why)
                value=reason
                hint=text(|t| t.stock.reason_hint)
            />
            <div class="actions">{fitting.into_iter().map(button).collect_view()}</div>
        }
    });
    let sn = tag.sn.clone();
    view! {
        <DataList>
            <DataRow label=text(|t| t.tags.page.sn)>{grouped(&tag.sn)}</DataRow>
            <DataRow label=text(|t| t.tags.page.serial)>{grouped(&serial.to_string())}</DataRow>
            <DataRow label=text(|t| t.tags.page.status)>
                <CardBadge status=tag.status />
            </DataRow>
            <DataRow label=text(|t| t.stock.signatures_left)>{tag.signatures_left}</DataRow>
        </DataList>
        <div class="actions">
            <Vouched
                start=|t| t.stock.allow_signatures
                title=|t| t.stock.allow_signatures
                about=|t| t.stock.allow_signatures_about
                confirm=|t| t.stock.allow_signatures_confirm
                ask=async move |backend, person| backend.allow_signatures(serial, &person).await
                on_done=move |()| task.find(sn.clone())
            >
                <p>{text(|t| t.tags.page.serial)} " " {grouped(&serial.to_string())}</p>
            </Vouched>
        </div>
        {asks}
    }
}

/// What a supervisor may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Status(CardStatus),
    Cancel,
}

impl Change {
    const ALL: [Self; 4] = [
        Self::Status(CardStatus::Suspended),
        Self::Status(CardStatus::Lost),
        Self::Status(CardStatus::Normal),
        Self::Cancel,
    ];

    /// Whether it is offered for a tag in this status; the backend has the last word.
    fn fits(self, status: CardStatus) -> bool {
        let is_normal = status == CardStatus::Normal;
        let can_be_lifted = matches!(status, CardStatus::Suspended | CardStatus::Lost);
        match self {
            Self::Status(CardStatus::Normal) => can_be_lifted,
            Self::Status(wanted) => is_normal || (can_be_lifted && wanted != status),
            Self::Cancel => is_normal || can_be_lifted,
        }
    }

    fn word(self) -> &'static str {
        let t = texts();
        match self {
            Self::Status(CardStatus::Suspended) => t.stock.suspend,
            Self::Status(CardStatus::Lost) => t.stock.report_lost,
            Self::Status(_) => t.stock.lift,
            Self::Cancel => t.tags.write.cancel,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scanned_one_after_the_other() {
        let two = Some(vec![
            "6210230100010041".to_owned(),
            "6210230100010090".to_owned(),
        ]);
        assert_eq!(numbers("6210230100010041 6210230100010090"), two);
        assert_eq!(
            numbers("6210230100010041\u{FF0C}6210230100010090\u{FF1B}"),
            two
        );
        assert_eq!(numbers("6210230100010041 621023010001009"), None);
        assert_eq!(numbers(""), Some(Vec::new()));
    }

    #[test]
    fn what_is_lifted_was_suspended_or_lost() {
        let offered = |status| Change::ALL.into_iter().filter(move |one| one.fits(status));
        assert_eq!(offered(CardStatus::Normal).count(), 3);
        assert_eq!(offered(CardStatus::Suspended).count(), 3);
        assert_eq!(offered(CardStatus::Damaged).count(), 0);
        assert_eq!(offered(CardStatus::Blacklisted).count(), 0);
    }
}
