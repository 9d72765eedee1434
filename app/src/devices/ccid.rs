//! The driver of one CCID reader: moves bytes and time between WebUSB and the protocol engine.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::ccid::descriptor::{Access, DeviceId, Endpoints, PROTECTED_CLASS, ReaderInterface};
use apdu_core::ccid::{Direction, Event, Millis, Operation, Session, Transmit};
use apdu_core::fault::Code;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::lock::TabLock;
use super::usb::Device;
use crate::desk::{CardInSlot, Desk, ReaderStatus};

/// How often a reader without interrupt endpoint is asked for its card.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// An open reader.
pub struct Reader {
    device: Device,
    interface: u8,
    endpoints: Endpoints,
    desk: Desk,
    engine: RefCell<Session>,
    answer: RefCell<Option<Event>>,
    waiting: RefCell<Vec<Waker>>,
    in_use: RefCell<bool>,
    /// Held as long as the reader is ours; a reader that was lost holds none.
    lock: RefCell<Option<TabLock>>,
    /// The deadline a timer is set for.
    armed: Cell<Option<Millis>>,
}

impl Reader {
    /// Opens a device and claims its reader interface.
    ///
    /// A protected reader is recognised before anything is opened or claimed; each step that can fail
    /// has a code of its own.
    pub async fn open(device: Device, desk: Desk) -> Result<Rc<Self>, Code> {
        let tree = device.configuration_tree();
        let mut classes = (tree.iter())
            .flat_map(|configuration| &configuration.interfaces)
            .filter_map(|interface| interface.alternates.first())
            .map(|alternate| alternate.interface_class)
            .peekable();
        if classes.peek().is_some() && classes.all(|class| class == PROTECTED_CLASS) {
            return Err(Code::ProtectedReader);
        }
        let lock = TabLock::take(&lock_name(&device)).await;
        let lock = lock.ok_or(Code::ReaderInOtherTab)?;
        match Self::claim(&device, tree.len()).await {
            Ok((interface, endpoints, engine)) => {
                let reader = Rc::new(Self {
                    device,
                    interface,
                    endpoints,
                    desk,
                    engine: RefCell::new(engine),
                    answer: RefCell::default(),
                    waiting: RefCell::default(),
                    in_use: RefCell::new(false),
                    lock: RefCell::new(Some(lock)),
                    armed: Cell::default(),
                });
                if let Err(code) = reader.clone().start().await {
                    reader.lose(code);
                    return Err(code);
                }
                Ok(reader)
            }
            Err(code) => {
                device.shut().await;
                Err(code)
            }
        }
    }

    async fn claim(
        device: &Device,
        configurations: usize,
    ) -> Result<(u8, Endpoints, Session), Code> {
        let id = DeviceId {
            vendor: device.vendor_id(),
            product: device.product_id(),
        };
        // The first that can be used; if there is none, the first, to be named.
        let pick = |configuration: &[u8]| {
            let found = ReaderInterface::discover(id, configuration);
            let usable = |it: &&ReaderInterface| it.usable(Access::Page).is_ok();
            found.iter().find(usable).or(found.first()).cloned()
        };
        let found = device.open_and_find(configurations.max(1), pick).await?;
        let interface = found.ok_or(Code::NotAReader)?;
        let endpoints = interface.usable(Access::Page)?;
        // The time tells the power sessions of two readers, or of one opened twice, apart.
        let engine = Session::new(&interface.profile, 0, now() as u32)?;
        device
            .claim(interface.configuration, interface.number)
            .await?;
        Ok((interface.number, endpoints, engine))
    }

    /// Starts the pumps and asks for the card.
    async fn start(self: Rc<Self>) -> Result<(), Code> {
        spawn_local(self.clone().pump_in());
        match self.endpoints.interrupt {
            Some(_) => spawn_local(self.clone().pump_interrupt()),
            None => look_again_later(Rc::downgrade(&self)),
        }
        match self.run(Operation::Look).await {
            Event::Looked(Err(none)) => Err(none.code),
            _ => Ok(()),
        }
    }

    /// The device behind this reader.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The reader's name, as it tells it.
    pub fn name(&self) -> String {
        let name = self.device.product_name().unwrap_or_default();
        if name.trim().is_empty() {
            let (vendor, product) = (self.device.vendor_id(), self.device.product_id());
            format!("USB {vendor:04X}:{product:04X}")
        } else {
            name
        }
    }

    /// The card in this reader.
    pub fn card(self: &Rc<Self>) -> ReaderCard {
        ReaderCard(self.clone())
    }

    /// Ends everything with `code`, once: the reader is gone, or can only be opened anew. What it held,
    /// the device and the lock of this tab, is let go.
    pub fn lose(&self, code: Code) {
        let Some(lock) = self.lock.take() else {
            return;
        };
        self.engine.borrow_mut().handle_loss(code);
        self.settle();
        self.desk.reader.set(ReaderStatus::Refused(code));
        let device = self.device.clone();
        spawn_local(async move {
            device.shut().await;
            drop(lock);
        });
    }

    /// Whether the reader was lost: another may take its place.
    pub fn is_lost(&self) -> bool {
        self.lock.borrow().is_none()
    }

    /// Exactly one IN transfer is outstanding at any time, also while nothing is awaited: late answers
    /// are read and dropped by the engine instead of being met by the next command.
    async fn pump_in(self: Rc<Self>) {
        let endpoint = self.endpoints.bulk_in;
        loop {
            match self
                .device
                .receive(endpoint.number, endpoint.packet_size)
                .await
            {
                Ok(packet) => self.engine.borrow_mut().handle_in(now(), &packet),
                Err(code) => return self.lose(code),
            }
            self.drive();
        }
    }

    async fn pump_interrupt(self: Rc<Self>) {
        let Some(endpoint) = self.endpoints.interrupt else {
            return;
        };
        // Its end is the reader's end, which the bulk pump reports.
        while let Ok(packet) = self
            .device
            .receive(endpoint.number, endpoint.packet_size)
            .await
        {
            self.engine.borrow_mut().handle_interrupt(now(), &packet);
            self.drive();
        }
    }

    /// Runs one operation to its event. Waits for an operation whose caller went away before it begins.
    async fn run(self: &Rc<Self>, operation: Operation) -> Event {
        let _turn = self.turn().await;
        self.idle().await;
        self.answer.take();
        self.engine.borrow_mut().begin(now(), operation);
        self.drive();
        loop {
            if let Some(event) = self.answer.take() {
                return event;
            }
            self.next_change().await;
        }
    }

    /// Puts on the bus what the engine has for it, and hands its events on.
    fn drive(self: &Rc<Self>) {
        loop {
            let transmit = self.engine.borrow_mut().poll_transmit();
            let Some(transmit) = transmit else {
                break;
            };
            // Not awaited here: a reader that takes nothing must run into its deadline.
            spawn_local(self.clone().transmit(transmit));
        }
        self.settle();
        self.watch_the_time();
    }

    async fn transmit(self: Rc<Self>, transmit: Transmit) {
        match transmit {
            Transmit::Bulk(message) => {
                let endpoint = self.endpoints.bulk_out.number;
                if let Err(code) = self.device.send(endpoint, &message).await {
                    return self.lose(code);
                }
            }
            Transmit::Abort { slot, seq } => {
                let taken = self.device.abort(self.interface, slot, seq).await.is_ok();
                self.engine.borrow_mut().handle_control(now(), taken);
            }
            Transmit::ClearHalt(direction) => {
                // A clearing that fails shows in what follows.
                let _ = match direction {
                    Direction::In => self.device.clear("in", self.endpoints.bulk_in.number),
                    Direction::Out => self.device.clear("out", self.endpoints.bulk_out.number),
                }
                .await;
                (self.engine.borrow_mut()).handle_clear_halt(now(), direction);
            }
        }
        self.drive();
    }

    /// Waits until no other operation runs; the turn ends when the value is dropped.
    async fn turn(self: &Rc<Self>) -> Turn {
        while self.in_use.replace(true) {
            self.next_change().await;
        }
        Turn(self.clone())
    }

    /// Waits for the answer of an operation that nobody awaits any more.
    async fn idle(self: &Rc<Self>) {
        while self.engine.borrow().is_busy() {
            self.next_change().await;
        }
    }

    /// Wakes the driver when the engine's deadline is over, whatever it has been moved to meanwhile.
    /// Elapsed time decides, not the timer.
    fn watch_the_time(self: &Rc<Self>) {
        let due = self.engine.borrow().poll_timeout();
        if self.armed.replace(due) == due {
            return;
        }
        let Some(due) = due else {
            return;
        };
        let reader = Rc::downgrade(self);
        let wait = Duration::from_millis(due.saturating_sub(now()).max(1));
        set_timeout(
            move || {
                let Some(reader) = reader.upgrade() else {
                    return;
                };
                if reader.armed.get() == Some(due) {
                    reader.armed.set(None);
                }
                reader.engine.borrow_mut().handle_timeout(now());
                reader.drive();
            },
            wait,
        );
    }

    /// Hands the engine's events on.
    fn settle(&self) {
        let mut lost = false;
        loop {
            let event = self.engine.borrow_mut().poll_event();
            match event {
                None => break,
                Some(Event::Presence(present)) => self.show_card(present),
                Some(Event::Reopen | Event::Lost(_)) => lost = true,
                Some(answer) => *self.answer.borrow_mut() = Some(answer),
            }
        }
        for waker in self.waiting.take() {
            waker.wake();
        }
        if lost {
            self.lose(Code::ReaderStuck);
        }
    }

    fn show_card(&self, present: bool) {
        self.desk.card.set(if present {
            CardInSlot::Present
        } else {
            CardInSlot::Absent
        });
    }

    /// Waits for the next change in the engine.
    async fn next_change(self: &Rc<Self>) {
        let mut polled = false;
        poll_fn(|context| {
            if std::mem::replace(&mut polled, true) {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// The right to run the next operation.
struct Turn(Rc<Reader>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.in_use.replace(false);
        for waker in self.0.waiting.take() {
            waker.wake();
        }
    }
}

/// The card in a reader, for a flow.
#[derive(Clone)]
pub struct ReaderCard(Rc<Reader>);

impl Card for ReaderCard {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        Box::pin(async {
            let powered = self.0.engine.borrow().power_session();
            if let Some(session) = powered {
                return Ok(session);
            }
            match self.0.run(Operation::PowerOn).await {
                Event::Powered(powered) => powered.map(|(session, _atr)| session),
                _ => Err(NoAnswer::unknown(Code::ReaderProtocol)),
            }
        })
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        Box::pin(async move {
            match self
                .0
                .run(Operation::Transmit(session, command.clone()))
                .await
            {
                Event::Answered(answer) => answer,
                _ => Err(NoAnswer::unknown(Code::ReaderProtocol)),
            }
        })
    }
}

/// A reader without interrupt endpoint is asked again and again, while nothing else runs.
fn look_again_later(reader: std::rc::Weak<Reader>) {
    set_timeout(
        move || {
            let Some(strong) = reader.upgrade() else {
                return;
            };
            spawn_local(async move {
                if !strong.engine.borrow().is_busy() {
                    let _ = strong.run(Operation::Look).await;
                }
                look_again_later(Rc::downgrade(&strong));
            });
        },
        LOOK_EVERY,
    );
}

fn lock_name(device: &Device) -> String {
    let serial = device.serial_number().unwrap_or_default();
    let (vendor, product) = (device.vendor_id(), device.product_id());
    format!("etc-reader:{vendor:04x}:{product:04x}:{serial}")
}

/// Milliseconds since the page was loaded, monotonic; 0 in a browser without a clock.
fn now() -> Millis {
    window().performance().map_or(0.0, |clock| clock.now()) as Millis
}
