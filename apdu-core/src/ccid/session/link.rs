//! How a powered card is spoken to.

use super::Millis;
use crate::atr::{Atr, Protocol};
use crate::card::PowerSession;
use crate::ccid::descriptor::{ExchangeLevel, Profile};
use crate::ccid::parameters::Speed;
use crate::t1::T1;

/// A card under power.
#[derive(Debug)]
pub(super) struct Powered {
    pub session: PowerSession,
    pub contact: Contact,
    /// Until it has lost its power. What was under way then may still be answered.
    pub alive: bool,
}

/// What activation has come to.
#[derive(Debug)]
pub(super) struct Contact {
    pub link: Link,
    pub line: Line,
    /// How long the card may take over one message.
    pub timeout: Millis,
}

/// How commands travel to the card.
#[derive(Debug)]
pub(super) enum Line {
    /// As APDUs: the reader runs the card's protocol.
    Apdu,
    /// As T=0 TPDUs.
    T0,
    /// In T=1 blocks.
    T1(T1),
}

/// How the card in the slot is spoken to, since it was powered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The answer to reset.
    pub atr: Atr,
    /// The protocol in force.
    pub protocol: Protocol,
    /// Fi and Di in force.
    pub speed: Speed,
    /// The card's clock by the reader's descriptor, kHz.
    pub clock: u32,
    /// The blocks of T=1.
    pub blocks: Option<Blocks>,
}

/// What T=1 blocks look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Longest information field the card takes, by its ATR.
    pub ifsc: u8,
    /// Longest one it may send; `None` where the reader sees to it.
    pub ifsd: Option<u8>,
    /// They end with a CRC, else with an LRC.
    pub crc: bool,
}

/// A slot as activation and exchange see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    pub profile: &'a Profile,
    pub level: ExchangeLevel,
    /// The rates it has listed, bit/s; empty if it has not.
    pub rates: &'a [u32],
}
