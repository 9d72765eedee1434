//! T=1 at TPDU level: the blocks of `t1` in XfrBlocks. Each LRC is worked out by hand.

use super::*;

const LEVEL: u32 = TPDU | AUTOMATIC;
/// I(0,0) with GET BALANCE: 00^00^05^80^5C^00^02^04 = DF.
const READ_BLOCK: [u8; 9] = [0, 0x00, 5, 0x80, 0x5C, 0x00, 0x02, 0x04, 0xDF];
/// I(0,0) with 9000.
const OK: [u8; 6] = [0, 0x00, 2, 0x90, 0x00, 0x92];
const RESYNCH: [u8; 4] = [0, 0xC0, 0, 0xC0];
const RESYNCHED: [u8; 4] = [0, 0xE0, 0, 0xE0];
/// 372/1 at 4 MHz, BWI 4, CWI 5: 260·12·372/4000 = 290; 11·372/4000 = 1 and 16·960·372/4000 = 1 428;
/// 260·43·372/4000 = 1 039; and a second.
const TIMEOUT: Millis = 290 + 1 + 1_428 + 1_039 + 1_000;

fn read_sent() -> Script {
    Script::sent(LEVEL, T1_ATR, &read(), &READ_BLOCK)
}

fn credit_sent() -> Script {
    let head = [0, 0x00, 17];
    let body = [&head[..], &CREDIT].concat();
    let lrc = body.iter().fold(0, |sum, byte| sum ^ byte);
    Script::sent(LEVEL, T1_ATR, &credit(), &[&body[..], &[lrc]].concat())
}

#[test]
fn an_apdu_travels_in_a_block() {
    let mut script = read_sent();
    assert_eq!(script.session.poll_timeout(), Some(TIMEOUT));
    script.hears_block(&OK);
    script.answered(&[], 0x9000);
}

#[test]
fn a_crc_is_spoken_where_the_card_wants_one() {
    // TC3 = 01; 80^81^71^20^45^01 = 14.
    let (mut script, power) = {
        let mut script = Script::new(LEVEL | 0x400);
        script.begin(Operation::PowerOn);
        script.sends(0x62, [0; 3], &[]);
        script.hears_block(&decode("3B80817120450114").expect("hex"));
        script.sends(0x61, [1, 0, 0], &[0x11, 0x11, 0x00, 0x45, 0x00, 0x20, 0x00]);
        script.hears(0x82, 0, 0, 1, &[]);
        match script.outcome() {
            Some(Event::Powered(Ok((session, _)))) => (script, session),
            other => panic!("{other:?} is no power-on"),
        }
    };
    let blocks = script.session.link().and_then(|link| link.blocks);
    assert!(blocks.is_some_and(|blocks| blocks.crc));
    script.begin(Operation::Transmit(power, read()));
    let message = script.message();
    assert_eq!(message[10..18], READ_BLOCK[..8]);
    assert_eq!(message.len(), 10 + 8 + 2);
}

#[test]
fn a_longer_waiting_time_is_given_to_the_next_block_only() {
    let mut script = read_sent();
    script.hears_block(&[0, 0xC3, 1, 3, 0xC1]);
    script.sends(0x6F, [3, 0, 0], &[0, 0xE3, 1, 3, 0xE1]);
    assert_eq!(script.session.poll_timeout(), Some(3 * TIMEOUT));
    script.hears_block(&[0, 0x20, 1, 7, 0x26]);
    script.sends(0x6F, [0, 0, 0], &[0, 0x90, 0, 0x90]);
    assert_eq!(script.session.poll_timeout(), Some(TIMEOUT));
    script.hears_block(&[0, 0x40, 2, 0x90, 0x00, 0xD2]);
    script.answered(&[7], 0x9000);
}

#[test]
fn no_waiting_time_goes_beyond_the_ceiling() {
    let mut script = read_sent();
    for _ in 0..3 {
        script.hears_block(&[0, 0xC3, 1, 255, 0x3D]);
        script.sends(0x6F, [255, 0, 0], &[0, 0xE3, 1, 255, 0x1D]);
    }
    assert_eq!(script.session.poll_timeout(), Some(CEILING));
}

#[test]
fn parity_and_silence_are_the_protocols_business() {
    for (error, block) in [
        (0xFD, [0, 0x81, 0, 0x81]),
        (0xFC, [0, 0x81, 0, 0x81]),
        (0xFE, [0, 0x82, 0, 0x82]),
    ] {
        let mut script = credit_sent();
        script.hears_failure(error);
        script.sends_block(&block);
        script.hears_block(&OK);
        script.answered(&[], 0x9000);
    }
}

#[test]
fn after_a_resynchronisation_a_reading_is_sent_whole_again() {
    let mut script = read_sent();
    for _ in 0..3 {
        script.hears_block(&[0, 0x00, 2, 0x90, 0x00, 0x00]);
        script.sends_block(&[0, 0x81, 0, 0x81]);
    }
    script.hears_block(&[0, 0x00, 2, 0x90, 0x00, 0x00]);
    script.sends_block(&RESYNCH);
    script.hears_block(&RESYNCHED);
    script.sends_block(&READ_BLOCK);
    script.hears_block(&OK);
    script.answered(&[], 0x9000);
}

#[test]
fn after_a_resynchronisation_a_write_is_unknown_and_not_sent_again() {
    let mut script = credit_sent();
    for _ in 0..3 {
        script.hears_failure(0xFE);
        script.sends_block(&[0, 0x82, 0, 0x82]);
    }
    script.hears_failure(0xFE);
    script.sends_block(&RESYNCH);
    script.hears_block(&RESYNCHED);
    script.sends_nothing();
    script.ends_unknown(Code::CardLink);
    // The line is in order again.
    let power = script.session.power_session().expect("still powered");
    script.begin(Operation::Transmit(power, read()));
    script.sends_block(&READ_BLOCK);
}

#[test]
fn a_card_that_stops_in_a_chain_is_given_up_and_met_by_a_resynchronisation() {
    let mut script = read_sent();
    script.hears_block(&[0, 0x20, 1, 7, 0x26]);
    script.sends_block(&[0, 0x90, 0, 0x90]);
    for _ in 0..3 {
        script.hears_failure(0xFE);
        script.sends_block(&[0, 0x90, 0, 0x90]);
    }
    for _ in 0..3 {
        script.hears_failure(0xFE);
        script.sends_block(&RESYNCH);
    }
    script.hears_failure(0xFE);
    script.ends_unknown(Code::CardLink);
    let power = script.session.power_session().expect("still powered");
    script.begin(Operation::Transmit(power, read()));
    script.sends_block(&RESYNCH);
    script.hears_block(&RESYNCHED);
    script.sends_block(&READ_BLOCK);
}

#[test]
fn what_only_the_reader_can_mean_ends_the_exchange() {
    for (status, error, code) in [
        (0x42, 0xFE, Code::CardGone),
        (0x41, 0xFE, Code::CardMute),
        (0x40, 0xF6, Code::ReaderProtocol),
    ] {
        let mut script = credit_sent();
        script.hears(0x80, status, error, 0, &[]);
        script.ends_unknown(code);
    }
}
