//! Who did what, when, on what evidence. A row is written in the same transaction as its change.
//!
//! No personal data, no PIN, no password: operator names, record ids, card answers.

use apdu_core::authority::RecordId;
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;

/// One row of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, ms UTC by the store's clock.
    pub at: i64,
    /// Operator name; `-` where nobody is signed in.
    pub operator: String,
    /// What.
    pub event: Event,
    /// The card it is about.
    pub card: Option<CardNumber>,
    /// The record it is about.
    pub record: Option<RecordId>,
    /// What the card showed, raw.
    pub evidence: Vec<u8>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An operator signed in.
    SignedIn,
    /// A sign-in failed.
    SignInFailed,
    /// An operator signed out.
    SignedOut,
    /// A card was shown on which no load may begin.
    Sighted,
    /// A preflight number was given out for a card. Evidence: the number.
    PreflightIssued,
    /// A record was created. Evidence: the INIT answer.
    Created,
    /// Money was taken.
    Paid,
    /// A CREDIT was authorised. Evidence: the INIT answer.
    Authorised,
    /// Evidence proved a load. Evidence: the card's answer.
    Loaded,
    /// A record was closed unpaid.
    Closed,
    /// A proof that verified was refused for another reason. Evidence: the INIT answer.
    ProofRefused(Code),
    /// A MAC1 or TAC did not verify. Evidence: the card's answer.
    ProofWrong(Code),
    /// A supervisor made wrong proofs of a card count from zero again.
    Unlocked,
}

impl Event {
    /// The event's stable name, with the refusal's code where there is one.
    pub fn name(self) -> String {
        match self {
            Self::SignedIn => "signed-in".into(),
            Self::SignInFailed => "sign-in-failed".into(),
            Self::SignedOut => "signed-out".into(),
            Self::Sighted => "sighted".into(),
            Self::PreflightIssued => "preflight-issued".into(),
            Self::Created => "created".into(),
            Self::Paid => "paid".into(),
            Self::Authorised => "authorised".into(),
            Self::Loaded => "loaded".into(),
            Self::Closed => "closed".into(),
            Self::ProofRefused(code) => format!("proof-refused {code}"),
            Self::ProofWrong(code) => format!("proof-wrong {code}"),
            Self::Unlocked => "unlocked".into(),
        }
    }
}
