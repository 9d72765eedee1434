//! CCID over WebUSB: finds the readers among a device's interfaces, and is the line to one of them.

mod binding;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use apdu_core::card::Answer;
use apdu_core::ccid::Direction;
use apdu_core::ccid::descriptor::{
    Access, DeviceId, Endpoint, Endpoints, PROTECTED_CLASS, ReaderInterface,
};
use apdu_core::fault::Code;
use js_sys::{Promise, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use self::binding::{Configuration, ConnectionEvent, TransferResult};
pub use self::binding::{Device, Usb};
use super::ccid::{Heard, Line, Trouble};
use super::clock::pause;
use super::fault::{Phase, done, name_of};
use super::provider;

/// GET_DESCRIPTOR, the one standard request a page needs.
const GET_DESCRIPTOR: u8 = 0x06;
/// ABORT, CCID 1.1 §5.3.1.
const ABORT: u8 = 0x01;
/// An interface that another tab lets go at this moment may still be claimed.
const CLAIM_TRIES: u8 = 4;
const CLAIM_PAUSE: Duration = Duration::from_millis(200);

/// The readers of an open device.
pub struct Found {
    /// The CCID interfaces, usable or not.
    pub interfaces: Vec<ReaderInterface>,
    /// The raw configuration descriptors, one behind the other.
    pub descriptors: Vec<u8>,
}

/// What this page may claim.
pub fn access() -> Access {
    if provider::is_unrestricted() {
        Access::Unrestricted
    } else {
        Access::Page
    }
}

/// Calls `act` with every device that comes (`connect`) or goes (`disconnect`), as long as the page.
pub fn listen(usb: &Usb, kind: &str, act: impl Fn(Device) + 'static) {
    let listener = Closure::<dyn Fn(ConnectionEvent)>::new(move |event: ConnectionEvent| {
        act(event.device());
    });
    usb.add_event_listener(kind, listener.as_ref());
    listener.forget();
}

/// Asks the person to choose a reader: of vendor class, the class-0x00 readers of one vendor, and
/// protected readers too, so that their refusal can be explained instead of an empty list.
pub fn request(usb: &Usb) -> Promise {
    #[derive(Serialize)]
    struct Options {
        filters: [Filter; 3],
    }
    #[derive(Serialize, Default)]
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
    let filters = [class(0xFF), class(PROTECTED_CLASS), acs];
    // Plain numbers in plain structs always convert.
    let options = serde_wasm_bindgen::to_value(&Options { filters });
    usb.request_device(&options.unwrap_or_default())
}

/// Whether every interface of the device is of the protected class, as the browser shows it before
/// anything is opened. Nothing is concluded from vendor and product number.
pub fn is_protected(device: &Device) -> bool {
    let tree = configurations(device);
    let mut classes = (tree.iter())
        .flat_map(|configuration| &configuration.interfaces)
        .filter_map(|interface| interface.alternates.first())
        .map(|alternate| alternate.interface_class)
        .peekable();
    classes.peek().is_some() && classes.all(|class| class == PROTECTED_CLASS)
}

/// The class of the device's first interface, as the browser shows it before anything is opened; 00 where it
/// shows none.
pub fn class(device: &Device) -> u8 {
    let tree = configurations(device);
    let first = tree
        .first()
        .and_then(|configuration| configuration.interfaces.first());
    let first = first.and_then(|interface| interface.alternates.first());
    first.map_or(0, |alternate| alternate.interface_class)
}

/// The name a device gives itself, or its numbers.
pub fn name(device: &Device) -> String {
    let name = device.product_name().unwrap_or_default();
    if name.trim().is_empty() {
        let (vendor, product) = (device.vendor_id(), device.product_id());
        format!("USB {vendor:04X}:{product:04X}")
    } else {
        name
    }
}

/// What tells this device from others, also after it was unplugged: the browser makes a new object of it
/// then.
pub fn identity(device: &Device) -> String {
    let serial = device.serial_number().unwrap_or_default();
    let (vendor, product) = (device.vendor_id(), device.product_id());
    format!("{vendor:04x}:{product:04x}:{serial}")
}

/// Opens a device and reads its raw configuration descriptors: WebUSB shows no class descriptors.
pub async fn open(device: &Device) -> Result<Found, Code> {
    done(device.open(), Phase::Open).await?;
    let id = DeviceId {
        vendor: device.vendor_id(),
        product: device.product_id(),
    };
    let mut found = Found {
        interfaces: Vec::new(),
        descriptors: Vec::new(),
    };
    for index in 0..configurations(device).len().max(1) {
        // A configuration descriptor says its own whole length in bytes 2 and 3.
        let head = descriptor(device, index, 9).await?;
        let &[_, _, low, high, ..] = head.as_slice() else {
            continue;
        };
        let whole = descriptor(device, index, u16::from_le_bytes([low, high])).await?;
        let interfaces = ReaderInterface::discover(id, &whole);
        found.interfaces.extend(interfaces);
        found.descriptors.extend(whole);
    }
    Ok(found)
}

/// Closes a device; one that is gone has nothing to close.
pub async fn close(device: &Device) {
    let _ = JsFuture::from(device.close()).await;
}

async fn descriptor(device: &Device, index: usize, length: u16) -> Result<Vec<u8>, Code> {
    let setup = Setup {
        request_type: "standard",
        recipient: "device",
        request: GET_DESCRIPTOR,
        value: 0x0200 | index as u16,
        index: 0,
    };
    let read = device.control_transfer_in(&setup.to_js(), length);
    let read = done(read, Phase::Transfer).await?;
    Ok(read.unchecked_ref::<TransferResult>().bytes())
}

fn configurations(device: &Device) -> Vec<Configuration> {
    serde_wasm_bindgen::from_value(device.configurations()).unwrap_or_default()
}

/// A control request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Setup {
    request_type: &'static str,
    recipient: &'static str,
    request: u8,
    value: u16,
    index: u16,
}

impl Setup {
    fn to_js(&self) -> JsValue {
        // Plain numbers and words always convert.
        serde_wasm_bindgen::to_value(self).unwrap_or_default()
    }
}

/// The line to one interface of an open device.
pub struct UsbLine {
    device: Device,
    configuration: u8,
    interface: u8,
    endpoints: Endpoints,
    /// Whether a transfer failed without a reason: on Windows that may be a halt, which is never
    /// reported there (reference §3). Twice in a row it is not.
    doubtful: Rc<Cell<bool>>,
}

impl UsbLine {
    /// Claims a usable interface of an open device.
    pub async fn claim(
        device: Device,
        interface: &ReaderInterface,
        endpoints: Endpoints,
    ) -> Result<Self, Code> {
        let line = Self {
            device,
            configuration: interface.configuration,
            interface: interface.number,
            endpoints,
            doubtful: Rc::default(),
        };
        line.claim_interface().await?;
        Ok(line)
    }

    /// Selects the configuration, unless it is active already, and claims the interface.
    async fn claim_interface(&self) -> Result<(), Code> {
        let active: Option<Configuration> =
            serde_wasm_bindgen::from_value(self.device.configuration()).unwrap_or_default();
        if active.is_none_or(|active| active.configuration_value != self.configuration) {
            let selected = self.device.select_configuration(self.configuration);
            done(selected, Phase::Claim).await?;
        }
        for _try in 1..CLAIM_TRIES {
            match done(self.device.claim_interface(self.interface), Phase::Claim).await {
                Err(Code::ReaderBusy) => pause(CLAIM_PAUSE).await,
                claimed => return claimed.map(drop),
            }
        }
        done(self.device.claim_interface(self.interface), Phase::Claim)
            .await
            .map(drop)
    }

    async fn receive_from(&self, endpoint: Endpoint) -> Result<Vec<u8>, Trouble> {
        // One packet: more could be lost to babble, and an answer of full packets need not end with
        // an empty one (reference §4.9).
        let length = u32::from(endpoint.packet_size);
        let transfer = self.device.transfer_in(endpoint.number, length);
        Ok(transferred(transfer, &self.doubtful).await?.bytes())
    }
}

/// Awaits a transfer. `bytesWritten` is not looked at: browsers report the requested length.
async fn transferred(transfer: Promise, doubtful: &Cell<bool>) -> Result<TransferResult, Trouble> {
    let result = match JsFuture::from(transfer).await {
        Ok(result) => result.unchecked_into::<TransferResult>(),
        Err(error) => {
            return Err(
                match super::fault::fault_of(&name_of(&error), Phase::Transfer) {
                    Code::ReaderTransfer if !doubtful.replace(true) => Trouble::Halted,
                    code => Trouble::Lost(code),
                },
            );
        }
    };
    match result.status().as_str() {
        "ok" => {
            doubtful.set(false);
            Ok(result)
        }
        "stall" => Err(Trouble::Halted),
        _ => Err(Trouble::Lost(Code::ReaderTransfer)), // babble: something was lost
    }
}

impl Line for UsbLine {
    fn send(&self, message: &[u8]) -> Answer<'static, Result<(), Trouble>> {
        let endpoint = self.endpoints.bulk_out.number;
        let transfer = self
            .device
            .transfer_out(endpoint, &Uint8Array::from(message));
        let doubtful = self.doubtful.clone();
        Box::pin(async move { transferred(transfer, &doubtful).await.map(drop) })
    }

    fn receive(&self) -> Answer<'_, Result<Heard, Trouble>> {
        Box::pin(async {
            let packet = self.receive_from(self.endpoints.bulk_in).await;
            packet.map(Heard::Packet)
        })
    }

    fn notification(&self) -> Option<Answer<'_, Result<Vec<u8>, Trouble>>> {
        let endpoint = self.endpoints.interrupt?;
        Some(Box::pin(self.receive_from(endpoint)))
    }

    fn abort(&self, slot: u8, seq: u8) -> Answer<'static, bool> {
        let setup = Setup {
            request_type: "class",
            recipient: "interface",
            request: ABORT,
            value: u16::from_be_bytes([seq, slot]),
            index: u16::from(self.interface),
        };
        let taken = JsFuture::from(self.device.control_transfer_out(&setup.to_js()));
        Box::pin(async move {
            let taken = taken.await;
            taken.is_ok_and(|taken| taken.unchecked_ref::<TransferResult>().status() == "ok")
        })
    }

    fn clear_halt(&self, direction: Direction) -> Answer<'static, Result<(), Code>> {
        let (name, endpoint) = match direction {
            Direction::In => ("in", self.endpoints.bulk_in),
            Direction::Out => ("out", self.endpoints.bulk_out),
        };
        let cleared = self.device.clear_halt(name, endpoint.number);
        Box::pin(async move { done(cleared, Phase::Transfer).await.map(drop) })
    }

    fn open(&self) -> Answer<'_, Result<(), Code>> {
        Box::pin(async {
            done(self.device.open(), Phase::Open).await?;
            self.claim_interface().await
        })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(close(&self.device))
    }
}
