//! Preflight and the opening of a record: what would fail after payment fails before it.

use apdu_core::authority::{InitForLoad, RecordId};
use apdu_core::calendar::today;
use apdu_core::fault::Code;
use apdu_core::hex::Fixed;

use super::limits::{LARGEST_AMOUNT, LARGEST_BALANCE, LAST_COUNTER, PREFLIGHT_AMOUNT};
use super::records::{
    Asker, Card, CardFile, CardKind, Change, Decision, Nonce, NonceKind, Record, State,
    VerifiedInit, Write,
};

/// Whether a load may begin on this card, as far as it is known without the card's proof.
pub fn may_begin(file: &CardFile, asker: &Asker<'_>, now: i64) -> Result<(), Code> {
    admit(&file.card, asker, now)?;
    if file.open.is_some() {
        return Err(Code::OpenRecord);
    }
    if file.card.proved_counter == LAST_COUNTER {
        return Err(Code::CounterEnd);
    }
    Ok(())
}

/// Gives out a preflight number for a card on which a load [`may_begin`]: the INIT the page is to
/// make with it, and the write that keeps it.
///
/// `draw` gives random bytes. A card that takes registered terminals only gets the PC's, which
/// proves card, keys and PIN all the same, but not that the answer is fresh.
pub fn preflight(
    card: &Card,
    asker: &Asker<'_>,
    draw: impl FnMut() -> u8,
    now: i64,
) -> (InitForLoad, Change) {
    let terminal = if card.purse.refuses_odd_terminals {
        asker.terminal
    } else {
        nonce_terminal(draw)
    };
    let init = InitForLoad {
        key_index: card.purse.key_index,
        amount: (!card.purse.refuses_one_fen).then_some(PREFLIGHT_AMOUNT),
        terminal: Fixed(terminal),
    };
    let nonce = Nonce {
        card: card.number,
        terminal,
        kind: NonceKind::Preflight,
        issued_at: now,
    };
    (init, Change::of(card, vec![Write::PutNonce(nonce)]))
}

/// First byte of every nonce; no terminal is registered with a first byte of [`FIRST_RESERVED`] or
/// above.
const NONCE: u8 = 0xFE;

/// Terminal numbers from this first byte on are the backend's own.
pub const FIRST_RESERVED: u8 = 0xF0;

/// A terminal number that nobody has: the reserved first byte, then five random bytes none of which
/// is a pair of decimal digits.
fn nonce_terminal(draw: impl FnMut() -> u8) -> [u8; 6] {
    let mut terminal = [NONCE; 6];
    let no_digits = |byte: &u8| byte >> 4 > 9 || byte & 0x0F > 9;
    let random = std::iter::repeat_with(draw).filter(no_digits);
    for (byte, random) in terminal[1..].iter_mut().zip(random) {
        *byte = random;
    }
    terminal
}

/// What the INIT that proves a new record must have been made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Amount of the record, in fen.
    pub amount: u32,
    /// Amount of the preflight INIT, in fen.
    pub init_amount: u32,
    /// Terminal number of the preflight INIT.
    pub terminal: [u8; 6],
}

/// Everything that can be refused before the card's proof is looked at.
pub fn terms(file: &CardFile, amount: i64, asker: &Asker<'_>, now: i64) -> Result<Terms, Code> {
    admit(&file.card, asker, now)?;
    let amount = allowed(amount)?;
    if file.open.is_some() {
        return Err(Code::OpenRecord);
    }
    let nonce = file.nonce.as_ref().filter(|nonce| nonce.is_alive(now));
    let nonce = nonce.ok_or(Code::NonceExpired)?;
    let NonceKind::Preflight = nonce.kind;
    Ok(Terms {
        amount,
        init_amount: if file.card.purse.refuses_one_fen {
            amount
        } else {
            PREFLIGHT_AMOUNT
        },
        terminal: nonce.terminal,
    })
}

/// Opens a record on a card that proved itself with `init`. Other unpaid records of the card close.
pub fn create(
    file: &CardFile,
    terms: &Terms,
    init: &VerifiedInit,
    id: RecordId,
    asker: &Asker<'_>,
    now: i64,
) -> Result<Decision, Code> {
    current(&file.card, init)?;
    if init.counter == LAST_COUNTER {
        return Err(Code::CounterEnd);
    }
    fits(init, terms.amount)?;
    let record = Record {
        id,
        card: file.card.number,
        amount: terms.amount,
        state: State::Created,
        created_counter: init.counter,
        balance_before: init.balance,
        created_at: now,
        outlet: asker.outlet.to_owned(),
        operator: asker.operator.to_owned(),
        version: 0,
    };
    let mut writes = vec![Write::DropNonces, Write::ProveCounter(init.counter)];
    for other in &file.created {
        let state = State::Closed;
        writes.push(Write::UpdateRecord(Record {
            state,
            ..other.clone()
        }));
    }
    writes.push(Write::InsertRecord(record.clone()));
    Ok(Decision {
        record,
        change: Change::of(&file.card, writes),
    })
}

/// The counter of a verified INIT is one the card can still stand at. Below what is proved it is a
/// recording, or a copy of the card.
pub(super) fn current(card: &Card, init: &VerifiedInit) -> Result<(), Code> {
    if init.counter < card.proved_counter {
        return Err(Code::OldCounter);
    }
    Ok(())
}

/// The card may hold the amount on top of its balance.
pub(super) fn fits(init: &VerifiedInit, amount: u32) -> Result<(), Code> {
    match init.balance.checked_add(amount) {
        Some(after) if after <= LARGEST_BALANCE => Ok(()),
        _ => Err(Code::BalanceTooHigh),
    }
}

fn admit(card: &Card, asker: &Asker<'_>, now: i64) -> Result<(), Code> {
    if !asker.own {
        return Err(Code::NotAnOwnOutlet);
    }
    if let Some(refusal) = card.status.refusal() {
        return Err(refusal);
    }
    if card.kind == CardKind::Credit {
        return Err(Code::CreditCard);
    }
    if today(now) > card.expiry {
        return Err(Code::CardExpired);
    }
    if today(now) < card.start {
        return Err(Code::CardNotYetActive);
    }
    Ok(())
}

fn allowed(amount: i64) -> Result<u32, Code> {
    match u32::try_from(amount) {
        Ok(fen @ 1..=LARGEST_AMOUNT) => Ok(fen),
        _ => Err(Code::AmountNotAllowed),
    }
}
