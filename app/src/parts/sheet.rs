//! The sheets: slips for customers and the drawer's summary, 80 mm wide or A4.

use etc_api::{Drawer, Means, PaymentKind, RecordLine};
use leptos::prelude::*;

use super::yuan;
use crate::desk::Desk;
use crate::i18n::{moment, text, texts};
use crate::print::{Printer, Sheet};

/// The sheet that is printed now, if any. On the screen it cannot be seen.
#[component]
pub fn PrintSheet() -> impl IntoView {
    let sheet = Printer::get().sheet;
    move || {
        let sheet = sheet.get()?;
        Some(match sheet {
            Sheet::Load { line, copy } => view! { <LoadSlip line=line copy=copy /> }.into_any(),
            Sheet::Refund { line, kind, copy } => {
                view! { <RefundSlip line=line kind=kind copy=copy /> }.into_any()
            }
            Sheet::Drawer(drawer) => view! { <DrawerSummary drawer=drawer /> }.into_any(),
        })
    }
}

#[component]
fn LoadSlip(line: RecordLine, copy: bool) -> impl IntoView {
    let record = line.recharge.clone();
    let state = record.state;
    let sum = |label: Signal<&'static str>, fen: Option<u32>, class: &'static str| {
        let fen = fen.map_or_else(|| "–".to_owned(), |fen| yuan(i64::from(fen)));
        view! {
            <div class=format!("sheet-row {class}")>
                <dt>{label}</dt>
                <dd>{fen}</dd>
            </div>
        }
    };
    let paid = line.paid.clone();
    view! {
        <section class="sheet" aria-hidden="true">
            <Head title=text(|t| t.money.slip.title) copy=copy />
            <Record line=line.clone() />
            <dl class="sheet-sum">
                {sum(text(|t| t.money.slip.before), record.balance_before, "")}
                {sum(text(|t| t.money.slip.amount), Some(record.amount), "plus")}
                {sum(text(|t| t.money.slip.after), record.balance_after, "result")}
            </dl>
            <dl>
                <Row label=text(
                    |t| t.money.slip.state,
                )>{move || texts().record_state(state)}</Row>
                {paid.map(|paid| view! { <Paid means=paid /> })}
            </dl>
            <Foot help=text(|t| t.money.slip.help) />
        </section>
    }
}

#[component]
fn RefundSlip(line: RecordLine, kind: PaymentKind, copy: bool) -> impl IntoView {
    let state = line.recharge.state;
    let amount = yuan(i64::from(line.recharge.amount));
    let back = line.given_back.clone();
    let slip = back.and_then(|back| back.slip);
    view! {
        <section class="sheet" aria-hidden="true">
            <Head title=text(|t| t.money.slip.refund_title) copy=copy />
            <Record line=line.clone() />
            <dl class="sheet-sum">
                <div class="sheet-row result">
                    <dt>{text(|t| t.money.slip.refund_amount)}</dt>
                    <dd>{amount}</dd>
                </div>
            </dl>
            <dl>
                <Row label=text(
                    |t| t.money.slip.state,
                )>{move || texts().record_state(state)}</Row>
                <Row label=text(
                    |t| t.money.refund.given_back,
                )>{move || texts().money.kind(kind)}</Row>
                {slip.map(|slip| view! { <PosNumbers slip=slip /> })}
            </dl>
            <Signature label=text(|t| t.money.slip.signature) />
            <Foot help=text(|t| t.money.slip.refund_help) />
        </section>
    }
}

#[component]
fn DrawerSummary(drawer: Drawer) -> impl IntoView {
    let sum = |label: Signal<&'static str>, figure: String, class: &'static str| {
        view! {
            <div class=format!("sheet-row {class}")>
                <dt>{label}</dt>
                <dd>{figure}</dd>
            </div>
        }
    };
    let counted = drawer.counted.map(|counted| {
        let difference = counted - drawer.expected;
        let word = move || texts().money.difference(difference);
        view! {
            {sum(text(|t| t.money.drawer.counted_sum), yuan(counted), "")}
            <div class="sheet-row result">
                <dt>{text(|t| t.money.drawer.difference)} " " {word}</dt>
                <dd>{signed(difference)}</dd>
            </div>
        }
    });
    let closed = drawer.closed_at.map(|at| {
        view! { <Row label=text(|t| t.money.drawer.closed_at)>{moment(at)}</Row> }
    });
    let note = drawer.note.map(|note| {
        view! { <Row label=text(|t| t.money.drawer.note)>{note}</Row> }
    });
    view! {
        <section class="sheet" aria-hidden="true">
            <Head title=text(|t| t.money.drawer.summary) copy=false />
            <dl>
                <Row label=text(|t| t.money.slip.outlet)>{outlet(&drawer.outlet)}</Row>
                <Row label=text(|t| t.money.slip.operator)>{drawer.operator}</Row>
                <Row label=text(|t| t.money.drawer.opened_at)>{moment(drawer.opened_at)}</Row>
                {closed}
                <Row label=text(|t| t.money.drawer.payments)>{drawer.payments.to_string()}</Row>
            </dl>
            <dl class="sheet-sum">
                {sum(text(|t| t.money.drawer.float_sum), yuan(drawer.float), "")}
                {sum(text(|t| t.money.drawer.taken), yuan(drawer.taken), "plus")}
                {sum(text(|t| t.money.drawer.given_back), yuan(drawer.given_back), "minus")}
                {sum(text(|t| t.money.drawer.expected), yuan(drawer.expected), "result")}
                {counted}
            </dl>
            <dl>{note}</dl>
            <Signature label=text(|t| t.money.drawer.operator) />
            <Signature label=text(|t| t.money.drawer.reviewer) />
            <Printed />
        </section>
    }
}

#[component]
fn Head(title: Signal<&'static str>, copy: bool) -> impl IntoView {
    view! {
        <header>
            <p class="sheet-product">{text(|t| t.shell.product)}</p>
            <h1>{title}</h1>
            {copy.then(|| view! { <p class="sheet-copy">{text(|t| t.money.slip.copy)}</p> })}
        </header>
    }
}

/// Which record, where, when, which card.
#[component]
fn Record(line: RecordLine) -> impl IntoView {
    let record = line.recharge;
    let at = line.paid.as_ref().map_or(record.created_at, |paid| paid.at);
    let digits = record.card.to_string();
    let last_four = digits[digits.len() - 4..].to_owned();
    view! {
        <dl>
            <Row label=text(|t| t.money.slip.outlet)>{outlet(&record.outlet)}</Row>
            <Row label=text(|t| t.money.slip.at)>{moment(at)}</Row>
            <div class="sheet-row sheet-record">
                <dt>{text(|t| t.money.slip.record)}</dt>
                <dd>{record_tail(&record.id)}</dd>
            </div>
            <div class="sheet-row sheet-whole">
                <dt>{text(|t| t.money.slip.record_whole)}</dt>
                <dd>{record.id}</dd>
            </div>
            <Row label=text(|t| t.money.slip.card)>{last_four}</Row>
            <Row label=text(|t| t.money.slip.plate)>{line.plate}</Row>
        </dl>
    }
}

#[component]
fn Paid(means: Means) -> impl IntoView {
    let kind = means.kind;
    view! {
        <Row label=text(|t| t.money.slip.means)>{move || texts().money.kind(kind)}</Row>
        {means.slip.map(|slip| view! { <PosNumbers slip=slip /> })}
    }
}

#[component]
fn PosNumbers(slip: etc_api::PosSlip) -> impl IntoView {
    view! {
        <Row label=text(|t| t.money.slip.terminal)>{slip.terminal}</Row>
        <Row label=text(|t| t.money.slip.number)>{slip.number}</Row>
    }
}

#[component]
fn Row(label: Signal<&'static str>, children: Children) -> impl IntoView {
    view! {
        <div class="sheet-row">
            <dt>{label}</dt>
            <dd>{children()}</dd>
        </div>
    }
}

#[component]
fn Signature(label: Signal<&'static str>) -> impl IntoView {
    view! {
        <p class="sheet-signature">
            <span>{label}</span>
            <span class="sheet-line"></span>
            <span>{text(|t| t.money.slip.signed_on)}</span>
            <span class="sheet-line short"></span>
        </p>
    }
}

#[component]
fn Foot(help: Signal<&'static str>) -> impl IntoView {
    view! {
        <p class="sheet-help">{help}</p>
        <Printed />
    }
}

#[component]
fn Printed() -> impl IntoView {
    let now = moment(js_sys::Date::now() as i64);
    view! { <p class="sheet-printed">{text(|t| t.money.slip.printed)} " " {now}</p> }
}

/// Name of the outlet, where it is this one; its code otherwise.
fn outlet(code: &str) -> String {
    let session = Desk::get().session.get_untracked();
    let here = session.filter(|session| session.outlet.code == code);
    here.map_or_else(
        || code.to_owned(),
        |session| format!("{} {code}", session.outlet.name),
    )
}

/// The last six of a record's number, as they are said over the phone.
pub fn record_tail(id: &str) -> String {
    id[id.len().saturating_sub(6)..].to_ascii_uppercase()
}

/// A difference with its sign.
fn signed(fen: i64) -> String {
    if fen > 0 {
        format!("+{}", yuan(fen))
    } else {
        yuan(fen)
    }
}
