//! The fields of a profile one by one, each as text: for a form, and to name the one that is wrong in a file.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;

use super::apdu_list::SwCounted;
use super::bobu::Start;
use super::profile::{
    Answers, Bobu, CommandCode, Dialect, Line, Primitives, Profile, Rsctl, Wait, Waits,
};
use crate::hex;

/// Bits per second that serial chips can do.
const BAUD: RangeInclusive<u32> = 300..=4_000_000;
/// Bits per second of PSAM contacts; 0 leaves them to the device.
const CONTACT_BAUD: RangeInclusive<u32> = 0..=1_000_000;
/// Bytes of an APDU list: room for one command at least, and for what a LEN of one byte can tell at most.
const LIST: RangeInclusive<u32> = 32..=240;
/// Milliseconds of a wait. A device that has not answered within a minute does not.
const WAIT: RangeInclusive<u32> = 20..=60_000;
/// Sends of one request.
const SENDS: RangeInclusive<u32> = 1..=20;
/// Milliseconds that other tags have to answer.
const SETTLE: RangeInclusive<u32> = 0..=5_000;
/// Letters of a name.
const NAME: RangeInclusive<usize> = 1..=40;

const YES_OR_NO: &[&str] = &["yes", "no"];
const STARTS: &[&str] = &["three_three", "fifty"];
const ANSWERS: &[&str] = &["all", "last_only"];

/// One field of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where it is in the profile's JSON: `line.baud`, `dialect.primitives.psam[0]`.
    pub path: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it is.
    pub text: String,
}

/// What a field may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name of 1 to 40 letters.
    Name,
    /// A number.
    Number(RangeInclusive<u32>),
    /// Bytes in hex; blanks between them do not matter.
    Hex {
        /// How many.
        bytes: RangeInclusive<usize>,
        /// Whether there may be none instead.
        or_none: bool,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
}

impl Kind {
    fn hex(bytes: RangeInclusive<usize>) -> Self {
        let or_none = false;
        Self::Hex { bytes, or_none }
    }

    fn hex_or_none(bytes: RangeInclusive<usize>) -> Self {
        let or_none = true;
        Self::Hex { bytes, or_none }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => write!(f, "a name of {} to {} letters", NAME.start(), NAME.end()),
            Self::Number(range) => write!(f, "a number from {} to {}", range.start(), range.end()),
            Self::Hex { bytes, or_none } => {
                if *or_none {
                    f.write_str("nothing, or ")?;
                }
                write!(f, "{} to {} bytes in hex", bytes.start(), bytes.end())
            }
            Self::Choice(words) => write!(f, "one of {}", words.join(", ")),
        }
    }
}

/// A field is not what it may be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} must be {kind}")]
pub struct Unfit {
    /// Which one.
    pub path: &'static str,
    /// What it may be.
    pub kind: Kind,
}

/// The place of a field in a profile.
enum Slot<'a> {
    Name(&'a mut String),
    Number(&'a mut u32, RangeInclusive<u32>),
    Short(&'a mut u16, RangeInclusive<u32>),
    Few(&'a mut u8, RangeInclusive<u32>),
    Switch(&'a mut bool),
    Byte(&'a mut u8),
    Bytes(&'a mut Vec<u8>, Kind),
    Fixed(&'a mut [u8]),
    Code(&'a mut CommandCode),
    CodeOrNone(&'a mut Option<CommandCode>),
    Rsctl(&'a mut Rsctl),
    SwCounted(&'a mut SwCounted),
    Start(&'a mut Start),
    Answers(&'a mut Answers),
}

impl Slot<'_> {
    fn kind(&self) -> Kind {
        match self {
            Self::Name(_) => Kind::Name,
            Self::Number(_, range) | Self::Short(_, range) | Self::Few(_, range) => {
                Kind::Number(range.clone())
            }
            Self::Switch(_) | Self::SwCounted(_) => Kind::Choice(YES_OR_NO),
            Self::Byte(_) => Kind::hex(1..=1),
            Self::Bytes(_, kind) => kind.clone(),
            Self::Fixed(bytes) => Kind::hex(bytes.len()..=bytes.len()),
            Self::Code(_) => Kind::hex(2..=2),
            Self::CodeOrNone(_) => Kind::hex_or_none(2..=2),
            Self::Rsctl(_) => Kind::hex_or_none(1..=1),
            Self::Start(_) => Kind::Choice(STARTS),
            Self::Answers(_) => Kind::Choice(ANSWERS),
        }
    }

    fn text(&self) -> String {
        let yes_or_no = |yes: bool| YES_OR_NO[usize::from(!yes)].to_owned();
        match self {
            Self::Name(name) => (*name).clone(),
            Self::Number(number, _) => number.to_string(),
            Self::Short(number, _) => number.to_string(),
            Self::Few(number, _) => number.to_string(),
            Self::Switch(on) => yes_or_no(**on),
            Self::SwCounted(counted) => yes_or_no(**counted == SwCounted::Yes),
            Self::Byte(byte) => spaced(&[**byte]),
            Self::Bytes(bytes, _) => spaced(bytes),
            Self::Fixed(bytes) => spaced(bytes),
            Self::Code(code) => spaced(&[code.request, code.reply]),
            Self::CodeOrNone(None) | Self::Rsctl(Rsctl::Counted) => String::new(),
            Self::CodeOrNone(Some(code)) => spaced(&[code.request, code.reply]),
            Self::Rsctl(Rsctl::Fixed(byte)) => spaced(&[*byte]),
            Self::Start(start) => STARTS[usize::from(**start == Start::Fifty)].to_owned(),
            Self::Answers(answers) => {
                ANSWERS[usize::from(**answers == Answers::LastOnly)].to_owned()
            }
        }
    }

    /// Takes a text that [`Kind::takes`]; `None` for any other.
    fn put(self, text: &str) -> Option<()> {
        let kind = self.kind();
        match (self, kind) {
            (Self::Name(name), _) => {
                let text = text.trim();
                let is_name =
                    NAME.contains(&text.chars().count()) && !text.chars().any(char::is_control);
                *name = is_name.then(|| text.to_owned())?;
            }
            (Self::Number(number, range), _) => *number = figure(text, &range)?,
            (Self::Short(number, range), _) => *number = figure(text, &range)?.try_into().ok()?,
            (Self::Few(number, range), _) => *number = figure(text, &range)?.try_into().ok()?,
            (slot, Kind::Choice(words)) => {
                let is_first = words.iter().position(|word| *word == text)? == 0;
                match slot {
                    Self::Switch(on) => *on = is_first,
                    Self::SwCounted(counted) if is_first => *counted = SwCounted::Yes,
                    Self::SwCounted(counted) => *counted = SwCounted::No,
                    Self::Start(start) if is_first => *start = Start::ThreeThree,
                    Self::Start(start) => *start = Start::Fifty,
                    Self::Answers(answers) if is_first => *answers = Answers::All,
                    Self::Answers(answers) => *answers = Answers::LastOnly,
                    _ => return None,
                }
            }
            (slot, Kind::Hex { bytes, or_none }) => {
                let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
                let given = hex::decode(&text)?;
                if !(bytes.contains(&given.len()) || or_none && given.is_empty()) {
                    return None;
                }
                match (slot, &given[..]) {
                    (Self::Bytes(bytes, _), _) => *bytes = given,
                    (Self::Byte(byte), &[given]) => *byte = given,
                    (Self::Fixed(bytes), given) => bytes.copy_from_slice(given),
                    (Self::Code(code), &[request, reply]) => *code = CommandCode { request, reply },
                    (Self::CodeOrNone(code), &[request, reply]) => {
                        *code = Some(CommandCode { request, reply });
                    }
                    (Self::CodeOrNone(code), _) => *code = None,
                    (Self::Rsctl(rsctl), &[byte]) => *rsctl = Rsctl::Fixed(byte),
                    (Self::Rsctl(rsctl), _) => *rsctl = Rsctl::Counted,
                    _ => return None,
                }
            }
            _ => return None,
        }
        Some(())
    }
}

/// Bytes in hex, apart.
fn spaced(bytes: &[u8]) -> String {
    let bytes: Vec<_> = bytes.iter().map(|byte| hex::encode(&[*byte])).collect();
    bytes.join(" ")
}

fn figure(text: &str, range: &RangeInclusive<u32>) -> Option<u32> {
    let figure = text.trim().parse().ok()?;
    range.contains(&figure).then_some(figure)
}

impl Profile {
    /// All of its fields, in the order in which a form shows them.
    pub fn fields(&self) -> Vec<Field> {
        let mut profile = self.clone();
        let field = |(path, slot): (_, Slot<'_>)| Field {
            path,
            kind: slot.kind(),
            text: slot.text(),
        };
        profile.slots().into_iter().map(field).collect()
    }

    /// Gives the field at this path another value. A path that it does not have changes nothing.
    pub fn set(&mut self, path: &str, text: &str) -> Result<(), Unfit> {
        let mut slots = self.slots().into_iter();
        let Some((path, slot)) = slots.find(|(known, _)| *known == path) else {
            return Ok(());
        };
        let kind = slot.kind();
        slot.put(text).ok_or(Unfit { path, kind })
    }

    /// Whether all of its fields are what they may be: one that was read from a file need not be. Names the
    /// first that is not.
    pub fn check(&self) -> Result<(), Unfit> {
        let mut profile = self.clone();
        let fields = self.fields().into_iter();
        let mut checks = fields.map(|field| profile.set(field.path, &field.text));
        checks.try_for_each(|checked| checked)
    }

    fn slots(&mut self) -> Vec<(&'static str, Slot<'_>)> {
        let Self {
            id,
            line: Line { baud, dtr, rts },
            dialect,
            waits,
        } = self;
        let mut slots = Vec::from([
            ("id", Slot::Name(id)),
            ("line.baud", Slot::Number(baud, BAUD)),
            ("line.dtr", Slot::Switch(dtr)),
            ("line.rts", Slot::Switch(rts)),
        ]);
        slots.extend(match dialect {
            Dialect::Primitives(options) => options.slots(),
            Dialect::Bobu(options) => options.slots(),
        });
        slots.extend(waits.slots());
        slots
    }
}

impl Primitives {
    fn slots(&mut self) -> Vec<(&'static str, Slot<'_>)> {
        let Self {
            dsrc,
            psam: [first, second, third],
            device,
            device_replies,
            device_settings,
            rsctl,
            rsctl_is_echoed,
            llc_is_echoed,
            psam_sw,
            psam_reset_has_length,
            psam_baud,
            beacon,
            channel,
            card_mode,
            list_bytes,
            settle,
        } = self;
        let replies = Kind::hex(1..=8);
        Vec::from([
            ("dialect.primitives.rsctl", Slot::Rsctl(rsctl)),
            (
                "dialect.primitives.rsctl_is_echoed",
                Slot::Switch(rsctl_is_echoed),
            ),
            (
                "dialect.primitives.llc_is_echoed",
                Slot::Switch(llc_is_echoed),
            ),
            ("dialect.primitives.device", Slot::Byte(device)),
            (
                "dialect.primitives.device_replies",
                Slot::Bytes(device_replies, replies),
            ),
            (
                "dialect.primitives.device_settings",
                Slot::Fixed(&mut device_settings.0),
            ),
            ("dialect.primitives.dsrc", Slot::Code(dsrc)),
            ("dialect.primitives.psam[0]", Slot::Code(first)),
            ("dialect.primitives.psam[1]", Slot::Code(second)),
            ("dialect.primitives.psam[2]", Slot::Code(third)),
            ("dialect.primitives.psam_sw", Slot::SwCounted(psam_sw)),
            (
                "dialect.primitives.psam_reset_has_length",
                Slot::Switch(psam_reset_has_length),
            ),
            (
                "dialect.primitives.psam_baud",
                Slot::Number(psam_baud, CONTACT_BAUD),
            ),
            ("dialect.primitives.beacon", Slot::Fixed(&mut beacon.0)),
            ("dialect.primitives.channel", Slot::Byte(channel)),
            ("dialect.primitives.card_mode", Slot::Byte(card_mode)),
            (
                "dialect.primitives.list_bytes",
                Slot::Short(list_bytes, LIST),
            ),
            ("dialect.primitives.settle", Slot::Number(settle, SETTLE)),
        ])
    }
}

impl Bobu {
    fn slots(&mut self) -> Vec<(&'static str, Slot<'_>)> {
        let Self {
            start,
            is_wrapped,
            sn_is_echoed,
            open,
            open_data,
            card_reset,
            card,
            card_dt,
            esam,
            esam_dt,
            answers,
            list_bytes,
        } = self;
        let data = Kind::hex_or_none(1..=16);
        Vec::from([
            ("dialect.bobu.start", Slot::Start(start)),
            ("dialect.bobu.is_wrapped", Slot::Switch(is_wrapped)),
            ("dialect.bobu.sn_is_echoed", Slot::Switch(sn_is_echoed)),
            ("dialect.bobu.open", Slot::Code(open)),
            ("dialect.bobu.open_data", Slot::Bytes(open_data, data)),
            ("dialect.bobu.card_reset", Slot::CodeOrNone(card_reset)),
            ("dialect.bobu.card", Slot::Code(card)),
            ("dialect.bobu.card_dt", Slot::Byte(card_dt)),
            ("dialect.bobu.esam", Slot::CodeOrNone(esam)),
            ("dialect.bobu.esam_dt", Slot::Byte(esam_dt)),
            ("dialect.bobu.answers", Slot::Answers(answers)),
            ("dialect.bobu.list_bytes", Slot::Short(list_bytes, LIST)),
        ])
    }
}

impl Waits {
    fn slots(&mut self) -> Vec<(&'static str, Slot<'_>)> {
        let Self {
            open,
            psam,
            initialise,
            transfer,
            set_mmi,
        } = self;
        let waits = [
            ("waits.open.ms", "waits.open.sends", open),
            ("waits.psam.ms", "waits.psam.sends", psam),
            ("waits.initialise.ms", "waits.initialise.sends", initialise),
            ("waits.transfer.ms", "waits.transfer.sends", transfer),
            ("waits.set_mmi.ms", "waits.set_mmi.sends", set_mmi),
        ];
        let slots = waits.into_iter().flat_map(|(ms_path, sends_path, wait)| {
            let Wait { ms, sends } = wait;
            [
                (ms_path, Slot::Number(ms, WAIT)),
                (sends_path, Slot::Few(sends, SENDS)),
            ]
        });
        slots.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_shipped_profiles_are_what_they_may_be_and_their_fields_have_paths_of_their_own() {
        for profile in Profile::shipped() {
            assert_eq!(profile.check(), Ok(()), "{}", profile.id);
            let fields = profile.fields();
            let paths: BTreeSet<_> = fields.iter().map(|field| field.path).collect();
            assert_eq!(paths.len(), fields.len());
            let of = |path| fields.iter().find(|field| field.path == path);
            assert_eq!(of("line.baud").map(|field| &field.text[..]), Some("115200"));
        }
    }

    #[test]
    fn every_field_is_set_to_what_it_shows() {
        let [primitives, bobu, _] = Profile::shipped();
        for (from, changes) in [
            (
                primitives,
                &[
                    ("id", "mine"),
                    ("line.dtr", "no"),
                    ("dialect.primitives.rsctl", "13"),
                    ("dialect.primitives.psam[2]", "F7 E7"),
                    ("dialect.primitives.psam_sw", "yes"),
                    ("dialect.primitives.device_replies", "B0"),
                    ("dialect.primitives.beacon", "01 02 03 04"),
                    ("waits.set_mmi.sends", "9"),
                ][..],
            ),
            (
                bobu,
                &[
                    ("line.baud", "9600"),
                    ("dialect.bobu.start", "fifty"),
                    ("dialect.bobu.open_data", ""),
                    ("dialect.bobu.card_reset", ""),
                    ("dialect.bobu.card_dt", "10"),
                    ("dialect.bobu.answers", "last_only"),
                ],
            ),
        ] {
            let mut profile = from.clone();
            for &(path, text) in changes {
                assert_eq!(profile.set(path, text), Ok(()), "{path}");
            }
            for field in profile.fields() {
                let change = changes.iter().find(|(path, _)| *path == field.path);
                let unchanged = from.fields().into_iter().find(|one| one.path == field.path);
                let expected = change.map(|(_, text)| (*text).to_owned());
                let expected = expected.or(unchanged.map(|one| one.text));
                assert_eq!(Some(field.text), expected, "{}", field.path);
            }
        }
    }

    #[test]
    fn what_a_field_cannot_be_is_refused_by_its_name_and_changes_nothing() {
        let [primitives, bobu, _] = Profile::shipped();
        for (mut profile, path, texts) in [
            (primitives.clone(), "id", &["", "  ", "a\nb"][..]),
            (
                primitives.clone(),
                "line.baud",
                &["", "299", "fast", "-1", "99999999999"],
            ),
            (primitives.clone(), "line.rts", &["", "true"]),
            (primitives.clone(), "waits.open.sends", &["0", "256"]),
            (
                primitives.clone(),
                "dialect.primitives.dsrc",
                &["", "F0", "F0E000", "G0E0"],
            ),
            (
                primitives.clone(),
                "dialect.primitives.rsctl",
                &["1", "0000"],
            ),
            (
                primitives,
                "dialect.primitives.device_replies",
                &["", "000000000000000000"],
            ),
            (bobu.clone(), "dialect.bobu.esam", &["A1"]),
            (bobu, "dialect.bobu.list_bytes", &["31", "241", "65536"]),
        ] {
            let before = profile.clone();
            for text in texts {
                let unfit = profile.set(path, text).expect_err(path);
                assert_eq!((unfit.path, &profile), (path, &before), "{text}");
            }
        }
    }

    #[test]
    fn the_wrong_field_of_a_file_is_named() {
        let mut profile = Profile::bobu();
        profile.waits.psam.sends = 0;
        let unfit = profile.check().expect_err("no send at all");
        assert_eq!(
            unfit.to_string(),
            "waits.psam.sends must be a number from 1 to 20"
        );
    }
}
