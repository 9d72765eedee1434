//! One APDU, there and back.

use alloc::vec::Vec;

use super::{Millis, Next};
use crate::apdu::{Command, Repeat, Response};
use crate::ccid::descriptor::{ExchangeLevel, Profile};
use crate::ccid::message::{HEADER, Icc, Outcome, Reply, Request, error, level, reply};
use crate::fault::Code;

/// How long a card may take over a command before the reader asks for more time.
pub(super) const EXCHANGE_TIMEOUT: Millis = 20_000;
/// GET RESPONSE and chained answers end after this many rounds: 64 KiB in pieces of 256.
const MAX_ROUNDS: u16 = 257;

/// An APDU on its way, and what has come back of it.
#[derive(Debug)]
pub(super) struct Exchange {
    /// The command that is on the wire: the caller's, or a GET RESPONSE behind it.
    command: Command,
    /// Pieces of the command that have not left yet.
    unsent: Vec<u8>,
    /// Longest piece of an APDU in one message.
    piece: usize,
    /// Pieces of the answer the reader is chaining.
    chained: Vec<u8>,
    /// Answer bytes of earlier rounds (`61xx`).
    data: Vec<u8>,
    length_corrected: bool,
    rounds: u16,
}

impl Exchange {
    /// The first message of a command.
    ///
    /// # Errors
    /// [`Code::CommandTooLong`].
    pub fn begin(
        command: &Command,
        exchange_level: ExchangeLevel,
        profile: &Profile,
    ) -> Result<(Self, Request, Millis), Code> {
        let is_long = command.data.len() > 255 || command.ne > 256;
        if is_long && exchange_level == ExchangeLevel::ShortApdu {
            return Err(Code::CommandTooLong);
        }
        let mut exchange = Self {
            command: command.clone(),
            unsent: Vec::new(),
            piece: profile.descriptor.max_message_length as usize - HEADER,
            chained: Vec::new(),
            data: Vec::new(),
            length_corrected: false,
            rounds: 0,
        };
        let request = exchange.send();
        Ok((exchange, request, EXCHANGE_TIMEOUT))
    }

    pub fn handle_reply(&mut self, reply: &Reply<'_>) -> Next<Response> {
        match reply.outcome {
            Outcome::Ok if reply.kind == reply::DATA_BLOCK => {}
            Outcome::Ok => return Next::End(Err(Code::ReaderProtocol)),
            _ if reply.icc == Icc::Absent => return Next::End(Err(Code::CardGone)),
            Outcome::Failed(error::ICC_MUTE) => return Next::End(Err(Code::CardMute)),
            _ => return Next::End(Err(Code::ReaderProtocol)),
        }
        self.rounds += 1;
        if self.rounds > MAX_ROUNDS {
            return Next::End(Err(Code::ReaderProtocol));
        }
        self.chained.extend_from_slice(reply.data);
        let next = match u16::from(reply.specific) {
            level::FIRST | level::MIDDLE => Request::XfrBlock {
                bwi: 0,
                level: level::CONTINUE,
                data: Vec::new(),
            },
            level::CONTINUE if !self.unsent.is_empty() => self.send_on(),
            _ => {
                let answer = core::mem::take(&mut self.chained);
                let Ok(response) = Response::parse(&answer) else {
                    return Next::End(Err(Code::ReaderProtocol));
                };
                match self.follow_up(&response) {
                    Some(command) => {
                        self.command = command;
                        self.send()
                    }
                    None => {
                        self.data.extend_from_slice(&response.data);
                        return Next::End(Ok(Response {
                            data: core::mem::take(&mut self.data),
                            sw: response.sw,
                        }));
                    }
                }
            }
        };
        Next::Ask(next, EXCHANGE_TIMEOUT)
    }

    /// The first piece of the command, which is mostly all of it.
    fn send(&mut self) -> Request {
        let mut data = self.command.to_bytes();
        self.unsent = data.split_off(data.len().min(self.piece));
        let level = match self.unsent.is_empty() {
            true => level::WHOLE,
            false => level::FIRST,
        };
        Request::XfrBlock {
            bwi: 0,
            level,
            data,
        }
    }

    /// The next piece of the command.
    fn send_on(&mut self) -> Request {
        let rest = self.unsent.split_off(self.unsent.len().min(self.piece));
        let data = core::mem::replace(&mut self.unsent, rest);
        let level = match self.unsent.is_empty() {
            true => level::LAST,
            false => level::MIDDLE,
        };
        Request::XfrBlock {
            bwi: 0,
            level,
            data,
        }
    }

    /// The command that completes this one: GET RESPONSE after `61xx`; the same command with the right
    /// length after `6Cxx`, unless it must reach the card only once.
    fn follow_up(&mut self, response: &Response) -> Option<Command> {
        if let Some(ne) = response.sw.more_data() {
            self.data.extend_from_slice(&response.data);
            return Some(Command::read([0x00, 0xC0, 0x00, 0x00], ne));
        }
        let ne = response.sw.right_length()?;
        if self.command.repeat == Repeat::Once || self.length_corrected {
            return None;
        }
        self.length_corrected = true;
        Some(Command {
            ne,
            ..self.command.clone()
        })
    }
}
