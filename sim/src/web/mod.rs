//! What the page of a demo instance adds: a bench with a reader, a programmer, cards, tags and faults,
//! behind objects shaped like `navigator.usb` and `navigator.serial`.
//!
//! Behaviour and error names follow Chromium (reference "webusb-ccid" §1 and §6.1).

mod browser;
mod device;
mod field;
mod listeners;
mod road;
mod serial;
mod shelf;
mod wired;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

use crate::card::Card;
use crate::demo;
use crate::reader::{Model, Reader, SerialReader, Tear};
use crate::tag::Tag;
use browser::{array, call, exception, later, number, object, property, settled, store, stored};
use device::{Device, VirtualDevice};
use listeners::Listeners;
use serial::{Port, VirtualPort, VirtualSerial};
use shelf::Shelf;
use wired::Wired;

/// localStorage key: the page may use the reader without asking again, as Chromium remembers it
/// for a device with a serial number.
const PERMISSION: &str = "etc-sim-permission";
/// localStorage key: the same for the serial port.
const SERIAL_PERMISSION: &str = "etc-sim-serial-permission";

/// The state behind [`VirtualBench`], its [`VirtualUsb`] and its devices.
struct Bench {
    shelf: Shelf<Card>,
    tags: Shelf<Tag>,
    /// The card in the slot, which stays there when the reader is unplugged.
    slot: RefCell<Option<String>>,
    tear: Cell<Option<Tear>>,
    /// The plugged reader and the one object that shows it to the page.
    device: RefCell<Option<(Rc<Device>, JsValue)>>,
    /// The plugged serial reader; there is one reader in all.
    port: RefCell<Option<(Rc<Port>, JsValue)>>,
    /// The plugged programmer, beside the reader.
    programmer: RefCell<Option<(Rc<Port>, JsValue)>>,
    /// The tags before the programmer, which lie there when it is unplugged.
    field: RefCell<Vec<String>>,
    usb_listeners: Listeners,
    serial_listeners: Listeners,
    observers: RefCell<Vec<Function>>,
}

impl Bench {
    fn new() -> Self {
        Self {
            shelf: Shelf::of_cards(),
            tags: Shelf::of_tags(),
            slot: RefCell::default(),
            tear: Cell::default(),
            device: RefCell::default(),
            port: RefCell::default(),
            programmer: RefCell::default(),
            field: RefCell::default(),
            usb_listeners: Listeners::default(),
            serial_listeners: Listeners::default(),
            observers: RefCell::default(),
        }
    }

    fn plugged(&self) -> Option<Rc<Device>> {
        self.device
            .borrow()
            .as_ref()
            .map(|(device, _)| Rc::clone(device))
    }

    fn object(&self) -> Option<JsValue> {
        self.device
            .borrow()
            .as_ref()
            .map(|(_, object)| object.clone())
    }

    fn port(&self) -> Option<Rc<Port>> {
        self.port.borrow().as_ref().map(|(port, _)| Rc::clone(port))
    }

    /// Does something to the plugged reader, whichever way it is plugged, and has it say so.
    fn with_reader(&self, act: impl FnOnce(&mut Reader)) {
        if let Some(device) = self.plugged() {
            act(&mut device.reader.borrow_mut());
            device.pump();
        } else if let Some(port) = self.port() {
            port.wired.borrow_mut().reader_mut().map(act);
            port.pump();
        }
    }

    fn has_reader(&self) -> bool {
        self.device.borrow().is_some() || self.port.borrow().is_some()
    }

    /// The card of the bench is in the reader, or in the programmer's slot where no reader is plugged.
    fn lay_card(&self) {
        let id = self.slot.borrow();
        let card = id.as_deref().and_then(|id| self.shelf.take(id));
        self.with_programmer(|programmer| drop(programmer.remove()));
        if self.has_reader() {
            self.with_reader(|reader| {
                reader.tear_next_write(self.tear.get());
                drop(card.and_then(|card| reader.insert(card)));
            });
        } else {
            self.with_programmer(|programmer| {
                programmer.tear_next_write(self.tear.get());
                drop(card.and_then(|card| programmer.insert(card)));
            });
        }
    }

    fn permitted(&self) -> bool {
        stored(PERMISSION).is_some()
    }

    fn permit(&self, yes: bool) {
        store(PERMISSION, yes.then_some("1"));
    }

    /// Tells the page's observers, after the caller has returned.
    fn changed(&self) {
        let observers = self.observers.borrow().clone();
        later(0, move || {
            for observer in &observers {
                call(observer, &JsValue::UNDEFINED);
            }
        });
    }

    /// `connect` and `disconnect` reach a page for devices that it may use (reference §6.1).
    fn dispatch(&self, kind: &'static str, device: JsValue) {
        if !self.permitted() {
            return;
        }
        let listeners = self.usb_listeners.of(kind);
        later(0, move || {
            let event = object(&[("type", kind.into()), ("device", device)]);
            for listener in &listeners {
                call(listener, &event);
            }
        });
    }

    /// Puts the card `id` of the shelf into the slot.
    fn insert(&self, id: &str) -> Result<(), JsValue> {
        let unknown = || js_sys::Error::new(&format!("no demo card {id}"));
        let card = self.shelf.take(id).ok_or_else(unknown)?;
        self.eject();
        self.slot.replace(Some(id.to_owned()));
        if self.has_reader() {
            self.with_reader(|reader| drop(reader.insert(card)));
        } else {
            self.with_programmer(|programmer| drop(programmer.insert(card)));
        }
        self.changed();
        Ok(())
    }

    /// Takes the card out of the slot; it is on the shelf already.
    fn eject(&self) {
        if self.slot.take().is_some() {
            self.with_reader(|reader| drop(reader.remove()));
            self.with_programmer(|programmer| drop(programmer.remove()));
            self.changed();
        }
    }

    /// Keeps what a command has done to the card, before its answer goes out, and notices a tear.
    fn after_command(&self, reader: &mut Reader) {
        let pulled = reader.take_pulled();
        if let (Some(id), Some(card)) = (
            self.slot.borrow().as_deref(),
            pulled.as_ref().or(reader.card()),
        ) {
            self.shelf.keep(id, card);
        }
        if pulled.is_some() {
            self.slot.take();
            self.tear.set(reader.tear_armed());
            self.changed();
        }
    }

    fn unplug(&self) {
        let (device, port) = (self.device.take(), self.port.take());
        if device.is_none() && port.is_none() {
            return;
        }
        if let Some((device, object)) = device {
            device.disconnect();
            self.dispatch("disconnect", object);
        }
        if let Some((port, object)) = port {
            port.disconnect();
            serial::dispatch(self, &port, "disconnect", object);
        }
        self.lay_card();
        self.changed();
    }
}

/// The bench of a demo instance: one reader, one programmer, a deck of cards and one of tags, a tear to be armed.
#[wasm_bindgen]
pub struct VirtualBench {
    bench: Rc<Bench>,
    usb: JsValue,
    serial: JsValue,
}

#[wasm_bindgen]
impl VirtualBench {
    /// A bench with nothing plugged in and no card in the slot.
    #[wasm_bindgen(constructor)]
    #[allow(
        clippy::new_without_default,
        reason = "the page constructs it, nobody else"
    )]
    pub fn new() -> Self {
        let bench = Rc::new(Bench::new());
        let usb = VirtualUsb {
            bench: Rc::clone(&bench),
        }
        .into();
        let serial = VirtualSerial::new(Rc::clone(&bench)).into();
        Self { bench, usb, serial }
    }

    /// The object shaped like `navigator.usb`.
    #[wasm_bindgen(getter)]
    pub fn usb(&self) -> JsValue {
        self.usb.clone()
    }

    /// The object shaped like `navigator.serial`.
    #[wasm_bindgen(getter)]
    pub fn serial(&self) -> JsValue {
        self.serial.clone()
    }

    /// Plugs a reader in: `short-apdu`, `extended`, `tpdu-t0`, `tpdu-t1` or `tpdu-t1-crc` of vendor
    /// class, `protected` of class 0Bh, or `serial`. One that was plugged is unplugged first.
    pub fn plug(&self, kind: &str) -> Result<(), JsValue> {
        let bench = &self.bench;
        if kind == "serial" {
            self.unplug();
            let reader = Wired::Reader(Box::new(SerialReader::new(Model::serial())));
            let port = Rc::new(Port::new(Rc::clone(bench), reader, SERIAL_PERMISSION));
            let object = JsValue::from(VirtualPort::new(Rc::clone(&port)));
            bench.port.replace(Some((Rc::clone(&port), object.clone())));
            serial::dispatch(bench, &port, "connect", object);
        } else {
            let unknown = || js_sys::Error::new(&format!("no reader kind {kind}"));
            let model = Model::of_kind(kind).ok_or_else(unknown)?;
            self.unplug();
            let device = Rc::new(Device::new(Rc::clone(bench), Reader::with(model)));
            let object = JsValue::from(VirtualDevice::new(Rc::clone(&device)));
            bench.device.replace(Some((device, object.clone())));
            bench.dispatch("connect", object);
        }
        bench.lay_card();
        bench.changed();
        Ok(())
    }

    /// Pulls the plug.
    pub fn unplug(&self) {
        self.bench.unplug();
    }

    /// Whether a reader is plugged in.
    pub fn plugged(&self) -> bool {
        self.bench.has_reader()
    }

    /// The deck: `{id, zh, en, number, inReader}`; `number` has the 20 digits that are printed on
    /// the card, or is null.
    pub fn cards(&self) -> JsValue {
        let slot = self.bench.slot.borrow();
        array(demo::cards().into_iter().map(|card| {
            object(&[
                ("id", card.id.into()),
                ("zh", card.zh.into()),
                ("en", card.en.into()),
                (
                    "number",
                    card.printed_number().map_or(JsValue::NULL, JsValue::from),
                ),
                ("inReader", (slot.as_deref() == Some(card.id)).into()),
            ])
        }))
    }

    /// Puts the card `id` into the slot of the reader, or of the programmer where no reader is plugged; a card
    /// that was there is taken out first.
    pub fn insert(&self, id: &str) -> Result<(), JsValue> {
        self.bench.insert(id)
    }

    /// Takes the card out of the slot.
    pub fn eject(&self) {
        self.bench.eject();
    }

    /// Arms (`before`, `within`, `after`) or disarms (`none`) the tear of the next CREDIT FOR LOAD or secured write.
    #[wasm_bindgen(js_name = tearNextWrite)]
    pub fn tear_next_write(&self, when: &str) -> Result<(), JsValue> {
        let when = match when {
            "before" => Some(Tear::Before),
            "within" => Some(Tear::Within),
            "after" => Some(Tear::After),
            "none" => None,
            _ => return Err(js_sys::Error::new(&format!("no tear {when}")).into()),
        };
        self.bench.tear.set(when);
        self.bench
            .with_reader(|reader| reader.tear_next_write(when));
        self.bench
            .with_programmer(|programmer| programmer.tear_next_write(when));
        self.bench.changed();
        Ok(())
    }

    /// What is armed: `before`, `within`, `after` or `none`.
    #[wasm_bindgen(js_name = tearArmed)]
    pub fn tear_armed(&self) -> String {
        match self.bench.tear.get() {
            Some(Tear::Before) => "before",
            Some(Tear::Within) => "within",
            Some(Tear::After) => "after",
            None => "none",
        }
        .to_owned()
    }

    /// Makes all cards and tags as the factory made them; those at a device are taken out and put back.
    #[wasm_bindgen(js_name = resetCards)]
    pub fn reset_cards(&self) -> Result<(), JsValue> {
        let slot = self.bench.slot.borrow().clone();
        self.bench.eject();
        self.bench.shelf.reset();
        self.bench.reset_tags()?;
        self.bench.changed();
        slot.map_or(Ok(()), |id| self.bench.insert(&id))
    }

    /// Calls `observer` without arguments soon after anything on the bench has changed.
    #[wasm_bindgen(js_name = onChange)]
    pub fn on_change(&self, observer: Function) {
        self.bench.observers.borrow_mut().push(observer);
    }
}

/// The object shaped like `navigator.usb`.
#[wasm_bindgen]
pub struct VirtualUsb {
    bench: Rc<Bench>,
}

#[wasm_bindgen]
impl VirtualUsb {
    /// The plugged reader, once the page may use it.
    #[wasm_bindgen(js_name = getDevices)]
    pub fn get_devices(&self) -> Promise {
        let permitted = self.bench.object().filter(|_| self.bench.permitted());
        settled(Ok(array(permitted)))
    }

    /// The chooser, in which the user always picks the plugged reader if a filter lets it through.
    #[wasm_bindgen(js_name = requestDevice)]
    pub fn request_device(&self, options: &JsValue) -> Promise {
        let matching = self.bench.plugged().is_some_and(|device| {
            let filters = Array::from(&property(options, "filters"));
            filters.length() == 0 || filters.iter().any(|filter| device.matches(&filter))
        });
        settled(match self.bench.object().filter(|_| matching) {
            Some(object) => {
                self.bench.permit(true);
                Ok(object)
            }
            None => Err(exception("NotFoundError", "No device selected.")),
        })
    }

    /// For `connect` and `disconnect`; the event is `{type, device}`.
    #[wasm_bindgen(js_name = addEventListener)]
    pub fn add_event_listener(&self, kind: String, listener: Function) {
        self.bench.usb_listeners.add(kind, listener);
    }

    /// Takes a listener away.
    #[wasm_bindgen(js_name = removeEventListener)]
    pub fn remove_event_listener(&self, kind: &str, listener: &Function) {
        self.bench.usb_listeners.remove(kind, listener);
    }
}

impl Device {
    /// One filter of `requestDevice`: what it names must agree.
    fn matches(&self, filter: &JsValue) -> bool {
        let reader = self.reader.borrow();
        let agrees = |name, own| number(filter, name).is_none_or(|wanted| wanted == own);
        agrees("vendorId", crate::reader::VENDOR_ID)
            && agrees("productId", reader.product_id())
            && agrees("classCode", u16::from(reader.interface_class()))
    }
}
