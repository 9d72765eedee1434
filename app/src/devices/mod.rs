//! How the page reaches a card.
//!
//! A task asks for a [`Card`](apdu_core::card::Card); which [`Reader`] it is in was settled once, in the
//! device bar. There are four ways to one: [`web_usb`] and [`web_serial`] are lines to a reader that the
//! [`ccid`] driver runs, and [`smart_card`] asks the operating system. [`tenure`] settles which tab has
//! it, [`Devices`] keeps the one in use, [`programmer`] is the way to a tag, [`trace`] is what is known of it and of each exchange, and [`bench`] adds virtual devices to a demo instance.
//!
//! Nothing here knows who is signed in.

mod alarm;
pub mod bench;
mod ccid;
mod clock;
mod fault;
mod programmer;
mod provider;
mod reader;
mod smart_card;
mod tenure;
pub mod trace;
mod turn;
mod waiting;
mod web_serial;
mod web_usb;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use apdu_core::ccid::Session;
use apdu_core::ccid::descriptor::Access;
use apdu_core::fault::Code;
use js_sys::Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;

use self::ccid::CcidReader;
use self::clock::now;
use self::fault::{Phase, done};
pub use self::programmer::{InUse, NoProfile, Profiles, Programmers, read_profile};
use self::programmer::{Programmer, SlotReader};
use self::provider::Provider;
use self::reader::Reader;
pub use self::reader::{ReaderCard, Slot};
use self::smart_card::{ResourceManager, SmartCardReader};
use self::tenure::{Owner, Tenure};
use self::trace::ReaderInfo;
use self::web_serial::{Port, Serial, SerialLine};
use self::web_usb::{Device, Usb, UsbLine};
use crate::desk::{CardInSlot, Desk, ProgrammerStatus, ReaderStatus};

/// How a reader is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// CCID over WebUSB.
    Usb,
    /// CCID over Web Serial.
    Serial,
    /// `navigator.smartCard`: the operating system's own driver.
    SmartCard,
    /// The card slot of the OBU programmer in use.
    Programmer,
}

/// The devices of this page.
#[derive(Clone)]
pub struct Devices(Rc<Inner>);

struct Inner {
    desk: Desk,
    provider: RefCell<Option<Provider>>,
    ways: RwSignal<Vec<Way>>,
    programmers: Programmers,
    /// The reader in use, or one that was lost.
    reader: RefCell<Option<Rc<dyn Reader>>>,
    slots: RefCell<Vec<Slot>>,
    /// What was tried last, whatever came of it.
    wanted: RefCell<Option<Wanted>>,
    /// Whether the slot of the programmer is the reader: then it is used again when the programmer is there again.
    slot_is_reader: Cell<bool>,
    /// Whether one is being opened: a reader that was granted before is met by its connection, by the
    /// list of granted ones and by the person's choice, all at once.
    opening: Cell<bool>,
}

/// A reader, before it is open.
#[derive(Clone)]
struct Wanted {
    device: Reached,
    /// Its place among the slots; the first usable one if none was chosen.
    slot: Option<usize>,
}

#[derive(Clone)]
enum Reached {
    Usb(Device),
    Serial(Port),
    System(ResourceManager),
    Slot(Rc<Programmer>),
}

/// How a reader is taken that another tab may have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taking {
    IfFree,
    Over,
}

impl Devices {
    /// Finds the browser's devices and opens a reader that was granted before.
    pub fn start(desk: Desk) -> Self {
        let devices = Self(Rc::new(Inner {
            desk,
            provider: RefCell::default(),
            ways: RwSignal::default(),
            programmers: Programmers::new(desk),
            reader: RefCell::default(),
            slots: RefCell::default(),
            wanted: RefCell::default(),
            slot_is_reader: Cell::default(),
            opening: Cell::default(),
        }));
        devices.follow_the_page();
        devices.follow_the_programmer();
        if window().is_secure_context() {
            devices.provide(provider::browser());
        } else {
            devices.refuse(Code::InsecureOrigin);
        }
        devices
    }

    /// The devices of this page.
    pub fn get() -> Self {
        expect_context::<StoredValue<Self, LocalStorage>>().get_value()
    }

    /// The way to tags.
    pub fn programmers(&self) -> &Programmers {
        &self.0.programmers
    }

    /// Takes devices from this provider from now on.
    fn provide(&self, provider: Provider) {
        let (usb, serial) = (provider.usb(), provider.serial());
        self.0.programmers.provide(serial.clone());
        let ways = [
            (Way::Usb, usb.is_some()),
            (Way::Serial, serial.is_some()),
            (Way::SmartCard, provider.smart_card().is_some()),
        ];
        let ways = ways.into_iter().filter(|(_, there)| *there);
        let ways: Vec<_> = ways.map(|(way, _)| way).collect();
        if !self.0.is_in_use() {
            self.0.desk.reader.set(match ways.is_empty() {
                true => ReaderStatus::Refused(Code::NoWebUsb),
                false => ReaderStatus::None,
            });
        }
        self.0.ways.set(ways);
        self.0.provider.replace(Some(provider));
        if let Some(usb) = &usb {
            let on = self.clone();
            web_usb::listen(usb, "connect", move |device| {
                on.came(Wanted::new(Reached::Usb(device)));
            });
            let on = self.clone();
            web_usb::listen(usb, "disconnect", move |device| on.went(&device));
        }
        if let Some(serial) = &serial {
            let on = self.clone();
            web_serial::listen(serial, "connect", move |port| {
                if web_serial::is_remembered(&port) {
                    on.came(Wanted::new(Reached::Serial(port)));
                }
            });
            let on = self.clone();
            web_serial::listen(serial, "disconnect", move |port| on.went(&port));
        }
        let devices = self.clone();
        spawn_local(async move { devices.use_granted(usb, serial).await });
    }

    /// Silent: only what the person, or a policy, has granted before.
    async fn use_granted(&self, usb: Option<Usb>, serial: Option<Serial>) {
        let mut granted = Vec::new();
        if let Some(usb) = usb {
            match done(usb.get_devices(), Phase::List).await {
                Ok(devices) => granted.extend(
                    (Array::from(&devices).iter())
                        .map(|device| Reached::Usb(device.unchecked_into())),
                ),
                Err(code) => self.refuse(code),
            }
        }
        // What is refused at once goes first, so that the word on one that may work is the last.
        granted.sort_by_key(|reached| !reached.is_protected());
        if let Some(serial) = serial
            && let Ok(ports) = done(serial.get_ports(), Phase::List).await
        {
            let ports = Array::from(&ports).into_iter();
            let ports = ports.map(|port| port.unchecked_into());
            granted.extend(ports.filter(web_serial::is_remembered).map(Reached::Serial));
        }
        for reached in granted {
            if !self.0.is_in_use() {
                self.open(Wanted::new(reached), Taking::IfFree).await;
            }
        }
    }

    /// The ways to a reader that this browser has.
    pub fn ways(&self) -> Vec<Way> {
        let mut ways = self.0.ways.get();
        if matches!(self.0.desk.programmer.get(), ProgrammerStatus::Ready { .. }) {
            ways.push(Way::Programmer);
        }
        ways
    }

    /// The obvious next step about the reader: takes it back from another tab, or asks the person to
    /// choose one. Must be called straight from a click.
    pub fn connect(&self) {
        match self.0.desk.reader.get_untracked() {
            status if status.is_elsewhere() => self.take_over(),
            _ => {
                let first = self.0.ways.with_untracked(|ways| ways.first().copied());
                if let Some(way) = first {
                    self.choose(way);
                }
            }
        }
    }

    /// Asks the person to choose a reader. Must be called straight from a click. The reader in use stays
    /// until another is chosen, and as long as a task uses it.
    pub fn choose(&self, way: Way) {
        if self.0.in_a_task() {
            return;
        }
        let provider = self.0.provider.borrow().clone();
        let Some(provider) = provider else {
            return;
        };
        let (policy, chosen) = match way {
            Way::Usb => ("usb", provider.usb().map(|usb| web_usb::request(&usb))),
            Way::Serial => (
                "serial",
                provider.serial().map(|serial| serial.request_port()),
            ),
            Way::SmartCard => ("smart-card", None),
            Way::Programmer => ("serial", None),
        };
        if provider::forbids(policy) {
            return self.refuse_new(Code::ForbiddenByPolicy);
        }
        let devices = self.clone();
        spawn_local(async move {
            let reached = match (way, chosen, provider.smart_card()) {
                (Way::SmartCard, _, Some(manager)) => Reached::System(manager),
                (Way::Programmer, ..) => match devices.programmers().in_use() {
                    Ok(InUse(programmer)) => Reached::Slot(programmer),
                    Err(code) => return devices.refuse_new(code),
                },
                (_, Some(chosen), _) => match done(chosen, Phase::Choose).await {
                    Ok(device) if way == Way::Usb => Reached::Usb(device.unchecked_into()),
                    Ok(port) => Reached::Serial(port.unchecked_into()),
                    Err(code) => return devices.refuse_new(code),
                },
                _ => return,
            };
            let same = (devices.0.wanted.borrow().as_ref())
                .is_some_and(|wanted| wanted.device.is(reached.as_object()));
            if !(same && devices.0.is_in_use()) {
                devices.open(Wanted::new(reached), Taking::IfFree).await;
            }
        });
    }

    /// Takes the reader from the tab that has it, if that is idle.
    pub fn take_over(&self) {
        let wanted = self.0.wanted.borrow().clone();
        if let Some(wanted) = wanted {
            let devices = self.clone();
            spawn_local(async move { devices.open(wanted, Taking::Over).await });
        }
    }

    /// The slots of the reader in use, and the place of the one that is used.
    pub fn slots(&self) -> (Vec<Slot>, Option<usize>) {
        let used = self.0.wanted.borrow().as_ref().and_then(|w| w.slot);
        (self.0.slots.borrow().clone(), used)
    }

    /// Uses another slot of the reader in use, unless a task uses this one.
    pub fn use_slot(&self, place: usize) {
        let wanted = self.0.wanted.borrow().clone();
        if let Some(wanted) = wanted.filter(|_| !self.0.in_a_task()) {
            let slot = Some(place);
            let devices = self.clone();
            spawn_local(async move {
                devices
                    .open(Wanted { slot, ..wanted }, Taking::IfFree)
                    .await;
            });
        }
    }

    /// The card in the reader in use.
    pub fn card(&self) -> Result<ReaderCard, Code> {
        let reader = self.0.reader.borrow();
        match reader.as_ref().filter(|reader| !reader.is_lost()) {
            Some(reader) => Ok(ReaderCard(reader.clone())),
            None => Err(match self.0.desk.reader.get_untracked() {
                ReaderStatus::Refused(code) => code,
                _ => Code::NoReader,
            }),
        }
    }

    /// A reader that was granted before is there.
    fn came(&self, wanted: Wanted) {
        let devices = self.clone();
        spawn_local(async move {
            if !devices.0.is_in_use() {
                devices.open(wanted, Taking::IfFree).await;
            }
        });
    }

    /// A device was unplugged.
    fn went(&self, device: &JsValue) {
        let ours = |wanted: &mut Wanted| wanted.device.is(device);
        if self.0.wanted.borrow_mut().take_if(ours).is_none() {
            return;
        }
        let devices = self.clone();
        spawn_local(async move {
            let reader = devices.0.reader.take();
            if let Some(reader) = reader {
                reader.lose(Code::ReaderGone).await;
            }
            devices.0.desk.reader.set(ReaderStatus::None);
            devices.0.desk.card.set(CardInSlot::Absent);
            devices.0.desk.seen.lost();
        });
    }

    /// Opens a reader in the place of the one that is there.
    async fn open(&self, wanted: Wanted, taking: Taking) {
        if self.0.opening.replace(true) {
            return;
        }
        let before = self.0.reader.take();
        if let Some(before) = before {
            before.lose(Code::NoReader).await;
            // A lock is free only after what runs now.
            clock::pause(Duration::ZERO).await;
        }
        self.0.desk.reader.set(ReaderStatus::Opening);
        let is_slot = matches!(wanted.device, Reached::Slot(_));
        self.0.slot_is_reader.set(is_slot);
        self.0.wanted.replace(Some(wanted.clone()));
        let opened = self.reach(wanted, taking).await;
        self.0.opening.set(false);
        self.0.desk.reader.set(match opened {
            Ok(reader) => {
                let name = reader.name();
                self.0.reader.replace(Some(reader));
                ReaderStatus::Ready { name }
            }
            Err(code) => ReaderStatus::Refused(code),
        });
    }

    /// Every step that can fail has a code of its own; a protected reader is recognised before anything
    /// is opened or claimed.
    async fn reach(&self, wanted: Wanted, taking: Taking) -> Result<Rc<dyn Reader>, Code> {
        let desk = self.0.desk;
        match wanted.device {
            Reached::Usb(device) => {
                desk.seen.looks_at(ReaderInfo::of_usb(&device));
                let access = web_usb::access();
                if web_usb::is_protected(&device) && access == Access::Page {
                    return Err(Code::ProtectedReader);
                }
                let tenure = self.take(&web_usb::identity(&device), taking).await?;
                let opened = self.reach_usb(&device, wanted.slot, access).await;
                match opened {
                    Ok((line, engine)) => {
                        let name = web_usb::name(&device);
                        CcidReader::start(name, Box::new(line), engine, tenure, desk).await
                    }
                    Err(code) => {
                        web_usb::close(&device).await;
                        Err(code)
                    }
                }
            }
            Reached::Serial(port) => {
                desk.seen.looks_at(ReaderInfo {
                    profile: Some(web_serial::profile()),
                    ..ReaderInfo::named(Way::Serial, web_serial::name(&port))
                });
                let tenure = self.take(&web_serial::identity(&port), taking).await?;
                self.offer(vec![Slot::only()], Some(0));
                let line = Box::new(SerialLine::start(port.clone()).await?);
                let engine = Session::new(&web_serial::profile(), 0, now() as u32)?;
                let name = web_serial::name(&port);
                let reader = CcidReader::start(name, line, engine, tenure, desk).await?;
                web_serial::remember(&port);
                Ok(reader)
            }
            Reached::Slot(programmer) => {
                // The tab that has the programmer has its slot.
                let name = format!("OBU {}", web_serial::name(programmer.object()));
                let info = ReaderInfo::named(Way::Programmer, name.clone());
                desk.seen.looks_at(info);
                self.offer(vec![Slot::only()], Some(0));
                Ok(SlotReader::start(programmer, name, desk))
            }
            Reached::System(manager) => {
                let names = smart_card::list(&manager).await?;
                let place = wanted.slot.unwrap_or_default();
                let name = names.get(place).cloned().ok_or(Code::NoReader)?;
                let info = ReaderInfo::named(Way::SmartCard, name.clone());
                desk.seen.looks_at(info);
                let slots = names.into_iter().map(Slot::of_the_system);
                self.offer(slots.collect(), Some(place));
                let tenure = self.take(&format!("system:{name}"), taking).await?;
                SmartCardReader::open(&manager, name, tenure, desk).await
            }
        }
    }

    /// Opens a device, chooses a slot, claims its interface.
    async fn reach_usb(
        &self,
        device: &Device,
        slot: Option<usize>,
        access: Access,
    ) -> Result<(UsbLine, Session), Code> {
        let found = web_usb::open(device).await?;
        let slots = found.interfaces.iter().flat_map(|interface| {
            let slot = |number| Slot::of_interface(number, interface, access);
            interface.profile.slots().map(slot)
        });
        let slots: Vec<_> = slots.collect();
        let place = slot.or_else(|| slots.iter().position(|slot| slot.usable.is_ok()));
        self.offer(slots.clone(), place);
        let slot = slots.get(place.unwrap_or_default());
        let slot = slot.ok_or(Code::NotAReader)?;
        let interface = slot.interface.as_ref().ok_or(Code::NotAReader)?;
        let seen = self.0.desk.seen;
        seen.found(interface, slot.number, found.descriptors);
        slot.usable?;
        // The time tells the power sessions of two readers, or of one opened twice, apart.
        let engine = Session::new(&interface.profile, slot.number, now() as u32)?;
        let endpoints = interface.usable(access)?;
        let line = UsbLine::claim(device.clone(), interface, endpoints).await?;
        Ok((line, engine))
    }

    /// The right of this tab to use a reader.
    async fn take(&self, identity: &str, taking: Taking) -> Result<Tenure, Code> {
        let name = format!("etc-reader:{identity}");
        let owner: Rc<dyn Owner> = self.0.clone();
        match taking {
            Taking::IfFree => {
                let tenure = Tenure::take(&name, &owner).await;
                tenure.ok_or(Code::ReaderInOtherTab)
            }
            Taking::Over => Tenure::take_over(&name, &owner).await,
        }
    }

    /// What there is to choose from, and what was chosen.
    fn offer(&self, slots: Vec<Slot>, place: Option<usize>) {
        self.0.slots.replace(slots);
        if let Some(wanted) = &mut *self.0.wanted.borrow_mut() {
            wanted.slot = place;
        }
    }

    fn refuse(&self, code: Code) {
        self.0.desk.reader.set(ReaderStatus::Refused(code));
    }

    /// A choice came to nothing: the reader in use stays.
    fn refuse_new(&self, code: Code) {
        if !self.0.is_in_use() {
            self.refuse(code);
        }
    }

    /// A programmer that was unplugged, or asked anew, is another object when it is back. A person who has chosen
    /// its slot as the reader need not choose it again.
    fn follow_the_programmer(&self) {
        let on = self.clone();
        Effect::new(move |_| {
            let is_ready = matches!(on.0.desk.programmer.get(), ProgrammerStatus::Ready { .. });
            if is_ready
                && on.0.slot_is_reader.get()
                && let Ok(InUse(programmer)) = on.programmers().in_use()
            {
                on.came(Wanted::new(Reached::Slot(programmer)));
            }
        });
    }

    /// A page that is put away keeps no reader; one that comes back has it again. What was announced
    /// while nobody looked may have been missed.
    fn follow_the_page(&self) {
        let on = self.clone();
        on_window("pagehide", move |_| {
            let reader = on.0.reader.borrow().clone();
            if let Some(reader) = reader {
                spawn_local(reader.lose(Code::ReaderGone));
            }
        });
        let on = self.clone();
        on_window("pageshow", move |event| {
            let wanted = on.0.wanted.borrow().clone();
            let persisted = event.unchecked_ref::<PageTransition>().persisted();
            if let Some(wanted) = wanted.filter(|_| persisted) {
                on.came(wanted);
            }
        });
        let on = self.clone();
        on_window("visibilitychange", move |_| {
            let reader = on.0.reader.borrow().clone();
            if let Some(reader) = reader.filter(|reader| !reader.is_lost())
                && !document().hidden()
            {
                reader.look();
            }
        });
    }
}

impl Inner {
    fn is_in_use(&self) -> bool {
        let reader = self.reader.borrow();
        self.opening.get() || reader.as_ref().is_some_and(|reader| !reader.is_lost())
    }
}

impl Owner for Inner {
    fn in_a_task(&self) -> bool {
        let reader = self.reader.borrow();
        self.opening.get()
            || self.desk.job.get_untracked().is_some()
            || reader.as_ref().is_some_and(|reader| reader.once_is_out())
    }

    fn let_go(&self) {
        let reader = self.reader.borrow().clone();
        if let Some(reader) = reader {
            spawn_local(reader.lose(Code::ReaderTakenOver));
        }
    }
}

impl Wanted {
    fn new(device: Reached) -> Self {
        Self { device, slot: None }
    }
}

impl Reached {
    /// The browser's object: the same one as long as the device stays plugged in.
    fn as_object(&self) -> &JsValue {
        match self {
            Self::Usb(device) => device,
            Self::Serial(port) => port,
            Self::System(manager) => manager,
            Self::Slot(programmer) => programmer.object(),
        }
    }

    fn is(&self, object: &JsValue) -> bool {
        self.as_object() == object
    }

    fn is_protected(&self) -> bool {
        matches!(self, Self::Usb(device) if web_usb::is_protected(device))
    }
}

fn on_window(kind: &'static str, act: impl Fn(web_sys::Event) + 'static) {
    window_event_listener_untyped(kind, act); // as long as the page
}

#[wasm_bindgen]
extern "C" {
    type PageTransition;
    #[wasm_bindgen(method, getter)]
    fn persisted(this: &PageTransition) -> bool;
}
