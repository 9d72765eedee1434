//! The explorer: the real flows, the real ledger on its in-memory store, and a card with real semantics,
//! run again and again with something going wrong at one await, or two; or at one USB transfer, where the real
//! reader engine and the virtual reader stand between flow and card.
//!
//! A *run* is a [`Story`], act by act, with [`Cut`]s at the awaits they hit. After it the card is seen again in
//! every way there is, until nothing is open any more; after every step and at rest the [`Books`] must agree:
//! no money lost, none doubled.

mod books;
mod card_books;
mod card_story;
mod counter;
mod faults;
mod field;
mod lent;
mod plastic;
mod rest;
mod story;
mod tag_books;
mod tag_story;
mod visit;
mod wire;
mod world;

use std::collections::BTreeMap;
use std::fmt::Debug;

use etc_sim::reader::Model;

pub use books::{Books, Line};
pub use card_books::CardBooks;
pub use card_story::{APPLICATION, CardAct, CardWays, explore_cards, visit_card};
pub use counter::{Counter, RefundStep};
pub use faults::{Chance, Cut, Faults, Side, Tear};
pub use field::{Field, Laid, Reach};
pub use plastic::{Plastic, Subject, in_the_records};
pub use rest::{Sight, give_back, settle};
pub use story::{Act, Story};
pub use tag_books::TagBooks;
pub use tag_story::{TagAct, TagWays, explore_tags, sn, visit_tag};
pub use visit::{Wish, decide, decide_about, refund, visit};
pub use world::{CARD, DECIDERS, MORNING, Outlet, PASSWORD, Quiet, Slot, World};

/// Amount of every load in the explorer, fen.
pub const AMOUNT: i64 = 10_000;

/// What goes wrong in each act of a run.
pub type Cuts = Vec<Vec<(usize, Cut)>>;

/// About one run in so many is told again on a database.
const SAMPLED: usize = 100;

/// What the explorer has seen.
#[derive(Debug, Default)]
pub struct Report {
    /// Runs made: stories, each with its cuts.
    pub runs: usize,
    /// Runs of the sights after them.
    pub sights: usize,
    /// Distinct ends of stories, with how often each was reached.
    pub ends: BTreeMap<String, usize>,
    /// The same once the card was seen again.
    pub rests: BTreeMap<String, usize>,
    /// Some of the runs, with where they ended.
    pub sample: Vec<(Cuts, String)>,
}

impl Report {
    /// Both together.
    pub fn add(&mut self, more: Self) {
        self.runs += more.runs;
        self.sights += more.sights;
        for (end, times) in more.ends {
            *self.ends.entry(end).or_default() += times;
        }
        for (rest, times) in more.rests {
            *self.rests.entry(rest).or_default() += times;
        }
        self.sample.extend(more.sample);
    }
}

/// Tells a story with every cut at every await, `depth` cuts deep, and has the card seen again after each.
pub fn explore(subject: &Subject, story: &Story, depth: usize) -> Report {
    explore_in(&World::new(subject), subject, story, depth)
}

/// The same over a reader, with every cut at every USB transfer.
pub fn explore_wire(model: Model, subject: &Subject, story: &Story, depth: usize) -> Report {
    let world = World::new(subject);
    world.put_behind(model);
    explore_in(&world, subject, story, depth)
}

fn explore_in(world: &World, subject: &Subject, story: &Story, depth: usize) -> Report {
    let mut report = Report::default();
    world.note(format!("{}: {}", subject.name, story.name));
    let play = |act: &Act, world: &World| act.play(world);
    tell(
        world,
        story.acts,
        depth,
        &Cuts::new(),
        &play,
        &mut |world, cuts| {
            end(world, story, cuts, &mut report);
        },
    );
    report
}

/// Tells one run of a story in a world of any kind, and has the card seen again. Answers with where the run
/// ended.
pub fn replay(world: &World, story: &Story, cuts: &Cuts) -> String {
    world.note(format!("{}: {cuts:?}", story.name));
    for (act, plan) in story.acts.iter().zip(cuts) {
        world.plan(Faults::Planned(plan.clone()));
        act.play(world);
    }
    world.plan(Faults::Planned(Vec::new()));
    world.deliver_late_requests();
    world.check(Books::honest);
    let end = world.books().in_short();
    Sight::Write.bring_to_rest(world, 0);
    world.check(Books::at_rest);
    end
}

/// What is left of a story, from this world on, cut in every way; then its end. Acts without a cut are told once,
/// and forked from.
fn tell<A: Debug>(
    world: &World,
    acts: &[A],
    depth: usize,
    cuts: &Cuts,
    play: &dyn Fn(&A, &World),
    end: &mut dyn FnMut(&World, &Cuts),
) {
    let Some((act, later)) = acts.split_first() else {
        return end(world, cuts);
    };
    let mut plans = vec![Vec::new()];
    while let Some(plan) = plans.pop() {
        let run = world.fork();
        run.note(format!("{act:?}, cut {plan:?}"));
        run.plan(Faults::Planned(plan.clone()));
        play(act, &run);
        let awaits = run.awaits();
        run.plan(Faults::Planned(Vec::new()));
        let so_far = extended(cuts, plan.clone());
        tell(&run, later, depth - plan.len(), &so_far, play, end);
        if plan.len() < depth {
            let beyond = plan.last().map_or(0, |&(at, _)| at + 1);
            for (at, side) in awaits.into_iter().enumerate().skip(beyond) {
                plans.extend(Cut::of(side).iter().map(|&cut| extended(&plan, (at, cut))));
            }
        }
    }
}

fn extended<T: Clone>(list: &[T], by: T) -> Vec<T> {
    let mut longer = list.to_vec();
    longer.push(by);
    longer
}

fn end(world: &World, story: &Story, cuts: &Cuts, report: &mut Report) {
    world.deliver_late_requests();
    world.check(Books::honest);
    let end = world.books().in_short();
    if report.runs % SAMPLED == SAMPLED / 2 {
        report.sample.push((cuts.clone(), end.clone()));
    }
    report.runs += 1;
    *report.ends.entry(end).or_default() += 1;
    for sight in Sight::of(world) {
        let rest = world.fork();
        sight.until_rest(&rest);
        (story.holds)(&rest, sight);
        report.sights += 1;
        *report.rests.entry(rest.books().in_short()).or_default() += 1;
    }
}
