//! Rows of the database as values of the ledger, and back.

use apdu_core::authority::{CardProfile, Pin};
use apdu_core::obu::TagProfile;
use etc_api::{Outlet, Takings};

use super::row::Row;
use super::tag_rows;
use crate::audit::{Line, Sealed};
use crate::ledger::limits::Day;
use crate::ledger::{
    Approval, Authorisation, BookRow, Card, CardKind, CardModel, CardStock, Case, HolderMark,
    LogEntry, Means, MoneyBack, Nonce, NonceKind, PaymentTaken, PosSlip, Proof, Purse, Record,
    Refund, RefundFrom, Scope, Spender, State, Switch, Tag, VehicleCipher,
};
use crate::store::{Counted, DrawerRow, Operator, Session, StoreError, StoredAnswer};

/// Form and digits of a PIN.
pub fn pin(pin: &Pin) -> (&'static str, &str) {
    match pin {
        Pin::None => ("none", ""),
        Pin::Ascii6(digits) => ("ascii6", digits),
        Pin::Bcd3(digits) => ("bcd3", digits),
    }
}

/// A state as it lies in the columns of a record.
pub struct StateColumns {
    pub word: &'static str,
    /// The counter authorised at, or the one of the proof.
    pub counter: Option<u16>,
    pub proof: Option<Proof>,
    pub refund: Option<Refund>,
}

impl StateColumns {
    pub fn of(state: &State) -> Self {
        let (word, counter, proof, refund) = match *state {
            State::Created => ("created", None, None, None),
            State::Paid => ("paid", None, None, None),
            State::Loading { counter } => ("loading", Some(counter), None, None),
            State::Loaded(proof) => ("loaded", None, Some(proof), None),
            State::Closed => ("closed", None, None, None),
            State::Refunding(refund) => ("refunding", None, refund.proved, Some(refund)),
            State::Refunded(refund) => ("refunded", None, refund.proved, Some(refund)),
            State::Conflict(proof) => ("conflict", None, Some(proof), None),
        };
        Self {
            word,
            counter: counter.or(proof.map(|proof| proof.counter)),
            proof,
            refund,
        }
    }

    /// The counter a refund's record was loading at; missing where it was paid.
    pub fn refund_counter(&self) -> Option<u16> {
        match self.refund?.from {
            RefundFrom::Paid => None,
            RefundFrom::Loading { counter } => Some(counter),
        }
    }
}

fn proof(row: &Row) -> Result<Option<Proof>, StoreError> {
    let Some(second) = row.maybe("proved_second")? else {
        return Ok(None);
    };
    Ok(Some(Proof {
        counter: row.number("counter")?,
        second,
        balance_after: row.number("balance_after")?,
        by: row.word("proved_by")?,
    }))
}

fn refund(row: &Row) -> Result<Refund, StoreError> {
    let from = row.maybe_number("refund_counter")?;
    Ok(Refund {
        from: from.map_or(RefundFrom::Paid, |counter| RefundFrom::Loading { counter }),
        not_before: row.moment("refund_not_before")?,
        sent_at: row.maybe("refund_sent_at")?,
        proved: proof(row)?,
    })
}

pub fn card(row: &Row) -> Result<Card, StoreError> {
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
        profile: profile(row)?,
        purse: Purse {
            key_index: row.number("key_index")?,
            refuses_one_fen: row.flag("refuses_one_fen")?,
            refuses_odd_terminals: row.flag("refuses_odd_terminals")?,
        },
        stock: CardStock {
            is_issued: row.flag("is_issued")?,
            outlet: row.maybe_text("outlet")?,
            issuer: row.bytes("issuer")?,
            user_type: row.number("user_type")?,
            fill: row.word("holder_fill")?,
            validity_years: row.number("validity_years")?,
            signatures: row.number("signatures")?,
            allowed: row.number("signatures_allowed")?,
            issue: row.maybe_text("issue")?,
            holder: match row.maybe_text("holder_mark")? {
                Some(_) => Some(HolderMark(row.bytes("holder_mark")?)),
                None => None,
            },
        },
        proved_counter: row.number("proved_counter")?,
        book: row.maybe_number("book")?,
        weak_random: row.flag("weak_random")?,
        stopped: row.maybe_word("stopped")?,
        revision: row.number("revision")?,
    })
}

fn profile(row: &Row) -> Result<CardProfile, StoreError> {
    let digits = row.text("pin")?;
    Ok(CardProfile {
        pin: match row.text("pin_form")?.as_str() {
            "none" => Pin::None,
            "ascii6" => Pin::Ascii6(digits),
            "bcd3" => Pin::Bcd3(digits),
            _ => return Err(StoreError::corrupt("pin_form")),
        },
        issue_file_length: row.number("issue_file_length")?,
        proof_counter: row.word("proof_counter")?,
    })
}

pub fn card_model(row: &Row) -> Result<CardModel, StoreError> {
    Ok(CardModel {
        issuer: row.bytes("issuer")?,
        version: row.number("version")?,
        profile: profile(row)?,
        key_index: row.number("key_index")?,
        refuses_one_fen: row.flag("refuses_one_fen")?,
        fill: row.word("holder_fill")?,
        validity_years: row.number("validity_years")?,
    })
}

pub fn tag(row: &Row) -> Result<Tag, StoreError> {
    Ok(Tag {
        serial: row.parsed("serial")?,
        sn: row.text("sn")?,
        issuer: row.bytes("issuer")?,
        version: row.number("version")?,
        status: row.word("status")?,
        issued: tag_rows::issued(row)?,
        profile: TagProfile {
            vehicle_length: row.number("vehicle_length")?,
            truck_unit: row.word("truck_unit")?,
            des_key: row.number("des_key")?,
            sm4_key: row.maybe_number("sm4_key")?,
        },
        cipher: VehicleCipher {
            chaining: row.word("chaining")?,
            random_returns: row.flag("random_returns")?,
        },
        writing: tag_rows::writing(row)?,
        outlet: row.maybe_text("outlet")?,
        signed: tag_rows::signed(row)?,
        revision: row.moment("revision")?,
    })
}

/// A card that stands still, with when it was stopped.
pub fn stopped_card(row: &Row) -> Result<(Card, i64), StoreError> {
    Ok((card(row)?, row.moment("stopped_at")?))
}

pub fn record(row: &Row) -> Result<Record, StoreError> {
    let proved = || proof(row)?.ok_or_else(|| StoreError::corrupt("proved_second"));
    let state = match row.text("state")?.as_str() {
        "created" => State::Created,
        "paid" => State::Paid,
        "loading" => State::Loading {
            counter: row.number("counter")?,
        },
        "loaded" => State::Loaded(proved()?),
        "closed" => State::Closed,
        "refunding" => State::Refunding(refund(row)?),
        "refunded" => State::Refunded(refund(row)?),
        "conflict" => State::Conflict(proved()?),
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

fn means(row: &Row) -> Result<Means, StoreError> {
    Ok(match row.text("kind")?.as_str() {
        "cash" => Means::Cash {
            drawer: row.text("drawer")?,
        },
        "pos" => Means::Pos(PosSlip {
            terminal: row.text("pos_terminal")?,
            number: row.text("pos_number")?,
            day: row.text("pos_day")?,
        }),
        _ => return Err(StoreError::corrupt("kind")),
    })
}

pub fn payment(row: &Row) -> Result<PaymentTaken, StoreError> {
    Ok(PaymentTaken {
        record: row.text("recharge")?,
        means: means(row)?,
        amount: row.number("amount")?,
        operator: row.text("operator")?,
        outlet: row.text("outlet")?,
        at: row.moment("at")?,
    })
}

pub fn money_back(row: &Row) -> Result<MoneyBack, StoreError> {
    Ok(MoneyBack {
        record: row.text("recharge")?,
        means: means(row)?,
        amount: row.number("amount")?,
        operator: row.text("operator")?,
        outlet: row.text("outlet")?,
        at: row.moment("at")?,
    })
}

/// Kind of a nonce, with record and second of a let-go.
pub fn nonce_kind(kind: &NonceKind) -> (&'static str, Option<&str>, Option<i64>) {
    match kind {
        NonceKind::Preflight => ("preflight", None, None),
        NonceKind::LetGo { record, second } => ("let-go", Some(record), Some(*second)),
    }
}

pub fn nonce(row: &Row) -> Result<Nonce, StoreError> {
    let kind = match row.text("kind")?.as_str() {
        "preflight" => NonceKind::Preflight,
        "let-go" => NonceKind::LetGo {
            record: row.text("recharge")?,
            second: row.moment("second")?,
        },
        _ => return Err(StoreError::corrupt("kind")),
    };
    Ok(Nonce {
        card: row.parsed("card")?,
        terminal: row.bytes("terminal")?,
        kind,
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

/// A row of the counter book. What a log says about a counter is said about the row's.
pub fn book_row(row: &Row) -> Result<BookRow, StoreError> {
    let counter = row.number("counter")?;
    let spender = match row.text("spender")?.as_str() {
        "ours" => Spender::Ours(row.text("recharge")?),
        "foreign" => Spender::Foreign,
        "lost" => Spender::Lost {
            proved: row.flag("lost_proved")?,
            balance_after: row.maybe_number("lost_balance")?,
        },
        "unknown" => Spender::Unknown,
        "decided" => Spender::Decided(row.text("case_id")?),
        _ => return Err(StoreError::corrupt("spender")),
    };
    let said = match row.maybe_number("said_amount")? {
        None => None,
        Some(amount) => Some(LogEntry {
            counter,
            amount,
            terminal: row.bytes("said_terminal")?,
            second: row.maybe("said_second")?,
            ours: row.flag("said_ours")?,
            proved_balance: row.maybe_number("said_balance")?,
        }),
    };
    Ok(BookRow {
        card: row.parsed("card")?,
        counter,
        spender,
        said,
        at: row.moment("at")?,
    })
}

pub fn counter(row: &Row) -> Result<u16, StoreError> {
    row.number("counter")
}

pub fn offers(row: &Row) -> Result<u32, StoreError> {
    row.number("offers")
}

/// What an INIT was made with and has shown: amount, terminal, balance, counter.
pub type Shown = (u32, [u8; 6], u32, u16);

pub fn seen_init(row: &Row) -> Result<Shown, StoreError> {
    Ok((
        row.number("amount")?,
        row.bytes("terminal")?,
        row.number("balance")?,
        row.number("counter")?,
    ))
}

pub fn case(row: &Row) -> Result<Case, StoreError> {
    Ok(Case {
        id: row.text("id")?,
        card: row.parsed("card")?,
        record: row.maybe_text("recharge")?,
        record_version: row.moment("record_version")?,
        question: row.word("question")?,
        reason: row.text("reason")?,
        operator: row.text("operator")?,
        at: row.moment("at")?,
        state: row.word("state")?,
        version: row.moment("version")?,
    })
}

pub fn approval(row: &Row) -> Result<Approval, StoreError> {
    Ok(Approval {
        case: row.text("case_id")?,
        operator: row.text("operator")?,
        at: row.moment("at")?,
    })
}

pub fn switch(row: &Row) -> Result<Switch, StoreError> {
    let scope = match row.text("scope")?.as_str() {
        "province" => Scope::Province(row.text("place")?),
        "banks" => Scope::Banks,
        "outlet" => Scope::Outlet(row.text("place")?),
        "cards" => Scope::Cards(row.parsed("first_card")?, row.parsed("last_card")?),
        "key-index" => Scope::KeyIndex(row.number("key_index")?),
        _ => return Err(StoreError::corrupt("scope")),
    };
    Ok(Switch {
        id: row.text("id")?,
        scope,
        reason: row.text("reason")?,
        operator: row.text("operator")?,
        at: row.moment("at")?,
    })
}

pub fn drawer(row: &Row) -> Result<DrawerRow, StoreError> {
    let closed = match row.maybe("closed_at")? {
        None => None,
        Some(at) => Some(Counted {
            at,
            fen: row.moment("counted")?,
            note: row.maybe_text("note")?,
        }),
    };
    Ok(DrawerRow {
        id: row.text("id")?,
        operator: row.text("operator")?,
        outlet: row.text("outlet")?,
        opened_at: row.moment("opened_at")?,
        float: row.moment("float_fen")?,
        taken: row.moment("taken")?,
        given_back: row.moment("given_back")?,
        payments: row.number("payments")?,
        closed,
        revision: row.moment("revision")?,
    })
}

pub fn audit_line(row: &Row) -> Result<Sealed, StoreError> {
    let card = row.maybe_text("card")?.map(|card| card.parse());
    Ok(Sealed {
        line: Line {
            chain: row.text("chain")?,
            number: row.moment("number")?,
            at: row.moment("at")?,
            operator: row.text("operator")?,
            event: row.text("event")?,
            card: card.transpose().map_err(|_| StoreError::corrupt("card"))?,
            record: row.maybe_text("recharge")?,
            evidence: row.hex("evidence")?,
        },
        hash: row.hash("hash")?,
    })
}

/// Number and hash of a line that another is put behind.
pub fn link(row: &Row) -> Result<(i64, [u8; 32]), StoreError> {
    Ok((row.moment("number")?, row.hash("hash")?))
}

pub fn day(row: &Row) -> Result<Day, StoreError> {
    Ok(Day {
        records: row.number("records")?,
        fen: row.number("fen")?,
        openings: row.number("openings")?,
    })
}

pub fn takings(row: &Row) -> Result<Takings, StoreError> {
    Ok(Takings {
        outlet: row.text("outlet")?,
        cash: row.moment("cash")?,
        pos: row.moment("pos")?,
        given_back: row.moment("given_back")?,
        loaded: row.moment("loaded")?,
        payments: row.number("payments")?,
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
        bank: row.maybe_word("bank")?,
    })
}

/// The second of a card's latest authorisation; missing where there is none.
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
