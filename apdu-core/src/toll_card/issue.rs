//! Issue file 0015 卡片发行基本数据文件, 43 or 50 bytes (reference §1.2).

use super::{Fields, MalformedFile, read_binary, without_fill};
use crate::apdu::Command;
use crate::bcd::{CardNumber, Date};

/// Card type 储值卡: the only one that can be loaded.
pub const STORED_VALUE: u8 = 22;

/// Card type 记账卡, settled by its bank account.
pub const CREDIT: u8 = 23;

/// What the issuer wrote about card, holder's vehicle and validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssueFile {
    /// Issuer 发卡方标识: 4 bytes GBK province, 4 bytes BCD operator.
    pub issuer: [u8; 8],
    /// Card type 卡片类型: 22 stored value, 23 credit.
    pub card_type: u8,
    /// Version 卡片版本号; high nibble 5 and above means SM4.
    pub version: u8,
    /// Network and internal number.
    pub number: CardNumber,
    /// First day of validity 启用时间.
    pub start: Date,
    /// Last day of validity 到期时间.
    pub expiry: Date,
    /// Plate 车牌号码, GBK with fill.
    pub plate: [u8; 12],
    /// User type 用户类型.
    pub user_type: u8,
    /// Plate colour 车牌颜色 (reference §7.1).
    pub plate_colour: u8,
    /// Vehicle class 车型 (reference §7.2).
    pub vehicle_class: u8,
}

impl IssueFile {
    /// Length of the classic form.
    pub const CLASSIC: u8 = 43;
    /// Length of the newer form, with seven reserved bytes.
    pub const LONG: u8 = 50;

    /// READ BINARY of the file; `length` is 43 or 50.
    pub fn read(length: u8) -> Command {
        read_binary(0x15, length)
    }

    /// Reads 43 or 50 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedFile> {
        if ![Self::CLASSIC, Self::LONG]
            .map(usize::from)
            .contains(&bytes.len())
        {
            return Err(MalformedFile("0015"));
        }
        let mut fields = Fields::of("0015", bytes);
        Ok(Self {
            issuer: fields.take()?,
            card_type: fields.byte()?,
            version: fields.byte()?,
            number: CardNumber {
                network: fields.take()?,
                serial: fields.take()?,
            },
            start: Date(fields.take()?),
            expiry: Date(fields.take()?),
            plate: fields.take()?,
            user_type: fields.byte()?,
            plate_colour: fields.byte()?,
            vehicle_class: fields.byte()?,
        })
    }

    /// The classic form, 43 bytes.
    pub fn to_bytes(&self) -> [u8; Self::CLASSIC as usize] {
        let mut bytes = [0; Self::CLASSIC as usize];
        bytes[..8].copy_from_slice(&self.issuer);
        bytes[8..10].copy_from_slice(&[self.card_type, self.version]);
        bytes[10..12].copy_from_slice(&self.number.network);
        bytes[12..20].copy_from_slice(&self.number.serial);
        bytes[20..24].copy_from_slice(&self.start.0);
        bytes[24..28].copy_from_slice(&self.expiry.0);
        bytes[28..40].copy_from_slice(&self.plate);
        bytes[40..].copy_from_slice(&[self.user_type, self.plate_colour, self.vehicle_class]);
        bytes
    }

    /// Whether the card is as the factory first issued it: no dates, no vehicle, all of it fill (`00` or `FF`).
    pub fn is_blank(&self) -> bool {
        let behind_the_number = &self.to_bytes()[20..];
        behind_the_number
            .iter()
            .all(|byte| matches!(byte, 0x00 | 0xFF))
    }

    /// The plate's GBK bytes without fill.
    pub fn plate_text(&self) -> &[u8] {
        without_fill(&self.plate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::decode;

    /// The worked file of reference §3.5 (3).
    const WORKED: &str =
        "B8CACBE0620100011740620122012301000000172024011520340114B8CA41313233343500000000000001";

    #[test]
    fn the_worked_file_reads_as_its_table_says() {
        let file = IssueFile::parse(&decode(WORKED).expect("hex")).expect("43 bytes");
        assert_eq!(file.issuer[..4], [0xB8, 0xCA, 0xCB, 0xE0]);
        assert_eq!(file.card_type, CREDIT);
        assert_eq!(file.version, 0x40);
        assert_eq!(
            file.number,
            "62012201230100000017".parse().expect("20 digits")
        );
        assert_eq!(file.start, Date([0x20, 0x24, 0x01, 0x15]));
        assert_eq!(file.expiry, Date([0x20, 0x34, 0x01, 0x14]));
        assert_eq!(file.plate_text(), b"\xB8\xCAA12345");
        assert_eq!(
            (file.user_type, file.plate_colour, file.vehicle_class),
            (0, 0, 1)
        );
    }

    #[test]
    fn the_worked_file_is_written_as_it_is_read() {
        let bytes = decode(WORKED).expect("hex");
        let file = IssueFile::parse(&bytes).expect("43 bytes");
        assert_eq!(file.to_bytes()[..], bytes);
    }

    #[test]
    fn a_card_is_blank_while_all_behind_its_number_is_fill() {
        let issued = decode(WORKED).expect("hex");
        assert!(!IssueFile::parse(&issued).expect("43 bytes").is_blank());
        for fill in [0x00, 0xFF] {
            let mut blank = issued.clone();
            blank[20..].fill(fill);
            assert!(IssueFile::parse(&blank).expect("43 bytes").is_blank());
            // A write that was torn in its first field.
            blank[20] = 0x20;
            assert!(!IssueFile::parse(&blank).expect("43 bytes").is_blank());
        }
    }

    #[test]
    fn the_long_form_differs_only_in_reserved_bytes() {
        let mut bytes = decode(WORKED).expect("hex");
        let classic = IssueFile::parse(&bytes);
        bytes.resize(50, 0xFF);
        assert_eq!(IssueFile::parse(&bytes), classic);
    }

    #[test]
    fn any_other_length_is_malformed() {
        for length in (0..64).filter(|length| ![43, 50].contains(length)) {
            let bytes = std::vec![0; length];
            assert_eq!(IssueFile::parse(&bytes), Err(MalformedFile("0015")));
        }
    }

    #[test]
    fn reading_asks_for_exactly_the_file() {
        assert_eq!(
            IssueFile::read(IssueFile::CLASSIC).to_bytes(),
            [0x00, 0xB0, 0x95, 0x00, 0x2B]
        );
    }
}
