//! What a flow asks while it writes a card: 用户卡办理, 卡片激活.
//!
//! The loop of [`tag_task`](super::TagTasks), for a card: it is shown whole; the backend compares it with its
//! records and answers what is still to be written; each of those commands is signed for one challenge and put
//! on the wire once; the card is shown again.
//!
//! ```text
//! begin ─▶ show ─▶ next: nothing ──────────────▶ done
//!           ▲      next: these files
//!           │          └─▶ GET CHALLENGE ─▶ sign ─▶ UPDATE BINARY (once) ─┐
//!           └──────────────────────────────────────────────────────────────┘
//! ```

use alloc::string::String;
use alloc::vec::Vec;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use super::{InitForLoad, Pin, Refusal, ShownCard};
use crate::bcd::{CardNumber, Date};
use crate::card::Answer;
use crate::fault::Code;
use crate::hex::{Bytes, Fixed};

/// The central backend as a flow that writes a card sees it; deadlines as for
/// [`Authority`](super::Authority).
pub trait CardTasks {
    /// Opens a task for a card, or goes on with the one that is open for the same card and work.
    fn begin_card_task<'a>(
        &'a mut self,
        request: &'a BeginCardTask,
    ) -> Answer<'a, Result<CardTask, Refusal>>;

    /// Shows the card, whole. Settles the attempt before, if one was open, and says what is to be written.
    fn show_card<'a>(
        &'a mut self,
        task: &'a CardTaskId,
        shown: &'a WholeCard,
    ) -> Answer<'a, Result<CardTold, Refusal>>;

    /// Asks for the command that writes one file. Good once for each file that the last showing named.
    fn sign_card<'a>(
        &'a mut self,
        task: &'a CardTaskId,
        request: &'a SignCard,
    ) -> Answer<'a, Result<SignedCard, Refusal>>;

    /// Reports that the card refused a signed command by its own word, which counts at once.
    fn card_refused<'a>(
        &'a mut self,
        task: &'a CardTaskId,
        refused: &'a CardRefused,
    ) -> Answer<'a, Result<CardTask, Refusal>>;
}

/// The central backend as a flow that takes a card into the records sees it; deadlines as for
/// [`Authority`](super::Authority).
pub trait TakeIns {
    /// Asks whether a card that is not in the records may be taken into them, and how it proves that it is there.
    fn offer_take_in<'a>(
        &'a mut self,
        card: CardNumber,
        request: &'a OfferTakeIn,
    ) -> Answer<'a, Result<Presence, Refusal>>;

    /// Takes it in.
    fn take_in<'a>(
        &'a mut self,
        card: CardNumber,
        request: &'a TakeIn,
    ) -> Answer<'a, Result<(), Refusal>>;
}

/// A task's identity; a random UUID in text form.
pub type CardTaskId = String;

/// Opens a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BeginCardTask {
    /// What is to be done.
    pub work: CardWork,
    /// The card as it was read.
    pub card: ShownCard,
}

/// What is to be done with a card.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "snake_case"))]
pub enum CardWork {
    /// 用户卡办理
    Issue {
        /// Whose: the identity of the application.
        application: String,
        /// 办理模式
        mode: CardMode,
        /// Number of the bank card that pays, digits; missing at an own outlet. Missing, too, where a torn task
        /// goes on, which has it already.
        #[cfg_attr(
            feature = "serde",
            serde(default, skip_serializing_if = "Option::is_none")
        )]
        bank_card: Option<String>,
    },
    /// 卡片激活
    Activate,
}

/// 办理模式: what happens to the card that the vehicle had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CardMode {
    /// 新办: the vehicle has none.
    New,
    /// 换卡: the old one is handed in, and cancelled from now on. Its money has to be settled first.
    Exchange,
    /// 补卡: the old one is lost, and on the blacklist from now on. A record of it that is not finished is
    /// given back without the card.
    Replace,
}

impl CardMode {
    /// All of them, in the order of the guides.
    pub const ALL: [Self; 3] = [Self::New, Self::Exchange, Self::Replace];
}

/// A task, as the desk sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CardTask {
    /// Its identity.
    pub id: CardTaskId,
    /// Which work: an issue, or an activation.
    pub kind: CardTaskKind,
    /// The card.
    pub card: CardNumber,
    /// Plate 车牌号码 of the vehicle.
    pub plate: String,
    /// Plate colour 车牌颜色, reference §7.1.
    pub plate_colour: u8,
    /// Vehicle class 车型, reference §7.2.
    pub vehicle_class: u8,
    /// Where it stands.
    pub state: CardTaskState,
    /// How the card proves that it is there, for the next showing. Missing where the task has ended, and for a
    /// card that has no such proof.
    pub presence: Option<Presence>,
    /// How often something may still be signed for this card before a supervisor is asked.
    pub signatures_left: u8,
}

/// Which work a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CardTaskKind {
    /// 用户卡办理
    Issue,
    /// 卡片激活
    Activate,
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CardTaskState {
    /// Under way, or torn: the next showing goes on with it.
    Open,
    /// The card was read back as the records want it.
    Done,
    /// Given up, for this reason. The card is never free for another use.
    Stopped(Code),
}

/// The INIT by which a card proves that it is there: its terminal number is a nonce of the backend, single use,
/// 60 seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Presence {
    /// The PIN its purse wants first, once per power session.
    pub pin: Pin,
    /// The INITIALIZE FOR LOAD. Its amount is given: there is no record whose amount could be used.
    pub init: InitForLoad,
}

/// A card as it was read for a task, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WholeCard {
    /// File 0016, 55 bytes.
    pub holder: Bytes,
    /// File 0015, 43 or 50 bytes: as long as it is.
    pub issue: Bytes,
    /// Answer of the INIT of [`Presence`], 16 bytes, and the terminal number it was made with.
    pub presence: Option<ShownPresence>,
}

/// The answer of a card that was asked to prove that it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownPresence {
    /// Answer of INITIALIZE FOR LOAD, 16 bytes.
    pub answer: Fixed<16>,
    /// The terminal number it was made with.
    pub terminal: Fixed<6>,
}

/// What the backend makes of a card that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CardTold {
    /// The task as it stands now, with the nonce of the next showing.
    pub task: CardTask,
    /// Fields of card and record that differ, other than those that are still to be written. Not empty: nothing
    /// is signed for this card.
    pub differences: Vec<super::Difference>,
    /// What is still to be written, in this order; empty where the task is done.
    pub next: Vec<CardFile>,
    /// Validity as the records want it, first and last day.
    pub validity: [Date; 2],
}

/// What is written on a card in one command, whole, at offset 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CardFile {
    /// 0016, in the master file.
    Holder,
    /// 0015, in the toll application.
    Issue,
}

/// Asks for a command that writes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignCard {
    /// What is written.
    pub file: CardFile,
    /// Answer of GET CHALLENGE, 4 bytes, asked in the directory of that file.
    pub challenge: Fixed<4>,
}

/// The authorised write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignedCard {
    /// The whole UPDATE BINARY command with its MAC. Secret where it carries the holder: never traced.
    pub command: Bytes,
}

/// A signed command that the card refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CardRefused {
    /// What was to be written.
    pub file: CardFile,
    /// The status word it answered.
    pub sw: Fixed<2>,
}

/// Asks whether a card of the province that is not in the records may be taken into them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfferTakeIn {
    /// File 0015 as read, 43 or 50 bytes.
    pub issue: Bytes,
}

/// Takes a card that was issued elsewhere in the province into the records.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TakeIn {
    /// File 0016 as read, 55 bytes.
    pub holder: Bytes,
    /// File 0015 as read, 43 or 50 bytes.
    pub issue: Bytes,
    /// The answer of the INIT that was offered: card and keys are of this province.
    pub presence: ShownPresence,
}
