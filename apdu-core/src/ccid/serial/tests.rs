//! Frames worked out by hand: 03 06, a CCID message, and what makes the exclusive-or of all of it 0.

use super::*;

/// Escape 02, number 0: 03^06^6B^01^02 = 6D.
const ASK_FIRMWARE: [u8; 14] = [0x03, 0x06, 0x6B, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x6D];
/// "GP": 03^06^83^02^47^50 = 93.
const FIRMWARE: [u8; 15] = [
    0x03, 0x06, 0x83, 2, 0, 0, 0, 0, 0, 0, 0, 0, b'G', b'P', 0x93,
];
/// Escape 01 01 01, number 1: 03^06^6B^03^01^01^01^01 = 6D.
const SETTLE: [u8; 16] = [0x03, 0x06, 0x6B, 3, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0x6D];
/// 03^06^83^01 = 87.
const SETTLED: [u8; 13] = [0x03, 0x06, 0x83, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x87];
/// SlotStatus number 7: 03^06^81^07 = 83.
const STATUS: [u8; 13] = [0x03, 0x06, 0x81, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0x83];

fn heard(line: &mut SerialLine) -> Vec<Heard> {
    core::iter::from_fn(|| line.poll_heard()).collect()
}

/// A line with a reader at its end.
fn open() -> SerialLine {
    let mut line = SerialLine::open(0);
    assert_eq!(line.poll_transmit().as_deref(), Some(&ASK_FIRMWARE[..]));
    line.handle_bytes(1, &FIRMWARE);
    assert_eq!(line.poll_transmit().as_deref(), Some(&SETTLE[..]));
    line.handle_bytes(2, &SETTLED);
    assert_eq!(heard(&mut line), [Heard::Ready(b"GP".to_vec())]);
    assert_eq!(line.poll_timeout(), None);
    line
}

fn status() -> Heard {
    Heard::Message(STATUS[2..12].to_vec())
}

#[test]
fn a_reader_says_who_it_is_before_the_session_begins() {
    open();
}

#[test]
fn a_reader_that_does_not_know_the_second_question_is_one_all_the_same() {
    let mut line = SerialLine::open(0);
    line.handle_bytes(1, &FIRMWARE);
    // Failed, bError 0: 03^06^83^01^40 = C7.
    line.handle_bytes(2, &[0x03, 0x06, 0x83, 0, 0, 0, 0, 0, 1, 0x40, 0, 0, 0xC7]);
    assert_eq!(heard(&mut line), [Heard::Ready(b"GP".to_vec())]);
}

#[test]
fn silence_and_another_kind_of_device_are_told_apart() {
    let mut line = SerialLine::open(10);
    assert_eq!(line.poll_timeout(), Some(2_010));
    line.handle_timeout(2_009);
    assert_eq!(line.poll_heard(), None);
    line.handle_bytes(11, b"AT\r\nOK\r\n");
    line.handle_timeout(2_010);
    assert_eq!(
        line.poll_heard(),
        Some(Heard::NoReader(Code::ReaderTimeout))
    );
    line.handle_bytes(2_011, &FIRMWARE);
    assert_eq!(line.poll_heard(), None);

    let mut line = SerialLine::open(0);
    line.handle_bytes(1, &STATUS);
    assert_eq!(line.poll_heard(), Some(Heard::NoReader(Code::NotAReader)));
    line.handle_timeout(9_999);
    assert_eq!(line.poll_heard(), None);
}

#[test]
fn before_the_reader_is_known_nothing_else_counts() {
    let mut line = SerialLine::open(0);
    line.handle_bytes(1, &[0x03, 0x15, 0x16, 0x50, 0x03]);
    // A message with a reserved status: 03^06^83^03 = 85.
    line.handle_bytes(1, &[0x03, 0x06, 0x83, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0x85]);
    assert_eq!(line.poll_heard(), None);
    line.handle_bytes(1, &FIRMWARE);
    assert_eq!(line.poll_transmit().as_deref(), Some(&ASK_FIRMWARE[..]));
    assert_eq!(line.poll_transmit().as_deref(), Some(&SETTLE[..]));
}

#[test]
fn a_frame_in_pieces_of_any_size_is_put_together() {
    for split in 1..STATUS.len() {
        let mut line = open();
        let (first, second) = STATUS.split_at(split);
        line.handle_bytes(3, first);
        assert_eq!(line.poll_heard(), None, "{split}");
        line.handle_bytes(3, second);
        assert_eq!(heard(&mut line), [status()]);
    }
}

#[test]
fn card_movements_and_time_requests_come_in_between() {
    let mut line = open();
    let bytes = [
        &[0x50, 0x02, 0x80, 0xC1][..],
        &STATUS,
        &[0x50, 0x03],
        &STATUS,
    ]
    .concat();
    line.handle_bytes(3, &bytes);
    let out = Heard::Notification([0x50, 0x02]);
    let r#in = Heard::Notification([0x50, 0x03]);
    assert_eq!(heard(&mut line), [out, status(), r#in, status()]);
}

#[test]
fn a_movement_split_between_its_bytes_is_one_too() {
    let mut line = open();
    line.handle_bytes(3, &[0x50]);
    line.handle_bytes(4, &[0x03]);
    assert_eq!(heard(&mut line), [Heard::Notification([0x50, 0x03])]);
}

#[test]
fn a_frame_that_the_reader_could_not_read_is_told() {
    let mut line = open();
    line.handle_bytes(3, &[0x03, 0x15]);
    assert_eq!(line.poll_heard(), None);
    line.handle_bytes(3, &[0x16]);
    assert_eq!(heard(&mut line), [Heard::Refused]);
}

#[test]
fn noise_and_a_garbled_frame_are_skipped() {
    let mut line = open();
    let mut garbled = STATUS;
    garbled[9] ^= 0x10;
    line.handle_bytes(3, &[0x00, 0x50, 0x51, 0x03, 0x77]);
    line.handle_bytes(3, &garbled);
    // A length that no frame has.
    line.handle_bytes(3, &[0x03, 0x06, 0x80, 0xFF, 0xFF, 0, 0]);
    line.handle_bytes(4, &[0; 20]);
    line.handle_bytes(4, &STATUS);
    assert_eq!(heard(&mut line), [status()]);
}

#[test]
fn the_echo_of_our_own_frame_is_no_answer() {
    let mut line = open();
    // GetSlotStatus number 7: 03^06^65^07 = 67.
    line.send(&[0x65, 0, 0, 0, 0, 0, 7, 0, 0, 0]);
    let frame = line.poll_transmit().expect("a frame");
    assert_eq!(frame, [0x03, 0x06, 0x65, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0x67]);
    line.handle_bytes(3, &frame[..5]);
    line.handle_bytes(3, &[&frame[5..], &STATUS].concat());
    assert_eq!(heard(&mut line), [status()]);
    // Where the line does not echo, an answer that begins like the question is one.
    line.send(&[0x65, 0, 0, 0, 0, 0, 7, 0, 0, 0]);
    for byte in STATUS {
        line.handle_bytes(4, &[byte]);
    }
    assert_eq!(heard(&mut line), [status()]);
}

#[test]
fn its_reader_is_one_at_tpdu_level() {
    use crate::ccid::descriptor::{DeviceId, ExchangeLevel, Profile};
    use crate::ccid::{Operation, Session, Transmit};
    let no_usb = DeviceId {
        vendor: 0,
        product: 0,
    };
    let profile = Profile::new(no_usb, crate::ccid::quirks::GEMPC_TWIN);
    assert_eq!(profile.level(0), ExchangeLevel::Tpdu);
    assert!(profile.quirks.is_empty());
    let mut session = Session::new(&profile, 0, 0).expect("spoken");
    let mut line = open();
    session.begin(3, Operation::Look);
    let Some(Transmit::Bulk(message)) = session.poll_transmit() else {
        panic!("a look is one message");
    };
    line.send(&message);
    // SlotStatus number 1, no card: 03^06^81^01^02 = 87.
    line.handle_bytes(4, &[0x03, 0x06, 0x81, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0x87]);
    let Some(Heard::Message(answer)) = line.poll_heard() else {
        panic!("a frame is one message");
    };
    session.handle_in(4, &answer);
    assert_eq!(session.card_present(), Some(false));
}

#[test]
fn no_bytes_make_it_panic_or_wait_for_ever() {
    let mut line = open();
    let mut seed = 7_u32;
    for now in 0..20_000 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let byte = match seed >> 28 {
            0..=3 => 0x03,
            4..=6 => 0x06,
            7 => 0x50,
            _ => (seed >> 16) as u8,
        };
        line.handle_bytes(now, &[byte]);
    }
    line.handle_bytes(20_000, &[0x00; 400]);
    let _ = heard(&mut line);
    line.handle_bytes(20_001, &STATUS);
    assert_eq!(heard(&mut line), [status()]);
}
