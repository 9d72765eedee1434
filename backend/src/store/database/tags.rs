//! Tags, their tasks, and to whom they belong.

use apdu_core::authority::{TagTaskState, TagWork};
use apdu_core::hex::encode;
use apdu_core::obu::ContractSerial;
use async_trait::async_trait;

use super::connection::{Durability, Transaction};
use super::noted::{self, Step};
use super::statement::{Insert, Statement, insert, sql};
use super::{DatabaseStore, rows, tag_rows, write};
use crate::audit::Entry;
use crate::ledger::{
    Attempts, Body, Card, Chip, ChipWrite, HandIn, OfCard, Pairing, Reading, Tag, TagFile, TagJob,
    TagWrite, Vehicle, WriteAttempt,
};
use crate::store::{StockCount, StoreError, TagCommit, TagStore};
use crate::words::Word;

type Done = Result<(), StoreError>;

#[async_trait]
impl TagStore for DatabaseStore {
    async fn tag(&self, serial: ContractSerial) -> Result<Option<Tag>, StoreError> {
        let tag = sql("SELECT * FROM tag WHERE serial = $1").bind(serial);
        self.database.one(tag, rows::tag).await
    }

    async fn tag_of_sn(&self, sn: &str) -> Result<Option<Tag>, StoreError> {
        let tag = sql("SELECT * FROM tag WHERE sn = $1").bind(sn);
        self.database.one(tag, rows::tag).await
    }

    async fn begin_reading(&self, reading: &Reading, entry: &Entry) -> Result<(), StoreError> {
        noted::note(&self.database, || noted::begin_reading(reading), entry).await?;
        Ok(())
    }

    async fn end_reading(&self, reading: &Reading, since: i64) -> Result<bool, StoreError> {
        let end = sql("DELETE FROM tag_reading \
             WHERE tag = $1 AND random = $2 AND operator = $3 AND began_at > $4");
        let end = end
            .bind(reading.tag)
            .bind(encode(&reading.random))
            .bind(&reading.operator)
            .bind(since);
        Ok(self.database.execute(end).await? > 0)
    }

    async fn tag_file(&self, serial: ContractSerial) -> Result<Option<TagFile>, StoreError> {
        let mut read = self.database.snapshot().await?;
        let file = tag_file(&mut read, serial).await;
        read.end(file).await
    }

    async fn tag_job(&self, id: &str) -> Result<Option<TagJob>, StoreError> {
        let job = sql("SELECT * FROM tag_task WHERE id = $1").bind(id);
        self.database.one(job, tag_rows::job).await
    }

    async fn of_card(&self, card: &Card) -> Result<OfCard, StoreError> {
        let mut read = self.database.snapshot().await?;
        let found = of_card(&mut read, card).await;
        read.end(found).await
    }

    async fn vehicle(&self, plate: &str, colour: u8) -> Result<Option<Vehicle>, StoreError> {
        let vehicle = sql("SELECT * FROM vehicle WHERE plate = $1 AND plate_colour = $2");
        let vehicle = vehicle.bind(plate).bind(colour);
        self.database.one(vehicle, tag_rows::vehicle).await
    }

    async fn commit_tag(&self, commit: &TagCommit) -> Result<(), StoreError> {
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        let written = write_all(&mut transaction, commit).await;
        transaction.end(written).await
    }

    async fn tag_stock(&self) -> Result<Vec<StockCount>, StoreError> {
        let counts = sql("SELECT outlet, status, \
             CAST(CASE WHEN plate IS NULL THEN 0 ELSE 1 END AS BIGINT) AS issued, COUNT(*) AS tags FROM tag \
             GROUP BY outlet, status, CASE WHEN plate IS NULL THEN 0 ELSE 1 END");
        self.database.all(counts, tag_rows::stock_count).await
    }

    async fn hand_ins(&self) -> Result<Vec<HandIn>, StoreError> {
        let open = sql("SELECT * FROM hand_in WHERE ticked_at IS NULL ORDER BY at, id");
        self.database.all(open, tag_rows::hand_in).await
    }

    async fn tick_hand_in(&self, id: &str, entry: &Entry) -> Result<bool, StoreError> {
        let tick = || {
            let tick = sql("UPDATE hand_in SET ticked_by = $1, ticked_at = $2 \
                 WHERE id = $3 AND ticked_at IS NULL AND operator <> $1");
            let tick = tick.bind(&entry.operator).bind(entry.at).bind(id);
            vec![Step::Change(tick)]
        };
        noted::note(&self.database, tick, entry).await
    }
}

async fn tag_file(
    read: &mut Transaction,
    serial: ContractSerial,
) -> Result<Option<TagFile>, StoreError> {
    let tag = sql("SELECT * FROM tag WHERE serial = $1").bind(serial);
    let Some(tag) = read.one(tag, rows::tag).await? else {
        return Ok(None);
    };
    let open = sql("SELECT * FROM tag_task WHERE tag = $1 AND state = 'open'");
    let issue = sql("SELECT * FROM tag_task WHERE id = $1").bind(&tag.signed.issue);
    let attempts = sql("SELECT * FROM attempt WHERE chip = $1 ORDER BY opened_at, id");
    let attempts = attempts.bind(Chip::Tag(serial).to_string());
    let living = sql("SELECT * FROM pairing WHERE tag = $1 AND ended_at IS NULL");
    Ok(Some(TagFile {
        job: read.one(open.bind(serial), tag_rows::job).await?,
        issue: read.one(issue, tag_rows::job).await?,
        attempts: Attempts(read.all(attempts, tag_rows::attempt).await?),
        pairing: read.one(living.bind(serial), tag_rows::pairing).await?,
        tag,
    }))
}

async fn of_card(read: &mut Transaction, card: &Card) -> Result<OfCard, StoreError> {
    let of_card = sql("SELECT * FROM pairing WHERE card = $1 AND ended_at IS NULL");
    let of_vehicle =
        sql("SELECT * FROM pairing WHERE plate = $1 AND plate_colour = $2 AND ended_at IS NULL");
    let of_vehicle = of_vehicle.bind(&card.plate).bind(card.plate_colour);
    let pairing = match read
        .one(of_card.bind(card.number), tag_rows::pairing)
        .await?
    {
        Some(pairing) => Some(pairing),
        None => read.one(of_vehicle, tag_rows::pairing).await?,
    };
    let tag = match &pairing {
        Some(pairing) => {
            let tag = sql("SELECT * FROM tag WHERE serial = $1").bind(pairing.tag);
            read.one(tag, rows::tag).await?
        }
        None => None,
    };
    let open = sql("SELECT * FROM tag_task WHERE card = $1 AND state = 'open'");
    let rival = sql(
        "SELECT * FROM tag_task WHERE plate = $1 AND plate_colour = $2 AND card <> $3 \
         AND state = 'open' AND work = 'issue'",
    );
    let rival = rival.bind(&card.plate).bind(card.plate_colour);
    let begun = sql("SELECT tag.*, tag_task.card AS begun_for FROM tag_task \
         JOIN tag ON tag.serial = tag_task.tag AND tag.issue = tag_task.id \
         WHERE tag_task.plate = $1 AND tag_task.plate_colour = $2 AND tag.plate IS NULL \
         ORDER BY tag.serial");
    let begun = begun.bind(&card.plate).bind(card.plate_colour);
    let ended = sql(
        "SELECT * FROM pairing WHERE card = $1 AND ended_at IS NOT NULL \
         ORDER BY begun_at DESC, id DESC",
    );
    Ok(OfCard {
        pairing,
        tag,
        open: with_tag(read, open.bind(card.number)).await?,
        rival: read.one(rival.bind(card.number), tag_rows::job).await?,
        begun: read.all(begun, tag_rows::begun).await?,
        history: read.all(ended.bind(card.number), tag_rows::pairing).await?,
    })
}

/// An open task, with its tag.
async fn with_tag(
    read: &mut Transaction,
    open: Statement,
) -> Result<Option<(TagJob, Tag)>, StoreError> {
    let Some(job) = read.one(open, tag_rows::job).await? else {
        return Ok(None);
    };
    let tag = sql("SELECT * FROM tag WHERE serial = $1").bind(job.tag);
    Ok(read.one(tag, rows::tag).await?.map(|tag| (job, tag)))
}

async fn write_all(database: &mut Transaction, commit: &TagCommit) -> Done {
    for one in &commit.writes {
        match one {
            TagWrite::PutTag(new) => put_tag(database, new).await?,
            TagWrite::InsertJob(new) => insert_job(database, new).await?,
            TagWrite::UpdateJob(new) => update_job(database, new).await?,
            TagWrite::Chip(write) => write_chip(database, write).await?,
        }
    }
    for entry in &commit.entries {
        noted::audit(database, entry).await?;
    }
    match (&commit.answer, commit.entries.first()) {
        (Some(answer), Some(entry)) => write::answer(database, answer, entry.at).await,
        _ => Ok(()),
    }
}

pub(super) async fn write_chip(database: &mut Transaction, write: &ChipWrite) -> Done {
    match write {
        ChipWrite::InsertAttempt(new) => insert_attempt(database, new).await,
        ChipWrite::UpdateAttempt(new) => update_attempt(database, new).await,
        ChipWrite::InsertPairing(new) => insert_pairing(database, new).await,
        ChipWrite::UpdatePairing(new) => update_pairing(database, new).await,
        ChipWrite::InsertHandIn(new) => insert_hand_in(database, new).await,
    }
}

/// Only what a decision may change: numbers and profile of a tag stand for ever.
async fn put_tag(database: &mut Transaction, new: &Tag) -> Done {
    let issued = new.issued.as_ref();
    let update = sql(
        "UPDATE tag SET status = $1, signed = $2, expiry = $3, plate = $4, plate_colour = $5, \
         vehicle_class = $6, outlet = $7, signatures = $8, signatures_allowed = $9, \
         activations = $10, issue = $11, is_blank = $12, revision = revision + 1 \
         WHERE serial = $13 AND revision = $14",
    );
    let update = update
        .bind(new.status.word())
        .bind(issued.map(|issued| issued.signed))
        .bind(issued.map(|issued| issued.expiry))
        .bind(issued.map(|issued| issued.plate.as_str()))
        .bind(issued.map(|issued| issued.plate_colour))
        .bind(issued.map(|issued| issued.vehicle_class))
        .bind(&new.outlet)
        .bind(new.signed.signatures)
        .bind(new.signed.allowed)
        .bind(new.signed.activations)
        .bind(&new.signed.issue)
        .bind(new.signed.is_blank)
        .bind(new.serial)
        .bind(new.revision);
    write::one_row(database.execute(update).await?)
}

/// Kind and detail of a task, in their columns.
fn work(work: TagWork) -> (&'static str, Option<&'static str>) {
    match work {
        TagWork::Issue { mode } => ("issue", Some(mode.word())),
        TagWork::Activate => ("activate", None),
        TagWork::Cancel { reason } => ("cancel", Some(reason.word())),
    }
}

/// Word of a state, with the code of what stopped it.
fn state(state: TagTaskState) -> (&'static str, Option<&'static str>) {
    match state {
        TagTaskState::Open => ("open", None),
        TagTaskState::Done => ("done", None),
        TagTaskState::Stopped(code) => ("stopped", Some(code.as_str())),
    }
}

async fn insert_job(database: &mut Transaction, new: &TagJob) -> Done {
    let (kind, how) = work(new.work);
    let (word, stopped) = state(new.state);
    let wanted = &new.wanted;
    let row = insert("tag_task")
        .with("id", &new.id)
        .with("work", kind)
        .with("how", how)
        .with("card", new.card)
        .with("tag", new.tag)
        .with("plate", &new.plate)
        .with("plate_colour", new.plate_colour)
        .with("vehicle_class", new.vehicle_class)
        .with("state", word)
        .with("stopped", stopped)
        .with("vehicle_file", hex(wanted.vehicle.as_ref()))
        .with("system_file", encode(&wanted.system))
        .with("operator", &new.operator)
        .with("outlet", &new.outlet)
        .with("opened_at", new.opened_at)
        .with("version", new.version);
    let columns = changing(new);
    let row = columns
        .into_iter()
        .fold(row, |row, (column, value)| row.with(column, value));
    database.execute(row).await?;
    Ok(())
}

/// The columns of a task's reading and showing.
fn changing(job: &TagJob) -> Vec<(&'static str, super::statement::Value)> {
    let (reading, showing) = (job.reading.as_ref(), job.showing.as_ref());
    let left = showing.map(|showing| {
        let words: Vec<_> = showing.left.iter().map(Word::word).collect();
        words.join(" ")
    });
    vec![
        (
            "reading_random",
            reading.map(|one| encode(&one.random)).into(),
        ),
        (
            "reading_operator",
            reading.map(|one| one.operator.as_str()).into(),
        ),
        ("reading_began_at", reading.map(|one| one.began_at).into()),
        (
            "shown_operator",
            showing.map(|one| one.operator.as_str()).into(),
        ),
        ("shown_at", showing.map(|one| one.at).into()),
        ("shown_present", showing.map(|one| one.present).into()),
        ("shown_tampered", showing.map(|one| one.tampered).into()),
        ("shown_left", left.into()),
        (
            "shown_vehicle",
            hex(showing.and_then(|one| one.vehicle.as_ref())).into(),
        ),
        (
            "shown_system",
            showing.map(|one| encode(&one.system)).into(),
        ),
    ]
}

fn hex(bytes: Option<&Vec<u8>>) -> Option<String> {
    bytes.map(|bytes| encode(bytes))
}

/// Only where it stands, and what was shown: what it is about stays as it was begun.
async fn update_job(database: &mut Transaction, new: &TagJob) -> Done {
    let (word, stopped) = state(new.state);
    let update = sql(
        "UPDATE tag_task SET state = $1, stopped = $2, reading_random = $3, reading_operator = $4, \
         reading_began_at = $5, shown_operator = $6, shown_at = $7, shown_present = $8, \
         shown_tampered = $9, shown_left = $10, shown_vehicle = $11, shown_system = $12, \
         version = version + 1 WHERE id = $13 AND version = $14",
    );
    let columns = changing(new).into_iter();
    let update = columns.fold(update.bind(word).bind(stopped), |update, (_, value)| {
        update.bind(value)
    });
    let update: Statement = update.bind(&new.id).bind(new.version);
    write::one_row(database.execute(update).await?)
}

async fn insert_attempt(database: &mut Transaction, new: &WriteAttempt) -> Done {
    let row = insert("attempt")
        .with("id", &new.id)
        .with("chip", new.chip.to_string())
        .with("task", &new.task)
        .with("outlet", &new.outlet)
        .with("operator", &new.operator)
        .with("opened_at", new.opened_at)
        .with("parts", parts(new)?)
        .with("outcome", new.outcome.word());
    database.execute(row).await?;
    Ok(())
}

async fn update_attempt(database: &mut Transaction, new: &WriteAttempt) -> Done {
    let update = sql("UPDATE attempt SET parts = $1, outcome = $2 WHERE id = $3");
    let update = update
        .bind(parts(new)?)
        .bind(new.outcome.word())
        .bind(&new.id);
    write::one_row(database.execute(update).await?)
}

fn parts(attempt: &WriteAttempt) -> Result<String, StoreError> {
    serde_json::to_string(&attempt.parts).map_err(|error| StoreError::Failed(error.into()))
}

pub(super) async fn insert_pairing(database: &mut Transaction, new: &Pairing) -> Done {
    let row = insert("pairing")
        .with("id", &new.id)
        .with("card", new.card)
        .with("tag", new.tag)
        .with("plate", &new.plate)
        .with("plate_colour", new.plate_colour)
        .with("begun_at", new.begun_at)
        .with("ended_at", new.ended.map(|(at, _)| at))
        .with("ended_for", new.ended.map(|(_, why)| why.word()));
    database.execute(row).await?;
    Ok(())
}

/// Only a living one: what has ended stays as it ended.
async fn update_pairing(database: &mut Transaction, new: &Pairing) -> Done {
    let update = sql(
        "UPDATE pairing SET card = $1, ended_at = $2, ended_for = $3 \
         WHERE id = $4 AND ended_at IS NULL",
    );
    let update = update
        .bind(new.card)
        .bind(new.ended.map(|(at, _)| at))
        .bind(new.ended.map(|(_, why)| why.word()))
        .bind(&new.id);
    write::one_row(database.execute(update).await?)
}

/// Lists a chip that is not on the list already.
async fn insert_hand_in(database: &mut Transaction, new: &HandIn) -> Done {
    let listed = sql("SELECT id FROM hand_in WHERE chip = $1 AND ticked_at IS NULL");
    let listed = listed.bind(new.chip.to_string());
    if database.one(listed, rows::there).await?.is_some() {
        return Ok(());
    }
    let ticked = new.ticked.as_ref();
    let row = insert("hand_in")
        .with("id", &new.id)
        .with("chip", new.chip.to_string())
        .with("reason", new.reason.word())
        .with("operator", &new.operator)
        .with("outlet", &new.outlet)
        .with("at", new.at)
        .with("ticked_by", ticked.map(|(by, _)| by.as_str()))
        .with("ticked_at", ticked.map(|(_, at)| *at));
    database.execute(row).await?;
    Ok(())
}

/// Adds a vehicle where there is none of its plate and colour.
pub(super) async fn keep_vehicle(database: &mut Transaction, new: &Vehicle) -> Done {
    let known = sql("SELECT plate FROM vehicle WHERE plate = $1 AND plate_colour = $2");
    let known = known.bind(&new.plate).bind(new.plate_colour);
    if database.one(known, rows::there).await?.is_none() {
        database.execute(insert_vehicle(new)).await?;
    }
    Ok(())
}

pub(super) fn insert_vehicle(new: &Vehicle) -> Insert {
    let [length, width, height] = new.measures;
    let row = insert("vehicle")
        .with("plate", &new.plate)
        .with("plate_colour", new.plate_colour)
        .with("class", new.class)
        .with("user_type", new.user_type)
        .with("length", length)
        .with("width", width)
        .with("height", height)
        .with("seats", new.seats);
    match &new.body {
        Body::Coach {
            wheels,
            axles,
            wheelbase,
            engine,
        } => row
            .with("wheels", *wheels)
            .with("axles", *axles)
            .with("wheelbase", *wheelbase)
            .with("engine", engine),
        Body::Truck {
            permitted_load,
            curb_mass,
            gross_mass,
            vin,
        } => row
            .with("permitted_load", *permitted_load)
            .with("curb_mass", *curb_mass)
            .with("gross_mass", *gross_mass)
            .with("vin", vin),
    }
}
