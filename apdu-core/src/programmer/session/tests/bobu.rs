//! Dialect C: bare frames, WeChat packets, "50" frames.

use super::*;
use crate::programmer::bobu::{Deframer, Start, fragments, list, wechat};
use crate::programmer::profile::{Answers, Bobu};

/// The frames of a message from the device.
fn message(start: Start, data: &[u8]) -> Vec<u8> {
    let frames = fragments(start, 9, data).expect("fits");
    frames.iter().flat_map(|frame| frame.to_bytes()).collect()
}

/// The reply to a list: reply code, data type, answers.
fn channel(head: &str, answers: &[&str]) -> Vec<u8> {
    let answers: Vec<_> = answers.iter().map(|answer| bytes(answer)).collect();
    let entries: Vec<_> = (1..)
        .zip(answers.iter().map(|answer| &answer[..]))
        .collect();
    let list = list::encode(list::REPLY, &entries).expect("fits");
    let [code, dt] = bytes(head)[..] else {
        panic!("code and data type");
    };
    let data = [&[code, 0x00, dt, list.len() as u8, 0x00], &list[..]].concat();
    message(Start::ThreeThree, &data)
}

fn bobu(edit: impl FnOnce(&mut Bobu)) -> Session {
    let mut profile = Profile::bobu();
    if let Dialect::Bobu(options) = &mut profile.dialect {
        edit(options);
    }
    Session::new(profile, 0)
}

fn system() -> String {
    format!("{CONTRACT} 01 90 00")
}

/// Begins an operation and lets the silence pass that it may have to wait for.
fn begin(session: &mut Session, now: Millis, operation: Operation) -> Vec<Vec<u8>> {
    session.begin(now, operation);
    let frames = sent(session);
    if !frames.is_empty() || !session.is_busy() {
        return frames;
    }
    let due = session.poll_timeout().expect("silence is awaited");
    session.handle_timeout(due);
    sent(session)
}

/// A session with the tag in the device.
fn with_tag() -> (Session, PowerSession) {
    let mut session = bobu(|_| {});
    begin(&mut session, 0, Operation::Initialise { unix: 0 });
    session.handle_in(10, &channel("B1 20", &["90 00", &system()]));
    let Some(Event::Initialised(Ok((power, tag)))) = event(&mut session) else {
        panic!("the tag has answered");
    };
    assert_eq!((tag.mac, tag.status), (None, None));
    (session, power)
}

fn answered(session: &mut Session) -> Option<Result<Vec<Response>, NoAnswer>> {
    event(session).map(|event| match event {
        Event::Answered(answer) => answer,
        other => panic!("unexpected {other:?}"),
    })
}

#[test]
fn a_whole_session_is_the_worked_frames_of_the_reference_one_by_one() {
    let (mut session, tag) = with_tag();
    let frames = begin(&mut session, 100, Operation::PowerCard { unix: 0 });
    assert_eq!(frames, [bytes(worked::HANDSHAKE)]);
    session.handle_in(110, &bytes("33 09 80 07 B2 00 04 11 22 33 44 7C"));
    let Some(Event::CardPowered(Ok(card))) = event(&mut session) else {
        panic!("the card has answered");
    };
    assert_ne!(card, tag, "two chips, two sessions");

    let challenge = Command::read([0x00, 0x84, 0x00, 0x00], 4);
    let commands = vec![select(0x3F00), challenge];
    let frames = begin(
        &mut session,
        200,
        Operation::Transfer(tag, Channel::Esam, commands),
    );
    assert_eq!(frames, [bytes(worked::BOBU_ESAM_LIST)]);
    session.handle_in(210, &bytes(worked::BOBU_ESAM_ANSWERS));
    let read = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(read[1].data, [0xA1, 0xB2, 0xC3, 0xD4]);

    let issue_file = Command::read([0x00, 0xB0, 0x95, 0x00], 0x2B);
    let commands = vec![
        select(0x1001),
        issue_file,
        crate::toll_card::wallet::get_balance(),
    ];
    let frames = begin(
        &mut session,
        300,
        Operation::Transfer(card, Channel::Card, commands),
    );
    assert_eq!(frames, [bytes(worked::BOBU_CARD_LIST)]);
    session.handle_in(310, &channel("B3 00", &["90 00", "6A 82"]));
    let read = answered(&mut session).expect("ended").expect("answered");
    assert_eq!((read.len(), read[1].sw), (2, Sw::NOT_FOUND));

    begin(&mut session, 400, Operation::Release(tag));
    assert_eq!(event(&mut session), Some(Event::Released(Ok(()))));
}

#[test]
fn opening_asks_for_the_serial_number() {
    let mut session = bobu(|_| {});
    let frames = begin(&mut session, 0, Operation::Open { unix: 0 });
    assert_eq!(frames, [bytes("33 01 80 03 A5 01 C0 E6")]);
    // What devices say by themselves is not the answer.
    session.handle_in(5, &message(Start::ThreeThree, &bytes("96 00 01")));
    session.handle_in(10, &message(Start::ThreeThree, &bytes("B5 00 02 C0 41")));
    let Some(Event::Opened(Ok(device))) = event(&mut session) else {
        panic!("the device has answered");
    };
    assert_eq!(device.info, bytes("02 C0 41"));
}

#[test]
fn what_the_dialect_cannot_do_is_refused_by_name() {
    let (mut session, power) = with_tag();
    session.begin(100, Operation::PsamReset(PsamSlot::One));
    let none = NoAnswer::not_sent(Code::ProgrammerCannot);
    assert_eq!(event(&mut session), Some(Event::PsamReset(Err(none))));
    session.begin(100, Operation::SetMmi(power, Mmi::Ok));
    assert_eq!(event(&mut session), Some(Event::Shown(Err(none))));
    let mut session = bobu(|options| options.esam = None);
    session.begin(0, Operation::Initialise { unix: 0 });
    assert_eq!(event(&mut session), Some(Event::Initialised(Err(none))));
}

#[test]
fn a_card_that_does_not_answer_to_reset_is_named() {
    for (status, code) in [("CF", Code::NoCard), ("01", Code::ProgrammerRefused)] {
        let mut session = bobu(|_| {});
        begin(&mut session, 0, Operation::PowerCard { unix: 0 });
        let reply = bytes(&format!("B2 {status} 00"));
        session.handle_in(10, &message(Start::ThreeThree, &reply));
        let none = NoAnswer::unknown(code);
        assert_eq!(event(&mut session), Some(Event::CardPowered(Err(none))));
    }
}

#[test]
fn a_tag_whose_files_cannot_be_read_is_named() {
    for answers in [["90 00", "6A 82"], ["90 00", "01 02 90 00"]] {
        let mut session = bobu(|_| {});
        begin(&mut session, 0, Operation::Initialise { unix: 0 });
        session.handle_in(10, &channel("B1 20", &answers));
        let malformed = NoAnswer::unknown(Code::MalformedTag);
        assert_eq!(
            event(&mut session),
            Some(Event::Initialised(Err(malformed)))
        );
    }
}

#[test]
fn long_messages_travel_in_fragments_both_ways() {
    let (mut session, power) = with_tag();
    let vehicle = Command::with_data([0x00, 0xD6, 0x81, 0x00], &[0x33; 100], 0);
    let frames = begin(
        &mut session,
        100,
        Operation::Transfer(power, Channel::Esam, vec![vehicle]),
    );
    let control: Vec<_> = frames.iter().map(|frame| frame[2]).collect();
    assert_eq!(control, [0x81, 0x00]);
    let mut line = Deframer::new(Start::ThreeThree);
    line.extend(&frames.concat());
    assert_eq!(
        core::iter::from_fn(|| line.next_frame())
            .filter(Result::is_ok)
            .count(),
        2
    );

    let long = format!("{} 90 00", "33".repeat(99));
    session.handle_in(110, &channel("B1 20", &[&long]));
    let read = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(read[0].data, [0x33; 99]);
}

#[test]
fn a_gap_between_fragments_costs_one_send() {
    let (mut session, power) = with_tag();
    begin(
        &mut session,
        100,
        Operation::Transfer(power, Channel::Esam, vec![read(99)]),
    );
    let long = format!("{} 90 00", "44".repeat(99));
    let line = channel("B1 20", &[&long]);
    session.handle_in(110, &line[100..]);
    assert_eq!(answered(&mut session), None);
    session.handle_timeout(1_100);
    assert_eq!(sent(&mut session).len(), 1);
    session.handle_in(1_110, &line);
    assert!(answered(&mut session).expect("ended").is_ok());
}

#[test]
fn noise_that_looks_like_a_start_does_not_swallow_the_answer() {
    let (mut session, power) = with_tag();
    begin(
        &mut session,
        100,
        Operation::Transfer(power, Channel::Esam, vec![read(2)]),
    );
    let line = [
        &bytes("33 01 80 60")[..],
        &channel("B1 20", &["01 02 90 00"]),
    ]
    .concat();
    session.handle_in(110, &line);
    assert_eq!(answered(&mut session), None);
    assert_eq!(session.poll_timeout(), Some(110 + GAP));
    session.handle_timeout(110 + GAP);
    let read = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(read[0].data, [1, 2]);
}

#[test]
fn a_doubled_answer_is_waited_out_before_the_next_command() {
    let (mut session, power) = with_tag();
    begin(
        &mut session,
        100,
        Operation::Transfer(power, Channel::Esam, vec![read(2)]),
    );
    let answer = channel("B1 20", &["01 02 90 00"]);
    session.handle_in(110, &answer);
    assert!(answered(&mut session).expect("ended").is_ok());
    session.begin(
        111,
        Operation::Transfer(power, Channel::Esam, vec![read(2)]),
    );
    assert_eq!(session.poll_transmit(), None);
    session.handle_in(115, &answer);
    assert_eq!(answered(&mut session), None);
    session.handle_timeout(115 + QUIET);
    assert_eq!(sent(&mut session).len(), 1);
    session.handle_in(160, &channel("B1 20", &["03 04 90 00"]));
    let read = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(read[0].data, [3, 4]);
}

#[test]
fn an_answer_still_owed_is_waited_out_before_the_next_command() {
    let (mut session, power) = with_tag();
    begin(
        &mut session,
        100,
        Operation::Transfer(power, Channel::Esam, vec![write()]),
    );
    let (now, ended, _) = run_out(&mut session);
    let unknown = NoAnswer::unknown(Code::ProgrammerTimeout);
    assert_eq!(ended, Event::Answered(Err(unknown)));
    session.begin(now, Operation::PowerCard { unix: 0 });
    assert_eq!(session.poll_transmit(), None);
    assert_eq!(session.poll_timeout(), Some(now + OWED));
    session.handle_in(now + 200, &channel("B1 20", &["90 00"]));
    assert_eq!(session.poll_timeout(), Some(now + 200 + OWED));
    session.handle_timeout(now + 200 + OWED);
    assert_eq!(sent(&mut session).len(), 1);
}

#[test]
fn where_replies_carry_the_number_of_their_request_another_number_is_late() {
    let mut session = bobu(|options| options.sn_is_echoed = true);
    begin(&mut session, 0, Operation::PowerCard { unix: 0 });
    session.handle_in(10, &bytes("33 09 80 07 B2 00 04 11 22 33 44 7C"));
    assert_eq!(event(&mut session), None);
    session.handle_in(20, &bytes("33 01 80 07 B2 00 04 11 22 33 44 74"));
    assert!(matches!(
        event(&mut session),
        Some(Event::CardPowered(Ok(_)))
    ));
}

#[test]
fn answers_out_of_their_order_are_none() {
    let (mut session, power) = with_tag();
    begin(
        &mut session,
        100,
        Operation::Transfer(power, Channel::Esam, vec![read(4)]),
    );
    let list = bytes("81 04 02 02 90 00");
    let data = [&bytes("B1 00 20 06 00")[..], &list].concat();
    session.handle_in(110, &message(Start::ThreeThree, &data));
    assert_eq!(answered(&mut session), None);
    let (_, ended, _) = run_out(&mut session);
    let garbled = NoAnswer::unknown(Code::ProgrammerGarbled);
    assert_eq!(ended, Event::Answered(Err(garbled)));
}

#[test]
fn a_device_that_answers_the_last_command_only_gets_one_at_a_time() {
    let mut session = bobu(|options| options.answers = Answers::LastOnly);
    begin(&mut session, 0, Operation::PowerCard { unix: 0 });
    session.handle_in(10, &bytes("33 09 80 07 B2 00 04 11 22 33 44 7C"));
    let Some(Event::CardPowered(Ok(card))) = event(&mut session) else {
        panic!("the card has answered");
    };
    let commands = vec![select(0x1001), write(), read(1)];
    let mut frames = begin(
        &mut session,
        100,
        Operation::Transfer(card, Channel::Card, commands),
    );
    for (now, answer) in [(110, "90 00"), (210, "90 00"), (310, "AA 90 00")] {
        assert_eq!(frames.len(), 1, "one frame, one command, never again");
        session.handle_in(now, &channel("B3 00", &[answer]));
        frames = sent(&mut session);
        if let (true, Some(due)) = (frames.is_empty(), session.poll_timeout()) {
            session.handle_timeout(due);
            frames = sent(&mut session);
        }
    }
    let read = answered(&mut session).expect("ended").expect("answered");
    assert_eq!((read.len(), &read[2].data[..]), (3, &[0xAA][..]));
}

#[test]
fn wechat_packets_carry_the_frames_and_their_demands_are_met() {
    let mut session = Session::new(Profile::bobu_wechat(), 0);
    let demand = bytes("FE 01 00 0A 27 11 00 01 0A 00");
    session.handle_in(0, &demand);
    assert_eq!(sent(&mut session), [wechat::AUTHENTICATED.to_vec()]);
    session.handle_in(1, &bytes("FE 01 00 0A 27 13 00 02 0A 00"));
    assert_eq!(sent(&mut session), [wechat::INITIALISED.to_vec()]);

    let frames = begin(&mut session, 10, Operation::Open { unix: 0 });
    let wrapped = wechat::wrap(1, &bytes("33 01 80 03 A5 01 C0 E6"));
    assert_eq!(frames, [wrapped.expect("short")]);
    let inner = message(Start::ThreeThree, &bytes("B5 00 00"));
    let packet = wechat::wrap(7, &inner).expect("short");
    session.handle_in(20, &packet[..9]);
    session.handle_in(21, &packet[9..]);
    assert!(matches!(event(&mut session), Some(Event::Opened(Ok(_)))));
}

#[test]
fn fifty_frames_speak_the_commands_of_their_profile() {
    let mut session = bobu(|options| {
        let code = |request, reply| crate::programmer::CommandCode { request, reply };
        options.start = Start::Fifty;
        options.open = code(0x80, 0x90);
        options.open_data = vec![];
        options.card_reset = None;
        options.card = code(0x82, 0x92);
        options.card_dt = 0x10;
    });
    let frames = begin(&mut session, 0, Operation::Open { unix: 0 });
    assert_eq!(frames, [bytes("50 80 01 01 80 50")]);
    session.handle_in(10, &message(Start::Fifty, &bytes("90 00")));
    assert!(matches!(event(&mut session), Some(Event::Opened(Ok(_)))));
    begin(&mut session, 100, Operation::PowerCard { unix: 0 });
    let Some(Event::CardPowered(Ok(card))) = event(&mut session) else {
        panic!("the device powers the card by itself");
    };
    let frames = begin(
        &mut session,
        200,
        Operation::Transfer(card, Channel::Card, vec![read(4)]),
    );
    assert_eq!(frames[0][4..6], [0x82, 0x10]);
}
