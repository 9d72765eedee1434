//! T=0 at TPDU level: five bytes and the data, and what the host does with 61xx and 6Cxx.

use super::*;

const LEVEL: u32 = TPDU | AUTOMATIC;

#[test]
fn the_four_cases_are_sent_as_t0_has_them() {
    let header = [0x00, 0xA4, 0x00, 0x00];
    for (command, tpdu) in [
        (Command::read(header, 0), &[0x00, 0xA4, 0, 0, 0][..]),
        (Command::read(header, 16), &[0x00, 0xA4, 0, 0, 16]),
        (Command::read(header, 256), &[0x00, 0xA4, 0, 0, 0]),
        (Command::read(header, 65_536), &[0x00, 0xA4, 0, 0, 0]),
        (
            Command::with_data(header, &[0x10, 0x01], 0),
            &[0x00, 0xA4, 0, 0, 2, 0x10, 0x01],
        ),
        (
            Command::with_data(header, &[0x10, 0x01], 256),
            &[0x00, 0xA4, 0, 0, 2, 0x10, 0x01],
        ),
    ] {
        let mut script = Script::sent(LEVEL, T0_ATR, &command, tpdu);
        script.hears_block(&[0x6A, 0x82]);
        script.answered(&[], 0x6A82);
    }
}

#[test]
fn the_answer_to_a_command_with_data_is_fetched() {
    let mut script = Script::sent(LEVEL, T0_ATR, &credit(), &CREDIT_TPDU);
    script.hears_block(&[0x61, 0x04]);
    script.sends_block(&[0x00, 0xC0, 0x00, 0x00, 0x04]);
    script.hears_block(&[1, 2, 3, 4, 0x90, 0x00]);
    script.answered(&[1, 2, 3, 4], 0x9000);
}

#[test]
fn a_card_that_was_content_with_it_is_asked_too() {
    let mut script = Script::sent(LEVEL, T0_ATR, &credit(), &CREDIT_TPDU);
    script.hears_block(&[0x90, 0x00]);
    script.sends_block(&[0x00, 0xC0, 0x00, 0x00, 0x04]);
    script.hears_block(&[1, 2, 3, 4, 0x90, 0x00]);
    script.answered(&[1, 2, 3, 4], 0x9000);
    // It has no answer: its first word holds.
    let mut script = Script::sent(LEVEL, T0_ATR, &credit(), &CREDIT_TPDU);
    script.hears_block(&[0x90, 0x00]);
    script.sends_block(&[0x00, 0xC0, 0x00, 0x00, 0x04]);
    script.hears_block(&[0x69, 0x85]);
    script.answered(&[], 0x9000);
}

#[test]
fn a_wrong_length_is_put_right_for_a_reading_only() {
    let mut script = Script::sent(LEVEL, T0_ATR, &read(), &READ);
    script.hears_block(&[0x6C, 0x02]);
    script.sends_block(&[0x80, 0x5C, 0x00, 0x02, 0x02]);
    script.hears_block(&[7, 8, 0x90, 0x00]);
    script.answered(&[7, 8], 0x9000);
    let mut script = Script::sent(LEVEL, T0_ATR, &read().once(), &READ);
    script.hears_block(&[0x6C, 0x02]);
    script.sends_nothing();
    script.answered(&[], 0x6C02);
}

#[test]
fn a_command_longer_than_a_tpdu_is_refused_by_name() {
    let (mut script, power) = Script::powered(LEVEL, T0_ATR);
    let long = Command::with_data([0x00, 0xD6, 0, 0], &[0; 256], 0);
    script.begin(Operation::Transmit(power, long));
    script.sends_nothing();
    let refused = NoAnswer::not_sent(Code::CommandTooLong);
    assert_eq!(script.outcome(), Some(Event::Answered(Err(refused))));
}

#[test]
fn the_wait_is_as_long_as_the_card_may_take() {
    // WI 1 at 372/1 and 4 MHz: WWT = 960·372/4000 = 89 ms; 5·12·372/4000 = 5; 260·89 = 23 140; and a second.
    let mut script = Script::sent(LEVEL, "3B804001", &read(), &READ);
    assert_eq!(script.session.poll_timeout(), Some(5 + 23_140 + 1_000));
    script.hears_block(&[0x90, 0x00]);
    script.answered(&[], 0x9000);
}
