//! A timed script of packets against the engine.

use super::*;
use crate::ccid::descriptor::{ClassDescriptor, DeviceId, Features};
use crate::sw::Sw;
use alloc::vec::Vec;

const ATR: [u8; 4] = [0x3B, 0x02, 0x14, 0x50];

fn reader(level: u32) -> Profile {
    let nobody = DeviceId {
        vendor: 0x1209,
        product: 1,
    };
    let descriptor = ClassDescriptor {
        max_slot_index: 0,
        voltages: 7,
        protocols: 3,
        default_clock: 4_000,
        max_data_rate: 344_086,
        max_ifsd: 254,
        features: Features(level | 0x0BA),
        max_message_length: 271,
    };
    Profile::new(nobody, descriptor)
}

fn session() -> Session {
    Session::new(&reader(0x0002_0000), 0, 0).expect("short APDU level")
}

/// The next bulk message.
fn out(session: &mut Session) -> Vec<u8> {
    match session.poll_transmit() {
        Some(Transmit::Bulk(message)) => message,
        other => panic!("{other:?} is no message"),
    }
}

fn message(kind: u8, seq: u8, status: u8, error: u8, chain: u8, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u32).to_le_bytes();
    let header = [&[kind][..], &length, &[0, seq, status, error, chain]].concat();
    [&header[..], data].concat()
}

fn block(seq: u8, data: &[u8]) -> Vec<u8> {
    message(0x80, seq, 0, 0, 0, data)
}

/// A session with a powered card; its next message has seq 2.
fn powered() -> (Session, PowerSession) {
    let mut session = session();
    session.begin(0, Operation::PowerOn);
    assert_eq!(out(&mut session)[0], 0x62);
    session.handle_in(1, &block(1, &ATR));
    let mut power = None;
    while let Some(event) = session.poll_event() {
        if let Event::Powered(Ok((session, _))) = event {
            power = Some(session);
        }
    }
    (session, power.expect("powered"))
}

fn read() -> Command {
    Command::read([0x80, 0x5C, 0x00, 0x02], 4)
}

fn credit() -> Command {
    Command::with_data([0x80, 0x52, 0, 0], &[0; 11], 4).once()
}

/// A session with `command` on the wire.
fn sent(command: Command) -> Session {
    let (mut session, power) = powered();
    session.begin(10, Operation::Transmit(power, command));
    assert_eq!(out(&mut session)[0], 0x6F);
    session
}

fn answer(session: &mut Session) -> Option<Result<Response, NoAnswer>> {
    loop {
        match session.poll_event()? {
            Event::Answered(answer) => return Some(answer),
            Event::Presence(_) => {}
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[test]
fn character_level_is_refused_by_name() {
    assert_eq!(
        Session::new(&reader(0), 0, 0).expect_err("refused"),
        Code::UnsupportedLevel
    );
}

#[test]
fn a_command_is_one_message_out_and_one_answer_in() {
    let mut session = sent(read());
    session.handle_in(11, &block(2, &[0, 0, 0x0B, 0xB8, 0x90, 0x00]));
    let response = answer(&mut session).expect("ended").expect("answered");
    assert_eq!(response.data, [0, 0, 0x0B, 0xB8]);
    assert_eq!(response.sw, Sw::OK);
    assert!(!session.is_busy());
    assert_eq!(session.poll_transmit(), None);
    assert_eq!(session.poll_timeout(), None);
}

#[test]
fn an_answer_in_packets_is_assembled_and_empty_packets_are_skipped() {
    let mut session = sent(read());
    let data: Vec<u8> = (0..118).chain([0x90, 0x00]).collect();
    let whole = block(2, &data);
    session.handle_in(11, &[]);
    session.handle_in(11, &whole[..64]);
    session.handle_in(11, &[]);
    assert_eq!(answer(&mut session), None);
    session.handle_in(11, &whole[64..128]);
    session.handle_in(11, &[]);
    session.handle_in(11, &whole[128..]);
    let response = answer(&mut session).expect("ended").expect("answered");
    assert_eq!(response.data.len(), 118);
}

#[test]
fn late_foreign_and_doubled_answers_are_dropped() {
    let mut session = sent(read());
    session.handle_in(11, &block(1, &ATR));
    session.handle_in(11, &[0x80, 1, 2]);
    assert_eq!(answer(&mut session), None);
    session.handle_in(12, &block(2, &[0x90, 0x00]));
    assert!(answer(&mut session).expect("ended").is_ok());
    session.handle_in(13, &block(2, &[0x90, 0x00]));
    assert_eq!(answer(&mut session), None);
}

#[test]
fn surplus_bytes_after_the_announced_length_are_ignored() {
    let mut session = sent(read());
    let mut bytes = block(2, &[0x90, 0x00]);
    bytes.extend([0; 7]);
    session.handle_in(11, &bytes);
    assert!(answer(&mut session).expect("ended").is_ok());
}

#[test]
fn a_time_extension_prolongs_the_deadline_up_to_the_ceiling() {
    let mut session = sent(read());
    assert_eq!(
        session.poll_timeout(),
        Some(10 + exchange::EXCHANGE_TIMEOUT)
    );
    session.handle_in(5_000, &message(0x80, 2, 0x80, 2, 0, &[]));
    assert_eq!(
        session.poll_timeout(),
        Some(5_000 + 2 * exchange::EXCHANGE_TIMEOUT)
    );
    session.handle_in(6_000, &message(0x80, 2, 0x80, 255, 0, &[]));
    assert_eq!(session.poll_timeout(), Some(10 + CEILING));
    session.handle_timeout(10 + CEILING - 1);
    assert_eq!(answer(&mut session), None);
    session.handle_timeout(10 + CEILING);
    assert_eq!(
        answer(&mut session),
        Some(Err(NoAnswer::unknown(Code::ReaderTimeout)))
    );
}

#[test]
fn more_data_is_fetched_with_get_response() {
    let mut session = sent(read());
    session.handle_in(11, &block(2, &[0x61, 0x02]));
    let next = out(&mut session);
    assert_eq!(next[6], 3);
    assert_eq!(next[10..], [0x00, 0xC0, 0x00, 0x00, 0x02]);
    session.handle_in(12, &block(3, &[7, 8, 0x90, 0x00]));
    let response = answer(&mut session).expect("ended").expect("answered");
    assert_eq!(response.data, [7, 8]);
}

#[test]
fn a_wrong_length_is_corrected_once_for_a_repeatable_command() {
    let mut session = sent(read());
    session.handle_in(11, &block(2, &[0x6C, 0x08]));
    let next = out(&mut session);
    assert_eq!(next[10..], [0x80, 0x5C, 0x00, 0x02, 0x08]);
    session.handle_in(12, &block(3, &[0x6C, 0x04]));
    assert_eq!(session.poll_transmit(), None);
    let response = answer(&mut session).expect("ended").expect("answered");
    assert_eq!(response.sw, Sw(0x6C04));
}

#[test]
fn a_once_command_is_never_sent_again() {
    let mut session = sent(credit());
    session.handle_in(11, &block(2, &[0x6C, 0x04]));
    assert_eq!(session.poll_transmit(), None);
    let response = answer(&mut session).expect("ended").expect("answered");
    assert_eq!(response.sw, Sw(0x6C04));
}

#[test]
fn a_chained_answer_is_collected() {
    let mut session = sent(read());
    session.handle_in(11, &message(0x80, 2, 0, 0, 1, &[1, 2]));
    let next = out(&mut session);
    assert_eq!(next[7..], [0, 0x10, 0x00]);
    session.handle_in(12, &message(0x80, 3, 0, 0, 2, &[3, 0x90, 0x00]));
    let response = answer(&mut session).expect("ended").expect("answered");
    assert_eq!(response.data, [1, 2, 3]);
}

#[test]
fn a_card_pulled_during_a_write_leaves_it_unknown_and_ends_the_power_session() {
    let mut session = sent(credit());
    session.handle_interrupt(11, &[0x50, 0b10]);
    assert_eq!(answer(&mut session), None);
    session.handle_in(12, &message(0x80, 2, 0x42, error::ICC_MUTE, 0, &[]));
    assert_eq!(
        answer(&mut session),
        Some(Err(NoAnswer::unknown(Code::CardGone)))
    );
    assert_eq!(session.power_session(), None);
    session.begin(13, Operation::Transmit(PowerSession(1), read()));
    assert_eq!(session.poll_transmit(), None);
    assert_eq!(
        answer(&mut session),
        Some(Err(NoAnswer::not_sent(Code::CardGone)))
    );
}

#[test]
fn a_reader_that_forgets_the_answer_of_a_pulled_card_is_not_waited_for_long() {
    let mut session = sent(credit());
    session.handle_interrupt(100, &[0x50, 0b10]);
    assert_eq!(session.poll_timeout(), Some(100 + REMOVAL_TIMEOUT));
    session.handle_timeout(100 + REMOVAL_TIMEOUT);
    assert_eq!(
        answer(&mut session),
        Some(Err(NoAnswer::unknown(Code::CardGone)))
    );
}

#[test]
fn a_command_that_never_left_is_known_not_to_have_been_sent() {
    let (mut session, power) = powered();
    session.begin(10, Operation::Transmit(power, credit()));
    session.handle_loss(Code::ReaderGone);
    assert_eq!(
        answer(&mut session),
        Some(Err(NoAnswer::not_sent(Code::ReaderGone)))
    );
    session.begin(11, Operation::PowerOn);
    assert_eq!(session.poll_transmit(), None);
    let events: Vec<_> = core::iter::from_fn(|| session.poll_event()).collect();
    let gone = Event::Powered(Err(NoAnswer::not_sent(Code::ReaderGone)));
    assert!(events.contains(&gone));
}

#[test]
fn a_lost_reader_leaves_a_sent_command_unknown() {
    let mut session = sent(credit());
    session.handle_loss(Code::ReaderGone);
    assert_eq!(
        answer(&mut session),
        Some(Err(NoAnswer::unknown(Code::ReaderGone)))
    );
}

#[test]
fn powering_an_empty_slot_and_a_mute_card_are_told_apart() {
    for (status, code) in [(0x42, Code::NoCard), (0x41, Code::CardMute)] {
        let mut session = session();
        session.begin(0, Operation::PowerOn);
        let _ = session.poll_transmit();
        session.handle_in(1, &message(0x80, 1, status, error::ICC_MUTE, 0, &[]));
        let powered = core::iter::from_fn(|| session.poll_event())
            .find(|event| matches!(event, Event::Powered(_)));
        assert_eq!(powered, Some(Event::Powered(Err(NoAnswer::unknown(code)))));
    }
}

#[test]
fn a_power_session_of_one_reader_is_none_of_another() {
    let first = |first_power| {
        let mut session = Session::new(&reader(0x0002_0000), 0, first_power).expect("short APDU");
        session.begin(0, Operation::PowerOn);
        let _ = session.poll_transmit();
        session.handle_in(1, &block(1, &ATR));
        session.power_session()
    };
    assert_ne!(first(0), first(1_000));
}

#[test]
fn looking_tells_whether_a_card_is_there() {
    for (status, present) in [(0x00, true), (0x01, true), (0x02, false), (0x42, false)] {
        let mut session = session();
        session.begin(0, Operation::Look);
        assert_eq!(out(&mut session)[0], 0x65);
        session.handle_in(1, &message(0x81, 1, status, error::ICC_MUTE, 0, &[]));
        let events: Vec<_> = core::iter::from_fn(|| session.poll_event()).collect();
        assert!(events.contains(&Event::Looked(Ok(present))), "{status:02X}");
        assert_eq!(session.card_present(), Some(present));
    }
}

#[test]
fn a_message_longer_than_any_answer_is_a_broken_protocol() {
    let mut session = sent(read());
    session.handle_in(11, &[0x80, 0xFF, 0xFF, 0xFF, 0x7F, 0, 2, 0, 0, 0]);
    assert_eq!(
        answer(&mut session),
        Some(Err(NoAnswer::unknown(Code::ReaderProtocol)))
    );
}

#[test]
fn no_packet_makes_it_panic() {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 32) as u8
    };
    let mut session = sent(credit());
    for now in 0..20_000 {
        let length = usize::from(random()) % 80;
        let mut packet: Vec<u8> = (0..length).map(|_| random() & 0x83).collect();
        if let Some(seq) = packet.get_mut(6) {
            *seq = session.wire.seq;
        }
        session.handle_in(now, &packet);
        session.handle_interrupt(now, &packet);
        let _ = session.poll_transmit();
        while session.poll_event().is_some() {}
        if !session.is_busy() {
            session.begin(now, Operation::PowerOn);
        }
    }
    assert!(session.closed.is_none());
}
