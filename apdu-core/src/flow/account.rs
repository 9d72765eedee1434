//! The card's own account of its loads: what it proves, and what its log says.
//!
//! Shown whenever the card stands at a counter the backend's book does not explain: on first sight, after
//! a load elsewhere, after a torn load that left no proof, after the backend was restored from a backup.

use alloc::vec::Vec;

use crate::authority::{
    Account, Accounted, Authority, MadeFor, ProofCounter, Recharge, RechargeState,
};
use crate::bcd::CardNumber;
use crate::card::{Card, PowerSession};
use crate::fault::{Code, Fault, Written};
use crate::hex::Fixed;
use crate::toll_card::wallet::{self, InitAnswer};
use crate::toll_card::{LogRecord, TransactionKind};

/// Records the log 0018 keeps at most (reference §1.1).
const LONGEST_LOG: u8 = 50;

/// Whether the card's account is to be shown before anything else: the book ends below the counter the
/// card shows, or a load was authorised at one the card has left.
pub(super) fn is_due(book: Option<u16>, open: Option<&Recharge>, init: &Fixed<16>) -> bool {
    let shown = InitAnswer::parse(&init.0).counter;
    let torn = open.filter(|record| record.state == RechargeState::Loading);
    let left = torn
        .and_then(|record| record.counter)
        .is_some_and(|at| at < shown);
    left || book.is_none_or(|book| book < shown)
}

/// What the backend already knows of the card, and what was asked of it before.
pub(super) struct Shown {
    /// The card.
    pub card: CardNumber,
    /// Its power session.
    pub session: PowerSession,
    /// Where the book ends.
    pub book: Option<u16>,
    /// Which counter GET TRANSACTION PROVE wants.
    pub proof_counter: ProofCounter,
    /// A proof the card gave before the INIT, which may have cleared it since.
    pub prove: Option<Fixed<8>>,
}

/// Reads the card's account and shows it.
pub(super) async fn account(
    card: &mut dyn Card,
    authority: &mut dyn Authority,
    shown: Shown,
    made_for: MadeFor,
    init: Fixed<16>,
) -> Result<Accounted, Fault> {
    let counter = InitAnswer::parse(&init.0).counter;
    let prove = match shown.prove {
        Some(prove) => Some(prove),
        None => latest_proof(card, &shown, counter).await?,
    };
    let log = read_log(card, shown.session, shown.book).await?;
    let account = Account {
        made_for,
        init,
        prove,
        log,
    };
    let accounted = authority.account(shown.card, &account).await;
    accounted.map_err(|refusal| match refusal.code {
        // The card has left the counter of a load, and nothing tells whether the load took it there.
        Code::OnSupervisorList => Fault::from(refusal).written(Written::Unknown),
        _ => refusal.into(),
    })
}

/// The proof of the load that brought the card to `counter`, where it keeps one.
async fn latest_proof(
    card: &mut dyn Card,
    shown: &Shown,
    counter: u16,
) -> Result<Option<Fixed<8>>, Fault> {
    let Some(spent) = counter.checked_sub(1) else {
        return Ok(None);
    };
    for asked in shown.proof_counter.candidates(spent) {
        let command = wallet::get_load_prove(asked);
        let response = card.transmit(shown.session, &command).await?;
        if let (true, Ok(prove)) = (response.sw.is_ok(), response.data[..].try_into()) {
            return Ok(Some(Fixed(prove)));
        }
    }
    Ok(None)
}

/// The log, newest first, down to the first load the book already explains.
async fn read_log(
    card: &mut dyn Card,
    session: PowerSession,
    book: Option<u16>,
) -> Result<Vec<Fixed<23>>, Fault> {
    let mut log = Vec::new();
    for number in 1..=LONGEST_LOG {
        let response = card.transmit(session, &LogRecord::read(number)).await?;
        // 6A83 ends the list; a card that keeps its log to itself ends it before it begins.
        let record: Result<[u8; 23], _> = response.data[..].try_into();
        let (true, Ok(record)) = (response.sw.is_ok(), record) else {
            break;
        };
        let Ok(Some(entry)) = LogRecord::parse(&record) else {
            break;
        };
        let is_load = entry.kind == TransactionKind::Load;
        if is_load && book.is_some_and(|book| entry.counter < book) {
            break;
        }
        log.push(Fixed(record));
    }
    Ok(log)
}
