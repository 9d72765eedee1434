//! 卡片充值 at an own outlet: read, amount, payment, write, check the balance.

use apdu_core::authority::{Recharge, RechargeState};
use apdu_core::fault::{Code, Fault, Written};
use apdu_core::flow::Met;
use leptos::prelude::*;

use super::check_card::PutCard;
use super::refund::Refund;
use super::unlock::Unlock;
use crate::gbk;
use crate::i18n::{Pick, moment, text, texts};
use crate::jobs::{Jobs, LoadTask, Stage};
use crate::parts::{
    Action, AmountField, CardBadge, CardNo, Confirm, DataList, DataRow, Equation, FaultCard, Note,
    PlateBadge, RailState, RailStep, RecordBadge, StepRail, Tone, Weight, parse_yuan, record_tail,
};
use crate::shell::use_help;

mod payment;

pub use payment::PrintSlip;
use payment::{PayAgain, TakePayment};

/// The page of 卡片充值. It watches the task; what runs belongs to [`Jobs`].
#[component]
pub fn Load() -> impl IntoView {
    let jobs = StoredValue::new_local(Jobs::get());
    let task = jobs.with_value(|jobs| jobs.load);
    let steps = Signal::derive(move || task.with(rail));
    // What stands in the middle changes with the stage, not with every step of a flow.
    let scene = Memo::new(move |_| task.with(Scene::of));
    let giving_back = RwSignal::new(false);
    let subject = move || task.with(|task| task.met.clone());
    view! {
        <section class="task">
            <StepRail steps=steps />
            <div class="work">
                {move || subject().map(|met| view! { <Subject met=met /> })}
                {move || task.with(|t| t.met.is_some()).then(|| view! { <Sum task=task /> })}
                {move || match scene.get() {
                    Scene::PutCard => {
                        let read = move || jobs.with_value(Jobs::read_for_load);
                        view! { <PutCard on_read=read /> }.into_any()
                    }
                    Scene::Working { writing } => view! { <Working writing=writing /> }.into_any(),
                    Scene::Amount => view! { <Amount jobs=jobs /> }.into_any(),
                    Scene::Payment => view! { <TakePayment jobs=jobs /> }.into_any(),
                    Scene::Resume if giving_back.get() => {
                        view! { <GiveBack jobs=jobs giving_back=giving_back /> }.into_any()
                    }
                    Scene::Resume => {
                        view! { <Resume jobs=jobs giving_back=giving_back /> }.into_any()
                    }
                    Scene::Check => view! { <Check jobs=jobs /> }.into_any(),
                    Scene::Done => view! { <Done jobs=jobs /> }.into_any(),
                    Scene::Failed(fault) => view! { <Failed jobs=jobs fault=fault /> }.into_any(),
                }}
            </div>
        </section>
    }
}

type JobsHandle = StoredValue<Jobs, LocalStorage>;

/// What the teller is shown, and asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    PutCard,
    Working { writing: bool },
    Amount,
    Payment,
    Resume,
    Check,
    Done,
    Failed(Fault),
}

impl Scene {
    fn of(task: &LoadTask) -> Self {
        if let Some(fault) = task.fault {
            return Self::Failed(fault);
        }
        if task.is_running() {
            return Self::Working {
                writing: task.stage == Stage::Write,
            };
        }
        match task.stage {
            Stage::Read => Self::PutCard,
            Stage::Amount => Self::Amount,
            Stage::Payment => Self::Payment,
            Stage::Write => Self::Resume,
            Stage::Check => Self::Check,
            Stage::Done => Self::Done,
        }
    }
}

/// The rail, with what the running flow waits for under the step it is at.
fn rail(task: &LoadTask) -> Vec<RailStep> {
    let t = texts();
    let step = |stage: Stage| {
        let label = match stage {
            Stage::Read => t.steps.read,
            Stage::Amount => t.steps.amount,
            Stage::Payment => t.steps.pay,
            Stage::Write => t.steps.write,
            Stage::Check | Stage::Done => t.steps.verify,
        };
        let state = match (stage.cmp(&task.stage), task.fault) {
            (std::cmp::Ordering::Less, _) => RailState::Done,
            (std::cmp::Ordering::Greater, _) => RailState::Todo,
            (_, None) => RailState::Active,
            (_, Some(fault)) if is_open(&fault) => RailState::Unknown,
            (_, Some(_)) => RailState::Failed,
        };
        let waits = match (task.step, stage) {
            (Some(step), _) => Some(t.waiting(step)),
            (None, Stage::Amount) => Some(t.waits.amount),
            (None, Stage::Payment) => Some(t.waits.pay),
            (None, _) => None,
        };
        RailStep {
            label,
            state,
            elapsed_ms: task.elapsed[stage as usize].filter(|_| state == RailState::Done),
            note: waits.filter(|_| state == RailState::Active),
        }
    };
    Stage::ALL.map(step).to_vec()
}

/// Whose card this is: plate, number, status, validity.
#[component]
fn Subject(met: Met) -> impl IntoView {
    let issue = *met.issue();
    let status = met.sighted.status;
    view! {
        <div class="subject">
            <PlateBadge plate=gbk::decode(issue.plate_text()) colour=issue.plate_colour />
            <div class="subject-facts">
                <p>
                    {move || texts().card_type(issue.card_type)} " · " <CardBadge status=status />
                    " · " {text(|t| t.load.valid_until)} " " {issue.expiry.to_string()}
                </p>
                <p>
                    {move || texts().check.card_number} " " <CardNo number=issue.number />
                </p>
            </div>
        </div>
    }
}

/// 充值前 + 充值 = 充值后, as far as it is known.
#[component]
fn Sum(task: RwSignal<LoadTask>) -> impl IntoView {
    let before = Signal::derive(move || {
        task.with(|task| {
            let proved = task
                .record
                .as_ref()
                .and_then(|record| record.balance_before);
            proved.or(task.met.as_ref().map(|met| met.balance))
        })
    });
    let amount = Signal::derive(move || task.with(|t| t.record.as_ref().map(|r| r.amount)));
    let after = Signal::derive(move || {
        task.with(|task| task.record.as_ref().and_then(|record| record.balance_after))
    });
    let agrees = Signal::derive(move || {
        task.with(|task| {
            let loaded = task.loaded.as_ref()?;
            let record = &loaded.record;
            let sum = record.balance_before?.checked_add(record.amount);
            Some(sum == record.balance_after && record.balance_after == Some(loaded.balance))
        })
    });
    view! { <Equation before=before amount=amount after=after agrees=agrees /> }
}

#[component]
fn Working(writing: bool) -> impl IntoView {
    use_help(text(|t| t.help.load_write));
    let heading = Signal::derive(move || {
        let t = texts();
        if writing {
            t.load.do_not_move
        } else {
            t.load.reading
        }
        .to_owned()
    });
    let tone = if writing { Tone::Note } else { Tone::Quiet };
    view! { <Note tone=tone heading=heading verdict=writing /> }
}

#[component]
fn Amount(jobs: JobsHandle) -> impl IntoView {
    use_help(text(|t| t.help.load_amount));
    let typed = RwSignal::new(String::new());
    let fen = Memo::new(move |_| typed.with(|typed| parse_yuan(typed)));
    let go = move || {
        if let Some(fen) = fen.get_untracked() {
            jobs.with_value(|jobs| jobs.prepare_load(fen));
        }
    };
    let settled = jobs.with_value(|jobs| {
        let met = jobs.load.with_untracked(|task| task.met.clone());
        met.is_some_and(|met| met.settled.is_some())
    });
    view! {
        {settled.then(|| view! { <Settled /> })}
        <form
            class="amount"
            on:submit=move |event| {
                event.prevent_default();
                go();
            }
        >
            <AmountField value=typed focus=true />
            <div class="actions">
                <Leave jobs=jobs />
                <Action
                    label=text(|t| t.load.next)
                    weight=Weight::Main
                    key="⏎"
                    disabled=Signal::derive(move || fen.get().is_none())
                    on_press=move |()| go()
                />
            </div>
        </form>
    }
}

/// The reading has closed a load that was torn before.
#[component]
fn Settled() -> impl IntoView {
    let heading = Signal::derive(|| texts().load.settled.to_owned());
    view! {
        <Note tone=Tone::Good heading=heading>
            <p>{text(|t| t.load.settled_about)}</p>
        </Note>
    }
}

/// A paid record waits for its card, and the card is here.
#[component]
fn Resume(jobs: JobsHandle, giving_back: RwSignal<bool>) -> impl IntoView {
    use_help(text(|t| t.help.load_write));
    let task = jobs.with_value(|jobs| jobs.load);
    let let_go = task.with_untracked(|task| task.let_go);
    let heading = Signal::derive(move || {
        let t = texts();
        let heading = if let_go {
            t.records.let_go.done
        } else {
            t.load.open_record
        };
        heading.to_owned()
    });
    let tone = if let_go { Tone::Good } else { Tone::Unknown };
    let record = move || task.with(|task| task.record.clone());
    // A torn load has to be let go first: its money may be on the card.
    let is_paid = move || record().is_some_and(|record| record.state == RechargeState::Paid);
    view! {
        <Note tone=tone heading=heading verdict=true>
            <p>{text(|t| t.load.paid_before)}</p>
        </Note>
        {move || record().map(|record| view! { <RecordFacts record=record /> })}
        <div class="actions">
            <Leave jobs=jobs />
            {move || {
                is_paid()
                    .then(|| {
                        view! {
                            <Action
                                label=text(|t| t.money.refund.start)
                                on_press=move |()| giving_back.set(true)
                            />
                        }
                    })
            }}
            <Confirm
                label=text(|t| t.load.resume)
                on_confirm=move |()| jobs.with_value(Jobs::write_load)
            />
        </div>
    }
}

/// The customer wants the money back instead.
#[component]
fn GiveBack(jobs: JobsHandle, giving_back: RwSignal<bool>) -> impl IntoView {
    let task = jobs.with_value(|jobs| jobs.load);
    let record = task.with_untracked(|task| task.record.clone());
    let leave = move |state: Option<RechargeState>| {
        giving_back.set(false);
        // Still paid, it may be written after all; otherwise there is nothing left to do here.
        if state.is_some_and(|state| state != RechargeState::Paid) {
            jobs.with_value(Jobs::leave_load);
        }
    };
    record.map(|record| view! { <Refund record=record on_leave=leave /> })
}

#[component]
fn Check(jobs: JobsHandle) -> impl IntoView {
    use_help(text(|t| t.help.load_done));
    let heading = Signal::derive(|| texts().load.check_balance.to_owned());
    view! {
        <Note tone=Tone::Note heading=heading verdict=true>
            <p>{text(|t| t.load.check_balance_about)}</p>
        </Note>
        <div class="actions">
            <Confirm
                label=text(|t| t.load.balance_checked)
                on_confirm=move |()| jobs.with_value(Jobs::confirm_balance)
            />
        </div>
    }
}

#[component]
fn Done(jobs: JobsHandle) -> impl IntoView {
    use_help(text(|t| t.help.load_done));
    let heading = Signal::derive(|| texts().load.success.to_owned());
    let record = jobs.with_value(|jobs| jobs.load.with_untracked(|task| task.record.clone()));
    view! {
        <Note tone=Tone::Good heading=heading verdict=true />
        {record.clone().map(|record| view! { <RecordFacts record=record /> })}
        <div class="actions">
            {record.map(|record| view! { <PrintSlip record=record right_after=true /> })}
            <Action
                label=text(|t| t.load.next_customer)
                weight=Weight::Main
                focus=true
                on_press=move |()| jobs.with_value(Jobs::leave_load)
            />
        </div>
    }
}

#[component]
fn Failed(jobs: JobsHandle, fault: Fault) -> impl IntoView {
    let task = jobs.with_value(|jobs| jobs.load);
    let stage = task.with_untracked(|task| task.stage);
    let next = Next::after(stage, fault);
    let state = Memo::new(move |_| task.with(|task| task.record.as_ref().map(|r| r.state)));
    let (label, go_on): (Option<Pick>, fn(&Jobs)) = match next {
        Next::EditAmount => (Some(|t| t.load.back_to_amount), Jobs::edit_amount),
        Next::EditPayment => (Some(|t| t.money.pay.edit), Jobs::edit_payment),
        Next::PayAgain => (None, Jobs::pay_again),
        Next::ReadAgain => (Some(|t| t.check.read_again), Jobs::read_for_load),
    };
    move || {
        view! {
            <FaultCard
                fault=fault
                record_state=state.get()
                for_load=true
                next_label=Signal::derive(move || label.map(|label| label(texts())))
                on_next=move |()| jobs.with_value(go_on)
            >
                <Leave jobs=jobs />
                <Unlock
                    fault=fault
                    card=task.with_untracked(|t| t.met.as_ref().map(|met| met.issue().number))
                    on_unlocked=move |()| jobs.with_value(Jobs::read_for_load)
                />
                // Money is confirmed by F2 also the second time.
                {(next == Next::PayAgain).then(|| view! { <PayAgain jobs=jobs /> })}
            </FaultCard>
        }
    }
}

/// Whether it is open what came of the step; then it is not called failed.
fn is_open(fault: &Fault) -> bool {
    fault.written == Written::Unknown || fault.code == Code::AnswerLost
}

/// What the main button of a failed step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    EditAmount,
    EditPayment,
    PayAgain,
    ReadAgain,
}

impl Next {
    fn after(stage: Stage, fault: Fault) -> Self {
        match (stage, fault.code) {
            (Stage::Amount, Code::AmountNotAllowed | Code::BalanceTooHigh) => Self::EditAmount,
            (Stage::Payment, Code::SlipUsed | Code::SlipMalformed) => Self::EditPayment,
            // The same attempt: the backend knows whether it has the payment already.
            (Stage::Payment, Code::AnswerLost) => Self::PayAgain,
            _ => Self::ReadAgain,
        }
    }
}

/// 取消: back to the beginning. What was paid stays with its card.
#[component]
fn Leave(jobs: JobsHandle) -> impl IntoView {
    view! {
        <Action
            label=text(|t| t.load.cancel)
            back=true
            on_press=move |()| jobs.with_value(Jobs::leave_load)
        />
    }
}

#[component]
fn RecordFacts(record: Recharge) -> impl IntoView {
    let tail = record_tail(&record.id);
    let at = record.created_at;
    view! {
        <DataList>
            <DataRow label=text(|t| t.load.record)>
                <RecordBadge state=record.state />
            </DataRow>
            <DataRow label=text(|t| t.load.record_tail)>
                <strong>{tail}</strong>
            </DataRow>
            <DataRow label=text(|t| t.load.created_at)>
                {moment(at)}
            </DataRow>
            <DataRow label=text(|t| t.load.outlet)>{record.outlet}</DataRow>
        </DataList>
    }
}
