//! How rows about tags become values again.

use apdu_core::authority::{CancelReason, IssueMode, TagFile as Written, TagTaskState, TagWork};
use apdu_core::hex::decode;

use super::row::Row;
use super::rows;
use crate::ledger::{
    Begun, Body, HandIn, Issued, Pairing, Reading, Showing, SignedFor, TagJob, TagWriting, Vehicle,
    Wanted, WriteAttempt,
};
use crate::store::{StockCount, StoreError};
use crate::words::Word;

/// What a tag was issued with.
pub fn issued(row: &Row) -> Result<Option<Issued>, StoreError> {
    let Some(plate) = row.maybe_text("plate")? else {
        return Ok(None);
    };
    Ok(Some(Issued {
        signed: row.date("signed")?,
        expiry: row.date("expiry")?,
        plate,
        plate_colour: row.number("plate_colour")?,
        vehicle_class: row.number("vehicle_class")?,
    }))
}

/// How a tag is written.
pub fn writing(row: &Row) -> Result<TagWriting, StoreError> {
    Ok(TagWriting {
        system_length: row.number("system_length")?,
        issue_flag: row.number("issue_flag")?,
        clears_flag: row.flag("clears_flag")?,
        activations: row.number("activation_limit")?,
    })
}

/// What was signed for a tag.
pub fn signed(row: &Row) -> Result<SignedFor, StoreError> {
    Ok(SignedFor {
        signatures: row.number("signatures")?,
        allowed: row.number("signatures_allowed")?,
        activations: row.number("activations")?,
        issue: row.maybe_text("issue")?,
        is_blank: row.flag("is_blank")?,
    })
}

pub fn job(row: &Row) -> Result<TagJob, StoreError> {
    let tag = row.parsed("tag")?;
    let work = match row.text("work")?.as_str() {
        "issue" => TagWork::Issue {
            mode: row.word::<IssueMode>("how")?,
        },
        "activate" => TagWork::Activate,
        "cancel" => TagWork::Cancel {
            reason: row.word::<CancelReason>("how")?,
        },
        _ => return Err(StoreError::corrupt("work")),
    };
    let state = match row.text("state")?.as_str() {
        "open" => TagTaskState::Open,
        "done" => TagTaskState::Done,
        "stopped" => TagTaskState::Stopped(row.parsed("stopped")?),
        _ => return Err(StoreError::corrupt("state")),
    };
    let reading = match row.maybe("reading_began_at")? {
        None => None,
        Some(began_at) => Some(Reading {
            tag,
            random: row.bytes("reading_random")?,
            operator: row.text("reading_operator")?,
            began_at,
        }),
    };
    let card = row.maybe_text("card")?.map(|card| card.parse());
    Ok(TagJob {
        id: row.text("id")?,
        work,
        card: card.transpose().map_err(|_| StoreError::corrupt("card"))?,
        tag,
        plate: row.text("plate")?,
        plate_colour: row.number("plate_colour")?,
        vehicle_class: row.number("vehicle_class")?,
        state,
        wanted: Wanted {
            vehicle: maybe_hex(row, "vehicle_file")?,
            system: row.hex("system_file")?,
        },
        reading,
        showing: showing(row)?,
        operator: row.text("operator")?,
        outlet: row.text("outlet")?,
        opened_at: row.moment("opened_at")?,
        version: row.moment("version")?,
    })
}

fn showing(row: &Row) -> Result<Option<Showing>, StoreError> {
    let Some(at) = row.maybe("shown_at")? else {
        return Ok(None);
    };
    let left = row.text("shown_left")?;
    let left = left.split_whitespace().map(Written::of_word);
    let left: Option<Vec<_>> = left.collect();
    Ok(Some(Showing {
        operator: row.text("shown_operator")?,
        at,
        present: row.flag("shown_present")?,
        tampered: row.flag("shown_tampered")?,
        left: left.ok_or_else(|| StoreError::corrupt("shown_left"))?,
        vehicle: maybe_hex(row, "shown_vehicle")?,
        system: row.hex("shown_system")?,
    }))
}

fn maybe_hex(row: &Row, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
    let bytes = |text: String| decode(&text).ok_or_else(|| StoreError::corrupt(column));
    row.maybe_text(column)?.map(bytes).transpose()
}

/// A half-written tag.
pub fn begun(row: &Row) -> Result<Begun, StoreError> {
    Ok(Begun {
        card: row.parsed("begun_for")?,
        tag: rows::tag(row)?,
    })
}

pub fn attempt(row: &Row) -> Result<WriteAttempt, StoreError> {
    let parts = serde_json::from_str(&row.text("parts")?);
    Ok(WriteAttempt {
        id: row.text("id")?,
        chip: row.parsed("chip")?,
        task: row.text("task")?,
        outlet: row.text("outlet")?,
        operator: row.text("operator")?,
        opened_at: row.moment("opened_at")?,
        parts: parts.map_err(|_| StoreError::corrupt("parts"))?,
        outcome: row.word("outcome")?,
    })
}

pub fn pairing(row: &Row) -> Result<Pairing, StoreError> {
    let card = row.maybe_text("card")?.map(|card| card.parse());
    let ended = match row.maybe("ended_at")? {
        None => None,
        Some(at) => Some((at, row.word("ended_for")?)),
    };
    Ok(Pairing {
        id: row.text("id")?,
        card: card.transpose().map_err(|_| StoreError::corrupt("card"))?,
        tag: row.parsed("tag")?,
        plate: row.text("plate")?,
        plate_colour: row.number("plate_colour")?,
        begun_at: row.moment("begun_at")?,
        ended,
    })
}

pub fn hand_in(row: &Row) -> Result<HandIn, StoreError> {
    let ticked = match row.maybe("ticked_at")? {
        None => None,
        Some(at) => Some((row.text("ticked_by")?, at)),
    };
    Ok(HandIn {
        id: row.text("id")?,
        chip: row.parsed("chip")?,
        reason: row.word("reason")?,
        operator: row.text("operator")?,
        outlet: row.text("outlet")?,
        at: row.moment("at")?,
        ticked,
    })
}

pub fn vehicle(row: &Row) -> Result<Vehicle, StoreError> {
    let body = match row.maybe_text("engine")? {
        Some(engine) => Body::Coach {
            wheels: row.number("wheels")?,
            axles: row.number("axles")?,
            wheelbase: row.number("wheelbase")?,
            engine,
        },
        None => Body::Truck {
            permitted_load: row.number("permitted_load")?,
            curb_mass: row.number("curb_mass")?,
            gross_mass: row.maybe_number("gross_mass")?,
            vin: row.text("vin")?,
        },
    };
    Ok(Vehicle {
        plate: row.text("plate")?,
        plate_colour: row.number("plate_colour")?,
        class: row.number("class")?,
        user_type: row.number("user_type")?,
        measures: [
            row.number("length")?,
            row.number("width")?,
            row.number("height")?,
        ],
        seats: row.number("seats")?,
        body,
    })
}

pub fn stock_count(row: &Row) -> Result<StockCount, StoreError> {
    Ok(StockCount {
        outlet: row.maybe_text("outlet")?,
        status: row.word("status")?,
        issued: row.flag("issued")?,
        tags: row.number("tags")?,
    })
}
