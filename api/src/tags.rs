//! Tags in the stock.

use apdu_core::authority::{CardStatus, TagTask};
use apdu_core::bcd::CardNumber;
use apdu_core::obu::ContractSerial;
use serde::{Deserialize, Serialize};

/// `GET /api/v1/tags/sn/{sn}`: the tag with this number on its back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StockTag {
    /// SN 码, the 16 digits on its back.
    pub sn: String,
    /// Its contract serial number.
    pub tag: ContractSerial,
    /// Back-office status.
    pub status: CardStatus,
    /// Whether it was issued to a vehicle.
    pub issued: bool,
}

/// `GET /api/v1/cards/{number}/pairing`: which tag a card has, and had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CardPairing {
    /// The card, 20 digits.
    pub card: CardNumber,
    /// Plate 车牌号码 of its vehicle.
    pub plate: String,
    /// Plate colour 车牌颜色, reference §7.1.
    pub plate_colour: u8,
    /// Vehicle class 车型, reference §7.2.
    pub vehicle_class: u8,
    /// Whether the records have what a tag says about the vehicle.
    pub vehicle_known: bool,
    /// The tag it is paired with.
    pub tag: Option<StockTag>,
    /// A task about it that was begun and has not ended.
    pub open_task: Option<TagTask>,
}
