//! A tag in the records.

use apdu_core::authority::CardStatus;
use apdu_core::bcd::Date;
use apdu_core::obu::{Algorithm, ContractSerial, TagProfile};

use super::limits::SIGNATURES;

/// How long the random of a reading is good, ms.
pub const READING_LIFE: i64 = 3 * 60 * 1_000;

/// A tag in the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Contract serial number 合同序列号.
    pub serial: ContractSerial,
    /// SN 码: the 16 digits on its back, which may differ from the contract serial number.
    pub sn: String,
    /// Issuer 服务提供商编码, as on the chip.
    pub issuer: [u8; 8],
    /// Contract version 合同版本, which names the algorithm of its keys.
    pub version: u8,
    /// Back-office status.
    pub status: CardStatus,
    /// What it was issued with; missing before.
    pub issued: Option<Issued>,
    /// How this kind of tag wants to be spoken to.
    pub profile: TagProfile,
    /// How this kind of tag encrypts its vehicle information.
    pub cipher: VehicleCipher,
    /// How this kind of tag is written.
    pub writing: TagWriting,
    /// Code of the outlet that it was handed out to; missing while it lies in the central stock.
    pub outlet: Option<String>,
    /// What was signed for it.
    pub signed: SignedFor,
    /// Grows with every change of anything about this tag; compare-and-swap hangs on it.
    pub revision: i64,
}

/// How a kind of tag is written: data of its stock record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagWriting {
    /// How much of the system information file is written: 27 or 99.
    pub system_length: u8,
    /// The removal flag 拆卸状态 that it is issued with.
    pub issue_flag: u8,
    /// Whether a cancellation clears that flag on the chip.
    pub clears_flag: bool,
    /// How often it may be activated after one issue.
    pub activations: u8,
}

impl Default for TagWriting {
    fn default() -> Self {
        Self {
            system_length: 99,
            issue_flag: 0x00,
            clears_flag: false,
            activations: 3,
        }
    }
}

/// What was signed for a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedFor {
    /// How many commands, ever.
    pub signatures: u32,
    /// How many there may be before a supervisor is asked.
    pub allowed: u32,
    /// How often it was activated since it was issued, whatever is not known not to have been done included.
    pub activations: u8,
    /// The task that issued it, or began to. While there is one, no other card or vehicle may have it.
    pub issue: Option<String>,
    /// Whether its vehicle information is as the factory left it.
    pub is_blank: bool,
}

impl SignedFor {
    /// How many more commands may be signed before a supervisor is asked.
    pub fn left(&self) -> u8 {
        u8::try_from(self.allowed.saturating_sub(self.signatures)).unwrap_or(u8::MAX)
    }
}

impl Default for SignedFor {
    fn default() -> Self {
        Self {
            signatures: 0,
            allowed: SIGNATURES,
            activations: 0,
            issue: None,
            is_blank: true,
        }
    }
}

/// What a tag was issued with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Signed 合同签署日期.
    pub signed: Date,
    /// Expires 合同过期日期.
    pub expiry: Date,
    /// Plate 车牌号码.
    pub plate: String,
    /// Plate colour 车牌颜色, reference §7.1.
    pub plate_colour: u8,
    /// Vehicle class 车型, reference §7.2.
    pub vehicle_class: u8,
}

/// What sources leave open about the encrypted read (reference §6.2): a property of each kind of tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VehicleCipher {
    /// How blocks hang together.
    pub chaining: Chaining,
    /// Whether the random comes back before the file.
    pub random_returns: bool,
}

/// How the blocks of a ciphertext hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chaining {
    /// Each for itself.
    Ecb,
    /// Each with the one before; the first with zeros.
    Cbc,
}

impl Tag {
    /// The algorithm of its keys, as the records have it: what its chip says is the page's word.
    pub fn algorithm(&self) -> Algorithm {
        Algorithm::of_version(self.version)
    }

    /// The network of its issuer, which names the keys: bytes 4 and 5 of the issuer.
    pub fn network(&self) -> [u8; 2] {
        [self.issuer[4], self.issuer[5]]
    }
}

/// One reading of a tag: the random it was given, and who may hand in what comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which tag. One reading is alive per tag.
    pub tag: ContractSerial,
    /// The random of the encrypted read.
    pub random: [u8; 8],
    /// The operator who reads.
    pub operator: String,
    /// When it began, ms UTC.
    pub began_at: i64,
}
