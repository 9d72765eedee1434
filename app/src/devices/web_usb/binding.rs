//! The part of WebUSB this page uses, bound by shape: whatever object a provider hands out is taken at
//! its word, so `navigator.usb` and a virtual bus are driven by the same code.

use js_sys::{DataView, Promise, Uint8Array};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// An object shaped like `navigator.usb`.
    #[derive(Clone)]
    pub type Usb;

    #[wasm_bindgen(method, js_name = getDevices)]
    pub fn get_devices(this: &Usb) -> Promise;
    #[wasm_bindgen(method, js_name = requestDevice)]
    pub fn request_device(this: &Usb, options: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = addEventListener)]
    pub fn add_event_listener(this: &Usb, kind: &str, listener: &JsValue);

    /// A `USBConnectionEvent`.
    pub type ConnectionEvent;
    #[wasm_bindgen(method, getter)]
    pub fn device(this: &ConnectionEvent) -> Device;

    /// An object shaped like `USBDevice`.
    #[derive(Clone, PartialEq)]
    pub type Device;

    #[wasm_bindgen(method, getter, js_name = vendorId)]
    pub fn vendor_id(this: &Device) -> u16;
    #[wasm_bindgen(method, getter, js_name = productId)]
    pub fn product_id(this: &Device) -> u16;
    #[wasm_bindgen(method, getter, js_name = deviceVersionMajor)]
    pub fn version_major(this: &Device) -> u8;
    #[wasm_bindgen(method, getter, js_name = deviceVersionMinor)]
    pub fn version_minor(this: &Device) -> u8;
    #[wasm_bindgen(method, getter, js_name = deviceVersionSubminor)]
    pub fn version_subminor(this: &Device) -> u8;
    #[wasm_bindgen(method, getter, js_name = manufacturerName)]
    pub fn manufacturer_name(this: &Device) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = productName)]
    pub fn product_name(this: &Device) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = serialNumber)]
    pub fn serial_number(this: &Device) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    pub fn configurations(this: &Device) -> JsValue;
    #[wasm_bindgen(method, getter)]
    pub fn configuration(this: &Device) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn open(this: &Device) -> Promise;
    #[wasm_bindgen(method)]
    pub fn close(this: &Device) -> Promise;
    #[wasm_bindgen(method, js_name = selectConfiguration)]
    pub fn select_configuration(this: &Device, value: u8) -> Promise;
    #[wasm_bindgen(method, js_name = claimInterface)]
    pub fn claim_interface(this: &Device, number: u8) -> Promise;
    #[wasm_bindgen(method, js_name = controlTransferIn)]
    pub fn control_transfer_in(this: &Device, setup: &JsValue, length: u16) -> Promise;
    #[wasm_bindgen(method, js_name = controlTransferOut)]
    pub fn control_transfer_out(this: &Device, setup: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = transferIn)]
    pub fn transfer_in(this: &Device, endpoint: u8, length: u32) -> Promise;
    #[wasm_bindgen(method, js_name = transferOut)]
    pub fn transfer_out(this: &Device, endpoint: u8, data: &Uint8Array) -> Promise;
    #[wasm_bindgen(method, js_name = clearHalt)]
    pub fn clear_halt(this: &Device, direction: &str, endpoint: u8) -> Promise;

    /// A `USBInTransferResult` or `USBOutTransferResult`.
    pub type TransferResult;
    #[wasm_bindgen(method, getter)]
    pub fn status(this: &TransferResult) -> String;
    #[wasm_bindgen(method, getter)]
    fn data(this: &TransferResult) -> Option<DataView>;
}

/// A `USBConfiguration` as far as the interface classes, which show a protected reader before it is
/// opened.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// bConfigurationValue.
    pub configuration_value: u8,
    /// Its interfaces.
    pub interfaces: Vec<Interface>,
}

/// A `USBInterface`.
#[derive(Deserialize)]
pub struct Interface {
    /// Its alternate settings.
    pub alternates: Vec<Alternate>,
}

/// A `USBAlternateInterface`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alternate {
    /// bInterfaceClass.
    pub interface_class: u8,
}

impl TransferResult {
    /// What came with it.
    pub fn bytes(&self) -> Vec<u8> {
        self.data().map_or_else(Vec::new, |view| {
            let (offset, length) = (view.byte_offset(), view.byte_length());
            let (offset, length) = (offset as u32, length as u32);
            Uint8Array::new_with_byte_offset_and_length(&view.buffer(), offset, length).to_vec()
        })
    }
}
