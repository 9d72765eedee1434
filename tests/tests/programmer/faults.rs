//! Every fault of the virtual programmer, with every ending, in every dialect: it strikes, a command that must not
//! be repeated reaches its chip once at most and is never said not to have when it may, and afterwards tags can be
//! read again, at the latest when a person has unplugged the programmer and laid the tag before it again.

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Fate, NoAnswer};
use apdu_core::fault::Code;
use apdu_core::obu::SystemInformation;
use apdu_core::obu_programmer::{Channel, ObuProgrammer};
use apdu_core::toll_card::select_master_file;
use etc_sim::demo;
use etc_sim::programmer::{Ending, Fault};
use etc_tests::programmer_bus::ProgrammerBus;
use etc_tests::run;

use super::{Read, SETUPS, Setup, initialise, read_tag};

/// How often a person tries again before unplugging.
const TRIES: usize = 4;

/// READ BINARY of the whole system information: longer than a frame of dialect C holds.
fn read() -> Command {
    SystemInformation::read(SystemInformation::WHOLE)
}

/// Whether a fault can strike a list to the ESAM of a called tag.
fn concerns(fault: Fault, setup: &Setup) -> bool {
    match fault {
        Fault::WrongEscape | Fault::OtherTag => setup.over_the_air,
        Fault::FragmentLost | Fault::FragmentTwice => !setup.over_the_air,
        // Those of calling tags, of a secured write, of the card, of a PSAM.
        Fault::SecondTag
        | Fault::MacSpoiled
        | Fault::CardPulledBefore
        | Fault::CardPulledAfter
        | Fault::PsamAbsent => false,
        _ => true,
    }
}

/// Whether the answer comes all the same, with nobody noticing, though the command is sent once only.
fn is_overcome(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::Late
            | Fault::Doubled
            | Fault::DoubledLater
            | Fault::EveryByteApart
            | Fault::NoiseAfter
            | Fault::FlagRun
            | Fault::ForeignAnswer
    )
}

/// Whether sending again helps, where that is allowed and the fault strikes once.
fn is_repaired(fault: Fault, setup: &Setup) -> bool {
    match fault {
        Fault::RequestLost
        | Fault::AnswerLost
        | Fault::VeryLate
        | Fault::Partial
        | Fault::Paused
        | Fault::NoiseBefore
        | Fault::Garbage
        | Fault::WrongCheck
        | Fault::WrongEscape
        | Fault::WrongLength
        | Fault::FragmentLost
        | Fault::FragmentTwice
        | Fault::EntryMissing => true,
        // In contact nothing tells one tag from another.
        Fault::OtherTag => setup.over_the_air,
        other => is_overcome(other),
    }
}

/// How often this command has reached a chip.
fn reached(bus: &ProgrammerBus, command: &Command) -> usize {
    let seen = bus.port.seen().iter();
    seen.filter(|(_, apdu)| *apdu == command.to_bytes()).count()
}

/// A tag that is called, its master file selected; then the fault is armed and the command sent.
fn strike(
    setup: &Setup,
    command: &Command,
    fault: Fault,
    ending: Ending,
) -> (ProgrammerBus, Result<Response, NoAnswer>) {
    let mut bus = setup.open(&["tag-normal"]);
    let (session, _) = initialise(&mut bus).expect(setup.name);
    let ask = |bus: &mut ProgrammerBus, command: &Command| {
        let list = [command.clone()];
        let answers = run(bus.transfer_channel(session, Channel::Esam, &list));
        answers
            .expect("no wait")
            .map(|mut answers| answers.remove(0))
    };
    ask(&mut bus, &select_master_file()).expect(setup.name);
    bus.port
        .lay_ready(demo::tag("tag-truck").expect("a demo tag"));
    bus.port.arm(fault, 0, ending);
    let outcome = ask(&mut bus, command);
    (bus, outcome)
}

/// What the command answers where nothing goes wrong.
fn right(setup: &Setup) -> Response {
    let (_, right) = strike(setup, &read(), Fault::PsamAbsent, Ending::AfterOne);
    let right = right.expect(setup.name);
    assert_eq!(right.data.len(), 99);
    right
}

/// A person tries again, and unplugs everything in the end; the right tag lies before the programmer again.
fn until_it_works(mut bus: ProgrammerBus, setup: &Setup, what: &str) -> Read {
    for attempt in 0.. {
        if !bus.port.is_plugged() || attempt == TRIES {
            bus.port.unplug();
            bus.port.plug_in();
            let sessions = bus.engine.card_session().map_or(100, |it| it.0 + 100);
            bus = setup.host(bus.port, sessions);
        }
        let normal = demo::tag("tag-normal").expect("a demo tag");
        let serial = normal.esam().serial();
        if bus.port.tags().len() != 1 || bus.port.tags()[0].esam().serial() != serial {
            let others: Vec<_> = bus
                .port
                .tags()
                .iter()
                .map(|tag| tag.esam().serial())
                .collect();
            others.iter().for_each(|&other| drop(bus.port.take(other)));
            bus.port.put(normal);
        }
        let opened = run(bus.open()).expect("no wait");
        match opened.and_then(|_| read_tag(&mut bus)) {
            Ok(read) => return read,
            Err(none) => assert!(attempt < 2 * TRIES, "{what}: still {none:?}"),
        }
    }
    unreachable!("the loop ends by itself")
}

#[test]
fn every_fault_with_every_ending_ends_known_or_unknown_and_never_twice() {
    let mut runs = 0;
    for setup in &SETUPS {
        let right = right(setup);
        for (fault, name) in Fault::ALL {
            for ending in Ending::ALL {
                let what = format!("{}: {name}, {ending:?}", setup.name);
                let once = read().once();
                let (bus, outcome) = strike(setup, &once, fault, ending);
                let struck = bus.port.marks().contains(&fault);
                assert_eq!(struck, concerns(fault, setup), "{what}: the mark");
                let times = reached(&bus, &once);
                assert!(times <= 1, "{what}: {times} times");
                match &outcome {
                    // The tag in contact is another one: the line cannot tell, whoever reads its number can.
                    Ok(answer) if fault == Fault::TagSwapped => assert_ne!(answer, &right),
                    Ok(answer) => assert_eq!((answer, times), (&right, 1), "{what}"),
                    Err(none) => {
                        let known = none.fate == Fate::Unknown || times == 0;
                        assert!(known, "{what}: {none:?}, but the chip has seen it");
                        assert!(struck && !is_overcome(fault), "{what}: {none:?}");
                    }
                }
                let shown = until_it_works(bus, setup, &what);
                let serial = shown.system.contract.serial;
                assert_eq!(serial.to_string(), "6201230100010017", "{what}");
                runs += 1;
            }
        }
    }
    println!("{runs} runs");
    assert_eq!(runs, SETUPS.len() * Fault::ALL.len() * 4);
}

#[test]
fn what_may_be_sent_again_gets_its_answer_after_a_fault_of_the_line() {
    for setup in &SETUPS {
        let right = right(setup);
        for (fault, name) in Fault::ALL {
            let (bus, outcome) = strike(setup, &read(), fault, Ending::AfterOne);
            let what = format!("{}: {name}", setup.name);
            if is_repaired(fault, setup) {
                assert_eq!(outcome.as_ref(), Ok(&right), "{what}");
            }
            if matches!(fault, Fault::UnpluggedBefore | Fault::UnpluggedAfter) {
                let gone = Err(NoAnswer::unknown(Code::ProgrammerGone));
                assert_eq!(outcome, gone, "{what}");
            }
            drop(bus);
        }
    }
}

#[test]
fn an_answer_that_comes_after_all_is_nobodys() {
    for setup in &SETUPS {
        for fault in [Fault::Late, Fault::VeryLate, Fault::DoubledLater] {
            let what = format!("{}: {fault:?}", setup.name);
            let once = read().once();
            let (mut bus, _) = strike(setup, &once, fault, Ending::AfterOne);
            // Other commands whose answers differ, until everything late has come.
            while bus.now < 30_000 {
                let read = read_tag(&mut bus).unwrap_or_else(|none| panic!("{what}: {none:?}"));
                let serial = read.system.contract.serial.to_string();
                assert_eq!(serial, "6201230100010017", "{what}");
                bus.rest_until(bus.now + 700);
            }
            assert_eq!(bus.port.next_due(), None, "{what}: all was said");
        }
    }
}

#[test]
fn a_second_tag_is_noticed_whenever_it_comes() {
    for setup in SETUPS.iter().filter(|setup| setup.over_the_air) {
        let mut bus = setup.open(&["tag-normal"]);
        bus.port
            .lay_ready(demo::tag("tag-truck").expect("a demo tag"));
        bus.port.arm(Fault::SecondTag, 0, Ending::AfterOne);
        let none = initialise(&mut bus).expect_err(setup.name);
        assert_eq!(none.code, Code::TwoTags, "{}", setup.name);
        assert_eq!(bus.port.marks(), [Fault::SecondTag]);

        // Another tag the second time: the session with the first one is over.
        let mut bus = setup.open(&["tag-normal"]);
        let (session, _) = initialise(&mut bus).expect(setup.name);
        bus.port
            .lay_ready(demo::tag("tag-truck").expect("a demo tag"));
        bus.port.arm(Fault::TagSwapped, 0, Ending::AfterOne);
        let list = [select_master_file()];
        let gone = run(bus.transfer_channel(session, Channel::Esam, &list)).expect("no wait");
        assert_eq!(
            gone.map_err(|none| none.code),
            Err(Code::TagGone),
            "{}",
            setup.name
        );
        let (_, tag) = initialise(&mut bus).expect(setup.name);
        assert_eq!(tag.contract.serial.0[7], 0x25, "{}", setup.name);
    }
}

#[test]
fn bytes_that_the_line_loses_cost_a_repeatable_command_nothing_and_leave_a_once_command_unknown() {
    for setup in &SETUPS {
        let right = right(setup);
        for once in [false, true] {
            let mut bus = setup.open(&["tag-normal"]);
            let (session, _) = initialise(&mut bus).expect(setup.name);
            let select = [select_master_file()];
            let selected = run(bus.transfer_channel(session, Channel::Esam, &select));
            selected.expect("no wait").expect(setup.name);
            let command = if once { read().once() } else { read() };
            bus.overrun_next = true;
            let list = [command];
            let answer = run(bus.transfer_channel(session, Channel::Esam, &list)).expect("no wait");
            if once {
                let fate = answer.map_err(|none| none.fate);
                assert_eq!(fate, Err(Fate::Unknown), "{}", setup.name);
            } else {
                let answers = answer.expect(setup.name);
                assert_eq!(
                    answers.as_slice(),
                    std::slice::from_ref(&right),
                    "{}",
                    setup.name
                );
            }
        }
    }
}

#[test]
fn a_programmer_unplugged_at_any_exchange_says_so() {
    for setup in &SETUPS {
        for fault in [Fault::UnpluggedBefore, Fault::UnpluggedAfter] {
            for spared in 0.. {
                let what = format!("{}: {fault:?} after {spared}", setup.name);
                let mut bus = setup.host(setup.port(&["tag-normal"]), 0);
                bus.port.arm(fault, spared, Ending::AfterOne);
                let opened = run(bus.open()).expect("no wait");
                let outcome = opened.and_then(|_| read_tag(&mut bus));
                if bus.port.marks().is_empty() {
                    assert!(outcome.is_ok(), "{what}");
                    assert!(spared >= 5, "{what}: the reading has more steps");
                    break;
                }
                assert_eq!(
                    outcome,
                    Err(NoAnswer::unknown(Code::ProgrammerGone)),
                    "{what}"
                );
                until_it_works(bus, setup, &what);
            }
        }
    }
}

#[test]
fn a_tag_whose_reading_is_hit_anywhere_is_read_right_or_not_at_all() {
    let mut runs = 0;
    for setup in &SETUPS {
        let right = read_tag(&mut setup.open(&["tag-normal"])).expect(setup.name);
        for (fault, name) in Fault::ALL {
            for spared in 0.. {
                let what = format!("{}: {name} after {spared}", setup.name);
                let mut bus = setup.host(setup.port(&["tag-normal"]), 0);
                bus.port
                    .lay_ready(demo::tag("tag-truck").expect("a demo tag"));
                bus.port.arm(fault, spared, Ending::AfterOne);
                let opened = run(bus.open()).expect("no wait");
                let outcome = opened.and_then(|_| read_tag(&mut bus));
                if bus.port.marks().is_empty() {
                    assert_eq!(outcome.as_ref(), Ok(&right), "{what}");
                    break;
                }
                runs += 1;
                // In contact a tag can be swapped between two commands, and the line does not tell: what was read is
                // of two tags then, and only keys can find out.
                let is_told = setup.over_the_air || fault != Fault::TagSwapped;
                // A chip that has lost its power has forgotten its directory, and refuses: nothing was read.
                if let Ok(read) = outcome
                    && is_told
                    && !read.encrypted.is_empty()
                {
                    assert_eq!(read, right, "{what}");
                }
                assert_eq!(until_it_works(bus, setup, &what), right, "{what}");
            }
        }
    }
    println!("{runs} runs");
    assert!(runs > 700, "only {runs} runs");
}
