//! The ladder back to a reader that has lost the thread.

use super::*;

fn short() -> u32 {
    SHORT | AUTOMATIC
}

/// A write that was not answered in time.
fn timed_out() -> Script {
    let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
    script.times_out();
    script.ends_unknown(Code::ReaderTimeout);
    assert!(script.session.is_busy());
    script
}

impl Script {
    #[track_caller]
    fn requests_abort(&mut self) {
        let abort = Transmit::Abort {
            slot: 0,
            seq: self.seq,
        };
        assert_eq!(self.session.poll_transmit(), Some(abort));
    }

    #[track_caller]
    fn clears(&mut self, direction: Direction) {
        let clear = Transmit::ClearHalt(direction);
        assert_eq!(self.session.poll_transmit(), Some(clear));
        self.session.handle_clear_halt(self.now, direction);
    }

    #[track_caller]
    fn asks_for_its_status_in_vain(&mut self) {
        self.sends(0x65, [0; 3], &[]);
        self.times_out();
    }

    #[track_caller]
    fn is_found_again(&mut self) {
        self.sends(0x65, [0; 3], &[]);
        self.hears(0x81, 0, 0, 0, &[]);
        self.is_usable_again();
    }
}

#[test]
fn a_command_that_takes_too_long_is_aborted_on_both_pipes_with_its_own_number() {
    for taken in [true, false] {
        let mut script = timed_out();
        let seq = script.seq;
        script.requests_abort();
        script.sends_nothing();
        script.session.handle_control(script.now, taken);
        script.sends(0x72, [0; 3], &[]);
        assert_eq!(script.seq, seq);
        // The reader first ends what was under way, then the abort.
        script.hears(0x80, 0x40, 0xFF, 0, &[]);
        script.sends_nothing();
        script.hears(0x81, 0, 0, 0, &[]);
        script.is_found_again();
        assert_eq!(script.outcome(), None);
    }
}

#[test]
fn an_answer_after_our_time_out_is_dropped() {
    let mut script = timed_out();
    script.requests_abort();
    script.hears_block(&[1, 2, 3, 4, 0x90, 0x00]);
    assert_eq!(script.outcome(), None);
    script.session.handle_control(script.now, true);
    script.sends(0x72, [0; 3], &[]);
    script.hears(0x81, 0, 0, 0, &[]);
    script.is_found_again();
    // It may come later still.
    script.hears_block(&[1, 2, 3, 4, 0x90, 0x00]);
    assert_eq!(script.outcome(), None);
}

#[test]
fn the_ladder_is_climbed_rung_by_rung_to_a_device_opened_anew() {
    let mut script = timed_out();
    script.requests_abort();
    script.times_out(); // the control request hangs
    script.sends(0x72, [0; 3], &[]);
    script.times_out();
    script.clears(Direction::In);
    script.asks_for_its_status_in_vain();
    script.clears(Direction::Out);
    script.asks_for_its_status_in_vain();
    script.clears(Direction::In);
    assert_eq!(script.outcome(), None);
    script.asks_for_its_status_in_vain();
    assert_eq!(script.outcome(), Some(Event::Reopen));
    assert_eq!(script.session.poll_timeout(), None);
    assert_eq!(script.session.power_session(), None);
    assert!(script.session.is_busy());
    // What comes over the old pipes is nothing any more.
    script.hears(0x81, 0, 0, 0, &[]);
    script.session.handle_stall(script.now, Direction::In);
    script.sends_nothing();
    script.session.handle_reopened(script.now);
    script.is_found_again();
}

#[test]
fn a_reader_that_is_dead_even_then_must_be_unplugged() {
    let mut script = Script::new(short());
    script.begin(Operation::Look);
    script.asks_for_its_status_in_vain();
    script.asks_for_its_status_in_vain();
    for direction in [Direction::Out, Direction::In] {
        script.clears(direction);
        script.asks_for_its_status_in_vain();
    }
    let none = NoAnswer::unknown(Code::ReaderTimeout);
    assert_eq!(script.outcome(), Some(Event::Looked(Err(none))));
    assert_eq!(script.outcome(), Some(Event::Reopen));
    script.session.handle_reopened(script.now);
    script.asks_for_its_status_in_vain();
    for direction in [Direction::Out, Direction::In] {
        script.clears(direction);
        script.asks_for_its_status_in_vain();
    }
    assert_eq!(script.outcome(), Some(Event::Lost(Code::ReaderStuck)));
    assert!(!script.session.is_busy());
    script.begin(Operation::PowerOn);
    let stuck = NoAnswer::not_sent(Code::ReaderStuck);
    assert_eq!(script.outcome(), Some(Event::Powered(Err(stuck))));
    script.session.handle_reopened(script.now);
    script.sends_nothing();
}

#[test]
fn a_slow_first_status_is_asked_for_again_and_the_look_goes_on() {
    let mut script = Script::new(short());
    script.begin(Operation::Look);
    script.asks_for_its_status_in_vain();
    script.sends(0x65, [0; 3], &[]);
    script.hears(0x81, 0x01, 0, 0, &[]);
    script.sends(0x65, [0; 3], &[]);
    script.hears(0x81, 0x01, 0, 0, &[]);
    assert_eq!(script.outcome(), Some(Event::Looked(Ok(true))));
}

#[test]
fn a_reading_is_begun_again_behind_a_stall() {
    for direction in [Direction::In, Direction::Out] {
        let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
        script.session.handle_stall(1, direction);
        assert_eq!(script.outcome(), None);
        script.clears(direction);
        script.sends(0x65, [0; 3], &[]);
        script.hears(0x81, 0, 0, 0, &[]);
        script.sends_block(&READ);
        script.hears_block(&[0x90, 0x00]);
        script.answered(&[], 0x9000);
    }
}

#[test]
fn a_write_under_way_at_a_stall_is_unknown_and_not_sent_again() {
    for direction in [Direction::In, Direction::Out] {
        let mut script = Script::sent(short(), T0_ATR, &credit(), &CREDIT);
        script.session.handle_stall(1, direction);
        script.ends_unknown(Code::ReaderTransfer);
        script.clears(direction);
        script.is_found_again();
    }
}

#[test]
fn a_write_that_has_not_left_yet_goes_out_behind_the_stall() {
    let (mut script, power) = Script::powered(short(), T0_ATR);
    script.begin(Operation::Transmit(power, credit()));
    script.session.handle_stall(1, Direction::In);
    script.clears(Direction::In);
    script.sends(0x65, [0; 3], &[]);
    script.hears(0x81, 0, 0, 0, &[]);
    script.sends_block(&CREDIT);
}

#[test]
fn a_reading_that_stalls_again_and_again_is_given_up() {
    let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
    for _ in 0..2 {
        script.session.handle_stall(1, Direction::Out);
        script.clears(Direction::Out);
        script.sends(0x65, [0; 3], &[]);
        script.hears(0x81, 0, 0, 0, &[]);
        script.sends_block(&READ);
    }
    script.session.handle_stall(1, Direction::Out);
    script.ends_unknown(Code::ReaderTransfer);
    script.clears(Direction::Out);
    script.is_found_again();
}

#[test]
fn a_card_that_lost_its_power_meanwhile_does_not_get_the_command_again() {
    let mut script = Script::sent(short(), T0_ATR, &read(), &READ);
    script.session.handle_stall(1, Direction::In);
    script.clears(Direction::In);
    script.sends(0x65, [0; 3], &[]);
    script.hears(0x81, 0x01, 0, 0, &[]);
    script.sends_nothing();
    script.ends_unknown(Code::CardGone);
}

#[test]
fn powering_is_begun_again_behind_a_stall() {
    let mut script = Script::new(short());
    script.begin(Operation::PowerOn);
    script.sends(0x62, [0; 3], &[]);
    script.session.handle_stall(1, Direction::In);
    script.clears(Direction::In);
    script.sends(0x65, [0; 3], &[]);
    script.hears(0x81, 0x01, 0, 0, &[]);
    script.sends(0x62, [0; 3], &[]);
}

#[test]
fn an_idle_stall_is_cleared_too() {
    let (mut script, power) = Script::powered(short(), T0_ATR);
    script.session.handle_stall(1, Direction::In);
    script.clears(Direction::In);
    script.is_found_again();
    assert_eq!(script.session.power_session(), Some(power));
}

#[test]
fn stalls_on_the_way_back_do_not_go_on_for_ever() {
    let mut script = timed_out();
    script.requests_abort();
    script.session.handle_control(script.now, true);
    script.sends(0x72, [0; 3], &[]);
    for _ in 0..3 {
        script.session.handle_stall(script.now, Direction::Out);
        script.clears(Direction::Out);
        script.sends(0x65, [0; 3], &[]);
    }
    script.session.handle_stall(script.now, Direction::Out);
    assert_eq!(script.outcome(), Some(Event::Reopen));
}

#[test]
fn a_clearing_that_hangs_is_not_waited_for() {
    let (mut script, _) = Script::powered(short(), T0_ATR);
    script.session.handle_stall(1, Direction::In);
    let clear = Transmit::ClearHalt(Direction::In);
    assert_eq!(script.session.poll_transmit(), Some(clear));
    script.times_out();
    script.sends(0x65, [0; 3], &[]);
    // Its late end is nothing any more.
    script.session.handle_clear_halt(script.now, Direction::In);
    script.sends_nothing();
}

#[test]
fn a_slot_that_is_still_busy_is_given_the_time() {
    let mut script = timed_out();
    script.requests_abort();
    script.session.handle_control(script.now, true);
    script.sends(0x72, [0; 3], &[]);
    script.hears(0x81, 0x40, 0xFF, 0, &[]);
    script.sends(0x65, [0; 3], &[]);
    script.hears(0x81, 0x40, 0xE0, 0, &[]);
    assert!(script.session.is_busy());
    script.times_out();
    script.clears(Direction::Out);
    script.is_found_again();
}

#[test]
fn behind_a_time_out_a_t1_card_is_resynchronised_before_the_next_command() {
    let read_block = [0, 0x00, 5, 0x80, 0x5C, 0x00, 0x02, 0x04, 0xDF];
    let mut script = Script::sent(TPDU | AUTOMATIC, T1_ATR, &read(), &read_block);
    script.times_out();
    script.ends_unknown(Code::ReaderTimeout);
    script.requests_abort();
    script.session.handle_control(script.now, true);
    script.sends(0x72, [0; 3], &[]);
    script.hears(0x81, 0, 0, 0, &[]);
    script.is_found_again();
    let power = script.session.power_session().expect("still powered");
    script.begin(Operation::Transmit(power, read()));
    script.sends_block(&[0, 0xC0, 0, 0xC0]);
    script.hears_block(&[0, 0xE0, 0, 0xE0]);
    script.sends_block(&read_block);
}

#[test]
fn ends_that_nobody_waits_for_change_nothing() {
    let (mut script, power) = Script::powered(short(), T0_ATR);
    script.session.handle_control(1, true);
    script.session.handle_clear_halt(1, Direction::In);
    script.session.handle_reopened(1);
    script.session.handle_refused(1);
    script.session.handle_timeout(1);
    script.sends_nothing();
    assert_eq!(script.outcome(), None);
    assert_eq!(script.session.power_session(), Some(power));
}
