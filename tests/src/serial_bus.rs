//! The host's CCID engine wired to the virtual reader over a serial line, byte by byte, in virtual time.

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::ccid::descriptor::{DeviceId, Profile};
use apdu_core::ccid::quirks::GEMPC_TWIN;
use apdu_core::ccid::serial::{Heard, SerialLine};
use apdu_core::ccid::{Event, Millis, Operation, Session, Transmit};
use apdu_core::fault::Code;
use etc_sim::reader::SerialReader;

/// A reader at the end of a serial line, with its host.
pub struct SerialBus {
    /// The device side.
    pub port: SerialReader,
    /// The host side.
    pub engine: Session,
    /// The clock of both.
    pub now: Millis,
    /// Frames written so far.
    pub frames: usize,
    /// The next frame loses a bit on its way to the reader.
    pub garble_next: bool,
    line: SerialLine,
}

impl SerialBus {
    /// Opens the line and finds out whether there is a reader behind it.
    ///
    /// # Errors
    /// The code the page would show.
    pub fn open(mut port: SerialReader) -> Result<Self, Code> {
        port.set_request_to_send(false);
        let no_usb = DeviceId {
            vendor: 0,
            product: 0,
        };
        let mut bus = Self {
            port,
            engine: Session::new(&Profile::new(no_usb, GEMPC_TWIN), 0, 0)?,
            now: 0,
            frames: 0,
            garble_next: false,
            line: SerialLine::open(0),
        };
        loop {
            match bus.step() {
                Some(Heard::Ready(_)) => return Ok(bus),
                Some(Heard::NoReader(code)) => return Err(code),
                _ => {}
            }
        }
    }

    /// Runs one operation to its event, as soon as the reader is free for it.
    pub fn run(&mut self, operation: Operation) -> Event {
        while self.engine.is_busy() {
            self.step();
        }
        while self.engine.poll_event().is_some() {}
        self.engine.begin(self.now, operation);
        loop {
            match self.engine.poll_event() {
                Some(Event::Presence(_) | Event::Lost(_)) => {}
                Some(Event::Reopen) => self.engine.handle_reopened(self.now),
                Some(answer) => return answer,
                None => {
                    self.step();
                }
            }
        }
    }

    /// Moves what there is to move; where nothing moves any more, time does. What the line says before there is a
    /// session is handed on.
    fn step(&mut self) -> Option<Heard> {
        self.port.tick(self.now);
        while let Some(transmit) = self.engine.poll_transmit() {
            match transmit {
                Transmit::Bulk(message) => self.line.send(&message),
                // There is neither a control endpoint nor a halt.
                Transmit::Abort { .. } => self.engine.handle_control(self.now, false),
                Transmit::ClearHalt(direction) => {
                    self.engine.handle_clear_halt(self.now, direction);
                }
            }
        }
        while let Some(mut frame) = self.line.poll_transmit() {
            self.frames += 1;
            if std::mem::take(&mut self.garble_next)
                && let Some(last) = frame.last_mut()
            {
                *last ^= 0x10;
            }
            self.port.write(&frame);
        }
        let bytes = self.port.read();
        if bytes.is_empty() {
            self.wait();
        }
        self.line.handle_bytes(self.now, &bytes);
        while let Some(heard) = self.line.poll_heard() {
            match heard {
                Heard::Message(message) => self.engine.handle_in(self.now, &message),
                Heard::Notification(change) => self.engine.handle_interrupt(self.now, &change),
                Heard::Refused => self.engine.handle_refused(self.now),
                Heard::Ready(_) | Heard::NoReader(_) => return Some(heard),
            }
        }
        None
    }

    /// Nothing moves: time does.
    fn wait(&mut self) {
        let deadlines = [self.engine.poll_timeout(), self.line.poll_timeout()];
        let due = deadlines.into_iter().chain([self.port.next_due()]);
        let next = due.flatten().min().expect("somebody waits for something");
        self.now = self.now.max(next);
        self.engine.handle_timeout(self.now);
        self.line.handle_timeout(self.now);
    }
}

impl Card for SerialBus {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        Box::pin(async {
            if let Some(session) = self.engine.power_session() {
                return Ok(session);
            }
            match self.run(Operation::PowerOn) {
                Event::Powered(powered) => powered.map(|(session, _)| session),
                other => panic!("{other:?} does not answer a power-on"),
            }
        })
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        Box::pin(async move {
            match self.run(Operation::Transmit(session, command.clone())) {
                Event::Answered(answer) => answer,
                other => panic!("{other:?} does not answer a command"),
            }
        })
    }
}
