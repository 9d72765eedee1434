//! The protocol core of ETC Desk: everything that page, backend and tests must agree on about
//! APDUs, readers, toll cards, OBU programmers and tags.
//!
//! Three layers, lowest first:
//!
//! 1. **Codecs** — pure functions over bytes: [`apdu`], [`atr`], [`ccid::message`],
//!    [`ccid::descriptor`], [`ccid::serial`], [`t1::block`], [`toll_card`], [`obu`], [`secured`], [`programmer`]. Any input
//!    gives a value or an error, never a panic.
//! 2. **Engines** — [`ccid::Session`] with [`t1::T1`] inside it, and [`programmer::Session`]: synchronous state
//!    machines without I/O and without a clock.
//! 3. **Flows** — [`flow`], plain `async fn` over a [`card::Card`], an [`authority::Authority`] and a
//!    [`flow::Progress`]; each reads like the sequence chart of its counter task.
//!
//! What this crate does not do: no keys, no cryptography, no HTTP, no GBK tables. The backend
//! authorises every write; this crate carries the card's raw answers to it.
#![no_std]

extern crate alloc;

#[cfg(test)]
extern crate std;

pub mod apdu;
pub mod atr;
pub mod authority;
pub mod bcd;
pub mod calendar;
pub mod card;
pub mod ccid;
#[cfg(test)]
mod chance;
pub mod fault;
pub mod field_kit;
pub mod flow;
pub mod hex;
pub mod obu;
pub mod obu_programmer;
pub mod programmer;
#[cfg(feature = "schema")]
mod schema;
pub mod secured;
pub mod sw;
pub mod t1;
pub mod toll_card;
pub mod trace;
