//! Transit record 0019 联网收费复合消费过程文件, AA record of 43 bytes (reference §1.5).

use super::{Fields, MalformedFile, read_record};
use crate::apdu::Command;

/// The last station the card passed.
///
/// The tail from offset 14 changed its meaning in 2019/2020 and no source confirms the new one, so it
/// is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransitRecord {
    /// Whether the record is locked 应用锁定标识.
    pub locked: bool,
    /// Network of the station.
    pub network: u16,
    /// Station number.
    pub station: u16,
    /// Lane number.
    pub lane: u8,
    /// Seconds since 1970, UTC.
    pub unix_time: u32,
    /// Vehicle class at the station.
    pub vehicle_class: u8,
    /// Which way through which kind of lane.
    pub passage: Passage,
}

/// In/out status of a transit record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// Entry, manual lane (01).
    ManualEntry,
    /// Exit, manual lane (02).
    ManualExit,
    /// Entry, ETC lane (03).
    EtcEntry,
    /// Exit, ETC lane (04).
    EtcExit,
    /// Any other status.
    Other(u8),
}

impl TransitRecord {
    /// Length of the AA record.
    pub const LENGTH: u8 = 43;

    /// READ RECORD number 1, the AA record.
    pub fn read() -> Command {
        read_record(0x19, 1, Self::LENGTH)
    }

    /// Reads 43 bytes; `None` for a record never written.
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, MalformedFile> {
        const FILE: &str = "0019";
        let (head, rest) = bytes.split_first_chunk::<2>().ok_or(MalformedFile(FILE))?;
        if bytes.len() != usize::from(Self::LENGTH) || *head != [0xAA, 0x29] {
            return Err(MalformedFile(FILE));
        }
        if rest[1..].iter().all(|&byte| byte == 0xFF) || rest[1..].iter().all(|&byte| byte == 0) {
            return Ok(None);
        }
        let mut fields = Fields::of(FILE, rest);
        Ok(Some(Self {
            locked: fields.byte()? == 0x01,
            network: fields.u16()?,
            station: fields.u16()?,
            lane: fields.byte()?,
            unix_time: fields.u32()?,
            vehicle_class: fields.byte()?,
            passage: match fields.byte()? {
                0x01 => Passage::ManualEntry,
                0x02 => Passage::ManualExit,
                0x03 => Passage::EtcEntry,
                0x04 => Passage::EtcExit,
                other => Passage::Other(other),
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_status_are_read_and_the_tail_is_left_alone() {
        let mut bytes = [0_u8; 43];
        bytes[..14].copy_from_slice(&[
            0xAA, 0x29, 0x00, 0x62, 0x01, 0x00, 0x07, 0x03, 0x65, 0xA4, 0x8A, 0x00, 0x01, 0x03,
        ]);
        let record = TransitRecord::parse(&bytes).expect("AA").expect("written");
        assert_eq!(
            (record.network, record.station, record.lane),
            (0x6201, 7, 3)
        );
        assert_eq!(record.unix_time, 0x65A4_8A00);
        assert_eq!(record.passage, Passage::EtcEntry);
        assert!(!record.locked);
    }

    #[test]
    fn a_fresh_record_is_no_passage_and_another_record_is_malformed() {
        let mut bytes = [0xFF_u8; 43];
        bytes[..3].copy_from_slice(&[0xAA, 0x29, 0x00]);
        assert_eq!(TransitRecord::parse(&bytes), Ok(None));
        bytes[0] = 0xB1;
        assert_eq!(TransitRecord::parse(&bytes), Err(MalformedFile("0019")));
        assert_eq!(TransitRecord::parse(&[]), Err(MalformedFile("0019")));
    }
}
