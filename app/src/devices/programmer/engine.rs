//! What runs over a programmer's line: the search for the profile it answers to, then its session.

use apdu_core::card::PowerSession;
use apdu_core::ccid::Millis;
use apdu_core::fault::Code;
use apdu_core::programmer::{Event, Line, Operation, Probe, Probed, Session};

/// The one or the other, moved in the same way.
pub enum Engine {
    /// It is not known yet what the device speaks.
    Probing(Box<Probe>),
    /// It is.
    Speaking(Box<Session>),
}

/// Calls the same method of either.
macro_rules! either {
    ($engine:expr, $method:ident($($argument:expr),*)) => {
        match $engine {
            Engine::Probing(probe) => probe.$method($($argument),*),
            Engine::Speaking(session) => session.$method($($argument),*),
        }
    };
}

impl Engine {
    /// The settings the line must be opened with before anything else is sent.
    pub fn poll_line(&self) -> Option<Line> {
        match self {
            Self::Probing(probe) => probe.poll_line(),
            Self::Speaking(_) => None,
        }
    }

    /// The line is open with them.
    pub fn handle_line(&mut self, now: Millis) {
        if let Self::Probing(probe) = self {
            probe.handle_line(now);
        }
    }

    /// How the search ended, once it has.
    pub fn poll_probed(&mut self) -> Option<Probed> {
        match self {
            Self::Probing(probe) => probe.poll_event(),
            Self::Speaking(_) => None,
        }
    }

    /// The outcome of an operation.
    pub fn poll_event(&mut self) -> Option<Event> {
        match self {
            Self::Probing(_) => None,
            Self::Speaking(session) => session.poll_event(),
        }
    }

    /// Starts an operation. Must not be called while [`is_busy`](Self::is_busy).
    pub fn begin(&mut self, now: Millis, operation: Operation) {
        if let Self::Speaking(session) = self {
            session.begin(now, operation);
        }
    }

    /// Whether nothing can be begun.
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Probing(_) => true,
            Self::Speaking(session) => session.is_busy(),
        }
    }

    /// The current power session of the card.
    pub fn card_session(&self) -> Option<PowerSession> {
        match self {
            Self::Probing(_) => None,
            Self::Speaking(session) => session.card_session(),
        }
    }

    /// Bytes for the line.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        either!(self, poll_transmit())
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Millis> {
        either!(self, poll_timeout())
    }

    /// Bytes of the line.
    pub fn handle_in(&mut self, now: Millis, bytes: &[u8]) {
        either!(self, handle_in(now, bytes));
    }

    /// Bytes of the line were lost.
    pub fn handle_line_error(&mut self, now: Millis) {
        either!(self, handle_line_error(now));
    }

    /// The time has come.
    pub fn handle_timeout(&mut self, now: Millis) {
        either!(self, handle_timeout(now));
    }

    /// The line is gone for good.
    pub fn handle_loss(&mut self, code: Code) {
        either!(self, handle_loss(code));
    }
}
