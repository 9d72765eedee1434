//! CCID messages as the reader reads and writes them (CCID Rev 1.1 §6).

/// What a bulk OUT message begins with and a bulk IN message too.
pub const HEADER: usize = 10;

/// bError values (CCID §6.2.6); below 80h it is the offset of the field that was wrong.
pub mod error {
    /// The reader does not know the command.
    pub const NOT_SUPPORTED: u8 = 0;
    /// dwLength.
    pub const LENGTH: u8 = 1;
    /// bSlot: there is no such slot.
    pub const SLOT: u8 = 5;
    /// bSeq.
    pub const SEQUENCE: u8 = 6;
    /// The first of the three bytes that depend on the command.
    pub const FIRST_PARAMETER: u8 = 7;
    /// The second one.
    pub const SECOND_PARAMETER: u8 = 8;
    /// bmFindexDindex of SetParameters, and dwClockFrequency of SetDataRateAndClockFrequency.
    pub const FIRST_DATA: u8 = 10;
    /// dwDataRate of SetDataRateAndClockFrequency.
    pub const DATA_RATE: u8 = 14;
    /// Another command of this slot is being carried out, or too many slots are busy.
    pub const SLOT_BUSY: u8 = 0xE0;
    /// The reader's own hardware failed.
    pub const HARDWARE: u8 = 0xFB;
    /// A character of the card had a wrong parity.
    pub const PARITY: u8 = 0xFD;
    /// The card says nothing.
    pub const ICC_MUTE: u8 = 0xFE;
    /// The host has aborted the command.
    pub const ABORTED: u8 = 0xFF;
}

/// bMessageType of the commands this reader knows (CCID §6.1).
pub mod command {
    /// PC_to_RDR_SetParameters.
    pub const SET_PARAMETERS: u8 = 0x61;
    /// PC_to_RDR_IccPowerOn.
    pub const POWER_ON: u8 = 0x62;
    /// PC_to_RDR_IccPowerOff.
    pub const POWER_OFF: u8 = 0x63;
    /// PC_to_RDR_GetSlotStatus.
    pub const SLOT_STATUS: u8 = 0x65;
    /// PC_to_RDR_GetParameters.
    pub const GET_PARAMETERS: u8 = 0x6C;
    /// PC_to_RDR_ResetParameters.
    pub const RESET_PARAMETERS: u8 = 0x6D;
    /// PC_to_RDR_XfrBlock.
    pub const XFR_BLOCK: u8 = 0x6F;
    /// PC_to_RDR_Abort.
    pub const ABORT: u8 = 0x72;
    /// PC_to_RDR_SetDataRateAndClockFrequency.
    pub const SET_RATE: u8 = 0x73;
}

/// bmICCStatus (CCID §6.2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icc {
    /// A card that has power.
    Active = 0,
    /// A card without.
    Inactive = 1,
    /// No card.
    Absent = 2,
}

/// What a command has come to: the byte that depends on the command and the data, or bError.
pub type Outcome = Result<(u8, Vec<u8>), u8>;

/// An answer to `message`: its slot and sequence number, then bStatus, bError, the specific byte
/// and the data.
pub fn answer(message: &[u8], icc: Icc, outcome: &Outcome) -> Vec<u8> {
    match outcome {
        Ok((specific, data)) => encode(message, [icc as u8, 0, *specific], data),
        Err(error) => encode(message, [0x40 | icc as u8, *error, 0], &[]),
    }
}

/// A request for more time: bmCommandStatus 2, bError the multiplier of the waiting time
/// (CCID §6.2.6).
pub fn time_extension(message: &[u8], icc: Icc, multiplier: u8) -> Vec<u8> {
    encode(message, [0x80 | icc as u8, multiplier, 0], &[])
}

fn encode(message: &[u8], tail: [u8; 3], data: &[u8]) -> Vec<u8> {
    let mut whole = vec![answer_type(message[0])];
    whole.extend((data.len() as u32).to_le_bytes());
    whole.extend([message[5], message[6]]);
    whole.extend(tail);
    whole.extend(data);
    whole
}

/// bMessageType of the answer to a command (CCID §6.1), SlotStatus for what is no command.
fn answer_type(command: u8) -> u8 {
    match command {
        // Secure, XfrBlock, IccPowerOn.
        0x62 | 0x69 | 0x6F => 0x80,
        // Get-, Reset- and SetParameters.
        0x61 | 0x6C | 0x6D => 0x82,
        // Escape.
        0x6B => 0x83,
        // SetDataRateAndClockFrequency.
        0x73 => 0x84,
        _ => 0x81,
    }
}

/// Length of the message that begins with these bytes; `None` while its header is not whole.
pub fn announced_length(message: &[u8]) -> Option<usize> {
    let &[_, a, b, c, d, ..] = message.get(..HEADER)? else {
        return None;
    };
    Some(HEADER.saturating_add(u32::from_le_bytes([a, b, c, d]) as usize))
}
