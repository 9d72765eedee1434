//! An OBU programmer 标签发行设备 on a serial line, device side: bytes in, bytes out.
//!
//! Tags lie in its field, a card in its slot, PSAMs in their slots. Its [`Model`] says which dialect it speaks and
//! in what it differs; [`Fault`]s can be armed for the n-th message. Time is a number that the driver passes
//! in. Sources: the serial reference, §2, §3 and §5; what is inferred there is inferred here too.

mod bobu;
mod chips;
mod envelope;
mod faults;
mod frames;
mod model;
mod primitives;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::card::Card;
pub use crate::faults::Ending;
use crate::faults::Faults;
use crate::reader::ArmedTear;
pub use crate::reader::{Millis, Tear};
use crate::tag::Tag;
pub use chips::Chip;
pub use faults::{Fault, LATE, VERY_LATE};
pub use model::{Bobu, Dialect, Model, Primitives, Start};

/// How long after its original the copy of [`Fault::DoubledLater`] comes.
const COPY: Millis = 90;
/// How long the answer of [`Fault::Paused`] stops.
const PAUSE: Millis = 150;
/// How often a device of another kind says its word.
const HEARTBEAT: Millis = 1_000;
/// Bytes that mean nothing, though one of them begins a "33" frame.
const NOISE: [u8; 6] = [0x00, 0x33, 0x12, 0xE0, 0x04, 0x9C];

/// A programmer at the end of a serial line.
#[derive(Debug, Clone)]
pub struct Programmer {
    model: Model,
    voice: Voice,
    field: Vec<Tag>,
    /// Laid ready for a fault.
    spare: Option<Tag>,
    /// Those that a fault has taken out of the field.
    gone: Vec<Tag>,
    slot: Option<Card>,
    card_is_powered: bool,
    pulled: Option<Card>,
    /// What waits for GET RESPONSE, and on which chip.
    waiting: Option<(Chip, Vec<u8>)>,
    /// Which INS of the card is torn, and when.
    tear: Option<ArmedTear>,
    faults: Faults<Fault>,
    seen: Vec<(Chip, Vec<u8>)>,
    now: Millis,
    plugged: bool,
    baud: u32,
    data_terminal_ready: bool,
    /// What it says, by when, and counted so that nothing overtakes.
    outgoing: BTreeMap<(Millis, u64), Vec<u8>>,
    said: u64,
    /// When a device of another kind says its word next.
    heartbeat: Millis,
}

/// The codec of a dialect, and what it remembers.
#[derive(Debug, Clone)]
enum Voice {
    Primitives(Primitives, envelope::Deframer),
    Bobu(Bobu, bobu::Line),
    Foreign(&'static [u8]),
}

impl Voice {
    fn of(model: &Model) -> Self {
        match model.dialect {
            Dialect::Primitives(options) => Self::Primitives(options, Default::default()),
            Dialect::Bobu(options) => Self::Bobu(options, Default::default()),
            Dialect::Foreign(word) => Self::Foreign(word),
        }
    }
}

/// A message that the device says, before it is framed.
struct Saying {
    /// How long the device takes for it.
    after: Millis,
    message: Vec<u8>,
    /// SN of a "33" frame.
    sn: u8,
}

impl Programmer {
    /// A programmer of this model with nothing in its field and slot.
    pub fn new(model: Model) -> Self {
        Self {
            voice: Voice::of(&model),
            field: Vec::new(),
            spare: None,
            gone: Vec::new(),
            slot: None,
            card_is_powered: false,
            pulled: None,
            waiting: None,
            tear: None,
            faults: Faults::default(),
            seen: Vec::new(),
            now: 0,
            plugged: true,
            baud: model.baud,
            data_terminal_ready: true,
            outgoing: BTreeMap::new(),
            said: 0,
            heartbeat: 0,
            model,
        }
    }

    // ------------------------------------------------------------------------------- field and slot

    /// Lays a tag into the field, beside those that are there.
    pub fn put(&mut self, mut tag: Tag) {
        tag.come_to_rest();
        // A tag in contact is powered; over the air it sleeps until it is called.
        if matches!(self.voice, Voice::Bobu(..)) {
            tag.wake();
        }
        self.field.push(tag);
    }

    /// Takes the tag with this contract number out of the field.
    pub fn take(&mut self, serial: [u8; 8]) -> Option<Tag> {
        let serials = |tag: &Tag| tag.esam().serial() == serial;
        let at = self.field.iter().position(serials)?;
        let mut tag = self.field.remove(at);
        tag.come_to_rest();
        Some(tag)
    }

    /// The tags in the field, in the order in which they were put there.
    pub fn tags(&self) -> &[Tag] {
        &self.field
    }

    /// The same, to do something to them.
    pub fn tags_mut(&mut self) -> &mut [Tag] {
        &mut self.field
    }

    /// Lays a tag ready for [`Fault::SecondTag`] and [`Fault::TagSwapped`].
    pub fn lay_ready(&mut self, tag: Tag) {
        self.spare = Some(tag);
    }

    /// The tags that faults have taken out of the field.
    pub fn take_gone(&mut self) -> Vec<Tag> {
        std::mem::take(&mut self.gone)
    }

    /// Puts a card into the slot; gives back the one that was there.
    pub fn insert(&mut self, mut card: Card) -> Option<Card> {
        card.power_off();
        self.card_is_powered = false;
        self.slot.replace(card)
    }

    /// Takes the card out of the slot.
    pub fn remove(&mut self) -> Option<Card> {
        self.card_is_powered = false;
        let mut card = self.slot.take()?;
        card.power_off();
        Some(card)
    }

    /// The card in the slot.
    pub fn card(&self) -> Option<&Card> {
        self.slot.as_ref()
    }

    /// The card that a tear or a fault has pulled.
    pub fn take_pulled(&mut self) -> Option<Card> {
        self.pulled.take()
    }

    /// Arms or disarms the tear of the next CREDIT FOR LOAD or secured write of the card.
    pub fn tear_next_write(&mut self, when: Option<Tear>) {
        self.tear = when.map(ArmedTear::AtWrite);
    }

    /// The tear that is armed.
    pub fn tear_armed(&self) -> Option<Tear> {
        self.tear.map(ArmedTear::when)
    }

    // ---------------------------------------------------------------------------------------- faults

    /// Lays `fault` in wait for the message after the next `spared` ones that it can concern.
    pub fn arm(&mut self, fault: Fault, spared: u32, ending: Ending) {
        self.faults.arm(fault, spared, ending);
    }

    /// The faults that have struck so far, each time anew.
    pub fn marks(&self) -> &[Fault] {
        self.faults.marks()
    }

    /// Every command that has reached a chip, in order.
    pub fn seen(&self) -> &[(Chip, Vec<u8>)] {
        &self.seen
    }

    // ------------------------------------------------------------------------------------------ line

    /// Whether the plug is in.
    pub fn is_plugged(&self) -> bool {
        self.plugged
    }

    /// Pulls the plug: nothing more is said, the chips lose their power.
    pub fn unplug(&mut self) {
        self.plugged = false;
        self.outgoing.clear();
        self.waiting = None;
        self.field.iter_mut().for_each(Tag::come_to_rest);
        if let Some(card) = &mut self.slot {
            card.power_off();
        }
        self.card_is_powered = false;
    }

    /// Puts the plug in again.
    pub fn plug_in(&mut self) {
        self.plugged = true;
        self.voice = Voice::of(&self.model);
        self.faults.replug();
        let tags = std::mem::take(&mut self.field);
        tags.into_iter().for_each(|tag| self.put(tag));
    }

    /// The host has opened the line at this speed.
    pub fn set_baud(&mut self, baud: u32) {
        self.baud = baud;
    }

    /// The DTR line.
    pub fn set_data_terminal_ready(&mut self, high: bool) {
        self.data_terminal_ready = high;
    }

    /// Tells the device what time it is.
    pub fn tick(&mut self, now: Millis) {
        self.now = self.now.max(now);
        if let Voice::Foreign(word) = self.voice {
            while self.plugged && self.heartbeat <= self.now {
                self.utter(self.heartbeat, word.to_vec());
                self.heartbeat += HEARTBEAT;
            }
        }
    }

    /// When the device says something next, if nothing else happens.
    pub fn next_due(&self) -> Option<Millis> {
        let heartbeat = matches!(self.voice, Voice::Foreign(_)).then_some(self.heartbeat);
        let (answer, _) = self.outgoing.keys().next().copied().unzip();
        heartbeat.into_iter().chain(answer).min()
    }

    /// The bytes that the device has said by now and nobody has read.
    pub fn read(&mut self) -> Vec<u8> {
        let later = self.outgoing.split_off(&(self.now + 1, 0));
        let due = std::mem::replace(&mut self.outgoing, later);
        let said: Vec<u8> = due.into_values().flatten().collect();
        if self.model.needs_dtr && !self.data_terminal_ready {
            return Vec::new();
        }
        if self.baud == self.model.baud {
            said
        } else {
            garbled(&said)
        }
    }

    /// Takes bytes of the host. What they are answered with is said at once or later.
    pub fn write(&mut self, bytes: &[u8]) {
        if !self.plugged || self.baud != self.model.baud {
            return;
        }
        match &mut self.voice {
            Voice::Primitives(_, deframer) => {
                let bodies: Vec<_> = bytes.iter().filter_map(|&b| deframer.push(b)).collect();
                bodies.iter().for_each(|body| self.obey(1, body));
            }
            Voice::Bobu(options, line) => {
                let options = *options;
                line.hear(options, bytes);
                while let Some(heard) = self.next_heard(options) {
                    match heard {
                        bobu::Heard::Message(sn, message) => self.obey(sn, &message),
                        bobu::Heard::Greeting(packet) => self.utter(self.now, packet),
                    }
                }
            }
            Voice::Foreign(_) => {}
        }
    }

    fn next_heard(&mut self, options: Bobu) -> Option<bobu::Heard> {
        match &mut self.voice {
            Voice::Bobu(_, line) => line.next_heard(options),
            _ => None,
        }
    }

    /// Carries out one request.
    fn obey(&mut self, sn: u8, request: &[u8]) {
        if !self.plugged || self.strikes(Fault::RequestLost) {
            return;
        }
        if self.strikes(Fault::UnpluggedBefore) {
            return self.unplug();
        }
        let sayings = match self.voice {
            Voice::Primitives(options, _) => self.answer_primitive(options, request),
            Voice::Bobu(options, _) => self.answer_message(options, sn, request),
            Voice::Foreign(_) => Vec::new(),
        };
        if self.strikes(Fault::UnpluggedAfter) {
            return self.unplug();
        }
        sayings.into_iter().for_each(|saying| self.say(saying));
    }

    fn strikes(&mut self, fault: Fault) -> bool {
        self.faults.strikes(fault)
    }

    /// Frames a message and says it; faults of answers strike here.
    fn say(&mut self, mut saying: Saying) {
        if self.strikes(Fault::AnswerLost) {
            return;
        }
        self.disagree(&mut saying.message);
        if self.strikes(Fault::ForeignAnswer) {
            let foreign = self.foreign();
            let frames = self.frames(saying.sn, &foreign, 0).concat();
            self.utter(self.now + saying.after, frames);
        }
        let spoil = if self.strikes(Fault::WrongCheck) {
            0x10
        } else {
            0x00
        };
        let mut frames = self.frames(saying.sn, &saying.message, spoil);
        if frames.len() > 1 && self.strikes(Fault::FragmentLost) {
            frames.remove(1);
        }
        if frames.len() > 1 && self.strikes(Fault::FragmentTwice) {
            frames.insert(1, frames[1].clone());
        }
        let mut line = frames.concat();
        if matches!(self.voice, Voice::Primitives(..)) && self.strikes(Fault::WrongEscape) {
            line.splice(3..3, [0xFE, 0x07]);
        }
        if self.strikes(Fault::FlagRun) {
            line = [&[0xFF; 5][..], &line, &[0xFF; 3]].concat();
        }
        if self.strikes(Fault::NoiseBefore) {
            line.splice(0..0, NOISE);
        }
        if self.strikes(Fault::NoiseAfter) {
            line.extend(NOISE);
        }
        if self.strikes(Fault::Garbage) {
            line = garbled(&line);
        }
        if self.strikes(Fault::Partial) {
            line.truncate(line.len() / 2);
        }
        self.time(self.now + saying.after, line);
    }

    /// When the bytes of an answer come, and how often.
    fn time(&mut self, due: Millis, mut line: Vec<u8>) {
        let due = match () {
            () if self.strikes(Fault::Late) => due + LATE,
            () if self.strikes(Fault::VeryLate) => due + VERY_LATE,
            () => due,
        };
        if self.strikes(Fault::Doubled) {
            line.extend(line.clone());
        }
        if self.strikes(Fault::DoubledLater) {
            self.utter(due + COPY, line.clone());
        }
        if self.strikes(Fault::Paused) {
            let rest = line.split_off(line.len() / 2);
            self.utter(due + PAUSE, rest);
        }
        if self.strikes(Fault::EveryByteApart) {
            let apart = (due..).zip(line);
            return apart.for_each(|(due, byte)| self.utter(due, vec![byte]));
        }
        self.utter(due, line);
    }

    fn utter(&mut self, due: Millis, bytes: Vec<u8>) {
        self.said += 1;
        self.outgoing.insert((due, self.said), bytes);
    }

    fn frames(&mut self, sn: u8, message: &[u8], spoil: u8) -> Vec<Vec<u8>> {
        match &mut self.voice {
            Voice::Primitives(..) => vec![envelope::encode(message, spoil)],
            Voice::Bobu(options, line) => line.frames(*options, sn, message, spoil),
            Voice::Foreign(_) => Vec::new(),
        }
    }

    /// A length that disagrees with its message.
    fn disagree(&mut self, message: &mut [u8]) {
        let place = match self.voice {
            Voice::Primitives(..) => primitives::place_of_length(message),
            Voice::Bobu(..) => bobu::place_of_length(message),
            Voice::Foreign(_) => None,
        };
        if let Some(place) = place
            && self.strikes(Fault::WrongLength)
        {
            message[place] = message[place].wrapping_add(1);
        }
    }

    /// What no host asks for: the heartbeat of a lane antenna, or what a Bluetooth tag says by itself.
    fn foreign(&self) -> Vec<u8> {
        match self.voice {
            Voice::Primitives(..) => vec![0x28, 0xB2, 0x00, 0x00, 0x00, 0x00, 0x80],
            Voice::Bobu(..) | Voice::Foreign(_) => vec![0x96, 0x00],
        }
    }
}

/// What is heard of bytes at another speed.
fn garbled(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .map(|byte| byte.rotate_left(3) ^ 0x5A)
        .collect()
}
