//! Money that changes hands outside, and the drawer it lies in.

use serde::{Deserialize, Serialize};

/// `POST /api/v1/recharges/{id}/payment`: money was taken outside and is confirmed here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Payment {
    /// How.
    pub kind: PaymentKind,
    /// Amount in fen, as the operator confirmed it; must equal the record's.
    pub amount: i64,
    /// The slip, where it was paid by POS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<PosSlip>,
}

/// How money changed hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaymentKind {
    /// 现金
    Cash,
    /// POS 刷卡
    Pos,
}

/// What stands on a POS slip. Typed twice or scanned; of one terminal no two slips of a day are the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PosSlip {
    /// 终端号: 1 to 16 letters and digits.
    pub terminal: String,
    /// 凭证号 or 参考号: 4 to 20 digits.
    pub number: String,
}

/// How the money of a record came in or went out, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Means {
    /// How.
    pub kind: PaymentKind,
    /// The POS slip, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<PosSlip>,
    /// When, ms UTC.
    pub at: i64,
    /// Code of the outlet.
    pub outlet: String,
    /// Who confirmed it. Missing for those to whom the record does not belong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

/// `POST /api/v1/recharges/{id}/refund/outcome`: the last word about money that was sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefundOutcome {
    /// What became of it.
    pub outcome: MoneyOut,
}

/// What became of money that was sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MoneyOut {
    /// The customer has it and has signed: in cash.
    PaidInCash,
    /// The POS has given it back, and this is its slip.
    PaidByPos(PosSlip),
    /// Definitely not given back; the record returns to where it came from.
    Refused,
}

/// `POST /api/v1/drawer/open`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenDrawer {
    /// 备用金: what lies in it at the beginning, fen.
    pub float: i64,
}

/// `POST /api/v1/drawer/close`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CloseDrawer {
    /// What was counted, fen.
    pub counted: i64,
    /// A word about a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// An operator's cash drawer for one shift. `GET /api/v1/drawer` answers with the open one, or the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Drawer {
    /// Its identity.
    pub id: String,
    /// Whose.
    pub operator: String,
    /// Code of its outlet.
    pub outlet: String,
    /// When it was opened, ms UTC; by the first cash of a shift at the latest.
    pub opened_at: i64,
    /// 备用金 in fen.
    pub float: i64,
    /// Cash taken, fen.
    pub taken: i64,
    /// Cash given back, fen.
    pub given_back: i64,
    /// What ought to lie in it: float + taken − given back, fen.
    pub expected: i64,
    /// How many payments.
    pub payments: u32,
    /// When it was closed, ms UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<i64>,
    /// What was counted when it was closed, fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<i64>,
    /// A word about a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
