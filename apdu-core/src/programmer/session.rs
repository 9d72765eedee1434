//! The host side of a programmer, as a state machine.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::listener::Listener;
use super::profile::{Dialect, Profile, Wait};
use crate::apdu::{Command, Response};
use crate::card::{NoAnswer, PowerSession};
use crate::ccid::Millis;
use crate::fault::Code;
use crate::obu_programmer::{Channel, Device, Mmi, PsamSlot, Tag};

mod bobu;
mod list;
mod primitives;
mod wire;

use bobu::BobuWire;
use list::{Next, Sequence, Target};
use primitives::PrimitiveWire;
use wire::{Ask, Judged, Reply, Sound, Wire};

/// A doubled frame follows the first one at once: where it could be taken for the next answer, the line has to be
/// silent for so long.
const QUIET: Millis = 30;
/// The same where an answer is still owed, for the device may be slow, and before what is sent once: the answer
/// to another command must not be taken for its own.
const OWED: Millis = 300;
/// A line that never falls silent is used all the same after so long, except for what is sent once.
const PATIENCE: Millis = 3_000;
/// A frame whose bytes stop coming for so long is none.
const GAP: Millis = 100;

/// What the driver can ask of a programmer. One operation at a time.
///
/// `unix` is the time of day, seconds: devices and tags are told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Initialise the device.
    Open {
        /// Seconds since 1970.
        unix: u32,
    },
    /// Reset a PSAM.
    PsamReset(PsamSlot),
    /// Exchange an APDU list with a PSAM.
    Psam(PsamSlot, Vec<Command>),
    /// Call the tags near by and begin a session with the only one.
    Initialise {
        /// Seconds since 1970.
        unix: u32,
    },
    /// Power the card, if it is not.
    PowerCard {
        /// Seconds since 1970.
        unix: u32,
    },
    /// Exchange an APDU list with a chip within its session.
    Transfer(PowerSession, Channel, Vec<Command>),
    /// Have the tag signal.
    SetMmi(PowerSession, Mmi),
    /// Let the tag go.
    Release(PowerSession),
}

/// What the driver learns. Each operation ends in exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Event {
    /// Answer to [`Operation::Open`].
    Opened(Result<Device, NoAnswer>),
    /// Answer to [`Operation::PsamReset`]: the PSAM's terminal number.
    PsamReset(Result<[u8; 6], NoAnswer>),
    /// Answer to [`Operation::Initialise`].
    Initialised(Result<(PowerSession, Tag), NoAnswer>),
    /// Answer to [`Operation::PowerCard`].
    CardPowered(Result<PowerSession, NoAnswer>),
    /// Answer to [`Operation::Psam`] and [`Operation::Transfer`]: in the order of the list, fewer where it
    /// ended at a command that was refused.
    Answered(Result<Vec<Response>, NoAnswer>),
    /// Answer to [`Operation::SetMmi`].
    Shown(Result<(), NoAnswer>),
    /// Answer to [`Operation::Release`].
    Released(Result<(), NoAnswer>),
}

/// The host side of one programmer.
///
/// No I/O and no clock. The driver moves bytes and time:
///
/// * [`begin`](Self::begin) starts an operation; [`poll_transmit`](Self::poll_transmit) has bytes for the
///   line, now or after any `handle_*`.
/// * [`handle_in`](Self::handle_in) takes whatever the line brings, in any pieces;
///   [`handle_line_error`](Self::handle_line_error) is told where bytes were lost;
///   [`handle_timeout`](Self::handle_timeout) is due at [`poll_timeout`](Self::poll_timeout);
///   [`handle_loss`](Self::handle_loss) ends the session.
/// * [`poll_event`](Self::poll_event) has the outcome.
///
/// Only an intact answer of the right kind ends an operation; everything else only tells how its failure
/// is to be named. What may be repeated is sent again when its time is over. An APDU list with a
/// [`Once`](crate::apdu::Repeat::Once) command in it is put on the wire at most once, and ends as answered
/// or as unknown.
#[derive(Debug)]
pub struct Session {
    profile: Profile,
    wire: Box<dyn Wire>,
    /// Until the device has answered: says what else it may be.
    listener: Option<Listener>,
    power: u32,
    tag: Option<Link>,
    card: Option<PowerSession>,
    pending: Option<Pending>,
    /// What the device wants sent, whatever is under way.
    demands: VecDeque<&'static [u8]>,
    events: VecDeque<Event>,
    /// An answer may still come that nobody waits for.
    owed: bool,
    last_in: Option<Millis>,
    lost: Option<Code>,
}

/// A session with a tag.
#[derive(Clone, Copy, Debug)]
struct Link {
    session: PowerSession,
    /// Its MAC address; of no meaning where tags are not called over the air.
    mac: [u8; 4],
}

/// The operation under way.
#[derive(Debug)]
struct Pending {
    purpose: Purpose,
    ask: Ask,
    stage: Stage,
    wait: Wait,
    /// The request's frames, kept for another send.
    frames: Vec<Vec<u8>>,
    /// Those not yet taken by the driver.
    outbox: VecDeque<Vec<u8>>,
    /// Sends of this request.
    sends: u8,
    /// Whether anything of the operation was taken by the driver.
    on_wire: bool,
    /// What came instead of an answer.
    instead: Option<Code>,
}

/// Which event the operation ends in.
#[derive(Debug)]
enum Purpose {
    Open,
    PsamReset,
    Tag,
    Card,
    List(Sequence),
    Mmi,
    Release,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Waits for the line to be silent until then.
    Holding {
        until: Millis,
        silence: Millis,
        limit: Millis,
    },
    /// Waits for the answer.
    Waiting { deadline: Millis },
    /// A tag has answered; others may.
    Settling { tag: Tag, until: Millis },
}

impl Session {
    /// A session over a line with the profile's settings.
    ///
    /// Power sessions are counted on from `first_power`: the driver gives each programmer it opens another
    /// one, so that no session of one is taken for one of another.
    pub fn new(profile: Profile, first_power: u32) -> Self {
        let wire: Box<dyn Wire> = match &profile.dialect {
            Dialect::Primitives(options) => Box::new(PrimitiveWire::new(options.clone())),
            Dialect::Bobu(options) => Box::new(BobuWire::new(options.clone())),
        };
        Self {
            profile,
            wire,
            listener: Some(Listener::default()),
            power: first_power,
            tag: None,
            card: None,
            pending: None,
            demands: VecDeque::new(),
            events: VecDeque::new(),
            owed: false,
            last_in: None,
            lost: None,
        }
    }

    /// The profile it speaks by.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Whether an operation is still running. A driver whose caller went away waits for its event
    /// before it begins another.
    pub fn is_busy(&self) -> bool {
        self.pending.is_some()
    }

    /// The current power session of the card, while there is one.
    pub fn card_session(&self) -> Option<PowerSession> {
        self.card
    }

    /// Starts an operation. Must not be called while [`is_busy`](Self::is_busy).
    pub fn begin(&mut self, now: Millis, operation: Operation) {
        debug_assert!(!self.is_busy(), "one operation at a time");
        let waits = self.profile.waits;
        let (purpose, ask, wait) = match operation {
            Operation::Open { unix } => (Purpose::Open, Ask::Open { unix }, waits.open),
            Operation::PsamReset(slot) => (Purpose::PsamReset, Ask::PsamReset(slot), waits.psam),
            Operation::Psam(slot, commands) => {
                return self.begin_list(now, Target::Psam(slot), commands, waits.psam);
            }
            Operation::Initialise { unix } => {
                self.end_session(Channel::Esam);
                (Purpose::Tag, Ask::Initialise { unix }, waits.initialise)
            }
            Operation::PowerCard { unix } => {
                if let (Some(session), None) = (self.card, self.lost) {
                    return self.events.push_back(Event::CardPowered(Ok(session)));
                }
                match self.wire.over_the_air() {
                    Some(_) => (Purpose::Card, Ask::Initialise { unix }, waits.initialise),
                    None => (Purpose::Card, Ask::ResetCard, waits.transfer),
                }
            }
            Operation::Transfer(session, channel, commands) => match self.mac(session, channel) {
                Ok(mac) => {
                    let chip = Target::Chip { mac, channel };
                    return self.begin_list(now, chip, commands, waits.transfer);
                }
                Err(code) => {
                    let none = NoAnswer::not_sent(code);
                    return self.events.push_back(Event::Answered(Err(none)));
                }
            },
            Operation::SetMmi(session, shown) => match self.mac(session, Channel::Esam) {
                Ok(mac) => (Purpose::Mmi, Ask::SetMmi { mac, shown }, waits.set_mmi),
                Err(code) => {
                    return self
                        .events
                        .push_back(Event::Shown(Err(NoAnswer::not_sent(code))));
                }
            },
            Operation::Release(session) => match self.mac(session, Channel::Esam) {
                Ok(mac) => {
                    self.end_session(Channel::Esam);
                    (Purpose::Release, Ask::Release { mac }, waits.set_mmi)
                }
                Err(code) => {
                    return self
                        .events
                        .push_back(Event::Released(Err(NoAnswer::not_sent(code))));
                }
            },
        };
        self.ask(now, Pending::new(purpose, ask, wait));
    }

    fn begin_list(&mut self, now: Millis, target: Target, commands: Vec<Command>, wait: Wait) {
        let mut sequence = Sequence::new(target, commands);
        match sequence.first(self.wire.list_limits()) {
            Next::Ask(ask) => self.ask(now, Pending::new(Purpose::List(sequence), ask, wait)),
            Next::End(answers) => self.events.push_back(Event::Answered(Ok(answers))),
            Next::Refuse(code) => {
                let none = NoAnswer::not_sent(code);
                self.events.push_back(Event::Answered(Err(none)));
            }
        }
    }

    /// The next bytes for the line. From here on a command may have reached its chip.
    #[must_use]
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        if let Some(demand) = self.demands.pop_front() {
            return Some(demand.to_vec());
        }
        let pending = self.pending.as_mut()?;
        let frame = pending.outbox.pop_front()?;
        pending.on_wire = true;
        if pending.outbox.is_empty() && matches!(pending.purpose, Purpose::Release) {
            self.pending = None;
            self.events.push_back(Event::Released(Ok(())));
        }
        Some(frame)
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due; `None` while nothing is awaited.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        let operation = self.pending.as_ref().map(|pending| match pending.stage {
            Stage::Holding { until, limit, .. } => until.min(limit),
            Stage::Waiting { deadline } => deadline,
            Stage::Settling { until, .. } => until,
        });
        let gap = self.gap_is_over_at();
        match (operation, gap) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// The next thing the driver should know.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Takes bytes of the line: in any pieces, with noise, late, doubled, or of another dialect.
    pub fn handle_in(&mut self, now: Millis, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.last_in = Some(now);
        if let Some(listener) = &mut self.listener {
            listener.hear(bytes);
        }
        if let Some(Pending {
            stage: Stage::Holding { until, silence, .. },
            ..
        }) = &mut self.pending
        {
            *until = now + *silence;
        }
        for sound in self.wire.hear(bytes) {
            self.handle_sound(now, sound);
        }
    }

    /// The line has lost bytes (overrun, framing, parity, break). What can be repeated is sent again at
    /// once; for what must not be, its answer may still come.
    pub fn handle_line_error(&mut self, now: Millis) {
        self.wire.let_go();
        if let Some(pending) = &mut self.pending
            && let Stage::Waiting { .. } = pending.stage
        {
            pending.instead.get_or_insert(Code::ProgrammerGarbled);
            if pending.may_repeat() {
                pending.stage = Stage::Waiting { deadline: now };
            }
        }
    }

    /// Sends again, or gives up, what is due.
    pub fn handle_timeout(&mut self, now: Millis) {
        if self.gap_is_over_at().is_some_and(|due| now >= due) {
            for sound in self.wire.give_up() {
                self.handle_sound(now, sound);
            }
        }
        let Some(pending) = self.pending.take() else {
            return;
        };
        match pending.stage {
            Stage::Holding { until, .. } if now >= until => {
                self.owed = false;
                self.transmit(now, pending);
            }
            Stage::Holding { limit, .. } if now >= limit => {
                if pending.is_once() {
                    self.fail(pending, Code::ProgrammerNoise);
                } else {
                    self.transmit(now, pending);
                }
            }
            Stage::Waiting { deadline } if now >= deadline => {
                if pending.may_repeat() {
                    self.transmit(now, pending);
                } else {
                    let code = self.name_silence(&pending);
                    self.owed |= pending.on_wire;
                    self.fail(pending, code);
                }
            }
            Stage::Settling { tag, until } if now >= until => self.settle(pending, tag),
            _ => self.pending = Some(pending),
        }
    }

    /// The programmer is gone, or its line broken for good: everything ends with `code`.
    pub fn handle_loss(&mut self, code: Code) {
        self.lost = Some(code);
        (self.tag, self.card) = (None, None);
        self.demands.clear();
        if let Some(pending) = self.pending.take() {
            self.fail(pending, code);
        }
    }

    /// The tag's MAC address, if this is the current session with that chip.
    fn mac(&self, session: PowerSession, channel: Channel) -> Result<[u8; 4], Code> {
        let (current, gone) = match channel {
            Channel::Card => (self.card, Code::CardGone),
            Channel::Esam => (self.tag.map(|link| link.session), Code::TagGone),
        };
        if let Some(code) = self.lost {
            return Err(code);
        }
        if current != Some(session) {
            return Err(gone);
        }
        Ok(self.tag.map_or([0; 4], |link| link.mac))
    }

    /// Ends the session with a chip; over the air both chips are in the tag.
    fn end_session(&mut self, channel: Channel) {
        let both = self.wire.over_the_air().is_some();
        if both || channel == Channel::Card {
            self.card = None;
        }
        if both || channel == Channel::Esam {
            self.tag = None;
        }
    }

    /// Puts a request on the wire as soon as the line is silent enough for it.
    fn ask(&mut self, now: Millis, mut pending: Pending) {
        if let Some(code) = self.lost {
            return self.fail(pending, code);
        }
        pending.sends = 0;
        match self.wire.request(&pending.ask) {
            Err(code) => return self.refuse(pending, code),
            Ok(frames) if frames.is_empty() => return self.done(pending),
            Ok(frames) => pending.frames = frames,
        }
        let is_told = !pending.is_once() && self.wire.tells_late_answers(&pending.ask);
        let (since, silence) = match (is_told, self.owed) {
            (true, _) => (None, 0),
            (false, false) if pending.is_once() => (self.last_in, OWED),
            (false, false) => (self.last_in, QUIET),
            (false, true) => (Some(now), OWED),
        };
        let until = since.map_or(now, |since| since + silence);
        if until <= now {
            return self.transmit(now, pending);
        }
        pending.stage = Stage::Holding {
            until,
            silence,
            limit: now + PATIENCE,
        };
        self.pending = Some(pending);
    }

    fn transmit(&mut self, now: Millis, mut pending: Pending) {
        self.wire.let_go();
        self.owed |= pending.sends > 0 && pending.on_wire;
        pending.sends += 1;
        pending.outbox = pending.frames.clone().into();
        pending.stage = Stage::Waiting {
            deadline: now + pending.time(),
        };
        self.pending = Some(pending);
    }

    fn handle_sound(&mut self, now: Millis, sound: Sound) {
        let message = match sound {
            Sound::Demand(bytes) => return self.demands.push_back(bytes),
            Sound::Broken => {
                if let Some(pending) = &mut self.pending
                    && let Stage::Waiting { .. } = pending.stage
                {
                    pending.instead.get_or_insert(Code::ProgrammerGarbled);
                }
                return;
            }
            Sound::Message(message) => message,
        };
        let Some(mut pending) = self.pending.take() else {
            return; // nobody waits for it
        };
        let is_asked = pending.outbox.is_empty() && !matches!(pending.stage, Stage::Holding { .. });
        if !is_asked {
            self.pending = Some(pending);
            return;
        }
        match self.wire.judge(&pending.ask, &message) {
            Judged::Reply(reply) => return self.handle_reply(now, pending, reply),
            Judged::Refused(code) => return self.fail(pending, code),
            Judged::OtherTag => pending.instead = Some(Code::OtherTag),
            Judged::Broken => {
                pending.instead.get_or_insert(Code::ProgrammerGarbled);
            }
            Judged::NoTag | Judged::NotMine => {}
        }
        self.pending = Some(pending);
    }

    fn handle_reply(&mut self, now: Millis, mut pending: Pending, reply: Reply) {
        match (reply, pending.stage) {
            (Reply::Tag(tag), Stage::Settling { tag: first, until }) => {
                if tag.mac != first.mac {
                    return self.fail(pending, Code::TwoTags);
                }
                pending.stage = Stage::Settling { tag: first, until };
                self.pending = Some(pending);
            }
            (Reply::Tag(tag), _) => match self.wire.over_the_air() {
                Some(settle) => {
                    let until = now + settle;
                    pending.stage = Stage::Settling { tag, until };
                    self.pending = Some(pending);
                }
                None => self.settle(pending, tag),
            },
            (Reply::Opened(device), _) => {
                self.listener = None;
                self.events.push_back(Event::Opened(Ok(device)));
            }
            (Reply::PsamReset(terminal), _) => {
                self.events.push_back(Event::PsamReset(Ok(terminal)));
            }
            (Reply::Answers(answers), _) => self.handle_answers(now, pending, answers),
            (Reply::Done, _) => self.done(pending),
        }
    }

    fn handle_answers(&mut self, now: Millis, mut pending: Pending, answers: Vec<Response>) {
        let limits = self.wire.list_limits();
        let Purpose::List(sequence) = &mut pending.purpose else {
            return self.fail(pending, Code::ProgrammerGarbled);
        };
        match sequence.next(answers, limits) {
            Next::Ask(ask) => {
                pending.ask = ask;
                self.ask(now, pending);
            }
            Next::End(answers) => self.events.push_back(Event::Answered(Ok(answers))),
            Next::Refuse(code) => self.fail(pending, code),
        }
    }

    /// Begins the session with a tag that has answered alone.
    fn settle(&mut self, pending: Pending, tag: Tag) {
        let session = self.next_power();
        self.tag = Some(Link {
            session,
            mac: tag.mac.unwrap_or_default(),
        });
        if let Some(status) = tag.status {
            self.card = status.has_card().then_some(session);
        }
        self.events.push_back(match pending.purpose {
            Purpose::Card => Event::CardPowered(self.card.ok_or(NoAnswer::unknown(Code::NoCard))),
            _ => Event::Initialised(Ok((session, tag))),
        });
    }

    /// Ends an operation whose answer says no more than that.
    fn done(&mut self, pending: Pending) {
        let event = match pending.purpose {
            Purpose::Card => {
                let session = self.next_power();
                self.card = Some(session);
                Event::CardPowered(Ok(session))
            }
            Purpose::Mmi => Event::Shown(Ok(())),
            Purpose::Release => Event::Released(Ok(())),
            other => other.unanswered(NoAnswer::unknown(Code::ProgrammerGarbled)),
        };
        self.events.push_back(event);
    }

    fn next_power(&mut self) -> PowerSession {
        self.power = self.power.wrapping_add(1);
        PowerSession(self.power)
    }

    /// Why nothing answered.
    fn name_silence(&self, pending: &Pending) -> Code {
        match (&pending.purpose, &self.listener) {
            (Purpose::Open, Some(listener)) => listener.verdict(),
            _ => pending
                .instead
                .unwrap_or_else(|| self.wire.silence(&pending.ask)),
        }
    }

    /// Ends an operation without an answer, and the session it was in.
    fn fail(&mut self, pending: Pending, code: Code) {
        match pending.ask {
            Ask::Transfer { channel, .. } => self.end_session(channel),
            Ask::Initialise { .. } | Ask::SetMmi { .. } => self.end_session(Channel::Esam),
            _ => {}
        }
        self.refuse(pending, code);
    }

    /// Ends an operation that changes nothing by its failure.
    fn refuse(&mut self, pending: Pending, code: Code) {
        let none = if pending.on_wire {
            NoAnswer::unknown(code)
        } else {
            NoAnswer::not_sent(code)
        };
        self.events.push_back(pending.purpose.unanswered(none));
    }

    fn gap_is_over_at(&self) -> Option<Millis> {
        let last_in = self.last_in.filter(|_| self.wire.is_stuck())?;
        Some(last_in + GAP)
    }
}

impl Pending {
    fn new(purpose: Purpose, ask: Ask, wait: Wait) -> Self {
        Self {
            purpose,
            ask,
            stage: Stage::Waiting { deadline: 0 },
            wait,
            frames: Vec::new(),
            outbox: VecDeque::new(),
            sends: 0,
            on_wire: false,
            instead: None,
        }
    }

    /// Whether the request must not be sent twice.
    fn is_once(&self) -> bool {
        match &self.purpose {
            Purpose::List(sequence) => sequence.is_once(),
            _ => false,
        }
    }

    fn may_repeat(&self) -> bool {
        !self.is_once() && self.sends < self.wait.sends
    }

    /// How long one send is waited for.
    fn time(&self) -> Millis {
        let sends = if self.is_once() { self.wait.sends } else { 1 };
        Millis::from(self.wait.ms) * Millis::from(sends.max(1))
    }
}

impl Purpose {
    fn unanswered(self, none: NoAnswer) -> Event {
        match self {
            Self::Open => Event::Opened(Err(none)),
            Self::PsamReset => Event::PsamReset(Err(none)),
            Self::Tag => Event::Initialised(Err(none)),
            Self::Card => Event::CardPowered(Err(none)),
            Self::List(_) => Event::Answered(Err(none)),
            Self::Mmi => Event::Shown(Err(none)),
            Self::Release => Event::Released(Err(none)),
        }
    }
}

#[cfg(test)]
mod tests;
