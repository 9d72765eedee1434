//! The day, for those who close it.

use apdu_core::bcd::CardNumber;
use apdu_core::hex::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Drawer, RecordLine};

/// `GET /api/v1/reports/{day}` (YYYYMMDD, the issuer's day): what came in, what went out, what needs somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DayReport {
    /// The day, YYYYMMDD.
    pub day: String,
    /// Sums, one line per outlet.
    pub takings: Vec<Takings>,
    /// Drawers that were open on the day.
    pub drawers: Vec<Drawer>,
    /// Records whose money is neither on a card for sure nor given back, of any day.
    pub unsettled: Vec<RecordLine>,
    /// What somebody must look at.
    pub alarms: Vec<Alarm>,
}

/// What one outlet took and gave on a day, fen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Takings {
    /// Code of the outlet.
    pub outlet: String,
    /// Cash taken.
    pub cash: i64,
    /// Paid by POS.
    pub pos: i64,
    /// Given back, in cash and by POS.
    pub given_back: i64,
    /// Proved to be on cards.
    pub loaded: i64,
    /// How many payments.
    pub payments: u32,
}

/// Something on the counter book or in the ledger that somebody must look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alarm {
    /// In one word: `unknown-counter`, `lost-load`, `old-counter`, `balance-rose`, `counter-and-log`, `conflict`.
    pub kind: String,
    /// The card.
    pub card: CardNumber,
    /// The counter value, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<u16>,
    /// The record, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Amount in fen, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u32>,
    /// When it came up, ms UTC.
    pub at: i64,
}

/// `GET /api/v1/audit/{day}` (YYYYMMDD, the issuer's day): the last line of every audit chain that grew on the day,
/// signed. Kept elsewhere, it shows for ever what the chains were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditHeads {
    /// Which form this is: `etc-desk-heads/1`.
    pub form: String,
    /// The day, YYYYMMDD.
    pub day: String,
    /// The heads, by chain.
    pub heads: Vec<AuditHead>,
    /// Ed25519 public key of the instance, 32 bytes.
    pub key: Bytes,
    /// Signature over everything else, 64 bytes.
    pub signature: Bytes,
}

/// The last line of an audit chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditHead {
    /// The chain: a card number, or `operator NAME`.
    pub chain: String,
    /// Its number in the chain, from 1.
    pub number: i64,
    /// The hash up to and with it, 32 bytes.
    pub hash: Bytes,
}
