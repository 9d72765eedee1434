//! The kill switch.

use apdu_core::bcd::CardNumber;
use serde::{Deserialize, Serialize};

/// `POST /api/v1/switches`: stops loads. Evidence is taken all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StopLoads {
    /// What stands still.
    pub scope: SwitchScope,
    /// Why: 4 to 200 characters.
    pub reason: String,
}

/// What a switch stops.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SwitchScope {
    /// Cards of this network, four digits: a province.
    Province(String),
    /// All outlets run by banks.
    Banks,
    /// One outlet, by its code.
    Outlet(String),
    /// Cards from the first number to the last.
    Cards {
        /// The first.
        first: CardNumber,
        /// The last.
        last: CardNumber,
    },
    /// Cards that load with this key index, `1` 3DES or `65` (41h) SM4.
    KeyIndex(u8),
}

/// A switch that is thrown, as `GET /api/v1/switches` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SwitchView {
    /// Its identity; `DELETE /api/v1/switches/{id}` lets loads go on.
    pub id: String,
    /// What stands still.
    pub scope: SwitchScope,
    /// Why.
    pub reason: String,
    /// Who threw it.
    pub operator: String,
    /// When, ms UTC.
    pub at: i64,
}
