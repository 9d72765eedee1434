//! Tags in the stock.

use apdu_core::authority::CardStatus;
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
