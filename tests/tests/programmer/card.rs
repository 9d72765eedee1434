//! Cards in the programmer's slot: the same flows, over the same `Card`.

use apdu_core::fault::Code;
use apdu_core::flow;
use apdu_core::obu_programmer::{CardSlot, ObuProgrammer};
use etc_sim::demo;
use etc_sim::programmer::{Chip, Ending, Fault};
use etc_tests::explore::{AMOUNT, Books, Outlet, Quiet, Sight, World};
use etc_tests::programmer_bus::ProgrammerBus;
use etc_tests::run;

use super::{SETUPS, Setup};

/// A programmer with the card of this world in its slot, and the line open. Over the air the card is in a tag.
fn plug(world: &World, setup: &Setup) -> ProgrammerBus {
    let mut port = setup.port(&["tag-normal"]);
    port.insert(world.lend());
    let mut bus = setup.host(port, 0);
    run(bus.open()).expect("no wait").expect(setup.name);
    bus
}

/// The plastic goes back to the table as the programmer has left it.
fn take_out(world: &World, bus: &mut ProgrammerBus) {
    let card = bus.port.take_pulled().or_else(|| bus.port.remove());
    world.take_back(&card.expect("it is in the slot or was pulled"));
}

/// CREDITs that have reached the card.
fn credits(bus: &ProgrammerBus) -> usize {
    let seen = bus.port.seen().iter();
    let is_credit =
        |(chip, apdu): &&(Chip, Vec<u8>)| *chip == Chip::Card && apdu[..2] == [0x80, 0x52];
    seen.filter(is_credit).count()
}

#[test]
fn a_card_is_checked_through_every_programmer() {
    for setup in &SETUPS {
        let world = World::plain();
        let mut bus = plug(&world, setup);
        let mut desk = world.desk(Outlet::First);
        let checked = run(flow::check_card(
            &mut CardSlot(&mut bus),
            &mut desk,
            &mut Quiet,
        ));
        let card = checked.expect("no wait").expect(setup.name);
        assert_eq!(
            (card.balance, card.verdict()),
            (3_000, Ok(())),
            "{}",
            setup.name
        );
        println!("{:<64} {} frames", setup.name, bus.frames);
    }
}

#[test]
fn an_empty_slot_and_a_card_that_is_none_are_named() {
    for setup in &SETUPS {
        let world = World::plain();
        let mut bus = plug(&world, setup);
        bus.port.remove();
        let mut desk = world.desk(Outlet::First);
        let checked = run(flow::check_card(
            &mut CardSlot(&mut bus),
            &mut desk,
            &mut Quiet,
        ));
        let code = checked.expect("no wait").expect_err(setup.name).code;
        let missing = [Code::NoCard, Code::CardGone, Code::ProgrammerRefused];
        assert!(missing.contains(&code), "{}: {code}", setup.name);
        bus.port
            .insert(demo::card("no-toll-card").expect("a demo card"));
        let checked = run(flow::check_card(
            &mut CardSlot(&mut bus),
            &mut desk,
            &mut Quiet,
        ));
        let code = checked.expect("no wait").expect_err(setup.name).code;
        assert_eq!(code, Code::NotATollCard, "{}", setup.name);
    }
}

#[test]
fn a_load_goes_through_every_programmer() {
    let origin = World::plain();
    for setup in &SETUPS {
        let world = origin.fork();
        let mut bus = plug(&world, setup);
        assert_eq!(
            world.load(&mut CardSlot(&mut bus)),
            Ok(()),
            "{}",
            setup.name
        );
        println!("{:<64} {} frames", setup.name, bus.frames);
        assert_eq!(credits(&bus), 1, "{}", setup.name);
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
                let ready = demo::tag("tag-truck").expect("a demo tag");
                bus.port.lay_ready(ready);
                bus.port.arm(fault, spared, Ending::AfterOne);
                let outcome = world.load(&mut CardSlot(&mut bus));
                if bus.port.marks().is_empty() {
                    assert_eq!(outcome, Ok(()), "{}", world.story());
                    break;
                }
                runs += 1;
                through += usize::from(outcome.is_ok());
                let credits = credits(&bus);
                assert!(credits <= 1, "{}: {credits} CREDITs", world.story());
                if let Err(code) = outcome {
                    world.note(code.as_str());
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
    assert!(runs > 2_000, "only {runs} runs");
}
