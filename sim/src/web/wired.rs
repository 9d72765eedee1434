//! What can be at the end of a serial line: a reader, or a programmer.

use js_sys::Date;
use wasm_bindgen::JsValue;

use super::browser::object;
use crate::programmer::{Millis, Programmer};
use crate::reader::{Reader, SerialReader};

/// A USB serial chip, as the programmer has one: vendor and product of an FTDI FT232.
pub const FTDI: [u16; 2] = [0x0403, 0x6001];

/// Settings of a line, as a page opens it.
pub struct Settings {
    pub baud: u32,
    pub data: u32,
    pub stop: u32,
    pub no_parity: bool,
}

/// The device behind a port.
pub enum Wired {
    /// A reader in the framing of the GemPC Twin, on a port of the machine itself.
    Reader(Box<SerialReader>),
    /// An OBU programmer, behind a USB serial chip.
    Programmer(Box<Programmer>),
}

impl Wired {
    /// The reader, if it is one.
    pub fn reader_mut(&mut self) -> Option<&mut Reader> {
        match self {
            Self::Reader(serial) => Some(serial.reader_mut()),
            Self::Programmer(_) => None,
        }
    }

    /// The programmer, if it is one.
    pub fn programmer(&self) -> Option<&Programmer> {
        match self {
            Self::Programmer(programmer) => Some(programmer),
            Self::Reader(_) => None,
        }
    }

    /// The programmer, if it is one.
    pub fn programmer_mut(&mut self) -> Option<&mut Programmer> {
        match self {
            Self::Programmer(programmer) => Some(programmer),
            Self::Reader(_) => None,
        }
    }

    /// Vendor and product where it is a USB device.
    pub fn usb(&self) -> Option<[u16; 2]> {
        self.programmer().map(|_| FTDI)
    }

    /// What `getInfo` says of it: nothing of a port of the machine itself.
    pub fn info(&self) -> JsValue {
        match self.usb() {
            Some([vendor, product]) => object(&[
                ("usbVendorId", vendor.into()),
                ("usbProductId", product.into()),
            ]),
            None => object(&[]),
        }
    }

    /// Whether both sides understand each other at these settings; otherwise they hear noise.
    pub fn understands(&self, line: &Settings) -> bool {
        let stop = match self {
            Self::Reader(_) => 2,
            Self::Programmer(_) => 1,
        };
        (line.baud, line.data, line.stop, line.no_parity) == (115_200, 8, stop, true)
    }

    /// The page's lines; both are high when a port is opened.
    pub fn set_signals(&mut self, request_to_send: Option<bool>, terminal_ready: Option<bool>) {
        match self {
            Self::Reader(serial) => {
                if let Some(high) = request_to_send {
                    serial.set_request_to_send(high);
                }
            }
            Self::Programmer(programmer) => {
                if let Some(high) = terminal_ready {
                    programmer.set_data_terminal_ready(high);
                }
            }
        }
    }

    /// Takes bytes of the page.
    pub fn write(&mut self, bytes: &[u8]) {
        match self {
            Self::Reader(serial) => serial.write(bytes),
            Self::Programmer(programmer) => {
                programmer.tick(now());
                programmer.write(bytes);
            }
        }
    }

    /// What the device has said by now.
    pub fn read(&mut self) -> Vec<u8> {
        match self {
            Self::Reader(serial) => serial.read(),
            Self::Programmer(programmer) => {
                programmer.tick(now());
                programmer.read()
            }
        }
    }

    /// In how many milliseconds the device says more by itself.
    pub fn says_more_in(&self) -> Option<u32> {
        let due = self.programmer()?.next_due()?;
        Some(due.saturating_sub(now()) as u32)
    }
}

fn now() -> Millis {
    Date::now() as Millis
}
