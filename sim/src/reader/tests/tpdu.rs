//! TPDU level: voltage, PPS, parameters, and the blocks and headers that pass.

use super::*;

/// XfrBlock; the block that comes back, or bError.
#[track_caller]
fn transfer(reader: &mut Reader, block: &str) -> Result<String, u8> {
    transfer_with(reader, 0, block)
}

/// As [`transfer`], with bBWI.
#[track_caller]
fn transfer_with(reader: &mut Reader, waiting_times: u8, block: &str) -> Result<String, u8> {
    let block = bytes(block);
    let mut message = vec![0x6F, block.len() as u8, 0, 0, 0, 0, 9, waiting_times, 0, 0];
    message.extend(block);
    assert_eq!(reader.bulk_out(&message), Ok(()));
    let answer = receive(reader);
    match answer[7] & 0xC0 {
        0 => Ok(text(&answer[10..])),
        _ => Err(answer[8]),
    }
}

/// Adds the LRC.
fn block(body: &str) -> String {
    let mut block = bytes(body);
    let edc = block.iter().fold(0, |all, byte| all ^ byte);
    block.push(edc);
    text(&block)
}

/// A reader of this kind with a toll card under 5 V.
fn powered(model: Model) -> Reader {
    let mut reader = Reader::with(model);
    reader.insert(demo::card("normal").unwrap());
    assert!(exchange(&mut reader, "62000000000001010000").starts_with("80"));
    reader
}

const SET_T1_95: &str = "61070000000001010000 95 10 00 45 00 FE 00";

#[test]
fn voltage_is_the_hosts_choice_where_the_reader_does_not_choose() {
    let model = Model {
        // 5 V and 3 V here, 3 V and 1.8 V there.
        voltages: 0x03,
        contacts: Contacts {
            voltages: 0x06,
            ..Contacts::T0
        },
        ..Model::tpdu_t0()
    };
    let mut reader = Reader::with(model);
    reader.insert(demo::card("normal").unwrap());
    let mut power = |select: u8| {
        let answer = exchange(&mut reader, &format!("620000000000010{select}0000"));
        (answer[..2].to_owned(), answer[14..18].to_owned())
    };
    let refused = |status: &str| ("80".to_owned(), status.to_owned());
    assert_eq!(power(0), refused("4107"), "automatic");
    assert_eq!(power(1), refused("41FE"), "5 V: the card says nothing");
    assert_eq!(power(3), refused("4107"), "1.8 V: the reader has none");
    assert_eq!(power(2), refused("0000"), "3 V");
    // A reader that can choose finds 3 V by itself.
    let features = model.features | feature::AUTO_VOLTAGE;
    let mut reader = Reader::with(Model { features, ..model });
    reader.insert(demo::card("normal").unwrap());
    assert!(exchange(&mut reader, POWER_ON).starts_with("8011"));
}

#[test]
fn at_t0_the_host_fetches_responses_and_corrects_lengths() {
    let mut reader = powered(Model::tpdu_t0());
    assert_eq!(transfer(&mut reader, "00A40000021001").unwrap(), "612E");
    let fci = transfer(&mut reader, "00C000002E").unwrap();
    assert!(fci.starts_with("6F2C") && fci.ends_with("9000"));
    assert_eq!(transfer(&mut reader, "00B0950000").unwrap(), "6C2B");
    assert_eq!(transfer(&mut reader, "00B095002B").unwrap().len(), 2 * 45);
    // A header without its data, or without P3: dwLength is wrong.
    assert_eq!(transfer(&mut reader, "00A4000002 10"), Err(1));
    assert_eq!(transfer(&mut reader, "00A40000"), Err(1));
}

#[test]
fn what_the_card_runs_at_and_what_the_reader_is_set_to_must_agree() {
    let mut reader = powered(Model::tpdu_t0());
    // FF ^ 10 ^ 95 = 7A.
    assert_eq!(transfer(&mut reader, "FF10957A").unwrap(), "FF10957A");
    assert_eq!(transfer(&mut reader, "00B0960037"), Err(0xFE));
    let set = "6105000000000100000095 00000A00".replace(' ', "");
    let answer = exchange(&mut reader, &set);
    assert_eq!(answer, "8205000000000100000095 00000A00".replace(' ', ""));
    assert_eq!(transfer(&mut reader, "00B0960037").unwrap().len(), 2 * 57);
    // Set without a PPS before it, the reader is the fast one.
    let mut reader = powered(Model::tpdu_t0());
    exchange(&mut reader, &set);
    assert_eq!(transfer(&mut reader, "00B0960037"), Err(0xFE));
    // Neither: both run at 372/1.
    let mut reader = powered(Model::tpdu_t0());
    assert_eq!(transfer(&mut reader, "00B0960037").unwrap().len(), 2 * 57);
}

#[test]
fn a_pps_comes_first_or_not_at_all() {
    let mut reader = powered(Model::tpdu_t0());
    transfer(&mut reader, "00B0960037").unwrap();
    assert_eq!(
        transfer(&mut reader, "FF10957A"),
        Err(1),
        "four bytes are no header"
    );
    // A chip in specific mode takes none.
    let specific = Contacts {
        specific: true,
        ..Contacts::T0_FAST
    };
    let mut reader = powered(Model {
        contacts: specific,
        ..Model::tpdu_t0()
    });
    assert_eq!(
        transfer(&mut reader, "00B0960037"),
        Err(0xFE),
        "it runs at TA1"
    );
    exchange(&mut reader, "61050000000001000000 95 00 00 0A 00");
    assert!(transfer(&mut reader, "00B0960037").is_ok());
}

#[test]
fn a_t1_card_is_spoken_to_in_blocks_once_the_reader_is_set_to_t1() {
    let mut reader = powered(Model::tpdu_t1());
    let select = block("00 00 07 00A40000021001");
    assert_eq!(transfer(&mut reader, &select), Err(0xFE));
    let mut reader = powered(Model::tpdu_t1());
    assert_eq!(transfer(&mut reader, "FF11957B").unwrap(), "FF11957B");
    let set = exchange(&mut reader, SET_T1_95);
    assert_eq!(set, "82070000000001000001 95100045 00FE00".replace(' ', ""));
    let ifs = transfer(&mut reader, &block("00 C1 01 FE")).unwrap();
    assert_eq!(ifs, block("00 E1 01 FE"));
    let answer = transfer(&mut reader, &select).unwrap();
    assert!(answer.starts_with("0000306F2C"), "{answer}");
    // The card has seen an APDU, not blocks.
    assert_eq!(reader.seen(0), [bytes("00A40000021001")]);
}

#[test]
fn readers_that_do_more_by_themselves_need_less() {
    // Parameters from the ATR: T=1 at 372/1 at once.
    let with = |feature| Model {
        features: Model::tpdu_t1().features | feature,
        ..Model::tpdu_t1()
    };
    let select = block("00 00 07 00A40000023F00");
    let mut reader = powered(with(feature::AUTO_PARAMETERS));
    assert!(transfer(&mut reader, &select).is_ok());
    // PPS from the parameters: the card follows to T=1 at 512/16.
    let mut reader = powered(with(feature::AUTO_PPS));
    exchange(&mut reader, SET_T1_95);
    assert!(transfer(&mut reader, &select).is_ok());
    // Negotiation by the reader: at TA1 at once, and nothing to be set.
    let mut reader = powered(with(feature::AUTO_NEGOTIATION));
    let parameters = exchange(&mut reader, "6C000000000001000000");
    assert!(parameters.ends_with("01951000 4500FE00".replace(' ', "").as_str()));
    assert_eq!(exchange(&mut reader, SET_T1_95), "82000000000001400000");
    assert!(transfer(&mut reader, &select).is_ok());
    // IFSD by the reader: 55 bytes come in one block without an S(IFS).
    let read = block("00 00 05 00B0960037");
    let mut reader = powered(with(feature::AUTO_PARAMETERS));
    assert!(transfer(&mut reader, &read).unwrap().starts_with("002020"));
    let mut reader = powered(with(feature::AUTO_PARAMETERS | feature::AUTO_IFSD));
    assert!(transfer(&mut reader, &read).unwrap().starts_with("000039"));
}

#[test]
fn parameters_that_cannot_be_are_refused_by_their_field() {
    let mut reader = powered(Model::tpdu_t1());
    let mut refused = |message: &str| exchange(&mut reader, message)[14..18].to_owned();
    // The card does not speak T=0; 7 bytes for T=1; 372/1024 is no rate, 512/64 is too fast.
    assert_eq!(refused("61050000000001000000 11 00 00 0A 00"), "4007");
    assert_eq!(refused("61050000000001010000 11 10 00 45 00"), "4001");
    assert_eq!(refused("61070000000001010000 1F 10 00 45 00 FE 00"), "400A");
    assert_eq!(refused("61070000000001010000 97 10 00 45 00 FE 00"), "400A");
}

#[test]
fn rates_are_listed_and_set_where_the_reader_has_a_list() {
    let mut reader = powered(Model {
        data_rates: &[10_752, 21_505],
        ..Model::tpdu_t0()
    });
    let list = |request| Setup {
        request_type: 0xA1,
        request,
        value: 0,
        index: 0,
        length: 64,
    };
    assert_eq!(reader.control_in(list(3)), Ok(bytes("002A000001540000")));
    assert_eq!(reader.control_in(list(2)), Ok(bytes("A00F0000")));
    // 4000 kHz at 21 505 bit/s is set; 125 000 bit/s is not on the list; 5000 kHz is no clock.
    let set = exchange(&mut reader, "7308000000000100000 0A00F0000 01540000");
    assert_eq!(
        set,
        "8408000000000100000 0A00F0000 01540000".replace(' ', "")
    );
    let rate = exchange(&mut reader, "7308000000000100000 0A00F0000 48E80100");
    assert_eq!(rate, "8400000000000140 0E00".replace(' ', ""));
    let clock = exchange(&mut reader, "7308000000000100000 088130000 01540000");
    assert_eq!(clock, "8400000000000140 0A00".replace(' ', ""));
    // 512/16 makes 125 000 bit/s.
    let parameters = exchange(&mut reader, "61050000000001000000 95 00 00 0A 00");
    assert_eq!(parameters, "8200000000000140 0A00".replace(' ', ""));
}

#[test]
fn time_that_the_card_was_granted_must_be_allowed_by_bbwi() {
    for (waiting_times, heard) in [(255, true), (0, false), (254, false)] {
        let mut reader = powered(Model {
            features: feature::AUTO_PARAMETERS,
            ..Model::tpdu_t1()
        });
        reader.arm(Fault::Wtx255, 0, Ending::AfterOne);
        let asks = transfer(&mut reader, &block("00 00 05 00B0960001")).unwrap();
        assert_eq!(asks, block("00 C3 01 FF"));
        let grant = bytes(&block("00 E3 01 FF"));
        let mut message = vec![0x6F, 5, 0, 0, 0, 0, 9, waiting_times, 0, 0];
        message.extend(grant);
        reader.bulk_out(&message).unwrap();
        if heard {
            // 255 · 1428 ms · 9/10.
            assert_eq!(reader.bulk_in(PACKET), BulkIn::Empty);
            assert_eq!(reader.next_due(), Some(327_726));
            reader.tick(327_726);
            assert!(text(&receive(&mut reader)[10..]).starts_with("00000300"));
        } else {
            assert_eq!(receive(&mut reader)[7..9], [0x40, 0xFE]);
        }
    }
}
