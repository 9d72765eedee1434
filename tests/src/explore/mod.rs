//! The explorer: the real flows, the real ledger on its in-memory store, and a card with real semantics,
//! run from the start again and again with one thing going wrong at one await.
//!
//! A *run* is a list of [`Cut`]s by the number of the await they hit. After each run the card is seen again,
//! at another outlet, until nothing is open any more; then the books must agree: no money lost, none
//! doubled. [`explore`] tries every cut at every await; with depth 2 the recovery is cut too.

mod world;

use std::collections::BTreeMap;

use apdu_core::authority::RechargeState;
use apdu_core::fault::{Code, Fault};
use apdu_core::flow::{self, KeptEvidence, Progress, Step};
use etc_sim::card::Knobs;

pub use world::{Cut, Outlet, Side, World};

use crate::run;
use world::Counter;

/// Amount of every load in the explorer, fen.
pub const AMOUNT: i64 = 10_000;

/// How often a card is seen again before the explorer gives up on it.
const SIGHTS: usize = 4;

/// A card and its back-office profile, to be explored.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What to call it in a report.
    pub name: &'static str,
    /// The card's own ways.
    pub knobs: Knobs,
    /// The `prove_counter` of its profile differs from the card's own way: ask both.
    pub ask_both: bool,
}

/// What the explorer has seen.
#[derive(Debug, Default)]
pub struct Report {
    /// Runs made.
    pub runs: usize,
    /// Distinct end states, with how often each was reached.
    pub ends: BTreeMap<String, usize>,
}

/// Runs a charge with every cut at every await, `depth` cuts deep.
pub fn explore(subject: &Subject, depth: usize, report: &mut Report) {
    let mut plans = vec![Vec::new()];
    while let Some(plan) = plans.pop() {
        let world = World::new(subject, plan.clone());
        live_through(&world);
        let end = world.check_books_at_rest();
        report.runs += 1;
        *report.ends.entry(end).or_default() += 1;
        if plan.len() < depth {
            let beyond = plan.last().map_or(0, |&(at, _)| at + 1);
            for (at, side) in world.awaits().into_iter().enumerate().skip(beyond) {
                plans.extend(Cut::of(side).iter().map(|&cut| extended(&plan, at, cut)));
            }
        }
    }
}

fn extended(plan: &[(usize, Cut)], at: usize, cut: Cut) -> Vec<(usize, Cut)> {
    let mut longer = plan.to_vec();
    longer.push((at, cut));
    longer
}

/// A customer comes to a counter; whatever happens there, the card is seen again elsewhere until the
/// record is settled or waits for a supervisor.
fn live_through(world: &World) {
    let mut outlet = Outlet::First;
    for _ in 0..SIGHTS {
        world.new_tab();
        let ended = run(charge(world, outlet));
        world.check_books();
        match ended {
            Some(Ok(())) => break,
            // The card has moved on and nothing proves by what: a supervisor's list.
            Some(Err(fault)) if fault.code == Code::CounterMoved => break,
            Some(Err(_)) | None => outlet = Outlet::Other,
        }
    }
    world.deliver_late_requests();
    world.check_books();
    // One more look at the card: the late requests must not have opened anything for good.
    world.new_tab();
    let _ = run(charge_what_is_open(world));
    world.check_books();
}

/// One visit: read, prepare, pay, write; or finish what is open.
async fn charge(world: &World, outlet: Outlet) -> Result<(), Fault> {
    let (mut card, mut desk) = (world.card(), world.desk(outlet));
    let mut progress = Quiet;
    let mut met = flow::meet(&mut card, &mut desk, &mut progress).await?;
    if met.settled.is_some() {
        return Ok(());
    }
    let record = match met.sighted.open.clone() {
        Some(record) => record,
        None if world.is_served() => return Ok(()),
        None => {
            let record =
                flow::prepare(&mut card, &mut desk, &mut progress, &mut met, AMOUNT).await?;
            world.take_cash();
            pay(&desk, &record.id).await?
        }
    };
    flow::write(&mut card, &mut desk, &mut progress, &mut met, &record).await?;
    Ok(())
}

/// Finishes an open record, without opening another.
async fn charge_what_is_open(world: &World) -> Result<(), Fault> {
    let (mut card, mut desk) = (world.card(), world.desk(Outlet::Other));
    let mut met = flow::meet(&mut card, &mut desk, &mut Quiet).await?;
    if let Some(record) = met.sighted.open.clone() {
        flow::write(&mut card, &mut desk, &mut Quiet, &mut met, &record).await?;
    }
    Ok(())
}

/// A payment whose answer is lost is asked for again, as the same attempt.
async fn pay(desk: &Counter<'_>, record: &str) -> Result<apdu_core::authority::Recharge, Fault> {
    let key = desk.new_key();
    let mut paid = desk.pay(record, &key).await;
    if matches!(&paid, Err(refusal) if refusal.code == Code::AnswerLost) {
        paid = desk.pay(record, &key).await;
    }
    let record = paid?;
    assert_eq!(record.state, RechargeState::Paid);
    Ok(record)
}

/// Nobody watches. The journal is not used, so that what is proved here holds without it.
struct Quiet;

impl Progress for Quiet {
    fn at(&mut self, _: Step) {}
    fn keep(&mut self, _: &KeptEvidence) {}
}
