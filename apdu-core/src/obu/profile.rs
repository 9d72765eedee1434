//! What tags differ in: data of their stock record, never guessed.

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// How a kind of tag wants to be spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TagProfile {
    /// Length of the vehicle information file: 59 or 79.
    pub vehicle_length: u8,
    /// Unit of the measures of trucks and special vehicles.
    pub truck_unit: Unit,
    /// Key that encrypts the vehicle information by 3DES.
    pub des_key: u8,
    /// Key that encrypts it by SM4; missing where nobody has said how such a tag is read.
    pub sm4_key: Option<u8>,
}

impl Default for TagProfile {
    /// The common tag: a file of 79 bytes, decimetres, 3DES with key 00.
    fn default() -> Self {
        Self {
            vehicle_length: 79,
            truck_unit: Unit::Decimetre,
            des_key: 0x00,
            sm4_key: None,
        }
    }
}

/// Unit of a measure on the chip. Sources disagree for trucks (reference §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Unit {
    /// 分米, rounded down.
    Decimetre,
    /// 毫米
    Millimetre,
}

impl Unit {
    /// A measure in millimetres.
    pub fn millimetres(self, measure: u16) -> u32 {
        let each = match self {
            Self::Decimetre => 100,
            Self::Millimetre => 1,
        };
        u32::from(measure) * each
    }
}
