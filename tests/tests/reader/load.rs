//! Loads through a reader of every kind, with every fault at every message: no money is lost and none is
//! doubled, whatever the reader does.

use etc_sim::reader::{Ending, Fault, Reader};
use etc_tests::bus::Bus;
use etc_tests::explore::{AMOUNT, Books, Sight, World};

use super::levels::{SETUPS, Setup, follow};

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

#[test]
fn a_load_goes_through_a_reader_of_every_kind() {
    let origin = World::plain();
    for setup in &SETUPS {
        let world = origin.fork();
        let mut bus = plug(&world, setup);
        assert_eq!(world.load(&mut bus), Ok(()), "{}", setup.name);
        println!("{:<60} {:?}", setup.name, bus.transfers);
        take_out(&world, &mut bus);
        assert!(world.books().open(0).is_none(), "{}", setup.name);
        world.check(Books::at_rest);
        let chip = world.plastic().chip.borrow();
        assert_eq!(i64::from(chip.balance()), 3_000 + AMOUNT);
    }
}

#[test]
fn a_load_hit_anywhere_costs_nobody_anything() {
    let origin = World::plain();
    let (mut runs, mut through) = (0, 0);
    for setup in &SETUPS {
        for (fault, name) in Fault::ALL {
            for spared in 0.. {
                let world = origin.fork();
                world.note(format!("{}: {name} after {spared}", setup.name));
                let mut bus = plug(&world, setup);
                bus.reader.arm(fault, spared, Ending::AfterOne);
                let outcome = world.load(&mut bus);
                if bus.reader.marks().is_empty() {
                    assert_eq!(outcome, Ok(()), "{}", world.story());
                    break;
                }
                runs += 1;
                through += usize::from(outcome.is_ok());
                // CREDIT, INS 52, is on the wire once at most for each time it was authorised.
                let seen = bus.reader.seen(0).iter();
                let credits = seen.filter(|apdu| apdu[..2] == [0x80, 0x52]).count();
                assert!(credits <= 1, "{}: {credits} CREDITs", world.story());
                if let Err(code) = outcome {
                    world.note(code.as_str());
                    bus = follow(bus, code, false);
                }
                take_out(&world, &mut bus);
                world.check(Books::honest);
                Sight::Write.bring_to_rest(&world, 0);
                world.check(Books::at_rest);
                let chip = world.plastic().chip.borrow();
                let grown = i64::from(chip.balance()) - 3_000;
                assert!([0, AMOUNT].contains(&grown), "{}", world.story());
            }
        }
    }
    println!("{runs} loads, {through} of them through");
    assert!(runs > 3_000, "only {runs} runs");
}
