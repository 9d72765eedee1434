//! Rows of the database as values of the ledger, and back.

use std::str::FromStr;

use apdu_core::authority::{CardProfile, Pin};
use apdu_core::bcd::{Date, packed};
use apdu_core::hex::{Fixed, encode};
use etc_api::Outlet;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::ledger::{Authorisation, Card, CardKind, Nonce, Proof, Purse, Record, State};
use crate::store::{Operator, Session, StoreError, StoredAnswer};
use crate::words::Word;

/// A column that holds what the backend wrote there, or an error that names it.
struct Columns<'a>(&'a SqliteRow);

impl Columns<'_> {
    fn text(&self, column: &str) -> Result<String, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    fn parsed<T: FromStr>(&self, column: &str) -> Result<T, StoreError> {
        self.text(column)?
            .parse()
            .map_err(|_| StoreError::corrupt(column))
    }

    fn word<T: Word>(&self, column: &str) -> Result<T, StoreError> {
        T::of_word(&self.text(column)?).ok_or_else(|| StoreError::corrupt(column))
    }

    fn bytes<const N: usize>(&self, column: &str) -> Result<[u8; N], StoreError> {
        let Fixed(bytes) = self.parsed(column)?;
        Ok(bytes)
    }

    fn date(&self, column: &str) -> Result<Date, StoreError> {
        packed(&self.text(column)?)
            .map(Date)
            .map_err(|_| StoreError::corrupt(column))
    }

    fn moment(&self, column: &str) -> Result<i64, StoreError> {
        Ok(self.0.try_get(column)?)
    }

    fn number<T: TryFrom<i64>>(&self, column: &str) -> Result<T, StoreError> {
        T::try_from(self.moment(column)?).map_err(|_| StoreError::corrupt(column))
    }

    fn hash(&self, column: &str) -> Result<[u8; 32], StoreError> {
        let bytes: Vec<u8> = self.0.try_get(column)?;
        bytes.try_into().map_err(|_| StoreError::corrupt(column))
    }
}

/// A date as its eight digits.
pub fn digits(Date(date): Date) -> String {
    encode(&date)
}

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

pub fn card(row: &SqliteRow) -> Result<Card, StoreError> {
    let row = Columns(row);
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
            refuses_one_fen: row.moment("refuses_one_fen")? != 0,
            refuses_odd_terminals: row.moment("refuses_odd_terminals")? != 0,
        },
        proved_counter: row.number("proved_counter")?,
        revision: row.number("revision")?,
    })
}

pub fn record(row: &SqliteRow) -> Result<Record, StoreError> {
    let row = Columns(row);
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

pub fn nonce(row: &SqliteRow) -> Result<Nonce, StoreError> {
    let row = Columns(row);
    Ok(Nonce {
        card: row.parsed("card")?,
        terminal: row.bytes("terminal")?,
        kind: row.word("kind")?,
        issued_at: row.moment("issued_at")?,
    })
}

pub fn authorisation(row: &SqliteRow) -> Result<Authorisation, StoreError> {
    let row = Columns(row);
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

pub fn answer(row: &SqliteRow) -> Result<StoredAnswer, StoreError> {
    let row = Columns(row);
    Ok(StoredAnswer {
        key: row.text("key")?,
        operator: row.text("operator")?,
        route: row.text("route")?,
        body: row.hash("body")?,
        answer: row.text("answer")?,
    })
}

pub fn outlet(row: &SqliteRow) -> Result<Outlet, StoreError> {
    let row = Columns(row);
    Ok(Outlet {
        code: row.text("code")?,
        name: row.text("name")?,
        kind: row.word("kind")?,
    })
}

pub fn terminal(row: &SqliteRow) -> Result<[u8; 6], StoreError> {
    Columns(row).bytes("number")
}

pub fn operator(row: &SqliteRow) -> Result<Operator, StoreError> {
    let row = Columns(row);
    Ok(Operator {
        name: row.text("name")?,
        display_name: row.text("display_name")?,
        role: row.word("role")?,
        outlet: row.text("outlet")?,
        password: row.text("password")?,
    })
}

pub fn session(row: &SqliteRow) -> Result<Session, StoreError> {
    let row = Columns(row);
    Ok(Session {
        token: row.hash("token")?,
        operator: row.text("operator")?,
        terminal: row.bytes("terminal")?,
        opened_at: row.moment("opened_at")?,
        seen_at: row.moment("seen_at")?,
    })
}
