//! What driver and session say to each other.

use alloc::vec::Vec;

use crate::apdu::{Command, Response};
use crate::atr::Atr;
use crate::card::{NoAnswer, PowerSession};
use crate::fault::Code;

/// What the driver can ask of a slot. One operation at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Say whether a card is there.
    Look,
    /// Power the card, read its ATR and agree on protocol and speed.
    PowerOn,
    /// Take the power from the card.
    PowerOff,
    /// Exchange one APDU within a power session.
    Transmit(PowerSession, Command),
}

/// What the driver learns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Event {
    /// A card was put in (`true`) or taken out (`false`).
    Presence(bool),
    /// Answer to [`Operation::Look`]: whether a card is there.
    Looked(Result<bool, NoAnswer>),
    /// Answer to [`Operation::PowerOn`].
    Powered(Result<(PowerSession, Atr), NoAnswer>),
    /// Answer to [`Operation::PowerOff`].
    PoweredOff(Result<(), NoAnswer>),
    /// Answer to [`Operation::Transmit`].
    Answered(Result<Response, NoAnswer>),
    /// The reader has lost its way for good: close the device, open and claim it again, then call
    /// [`Session::handle_reopened`]; or [`Session::handle_loss`] if that fails.
    Reopen,
    /// The reader did not come back even so. The session is over, as after [`Session::handle_loss`]:
    /// the person must unplug the reader.
    Lost(Code),
}

/// What the driver is to put on the bus. Each is begun when it is handed out, without waiting for the ends
/// of those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transmit {
    /// One transfer on the bulk OUT endpoint, with no empty packet behind it. Nothing is told of its end but
    /// a stall.
    Bulk(Vec<u8>),
    /// The class request ABORT to the interface, without data: bmRequestType 0x21, bRequest 0x01, wValue
    /// `seq << 8 | slot`, wIndex the interface's number. Its end is told to [`Session::handle_control`].
    Abort {
        /// bSlot.
        slot: u8,
        /// bSeq of the message that is to end.
        seq: u8,
    },
    /// CLEAR_FEATURE(ENDPOINT_HALT), in WebUSB `clearHalt`, of this bulk endpoint. Its end is told to
    /// [`Session::handle_clear_halt`].
    ClearHalt(Direction),
}

/// A bulk endpoint, seen from the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Bulk IN.
    In,
    /// Bulk OUT.
    Out,
}

impl Operation {
    pub(super) fn unanswered(&self, none: NoAnswer) -> Event {
        match self {
            Self::Look => Event::Looked(Err(none)),
            Self::PowerOn => Event::Powered(Err(none)),
            Self::PowerOff => Event::PoweredOff(Err(none)),
            Self::Transmit(..) => Event::Answered(Err(none)),
        }
    }
}
