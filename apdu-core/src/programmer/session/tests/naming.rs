//! What a device that does not open is called.

use super::*;

/// How opening ends, and how often it was tried, where the device says only this.
fn open(profile: Profile, says: &[u8]) -> (NoAnswer, usize) {
    let mut session = Session::new(profile, 0);
    session.begin(0, Operation::Open { unix: NEW_YEAR });
    let mut frames = sent(&mut session).len();
    session.handle_in(1, says);
    let (_, ended, more) = run_out(&mut session);
    frames += more.len();
    match ended {
        Event::Opened(Err(none)) => (none, frames),
        other => panic!("unexpected {other:?}"),
    }
}

#[test]
fn a_silent_device_is_asked_again_and_then_named() {
    for profile in Profile::shipped() {
        let silent = NoAnswer::unknown(Code::ProgrammerSilent);
        assert_eq!(open(profile, &[]), (silent, 3));
    }
}

#[test]
fn other_devices_are_named_by_what_they_say() {
    let heartbeat = bytes(worked::GANTRY[5].1);
    let lane = envelope::encode(&bytes("28 B2 00 00 00 00 80"));
    let psam = bytes(worked::PSAM_ANSWERS);
    let noise = bytes("E0 9C 00 1C FC 80");
    for profile in Profile::shipped() {
        for (says, code) in [
            (&heartbeat, Code::GantryAntenna),
            (&lane, Code::LaneAntenna),
            (&psam, Code::OtherDialect),
            (&noise, Code::ProgrammerNoise),
        ] {
            assert_eq!(open(profile.clone(), says).0, NoAnswer::unknown(code));
        }
    }
}

#[test]
fn a_device_of_the_other_dialect_is_named_both_ways() {
    let bobu = bytes(worked::BOBU[1].1);
    let other = NoAnswer::unknown(Code::OtherDialect);
    assert_eq!(open(Profile::primitives(), &bobu).0, other);
    let primitive = bytes(worked::ESAM_ANSWERS);
    assert_eq!(open(Profile::bobu(), &primitive).0, other);
}

#[test]
fn a_heartbeat_beside_the_answer_does_no_harm() {
    let mut session = primitives();
    session.begin(0, Operation::Open { unix: 0 });
    frame(&mut session);
    let line = [
        envelope::encode(&bytes("28 B2 00 00 00 00 80")),
        envelope::encode(&bytes("01 EF 00 01 00")),
    ];
    session.handle_in(10, &line.concat());
    assert!(matches!(event(&mut session), Some(Event::Opened(Ok(_)))));
}
