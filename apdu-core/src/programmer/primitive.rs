//! Dialect A′, the issuing primitives inside envelope A (serial reference §3).
//!
//! ```text
//! RSCTL | CMD | PRIM | LEN | PAYLOAD      LEN counts PAYLOAD; a PSAM reset has none
//! ```

use alloc::vec::Vec;

use super::Malformed;

/// PRIM of the DSRC command (F0 → E0).
pub mod dsrc {
    /// INITIALISATION: a BST out, a VST in.
    pub const INITIALISATION: u8 = 0x00;
    /// GetSecure.
    pub const GET_SECURE: u8 = 0x01;
    /// TransferChannel.
    pub const TRANSFER_CHANNEL: u8 = 0x02;
    /// SetMMI.
    pub const SET_MMI: u8 = 0x03;
    /// EVENT_REPORT, which is not answered.
    pub const EVENT_REPORT: u8 = 0x04;
}

/// PRIM of a PSAM command (F1 to F3 → E1 to E3).
pub mod psam {
    /// Reset at a baud rate.
    pub const RESET: u8 = 0x00;
    /// An APDU list.
    pub const LIST: u8 = 0x01;
}

/// A body of envelope A read as a primitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Primitive<'a> {
    /// RSCTL 串口帧序号.
    pub rsctl: u8,
    /// CMD.
    pub command: u8,
    /// PRIM.
    pub primitive: u8,
    /// What follows: LEN and PAYLOAD in most.
    pub rest: &'a [u8],
}

impl<'a> Primitive<'a> {
    /// Reads a body of at least three bytes.
    pub fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        match *body {
            [rsctl, command, primitive, ref rest @ ..] => Ok(Self {
                rsctl,
                command,
                primitive,
                rest,
            }),
            _ => Err(Malformed("primitive")),
        }
    }

    /// The body.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = [self.rsctl, self.command, self.primitive];
        [&head, self.rest].concat()
    }

    /// PAYLOAD, where LEN agrees with what is there.
    pub fn payload(&self) -> Result<&'a [u8], Malformed> {
        parse_counted(self.rest)
    }
}

/// LEN and PAYLOAD.
pub fn counted(payload: &[u8]) -> Result<Vec<u8>, Malformed> {
    let length = u8::try_from(payload.len()).map_err(|_| Malformed("payload"))?;
    Ok([&[length], payload].concat())
}

/// PAYLOAD of LEN and PAYLOAD.
fn parse_counted(bytes: &[u8]) -> Result<&[u8], Malformed> {
    match bytes {
        [length, payload @ ..] if payload.len() == usize::from(*length) => Ok(payload),
        _ => Err(Malformed("payload")),
    }
}

/// What a device says first in every PSAM reply.
const VALID: u8 = 0;

/// The answer of a PSAM slot, without the byte that says whether it is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PsamReply<T> {
    /// 0: done.
    Valid(T),
    /// 1: no card in the slot. What other values mean is not known, so they are kept.
    Refused(u8),
}

/// Reads `valid terminalId(6)`, the answer of a PSAM reset; with LEN before it where `has_length`.
pub fn parse_psam_reset(rest: &[u8], has_length: bool) -> Result<PsamReply<[u8; 6]>, Malformed> {
    let bytes = if has_length {
        parse_counted(rest)?
    } else {
        rest
    };
    match bytes {
        [VALID, terminal @ ..] => match terminal.try_into() {
            Ok(terminal) => Ok(PsamReply::Valid(terminal)),
            Err(_) => Err(Malformed("PSAM reset")),
        },
        [refused, ..] => Ok(PsamReply::Refused(*refused)),
        [] => Err(Malformed("PSAM reset")),
    }
}

/// Reads `valid LEN n (len data SW)×n`, the answer of a PSAM list, up to its list.
pub fn parse_psam_list(rest: &[u8]) -> Result<PsamReply<&[u8]>, Malformed> {
    match rest {
        [VALID, counted @ ..] => parse_counted(counted).map(PsamReply::Valid),
        [refused, ..] => Ok(PsamReply::Refused(*refused)),
        [] => Err(Malformed("PSAM list")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::worked::{PRIMITIVES, bytes};

    #[test]
    fn every_worked_body_is_taken_apart_and_put_together_again() {
        for (name, _, body) in PRIMITIVES {
            let body = bytes(body);
            let primitive = Primitive::parse(&body).expect(name);
            assert_eq!(primitive.to_bytes(), body, "{name}");
            if let Ok(payload) = primitive.payload() {
                assert_eq!(counted(payload).as_deref(), Ok(primitive.rest), "{name}");
            } else {
                assert!(name.starts_with("PSAM"), "{name} has a LEN");
            }
        }
    }

    #[test]
    fn a_length_that_disagrees_with_the_body_is_refused() {
        for rest in ["", "01", "00 01", "03 01 02", "01 01 02"] {
            assert_eq!(parse_counted(&bytes(rest)), Err(Malformed("payload")));
        }
        assert_eq!(counted(&[0; 256]), Err(Malformed("payload")));
    }

    #[test]
    fn a_psam_slot_says_whether_it_is_there() {
        let terminal = bytes("00 01 02 03 04 05 06");
        let valid = PsamReply::Valid([1, 2, 3, 4, 5, 6]);
        assert_eq!(parse_psam_reset(&terminal, false), Ok(valid));
        assert_eq!(
            parse_psam_reset(&bytes("01"), false),
            Ok(PsamReply::Refused(1))
        );
        let with_length = [&[7], &terminal[..]].concat();
        assert_eq!(parse_psam_reset(&with_length, true), Ok(valid));
        for bad in ["", "00", "00 01 02 03 04 05", "00 01 02 03 04 05 06 07"] {
            assert!(parse_psam_reset(&bytes(bad), false).is_err(), "{bad}");
        }
        assert_eq!(parse_psam_list(&bytes("01")), Ok(PsamReply::Refused(1)));
        assert_eq!(
            parse_psam_list(&bytes("00 04 01 00 90 00")),
            Ok(PsamReply::Valid(&bytes("01 00 90 00")[..]))
        );
        assert!(parse_psam_list(&bytes("00 03 01 00 90 00")).is_err());
    }

    #[test]
    fn any_bytes_are_a_primitive_or_none() {
        let mut chance = Chance::new(3);
        for _ in 0..5_000 {
            let body = chance.bytes(24);
            if let Ok(primitive) = Primitive::parse(&body) {
                assert_eq!(primitive.to_bytes(), body);
                if let Ok(payload) = primitive.payload() {
                    assert_eq!(counted(payload).as_deref(), Ok(primitive.rest));
                }
            }
            let _ = parse_psam_reset(&body, true);
            let _ = parse_psam_list(&body);
        }
    }
}
