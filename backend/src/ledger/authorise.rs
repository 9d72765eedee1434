//! Authorising a CREDIT: the card's counter *n* is the lock. It moves by one exactly when a CREDIT
//! is accepted, so that all CREDITs authorised at one *n* exclude each other.

use apdu_core::calendar::second_of;
use apdu_core::fault::Code;

use super::card::{Asker, Card, CardFile, VerifiedInit};
use super::case::is_listed;
use super::change::{Change, Decision, Denied, Write};
use super::create::{current, explained, fits, goes_on};
use super::limits::{AUTHORISATIONS_PER_COUNTER, AUTHORISATIONS_WITH_SUPERVISOR};
use super::record::{Authorisation, Record, State};

/// Whether this record may be authorised at all, before the card's proof is looked at.
pub fn may_authorise(card: &Card, record: &Record, asker: &Asker<'_>) -> Result<(), Code> {
    match record.state {
        State::Created => return Err(Code::NotPaid),
        State::Closed => return Err(Code::RecordClosed),
        State::Loaded(_) => return Err(Code::AlreadyLoaded),
        State::Refunding(_) => return Err(Code::RefundUnderWay),
        State::Refunded(_) => return Err(Code::AlreadyRefunded),
        State::Conflict(_) => return Err(Code::InConflict),
        State::Paid | State::Loading { .. } => {}
    }
    goes_on(card)?;
    asker.switches.allow(card, asker)
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
) -> Result<(Authorisation, Decision), Denied> {
    current(&file.card, init)?;
    match record.state {
        // What was authorised at another counter may be what moved it: only evidence settles that.
        State::Loading { counter } if counter != init.counter => {
            return Err(Code::CounterMoved.into());
        }
        State::Loading { .. } => {}
        _ => {
            explained(&file.card, init)?;
            // A value spent since the record was created that nobody explains may be this very
            // record's money, loaded before a backup was restored.
            if is_listed(file, record) {
                return Err(Code::OnSupervisorList.into());
            }
        }
    }
    fits(init, record.amount)?;
    let allowed = if asker.supervisor {
        AUTHORISATIONS_WITH_SUPERVISOR
    } else {
        AUTHORISATIONS_PER_COUNTER
    };
    if earlier >= allowed {
        return Err(Code::TooManyAuthorisations.into());
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
