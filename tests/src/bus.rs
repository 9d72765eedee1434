//! The host's CCID engine wired to the virtual reader: every packet passes, time is a number.

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::ccid::descriptor::{Access, DeviceId, ReaderInterface};
use apdu_core::ccid::{Direction, Event, Millis, Operation, Session, Transmit};
use apdu_core::fault::Code;
use etc_sim::reader::{BulkIn, Endpoint, Reader, Setup};

/// How much is moved over the bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfers {
    /// Bulk OUT transfers.
    pub out: usize,
    /// Bulk IN transfers.
    pub r#in: usize,
}

/// One reader on a bus, with its host.
pub struct Bus {
    /// The device side.
    pub reader: Reader,
    /// The host side.
    pub engine: Session,
    /// The host's clock.
    pub now: Millis,
    /// Transfers so far.
    pub transfers: Transfers,
    packet: usize,
    interface: u16,
}

impl Bus {
    /// Finds the reader by its own descriptor, as the page does.
    ///
    /// # Errors
    /// The code the page would show for this reader.
    pub fn plug(reader: Reader) -> Result<Self, Code> {
        let whole = reader.control_in(Setup {
            request_type: 0x80,
            request: 6,
            value: 0x0200,
            index: 0,
            length: 1024,
        });
        let descriptor = whole.map_err(|_| Code::ReaderTransfer)?;
        let device = DeviceId {
            vendor: etc_sim::reader::VENDOR_ID,
            product: 1,
        };
        let mut found = ReaderInterface::discover(device, &descriptor).into_iter();
        let interface = found.next().ok_or(Code::NotAReader)?;
        let endpoints = interface.usable(Access::Page)?;
        Ok(Self {
            reader,
            engine: Session::new(&interface.profile, 0, 0)?,
            now: 0,
            transfers: Transfers::default(),
            packet: usize::from(endpoints.bulk_in.packet_size),
            interface: u16::from(interface.number),
        })
    }

    /// Runs one operation to its event, as soon as the reader is free for it.
    pub fn run(&mut self, operation: Operation) -> Event {
        while self.engine.is_busy() {
            self.step();
        }
        while self.engine.poll_event().is_some() {}
        self.engine.begin(self.now, operation);
        loop {
            while let Some(event) = self.engine.poll_event() {
                match event {
                    Event::Presence(_) | Event::Lost(_) => {}
                    Event::Reopen => self.engine.handle_reopened(self.now),
                    answer => return answer,
                }
            }
            self.step();
        }
    }

    /// Moves what there is to move; where nothing moves any more, time jumps to the deadline.
    fn step(&mut self) {
        while let Some(transmit) = self.engine.poll_transmit() {
            self.transmit(transmit);
        }
        while let Some(notification) = self.reader.interrupt_in() {
            self.engine.handle_interrupt(self.now, &notification);
        }
        match self.reader.bulk_in(self.packet) {
            BulkIn::Packet(packet) => {
                self.transfers.r#in += 1;
                self.engine.handle_in(self.now, &packet);
            }
            BulkIn::Empty => {
                self.now = self.engine.poll_timeout().unwrap_or(self.now);
                self.engine.handle_timeout(self.now);
            }
            BulkIn::Babble => self.engine.handle_loss(Code::ReaderTransfer),
            BulkIn::Stall => self.engine.handle_stall(self.now, Direction::In),
        }
    }

    fn transmit(&mut self, transmit: Transmit) {
        match transmit {
            Transmit::Bulk(message) => {
                self.transfers.out += 1;
                if self.reader.bulk_out(&message).is_err() {
                    self.engine.handle_stall(self.now, Direction::Out);
                }
            }
            Transmit::Abort { slot, seq } => {
                let abort = Setup {
                    request_type: 0x21,
                    request: 0x01,
                    value: u16::from_be_bytes([seq, slot]),
                    index: self.interface,
                    length: 0,
                };
                let taken = self.reader.control_out(abort).is_ok();
                self.engine.handle_control(self.now, taken);
            }
            Transmit::ClearHalt(direction) => {
                self.reader.clear_halt(match direction {
                    Direction::In => Endpoint::In,
                    Direction::Out => Endpoint::Out,
                });
                self.engine.handle_clear_halt(self.now, direction);
            }
        }
    }
}

impl Card for Bus {
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
