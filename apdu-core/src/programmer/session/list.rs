//! An APDU list on its way, cut into requests that fit.

use alloc::vec::Vec;

use super::wire::{Ask, tpdu, went_well};
use crate::apdu::{Command, Repeat, Response};
use crate::fault::Code;
use crate::obu_programmer::{Channel, PsamSlot};

/// GET RESPONSE ends after this many rounds: 64 KiB in pieces of 256.
const MAX_ROUNDS: u16 = 257;

/// The chip a list goes to.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// A PSAM.
    Psam(PsamSlot),
    /// Card or ESAM.
    Chip { mac: [u8; 4], channel: Channel },
}

/// A list, and what has come back of it.
#[derive(Debug)]
pub struct Sequence {
    target: Target,
    commands: Vec<Command>,
    /// Commands in the request under way, behind those that are answered.
    asked: usize,
    answers: Vec<Response>,
    /// Of a list of one: what is still missing of its answer.
    rest: Rest,
}

/// An answer that comes in rounds.
#[derive(Debug, Default)]
struct Rest {
    /// Answer bytes of earlier rounds (`61xx`).
    data: Vec<u8>,
    length_corrected: bool,
    rounds: u16,
}

/// How a list goes on.
#[derive(Debug)]
pub enum Next {
    /// With this request.
    Ask(Ask),
    /// It has ended.
    End(Vec<Response>),
    /// Not at all.
    Refuse(Code),
}

impl Sequence {
    /// A list that has not begun.
    pub fn new(target: Target, commands: Vec<Command>) -> Self {
        Self {
            target,
            commands,
            asked: 0,
            answers: Vec::new(),
            rest: Rest::default(),
        }
    }

    /// Whether the request under way must not be sent twice: a command of the list is
    /// [`Repeat::Once`], or the rest of an answer is fetched, which a chip gives only once.
    pub fn is_once(&self) -> bool {
        let once = |command: &Command| command.repeat == Repeat::Once;
        self.rest.rounds > 0 || self.commands.iter().any(once)
    }

    /// The first request. A list in which one command fits no frame is refused as a whole.
    pub fn first(&mut self, limits: (usize, usize)) -> Next {
        if self.commands.iter().any(|command| tpdu(command).is_none()) {
            return Next::Refuse(Code::TooLongForProgrammer);
        }
        self.batch(limits)
    }

    /// Takes the answers of a request, as many as it had commands or fewer; says how the list goes on.
    pub fn next(&mut self, answers: Vec<Response>, limits: (usize, usize)) -> Next {
        if let [command] = &self.commands[..] {
            let Some(answer) = answers.into_iter().next() else {
                return Next::Refuse(Code::ProgrammerGarbled);
            };
            return match self.rest.follow_up(command, &answer) {
                _ if self.rest.rounds > MAX_ROUNDS => Next::Refuse(Code::ProgrammerGarbled),
                Some(follow_up) => Next::Ask(self.request(&[follow_up])),
                None => {
                    let mut data = core::mem::take(&mut self.rest.data);
                    data.extend_from_slice(&answer.data);
                    let sw = answer.sw;
                    Next::End(Vec::from([Response { data, sw }]))
                }
            };
        }
        let all_went_well = answers.iter().all(went_well);
        let is_short = answers.len() < self.asked;
        self.answers.extend(answers);
        if is_short || !all_went_well {
            return Next::End(core::mem::take(&mut self.answers));
        }
        self.batch(limits)
    }

    /// The next commands that fit, at least one. What a command with data will answer is not known, and is
    /// short for all that come in lists (SELECT).
    fn batch(&mut self, (most, bytes): (usize, usize)) -> Next {
        let waiting = &self.commands[self.answers.len()..];
        let (mut out, mut back) = (1, 1);
        let fits = |command: &&Command| {
            out += 1 + command.to_bytes().len();
            back += 3 + if command.data.is_empty() {
                command.ne as usize
            } else {
                0
            };
            out.max(back) <= bytes
        };
        let count = waiting.iter().take(most).take_while(fits).count();
        let count = count.max(1).min(waiting.len());
        self.asked = count;
        match &waiting[..count] {
            [] => Next::End(core::mem::take(&mut self.answers)),
            commands => Next::Ask(self.request(commands)),
        }
    }

    fn request(&self, commands: &[Command]) -> Ask {
        let list = commands.iter().filter_map(tpdu).collect();
        match self.target {
            Target::Psam(slot) => Ask::Psam(slot, list),
            Target::Chip { mac, channel } => Ask::Transfer { mac, channel, list },
        }
    }
}

impl Rest {
    /// The command that completes this one: GET RESPONSE after `61xx`; the same command with the right
    /// length after `6Cxx`, unless it must reach the chip only once.
    fn follow_up(&mut self, command: &Command, answer: &Response) -> Option<Command> {
        if let Some(ne) = answer.sw.more_data() {
            self.rounds += 1;
            self.data.extend_from_slice(&answer.data);
            return Some(Command::read([0x00, 0xC0, 0x00, 0x00], ne));
        }
        let ne = answer.sw.right_length()?;
        let has_le = command.data.is_empty();
        if command.repeat == Repeat::Once || self.length_corrected || !has_le {
            return None;
        }
        self.length_corrected = true;
        Some(Command {
            ne,
            ..command.clone()
        })
    }
}
