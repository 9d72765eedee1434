//! Finds out which profile a device answers to.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::listener::louder;
use super::{Event, Line, Operation, Profile, Session};
use crate::ccid::Millis;
use crate::fault::Code;
use crate::obu_programmer::Device;

/// Tries profiles in their order, until a device answers to one.
///
/// Driven like a [`Session`], with one thing more: [`poll_line`](Self::poll_line) has the settings the line
/// must be opened with before anything else is sent; when it is, [`handle_line`](Self::handle_line). Only
/// device initialisations are sent, which change nothing on any chip.
#[derive(Debug)]
pub struct Probe {
    /// Not yet tried, last first.
    profiles: Vec<Profile>,
    unix: u32,
    first_power: u32,
    /// The settings the line has.
    line: Option<Line>,
    /// The profile being tried; it begins when the line has its settings.
    session: Option<Session>,
    is_begun: bool,
    tried: Vec<Tried>,
    outcome: Option<Probed>,
}

/// A profile that was tried in vain, and how that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The profile's name.
    pub profile: String,
    /// What came instead of an answer.
    pub code: Code,
}

/// How probing ended.
#[derive(Debug)]
#[must_use]
pub enum Probed {
    /// A device answered; its session goes on from here.
    Found {
        /// The open session.
        session: Box<Session>,
        /// What the device said.
        device: Device,
        /// What was tried before.
        tried: Vec<Tried>,
    },
    /// None answered.
    Nothing {
        /// What says most about the device.
        code: Code,
        /// All that was tried.
        tried: Vec<Tried>,
    },
}

impl Probe {
    /// Will try `profiles`; `unix` is the time of day, seconds, and `first_power` as for a [`Session`].
    pub fn new(profiles: impl IntoIterator<Item = Profile>, unix: u32, first_power: u32) -> Self {
        let mut profiles: Vec<_> = profiles.into_iter().collect();
        profiles.reverse();
        let mut probe = Self {
            profiles,
            unix,
            first_power,
            line: None,
            session: None,
            is_begun: false,
            tried: Vec::new(),
            outcome: None,
        };
        probe.next_profile();
        probe
    }

    /// The settings the line must be opened with now, if it has others.
    #[must_use]
    pub fn poll_line(&self) -> Option<Line> {
        let session = self.session.as_ref().filter(|_| !self.is_begun)?;
        let wanted = session.profile().line;
        (self.line != Some(wanted)).then_some(wanted)
    }

    /// The line is open with the settings [`poll_line`](Self::poll_line) asked for.
    pub fn handle_line(&mut self, now: Millis) {
        self.line = self.poll_line().or(self.line);
        self.begin_if_open(now);
    }

    /// As [`Session::poll_transmit`].
    #[must_use]
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.session.as_mut()?.poll_transmit()
    }

    /// As [`Session::poll_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        self.session.as_ref()?.poll_timeout()
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Probed> {
        self.outcome.take()
    }

    /// As [`Session::handle_in`].
    pub fn handle_in(&mut self, now: Millis, bytes: &[u8]) {
        if let Some(session) = &mut self.session {
            session.handle_in(now, bytes);
        }
        self.settle(now);
    }

    /// As [`Session::handle_line_error`].
    pub fn handle_line_error(&mut self, now: Millis) {
        if let Some(session) = &mut self.session {
            session.handle_line_error(now);
        }
    }

    /// As [`Session::handle_timeout`].
    pub fn handle_timeout(&mut self, now: Millis) {
        if let Some(session) = &mut self.session {
            session.handle_timeout(now);
        }
        self.settle(now);
    }

    /// The line is gone: probing ends with `code`.
    pub fn handle_loss(&mut self, code: Code) {
        if let Some(session) = self.session.take() {
            let profile = session.profile().id.clone();
            self.tried.push(Tried { profile, code });
            let tried = core::mem::take(&mut self.tried);
            self.outcome = Some(Probed::Nothing { code, tried });
        }
    }

    fn settle(&mut self, now: Millis) {
        let Some(Event::Opened(opened)) = self.session.as_mut().and_then(Session::poll_event)
        else {
            return;
        };
        let Some(session) = self.session.take() else {
            return;
        };
        match opened {
            Ok(device) => {
                let tried = core::mem::take(&mut self.tried);
                self.outcome = Some(Probed::Found {
                    session: Box::new(session),
                    device,
                    tried,
                });
            }
            Err(none) => {
                let profile = session.profile().id.clone();
                let code = none.code;
                self.tried.push(Tried { profile, code });
                self.next_profile();
                self.begin_if_open(now);
            }
        }
    }

    fn next_profile(&mut self) {
        self.is_begun = false;
        match self.profiles.pop() {
            Some(profile) => self.session = Some(Session::new(profile, self.first_power)),
            None => {
                let codes = self.tried.iter().map(|tried| tried.code);
                let code = codes.fold(Code::ProgrammerSilent, louder);
                let tried = core::mem::take(&mut self.tried);
                self.outcome = Some(Probed::Nothing { code, tried });
            }
        }
    }

    fn begin_if_open(&mut self, now: Millis) {
        if self.poll_line().is_some() {
            return;
        }
        if let Some(session) = self.session.as_mut().filter(|_| !self.is_begun) {
            self.is_begun = true;
            session.begin(now, Operation::Open { unix: self.unix });
        }
    }
}

#[cfg(test)]
mod tests;
