//! What may be done with a record: the buttons, the question before a change, and what goes on after a fault.

use apdu_core::authority::RechargeState;
use apdu_core::fault::{Code, Fault};
use etc_api::RecordLine;
use leptos::prelude::*;

use super::JobsHandle;
use super::cases::kinds;
use crate::i18n::{Pick, text, texts};
use crate::jobs::Jobs;
use crate::pages::unlock::Unlock;
use crate::parts::{Action, Confirm, Dialog, FaultCard, Weight};
use crate::print::Printer;

/// Where the buttons of a record lead.
#[derive(Clone, Copy)]
pub struct Ways {
    /// The tasks.
    pub jobs: JobsHandle,
    /// Opens the question for two persons.
    pub asks: RwSignal<bool>,
    /// Opens the refund.
    pub giving_back: RwSignal<bool>,
}

/// A change of the record: what its button says, and what it does.
type Change = (Pick, fn(&Jobs));

/// What may be done, the next thing last.
#[component]
pub fn Actions(
    ways: Ways,
    /// The record.
    line: RecordLine,
    /// Whether the card was read and agrees to be the record's.
    read: bool,
    /// Whether it is awaited.
    wants_card: bool,
    /// Whether a flow is running.
    running: bool,
) -> impl IntoView {
    let jobs = ways.jobs;
    let may_write = jobs.with_value(Jobs::may_change) && !line.listed;
    let decides = !kinds(&line, false).is_empty();
    let state = line.recharge.state;
    let lets_go = may_write && state == RechargeState::Loading;
    let loads = may_write && state == RechargeState::Paid;
    let check: Pick = match read {
        true => |t| t.records.one.check_again,
        false => |t| t.records.one.check,
    };
    // Reading comes first, and is all there is to do where nothing can be changed.
    let reads_first = wants_card || lets_go && !read || !(lets_go || loads);
    let weight = |main| if main { Weight::Main } else { Weight::Plain };
    let check = view! {
        <Action
            label=text(check)
            weight=weight(reads_first && !read)
            disabled=running
            focus=reads_first
            on_press=move |()| jobs.with_value(Jobs::check_record)
        />
    };
    let change: Option<Change> = match (lets_go, loads) {
        (true, _) => Some((|t| t.records.one.let_go, Jobs::ask_let_go)),
        (_, true) => Some((|t| t.records.one.load_again, Jobs::load_record)),
        _ => None,
    };
    let change = change.map(|(label, act)| {
        view! {
            <Action
                label=text(label)
                weight=weight(!reads_first)
                disabled=running
                focus=!reads_first
                on_press=move |()| jobs.with_value(act)
            />
        }
    });
    let (first, last) = match reads_first {
        true => (change.into_any(), check.into_any()),
        false => (check.into_any(), change.into_any()),
    };
    view! {
        <div class="actions many">
            <Back jobs=jobs />
            <ForTwo ways=ways decides=decides running=running />
            <Export jobs=jobs running=running />
            <Aside ways=ways line=line running=running />
            {first}
            {last}
        </div>
    }
}

#[component]
fn Back(jobs: JobsHandle) -> impl IntoView {
    view! {
        <Action
            label=text(|t| t.records.one.back)
            back=true
            on_press=move |()| jobs.with_value(Jobs::close_record)
        />
    }
}

/// 证据 for those who oversee, 申请判定 where there is something to decide.
#[component]
fn ForTwo(
    ways: Ways,
    /// Whether there is something to decide.
    decides: bool,
    running: bool,
) -> impl IntoView {
    let Ways { jobs, asks, .. } = ways;
    let evidence = jobs.with_value(Jobs::sees_evidence).then(|| {
        view! {
            <Action
                label=text(|t| t.records.one.evidence)
                disabled=running
                on_press=move |()| jobs.with_value(Jobs::show_evidence)
            />
        }
    });
    let ask = (decides && jobs.with_value(Jobs::may_change)).then(|| {
        view! {
            <Action
                label=text(|t| t.records.one.ask)
                disabled=running
                on_press=move |()| asks.set(true)
            />
        }
    });
    view! {
        {evidence}
        {ask}
    }
}

/// 导出证据, for those who oversee.
#[component]
fn Export(jobs: JobsHandle, running: bool) -> impl IntoView {
    jobs.with_value(Jobs::sees_evidence).then(|| {
        view! {
            <Action
                label=text(|t| t.records.one.export)
                disabled=running
                on_press=move |()| jobs.with_value(Jobs::export_evidence)
            />
        }
    })
}

/// Money back, and paper: what is no step of this task.
#[component]
fn Aside(ways: Ways, line: RecordLine, running: bool) -> impl IntoView {
    let printer = Printer::get();
    let state = line.recharge.state;
    let gives_back = match state {
        RechargeState::Paid => !line.listed,
        state => state == RechargeState::Refunding,
    };
    let gives_back = gives_back && ways.jobs.with_value(Jobs::may_change);
    let prints = matches!(state, RechargeState::Loaded | RechargeState::Refunded);
    let print = move |()| match (state, &line.given_back) {
        (RechargeState::Refunded, Some(back)) => {
            printer.print_refund(line.clone(), back.kind, false);
        }
        _ => printer.print_load(line.clone(), false),
    };
    view! {
        {gives_back
            .then(|| {
                view! {
                    <Action
                        label=text(|t| t.money.refund.start)
                        disabled=running
                        on_press=move |()| ways.giving_back.set(true)
                    />
                }
            })}
        {prints
            .then(|| {
                view! {
                    <Action
                        label=text(|t| t.money.slip.print)
                        disabled=running
                        on_press=print
                    />
                }
            })}
    }
}

/// A step that did not go through, and what goes on from there.
#[component]
pub fn Failed(
    ways: Ways,
    /// The record.
    line: RecordLine,
    /// What went wrong.
    fault: Fault,
) -> impl IntoView {
    let jobs = ways.jobs;
    let (state, card) = (line.recharge.state, line.recharge.card);
    let decides = !kinds(&line, fault.code == Code::CardStopped).is_empty();
    let label: Option<Pick> = match Next::after(state, fault.code) {
        Next::ReadAgain => Some(|t| t.records.one.check_again),
        Next::GoOn => Some(|t| t.records.one.go_on_writing),
        Next::Nothing => None,
    };
    let go_on = move |()| match Next::after(state, fault.code) {
        Next::ReadAgain => jobs.with_value(Jobs::check_record),
        Next::GoOn => jobs.with_value(Jobs::load_record),
        Next::Nothing => {}
    };
    view! {
        <FaultCard
            fault=fault
            record_state=Some(state)
            next_label=Signal::derive(move || label.map(|label| label(texts())))
            on_next=go_on
        >
            <Back jobs=jobs />
            <Unlock
                fault=fault
                card=Some(card)
                on_unlocked=move |()| jobs.with_value(Jobs::check_record)
            />
            <ForTwo ways=ways decides=decides running=false />
        </FaultCard>
    }
}

/// What the main button of a failed step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    ReadAgain,
    GoOn,
    Nothing,
}

impl Next {
    fn after(state: RechargeState, code: Code) -> Self {
        match code {
            // What cannot be let go can be written: a second write at the same counter loads once.
            Code::WeakRandom | Code::NoLetGo | Code::TooManyLetGo
                if state == RechargeState::Loading =>
            {
                Self::GoOn
            }
            Code::OnSupervisorList | Code::CardStopped | Code::RoleMayNot => Self::Nothing,
            _ => Self::ReadAgain,
        }
    }
}

/// 确定将充值记录改为【未圈存】的状态吗?
#[component]
pub fn LetGoDialog(jobs: JobsHandle) -> impl IntoView {
    let open = jobs.with_value(|jobs| jobs.asks_let_go);
    view! {
        <Dialog open=open title=text(|t| t.records.let_go.title)>
            <p class="question">{text(|t| t.records.let_go.question)}</p>
            <p>{text(|t| t.records.let_go.about)}</p>
            <div class="actions">
                <Action
                    label=text(|t| t.records.let_go.cancel)
                    focus=true
                    on_press=move |()| open.set(false)
                />
                <Confirm
                    label=text(|t| t.records.let_go.confirm)
                    on_confirm=move |()| {
                        open.set(false);
                        jobs.with_value(Jobs::let_go_record);
                    }
                />
            </div>
        </Dialog>
    }
}
