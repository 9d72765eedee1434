//! Who did what, when, on what evidence. A row is written in the same transaction as its change.
//!
//! The rows of a card form a chain, and so do those of a tag, and those of an operator that are about neither:
//! each carries a hash over itself and the one before, so that none can be changed, taken out or put in between unseen.
//! There is no chain over all: it would be the one row everybody waits for.
//!
//! No personal data, no PIN, no password: operator names, record ids, card answers.

use apdu_core::authority::{CardFile, CardStatus, RecordId, TagFile};
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use apdu_core::obu::ContractSerial;
use sha2::{Digest, Sha256};

use crate::words::Word;

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

impl Entry {
    /// The chain this row belongs to: its card, its tag, or else its operator.
    pub fn chain(&self) -> String {
        match (self.card, self.event.tag()) {
            (Some(card), _) => card.to_string(),
            (None, Some(tag)) => format!("tag {tag}"),
            (None, None) => format!("operator {}", self.operator),
        }
    }

    /// This row as the next line of its chain.
    pub fn sealed(&self, before: Option<(i64, [u8; 32])>) -> Sealed {
        let (number, before) = before.unwrap_or_default();
        let line = Line {
            chain: self.chain(),
            number: number + 1,
            at: self.at,
            operator: self.operator.clone(),
            event: self.event.name(),
            card: self.card,
            record: self.record.clone(),
            evidence: self.evidence.clone(),
        };
        let hash = line.hash(before);
        Sealed { line, hash }
    }
}

/// A row as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its chain: a card number, `tag SERIAL`, or `operator NAME`.
    pub chain: String,
    /// Its place in the chain, from 1.
    pub number: i64,
    /// When, ms UTC.
    pub at: i64,
    /// Operator name.
    pub operator: String,
    /// What, by its stable name.
    pub event: String,
    /// The card it is about.
    pub card: Option<CardNumber>,
    /// The record it is about.
    pub record: Option<RecordId>,
    /// What the card showed, raw.
    pub evidence: Vec<u8>,
}

/// A row with the hash over it and all rows of its chain before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The row.
    pub line: Line,
    /// The hash.
    pub hash: [u8; 32],
}

impl Line {
    /// SHA-256 over the hash before (32 zero bytes before the first line) and every field in order, each
    /// preceded by its length as eight bytes, so that no two rows read the same.
    pub fn hash(&self, before: [u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(before);
        let card = self.card.map(|card| card.to_string()).unwrap_or_default();
        let fields: [&[u8]; 8] = [
            self.chain.as_bytes(),
            &self.number.to_be_bytes(),
            &self.at.to_be_bytes(),
            self.operator.as_bytes(),
            self.event.as_bytes(),
            card.as_bytes(),
            self.record.as_deref().unwrap_or_default().as_bytes(),
            &self.evidence,
        ];
        for field in fields {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        hash.finalize().into()
    }
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
    /// A card's account was shown. Evidence: INIT answer, proof, log.
    Accounted,
    /// A let-go nonce was given out. Evidence: the number.
    LetGoOffered,
    /// A torn record was let go. Evidence: the INIT answer.
    LetGo,
    /// A refund began.
    RefundBegun,
    /// Its money was sent.
    RefundSent,
    /// The money was given back.
    RefundDone,
    /// The money was definitely not given back.
    RefundRefused,
    /// A decision of two persons was asked for.
    CaseAsked,
    /// One person approved it.
    CaseApproved,
    /// It was withdrawn.
    CaseWithdrawn,
    /// Loads were stopped.
    SwitchThrown,
    /// They go on.
    SwitchLifted,
    /// A drawer was opened.
    DrawerOpened,
    /// A drawer was counted and closed.
    DrawerClosed,
    /// The evidence of a record was looked at or exported.
    EvidenceShown,
    /// A channel handed applications in. Evidence: the mark of what it sent.
    ApplicationsTaken,
    /// A channel took an application back.
    ApplicationWithdrawn,
    /// A teller opened an application.
    ApplicationOpened,
    /// A teller gave it back.
    ApplicationClosed,
    /// Somebody looked at the unmasked data of an application.
    ApplicationRevealed,
    /// A channel got its credential.
    ChannelAdded,
    /// A channel lost it.
    ChannelRevoked,
    /// The list of bank prefixes was replaced.
    BanksReplaced,
    /// A tag was shown. Evidence: the random given out for its vehicle information, if one was.
    TagSighted(ContractSerial),
    /// The vehicle information of a tag was opened. Evidence: the random of that reading.
    VehicleOpened(ContractSerial),
    /// It was not, though the reading was under way. Evidence: the random.
    VehicleRefused(ContractSerial, Code),
    /// A task of a tag began, or went on. Evidence: the random of its next reading.
    TagTaskBegun(ContractSerial),
    /// A tag was shown for its task. Evidence: its system information.
    TagShown(ContractSerial),
    /// A showing ended its task: the tag is as the records want it.
    TagTaskDone(ContractSerial),
    /// A task was given up, or a showing refused.
    TagTaskRefused(ContractSerial, Code),
    /// A write was signed. Evidence: its challenge.
    TagSigned(ContractSerial, TagFile),
    /// The tag refused a signed write. Evidence: the status word.
    TagRefusedWrite(ContractSerial, TagFile),
    /// A tag was taken out of use for another one, or given up.
    TagReplaced(ContractSerial),
    /// A tag got another status.
    TagStatusSet(ContractSerial, CardStatus),
    /// A tag was handed out to an outlet.
    TagHandedOut(ContractSerial),
    /// A supervisor allowed more signatures for a tag.
    TagSignaturesAllowed(ContractSerial),
    /// A supervisor cancelled a tag that nobody can show.
    TagCancelledUnseen(ContractSerial),
    /// A task of a card began, or went on. Evidence: the terminal number of its next INIT.
    CardTaskBegun,
    /// A card was shown for its task. Evidence: its file 0015.
    CardShown,
    /// A showing ended its task: the card is as the records want it.
    CardTaskDone,
    /// A task was given up, or a showing refused.
    CardTaskRefused(Code),
    /// A write was signed. Evidence: its challenge.
    CardSigned(CardFile),
    /// The card refused a signed write. Evidence: the status word.
    CardRefusedWrite(CardFile),
    /// A card was taken out of use for another one, or given up.
    CardReplaced,
    /// A card got another status.
    CardStatusSet(CardStatus),
    /// A card was handed out to an outlet.
    CardHandedOut,
    /// A supervisor allowed more signatures for a card.
    CardSignaturesAllowed,
    /// An application goes on after too many cards had failed. Evidence: its identity.
    ApplicationReopened,
    /// An application was given up that was begun. Evidence: why.
    ApplicationGivenUp,
    /// The vehicle of a card came into the records.
    VehicleAdded,
    /// A card that is not in the records was asked to prove that it is here. Evidence: the terminal number of the INIT.
    TakeInOffered,
    /// A card that was issued elsewhere came into the records. Evidence: its file 0015.
    CardTakenIn,
    /// Somebody ticked a chip off the hand-in list. Evidence: the row's identity.
    HandInTicked,
}

impl Event {
    /// The tag it is about.
    fn tag(self) -> Option<ContractSerial> {
        match self {
            Self::TagSighted(tag)
            | Self::VehicleOpened(tag)
            | Self::VehicleRefused(tag, _)
            | Self::TagTaskBegun(tag)
            | Self::TagShown(tag)
            | Self::TagTaskDone(tag)
            | Self::TagTaskRefused(tag, _)
            | Self::TagSigned(tag, _)
            | Self::TagRefusedWrite(tag, _)
            | Self::TagReplaced(tag)
            | Self::TagStatusSet(tag, _)
            | Self::TagHandedOut(tag)
            | Self::TagSignaturesAllowed(tag)
            | Self::TagCancelledUnseen(tag) => Some(tag),
            _ => None,
        }
    }

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
            Self::Accounted => "accounted".into(),
            Self::LetGoOffered => "let-go-offered".into(),
            Self::LetGo => "let-go".into(),
            Self::RefundBegun => "refund-begun".into(),
            Self::RefundSent => "refund-sent".into(),
            Self::RefundDone => "refund-done".into(),
            Self::RefundRefused => "refund-refused".into(),
            Self::CaseAsked => "case-asked".into(),
            Self::CaseApproved => "case-approved".into(),
            Self::CaseWithdrawn => "case-withdrawn".into(),
            Self::SwitchThrown => "switch-thrown".into(),
            Self::SwitchLifted => "switch-lifted".into(),
            Self::DrawerOpened => "drawer-opened".into(),
            Self::DrawerClosed => "drawer-closed".into(),
            Self::EvidenceShown => "evidence-shown".into(),
            Self::ApplicationsTaken => "applications-taken".into(),
            Self::ApplicationWithdrawn => "application-withdrawn".into(),
            Self::ApplicationOpened => "application-opened".into(),
            Self::ApplicationClosed => "application-closed".into(),
            Self::ApplicationRevealed => "application-revealed".into(),
            Self::ChannelAdded => "channel-added".into(),
            Self::ChannelRevoked => "channel-revoked".into(),
            Self::BanksReplaced => "banks-replaced".into(),
            Self::TagSighted(_) => "tag-sighted".into(),
            Self::VehicleOpened(_) => "vehicle-opened".into(),
            Self::VehicleRefused(_, code) => format!("vehicle-refused {code}"),
            Self::TagTaskBegun(_) => "tag-task-begun".into(),
            Self::TagShown(_) => "tag-shown".into(),
            Self::TagTaskDone(_) => "tag-task-done".into(),
            Self::TagTaskRefused(_, code) => format!("tag-task-refused {code}"),
            Self::TagSigned(_, file) => format!("tag-signed {}", file.word()),
            Self::TagRefusedWrite(_, file) => format!("tag-refused-write {}", file.word()),
            Self::TagReplaced(_) => "tag-replaced".into(),
            Self::TagStatusSet(_, status) => format!("tag-status {}", status.word()),
            Self::TagHandedOut(_) => "tag-handed-out".into(),
            Self::TagSignaturesAllowed(_) => "tag-signatures-allowed".into(),
            Self::TagCancelledUnseen(_) => "tag-cancelled-unseen".into(),
            Self::CardTaskBegun => "card-task-begun".into(),
            Self::CardShown => "card-shown".into(),
            Self::CardTaskDone => "card-task-done".into(),
            Self::CardTaskRefused(code) => format!("card-task-refused {code}"),
            Self::CardSigned(file) => format!("card-signed {}", file.word()),
            Self::CardRefusedWrite(file) => format!("card-refused-write {}", file.word()),
            Self::CardReplaced => "card-replaced".into(),
            Self::CardStatusSet(status) => format!("card-status {}", status.word()),
            Self::CardHandedOut => "card-handed-out".into(),
            Self::CardSignaturesAllowed => "card-signatures-allowed".into(),
            Self::ApplicationReopened => "application-reopened".into(),
            Self::ApplicationGivenUp => "application-given-up".into(),
            Self::VehicleAdded => "vehicle-added".into(),
            Self::TakeInOffered => "take-in-offered".into(),
            Self::CardTakenIn => "card-taken-in".into(),
            Self::HandInTicked => "hand-in-ticked".into(),
        }
    }
}
