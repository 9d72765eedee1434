//! Dialect C: "33" and "50" frames, their fragments, TLV lists, and the WeChat packet around them (serial
//! reference §5).

use super::model::Start;

/// Most DATA bytes in one frame.
const MAX_FRAGMENT: usize = 95;
/// WeChat: a packet from the device.
const FROM_DEVICE: u16 = 0x2712;

/// The frames of a message; the check byte of the last is changed by `spoil`.
pub fn encode(start: Start, sn: u8, message: &[u8], spoil: u8) -> Vec<Vec<u8>> {
    let pieces: Vec<_> = message.chunks(MAX_FRAGMENT).collect();
    let count = pieces.len();
    let frames = pieces.iter().enumerate().map(|(at, piece)| {
        let spoil = if at + 1 == count { spoil } else { 0 };
        let first = if at == 0 { 0x80 } else { 0x00 };
        let (head, covered) = match start {
            // Counts down; the start byte is not checked.
            Start::ThreeThree => ([0x33, sn, first | (count - 1 - at) as u8], 1),
            // Counts up, the first frame naming their number.
            Start::Fifty if at == 0 => ([0x50, 0x80, count as u8], 0),
            Start::Fifty => ([0x50, 0x00, (at + 1) as u8], 0),
        };
        let mut frame = [&head[..], &[piece.len() as u8], piece].concat();
        frame.push(frame[covered..].iter().fold(spoil, |sum, byte| sum ^ byte));
        frame
    });
    frames.collect()
}

/// Takes messages out of what the host sends.
#[derive(Debug, Clone, Default)]
pub struct Deframer {
    bytes: Vec<u8>,
    message: Vec<u8>,
    /// Frames of the message that are still to come.
    missing: usize,
}

impl Deframer {
    /// Takes bytes of the line.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// The next whole message, with its SN.
    pub fn next_message(&mut self, start: Start) -> Option<(u8, Vec<u8>)> {
        loop {
            let (a, b, data) = self.next_frame(start)?;
            let (first, here) = match start {
                Start::ThreeThree => (b & 0x80 != 0, usize::from(b & 0x7F)),
                Start::Fifty if a == 0x80 => (true, usize::from(b).saturating_sub(1)),
                // A frame that counts up: what is missing goes down by one.
                Start::Fifty => (false, self.missing.saturating_sub(1)),
            };
            if first {
                self.message.clear();
            } else if self.missing != here + 1 {
                self.message.clear();
                self.missing = 0;
                continue; // a gap costs the message
            }
            self.missing = here;
            self.message.extend(data);
            if here == 0 {
                let sn = if start == Start::ThreeThree { a } else { 1 };
                return Some((sn, std::mem::take(&mut self.message)));
            }
        }
    }

    /// The two bytes of a frame's head, and its data.
    fn next_frame(&mut self, start: Start) -> Option<(u8, u8, Vec<u8>)> {
        let (byte, covered) = match start {
            Start::ThreeThree => (0x33, 1),
            Start::Fifty => (0x50, 0),
        };
        loop {
            let noise = self.bytes.iter().take_while(|b| **b != byte).count();
            self.bytes.drain(..noise);
            let length = usize::from(*self.bytes.get(3)?);
            let frame = self.bytes.get(..4 + length + 1)?;
            if frame[covered..].iter().fold(0, |sum, byte| sum ^ byte) != 0 {
                self.bytes.remove(0);
                continue;
            }
            let taken = (frame[1], frame[2], frame[4..4 + length].to_vec());
            self.bytes.drain(..4 + length + 1);
            return Some(taken);
        }
    }
}

/// A packet of this command around a body.
pub fn packet(command: u16, seq: u16, body: &[u8]) -> Vec<u8> {
    let length = (8 + body.len()) as u16;
    let head = [0xFE01, length, command, seq].map(u16::to_be_bytes);
    [head.as_flattened(), body].concat()
}

/// The packet in which a device sends a frame; it ends its message with a type of two bytes.
pub fn wrap(seq: u16, frame: &[u8]) -> Vec<u8> {
    let head = [0x0A, 0x00, 0x12, frame.len() as u8];
    packet(
        FROM_DEVICE,
        seq,
        &[&head[..], frame, &[0x18, 0x91, 0x4E]].concat(),
    )
}

/// Takes the next packet off the front: its command and its body.
pub fn next_packet(bytes: &mut Vec<u8>) -> Option<(u16, Vec<u8>)> {
    let begin = bytes.windows(2).position(|two| two == [0xFE, 0x01]);
    bytes.drain(..begin.unwrap_or(bytes.len().saturating_sub(1)));
    let &[_, _, l0, l1, c0, c1, _, _, ..] = &bytes[..] else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([l0, l1])).max(8);
    let body = bytes.get(8..length)?.to_vec();
    bytes.drain(..length);
    Some((u16::from_be_bytes([c0, c1]), body))
}

/// The frame in the body of a data packet of the host: `0A 00 12 len frame 18 00`.
pub fn unwrap(body: &[u8]) -> Option<&[u8]> {
    match body {
        [0x0A, 0x00, 0x12, length, rest @ ..] => rest.get(..usize::from(*length)),
        _ => None,
    }
}

/// Entries of an instruction list `80 L (tag len apdu)×n`.
pub fn parse_list(list: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut rest = match list {
        [0x80, 0x81, length, rest @ ..] if rest.len() == usize::from(*length) => rest,
        [0x80, length @ ..=0x80, rest @ ..] if rest.len() == usize::from(*length) => rest,
        _ => return None,
    };
    let mut entries = Vec::new();
    while let [tag, length, after @ ..] = rest {
        let (apdu, after) = after.split_at_checked(usize::from(*length))?;
        entries.push((*tag, apdu));
        rest = after;
    }
    rest.is_empty().then_some(entries)
}

/// A list of answers `81 L (tag len data SW)×n`.
pub fn encode_list(entries: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut inside = Vec::new();
    for (tag, answer) in entries {
        inside.extend([*tag, answer.len() as u8]);
        inside.extend(answer);
    }
    let mut list = vec![0x81];
    match inside.len() {
        0..=0x80 => {}
        0x81..=0xFF => list.push(0x81),
        more => list.extend([0x82, (more >> 8) as u8]),
    }
    list.push(inside.len() as u8);
    list.extend(inside);
    list
}
