//! What the device says about itself: standard descriptors (USB 2.0 §9.6) and the CCID class
//! descriptor (CCID §5.1).

use super::contacts::{CLOCK, DEFAULT_FI_DI, data_rate};
use super::model::{Model, Oddity, SMART_CARD_CLASS, Transport};

/// Vendor id: pid.codes, whose product ids 0001 and 0002 are for private tests.
pub const VENDOR_ID: u16 = 0x1209;
/// String descriptors 1, 2 and 3: manufacturer, product, serial number.
pub const STRINGS: [&str; 3] = ["ETC Desk", "Virtual card reader", "SIM00001"];

/// Packet size of endpoint 0.
const CONTROL_PACKET: u8 = 64;
/// bcdUSB 2.00.
const USB_2: [u8; 2] = [0x00, 0x02];
/// Endpoint addresses of the first reader function: bulk OUT, bulk IN, interrupt IN.
pub const ENDPOINTS: [u8; 3] = [0x01, 0x82, 0x83];
/// Endpoint of the keyboard that may be interface 0.
const KEYBOARD_ENDPOINT: u8 = 0x8F;

/// Where a reader function lies in its device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// bInterfaceNumber.
    pub interface: u8,
    /// Bulk OUT, bulk IN, interrupt IN.
    pub endpoints: [u8; 3],
}

impl Place {
    /// The `index`th reader function of a device; the endpoints are numbered on.
    pub fn nth(index: u8, keyboard_first: bool) -> Self {
        Self {
            interface: index + u8::from(keyboard_first),
            endpoints: ENDPOINTS.map(|endpoint| endpoint + 3 * index),
        }
    }
}

/// idProduct: 0001 for a reader that a page may claim, 0002 for the standard one.
pub fn product_id(model: &Model) -> u16 {
    match model.class {
        SMART_CARD_CLASS => 2,
        _ => 1,
    }
}

/// Device descriptor, 18 bytes.
pub fn device(model: &Model) -> Vec<u8> {
    let mut all = vec![18, 1];
    all.extend(USB_2);
    // The interfaces say what class they are.
    all.extend([0, 0, 0, CONTROL_PACKET]);
    all.extend(VENDOR_ID.to_le_bytes());
    all.extend(product_id(model).to_le_bytes());
    // bcdDevice 1.00, the three strings, one configuration.
    all.extend([0x00, 0x01, 1, 2, 3, 1]);
    all
}

/// Device qualifier, 10 bytes: what a high-speed device is at full speed.
pub fn qualifier() -> Vec<u8> {
    let mut all = vec![10, 6];
    all.extend(USB_2);
    all.extend([0, 0, 0, CONTROL_PACKET, 1, 0]);
    all
}

/// The configuration with everything that belongs to it; `kind` 2, or 7 as it would be at the other
/// speed.
pub fn configuration(kind: u8, functions: &[(Place, Model)]) -> Vec<u8> {
    let mut rest = Vec::new();
    let mut interfaces = functions.len() as u8;
    if functions.iter().any(|(_, model)| model.keyboard_first) {
        interfaces += 1;
        rest.extend([9, 4, 0, 0, 1, 3, 1, 1, 0]);
        // HID 1.11: its class descriptor has the type of ours, 21h, and another length.
        rest.extend([9, 0x21, 0x11, 0x01, 0, 1, 0x22, 63, 0]);
        rest.extend([7, 5, KEYBOARD_ENDPOINT, 3, 8, 0, 10]);
    }
    for (place, model) in functions {
        rest.extend(interface(*place, model));
    }
    let mut whole = vec![9, kind];
    whole.extend((9 + rest.len() as u16).to_le_bytes());
    // Configuration 1, bus powered, 100 mA.
    whole.extend([interfaces, 1, 0, 0x80, 50]);
    whole.extend(rest);
    whole
}

fn interface(place: Place, model: &Model) -> Vec<u8> {
    let (protocol, endpoints) = match model.transport {
        Transport::Bulk => (0, 2 + u8::from(model.interrupt)),
        Transport::IccdA => (1, 0),
        Transport::IccdB => (2, 0),
    };
    let mut all = vec![
        9,
        4,
        place.interface,
        0,
        endpoints,
        model.class,
        0,
        protocol,
        0,
    ];
    let mut of_endpoints = Vec::new();
    if endpoints > 0 {
        let [low, high] = (model.packet() as u16).to_le_bytes();
        let [bulk_out, bulk_in, interrupt] = place.endpoints;
        of_endpoints.extend([7, 5, bulk_out, 2, low, high, 0]);
        of_endpoints.extend([7, 5, bulk_in, 2, low, high, 0]);
        if model.interrupt {
            // 16 ms: frames at full speed, 2^(8-1) microframes at high speed.
            let interval = if model.high_speed { 8 } else { 16 };
            of_endpoints.extend([7, 5, interrupt, 3, 8, 0, interval]);
        }
    }
    let mut class = class_descriptor(model);
    match model.oddity {
        Oddity::None => {}
        Oddity::ClassDescriptorLast => {
            all.append(&mut of_endpoints);
        }
        Oddity::LengthZero => all.extend([0, 0x21]),
        Oddity::LengthBeyondEnd => class[0] = 0xFF,
    }
    all.extend(class);
    all.extend(of_endpoints);
    all
}

/// CCID class descriptor, 54 bytes (layout in the reference §4.1).
fn class_descriptor(model: &Model) -> Vec<u8> {
    let mut all = vec![54, 0x21, 0x10, 0x01, model.slots - 1, model.voltages];
    for number in [
        0x0000_0003_u32, // dwProtocols: T=0, T=1
        CLOCK,           // dwDefaultClock, kHz
        CLOCK,           // dwMaximumClock
    ] {
        all.extend(number.to_le_bytes());
    }
    all.push(0); // bNumClockSupported
    let slowest = data_rate(DEFAULT_FI_DI).unwrap_or_default();
    all.extend(slowest.to_le_bytes()); // dwDataRate
    all.extend(model.max_data_rate.to_le_bytes()); // dwMaxDataRate
    all.push(model.data_rates.len() as u8); // bNumDataRatesSupported
    for number in [
        model.announced_ifsd, // dwMaxIFSD
        0,                    // dwSynchProtocols
        0,                    // dwMechanical
        model.all_features(),
        model.announced_message, // dwMaxCCIDMessageLength
    ] {
        all.extend(number.to_le_bytes());
    }
    // bClassGetResponse, bClassEnvelope: as the command; no LCD, no PIN pad.
    all.extend([0xFF, 0xFF, 0, 0, 0, model.busy_slots]);
    all
}

/// A string descriptor; 0 lists the languages, of which there is US English.
pub fn string(index: u8) -> Option<Vec<u8>> {
    if index == 0 {
        return Some(vec![4, 3, 0x09, 0x04]);
    }
    let text = STRINGS.get(usize::from(index) - 1)?;
    let mut all: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    all.splice(0..0, [all.len() as u8 + 2, 3]);
    Some(all)
}
