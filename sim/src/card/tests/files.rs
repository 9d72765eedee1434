//! Files, records and unknown commands.

use super::*;

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
