//! The toll card 用户卡: its file tree, its files and its wallet (reference §1 and §2).
//!
//! ```text
//! 3F00 MF ── 0016 holder file
//!  └ 1001 ADF ┬ 0015 issue file      ├ 0018 transaction log (cyclic)
//!             ├ 0019 transit record  └ 0002 wallet, reached only by its own commands
//! ```
//!
//! Text on the card is GBK; it stays bytes here, because the tables would cost the page more than all
//! its own code. The page decodes with the browser, the backend with a library.

use crate::apdu::Command;

mod fci;
mod holder;
mod issue;
mod log;
mod secured;
mod transit;
pub mod wallet;

pub use fci::{Fci, NotAnFci};
pub use holder::HolderFile;
pub use issue::{CREDIT, IssueFile, STORED_VALUE};
pub use log::{LogRecord, TransactionKind};
pub use secured::secured_update;
pub use transit::{Passage, TransitRecord};

/// SELECT the master file `3F00`, home of the holder file.
pub fn select_master_file() -> Command {
    select_by_id(0x3F00)
}

/// SELECT the toll application `1001`.
pub fn select_toll_application() -> Command {
    select_by_id(0x1001)
}

pub(crate) fn select_by_id(id: u16) -> Command {
    Command::with_data([0x00, 0xA4, 0x00, 0x00], &id.to_be_bytes(), 256)
}

/// READ BINARY of a short file from its beginning, by its short file identifier.
pub(crate) fn read_binary(sfi: u8, length: u8) -> Command {
    Command::read([0x00, 0xB0, 0x80 | sfi, 0x00], u32::from(length))
}

/// READ RECORD by record number.
fn read_record(sfi: u8, number: u8, length: u8) -> Command {
    Command::read([0x00, 0xB2, number, sfi << 3 | 0x04], u32::from(length))
}

/// A card file that cannot be what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("file {0} is malformed")]
pub struct MalformedFile(pub &'static str);

/// Text of a card file without its fill (`00` or `FF`; some issuers write one `00`, then `FF`).
pub(crate) fn without_fill(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|&byte| byte == 0x00);
    let text = &text[..end.unwrap_or(text.len())];
    let end = text.iter().rposition(|&byte| byte != 0xFF);
    &text[..end.map_or(0, |last| last + 1)]
}

/// Big-endian fields taken from the front of a file, in the order of its table.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    file: &'static str,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(file: &'static str, bytes: &'a [u8]) -> Self {
        Self { rest: bytes, file }
    }

    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], MalformedFile> {
        let (field, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(MalformedFile(self.file))?;
        self.rest = rest;
        Ok(*field)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, MalformedFile> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, MalformedFile> {
        self.take().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, MalformedFile> {
        self.take().map(u32::from_be_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selection_uses_the_commands_every_program_sends() {
        assert_eq!(
            select_master_file().to_bytes(),
            [0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00, 0x00]
        );
        assert_eq!(select_toll_application().to_bytes()[5..7], [0x10, 0x01]);
    }

    #[test]
    fn either_fill_and_both_together_are_stripped() {
        assert_eq!(without_fill(&[0x41, 0x42, 0, 0]), [0x41, 0x42]);
        assert_eq!(without_fill(&[0x41, 0xFF, 0xFF]), [0x41]);
        assert_eq!(without_fill(&[0x41, 0x00, 0xFF]), [0x41]);
        assert_eq!(without_fill(&[0xFF; 12]), [0; 0]);
    }
}
