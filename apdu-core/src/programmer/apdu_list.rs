//! APDU lists as TransferChannel and PSAM commands carry them: `n (len apdu)×n` out,
//! `n (len data SW1 SW2)×n` in (serial reference §3, §3.1).

use alloc::vec::Vec;

use super::Malformed;
use crate::apdu::Response;

/// Whether `len` of an answer counts the two bytes of its status word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum SwCounted {
    /// As in TransferChannel, and in PSAM answers of some vendors.
    Yes,
    /// As in PSAM answers of others.
    No,
}

/// The list of at most 255 entries of at most 255 bytes.
pub fn encode<T: AsRef<[u8]>>(entries: &[T]) -> Result<Vec<u8>, Malformed> {
    let count = u8::try_from(entries.len()).map_err(|_| Malformed("APDU list"))?;
    let mut list = Vec::from([count]);
    for entry in entries.iter().map(AsRef::as_ref) {
        list.push(u8::try_from(entry.len()).map_err(|_| Malformed("APDU list"))?);
        list.extend_from_slice(entry);
    }
    Ok(list)
}

/// Takes a list from the front; gives its entries and what follows it.
pub fn split(bytes: &[u8]) -> Result<(Vec<&[u8]>, &[u8]), Malformed> {
    split_by(bytes, 0)
}

/// Reads a list of answers that is all there is in `bytes`.
///
/// Vendors disagree on whether `len` counts the status word. What `expected` says is tried first, and
/// the other reading if the bytes do not come out even by it.
pub fn parse_answers(bytes: &[u8], expected: SwCounted) -> Result<Vec<Response>, Malformed> {
    let surplus = match expected {
        SwCounted::Yes => [0, 2],
        SwCounted::No => [2, 0],
    };
    surplus
        .into_iter()
        .find_map(|surplus| match split_by(bytes, surplus) {
            Ok((entries, [])) => entries
                .into_iter()
                .map(Response::parse)
                .collect::<Result<Vec<_>, _>>()
                .ok(),
            _ => None,
        })
        .ok_or(Malformed("APDU list"))
}

/// Entries that are `surplus` bytes longer than their `len` says.
fn split_by(bytes: &[u8], surplus: usize) -> Result<(Vec<&[u8]>, &[u8]), Malformed> {
    let (&count, mut rest) = bytes.split_first().ok_or(Malformed("APDU list"))?;
    let mut entries = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let (&length, after) = rest.split_first().ok_or(Malformed("APDU list"))?;
        let (entry, after) = after
            .split_at_checked(usize::from(length) + surplus)
            .ok_or(Malformed("APDU list"))?;
        entries.push(entry);
        rest = after;
    }
    Ok((entries, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::worked::bytes;
    use crate::sw::Sw;

    #[test]
    fn the_worked_lists_are_built_and_read() {
        let list = bytes("02 07 00 A4 00 00 02 3F 00 05 00 B0 81 00 1B");
        let apdus = [bytes("00 A4 00 00 02 3F 00"), bytes("00 B0 81 00 1B")];
        assert_eq!(encode(&apdus).as_deref(), Ok(&list[..]));
        let (entries, rest) = split(&list).expect("a list");
        assert_eq!(
            (entries, rest),
            (apdus.iter().map(|a| &a[..]).collect(), &[][..])
        );
    }

    #[test]
    fn the_status_word_may_be_counted_or_not() {
        let without = bytes("01 00 90 00");
        let with = bytes("02 02 90 00 04 AA BB 61 10");
        for expected in [SwCounted::Yes, SwCounted::No] {
            let answers = parse_answers(&without, expected).expect("one answer");
            assert_eq!((answers[0].data.len(), answers[0].sw), (0, Sw::OK));
            let answers = parse_answers(&with, expected).expect("two answers");
            assert_eq!(answers[1].data, [0xAA, 0xBB]);
            assert_eq!(answers[1].sw, Sw(0x6110));
        }
    }

    #[test]
    fn where_both_readings_come_out_even_the_profile_decides() {
        let bytes = bytes("02 04 D0 D1 90 00 06 00 02 AA BB 90 00");
        let lengths = |expected| {
            let answers = parse_answers(&bytes, expected).expect("two answers");
            answers.iter().map(|a| a.data.len()).collect::<Vec<_>>()
        };
        assert_eq!(lengths(SwCounted::Yes), [2, 4]);
        assert_eq!(lengths(SwCounted::No), [4, 2]);
    }

    #[test]
    fn a_list_that_does_not_come_out_even_is_refused() {
        for bad in [
            "",
            "01",
            "01 02 90",
            "01 02 90 00 00",
            "02 02 90 00",
            "01 01 90",
        ] {
            assert!(parse_answers(&bytes(bad), SwCounted::Yes).is_err(), "{bad}");
        }
        assert!(encode(&[[0_u8; 256]]).is_err());
        assert!(encode(&[[0_u8; 0]; 256]).is_err());
    }

    #[test]
    fn any_list_survives_the_round_trip_and_any_bytes_are_survived() {
        let mut chance = Chance::new(4);
        for _ in 0..2_000 {
            let entries: Vec<_> = (0..chance.below(6)).map(|_| chance.bytes(40)).collect();
            let list = encode(&entries).expect("short");
            let (read, rest) = split(&list).expect("a list");
            assert_eq!(read, entries);
            assert!(rest.is_empty());
            let noise = chance.bytes(40);
            let _ = split(&noise);
            let _ = parse_answers(&noise, SwCounted::No);
        }
    }
}
