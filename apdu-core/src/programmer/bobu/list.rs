//! TLV instruction lists (serial reference §5.4): `80 L (tag len apdu)×n` out, `81 L (tag len data
//! SW)×n` in.

use alloc::vec::Vec;

use crate::programmer::Malformed;

/// Container of a list of commands.
pub const REQUEST: u8 = 0x80;
/// Container of a list of answers.
pub const REPLY: u8 = 0x81;
/// The index in a tag. What vendors do with its top bit differs.
pub const INDEX: u8 = 0x0F;

/// Most bytes of one entry: beyond them one vendor's one-byte length is another's prefix.
const MAX_ENTRY: usize = 0x80;

/// The list, of at most 255 bytes: longer ones are coded in two ways that contradict each other.
pub fn encode(container: u8, entries: &[(u8, &[u8])]) -> Result<Vec<u8>, Malformed> {
    let mut inside = Vec::new();
    for &(tag, entry) in entries {
        if entry.len() > MAX_ENTRY {
            return Err(Malformed("TLV list"));
        }
        inside.extend([tag, entry.len() as u8]);
        inside.extend_from_slice(entry);
    }
    let length = u8::try_from(inside.len()).map_err(|_| Malformed("TLV list"))?;
    let mut list = Vec::from([container]);
    if length > 0x80 {
        list.push(0x81);
    }
    list.push(length);
    list.extend(inside);
    Ok(list)
}

/// Tags and entries of a list that is all there is in `bytes`.
pub fn parse(container: u8, bytes: &[u8]) -> Result<Vec<(u8, &[u8])>, Malformed> {
    const BAD: Malformed = Malformed("TLV list");
    let (length, mut rest) = match *bytes {
        [kind, ..] if kind != container => return Err(BAD),
        [_, 0x82, hi, lo, ref rest @ ..] => (u16::from_be_bytes([hi, lo]), rest),
        [_, 0x81, length, ref rest @ ..] => (u16::from(length), rest),
        [_, length @ ..=0x80, ref rest @ ..] => (u16::from(length), rest),
        _ => return Err(BAD),
    };
    if rest.len() != usize::from(length) {
        return Err(BAD);
    }
    let mut entries = Vec::new();
    while let [tag, length, after @ ..] = rest {
        let (entry, after) = after.split_at_checked(usize::from(*length)).ok_or(BAD)?;
        entries.push((*tag, entry));
        rest = after;
    }
    if rest.is_empty() {
        Ok(entries)
    } else {
        Err(BAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::worked::bytes;

    #[test]
    fn the_worked_lists_are_built_and_read() {
        let select = bytes("00 A4 00 00 02 10 01");
        let read = bytes("00 B0 95 00 2B");
        let plain = bytes("80 10 01 07 00 A4 00 00 02 10 01 02 05 00 B0 95 00 2B");
        assert_eq!(encode(REQUEST, &[(1, &select), (2, &read)]), Ok(plain));
        // As a host of another vendor sends it: only the last answer is wanted.
        let last_only = bytes("80 10 81 07 00 A4 00 00 02 10 01 02 05 00 B0 95 00 2B");
        let entries = parse(REQUEST, &last_only).expect("a list");
        assert_eq!(entries, [(0x81, &select[..]), (2, &read[..])]);
        assert_eq!(encode(REQUEST, &entries), Ok(last_only));
    }

    #[test]
    fn long_lists_have_a_longer_length() {
        let entry = [0xA5; 0x3F];
        let entries = [(1, &entry[..]), (2, &entry[..]), (3, &entry[..])];
        let list = encode(REPLY, &entries).expect("fits");
        assert_eq!(list[..3], [0x81, 0x81, 3 * 0x41]);
        assert_eq!(parse(REPLY, &list).as_deref(), Ok(&entries[..]));
        let two_bytes = [&[0x81, 0x82, 0x00, 3 * 0x41], &list[3..]].concat();
        assert_eq!(parse(REPLY, &two_bytes).as_deref(), Ok(&entries[..]));
        let exactly = encode(REPLY, &[(1, &[0; 0x3E][..]), (2, &[0; 0x3E][..])]).expect("fits");
        assert_eq!(exactly[..2], [0x81, 0x80], "80 is still one byte");
        assert!(parse(REPLY, &exactly).is_ok());
    }

    #[test]
    fn lists_that_do_not_come_out_even_are_refused() {
        for bad in [
            "",
            "81",
            "80 00",
            "81 01",
            "81 02 01",
            "81 02 01 01",
            "81 03 01 00 02",
            "81 83 00",
        ] {
            assert_eq!(
                parse(REPLY, &bytes(bad)),
                Err(Malformed("TLV list")),
                "{bad}"
            );
        }
        assert!(encode(REQUEST, &[(1, &[0; 0x81])]).is_err());
        assert!(encode(REQUEST, &[(1, &[0; 0x7F]), (2, &[0; 0x7F])]).is_err());
    }

    #[test]
    fn any_list_survives_the_round_trip_and_any_bytes_are_survived() {
        let mut chance = Chance::new(13);
        for _ in 0..2_000 {
            let apdus: Vec<_> = (0..chance.below(5)).map(|_| chance.bytes(48)).collect();
            let entries: Vec<_> = (1..).zip(apdus.iter().map(|apdu| &apdu[..])).collect();
            let list = encode(REPLY, &entries).expect("fits");
            assert_eq!(parse(REPLY, &list), Ok(entries));
            let _ = parse(REPLY, &[&[REPLY], &chance.bytes(20)[..]].concat());
        }
    }
}
