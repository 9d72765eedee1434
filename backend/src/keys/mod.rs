//! The only place that touches a key.
//!
//! Requests are typed: a caller says *which load*, never which bytes to compute a MAC over. So no
//! mistake elsewhere turns this into an oracle that signs whatever it is given.

mod des;
mod file;
pub mod personal;
mod soft;
#[cfg(test)]
mod tests;

use apdu_core::bcd::{CardNumber, Date, Time};
use apdu_core::fault::Code;
use apdu_core::obu::{Algorithm, ContractSerial};

pub use file::KeyFileError;
pub use soft::SoftKeys;

/// Answers questions about loads that need a key.
pub trait KeyStore: Send + Sync {
    /// Verifies the MAC1 of an INITIALIZE FOR LOAD answer.
    fn verify_mac1(&self, init: &Init, mac1: [u8; 4]) -> Result<(), KeyError>;

    /// The MAC2 of the CREDIT FOR LOAD that answers this INIT. The MAC1 is verified first, so that
    /// nothing is authorised for a card that did not ask.
    fn authorise_load(
        &self,
        init: &Init,
        mac1: [u8; 4],
        date: Date,
        time: Time,
    ) -> Result<[u8; 4], KeyError>;

    /// Verifies the TAC a card answered to a CREDIT FOR LOAD.
    fn verify_tac(&self, load: &Load, tac: [u8; 4]) -> Result<(), KeyError>;

    /// Whether there are keys of the issuer with this network.
    fn knows_issuer(&self, network: [u8; 2]) -> bool;

    /// Whether the vehicle information of a tag can be opened with this key at all.
    fn may_open(&self, key: TagKey) -> Result<(), KeyError>;

    /// Opens the vehicle information a tag answered to the encrypted read. Nothing comes out but a file of
    /// the length that was asked for, behind the random it was read with where that comes back.
    fn open_vehicle(&self, read: &VehicleRead, answer: &[u8]) -> Result<Vec<u8>, KeyError>;

    /// Whether anything can be signed for tags of this issuer and algorithm.
    fn may_write_tag(&self, network: [u8; 2], algorithm: Algorithm) -> Result<(), KeyError>;

    /// The whole UPDATE BINARY command that writes this on this tag, for one challenge of its chip (reference
    /// §4). The file must be of a length a tag has, and the system information of the tag itself.
    fn write_tag(&self, write: &TagWrite<'_>, challenge: [u8; 4]) -> Result<Vec<u8>, KeyError>;

    /// Whether anything can be signed for cards of this network and algorithm.
    fn may_write_card(&self, network: [u8; 2], algorithm: Algorithm) -> Result<(), KeyError>;

    /// The whole UPDATE BINARY command that writes this file on this card, for one challenge of it (reference §4).
    /// The file must be of a length a card has, and file 0015 must name the card itself.
    fn write_card(&self, write: &CardWrite<'_>, challenge: [u8; 4]) -> Result<Vec<u8>, KeyError>;

    /// A digest of a card's file 0016 under a key, by which the file is recognised and which tells nothing else:
    /// it names a person.
    fn holder_mark(&self, card: CardNumber, file: &[u8; 55]) -> Result<[u8; 32], KeyError>;

    /// Signs the digest of a file of this form, [`bundle::message`](crate::bundle::message). Ed25519.
    fn sign_evidence(&self, form: &'static str, digest: [u8; 32]) -> Result<[u8; 64], KeyError>;

    /// The public key that goes with it.
    fn evidence_key(&self) -> Result<[u8; 32], KeyError>;
}

/// A load key of one card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadKey {
    /// The card; its network names the issuer, its serial diversifies the key.
    pub card: CardNumber,
    /// Key index: `01` 3DES, `41` SM4.
    pub index: u8,
}

/// A key of one tag that encrypts its vehicle information.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagKey {
    /// Network of the tag's issuer.
    pub network: [u8; 2],
    /// The tag; its number diversifies the key.
    pub tag: ContractSerial,
    /// Key index: `00` to `02` 3DES, `40` to `42` SM4.
    pub index: u8,
}

/// An encrypted read of the vehicle information, as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VehicleRead {
    /// Which key.
    pub key: TagKey,
    /// Length of the file: 59 or 79.
    pub length: u8,
    /// The random that must come back before the file; missing for a kind of tag that does not return it, but has
    /// one of its own there, or none.
    pub random: Option<[u8; 8]>,
    /// Whether each block is chained to the one before (CBC, from zeros) instead of standing alone (ECB).
    pub is_chained: bool,
}

/// What is written on a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagWrite<'a> {
    /// Network of the tag's issuer.
    pub network: [u8; 2],
    /// The tag; its number diversifies the key.
    pub tag: ContractSerial,
    /// The algorithm of its keys.
    pub algorithm: Algorithm,
    /// What.
    pub content: TagContent<'a>,
}

/// The three things that are written on a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagContent<'a> {
    /// The vehicle information file, DF01/EF01, whole: 59 or 79 bytes.
    Vehicle(&'a [u8]),
    /// The system information file, MF/EF01, whole: 27 or 99 bytes.
    System(&'a [u8]),
    /// Its byte 26 alone.
    RemovalFlag(u8),
}

/// What is written on a card.
#[derive(Clone, Copy)]
pub struct CardWrite<'a> {
    /// The card; its network names the issuer, its serial diversifies the key.
    pub card: CardNumber,
    /// The algorithm of its keys.
    pub algorithm: Algorithm,
    /// What.
    pub content: CardContent<'a>,
}

/// The two files that are written on a card, whole.
#[derive(Clone, Copy)]
pub enum CardContent<'a> {
    /// File 0016, in the master file. It names a person: no `Debug`.
    Holder(&'a [u8; 55]),
    /// File 0015, in the toll application: 43 or 50 bytes.
    Issue(&'a [u8]),
}

/// An INITIALIZE FOR LOAD and what the card answered, without the MAC1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Init {
    /// Which key the command named.
    pub key: LoadKey,
    /// Amount of the command, in fen.
    pub amount: u32,
    /// Terminal number of the command.
    pub terminal: [u8; 6],
    /// Balance the card answered, in fen.
    pub balance: u32,
    /// Online counter the card answered.
    pub counter: u16,
    /// Key version the card answered.
    pub key_version: u8,
    /// Algorithm the card answered: `00` 3DES, `04` SM4.
    pub algorithm: u8,
    /// Random the card answered.
    pub random: [u8; 4],
}

/// An accepted CREDIT FOR LOAD, as the card's TAC covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Which key the load was made with; its TAC key belongs to it.
    pub key: LoadKey,
    /// Balance before, in fen.
    pub balance: u32,
    /// Online counter the load spent.
    pub counter: u16,
    /// Amount, in fen.
    pub amount: u32,
    /// Terminal number.
    pub terminal: [u8; 6],
    /// Date of the CREDIT.
    pub date: Date,
    /// Time of the CREDIT.
    pub time: Time,
}

/// Why a key store gives no answer, or says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The MAC or TAC does not verify.
    #[error("does not verify")]
    NotVerified,
    /// No keys of this issuer or with this index.
    #[error("no keys for this issuer or key index")]
    NoKeys,
    /// These bytes are not what the question is about.
    #[error("not such a file")]
    NotThatFile,
    /// A load with this algorithm is not published (SM4), so it is not invented here either.
    #[error("the load protocol of this algorithm is not published")]
    UnsupportedAlgorithm,
}

impl KeyError {
    /// The refusal this means, where `wrong` is the code of a proof that does not verify.
    pub fn code(self, wrong: Code) -> Code {
        match self {
            Self::NotVerified => wrong,
            Self::NoKeys => Code::NoKeys,
            Self::NotThatFile => Code::BackendFailed,
            Self::UnsupportedAlgorithm => Code::UnsupportedAlgorithm,
        }
    }
}
