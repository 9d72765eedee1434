//! The counter tasks, one file each: plain `async fn` that read top to bottom like the sequence chart.
//!
//! A flow knows neither page nor transport nor HTTP. Dropped at any await it leaves the card and the
//! ledger in a state the next sight of the card can finish.

use crate::apdu::{Command, Response};
use crate::authority::{
    Authority, CardFile, Compared, Evidence, Pin, Recharge, RechargeState, RecordId, ShownCard,
    Sight, Sighted, TagFile,
};
use crate::card::{Card, NoAnswer, PowerSession};
use crate::fault::{Code, Fault};
use crate::hex::{Bytes, Fixed};
use crate::sw::Sw;
use crate::toll_card::{Fci, HolderFile, IssueFile, select_master_file, wallet};

mod account;
mod activate_card;
mod activate_obu;
mod cancel_obu;
mod capture;
mod check_card;
mod check_tag;
mod issue_card;
mod issue_obu;
mod let_go;
mod load;
mod self_test;
mod tag;
mod take_in;
mod whole_card;
mod write_card;
mod write_tag;
mod writes;

pub use activate_card::activate_card;
pub use activate_obu::{MetTag, activate_obu, meet_for_activation};
pub use cancel_obu::cancel_obu;
pub use capture::capture;
pub use check_card::{CheckedCard, check_card};
pub use check_tag::{CheckedTag, CheckedVehicle, check_tag};
pub use issue_card::issue_card;
pub use issue_obu::{issue_obu, meet_tag};
pub use let_go::{Standing, let_go, resolve_load};
pub use load::{Loaded, Met, Wrote, meet, prepare, write};
pub use self_test::{SELF_TEST, self_test};
pub use take_in::take_in;
pub use write_card::CardDone;
pub use write_tag::TagDone;

/// Where a flow tells how far it is, and leaves what must survive the page.
pub trait Progress {
    /// The flow begins this step.
    fn at(&mut self, step: Step);

    /// Called before the answer of a write is handed on: the journal keeps it first, so that a page
    /// that dies now loses nothing.
    fn keep(&mut self, evidence: &KeptEvidence);

    /// Card, tag and record were compared: whatever comes of it, the person sees where they differ.
    fn compared(&mut self, _rows: &[Compared]) {}
}

/// The steps a teller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The card's files are read.
    ReadCard,
    /// The backend is shown the card.
    AskRecords,
    /// An unfinished load is settled by the card's proof.
    SettleOpen,
    /// PIN and a first INIT prove card and keys.
    ProveCard,
    /// The card's own account of its loads is read and shown to the backend.
    Account,
    /// The card proves that a torn load was not written.
    LetGo,
    /// The backend authorises the write.
    Authorise,
    /// The card is being written: it must not be moved.
    WriteCard,
    /// A file of the card is being written: it must not be moved.
    WriteFile(CardFile),
    /// The card's TAC is handed in.
    Confirm,
    /// The balance is read again.
    CheckBalance,
    /// Tags near by are called, and the one that answers is read.
    CallTag,
    /// The tag's vehicle information is read encrypted, and opened by the backend.
    ReadVehicle,
    /// The tag's system information is read, whole.
    ReadTag,
    /// The tag is being written: it must not be moved.
    WriteTag(TagFile),
    /// Card or tag is read again after it was written.
    ReadBack,
    /// The tag signals, so that a person sees which one it is.
    SignalTag,
}

/// What a card answered to a write, until the backend has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvidence {
    /// The record that was written.
    pub record: RecordId,
    /// The counter the write used.
    pub counter: Option<u16>,
    /// The card's answer.
    pub evidence: Evidence,
}

/// A card that was read for a task of its own, or of its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadCard {
    /// The issue file.
    pub issue: IssueFile,
    /// What the backend is shown of it.
    pub shown: ShownCard,
}

/// Reads a card, blank or issued, for a task of its own or of its tag. Nothing is written on it.
pub async fn show_card(
    card: &mut dyn Card,
    progress: &mut dyn Progress,
) -> Result<ReadCard, Fault> {
    progress.at(Step::ReadCard);
    let session = card.connect().await?;
    select_toll_application(card, session).await?;
    let (issue, bytes) = whole_card::read_issue_file(card, session).await?;
    Ok(ReadCard {
        shown: ShownCard {
            number: issue.number,
            issue: bytes,
        },
        issue,
    })
}

/// Who the card in the reader is.
#[derive(Clone, Debug)]
struct Identity {
    session: PowerSession,
    bytes: Bytes,
    issue: IssueFile,
    /// Whom the card was issued to, where that was read.
    holder: Option<HolderFile>,
}

/// Powers the card and reads who it is. Leaves the toll application selected.
async fn identify(card: &mut dyn Card) -> Result<Identity, Fault> {
    let session = card.connect().await?;
    select_toll_application(card, session).await?;
    read_identity(card, session).await
}

/// As [`identify`], with the holder file, which stands in the master file and so comes first.
async fn identify_with_holder(card: &mut dyn Card) -> Result<(Identity, Option<Fci>), Fault> {
    let session = card.connect().await?;
    let selected = card.transmit(session, &select_master_file()).await?;
    let holder = if selected.sw.is_ok() {
        let response = card.transmit(session, &HolderFile::read()).await?;
        HolderFile::parse(&response.data).ok()
    } else {
        None
    };
    let selected = select_toll_application(card, session).await?;
    let application = Fci::parse(&selected.data).ok();
    let identity = Identity {
        holder,
        ..read_identity(card, session).await?
    };
    Ok((identity, application))
}

async fn select_toll_application(
    card: &mut dyn Card,
    session: PowerSession,
) -> Result<Response, Fault> {
    let select = crate::toll_card::select_toll_application();
    let response = card.transmit(session, &select).await?;
    match response.sw {
        Sw::OK => Ok(response),
        Sw::LOCKED_APPLICATION => Err(Fault::of_sw(response.sw)),
        other => Err(Fault {
            sw: Some(other),
            ..Fault::new(Code::NotATollCard)
        }),
    }
}

async fn read_identity(card: &mut dyn Card, session: PowerSession) -> Result<Identity, Fault> {
    let read = IssueFile::read(IssueFile::CLASSIC);
    let response = card.transmit(session, &read).await?;
    if !response.sw.is_ok() {
        return Err(Fault {
            sw: Some(response.sw),
            ..Fault::new(Code::NotATollCard)
        });
    }
    let issue = IssueFile::parse(&response.data).map_err(|_| Fault::new(Code::MalformedFile))?;
    Ok(Identity {
        session,
        bytes: Bytes(response.data),
        issue,
        holder: None,
    })
}

async fn read_balance(card: &mut dyn Card, session: PowerSession) -> Result<u32, Fault> {
    let data = transmit_ok(card, session, &wallet::get_balance()).await?;
    wallet::parse_balance(&data).map_err(|_| Fault::new(Code::MalformedFile))
}

/// Shows the card its PIN. `63Cx` is a try that was spent: the task ends, and no other form is tried. `9403` says
/// that the card has no PIN.
async fn verify(card: &mut dyn Card, session: PowerSession, pin: &Pin) -> Result<(), Fault> {
    let verify = wallet::verify(pin).map_err(|_| Fault::new(Code::WrongPin))?;
    if let Some(verify) = verify {
        let response = card.transmit(session, &verify).await?;
        if !response.sw.is_ok() && response.sw != Sw::NO_SUCH_KEY {
            return Err(Fault::of_sw(response.sw));
        }
    }
    Ok(())
}

async fn sight(
    authority: &mut dyn Authority,
    identity: &Identity,
    balance: u32,
) -> Result<Sighted, Fault> {
    let sight = Sight {
        issue: identity.bytes.clone(),
        balance: Fixed(balance.to_be_bytes()),
        holder: identity
            .holder
            .map(|holder| Bytes(holder.to_bytes().to_vec())),
    };
    Ok(authority.sight(identity.issue.number, &sight).await?)
}

/// What asking the card for its proof came to.
enum Asked {
    /// The open load had reached the card: its record is loaded.
    Settled(Recharge),
    /// It is still open; the card may have proved something else.
    Unsettled(Option<Fixed<8>>),
}

/// Closes a load that reached the card but not the ledger: asks the card for its proof and hands it in.
///
/// Comes before any INIT, which may clear the proof. `9406` proves nothing: the record stays open.
async fn settle_open(
    card: &mut dyn Card,
    authority: &mut dyn Authority,
    progress: &mut dyn Progress,
    session: PowerSession,
    sighted: &mut Sighted,
) -> Result<Asked, Fault> {
    let in_doubt = sighted.open.as_ref().or(sighted.given_up.as_ref());
    let authorised = in_doubt.and_then(authorised);
    // Without a profile this role may not settle anything.
    let (Some((open, counter)), Some(profile)) = (authorised, &sighted.profile) else {
        return Ok(Asked::Unsettled(None));
    };
    progress.at(Step::SettleOpen);
    let mut other = None;
    for asked in profile.proof_counter.candidates(counter) {
        let response = card
            .transmit(session, &wallet::get_load_prove(asked))
            .await?;
        let Ok(prove) = <[u8; 8]>::try_from(&response.data[..]) else {
            continue;
        };
        let evidence = Evidence::Prove(Fixed(prove));
        match authority.confirm(&open.id, &evidence).await {
            Ok(record) if record.state == RechargeState::Loaded => {
                sighted.open = None;
                return Ok(Asked::Settled(record));
            }
            // Its refund is under way, and the channel's last word is waited for; or the money went back and
            // is on the card as well, which the backend has noted.
            Ok(record) => {
                sighted.open = Some(record).filter(|r| r.state == RechargeState::Refunding);
                sighted.given_up = None;
                break;
            }
            // The proof of another load: an older one, or another system's.
            Err(refusal) if refusal.code == Code::WrongEvidence => other = Some(Fixed(prove)),
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(Asked::Unsettled(other))
}

/// A record whose CREDIT was authorised and may have been accepted, with the counter.
fn authorised(record: &Recharge) -> Option<(Recharge, u16)> {
    let may_be_written = matches!(
        record.state,
        RechargeState::Loading | RechargeState::Refunding | RechargeState::Refunded
    );
    Some((record.clone(), record.counter.filter(|_| may_be_written)?))
}

/// Sends a command that must be answered `9000`.
async fn transmit_ok(
    card: &mut dyn Card,
    session: PowerSession,
    command: &Command,
) -> Result<alloc::vec::Vec<u8>, Fault> {
    let response = card.transmit(session, command).await?;
    if response.sw.is_ok() {
        Ok(response.data)
    } else {
        Err(Fault::of_sw(response.sw))
    }
}

/// A command that changes nothing was not answered.
impl From<NoAnswer> for Fault {
    fn from(none: NoAnswer) -> Self {
        Self::new(none.code)
    }
}

/// The backend refused, and nothing was written.
impl From<crate::authority::Refusal> for Fault {
    fn from(refusal: crate::authority::Refusal) -> Self {
        Self::new(refusal.code)
    }
}
