//! Descriptors of unusual readers, walked as a host walks them.

use super::*;

fn configuration(reader: &Reader) -> Vec<u8> {
    reader.control_in(get(0x80, 0x0200, 1024)).unwrap()
}

/// bDescriptorType and bLength of each, as far as the lengths lead.
fn walk(all: &[u8]) -> Vec<(u8, u8)> {
    let mut kinds = Vec::new();
    let mut rest = all;
    while let &[length, kind, ..] = rest {
        kinds.push((kind, length));
        match rest.get(usize::from(length)..) {
            Some(next) if length > 0 => rest = next,
            _ => break,
        }
    }
    kinds
}

#[test]
fn the_class_descriptor_says_what_the_knobs_say() {
    let reader = Reader::with(Model {
        slots: 2,
        voltages: 0x03,
        data_rates: &[10_752],
        announced_message: 0xFFFF_FFFF,
        announced_ifsd: 0,
        busy_slots: 2,
        ..Model::tpdu_t0()
    });
    let all = configuration(&reader);
    // 36 21, CCID 1.10, slots less one, voltages, T=0 and T=1, 4000 kHz twice, no list of clocks,
    // 10752 and 344086 bit/s, one rate, IFSD 0, none of the rest, features, the length, and the end.
    let expected = "3621 1001 01 03 03000000 A00F0000 A00F0000 00 002A0000 16400500 01 00000000 \
                    00000000 00000000 30020100 FFFFFFFF FFFF 0000 00 02";
    assert_eq!(all[18..72], bytes(expected));
}

#[test]
fn levels_are_told_by_features() {
    let features = |model| {
        let all = configuration(&Reader::with(model));
        text(&all[18 + 40..18 + 44])
    };
    assert_eq!(features(Model::extended_apdu()), "BE040400");
    assert_eq!(features(Model::tpdu_t1()), "30020100");
    assert_eq!(features(Model::character()), "30000000");
}

#[test]
fn tokens_that_are_their_own_reader_have_no_endpoints() {
    for (version, protocol) in [(Transport::IccdA, 1), (Transport::IccdB, 2)] {
        let all = configuration(&Reader::with(Model::iccd(version)));
        assert_eq!(walk(&all), [(2, 9), (4, 9), (0x21, 54)]);
        assert_eq!((all[13], all[16]), (0, protocol));
    }
}

#[test]
fn without_notifications_there_are_two_endpoints() {
    let mut reader = Reader::with(Model {
        interrupt: false,
        ..Model::short_apdu()
    });
    let all = configuration(&reader);
    assert_eq!(walk(&all), [(2, 9), (4, 9), (0x21, 54), (5, 7), (5, 7)]);
    assert_eq!(all[13], 2);
    reader.insert(demo::card("normal").unwrap());
    assert_eq!(reader.interrupt_in(), None);
}

#[test]
fn at_high_speed_packets_have_512_bytes_and_both_speeds_are_described() {
    let mut reader = Reader::with(Model {
        high_speed: true,
        ..Model::short_apdu()
    });
    let all = configuration(&reader);
    assert_eq!(
        text(&all[72..86]),
        "07050102000200 07058202000200".replace(' ', "")
    );
    let qualifier = reader.control_in(get(0x80, 0x0600, 10)).unwrap();
    assert_eq!(text(&qualifier), "0A060002000000400100");
    let other = reader.control_in(get(0x80, 0x0700, 255)).unwrap();
    assert_eq!((other[1], other[76], other[77]), (7, 64, 0));
    let slow = Reader::with(Model::short_apdu());
    assert_eq!(slow.control_in(get(0x80, 0x0600, 10)), Err(Stall));
    reader.insert(demo::card("normal").unwrap());
    exchange(&mut reader, POWER_ON);
    reader
        .bulk_out(&bytes("6F05000000000100000000B0960037"))
        .unwrap();
    let BulkIn::Packet(whole) = reader.bulk_in(512) else {
        panic!()
    };
    assert_eq!(whole.len(), 67, "one packet");
}

#[test]
fn the_odd_ones_are_odd_in_the_way_they_say() {
    let kinds = |oddity| {
        walk(&configuration(&Reader::with(Model {
            oddity,
            ..Model::short_apdu()
        })))
    };
    let last = [(2, 9), (4, 9), (5, 7), (5, 7), (5, 7), (0x21, 54)];
    assert_eq!(kinds(Oddity::ClassDescriptorLast), last);
    assert_eq!(kinds(Oddity::LengthZero), [(2, 9), (4, 9), (0x21, 0)]);
    assert_eq!(
        kinds(Oddity::LengthBeyondEnd),
        [(2, 9), (4, 9), (0x21, 255)]
    );
}

#[test]
fn behind_a_keyboard_the_reader_is_interface_1() {
    let mut reader = Reader::with(Model {
        keyboard_first: true,
        ..Model::short_apdu()
    });
    let all = configuration(&reader);
    let keyboard = [(4, 9), (0x21, 9), (5, 7)];
    assert_eq!(walk(&all)[1..4], keyboard);
    assert_eq!(
        walk(&all)[4..],
        [(4, 9), (0x21, 54), (5, 7), (5, 7), (5, 7)]
    );
    assert_eq!(
        (all[4], all[34 + 2]),
        (2, 1),
        "two interfaces; bInterfaceNumber"
    );
    let abort = |index| Setup {
        request_type: 0x21,
        request: 1,
        value: 0x0500,
        index,
        length: 0,
    };
    assert_eq!(reader.control_out(abort(0)), Err(Stall));
    assert_eq!(reader.control_out(abort(1)), Ok(()));
}

#[test]
fn a_configuration_can_be_left_and_taken_again() {
    let mut reader = Reader::new(VENDOR_CLASS);
    let set = |value| Setup {
        request_type: 0,
        request: 9,
        value,
        index: 0,
        length: 0,
    };
    let which = Setup {
        request_type: 0x80,
        request: 8,
        value: 0,
        index: 0,
        length: 1,
    };
    assert_eq!(reader.control_in(which), Ok(vec![1]));
    assert_eq!(reader.control_out(set(0)), Ok(()));
    assert_eq!(reader.control_in(which), Ok(vec![0]));
    assert_eq!(reader.control_out(set(2)), Err(Stall));
    assert_eq!(reader.control_out(set(1)), Ok(()));
    assert_eq!(reader.control_in(which), Ok(vec![1]));
}
