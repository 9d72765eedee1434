//! 卡片充值: loads money that was paid outside onto a stored-value card, exactly once.
//!
//! ```text
//!  teller          flow                     card                         authority
//!    │ 读卡 ───────▶ meet ── SELECT, 0015, 805C ─▶                            │
//!    │               ├────── sight ──────────────────────────────────────────▶│ open record? preflight
//!    │               └────── 805A, if a load is open ─▶ ── confirm ──────────▶│ ─▶ 已圈存
//!    │ 金额 ───────▶ prepare VERIFY, INIT(1 fen, nonce) ─▶ ── create ────────▶│ 未支付
//!    │ 收款 ─────────────────────────────────────────── payment ─────────────▶│ 未圈存
//!    └ F2 ─────────▶ write ─ INIT ─▶ ── authorise ───────────────────────────▶│ 半圈存(n)
//!                    ├────── CREDIT, once ─▶ TAC ── confirm ─────────────────▶│ 已圈存
//!                    └────── 805C ─▶
//! ```
//!
//! The card's online counter is the lock: it moves by one exactly when a CREDIT is accepted, so any
//! number of authorisations at one counter load the card at most once.

use super::account::{self, account};
use super::check_card::validity;
use super::{
    Asked, Identity, KeptEvidence, Progress, Step, identify, read_balance, settle_open, sight,
    transmit_ok, verify,
};
use crate::authority::{
    Authorise, Authority, CreateRecharge, Evidence, InitForLoad, MadeFor, ProofCounter, Recharge,
    RechargeState, Sighted,
};
use crate::card::{Card, Fate};
use crate::fault::{Code, Fault, Written};
use crate::hex::Fixed;
use crate::sw::Sw;
use crate::toll_card::{IssueFile, STORED_VALUE, wallet};

/// A card that was read for a load, and what the records say about it.
#[derive(Clone, Debug)]
pub struct Met {
    identity: Identity,
    /// Balance in fen when the card was read.
    pub balance: u32,
    /// The records' side.
    pub sighted: Sighted,
    /// An unfinished load that this reading has closed.
    pub settled: Option<Recharge>,
    /// A proof of the card's that did not settle the open load: another system may have spent its counter.
    prove: Option<Fixed<8>>,
    /// Whether the PIN was verified in the current power session. One VERIFY per session.
    verified: bool,
    /// Whether another task has used the card since: what it selected is not known.
    doubted: bool,
}

impl Met {
    /// Another task uses the card from here on: it is to be met anew before it is written.
    pub fn doubt(&mut self) {
        self.doubted = true;
    }

    /// The issue file as read.
    pub fn issue(&self) -> &IssueFile {
        &self.identity.issue
    }

    /// Why no new load may begin on this card, if so: what the records say, then what the card itself
    /// says.
    pub fn obstacle(&self) -> Option<Code> {
        if let Some(code) = self.sighted.refusal {
            return Some(code);
        }
        if self.issue().card_type != STORED_VALUE {
            return Some(Code::CreditCard);
        }
        validity(self.issue(), self.sighted.today).err()
    }
}

/// A finished load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The record, 已圈存, with both balances as the card proved them.
    pub record: Recharge,
    /// The balance the card shows now, fen.
    pub balance: u32,
}

/// How a write ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrote {
    /// The card was written, and shows what it should.
    Loaded(Loaded),
    /// Nothing was written: the card's own account shows that the record had reached it before.
    Settled(Recharge),
}

/// Reads the card, shows it to the backend, and closes a load that had reached the card.
pub async fn meet(
    card: &mut dyn Card,
    authority: &mut dyn Authority,
    progress: &mut dyn Progress,
) -> Result<Met, Fault> {
    progress.at(Step::ReadCard);
    let identity = identify(card).await?;
    let balance = read_balance(card, identity.session).await?;

    progress.at(Step::AskRecords);
    let mut sighted = sight(authority, &identity, balance).await?;
    let session = identity.session;
    let asked = settle_open(card, authority, progress, session, &mut sighted).await?;
    let (settled, prove) = match asked {
        Asked::Settled(record) => {
            // With the open record closed, the backend may now offer a new load.
            sighted = sight(authority, &identity, balance).await?;
            (Some(record), None)
        }
        Asked::Unsettled(prove) => (None, prove),
    };
    let mut met = Met {
        identity,
        balance,
        sighted,
        settled,
        prove,
        verified: false,
        doubted: false,
    };
    if let (None, Some(record)) = (&met.settled, given_up(&met.sighted)) {
        met.settled = show_given_up(card, authority, progress, &mut met, &record).await?;
    }
    Ok(met)
}

/// The record that was given up without this card, as long as nothing shows whether it had been written. For
/// those who may settle it.
fn given_up(sighted: &Sighted) -> Option<Recharge> {
    sighted.profile.as_ref()?;
    let record = sighted.open.as_ref().or(sighted.given_up.as_ref())?;
    let in_doubt = matches!(
        record.state,
        RechargeState::Refunding | RechargeState::Refunded
    );
    (in_doubt && record.counter.is_some()).then(|| record.clone())
}

/// A card that turns up after it was given up gets no number for a new load, but its log may show that the
/// money is on it.
async fn show_given_up(
    card: &mut dyn Card,
    authority: &mut dyn Authority,
    progress: &mut dyn Progress,
    met: &mut Met,
    record: &Recharge,
) -> Result<Option<Recharge>, Fault> {
    verify_pin(card, met).await?;
    let init = initialize(card, met, &record.init, record.amount).await?;
    let made_for = MadeFor::Record(record.id.clone());
    show_account(card, authority, progress, met, made_for, init).await
}

/// Proves card, keys and PIN, and opens a record. What would fail after payment fails here.
pub async fn prepare(
    card: &mut dyn Card,
    authority: &mut dyn Authority,
    progress: &mut dyn Progress,
    met: &mut Met,
    amount: i64,
) -> Result<Recharge, Fault> {
    if let Some(code) = met.obstacle() {
        return Err(Fault::new(code));
    }
    progress.at(Step::ProveCard);
    same_card_under_power(card, met).await?;
    match open_record(card, authority, progress, met, amount).await {
        // The teller took longer than the nonce lives: fetch a fresh one, once.
        Err(fault) if fault.code == Code::NonceExpired => {
            met.sighted = sight(authority, &met.identity, met.balance).await?;
            open_record(card, authority, progress, met, amount).await
        }
        opened => opened,
    }
}

async fn open_record(
    card: &mut dyn Card,
    authority: &mut dyn Authority,
    progress: &mut dyn Progress,
    met: &mut Met,
    amount: i64,
) -> Result<Recharge, Fault> {
    let preflight = met.sighted.preflight.clone();
    let preflight = preflight.ok_or(Fault::new(Code::NonceExpired))?;
    let on_card = u32::try_from(amount).map_err(|_| Fault::new(Code::AmountNotAllowed))?;
    verify_pin(card, met).await?;
    let init = initialize(card, met, &preflight, on_card).await?;
    let made_for = MadeFor::Preflight { amount };
    show_account(card, authority, progress, met, made_for, init).await?;
    let request = CreateRecharge {
        card: met.issue().number,
        amount,
        init,
        terminal: Some(preflight.terminal),
    };
    Ok(authority.create(&request).await?)
}

/// Shows the card's account where the backend's book does not explain the counter it stands at. Answers with
/// the record it settled, if it did.
pub(super) async fn show_account(
    card: &mut dyn Card,
    authority: &mut dyn Authority,
    progress: &mut dyn Progress,
    met: &mut Met,
    made_for: MadeFor,
    init: Fixed<16>,
) -> Result<Option<Recharge>, Fault> {
    if !account::is_due(met.sighted.book, met.sighted.open.as_ref(), &init) {
        return Ok(None);
    }
    progress.at(Step::Account);
    let profile = met.sighted.profile.as_ref();
    let shown = account::Shown {
        card: met.issue().number,
        session: met.identity.session,
        book: met.sighted.book,
        proof_counter: profile.map_or(ProofCounter::Both, |profile| profile.proof_counter),
        prove: met.prove.take(),
    };
    let accounted = account(card, authority, shown, made_for, init).await?;
    met.sighted.book = Some(accounted.book);
    met.sighted.open = accounted.open;
    Ok(accounted.settled)
}

/// Writes a paid record to its card.
///
/// After CREDIT was sent there is no "failed": the card took it, refused it by its own word, or the
/// outcome is [`Written::Unknown`] and the next sight of the card settles it.
pub async fn write(
    card: &mut dyn Card,
    authority: &mut dyn Authority,
    progress: &mut dyn Progress,
    met: &mut Met,
    record: &Recharge,
) -> Result<Wrote, Fault> {
    progress.at(Step::ProveCard);
    same_card_under_power(card, met).await?;
    if met.issue().number != record.card {
        return Err(Fault::new(Code::OtherCard));
    }
    verify_pin(card, met).await?;
    let mut init = initialize(card, met, &record.init, record.amount).await?;
    if account::is_due(met.sighted.book, Some(record), &init) {
        let made_for = MadeFor::Record(record.id.clone());
        let settled = show_account(card, authority, progress, met, made_for, init).await?;
        if let Some(settled) = settled.filter(|settled| settled.id == record.id) {
            return Ok(Wrote::Settled(settled));
        }
        // Reading came in between: some cards give a pending load up for it.
        init = initialize(card, met, &record.init, record.amount).await?;
    }

    progress.at(Step::Authorise);
    let request = Authorise { init };
    let authorised = authority.authorise(&record.id, &request).await?;
    let credit = wallet::credit_for_load(&authorised.command.0)
        .map_err(|_| Fault::new(Code::BackendFailed))?;

    progress.at(Step::WriteCard);
    let tac = match card.transmit(met.identity.session, &credit).await {
        Ok(answer) if answer.sw.is_ok() => <[u8; 4]>::try_from(&answer.data[..])
            .map_err(|_| Fault::new(Code::WriteUnknown).written(Written::Unknown))?,
        Ok(answer) => return Err(refused_credit(answer.sw)),
        Err(none) if none.fate == Fate::NotSent => return Err(none.into()),
        Err(_) => return Err(Fault::new(Code::WriteUnknown).written(Written::Unknown)),
    };

    progress.at(Step::Confirm);
    let evidence = Evidence::Tac(Fixed(tac));
    progress.keep(&KeptEvidence {
        record: record.id.clone(),
        counter: authorised.record.counter,
        evidence: evidence.clone(),
    });
    let written = |fault: Fault| fault.written(Written::Yes);
    let record = authority
        .confirm(&record.id, &evidence)
        .await
        .map_err(|refusal| written(refusal.into()))?;

    progress.at(Step::CheckBalance);
    let balance = read_balance(card, met.identity.session)
        .await
        .map_err(written)?;
    if record.state != RechargeState::Loaded {
        return Err(written(Fault::new(Code::InConflict)));
    }
    if record.balance_after != Some(balance) {
        return Err(written(Fault::new(Code::BalanceDiffers)));
    }
    Ok(Wrote::Loaded(Loaded { record, balance }))
}

/// The card refused CREDIT by its own word. What ISO/IEC 7816-4 keeps for a changed memory (61xx to 63xx,
/// 65xx), a length that may be that of GET RESPONSE (6Cxx), no diagnosis (6Fxx) and a reader's own 66xx and
/// 6E81 do not say that nothing was written.
fn refused_credit(sw: Sw) -> Fault {
    let unknown = matches!(sw.0 >> 8, 0x61..=0x63 | 0x65 | 0x66 | 0x6C | 0x6F) || sw.0 == 0x6E81;
    let written = if unknown {
        Written::Unknown
    } else {
        Written::No
    };
    Fault::of_sw(sw).written(written)
}

/// Makes sure that the card in the reader is still the one that was read: the same power session, or
/// else the same number, read again.
pub(super) async fn same_card_under_power(card: &mut dyn Card, met: &mut Met) -> Result<(), Fault> {
    if card.connect().await? == met.identity.session && !met.doubted {
        return Ok(());
    }
    let identity = identify(card).await?;
    if identity.issue.number != met.identity.issue.number {
        return Err(Fault::new(Code::OtherCard));
    }
    met.identity = identity;
    met.verified = false;
    met.doubted = false;
    Ok(())
}

/// VERIFY once per power session.
pub(super) async fn verify_pin(card: &mut dyn Card, met: &mut Met) -> Result<(), Fault> {
    if met.verified {
        return Ok(());
    }
    let profile = met.sighted.profile.as_ref();
    let pin = &profile.ok_or(Fault::new(Code::RoleMayNot))?.pin;
    verify(card, met.identity.session, pin).await?;
    met.verified = true;
    Ok(())
}

/// INITIALIZE FOR LOAD with the backend's parameters.
pub(super) async fn initialize(
    card: &mut dyn Card,
    met: &Met,
    init: &InitForLoad,
    record_amount: u32,
) -> Result<Fixed<16>, Fault> {
    let amount = init.amount.unwrap_or(record_amount);
    let command = wallet::initialize_for_load(init, amount);
    let answer = transmit_ok(card, met.identity.session, &command).await?;
    let answer = answer.try_into();
    answer
        .map(Fixed)
        .map_err(|_| Fault::new(Code::MalformedFile))
}
