//! The part of WebUSB this page uses, bound by shape: whatever object a provider hands out is taken at
//! its word, so `navigator.usb` and a virtual bus are driven by the same code.

use apdu_core::fault::Code;
use js_sys::{Promise, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

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
    #[wasm_bindgen(method, getter, js_name = productName)]
    pub fn product_name(this: &Device) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = serialNumber)]
    pub fn serial_number(this: &Device) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn configurations(this: &Device) -> JsValue;
    #[wasm_bindgen(method, getter)]
    fn configuration(this: &Device) -> JsValue;
    #[wasm_bindgen(method)]
    fn open(this: &Device) -> Promise;
    #[wasm_bindgen(method)]
    fn close(this: &Device) -> Promise;
    #[wasm_bindgen(method, js_name = selectConfiguration)]
    fn select_configuration(this: &Device, value: u8) -> Promise;
    #[wasm_bindgen(method, js_name = claimInterface)]
    fn claim_interface(this: &Device, number: u8) -> Promise;
    #[wasm_bindgen(method, js_name = controlTransferIn)]
    fn control_transfer_in(this: &Device, setup: &JsValue, length: u16) -> Promise;
    #[wasm_bindgen(method, js_name = controlTransferOut)]
    fn control_transfer_out(this: &Device, setup: &JsValue) -> Promise;
    #[wasm_bindgen(method, js_name = transferIn)]
    fn transfer_in(this: &Device, endpoint: u8, length: u32) -> Promise;
    #[wasm_bindgen(method, js_name = transferOut)]
    fn transfer_out(this: &Device, endpoint: u8, data: &Uint8Array) -> Promise;
    #[wasm_bindgen(method, js_name = clearHalt)]
    fn clear_halt(this: &Device, direction: &str, endpoint: u8) -> Promise;

    /// A `USBInTransferResult` or `USBOutTransferResult`.
    type TransferResult;
    #[wasm_bindgen(method, getter)]
    fn status(this: &TransferResult) -> String;
    #[wasm_bindgen(method, getter)]
    fn data(this: &TransferResult) -> Option<js_sys::DataView>;

    /// Anything with a `name`: a `DOMException`.
    type Named;
    #[wasm_bindgen(method, getter)]
    fn name(this: &Named) -> Option<String>;
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

/// What the page was doing when a call failed: the same exception means different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The person was asked to choose.
    Choose,
    /// `open()`.
    Open,
    /// `claimInterface()` and what leads to it.
    Claim,
    /// Any transfer.
    Transfer,
}

/// The fault behind a rejected promise, by the exception's name and the phase; never by its message.
pub fn fault_of(error: &JsValue, phase: Phase) -> Code {
    let name = error.unchecked_ref::<Named>().name().unwrap_or_default();
    match (phase, name.as_str()) {
        (Phase::Choose, "NotFoundError") => Code::NothingChosen,
        (Phase::Choose, _) => Code::ReaderAccessDenied,
        (_, "NotFoundError" | "AbortError") => Code::ReaderGone,
        // Chromium says SecurityError where the operating system refuses; the specification says NetworkError.
        (Phase::Open, "SecurityError" | "NetworkError") => Code::ReaderAccessDenied,
        (Phase::Claim, "SecurityError") => Code::ProtectedReader,
        (Phase::Claim, "NetworkError" | "InvalidStateError") => Code::ReaderBusy,
        _ => Code::ReaderTransfer,
    }
}

/// A control request: GET_DESCRIPTOR of the device, ABORT of the interface.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Setup {
    request_type: &'static str,
    recipient: &'static str,
    request: u8,
    value: u16,
    index: u16,
}

impl Device {
    /// What the browser shows of the device's configurations.
    pub fn configuration_tree(&self) -> Vec<Configuration> {
        serde_wasm_bindgen::from_value(self.configurations()).unwrap_or_default()
    }

    /// Opens the device and reads one raw configuration descriptor after the other, until `find` takes
    /// one.
    pub async fn open_and_find<T>(
        &self,
        configurations: usize,
        find: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, Code> {
        done(self.open(), Phase::Open).await?;
        for index in 0..configurations {
            // A configuration descriptor says its own whole length in bytes 2 and 3.
            let head = self.configuration_descriptor(index, 9).await?;
            let &[_, _, low, high, ..] = head.as_slice() else {
                continue;
            };
            let length = u16::from_le_bytes([low, high]);
            let whole = self.configuration_descriptor(index, length).await?;
            if let Some(found) = find(&whole) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn configuration_descriptor(&self, index: usize, length: u16) -> Result<Vec<u8>, Code> {
        let setup = Setup {
            request_type: "standard",
            recipient: "device",
            request: 0x06,
            value: 0x0200 | index as u16,
            index: 0,
        };
        let setup = serde_wasm_bindgen::to_value(&setup).map_err(|_| Code::ReaderTransfer)?;
        let result = done(self.control_transfer_in(&setup, length), Phase::Transfer).await?;
        Ok(bytes(result.unchecked_ref()))
    }

    /// Selects the configuration, unless it is active already, and claims the interface.
    pub async fn claim(&self, configuration: u8, interface: u8) -> Result<(), Code> {
        let active: Option<Configuration> =
            serde_wasm_bindgen::from_value(self.configuration()).unwrap_or_default();
        if active.is_none_or(|active| active.configuration_value != configuration) {
            done(self.select_configuration(configuration), Phase::Claim).await?;
        }
        done(self.claim_interface(interface), Phase::Claim).await?;
        Ok(())
    }

    /// One IN transfer; an empty packet is an answer too.
    pub async fn receive(&self, endpoint: u8, length: u16) -> Result<Vec<u8>, Code> {
        let transfer = self.transfer_in(endpoint, u32::from(length));
        let result = done(transfer, Phase::Transfer).await?;
        let result: &TransferResult = result.unchecked_ref();
        match result.status().as_str() {
            "ok" => Ok(bytes(result)),
            "stall" => {
                done(self.clear_halt("in", endpoint), Phase::Transfer).await?;
                Ok(Vec::new())
            }
            _ => Err(Code::ReaderTransfer),
        }
    }

    /// One OUT transfer. `bytesWritten` is not looked at: browsers report the requested length.
    pub async fn send(&self, endpoint: u8, data: &[u8]) -> Result<(), Code> {
        let transfer = self.transfer_out(endpoint, &Uint8Array::from(data));
        let result = done(transfer, Phase::Transfer).await?;
        match result.unchecked_ref::<TransferResult>().status().as_str() {
            "ok" => Ok(()),
            _ => Err(Code::ReaderTransfer),
        }
    }

    /// The class request ABORT (CCID 1.1 §5.3.1).
    pub async fn abort(&self, interface: u8, slot: u8, seq: u8) -> Result<(), Code> {
        let setup = Setup {
            request_type: "class",
            recipient: "interface",
            request: 0x01,
            value: u16::from_be_bytes([seq, slot]),
            index: u16::from(interface),
        };
        let setup = serde_wasm_bindgen::to_value(&setup).map_err(|_| Code::ReaderTransfer)?;
        let result = done(self.control_transfer_out(&setup), Phase::Transfer).await?;
        match result.unchecked_ref::<TransferResult>().status().as_str() {
            "ok" => Ok(()),
            _ => Err(Code::ReaderTransfer),
        }
    }

    /// Clears the halt of an endpoint.
    pub async fn clear(&self, direction: &str, endpoint: u8) -> Result<(), Code> {
        done(self.clear_halt(direction, endpoint), Phase::Transfer).await?;
        Ok(())
    }

    /// Closes the device. Pending transfers end; a device that is gone has nothing to close.
    pub async fn shut(&self) {
        let _ = JsFuture::from(self.close()).await;
    }
}

/// Awaits a call of the API and names its failure.
pub async fn done(promise: Promise, phase: Phase) -> Result<JsValue, Code> {
    JsFuture::from(promise)
        .await
        .map_err(|error| fault_of(&error, phase))
}

fn bytes(result: &TransferResult) -> Vec<u8> {
    result.data().map_or_else(Vec::new, |view| {
        let (offset, length) = (view.byte_offset(), view.byte_length());
        Uint8Array::new_with_byte_offset_and_length(&view.buffer(), offset as u32, length as u32)
            .to_vec()
    })
}
