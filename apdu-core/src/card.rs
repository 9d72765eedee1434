//! What a flow sees of a card, however it is reached.

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;

use crate::apdu::{Command, Response};
use crate::fault::Code;

/// A boxed local future: the traits of this crate are object-safe and need no `Send`.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A contact card in a slot.
///
/// The driver behind it never re-powers the card underneath a flow: a removal ends every later call
/// with [`Code::CardGone`] until the flow connects again.
pub trait Card {
    /// Powers the card if it is not powered, and names the power session it is in.
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>>;

    /// Sends one command in this power session and waits for its answer.
    ///
    /// `61xx` and, for repeatable commands only, `6Cxx` are resolved below this trait.
    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>>;
}

/// One uninterrupted time under power. PIN, challenge and a pending INITIALIZE live no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerSession(pub u32);

/// No answer came from the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {code}")]
pub struct NoAnswer {
    /// Why.
    pub code: Code,
    /// Whether the card may have seen the command.
    pub fate: Fate,
}

impl NoAnswer {
    /// The command certainly never reached the card.
    pub fn not_sent(code: Code) -> Self {
        Self {
            code,
            fate: Fate::NotSent,
        }
    }

    /// The command may have reached the card.
    pub fn unknown(code: Code) -> Self {
        Self {
            code,
            fate: Fate::Unknown,
        }
    }
}

/// What is known about a command that was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It never was on the wire.
    NotSent,
    /// It was on the wire: the card may have carried it out.
    Unknown,
}
