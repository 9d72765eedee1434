//! The host's CCID engine wired to the virtual reader: every packet passes, time is a number.

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::ccid::descriptor::ReaderInterface;
use apdu_core::ccid::{Event, Millis, Operation, Session};
use apdu_core::fault::Code;
use etc_sim::reader::{BulkIn, Reader, Setup};

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
        let interface = ReaderInterface::find(&descriptor).ok_or(Code::NotAReader)?;
        if interface.is_protected() {
            return Err(Code::ProtectedReader);
        }
        Ok(Self {
            reader,
            engine: Session::new(&interface.class_descriptor, 0)?,
            now: 0,
            transfers: Transfers::default(),
            packet: usize::from(interface.bulk_in.packet_size),
        })
    }

    /// Runs one operation to its event; where nothing moves any more, time jumps to the deadline.
    pub fn run(&mut self, operation: Operation) -> Event {
        self.engine.begin(self.now, operation);
        loop {
            while let Some(message) = self.engine.poll_transmit() {
                self.transfers.out += 1;
                if self.reader.bulk_out(&message).is_err() {
                    self.engine.handle_loss(Code::ReaderTransfer);
                }
            }
            while let Some(event) = self.engine.poll_event() {
                if !matches!(event, Event::Presence(_)) {
                    return event;
                }
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
                BulkIn::Babble | BulkIn::Stall => self.engine.handle_loss(Code::ReaderTransfer),
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
