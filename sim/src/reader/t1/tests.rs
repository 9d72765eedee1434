//! The rules of ISO/IEC 7816-3:2006 §11.6, block by block. Blocks are written NAD PCB LEN INF, worked
//! by hand; the EDC is appended by the test, and pinned by published values.

use super::*;
use crate::hex::{bytes, text};

/// A chip that answers each command by its bytes in reverse, and a status word.
fn echo(apdu: &[u8]) -> Option<Vec<u8>> {
    let mut answer: Vec<u8> = apdu.iter().rev().copied().collect();
    answer.extend([0x90, 0x00]);
    Some(answer)
}

fn card(ifsc: u8) -> T1 {
    T1::new(&Contacts {
        ifsc: Some(ifsc),
        ..Contacts::T1_LRC
    })
}

fn with_lrc(body: &str) -> Vec<u8> {
    let mut block = bytes(body);
    let edc = block.iter().fold(0, |all, byte| all ^ byte);
    block.push(edc);
    block
}

/// One block over, without its LRC; the answer without its LRC, which must fit.
#[track_caller]
fn say(t1: &mut T1, body: &str) -> String {
    let mut answer = t1.receive(&with_lrc(body), echo).unwrap();
    assert_eq!(answer.iter().fold(0, |all, byte| all ^ byte), 0, "LRC");
    answer.pop();
    text(&answer)
}

/// A spoilt block over.
#[track_caller]
fn garble(t1: &mut T1, body: &str) -> String {
    let mut block = with_lrc(body);
    *block.last_mut().unwrap() ^= 0xFF;
    let mut answer = t1.receive(&block, echo).unwrap();
    answer.pop();
    text(&answer)
}

#[test]
fn checks_are_those_of_published_values() {
    // CRC-16/MCRF4XX of the digits 1 to 9, in the catalogue of parametrised CRC algorithms.
    assert_eq!(crc(b"123456789"), 0x6F91);
    // 00 ^ C1 ^ 01 ^ FE, the S(IFS request) of the reference.
    assert_eq!(lrc(&bytes("00C101FE")), 0x3E);
}

#[test]
fn a_command_and_its_response_alternate_numbers_on_both_sides() {
    let mut t1 = card(254);
    assert_eq!(say(&mut t1, "00 00 02 AABB"), "000004BBAA9000");
    assert_eq!(say(&mut t1, "00 40 01 CC"), "004003CC9000");
    assert_eq!(say(&mut t1, "00 00 01 DD"), "000003DD9000");
}

#[test]
fn with_crc_the_high_byte_goes_first() {
    let mut t1 = T1::new(&Contacts::T1_CRC);
    let mut block = bytes("00000100");
    block.extend(crc(&block).to_be_bytes());
    let answer = t1.receive(&block, echo).unwrap();
    let (body, edc) = answer.split_at(answer.len() - 2);
    assert_eq!(text(body), "000003009000");
    assert_eq!(edc, crc(body).to_be_bytes());
    // R(0), EDC error, to a block with the low byte first.
    block = bytes("00400100");
    block.extend(crc(&block).to_le_bytes());
    assert_eq!(text(&t1.receive(&block, echo).unwrap()[..3]), "009100");
}

#[test]
fn a_chain_of_the_host_is_acknowledged_block_by_block() {
    let mut t1 = card(3);
    assert_eq!(say(&mut t1, "00 20 03 010203"), "009000", "R(1)");
    assert!(t1.is_in_chain());
    assert_eq!(say(&mut t1, "00 60 03 040506"), "008000", "R(0)");
    assert_eq!(say(&mut t1, "00 00 01 07"), "000009070605040302019000");
    assert!(!t1.is_in_chain());
}

#[test]
fn a_response_longer_than_ifsd_is_chained_and_goes_on_at_each_acknowledgement() {
    let mut t1 = card(254);
    assert_eq!(say(&mut t1, "00 C1 01 04"), "00E10104", "S(IFS response)");
    assert_eq!(say(&mut t1, "00 00 05 0102030405"), "00200405040302");
    assert!(t1.is_in_chain());
    // R(1) acknowledges I(0): I(1) with the rest.
    assert_eq!(say(&mut t1, "00 90 00"), "0040030190 00".replace(' ', ""));
    // The next command is I(1) of the host; the card goes on with I(0).
    assert_eq!(say(&mut t1, "00 40 01 09"), "000003099000");
}

#[test]
fn ifsd_is_32_until_another_is_agreed_and_again_after_a_resynchronisation() {
    let long = format!("00 00 28 {}", "11".repeat(40));
    assert!(say(&mut card(254), &long).starts_with("002020"));
    let mut t1 = card(254);
    say(&mut t1, "00 C1 01 FE");
    assert!(say(&mut t1, &long).starts_with("00002A"));
    assert_eq!(say(&mut t1, "00 C0 00"), "00E000", "S(RESYNCH response)");
    assert!(say(&mut t1, &long).starts_with("002020"));
    // 00 and FF are no sizes.
    for size in ["00", "FF"] {
        assert_eq!(say(&mut card(254), &format!("00 C1 01 {size}")), "008200");
    }
}

#[test]
fn a_resynchronisation_starts_the_numbers_anew_and_forgets_half_a_command() {
    let mut t1 = card(3);
    say(&mut t1, "00 20 03 010203");
    assert_eq!(say(&mut t1, "00 C0 00"), "00E000");
    assert!(!t1.is_in_chain());
    assert_eq!(say(&mut t1, "00 00 01 07"), "000003079000");
}

#[test]
fn a_spoilt_block_is_rejected_for_its_reason_and_has_no_effect() {
    let mut t1 = card(254);
    assert_eq!(garble(&mut t1, "00 00 01 AA"), "008100", "EDC error");
    // Lengths that contradict, a NAD, reserved bits.
    for other in [
        "00 00 02 AA",
        "00 00 FF AA",
        "12 00 01 AA",
        "00 04 01 AA",
        "00 88 00",
    ] {
        assert_eq!(say(&mut t1, other), "008200", "{other}");
    }
    assert_eq!(text(&t1.receive(&[], echo).unwrap()), "00820082");
    assert_eq!(say(&mut t1, "00 00 01 AA"), "000003AA9000");
}

#[test]
fn an_r_block_with_the_number_of_the_last_block_has_it_sent_again_and_nothing_runs_twice() {
    let mut t1 = card(254);
    let mut runs = 0;
    let mut count = |apdu: &[u8]| {
        runs += 1;
        echo(apdu)
    };
    let first = t1.receive(&with_lrc("00 00 01 AA"), &mut count);
    // R(0) with EDC error, R(0) with another error, R(0) without: I(0) each time.
    for request in ["00 81 00", "00 82 00", "00 80 00"] {
        assert_eq!(t1.receive(&with_lrc(request), &mut count), first);
    }
    // Also after the request itself was spoilt: the card rejects that, and is asked once more.
    assert_eq!(garble(&mut t1, "00 81 00"), "009100");
    assert_eq!(t1.receive(&with_lrc("00 81 00"), &mut count), first);
    assert_eq!(runs, 1);
}

#[test]
fn asked_for_a_block_it_never_sent_the_card_names_the_block_it_waits_for() {
    let mut t1 = card(3);
    // The host's I(0) was lost on its way: its R(0) is answered R(0), "send I(0)".
    assert_eq!(say(&mut t1, "00 80 00"), "008000");
    // Its I(0) arrived and the acknowledgement was lost: R(1), "I(0) is here, send I(1)".
    assert_eq!(say(&mut t1, "00 20 03 010203"), "009000");
    assert_eq!(say(&mut t1, "00 80 00"), "009000");
    // Its I(1) was lost: R(1) again.
    assert_eq!(say(&mut t1, "00 82 00"), "009000");
    assert_eq!(say(&mut t1, "00 40 01 04"), "000006040302019000");
    // The next command is lost: the card has sent I(0), the host asks for I(1), it gets R(0).
    assert_eq!(say(&mut t1, "00 90 00"), "008000");
}

#[test]
fn an_i_block_with_the_wrong_number_or_in_the_middle_of_a_response_is_rejected() {
    let mut t1 = card(254);
    assert_eq!(say(&mut t1, "00 40 01 AA"), "008200");
    say(&mut t1, "00 C1 01 04");
    assert_eq!(say(&mut t1, "00 00 03 010203"), "00200403020190");
    assert_eq!(say(&mut t1, "00 40 01 AA"), "009200");
    assert_eq!(say(&mut t1, "00 90 00"), "00400100");
}

#[test]
fn a_block_longer_than_ifsc_is_rejected() {
    assert_eq!(say(&mut card(3), "00 00 04 01020304"), "008200");
}

#[test]
fn a_request_for_time_comes_before_the_response_and_is_repeated_until_it_is_granted() {
    let mut t1 = card(254);
    t1.will_ask_for_time(5);
    assert_eq!(say(&mut t1, "00 00 01 AA"), "00C30105");
    assert_eq!(t1.time_asked(), Some(5));
    assert_eq!(garble(&mut t1, "00 E3 01 05"), "00C30105");
    assert_eq!(say(&mut t1, "00 80 00"), "00C30105");
    assert_eq!(say(&mut t1, "00 E3 01 06"), "00C30105", "another value");
    assert_eq!(say(&mut t1, "00 E3 01 05"), "000003AA9000");
    assert_eq!(t1.time_asked(), None);
    assert_eq!(say(&mut t1, "00 40 01 BB"), "004003BB9000");
}

#[test]
fn a_card_may_announce_its_own_size() {
    let mut t1 = card(3);
    t1.will_announce(10);
    assert_eq!(say(&mut t1, "00 00 01 AA"), "00C1010A");
    assert_eq!(say(&mut t1, "00 E1 01 0A"), "000003AA9000");
    assert_eq!(say(&mut t1, "00 40 04 01020304"), "004006040302019000");
}

#[test]
fn a_chain_can_be_aborted_and_requests_that_are_the_cards_are_refused() {
    let mut t1 = card(3);
    say(&mut t1, "00 20 03 010203");
    assert_eq!(say(&mut t1, "00 C2 00"), "00E200");
    assert_eq!(say(&mut t1, "00 C3 01 05"), "009200", "WTX is the card's");
    assert_eq!(say(&mut t1, "00 40 01 07"), "000003079000");
}

#[test]
fn a_misnumbered_block_has_a_check_that_fits() {
    let t1 = card(254);
    assert_eq!(text(&t1.misnumbered(&with_lrc("00 90 00"))), "00800080");
    let i = t1.misnumbered(&with_lrc("00 00 01 AA"));
    assert_eq!(i, with_lrc("00 40 01 AA"));
    assert_eq!(
        t1.kind(&i),
        Some(Kind::I {
            number: 1,
            more: false
        })
    );
}
