//! Messages in fragments (serial reference §5.2, §5.5).
//!
//! A message of *n* frames counts down in "33" frames, CTL = 80 + (n − 1), n − 2, … 00, and up in "50"
//! frames, CTL = 8000 + n, 0002, 0003, …

use alloc::vec::Vec;

use super::{Frame, Start};
use crate::programmer::Malformed;

/// Most DATA bytes in one frame.
pub const MAX_FRAGMENT: usize = 95;
/// Most frames of one message that is believed; 7 bits of CTL could count more.
const MAX_FRAMES: usize = 32;

/// The frames of a message. `sn` is 1 to 15 and stands in "33" frames only.
pub fn fragments(start: Start, sn: u8, message: &[u8]) -> Result<Vec<Frame>, Malformed> {
    let pieces: Vec<&[u8]> = message.chunks(MAX_FRAGMENT).collect();
    let count = pieces.len();
    if !(1..=MAX_FRAMES).contains(&count) {
        return Err(Malformed("message"));
    }
    let frames = pieces.into_iter().enumerate().map(|(at, piece)| Frame {
        start,
        head: head(start, sn, at, count),
        data: piece.to_vec(),
    });
    Ok(frames.collect())
}

/// SN and CTL of the frame at this place; `count` is at most [`MAX_FRAMES`].
fn head(start: Start, sn: u8, at: usize, count: usize) -> [u8; 2] {
    let first = if at == 0 { 0x80 } else { 0x00 };
    match start {
        Start::ThreeThree => [sn, first | (count - 1 - at) as u8],
        Start::Fifty => [first, if at == 0 { count } else { at + 1 } as u8],
    }
}

/// Puts messages together again.
///
/// A frame that does not follow the one before it costs the whole message, never a wrong one: after a
/// gap only a first frame begins anew.
#[derive(Debug, Default)]
pub struct Assembler(Option<Partial>);

#[derive(Debug)]
struct Partial {
    sn: u8,
    count: usize,
    arrived: usize,
    message: Vec<u8>,
}

impl Assembler {
    /// Takes the next frame; gives the message it completes.
    pub fn push(&mut self, frame: &Frame) -> Option<Result<Vec<u8>, Malformed>> {
        let before = self.0.take();
        let (sn, ctl) = match frame.start {
            Start::ThreeThree => (frame.head[0], frame.head[1]),
            Start::Fifty => (0, frame.head[1]),
        };
        let is_first = match frame.start {
            Start::ThreeThree => ctl & 0x80 != 0,
            Start::Fifty => frame.head[0] == 0x80,
        };
        let mut partial = if is_first {
            let count = match frame.start {
                Start::ThreeThree => usize::from(ctl & 0x7F) + 1,
                Start::Fifty => usize::from(ctl),
            };
            Partial {
                sn,
                count,
                arrived: 0,
                message: Vec::new(),
            }
        } else {
            match before {
                Some(partial) if partial.sn == sn => partial,
                _ => return Some(Err(Malformed("message"))),
            }
        };
        let is_in_bounds = (1..=MAX_FRAMES).contains(&partial.count);
        if !is_in_bounds || head(frame.start, sn, partial.arrived, partial.count) != frame.head {
            return Some(Err(Malformed("message")));
        }
        partial.message.extend_from_slice(&frame.data);
        partial.arrived += 1;
        if partial.arrived == partial.count {
            return Some(Ok(partial.message));
        }
        self.0 = Some(partial);
        None
    }

    /// What has arrived of a message is no longer awaited.
    pub fn let_go(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use alloc::vec;

    const STARTS: [Start; 2] = [Start::ThreeThree, Start::Fifty];

    fn assemble(frames: &[Frame]) -> Vec<Result<Vec<u8>, Malformed>> {
        let mut assembler = Assembler::default();
        frames.iter().filter_map(|f| assembler.push(f)).collect()
    }

    fn heads(start: Start, length: usize) -> Vec<[u8; 2]> {
        let frames = fragments(start, 5, &vec![7; length]).expect("fits");
        frames.iter().map(|frame| frame.head).collect()
    }

    #[test]
    fn the_control_byte_counts_down_after_33_and_up_after_50() {
        assert_eq!(heads(Start::ThreeThree, 95), [[5, 0x80]]);
        assert_eq!(
            heads(Start::ThreeThree, 96 + 95),
            [[5, 0x82], [5, 0x01], [5, 0x00]]
        );
        assert_eq!(heads(Start::Fifty, 1), [[0x80, 0x01]]);
        assert_eq!(
            heads(Start::Fifty, 96 + 95),
            [[0x80, 0x03], [0x00, 0x02], [0x00, 0x03]]
        );
    }

    #[test]
    fn any_message_survives_the_round_trip() {
        let mut chance = Chance::new(11);
        for _ in 0..500 {
            let mut message = chance.bytes(1_000);
            message.push(chance.byte());
            let start = STARTS[chance.below(2)];
            let frames = fragments(start, 3, &message).expect("fits");
            assert_eq!(assemble(&frames), [Ok(message)]);
        }
    }

    #[test]
    fn a_gap_a_double_and_another_order_cost_the_message() {
        for start in STARTS {
            let frames = fragments(start, 3, &[7; 300]).expect("fits");
            let with = |picked: &[usize]| {
                let picked: Vec<_> = picked.iter().map(|&at| frames[at].clone()).collect();
                assemble(&picked).into_iter().filter(Result::is_ok).count()
            };
            assert_eq!(with(&[0, 1, 2, 3]), 1);
            for bad in [
                &[0, 2, 3][..],
                &[1, 2, 3],
                &[0, 1, 1, 2, 3],
                &[0, 2, 1, 3],
                &[0, 1, 3],
            ] {
                assert_eq!(with(bad), 0, "{start:?} {bad:?}");
            }
            assert_eq!(with(&[0, 1, 0, 1, 2, 3]), 1, "a first frame begins anew");
        }
    }

    #[test]
    fn a_fragment_of_another_message_is_a_gap() {
        let mut frames = fragments(Start::ThreeThree, 3, &[7; 100]).expect("fits");
        frames[1].head[0] = 4;
        assert_eq!(assemble(&frames), [Err(Malformed("message"))]);
    }

    #[test]
    fn absurd_counts_are_refused_and_any_frames_are_survived() {
        assert!(fragments(Start::ThreeThree, 1, &[]).is_err());
        assert!(fragments(Start::ThreeThree, 1, &[0; 33 * 95]).is_err());
        let mut chance = Chance::new(12);
        let mut assembler = Assembler::default();
        for _ in 0..5_000 {
            let frame = Frame {
                start: STARTS[chance.below(2)],
                head: chance.array(),
                data: chance.bytes(8),
            };
            let _ = assembler.push(&frame);
        }
    }
}
