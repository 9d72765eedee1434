//! Command and response APDUs, ISO/IEC 7816-4 §5: cases 1 to 4, short and extended.

use alloc::vec::Vec;
use core::fmt;

use crate::sw::Sw;

/// Whether a command may reach the card a second time.
///
/// Marked where the command is built, honoured by every layer below: a [`Once`](Repeat::Once) command
/// is put on the wire at most once per call, and ends as *answered* or as *unknown*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Changes the card (CREDIT, secured UPDATE) or spends a try (VERIFY, EXTERNAL AUTHENTICATE).
    Once,
    /// Reads, or starts over without harm (INITIALIZE FOR LOAD replaces its own pending session).
    Repeatable,
}

/// A command APDU.
///
/// `ne` is the number of answer bytes expected (0 = none); 256 is the short and 65 536 the extended
/// "all there is".
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Class, instruction and the two parameters.
    pub header: [u8; 4],
    /// Command data, 0 to 65 535 bytes.
    pub data: Vec<u8>,
    /// Expected length of the answer, 0 to 65 536.
    pub ne: u32,
    /// Whether the command may be put on the wire again.
    pub repeat: Repeat,
    /// Whether the data must stay out of every trace (a PIN).
    pub secret: bool,
}

impl Command {
    /// A repeatable command without data; `ne` answer bytes are expected.
    pub fn read(header: [u8; 4], ne: u32) -> Self {
        Self {
            header,
            data: Vec::new(),
            ne,
            repeat: Repeat::Repeatable,
            secret: false,
        }
    }

    /// A repeatable command with data.
    pub fn with_data(header: [u8; 4], data: &[u8], ne: u32) -> Self {
        Self {
            data: data.to_vec(),
            ..Self::read(header, ne)
        }
    }

    /// The same command, to be put on the wire at most once.
    pub fn once(self) -> Self {
        Self {
            repeat: Repeat::Once,
            ..self
        }
    }

    /// The same command, its data kept out of traces.
    pub fn secret(self) -> Self {
        Self {
            secret: true,
            ..self
        }
    }

    /// The bytes on the wire. Short coding wherever it can carry the command.
    pub fn to_bytes(&self) -> Vec<u8> {
        let short = self.data.len() <= 255 && self.ne <= 256;
        let mut bytes = Vec::with_capacity(4 + 3 + self.data.len() + 3);
        bytes.extend_from_slice(&self.header);
        if short {
            if !self.data.is_empty() {
                bytes.push(self.data.len() as u8);
                bytes.extend_from_slice(&self.data);
            }
            if self.ne > 0 {
                bytes.push(self.ne as u8); // 256 is coded 00
            }
        } else {
            bytes.push(0);
            if !self.data.is_empty() {
                bytes.extend_from_slice(&(self.data.len() as u16).to_be_bytes());
                bytes.extend_from_slice(&self.data);
            }
            if self.ne > 0 {
                bytes.extend_from_slice(&(self.ne as u16).to_be_bytes()); // 65 536 is coded 0000
            }
        }
        bytes
    }

    /// Reads a command from its wire bytes. It comes back [`Repeat::Once`]: whoever knows that a
    /// foreign command may be repeated says so.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let (header, body) = bytes.split_first_chunk::<4>().ok_or(Malformed)?;
        let (data, ne): (&[u8], u32) = match *body {
            [] => (&[], 0),
            [le] => (&[], short_ne(le)),
            [0, hi, lo] => (&[], extended_ne(hi, lo)),
            [0, hi, lo, ref rest @ ..] => {
                let nc = usize::from(u16::from_be_bytes([hi, lo]));
                let (data, le) = rest.split_at_checked(nc).ok_or(Malformed)?;
                match (nc, le) {
                    (0, _) => return Err(Malformed),
                    (_, []) => (data, 0),
                    (_, &[hi, lo]) => (data, extended_ne(hi, lo)),
                    _ => return Err(Malformed),
                }
            }
            [nc, ref rest @ ..] => {
                let (data, le) = rest.split_at_checked(usize::from(nc)).ok_or(Malformed)?;
                match (nc, le) {
                    (0, _) => return Err(Malformed),
                    (_, []) => (data, 0),
                    (_, &[le]) => (data, short_ne(le)),
                    _ => return Err(Malformed),
                }
            }
        };
        Ok(Self::with_data(*header, data, ne).once())
    }
}

/// Shows header and lengths; data only where it is no secret.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", crate::hex::Upper(&self.header))?;
        if self.secret {
            write!(f, " [{} secret bytes]", self.data.len())?;
        } else if !self.data.is_empty() {
            write!(f, " {}", crate::hex::Upper(&self.data))?;
        }
        if self.ne > 0 {
            write!(f, " Ne={}", self.ne)?;
        }
        Ok(())
    }
}

fn short_ne(le: u8) -> u32 {
    if le == 0 { 256 } else { u32::from(le) }
}

fn extended_ne(hi: u8, lo: u8) -> u32 {
    match u16::from_be_bytes([hi, lo]) {
        0 => 65_536,
        ne => u32::from(ne),
    }
}

/// The bytes are no APDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an APDU")]
pub struct Malformed;

/// A response APDU: data, 0 to 65 536 bytes, and the status word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The answer without its status word.
    pub data: Vec<u8>,
    /// SW1 SW2.
    pub sw: Sw,
}

impl Response {
    /// Splits wire bytes into data and status word.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let (data, sw) = bytes.split_last_chunk::<2>().ok_or(Malformed)?;
        Ok(Self {
            data: data.to_vec(),
            sw: Sw(u16::from_be_bytes(*sw)),
        })
    }

    /// The bytes on the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.data[..], &self.sw.0.to_be_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn the_four_short_cases_are_coded_as_the_standard_draws_them() {
        let header = [0x00, 0xA4, 0x00, 0x00];
        assert_eq!(Command::read(header, 0).to_bytes(), header);
        assert_eq!(Command::read(header, 256).to_bytes(), [0, 0xA4, 0, 0, 0]);
        assert_eq!(
            Command::with_data(header, &[0x10, 0x01], 0).to_bytes(),
            [0, 0xA4, 0, 0, 2, 0x10, 0x01]
        );
        assert_eq!(
            Command::with_data(header, &[0x10, 0x01], 16).to_bytes(),
            [0, 0xA4, 0, 0, 2, 0x10, 0x01, 16]
        );
    }

    #[test]
    fn long_data_or_a_long_answer_makes_the_command_extended() {
        let header = [0x00, 0xB0, 0x00, 0x00];
        assert_eq!(Command::read(header, 65_536).to_bytes()[4..], [0, 0, 0]);
        assert_eq!(Command::read(header, 257).to_bytes()[4..], [0, 1, 1]);
        let command = Command::with_data(header, &vec![7; 256], 65_536);
        let bytes = command.to_bytes();
        assert_eq!(bytes[4..7], [0, 1, 0]);
        assert_eq!(bytes[7 + 256..], [0, 0]);
    }

    #[test]
    fn every_case_survives_the_round_trip() {
        for nc in [0, 1, 255, 256, 65_535] {
            for ne in [0, 1, 255, 256, 257, 65_535, 65_536] {
                let command =
                    Command::with_data([0x80, 0x50, 0x00, 0x02], &vec![0xA5; nc], ne).once();
                assert_eq!(
                    Command::parse(&command.to_bytes()),
                    Ok(command),
                    "{nc} {ne}"
                );
            }
        }
    }

    #[test]
    fn bytes_that_are_no_apdu_are_refused() {
        for bad in [
            &[][..],
            &[0, 0xA4, 0],
            &[0, 0xA4, 0, 0, 2, 1],
            &[0, 0xA4, 0, 0, 1, 1, 0, 0],
            &[0, 0xA4, 0, 0, 0, 0, 2, 1],
            &[0, 0xA4, 0, 0, 0, 0, 1, 1, 1],
            &[0, 0xA4, 0, 0, 0, 0, 0, 1],
        ] {
            assert_eq!(Command::parse(bad), Err(Malformed), "{bad:?}");
        }
        assert_eq!(Response::parse(&[0x90]), Err(Malformed));
    }

    #[test]
    fn a_secret_never_shows_in_debug_output() {
        let verify = Command::with_data([0, 0x20, 0, 0], b"123456", 0)
            .once()
            .secret();
        assert_eq!(alloc::format!("{verify:?}"), "00200000 [6 secret bytes]");
    }
}
