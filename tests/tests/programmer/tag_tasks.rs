//! Tags are issued, activated and cancelled through every programmer, with every fault at every step.

use apdu_core::fault::{Fault as Ended, Written};
use apdu_core::flow::TagDone;
use apdu_core::obu_programmer::ObuProgrammer;
use etc_sim::programmer::{Ending, Fault};
use etc_tests::explore::{Outlet, Reach, TagAct, TagWays, World, visit_tag};
use etc_tests::programmer_bus::ProgrammerBus;
use etc_tests::run;

use super::{SETUPS, Setup};

/// A programmer with the first tag of this world before it and the second ready, and the line open.
fn plug(world: &World, setup: &Setup) -> ProgrammerBus {
    let mut port = setup.port(&[]);
    let [mut tag, ready] = [0, 1].map(|place| world.tags[place].tag.borrow().clone());
    tag.hold_switch(true);
    port.put(tag);
    port.lay_ready(ready);
    let mut bus = setup.host(port, 0);
    run(bus.open()).expect("no wait").expect(setup.name);
    bus
}

/// The tags go back to the table as the programmer has left them.
fn take_out(world: &World, bus: &mut ProgrammerBus) {
    let mut tags = bus.port.take_gone();
    tags.extend(bus.port.tags().iter().cloned());
    for tag in tags {
        let of = |laid: &&etc_tests::explore::Laid| laid.serial.0 == tag.esam().serial();
        let laid = world.tags.iter().find(of).expect("a tag of this world");
        laid.tag.replace(tag);
        laid.lay(false);
    }
}

fn visit(world: &World, bus: &mut ProgrammerBus, act: TagAct) -> Result<TagDone, Ended> {
    world.next_visit(0);
    let desk = world.desk(Outlet::First);
    run(visit_tag(world, bus, desk, act)).expect("no wait")
}

/// The worlds in which each act comes next. A cancellation writes on the chip, too.
fn stages() -> [(World, TagAct); 3] {
    let ways = ways();
    let world = World::with_tags(ways);
    let played = |world: &World, act: TagAct| {
        let next = world.fork();
        let ended = act.play(&next, ways).expect("nothing is cut");
        ended.expect("nothing goes wrong");
        next
    };
    let issued = played(&world, TagAct::Issue);
    let active = played(&issued, TagAct::Activate);
    [
        (world, TagAct::Issue),
        (issued, TagAct::Activate),
        (active, TagAct::Cancel),
    ]
}

fn ways() -> TagWays {
    TagWays {
        clears_flag: true,
        ..TagWays::PLAIN
    }
}

#[test]
fn a_tag_goes_from_the_stock_to_its_windscreen_and_back_through_every_programmer() {
    let ways = ways();
    for setup in &SETUPS {
        let world = World::with_tags(ways);
        for act in [TagAct::Issue, TagAct::Activate, TagAct::Cancel] {
            let mut bus = plug(&world, setup);
            let done = visit(&world, &mut bus, act);
            println!("{:<64} {act:?} {} frames", setup.name, bus.frames);
            take_out(&world, &mut bus);
            world.check_tags(ways);
            act.is_done(&world, ways, &done.expect(setup.name));
        }
    }
}

#[test]
fn a_switch_that_stands_out_is_noticed_before_anything_is_written() {
    let ways = ways();
    for setup in &SETUPS {
        let world = World::with_tags(ways);
        let mut bus = plug(&world, setup);
        bus.port.tags_mut()[0].hold_switch(false);
        let fault = visit(&world, &mut bus, TagAct::Issue).expect_err(setup.name);
        let code = apdu_core::fault::Code::SwitchNotPressed;
        assert_eq!(
            (fault.code, fault.written),
            (code, Written::No),
            "{}",
            setup.name
        );
        // Only a tag that is called tells its status; any other refuses by its own word.
        assert_eq!(fault.sw.is_none(), setup.over_the_air, "{}", setup.name);
        bus.port.tags_mut()[0].hold_switch(true);
        let done = visit(&world, &mut bus, TagAct::Issue).expect(setup.name);
        take_out(&world, &mut bus);
        TagAct::Issue.is_done(&world, ways, &done);
    }
}

#[test]
fn a_task_hit_anywhere_ends_with_a_tag_that_is_right_or_known_to_be_not_good() {
    let ways = ways();
    let (mut runs, mut through) = (0, 0);
    for (origin, act) in stages() {
        for setup in &SETUPS {
            for (fault, name) in Fault::ALL {
                for spared in 0.. {
                    let world = origin.fork();
                    world.note(format!("{}: {act:?}, {name} after {spared}", setup.name));
                    let mut bus = plug(&world, setup);
                    bus.port.arm(fault, spared, Ending::AfterOne);
                    let before: Vec<_> = world.tags.iter().map(|laid| laid.files()).collect();
                    let outcome = visit(&world, &mut bus, act);
                    world.note(format!("{outcome:?}"));
                    take_out(&world, &mut bus);
                    world.check_tags(ways);
                    let is_hit = !bus.port.marks().is_empty();
                    match outcome {
                        Ok(done) => {
                            act.is_done(&world, ways, &done);
                            through += usize::from(is_hit);
                        }
                        Err(ended) => {
                            let after: Vec<_> =
                                world.tags.iter().map(|laid| laid.files()).collect();
                            let known = ended.written != Written::No || before == after;
                            assert!(known, "{}", world.story());
                        }
                    }
                    if !is_hit {
                        break;
                    }
                    runs += 1;
                    act.bring_to_rest(
                        &world,
                        TagWays {
                            reach: Reach::Air,
                            ..ways
                        },
                    );
                }
            }
        }
    }
    println!("{runs} tasks, {through} of them through");
    assert!(runs > 5_000, "only {runs} runs");
}
