//! An open port: bytes out, bytes in, whatever is behind it.

use std::cell::{Cell, RefCell};

use apdu_core::card::Answer;
use apdu_core::fault::Code;
use js_sys::{Promise, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::binding::{Chunk, Port, StreamReader};
use crate::devices::fault::{Phase, done, name_of};

/// So many damaged reads in a row are no disturbance any more.
const DAMAGED: u8 = 32;
/// What the browser keeps until it is read, bytes: its 255 are full after 22 ms at 115 200 baud.
const BUFFER: u32 = 8_192;

/// How a port is opened; 8 data bits without parity or flow control.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    baud_rate: u32,
    stop_bits: u8,
    buffer_size: u32,
}

impl Options {
    /// Options with this speed, bits per second, and so many stop bits.
    pub fn new(baud_rate: u32, stop_bits: u8) -> Self {
        Self {
            baud_rate,
            stop_bits,
            buffer_size: BUFFER,
        }
    }
}

/// Levels of the lines beside the data; one that is missing stays as it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Signals {
    /// DTR.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_terminal_ready: Option<bool>,
    /// RTS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_to_send: Option<bool>,
}

/// A port and the streams of it.
pub struct OpenPort {
    port: Port,
    reader: RefCell<Option<StreamReader>>,
    damaged: Cell<u8>,
}

/// What a read comes to.
pub enum Read {
    /// Bytes of the line.
    Bytes(Vec<u8>),
    /// Overrun, framing, parity or break: bytes were lost, and the port stays open.
    Disturbed,
}

impl OpenPort {
    /// A port that will be [opened](Self::open).
    pub fn new(port: Port) -> Self {
        Self {
            port,
            reader: RefCell::default(),
            damaged: Cell::default(),
        }
    }

    /// Opens the port.
    pub async fn open(&self, options: &Options, signals: &Signals) -> Result<(), Code> {
        // Plain numbers always convert.
        let options = serde_wasm_bindgen::to_value(options).unwrap_or_default();
        done(self.port.open(&options), Phase::OpenPort).await?;
        let signals = serde_wasm_bindgen::to_value(signals).unwrap_or_default();
        // A port without the line cannot hold it at the wrong level either.
        let _ = JsFuture::from(self.port.set_signals(&signals)).await;
        Ok(())
    }

    /// Writes frames; they are on their way when this returns, and the future tells their end.
    pub fn write(
        &self,
        frames: impl IntoIterator<Item = Vec<u8>>,
    ) -> Answer<'static, Result<(), Code>> {
        let Some(writable) = self.port.writable() else {
            return Box::pin(async { Err(Code::ReaderGone) });
        };
        let writer = writable.get_writer();
        let mut written = Promise::resolve(&JsValue::UNDEFINED);
        for frame in frames {
            written = writer.write(&Uint8Array::from(&frame[..]));
        }
        // What was begun goes on without the lock.
        writer.release_lock();
        Box::pin(async move { done(written, Phase::Transfer).await.map(drop) })
    }

    /// The next bytes. After a disturbance the stream of them is another one.
    pub async fn read(&self) -> Result<Read, Code> {
        let reader = {
            let mut reader = self.reader.borrow_mut();
            if reader.is_none() {
                let readable = self.port.readable().ok_or(Code::ReaderGone)?;
                *reader = Some(readable.get_reader());
            }
            reader.clone().ok_or(Code::ReaderGone)?
        };
        match JsFuture::from(reader.read()).await {
            Ok(chunk) => {
                // A stream that was closed has none.
                let bytes = chunk.unchecked_ref::<Chunk>().value();
                let bytes = bytes.ok_or(Code::ReaderGone)?.to_vec();
                self.damaged.set(0);
                Ok(Read::Bytes(bytes))
            }
            Err(error) => {
                self.reader.take();
                self.damaged.set(self.damaged.get() + 1);
                match name_of(&error).as_str() {
                    "NetworkError" => Err(Code::ReaderGone),
                    _ if self.damaged.get() < DAMAGED => Ok(Read::Disturbed),
                    _ => Err(Code::ReaderTransfer),
                }
            }
        }
    }

    /// Closes the port, which cannot be done while its streams are locked.
    pub async fn close(&self) {
        if let Some(reader) = self.reader.take() {
            let _ = JsFuture::from(reader.cancel()).await;
            reader.release_lock();
        }
        let _ = JsFuture::from(self.port.close()).await;
    }
}
