//! What every air frame begins with: `MAC(4) | MAC control | LLC control | [status] | 91 | T-APDU`.

use alloc::vec::Vec;

use crate::programmer::Malformed;

/// MAC address of all tags.
pub const BROADCAST: [u8; 4] = [0xFF; 4];
/// MAC control of a frame to all tags.
pub const MAC_BROADCAST: u8 = 0x50;
/// MAC control of a frame to one tag.
pub const MAC_PRIVATE: u8 = 0x40;
/// MAC control of a frame from a tag that carries a status after LLC control.
const MAC_WITH_STATUS: u8 = 0xE0;
/// LLC control of an unnumbered frame: BST, VST, EVENT_REPORT.
pub const LLC_UNNUMBERED: u8 = 0x03;
/// LLC control of a command. Its top bit toggles with each new command, and its answer shows the same.
pub const LLC_COMMAND: u8 = 0x77;
/// Segment header.
const SEGMENT: u8 = 0x91;

/// An air frame with one T-APDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AirFrame<'a> {
    /// MAC address of the tag.
    pub mac: [u8; 4],
    /// MAC control.
    pub mac_control: u8,
    /// LLC control.
    pub llc_control: u8,
    /// Status, in frames whose MAC control is E0.
    pub status: Option<u8>,
    /// The T-APDU after its segment header.
    pub apdu: &'a [u8],
}

impl<'a> AirFrame<'a> {
    /// Reads a frame.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        const BAD: Malformed = Malformed("air frame");
        let (&mac, rest) = bytes.split_first_chunk().ok_or(BAD)?;
        let (&[mac_control, llc_control], rest) = rest.split_first_chunk().ok_or(BAD)?;
        let (status, rest) = match rest {
            [status, rest @ ..] if mac_control == MAC_WITH_STATUS => (Some(*status), rest),
            rest => (None, rest),
        };
        match rest {
            [SEGMENT, apdu @ ..] => Ok(Self {
                mac,
                mac_control,
                llc_control,
                status,
                apdu,
            }),
            _ => Err(BAD),
        }
    }

    /// The frame's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.mac.to_vec();
        bytes.extend([self.mac_control, self.llc_control]);
        bytes.extend(self.status);
        bytes.push(SEGMENT);
        bytes.extend_from_slice(self.apdu);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::primitive::Primitive;
    use crate::programmer::worked::{PRIMITIVES, bytes};

    #[test]
    fn every_worked_air_frame_is_taken_apart_and_put_together_again() {
        let dsrc =
            |worked: &&(_, _, &str)| !worked.2.contains(" F1 ") && !worked.2.contains(" E1 ");
        for (name, _, body) in PRIMITIVES.iter().filter(dsrc) {
            let body = bytes(body);
            let primitive = Primitive::parse(&body).expect(name);
            let payload = primitive.payload().expect(name);
            let frame = AirFrame::parse(payload).expect(name);
            assert_eq!(frame.to_bytes(), payload, "{name}");
            assert_eq!(frame.status.is_some(), *name == "ESAM answers", "{name}");
        }
    }

    #[test]
    fn any_bytes_are_an_air_frame_or_none() {
        let mut chance = Chance::new(5);
        for _ in 0..5_000 {
            let noise = chance.bytes(20);
            if let Ok(frame) = AirFrame::parse(&noise) {
                assert_eq!(frame.to_bytes(), noise);
            }
        }
    }
}
