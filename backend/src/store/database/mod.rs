//! A database: SQLite in a file, or PostgreSQL.
//!
//! Every statement is written once for both ([`statement`]), over columns of three types: texts,
//! whole numbers and bytes. What differs stands in [`sqlite`] and [`postgres`]: how to connect, how a
//! transaction begins, the clock; and in [`migrate`]: the words for a table. No row locks: revisions,
//! versions and unique indexes hold every invariant.
//!
//! A new table is a script in `migrations/`, an [`insert`](statement::insert) in [`write`] and a
//! function in [`rows`]; a new question is one method here. The suite runs it on both.

mod connection;
mod migrate;
mod postgres;
mod row;
mod rows;
mod sqlite;
mod statement;
#[cfg(test)]
pub(super) mod tests;
mod write;

use std::path::Path;

use apdu_core::bcd::CardNumber;
use async_trait::async_trait;
use etc_api::Outlet;

use self::connection::{Database, Durability};
use self::sqlite::SqlitePools;
use self::statement::sql;
use super::{
    Commit, CountedProof, Operator, Purpose, Session, SignInRule, Stock, Store, StoreError,
    StoredAnswer, TokenHash,
};
use crate::audit::Entry;
use crate::ledger::{Authorisation, CardFile, Record};

/// A store in a database.
pub struct DatabaseStore {
    database: Database,
}

impl DatabaseStore {
    /// Opens an SQLite file, creating it and bringing its tables up to date.
    pub async fn sqlite(file: &Path) -> Result<Self, StoreError> {
        let database = Database::Sqlite(SqlitePools::open(file).await?);
        Ok(Self { database })
    }

    /// Opens a PostgreSQL database by its URL and brings its tables up to date. Its first start
    /// decides for ever what it is for.
    pub async fn postgres(url: &str, purpose: Purpose) -> Result<Self, StoreError> {
        let database = Database::Postgres(postgres::open(url, purpose).await?);
        Ok(Self { database })
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
        let card = sql("SELECT * FROM card WHERE number = $1").bind(number);
        let Some(card) = read.one(card, rows::card).await? else {
            return Ok(None);
        };
        let nonce = sql("SELECT * FROM nonce WHERE card = $1");
        let created =
            sql("SELECT * FROM recharge WHERE card = $1 AND state = 'created' ORDER BY id");
        let open = sql("SELECT * FROM recharge WHERE card = $1 AND state IN ('paid', 'loading')");
        let latest = sql("SELECT MAX(second) AS latest FROM authorisation WHERE card = $1");
        let file = CardFile {
            card,
            nonce: read.one(nonce.bind(number), rows::nonce).await?,
            created: read.all(created.bind(number), rows::record).await?,
            open: read.one(open.bind(number), rows::record).await?,
            latest_second: read.one(latest.bind(number), rows::latest).await?.flatten(),
        };
        read.commit().await?;
        Ok(Some(file))
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

    async fn answer(&self, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        let answer = sql("SELECT * FROM answer WHERE key = $1").bind(key);
        self.database.one(answer, rows::answer).await
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        write::change(&mut transaction, &commit.change).await?;
        if let Some(proof) = &commit.proved {
            write::uncount_proof(&mut transaction, proof).await?;
        }
        write::audit(&mut transaction, &commit.entry).await?;
        if let Some(answer) = &commit.answer {
            write::answer(&mut transaction, answer).await?;
        }
        transaction.commit().await
    }

    async fn count_proof(&self, proof: &CountedProof, limit: u32) -> Result<bool, StoreError> {
        // Not flushed by itself, so that an authorisation costs one flush instead of two. What matters
        // is that all who ask see it at once, and that the backend's own end does not undo it; both
        // hold. A crash of the database's machine may forget the last few tries: they are given back,
        // which costs no money, and a machine that crashes at every guess is noticed.
        let mut transaction = self.database.begin(Durability::Soon).await?;
        let counted = write::count_proof(&mut transaction, proof, limit).await?;
        if counted {
            transaction.commit().await?;
        }
        Ok(counted)
    }

    async fn uncount_proof(&self, proof: &CountedProof) -> Result<(), StoreError> {
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        write::uncount_proof(&mut transaction, proof).await?;
        transaction.commit().await
    }

    async fn unlock_card(&self, card: CardNumber, entry: &Entry) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        let unlock = sql("UPDATE card SET wrong_proofs = 0 WHERE number = $1").bind(card);
        if transaction.execute(unlock).await? == 0 {
            return Ok(false);
        }
        write::audit(&mut transaction, entry).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn add(&self, stock: &Stock) -> Result<(), StoreError> {
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        write::stock(&mut transaction, stock).await?;
        transaction.commit().await
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

    async fn open_session(&self, session: &Session, entry: &Entry) -> Result<(), StoreError> {
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        write::session(&mut transaction, session).await?;
        write::audit(&mut transaction, entry).await?;
        transaction.commit().await
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
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        let close = sql("DELETE FROM session WHERE token = $1").bind(token);
        transaction.execute(close).await?;
        write::audit(&mut transaction, entry).await?;
        transaction.commit().await
    }

    async fn note(&self, entry: &Entry) -> Result<(), StoreError> {
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        write::audit(&mut transaction, entry).await?;
        transaction.commit().await
    }
}
