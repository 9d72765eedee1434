//! Smart-card readers, CCID revision 1.1, over USB and over a serial line.
//!
//! [`descriptor`] finds the readers among a device's interfaces, [`quirks`] is what is known about single
//! models, [`message`] codes what goes over the bulk endpoints and [`parameters`] what cards and readers agree on.
//! [`Session`] is the host side of one slot: a synchronous state machine, bytes in and bytes out, the time passed
//! in. [`serial`] puts its messages on a serial line.
//!
//! Spoken are the exchange levels *TPDU* (T=0 here, T=1 by [`t1`](crate::t1)), *short APDU* and *extended
//! APDU*. Character level and ICCD are recognised and refused by name.

pub mod descriptor;
pub mod message;
pub mod parameters;
pub mod quirks;
pub mod serial;
mod session;

pub use session::{Blocks, Direction, Event, Link, Millis, Operation, Session, Transmit};
