//! What a reader says about itself and what it sends, CCID 1.1 §5.1 and §6.

use apdu_core::ccid::descriptor::{
    Access, ClassDescriptor, DeviceId, Endpoint, Endpoints, PROTECTED_CLASS, ReaderInterface,
};
use apdu_core::ccid::message::{
    BadMessage, HEADER, Icc, Notification, Outcome, Reply, announced_length,
};
use apdu_core::fault::Code;

/// A model of which nothing is known.
const ANY: DeviceId = DeviceId {
    vendor: 0x1209,
    product: 0x0001,
};

/// Each reader that is found can be spoken to or is refused by name, whatever sizes it tells; and is found
/// again in a configuration that holds only it.
pub fn descriptor(bytes: &[u8]) {
    for reader in ReaderInterface::discover(ANY, bytes) {
        let told = &reader.profile.descriptor;
        assert!((1..=254).contains(&told.max_ifsd));
        assert!((270..=10 + 65_544).contains(&told.max_message_length));
        assert!(told.protocols & 0b11 != 0 && told.default_clock > 0);
        let protected = reader.class == PROTECTED_CLASS;
        assert_eq!(reader.is_protected(), protected);
        let refused = reader.usable(Access::Page) == Err(Code::ProtectedReader);
        assert_eq!(refused, protected);
        if let Ok(endpoints) = reader.usable(Access::Unrestricted) {
            let bulk = [endpoints.bulk_out, endpoints.bulk_in];
            for endpoint in bulk.iter().chain(&endpoints.interrupt) {
                assert!((1..=15).contains(&endpoint.number), "{endpoint:?}");
                assert!((1..=0x07FF).contains(&endpoint.packet_size), "{endpoint:?}");
            }
            let alone = ReaderInterface::discover(ANY, &configuration(&reader, endpoints));
            assert_eq!(alone.len(), 1);
            assert_eq!(
                alone[0].profile.descriptor, *told,
                "what was put right stays"
            );
            assert_eq!(alone[0].usable(Access::Unrestricted), Ok(endpoints));
        }
    }
}

/// A configuration with this interface and nothing else.
pub fn configuration(reader: &ReaderInterface, endpoints: Endpoints) -> Vec<u8> {
    let interrupt = endpoints.interrupt;
    let interrupt = interrupt.map(|endpoint| endpoint_bytes(endpoint, 0x80, 3));
    let count = 2 + u8::from(interrupt.is_some());
    [
        &[9, 2, 0, 0, 1, reader.configuration, 0, 0x80, 50][..],
        &[9, 4, reader.number, 0, count, reader.class, 0, 0, 0],
        &class_bytes(&reader.profile.descriptor),
        &endpoint_bytes(endpoints.bulk_out, 0x00, 2),
        &endpoint_bytes(endpoints.bulk_in, 0x80, 2),
        interrupt.as_ref().map_or(&[], |bytes| &bytes[..]),
    ]
    .concat()
}

/// The 54 bytes of a class descriptor.
pub fn class_bytes(class: &ClassDescriptor) -> [u8; 54] {
    let mut bytes = [0; 54];
    bytes[..4].copy_from_slice(&[54, 0x21, 0x10, 0x01]);
    bytes[4] = class.max_slot_index;
    bytes[5] = class.voltages;
    for (at, number) in [
        (6, class.protocols),
        (10, class.default_clock),
        (23, class.max_data_rate),
        (28, class.max_ifsd),
        (40, class.features.0),
        (44, class.max_message_length),
    ] {
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }
    bytes
}

fn endpoint_bytes(endpoint: Endpoint, direction: u8, attributes: u8) -> [u8; 7] {
    let [low, high] = endpoint.packet_size.to_le_bytes();
    [7, 5, direction | endpoint.number, attributes, low, high, 0]
}

/// A message is its header and what `dwLength` says; less is none, and what follows changes nothing.
pub fn message(bytes: &[u8]) {
    if let Some(Notification::SlotChange(slots)) = Notification::parse(bytes) {
        let notification = Notification::SlotChange(slots);
        for slot in 0..=u8::MAX {
            let covered = usize::from(slot) < 4 * slots.len();
            assert_eq!(notification.change_of(slot).is_some(), covered);
        }
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
    let end = [
        reply.slot,
        reply.seq,
        outcome << 6 | icc,
        error,
        reply.specific,
    ];
    [&[reply.kind][..], &length.to_le_bytes(), &end, reply.data].concat()
}
