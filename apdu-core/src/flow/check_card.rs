//! 卡片检测: reads a card, and says whether it is in order.

use alloc::vec::Vec;

use super::{Asked, Progress, Step, identify_with_holder, read_balance, settle_open, sight};
use crate::authority::{Authority, Recharge, Sighted};
use crate::bcd::Date;
use crate::card::{Card, PowerSession};
use crate::fault::{Code, Fault};
use crate::sw::Sw;
use crate::toll_card::{Fci, HolderFile, IssueFile, LogRecord, TransitRecord};

/// How many log records are shown.
const LOG_RECORDS: u8 = 10;

/// Everything a card check shows.
#[derive(Clone, Debug)]
pub struct CheckedCard {
    /// What the toll application says of itself, where it does.
    pub application: Option<Fci>,
    /// Whom the card was issued to; missing where the file cannot be read.
    pub holder: Option<HolderFile>,
    /// The issue file.
    pub issue: IssueFile,
    /// Balance in fen.
    pub balance: u32,
    /// The records' side. A card can be read while the backend is away.
    pub records: Result<Sighted, Fault>,
    /// An unfinished load that this check has closed.
    pub settled: Option<Recharge>,
    /// The newest log records, newest first.
    pub log: Vec<LogRecord>,
    /// Whether the card keeps its log behind the PIN.
    pub log_protected: bool,
    /// The last station.
    pub transit: Option<TransitRecord>,
}

impl CheckedCard {
    /// Whether the card is in order: known, normal, issued, as its record says, and valid today; otherwise which
    /// of them fails first.
    pub fn verdict(&self) -> Result<(), Fault> {
        let records = self.records.as_ref().map_err(|&fault| fault)?;
        if let Some(code) = records.status.refusal() {
            return Err(Fault::new(code));
        }
        if records.refusal == Some(Code::CardNotIssued) {
            return Err(Fault::new(Code::CardNotIssued));
        }
        if !records.differences.is_empty() {
            return Err(Fault::new(Code::CardDiffers));
        }
        validity(&self.issue, records.today).map_err(Fault::new)
    }
}

/// Whether the card is valid on that day.
pub(super) fn validity(issue: &IssueFile, today: Date) -> Result<(), Code> {
    if today < issue.start {
        Err(Code::CardNotYetActive)
    } else if today > issue.expiry {
        Err(Code::CardExpired)
    } else {
        Ok(())
    }
}

/// Reads the card with the fewest commands that show what the screen shows; none is sent twice.
pub async fn check_card(
    card: &mut dyn Card,
    authority: &mut dyn Authority,
    progress: &mut dyn Progress,
) -> Result<CheckedCard, Fault> {
    progress.at(Step::ReadCard);
    let (identity, application) = identify_with_holder(card).await?;
    let session = identity.session;
    let balance = read_balance(card, session).await?;

    progress.at(Step::AskRecords);
    let mut records = sight(authority, &identity, balance).await;
    let mut settled = None;
    if let Ok(sighted) = &mut records {
        let asked = settle_open(card, authority, progress, session, sighted).await?;
        if let Asked::Settled(record) = asked {
            settled = Some(record);
        }
    }

    let (log, log_protected) = read_log(card, session).await?;
    let transit = read_transit(card, session).await?;
    Ok(CheckedCard {
        application,
        holder: identity.holder,
        issue: identity.issue,
        balance,
        records,
        settled,
        log,
        log_protected,
        transit,
    })
}

/// Newest first, up to the first record that is blank or not there.
async fn read_log(
    card: &mut dyn Card,
    session: PowerSession,
) -> Result<(Vec<LogRecord>, bool), Fault> {
    let mut log = Vec::new();
    for number in 1..=LOG_RECORDS {
        let response = card.transmit(session, &LogRecord::read(number)).await?;
        match response.sw {
            Sw::OK => {}
            Sw::SECURITY_STATE => return Ok((log, true)),
            _ => break,
        }
        match LogRecord::parse(&response.data) {
            Ok(Some(record)) => log.push(record),
            Ok(None) | Err(_) => break,
        }
    }
    Ok((log, false))
}

/// A card without a readable transit record has simply not travelled.
async fn read_transit(
    card: &mut dyn Card,
    session: PowerSession,
) -> Result<Option<TransitRecord>, Fault> {
    let response = card.transmit(session, &TransitRecord::read()).await?;
    Ok(TransitRecord::parse(&response.data).ok().flatten())
}
