//! Writing a card with a MAC, `04D6 (80+SFI) 00 Lc file MAC(4)` (reference §2.3, §4).

use super::{HolderFile, IssueFile};
use crate::apdu::Command;
use crate::authority::CardFile;
use crate::secured::{NotAnUpdate, parse_update};

/// Reads the UPDATE BINARY that the backend has signed for `file`, whole; it is sent at most once, and never
/// traced: it carries the holder and his vehicle.
///
/// # Errors
/// Any other command, place or length (reference §2.3).
pub fn secured_update(bytes: &[u8], file: CardFile) -> Result<Command, NotAnUpdate> {
    let (p1, lengths): (u8, &[u8]) = match file {
        CardFile::Holder => (0x96, &[HolderFile::LENGTH]),
        CardFile::Issue => (0x95, &[IssueFile::CLASSIC, IssueFile::LONG]),
    };
    parse_update(bytes, [0x04, 0xD6, p1, 0x00], lengths).map(Command::secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apdu::Repeat;
    use crate::hex::decode;
    use std::format;

    #[test]
    fn the_writes_of_the_reference_pass_for_their_file_and_for_no_other() {
        for (header, length, own) in [
            ("04D696003B", 55, CardFile::Holder),
            ("04D695002F", 43, CardFile::Issue),
            ("04D6950036", 50, CardFile::Issue),
        ] {
            let bytes = decode(&format!("{header}{}", "01".repeat(length + 4))).expect("hex");
            for file in [CardFile::Holder, CardFile::Issue] {
                let read = secured_update(&bytes, file);
                assert_eq!(read.is_ok(), file == own, "{header} as {file:?}");
            }
            let command = secured_update(&bytes, own).expect("its own");
            assert_eq!(command.to_bytes(), bytes);
            assert_eq!((command.repeat, command.secret), (Repeat::Once, true));
        }
    }

    #[test]
    fn nothing_else_passes() {
        let patch = "04D69518082034011434449F3B";
        let plain = format!("00D695002B{}", "01".repeat(43));
        let beside = format!("04D695012F{}", "01".repeat(47));
        let short = format!("04D695002E{}", "01".repeat(46));
        for bad in ["", "04D695", patch, &plain, &beside, &short] {
            let bytes = decode(bad).expect("hex");
            let read = secured_update(&bytes, CardFile::Issue);
            assert_eq!(read, Err(NotAnUpdate), "{bad}");
        }
    }
}
