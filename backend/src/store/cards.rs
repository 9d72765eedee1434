//! What is kept of cards as things that are written: the stock, and the tasks that issue and activate them.

use apdu_core::authority::CardStatus;
use apdu_core::bcd::CardNumber;
use async_trait::async_trait;

use super::{CountedProof, StoreError, StoredAnswer, TokenHash};
use crate::audit::Entry;
use crate::ledger::{
    ApplicationFile, Card, CardHistory, CardJob, CardKind, CardModel, Change, ChipWrite,
    PresenceNonce,
};

/// The part of the store that is about writing cards.
#[async_trait]
pub trait CardStore: Send + Sync {
    /// What a decision about writing a card needs, all of one moment.
    async fn card_history(&self, card: CardNumber) -> Result<Option<CardHistory>, StoreError>;

    /// An application with everything that hangs on it, all of one moment.
    async fn application_file(&self, id: &str) -> Result<Option<ApplicationFile>, StoreError>;

    /// A task.
    async fn card_job(&self, id: &str) -> Result<Option<CardJob>, StoreError>;

    /// The card that a vehicle has: issued, and neither cancelled nor on the blacklist. Of several the one that
    /// began last.
    async fn card_of_vehicle(
        &self,
        plate: &str,
        colour: u8,
    ) -> Result<Option<CardNumber>, StoreError>;

    /// The card that a vehicle was given last, in use or not. Of several that were imported the one that was
    /// imported last.
    async fn card_given(&self, plate: &str, colour: u8) -> Result<Option<CardNumber>, StoreError>;

    /// What cards of this issuer and version have in common, if that is known.
    async fn card_model(
        &self,
        issuer: [u8; 8],
        version: u8,
    ) -> Result<Option<CardModel>, StoreError>;

    /// Keeps what a sign-in was offered, in place of what it was offered before.
    async fn offer_take_in(&self, offer: &TakeInOffer, entry: &Entry) -> Result<(), StoreError>;

    /// What a sign-in was offered last.
    async fn take_in_offer(&self, session: &TokenHash) -> Result<Option<TakeInOffer>, StoreError>;

    /// Writes everything in one transaction, or nothing. A card that is there already is a duplicate.
    async fn commit_card(&self, commit: &CardCommit) -> Result<(), StoreError>;

    /// How many cards there are, by outlet, kind and status; those that are issued counted apart.
    async fn card_stock(&self) -> Result<Vec<CardCount>, StoreError>;
}

/// One transaction about writing cards.
#[derive(Clone, Debug, Default)]
pub struct CardCommit {
    /// A card that comes into the records, before anything else is written.
    pub taken_in: Option<Box<Card>>,
    /// What is written about cards, one change for each of them.
    pub changes: Vec<Change>,
    /// What is written about chips.
    pub chips: Vec<ChipWrite>,
    /// A counted proof that turned out right.
    pub proved: Option<CountedProof>,
    /// Rows of the audit trail.
    pub entries: Vec<Entry>,
    /// The answer, kept for a repetition of the request.
    pub answer: Option<StoredAnswer>,
}

/// The INIT by which a card that is not in the records may prove that it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeInOffer {
    /// The sign-in that asked. It has one at a time.
    pub session: TokenHash,
    /// The card.
    pub card: CardNumber,
    /// The terminal number of the INIT.
    pub nonce: PresenceNonce,
}

/// Cards of one outlet, kind and status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardCount {
    /// Code of the outlet; missing for the central stock.
    pub outlet: Option<String>,
    /// Stored-value or credit card.
    pub kind: CardKind,
    /// Back-office status.
    pub status: CardStatus,
    /// Whether they are issued to a vehicle.
    pub issued: bool,
    /// How many.
    pub cards: u32,
}
