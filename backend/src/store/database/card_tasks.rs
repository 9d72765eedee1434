//! The writing of cards: their stock, and the tasks that issue and activate them.

use apdu_core::authority::{CardFile as Written, CardMode, CardTaskState};
use apdu_core::bcd::CardNumber;
use apdu_core::hex::encode;
use async_trait::async_trait;

use super::connection::{Durability, Transaction};
use super::noted::{self, Step};
use super::row::Row;
use super::statement::{Statement, Value, insert, sql};
use super::{DatabaseStore, applications, card_file, rows, stock, tag_rows, tags, write};
use crate::audit::Entry;
use crate::keys::personal::Personal;
use crate::ledger::{
    ApplicationFile, Attempts, Card, CardHistory, CardJob, CardJobWork, CardKind, CardModel,
    CardShowing, Chip, HolderMark, PresenceNonce, WantedFiles,
};
use crate::store::{CardCommit, CardCount, CardStore, StoreError, TakeInOffer, TokenHash};
use crate::words::Word;

type Done = Result<(), StoreError>;

#[async_trait]
impl CardStore for DatabaseStore {
    async fn card_history(&self, card: CardNumber) -> Result<Option<CardHistory>, StoreError> {
        let mut read = self.database.snapshot().await?;
        let history = history(&mut read, card).await;
        read.end(history).await
    }

    async fn application_file(&self, id: &str) -> Result<Option<ApplicationFile>, StoreError> {
        let mut read = self.database.snapshot().await?;
        let file = application_file(&mut read, self.personal()?, id).await;
        read.end(file).await
    }

    async fn card_job(&self, id: &str) -> Result<Option<CardJob>, StoreError> {
        let job = sql("SELECT * FROM card_task WHERE id = $1").bind(id);
        self.database.one(job, job_row).await
    }

    async fn card_of_vehicle(
        &self,
        plate: &str,
        colour: u8,
    ) -> Result<Option<CardNumber>, StoreError> {
        let card = of_vehicle(plate, colour);
        self.database.one(card, |row| row.parsed("number")).await
    }

    async fn card_given(&self, plate: &str, colour: u8) -> Result<Option<CardNumber>, StoreError> {
        let card = given(plate, colour);
        self.database.one(card, |row| row.parsed("card")).await
    }

    async fn card_model(
        &self,
        issuer: [u8; 8],
        version: u8,
    ) -> Result<Option<CardModel>, StoreError> {
        let model = sql("SELECT * FROM card_model WHERE issuer = $1 AND version = $2");
        let model = model.bind(encode(&issuer)).bind(version);
        self.database.one(model, rows::card_model).await
    }

    async fn offer_take_in(&self, offer: &TakeInOffer, entry: &Entry) -> Result<(), StoreError> {
        let keep = || {
            let put = sql(
                "INSERT INTO take_in_offer (session, card, terminal, operator, issued_at) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (session) DO UPDATE \
                 SET card = $2, terminal = $3, operator = $4, issued_at = $5",
            );
            let put = put
                .bind(&offer.session)
                .bind(offer.card)
                .bind(encode(&offer.nonce.terminal))
                .bind(&offer.nonce.operator)
                .bind(offer.nonce.issued_at);
            vec![Step::Do(put)]
        };
        noted::note(&self.database, keep, entry).await?;
        Ok(())
    }

    async fn take_in_offer(&self, session: &TokenHash) -> Result<Option<TakeInOffer>, StoreError> {
        let offer = sql("SELECT * FROM take_in_offer WHERE session = $1").bind(session);
        self.database.one(offer, take_in_offer).await
    }

    async fn commit_card(&self, commit: &CardCommit) -> Result<(), StoreError> {
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        let written = write_all(&mut transaction, self.personal.as_ref(), commit).await;
        transaction.end(written).await
    }

    async fn card_stock(&self) -> Result<Vec<CardCount>, StoreError> {
        let counts = sql(
            "SELECT outlet, kind, status, is_issued, COUNT(*) AS cards FROM card \
             GROUP BY outlet, kind, status, is_issued",
        );
        self.database.all(counts, count).await
    }
}

fn of_vehicle(plate: &str, colour: u8) -> Statement {
    let card = sql(
        "SELECT number FROM card WHERE plate = $1 AND plate_colour = $2 \
         AND is_issued = 1 AND status NOT IN ('cancelled', 'blacklisted') \
         ORDER BY start DESC, number DESC LIMIT 1",
    );
    card.bind(plate).bind(colour)
}

/// The card of a vehicle that another one takes the place of: the newest in use, or else the newest on the blacklist.
fn old(plate: &str, colour: u8) -> Statement {
    let card = sql(
        "SELECT number FROM card WHERE plate = $1 AND plate_colour = $2 \
         AND is_issued = 1 AND status <> 'cancelled' \
         ORDER BY CASE WHEN status = 'blacklisted' THEN 1 ELSE 0 END, start DESC, number DESC LIMIT 1",
    );
    card.bind(plate).bind(colour)
}

fn given(plate: &str, colour: u8) -> Statement {
    let card = sql("SELECT card FROM vehicle_card WHERE plate = $1 AND plate_colour = $2");
    card.bind(plate).bind(colour)
}

/// Gives this card to a vehicle in place of the one that was read. Any other that was given meanwhile is a lost race.
pub(super) async fn give_card(
    database: &mut Transaction,
    card: CardNumber,
    (plate, colour): (&str, u8),
    before: Option<CardNumber>,
) -> Done {
    let Some(before) = before else {
        let row = insert("vehicle_card")
            .with("plate", plate)
            .with("plate_colour", colour)
            .with("card", card);
        database.execute(row).await?;
        return Ok(());
    };
    let give = sql(
        "UPDATE vehicle_card SET card = $1 WHERE plate = $2 AND plate_colour = $3 AND card = $4",
    );
    let give = give.bind(card).bind(plate).bind(colour).bind(before);
    write::one_row(database.execute(give).await?)
}

async fn history(
    read: &mut Transaction,
    number: CardNumber,
) -> Result<Option<CardHistory>, StoreError> {
    let Some(file) = card_file::card_file(read, number).await? else {
        return Ok(None);
    };
    let open = sql("SELECT * FROM card_task WHERE card = $1 AND state = 'open'");
    let issue = sql("SELECT * FROM card_task WHERE id = $1").bind(&file.card.stock.issue);
    let attempts = sql("SELECT * FROM attempt WHERE chip = $1 ORDER BY opened_at, id");
    let attempts = attempts.bind(Chip::Card(number).to_string());
    Ok(Some(CardHistory {
        job: read.one(open.bind(number), job_row).await?,
        issue: read.one(issue, job_row).await?,
        attempts: Attempts(read.all(attempts, tag_rows::attempt).await?),
        file,
    }))
}

async fn application_file(
    read: &mut Transaction,
    personal: &Personal,
    id: &str,
) -> Result<Option<ApplicationFile>, StoreError> {
    let one = applications::all()
        .more(" WHERE application.id = ")
        .value(id);
    let Some(sealed) = read.one(one, applications::sealed).await? else {
        return Ok(None);
    };
    let applied = sealed.open(personal)?.applied;
    let open = sql("SELECT * FROM card_task WHERE application = $1 AND state = 'open'");
    let attempts = sql("SELECT attempt.* FROM card_task \
         JOIN attempt ON attempt.task = card_task.id WHERE card_task.application = $1 \
         ORDER BY attempt.opened_at, attempt.id");
    let cards = sql("SELECT card.* FROM card_task \
         JOIN card ON card.issue = card_task.id WHERE card_task.application = $1 \
         ORDER BY card.number");
    let (plate, colour) = (&applied.plate[..], applied.plate_colour);
    let old = match read
        .one(old(plate, colour), |row| row.parsed("number"))
        .await?
    {
        Some(number) => card_file::card_file(read, number).await?,
        None => None,
    };
    let pairing =
        sql("SELECT * FROM pairing WHERE plate = $1 AND plate_colour = $2 AND ended_at IS NULL");
    let pairing = pairing.bind(plate).bind(colour);
    let given = given(plate, colour);
    Ok(Some(ApplicationFile {
        open: read.one(open.bind(&applied.id), job_row).await?,
        attempts: Attempts(
            read.all(attempts.bind(&applied.id), tag_rows::attempt)
                .await?,
        ),
        cards: read.all(cards.bind(&applied.id), rows::card).await?,
        given: read.one(given, |row| row.parsed("card")).await?,
        pairing: read.one(pairing, tag_rows::pairing).await?,
        old,
        applied,
    }))
}

async fn write_all(
    database: &mut Transaction,
    personal: Option<&Personal>,
    commit: &CardCommit,
) -> Done {
    let at = commit.entries.first().map_or(0, |entry| entry.at);
    if let Some(card) = &commit.taken_in {
        stock::insert_card(database, card).await?;
    }
    for change in &commit.changes {
        write::change(database, personal, change, at).await?;
    }
    for one in &commit.chips {
        tags::write_chip(database, one).await?;
    }
    if let Some(proof) = &commit.proved {
        write::uncount_proof(database, proof).await?;
    }
    for entry in &commit.entries {
        noted::audit(database, entry).await?;
    }
    match &commit.answer {
        Some(answer) => write::answer(database, answer, at).await,
        None => Ok(()),
    }
}

/// Only what a decision may change: number, kind, profile and counters of a card stand for themselves.
pub(super) async fn put_card(database: &mut Transaction, new: &Card) -> Done {
    let update = sql(
        "UPDATE card SET status = $1, start = $2, expiry = $3, plate = $4, plate_colour = $5, \
         vehicle_class = $6, is_issued = $7, outlet = $8, user_type = $9, signatures = $10, \
         signatures_allowed = $11, issue = $12 WHERE number = $13",
    );
    let update = update
        .bind(new.status.word())
        .bind(new.start)
        .bind(new.expiry)
        .bind(&new.plate)
        .bind(new.plate_colour)
        .bind(new.vehicle_class)
        .bind(new.stock.is_issued)
        .bind(&new.stock.outlet)
        .bind(new.stock.user_type)
        .bind(new.stock.signatures)
        .bind(new.stock.allowed)
        .bind(&new.stock.issue)
        .bind(new.number);
    write::one_row(database.execute(update).await?)
}

/// Word of a state, with the code of what stopped it.
fn state(state: CardTaskState) -> (&'static str, Option<&'static str>) {
    match state {
        CardTaskState::Open => ("open", None),
        CardTaskState::Done => ("done", None),
        CardTaskState::Stopped(code) => ("stopped", Some(code.as_str())),
    }
}

pub(super) async fn insert_job(database: &mut Transaction, new: &CardJob) -> Done {
    let (work, application, how) = match &new.work {
        CardJobWork::Issue { application, mode } => {
            ("issue", Some(application.as_str()), Some(mode.word()))
        }
        CardJobWork::Activate => ("activate", None, None),
    };
    let (word, stopped) = state(new.state);
    let row = insert("card_task")
        .with("id", &new.id)
        .with("work", work)
        .with("application", application)
        .with("how", how)
        .with("card", new.card)
        .with("plate", &new.plate)
        .with("plate_colour", new.plate_colour)
        .with("vehicle_class", new.vehicle_class)
        .with("state", word)
        .with("stopped", stopped)
        .with("holder_mark", new.wanted.holder.map(|mark| encode(&mark.0)))
        .with("issue_file", encode(&new.wanted.issue))
        .with("operator", &new.operator)
        .with("outlet", &new.outlet)
        .with("opened_at", new.opened_at)
        .with("version", new.version);
    let columns = changing(new).into_iter();
    let row = columns.fold(row, |row, (column, value)| row.with(column, value));
    database.execute(row).await?;
    Ok(())
}

/// The columns of a task's nonce and showing.
fn changing(job: &CardJob) -> [(&'static str, Value); 9] {
    let (nonce, showing) = (job.nonce.as_ref(), job.showing.as_ref());
    let left = showing.map(|showing| {
        let words: Vec<_> = showing.left.iter().map(Word::word).collect();
        words.join(" ")
    });
    let operator = |showing: &CardShowing| showing.operator.clone();
    [
        (
            "nonce_terminal",
            nonce.map(|one| encode(&one.terminal)).into(),
        ),
        (
            "nonce_operator",
            nonce.map(|one| one.operator.as_str()).into(),
        ),
        ("nonce_issued_at", nonce.map(|one| one.issued_at).into()),
        ("shown_operator", showing.map(operator).into()),
        ("shown_at", showing.map(|one| one.at).into()),
        ("shown_present", showing.map(|one| one.present).into()),
        ("shown_left", left.into()),
        (
            "shown_holder",
            showing.map(|one| encode(&one.holder.0)).into(),
        ),
        ("shown_issue", showing.map(|one| encode(&one.issue)).into()),
    ]
}

/// Only where it stands, and what was shown: what it is about stays as it was begun.
pub(super) async fn update_job(database: &mut Transaction, new: &CardJob) -> Done {
    let (word, stopped) = state(new.state);
    let update = sql(
        "UPDATE card_task SET state = $1, stopped = $2, nonce_terminal = $3, nonce_operator = $4, \
         nonce_issued_at = $5, shown_operator = $6, shown_at = $7, shown_present = $8, \
         shown_left = $9, shown_holder = $10, shown_issue = $11, version = version + 1 \
         WHERE id = $12 AND version = $13",
    );
    let columns = changing(new).into_iter();
    let update = columns.fold(update.bind(word).bind(stopped), |update, (_, value)| {
        update.bind(value)
    });
    let update = update.bind(&new.id).bind(new.version);
    write::one_row(database.execute(update).await?)
}

fn job_row(row: &Row) -> Result<CardJob, StoreError> {
    let work = match row.maybe_text("application")? {
        Some(application) => CardJobWork::Issue {
            application,
            mode: row.word::<CardMode>("how")?,
        },
        None => CardJobWork::Activate,
    };
    let state = match row.text("state")?.as_str() {
        "open" => CardTaskState::Open,
        "done" => CardTaskState::Done,
        "stopped" => CardTaskState::Stopped(row.parsed("stopped")?),
        _ => return Err(StoreError::corrupt("state")),
    };
    let holder = match row.maybe_text("holder_mark")? {
        Some(_) => Some(HolderMark(row.bytes("holder_mark")?)),
        None => None,
    };
    let nonce = match row.maybe("nonce_issued_at")? {
        None => None,
        Some(issued_at) => Some(PresenceNonce {
            terminal: row.bytes("nonce_terminal")?,
            operator: row.text("nonce_operator")?,
            issued_at,
        }),
    };
    Ok(CardJob {
        id: row.text("id")?,
        work,
        card: row.parsed("card")?,
        plate: row.text("plate")?,
        plate_colour: row.number("plate_colour")?,
        vehicle_class: row.number("vehicle_class")?,
        state,
        wanted: WantedFiles {
            holder,
            issue: row.hex("issue_file")?,
        },
        nonce,
        showing: showing(row)?,
        operator: row.text("operator")?,
        outlet: row.text("outlet")?,
        opened_at: row.moment("opened_at")?,
        version: row.moment("version")?,
    })
}

fn showing(row: &Row) -> Result<Option<CardShowing>, StoreError> {
    let Some(at) = row.maybe("shown_at")? else {
        return Ok(None);
    };
    let left = row.text("shown_left")?;
    let left = left.split_whitespace().map(Written::of_word);
    let left: Option<Vec<_>> = left.collect();
    Ok(Some(CardShowing {
        operator: row.text("shown_operator")?,
        at,
        present: row.flag("shown_present")?,
        left: left.ok_or_else(|| StoreError::corrupt("shown_left"))?,
        holder: HolderMark(row.bytes("shown_holder")?),
        issue: row.hex("shown_issue")?,
    }))
}

fn take_in_offer(row: &Row) -> Result<TakeInOffer, StoreError> {
    Ok(TakeInOffer {
        session: row.hash("session")?,
        card: row.parsed("card")?,
        nonce: PresenceNonce {
            terminal: row.bytes("terminal")?,
            operator: row.text("operator")?,
            issued_at: row.moment("issued_at")?,
        },
    })
}

fn count(row: &Row) -> Result<CardCount, StoreError> {
    let kind = CardKind::of_number(row.number("kind")?);
    Ok(CardCount {
        outlet: row.maybe_text("outlet")?,
        kind: kind.ok_or_else(|| StoreError::corrupt("kind"))?,
        status: row.word("status")?,
        issued: row.flag("is_issued")?,
        cards: row.number("cards")?,
    })
}
