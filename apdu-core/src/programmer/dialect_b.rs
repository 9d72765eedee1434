//! Dialect B, the interface of gantry and lane antennas since 2019 (serial reference §4): recognised, so
//! that it can be named. It has no command that reaches a chip, so nothing is ever sent in it.
//!
//! ```text
//! FF FF | VER = 00 | SEQ | LEN(4) | DATA | CRC-16(2)      nothing is stuffed
//! ```

use alloc::vec::Vec;

const HEAD: [u8; 3] = [0xFF, 0xFF, 0x00];
const HEADER: usize = 8;
/// Longest DATA believed.
const MAX_DATA: usize = 1024;

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Sequence, 0X from the antenna and X0 from the host.
    pub seq: u8,
    /// DATA, its command first.
    pub data: Vec<u8>,
}

/// Finds frames in whatever the line brings. Their header may also occur inside DATA: length and CRC
/// tell.
#[derive(Debug, Default)]
pub struct Deframer {
    buffer: Vec<u8>,
}

impl Deframer {
    /// Takes bytes of the line.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame.
    pub fn next_frame(&mut self) -> Option<Frame> {
        loop {
            self.skip_noise();
            let &[_, _, _, seq, l0, l1, l2, l3, ref rest @ ..] = &self.buffer[..] else {
                return None;
            };
            let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
            if length > MAX_DATA {
                self.buffer.remove(0);
                continue;
            }
            let (data, crc) = rest.get(..length + 2)?.split_last_chunk()?;
            if crc_16(&self.buffer[2..HEADER + length]) != u16::from_be_bytes(*crc) {
                self.buffer.remove(0);
                continue;
            }
            let data = data.to_vec();
            self.buffer.drain(..HEADER + length + 2);
            return Some(Frame { seq, data });
        }
    }

    fn skip_noise(&mut self) {
        let is_start = |at: usize| {
            let here = &self.buffer[at..];
            let length = here.len().min(HEAD.len());
            here[..length] == HEAD[..length]
        };
        let noise = (0..self.buffer.len()).find(|&at| is_start(at));
        self.buffer.drain(..noise.unwrap_or(self.buffer.len()));
    }
}

/// CRC-16/X-25 over VER … DATA.
fn crc_16(bytes: &[u8]) -> u16 {
    let crc = bytes.iter().fold(0xFFFF, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0x8408
            } else {
                crc >> 1
            }
        })
    });
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::worked::{GANTRY, bytes};
    use alloc::vec;

    fn frames(line: &[u8]) -> Vec<Frame> {
        let mut deframer = Deframer::default();
        deframer.extend(line);
        core::iter::from_fn(|| deframer.next_frame()).collect()
    }

    /// A frame as an antenna would send it.
    fn encode(data: &[u8]) -> Vec<u8> {
        let mut frame = vec![0xFF, 0xFF, 0x00, 0x01];
        frame.extend((data.len() as u32).to_be_bytes());
        frame.extend(data);
        let crc = crc_16(&frame[2..]);
        frame.extend(crc.to_be_bytes());
        frame
    }

    #[test]
    fn the_check_value_of_the_catalogue_comes_out() {
        assert_eq!(crc_16(b"123456789"), 0x906E);
    }

    #[test]
    fn every_worked_frame_is_recognised() {
        for (name, frame, data) in GANTRY {
            let (frame, data) = (bytes(frame), bytes(data));
            let seq = frame[3];
            assert_eq!(frames(&frame), [Frame { seq, data }], "{name}");
        }
    }

    #[test]
    fn flags_inside_data_do_not_end_a_frame() {
        let data = bytes("B1 FF FF 00 01 00 00 00 01 FF FF");
        let line = [&[0xFF, 0x12][..], &encode(&data), &encode(&data)].concat();
        let found: Vec<_> = frames(&line).into_iter().map(|frame| frame.data).collect();
        assert_eq!(found, [&data[..], &data[..]]);
    }

    #[test]
    fn a_broken_frame_does_not_cost_the_next_one() {
        let data = bytes("B1 00");
        let mut broken = encode(&data);
        broken[9] ^= 1;
        let line = [
            &broken[..],
            &bytes("FF FF 00 01 FF FF FF FF"),
            &encode(&data),
        ]
        .concat();
        assert_eq!(frames(&line).len(), 1);
    }

    #[test]
    fn any_bytes_are_survived_and_the_buffer_stays_small() {
        let mut chance = Chance::new(16);
        let mut deframer = Deframer::default();
        for _ in 0..2_000 {
            let noise = [&HEAD[..], &chance.bytes(60)].concat();
            deframer.extend(&noise);
            while deframer.next_frame().is_some() {}
            assert!(deframer.buffer.len() <= HEADER + MAX_DATA + 2 + 63);
        }
    }
}
