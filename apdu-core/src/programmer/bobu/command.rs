//! Channel and device commands and their replies (serial reference §5.3). Which code is which command
//! is a matter of the profile.

use alloc::vec::Vec;

use crate::programmer::Malformed;

/// Status of a reply: good.
pub const OK: u8 = 0x00;
/// Status of a reply: the card does not answer to reset.
pub const NO_CARD: u8 = 0xCF;

/// `code dt LENlo LENhi TLV`: an instruction list to a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelRequest<'a> {
    /// Command.
    pub code: u8,
    /// Data type: high nibble chip, low nibble 0 plain.
    pub dt: u8,
    /// The TLV list.
    pub list: &'a [u8],
}

impl<'a> ChannelRequest<'a> {
    /// The message; the list is at most 65 535 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        debug_assert!(self.list.len() <= 0xFFFF, "LEN is two bytes");
        let [low, high] = (self.list.len() as u16).to_le_bytes();
        [&[self.code, self.dt, low, high], self.list].concat()
    }

    /// Reads a message.
    pub fn parse(message: &'a [u8]) -> Result<Self, Malformed> {
        let &[code, dt, ref counted @ ..] = message else {
            return Err(Malformed("channel command"));
        };
        let list = counted_list(counted)?;
        Ok(Self { code, dt, list })
    }
}

/// `code st dt LENlo LENhi TLV`: the answers of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelReply<'a> {
    /// Command it answers, as a reply.
    pub code: u8,
    /// Data type.
    pub dt: u8,
    /// The TLV list.
    pub list: &'a [u8],
}

impl<'a> ChannelReply<'a> {
    /// Reads what follows code and a good status.
    pub fn parse(code: u8, after_status: &'a [u8]) -> Result<Self, Malformed> {
        let (&dt, counted) = after_status
            .split_first()
            .ok_or(Malformed("channel reply"))?;
        let list = counted_list(counted)?;
        Ok(Self { code, dt, list })
    }

    /// The message.
    pub fn to_bytes(&self) -> Vec<u8> {
        let [low, high] = (self.list.len() as u16).to_le_bytes();
        [&[self.code, OK, self.dt, low, high], self.list].concat()
    }
}

/// Any reply: `code st …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// Command it answers, as a reply.
    pub code: u8,
    /// [`OK`], or why not.
    pub status: u8,
    /// What follows.
    pub rest: &'a [u8],
}

impl<'a> Reply<'a> {
    /// Reads a message.
    pub fn parse(message: &'a [u8]) -> Result<Self, Malformed> {
        match *message {
            [code, status, ref rest @ ..] => Ok(Self { code, status, rest }),
            _ => Err(Malformed("reply")),
        }
    }
}

fn counted_list(bytes: &[u8]) -> Result<&[u8], Malformed> {
    match bytes {
        [low, high, list @ ..] if list.len() == usize::from(u16::from_le_bytes([*low, *high])) => {
            Ok(list)
        }
        _ => Err(Malformed("channel command")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::bobu::list;
    use crate::programmer::worked::{BOBU, bytes};

    #[test]
    fn the_worked_lists_go_to_their_chips() {
        let to = |name: &str| name.contains("list");
        for (name, _, data) in BOBU.iter().filter(|worked| to(worked.0)) {
            let message = bytes(data);
            let request = ChannelRequest::parse(&message).expect(name);
            assert_eq!(request.to_bytes(), message, "{name}");
            assert!(list::parse(list::REQUEST, request.list).is_ok(), "{name}");
        }
    }

    #[test]
    fn the_worked_replies_are_read() {
        let message = bytes("B1 00 20 0E 00 81 0C 01 02 90 00 02 06 A1 B2 C3 D4 90 00");
        let reply = Reply::parse(&message).expect("a reply");
        assert_eq!((reply.code, reply.status), (0xB1, OK));
        let channel = ChannelReply::parse(reply.code, reply.rest).expect("answers");
        assert_eq!(channel.to_bytes(), message);
        let answers = list::parse(list::REPLY, channel.list).expect("a list");
        assert_eq!(answers, [(1, &[0x90, 0x00][..]), (2, &message[13..])]);

        let message = bytes("B2 00 04 11 22 33 44");
        let reply = Reply::parse(&message).expect("a reply");
        assert_eq!(reply.rest, bytes("04 11 22 33 44"));
    }

    #[test]
    fn a_length_that_disagrees_with_the_message_is_refused() {
        for bad in [
            "",
            "A1",
            "A1 20",
            "A1 20 01",
            "A1 20 01 00",
            "A1 20 00 01 AA",
            "A1 20 00 00 AA",
        ] {
            assert!(ChannelRequest::parse(&bytes(bad)).is_err(), "{bad}");
        }
        assert!(ChannelReply::parse(0xB1, &bytes("20 02 00 81")).is_err());
        assert!(Reply::parse(&[0xB1]).is_err());
    }

    #[test]
    fn any_message_is_a_command_or_none() {
        let mut chance = Chance::new(14);
        for _ in 0..5_000 {
            let message = [&chance.bytes(3)[..], &[0], &chance.bytes(8)].concat();
            if let Ok(request) = ChannelRequest::parse(&message) {
                assert_eq!(request.to_bytes(), message);
            }
            if let Ok(reply) = ChannelReply::parse(0xB1, &message) {
                assert_eq!(reply.to_bytes()[2..], message);
            }
        }
    }
}
