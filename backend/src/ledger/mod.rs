//! The ledger: who may load what, decided from facts and nothing else.
//!
//! Pure: no HTTP, no SQL, no clock, no randomness, no keys. Each function takes the state it needs
//! and facts that were verified, and answers with a [`Decision`] (rows to write, all or none) or with
//! the [`Code`](apdu_core::fault::Code) of the refusal.
//!
//! ```text
//! created ─pay▶ paid ─authorise▶ loading(n) ─TAC▶ loaded
//!    └─close▶ closed                └─authorise again at n
//! ```

mod authorise;
mod create;
pub mod limits;
mod pay;
mod records;
mod settle;
#[cfg(test)]
mod tests;

pub use authorise::{authorise, may_authorise};
pub use create::{FIRST_RESERVED, Terms, create, may_begin, preflight, terms};
pub use pay::{close, pay};
pub use records::*;
pub use settle::{settle, without_authorisation};
