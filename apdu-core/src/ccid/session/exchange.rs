//! One APDU, there and back.
//!
//! A [`Round`] takes one command to the card and its response back: as a whole APDU, in the pieces a reader
//! wants, as a T=0 TPDU, or in T=1 blocks. The [`Exchange`] sees to what the response asks for: GET RESPONSE
//! behind `61xx`, the right length behind `6Cxx`.

use alloc::vec::Vec;

use super::link::{Contact, Line, Reader};
use super::{Millis, Next};
use crate::apdu::{Command, Repeat, Response};
use crate::ccid::descriptor::ExchangeLevel;
use crate::ccid::message::{HEADER, Icc, Outcome, Reply, Request, error, level, reply};
use crate::fault::Code;
use crate::sw::Sw;
use crate::t1::{Action, Received, T1};

/// No APDU needs more messages than this: 64 KiB each way in T=1 blocks of 32 bytes.
const MAX_MESSAGES: u16 = 5_000;

/// An APDU on its way, and what has come back of it.
#[derive(Debug)]
pub(super) struct Exchange {
    /// Whether the caller's command may reach the card again.
    repeat: Repeat,
    round: Round,
    /// Longest piece of an APDU in one message.
    longest: usize,
    /// Answer bytes of earlier rounds.
    data: Vec<u8>,
    messages: u16,
}

/// One command on the wire: the caller's, or a GET RESPONSE behind it.
#[derive(Debug)]
struct Round {
    command: Command,
    /// For a GET RESPONSE: the status word it comes behind.
    behind: Option<Sw>,
    /// It goes out once more, with the length that `6Cxx` named.
    length_corrected: bool,
    /// Pieces of the command that have not left yet.
    unsent: Vec<u8>,
    /// Pieces of the response that have come.
    received: Vec<u8>,
}

/// What an answer from the reader comes to.
enum Carried {
    /// Ask on; the card may take so many times its time.
    Ask(Request, u8),
    /// The bytes of a response APDU.
    Response(Vec<u8>),
    /// There will be none.
    Failed(Code),
}

impl Exchange {
    /// The first message of a command.
    ///
    /// # Errors
    /// [`Code::CommandTooLong`].
    pub fn begin(
        reader: &Reader<'_>,
        contact: &mut Contact,
        command: &Command,
    ) -> Result<(Self, Request), Code> {
        let too_long = match (&contact.line, reader.level) {
            // ENVELOPE is not spoken: no toll card needs it. A long answer comes by GET RESPONSE.
            (Line::T0, _) => command.data.len() > 255,
            (Line::Apdu, ExchangeLevel::ShortApdu) => command.data.len() > 255 || command.ne > 256,
            _ => false,
        };
        if too_long {
            return Err(Code::CommandTooLong);
        }
        let mut exchange = Self {
            repeat: command.repeat,
            round: Round::new(command.clone()),
            longest: reader.profile.descriptor.max_message_length as usize - HEADER,
            data: Vec::new(),
            messages: 0,
        };
        let request = exchange.send(&mut contact.line);
        Ok((exchange, request))
    }

    pub fn handle_reply(&mut self, contact: &mut Contact, reply: &Reply<'_>) -> Next<Response> {
        self.messages += 1;
        if self.messages > MAX_MESSAGES {
            return Next::End(Err(Code::ReaderProtocol));
        }
        let carried = match &mut contact.line {
            Line::T1(t1) => self.handle_t1(t1, reply),
            Line::T0 | Line::Apdu => self.handle_piece(reply),
        };
        let (request, times) = match carried {
            Carried::Ask(request, times) => (request, times),
            Carried::Failed(code) => return Next::End(Err(code)),
            Carried::Response(bytes) => {
                let Ok(response) = Response::parse(&bytes) else {
                    return Next::End(Err(Code::ReaderProtocol));
                };
                match self.follow_up(&contact.line, &response) {
                    Some(round) => {
                        self.data.extend_from_slice(&response.data);
                        self.round = round;
                        (self.send(&mut contact.line), 1)
                    }
                    None => return Next::End(self.end(response)),
                }
            }
        };
        Next::Ask(request, contact.timeout * Millis::from(times))
    }

    /// The first message of a round.
    fn send(&mut self, line: &mut Line) -> Request {
        let command = &self.round.command;
        match line {
            Line::T0 => block(0, level::WHOLE, tpdu(command)),
            Line::T1(t1) => block(0, level::WHOLE, t1.transmit(&command.to_bytes())),
            Line::Apdu => {
                self.round.unsent = command.to_bytes();
                let whole = self.round.unsent.len() <= self.longest;
                self.send_piece(if whole { level::WHOLE } else { level::FIRST })
            }
        }
    }

    /// The next piece of an APDU.
    fn send_piece(&mut self, level: u16) -> Request {
        let unsent = &mut self.round.unsent;
        let rest = unsent.split_off(unsent.len().min(self.longest));
        block(0, level, core::mem::replace(unsent, rest))
    }

    /// Takes a response APDU or TPDU, or a piece of one. Answers are chained by readers too that deny it.
    fn handle_piece(&mut self, reply: &Reply<'_>) -> Carried {
        match reply.outcome {
            Outcome::Ok if reply.kind == reply::DATA_BLOCK => {}
            _ => return Carried::Failed(why(reply)),
        }
        match u16::from(reply.specific) {
            level::CONTINUE if !self.round.unsent.is_empty() => {
                let last = self.round.unsent.len() <= self.longest;
                let piece = self.send_piece(if last { level::LAST } else { level::MIDDLE });
                Carried::Ask(piece, 1)
            }
            more @ (level::FIRST | level::MIDDLE | level::LAST | level::WHOLE) => {
                self.round.received.extend_from_slice(reply.data);
                match more {
                    level::FIRST | level::MIDDLE => {
                        Carried::Ask(block(0, level::CONTINUE, Vec::new()), 1)
                    }
                    _ => Carried::Response(core::mem::take(&mut self.round.received)),
                }
            }
            _ => Carried::Failed(Code::ReaderProtocol),
        }
    }

    /// Takes a T=1 block, or what the reader says instead of one.
    fn handle_t1(&mut self, t1: &mut T1, reply: &Reply<'_>) -> Carried {
        let received = match reply.outcome {
            Outcome::Ok if reply.kind == reply::DATA_BLOCK => Received::Block(reply.data),
            Outcome::Failed(error::PARITY | error::OVERRUN) => Received::Garbled,
            Outcome::Failed(error::ICC_MUTE) if reply.icc == Icc::Active => Received::Silence,
            _ => {
                t1.cut_off();
                return Carried::Failed(why(reply));
            }
        };
        match t1.handle(received) {
            Action::Send { block: bytes, wtx } => {
                let bwi = if wtx > 1 { wtx } else { 0 };
                Carried::Ask(block(bwi, level::WHOLE, bytes), wtx)
            }
            Action::Answer(bytes) => Carried::Response(bytes),
            Action::Resynched if self.round.command.repeat == Repeat::Repeatable => {
                Carried::Ask(block(0, level::WHOLE, t1.repeat()), 1)
            }
            Action::Resynched | Action::Dead | Action::Ifsd(_) => Carried::Failed(Code::CardLink),
        }
    }

    /// The command that completes this one.
    fn follow_up(&self, line: &Line, response: &Response) -> Option<Round> {
        let Round {
            command, behind, ..
        } = &self.round;
        if let Some(ne) = response.sw.more_data() {
            return Some(Round::get_response(ne, response.sw));
        }
        if let Some(ne) = response.sw.right_length() {
            let again = command.repeat == Repeat::Repeatable && !self.round.length_corrected;
            return again.then(|| Round {
                behind: *behind,
                length_corrected: true,
                ..Round::new(Command {
                    ne,
                    ..command.clone()
                })
            });
        }
        // Over T=0 a command with data cannot say how much it expects. A card that was content with it may
        // still hold an answer (ISO/IEC 7816-3 §12.2.5).
        let asks = !command.data.is_empty() && command.ne > 0;
        let silent = response.sw.is_ok() && response.data.is_empty();
        let fetch = matches!(line, Line::T0) && asks && silent;
        fetch.then(|| Round::get_response(command.ne.min(256), response.sw))
    }

    /// The response to the caller's command.
    fn end(&mut self, response: Response) -> Result<Response, Code> {
        let fetched = matches!(response.sw.0 >> 8, 0x90 | 0x62 | 0x63);
        let sw = match self.round.behind {
            // There was nothing to be fetched.
            Some(Sw::OK) if !fetched => Sw::OK,
            // The card has carried the command out and its word on it is lost. The status of a GET RESPONSE must
            // not be taken for that of a write.
            Some(_) if !fetched && self.repeat == Repeat::Once => return Err(Code::CardLink),
            _ => response.sw,
        };
        self.data.extend_from_slice(&response.data);
        Ok(Response {
            data: core::mem::take(&mut self.data),
            sw,
        })
    }
}

impl Round {
    fn new(command: Command) -> Self {
        Self {
            command,
            behind: None,
            length_corrected: false,
            unsent: Vec::new(),
            received: Vec::new(),
        }
    }

    /// GET RESPONSE, in the interindustry class as PBOC has it. It is a command of its own, and may be repeated.
    fn get_response(ne: u32, behind: Sw) -> Self {
        Self {
            behind: Some(behind),
            ..Self::new(Command::read([0x00, 0xC0, 0x00, 0x00], ne))
        }
    }
}

/// A command as T=0 has it: five bytes and the data (ISO/IEC 7816-3 §10.3.2, §12.2). Le stands in P3 where there
/// is no data, and nowhere else.
fn tpdu(command: &Command) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(5 + command.data.len());
    bytes.extend_from_slice(&command.header);
    bytes.push(match command.data.len() {
        0 => command.ne.min(256) as u8, // 256 is coded 00
        length => length as u8,         // at most 255, by `Exchange::begin`
    });
    bytes.extend_from_slice(&command.data);
    bytes
}

fn block(bwi: u8, level: u16, data: Vec<u8>) -> Request {
    Request::XfrBlock { bwi, level, data }
}

/// Why there is no block in an answer.
fn why(reply: &Reply<'_>) -> Code {
    match reply.outcome {
        Outcome::Ok => Code::ReaderProtocol,
        _ if reply.icc == Icc::Absent => Code::CardGone,
        Outcome::Failed(error::ICC_MUTE) => Code::CardMute,
        Outcome::Failed(error::PARITY | error::OVERRUN) => Code::CardLink,
        _ => Code::ReaderProtocol,
    }
}
