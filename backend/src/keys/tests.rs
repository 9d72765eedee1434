//! The numbers come from published vectors (A, B) and from worked examples that were computed by
//! another program (C, D), never from this code.

use apdu_core::bcd::{CardNumber, Date, Time};
use apdu_core::hex::{Fixed, encode};

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

/// Tag 6201230100010017, read with the random 0102030405060708; its coach has 79 bytes, and 59 without the
/// reserved ones. Computed with PyCryptodome.
const COACH: &str = "B8CA413132333435000000000000\
    0100002F110F0402001A000005FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF4C4A3436355100000000000000000000";
const OPENED: [(u8, bool, bool, &str); 4] = [
    (
        79,
        true,
        false,
        "3C260D76427EF1AB20F2743B363F8A019A631A4C1FA5242606C48749429738BDD0967C594A50B0F182DED3A1\
         C7249454BBFA7C24908F27A510037470BDAAD14BD6C584890D6D811182DED3A1C724945482DED3A1C7249454",
    ),
    (
        59,
        true,
        false,
        "064474EE462AF76B20F2743B363F8A019A631A4C1FA5242606C48749429738BDD0967C594A50B0F182DED3A1\
         C7249454BBFA7C24908F27A510037470BDAAD14B031864DFD734E26E",
    ),
    (
        59,
        true,
        true,
        "064474EE462AF76BF446C5216B6BF64A516B422D443A13F2AA752DD4D6C5C4AFDDEAAF979E76F9A911A91589\
         DFD13C804AC06F0C258BB8209890072E6EDC1E31C2D19B93B0A58443",
    ),
    (
        59,
        false,
        false,
        "4452AE502120C76F9A631A4C1FA5242606C48749429738BDD0967C594A50B0F182DED3A1C7249454BBFA7C24\
         908F27A510037470BDAAD14B031864DFD734E26E",
    ),
];

fn vehicle_read((length, random_returns, is_chained, _): (u8, bool, bool, &str)) -> VehicleRead {
    VehicleRead {
        key: TagKey {
            network: [0x62, 0x01],
            tag: "6201230100010017".parse().unwrap(),
            index: 0x00,
        },
        length,
        random: random_returns.then_some([1, 2, 3, 4, 5, 6, 7, 8]),
        is_chained,
    }
}

#[test]
fn vehicle_information_opens_as_another_program_closed_it() {
    let keys = demo();
    for worked in OPENED {
        let answer = apdu_core::hex::decode(worked.3).unwrap();
        let file = keys.open_vehicle(&vehicle_read(worked), &answer);
        let mut coach = apdu_core::hex::decode(COACH).unwrap();
        coach.resize(worked.0.into(), 0xFF);
        assert_eq!(file, Ok(coach), "{worked:?}");
    }
}

#[test]
fn vehicle_information_that_was_read_otherwise_does_not_open() {
    let keys = demo();
    let twists: [Twist<VehicleRead>; 4] = [
        |read| read.key.tag.0[7] = 0x25,
        |read| read.length = 59,
        |read| read.random = Some([1, 2, 3, 4, 5, 6, 7, 9]),
        |read| read.is_chained = true,
    ];
    let answer = apdu_core::hex::decode(OPENED[0].3).unwrap();
    for twist in twists {
        let mut read = vehicle_read(OPENED[0]);
        twist(&mut read);
        let opened = keys.open_vehicle(&read, &answer);
        assert_eq!(opened, Err(KeyError::NotVerified), "{read:?}");
    }
    for at in 0..17 {
        let mut answer = answer.clone();
        answer[at] ^= 0x10;
        let opened = keys.open_vehicle(&vehicle_read(OPENED[0]), &answer);
        let is_in_file = at >= 16;
        assert_eq!(opened.is_ok(), is_in_file, "a MAC is not part of this read");
    }
}

/// Whose random stands there is not said by any source; that something does, by the only size that was published
/// (reference §6.2: 72 bytes for a file of 59).
#[test]
fn a_random_that_is_not_ours_is_passed_over_where_the_kind_does_not_return_it() {
    let keys = demo();
    for worked in OPENED {
        let answer = apdu_core::hex::decode(worked.3).unwrap();
        let read = VehicleRead {
            random: None,
            ..vehicle_read(worked)
        };
        let mut coach = apdu_core::hex::decode(COACH).unwrap();
        coach.resize(worked.0.into(), 0xFF);
        assert_eq!(keys.open_vehicle(&read, &answer), Ok(coach), "{worked:?}");
        let short = keys.open_vehicle(&read, &answer[..answer.len() - 16]);
        assert_eq!(short, Err(KeyError::NotVerified));
    }
}

#[test]
fn tag_keys_are_refused_by_name_where_there_are_none() {
    let keys = demo();
    let key = vehicle_read(OPENED[0]).key;
    assert_eq!(keys.may_open(key), Ok(()));
    let unknown = TagKey { index: 0x01, ..key };
    assert_eq!(keys.may_open(unknown), Err(KeyError::NoKeys));
    let sm4 = TagKey { index: 0x40, ..key };
    assert_eq!(keys.may_open(sm4), Err(KeyError::UnsupportedAlgorithm));
    let foreign = TagKey {
        network: [0x63, 0x01],
        ..key
    };
    assert_eq!(keys.may_open(foreign), Err(KeyError::NoKeys));
    assert!(keys.knows_issuer([0x62, 0x01]) && !keys.knows_issuer([0x63, 0x01]));
}

/// The truth about a write, from reference §3.5 (the same root, area and number as a tag's).
#[test]
fn example_d_is_signed_as_another_program_signed_it() {
    let roots = "[issuer.tag_write]\nsystem = \"606162636465666768696A6B6C6D6E6F\"";
    let example = "[issuer.tag_write]\nsystem = \"202122232425262728292A2B2C2D2E2F\"";
    let text = crate::demo::KEYS.replace(roots, example);
    assert_ne!(text, crate::demo::KEYS);
    let keys = SoftKeys::from_toml(&text).unwrap();
    let write = |content| TagWrite {
        network: [0x62, 0x01],
        tag: "2201230100000017".parse().unwrap(),
        algorithm: Algorithm::TripleDes,
        content,
    };
    let challenge = bytes("11223344");
    let flag = keys.write_tag(&write(TagContent::RemovalFlag(0x01)), challenge);
    assert_eq!(flag, Ok(bytes::<10>("04D6811A0501B22BBB44").to_vec()));

    let other = TagWrite {
        tag: "2201230100000018".parse().unwrap(),
        ..write(TagContent::RemovalFlag(0x01))
    };
    assert_ne!(keys.write_tag(&other, challenge), flag);
    let elsewhere = keys.write_tag(&write(TagContent::RemovalFlag(0x01)), bytes("11223345"));
    assert_ne!(elsewhere, flag);
}

fn written(
    keys: &SoftKeys,
    algorithm: Algorithm,
    content: TagContent<'_>,
) -> Result<Vec<u8>, KeyError> {
    let write = TagWrite {
        network: [0x62, 0x01],
        tag: "6201230100010041".parse().unwrap(),
        algorithm,
        content,
    };
    keys.write_tag(&write, [0; 4])
}

/// The file of example D (3): 甘A12345, blue, class 1, 2024-01-15 to 2034-01-14.
const ISSUE_FILE: &str =
    "B8CACBE0620100011740620122012301000000172024011520340114B8CA41313233343500000000000001";

/// 张样例 with a number of 18 digits, by the table of reference §1.4.
const HOLDER_FILE: &str = "0000D5C5D1F9C0FD0000000000000000000000000000\
    363230303030313930303031303130303137000000000000000000000000000065";

fn card_write(card: &str, content: CardContent<'_>) -> Result<Vec<u8>, KeyError> {
    let write = CardWrite {
        card: card.parse().unwrap(),
        algorithm: Algorithm::TripleDes,
        content,
    };
    demo().write_card(&write, bytes("11223344"))
}

/// The MACs of reference §3.5 (3), of its longer form, and of a holder file: all by the program that made the
/// reference's examples.
#[test]
fn example_d_3_is_signed_as_another_program_signed_it() {
    let card = "62012201230100000017";
    let signed = |content| card_write(card, content).map(|command| encode(&command));
    let issue: [u8; 43] = bytes(ISSUE_FILE);
    let expected = format!("04D695002F{ISSUE_FILE}24CD506D");
    assert_eq!(signed(CardContent::Issue(&issue)), Ok(expected));
    let long = [&issue[..], &[0; 7]].concat();
    let expected = format!("04D6950036{ISSUE_FILE}0000000000000039AB753A");
    assert_eq!(signed(CardContent::Issue(&long)), Ok(expected));
    let holder: [u8; 55] = bytes(HOLDER_FILE);
    let expected = format!("04D696003B{HOLDER_FILE}9CB66252");
    assert_eq!(signed(CardContent::Holder(&holder)), Ok(expected));
}

#[test]
fn only_whole_files_of_the_card_itself_are_signed() {
    let issue: [u8; 43] = bytes(ISSUE_FILE);
    let own = "62012201230100000017";
    for length in 0..=60 {
        let mut file = issue.to_vec();
        file.resize(length, 0xFF);
        let is_signed = card_write(own, CardContent::Issue(&file)).is_ok();
        assert_eq!(is_signed, [43, 50].contains(&length), "{length}");
    }
    let other = card_write("62012201230100000025", CardContent::Issue(&issue));
    assert_eq!(other, Err(KeyError::NotThatFile));
    let abroad = card_write("63012201230100000017", CardContent::Issue(&issue));
    assert_eq!(abroad, Err(KeyError::NoKeys));
    let keys = demo();
    assert_eq!(
        keys.may_write_card([0x62, 0x01], Algorithm::Sm4),
        Err(KeyError::UnsupportedAlgorithm)
    );
    let (before, after) = crate::demo::KEYS.split_once("[issuer.card_write]").unwrap();
    let (_, after) = after.split_once("[evidence]").unwrap();
    let without = SoftKeys::from_toml(&format!("{before}[evidence]{after}")).unwrap();
    let may = without.may_write_card([0x62, 0x01], Algorithm::TripleDes);
    assert_eq!(may, Err(KeyError::NoKeys));
}

/// HMAC-SHA-256 under the card's own key for the master file.
#[test]
fn a_holder_file_is_recognised_by_its_own_card_alone() {
    let keys = demo();
    let mark = |card: &str, file: &[u8; 55]| keys.holder_mark(card.parse().unwrap(), file);
    let holder: [u8; 55] = bytes(HOLDER_FILE);
    let own = mark("62012201230100000017", &holder);
    assert_eq!(
        own,
        Ok(bytes(
            "2A0ECFF4F2FB2035ECF7357BA3E5079C0FDBF74BEEB878D1E2C6DFC3E05AC602"
        ))
    );
    assert_ne!(mark("62012201230100000025", &holder), own);
    let mut other = holder;
    other[54] ^= 1;
    assert_ne!(mark("62012201230100000017", &other), own);
}

#[test]
fn only_whole_files_of_the_tag_itself_are_signed() {
    let keys = demo();
    let signed = |content: TagContent<'_>| written(&keys, Algorithm::TripleDes, content);
    let serial: [u8; 8] = bytes("6201230100010041");
    for length in 0..=120 {
        let vehicle = vec![0; length];
        let is_signed = signed(TagContent::Vehicle(&vehicle)).is_ok();
        assert_eq!(is_signed, [59, 79].contains(&length), "{length}");
        let mut system = vec![0xFF; length.max(18)];
        system[10..18].copy_from_slice(&serial);
        system.truncate(length);
        let is_signed = signed(TagContent::System(&system)).is_ok();
        assert_eq!(is_signed, [27, 99].contains(&length), "{length}");
    }
    let mut other = vec![0xFF; 99];
    other[10..18].copy_from_slice(&serial);
    other[17] ^= 1;
    let other = signed(TagContent::System(&other));
    assert_eq!(other, Err(KeyError::NotThatFile));
    let sm4 = written(&keys, Algorithm::Sm4, TagContent::RemovalFlag(1));
    assert_eq!(sm4, Err(KeyError::UnsupportedAlgorithm));
    let without = crate::demo::KEYS.replace("[issuer.tag_write]", "[issuer.tag_read_too]");
    assert!(SoftKeys::from_toml(&without).is_err());
    let (before, after) = crate::demo::KEYS.split_once("[issuer.tag_write]").unwrap();
    let (_, after) = after.split_once("[evidence]").unwrap();
    let without = SoftKeys::from_toml(&format!("{before}[evidence]{after}")).unwrap();
    let may = without.may_write_tag([0x62, 0x01], Algorithm::TripleDes);
    assert_eq!(may, Err(KeyError::NoKeys));
}
