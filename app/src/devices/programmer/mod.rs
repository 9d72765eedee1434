//! How the page reaches an OBU programmer: a serial port, which of the profiles the device behind it answers
//! to, and the [driver](driver) that moves the engine's bytes over it.
//!
//! Never tried on a physical programmer.

mod driver;
mod engine;
mod profiles;
mod slot;
mod tap;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use apdu_core::fault::Code;
use apdu_core::programmer::Profile;
use js_sys::Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use wasm_bindgen::prelude::*;

pub use self::driver::{InUse, Programmer};
pub use self::profiles::{NameTaken, NoProfile, Profiles, read as read_profile};
pub use self::slot::SlotReader;
use super::fault::{Phase, done};
use super::tenure::{Owner, Tenure};
use super::web_serial::{self, Port, Serial};
use super::{Taking, clock, provider};
use crate::desk::{Desk, ProgrammerStatus};
use crate::storage;

/// Which port is a programmer's, across reloads.
const REMEMBERED_AS: &str = "etc-programmer";
/// Which profile is used, across reloads; none: whichever the device answers to.
const PROFILE_AS: &str = "etc-programmer-profile";
/// Makers of USB serial chips, so that the browser's list is short: FTDI, Silicon Labs, WCH, Prolific.
const VENDORS: [u16; 4] = [0x0403, 0x10C4, 0x1A86, 0x067B];

/// The programmers of this page: the one in use, and the port it is at.
#[derive(Clone)]
pub struct Programmers(Rc<Inner>);

struct Inner {
    desk: Desk,
    serial: RefCell<Option<Serial>>,
    programmer: RefCell<Option<Rc<Programmer>>>,
    /// The port that was tried last, whatever came of it.
    wanted: RefCell<Option<Port>>,
    profiles: Profiles,
    /// The profile a person has chosen, by its name.
    profile: RefCell<Option<String>>,
    opening: Cell<bool>,
}

impl Programmers {
    /// No port yet.
    pub(super) fn new(desk: Desk) -> Self {
        let chosen = storage::local().and_then(|s| s.get_item(PROFILE_AS).ok().flatten());
        Self(Rc::new(Inner {
            desk,
            serial: RefCell::default(),
            programmer: RefCell::default(),
            wanted: RefCell::default(),
            profiles: Profiles::kept(),
            profile: RefCell::new(chosen),
            opening: Cell::default(),
        }))
    }

    /// Takes ports from here on from this provider, and opens one that a programmer was found at before.
    pub(super) fn provide(&self, serial: Option<Serial>) {
        if !self.0.is_in_use() {
            self.0.desk.programmer.set(ProgrammerStatus::None);
        }
        self.0.serial.replace(serial.clone());
        let Some(serial) = serial else {
            return;
        };
        let on = self.clone();
        web_serial::listen(&serial, "connect", move |port| on.came(port));
        let on = self.clone();
        web_serial::listen(&serial, "disconnect", move |port| on.went(&port));
        let on = self.clone();
        spawn_local(async move {
            if let Ok(ports) = done(serial.get_ports(), Phase::List).await {
                Array::from(&ports)
                    .into_iter()
                    .for_each(|port| on.came(port.unchecked_into()));
            }
        });
    }

    /// Asks the person for the programmer's port, or takes it back from another tab. Must be called straight
    /// from a click.
    pub fn connect(&self) {
        let elsewhere =
            ProgrammerStatus::Refused(Code::ProgrammerInOtherTab) == self.0.status_untracked();
        let wanted = self.0.wanted.borrow().clone();
        match wanted.filter(|_| elsewhere) {
            Some(port) => {
                let on = self.clone();
                spawn_local(async move { on.open(port, Taking::Over).await });
            }
            None => self.choose(),
        }
    }

    fn choose(&self) {
        if self.0.in_a_task() {
            return;
        }
        let serial = self.0.serial.borrow().clone();
        let Some(serial) = serial.filter(|_| !provider::forbids("serial")) else {
            return self.refuse(Code::NoWebSerial);
        };
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Filter {
            usb_vendor_id: u16,
        }
        #[derive(Serialize)]
        struct Ask {
            filters: [Filter; 4],
        }
        let filters = VENDORS.map(|usb_vendor_id| Filter { usb_vendor_id });
        // Plain numbers always convert.
        let ask = serde_wasm_bindgen::to_value(&Ask { filters }).unwrap_or_default();
        let chosen = serial.request_port_of(&ask);
        let on = self.clone();
        spawn_local(async move {
            match done(chosen, Phase::Choose).await {
                Ok(port) => on.open(port.unchecked_into(), Taking::IfFree).await,
                Err(code) => on.refuse(named(code)),
            }
        });
    }

    /// Uses this profile from now on; `None`: whichever the device answers to.
    pub fn use_profile(&self, profile: Option<String>) {
        if let Some(storage) = storage::local() {
            // A browser that keeps nothing is told again.
            let _ = match &profile {
                Some(profile) => storage.set_item(PROFILE_AS, profile),
                None => storage.remove_item(PROFILE_AS),
            };
        }
        self.0.profile.replace(profile);
        self.probe_again();
    }

    /// The profiles there are.
    pub fn profiles(&self) -> Profiles {
        self.0.profiles
    }

    /// Keeps a profile in the place of the own one that had the name `was`, or beside all others, and tries it.
    pub fn keep_profile(&self, was: Option<&str>, profile: Profile) -> Result<(), NameTaken> {
        let id = profile.id.clone();
        self.0.profiles.keep(was, profile)?;
        match was.is_some() && self.profile().as_deref() == was {
            true => self.use_profile(Some(id)),
            false => self.probe_again(),
        }
        Ok(())
    }

    /// Forgets an own profile.
    pub fn delete_profile(&self, id: &str) {
        self.0.profiles.delete(id);
        match self.profile().as_deref() == Some(id) {
            true => self.use_profile(None),
            false => self.probe_again(),
        }
    }

    /// The device at the port is asked anew by which profile it goes; by the next opening, where a task runs.
    fn probe_again(&self) {
        let port = self.0.wanted.borrow().clone();
        if let Some(port) = port.filter(|_| !self.0.in_a_task()) {
            let on = self.clone();
            spawn_local(async move { on.open(port, Taking::IfFree).await });
        }
    }

    /// The profile a person has chosen.
    pub fn profile(&self) -> Option<String> {
        self.0.profile.borrow().clone()
    }

    /// The programmer in use.
    pub fn in_use(&self) -> Result<InUse, Code> {
        let programmer = self.0.programmer.borrow();
        match programmer.as_ref().filter(|one| !one.is_lost()) {
            Some(programmer) => Ok(InUse(programmer.clone())),
            None => Err(match self.0.status_untracked() {
                ProgrammerStatus::Refused(code) => code,
                _ => Code::NoProgrammer,
            }),
        }
    }

    /// A port is there: one where a programmer was found before is opened.
    fn came(&self, port: Port) {
        if self.0.is_in_use() || !is_remembered(&port) {
            return;
        }
        let on = self.clone();
        spawn_local(async move { on.open(port, Taking::IfFree).await });
    }

    /// A port was unplugged.
    fn went(&self, port: &Port) {
        let ours = |wanted: &mut Port| wanted == port;
        if self.0.wanted.borrow_mut().take_if(ours).is_none() {
            return;
        }
        let on = self.clone();
        spawn_local(async move {
            let programmer = on.0.programmer.take();
            if let Some(programmer) = programmer {
                programmer.lose(Code::ProgrammerGone).await;
            }
            on.0.desk.programmer.set(ProgrammerStatus::None);
        });
    }

    /// Opens the programmer at a port in the place of the one that is there.
    async fn open(&self, port: Port, taking: Taking) {
        if self.0.opening.replace(true) {
            return;
        }
        let before = self.0.programmer.take();
        if let Some(before) = before {
            before.lose(Code::NoProgrammer).await;
            // A lock is free only after what runs now.
            clock::pause(Duration::ZERO).await;
        }
        self.0.desk.programmer.set(ProgrammerStatus::Opening);
        self.0.wanted.replace(Some(port.clone()));
        let opened = self.reach(port, taking).await;
        self.0.opening.set(false);
        match opened {
            Ok((programmer, profile)) => {
                self.0.programmer.replace(Some(programmer));
                self.0
                    .desk
                    .programmer
                    .set(ProgrammerStatus::Ready { profile });
            }
            Err(code) => self.refuse(code),
        }
    }

    async fn reach(&self, port: Port, taking: Taking) -> Result<(Rc<Programmer>, String), Code> {
        let owner: Rc<dyn Owner> = self.0.clone();
        let name = format!("etc-programmer:{}", web_serial::identity(&port));
        let tenure = match taking {
            Taking::IfFree => Tenure::take(&name, &owner).await,
            Taking::Over => Tenure::take_over(&name, &owner).await.ok(),
        };
        let tenure = tenure.ok_or(Code::ProgrammerInOtherTab)?;
        let chosen = self.0.profile.borrow().clone();
        let is_wanted = |profile: &Profile| chosen.as_ref().is_none_or(|id| *id == profile.id);
        let profiles = self.0.profiles.all_untracked().into_iter();
        let profiles = profiles.filter(is_wanted).collect();
        let found = Programmer::start(port.clone(), profiles, tenure, self.0.desk).await?;
        remember(&port);
        Ok(found)
    }

    fn refuse(&self, code: Code) {
        if !self.0.is_in_use() {
            self.0.desk.programmer.set(ProgrammerStatus::Refused(code));
        }
    }
}

impl Inner {
    fn is_in_use(&self) -> bool {
        let programmer = self.programmer.borrow();
        self.opening.get() || programmer.as_ref().is_some_and(|one| !one.is_lost())
    }

    fn status_untracked(&self) -> ProgrammerStatus {
        self.desk.programmer.get_untracked()
    }
}

impl Owner for Inner {
    fn in_a_task(&self) -> bool {
        let programmer = self.programmer.borrow();
        self.opening.get()
            || self.desk.job.get_untracked().is_some()
            || programmer.as_ref().is_some_and(|one| one.once_is_out())
    }

    fn let_go(&self) {
        let programmer = self.programmer.borrow().clone();
        if let Some(programmer) = programmer {
            spawn_local(programmer.lose(Code::ProgrammerInOtherTab));
        }
    }
}

/// What a code of the port means where a programmer is behind it.
fn named(code: Code) -> Code {
    match code {
        Code::NothingChosen => Code::NoPortChosen,
        Code::NotPermitted | Code::ForbiddenByPolicy => Code::NoWebSerial,
        Code::ReaderBusy | Code::ReaderAccessDenied => Code::ProgrammerBusy,
        Code::ReaderGone => Code::ProgrammerGone,
        Code::ReaderTimeout => Code::ProgrammerTimeout,
        Code::ReaderTransfer => Code::ProgrammerNoise,
        other => other,
    }
}

fn is_remembered(port: &Port) -> bool {
    let remembered = storage::local().and_then(|s| s.get_item(REMEMBERED_AS).ok().flatten());
    remembered.as_deref() == Some(&web_serial::identity(port))
}

fn remember(port: &Port) {
    if let Some(storage) = storage::local() {
        // A browser that keeps nothing asks again.
        let _ = storage.set_item(REMEMBERED_AS, &web_serial::identity(port));
    }
}
