//! The host's CCID engine wired to the virtual reader: every packet passes, time is a number.
//!
//! [`Bus`] is what a driver is: it moves what the engine has for the bus, and what the bus has for the engine.
//! Where nothing moves any more, time jumps to whatever comes first, the reader's next word or the engine's
//! deadline.

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::ccid::descriptor::{Access, DeviceId, ReaderInterface};
use apdu_core::ccid::{Direction, Event, Millis, Operation, Session, Transmit};
use apdu_core::fault::Code;
use etc_sim::reader::{BulkIn, Endpoint, Reader, Setup, VENDOR_ID};

/// How much is moved over the bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfers {
    /// Bulk OUT transfers.
    pub out: usize,
    /// Bulk IN transfers.
    pub r#in: usize,
}

/// What a step has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// A bulk transfer.
    Transfer,
    /// Something else, or time.
    Other,
}

/// One slot of a reader on a bus, with its host.
pub struct Bus {
    /// The device side.
    pub reader: Reader,
    /// The host side.
    pub engine: Session,
    /// The clock of both.
    pub now: Millis,
    /// Transfers so far.
    pub transfers: Transfers,
    /// How often the engine wanted the device opened anew.
    pub reopened: usize,
    /// The code with which the engine gave the reader up, if it did.
    pub lost: Option<Code>,
    next: Option<Transmit>,
    packet: usize,
    interface: u16,
    /// No transfer is begun on a halted endpoint before the engine has had it cleared.
    in_halted: bool,
}

impl Bus {
    /// Finds the reader by its own descriptor, as the page does, and takes its first slot.
    ///
    /// # Errors
    /// The code the page would show for this reader.
    pub fn plug(reader: Reader) -> Result<Self, Code> {
        Self::plug_slot(reader, 0)
    }

    /// The same, with another slot.
    ///
    /// # Errors
    /// The code the page would show for this reader.
    pub fn plug_slot(reader: Reader, slot: u8) -> Result<Self, Code> {
        let device = DeviceId {
            vendor: VENDOR_ID,
            product: reader.product_id(),
        };
        let interface = interface_of(&reader, device)?;
        Self::drive(reader, &interface, slot)
    }

    /// A reader whose interface is known already.
    ///
    /// # Errors
    /// The code the page would show for this reader.
    pub fn drive(reader: Reader, interface: &ReaderInterface, slot: u8) -> Result<Self, Code> {
        let endpoints = interface.usable(Access::Page)?;
        let mut engine = Session::new(&interface.profile, slot, 0)?;
        let rates = reader.control_in(Setup {
            request_type: 0xA1,
            request: 0x03,
            value: 0,
            index: u16::from(interface.number),
            length: 1024,
        });
        if let Ok(rates) = rates {
            engine.set_data_rates(&rates);
        }
        Ok(Self {
            reader,
            engine,
            now: 0,
            transfers: Transfers::default(),
            reopened: 0,
            lost: None,
            next: None,
            packet: usize::from(endpoints.bulk_in.packet_size),
            interface: u16::from(interface.number),
            in_halted: false,
        })
    }

    /// Runs one operation to its event, as soon as the reader is free for it.
    pub fn run(&mut self, operation: Operation) -> Event {
        self.rest();
        self.engine.begin(self.now, operation);
        loop {
            if let Some(answer) = self.next_answer() {
                return answer;
            }
            self.step();
        }
    }

    /// Lets the bus go on until the engine has nothing under way any more.
    pub fn rest(&mut self) {
        loop {
            while self.next_answer().is_some() {}
            if !self.engine.is_busy() {
                return;
            }
            self.step();
        }
    }

    /// The next event that answers an operation; what the engine wants of its driver is done on the way.
    pub fn next_answer(&mut self) -> Option<Event> {
        loop {
            match self.engine.poll_event()? {
                Event::Presence(_) => {}
                Event::Lost(code) => self.lost = Some(code),
                Event::Reopen => {
                    self.reopened += 1;
                    self.in_halted = false;
                    self.engine.handle_reopened(self.now);
                }
                answer => return Some(answer),
            }
        }
    }

    /// Whether the next step sends a message.
    pub fn is_about_to_send(&mut self) -> bool {
        self.next = self.next.take().or_else(|| self.engine.poll_transmit());
        matches!(self.next, Some(Transmit::Bulk(_)))
    }

    /// Moves what there is to move: one transmit, one notification or one packet, or time.
    pub fn step(&mut self) -> Moved {
        self.reader.tick(self.now);
        if !self.reader.is_plugged() {
            self.engine.handle_loss(Code::ReaderGone);
            return Moved::Other;
        }
        if let Some(transmit) = self.next.take().or_else(|| self.engine.poll_transmit()) {
            return self.transmit(transmit);
        }
        if let Some(notification) = self.reader.interrupt_in() {
            self.engine.handle_interrupt(self.now, &notification);
            return Moved::Other;
        }
        if self.in_halted {
            self.wait();
            return Moved::Other;
        }
        match self.reader.bulk_in(self.packet) {
            BulkIn::Packet(packet) => {
                self.transfers.r#in += 1;
                self.engine.handle_in(self.now, &packet);
                return Moved::Transfer;
            }
            BulkIn::Empty => self.wait(),
            BulkIn::Babble => self.engine.handle_loss(Code::ReaderTransfer),
            BulkIn::Stall => {
                self.in_halted = true;
                self.engine.handle_stall(self.now, Direction::In);
            }
        }
        Moved::Other
    }

    /// Nothing moves: time does.
    fn wait(&mut self) {
        let due = [self.engine.poll_timeout(), self.reader.next_due()];
        let Some(next) = due.into_iter().flatten().min() else {
            assert!(!self.engine.is_busy(), "the engine waits for nothing");
            return;
        };
        self.now = self.now.max(next);
        self.engine.handle_timeout(self.now);
    }

    fn transmit(&mut self, transmit: Transmit) -> Moved {
        match transmit {
            Transmit::Bulk(message) => {
                self.transfers.out += 1;
                if self.reader.bulk_out(&message).is_err() {
                    self.engine.handle_stall(self.now, Direction::Out);
                }
                return Moved::Transfer;
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
                self.in_halted &= direction != Direction::In;
                self.engine.handle_clear_halt(self.now, direction);
            }
        }
        Moved::Other
    }
}

/// The first CCID interface by the reader's own descriptor.
fn interface_of(reader: &Reader, device: DeviceId) -> Result<ReaderInterface, Code> {
    let whole = reader.control_in(Setup {
        request_type: 0x80,
        request: 6,
        value: 0x0200,
        index: 0,
        length: 1024,
    });
    let descriptor = whole.map_err(|_| Code::ReaderTransfer)?;
    let found = ReaderInterface::discover(device, &descriptor);
    found.into_iter().next().ok_or(Code::NotAReader)
}

impl Card for Bus {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        Box::pin(async {
            // What the reader has announced meanwhile counts.
            while let Some(notification) = self.reader.interrupt_in() {
                self.engine.handle_interrupt(self.now, &notification);
            }
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
