//! The driver of a programmer: moves bytes and time between its port and the protocol engine.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use apdu_core::apdu::{Command, Repeat, Response};
use apdu_core::card::{Answer, NoAnswer, PowerSession};
use apdu_core::fault::Code;
use apdu_core::obu_programmer::{Channel, Device, Mmi, ObuProgrammer, PsamSlot, Tag};
use apdu_core::programmer::{Event, Line, Operation, Probe, Probed, Profile};
use leptos::prelude::Set;
use leptos::task::spawn_local;

use super::engine::Engine;
use super::named;
use super::tap::Tap;
use crate::desk::{Desk, ProgrammerStatus};
use crate::devices::alarm::Alarm;
use crate::devices::clock::now;
use crate::devices::tenure::Tenure;
use crate::devices::turn::Turnstile;
use crate::devices::waiting::Waiting;
use crate::devices::web_serial::{OpenPort, Options, Port, Read, Signals};

/// An open programmer. One operation at a time: a second one waits for the first.
pub struct Programmer {
    port: OpenPort,
    /// The browser's object: the same one as long as the device stays plugged in.
    object: Port,
    desk: Desk,
    tap: Tap,
    engine: RefCell<Engine>,
    event: RefCell<Option<Event>>,
    waiting: Waiting,
    turnstile: Turnstile,
    once_is_out: Cell<bool>,
    /// Held as long as the programmer is ours; one that was lost holds none.
    tenure: RefCell<Option<Tenure>>,
    alarm: Alarm,
    /// How often the port was opened: what belongs to an earlier time ends quietly.
    opened: Cell<u32>,
}

impl Programmer {
    /// Opens a port and finds out which of these profiles the device behind it answers to; gives that
    /// profile's name with it.
    pub async fn start(
        port: Port,
        profiles: Vec<Profile>,
        tenure: Tenure,
        desk: Desk,
    ) -> Result<(Rc<Self>, String), Code> {
        let probe = Probe::new(profiles, unix(), now() as u32);
        let programmer = Rc::new(Self {
            port: OpenPort::new(port.clone()),
            object: port,
            desk,
            tap: Tap::new(desk),
            engine: RefCell::new(Engine::Probing(Box::new(probe))),
            event: RefCell::default(),
            waiting: Waiting::default(),
            turnstile: Turnstile::default(),
            once_is_out: Cell::default(),
            tenure: RefCell::new(Some(tenure)),
            alarm: Alarm::default(),
            opened: Cell::default(),
        });
        match programmer.find().await {
            Ok(profile) => Ok((programmer, profile)),
            Err(code) => {
                programmer.lose(code).await;
                Err(code)
            }
        }
    }

    /// Asks the device in every dialect, with the line as each wants it.
    async fn find(self: &Rc<Self>) -> Result<String, Code> {
        loop {
            let wanted = self.engine.borrow().poll_line();
            if let Some(line) = wanted {
                self.open_line(line).await?;
                self.engine.borrow_mut().handle_line(now());
                self.settle();
            }
            let look = || {
                let mut engine = self.engine.borrow_mut();
                match engine.poll_probed() {
                    Some(probed) => Some(Some(probed)),
                    None => engine.poll_line().map(|_| None),
                }
            };
            let probed = self.waiting.until(look).await;
            match probed {
                None => {} // the next profile wants the line otherwise
                Some(Probed::Found { session, .. }) => {
                    let profile = session.profile().id.clone();
                    self.tap.speaks(session.profile());
                    self.engine.replace(Engine::Speaking(session));
                    self.settle();
                    return Ok(profile);
                }
                Some(Probed::Nothing { code, .. }) => return Err(code),
            }
        }
    }

    /// Opens the port with these settings, and begins to read.
    async fn open_line(self: &Rc<Self>, line: Line) -> Result<(), Code> {
        if self.opened.replace(self.opened.get() + 1) > 0 {
            self.port.close().await;
        }
        let signals = Signals {
            data_terminal_ready: Some(line.dtr),
            request_to_send: Some(line.rts),
        };
        let opened = self.port.open(&Options::new(line.baud, 1), &signals).await;
        opened.map_err(named)?;
        spawn_local(self.clone().pump());
        Ok(())
    }

    /// Reads whatever comes, also while nothing is awaited: what is late is met by the engine, not by the next
    /// operation.
    async fn pump(self: Rc<Self>) {
        let opened = self.opened.get();
        loop {
            let read = self.port.read().await;
            if self.opened.get() != opened {
                return;
            }
            let mut engine = self.engine.borrow_mut();
            match read {
                Ok(Read::Bytes(bytes)) => {
                    self.tap.heard(&bytes);
                    engine.handle_in(now(), &bytes);
                }
                Ok(Read::Disturbed) => engine.handle_line_error(now()),
                Err(code) => {
                    drop(engine);
                    return self.end(named(code));
                }
            }
            drop(engine);
            self.settle();
        }
    }

    /// Runs one operation to its event. Waits for an operation whose caller went away before it begins.
    async fn run(self: &Rc<Self>, operation: Operation) -> Event {
        let _turn = self.turnstile.enter().await;
        let is_free = || (!self.engine.borrow().is_busy()).then_some(());
        self.waiting.until(is_free).await;
        self.event.take();
        self.once_is_out.set(is_once(&operation));
        self.engine.borrow_mut().begin(now(), operation);
        self.settle();
        let event = self.waiting.until(|| self.event.take()).await;
        self.once_is_out.set(false);
        event
    }

    /// Does what the engine asks for. Called after whatever may have changed it.
    fn settle(self: &Rc<Self>) {
        loop {
            let frame = self.engine.borrow_mut().poll_transmit();
            let Some(frame) = frame else { break };
            self.tap.sent(&frame);
            let written = self.port.write([frame]);
            let programmer = self.clone();
            let opened = self.opened.get();
            // Not awaited here: a device that takes nothing must run into its deadline.
            spawn_local(async move {
                if let Err(code) = written.await
                    && programmer.opened.get() == opened
                {
                    programmer.end(named(code));
                }
            });
        }
        let event = self.engine.borrow_mut().poll_event();
        if let Some(event) = event {
            self.event.replace(Some(event));
        }
        self.watch_the_time();
        self.waiting.wake();
    }

    /// Wakes the driver when the engine's deadline is over.
    fn watch_the_time(self: &Rc<Self>) {
        let due = self.engine.borrow().poll_timeout();
        let programmer = Rc::downgrade(self);
        self.alarm.set(due, move || {
            if let Some(programmer) = programmer.upgrade() {
                programmer.engine.borrow_mut().handle_timeout(now());
                programmer.settle();
            }
        });
    }

    /// Ends everything, without waiting for the port to be closed.
    fn end(self: &Rc<Self>, code: Code) {
        let programmer = self.clone();
        spawn_local(async move { programmer.lose(code).await });
    }

    /// Ends everything with this code and lets the programmer go, once. Resolves when its port is closed.
    pub async fn lose(self: Rc<Self>, code: Code) {
        let Some(tenure) = self.tenure.take() else {
            return;
        };
        self.opened.set(self.opened.get() + 1);
        self.engine.borrow_mut().handle_loss(code);
        self.settle();
        self.desk.programmer.set(ProgrammerStatus::Refused(code));
        self.port.close().await;
        drop(tenure);
    }

    /// Whether it was lost: another may take its place.
    pub fn is_lost(&self) -> bool {
        self.tenure.borrow().is_none()
    }

    /// Whether a command that must not be repeated is out.
    pub fn once_is_out(&self) -> bool {
        self.once_is_out.get()
    }

    /// What passes over its line.
    pub fn tap(&self) -> &Tap {
        &self.tap
    }

    /// The browser's object of its port.
    pub fn object(&self) -> &Port {
        &self.object
    }

    /// Whether an operation is under way, or waits for its turn.
    pub fn is_busy(&self) -> bool {
        self.turnstile.is_taken() || self.engine.borrow().is_busy()
    }

    /// The running power session of the card in its slot.
    pub fn card_session(&self) -> Option<PowerSession> {
        self.engine.borrow().card_session()
    }
}

fn is_once(operation: &Operation) -> bool {
    match operation {
        Operation::Psam(_, list) | Operation::Transfer(_, _, list) => {
            list.iter().any(|command| command.repeat == Repeat::Once)
        }
        _ => false,
    }
}

/// Seconds since 1970: devices and tags are told the time of day.
fn unix() -> u32 {
    (js_sys::Date::now() / 1_000.0) as u32
}

/// The programmer in use, for a flow. It ends with that programmer.
#[derive(Clone)]
pub struct InUse(pub Rc<Programmer>);

/// The answer to an operation whose event is of this kind; no other can come.
macro_rules! answer {
    ($of:expr, $event:ident, $operation:expr) => {
        Box::pin(async move {
            match $of.0.run($operation).await {
                Event::$event(answer) => answer,
                _ => Err(NoAnswer::unknown(Code::ProgrammerGarbled)),
            }
        })
    };
}

type Answered<'a, T> = Answer<'a, Result<T, NoAnswer>>;

impl ObuProgrammer for InUse {
    fn open(&mut self) -> Answered<'_, Device> {
        answer!(self, Opened, Operation::Open { unix: unix() })
    }

    fn psam_reset(&mut self, slot: PsamSlot) -> Answered<'_, [u8; 6]> {
        answer!(self, PsamReset, Operation::PsamReset(slot))
    }

    fn psam<'a>(
        &'a mut self,
        slot: PsamSlot,
        commands: &'a [Command],
    ) -> Answered<'a, Vec<Response>> {
        answer!(self, Answered, Operation::Psam(slot, commands.to_vec()))
    }

    fn initialise(&mut self) -> Answered<'_, (PowerSession, Tag)> {
        answer!(self, Initialised, Operation::Initialise { unix: unix() })
    }

    fn power_card(&mut self) -> Answered<'_, PowerSession> {
        answer!(self, CardPowered, Operation::PowerCard { unix: unix() })
    }

    fn transfer_channel<'a>(
        &'a mut self,
        session: PowerSession,
        channel: Channel,
        commands: &'a [Command],
    ) -> Answered<'a, Vec<Response>> {
        let operation = Operation::Transfer(session, channel, commands.to_vec());
        answer!(self, Answered, operation)
    }

    fn set_mmi(&mut self, session: PowerSession, shown: Mmi) -> Answered<'_, ()> {
        answer!(self, Shown, Operation::SetMmi(session, shown))
    }

    fn release(&mut self, session: PowerSession) -> Answered<'_, ()> {
        answer!(self, Released, Operation::Release(session))
    }
}
