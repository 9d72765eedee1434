//! 充值记录: records as they are found, compared and proved.

use apdu_core::authority::{CardStatus, Recharge, RechargeState};
use apdu_core::bcd::CardNumber;
use apdu_core::hex::{Bytes, Fixed};
use serde::{Deserialize, Serialize};

use crate::Means;

/// Query of `GET /api/v1/recharges`: by plate and colour, by card, or (supervisors) by what needs somebody.
/// Newest first, 50 at a time. A bank sees its own records only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordQuery {
    /// 车牌号码
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<String>,
    /// 车牌颜色
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate_colour: Option<u8>,
    /// The card, 20 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<CardNumber>,
    /// `true`: what waits for somebody, of all outlets: torn, refunding, in conflict. Supervisors and auditors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsettled: Option<bool>,
    /// Only records created before this moment, ms UTC: the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
}

/// One record in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordLine {
    /// The record.
    pub recharge: Recharge,
    /// 车牌号码
    pub plate: String,
    /// 车牌颜色
    pub plate_colour: u8,
    /// Status of its card.
    pub card_status: CardStatus,
    /// How it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Means>,
    /// How its money was given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_back: Option<Means>,
    /// When its refund may be sent at the earliest, ms UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_not_before: Option<i64>,
    /// Whether its refund was sent and waits for the last word.
    #[serde(default)]
    pub refund_sent: bool,
    /// What shows that it was loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proved_by: Option<ProvedBy>,
    /// It leaves its state only by the decision of two persons.
    #[serde(default)]
    pub listed: bool,
    /// Whether it belongs to the asker's outlet.
    pub ours: bool,
}

/// What shows that a record was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProvedBy {
    /// A TAC that verifies.
    Tac,
    /// The card's counter and its log.
    CounterAndLog,
    /// Two persons.
    Decision,
}

/// `GET /api/v1/recharges/{id}/evidence`: everything that speaks about one record. Supervisors and auditors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordEvidence {
    /// The record.
    pub line: RecordLine,
    /// Its authorisations, oldest first.
    pub authorisations: Vec<AuthorisationLine>,
    /// The counter book around it, ascending.
    pub book: Vec<BookLine>,
    /// Why all on its card stops, in one word: `lost-load`, `old-counter`, `balance-rose`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_stopped: Option<String>,
    /// What happened to it, oldest first.
    pub audit: Vec<AuditLine>,
}

/// A CREDIT that was authorised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthorisationLine {
    /// Counter it was authorised at.
    pub counter: u16,
    /// Balance before, fen.
    pub balance: u32,
    /// Amount, fen.
    pub amount: u32,
    /// Terminal number.
    pub terminal: Fixed<6>,
    /// The second (UTC) that stands in it.
    pub second: i64,
    /// Who asked for it.
    pub operator: String,
}

/// One value of a card's online counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BookLine {
    /// The value.
    pub counter: u16,
    /// Who spent it.
    pub spender: Spender,
    /// The record, where it was one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Terminal in the card's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<Fixed<6>>,
    /// Amount in the card's log, fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u32>,
    /// When the row was written, ms UTC.
    pub at: i64,
}

/// Who spent a counter value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Spender {
    /// A record of ours.
    Ours,
    /// Another system, proved by a TAC.
    Foreign,
    /// A terminal of ours in a load this ledger does not know.
    Lost,
    /// Nobody knows.
    Unknown,
    /// Two persons have settled it.
    Decided,
}

/// One row of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditLine {
    /// When, ms UTC.
    pub at: i64,
    /// Who.
    pub operator: String,
    /// What, by its stable name.
    pub event: String,
    /// The record it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// What the card showed.
    pub evidence: Bytes,
}

/// `GET /api/v1/cards/{number}/life`: a card's whole life. Supervisors and auditors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CardLife {
    /// The card.
    pub card: CardNumber,
    /// Its status.
    pub status: CardStatus,
    /// Its records, newest first.
    pub records: Vec<RecordLine>,
    /// Its counter book, ascending.
    pub book: Vec<BookLine>,
    /// Its audit trail, oldest first.
    pub audit: Vec<AuditLine>,
}

/// `GET /api/v1/recharges/{id}/bundle`: the proof of a disputed load, to be checked without this system by
/// `etc-backend check-bundle FILE`. Nothing personal is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bundle {
    /// Which form this is: `etc-desk-bundle/1`.
    pub form: String,
    /// The record.
    pub record: String,
    /// Its card.
    pub card: CardNumber,
    /// Its state.
    pub state: RechargeState,
    /// Amount in fen.
    pub amount: u32,
    /// The authorisations of the record's card at its counters.
    pub authorisations: Vec<AuthorisationLine>,
    /// The counter book of the card.
    pub book: Vec<BookLine>,
    /// The card's whole audit chain, oldest first; each line seals all before it.
    pub chain: Vec<SealedLine>,
    /// When it was exported, ms UTC.
    pub at: i64,
    /// Ed25519 public key of the instance, 32 bytes.
    pub key: Bytes,
    /// Signature over the last line's hash and the bundle's other fields, 64 bytes.
    pub signature: Bytes,
}

/// One line of an audit chain: `hash = SHA-256(previous hash ‖ the line's canonical form)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SealedLine {
    /// Its number in the chain, from 1.
    pub number: i64,
    /// The line.
    pub line: AuditLine,
    /// The hash up to and with this line, 32 bytes.
    pub hash: Bytes,
}
