//! 收款: cash or POS, confirmed by F2; and 打印凭条 once the load is done.

use apdu_core::authority::Recharge;
use apdu_core::fault::Fault;
use etc_api::PaymentKind;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{JobsHandle, Leave};
use crate::backend::Backend;
use crate::i18n::{Pick, text, texts};
use crate::jobs::Jobs;
use crate::parts::{Action, Confirm, FaultCard, MeansEntry, MeansField, Note, Tone};
use crate::print::Printer;
use crate::shell::use_help;

/// How the customer pays, and that it was paid.
#[component]
pub fn TakePayment(jobs: JobsHandle) -> impl IntoView {
    use_help(text(|t| t.help.load_pay));
    let means = jobs.with_value(|jobs| {
        let tried = jobs.load.with_untracked(|task| task.payment.clone());
        let kind = tried.map_or(PaymentKind::Cash, |payment| payment.kind);
        jobs.pos_terminal
            .with_untracked(|terminal| MeansEntry::new(kind, terminal))
    });
    let is_cash = Memo::new(move |_| means.kind.get() == PaymentKind::Cash);
    let heading = Signal::derive(move || {
        let t = texts();
        let heading = if is_cash.get() {
            t.load.collect
        } else {
            t.money.pay.collect_pos
        };
        heading.to_owned()
    });
    let about = move || {
        let t = texts();
        if is_cash.get() {
            t.load.collect_about
        } else {
            t.money.pay.collect_pos_about
        }
    };
    let confirmed = Signal::derive(move || texts().confirm_payment(means.kind.get()));
    let not_whole = Signal::derive(move || !means.is_whole());
    let take = move |()| {
        let (kind, slip) = (means.kind.get_untracked(), untrack(|| means.slip()));
        jobs.with_value(|jobs| jobs.take_payment(kind, slip));
    };
    view! {
        <Note tone=Tone::Note heading=heading verdict=true>
            <p>{about}</p>
        </Note>
        <MeansField means=means />
        <div class="actions">
            <Action
                label=text(|t| t.money.pay.change_amount)
                on_press=move |()| jobs.with_value(Jobs::change_amount)
            />
            <Leave jobs=jobs />
            <Confirm label=confirmed disabled=not_whole on_confirm=take />
        </div>
    }
}

/// The same payment once more: its answer was lost, and the backend knows whether it has it.
#[component]
pub fn PayAgain(jobs: JobsHandle) -> impl IntoView {
    let kind = jobs.with_value(|jobs| {
        let payment = jobs.load.with_untracked(|task| task.payment.clone());
        payment.map_or(PaymentKind::Cash, |payment| payment.kind)
    });
    view! {
        <Confirm
            label=Signal::derive(move || texts().confirm_payment(kind))
            on_confirm=move |()| jobs.with_value(Jobs::pay_again)
        />
    }
}

/// 打印凭条 with what the ledger says about the record.
#[component]
pub fn PrintSlip(
    /// The record.
    record: Recharge,
    /// Whether the load was done at this desk a moment ago: then the first slip is the original.
    right_after: bool,
) -> impl IntoView {
    let printer = Printer::get();
    let backend = StoredValue::new_local(Backend::get());
    let record = StoredValue::new(record);
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None::<Fault>));
    let print = move || {
        busy.set(true);
        let (backend, record) = (backend.get_value(), record.get_value());
        spawn_local(async move {
            let answer = backend.line(&record).await;
            // Gone on to the next customer, nobody waits for this slip any more.
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(line) => printer.print_load(line, right_after),
                Err(refusal) => fault.set(Some(refusal.into())),
            }
        });
    };
    let label: Pick = |t| t.money.slip.print;
    move || match fault.get() {
        None => view! { <Action label=text(label) disabled=busy on_press=move |()| print() /> }
            .into_any(),
        Some(failed) => view! {
            <FaultCard
                fault=failed
                next_label=Signal::derive(move || Some(label(texts())))
                on_next=move |()| {
                    fault.set(None);
                    print();
                }
            />
        }
        .into_any(),
    }
}
