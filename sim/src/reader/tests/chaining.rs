//! Extended APDU level: commands and answers in pieces.

use super::*;

/// XfrBlock with wLevelParameter; bChainParameter and the data, or bError.
#[track_caller]
fn piece(reader: &mut Reader, level: u8, data: &str) -> Result<(u8, String), u8> {
    let data = bytes(data);
    let mut message = vec![0x6F, data.len() as u8, 0, 0, 0, 0, 9, 0, level, 0];
    message.extend(data);
    assert_eq!(reader.bulk_out(&message), Ok(()));
    let answer = receive(reader);
    match answer[7] & 0xC0 {
        0 => Ok((answer[9], text(&answer[10..]))),
        _ => Err(answer[8]),
    }
}

fn powered(model: Model) -> Reader {
    let mut reader = Reader::with(model);
    reader.insert(demo::card("normal").unwrap());
    exchange(&mut reader, POWER_ON);
    reader
}

/// A reader whose messages have room for 20 bytes.
fn narrow() -> Reader {
    powered(Model {
        announced_message: 30,
        longest_message: 30,
        ..Model::extended_apdu()
    })
}

#[test]
fn a_short_answer_to_a_short_command_is_whole() {
    let mut reader = narrow();
    let (chaining, answer) = piece(&mut reader, 0, "00B0960010").unwrap();
    assert_eq!((chaining, answer.len()), (0, 2 * 18));
}

#[test]
fn a_long_answer_comes_piece_by_piece_as_it_is_asked_for() {
    let mut reader = narrow();
    let (chaining, first) = piece(&mut reader, 0, "00B0960037").unwrap();
    assert_eq!((chaining, first.len()), (1, 40), "begins");
    let (chaining, second) = piece(&mut reader, 0x10, "").unwrap();
    assert_eq!((chaining, second.len()), (3, 40), "goes on");
    let (chaining, third) = piece(&mut reader, 0x10, "").unwrap();
    assert_eq!((chaining, third.len()), (2, 34), "ends");
    let answer = [first, second, third].concat();
    assert_eq!(
        Ok(bytes(&answer)),
        apdu(&mut with_powered_card(), "00B0960037")
    );
    assert_eq!(piece(&mut reader, 0x10, ""), Err(8), "there is no more");
}

fn with_powered_card() -> Reader {
    powered(Model::short_apdu())
}

#[test]
fn a_long_command_goes_piece_by_piece_and_reaches_the_card_once_and_whole() {
    let mut reader = narrow();
    let ready = Ok((0x10, String::new()));
    assert_eq!(piece(&mut reader, 1, "00A4"), ready);
    assert_eq!(piece(&mut reader, 3, "0000"), ready);
    assert_eq!(piece(&mut reader, 3, "02"), ready);
    assert!(reader.seen(0).is_empty());
    let (chaining, _) = piece(&mut reader, 2, "3F00").unwrap();
    assert_eq!(chaining, 1, "23 bytes and a status word do not fit 20");
    assert_eq!(reader.seen(0), [bytes("00A40000023F00")]);
}

#[test]
fn pieces_out_of_order_are_refused_and_a_new_command_drops_half_an_old_one() {
    let mut reader = narrow();
    assert_eq!(piece(&mut reader, 3, "00A4"), Err(8));
    assert_eq!(piece(&mut reader, 2, "00A4"), Err(8));
    assert_eq!(piece(&mut reader, 4, "00A4"), Err(8));
    piece(&mut reader, 1, "00A4").unwrap();
    piece(&mut reader, 0, "00B0960001").unwrap();
    assert_eq!(piece(&mut reader, 2, "0000"), Err(8));
    piece(&mut reader, 0, "00B0960037").unwrap();
    assert_eq!(
        piece(&mut reader, 0x10, "00"),
        Err(1),
        "a request has no data"
    );
}

#[test]
fn a_reader_at_short_apdu_level_takes_whole_commands_and_may_chain_its_answers_all_the_same() {
    let mut reader = with_powered_card();
    assert_eq!(piece(&mut reader, 1, "00A4"), Err(8));
    assert_eq!(piece(&mut reader, 0x10, ""), Err(8));
    let mut reader = powered(Model {
        piece: Some(54),
        ..Model::short_apdu()
    });
    // 57 bytes: 54 fill a packet with their header, then 3.
    let (chaining, first) = piece(&mut reader, 0, "00B0960037").unwrap();
    assert_eq!((chaining, first.len()), (1, 2 * 54));
    assert_eq!(piece(&mut reader, 0x10, "").unwrap().0, 2);
}
