//! Record layouts and file identifiers (reference §1).

use serde::{Deserialize, Serialize};

/// Length of file 0016.
pub(super) const HOLDER_FILE: usize = 55;
/// Records in the cyclic log 0018 (reference §1.1, one profile).
pub(super) const LOG_RECORDS: usize = 50;

/// Short identifiers of the files this card has.
pub(super) mod sfi {
    /// Issue file 0015.
    pub const ISSUE: u8 = 0x15;
    /// Holder file 0016.
    pub const HOLDER: u8 = 0x16;
    /// Cyclic transaction log 0018.
    pub const LOG: u8 = 0x18;
    /// Variable-record transit file 0019.
    pub const TRANSIT: u8 = 0x19;
    /// Wallet 0002; no readable file.
    pub const WALLET: u8 = 0x02;
}

/// Transaction types, as the log, the MACs and `805A` carry them.
pub(super) mod kind {
    /// Load (圈存).
    pub const LOAD: u8 = 0x02;
    /// Purchase.
    pub const PURCHASE: u8 = 0x06;
    /// Composite purchase (复合消费).
    pub const COMPOSITE: u8 = 0x09;
}

/// Where and when a transaction was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Terminal number, six bytes.
    pub terminal: [u8; 6],
    /// Date CCYYMMDD, BCD.
    pub date: [u8; 4],
    /// Time HHMMSS, BCD.
    pub time: [u8; 3],
}

/// One record of file 0018, 23 bytes (reference §1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRecord {
    /// Online counter for a load, offline counter otherwise: the value *before* it moved.
    pub counter: u16,
    /// Amount in fen.
    pub amount: u32,
    /// 02 load, 06 purchase, 09 composite.
    pub kind: u8,
    /// Terminal, date and time.
    pub stamp: Stamp,
}

impl LogRecord {
    /// The 23 bytes; the overdraft limit is 0.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut record = self.counter.to_be_bytes().to_vec();
        record.extend([0; 3]);
        record.extend(self.amount.to_be_bytes());
        record.push(self.kind);
        record.extend(self.stamp.terminal);
        record.extend(self.stamp.date);
        record.extend(self.stamp.time);
        record
    }
}

/// The AA record of file 0019 (reference §1.5), the fields whose place is certain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitRecord {
    /// Entry network, BCD.
    pub network: [u8; 2],
    /// Entry station.
    pub station: [u8; 2],
    /// Entry lane.
    pub lane: u8,
    /// Entry time, UNIX seconds.
    pub time: u32,
    /// Vehicle class.
    pub vehicle_class: u8,
    /// 01 MTC entry, 02 MTC exit, 03 ETC entry, 04 ETC exit.
    pub status: u8,
}

impl TransitRecord {
    /// The 43 bytes `AA 29 00 …`; the tail, whose layout no source confirms, is 00.
    fn encode(&self) -> Vec<u8> {
        let mut record = vec![0xAA, 0x29, 0x00];
        record.extend(self.network);
        record.extend(self.station);
        record.push(self.lane);
        record.extend(self.time.to_be_bytes());
        record.extend([self.vehicle_class, self.status]);
        record.resize(43, 0);
        record
    }

    /// The record of a card that has never been on the road: data all FF (reference §1.5).
    pub(super) fn encode_or_blank(record: Option<&Self>) -> Vec<u8> {
        record.map_or_else(
            || {
                let mut blank = vec![0xFF; 43];
                blank[..3].copy_from_slice(&[0xAA, 0x29, 0x00]);
                blank
            },
            Self::encode,
        )
    }
}
