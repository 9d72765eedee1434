//! The host's programmer engine wired to the virtual programmer over a serial line, byte by byte, in virtual
//! time.

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, NoAnswer, PowerSession};
use apdu_core::ccid::Millis;
use apdu_core::fault::Code;
use apdu_core::obu_programmer::{Channel, Device, Mmi, ObuProgrammer, PsamSlot, Tag};
use apdu_core::programmer::{Event, Operation, Probe, Probed, Profile, Session};
use etc_sim::programmer::Programmer;

/// What tags and devices are told of the time of day: 2020-01-01 00:00:00 UTC.
const NEW_YEAR: u32 = 0x5E0B_E100;

/// A programmer at the end of a serial line, with its host.
pub struct ProgrammerBus {
    /// The device side.
    pub port: Programmer,
    /// The host side.
    pub engine: Session,
    /// The clock of both.
    pub now: Millis,
    /// Frames written so far.
    pub frames: usize,
    /// The line loses what comes next (overrun, framing, parity, break).
    pub overrun_next: bool,
}

impl ProgrammerBus {
    /// A line with the settings of the profile; `first_power` sets its sessions apart from those before.
    pub fn new(mut port: Programmer, profile: Profile, first_power: u32) -> Self {
        port.set_baud(profile.line.baud);
        port.set_data_terminal_ready(profile.line.dtr);
        Self {
            port,
            engine: Session::new(profile, first_power),
            now: 0,
            frames: 0,
            overrun_next: false,
        }
    }

    /// Runs one operation to its event.
    pub fn run(&mut self, operation: Operation) -> Event {
        self.engine.begin(self.now, operation);
        loop {
            if let Some(event) = self.engine.poll_event() {
                return event;
            }
            self.step();
        }
    }

    /// Lets time pass, and takes whatever still comes.
    pub fn rest_until(&mut self, then: Millis) {
        while let Some(due) = self.port.next_due().filter(|due| *due <= then) {
            self.now = self.now.max(due);
            self.take_in();
        }
        self.now = self.now.max(then);
    }

    /// Moves what there is to move; where nothing moves any more, time does.
    fn step(&mut self) {
        while let Some(frame) = self.engine.poll_transmit() {
            self.frames += 1;
            self.port.tick(self.now);
            self.port.write(&frame);
        }
        if !self.port.is_plugged() {
            return self.engine.handle_loss(Code::ProgrammerGone);
        }
        if self.take_in() || !self.engine.is_busy() {
            return;
        }
        let due = [self.engine.poll_timeout(), self.port.next_due()];
        let next = due
            .into_iter()
            .flatten()
            .min()
            .expect("a deadline while busy");
        self.now = self.now.max(next);
        self.take_in();
        self.engine.handle_timeout(self.now);
    }

    /// Takes what the line has brought.
    fn take_in(&mut self) -> bool {
        self.port.tick(self.now);
        let bytes = self.port.read();
        if !bytes.is_empty() && std::mem::take(&mut self.overrun_next) {
            self.engine.handle_line_error(self.now);
        } else {
            self.engine.handle_in(self.now, &bytes);
        }
        !bytes.is_empty()
    }
}

/// Finds out which of the profiles the device answers to.
pub fn probe(port: &mut Programmer, profiles: impl IntoIterator<Item = Profile>) -> Probed {
    let mut probe = Probe::new(profiles, NEW_YEAR, 0);
    let mut now = 0;
    loop {
        if let Some(line) = probe.poll_line() {
            port.set_baud(line.baud);
            port.set_data_terminal_ready(line.dtr);
            probe.handle_line(now);
        }
        if let Some(outcome) = probe.poll_event() {
            return outcome;
        }
        while let Some(frame) = probe.poll_transmit() {
            port.write(&frame);
        }
        if !port.is_plugged() {
            probe.handle_loss(Code::ProgrammerGone);
            continue;
        }
        let due = [probe.poll_timeout(), port.next_due()];
        now = due
            .into_iter()
            .flatten()
            .min()
            .map_or(now, |due| now.max(due));
        port.tick(now);
        probe.handle_in(now, &port.read());
        probe.handle_timeout(now);
    }
}

impl ObuProgrammer for ProgrammerBus {
    fn open(&mut self) -> Answer<'_, Result<Device, NoAnswer>> {
        Box::pin(async {
            match self.run(Operation::Open { unix: NEW_YEAR }) {
                Event::Opened(opened) => opened,
                other => panic!("{other:?} does not answer an initialisation"),
            }
        })
    }

    fn psam_reset(&mut self, slot: PsamSlot) -> Answer<'_, Result<[u8; 6], NoAnswer>> {
        Box::pin(async move {
            match self.run(Operation::PsamReset(slot)) {
                Event::PsamReset(terminal) => terminal,
                other => panic!("{other:?} does not answer a reset"),
            }
        })
    }

    fn psam<'a>(
        &'a mut self,
        slot: PsamSlot,
        commands: &'a [Command],
    ) -> Answer<'a, Result<Vec<Response>, NoAnswer>> {
        Box::pin(async move { answers(self.run(Operation::Psam(slot, commands.to_vec()))) })
    }

    fn initialise(&mut self) -> Answer<'_, Result<(PowerSession, Tag), NoAnswer>> {
        Box::pin(async {
            match self.run(Operation::Initialise { unix: NEW_YEAR }) {
                Event::Initialised(tag) => tag,
                other => panic!("{other:?} does not answer a call"),
            }
        })
    }

    fn power_card(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        Box::pin(async {
            match self.run(Operation::PowerCard { unix: NEW_YEAR }) {
                Event::CardPowered(powered) => powered,
                other => panic!("{other:?} does not answer a power-on"),
            }
        })
    }

    fn transfer_channel<'a>(
        &'a mut self,
        session: PowerSession,
        channel: Channel,
        commands: &'a [Command],
    ) -> Answer<'a, Result<Vec<Response>, NoAnswer>> {
        let transfer = Operation::Transfer(session, channel, commands.to_vec());
        Box::pin(async move { answers(self.run(transfer)) })
    }

    fn set_mmi(&mut self, session: PowerSession, shown: Mmi) -> Answer<'_, Result<(), NoAnswer>> {
        Box::pin(async move {
            match self.run(Operation::SetMmi(session, shown)) {
                Event::Shown(shown) => shown,
                other => panic!("{other:?} does not answer SetMMI"),
            }
        })
    }

    fn release(&mut self, session: PowerSession) -> Answer<'_, Result<(), NoAnswer>> {
        Box::pin(async move {
            match self.run(Operation::Release(session)) {
                Event::Released(released) => released,
                other => panic!("{other:?} does not answer a release"),
            }
        })
    }
}

fn answers(event: Event) -> Result<Vec<Response>, NoAnswer> {
    match event {
        Event::Answered(answers) => answers,
        other => panic!("{other:?} does not answer a list"),
    }
}
