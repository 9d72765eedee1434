//! The service as a counter PC sees it: requests through the whole router, cards from the simulator.

#![allow(clippy::unwrap_used)]

mod admin;
mod applications;
mod bad_input;
mod bench;
mod card_races;
mod card_tasks;
mod cuts;
mod decisions;
mod failures;
mod killed;
mod let_go;
mod load;
mod money;
mod personal;
mod proofs;
mod restore;
mod roles;
mod service;
mod sight;
mod sign_in;
mod tag_ends;
mod tag_races;
mod tag_tasks;
mod tags;
mod take_in;
