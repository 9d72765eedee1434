//! The rows of a change, one statement each. The caller's transaction holds them together.

use apdu_core::authority::CardStatus;
use apdu_core::bcd::CardNumber;
use apdu_core::hex::encode;

use super::applications;
use super::card_tasks;
use super::connection::Transaction;
use super::noted::audit;
use super::rows::{self, StateColumns, nonce_kind};
use super::statement::{Insert, insert, sql};
use super::tags;
use crate::keys::personal::Personal;
use crate::ledger::{
    Approval, Authorisation, BookRow, CardStop, Case, Change, Means, MoneyBack, Nonce,
    PaymentTaken, Record, Spender, VerifiedInit, Write,
};
use crate::store::{Commit, CountedProof, StoreError, StoredAnswer};
use crate::words::Word;

type Done = Result<(), StoreError>;

/// Writes everything that is committed together.
pub async fn commit(
    database: &mut Transaction,
    personal: Option<&Personal>,
    commit: &Commit,
) -> Done {
    let at = commit.entry.at;
    change(database, personal, &commit.change, at).await?;
    if let Some(proof) = &commit.proved {
        uncount_proof(database, proof).await?;
    }
    audit(database, &commit.entry).await?;
    match &commit.answer {
        Some(new) => answer(database, new, at).await,
        None => Ok(()),
    }
}

/// Writes a change; `at` is when.
pub async fn change(
    database: &mut Transaction,
    personal: Option<&Personal>,
    change: &Change,
    at: i64,
) -> Done {
    let card = change.card;
    let turn = sql("UPDATE card SET revision = revision + 1 WHERE number = $1 AND revision = $2")
        .bind(card)
        .bind(change.revision);
    if database.execute(turn).await? != 1 {
        return Err(StoreError::Raced);
    }
    for write in &change.writes {
        match write {
            Write::PutNonce(new) => put_nonce(database, new).await?,
            Write::DropNonces => drop_nonces(database, card).await?,
            Write::CountLetGoOffer(counter) => count_let_go(database, card, *counter).await?,
            Write::InsertRecord(new) => insert_record(database, new).await?,
            Write::CountOpening { operator, openings } => {
                count_opening(database, operator, *openings).await?;
            }
            Write::UpdateRecord(new) => update_record(database, new).await?,
            Write::InsertPayment(new) => insert_payment(database, new).await?,
            Write::InsertMoneyBack(new) => insert_money_back(database, new).await?,
            Write::InsertAuthorisation(new) => insert_authorisation(database, new).await?,
            Write::ProveCounter(counter) => prove_counter(database, card, *counter).await?,
            Write::SawInit(init) => saw_init(database, card, init).await?,
            Write::MarkWeakRandom => mark_weak_random(database, card).await?,
            Write::PutBookRow(row) => put_book_row(database, row).await?,
            Write::CloseBook(counter) => close_book(database, card, *counter).await?,
            Write::StopCard(stop) => stop_card(database, card, Some(*stop), at).await?,
            Write::LiftStop => stop_card(database, card, None, at).await?,
            Write::PutCard(new) => card_tasks::put_card(database, new).await?,
            Write::InsertCardJob(new) => card_tasks::insert_job(database, new).await?,
            Write::UpdateCardJob(new) => card_tasks::update_job(database, new).await?,
            Write::TurnApplication(turned) => {
                let personal = personal.ok_or_else(applications::no_key)?;
                applications::turn(database, personal, turned).await?;
            }
            Write::GiveCard {
                plate,
                plate_colour,
                before,
            } => {
                let vehicle = (plate.as_str(), *plate_colour);
                card_tasks::give_card(database, card, vehicle, *before).await?;
            }
            Write::KeepVehicle(new) => tags::keep_vehicle(database, new).await?,
            Write::SetStatus(status) => set_status(database, card, *status).await?,
            Write::InsertCase(new) => insert_case(database, new).await?,
            Write::InsertApproval(new) => insert_approval(database, new).await?,
            Write::UpdateCase(new) => update_case(database, new).await?,
        }
    }
    Ok(())
}

async fn put_nonce(database: &mut Transaction, new: &Nonce) -> Done {
    let (kind, record, second) = nonce_kind(&new.kind);
    let put = sql(
        "INSERT INTO nonce (card, terminal, kind, recharge, second, issued_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (card) DO UPDATE \
         SET terminal = $2, kind = $3, recharge = $4, second = $5, issued_at = $6",
    );
    let put = put
        .bind(new.card)
        .bind(encode(&new.terminal))
        .bind(kind)
        .bind(record)
        .bind(second)
        .bind(new.issued_at);
    database.execute(put).await?;
    Ok(())
}

async fn drop_nonces(database: &mut Transaction, card: CardNumber) -> Done {
    let drop = sql("DELETE FROM nonce WHERE card = $1").bind(card);
    database.execute(drop).await?;
    Ok(())
}

async fn count_let_go(database: &mut Transaction, card: CardNumber, counter: u16) -> Done {
    let count = sql(
        "INSERT INTO let_go_offer (card, counter, offers) VALUES ($1, $2, 1) \
         ON CONFLICT (card, counter) DO UPDATE SET offers = let_go_offer.offers + 1",
    );
    database.execute(count.bind(card).bind(counter)).await?;
    Ok(())
}

async fn insert_record(database: &mut Transaction, new: &Record) -> Done {
    let state = StateColumns::of(&new.state);
    let row = insert("recharge")
        .with("id", &new.id)
        .with("card", new.card)
        .with("amount", new.amount)
        .with("state", state.word)
        .with("counter", state.counter)
        .with("proved_second", state.proof.map(|proof| proof.second))
        .with(
            "balance_after",
            state.proof.map(|proof| proof.balance_after),
        )
        .with("proved_by", state.proof.map(|proof| proof.by.word()))
        .with("refund_counter", state.refund_counter())
        .with(
            "refund_not_before",
            state.refund.map(|refund| refund.not_before),
        )
        .with(
            "refund_sent_at",
            state.refund.and_then(|refund| refund.sent_at),
        )
        .with("created_counter", new.created_counter)
        .with("balance_before", new.balance_before)
        .with("created_at", new.created_at)
        .with("outlet", &new.outlet)
        .with("operator", &new.operator)
        .with("version", new.version);
    database.execute(row).await?;
    Ok(())
}

async fn count_opening(database: &mut Transaction, operator: &str, openings: i64) -> Done {
    let count =
        sql("UPDATE operator SET openings = openings + 1 WHERE name = $1 AND openings = $2");
    one_row(
        database
            .execute(count.bind(operator).bind(openings))
            .await?,
    )
}

/// Only what a decision may change: card, amount and origin of a record stand for ever.
async fn update_record(database: &mut Transaction, new: &Record) -> Done {
    let state = StateColumns::of(&new.state);
    let update = sql(
        "UPDATE recharge SET state = $1, counter = $2, proved_second = $3, balance_after = $4, \
         proved_by = $5, refund_counter = $6, refund_not_before = $7, refund_sent_at = $8, \
         balance_before = $9, version = version + 1 WHERE id = $10 AND version = $11",
    );
    let update = update
        .bind(state.word)
        .bind(state.counter)
        .bind(state.proof.map(|proof| proof.second))
        .bind(state.proof.map(|proof| proof.balance_after))
        .bind(state.proof.map(|proof| proof.by.word()))
        .bind(state.refund_counter())
        .bind(state.refund.map(|refund| refund.not_before))
        .bind(state.refund.and_then(|refund| refund.sent_at))
        .bind(new.balance_before)
        .bind(&new.id)
        .bind(new.version);
    one_row(database.execute(update).await?)
}

async fn insert_payment(database: &mut Transaction, new: &PaymentTaken) -> Done {
    let row = insert("payment")
        .with("recharge", &new.record)
        .with("amount", new.amount)
        .with("operator", &new.operator)
        .with("outlet", &new.outlet)
        .with("at", new.at);
    if let Means::Cash { drawer } = &new.means {
        let put = sql(
            "UPDATE drawer SET taken = taken + $1, payments = payments + 1, \
             revision = revision + 1 WHERE id = $2 AND closed_at IS NULL",
        );
        let put = put.bind(new.amount).bind(drawer);
        // Closed meanwhile.
        one_row(database.execute(put).await?)?;
    }
    insert_money(database, row, &new.means).await
}

async fn insert_money_back(database: &mut Transaction, new: &MoneyBack) -> Done {
    let row = insert("money_back")
        .with("recharge", &new.record)
        .with("amount", new.amount)
        .with("operator", &new.operator)
        .with("outlet", &new.outlet)
        .with("at", new.at);
    if let Means::Cash { drawer } = &new.means {
        let take = sql("UPDATE drawer SET given_back = given_back + $1, \
             revision = revision + 1 WHERE id = $2 AND closed_at IS NULL");
        let take = take.bind(new.amount).bind(drawer);
        one_row(database.execute(take).await?)?;
    }
    insert_money(database, row, &new.means).await
}

/// A row about money, with how it changed hands. A slip that was entered before is refused.
async fn insert_money(database: &mut Transaction, row: Insert, means: &Means) -> Done {
    let row = match means {
        Means::Cash { drawer } => row.with("kind", "cash").with("drawer", drawer),
        Means::Pos(slip) => {
            let new = insert("pos_slip")
                .with("terminal", &slip.terminal)
                .with("number", &slip.number)
                .with("day", &slip.day);
            database.execute(new).await?;
            row.with("kind", "pos")
                .with("pos_terminal", &slip.terminal)
                .with("pos_number", &slip.number)
                .with("pos_day", &slip.day)
        }
    };
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

/// The first INIT with a random is the one that is kept.
async fn saw_init(database: &mut Transaction, card: CardNumber, init: &VerifiedInit) -> Done {
    let keep = sql(
        "INSERT INTO seen_init (card, random, amount, terminal, balance, counter) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (card, random) DO NOTHING",
    );
    let keep = keep
        .bind(card)
        .bind(encode(&init.random))
        .bind(init.amount)
        .bind(encode(&init.terminal))
        .bind(init.balance)
        .bind(init.counter);
    database.execute(keep).await?;
    Ok(())
}

async fn mark_weak_random(database: &mut Transaction, card: CardNumber) -> Done {
    let mark = sql("UPDATE card SET weak_random = 1 WHERE number = $1").bind(card);
    database.execute(mark).await?;
    Ok(())
}

async fn put_book_row(database: &mut Transaction, row: &BookRow) -> Done {
    let (spender, record, case, lost) = match &row.spender {
        Spender::Ours(record) => ("ours", Some(record), None, None),
        Spender::Foreign => ("foreign", None, None, None),
        Spender::Lost {
            proved,
            balance_after,
        } => ("lost", None, None, Some((*proved, *balance_after))),
        Spender::Unknown => ("unknown", None, None, None),
        Spender::Decided(case) => ("decided", None, Some(case), None),
    };
    let put = sql(
        "INSERT INTO counter_book (card, counter, spender, recharge, case_id, lost_proved, \
         lost_balance, said_amount, said_terminal, said_second, said_ours, said_balance, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (card, counter) DO UPDATE SET spender = $3, recharge = $4, case_id = $5, \
         lost_proved = $6, lost_balance = $7, said_amount = $8, said_terminal = $9, \
         said_second = $10, said_ours = $11, said_balance = $12, at = $13",
    );
    let put = put
        .bind(row.card)
        .bind(row.counter)
        .bind(spender)
        .bind(record)
        .bind(case)
        .bind(lost.map(|(proved, _)| proved))
        .bind(lost.and_then(|(_, balance_after)| balance_after))
        .bind(row.said.map(|said| said.amount))
        .bind(row.said.map(|said| encode(&said.terminal)))
        .bind(row.said.and_then(|said| said.second))
        .bind(row.said.map(|said| said.ours))
        .bind(row.said.and_then(|said| said.proved_balance))
        .bind(row.at);
    database.execute(put).await?;
    Ok(())
}

/// Never shrinks: less than what the book has is no change.
async fn close_book(database: &mut Transaction, card: CardNumber, counter: u16) -> Done {
    let close = sql("UPDATE card SET book = $1 WHERE number = $2 AND (book IS NULL OR book < $1)");
    database.execute(close.bind(counter).bind(card)).await?;
    Ok(())
}

/// Stops a card, or lets it go on.
async fn stop_card(
    database: &mut Transaction,
    card: CardNumber,
    stop: Option<CardStop>,
    at: i64,
) -> Done {
    let set = sql("UPDATE card SET stopped = $1, stopped_at = $2 WHERE number = $3");
    let set = set
        .bind(stop.map(|stop| stop.word()))
        .bind(stop.map(|_| at))
        .bind(card);
    database.execute(set).await?;
    Ok(())
}

async fn set_status(database: &mut Transaction, card: CardNumber, status: CardStatus) -> Done {
    let set = sql("UPDATE card SET status = $1 WHERE number = $2");
    database.execute(set.bind(status.word()).bind(card)).await?;
    Ok(())
}

async fn insert_case(database: &mut Transaction, new: &Case) -> Done {
    let row = insert("decision_case")
        .with("id", &new.id)
        .with("card", new.card)
        .with("recharge", &new.record)
        .with("record_version", new.record_version)
        .with("question", new.question.word())
        .with("reason", &new.reason)
        .with("operator", &new.operator)
        .with("at", new.at)
        .with("state", new.state.word())
        .with("version", new.version);
    database.execute(row).await?;
    Ok(())
}

async fn insert_approval(database: &mut Transaction, new: &Approval) -> Done {
    let row = insert("approval")
        .with("case_id", &new.case)
        .with("operator", &new.operator)
        .with("at", new.at);
    database.execute(row).await?;
    Ok(())
}

/// Only where it stands: what was asked stays as it was asked.
async fn update_case(database: &mut Transaction, new: &Case) -> Done {
    let update = sql(
        "UPDATE decision_case SET state = $1, version = version + 1 \
         WHERE id = $2 AND version = $3",
    );
    let update = update
        .bind(new.state.word())
        .bind(&new.id)
        .bind(new.version);
    one_row(database.execute(update).await?)
}

/// A statement that must have found its row in the version it was told: else somebody else was first.
pub fn one_row(rows: u64) -> Done {
    match rows {
        1 => Ok(()),
        _ => Err(StoreError::Raced),
    }
}

/// Keeps an answer that was given at this moment.
pub async fn answer(database: &mut Transaction, new: &StoredAnswer, at: i64) -> Done {
    let row = insert("answer")
        .with("key", &new.key)
        .with("operator", &new.operator)
        .with("route", &new.route)
        .with("body", &new.body)
        .with("answer", &new.answer)
        .with("at", at);
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
        // One that is not in the records, or has come in just now, has no tries to lose.
        let locked = sql("SELECT number FROM card WHERE number = $1 AND wrong_proofs >= $2");
        let locked = locked.bind(proof.card).bind(limit);
        if database.one(locked, rows::there).await?.is_some() {
            return Ok(false);
        }
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
