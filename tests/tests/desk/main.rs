//! The service as a counter PC sees it: requests through the whole router, cards from the simulator.

#![allow(clippy::unwrap_used)]

mod admin;
mod bad_input;
mod bench;
mod cuts;
mod failures;
mod load;
mod proofs;
mod roles;
mod service;
mod sight;
mod sign_in;
