//! CCID on a serial line: the framing of the GemPC Twin (reference §4.11; libccid `ccid_serial.c`).
//!
//! 115 200 baud, 8 data bits, **2 stop bits**, no parity; RTS low before the first byte, or the reader sends
//! a plug-and-play text. A frame is SYNC (03), ACK (06), a CCID message, and LRC, which makes the exclusive-or
//! of the whole frame 0. A reader that could not read a frame answers 03 15 16. Card movements (50 02 out,
//! 50 03 in) come between frames, and single bytes from 80 up while a T=0 card asks for time. Some lines echo.
//!
//! [`SerialLine`] is the link below a [`Session`](super::Session): its messages become frames, and frames become
//! its packets. At the beginning it finds out whether there is a reader at all.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::Millis;
use super::message::{Outcome, Reply, Request, announced_length, reply};
use crate::fault::Code;

const SYNC: u8 = 0x03;
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;
/// Longest message of such a reader.
const LONGEST: usize = 271;
/// How long a reader may take to say who it is.
const PROBE_TIMEOUT: Millis = 2_000;

/// A message as it goes over the line.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len() + 3);
    bytes.extend_from_slice(&[SYNC, ACK]);
    bytes.extend_from_slice(message);
    bytes.push(bytes.iter().fold(0, |sum, byte| sum ^ byte));
    bytes
}

/// What comes over the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message for [`Session::handle_in`](super::Session::handle_in).
    Message(Vec<u8>),
    /// A notification for [`Session::handle_interrupt`](super::Session::handle_interrupt).
    Notification([u8; 2]),
    /// The reader could not read our last frame: [`Session::handle_refused`](super::Session::handle_refused).
    Refused,
    /// It is one: its firmware, in its own words. The session may begin.
    Ready(Vec<u8>),
    /// It is none, or does not answer.
    NoReader(Code),
}

/// The host's end of the line.
#[derive(Debug)]
pub struct SerialLine {
    state: State,
    deadline: Option<Millis>,
    /// What the line brought and is no whole frame yet.
    inbox: Vec<u8>,
    /// The last frame we have sent, as far as it may still come back as an echo.
    echo: Vec<u8>,
    outbox: VecDeque<Vec<u8>>,
    heard: VecDeque<Heard>,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Asked for the firmware.
    Probing,
    /// Asked to announce card movements before the answer to a command, not in the middle of it.
    Settling(Vec<u8>),
    Open,
    Closed,
}

impl SerialLine {
    /// A line that was just opened. Its first frame asks the reader who it is.
    pub fn open(now: Millis) -> Self {
        let mut line = Self {
            state: State::Probing,
            deadline: Some(now + PROBE_TIMEOUT),
            inbox: Vec::new(),
            echo: Vec::new(),
            outbox: VecDeque::new(),
            heard: VecDeque::new(),
        };
        line.send(&Request::Escape(Vec::from([0x02])).to_bytes(0, 0));
        line
    }

    /// Puts a message of the session on the line.
    pub fn send(&mut self, message: &[u8]) {
        let frame = frame(message);
        self.echo = frame.clone();
        self.outbox.push_back(frame);
    }

    /// The next bytes to be written.
    #[must_use]
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outbox.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        self.deadline
    }

    /// What came next.
    #[must_use]
    pub fn poll_heard(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    /// There is no reader behind the line, or it speaks otherwise.
    pub fn handle_timeout(&mut self, now: Millis) {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.close(Code::ReaderTimeout);
        }
    }

    /// Takes bytes as the line brings them, in pieces of any size.
    pub fn handle_bytes(&mut self, now: Millis, bytes: &[u8]) {
        if self.state == State::Closed {
            return;
        }
        self.inbox.extend_from_slice(bytes);
        while let Some((length, what)) = self.next() {
            self.inbox.drain(..length);
            if let Some(what) = what {
                self.handle(now, what);
            }
        }
    }

    /// What the inbox begins with, and how many bytes that is; `None` while more must come.
    fn next(&mut self) -> Option<(usize, Option<Heard>)> {
        let inbox = &self.inbox;
        if !self.echo.is_empty() {
            let same = inbox
                .iter()
                .zip(&self.echo)
                .take_while(|(a, b)| a == b)
                .count();
            if same == self.echo.len() {
                self.echo.clear();
                return Some((same, None));
            }
            if same == inbox.len() {
                return None; // an echo so far, or the beginning of an answer like it
            }
        }
        match **inbox {
            [] | [SYNC] | [0x50] | [SYNC, NAK] => None,
            [SYNC, NAK, 0x16, ..] => Some((3, Some(Heard::Refused))),
            [SYNC, ACK, ref rest @ ..] => {
                let length = announced_length(rest)?;
                if length > LONGEST {
                    return Some((1, None)); // no frame after all
                }
                let whole = inbox.get(..2 + length + 1)?;
                match whole.iter().fold(0, |sum, byte| sum ^ byte) {
                    0 => {
                        let message = rest.get(..length)?.to_vec();
                        Some((whole.len(), Some(Heard::Message(message))))
                    }
                    _ => Some((whole.len(), None)), // garbled on its way
                }
            }
            [0x50, change @ (0x02 | 0x03), ..] => {
                Some((2, Some(Heard::Notification([0x50, change]))))
            }
            _ => Some((1, None)), // a card asking for time, or noise
        }
    }

    fn handle(&mut self, now: Millis, what: Heard) {
        if matches!(what, Heard::Message(_)) {
            self.echo.clear(); // it would have come before
        }
        match (&mut self.state, what) {
            (State::Open, what) => self.heard.push_back(what),
            (state, Heard::Message(message)) => {
                let Ok(reply) = Reply::parse(&message) else {
                    return;
                };
                let escaped = reply.kind == reply::ESCAPE && reply.outcome == Outcome::Ok;
                match state {
                    State::Probing if escaped => {
                        self.state = State::Settling(reply.data.to_vec());
                        self.deadline = Some(now + PROBE_TIMEOUT);
                        self.send(&Request::Escape(Vec::from([0x01; 3])).to_bytes(0, 1));
                    }
                    State::Probing => self.close(Code::NotAReader),
                    // Some do not know the second question (SEC12x0): they are readers all the same.
                    State::Settling(firmware) => {
                        let firmware = core::mem::take(firmware);
                        self.state = State::Open;
                        self.deadline = None;
                        self.heard.push_back(Heard::Ready(firmware));
                    }
                    State::Open | State::Closed => {}
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, code: Code) {
        self.state = State::Closed;
        self.deadline = None;
        self.heard.push_back(Heard::NoReader(code));
    }
}

#[cfg(test)]
mod tests;
