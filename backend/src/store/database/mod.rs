//! A database: SQLite in a file, or PostgreSQL.
//!
//! Every statement is written once for both ([`statement`]), over columns of three types: texts,
//! whole numbers and bytes. What differs stands in [`sqlite`] and [`postgres`]: how to connect, how a
//! transaction begins, the clock; and in [`migrate`]: the words for a table. No row locks: revisions,
//! versions and unique indexes hold every invariant.
//!
//! A new table is a script in `migrations/`, an [`insert`](statement::insert) in [`write`] or [`noted`] and a
//! function in [`rows`]; a new question is one method here, and its statement, if it is long, stands in
//! [`questions`]. The suite runs it on both.

mod applications;
mod card_file;
mod card_tasks;
mod connection;
mod migrate;
mod noted;
mod postgres;
mod questions;
mod row;
mod rows;
mod sqlite;
mod statement;
mod stock;
mod tag_rows;
mod tags;
#[cfg(test)]
pub(super) mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use apdu_core::bcd::CardNumber;
use apdu_core::hex::encode;
use async_trait::async_trait;
use etc_api::{Outlet, Takings};

use self::card_file::{card_file, file_of_record};
use self::connection::{Database, Durability};
use self::noted::Step;
use self::sqlite::SqlitePools;
use self::statement::sql;
use super::{
    Commit, Counted, CountedProof, DrawerRow, Operator, Outlived, Purpose, RecordSearch, Session,
    SignInRule, Stock, Store, StoreError, StoredAnswer, TokenHash,
};
use crate::audit::{Entry, Sealed};
use crate::keys::personal::Personal;
use crate::ledger::limits::Day;
use crate::ledger::{
    Approval, Authorisation, BookRow, Card, CardFile, Case, MoneyBack, PaymentTaken, PosSlip,
    Record, Seen, Switch, VerifiedInit,
};

/// A store in a database.
pub struct DatabaseStore {
    database: Database,
    /// Missing: personal data are neither taken nor shown.
    personal: Option<Personal>,
}

impl DatabaseStore {
    /// Opens an SQLite file, creating it and bringing its tables up to date.
    pub async fn sqlite(file: &Path) -> Result<Self, StoreError> {
        let database = Database::Sqlite(SqlitePools::open(file).await?);
        Ok(Self {
            database,
            personal: None,
        })
    }

    /// Opens a PostgreSQL database by its URL and brings its tables up to date. Its first start
    /// decides for ever what it is for.
    pub async fn postgres(url: &str, purpose: Purpose) -> Result<Self, StoreError> {
        let database = Database::Postgres(postgres::open(url, purpose).await?);
        Ok(Self {
            database,
            personal: None,
        })
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

#[async_trait]
impl Store for DatabaseStore {
    async fn now(&self) -> Result<i64, StoreError> {
        let clock = sql(self.database.clock());
        let now = self.database.one(clock, rows::ms).await?;
        now.ok_or_else(|| StoreError::corrupt("ms"))
    }

    async fn card_file(&self, number: CardNumber) -> Result<Option<CardFile>, StoreError> {
        let mut read = self.database.snapshot().await?;
        let file = card_file(&mut read, number).await;
        read.end(file).await
    }

    async fn file_of_record(&self, id: &str) -> Result<Option<(Record, CardFile)>, StoreError> {
        let mut read = self.database.snapshot().await?;
        let found = file_of_record(&mut read, id).await;
        read.end(found).await
    }

    async fn record(&self, id: &str) -> Result<Option<Record>, StoreError> {
        let record = sql("SELECT * FROM recharge WHERE id = $1").bind(id);
        self.database.one(record, rows::record).await
    }

    async fn authorisations_at(
        &self,
        card: CardNumber,
        counter: u16,
    ) -> Result<Vec<Authorisation>, StoreError> {
        let at =
            sql("SELECT * FROM authorisation WHERE card = $1 AND counter = $2 ORDER BY second");
        let at = at.bind(card).bind(counter);
        self.database.all(at, rows::authorisation).await
    }

    async fn authorisations_beside(&self, record: &str) -> Result<Vec<Authorisation>, StoreError> {
        let beside = sql("SELECT * FROM authorisation WHERE (card, counter) IN \
             (SELECT card, counter FROM authorisation WHERE recharge = $1) ORDER BY second");
        self.database
            .all(beside.bind(record), rows::authorisation)
            .await
    }

    async fn authorisations_from(
        &self,
        card: CardNumber,
        counter: u16,
    ) -> Result<Vec<Authorisation>, StoreError> {
        let from =
            sql("SELECT * FROM authorisation WHERE card = $1 AND counter >= $2 ORDER BY second");
        let from = from.bind(card).bind(counter);
        self.database.all(from, rows::authorisation).await
    }

    async fn seen(&self, card: CardNumber, init: &VerifiedInit) -> Result<Seen, StoreError> {
        let known = sql("SELECT * FROM seen_init WHERE card = $1 AND random = $2");
        let known = known.bind(card).bind(encode(&init.random));
        let shown = (init.amount, init.terminal, init.balance, init.counter);
        let known = self.database.one(known, rows::seen_init).await?;
        Ok(match known {
            None => Seen::Never,
            Some(known) if known == shown => Seen::Same,
            Some(_) => Seen::Repeated,
        })
    }

    async fn book(&self, card: CardNumber, from: u16) -> Result<Vec<BookRow>, StoreError> {
        let book = sql(
            "SELECT * FROM counter_book WHERE card = $1 AND counter >= $2 \
             UNION ALL SELECT * FROM counter_book WHERE card = $1 AND counter < $2 \
             AND spender IN ('lost', 'unknown') ORDER BY counter",
        );
        let book = book.bind(card).bind(from);
        self.database.all(book, rows::book_row).await
    }

    async fn registered(&self, terminals: &[[u8; 6]]) -> Result<Vec<[u8; 6]>, StoreError> {
        if terminals.is_empty() {
            return Ok(Vec::new());
        }
        let known = sql("SELECT number FROM terminal WHERE number IN");
        let known = known.any_of(terminals.iter().map(|number| encode(number)));
        let known = self.database.all(known, rows::terminal).await?;
        let is_known = |terminal: &&[u8; 6]| known.contains(terminal);
        Ok(terminals.iter().filter(is_known).copied().collect())
    }

    async fn payment(&self, record: &str) -> Result<Option<PaymentTaken>, StoreError> {
        let payment = sql("SELECT * FROM payment WHERE recharge = $1").bind(record);
        self.database.one(payment, rows::payment).await
    }

    async fn slip_used(&self, slip: &PosSlip) -> Result<bool, StoreError> {
        let used = sql("SELECT day FROM pos_slip WHERE terminal = $1 AND number = $2 AND day = $3");
        let used = used.bind(&slip.terminal).bind(&slip.number).bind(&slip.day);
        Ok(self.database.one(used, rows::there).await?.is_some())
    }

    async fn money_back(&self, record: &str) -> Result<Option<MoneyBack>, StoreError> {
        let back = sql("SELECT * FROM money_back WHERE recharge = $1").bind(record);
        self.database.one(back, rows::money_back).await
    }

    async fn find_records(&self, search: &RecordSearch) -> Result<Vec<(Record, Card)>, StoreError> {
        let mut read = self.database.snapshot().await?;
        let records = read.all(questions::records(search), rows::record).await?;
        let numbers: BTreeSet<_> = records.iter().map(|record| record.card).collect();
        let mut cards = BTreeMap::new();
        if !numbers.is_empty() {
            let found = sql("SELECT * FROM card WHERE number IN").any_of(numbers);
            let found = read.all(found, rows::card).await?;
            cards.extend(found.into_iter().map(|card| (card.number, card)));
        }
        read.commit().await?;
        let with_card = |record: Record| {
            let card = cards.get(&record.card).cloned();
            Some((record, card?))
        };
        Ok(records.into_iter().filter_map(with_card).collect())
    }

    async fn audit_chain(&self, card: CardNumber) -> Result<Vec<Sealed>, StoreError> {
        let chain = sql("SELECT * FROM audit_line WHERE chain = $1 ORDER BY number").bind(card);
        self.database.all(chain, rows::audit_line).await
    }

    async fn audit_heads(&self, from: i64, to: i64) -> Result<Vec<Sealed>, StoreError> {
        let heads = questions::audit_heads(from, to);
        self.database.all(heads, rows::audit_line).await
    }

    async fn case(&self, id: &str) -> Result<Option<(Case, Vec<Approval>)>, StoreError> {
        let mut read = self.database.snapshot().await?;
        let case = sql("SELECT * FROM decision_case WHERE id = $1").bind(id);
        let Some(case) = read.one(case, rows::case).await? else {
            return Ok(None);
        };
        let approvals = sql("SELECT * FROM approval WHERE case_id = $1 ORDER BY at, operator");
        let approvals = read.all(approvals.bind(id), rows::approval).await?;
        read.commit().await?;
        Ok(Some((case, approvals)))
    }

    async fn open_cases(&self) -> Result<Vec<(Case, Vec<Approval>)>, StoreError> {
        let mut read = self.database.snapshot().await?;
        let cases = sql("SELECT * FROM decision_case WHERE state = 'open' ORDER BY at, id");
        let cases = read.all(cases, rows::case).await?;
        let approvals = sql("SELECT * FROM approval WHERE case_id IN \
             (SELECT id FROM decision_case WHERE state = 'open') ORDER BY at, operator");
        let approvals = read.all(approvals, rows::approval).await?;
        read.commit().await?;
        let with_approvals = |case: Case| {
            let of_case = |one: &&Approval| one.case == case.id;
            let approvals = approvals.iter().filter(of_case).cloned().collect();
            (case, approvals)
        };
        Ok(cases.into_iter().map(with_approvals).collect())
    }

    async fn switches(&self) -> Result<Vec<Switch>, StoreError> {
        let thrown = sql("SELECT * FROM switch WHERE lifted_at IS NULL ORDER BY at, id");
        self.database.all(thrown, rows::switch).await
    }

    async fn throw_switch(&self, switch: &Switch, entry: &Entry) -> Result<(), StoreError> {
        noted::note(&self.database, || noted::throw_switch(switch), entry).await?;
        Ok(())
    }

    async fn lift_switch(&self, id: &str, entry: &Entry) -> Result<bool, StoreError> {
        noted::note(&self.database, || noted::lift_switch(id, entry), entry).await
    }

    async fn opened_since(&self, operator: &str, from: i64) -> Result<Day, StoreError> {
        // One statement sees one moment: records are never newer than the number they are compared by.
        let opened = sql("SELECT COUNT(*) AS records, \
             CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS fen, \
             COALESCE((SELECT openings FROM operator WHERE name = $1), 0) AS openings FROM recharge \
             WHERE operator = $1 AND created_at >= $2 AND state <> 'closed'");
        let opened = opened.bind(operator).bind(from);
        let day = self.database.one(opened, rows::day).await?;
        Ok(day.unwrap_or_default())
    }

    async fn drawer(&self, operator: &str, outlet: &str) -> Result<Option<DrawerRow>, StoreError> {
        let drawer = sql("SELECT * FROM drawer WHERE operator = $1 AND outlet = $2 \
             ORDER BY CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END, opened_at DESC, id DESC \
             LIMIT 1");
        let drawer = drawer.bind(operator).bind(outlet);
        self.database.one(drawer, rows::drawer).await
    }

    async fn open_drawer(&self, drawer: &DrawerRow, entry: &Entry) -> Result<(), StoreError> {
        noted::note(&self.database, || noted::open_drawer(drawer), entry).await?;
        Ok(())
    }

    async fn close_drawer(
        &self,
        id: &str,
        revision: i64,
        counted: &Counted,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let close = || noted::close_drawer(id, revision, counted);
        match noted::note(&self.database, close, entry).await? {
            true => Ok(()),
            false => Err(StoreError::Raced),
        }
    }

    async fn drawers(&self, from: i64, to: i64) -> Result<Vec<DrawerRow>, StoreError> {
        let drawers = sql("SELECT * FROM drawer \
             WHERE (closed_at IS NULL OR closed_at >= $1) AND opened_at < $2 \
             ORDER BY outlet, opened_at, id");
        let drawers = drawers.bind(from).bind(to);
        self.database.all(drawers, rows::drawer).await
    }

    async fn takings(&self, from: i64, to: i64) -> Result<Vec<Takings>, StoreError> {
        let takings = questions::takings(from, to);
        self.database.all(takings, rows::takings).await
    }

    async fn unexplained(&self, from: i64, to: i64) -> Result<Vec<BookRow>, StoreError> {
        let unexplained = sql("SELECT * FROM counter_book WHERE at >= $1 AND at < $2 \
             AND spender IN ('lost', 'unknown') ORDER BY card, counter");
        let unexplained = unexplained.bind(from).bind(to);
        self.database.all(unexplained, rows::book_row).await
    }

    async fn stopped_cards(&self) -> Result<Vec<(Card, i64)>, StoreError> {
        let stopped = sql("SELECT * FROM card WHERE stopped IS NOT NULL ORDER BY number");
        self.database.all(stopped, rows::stopped_card).await
    }

    async fn answer(&self, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        let answer = sql("SELECT * FROM answer WHERE key = $1").bind(key);
        self.database.one(answer, rows::answer).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        let written = write::commit(&mut transaction, self.personal.as_ref(), commit).await;
        transaction.end(written).await
    }

    async fn count_proof(&self, proof: &CountedProof, limit: u32) -> Result<bool, StoreError> {
        // Not flushed by itself, so that an authorisation costs one flush instead of two. What matters
        // is that all who ask see it at once, and that the backend's own end does not undo it; both
        // hold. A crash of the database's machine may forget the last few tries: they are given back,
        // which costs no money, and a machine that crashes at every guess is noticed.
        let mut transaction = self.database.begin(Durability::Soon).await?;
        match write::count_proof(&mut transaction, proof, limit).await {
            // What the one has counted, the other has no tries left for.
            Ok(false) => {
                transaction.undo().await;
                Ok(false)
            }
            counted => transaction.end(counted).await,
        }
    }

    async fn uncount_proof(&self, proof: &CountedProof) -> Result<(), StoreError> {
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        let given_back = write::uncount_proof(&mut transaction, proof).await;
        transaction.end(given_back).await
    }

    async fn unlock_card(&self, card: CardNumber, entry: &Entry) -> Result<bool, StoreError> {
        let unlock = || {
            let unlock = sql("UPDATE card SET wrong_proofs = 0 WHERE number = $1").bind(card);
            vec![Step::Change(unlock)]
        };
        noted::note(&self.database, unlock, entry).await
    }

    async fn add(&self, stock: &Stock) -> Result<(), StoreError> {
        let now = self.now().await?;
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        let added = stock::add(&mut transaction, self.personal.as_ref(), stock, now).await;
        transaction.end(added).await
    }

    async fn outlet(&self, code: &str) -> Result<Option<Outlet>, StoreError> {
        let outlet = sql("SELECT * FROM outlet WHERE code = $1").bind(code);
        self.database.one(outlet, rows::outlet).await
    }

    async fn terminals(&self, outlet: &str) -> Result<Vec<[u8; 6]>, StoreError> {
        let terminals = sql("SELECT number FROM terminal WHERE outlet = $1 ORDER BY number");
        self.database
            .all(terminals.bind(outlet), rows::terminal)
            .await
    }

    async fn operator(&self, name: &str) -> Result<Option<Operator>, StoreError> {
        let operator = sql("SELECT * FROM operator WHERE name = $1").bind(name);
        self.database.one(operator, rows::operator).await
    }

    async fn count_sign_in(&self, name: &str, rule: SignInRule) -> Result<bool, StoreError> {
        // What lies ahead was written by a clock that has been put back since. In a transaction of
        // its own: it may delete other names' rows, and holds none that somebody else may wait for.
        let forget = sql("DELETE FROM sign_in WHERE last_at <= $1 OR last_at > $2");
        let forget = forget.bind(rule.now - rule.lock).bind(rule.now);
        self.database.execute(forget).await?;
        let count = sql(
            "INSERT INTO sign_in (name, failed, last_at) VALUES ($1, 1, $2) \
             ON CONFLICT (name) DO UPDATE SET failed = sign_in.failed + 1, last_at = $2 \
             WHERE sign_in.failed < $3",
        );
        let count = count.bind(name).bind(rule.now).bind(rule.tries);
        Ok(self.database.execute(count).await? == 1)
    }

    async fn forget_sign_ins(&self, name: &str) -> Result<(), StoreError> {
        let forget = sql("DELETE FROM sign_in WHERE name = $1").bind(name);
        self.database.execute(forget).await?;
        Ok(())
    }

    async fn open_session(&self, session: &Session, entry: &Entry) -> Result<(), StoreError> {
        noted::note(&self.database, || noted::open_session(session), entry).await?;
        Ok(())
    }

    async fn session(&self, token: &TokenHash) -> Result<Option<Session>, StoreError> {
        let session = sql("SELECT * FROM session WHERE token = $1").bind(token);
        self.database.one(session, rows::session).await
    }

    async fn touch_session(&self, token: &TokenHash, now: i64) -> Result<(), StoreError> {
        let touch = sql("UPDATE session SET seen_at = $1 WHERE token = $2");
        self.database.execute(touch.bind(now).bind(token)).await?;
        Ok(())
    }

    async fn close_session(&self, token: &TokenHash, entry: &Entry) -> Result<(), StoreError> {
        let close = || {
            let close = sql("DELETE FROM session WHERE token = $1").bind(token);
            vec![Step::Do(close)]
        };
        noted::note(&self.database, close, entry).await?;
        Ok(())
    }

    async fn note(&self, entry: &Entry) -> Result<(), StoreError> {
        noted::note(&self.database, Vec::new, entry).await?;
        Ok(())
    }

    async fn sweep(&self, outlived: Outlived) -> Result<bool, StoreError> {
        let sessions = sql("DELETE FROM session WHERE token IN \
             (SELECT token FROM session WHERE opened_at <= $1 LIMIT $2)");
        let sessions = sessions
            .bind(outlived.sessions_opened_by)
            .bind(outlived.at_most);
        let answers = sql("DELETE FROM answer WHERE key IN \
             (SELECT key FROM answer WHERE at <= $1 LIMIT $2)");
        let answers = answers
            .bind(outlived.answers_kept_since)
            .bind(outlived.at_most);
        let at_most = u64::from(outlived.at_most);
        let sessions = self.database.execute(sessions).await?;
        let answers = self.database.execute(answers).await?;
        Ok(sessions == at_most || answers == at_most)
    }
}
