//! Evidence: a TAC that verifies over an authorisation proves that its CREDIT was accepted.

use apdu_core::fault::Code;

use super::records::{Authorisation, Card, Change, Decision, Proof, Record, State, Write};

/// Why a record that was never authorised cannot be settled: nothing could verify over it.
pub fn without_authorisation(record: &Record) -> Code {
    match record.state {
        State::Created => Code::NotPaid,
        State::Closed => Code::RecordClosed,
        State::Paid | State::Loading { .. } | State::Loaded(_) => Code::WrongEvidence,
    }
}

/// Settles the record of the authorisation over which a TAC verified.
///
/// `record` is the record *of that authorisation*, whatever record the TAC was sent to. The evidence
/// proves itself, so neither the card's status nor the outlet is asked for, and it may come twice.
pub fn settle(card: &Card, record: &Record, proved: &Authorisation) -> Result<Decision, Code> {
    let proof = Proof {
        counter: proved.counter,
        second: proved.second,
        // Cannot overflow: nothing is authorised above the card's limit.
        balance_after: proved.balance.saturating_add(proved.amount),
    };
    let mut writes = vec![Write::ProveCounter(proved.counter.saturating_add(1))];
    let record = match record.state {
        State::Loading { .. } | State::Paid => {
            let record = Record {
                state: State::Loaded(proof),
                balance_before: proved.balance,
                ..record.clone()
            };
            writes.push(Write::UpdateRecord(record.clone()));
            record
        }
        State::Loaded(earlier) if earlier == proof => record.clone(),
        // The same money a second time: not settled by this.
        State::Loaded(_) => return Err(Code::AlreadyLoaded),
        State::Created => return Err(Code::NotPaid),
        State::Closed => return Err(Code::RecordClosed),
    };
    Ok(Decision {
        record,
        change: Change::of(card, writes),
    })
}
