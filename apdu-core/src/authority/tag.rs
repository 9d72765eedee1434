//! What a flow asks about a tag 标签. Answers of its chip travel raw; the backend draws the random of the
//! encrypted read, and opens what comes back within that one reading only.

use alloc::string::String;
use alloc::vec::Vec;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::{CardStatus, Refusal};
use crate::bcd::Date;
use crate::card::Answer;
use crate::fault::Code;
use crate::hex::{Bytes, Fixed};
use crate::obu::{ContractSerial, TagProfile};

/// The central backend as a flow with a tag sees it; deadlines as for
/// [`Authority`](super::Authority).
pub trait TagAuthority {
    /// Shows the backend a tag: its status, what differs, and how its vehicle information is read.
    fn sight_tag<'a>(
        &'a mut self,
        tag: ContractSerial,
        sight: &'a TagSight,
    ) -> Answer<'a, Result<TagSighted, Refusal>>;

    /// Has the answer of the encrypted read opened, once for each random.
    fn open_vehicle<'a>(
        &'a mut self,
        tag: ContractSerial,
        shown: &'a ShownVehicle,
    ) -> Answer<'a, Result<TagVehicle, Refusal>>;
}

/// What a tag shows when it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TagSight {
    /// System information file as read, 27 or 99 bytes.
    pub system: Bytes,
}

/// What the records say about a tag that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TagSighted {
    /// Its contract serial number, 16 digits.
    pub tag: ContractSerial,
    /// SN 码, the number on its back, 16 digits.
    pub sn: String,
    /// Back-office status.
    pub status: CardStatus,
    /// Whether it was issued to a vehicle.
    pub issued: bool,
    /// Fields of the system information that differ from the records; empty when they agree.
    pub differences: Vec<TagDifference>,
    /// How its vehicle information is read now; told only to a role that may, and only where what comes
    /// back can be opened.
    pub vehicle: Option<ReadVehicle>,
    /// Why it cannot; missing where it can.
    pub refusal: Option<Code>,
    /// Today at the issuer, for comparison with the tag's validity.
    pub today: Date,
}

/// How the vehicle information of a tag is read, this time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReadVehicle {
    /// How this kind of tag wants to be spoken to.
    pub profile: TagProfile,
    /// The random of the read. Good once, for this tag and this operator, and not for long.
    pub random: Fixed<8>,
}

/// What a tag answered to the encrypted read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownVehicle {
    /// The random it was read with.
    pub random: Fixed<8>,
    /// The answer, encrypted, without its status word.
    pub answer: Bytes,
}

/// The vehicle information of a tag, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TagVehicle {
    /// The file, 59 or 79 bytes.
    pub file: Bytes,
    /// Whether the random came back in it, which shows that the tag is here and now.
    pub is_present: bool,
    /// Fields that differ from the records; empty when they agree.
    pub differences: Vec<TagDifference>,
}

/// A field in which tag and records differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TagDifference {
    /// Which field.
    pub field: TagField,
    /// What the records hold, as text.
    pub record: String,
    /// What the tag holds, as text.
    pub tag: String,
}

/// The fields of a tag that are compared with the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum TagField {
    /// 服务提供商编码
    Issuer,
    /// 合同版本
    Version,
    /// 合同签署日期
    Signed,
    /// 合同过期日期
    Expiry,
    /// 车牌号码
    Plate,
    /// 车牌颜色
    PlateColour,
    /// 车型
    VehicleClass,
    /// What else the system information holds, its removal flag aside. Told as the first byte that differs, by its
    /// place from 0: `40: 01`; a byte that is not there as `40:`.
    RestOfSystem,
    /// What else the vehicle information holds, in the same form.
    RestOfVehicle,
}
