//! The field kit for programmers: what passes over a line, written down without its secrets, and a device that
//! answers as it was written down.
//!
//! Kept are *messages*: what envelopes, fragments and packets carry, so that a capture can be framed again
//! although secret bytes of it are gone. The schema, for people: `docs/field-kit.md`.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::bobu::{self, Assembler, Start, command, fragments, list, wechat};
use super::dsrc::{AirFrame, BROADCAST, Vst};
use super::envelope;
use super::primitive::{Primitive, dsrc, psam};
use super::profile::{Bobu, Dialect, Primitives, Profile};
use crate::ccid::Millis;
use crate::obu::SystemInformation;
use crate::trace::Redacted;

/// The version of the schema that is written.
pub const FORMAT: u32 = 1;

/// What a secret byte is replaced with where a capture answers.
pub const SECRET: u8 = 0x20;

/// A capture.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Capture {
    /// [`FORMAT`].
    pub programmer_kit: u32,
    /// The profile that was spoken by.
    pub profile: Profile,
    /// What passed, in order.
    pub messages: Vec<Message>,
}

/// What passed at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Message {
    /// Milliseconds since the line was opened.
    pub at: Millis,
    /// Whether the host said it.
    pub sent: bool,
    /// The message; missing where a frame was broken, of which nothing is shown.
    pub message: Option<Redacted>,
}

/// Takes messages out of frames, in either direction.
#[derive(Debug)]
enum Ear {
    Primitives(envelope::Deframer),
    Bobu {
        options: Bobu,
        packets: wechat::Deframer,
        frames: bobu::Deframer,
        assembler: Assembler,
    },
}

impl Ear {
    fn new(dialect: &Dialect) -> Self {
        match dialect {
            Dialect::Primitives(_) => Self::Primitives(envelope::Deframer::default()),
            Dialect::Bobu(options) => Self::Bobu {
                options: options.clone(),
                packets: wechat::Deframer::default(),
                frames: bobu::Deframer::new(options.start),
                assembler: Assembler::default(),
            },
        }
    }

    /// The messages that these bytes complete, each with its SN; `None` for one that is broken.
    fn hear(&mut self, bytes: &[u8]) -> Vec<Option<(u8, Vec<u8>)>> {
        match self {
            Self::Primitives(deframer) => {
                let bodies = bytes.iter().filter_map(|&byte| deframer.push(byte));
                bodies.map(|body| Some((0, body.ok()?))).collect()
            }
            Self::Bobu {
                options,
                packets,
                frames,
                assembler,
            } => {
                if options.is_wrapped {
                    packets.extend(bytes);
                    while let Some(packet) = packets.next_packet() {
                        frames.extend(packet.frame().unwrap_or_default());
                    }
                } else {
                    frames.extend(bytes);
                }
                let mut messages = Vec::new();
                while let Some(frame) = frames.next_frame() {
                    let Ok(frame) = frame else {
                        messages.push(None);
                        continue;
                    };
                    if let Some(message) = assembler.push(&frame) {
                        messages.push(message.ok().map(|message| (frame.head[0], message)));
                    }
                }
                messages
            }
        }
    }
}

/// Writes down what passes over a line.
#[derive(Debug)]
pub struct Recorder {
    dialect: Dialect,
    ours: Ear,
    theirs: Ear,
    /// The APDU list that is being answered.
    asked: Vec<Vec<u8>>,
    messages: Vec<Message>,
}

impl Recorder {
    /// Nothing has passed yet.
    pub fn new(profile: &Profile) -> Self {
        Self {
            ours: Ear::new(&profile.dialect),
            theirs: Ear::new(&profile.dialect),
            dialect: profile.dialect.clone(),
            asked: Vec::new(),
            messages: Vec::new(),
        }
    }

    /// The host has sent this.
    pub fn sent(&mut self, at: Millis, bytes: &[u8]) {
        for message in self.ours.hear(bytes) {
            let message = message.map(|(_, message)| self.redact_request(&message));
            let sent = true;
            self.messages.push(Message { at, sent, message });
        }
    }

    /// The line has brought this.
    pub fn heard(&mut self, at: Millis, bytes: &[u8]) {
        for message in self.theirs.hear(bytes) {
            let message = message.map(|(_, message)| self.redact_reply(&message));
            let sent = false;
            self.messages.push(Message { at, sent, message });
        }
    }

    /// What has passed so far.
    pub fn capture(&self, profile: &Profile) -> Capture {
        Capture {
            programmer_kit: FORMAT,
            profile: profile.clone(),
            messages: self.messages.clone(),
        }
    }

    /// What has passed since this was asked last.
    pub fn take(&mut self) -> Vec<Message> {
        core::mem::take(&mut self.messages)
    }

    fn redact_request(&mut self, message: &[u8]) -> Redacted {
        let mut view = View::new(message);
        match &self.dialect {
            Dialect::Primitives(options) => {
                self.asked = view.primitive_request(options).unwrap_or_default();
            }
            Dialect::Bobu(_) => {
                view.show_first(4);
                if let Ok(request) = command::ChannelRequest::parse(message)
                    && let Ok(entries) = list::parse(list::REQUEST, request.list)
                {
                    self.asked = entries.iter().map(|(_, apdu)| apdu.to_vec()).collect();
                    view.entries(&entries, Redacted::command);
                }
            }
        }
        view.redacted()
    }

    fn redact_reply(&self, message: &[u8]) -> Redacted {
        let mut view = View::new(message);
        match &self.dialect {
            Dialect::Primitives(options) => view.primitive_reply(options, &self.asked),
            Dialect::Bobu(_) => {
                view.show_first(3);
                if let Ok(reply) = command::Reply::parse(message)
                    && let Ok(reply) = command::ChannelReply::parse(reply.code, reply.rest)
                    && let Ok(entries) = list::parse(list::REPLY, reply.list)
                {
                    view.show_first(5);
                    let mut asked = self.asked.iter();
                    view.entries(&entries, |answer| {
                        let asked = asked.next().map_or(&[][..], Vec::as_slice);
                        Redacted::answer(asked, answer)
                    });
                }
            }
        }
        view.redacted()
    }
}

/// A message, and what has been shown of it so far.
struct View<'a> {
    message: &'a [u8],
    shown: Vec<bool>,
}

impl<'a> View<'a> {
    fn new(message: &'a [u8]) -> Self {
        Self {
            message,
            shown: vec![false; message.len()],
        }
    }

    fn redacted(&self) -> Redacted {
        Redacted::shown(self.message, &self.shown)
    }

    fn show(&mut self, from: usize, to: usize) {
        let to = to.min(self.shown.len());
        self.shown[from.min(to)..to].fill(true);
    }

    fn show_first(&mut self, count: usize) {
        self.show(0, count);
    }

    /// Where a part of the message begins in it: parsers hand out slices of what they are given.
    fn place(&self, part: &[u8]) -> usize {
        let offset = part.as_ptr() as usize - self.message.as_ptr() as usize;
        debug_assert!(offset + part.len() <= self.message.len(), "a part of it");
        offset
    }

    /// Shows what a redaction shows of a part.
    fn take_over(&mut self, part: &[u8], redacted: &Redacted) {
        let begin = self.place(part);
        for (at, is_shown) in redacted.is_shown().enumerate() {
            self.shown[begin + at] |= is_shown;
        }
    }

    /// Shows a TLV list, except for what a redaction hides of its entries.
    fn entries(&mut self, entries: &[(u8, &[u8])], mut redact: impl FnMut(&[u8]) -> Redacted) {
        let Some((_, first)) = entries.first() else {
            return;
        };
        // The list's own head, and each entry's tag and length.
        self.show(4, self.place(first));
        for (_, entry) in entries {
            let begin = self.place(entry);
            self.show(begin.saturating_sub(2), begin);
            self.take_over(entry, &redact(entry));
        }
    }

    /// Shows what may be seen of a request of dialect A′; gives the APDU list in it.
    fn primitive_request(&mut self, options: &Primitives) -> Option<Vec<Vec<u8>>> {
        let message = self.message;
        let primitive = Primitive::parse(message).ok()?;
        self.show(1, 4);
        let is_psam = options
            .psam
            .iter()
            .any(|it| it.request == primitive.command);
        let list = match (primitive.command, primitive.primitive) {
            (_, psam::RESET) if is_psam => {
                self.show(3, message.len());
                return None;
            }
            (_, psam::LIST) if is_psam => primitive.payload().ok()?,
            (command, _) if command == options.dsrc.request => {
                let frame = AirFrame::parse(primitive.payload().ok()?).ok()?;
                let begin = self.place(frame.apdu);
                if frame.mac == BROADCAST {
                    // Its time of day is another one at every reading.
                    self.show(4, begin + 5);
                    self.show(begin + 9, message.len());
                    return None;
                }
                self.show(8, begin);
                match frame.apdu {
                    [_, _, _, 0x18, _, list @ ..] => {
                        self.show(begin, begin + 5);
                        list
                    }
                    _ => {
                        // As much as a SetMMI has; a GetSecure goes on with a random.
                        self.show(begin, begin + 5);
                        return None;
                    }
                }
            }
            _ => return None,
        };
        self.counted_entries(list, 0, |_, apdu| Redacted::command(apdu))
    }

    /// Shows what may be seen of a reply of dialect A′.
    fn primitive_reply(&mut self, options: &Primitives, asked: &[Vec<u8>]) {
        let Ok(primitive) = Primitive::parse(self.message) else {
            return;
        };
        self.show(1, 4);
        let redact = |at: usize, answer: &[u8]| {
            let asked = asked.get(at).map_or(&[][..], Vec::as_slice);
            Redacted::answer(asked, answer)
        };
        let is_psam = options.psam.iter().any(|it| it.reply == primitive.command);
        if is_psam {
            // valid, LEN and n; a reset shows no more.
            if let (psam::LIST, [_, _, list @ ..]) = (primitive.primitive, primitive.rest) {
                self.show(4, 5);
                let surplus = match options.psam_sw {
                    super::SwCounted::Yes => 0,
                    super::SwCounted::No => 2,
                };
                self.counted_entries(list, surplus, redact);
            }
            return;
        }
        if primitive.command != options.dsrc.reply {
            return;
        }
        let Ok(payload) = primitive.payload() else {
            return;
        };
        let Ok(frame) = AirFrame::parse(payload) else {
            return;
        };
        let begin = self.place(frame.apdu);
        self.show(8, begin);
        if primitive.primitive == dsrc::INITIALISATION {
            self.vst(&frame);
        } else if let [_, _, 0x19, _, list @ .., _] = frame.apdu {
            self.show(begin, begin + 4);
            self.counted_entries(list, 0, redact);
            self.show(self.message.len() - 1, self.message.len());
        } else {
            // As much as the answer to a SetMMI has; that to a GetSecure goes on with a file.
            self.show(begin, begin + 4);
        }
    }

    /// Shows a VST but for MAC address, random and the end of the contract number.
    fn vst(&mut self, frame: &AirFrame<'_>) {
        let Ok(vst) = Vst::parse(frame.apdu) else {
            return;
        };
        let begin = self.place(frame.apdu);
        self.show(begin, begin + 4 + usize::from(vst.did.is_some()));
        if let Some(parameter) = &vst.parameter {
            let system = self.place(parameter.system);
            self.show(system - 2, system);
            let read = SystemInformation::read(SystemInformation::LENGTH).to_bytes();
            // The file's last byte and a status word, as READ BINARY would answer.
            let answer = [&parameter.system[..], &[0x00, 0x90, 0x00]].concat();
            let redacted = Redacted::answer(&read, &answer);
            for (at, is_shown) in redacted.is_shown().take(26).enumerate() {
                self.shown[system + at] |= is_shown;
            }
        }
        self.show(self.message.len() - 3, self.message.len());
    }

    /// Shows `n (len entry)×n`, except for what a redaction hides; gives the entries, if they come out even.
    fn counted_entries(
        &mut self,
        list: &[u8],
        surplus: usize,
        mut redact: impl FnMut(usize, &[u8]) -> Redacted,
    ) -> Option<Vec<Vec<u8>>> {
        let (&count, mut rest) = list.split_first()?;
        let begin = self.place(list);
        self.show(begin, begin + 1);
        let mut entries = Vec::new();
        for at in 0..usize::from(count) {
            let (&length, after) = rest.split_first()?;
            let begin = self.place(rest);
            self.show(begin, begin + 1);
            let (entry, after) = after.split_at_checked(usize::from(length) + surplus)?;
            self.take_over(entry, &redact(at, entry));
            entries.push(entry.to_vec());
            rest = after;
        }
        Some(entries)
    }
}

/// The device of a capture: to what was sent it says what was heard then, framed anew.
#[derive(Debug)]
pub struct Replay {
    dialect: Dialect,
    ear: Ear,
    messages: Vec<Message>,
    /// How far the capture has been told.
    at: usize,
    outgoing: VecDeque<Vec<u8>>,
}

impl Replay {
    /// The device of this capture.
    pub fn new(capture: &Capture) -> Self {
        Self {
            ear: Ear::new(&capture.profile.dialect),
            dialect: capture.profile.dialect.clone(),
            messages: capture.messages.clone(),
            at: 0,
            outgoing: VecDeque::new(),
        }
    }

    /// Takes bytes of the host. What was not sent in the capture, or sent before, is not answered.
    pub fn write(&mut self, bytes: &[u8]) {
        for (sn, message) in self.ear.hear(bytes).into_iter().flatten() {
            let waiting = self.messages[self.at..].iter();
            let llc = toggle_of(&self.dialect, &message);
            let is_it = |known: &Message| known.sent && matches(known, &message, llc);
            let Some(found) = waiting.clone().position(is_it) else {
                continue;
            };
            let after = self.at + found + 1;
            let known = self.messages[after - 1].message.as_ref();
            let turned = llc
                .zip(known)
                .map(|(at, known)| (at, known.filled(0)[at] ^ message[at]));
            let answers = self.messages[after..]
                .iter()
                .take_while(|known| !known.sent);
            let answers: Vec<_> = answers.cloned().collect();
            self.at = after + answers.len();
            for answer in answers.iter().filter_map(|answer| answer.message.as_ref()) {
                let mut answer = answer.filled(SECRET);
                // An answer carries the LLC control of its request.
                if let Some((at, turned)) = turned
                    && let Some(llc) = answer.get_mut(at)
                {
                    *llc ^= turned;
                }
                self.say(sn, message[0], answer);
            }
        }
    }

    /// What the device has said since this was asked last.
    pub fn read(&mut self) -> Vec<u8> {
        self.outgoing.drain(..).flatten().collect()
    }

    fn say(&mut self, sn: u8, rsctl: u8, mut message: Vec<u8>) {
        match &self.dialect {
            Dialect::Primitives(_) => {
                // RSCTL is never captured: it counts.
                if let Some(first) = message.first_mut() {
                    *first = rsctl;
                }
                self.outgoing.push_back(envelope::encode(&message));
            }
            Dialect::Bobu(options) => {
                let sn = if options.start == Start::ThreeThree {
                    sn
                } else {
                    1
                };
                let frames = fragments(options.start, sn, &message).unwrap_or_default();
                for frame in frames.iter().map(bobu::Frame::to_bytes) {
                    let packet = if options.is_wrapped {
                        wechat::wrap(0, &frame).unwrap_or_default()
                    } else {
                        frame
                    };
                    self.outgoing.push_back(packet);
                }
            }
        }
    }
}

/// Where a request has its LLC control, if that turns over with each one: a capture may begin at either.
fn toggle_of(dialect: &Dialect, message: &[u8]) -> Option<usize> {
    // RSCTL, command, primitive, LEN; MAC address, MAC control.
    const LLC: usize = 9;
    let Dialect::Primitives(options) = dialect else {
        return None;
    };
    let is_acknowledged = message.get(LLC).is_some_and(|llc| llc & 0x7F == 0x77);
    (is_acknowledged && message[1] == options.dsrc.request).then_some(LLC)
}

/// Whether a message is the captured one, as far as that is shown and does not turn over at `toggle`.
fn matches(known: &Message, message: &[u8], toggle: Option<usize>) -> bool {
    known.message.as_ref().is_some_and(|known| {
        // With either fill the secret bytes differ from themselves only where they are secret.
        let (low, high) = (known.filled(0x00), known.filled(0xFF));
        low.len() == message.len()
            && low
                .iter()
                .zip(&high)
                .zip(message)
                .enumerate()
                .all(|(at, ((low, high), byte))| {
                    let turns = if toggle == Some(at) { 0x80 } else { 0x00 };
                    low != high || (low ^ byte) & !turns == 0
                })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programmer::worked::{
        BOBU_ESAM_ANSWERS, BOBU_ESAM_LIST, BST, ESAM_ANSWERS, ESAM_LIST, PSAM_ANSWERS, PSAM_LIST,
        RELEASE, SET_MMI, WRAPPED, bytes,
    };
    use std::string::{String, ToString};

    /// What is kept of worked frames, sent and heard in turn.
    fn kept(profile: &Profile, frames: &[&str]) -> (Capture, Vec<String>) {
        let mut recorder = Recorder::new(profile);
        for (at, frame) in (0..).zip(frames) {
            match at % 2 {
                0 => recorder.sent(at, &bytes(frame)),
                _ => recorder.heard(at, &bytes(frame)),
            }
        }
        let capture = recorder.capture(profile);
        let shown = |message: &Message| message.message.as_ref().map(Redacted::to_string);
        let texts = capture.messages.iter().filter_map(shown).collect();
        (capture, texts)
    }

    fn text(parts: &[&str]) -> String {
        parts.concat().replace(' ', "")
    }

    #[test]
    fn numbers_addresses_and_times_are_hidden_and_what_tells_dialects_apart_is_not() {
        let (_, texts) = kept(
            &Profile::primitives(),
            &[ESAM_LIST, ESAM_ANSWERS, PSAM_LIST, PSAM_ANSWERS, BST],
        );
        assert_eq!(
            texts,
            [
                text(&[
                    "** F0 02 1B ******** 40 F7 91 05 01 03 18 02 02",
                    "07 00A40000023F00 05 00B081001B",
                ]),
                text(&[
                    "** E0 02 2F ******** E0 F7 00 91 18 01 19 02 02 02 9000 1D",
                    "00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D ********",
                    "12 13 14 15 16 17 18 19 1A 9000 00",
                ]),
                text(&["** F1 01 09 01 07 00A40000023F00"]),
                text(&["** E1 01 00 04 01 00 9000"]),
                text(&[
                    "** F0 00 18 FFFFFFFF 50 03 91 C0 08FFFF00 ********",
                    "00 01 41 87 29 00 1A 00",
                ]),
            ]
        );
    }

    #[test]
    fn of_other_actions_their_kind_is_kept_and_no_file() {
        let file = envelope::encode(&bytes(
            "04 E0 01 16 02 00 00 01 E0 F7 00 91 18 01 15 01 AA BB CC DD 11 22 33 44 55 66",
        ));
        let (_, texts) = kept(
            &Profile::primitives(),
            &[SET_MMI, &crate::hex::encode(&file), RELEASE],
        );
        assert_eq!(
            texts,
            [
                text(&["** F0 03 0C ******** 40 F7 91 05 01 04 1A 00"]),
                text(&[
                    "** E0 01 16 ******** E0 F7 00 91 18 01 15 01",
                    &"**".repeat(10)
                ]),
                text(&["** F0 04 0A ******** 40 03 91 60 00 00"]),
            ]
        );
    }

    #[test]
    fn a_challenge_is_hidden_in_a_list_too() {
        let (_, texts) = kept(&Profile::bobu(), &[BOBU_ESAM_LIST, BOBU_ESAM_ANSWERS]);
        let list = "A1 20 12 00 80 10 01 07 00A40000023F00 02 05 0084000004";
        let answers = "B1 00 20 0E 00 81 0C 01 02 9000 02 06 ******** 9000";
        assert_eq!(texts, [text(&[list]), text(&[answers])]);
        let (_, texts) = kept(&Profile::bobu_wechat(), &[WRAPPED[1].1]);
        assert_eq!(texts, [text(&[list])]);
    }

    #[test]
    fn of_a_broken_frame_only_is_kept_that_there_was_one() {
        let mut broken = bytes(BOBU_ESAM_LIST);
        broken[9] ^= 1;
        let mut recorder = Recorder::new(&Profile::bobu());
        recorder.heard(7, &broken);
        let capture = recorder.capture(&Profile::bobu());
        let message = Message {
            at: 7,
            sent: false,
            message: None,
        };
        assert_eq!(capture.messages.first(), Some(&message));
    }

    #[test]
    fn a_capture_answers_what_was_sent_and_nothing_else() {
        let (capture, _) = kept(&Profile::bobu(), &[BOBU_ESAM_LIST, BOBU_ESAM_ANSWERS]);
        let mut replay = Replay::new(&capture);
        replay.write(&bytes("33 02 80 01 A2 21"));
        assert!(replay.read().is_empty());
        replay.write(&bytes(BOBU_ESAM_LIST));
        let answer = bytes("B1 00 20 0E 00 81 0C 01 02 90 00 02 06 20 20 20 20 90 00");
        let frames = fragments(Start::ThreeThree, 3, &answer).expect("fits");
        assert_eq!(replay.read(), frames[0].to_bytes());
        replay.write(&bytes(BOBU_ESAM_LIST));
        assert!(replay.read().is_empty(), "it was sent once");

        let (capture, _) = kept(&Profile::primitives(), &[ESAM_LIST, ESAM_ANSWERS]);
        for llc in [0xF7, 0x77] {
            // LLC control and BCC turn over together.
            let mut request = bytes(ESAM_LIST);
            let bcc = request.len() - 2;
            for at in [11, bcc] {
                request[at] ^= 0xF7 ^ llc;
            }
            let mut replay = Replay::new(&capture);
            replay.write(&request);
            assert_eq!(replay.read().get(11), Some(&llc), "that of the request");
        }

        let (capture, _) = kept(&Profile::primitives(), &[PSAM_LIST, PSAM_ANSWERS]);
        let mut replay = Replay::new(&capture);
        replay.write(&bytes(PSAM_LIST));
        assert_eq!(replay.read(), bytes(PSAM_ANSWERS));
    }
}
