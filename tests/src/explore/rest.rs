//! Every way in which a card with something open may be seen next, until nothing is open any more.

use apdu_core::fault::Code;
use etc_api::CaseKind;
use etc_backend::ledger::State;

use super::Books;
use super::books::Line;
use super::counter::Counter;
use super::visit::{Wish, decide, refund, visit};
use super::world::{Outlet, World};
use crate::run;

/// How a card is seen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nothing is open: somebody just looks at it.
    Look,
    /// What is open is written.
    Write,
    /// It is found out what became of it, then what is open is written.
    Resolve,
    /// It is let go, then written.
    LetGoAndWrite,
    /// It is let go, and the money given back.
    LetGoAndRefund,
    /// After a lane has taken money.
    AfterLane,
    /// After another system has loaded it.
    AfterElsewhere,
    /// Two persons give it up; it turns up before the money is sent.
    GivenUpAndFound,
    /// Two persons give it up, and it turns up only after the money was given back.
    GivenUpForGood,
}

/// Steps after which something must have come to rest.
const STEPS: usize = 14;

const DAY: i64 = 86_400_000;

impl Sight {
    /// The ways this world's card may be seen in.
    pub fn of(world: &World) -> Vec<Self> {
        match world.books().open(0).map(|line| line.record.state) {
            None => vec![Self::Look],
            Some(State::Paid) => vec![
                Self::Write,
                Self::LetGoAndRefund,
                Self::AfterLane,
                Self::AfterElsewhere,
            ],
            Some(_) => vec![
                Self::Write,
                Self::Resolve,
                Self::LetGoAndWrite,
                Self::LetGoAndRefund,
                Self::AfterLane,
                Self::AfterElsewhere,
                Self::GivenUpAndFound,
                Self::GivenUpForGood,
            ],
        }
    }

    /// Whether two persons may have been wrong about a card in this way of seeing it.
    pub fn gives_up(self) -> bool {
        matches!(self, Self::GivenUpAndFound | Self::GivenUpForGood)
    }

    /// Sees the card in this way until nothing is open, and checks that this is so.
    pub fn until_rest(self, world: &World) {
        self.bring_to_rest(world, 0);
        world.check(Books::at_rest);
        world.check(|books| match books.open(0) {
            Some(_) => Err("it never comes to rest".into()),
            None => Ok(()),
        });
    }

    /// Sees a card in this way until nothing is open.
    pub fn bring_to_rest(self, world: &World, card: usize) {
        world.note(format!("{self:?}"));
        match self {
            Self::AfterLane => world.cards[card].pay_toll(700),
            Self::AfterElsewhere => world.cards[card].load_elsewhere(5_000),
            Self::GivenUpAndFound | Self::GivenUpForGood => {
                // Only what is torn, or on the list, can be given up.
                let _ = decide(world, card, CaseKind::RefundWithoutCard);
            }
            _ => {}
        }
        for step in 0..STEPS {
            let books = world.books();
            let Some(line) = books.open(card) else {
                break;
            };
            world.pass(1_000);
            let stopped = books.cards[card].stopped.is_some();
            let what = self.step(world, card, stopped, line, step);
            world.note(format!("  step {step}: {what}"));
            world.check(Books::honest);
        }
        // One more look: nothing opens again.
        let looked = at(world, card, Wish::Finish);
        world.note(format!("  at last: {looked}"));
    }

    fn step(self, world: &World, card: usize, stopped: bool, line: &Line, step: usize) -> String {
        match line.record.state {
            State::Refunding(refunding) => {
                let found = self == Self::GivenUpAndFound && step == 0;
                if found && refunding.sent_at.is_none() {
                    return at(world, card, Wish::Finish);
                }
                world.pass(3 * DAY);
                give_back(world, card)
            }
            _ if stopped => format!("{:?}", decide(world, card, CaseKind::LiftStop)),
            // Whoever decides has asked the customer, the lanes and the other systems.
            _ if line.listed && step > 2 => settle(world, card, line),
            State::Loading { .. } => match (self, step) {
                (Self::Resolve, 0) => at(world, card, Wish::Resolve),
                (Self::LetGoAndWrite, 0) | (Self::LetGoAndRefund, 0..=2) | (_, 7..=9) => {
                    at(world, card, Wish::LetGo)
                }
                (_, 0..=3) => at(world, card, Wish::Finish),
                // Five authorisations at one counter are a teller's, five more a supervisor's.
                (_, 4..=6) => {
                    world.next_visit(card);
                    let desk = world.supervisors_desk(Outlet::Other);
                    format!("{:?}", run(visit(world, card, desk, Wish::Finish)))
                }
                _ => settle(world, card, line),
            },
            // A card that cannot be written is let go in the end, and its money given back.
            _ if self == Self::LetGoAndRefund || step > 6 => give_back(world, card),
            _ => at(world, card, Wish::Finish),
        }
    }
}

/// An honest visit at another outlet.
fn at(world: &World, card: usize, wish: Wish) -> String {
    world.next_visit(card);
    let ended = run(visit(world, card, world.desk(Outlet::Other), wish));
    format!("{ended:?}")
}

/// At the outlet that has taken it.
pub fn give_back(world: &World, card: usize) -> String {
    let books = world.books();
    let paid_at = books.open(card).and_then(|line| line.paid_at.clone());
    let Some(outlet) = paid_at.and_then(|code| Outlet::of_code(&code)) else {
        return "nothing was paid".into();
    };
    let desk = Counter::new(world, world.teller(outlet));
    format!("{:?}", run(refund(world, card, &desk)))
}

/// Two persons decide what nothing on the card shows, and are right. Only a card at its counter's end, which
/// answers no INIT any more, cannot show that what it took was spent: its owner bears that.
pub fn settle(world: &World, card: usize, line: &Line) -> String {
    let at_its_end = world.cards[card].chip.borrow().online_counter() == u16::MAX;
    let told = match line.taken {
        0 => Err(Code::NotSpent),
        _ => decide(world, card, CaseKind::CallLoaded),
    };
    let told = match told {
        Err(Code::NotSpent) if line.taken == 0 || at_its_end => {
            decide(world, card, CaseKind::RefundWithoutCard)
        }
        told => told,
    };
    format!("{told:?}")
}
