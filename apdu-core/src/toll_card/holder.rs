//! Holder file 0016 持卡人基本数据文件, 55 bytes (reference §1.4).

use super::{Fields, MalformedFile, read_binary, without_fill};
use crate::apdu::Command;

/// Whom the card was issued to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HolderFile {
    /// Holder identity flag 持卡人身份标识.
    pub identity: u8,
    /// Issuer-staff flag 本系统职工标识.
    pub staff: u8,
    /// Name 持卡人姓名, GBK with fill.
    pub name: [u8; 20],
    /// Number of the identity document 证件号码, ASCII with fill.
    pub id_number: [u8; 32],
    /// Type of the document 证件类型; its coding is not settled (reference §10.6).
    pub id_type: u8,
}

impl HolderFile {
    /// Length of the file.
    pub const LENGTH: u8 = 55;

    /// READ BINARY of the file; the master file must be selected.
    pub fn read() -> Command {
        read_binary(0x16, Self::LENGTH).secret()
    }

    /// Reads 55 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedFile> {
        if bytes.len() != usize::from(Self::LENGTH) {
            return Err(MalformedFile("0016"));
        }
        let mut fields = Fields::of("0016", bytes);
        Ok(Self {
            identity: fields.byte()?,
            staff: fields.byte()?,
            name: fields.take()?,
            id_number: fields.take()?,
            id_type: fields.byte()?,
        })
    }

    /// The whole file.
    pub fn to_bytes(&self) -> [u8; Self::LENGTH as usize] {
        let mut bytes = [0; Self::LENGTH as usize];
        bytes[0] = self.identity;
        bytes[1] = self.staff;
        bytes[2..22].copy_from_slice(&self.name);
        bytes[22..54].copy_from_slice(&self.id_number);
        bytes[54] = self.id_type;
        bytes
    }

    /// The name's GBK bytes without fill.
    pub fn name_text(&self) -> &[u8] {
        without_fill(&self.name)
    }

    /// The document number without fill.
    pub fn id_number_text(&self) -> &[u8] {
        without_fill(&self.id_number)
    }
}

/// Never shows the person.
impl core::fmt::Debug for HolderFile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("HolderFile { .. }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_number_lose_their_fill() {
        let mut bytes = [0_u8; 55];
        bytes[2..6].copy_from_slice(&[0xD5, 0xC5, 0xD1, 0xF9]);
        bytes[22..26].copy_from_slice(b"6200");
        bytes[26] = 0x00;
        bytes[27..54].fill(0xFF);
        bytes[54] = 0x65;
        let file = HolderFile::parse(&bytes).expect("55 bytes");
        assert_eq!(file.name_text(), [0xD5, 0xC5, 0xD1, 0xF9]);
        assert_eq!(file.id_number_text(), b"6200");
        assert_eq!(file.id_type, 0x65);
        assert_eq!(file.to_bytes(), bytes);
        assert_eq!(std::format!("{file:?}"), "HolderFile { .. }");
    }

    #[test]
    fn any_other_length_is_malformed() {
        assert_eq!(HolderFile::parse(&[0; 54]), Err(MalformedFile("0016")));
    }
}
