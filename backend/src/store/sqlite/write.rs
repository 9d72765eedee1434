//! The rows of a change, one statement each. The caller's transaction holds them together.

use apdu_core::bcd::CardNumber;
use apdu_core::hex::{Fixed, encode};
use sqlx::SqliteConnection;

use super::rows::{digits, pin, state};
use crate::audit::Entry;
use crate::ledger::{Authorisation, Change, Nonce, PaymentTaken, Record, Write};
use crate::store::{CountedProof, Operator, Session, Stock, StockCard, StoreError, StoredAnswer};
use crate::words::Word;

type Done = Result<(), StoreError>;

pub async fn change(database: &mut SqliteConnection, change: &Change) -> Done {
    let sql = "UPDATE card SET revision = revision + 1 WHERE number = ? AND revision = ?";
    let query = sqlx::query(sql)
        .bind(change.card.to_string())
        .bind(change.revision);
    if query.execute(&mut *database).await?.rows_affected() != 1 {
        return Err(StoreError::Raced);
    }
    for write in &change.writes {
        match write {
            Write::PutNonce(new) => put_nonce(database, new).await?,
            Write::DropNonces => drop_nonces(database, change.card).await?,
            Write::InsertRecord(new) => insert_record(database, new).await?,
            Write::UpdateRecord(new) => update_record(database, new).await?,
            Write::InsertPayment(new) => insert_payment(database, new).await?,
            Write::InsertAuthorisation(new) => insert_authorisation(database, new).await?,
            Write::ProveCounter(counter) => {
                prove_counter(database, change.card, *counter).await?;
            }
        }
    }
    Ok(())
}

async fn put_nonce(database: &mut SqliteConnection, new: &Nonce) -> Done {
    let sql = "INSERT OR REPLACE INTO nonce (card, terminal, kind, issued_at) VALUES (?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(new.card.to_string())
        .bind(encode(&new.terminal))
        .bind(new.kind.word())
        .bind(new.issued_at);
    query.execute(database).await?;
    Ok(())
}

async fn drop_nonces(database: &mut SqliteConnection, card: CardNumber) -> Done {
    let query = sqlx::query("DELETE FROM nonce WHERE card = ?").bind(card.to_string());
    query.execute(database).await?;
    Ok(())
}

async fn insert_record(database: &mut SqliteConnection, new: &Record) -> Done {
    let (word, counter, second, after) = state(&new.state);
    let sql = "INSERT INTO recharge (id, card, amount, state, counter, proved_second, \
               balance_after, created_counter, balance_before, created_at, outlet, operator, \
               version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(&new.id)
        .bind(new.card.to_string())
        .bind(new.amount)
        .bind(word)
        .bind(counter)
        .bind(second)
        .bind(after)
        .bind(new.created_counter)
        .bind(new.balance_before)
        .bind(new.created_at)
        .bind(&new.outlet)
        .bind(&new.operator)
        .bind(new.version);
    query.execute(database).await?;
    Ok(())
}

/// Only what a decision may change: card, amount and origin of a record stand for ever.
async fn update_record(database: &mut SqliteConnection, new: &Record) -> Done {
    let (word, counter, second, after) = state(&new.state);
    let sql = "UPDATE recharge SET state = ?, counter = ?, proved_second = ?, balance_after = ?, \
               balance_before = ?, version = version + 1 WHERE id = ? AND version = ?";
    let query = sqlx::query(sql)
        .bind(word)
        .bind(counter)
        .bind(second)
        .bind(after)
        .bind(new.balance_before)
        .bind(&new.id)
        .bind(new.version);
    match query.execute(database).await?.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::Raced),
    }
}

async fn insert_payment(database: &mut SqliteConnection, new: &PaymentTaken) -> Done {
    let sql = "INSERT INTO payment (recharge, kind, amount, operator, at) VALUES (?, ?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(&new.record)
        .bind(new.kind.word())
        .bind(new.amount)
        .bind(&new.operator)
        .bind(new.at);
    query.execute(database).await?;
    Ok(())
}

async fn insert_authorisation(database: &mut SqliteConnection, new: &Authorisation) -> Done {
    let sql = "INSERT INTO authorisation (card, second, recharge, counter, balance, random, \
               amount, terminal, operator) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(new.card.to_string())
        .bind(new.second)
        .bind(&new.record)
        .bind(new.counter)
        .bind(new.balance)
        .bind(encode(&new.random))
        .bind(new.amount)
        .bind(encode(&new.terminal))
        .bind(&new.operator);
    query.execute(database).await?;
    Ok(())
}

async fn prove_counter(database: &mut SqliteConnection, card: CardNumber, counter: u16) -> Done {
    let sql = "UPDATE card SET proved_counter = MAX(proved_counter, ?) WHERE number = ?";
    sqlx::query(sql)
        .bind(counter)
        .bind(card.to_string())
        .execute(database)
        .await?;
    Ok(())
}

pub async fn answer(database: &mut SqliteConnection, new: &StoredAnswer) -> Done {
    let sql = "INSERT INTO answer (key, operator, route, body, answer) VALUES (?, ?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(&new.key)
        .bind(&new.operator)
        .bind(&new.route)
        .bind(&new.body[..])
        .bind(&new.answer);
    query.execute(database).await?;
    Ok(())
}

pub async fn audit(database: &mut SqliteConnection, entry: &Entry) -> Done {
    let sql = "INSERT INTO audit (at, operator, event, card, recharge, evidence) \
               VALUES (?, ?, ?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(entry.at)
        .bind(&entry.operator)
        .bind(entry.event.name())
        .bind(entry.card.map(|card| card.to_string()))
        .bind(&entry.record)
        .bind(encode(&entry.evidence));
    query.execute(database).await?;
    Ok(())
}

/// Counts for card and sign-in, or for neither. A sign-in that ended in the meantime counts
/// nothing; the card still does.
pub async fn count_proof(
    database: &mut SqliteConnection,
    proof: &CountedProof,
    limit: u32,
) -> Result<bool, StoreError> {
    let spent = "SELECT wrong_proofs >= ?1 FROM session WHERE token = ?2";
    let spent = sqlx::query_scalar(spent)
        .bind(limit)
        .bind(&proof.session[..]);
    if spent.fetch_optional(&mut *database).await? == Some(true) {
        return Ok(false);
    }
    let card = "UPDATE card SET wrong_proofs = wrong_proofs + 1 \
                WHERE number = ? AND wrong_proofs < ?";
    let card = sqlx::query(card).bind(proof.card.to_string()).bind(limit);
    if card.execute(&mut *database).await?.rows_affected() == 0 {
        return Ok(false);
    }
    let session = "UPDATE session SET wrong_proofs = wrong_proofs + 1 WHERE token = ?";
    sqlx::query(session)
        .bind(&proof.session[..])
        .execute(database)
        .await?;
    Ok(true)
}

pub async fn uncount_proof(database: &mut SqliteConnection, proof: &CountedProof) -> Done {
    let card = "UPDATE card SET wrong_proofs = MAX(wrong_proofs - 1, 0) WHERE number = ?";
    sqlx::query(card)
        .bind(proof.card.to_string())
        .execute(&mut *database)
        .await?;
    let session = "UPDATE session SET wrong_proofs = MAX(wrong_proofs - 1, 0) WHERE token = ?";
    sqlx::query(session)
        .bind(&proof.session[..])
        .execute(database)
        .await?;
    Ok(())
}

pub async fn session(database: &mut SqliteConnection, new: &Session) -> Done {
    let forget = sqlx::query("DELETE FROM sign_in WHERE name = ?").bind(&new.operator);
    forget.execute(&mut *database).await?;
    let sql = "INSERT INTO session (token, operator, terminal, opened_at, seen_at) \
               VALUES (?, ?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(&new.token[..])
        .bind(&new.operator)
        .bind(encode(&new.terminal))
        .bind(new.opened_at)
        .bind(new.seen_at);
    query.execute(database).await?;
    Ok(())
}

pub async fn stock(database: &mut SqliteConnection, stock: &Stock) -> Done {
    for outlet in &stock.outlets {
        let query = sqlx::query("INSERT INTO outlet (code, name, kind) VALUES (?, ?, ?)")
            .bind(&outlet.code)
            .bind(&outlet.name)
            .bind(outlet.kind.word());
        let done = query.execute(&mut *database).await;
        done.map_err(|error| named(error, format!("outlet {} exists", outlet.code)))?;
    }
    for terminal in &stock.terminals {
        known_outlet(database, &terminal.outlet).await?;
        let query = sqlx::query("INSERT INTO terminal (number, outlet) VALUES (?, ?)")
            .bind(encode(&terminal.number))
            .bind(&terminal.outlet);
        let done = query.execute(&mut *database).await;
        let number = Fixed(terminal.number);
        done.map_err(|error| named(error, format!("terminal {number} exists")))?;
    }
    for operator in &stock.operators {
        known_outlet(database, &operator.outlet).await?;
        insert_operator(database, operator).await?;
    }
    for card in &stock.cards {
        insert_card(database, card).await?;
    }
    Ok(())
}

async fn known_outlet(database: &mut SqliteConnection, code: &str) -> Done {
    let query = sqlx::query("SELECT 1 FROM outlet WHERE code = ?").bind(code);
    match query.fetch_optional(database).await? {
        Some(_) => Ok(()),
        None => Err(StoreError::Failed(
            format!("there is no outlet {code}").into(),
        )),
    }
}

async fn insert_operator(database: &mut SqliteConnection, new: &Operator) -> Done {
    let sql = "INSERT INTO operator (name, display_name, role, outlet, password) \
               VALUES (?, ?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(&new.name)
        .bind(&new.display_name)
        .bind(new.role.word())
        .bind(&new.outlet)
        .bind(&new.password);
    let done = query.execute(database).await;
    done.map_err(|error| named(error, format!("operator {} exists", new.name)))?;
    Ok(())
}

async fn insert_card(database: &mut SqliteConnection, new: &StockCard) -> Done {
    let card = &new.card;
    let number = card.number.to_string();
    let (pin_form, pin) = pin(&card.profile.pin);
    let sql = "INSERT INTO card (number, kind, version, start, expiry, plate, plate_colour, \
               vehicle_class, status, pin_form, pin, issue_file_length, proof_counter, key_index, \
               refuses_one_fen, refuses_odd_terminals, proved_counter, revision) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(&number)
        .bind(card.kind.number())
        .bind(card.version)
        .bind(digits(card.start))
        .bind(digits(card.expiry))
        .bind(&card.plate)
        .bind(card.plate_colour)
        .bind(card.vehicle_class)
        .bind(card.status.word())
        .bind(pin_form)
        .bind(pin)
        .bind(card.profile.issue_file_length)
        .bind(card.profile.proof_counter.word())
        .bind(card.purse.key_index)
        .bind(card.purse.refuses_one_fen)
        .bind(card.purse.refuses_odd_terminals)
        .bind(card.proved_counter)
        .bind(card.revision);
    let done = query.execute(&mut *database).await;
    done.map_err(|error| named(error, format!("card {number} exists")))?;

    let Some(holder) = &new.holder else {
        return Ok(());
    };
    let sql = "INSERT INTO holder (card, name, id_type, id_number, phone) VALUES (?, ?, ?, ?, ?)";
    let query = sqlx::query(sql)
        .bind(&number)
        .bind(&holder.name)
        .bind(&holder.id_type)
        .bind(&holder.id_number)
        .bind(&holder.phone);
    query.execute(database).await?;
    Ok(())
}

/// A unique violation in words a person can use; any other error as it is.
fn named(error: sqlx::Error, what: String) -> StoreError {
    match StoreError::from(error) {
        StoreError::Duplicate(_) => StoreError::Duplicate(what),
        other => other,
    }
}
