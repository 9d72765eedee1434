//! Writing with a MAC, `04D6 81 offset Lc data MAC(4)` (reference §2.3, §4).

use crate::apdu::Command;
use crate::authority::TagFile;
use crate::secured::{NotAnUpdate, parse_update};

/// Reads the UPDATE BINARY that the backend has signed for `file`; it is sent at most once.
///
/// # Errors
/// Any other command, place or length (reference §2.3).
pub fn secured_update(bytes: &[u8], file: TagFile) -> Result<Command, NotAnUpdate> {
    let (offset, lengths): (u8, &[u8]) = match file {
        TagFile::Vehicle => (0x00, &[59, 79]),
        TagFile::System => (0x00, &[27, 99]),
        TagFile::RemovalFlag => (0x1A, &[1]),
    };
    parse_update(bytes, [0x04, 0xD6, 0x81, offset], lengths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apdu::Repeat;
    use crate::hex::decode;
    use std::format;

    #[test]
    fn the_writes_of_the_reference_pass_for_their_file_and_for_no_other() {
        let files = [TagFile::Vehicle, TagFile::System, TagFile::RemovalFlag];
        for (header, length, own) in [
            ("04D681003F", 59, TagFile::Vehicle),
            ("04D6810053", 79, TagFile::Vehicle),
            ("04D681001F", 27, TagFile::System),
            ("04D6810067", 99, TagFile::System),
            ("04D6811A05", 1, TagFile::RemovalFlag),
        ] {
            let bytes = decode(&format!("{header}{}", "01".repeat(length + 4))).expect("hex");
            for file in files {
                let read = secured_update(&bytes, file);
                assert_eq!(read.is_ok(), file == own, "{header} as {file:?}");
            }
            let command = secured_update(&bytes, own).expect("its own");
            assert_eq!(command.to_bytes(), bytes);
            assert_eq!(command.repeat, Repeat::Once);
        }
    }

    #[test]
    fn nothing_else_passes() {
        for bad in [
            "",
            "04D681",
            "00D6811A050111223344",
            "04D6821A050111223344",
            "04D6811B050111223344",
            "04D6811A06010011223344",
            "84D401FF050111223344",
        ] {
            let bytes = decode(bad).expect("hex");
            let read = secured_update(&bytes, TagFile::RemovalFlag);
            assert_eq!(read, Err(NotAnUpdate), "{bad}");
        }
    }
}
