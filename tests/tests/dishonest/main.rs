//! A page that lies gains nothing: recorded answers, garbage, what was kept in the pocket, and a ledger that
//! has lost what it knew.

#![allow(clippy::unwrap_used)]

mod bench;
mod cards;
mod decisions;
mod evidence;
mod let_go;
mod logs;
mod lost_ledger;
mod recordings;
mod tags;
