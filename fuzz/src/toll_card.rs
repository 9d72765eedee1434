//! Files of the toll card and what SELECT and the wallet answer (reference on cards §1 and §2).

use apdu_core::calendar;
use apdu_core::toll_card::wallet::{InitAnswer, NotACredit, credit_for_load, parse_balance};
use apdu_core::toll_card::{
    Fci, HolderFile, IssueFile, LogRecord, Passage, TransactionKind, TransitRecord,
};

/// The name a template gives stands in it, and is found again in a template with nothing else in it.
pub fn tlv(bytes: &[u8]) {
    let Ok(fci) = Fci::parse(bytes) else {
        return;
    };
    let name = &fci.name[..];
    assert!(name.is_empty() || bytes.windows(name.len()).any(|window| window == name));
    let smallest = constructed(0x6F, &constructed(0x84, name));
    assert_eq!(Fci::parse(&smallest), Ok(fci));
}

/// A BER-TLV object with a tag of one byte and a length of two at most.
fn constructed(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let length: &[u8] = match value.len() {
        0..128 => &length[7..],
        128..256 => &[0x81, length[7]],
        256..65_536 => &[0x82, length[6], length[7]],
        _ => &[0x83, length[5], length[6], length[7]],
    };
    [&[tag], length, value].concat()
}

/// Whatever file these bytes are: written back field by field they are the same bytes.
pub fn file(bytes: &[u8]) {
    if let Ok(file) = IssueFile::parse(bytes) {
        assert!([43, 50].contains(&bytes.len()));
        assert_eq!(issue_bytes(&file), bytes[..43]);
        assert_trimmed(file.plate_text(), &file.plate);
    }
    if let Ok(file) = HolderFile::parse(bytes) {
        let person = [&file.name[..], &file.id_number].concat();
        let flags = [file.identity, file.staff];
        assert_eq!([&flags[..], &person, &[file.id_type]].concat(), bytes);
        assert_trimmed(file.name_text(), &file.name);
        assert_trimmed(file.id_number_text(), &file.id_number);
        assert_eq!(format!("{file:?}"), "HolderFile { .. }");
    }
    if let Ok(record) = LogRecord::parse(bytes) {
        let never_written =
            bytes.iter().all(|&byte| byte == bytes[0]) && [0, 0xFF].contains(&bytes[0]);
        assert_eq!(record.is_none(), never_written);
        if let Some(record) = record {
            assert_eq!(log_bytes(&record), bytes);
            if let Some(second) = calendar::second_at(record.date, record.time) {
                assert_eq!(calendar::date_time(second), (record.date, record.time));
            }
        }
    }
    if let Ok(Some(record)) = TransitRecord::parse(bytes) {
        assert_eq!(transit_bytes(&record)[1..], bytes[3..14]);
        assert_eq!(record.locked, bytes[2] == 0x01);
    }
    if let Ok(balance) = parse_balance(bytes) {
        assert_eq!(balance.to_be_bytes(), bytes);
    }
    if let Some(answer) = bytes.first_chunk().map(InitAnswer::parse) {
        assert_eq!(init_bytes(&answer), bytes[..16]);
    }
    match credit_for_load(bytes) {
        Ok(credit) => assert!(bytes.starts_with(&[0x80, 0x52, 0, 0]) && credit.data.len() == 11),
        Err(NotACredit) => assert!(bytes.len() != 16 || bytes[..5] != [0x80, 0x52, 0, 0, 11]),
    }
}

/// Text without fill is the front of its field, and does not end in fill.
fn assert_trimmed(text: &[u8], field: &[u8]) {
    assert!(field.starts_with(text));
    assert!(!text.contains(&0x00) && text.last() != Some(&0xFF));
}

fn issue_bytes(file: &IssueFile) -> Vec<u8> {
    let number = [&file.number.network[..], &file.number.serial].concat();
    let last = [file.user_type, file.plate_colour, file.vehicle_class];
    [
        &file.issuer[..],
        &[file.card_type, file.version],
        &number,
        &file.start.0,
        &file.expiry.0,
        &file.plate,
        &last,
    ]
    .concat()
}

fn log_bytes(record: &LogRecord) -> Vec<u8> {
    let kind = match record.kind {
        TransactionKind::Load => 0x02,
        TransactionKind::Purchase => 0x06,
        TransactionKind::CompositePurchase => 0x09,
        TransactionKind::Other(other) => other,
    };
    [
        &record.counter.to_be_bytes()[..],
        &record.overdraft.to_be_bytes()[1..],
        &record.amount.to_be_bytes(),
        &[kind],
        &record.terminal,
        &record.date.0,
        &record.time.0,
    ]
    .concat()
}

/// Lock flag to in/out status; the flag is 1 or not.
fn transit_bytes(record: &TransitRecord) -> Vec<u8> {
    let passage = match record.passage {
        Passage::ManualEntry => 0x01,
        Passage::ManualExit => 0x02,
        Passage::EtcEntry => 0x03,
        Passage::EtcExit => 0x04,
        Passage::Other(other) => other,
    };
    [
        &[u8::from(record.locked)],
        &record.network.to_be_bytes()[..],
        &record.station.to_be_bytes(),
        &[record.lane],
        &record.unix_time.to_be_bytes(),
        &[record.vehicle_class, passage],
    ]
    .concat()
}

fn init_bytes(answer: &InitAnswer) -> Vec<u8> {
    [
        &answer.balance.to_be_bytes()[..],
        &answer.counter.to_be_bytes(),
        &[answer.key_version, answer.algorithm],
        &answer.random,
        &answer.mac1,
    ]
    .concat()
}
