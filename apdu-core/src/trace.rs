//! What may be shown of an exchange: commands and answers without their secrets.
//!
//! A trace is read on a shared screen and sent to strangers, so everything is secret unless a rule below
//! shows it: PIN, MACs, TACs, randoms, challenges and nonces, names, document numbers, plates, the end of
//! the card number, where and when a card travelled. Of an unknown command there stay header, lengths and
//! status word.
//!
//! Redaction comes before keeping: a [`Trace`] never holds a byte it does not show.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use core::str::FromStr;

use crate::apdu::Command;
use crate::calendar;
use crate::card::NoAnswer;
use crate::fault::Code;
use crate::hex;

mod rules;

/// How many exchanges a trace holds; the oldest make room.
pub const KEPT: usize = 500;

/// Bytes of which the secret ones are gone. As text each of those is `**`, the others are hex.
#[derive(Clone, PartialEq, Eq)]
pub struct Redacted(Vec<Option<u8>>);

impl Redacted {
    /// Bytes that hold no secret: an ATR, a descriptor.
    pub fn whole(bytes: &[u8]) -> Self {
        Self(bytes.iter().copied().map(Some).collect())
    }

    /// These bytes, of which only the marked ones are shown.
    pub(crate) fn shown(bytes: &[u8], marked: &[bool]) -> Self {
        let bytes = bytes.iter().zip(marked);
        Self(bytes.map(|(byte, shown)| shown.then_some(*byte)).collect())
    }

    /// A command APDU: header and lengths stay, data where a rule shows it.
    pub fn command(bytes: &[u8]) -> Self {
        let mut shown = vec![None; bytes.len()];
        let mut view = View::new(&mut shown, bytes);
        view.show(0..4);
        if let Ok(command) = Command::parse(bytes) {
            let begin = match bytes.get(4) {
                Some(0) => 7, // extended: 00 and two bytes of length
                _ => 5,
            };
            let end = begin + command.data.len();
            if command.data.is_empty() {
                view.show(4..bytes.len());
            } else {
                view.show(4..begin);
                view.show(end..bytes.len());
                rules::data(command.header, view.part(begin..end));
            }
        }
        Self(shown)
    }

    /// The answer to a command APDU: the status word stays, data where the command's rule shows it.
    pub fn answer(command: &[u8], bytes: &[u8]) -> Self {
        let mut shown = vec![None; bytes.len()];
        let mut view = View::new(&mut shown, bytes);
        if let Some(end) = bytes.len().checked_sub(2) {
            view.show(end..bytes.len());
            if let Some(header) = command.first_chunk::<4>() {
                rules::answer(*header, view.part(0..end));
            }
        }
        Self(shown)
    }

    /// Which bytes are shown.
    pub(crate) fn is_shown(&self) -> impl Iterator<Item = bool> {
        self.0.iter().map(Option::is_some)
    }

    /// The bytes, with `fill` for the secret ones.
    pub fn filled(&self, fill: u8) -> Vec<u8> {
        self.0.iter().map(|byte| byte.unwrap_or(fill)).collect()
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| match byte {
            Some(byte) => write!(f, "{byte:02X}"),
            None => f.write_str("**"),
        })
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Redacted {
    type Err = hex::NotHex;

    fn from_str(text: &str) -> Result<Self, hex::NotHex> {
        let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
            b"**" => Ok(None),
            _ => {
                let pair = core::str::from_utf8(pair).map_err(|_| hex::NotHex)?;
                match hex::decode(pair).as_deref() {
                    Some(&[byte]) => Ok(Some(byte)),
                    _ => Err(hex::NotHex),
                }
            }
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }
}

/// Bytes, and what has been shown of them so far.
struct View<'a> {
    shown: &'a mut [Option<u8>],
    bytes: &'a [u8],
}

impl<'a> View<'a> {
    fn new(shown: &'a mut [Option<u8>], bytes: &'a [u8]) -> Self {
        Self { shown, bytes }
    }

    /// Shows what there is of a range.
    fn show(&mut self, range: Range<usize>) {
        let end = range.end.min(self.bytes.len());
        for at in range.start..end {
            self.shown[at] = Some(self.bytes[at]);
        }
    }

    /// A part, which has to lie inside.
    fn part(&mut self, range: Range<usize>) -> View<'_> {
        View {
            shown: &mut self.shown[range.clone()],
            bytes: &self.bytes[range],
        }
    }
}

/// Where the time of an exchange went, microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Spent {
    /// Reader and card worked, or the bus did.
    pub line_us: u32,
    /// This program did.
    pub own_us: u32,
}

/// One line of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Counts from 1, also over entries that have made room.
    pub number: u32,
    /// When it ended, milliseconds UTC.
    pub at: i64,
    /// What happened.
    pub event: Event,
    /// How long it took.
    pub spent: Spent,
}

/// What a trace keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The card was powered: its ATR, or why there is none.
    Power(Result<Redacted, Code>),
    /// A command, and its answer or why there is none.
    Exchange(Redacted, Result<Redacted, NoAnswer>),
    /// A message on the line of a programmer. It is missing where its frame was broken.
    Message {
        /// Whether the host said it.
        sent: bool,
        /// The message.
        message: Option<Redacted>,
    },
}

/// The latest exchanges, oldest first. In memory only.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    entries: VecDeque<Entry>,
    counted: u32,
}

impl Trace {
    /// Keeps what happened.
    pub fn keep(&mut self, at: i64, event: Event, spent: Spent) {
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.counted = self.counted.wrapping_add(1);
        self.entries.push_back(Entry {
            number: self.counted,
            at,
            event,
            spent,
        });
    }

    /// The entries, oldest first; [`KEPT`] at most.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }
}

/// One line of text: number, time of day at the counter, command, answer, milliseconds on the line and
/// of our own.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, time) = calendar::date_time(calendar::second_of(self.at));
        let ms = self.at.rem_euclid(1_000);
        write!(f, "{:>5}  {time}.{ms:03}  ", self.number)?;
        match &self.event {
            Event::Power(Ok(atr)) => write!(f, "ATR > {atr}")?,
            Event::Power(Err(code)) => write!(f, "ATR > {code}")?,
            Event::Exchange(command, Ok(answer)) => write!(f, "{command} > {answer}")?,
            Event::Exchange(command, Err(none)) => {
                write!(f, "{command} > {} {:?}", none.code, none.fate)?;
            }
            Event::Message { sent, message } => {
                f.write_str(if *sent {
                    "to device: "
                } else {
                    "from device: "
                })?;
                match message {
                    Some(message) => write!(f, "{message}")?,
                    None => f.write_str("broken frame")?,
                }
            }
        }
        let Spent { line_us, own_us } = self.spent;
        write!(f, "  [{} + {} ms]", Ms(line_us), Ms(own_us))
    }
}

/// Microseconds, shown as milliseconds with two decimals.
pub struct Ms(pub u32);

impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 1_000, self.0 % 1_000 / 10)
    }
}

/// Shortest, middle and nearly longest of many times, microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The shortest.
    pub min: u32,
    /// The median: as many are shorter as are longer.
    pub median: u32,
    /// 95 of 100 are no longer.
    pub p95: u32,
}

impl Spread {
    /// The spread of some times, by nearest rank; nothing of none.
    pub fn of(times: impl IntoIterator<Item = u32>) -> Option<Self> {
        let mut times: Vec<u32> = times.into_iter().collect();
        times.sort_unstable();
        let rank =
            |percent: usize| times.get((times.len() * percent).div_ceil(100).checked_sub(1)?);
        Some(Self {
            min: *times.first()?,
            median: *rank(50)?,
            p95: *rank(95)?,
        })
    }
}

#[cfg(feature = "serde")]
mod json {
    use super::Redacted;
    use alloc::string::String;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    impl Serialize for Redacted {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.collect_str(self)
        }
    }

    impl<'de> Deserialize<'de> for Redacted {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            String::deserialize(from)?.parse().map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests;
