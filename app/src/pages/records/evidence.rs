//! Everything that speaks about one record: authorised writes, the counter book, the audit trail.

use apdu_core::hex;
use etc_api::{AuditLine, AuthorisationLine, BookLine, RecordEvidence, Spender};
use leptos::prelude::*;

use super::JobsHandle;
use super::cases::{AskDialog, Asked, kinds};
use crate::i18n::{fill, moment, text, texts};
use crate::jobs::Jobs;
use crate::jobs::records::Decision;
use crate::parts::{
    Action, CardNo, Column, DataTable, FaultCard, Money, Note, RecordBadge, Sign, SignMark, Tone,
    record_tail,
};
use crate::shell::use_help;

/// The evidence of the record that is open.
#[component]
pub fn Evidence(jobs: JobsHandle) -> impl IntoView {
    use_help(text(|t| t.records.menu.help_evidence));
    let task = jobs.with_value(|jobs| jobs.records);
    let evidence = Memo::new(move |_| {
        task.with(|task| task.open.as_ref().and_then(|open| open.evidence.clone()))
    });
    let fault = Memo::new(move |_| task.with(|task| task.fault));
    let asked = Memo::new(move |_| task.with(|task| task.decision == Decision::Taken));
    let back = move |()| jobs.with_value(Jobs::hide_evidence);
    view! {
        <section class="work evidence">
            {move || match (fault.get(), evidence.get()) {
                (Some(fault), _) => {
                    let label = Signal::derive(|| None);
                    view! { <FaultCard fault=fault next_label=label on_next=|()| () /> }.into_any()
                }
                (None, Some(evidence)) => {
                    view! { <Shown evidence=evidence /> }.into_any()
                }
                (None, None) => {
                    view! { <p class="empty">{text(|t| t.records.evidence.loading)}</p> }.into_any()
                }
            }}
            {move || asked.get().then(|| view! { <Asked /> })}
            <div class="actions">
                <Action label=text(|t| t.records.evidence.back) back=true on_press=back />
                {move || {
                    evidence.get().map(|evidence| view! { <Ask jobs=jobs evidence=evidence /> })
                }}
                <Action
                    label=text(|t| t.records.one.export)
                    on_press=move |()| jobs.with_value(Jobs::export_evidence)
                />
            </div>
        </section>
    }
}

/// 申请判定, where there is something to decide and the operator may ask.
#[component]
fn Ask(jobs: JobsHandle, evidence: RecordEvidence) -> impl IntoView {
    let asks = RwSignal::new(false);
    let kinds = kinds(&evidence.line, evidence.card_stopped.is_some());
    let may_ask = jobs.with_value(Jobs::may_change) && !kinds.is_empty();
    let kinds = Memo::new(move |_| kinds.clone());
    may_ask.then(|| {
        view! {
            <Action label=text(|t| t.records.one.ask) on_press=move |()| asks.set(true) />
            <AskDialog jobs=jobs open=asks kinds=kinds />
        }
    })
}

#[component]
fn Shown(evidence: RecordEvidence) -> impl IntoView {
    let record = evidence.line.recharge.clone();
    let stopped = evidence.card_stopped.clone().map(|word| {
        let heading = Signal::derive(move || {
            let t = texts();
            fill(t.records.evidence.stopped, t.card_stop(&word))
        });
        view! { <Note tone=Tone::Bad heading=heading /> }
    });
    let id = record.id.clone();
    view! {
        <header class="evidence-head">
            <RecordBadge state=record.state />
            <strong class="record-tail">{record_tail(&record.id)}</strong>
            <CardNo number=record.card />
            <Money fen=record.amount unit=true />
        </header>
        {stopped}
        <div class="evidence-panel" tabindex="0" role="region" aria-label=text(|t| t.records.one.evidence)>
            <Book book=evidence.book record=id />
            <Authorisations lines=evidence.authorisations />
            <Audit lines=evidence.audit />
        </div>
    }
}

#[component]
fn Book(book: Vec<BookLine>, record: String) -> impl IntoView {
    move || {
        let t = texts();
        let say = &t.records.evidence;
        let columns = vec![
            Column::words(say.spender),
            Column::figures(say.counter),
            Column::words(say.record),
            Column::words(say.terminal),
            Column::figures(say.amount),
            Column::words(say.at),
        ];
        let row = |line: &BookLine| {
            let of = match &line.record {
                Some(id) if *id == record => format!("{} {}", record_tail(id), say.this_record),
                Some(id) => record_tail(id),
                None => "–".into(),
            };
            vec![
                view! { <SpenderBadge spender=line.spender /> }.into_any(),
                line.counter.into_any(),
                of.into_any(),
                line.terminal
                    .map_or("–".into(), |terminal| terminal.to_string())
                    .into_any(),
                match line.amount {
                    Some(fen) => view! { <Money fen=fen /> }.into_any(),
                    None => "–".into_any(),
                },
                moment(line.at).into_any(),
            ]
        };
        let rows = book.iter().map(row).collect();
        view! { <DataTable caption=say.book columns=columns rows=rows empty=say.no_book /> }
    }
}

/// Who spent a counter value; what nobody can explain stands out by sign, word and colour.
#[component]
fn SpenderBadge(spender: Spender) -> impl IntoView {
    let (sign, tone) = match spender {
        Spender::Ours => (Sign::Done, Tone::Good),
        Spender::Foreign | Spender::Decided => (Sign::Note, Tone::Note),
        Spender::Unknown => (Sign::Unknown, Tone::Unknown),
        Spender::Lost => (Sign::Differs, Tone::Bad),
    };
    view! {
        <span class=format!("state badge {}", tone.class())>
            <SignMark sign=sign />
            {move || texts().spender(spender)}
        </span>
    }
}

#[component]
fn Authorisations(lines: Vec<AuthorisationLine>) -> impl IntoView {
    move || {
        let say = &texts().records.evidence;
        let columns = vec![
            Column::words(say.operator),
            Column::figures(say.counter),
            Column::figures(say.balance),
            Column::figures(say.amount),
            Column::words(say.terminal),
            Column::words(say.card_second),
        ];
        let row = |line: &AuthorisationLine| {
            vec![
                line.operator.clone().into_any(),
                line.counter.into_any(),
                view! { <Money fen=line.balance /> }.into_any(),
                view! { <Money fen=line.amount /> }.into_any(),
                line.terminal.to_string().into_any(),
                moment(line.second * 1_000).into_any(),
            ]
        };
        let rows = lines.iter().map(row).collect();
        let empty = say.no_authorisations;
        view! { <DataTable caption=say.authorisations columns=columns rows=rows empty=empty /> }
    }
}

#[component]
fn Audit(lines: Vec<AuditLine>) -> impl IntoView {
    move || {
        let t = texts();
        let say = &t.records.evidence;
        let columns = vec![
            Column::words(say.event),
            Column::words(say.operator),
            Column::words(say.record),
            Column::words(say.card_showed),
            Column::words(say.at),
        ];
        let row = |line: &AuditLine| {
            // A refusal's code stands behind the event's name.
            let (name, code) = line.event.split_once(' ').unwrap_or((&line.event, ""));
            let event = t.records.event(name).unwrap_or(name);
            // What a decision is about is no card's data: its own number.
            let showed = match name.starts_with("case-") {
                true => String::new(),
                false => hex::encode(&line.evidence.0),
            };
            vec![
                format!("{event} {code}").trim_end().to_owned().into_any(),
                line.operator.clone().into_any(),
                line.record
                    .as_ref()
                    .map_or("–".into(), |id| record_tail(id))
                    .into_any(),
                view! { <code class="wraps">{showed}</code> }.into_any(),
                moment(line.at).into_any(),
            ]
        };
        let rows = lines.iter().map(row).collect();
        view! { <DataTable caption=say.audit columns=columns rows=rows empty=say.no_audit /> }
    }
}
