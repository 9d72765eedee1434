//! Answer to reset, ISO/IEC 7816-3 §8.2.

use alloc::vec::Vec;

/// A card's answer to reset: 2 to 33 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atr {
    bytes: Vec<u8>,
    /// TA1 to TC1, TA2 to TC2, …
    groups: Vec<Group>,
    historical: core::ops::Range<usize>,
}

/// The interface bytes TAi, TBi, TCi, and the protocol they are about: the T of TD(i-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Group {
    /// `None` for i = 1.
    protocol: Option<u8>,
    ta: Option<u8>,
    tb: Option<u8>,
    tc: Option<u8>,
}

/// A transmission protocol that this house speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Characters.
    T0,
    /// Blocks.
    T1,
}

/// TA2: the card does not negotiate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecificMode {
    /// The T it speaks.
    pub protocol: u8,
    /// It speaks at a speed the ATR does not tell.
    pub implicit: bool,
}

/// What the ATR says about T=1 (ISO/IEC 7816-3 §11.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct T1Parameters {
    /// Longest information field the card takes, 1 to 254 bytes.
    pub ifsc: u8,
    /// Block waiting time integer, 0 to 9.
    pub bwi: u8,
    /// Character waiting time integer, 0 to 15.
    pub cwi: u8,
    /// Blocks end with a CRC, else with an LRC.
    pub crc: bool,
}

impl Atr {
    /// Reads and checks an ATR: TS, the TA to TD chain, historical bytes, and TCK wherever a protocol
    /// other than T=0 is offered.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadAtr> {
        let (&ts, rest) = bytes.split_first().ok_or(BadAtr::Short)?;
        if ![0x3B, 0x3F].contains(&ts) || bytes.len() > 33 {
            return Err(BadAtr::Convention);
        }
        let mut rest = rest.iter().copied();
        let mut next = || rest.next().ok_or(BadAtr::Short);
        let t0 = next()?;
        let mut groups = Vec::new();
        let mut protocol = None;
        let mut position = 2;
        let mut y = t0 >> 4;
        loop {
            position += y.count_ones() as usize;
            let mut byte = |bit: u8| (y & bit != 0).then(&mut next).transpose();
            let group = Group {
                protocol,
                ta: byte(0b0001)?,
                tb: byte(0b0010)?,
                tc: byte(0b0100)?,
            };
            let td = byte(0b1000)?;
            groups.push(group);
            let Some(td) = td else {
                break;
            };
            protocol = Some(td & 0x0F);
            y = td >> 4;
        }
        let historical = position..position + usize::from(t0 & 0x0F);
        if bytes.len() < historical.end {
            return Err(BadAtr::Short);
        }
        let offered = |group: &Group| group.protocol.is_some_and(|protocol| protocol != 0);
        if groups.iter().any(offered) {
            let checked = bytes.get(1..=historical.end).ok_or(BadAtr::Short)?;
            if checked.iter().fold(0, |sum, byte| sum ^ byte) != 0 {
                return Err(BadAtr::Checksum);
            }
        }
        Ok(Self {
            bytes: bytes.to_vec(),
            groups,
            historical,
        })
    }

    /// The bytes as the card sent them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The T the card speaks after reset: that of TA2, else the first it offers; T=0 where it names none.
    pub fn default_protocol(&self) -> u8 {
        match self.specific_mode() {
            Some(mode) => mode.protocol,
            None => self
                .groups
                .get(1)
                .and_then(|group| group.protocol)
                .unwrap_or(0),
        }
    }

    /// Whether the card speaks this protocol: it offers it, or offers none and so speaks T=0.
    pub fn offers(&self, protocol: Protocol) -> bool {
        let number = protocol.number();
        let mut offered = self.groups.iter().filter_map(|group| group.protocol);
        number == self.default_protocol() || offered.any(|other| other == number)
    }

    /// Whether the characters on the line are inverted (TS = 3F).
    pub fn is_inverse(&self) -> bool {
        self.bytes.first() == Some(&0x3F)
    }

    /// TA1: Fi in the high half, Di in the low one, coded as in [`Speed`](crate::ccid::parameters::Speed).
    pub fn ta1(&self) -> Option<u8> {
        self.groups.first()?.ta
    }

    /// TC1: extra guard time N, 0 to 255 etu; 255 has a meaning of its own.
    pub fn extra_guard_time(&self) -> u8 {
        self.groups.first().and_then(|group| group.tc).unwrap_or(0)
    }

    /// TA2, if the card is in specific mode.
    pub fn specific_mode(&self) -> Option<SpecificMode> {
        let ta2 = self.groups.get(1)?.ta?;
        Some(SpecificMode {
            protocol: ta2 & 0x0F,
            implicit: ta2 & 0x10 != 0,
        })
    }

    /// TC2: waiting time integer of T=0, 1 to 255.
    pub fn waiting_integer(&self) -> u8 {
        let tc2 = self.groups.get(1).and_then(|group| group.tc);
        tc2.filter(|&wi| wi != 0).unwrap_or(10)
    }

    /// The first TA, TB and TC (i > 2) that follow a TD with T=1; those of another T say nothing about it.
    pub fn t1(&self) -> T1Parameters {
        let about = || {
            let later = self.groups.iter().skip(2);
            later.filter(|group| group.protocol == Some(1))
        };
        let tb = about().find_map(|group| group.tb).unwrap_or(0x4D);
        T1Parameters {
            ifsc: match about().find_map(|group| group.ta) {
                None | Some(0) => 32,
                Some(ifsc) => ifsc.min(254),
            },
            bwi: (tb >> 4).min(9),
            cwi: tb & 0x0F,
            crc: about()
                .find_map(|group| group.tc)
                .is_some_and(|tc| tc & 1 != 0),
        }
    }

    /// Historical bytes, 0 to 15.
    pub fn historical(&self) -> &[u8] {
        &self.bytes[self.historical.clone()]
    }
}

impl Protocol {
    /// Its T.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The protocol of this T.
    pub fn of_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::T0),
            1 => Some(Self::T1),
            _ => None,
        }
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

    /// ATRs of published cards, as pcsc-tools lists them, and what ISO/IEC 7816-3 §8.2 makes of them.
    #[test]
    fn interface_bytes_are_read_along_the_chain_of_tds() {
        // JCOP v2.4.1: TA1 13, T=1 with IFSC FE, BWI/CWI 45.
        let atr = parse("3BF81300008131FE454A434F5076323431B7").expect("ATR");
        assert_eq!(atr.ta1(), Some(0x13));
        assert_eq!(atr.default_protocol(), 1);
        assert!(atr.offers(Protocol::T1) && !atr.offers(Protocol::T0));
        let lrc = T1Parameters {
            ifsc: 0xFE,
            bwi: 4,
            cwi: 5,
            crc: false,
        };
        assert_eq!(atr.t1(), lrc);
        assert!(!atr.is_inverse());
        assert_eq!(atr.specific_mode(), None);
    }

    /// Puts TCK behind an ATR.
    fn checked(hex: &str) -> Atr {
        let mut bytes = decode(hex).expect("hex");
        let sum = bytes.iter().skip(1).fold(0, |sum, byte| sum ^ byte);
        bytes.push(sum);
        Atr::parse(&bytes).expect("ATR")
    }

    #[test]
    fn bytes_of_another_protocol_say_nothing_about_t1() {
        // TD1 T=0, TD2 T=15 with TA3 only, TD3 T=1 with TA4, TB4, TC4.
        let atr = checked("3B 80 80 9F 03 71 40 27 01".replace(' ', "").as_str());
        let it = T1Parameters {
            ifsc: 0x40,
            bwi: 2,
            cwi: 7,
            crc: true,
        };
        assert_eq!(atr.t1(), it);
        assert_eq!(atr.default_protocol(), 0);
        assert!(atr.offers(Protocol::T0) && atr.offers(Protocol::T1));
    }

    #[test]
    fn what_the_card_leaves_out_has_its_default() {
        let atr = parse("3B00").expect("ATR");
        assert_eq!(atr.ta1(), None);
        assert_eq!((atr.extra_guard_time(), atr.waiting_integer()), (0, 10));
        let t1 = T1Parameters {
            ifsc: 32,
            bwi: 4,
            cwi: 13,
            crc: false,
        };
        assert_eq!(atr.t1(), t1);
        assert!(atr.offers(Protocol::T0) && !atr.offers(Protocol::T1));
    }

    #[test]
    fn values_that_cannot_be_are_put_right() {
        // T=1, IFSC FF and 00, BWI F.
        assert_eq!(checked("3B808131FFF5").t1().ifsc, 254);
        assert_eq!(checked("3B8081310045").t1().ifsc, 32);
        assert_eq!(checked("3B808131FFF5").t1().bwi, 9);
        // TC2 = 0.
        assert_eq!(parse("3B804000").expect("ATR").waiting_integer(), 10);
    }

    #[test]
    fn first_and_second_group_hold_the_general_bytes() {
        // Inverse convention; TA1 95, TC1 05, TD1 T=0; TA2 10 (specific, implicit, T=0), TC2 20.
        let atr = parse("3FD0950550 1020".replace(' ', "").as_str()).expect("ATR");
        assert!(atr.is_inverse());
        assert_eq!(atr.ta1(), Some(0x95));
        assert_eq!(atr.extra_guard_time(), 5);
        assert_eq!(atr.waiting_integer(), 0x20);
        let mode = SpecificMode {
            protocol: 0,
            implicit: true,
        };
        assert_eq!(atr.specific_mode(), Some(mode));
        // TA2 names the protocol, whatever is offered first.
        assert_eq!(checked("3B8090018100").default_protocol(), 1);
        assert_eq!(Protocol::of_number(1), Some(Protocol::T1));
        assert_eq!(Protocol::of_number(14), None);
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
