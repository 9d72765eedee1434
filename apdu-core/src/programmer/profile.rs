//! What vendors of programmers disagree on: data, chosen in the device bar and editable, because no
//! profile has met its device yet (serial reference §8, §9).

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::apdu_list::SwCounted;
use super::bobu::Start;
use crate::hex::Fixed;

/// How one kind of programmer is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Profile {
    /// Its name, stable.
    pub id: String,
    /// The serial line.
    pub line: Line,
    /// The dialect with its options.
    pub dialect: Dialect,
    /// How long to wait, how often to send.
    pub waits: Waits,
}

/// Settings of a serial line; 8 data bits, no parity, 1 stop bit in all known devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Line {
    /// Bits per second.
    pub baud: u32,
    /// Level of DTR after opening.
    pub dtr: bool,
    /// Level of RTS after opening.
    pub rts: bool,
}

/// A dialect that reaches chips.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Dialect {
    /// A′: issuing primitives in envelope A.
    Primitives(Primitives),
    /// C: frames of Bluetooth tags.
    Bobu(Bobu),
}

/// A command and its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct CommandCode {
    /// Sent.
    pub request: u8,
    /// Received.
    pub reply: u8,
}

impl CommandCode {
    /// The pattern in all known dialects: bit 4 tells replies from requests.
    const fn of(request: u8) -> Self {
        Self {
            request,
            reply: request ^ 0x10,
        }
    }
}

/// Options of dialect A′ (serial reference §3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Primitives {
    /// DSRC primitives.
    pub dsrc: CommandCode,
    /// PSAM slots 1 to 3.
    pub psam: [CommandCode; 3],
    /// Device initialisation.
    pub device: u8,
    /// What it may be answered with.
    pub device_replies: Vec<u8>,
    /// BST interval, transmission power, channel, CRC mode, RF power, PSAM power of the initialisation.
    pub device_settings: Fixed<6>,
    /// RSCTL of requests.
    pub rsctl: Rsctl,
    /// Replies carry the RSCTL of their request: one that does not is late.
    pub rsctl_is_echoed: bool,
    /// Answers from the air carry the LLC control of their request: one that does not is late.
    pub llc_is_echoed: bool,
    /// Whether PSAM answers count their status word.
    pub psam_sw: SwCounted,
    /// Whether a PSAM reset and its answer have a LEN.
    pub psam_reset_has_length: bool,
    /// Baud rate of the PSAM contacts; 0 leaves it to the device.
    pub psam_baud: u32,
    /// Manufacturer and number of the beacon in a BST.
    pub beacon: Fixed<4>,
    /// Channel of a BST.
    pub channel: u8,
    /// Transaction mode of the card in a BST.
    pub card_mode: u8,
    /// Most bytes of an APDU list, out and in: longer ones are sent in several.
    pub list_bytes: u16,
    /// How long other tags may answer after the first, ms.
    pub settle: u32,
}

/// How requests are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Rsctl {
    /// 0 to 15, one more with each request.
    Counted,
    /// Always the same.
    Fixed(u8),
}

/// Options of dialect C (serial reference §5).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Bobu {
    /// "33" or "50" frames.
    pub start: Start,
    /// Whether frames travel in WeChat packets.
    pub is_wrapped: bool,
    /// Replies carry the SN of their request: one that does not is late. "50" frames have none.
    pub sn_is_echoed: bool,
    /// Asks the device who it is, and what follows that command.
    pub open: CommandCode,
    /// Data of the opening command.
    pub open_data: Vec<u8>,
    /// Resets the card; missing where the device powers it by itself.
    pub card_reset: Option<CommandCode>,
    /// APDU list to the card.
    pub card: CommandCode,
    /// Data type of the card channel.
    pub card_dt: u8,
    /// APDU list to the ESAM; missing where the device has no such channel.
    pub esam: Option<CommandCode>,
    /// Data type of the ESAM channel.
    pub esam_dt: u8,
    /// What is answered of a list.
    pub answers: Answers,
    /// Most bytes of an APDU list, out and in: longer ones are sent in several.
    pub list_bytes: u16,
}

/// What a device answers of an instruction list. The top bit of a tag asks some for less; it is never
/// set, because an answer that is missing proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Answers {
    /// Every command.
    All,
    /// The last command only: each is sent in a list of its own.
    LastOnly,
}

/// How long to wait for each kind of answer, and how often to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Waits {
    /// Device initialisation.
    pub open: Wait,
    /// PSAM.
    pub psam: Wait,
    /// Calling tags.
    pub initialise: Wait,
    /// APDU lists, and the reset of a card.
    pub transfer: Wait,
    /// SetMMI.
    pub set_mmi: Wait,
}

/// How long to wait for one answer, and how often to send before giving up. What must be sent only once
/// is waited for as long as all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Wait {
    /// Milliseconds.
    pub ms: u32,
    /// Sends, the first included.
    pub sends: u8,
}

/// Within the ranges programs in the field use (serial reference §3, §3.4).
const WAITS: Waits = Waits {
    open: Wait { ms: 700, sends: 3 },
    psam: Wait {
        ms: 2_500,
        sends: 2,
    },
    initialise: Wait { ms: 300, sends: 10 },
    transfer: Wait {
        ms: 1_000,
        sends: 3,
    },
    set_mmi: Wait {
        ms: 1_000,
        sends: 2,
    },
};

impl Profile {
    /// The profiles that come with the desk, in the order in which they are probed.
    pub fn shipped() -> [Self; 3] {
        [Self::primitives(), Self::bobu(), Self::bobu_wechat()]
    }

    /// Issuing primitives 发行原语 as one vendor's library sends them.
    pub fn primitives() -> Self {
        Self {
            id: "dsrc-primitives".to_owned(),
            line: Line::USUAL,
            dialect: Dialect::Primitives(Primitives {
                dsrc: CommandCode::of(0xF0),
                psam: [0xF1, 0xF2, 0xF3].map(CommandCode::of),
                device: 0xFF,
                device_replies: Vec::from([0xEF, 0xB0]),
                device_settings: Fixed([0x0A, 0x1F, 0x00, 0x00, 0x00, 0x00]),
                rsctl: Rsctl::Counted,
                rsctl_is_echoed: false,
                llc_is_echoed: true,
                psam_sw: SwCounted::No,
                psam_reset_has_length: false,
                psam_baud: 9_600,
                beacon: Fixed([0x08, 0xFF, 0xFF, 0x00]),
                channel: 0x00,
                card_mode: 0x87,
                list_bytes: 100,
                settle: 200,
            }),
            waits: WAITS,
        }
    }

    /// Frames of Bluetooth tags, bare on the line.
    pub fn bobu() -> Self {
        Self {
            id: "b-obu".to_owned(),
            line: Line::USUAL,
            dialect: Dialect::Bobu(Bobu {
                start: Start::ThreeThree,
                is_wrapped: false,
                sn_is_echoed: false,
                open: CommandCode::of(0xA5),
                open_data: Vec::from([0x01, 0xC0]),
                card_reset: Some(CommandCode::of(0xA2)),
                card: CommandCode::of(0xA3),
                card_dt: 0x00,
                esam: Some(CommandCode::of(0xA1)),
                esam_dt: 0x20,
                answers: Answers::All,
                list_bytes: 100,
            }),
            waits: WAITS,
        }
    }

    /// The same in WeChat packets.
    pub fn bobu_wechat() -> Self {
        let mut profile = Self::bobu();
        profile.id = "b-obu-wechat".to_owned();
        if let Dialect::Bobu(bobu) = &mut profile.dialect {
            bobu.is_wrapped = true;
        }
        profile
    }
}

impl Line {
    /// 115 200 8N1. Some USB serial chips send only while DTR is high.
    const USUAL: Self = Self {
        baud: 115_200,
        dtr: true,
        rts: true,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_shipped_profiles_have_names_of_their_own() {
        let ids: BTreeSet<_> = Profile::shipped().map(|profile| profile.id).into();
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn replies_follow_the_pattern_of_the_reference() {
        for (request, reply) in [
            (0xF0, 0xE0),
            (0xF1, 0xE1),
            (0xF3, 0xE3),
            (0xA1, 0xB1),
            (0xA5, 0xB5),
        ] {
            assert_eq!(CommandCode::of(request), CommandCode { request, reply });
        }
    }
}
