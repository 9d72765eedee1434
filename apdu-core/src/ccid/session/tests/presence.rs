//! Cards that come and go, and what the interrupt endpoint says of it.

use super::*;

fn short() -> u32 {
    SHORT | AUTOMATIC
}

#[test]
fn a_card_pulled_during_a_write_leaves_it_unknown_and_ends_the_power_session() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.session.handle_interrupt(1, &[0x50, 0b10]);
    assert_eq!(script.outcome(), None);
    script.hears(0x80, 0x42, 0xFE, 0, &[]);
    script.ends_unknown(Code::CardGone);
    assert_eq!(script.session.power_session(), None);
    assert_eq!(script.session.card_present(), Some(false));
    script.begin(Operation::Transmit(PowerSession(1), read()));
    script.sends_nothing();
    let gone = NoAnswer::not_sent(Code::CardGone);
    assert_eq!(script.outcome(), Some(Event::Answered(Err(gone))));
}

#[test]
fn an_answer_that_was_on_its_way_when_the_card_was_pulled_still_counts() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.session.handle_interrupt(1, &[0x50, 0b10]);
    script.hears(0x80, 0x02, 0, 0, &[1, 2, 3, 4, 0x90, 0x00]);
    script.answered(&[1, 2, 3, 4], 0x9000);
    assert_eq!(script.session.power_session(), None);
}

#[test]
fn nothing_more_is_asked_of_a_card_that_is_gone() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.session.handle_interrupt(1, &[0x50, 0b10]);
    script.hears_block(&[0x61, 0x04]);
    script.sends_nothing();
    script.ends_unknown(Code::CardGone);
}

#[test]
fn a_reader_that_forgets_the_answer_of_a_pulled_card_is_not_waited_for_long() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.session.handle_interrupt(100, &[0x50, 0b10]);
    assert_eq!(script.session.poll_timeout(), Some(100 + REMOVAL_TIMEOUT));
    script.times_out();
    script.ends_unknown(Code::CardGone);
}

#[test]
fn a_card_put_back_is_another_one() {
    let (mut script, power) = Script::powered(short(), T0_ATR);
    // Present and changed: the removal itself was missed.
    script.session.handle_interrupt(1, &[0x50, 0b11]);
    assert_eq!(script.session.power_session(), None);
    assert_eq!(script.session.card_present(), Some(true));
    script.begin(Operation::Transmit(power, read()));
    script.sends_nothing();
    let gone = NoAnswer::not_sent(Code::CardGone);
    assert_eq!(script.outcome(), Some(Event::Answered(Err(gone))));
}

#[test]
fn a_card_put_in_is_told_once() {
    let mut script = Script::new(short());
    for (bits, event) in [
        (0b11, Some(Event::Presence(true))),
        (0b01, None),
        (0b10, Some(Event::Presence(false))),
        (0b00, None),
    ] {
        script.session.handle_interrupt(1, &[0x50, bits]);
        assert_eq!(script.session.poll_event(), event, "{bits:02b}");
    }
}

#[test]
fn changes_of_other_slots_and_other_notifications_are_none_of_ours() {
    let (mut script, power) = Script::powered(short(), T0_ATR);
    for notification in [
        &[0x50, 0b1000_1101][..], // slot 0 still present, slots 1 and 3 changed
        &[0x50],
        &[0x51, 1, 0, 1], // slot 1 has an electrical fault
        &[0x77, 0b10],
        &[],
    ] {
        script.session.handle_interrupt(1, notification);
        assert_eq!(
            script.session.power_session(),
            Some(power),
            "{notification:02X?}"
        );
    }
}

#[test]
fn an_electrical_fault_ends_the_power_session_and_has_a_name_of_its_own() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script
        .session
        .handle_interrupt(50, &[0x51, 0, script.seq, 0x01]);
    assert_eq!(script.session.poll_timeout(), Some(50 + REMOVAL_TIMEOUT));
    script.hears(0x80, 0x41, 0xFB, 0, &[]);
    script.ends_unknown(Code::ReaderHardware);
    assert_eq!(script.session.power_session(), None);
}

#[test]
fn every_answer_tells_whether_the_card_still_has_power() {
    let (mut script, _) = Script::powered(short(), T0_ATR);
    script.begin(Operation::Look);
    script.sends(0x65, [0; 3], &[]);
    script.hears(0x81, 0x01, 0, 0, &[]);
    assert_eq!(script.outcome(), Some(Event::Looked(Ok(true))));
    assert_eq!(script.session.power_session(), None);
}

#[test]
fn a_command_that_never_left_is_known_not_to_have_been_sent() {
    let (mut script, power) = Script::powered(short(), T0_ATR);
    script.begin(Operation::Transmit(power, credit()));
    script.session.handle_loss(Code::ReaderGone);
    let gone = NoAnswer::not_sent(Code::ReaderGone);
    assert_eq!(script.outcome(), Some(Event::Answered(Err(gone))));
    for (operation, answer) in [
        (Operation::Look, Event::Looked(Err(gone))),
        (Operation::PowerOn, Event::Powered(Err(gone))),
        (Operation::PowerOff, Event::PoweredOff(Err(gone))),
    ] {
        script.begin(operation);
        script.sends_nothing();
        assert_eq!(script.outcome(), Some(answer));
    }
    assert!(!script.session.is_busy());
}

#[test]
fn a_lost_reader_leaves_a_sent_command_unknown() {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.session.handle_loss(Code::ReaderGone);
    script.ends_unknown(Code::ReaderGone);
    assert_eq!(script.session.card_present(), Some(false));
    script.session.handle_stall(1, Direction::In);
    script.sends_nothing();
}
