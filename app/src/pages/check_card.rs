//! 卡片检测: a plain verdict first, the data below.

use apdu_core::authority::{IssueField, Sighted};
use apdu_core::fault::{Code, Fault};
use apdu_core::flow::CheckedCard;
use apdu_core::toll_card::{LogRecord, STORED_VALUE, TransitRecord};
use leptos::prelude::*;

use crate::desk::{CardInSlot, Desk, ReaderStatus};
use crate::gbk;
use crate::i18n::{minute, sentence, text, texts};
use crate::jobs::{CheckTask, Jobs};
use crate::parts::{
    Action, CardBadge, CardNo, Column, DataList, DataRow, DataTable, FaultCard, MaskKind, Masked,
    Money, Note, PlateBadge, RailState, RailStep, ReaderHint, RecordBadge, StepRail, Tone, Weight,
};
use crate::router::Page;

/// The page of 卡片检测.
#[component]
pub fn CheckCard() -> impl IntoView {
    let jobs = StoredValue::new_local(Jobs::get());
    let task = jobs.with_value(|jobs| jobs.check);
    let read = move || jobs.with_value(Jobs::check_card);
    let steps = Signal::derive(move || task.with(rail));
    let content = move || {
        let outcome = task.with(|task| (task.step.is_some(), task.outcome.clone()));
        match outcome {
            (true, _) => view! { <p class="quiet">{text(|t| t.check.reading)}</p> }.into_any(),
            (false, None) => view! { <PutCard on_read=read /> }.into_any(),
            (false, Some(Err(fault))) => {
                let label = Signal::derive(|| Some(texts().check.read_again));
                view! { <FaultCard fault=fault next_label=label on_next=move |()| read() /> }
                    .into_any()
            }
            (false, Some(Ok(card))) => view! { <Checked card=card on_read=read /> }.into_any(),
        }
    };
    view! {
        <section class="task">
            <StepRail steps=steps />
            <div class="work">{content}</div>
        </section>
    }
}

/// What to do before a card is read: connect the reader, put the card in.
#[component]
pub fn PutCard(
    /// Reads the card.
    on_read: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let desk = Desk::get();
    let ready = Memo::new(move |_| matches!(desk.reader.get(), ReaderStatus::Ready { .. }));
    let no_card = move || desk.card.get() == CardInSlot::Absent;
    move || {
        if !ready.get() {
            return view! { <ReaderHint /> }.into_any();
        }
        view! {
            <div class="put-card">
                <p>{text(|t| t.check.put_card)}</p>
                <div class="actions">
                    <Action
                        label=text(|t| t.check.read)
                        weight=Weight::Main
                        focus=true
                        disabled=Signal::derive(no_card)
                        on_press=move |()| on_read()
                    />
                </div>
            </div>
        }
        .into_any()
    }
}

/// The rail of a reading: read, ask, done.
fn rail(task: &CheckTask) -> Vec<RailStep> {
    let t = texts();
    let state = match (&task.step, &task.outcome) {
        (Some(_), _) | (None, None) => RailState::Active,
        (None, Some(Ok(_))) => RailState::Done,
        (None, Some(Err(_))) => RailState::Failed,
    };
    let step = RailStep {
        label: t.steps.read,
        state,
        elapsed_ms: task.elapsed,
        note: task.step.map(|step| t.waiting(step)),
    };
    let known = match &task.outcome {
        Some(Ok(card)) if card.records.is_ok() => RailState::Done,
        Some(Ok(_)) => RailState::Failed,
        _ => RailState::Todo,
    };
    let compare = RailStep {
        label: t.steps.ask_records,
        state: known,
        elapsed_ms: None,
        note: None,
    };
    vec![step, compare]
}

#[component]
fn Checked(card: CheckedCard, on_read: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let may_activate = card
        .verdict()
        .is_err_and(|fault| is_for_activation(fault.code) || differs_in_dates(&card));
    let may_load = card.issue.card_type == STORED_VALUE && card.verdict().is_ok();
    let again = text(|t| t.check.read_again);
    let load = text(|t| t.check.go_load);
    let log = (card.log.clone(), card.log_protected);
    let transit = card.transit;
    view! {
        <Verdict card=card.clone() />
        <CardData card=card />
        <div class="side-by-side">
            <Log log=log.0 is_protected=log.1 />
            <Transit transit=transit />
        </div>
        <div class="actions">
            <Action label=again focus=true on_press=move |()| on_read() />
            {may_activate.then(|| view! { <Activate /> })}
            {may_load
                .then(|| {
                    view! {
                        <Action label=load weight=Weight::Main on_press=|()| Page::Load.open() />
                    }
                })}
        </div>
    }
}

/// Whether 卡片激活 puts it right, or says what does: outside its validity, or not in order at the back office.
fn is_for_activation(code: Code) -> bool {
    matches!(
        code,
        Code::CardExpired | Code::CardNotYetActive | Code::CardSuspended
    )
}

/// Whether card and record differ in nothing but the validity: 卡片激活 writes that.
fn differs_in_dates(card: &CheckedCard) -> bool {
    let is_date = |field| matches!(field, IssueField::Start | IssueField::Expiry);
    card.records.as_ref().is_ok_and(|records| {
        let mut fields = records.differences.iter().map(|one| one.field);
        !records.differences.is_empty() && fields.all(is_date)
    })
}

#[component]
fn Activate() -> impl IntoView {
    let jobs = StoredValue::new_local(Jobs::get());
    let activate = move |()| {
        jobs.with_value(Jobs::read_card_to_activate);
        Page::ActivateCard.open();
    };
    view! {
        <Action
            label=text(|t| t.cards.activate.go)
            weight=Weight::Main
            on_press=activate
        />
    }
}

#[component]
fn Verdict(card: CheckedCard) -> impl IntoView {
    let settled = card.settled.is_some();
    let verdict = match card.verdict() {
        Ok(()) => {
            let heading = Signal::derive(|| texts().check.good.to_owned());
            view! {
                <Note tone=Tone::Good heading=heading verdict=true>
                    <p>{text(|t| t.check.good_about)}</p>
                </Note>
            }
            .into_any()
        }
        Err(fault) => view! { <BadVerdict fault=fault /> }.into_any(),
    };
    let settled = settled.then(|| {
        let heading = Signal::derive(|| texts().check.settled.to_owned());
        view! { <Note tone=Tone::Good heading=heading /> }
    });
    view! {
        {verdict}
        {settled}
    }
}

/// Not in order, and which of the reasons it is.
#[component]
fn BadVerdict(fault: Fault) -> impl IntoView {
    let not_asked = matches!(fault.code, Code::Unreachable | Code::BackendFailed);
    let tone = if not_asked { Tone::Unknown } else { Tone::Bad };
    let heading = Signal::derive(move || {
        let t = texts();
        let start = if not_asked {
            t.check.no_records
        } else {
            t.check.bad
        };
        format!("{start} · {}", fault.code)
    });
    view! {
        <Note tone=tone heading=heading verdict=true>
            <p>
                {sentence(fault.code, |e| e.cause)} " "
                {sentence(fault.code, |e| e.next)} " "
                <a href=Page::Fault(fault.code).href()>{text(|t| t.faults.more)}</a>
            </p>
        </Note>
    }
}

#[component]
fn CardData(card: CheckedCard) -> impl IntoView {
    let issue = card.issue;
    let records = card.records.ok();
    let differing = records.clone();
    let record = move |field| in_records(differing.as_ref()?, field);
    let plate = gbk::decode(issue.plate_text());
    let holder = card.holder.map(|holder| {
        (
            gbk::decode(holder.name_text()),
            String::from_utf8_lossy(holder.id_number_text()).into_owned(),
        )
    });
    let agrees = records
        .as_ref()
        .map(|sighted| sighted.differences.is_empty());
    let open = records.as_ref().and_then(|sighted| sighted.open.clone());
    let status = records.as_ref().map(|sighted| sighted.status);
    let (validity, expiry) = (record(IssueField::Start), record(IssueField::Expiry));
    let other_holder = record(IssueField::Holder);
    view! {
        <div class="subject">
            <PlateBadge plate=plate colour=issue.plate_colour />
            <div class="subject-balance">
                <span>{text(|t| t.check.balance)}</span>
                <Money fen=card.balance unit=true />
            </div>
        </div>
        <DataList>
            <DataRow label=text(|t| t.check.card_number)>
                <CardNo number=issue.number />
            </DataRow>
            <DataRow label=text(|t| t.check.card_type) record=record(IssueField::CardType)>
                {move || texts().card_type(issue.card_type)}
            </DataRow>
            <DataRow
                label=text(|t| t.check.validity)
                record=validity.or(expiry)
            >
                {format!("{} – {}", issue.start, issue.expiry)}
            </DataRow>
            <DataRow label=text(|t| t.check.version) record=record(IssueField::Version)>
                {format!("{:02X}", issue.version)}
            </DataRow>
            {record(IssueField::Plate)
                .map(|plate| {
                    view! {
                        <DataRow label=text(|t| t.check.plate) record=Some(plate)>
                            {gbk::decode(issue.plate_text())}
                        </DataRow>
                    }
                })}
            <DataRow label=text(|t| t.check.plate_colour) record=record(IssueField::PlateColour)>
                {move || texts().plate_colour(issue.plate_colour)}
            </DataRow>
            <DataRow
                label=text(|t| t.check.vehicle_class)
                record=record(IssueField::VehicleClass)
            >
                {move || texts().vehicle_class(issue.vehicle_class)}
            </DataRow>
            {holder
                .map(|(name, id_number)| {
                    view! {
                        <DataRow label=text(|t| t.check.holder) record=other_holder>
                            <Masked kind=MaskKind::Name value=name />
                        </DataRow>
                        <DataRow label=text(|t| t.check.id_number)>
                            <Masked kind=MaskKind::IdNumber value=id_number />
                        </DataRow>
                    }
                })}
            {status
                .map(|status| {
                    view! {
                        <DataRow label=text(|t| t.check.status)>
                            <CardBadge status=status />
                        </DataRow>
                    }
                })}
            {agrees
                .map(|agrees| {
                    let say = move || {
                        let t = texts();
                        if agrees { t.check.agrees } else { t.check.differs }
                    };
                    view! { <DataRow label=text(|t| t.check.in_records)>{say}</DataRow> }
                })}
            {open
                .map(|open| {
                    view! {
                        <DataRow label=text(|t| t.check.open_record)>
                            <RecordBadge state=open.state />
                            " "
                            <Money fen=open.amount unit=true />
                        </DataRow>
                    }
                })}
        </DataList>
    }
}

/// What the records hold instead, in words, where they differ from the card.
fn in_records(sighted: &Sighted, field: IssueField) -> Option<String> {
    let differs = sighted.differences.iter().find(|d| d.field == field)?;
    let number = differs.record.parse().ok();
    let t = texts();
    Some(match (field, number) {
        (IssueField::CardType, Some(number)) => t.card_type(number).into(),
        (IssueField::PlateColour, Some(number)) => t.plate_colour(number).into(),
        (IssueField::VehicleClass, Some(number)) => t.vehicle_class(number).into(),
        // Nobody's name goes over the line for it.
        (IssueField::Holder, _) => t.check.other_holder.into(),
        _ => differs.record.clone(),
    })
}

#[component]
fn Log(log: Vec<LogRecord>, is_protected: bool) -> impl IntoView {
    move || {
        let t = texts();
        let columns = vec![
            Column::words(t.check.log_kind),
            Column::figures(t.check.log_amount),
            Column::figures(t.check.log_counter),
            Column::words(t.check.log_time),
        ];
        let row = |record: &LogRecord| {
            vec![
                t.transaction(record.kind).into_any(),
                view! { <Money fen=record.amount /> }.into_any(),
                record.counter.into_any(),
                format!("{} {}", record.date, record.time).into_any(),
            ]
        };
        let rows = log.iter().take(SHOWN).map(row).collect();
        let empty = if is_protected {
            t.check.log_protected
        } else {
            t.check.log_empty
        };
        view! { <DataTable caption=t.check.log columns=columns rows=rows empty=empty /> }
    }
}

/// As many log records as fit on the screen.
const SHOWN: usize = 4;

#[component]
fn Transit(transit: Option<TransitRecord>) -> impl IntoView {
    move || {
        let t = texts();
        let columns = vec![
            Column::words(t.check.transit_passage),
            Column::figures(t.check.transit_station),
            Column::figures(t.check.transit_lane),
            Column::words(t.check.transit_time),
        ];
        let row = |record: TransitRecord| {
            let at = i64::from(record.unix_time) * 1_000;
            vec![
                t.passage(record.passage).into_any(),
                format!("{:04X}-{:04X}", record.network, record.station).into_any(),
                record.lane.into_any(),
                minute(at).into_any(),
            ]
        };
        let rows = transit.map(row).into_iter().collect();
        let empty = t.check.transit_none;
        view! { <DataTable caption=t.check.transit columns=columns rows=rows empty=empty /> }
    }
}
