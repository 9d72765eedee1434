//! Any bytes at any time: the engine survives them, every operation ends, and once is once.

use super::*;
use crate::chance::Chance;

fn profiles() -> Vec<Profile> {
    let mut edited = Profile::primitives();
    if let Dialect::Primitives(options) = &mut edited.dialect {
        options.llc_is_echoed = false;
    }
    Profile::shipped().into_iter().chain([edited]).collect()
}

fn operation(chance: &mut Chance, session: &Session) -> Operation {
    let power = session.tag.map_or(PowerSession(0), |link| link.session);
    let card = session.card.unwrap_or(PowerSession(0));
    let list = vec![select(0x3F00), read(27)];
    match chance.below(8) {
        0 => Operation::Open { unix: 0 },
        1 => Operation::PsamReset(PsamSlot::One),
        2 => Operation::Psam(PsamSlot::Two, list),
        3 | 4 => Operation::Initialise { unix: 0 },
        5 => Operation::PowerCard { unix: 0 },
        6 => Operation::Transfer(power, Channel::Esam, list),
        _ => Operation::Transfer(card, Channel::Card, vec![read(4)]),
    }
}

/// Something a line may bring: noise, or an answer, whole, in pieces, bent or doubled.
fn piece(chance: &mut Chance) -> Vec<u8> {
    let mut line = match chance.below(6) {
        0 => chance.bytes(30),
        1 => vst(MAC, 0),
        2 => vst(OTHER_MAC, 0x80),
        3 => answers(MAC, ["F7", "77"][chance.below(2)], 2, "01 02 90 00", 0),
        4 => bytes(worked::BOBU[chance.below(4)].1),
        _ => bytes(worked::PRIMITIVES[chance.below(9)].1),
    };
    match chance.below(4) {
        0 if !line.is_empty() => {
            let at = chance.below(line.len());
            line[at] = chance.byte();
        }
        1 => line.truncate(chance.below(line.len() + 1)),
        2 => line = [&line[..], &line].concat(),
        _ => {}
    }
    line
}

/// Runs one operation to its end; gives the frames that went out.
fn run(chance: &mut Chance, session: &mut Session, now: &mut Millis) -> usize {
    let mut frames = 0;
    for _ in 0..10_000 {
        frames += sent(session).len();
        if session.poll_event().is_some() {
            assert!(!session.is_busy());
            return frames;
        }
        match chance.below(3) {
            0 => {
                *now += 1;
                session.handle_in(*now, &piece(chance));
            }
            1 => session.handle_line_error(*now),
            _ => {
                *now = session
                    .poll_timeout()
                    .expect("a deadline while busy")
                    .max(*now);
                session.handle_timeout(*now);
            }
        }
    }
    panic!("the operation never ends");
}

#[test]
fn every_operation_ends_whatever_comes() {
    for (seed, profile) in (20..).zip(profiles()) {
        let mut chance = Chance::new(seed);
        let mut session = Session::new(profile, 0);
        let mut now = 0;
        for _ in 0..1_500 {
            let operation = operation(&mut chance, &session);
            session.begin(now, operation);
            run(&mut chance, &mut session, &mut now);
        }
    }
}

#[test]
fn once_is_once_whatever_comes() {
    let mut chance = Chance::new(30);
    for _ in 0..1_500 {
        let (mut session, power) = with_tag();
        let mut now = 1_000;
        session.begin(
            now,
            Operation::Transfer(power, Channel::Esam, vec![write()]),
        );
        assert!(run(&mut chance, &mut session, &mut now) <= 1);
    }
}
