//! The ledger: who may load what, decided from facts and nothing else.
//!
//! Pure: no HTTP, no SQL, no clock, no randomness, no keys. Each function takes the state it needs
//! and facts that were verified, and answers with a [`Decision`] (rows to write, all or none) or with
//! the [`Code`](apdu_core::fault::Code) of the refusal.
//!
//! ```text
//! created ─pay▶ paid ─authorise▶ loading(n) ─evidence▶ loaded
//!    │           ▲│ ◀──let go───┘   │ └─ authorise again at n
//!  close         │└─refund─▶ refunding ─done▶ refunded
//!    ▼           └──refused─────┘  ▲
//! closed                           └── two persons, without the card
//! ```
//!
//! What contradicts itself, loaded and refunded, is *conflict*.

mod application;
mod attempt;
mod authorise;
mod book;
mod card;
mod card_task;
mod case;
mod change;
mod create;
mod let_go;
pub mod limits;
mod pairing;
mod pay;
mod record;
mod refund;
mod settle;
mod switch;
mod tag;
mod tag_task;
mod take_in;
#[cfg(test)]
mod tests;
mod validity;
mod vehicle;

pub use application::{
    Application, Applied, Banks, LOCK, Lock, Origin, TurnedApplication, Valid, bank_card, checked,
};
pub use attempt::{Attempts, Chip, Outcome, SignedPart, Teller, Verdict, WriteAttempt};
pub use authorise::{authorise, may_authorise};
pub use book::{Accounting, BookRow, Known, LogEntry, Spender, account, may_account};
pub use card::*;
pub use card_task::{
    ApplicationFile, BeginActivate, BeginIssue, CardDecision, CardFacts, CardHistory, CardJob,
    CardJobWork, CardSeen, CardShowing, GivenUp, HolderMark, PresenceNonce, Unfit, WantedFiles,
    activate as activate_card, differences, done_already as card_done_already,
    give_up as give_up_application, holder_file, issue as issue_card, presence_amount,
    presence_init, presence_nonce, refused as card_refused, show as show_card, sign as sign_card,
};
pub use case::{
    Approval, Case, CaseDecision, CaseFile, CaseState, Question, approve, ask, is_listed, may_ask,
    withdraw,
};
pub use change::{Change, Decision, Denied, Write};
pub use create::{
    FIRST_RESERVED, Terms, create, current as is_current, is_nonce, learned, may_begin, preflight,
    terms,
};
pub use let_go::{let_go, let_go_terms, offer_let_go};
pub use pairing::{ChipWrite, Ended, HandIn, HandInReason, Pairing};
pub use pay::{close, pay};
pub use record::*;
pub use refund::{refund, refund_done, refund_refused, send_refund};
pub use settle::{settle, without_authorisation};
pub use switch::{Scope, Switch, Switches};
pub use tag::{Chaining, Issued, READING_LIFE, Reading, SignedFor, Tag, TagWriting, VehicleCipher};
pub use tag_task::{
    Begin, Begun, CardShown, Facts, OfCard, Showing, Shown, TagDecision, TagFile, TagJob, TagWrite,
    Wanted, begin as begin_tag_job, cancel_unseen, card_shown, done_already,
    refused as tag_refused, show as show_tag, sign as sign_tag,
};
pub use take_in::{CardModel, newcomer};
pub use validity::validity;
pub use vehicle::{Body, Vehicle};
