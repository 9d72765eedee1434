//! The audit trail, and the small changes of which it is the most: sessions, switches, drawers.
//!
//! A row of the trail stands behind the last one of its chain. Where two are written at once, the chain's
//! index refuses the second: a commit of the ledger is then decided again by whoever asked for it, and
//! anything else is [tried again](note) here.

use apdu_core::hex::encode;

use super::connection::{Database, Durability, Transaction};
use super::rows;
use super::statement::{Statement, insert, sql};
use crate::audit::Entry;
use crate::ledger::{Reading, Scope, Switch};
use crate::store::{Counted, DrawerRow, Session, StoreError};

/// How often a place in a chain may be lost. Whoever loses one lets another in, so that this many can write to
/// one chain at once.
const TRIES: usize = 16;

/// Writes a row of the trail, and with it what `work` says, all in one transaction. Where the row's place in
/// its chain is lost, everything is done again. `false`: a change found nothing to change, and nothing was
/// written.
pub async fn note(
    database: &Database,
    work: impl Fn() -> Vec<Step>,
    entry: &Entry,
) -> Result<bool, StoreError> {
    for _ in 0..TRIES {
        let mut transaction = database.begin(Durability::Flushed).await?;
        // What is refused here is for the caller to know: no other try would end differently.
        let changed = carry_out(&mut transaction, work()).await;
        if !matches!(changed, Ok(true)) {
            transaction.undo().await;
            return changed;
        }
        match audit(&mut transaction, entry).await {
            Err(error) if error.is_race() => transaction.undo().await,
            written => {
                transaction.end(written).await?;
                return Ok(true);
            }
        }
    }
    Err(StoreError::Raced)
}

/// Carries the steps out. `false`: one of them found nothing to change.
async fn carry_out(transaction: &mut Transaction, steps: Vec<Step>) -> Result<bool, StoreError> {
    for step in steps {
        let (statement, must_change) = match step {
            Step::Do(statement) => (statement, false),
            Step::Change(statement) => (statement, true),
        };
        let rows = transaction.execute(statement).await?;
        if must_change && rows == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A statement that is carried out with a row of the trail.
pub enum Step {
    /// However many rows it finds.
    Do(Statement),
    /// It has a row to change.
    Change(Statement),
}

/// Writes a row of the trail behind the last one of its chain. A duplicate: another came first.
pub async fn audit(database: &mut Transaction, entry: &Entry) -> Result<(), StoreError> {
    let last =
        sql("SELECT number, hash FROM audit_line WHERE chain = $1 ORDER BY number DESC LIMIT 1");
    let before = database.one(last.bind(entry.chain()), rows::link).await?;
    let sealed = entry.sealed(before);
    let line = sealed.line;
    let row = insert("audit_line")
        .with("chain", line.chain)
        .with("number", line.number)
        .with("at", line.at)
        .with("operator", line.operator)
        .with("event", line.event)
        .with("card", line.card)
        .with("recharge", line.record)
        .with("evidence", encode(&line.evidence))
        .with("hash", &sealed.hash);
    database.execute(row).await?;
    Ok(())
}

pub fn open_session(new: &Session) -> Vec<Step> {
    let forget = sql("DELETE FROM sign_in WHERE name = $1").bind(&new.operator);
    let row = insert("session")
        .with("token", &new.token)
        .with("operator", &new.operator)
        .with("terminal", encode(&new.terminal))
        .with("opened_at", new.opened_at)
        .with("seen_at", new.seen_at);
    vec![Step::Do(forget), Step::Do(row.into())]
}

/// The reading of before, if there is one, ends: it is not deleted and inserted, so that two who begin one at
/// the same time both may.
pub fn begin_reading(new: &Reading) -> Vec<Step> {
    let begin = sql(
        "INSERT INTO tag_reading (tag, random, operator, began_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (tag) DO UPDATE SET random = excluded.random, operator = excluded.operator, \
         began_at = excluded.began_at",
    );
    let begin = begin
        .bind(new.tag)
        .bind(encode(&new.random))
        .bind(&new.operator)
        .bind(new.began_at);
    vec![Step::Do(begin)]
}

pub fn throw_switch(new: &Switch) -> Vec<Step> {
    let row = insert("switch")
        .with("id", &new.id)
        .with("reason", &new.reason)
        .with("operator", &new.operator)
        .with("at", new.at);
    let row = match &new.scope {
        Scope::Province(network) => row.with("scope", "province").with("place", network),
        Scope::Banks => row.with("scope", "banks"),
        Scope::Outlet(code) => row.with("scope", "outlet").with("place", code),
        Scope::Cards(first, last) => row
            .with("scope", "cards")
            .with("first_card", *first)
            .with("last_card", *last),
        Scope::KeyIndex(index) => row.with("scope", "key-index").with("key_index", *index),
    };
    vec![Step::Do(row.into())]
}

pub fn lift_switch(id: &str, entry: &Entry) -> Vec<Step> {
    let lift =
        sql("UPDATE switch SET lifted_at = $1, lifted_by = $2 WHERE id = $3 AND lifted_at IS NULL");
    let lift = lift.bind(entry.at).bind(&entry.operator).bind(id);
    vec![Step::Change(lift)]
}

pub fn open_drawer(new: &DrawerRow) -> Vec<Step> {
    let closed = new.closed.as_ref();
    let row = insert("drawer")
        .with("id", &new.id)
        .with("operator", &new.operator)
        .with("outlet", &new.outlet)
        .with("opened_at", new.opened_at)
        .with("float_fen", new.float)
        .with("taken", new.taken)
        .with("given_back", new.given_back)
        .with("payments", new.payments)
        .with("closed_at", closed.map(|closed| closed.at))
        .with("counted", closed.map(|closed| closed.fen))
        .with("note", closed.and_then(|closed| closed.note.as_ref()))
        .with("revision", new.revision);
    vec![Step::Do(row.into())]
}

pub fn close_drawer(id: &str, revision: i64, counted: &Counted) -> Vec<Step> {
    let close = sql(
        "UPDATE drawer SET closed_at = $1, counted = $2, note = $3, revision = revision + 1 \
         WHERE id = $4 AND revision = $5 AND closed_at IS NULL",
    );
    let close = close
        .bind(counted.at)
        .bind(counted.fen)
        .bind(&counted.note)
        .bind(id)
        .bind(revision);
    vec![Step::Change(close)]
}
