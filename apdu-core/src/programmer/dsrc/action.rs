//! Action.request and Action.response: TransferChannel, GetSecure, SetMMI; and EVENT_REPORT.

use alloc::vec::Vec;

use crate::apdu::Response;
use crate::obu_programmer::{Channel, Mmi};
use crate::programmer::Malformed;
use crate::programmer::apdu_list::{self, SwCounted};

/// DID of the ETC application.
pub const ETC_APPLICATION: u8 = 0x01;

const REQUEST: u8 = 0x05;
/// Action.response; its bit 3 announces a container.
const RESPONSE: u8 = 0x10;
const HAS_CONTAINER: u8 = 0x08;

/// actionType.
const GET_SECURE: u8 = 0x00;
const TRANSFER_CHANNEL: u8 = 0x03;
const SET_MMI: u8 = 0x04;

/// Containers.
const GET_SECURE_RQ: u8 = 0x14;
const GET_SECURE_RS: u8 = 0x15;
const CHANNEL_RQ: u8 = 0x18;
const CHANNEL_RS: u8 = 0x19;
const SET_MMI_RQ: u8 = 0x1A;
const SET_MMI_RS: u8 = 0x1B;

/// ChannelID.
fn channel_id(channel: Channel) -> u8 {
    match channel {
        Channel::Card => 0x01,
        Channel::Esam => 0x02,
    }
}

/// T-APDU of a TransferChannel with an APDU list.
pub fn transfer_channel<T: AsRef<[u8]>>(
    channel: Channel,
    apdus: &[T],
) -> Result<Vec<u8>, Malformed> {
    let mut container = Vec::from([CHANNEL_RQ, channel_id(channel)]);
    container.extend(apdu_list::encode(apdus)?);
    Ok(request(TRANSFER_CHANNEL, &container))
}

/// T-APDU of a SetMMI.
pub fn set_mmi(shown: Mmi) -> Vec<u8> {
    let parameter = match shown {
        Mmi::Ok => 0x00,
        Mmi::NotOk => 0x01,
    };
    request(SET_MMI, &[SET_MMI_RQ, parameter])
}

/// What GetSecure asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSecure {
    /// FID.
    pub file: u8,
    /// Offset in the file.
    pub offset: u16,
    /// Bytes wanted.
    pub length: u8,
    /// Random of the one who asks.
    pub random: [u8; 8],
    /// Key that authenticates.
    pub authentication_key: u8,
    /// Key that encrypts; without one the file comes in the clear.
    pub encryption_key: Option<u8>,
}

/// T-APDU of a GetSecure.
pub fn get_secure(wanted: &GetSecure) -> Vec<u8> {
    let encrypted = if wanted.encryption_key.is_some() {
        0x80
    } else {
        0x00
    };
    let mut container = Vec::from([GET_SECURE_RQ, encrypted, wanted.file]);
    container.extend(wanted.offset.to_be_bytes());
    container.push(wanted.length);
    container.extend(wanted.random);
    container.push(wanted.authentication_key);
    container.extend(wanted.encryption_key);
    request(GET_SECURE, &container)
}

/// T-APDU of an EVENT_REPORT that releases the tag. Nothing answers it.
pub fn release() -> Vec<u8> {
    Vec::from([0x60, 0x00, 0x00])
}

fn request(kind: u8, container: &[u8]) -> Vec<u8> {
    [&[REQUEST, ETC_APPLICATION, kind], container].concat()
}

/// T-APDU of an Action.response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionReply<'a> {
    /// DID.
    pub did: u8,
    /// Container, type first, where the tag sent one.
    pub container: Option<&'a [u8]>,
    /// returnStatus; 0 is good.
    pub status: u8,
}

/// A file as GetSecure gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecureFile<'a> {
    /// FID.
    pub file: u8,
    /// The file, whole blocks of 8 bytes where it is encrypted.
    pub content: &'a [u8],
    /// Authenticator over it.
    pub authenticator: [u8; 8],
}

impl<'a> ActionReply<'a> {
    /// Reads a T-APDU.
    pub fn parse(apdu: &'a [u8]) -> Result<Self, Malformed> {
        const BAD: Malformed = Malformed("Action.response");
        let &[kind, did, ref container @ .., status] = apdu else {
            return Err(BAD);
        };
        let container = match (kind, container) {
            (RESPONSE, []) => None,
            (kind, [_, ..]) if kind == RESPONSE | HAS_CONTAINER => Some(container),
            _ => return Err(BAD),
        };
        Ok(Self {
            did,
            container,
            status,
        })
    }

    /// The T-APDU.
    pub fn to_bytes(&self) -> Vec<u8> {
        let kind = match self.container {
            Some(_) => RESPONSE | HAS_CONTAINER,
            None => RESPONSE,
        };
        let container = self.container.unwrap_or_default();
        [&[kind, self.did], container, &[self.status]].concat()
    }

    /// The answers of a TransferChannel to `channel`, in the order of its list.
    pub fn channel_answers(&self, channel: Channel) -> Result<Vec<Response>, Malformed> {
        match self.container {
            Some([CHANNEL_RS, id, list @ ..]) if *id == channel_id(channel) => {
                apdu_list::parse_answers(list, SwCounted::Yes)
            }
            _ => Err(Malformed("ChannelRs")),
        }
    }

    /// Whether this can be the answer of a SetMMI, which may leave its container out.
    pub fn is_set_mmi(&self) -> bool {
        matches!(self.container, None | Some([SET_MMI_RS, ..]))
    }

    /// The file of a GetSecure.
    pub fn secure_file(&self) -> Result<SecureFile<'a>, Malformed> {
        let Some([GET_SECURE_RS, file, rest @ ..]) = self.container else {
            return Err(Malformed("GetSecureRs"));
        };
        let (content, &authenticator) = rest.split_last_chunk().ok_or(Malformed("GetSecureRs"))?;
        Ok(SecureFile {
            file: *file,
            content,
            authenticator,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::dsrc::AirFrame;
    use crate::programmer::worked::{PRIMITIVES, bytes};
    use crate::sw::Sw;

    /// The T-APDU of a worked frame.
    fn apdu(name: &str) -> Vec<u8> {
        let worked = PRIMITIVES.iter().find(|worked| worked.0 == name);
        let body = bytes(worked.expect("worked").2);
        AirFrame::parse(&body[4..])
            .expect("an air frame")
            .apdu
            .to_vec()
    }

    #[test]
    fn the_worked_requests_are_built() {
        let list = [bytes("00 A4 00 00 02 3F 00"), bytes("00 B0 81 00 1B")];
        let built = transfer_channel(Channel::Esam, &list);
        assert_eq!(built, Ok(apdu("ESAM list")));
        let list = [bytes("00 A4 00 00 02 10 01"), bytes("00 B0 95 00 2B")];
        let built = transfer_channel(Channel::Card, &list);
        assert_eq!(built, Ok(apdu("card list")));
        assert_eq!(set_mmi(Mmi::Ok), apdu("SetMMI"));
        assert_eq!(release(), apdu("release"));
    }

    #[test]
    fn the_worked_answers_are_read() {
        let apdu = apdu("ESAM answers");
        let reply = ActionReply::parse(&apdu).expect("a response");
        assert_eq!((reply.did, reply.status), (ETC_APPLICATION, 0));
        let answers = reply.channel_answers(Channel::Esam).expect("answers");
        assert_eq!(answers[0].sw, Sw::OK);
        assert_eq!(answers[1].data, (0..0x1B).collect::<Vec<u8>>());
        assert_eq!(reply.to_bytes(), apdu);
        assert!(
            reply.channel_answers(Channel::Card).is_err(),
            "another channel"
        );
    }

    #[test]
    fn get_secure_asks_for_a_file_with_and_without_a_key() {
        let wanted = GetSecure {
            file: 1,
            offset: 0,
            length: 0x4F,
            random: [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88],
            authentication_key: 0,
            encryption_key: Some(0x40),
        };
        let encrypted = bytes("05 01 00 14 80 01 00 00 4F 11 22 33 44 55 66 77 88 00 40");
        assert_eq!(get_secure(&wanted), encrypted);
        let plain = GetSecure {
            encryption_key: None,
            ..wanted
        };
        assert_eq!(get_secure(&plain)[3..6], [0x14, 0x00, 0x01]);
        assert_eq!(get_secure(&plain).len(), encrypted.len() - 1);
    }

    #[test]
    fn a_secure_file_is_content_and_authenticator() {
        let apdu = bytes("18 01 15 01 A1 A2 A3 A4 A5 A6 A7 A8 B1 B2 B3 B4 B5 B6 B7 B8 00");
        let reply = ActionReply::parse(&apdu).expect("a response");
        let file = reply.secure_file().expect("a file");
        assert_eq!((file.file, file.content), (1, &apdu[4..12]));
        assert_eq!(file.authenticator, apdu[12..20]);
        let short = bytes("18 01 15 01 B1 B2 B3 B4 B5 B6 B7 00");
        assert!(
            ActionReply::parse(&short)
                .expect("a response")
                .secure_file()
                .is_err()
        );
    }

    #[test]
    fn a_response_may_have_no_container_but_not_an_empty_one() {
        let reply = ActionReply::parse(&[0x10, 0x01, 0x02]).expect("a response");
        assert_eq!((reply.container, reply.status), (None, 2));
        assert!(reply.is_set_mmi());
        let shown = ActionReply::parse(&[0x18, 0x01, 0x1B, 0x00]).expect("a response");
        assert!(shown.is_set_mmi() && shown.status == 0);
        for bad in ["18 01 00", "10 01 1B 00", "08 01 00", "18 01", ""] {
            assert!(ActionReply::parse(&bytes(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn any_bytes_are_a_response_or_none() {
        let mut chance = Chance::new(9);
        for _ in 0..5_000 {
            let noise = [&[0x18, 0x01, 0x19, 0x02][..], &chance.bytes(30)].concat();
            for bytes in [&noise[..], &noise[chance.below(4)..]] {
                if let Ok(reply) = ActionReply::parse(bytes) {
                    assert_eq!(reply.to_bytes(), bytes);
                    let _ = reply.channel_answers(Channel::Esam);
                    let _ = reply.secure_file();
                }
            }
        }
    }
}
