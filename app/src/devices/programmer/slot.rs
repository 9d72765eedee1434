//! The card slot of a programmer, as a reader: whoever has no other can do every card task through it.

use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, NoAnswer, PowerSession};
use apdu_core::fault::Code;
use apdu_core::obu_programmer::{Channel, ObuProgrammer};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::driver::{InUse, Programmer};
use crate::desk::{CardInSlot, Desk, ReaderStatus};
use crate::devices::reader::Reader;

/// How often it is asked for a card where none was found, while the page can be seen: it announces nothing.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The slot of a programmer in use.
pub struct SlotReader {
    programmer: Rc<Programmer>,
    name: String,
    desk: Desk,
    lost: Cell<bool>,
}

impl SlotReader {
    /// Uses the slot, and looks for a card.
    pub fn start(programmer: Rc<Programmer>, name: String, desk: Desk) -> Rc<dyn Reader> {
        let slot = Rc::new(Self {
            programmer,
            name,
            desk,
            lost: Cell::default(),
        });
        slot.clone().look();
        look_again_later(Rc::downgrade(&slot));
        slot
    }

    async fn power(&self) -> Result<PowerSession, NoAnswer> {
        let powered = InUse(self.programmer.clone()).power_card().await;
        if !self.is_lost() {
            self.desk.card.set(match powered {
                Ok(_) => CardInSlot::Present,
                Err(_) => CardInSlot::Absent,
            });
        }
        powered
    }
}

impl Reader for SlotReader {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn power_session(&self) -> Option<PowerSession> {
        self.programmer.card_session()
    }

    fn power_on(self: Rc<Self>) -> Answer<'static, Result<PowerSession, NoAnswer>> {
        Box::pin(async move { self.power().await })
    }

    fn transmit(
        self: Rc<Self>,
        session: PowerSession,
        command: &Command,
    ) -> Answer<'_, Result<Response, NoAnswer>> {
        Box::pin(async move {
            if self.is_lost() {
                return Err(NoAnswer::not_sent(Code::NoReader));
            }
            let mut programmer = InUse(self.programmer.clone());
            let list = [command.clone()];
            let answers = programmer
                .transfer_channel(session, Channel::Card, &list)
                .await;
            if self.programmer.card_session().is_none() && !self.is_lost() {
                self.desk.card.set(CardInSlot::Absent);
            }
            let answer = answers?.pop();
            answer.ok_or(NoAnswer::unknown(Code::ProgrammerGarbled))
        })
    }

    fn look(self: Rc<Self>) {
        let idle = !self.programmer.is_busy() && self.desk.job.get_untracked().is_none();
        if idle && self.power_session().is_none() {
            spawn_local(async move {
                // What it finds is told as presence.
                let _ = self.power().await;
            });
        }
    }

    fn once_is_out(&self) -> bool {
        self.programmer.once_is_out()
    }

    /// The programmer stays: only its slot is let go.
    fn lose(self: Rc<Self>, code: Code) -> Answer<'static, ()> {
        if !self.lost.replace(true) {
            self.desk.reader.set(ReaderStatus::Refused(code));
        }
        Box::pin(async {})
    }

    fn is_lost(&self) -> bool {
        self.lost.get() || self.programmer.is_lost()
    }
}

fn look_again_later(slot: Weak<SlotReader>) {
    set_timeout(
        move || {
            let Some(strong) = slot.upgrade().filter(|slot| !slot.is_lost()) else {
                return;
            };
            if !document().hidden() {
                strong.look();
            }
            look_again_later(slot);
        },
        LOOK_EVERY,
    );
}
