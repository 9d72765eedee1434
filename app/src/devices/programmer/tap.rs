//! What passes over a programmer's line, for the trace and the field kit: redacted before it is kept.

use std::cell::{Cell, RefCell};

use apdu_core::ccid::Millis;
use apdu_core::programmer::Profile;
use apdu_core::programmer::capture::{Capture, FORMAT, Message, Recorder};
use leptos::prelude::*;

use crate::desk::Desk;
use crate::devices::clock::now;

/// Listens to one programmer.
pub struct Tap {
    desk: Desk,
    /// By which profile messages are told, once that is known.
    spoken: RefCell<Option<(Profile, Recorder)>>,
    since: Millis,
    /// When something was sent last.
    sent_at: Cell<Millis>,
    /// What the field kit keeps, while it does.
    kept: RefCell<Option<Vec<Message>>>,
}

impl Tap {
    /// Nothing has passed yet.
    pub fn new(desk: Desk) -> Self {
        Self {
            desk,
            spoken: RefCell::default(),
            since: now(),
            sent_at: Cell::default(),
            kept: RefCell::default(),
        }
    }

    /// The device speaks by this profile: from here on its messages can be told.
    pub fn speaks(&self, profile: &Profile) {
        let recorder = Recorder::new(profile);
        self.spoken.replace(Some((profile.clone(), recorder)));
    }

    /// The driver hands bytes to the browser.
    pub fn sent(&self, bytes: &[u8]) {
        self.sent_at.set(now());
        self.listen(|recorder, at| recorder.sent(at, bytes));
    }

    /// The line has brought bytes.
    pub fn heard(&self, bytes: &[u8]) {
        self.listen(|recorder, at| recorder.heard(at, bytes));
    }

    fn listen(&self, hear: impl FnOnce(&mut Recorder, Millis)) {
        let mut spoken = self.spoken.borrow_mut();
        let Some((_, recorder)) = &mut *spoken else {
            return;
        };
        hear(recorder, now() - self.since);
        let messages = recorder.take();
        // An idle slot is asked for its card all the time: that would push out what matters.
        if self.desk.job.with_untracked(Option::is_some) {
            for message in &messages {
                self.desk.seen.passes(message, now() - self.sent_at.get());
            }
        }
        if let Some(kept) = &mut *self.kept.borrow_mut() {
            kept.extend(messages);
        }
    }

    /// Begins a capture.
    pub fn begin(&self) {
        self.kept.replace(Some(Vec::new()));
    }

    /// Ends it.
    pub fn end(&self) -> Option<Capture> {
        let spoken = self.spoken.borrow();
        let (profile, _) = spoken.as_ref()?;
        Some(Capture {
            programmer_kit: FORMAT,
            profile: profile.clone(),
            messages: self.kept.take()?,
        })
    }
}
