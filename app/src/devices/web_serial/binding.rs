//! The part of Web Serial this page uses, bound by shape.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// An object shaped like `navigator.serial`.
    #[derive(Clone)]
    pub type Serial;
    #[wasm_bindgen(method, js_name = getPorts)]
    pub fn get_ports(this: &Serial) -> Promise;
    #[wasm_bindgen(method, js_name = requestPort)]
    pub fn request_port(this: &Serial) -> Promise;
    #[wasm_bindgen(method, js_name = requestPort)]
    pub fn request_port_of(this: &Serial, options: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = addEventListener)]
    pub fn add_event_listener(this: &Serial, kind: &str, listener: &JsValue);

    /// The event of a port that came or went; its target is the port.
    pub type PortEvent;
    #[wasm_bindgen(method, getter)]
    pub fn target(this: &PortEvent) -> Port;

    /// A `SerialPort`.
    #[derive(Clone, PartialEq)]
    pub type Port;
    #[wasm_bindgen(method)]
    pub fn open(this: &Port, options: &JsValue) -> Promise;
    #[wasm_bindgen(method)]
    pub fn close(this: &Port) -> Promise;
    #[wasm_bindgen(method, js_name = setSignals)]
    pub fn set_signals(this: &Port, signals: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = getInfo)]
    pub fn get_info(this: &Port) -> PortInfo;
    #[wasm_bindgen(method, getter)]
    pub fn readable(this: &Port) -> Option<Readable>;
    #[wasm_bindgen(method, getter)]
    pub fn writable(this: &Port) -> Option<Writable>;

    /// A `SerialPortInfo`.
    pub type PortInfo;
    #[wasm_bindgen(method, getter, js_name = usbVendorId)]
    pub fn usb_vendor_id(this: &PortInfo) -> Option<u16>;
    #[wasm_bindgen(method, getter, js_name = usbProductId)]
    pub fn usb_product_id(this: &PortInfo) -> Option<u16>;

    /// A `ReadableStream` of bytes.
    pub type Readable;
    #[wasm_bindgen(method, js_name = getReader)]
    pub fn get_reader(this: &Readable) -> StreamReader;

    /// A `ReadableStreamDefaultReader`.
    #[derive(Clone)]
    pub type StreamReader;
    #[wasm_bindgen(method)]
    pub fn read(this: &StreamReader) -> Promise;
    #[wasm_bindgen(method)]
    pub fn cancel(this: &StreamReader) -> Promise;
    #[wasm_bindgen(method, js_name = releaseLock)]
    pub fn release_lock(this: &StreamReader);

    /// What a read comes to.
    pub type Chunk;
    #[wasm_bindgen(method, getter)]
    pub fn value(this: &Chunk) -> Option<Uint8Array>;

    /// A `WritableStream` of bytes.
    pub type Writable;
    #[wasm_bindgen(method, js_name = getWriter)]
    pub fn get_writer(this: &Writable) -> StreamWriter;

    /// A `WritableStreamDefaultWriter`.
    pub type StreamWriter;
    #[wasm_bindgen(method)]
    pub fn write(this: &StreamWriter, data: &Uint8Array) -> Promise;
    #[wasm_bindgen(method, js_name = releaseLock)]
    pub fn release_lock(this: &StreamWriter);
}
