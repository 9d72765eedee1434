//! Dialect A, the envelope of DSRC devices (serial reference §2): `FF FF | body | BCC | FF`, stuffed between the
//! delimiters.

/// The frame of a body, its check byte changed by `spoil`.
pub fn encode(body: &[u8], spoil: u8) -> Vec<u8> {
    let check = body.iter().fold(spoil, |sum, byte| sum ^ byte);
    let mut frame = vec![0xFF, 0xFF];
    for &byte in body.iter().chain([&check]) {
        if byte >= 0xFE {
            frame.extend([0xFE, byte & 1]);
        } else {
            frame.push(byte);
        }
    }
    frame.push(0xFF);
    frame
}

/// Finds frames in what the host sends.
#[derive(Debug, Clone, Default)]
pub struct Deframer {
    /// FFs in a row before the first byte of a frame; two begin it.
    flags: u8,
    inside: Vec<u8>,
    escaped: bool,
    broken: bool,
}

impl Deframer {
    /// Takes one byte; gives the body of a frame that has ended well. One that has not is dropped.
    pub fn push(&mut self, byte: u8) -> Option<Vec<u8>> {
        if self.flags < 2 {
            self.flags = if byte == 0xFF { self.flags + 1 } else { 0 };
            return None;
        }
        match (byte, std::mem::take(&mut self.escaped)) {
            (0xFF, escaped) => return self.end(escaped),
            (0xFE, false) => self.escaped = true,
            (0x00 | 0x01, true) => self.inside.push(0xFE | byte),
            (_, true) => self.broken = true,
            (byte, false) => self.inside.push(byte),
        }
        None
    }

    fn end(&mut self, escaped: bool) -> Option<Vec<u8>> {
        if self.inside.is_empty() && !escaped && !self.broken {
            return None; // one more FF of the header
        }
        let mut whole = std::mem::take(self);
        let sum = whole.inside.iter().fold(0, |sum, byte| sum ^ byte);
        let good = !escaped && !whole.broken && whole.inside.len() > 1 && sum == 0;
        whole.inside.pop();
        good.then_some(whole.inside)
    }
}
