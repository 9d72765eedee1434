//! The WeChat packet around a frame, for devices that insist on it (serial reference §5.6).
//!
//! ```text
//! FE 01 | length(2, of all) | command(2) | seq(2) | protobuf: 0A 00 | 12 len FRAME | 18 type
//! ```

use alloc::vec::Vec;

use crate::programmer::Malformed;

/// Command of a packet to the device.
pub const TO_DEVICE: u16 = 0x7531;
/// Commands of packets from the device.
pub const FROM_DEVICE: u16 = 0x2712;
/// The device wants to be authenticated.
pub const AUTHENTICATE: u16 = 0x2711;
/// The device wants to be initialised.
pub const INITIALISE: u16 = 0x2713;

/// What [`AUTHENTICATE`] is answered with: anybody may.
pub const AUTHENTICATED: [u8; 18] = [
    0xFE, 0x01, 0x00, 0x12, 0x4E, 0x21, 0x00, 0x01, 0x0A, 0x06, 0x08, 0x00, 0x12, 0x02, 0x4F, 0x4B,
    0x12, 0x00,
];
/// What [`INITIALISE`] is answered with.
pub const INITIALISED: [u8; 22] = [
    0xFE, 0x01, 0x00, 0x16, 0x4E, 0x23, 0x00, 0x02, 0x0A, 0x06, 0x08, 0x00, 0x12, 0x02, 0x4F, 0x4B,
    0x10, 0x00, 0x18, 0x00, 0x20, 0x00,
];

const HEAD: [u8; 2] = [0xFE, 0x01];
const HEADER: usize = 8;
/// Longest packet believed.
const MAX_PACKET: usize = 1024;

/// Fields of the protobuf message, number and wire type.
const NO_BASE_REQUEST: [u8; 2] = [0x0A, 0x00];
const DATA: u8 = 0x12;
const NO_TYPE: [u8; 2] = [0x18, 0x00];

/// The packet around a frame of at most 127 bytes.
pub fn wrap(seq: u16, frame: &[u8]) -> Result<Vec<u8>, Malformed> {
    let length = u8::try_from(frame.len()).map_err(|_| Malformed("packet"))?;
    if length > 0x7F {
        return Err(Malformed("packet"));
    }
    let whole = HEADER + 4 + frame.len() + 2;
    let mut packet = Vec::with_capacity(whole);
    packet.extend(HEAD);
    packet.extend((whole as u16).to_be_bytes());
    packet.extend(TO_DEVICE.to_be_bytes());
    packet.extend(seq.to_be_bytes());
    packet.extend(NO_BASE_REQUEST);
    packet.extend([DATA, length]);
    packet.extend_from_slice(frame);
    packet.extend(NO_TYPE);
    Ok(packet)
}

/// A packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// What it is.
    pub command: u16,
    /// Its number.
    pub seq: u16,
    /// The protobuf message.
    pub body: Vec<u8>,
}

impl Packet {
    /// The frame in a data packet: field 2 of its message.
    pub fn frame(&self) -> Result<&[u8], Malformed> {
        let mut rest = &self.body[..];
        while !rest.is_empty() {
            let (key, after) = varint(rest)?;
            let (value, after) = varint(after)?;
            match key & 0b111 {
                0 => rest = after,
                2 => {
                    let length = usize::try_from(value).map_err(|_| Malformed("packet"))?;
                    let (field, after) =
                        after.split_at_checked(length).ok_or(Malformed("packet"))?;
                    if key == u64::from(DATA) {
                        return Ok(field);
                    }
                    rest = after;
                }
                _ => break,
            }
        }
        Err(Malformed("packet"))
    }
}

/// A number of the protobuf coding, seven bits per byte, least first.
fn varint(bytes: &[u8]) -> Result<(u64, &[u8]), Malformed> {
    let mut value = 0;
    for (at, &byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok((value, &bytes[at + 1..]));
        }
    }
    Err(Malformed("packet"))
}

/// Finds packets in whatever the line brings.
#[derive(Debug, Default)]
pub struct Deframer {
    buffer: Vec<u8>,
    stale: bool,
}

impl Deframer {
    /// Takes bytes of the line.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next packet.
    pub fn next_packet(&mut self) -> Option<Packet> {
        loop {
            self.skip_noise();
            let &[_, _, l0, l1, c0, c1, s0, s1, ref rest @ ..] = &self.buffer[..] else {
                return None;
            };
            let whole = usize::from(u16::from_be_bytes([l0, l1]));
            if !(HEADER..=MAX_PACKET).contains(&whole) {
                self.buffer.remove(0);
                continue;
            }
            let body = rest.get(..whole - HEADER)?.to_vec();
            self.buffer.drain(..whole);
            if !core::mem::take(&mut self.stale) {
                return Some(Packet {
                    command: u16::from_be_bytes([c0, c1]),
                    seq: u16::from_be_bytes([s0, s1]),
                    body,
                });
            }
        }
    }

    /// Whether a packet has begun and not ended.
    pub fn is_inside(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The packet under way, if there is one, is no longer awaited: it will be dropped at its end.
    pub fn let_go(&mut self) {
        self.stale = self.is_inside();
    }

    /// Nothing came for a while: what looked like the start of a packet was none.
    pub fn give_up(&mut self) {
        self.stale = false;
        if self.is_inside() {
            self.buffer.remove(0);
        }
        self.skip_noise();
    }

    fn skip_noise(&mut self) {
        let is_start = |at: usize| match self.buffer[at..] {
            [first] => first == HEAD[0],
            [first, second, ..] => [first, second] == HEAD,
            [] => false,
        };
        let noise = (0..self.buffer.len()).find(|&at| is_start(at));
        self.buffer.drain(..noise.unwrap_or(self.buffer.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::worked::{WRAPPED, bytes};

    fn packets(line: &[u8]) -> Vec<Packet> {
        let mut deframer = Deframer::default();
        deframer.extend(line);
        core::iter::from_fn(|| deframer.next_packet()).collect()
    }

    #[test]
    fn every_worked_packet_is_its_frame_and_back() {
        for (name, packet, frame) in WRAPPED {
            let (packet, frame) = (bytes(packet), bytes(frame));
            let read = packets(&packet);
            assert_eq!((read.len(), read[0].command), (1, TO_DEVICE), "{name}");
            assert_eq!(read[0].frame(), Ok(&frame[..]), "{name}");
            assert_eq!(wrap(read[0].seq, &frame), Ok(packet), "{name}");
        }
    }

    #[test]
    fn the_fixed_answers_are_packets_of_their_length() {
        let commands = |packet: &[u8]| {
            packets(packet)
                .iter()
                .map(|p| p.command)
                .collect::<Vec<_>>()
        };
        assert_eq!(commands(&AUTHENTICATED), [0x4E21]);
        assert_eq!(commands(&INITIALISED), [0x4E23]);
    }

    #[test]
    fn a_device_may_end_its_message_with_a_long_type() {
        let packet = Packet {
            command: FROM_DEVICE,
            seq: 1,
            body: bytes("0A 00 12 02 33 02 18 91 4E"),
        };
        assert_eq!(packet.frame(), Ok(&[0x33, 0x02][..]));
        for bad in [
            "",
            "0A 00",
            "12 03 33 02",
            "12",
            "FF FF FF FF FF FF FF FF FF FF",
            "0B 00 12 00",
        ] {
            let body = bytes(bad);
            assert!(
                Packet {
                    body,
                    ..packet.clone()
                }
                .frame()
                .is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn noise_and_absurd_lengths_are_skipped() {
        let packet = bytes(WRAPPED[0].1);
        for noise in ["", "FE", "FE FE", "00 FE 01 FF FF", "FE 01 00 07"] {
            let line = [&bytes(noise)[..], &packet].concat();
            assert_eq!(packets(&line).len(), 1, "{noise}");
        }
        let mut deframer = Deframer::default();
        deframer.extend(&[&bytes("FE 01 01 00")[..], &packet].concat());
        assert_eq!(deframer.next_packet(), None, "256 bytes are awaited");
        deframer.give_up();
        assert!(deframer.next_packet().is_some());
    }

    #[test]
    fn a_packet_that_is_let_go_is_dropped_and_the_next_one_is_not() {
        let (late, awaited) = (bytes(WRAPPED[0].1), bytes(WRAPPED[1].1));
        let mut deframer = Deframer::default();
        deframer.extend(&late[..9]);
        assert_eq!(deframer.next_packet(), None);
        deframer.let_go();
        deframer.extend(&[&late[9..], &awaited].concat());
        assert_eq!(deframer.next_packet().map(|packet| packet.seq), Some(4));
        assert_eq!(deframer.next_packet(), None);
    }

    #[test]
    fn any_frame_survives_the_round_trip_and_any_bytes_are_survived() {
        let mut chance = Chance::new(15);
        for _ in 0..2_000 {
            let frame = chance.bytes(0x7F);
            let packet = wrap(7, &frame).expect("short");
            assert_eq!(packets(&packet)[0].frame(), Ok(&frame[..]));
            let noise = [&[0xFE, 0x01, 0x00][..], &chance.bytes(60)].concat();
            for packet in packets(&noise) {
                let _ = packet.frame();
            }
        }
        assert!(wrap(0, &[0; 0x80]).is_err());
    }
}
