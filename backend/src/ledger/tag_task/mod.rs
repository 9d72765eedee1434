//! Tasks of tags: 标签办理, 标签激活, 标签注销.
//!
//! ```text
//! begin ─▶ open ─show─▶ done
//!           │ ▲  └─▶ named files ─sign─▶ an attempt is open ─┐
//!           │ └──────────── show settles it ◀────────────────┘
//!           └─ refused 6988, three failures, another tag taken ─▶ stopped
//! ```
//!
//! Once something was signed for a tag, only the same card gets it, and the same bytes, until a cancellation.

mod begin;
mod compare;
mod show;
mod sign;

use apdu_core::authority::{TagFile as Written, TagTaskState, TagWork};
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use apdu_core::obu::ContractSerial;

use super::attempt::{Attempts, Chip, Teller, Verdict, WriteAttempt};
use super::pairing::{ChipWrite, HandIn, HandInReason, Pairing};
use super::tag::{READING_LIFE, Reading, Tag};
use apdu_core::authority::CardStatus;

pub use begin::{Begin, Begun, OfCard, begin, done_already};
pub use compare::{CardShown, card_shown};
pub use show::{Facts, Shown, cancel_unseen, show};
pub use sign::{refused, sign};

/// A task as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagJob {
    /// Its identity.
    pub id: String,
    /// What is to be done.
    pub work: TagWork,
    /// The card of the vehicle. Only a cancellation goes without.
    pub card: Option<CardNumber>,
    /// The tag.
    pub tag: ContractSerial,
    /// Plate 车牌号码 of the vehicle.
    pub plate: String,
    /// Plate colour 车牌颜色.
    pub plate_colour: u8,
    /// Vehicle class 车型.
    pub vehicle_class: u8,
    /// Where it stands.
    pub state: TagTaskState,
    /// What the tag is to hold in the end.
    pub wanted: Wanted,
    /// The reading that the next showing comes of.
    pub reading: Option<Reading>,
    /// What the last showing allows.
    pub showing: Option<Showing>,
    /// Who began it.
    pub operator: String,
    /// Code of the outlet where it began.
    pub outlet: String,
    /// When, ms UTC.
    pub opened_at: i64,
    /// Grows with every change; compare-and-swap hangs on it.
    pub version: i64,
}

/// What a tag is to hold, whole, composed from the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Vehicle information. Missing for a tag that was issued elsewhere: its plate, colour and class are known,
    /// the rest of the file is not.
    pub vehicle: Option<Vec<u8>>,
    /// System information, with the removal flag that it is to have.
    pub system: Vec<u8>,
}

/// What one showing of a tag allows, for the life of a reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Showing {
    /// Who showed it.
    pub operator: String,
    /// When, ms UTC.
    pub at: i64,
    /// Whether the tag has proved that it was there.
    pub present: bool,
    /// Whether its switch stood out, where the programmer told.
    pub tampered: bool,
    /// What may still be signed, in this order.
    pub left: Vec<Written>,
    /// The files as they were shown: vehicle information, where it was opened, and system information.
    pub vehicle: Option<Vec<u8>>,
    /// See [`vehicle`](Self::vehicle).
    pub system: Vec<u8>,
}

/// Everything a decision about a tag needs, as it is at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagFile {
    /// The tag.
    pub tag: Tag,
    /// Its open task.
    pub job: Option<TagJob>,
    /// The task that issued it, or began to.
    pub issue: Option<TagJob>,
    /// All attempts to write it, oldest first.
    pub attempts: Attempts,
    /// Where it belongs now.
    pub pairing: Option<Pairing>,
}

/// One row to write. All rows of a decision are written in one transaction, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagWrite {
    /// A tag in its new state. `revision` is the one that was read; any other in the store is a lost race.
    PutTag(Box<Tag>),
    /// A new task. A second open one of the same tag, the same card, or issuing to the same vehicle fails.
    InsertJob(Box<TagJob>),
    /// A task in its new state. `version` is the one that was read.
    UpdateJob(Box<TagJob>),
    /// What is written about any chip.
    Chip(ChipWrite),
}

/// A task after a decision, and what has to be written for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagDecision {
    /// The task as it will stand.
    pub job: TagJob,
    /// The tag as it will stand.
    pub tag: Tag,
    /// The writes.
    pub writes: Vec<TagWrite>,
    /// Why the request is refused all the same: what it taught is written first.
    pub refusal: Option<Code>,
}

/// What a decision has come to so far.
struct Draft {
    job: TagJob,
    tag: Tag,
    attempts: Attempts,
    writes: Vec<TagWrite>,
}

impl Draft {
    fn of(job: &TagJob, file: &TagFile) -> Self {
        Self {
            job: job.clone(),
            tag: file.tag.clone(),
            attempts: file.attempts.clone(),
            writes: Vec::new(),
        }
    }

    /// The decision about a task that is there already.
    fn done(mut self, refusal: Option<Code>) -> TagDecision {
        self.writes
            .insert(0, TagWrite::PutTag(Box::new(self.tag.clone())));
        self.writes
            .push(TagWrite::UpdateJob(Box::new(self.job.clone())));
        TagDecision {
            job: self.job,
            tag: self.tag,
            writes: self.writes,
            refusal,
        }
    }

    /// An attempt in its new state.
    fn settle(&mut self, attempt: WriteAttempt) {
        self.attempts = self.attempts.with(&attempt);
        self.writes
            .push(TagWrite::Chip(ChipWrite::UpdateAttempt(attempt)));
    }

    /// The task ends for this reason.
    fn stop(&mut self, code: Code) {
        self.job.state = TagTaskState::Stopped(code);
        self.job.reading = None;
        self.job.showing = None;
    }

    /// The tag is of no use any more: its status says why, and it is to be handed in.
    fn hand_in(&mut self, status: CardStatus, reason: HandInReason, teller: &Teller<'_>) {
        self.tag.status = status;
        self.writes
            .push(TagWrite::Chip(ChipWrite::InsertHandIn(HandIn::new(
                Chip::Tag(self.tag.serial),
                reason,
                teller,
            ))));
    }

    /// After a failure: goes on, takes another tag, or gives the tag up. No other tag is cancelled in its place.
    fn judge(&mut self, teller: &Teller<'_>) -> Result<(), Code> {
        match self.attempts.verdict(teller.outlet, teller.now) {
            Verdict::GoOn => Ok(()),
            Verdict::TakeAnother if self.job.is_cancel() => Ok(()),
            Verdict::TakeAnother => {
                self.stop(Code::TakeAnotherTag);
                Err(Code::TakeAnotherTag)
            }
            Verdict::Damaged => {
                self.stop(Code::TagFailedThrice);
                self.hand_in(CardStatus::Damaged, HandInReason::Failed, teller);
                Err(Code::TagFailedThrice)
            }
        }
    }
}

impl TagJob {
    /// The refusal of a question that an ended task does not answer.
    fn must_be_open(&self) -> Result<(), Code> {
        match self.state {
            TagTaskState::Open => Ok(()),
            TagTaskState::Done => Err(Code::TagTaskOver),
            TagTaskState::Stopped(code) => Err(code),
        }
    }

    /// Whether it parts a tag from its vehicle.
    fn is_cancel(&self) -> bool {
        matches!(self.work, TagWork::Cancel { .. })
    }

    /// Whether it gets a vehicle a tag.
    pub fn is_issue(&self) -> bool {
        matches!(self.work, TagWork::Issue { .. })
    }
}

/// Whether a tag of this status may be part of this work. A cancelled one may be issued again.
fn may_be_used(tag: &Tag, work: TagWork) -> Result<(), Code> {
    let is_free = tag.status == CardStatus::Cancelled && matches!(work, TagWork::Issue { .. });
    match tag.status.refusal_of_tag() {
        Some(code) if !is_free => Err(code),
        _ => Ok(()),
    }
}

/// The word of a file in an attempt. The removal flag is a byte of the system information.
fn part(file: Written) -> &'static str {
    match file {
        Written::Vehicle => "vehicle",
        Written::System | Written::RemovalFlag => "system",
    }
}
