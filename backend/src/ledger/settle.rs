//! Evidence: what proves that a CREDIT was accepted settles the record it was authorised for.

use apdu_core::fault::Code;

use super::book::{BookRow, Spender};
use super::card::CardFile;
use super::change::{Change, Decision, Write};
use super::record::{Authorisation, Proof, ProvedBy, Record, Refund, State};

/// Why a record that was never authorised cannot be settled: nothing could verify over it.
pub fn without_authorisation(record: &Record) -> Code {
    match record.state {
        State::Created => Code::NotPaid,
        State::Closed => Code::RecordClosed,
        _ => Code::WrongEvidence,
    }
}

/// Settles the record of the authorisation over which a TAC verified.
///
/// `record` is the record *of that authorisation*, whatever record the TAC was sent to; `others` are
/// the other records that were authorised at that counter. The evidence proves itself, so neither the
/// card's status nor the outlet is asked for, and it may come twice.
pub fn settle(
    file: &CardFile,
    record: &Record,
    others: &[Record],
    proved: &Authorisation,
    now: i64,
) -> Result<Decision, Code> {
    match record.state {
        State::Created => return Err(Code::NotPaid),
        State::Closed => return Err(Code::RecordClosed),
        _ => {}
    }
    let proof = Proof::of(proved, ProvedBy::Tac);
    let settled = settled(record, proof, file.open.as_ref(), others);
    let spent = proved.counter.saturating_add(1);
    let mut writes = vec![
        Write::ProveCounter(spent),
        Write::PutBookRow(BookRow {
            card: file.card.number,
            counter: proved.counter,
            spender: Spender::Ours(record.id.clone()),
            said: None,
            at: now,
        }),
    ];
    if file.card.book == Some(proved.counter) {
        writes.push(Write::CloseBook(spent));
    }
    let record = settled.of(record);
    writes.extend(settled.updates.into_iter().map(Write::UpdateRecord));
    Ok(Decision {
        record,
        change: Change::of(&file.card, writes),
    })
}

/// The records that evidence puts in another state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    /// Each record once, in its new state.
    pub updates: Vec<Record>,
}

impl Settled {
    /// This record as it stands afterwards.
    fn of(&self, record: &Record) -> Record {
        let updated = self.updates.iter().find(|updated| updated.id == record.id);
        updated.unwrap_or(record).clone()
    }

    /// Takes in what another piece of evidence settles; the first word about a record stands.
    pub fn absorb(&mut self, more: Self) {
        for record in more.updates {
            if self.updates.iter().all(|known| known.id != record.id) {
                self.updates.push(record);
            }
        }
    }

    /// The record that was loaded by it, and the open record as it stands afterwards.
    pub fn outcome(&self, open: Option<&Record>) -> (Option<Record>, Option<Record>) {
        let loaded = |record: &&Record| matches!(record.state, State::Loaded(_));
        let settled = self.updates.iter().find(loaded).cloned();
        let open = open.map(|open| self.of(open)).filter(Record::is_open);
        (settled, open)
    }
}

/// What becomes of the record of a proved CREDIT, and of the others at its counter.
pub(super) fn settled(
    record: &Record,
    proof: Proof,
    open: Option<&Record>,
    others: &[Record],
) -> Settled {
    let mut updates = Vec::new();
    // What is said about this counter on less is disproved. First, so that no two records are loaded at
    // one counter even for a moment.
    for other in others.iter().filter(|other| other.id != record.id) {
        if let State::Loaded(weaker) = other.state
            && weaker.counter == proof.counter
            && proof.by.outweighs(weaker.by)
        {
            updates.push(other.turned(State::Conflict(weaker)));
        }
    }
    // The counter is spent, so that no other CREDIT at it can have been accepted.
    let torn_there = State::Loading {
        counter: proof.counter,
    };
    if let Some(other) = open.filter(|open| open.id != record.id && open.state == torn_there) {
        updates.push(other.turned(State::Paid));
    }
    if let Some(state) = after_evidence(record, proof) {
        updates.push(Record {
            balance_before: proof.balance_after.saturating_sub(record.amount),
            ..record.turned(state)
        });
    }
    Settled { updates }
}

/// The state of a record for which a CREDIT was proved; `None` where it stays as it is.
fn after_evidence(record: &Record, proof: Proof) -> Option<State> {
    match record.state {
        State::Paid | State::Loading { .. } => Some(State::Loaded(proof)),
        // Stronger evidence of the same counter takes the place of weaker.
        State::Loaded(known) if known.counter == proof.counter && known.by != ProvedBy::Tac => {
            (known != proof && proof.by == ProvedBy::Tac).then_some(State::Loaded(proof))
        }
        State::Loaded(known) if known.is_of_same_credit(&proof) || proof.by != ProvedBy::Tac => {
            None
        }
        // The same money a second time.
        State::Loaded(_) => Some(State::Conflict(proof)),
        State::Refunding(refund) if refund.sent_at.is_none() => Some(State::Loaded(proof)),
        // The channel's last word decides; until then the evidence is kept with the refund.
        State::Refunding(refund) => refund.proved.is_none().then_some(State::Refunding(Refund {
            proved: Some(proof),
            ..refund
        })),
        State::Refunded(_) => Some(State::Conflict(proof)),
        State::Conflict(_) | State::Created | State::Closed => None,
    }
}
