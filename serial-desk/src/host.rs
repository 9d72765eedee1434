//! Moves bytes and time between the engine and the line.

use std::cell::RefCell;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, NoAnswer, PowerSession};
use apdu_core::ccid::Millis;
use apdu_core::fault::Code;
use apdu_core::obu_programmer::{Channel, Device, Mmi, ObuProgrammer, PsamSlot, Tag};
use apdu_core::programmer::capture::{Capture, Recorder, Replay};
use apdu_core::programmer::{Event, Operation, Probe, Probed, Profile, Session};

use crate::line::Line;
use crate::told;

/// How long a line is listened to where nothing is due sooner.
const GLANCE: Duration = Duration::from_millis(100);

/// What answers.
enum Side {
    /// A device on a line.
    Line(Line),
    /// The device of a capture.
    Capture(Box<Replay>),
}

/// An open session with a programmer.
pub struct Host {
    device: Side,
    session: Session,
    /// What the device said of itself when it was found.
    pub found: Option<Device>,
    recorder: Recorder,
    start: Instant,
}

fn unix() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as u32)
}

impl Host {
    /// Finds out which of these profiles the device answers to.
    ///
    /// # Errors
    /// What it is instead, or how the line fails.
    pub fn probe(mut line: Line, profiles: Vec<Profile>) -> Result<Self, String> {
        let start = Instant::now();
        let now = || start.elapsed().as_millis() as Millis;
        let mut probe = Probe::new(profiles, unix(), 0);
        loop {
            if let Some(settings) = probe.poll_line() {
                line.set(settings).map_err(|error| error.to_string())?;
                probe.handle_line(now());
            }
            match probe.poll_event() {
                None => {}
                Some(Probed::Found {
                    session, device, ..
                }) => {
                    let recorder = Recorder::new(session.profile());
                    return Ok(Self {
                        device: Side::Line(line),
                        session: *session,
                        found: Some(device),
                        recorder,
                        start,
                    });
                }
                Some(Probed::Nothing { code, tried }) => {
                    let tried = tried
                        .iter()
                        .map(|one| format!("\n  {}: {}", one.profile, one.code));
                    return Err(format!("{}{}", told(code), tried.collect::<String>()));
                }
            }
            while let Some(frame) = probe.poll_transmit() {
                if line.write(&frame).is_err() {
                    probe.handle_loss(Code::ProgrammerGone);
                }
            }
            match line.read(until(probe.poll_timeout(), now())) {
                Ok(bytes) => probe.handle_in(now(), &bytes),
                Err(_) => probe.handle_loss(Code::ProgrammerGone),
            }
            probe.handle_timeout(now());
        }
    }

    /// A session with the device of a capture. It is not initialised: the capture begins behind that.
    pub fn replaying(capture: &Capture) -> Self {
        Self {
            device: Side::Capture(Box::new(Replay::new(capture))),
            session: Session::new(capture.profile.clone(), 0),
            found: None,
            recorder: Recorder::new(&capture.profile),
            start: Instant::now(),
        }
    }

    /// The profile the device answers to.
    pub fn profile(&self) -> &Profile {
        self.session.profile()
    }

    /// What has passed over the line since the device was found.
    pub fn capture(&self) -> Capture {
        self.recorder.capture(self.session.profile())
    }

    fn now(&self) -> Millis {
        self.start.elapsed().as_millis() as Millis
    }

    /// Runs one operation to its event.
    fn run(&mut self, operation: Operation) -> Event {
        self.session.begin(self.now(), operation);
        loop {
            if let Some(event) = self.session.poll_event() {
                return event;
            }
            while let Some(frame) = self.session.poll_transmit() {
                self.recorder.sent(self.now(), &frame);
                let written = match &mut self.device {
                    Side::Line(line) => line.write(&frame).is_ok(),
                    Side::Capture(replay) => {
                        replay.write(&frame);
                        true
                    }
                };
                if !written {
                    self.session.handle_loss(Code::ProgrammerGone);
                }
            }
            let wait = until(self.session.poll_timeout(), self.now());
            let read = match &mut self.device {
                Side::Line(line) if self.session.is_busy() => line.read(wait).ok(),
                Side::Line(_) => Some(Vec::new()),
                Side::Capture(replay) => {
                    let said = replay.read();
                    if said.is_empty() {
                        thread::sleep(wait);
                    }
                    Some(said)
                }
            };
            let now = self.now();
            match read {
                Some(bytes) => {
                    self.recorder.heard(now, &bytes);
                    self.session.handle_in(now, &bytes);
                }
                None => self.session.handle_loss(Code::ProgrammerGone),
            }
            self.session.handle_timeout(self.now());
        }
    }
}

/// How long to listen before something is due.
fn until(due: Option<Millis>, now: Millis) -> Duration {
    due.map_or(GLANCE, |due| {
        Duration::from_millis(due.saturating_sub(now)).min(GLANCE)
    })
}

/// What an operation must end in, by the engine's word.
macro_rules! outcome {
    ($event:expr, $variant:ident) => {
        match $event {
            Event::$variant(outcome) => outcome,
            _ => Err(NoAnswer::unknown(Code::ProgrammerGarbled)),
        }
    };
}

/// The programmer, as flows see it: its slot and its antenna are one device, and so one host has both.
#[derive(Clone, Copy)]
pub struct Programmer<'h>(pub &'h RefCell<Host>);

impl Programmer<'_> {
    fn run(self, operation: Operation) -> Event {
        self.0.borrow_mut().run(operation)
    }
}

impl ObuProgrammer for Programmer<'_> {
    fn open(&mut self) -> Answer<'_, Result<Device, NoAnswer>> {
        Box::pin(async { outcome!(self.run(Operation::Open { unix: unix() }), Opened) })
    }

    fn psam_reset(&mut self, slot: PsamSlot) -> Answer<'_, Result<[u8; 6], NoAnswer>> {
        Box::pin(async move { outcome!(self.run(Operation::PsamReset(slot)), PsamReset) })
    }

    fn psam<'a>(
        &'a mut self,
        slot: PsamSlot,
        commands: &'a [Command],
    ) -> Answer<'a, Result<Vec<Response>, NoAnswer>> {
        let psam = Operation::Psam(slot, commands.to_vec());
        Box::pin(async move { outcome!(self.run(psam), Answered) })
    }

    fn initialise(&mut self) -> Answer<'_, Result<(PowerSession, Tag), NoAnswer>> {
        let call = Operation::Initialise { unix: unix() };
        Box::pin(async move { outcome!(self.run(call), Initialised) })
    }

    fn power_card(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        let power = Operation::PowerCard { unix: unix() };
        Box::pin(async move { outcome!(self.run(power), CardPowered) })
    }

    fn transfer_channel<'a>(
        &'a mut self,
        session: PowerSession,
        channel: Channel,
        commands: &'a [Command],
    ) -> Answer<'a, Result<Vec<Response>, NoAnswer>> {
        let transfer = Operation::Transfer(session, channel, commands.to_vec());
        Box::pin(async move { outcome!(self.run(transfer), Answered) })
    }

    fn set_mmi(&mut self, session: PowerSession, shown: Mmi) -> Answer<'_, Result<(), NoAnswer>> {
        Box::pin(async move { outcome!(self.run(Operation::SetMmi(session, shown)), Shown) })
    }

    fn release(&mut self, session: PowerSession) -> Answer<'_, Result<(), NoAnswer>> {
        Box::pin(async move { outcome!(self.run(Operation::Release(session)), Released) })
    }
}
