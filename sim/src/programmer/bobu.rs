//! Dialect C: channel and device commands of Bluetooth tags (serial reference §5.3 to §5.6).

use super::chips::Chip;
use super::frames::{self, Deframer};
use super::{Bobu, Fault, Programmer, Saying, Start};
use crate::tag::Tag;

/// Status: good.
const OK: u8 = 0x00;
/// Status: no tag, or a command that is not known.
const REFUSED: u8 = 0x01;
/// Status: the card does not answer to reset.
const NO_CARD: u8 = 0xCF;
/// What the device calls itself.
const SERIAL: &[u8; 16] = b"ETCSIM0000000017";
/// WeChat: a data packet of the host, and its answers to the two greetings.
const DATA: u16 = 0x7531;
const AUTHENTICATED: u16 = 0x4E21;
const INITIALISED: u16 = 0x4E23;
/// The greetings of the device.
const AUTHENTICATE: u16 = 0x2711;
const INITIALISE: u16 = 0x2713;

/// What is heard of a host.
pub enum Heard {
    /// A message, with its SN.
    Message(u8, Vec<u8>),
    /// Something that the device answers with this packet before it listens to messages.
    Greeting(Vec<u8>),
}

/// The codec's memory.
#[derive(Debug, Clone, Default)]
pub struct Line {
    packets: Vec<u8>,
    frames: Deframer,
    seq: u16,
    greeted: Greeted,
}

/// How far the greeting of a WeChat device is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Greeted {
    #[default]
    Not,
    Asked,
    Authenticated,
    Wholly,
}

impl Line {
    /// Takes bytes of the line.
    pub fn hear(&mut self, options: Bobu, bytes: &[u8]) {
        if options.is_wrapped {
            self.packets.extend(bytes);
        } else {
            self.frames.extend(bytes);
        }
    }

    /// The next thing that was heard.
    pub fn next_heard(&mut self, options: Bobu) -> Option<Heard> {
        while options.is_wrapped
            && let Some((command, body)) = frames::next_packet(&mut self.packets)
        {
            match (command, self.greeted) {
                (DATA, Greeted::Wholly) => {
                    self.frames
                        .extend(frames::unwrap(&body).unwrap_or_default());
                }
                // It does not listen before it was greeted.
                (DATA, Greeted::Not) => return Some(self.greet(Greeted::Asked, AUTHENTICATE)),
                (AUTHENTICATED, Greeted::Asked) => {
                    return Some(self.greet(Greeted::Authenticated, INITIALISE));
                }
                (INITIALISED, Greeted::Authenticated) => self.greeted = Greeted::Wholly,
                _ => {}
            }
        }
        let (sn, message) = self.frames.next_message(options.start)?;
        Some(Heard::Message(sn, message))
    }

    fn greet(&mut self, greeted: Greeted, command: u16) -> Heard {
        self.greeted = greeted;
        self.seq += 1;
        Heard::Greeting(frames::packet(command, self.seq, &[0x0A, 0x00]))
    }

    /// The frames of a message of the device.
    pub fn frames(&mut self, options: Bobu, sn: u8, message: &[u8], spoil: u8) -> Vec<Vec<u8>> {
        let frames = frames::encode(options.start, sn, message, spoil);
        if !options.is_wrapped {
            return frames;
        }
        let packets = frames.iter().map(|frame| {
            self.seq = self.seq.wrapping_add(1);
            frames::wrap(self.seq, frame)
        });
        packets.collect()
    }
}

/// Where the length is in a message, if it has one.
pub fn place_of_length(message: &[u8]) -> Option<usize> {
    matches!(message, [0xB1 | 0xB3 | 0x92, OK, _, _, _, ..]).then_some(3)
}

impl Programmer {
    /// The answer to a message.
    pub(super) fn answer_message(&mut self, options: Bobu, sn: u8, message: &[u8]) -> Vec<Saying> {
        let answer = match (options.start, message) {
            (Start::ThreeThree, [0xA5, 0x01, 0xC0]) | (Start::Fifty, [0x80]) => {
                self.faults.power_on();
                let own = [&[message[0] ^ 0x10, OK, 0x11, 0xC0], &SERIAL[..]].concat();
                Some(own)
            }
            (Start::ThreeThree, [0xA5, 0x01, 0xC3]) => {
                self.power_off();
                Some(vec![0xB5, OK, 0x01, 0xC3])
            }
            (Start::ThreeThree, [0xA2]) => Some(self.reset_card()),
            (Start::ThreeThree, [code @ 0xA1, dt @ 0x20, counted @ ..])
            | (Start::ThreeThree, [code @ 0xA3, dt @ (0x00 | 0x10), counted @ ..])
            | (Start::Fifty, [code @ 0x82, dt @ (0x10 | 0x20), counted @ ..]) => {
                let to_esam = *dt == 0x20;
                self.reach_chip(options, [*code, *dt], to_esam, counted)
            }
            (_, [code, ..]) => Some(vec![code ^ 0x10, REFUSED]),
            (_, []) => None,
        };
        let sn = if options.echoes_sn { sn } else { 0x09 };
        let sayings = answer.map(|message| Saying {
            after: 0,
            message,
            sn,
        });
        sayings.into_iter().collect()
    }

    /// A5 C3: card and tag lose their power, until the card is reset or the tag is laid there anew.
    fn power_off(&mut self) {
        if let Some(card) = &mut self.slot {
            card.power_off();
        }
        self.card_is_powered = false;
        self.field.iter_mut().for_each(Tag::release);
    }

    /// A2.
    fn reset_card(&mut self) -> Vec<u8> {
        match self.power_card() {
            Some(atr) => [&[0xB2, OK, atr.len() as u8], &atr[..]].concat(),
            None => vec![0xB2, NO_CARD, 0x00],
        }
    }

    /// `LENlo LENhi 80 L (tag len apdu)×n` for a chip. What does not come out even is not answered.
    fn reach_chip(
        &mut self,
        options: Bobu,
        [code, dt]: [u8; 2],
        to_esam: bool,
        counted: &[u8],
    ) -> Option<Vec<u8>> {
        let (&[low, high], list) = counted.split_first_chunk()?;
        if list.len() != usize::from(u16::from_le_bytes([low, high])) {
            return None;
        }
        let (tags, apdus): (Vec<u8>, Vec<&[u8]>) = frames::parse_list(list)?.into_iter().unzip();
        if to_esam {
            self.move_tags();
        }
        let no_chip = [
            code ^ 0x10,
            if to_esam { REFUSED } else { NO_CARD },
            dt,
            0,
            0,
        ];
        if self.strikes(Fault::Refused) {
            return Some(vec![code ^ 0x10, REFUSED]);
        }
        // A tag in contact is the one that was put there first.
        let chip = if to_esam { Chip::Esam(0) } else { Chip::Card };
        // "50" frames have no reset of the card.
        if chip == Chip::Card && options.start == Start::Fifty && !self.card_is_powered {
            self.power_card();
        }
        if chip == Chip::Card && !self.card_is_powered {
            return Some(no_chip.to_vec());
        }
        let answers = self.run_list(chip, &apdus);
        if to_esam && self.strikes(Fault::TagLeavesAfter) {
            self.empty_field();
            return Some(no_chip.to_vec());
        }
        let Some(answers) = answers else {
            return Some(no_chip.to_vec());
        };
        let last = answers.len().saturating_sub(1);
        let wanted = tags.into_iter().zip(answers).enumerate();
        // The top bit of a tag, or the device's own way, asks for less.
        let wanted = wanted
            .filter(|(at, (tag, _))| *at == last || (tag & 0x80 == 0 && !options.last_answer_only));
        let entries: Vec<_> = wanted
            .map(|(_, (tag, answer))| (tag & 0x0F, answer))
            .collect();
        let list = frames::encode_list(&entries);
        let [low, high] = (list.len() as u16).to_le_bytes();
        Some([&[code ^ 0x10, OK, dt, low, high], &list[..]].concat())
    }
}
