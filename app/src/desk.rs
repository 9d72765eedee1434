//! What the whole page knows: one context, provided at the root.

use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use etc_api::{Session, Status};
use leptos::prelude::*;

use crate::devices::trace::Seen;
use crate::i18n::Lang;
use crate::router::Page;

/// The page's shared state. Cheap to copy: every field is a handle.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The backend's build and whether this is a demo; `None` until it has answered.
    pub status: RwSignal<Option<Status>>,
    /// Who is signed in, where, at which terminal.
    pub session: RwSignal<Option<Session>>,
    /// Language of the page.
    pub lang: RwSignal<Lang>,
    /// Whether everything personal is masked, for a shared screen.
    pub masked: RwSignal<bool>,
    /// Whether the screen is locked; jobs go on behind it.
    pub locked: RwSignal<bool>,
    /// The card reader.
    pub reader: RwSignal<ReaderStatus>,
    /// The card in the reader.
    pub card: RwSignal<CardInSlot>,
    /// The OBU programmer.
    pub programmer: RwSignal<ProgrammerStatus>,
    /// The connection to the backend.
    pub link: RwSignal<Link>,
    /// The page that is shown.
    pub page: RwSignal<Page>,
    /// What was seen of reader and card, for the page 设备.
    pub seen: Seen,
    /// The running job, if any.
    pub job: RwSignal<Option<RunningJob>>,
}

/// The reader as the device bar shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReaderStatus {
    /// None is connected.
    None,
    /// It is being opened.
    Opening,
    /// It works.
    Ready {
        /// Product name, as the reader tells it.
        name: String,
    },
    /// It cannot be used, for this reason.
    Refused(Code),
}

impl ReaderStatus {
    /// Whether another tab has it, and might give it up.
    pub fn is_elsewhere(&self) -> bool {
        let Self::Refused(code) = self else {
            return false;
        };
        matches!(
            code,
            Code::ReaderInOtherTab | Code::ReaderTakenOver | Code::OtherTabBusy
        )
    }
}

/// The OBU programmer as the device bar shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgrammerStatus {
    /// None is connected.
    None,
    /// Its port is being opened, and it is asked what it speaks.
    Opening,
    /// It works.
    Ready {
        /// The profile it answers to, by name.
        profile: String,
    },
    /// It cannot be used, for this reason.
    Refused(Code),
}

/// The card as the device bar shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardInSlot {
    /// None.
    Absent,
    /// One that was not read yet.
    Present,
    /// One that was read.
    Known(CardNumber),
}

/// The connection to the backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Whether the last call was answered.
    pub up: bool,
    /// How long it took.
    pub latency_ms: Option<u32>,
}

/// A job that must not be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningJob {
    /// Whether a chip is being written right now.
    pub writing: bool,
}

impl Desk {
    /// The desk of this page.
    pub fn get() -> Self {
        expect_context()
    }
}
