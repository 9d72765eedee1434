//! A tag by itself. MACs and ciphertexts were computed with another implementation (PyCryptodome) from the
//! rules of reference §3 and §4.

use super::*;
use crate::demo;
use crate::hex::{bytes, text};

fn tag(id: &str) -> Tag {
    let mut tag = demo::tag(id).unwrap();
    tag.wake();
    tag
}

fn say(tag: &mut Tag, apdu: &str) -> String {
    text(&tag.esam_mut().transmit(&bytes(apdu)))
}

const SELECT_MF: &str = "00A40000023F00";
const SELECT_ETC: &str = "00A4000002DF01";

#[test]
fn the_system_information_reads_as_its_table_says() {
    let mut tag = tag("tag-normal");
    assert_eq!(say(&mut tag, SELECT_MF), "9000");
    let used = "B8CACBE062010001 00 16 6201230100010017 20240115 20340114 01".replace(' ', "");
    assert_eq!(say(&mut tag, "00B081001B"), format!("{used}9000"));
    let whole = say(&mut tag, "00B0810063");
    assert_eq!(whole, format!("{used}{}9000", "FF".repeat(72)));
    assert_eq!(say(&mut tag, "00B0810A08"), "62012301000100179000");
    assert_eq!(say(&mut tag, "00B0816301"), "6B00");
    assert_eq!(say(&mut tag, "00B08100C8"), "6C63");
    assert_eq!(say(&mut tag, "80F6000304"), "000100179000");
}

#[test]
fn the_vehicle_comes_encrypted_and_never_in_the_clear() {
    let mut tag = tag("tag-normal");
    let read = |length: &str, key: &str| format!("00B400000A 0102030405060708 {length} {key}");
    assert_eq!(
        say(&mut tag, &read("3B", "00")),
        "6A82",
        "the application is not selected"
    );
    say(&mut tag, SELECT_ETC);
    assert_eq!(say(&mut tag, "00B081003B"), "6982");
    let coach = "064474EE462AF76B20F2743B363F8A019A631A4C1FA5242606C48749429738BDD0967C594A50B0F1\
                 82DED3A1C7249454097B65FE1A9846D08B3CF94449EA69BA031864DFD734E26E9000";
    assert_eq!(say(&mut tag, &read("3B", "00")), coach.replace(' ', ""));
    let whole = "3C260D76427EF1AB20F2743B363F8A019A631A4C1FA5242606C48749429738BDD0967C594A50B0F1\
                 82DED3A1C7249454097B65FE1A9846D08B3CF94449EA69BAD6C584890D6D811182DED3A1C7249454\
                 82DED3A1C72494549000";
    assert_eq!(say(&mut tag, &read("4F", "00")), whole.replace(' ', ""));
    assert_eq!(say(&mut tag, &read("4F", "40")), "6A88");
    assert_eq!(say(&mut tag, &read("50", "00")), "6700");
}

#[test]
fn a_tag_of_another_algorithm_has_keys_that_nobody_knows() {
    let mut tag = tag("tag-sm4");
    say(&mut tag, SELECT_ETC);
    assert_eq!(say(&mut tag, "00B400000A 0102030405060708 4F 00"), "6A88");
    let noise = say(&mut tag, "00B400000A 0102030405060708 4F 40");
    assert_eq!(noise.len(), 2 * (96 + 2));
    say(&mut tag, "0084000004");
    assert_eq!(say(&mut tag, "04D6811A05 01 C6631A77"), "6988");
}

/// The activation for a challenge. The chip's randoms cannot be chosen, so its MAC is computed here, with the key
/// that the other implementation found; `the_worked_mac_comes_out` holds it against that one's MAC.
fn activation(challenge: &str) -> String {
    secured(challenge, "04D6811A0501")
}

/// A write without its MAC, for a challenge.
fn secured(challenge: &str, write: &str) -> String {
    let key = bytes("E67EF6AC5E8EC17DD6A164F21CEA8DF3")
        .try_into()
        .unwrap();
    let iv = bytes(&format!("{challenge}00000000")).try_into().unwrap();
    let mac = crate::crypto::mac_retail(&key, &iv, &bytes(write));
    format!("{write}{}", text(&mac))
}

#[test]
fn the_worked_mac_comes_out() {
    assert_eq!(activation("11223344"), "04D6811A0501C6631A77");
}

#[test]
fn a_removed_tag_is_activated_by_its_mac_only() {
    let mut tag = tag("tag-normal");
    assert_eq!((tag.is_removed(), tag.status(true)), (false, [0x00, 0x01]));
    tag.hold_switch(false);
    assert_eq!((tag.is_removed(), tag.status(false)), (true, [0x82, 0x00]));
    tag.hold_switch(true);
    assert_eq!((tag.is_removed(), tag.status(false)), (true, [0x80, 0x00]));
    say(&mut tag, SELECT_MF);
    assert_eq!(
        say(&mut tag, "04D6811A0501C6631A77"),
        "6984",
        "no challenge"
    );
    let challenge = say(&mut tag, "0084000004");
    assert_eq!(say(&mut tag, "04D6811A0501C6631A77"), "6988");
    assert_eq!(
        say(&mut tag, &activation(&challenge[..8])),
        "6984",
        "it was used"
    );
    let challenge = say(&mut tag, "0084000004");
    assert_eq!(say(&mut tag, &activation(&challenge[..8])), "9000");
    assert_eq!((tag.is_removed(), tag.status(true)), (false, [0x00, 0x01]));
    assert_eq!(say(&mut tag, "00D6811A0101"), "6982", "never without a MAC");
}

#[test]
fn a_tag_whose_switch_stands_out_says_that_it_is_removed_and_nothing_else() {
    let mut tag = tag("tag-normal");
    tag.hold_switch(false);
    say(&mut tag, SELECT_MF);
    let challenge = say(&mut tag, "0084000004");
    assert_eq!(say(&mut tag, &activation(&challenge[..8])), "6985");
    let challenge = say(&mut tag, "0084000004");
    let removed = secured(&challenge[..8], "04D6811A0500");
    assert_eq!(say(&mut tag, &removed), "9000");
    tag.hold_switch(true);
    let challenge = say(&mut tag, "0084000004");
    assert_eq!(say(&mut tag, &activation(&challenge[..8])), "9000");
}

#[test]
fn a_torn_write_leaves_a_part_and_no_answer() {
    let mut tag = tag("tag-normal");
    say(&mut tag, SELECT_MF);
    let challenge = say(&mut tag, "0084000004");
    // Signed 2024-01-15 becomes 2025 only.
    let update = secured(&challenge[..8], "04D681120820250607");
    tag.esam_mut().tear_next_write(2);
    assert_eq!(say(&mut tag, &update), "");
    tag.wake();
    let file = text(tag.esam().system());
    assert_eq!(&file[36..44], "20250115");
}

#[test]
fn a_kind_of_tag_gives_the_file_back_without_the_random() {
    let mut tag = Tag::new(&Personalisation {
        random_returns: false,
        ..demo::tag_personalisation("tag-normal").unwrap()
    });
    tag.wake();
    say(&mut tag, SELECT_ETC);
    // LD 3B and the file of `the_vehicle_comes_encrypted_and_never_in_the_clear`, 3DES-ECB.
    let first = say(&mut tag, "00B400000A 0102030405060708 3B 00");
    assert_eq!(first.len(), 2 * (64 + 2));
    let again = say(&mut tag, "00B400000A 0807060504030201 3B 00");
    assert_eq!(first, again, "nothing in it is new");
}

#[test]
fn a_tag_in_the_field_sleeps_until_it_is_called() {
    let mut tag = demo::tag("tag-normal").unwrap();
    assert!(!tag.is_awake());
    assert_eq!(say(&mut tag, SELECT_MF), "");
    tag.wake();
    tag.signal(0);
    assert_eq!(
        (say(&mut tag, SELECT_MF).as_str(), tag.light()),
        ("9000", Light::Green)
    );
    tag.signal(1);
    assert_eq!(tag.light(), Light::Red);
    tag.release();
    assert_eq!(say(&mut tag, SELECT_MF), "");
    assert_eq!(tag.light(), Light::Red, "it is seen after the release too");
    tag.come_to_rest();
    assert_eq!(tag.light(), Light::Off);
}

#[test]
fn what_a_tag_has_stored_survives_its_way_to_the_shelf() {
    let mut tag = tag("tag-truck");
    tag.hold_switch(false);
    let kept = serde_json::to_string(&tag).unwrap();
    let back: Tag = serde_json::from_str(&kept).unwrap();
    assert_eq!(back.esam().system(), tag.esam().system());
    assert!(back.is_removed() && !back.is_awake());
}
