//! Answer to reset, ISO/IEC 7816-3 §8.2.

use alloc::vec::Vec;

/// A card's answer to reset: 2 to 33 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atr {
    bytes: Vec<u8>,
    protocols: Vec<u8>,
    historical: core::ops::Range<usize>,
}

impl Atr {
    /// Reads and checks an ATR: TS, the TA to TD chain, historical bytes, and TCK wherever a protocol
    /// other than T=0 is offered.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadAtr> {
        let (&ts, rest) = bytes.split_first().ok_or(BadAtr::Short)?;
        if ![0x3B, 0x3F].contains(&ts) || bytes.len() > 33 {
            return Err(BadAtr::Convention);
        }
        let mut rest = rest.iter().copied().enumerate();
        let mut next = || rest.next().ok_or(BadAtr::Short);
        let (_, t0) = next()?;
        let mut protocols = Vec::new();
        let mut y = t0 >> 4;
        let mut position = 2;
        while y != 0 {
            for _interface_byte in 0..(y & 0b0111).count_ones() {
                next()?;
                position += 1;
            }
            y = if y & 0b1000 == 0 {
                0
            } else {
                let (_, td) = next()?;
                position += 1;
                protocols.push(td & 0x0F);
                td >> 4
            };
        }
        let historical = position..position + usize::from(t0 & 0x0F);
        if bytes.len() < historical.end {
            return Err(BadAtr::Short);
        }
        if protocols.iter().any(|&protocol| protocol != 0) {
            let checked = bytes.get(1..=historical.end).ok_or(BadAtr::Short)?;
            if checked.iter().fold(0, |sum, byte| sum ^ byte) != 0 {
                return Err(BadAtr::Checksum);
            }
        }
        if protocols.is_empty() {
            protocols.push(0);
        }
        Ok(Self {
            bytes: bytes.to_vec(),
            protocols,
            historical,
        })
    }

    /// The bytes as the card sent them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The protocol the card speaks after reset: T=0 or T=1.
    pub fn default_protocol(&self) -> u8 {
        self.protocols[0] // never empty: T=0 where the card names none
    }

    /// Historical bytes, 0 to 15.
    pub fn historical(&self) -> &[u8] {
        &self.bytes[self.historical.clone()]
    }
}

/// Bytes that are no ATR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAtr {
    /// It ends before its own structure does.
    #[error("the ATR is too short")]
    Short,
    /// TS is neither 3B nor 3F, or there are more than 33 bytes.
    #[error("the ATR does not begin as one")]
    Convention,
    /// TCK is wrong.
    #[error("the ATR's checksum is wrong")]
    Checksum,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::decode;

    fn parse(hex: &str) -> Result<Atr, BadAtr> {
        Atr::parse(&decode(hex).expect("hex"))
    }

    #[test]
    fn a_t0_card_needs_no_checksum() {
        let atr = parse("3B6D000080318065B0893501F183009000").expect("ATR");
        assert_eq!(atr.default_protocol(), 0);
        assert_eq!(atr.historical().len(), 13);
    }

    #[test]
    fn a_t1_card_is_checked() {
        let good = "3B9F96801F878031E073FE211B674A357530350259C4";
        assert_eq!(parse(good).expect("ATR").default_protocol(), 0);
        let bad = good.replace("59C4", "59C5");
        assert_eq!(parse(&bad), Err(BadAtr::Checksum));
    }

    #[test]
    fn cut_and_foreign_bytes_are_refused_without_a_panic() {
        let good = decode("3B9F96801F878031E073FE211B674A357530350259C4").expect("hex");
        for length in 0..good.len() {
            assert!(Atr::parse(&good[..length]).is_err(), "{length}");
        }
        assert_eq!(parse("3C00"), Err(BadAtr::Convention));
        assert_eq!(Atr::parse(&[0x3B; 34]), Err(BadAtr::Convention));
    }
}
