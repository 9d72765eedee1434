//! What the field kit writes down: a real card and its reader, redacted, in a file a test can replay.
//!
//! The schema, for people: `docs/field-kit.md`. [`flow::capture`](crate::flow::capture) does the reading.

use alloc::string::String;
use alloc::vec::Vec;

use crate::fault::Code;
use crate::hex::Bytes;
use crate::trace::{Entry, Event, Redacted, Spent};

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

/// The version of the schema that is written.
pub const FORMAT: u32 = 1;

/// A capture.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Capture {
    /// [`FORMAT`].
    pub field_kit: u32,
    /// Whether the card was a virtual one.
    pub synthetic: bool,
    /// The build that wrote it.
    pub build: String,
    /// The day it was taken, `YYYY-MM-DD`.
    pub taken: String,
    /// The reader, where it says anything of itself.
    pub reader: Option<CapturedReader>,
    /// The card's answer to reset.
    pub atr: Bytes,
    /// What follows from the answers; nothing where the card stopped answering.
    pub findings: Option<Findings>,
    /// Every command and its answer, in order.
    pub exchanges: Vec<CapturedExchange>,
}

impl Capture {
    /// The exchanges of a trace, which are redacted already.
    pub fn exchanges<'a>(trace: impl Iterator<Item = &'a Entry>) -> Vec<CapturedExchange> {
        let exchange = |entry: &Entry| match &entry.event {
            Event::Exchange(command, answer) => Some(CapturedExchange {
                command: command.clone(),
                answer: answer.as_ref().ok().cloned(),
                fault: answer.as_ref().err().map(|none| none.code),
                spent: entry.spent,
            }),
            Event::Power(_) | Event::Message { .. } => None,
        };
        trace.filter_map(exchange).collect()
    }
}

/// A reader, without its serial number.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct CapturedReader {
    /// Product name.
    pub name: String,
    /// Manufacturer.
    pub maker: String,
    /// Vendor and product number, `04E6:5111`; missing off USB.
    pub usb: Option<String>,
    /// `bcdDevice`; missing off USB.
    pub release: Option<String>,
    /// How it was reached: `webusb`, `serial`, `smartcard`.
    pub way: String,
    /// The raw configuration descriptor; empty off USB.
    pub configuration: Bytes,
}

/// One exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct CapturedExchange {
    /// The command APDU.
    pub command: Redacted,
    /// The answer with its status word; missing where none came.
    pub answer: Option<Redacted>,
    /// Why none came.
    pub fault: Option<Code>,
    /// How long it took.
    pub spent: Spent,
}

/// What the answers of a card say of its profile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Findings {
    /// Whether it is a toll card.
    pub toll_application: bool,
    /// Whether its application can be selected by AID.
    pub selected_by_name: bool,
    /// Length of file 0015: 43 or 50 on a card that is known.
    pub issue_file_length: Option<u16>,
    /// Length of file 0016: 55 on a card that is known.
    pub holder_file_length: Option<u16>,
    /// Card type of 0015.
    pub card_type: Option<u8>,
    /// Version of 0015; high nibble 5 and above means SM4.
    pub version: Option<u8>,
    /// The byte a plate is filled with, where it is filled.
    pub plate_fill: Option<u8>,
    /// The byte a name is filled with, where it is filled.
    pub name_fill: Option<u8>,
    /// The log 0018.
    pub log: Log,
    /// Whether there is a transit record to read.
    pub transit: bool,
    /// Which counter `805A` wants for the newest load of the log.
    pub proof: Proof,
}

/// The log of a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Log {
    /// Records that were ever written.
    pub records: u8,
    /// Whether it wants the PIN first.
    pub protected: bool,
    /// Counter of the newest load in it.
    pub newest_load: Option<u16>,
}

/// How a card answers GET TRANSACTION PROVE for a load made at counter *n*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Proof {
    /// The log shows no load to ask for.
    NotAsked,
    /// By *n + 1* only.
    After,
    /// By *n* only.
    Before,
    /// By either.
    Both,
    /// By neither: it keeps none.
    Neither,
}
