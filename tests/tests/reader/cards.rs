//! Cards that are issued through a reader of every kind, with every fault at every message: a card is written as its
//! record says, or known not to be.

use apdu_core::fault::Code;
use etc_sim::reader::{Ending, Fault, Reader};
use etc_tests::bus::Bus;
use etc_tests::explore::{CardAct, CardBooks, CardWays, Outlet, World, visit_card};
use etc_tests::run;

use super::levels::{SETUPS, Setup, follow};

const WAYS: CardWays = CardWays::BLANK;

/// The card of this world in such a reader.
fn plug(world: &World, setup: &Setup) -> Bus {
    let mut reader = Reader::with(setup.model);
    reader.insert(world.lend());
    Bus::plug(reader).expect(setup.name)
}

/// The plastic goes back to the table as the reader has left it.
fn take_out(world: &World, bus: &mut Bus) {
    let card = bus.reader.take_pulled().or_else(|| bus.reader.remove());
    world.take_back(&card.expect("it is in the reader or was pulled"));
}

fn issue(world: &World, bus: &mut Bus) -> Result<(), Code> {
    let mut desk = world.desk(Outlet::First);
    let issued = run(visit_card(bus, &mut desk, CardAct::Issue)).expect("nothing waits");
    issued.map(drop).map_err(|fault| fault.code)
}

#[test]
fn a_card_is_issued_through_a_reader_of_every_kind() {
    let origin = World::with_card(WAYS);
    for setup in &SETUPS {
        let world = origin.fork();
        let mut bus = plug(&world, setup);
        assert_eq!(issue(&world, &mut bus), Ok(()), "{}", setup.name);
        take_out(&world, &mut bus);
        let books = CardBooks::of(&world, WAYS);
        assert!(books.is_done(CardAct::Issue), "{}", setup.name);
    }
}

#[test]
fn an_issue_hit_anywhere_is_written_or_known_not_to_be() {
    let origin = World::with_card(WAYS);
    let (mut runs, mut through) = (0, 0);
    for setup in &SETUPS {
        for (fault, name) in Fault::ALL {
            for spared in 0.. {
                let world = origin.fork();
                world.note(format!("{}: {name} after {spared}", setup.name));
                let mut bus = plug(&world, setup);
                bus.reader.arm(fault, spared, Ending::AfterOne);
                let outcome = issue(&world, &mut bus);
                if bus.reader.marks().is_empty() {
                    assert_eq!(outcome, Ok(()), "{}", world.story());
                    break;
                }
                runs += 1;
                through += usize::from(outcome.is_ok());
                // No write that was signed is on the wire a second time: each has a MAC of its own.
                let seen = bus.reader.seen(0).iter();
                let mut writes: Vec<_> = seen.filter(|apdu| apdu[..2] == [0x04, 0xD6]).collect();
                let sent = writes.len();
                writes.sort();
                writes.dedup();
                assert_eq!(writes.len(), sent, "{}", world.story());
                if let Err(code) = outcome {
                    world.note(code.as_str());
                    bus = follow(bus, code, false);
                }
                take_out(&world, &mut bus);
                let is = |wanted| u32::from(fault == wanted);
                world.harm_writes(is(Fault::CardLosesPower), is(Fault::MacSpoiled));
                world.meet_card_again(WAYS, CardAct::Issue);
            }
        }
    }
    println!("{runs} issues, {through} of them through");
    assert!(runs > 5_000, "only {runs} runs");
}
