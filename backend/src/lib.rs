//! The central backend that authorises every write.
//!
//! ```text
//! http ──▶ desk ──▶ ledger (pure)
//!             ├───▶ keys   (the only place that touches a key)
//!             └───▶ store  (memory · SQLite · PostgreSQL)
//! ```

// In a test a panic is the verdict.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod admin;
pub mod audit;
pub mod bundle;
pub mod demo;
pub mod desk;
pub mod http;
pub mod import;
pub mod keys;
pub mod ledger;
pub mod random;
pub mod serve;
pub mod sessions;
pub mod store;
pub mod sweep;
pub mod words;
