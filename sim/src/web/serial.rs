//! The object shaped like `navigator.serial`, and its one port.
//!
//! Behaviour and error names follow Web Serial and Chromium (reference "webusb-ccid" §6.3).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::Bench;
use super::browser::{
    array, buffer_source, call, exception, invoke, later, number, object, property, settled,
};
use super::listeners::Listeners;
use crate::reader::{Model, SerialReader};

/// How long the reader takes for a command, so that a page has progress to show.
const COMMAND_MILLISECONDS: u32 = 12;

#[wasm_bindgen]
extern "C" {
    type ReadableStream;
    #[wasm_bindgen(constructor)]
    fn new(source: &JsValue) -> ReadableStream;
    #[wasm_bindgen(method, getter)]
    fn locked(this: &ReadableStream) -> bool;

    type WritableStream;
    #[wasm_bindgen(constructor)]
    fn new(sink: &JsValue) -> WritableStream;
    #[wasm_bindgen(method, getter)]
    fn locked(this: &WritableStream) -> bool;
}

/// One plug of the reader. After the plug is pulled it is gone for good; the next plug is another.
pub struct Port {
    pub reader: RefCell<SerialReader>,
    bench: Rc<Bench>,
    gone: Cell<bool>,
    opened: Cell<bool>,
    /// The line is set as the reader needs it; otherwise both sides hear noise.
    understood: Cell<bool>,
    readable: RefCell<Option<ReadableStream>>,
    /// What fills the readable stream.
    source: RefCell<Option<JsValue>>,
    writable: RefCell<Option<WritableStream>>,
    /// What can break the writable stream.
    sink: RefCell<Option<JsValue>>,
    pub listeners: Listeners,
}

impl Port {
    pub fn new(bench: Rc<Bench>) -> Self {
        Self {
            reader: RefCell::new(SerialReader::new(Model::serial())),
            bench,
            gone: Cell::new(false),
            opened: Cell::new(false),
            understood: Cell::new(false),
            readable: RefCell::default(),
            source: RefCell::default(),
            writable: RefCell::default(),
            sink: RefCell::default(),
            listeners: Listeners::default(),
        }
    }

    /// Hands what the reader has said to the page.
    pub fn pump(&self) {
        let said = self.reader.borrow_mut().read();
        if said.is_empty() || !self.understood.get() {
            return;
        }
        if let Some(source) = &*self.source.borrow() {
            invoke(source, "enqueue", &Uint8Array::from(&said[..]));
        }
    }

    /// The plug is pulled: both streams break, and every later call fails.
    pub fn disconnect(&self) {
        self.gone.set(true);
        let lost = exception("NetworkError", "The device has been lost.");
        for end in [&self.source, &self.sink] {
            if let Some(controller) = end.take() {
                invoke(&controller, "error", &lost);
            }
        }
        self.close();
    }

    fn close(&self) {
        self.opened.set(false);
        self.readable.take();
        self.writable.take();
        self.sink.take();
        // A page that has cancelled its reader has closed this already, and learns of it by no error.
        if let Some(source) = self.source.take() {
            invoke(&source, "close", &JsValue::UNDEFINED);
        }
    }

    /// Bytes of the page. The card's state is kept before its answer can be read.
    fn write(self: &Rc<Self>, chunk: &JsValue) {
        if !self.understood.get() {
            return;
        }
        {
            let mut serial = self.reader.borrow_mut();
            serial.write(&buffer_source(chunk));
            self.bench.after_command(serial.reader_mut());
        }
        let port = Rc::clone(self);
        later(COMMAND_MILLISECONDS, move || port.pump());
    }

    /// A fresh readable stream, after the one before it was cancelled too.
    fn readable(self: &Rc<Self>) -> JsValue {
        if !self.opened.get() {
            return JsValue::NULL;
        }
        let mut readable = self.readable.borrow_mut();
        if self.source.borrow().is_none() {
            readable.take();
        }
        let stream = readable.get_or_insert_with(|| {
            let (start, cancel) = (Rc::clone(self), Rc::clone(self));
            let start = Closure::once_into_js(move |controller: JsValue| {
                start.source.replace(Some(controller));
            });
            let cancel = Closure::once_into_js(move || {
                cancel.source.take();
            });
            let source = object(&[("start", start), ("cancel", cancel)]);
            ReadableStream::new(&source)
        });
        (&*stream).into()
    }

    fn writable(self: &Rc<Self>) -> JsValue {
        if !self.opened.get() {
            return JsValue::NULL;
        }
        let mut writable = self.writable.borrow_mut();
        if self.sink.borrow().is_none() {
            writable.take();
        }
        let stream = writable.get_or_insert_with(|| {
            let (start, port) = (Rc::clone(self), Rc::clone(self));
            let start = Closure::once_into_js(move |controller: JsValue| {
                start.sink.replace(Some(controller));
            });
            let write = Closure::<dyn Fn(JsValue)>::new(move |chunk: JsValue| port.write(&chunk));
            let closed = Rc::clone(self);
            let end = Closure::<dyn Fn()>::new(move || {
                closed.sink.take();
            })
            .into_js_value();
            let sink = object(&[
                ("start", start),
                ("write", write.into_js_value()),
                ("close", end.clone()),
                ("abort", end),
            ]);
            WritableStream::new(&sink)
        });
        (&*stream).into()
    }

    fn must_be_open(&self) -> Result<(), JsValue> {
        if self.opened.get() {
            Ok(())
        } else {
            Err(exception("InvalidStateError", "The port is closed."))
        }
    }

    fn is_locked(&self) -> bool {
        let reading = self.readable.borrow();
        let writing = self.writable.borrow();
        reading.as_ref().is_some_and(ReadableStream::locked)
            || writing.as_ref().is_some_and(WritableStream::locked)
    }
}

/// The object shaped like a `SerialPort`.
#[wasm_bindgen]
pub struct VirtualPort {
    port: Rc<Port>,
}

impl VirtualPort {
    pub(super) fn new(port: Rc<Port>) -> Self {
        Self { port }
    }
}

#[wasm_bindgen]
impl VirtualPort {
    /// Whether the port is there.
    #[wasm_bindgen(getter)]
    pub fn connected(&self) -> bool {
        !self.port.gone.get()
    }

    /// A `ReadableStream` while the port is open, else null.
    #[wasm_bindgen(getter)]
    pub fn readable(&self) -> JsValue {
        self.port.readable()
    }

    /// A `WritableStream` while the port is open, else null.
    #[wasm_bindgen(getter)]
    pub fn writable(&self) -> JsValue {
        self.port.writable()
    }

    /// Nothing: a port of the machine itself is no USB device.
    #[wasm_bindgen(js_name = getInfo)]
    pub fn info(&self) -> JsValue {
        object(&[])
    }

    /// Opens the port. The reader understands 115200 baud, 8 data bits, no parity, 2 stop bits.
    pub fn open(&self, options: &JsValue) -> Promise {
        settled(self.open_with(options).map(|()| JsValue::UNDEFINED))
    }

    fn open_with(&self, options: &JsValue) -> Result<(), JsValue> {
        if self.port.opened.get() {
            let open = "The port is already open.";
            return Err(exception("InvalidStateError", open));
        }
        if self.port.gone.get() {
            let failed = "Failed to open serial port.";
            return Err(exception("NetworkError", failed));
        }
        let or = |name, usual: u32| match property(options, name).as_f64() {
            Some(value) => value as u32,
            None => usual,
        };
        let (baud, data) = (or("baudRate", 0), or("dataBits", 8));
        let (stop, buffer) = (or("stopBits", 1), or("bufferSize", 255));
        if baud == 0 || !matches!(data, 7 | 8) || !matches!(stop, 1 | 2) || buffer == 0 {
            return Err(js_sys::TypeError::new("options").into());
        }
        let parity = property(options, "parity").as_string();
        let plain = parity.is_none_or(|parity| parity == "none");
        let port = &self.port;
        port.understood
            .set(baud == 115_200 && data == 8 && stop == 2 && plain);
        port.reader.borrow_mut().set_request_to_send(true);
        port.opened.set(true);
        // The streams stand ready before anything is said.
        port.readable();
        port.writable();
        port.pump();
        Ok(())
    }

    /// Closes the port, unless a reader or writer still holds one of its streams.
    pub fn close(&self) -> Promise {
        let outcome = self.port.must_be_open().and_then(|()| {
            if self.port.is_locked() {
                return Err(js_sys::TypeError::new("The stream is locked.").into());
            }
            self.port.close();
            Ok(JsValue::UNDEFINED)
        });
        settled(outcome)
    }

    /// Sets `requestToSend`; what else there may be has no line here.
    #[wasm_bindgen(js_name = setSignals)]
    pub fn set_signals(&self, signals: &JsValue) -> Promise {
        settled(self.port.must_be_open().map(|()| {
            if let Some(high) = property(signals, "requestToSend").as_bool() {
                self.port.reader.borrow_mut().set_request_to_send(high);
            }
            JsValue::UNDEFINED
        }))
    }

    /// The lines of the reader: it is there.
    #[wasm_bindgen(js_name = getSignals)]
    pub fn signals(&self) -> Promise {
        let low_or_high = [
            ("dataCarrierDetect", false),
            ("clearToSend", true),
            ("ringIndicator", false),
            ("dataSetReady", true),
        ];
        let lines = low_or_high.map(|(name, high)| (name, high.into()));
        settled(self.port.must_be_open().map(|()| object(&lines)))
    }

    /// Takes the page's permission away.
    pub fn forget(&self) -> Promise {
        self.port.close();
        self.port.bench.permit_serial(false);
        settled(Ok(JsValue::UNDEFINED))
    }

    /// For `connect` and `disconnect` of this port; the event is `{type, target}`.
    #[wasm_bindgen(js_name = addEventListener)]
    pub fn add_event_listener(&self, kind: String, listener: Function) {
        self.port.listeners.add(kind, listener);
    }

    /// Takes a listener away.
    #[wasm_bindgen(js_name = removeEventListener)]
    pub fn remove_event_listener(&self, kind: &str, listener: &Function) {
        self.port.listeners.remove(kind, listener);
    }
}

/// The object shaped like `navigator.serial`.
#[wasm_bindgen]
pub struct VirtualSerial {
    bench: Rc<Bench>,
}

impl VirtualSerial {
    pub(super) fn new(bench: Rc<Bench>) -> Self {
        Self { bench }
    }
}

#[wasm_bindgen]
impl VirtualSerial {
    /// The plugged port, once the page may use it.
    #[wasm_bindgen(js_name = getPorts)]
    pub fn get_ports(&self) -> Promise {
        let permitted = self
            .bench
            .port_object()
            .filter(|_| self.bench.serial_permitted());
        settled(Ok(array(permitted)))
    }

    /// The chooser, in which the user always picks the plugged port. It is no USB device, so a filter by
    /// vendor hides it.
    #[wasm_bindgen(js_name = requestPort)]
    pub fn request_port(&self, options: &JsValue) -> Promise {
        let filters = property(options, "filters").dyn_into::<js_sys::Array>();
        let hidden = filters.is_ok_and(|filters| {
            let by_vendor = |filter: JsValue| number(&filter, "usbVendorId").is_some();
            filters.length() > 0 && filters.iter().all(by_vendor)
        });
        settled(match self.bench.port_object().filter(|_| !hidden) {
            Some(object) => {
                self.bench.permit_serial(true);
                Ok(object)
            }
            None => Err(exception("NotFoundError", "No port selected by the user.")),
        })
    }

    /// For `connect` and `disconnect`; the event is `{type, target}`, the target being the port.
    #[wasm_bindgen(js_name = addEventListener)]
    pub fn add_event_listener(&self, kind: String, listener: Function) {
        self.bench.serial_listeners.add(kind, listener);
    }

    /// Takes a listener away.
    #[wasm_bindgen(js_name = removeEventListener)]
    pub fn remove_event_listener(&self, kind: &str, listener: &Function) {
        self.bench.serial_listeners.remove(kind, listener);
    }
}

/// Tells a port's own listeners and those of `navigator.serial`, to which its events bubble.
pub fn dispatch(bench: &Bench, port: &Port, kind: &'static str, target: JsValue) {
    if !bench.serial_permitted() {
        return;
    }
    let event = object(&[("type", kind.into()), ("target", target)]);
    let listeners = [port.listeners.of(kind), bench.serial_listeners.of(kind)].concat();
    later(0, move || {
        for listener in &listeners {
            call(listener, &event);
        }
    });
}
