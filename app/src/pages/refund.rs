//! 退款: money that was taken and is not on the card goes back to the customer. Asked for, sent, ended: after
//! each step the ledger is asked anew, so that it does not matter which of them this page has seen.

use apdu_core::authority::{Recharge, RechargeState, Refusal};
use apdu_core::fault::{Code, Fault};
use etc_api::{MoneyOut, PaymentKind, RecordLine};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::Backend;
use crate::i18n::{fill, moment, text, texts};
use crate::parts::{
    Action, Confirm, DataList, DataRow, Dialog, FaultCard, MeansEntry, MeansField, Money, Note,
    RailState, RecordBadge, Sign, SignMark, Tone, Weight, record_tail,
};
use crate::print::Printer;
use crate::shell::use_help;

/// The refund of one record, from wherever it stands.
#[component]
pub fn Refund(
    /// The record.
    record: Recharge,
    /// Called when the teller leaves, with the state the record was seen in last.
    #[prop(into)]
    on_leave: Callback<Option<RechargeState>>,
) -> impl IntoView {
    use_help(text(|t| t.money.menu.help_refund));
    let task = RefundTask {
        backend: StoredValue::new_local(Backend::get()),
        record: StoredValue::new(record),
        line: RwSignal::new(None),
        busy: RwSignal::new(false),
        fault: RwSignal::new(None),
        ended_here: RwSignal::new(false),
    };
    task.look();
    let leave = move |()| {
        let line = task.line.get_untracked();
        on_leave.run(line.map(|line| line.recharge.state));
    };
    let stand = Memo::new(move |_| task.line.with(|line| line.as_ref().map(Stand::of)));
    let work = move || {
        if let Some(fault) = task.fault.get() {
            return view! { <Refused task=task fault=fault on_leave=leave /> }.into_any();
        }
        match stand.get() {
            _ if task.busy.get() => {
                view! { <p class="quiet-text">{text(|t| t.money.refund.loading)}</p> }.into_any()
            }
            None => ().into_any(),
            Some(Stand::Ask) => view! { <Ask task=task on_leave=leave /> }.into_any(),
            Some(Stand::Wait(until)) => view! { <Wait until=until on_leave=leave /> }.into_any(),
            Some(Stand::Send) => view! { <Send task=task on_leave=leave /> }.into_any(),
            Some(Stand::Outcome(kind)) => {
                view! { <Outcome task=task paid_by=kind on_leave=leave /> }.into_any()
            }
            Some(Stand::Done) => view! { <Done task=task on_leave=leave /> }.into_any(),
            Some(Stand::NotNow) => view! { <NotNow on_leave=leave /> }.into_any(),
        }
    };
    view! {
        <section class="refund">
            <Rail stand=stand />
            {move || task.line.get().map(|line| view! { <Facts line=line /> })}
            {work}
        </section>
    }
}

/// What is known, and what is being asked.
#[derive(Clone, Copy)]
struct RefundTask {
    backend: StoredValue<Backend, LocalStorage>,
    record: StoredValue<Recharge>,
    line: RwSignal<Option<RecordLine>>,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<Fault>>,
    /// Whether it was this page that has handed the money over.
    ended_here: RwSignal<bool>,
}

impl RefundTask {
    /// Asks where the refund stands.
    fn look(self) {
        self.change(async |_, _| Ok(()));
    }

    fn ask(self) {
        self.change(async |backend, id| backend.ask_refund(&id).await);
    }

    fn send(self) {
        self.change(async |backend, id| backend.send_refund(&id).await);
    }

    fn end(self, outcome: MoneyOut) {
        self.ended_here.set(outcome != MoneyOut::Refused);
        self.change(async move |backend, id| backend.end_refund(&id, outcome).await);
    }

    /// Takes a step, then asks where the refund stands.
    fn change(self, step: impl AsyncFnOnce(Backend, String) -> Result<(), Refusal> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.fault.set(None);
        let (backend, record) = (self.backend.get_value(), self.record.get_value());
        spawn_local(async move {
            let answer = match step(backend.clone(), record.id.clone()).await {
                Ok(()) => backend.line(&record).await,
                Err(refusal) => Err(refusal),
            };
            // Where the teller has left, there is nobody to tell.
            match answer {
                Ok(line) => drop(self.line.try_set(Some(line))),
                Err(refusal) => drop(self.fault.try_set(Some(refusal.into()))),
            }
            self.busy.try_set(false);
        });
    }
}

/// How far a refund is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Ask,
    Wait(i64),
    Send,
    Outcome(PaymentKind),
    Done,
    NotNow,
}

impl Stand {
    fn of(line: &RecordLine) -> Self {
        let now = js_sys::Date::now() as i64;
        match line.recharge.state {
            RechargeState::Paid => Self::Ask,
            RechargeState::Refunding if line.refund_sent => {
                let paid_by = line.paid.as_ref().map(|paid| paid.kind);
                Self::Outcome(paid_by.unwrap_or(PaymentKind::Cash))
            }
            RechargeState::Refunding => match line.refund_not_before {
                Some(until) if until > now => Self::Wait(until),
                _ => Self::Send,
            },
            RechargeState::Refunded => Self::Done,
            _ => Self::NotNow,
        }
    }

    /// How many of the three steps are behind.
    fn steps_done(self) -> usize {
        match self {
            Self::Ask | Self::NotNow => 0,
            Self::Wait(_) | Self::Send => 1,
            Self::Outcome(_) => 2,
            Self::Done => 3,
        }
    }
}

/// The three steps in one line.
#[component]
fn Rail(stand: Memo<Option<Stand>>) -> impl IntoView {
    let steps = move || {
        let t = &texts().money.refund;
        let done = stand.get().map_or(0, Stand::steps_done);
        let step = |(at, label): (usize, &'static str)| {
            let state = match at.cmp(&done) {
                std::cmp::Ordering::Less => RailState::Done,
                std::cmp::Ordering::Equal => RailState::Active,
                std::cmp::Ordering::Greater => RailState::Todo,
            };
            let (class, sign, word) = match state {
                RailState::Done => ("step done", Sign::Done, texts().rail.done),
                RailState::Active => ("step active", Sign::Active, texts().rail.active),
                _ => ("step todo", Sign::Open, texts().rail.todo),
            };
            view! {
                <li class=class aria-current=(state == RailState::Active).then_some("step")>
                    <span class="step-sign">
                        <SignMark sign=sign />
                    </span>
                    <span class="step-number">{at + 1}</span>
                    <span class="step-label">{label}</span>
                    <span class="unseen">{word}</span>
                </li>
            }
        };
        let labels = [t.ask, t.send, t.outcome];
        labels.into_iter().enumerate().map(step).collect_view()
    };
    view! {
        <ol class="small-rail" aria-label=text(|t| t.money.refund.rail)>
            {steps}
        </ol>
    }
}

#[component]
fn Facts(line: RecordLine) -> impl IntoView {
    let record = line.recharge;
    let paid = line.paid.map(|paid| {
        let kind = paid.kind;
        let slip = paid.slip;
        let slip = slip.map(|slip| format!(" {} / {}", slip.terminal, slip.number));
        view! {
            <DataRow label=text(|t| t.money.refund.paid)>
                {move || texts().money.kind(kind)} {slip}
            </DataRow>
        }
    });
    view! {
        <DataList>
            <DataRow label=text(|t| t.money.refund.amount)>
                <strong>
                    <Money fen=record.amount unit=true />
                </strong>
            </DataRow>
            <DataRow label=text(|t| t.load.record)>
                <RecordBadge state=record.state />
            </DataRow>
            <DataRow label=text(|t| t.load.record_tail)>
                <strong>{record_tail(&record.id)}</strong>
            </DataRow>
            {paid}
        </DataList>
    }
}

#[component]
fn Refused(task: RefundTask, fault: Fault, #[prop(into)] on_leave: Callback<()>) -> impl IntoView {
    let until = (fault.code == Code::RefundWaits)
        .then(|| {
            task.line
                .with_untracked(|line| line.as_ref()?.refund_not_before)
        })
        .flatten();
    let state = task
        .line
        .with_untracked(|line| line.as_ref().map(|line| line.recharge.state));
    view! {
        {until.map(|until| view! { <Until until=until /> })}
        <FaultCard
            fault=fault
            record_state=state
            next_label=Signal::derive(|| Some(texts().money.refund.look_again))
            on_next=move |()| task.look()
        >
            <Leave on_leave=on_leave />
        </FaultCard>
    }
}

#[component]
fn Ask(task: RefundTask, #[prop(into)] on_leave: Callback<()>) -> impl IntoView {
    let heading = Signal::derive(|| texts().money.refund.ask_heading.to_owned());
    view! {
        <Note tone=Tone::Note heading=heading verdict=true>
            <p>{text(|t| t.money.refund.ask_about)}</p>
        </Note>
        <div class="actions">
            <Leave on_leave=on_leave />
            <Confirm
                label=text(|t| t.money.refund.ask_do)
                on_confirm=move |()| task.ask()
            />
        </div>
    }
}

#[component]
fn Wait(until: i64, #[prop(into)] on_leave: Callback<()>) -> impl IntoView {
    view! {
        <Until until=until />
        <div class="actions">
            <Leave on_leave=on_leave />
        </div>
    }
}

/// The date to tell the customer.
#[component]
fn Until(until: i64) -> impl IntoView {
    let heading = Signal::derive(move || fill(texts().money.refund.wait_heading, moment(until)));
    view! {
        <Note tone=Tone::Unknown heading=heading verdict=true>
            <p>{text(|t| t.money.refund.wait_about)}</p>
        </Note>
    }
}

#[component]
fn Send(task: RefundTask, #[prop(into)] on_leave: Callback<()>) -> impl IntoView {
    let heading = Signal::derive(|| texts().money.refund.send_heading.to_owned());
    view! {
        <Note tone=Tone::Note heading=heading verdict=true>
            <p>{text(|t| t.money.refund.send_about)}</p>
        </Note>
        <div class="actions">
            <Leave on_leave=on_leave />
            <Confirm
                label=text(|t| t.money.refund.send_do)
                on_confirm=move |()| task.send()
            />
        </div>
    }
}

/// The money is out: to whom, by what, or not after all.
#[component]
fn Outcome(
    task: RefundTask,
    paid_by: PaymentKind,
    #[prop(into)] on_leave: Callback<()>,
) -> impl IntoView {
    let terminal = task.line.with_untracked(|line| {
        let slip = line.as_ref()?.paid.as_ref()?.slip.as_ref()?;
        Some(slip.terminal.clone())
    });
    let means = MeansEntry::new(paid_by, &terminal.unwrap_or_default());
    let is_cash = Memo::new(move |_| means.kind.get() == PaymentKind::Cash);
    let heading = Signal::derive(move || {
        let t = &texts().money.refund;
        if is_cash.get() {
            t.cash_heading
        } else {
            t.pos_heading
        }
        .to_owned()
    });
    let about = move || {
        let t = &texts().money.refund;
        if is_cash.get() {
            t.cash_about
        } else {
            t.pos_about
        }
    };
    let other = move || {
        let differs = means.kind.get() != paid_by;
        differs.then(|| view! { <p>{texts().money.refund.other_means}</p> })
    };
    let label = Signal::derive(move || {
        let t = &texts().money.refund;
        if is_cash.get() { t.cash_do } else { t.pos_do }
    });
    let end = move |()| {
        let outcome = match untrack(|| means.slip()) {
            Some(slip) => MoneyOut::PaidByPos(slip),
            None => MoneyOut::PaidInCash,
        };
        task.end(outcome);
    };
    let asks = RwSignal::new(false);
    view! {
        <Note tone=Tone::Unknown heading=heading verdict=true>
            <p>{about}</p>
            {other}
        </Note>
        <MeansField means=means />
        <div class="actions">
            <Leave on_leave=on_leave />
            <Action
                label=text(|t| t.money.refund.refused)
                on_press=move |()| asks.set(true)
            />
            {move || is_cash.get().then(|| view! { <PrintRefund task=task right_now=true /> })}
            <Confirm
                label=label
                disabled=Signal::derive(move || !means.is_whole())
                on_confirm=end
            />
        </div>
        <Dialog open=asks title=text(|t| t.money.refund.refused_title)>
            <p>{text(|t| t.money.refund.refused_about)}</p>
            <div class="actions">
                <Confirm
                    label=text(|t| t.money.refund.refused_do)
                    on_confirm=move |()| {
                        asks.set(false);
                        task.end(MoneyOut::Refused);
                    }
                />
            </div>
        </Dialog>
    }
}

#[component]
fn Done(task: RefundTask, #[prop(into)] on_leave: Callback<()>) -> impl IntoView {
    let heading = Signal::derive(|| texts().money.refund.done.to_owned());
    let right_now = task.ended_here.get_untracked();
    view! {
        <Note tone=Tone::Good heading=heading verdict=true />
        <div class="actions">
            <PrintRefund task=task right_now=right_now />
            <Action
                label=text(|t| t.money.refund.leave)
                weight=Weight::Main
                back=true
                focus=true
                on_press=on_leave
            />
        </div>
    }
}

/// Where there is no refund to begin or to go on with.
#[component]
fn NotNow(#[prop(into)] on_leave: Callback<()>) -> impl IntoView {
    let heading = Signal::derive(|| texts().money.refund.not_now.to_owned());
    view! {
        <Note tone=Tone::Quiet heading=heading verdict=true />
        <div class="actions">
            <Leave on_leave=on_leave />
        </div>
    }
}

/// The slip with a line for the customer's signature.
#[component]
fn PrintRefund(task: RefundTask, right_now: bool) -> impl IntoView {
    let printer = Printer::get();
    let print = move |()| {
        let Some(line) = task.line.get_untracked() else {
            return;
        };
        let back = line.given_back.as_ref().map(|back| back.kind);
        printer.print_refund(line, back.unwrap_or(PaymentKind::Cash), right_now);
    };
    view! { <Action label=text(|t| t.money.slip.print) on_press=print /> }
}

#[component]
fn Leave(on_leave: Callback<()>) -> impl IntoView {
    view! { <Action label=text(|t| t.money.refund.leave) back=true on_press=on_leave /> }
}
