//! Dialect A′: what goes out, what comes back, and what may come instead.

use super::*;
use crate::card::Card;
use crate::obu_programmer::{CardSlot, ObuProgrammer};

fn transfer(session: &mut Session, power: PowerSession, channel: Channel, list: Vec<Command>) {
    session.begin(1_000, Operation::Transfer(power, channel, list));
}

/// A session with `list` to the ESAM on the wire, LLC control F7.
fn asked(list: Vec<Command>) -> Session {
    let (mut session, power) = with_tag();
    transfer(&mut session, power, Channel::Esam, list);
    if session.poll_transmit().is_none() {
        let due = session.poll_timeout().expect("silence is awaited");
        session.handle_timeout(due);
        frame(&mut session);
    }
    session
}

fn answered(session: &mut Session) -> Option<Result<Vec<Response>, NoAnswer>> {
    event(session).map(|event| match event {
        Event::Answered(answer) => answer,
        other => panic!("unexpected {other:?}"),
    })
}

fn sws(answers: &[Response]) -> Vec<u16> {
    answers.iter().map(|answer| answer.sw.0).collect()
}

#[test]
fn a_whole_session_is_the_worked_frames_of_the_reference_one_by_one() {
    let (mut session, power) = with_tag();
    let list = vec![select(0x3F00), read(0x1B)];
    transfer(&mut session, power, Channel::Esam, list);
    assert_eq!(frame(&mut session), bytes(worked::ESAM_LIST));
    session.handle_in(1_100, &bytes(worked::ESAM_ANSWERS));
    let read = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(read[1].data, (0..0x1B).collect::<Vec<u8>>());

    let issue_file = Command::read([0x00, 0xB0, 0x95, 0x00], 0x2B);
    let list = vec![select(0x1001), issue_file];
    transfer(&mut session, power, Channel::Card, list);
    assert_eq!(frame(&mut session), bytes(worked::CARD_LIST));
    session.handle_in(1_200, &answers(MAC, "77", 1, "02 02 90 00 02 6A 82", 0));
    let read = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(sws(&read), [0x9000, 0x6A82]);

    session.begin(1_300, Operation::SetMmi(power, Mmi::Ok));
    assert_eq!(frame(&mut session), bytes(worked::SET_MMI));
    let shown = format!("{MAC} E0 F7 00 91 18 01 1B 00");
    session.handle_in(1_310, &reply("04 E0 03", &bytes(&shown)));
    assert_eq!(event(&mut session), Some(Event::Shown(Ok(()))));

    session.begin(1_400, Operation::Release(power));
    assert_eq!(event(&mut session), None, "not before it is on the wire");
    assert_eq!(frame(&mut session), bytes(worked::RELEASE));
    assert_eq!(event(&mut session), Some(Event::Released(Ok(()))));

    session.begin(1_500, Operation::PsamReset(PsamSlot::One));
    assert_eq!(frame(&mut session), bytes(worked::PSAM_RESET));
    let terminal = envelope::encode(&bytes("06 E1 00 00 01 02 03 04 05 06"));
    session.handle_in(1_510, &terminal);
    let expected = Event::PsamReset(Ok([1, 2, 3, 4, 5, 6]));
    assert_eq!(event(&mut session), Some(expected));

    let list = vec![select(0x3F00)];
    session.begin(1_600, Operation::Psam(PsamSlot::One, list));
    assert_eq!(frame(&mut session), bytes(worked::PSAM_LIST));
    session.handle_in(1_610, &bytes(worked::PSAM_ANSWERS));
    let read = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(sws(&read), [0x9000]);
    assert!(!session.is_busy() && session.poll_timeout().is_none());
}

#[test]
fn opening_sends_the_settings_and_takes_either_known_reply() {
    for body in ["01 EF 00 01 00", "98 B0 00 01 05"] {
        let mut session = primitives();
        session.begin(0, Operation::Open { unix: NEW_YEAR });
        let sent = frame(&mut session);
        let settings = bytes("01 FF 00 0F 04 01 C0 5E 0B E1 00 0A 1F 00 00 00 00 00 00");
        assert_eq!(sent, envelope::encode(&settings));
        session.handle_in(10, &envelope::encode(&bytes(body)));
        let Some(Event::Opened(Ok(device))) = event(&mut session) else {
            panic!("{body} is a reply");
        };
        assert_eq!(device.info, bytes(body)[2..]);
    }
}

#[test]
fn an_answer_may_come_in_any_pieces_and_between_noise() {
    let answer = answers(MAC, "F7", 2, "01 02 90 00", 0);
    let line = [&bytes("12 FF 33 FF FF 81 81 FF")[..], &answer, &[0xFF; 3]].concat();
    for split in 0..line.len() {
        let mut session = asked(vec![select(0xDF01)]);
        session.handle_in(1_010, &line[..split]);
        session.handle_in(1_011, &line[split..]);
        let ended = answered(&mut session).expect("ended").expect("answered");
        assert_eq!(ended[0].sw, Sw::OK);
    }
}

#[test]
fn two_tags_are_named_and_one_that_answers_twice_is_one() {
    let mut session = primitives();
    session.begin(0, Operation::Initialise { unix: 0 });
    frame(&mut session);
    session.handle_in(10, &vst(MAC, 0));
    session.handle_in(20, &vst(MAC, 0));
    assert_eq!(session.poll_timeout(), Some(210));
    session.handle_in(30, &vst(OTHER_MAC, 0));
    let two = NoAnswer::unknown(Code::TwoTags);
    assert_eq!(event(&mut session), Some(Event::Initialised(Err(two))));
}

#[test]
fn without_a_tag_the_call_is_repeated_and_then_given_up() {
    let mut session = primitives();
    session.begin(0, Operation::Initialise { unix: 0 });
    let (now, ended, frames) = run_out(&mut session);
    let none = NoAnswer::unknown(Code::NoTag);
    assert_eq!(ended, Event::Initialised(Err(none)));
    assert_eq!((now, frames.len()), (3_000, 10));
    assert!(
        frames.iter().all(|sent| *sent == frames[0]),
        "the same call"
    );
}

#[test]
fn a_device_that_says_that_no_tag_answered_is_asked_again() {
    let mut session = primitives();
    session.begin(0, Operation::Initialise { unix: 0 });
    frame(&mut session);
    session.handle_in(10, &reply("01 E0 00", &[]));
    session.handle_timeout(300);
    frame(&mut session);
    session.handle_in(310, &vst(MAC, 0));
    session.handle_timeout(510);
    assert!(matches!(
        event(&mut session),
        Some(Event::Initialised(Ok(_)))
    ));
}

#[test]
fn a_tag_that_does_not_say_who_it_is_is_none() {
    let mut session = primitives();
    session.begin(0, Operation::Initialise { unix: 0 });
    frame(&mut session);
    let payload = format!("{MAC} C0 03 91 D0 00 01 01 {MAC} 30 00 01");
    session.handle_in(10, &reply("01 E0 00", &bytes(&payload)));
    let (_, ended, _) = run_out(&mut session);
    let garbled = NoAnswer::unknown(Code::ProgrammerGarbled);
    assert_eq!(ended, Event::Initialised(Err(garbled)));
}

#[test]
fn what_may_be_repeated_is_sent_again_unchanged() {
    let mut session = asked(vec![select(0xDF01)]);
    session.handle_timeout(1_999);
    assert_eq!(session.poll_transmit(), None);
    session.handle_timeout(2_000);
    let again = frame(&mut session);
    assert_eq!(again[2..4], [0x02, 0xF0], "the same RSCTL");
    session.handle_in(2_010, &answers(MAC, "F7", 2, "01 02 90 00", 0));
    assert!(answered(&mut session).expect("ended").is_ok());
}

#[test]
fn a_list_with_a_once_command_is_sent_once_and_ends_as_unknown() {
    let mut session = asked(vec![select(0xDF01), write()]);
    assert_eq!(
        session.poll_timeout(),
        Some(1_000 + 3_000),
        "all its time at once"
    );
    let (now, ended, frames) = run_out(&mut session);
    let unknown = NoAnswer::unknown(Code::TagGone);
    assert_eq!(ended, Event::Answered(Err(unknown)));
    assert_eq!((now, frames.len()), (4_000, 0));
}

#[test]
fn nothing_that_comes_instead_makes_a_once_command_go_out_again() {
    let garbled = {
        let mut frame = answers(MAC, "F7", 2, "01 02 90 00", 0);
        frame[6] ^= 1;
        frame
    };
    let instead: [&[u8]; 7] = [
        &garbled,
        &bytes("FF FF 02 FE 02 FF"),
        &answers(OTHER_MAC, "F7", 2, "01 02 90 00", 0),
        &answers(MAC, "77", 2, "01 02 90 00", 0),
        &answers(MAC, "F7", 2, "02 02 90 00 02 90 00", 0),
        &reply("02 E0 02", &[]),
        &vst(MAC, 0),
    ];
    for line in instead {
        let mut session = asked(vec![write()]);
        session.handle_in(1_100, line);
        session.handle_line_error(1_200);
        let (_, ended, frames) = run_out(&mut session);
        assert!(frames.is_empty(), "{line:02X?}");
        let Event::Answered(Err(none)) = ended else {
            panic!("{line:02X?} is no answer");
        };
        assert_eq!(none.fate, crate::card::Fate::Unknown);
    }
}

#[test]
fn a_once_command_is_answered_even_late() {
    let mut session = asked(vec![write()]);
    session.handle_in(3_999, &answers(MAC, "F7", 2, "01 02 69 88", 0));
    let ended = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(sws(&ended), [0x6988]);
}

#[test]
fn a_once_command_waits_for_a_silent_line() {
    let (mut session, power) = with_tag();
    session.handle_in(995, &[0x12]);
    transfer(&mut session, power, Channel::Esam, vec![write()]);
    assert_eq!(session.poll_transmit(), None);
    session.handle_in(1_010, &[0x34]);
    assert_eq!(session.poll_timeout(), Some(1_010 + OWED));
    session.handle_timeout(1_010 + OWED);
    frame(&mut session);
}

#[test]
fn on_a_line_that_is_never_silent_a_once_command_is_not_sent() {
    let (mut session, power) = with_tag();
    session.handle_in(999, &[0x12]);
    transfer(&mut session, power, Channel::Esam, vec![write()]);
    for now in (1_010..=4_000).step_by(10) {
        session.handle_in(now, &[0x12]);
        session.handle_timeout(now);
    }
    assert!(sent(&mut session).is_empty());
    let noisy = NoAnswer::not_sent(Code::ProgrammerNoise);
    assert_eq!(answered(&mut session), Some(Err(noisy)));
}

#[test]
fn a_late_or_doubled_answer_is_not_the_answer_to_the_next_command() {
    let mut session = asked(vec![select(0xDF01)]);
    let first = answers(MAC, "F7", 2, "01 02 90 00", 0);
    session.handle_in(1_010, &first);
    assert!(answered(&mut session).expect("ended").is_ok());
    let power = session.tag.expect("the session goes on").session;
    session.begin(
        1_020,
        Operation::Transfer(power, Channel::Esam, vec![read(8)]),
    );
    frame(&mut session);
    session.handle_in(1_021, &first);
    assert_eq!(answered(&mut session), None);
    session.handle_in(1_030, &answers(MAC, "77", 2, "01 02 6A 82", 0));
    let ended = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(sws(&ended), [0x6A82]);
    session.handle_in(1_040, &first);
    assert_eq!(answered(&mut session), None);
}

#[test]
fn an_answer_that_began_before_its_question_is_not_its_answer() {
    let answer = answers(MAC, "F7", 2, "01 02 90 00", 0);
    let (mut session, power) = with_tag();
    session.handle_in(999, &answer[..8]);
    transfer(&mut session, power, Channel::Esam, vec![select(0xDF01)]);
    frame(&mut session);
    session.handle_in(1_001, &answer[8..]);
    assert_eq!(answered(&mut session), None);
    session.handle_in(1_010, &answer);
    assert!(answered(&mut session).expect("ended").is_ok());
}

#[test]
fn an_answer_before_its_question_is_on_the_wire_is_not_its_answer() {
    let (mut session, power) = with_tag();
    transfer(&mut session, power, Channel::Esam, vec![read(27)]);
    session.handle_in(1_000, &answers(MAC, "F7", 2, "01 02 90 00", 0));
    assert_eq!(answered(&mut session), None);
}

#[test]
fn the_answer_of_another_tag_is_named() {
    let mut session = asked(vec![read(27)]);
    for now in [1_010, 2_010, 3_010] {
        session.handle_in(now, &answers(OTHER_MAC, "F7", 2, "01 02 90 00", 0));
    }
    let (_, ended, _) = run_out(&mut session);
    let other = NoAnswer::unknown(Code::OtherTag);
    assert_eq!(ended, Event::Answered(Err(other)));
}

#[test]
fn answers_that_arrive_garbled_are_named() {
    let length = reply("02 E0 02", &[1, 2, 3])[..5].to_vec();
    for line in [
        &length[..],
        &bytes("FF FF 02 FE 07 FF"),
        &bytes("FF FF 02 E0 02 E1 FF"),
    ] {
        let mut session = asked(vec![read(27)]);
        session.handle_in(1_010, &[line, &[0xFF]].concat());
        let (_, ended, frames) = run_out(&mut session);
        let garbled = NoAnswer::unknown(Code::ProgrammerGarbled);
        assert_eq!(ended, Event::Answered(Err(garbled)), "{line:02X?}");
        assert_eq!(frames.len(), 2, "sent again");
    }
}

#[test]
fn a_silent_chip_ends_the_session_with_its_tag() {
    for (channel, number, code) in [
        (Channel::Card, 1, Code::CardGone),
        (Channel::Esam, 2, Code::TagGone),
    ] {
        let (mut session, power) = with_tag();
        transfer(&mut session, power, channel, vec![read(27)]);
        frame(&mut session);
        session.handle_in(1_010, &answers(MAC, "F7", number, "00", 0x03));
        let gone = NoAnswer::unknown(code);
        assert_eq!(answered(&mut session), Some(Err(gone)));
        transfer(&mut session, power, channel, vec![read(27)]);
        let gone = NoAnswer::not_sent(code);
        assert_eq!(answered(&mut session), Some(Err(gone)));
        assert_eq!(session.poll_transmit(), None);
    }
}

#[test]
fn a_new_call_ends_the_session_before_it() {
    let (mut session, power) = with_tag();
    session.begin(1_000, Operation::Initialise { unix: 0 });
    frame(&mut session);
    session.handle_in(1_010, &vst(MAC, 0));
    session.handle_timeout(1_210);
    let Some(Event::Initialised(Ok((next, _)))) = event(&mut session) else {
        panic!("the tag has answered");
    };
    assert_ne!(next, power);
    session.begin(1_300, Operation::SetMmi(power, Mmi::NotOk));
    let gone = NoAnswer::not_sent(Code::TagGone);
    assert_eq!(event(&mut session), Some(Event::Shown(Err(gone))));
}

#[test]
fn a_missing_psam_is_named_and_any_length_of_answers_is_read() {
    let mut session = primitives();
    session.begin(0, Operation::PsamReset(PsamSlot::Two));
    assert_eq!(frame(&mut session)[3], 0xF2);
    session.handle_in(10, &envelope::encode(&bytes("01 E2 00 01")));
    let none = NoAnswer::unknown(Code::NoPsam);
    assert_eq!(event(&mut session), Some(Event::PsamReset(Err(none))));

    for list in [
        "00 08 02 00 90 00 01 AA 90 00",
        "00 08 02 02 90 00 03 AA 90 00",
    ] {
        let mut session = primitives();
        let commands = vec![select(0x3F00), read(1)];
        session.begin(0, Operation::Psam(PsamSlot::Three, commands));
        frame(&mut session);
        session.handle_in(10, &envelope::encode(&bytes(&format!("01 E3 01 {list}"))));
        let read = answered(&mut session).expect("ended").expect("answered");
        assert_eq!(read[1].data, [0xAA], "{list}");
    }
}

#[test]
fn a_long_list_is_cut_and_ends_at_the_first_refusal() {
    let (mut session, power) = with_tag();
    let list = vec![select(0x3F00), read(99), select(0xDF01), read(79)];
    transfer(&mut session, power, Channel::Esam, list.clone());
    let first = frame(&mut session);
    assert_eq!(first[18], 1, "99 bytes do not fit beside anything");
    session.handle_in(1_010, &answers(MAC, "F7", 2, "01 02 90 00", 0));
    let second = frame(&mut session);
    assert_eq!(second[19..24], [5, 0x00, 0xB0, 0x81, 0x00]);
    session.handle_in(1_020, &answers(MAC, "77", 2, "01 02 6A 82", 0));
    let ended = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(sws(&ended), [0x9000, 0x6A82]);
    assert_eq!(session.poll_transmit(), None);
}

#[test]
fn fewer_answers_than_commands_are_taken_only_where_the_last_says_why() {
    let mut session = asked(vec![select(0xDF01), read(27)]);
    session.handle_in(1_010, &answers(MAC, "F7", 2, "01 02 90 00", 0));
    assert_eq!(answered(&mut session), None);
    session.handle_in(1_020, &answers(MAC, "F7", 2, "01 02 6A 82", 0));
    let ended = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(sws(&ended), [0x6A82]);
}

#[test]
fn an_answer_of_another_length_than_was_asked_for_is_none() {
    let mut session = asked(vec![read(4)]);
    session.handle_in(1_010, &answers(MAC, "F7", 2, "01 02 90 00", 0));
    session.handle_in(1_011, &answers(MAC, "F7", 2, "01 05 AA BB CC 90 00", 0));
    assert_eq!(answered(&mut session), None);
    session.handle_in(1_020, &answers(MAC, "F7", 2, "01 06 AA BB CC DD 90 00", 0));
    let ended = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(ended[0].data.len(), 4);
}

#[test]
fn what_fits_no_frame_is_refused_unsent() {
    let (mut session, power) = with_tag();
    let extended = Command::with_data([0, 0xD6, 0, 0], &[0; 300], 0);
    let too_long = Command::with_data([0, 0xD6, 0, 0], &[0; 250], 0);
    for command in [extended, too_long] {
        transfer(&mut session, power, Channel::Esam, vec![command]);
        let refused = NoAnswer::not_sent(Code::TooLongForProgrammer);
        assert_eq!(answered(&mut session), Some(Err(refused)));
    }
    transfer(&mut session, power, Channel::Esam, vec![]);
    assert_eq!(answered(&mut session), Some(Ok(vec![])));
    transfer(&mut session, power, Channel::Esam, vec![read(27)]);
    frame(&mut session);
}

#[test]
fn a_lost_line_ends_everything_by_what_had_left() {
    let gone = Code::ProgrammerGone;
    let (mut session, power) = with_tag();
    transfer(&mut session, power, Channel::Esam, vec![write()]);
    session.handle_loss(gone);
    assert_eq!(answered(&mut session), Some(Err(NoAnswer::not_sent(gone))));

    let mut session = asked(vec![write()]);
    session.handle_loss(gone);
    assert_eq!(answered(&mut session), Some(Err(NoAnswer::unknown(gone))));
    session.begin(2_000, Operation::PowerCard { unix: 0 });
    let none = NoAnswer::not_sent(gone);
    assert_eq!(event(&mut session), Some(Event::CardPowered(Err(none))));
    transfer(&mut session, power, Channel::Card, vec![read(4)]);
    assert_eq!(answered(&mut session), Some(Err(none)));
}

#[test]
fn where_bytes_were_lost_a_repeatable_command_goes_out_at_once() {
    let mut session = asked(vec![read(27)]);
    session.handle_line_error(1_100);
    assert_eq!(session.poll_timeout(), Some(1_100));
    session.handle_timeout(1_100);
    frame(&mut session);
}

#[test]
fn an_answer_in_rounds_is_fetched_and_a_wrong_length_corrected() {
    let mut session = asked(vec![read(0x1B)]);
    session.handle_in(1_010, &answers(MAC, "F7", 2, "01 02 6C 04", 0));
    assert_eq!(
        frame(&mut session)[19..25],
        [5, 0x00, 0xB0, 0x81, 0x00, 0x04]
    );
    session.handle_in(1_020, &answers(MAC, "77", 2, "01 06 01 02 03 04 90 00", 0));
    let ended = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(ended[0].data, [1, 2, 3, 4]);

    let mut session = asked(vec![select(0xDF01)]);
    session.handle_in(1_010, &answers(MAC, "F7", 2, "01 02 61 02", 0));
    let due = session.poll_timeout().expect("silence is awaited");
    session.handle_timeout(due);
    assert_eq!(
        frame(&mut session)[19..25],
        [5, 0x00, 0xC0, 0x00, 0x00, 0x02]
    );
    session.handle_in(1_050, &answers(MAC, "77", 2, "01 04 6F 00 90 00", 0));
    let ended = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(ended[0].data, [0x6F, 0x00]);
}

#[test]
fn the_rest_of_an_answer_is_asked_for_once() {
    let mut session = asked(vec![select(0xDF01)]);
    session.handle_in(1_010, &answers(MAC, "F7", 2, "01 02 61 02", 0));
    let (_, ended, frames) = run_out(&mut session);
    assert_eq!(frames.len(), 1, "a chip gives it only once");
    let unknown = NoAnswer::unknown(Code::TagGone);
    assert_eq!(ended, Event::Answered(Err(unknown)));
}

#[test]
fn a_once_command_is_not_repeated_with_another_length() {
    let mut session = asked(vec![Command::read([0x80, 0x5A, 0, 2], 8).once()]);
    session.handle_in(1_010, &answers(MAC, "F7", 2, "01 02 6C 04", 0));
    let ended = answered(&mut session).expect("ended").expect("answered");
    assert_eq!(sws(&ended), [0x6C04]);
    assert_eq!(session.poll_transmit(), None);
}

#[test]
fn the_card_slot_is_powered_by_calling_the_tag_it_is_in() {
    let mut session = primitives();
    session.begin(0, Operation::PowerCard { unix: NEW_YEAR });
    assert_eq!(frame(&mut session), bytes(worked::BST));
    session.handle_in(10, &vst(MAC, 0x80));
    session.handle_timeout(210);
    let none = NoAnswer::unknown(Code::NoCard);
    assert_eq!(event(&mut session), Some(Event::CardPowered(Err(none))));

    session.begin(300, Operation::PowerCard { unix: NEW_YEAR });
    frame(&mut session);
    session.handle_in(310, &vst(MAC, 0x00));
    session.handle_timeout(510);
    let Some(Event::CardPowered(Ok(power))) = event(&mut session) else {
        panic!("a card is in the tag");
    };
    assert_eq!(session.card_session(), Some(power));
    session.begin(600, Operation::PowerCard { unix: NEW_YEAR });
    assert_eq!(session.poll_transmit(), None, "it is powered already");
    assert_eq!(event(&mut session), Some(Event::CardPowered(Ok(power))));
}

/// A driver over a line that answers each frame at once.
struct Driver {
    session: Session,
    now: Millis,
    device: fn(&[u8]) -> Vec<u8>,
}

impl Driver {
    fn run(&mut self, operation: Operation) -> Event {
        self.now += 1_000;
        self.session.begin(self.now, operation);
        loop {
            while let Some(frame) = self.session.poll_transmit() {
                let answer = (self.device)(&frame);
                self.session.handle_in(self.now, &answer);
            }
            if let Some(event) = self.session.poll_event() {
                return event;
            }
            self.now = self.session.poll_timeout().expect("a deadline while busy");
            self.session.handle_timeout(self.now);
        }
    }
}

/// The answer to an operation whose event is of this kind; no other can come.
macro_rules! answer {
    ($driver:expr, $event:ident, $operation:expr) => {{
        let answer = match $driver.run($operation) {
            Event::$event(answer) => answer,
            other => panic!("unexpected {other:?}"),
        };
        Box::pin(core::future::ready(answer))
    }};
}

type Answer<'a, T> = crate::card::Answer<'a, Result<T, NoAnswer>>;

impl ObuProgrammer for Driver {
    fn open(&mut self) -> Answer<'_, Device> {
        answer!(self, Opened, Operation::Open { unix: NEW_YEAR })
    }

    fn psam_reset(&mut self, slot: PsamSlot) -> Answer<'_, [u8; 6]> {
        answer!(self, PsamReset, Operation::PsamReset(slot))
    }

    fn psam<'a>(&'a mut self, slot: PsamSlot, list: &'a [Command]) -> Answer<'a, Vec<Response>> {
        answer!(self, Answered, Operation::Psam(slot, list.to_vec()))
    }

    fn initialise(&mut self) -> Answer<'_, (PowerSession, Tag)> {
        answer!(self, Initialised, Operation::Initialise { unix: NEW_YEAR })
    }

    fn power_card(&mut self) -> Answer<'_, PowerSession> {
        answer!(self, CardPowered, Operation::PowerCard { unix: NEW_YEAR })
    }

    fn transfer_channel<'a>(
        &'a mut self,
        session: PowerSession,
        channel: Channel,
        list: &'a [Command],
    ) -> Answer<'a, Vec<Response>> {
        let operation = Operation::Transfer(session, channel, list.to_vec());
        answer!(self, Answered, operation)
    }

    fn set_mmi(&mut self, session: PowerSession, shown: Mmi) -> Answer<'_, ()> {
        answer!(self, Shown, Operation::SetMmi(session, shown))
    }

    fn release(&mut self, session: PowerSession) -> Answer<'_, ()> {
        answer!(self, Released, Operation::Release(session))
    }
}

/// Waits for a future that never waits.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = core::pin::pin!(future);
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        core::task::Poll::Ready(value) => value,
        core::task::Poll::Pending => panic!("nothing here waits"),
    }
}

#[test]
fn a_flow_over_a_card_runs_over_the_slot_of_a_programmer() {
    let device = |frame: &[u8]| match frame[4] {
        0x00 => vst(MAC, 0x00),
        _ => {
            let llc = if frame[11] == 0xF7 { "F7" } else { "77" };
            answers(MAC, llc, 1, "01 06 00 00 0B B8 90 00", 0)
        }
    };
    let mut driver = Driver {
        session: primitives(),
        now: 0,
        device,
    };
    let mut slot = CardSlot(&mut driver);
    let card: &mut dyn Card = &mut slot;
    let power = ready(card.connect()).expect("a card");
    let balance = crate::toll_card::wallet::get_balance();
    let answer = ready(card.transmit(power, &balance)).expect("answered");
    assert_eq!(answer.data, [0x00, 0x00, 0x0B, 0xB8]);
    let stale = PowerSession(power.0 + 1);
    let gone = NoAnswer::not_sent(Code::CardGone);
    assert_eq!(ready(card.transmit(stale, &balance)), Err(gone));
}
