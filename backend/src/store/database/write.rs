//! The rows of a change, one statement each. The caller's transaction holds them together.

use apdu_core::bcd::CardNumber;
use apdu_core::hex::{Fixed, encode};

use super::connection::Transaction;
use super::rows::{self, pin, state};
use super::statement::{insert, sql};
use crate::audit::Entry;
use crate::ledger::{Authorisation, Change, Nonce, PaymentTaken, Record, Write};
use crate::store::{CountedProof, Operator, Session, Stock, StockCard, StoreError, StoredAnswer};
use crate::words::Word;

type Done = Result<(), StoreError>;

pub async fn change(database: &mut Transaction, change: &Change) -> Done {
    let turn = sql("UPDATE card SET revision = revision + 1 WHERE number = $1 AND revision = $2")
        .bind(change.card)
        .bind(change.revision);
    if database.execute(turn).await? != 1 {
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

async fn put_nonce(database: &mut Transaction, new: &Nonce) -> Done {
    let put = sql(
        "INSERT INTO nonce (card, terminal, kind, issued_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (card) DO UPDATE SET terminal = $2, kind = $3, issued_at = $4",
    );
    let put = put
        .bind(new.card)
        .bind(encode(&new.terminal))
        .bind(new.kind.word())
        .bind(new.issued_at);
    database.execute(put).await?;
    Ok(())
}

async fn drop_nonces(database: &mut Transaction, card: CardNumber) -> Done {
    let drop = sql("DELETE FROM nonce WHERE card = $1").bind(card);
    database.execute(drop).await?;
    Ok(())
}

async fn insert_record(database: &mut Transaction, new: &Record) -> Done {
    let (word, counter, second, after) = state(&new.state);
    let row = insert("recharge")
        .with("id", &new.id)
        .with("card", new.card)
        .with("amount", new.amount)
        .with("state", word)
        .with("counter", counter)
        .with("proved_second", second)
        .with("balance_after", after)
        .with("created_counter", new.created_counter)
        .with("balance_before", new.balance_before)
        .with("created_at", new.created_at)
        .with("outlet", &new.outlet)
        .with("operator", &new.operator)
        .with("version", new.version);
    database.execute(row).await?;
    Ok(())
}

/// Only what a decision may change: card, amount and origin of a record stand for ever.
async fn update_record(database: &mut Transaction, new: &Record) -> Done {
    let (word, counter, second, after) = state(&new.state);
    let update = sql(
        "UPDATE recharge SET state = $1, counter = $2, proved_second = $3, balance_after = $4, \
         balance_before = $5, version = version + 1 WHERE id = $6 AND version = $7",
    );
    let update = update
        .bind(word)
        .bind(counter)
        .bind(second)
        .bind(after)
        .bind(new.balance_before)
        .bind(&new.id)
        .bind(new.version);
    match database.execute(update).await? {
        1 => Ok(()),
        _ => Err(StoreError::Raced),
    }
}

async fn insert_payment(database: &mut Transaction, new: &PaymentTaken) -> Done {
    let row = insert("payment")
        .with("recharge", &new.record)
        .with("kind", new.kind.word())
        .with("amount", new.amount)
        .with("operator", &new.operator)
        .with("at", new.at);
    database.execute(row).await?;
    Ok(())
}

async fn insert_authorisation(database: &mut Transaction, new: &Authorisation) -> Done {
    let row = insert("authorisation")
        .with("card", new.card)
        .with("second", new.second)
        .with("recharge", &new.record)
        .with("counter", new.counter)
        .with("balance", new.balance)
        .with("random", encode(&new.random))
        .with("amount", new.amount)
        .with("terminal", encode(&new.terminal))
        .with("operator", &new.operator);
    database.execute(row).await?;
    Ok(())
}

async fn prove_counter(database: &mut Transaction, card: CardNumber, counter: u16) -> Done {
    let raise =
        sql("UPDATE card SET proved_counter = $1 WHERE number = $2 AND proved_counter < $1")
            .bind(counter)
            .bind(card);
    database.execute(raise).await?;
    Ok(())
}

pub async fn answer(database: &mut Transaction, new: &StoredAnswer) -> Done {
    let row = insert("answer")
        .with("key", &new.key)
        .with("operator", &new.operator)
        .with("route", &new.route)
        .with("body", &new.body)
        .with("answer", &new.answer);
    database.execute(row).await?;
    Ok(())
}

pub async fn audit(database: &mut Transaction, entry: &Entry) -> Done {
    let row = insert("audit")
        .with("at", entry.at)
        .with("operator", &entry.operator)
        .with("event", entry.event.name())
        .with("card", entry.card)
        .with("recharge", &entry.record)
        .with("evidence", encode(&entry.evidence));
    database.execute(row).await?;
    Ok(())
}

/// Counts for card and sign-in. `false`: one of them has no tries left, and the caller undoes the
/// other. A sign-in that ended in the meantime counts nothing; the card still does.
pub async fn count_proof(
    database: &mut Transaction,
    proof: &CountedProof,
    limit: u32,
) -> Result<bool, StoreError> {
    let card = sql(
        "UPDATE card SET wrong_proofs = wrong_proofs + 1 WHERE number = $1 AND wrong_proofs < $2",
    );
    if database.execute(card.bind(proof.card).bind(limit)).await? == 0 {
        return Ok(false);
    }
    let session = sql(
        "UPDATE session SET wrong_proofs = wrong_proofs + 1 WHERE token = $1 AND wrong_proofs < $2",
    );
    let session = session.bind(&proof.session).bind(limit);
    if database.execute(session).await? == 1 {
        return Ok(true);
    }
    let lives = sql("SELECT token FROM session WHERE token = $1").bind(&proof.session);
    Ok(database.one(lives, rows::there).await?.is_none())
}

pub async fn uncount_proof(database: &mut Transaction, proof: &CountedProof) -> Done {
    let card = sql(
        "UPDATE card SET wrong_proofs = wrong_proofs - 1 WHERE number = $1 AND wrong_proofs > 0",
    );
    database.execute(card.bind(proof.card)).await?;
    let session = sql(
        "UPDATE session SET wrong_proofs = wrong_proofs - 1 WHERE token = $1 AND wrong_proofs > 0",
    );
    database.execute(session.bind(&proof.session)).await?;
    Ok(())
}

pub async fn session(database: &mut Transaction, new: &Session) -> Done {
    let forget = sql("DELETE FROM sign_in WHERE name = $1").bind(&new.operator);
    database.execute(forget).await?;
    let row = insert("session")
        .with("token", &new.token)
        .with("operator", &new.operator)
        .with("terminal", encode(&new.terminal))
        .with("opened_at", new.opened_at)
        .with("seen_at", new.seen_at);
    database.execute(row).await?;
    Ok(())
}

pub async fn stock(database: &mut Transaction, stock: &Stock) -> Done {
    for outlet in &stock.outlets {
        let row = insert("outlet")
            .with("code", &outlet.code)
            .with("name", &outlet.name)
            .with("kind", outlet.kind.word());
        let done = database.execute(row).await;
        done.map_err(|error| named(error, format!("outlet {} exists", outlet.code)))?;
    }
    for terminal in &stock.terminals {
        known_outlet(database, &terminal.outlet).await?;
        let row = insert("terminal")
            .with("number", encode(&terminal.number))
            .with("outlet", &terminal.outlet);
        let done = database.execute(row).await;
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

async fn known_outlet(database: &mut Transaction, code: &str) -> Done {
    let outlet = sql("SELECT code FROM outlet WHERE code = $1").bind(code);
    match database.one(outlet, rows::there).await? {
        Some(()) => Ok(()),
        None => Err(StoreError::Failed(
            format!("there is no outlet {code}").into(),
        )),
    }
}

async fn insert_operator(database: &mut Transaction, new: &Operator) -> Done {
    let row = insert("operator")
        .with("name", &new.name)
        .with("display_name", &new.display_name)
        .with("role", new.role.word())
        .with("outlet", &new.outlet)
        .with("password", &new.password);
    let done = database.execute(row).await;
    done.map_err(|error| named(error, format!("operator {} exists", new.name)))?;
    Ok(())
}

async fn insert_card(database: &mut Transaction, new: &StockCard) -> Done {
    let card = &new.card;
    let (pin_form, pin) = pin(&card.profile.pin);
    let row = insert("card")
        .with("number", card.number)
        .with("kind", card.kind.number())
        .with("version", card.version)
        .with("start", card.start)
        .with("expiry", card.expiry)
        .with("plate", &card.plate)
        .with("plate_colour", card.plate_colour)
        .with("vehicle_class", card.vehicle_class)
        .with("status", card.status.word())
        .with("pin_form", pin_form)
        .with("pin", pin)
        .with("issue_file_length", card.profile.issue_file_length)
        .with("proof_counter", card.profile.proof_counter.word())
        .with("key_index", card.purse.key_index)
        .with("refuses_one_fen", card.purse.refuses_one_fen)
        .with("refuses_odd_terminals", card.purse.refuses_odd_terminals)
        .with("proved_counter", card.proved_counter)
        .with("revision", card.revision);
    let done = database.execute(row).await;
    done.map_err(|error| named(error, format!("card {} exists", card.number)))?;

    let Some(holder) = &new.holder else {
        return Ok(());
    };
    let row = insert("holder")
        .with("card", card.number)
        .with("name", &holder.name)
        .with("id_type", &holder.id_type)
        .with("id_number", &holder.id_number)
        .with("phone", &holder.phone);
    database.execute(row).await?;
    Ok(())
}

/// A unique violation in words a person can use; any other error as it is.
fn named(error: StoreError, what: String) -> StoreError {
    match error {
        StoreError::Duplicate(_) => StoreError::Duplicate(what),
        other => other,
    }
}
