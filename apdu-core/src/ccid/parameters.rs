//! How fast a card is spoken to, and how long it may think: Fi/Di, PPS, the bytes of SetParameters, waiting
//! times (ISO/IEC 7816-3 §8.3, §9, §10.2, §11.4; reference on readers §4.4, §4.5).

use alloc::vec::Vec;

use super::Millis;
use super::descriptor::ClassDescriptor;
use crate::atr::{Atr, Protocol};

/// Fi and Di as TA1 and PPS1 code them: Fi in the high half, Di in the low one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(pub u8);

impl Speed {
    /// What every card speaks after reset: Fd = 372, Dd = 1.
    pub const DEFAULT: Self = Self(0x11);

    /// The clock rate conversion integer, 372 to 2 048; `None` where it is reserved (§8.3, table 7).
    pub fn f(self) -> Option<u32> {
        match self.0 >> 4 {
            0 | 1 => Some(372),
            2 => Some(558),
            3 => Some(744),
            4 => Some(1_116),
            5 => Some(1_488),
            6 => Some(1_860),
            9 => Some(512),
            10 => Some(768),
            11 => Some(1_024),
            12 => Some(1_536),
            13 => Some(2_048),
            _ => None,
        }
    }

    /// The baud rate adjustment integer, 1 to 64; `None` where it is reserved (§8.3, table 8).
    pub fn d(self) -> Option<u32> {
        match self.0 & 0x0F {
            1 => Some(1),
            2 => Some(2),
            3 => Some(4),
            4 => Some(8),
            5 => Some(16),
            6 => Some(32),
            7 => Some(64),
            8 => Some(12),
            9 => Some(20),
            _ => None,
        }
    }

    /// Bits a second on the card's line at this clock, kHz: f · D / F.
    pub fn baud(self, clock: u32) -> Option<u32> {
        let hertz = u64::from(clock) * 1_000;
        let baud = hertz * u64::from(self.d()?) / u64::from(self.f()?);
        u32::try_from(baud).ok()
    }

    /// The same Fi with the other Di that are slower, the fastest first. PPS may offer any of them (§9.2).
    fn slower(self) -> impl Iterator<Item = Self> {
        const FALLING: [u8; 9] = [7, 6, 9, 5, 8, 4, 3, 2, 1];
        let here = FALLING.iter().position(|&di| di == self.0 & 0x0F);
        let rest = FALLING.iter().skip(here.map_or(FALLING.len(), |at| at + 1));
        rest.map(move |di| Self(self.0 & 0xF0 | di))
    }
}

/// Which speeds a reader has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates<'a> {
    pub reader: &'a ClassDescriptor,
    /// The answer to GET_DATA_RATES, bit/s; empty if it is not known, and then any rate is good.
    pub listed: &'a [u32],
}

impl Rates<'_> {
    /// Whether the reader has this speed.
    pub fn have(self, speed: Speed) -> bool {
        let Some(baud) = speed.baud(self.reader.default_clock) else {
            return false;
        };
        // Readers round the rates they list up or down.
        let listed = |&rate: &u32| rate.abs_diff(baud) <= 1;
        baud <= self.reader.max_data_rate
            && (self.listed.is_empty() || self.listed.iter().any(listed))
    }

    /// The fastest speed that card and reader share; what every card speaks if there is none.
    pub fn best(self, card: Speed) -> Speed {
        let mut offered = core::iter::once(card).chain(card.slower());
        offered
            .find(|&speed| self.have(speed))
            .unwrap_or(Speed::DEFAULT)
    }
}

/// A PPS request (§9.2): this protocol, at this speed unless it is the default. 3 or 4 bytes.
pub(super) fn pps_request(protocol: Protocol, speed: Speed) -> Vec<u8> {
    let mut pps = Vec::from([0xFF, protocol.number()]);
    if speed != Speed::DEFAULT {
        pps[1] |= 0x10;
        pps.push(speed.0);
    }
    pps.push(pps.iter().fold(0, |sum, byte| sum ^ byte));
    pps
}

/// The speed a PPS response agrees to (§9.3): an echo, or the same protocol without PPS1, which means the
/// default speed. `None` for anything else: the card must be reset.
pub(super) fn agreed_speed(request: &[u8], response: &[u8]) -> Option<Speed> {
    if response.iter().fold(0, |sum, byte| sum ^ byte) != 0 {
        return None;
    }
    match (request, response) {
        (_, &[0xFF, pps0, pps1, _]) if request == response && pps0 & 0x10 != 0 => Some(Speed(pps1)),
        (&[0xFF, asked, ..], &[0xFF, pps0, _]) if pps0 == asked & 0x0F => Some(Speed::DEFAULT),
        _ => None,
    }
}

/// abProtocolDataStructure of SetParameters (CCID 1.1 §6.1.7): 5 bytes for T=0, 7 for T=1.
pub(super) fn data_structure(atr: &Atr, protocol: Protocol, speed: Speed) -> Vec<u8> {
    let convention = u8::from(atr.is_inverse()) << 1;
    match protocol {
        Protocol::T0 => Vec::from([
            speed.0,
            convention,
            atr.extra_guard_time(),
            atr.waiting_integer(),
            0, // the clock is not stopped
        ]),
        Protocol::T1 => {
            let t1 = atr.t1();
            Vec::from([
                speed.0,
                0x10 | convention | u8::from(t1.crc),
                atr.extra_guard_time(),
                t1.bwi << 4 | t1.cwi,
                0, // the clock is not stopped
                t1.ifsc,
                0, // NAD
            ])
        }
    }
}

/// How long the host waits for a TPDU: what the card may take by its own ATR, and a second, so that the
/// reader, which counts too, tells first (reference §4.4). Never more than a minute: a reader that has died
/// would not be noticed.
pub(super) fn tpdu_timeout(atr: &Atr, protocol: Protocol, speed: Speed, clock: u32) -> Millis {
    const LONGEST: Millis = 60_000;
    let (Some(f), Some(d)) = (speed.f(), speed.d()) else {
        return LONGEST;
    };
    let (f, d, clock) = (u64::from(f), u64::from(d), u64::from(clock));
    let etu = |count: u64| count * f / (d * clock); // a clock in kHz gives milliseconds
    let guard = u64::from(atr.extra_guard_time());
    let time = match protocol {
        Protocol::T0 => {
            // 261 bytes out and 6 waits, or 5 bytes out and 260 waits.
            let wait = 960 * u64::from(atr.waiting_integer()) * f / clock;
            let bytes = |count| etu(count * (12 + guard));
            (bytes(261) + 6 * wait)
                .max(bytes(5) + 260 * wait)
                .max(3_000)
        }
        Protocol::T1 => {
            let t1 = atr.t1();
            let out = etu(260 * (12 + guard));
            let thinking = etu(11) + (960 << t1.bwi) * 372 / clock;
            let back = etu(260 * (11 + (1 << t1.cwi)));
            out + thinking + back
        }
    };
    (time + 1_000).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ccid::quirks::GEMPC_TWIN;
    use crate::hex::decode;

    fn atr(hex: &str) -> Atr {
        Atr::parse(&decode(hex).expect("hex")).expect("ATR")
    }

    const T1_CARD: &str = "3BF81300008131FE454A434F5076323431B7";

    #[test]
    fn speeds_are_those_of_the_standards_tables() {
        // Rates at 4 MHz as libccid lists them for the GemPC Twin.
        for (ta1, baud) in [
            (0x11, 10_752),
            (0x13, 43_010),
            (0x18, 129_032),
            (0x94, 62_500),
            (0x95, 125_000),
            (0x96, 250_000),
            (0xC1, 2_604),
        ] {
            assert_eq!(Speed(ta1).baud(4_000), Some(baud), "{ta1:02X}");
        }
        for reserved in [0x71, 0x81, 0xE1, 0xF1, 0x10, 0x1A] {
            assert_eq!(Speed(reserved).baud(4_000), None, "{reserved:02X}");
        }
        let f = |ta1| Speed(ta1).f();
        let all = [0x0, 0x2, 0x3, 0x4, 0x5, 0x6, 0xA, 0xB, 0xD].map(|fi: u8| f(fi << 4));
        let table = [372, 558, 744, 1_116, 1_488, 1_860, 768, 1_024, 2_048];
        assert_eq!(all, table.map(Some));
        let d = [2, 7, 9].map(|di| Speed(di).d());
        assert_eq!(d, [Some(2), Some(64), Some(20)]);
    }

    #[test]
    fn the_fastest_shared_speed_is_chosen() {
        let reader = GEMPC_TWIN; // 344 086 bit/s at most
        let any = Rates {
            reader: &reader,
            listed: &[],
        };
        assert_eq!(any.best(Speed(0x95)), Speed(0x95));
        assert_eq!(any.best(Speed(0x97)), Speed(0x96)); // 500 000 is too fast
        assert_eq!(any.best(Speed(0x1F)), Speed::DEFAULT);
        let listed = Rates {
            reader: &reader,
            listed: &[10_753, 62_500],
        };
        assert_eq!(listed.best(Speed(0x96)), Speed(0x94));
        assert_eq!(listed.best(Speed(0x13)), Speed(0x11));
        let slow = ClassDescriptor {
            max_data_rate: 0,
            ..reader
        };
        let none = Rates {
            reader: &slow,
            listed: &[],
        };
        assert_eq!(none.best(Speed(0x95)), Speed::DEFAULT);
    }

    #[test]
    fn a_pps_is_the_published_one() {
        // The worked example of many data sheets: FF 10 95 7A asks for T=0 at 512/16.
        assert_eq!(
            pps_request(Protocol::T0, Speed(0x95)),
            [0xFF, 0x10, 0x95, 0x7A]
        );
        assert_eq!(
            pps_request(Protocol::T1, Speed(0x13)),
            [0xFF, 0x11, 0x13, 0xFD]
        );
        assert_eq!(
            pps_request(Protocol::T1, Speed::DEFAULT),
            [0xFF, 0x01, 0xFE]
        );
    }

    #[test]
    fn an_echo_agrees_and_a_shorter_echo_agrees_to_the_default() {
        let asked = [0xFF, 0x11, 0x13, 0xFD];
        assert_eq!(agreed_speed(&asked, &asked), Some(Speed(0x13)));
        assert_eq!(
            agreed_speed(&asked, &[0xFF, 0x01, 0xFE]),
            Some(Speed::DEFAULT)
        );
        let plain = [0xFF, 0x01, 0xFE];
        assert_eq!(agreed_speed(&plain, &plain), Some(Speed::DEFAULT));
        for refused in [
            &[][..],
            &[0xFF, 0x11, 0x13, 0xFE],       // wrong check
            &[0xFF, 0x11, 0x12, 0xFC],       // another speed
            &[0xFF, 0x10, 0x13, 0xFC],       // another protocol
            &[0xFF, 0x00, 0xFF],             // the same, at the default
            &[0xFE, 0x11, 0x13, 0xFC],       // no PPS at all
            &[0xFF, 0x11, 0x13, 0xFD, 0x00], // too long
        ] {
            assert_eq!(agreed_speed(&asked, refused), None, "{refused:02X?}");
        }
    }

    #[test]
    fn set_parameters_carries_what_the_atr_says() {
        // libccid: T=0 {FiDi, TCCKS, guard time, WI, clock stop}.
        let t0 = data_structure(
            &atr("3FD0950550 1020".replace(' ', "").as_str()),
            Protocol::T0,
            Speed(0x95),
        );
        assert_eq!(t0, [0x95, 0x02, 0x05, 0x20, 0x00]);
        // T=1 {FiDi, 10 | LRC/CRC, guard time, BWI/CWI, clock stop, IFSC, NAD}.
        let t1 = data_structure(&atr(T1_CARD), Protocol::T1, Speed(0x13));
        assert_eq!(t1, [0x13, 0x10, 0x00, 0x45, 0x00, 0xFE, 0x00]);
        let plain = data_structure(&atr("3B00"), Protocol::T1, Speed::DEFAULT);
        assert_eq!(plain, [0x11, 0x10, 0x00, 0x4D, 0x00, 0x20, 0x00]);
    }

    #[test]
    fn the_card_gets_the_time_its_atr_asks_for() {
        // T=1 at 372/4 and 4 MHz, N 0, BWI 4, CWI 5 (reference §4.4), ms:
        // 260·12·372/(4·4000) = 72; 11·372/16000 = 0 and 2^4·960·372/4000 = 1 428; 260·43·372/16000 = 259.
        let t1 = tpdu_timeout(&atr(T1_CARD), Protocol::T1, Speed(0x13), 4_000);
        assert_eq!(t1, 72 + 1_428 + 259 + 1_000);
        // T=0 with WI 10: WWT = 960·10·372/4000 = 892 ms; 260 of them are longer than any command may take.
        assert_eq!(
            tpdu_timeout(&atr("3B00"), Protocol::T0, Speed::DEFAULT, 4_000),
            60_000
        );
        // WI 1 at a fast clock: 960·372/20000 = 17 ms; 5·12·372/20000 = 1; 1 + 260·17.
        let fast = atr("3B804001");
        assert_eq!(
            tpdu_timeout(&fast, Protocol::T0, Speed::DEFAULT, 20_000),
            1 + 4_420 + 1_000
        );
        assert_eq!(
            tpdu_timeout(&fast, Protocol::T0, Speed(0xF1), 20_000),
            60_000
        );
    }
}
