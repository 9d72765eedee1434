//! What is kept of tags: where they are, what is done with them, and to whom they belong.

use apdu_core::authority::CardStatus;
use apdu_core::obu::ContractSerial;
use async_trait::async_trait;

use super::{StoreError, StoredAnswer};
use crate::audit::Entry;
use crate::ledger::{Card, HandIn, OfCard, Reading, Tag, TagFile, TagJob, TagWrite, Vehicle};

/// The part of the store that is about tags.
#[async_trait]
pub trait TagStore: Send + Sync {
    /// A tag.
    async fn tag(&self, serial: ContractSerial) -> Result<Option<Tag>, StoreError>;

    /// The tag with this number on its back.
    async fn tag_of_sn(&self, sn: &str) -> Result<Option<Tag>, StoreError>;

    /// Begins a reading of a tag; an earlier one of it ends.
    async fn begin_reading(&self, reading: &Reading, entry: &Entry) -> Result<(), StoreError>;

    /// Ends the reading of this tag, random and operator, if it began after `since` (ms UTC). `false`: there is
    /// none such. Of several who ask at once, one ends it.
    async fn end_reading(&self, reading: &Reading, since: i64) -> Result<bool, StoreError>;

    /// What a decision about a tag needs, all of one moment.
    async fn tag_file(&self, serial: ContractSerial) -> Result<Option<TagFile>, StoreError>;

    /// A task.
    async fn tag_job(&self, id: &str) -> Result<Option<TagJob>, StoreError>;

    /// What hangs on a card and its vehicle, all of one moment.
    async fn of_card(&self, card: &Card) -> Result<OfCard, StoreError>;

    /// The vehicle with this plate and plate colour.
    async fn vehicle(&self, plate: &str, colour: u8) -> Result<Option<Vehicle>, StoreError>;

    /// Writes everything in one transaction, or nothing.
    async fn commit_tag(&self, commit: &TagCommit) -> Result<(), StoreError>;

    /// How many tags there are, by outlet and status; those that are issued counted apart.
    async fn tag_stock(&self) -> Result<Vec<StockCount>, StoreError>;

    /// The chips that wait to be handed in, oldest first.
    async fn hand_ins(&self) -> Result<Vec<HandIn>, StoreError>;

    /// A second person ticks a chip off. `false`: it is not on the list, or this is who put it there.
    async fn tick_hand_in(&self, id: &str, entry: &Entry) -> Result<bool, StoreError>;
}

/// One transaction about tags.
#[derive(Clone, Debug, Default)]
pub struct TagCommit {
    /// The ledger's writes.
    pub writes: Vec<TagWrite>,
    /// Rows of the audit trail.
    pub entries: Vec<Entry>,
    /// The answer, kept for a repetition of the request.
    pub answer: Option<StoredAnswer>,
}

/// Tags of one outlet and status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockCount {
    /// Code of the outlet; missing for the central stock.
    pub outlet: Option<String>,
    /// Back-office status.
    pub status: CardStatus,
    /// Whether they are issued to a vehicle.
    pub issued: bool,
    /// How many.
    pub tags: u32,
}
