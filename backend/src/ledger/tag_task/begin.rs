//! A task begins, or one that is open goes on.

use apdu_core::authority::{CardStatus, IssueMode, TagTaskState, TagWork};
use apdu_core::bcd::{CardNumber, Date};
use apdu_core::calendar::today;
use apdu_core::fault::Code;
use apdu_core::obu::{Contract, RemovalFlag, SystemInformation};

use super::super::card::Card;
use super::super::limits::TAG_YEARS;
use super::super::pairing::Pairing;
use super::super::tag::{Issued, Tag};
use super::super::validity::validity;
use super::super::vehicle::Vehicle;
use super::{Draft, TagDecision, TagFile, TagJob, TagWrite, Teller, Wanted, may_be_used};

/// What a task begins with.
#[derive(Clone, Copy)]
pub struct Begin<'a> {
    /// What is to be done.
    pub work: TagWork,
    /// The card, which a cancellation may go without.
    pub card: Option<&'a Card>,
    /// What hangs on that card.
    pub of_card: &'a OfCard,
    /// Its vehicle, where the records have one.
    pub vehicle: Option<&'a Vehicle>,
    /// The tag.
    pub file: &'a TagFile,
}

/// What hangs on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfCard {
    /// Its living pairing, or else the one of its vehicle.
    pub pairing: Option<Pairing>,
    /// The tag of that pairing.
    pub tag: Option<Tag>,
    /// Its open task, with the tag of that.
    pub open: Option<(TagJob, Tag)>,
    /// The open task that gets its vehicle a tag for another card.
    pub rival: Option<TagJob>,
    /// The half-written tags of its vehicle: something was signed for them, and they are not issued.
    pub begun: Vec<Begun>,
    /// Its pairings of before, newest first.
    pub history: Vec<Pairing>,
}

/// A tag that something was signed for, and that is not issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The card that it was signed for.
    pub card: CardNumber,
    /// The tag.
    pub tag: Tag,
}

/// An open task of the same tag, card and work goes on.
fn go_on<'a>(begin: &Begin<'a>) -> Option<&'a TagJob> {
    let card = begin.card.map(|card| card.number);
    let same = |job: &&TagJob| job.work == begin.work && job.card == card;
    begin.file.job.as_ref().filter(same)
}

/// The same tag was issued to the same card in the same way already, by a task whose last answer may have been
/// lost.
pub fn done_already<'a>(begin: &Begin<'a>) -> Option<&'a TagJob> {
    let card = begin.card?.number;
    let is_there = |pairing: &Pairing| pairing.card == Some(card);
    let same = |job: &&TagJob| {
        job.state == TagTaskState::Done && job.work == begin.work && job.card == Some(card)
    };
    let issued = begin.file.pairing.as_ref().is_some_and(is_there);
    begin.file.issue.as_ref().filter(same).filter(|_| issued)
}

/// Begins a task. What was open on the tag or the card ends by it, unless something was signed there for
/// another card.
pub fn begin(begin: &Begin<'_>, teller: &Teller<'_>) -> Result<TagDecision, Code> {
    let tag = &begin.file.tag;
    may_be_used(tag, begin.work)?;
    if let Some(card) = begin.card {
        card_is_valid(card, teller.now)?;
    }
    if let Some(job) = go_on(begin) {
        let mut draft = Draft::of(job, begin.file);
        let judged = match job.is_cancel() {
            true => Ok(()),
            false => draft.judge(teller),
        };
        return Ok(draft.done(judged.err()));
    }
    let wanted = match (begin.work, begin.card) {
        (TagWork::Issue { mode }, Some(card)) => may_issue(begin, card, mode, teller)?,
        (TagWork::Activate, Some(card)) => may_activate(begin, card)?,
        (TagWork::Cancel { .. }, _) => may_cancel(begin)?,
        (_, None) => return Err(Code::BadRequest),
    };
    let (plate, plate_colour, vehicle_class) = vehicle_of(begin)?;
    let job = TagJob {
        id: (teller.new_id)(),
        work: begin.work,
        card: begin.card.map(|card| card.number),
        tag: tag.serial,
        plate,
        plate_colour,
        vehicle_class,
        state: TagTaskState::Open,
        wanted,
        reading: None,
        showing: None,
        operator: teller.operator.to_owned(),
        outlet: teller.outlet.to_owned(),
        opened_at: teller.now,
        version: 0,
    };
    let mut draft = Draft::of(&job, begin.file);
    if !job.is_cancel()
        && let Err(code) = draft.judge(teller)
    {
        return Ok(TagDecision {
            writes: given_up_as_damaged(&mut draft),
            job,
            tag: draft.tag,
            refusal: Some(code),
        });
    }
    displace(begin, &mut draft);
    draft
        .writes
        .push(TagWrite::InsertJob(Box::new(draft.job.clone())));
    draft
        .writes
        .insert(0, TagWrite::PutTag(Box::new(draft.tag.clone())));
    Ok(TagDecision {
        job: draft.job,
        tag: draft.tag,
        writes: draft.writes,
        refusal: None,
    })
}

/// The rows of a tag that failed too often and gets no new task for it.
fn given_up_as_damaged(draft: &mut Draft) -> Vec<TagWrite> {
    let mut writes = std::mem::take(&mut draft.writes);
    writes.push(TagWrite::PutTag(Box::new(draft.tag.clone())));
    writes
}

fn card_is_valid(card: &Card, now: i64) -> Result<(), Code> {
    let today = today(now);
    match card.refusal() {
        Some(code) => Err(code),
        None if today < card.start => Err(Code::CardNotYetActive),
        None if card.expiry < today => Err(Code::CardExpired),
        None => Ok(()),
    }
}

fn may_issue(
    begin: &Begin<'_>,
    card: &Card,
    mode: IssueMode,
    teller: &Teller<'_>,
) -> Result<Wanted, Code> {
    let (file, tag) = (begin.file, &begin.file.tag);
    match (mode, &begin.of_card.pairing, &begin.of_card.tag) {
        (_, Some(pairing), Some(old)) => {
            let is_own = pairing.is_of(card.number, &card.plate, card.plate_colour);
            old_tag_allows(is_own, old.status, mode)?;
        }
        (IssueMode::New, ..) => {}
        (IssueMode::Exchange | IssueMode::Replace, ..) => return Err(Code::CardHasNoTag),
    }
    // Of the cards of one vehicle one has its tag, from the first signature on.
    let is_of_rival =
        |one: &Begun| one.card != card.number && one.tag.serial != tag.serial && one.may_go_on();
    if begin.of_card.begun.iter().any(is_of_rival) {
        return Err(Code::OtherCardsTagBegun);
    }
    if tag.issued.is_some() || file.pairing.is_some() {
        return Err(Code::TagInUse);
    }
    // Whatever was signed for it stays what it is to hold.
    if let Some(earlier) = &file.issue {
        return match earlier.card == Some(card.number) {
            true => Ok(earlier.wanted.clone()),
            false => Err(Code::TagInUse),
        };
    }
    if tag.outlet.as_deref() != Some(teller.outlet) {
        return Err(Code::TagNotInStock);
    }
    let vehicle = begin.vehicle.ok_or(Code::VehicleUnknown)?;
    if vehicle.class != card.vehicle_class {
        return Err(Code::VehicleClassDiffers);
    }
    let bytes = vehicle.file(&tag.profile);
    let (signed, expiry) = validity(teller.now, TAG_YEARS);
    Ok(Wanted {
        vehicle: Some(bytes.map_err(|_| Code::DoesNotFitTag)?),
        system: system_file(tag, signed, expiry, tag.writing.issue_flag),
    })
}

/// Whether a card may get a tag although its vehicle has one: instead of its own. One that is damaged, lost or on
/// the blacklist is what it is changed for; a suspension is for a supervisor to lift.
pub(super) fn old_tag_allows(
    is_own: bool,
    status: CardStatus,
    mode: IssueMode,
) -> Result<(), Code> {
    match mode {
        IssueMode::New => Err(Code::CardHasTag),
        IssueMode::Exchange | IssueMode::Replace if !is_own => Err(Code::CardHasNoTag),
        IssueMode::Exchange | IssueMode::Replace if status == CardStatus::Suspended => {
            Err(Code::TagSuspended)
        }
        IssueMode::Exchange | IssueMode::Replace => Ok(()),
    }
}

fn may_activate(begin: &Begin<'_>, card: &Card) -> Result<Wanted, Code> {
    let (file, tag) = (begin.file, &begin.file.tag);
    // A task that nothing was signed for has left the tag as it was.
    let is_torn = |issue: &TagJob| tag.issued.is_none() && issue.card == Some(card.number);
    if file.issue.as_ref().is_some_and(is_torn) {
        return Err(Code::TagTorn);
    }
    if begin.of_card.pairing.is_none() {
        return Err(Code::CardHasNoTag);
    }
    let issued = tag.issued.as_ref().ok_or(Code::TagNotIssued)?;
    let pairing = file.pairing.as_ref().ok_or(Code::TagNotIssued)?;
    if !pairing.is_of(card.number, &card.plate, card.plate_colour) {
        return Err(Code::CardTagDiffer);
    }
    Ok(as_issued(file, issued, RemovalFlag::Installed.byte()))
}

fn may_cancel(begin: &Begin<'_>) -> Result<Wanted, Code> {
    let (file, tag) = (begin.file, &begin.file.tag);
    let other = |pairing: &&Pairing| match (pairing.card, begin.card) {
        (Some(number), Some(card)) => number != card.number,
        _ => false,
    };
    if file.pairing.as_ref().filter(other).is_some() {
        return Err(Code::CardTagDiffer);
    }
    let cleared = RemovalFlag::Removed.byte();
    match (&tag.issued, &file.issue) {
        (Some(issued), _) => Ok(as_issued(file, issued, cleared)),
        (None, Some(earlier)) => Ok(with_flag(&earlier.wanted, cleared)),
        (None, None) => Err(Code::TagNotIssued),
    }
}

/// What an issued tag is to hold, with this removal flag.
fn as_issued(file: &TagFile, issued: &Issued, flag: u8) -> Wanted {
    match &file.issue {
        Some(earlier) => with_flag(&earlier.wanted, flag),
        None => Wanted {
            vehicle: None,
            system: system_file(&file.tag, issued.signed, issued.expiry, flag),
        },
    }
}

fn with_flag(wanted: &Wanted, flag: u8) -> Wanted {
    let mut wanted = wanted.clone();
    if let Some(byte) = wanted.system.get_mut(Contract::LENGTH) {
        *byte = flag;
    }
    wanted
}

/// The system information file of a tag: reference §6.1, reserved bytes `FF`.
fn system_file(tag: &Tag, signed: Date, expiry: Date, flag: u8) -> Vec<u8> {
    let contract = Contract {
        issuer: tag.issuer,
        kind: 0x00,
        version: tag.version,
        serial: tag.serial,
        signed,
        expiry,
    };
    let mut bytes = contract.to_bytes().to_vec();
    bytes.push(flag);
    bytes.resize(usize::from(tag.writing.system_length), 0xFF);
    debug_assert!(bytes.len() >= usize::from(SystemInformation::LENGTH));
    bytes
}

fn vehicle_of(begin: &Begin<'_>) -> Result<(String, u8, u8), Code> {
    if let Some(card) = begin.card {
        return Ok((card.plate.clone(), card.plate_colour, card.vehicle_class));
    }
    let file = begin.file;
    if let Some(issued) = &file.tag.issued {
        let plate = issued.plate.clone();
        return Ok((plate, issued.plate_colour, issued.vehicle_class));
    }
    let earlier = file.issue.as_ref().ok_or(Code::TagNotIssued)?;
    let plate = earlier.plate.clone();
    Ok((plate, earlier.plate_colour, earlier.vehicle_class))
}

impl Begun {
    /// Whether it may still be written to its end.
    fn may_go_on(&self) -> bool {
        self.tag.status.refusal_of_tag().is_none()
    }
}

/// Ends what is open on the tag, on the card, and where nothing was signed on its vehicle. A tag that is half
/// written stays so: until something is signed for another one, its card may go on with it.
fn displace(begin: &Begin<'_>, draft: &mut Draft) {
    let mut end = |job: &TagJob, code| {
        let job = TagJob {
            state: TagTaskState::Stopped(code),
            reading: None,
            showing: None,
            ..job.clone()
        };
        draft.writes.push(TagWrite::UpdateJob(Box::new(job)));
    };
    if let Some(job) = &begin.file.job {
        end(
            job,
            match begin.work {
                TagWork::Cancel { .. } => Code::TagCancelled,
                _ => Code::TagTaskOver,
            },
        );
    }
    let of_card = begin.of_card;
    let open = of_card.open.iter().map(|(job, _)| job);
    let is_issue = matches!(begin.work, TagWork::Issue { .. });
    let rival = of_card.rival.iter().filter(|_| is_issue);
    let serial = begin.file.tag.serial;
    for job in open.chain(rival).filter(|job| job.tag != serial) {
        end(job, Code::TagTaskOver);
    }
}
