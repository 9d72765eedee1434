//! Which profile a device answers to, and what it is if to none.

use apdu_core::fault::Code;
use apdu_core::hex;
use apdu_core::programmer::{Probed, Profile};
use etc_sim::programmer::{Dialect, Ending, Fault, Model, Programmer};
use etc_tests::programmer_bus::probe;

use super::SETUPS;

#[test]
fn each_shipped_profile_is_found_by_its_device() {
    for (model, id) in [
        (Model::primitives(), "dsrc-primitives"),
        (Model::bobu(), "b-obu"),
        (Model::bobu_wechat(), "b-obu-wechat"),
    ] {
        let found = probe(&mut Programmer::new(model), Profile::shipped());
        let Probed::Found { session, tried, .. } = found else {
            panic!("{id}: {found:?}");
        };
        assert_eq!(session.profile().id, id, "tried before: {tried:?}");
    }
}

#[test]
fn a_profile_of_ones_own_is_found_too() {
    for setup in &SETUPS {
        let mut port = setup.port(&[]);
        let found = probe(&mut port, [(setup.profile)()]);
        assert!(
            matches!(found, Probed::Found { .. }),
            "{}: {found:?}",
            setup.name
        );
    }
}

/// What probing with all shipped profiles ends in.
fn verdict(mut port: Programmer) -> Code {
    match probe(&mut port, Profile::shipped()) {
        Probed::Nothing { code, .. } => code,
        Probed::Found { session, .. } => panic!("found {}", session.profile().id),
    }
}

#[test]
fn a_device_that_is_none_of_them_is_named() {
    // The worked heartbeats of the serial reference (§2.2, §4).
    for (word, code) in [
        ("FFFF28B200000000801AFF", Code::LaneAntenna),
        (
            "FFFF00010000000FB100110100030001000100010000 02D5DC",
            Code::GantryAntenna,
        ),
        ("0012E09C", Code::ProgrammerNoise),
    ] {
        let word = hex::decode(&word.replace(' ', "")).expect("hex");
        let model = Model {
            dialect: Dialect::Foreign(word.leak()),
            ..Model::primitives()
        };
        assert_eq!(verdict(Programmer::new(model)), code);
    }
}

#[test]
fn a_silent_device_one_at_another_speed_and_one_that_is_unplugged_are_named() {
    let silent = Model {
        baud: 9_600,
        ..Model::primitives()
    };
    assert_eq!(verdict(Programmer::new(silent)), Code::ProgrammerSilent);
    for (fault, code) in [
        (Fault::RequestLost, Code::ProgrammerSilent),
        (Fault::AnswerLost, Code::ProgrammerSilent),
        (Fault::Garbage, Code::ProgrammerNoise),
        (Fault::UnpluggedBefore, Code::ProgrammerGone),
        (Fault::UnpluggedAfter, Code::ProgrammerGone),
    ] {
        for model in [Model::primitives(), Model::bobu()] {
            let mut port = Programmer::new(model);
            port.arm(fault, 0, Ending::AtReplug);
            assert_eq!(verdict(port), code, "{fault:?}");
        }
    }
}
