//! Names the device on a line by what it says, whatever it was asked.

use super::bobu::{self, Start};
use super::{dialect_b, envelope, lane};
use crate::fault::Code;

/// Listens in all dialects at once.
#[derive(Debug)]
pub struct Listener {
    envelope: envelope::Deframer,
    gantry: dialect_b::Deframer,
    bobu: bobu::Deframer,
    loudest: Code,
}

impl Default for Listener {
    fn default() -> Self {
        Self {
            envelope: envelope::Deframer::default(),
            gantry: dialect_b::Deframer::default(),
            bobu: bobu::Deframer::new(Start::ThreeThree),
            loudest: Code::ProgrammerSilent,
        }
    }
}

impl Listener {
    /// Takes bytes of the line.
    pub fn hear(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.note(Code::ProgrammerNoise);
        for &byte in bytes {
            if let Some(Ok(body)) = self.envelope.push(byte) {
                self.note(if lane::is_lane_antenna(&body) {
                    Code::LaneAntenna
                } else {
                    Code::OtherDialect
                });
            }
        }
        self.bobu.extend(bytes);
        while let Some(frame) = self.bobu.next_frame() {
            // One byte of BCC alone would let one in 256 pieces of noise pass.
            let is_reply = |data: &[u8]| data.first().is_some_and(|code| code & 0xF0 == 0xB0);
            if frame.is_ok_and(|frame| frame.head[0] < 0x10 && is_reply(&frame.data)) {
                self.note(Code::OtherDialect);
            }
        }
        self.gantry.extend(bytes);
        while self.gantry.next_frame().is_some() {
            self.note(Code::GantryAntenna);
        }
    }

    /// Why a device that said this does not answer.
    pub fn verdict(&self) -> Code {
        self.loudest
    }

    fn note(&mut self, code: Code) {
        self.loudest = louder(self.loudest, code);
    }
}

/// The one of two verdicts that says more.
pub fn louder(one: Code, other: Code) -> Code {
    const BY_LOUDNESS: [Code; 4] = [
        Code::GantryAntenna,
        Code::LaneAntenna,
        Code::OtherDialect,
        Code::ProgrammerNoise,
    ];
    let place = |code| BY_LOUDNESS.iter().position(|&known| known == code);
    match (place(one), place(other)) {
        (None, Some(_)) => other,
        (Some(a), Some(b)) if b < a => other,
        _ => one,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::worked::{BOBU, GANTRY, LANE, PRIMITIVES, bytes};

    fn verdict(line: &[u8]) -> Code {
        let mut listener = Listener::default();
        listener.hear(line);
        listener.verdict()
    }

    #[test]
    fn every_dialect_is_named_by_its_worked_frames() {
        for (name, frame, _) in GANTRY {
            assert_eq!(verdict(&bytes(frame)), Code::GantryAntenna, "{name}");
        }
        let of = |table: &[(&str, &'static str, &str)], name: &str| {
            let found = table.iter().find(|worked| worked.0 == name);
            bytes(found.expect("worked").1)
        };
        assert_eq!(verdict(&of(LANE, "B0 power-on")), Code::LaneAntenna);
        assert_eq!(verdict(&of(LANE, "B2 heartbeat")), Code::LaneAntenna);
        assert_eq!(verdict(&of(PRIMITIVES, "PSAM answers")), Code::OtherDialect);
        assert_eq!(verdict(&of(BOBU, "B2 reply")), Code::OtherDialect);
    }

    #[test]
    fn silence_and_noise_are_told_apart() {
        assert_eq!(verdict(&[]), Code::ProgrammerSilent);
        assert_eq!(verdict(&bytes("00 12 E0 9C")), Code::ProgrammerNoise);
    }

    #[test]
    fn what_says_more_stays() {
        let heartbeat = bytes(GANTRY[5].1);
        assert_eq!(
            verdict(&[&heartbeat[..], &[0x12]].concat()),
            Code::GantryAntenna
        );
    }

    #[test]
    fn any_bytes_are_survived() {
        let mut chance = Chance::new(19);
        let mut listener = Listener::default();
        for _ in 0..2_000 {
            listener.hear(&chance.bytes(60));
        }
        assert_ne!(listener.verdict(), Code::ProgrammerSilent);
    }
}
