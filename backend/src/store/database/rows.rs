//! Rows of the database as values of the ledger, and back.

use apdu_core::authority::{CardProfile, Pin};
use etc_api::Outlet;

use super::row::Row;
use crate::ledger::{Authorisation, Card, CardKind, Nonce, Proof, Purse, Record, State};
use crate::store::{Operator, Session, StoreError, StoredAnswer};

/// Form and digits of a PIN.
pub fn pin(pin: &Pin) -> (&'static str, &str) {
    match pin {
        Pin::None => ("none", ""),
        Pin::Ascii6(digits) => ("ascii6", digits),
        Pin::Bcd3(digits) => ("bcd3", digits),
    }
}

/// State, counter, proved second and balance after of a record.
pub fn state(state: &State) -> (&'static str, Option<u16>, Option<i64>, Option<u32>) {
    match *state {
        State::Created => ("created", None, None, None),
        State::Paid => ("paid", None, None, None),
        State::Loading { counter } => ("loading", Some(counter), None, None),
        State::Loaded(Proof {
            counter,
            second,
            balance_after,
        }) => ("loaded", Some(counter), Some(second), Some(balance_after)),
        State::Closed => ("closed", None, None, None),
    }
}

pub fn card(row: &Row) -> Result<Card, StoreError> {
    let pin_digits = row.text("pin")?;
    let pin = match row.text("pin_form")?.as_str() {
        "none" => Pin::None,
        "ascii6" => Pin::Ascii6(pin_digits),
        "bcd3" => Pin::Bcd3(pin_digits),
        _ => return Err(StoreError::corrupt("pin_form")),
    };
    let kind = CardKind::of_number(row.number("kind")?);
    Ok(Card {
        number: row.parsed("number")?,
        kind: kind.ok_or_else(|| StoreError::corrupt("kind"))?,
        version: row.number("version")?,
        start: row.date("start")?,
        expiry: row.date("expiry")?,
        plate: row.text("plate")?,
        plate_colour: row.number("plate_colour")?,
        vehicle_class: row.number("vehicle_class")?,
        status: row.word("status")?,
        profile: CardProfile {
            pin,
            issue_file_length: row.number("issue_file_length")?,
            proof_counter: row.word("proof_counter")?,
        },
        purse: Purse {
            key_index: row.number("key_index")?,
            refuses_one_fen: row.flag("refuses_one_fen")?,
            refuses_odd_terminals: row.flag("refuses_odd_terminals")?,
        },
        proved_counter: row.number("proved_counter")?,
        revision: row.number("revision")?,
    })
}

pub fn record(row: &Row) -> Result<Record, StoreError> {
    let state = match row.text("state")?.as_str() {
        "created" => State::Created,
        "paid" => State::Paid,
        "loading" => State::Loading {
            counter: row.number("counter")?,
        },
        "loaded" => State::Loaded(Proof {
            counter: row.number("counter")?,
            second: row.moment("proved_second")?,
            balance_after: row.number("balance_after")?,
        }),
        "closed" => State::Closed,
        _ => return Err(StoreError::corrupt("state")),
    };
    Ok(Record {
        id: row.text("id")?,
        card: row.parsed("card")?,
        amount: row.number("amount")?,
        state,
        created_counter: row.number("created_counter")?,
        balance_before: row.number("balance_before")?,
        created_at: row.moment("created_at")?,
        outlet: row.text("outlet")?,
        operator: row.text("operator")?,
        version: row.moment("version")?,
    })
}

pub fn nonce(row: &Row) -> Result<Nonce, StoreError> {
    Ok(Nonce {
        card: row.parsed("card")?,
        terminal: row.bytes("terminal")?,
        kind: row.word("kind")?,
        issued_at: row.moment("issued_at")?,
    })
}

pub fn authorisation(row: &Row) -> Result<Authorisation, StoreError> {
    Ok(Authorisation {
        record: row.text("recharge")?,
        card: row.parsed("card")?,
        counter: row.number("counter")?,
        balance: row.number("balance")?,
        random: row.bytes("random")?,
        amount: row.number("amount")?,
        terminal: row.bytes("terminal")?,
        second: row.moment("second")?,
        operator: row.text("operator")?,
    })
}

pub fn answer(row: &Row) -> Result<StoredAnswer, StoreError> {
    Ok(StoredAnswer {
        key: row.text("key")?,
        operator: row.text("operator")?,
        route: row.text("route")?,
        body: row.hash("body")?,
        answer: row.text("answer")?,
    })
}

pub fn outlet(row: &Row) -> Result<Outlet, StoreError> {
    Ok(Outlet {
        code: row.text("code")?,
        name: row.text("name")?,
        kind: row.word("kind")?,
    })
}

/// The second of a card's latest authorisation; missing where there is none.
pub fn latest(row: &Row) -> Result<Option<i64>, StoreError> {
    row.maybe("latest")
}

/// The database's clock.
pub fn ms(row: &Row) -> Result<i64, StoreError> {
    row.moment("ms")
}

/// Nothing of the row: that it is there says enough.
pub fn there(_: &Row) -> Result<(), StoreError> {
    Ok(())
}

pub fn terminal(row: &Row) -> Result<[u8; 6], StoreError> {
    row.bytes("number")
}

pub fn operator(row: &Row) -> Result<Operator, StoreError> {
    Ok(Operator {
        name: row.text("name")?,
        display_name: row.text("display_name")?,
        role: row.word("role")?,
        outlet: row.text("outlet")?,
        password: row.text("password")?,
    })
}

pub fn session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        token: row.hash("token")?,
        operator: row.text("operator")?,
        terminal: row.bytes("terminal")?,
        opened_at: row.moment("opened_at")?,
        seen_at: row.moment("seen_at")?,
    })
}
