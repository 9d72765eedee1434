//! Preflight and the opening of a record: what would fail after payment fails before it.

use apdu_core::authority::{InitForLoad, RecordId};
use apdu_core::calendar::today;
use apdu_core::fault::Code;
use apdu_core::hex::Fixed;

use super::card::{
    Asker, Card, CardFile, CardKind, CardStop, Nonce, NonceKind, Seen, VerifiedInit,
};
use super::change::{Change, Decision, Denied, Write};
use super::limits::{LARGEST_AMOUNT, LARGEST_BALANCE, LAST_COUNTER, PREFLIGHT_AMOUNT};
use super::record::{Record, State};

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

/// Whether a terminal number is a nonce of ours, and so good for one INIT only.
pub fn is_nonce(terminal: [u8; 6]) -> bool {
    terminal[0] == NONCE
}

/// First byte of every nonce; no terminal is registered with a first byte of [`FIRST_RESERVED`] or
/// above.
const NONCE: u8 = 0xFE;

/// Terminal numbers from this first byte on are the backend's own.
pub const FIRST_RESERVED: u8 = 0xF0;

/// A terminal number that nobody has: the reserved first byte, then five random bytes none of which
/// is a pair of decimal digits.
pub(super) fn nonce_terminal(draw: impl FnMut() -> u8) -> [u8; 6] {
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
    asker.day.allow(amount)?;
    if file.open.is_some() {
        return Err(Code::OpenRecord);
    }
    let terminal = live_nonce(file, &NonceKind::Preflight, now)?;
    Ok(Terms {
        amount,
        init_amount: if file.card.purse.refuses_one_fen {
            amount
        } else {
            PREFLIGHT_AMOUNT
        },
        terminal,
    })
}

/// The terminal number of the card's nonce of this kind, while it is alive.
pub(super) fn live_nonce(file: &CardFile, kind: &NonceKind, now: i64) -> Result<[u8; 6], Code> {
    let alive = |nonce: &&Nonce| nonce.kind == *kind && nonce.is_alive(now);
    let nonce = file.nonce.as_ref().filter(alive);
    nonce.map(|nonce| nonce.terminal).ok_or(Code::NonceExpired)
}

/// Opens a record on a card that proved itself with `init`. Other unpaid records of the card close.
pub fn create(
    file: &CardFile,
    terms: &Terms,
    init: &VerifiedInit,
    id: RecordId,
    asker: &Asker<'_>,
    now: i64,
) -> Result<Decision, Denied> {
    current(&file.card, init)?;
    if init.counter == LAST_COUNTER {
        return Err(Code::CounterEnd.into());
    }
    fits(init, terms.amount)?;
    explained(&file.card, init)?;
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
    let mut writes = vec![Write::DropNonces];
    for other in &file.created {
        writes.push(Write::UpdateRecord(other.turned(State::Closed)));
    }
    writes.push(Write::InsertRecord(record.clone()));
    writes.push(Write::CountOpening {
        operator: asker.operator.to_owned(),
        openings: asker.day.openings,
    });
    Ok(Decision {
        record,
        change: Change::of(&file.card, writes),
    })
}

/// What every verified INIT tells about its card, whatever comes of the request.
pub fn learned(card: &Card, init: &VerifiedInit) -> Vec<Write> {
    let mut writes = vec![Write::ProveCounter(init.counter), Write::SawInit(*init)];
    if init.seen == Seen::Repeated && !card.weak_random {
        writes.push(Write::MarkWeakRandom);
    }
    writes
}

/// The counter of a verified INIT is one the card can still stand at. Below what is proved it is old
/// news; shown freshly, it is a copy of the card, or this ledger has lost something.
pub fn current(card: &Card, init: &VerifiedInit) -> Result<(), Denied> {
    if init.counter >= card.proved_counter {
        return Ok(());
    }
    let stop = Write::StopCard(CardStop::OldCounter);
    Err(Denied {
        code: Code::OldCounter,
        writes: init.fresh.then_some(stop).into_iter().collect(),
    })
}

/// The counter book explains the card up to where it stands.
pub(super) fn explained(card: &Card, init: &VerifiedInit) -> Result<(), Code> {
    match card.book {
        Some(book) if book == init.counter => Ok(()),
        _ => Err(Code::BookOpen),
    }
}

/// The card may hold the amount on top of its balance.
pub(super) fn fits(init: &VerifiedInit, amount: u32) -> Result<(), Code> {
    match init.balance.checked_add(amount) {
        Some(after) if after <= LARGEST_BALANCE => Ok(()),
        _ => Err(Code::BalanceTooHigh),
    }
}

/// Whether anything is authorised on this card at all.
pub(super) fn goes_on(card: &Card) -> Result<(), Code> {
    match (card.stopped, card.refusal()) {
        (Some(_), _) => Err(Code::CardStopped),
        (None, Some(refusal)) => Err(refusal),
        (None, None) => Ok(()),
    }
}

fn admit(card: &Card, asker: &Asker<'_>, now: i64) -> Result<(), Code> {
    if !asker.own {
        return Err(Code::NotAnOwnOutlet);
    }
    goes_on(card)?;
    asker.switches.allow(card, asker)?;
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
