//! What page and backend say to each other, beyond the questions a flow asks
//! ([`apdu_core::authority`]), and the catalogue of faults. Types and texts only, no logic.
//!
//! JSON under `/api/v1`; errors are [`Problem`]s. Every `POST` that changes a record carries an
//! `Idempotency-Key` header.

use apdu_core::fault::Code;
use apdu_core::hex::Fixed;
use serde::{Deserialize, Serialize};

mod applications;
mod cases;
pub mod faults;
mod money;
mod records;
mod report;
mod switches;
mod tags;

pub use applications::{
    ApplicationFlaw, ApplicationLine, ApplicationPage, ApplicationQuery, ApplicationState,
    BadApplication, Bank, CardStockLine, FindApplicant, GiveUpApplication, HandOutCards,
    LicensedBody, LicensedVehicle, NewApplication, NewApplications, OpenedApplication,
    RevealedPerson, SetCardStatus, TakenApplications, WithdrawApplication,
};
pub use cases::{Approve, AskCase, CaseKind, CaseState, CaseView};
pub use money::{
    CloseDrawer, Drawer, Means, MoneyOut, OpenDrawer, Payment, PaymentKind, PosSlip, RefundOutcome,
};
pub use records::{
    AuditLine, AuthorisationLine, BookLine, Bundle, CardLife, ProvedBy, RecordEvidence, RecordLine,
    RecordQuery, SealedLine, Spender,
};
pub use report::{Alarm, AuditHead, AuditHeads, DayReport, Takings};
pub use switches::{StopLoads, SwitchScope, SwitchView};
pub use tags::{
    CancelUnseen, CardPairing, HandInLine, HandInReason, HandOut, PairingEnd, PairingRow,
    SetTagStatus, StockTag, TagStockLine,
};

/// Header that makes a repeated request one attempt: any text of 8 to 64 characters.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Header of every answer: the build of the backend, so that an old page notices.
pub const BUILD: &str = "x-etc-build";

/// `GET /api/v1/status`, open to everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Status {
    /// The build of the backend.
    pub build: String,
    /// Whether this is a demo instance with toy keys and virtual devices.
    pub demo: bool,
}

/// `POST /api/v1/session`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignIn {
    /// Operator name, for example `demo.teller`.
    pub operator: String,
    /// The operator's password.
    pub password: String,
    /// Terminal number of this PC, 6 bytes hex. May be left out where the outlet has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<Fixed<6>>,
}

/// Answer of `POST` and `GET /api/v1/session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Session {
    /// Operator name.
    pub operator: String,
    /// The operator's own name.
    pub name: String,
    /// What the operator may do.
    pub role: Role,
    /// Where the operator sits.
    pub outlet: Outlet,
    /// Terminal number of this PC.
    pub terminal: Fixed<6>,
}

/// Role of an operator. Every route names the roles that may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Serves customers: checks cards, takes money, loads.
    Teller,
    /// Approves exceptions and closes the day; may do what a teller does.
    Supervisor,
    /// Reads everything, changes nothing.
    Auditor,
}

/// An outlet 网点.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outlet {
    /// Short code, for example `LZ01`.
    pub code: String,
    /// Name as it is shown.
    pub name: String,
    /// Own or bank.
    pub kind: OutletKind,
    /// Which bank's, where it is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<Bank>,
}

/// Who runs an outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutletKind {
    /// 自营网点
    Own,
    /// 银行网点
    Bank,
}

/// An error answer: problem details, RFC 9457, media type `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// Reference of the fault page: `/#/faults/AUT-303`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence, in English.
    pub title: String,
    /// HTTP status, repeated.
    pub status: u16,
    /// The stable code.
    pub code: Code,
    /// What is particular about this case, without personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
