//! The end of an unpaid record: money is taken, or the record is closed.

use apdu_core::fault::Code;
use etc_api::Payment;

use super::records::{Asker, Card, CardFile, Change, Decision, PaymentTaken, Record, State, Write};

/// Confirms that the money of a record was taken.
pub fn pay(
    file: &CardFile,
    record: &Record,
    payment: &Payment,
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
    if payment.amount != i64::from(record.amount) {
        return Err(Code::PaymentDiffers);
    }
    let taken = PaymentTaken {
        record: record.id.clone(),
        kind: payment.kind,
        amount: record.amount,
        operator: asker.operator.to_owned(),
        at: now,
    };
    let record = Record {
        state: State::Paid,
        ..record.clone()
    };
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
    let record = Record {
        state: State::Closed,
        ..record.clone()
    };
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
    }
}
