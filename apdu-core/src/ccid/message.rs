//! CCID messages (CCID 1.1 §6): a 10-byte header, then `dwLength` bytes.

use alloc::vec::Vec;

/// Length of every message header.
pub const HEADER: usize = 10;

/// PC_to_RDR messages this host sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// PC_to_RDR_SetParameters (61).
    SetParameters {
        /// bProtocolNum: 0 T=0, 1 T=1.
        protocol: u8,
        /// 5 bytes for T=0, 7 for T=1.
        data: Vec<u8>,
    },
    /// PC_to_RDR_IccPowerOn (62).
    IccPowerOn {
        /// bPowerSelect: 0 automatic, 1 5 V, 2 3 V, 3 1.8 V.
        power: u8,
    },
    /// PC_to_RDR_IccPowerOff (63).
    IccPowerOff,
    /// PC_to_RDR_GetSlotStatus (65).
    GetSlotStatus,
    /// PC_to_RDR_Escape (6B), the vendor's own.
    Escape(Vec<u8>),
    /// PC_to_RDR_GetParameters (6C).
    GetParameters,
    /// PC_to_RDR_ResetParameters (6D).
    ResetParameters,
    /// PC_to_RDR_XfrBlock (6F).
    XfrBlock {
        /// bBWI: how many times its waiting time a T=1 card may take over this block; 0 for once.
        bwi: u8,
        /// wLevelParameter: 0 a whole APDU or TPDU, [`level`] for the pieces of an APDU.
        level: u16,
        /// APDU, TPDU or a piece of one.
        data: Vec<u8>,
    },
    /// PC_to_RDR_Abort (72).
    Abort,
}

/// wLevelParameter and bChainParameter of chained APDUs (CCID 1.1 §6.1.4, §6.2.1).
pub mod level {
    /// The APDU begins and ends here.
    pub const WHOLE: u16 = 0;
    /// The APDU begins here.
    pub const FIRST: u16 = 1;
    /// The APDU ends here.
    pub const LAST: u16 = 2;
    /// The APDU goes on.
    pub const MIDDLE: u16 = 3;
    /// Nothing but the wish for the next piece.
    pub const CONTINUE: u16 = 0x10;
}

impl Request {
    /// The message on the wire.
    pub fn to_bytes(&self, slot: u8, seq: u8) -> Vec<u8> {
        let (kind, specific, data): (u8, [u8; 3], &[u8]) = match self {
            Self::SetParameters { protocol, data } => (0x61, [*protocol, 0, 0], data),
            Self::IccPowerOn { power } => (0x62, [*power, 0, 0], &[]),
            Self::IccPowerOff => (0x63, [0; 3], &[]),
            Self::GetSlotStatus => (0x65, [0; 3], &[]),
            Self::Escape(data) => (0x6B, [0; 3], data),
            Self::GetParameters => (0x6C, [0; 3], &[]),
            Self::ResetParameters => (0x6D, [0; 3], &[]),
            Self::XfrBlock { bwi, level, data } => {
                let [low, high] = level.to_le_bytes();
                (0x6F, [*bwi, low, high], data)
            }
            Self::Abort => (0x72, [0; 3], &[]),
        };
        let mut bytes = Vec::with_capacity(HEADER + data.len());
        bytes.push(kind);
        bytes.extend_from_slice(&(data.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&[slot, seq]);
        bytes.extend_from_slice(&specific);
        bytes.extend_from_slice(data);
        bytes
    }
}

/// RDR_to_PC message types this host understands.
pub mod reply {
    /// RDR_to_PC_DataBlock.
    pub const DATA_BLOCK: u8 = 0x80;
    /// RDR_to_PC_SlotStatus.
    pub const SLOT_STATUS: u8 = 0x81;
    /// RDR_to_PC_Parameters.
    pub const PARAMETERS: u8 = 0x82;
    /// RDR_to_PC_Escape.
    pub const ESCAPE: u8 = 0x83;
    /// RDR_to_PC_DataRateAndClockFrequency, the last of them.
    pub const DATA_RATE: u8 = 0x84;
}

/// A whole RDR_to_PC message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// bMessageType.
    pub kind: u8,
    /// bSlot.
    pub slot: u8,
    /// bSeq of the command it answers.
    pub seq: u8,
    /// bmICCStatus.
    pub icc: Icc,
    /// bmCommandStatus with bError.
    pub outcome: Outcome,
    /// bChainParameter of a DataBlock, bClockStatus of a SlotStatus, bProtocolNum of Parameters.
    pub specific: u8,
    /// `dwLength` bytes.
    pub data: &'a [u8],
}

/// bmICCStatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icc {
    /// Present and powered.
    Active,
    /// Present, not powered.
    Inactive,
    /// No card.
    Absent,
}

/// bmCommandStatus, decoded as the two bits it is: a time extension is no failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Ok,
    /// Failed with this bError.
    Failed(u8),
    /// The card wants this many times its waiting time more (0 counts as 1).
    TimeExtension(u8),
}

/// bError values (CCID 1.1 §6.2.6). Below 0x80 it is the offset of the field that was wrong, and 0 an
/// unknown command.
pub mod error {
    /// The slot works on another command: this one was refused.
    pub const SLOT_BUSY: u8 = 0xE0;
    /// The card's bytes came faster than the reader took them.
    pub const OVERRUN: u8 = 0xFC;
    /// The card's bytes came with wrong parity.
    pub const PARITY: u8 = 0xFD;
    /// The card does not answer.
    pub const ICC_MUTE: u8 = 0xFE;
    /// Ended by an ABORT.
    pub const ABORTED: u8 = 0xFF;
}

/// Length of the whole message that begins with `bytes`, once its header is there.
pub fn announced_length(bytes: &[u8]) -> Option<usize> {
    let field = bytes.get(1..)?.first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*field)).ok()?;
    length.checked_add(HEADER)
}

impl<'a> Reply<'a> {
    /// Reads a message of at least its announced length; surplus bytes are ignored, as readers are
    /// known to send them.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, BadMessage> {
        let (header, _) = bytes.split_first_chunk::<HEADER>().ok_or(BadMessage)?;
        let whole = announced_length(bytes).ok_or(BadMessage)?;
        let data = bytes.get(HEADER..whole).ok_or(BadMessage)?;
        let [kind, _, _, _, _, slot, seq, status, error, specific] = *header;
        Ok(Self {
            kind,
            slot,
            seq,
            icc: match status & 0b11 {
                0 => Icc::Active,
                1 => Icc::Inactive,
                2 => Icc::Absent,
                _ => return Err(BadMessage),
            },
            outcome: match status >> 6 {
                0 => Outcome::Ok,
                1 => Outcome::Failed(error),
                2 => Outcome::TimeExtension(error),
                _ => return Err(BadMessage),
            },
            specific,
            data,
        })
    }
}

/// The bytes are no RDR_to_PC message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a CCID message")]
pub struct BadMessage;

/// What a reader says by itself on its interrupt endpoint (CCID 1.1 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notification<'a> {
    /// RDR_to_PC_NotifySlotChange (50): two bits a slot.
    SlotChange(&'a [u8]),
    /// RDR_to_PC_HardwareError (51).
    HardwareError {
        /// bSlot.
        slot: u8,
    },
}

/// What a NotifySlotChange says of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotChange {
    /// A card is there.
    pub present: bool,
    /// It is not the state of before: a card that is there may be another one.
    pub changed: bool,
}

impl<'a> Notification<'a> {
    /// Reads a notification; `None` if it is neither.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        match *bytes {
            [0x50, ref slots @ ..] => Some(Self::SlotChange(slots)),
            [0x51, slot, _seq, _code] => Some(Self::HardwareError { slot }),
            _ => None,
        }
    }

    /// What it says of this slot, if it is a slot change that covers it.
    pub fn change_of(&self, slot: u8) -> Option<SlotChange> {
        let Self::SlotChange(slots) = self else {
            return None;
        };
        let bits = slots.get(usize::from(slot / 4))? >> (slot % 4 * 2);
        Some(SlotChange {
            present: bits & 0b01 != 0,
            changed: bits & 0b10 != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_have_the_layout_of_the_specification() {
        assert_eq!(
            Request::GetSlotStatus.to_bytes(0, 7),
            [0x65, 0, 0, 0, 0, 0, 7, 0, 0, 0]
        );
        let block = Request::XfrBlock {
            bwi: 3,
            level: level::CONTINUE,
            data: alloc::vec![1, 2],
        };
        assert_eq!(
            block.to_bytes(1, 2),
            [0x6F, 2, 0, 0, 0, 1, 2, 3, 0x10, 0x00, 1, 2]
        );
        assert_eq!(
            Request::IccPowerOn { power: 1 }.to_bytes(0, 0)[7..],
            [1, 0, 0]
        );
        let set = Request::SetParameters {
            protocol: 1,
            data: alloc::vec![0x11, 0x10, 0, 0x4D, 0, 0x20, 0],
        };
        assert_eq!(
            set.to_bytes(0, 9),
            [
                0x61, 7, 0, 0, 0, 0, 9, 1, 0, 0, 0x11, 0x10, 0, 0x4D, 0, 0x20, 0
            ]
        );
        for (request, kind) in [
            (Request::IccPowerOff, 0x63),
            (Request::GetParameters, 0x6C),
            (Request::ResetParameters, 0x6D),
            (Request::Abort, 0x72),
        ] {
            assert_eq!(request.to_bytes(2, 3), [kind, 0, 0, 0, 0, 2, 3, 0, 0, 0]);
        }
        assert_eq!(
            Request::Escape(alloc::vec![2]).to_bytes(0, 0),
            [0x6B, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2]
        );
    }

    #[test]
    fn a_time_extension_is_no_failure_and_surplus_is_ignored() {
        let bytes = [0x80, 1, 0, 0, 0, 0, 9, 0x80, 3, 0, 0xAA, 0xFF, 0xFF];
        let reply = Reply::parse(&bytes).expect("a reply");
        assert_eq!(reply.outcome, Outcome::TimeExtension(3));
        assert_eq!(reply.data, [0xAA]);
    }

    #[test]
    fn short_and_absurd_messages_are_refused() {
        let bytes = [0x80, 2, 0, 0, 0, 0, 9, 0, 0, 0, 1, 2];
        for length in 0..bytes.len() {
            assert_eq!(Reply::parse(&bytes[..length]), Err(BadMessage));
        }
        let absurd = [0x80, 0xFF, 0xFF, 0xFF, 0xFF, 0, 9, 0, 0, 0];
        assert_eq!(Reply::parse(&absurd), Err(BadMessage));
        let reserved = [0x80, 0, 0, 0, 0, 0, 9, 0x03, 0, 0];
        assert_eq!(Reply::parse(&reserved), Err(BadMessage));
    }

    #[test]
    fn a_slot_change_tells_of_each_slot_by_itself() {
        let change = |present, changed| Some(SlotChange { present, changed });
        let bits = [0x50, 0b1110_0111, 0b01];
        let notification = Notification::parse(&bits).expect("a slot change");
        assert_eq!(notification.change_of(0), change(true, true));
        assert_eq!(notification.change_of(1), change(true, false));
        assert_eq!(notification.change_of(2), change(false, true));
        assert_eq!(notification.change_of(3), change(true, true));
        assert_eq!(notification.change_of(4), change(true, false));
        assert_eq!(notification.change_of(8), None);
    }

    #[test]
    fn a_hardware_error_is_no_slot_change() {
        let notification = Notification::parse(&[0x51, 1, 7, 0x01]);
        assert_eq!(notification, Some(Notification::HardwareError { slot: 1 }));
        assert_eq!(notification.and_then(|it| it.change_of(0)), None);
        for other in [&[][..], &[0x51, 0], &[0x52, 0, 0, 0]] {
            assert_eq!(Notification::parse(other), None);
        }
    }
}
