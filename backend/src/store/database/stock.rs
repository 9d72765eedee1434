//! What is added to the records together: outlets, terminals, operators, models of cards, cards and tags.

use apdu_core::hex::{Fixed, encode};

use super::connection::Transaction;
use super::rows::{self, pin};
use super::statement::{insert, sql};
use super::{applications, tags};
use crate::keys::personal::Personal;
use crate::ledger::{Card, CardModel, Issued, Pairing, Tag};
use crate::store::{Operator, Stock, StockCard, StoreError};
use crate::words::Word;

type Done = Result<(), StoreError>;

/// Adds them; `now` is when, ms UTC.
pub async fn add(
    database: &mut Transaction,
    personal: Option<&Personal>,
    stock: &Stock,
    now: i64,
) -> Done {
    for outlet in &stock.outlets {
        let row = insert("outlet")
            .with("code", &outlet.code)
            .with("name", &outlet.name)
            .with("kind", outlet.kind.word())
            .with("bank", outlet.bank.map(|bank| bank.word()));
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
    for model in &stock.card_models {
        put_card_model(database, model).await?;
    }
    for card in &stock.cards {
        insert_stock_card(database, personal, card).await?;
    }
    for tag in &stock.tags {
        insert_tag(database, tag, now).await?;
    }
    for vehicle in &stock.vehicles {
        let done = database.execute(tags::insert_vehicle(vehicle)).await;
        done.map_err(|error| named(error, "a vehicle exists".into()))?;
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

async fn insert_stock_card(
    database: &mut Transaction,
    personal: Option<&Personal>,
    new: &StockCard,
) -> Done {
    if let Some(outlet) = &new.card.stock.outlet {
        known_outlet(database, outlet).await?;
    }
    insert_card(database, &new.card).await?;
    if new.card.stock.is_issued {
        let give = sql(
            "INSERT INTO vehicle_card (plate, plate_colour, card) VALUES ($1, $2, $3) \
             ON CONFLICT (plate, plate_colour) DO UPDATE SET card = $3",
        );
        let vehicle = give.bind(&new.card.plate).bind(new.card.plate_colour);
        database.execute(vehicle.bind(new.card.number)).await?;
    }
    let Some(holder) = &new.holder else {
        return Ok(());
    };
    let personal = personal.ok_or_else(applications::no_key)?;
    applications::put_holder(database, personal, new.card.number, holder).await
}

/// A card that is there already is a duplicate.
pub async fn insert_card(database: &mut Transaction, card: &Card) -> Done {
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
        .with("book", card.book)
        .with("weak_random", card.weak_random)
        .with("stopped", card.stopped.map(|stop| stop.word()))
        .with("stopped_at", card.stopped.map(|_| 0_i64))
        .with("is_issued", card.stock.is_issued)
        .with("outlet", &card.stock.outlet)
        .with("issuer", encode(&card.stock.issuer))
        .with("user_type", card.stock.user_type)
        .with("holder_fill", card.stock.fill.word())
        .with("validity_years", card.stock.validity_years)
        .with("signatures", card.stock.signatures)
        .with("signatures_allowed", card.stock.allowed)
        .with("issue", &card.stock.issue)
        .with("holder_mark", card.stock.holder.map(|mark| encode(&mark.0)))
        .with("revision", card.revision);
    let done = database.execute(row).await;
    done.map_err(|error| named(error, format!("card {} exists", card.number)))?;
    Ok(())
}

/// In place of what was said about the same issuer and version before.
async fn put_card_model(database: &mut Transaction, new: &CardModel) -> Done {
    let before = sql("DELETE FROM card_model WHERE issuer = $1 AND version = $2");
    let before = before.bind(encode(&new.issuer)).bind(new.version);
    database.execute(before).await?;
    let (pin_form, pin) = pin(&new.profile.pin);
    let row = insert("card_model")
        .with("issuer", encode(&new.issuer))
        .with("version", new.version)
        .with("pin_form", pin_form)
        .with("pin", pin)
        .with("issue_file_length", new.profile.issue_file_length)
        .with("proof_counter", new.profile.proof_counter.word())
        .with("key_index", new.key_index)
        .with("refuses_one_fen", new.refuses_one_fen)
        .with("holder_fill", new.fill.word())
        .with("validity_years", new.validity_years);
    database.execute(row).await?;
    Ok(())
}

async fn insert_tag(database: &mut Transaction, tag: &Tag, now: i64) -> Done {
    if let Some(outlet) = &tag.outlet {
        known_outlet(database, outlet).await?;
    }
    let issued = tag.issued.as_ref();
    let of = |number: fn(&Issued) -> u8| issued.map(number);
    let row = insert("tag")
        .with("serial", tag.serial)
        .with("sn", &tag.sn)
        .with("issuer", encode(&tag.issuer))
        .with("version", tag.version)
        .with("status", tag.status.word())
        .with("signed", issued.map(|issued| issued.signed))
        .with("expiry", issued.map(|issued| issued.expiry))
        .with("plate", issued.map(|issued| issued.plate.as_str()))
        .with("plate_colour", of(|issued| issued.plate_colour))
        .with("vehicle_class", of(|issued| issued.vehicle_class))
        .with("vehicle_length", tag.profile.vehicle_length)
        .with("truck_unit", tag.profile.truck_unit.word())
        .with("des_key", tag.profile.des_key)
        .with("sm4_key", tag.profile.sm4_key)
        .with("chaining", tag.cipher.chaining.word())
        .with("random_returns", tag.cipher.random_returns)
        .with("system_length", tag.writing.system_length)
        .with("issue_flag", tag.writing.issue_flag)
        .with("clears_flag", tag.writing.clears_flag)
        .with("activation_limit", tag.writing.activations)
        .with("outlet", &tag.outlet)
        .with("signatures", tag.signed.signatures)
        .with("signatures_allowed", tag.signed.allowed)
        .with("activations", tag.signed.activations)
        .with("issue", &tag.signed.issue)
        .with("is_blank", tag.signed.is_blank)
        .with("revision", tag.revision);
    let done = database.execute(row).await;
    done.map_err(|error| named(error, format!("tag {} exists", tag.serial)))?;
    if let Some(pairing) = Pairing::of_stock(tag, now) {
        let done = tags::insert_pairing(database, &pairing).await;
        let what = format!("the vehicle of tag {} has one", tag.serial);
        done.map_err(|error| named(error, what))?;
    }
    Ok(())
}

/// A unique violation in words a person can use; any other error as it is.
fn named(error: StoreError, what: String) -> StoreError {
    match error {
        StoreError::Duplicate(_) => StoreError::Duplicate(what),
        other => other,
    }
}
