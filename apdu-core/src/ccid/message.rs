//! CCID messages (CCID 1.1 §6): a 10-byte header, then `dwLength` bytes.

use alloc::vec::Vec;

/// Length of every message header.
pub const HEADER: usize = 10;

/// PC_to_RDR messages this host sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// PC_to_RDR_IccPowerOn (62); `power` 0 automatic, 1 5 V, 2 3 V, 3 1.8 V.
    IccPowerOn {
        /// bPowerSelect.
        power: u8,
    },
    /// PC_to_RDR_GetSlotStatus (65).
    GetSlotStatus,
    /// PC_to_RDR_XfrBlock (6F); `level` 0 whole APDU, 0x0010 continue an answer.
    XfrBlock {
        /// wLevelParameter.
        level: u16,
        /// The command APDU.
        data: Vec<u8>,
    },
}

impl Request {
    /// The message on the wire.
    pub fn to_bytes(&self, slot: u8, seq: u8) -> Vec<u8> {
        let (kind, specific, data): (u8, [u8; 3], &[u8]) = match self {
            Self::IccPowerOn { power } => (0x62, [*power, 0, 0], &[]),
            Self::GetSlotStatus => (0x65, [0; 3], &[]),
            Self::XfrBlock { level, data } => {
                let [low, high] = level.to_le_bytes();
                (0x6F, [0, low, high], data)
            }
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
    /// bChainParameter of a DataBlock, bClockStatus of a SlotStatus.
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

/// bError: the card does not answer.
pub const ICC_MUTE: u8 = 0xFE;

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

/// RDR_to_PC_NotifySlotChange: whether a card is in `slot`; `None` for any other notification.
pub fn slot_change(notification: &[u8], slot: u8) -> Option<bool> {
    let (&kind, bitmap) = notification.split_first()?;
    let byte = bitmap.get(usize::from(slot) / 4)?;
    (kind == 0x50).then_some(byte >> (slot % 4 * 2) & 1 == 1)
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
            level: 0x0010,
            data: alloc::vec![1, 2],
        };
        assert_eq!(
            block.to_bytes(1, 2),
            [0x6F, 2, 0, 0, 0, 1, 2, 0, 0x10, 0x00, 1, 2]
        );
        assert_eq!(
            Request::IccPowerOn { power: 1 }.to_bytes(0, 0)[7..],
            [1, 0, 0]
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
    fn a_notification_tells_of_its_own_slot_only() {
        assert_eq!(slot_change(&[0x50, 0b11], 0), Some(true));
        assert_eq!(slot_change(&[0x50, 0b10], 0), Some(false));
        assert_eq!(slot_change(&[0x50, 0b1110], 1), Some(true));
        assert_eq!(slot_change(&[0x50], 0), None);
        assert_eq!(slot_change(&[0x51, 0, 0, 1], 0), None);
    }
}
