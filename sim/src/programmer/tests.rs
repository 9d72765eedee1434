//! The programmer by itself: worked frames of the serial reference (§3.3, §5.6, §5.7) and what follows from them.

use super::*;
use crate::demo;
use crate::hex::{bytes, text};

/// MAC addresses and contract numbers of two demo tags.
const NORMAL: &str = "02000017";
const TRUCK: &str = "02000025";

fn with_tags(model: Model, tags: &[&str]) -> Programmer {
    let mut programmer = Programmer::new(model);
    for id in tags {
        programmer.put(demo::tag(id).unwrap());
    }
    programmer
}

/// Sends raw bytes; gives what is said by the end of a second.
fn send(programmer: &mut Programmer, line: &[u8]) -> Vec<u8> {
    programmer.write(line);
    programmer.tick(programmer.now + 1_000);
    programmer.read()
}

/// Bodies of envelope A on a line.
fn bodies(line: &[u8]) -> Vec<String> {
    let mut deframer = envelope::Deframer::default();
    let bodies = line.iter().filter_map(|&byte| deframer.push(byte));
    bodies.map(|body| text(&body)).collect()
}

/// Sends a body; gives the bodies that come back.
fn say(programmer: &mut Programmer, body: &str) -> Vec<String> {
    let frame = envelope::encode(&bytes(body), 0);
    bodies(&send(programmer, &frame))
}

const BST: &str = "01 F0 00 18 FFFFFFFF 50 03 91 C0 08FFFF00 5E0BE100 00 01 41 87 29 00 1A 00";

/// TransferChannel with LLC control F7.
fn transfer(mac: &str, channel: &str, list: &str) -> String {
    let payload = format!("{mac} 40 F7 91 05 01 03 18 {channel} {list}");
    let length = bytes(&payload).len();
    format!("02 F0 02 {length:02X} {payload}")
}

#[test]
fn worked_frames_of_dialect_a_are_bodies_and_back() {
    for (frame, body) in [
        ("FF FF 81 81 FF", "81"),
        (
            "FF FF 82 C1 FE 00 00 FE 01 01 11 22 33 44 11 22 33 44 43 FF",
            "82 C1 FE 00 FF 01 11 22 33 44 11 22 33 44",
        ),
        (
            "FF FF 01 F0 00 18 FE 01 FE 01 FE 01 FE 01 50 03 91 C0 08 FE 01 FE 01 00 5E 0B E1 00 00 01 41 87 29 00 1A 00 A3 FF",
            BST,
        ),
        (
            "FF FF 04 F0 03 0C 02 00 00 01 40 F7 91 05 01 04 1A 00 C4 FF",
            "04 F0 03 0C 02 00 00 01 40 F7 91 05 01 04 1A 00",
        ),
        ("FF FF 06 F1 00 00 00 25 80 52 FF", "06 F1 00 00 00 25 80"),
    ] {
        assert_eq!(envelope::encode(&bytes(body), 0), bytes(frame));
        let doubled = [bytes("00 12"), bytes(frame), bytes("FF"), bytes(frame)].concat();
        let expected = body.replace(' ', "");
        assert_eq!(bodies(&doubled), [expected.clone(), expected]);
    }
    let broken = [
        "FF FF 81 80 FF",
        "FF FF 01 FE 02 FF",
        "FF FF 01 FE FF",
        "FF FF 81 FF",
    ];
    for bad in broken {
        assert_eq!(bodies(&bytes(bad)), [""; 0], "{bad}");
    }
}

#[test]
fn worked_frames_of_dialect_c_are_messages_and_back() {
    for (frame, sn, message) in [
        ("33 02 80 01 A2 21", 2, "A2"),
        (
            "33 09 80 07 B2 00 04 11 22 33 44 7C",
            9,
            "B2 00 04 11 22 33 44",
        ),
        (
            "33 03 80 13 B1 00 20 0E 00 81 0C 01 02 90 00 02 06 A1 B2 C3 D4 90 00 81",
            3,
            "B1 00 20 0E 00 81 0C 01 02 90 00 02 06 A1 B2 C3 D4 90 00",
        ),
    ] {
        let (frame, message) = (bytes(frame), bytes(message));
        let encoded = frames::encode(Start::ThreeThree, sn, &message, 0);
        assert_eq!(encoded, std::slice::from_ref(&frame));
        let mut deframer = frames::Deframer::default();
        deframer.extend(&[&[0x00, 0x12][..], &frame].concat());
        assert_eq!(
            deframer.next_message(Start::ThreeThree),
            Some((sn, message))
        );
    }
    let fifty = frames::encode(Start::Fifty, 1, &[0x80], 0);
    assert_eq!(fifty.as_slice(), [bytes("50 80 01 01 80 50")]);
    let list = frames::encode_list(&[(1, bytes("9000")), (2, bytes("A1B2C3D49000"))]);
    assert_eq!(
        text(&list),
        "810C0102900002 06A1B2C3D49000".replace(' ', "")
    );
    let mut packet = bytes("00 FE 01 00 14 75 31 00 03 0A 00 12 06 33 02 80 01 A2 21 18 00");
    let (command, body) = frames::next_packet(&mut packet).unwrap();
    assert_eq!((command, packet.len()), (0x7531, 0));
    assert_eq!(frames::unwrap(&body), Some(&bytes("33 02 80 01 A2 21")[..]));
}

#[test]
fn long_messages_count_their_frames_down_or_up() {
    for (start, heads) in [
        (Start::ThreeThree, ["3305825F", "3305015F", "3305000A"]),
        (Start::Fifty, ["5080035F", "5000025F", "5000030A"]),
    ] {
        let message = vec![0x33; 200];
        let encoded = frames::encode(start, 5, &message, 0);
        let found: Vec<_> = encoded.iter().map(|frame| text(&frame[..4])).collect();
        assert_eq!(found, heads);
        let mut deframer = frames::Deframer::default();
        deframer.extend(&[&encoded[0][..], &encoded[2]].concat());
        assert_eq!(deframer.next_message(start), None, "a gap");
        deframer.extend(&encoded.concat());
        assert_eq!(deframer.next_message(start).unwrap().1, message);
    }
}

#[test]
fn a_called_tag_says_who_it_is_and_answers_from_then_on() {
    let mut programmer = with_tags(Model::primitives(), &["tag-normal"]);
    let read = transfer(NORMAL, "02", "02 07 00A40000023F00 05 00B081001B");
    assert_eq!(say(&mut programmer, &read), [""; 0], "it was not called");
    let contract = "B8CACBE06201000100166201230100010017 20240115 20340114";
    let vst = format!("{NORMAL} C0 03 91 D0 00 01 C1 01 00 27 {contract} {NORMAL} 30 80 01");
    let expected = format!("01 E0 00 {:02X} {vst}", bytes(&vst).len()).replace(' ', "");
    assert_eq!(say(&mut programmer, BST), [expected]);
    // The shape of the worked answer: 18 01 19 02 02, 02 9000, 1D and 27 bytes, 9000, 00.
    let answers = format!("{NORMAL} E0 F7 00 91 18 01 19 02 02 02 9000 1D {contract} 01 9000 00");
    let expected = format!("02 E0 02 2F {answers}").replace(' ', "");
    assert_eq!(say(&mut programmer, &read), [expected]);
    let chips: Vec<_> = programmer.seen().iter().map(|(chip, _)| *chip).collect();
    assert_eq!(chips, [Chip::Esam(0); 2]);
    assert_eq!(say(&mut programmer, &transfer(TRUCK, "02", "00")), [""; 0]);
}

#[test]
fn a_tag_shows_its_light_and_sleeps_when_it_is_released() {
    let mut programmer = with_tags(Model::primitives(), &["tag-normal"]);
    say(&mut programmer, BST);
    let mmi = format!("04 F0 03 0C {NORMAL} 40 F7 91 05 01 04 1A 00");
    let shown = format!("04 E0 03 0C {NORMAL} E0 F7 00 91 18 01 1B 00").replace(' ', "");
    assert_eq!(say(&mut programmer, &mmi), [shown]);
    assert_eq!(programmer.tags()[0].light(), crate::tag::Light::Green);
    let release = format!("05 F0 04 0A {NORMAL} 40 03 91 60 00 00");
    assert_eq!(say(&mut programmer, &release), [""; 0]);
    assert_eq!(say(&mut programmer, &mmi), [""; 0], "it sleeps");
}

#[test]
fn the_card_is_in_the_tag_and_its_absence_is_told() {
    let mut programmer = with_tags(Model::primitives(), &["tag-normal"]);
    say(&mut programmer, BST);
    let balance = "02 07 00A40000021001 05 805C000204";
    let list = transfer(NORMAL, "01", balance);
    let refused = format!("02 E0 02 0B {NORMAL} E0 F7 00 91 10 01 01").replace(' ', "");
    assert_eq!(say(&mut programmer, &list), [refused]);
    programmer.insert(demo::card("normal").unwrap());
    let vst = say(&mut programmer, BST).remove(0);
    assert!(
        vst.ends_with("300001"),
        "the status says that a card is there: {vst}"
    );
    let answer = say(&mut programmer, &list).remove(0);
    assert!(answer.ends_with("0600000BB8900000"), "{answer}");
    programmer.arm(Fault::CardPulledAfter, 1, Ending::AfterOne);
    let answer = say(&mut programmer, &list).remove(0);
    assert!(answer.ends_with("100101"), "{answer}");
    assert!(programmer.card().is_none() && programmer.take_pulled().is_some());
    assert_eq!(programmer.marks(), [Fault::CardPulledAfter]);
}

#[test]
fn a_credit_can_be_torn_in_the_slot_of_a_programmer() {
    let select = "01 07 00A40000021001";
    let verify = "01 0B 0020000006313233343536";
    let init = "01 10 805000020B01000003E8010203040506";
    // MAC2 need not be right: the card refuses it (9302), and a tear after it has taken it does not come.
    let credit = "01 10 805200000B20240115093000 00000000";
    for (when, seen, pulled) in [(Tear::Before, 3, true), (Tear::After, 4, false)] {
        let mut programmer = with_tags(Model::primitives(), &["tag-normal"]);
        programmer.insert(demo::card("normal").unwrap());
        programmer.tear_next_write(Some(when));
        say(&mut programmer, BST);
        for list in [select, verify, init, credit] {
            say(&mut programmer, &transfer(NORMAL, "01", list));
        }
        assert_eq!(programmer.seen().len(), seen, "{when:?}");
        assert_eq!(programmer.take_pulled().is_some(), pulled, "{when:?}");
        assert_eq!(programmer.tear_armed().is_none(), pulled, "{when:?}");
    }
}

#[test]
fn every_tag_in_the_field_answers_in_a_window_of_its_own() {
    let mut programmer = with_tags(Model::primitives(), &["tag-normal", "tag-truck"]);
    programmer.write(&envelope::encode(&bytes(BST), 0));
    assert_eq!(bodies(&programmer.read()).len(), 1);
    assert_eq!(programmer.next_due(), Some(10));
    programmer.tick(10);
    assert_eq!(bodies(&programmer.read()).len(), 1);
    let serial = programmer.tags()[0].esam().serial();
    assert!(programmer.take(serial).is_some() && programmer.take(serial).is_none());
    assert_eq!(say(&mut programmer, BST).len(), 1);
}

#[test]
fn psam_slots_answer_as_worked_or_say_that_they_are_empty() {
    let mut programmer = Programmer::new(Model::primitives());
    let reset = bytes("FF FF 06 F1 00 00 00 25 80 52 FF");
    assert_eq!(
        bodies(&send(&mut programmer, &reset)),
        ["06E10000620100000017"]
    );
    let select = bytes("FF FF 07 F1 01 09 01 07 00 A4 00 00 02 3F 00 61 FF");
    let answer = bytes("FF FF 07 E1 01 00 04 01 00 90 00 72 FF");
    assert_eq!(send(&mut programmer, &select), answer);
    assert_eq!(say(&mut programmer, "06 F2 00 00002580"), ["06E20001"]);
    programmer.arm(Fault::PsamAbsent, 0, Ending::AfterOne);
    assert_eq!(say(&mut programmer, "06 F1 00 00002580"), ["06E10001"]);
}

#[test]
fn a_bluetooth_programmer_reaches_tag_and_card() {
    let mut programmer = with_tags(Model::bobu(), &["tag-normal"]);
    let heard = |line: &[u8]| {
        let mut deframer = frames::Deframer::default();
        deframer.extend(line);
        deframer.next_message(Start::ThreeThree)
    };
    // The worked ESAM list and card list.
    let esam = "33 03 80 16 A1 20 12 00 80 10 01 07 00 A4 00 00 02 3F 00 02 05 00 84 00 00 04 8E";
    let (sn, answer) = heard(&send(&mut programmer, &bytes(esam))).unwrap();
    assert_eq!(
        (sn, text(&answer[..13])),
        (3, "B100200E00810C010290000206".into())
    );
    let card = "33 04 80 1D A3 00 19 00 80 17 01 07 00 A4 00 00 02 10 01 02 05 00 B0 95 00 2B 03 05 80 5C 00 02 04 D0";
    let (_, answer) = heard(&send(&mut programmer, &bytes(card))).unwrap();
    assert_eq!(text(&answer), "B3CF000000", "it has no power");
    let reset = bytes("33 02 80 01 A2 21");
    let (_, answer) = heard(&send(&mut programmer, &reset)).unwrap();
    assert_eq!(text(&answer), "B2CF00", "there is none");
    programmer.insert(demo::card("normal").unwrap());
    let (_, answer) = heard(&send(&mut programmer, &reset)).unwrap();
    assert_eq!(text(&answer[..3]), "B20011");
    let (_, answer) = heard(&send(&mut programmer, &bytes(card))).unwrap();
    assert!(text(&answer).ends_with("030600000BB89000"), "{answer:02X?}");
    let (_, answer) = heard(&send(&mut programmer, &bytes("33 05 80 03 A5 01 C0 E2"))).unwrap();
    assert_eq!(answer[..4], [0xB5, 0x00, 0x11, 0xC0]);
    programmer.empty_field();
    let (_, answer) = heard(&send(&mut programmer, &bytes(esam))).unwrap();
    assert_eq!(text(&answer), "B101200000");
}

#[test]
fn a_list_is_answered_as_its_tags_ask_until_the_power_is_off() {
    let mut programmer = with_tags(Model::bobu(), &["tag-normal"]);
    let mut say = |message: &str| {
        let frames = frames::encode(Start::ThreeThree, 7, &bytes(message), 0).concat();
        let mut deframer = frames::Deframer::default();
        deframer.extend(&send(&mut programmer, &frames));
        let answer = deframer.next_message(Start::ThreeThree);
        answer.map(|(_, message)| text(&message))
    };
    // The top bit of the first tag asks for the last answer only.
    let list = "A1 20 12 00 80 10 81 07 00A40000023F00 02 05 00B0811A01";
    let answer = "B1 00 20 07 00 81 05 02 03 01 9000".replace(' ', "");
    assert_eq!(say(list), Some(answer));
    // A length that disagrees, and a list that does not come out even.
    assert_eq!(
        say("A1 20 11 00 80 10 81 07 00A40000023F00 02 05 00B0811A01"),
        None
    );
    assert_eq!(say("A1 20 04 00 80 02 01 07"), None);
    assert_eq!(say("A7 20"), Some("B701".into()), "not known here");
    assert_eq!(say("A5 01 C3"), Some("B50001C3".into()));
    assert_eq!(say(list), Some("B101200000".into()));
}

#[test]
fn what_a_tag_does_not_do_it_refuses() {
    let mut programmer = with_tags(Model::primitives(), &["tag-normal"]);
    say(&mut programmer, BST);
    let get_secure =
        format!("02 F0 01 19 {NORMAL} 40 F7 91 05 01 00 14 00 01 0000 4F 0102030405060708 00");
    let refused = format!("02 E0 01 0B {NORMAL} E0 F7 00 91 10 01 01").replace(' ', "");
    assert_eq!(say(&mut programmer, &get_secure), [refused]);
}

#[test]
fn a_wechat_device_listens_once_it_was_greeted() {
    let mut programmer = Programmer::new(Model::bobu_wechat());
    let reset = bytes("FE 01 00 14 75 31 00 03 0A 00 12 06 33 02 80 01 A2 21 18 00");
    let authenticate = send(&mut programmer, &reset);
    assert_eq!(text(&authenticate[4..6]), "2711");
    let authenticated = bytes("FE 01 00 12 4E 21 00 01 0A 06 08 00 12 02 4F 4B 12 00");
    let initialise = send(&mut programmer, &authenticated);
    assert_eq!(text(&initialise[4..6]), "2713");
    let initialised = bytes("FE 01 00 16 4E 23 00 02 0A 06 08 00 12 02 4F 4B 10 00 18 00 20 00");
    assert_eq!(send(&mut programmer, &initialised), [0; 0]);
    // SN 2, B2 CF 00: 02 ^ 80 ^ 03 ^ B2 ^ CF = FC.
    let answer = send(&mut programmer, &reset);
    assert_eq!(
        text(&answer),
        "FE0100172712 0003 0A0012083302 8003B2CF00FC 18914E".replace(' ', "")
    );
}

#[test]
fn faults_of_the_line_leave_their_marks() {
    let reset = bytes("FF FF 06 F1 00 00 00 25 80 52 FF");
    let right = "06E10000620100000017";
    let mut programmer = Programmer::new(Model::primitives());
    for (fault, heard) in [
        (Fault::RequestLost, &[][..]),
        (Fault::AnswerLost, &[]),
        (Fault::Doubled, &[right, right]),
        (Fault::DoubledLater, &[right, right]),
        (Fault::Partial, &[]),
        (Fault::Paused, &[right]),
        (Fault::EveryByteApart, &[right]),
        (Fault::NoiseBefore, &[right]),
        (Fault::NoiseAfter, &[right]),
        (Fault::Garbage, &[]),
        (Fault::WrongCheck, &[]),
        (Fault::WrongEscape, &[]),
        (Fault::FlagRun, &[right]),
        (Fault::ForeignAnswer, &["28B20000000080", right]),
        (Fault::Late, &[]),
    ] {
        programmer.arm(fault, 0, Ending::AfterOne);
        assert_eq!(bodies(&send(&mut programmer, &reset)), heard, "{fault:?}");
        assert_eq!(programmer.marks().last(), Some(&fault));
    }
    programmer.tick(programmer.now + LATE);
    assert_eq!(bodies(&programmer.read()), [right], "the late one");
    programmer.arm(Fault::UnpluggedAfter, 0, Ending::AfterOne);
    assert_eq!(bodies(&send(&mut programmer, &reset)), [""; 0]);
    assert!(!programmer.is_plugged());
    programmer.plug_in();
    assert_eq!(bodies(&send(&mut programmer, &reset)), [right]);
}

#[test]
fn tags_come_and_go_by_fault() {
    let mut programmer = with_tags(Model::primitives(), &["tag-normal"]);
    programmer.lay_ready(demo::tag("tag-truck").unwrap());
    programmer.arm(Fault::SecondTag, 0, Ending::AfterOne);
    assert_eq!(say(&mut programmer, BST).len(), 2);
    let read = transfer(NORMAL, "02", "01 05 00B081001B");
    programmer.arm(Fault::TagLeavesAfter, 0, Ending::AfterOne);
    assert_eq!(say(&mut programmer, &read), [""; 0]);
    assert_eq!(
        (programmer.seen().len(), programmer.take_gone().len()),
        (1, 2)
    );
    programmer.put(demo::tag("tag-normal").unwrap());
    programmer.lay_ready(demo::tag("tag-truck").unwrap());
    say(&mut programmer, BST);
    programmer.arm(Fault::TagSwapped, 0, Ending::AfterOne);
    assert_eq!(say(&mut programmer, &read), [""; 0]);
    assert_eq!(text(&programmer.tags()[0].mac()), TRUCK);
}

#[test]
fn at_another_speed_or_without_dtr_nothing_is_understood() {
    let reset = bytes("FF FF 06 F1 00 00 00 25 80 52 FF");
    let mut programmer = Programmer::new(Model::primitives());
    programmer.set_baud(9_600);
    assert_eq!(send(&mut programmer, &reset), [0; 0]);
    programmer.set_baud(115_200);
    assert!(!send(&mut programmer, &reset).is_empty());
    let mut shy = Programmer::new(Model {
        needs_dtr: true,
        ..Model::primitives()
    });
    shy.set_data_terminal_ready(false);
    assert_eq!(send(&mut shy, &reset), [0; 0]);
    let heartbeat = Dialect::Foreign(&[0xFF, 0xFF, 0x28, 0xB2, 0, 0, 0, 0, 0x80, 0x1A, 0xFF]);
    let mut lane = Programmer::new(Model {
        dialect: heartbeat,
        ..Model::primitives()
    });
    assert_eq!(bodies(&send(&mut lane, &reset)), ["28B20000000080"; 2]);
}

#[test]
fn an_esam_that_loses_its_power_forgets_its_challenge() {
    let mut air = with_tags(Model::primitives(), &["tag-normal"]);
    say(&mut air, BST);
    let challenge = transfer(NORMAL, "02", "01 05 0084000004");
    assert_eq!(say(&mut air, &challenge).len(), 1);
    air.arm(Fault::EsamLosesPower, 0, Ending::AfterOne);
    assert_eq!(say(&mut air, &challenge), [""; 0], "it sleeps");
    say(&mut air, BST);
    assert_eq!(say(&mut air, &challenge).len(), 1);

    let mut contact = with_tags(Model::bobu(), &["tag-normal"]);
    let run = |programmer: &mut Programmer, apdu: &str| {
        programmer.move_tags();
        let apdu = bytes(apdu);
        let answers = programmer.run_list(Chip::Esam(0), &[&apdu]);
        text(&answers.unwrap()[0])
    };
    run(&mut contact, "0084000004");
    contact.arm(Fault::EsamLosesPower, 0, Ending::AfterOne);
    assert_eq!(run(&mut contact, "04D6811A0501C6631A77"), "6984");
}

#[test]
fn a_spoiled_mac_is_refused_and_a_mute_esam_has_done_what_it_was_told() {
    let mut programmer = with_tags(Model::bobu(), &["tag-normal"]);
    let mut run = |apdu: &str, fault| {
        programmer.arm(fault, 0, Ending::AfterOne);
        let answers = programmer.run_list(Chip::Esam(0), &[&bytes(apdu)]);
        answers.map(|answers| text(&answers[0]))
    };
    assert_eq!(run("0084000004", Fault::EsamMute), None);
    let refused = run("04D6811A0501C6631A77", Fault::MacSpoiled);
    assert_eq!(refused.as_deref(), Some("6988"), "it had a challenge");
    assert_eq!(programmer.marks(), [Fault::EsamMute, Fault::MacSpoiled]);
}

#[test]
fn every_fault_has_a_name_of_its_own() {
    for (fault, name) in Fault::ALL {
        assert_eq!(Fault::named(name), Some(fault));
    }
    assert_eq!(Fault::named("nothing"), None);
}
