//! What is decided without a proof: by two persons, neither of whom had a part in it.

use apdu_core::authority::{CardStatus, RecordId};
use apdu_core::bcd::CardNumber;
use apdu_core::calendar::second_of;
use apdu_core::fault::Code;

use super::book::{BookRow, Spender};
use super::card::{CardFile, CardStop};
use super::change::{Change, Write};
use super::limits::APPROVALS;
use super::record::{Authorisation, PaymentTaken, Proof, ProvedBy, Record, State};
use super::refund::given_up;

/// A decision that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its identity.
    pub id: String,
    /// About which card.
    pub card: CardNumber,
    /// About which record; missing where it is about the card alone.
    pub record: Option<RecordId>,
    /// The record's version when it was asked for: what has moved on is not approved any more.
    pub record_version: i64,
    /// What is to be decided.
    pub question: Question,
    /// Why, in the asker's words.
    pub reason: String,
    /// Who asked.
    pub operator: String,
    /// When, ms UTC.
    pub at: i64,
    /// Where it stands.
    pub state: CaseState,
    /// Grows with every change; compare-and-swap hangs on it.
    pub version: i64,
}

/// What two persons may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The card is lost or broken, or nothing it shows settles the record: the money goes back, the card
    /// is blacklisted.
    RefundWithoutCard,
    /// The record was loaded, although nothing that verifies says so.
    CallLoaded,
    /// What stopped the card is understood: it goes on.
    LiftStop,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseState {
    /// Waits for its approvals.
    Open,
    /// Approved and carried out.
    Done,
    /// Withdrawn, or what it was about has moved on.
    Dropped,
}

/// One person's yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// To which case.
    pub case: String,
    /// Whose.
    pub operator: String,
    /// When, ms UTC.
    pub at: i64,
}

/// Everything a decision about a case needs.
#[derive(Clone, Copy, Debug)]
pub struct CaseFile<'a> {
    /// The card.
    pub file: &'a CardFile,
    /// The record it is about.
    pub record: Option<&'a Record>,
    /// The record's payment.
    pub paid: Option<&'a PaymentTaken>,
    /// All authorisations of the record.
    pub authorisations: &'a [Authorisation],
    /// The book's rows nobody has explained.
    pub rows: &'a [BookRow],
}

/// A case after a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseDecision {
    /// The case as it will stand.
    pub case: Case,
    /// The writes.
    pub change: Change,
}

/// Whether a question may be asked about this record or card.
pub fn may_ask(question: Question, about: CaseFile<'_>) -> Result<(), Code> {
    match (question, about.record) {
        (Question::LiftStop, _) => match about.file.card.stopped {
            Some(_) => Ok(()),
            None => Err(Code::CaseMovedOn),
        },
        (_, None) => Err(Code::NoSuchRecord),
        (Question::RefundWithoutCard | Question::CallLoaded, Some(record)) => match record.state {
            // A card that still stands there may take another CREDIT at this very counter.
            State::Loading { counter }
                if question == Question::CallLoaded
                    && about.file.card.proved_counter <= counter =>
            {
                Err(Code::NotSpent)
            }
            State::Loading { .. } => Ok(()),
            // Its counter was spent by nobody knows whom: only two persons lead on from there.
            State::Paid if is_listed(about.file, record) => Ok(()),
            State::Paid => Err(Code::NotTorn),
            State::Created => Err(Code::NotPaid),
            State::Closed => Err(Code::RecordClosed),
            State::Loaded(_) => Err(Code::AlreadyLoaded),
            State::Refunding(_) => Err(Code::RefundUnderWay),
            State::Refunded(_) => Err(Code::AlreadyRefunded),
            State::Conflict(_) => Err(Code::InConflict),
        },
    }
}

/// Whether a *paid* record waits for a decision: a value of the counter was spent since it was created, and
/// nobody knows by whom.
pub fn is_listed(file: &CardFile, record: &Record) -> bool {
    let since = |&counter: &u16| counter >= record.created_counter;
    file.unexplained.iter().any(since)
}

/// Opens a case.
pub fn ask(case: Case, about: CaseFile<'_>) -> Result<CaseDecision, Code> {
    may_ask(case.question, about)?;
    let writes = vec![Write::InsertCase(case.clone())];
    Ok(CaseDecision {
        case,
        change: Change::of(&about.file.card, writes),
    })
}

/// One person says yes; with the last one needed the case is carried out in the same transaction.
pub fn approve(
    case: &Case,
    about: CaseFile<'_>,
    earlier: &[Approval],
    person: &str,
    now: i64,
) -> Result<CaseDecision, Code> {
    if case.state != CaseState::Open {
        return Err(Code::CaseMovedOn);
    }
    had_no_part(case, about, earlier, person)?;
    let moved = about.record.map_or(0, |record| record.version) != case.record_version;
    if moved || may_ask(case.question, about).is_err() {
        return Err(Code::CaseMovedOn);
    }
    let mut writes = vec![Write::InsertApproval(Approval {
        case: case.id.clone(),
        operator: person.to_owned(),
        at: now,
    })];
    let last = earlier.len() + 1 >= APPROVALS;
    let case = Case {
        state: if last {
            CaseState::Done
        } else {
            CaseState::Open
        },
        ..case.clone()
    };
    if last {
        writes.extend(carried_out(&case, about, now));
    }
    writes.push(Write::UpdateCase(case.clone()));
    Ok(CaseDecision {
        case,
        change: Change::of(&about.file.card, writes),
    })
}

/// Takes a case back: whoever asked, or what it is about has moved on.
pub fn withdraw(case: &Case, file: &CardFile) -> Result<CaseDecision, Code> {
    if case.state != CaseState::Open {
        return Err(Code::CaseMovedOn);
    }
    let case = Case {
        state: CaseState::Dropped,
        ..case.clone()
    };
    Ok(CaseDecision {
        change: Change::of(&file.card, vec![Write::UpdateCase(case.clone())]),
        case,
    })
}

fn had_no_part(
    case: &Case,
    about: CaseFile<'_>,
    earlier: &[Approval],
    person: &str,
) -> Result<(), Code> {
    let asked = case.operator == person;
    let created = about.record.is_some_and(|record| record.operator == person);
    let paid = about.paid.is_some_and(|paid| paid.operator == person);
    let authorised = about
        .authorisations
        .iter()
        .any(|authorisation| authorisation.operator == person);
    let approved = earlier.iter().any(|approval| approval.operator == person);
    match asked || created || paid || authorised || approved {
        true => Err(Code::SamePerson),
        false => Ok(()),
    }
}

fn carried_out(case: &Case, about: CaseFile<'_>, now: i64) -> Vec<Write> {
    match (case.question, about.record) {
        (Question::LiftStop, _) => lift_stop(case, about, now),
        (Question::RefundWithoutCard, Some(record)) => {
            let counter = match record.state {
                State::Loading { counter } => counter,
                _ => record.created_counter,
            };
            vec![
                Write::UpdateRecord(given_up(record, counter, now)),
                Write::SetStatus(CardStatus::Blacklisted),
                Write::DropNonces,
            ]
        }
        (Question::CallLoaded, Some(record)) => call_loaded(about, record, now),
        // Refused before: these questions are about a record.
        (_, None) => Vec::new(),
    }
}

/// Two persons say that a record was loaded: at the counter it was last authorised at, or, where the ledger
/// has lost that, at the one its card's log names.
fn call_loaded(about: CaseFile<'_>, record: &Record, now: i64) -> Vec<Write> {
    let authorised = about.authorisations.iter().max_by_key(|known| known.second);
    let lost = lost_load_of(record, about.rows);
    let decided = |counter, second, balance_after| Proof {
        counter,
        second,
        balance_after,
        by: ProvedBy::Decision,
    };
    let proof = match (lost, authorised) {
        (Some((row, second, balance_after)), _) => decided(row.counter, second, balance_after),
        (None, Some(known)) => Proof::of(known, ProvedBy::Decision),
        (None, None) => decided(
            record.created_counter,
            second_of(now),
            record.balance_before.saturating_add(record.amount),
        ),
    };
    vec![
        Write::UpdateRecord(Record {
            balance_before: proof.balance_after.saturating_sub(record.amount),
            ..record.turned(State::Loaded(proof))
        }),
        Write::PutBookRow(BookRow {
            card: record.card,
            counter: proof.counter,
            spender: Spender::Ours(record.id.clone()),
            said: lost.and_then(|(row, ..)| row.said),
            at: now,
        }),
    ]
}

/// The load in the card's log, by a terminal of ours, that this record's money can have paid for.
fn lost_load_of<'a>(record: &Record, rows: &'a [BookRow]) -> Option<(&'a BookRow, i64, u32)> {
    rows.iter().find_map(|row| {
        let said = row.said?;
        let Spender::Lost { balance_after, .. } = row.spender else {
            return None;
        };
        let fits = said.amount == record.amount && row.counter >= record.created_counter;
        let after = balance_after.unwrap_or(record.balance_before.saturating_add(record.amount));
        fits.then_some((row, said.second?, after))
    })
}

/// The card goes on, and what its log has of us counts as settled. Where the ledger has lost a load of its
/// open record, that record is loaded.
fn lift_stop(case: &Case, about: CaseFile<'_>, now: i64) -> Vec<Write> {
    let mut writes = vec![Write::LiftStop];
    let lost = |row: &&BookRow| matches!(row.spender, Spender::Lost { .. });
    for row in about.rows.iter().filter(lost) {
        writes.push(Write::PutBookRow(BookRow {
            spender: Spender::Decided(case.id.clone()),
            at: now,
            ..row.clone()
        }));
    }
    let open = about.file.open.as_ref();
    let waits = |record: &&Record| matches!(record.state, State::Paid | State::Loading { .. });
    if about.file.card.stopped == Some(CardStop::LostLoad)
        && let Some(record) = open.filter(waits)
        && lost_load_of(record, about.rows).is_some()
    {
        writes.extend(call_loaded(about, record, now));
    }
    writes
}
