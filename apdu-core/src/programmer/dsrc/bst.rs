//! BST, what a beacon announces itself with.

use alloc::vec::Vec;

use super::frame::{AirFrame, BROADCAST, LLC_UNNUMBERED, MAC_BROADCAST};
use crate::programmer::Malformed;

const TAG: u8 = 0xC0;
/// The ETC application without, and with a parameter.
const ETC: u8 = 0x01;
const ETC_WITH_PARAMETER: u8 = 0x41;
/// Container of the parameter.
const PARAMETER: u8 = 0x29;

/// A BST for the ETC application that asks for the system information and pre-reads no card file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bst {
    /// Manufacturer (1) and individual number (3) of the beacon.
    pub beacon: [u8; 4],
    /// Unix time, seconds.
    pub unix: u32,
    /// 00 and 01: class A, channel 1 and 2; 10 and 11: class B.
    pub profile: u8,
    /// Transaction mode of the card and length of the system information asked for; a BST without
    /// parameter has neither.
    pub parameter: Option<(u8, u8)>,
}

impl Bst {
    /// The air frame, to all tags.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut apdu = Vec::from([TAG]);
        apdu.extend(self.beacon);
        apdu.extend(self.unix.to_be_bytes());
        apdu.extend([self.profile, 0x01]); // one application
        match self.parameter {
            None => apdu.push(ETC),
            Some((mode, length)) => {
                apdu.extend([ETC_WITH_PARAMETER, mode, PARAMETER, 0x00, length]);
            }
        }
        apdu.push(0x00); // no list of profiles
        AirFrame {
            mac: BROADCAST,
            mac_control: MAC_BROADCAST,
            llc_control: LLC_UNNUMBERED,
            status: None,
            apdu: &apdu,
        }
        .to_bytes()
    }

    /// Reads the T-APDU of a BST of this form.
    pub fn parse(apdu: &[u8]) -> Result<Self, Malformed> {
        let &[
            TAG,
            b0,
            b1,
            b2,
            b3,
            t0,
            t1,
            t2,
            t3,
            profile,
            0x01,
            ref application @ ..,
        ] = apdu
        else {
            return Err(Malformed("BST"));
        };
        let parameter = match *application {
            [ETC, 0x00] => None,
            [ETC_WITH_PARAMETER, mode, PARAMETER, 0x00, length, 0x00] => Some((mode, length)),
            _ => return Err(Malformed("BST")),
        };
        Ok(Self {
            beacon: [b0, b1, b2, b3],
            unix: u32::from_be_bytes([t0, t1, t2, t3]),
            profile,
            parameter,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::worked::{PRIMITIVES, bytes};

    /// 2020-01-01 00:00:00 UTC.
    const NEW_YEAR: u32 = 0x5E0B_E100;

    #[test]
    fn the_worked_bst_is_built_and_read() {
        let bst = Bst {
            beacon: [0x08, 0xFF, 0xFF, 0x00],
            unix: NEW_YEAR,
            profile: 0,
            parameter: Some((0x87, 0x1A)),
        };
        let (_, _, body) = PRIMITIVES[0];
        let payload = &bytes(body)[4..];
        assert_eq!(bst.to_bytes(), payload);
        let frame = AirFrame::parse(payload).expect("an air frame");
        assert_eq!(Bst::parse(frame.apdu), Ok(bst));
    }

    #[test]
    fn any_bst_survives_the_round_trip_and_any_bytes_are_survived() {
        let mut chance = Chance::new(6);
        for _ in 0..2_000 {
            let bst = Bst {
                beacon: chance.array(),
                unix: u32::from_be_bytes(chance.array()),
                profile: chance.byte(),
                parameter: (chance.below(2) == 1).then(|| (chance.byte(), chance.byte())),
            };
            let bytes = bst.to_bytes();
            let frame = AirFrame::parse(&bytes).expect("an air frame");
            assert_eq!(Bst::parse(frame.apdu), Ok(bst));
            let _ = Bst::parse(&chance.bytes(20));
        }
    }
}
