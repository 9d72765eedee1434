//! CCID over Web Serial: the line to a reader that speaks the framing of the GemPC Twin (reference on
//! readers §4.11). Never tried on a physical reader.

mod binding;

use std::cell::{Cell, RefCell};

use apdu_core::card::Answer;
use apdu_core::ccid::Direction;
use apdu_core::ccid::descriptor::{DeviceId, Profile};
use apdu_core::ccid::quirks::GEMPC_TWIN;
use apdu_core::fault::Code;
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use self::binding::{Chunk, PortEvent, StreamReader};
pub use self::binding::{Port, Serial};
use super::ccid::{Line, Trouble};
use super::fault::{Phase, done, name_of};
use crate::storage;

/// Which port is a reader's, across reloads: other devices have ports too.
const REMEMBERED_AS: &str = "etc-serial-reader";
/// So many damaged reads in a row are no disturbance any more.
const DAMAGED: u8 = 32;

/// Calls `act` with every port that comes (`connect`) or goes (`disconnect`), as long as the page.
pub fn listen(serial: &Serial, kind: &str, act: impl Fn(Port) + 'static) {
    let listener = Closure::<dyn Fn(PortEvent)>::new(move |event: PortEvent| act(event.target()));
    serial.add_event_listener(kind, listener.as_ref());
    listener.forget();
}

/// What is known of a port: the numbers of its USB adapter, if it has one.
pub fn identity(port: &Port) -> String {
    let info = port.get_info();
    match (info.usb_vendor_id(), info.usb_product_id()) {
        (Some(vendor), Some(product)) => format!("serial:{vendor:04x}:{product:04x}"),
        _ => "serial".to_owned(),
    }
}

/// The name shown for a reader at this port: it tells none.
pub fn name(port: &Port) -> String {
    let info = port.get_info();
    match (info.usb_vendor_id(), info.usb_product_id()) {
        (Some(vendor), Some(product)) => format!("COM {vendor:04X}:{product:04X}"),
        _ => "COM".to_owned(),
    }
}

/// Whether a reader was last found at such a port: only then is it opened without being chosen.
pub fn is_remembered(port: &Port) -> bool {
    let remembered = storage::local().and_then(|s| s.get_item(REMEMBERED_AS).ok().flatten());
    remembered.as_deref() == Some(&identity(port))
}

/// Keeps that a reader was found at such a port.
pub fn remember(port: &Port) {
    if let Some(storage) = storage::local() {
        // A browser that keeps nothing asks again.
        let _ = storage.set_item(REMEMBERED_AS, &identity(port));
    }
}

/// An open port.
pub struct SerialLine {
    port: Port,
    reader: RefCell<Option<StreamReader>>,
    damaged: Cell<u8>,
}

impl SerialLine {
    /// Opens a port as such readers want it.
    pub async fn start(port: Port) -> Result<Self, Code> {
        let line = Self {
            port,
            reader: RefCell::default(),
            damaged: Cell::default(),
        };
        line.open_port().await?;
        Ok(line)
    }

    /// 115 200 baud, 8 data bits, 2 stop bits; RTS low, or the reader greets with its plug-and-play string.
    async fn open_port(&self) -> Result<(), Code> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Options {
            baud_rate: u32,
            data_bits: u8,
            stop_bits: u8,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Signals {
            request_to_send: bool,
        }
        // Plain numbers always convert.
        let options = serde_wasm_bindgen::to_value(&Options {
            baud_rate: 115_200,
            data_bits: 8,
            stop_bits: 2,
        });
        let opened = self.port.open(&options.unwrap_or_default());
        done(opened, Phase::OpenPort).await?;
        let signals = serde_wasm_bindgen::to_value(&Signals {
            request_to_send: false,
        });
        // A port without the line cannot hold it high either.
        let _ = JsFuture::from(self.port.set_signals(&signals.unwrap_or_default())).await;
        Ok(())
    }

    /// The stream of what comes in. After a disturbance it is another one.
    fn reader(&self) -> Option<StreamReader> {
        let mut reader = self.reader.borrow_mut();
        if reader.is_none() {
            *reader = Some(self.port.readable()?.get_reader());
        }
        reader.clone()
    }

    async fn read(&self) -> Result<Vec<u8>, Trouble> {
        let Some(reader) = self.reader() else {
            return Err(Trouble::Lost(Code::ReaderGone));
        };
        match JsFuture::from(reader.read()).await {
            Ok(chunk) => match chunk.unchecked_ref::<Chunk>().value() {
                Some(bytes) => {
                    self.damaged.set(0);
                    Ok(bytes.to_vec())
                }
                None => Err(Trouble::Lost(Code::ReaderGone)), // the stream was closed
            },
            Err(error) => {
                self.reader.take();
                let damaged = self.damaged.get() + 1;
                self.damaged.set(damaged);
                match name_of(&error).as_str() {
                    // Overrun, framing, parity, break: the port stays open, and gives a fresh stream.
                    "NetworkError" => Err(Trouble::Lost(Code::ReaderGone)),
                    _ if damaged > DAMAGED => Err(Trouble::Lost(Code::ReaderTransfer)),
                    _ => Ok(Vec::new()),
                }
            }
        }
    }
}

impl Line for SerialLine {
    fn send(&self, message: &[u8]) -> Answer<'static, Result<(), Trouble>> {
        let Some(writable) = self.port.writable() else {
            return Box::pin(async { Err(Trouble::Lost(Code::ReaderGone)) });
        };
        let writer = writable.get_writer();
        let written = writer.write(&Uint8Array::from(message));
        // What was written before it is released is written all the same.
        writer.release_lock();
        Box::pin(async move {
            let written = done(written, Phase::Transfer).await;
            written.map(drop).map_err(Trouble::Lost)
        })
    }

    fn receive(&self) -> Answer<'_, Result<Vec<u8>, Trouble>> {
        Box::pin(self.read())
    }

    fn notification(&self) -> Option<Answer<'_, Result<Vec<u8>, Trouble>>> {
        None
    }

    fn abort(&self, _slot: u8, _seq: u8) -> Answer<'static, bool> {
        Box::pin(async { false }) // there is no control endpoint
    }

    fn clear_halt(&self, _direction: Direction) -> Answer<'static, Result<(), Code>> {
        Box::pin(async { Ok(()) }) // nor a halt
    }

    fn open(&self) -> Answer<'_, Result<(), Code>> {
        Box::pin(self.open_port())
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async {
            if let Some(reader) = self.reader.take() {
                // The port cannot be closed while its streams are locked.
                let _ = JsFuture::from(reader.cancel()).await;
                reader.release_lock();
            }
            let _ = JsFuture::from(self.port.close()).await;
        })
    }
}

/// What such a reader can do: it has no descriptors to tell.
pub fn profile() -> Profile {
    Profile::new(
        DeviceId {
            vendor: 0,
            product: 0,
        },
        GEMPC_TWIN,
    )
}
