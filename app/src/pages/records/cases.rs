//! Decisions of two persons: what is asked, what waits for approval, and the approval itself.

use apdu_core::authority::RechargeState;
use apdu_core::fault::Fault;
use etc_api::{CaseKind, CaseView, RecordLine, Role};
use leptos::prelude::*;

use super::JobsHandle;
use crate::i18n::{fill, minute, text, texts};
use crate::jobs::Jobs;
use crate::jobs::records::Decision;
use crate::parts::{
    Action, CardNo, Column, Confirm, DataList, DataRow, DataTable, Dialog, Field, Money, Note,
    SecondPerson, StepUp, Tone, record_tail,
};
use crate::shell::GateFault;

/// Characters a reason has at least and at most.
const REASON: std::ops::RangeInclusive<usize> = 4..=200;

/// The cases that wait for approvals.
#[component]
pub fn Cases(jobs: JobsHandle) -> impl IntoView {
    let task = jobs.with_value(|jobs| jobs.records);
    let cases = Memo::new(move |_| task.with(|task| task.cases.clone()));
    let chosen = RwSignal::new(None);
    let (approves, withdraws) = (RwSignal::new(false), RwSignal::new(false));
    let choose = move |case: &CaseView, dialog: RwSignal<bool>| {
        let case = case.clone();
        move |()| {
            chosen.set(Some(case.clone()));
            dialog.set(true);
        }
    };
    let table = move || {
        let t = texts();
        let columns = vec![
            Column::words(t.records.cases.what),
            Column::words(t.records.cases.about),
            Column::words(t.records.cases.reason),
            Column::words(t.records.cases.asked_by),
            Column::words(t.records.cases.approved_by),
            Column::words(t.records.cases.acts),
            Column::words(t.records.cases.at),
        ];
        let row = |case: &CaseView| {
            vec![
                t.case_kind(case.kind).into_any(),
                view! { <About case=case.clone() /> }.into_any(),
                view! { <span class="wraps">{case.reason.clone()}</span> }.into_any(),
                case.operator.clone().into_any(),
                view! { <Approvals case=case.clone() /> }.into_any(),
                view! {
                    <Acts
                        on_approve=choose(case, approves)
                        on_withdraw=choose(case, withdraws)
                    />
                }
                .into_any(),
                minute(case.at).into_any(),
            ]
        };
        let rows = cases.with(|cases| cases.iter().map(row).collect());
        let (caption, empty) = (t.records.cases.caption, t.records.cases.empty);
        view! { <DataTable caption=caption columns=columns rows=rows empty=empty /> }
    };
    view! {
        <div class="records-cases">{table}</div>
        <ApproveDialog jobs=jobs open=approves case=chosen />
        <WithdrawDialog jobs=jobs open=withdraws case=chosen />
    }
}

/// Which record, and how much.
#[component]
fn About(
    case: CaseView,
    /// Whether the amount bears its unit: a column of amounts does not.
    #[prop(optional)]
    unit: bool,
) -> impl IntoView {
    match (case.record, case.amount) {
        (Some(record), amount) => view! {
            <strong>{record_tail(&record)}</strong>
            {amount.map(|fen| view! { " " <Money fen=fen unit=unit /> })}
        }
        .into_any(),
        (None, _) => view! {
            {text(|t| t.records.cases.card_alone)} " " <CardNo number=case.card />
        }
        .into_any(),
    }
}

/// Who has approved, and how many more it takes.
#[component]
fn Approvals(case: CaseView) -> impl IntoView {
    let missing = (case.needed as usize).saturating_sub(case.approved_by.len());
    let names = case.approved_by.join(" ");
    view! {
        <span>{names} " "</span>
        <span class="state tone-unknown">
            {move || fill(texts().records.cases.missing, missing)}
        </span>
    }
}

#[component]
fn Acts(
    #[prop(into)] on_approve: Callback<()>,
    #[prop(into)] on_withdraw: Callback<()>,
) -> impl IntoView {
    (Jobs::get().role() == Some(Role::Supervisor)).then(|| {
        view! {
            <span class="acts">
                <Action label=text(|t| t.records.cases.approve) on_press=on_approve />
                <Action label=text(|t| t.records.cases.withdraw) on_press=on_withdraw />
            </span>
        }
    })
}

/// What a case is about, where somebody is asked to say yes.
#[component]
fn CaseFacts(case: CaseView) -> impl IntoView {
    let kind = case.kind;
    let (reason, operator) = (case.reason.clone(), case.operator.clone());
    view! {
        <p>
            <strong>{move || texts().case_kind(kind)}</strong>
            " · "
            {move || texts().case_kind_about(kind)}
        </p>
        <DataList>
            <DataRow label=text(|t| t.records.cases.about)>
                <About case=case unit=true />
            </DataRow>
            <DataRow label=text(|t| t.records.cases.asked_by)>{operator}</DataRow>
            <DataRow label=text(|t| t.records.cases.reason)>
                <span class="wraps">{reason}</span>
            </DataRow>
        </DataList>
    }
}

/// Follows the last request: closes its dialog once it went through, and tells why where it did not.
fn follow(jobs: JobsHandle, open: RwSignal<bool>) -> (Signal<bool>, Signal<Option<Fault>>) {
    let task = jobs.with_value(|jobs| jobs.records);
    let decision = Memo::new(move |_| task.with(|task| task.decision));
    Effect::new(move |_| {
        if open.get() {
            // What an earlier dialog was told does not concern this one.
            jobs.with_value(Jobs::begin_decision);
        }
    });
    Effect::new(move |_| {
        if decision.get() == Decision::Taken {
            open.set(false);
        }
    });
    let busy = Signal::derive(move || decision.get() == Decision::Asking);
    let fault = Signal::derive(move || match decision.get() {
        Decision::Refused(fault) => Some(fault),
        _ => None,
    });
    (busy, fault)
}

/// 核准, by another person at this PC.
#[component]
fn ApproveDialog(
    jobs: JobsHandle,
    open: RwSignal<bool>,
    case: RwSignal<Option<CaseView>>,
) -> impl IntoView {
    let (busy, fault) = follow(jobs, open);
    let person = SecondPerson::new(open);
    let missing = Signal::derive(move || busy.get() || person.is_missing());
    let approve = move |()| {
        let approve = person.take();
        if let Some(case) = case.get_untracked() {
            jobs.with_value(|jobs| jobs.approve_case(case.id, approve));
        }
    };
    view! {
        <Dialog open=open title=text(|t| t.records.cases.approve_title)>
            {move || case.get().map(|case| view! { <CaseFacts case=case /> })}
            <StepUp person=person />
            <GateFault fault=fault />
            <div class="actions">
                <Action
                    label=text(|t| t.records.cases.cancel)
                    on_press=move |()| open.set(false)
                />
                <Confirm
                    label=text(|t| t.records.cases.approve_do)
                    disabled=missing
                    on_confirm=approve
                />
            </div>
        </Dialog>
    }
}

#[component]
fn WithdrawDialog(
    jobs: JobsHandle,
    open: RwSignal<bool>,
    case: RwSignal<Option<CaseView>>,
) -> impl IntoView {
    let (busy, fault) = follow(jobs, open);
    let withdraw = move |()| {
        if let Some(case) = case.get_untracked() {
            jobs.with_value(|jobs| jobs.withdraw_case(case.id));
        }
    };
    view! {
        <Dialog open=open title=text(|t| t.records.cases.withdraw_title)>
            {move || case.get().map(|case| view! { <CaseFacts case=case /> })}
            <p class="question">{text(|t| t.records.cases.withdraw_question)}</p>
            <GateFault fault=fault />
            <div class="actions">
                <Action
                    label=text(|t| t.records.cases.cancel)
                    focus=true
                    on_press=move |()| open.set(false)
                />
                <Confirm
                    label=text(|t| t.records.cases.withdraw_do)
                    disabled=busy
                    on_confirm=withdraw
                />
            </div>
        </Dialog>
    }
}

/// 申请判定: what two persons are to decide about the open record, and why.
#[component]
pub fn AskDialog(
    jobs: JobsHandle,
    open: RwSignal<bool>,
    /// What may be asked.
    kinds: Memo<Vec<CaseKind>>,
) -> impl IntoView {
    let (busy, fault) = follow(jobs, open);
    let kind = RwSignal::new(None);
    let reason = RwSignal::new(String::new());
    Effect::new(move |_| {
        open.track();
        kind.set(kinds.with(|kinds| kinds.first().copied()));
        reason.set(String::new());
    });
    let fits = move || reason.with(|reason| REASON.contains(&reason.trim().chars().count()));
    let wrong = Signal::derive(move || {
        let begun = reason.with(|reason| !reason.is_empty());
        (begun && !fits()).then(|| texts().records.cases.reason_wrong)
    });
    let missing = Signal::derive(move || busy.get() || !fits() || kind.get().is_none());
    let ask = move |()| {
        let reason = reason.get_untracked().trim().to_owned();
        if let Some(kind) = kind.get_untracked() {
            jobs.with_value(|jobs| jobs.ask_case(kind, reason));
        }
    };
    let choice = move |of: CaseKind| {
        view! {
            <label class="kind">
                <input
                    type="radio"
                    name="case-kind"
                    prop:checked=move || kind.get() == Some(of)
                    on:change=move |_| kind.set(Some(of))
                />
                <span>
                    <strong>{move || texts().case_kind(of)}</strong>
                    <small>{move || texts().case_kind_about(of)}</small>
                </span>
            </label>
        }
    };
    view! {
        <Dialog open=open title=text(|t| t.records.cases.ask_title)>
            <fieldset class="kinds">
                <legend class="unseen">{text(|t| t.records.cases.choose_kind)}</legend>
                {move || kinds.get().into_iter().map(choice).collect_view()}
            </fieldset>
            <form on:submit=|event| event.prevent_default()>
                <Field
                    name="case-reason"
                    label=text(|t| t.records.cases.reason)
                    value=reason
                    hint=text(|t| t.records.cases.reason_hint)
                    wrong=wrong
                    focus=true
                />
            </form>
            <GateFault fault=fault />
            <div class="actions">
                <Action
                    label=text(|t| t.records.cases.cancel)
                    on_press=move |()| open.set(false)
                />
                <Confirm
                    label=text(|t| t.records.cases.ask_do)
                    disabled=missing
                    on_confirm=ask
                />
            </div>
        </Dialog>
    }
}

/// What was asked is on its way to two others.
#[component]
pub fn Asked() -> impl IntoView {
    let heading = Signal::derive(|| texts().records.cases.asked.to_owned());
    view! { <Note tone=Tone::Good heading=heading /> }
}

/// What may be asked about a record, and about a card that is stopped.
pub fn kinds(record: &RecordLine, stopped: bool) -> Vec<CaseKind> {
    let state = record.recharge.state;
    let decides = state == RechargeState::Loading || state == RechargeState::Paid && record.listed;
    let of_record = [CaseKind::RefundWithoutCard, CaseKind::CallLoaded];
    let of_record = of_record.into_iter().filter(|_| decides);
    let of_card = stopped.then_some(CaseKind::LiftStop);
    of_card.into_iter().chain(of_record).collect()
}
