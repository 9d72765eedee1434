//! "33" and "50" frames (serial reference §5.2, §5.5).
//!
//! ```text
//! 33 | SN | CTL | LEN | DATA | BCC      BCC over SN … DATA
//! 50 |    CTL   | LEN | DATA | BCC      BCC over 50 … DATA
//! ```
//!
//! Nothing is stuffed and nothing ends a frame: a start byte inside DATA is data.

use alloc::vec::Vec;

use crate::programmer::envelope::bcc;

const HEADER: usize = 4;

/// Which frame, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Start {
    /// 33, dialect C1.
    ThreeThree,
    /// 50, dialect C2.
    Fifty,
}

impl Start {
    fn byte(self) -> u8 {
        match self {
            Self::ThreeThree => 0x33,
            Self::Fifty => 0x50,
        }
    }

    /// BCC over a frame without it.
    fn check(self, frame: &[u8]) -> u8 {
        match self {
            Self::ThreeThree => bcc(frame) ^ self.byte(),
            Self::Fifty => bcc(frame),
        }
    }
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its first byte.
    pub start: Start,
    /// SN and CTL of a "33" frame, CTL of a "50" frame.
    pub head: [u8; 2],
    /// DATA, at most 255 bytes.
    pub data: Vec<u8>,
}

impl Frame {
    /// The bytes on the line.
    pub fn to_bytes(&self) -> Vec<u8> {
        debug_assert!(self.data.len() <= 255, "LEN is one byte");
        let [h0, h1] = self.head;
        let mut bytes = Vec::from([self.start.byte(), h0, h1, self.data.len() as u8]);
        bytes.extend_from_slice(&self.data);
        bytes.push(self.start.check(&bytes));
        bytes
    }
}

/// The check byte of what looked like a frame does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("wrong check byte")]
pub struct Broken;

/// Finds frames in whatever the line brings.
///
/// A frame that turns out broken costs its first byte only: what follows is looked through again. A start
/// byte in noise may announce more than will ever come; after a silence the driver calls
/// [`give_up`](Self::give_up).
#[derive(Debug)]
pub struct Deframer {
    start: Start,
    buffer: Vec<u8>,
    stale: bool,
}

impl Deframer {
    /// Looks for frames with this start byte.
    pub fn new(start: Start) -> Self {
        Self {
            start,
            buffer: Vec::new(),
            stale: false,
        }
    }

    /// Takes bytes of the line.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        self.skip_noise();
    }

    /// The next frame, or what looked like one.
    pub fn next_frame(&mut self) -> Option<Result<Frame, Broken>> {
        loop {
            let &[_, h0, h1, length, ref rest @ ..] = &self.buffer[..] else {
                return None;
            };
            let length = usize::from(length);
            let (&check, data) = rest.get(..=length)?.split_last()?;
            let is_whole = self.start.check(&self.buffer[..HEADER + length]) == check;
            let stale = core::mem::take(&mut self.stale);
            if !is_whole {
                self.give_up();
                return Some(Err(Broken));
            }
            let frame = Frame {
                start: self.start,
                head: [h0, h1],
                data: data.to_vec(),
            };
            self.buffer.drain(..HEADER + length + 1);
            self.skip_noise();
            if !stale {
                return Some(Ok(frame));
            }
        }
    }

    /// Whether a frame has begun and not ended.
    pub fn is_inside(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The frame under way, if there is one, is no longer awaited: it will be dropped at its end.
    pub fn let_go(&mut self) {
        self.stale = self.is_inside();
    }

    /// Nothing came for a while: what looked like the start of a frame was none.
    pub fn give_up(&mut self) {
        self.stale = false;
        if self.is_inside() {
            self.buffer.remove(0);
        }
        self.skip_noise();
    }

    fn skip_noise(&mut self) {
        let start = self.start.byte();
        let noise = self.buffer.iter().position(|&byte| byte == start);
        self.buffer.drain(..noise.unwrap_or(self.buffer.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::worked::{BOBU, bytes};

    fn start(frame: &[u8]) -> Start {
        match frame[0] {
            0x33 => Start::ThreeThree,
            _ => Start::Fifty,
        }
    }

    fn frames(start: Start, line: &[u8]) -> Vec<Result<Frame, Broken>> {
        let mut deframer = Deframer::new(start);
        deframer.extend(line);
        core::iter::from_fn(|| deframer.next_frame()).collect()
    }

    fn good(start: Start, line: &[u8]) -> Vec<Frame> {
        frames(start, line).into_iter().flatten().collect()
    }

    fn any(start: Start, data: Vec<u8>) -> Frame {
        let head = [0x01, 0x80];
        Frame { start, head, data }
    }

    #[test]
    fn every_worked_frame_is_its_data_and_back() {
        for (name, frame, data) in BOBU {
            let bytes = (bytes(frame), bytes(data));
            let frame = Frame {
                start: start(&bytes.0),
                head: [bytes.0[1], bytes.0[2]],
                data: bytes.1,
            };
            assert_eq!(frame.to_bytes(), bytes.0, "{name}");
            assert_eq!(frames(frame.start, &bytes.0), [Ok(frame)], "{name}");
        }
    }

    #[test]
    fn a_start_byte_inside_data_is_data() {
        for begin in [Start::ThreeThree, Start::Fifty] {
            let frame = any(begin, [0x33, 0x50].repeat(40));
            let line = [frame.to_bytes(), frame.to_bytes()].concat();
            assert_eq!(frames(begin, &line), [Ok(frame.clone()), Ok(frame)]);
        }
    }

    #[test]
    fn a_start_byte_in_noise_costs_itself_only() {
        let frame = any(Start::ThreeThree, bytes("B2 00 00"));
        let line = [&bytes("00 33 33 01")[..], &frame.to_bytes()].concat();
        assert_eq!(good(Start::ThreeThree, &line), []);
        // The noise announced 0x33 bytes that never come; after a silence it is looked through again.
        let mut deframer = Deframer::new(Start::ThreeThree);
        deframer.extend(&line);
        assert!(deframer.next_frame().is_none() && deframer.is_inside());
        deframer.give_up();
        deframer.give_up();
        assert_eq!(deframer.next_frame(), Some(Ok(frame)));
        assert!(!deframer.is_inside());
    }

    #[test]
    fn a_frame_may_arrive_split_at_every_byte() {
        let frame = any(Start::ThreeThree, bytes("A1 33 50 33"));
        let line = frame.to_bytes();
        for split in 0..=line.len() {
            let mut deframer = Deframer::new(Start::ThreeThree);
            deframer.extend(&line[..split]);
            let early = deframer.next_frame();
            deframer.extend(&line[split..]);
            let late = deframer.next_frame();
            assert_eq!(early.or(late), Some(Ok(frame.clone())), "{split}");
        }
    }

    #[test]
    fn a_broken_frame_does_not_cost_the_next_one() {
        let frame = any(Start::ThreeThree, bytes("B1 00"));
        let mut broken = frame.to_bytes();
        broken[5] ^= 0x40;
        let line = [broken, frame.to_bytes()].concat();
        assert_eq!(frames(Start::ThreeThree, &line), [Err(Broken), Ok(frame)]);
    }

    #[test]
    fn a_frame_that_is_let_go_is_dropped_and_the_next_one_is_not() {
        let late = any(Start::ThreeThree, bytes("B1 00")).to_bytes();
        let awaited = any(Start::ThreeThree, bytes("B3 00"));
        let mut deframer = Deframer::new(Start::ThreeThree);
        deframer.extend(&late[..5]);
        deframer.let_go();
        deframer.extend(&[&late[5..], &awaited.to_bytes()].concat());
        assert_eq!(deframer.next_frame(), Some(Ok(awaited)));
    }

    #[test]
    fn any_frame_survives_the_round_trip_and_any_bytes_are_survived() {
        let mut chance = Chance::new(10);
        for _ in 0..2_000 {
            let begin = [Start::ThreeThree, Start::Fifty][chance.below(2)];
            let mut frame = any(begin, chance.bytes(255));
            frame.head = chance.array();
            assert_eq!(frames(begin, &frame.to_bytes()), [Ok(frame)]);

            let mut deframer = Deframer::new(begin);
            deframer.extend(&chance.bytes(600));
            while deframer.is_inside() {
                while deframer.next_frame().is_some() {}
                deframer.give_up();
            }
            let frame = any(begin, chance.bytes(40));
            deframer.extend(&frame.to_bytes());
            assert_eq!(deframer.next_frame(), Some(Ok(frame)));
        }
    }
}
