//! What is decided without a proof, by two persons.

use apdu_core::bcd::CardNumber;
use serde::{Deserialize, Serialize};

/// `POST /api/v1/cases`: asks for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AskCase {
    /// The record; missing where the question is about the card alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The card, 20 digits.
    pub card: CardNumber,
    /// What is to be decided.
    pub kind: CaseKind,
    /// Why: 4 to 200 characters, nothing personal.
    pub reason: String,
}

/// What two persons may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// 无卡退款: the money goes back after a reconciliation day, the card is blacklisted.
    RefundWithoutCard,
    /// 认定已圈存
    CallLoaded,
    /// 解除停用: what stopped the card is understood.
    LiftStop,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Waits for approvals.
    Open,
    /// Approved and carried out.
    Done,
    /// Withdrawn, or moved on.
    Dropped,
}

/// A case, as it is listed by `GET /api/v1/cases` (the open ones, oldest first) and answered by the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CaseView {
    /// Its identity.
    pub id: String,
    /// About which card.
    pub card: CardNumber,
    /// About which record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// Amount of the record, fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u32>,
    /// What is to be decided.
    pub kind: CaseKind,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub operator: String,
    /// When, ms UTC.
    pub at: i64,
    /// Where it stands.
    pub state: CaseState,
    /// Who has approved so far.
    pub approved_by: Vec<String>,
    /// How many approvals it takes.
    pub needed: u32,
}

/// `POST /api/v1/cases/{id}/approve` and `POST /api/v1/cards/{number}/unlock`: a supervisor says so with
/// credentials of their own, at whoever's PC.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Approve {
    /// Operator name of the person who approves.
    pub operator: String,
    /// That person's password.
    pub password: String,
}
