//! A card in a reader at the end of a USB cable: the real engine, the virtual reader, and a cut at any transfer.

use std::future::pending;

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{NoAnswer, PowerSession};
use apdu_core::ccid::{Event, Operation};
use etc_sim::card::Card;
use etc_sim::reader::{Ending, Model, Reader};

use super::faults::{Cut, Side, Tear};
use super::world::World;
use crate::bus::{Bus, Moved};

/// INS of CREDIT FOR LOAD.
const CREDIT: u8 = 0x52;

/// The reader of one visit, with the card in it.
pub struct Wire<'w> {
    world: &'w World,
    card: usize,
    bus: Bus,
    /// The card, where it was pulled in the middle of things.
    pulled: Option<Card>,
}

impl<'w> Wire<'w> {
    /// A reader that was just plugged in. The card lies in it where it lies in a reader at all.
    pub(super) fn new(world: &'w World, card: usize, model: Model) -> Self {
        let plastic = &world.cards[card];
        let mut reader = Reader::with(model);
        if plastic.in_reader.get() {
            let chip = plastic.chip.borrow().clone();
            reader.insert(Card::Toll(Box::new(chip)));
        }
        Self {
            world,
            card,
            bus: Bus::plug(reader).expect("a reader that the page may use"),
            pulled: None,
        }
    }

    pub(super) async fn connect(&mut self) -> Result<PowerSession, NoAnswer> {
        if let Some(session) = self.bus.engine.power_session() {
            return Ok(session);
        }
        match self.run(Operation::PowerOn).await {
            Event::Powered(powered) => powered.map(|(session, _)| session),
            other => panic!("{other:?} does not answer a power-on"),
        }
    }

    pub(super) async fn transmit(
        &mut self,
        session: PowerSession,
        command: &Command,
    ) -> Result<Response, NoAnswer> {
        if command.header[1] == CREDIT
            && let Some(tear) = self.world.tear.take()
        {
            self.bus.reader.tear_next_write(Some(match tear {
                Tear::Before => etc_sim::reader::Tear::Before,
                Tear::After => etc_sim::reader::Tear::After,
            }));
        }
        let operation = Operation::Transmit(session, command.clone());
        match self.run(operation).await {
            Event::Answered(answer) => answer,
            other => panic!("{other:?} does not answer a command"),
        }
    }

    /// One operation, cut wherever something moves; also where the engine is still finding its way back from
    /// the one before.
    async fn run(&mut self, operation: Operation) -> Event {
        while self.bus.engine.is_busy() {
            self.step().await;
            while self.bus.next_answer().is_some() {}
        }
        self.bus.engine.begin(self.bus.now, operation);
        loop {
            if let Some(answer) = self.bus.next_answer() {
                return answer;
            }
            self.step().await;
        }
    }

    async fn step(&mut self) {
        if self.bus.is_about_to_send() {
            self.cut(Side::Message).await;
        }
        if self.bus.step() == Moved::Transfer {
            self.cut(Side::Transfer).await;
        }
    }

    async fn cut(&mut self, side: Side) {
        match self.world.next(side) {
            Some(Cut::Pulled) => self.pulled = self.bus.reader.remove().or(self.pulled.take()),
            Some(Cut::Unplugged) => self.bus.reader.unplug(),
            Some(Cut::TabGone) => pending().await,
            Some(Cut::Reader(fault)) => self.bus.reader.arm(fault, 0, Ending::AfterOne),
            _ => {}
        }
    }
}

/// The visit is over: the card is taken out as it is.
impl Drop for Wire<'_> {
    fn drop(&mut self) {
        let reader = &mut self.bus.reader;
        let out = reader.remove().or_else(|| reader.take_pulled());
        if let Some(Card::Toll(chip)) = out.or(self.pulled.take()) {
            let plastic = &self.world.cards[self.card];
            *plastic.chip.borrow_mut() = *chip;
            plastic.put_in();
        }
    }
}
