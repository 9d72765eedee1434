//! How the page reaches a card.
//!
//! A task asks for a [`Card`](apdu_core::card::Card); which reader it is in was settled once, in the
//! device bar. [`usb`] binds WebUSB by shape, [`ccid`] is the driver of one reader, [`Devices`] keeps the
//! one that is in use, and [`bench`] adds virtual devices to a demo instance.

pub mod bench;
mod ccid;
mod lock;
mod usb;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use apdu_core::fault::Code;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;

use self::ccid::Reader;
use self::usb::{ConnectionEvent, Device, Phase, Usb, done};
use crate::desk::{CardInSlot, Desk, ReaderStatus};

/// The devices of this page.
#[derive(Clone)]
pub struct Devices {
    desk: Desk,
    provider: Rc<RefCell<Option<Usb>>>,
    reader: Rc<RefCell<Option<Rc<Reader>>>>,
    /// Whether one is being opened: a reader that was granted before is met by its connection, by the
    /// list of granted ones and by the person's choice, all at once.
    opening: Rc<Cell<bool>>,
}

impl Devices {
    /// Finds the browser's USB and opens a reader that was granted before.
    pub fn start(desk: Desk) -> Self {
        let devices = Self {
            desk,
            provider: Rc::default(),
            reader: Rc::default(),
            opening: Rc::default(),
        };
        match browser_usb() {
            Ok(usb) => devices.provide(usb),
            Err(code) => desk.reader.set(ReaderStatus::Refused(code)),
        }
        devices
    }

    /// Takes devices from this provider from now on.
    fn provide(&self, usb: Usb) {
        let on_connect = self.clone();
        listen(&usb, "connect", move |device| on_connect.connected(device));
        let on_disconnect = self.clone();
        listen(&usb, "disconnect", move |device| {
            on_disconnect.disconnected(&device)
        });
        *self.provider.borrow_mut() = Some(usb.clone());
        let devices = self.clone();
        spawn_local(async move {
            // Silent: only what the person, or a policy, has granted before.
            if let Ok(granted) = done(usb.get_devices(), Phase::Choose).await
                && let Some(device) = js_sys::Array::from(&granted).iter().next()
            {
                devices.use_device(device.unchecked_into()).await;
            }
        });
    }

    /// Asks the person to choose a reader. Must be called straight from a click.
    pub fn choose_reader(&self) {
        let Some(usb) = self.provider.borrow().clone() else {
            return;
        };
        let chosen = usb.request_device(&reader_filters());
        let devices = self.clone();
        spawn_local(async move {
            match done(chosen, Phase::Choose).await {
                Ok(device) => devices.use_device(device.unchecked_into()).await,
                Err(code) if devices.reader.borrow().is_none() => {
                    devices.desk.reader.set(ReaderStatus::Refused(code));
                }
                Err(_) => {} // the reader in use stays
            }
        });
    }

    /// The card in the reader in use.
    pub fn card(&self) -> Result<ccid::ReaderCard, Code> {
        match &*self.reader.borrow() {
            Some(reader) => Ok(reader.card()),
            None => Err(match self.desk.reader.get_untracked() {
                ReaderStatus::Refused(code) => code,
                _ => Code::NoReader,
            }),
        }
    }

    fn connected(&self, device: Device) {
        let devices = self.clone();
        spawn_local(async move { devices.use_device(device).await });
    }

    fn disconnected(&self, device: &Device) {
        let ours = self
            .reader
            .borrow_mut()
            .take_if(|reader| reader.device() == device);
        if let Some(reader) = ours {
            reader.lose(Code::ReaderGone);
            self.desk.reader.set(ReaderStatus::None);
            self.desk.card.set(CardInSlot::Absent);
        }
    }

    async fn use_device(&self, device: Device) {
        let in_use = |reader: &Rc<Reader>| !reader.is_lost();
        if self.reader.borrow().as_ref().is_some_and(in_use) || self.opening.replace(true) {
            return; // the one in use, or under way, stays until it is unplugged
        }
        self.desk.reader.set(ReaderStatus::Opening);
        let opened = Reader::open(device, self.desk).await;
        self.opening.set(false);
        let status = match opened {
            Ok(reader) => {
                let name = reader.name();
                *self.reader.borrow_mut() = Some(reader);
                ReaderStatus::Ready { name }
            }
            Err(code) => ReaderStatus::Refused(code),
        };
        self.desk.reader.set(status);
    }
}

/// `navigator.usb`, or why there is none.
fn browser_usb() -> Result<Usb, Code> {
    let window = window();
    if !window.is_secure_context() {
        return Err(Code::InsecureOrigin);
    }
    js_sys::Reflect::get(&window.navigator(), &"usb".into())
        .ok()
        .filter(|usb| usb.is_object())
        .map(JsCast::unchecked_into)
        .ok_or(Code::NoWebUsb)
}

fn listen(usb: &Usb, kind: &str, act: impl Fn(Device) + 'static) {
    let listener = Closure::<dyn Fn(ConnectionEvent)>::new(move |event: ConnectionEvent| {
        act(event.device());
    });
    usb.add_event_listener(kind, listener.as_ref());
    listener.forget(); // as long as the page
}

/// What the chooser lists: vendor-class readers, the class-0x00 readers of one vendor, and protected
/// readers too, so that their refusal can be explained instead of an empty list.
fn reader_filters() -> JsValue {
    #[derive(serde::Serialize)]
    struct Options {
        filters: [Filter; 3],
    }
    #[derive(serde::Serialize, Default)]
    #[serde(rename_all = "camelCase")]
    struct Filter {
        #[serde(skip_serializing_if = "Option::is_none")]
        vendor_id: Option<u16>,
        #[serde(skip_serializing_if = "Option::is_none")]
        class_code: Option<u8>,
    }
    let class = |code| Filter {
        class_code: Some(code),
        ..Filter::default()
    };
    let acs = Filter {
        vendor_id: Some(0x072F),
        ..Filter::default()
    };
    let filters = [class(0xFF), class(0x0B), acs];
    // Plain numbers in plain structs always convert.
    serde_wasm_bindgen::to_value(&Options { filters }).unwrap_or_default()
}
