//! A command that must not reach a card twice, and the ear of a card that counts how often it does.

use apdu_core::apdu::Command;
use apdu_core::t1::block::{Block, Edc, Supervision};

/// The bytes of [`credit`].
const CREDIT: [u8; 17] = [
    0x80, 0x52, 0x00, 0x00, 0x0B, 0x20, 0x24, 0x01, 0x15, 0x09, 0x30, 0x00, 0x89, 0x5A, 0x7A, 0x09,
    4,
];

/// CREDIT FOR LOAD of the worked example (reference on cards §3.5).
pub fn credit() -> Command {
    Command::parse(&CREDIT).expect("an APDU").once()
}

/// Whether a TPDU or APDU, or the first piece of one, is the [`credit`].
pub fn is_credit(bytes: &[u8]) -> bool {
    bytes.starts_with(&CREDIT[..5])
}

/// What a card hears of T=1: a block with the sequence number that it waits for is taken, any other is one it
/// has already (ISO/IEC 7816-3 §11.6.2).
#[derive(Default)]
pub struct Ear {
    seq: u8,
    heard: Vec<u8>,
}

impl Ear {
    /// Takes a block of the host, the card taking `ifsc` bytes in one; returns the command that is whole
    /// with it.
    pub fn hear(&mut self, block: &[u8], edc: Edc, ifsc: u8) -> Option<Vec<u8>> {
        match Block::parse(block, edc).expect("the host sends blocks") {
            Block::I { seq, more, inf } if seq == self.seq => {
                assert!(inf.len() <= usize::from(ifsc), "no more than it takes");
                self.seq ^= 1;
                self.heard.extend_from_slice(inf);
                (!more).then(|| std::mem::take(&mut self.heard))
            }
            Block::Request(Supervision::Resynch) => {
                *self = Self::default();
                None
            }
            _ => None,
        }
    }
}
