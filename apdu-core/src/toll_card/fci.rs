//! File control information, the answer of SELECT (ISO/IEC 7816-4 §7.4.3).

use iso7816_tlv::ber::{Tag, Tlv, Value};

/// What SELECT says about a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fci {
    /// Name of the directory (tag 84): the AID of an application.
    pub name: alloc::vec::Vec<u8>,
}

impl Fci {
    /// Reads template `6F` and its name `84`.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotAnFci> {
        let tag = |tag: u8| Tag::try_from(tag).map_err(|_| NotAnFci);
        let (template, _fill) = Tlv::parse(bytes);
        let template = template.map_err(|_| NotAnFci)?;
        let name = match template.find(&tag(0x84)?).map(Tlv::value) {
            Some(Value::Primitive(name)) if *template.tag() == tag(0x6F)? => name.clone(),
            _ => return Err(NotAnFci),
        };
        Ok(Self { name })
    }

    /// Whether this is the toll application 联网收费应用, AID `A00000000386980701`.
    pub fn is_toll_application(&self) -> bool {
        self.name == [0xA0, 0x00, 0x00, 0x00, 0x03, 0x86, 0x98, 0x07, 0x01]
    }
}

/// The bytes are no FCI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a file control information")]
pub struct NotAnFci;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::decode;

    #[test]
    fn the_name_of_the_toll_application_is_found() {
        let bytes = decode("6F148409A00000000386980701A5079F0C0400000000").expect("hex");
        let fci = Fci::parse(&bytes).expect("FCI");
        assert!(fci.is_toll_application());
    }

    #[test]
    fn anything_else_is_refused_without_a_panic() {
        for bad in ["", "6F", "6F05", "6F0284FF", "84029000", "6FFFFFFFFFFF"] {
            assert_eq!(
                Fci::parse(&decode(bad).expect("hex")),
                Err(NotAnFci),
                "{bad}"
            );
        }
    }
}
