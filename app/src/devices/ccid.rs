//! The driver of a CCID reader: moves bytes and time between a line to it and the protocol engine.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use apdu_core::apdu::{Command, Repeat, Response};
use apdu_core::card::{Answer, NoAnswer, PowerSession};
use apdu_core::ccid::{Direction, Event, Operation, Session, Transmit};
use apdu_core::fault::Code;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::alarm::Alarm;
use super::clock::now;
use super::reader::Reader;
use super::tenure::Tenure;
use super::turn::Turnstile;
use super::waiting::Waiting;
use crate::desk::{CardInSlot, Desk, ReaderStatus};

/// How often a reader that announces nothing is asked for its card, while the page can be seen.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What carries CCID messages: USB or a serial port.
pub trait Line {
    /// Sends one message. It is on its way when this returns; the future tells its end.
    fn send(&self, message: &[u8]) -> Answer<'static, Result<(), Trouble>>;

    /// What the reader says next.
    fn receive(&self) -> Answer<'_, Result<Heard, Trouble>>;

    /// The next notification; `None` where there is no endpoint of its own for them.
    fn notification(&self) -> Option<Answer<'_, Result<Vec<u8>, Trouble>>>;

    /// The class request ABORT: whether it was taken.
    fn abort(&self, slot: u8, seq: u8) -> Answer<'static, bool>;

    /// Ends the halt of an endpoint.
    fn clear_halt(&self, direction: Direction) -> Answer<'static, Result<(), Code>>;

    /// Opens the line again after [`close`](Self::close).
    fn open(&self) -> Answer<'_, Result<(), Code>>;

    /// Closes the line: whatever is pending ends. One that is gone has nothing to close.
    fn close(&self) -> Answer<'_, ()>;
}

/// What comes over a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A packet of a message, or an empty one.
    Packet(Vec<u8>),
    /// A notification, where it comes with the messages.
    Notification(Vec<u8>),
    /// The reader could not read what was sent last.
    Refused,
}

/// Why a transfer did not go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The endpoint is halted: nothing goes through until that is cleared.
    Halted,
    /// For good.
    Lost(Code),
}

/// One slot of an open reader.
pub struct CcidReader {
    name: String,
    line: Box<dyn Line>,
    desk: Desk,
    engine: RefCell<Session>,
    answer: RefCell<Option<Event>>,
    waiting: Waiting,
    turnstile: Turnstile,
    once_is_out: Cell<bool>,
    /// Held as long as the reader is ours; a reader that was lost holds none.
    tenure: RefCell<Option<Tenure>>,
    alarm: Alarm,
    /// Whether the IN endpoint waits for its halt to be cleared.
    in_is_halted: Cell<bool>,
    /// How often the line was opened: what belongs to an earlier time ends quietly.
    opened: Cell<u32>,
}

impl CcidReader {
    /// Takes over an open line, and looks for a card.
    pub async fn start(
        name: String,
        line: Box<dyn Line>,
        engine: Session,
        tenure: Tenure,
        desk: Desk,
    ) -> Result<Rc<dyn Reader>, Code> {
        let reader = Rc::new(Self {
            name,
            line,
            desk,
            engine: RefCell::new(engine),
            answer: RefCell::default(),
            waiting: Waiting::default(),
            turnstile: Turnstile::default(),
            once_is_out: Cell::default(),
            tenure: RefCell::new(Some(tenure)),
            alarm: Alarm::default(),
            in_is_halted: Cell::default(),
            opened: Cell::default(),
        });
        spawn_local(reader.clone().pump_in());
        spawn_local(reader.clone().pump_notifications());
        match reader.run(Operation::Look).await {
            Event::Looked(Err(none)) => {
                reader.lose(none.code).await;
                Err(none.code)
            }
            _ => Ok(reader),
        }
    }

    /// Exactly one IN transfer is outstanding at any time, also while nothing is awaited: late answers
    /// are read and dropped by the engine instead of being met by the next command.
    async fn pump_in(self: Rc<Self>) {
        let opened = self.opened.get();
        while self.opened.get() == opened {
            let heard = self.line.receive().await;
            if self.opened.get() != opened {
                return;
            }
            if let Err(code) = self.hand_in(heard) {
                return self.end(code);
            }
            self.settle();
            let flows = || (!self.in_is_halted.get()).then_some(());
            self.waiting.until(flows).await;
        }
    }

    /// Hands the engine what came in; an error where nothing more can come.
    fn hand_in(&self, heard: Result<Heard, Trouble>) -> Result<(), Code> {
        let mut engine = self.engine.borrow_mut();
        match heard {
            Ok(Heard::Packet(packet)) => {
                self.desk.seen.hears();
                engine.handle_in(now(), &packet);
            }
            Ok(Heard::Notification(told)) => engine.handle_interrupt(now(), &told),
            Ok(Heard::Refused) => engine.handle_refused(now()),
            Err(Trouble::Halted) => {
                self.in_is_halted.set(true);
                engine.handle_stall(now(), Direction::In);
            }
            Err(Trouble::Lost(code)) => return Err(code),
        }
        Ok(())
    }

    /// Follows what the reader announces. One that announces nothing, or stops to, is asked instead.
    async fn pump_notifications(self: Rc<Self>) {
        let opened = self.opened.get();
        while let Some(notification) = self.line.notification() {
            let notification = notification.await;
            if self.opened.get() != opened {
                return;
            }
            let Ok(notification) = notification else {
                break;
            };
            self.engine
                .borrow_mut()
                .handle_interrupt(now(), &notification);
            self.settle();
        }
        look_again_later(Rc::downgrade(&self), opened);
    }

    /// Runs one operation to its event. Waits for an operation whose caller went away before it begins.
    async fn run(self: &Rc<Self>, operation: Operation) -> Event {
        let _turn = self.turnstile.enter().await;
        let is_free = || (!self.engine.borrow().is_busy()).then_some(());
        self.waiting.until(is_free).await;
        self.answer.take();
        let once = matches!(&operation, Operation::Transmit(_, c) if c.repeat == Repeat::Once);
        self.once_is_out.set(once);
        self.engine.borrow_mut().begin(now(), operation);
        self.settle();
        self.waiting.until(|| self.answer.take()).await
    }

    /// Does what the engine asks for. Called after whatever may have changed it.
    fn settle(self: &Rc<Self>) {
        loop {
            let transmit = self.engine.borrow_mut().poll_transmit();
            match transmit {
                Some(transmit) => self.transmit(transmit),
                None => break,
            }
        }
        loop {
            let event = self.engine.borrow_mut().poll_event();
            match event {
                None => break,
                Some(Event::Presence(present)) => self.show_card(present),
                Some(Event::Reopen) => spawn_local(self.clone().reopen()),
                Some(Event::Lost(code)) => self.end(code),
                Some(answer) => {
                    self.once_is_out.set(false);
                    self.answer.replace(Some(answer));
                }
            }
        }
        self.watch_the_time();
        self.waiting.wake();
    }

    /// Puts something on the line. Its end is not awaited here: a reader that takes nothing must run into
    /// its deadline.
    fn transmit(self: &Rc<Self>, transmit: Transmit) {
        let reader = self.clone();
        let opened = self.opened.get();
        match transmit {
            Transmit::Bulk(message) => {
                self.desk.seen.sends();
                let sent = self.line.send(&message);
                spawn_local(async move {
                    let sent = sent.await;
                    if reader.opened.get() != opened {
                        return;
                    }
                    match sent {
                        Ok(()) => {}
                        Err(Trouble::Halted) => {
                            let mut engine = reader.engine.borrow_mut();
                            engine.handle_stall(now(), Direction::Out);
                            drop(engine);
                            reader.settle();
                        }
                        Err(Trouble::Lost(code)) => reader.end(code),
                    }
                });
            }
            Transmit::Abort { slot, seq } => {
                let taken = self.line.abort(slot, seq);
                spawn_local(async move {
                    let taken = taken.await;
                    reader.engine.borrow_mut().handle_control(now(), taken);
                    reader.settle();
                });
            }
            Transmit::ClearHalt(direction) => {
                let cleared = self.line.clear_halt(direction);
                spawn_local(async move {
                    if let Err(code) = cleared.await
                        && code == Code::ReaderGone
                        && reader.opened.get() == opened
                    {
                        return reader.end(code);
                    }
                    if direction == Direction::In {
                        reader.in_is_halted.set(false);
                    }
                    let mut engine = reader.engine.borrow_mut();
                    engine.handle_clear_halt(now(), direction);
                    drop(engine);
                    reader.settle();
                });
            }
        }
    }

    /// Closes the line and opens it again, for an engine that has lost its way.
    async fn reopen(self: Rc<Self>) {
        self.opened.set(self.opened.get().wrapping_add(1));
        self.in_is_halted.set(false);
        self.waiting.wake();
        self.line.close().await;
        if self.is_lost() {
            return;
        }
        match self.line.open().await {
            Ok(()) => {
                spawn_local(self.clone().pump_in());
                spawn_local(self.clone().pump_notifications());
                self.engine.borrow_mut().handle_reopened(now());
                self.settle();
            }
            Err(code) => self.end(code),
        }
    }

    /// Ends everything, without waiting for the line to be closed.
    fn end(self: &Rc<Self>, code: Code) {
        spawn_local(self.clone().lose(code));
    }

    /// Wakes the driver when the engine's deadline is over.
    fn watch_the_time(self: &Rc<Self>) {
        let due = self.engine.borrow().poll_timeout();
        let reader = Rc::downgrade(self);
        self.alarm.set(due, move || {
            if let Some(reader) = reader.upgrade() {
                reader.engine.borrow_mut().handle_timeout(now());
                reader.settle();
            }
        });
    }

    fn show_card(&self, present: bool) {
        if !present {
            self.desk.seen.unpowered();
        }
        self.desk.card.set(if present {
            CardInSlot::Present
        } else {
            CardInSlot::Absent
        });
    }
}

impl Reader for CcidReader {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn power_session(&self) -> Option<PowerSession> {
        self.engine.borrow().power_session()
    }

    fn power_on(self: Rc<Self>) -> Answer<'static, Result<PowerSession, NoAnswer>> {
        Box::pin(async move {
            let powered = match self.run(Operation::PowerOn).await {
                Event::Powered(powered) => powered,
                _ => Err(NoAnswer::unknown(Code::ReaderProtocol)),
            };
            let link = self.engine.borrow().link().cloned();
            self.desk.seen.powered(&powered, link);
            powered.map(|(session, _)| session)
        })
    }

    fn transmit(
        self: Rc<Self>,
        session: PowerSession,
        command: &Command,
    ) -> Answer<'_, Result<Response, NoAnswer>> {
        Box::pin(async move {
            match self
                .run(Operation::Transmit(session, command.clone()))
                .await
            {
                Event::Answered(answer) => answer,
                _ => Err(NoAnswer::unknown(Code::ReaderProtocol)),
            }
        })
    }

    fn look(self: Rc<Self>) {
        if !self.turnstile.is_taken() && !self.engine.borrow().is_busy() {
            spawn_local(async move {
                // What it finds is told as presence.
                let _ = self.run(Operation::Look).await;
            });
        }
    }

    fn once_is_out(&self) -> bool {
        self.once_is_out.get()
    }

    fn lose(self: Rc<Self>, code: Code) -> Answer<'static, ()> {
        Box::pin(async move {
            let Some(tenure) = self.tenure.take() else {
                return;
            };
            self.opened.set(self.opened.get().wrapping_add(1));
            self.in_is_halted.set(false);
            self.engine.borrow_mut().handle_loss(code);
            self.settle();
            self.desk.reader.set(ReaderStatus::Refused(code));
            self.desk.seen.unpowered();
            self.line.close().await;
            drop(tenure);
        })
    }

    fn is_lost(&self) -> bool {
        self.tenure.borrow().is_none()
    }
}

/// A reader that announces nothing is asked again and again, while nothing else runs and somebody can
/// see it.
fn look_again_later(reader: Weak<CcidReader>, opened: u32) {
    set_timeout(
        move || {
            let Some(strong) = reader.upgrade().filter(|r| r.opened.get() == opened) else {
                return;
            };
            if !document().hidden() {
                strong.look();
            }
            look_again_later(reader, opened);
        },
        LOOK_EVERY,
    );
}
