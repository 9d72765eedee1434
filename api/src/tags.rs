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
    /// How many commands may be signed for it before a supervisor is asked.
    pub signatures_left: u8,
}

/// `GET /api/v1/cards/{number}/pairing`: what belongs to a card, and which 办理模式 it may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CardPairing {
    /// The card, 20 digits.
    pub card: CardNumber,
    /// 车牌号码
    pub plate: String,
    /// 车牌颜色
    pub plate_colour: u8,
    /// 车型
    pub vehicle_class: u8,
    /// What may be done with the card: only one that is in use gets a tag.
    pub status: CardStatus,
    /// Whether the records have the data of the vehicle that a tag is written with.
    pub vehicle_known: bool,
    /// The tag of the card, or else of its vehicle.
    pub tag: Option<StockTag>,
    /// Its task that is not done yet.
    pub open_task: Option<TagTask>,
    /// The tags it had before, newest first.
    pub history: Vec<PairingRow>,
}

/// A tag that a card had before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PairingRow {
    /// Its contract serial number.
    pub tag: ContractSerial,
    /// From when, ms UTC.
    pub begun_at: i64,
    /// Until when, ms UTC.
    pub ended_at: i64,
    /// Why it ended.
    pub ended_for: PairingEnd,
}

/// Why a tag does not belong to its card any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PairingEnd {
    /// 换签: it was handed in for another one.
    Exchanged,
    /// 补签: it was lost.
    Replaced,
    /// 注销
    Cancelled,
}

/// One line of `GET /api/v1/tag-stock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TagStockLine {
    /// Code of the outlet; missing for the central stock.
    pub outlet: Option<String>,
    /// Back-office status.
    pub status: CardStatus,
    /// Whether they are issued to a vehicle.
    pub issued: bool,
    /// How many.
    pub tags: u32,
}

/// `POST /api/v1/tag-stock/hand-out`: tags that are not issued go to an outlet, all of them or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HandOut {
    /// Code of the outlet.
    pub outlet: String,
    /// SN 码 of each, at most 200.
    pub sns: Vec<String>,
}

/// `POST /api/v1/tags/{serial}/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SetTagStatus {
    /// `normal` (解除), `suspended` (挂起), `lost` (挂失), `damaged` (损坏: handed in, a second person ticks) or
    /// `blacklisted` (黑名单).
    pub status: CardStatus,
    /// Why, in the supervisor's words.
    pub reason: String,
}

/// `POST /api/v1/tags/{serial}/cancel`: a tag that nobody can show any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CancelUnseen {
    /// Why, in the supervisor's words.
    pub reason: String,
}

/// One line of `GET /api/v1/hand-ins`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HandInLine {
    /// Its identity.
    pub id: String,
    /// Which chip: `card NUMBER` or `tag SERIAL`.
    pub chip: String,
    /// Why.
    pub reason: HandInReason,
    /// Who had it last.
    pub operator: String,
    /// Code of the outlet.
    pub outlet: String,
    /// Since when, ms UTC.
    pub at: i64,
}

/// Why a chip has to be handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HandInReason {
    /// Another one took its place.
    Exchanged,
    /// It does not take what is signed for it (`6988`).
    Forbids,
    /// Writing it failed too often.
    Failed,
    /// It was half written, and another one was taken instead.
    GivenUp,
}
