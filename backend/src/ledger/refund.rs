//! Giving money back: from *paid*, or from *loading* when two persons have given the card up.

use apdu_core::calendar::next_day;
use apdu_core::fault::Code;

use super::card::{Asker, CardFile};
use super::case::is_listed;
use super::change::{Change, Decision, Write};
use super::limits::RECONCILIATION_DAYS;
use super::record::{Means, MoneyBack, PaymentTaken, Record, Refund, RefundFrom, State};

/// Begins to give back the money of a *paid* record: nothing that was authorised for it can be used any
/// more. At the outlet that took it.
pub fn refund(
    file: &CardFile,
    record: &Record,
    paid: &PaymentTaken,
    asker: &Asker<'_>,
    now: i64,
) -> Result<Decision, Code> {
    match record.state {
        State::Paid => {}
        State::Created => return Err(Code::NotPaid),
        State::Closed => return Err(Code::RecordClosed),
        // Only the card's proof, or two persons, lead from here to a refund.
        State::Loading { .. } => return Err(Code::OnSupervisorList),
        State::Loaded(_) => return Err(Code::AlreadyLoaded),
        State::Refunding(_) => return Err(Code::RefundUnderWay),
        State::Refunded(_) => return Err(Code::AlreadyRefunded),
        State::Conflict(_) => return Err(Code::InConflict),
    }
    taken_here(paid, asker)?;
    // This very money may be on the card: a value of its counter was spent, and nobody knows by whom.
    if file.card.stopped.is_some() {
        return Err(Code::CardStopped);
    }
    if is_listed(file, record) {
        return Err(Code::OnSupervisorList);
    }
    let refund = Refund {
        from: RefundFrom::Paid,
        not_before: now,
        sent_at: None,
        proved: None,
    };
    Ok(decided(file, record, State::Refunding(refund), Vec::new()))
}

/// The refund of a record whose card is gone, as two persons approved it: it waits a whole
/// reconciliation day.
pub(super) fn given_up(record: &Record, counter: u16, now: i64) -> Record {
    record.turned(State::Refunding(Refund {
        from: RefundFrom::Loading { counter },
        not_before: next_day(now, 1 + RECONCILIATION_DAYS),
        sent_at: None,
        proved: None,
    }))
}

/// The money leaves the drawer, or the POS is told to give it back. From here on only the outcome ends it.
pub fn send_refund(
    file: &CardFile,
    record: &Record,
    paid: &PaymentTaken,
    asker: &Asker<'_>,
    now: i64,
) -> Result<Decision, Code> {
    let refund = under_way(record)?;
    taken_here(paid, asker)?;
    if refund.sent_at.is_some() {
        return Err(Code::RefundUnderWay);
    }
    if now < refund.not_before {
        return Err(Code::RefundWaits);
    }
    let sent = Refund {
        sent_at: Some(now),
        ..refund
    };
    Ok(decided(file, record, State::Refunding(sent), Vec::new()))
}

/// The customer has signed for the money, or the POS has printed its slip.
pub fn refund_done(
    file: &CardFile,
    record: &Record,
    paid: &PaymentTaken,
    means: Means,
    asker: &Asker<'_>,
    now: i64,
) -> Result<Decision, Code> {
    let refund = sent(record)?;
    taken_here(paid, asker)?;
    let state = match refund.proved {
        None => State::Refunded(refund),
        Some(proof) => State::Conflict(proof),
    };
    let back = MoneyBack {
        record: record.id.clone(),
        means,
        amount: record.amount,
        operator: asker.operator.to_owned(),
        outlet: asker.outlet.to_owned(),
        at: now,
    };
    Ok(decided(
        file,
        record,
        state,
        vec![Write::InsertMoneyBack(back)],
    ))
}

/// The money was definitely not given back: the record returns to where it came from.
pub fn refund_refused(
    file: &CardFile,
    record: &Record,
    paid: &PaymentTaken,
    asker: &Asker<'_>,
) -> Result<Decision, Code> {
    let refund = sent(record)?;
    taken_here(paid, asker)?;
    let state = match (refund.proved, refund.from) {
        (Some(proof), _) => State::Loaded(proof),
        (None, RefundFrom::Paid) => State::Paid,
        (None, RefundFrom::Loading { counter }) => State::Loading { counter },
    };
    Ok(decided(file, record, state, Vec::new()))
}

fn decided(file: &CardFile, record: &Record, state: State, mut writes: Vec<Write>) -> Decision {
    let record = record.turned(state);
    writes.push(Write::UpdateRecord(record.clone()));
    Decision {
        record,
        change: Change::of(&file.card, writes),
    }
}

fn under_way(record: &Record) -> Result<Refund, Code> {
    match record.state {
        State::Refunding(refund) => Ok(refund),
        State::Refunded(_) => Err(Code::AlreadyRefunded),
        State::Conflict(_) => Err(Code::InConflict),
        _ => Err(Code::NotRefunding),
    }
}

fn sent(record: &Record) -> Result<Refund, Code> {
    let refund = under_way(record)?;
    match refund.sent_at {
        Some(_) => Ok(refund),
        None => Err(Code::NotRefunding),
    }
}

/// Money goes back where it was taken: its drawer and its POS are there.
fn taken_here(paid: &PaymentTaken, asker: &Asker<'_>) -> Result<(), Code> {
    match paid.outlet == asker.outlet {
        true => Ok(()),
        false => Err(Code::NotTakenHere),
    }
}
