//! What happens at a counter: each visit is the real flows, as a teller would have them run.

use apdu_core::authority::{Recharge, RechargeState};
use apdu_core::fault::{Code, Fault};
use apdu_core::flow;
use etc_api::{Approve, AskCase, CaseKind};
use etc_backend::desk::{Attempt, Error};
use etc_backend::ledger::State;

use super::counter::{Counter, RefundStep};
use super::world::{DECIDERS, Outlet, PASSWORD, Quiet, World};
use crate::wait;

/// What the customer wants of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Money on the card; first what is open.
    Load,
    /// A new load, paid and not written.
    PayOnly,
    /// What is open is written, and nothing else.
    Finish,
    /// To know what became of the torn load.
    Resolve,
    /// The torn load is let go.
    LetGo,
}

/// One visit of a card at a desk.
pub async fn visit(
    world: &World,
    card: usize,
    mut desk: Counter<'_>,
    wish: Wish,
) -> Result<(), Fault> {
    let mut slot = world.slot(card);
    let met = flow::meet(&mut slot, &mut desk, &mut Quiet).await;
    let mut met = met?;
    let open = met.sighted.open.clone();
    match (wish, open) {
        (Wish::Load, None) if met.settled.is_some() => {}
        (Wish::Load | Wish::PayOnly, None) => {
            let amount = world.amount.get();
            let record = flow::prepare(&mut slot, &mut desk, &mut Quiet, &mut met, amount).await?;
            let record = desk.pay(&record.id, amount).await?;
            if wish == Wish::Load {
                flow::write(&mut slot, &mut desk, &mut Quiet, &mut met, &record).await?;
            }
        }
        (Wish::Load | Wish::Finish, Some(record)) if may_be_written(&record) => {
            flow::write(&mut slot, &mut desk, &mut Quiet, &mut met, &record).await?;
        }
        (Wish::Resolve, Some(record)) if record.state == RechargeState::Loading => {
            flow::resolve_load(&mut slot, &mut desk, &mut Quiet, &mut met).await?;
        }
        (Wish::LetGo, Some(record)) if record.state == RechargeState::Loading => {
            flow::let_go(&mut slot, &mut desk, &mut Quiet, &mut met, &record).await?;
        }
        _ => {}
    }
    Ok(())
}

fn may_be_written(record: &Recharge) -> bool {
    matches!(record.state, RechargeState::Paid | RechargeState::Loading)
}

/// The customer wants the money of the open record back; goes on with a refund that has begun.
pub async fn refund(world: &World, card: usize, desk: &Counter<'_>) -> Result<(), Fault> {
    loop {
        let books = world.books();
        let Some(line) = books.open(card) else {
            return Ok(());
        };
        let step = match line.record.state {
            State::Paid => RefundStep::Begin,
            State::Refunding(refund) if refund.sent_at.is_none() => RefundStep::Send,
            State::Refunding(_) => RefundStep::PaidInCash,
            _ => return Ok(()),
        };
        desk.refund(&line.record.id, step).await?;
    }
}

/// Two persons decide about the card's open record.
pub fn decide(world: &World, card: usize, kind: CaseKind) -> Result<(), Code> {
    let books = world.books();
    let open = books.open(card).map(|line| line.record.id.clone());
    decide_about(world, card, open, kind)
}

/// Two persons decide about a record, or about the card.
pub fn decide_about(
    world: &World,
    card: usize,
    record: Option<String>,
    kind: CaseKind,
) -> Result<(), Code> {
    let desk = world.backend();
    let who = world.supervisor(Outlet::Other);
    let attempt = Attempt {
        key: world.new_key(),
        route: "POST".into(),
        body: [0; 32],
    };
    let question = AskCase {
        record,
        card: world.cards[card].number,
        kind,
        reason: "as the card's owner says".into(),
    };
    let code = |error: Error| error.code();
    let case = wait(desk.ask_case(&who, &attempt, &question)).map_err(code)?;
    for person in DECIDERS {
        let approval = Approve {
            operator: person.into(),
            password: PASSWORD.into(),
        };
        wait(desk.approve_case(&case.id, approval)).map_err(code)?;
    }
    Ok(())
}
