//! The numbers a province may want to change, in one place.

/// The most one record may load, in fen (5 000 yuan).
pub const LARGEST_AMOUNT: u32 = 500_000;

/// The most a card may hold, in fen (20 000 yuan).
pub const LARGEST_BALANCE: u32 = 2_000_000;

/// Amount of a preflight INIT, in fen: the smallest a card accepts without complaint.
pub const PREFLIGHT_AMOUNT: u32 = 1;

/// How long a preflight number lives, in ms.
pub const NONCE_LIFE: i64 = 60_000;

/// Authorisations at one counter value of one card.
pub const AUTHORISATIONS_PER_COUNTER: usize = 5;

/// The same with those a supervisor may add.
pub const AUTHORISATIONS_WITH_SUPERVISOR: usize = 10;

/// Wrong MAC1s and TACs borne per card, and per sign-in.
pub const WRONG_PROOFS: u32 = 5;

/// A card whose counter stands here takes no further load (`9402`).
pub const LAST_COUNTER: u16 = 0xFFFF;
