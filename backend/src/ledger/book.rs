//! The counter book: for every value of a card's online counter, who spent it.
//!
//! It is what finds a load this ledger does not know: after a backup was restored, from a copy of a
//! card, with a MAC2 that leaked. A row is closed by what verifies; what the card's log merely says
//! is kept as what was said.

use apdu_core::authority::RecordId;
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;

use super::card::{Card, CardFile, CardStop, VerifiedInit};
use super::change::{Change, Denied, Write};
use super::create::current;
use super::record::{Authorisation, Proof, ProvedBy, Record, State};
use super::settle::{Settled, settled};

/// Who spent one value of a card's online counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookRow {
    /// Of which card.
    pub card: CardNumber,
    /// The value.
    pub counter: u16,
    /// Who.
    pub spender: Spender,
    /// What the card's log says about it, where it was read.
    pub said: Option<LogEntry>,
    /// When the row was written, ms UTC.
    pub at: i64,
}

/// Who spent a counter value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spender {
    /// A CREDIT of ours, for this record.
    Ours(RecordId),
    /// Another system: a TAC verifies over a log entry with a terminal that is none of ours.
    Foreign,
    /// A terminal of ours, says the log, in a load this ledger does not know.
    Lost {
        /// A TAC verifies over the entry.
        proved: bool,
        /// 充值后金额 where it is proved, in fen.
        balance_after: Option<u32>,
    },
    /// Nobody knows. A row of the daily report.
    Unknown,
    /// Nobody knew, and two persons have settled it: in this case.
    Decided(String),
}

impl Spender {
    /// Whether the value is explained.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Ours(_) | Self::Foreign | Self::Decided(_))
    }
}

/// A load in the card's log 0018.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// The counter it spent.
    pub counter: u16,
    /// Amount in fen.
    pub amount: u32,
    /// Terminal number.
    pub terminal: [u8; 6],
    /// Date and time of the CREDIT as the second (UTC) they mean in Asia/Shanghai. Missing where they
    /// are no date or time.
    pub second: Option<i64>,
    /// Whether the terminal is one of ours.
    pub ours: bool,
    /// What the load left on the card in fen, where a TAC verifies over this entry.
    pub proved_balance: Option<u32>,
}

impl LogEntry {
    fn is_of(&self, authorisation: &Authorisation) -> bool {
        let said = (self.counter, self.amount, self.terminal, self.second);
        let known = (
            authorisation.counter,
            authorisation.amount,
            authorisation.terminal,
            Some(authorisation.second),
        );
        said == known
    }
}

/// What is known beside a card's account of itself.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The loads in its log.
    pub log: &'a [LogEntry],
    /// All authorisations of this card at counters that the log or the gap is about.
    pub authorisations: &'a [Authorisation],
    /// The records of those authorisations.
    pub records: &'a [Record],
    /// The rows the book has for those counters.
    pub rows: &'a [BookRow],
}

/// What an account leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounting {
    /// The record it settled.
    pub settled: Option<Record>,
    /// The card's open record afterwards.
    pub open: Option<Record>,
    /// Why the task cannot go on, if so; the change is written all the same.
    pub alarm: Option<Code>,
    /// What to write.
    pub change: Change,
}

/// Whether a card's account is taken in: it shows a counter the card can stand at.
pub fn may_account(card: &Card, init: &VerifiedInit) -> Result<(), Denied> {
    current(card, init)
}

/// Closes the book up to the counter a verified INIT shows, and settles what it explains.
pub fn account(file: &CardFile, init: &VerifiedInit, known: Known<'_>, now: i64) -> Accounting {
    let card = &file.card;
    let mut writes = Vec::new();
    let mut settles = Settled::default();
    let mut lost = false;

    for counter in counters(file, init, known) {
        let kept = known.rows.iter().find(|row| row.counter == counter);
        let said = known.log.iter().find(|entry| entry.counter == counter);
        let spender = spender(said, known.authorisations);
        if let Some(kept) = kept.filter(|row| row.spender.is_known()) {
            // What two persons said of a counter, the card's log disproves; nothing else that is known.
            let of_another = matches!(&spender, Spender::Ours(_)) && spender != kept.spender;
            if !(of_another && only_decided(kept, known.records)) {
                continue;
            }
        }
        if let (Spender::Ours(id), Some(entry)) = (&spender, said) {
            settles.absorb(settle_by_log(file, known, id, entry));
        }
        let new_loss = matches!(spender, Spender::Lost { .. });
        lost |= new_loss && !kept.is_some_and(|row| matches!(row.spender, Spender::Lost { .. }));
        let row = BookRow {
            card: card.number,
            counter,
            spender,
            said: said.copied().or(kept.and_then(|row| row.said)),
            at: now,
        };
        if kept.is_none_or(|kept| (&kept.spender, &kept.said) != (&row.spender, &row.said)) {
            writes.push(Write::PutBookRow(row));
        }
    }
    if card.book.is_none_or(|book| book < init.counter) {
        writes.push(Write::CloseBook(init.counter));
    }
    if lost {
        writes.push(Write::StopCard(CardStop::LostLoad));
    }

    let (settled, mut open) = settles.outcome(file.open.as_ref());
    if let Some(freed) = freed_by_another_system(open.as_ref(), known, &writes) {
        settles.updates.push(freed.clone());
        open = Some(freed);
    }
    writes.extend(settles.updates.into_iter().map(Write::UpdateRecord));
    let alarm = alarm(open.as_ref(), init, lost || card.stopped.is_some());
    Accounting {
        settled,
        open,
        alarm,
        change: Change::of(card, writes),
    }
}

/// The counter values the account is asked about: from where the book ends, or on first sight what the
/// log has of us, up to where the card stands; and what nobody has explained so far.
fn counters(file: &CardFile, init: &VerifiedInit, known: Known<'_>) -> Vec<u16> {
    let mut counters = file.unexplained.clone();
    match file.card.book {
        Some(book) => counters.extend(book..init.counter),
        // The card had a life before this ledger: only what bears a terminal of ours is our business.
        None => counters.extend(
            known
                .log
                .iter()
                .filter(|entry| entry.ours && entry.counter < init.counter)
                .map(|entry| entry.counter),
        ),
    }
    if let Some((_, counter)) = file.loading() {
        counters.extend((counter < init.counter).then_some(counter));
    }
    counters.sort_unstable();
    counters.dedup();
    counters
}

fn spender(said: Option<&LogEntry>, authorisations: &[Authorisation]) -> Spender {
    let Some(entry) = said else {
        return Spender::Unknown;
    };
    let authorisation = authorisations.iter().find(|known| entry.is_of(known));
    match (authorisation, entry.ours, entry.proved_balance) {
        (Some(authorisation), _, _) => Spender::Ours(authorisation.record.clone()),
        (None, true, proved) => Spender::Lost {
            proved: proved.is_some(),
            balance_after: proved,
        },
        (None, false, Some(_)) => Spender::Foreign,
        (None, false, None) => Spender::Unknown,
    }
}

/// Whether nothing but a decision says whose load this row is.
fn only_decided(row: &BookRow, records: &[Record]) -> bool {
    let Spender::Ours(id) = &row.spender else {
        return false;
    };
    let record = records.iter().find(|record| record.id == *id);
    let proof = record.and_then(Record::proof);
    proof.is_some_and(|proof| proof.by == ProvedBy::Decision && proof.counter == row.counter)
}

/// The log names an authorisation of ours at a counter the card has left: its record is loaded.
fn settle_by_log(file: &CardFile, known: Known<'_>, id: &str, entry: &LogEntry) -> Settled {
    let authorisation = known.authorisations.iter().find(|known| entry.is_of(known));
    let record = known.records.iter().find(|record| record.id == id);
    let (Some(authorisation), Some(record)) = (authorisation, record) else {
        return Settled::default();
    };
    let by = match entry.proved_balance {
        Some(_) => ProvedBy::Tac,
        None => ProvedBy::CounterAndLog,
    };
    settled(
        record,
        Proof::of(authorisation, by),
        file.open.as_ref(),
        known.records,
    )
}

/// A torn record whose counter another system has spent was not written: it is *paid* again.
fn freed_by_another_system(
    open: Option<&Record>,
    known: Known<'_>,
    writes: &[Write],
) -> Option<Record> {
    let open = open?;
    let State::Loading { counter } = open.state else {
        return None;
    };
    let foreign = |row: &BookRow| row.counter == counter && row.spender == Spender::Foreign;
    let written = writes
        .iter()
        .any(|write| matches!(write, Write::PutBookRow(row) if foreign(row)));
    (written || known.rows.iter().any(foreign)).then(|| open.turned(State::Paid))
}

/// What keeps the task from going on after the account was written.
fn alarm(open: Option<&Record>, init: &VerifiedInit, stopped: bool) -> Option<Code> {
    if stopped {
        return Some(Code::CardStopped);
    }
    match open?.state {
        State::Loading { counter } if counter != init.counter => Some(Code::OnSupervisorList),
        _ => None,
    }
}
