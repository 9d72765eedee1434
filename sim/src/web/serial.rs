//! The object shaped like `navigator.serial`, and its ports.
//!
//! Behaviour and error names follow Web Serial and Chromium (reference "webusb-ccid" §6.3).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::Bench;
use super::browser::{
    array, buffer_source, call, exception, invoke, later, object, property, settled, store, stored,
};
use super::listeners::Listeners;
use super::wired::{Settings, Wired};

/// How long a device takes for a command, so that a page has progress to show.
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

/// One plug of a device. After the plug is pulled it is gone for good; the next plug is another.
pub struct Port {
    pub wired: RefCell<Wired>,
    bench: Rc<Bench>,
    /// localStorage key: the page may use it without asking again.
    permission: &'static str,
    gone: Cell<bool>,
    opened: Cell<bool>,
    /// The line is set as the device needs it; otherwise both sides hear noise.
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
    pub fn new(bench: Rc<Bench>, wired: Wired, permission: &'static str) -> Self {
        Self {
            wired: RefCell::new(wired),
            bench,
            permission,
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

    pub fn permitted(&self) -> bool {
        stored(self.permission).is_some()
    }

    fn permit(&self, yes: bool) {
        store(self.permission, yes.then_some("1"));
    }

    /// Hands what the device has said to the page, now and when it says more.
    pub fn pump(self: &Rc<Self>) {
        let said = self.wired.borrow_mut().read();
        let more = self.wired.borrow().says_more_in();
        if !said.is_empty()
            && self.understood.get()
            && let Some(source) = &*self.source.borrow()
        {
            invoke(source, "enqueue", &Uint8Array::from(&said[..]));
        }
        if let Some(wait) = more {
            let port = Rc::clone(self);
            later(wait, move || port.pump());
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

    /// Bytes of the page. The state of card and tags is kept before an answer can be read.
    fn write(self: &Rc<Self>, chunk: &JsValue) {
        if !self.understood.get() {
            return;
        }
        {
            let mut wired = self.wired.borrow_mut();
            wired.write(&buffer_source(chunk));
            match &mut *wired {
                Wired::Reader(serial) => self.bench.after_command(serial.reader_mut()),
                Wired::Programmer(programmer) => self.bench.after_exchange(programmer),
            }
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

    /// Vendor and product of a USB serial chip; nothing of a port of the machine itself.
    #[wasm_bindgen(js_name = getInfo)]
    pub fn info(&self) -> JsValue {
        self.port.wired.borrow().info()
    }

    /// Opens the port. Both devices understand 115200 baud, 8 data bits, no parity; the reader 2 stop bits, the
    /// programmer 1.
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
        let line = Settings {
            baud,
            data,
            stop,
            no_parity: plain,
        };
        port.understood.set(port.wired.borrow().understands(&line));
        port.wired.borrow_mut().set_signals(Some(true), Some(true));
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

    /// Sets `requestToSend` and `dataTerminalReady`; what else there may be has no line here.
    #[wasm_bindgen(js_name = setSignals)]
    pub fn set_signals(&self, signals: &JsValue) -> Promise {
        settled(self.port.must_be_open().map(|()| {
            let level = |name| property(signals, name).as_bool();
            let mut wired = self.port.wired.borrow_mut();
            wired.set_signals(level("requestToSend"), level("dataTerminalReady"));
            JsValue::UNDEFINED
        }))
    }

    /// The lines of the device: it is there.
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
        self.port.permit(false);
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
    /// The plugged ports that the page may use.
    #[wasm_bindgen(js_name = getPorts)]
    pub fn get_ports(&self) -> Promise {
        let ports = self.bench.ports().into_iter();
        let permitted = ports.filter(|(port, _)| port.permitted());
        settled(Ok(array(permitted.map(|(_, object)| object))))
    }

    /// The chooser, in which the user always picks a plugged port that the filters let through.
    #[wasm_bindgen(js_name = requestPort)]
    pub fn request_port(&self, options: &JsValue) -> Promise {
        settled(match self.bench.picked(options) {
            Some((port, object)) => {
                port.permit(true);
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
    if !port.permitted() {
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
