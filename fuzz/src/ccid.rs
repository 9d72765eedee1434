//! What a reader says about itself and what it sends, CCID 1.1 §5.1 and §6.

use apdu_core::ccid::descriptor::{Endpoint, PROTECTED_CLASS, ReaderInterface};
use apdu_core::ccid::message::{
    BadMessage, HEADER, Icc, Outcome, Reply, announced_length, slot_change,
};

/// A reader that is found can be spoken to, and is found again in a descriptor that holds only it.
pub fn descriptor(bytes: &[u8]) {
    let Some(reader) = ReaderInterface::find(bytes) else {
        return;
    };
    let bulk = [reader.bulk_out, reader.bulk_in];
    for endpoint in bulk.iter().chain(&reader.interrupt) {
        assert!((1..=15).contains(&endpoint.number), "{endpoint:?}");
        assert!((1..=0x07FF).contains(&endpoint.packet_size), "{endpoint:?}");
    }
    assert_eq!(reader.is_protected(), reader.class == PROTECTED_CLASS);
    assert_eq!(
        ReaderInterface::find(&configuration(&reader)).as_ref(),
        Some(&reader)
    );
}

/// A configuration with this interface and nothing else.
fn configuration(reader: &ReaderInterface) -> Vec<u8> {
    let class = &reader.class_descriptor;
    let mut described = vec![0; 54];
    described[..2].copy_from_slice(&[54, 0x21]);
    described[4] = class.max_slot_index;
    described[5] = class.voltages;
    described[6..10].copy_from_slice(&class.protocols.to_le_bytes());
    described[40..44].copy_from_slice(&class.features.to_le_bytes());
    described[44..48].copy_from_slice(&class.max_message_length.to_le_bytes());
    let interrupt = reader
        .interrupt
        .map(|endpoint| endpoint_bytes(endpoint, 0x80, 3));
    [
        &[9, 2, 0, 0, 1, reader.configuration, 0, 0x80, 50][..],
        &[
            9,
            4,
            reader.number,
            0,
            2 + u8::from(interrupt.is_some()),
            reader.class,
            0,
            0,
            0,
        ],
        &described,
        &endpoint_bytes(reader.bulk_out, 0x00, 2),
        &endpoint_bytes(reader.bulk_in, 0x80, 2),
        interrupt.as_ref().map_or(&[], |bytes| &bytes[..]),
    ]
    .concat()
}

fn endpoint_bytes(endpoint: Endpoint, direction: u8, attributes: u8) -> [u8; 7] {
    let [low, high] = endpoint.packet_size.to_le_bytes();
    [7, 5, direction | endpoint.number, attributes, low, high, 0]
}

/// A message is its header and what `dwLength` says; less is none, and what follows changes nothing.
pub fn message(bytes: &[u8]) {
    for slot in [0, 3, 255] {
        let told = slot_change(bytes, slot);
        assert!(told.is_none() || bytes[0] == 0x50 && bytes.len() > 1 + usize::from(slot) / 4);
    }
    match Reply::parse(bytes) {
        Ok(reply) => {
            let whole = announced_length(bytes).expect("it has a header");
            assert_eq!(reply.data, &bytes[HEADER..whole]);
            assert_eq!(reply_bytes(&reply), masked(&bytes[..whole]));
            assert_eq!(Reply::parse(&bytes[..whole]), Ok(reply));
            assert_eq!(Reply::parse(&bytes[..whole - 1]), Err(BadMessage));
        }
        Err(BadMessage) => {
            let status = bytes.get(7).copied().unwrap_or_default();
            let is_whole = announced_length(bytes).is_some_and(|length| length <= bytes.len());
            assert!(!is_whole || bytes.len() < HEADER || status & 0b11 == 3 || status >> 6 == 3);
        }
    }
}

/// A message without the bits of `bStatus` that mean nothing, and without an error where none is.
fn masked(message: &[u8]) -> Vec<u8> {
    let mut masked = message.to_vec();
    masked[7] &= 0b1100_0011;
    if masked[7] >> 6 == 0 {
        masked[8] = 0;
    }
    masked
}

fn reply_bytes(reply: &Reply<'_>) -> Vec<u8> {
    let icc = match reply.icc {
        Icc::Active => 0,
        Icc::Inactive => 1,
        Icc::Absent => 2,
    };
    let (outcome, error) = match reply.outcome {
        Outcome::Ok => (0, 0),
        Outcome::Failed(error) => (1, error),
        Outcome::TimeExtension(factor) => (2, factor),
    };
    let length = u32::try_from(reply.data.len()).expect("it came with a length of four bytes");
    [
        &[reply.kind][..],
        &length.to_le_bytes(),
        &[
            reply.slot,
            reply.seq,
            outcome << 6 | icc,
            error,
            reply.specific,
        ],
        reply.data,
    ]
    .concat()
}
