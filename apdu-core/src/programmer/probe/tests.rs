//! Which device is found, over a line that is opened as the probe asks.

use super::*;
use crate::programmer::worked::{self, bytes};
use crate::programmer::{Dialect, envelope};
use alloc::vec;

/// Runs a probe against a device that answers each frame, given the line's settings; gives how it ended and
/// how often the line was opened.
fn run(mut probe: Probe, device: impl Fn(Line, &[u8]) -> Vec<u8>) -> (Probed, usize) {
    let (mut now, mut opened, mut line) = (0, 0, None);
    loop {
        if let Some(wanted) = probe.poll_line() {
            assert!(
                probe.poll_transmit().is_none(),
                "not before the line is open"
            );
            (line, opened) = (Some(wanted), opened + 1);
            probe.handle_line(now);
        }
        while let Some(frame) = probe.poll_transmit() {
            let answer = device(line.expect("open"), &frame);
            probe.handle_in(now, &answer);
        }
        if let Some(outcome) = probe.poll_event() {
            return (outcome, opened);
        }
        if probe.poll_line().is_none() {
            now = probe.poll_timeout().expect("a deadline");
            probe.handle_timeout(now);
        }
    }
}

fn shipped() -> Probe {
    Probe::new(Profile::shipped(), 0, 0)
}

fn nothing(probed: Probed) -> (Code, Vec<Code>) {
    match probed {
        Probed::Nothing { code, tried } => (code, tried.iter().map(|tried| tried.code).collect()),
        Probed::Found { session, .. } => panic!("found {}", session.profile().id),
    }
}

#[test]
fn the_first_profile_that_is_answered_is_found_with_its_session() {
    let (probed, opened) = run(shipped(), |_, frame| match frame[0] {
        0x33 => bytes("33 01 80 03 B5 00 00 37"),
        _ => vec![],
    });
    let Probed::Found { session, tried, .. } = probed else {
        panic!("it answers");
    };
    assert_eq!(session.profile().id, "b-obu");
    assert!(!session.is_busy());
    assert_eq!(tried.len(), 1);
    assert_eq!(tried[0].code, Code::ProgrammerSilent);
    assert_eq!(opened, 1, "all three have the same settings");
}

#[test]
fn the_line_is_opened_anew_for_other_settings() {
    let mut slow = Profile::primitives();
    slow.line.baud = 9_600;
    let fast = Profile::primitives();
    let probe = Probe::new([fast.clone(), slow, fast], 0, 0);
    let (probed, opened) = run(probe, |line, _| match line.baud {
        9_600 => envelope::encode(&bytes("01 EF 00 01 00")),
        _ => bytes("E0 9C 00"),
    });
    let Probed::Found { session, tried, .. } = probed else {
        panic!("it answers at 9600");
    };
    assert_eq!((session.profile().line.baud, opened), (9_600, 2));
    assert!(matches!(session.profile().dialect, Dialect::Primitives(_)));
    assert_eq!(tried[0].code, Code::ProgrammerNoise);
}

#[test]
fn silence_noise_and_other_devices_are_told_apart() {
    let (probed, _) = run(shipped(), |_, _| vec![]);
    let silent = Code::ProgrammerSilent;
    assert_eq!(nothing(probed), (silent, vec![silent; 3]));
    let (probed, _) = run(shipped(), |_, frame| match frame[0] {
        0xFE => bytes(worked::GANTRY[5].1),
        _ => bytes("12"),
    });
    let (noise, gantry) = (Code::ProgrammerNoise, Code::GantryAntenna);
    assert_eq!(nothing(probed), (gantry, vec![noise, noise, gantry]));
}

#[test]
fn a_lost_line_ends_the_probe_and_an_empty_list_at_once() {
    let mut probe = shipped();
    probe.handle_line(0);
    assert!(probe.poll_transmit().is_some());
    probe.handle_loss(Code::ProgrammerGone);
    let ended = probe.poll_event().expect("ended");
    assert_eq!(
        nothing(ended),
        (Code::ProgrammerGone, vec![Code::ProgrammerGone])
    );
    let ended = Probe::new([], 0, 0).poll_event().expect("ended");
    assert_eq!(nothing(ended), (Code::ProgrammerSilent, vec![]));
}
