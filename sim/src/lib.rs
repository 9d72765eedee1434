//! Virtual toll card and CCID reader of ETC Desk, and the browser objects that show them to a page.
//!
//! This crate depends on nothing else in the workspace: its codecs and MACs are written a second
//! time on purpose and pinned by published vectors, so that host code is never tested against
//! itself. Three ways lead to the same card:
//!
//! * [`reader`]: a CCID reader at the level of USB transfers, for tests and the explorer;
//! * [`vpcd`] and the program `toll-card`: a socket, for a reader emulated outside;
//! * `web` (wasm only): objects shaped like `navigator.usb`, for the page of a demo instance.

// In a test a panic is the verdict, and money reads as yuan_fen.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::inconsistent_digit_grouping))]

pub mod card;
pub mod crypto;
pub mod demo;
#[cfg(test)]
mod hex;
pub mod reader;
pub mod vpcd;
#[cfg(target_arch = "wasm32")]
mod web;
