//! Dialect A′: the issuing primitives and the air frames in them (serial reference §3, §3.1).

use super::chips::Chip;
use super::{Fault, Millis, Primitives, Programmer, Saying};
use crate::tag::Tag;

/// A tag answers a BST in a window of its own, so long after the one before it.
const WINDOW: Millis = 10;
/// MAC control of what a tag sends.
const FROM_TAG: u8 = 0xC0;
/// The same, with a status byte after LLC control.
const FROM_TAG_WITH_STATUS: u8 = 0xE0;
const UNNUMBERED: u8 = 0x03;
const SEGMENT: u8 = 0x91;

/// Where the length is in a body, if it has one.
pub fn place_of_length(body: &[u8]) -> Option<usize> {
    match *body {
        [_, 0xE0 | 0xEF | 0xB0, _, _, ..] => Some(3),
        [_, 0xE1..=0xE3, 0x01, 0x00, _, ..] => Some(4),
        _ => None,
    }
}

/// PAYLOAD, where LEN agrees with it.
fn counted(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [length, payload @ ..] if payload.len() == usize::from(*length) => Some(payload),
        _ => None,
    }
}

/// Entries of a list `n (len apdu)×n` that is all there is.
fn parse_list(list: &[u8]) -> Option<Vec<&[u8]>> {
    let (&count, mut rest) = list.split_first()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let (&length, after) = rest.split_first()?;
        let (apdu, after) = after.split_at_checked(usize::from(length))?;
        entries.push(apdu);
        rest = after;
    }
    rest.is_empty().then_some(entries)
}

/// `n (len data SW)×n`; `uncounted` bytes of each entry are not counted in its length.
fn encode_list(answers: &[Vec<u8>], uncounted: usize) -> Vec<u8> {
    let mut list = vec![answers.len() as u8];
    for answer in answers {
        list.push((answer.len() - uncounted) as u8);
        list.extend(answer);
    }
    list
}

impl Programmer {
    /// The answers to a body of envelope A. What is no primitive is not answered.
    pub(super) fn answer_primitive(&mut self, options: Primitives, body: &[u8]) -> Vec<Saying> {
        let &[rsctl, command, primitive, ref rest @ ..] = body else {
            return Vec::new(); // an empty acknowledgement
        };
        let answers = match (command, primitive) {
            (0xF0, 0x00) => self.call_tags(options, rest),
            (0xF0, _) => self.reach_tag(options, primitive, rest),
            (0xF1..=0xF3, _) => self.reach_psam(options, command, primitive, rest),
            (0xFF, 0x00) => self.initialise(options, rest),
            _ => Vec::new(),
        };
        let rsctl = if options.echoes_rsctl { rsctl } else { 0x13 };
        let sayings = answers.into_iter().map(|(after, body)| Saying {
            after,
            message: [&[rsctl], &body[..]].concat(),
            sn: 0,
        });
        sayings.collect()
    }

    /// Device initialisation `LEN 04 rsctl C0 …`; its reply is laid out as the status of a lane antenna (§2.2).
    fn initialise(&mut self, options: Primitives, rest: &[u8]) -> Vec<(Millis, Vec<u8>)> {
        let Some([0x04, _, 0xC0, ..]) = counted(rest) else {
            return Vec::new();
        };
        self.faults.power_on();
        self.field.iter_mut().for_each(Tag::release);
        let terminal = self.model.psams[0].unwrap_or_default();
        let mut status = vec![0x00, 0x01, 0x05, 0x00];
        status.extend(terminal);
        status.extend([0x00, 0x46, 0x01, 0x20, 0x01, 0x22, 0x01, 0, 0, 0, 0, 0]);
        vec![(0, reply(options.device_reply, 0x00, &status))]
    }

    /// INITIALISATION: every tag in the field wakes and answers a BST with its VST.
    fn call_tags(&mut self, options: Primitives, rest: &[u8]) -> Vec<(Millis, Vec<u8>)> {
        let Some(
            [
                0xFF,
                0xFF,
                0xFF,
                0xFF,
                0x50,
                UNNUMBERED,
                SEGMENT,
                0xC0,
                bst @ ..,
            ],
        ) = counted(rest)
        else {
            return Vec::new();
        };
        // Beacon (4), time (4), profile, one application, its parameter.
        let &[_, _, _, _, _, _, _, _, profile, 0x01, ref application @ ..] = bst else {
            return Vec::new();
        };
        if let Some(tag) = self.spare.take() {
            if self.strikes(Fault::SecondTag) {
                self.put(tag);
            } else {
                self.spare = Some(tag);
            }
        }
        if self.strikes(Fault::TagLeavesBefore) {
            self.empty_field();
        }
        self.power_card();
        let wants_system = matches!(application, [0x41, _, 0x29, 0x00, 0x1A, 0x00]);
        let has_card = self.slot.is_some();
        let answers = self.field.iter_mut().enumerate().map(|(place, tag)| {
            tag.wake();
            // The card is in the tag that was there first.
            let vst = vst(tag, profile, wants_system, has_card && place == 0);
            let after = WINDOW * place as Millis;
            (after, reply(0xE0, 0x00, &vst))
        });
        let answers: Vec<_> = answers.collect();
        if answers.is_empty() && options.tells_silence {
            return vec![(0, reply(0xE0, 0x00, &[]))];
        }
        answers
    }

    /// TransferChannel, SetMMI, EVENT_REPORT: an air frame to one tag.
    fn reach_tag(
        &mut self,
        options: Primitives,
        primitive: u8,
        rest: &[u8],
    ) -> Vec<(Millis, Vec<u8>)> {
        let Some(&[m0, m1, m2, m3, 0x40, llc, SEGMENT, ref apdu @ ..]) = counted(rest) else {
            return Vec::new();
        };
        self.move_tags();
        let mac = [m0, m1, m2, m3];
        let listens = |tag: &Tag| tag.mac() == mac && tag.is_awake();
        let Some(place) = self.field.iter().position(listens) else {
            let silence = reply(0xE0, primitive, &[]);
            return Vec::from_iter(options.tells_silence.then_some((0, silence)));
        };
        let Some(answer) = self.act(place, primitive, apdu) else {
            return Vec::new();
        };
        if self.strikes(Fault::TagLeavesAfter) {
            self.empty_field();
            return Vec::new();
        }
        let other = u8::from(self.strikes(Fault::OtherTag));
        let head = [
            m0,
            m1,
            m2,
            m3 ^ other,
            FROM_TAG_WITH_STATUS,
            llc,
            0x00,
            SEGMENT,
        ];
        let payload = [&head[..], &answer].concat();
        vec![(0, reply(0xE0, primitive, &payload))]
    }

    /// What a tag answers to a T-APDU, if it answers it.
    fn act(&mut self, place: usize, primitive: u8, apdu: &[u8]) -> Option<Vec<u8>> {
        match (primitive, apdu) {
            (0x02, &[0x05, did, 0x03, 0x18, channel, ref list @ ..]) => {
                let list = parse_list(list)?;
                let refused = vec![0x10, did, 0x01];
                if self.strikes(Fault::Refused) {
                    return Some(refused);
                }
                let chip = match channel {
                    // The card is in the tag that was there first.
                    0x01 if place == 0 && self.card_is_powered => Chip::Card,
                    0x02 => Chip::Esam(place),
                    _ => return Some(refused),
                };
                let Some(answers) = self.run_list(chip, &list) else {
                    return Some(refused);
                };
                let list = encode_list(&answers, 0);
                Some([&[0x18, did, 0x19, channel], &list[..], &[0x00]].concat())
            }
            // GetSecure: the file's coding on the air is not published well enough; it is read through the ESAM.
            (0x01, &[0x05, did, 0x00, 0x14, ..]) => Some(vec![0x10, did, 0x01]),
            (0x03, &[0x05, did, 0x04, 0x1A, parameter]) => {
                if self.strikes(Fault::Refused) {
                    return Some(vec![0x10, did, 0x01]);
                }
                self.field[place].signal(parameter);
                Some(vec![0x18, did, 0x1B, 0x00])
            }
            (0x04, [0x60, 0x00, _]) => {
                self.field[place].release();
                None
            }
            _ => None,
        }
    }

    /// The PSAM behind F1, F2 or F3.
    fn reach_psam(
        &mut self,
        options: Primitives,
        command: u8,
        primitive: u8,
        rest: &[u8],
    ) -> Vec<(Millis, Vec<u8>)> {
        let slot = usize::from(command - 0xF1);
        let head = [command ^ 0x10, primitive];
        let absent = || vec![(0, [&head[..], &[0x01]].concat())];
        let present = self.model.psams[slot].filter(|_| !self.strikes(Fault::PsamAbsent));
        let Some(terminal) = present else {
            return absent();
        };
        let answer = match (primitive, rest) {
            // Four bytes of baud rate, without a length.
            (0x00, [_, _, _, _]) => [&head[..], &[0x00], &terminal].concat(),
            (0x01, rest) => {
                let Some(list) = counted(rest).and_then(parse_list) else {
                    return Vec::new();
                };
                let Some(answers) = self.run_list(Chip::Psam(slot), &list) else {
                    return absent();
                };
                let uncounted = if options.psam_counts_sw { 0 } else { 2 };
                let list = encode_list(&answers, uncounted);
                [&head[..], &[0x00, list.len() as u8], &list].concat()
            }
            _ => return Vec::new(),
        };
        vec![(0, answer)]
    }
}

/// CMD, PRIM, LEN and payload. The chips' answers are far shorter than 256 bytes.
fn reply(command: u8, primitive: u8, payload: &[u8]) -> Vec<u8> {
    [&[command, primitive, payload.len() as u8], payload].concat()
}

/// The air frame in which a tag says who it is.
fn vst(tag: &Tag, profile: u8, with_system: bool, has_card: bool) -> Vec<u8> {
    let mut frame = tag.mac().to_vec();
    frame.extend([FROM_TAG, UNNUMBERED, SEGMENT, 0xD0, profile, 0x01]);
    if with_system {
        // DID 1; no containers beside the system information.
        frame.extend([0xC1, 0x01, 0x00, 0x27]);
        frame.extend_from_slice(&tag.esam().system()[..26]);
    } else {
        frame.extend([0x81, 0x01]);
    }
    frame.extend(tag.mac());
    // Equipment class and version.
    frame.push(0x30);
    frame.extend(tag.status(has_card));
    frame
}
