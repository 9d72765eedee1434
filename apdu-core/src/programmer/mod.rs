//! OBU programmers 标签发行设备 on a serial line.
//!
//! Two dialects reach a chip: the issuing primitives ([`primitive`], A′) in the envelope of DSRC
//! devices ([`envelope`], A), and the frames of Bluetooth tags ([`bobu`], C). Two others are recognised
//! and named: the lane mode of envelope A ([`lane`]) and the gantry interface ([`dialect_b`]).
//!
//! [`Session`] is the host side of one device: a synchronous state machine, bytes in and bytes out, the
//! time passed in. What vendors disagree on is its [`Profile`]; [`Probe`] finds out which one answers.
//!
//! No public document gives the wire format of a commercial programmer; the serial reference says how
//! sure each fact is.

pub mod apdu_list;
pub mod bobu;
pub mod capture;
pub mod dialect_b;
pub mod dsrc;
pub mod envelope;
pub mod field;
pub mod lane;
mod listener;
pub mod primitive;
mod probe;
mod profile;
mod session;
pub mod survey;
#[cfg(test)]
mod worked;

pub use apdu_list::SwCounted;
pub use bobu::Start;
pub use probe::{Probe, Probed, Tried};
pub use profile::{
    Answers, Bobu, CommandCode, Dialect, Line, Primitives, Profile, Rsctl, Wait, Waits,
};
pub use session::{Event, Operation, Session};

/// The bytes are not what they should be; the name says what that would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is malformed")]
pub struct Malformed(pub &'static str);
