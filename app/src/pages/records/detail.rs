//! One record: its facts, what its card says beside them, and the one thing to do next.

use apdu_core::authority::{CardStatus, RechargeState};
use apdu_core::fault::{Code, Fault, Written};
use etc_api::{CaseKind, Means, RecordLine};
use leptos::prelude::*;

use super::JobsHandle;
use super::actions::{Actions, Failed, LetGoDialog, Ways};
use super::cases::{AskDialog, Asked, kinds};
use super::compare::Compare;
use super::verdict::Verdict;
use crate::i18n::{Pick, moment, text, texts};
use crate::jobs::records::{CardSays, Decision, News, OpenRecord};
use crate::jobs::{Jobs, RecordsTask};
use crate::pages::refund::Refund;
use crate::parts::{
    CardBadge, CardNo, DataList, DataRow, Equation, Note, PlateBadge, RailState, RailStep,
    RecordBadge, StepRail, Tone, record_tail,
};
use crate::shell::use_help;

/// The record that is open.
#[component]
pub fn Detail(jobs: JobsHandle) -> impl IntoView {
    use_help(text(|t| t.records.menu.help_record));
    let task = jobs.with_value(|jobs| jobs.records);
    let may_change = jobs.with_value(Jobs::may_change);
    let steps = Signal::derive(move || task.with(|task| rail(task, may_change)));
    let shown = Memo::new(move |_| task.with(Shown::of));
    let asks = RwSignal::new(false);
    let giving_back = RwSignal::new(false);
    let record = move || shown.with_untracked(|shown| Some(shown.as_ref()?.line.recharge.clone()));
    let leave_refund = move |_| {
        giving_back.set(false);
        jobs.with_value(Jobs::look_again);
    };
    let kinds = Memo::new(move |_| task.with(may_decide));
    view! {
        <section class="task">
            <StepRail steps=steps />
            <div class="work">
                {move || {
                    if giving_back.get() {
                        return record()
                            .map(|record| {
                                view! { <Refund record=record on_leave=leave_refund /> }.into_any()
                            });
                    }
                    let shown = shown.get()?;
                    let ways = Ways { jobs, asks, giving_back };
                    Some(view! { <Open ways=ways shown=shown /> }.into_any())
                }}
            </div>
        </section>
        <LetGoDialog jobs=jobs />
        <AskDialog jobs=jobs open=asks kinds=kinds />
    }
}

/// What of the task is on the screen: it is drawn anew when this changes, not with every step of a flow.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    line: RecordLine,
    card: Option<CardSays>,
    news: Option<News>,
    wants_card: bool,
    fault: Option<Fault>,
    running: bool,
    asked: bool,
}

impl Shown {
    fn of(task: &RecordsTask) -> Option<Self> {
        let open = task.open.clone()?;
        let OpenRecord {
            line,
            card,
            news,
            wants_card,
            ..
        } = open;
        Some(Self {
            line,
            card,
            news,
            wants_card,
            fault: task.fault,
            running: task.is_running(),
            asked: task.decision == Decision::Taken,
        })
    }
}

/// What two persons may be asked about the record that is open.
fn may_decide(task: &RecordsTask) -> Vec<CaseKind> {
    let stopped = task
        .fault
        .is_some_and(|fault| fault.code == Code::CardStopped);
    let open = task.open.as_ref();
    open.map_or_else(Vec::new, |open| kinds(&open.line, stopped))
}

/// The rail: compare, and what follows where something does.
fn rail(task: &RecordsTask, may_change: bool) -> Vec<RailStep> {
    let t = texts();
    let Some(open) = &task.open else {
        return Vec::new();
    };
    let changes = may_change && !open.line.listed;
    let names: &[&'static str] = match open.line.recharge.state {
        RechargeState::Loading if changes => &[
            t.records.steps.compare,
            t.records.steps.let_go,
            t.records.steps.write,
        ],
        RechargeState::Paid if changes => &[t.records.steps.compare, t.records.steps.write],
        _ => &[t.records.steps.compare],
    };
    // The card is read before anything else, and again only by the teller.
    let at = usize::from(open.news.is_some()).min(names.len() - 1);
    let step = |(i, &label): (usize, &&'static str)| {
        let state = match i.cmp(&at) {
            std::cmp::Ordering::Less => RailState::Done,
            std::cmp::Ordering::Greater => RailState::Todo,
            std::cmp::Ordering::Equal if task.fault.is_some_and(|fault| is_open(&fault)) => {
                RailState::Unknown
            }
            std::cmp::Ordering::Equal if task.fault.is_some() => RailState::Failed,
            std::cmp::Ordering::Equal if open.news.is_some() && names.len() == 1 => RailState::Done,
            std::cmp::Ordering::Equal => RailState::Active,
        };
        RailStep {
            label,
            state,
            elapsed_ms: open.elapsed.filter(|_| i == 0 && state == RailState::Done),
            note: task
                .step
                .map(|step| t.waiting(step))
                .filter(|_| state == RailState::Active),
        }
    };
    names.iter().enumerate().map(step).collect()
}

/// Whether it is open what came of the step; then it is not called failed.
fn is_open(fault: &Fault) -> bool {
    fault.code == Code::AnswerLost || fault.written == Written::Unknown
}

#[component]
fn Open(ways: Ways, shown: Shown) -> impl IntoView {
    let record = shown.line.recharge.clone();
    let (before, amount, after) = (record.balance_before, record.amount, record.balance_after);
    let Shown {
        line,
        card,
        news,
        wants_card,
        fault,
        running,
        asked,
    } = shown;
    let note = match fault {
        Some(fault) => view! { <Failed ways=ways line=line.clone() fault=fault /> }.into_any(),
        None => view! {
            {match (running, wants_card, asked) {
                (true, ..) => view! { <Working /> }.into_any(),
                (false, true, _) => view! { <PutCardIn /> }.into_any(),
                (false, false, true) => view! { <Asked /> }.into_any(),
                (false, false, false) => {
                    view! { <Verdict line=line.clone() news=news /> }.into_any()
                }
            }}
            <Actions
                    ways=ways
                line=line.clone()
                read=news.is_some()
                wants_card=wants_card
                running=running
            />
        }
        .into_any(),
    };
    view! {
        <Subject line=line.clone() />
        <Equation
            before=Signal::derive(move || before)
            amount=Signal::derive(move || Some(amount))
            after=Signal::derive(move || after)
            agrees=Signal::derive(|| None)
        />
        {fault.is_none().then(|| view! { <Facts line=line.clone() /> })}
        <Compare record=record card=card />
        {note}
    }
}

/// Whose record this is, its state, and the six characters said over the phone.
#[component]
fn Subject(line: RecordLine) -> impl IntoView {
    let RecordLine {
        recharge: record,
        plate,
        plate_colour,
        listed,
        ..
    } = line;
    view! {
        <div class="subject">
            <PlateBadge plate=plate colour=plate_colour />
            <div class="subject-facts">
                <p>
                    <RecordBadge state=record.state />
                    {listed
                        .then(|| {
                            view! { <small class="mark">{text(|t| t.records.list.listed)}</small> }
                        })}
                </p>
                <p>
                    {text(|t| t.records.list.card)} " " <CardNo number=record.card />
                </p>
            </div>
            <p class="record-number">
                <span>{text(|t| t.records.one.tail)}</span>
                <strong class="record-tail">{record_tail(&record.id)}</strong>
            </p>
        </div>
    }
}

#[component]
fn Facts(line: RecordLine) -> impl IntoView {
    let RecordLine {
        recharge: record,
        paid,
        given_back,
        card_status,
        ..
    } = line;
    let shows_card = card_status != CardStatus::Normal;
    view! {
        <div class="record-facts">
        <DataList>
            <DataRow label=text(|t| t.records.list.time)>{moment(record.created_at)}</DataRow>
            <DataRow label=text(|t| t.records.one.outlet)>{record.outlet}</DataRow>
            {paid.map(|paid| view! { <MeansRow label=|t| t.records.one.paid means=paid /> })}
            {given_back
                .map(|back| view! { <MeansRow label=|t| t.records.one.given_back means=back /> })}
            {shows_card
                .then(|| {
                    view! {
                        <DataRow label=text(|t| t.records.one.card_status)>
                            <CardBadge status=card_status />
                        </DataRow>
                    }
                })}
        </DataList>
        </div>
    }
}

#[component]
fn MeansRow(label: Pick, means: Means) -> impl IntoView {
    let kind = means.kind;
    let slip = means.slip.map(|slip| {
        view! {
            <span>
                {text(|t| t.records.one.slip)} " " <strong>{slip.number}</strong>
            </span>
        }
    });
    view! {
        <DataRow label=text(label)>
            <span>{move || texts().money.kind(kind)}</span>
            {slip}
        </DataRow>
    }
}

#[component]
fn Working() -> impl IntoView {
    let heading = Signal::derive(|| texts().check.reading.to_owned());
    view! { <Note tone=Tone::Quiet heading=heading /> }
}

/// The card has to be here before the record can be changed.
#[component]
fn PutCardIn() -> impl IntoView {
    let heading = Signal::derive(|| texts().records.one.put_card.to_owned());
    view! { <Note tone=Tone::Note heading=heading /> }
}
