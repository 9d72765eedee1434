//! From the first slot status to a card that can be spoken to.

use super::*;
use crate::ccid::quirks::Quirk;

/// Neither PPS nor voltage nor parameters: what many vendor-class readers are (0x00010230, GemPC family).
const PLAIN: u32 = TPDU | 0x0230;

fn power_on(script: &mut Script, select: u8, atr: &str) {
    script.begin(Operation::PowerOn);
    script.sends(0x62, [select, 0, 0], &[]);
    script.hears_block(&decode(atr).expect("hex"));
}

#[track_caller]
fn link(script: &mut Script) -> Link {
    let event = script.outcome();
    assert!(matches!(event, Some(Event::Powered(Ok(_)))), "{event:?}");
    script.session.link().expect("powered").clone()
}

#[track_caller]
fn fails(script: &mut Script, code: Code) {
    let none = NoAnswer::unknown(code);
    assert_eq!(script.outcome(), Some(Event::Powered(Err(none))));
    assert_eq!(script.session.power_session(), None);
    assert_eq!(script.session.link(), None);
}

#[test]
fn looking_tells_whether_a_card_is_there() {
    for (status, present) in [(0x00, true), (0x01, true), (0x02, false), (0x42, false)] {
        let mut script = Script::new(SHORT | AUTOMATIC);
        script.begin(Operation::Look);
        script.sends(0x65, [0; 3], &[]);
        script.hears(0x81, status, 0xFE, 0, &[]);
        assert_eq!(
            script.outcome(),
            Some(Event::Looked(Ok(present))),
            "{status:02X}"
        );
        assert_eq!(script.session.card_present(), Some(present));
    }
}

#[test]
fn an_empty_slot_and_a_mute_card_are_told_apart() {
    for (status, code) in [(0x42, Code::NoCard), (0x41, Code::CardMute)] {
        let mut script = Script::new(SHORT | AUTOMATIC);
        script.begin(Operation::PowerOn);
        script.sends(0x62, [0; 3], &[]);
        script.hears(0x80, status, 0xFE, 0, &[]);
        fails(&mut script, code);
    }
}

#[test]
fn a_reader_that_does_not_choose_gets_5_then_1_8_then_3_volts() {
    let mut script = Script::new(PLAIN);
    script.begin(Operation::PowerOn);
    for select in [1, 3] {
        script.sends(0x62, [select, 0, 0], &[]);
        script.hears(0x80, 0x41, 0xFE, 0, &[]);
        script.sends(0x63, [0; 3], &[]);
        script.hears(0x81, 0x01, 0, 0, &[]);
    }
    script.sends(0x62, [2, 0, 0], &[]);
    script.hears_block(&decode(T0_ATR).expect("hex"));
    assert_eq!(script.message()[0], 0x61);
    script.hears(0x82, 0, 0, 0, &[]);
    link(&mut script);
}

#[test]
fn only_voltages_that_the_reader_has_are_tried() {
    let only_5_volts = ClassDescriptor {
        voltages: 1,
        ..descriptor(PLAIN)
    };
    let mut script = Script::of(&profile(only_5_volts));
    script.begin(Operation::PowerOn);
    script.sends(0x62, [1, 0, 0], &[]);
    script.hears(0x80, 0x41, 0xF8, 0, &[]);
    fails(&mut script, Code::CardMute);

    let none = ClassDescriptor {
        voltages: 0,
        ..descriptor(PLAIN)
    };
    let mut script = Script::of(&profile(none));
    script.begin(Operation::PowerOn);
    script.sends(0x62, [0, 0, 0], &[]);
}

#[test]
fn a_reader_that_powers_cards_by_itself_is_not_told_a_voltage() {
    let mut script = Script::new(PLAIN | 0x04);
    power_on(&mut script, 0, T0_ATR);
}

#[test]
fn what_is_no_atr_is_asked_for_once_more_by_a_warm_reset() {
    let mut script = Script::new(SHORT | AUTOMATIC);
    power_on(&mut script, 0, "3B81");
    script.sends(0x62, [0, 0, 0], &[]);
    script.hears_block(&decode(T0_ATR).expect("hex"));
    assert_eq!(script.message()[0], 0x61);
    script.hears(0x82, 0, 0, 0, &[]);
    link(&mut script);

    let mut script = Script::new(SHORT | AUTOMATIC);
    power_on(&mut script, 0, "00");
    script.sends(0x62, [0, 0, 0], &[]);
    script.hears_block(&[]);
    fails(&mut script, Code::CardMute);
}

#[test]
fn a_reader_that_negotiates_is_asked_what_came_of_it_and_told_nothing() {
    let mut script = Script::new(SHORT | 0x40);
    power_on(&mut script, 1, T1_ATR);
    script.sends(0x6C, [0; 3], &[]);
    script.hears(0x82, 0, 0, 1, &[0x95, 0x10, 0, 0x45, 0, 0x20, 0]);
    let link = link(&mut script);
    assert_eq!(link.protocol, Protocol::T1);
    assert_eq!(link.speed, Speed(0x95));
    assert_eq!(link.speed.baud(link.clock), Some(125_000));
    let blocks = Blocks {
        ifsc: 32,
        ifsd: None,
        crc: false,
    };
    assert_eq!(link.blocks, Some(blocks));
    // One that does not know the question: what the ATR says.
    let mut script = Script::new(SHORT | 0x40);
    power_on(&mut script, 1, T0_ATR);
    script.sends(0x6C, [0; 3], &[]);
    script.hears(0x82, 0x40, 0, 0, &[]);
    let link = self::link(&mut script);
    assert_eq!((link.protocol, link.speed), (Protocol::T0, Speed::DEFAULT));
    assert_eq!(link.blocks, None);
}

#[test]
fn a_reader_that_sends_the_pps_itself_gets_the_parameters_for_it() {
    // TA1 95 at 4 MHz is 125 000 bit/s.
    let mut script = Script::new(TPDU | AUTOMATIC);
    power_on(&mut script, 0, "3B1095");
    script.sends(0x61, [0, 0, 0], &[0x95, 0x00, 0x00, 0x0A, 0x00]);
    script.hears(0x82, 0, 0, 0, &[0x95, 0x00, 0x00, 0x0A, 0x00]);
    let link = link(&mut script);
    assert_eq!((link.protocol, link.speed), (Protocol::T0, Speed(0x95)));
}

#[test]
fn a_reader_that_does_not_is_used_to_send_it() {
    let mut script = Script::new(PLAIN);
    power_on(&mut script, 1, "3B1095");
    script.sends_block(&[0xFF, 0x10, 0x95, 0x7A]);
    script.hears_block(&[0xFF, 0x10, 0x95, 0x7A]);
    script.sends(0x61, [0, 0, 0], &[0x95, 0x00, 0x00, 0x0A, 0x00]);
    script.hears(0x82, 0, 0, 0, &[0x95, 0x00, 0x00, 0x0A, 0x00]);
    assert_eq!(link(&mut script).speed, Speed(0x95));
}

#[test]
fn no_pps_is_sent_where_nothing_is_to_be_agreed() {
    let mut script = Script::new(PLAIN);
    power_on(&mut script, 1, T0_ATR);
    script.sends(0x61, [0, 0, 0], &[0x11, 0x00, 0x00, 0x0A, 0x00]);
}

#[test]
fn a_pps_answered_without_its_speed_leaves_the_default() {
    let mut script = Script::new(PLAIN);
    power_on(&mut script, 1, "3B1095");
    script.sends_block(&[0xFF, 0x10, 0x95, 0x7A]);
    script.hears_block(&[0xFF, 0x00, 0xFF]);
    script.sends(0x61, [0, 0, 0], &[0x11, 0x00, 0x00, 0x0A, 0x00]);
    script.hears(0x82, 0, 0, 0, &[0x11, 0x00, 0x00, 0x0A, 0x00]);
    assert_eq!(link(&mut script).speed, Speed::DEFAULT);
}

#[test]
fn a_refused_pps_resets_the_card_and_is_not_tried_again() {
    for (status, error, data) in [(0x40, 0xFE, &[][..]), (0, 0, &[0xFF, 0x11, 0x95, 0x7B])] {
        let mut script = Script::new(PLAIN);
        power_on(&mut script, 1, "3B1095");
        script.sends_block(&[0xFF, 0x10, 0x95, 0x7A]);
        script.hears(0x80, status, error, 0, data);
        script.sends(0x6D, [0; 3], &[]);
        script.hears(0x82, 0, 0, 0, &[0x11, 0x00, 0x00, 0x0A, 0x00]);
        script.sends(0x62, [1, 0, 0], &[]);
        script.hears_block(&[0x3B, 0x10, 0x95]);
        script.sends(0x61, [0, 0, 0], &[0x11, 0x00, 0x00, 0x0A, 0x00]);
        script.hears(0x82, 0, 0, 0, &[]);
        assert_eq!(link(&mut script).speed, Speed::DEFAULT);
    }
}

#[test]
fn rates_the_reader_has_listed_are_kept_to() {
    let mut script = Script::new(PLAIN);
    let rates = [10_753_u32, 62_500].map(u32::to_le_bytes).concat();
    script.session.set_data_rates(&rates);
    power_on(&mut script, 1, "3B1095");
    // 512/8 is 62 500 bit/s.
    script.sends_block(&[0xFF, 0x10, 0x94, 0x7B]);
}

#[test]
fn parameters_that_cannot_be_changed_are_none_to_insist_on() {
    for error in [0x00, 0x0A, 0x7F] {
        let mut script = Script::new(PLAIN);
        power_on(&mut script, 1, T0_ATR);
        assert_eq!(script.message()[0], 0x61);
        script.hears(0x82, 0x40, error, 0, &[]);
        link(&mut script);
    }
}

#[test]
fn refused_parameters_are_followed_by_a_reset_and_the_default_ones() {
    // 0A is the offset of bmFindexDindex: the card has agreed to a speed that the reader cannot follow.
    for error in [0xF6, 0x0A] {
        let mut script = Script::new(PLAIN);
        power_on(&mut script, 1, "3B1095");
        script.sends_block(&[0xFF, 0x10, 0x95, 0x7A]);
        script.hears_block(&[0xFF, 0x10, 0x95, 0x7A]);
        assert_eq!(script.message()[0], 0x61);
        script.hears(0x82, 0x40, error, 0, &[]);
        script.sends(0x6D, [0; 3], &[]);
        script.hears(0x82, 0x40, 0, 0, &[]);
        script.sends(0x62, [1, 0, 0], &[]);
        script.hears_block(&[0x3B, 0x10, 0x95]);
        script.sends(0x61, [0, 0, 0], &[0x11, 0x00, 0x00, 0x0A, 0x00]);
        script.hears(0x82, 0x40, error, 0, &[]);
        assert_eq!(link(&mut script).speed, Speed::DEFAULT);
    }
}

#[test]
fn a_reader_that_would_have_sent_the_pps_has_not_when_it_refuses() {
    let mut script = Script::new(TPDU | AUTOMATIC);
    power_on(&mut script, 0, "3B1095");
    assert_eq!(script.message()[0], 0x61);
    script.hears(0x82, 0x40, 0x0A, 0, &[]);
    link(&mut script);
}

#[test]
fn refused_parameters_do_not_matter_where_the_reader_runs_the_protocol_or_is_known_for_it() {
    let mut script = Script::new(SHORT | AUTOMATIC);
    power_on(&mut script, 0, "3B1095");
    assert_eq!(script.message()[0], 0x61);
    script.hears(0x82, 0x40, 0xF6, 0, &[]);
    link(&mut script);

    let alcor = DeviceId {
        vendor: 0x058F,
        product: 0x9540,
    };
    let profile = Profile::new(alcor, descriptor(PLAIN));
    assert!(profile.has(Quirk::SetParametersMayFail));
    let mut script = Script::of(&profile);
    power_on(&mut script, 1, T0_ATR);
    assert_eq!(script.message()[0], 0x61);
    script.hears(0x82, 0x40, 0xF6, 0, &[]);
    link(&mut script);
}

#[test]
fn a_card_in_specific_mode_is_taken_at_its_word_without_pps() {
    // TA1 95, TD1 10: TA2 00.
    let mut script = Script::new(PLAIN);
    power_on(&mut script, 1, "3B90951000");
    script.sends(0x61, [0, 0, 0], &[0x95, 0x00, 0x00, 0x0A, 0x00]);
    // Its speed is not told.
    let mut script = Script::new(PLAIN);
    power_on(&mut script, 1, "3B90951010");
    fails(&mut script, Code::CardProtocol);
    // The reader does not have its speed: 97 is 500 000 bit/s.
    let mut script = Script::new(PLAIN);
    power_on(&mut script, 1, "3B90971000");
    fails(&mut script, Code::CardProtocol);
}

#[test]
fn a_protocol_that_both_have_is_chosen_and_none_is_named() {
    // TD1 80, TD2 01: T=0 first, T=1 too. This reader has T=1 only.
    let only_t1 = ClassDescriptor {
        protocols: 2,
        ..descriptor(PLAIN | 0x400)
    };
    let mut script = Script::of(&profile(only_t1));
    power_on(&mut script, 1, "3B80800101");
    script.sends_block(&[0xFF, 0x01, 0xFE]);
    script.hears_block(&[0xFF, 0x01, 0xFE]);
    script.sends(0x61, [1, 0, 0], &[0x11, 0x10, 0x00, 0x4D, 0x00, 0x20, 0x00]);
    script.hears(0x82, 0, 0, 0, &[]);
    let link = link(&mut script);
    assert_eq!(link.protocol, Protocol::T1);
    let blocks = Blocks {
        ifsc: 32,
        ifsd: Some(254),
        crc: false,
    };
    assert_eq!(link.blocks, Some(blocks));

    let mut script = Script::of(&profile(only_t1));
    power_on(&mut script, 1, T0_ATR);
    fails(&mut script, Code::CardProtocol);

    // Refused, there is nothing left to agree on.
    let mut script = Script::of(&profile(only_t1));
    power_on(&mut script, 1, "3B80800101");
    script.sends_block(&[0xFF, 0x01, 0xFE]);
    script.hears_block(&[0xFF, 0x00, 0xFF]);
    script.sends(0x6D, [0; 3], &[]);
    script.hears(0x82, 0, 0, 0, &[]);
    script.sends(0x62, [1, 0, 0], &[]);
    script.hears_block(&decode("3B80800101").expect("hex"));
    fails(&mut script, Code::CardProtocol);
}

#[test]
fn a_t1_card_learns_how_long_its_blocks_may_be() {
    let mut script = Script::new(TPDU | AUTOMATIC);
    power_on(&mut script, 0, T1_ATR);
    script.sends(0x61, [1, 0, 0], &[0x11, 0x10, 0x00, 0x45, 0x00, 0x20, 0x00]);
    script.hears(0x82, 0, 0, 1, &[]);
    script.sends_block(&[0, 0xC1, 1, 0xFE, 0x3E]);
    script.hears_block(&[0, 0xE1, 1, 0xFE, 0x1E]);
    let blocks = Blocks {
        ifsc: 32,
        ifsd: Some(254),
        crc: false,
    };
    assert_eq!(link(&mut script).blocks, Some(blocks));
}

#[test]
fn a_card_that_does_not_take_the_ifsd_keeps_sending_short_blocks() {
    let mut script = Script::new(TPDU | AUTOMATIC);
    power_on(&mut script, 0, T1_ATR);
    assert_eq!(script.message()[0], 0x61);
    script.hears(0x82, 0, 0, 1, &[]);
    for _ in 0..2 {
        script.sends_block(&[0, 0xC1, 1, 0xFE, 0x3E]);
        script.hears_block(&[0, 0x82, 0, 0x82]);
    }
    script.sends_block(&[0, 0xC1, 1, 0xFE, 0x3E]);
    script.hears_failure(0xFE);
    let ifsd = link(&mut script).blocks.and_then(|blocks| blocks.ifsd);
    assert_eq!(ifsd, Some(32));
}

#[test]
fn a_t1_card_that_says_nothing_at_all_is_reset_once_and_given_up() {
    let mut script = Script::new(TPDU | AUTOMATIC);
    power_on(&mut script, 0, T1_ATR);
    for attempt in [1, 2] {
        assert_eq!(script.message()[0], 0x61);
        script.hears(0x82, 0x40, 0x07, 0, &[]);
        for _ in 0..3 {
            script.sends_block(&[0, 0xC1, 1, 0xFE, 0x3E]);
            script.hears_failure(0xFE);
        }
        if attempt == 1 {
            script.sends(0x6D, [0; 3], &[]);
            script.hears(0x82, 0, 0, 0, &[]);
            script.sends(0x62, [0; 3], &[]);
            script.hears_block(&decode(T1_ATR).expect("hex"));
        }
    }
    fails(&mut script, Code::CardLink);
}

#[test]
fn a_reader_that_dislikes_the_ifsd_request_is_spared_it() {
    let etoken = DeviceId {
        vendor: 0x0529,
        product: 0x0620,
    };
    let mut script = Script::of(&Profile::new(etoken, descriptor(TPDU | AUTOMATIC)));
    power_on(&mut script, 0, T1_ATR);
    assert_eq!(script.message()[0], 0x61);
    script.hears(0x82, 0, 0, 1, &[]);
    script.sends_nothing();
    let ifsd = link(&mut script).blocks.and_then(|blocks| blocks.ifsd);
    assert_eq!(ifsd, Some(32));
}

#[test]
fn a_card_pulled_while_it_is_powered_is_no_card() {
    let mut script = Script::new(PLAIN);
    power_on(&mut script, 1, "3B1095");
    script.sends_block(&[0xFF, 0x10, 0x95, 0x7A]);
    script.hears(0x80, 0x42, 0xFE, 0, &[]);
    fails(&mut script, Code::NoCard);
}

#[test]
fn power_is_taken_away_on_request() {
    let (mut script, power) = Script::powered(SHORT | AUTOMATIC, T0_ATR);
    script.begin(Operation::PowerOff);
    script.sends(0x63, [0; 3], &[]);
    script.hears(0x81, 0x01, 0, 0, &[]);
    assert_eq!(script.outcome(), Some(Event::PoweredOff(Ok(()))));
    assert_eq!(script.session.power_session(), None);
    script.begin(Operation::Transmit(power, read()));
    script.sends_nothing();
    let gone = NoAnswer::not_sent(Code::CardGone);
    assert_eq!(script.outcome(), Some(Event::Answered(Err(gone))));
}

#[test]
fn a_power_session_of_one_reader_is_none_of_another() {
    let first = |first_power| {
        let profile = profile(descriptor(SHORT | 0x40));
        let mut session = Session::new(&profile, 0, first_power).expect("short APDU");
        session.begin(0, Operation::PowerOn);
        let _ = session.poll_transmit();
        session.handle_in(1, &message(0x80, 1, 0, 0, 0, &[0x3B, 0x00]));
        let _ = session.poll_transmit();
        session.handle_in(1, &message(0x82, 2, 0, 0, 0, &[0x11]));
        session.power_session()
    };
    assert!(first(0).is_some());
    assert_ne!(first(0), first(1_000));
}
