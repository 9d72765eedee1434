//! USB smart-card readers, CCID revision 1.1.
//!
//! [`descriptor`] finds the reader among a device's interfaces, [`message`] codes its messages, and
//! [`Session`] is the host side of one slot: a synchronous state machine, bytes in and bytes out, the
//! time passed in.
//!
//! What is spoken today: exchange level *short APDU*, where the reader runs the card's transmission
//! protocol itself. TPDU, extended APDU and character level are recognised and refused by name.

pub mod descriptor;
pub mod message;
mod session;

pub use session::{Event, Millis, Operation, Session};
