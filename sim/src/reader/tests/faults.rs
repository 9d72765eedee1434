//! Every fault, as the host meets it on the wire, and its mark.

use super::*;

const SELECT: &str = "00A40000023F00";
/// READ BINARY of the holder file: 52 bytes make an answer of one whole packet.
const READ_64: &str = "00B0960034";

fn ready() -> Reader {
    let mut reader = with_card("normal");
    exchange(&mut reader, POWER_ON);
    reader.interrupt_in();
    reader
}

fn armed(fault: Fault) -> Reader {
    let mut reader = ready();
    reader.arm(fault, 0, Ending::AfterOne);
    reader
}

/// Sends an APDU under bSeq 7 and takes every packet that is there.
#[track_caller]
fn packets(reader: &mut Reader, command: &str) -> Vec<String> {
    let command = bytes(command);
    let mut message = vec![0x6F, command.len() as u8, 0, 0, 0, 0, 7, 0, 0, 0];
    message.extend(command);
    assert_eq!(reader.bulk_out(&message), Ok(()));
    waiting(reader)
}

fn waiting(reader: &mut Reader) -> Vec<String> {
    let mut all = Vec::new();
    while let BulkIn::Packet(packet) = reader.bulk_in(PACKET) {
        all.push(text(&packet));
    }
    all
}

/// The 23 bytes of the master file's FCI with header and status word.
fn right_answer() -> String {
    packets(&mut ready(), SELECT).concat()
}

#[test]
fn names_are_unique_and_lead_back() {
    for (fault, name) in Fault::ALL {
        assert_eq!(Fault::named(name), Some(fault));
    }
    assert_eq!(Fault::named("none"), None);
}

#[test]
fn a_fault_waits_for_its_message_leaves_a_mark_and_ends_as_told() {
    let mut reader = ready();
    let outcome = |reader: &mut Reader| apdu(reader, SELECT).is_ok();
    reader.arm(Fault::MuteBefore, 1, Ending::AfterOne);
    assert_eq!(reader.marks(), []);
    let run: Vec<bool> = (0..4).map(|_| outcome(&mut reader)).collect();
    assert_eq!(run, [true, false, true, true]);
    assert_eq!(reader.marks(), [Fault::MuteBefore]);
    reader.arm(Fault::MuteBefore, 0, Ending::AfterTwo);
    let run: Vec<bool> = (0..3).map(|_| outcome(&mut reader)).collect();
    assert_eq!(run, [false, false, true]);
    reader.arm(Fault::MuteBefore, 0, Ending::AtPowerOn);
    assert!(!outcome(&mut reader) && !outcome(&mut reader) && !outcome(&mut reader));
    exchange(&mut reader, POWER_ON);
    assert!(outcome(&mut reader));
    reader.arm(Fault::MuteBefore, 0, Ending::AtReplug);
    assert!(!outcome(&mut reader));
    assert!(exchange(&mut reader, POWER_ON).ends_with("40FE00"));
    reader.plug_in();
    exchange(&mut reader, POWER_ON);
    assert!(outcome(&mut reader));
    reader.arm(Fault::MuteBefore, 0, Ending::AtReplug);
    reader.disarm();
    assert!(outcome(&mut reader));
}

#[test]
fn packets_come_whole_empty_padded_or_cut() {
    let right = right_answer();
    let cut = |fault| {
        let mut reader = armed(fault);
        let packets = packets(&mut reader, SELECT);
        assert_eq!(reader.marks(), [fault]);
        packets
    };
    assert_eq!(
        cut(Fault::EmptyPacketBefore),
        [String::new(), right.clone()]
    );
    let padded = format!("{right}{}", "00".repeat(64 - right.len() / 2));
    assert_eq!(cut(Fault::BytesAfter), [padded, String::new()]);
    let (head, tail) = right.split_at(2 * 9);
    assert_eq!(cut(Fault::SplitAt(9)), [head, tail]);
    let single = cut(Fault::EveryByteApart);
    assert_eq!((single.len(), single.concat()), (right.len() / 2, right));
}

#[test]
fn an_answer_of_whole_packets_has_an_empty_one_after_it_or_not() {
    for (fault, count) in [(Fault::EmptyPacketAfter, 2), (Fault::NoEmptyPacketAfter, 1)] {
        let mut reader = armed(fault);
        packets(&mut reader, SELECT);
        assert_eq!(reader.marks(), [], "not a whole packet");
        let packets = packets(&mut reader, READ_64);
        assert_eq!((packets.len(), packets[0].len()), (count, 128));
        assert_eq!(reader.marks(), [fault]);
    }
    let mut reader = Reader::with(Model {
        empty_packets: false,
        ..Model::short_apdu()
    });
    reader.insert(demo::card("normal").unwrap());
    exchange(&mut reader, POWER_ON);
    assert_eq!(packets(&mut reader, READ_64).len(), 1);
}

#[test]
fn a_cut_beyond_the_answer_is_none() {
    let mut reader = armed(Fault::SplitAt(64));
    packets(&mut reader, READ_64);
    packets(&mut reader, SELECT);
    assert_eq!(reader.marks(), []);
}

#[test]
fn strangers_and_doubles_come_beside_the_right_answer() {
    let right = right_answer();
    let foreign = |slot: u8, sequence: u8| format!("8002000000{slot:02X}{sequence:02X}0000006F00");
    assert_eq!(
        packets(&mut armed(Fault::ForeignSequence), SELECT),
        [foreign(0, 6), right.clone()]
    );
    assert_eq!(
        packets(&mut armed(Fault::ForeignSlot), SELECT),
        [foreign(0xFF, 7), right.clone()]
    );
    assert_eq!(
        packets(&mut armed(Fault::DoubledAnswer), SELECT),
        [right.clone(), right]
    );
}

#[test]
fn ten_time_extensions_come_a_second_apart() {
    let mut reader = armed(Fault::TimeExtensions);
    reader.tick(5_000);
    assert_eq!(packets(&mut reader, SELECT).len(), 0);
    for second in 1..=10 {
        assert_eq!(reader.next_due(), Some(5_000 + 1_000 * second));
        reader.tick(5_000 + 1_000 * second);
        assert_eq!(waiting(&mut reader), ["80000000000007800100"]);
    }
    reader.tick(16_000);
    assert_eq!(waiting(&mut reader), [right_answer()]);
    assert_eq!(reader.next_due(), None);
}

#[test]
fn a_late_answer_keeps_the_slot_busy_until_it_comes_or_is_aborted() {
    let mut reader = armed(Fault::Late);
    assert_eq!(packets(&mut reader, SELECT).len(), 0);
    assert_eq!(
        exchange(&mut reader, "65000000000008000000"),
        "8100000000000840E000"
    );
    let abort = Setup {
        request_type: 0x21,
        request: 1,
        value: 0x0900,
        index: 0,
        length: 0,
    };
    let mut patient = reader.clone();
    patient.tick(LATE);
    assert_eq!(waiting(&mut patient), [right_answer()]);
    // Aborted: the command fails under its own number, then the abort is answered.
    reader.control_out(abort).unwrap();
    assert_eq!(waiting(&mut reader), ["8000000000000740FF00"]);
    reader.bulk_out(&bytes("72000000000009000000")).unwrap();
    assert_eq!(waiting(&mut reader), ["81000000000009000000"]);
    reader.tick(LATE);
    assert_eq!(waiting(&mut reader).len(), 0);
    assert!(apdu(&mut reader, SELECT).is_ok());
    // A reader that knows no abort: the request stalls, the message is not supported.
    let mut deaf = Reader::with(Model {
        aborts: false,
        ..Model::short_apdu()
    });
    assert_eq!(deaf.control_out(abort), Err(Stall));
    assert_eq!(
        exchange(&mut deaf, "72000000000009000000"),
        "81000000000009420000"
    );
}

#[test]
fn lost_answers_and_halts_leave_nothing_to_read() {
    let mut reader = armed(Fault::AnswerLost);
    assert_eq!(packets(&mut reader, SELECT).len(), 0);
    assert_eq!((reader.next_due(), reader.seen(0).len()), (None, 1));
    let mut reader = armed(Fault::StallIn);
    assert_eq!(packets(&mut reader, SELECT).len(), 0);
    assert_eq!(reader.bulk_in(PACKET), BulkIn::Stall);
    assert_eq!(reader.seen(0).len(), 1);
    reader.clear_halt(Endpoint::In);
    assert!(apdu(&mut reader, SELECT).is_ok());
    let mut reader = armed(Fault::StallOut);
    assert_eq!(reader.bulk_out(&bytes(POWER_ON)), Err(Stall));
    assert_eq!(reader.bulk_in(PACKET), BulkIn::Empty);
    reader.clear_halt(Endpoint::Out);
    assert!(apdu(&mut reader, SELECT).is_ok());
}

#[test]
fn commands_fail_before_or_after_the_card_has_seen_them() {
    for (fault, error, seen) in [
        (Fault::SlotBusy, [0x40, 0xE0], 0),
        (Fault::MuteBefore, [0x40, 0xFE], 0),
        (Fault::MuteAfter, [0x40, 0xFE], 1),
        (Fault::HardwareError, [0x40, 0xFB], 0),
        (Fault::CardPulledBefore, [0x42, 0xFE], 0),
        (Fault::CardPulledAfter, [0x42, 0xFE], 1),
        (Fault::CardSwapped, [0x41, 0xFE], 1),
    ] {
        let mut reader = armed(fault);
        reader.lay_ready(demo::card("torn").unwrap());
        assert_eq!(apdu(&mut reader, SELECT), Err(error), "{fault:?}");
        assert_eq!(reader.seen(0).len(), seen, "{fault:?}");
        assert_eq!(reader.marks(), [fault]);
        let told = match fault {
            Fault::HardwareError => Some(vec![0x51, 0, 7, 1]),
            Fault::CardPulledBefore | Fault::CardPulledAfter => Some(vec![0x50, 2]),
            Fault::CardSwapped => Some(vec![0x50, 3]),
            _ => None,
        };
        assert_eq!(reader.interrupt_in(), told, "{fault:?}");
        let pulled = reader.take_pulled().is_some();
        assert_eq!(pulled, error[0] != 0x40, "{fault:?}");
    }
}

#[test]
fn an_unplugged_reader_is_off_the_bus_until_it_is_plugged_in() {
    for (fault, seen) in [(Fault::UnpluggedBefore, 0), (Fault::UnpluggedAfter, 1)] {
        let mut reader = armed(fault);
        assert_eq!(packets(&mut reader, SELECT).len(), 0);
        assert!(!reader.is_plugged());
        assert_eq!(reader.seen(0).len(), seen);
        assert_eq!(reader.bulk_in(PACKET), BulkIn::Stall);
        assert_eq!(reader.bulk_out(&bytes(POWER_ON)), Err(Stall));
        assert_eq!(reader.control_in(get(0x80, 0x0100, 18)), Err(Stall));
        reader.plug_in();
        assert_eq!(reader.interrupt_in(), Some(vec![0x50, 3]));
        assert_eq!(apdu(&mut reader, SELECT), Err([0x41, 0xFE]), "no power");
        exchange(&mut reader, POWER_ON);
        assert!(apdu(&mut reader, SELECT).is_ok());
    }
}

/// A T=1 reader that is set by itself, with this fault.
fn blocks(fault: Fault) -> Reader {
    let mut reader = Reader::with(Model {
        features: feature::AUTO_VOLTAGE | feature::AUTO_PARAMETERS,
        ..Model::tpdu_t1()
    });
    reader.insert(demo::card("normal").unwrap());
    exchange(&mut reader, POWER_ON);
    reader.arm(fault, 0, Ending::AfterOne);
    reader
}

/// One T=1 block over; the block that comes back, or bError.
#[track_caller]
fn say(reader: &mut Reader, body: &str) -> Result<String, u8> {
    let mut block = bytes(body);
    block.push(block.iter().fold(0, |all, byte| all ^ byte));
    apdu(reader, &text(&block))
        .map(|answer| text(&answer))
        .map_err(|[_, error]| error)
}

/// I(0) with GET CHALLENGE for four bytes of the same card: what a repetition must not change.
const CHALLENGE: &str = "00 00 05 0084000004";

#[test]
fn a_block_that_is_lost_or_spoilt_on_its_way_back_is_there_when_asked_for_again() {
    for (fault, error) in [
        (Fault::BlockFromCardLost, Some(0xFE)),
        (Fault::ParityError, Some(0xFD)),
        (Fault::WrongEdc, None),
        (Fault::WrongNs, None),
    ] {
        let mut reader = blocks(fault);
        let first = say(&mut reader, CHALLENGE);
        assert_eq!(first.clone().err(), error);
        let again = say(&mut reader, "00 80 00").unwrap();
        assert_eq!(again.len(), 2 * 10);
        assert_eq!(reader.seen(0).len(), 1, "{fault:?}");
        assert_eq!(reader.marks(), [fault]);
        if let Ok(first) = first {
            assert_eq!(first[..2], again[..2]);
            assert_ne!(first, again);
        }
    }
}

#[test]
fn a_block_that_is_lost_on_its_way_to_the_card_is_asked_for() {
    let mut reader = blocks(Fault::BlockToCardLost);
    assert_eq!(say(&mut reader, CHALLENGE), Err(0xFE));
    assert_eq!(say(&mut reader, "00 80 00").unwrap(), "00800080");
    assert_eq!(reader.seen(0).len(), 0);
    assert!(say(&mut reader, CHALLENGE).is_ok());
}

#[test]
fn a_chain_has_its_own_faults() {
    let mut reader = blocks(Fault::WrongNr);
    assert_eq!(say(&mut reader, "00 20 02 0084").unwrap(), "00800080");
    // The host repeats its block, and the card, which has it, says what it waits for.
    assert_eq!(say(&mut reader, "00 20 02 0084").unwrap(), "00920092");
    assert!(say(&mut reader, "00 40 03 000004").is_ok());
    let mut reader = blocks(Fault::StopsInChain);
    assert!(say(&mut reader, "00 20 02 0084").is_ok());
    assert_eq!(say(&mut reader, "00 40 03 000004"), Err(0xFE));
    assert_eq!(reader.marks(), [Fault::StopsInChain]);
    let mut reader = Reader::with(Model {
        piece: Some(20),
        ..Model::extended_apdu()
    });
    reader.insert(demo::card("normal").unwrap());
    exchange(&mut reader, POWER_ON);
    reader.arm(Fault::StopsInChain, 0, Ending::AfterOne);
    apdu(&mut reader, READ_64).unwrap();
    let next = exchange(&mut reader, "6F000000000001001000");
    assert_eq!(next, "8000000000000140FE00");
}

#[test]
fn sizes_and_times_can_be_refused_or_asked_for() {
    let mut reader = blocks(Fault::IfsRefused);
    assert_eq!(say(&mut reader, "00 C1 01 FE").unwrap(), "00820082");
    assert_eq!(say(&mut reader, "00 C1 01 FE").unwrap()[..6], *"00E101");
    let mut reader = blocks(Fault::IfsFromCard);
    assert_eq!(say(&mut reader, CHALLENGE).unwrap()[..8], *"00C101FE");
    assert_eq!(say(&mut reader, "00 E1 01 FE").unwrap()[..6], *"000006");
}

#[test]
fn negotiation_has_its_own_faults() {
    let ready = |fault| {
        let mut reader = Reader::with(Model {
            contacts: Contacts::BOTH,
            ..Model::tpdu_t1()
        });
        reader.insert(demo::card("normal").unwrap());
        exchange(&mut reader, "62000000000001010000");
        reader.arm(fault, 0, Ending::AfterOne);
        reader
    };
    let mut reader = ready(Fault::PpsMute);
    assert_eq!(apdu(&mut reader, "FF11957B"), Err([0x40, 0xFE]));
    let mut reader = ready(Fault::PpsReduced);
    assert_eq!(apdu(&mut reader, "FF11957B"), Ok(bytes("FF01FE")));
    let mut reader = ready(Fault::PpsWrong);
    assert_eq!(apdu(&mut reader, "FF11957B"), Ok(bytes("FF10957A")));
    let mut reader = ready(Fault::SetParametersRefused);
    let set = "61070000000001010000 11 10 00 45 00 FE 00";
    assert_eq!(exchange(&mut reader, set), "82000000000001400A00");
    assert!(exchange(&mut reader, set).starts_with("8207"));
}
