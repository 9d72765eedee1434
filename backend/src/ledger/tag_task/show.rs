//! A tag is shown whole: what was open is settled, and what is still to be written is named.

use apdu_core::authority::{
    CardStatus, Compared, IssueMode, TagFile as Written, TagTaskState, TagWork,
};
use apdu_core::calendar::today;
use apdu_core::fault::Code;
use apdu_core::obu::{Contract, RemovalFlag, SystemInformation, VehicleInformation};

use super::super::attempt::{Chip, Outcome, WriteAttempt};
use super::super::pairing::{ChipWrite, Ended, HandIn, HandInReason, Pairing};
use super::super::tag::{Issued, SignedFor, Tag};
use super::begin::old_tag_allows;
use super::compare::{CardShown, compare};
use super::{Draft, Showing, TagDecision, TagFile, TagJob, TagWrite, Teller, may_be_used, part};

/// A tag as it was shown, and what the records have beside it.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The tag in the records.
    pub file: &'a TagFile,
    /// The task.
    pub job: &'a TagJob,
    /// The card in the reader, where the task has one.
    pub card: Option<&'a CardShown>,
    /// Where the card belongs now, with the tag of that: what an exchange ends.
    pub old: Option<(&'a Pairing, &'a Tag)>,
    /// System information, as read.
    pub system: &'a [u8],
    /// Vehicle information, where it was opened.
    pub vehicle: Option<&'a [u8]>,
    /// Whether the tag has proved that it is here.
    pub present: bool,
    /// Whether its switch stands out, where the programmer told.
    pub tampered: bool,
}

/// What a showing comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The task afterwards.
    pub decision: TagDecision,
    /// Card, tag and record.
    pub comparison: Vec<Compared>,
    /// What is still to be written, in this order.
    pub next: Vec<Written>,
}

/// What the tag is found to be.
enum Found {
    /// As the records want it.
    Done,
    /// These files are still to be written.
    Lacks(Vec<Written>),
    /// Card, tag and record differ: nothing is written.
    Differs,
}

/// Settles the attempt before, and says what is to be written.
pub fn show(facts: Facts<'_>, teller: &Teller<'_>) -> Result<Shown, Code> {
    facts.job.must_be_open()?;
    let system = SystemInformation::parse(facts.system).map_err(|_| Code::MalformedTag)?;
    if system.contract.serial != facts.job.tag {
        return Err(Code::OtherTag);
    }
    if facts.system.len() < facts.job.wanted.system.len() {
        return Err(Code::MalformedTag);
    }
    // What is half written may be no file at all.
    let vehicle = facts.vehicle.map(VehicleInformation::parse);
    let vehicle = vehicle.and_then(Result::ok);

    let mut draft = Draft::of(facts.job, facts.file);
    draft.job.reading = None;
    draft.job.showing = None;
    if let Err(code) = settle(facts, &mut draft, teller) {
        return Ok(ended(draft, Some(code)));
    }
    if let Err(code) = may_be_used(&draft.tag, facts.job.work) {
        return Ok(ended(draft, Some(code)));
    }
    let found = match look(facts, &system, vehicle.as_ref(), teller.now) {
        Ok(found) => found,
        Err(code) => return Ok(ended(draft, Some(code))),
    };
    let is_final = matches!(found, Found::Done) || !facts.job.is_issue();
    let tag = is_final.then_some((&system, vehicle.as_ref()));
    let comparison = compare(facts.job, facts.card, tag);
    let next = match found {
        Found::Done => {
            finish(facts, &system, &mut draft, teller);
            Vec::new()
        }
        Found::Differs => Vec::new(),
        Found::Lacks(files) => files,
    };
    if draft.job.state == TagTaskState::Open {
        draft.job.showing = Some(Showing {
            operator: teller.operator.to_owned(),
            at: teller.now,
            present: facts.present,
            tampered: facts.tampered,
            left: next.clone(),
            vehicle: facts.vehicle.map(<[u8]>::to_vec),
            system: facts.system.to_vec(),
        });
    }
    Ok(Shown {
        decision: draft.done(None),
        comparison,
        next,
    })
}

fn ended(draft: Draft, refusal: Option<Code>) -> Shown {
    Shown {
        decision: draft.done(refusal),
        comparison: Vec::new(),
        next: Vec::new(),
    }
}

/// The attempt that is open on this tag, whichever task it was for, is settled by the whole files.
fn settle(facts: Facts<'_>, draft: &mut Draft, teller: &Teller<'_>) -> Result<(), Code> {
    let Some(open) = facts.file.attempts.open() else {
        return Ok(());
    };
    let outcome = open.settled_by(|file| match file == part(Written::Vehicle) {
        true => facts.vehicle,
        false => Some(facts.system),
    });
    let Some(outcome) = outcome else {
        return Ok(());
    };
    // An activation that was cut was none.
    let was_activation = facts.job.work == TagWork::Activate && open.task == facts.job.id;
    if was_activation && outcome == Outcome::Torn {
        draft.tag.signed.activations = draft.tag.signed.activations.saturating_sub(1);
    }
    draft.settle(WriteAttempt {
        outcome,
        ..open.clone()
    });
    match outcome == Outcome::Mixed {
        true => draft.judge(teller),
        false => Ok(()),
    }
}

fn look(
    facts: Facts<'_>,
    system: &SystemInformation,
    vehicle: Option<&VehicleInformation>,
    now: i64,
) -> Result<Found, Code> {
    let (job, flag) = (facts.job, system.removal.byte());
    if let TagWork::Cancel { .. } = job.work {
        return look_for_cancel(facts, flag);
    }
    let file = facts.vehicle.ok_or(Code::NotShown)?;
    let card = compare(job, facts.card, None);
    if card.iter().any(Compared::differs) {
        return Ok(Found::Differs);
    }
    flag_is_known(&facts.file.tag, flag)?;
    match job.work {
        TagWork::Issue { mode } => {
            // Since the task began, the vehicle may have got a tag, or its tag another card.
            if let (Some((pairing, old)), Some(card)) = (facts.old, job.card) {
                let is_own = pairing.is_of(card, &job.plate, job.plate_colour);
                old_tag_allows(is_own, old.status, mode)?;
            }
            look_for_issue(facts, system, file, flag)
        }
        _ => {
            let vehicle = vehicle.ok_or(Code::MalformedTag)?;
            look_for_activation(facts, system, vehicle, now)
        }
    }
}

/// One vendor writes 02 before activation: its profile says so, or nobody does.
fn flag_is_known(tag: &Tag, flag: u8) -> Result<(), Code> {
    let known = [
        RemovalFlag::Removed.byte(),
        RemovalFlag::Installed.byte(),
        tag.writing.issue_flag,
    ];
    match known.contains(&flag) {
        true => Ok(()),
        false => Err(Code::FlagUnknown),
    }
}

fn look_for_issue(
    facts: Facts<'_>,
    system: &SystemInformation,
    vehicle: &[u8],
    flag: u8,
) -> Result<Found, Code> {
    let (tag, wanted) = (&facts.file.tag, &facts.job.wanted);
    let wanted_vehicle = wanted.vehicle.as_deref().ok_or(Code::VehicleUnknown)?;
    let contract = &system.contract;
    if (contract.issuer, contract.version) != (tag.issuer, tag.version) {
        return Err(Code::TagDiffers);
    }
    // A tag from the stock that is somebody's already was issued by another system.
    let has_plate = vehicle
        .iter()
        .take(12)
        .any(|byte| ![0x00, 0xFF].contains(byte));
    if tag.signed.is_blank && has_plate {
        return Err(Code::TagDiffers);
    }
    let mut lacks = Vec::new();
    if vehicle != wanted_vehicle {
        lacks.push(Written::Vehicle);
    }
    // The chip itself clears the flag when its switch comes out.
    let issue_flag = wanted.system.get(Contract::LENGTH).copied();
    let is_flag_right = Some(flag) == issue_flag || flag == RemovalFlag::Removed.byte();
    if !agrees(facts.system, &wanted.system) || !is_flag_right {
        lacks.push(Written::System);
    }
    Ok(match lacks.is_empty() {
        true => Found::Done,
        false => Found::Lacks(lacks),
    })
}

fn look_for_activation(
    facts: Facts<'_>,
    system: &SystemInformation,
    vehicle: &VehicleInformation,
    now: i64,
) -> Result<Found, Code> {
    let (tag, job) = (&facts.file.tag, facts.job);
    let all = compare(job, facts.card, Some((system, Some(vehicle))));
    if all.iter().any(Compared::differs) {
        return Ok(Found::Differs);
    }
    // Fields agree: so must every other byte, where the records have the whole file.
    if let Some(wanted) = job.wanted.vehicle.as_deref() {
        let whole = facts.vehicle == Some(wanted) && agrees(facts.system, &job.wanted.system);
        if !whole {
            return Err(Code::TagDiffers);
        }
    }
    let today = today(now);
    if today < system.contract.signed {
        return Err(Code::TagNotYetValid);
    }
    if system.contract.expiry < today {
        return Err(Code::TagExpired);
    }
    if system.removal == RemovalFlag::Installed {
        return Ok(Found::Done);
    }
    if tag.signed.activations >= tag.writing.activations {
        return Err(Code::ActivationLimit);
    }
    Ok(Found::Lacks(vec![flag_write(facts)]))
}

fn look_for_cancel(facts: Facts<'_>, flag: u8) -> Result<Found, Code> {
    let clears = facts.file.tag.writing.clears_flag;
    match clears && flag != RemovalFlag::Removed.byte() {
        true => Ok(Found::Lacks(vec![flag_write(facts)])),
        false => Ok(Found::Done),
    }
}

/// One byte, where the tag has proved that it is here; the whole file where nothing proves it: whoever claims a
/// challenge chooses where signed data land (reference §4).
fn flag_write(facts: Facts<'_>) -> Written {
    match facts.present {
        true => Written::RemovalFlag,
        false => Written::System,
    }
}

/// Whether a system information file is as it is wanted, its removal flag aside.
fn agrees(read: &[u8], wanted: &[u8]) -> bool {
    let same = |(at, byte): (usize, &u8)| at == Contract::LENGTH || read.get(at) == Some(byte);
    wanted.iter().enumerate().all(same)
}

/// What the end of a task does to the records.
fn finish(facts: Facts<'_>, system: &SystemInformation, draft: &mut Draft, teller: &Teller<'_>) {
    let job = facts.job;
    match job.work {
        TagWork::Issue { mode } => {
            if let Some((pairing, old)) = facts.old {
                end_old(pairing, old, mode, draft, teller);
            }
            draft.tag.status = CardStatus::Normal;
            draft.tag.signed.activations = 0;
            draft.tag.signed.issue = Some(job.id.clone());
            draft.tag.issued = Some(Issued {
                signed: system.contract.signed,
                expiry: system.contract.expiry,
                plate: job.plate.clone(),
                plate_colour: job.plate_colour,
                vehicle_class: job.vehicle_class,
            });
            draft
                .writes
                .push(TagWrite::Chip(ChipWrite::InsertPairing(Pairing {
                    id: (teller.new_id)(),
                    card: job.card,
                    tag: job.tag,
                    plate: job.plate.clone(),
                    plate_colour: job.plate_colour,
                    begun_at: teller.now,
                    ended: None,
                })));
        }
        TagWork::Activate => {
            let pairing = facts.file.pairing.as_ref();
            if let Some(pairing) = pairing.filter(|pairing| pairing.card.is_none()) {
                draft
                    .writes
                    .push(TagWrite::Chip(ChipWrite::UpdatePairing(Pairing {
                        card: job.card,
                        ..pairing.clone()
                    })));
            }
        }
        TagWork::Cancel { .. } => cancelled(facts, draft, teller),
    }
    draft.job.state = TagTaskState::Done;
    draft.job.showing = None;
}

/// The tag of before: handed in and damaged, or lost and on the blacklist.
fn end_old(pairing: &Pairing, old: &Tag, mode: IssueMode, draft: &mut Draft, teller: &Teller<'_>) {
    let (status, why) = match mode {
        IssueMode::New => return,
        IssueMode::Exchange => (CardStatus::Damaged, Ended::Exchanged),
        IssueMode::Replace => (CardStatus::Blacklisted, Ended::Replaced),
    };
    // The blacklist is left by nobody.
    let status = match old.status {
        CardStatus::Blacklisted => CardStatus::Blacklisted,
        _ => status,
    };
    let old = Tag {
        status,
        ..old.clone()
    };
    let ended = pairing.ended(why, teller.now);
    draft
        .writes
        .push(TagWrite::Chip(ChipWrite::UpdatePairing(ended)));
    if mode == IssueMode::Exchange {
        let listed = HandIn::new(Chip::Tag(old.serial), HandInReason::Exchanged, teller);
        draft
            .writes
            .push(TagWrite::Chip(ChipWrite::InsertHandIn(listed)));
    }
    draft.writes.push(TagWrite::PutTag(Box::new(old)));
}

/// The tag belongs to nobody any more. One that has just proved that it is here lies where it was cancelled, and may
/// be issued again. Of any other the page has shown a reading, and it may be on a car: it is lost, as if nobody had
/// shown it.
fn cancelled(facts: Facts<'_>, draft: &mut Draft, teller: &Teller<'_>) {
    if facts.present {
        draft.tag.status = CardStatus::Cancelled;
        draft.tag.issued = None;
        draft.tag.outlet = Some(teller.outlet.to_owned());
        draft.tag.signed = SignedFor {
            activations: 0,
            issue: None,
            is_blank: false,
            ..draft.tag.signed.clone()
        };
    } else {
        draft.tag.status = CardStatus::Lost;
    }
    if let Some(pairing) = &facts.file.pairing {
        let ended = pairing.ended(Ended::Cancelled, teller.now);
        draft
            .writes
            .push(TagWrite::Chip(ChipWrite::UpdatePairing(ended)));
    }
}

/// A supervisor cancels a tag that cannot be shown any more. Whoever has it may not use it: it is lost, and not
/// free for another use.
pub fn cancel_unseen(file: &TagFile, teller: &Teller<'_>) -> Result<(Tag, Vec<TagWrite>), Code> {
    may_be_used(&file.tag, TagWork::Activate)?;
    if file.tag.issued.is_none() && file.issue.is_none() {
        return Err(Code::TagNotIssued);
    }
    let tag = Tag {
        status: CardStatus::Lost,
        ..file.tag.clone()
    };
    let mut writes = vec![TagWrite::PutTag(Box::new(tag.clone()))];
    if let Some(job) = &file.job {
        let job = TagJob {
            state: TagTaskState::Stopped(Code::TagLost),
            reading: None,
            showing: None,
            ..job.clone()
        };
        writes.push(TagWrite::UpdateJob(Box::new(job)));
    }
    if let Some(pairing) = &file.pairing {
        let ended = pairing.ended(Ended::Cancelled, teller.now);
        writes.push(TagWrite::Chip(ChipWrite::UpdatePairing(ended)));
    }
    Ok((tag, writes))
}
