//! How a chip presents itself at its contacts: voltage, ATR and PPS (ISO/IEC 7816-3:2006 §5, §8, §9).

/// Clock that the reader gives, kHz.
pub const CLOCK: u32 = 4000;
/// Fi/Di byte of 372/1, which holds until something else is agreed.
pub const DEFAULT_FI_DI: u8 = 0x11;

/// A transmission protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// T=0, half duplex of characters.
    T0 = 0,
    /// T=1, half duplex of blocks.
    T1 = 1,
}

/// How T=1 blocks are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edc {
    /// Exclusive-or, one byte.
    Lrc,
    /// Cyclic redundancy code, two bytes.
    Crc,
}

/// What a chip says about itself in its ATR and does at power-on and PPS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contacts {
    /// The protocols offered, in the order of the ATR: T=0 before T=1. The first one holds if
    /// nothing else is agreed.
    pub protocols: &'static [Protocol],
    /// TA1: the fastest Fi/Di; left out for 372/1.
    pub ta1: Option<u8>,
    /// TA2 is there: specific mode at TA1, without PPS.
    pub specific: bool,
    /// The first TA for T=1: IFSC; left out for 32.
    pub ifsc: Option<u8>,
    /// The first TB for T=1: BWI and CWI; left out for 4Dh.
    pub bwi_cwi: Option<u8>,
    /// How T=1 blocks are checked; the first TC for T=1 is there for CRC.
    pub edc: Edc,
    /// TA after T=15: clock stop and class indicator. It looks like an IFSC to who does not follow
    /// the chain.
    pub class_indicator: Option<u8>,
    /// Voltages at which the chip answers; bits as in bVoltageSupport: 1 is 5 V, 2 is 3 V, 4 is
    /// 1.8 V.
    pub voltages: u8,
}

impl Contacts {
    /// T=0 at 372/1, as toll cards are.
    pub const T0: Self = Self {
        protocols: &[Protocol::T0],
        ta1: None,
        specific: false,
        ifsc: None,
        bwi_cwi: None,
        edc: Edc::Lrc,
        class_indicator: None,
        voltages: 0x07,
    };

    /// T=0, up to 512/16.
    pub const T0_FAST: Self = Self {
        ta1: Some(0x95),
        ..Self::T0
    };

    /// T=1 with LRC, up to 512/16; blocks of up to 254 bytes, BWI 4.
    pub const T1_LRC: Self = Self {
        protocols: &[Protocol::T1],
        ifsc: Some(254),
        bwi_cwi: Some(0x45),
        ..Self::T0_FAST
    };

    /// T=1 with CRC and the shortest blocks that a chip may insist on without saying so: IFSC 32.
    pub const T1_CRC: Self = Self {
        edc: Edc::Crc,
        ifsc: None,
        ..Self::T1_LRC
    };

    /// Both protocols, T=0 unless a PPS asks for T=1.
    pub const BOTH: Self = Self {
        protocols: &[Protocol::T0, Protocol::T1],
        ..Self::T1_LRC
    };

    /// The protocol that holds after the ATR.
    pub fn first_protocol(&self) -> Protocol {
        self.protocols.first().copied().unwrap_or(Protocol::T0)
    }

    /// The Fi/Di that holds after the ATR: TA1 in specific mode, 372/1 otherwise.
    pub fn first_fi_di(&self) -> u8 {
        if self.specific {
            self.fastest_fi_di()
        } else {
            DEFAULT_FI_DI
        }
    }

    /// TA1, or what holds without it.
    pub fn fastest_fi_di(&self) -> u8 {
        self.ta1.unwrap_or(DEFAULT_FI_DI)
    }

    /// Block waiting time in milliseconds at [`CLOCK`]: 2^BWI · 960 · 372 / f (§11.4.3), without the
    /// 11 etu that do not count beside it.
    pub fn block_waiting_time(&self) -> u64 {
        let bwi = self.bwi_cwi.unwrap_or(0x4D) >> 4;
        ((960 * 372) << bwi) / u64::from(CLOCK)
    }

    /// The ATR with these historical bytes, at most 15.
    pub fn atr(&self, historical: &[u8]) -> Vec<u8> {
        // The interface bytes, group by group: the TA to TC of each, and the protocol its TD names.
        // TB1 (no programming voltage) and TC1 (no extra guard time) are said in any case.
        let mut groups = vec![([self.ta1, Some(0x00), Some(0x00)], None)];
        let mut protocols = self.protocols.iter();
        let speaks_t1 = self.protocols.contains(&Protocol::T1);
        let has_t1_bytes = self.ifsc.is_some() || self.bwi_cwi.is_some() || self.edc == Edc::Crc;
        let first = self.first_protocol();
        if self.specific || speaks_t1 || self.class_indicator.is_some() {
            protocols.next();
            let ta2 = self.specific.then_some(first as u8);
            groups.push(([ta2, None, None], Some(first as u8)));
        }
        if speaks_t1 && (has_t1_bytes || first == Protocol::T0) {
            // Bytes that belong to T=1 stand after a TD of T=1 from the third group on (§11.4).
            let crc = (self.edc == Edc::Crc).then_some(0x01);
            groups.push(([self.ifsc, self.bwi_cwi, crc], Some(Protocol::T1 as u8)));
        }
        if let Some(indicator) = self.class_indicator {
            groups.push(([Some(indicator), None, None], Some(15)));
        }

        let mut atr = vec![0x3B];
        for (index, ([a, b, c], protocol)) in groups.iter().enumerate() {
            let follows = index + 1 < groups.len();
            let present = u8::from(a.is_some())
                | u8::from(b.is_some()) << 1
                | u8::from(c.is_some()) << 2
                | u8::from(follows) << 3;
            // T0 names the number of historical bytes where a TD names the protocol.
            atr.push(present << 4 | protocol.unwrap_or(historical.len() as u8 & 0x0F));
            atr.extend([a, b, c].into_iter().flatten());
        }
        atr.extend(historical.iter().take(15));
        // TCK, unless T=0 is the only protocol indicated (§8.2.5).
        if groups
            .iter()
            .any(|(_, protocol)| protocol.is_some_and(|t| t != 0))
        {
            let tck = atr[1..].iter().fold(0, |all, byte| all ^ byte);
            atr.push(tck);
        }
        atr
    }

    /// The chip's answer to a PPS request, and what holds from then on; `None`: it stays silent
    /// (§9.3).
    pub fn pps(&self, request: &[u8]) -> Option<(Vec<u8>, Protocol, u8)> {
        let [0xFF, pps0, rest @ ..] = request else {
            return None;
        };
        let (parameters, pck) = (rest.get(..rest.len().checked_sub(1)?)?, rest.last());
        let sum = request.iter().fold(0, |all, byte| all ^ byte);
        let named = (pps0 & 0x70).count_ones() as usize;
        if sum != 0 || pck.is_none() || parameters.len() != named || pps0 & 0x80 != 0 {
            return None;
        }
        let protocol = *self
            .protocols
            .iter()
            .find(|protocol| **protocol as u8 == pps0 & 0x0F)?;
        let proposed = (pps0 & 0x10 != 0).then(|| parameters[0]);
        let mut answer = vec![0xFF, protocol as u8];
        let mut fi_di = DEFAULT_FI_DI;
        if let Some(proposed) = proposed.filter(|proposed| self.can_run_at(*proposed)) {
            answer[1] |= 0x10;
            answer.push(proposed);
            fi_di = proposed;
        }
        let pck = answer.iter().fold(0, |all, byte| all ^ byte);
        answer.push(pck);
        Some((answer, protocol, fi_di))
    }

    /// Whether a PPS1 lies between 372/1 and TA1: F is Fd or Fi, D at most Di (§9.2).
    fn can_run_at(&self, fi_di: u8) -> bool {
        let fastest = self.fastest_fi_di();
        let (Some((f, d)), Some((fastest_f, fastest_d))) = (ratio(fi_di), ratio(fastest)) else {
            return false;
        };
        (f == 372 || f == fastest_f) && d <= fastest_d
    }
}

/// Bits per second at [`CLOCK`] with this Fi/Di byte; `None` for values that are reserved.
pub fn data_rate(fi_di: u8) -> Option<u32> {
    let (f, d) = ratio(fi_di)?;
    Some(CLOCK * 1000 * d / f)
}

/// F and D of a Fi/Di byte (ISO/IEC 7816-3:2006 tables 7 and 8).
fn ratio(fi_di: u8) -> Option<(u32, u32)> {
    let f = match fi_di >> 4 {
        0 | 1 => 372,
        2 => 558,
        3 => 744,
        4 => 1116,
        5 => 1488,
        6 => 1860,
        9 => 512,
        10 => 768,
        11 => 1024,
        12 => 1536,
        13 => 2048,
        _ => return None,
    };
    let d = match fi_di & 0x0F {
        bits @ 1..=7 => 1 << (bits - 1),
        8 => 12,
        9 => 20,
        _ => return None,
    };
    Some((f, d))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::{OTHER_CARD_ATR, TOLL_CARD_ATR};
    use crate::hex::{bytes, text};

    fn atr(contacts: Contacts) -> String {
        text(&contacts.atr(b"OTHER"))
    }

    #[test]
    fn a_plain_t0_chip_says_what_the_cards_say() {
        assert_eq!(Contacts::T0.atr(b"OTHER"), OTHER_CARD_ATR);
        assert_eq!(Contacts::T0.atr(&TOLL_CARD_ATR[4..]), TOLL_CARD_ATR);
    }

    #[test]
    fn interface_bytes_stand_where_the_chain_of_td_puts_them() {
        let other = "4F54484552";
        // T0 75: TA1 TB1 TC1 and five historical bytes. No TCK with T=0 alone.
        assert_eq!(atr(Contacts::T0_FAST), format!("3B75950000{other}"));
        // T0 F5; TD1 81: T=1, a TD2; TD2 31: T=1 with TA3 (IFSC) and TB3 (BWI, CWI). TCK:
        // F5^95^81^31^FE^45 = 6B, and 4F^54^48^45^52 = 44.
        assert_eq!(
            atr(Contacts::T1_LRC),
            format!("3BF59500008131FE45{other}2F")
        );
        // TD2 61: TB3 and TC3, no TA3. F5^95^81^61^45^01 = C4; ^44 = 80.
        assert_eq!(
            atr(Contacts::T1_CRC),
            format!("3BF595000081614501{other}80")
        );
        // TD1 80: T=0 first. The sum differs from T=1's by 01.
        assert_eq!(atr(Contacts::BOTH), format!("3BF59500008031FE45{other}2E"));
    }

    #[test]
    fn specific_mode_and_the_class_indicator_have_their_places() {
        let specific = Contacts {
            specific: true,
            ..Contacts::T0_FAST
        };
        // TD1 10: T=0 with TA2 = 00, that is T=0 at TA1.
        assert_eq!(atr(specific), "3BF59500001000 4F54484552".replace(' ', ""));
        let indicated = Contacts {
            class_indicator: Some(0x07),
            ..Contacts::T0
        };
        // TD1 80: T=0; TD2 1F: T=15 with a TA. Now a TCK: E5^80^1F^07 = 7D; ^44 = 39.
        assert_eq!(
            atr(indicated),
            "3BE50000801F07 4F54484552 39".replace(' ', "")
        );
    }

    #[test]
    fn a_pps_is_echoed_as_far_as_the_chip_agrees() {
        let answer = |contacts: Contacts, request: &str| {
            contacts
                .pps(&bytes(request))
                .map(|(answer, protocol, fi_di)| (text(&answer), protocol, fi_di))
        };
        let agreed = ("FF11957B".to_owned(), Protocol::T1, 0x95);
        assert_eq!(answer(Contacts::BOTH, "FF11957B"), Some(agreed));
        // 512/64 is faster than TA1: PPS1 is left out and 372/1 stays.
        let slower = ("FF01FE".to_owned(), Protocol::T1, 0x11);
        assert_eq!(answer(Contacts::BOTH, "FF119779"), Some(slower));
        // 372/16 lies between.
        let between = ("FF1015FA".to_owned(), Protocol::T0, 0x15);
        assert_eq!(answer(Contacts::BOTH, "FF1015FA"), Some(between));
        // Wrong PCK, no such protocol, a length that PPS0 contradicts, no PPS: silence.
        for silent in ["FF11957C", "FF1295 78", "FF1195", "FF01956B", "00A4"] {
            assert_eq!(answer(Contacts::BOTH, silent), None, "{silent}");
        }
        assert_eq!(answer(Contacts::T0, "FF11957B"), None);
    }

    #[test]
    fn rates_and_waiting_times_are_those_of_the_standard() {
        // 4 MHz / 372 and 4 MHz · 16 / 512.
        assert_eq!(data_rate(0x11), Some(10_752));
        assert_eq!(data_rate(0x95), Some(125_000));
        assert_eq!(data_rate(0x71), None);
        assert_eq!(data_rate(0x10), None);
        // 16 · 960 · 372 / 4 MHz = 1.42848 s.
        assert_eq!(Contacts::T1_LRC.block_waiting_time(), 1428);
    }
}
