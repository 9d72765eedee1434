//! System information file 系统信息文件, MF/EF01, 27 bytes of 99 (reference §6.1).

use core::fmt;
use core::str::FromStr;

use crate::apdu::Command;
use crate::bcd::{Date, NotDigits, packed};
use crate::toll_card::{Fields, MalformedFile, read_binary};

/// Who issued the tag, its number and validity: the first 26 bytes, which a VST repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Issuer 服务提供商编码, as in file 0015.
    pub issuer: [u8; 8],
    /// Contract type 协约类型.
    pub kind: u8,
    /// Contract version 合同版本; it names the algorithm.
    pub version: u8,
    /// Contract serial number 合同序列号, the number of the tag.
    pub serial: ContractSerial,
    /// Signed 合同签署日期.
    pub signed: Date,
    /// Expires 合同过期日期.
    pub expiry: Date,
}

impl Contract {
    /// Length within the file.
    pub const LENGTH: usize = 26;

    /// Reads 26 bytes.
    pub fn parse(bytes: &[u8; Self::LENGTH]) -> Result<Self, MalformedFile> {
        let mut fields = Fields::of("EF01", bytes);
        Ok(Self {
            issuer: fields.take()?,
            kind: fields.byte()?,
            version: fields.byte()?,
            serial: ContractSerial(fields.take()?),
            signed: Date(fields.take()?),
            expiry: Date(fields.take()?),
        })
    }

    /// The bytes on the chip.
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..8].copy_from_slice(&self.issuer);
        bytes[8..10].copy_from_slice(&[self.kind, self.version]);
        bytes[10..18].copy_from_slice(&self.serial.0);
        bytes[18..22].copy_from_slice(&self.signed.0);
        bytes[22..].copy_from_slice(&self.expiry.0);
        bytes
    }

    /// The algorithm of the tag's keys, as the contract version names it.
    pub fn algorithm(&self) -> Algorithm {
        Algorithm::of_version(self.version)
    }
}

/// The algorithm of a tag's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Contract version FF, or below 50.
    TripleDes,
    /// Contract version 50 and above, 国密.
    Sm4,
}

impl Algorithm {
    /// The algorithm that a contract version names.
    pub fn of_version(version: u8) -> Self {
        match version {
            0x50..=0xFE => Self::Sm4,
            _ => Self::TripleDes,
        }
    }
}

/// The 16 digits of a tag, which are on its back too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractSerial(pub [u8; 8]);

impl fmt::Display for ContractSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", crate::hex::Upper(&self.0))
    }
}

impl fmt::Debug for ContractSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for ContractSerial {
    type Err = NotDigits;

    fn from_str(text: &str) -> Result<Self, NotDigits> {
        packed(text).map(Self)
    }
}

/// The file's first 27 bytes; the other 72 are reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemInformation {
    /// Who issued the tag.
    pub contract: Contract,
    /// Whether it is on its windscreen.
    pub removal: RemovalFlag,
}

impl SystemInformation {
    /// Length of what is used.
    pub const LENGTH: u8 = 27;
    /// Length of the whole file.
    pub const WHOLE: u8 = 99;

    /// READ BINARY of 27 or 99 bytes; the master file must be selected.
    pub fn read(length: u8) -> Command {
        read_binary(0x01, length)
    }

    /// READ BINARY of the contract serial number alone; the master file must be selected.
    pub fn read_serial() -> Command {
        Command::read([0x00, 0xB0, 0x81, 0x0A], 8)
    }

    /// Reads 27 or 99 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedFile> {
        let lengths = [Self::LENGTH, Self::WHOLE].map(usize::from);
        let (contract, rest) = bytes.split_first_chunk().ok_or(MalformedFile("EF01"))?;
        match rest {
            [flag, ..] if lengths.contains(&bytes.len()) => Ok(Self {
                contract: Contract::parse(contract)?,
                removal: RemovalFlag::of(*flag),
            }),
            _ => Err(MalformedFile("EF01")),
        }
    }

    /// The 27 bytes on the chip.
    pub fn to_bytes(&self) -> [u8; Self::LENGTH as usize] {
        let mut bytes = [0; Self::LENGTH as usize];
        bytes[..Contract::LENGTH].copy_from_slice(&self.contract.to_bytes());
        bytes[Contract::LENGTH] = self.removal.byte();
        bytes
    }
}

/// Removal flag 拆卸状态, byte 26.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalFlag {
    /// 00: taken off, or not yet activated.
    Removed,
    /// 01: installed and active.
    Installed,
    /// Anything else. One vendor writes 02 before activation.
    Other(u8),
}

impl RemovalFlag {
    fn of(byte: u8) -> Self {
        match byte {
            0x00 => Self::Removed,
            0x01 => Self::Installed,
            other => Self::Other(other),
        }
    }

    /// The byte on the chip.
    pub fn byte(self) -> u8 {
        match self {
            Self::Removed => 0x00,
            Self::Installed => 0x01,
            Self::Other(other) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::hex::{decode, encode};
    use std::string::ToString;

    /// By the table of reference §6.1: Gansu, 3DES, not activated.
    const TAG: &str = "B8CACBE06201000100166201230100000017202401152034011400";

    #[test]
    fn the_file_reads_as_its_table_says() {
        let bytes = decode(TAG).expect("hex");
        let file = SystemInformation::parse(&bytes).expect("27 bytes");
        let contract = file.contract;
        assert_eq!(encode(&contract.issuer), "B8CACBE062010001");
        assert_eq!((contract.kind, contract.version), (0x00, 0x16));
        assert_eq!(contract.serial.to_string(), "6201230100000017");
        assert_eq!("6201230100000017".parse(), Ok(contract.serial));
        assert_eq!(contract.signed.to_string(), "2024-01-15");
        assert_eq!(contract.expiry.to_string(), "2034-01-14");
        assert_eq!(file.removal, RemovalFlag::Removed);
        assert_eq!(file.to_bytes()[..], bytes);
    }

    #[test]
    fn the_whole_file_differs_only_in_reserved_bytes() {
        let mut bytes = decode(TAG).expect("hex");
        let short = SystemInformation::parse(&bytes);
        bytes.resize(99, 0xFF);
        assert_eq!(SystemInformation::parse(&bytes), short);
        for length in (0..120).filter(|length| ![27, 99].contains(length)) {
            bytes.resize(length, 0xFF);
            assert_eq!(SystemInformation::parse(&bytes), Err(MalformedFile("EF01")));
        }
    }

    #[test]
    fn the_contract_version_names_the_algorithm() {
        let bytes: [u8; 27] = decode(TAG).expect("hex").try_into().expect("27");
        for (version, algorithm) in [
            (0x00, Algorithm::TripleDes),
            (0x4F, Algorithm::TripleDes),
            (0x50, Algorithm::Sm4),
            (0xFE, Algorithm::Sm4),
            (0xFF, Algorithm::TripleDes),
        ] {
            let mut bytes = bytes;
            bytes[9] = version;
            let file = SystemInformation::parse(&bytes).expect("27 bytes");
            assert_eq!(file.contract.algorithm(), algorithm, "{version:02X}");
        }
    }

    #[test]
    fn reading_asks_for_what_is_wanted() {
        let command = |length| encode(&SystemInformation::read(length).to_bytes());
        assert_eq!(command(SystemInformation::LENGTH), "00B081001B");
        assert_eq!(command(SystemInformation::WHOLE), "00B0810063");
        let serial = SystemInformation::read_serial();
        assert_eq!(encode(&serial.to_bytes()), "00B0810A08");
    }

    #[test]
    fn any_file_survives_the_round_trip() {
        let mut chance = Chance::new(17);
        for _ in 0..1_000 {
            let bytes = chance.array::<27>();
            let file = SystemInformation::parse(&bytes).expect("27 bytes");
            assert_eq!(file.to_bytes(), bytes);
        }
    }
}
