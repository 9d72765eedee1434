//! The host side of one slot, as a state machine.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::descriptor::{ClassDescriptor, ExchangeLevel};
use super::message::{
    HEADER, ICC_MUTE, Icc, Outcome, Reply, Request, announced_length, reply, slot_change,
};
use crate::apdu::{Command, Repeat, Response};
use crate::atr::Atr;
use crate::card::{NoAnswer, PowerSession};
use crate::fault::Code;

/// A point in time, milliseconds since whatever moment the driver chose.
pub type Millis = u64;

/// How long a reader may take to say whether a card is there. Some need 0.7 s after being opened.
const STATUS_TIMEOUT: Millis = 2_000;
/// How long a reader may take to power a card: it may try every voltage.
const POWER_TIMEOUT: Millis = 10_000;
/// How long a card may take over a command before the reader asks for more time.
const EXCHANGE_TIMEOUT: Millis = 20_000;
/// What is still allowed for the answer once the reader has reported the card gone.
const REMOVAL_TIMEOUT: Millis = 2_000;
/// No exchange lasts longer, whatever time the card asks for.
const CEILING: Millis = 600_000;
/// Longest answer believed: 65 536 bytes of data and a status word.
const MAX_MESSAGE: usize = HEADER + 65_538;
/// GET RESPONSE and chained answers end after this many rounds: 64 KiB in pieces of 256.
const MAX_ROUNDS: u16 = 257;

/// What the driver can ask of a slot. One operation at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Say whether a card is there.
    Look,
    /// Power the card and read its ATR.
    PowerOn,
    /// Exchange one APDU within a power session.
    Transmit(PowerSession, Command),
}

/// What the driver learns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Event {
    /// A card was put in (`true`) or taken out (`false`).
    Presence(bool),
    /// Answer to [`Operation::Look`]: whether a card is there.
    Looked(Result<bool, NoAnswer>),
    /// Answer to [`Operation::PowerOn`].
    Powered(Result<(PowerSession, Atr), NoAnswer>),
    /// Answer to [`Operation::Transmit`].
    Answered(Result<Response, NoAnswer>),
}

/// The host side of one slot at exchange level *short APDU*.
///
/// No I/O and no clock. The driver moves bytes and time:
///
/// * [`begin`](Self::begin) starts an operation; then [`poll_transmit`](Self::poll_transmit) has a message
///   for the bulk OUT endpoint.
/// * [`handle_in`](Self::handle_in) takes every packet of the bulk IN endpoint, empty and foreign ones too;
///   [`handle_interrupt`](Self::handle_interrupt) every notification; [`handle_timeout`](Self::handle_timeout)
///   is due at [`poll_timeout`](Self::poll_timeout); [`handle_loss`](Self::handle_loss) ends the session.
/// * [`poll_event`](Self::poll_event) has the outcome. Its answer may have changed after any `handle_*`.
///
/// A [`Repeat::Once`] command is put on the wire at most once: neither `6Cxx` nor a lost answer makes it
/// go out again. It ends as answered or as unknown.
#[derive(Debug)]
pub struct Session {
    slot: u8,
    power_select: u8,
    seq: u8,
    power: u32,
    powered: bool,
    present: Option<bool>,
    pending: Option<Pending>,
    outbox: Option<Vec<u8>>,
    inbox: Vec<u8>,
    events: VecDeque<Event>,
    lost: Option<Code>,
}

/// The operation the reader is working on.
#[derive(Debug)]
struct Pending {
    expect: Expect,
    started: Millis,
    deadline: Millis,
    timeout: Millis,
}

/// What the next answer belongs to.
#[derive(Debug)]
enum Expect {
    SlotStatus,
    Atr,
    Exchange(Exchange),
}

/// An APDU on its way, and what has come back of it.
#[derive(Debug)]
struct Exchange {
    command: Command,
    /// Answer bytes of earlier rounds (`61xx`).
    data: Vec<u8>,
    /// Pieces of the answer the reader is chaining.
    chained: Vec<u8>,
    length_corrected: bool,
    rounds: u16,
}

impl Session {
    /// A session with slot 0 of the reader; refuses by name an exchange level it does not speak.
    ///
    /// Power sessions are counted on from `first_power`: the driver gives each reader it opens another
    /// one, so that no power session of one reader is taken for one of another.
    pub fn new(reader: &ClassDescriptor, first_power: u32) -> Result<Self, Code> {
        if reader.level() != ExchangeLevel::ShortApdu {
            return Err(Code::UnsupportedLevel);
        }
        Ok(Self {
            slot: 0,
            power_select: u8::from(!reader.chooses_voltage()),
            seq: 0,
            power: first_power,
            powered: false,
            present: None,
            pending: None,
            outbox: None,
            inbox: Vec::new(),
            events: VecDeque::new(),
            lost: None,
        })
    }

    /// Whether an operation is still running. A driver whose caller went away waits for its event
    /// before it begins another.
    pub fn is_busy(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether a card is in the slot, as far as the reader has said.
    pub fn card_present(&self) -> Option<bool> {
        self.present
    }

    /// The current power session, while the card is powered.
    pub fn power_session(&self) -> Option<PowerSession> {
        self.powered.then_some(PowerSession(self.power))
    }

    /// Starts an operation. Must not be called while [`is_busy`](Self::is_busy).
    pub fn begin(&mut self, now: Millis, operation: Operation) {
        debug_assert!(!self.is_busy(), "one operation at a time");
        if let Some(code) = self.lost {
            self.events
                .push_back(operation.unanswered(NoAnswer::not_sent(code)));
            return;
        }
        match operation {
            Operation::Look => {
                self.send(
                    now,
                    STATUS_TIMEOUT,
                    Expect::SlotStatus,
                    &Request::GetSlotStatus,
                );
            }
            Operation::PowerOn => {
                let power = self.power_select;
                self.send(
                    now,
                    POWER_TIMEOUT,
                    Expect::Atr,
                    &Request::IccPowerOn { power },
                );
            }
            Operation::Transmit(session, command) if self.power_session() == Some(session) => {
                let data = command.to_bytes();
                let exchange = Exchange {
                    command,
                    data: Vec::new(),
                    chained: Vec::new(),
                    length_corrected: false,
                    rounds: 0,
                };
                let block = Request::XfrBlock { level: 0, data };
                self.send(now, EXCHANGE_TIMEOUT, Expect::Exchange(exchange), &block);
            }
            Operation::Transmit(..) => {
                let gone = NoAnswer::not_sent(Code::CardGone);
                self.events.push_back(Event::Answered(Err(gone)));
            }
        }
    }

    /// The next message for the bulk OUT endpoint. From here on a command may have reached the card.
    #[must_use]
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.outbox.take()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due; `None` while nothing is awaited.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        self.pending.as_ref().map(|pending| pending.deadline)
    }

    /// The next thing the driver should know.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Takes one packet of the bulk IN endpoint. Empty packets are skipped; a message is assembled by
    /// its announced length, and answers to anything but the pending command are dropped.
    pub fn handle_in(&mut self, now: Millis, packet: &[u8]) {
        if packet.is_empty() {
            return;
        }
        self.inbox.extend_from_slice(packet);
        match announced_length(&self.inbox) {
            Some(length) if length > MAX_MESSAGE => {
                self.inbox.clear();
                self.fail(Code::ReaderProtocol);
            }
            Some(length) if self.inbox.len() < length => {}
            None if packet.len() >= HEADER => {}
            _ => {
                // Each message begins a packet of its own, so what follows it is a reader's padding.
                let message = core::mem::take(&mut self.inbox);
                if let Ok(reply) = Reply::parse(&message) {
                    self.handle_reply(now, &reply);
                }
            }
        }
    }

    /// Takes one notification of the interrupt endpoint.
    pub fn handle_interrupt(&mut self, now: Millis, notification: &[u8]) {
        if let Some(present) = slot_change(notification, self.slot) {
            self.set_present(present);
            if let (false, Some(pending)) = (present, &mut self.pending) {
                // The reader still owes the answer to what was under way, but no card works on it.
                pending.deadline = pending.deadline.min(now + REMOVAL_TIMEOUT);
            }
        }
    }

    /// Gives up the pending operation if its time is over.
    pub fn handle_timeout(&mut self, now: Millis) {
        if self.poll_timeout().is_some_and(|deadline| now >= deadline) {
            let gone = self.present == Some(false);
            self.fail(if gone {
                Code::CardGone
            } else {
                Code::ReaderTimeout
            });
        }
    }

    /// The reader is gone or a transfer failed for good: everything ends with `code`.
    pub fn handle_loss(&mut self, code: Code) {
        self.lost = Some(code);
        self.powered = false;
        self.fail(code);
        self.set_present(false);
    }

    fn send(&mut self, now: Millis, timeout: Millis, expect: Expect, request: &Request) {
        self.seq = self.seq.wrapping_add(1);
        self.inbox.clear();
        self.outbox = Some(request.to_bytes(self.slot, self.seq));
        self.pending = Some(Pending {
            expect,
            started: now,
            deadline: now + timeout,
            timeout,
        });
    }

    fn handle_reply(&mut self, now: Millis, reply: &Reply<'_>) {
        if (reply.slot, reply.seq) != (self.slot, self.seq) {
            return; // late or foreign
        }
        let Some(mut pending) = self.pending.take() else {
            return; // doubled
        };
        if let Outcome::TimeExtension(factor) = reply.outcome {
            let more = pending.timeout * Millis::from(factor.max(1));
            pending.deadline = (now + more).min(pending.started + CEILING);
            self.pending = Some(pending);
            return;
        }
        match reply.icc {
            Icc::Active => self.set_present(true),
            Icc::Inactive => {
                self.powered = false;
                self.set_present(true);
            }
            Icc::Absent => self.set_present(false),
        }
        match pending.expect {
            Expect::SlotStatus => self.handle_slot_status(reply),
            Expect::Atr => self.handle_atr(reply),
            Expect::Exchange(exchange) => self.handle_block(now, pending.started, exchange, reply),
        }
    }

    fn handle_slot_status(&mut self, reply: &Reply<'_>) {
        // A failed GetSlotStatus still says whether a card is there; readers answer FE without one.
        let present = reply.icc != Icc::Absent;
        self.events.push_back(Event::Looked(Ok(present)));
    }

    fn handle_atr(&mut self, reply: &Reply<'_>) {
        let powered = match reply.outcome {
            Outcome::Ok if reply.kind == reply::DATA_BLOCK => {
                Atr::parse(reply.data).map_err(|_| Code::CardMute)
            }
            Outcome::Ok => Err(Code::ReaderProtocol),
            _ if reply.icc == Icc::Absent => Err(Code::NoCard),
            Outcome::Failed(ICC_MUTE) => Err(Code::CardMute),
            _ => Err(Code::ReaderProtocol),
        };
        self.powered = powered.is_ok();
        let event = match powered {
            Ok(atr) => {
                self.power = self.power.wrapping_add(1);
                Ok((PowerSession(self.power), atr))
            }
            Err(code) => Err(NoAnswer::unknown(code)),
        };
        self.events.push_back(Event::Powered(event));
    }

    fn handle_block(
        &mut self,
        now: Millis,
        started: Millis,
        mut exchange: Exchange,
        reply: &Reply<'_>,
    ) {
        match reply.outcome {
            Outcome::Ok if reply.kind == reply::DATA_BLOCK => {}
            Outcome::Ok => return self.end(Err(Code::ReaderProtocol)),
            _ if reply.icc == Icc::Absent => return self.end(Err(Code::CardGone)),
            Outcome::Failed(ICC_MUTE) => return self.end(Err(Code::CardMute)),
            _ => return self.end(Err(Code::ReaderProtocol)),
        }
        exchange.chained.extend_from_slice(reply.data);
        exchange.rounds += 1;
        if exchange.rounds > MAX_ROUNDS {
            return self.end(Err(Code::ReaderProtocol));
        }
        let next = match reply.specific {
            0x01 | 0x03 => Request::XfrBlock {
                level: 0x0010,
                data: Vec::new(),
            },
            _ => {
                let block = core::mem::take(&mut exchange.chained);
                let Ok(response) = Response::parse(&block) else {
                    return self.end(Err(Code::ReaderProtocol));
                };
                match exchange.follow_up(&response) {
                    Some(command) => Request::XfrBlock {
                        level: 0,
                        data: command.to_bytes(),
                    },
                    None => {
                        exchange.data.extend_from_slice(&response.data);
                        return self.end(Ok(Response {
                            data: exchange.data,
                            sw: response.sw,
                        }));
                    }
                }
            }
        };
        self.send(now, EXCHANGE_TIMEOUT, Expect::Exchange(exchange), &next);
        if let Some(pending) = &mut self.pending {
            pending.started = started;
        }
    }

    fn end(&mut self, answer: Result<Response, Code>) {
        let answer = answer.map_err(NoAnswer::unknown);
        self.events.push_back(Event::Answered(answer));
    }

    /// Ends the pending operation without an answer.
    fn fail(&mut self, code: Code) {
        let unsent = self.outbox.take().is_some();
        let Some(pending) = self.pending.take() else {
            return;
        };
        self.inbox.clear();
        // A message that never left can still be the second round of a command that did.
        let first_round = !matches!(&pending.expect, Expect::Exchange(e) if e.rounds > 0);
        let none = if unsent && first_round {
            NoAnswer::not_sent(code)
        } else {
            NoAnswer::unknown(code)
        };
        self.events.push_back(match pending.expect {
            Expect::SlotStatus => Event::Looked(Err(none)),
            Expect::Atr => Event::Powered(Err(none)),
            Expect::Exchange(_) => Event::Answered(Err(none)),
        });
    }

    fn set_present(&mut self, present: bool) {
        if !present {
            self.powered = false;
        }
        if self.present != Some(present) {
            self.present = Some(present);
            self.events.push_back(Event::Presence(present));
        }
    }
}

impl Operation {
    fn unanswered(&self, none: NoAnswer) -> Event {
        match self {
            Self::Look => Event::Looked(Err(none)),
            Self::PowerOn => Event::Powered(Err(none)),
            Self::Transmit(..) => Event::Answered(Err(none)),
        }
    }
}

impl Exchange {
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

#[cfg(test)]
mod tests;
