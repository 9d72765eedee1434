//! Behaviour of the toll card, command by command.

use super::*;
use crate::crypto::{Mac, diversify, load_session_key, mac_retail, mac_single, tac_key};
use crate::demo;
use crate::hex::{bytes, text};

const NUMBER: [u8; 8] = [0x22, 0x01, 0x23, 0x01, 0x00, 0x00, 0x00, 0x17];
const STAMP: Stamp = Stamp {
    terminal: [0x99, 0, 0, 0, 0, 0x01],
    date: [0x20, 0x24, 0x01, 0x15],
    time: [0x09, 0x30, 0x00],
};

/// The demo card in order, powered.
fn normal() -> TollCard {
    toll("normal")
}

fn toll(id: &str) -> TollCard {
    let Some(Card::Toll(mut card)) = demo::card(id) else {
        panic!("{id} is no toll card")
    };
    card.power_on();
    *card
}

/// The demo card in order with other knobs.
fn with(turn: impl FnOnce(&mut Knobs)) -> TollCard {
    let mut knobs = Knobs::default();
    turn(&mut knobs);
    let person = Personalisation {
        balance: 30_00,
        counter: 5,
        ..Personalisation::factory(NUMBER)
    };
    let mut card = TollCard::new(&person, knobs, 1);
    card.power_on();
    card
}

/// One exchange in hexadecimal.
#[track_caller]
fn expect(card: &mut TollCard, command: &str, answer: &str) {
    assert_eq!(
        text(&card.transmit(&bytes(command))),
        text(&bytes(answer)),
        "{command}"
    );
}

fn card_key(root: [u8; 16]) -> [u8; 16] {
    let area = [0xB8, 0xCA, 0xCB, 0xE0, 0xB8, 0xCA, 0xCB, 0xE0];
    diversify(&diversify(&root, &area), &NUMBER)
}

/// Selects the application and shows the PIN.
#[track_caller]
fn unlock(card: &mut TollCard) {
    assert!(
        card.transmit(&bytes("00A40000021001"))
            .ends_with(&[0x90, 0x00])
    );
    expect(card, "0020000006313233343536", "9000");
}

/// INITIALIZE FOR LOAD, and the CREDIT that a back office would answer with.
#[track_caller]
fn init(card: &mut TollCard, amount: u32, terminal: &str) -> (Vec<u8>, Vec<u8>) {
    let answer = card.transmit(&bytes(&format!("805000020B01{amount:08X}{terminal}10")));
    assert_eq!(answer.len(), 18, "{}", text(&answer));
    let counter = u16::from_be_bytes([answer[4], answer[5]]);
    let random = answer[8..12].try_into().unwrap();
    let sk = load_session_key(&card_key(demo::roots().load), random, counter);
    let mac1 = mac_single(
        &sk,
        &[&answer[..4], &amount.to_be_bytes(), &[2], &bytes(terminal)].concat(),
    );
    assert_eq!(answer[12..16], mac1, "MAC1");
    let moment = bytes("20240115 093000");
    let mac2 = mac_single(
        &sk,
        &[&amount.to_be_bytes()[..], &[2], &bytes(terminal), &moment].concat(),
    );
    let credit = [&bytes("805200000B")[..], &moment, &mac2, &[0x04]].concat();
    (answer, credit)
}

/// All that a load may change.
fn money(card: &TollCard) -> (u32, u16, Vec<LogRecord>, Vec<Credit>) {
    (
        card.balance(),
        card.online_counter(),
        card.wallet.log.clone(),
        card.credits().to_vec(),
    )
}

const TERMINAL: &str = "010203040506";

#[track_caller]
fn load(card: &mut TollCard, amount: u32) -> Mac {
    let (_, credit) = init(card, amount, TERMINAL);
    let answer = card.transmit(&credit);
    assert_eq!(answer[4..], [0x90, 0x00], "{}", text(&answer));
    answer[..4].try_into().unwrap()
}

// ---------------------------------------------------------------------------------- files

#[test]
fn atrs_keep_the_t0_rules() {
    for atr in [TOLL_CARD_ATR, OTHER_CARD_ATR] {
        assert_eq!(atr[0], 0x3B);
        let interface = (atr[1] >> 4).count_ones() as usize;
        let historical = usize::from(atr[1] & 0x0F);
        assert_eq!(atr[1] & 0x80, 0, "no TD1, so T=0 only");
        assert_eq!(atr.len(), 2 + interface + historical, "and no TCK");
    }
}

#[test]
fn select_answers_an_fci_with_the_name_of_the_directory() {
    let mut card = normal();
    let by_id = card.transmit(&bytes("00A40000021001"));
    assert_eq!(
        card.transmit(&bytes("00A4040009A0000000038698070100")),
        by_id
    );
    assert_eq!(by_id[0], 0x6F);
    assert_eq!(usize::from(by_id[1]), by_id.len() - 4);
    assert_eq!(text(&by_id[2..13]), "8409A00000000386980701");
    assert_eq!(by_id[13], 0xA5);
    let mf = card.transmit(&bytes("00A404000E315041592E5359532E4444463031"));
    assert_eq!(mf, card.transmit(&bytes("00A40000023F00")));
    expect(&mut card, "00A4000002DF01", "6A82");
    expect(&mut card, "00A4040005A000000001", "6A82");
    expect(&mut card, "00A4020002 1001", "6A86");
}

#[test]
fn files_belong_to_their_directory() {
    let mut card = normal();
    assert_eq!(card.transmit(&bytes("00B0960037")).len(), 57);
    expect(&mut card, "00B095002B", "6A82");
    expect(&mut card, "805C000204", "6981");
    card.transmit(&bytes("00A40000021001"));
    expect(&mut card, "00B0960037", "6A82");
    assert_eq!(card.transmit(&bytes("00B095002B")).len(), 45);
    card.transmit(&bytes("00A40000023F00"));
    assert_eq!(card.transmit(&bytes("00B0960000")).len(), 57);
}

#[test]
fn read_binary_takes_parts_and_corrects_a_length_that_is_too_long() {
    let mut card = normal();
    card.transmit(&bytes("00A40000021001"));
    expect(&mut card, "00B0950932", "6C22");
    expect(&mut card, "00B0950032", "6C2B");
    expect(&mut card, "00B0950C08", "2201230100000017 9000");
    expect(&mut card, "00B0952A00", "01 9000");
    expect(&mut card, "00B0952B01", "6B00");
    expect(&mut card, "00B095FF00", "6B00");
    expect(&mut card, "00B09500", "6700");
    expect(&mut card, "00B0980017", "6981");
    expect(&mut card, "00B0000004", "6986");
    card.transmit(&bytes("00A40000020015"));
    expect(&mut card, "00B0000C08", "2201230100000017 9000");
}

#[test]
fn the_issue_file_has_the_bytes_of_the_worked_example_but_for_the_card_type() {
    let mut card = normal();
    card.transmit(&bytes("00A40000021001"));
    expect(
        &mut card,
        "00B095002B",
        "B8CACBE0620100011640620122012301000000172024011520340114
         B8CA41313233343500000000000001 9000",
    );
}

#[test]
fn a_newer_card_has_fifty_bytes_in_0015() {
    let mut card = with(|knobs| knobs.issue_file_length = 50);
    card.transmit(&bytes("00A40000021001"));
    assert_eq!(card.transmit(&bytes("00B0950032")).len(), 52);
    assert_eq!(card.transmit(&bytes("00B095002B")).len(), 45);
}

#[test]
fn log_records_are_newest_first_and_end_with_6a83() {
    let mut card = normal();
    card.transmit(&bytes("00A40000021001"));
    expect(
        &mut card,
        "00B201C417",
        "000C 000000 00000320 09 620100000307 20240512 171530 9000",
    );
    expect(
        &mut card,
        "00B203C417",
        "0004 000000 00001388 02 996201000001 20240510 101530 9000",
    );
    expect(&mut card, "00B204C417", "6A83");
    expect(&mut card, "00B200C417", "6A83");
    expect(&mut card, "00B201C410", "6C17");
    expect(&mut card, "00B201C017", "6A83");
    expect(&mut card, "00B201C617", "6A86");
    expect(&mut card, "00B201AC17", "6981");
}

#[test]
fn the_transit_record_is_found_by_number_and_by_identifier() {
    let mut card = normal();
    card.transmit(&bytes("00A40000021001"));
    let by_number = card.transmit(&bytes("00B201CC2B"));
    assert_eq!(by_number.len(), 45);
    assert_eq!(text(&by_number[..8]), "AA29006201001203");
    assert_eq!(card.transmit(&bytes("00B2AAC82B")), by_number);
    expect(&mut card, "00B2B1C82B", "6A83");
    expect(&mut card, "00B202CC2B", "6A83");
}

#[test]
fn the_cyclic_log_keeps_fifty_records() {
    let mut card = with(|_| {});
    for _ in 0..60 {
        card.purchase(1, false, STAMP).unwrap();
    }
    card.power_on();
    card.transmit(&bytes("00A40000021001"));
    assert_eq!(text(&card.transmit(&bytes("00B201C417"))[..2]), "003B");
    assert_eq!(text(&card.transmit(&bytes("00B232C417"))[..2]), "000A");
    expect(&mut card, "00B233C417", "6A83");
}

// ------------------------------------------------------------------------------- commands

#[test]
fn unknown_commands_and_bad_lengths_are_refused_by_name() {
    let mut card = normal();
    expect(&mut card, "00C0000010", "6D00");
    expect(&mut card, "80540100", "6D00");
    expect(&mut card, "A0A40000023F00", "6E00");
    expect(&mut card, "00D6960001FF", "6982");
    expect(&mut card, "", "6700");
    expect(&mut card, "00A400", "6700");
    expect(&mut card, "00A40000033F00", "6700");
    expect(&mut card, "00A40000023F000000", "6700");
    expect(&mut card, "00B0960000000037", "6700");
}

#[test]
fn a_chip_without_power_is_silent() {
    let mut card = normal();
    card.power_off();
    assert!(card.transmit(&bytes("00A40000023F00")).is_empty());
}

#[test]
fn any_bytes_get_two_status_bytes_and_never_a_panic() {
    let mut noise = Generator::new(42);
    let mut draw = || noise.draw(Random::Fresh);
    let heads = [
        "00A4", "00B0", "00B2", "0084", "0020", "04D6", "805C", "8050", "8052", "805A",
    ];
    for id in ["normal", "no-pin", "counter-end", "credit-card"] {
        let mut card = toll(id);
        unlock_if_possible(&mut card);
        for round in 0..20_000_usize {
            let length = usize::from(draw()[0]) % 40;
            let mut apdu: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| draw()).collect();
            apdu.truncate(length);
            // Two rounds in three begin like a command of the card, one of them with a fitting Lc.
            if round % 3 > 0 && apdu.len() > 5 {
                apdu[..2].copy_from_slice(&bytes(heads[round % heads.len()]));
                apdu[2] &= 0x9F;
                if round % 3 == 1 {
                    apdu[4] = (apdu.len() - 5) as u8;
                }
            }
            let answer = card.transmit(&apdu);
            assert!(
                (2..=258).contains(&answer.len()),
                "{} -> {}",
                text(&apdu),
                text(&answer)
            );
        }
        assert!(card.credits().is_empty(), "noise does not make money");
    }
}

fn unlock_if_possible(card: &mut TollCard) {
    card.transmit(&bytes("00A40000021001"));
    card.transmit(&bytes("0020000006313233343536"));
}

#[test]
fn get_balance_knows_the_wallet_only() {
    let mut card = normal();
    card.transmit(&bytes("00A40000021001"));
    expect(&mut card, "805C000204", "00000BB8 9000");
    expect(&mut card, "805C000200", "00000BB8 9000");
    expect(&mut card, "805C000208", "6C04");
    expect(&mut card, "805C000104", "6A86");
}

// ------------------------------------------------------------------------------------ PIN

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

#[test]
fn a_load_changes_balance_counter_log_proof_and_journal_together() {
    let mut card = normal();
    unlock(&mut card);
    let (answer, credit) = init(&mut card, 100_00, TERMINAL);
    assert_eq!(text(&answer[..8]), "00000BB800050100");
    let tac = card.transmit(&credit);
    // Balance after, counter before (reference §3.2); the numbers of worked example C.
    assert_eq!(text(&tac), "6D83C0189000");
    expect(&mut card, "805C000204", "000032C8 9000");
    expect(
        &mut card,
        "00B201C417",
        "0005 000000 00002710 02 010203040506 20240115 093000 9000",
    );
    let prove = card.transmit(&bytes("805A000202000608"));
    assert_eq!(prove[4..], tac);
    assert_eq!(
        prove[..4],
        credit[12..16],
        "the MAC is the MAC2 that was accepted"
    );
    assert_eq!((card.balance(), card.online_counter()), (130_00, 6));
    let [journal] = card.credits() else {
        panic!("one credit")
    };
    assert_eq!(
        (journal.counter, journal.amount, journal.balance),
        (5, 100_00, 130_00)
    );
    assert!(!journal.foreign);
}

#[test]
fn a_refused_credit_changes_nothing() {
    let mut card = normal();
    unlock(&mut card);
    let before = money(&card);
    expect(&mut card, "805200000B 20240115093000 895A7A09 04", "6985");
    let (_, mut credit) = init(&mut card, 100_00, TERMINAL);
    credit[15] ^= 1;
    assert_eq!(card.transmit(&credit), [0x93, 0x02]);
    credit[15] ^= 1;
    assert_eq!(
        card.transmit(&credit),
        [0x69, 0x85],
        "a wrong MAC2 ends the pending load"
    );
    assert_eq!(money(&card), before);
}

#[test]
fn a_credit_belongs_to_the_last_init_and_dies_with_power_or_selection() {
    let mut card = normal();
    unlock(&mut card);
    let (_, first) = init(&mut card, 100_00, TERMINAL);
    let (_, second) = init(&mut card, 50_00, TERMINAL);
    assert_eq!(card.transmit(&first), [0x93, 0x02]);
    assert_eq!(card.transmit(&second), [0x69, 0x85]);

    let (_, credit) = init(&mut card, 50_00, TERMINAL);
    card.power_on();
    card.transmit(&bytes("00A40000021001"));
    assert_eq!(card.transmit(&credit), [0x69, 0x85]);

    unlock(&mut card);
    let (_, credit) = init(&mut card, 50_00, TERMINAL);
    card.transmit(&bytes("00A40000021001"));
    assert_eq!(card.transmit(&credit), [0x69, 0x85]);

    let (_, credit) = init(&mut card, 50_00, TERMINAL);
    card.transmit(&bytes("805C000204"));
    assert_eq!(
        card.transmit(&credit)[4..],
        [0x90, 0x00],
        "reading in between does no harm"
    );
    assert_eq!(
        card.transmit(&credit),
        [0x69, 0x85],
        "and a credit is taken once"
    );
}

#[test]
fn a_refused_init_replaces_the_pending_load_too() {
    let mut card = normal();
    unlock(&mut card);
    let (_, credit) = init(&mut card, 50_00, TERMINAL);
    expect(&mut card, "805000020B 07 00000001 010203040506", "9403");
    assert_eq!(card.transmit(&credit), [0x69, 0x85]);
}

#[test]
fn the_third_wrong_mac2_in_a_row_locks_the_load_application() {
    let mut card = normal();
    let before = money(&card);
    for round in 0..3 {
        card.power_on();
        unlock(&mut card);
        let (_, mut credit) = init(&mut card, 1, TERMINAL);
        credit[12] ^= 0x80;
        assert_eq!(card.transmit(&credit), [0x93, 0x02], "round {round}");
    }
    expect(&mut card, "805000020B010000000101020304050610", "9303");
    expect(&mut card, "805200000B2024011509300000000000", "9303");
    assert_eq!(card.foreign_load(1, STAMP), None);
    assert_eq!(money(&card), before);
}

#[test]
fn an_accepted_credit_forgives_wrong_ones_and_the_knob_takes_the_lock_away() {
    let mut card = normal();
    unlock(&mut card);
    for _ in 0..4 {
        let (_, mut credit) = init(&mut card, 1, TERMINAL);
        credit[12] ^= 0x80;
        card.transmit(&credit);
        let (_, mut credit) = init(&mut card, 1, TERMINAL);
        credit[12] ^= 0x80;
        card.transmit(&credit);
        load(&mut card, 1);
    }
    let mut patient = with(|knobs| knobs.locks_after_3_bad_mac2 = false);
    unlock(&mut patient);
    for _ in 0..300 {
        let (_, mut credit) = init(&mut patient, 1, TERMINAL);
        credit[12] ^= 0x80;
        assert_eq!(patient.transmit(&credit), [0x93, 0x02]);
    }
    load(&mut patient, 1);
}

#[test]
fn init_refuses_by_name() {
    let mut card = normal();
    unlock(&mut card);
    expect(&mut card, "805000020B 41 00000001 010203040506 10", "9403");
    expect(&mut card, "805000020A 01 00000001 0102030405 10", "6700");
    expect(&mut card, "805001020B 01 00000001 010203040506 10", "6A86");
    expect(&mut card, "805000020B 01 FFFFFFFF 010203040506 10", "9401");
    init(&mut card, 0, TERMINAL);
    init(&mut card, 1, "FA0B0C0D0E0F");

    let mut end = toll("counter-end");
    unlock(&mut end);
    expect(&mut end, "805000020B 01 00000001 010203040506 10", "9402");
    let mut index = with(|knobs| knobs.wrong_key_index = true);
    unlock(&mut index);
    expect(&mut index, "805000020B 01 00000001 010203040506 10", "9403");
    let mut one = with(|knobs| knobs.refuses_one_fen = true);
    unlock(&mut one);
    expect(&mut one, "805000020B 01 00000001 010203040506 10", "6A80");
    init(&mut one, 2, TERMINAL);
    let mut odd = with(|knobs| knobs.refuses_odd_terminals = true);
    unlock(&mut odd);
    expect(&mut odd, "805000020B 01 00000001 F00203040506 10", "9401");
    init(&mut odd, 1, "EFFFFFFFFFFF");
}

#[test]
fn the_last_counter_can_be_spent_and_then_the_card_is_at_its_end() {
    let person = Personalisation {
        counter: 0xFFFE,
        ..Personalisation::factory(NUMBER)
    };
    let mut card = TollCard::new(&person, Knobs::default(), 1);
    card.power_on();
    unlock(&mut card);
    load(&mut card, 1);
    assert_eq!(card.transmit(&bytes("805A000202FFFF08")).len(), 10);
    expect(&mut card, "805000020B 01 00000001 010203040506 10", "9402");
    assert_eq!(card.foreign_load(1, STAMP), None);
}

#[test]
fn a_damaged_card_answers_6581_and_keeps_its_state() {
    let mut card = with(|knobs| knobs.damaged = true);
    unlock(&mut card);
    let before = money(&card);
    let (_, credit) = init(&mut card, 1, TERMINAL);
    assert_eq!(card.transmit(&credit), [0x65, 0x81]);
    assert_eq!(money(&card), before);
}

#[test]
fn foreign_keys_give_another_mac1() {
    let mut card = toll("foreign-keys");
    unlock(&mut card);
    let answer = card.transmit(&bytes("805000020B010000000101020304050610"));
    let number = card.number();
    let area = [0xB8, 0xCA, 0xCB, 0xE0, 0xB8, 0xCA, 0xCB, 0xE0];
    let key = diversify(&diversify(&demo::roots().load, &area), &number);
    let sk = load_session_key(&key, answer[8..12].try_into().unwrap(), 1);
    let mac1 = mac_single(
        &sk,
        &[&answer[..4], &bytes("00000001 02 010203040506")].concat(),
    );
    assert_ne!(answer[12..16], mac1);
}

#[test]
fn one_level_of_diversification_is_the_province_key_way() {
    let mut person = Personalisation::factory(NUMBER);
    person.roots.levels = Levels::One;
    let card = TollCard::new(&person, Knobs::default(), 1);
    assert_eq!(text(&card.keys.load), "40E609BC939462A5B0E0397BD5906E14");
    let card = with(|_| {});
    assert_eq!(text(&card.keys.load), "05F82EEAFBBD4A0DF303DB0923941613");
}

// ---------------------------------------------------------------------------------- proof

#[test]
fn each_profile_has_its_counter_for_the_proof() {
    for (want, before, after) in [
        (ProofCounter::After, false, true),
        (ProofCounter::Before, true, false),
        (ProofCounter::Both, true, true),
    ] {
        let mut card = with(|knobs| knobs.proof_counter = want);
        unlock(&mut card);
        load(&mut card, 1);
        card.power_on();
        card.transmit(&bytes("00A40000021001"));
        let shown = |answer: Vec<u8>| answer.len() == 10;
        assert_eq!(
            shown(card.transmit(&bytes("805A000202000508"))),
            before,
            "{want:?}"
        );
        assert_eq!(
            shown(card.transmit(&bytes("805A000202000608"))),
            after,
            "{want:?}"
        );
        expect(&mut card, "805A000202000708", "9406");
        expect(&mut card, "805A000602000608", "9406");
        expect(&mut card, "805A000302000608", "6A86");
        expect(&mut card, "805A00020100", "6700");
    }
}

#[test]
fn a_purchase_lowers_the_balance_and_replaces_a_proof_by_knob_only() {
    for (kept, load_shown, purchase_shown) in [
        (ProofsKept::LastLoad, true, false),
        (ProofsKept::LastAny, false, true),
        (ProofsKept::None, false, false),
    ] {
        let mut card = with(|knobs| knobs.proofs_kept = kept);
        unlock(&mut card);
        load(&mut card, 1);
        let tac = card.purchase(10_00, true, STAMP).unwrap();
        assert_eq!((card.balance(), card.online_counter()), (20_01, 6));
        card.power_on();
        card.transmit(&bytes("00A40000021001"));
        let load = card.transmit(&bytes("805A000202000608"));
        assert_eq!(load.len() == 10, load_shown, "{kept:?}");
        let purchase = card.transmit(&bytes("805A000902000108"));
        assert_eq!(purchase.len() == 10, purchase_shown, "{kept:?}");
        assert_eq!(
            purchase.get(4..8) == Some(&tac[..]),
            purchase_shown,
            "{kept:?}"
        );
    }
    let mut card = normal();
    assert_eq!(
        card.purchase(30_01, false, STAMP),
        Err(PurchaseRefused::Balance)
    );
}

#[test]
fn a_foreign_load_spends_a_counter_under_the_same_keys() {
    let mut card = with(|_| {});
    unlock(&mut card);
    let (_, credit) = init(&mut card, 1, TERMINAL);
    let tac = card.foreign_load(7_00, STAMP).unwrap();
    let message = bytes("00000E74 0005 000002BC 02 990000000001 20240115093000");
    assert_eq!(
        tac,
        mac_single(&tac_key(&card_key(demo::roots().tac)), &message)
    );
    assert_eq!((card.balance(), card.online_counter()), (37_00, 6));
    assert!(card.credits()[0].foreign);
    card.power_on();
    unlock(&mut card);
    assert_eq!(card.transmit(&credit), [0x69, 0x85]);
}

// --------------------------------------------------------------------------------- random

/// The randoms of two INITs in each of two power sessions.
fn randoms(quality: Random) -> [Vec<u8>; 4] {
    let mut card = with(|knobs| knobs.random = quality);
    let mut draw = |on: bool| {
        if on {
            card.power_on();
            unlock(&mut card);
        }
        init(&mut card, 1, TERMINAL).0[8..12].to_vec()
    };
    [draw(true), draw(false), draw(true), draw(false)]
}

#[test]
fn randoms_are_as_good_as_the_knob_says_and_repeat_per_seed() {
    let [a, b, c, d] = randoms(Random::Fresh);
    assert!(a != b && b != c && a != c && c != d && b != d);
    assert_eq!(randoms(Random::Fresh), [a, b, c, d]);
    let [a, b, c, d] = randoms(Random::Constant);
    assert!(a == b && b == c && c == d);
    let [a, b, c, d] = randoms(Random::RepeatsAfterReset);
    assert!(a == c && b == d && a != b);
}

// ---------------------------------------------------------------------------------- state

#[test]
fn a_saved_card_is_the_same_plastic_without_power() {
    let mut card = normal();
    unlock(&mut card);
    load(&mut card, 100_00);
    expect(&mut card, "0020000006303030303030", "63C2");
    let saved = serde_json::to_string(&Card::Toll(Box::new(card.clone()))).unwrap();
    let Card::Toll(mut restored) = serde_json::from_str(&saved).unwrap() else {
        panic!()
    };
    assert!(restored.transmit(&bytes("00A40000021001")).is_empty());
    card.power_off();
    assert_eq!(*restored, card);
    restored.power_on();
    restored.transmit(&bytes("00A40000021001"));
    assert_eq!(restored.transmit(&bytes("805A000202000608")).len(), 10);
}

#[test]
fn a_fork_goes_its_own_way_in_the_middle_of_a_load() {
    let mut card = normal();
    unlock(&mut card);
    let (_, credit) = init(&mut card, 100_00, TERMINAL);
    let mut fork = card.clone();
    assert_eq!(fork.transmit(&credit)[4..], [0x90, 0x00]);
    assert_eq!((card.balance(), fork.balance()), (30_00, 130_00));
    assert_eq!(card.transmit(&credit)[4..], [0x90, 0x00]);
    assert_eq!(card, fork);
}

#[test]
fn another_chip_says_what_it_is_not() {
    let mut card = demo::card("no-toll-card").unwrap();
    assert_eq!(card.power_on(), OTHER_CARD_ATR);
    assert_eq!(card.transmit(&bytes("00A40000021001")), [0x6A, 0x82]);
    assert_eq!(card.transmit(&bytes("00B0950000")), [0x6D, 0x00]);
    assert_eq!(card.transmit(&[]), [0x6D, 0x00]);
    assert!(card.as_toll().is_none());
}
