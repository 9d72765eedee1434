//! Behaviour of the reader, transfer by transfer.

use super::endpoint0::Setup;
use super::*;
use crate::card::{Knobs, Personalisation, TOLL_CARD_ATR, TollCard};
use crate::demo;
use crate::hex::{bytes, text};

mod chaining;
mod descriptors;
mod faults;
mod slots;
mod tpdu;

const PACKET: usize = 64;

fn with_card(id: &str) -> Reader {
    let mut reader = Reader::new(VENDOR_CLASS);
    assert!(reader.insert(demo::card(id).unwrap()).is_none());
    reader
}

/// Takes one message out of the reader, packet by packet.
#[track_caller]
fn receive(reader: &mut Reader) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let BulkIn::Packet(packet) = reader.bulk_in(PACKET) else {
            panic!("no packet")
        };
        whole.extend(&packet);
        if packet.len() < PACKET {
            return whole;
        }
    }
}

/// One command in hexadecimal, its whole answer in hexadecimal.
#[track_caller]
fn exchange(reader: &mut Reader, message: &str) -> String {
    assert_eq!(reader.bulk_out(&bytes(message)), Ok(()));
    let answer = receive(reader);
    assert_eq!(reader.bulk_in(PACKET), BulkIn::Empty);
    text(&answer)
}

/// One APDU through XfrBlock; the card's answer or bStatus and bError.
#[track_caller]
fn apdu(reader: &mut Reader, command: &str) -> Result<Vec<u8>, [u8; 2]> {
    let command = bytes(command);
    let mut message = vec![0x6F, command.len() as u8, 0, 0, 0, 0, 7, 0, 0, 0];
    message.extend(command);
    assert_eq!(reader.bulk_out(&message), Ok(()));
    let answer = receive(reader);
    assert_eq!((answer[0], answer[5], answer[6]), (0x80, 0, 7));
    assert_eq!(usize::from(answer[1]), answer.len() - 10);
    if answer[7] == 0 {
        Ok(answer[10..].to_vec())
    } else {
        Err([answer[7], answer[8]])
    }
}

const POWER_ON: &str = "62 00000000 00 01 000000";

fn get(request_type: u8, value: u16, length: u16) -> Setup {
    Setup {
        request_type,
        request: 6,
        value,
        index: 0,
        length,
    }
}

#[test]
fn descriptors_are_whole_and_say_what_kind_of_reader_this_is() {
    for (class, product) in [(VENDOR_CLASS, 1), (SMART_CARD_CLASS, 2)] {
        let reader = Reader::new(class);
        let device = reader.control_in(get(0x80, 0x0100, 64)).unwrap();
        assert_eq!(device.len(), 18);
        assert_eq!(device[8..12], [0x09, 0x12, product, 0]);
        let head = reader.control_in(get(0x80, 0x0200, 9)).unwrap();
        assert_eq!(head.len(), 9);
        let total = u16::from_le_bytes([head[2], head[3]]);
        let all = reader.control_in(get(0x80, 0x0200, total)).unwrap();
        assert_eq!(all.len(), usize::from(total));
        // Walk the descriptors by their own lengths.
        let mut kinds = Vec::new();
        let mut rest = &all[..];
        while let [length, kind, ..] = *rest {
            kinds.push((kind, length));
            rest = &rest[usize::from(length)..];
        }
        assert_eq!(kinds, [(2, 9), (4, 9), (0x21, 54), (5, 7), (5, 7), (5, 7)]);
        assert_eq!(all[14], class);
        let ccid = &all[18..72];
        assert_eq!(text(&ccid[40..44]), "BA040200", "dwFeatures");
        assert_eq!(text(&ccid[44..48]), "0F010000", "dwMaxCCIDMessageLength");
        assert_eq!(ccid[53], 1, "bMaxCCIDBusySlots");
        assert_eq!([all[74], all[81], all[88]], [0x01, 0x82, 0x83], "endpoints");
    }
}

#[test]
fn strings_and_standard_requests_answer_and_others_stall() {
    let reader = Reader::new(VENDOR_CLASS);
    let product = reader.control_in(get(0x80, 0x0302, 255)).unwrap();
    assert_eq!(usize::from(product[0]), product.len());
    assert_eq!(&product[2..6], b"V\0i\0");
    assert_eq!(
        reader.control_in(get(0x80, 0x0300, 255)),
        Ok(vec![4, 3, 9, 4])
    );
    assert_eq!(reader.control_in(get(0x80, 0x0304, 255)), Err(Stall));
    assert_eq!(reader.control_in(get(0x80, 0x0201, 255)), Err(Stall));
    // GET_CLOCK_FREQUENCIES is optional and not there.
    let class = Setup {
        request_type: 0xA1,
        request: 2,
        value: 0,
        index: 0,
        length: 4,
    };
    assert_eq!(reader.control_in(class), Err(Stall));
}

#[test]
fn slot_status_tells_absent_present_and_powered() {
    let mut reader = Reader::new(VENDOR_CLASS);
    assert_eq!(
        exchange(&mut reader, "65000000000001000000"),
        "81000000000001020000"
    );
    reader.insert(demo::card("normal").unwrap());
    assert_eq!(
        exchange(&mut reader, "65000000000002000000"),
        "81000000000002010000"
    );
    exchange(&mut reader, POWER_ON);
    assert_eq!(
        exchange(&mut reader, "650000000000FF000000"),
        "810000000000FF000000"
    );
    assert_eq!(
        exchange(&mut reader, "63000000000004000000"),
        "81000000000004010001"
    );
    assert_eq!(
        exchange(&mut reader, "65000000000005000000"),
        "81000000000005010000"
    );
}

#[test]
fn power_on_answers_the_atr_and_doing_it_again_is_a_warm_reset() {
    let mut reader = with_card("normal");
    let atr = text(TOLL_CARD_ATR);
    for _ in 0..2 {
        assert_eq!(
            exchange(&mut reader, POWER_ON),
            format!("80110000000001000000{atr}")
        );
        apdu(&mut reader, "00A40000021001").unwrap();
        assert_eq!(
            apdu(&mut reader, "0020000006313233343536"),
            Ok(vec![0x90, 0x00])
        );
    }
    exchange(&mut reader, POWER_ON);
    apdu(&mut reader, "00A40000021001").unwrap();
    let init = "805000020B010000000101020304050610";
    assert_eq!(
        apdu(&mut reader, init),
        Ok(vec![0x69, 0x82]),
        "the PIN state is gone"
    );
    assert_eq!(
        exchange(&mut reader, "62000000000001040000"),
        "80000000000001400700"
    );
}

#[test]
fn without_card_or_power_commands_fail_with_icc_mute() {
    let mut reader = Reader::new(VENDOR_CLASS);
    assert_eq!(exchange(&mut reader, POWER_ON), "8000000000000142FE00");
    assert_eq!(apdu(&mut reader, "00A40000021001"), Err([0x42, 0xFE]));
    assert_eq!(
        exchange(&mut reader, "6C000000000001000000"),
        "8200000000000142FE00"
    );
    reader.insert(demo::card("normal").unwrap());
    assert_eq!(apdu(&mut reader, "00A40000021001"), Err([0x41, 0xFE]));
}

#[test]
fn fields_that_are_wrong_are_named_by_their_offset() {
    let mut reader = with_card("normal");
    exchange(&mut reader, POWER_ON);
    assert_eq!(
        exchange(&mut reader, "65000000000101000000"),
        "81000000000101420500"
    );
    assert_eq!(
        exchange(&mut reader, "6501000000000100000000"),
        "81000000000001400100"
    );
    assert_eq!(
        exchange(&mut reader, "6F05000000000100000000A40000"),
        "80000000000001400100"
    );
    assert_eq!(
        exchange(&mut reader, "6F000000000001000000"),
        "80000000000001400100"
    );
    assert_eq!(
        exchange(&mut reader, "6F04000000000100010000A40000"),
        "80000000000001400800"
    );
    assert_eq!(
        exchange(&mut reader, "6105000000000101000000000000FF"),
        "82000000000001400700"
    );
    assert_eq!(
        exchange(&mut reader, "6104000000000100000011000000"),
        "82000000000001400100"
    );
}

#[test]
fn parameters_are_those_of_t0_and_can_be_set_and_reset() {
    let mut reader = with_card("normal");
    exchange(&mut reader, POWER_ON);
    let standard = "8205000000000100000011 00000A00".replace(' ', "");
    assert_eq!(exchange(&mut reader, "6C000000000001000000"), standard);
    let faster = exchange(&mut reader, "610500000000010000001300000A00");
    assert_eq!(faster, "820500000000010000001300000A00");
    assert_eq!(exchange(&mut reader, "6C000000000001000000"), faster);
    assert_eq!(exchange(&mut reader, "6D000000000001000000"), standard);
}

#[test]
fn escape_and_what_is_no_command_are_not_supported_and_a_rate_has_eight_bytes() {
    let mut reader = with_card("normal");
    assert_eq!(
        exchange(&mut reader, "6B000000000009000000"),
        "83000000000009410000"
    );
    assert_eq!(
        exchange(&mut reader, "69000000000009000000"),
        "80000000000009410000"
    );
    assert_eq!(
        exchange(&mut reader, "73000000000009000000"),
        "84000000000009410100"
    );
    assert_eq!(
        exchange(&mut reader, "FF000000000009000000"),
        "81000000000009410000"
    );
}

#[test]
fn an_abort_has_two_halves_with_one_sequence_number() {
    let mut reader = with_card("normal");
    let abort = |value| Setup {
        request_type: 0x21,
        request: 1,
        value,
        index: 0,
        length: 0,
    };
    assert_eq!(reader.control_out(abort(0x0500)), Ok(()));
    assert_eq!(exchange(&mut reader, POWER_ON), "8000000000000141FF00");
    assert_eq!(
        exchange(&mut reader, "72000000000006000000"),
        "81000000000006410600"
    );
    assert_eq!(
        exchange(&mut reader, "72000000000005000000"),
        "81000000000005010000"
    );
    assert!(exchange(&mut reader, POWER_ON).starts_with("8011"));
    // The bulk half may come first; then its answer waits for the other half.
    reader.bulk_out(&bytes("72000000000008000000")).unwrap();
    assert_eq!(reader.bulk_in(PACKET), BulkIn::Empty);
    assert_eq!(reader.control_out(abort(0x0800)), Ok(()));
    assert_eq!(text(&receive(&mut reader)), "81000000000008000000");
    assert_eq!(
        reader.control_out(abort(0x0501)),
        Err(Stall),
        "no such slot"
    );
}

#[test]
fn long_answers_come_in_packets() {
    let mut reader = with_card("normal");
    exchange(&mut reader, POWER_ON);
    // 55 bytes and SW are 57: with the header 67.
    reader
        .bulk_out(&bytes("6F05000000000100000000B0960037"))
        .unwrap();
    let BulkIn::Packet(first) = reader.bulk_in(PACKET) else {
        panic!()
    };
    assert_eq!(first.len(), 64);
    let BulkIn::Packet(second) = reader.bulk_in(PACKET) else {
        panic!()
    };
    assert_eq!(second.len(), 3);
    assert_eq!(second[1..], [0x90, 0x00]);
    // One transfer with more room takes both packets.
    reader
        .bulk_out(&bytes("6F05000000000100000000B0960037"))
        .unwrap();
    let BulkIn::Packet(whole) = reader.bulk_in(512) else {
        panic!()
    };
    assert_eq!(whole, [first, second].concat());
}

#[test]
fn an_answer_of_whole_packets_is_followed_by_a_zero_length_packet() {
    let mut reader = with_card("normal");
    exchange(&mut reader, POWER_ON);
    // 52 bytes and SW are 54: with the header exactly 64.
    let read = bytes("6F05000000000100000000B0960034");
    reader.bulk_out(&read).unwrap();
    let BulkIn::Packet(first) = reader.bulk_in(PACKET) else {
        panic!()
    };
    assert_eq!(first.len(), 64);
    assert_eq!(reader.bulk_in(PACKET), BulkIn::Packet(Vec::new()));
    assert_eq!(reader.bulk_in(PACKET), BulkIn::Empty);
    // With more room the zero-length packet ends the transfer and is not seen.
    reader.bulk_out(&read).unwrap();
    assert_eq!(reader.bulk_in(512), BulkIn::Packet(first));
    assert_eq!(reader.bulk_in(512), BulkIn::Empty);
}

#[test]
fn a_host_that_asks_for_too_little_gets_babble_and_loses_the_packet() {
    let mut reader = with_card("normal");
    reader.bulk_out(&bytes(POWER_ON)).unwrap();
    assert_eq!(reader.bulk_in(10), BulkIn::Babble);
    assert_eq!(reader.bulk_in(PACKET), BulkIn::Empty);
}

#[test]
fn a_message_may_come_in_several_transfers_of_whole_packets() {
    let mut reader = with_card("normal");
    exchange(&mut reader, POWER_ON);
    // 04D6 with 55 + 4 bytes: 74 bytes with the CCID header.
    let mut message = bytes("6F40000000000100000004D696003B");
    message.resize(74, 0);
    reader.bulk_out(&message[..64]).unwrap();
    assert_eq!(reader.bulk_in(PACKET), BulkIn::Empty);
    reader.bulk_out(&message[64..]).unwrap();
    assert!(text(&receive(&mut reader)).ends_with("6984"));
    // A short packet ends the message, whole or not.
    reader.bulk_out(&message[..20]).unwrap();
    assert_eq!(text(&receive(&mut reader)), "80000000000001400100");
    // A lone zero-length packet is nothing.
    assert_eq!(reader.bulk_out(&[]), Ok(()));
    assert_eq!(reader.bulk_in(PACKET), BulkIn::Empty);
}

#[test]
fn a_broken_message_halts_both_endpoints_until_the_halt_is_cleared() {
    for broken in ["65", "6F FFFFFFFF 00 01 000000", "6F 06010000 00 01 000000"] {
        let mut reader = with_card("normal");
        reader.bulk_out(&bytes(POWER_ON)).unwrap();
        assert_eq!(reader.bulk_out(&bytes(broken)), Err(Stall));
        assert_eq!(reader.bulk_out(&bytes(POWER_ON)), Err(Stall));
        assert_eq!(reader.bulk_in(PACKET), BulkIn::Stall);
        let status = |index| Setup {
            request_type: 0x82,
            request: 0,
            value: 0,
            index,
            length: 2,
        };
        assert_eq!(reader.control_in(status(0x82)), Ok(vec![1, 0]));
        reader.clear_halt(Endpoint::Out);
        reader.clear_halt(Endpoint::In);
        assert_eq!(reader.control_in(status(0x01)), Ok(vec![0, 0]));
        assert_eq!(
            reader.bulk_in(PACKET),
            BulkIn::Empty,
            "what was interrupted is lost"
        );
        assert!(exchange(&mut reader, POWER_ON).starts_with("8011"));
    }
}

#[test]
fn set_configuration_and_reset_start_anew() {
    let mut reader = with_card("normal");
    reader.bulk_out(&bytes(POWER_ON)).unwrap();
    let configure = Setup {
        request_type: 0,
        request: 9,
        value: 1,
        index: 0,
        length: 0,
    };
    assert_eq!(reader.control_out(configure), Ok(()));
    assert_eq!(reader.bulk_in(PACKET), BulkIn::Empty);
    assert_eq!(
        exchange(&mut reader, "65000000000001000000"),
        "81000000000001000000"
    );
    reader.reset();
    assert_eq!(
        exchange(&mut reader, "65000000000001000000"),
        "81000000000001010000"
    );
}

#[test]
fn insert_and_remove_notify_once_each_and_the_latest_state_counts() {
    let mut reader = Reader::new(VENDOR_CLASS);
    assert_eq!(reader.interrupt_in(), None);
    reader.insert(demo::card("normal").unwrap());
    assert_eq!(reader.interrupt_in(), Some(vec![0x50, 0x03]));
    assert_eq!(reader.interrupt_in(), None);
    let card = reader.remove().unwrap();
    reader.insert(card);
    reader.remove().unwrap();
    assert_eq!(reader.interrupt_in(), Some(vec![0x50, 0x02]));
    assert_eq!(reader.interrupt_in(), None);
    assert!(reader.remove().is_none());
    assert_eq!(reader.interrupt_in(), None, "nothing was there to remove");
}

#[test]
fn inserting_over_a_card_gives_the_other_one_back() {
    let mut reader = with_card("normal");
    let before = reader.insert(demo::card("torn").unwrap()).unwrap();
    assert_eq!(before.as_toll().map(TollCard::number), Some(number(0x17)));
    assert_eq!(
        reader.card().and_then(Card::as_toll).map(TollCard::number),
        Some([0x22, 0x01, 0x23, 0x01, 0x00, 0x00, 0x01, 0x40])
    );
}

fn number(end: u8) -> [u8; 8] {
    [0x22, 0x01, 0x23, 0x01, 0x00, 0x00, 0x00, end]
}

/// A reader with a card that has an open load, and the CREDIT that fits it.
fn ready_to_credit() -> (Reader, String) {
    let person = Personalisation {
        balance: 50_00,
        ..Personalisation::factory(number(0x17))
    };
    let mut reader = Reader::new(VENDOR_CLASS);
    let card = TollCard::new(&person, Knobs::default(), 1);
    reader.insert(Card::Toll(Box::new(card)));
    reader.interrupt_in();
    exchange(&mut reader, POWER_ON);
    apdu(&mut reader, "00A40000021001").unwrap();
    apdu(&mut reader, "0020000006313233343536").unwrap();
    let init = apdu(&mut reader, "805000020B010000000101020304050610").unwrap();
    let area = [0xB8, 0xCA, 0xCB, 0xE0, 0xB8, 0xCA, 0xCB, 0xE0];
    let province = crate::crypto::diversify(&demo::roots().load, &area);
    let key = crate::crypto::diversify(&province, &number(0x17));
    let sk = crate::crypto::load_session_key(&key, init[8..12].try_into().unwrap(), 0);
    let message = bytes("00000001 02 010203040506 20240115093000");
    let mac2 = text(&crate::crypto::mac_single(&sk, &message));
    (reader, format!("805200000B20240115093000{mac2}04"))
}

#[test]
fn a_tear_before_the_credit_leaves_the_card_as_it_was() {
    let (mut reader, credit) = ready_to_credit();
    reader.tear_next_write(Some(Tear::Before));
    apdu(&mut reader, "805C000204").unwrap();
    assert_eq!(
        reader.tear_armed(),
        Some(Tear::Before),
        "other commands do not tear"
    );
    assert_eq!(apdu(&mut reader, &credit), Err([0x42, 0xFE]));
    assert_eq!(reader.tear_armed(), None);
    assert_eq!(reader.interrupt_in(), Some(vec![0x50, 0x02]));
    assert!(reader.card().is_none());
    let card = reader.take_pulled().unwrap();
    assert_eq!(card.as_toll().map(TollCard::balance), Some(50_00));
    assert!(card.as_toll().unwrap().credits().is_empty());
    assert!(reader.take_pulled().is_none());
}

#[test]
fn a_tear_after_the_credit_leaves_the_money_on_the_card_and_the_host_in_the_dark() {
    let (mut reader, credit) = ready_to_credit();
    reader.tear_next_write(Some(Tear::After));
    assert_eq!(apdu(&mut reader, &credit), Err([0x42, 0xFE]));
    let card = reader.take_pulled().unwrap();
    assert_eq!(card.as_toll().map(TollCard::balance), Some(50_01));
    assert_eq!(card.as_toll().map(|card| card.credits().len()), Some(1));
    reader.insert(card);
    exchange(&mut reader, POWER_ON);
    apdu(&mut reader, "00A40000021001").unwrap();
    assert_eq!(apdu(&mut reader, "805A000202000108").unwrap().len(), 10);
}

#[test]
fn a_refused_credit_is_not_torn_after_and_a_tear_can_be_disarmed() {
    let (mut reader, credit) = ready_to_credit();
    reader.tear_next_write(Some(Tear::After));
    let wrong = credit.replace("0930", "0931");
    assert_eq!(apdu(&mut reader, &wrong), Ok(vec![0x93, 0x02]));
    assert_eq!(reader.tear_armed(), Some(Tear::After));
    let (mut reader, credit) = ready_to_credit();
    reader.tear_next_write(Some(Tear::Before));
    reader.tear_next_write(None);
    assert_eq!(apdu(&mut reader, &credit).unwrap().len(), 6);
}

/// A card in its master file, and a secured write of its holder file.
fn ready_to_write() -> (Reader, String) {
    let mut reader = with_card("card-new");
    exchange(&mut reader, POWER_ON);
    let challenge = apdu(&mut reader, "0084000004").unwrap();
    let number = bytes("2201230100000157");
    let area = bytes("B8CACBE0B8CACBE0").try_into().unwrap();
    let province = crate::crypto::diversify(&crate::demo::roots().damk, &area);
    let key = crate::crypto::diversify(&province, &number.try_into().unwrap());
    let iv = [&challenge[..4], &[0; 4]].concat().try_into().unwrap();
    let write = format!("04D696003B{}", "5A".repeat(55));
    let mac = crate::crypto::mac_retail(&key, &iv, &bytes(&write));
    (reader, write + &text(&mac))
}

/// The holder file of the card, whose first bytes are written.
fn half() -> Vec<u8> {
    [[0x5A; 27].as_slice(), &[0; 28]].concat()
}

#[test]
fn a_card_pulled_within_a_secured_write_has_half_of_it() {
    let (mut reader, write) = ready_to_write();
    reader.tear_next_write(Some(Tear::Within));
    assert_eq!(apdu(&mut reader, &write), Err([0x42, 0xFE]));
    assert_eq!(reader.tear_armed(), None);
    let card = reader.take_pulled().unwrap();
    assert_eq!(card.as_toll().unwrap().holder_file(), half());

    // A CREDIT has no middle.
    let (mut reader, credit) = ready_to_credit();
    reader.tear_next_write(Some(Tear::Within));
    assert_eq!(apdu(&mut reader, &credit).unwrap().len(), 6);
    assert_eq!(reader.tear_armed(), Some(Tear::Within));
}

#[test]
fn a_card_that_loses_its_power_is_mute_until_it_has_it_again() {
    let (mut reader, write) = ready_to_write();
    reader.arm(Fault::CardLosesPower, 0, Ending::AfterOne);
    assert_eq!(apdu(&mut reader, &write), Err([0x40, 0xFE]));
    assert_eq!(apdu(&mut reader, "00B0960037"), Err([0x40, 0xFE]));
    assert_eq!(reader.marks(), [Fault::CardLosesPower]);
    exchange(&mut reader, POWER_ON);
    let file = apdu(&mut reader, "00B0960037").unwrap();
    assert_eq!(file[..55], half());
}

#[test]
fn a_spoiled_mac_is_a_wrong_one() {
    let (mut reader, write) = ready_to_write();
    reader.arm(Fault::MacSpoiled, 0, Ending::AfterOne);
    assert_eq!(apdu(&mut reader, &write), Ok(vec![0x69, 0x88]));
    let card = reader.card().and_then(Card::as_toll).unwrap();
    assert_eq!(card.holder_file(), [0; 55]);
}

#[test]
fn any_other_command_can_be_torn_by_its_ins() {
    let mut reader = with_card("normal");
    exchange(&mut reader, POWER_ON);
    reader.tear_next(0xB0, Some(Tear::After));
    apdu(&mut reader, "00A40000023F00").unwrap();
    assert_eq!(apdu(&mut reader, "00B0960037"), Err([0x42, 0xFE]));
}

#[test]
fn a_slow_card_asks_for_time_under_the_same_sequence_number() {
    let mut reader = with_card("normal");
    exchange(&mut reader, POWER_ON);
    reader.set_time_extensions(2);
    reader
        .bulk_out(&bytes("6F05000000000900000000B0960001"))
        .unwrap();
    for _ in 0..2 {
        assert_eq!(text(&receive(&mut reader)), "80000000000009800100");
    }
    assert_eq!(text(&receive(&mut reader)), "80030000000009000000009000");
}

#[test]
fn any_bytes_leave_the_reader_alive() {
    let mut reader = with_card("normal");
    // A fixed congruential sequence: quality does not matter, repeatability does.
    let mut state = 7_u32;
    let mut draw = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for round in 0..20_000_u32 {
        let mut message: Vec<u8> = (0..draw() % 80).map(|_| draw()).collect();
        if round % 2 == 0 && message.len() > 10 {
            message[0] = 0x61 + message[0] % 0x13;
            message[1] = message.len() as u8 - 10;
            message[2..6].fill(0);
        }
        if reader.bulk_out(&message).is_err() {
            reader.clear_halt(Endpoint::Out);
            reader.clear_halt(Endpoint::In);
        }
        while reader.bulk_in(PACKET) != BulkIn::Empty {}
    }
    reader.reset();
    assert!(exchange(&mut reader, POWER_ON).starts_with("8011"));
}
