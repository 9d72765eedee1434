//! Writing a file with a MAC: GET CHALLENGE, then `04D6 (80+SFI) offset Lc data MAC(4)` (reference §2.3, §4).

use crate::apdu::Command;

/// GET CHALLENGE for one secured write; the file's directory must be selected.
///
/// [`Once`](crate::apdu::Repeat::Once): the chip keeps only the latest challenge, and where the command was sent
/// twice a late answer could be taken for it. A write signed for that one is refused with `6988`, for good.
pub fn get_challenge() -> Command {
    Command::read([0x00, 0x84, 0x00, 0x00], 4).once()
}

/// Reads the UPDATE BINARY with this header, for that many bytes of data without the MAC.
pub(crate) fn parse_update(
    bytes: &[u8],
    header: [u8; 4],
    lengths: &[u8],
) -> Result<Command, NotAnUpdate> {
    let command = Command::parse(bytes).map_err(|_| NotAnUpdate)?;
    let fits = command.header == header
        && lengths
            .iter()
            .any(|&length| command.data.len() == usize::from(length) + 4);
    fits.then_some(Command { ne: 0, ..command })
        .ok_or(NotAnUpdate)
}

/// The bytes are not the write of that file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the secured write of this file")]
pub struct NotAnUpdate;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apdu::Repeat;
    use crate::hex::encode;

    #[test]
    fn a_challenge_is_asked_for_once() {
        assert_eq!(encode(&get_challenge().to_bytes()), "0084000004");
        assert_eq!(get_challenge().repeat, Repeat::Once);
    }
}
