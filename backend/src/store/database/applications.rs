//! Applications, the channels they come through, and personal data, which lie sealed.

use std::collections::BTreeMap;

use apdu_core::bcd::CardNumber;
use async_trait::async_trait;
use etc_api::{ApplicationState, Bank, NewApplication, TakenApplications};
use serde::{Deserialize, Serialize};

use super::connection::{Database, Durability, Transaction};
use super::noted::{self, Step};
use super::row::Row;
use super::statement::{Statement, insert, sql};
use super::{DatabaseStore, rows, write};
use crate::audit::Entry;
use crate::import;
use crate::keys::personal::{Kind, Personal};
use crate::ledger::{
    Application, Applied, Banks, CardKind, Lock, Origin, TurnedApplication, Vehicle,
};
use crate::store::applications::{Fate, States, no_channel};
use crate::store::{
    ApplicationChange, ApplicationSearch, ApplicationStore, Batch, Holder, Sought, StoreError,
    Taken, TokenHash,
};
use crate::words::Word;

type Done = Result<(), StoreError>;

/// Who has no bank.
const OWN: &str = "own";

/// How many plain holders are sealed in one transaction.
const AT_ONCE: u32 = 500;

#[async_trait]
impl ApplicationStore for DatabaseStore {
    async fn channel(&self, token: &TokenHash) -> Result<Option<String>, StoreError> {
        let channel = sql("SELECT name FROM channel WHERE token = $1 AND revoked_at IS NULL");
        self.database
            .one(channel.bind(token), |row| row.text("name"))
            .await
    }

    async fn add_channel(
        &self,
        name: &str,
        token: &TokenHash,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let add = || {
            let row = insert("channel")
                .with("name", name)
                .with("token", token)
                .with("added_at", entry.at);
            vec![Step::Do(row.into())]
        };
        noted::note(&self.database, add, entry).await?;
        Ok(())
    }

    async fn revoke_channel(&self, name: &str, entry: &Entry) -> Result<bool, StoreError> {
        let revoke = || {
            let revoke =
                sql("UPDATE channel SET revoked_at = $1 WHERE name = $2 AND revoked_at IS NULL");
            vec![Step::Change(revoke.bind(entry.at).bind(name))]
        };
        noted::note(&self.database, revoke, entry).await
    }

    fn batch_mark(&self, body: &[u8; 32]) -> Result<[u8; 32], StoreError> {
        Ok(self.personal()?.mark(Kind::Batch, body))
    }

    async fn batch_answer(
        &self,
        channel: &str,
        mark: &[u8; 32],
    ) -> Result<Option<TakenApplications>, StoreError> {
        let answer = sql("SELECT answer FROM application_batch WHERE channel = $1 AND body = $2");
        let answer = answer.bind(channel).bind(mark);
        let answer = self.database.one(answer, |row| row.text("answer")).await?;
        let read = |text: String| serde_json::from_str(&text);
        let answer = answer.map(read).transpose();
        answer.map_err(|_| StoreError::corrupt("answer"))
    }

    async fn take_batch(&self, batch: &Batch) -> Result<TakenApplications, StoreError> {
        let personal = self.personal()?;
        let mut transaction = self.database.begin(Durability::Flushed).await?;
        let taken = take(&mut transaction, personal, batch).await;
        transaction.end(taken).await
    }

    async fn application(&self, id: &str) -> Result<Option<Application>, StoreError> {
        let one = all().more(" WHERE application.id = ").value(id);
        let one = self.database.one(one, sealed).await?;
        one.map(|one| one.open(self.personal()?)).transpose()
    }

    async fn application_of_number(
        &self,
        channel: &str,
        number: &str,
    ) -> Result<Option<Application>, StoreError> {
        let one = all()
            .more(" WHERE application.channel = ")
            .value(channel)
            .more(" AND application.number = ")
            .value(number);
        let one = self.database.one(one, sealed).await?;
        one.map(|one| one.open(self.personal()?)).transpose()
    }

    async fn find_applications(
        &self,
        search: &ApplicationSearch,
    ) -> Result<Vec<Application>, StoreError> {
        let personal = self.personal()?;
        let found = self.database.all(found(search, personal), sealed).await?;
        found.into_iter().map(|one| one.open(personal)).collect()
    }

    async fn change_application(
        &self,
        change: &ApplicationChange,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        let update = || {
            let locked = change.locked_by.as_ref();
            let update = sql(
                "UPDATE application SET state = $1, locked_by = $2, locked_until = $3, \
                 version = version + 1 WHERE id = $4 AND version = $5",
            );
            let update = update
                .bind(change.state.word())
                .bind(locked.map(|(operator, _)| operator.as_str()))
                .bind(locked.map(|(_, until)| *until))
                .bind(&change.id)
                .bind(change.version);
            vec![Step::Change(update)]
        };
        match noted::note(&self.database, update, entry).await? {
            true => Ok(()),
            false => Err(StoreError::Raced),
        }
    }

    async fn banks(&self) -> Result<Banks, StoreError> {
        let list = sql("SELECT * FROM bank_prefix ORDER BY prefix");
        let list = self
            .database
            .all(list, |row| Ok((row.text("prefix")?, row.word("bank")?)))
            .await?;
        Ok(match list.is_empty() {
            true => import::known_banks(),
            false => Banks(list),
        })
    }

    async fn replace_banks(&self, banks: &Banks, entry: &Entry) -> Result<(), StoreError> {
        let replace = || {
            let rows = banks.0.iter().map(|(prefix, bank)| {
                let row = insert("bank_prefix")
                    .with("prefix", prefix)
                    .with("bank", bank.word());
                Step::Do(row.into())
            });
            let all = [Step::Do(sql("DELETE FROM bank_prefix"))];
            all.into_iter().chain(rows).collect()
        };
        noted::note(&self.database, replace, entry).await?;
        Ok(())
    }
}

impl DatabaseStore {
    /// Keeps personal data under these keys, and seals what an earlier backend has left in plain text.
    pub async fn with_personal(mut self, personal: Personal) -> Result<Self, StoreError> {
        loop {
            let plain = sql("SELECT * FROM holder LIMIT $1").bind(AT_ONCE);
            let plain = self.database.all(plain, plain_holder).await?;
            if plain.is_empty() {
                break;
            }
            let mut transaction = self.database.begin(Durability::Flushed).await?;
            let moved = seal_holders(&mut transaction, &personal, &plain).await;
            transaction.end(moved).await?;
        }
        self.personal = Some(personal);
        Ok(self)
    }

    /// How the database carries out a search, step by step in its own words.
    pub async fn explain_applications(
        &self,
        search: &ApplicationSearch,
    ) -> Result<Vec<String>, StoreError> {
        let found = found(search, self.personal()?);
        match &self.database {
            Database::Sqlite(_) => {
                let plan = found.explained("EXPLAIN QUERY PLAN");
                self.database.all(plan, |row| row.text("detail")).await
            }
            Database::Postgres(_) => {
                let plan = found.explained("EXPLAIN");
                self.database.all(plan, |row| row.text("QUERY PLAN")).await
            }
        }
    }

    pub(super) fn personal(&self) -> Result<&Personal, StoreError> {
        self.personal.as_ref().ok_or_else(no_key)
    }
}

/// Personal data are neither taken nor shown without a key for them.
pub(super) fn no_key() -> StoreError {
    StoreError::Failed("personal data need a key file with a key for them: [personal]".into())
}

/// Whose data, as it is sealed.
#[derive(Serialize, Deserialize)]
struct Person {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name_on_card: Option<String>,
    id_type: String,
    id_number: String,
    phone: String,
}

impl Person {
    /// Sealed for its row, with the marks of document and phone.
    fn seal(&self, personal: &Personal, row: &str) -> Result<SealedPerson, StoreError> {
        let json = serde_json::to_vec(self).map_err(|error| StoreError::Failed(error.into()))?;
        let json = zeroize::Zeroizing::new(json);
        Ok(SealedPerson {
            person: personal.seal(row, &json),
            id_mark: personal.mark(Kind::IdNumber, self.id_number.as_bytes()),
            phone_mark: personal.mark(Kind::Phone, self.phone.as_bytes()),
        })
    }

    fn open(personal: &Personal, row: &str, sealed: &[u8]) -> Result<Self, StoreError> {
        let json = personal.open(row, sealed);
        let json = json.map_err(|error| StoreError::Failed(error.into()))?;
        serde_json::from_slice(&json).map_err(|_| StoreError::corrupt("person"))
    }
}

struct SealedPerson {
    person: Vec<u8>,
    id_mark: [u8; 32],
    phone_mark: [u8; 32],
}

fn application_row(id: &str) -> String {
    format!("application {id}")
}

fn bank_card_row(id: &str) -> String {
    format!("bank card of application {id}")
}

fn holder_row(card: CardNumber) -> String {
    format!("holder of card {card}")
}

fn plain_holder(row: &Row) -> Result<(CardNumber, Person), StoreError> {
    let person = Person {
        name: row.text("name")?,
        name_on_card: None,
        id_type: row.text("id_type")?,
        id_number: row.text("id_number")?,
        phone: row.text("phone")?,
    };
    Ok((row.parsed("card")?, person))
}

async fn seal_holders(
    database: &mut Transaction,
    personal: &Personal,
    plain: &[(CardNumber, Person)],
) -> Done {
    for (card, person) in plain {
        put_person(database, personal, *card, person).await?;
        let delete = sql("DELETE FROM holder WHERE card = $1").bind(*card);
        database.execute(delete).await?;
    }
    Ok(())
}

/// Writes whose card it is.
pub(super) async fn put_holder(
    database: &mut Transaction,
    personal: &Personal,
    card: CardNumber,
    holder: &Holder,
) -> Done {
    let person = Person {
        name: holder.name.clone(),
        name_on_card: None,
        id_type: holder.id_type.clone(),
        id_number: holder.id_number.clone(),
        phone: holder.phone.clone(),
    };
    put_person(database, personal, card, &person).await
}

async fn put_person(
    database: &mut Transaction,
    personal: &Personal,
    card: CardNumber,
    person: &Person,
) -> Done {
    let sealed = person.seal(personal, &holder_row(card))?;
    let put = sql(
        "INSERT INTO card_holder (card, person, id_mark, phone_mark) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (card) DO UPDATE SET person = $2, id_mark = $3, phone_mark = $4",
    );
    let put = put
        .bind(card)
        .bind(&sealed.person)
        .bind(&sealed.id_mark)
        .bind(&sealed.phone_mark);
    database.execute(put).await?;
    Ok(())
}

async fn take(
    database: &mut Transaction,
    personal: &Personal,
    batch: &Batch,
) -> Result<TakenApplications, StoreError> {
    let channel = sql("SELECT name FROM channel WHERE name = $1 AND revoked_at IS NULL");
    let channel = channel.bind(&batch.channel);
    if database.one(channel, rows::there).await?.is_none() {
        return Err(no_channel(&batch.channel));
    }
    let mut known = known(database, batch).await?;
    let mut fates = Vec::with_capacity(batch.good.len());
    let mut rows = Vec::new();
    for taken in &batch.good {
        let content = content(personal, &batch.channel, &taken.new)?;
        let number = taken.new.number.as_str();
        fates.push(match known.get(number) {
            None => {
                known.insert(number.to_owned(), content);
                rows.push((taken, content));
                Fate::New
            }
            Some(kept) if *kept == content => Fate::Known,
            Some(_) => Fate::Reused,
        });
    }
    let answer = batch.answer(&fates);
    let json = serde_json::to_string(&answer).map_err(|error| StoreError::Failed(error.into()))?;
    let row = insert("application_batch")
        .with("id", &batch.id)
        .with("channel", &batch.channel)
        .with("body", &batch.mark)
        .with("at", batch.entry.at)
        .with("answer", json);
    database.execute(row).await?;
    for (taken, content) in rows {
        insert_one(database, personal, batch, taken, content).await?;
    }
    noted::audit(database, &batch.entry).await?;
    Ok(answer)
}

/// Those of a batch's numbers that are known, each with the mark of what was handed in under it.
async fn known(
    database: &mut Transaction,
    batch: &Batch,
) -> Result<BTreeMap<String, [u8; 32]>, StoreError> {
    if batch.good.is_empty() {
        return Ok(BTreeMap::new());
    }
    let known = sql("SELECT number, content FROM application WHERE channel = ")
        .value(&batch.channel)
        .more(" AND number IN")
        .any_of(batch.good.iter().map(|taken| taken.new.number.as_str()));
    let known = database.all(known, |row| Ok((row.text("number")?, row.hash("content")?)));
    Ok(known.await?.into_iter().collect())
}

/// The mark of all that was handed in under a number.
fn content(
    personal: &Personal,
    channel: &str,
    new: &NewApplication,
) -> Result<[u8; 32], StoreError> {
    let json = serde_json::to_vec(&(channel, new));
    let json = json.map_err(|error| StoreError::Failed(error.into()))?;
    Ok(personal.mark(Kind::Content, &zeroize::Zeroizing::new(json)))
}

async fn insert_one(
    database: &mut Transaction,
    personal: &Personal,
    batch: &Batch,
    taken: &Taken,
    content: [u8; 32],
) -> Done {
    let new = &taken.new;
    let person = Person {
        name: new.name.clone(),
        name_on_card: new.name_on_card.clone(),
        id_type: new.id_type.to_string(),
        id_number: new.id_number.clone(),
        phone: new.phone.clone(),
    };
    let sealed = person.seal(personal, &application_row(&taken.id))?;
    let licence = new.vehicle.as_ref().map(serde_json::to_string).transpose();
    let row = insert("application")
        .with("id", &taken.id)
        .with("channel", &batch.channel)
        .with("batch", &batch.id)
        .with("line", taken.line)
        .with("at", batch.entry.at)
        .with("number", &new.number)
        .with("content", &content)
        .with("plate", &new.plate)
        .with("plate_colour", new.plate_colour)
        .with("vehicle_class", new.vehicle_class)
        .with("user_type", new.user_type)
        .with("card_type", taken.valid.kind.number())
        .with("bank", of_bank(new.bank))
        .with("person", &sealed.person)
        .with("id_mark", &sealed.id_mark)
        .with("phone_mark", &sealed.phone_mark)
        .with(
            "vehicle",
            licence.map_err(|error| StoreError::Failed(error.into()))?,
        )
        .with("state", ApplicationState::Open.word())
        .with("version", 0_i64);
    database.execute(row).await?;
    Ok(())
}

fn of_bank(bank: Option<Bank>) -> &'static str {
    bank.map_or(OWN, |bank| bank.word())
}

/// What a task of a card makes of an application. With the card that was issued for it, the holder of that card is
/// written too.
pub(super) async fn turn(
    database: &mut Transaction,
    personal: &Personal,
    turned: &TurnedApplication,
) -> Done {
    let bank_card = turned.bank_card.as_ref();
    let update = sql(
        "UPDATE application SET state = $1, card = $2, reopened_at = $3, \
         bank_card = COALESCE($4, bank_card), bank_card_mark = COALESCE($5, bank_card_mark), \
         version = version + 1 WHERE id = $6 AND version = $7",
    );
    let row = bank_card_row(&turned.id);
    let sealed = bank_card.map(|digits| personal.seal(&row, digits.as_bytes()));
    let mark = bank_card.map(|digits| personal.mark(Kind::BankCard, digits.as_bytes()));
    let update = update
        .bind(turned.state.word())
        .bind(turned.card)
        .bind(turned.reopened_at)
        .bind(sealed.as_ref())
        .bind(mark.as_ref())
        .bind(&turned.id)
        .bind(turned.version);
    write::one_row(database.execute(update).await?)?;
    let Some(card) = turned.card else {
        return Ok(());
    };
    let person = sql("SELECT person FROM application WHERE id = $1").bind(&turned.id);
    let person = database.one(person, |row| row.blob("person")).await?;
    let person = person.ok_or(StoreError::Raced)?;
    let person = Person::open(personal, &application_row(&turned.id), &person)?;
    put_person(database, personal, card, &person).await
}

/// Every application, with the name of who works on it.
pub(super) fn all() -> Statement {
    sql(
        "SELECT application.*, operator.display_name AS locker FROM application \
         LEFT JOIN operator ON operator.name = application.locked_by",
    )
}

/// Those of a search. Conditions as the indexes have them, word for word: a partial index is found by them.
fn found(search: &ApplicationSearch, personal: &Personal) -> Statement {
    let mut found = all().more(" WHERE TRUE");
    if let Some(bank) = search.of {
        found = found.more(" AND application.bank = ").value(of_bank(bank));
    }
    if let Some((plate, colour)) = &search.plate {
        found = found
            .more(" AND application.plate = ")
            .value(plate)
            .more(" AND application.plate_colour = ")
            .value(*colour);
    }
    match &search.person {
        Some(Sought::IdNumber(number)) => {
            let mark = personal.mark(Kind::IdNumber, number.as_bytes());
            found = found.more(" AND application.id_mark = ").value(&mark);
        }
        Some(Sought::Phone(phone)) => {
            let mark = personal.mark(Kind::Phone, phone.as_bytes());
            found = found.more(" AND application.phone_mark = ").value(&mark);
        }
        None => {}
    }
    found = match search.states {
        States::All => found,
        States::Unfinished => found.more(" AND application.state IN ('open', 'begun')"),
        States::Only(state) => found.more(" AND application.state = ").value(state.word()),
    };
    if let Some(from) = search.from {
        found = found.more(" AND application.at >= ").value(from);
    }
    if let Some(to) = search.to {
        found = found.more(" AND application.at < ").value(to);
    }
    if let Some(after) = &search.after {
        // The first condition is the one an index goes by.
        found = found
            .more(" AND application.at <= ")
            .value(after.at)
            .more(" AND (application.at < ")
            .value(after.at)
            .more(" OR application.batch > ")
            .value(&after.batch)
            .more(" OR application.batch = ")
            .value(&after.batch)
            .more(" AND application.line > ")
            .value(after.line)
            .more(")");
    }
    found
        .more(" ORDER BY application.at DESC, application.batch, application.line LIMIT ")
        .value(search.limit)
}

/// A row whose person is still sealed.
pub(super) struct SealedApplication {
    person: Vec<u8>,
    application: Application,
}

/// Reads a row of [`all`].
pub(super) fn sealed(row: &Row) -> Result<SealedApplication, StoreError> {
    let id = row.text("id")?;
    let (plate, plate_colour) = (row.text("plate")?, row.number("plate_colour")?);
    let (vehicle_class, user_type) = (row.number("vehicle_class")?, row.number("user_type")?);
    let licence = row.maybe_text("vehicle")?;
    let licence = licence.map(|text| serde_json::from_str(&text)).transpose();
    let licence = licence.map_err(|_| StoreError::corrupt("vehicle"))?;
    let vehicle = licence.map(|licence| {
        Vehicle::of_licence(&plate, plate_colour, vehicle_class, user_type, &licence)
    });
    let lock = match (row.maybe_text("locked_by")?, row.maybe("locked_until")?) {
        (Some(operator), Some(until)) => Some(Lock {
            name: row.maybe_text("locker")?.unwrap_or_default(),
            operator,
            until,
        }),
        _ => None,
    };
    let bank = row.text("bank")?;
    let applied = Applied {
        id,
        plate,
        plate_colour,
        vehicle_class,
        user_type,
        kind: CardKind::of_number(row.number("card_type")?)
            .ok_or_else(|| StoreError::corrupt("card_type"))?,
        name: String::new(),
        name_on_card: None,
        id_type: 0,
        id_number: String::new(),
        phone: String::new(),
        vehicle,
        bank: match bank.as_str() {
            OWN => None,
            word => Some(Bank::of_word(word).ok_or_else(|| StoreError::corrupt("bank"))?),
        },
        state: row.word("state")?,
        locked_by: lock,
        has_bank_card: row.has_blob("bank_card")?,
        reopened_at: row.maybe("reopened_at")?,
        version: row.number("version")?,
    };
    Ok(SealedApplication {
        person: row.blob("person")?,
        application: Application {
            applied,
            number: row.text("number")?,
            origin: Origin {
                channel: row.text("channel")?,
                batch: row.text("batch")?,
                line: row.number("line")?,
                at: row.moment("at")?,
            },
        },
    })
}

impl SealedApplication {
    /// The application with its person.
    pub(super) fn open(self, personal: &Personal) -> Result<Application, StoreError> {
        let mut application = self.application;
        let applied = &mut application.applied;
        let person = Person::open(personal, &application_row(&applied.id), &self.person)?;
        let id_type = person.id_type.parse();
        applied.id_type = id_type.map_err(|_| StoreError::corrupt("person"))?;
        applied.name = person.name;
        applied.name_on_card = person.name_on_card;
        applied.id_number = person.id_number;
        applied.phone = person.phone;
        Ok(application)
    }
}
