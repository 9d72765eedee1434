//! The host side of one slot, as a state machine.
//!
//! It reads like a day of the slot: [`activation`] powers the card and agrees on how to speak, [`exchange`]
//! carries an APDU there and its answer back, [`recovery`] finds the way back to a reader that has lost it.
//! [`wire`] is what all three put their messages on; [`event`] is what driver and session say to each other, and
//! [`link`] how a powered card is spoken to.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::descriptor::{ExchangeLevel, Profile};
use super::message::{Icc, Notification, Outcome, Reply, Request, error};
use crate::apdu::Repeat;
use crate::card::{NoAnswer, PowerSession};
use crate::fault::Code;

use self::activation::Activation;
use self::exchange::Exchange;
use self::link::{Line, Powered, Reader};
use self::recovery::{Recovered, Recovery};
use self::wire::{Assembled, Wire};

mod activation;
mod event;
mod exchange;
mod link;
mod recovery;
mod wire;

pub use self::event::{Direction, Event, Operation, Transmit};
pub use self::link::{Blocks, Link};

/// A point in time, milliseconds since whatever moment the driver chose.
pub type Millis = u64;

/// How long a reader may take to say whether a card is there. Some need 0.7 s after being opened, some a whole
/// second (reference §4.4).
const STATUS_TIMEOUT: Millis = 2_000;
/// How long a card may take over a command before a reader that runs its protocol asks for more time.
const EXCHANGE_TIMEOUT: Millis = 20_000;
/// What is still allowed for the answer once the reader has reported the card gone.
const REMOVAL_TIMEOUT: Millis = 2_000;
/// Nothing lasts longer, whatever time the card asks for (reference §7.8).
const CEILING: Millis = 600_000;
/// How long to wait before a message that a busy slot refused is sent again, and how often it is.
const BUSY_PAUSE: Millis = 100;
const BUSY_TRIES: u8 = 10;
/// How often an operation is begun again after a stall.
const RESTARTS: u8 = 2;

/// The host side of one slot.
///
/// No I/O and no clock. The driver moves bytes and time:
///
/// * [`begin`](Self::begin) starts an operation; [`poll_transmit`](Self::poll_transmit) has what is to be put
///   on the bus.
/// * [`handle_in`](Self::handle_in) takes every packet of the bulk IN endpoint, empty and foreign ones too;
///   [`handle_interrupt`](Self::handle_interrupt) every notification; [`handle_stall`](Self::handle_stall)
///   a halted endpoint; [`handle_control`](Self::handle_control) and
///   [`handle_clear_halt`](Self::handle_clear_halt) the ends of those transmits;
///   [`handle_timeout`](Self::handle_timeout) is due at [`poll_timeout`](Self::poll_timeout);
///   [`handle_loss`](Self::handle_loss) ends the session.
/// * [`poll_event`](Self::poll_event) has the outcome.
///
/// What the `poll_*` calls answer may have changed after any other call, also while no operation is under way: a
/// session that has lost its reader's thread finds it again by itself, and [is busy](Self::is_busy)
/// meanwhile.
///
/// A [`Repeat::Once`] command is put on the wire at most once: neither `6Cxx`, a resynchronisation, a stall,
/// an abort, a busy slot nor a lost answer makes it go out again. It ends as answered or as unknown.
#[derive(Debug)]
pub struct Session {
    profile: Profile,
    rates: Vec<u32>,
    wire: Wire,
    /// Number of the last power session.
    power: u32,
    card: Option<Powered>,
    present: Option<bool>,
    work: Option<Work>,
    awaited: Option<Awaited>,
    recovery: Option<Recovery>,
    /// Why nothing can be asked of the reader now, or ever again.
    closed: Option<Closed>,
    events: VecDeque<Event>,
}

/// An operation under way.
#[derive(Debug)]
struct Work {
    operation: Operation,
    task: Task,
    started: Millis,
    /// A message of it was handed to the driver.
    on_wire: bool,
    restarts: u8,
    /// How often a busy slot refused it.
    refused: u8,
    /// What the reader has reported meanwhile, and why no answer comes.
    disturbed: Option<Code>,
}

#[derive(Debug)]
enum Task {
    Look,
    PowerOn(Activation),
    PowerOff,
    Transmit(Exchange),
}

/// What an operation waits for.
#[derive(Debug)]
struct Awaited {
    deadline: Millis,
    wait: Wait,
}

#[derive(Debug)]
enum Wait {
    /// The answer to the last message; so long may the card be silent.
    Reply(Request, Millis),
    /// The moment to send it again, to a slot that was busy.
    Pause(Request, Millis),
}

/// Why nothing can be asked.
#[derive(Clone, Copy, Debug)]
enum Closed {
    /// The driver opens the device anew.
    Reopening,
    /// Over.
    Lost(Code),
}

/// What a task does next.
#[derive(Debug)]
enum Next<T> {
    /// Ask this; so long may the answer take.
    Ask(Request, Millis),
    /// It is over.
    End(Result<T, Code>),
}

impl Session {
    /// A session with one slot of a reader.
    ///
    /// Power sessions are counted on from `first_power`: the driver gives each reader it opens another
    /// one, so that no power session of one reader is taken for one of another.
    ///
    /// # Errors
    /// [`Code::UnsupportedLevel`] at character level.
    pub fn new(profile: &Profile, slot: u8, first_power: u32) -> Result<Self, Code> {
        if profile.level(slot) == ExchangeLevel::Character {
            return Err(Code::UnsupportedLevel);
        }
        Ok(Self {
            profile: profile.clone(),
            rates: Vec::new(),
            wire: Wire::new(slot),
            power: first_power,
            card: None,
            present: None,
            work: None,
            awaited: None,
            recovery: None,
            closed: None,
            events: VecDeque::new(),
        })
    }

    /// What the reader can do.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Whether an operation is running, or the session is finding its way back to the reader. A driver whose
    /// caller went away waits for its event before it begins another.
    pub fn is_busy(&self) -> bool {
        self.work.is_some()
            || self.recovery.is_some()
            || matches!(self.closed, Some(Closed::Reopening))
    }

    /// Whether a card is in the slot, as far as the reader has said.
    pub fn card_present(&self) -> Option<bool> {
        self.present
    }

    /// The current power session, while the card is powered.
    pub fn power_session(&self) -> Option<PowerSession> {
        self.powered().map(|card| card.session)
    }

    /// How the powered card is spoken to.
    pub fn link(&self) -> Option<&Link> {
        self.powered().map(|card| &card.contact.link)
    }

    /// How much of the card's protocol the reader runs itself.
    pub fn level(&self) -> ExchangeLevel {
        self.profile.level(self.wire.slot)
    }

    /// Takes the answer to the class request GET_DATA_RATES (CCID 1.1 §5.3.3): numbers of four bytes, little-endian,
    /// bit/s. A driver may leave it out: any rate up to `dwMaxDataRate` is good then. Many readers stall it.
    pub fn set_data_rates(&mut self, answer: &[u8]) {
        let (rates, _) = answer.as_chunks();
        self.rates = rates.iter().map(|rate| u32::from_le_bytes(*rate)).collect();
    }

    /// Starts an operation. Must not be called while [`is_busy`](Self::is_busy).
    pub fn begin(&mut self, now: Millis, operation: Operation) {
        debug_assert!(!self.is_busy(), "one operation at a time");
        if let Some(Closed::Lost(code)) = self.closed {
            let none = NoAnswer::not_sent(code);
            self.events.push_back(operation.unanswered(none));
            return;
        }
        self.work = Some(Work {
            task: Task::Look, // until `start` has chosen
            operation,
            started: now,
            on_wire: false,
            restarts: 0,
            refused: 0,
            disturbed: None,
        });
        self.start(now);
    }

    /// What is to be put on the bus next. From here on a command may have reached the card.
    #[must_use]
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        let next = self.wire.pop()?;
        if let (Transmit::Bulk(_), Some(work)) = (&next, &mut self.work)
            && self.recovery.is_none()
        {
            work.on_wire = true;
        }
        Some(next)
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due; `None` while nothing is awaited.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        match &self.recovery {
            Some(recovery) => Some(recovery.deadline()),
            None => self.awaited.as_ref().map(|awaited| awaited.deadline),
        }
    }

    /// The next thing the driver should know.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Takes one packet of the bulk IN endpoint. Empty packets are skipped; a message is assembled by
    /// its announced length, and answers to anything but what is awaited are dropped.
    pub fn handle_in(&mut self, now: Millis, packet: &[u8]) {
        match self.wire.assemble(packet) {
            Assembled::Nothing => {}
            Assembled::Message(message) => {
                if let Ok(reply) = Reply::parse(&message)
                    && (reply.slot, reply.seq) == (self.wire.slot, self.wire.seq)
                {
                    self.handle_reply(now, &reply);
                }
            }
            Assembled::Nonsense => self.lose_the_thread(now, Code::ReaderProtocol),
        }
    }

    /// Takes one notification of the interrupt endpoint.
    pub fn handle_interrupt(&mut self, now: Millis, notification: &[u8]) {
        let slot = self.wire.slot;
        match Notification::parse(notification) {
            Some(Notification::HardwareError { slot: faulty }) if faulty == slot => {
                self.lose_power();
                self.disturb(now, Code::ReaderHardware);
            }
            Some(notification) => {
                let Some(change) = notification.change_of(slot) else {
                    return;
                };
                // A card that is there but was changed is another one, or this one without what it knew.
                let had_power = self.powered().is_some();
                if !change.present || change.changed && had_power {
                    self.lose_power();
                    self.disturb(
                        now,
                        if had_power {
                            Code::CardGone
                        } else {
                            Code::NoCard
                        },
                    );
                }
                self.set_present(change.present);
            }
            None => {}
        }
    }

    /// A bulk endpoint is halted. The driver begins no transfer on it before the session has had it cleared.
    pub fn handle_stall(&mut self, now: Millis, direction: Direction) {
        if let Some(recovery) = &mut self.recovery {
            let ended = recovery.handle_stall(now, direction, &mut self.wire);
            return self.follow_recovery(now, ended);
        }
        if self.closed.is_some() {
            return;
        }
        let again = self
            .work
            .as_ref()
            .is_some_and(|work| work.may_begin_again());
        if !again {
            self.end_unanswered(Code::ReaderTransfer);
        }
        self.cut_off();
        self.recovery = Some(Recovery::from_stall(now, direction, &mut self.wire));
    }

    /// The reader could not read the last message (on a serial line). It is sent again, unless it carries a
    /// command that must be on the wire at most once: that ends as unknown.
    pub fn handle_refused(&mut self, now: Millis) {
        if self.recovery.is_some() || !self.may_ask_again() {
            return self.lose_the_thread(now, Code::ReaderTransfer);
        }
        if let Some(Wait::Reply(request, _)) = self.awaited.as_ref().map(|awaited| &awaited.wait) {
            self.wire.repeat(request);
        }
    }

    /// The class request of [`Transmit::Abort`] has ended: taken by the reader, or refused by it or by the
    /// browser.
    pub fn handle_control(&mut self, now: Millis, _taken: bool) {
        // Taken or not, the message of the same name follows: some readers know only one of the two.
        if let Some(recovery) = &mut self.recovery {
            recovery.handle_control(now, &mut self.wire);
        }
    }

    /// [`Transmit::ClearHalt`] has ended, one way or the other. Whether it helped shows in what follows.
    pub fn handle_clear_halt(&mut self, now: Millis, direction: Direction) {
        if let Some(recovery) = &mut self.recovery {
            recovery.handle_clear_halt(now, direction, &mut self.wire);
        }
    }

    /// The device is open and claimed again.
    pub fn handle_reopened(&mut self, now: Millis) {
        if let Some(Closed::Reopening) = self.closed {
            self.closed = None;
            self.recovery = Some(Recovery::after_reopening(now, &mut self.wire));
        }
    }

    /// Gives up what has taken too long.
    pub fn handle_timeout(&mut self, now: Millis) {
        if self.poll_timeout().is_none_or(|deadline| now < deadline) {
            return;
        }
        if let Some(recovery) = &mut self.recovery {
            let ended = recovery.handle_timeout(now, &mut self.wire);
            return self.follow_recovery(now, ended);
        }
        match self.awaited.take().map(|awaited| awaited.wait) {
            Some(Wait::Pause(request, timeout)) => self.ask(now, request, timeout),
            Some(Wait::Reply(..)) => self.lose_the_thread(now, Code::ReaderTimeout),
            None => {}
        }
    }

    /// The reader is gone or a transfer failed for good: everything ends with `code`.
    pub fn handle_loss(&mut self, code: Code) {
        self.closed = Some(Closed::Lost(code));
        self.end_unanswered(code);
        self.recovery = None;
        self.wire.clear();
        self.set_present(false);
    }

    /// Begins the operation under way, for the first time or once more.
    fn start(&mut self, now: Millis) {
        let reader = Reader {
            profile: &self.profile,
            level: self.profile.level(self.wire.slot),
            rates: &self.rates,
        };
        let Some(work) = &mut self.work else {
            return;
        };
        let first = match &work.operation {
            Operation::Look => Ok((Task::Look, Request::GetSlotStatus, STATUS_TIMEOUT)),
            Operation::PowerOn => {
                self.card = None;
                let (activation, request) = Activation::begin(&reader);
                Ok((
                    Task::PowerOn(activation),
                    request,
                    activation::POWER_TIMEOUT,
                ))
            }
            Operation::PowerOff => {
                self.card = None;
                Ok((
                    Task::PowerOff,
                    Request::IccPowerOff,
                    activation::POWER_TIMEOUT,
                ))
            }
            Operation::Transmit(session, command) => match &mut self.card {
                Some(card) if card.alive && card.session == *session => {
                    let contact = &mut card.contact;
                    let begun = Exchange::begin(&reader, contact, command);
                    begun.map(|(exchange, request)| {
                        (Task::Transmit(exchange), request, contact.timeout)
                    })
                }
                _ => Err(Code::CardGone),
            },
        };
        match first {
            Ok((task, request, timeout)) => {
                work.task = task;
                self.ask(now, request, timeout);
            }
            Err(code) => self.end_unanswered(code),
        }
    }

    fn ask(&mut self, now: Millis, request: Request, timeout: Millis) {
        let started = self.work.as_ref().map_or(now, |work| work.started);
        self.wire.ask(&request);
        self.awaited = Some(Awaited {
            deadline: (now + timeout).min(started + CEILING),
            wait: Wait::Reply(request, timeout),
        });
    }

    fn handle_reply(&mut self, now: Millis, reply: &Reply<'_>) {
        if let Some(recovery) = &mut self.recovery {
            let ended = recovery.handle_reply(now, reply, &mut self.wire);
            if ended == Recovered::Yes {
                self.note_status(reply.icc);
            }
            return self.follow_recovery(now, ended);
        }
        let (request, timeout) = match self.awaited.take() {
            Some(Awaited {
                wait: Wait::Reply(request, timeout),
                ..
            }) => (request, timeout),
            // Doubled, or behind the refusal of a message that will be sent again.
            other => {
                self.awaited = other;
                return;
            }
        };
        match reply.outcome {
            Outcome::TimeExtension(factor) => {
                let more = timeout * Millis::from(factor.max(1));
                self.wait_on(now, request, timeout, more);
            }
            Outcome::Failed(error::SLOT_BUSY) if self.may_ask_again() => {
                self.awaited = Some(Awaited {
                    deadline: now + BUSY_PAUSE,
                    wait: Wait::Pause(request, timeout),
                });
            }
            _ => {
                self.note_status(reply.icc);
                self.advance(now, reply);
            }
        }
    }

    /// The card wants more time for the same answer.
    fn wait_on(&mut self, now: Millis, request: Request, timeout: Millis, more: Millis) {
        let started = self.work.as_ref().map_or(now, |work| work.started);
        self.awaited = Some(Awaited {
            deadline: (now + more).min(started + CEILING),
            wait: Wait::Reply(request, timeout),
        });
    }

    /// Whether a message that a busy slot refused may be sent again: a few times, and never one of a command
    /// that must reach the card only once. The reader's word that it did not take it is not trusted so far.
    fn may_ask_again(&mut self) -> bool {
        let Some(work) = &mut self.work else {
            return false;
        };
        work.refused += 1;
        work.is_repeatable() && work.refused <= BUSY_TRIES
    }

    /// Hands the answer to the operation under way.
    fn advance(&mut self, now: Millis, reply: &Reply<'_>) {
        let reader = Reader {
            profile: &self.profile,
            level: self.profile.level(self.wire.slot),
            rates: &self.rates,
        };
        let Some(work) = &mut self.work else {
            return;
        };
        match &mut work.task {
            // A failed GetSlotStatus still says whether a card is there; readers answer FE without one.
            Task::Look => self.end(Event::Looked(Ok(reply.icc != Icc::Absent))),
            Task::PowerOff => self.end(Event::PoweredOff(Ok(()))),
            Task::PowerOn(activation) => match activation.handle_reply(&reader, reply) {
                Next::Ask(request, timeout) => self.ask(now, request, timeout),
                Next::End(Ok(contact)) => {
                    self.power = self.power.wrapping_add(1);
                    let session = PowerSession(self.power);
                    let atr = contact.link.atr.clone();
                    self.card = Some(Powered {
                        session,
                        contact,
                        alive: true,
                    });
                    self.end(Event::Powered(Ok((session, atr))));
                }
                Next::End(Err(code)) => self.end_unanswered(code),
            },
            Task::Transmit(exchange) => {
                let Some(card) = &mut self.card else {
                    return self.end_unanswered(Code::CardGone);
                };
                match exchange.handle_reply(&mut card.contact, reply) {
                    Next::Ask(..) if !card.alive => self.end_unanswered(Code::CardGone),
                    Next::Ask(request, timeout) => self.ask(now, request, timeout),
                    Next::End(Ok(response)) => self.end(Event::Answered(Ok(response))),
                    Next::End(Err(code)) => self.end_unanswered(code),
                }
            }
        }
    }

    /// What every answer says of the card.
    fn note_status(&mut self, icc: Icc) {
        if icc != Icc::Active {
            self.lose_power();
        }
        self.set_present(icc != Icc::Absent);
    }

    /// The answer did not come, or was no answer: the operation ends, and the way back to the reader is
    /// looked for. A look is begun again behind it.
    fn lose_the_thread(&mut self, now: Millis, code: Code) {
        let Some(work) = self.work.as_ref().filter(|_| self.recovery.is_none()) else {
            return;
        };
        let look = work.operation == Operation::Look;
        if !look || !work.may_begin_again() {
            self.end_unanswered(code);
        }
        self.cut_off();
        self.recovery = Some(match look {
            true => Recovery::from_silence(now, &mut self.wire),
            false => Recovery::from_abort(now, &mut self.wire),
        });
    }

    fn follow_recovery(&mut self, now: Millis, ended: Recovered) {
        match ended {
            Recovered::NotYet => {}
            Recovered::Yes => {
                self.recovery = None;
                if let Some(work) = &mut self.work {
                    work.restarts += 1;
                    self.start(now);
                }
            }
            Recovered::NeedsReopening => {
                self.recovery = None;
                self.wire.clear();
                self.lose_power();
                self.closed = Some(Closed::Reopening);
                self.end_unanswered(Code::ReaderTimeout);
                self.events.push_back(Event::Reopen);
            }
            Recovered::Never => {
                self.handle_loss(Code::ReaderStuck);
                self.events.push_back(Event::Lost(Code::ReaderStuck));
            }
        }
    }

    /// What was awaited is awaited no more, and what the card thinks of it is unknown.
    fn cut_off(&mut self) {
        self.awaited = None;
        if let Some(card) = &mut self.card
            && let Line::T1(t1) = &mut card.contact.line
        {
            t1.cut_off();
        }
    }

    fn powered(&self) -> Option<&Powered> {
        self.card.as_ref().filter(|card| card.alive)
    }

    fn lose_power(&mut self) {
        if let Some(card) = &mut self.card {
            card.alive = false;
        }
    }

    /// The reader still owes the answer to what is under way, but no card works on it.
    fn disturb(&mut self, now: Millis, code: Code) {
        if let Some(work) = &mut self.work {
            work.disturbed = Some(code);
        }
        if let Some(awaited) = &mut self.awaited {
            awaited.deadline = awaited.deadline.min(now + REMOVAL_TIMEOUT);
        }
    }

    fn end(&mut self, event: Event) {
        self.work = None;
        self.events.push_back(event);
    }

    /// Ends the operation under way without an answer.
    fn end_unanswered(&mut self, code: Code) {
        self.awaited = None;
        let Some(work) = self.work.take() else {
            return;
        };
        let code = work.disturbed.unwrap_or(code);
        let none = if work.on_wire {
            NoAnswer::unknown(code)
        } else {
            NoAnswer::not_sent(code)
        };
        self.events.push_back(work.operation.unanswered(none));
    }

    fn set_present(&mut self, present: bool) {
        if !present {
            self.lose_power();
        }
        if self.present != Some(present) {
            self.present = Some(present);
            self.events.push_back(Event::Presence(present));
        }
    }
}

impl Work {
    /// Whether it may reach the card a second time.
    fn is_repeatable(&self) -> bool {
        match &self.operation {
            Operation::Transmit(_, command) => command.repeat == Repeat::Repeatable,
            _ => true,
        }
    }

    fn may_begin_again(&self) -> bool {
        (self.is_repeatable() || !self.on_wire) && self.restarts < RESTARTS
    }
}

#[cfg(test)]
mod tests;
