//! CCID over Web Serial: the line to a reader that speaks the framing of the GemPC Twin (reference on
//! readers §4.11). Never tried on a physical reader.

mod binding;
mod port;

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use apdu_core::card::Answer;
use apdu_core::ccid::descriptor::{DeviceId, Profile};
use apdu_core::ccid::quirks::GEMPC_TWIN;
use apdu_core::ccid::{Direction, serial};
use apdu_core::fault::Code;
use wasm_bindgen::prelude::*;

use self::binding::PortEvent;
pub use self::binding::{Port, Serial};
pub use self::port::{OpenPort, Options, Read, Signals};
use super::ccid::{Heard, Line, Trouble};
use super::clock::{now, pause};
use crate::storage;

/// Which port is a reader's, across reloads: other devices have ports too.
const REMEMBERED_AS: &str = "etc-serial-reader";

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

/// An open port with a reader behind it.
pub struct SerialLine {
    port: OpenPort,
    framing: RefCell<serial::SerialLine>,
}

impl SerialLine {
    /// Opens a port and finds the reader behind it.
    pub async fn start(port: Port) -> Result<Self, Code> {
        let line = Self {
            port: OpenPort::new(port),
            framing: RefCell::new(serial::SerialLine::open(now())),
        };
        let found = line.find().await;
        if found.is_err() {
            line.port.close().await;
        }
        found.map(|()| line)
    }

    /// Opens the port as such readers want it, and asks who is there.
    async fn find(&self) -> Result<(), Code> {
        self.open_port().await?;
        self.framing.replace(serial::SerialLine::open(now()));
        loop {
            self.write().await?;
            while let Some(heard) = self.poll_heard() {
                match heard {
                    serial::Heard::Ready(_) => return Ok(()),
                    serial::Heard::NoReader(_) => return Err(Code::NotAReader),
                    _ => {}
                }
            }
            let due = self.framing.borrow().poll_timeout();
            let left = due.unwrap_or_default().saturating_sub(now());
            let (mut read, mut over) = (
                pin!(self.read()),
                pin!(pause(Duration::from_millis(left + 1))),
            );
            // What is still being read when the time is over belongs to no reader.
            let read = poll_fn(|context| match read.as_mut().poll(context) {
                Poll::Pending => over.as_mut().poll(context).map(|()| Ok(())),
                read => read,
            });
            read.await?;
            self.framing.borrow_mut().handle_timeout(now());
        }
    }

    /// 115 200 baud, 2 stop bits; RTS low, or the reader greets with its plug-and-play string.
    async fn open_port(&self) -> Result<(), Code> {
        let signals = Signals {
            data_terminal_ready: None,
            request_to_send: Some(false),
        };
        self.port.open(&Options::new(115_200, 2), &signals).await
    }

    fn poll_heard(&self) -> Option<serial::Heard> {
        self.framing.borrow_mut().poll_heard()
    }

    /// Writes what the framing has; it is on its way when this returns.
    fn write(&self) -> Answer<'static, Result<(), Code>> {
        let mut framing = self.framing.borrow_mut();
        self.port
            .write(std::iter::from_fn(|| framing.poll_transmit()))
    }

    /// Hands the next bytes to the framing.
    async fn read(&self) -> Result<(), Code> {
        if let Read::Bytes(bytes) = self.port.read().await? {
            self.framing.borrow_mut().handle_bytes(now(), &bytes);
        }
        Ok(())
    }

    async fn next(&self) -> Result<Heard, Trouble> {
        loop {
            match self.poll_heard() {
                Some(serial::Heard::Message(message)) => return Ok(Heard::Packet(message)),
                Some(serial::Heard::Notification(told)) => {
                    return Ok(Heard::Notification(told.to_vec()));
                }
                Some(serial::Heard::Refused) => return Ok(Heard::Refused),
                Some(serial::Heard::Ready(_) | serial::Heard::NoReader(_)) => {} // known already
                None => self.read().await.map_err(Trouble::Lost)?,
            }
        }
    }
}

impl Line for SerialLine {
    fn send(&self, message: &[u8]) -> Answer<'static, Result<(), Trouble>> {
        self.framing.borrow_mut().send(message);
        let written = self.write();
        Box::pin(async move { written.await.map_err(Trouble::Lost) })
    }

    fn receive(&self) -> Answer<'_, Result<Heard, Trouble>> {
        Box::pin(self.next())
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
        Box::pin(self.find())
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(self.port.close())
    }
}

/// What such a reader can do: it has no descriptors to tell.
pub fn profile() -> Profile {
    let nobody = DeviceId {
        vendor: 0,
        product: 0,
    };
    Profile::new(nobody, GEMPC_TWIN)
}
