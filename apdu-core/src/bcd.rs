//! Packed BCD, two digits per byte: card numbers, dates and times on the card.

use core::fmt;
use core::str::FromStr;

/// The 20 digits printed on a toll card: network (4) and internal number (16).
///
/// The internal number is the application serial number of the purse and the factor its keys are
/// diversified with (reference §1.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardNumber {
    /// Network number 卡片网络编号, for example `6201` for Gansu.
    pub network: [u8; 2],
    /// Internal number 用户卡内部编号.
    pub serial: [u8; 8],
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = crate::hex::Upper;
        write!(f, "{}{}", hex(&self.network), hex(&self.serial))
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for CardNumber {
    type Err = NotDigits;

    fn from_str(text: &str) -> Result<Self, NotDigits> {
        let digits = packed::<10>(text)?;
        // Ten bytes split into two and eight.
        let [n0, n1, serial @ ..] = digits;
        Ok(Self {
            network: [n0, n1],
            serial,
        })
    }
}

/// Exactly `2 N` decimal digits as packed BCD.
pub fn packed<const N: usize>(text: &str) -> Result<[u8; N], NotDigits> {
    if !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(NotDigits);
    }
    let crate::hex::Fixed(bytes) = text.parse().map_err(|_| NotDigits)?;
    Ok(bytes)
}

/// Not the right number of decimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the right number of decimal digits")]
pub struct NotDigits;

/// A calendar date as the card stores it: CCYYMMDD, 4 bytes BCD.
///
/// Ordered as dates are, as long as both are real dates; a card may hold anything, so nothing here
/// claims that the digits name a day of the calendar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub [u8; 4]);

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [century, year, month, day] = self.0;
        write!(f, "{century:02X}{year:02X}-{month:02X}-{day:02X}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A time of day as the card stores it: HHMMSS, 3 bytes BCD.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub [u8; 3]);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [hour, minute, second] = self.0;
        write!(f, "{hour:02X}:{minute:02X}:{second:02X}")
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(feature = "serde")]
mod json {
    use super::{CardNumber, Date, packed};
    use crate::obu::ContractSerial;
    use alloc::string::{String, ToString};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    impl Serialize for CardNumber {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(self)
        }
    }

    impl<'de> Deserialize<'de> for CardNumber {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            String::deserialize(from)?.parse().map_err(D::Error::custom)
        }
    }

    impl Serialize for ContractSerial {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(self)
        }
    }

    impl<'de> Deserialize<'de> for ContractSerial {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            String::deserialize(from)?.parse().map_err(D::Error::custom)
        }
    }

    impl Serialize for Date {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_str(&self.to_string())
        }
    }

    impl<'de> Deserialize<'de> for Date {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            let digits = String::deserialize(from)?.replace('-', "");
            packed(&digits).map(Date).map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_card_number_is_network_and_serial() {
        let number: CardNumber = "62012201230100000017".parse().expect("20 digits");
        assert_eq!(number.network, [0x62, 0x01]);
        assert_eq!(number.serial, [0x22, 0x01, 0x23, 0x01, 0, 0, 0, 0x17]);
        assert_eq!(number.to_string(), "62012201230100000017");
        assert_eq!(
            "6201220123010000001A".parse::<CardNumber>(),
            Err(NotDigits),
            "hex letters are no digits"
        );
        assert_eq!("6201".parse::<CardNumber>(), Err(NotDigits));
    }

    #[test]
    fn dates_and_times_read_as_people_write_them() {
        assert_eq!(Date([0x20, 0x34, 0x01, 0x14]).to_string(), "2034-01-14");
        assert_eq!(Time([0x09, 0x30, 0x00]).to_string(), "09:30:00");
    }
}
