//! The lists of a day: state or kind first, time last.

use apdu_core::authority::RechargeState;
use etc_api::{Alarm, Drawer, RecordLine, Takings};
use leptos::prelude::*;

use crate::i18n::{moment, texts};
use crate::pages::drawer::Difference;
use crate::parts::{
    CardNo, Column, DataTable, Money, RecordBadge, Sign, SignMark, Tone, record_tail,
};

#[component]
pub fn TakingsList(takings: Vec<Takings>) -> impl IntoView {
    move || {
        let t = &texts().money.day;
        let columns = vec![
            Column::words(t.outlet),
            Column::figures(t.cash),
            Column::figures(t.pos),
            Column::figures(t.given_back),
            Column::figures(t.loaded),
            Column::figures(t.payments),
        ];
        let mut rows: Vec<_> = takings
            .iter()
            .map(|of| sums(of.outlet.clone().into_any(), of))
            .collect();
        if takings.len() > 1 {
            let word = view! { <strong>{t.total}</strong> };
            rows.push(sums(word.into_any(), &total(&takings)));
        }
        view! {
            <DataTable caption=t.takings columns=columns rows=rows empty=t.takings_empty />
        }
    }
}

fn sums(name: AnyView, of: &Takings) -> Vec<AnyView> {
    let money = |fen: i64| view! { <Money fen=fen /> }.into_any();
    vec![
        name,
        money(of.cash),
        money(of.pos),
        money(of.given_back),
        money(of.loaded),
        of.payments.into_any(),
    ]
}

fn total(takings: &[Takings]) -> Takings {
    takings.iter().fold(Takings::default(), |sum, of| Takings {
        outlet: String::new(),
        cash: sum.cash + of.cash,
        pos: sum.pos + of.pos,
        given_back: sum.given_back + of.given_back,
        loaded: sum.loaded + of.loaded,
        payments: sum.payments + of.payments,
    })
}

#[component]
pub fn Drawers(drawers: Vec<Drawer>) -> impl IntoView {
    move || {
        let t = &texts().money;
        let columns = vec![
            Column::words(t.day.state),
            Column::words(t.day.operator),
            Column::words(t.day.outlet),
            Column::figures(t.drawer.float_sum),
            Column::figures(t.drawer.taken),
            Column::figures(t.drawer.given_back),
            Column::figures(t.drawer.expected),
            Column::figures(t.drawer.counted_sum),
            Column::words(t.drawer.note),
            Column::words(t.drawer.opened_at),
        ];
        let rows = drawers.iter().map(drawer_row).collect();
        view! {
            <DataTable caption=t.day.drawers columns=columns rows=rows empty=t.day.drawers_empty />
        }
    }
}

fn drawer_row(drawer: &Drawer) -> Vec<AnyView> {
    let money = |fen: i64| view! { <Money fen=fen /> }.into_any();
    let state = match drawer.counted {
        Some(counted) => view! { <Difference fen=counted - drawer.expected /> }.into_any(),
        None => view! {
            <span class=format!("state {}", Tone::Note.class())>
                <SignMark sign=Sign::Active />
                {texts().money.drawer.open}
            </span>
        }
        .into_any(),
    };
    let note = drawer.note.clone().unwrap_or_default();
    vec![
        state,
        drawer.operator.clone().into_any(),
        drawer.outlet.clone().into_any(),
        money(drawer.float),
        money(drawer.taken),
        money(drawer.given_back),
        money(drawer.expected),
        drawer.counted.map_or_else(|| ().into_any(), money),
        view! { <span class="wraps">{note}</span> }.into_any(),
        moment(drawer.opened_at).into_any(),
    ]
}

#[component]
pub fn Unsettled(lines: Vec<RecordLine>) -> impl IntoView {
    move || {
        let t = &texts().money.day;
        let columns = vec![
            Column::words(t.state),
            Column::words(t.card),
            Column::figures(t.amount),
            Column::words(t.outlet),
            Column::words(t.record),
            Column::words(t.at),
        ];
        let rows = lines.iter().map(unsettled_row).collect();
        view! {
            <DataTable caption=t.unsettled columns=columns rows=rows empty=t.unsettled_empty />
        }
    }
}

fn unsettled_row(line: &RecordLine) -> Vec<AnyView> {
    let t = &texts().money.day;
    let record = &line.recharge;
    // What stands behind the state, where it is not the whole story.
    let more = match record.state {
        RechargeState::Refunding if line.refund_sent => Some(t.refund_sent),
        _ if line.listed => Some(t.listed),
        _ => None,
    };
    let more = more.map(|more| view! { <small>" " {more}</small> });
    vec![
        view! {
            <RecordBadge state=record.state />
            {more}
        }
        .into_any(),
        view! { <CardNo number=record.card /> }.into_any(),
        view! { <Money fen=record.amount /> }.into_any(),
        record.outlet.clone().into_any(),
        record_tail(&record.id).into_any(),
        moment(record.created_at).into_any(),
    ]
}

#[component]
pub fn Alarms(alarms: Vec<Alarm>) -> impl IntoView {
    move || {
        let t = &texts().money.day;
        let columns = vec![
            Column::words(t.kind),
            Column::words(t.card),
            Column::figures(t.counter),
            Column::words(t.record),
            Column::figures(t.amount),
            Column::words(t.at),
        ];
        let rows = alarms.iter().map(alarm_row).collect();
        view! { <DataTable caption=t.alarms columns=columns rows=rows empty=t.alarms_empty /> }
    }
}

fn alarm_row(alarm: &Alarm) -> Vec<AnyView> {
    // Settled by what the card says of itself, it is to be known and not to be done.
    let (sign, tone) = match alarm.kind.as_str() {
        "counter-and-log" => (Sign::Note, Tone::Note),
        "unknown-counter" => (Sign::Unknown, Tone::Unknown),
        _ => (Sign::Failed, Tone::Bad),
    };
    let kind = texts().money.alarm(&alarm.kind);
    let amount = alarm.amount;
    vec![
        view! {
            <span class=format!("state {}", tone.class())>
                <SignMark sign=sign />
                {kind}
            </span>
        }
        .into_any(),
        view! { <CardNo number=alarm.card /> }.into_any(),
        alarm.counter.into_any(),
        alarm.record.as_deref().map(record_tail).into_any(),
        amount.map(|fen| view! { <Money fen=fen /> }).into_any(),
        moment(alarm.at).into_any(),
    ]
}
