//! Days at several counters, all from one number: many cards, tellers, a pair of supervisors, lanes, other
//! systems, and whatever may go wrong, anywhere, at any time.
//!
//! The page is honest. After every event the books must agree, and in the end everything comes to rest.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use apdu_core::bcd::CardNumber;
use etc_api::CaseKind;
use etc_backend::ledger::State;
use etc_sim::card::{PinForm, PinKnob, ProofCounter, ProofsKept, Random};

use crate::explore::{
    Books, Chance, Counter, Faults, Outlet, Sight, Subject, Wish, World, decide, give_back, settle,
    visit,
};
use crate::{run, wait};

/// Cards that come and go.
const CARDS: u32 = 20;

/// Events on one day.
const EVENTS: u32 = 150;

/// About one await in so many goes wrong.
const ONE_IN: u32 = 25;

const HOUR: i64 = 3_600_000;

/// What happened.
#[derive(Debug, Default)]
pub struct Summary {
    /// Events of each kind.
    pub events: BTreeMap<&'static str, usize>,
    /// Records by their last state.
    pub states: BTreeMap<&'static str, usize>,
    /// Paid, loaded and given back, fen.
    pub money: [i64; 3],
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [paid, loaded, back] = self.money;
        writeln!(f, "paid {paid}, loaded {loaded}, given back {back} fen")?;
        for (event, times) in &self.events {
            writeln!(f, "  {times:6} × {event}")?;
        }
        for (state, times) in &self.states {
            writeln!(f, "  {times:6} records {state}")?;
        }
        Ok(())
    }
}

/// Simulates so many days. Panics with the events so far where the books do not agree.
pub fn simulate(seed: u64, days: u32) -> Summary {
    let mut chance = Chance::new(seed);
    let subjects: Vec<_> = (0..CARDS)
        .map(|number| (card_number(number), any_card(&mut chance)))
        .collect();
    let cards: Vec<_> = subjects
        .iter()
        .map(|(number, card)| (*number, card))
        .collect();
    let mut world = World::in_memory(&cards, seed);
    world.note(format!("seed {seed}, {days} days"));
    for (number, (_, card)) in subjects.iter().enumerate() {
        world.note(format!("card {number}: {}", card.name));
    }
    let mut summary = Summary::default();
    for day in 0..days {
        world.note(format!("day {day}"));
        world.sign_in_anew();
        world.plan(Faults::ByChance(chance.fork(), ONE_IN));
        world.set_meanwhile(Some(at_other_desks(chance.fork())));
        for _ in 0..EVENTS {
            let what = event(&mut world, &mut chance);
            *summary.events.entry(what).or_default() += 1;
            world.check(Books::honest);
        }
        world.set_meanwhile(None);
        // The night: what was held up arrives, or does not.
        match chance.below(2) {
            0 => world.lose_late_requests(),
            _ => world.deliver_late_requests(),
        }
        world.check(Books::honest);
        world.pass(12 * HOUR);
    }
    bring_to_rest(&mut world);
    summarise(&world, summary)
}

fn card_number(number: u32) -> CardNumber {
    // 20 digits; the last four are the card's.
    let text = format!("6201220123010000{:04}", 100 + number);
    text.parse().expect("20 digits")
}

/// A card with its own ways, and a name that tells them.
fn any_card(chance: &mut Chance) -> Subject {
    let mut card = Subject::new("", Default::default());
    let forms = [
        PinForm::Ascii6,
        PinForm::Ascii6,
        PinForm::Bcd3,
        PinForm::None,
    ];
    let form = *chance.pick(&forms);
    card.knobs.pin = PinKnob {
        required: form != PinForm::None,
        form,
        tries: 3,
    };
    let asked = [
        ProofCounter::After,
        ProofCounter::Before,
        ProofCounter::Both,
    ];
    card.knobs.proof_counter = *chance.pick(&asked);
    let kept = [ProofsKept::LastLoad, ProofsKept::LastAny, ProofsKept::None];
    card.knobs.proofs_kept = *chance.pick(&kept);
    let randoms = [
        Random::Fresh,
        Random::Fresh,
        Random::Fresh,
        Random::Constant,
        Random::RepeatsAfterReset,
    ];
    card.knobs.random = *chance.pick(&randoms);
    card.ask_both = chance.below(3) == 0;
    card.knobs.issue_file_length = *chance.pick(&[43, 50]);
    card.knobs.refuses_one_fen = chance.below(5) == 0;
    card.knobs.refuses_odd_terminals = chance.below(8) == 0;
    card.knobs.init_clears_proof = chance.below(4) == 0;
    card.knobs.credit_only_after_init = chance.below(4) == 0;
    card.knobs.hides_log = chance.below(4) == 0;
    card.knobs.damaged = chance.below(15) == 0;
    card.counter = match chance.below(8) {
        // Near its end.
        0 => u16::MAX - 3,
        1 => 0,
        _ => 5,
    };
    card.name = format!("{:?}, counter {}", card.knobs, card.counter);
    card
}

/// One thing that happens.
fn event(world: &mut World, chance: &mut Chance) -> &'static str {
    let card = chance.below(CARDS) as usize;
    let outlet = *chance.pick(&Outlet::ALL);
    match chance.below(100) {
        0..=54 => {
            let wishes = [
                (Wish::Load, "a load"),
                (Wish::Load, "a load"),
                (Wish::Load, "a load"),
                (Wish::Finish, "something finished"),
                (Wish::Resolve, "something resolved"),
                (Wish::LetGo, "something let go"),
                (Wish::PayOnly, "a load paid only"),
            ];
            let &(wish, what) = chance.pick(&wishes);
            let who = match chance.below(6) {
                0 => world.supervisor(outlet),
                _ => world.teller(outlet),
            };
            world.amount.set(100 * i64::from(1 + chance.below(300)));
            world.next_visit(card);
            let desk = Counter::new(world, who);
            let ended = run(visit(world, card, desk, wish));
            world.note(format!("card {card} at {outlet:?}: {wish:?}: {ended:?}"));
            what
        }
        55..=64 => {
            world.note(format!("card {card} on the road"));
            world.cards[card].pay_toll(100 + chance.below(2_000));
            "a toll"
        }
        65..=68 => {
            world.note(format!("card {card} loaded elsewhere"));
            world.cards[card].load_elsewhere(100 * (1 + chance.below(100)));
            "a load elsewhere"
        }
        69..=76 => {
            let told = give_back(world, card);
            world.note(format!("card {card} money back: {told}"));
            "money asked back"
        }
        77..=82 => {
            world.note("a late request arrives");
            world.deliver_a_late_request();
            "a late request"
        }
        83..=90 => {
            let told = two_persons(world, card, chance);
            world.note(format!("card {card} two persons: {told}"));
            "two persons asked"
        }
        91..=92 => {
            world.note("the backend is started anew");
            world.lose_late_requests();
            world.sign_in_anew();
            "a restart"
        }
        93..=95 => {
            let hours = i64::from(chance.below(7)) - 3;
            world.note(format!("the clock jumps by {hours} h"));
            world.pass(hours * HOUR);
            "a jump of the clock"
        }
        96..=97 => {
            unlock(world, card);
            "a card unlocked"
        }
        _ => {
            world.pass(i64::from(chance.below(600)) * 1_000);
            "a pause"
        }
    }
}

/// Two persons look at a card: right about what is on the list, and taking the owner's risk with one that is
/// said to be lost.
fn two_persons(world: &World, card: usize, chance: &mut Chance) -> String {
    let books = world.books();
    if books.cards[card].stopped.is_some() {
        return format!("{:?}", decide(world, card, CaseKind::LiftStop));
    }
    match books.open(card) {
        Some(line) if line.listed => settle(world, card, line),
        Some(line)
            if matches!(line.record.state, State::Loading { .. }) && chance.below(3) == 0 =>
        {
            format!(
                "lost: {:?}",
                decide(world, card, CaseKind::RefundWithoutCard)
            )
        }
        _ => "nothing to decide".into(),
    }
}

/// While one page waits, others work.
fn at_other_desks(chance: Chance) -> Rc<dyn Fn(&World)> {
    let chance = RefCell::new(chance);
    Rc::new(move |world| {
        let mut chance = chance.borrow_mut();
        let card = chance.below(CARDS) as usize;
        match chance.below(60) {
            0 => world.deliver_a_late_request(),
            1 => {
                let told = give_back(world, card);
                world.note(format!("  meanwhile card {card} money back: {told}"));
            }
            2 => {
                let told = two_persons(world, card, &mut chance);
                world.note(format!("  meanwhile card {card} two persons: {told}"));
            }
            3 => world.pass(i64::from(chance.below(90)) * 1_000),
            4 => unlock(world, card),
            _ => {}
        }
    })
}

fn unlock(world: &World, card: usize) {
    let who = world.supervisor(Outlet::First);
    let desk = world.backend();
    let number = world.cards[card].number;
    wait(desk.give_tries_back(&who.operator, number))
        .expect("a supervisor may unlock a card of ours");
}

/// Nothing goes wrong any more: every card is seen until nothing is open on it.
fn bring_to_rest(world: &mut World) {
    world.plan(Faults::Planned(Vec::new()));
    world.deliver_late_requests();
    for card in 0..world.cards.len() {
        world.note(format!("card {card} at last"));
        world.sign_in_anew();
        unlock(world, card);
        Sight::Write.bring_to_rest(world, card);
    }
    world.check(Books::at_rest);
    for card in 0..world.cards.len() {
        world.check(|books| match books.open(card) {
            Some(_) => Err(format!("card {card} never comes to rest")),
            None => Ok(()),
        });
    }
}

fn summarise(world: &World, mut summary: Summary) -> Summary {
    for line in world.books().records {
        let (state, loaded) = match line.record.state {
            State::Created => ("created", 0),
            State::Paid => ("paid", 0),
            State::Loading { .. } => ("loading", 0),
            State::Loaded(_) => ("loaded", line.amount()),
            State::Closed => ("closed", 0),
            State::Refunding(_) => ("refunding", 0),
            State::Refunded(_) => ("refunded", 0),
            State::Conflict(_) => ("in conflict", line.amount()),
        };
        *summary.states.entry(state).or_default() += 1;
        summary.money[0] += line.paid;
        summary.money[1] += loaded;
        summary.money[2] += line.back;
    }
    summary
}
