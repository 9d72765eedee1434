//! PIN and secured writes.

use super::*;

#[test]
fn a_load_wants_the_pin_and_keeps_it_until_the_application_is_left() {
    let mut card = normal();
    card.transmit(&bytes("00A40000021001"));
    expect(&mut card, "805000020B010000000101020304050610", "6982");
    unlock(&mut card);
    card.transmit(&bytes("00A40000021001"));
    init(&mut card, 1, TERMINAL);
    card.transmit(&bytes("00A40000023F00"));
    card.transmit(&bytes("00A40000021001"));
    expect(&mut card, "805000020B010000000101020304050610", "6982");
}

#[test]
fn three_wrong_pins_block_for_good_and_a_right_one_restores_the_tries() {
    let mut card = normal();
    card.transmit(&bytes("00A40000021001"));
    expect(&mut card, "0020000006303030303030", "63C2");
    expect(&mut card, "0020000006313233343536", "9000");
    expect(&mut card, "0020000006303030303030", "63C2");
    expect(&mut card, "805000020B010000000101020304050610", "6982");
    expect(&mut card, "0020000003123456", "63C1");
    card.power_on();
    card.transmit(&bytes("00A40000021001"));
    expect(&mut card, "0020000006303030303030", "63C0");
    expect(&mut card, "0020000006313233343536", "6983");
    card.power_on();
    card.transmit(&bytes("00A40000021001"));
    expect(&mut card, "0020000006313233343536", "6983");
}

#[test]
fn pin_forms_and_the_demo_cards_about_pins() {
    let mut bcd = with(|knobs| knobs.pin.form = PinForm::Bcd3);
    bcd.transmit(&bytes("00A40000021001"));
    expect(&mut bcd, "0020000003123456", "9000");

    let mut none = toll("no-pin");
    none.transmit(&bytes("00A40000021001"));
    expect(&mut none, "0020000006313233343536", "9403");
    assert_eq!(
        none.transmit(&bytes("805000020B010000000101020304050610"))
            .len(),
        18
    );

    let mut wrong = toll("wrong-pin");
    wrong.transmit(&bytes("00A40000021001"));
    expect(&mut wrong, "0020000006313233343536", "63C2");
    expect(&mut wrong, "0020000006363534333231", "9000");

    let mut locked = toll("pin-locked");
    locked.transmit(&bytes("00A40000021001"));
    expect(&mut locked, "0020000006313233343536", "6983");
    assert_eq!(locked.pin_tries_left(), 0);
}

#[test]
fn verify_costs_no_try_when_it_is_no_pin_at_all() {
    let mut card = normal();
    expect(&mut card, "0020000006313233343536", "6A88");
    card.transmit(&bytes("00A40000021001"));
    expect(&mut card, "00200000", "6700");
    expect(&mut card, "002000000731323334353637", "6700");
    expect(&mut card, "0020000106313233343536", "6A86");
    assert_eq!(card.pin_tries_left(), 3);
}

// ---------------------------------------------------------------------------- secure writes

/// A complete `04D6` for the challenge that `card` gives now.
fn secured(card: &mut TollCard, header: &str, data: &[u8]) -> Vec<u8> {
    let mut iv = [0; 8];
    iv[..4].copy_from_slice(&card.transmit(&bytes("0084000004"))[..4]);
    let message = [&bytes(header)[..], data].concat();
    let mac = mac_retail(&card_key(demo::roots().damk), &iv, &message);
    [&message[..], &mac].concat()
}

#[test]
fn a_secured_write_goes_through_once() {
    let mut card = normal();
    let file = [0x5A; 55];
    let write = secured(&mut card, "04D696003B", &file);
    assert_eq!(card.transmit(&write), [0x90, 0x00]);
    assert_eq!(card.transmit(&bytes("00B0960037"))[..55], file);
    assert_eq!(
        card.transmit(&write),
        [0x69, 0x84],
        "the challenge is used up"
    );
}

#[test]
fn a_patch_changes_its_bytes_only() {
    let mut card = normal();
    card.transmit(&bytes("00A40000021001"));
    let before = card.transmit(&bytes("00B095002B"));
    let write = secured(&mut card, "04D6951808", &bytes("20350114"));
    assert_eq!(card.transmit(&write), [0x90, 0x00]);
    let mut after = before.clone();
    after[24..28].copy_from_slice(&bytes("20350114"));
    assert_eq!(card.transmit(&bytes("00B095002B")), after);
}

#[test]
fn the_challenge_serves_the_next_command_only() {
    let mut card = normal();
    let write = secured(&mut card, "04D696003B", &[0; 55]);
    card.transmit(&bytes("00B0960001"));
    assert_eq!(card.transmit(&write), [0x69, 0x84]);
    let write = secured(&mut card, "04D696003B", &[0; 55]);
    card.transmit(&bytes("00"));
    assert_eq!(
        card.transmit(&write),
        [0x69, 0x84],
        "even a broken command uses it up"
    );
    let write = secured(&mut card, "04D696003B", &[0; 55]);
    card.transmit(&bytes("0084000004"));
    assert_eq!(
        card.transmit(&write),
        [0x69, 0x88],
        "the second challenge counts"
    );
    expect(&mut card, "0084000005", "6700");
    assert_eq!(card.transmit(&bytes("0084000008")).len(), 10);
}

#[test]
fn a_wrong_mac_a_wrong_length_or_a_wrong_place_changes_nothing() {
    let mut card = normal();
    let before = card.transmit(&bytes("00B0960037"));
    let mut write = secured(&mut card, "04D696003B", &[0x5A; 55]);
    *write.last_mut().unwrap() ^= 1;
    assert_eq!(card.transmit(&write), [0x69, 0x88]);
    let long = secured(&mut card, "04D696003C", &[0x5A; 56]);
    assert_eq!(card.transmit(&long), [0x67, 0x00]);
    let beyond = secured(&mut card, "04D6963705", &[0x5A]);
    assert_eq!(card.transmit(&beyond), [0x6B, 0x00]);
    let nothing = secured(&mut card, "04D6960004", &[]);
    assert_eq!(card.transmit(&nothing), [0x67, 0x00]);
    let elsewhere = secured(&mut card, "04D695002F", &[0x5A; 43]);
    assert_eq!(card.transmit(&elsewhere), [0x6A, 0x82]);
    assert_eq!(card.transmit(&bytes("00B0960037")), before);
}

// ----------------------------------------------------------------------------------- load
