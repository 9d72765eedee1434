//! Hexadecimal text, upper case without separators: how card bytes travel in JSON and in traces.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

/// Shows bytes as upper-case hex.
pub struct Upper<'a>(pub &'a [u8]);

impl fmt::Display for Upper<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

/// Bytes as an upper-case hex string.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    // Writing to a String cannot fail.
    let _ = write!(text, "{}", Upper(bytes));
    text
}

/// Bytes of a hex string; either case, an even number of digits, nothing else.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?))
        .collect()
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// Raw card bytes of any length; in JSON a hex string.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Bytes(pub Vec<u8>);

/// Exactly `N` raw card bytes; in JSON a hex string of `2 N` digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fixed<const N: usize>(pub [u8; N]);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Upper(&self.0))
    }
}

impl<const N: usize> fmt::Debug for Fixed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Upper(&self.0))
    }
}

impl<const N: usize> fmt::Display for Fixed<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Upper(&self.0))
    }
}

impl<const N: usize> core::str::FromStr for Fixed<N> {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        let bytes = decode(text).ok_or(NotHex)?;
        bytes.try_into().map(Self).map_err(|_| NotHex)
    }
}

/// The text is not hex, or not of the right length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not hexadecimal, or not of the right length")]
pub struct NotHex;

#[cfg(feature = "serde")]
mod json {
    use super::{Bytes, Fixed, NotHex, decode, encode};
    use alloc::string::String;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_str(&encode(&self.0))
        }
    }

    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let text = String::deserialize(from)?;
            decode(&text)
                .map(Bytes)
                .ok_or_else(|| D::Error::custom(NotHex))
        }
    }

    impl<const N: usize> Serialize for Fixed<N> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_str(&encode(&self.0))
        }
    }

    impl<'de, const N: usize> Deserialize<'de> for Fixed<N> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            String::deserialize(from)?.parse().map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_each_others_inverse() {
        assert_eq!(encode(&[0x00, 0xAF]), "00AF");
        assert_eq!(decode("00aF"), Some(alloc::vec![0x00, 0xAF]));
        assert_eq!("0102".parse(), Ok(Fixed([1, 2])));
    }

    #[test]
    fn anything_else_is_no_hex() {
        for bad in ["0", "0G", "０１", "0 1 "] {
            assert_eq!(decode(bad), None, "{bad}");
        }
        assert_eq!("0102".parse::<Fixed<3>>(), Err(NotHex));
    }
}
