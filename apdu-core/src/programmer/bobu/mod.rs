//! Dialect C, the frames of Bluetooth tags (B-OBU) and of programmers derived from them (serial
//! reference §5).
//!
//! ```text
//! TLV list → channel command (A1, A3 …) → "33" or "50" frames → [WeChat packet]
//! ```

pub mod command;
mod frame;
pub mod list;
mod message;
pub mod wechat;

pub use frame::{Broken, Deframer, Frame, Start};
pub use message::{Assembler, MAX_FRAGMENT, fragments};
