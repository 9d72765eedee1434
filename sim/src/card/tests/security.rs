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

#[test]
fn a_blank_card_takes_the_worked_write_of_the_reference() {
    let person = Personalisation {
        card_type: 23,
        ..Personalisation::factory(NUMBER)
    };
    let mut card = TollCard::new(&person, Knobs::default(), 1);
    let number = "B8CACBE062010001174062012201230100000017";
    assert_eq!(
        text(card.issue_file()),
        text(&bytes(&(number.to_owned() + &"00".repeat(23))))
    );
    assert_eq!(card.holder_file(), [0; 55]);
    card.power_on();
    card.transmit(&bytes("00A40000021001"));
    // Reference §3.5, example D (3), whose challenge it is.
    card.volatile.challenge = Some([0x11, 0x22, 0x33, 0x44, 0, 0, 0, 0]);
    let file = "B8CACBE0620100011740620122012301000000172024011520340114\
        B8CA41313233343500000000000001";
    expect(&mut card, &format!("04D695002F{file}24CD506D"), "9000");
    assert_eq!(text(card.issue_file()), file);
}

#[test]
fn power_that_fails_in_a_write_leaves_a_mixed_file_and_a_card_without_power() {
    let mut card = normal();
    let before = card.holder_file().to_vec();
    let write = secured(&mut card, "04D696003B", &[0x5A; 55]);
    card.tear_next_write(20);
    assert_eq!(card.transmit(&write), [0; 0]);
    assert_eq!(card.holder_file()[..20], [0x5A; 20]);
    assert_eq!(card.holder_file()[20..], before[20..]);
    assert_eq!(card.transmit(&bytes("00B0960037")), [0; 0]);
    // It is written anew, whole.
    card.power_on();
    let write = secured(&mut card, "04D696003B", &[0x5A; 55]);
    assert_eq!(card.transmit(&write), [0x90, 0x00]);
    assert_eq!(card.holder_file(), [0x5A; 55]);
}

#[test]
fn a_damaged_memory_holds_a_part_and_says_so() {
    let mut card = with(|knobs| knobs.damaged = true);
    let write = secured(&mut card, "04D696003B", &[0x5A; 55]);
    assert_eq!(card.transmit(&write), [0x65, 0x81]);
    assert_eq!(card.holder_file()[..27], [0x5A; 27]);
    assert_eq!(card.holder_file()[27..], [0; 28]);
    expect(&mut card, "00B0960001", "5A9000");
}

#[test]
fn three_wrong_macs_block_their_key_for_good() {
    let mut card = normal();
    let wrong = |card: &mut TollCard, header: &str, length| {
        let mut write = secured(card, header, &vec![0x5A; length]);
        *write.last_mut().unwrap() ^= 1;
        write
    };
    for _ in 0..2 {
        let write = wrong(&mut card, "04D696003B", 55);
        assert_eq!(card.transmit(&write), [0x69, 0x88]);
    }
    // A right one in between.
    let write = secured(&mut card, "04D696003B", &[0x5A; 55]);
    assert_eq!(card.transmit(&write), [0x90, 0x00]);
    for _ in 0..3 {
        card.power_on();
        let write = wrong(&mut card, "04D696003B", 55);
        assert_eq!(card.transmit(&write), [0x69, 0x88]);
    }
    let write = secured(&mut card, "04D696003B", &[0; 55]);
    assert_eq!(card.transmit(&write), [0x69, 0x83]);
    card.power_on();
    let write = secured(&mut card, "04D696003B", &[0; 55]);
    assert_eq!(card.transmit(&write), [0x69, 0x83]);
    assert_eq!(card.holder_file(), [0x5A; 55]);
    // The application's key is another one.
    card.transmit(&bytes("00A40000021001"));
    let write = secured(&mut card, "04D695002F", &[0; 43]);
    assert_eq!(card.transmit(&write), [0x90, 0x00]);
}

#[test]
fn the_new_demo_cards_are_as_their_factory_left_them() {
    for (id, length, fill) in [
        ("card-new", 43, 0x00),
        ("card-new-2", 50, 0xFF),
        ("card-new-3", 43, 0x00),
    ] {
        let mut card = toll(id);
        assert_eq!(card.issue_file().len(), length, "{id}");
        assert_eq!(card.issue_file()[12..20], card.number(), "{id}");
        assert!(card.issue_file()[20..].iter().all(|byte| *byte == fill));
        assert_eq!(card.holder_file(), [fill; 55]);
        assert_eq!((card.balance(), card.online_counter()), (0, 0));
        card.transmit(&bytes("00A40000021001"));
        let verify = match id {
            "card-new-2" => "0020000003123456",
            _ => "0020000006313233343536",
        };
        let answer = if id == "card-new-3" { "9403" } else { "9000" };
        expect(&mut card, verify, answer);
    }
}

// ----------------------------------------------------------------------------------- load
