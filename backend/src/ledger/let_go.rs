//! Letting a torn load go: the card proves that no CREDIT of it was accepted, and that none can be.
//!
//! A MAC1 by itself may be a recording. So the backend names a terminal number that nobody could have
//! known before, and the card answers with a random it has never shown: then the INIT was made now, the
//! card's pending load is replaced, and no MAC2 given out before fits any more.

use apdu_core::authority::InitForLoad;
use apdu_core::fault::Code;
use apdu_core::hex::Fixed;

use super::card::{Card, CardFile, CardStop, Nonce, NonceKind, Seen, VerifiedInit};
use super::change::{Change, Decision, Denied, Write};
use super::create::{current, live_nonce, nonce_terminal};
use super::limits::{LET_GO_OFFERS, PREFLIGHT_AMOUNT};
use super::record::{Record, State};

/// Gives out the INIT that a let-go is proved with.
pub fn offer_let_go(
    file: &CardFile,
    record: &Record,
    draw: impl FnMut() -> u8,
    now: i64,
) -> Result<(InitForLoad, Change), Code> {
    let counter = torn(record)?;
    able(&file.card)?;
    if file.let_go_offers >= LET_GO_OFFERS {
        return Err(Code::TooManyLetGo);
    }
    let init = InitForLoad {
        key_index: file.card.purse.key_index,
        amount: Some(amount(&file.card, record)),
        terminal: Fixed(nonce_terminal(draw)),
    };
    let nonce = Nonce {
        card: file.card.number,
        terminal: init.terminal.0,
        kind: kind(file, record),
        issued_at: now,
    };
    let writes = vec![Write::PutNonce(nonce), Write::CountLetGoOffer(counter)];
    Ok((init, Change::of(&file.card, writes)))
}

/// The amount and the terminal number the proof must have been made with.
pub fn let_go_terms(file: &CardFile, record: &Record, now: i64) -> Result<(u32, [u8; 6]), Code> {
    torn(record)?;
    able(&file.card)?;
    let terminal = live_nonce(file, &kind(file, record), now)?;
    Ok((amount(&file.card, record), terminal))
}

/// Puts a torn record back to *paid*. `balance` is the one its latest authorisation was given for.
pub fn let_go(
    file: &CardFile,
    record: &Record,
    balance: u32,
    init: &VerifiedInit,
) -> Result<Decision, Denied> {
    let counter = torn(record)?;
    current(&file.card, init)?;
    if init.counter != counter {
        return Err(Code::CounterMoved.into());
    }
    if init.balance > balance {
        // Without a load a balance only falls.
        return Err(Denied {
            code: Code::CardStopped,
            writes: vec![Write::StopCard(CardStop::BalanceRose)],
        });
    }
    match init.seen {
        Seen::Never => {}
        // Refused once, and handed in again: it takes a new one.
        Seen::Same => return Err(Code::NonceExpired.into()),
        // That the card repeats itself is written with every INIT.
        Seen::Repeated => return Err(Code::WeakRandom.into()),
    }
    let record = record.turned(State::Paid);
    let writes = vec![Write::UpdateRecord(record.clone()), Write::DropNonces];
    Ok(Decision {
        record,
        change: Change::of(&file.card, writes),
    })
}

/// Bound to the record and to its latest authorisation: any further one makes it another kind.
fn kind(file: &CardFile, record: &Record) -> NonceKind {
    NonceKind::LetGo {
        record: record.id.clone(),
        // A torn record has been authorised.
        second: file.latest_second.unwrap_or_default(),
    }
}

/// 1 fen, or the record's amount where the purse refuses that: what was authorised for it was authorised
/// for another terminal, so that it does not fit this INIT either way.
fn amount(card: &Card, record: &Record) -> u32 {
    match card.purse.refuses_one_fen {
        true => record.amount,
        false => PREFLIGHT_AMOUNT,
    }
}

fn able(card: &Card) -> Result<(), Code> {
    match card.stopped {
        Some(_) => Err(Code::CardStopped),
        None if card.weak_random => Err(Code::WeakRandom),
        // Without a terminal number of our own making an answer may be a recording.
        None if card.purse.refuses_odd_terminals => Err(Code::NoLetGo),
        None => Ok(()),
    }
}

fn torn(record: &Record) -> Result<u16, Code> {
    match record.state {
        State::Loading { counter } => Ok(counter),
        State::Created => Err(Code::NotPaid),
        State::Paid => Err(Code::NotTorn),
        State::Loaded(_) => Err(Code::AlreadyLoaded),
        State::Closed => Err(Code::RecordClosed),
        State::Refunding(_) => Err(Code::RefundUnderWay),
        State::Refunded(_) => Err(Code::AlreadyRefunded),
        State::Conflict(_) => Err(Code::InConflict),
    }
}
