//! Loads, proofs, purchases, and the plastic itself.

use super::*;

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
fn an_init_clears_the_proof_by_knob_only() {
    for (clears, shown) in [(false, true), (true, false)] {
        let mut card = with(|knobs| knobs.init_clears_proof = clears);
        unlock(&mut card);
        load(&mut card, 1);
        // One that is refused clears nothing.
        expect(&mut card, "805000020B 41 00000001 010203040506 10", "9403");
        assert_eq!(card.transmit(&bytes("805A000202000608")).len(), 10);
        init(&mut card, 1, TERMINAL);
        let proof = card.transmit(&bytes("805A000202000608"));
        assert_eq!(proof.len() == 10, shown);
    }
}

#[test]
fn a_credit_follows_its_init_at_once_by_knob_only() {
    let mut card = with(|knobs| knobs.credit_only_after_init = true);
    unlock(&mut card);
    let before = money(&card);
    let (_, credit) = init(&mut card, 50_00, TERMINAL);
    card.transmit(&bytes("805C000204"));
    assert_eq!(card.transmit(&credit), [0x69, 0x85]);
    assert_eq!(money(&card), before);
    load(&mut card, 50_00);
}

#[test]
fn a_card_may_keep_its_log_to_itself() {
    let mut card = with(|knobs| knobs.hides_log = true);
    unlock(&mut card);
    load(&mut card, 1);
    expect(&mut card, "00B201C417", "6982");
    assert_eq!(card.transmit(&bytes("00B201CC2B")).len(), 45);
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
