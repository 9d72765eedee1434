//! Authorising a CREDIT: the card's counter *n* is the lock. It moves by one exactly when a CREDIT
//! is accepted, so that all CREDITs authorised at one *n* exclude each other.

use apdu_core::calendar::second_of;
use apdu_core::fault::Code;

use super::create::{current, fits};
use super::limits::{AUTHORISATIONS_PER_COUNTER, AUTHORISATIONS_WITH_SUPERVISOR};
use super::records::{
    Asker, Authorisation, Card, CardFile, Change, Decision, Record, State, VerifiedInit, Write,
};

/// Whether this record may be authorised at all, before the card's proof is looked at.
pub fn may_authorise(card: &Card, record: &Record) -> Result<(), Code> {
    match record.state {
        State::Created => return Err(Code::NotPaid),
        State::Closed => return Err(Code::RecordClosed),
        State::Loaded(_) => return Err(Code::AlreadyLoaded),
        State::Paid | State::Loading { .. } => {}
    }
    match card.status.refusal() {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    }
}

/// Authorises a CREDIT for a record on which [`may_authorise`] agreed.
///
/// `init` verified over the record's amount and the asker's terminal; `earlier` is how many
/// authorisations there are at the counter it shows. The MAC2 is computed from the answer and may
/// be given out only after the change is committed.
pub fn authorise(
    file: &CardFile,
    record: &Record,
    earlier: usize,
    init: &VerifiedInit,
    asker: &Asker<'_>,
    now: i64,
) -> Result<(Authorisation, Decision), Code> {
    current(&file.card, init)?;
    // The counter has left the one the record was created or authorised at: a CREDIT of ours may be
    // what spent it, even one this ledger has lost with a restored backup. Only evidence settles that.
    let expected = match record.state {
        State::Loading { counter } => counter,
        _ => record.created_counter,
    };
    if init.counter != expected {
        return Err(Code::CounterMoved);
    }
    fits(init, record.amount)?;
    let allowed = if asker.supervisor {
        AUTHORISATIONS_WITH_SUPERVISOR
    } else {
        AUTHORISATIONS_PER_COUNTER
    };
    if earlier >= allowed {
        return Err(Code::TooManyAuthorisations);
    }
    let authorisation = Authorisation {
        record: record.id.clone(),
        card: record.card,
        counter: init.counter,
        balance: init.balance,
        random: init.random,
        amount: record.amount,
        terminal: asker.terminal,
        second: later_than(file.latest_second, second_of(now)),
        operator: asker.operator.to_owned(),
    };
    let record = Record {
        state: State::Loading {
            counter: init.counter,
        },
        balance_before: init.balance,
        ..record.clone()
    };
    let writes = vec![
        Write::InsertAuthorisation(authorisation.clone()),
        Write::UpdateRecord(record.clone()),
        Write::DropNonces,
        Write::ProveCounter(init.counter),
    ];
    let change = Change::of(&file.card, writes);
    Ok((authorisation, Decision { record, change }))
}

/// The clock's second, or the one after the card's latest where the clock has not moved on, or was
/// put back.
fn later_than(latest: Option<i64>, second: i64) -> i64 {
    match latest {
        Some(latest) if latest >= second => latest + 1,
        _ => second,
    }
}
