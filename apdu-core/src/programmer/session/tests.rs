//! Timed scripts of bytes against the engine.

use super::*;
use crate::programmer::envelope;
use crate::programmer::worked::{self, bytes};
use crate::sw::Sw;
use alloc::vec;
use std::format;
use std::string::String;

mod bobu;
mod chance;
mod naming;
mod primitives;

/// 2020-01-01 00:00:00 UTC, as in the worked BST.
const NEW_YEAR: u32 = 0x5E0B_E100;

const READ_SYSTEM: [u8; 4] = [0x00, 0xB0, 0x81, 0x00];

fn select(id: u16) -> Command {
    crate::toll_card::select_by_id(id)
}

fn read(length: u32) -> Command {
    Command::read(READ_SYSTEM, length)
}

/// A secured write of the removal flag, as the backend would sign it.
fn write() -> Command {
    Command::with_data([0x04, 0xD6, 0x81, 0x1A], &[1, 0xA, 0xB, 0xC, 0xD], 0).once()
}

fn primitives() -> Session {
    Session::new(Profile::primitives(), 0)
}

/// All bytes the session has for the line.
fn sent(session: &mut Session) -> Vec<Vec<u8>> {
    core::iter::from_fn(|| session.poll_transmit()).collect()
}

/// The only frame the session has for the line.
fn frame(session: &mut Session) -> Vec<u8> {
    let mut frames = sent(session);
    assert_eq!(frames.len(), 1, "one frame");
    frames.remove(0)
}

fn event(session: &mut Session) -> Option<Event> {
    let event = session.poll_event();
    assert_eq!(session.poll_event(), None, "one event");
    event
}

/// Lets time pass until the operation ends; gives the moment, the event and all frames sent meanwhile.
fn run_out(session: &mut Session) -> (Millis, Event, Vec<Vec<u8>>) {
    let mut frames = sent(session);
    let mut now = 0;
    loop {
        if let Some(event) = event(session) {
            return (now, event, frames);
        }
        now = session.poll_timeout().expect("a deadline while busy");
        session.handle_timeout(now);
        frames.extend(sent(session));
    }
}

/// Sixteen digits, 3DES, valid; by the table of reference §6.1.
const CONTRACT: &str =
    "B8 CA CB E0 62 01 00 01 00 16 62 01 23 01 00 00 00 17 20 24 01 15 20 34 01 14";

/// A reply of dialect A′: RSCTL, CMD, PRIM, LEN and payload.
fn reply(head: &str, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u8;
    envelope::encode(&[&bytes(head)[..], &[length], payload].concat())
}

/// A VST of the tag with this MAC address and this first status byte.
fn vst(mac: &str, status: u8) -> Vec<u8> {
    let payload =
        format!("{mac} C0 03 91 D0 00 01 C1 01 20 27 {CONTRACT} {mac} 30 {status:02X} 01");
    reply("01 E0 00", &bytes(&payload))
}

const MAC: &str = "02 00 00 01";
const OTHER_MAC: &str = "02 00 00 02";

/// A reply to a TransferChannel: LLC control, channel and list of answers.
fn answers(mac: &str, llc: &str, channel: u8, list: &str, status: u8) -> Vec<u8> {
    let payload = format!("{mac} E0 {llc} 00 91 18 01 19 {channel:02X} {list} {status:02X}");
    reply("02 E0 02", &bytes(&payload))
}

/// A session with a tag, a card in it; its next request has RSCTL 2 and LLC control F7.
fn with_tag() -> (Session, PowerSession) {
    let mut session = primitives();
    session.begin(0, Operation::Initialise { unix: NEW_YEAR });
    assert_eq!(frame(&mut session), bytes(worked::BST));
    session.handle_in(10, &vst(MAC, 0x00));
    session.handle_timeout(210);
    let Some(Event::Initialised(Ok((power, tag)))) = event(&mut session) else {
        panic!("a tag has answered");
    };
    assert_eq!(tag.mac, Some([2, 0, 0, 1]));
    (session, power)
}
