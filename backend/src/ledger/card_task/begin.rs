//! A task begins, or one that is open goes on.

use apdu_core::authority::{CardMode, CardStatus, CardTaskState};
use apdu_core::calendar::today;
use apdu_core::fault::Code;
use apdu_core::toll_card::IssueFile;

use super::super::application::TurnedApplication;
use super::super::attempt::Teller;
use super::super::card::{Card, CardFile};
use super::super::change::Write;
use super::super::validity::validity;
use super::application::ApplicationFile;
use super::files::{HolderMark, OnCard, issue_file};
use super::{CardDecision, CardHistory, CardJob, CardJobWork, Draft, WantedFiles, may_be_written};

/// What an issue begins with.
#[derive(Clone, Copy)]
pub struct BeginIssue<'a> {
    /// Whose card it is to be.
    pub application: &'a ApplicationFile,
    /// What happens to the card of before.
    pub mode: CardMode,
    /// The card.
    pub history: &'a CardHistory,
    /// File 0015 as it was read, whole; its number is the card's.
    pub chip: &'a [u8],
    /// File 0016 that the card is to get.
    pub holder: HolderMark,
    /// Whether a bank card pays here.
    pub wants_bank_card: bool,
    /// Its number, where it was typed now; length, digits and bank are right.
    pub bank_card: Option<&'a str>,
}

/// What an activation begins with.
#[derive(Clone, Copy)]
pub struct BeginActivate<'a> {
    /// The card.
    pub history: &'a CardHistory,
    /// File 0015 as it was read, whole; its number is the card's.
    pub chip: &'a [u8],
}

/// The same card was issued for the same application already, by a task whose last answer may have been lost.
pub fn done_already<'a>(
    application: &ApplicationFile,
    history: &'a CardHistory,
) -> Option<&'a CardJob> {
    let same = |job: &&CardJob| {
        job.state == CardTaskState::Done && job.application() == Some(&application.applied.id)
    };
    history.issue.as_ref().filter(same)
}

/// Begins to issue a card. What else was open for the card or the application ends by it.
pub fn issue(begin: &BeginIssue<'_>, teller: &Teller<'_>) -> Result<CardDecision, Code> {
    let (application, history) = (begin.application, begin.history);
    let (applied, card) = (&application.applied, &history.file.card);
    applied.may_be_served(teller)?;
    may_be_written(card)?;
    if card.stock.is_issued {
        return Err(Code::CardTaken);
    }
    // Whatever was signed for it stays what it is to hold, and whose it is.
    let earlier = match &history.issue {
        Some(job) if job.application() != Some(&applied.id) => return Err(Code::CardTaken),
        earlier => earlier.as_ref(),
    };
    if earlier.is_none() {
        if card.stock.outlet.as_deref() != Some(teller.outlet) {
            return Err(Code::CardNotInStock);
        }
        is_as_the_factory_left_it(card, begin.chip)?;
    }
    if card.kind != applied.kind {
        return Err(Code::WrongCardType);
    }
    if application.has_failed_too_often(teller.now) {
        return Err(Code::NotTheCards);
    }
    let typed = begin.bank_card.is_some() || applied.has_bank_card;
    if begin.wants_bank_card && !typed {
        return Err(Code::BankCardMissing);
    }
    old_card_allows(application.old.as_ref(), begin.mode)?;
    let wanted = match earlier {
        Some(earlier) => earlier.wanted.clone(),
        None => WantedFiles {
            holder: Some(begin.holder),
            issue: issue_file(
                card,
                OnCard {
                    plate: &applied.plate,
                    plate_colour: applied.plate_colour,
                    vehicle_class: applied.vehicle_class,
                    user_type: applied.user_type,
                    validity: validity(teller.now, card.stock.validity_years),
                    reserved: reserved(card, begin.chip)?,
                },
            )?,
        },
    };
    let work = CardJobWork::Issue {
        application: applied.id.clone(),
        mode: begin.mode,
    };
    if let Some(job) = go_on(history, &work, &wanted) {
        return Ok(gone_on(job, history, Some(application), teller));
    }
    let vehicle = (
        &applied.plate[..],
        applied.plate_colour,
        applied.vehicle_class,
    );
    let job = new_job(work, card, vehicle, wanted, teller);
    let mut draft = Draft::of(&job, history);
    if let Err(code) = draft.judge(Some(application), teller) {
        return Ok(draft.refused(code));
    }
    displace(&mut draft, history.job.as_ref());
    let elsewhere = application.open.as_ref();
    displace(&mut draft, elsewhere.filter(|job| job.card != card.number));
    if let Some(number) = begin.bank_card {
        draft.writes.push(Write::TurnApplication(TurnedApplication {
            bank_card: Some(number.to_owned()),
            ..applied.turned(applied.state)
        }));
    }
    Ok(draft.begun())
}

/// Begins to activate a card: its validity is made to hold today.
pub fn activate(begin: &BeginActivate<'_>, teller: &Teller<'_>) -> Result<CardDecision, Code> {
    let history = begin.history;
    let card = &history.file.card;
    if !card.stock.is_issued {
        return Err(Code::CardNotIssued);
    }
    // Nothing on the chip lifts a suspension.
    if card.status == CardStatus::Suspended {
        return Err(Code::NotActivatable);
    }
    may_be_written(card)?;
    // The INIT of its proof may clear what the card would prove a load by.
    if history.file.open.is_some() {
        return Err(Code::CardUnsettled);
    }
    let issued = history.issue.as_ref();
    let reserved = match issued.and_then(|job| job.wanted.issue.get(CLASSIC..)) {
        Some(reserved) => reserved,
        None => reserved(card, begin.chip)?,
    };
    let today = today(teller.now);
    let valid = if today < card.start {
        (today, card.expiry)
    } else if card.expiry < today {
        (
            card.start,
            validity(teller.now, card.stock.validity_years).1,
        )
    } else {
        (card.start, card.expiry)
    };
    let wanted = WantedFiles {
        holder: match issued {
            Some(job) => job.wanted.holder,
            None => card.stock.holder,
        },
        issue: issue_file(
            card,
            OnCard {
                plate: &card.plate,
                plate_colour: card.plate_colour,
                vehicle_class: card.vehicle_class,
                user_type: card.stock.user_type,
                validity: valid,
                reserved,
            },
        )?,
    };
    if let Some(job) = go_on(history, &CardJobWork::Activate, &wanted) {
        return Ok(gone_on(job, history, None, teller));
    }
    let vehicle = (&card.plate[..], card.plate_colour, card.vehicle_class);
    let job = new_job(CardJobWork::Activate, card, vehicle, wanted, teller);
    let mut draft = Draft::of(&job, history);
    if let Err(code) = draft.judge(None, teller) {
        return Ok(draft.refused(code));
    }
    displace(&mut draft, history.job.as_ref());
    Ok(draft.begun())
}

const CLASSIC: usize = IssueFile::CLASSIC as usize;

/// The bytes behind those that have a meaning, of a file as long as its stock record says.
fn reserved<'a>(card: &Card, chip: &'a [u8]) -> Result<&'a [u8], Code> {
    let is_whole = chip.len() == usize::from(card.profile.issue_file_length);
    let reserved = chip.get(CLASSIC..).filter(|_| is_whole);
    reserved.ok_or(Code::DoesNotFitCard)
}

/// A card from the stock for which nothing was signed yet shows what its stock record says, and no vehicle.
pub(super) fn is_as_the_factory_left_it(card: &Card, chip: &[u8]) -> Result<(), Code> {
    let file = IssueFile::parse(chip).map_err(|_| Code::MalformedFile)?;
    if file.card_type != card.kind.number() {
        return Err(Code::WrongCardType);
    }
    if (file.issuer, file.version) != (card.stock.issuer, card.version) {
        return Err(Code::CardOfElsewhere);
    }
    match file.is_blank() {
        true => Ok(()),
        false => Err(Code::CardTaken),
    }
}

/// Whether the card that the vehicle has goes with the mode. One on the blacklist is the vehicle's no more: another one
/// may take its place, or simply be new.
pub(super) fn old_card_allows(old: Option<&CardFile>, mode: CardMode) -> Result<(), Code> {
    match (mode, old) {
        (CardMode::New, Some(old)) if old.card.status != CardStatus::Blacklisted => {
            Err(Code::VehicleHasCard)
        }
        (CardMode::Exchange | CardMode::Replace, None) => Err(Code::NoOldCard),
        // Money on its way to a card that is handed in would be nobody's.
        (CardMode::Exchange, Some(old)) if old.open.is_some() => Err(Code::OldCardUnsettled),
        _ => Ok(()),
    }
}

/// The open task of the same work: if something was signed for it, or it would be begun the same way again.
fn go_on<'a>(
    history: &'a CardHistory,
    work: &CardJobWork,
    wanted: &WantedFiles,
) -> Option<&'a CardJob> {
    let job = history.job.as_ref().filter(|job| job.work == *work)?;
    let is_signed = history.attempts.0.iter().any(|one| one.task == job.id);
    (is_signed || job.wanted == *wanted).then_some(job)
}

fn gone_on(
    job: &CardJob,
    history: &CardHistory,
    application: Option<&ApplicationFile>,
    teller: &Teller<'_>,
) -> CardDecision {
    let mut draft = Draft::of(job, history);
    let refusal = draft.judge(application, teller).err();
    draft.done(refusal)
}

fn new_job(
    work: CardJobWork,
    card: &Card,
    (plate, plate_colour, vehicle_class): (&str, u8, u8),
    wanted: WantedFiles,
    teller: &Teller<'_>,
) -> CardJob {
    CardJob {
        id: (teller.new_id)(),
        work,
        card: card.number,
        plate: plate.to_owned(),
        plate_colour,
        vehicle_class,
        state: CardTaskState::Open,
        wanted,
        nonce: None,
        showing: None,
        operator: teller.operator.to_owned(),
        outlet: teller.outlet.to_owned(),
        opened_at: teller.now,
        version: 0,
    }
}

/// Ends a task that another one takes the place of.
fn displace(draft: &mut Draft, job: Option<&CardJob>) {
    if let Some(job) = job {
        let over = job.ended(Code::CardTaskOver);
        draft.writes.push(Write::UpdateCardJob(Box::new(over)));
    }
}
