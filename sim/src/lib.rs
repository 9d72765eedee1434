//! Virtual toll card, CCID reader, tag and OBU programmer of ETC Desk, and the browser objects that show
//! them to a page.
//!
//! This crate depends on nothing else in the workspace: its codecs and MACs are written a second
//! time on purpose and pinned by published vectors, so that host code is never tested against
//! itself. Several ways lead to the same card:
//!
//! * [`reader`]: a CCID reader at the level of USB transfers, or of a serial line's bytes, for tests
//!   and the explorer;
//! * [`programmer`]: an OBU programmer on a serial line, in either dialect, with [`tag`]s in its field;
//! * `serial_socket` and the program `obu-programmer`: the same line over a socket;
//! * `usbip` and the program `usb-reader`: the same reader as a USB device of a Linux machine;
//! * [`vpcd`] and the program `toll-card`: a socket, for a reader emulated outside;
//! * `web` (wasm only): objects shaped like `navigator.usb` and `navigator.serial`, for the page of a
//!   demo instance.

// In a test a panic is the verdict, and money reads as yuan_fen.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::inconsistent_digit_grouping))]

pub mod card;
pub mod crypto;
pub mod demo;
mod faults;
#[cfg(test)]
mod hex;
pub mod programmer;
pub mod reader;
#[cfg(not(target_arch = "wasm32"))]
pub mod serial_socket;
pub mod tag;
#[cfg(not(target_arch = "wasm32"))]
pub mod usbip;
pub mod vpcd;
#[cfg(target_arch = "wasm32")]
mod web;
