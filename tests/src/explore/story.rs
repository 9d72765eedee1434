//! What a customer means to do, act by act.

use apdu_core::fault::{Code, Fault};

use super::Books;
use super::counter::Counter;
use super::faults::Tear;
use super::rest::Sight;
use super::visit::{Wish, refund, visit};
use super::world::{Outlet, World};
use crate::run;

/// A customer's plan.
#[derive(Clone, Copy)]
pub struct Story {
    /// What to call it in a report.
    pub name: &'static str,
    /// Act by act.
    pub acts: &'static [Act],
    /// What must be true at rest beside the invariant.
    pub holds: fn(&World, Sight),
}

/// One act. Where something goes wrong the customer tries again, at another outlet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A load is paid and written, or what is open is.
    Load,
    /// The same, but CREDIT is torn, and nothing is tried again.
    Torn(Tear),
    /// A load is paid; the customer leaves before it is written.
    PayOnly,
    /// Somebody looks what became of the torn load, elsewhere.
    Resolve,
    /// The torn load is let go, elsewhere.
    LetGo,
    /// What is open is written, elsewhere.
    Finish,
    /// The money is given back where it was taken.
    Refund,
    /// A lane takes money from the card.
    Lane,
    /// Another system loads the card.
    Elsewhere,
}

/// How often a customer tries.
const TRIES: usize = 4;

impl Act {
    /// Plays it, whatever goes wrong; the books are looked at after every step.
    pub fn play(self, world: &World) {
        match self {
            Self::Load => tried(world, Outlet::First, Wish::Load, |_| false),
            Self::Torn(tear) => {
                world.tear.set(Some(tear));
                tried(world, Outlet::First, Wish::Load, |world| {
                    world.tear.get().is_none()
                });
                world.tear.set(None);
            }
            Self::PayOnly => tried(world, Outlet::First, Wish::PayOnly, |_| false),
            Self::Resolve => tried(world, Outlet::Other, Wish::Resolve, |_| false),
            Self::LetGo => tried(world, Outlet::Other, Wish::LetGo, |_| false),
            Self::Finish => tried(world, Outlet::Other, Wish::Finish, |_| false),
            Self::Refund => {
                for _ in 0..TRIES {
                    world.pass(1_000);
                    let books = world.books();
                    let paid_at = books.open(0).and_then(|line| line.paid_at.as_deref());
                    let Some(outlet) = paid_at.and_then(Outlet::of_code) else {
                        break;
                    };
                    let desk = Counter::new(world, world.teller(outlet));
                    let ended = run(refund(world, 0, &desk));
                    world.check(Books::honest);
                    if is_over(&ended) {
                        break;
                    }
                }
            }
            Self::Lane => world.plastic().pay_toll(700),
            Self::Elsewhere => world.plastic().load_elsewhere(5_000),
        }
    }
}

/// Visits with one wish until it is fulfilled, or nothing more can be done about it at a counter.
fn tried(world: &World, mut outlet: Outlet, wish: Wish, enough: impl Fn(&World) -> bool) {
    let before = payments(world);
    for _ in 0..TRIES {
        world.next_visit(0);
        let ended = run(visit(world, 0, world.desk(outlet), wish));
        world.note(format!("  {wish:?} at {outlet:?}: {ended:?}"));
        world.check(Books::honest);
        if is_over(&ended) || enough(world) {
            break;
        }
        outlet = match outlet {
            Outlet::First => Outlet::Other,
            _ => Outlet::First,
        };
        // A customer has one load in mind: once it is paid, only what is open is gone on with.
        let served = match wish {
            Wish::Load => payments(world) > before && world.books().open(0).is_none(),
            Wish::PayOnly => payments(world) > before,
            _ => false,
        };
        if served {
            break;
        }
    }
}

fn payments(world: &World) -> usize {
    let books = world.books();
    books.records.iter().filter(|line| line.paid > 0).count()
}

/// It went well, or trying again leads nowhere.
pub(super) fn is_over(ended: &Option<Result<(), Fault>>) -> bool {
    match ended {
        None => false,
        Some(Ok(())) => true,
        Some(Err(fault)) => matches!(
            fault.code,
            Code::CounterMoved
                | Code::OnSupervisorList
                | Code::CardStopped
                | Code::WeakRandom
                | Code::NoLetGo
        ),
    }
}

impl World {
    /// Panics where the books do not agree, and tells the story.
    #[track_caller]
    pub fn check(&self, what: impl Fn(&Books) -> Result<(), String>) {
        if let Err(why) = what(&self.books()) {
            panic!("{why}\n{}\n{}", self.story(), self.books().in_short());
        }
    }
}
