//! Several slots, and several functions in one plug.

use super::*;

fn two_slots(busy_slots: u8) -> Reader {
    let mut reader = Reader::with(Model {
        slots: 2,
        busy_slots,
        ..Model::short_apdu()
    });
    reader.insert_into(0, demo::card("normal").unwrap());
    reader.insert_into(1, demo::card("no-toll-card").unwrap());
    reader
}

#[test]
fn each_slot_has_its_own_card_and_power() {
    let mut reader = two_slots(1);
    assert!(exchange(&mut reader, "62000000000101000000").starts_with("80090000000101"));
    assert_eq!(
        exchange(&mut reader, "65000000000001000000"),
        "81000000000001010000"
    );
    assert_eq!(
        exchange(&mut reader, "65000000000101000000"),
        "81000000000101000000"
    );
    assert_eq!(
        exchange(&mut reader, "65000000000201000000"),
        "81000000000201420500"
    );
}

#[test]
fn notifications_have_two_bits_for_each_slot() {
    let mut reader = two_slots(1);
    assert_eq!(reader.interrupt_in(), Some(vec![0x50, 0b1111]));
    reader.remove_from(1).unwrap();
    assert_eq!(reader.interrupt_in(), Some(vec![0x50, 0b1001]));
    let mut reader = Reader::with(Model {
        slots: 5,
        ..Model::short_apdu()
    });
    reader.insert_into(4, demo::card("normal").unwrap());
    assert_eq!(reader.interrupt_in(), Some(vec![0x50, 0, 0b11]));
}

#[test]
fn how_many_slots_work_at_once_is_the_readers_limit() {
    for (busy_slots, second) in [(1, "8000000000010242E000"), (2, "80090000000102")] {
        let mut reader = two_slots(busy_slots);
        reader.arm(Fault::Late, 0, Ending::AfterOne);
        reader.bulk_out(&bytes("62000000000001000000")).unwrap();
        let answer = exchange(&mut reader, "62000000000102000000");
        let busy_is_inactive = second.replace("42E0", "41E0");
        assert!(answer.starts_with(&busy_is_inactive), "{answer}");
        // The slot itself takes nothing more.
        let answer = exchange(&mut reader, "65000000000003000000");
        assert_eq!(&answer[14..18], "40E0");
        reader.tick(LATE);
        assert!(text(&receive(&mut reader)).starts_with("80110000000001"));
    }
}

#[test]
fn two_readers_in_one_plug_have_interfaces_and_endpoints_of_their_own() {
    let mut contact = Reader::with(Model::tpdu_t0());
    contact.insert(demo::card("normal").unwrap());
    let mut device = Device::new(vec![Reader::with(Model::extended_apdu()), contact]);
    let all = device.control_in(get(0x80, 0x0200, 1024)).unwrap();
    assert_eq!((all[4], all.len()), (2, 9 + 2 * 84));
    assert_eq!(all[9 + 84 + 2], 1, "bInterfaceNumber");
    let endpoints = [all[9 + 84 + 65], all[9 + 84 + 72], all[9 + 84 + 79]];
    assert_eq!(endpoints, [0x04, 0x85, 0x86]);
    device
        .bulk_out(0x04, &bytes("65000000000001000000"))
        .unwrap();
    assert_eq!(device.transfer_in(0x82, 64), BulkIn::Empty);
    let status = BulkIn::Packet(bytes("81000000000001010000"));
    assert_eq!(device.transfer_in(0x85, 64), status);
    assert_eq!(
        device.transfer_in(0x86, 8),
        BulkIn::Packet(vec![0x50, 0x03])
    );
    assert_eq!(device.transfer_in(0x87, 8), BulkIn::Stall);
    assert_eq!(device.bulk_out(0x82, &[]), Err(Stall));
    // CLEAR_FEATURE(ENDPOINT_HALT) finds the function by its endpoint.
    assert_eq!(device.bulk_out(0x04, &[0x65]), Err(Stall));
    assert_eq!(device.transfer_in(0x85, 64), BulkIn::Stall);
    for endpoint in [0x04, 0x85] {
        let clear = Setup {
            request_type: 0x02,
            request: 1,
            value: 0,
            index: endpoint,
            length: 0,
        };
        assert_eq!(device.control_out(clear), Ok(()));
    }
    assert_eq!(device.transfer_in(0x85, 64), BulkIn::Empty);
}
