//! The part of the Web Smart Card API this page uses, bound by shape.

use js_sys::{ArrayBuffer, Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// An object shaped like `navigator.smartCard`.
    #[derive(Clone)]
    pub type ResourceManager;
    #[wasm_bindgen(method, js_name = establishContext)]
    pub fn establish_context(this: &ResourceManager) -> Promise;

    /// A `SmartCardContext`: one operation at a time.
    #[derive(Clone)]
    pub type Context;
    #[wasm_bindgen(method, js_name = listReaders)]
    pub fn list_readers(this: &Context) -> Promise;
    #[wasm_bindgen(method, js_name = getStatusChange)]
    pub fn get_status_change(this: &Context, states: &JsValue, options: &JsValue) -> Promise;
    #[wasm_bindgen(method)]
    pub fn connect(this: &Context, reader: &str, mode: &str, options: &JsValue) -> Promise;

    /// What `connect` comes to.
    pub type Connected;
    #[wasm_bindgen(method, getter)]
    pub fn connection(this: &Connected) -> Connection;

    /// A `SmartCardConnection`.
    #[derive(Clone)]
    pub type Connection;
    #[wasm_bindgen(method)]
    pub fn transmit(this: &Connection, command: &Uint8Array) -> Promise;
    #[wasm_bindgen(method, js_name = startTransaction)]
    pub fn start_transaction(this: &Connection, transaction: &JsValue) -> Promise;
    #[wasm_bindgen(method)]
    pub fn status(this: &Connection) -> Promise;
    #[wasm_bindgen(method)]
    pub fn disconnect(this: &Connection, disposition: &str) -> Promise;

    /// What `status` comes to.
    pub type Status;
    #[wasm_bindgen(method, getter, js_name = answerToReset)]
    pub fn answer_to_reset(this: &Status) -> Option<ArrayBuffer>;

    /// A reader's state as `getStatusChange` reports it.
    pub type ReaderState;
    #[wasm_bindgen(method, getter, js_name = eventState)]
    pub fn event_state(this: &ReaderState) -> Flags;
    #[wasm_bindgen(method, getter, js_name = eventCount)]
    pub fn event_count(this: &ReaderState) -> u32;

    /// A `SmartCardReaderStateFlagsOut`.
    #[wasm_bindgen(extends = Object)]
    pub type Flags;
    #[wasm_bindgen(method, getter)]
    pub fn present(this: &Flags) -> Option<bool>;
    #[wasm_bindgen(method, getter)]
    pub fn unavailable(this: &Flags) -> Option<bool>;
    #[wasm_bindgen(method, getter)]
    pub fn unknown(this: &Flags) -> Option<bool>;

    /// A `SmartCardError`, or any other exception.
    pub type CardError;
    #[wasm_bindgen(method, getter, js_name = responseCode)]
    pub fn response_code(this: &CardError) -> Option<String>;
}
