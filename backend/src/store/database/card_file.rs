//! Everything a decision about a card needs, as it is at one moment.

use apdu_core::bcd::CardNumber;

use super::connection::Transaction;
use super::row::Row;
use super::rows;
use super::statement::sql;
use crate::ledger::{Card, CardFile, Record, State};
use crate::store::StoreError;

/// The file of a card, read with few statements: it is read for every request about a card.
pub async fn card_file(
    read: &mut Transaction,
    number: CardNumber,
) -> Result<Option<CardFile>, StoreError> {
    let card = sql("SELECT card.*, \
         (SELECT MAX(second) FROM authorisation WHERE card = $1) AS latest \
         FROM card WHERE number = $1");
    let Some((card, latest_second)) = read.one(card.bind(number), card_and_latest).await? else {
        return Ok(None);
    };
    let nonce = sql("SELECT * FROM nonce WHERE card = $1");
    let unexplained = sql("SELECT counter FROM counter_book WHERE card = $1 \
         AND spender IN ('lost', 'unknown') ORDER BY counter");
    let records = sql("SELECT * FROM recharge WHERE card = $1 \
         AND state IN ('created', 'paid', 'loading', 'refunding', 'refunded') \
         AND (state <> 'refunded' OR refund_counter IS NOT NULL) ORDER BY id");
    let records = read.all(records.bind(number), rows::record).await?;
    let open = records.iter().find(|one| one.is_open()).cloned();
    Ok(Some(CardFile {
        card,
        nonce: read.one(nonce.bind(number), rows::nonce).await?,
        latest_second,
        unexplained: read.all(unexplained.bind(number), rows::counter).await?,
        let_go_offers: let_go_offers(read, open.as_ref()).await?,
        open,
        given_up: latest_given_up(&records),
        created: created(records),
    }))
}

/// A record with the file of its card.
pub async fn file_of_record(
    read: &mut Transaction,
    id: &str,
) -> Result<Option<(Record, CardFile)>, StoreError> {
    let record = sql("SELECT * FROM recharge WHERE id = $1").bind(id);
    let Some(record) = read.one(record, rows::record).await? else {
        return Ok(None);
    };
    let file = card_file(read, record.card).await?;
    Ok(file.map(|file| (record, file)))
}

fn card_and_latest(row: &Row) -> Result<(Card, Option<i64>), StoreError> {
    Ok((rows::card(row)?, row.maybe("latest")?))
}

fn latest_given_up(records: &[Record]) -> Option<Record> {
    let given_up = records.iter().filter(|one| one.is_given_up());
    given_up
        .max_by_key(|one| (one.created_at, &one.id))
        .cloned()
}

fn created(mut records: Vec<Record>) -> Vec<Record> {
    records.retain(|one| one.state == State::Created);
    records
}

/// How many let-go nonces were given out at the counter the open record is loading at.
async fn let_go_offers(read: &mut Transaction, open: Option<&Record>) -> Result<u32, StoreError> {
    let Some((card, State::Loading { counter })) = open.map(|open| (open.card, open.state)) else {
        return Ok(0);
    };
    let offers = sql("SELECT offers FROM let_go_offer WHERE card = $1 AND counter = $2");
    let offers = read.one(offers.bind(card).bind(counter), rows::offers);
    Ok(offers.await?.unwrap_or_default())
}
