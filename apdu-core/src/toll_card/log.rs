//! Transaction log 0018 终端交易记录文件, cyclic records of 23 bytes (reference §1.7).

use super::{Fields, MalformedFile, read_record};
use crate::apdu::Command;
use crate::bcd::{Date, Time};

/// One entry of the log. Record 1 is the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// Online counter of a load, offline counter of a purchase.
    pub counter: u16,
    /// Overdraft limit 透支限额 in fen.
    pub overdraft: u32,
    /// Amount in fen.
    pub amount: u32,
    /// What was done.
    pub kind: TransactionKind,
    /// Terminal number 终端机编号.
    pub terminal: [u8; 6],
    /// Date.
    pub date: Date,
    /// Time of day.
    pub time: Time,
}

/// Type byte of a log record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionKind {
    /// 圈存 (02)
    Load,
    /// 消费 (06)
    Purchase,
    /// 复合消费 (09)
    CompositePurchase,
    /// Any other PBOC type.
    Other(u8),
}

impl LogRecord {
    /// Length of a record.
    pub const LENGTH: u8 = 23;

    /// READ RECORD number `number`, 1 the newest; `6A83` ends the list.
    pub fn read(number: u8) -> Command {
        read_record(0x18, number, Self::LENGTH)
    }

    /// Reads 23 bytes; `None` for a record never written (all `00` or all `FF`).
    pub fn parse(bytes: &[u8]) -> Result<Option<Self>, MalformedFile> {
        if bytes.len() != usize::from(Self::LENGTH) {
            return Err(MalformedFile("0018"));
        }
        if bytes.iter().all(|&byte| byte == 0x00) || bytes.iter().all(|&byte| byte == 0xFF) {
            return Ok(None);
        }
        let mut fields = Fields::of("0018", bytes);
        let counter = fields.u16()?;
        let [high, middle, low] = fields.take()?;
        Ok(Some(Self {
            counter,
            overdraft: u32::from_be_bytes([0, high, middle, low]),
            amount: fields.u32()?,
            kind: match fields.byte()? {
                0x02 => TransactionKind::Load,
                0x06 => TransactionKind::Purchase,
                0x09 => TransactionKind::CompositePurchase,
                other => TransactionKind::Other(other),
            },
            terminal: fields.take()?,
            date: Date(fields.take()?),
            time: Time(fields.take()?),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::decode;

    #[test]
    fn a_load_reads_back() {
        let bytes = decode("0005000000000027100201020304050620240115093000").expect("hex");
        let record = LogRecord::parse(&bytes)
            .expect("23 bytes")
            .expect("written");
        assert_eq!(record.counter, 5);
        assert_eq!(record.amount, 10_000);
        assert_eq!(record.kind, TransactionKind::Load);
        assert_eq!(record.terminal, [1, 2, 3, 4, 5, 6]);
        assert_eq!(record.date, Date([0x20, 0x24, 0x01, 0x15]));
        assert_eq!(record.time, Time([0x09, 0x30, 0x00]));
    }

    #[test]
    fn a_blank_record_is_no_record() {
        assert_eq!(LogRecord::parse(&[0xFF; 23]), Ok(None));
        assert_eq!(LogRecord::parse(&[0x00; 23]), Ok(None));
        assert_eq!(LogRecord::parse(&[0x00; 22]), Err(MalformedFile("0018")));
    }
}
