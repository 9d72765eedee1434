use super::*;
use crate::card::NoAnswer;
use crate::hex::decode;
use std::format;
use std::string::{String, ToString};

fn bytes(text: &str) -> Vec<u8> {
    decode(text).expect("hex")
}

fn command(text: &str) -> String {
    Redacted::command(&bytes(text)).to_string()
}

fn answer(command: &str, answer: &str) -> String {
    Redacted::answer(&bytes(command), &bytes(answer)).to_string()
}

/// The chain of reference §3.4, exchange by exchange.
#[test]
fn a_load_keeps_what_counts_and_loses_what_proves() {
    assert_eq!(command("0020000006313233343536"), "0020000006************");
    let init = "805000020B010000271001020304050610";
    assert_eq!(command(init), "805000020B010000271001**********10");
    assert_eq!(
        answer(init, "00000BB800050100A1B2C3D491C69BFC9000"),
        "00000BB800050100****************9000"
    );
    let credit = "805200000B20240115093000895A7A0904";
    assert_eq!(command(credit), "805200000B20240115093000********04");
    assert_eq!(answer(credit, "6D83C0189000"), "********9000");
    let prove = "805A000202000608";
    assert_eq!(command(prove), prove);
    assert_eq!(
        answer(prove, "895A7A096D83C0189000"),
        "****************9000"
    );
    assert_eq!(answer("805C000204", "000032C89000"), "000032C89000");
}

/// By the table of reference §6.1.
#[test]
fn a_tag_loses_the_end_of_its_number_and_what_proves_its_presence() {
    let file = "B8CACBE06201000100166201230100010017202401152034011401";
    let shown = "B8CACBE0620100010016620123 01********202401152034011401";
    assert_eq!(
        answer("00B081001B", &format!("{file}9000")),
        format!("{shown}9000").replace(' ', "")
    );
    // A file of another length is not known.
    assert_eq!(answer("00B0810004", "B8CACBE09000"), "********9000");
    let read = "00B400000A01020304050607084F00";
    assert_eq!(command(read), "00B400000A****************4F00");
    assert_eq!(answer(read, "064474EE462AF76B9000"), "****************9000");
}

/// The worked file of reference §3.5 (3): issuer 甘 6201, number …00000017, plate 甘A12345.
#[test]
fn the_issue_file_loses_plate_and_end_of_its_number() {
    let file =
        "B8CACBE0620100011740620122012301000000172024011520340114B8CA41313233343500000000000001";
    let shown = "B8CACBE062010001174062012201230\
                 1********2024011520340114**********************00000001";
    assert_eq!(
        answer("00B095002B", &format!("{file}9000")),
        format!("{shown}9000")
    );
    // A piece of it is judged by where it stands in the file.
    let plate = "00B0951C0C";
    assert_eq!(
        answer(plate, "B8CA413132333435000000009000"),
        "**********************009000"
    );
}

/// The answer of SELECT 1001 in README.md, whose A5 repeats the front of 0015.
#[test]
fn the_card_number_in_the_fci_is_cut_as_in_the_file() {
    let fci = "6F2C8409A00000000386980701A51F9F0C1CB8CACBE06201000116406201220123010000001720240115203401149000";
    let shown = "6F2C8409A00000000386980701A51F9F0C1CB8CACBE06201000116406201220123\
                 01********20240115203401149000";
    assert_eq!(answer("00A4000002100100", fci), shown);
}

#[test]
fn an_fci_of_another_kind_shows_its_frame() {
    let select = "00A40000023F0000";
    let name = "315041592E5359532E4444463031";
    assert_eq!(
        answer(select, &format!("6F15840E{name}A5038801019000")),
        format!("6F15840E{name}A5038801019000")
    );
    assert_eq!(
        answer(select, "6F0AA5089F0C05A1A2A3A4A59000"),
        "6F0AA5089F0C05**********9000"
    );
    // Lengths that run over their end: nothing after them is believed.
    assert_eq!(
        answer(select, "6F0584FFA1A2A39000"),
        "6F0584FF******9000".replace("84FF", "****")
    );
    assert_eq!(answer(select, "6F7FA1A29000"), "********9000");
}

#[test]
fn the_holder_file_shows_its_flags_and_its_fill() {
    let mut file = [0x41_u8; 55];
    file[0] = 0x00;
    file[1] = 0x01;
    file[21] = 0x00;
    file[53] = 0xFF;
    file[54] = 0x65;
    let mut whole = file.to_vec();
    whole.extend_from_slice(&[0x90, 0x00]);
    let shown = Redacted::answer(&bytes("00B0960037"), &whole).to_string();
    let expected = format!("0001{}00{}FF659000", "**".repeat(19), "**".repeat(31));
    assert_eq!(shown, expected);
}

#[test]
fn a_log_record_says_what_but_not_where_and_when() {
    let read = "00B201C417";
    assert_eq!(
        answer(read, "00050000000000271002010203040506202401150930009000"),
        format!("0005000000********02{}9000", "**".repeat(13))
    );
    let blank = format!("{}9000", "FF".repeat(23));
    assert_eq!(answer(read, &blank), blank);
}

#[test]
fn a_transit_record_says_that_the_card_travelled() {
    let read = "00B201CC2B";
    let record = format!("AA2900620100070365A48A000103{}9000", "A5".repeat(29));
    let shown = format!("AA2900{}0103{}9000", "**".repeat(9), "**".repeat(29));
    assert_eq!(answer(read, &record), shown);
}

/// Whatever the header, data that no rule names do not get through; header, lengths and status word do.
#[test]
fn every_other_command_shows_only_its_frame() {
    let known = [
        [0x00, 0xA4],
        [0x00, 0xB0],
        [0x00, 0xB2],
        [0x80, 0x50],
        [0x80, 0x52],
        [0x80, 0x5A],
        [0x80, 0x5C],
    ];
    let secret = [0xC3_u8; 13];
    for cla in [0x00, 0x04, 0x80, 0x84, 0xFF] {
        for ins in 0..=0xFF {
            if known.contains(&[cla, ins]) {
                continue;
            }
            let header = [cla, ins, 0x00, 0x02];
            let sent = Command::with_data(header, &secret, 8).to_bytes();
            let shown = Redacted::command(&sent).to_string();
            let frame = format!("{}0D{}08", hex::encode(&header), "**".repeat(13));
            assert_eq!(shown, frame);
            let heard = [&secret[..], &[0x90, 0x00]].concat();
            let shown = Redacted::answer(&sent, &heard).to_string();
            assert_eq!(shown, format!("{}9000", "**".repeat(13)));
        }
    }
}

#[test]
fn a_known_command_with_data_of_another_shape_shows_only_its_frame() {
    // A terminal too long, a proof asked for by more than a counter, a purchase.
    for (sent, shown) in [
        (
            "805000020CC3C3C3C3C3C3C3C3C3C3C3C3",
            "805000020C************************",
        ),
        ("805A000203C3C3C3", "805A000203******"),
        (
            "805001020BC3C3C3C3C3C3C3C3C3C3C3",
            "805001020B**********************",
        ),
        ("04B0950004C3C3C3C3", "04B0950004********"),
    ] {
        assert_eq!(command(sent), shown);
    }
    assert_eq!(answer("805C000204", "C3C3C3C3C39000"), "**********9000");
    assert_eq!(answer("805000020B", "C3C3C3C39000"), "********9000");
    assert_eq!(answer("00B201C417", "C3C39000"), "****9000");
    assert_eq!(answer("0084000004", "A1B2C3D49000"), "********9000");
}

#[test]
fn extended_lengths_and_bytes_that_are_no_apdu_give_nothing_away() {
    let long = Command::with_data([0x00, 0x20, 0, 0], &[0xC3; 300], 65_536).to_bytes();
    let shown = Redacted::command(&long).to_string();
    assert_eq!(shown, format!("0020000000012C{}0000", "**".repeat(300)));
    assert_eq!(command("00200000063132"), "00200000******");
    assert_eq!(command("0020"), "0020");
    assert_eq!(answer("00B0", "C3C39000"), "****9000");
    assert_eq!(answer("00B095002B", "C3"), "**");
    assert_eq!(answer("", ""), "");
}

#[test]
fn text_is_read_back_and_nothing_else_is() {
    let shown = Redacted::command(&bytes("0020000006313233343536"));
    assert_eq!(shown.to_string().parse(), Ok(shown.clone()));
    assert_eq!(shown.filled(0), bytes("0020000006000000000000"));
    for bad in ["0", "0*", "*", "GG", "00*", "００"] {
        assert_eq!(bad.parse::<Redacted>(), Err(hex::NotHex), "{bad}");
    }
}

#[test]
fn the_oldest_make_room_and_numbers_go_on() {
    let mut trace = Trace::default();
    for at in 0..KEPT as i64 + 20 {
        let event = Event::Power(Ok(Redacted::whole(&[0x3B, 0x00])));
        trace.keep(at, event, Spent::default());
    }
    assert_eq!(trace.entries().len(), KEPT);
    assert_eq!(trace.entries().next().map(|entry| entry.number), Some(21));
    assert_eq!(
        trace.entries().next_back().map(|entry| entry.number),
        Some(520)
    );
}

#[test]
fn a_line_tells_exchange_and_times() {
    let spent = Spent {
        line_us: 21_480,
        own_us: 390,
    };
    let select = Redacted::command(&bytes("00A40000023F0000"));
    let mut trace = Trace::default();
    // 2024-01-15 09:30:00.042 in Lanzhou.
    let at = 1_705_282_200_042;
    let ok = Redacted::answer(&bytes("00A40000023F0000"), &bytes("6A82"));
    trace.keep(at, Event::Exchange(select.clone(), Ok(ok)), spent);
    let none = NoAnswer::unknown(Code::CardGone);
    trace.keep(at, Event::Exchange(select, Err(none)), spent);
    let lines: Vec<_> = trace.entries().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "    1  09:30:00.042  00A40000023F0000 > 6A82  [21.48 + 0.39 ms]",
            "    2  09:30:00.042  00A40000023F0000 > CRD-102 Unknown  [21.48 + 0.39 ms]",
        ]
    );
}

#[test]
fn the_spread_is_by_nearest_rank() {
    let spread = Spread::of((1..=100).rev()).expect("a hundred");
    assert_eq!(
        spread,
        Spread {
            min: 1,
            median: 50,
            p95: 95
        }
    );
    let one = Spread::of([7]).expect("one");
    assert_eq!(
        one,
        Spread {
            min: 7,
            median: 7,
            p95: 7
        }
    );
    assert_eq!(Spread::of([]), None);
}
