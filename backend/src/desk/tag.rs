//! A tag is shown, and its vehicle information opened: within one reading, which belongs to a tag, an operator, a
//! random and a few minutes, and ends with the first answer that is handed in.

use apdu_core::authority::{
    ReadVehicle, ShownVehicle, TagDifference, TagField, TagSight, TagSighted, TagTaskState,
    TagVehicle,
};
use apdu_core::calendar;
use apdu_core::fault::Code;
use apdu_core::hex::{Bytes, Fixed, encode};
use apdu_core::obu::{Algorithm, Contract, ContractSerial, SystemInformation, VehicleInformation};
use encoding_rs::GBK;
use etc_api::StockTag;

use super::tag_stock::in_stock;
use super::{Desk, Error, Who};
use crate::audit::{Entry, Event};
use crate::keys::{KeyError, TagKey, VehicleRead};
use crate::ledger::{Chaining, READING_LIFE, Reading, Tag, TagFile, Wanted};
use crate::random::draw;

impl Desk<'_> {
    /// What the records say about a tag that was read, at any outlet.
    pub async fn sight_tag(
        &self,
        who: &Who,
        serial: ContractSerial,
        sight: &TagSight,
    ) -> Result<TagSighted, Error> {
        let system = SystemInformation::parse(&sight.system.0).map_err(|_| Code::MalformedTag)?;
        if system.contract.serial != serial {
            return Err(Code::OtherTag.into());
        }
        let Some(file) = self.store.tag_file(serial).await? else {
            return Err(self.unknown(&system.contract).into());
        };
        let tag = &file.tag;
        let now = self.store.now().await?;
        let (vehicle, refusal) = match self.may_read(who, tag) {
            Ok(()) => (Some(self.begin_reading(who, tag, now).await?), None),
            Err(code) => {
                let sighted = entry(who, now, Event::TagSighted(serial), &[]);
                self.store.note(&sighted).await?;
                (None, Some(code))
            }
        };
        Ok(TagSighted {
            tag: serial,
            sn: tag.sn.clone(),
            status: tag.status,
            issued: tag.issued.is_some(),
            differences: in_system(&file, &system.contract, &sight.system.0),
            vehicle,
            refusal,
            today: calendar::today(now),
        })
    }

    /// Opens what a tag has answered to the encrypted read.
    pub async fn open_vehicle(
        &self,
        who: &Who,
        serial: ContractSerial,
        shown: &ShownVehicle,
    ) -> Result<TagVehicle, Error> {
        let file = self.store.tag_file(serial).await?;
        let file = file.ok_or(Code::TagUnknown)?;
        let now = self.store.now().await?;
        let reading = Reading {
            tag: serial,
            random: shown.random.0,
            operator: who.operator.clone(),
            began_at: now,
        };
        // It ends before anything is opened: no random has two answers.
        if !(self.store.end_reading(&reading, now - READING_LIFE)).await? {
            return Err(Code::TagReadingOver.into());
        }
        let opened = self.open(&file, shown);
        let event = match &opened {
            Ok(_) => Event::VehicleOpened(serial),
            Err(code) => Event::VehicleRefused(serial, *code),
        };
        // On the trail before anybody sees it.
        self.store
            .note(&entry(who, now, event, &shown.random.0))
            .await?;
        Ok(opened?)
    }

    /// The tag with this number on its back.
    pub async fn tag_of_sn(&self, sn: &str) -> Result<StockTag, Error> {
        let tag = self.store.tag_of_sn(sn).await?.ok_or(Code::TagUnknown)?;
        Ok(in_stock(tag))
    }

    /// Why a tag is not in the records: it may be another province's.
    fn unknown(&self, contract: &Contract) -> Code {
        let [_, _, _, _, first, second, ..] = contract.issuer;
        match self.keys.knows_issuer([first, second]) {
            true => Code::TagUnknown,
            false => Code::ForeignTag,
        }
    }

    /// Whether this operator may read the vehicle information of a tag, and what comes back can be opened.
    fn may_read(&self, who: &Who, tag: &Tag) -> Result<(), Code> {
        if !who.may_load() {
            return Err(Code::RoleMayNot);
        }
        self.may_open_vehicle(tag)
    }

    async fn begin_reading(&self, who: &Who, tag: &Tag, now: i64) -> Result<ReadVehicle, Error> {
        let reading = Reading {
            tag: tag.serial,
            random: draw(self.random),
            operator: who.operator.clone(),
            began_at: now,
        };
        let sighted = entry(who, now, Event::TagSighted(tag.serial), &reading.random);
        self.store.begin_reading(&reading, &sighted).await?;
        Ok(ReadVehicle {
            profile: tag.profile,
            random: Fixed(reading.random),
        })
    }

    fn open(&self, known: &TagFile, shown: &ShownVehicle) -> Result<TagVehicle, Code> {
        let file = self.open_file(&known.tag, shown)?;
        let vehicle = VehicleInformation::parse(&file).map_err(|_| Code::MalformedTag)?;
        Ok(TagVehicle {
            differences: in_vehicle(known, &vehicle, &file),
            is_present: known.tag.cipher.random_returns,
            file: Bytes(file),
        })
    }

    /// The vehicle information file behind what a tag answered, whatever is in it.
    pub(super) fn open_file(&self, tag: &Tag, shown: &ShownVehicle) -> Result<Vec<u8>, Code> {
        let read = VehicleRead {
            key: tag_key(tag)?,
            length: tag.profile.vehicle_length,
            random: tag.cipher.random_returns.then_some(shown.random.0),
            is_chained: tag.cipher.chaining == Chaining::Cbc,
        };
        let file = self.keys.open_vehicle(&read, &shown.answer.0);
        file.map_err(refused)
    }

    /// Whether the vehicle information of a tag can be opened at all.
    pub(super) fn may_open_vehicle(&self, tag: &Tag) -> Result<(), Code> {
        let key = tag_key(tag)?;
        self.keys.may_open(key).map_err(refused)
    }
}

pub(super) fn entry(who: &Who, at: i64, event: Event, random: &[u8]) -> Entry {
    Entry {
        at,
        operator: who.operator.clone(),
        event,
        card: None,
        record: None,
        evidence: random.to_vec(),
    }
}

/// The key that a tag encrypts its vehicle information with, as its record has it.
fn tag_key(tag: &Tag) -> Result<TagKey, Code> {
    let index = match tag.algorithm() {
        Algorithm::TripleDes => tag.profile.des_key,
        Algorithm::Sm4 => tag.profile.sm4_key.ok_or(Code::TagAlgorithm)?,
    };
    Ok(TagKey {
        network: tag.network(),
        tag: tag.serial,
        index,
    })
}

pub(super) fn refused(error: KeyError) -> Code {
    match error {
        KeyError::UnsupportedAlgorithm => Code::TagAlgorithm,
        other => other.code(Code::WrongVehicle),
    }
}

/// Where the system information differs from the records, as a person reads it. What dates a tag has that was
/// not issued is the factory's business.
fn in_system(known: &TagFile, contract: &Contract, read: &[u8]) -> Vec<TagDifference> {
    let tag = &known.tag;
    let mut differences = differing([
        (
            TagField::Issuer,
            encode(&tag.issuer),
            encode(&contract.issuer),
        ),
        (
            TagField::Version,
            format!("{:02X}", tag.version),
            format!("{:02X}", contract.version),
        ),
    ]);
    if let Some(issued) = &tag.issued {
        differences.extend(differing([
            (
                TagField::Signed,
                issued.signed.to_string(),
                contract.signed.to_string(),
            ),
            (
                TagField::Expiry,
                issued.expiry.to_string(),
                contract.expiry.to_string(),
            ),
        ]));
    }
    let wanted = written(known).map(|wanted| &wanted.system[..]);
    // The flag is the chip's own: it clears it when its switch comes out.
    let rest = |at| at != Contract::LENGTH;
    or_elsewhere(differences, TagField::RestOfSystem, wanted, read, rest)
}

/// Where the vehicle information differs from the records; a blank one is what a tag has that was not issued.
fn in_vehicle(known: &TagFile, vehicle: &VehicleInformation, read: &[u8]) -> Vec<TagDifference> {
    // GBK knows every byte: what is no character shows as U+FFFD, which differs from any record.
    let plate = GBK.decode_without_bom_handling(vehicle.plate_text()).0;
    let Some(issued) = &known.tag.issued else {
        return differing([(TagField::Plate, String::new(), plate.into_owned())]);
    };
    let differences = differing([
        (TagField::Plate, issued.plate.clone(), plate.into_owned()),
        (
            TagField::PlateColour,
            issued.plate_colour.to_string(),
            vehicle.plate_colour.to_string(),
        ),
        (
            TagField::VehicleClass,
            issued.vehicle_class.to_string(),
            vehicle.class.to_string(),
        ),
    ]);
    let wanted = written(known).and_then(|wanted| wanted.vehicle.as_deref());
    or_elsewhere(differences, TagField::RestOfVehicle, wanted, read, |_| true)
}

/// The files that were written on a tag that is issued. Of one that came in issued they are not known.
fn written(known: &TagFile) -> Option<&Wanted> {
    known.tag.issued.as_ref()?;
    let issue = known.issue.as_ref()?;
    (issue.state == TagTaskState::Done).then_some(&issue.wanted)
}

/// The differences by name, or the first byte that differs in what has no name here.
fn or_elsewhere(
    differences: Vec<TagDifference>,
    field: TagField,
    wanted: Option<&[u8]>,
    read: &[u8],
    counts: impl Fn(usize) -> bool,
) -> Vec<TagDifference> {
    let wanted = wanted
        .filter(|_| differences.is_empty())
        .unwrap_or_default();
    let differs = |&at: &usize| counts(at) && wanted.get(at) != read.get(at);
    let Some(at) = (0..wanted.len()).find(differs) else {
        return differences;
    };
    let byte = |file: &[u8]| match file.get(at) {
        Some(byte) => format!("{at}: {byte:02X}"),
        None => format!("{at}:"),
    };
    vec![TagDifference {
        field,
        record: byte(wanted),
        tag: byte(read),
    }]
}

fn differing<const N: usize>(fields: [(TagField, String, String); N]) -> Vec<TagDifference> {
    let differ = fields.into_iter().filter(|(_, record, tag)| record != tag);
    differ
        .map(|(field, record, tag)| TagDifference { field, record, tag })
        .collect()
}
