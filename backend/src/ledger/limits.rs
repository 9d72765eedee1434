//! The numbers a province may want to change, in one place.

use apdu_core::fault::Code;

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

/// Let-go nonces at one counter value of one card.
pub const LET_GO_OFFERS: u32 = 5;

/// How long a refund without the card waits after the day it was approved on: one whole
/// reconciliation day.
pub const RECONCILIATION_DAYS: i64 = 1;

/// Persons who must agree before anything is decided without the card.
pub const APPROVALS: usize = 2;

/// Records one operator may open on one day of the issuer.
pub const RECORDS_PER_DAY: u32 = 500;

/// Their sum, in fen (200 000 yuan).
pub const FEN_PER_DAY: u64 = 20_000_000;

/// Commands signed for one chip before a supervisor allows as many again.
pub const SIGNATURES: u32 = 10;

/// Failures of one chip after which it is refused at the outlet where they happened: it is retried once.
pub const FAILURES_HERE: usize = 2;

/// Failures of one chip, at any outlets, after which it counts as damaged.
pub const FAILURES_ANYWHERE: usize = 3;

/// How long a chip for which something was signed may stay unread before that counts as a failure, ms.
pub const UNREAD: i64 = 24 * 60 * 60 * 1_000;

/// Different cards that may fail for one application before a supervisor is asked: then it is not the cards.
pub const CARDS_FAILED: usize = 3;

/// For how many years a card is issued, where its stock record does not say otherwise.
pub const CARD_YEARS: u8 = 10;

/// For how many years a tag is issued.
pub const TAG_YEARS: u8 = 10;

/// What an operator has opened today: records that were not closed unpaid, and their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// How many.
    pub records: u32,
    /// Their sum, in fen.
    pub fen: u64,
    /// Grows with every record the operator opens; compare-and-swap hangs on it, so that two PCs at the same
    /// moment do not pass a limit together.
    pub openings: i64,
}

impl Day {
    /// Whether one more record of this amount is within the limits.
    pub fn allow(self, amount: u32) -> Result<(), Code> {
        let within = self.records < RECORDS_PER_DAY && self.fen + u64::from(amount) <= FEN_PER_DAY;
        within.then_some(()).ok_or(Code::LimitReached)
    }
}
