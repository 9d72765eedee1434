//! VST, what a tag answers to a BST.

use alloc::vec::Vec;

use crate::obu_programmer::ObuStatus;
use crate::programmer::Malformed;

const TAG: u8 = 0xD0;
/// Bits of the byte that names the application.
const HAS_DID: u8 = 0x80;
const HAS_PARAMETER: u8 = 0x40;
/// Containers of the system information.
const SYSTEM: [u8; 2] = [0x27, 0x20];
/// Bit of the options that announces a random, and its container.
const HAS_RANDOM: u8 = 0x80;
const RANDOM: u8 = 0x1D;
/// MAC(4), equipment(1), status(2) at the end.
const TAIL: usize = 7;

/// A VST with one application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vst<'a> {
    /// Profile of the channel.
    pub profile: u8,
    /// Application, with the bits that announce DID and parameter.
    pub application: u8,
    /// DID, where it is announced.
    pub did: Option<u8>,
    /// The parameter, where it is announced.
    pub parameter: Option<Parameter<'a>>,
    /// MAC address of the tag, 标签 MAC 地址.
    pub mac: [u8; 4],
    /// Equipment class and version.
    pub equipment: u8,
    /// Its two status bytes.
    pub status: ObuStatus,
}

/// The parameter of the ETC application in a VST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// Which containers follow the system information: b7 random, b6 private, b5 card files, b4 reset.
    pub options: u8,
    /// Container type of the system information, 27 or 20.
    pub container: u8,
    /// The first 26 bytes of the system information file.
    pub system: &'a [u8; 26],
    /// The tag's random, where it is announced.
    pub random: Option<&'a [u8; 8]>,
    /// The containers after it, as they came.
    pub more: &'a [u8],
}

impl<'a> Vst<'a> {
    /// Reads a T-APDU.
    pub fn parse(apdu: &'a [u8]) -> Result<Self, Malformed> {
        const BAD: Malformed = Malformed("VST");
        let &[TAG, profile, 0x01, application, ref rest @ ..] = apdu else {
            return Err(BAD);
        };
        let (did, rest) = match rest {
            [did, rest @ ..] if application & HAS_DID != 0 => (Some(*did), rest),
            rest => (None, rest),
        };
        let (rest, &tail) = rest.split_last_chunk::<TAIL>().ok_or(BAD)?;
        let parameter = match (application & HAS_PARAMETER, rest) {
            (0, []) => None,
            (0, _) => return Err(BAD),
            _ => Some(Parameter::parse(rest)?),
        };
        let [m0, m1, m2, m3, equipment, s0, s1] = tail;
        Ok(Self {
            profile,
            application,
            did,
            parameter,
            mac: [m0, m1, m2, m3],
            equipment,
            status: ObuStatus([s0, s1]),
        })
    }

    /// The T-APDU; the bits that announce DID and parameter are as the fields are.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::from([TAG, self.profile, 0x01]);
        bytes.push(announce(
            announce(self.application, HAS_DID, self.did.is_some()),
            HAS_PARAMETER,
            self.parameter.is_some(),
        ));
        bytes.extend(self.did);
        if let Some(parameter) = &self.parameter {
            bytes.extend([
                announce(parameter.options, HAS_RANDOM, parameter.random.is_some()),
                parameter.container,
            ]);
            bytes.extend(parameter.system);
            if let Some(random) = parameter.random {
                bytes.push(RANDOM);
                bytes.extend(random);
            }
            bytes.extend(parameter.more);
        }
        bytes.extend(self.mac);
        bytes.push(self.equipment);
        bytes.extend(self.status.0);
        bytes
    }
}

fn announce(byte: u8, bit: u8, is_there: bool) -> u8 {
    if is_there { byte | bit } else { byte & !bit }
}

impl<'a> Parameter<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        const BAD: Malformed = Malformed("VST");
        let (&[options, container], rest) = bytes.split_first_chunk().ok_or(BAD)?;
        if !SYSTEM.contains(&container) {
            return Err(BAD);
        }
        let (system, rest) = rest.split_first_chunk().ok_or(BAD)?;
        let (random, more) = if options & HAS_RANDOM == 0 {
            (None, rest)
        } else {
            let (&container, rest) = rest.split_first().ok_or(BAD)?;
            let (random, more) = rest.split_first_chunk().ok_or(BAD)?;
            if container != RANDOM {
                return Err(BAD);
            }
            (Some(random), more)
        };
        Ok(Self {
            options,
            container,
            system,
            random,
            more,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::programmer::worked::bytes;

    #[test]
    fn a_vst_tells_who_the_tag_is() {
        // The layout of reference §3.1 with the ids of §3.3: DID 1, system information, two files.
        let system =
            "B8 CA CB E0 62 01 00 01 00 50 62 01 23 45 67 89 01 23 20 24 01 15 20 34 01 14";
        let apdu = bytes(&std::format!(
            "D0 00 01 C1 01 20 27 {system} 28 AA BB 02 00 00 01 30 A2 01"
        ));
        let vst = Vst::parse(&apdu).expect("a VST");
        assert_eq!(
            (vst.did, vst.mac, vst.equipment),
            (Some(1), [2, 0, 0, 1], 0x30)
        );
        let parameter = vst.parameter.expect("a parameter");
        assert_eq!(parameter.system[..], bytes(system));
        assert_eq!(
            (parameter.random, parameter.more),
            (None, &[0x28, 0xAA, 0xBB][..])
        );
        assert_eq!(vst.to_bytes(), apdu);
        let status = vst.status;
        assert!(!status.has_card() && status.is_tampered());
        assert!(!status.card_failed() && !status.is_locked() && !status.battery_is_low());
        assert_eq!(status.removal_flag(), 1);
    }

    #[test]
    fn a_vst_without_parameter_is_one_too() {
        let apdu = bytes("D0 00 01 01 02 00 00 01 30 20 00");
        let vst = Vst::parse(&apdu).expect("a VST");
        assert_eq!((vst.parameter, vst.status.has_card()), (None, true));
        assert_eq!(vst.to_bytes(), apdu);
    }

    #[test]
    fn any_vst_survives_the_round_trip() {
        let mut chance = Chance::new(7);
        for _ in 0..2_000 {
            let (system, random, more) = (chance.array(), chance.array(), chance.bytes(12));
            let random = (chance.below(2) == 1).then_some(&random);
            let (did, parameter) = (chance.below(2) == 1, chance.below(2) == 1);
            let application = announce(
                announce(chance.byte(), HAS_DID, did),
                HAS_PARAMETER,
                parameter,
            );
            let vst = Vst {
                profile: chance.byte(),
                application,
                did: did.then(|| chance.byte()),
                parameter: parameter.then(|| Parameter {
                    options: announce(chance.byte(), HAS_RANDOM, random.is_some()),
                    container: SYSTEM[chance.below(2)],
                    system: &system,
                    random,
                    more: &more,
                }),
                mac: chance.array(),
                equipment: chance.byte(),
                status: ObuStatus(chance.array()),
            };
            assert_eq!(Vst::parse(&vst.to_bytes()), Ok(vst));
        }
    }

    #[test]
    fn any_bytes_are_a_vst_or_none() {
        let mut chance = Chance::new(8);
        for _ in 0..5_000 {
            let noise = [&[TAG, 0, 1][..], &chance.bytes(60)].concat();
            if let Ok(vst) = Vst::parse(&noise) {
                assert_eq!(vst.to_bytes(), noise);
            }
            let _ = Vst::parse(&noise[1..]);
        }
    }
}
