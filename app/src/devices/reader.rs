//! What every reader can do, however it is reached.

use std::rc::Rc;

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::ccid::descriptor::{Access, ReaderInterface};
use apdu_core::fault::Code;

/// A reader in use, more exactly one slot of it. One operation at a time: a second one waits for the
/// first.
///
/// It never powers its card or opens itself anew underneath a task: whoever takes out the card, or the
/// plug, ends the power session.
pub trait Reader {
    /// The name it gives itself.
    fn name(&self) -> String;

    /// The running power session, while the card is powered.
    fn power_session(&self) -> Option<PowerSession>;

    /// Powers the card.
    fn power_on(self: Rc<Self>) -> Answer<'static, Result<PowerSession, NoAnswer>>;

    /// Sends one command and waits for its answer, as [`Card::transmit`] says.
    fn transmit(
        self: Rc<Self>,
        session: PowerSession,
        command: &Command,
    ) -> Answer<'_, Result<Response, NoAnswer>>;

    /// Looks whether a card is there, unless something is under way: an announcement may have been
    /// missed.
    fn look(self: Rc<Self>);

    /// Whether a command that must not be repeated is out.
    fn once_is_out(&self) -> bool;

    /// Ends everything with this code and lets the reader go, once. Resolves when it is closed.
    fn lose(self: Rc<Self>, code: Code) -> Answer<'static, ()>;

    /// Whether it was lost: another may take its place.
    fn is_lost(&self) -> bool;
}

/// A slot of the reader in use, for one who chooses between several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// `bSlot` within its interface.
    pub number: u8,
    /// The name of a reader of the system.
    pub name: Option<String>,
    /// The USB interface it belongs to.
    pub interface: Option<ReaderInterface>,
    /// Whether this page can use it, or why not.
    pub usable: Result<(), Code>,
}

impl Slot {
    /// A slot of a USB interface.
    pub(super) fn of_interface(number: u8, interface: &ReaderInterface, access: Access) -> Self {
        Self {
            number,
            name: None,
            interface: Some(interface.clone()),
            usable: interface.usable(access).map(drop),
        }
    }

    /// A reader of the system, by its name.
    pub(super) fn of_the_system(name: String) -> Self {
        Self {
            name: Some(name),
            ..Self::only()
        }
    }

    /// The slot of a reader that has no other.
    pub(super) fn only() -> Self {
        Self {
            number: 0,
            name: None,
            interface: None,
            usable: Ok(()),
        }
    }
}

/// The card in a reader, for a flow. It ends with that reader.
#[derive(Clone)]
pub struct ReaderCard(pub Rc<dyn Reader>);

impl Card for ReaderCard {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        Box::pin(async {
            match self.0.power_session() {
                Some(session) => Ok(session),
                None => self.0.clone().power_on().await,
            }
        })
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        self.0.clone().transmit(session, command)
    }
}
