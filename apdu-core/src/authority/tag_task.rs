//! What a flow asks while it writes a tag: 标签办理, 标签激活, 标签注销.
//!
//! One loop serves all three. The tag is shown whole; the backend compares it with its records and answers
//! what is still to be written; each of those commands is signed for one challenge and put on the wire once;
//! the tag is shown again. A task that was torn goes on with the next showing, at any counter.
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

use super::{ReadVehicle, Refusal, ShownVehicle, TagField};
use crate::bcd::CardNumber;
use crate::card::Answer;
use crate::fault::Code;
use crate::hex::{Bytes, Fixed};
use crate::obu::ContractSerial;

/// The central backend as a flow that writes a tag sees it; deadlines as for
/// [`Authority`](super::Authority).
pub trait TagTasks {
    /// Opens a task for a tag, or goes on with the one that is open for the same tag, card and work.
    fn begin_tag_task<'a>(
        &'a mut self,
        request: &'a BeginTagTask,
    ) -> Answer<'a, Result<TagTask, Refusal>>;

    /// Shows the tag, whole. Settles the attempt before, if one was open, and says what is to be written.
    fn show_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        shown: &'a ShownTag,
    ) -> Answer<'a, Result<TagTold, Refusal>>;

    /// Asks for the command that writes one file. Good once for each file that the last showing named.
    fn sign_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        request: &'a SignTag,
    ) -> Answer<'a, Result<SignedTag, Refusal>>;

    /// Reports that the tag refused a signed command by its own word, which counts at once.
    fn tag_refused<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        refused: &'a TagRefused,
    ) -> Answer<'a, Result<TagTask, Refusal>>;
}

/// A task's identity; a random UUID in text form.
pub type TagTaskId = String;

/// Opens a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BeginTagTask {
    /// What is to be done.
    pub work: TagWork,
    /// The card of the vehicle as it was read. Only a cancellation goes without.
    pub card: Option<ShownCard>,
    /// Which tag.
    pub tag: NamedTag,
}

/// What is to be done with a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(tag = "kind", rename_all = "snake_case"))]
pub enum TagWork {
    /// 标签办理
    Issue {
        /// 办理模式
        mode: IssueMode,
    },
    /// 标签激活
    Activate,
    /// 标签注销
    Cancel {
        /// Why.
        reason: CancelReason,
    },
}

/// 办理模式: what happens to the tag that the vehicle had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum IssueMode {
    /// 新办: the vehicle has none.
    New,
    /// 换签: the old one is handed in, and is damaged from now on.
    Exchange,
    /// 补签: the old one is lost, and on the blacklist from now on.
    Replace,
}

impl IssueMode {
    /// All of them, in the order of the guides.
    pub const ALL: [Self; 3] = [Self::New, Self::Exchange, Self::Replace];
}

/// Why a tag is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum CancelReason {
    /// 信息有误: it is going to be issued again.
    WrongData,
    /// 车辆过户或变更: the vehicle is another's, or another vehicle.
    VehicleChanged,
    /// 客户退签: the customer gives it back.
    GivenBack,
}

impl CancelReason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::WrongData, Self::VehicleChanged, Self::GivenBack];
}

/// Which tag a task is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum NamedTag {
    /// The one with this SN 码 on its back, 16 digits.
    Sn(String),
    /// The one with this contract serial number, as it was read.
    Serial(ContractSerial),
}

/// A card as it was read for a task of its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownCard {
    /// Its number, 20 digits.
    pub number: CardNumber,
    /// File 0015 as read, 43 or 50 bytes.
    pub issue: Bytes,
}

/// A task, as the desk sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TagTask {
    /// Its identity.
    pub id: TagTaskId,
    /// What is to be done.
    pub work: TagWork,
    /// The card of the vehicle.
    pub card: Option<CardNumber>,
    /// The tag.
    pub tag: ContractSerial,
    /// SN 码, the number on its back, 16 digits.
    pub sn: String,
    /// Plate 车牌号码 of the vehicle.
    pub plate: String,
    /// Plate colour 车牌颜色, reference §7.1.
    pub plate_colour: u8,
    /// Vehicle class 车型, reference §7.2.
    pub vehicle_class: u8,
    /// Where it stands.
    pub state: TagTaskState,
    /// How the tag is read for the next showing. Missing where the task has ended, and for a kind of tag whose
    /// vehicle information nobody here can open.
    pub read: Option<ReadVehicle>,
    /// How often something may still be signed for this tag before a supervisor is asked.
    pub signatures_left: u8,
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum TagTaskState {
    /// Under way, or torn: the next showing goes on with it.
    Open,
    /// The tag was read back as the records want it.
    Done,
    /// Given up, for this reason. The tag is never free for another use.
    Stopped(Code),
}

/// A tag as it was read for a task, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownTag {
    /// The card that lies in the reader now; wanted wherever the task has one.
    pub card: Option<ShownCard>,
    /// System information file, 99 bytes, or 27 of a tag that has no more.
    pub system: Bytes,
    /// The two status bytes of the tag, where the programmer tells them.
    pub status: Option<Fixed<2>>,
    /// The encrypted vehicle information. Missing where the task had no [`ReadVehicle`].
    pub vehicle: Option<ShownVehicle>,
}

/// What the backend makes of a tag that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TagTold {
    /// The task as it stands now, with the random of the next reading.
    pub task: TagTask,
    /// Card, tag and record, field by field, in the order of a screen.
    pub comparison: Vec<Compared>,
    /// What is still to be written, in this order; empty where the task is done.
    pub next: Vec<TagFile>,
}

/// One field of card, tag and record; equal where all that are there are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Compared {
    /// Which field.
    pub field: TagField,
    /// What the card holds, where it has such a field.
    pub card: Option<String>,
    /// What the tag holds, where it was opened.
    pub tag: Option<String>,
    /// What the records hold.
    pub record: Option<String>,
}

impl Compared {
    /// Whether two of those that are there differ.
    pub fn differs(&self) -> bool {
        let mut there = [&self.card, &self.tag, &self.record].into_iter().flatten();
        match there.next() {
            Some(first) => there.any(|other| other != first),
            None => false,
        }
    }
}

/// What is written on a tag in one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum TagFile {
    /// The vehicle information file, DF01/EF01, whole.
    Vehicle,
    /// The system information file, MF/EF01, whole.
    System,
    /// Byte 26 of the system information alone, `04D6811A05`.
    RemovalFlag,
}

/// Asks for a command that writes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignTag {
    /// What is written.
    pub file: TagFile,
    /// Answer of GET CHALLENGE, 4 bytes, asked in the directory of that file.
    pub challenge: Fixed<4>,
}

/// The authorised write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignedTag {
    /// The whole UPDATE BINARY command with its MAC.
    pub command: Bytes,
}

/// A signed command that the tag refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TagRefused {
    /// What was to be written.
    pub file: TagFile,
    /// The status word it answered.
    pub sw: Fixed<2>,
}
