//! The questions a flow asks the central backend, and its answers.
//!
//! Card answers travel raw (hex in JSON) and without their status word; amount, terminal, date, time
//! and every MAC come from the backend.

use alloc::string::String;
use alloc::vec::Vec;

use crate::bcd::{CardNumber, Date};
use crate::card::Answer;
use crate::fault::Code;
use crate::hex::{Bytes, Fixed};

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

mod card_task;
mod tag;
mod tag_task;

pub use card_task::{
    BeginCardTask, CardFile, CardMode, CardRefused, CardTask, CardTaskId, CardTaskKind,
    CardTaskState, CardTasks, CardTold, CardWork, OfferTakeIn, Presence, ShownPresence, SignCard,
    SignedCard, TakeIn, TakeIns, WholeCard,
};
pub use tag::{
    ReadVehicle, ShownVehicle, TagAuthority, TagDifference, TagField, TagSight, TagSighted,
    TagVehicle,
};
pub use tag_task::{
    BeginTagTask, CancelReason, Compared, IssueMode, NamedTag, ShownCard, ShownTag, SignTag,
    SignedTag, TagFile, TagRefused, TagTask, TagTaskId, TagTaskState, TagTasks, TagTold, TagWork,
};

/// The central backend as a flow sees it. Every call has a deadline; no answer in time is
/// [`Code::AnswerLost`] and means *unknown*.
pub trait Authority {
    /// Shows the backend a card: its status, profile, open record and a preflight INIT come back.
    fn sight<'a>(
        &'a mut self,
        card: CardNumber,
        sight: &'a Sight,
    ) -> Answer<'a, Result<Sighted, Refusal>>;

    /// Opens a record, before money is taken; proves card, keys and PIN with the preflight INIT.
    fn create<'a>(
        &'a mut self,
        request: &'a CreateRecharge,
    ) -> Answer<'a, Result<Recharge, Refusal>>;

    /// Asks for the CREDIT FOR LOAD command of a paid record.
    fn authorise<'a>(
        &'a mut self,
        record: &'a RecordId,
        request: &'a Authorise,
    ) -> Answer<'a, Result<Authorised, Refusal>>;

    /// Hands in evidence that a card was loaded.
    fn confirm<'a>(
        &'a mut self,
        record: &'a RecordId,
        evidence: &'a Evidence,
    ) -> Answer<'a, Result<Recharge, Refusal>>;

    /// Shows the card's own account of its loads, so that every counter value it has spent is
    /// explained, or known to be unexplained.
    fn account<'a>(
        &'a mut self,
        card: CardNumber,
        account: &'a Account,
    ) -> Answer<'a, Result<Accounted, Refusal>>;

    /// Asks for the INIT that proves a torn load not to have reached its card.
    fn offer_let_go<'a>(
        &'a mut self,
        record: &'a RecordId,
    ) -> Answer<'a, Result<InitForLoad, Refusal>>;

    /// Hands in that INIT: the record is *paid* again, its old authorisations are dead.
    fn let_go<'a>(
        &'a mut self,
        record: &'a RecordId,
        proof: &'a LetGo,
    ) -> Answer<'a, Result<Recharge, Refusal>>;
}

/// The backend said no, or nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct Refusal {
    /// Why.
    pub code: Code,
}

/// A record's identity; a random UUID in text form.
pub type RecordId = String;

/// What a card shows when it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sight {
    /// File 0015 as read, 43 or 50 bytes.
    pub issue: Bytes,
    /// Answer of GET BALANCE, 4 bytes.
    pub balance: Fixed<4>,
    /// File 0016, 55 bytes, where it was read. Secret: it is the holder.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub holder: Option<Bytes>,
}

/// What the records say about a card that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sighted {
    /// The card's number, 20 digits.
    pub card: CardNumber,
    /// Back-office status.
    pub status: CardStatus,
    /// How this card wants to be spoken to, its PIN included; told only to a role that may load, and
    /// only where a load may begin or go on.
    pub profile: Option<CardProfile>,
    /// What of the card differs from the records; empty when they agree.
    pub differences: Vec<Difference>,
    /// The card's unfinished record (paid or loading), whoever opened it.
    pub open: Option<Recharge>,
    /// The card's latest record whose money went back without the card. If the card proves that it was
    /// written all the same, somebody must know.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub given_up: Option<Recharge>,
    /// The INIT that proves card, keys and PIN before money is taken. Missing where no load may begin.
    pub preflight: Option<InitForLoad>,
    /// Why no load may begin on this card at this desk; missing where one may.
    pub refusal: Option<Code>,
    /// The counter up to which the counter book explains this card. An INIT that shows another one
    /// wants the card's [`Account`] first. Missing for a card that has not shown one yet.
    pub book: Option<u16>,
    /// Today at the issuer, for comparison with the card's validity.
    pub today: Date,
}

/// Status of a card or a tag in the records. Every task checks it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CardStatus {
    /// 正常
    Normal,
    /// 挂起
    Suspended,
    /// 挂失
    Lost,
    /// 注销
    Cancelled,
    /// 损坏
    Damaged,
    /// 黑名单
    Blacklisted,
}

impl CardStatus {
    /// The refusal this status means for every task that writes.
    pub fn refusal(self) -> Option<Code> {
        match self {
            Self::Normal => None,
            Self::Suspended => Some(Code::CardSuspended),
            Self::Lost => Some(Code::CardLost),
            Self::Cancelled => Some(Code::CardCancelled),
            Self::Damaged => Some(Code::CardDamaged),
            Self::Blacklisted => Some(Code::CardBlacklisted),
        }
    }

    /// The same, where it is the status of a tag.
    pub fn refusal_of_tag(self) -> Option<Code> {
        match self {
            Self::Normal => None,
            Self::Suspended => Some(Code::TagSuspended),
            Self::Lost => Some(Code::TagLost),
            Self::Cancelled => Some(Code::TagCancelled),
            Self::Damaged => Some(Code::TagDamaged),
            Self::Blacklisted => Some(Code::TagBlacklisted),
        }
    }
}

/// A field of file 0015 in which card and records differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// Which field.
    pub field: IssueField,
    /// What the records hold, as text.
    pub record: String,
    /// What the card holds, as text.
    pub card: String,
}

/// What of a card is compared with the records: the fields of file 0015, and the file 0016 as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum IssueField {
    /// 卡片类型
    CardType,
    /// 版本号
    Version,
    /// 启用时间
    Start,
    /// 到期时间
    Expiry,
    /// 车牌号码
    Plate,
    /// 车牌颜色
    PlateColour,
    /// 车型
    VehicleClass,
    /// 持卡人, the file 0016; nobody's name is told.
    Holder,
}

/// How a card wants to be spoken to: data of its stock record, never guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CardProfile {
    /// The PIN the purse wants before a load.
    pub pin: Pin,
    /// Length of file 0015: 43 or 50.
    pub issue_file_length: u8,
    /// Which counter GET TRANSACTION PROVE wants.
    pub proof_counter: ProofCounter,
}

/// A purse PIN in the form its card takes.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "serde",
    serde(tag = "form", content = "digits", rename_all = "snake_case")
)]
pub enum Pin {
    /// The card has no PIN.
    None,
    /// Digits as ASCII, the main form: `0020000006 31…`.
    Ascii6(String),
    /// Digits as packed BCD: `0020000003 …`.
    Bcd3(String),
}

/// Never shows the digits.
impl core::fmt::Debug for Pin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Ascii6(_) => "Ascii6(******)",
            Self::Bcd3(_) => "Bcd3(******)",
        })
    }
}

/// Which counter a card wants in GET TRANSACTION PROVE for a load made at counter *n*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ProofCounter {
    /// *n + 1*, the counter after the load (what programs that say it in words do).
    After,
    /// *n*, the counter before it.
    Before,
    /// Not known for this card: first *n + 1*, then *n*.
    Both,
}

impl ProofCounter {
    /// The counters to ask with, for a load made at counter `n`.
    pub fn candidates(self, n: u16) -> impl Iterator<Item = u16> {
        let after = (self != Self::Before).then_some(n.wrapping_add(1));
        let before = (self != Self::After).then_some(n);
        after.into_iter().chain(before)
    }
}

/// The parameters of an INITIALIZE FOR LOAD, all of them the backend's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InitForLoad {
    /// Load key index: `01` 3DES, `41` SM4.
    pub key_index: u8,
    /// Amount in fen. Missing in a preflight whose card refuses 1 fen: the record's amount is used.
    pub amount: Option<u32>,
    /// Terminal number: the PC's, or a nonce of the backend.
    pub terminal: Fixed<6>,
}

/// Opens a record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CreateRecharge {
    /// The card, 20 digits.
    pub card: CardNumber,
    /// Amount in fen.
    pub amount: i64,
    /// Answer of the preflight INIT, 16 bytes.
    pub init: Fixed<16>,
    /// Terminal number that INIT was made with. Where it is told, a preflight that another reading of
    /// the card has replaced is expired; otherwise its proof counts as a wrong one.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub terminal: Option<Fixed<6>>,
}

/// A recharge record, as the desk sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recharge {
    /// Its identity.
    pub id: RecordId,
    /// The card it belongs to.
    pub card: CardNumber,
    /// Amount in fen.
    pub amount: u32,
    /// Its state.
    pub state: RechargeState,
    /// The INIT its authorisation wants: amount, key index and the terminal of the asking PC.
    pub init: InitForLoad,
    /// The counter at which a CREDIT was authorised, while *loading* and after.
    pub counter: Option<u16>,
    /// 充值前金额 in fen, from a verified MAC1.
    pub balance_before: Option<u32>,
    /// 充值后金额 in fen, from a verified TAC.
    pub balance_after: Option<u32>,
    /// When it was created, ms UTC.
    pub created_at: i64,
    /// The outlet that created it.
    pub outlet: String,
}

/// State of a recharge record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum RechargeState {
    /// 未支付
    Created,
    /// 未圈存
    Paid,
    /// 半圈存(待核实)
    Loading,
    /// 已圈存
    Loaded,
    /// 已关闭
    Closed,
    /// 退款中
    Refunding,
    /// 已退款
    Refunded,
    /// 异常(已圈存且已退款)
    Conflict,
}

/// Asks for the CREDIT of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Authorise {
    /// Answer of INITIALIZE FOR LOAD, 16 bytes.
    pub init: Fixed<16>,
}

/// The authorised write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Authorised {
    /// The whole CREDIT FOR LOAD command.
    pub command: Bytes,
    /// The record, now *loading*.
    pub record: Recharge,
}

/// What a card answers after a load.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Evidence {
    /// Answer of CREDIT FOR LOAD: the TAC, 4 bytes.
    Tac(Fixed<4>),
    /// Answer of GET TRANSACTION PROVE: MAC and TAC, 8 bytes.
    Prove(Fixed<8>),
}

/// What a card tells about its loads by itself, in one power session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Account {
    /// What the INIT was made with.
    pub made_for: MadeFor,
    /// Answer of INITIALIZE FOR LOAD, 16 bytes: the counter the card stands at.
    pub init: Fixed<16>,
    /// Answer of GET TRANSACTION PROVE for the latest load, where the card keeps one.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "Option::is_none")
    )]
    pub prove: Option<Fixed<8>>,
    /// Records of the log 0018, newest first, 23 bytes each, as far back as it was read.
    pub log: Vec<Fixed<23>>,
}

/// What the INIT of an [`Account`] was made with; the numbers themselves are the backend's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum MadeFor {
    /// The preflight of the latest sight, for a record of this amount in fen.
    Preflight {
        /// Amount of the record to be, fen.
        amount: i64,
    },
    /// The write of this record.
    Record(RecordId),
}

/// What the backend makes of a card's account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Accounted {
    /// The counter up to which the book explains the card now.
    pub book: u16,
    /// The record that the account proved to be loaded, if it did.
    pub settled: Option<Recharge>,
    /// The card's unfinished record afterwards.
    pub open: Option<Recharge>,
}

/// Proves that a torn load did not reach its card.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LetGo {
    /// Answer of the offered INIT, 16 bytes.
    pub init: Fixed<16>,
    /// The terminal number it was offered with.
    pub terminal: Fixed<6>,
}
