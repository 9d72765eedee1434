//! The numbers come from published vectors (A, B) and from a worked example that was computed by
//! another program (C), never from this code.

use apdu_core::bcd::{CardNumber, Date, Time};
use apdu_core::hex::Fixed;

use super::des::{diversify, load_session, mac, tac_key};
use super::*;

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    let Fixed(bytes) = hex.parse().unwrap();
    bytes
}

fn key(hex: &str) -> super::des::DoubleKey {
    zeroize::Zeroizing::new(bytes(hex))
}

#[test]
fn vector_a_published_example_of_a_load() {
    let session = load_session(
        &key("11223344556677888877665544332211"),
        bytes("11223344"),
        0,
    );
    assert_eq!(*session, bytes("9B1D924E05595603"));
    let mac1: [u8; 15] = bytes("000000000000100001001122334455");
    assert_eq!(mac(&session, &mac1), bytes("2988AE5A"));
    let mac2: [u8; 18] = bytes("000010000100112233445520111221214822");
    assert_eq!(mac(&session, &mac2), bytes("3A845BF0"));
}

#[test]
fn vector_b_trace_of_a_real_card() {
    let session = load_session(
        &key("3F013F013F013F013F013F013F013F01"),
        bytes("06B825D7"),
        0x0017,
    );
    assert_eq!(*session, bytes("6E76E8541E217D9A"));
    let mac1: [u8; 15] = bytes("0000001A0000000102112233445566");
    assert_eq!(mac(&session, &mac1), bytes("684C81CE"));
}

const LOAD_ROOT: &str = "000102030405060708090A0B0C0D0E0F";
const TAC_ROOT: &str = "101112131415161718191A1B1C1D1E1F";

#[test]
fn example_c_diversifies_by_area_and_serial() {
    let serial = bytes("2201230100000017");
    let province = diversify(&key(LOAD_ROOT), bytes("B8CACBE0B8CACBE0"));
    assert_eq!(*province, bytes("FEF459B74BF092B44CA46423D19EBAA2"));
    let card = diversify(&province, serial);
    assert_eq!(*card, bytes("05F82EEAFBBD4A0DF303DB0923941613"));
    let one_level = diversify(&key(LOAD_ROOT), serial);
    assert_eq!(*one_level, bytes("40E609BC939462A5B0E0397BD5906E14"));
    let dtk = diversify(
        &diversify(&key(TAC_ROOT), bytes("B8CACBE0B8CACBE0")),
        serial,
    );
    assert_eq!(*tac_key(&dtk), bytes("C6C27CB25A1C0354"));
}

fn demo() -> SoftKeys {
    SoftKeys::from_toml(crate::demo::KEYS).unwrap()
}

fn example_c() -> Init {
    Init {
        key: LoadKey {
            card: "62012201230100000017".parse().unwrap(),
            index: 0x01,
        },
        amount: 10_000,
        terminal: bytes("010203040506"),
        balance: 3_000,
        counter: 5,
        key_version: 0x01,
        algorithm: 0x00,
        random: bytes("A1B2C3D4"),
    }
}

fn loaded_c() -> Load {
    let init = example_c();
    Load {
        key: init.key,
        balance: init.balance,
        counter: init.counter,
        amount: init.amount,
        terminal: init.terminal,
        date: Date(bytes("20240115")),
        time: Time(bytes("093000")),
    }
}

fn mac2(keys: &SoftKeys, init: &Init, mac1: [u8; 4]) -> Result<[u8; 4], KeyError> {
    keys.authorise_load(init, mac1, Date(bytes("20240115")), Time(bytes("093000")))
}

#[test]
fn example_c_runs_through_the_typed_requests() {
    let keys = demo();
    let mac1 = bytes("91C69BFC");
    assert_eq!(keys.verify_mac1(&example_c(), mac1), Ok(()));
    assert_eq!(mac2(&keys, &example_c(), mac1), Ok(bytes("895A7A09")));
    assert_eq!(keys.verify_tac(&loaded_c(), bytes("6D83C018")), Ok(()));
}

/// Changes one thing about a load.
type Twist<T> = fn(&mut T);

#[test]
fn whatever_differs_from_what_the_card_saw_does_not_verify() {
    let keys = demo();
    let twists: [Twist<Init>; 6] = [
        |init| init.amount += 1,
        |init| init.terminal[5] ^= 1,
        |init| init.balance += 1,
        |init| init.counter += 1,
        |init| init.random[0] ^= 1,
        |init| init.key.card.serial[7] ^= 1,
    ];
    for twist in twists {
        let mut init = example_c();
        twist(&mut init);
        let mac1 = bytes("91C69BFC");
        assert_eq!(
            keys.verify_mac1(&init, mac1),
            Err(KeyError::NotVerified),
            "{init:?}"
        );
        assert_eq!(
            mac2(&keys, &init, mac1),
            Err(KeyError::NotVerified),
            "{init:?}"
        );
    }
    let twists: [Twist<Load>; 8] = [
        |load| load.amount += 1,
        |load| load.terminal[5] ^= 1,
        |load| load.balance += 1,
        |load| load.counter += 1,
        |load| load.date.0[3] ^= 1,
        |load| load.time.0[2] ^= 1,
        |load| load.key.card.serial[7] ^= 1,
        |load| load.balance = u32::MAX,
    ];
    for twist in twists {
        let mut load = loaded_c();
        twist(&mut load);
        let tac = bytes("6D83C018");
        assert_eq!(
            keys.verify_tac(&load, tac),
            Err(KeyError::NotVerified),
            "{load:?}"
        );
    }
    assert_eq!(
        keys.verify_tac(&loaded_c(), [0; 4]),
        Err(KeyError::NotVerified)
    );
}

#[test]
fn sm4_is_refused_by_name_and_unknown_issuers_have_no_keys() {
    let keys = demo();
    let refusal = |twist: Twist<Init>| {
        let mut init = example_c();
        twist(&mut init);
        keys.verify_mac1(&init, bytes("91C69BFC"))
    };
    assert_eq!(
        refusal(|init| init.key.index = 0x41),
        Err(KeyError::UnsupportedAlgorithm)
    );
    assert_eq!(
        refusal(|init| init.algorithm = 0x04),
        Err(KeyError::UnsupportedAlgorithm)
    );
    assert_eq!(
        refusal(|init| init.key_version = 0x41),
        Err(KeyError::UnsupportedAlgorithm)
    );
    assert_eq!(refusal(|init| init.key.index = 0x03), Err(KeyError::NoKeys));
    assert_eq!(
        refusal(|init| init.key.card = CardNumber {
            network: [0x61, 0x01],
            ..init.key.card
        }),
        Err(KeyError::NoKeys)
    );
}

#[test]
fn province_keys_are_one_level_away_from_the_card() {
    let keys = SoftKeys::from_toml(&crate::demo::KEYS.replace("levels = 2", "levels = 1")).unwrap();
    let two_level = keys.verify_mac1(&example_c(), bytes("91C69BFC"));
    assert_eq!(two_level, Err(KeyError::NotVerified));
    // Example C under the card key 40E609BC…, computed with OpenSSL.
    let mac1 = bytes("A8995BCD");
    assert_eq!(keys.verify_mac1(&example_c(), mac1), Ok(()));
    assert_eq!(mac2(&keys, &example_c(), mac1), Ok(bytes("B3E0B78E")));
    assert_eq!(keys.verify_tac(&loaded_c(), bytes("DAD1D357")), Ok(()));
}

#[test]
fn a_bad_key_file_is_refused_with_its_reason_and_without_its_keys() {
    let wrong = |from: &str, to: &str| {
        let text = crate::demo::KEYS.replacen(from, to, 1);
        assert_ne!(text, crate::demo::KEYS, "{from}");
        let error = SoftKeys::from_toml(&text).err().unwrap();
        assert!(!error.to_string().contains("0405060708"), "{error}");
        error
    };
    assert_eq!(
        wrong("levels = 2", "levels = 3"),
        KeyFileError::Levels("6201".into())
    );
    assert_eq!(
        wrong("B8CACBE0", "B8CACB"),
        KeyFileError::Area("6201".into())
    );
    assert_eq!(
        wrong("\"6201\"", "\"62x1\""),
        KeyFileError::Network("62x1".into())
    );
    assert!(matches!(
        wrong("0E0F\"", "0E\""),
        KeyFileError::Key { table: "load", .. }
    ));
    assert!(matches!(
        wrong("\"01\" =", "\"1\" ="),
        KeyFileError::Key { .. }
    ));
    assert!(matches!(
        wrong("\"02\" =", "\"03\" ="),
        KeyFileError::Alone { .. }
    ));
    assert_eq!(
        wrong("demo = true", "demo = 1"),
        KeyFileError::Shape { line: 3 }
    );
    assert_eq!(wrong("levels", "level"), KeyFileError::Shape { line: 9 });
    assert_eq!(SoftKeys::from_toml("").err(), Some(KeyFileError::Empty));
}
