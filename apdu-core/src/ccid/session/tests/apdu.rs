//! APDUs to a reader that runs the card's protocol itself, and what every level has in common.

use super::*;

fn short() -> u32 {
    SHORT | AUTOMATIC
}

#[test]
fn a_command_is_one_message_out_and_one_answer_in() {
    let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
    script.hears_block(&[0, 0, 0x0B, 0xB8, 0x90, 0x00]);
    script.answered(&[0, 0, 0x0B, 0xB8], 0x9000);
    assert!(!script.session.is_busy());
    script.sends_nothing();
    assert_eq!(script.session.poll_timeout(), None);
}

#[test]
fn an_answer_split_at_any_byte_is_assembled() {
    let data: Vec<u8> = (0..54).chain([0x90, 0x00]).collect();
    let whole_length = 10 + data.len();
    for split in 1..whole_length {
        let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
        let whole = message(0x80, script.seq, 0, 0, 0, &data);
        let (first, second) = whole.split_at(split);
        for packet in [&[], first, &[], second, &[]] {
            script.session.handle_in(1, packet);
        }
        script.answered(&data[..54], 0x9000);
    }
    let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
    for byte in message(0x80, script.seq, 0, 0, 0, &data) {
        script.session.handle_in(1, &[byte]);
    }
    script.answered(&data[..54], 0x9000);
}

#[test]
fn late_foreign_and_doubled_answers_are_dropped() {
    let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
    let ours = script.seq;
    for stranger in [
        message(0x80, ours.wrapping_sub(1), 0, 0, 0, &[0x90, 0x00]),
        [0x80, 2, 0, 0, 0, 7, ours, 0, 0, 0, 0x90, 0x00].to_vec(), // slot 7
        [0x80, 1, 2].to_vec(),                                     // a rest of something
        [0x00, 0x03, 0x80].to_vec(),                               // no answer at all
    ] {
        script.session.handle_in(1, &stranger);
        assert_eq!(script.outcome(), None, "{stranger:02X?}");
    }
    script.hears_block(&[0x90, 0x00]);
    script.answered(&[], 0x9000);
    script.hears_block(&[0x90, 0x00]);
    assert_eq!(script.outcome(), None);
}

#[test]
fn a_rest_of_something_else_does_not_swallow_the_answer_behind_it() {
    for rest in [
        &[0x80, 1, 2][..],
        // The beginning of an older answer of 32 bytes, which never ends.
        &[0x80, 32, 0, 0, 0, 0, 0x77, 0, 0, 0, 1, 2, 3],
    ] {
        let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
        script.session.handle_in(1, rest);
        script.hears_block(&[0x90, 0x00]);
        script.answered(&[], 0x9000);
    }
}

#[test]
fn bytes_after_the_announced_length_are_ignored_in_the_same_packet_and_in_the_next() {
    let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
    let mut bytes = message(0x80, script.seq, 0, 0, 0, &[0x90, 0x00]);
    bytes.extend([0; 52]);
    script.session.handle_in(1, &bytes);
    script.session.handle_in(1, &[0; 40]);
    script.answered(&[], 0x9000);
    script.is_usable_again();
}

#[test]
fn an_answer_of_a_length_that_cannot_be_ends_the_command_as_unknown() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    let seq = script.seq;
    script.session.handle_in(
        1,
        &[
            0x80,
            0xFF,
            0xFF,
            0xFF,
            0xFF,
            0,
            seq.wrapping_add(1),
            0,
            0,
            0,
        ],
    );
    assert_eq!(script.outcome(), None);
    script
        .session
        .handle_in(1, &[0x80, 0xFF, 0xFF, 0xFF, 0xFF, 0, seq, 0, 0, 0]);
    script.ends_unknown(Code::ReaderProtocol);
}

#[test]
fn an_answer_of_another_kind_is_no_answer() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.hears(0x81, 0, 0, 0, &[]);
    script.ends_unknown(Code::ReaderProtocol);
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.hears_block(&[0x90]);
    script.ends_unknown(Code::ReaderProtocol);
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.hears(0x80, 0, 0, 0x07, &[0x90, 0x00]);
    script.ends_unknown(Code::ReaderProtocol);
}

#[test]
fn ten_time_extensions_are_waited_for_and_the_answer_is_taken() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    for _ in 0..10 {
        script.now += 15_000;
        script.hears(0x80, 0x80, 1, 0, &[]);
        assert_eq!(script.session.poll_timeout(), Some(script.now + 20_000));
    }
    script.hears_block(&[1, 2, 3, 4, 0x90, 0x00]);
    script.answered(&[1, 2, 3, 4], 0x9000);
}

#[test]
fn a_time_extension_multiplies_the_wait_up_to_a_ceiling() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.now = 5_000;
    script.hears(0x80, 0x80, 2, 0, &[]);
    assert_eq!(script.session.poll_timeout(), Some(5_000 + 2 * 20_000));
    script.hears(0x80, 0x80, 255, 0, &[]);
    assert_eq!(script.session.poll_timeout(), Some(CEILING));
    script.session.handle_timeout(CEILING - 1);
    assert_eq!(script.outcome(), None);
    script.times_out();
    script.ends_unknown(Code::ReaderTimeout);
}

#[test]
fn more_data_is_fetched_with_get_response() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.hears_block(&[0x61, 0x02]);
    script.sends_block(&[0x00, 0xC0, 0x00, 0x00, 0x02]);
    script.hears_block(&[7, 0x61, 0x01]);
    script.sends_block(&[0x00, 0xC0, 0x00, 0x00, 0x01]);
    script.hears_block(&[8, 0x90, 0x00]);
    script.answered(&[7, 8], 0x9000);
}

#[test]
fn a_wrong_length_is_corrected_once_for_a_repeatable_command() {
    let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
    script.hears_block(&[0x6C, 0x08]);
    script.sends_block(&[0x80, 0x5C, 0x00, 0x02, 0x08]);
    script.hears_block(&[0x6C, 0x04]);
    script.sends_nothing();
    script.answered(&[], 0x6C04);
}

#[test]
fn a_once_command_is_not_sent_again_with_another_length() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.hears_block(&[0x6C, 0x04]);
    script.sends_nothing();
    script.answered(&[], 0x6C04);
}

#[test]
fn a_get_response_behind_a_once_command_may_be_repeated() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.hears_block(&[0x61, 0x08]);
    script.sends_block(&[0x00, 0xC0, 0x00, 0x00, 0x08]);
    script.hears_block(&[0x6C, 0x04]);
    script.sends_block(&[0x00, 0xC0, 0x00, 0x00, 0x04]);
    script.hears_block(&[1, 2, 3, 4, 0x90, 0x00]);
    script.answered(&[1, 2, 3, 4], 0x9000);
}

#[test]
fn the_refusal_of_a_get_response_is_not_taken_for_that_of_a_write() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.hears_block(&[0x61, 0x04]);
    script.sends_block(&[0x00, 0xC0, 0x00, 0x00, 0x04]);
    script.hears_block(&[0x6F, 0x00]);
    script.ends_unknown(Code::CardLink);
    // Of a reading it is the status.
    let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
    script.hears_block(&[0x61, 0x04]);
    script.sends_block(&[0x00, 0xC0, 0x00, 0x00, 0x04]);
    script.hears_block(&[0x6F, 0x00]);
    script.answered(&[], 0x6F00);
}

#[test]
fn an_answer_without_end_is_given_up() {
    let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
    for _ in 0..5_000 {
        assert_eq!(script.outcome(), None);
        script.hears(0x80, 0, 0, 3, &[]);
        script.sends(0x6F, [0, 0x10, 0x00], &[]);
    }
    script.hears(0x80, 0, 0, 3, &[]);
    script.ends_unknown(Code::ReaderProtocol);
}

#[test]
fn an_answer_in_pieces_is_collected_also_where_the_reader_denies_it() {
    for level in [SHORT, EXTENDED] {
        let mut script = Script::sent(level | AUTOMATIC, T0_ATR, &read(), &READ);
        script.hears(0x80, 0, 0, 1, &[1, 2]);
        script.sends(0x6F, [0, 0x10, 0x00], &[]);
        script.hears(0x80, 0, 0, 3, &[3]);
        script.sends(0x6F, [0, 0x10, 0x00], &[]);
        script.hears(0x80, 0, 0, 2, &[4, 0x90, 0x00]);
        script.answered(&[1, 2, 3, 4], 0x9000);
    }
}

#[test]
fn a_long_command_goes_out_in_pieces() {
    let (mut script, power) = Script::powered(EXTENDED | AUTOMATIC, T0_ATR);
    // 7 + 600 + 2 bytes in messages of 271: 261, 261, 87.
    let data: Vec<u8> = (0..600).map(|at| at as u8).collect();
    let command = Command::with_data([0x00, 0xD6, 0x00, 0x00], &data, 65_536);
    let apdu = command.to_bytes();
    assert_eq!(apdu.len(), 609);
    script.begin(Operation::Transmit(power, command));
    script.sends(0x6F, [0, 1, 0], &apdu[..261]);
    script.hears(0x80, 0, 0, 0x10, &[]);
    script.sends(0x6F, [0, 3, 0], &apdu[261..522]);
    script.hears(0x80, 0, 0, 0x10, &[]);
    script.sends(0x6F, [0, 2, 0], &apdu[522..]);
    script.hears_block(&[0x90, 0x00]);
    script.answered(&[], 0x9000);
}

#[test]
fn an_extended_command_is_refused_where_only_short_ones_pass() {
    let (mut script, power) = Script::powered(short(), T0_ATR);
    for command in [
        Command::read([0x00, 0xB0, 0, 0], 257),
        Command::with_data([0x00, 0xD6, 0, 0], &[0; 256], 0),
    ] {
        script.begin(Operation::Transmit(power, command));
        script.sends_nothing();
        let refused = NoAnswer::not_sent(Code::CommandTooLong);
        assert_eq!(script.outcome(), Some(Event::Answered(Err(refused))));
    }
}

#[test]
fn a_failure_has_the_name_of_what_failed() {
    for (error, code) in [
        (0xFE, Code::CardMute),
        (0xFD, Code::CardLink),
        (0xFC, Code::CardLink),
        (0xFB, Code::ReaderProtocol),
        (0x00, Code::ReaderProtocol),
    ] {
        let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
        script.hears_failure(error);
        script.ends_unknown(code);
        script.is_usable_again();
    }
}

#[test]
fn a_busy_slot_is_asked_again_for_a_while() {
    let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
    for _ in 0..10 {
        script.hears_failure(0xE0);
        script.sends_nothing();
        script.times_out();
        script.sends_block(&READ);
    }
    script.hears_failure(0xE0);
    script.ends_unknown(Code::ReaderProtocol);
}

#[test]
fn a_busy_slot_does_not_make_a_once_command_go_out_again() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.hears_failure(0xE0);
    script.sends_nothing();
    script.ends_unknown(Code::ReaderProtocol);
}

#[test]
fn a_frame_that_the_reader_could_not_read_is_sent_again_but_for_a_once_command() {
    let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
    let seq = script.seq;
    script.session.handle_refused(1);
    script.sends_block(&READ);
    assert_eq!(script.seq, seq);
    script.hears_block(&[0x90, 0x00]);
    script.answered(&[], 0x9000);

    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.session.handle_refused(1);
    script.ends_unknown(Code::ReaderTransfer);
}
