//! What the end-to-end tests share.
//!
//! * [`bus`]: the real CCID engine against the virtual reader, packet by packet, in virtual time.
//! * [`serial_bus`]: the same over a serial line.
//! * [`programmer_bus`]: the real programmer engine against the virtual programmer, byte by byte.
//! * [`explore`]: the real flows, the real ledger and a card with real semantics, cut at every await.
//! * [`dishonest`]: a page that lies.
//! * [`simulate`]: days at several counters, by chance.
//! * [`browser`]: the production page in a real Chromium.
//! * [`replay`]: cards whose exchanges are noted, and cards that answer as captured.
//! * [`scratch`]: databases of a test's own.

pub mod browser;
pub mod bus;
pub mod dishonest;
pub mod explore;
pub mod programmer_bus;
pub mod replay;
pub mod scratch;
pub mod serial_bus;
pub mod simulate;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future that never waits for anything outside itself; `None` where it would wait for ever,
/// as a task does whose tab was closed.
pub fn run<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    // Nothing here wakes anything: what is pending once stays pending.
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Waits for the backend: its store may be a database, and passwords are hashed on a thread of their own.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime on this thread");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}
