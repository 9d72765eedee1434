//! 钱箱: the cash of one shift, from the float to the count.

use apdu_core::fault::{Code, Fault};
use etc_api::{CloseDrawer, Drawer};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::Backend;
use crate::i18n::{Pick, moment, text, texts};
use crate::parts::{
    Action, Confirm, DataList, DataRow, FaultCard, Field, Money, Note, Sign, SignMark, Tone,
    Weight, parse_yuan,
};
use crate::print::{Printer, Sheet};

/// The longest note about a difference.
const LONGEST_NOTE: usize = 200;

/// The page of 钱箱.
#[component]
pub fn DrawerPage() -> impl IntoView {
    let task = DrawerTask {
        backend: StoredValue::new_local(Backend::get()),
        found: RwSignal::new(None),
        counting: RwSignal::new(false),
        opening: RwSignal::new(false),
    };
    task.look();
    let content = move || match task.found.get() {
        None => view! { <p class="quiet-text">{text(|t| t.money.drawer.loading)}</p> }.into_any(),
        Some(Err(fault)) if fault.code == Code::NoDrawer => view! { <Open task=task /> }.into_any(),
        Some(Err(fault)) => view! {
            <FaultCard
                fault=fault
                next_label=Signal::derive(|| Some(texts().money.drawer.reload))
                on_next=move |()| task.look()
            />
        }
        .into_any(),
        Some(Ok(drawer)) if drawer.closed_at.is_some() => {
            if task.opening.get() {
                view! { <Open task=task /> }.into_any()
            } else {
                view! { <Closed task=task drawer=drawer /> }.into_any()
            }
        }
        Some(Ok(drawer)) => view! { <InUse task=task drawer=drawer /> }.into_any(),
    };
    view! { <section class="work drawer">{content}</section> }
}

/// What is known of the drawer.
#[derive(Clone, Copy)]
struct DrawerTask {
    backend: StoredValue<Backend, LocalStorage>,
    found: RwSignal<Option<Result<Drawer, Fault>>>,
    /// Whether the cash is being counted.
    counting: RwSignal<bool>,
    /// Whether another drawer is being opened after one that was closed.
    opening: RwSignal<bool>,
}

impl DrawerTask {
    fn look(self) {
        let backend = self.backend.get_value();
        self.ask(async move { backend.drawer().await.map_err(Fault::from) });
    }

    fn open(self, float: i64) {
        let backend = self.backend.get_value();
        self.ask(async move { backend.open_drawer(float).await.map_err(Fault::from) });
    }

    fn close(self, closing: CloseDrawer) {
        let backend = self.backend.get_value();
        self.ask(async move { backend.close_drawer(&closing).await.map_err(Fault::from) });
    }

    fn ask(self, question: impl Future<Output = Result<Drawer, Fault>> + 'static) {
        self.found.set(None);
        self.counting.set(false);
        self.opening.set(false);
        spawn_local(async move {
            let answer = question.await;
            // Where the teller has left, there is nobody to tell.
            drop(self.found.try_set(Some(answer)));
        });
    }
}

/// No drawer yet: the float, and open.
#[component]
fn Open(task: DrawerTask) -> impl IntoView {
    let heading = Signal::derive(|| texts().money.drawer.none.to_owned());
    let typed = RwSignal::new(String::new());
    let float = Memo::new(move |_| typed.with(|typed| parse_yuan(typed)));
    let open = move |()| {
        if let Some(float) = float.get_untracked() {
            task.open(float);
        }
    };
    view! {
        <Note tone=Tone::Note heading=heading>
            <p>{text(|t| t.money.drawer.none_about)}</p>
        </Note>
        <YuanField
            name="float"
            label=text(|t| t.money.drawer.float)
            hint=text(|t| t.money.drawer.float_hint)
            value=typed
        />
        <div class="actions">
            <Confirm
                label=text(|t| t.money.drawer.open_do)
                disabled=Signal::derive(move || float.get().is_none())
                on_confirm=open
            />
        </div>
    }
}

#[component]
fn InUse(task: DrawerTask, drawer: Drawer) -> impl IntoView {
    let counting = task.counting;
    let expected = drawer.expected;
    view! {
        <Figures drawer=drawer.clone() />
        {move || {
            if counting.get() {
                view! { <Count task=task expected=expected /> }.into_any()
            } else {
                let drawer = drawer.clone();
                view! {
                    <Facts drawer=drawer />
                    <div class="actions">
                        <Action
                            label=text(|t| t.money.drawer.reload)
                            on_press=move |()| task.look()
                        />
                        <Action
                            label=text(|t| t.money.drawer.count)
                            weight=Weight::Main
                            focus=true
                            on_press=move |()| counting.set(true)
                        />
                    </div>
                }
                    .into_any()
            }
        }}
    }
}

/// What was counted, and how it differs.
#[component]
fn Count(task: DrawerTask, expected: i64) -> impl IntoView {
    let (typed, note) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let counted = Memo::new(move |_| typed.with(|typed| parse_yuan(typed)));
    let difference = Memo::new(move |_| Some(counted.get()? - expected));
    let differs = move || difference.get().is_some_and(|fen| fen != 0);
    let said = move || note.with(|note| note.trim().to_owned());
    let is_long = move || said().chars().count() > LONGEST_NOTE;
    let note_wrong = Signal::derive(move || {
        let t = &texts().money.drawer;
        if is_long() {
            Some(t.note_hint)
        } else {
            (differs() && said().is_empty()).then_some(t.note_missing)
        }
    });
    let close = move |()| {
        if let Some(counted) = counted.get_untracked() {
            let note = untrack(said);
            let note = Some(note).filter(|note| !note.is_empty());
            task.close(CloseDrawer { counted, note });
        }
    };
    let not_whole = Signal::derive(move || counted.get().is_none() || note_wrong.get().is_some());
    view! {
        <p>{text(|t| t.money.drawer.count_about)}</p>
        <div class="count">
            <YuanField
                name="counted"
                label=text(|t| t.money.drawer.counted)
                hint=text(|t| t.money.drawer.counted_hint)
                value=typed
            />
            <div class="term" aria-live="polite">
                {move || difference.get().map(|fen| view! { <Difference fen=fen /> })}
                <span class="caption">{text(|t| t.money.drawer.difference)}</span>
            </div>
        </div>
        <Field
            name="note"
            label=text(|t| t.money.drawer.note)
            value=note
            hint=text(|t| t.money.drawer.note_hint)
            wrong=note_wrong
        />
        <div class="actions">
            <Action
                label=text(|t| t.money.drawer.leave)
                back=true
                on_press=move |()| task.counting.set(false)
            />
            <Confirm
                label=text(|t| t.money.drawer.close_do)
                disabled=not_whole
                on_confirm=close
            />
        </div>
    }
}

#[component]
fn Closed(task: DrawerTask, drawer: Drawer) -> impl IntoView {
    let printer = Printer::get();
    let sheet = StoredValue::new(drawer.clone());
    view! {
        <Figures drawer=drawer.clone() />
        <Facts drawer=drawer />
        <div class="actions">
            <Action
                label=text(|t| t.money.drawer.open_another)
                on_press=move |()| task.opening.set(true)
            />
            <Action
                label=text(|t| t.money.drawer.print)
                weight=Weight::Main
                focus=true
                on_press=move |()| printer.print(Sheet::Drawer(sheet.get_value()))
            />
        </div>
    }
}

/// Float + taken − given back = expected.
#[component]
fn Figures(drawer: Drawer) -> impl IntoView {
    let term = |label: Pick, fen: i64, class: &'static str| {
        view! {
            <div class=class>
                <Money fen=fen />
                <span class="caption">{text(label)}</span>
            </div>
        }
    };
    let (sign, tone, word): (_, _, Pick) = match drawer.closed_at {
        None => (Sign::Active, Tone::Note, |t| t.money.drawer.open),
        Some(_) => (Sign::Done, Tone::Quiet, |t| t.money.drawer.closed),
    };
    view! {
        <p class="drawer-head">
            <strong>{text(|t| t.money.drawer.heading)}</strong>
            <span class=format!("state badge {}", tone.class())>
                <SignMark sign=sign />
                {text(word)}
            </span>
        </p>
        <div class="equation cash">
            {term(|t| t.money.drawer.float_sum, drawer.float, "term")}
            <span class="operator">"+"</span>
            {term(|t| t.money.drawer.taken, drawer.taken, "term")}
            <span class="operator">"\u{2212}"</span>
            {term(|t| t.money.drawer.given_back, drawer.given_back, "term")}
            <span class="operator">"="</span>
            {term(|t| t.money.drawer.expected, drawer.expected, "term result")}
        </div>
    }
}

#[component]
fn Facts(drawer: Drawer) -> impl IntoView {
    let counted = drawer.counted.map(|counted| {
        view! {
            <DataRow label=text(|t| t.money.drawer.counted_sum)>
                <Money fen=counted />
            </DataRow>
            <DataRow label=text(|t| t.money.drawer.difference)>
                <Difference fen=counted - drawer.expected />
            </DataRow>
        }
    });
    let closed = drawer.closed_at.map(|at| {
        view! { <DataRow label=text(|t| t.money.drawer.closed_at)>{moment(at)}</DataRow> }
    });
    let note = drawer.note.map(|note| {
        view! { <DataRow label=text(|t| t.money.drawer.note)>{note}</DataRow> }
    });
    view! {
        <DataList>
            <DataRow label=text(
                |t| t.money.drawer.opened_at,
            )>{moment(drawer.opened_at)}</DataRow>
            <DataRow label=text(|t| t.money.drawer.payments)>{drawer.payments}</DataRow>
            {closed}
            {counted}
            {note}
        </DataList>
    }
}

/// Too much, too little or neither: sign, word and amount.
#[component]
pub fn Difference(
    /// What was counted less what was expected, fen.
    fen: i64,
) -> impl IntoView {
    let (sign, tone) = if fen == 0 {
        (Sign::Done, Tone::Good)
    } else {
        (Sign::Differs, Tone::Bad)
    };
    view! {
        <span class=format!("state {}", tone.class())>
            <SignMark sign=sign />
            {move || texts().money.difference(fen)}
            " "
            {(fen > 0).then_some("+")}
            <Money fen=fen />
        </span>
    }
}

/// An amount in yuan.
#[component]
fn YuanField(
    name: &'static str,
    #[prop(into)] label: Signal<&'static str>,
    #[prop(into)] hint: Signal<&'static str>,
    value: RwSignal<String>,
) -> impl IntoView {
    let wrong = Signal::derive(move || {
        let typed = value.get();
        // While a fraction is being typed it is not wrong yet.
        let begun = typed.trim().strip_suffix('.').unwrap_or(typed.trim());
        let is_wrong = !begun.is_empty() && parse_yuan(begun).is_none();
        is_wrong.then(|| texts().money.drawer.amount_wrong)
    });
    view! {
        <Field
            name=name
            label=label
            value=value
            hint=hint
            wrong=wrong
            inputmode="decimal"
            focus=true
            class="large"
        />
    }
}
