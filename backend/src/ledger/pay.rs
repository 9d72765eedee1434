//! The end of an unpaid record: money is taken, or the record is closed.

use apdu_core::fault::Code;

use super::card::{Asker, Card, CardFile};
use super::change::{Change, Decision, Write};
use super::record::{Means, PaymentTaken, Record, State};

/// Confirms that the money of a record was taken.
pub fn pay(
    file: &CardFile,
    record: &Record,
    amount: i64,
    means: Means,
    asker: &Asker<'_>,
    now: i64,
) -> Result<Decision, Code> {
    ours(record, asker)?;
    unpaid(record)?;
    if file.open.is_some() {
        return Err(Code::OpenRecord);
    }
    if record.created_counter < file.card.proved_counter {
        // The counter is spent, so this record could not be written any more.
        return Err(Code::PaymentTooLate);
    }
    if amount != i64::from(record.amount) {
        return Err(Code::PaymentDiffers);
    }
    let taken = PaymentTaken {
        record: record.id.clone(),
        means,
        amount: record.amount,
        operator: asker.operator.to_owned(),
        outlet: asker.outlet.to_owned(),
        at: now,
    };
    let record = record.turned(State::Paid);
    let writes = vec![
        Write::InsertPayment(taken),
        Write::UpdateRecord(record.clone()),
    ];
    Ok(Decision {
        record,
        change: Change::of(&file.card, writes),
    })
}

/// Closes a record for which no money was taken.
pub fn close(card: &Card, record: &Record, asker: &Asker<'_>) -> Result<Decision, Code> {
    ours(record, asker)?;
    unpaid(record)?;
    let record = record.turned(State::Closed);
    let writes = vec![Write::UpdateRecord(record.clone())];
    Ok(Decision {
        record,
        change: Change::of(card, writes),
    })
}

/// Only own outlets take cash, and only where the record was created: elsewhere there is no such
/// record to be paid or closed.
fn ours(record: &Record, asker: &Asker<'_>) -> Result<(), Code> {
    if !asker.own {
        return Err(Code::NotAnOwnOutlet);
    }
    if record.outlet != asker.outlet {
        return Err(Code::NoSuchRecord);
    }
    Ok(())
}

fn unpaid(record: &Record) -> Result<(), Code> {
    match record.state {
        State::Created => Ok(()),
        State::Paid | State::Loading { .. } => Err(Code::AlreadyPaid),
        State::Loaded(_) => Err(Code::AlreadyLoaded),
        State::Closed => Err(Code::RecordClosed),
        State::Refunding(_) => Err(Code::RefundUnderWay),
        State::Refunded(_) => Err(Code::AlreadyRefunded),
        State::Conflict(_) => Err(Code::InConflict),
    }
}
