//! The object shaped like a `USBDevice`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::Bench;
use super::browser::{
    Lock, array, buffer_source, call, data_view, exception, later, number, object, promise,
    property, request_lock, settled,
};
use crate::reader::{BulkIn, Endpoint, Reader, SMART_CARD_CLASS, STRINGS, Setup, Stall, VENDOR_ID};

/// How long the reader takes for a command, so that a page has progress to show.
const COMMAND_MILLISECONDS: u32 = 12;
/// The Web Lock that stands for the claimed interface: one tab has it.
const CLAIM: &str = "etc-sim-reader";

/// Endpoint numbers; the bulk pair and the interrupt endpoint.
const BULK_OUT: u8 = 1;
const BULK_IN: u8 = 2;
const INTERRUPT_IN: u8 = 3;

/// A `transferIn` that waits for the reader.
struct Pending {
    length: usize,
    resolve: Function,
    reject: Function,
}

/// One plug of the reader. After the plug is pulled it is gone for good; the next plug is another.
pub struct Device {
    pub reader: RefCell<Reader>,
    bench: Rc<Bench>,
    gone: Cell<bool>,
    opened: Cell<bool>,
    claimed: Cell<bool>,
    release_claim: RefCell<Option<Function>>,
    bulk: RefCell<VecDeque<Pending>>,
    interrupt: RefCell<VecDeque<Pending>>,
    /// Commands whose time is not over yet; nothing goes out before.
    busy: Cell<u32>,
}

impl Device {
    pub fn new(bench: Rc<Bench>, reader: Reader) -> Self {
        Self {
            reader: RefCell::new(reader),
            bench,
            gone: Cell::new(false),
            opened: Cell::new(false),
            claimed: Cell::new(false),
            release_claim: RefCell::new(None),
            bulk: RefCell::default(),
            interrupt: RefCell::default(),
            busy: Cell::new(0),
        }
    }

    /// The plug is pulled: whatever is pending fails, and so does every later call.
    pub fn disconnect(&self) {
        self.gone.set(true);
        self.cancel(&disconnected());
        self.release();
        self.opened.set(false);
    }

    /// Gives waiting transfers what the reader has for them.
    pub fn pump(&self) {
        if self.busy.get() > 0 {
            return;
        }
        let mut reader = self.reader.borrow_mut();
        let mut bulk = self.bulk.borrow_mut();
        while let Some(waiting) = bulk.front() {
            let result = match reader.bulk_in(waiting.length) {
                BulkIn::Empty => break,
                BulkIn::Packet(data) => transfer_in("ok", &data),
                BulkIn::Babble => transfer_in("babble", &[]),
                BulkIn::Stall => transfer_in("stall", &[]),
            };
            call(&waiting.resolve, &result);
            bulk.pop_front();
        }
        let mut interrupt = self.interrupt.borrow_mut();
        while let Some(waiting) = interrupt.front() {
            let Some(message) = reader.interrupt_in() else {
                break;
            };
            call(&waiting.resolve, &transfer_in("ok", &message));
            interrupt.pop_front();
        }
    }

    /// Ends every waiting transfer with `reason`.
    fn cancel(&self, reason: &JsValue) {
        let waiting = self.bulk.take().into_iter().chain(self.interrupt.take());
        for pending in waiting {
            call(&pending.reject, reason);
        }
    }

    fn release(&self) {
        self.claimed.set(false);
        if let Some(release) = self.release_claim.take() {
            call(&release, &JsValue::UNDEFINED);
        }
    }

    fn close(&self) {
        self.cancel(&exception("AbortError", "The transfer was cancelled."));
        self.release();
        self.opened.set(false);
    }

    fn must_be_there(&self) -> Result<(), JsValue> {
        if self.gone.get() {
            Err(disconnected())
        } else {
            Ok(())
        }
    }

    fn must_be_open(&self) -> Result<(), JsValue> {
        self.must_be_there()?;
        if self.opened.get() {
            Ok(())
        } else {
            Err(exception(
                "InvalidStateError",
                "The device must be opened first.",
            ))
        }
    }

    fn must_know_interface(&self, number: u8) -> Result<(), JsValue> {
        self.must_be_open()?;
        if number == 0 {
            Ok(())
        } else {
            Err(exception(
                "NotFoundError",
                "The interface number provided is not supported by the device in its current \
                 configuration.",
            ))
        }
    }

    fn must_have_claimed(&self) -> Result<(), JsValue> {
        if self.claimed.get() {
            Ok(())
        } else {
            Err(exception(
                "InvalidStateError",
                "The specified interface has not been claimed.",
            ))
        }
    }

    fn must_have_endpoint(&self, known: bool) -> Result<(), JsValue> {
        self.must_be_open()?;
        if known && self.claimed.get() {
            Ok(())
        } else {
            Err(exception(
                "NotFoundError",
                "The specified endpoint is not part of a claimed and selected alternate interface.",
            ))
        }
    }

    fn protected(&self) -> bool {
        self.reader.borrow().interface_class() == SMART_CARD_CLASS
    }

    /// The configuration, in plain objects as the specification nests them.
    fn configuration(&self) -> JsValue {
        let endpoint = |number: u8, direction: &str, kind: &str, size: usize| {
            object(&[
                ("endpointNumber", number.into()),
                ("direction", direction.into()),
                ("type", kind.into()),
                ("packetSize", (size as u32).into()),
            ])
        };
        let packet = self.reader.borrow().model().packet();
        let alternate = object(&[
            ("alternateSetting", 0.into()),
            (
                "interfaceClass",
                self.reader.borrow().interface_class().into(),
            ),
            ("interfaceSubclass", 0.into()),
            ("interfaceProtocol", 0.into()),
            ("interfaceName", JsValue::NULL),
            (
                "endpoints",
                array([
                    endpoint(BULK_OUT, "out", "bulk", packet),
                    endpoint(BULK_IN, "in", "bulk", packet),
                    endpoint(INTERRUPT_IN, "in", "interrupt", 8),
                ]),
            ),
        ]);
        let interface = object(&[
            ("interfaceNumber", 0.into()),
            ("claimed", self.claimed.get().into()),
            ("alternate", alternate.clone()),
            ("alternates", array([alternate])),
        ]);
        object(&[
            ("configurationValue", 1.into()),
            ("configurationName", JsValue::NULL),
            ("interfaces", array([interface])),
        ])
    }

    /// A control request of the page, refused as Chromium refuses it (reference §1.2).
    fn setup(&self, parameters: &JsValue, inward: bool, length: u16) -> Result<Setup, JsValue> {
        self.must_be_open()?;
        let text = |name| property(parameters, name).as_string().unwrap_or_default();
        let (kind, recipient) = (text("requestType"), text("recipient"));
        let kind_bits = match &*kind {
            "standard" => 0x00,
            "class" => 0x20,
            "vendor" => 0x40,
            _ => return Err(js_sys::TypeError::new("requestType").into()),
        };
        let recipient_bits = match &*recipient {
            "device" => 0,
            "interface" => 1,
            "endpoint" => 2,
            "other" => 3,
            _ => return Err(js_sys::TypeError::new("recipient").into()),
        };
        let to_interface = matches!(recipient_bits, 1 | 2);
        let denied = (self.protected() && (to_interface || kind == "class"))
            || (kind == "standard" && !inward);
        if denied {
            return Err(exception("SecurityError", "The transfer was not allowed."));
        }
        if to_interface {
            self.must_have_claimed()?;
        }
        let field = |name| number(parameters, name).unwrap_or_default();
        Ok(Setup {
            request_type: u8::from(inward) << 7 | kind_bits | recipient_bits,
            request: field("request") as u8,
            value: field("value"),
            index: field("index"),
            length,
        })
    }
}

fn disconnected() -> JsValue {
    exception("NotFoundError", "The device was disconnected.")
}

/// A `USBInTransferResult`.
fn transfer_in(status: &str, data: &[u8]) -> JsValue {
    object(&[("status", status.into()), ("data", data_view(data))])
}

/// A `USBOutTransferResult`; Chromium reports the length asked for whatever the status is.
fn transfer_out(outcome: Result<(), Stall>, length: usize) -> JsValue {
    let status = if outcome.is_ok() { "ok" } else { "stall" };
    object(&[
        ("status", status.into()),
        ("bytesWritten", (length as u32).into()),
    ])
}

/// The object shaped like a `USBDevice`.
#[wasm_bindgen]
pub struct VirtualDevice {
    device: Rc<Device>,
}

impl VirtualDevice {
    pub(super) fn new(device: Rc<Device>) -> Self {
        Self { device }
    }
}

#[wasm_bindgen]
impl VirtualDevice {
    /// idVendor.
    #[wasm_bindgen(getter, js_name = vendorId)]
    pub fn vendor_id(&self) -> u16 {
        VENDOR_ID
    }

    /// idProduct.
    #[wasm_bindgen(getter, js_name = productId)]
    pub fn product_id(&self) -> u16 {
        self.device.reader.borrow().product_id()
    }

    /// iManufacturer.
    #[wasm_bindgen(getter, js_name = manufacturerName)]
    pub fn manufacturer_name(&self) -> String {
        STRINGS[0].to_owned()
    }

    /// iProduct.
    #[wasm_bindgen(getter, js_name = productName)]
    pub fn product_name(&self) -> String {
        STRINGS[1].to_owned()
    }

    /// iSerialNumber.
    #[wasm_bindgen(getter, js_name = serialNumber)]
    pub fn serial_number(&self) -> String {
        STRINGS[2].to_owned()
    }

    /// bDeviceClass: 0, the interface says it.
    #[wasm_bindgen(getter, js_name = deviceClass)]
    pub fn device_class(&self) -> u8 {
        0
    }

    /// bDeviceSubClass.
    #[wasm_bindgen(getter, js_name = deviceSubclass)]
    pub fn device_subclass(&self) -> u8 {
        0
    }

    /// bDeviceProtocol.
    #[wasm_bindgen(getter, js_name = deviceProtocol)]
    pub fn device_protocol(&self) -> u8 {
        0
    }

    /// Whether this page has opened it.
    #[wasm_bindgen(getter)]
    pub fn opened(&self) -> bool {
        self.device.opened.get()
    }

    /// The configuration that the operating system has selected, a fresh object every time.
    #[wasm_bindgen(getter)]
    pub fn configuration(&self) -> JsValue {
        self.device.configuration()
    }

    /// All configurations: one.
    #[wasm_bindgen(getter)]
    pub fn configurations(&self) -> JsValue {
        array([self.device.configuration()])
    }

    /// Opens a session.
    pub fn open(&self) -> Promise {
        let there = self.device.must_be_there();
        self.device.opened.set(there.is_ok());
        settled(there.map(|()| JsValue::UNDEFINED))
    }

    /// Ends the session; pending transfers fail with AbortError.
    pub fn close(&self) -> Promise {
        settled(self.device.must_be_there().map(|()| {
            self.device.close();
            JsValue::UNDEFINED
        }))
    }

    /// Takes the page's permission away.
    pub fn forget(&self) -> Promise {
        self.device.close();
        self.device.bench.permit(false);
        settled(Ok(JsValue::UNDEFINED))
    }

    /// Selects configuration 1 again, which starts the endpoints anew and releases the interface.
    #[wasm_bindgen(js_name = selectConfiguration)]
    pub fn select_configuration(&self, value: u8) -> Promise {
        settled(self.device.must_be_open().and_then(|()| {
            if value != 1 {
                return Err(exception(
                    "NotFoundError",
                    "The configuration value provided is not supported by the device.",
                ));
            }
            self.device
                .cancel(&exception("AbortError", "The transfer was cancelled."));
            self.device.release();
            let select = Setup {
                request_type: 0,
                request: 9,
                value: 1,
                index: 0,
                length: 0,
            };
            // Configuration 1 is always accepted.
            let _ = self.device.reader.borrow_mut().control_out(select);
            Ok(JsValue::UNDEFINED)
        }))
    }

    /// Claims interface 0, unless its class is protected or another tab has it.
    #[wasm_bindgen(js_name = claimInterface)]
    pub fn claim_interface(&self, interface: u8) -> Promise {
        if let Err(error) = self.device.must_know_interface(interface) {
            return settled(Err(error));
        }
        if self.device.protected() {
            return settled(Err(exception(
                "SecurityError",
                "The requested interface implements a protected class.",
            )));
        }
        if self.device.claimed.get() {
            return settled(Ok(JsValue::UNDEFINED));
        }
        promise(|resolve, reject| {
            let device = Rc::clone(&self.device);
            request_lock(CLAIM, move |lock| {
                let mut outcome = device.must_be_open();
                match lock {
                    Lock::Elsewhere => {
                        outcome = Err(exception("NetworkError", "Unable to claim interface."));
                    }
                    Lock::Held(release) if outcome.is_err() => {
                        call(&release, &JsValue::UNDEFINED);
                    }
                    Lock::Held(release) => {
                        device.release_claim.replace(Some(release));
                    }
                    Lock::Unsupported => {}
                }
                match outcome {
                    Ok(()) => {
                        device.claimed.set(true);
                        call(&resolve, &JsValue::UNDEFINED);
                    }
                    Err(error) => call(&reject, &error),
                }
            });
        })
    }

    /// Releases interface 0; pending transfers fail with AbortError.
    #[wasm_bindgen(js_name = releaseInterface)]
    pub fn release_interface(&self, interface: u8) -> Promise {
        settled(self.device.must_know_interface(interface).map(|()| {
            self.device
                .cancel(&exception("AbortError", "The transfer was cancelled."));
            self.device.release();
            JsValue::UNDEFINED
        }))
    }

    /// Selects alternate 0, the only one.
    #[wasm_bindgen(js_name = selectAlternateInterface)]
    pub fn select_alternate_interface(&self, interface: u8, alternate: u8) -> Promise {
        let device = &self.device;
        let known = device
            .must_know_interface(interface)
            .and_then(|()| device.must_have_claimed())
            .and_then(|()| match alternate {
                0 => Ok(JsValue::UNDEFINED),
                _ => Err(exception(
                    "NotFoundError",
                    "The alternate setting provided is not supported by the device in its \
                     current configuration.",
                )),
            });
        settled(known)
    }

    /// Waits for data of bulk IN 2 or interrupt IN 3.
    #[wasm_bindgen(js_name = transferIn)]
    pub fn transfer_in(&self, endpoint: u8, length: u32) -> Promise {
        let queue = match endpoint {
            BULK_IN => &self.device.bulk,
            _ => &self.device.interrupt,
        };
        let known = matches!(endpoint, BULK_IN | INTERRUPT_IN);
        if let Err(error) = self.device.must_have_endpoint(known) {
            return settled(Err(error));
        }
        let waiting = promise(|resolve, reject| {
            let length = length as usize;
            queue.borrow_mut().push_back(Pending {
                length,
                resolve,
                reject,
            });
        });
        self.device.pump();
        waiting
    }

    /// Sends a message to bulk OUT 1. The card's state is kept before its answer can be read.
    #[wasm_bindgen(js_name = transferOut)]
    pub fn transfer_out(&self, endpoint: u8, data: &JsValue) -> Promise {
        if let Err(error) = self.device.must_have_endpoint(endpoint == BULK_OUT) {
            return settled(Err(error));
        }
        let data = buffer_source(data);
        let outcome = {
            let mut reader = self.device.reader.borrow_mut();
            let outcome = reader.bulk_out(&data);
            self.device.bench.after_command(&mut reader);
            outcome
        };
        self.device.busy.set(self.device.busy.get() + 1);
        let device = Rc::clone(&self.device);
        later(COMMAND_MILLISECONDS, move || {
            device.busy.set(device.busy.get() - 1);
            device.pump();
        });
        settled(Ok(transfer_out(outcome, data.len())))
    }

    /// A control request that answers data.
    #[wasm_bindgen(js_name = controlTransferIn)]
    pub fn control_transfer_in(&self, setup: &JsValue, length: u16) -> Promise {
        settled(self.device.setup(setup, true, length).map(|setup| {
            match self.device.reader.borrow().control_in(setup) {
                Ok(data) => transfer_in("ok", &data),
                Err(Stall) => transfer_in("stall", &[]),
            }
        }))
    }

    /// A control request that carries data; the reader knows CCID ABORT, which has none.
    #[wasm_bindgen(js_name = controlTransferOut)]
    pub fn control_transfer_out(&self, setup: &JsValue, data: &JsValue) -> Promise {
        let data = if data.is_undefined() {
            Vec::new()
        } else {
            buffer_source(data)
        };
        settled(
            self.device
                .setup(setup, false, data.len() as u16)
                .map(|setup| {
                    let outcome = self.device.reader.borrow_mut().control_out(setup);
                    transfer_out(outcome, data.len())
                }),
        )
    }

    /// Ends a halt; `direction` is `in` or `out`.
    #[wasm_bindgen(js_name = clearHalt)]
    pub fn clear_halt(&self, direction: &str, endpoint: u8) -> Promise {
        let which = match (direction, endpoint) {
            ("out", BULK_OUT) => Some(Endpoint::Out),
            ("in", BULK_IN) => Some(Endpoint::In),
            _ => None,
        };
        let interrupt = (direction, endpoint) == ("in", INTERRUPT_IN);
        let known = self.device.must_have_endpoint(which.is_some() || interrupt);
        settled(known.map(|()| {
            if let Some(endpoint) = which {
                self.device.reader.borrow_mut().clear_halt(endpoint);
            }
            JsValue::UNDEFINED
        }))
    }

    /// A port reset; pending transfers fail with AbortError.
    pub fn reset(&self) -> Promise {
        settled(self.device.must_be_open().map(|()| {
            self.device
                .cancel(&exception("AbortError", "The transfer was cancelled."));
            self.device.reader.borrow_mut().reset();
            JsValue::UNDEFINED
        }))
    }
}
