//! Dialect A, the envelope of DSRC devices on a serial line (serial reference §2).
//!
//! ```text
//! FF FF | RSCTL | DATA … | BCC | FF        stuffed between the delimiters: FF → FE 01, FE → FE 00
//! ```
//!
//! A *body* here is RSCTL and DATA, unstuffed: at least the one byte of an empty acknowledgement.

use alloc::vec::Vec;

/// Longest body believed. The longest receive buffer seen in the field holds as much.
pub const MAX_BODY: usize = 1024;

const FLAG: u8 = 0xFF;
const ESCAPE: u8 = 0xFE;

/// The frame of a body.
pub fn encode(body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(body.len() + 8);
    frame.extend([FLAG, FLAG]);
    for byte in body.iter().copied().chain([bcc(body)]) {
        match byte {
            FLAG => frame.extend([ESCAPE, 0x01]),
            ESCAPE => frame.extend([ESCAPE, 0x00]),
            other => frame.push(other),
        }
    }
    frame.push(FLAG);
    frame
}

/// XOR of all bytes.
pub fn bcc(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// Why a frame is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// `FE` is followed by neither 00 nor 01.
    #[error("wrong escape")]
    Escape,
    /// The BCC does not fit, or nothing stands before it.
    #[error("wrong check byte")]
    Checksum,
    /// More than [`MAX_BODY`] bytes without an end.
    #[error("no end")]
    Endless,
}

/// Finds frames in whatever the line brings, byte by byte.
///
/// A run of two or more FF is one header. The FF that ends a frame may also be the first of the next
/// header: a frame whose end or beginning was lost does not cost its neighbour.
#[derive(Debug, Default)]
pub struct Deframer {
    state: State,
    /// Unstuffed bytes after the header, BCC included.
    inside: Vec<u8>,
    escaped: bool,
    broken: Option<Broken>,
    stale: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Hunting,
    OneFlag,
    Inside,
}

impl Deframer {
    /// Takes one byte; gives a body, or says what is wrong with one, when its frame ends.
    pub fn push(&mut self, byte: u8) -> Option<Result<Vec<u8>, Broken>> {
        match self.state {
            State::Hunting if byte == FLAG => self.state = State::OneFlag,
            State::OneFlag if byte == FLAG => self.begin(),
            State::Hunting | State::OneFlag => self.state = State::Hunting,
            State::Inside if byte == FLAG => return self.end(),
            State::Inside => self.unstuff(byte),
        }
        None
    }

    /// Whether a frame has begun and not ended.
    pub fn is_inside(&self) -> bool {
        self.state == State::Inside && !self.inside.is_empty()
    }

    /// The frame under way, if there is one, is no longer awaited: it will be dropped at its end.
    pub fn let_go(&mut self) {
        self.stale = self.is_inside();
    }

    fn begin(&mut self) {
        *self = Self {
            state: State::Inside,
            ..Self::default()
        };
    }

    fn unstuff(&mut self, byte: u8) {
        let escaped = core::mem::take(&mut self.escaped);
        let plain = match (escaped, byte) {
            (true, 0x00) => ESCAPE,
            (true, 0x01) => FLAG,
            (true, _) => {
                self.broken.get_or_insert(Broken::Escape);
                byte
            }
            (false, ESCAPE) => {
                self.escaped = true;
                return;
            }
            (false, _) => byte,
        };
        if self.inside.len() > MAX_BODY {
            self.broken.get_or_insert(Broken::Endless);
        } else {
            self.inside.push(plain);
        }
    }

    fn end(&mut self) -> Option<Result<Vec<u8>, Broken>> {
        if self.inside.is_empty() && !self.escaped {
            return None; // one more FF of the header
        }
        let Self {
            mut inside,
            escaped,
            broken,
            stale,
            ..
        } = core::mem::take(self);
        self.state = State::OneFlag;
        if stale {
            return None;
        }
        if let Some(broken) = broken.or(escaped.then_some(Broken::Escape)) {
            return Some(Err(broken));
        }
        if inside.len() < 2 || bcc(&inside) != 0 {
            return Some(Err(Broken::Checksum));
        }
        inside.pop();
        Some(Ok(inside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::worked::{self, bytes};
    use alloc::vec;

    fn frames(line: &[u8]) -> Vec<Result<Vec<u8>, Broken>> {
        let mut deframer = Deframer::default();
        line.iter()
            .filter_map(|&byte| deframer.push(byte))
            .collect()
    }

    #[test]
    fn every_worked_frame_is_its_body_and_back() {
        let worked = worked::LANE.iter().chain(worked::PRIMITIVES);
        for (name, frame, body) in worked {
            let (frame, body) = (bytes(frame), bytes(body));
            assert_eq!(encode(&body), frame, "{name}");
            assert_eq!(frames(&frame), [Ok(body)], "{name}");
        }
    }

    #[test]
    fn stuffed_bytes_may_stand_anywhere_and_in_the_check_byte() {
        // BCC = FF and BCC = FE: XOR of the two bytes before it.
        assert_eq!(
            encode(&[0x0F, 0xF0]),
            [0xFF, 0xFF, 0x0F, 0xF0, 0xFE, 0x01, 0xFF]
        );
        assert_eq!(
            encode(&[0x0E, 0xF0]),
            [0xFF, 0xFF, 0x0E, 0xF0, 0xFE, 0x00, 0xFF]
        );
        for body in [vec![0x0F, 0xF0], vec![0x0E, 0xF0], vec![0xFF], vec![0xFE]] {
            assert_eq!(frames(&encode(&body)), [Ok(body)]);
        }
    }

    #[test]
    fn a_run_of_flags_before_a_frame_is_one_header() {
        let mut line = vec![0xFF; 9];
        line.extend(encode(&[0x81]));
        assert_eq!(frames(&line), [Ok(vec![0x81])]);
    }

    #[test]
    fn noise_before_a_frame_is_skipped() {
        // The stream of the oracle: noise, a stuffed frame, one FF too many, an empty acknowledgement.
        let body = bytes("82 C1 FE 00 FF 01 11 22 33 44 11 22 33 44");
        let line = [&[0x00, 0x12], &encode(&body)[..], &[0xFF], &encode(&[0x81])].concat();
        assert_eq!(frames(&line), [Ok(body), Ok(vec![0x81])]);
    }

    #[test]
    fn two_frames_in_one_chunk_are_two_frames() {
        let line = [encode(&[0x01, 0xF0]), encode(&[0x02, 0xE0])].concat();
        assert_eq!(frames(&line), [Ok(vec![0x01, 0xF0]), Ok(vec![0x02, 0xE0])]);
    }

    #[test]
    fn a_frame_may_arrive_split_at_every_byte() {
        let body = bytes("82 C1 FE 00 FF 01 11 22 33 44 11 22 33 44");
        let frame = encode(&body);
        for split in 0..=frame.len() {
            let mut deframer = Deframer::default();
            let (head, tail) = frame.split_at(split);
            let early: Vec<_> = head.iter().filter_map(|&b| deframer.push(b)).collect();
            let late: Vec<_> = tail.iter().filter_map(|&b| deframer.push(b)).collect();
            assert_eq!([early, late].concat(), [Ok(body.clone())], "{split}");
        }
    }

    #[test]
    fn a_wrong_escape_breaks_its_frame_only() {
        for bad in ["FF FF 01 FE 02 FF", "FF FF 01 FE FF", "FF FF FE FF"] {
            let line = [bytes(bad), encode(&[0x81])].concat();
            assert_eq!(
                frames(&line),
                [Err(Broken::Escape), Ok(vec![0x81])],
                "{bad}"
            );
        }
    }

    #[test]
    fn a_wrong_check_byte_or_none_breaks_its_frame_only() {
        for bad in ["FF FF 81 80 FF", "FF FF 81 FF", "FF FF 00 FF"] {
            let line = [bytes(bad), encode(&[0x81])].concat();
            assert_eq!(
                frames(&line),
                [Err(Broken::Checksum), Ok(vec![0x81])],
                "{bad}"
            );
        }
    }

    #[test]
    fn a_frame_that_lost_its_end_does_not_cost_the_next_one() {
        let mut line = encode(&[0x01, 0xF0]);
        line.pop();
        line.extend(encode(&[0x81]));
        // What is left of the lost frame ends at the next header: its BCC still fits.
        assert_eq!(frames(&line), [Ok(vec![0x01, 0xF0]), Ok(vec![0x81])]);
        line.remove(3);
        assert_eq!(frames(&line), [Err(Broken::Checksum), Ok(vec![0x81])]);
    }

    #[test]
    fn a_frame_without_end_is_given_up_and_the_next_one_found() {
        let mut line = vec![0xFF, 0xFF];
        line.extend(vec![0x55; 5_000]);
        line.extend(encode(&[0x81]));
        assert_eq!(frames(&line), [Err(Broken::Endless), Ok(vec![0x81])]);
    }

    #[test]
    fn a_frame_that_is_let_go_is_dropped_and_the_next_one_is_not() {
        let (late, awaited) = (encode(&[0x01, 0xE0]), encode(&[0x02, 0xE0]));
        let mut deframer = Deframer::default();
        assert!(late[..4].iter().all(|&b| deframer.push(b).is_none()));
        deframer.let_go();
        let line = [&late[4..], &awaited].concat();
        let got: Vec<_> = line.iter().filter_map(|&b| deframer.push(b)).collect();
        assert_eq!(got, [Ok(vec![0x02, 0xE0])]);
    }

    #[test]
    fn any_body_survives_the_round_trip_in_any_noise_of_its_own() {
        let mut chance = Chance::new(1);
        for _ in 0..2_000 {
            let mut body = chance.bytes(260);
            body.push(chance.byte());
            assert_eq!(frames(&encode(&body)), [Ok(body)]);
        }
    }

    #[test]
    fn any_bytes_are_survived_and_a_frame_after_them_is_found() {
        let mut chance = Chance::new(2);
        for _ in 0..2_000 {
            let mut line = chance.bytes(400);
            line.extend(encode(&[0x81])); // may be taken for the end of what came before it
            line.extend(encode(&[0x81, 0x4C]));
            assert_eq!(frames(&line).last(), Some(&Ok(vec![0x81, 0x4C])));
        }
    }
}
