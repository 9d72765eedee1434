//! The reader among a device's descriptors (CCID 1.1 §5.1; reference on readers §4.1).
//!
//! WebUSB shows no class-specific descriptors, so the raw configuration descriptor is read instead.
//! Nothing in it is trusted: lengths are checked, and the class comes from the device, never from its
//! vendor and product number.

/// The CCID interface of a device and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderInterface {
    /// `bConfigurationValue` of the configuration it stands in.
    pub configuration: u8,
    /// `bInterfaceNumber`.
    pub number: u8,
    /// `bInterfaceClass`: 0xFF or 0x00 can be claimed by a page, 0x0B cannot.
    pub class: u8,
    /// Bulk OUT endpoint.
    pub bulk_out: Endpoint,
    /// Bulk IN endpoint.
    pub bulk_in: Endpoint,
    /// Interrupt IN endpoint, where the reader announces cards by itself.
    pub interrupt: Option<Endpoint>,
    /// The 54-byte class descriptor.
    pub class_descriptor: ClassDescriptor,
}

/// An endpoint of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Endpoint number without the direction bit, 1 to 15.
    pub number: u8,
    /// `wMaxPacketSize`: 64 at full speed, 512 at high speed.
    pub packet_size: u16,
}

/// What matters of the 54-byte CCID class descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassDescriptor {
    /// Highest slot number; 0 for a reader with one slot.
    pub max_slot_index: u8,
    /// Bit 0 5 V, bit 1 3 V, bit 2 1.8 V.
    pub voltages: u8,
    /// Bit 0 T=0, bit 1 T=1.
    pub protocols: u32,
    /// `dwFeatures`.
    pub features: u32,
    /// `dwMaxCCIDMessageLength`, not to be trusted.
    pub max_message_length: u32,
}

/// How much of the card's protocol the reader runs itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeLevel {
    /// The host sends single characters.
    Character,
    /// The host sends T=0 headers or T=1 blocks.
    Tpdu,
    /// The host sends APDUs of up to 261 bytes.
    ShortApdu,
    /// The host sends APDUs of any length.
    ExtendedApdu,
}

/// USB class of standard smart-card readers, which browsers keep from pages.
pub const PROTECTED_CLASS: u8 = 0x0B;

impl ReaderInterface {
    /// Looks for a CCID interface with bulk endpoints in one configuration descriptor.
    ///
    /// The class descriptor is accepted anywhere behind its interface: some readers put it after the
    /// last endpoint. Type 0x21 is also HID's and DFU's; the length of 54 tells them apart.
    pub fn find(configuration: &[u8]) -> Option<Self> {
        let mut candidate = Candidate::default();
        let mut value = 0;
        for descriptor in Descriptors(configuration) {
            match *descriptor {
                [9, 0x02, _, _, _, configuration_value, ..] => value = configuration_value,
                [_, 0x04, number, alternate, _, class, _, _, _] => {
                    if let Some(found) = candidate.complete(value) {
                        return Some(found);
                    }
                    candidate = Candidate {
                        interface: (alternate == 0).then_some((number, class)),
                        ..Candidate::default()
                    };
                }
                [_, 0x05, address, attributes, size_low, size_high, ..] => {
                    let endpoint = Endpoint {
                        number: address & 0x0F,
                        packet_size: u16::from_le_bytes([size_low, size_high]) & 0x07FF,
                    };
                    if endpoint.number == 0 || endpoint.packet_size == 0 {
                        continue; // the control endpoint, or one that moves nothing
                    }
                    match (attributes & 0b11, address & 0x80 != 0) {
                        (0b10, false) => candidate.bulk_out = Some(endpoint),
                        (0b10, true) => candidate.bulk_in = Some(endpoint),
                        (0b11, true) => candidate.interrupt = Some(endpoint),
                        _ => {}
                    }
                }
                [54, 0x21, ..] => candidate.class_descriptor = ClassDescriptor::parse(descriptor),
                _ => {}
            }
        }
        candidate.complete(value)
    }

    /// Whether browsers refuse this interface to every ordinary page.
    pub fn is_protected(&self) -> bool {
        self.class == PROTECTED_CLASS
    }
}

impl ClassDescriptor {
    const AUTOMATIC_VOLTAGE: u32 = 0x08;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let u32_at = |offset: usize| {
            let field = bytes.get(offset..)?.first_chunk()?;
            Some(u32::from_le_bytes(*field))
        };
        Some(Self {
            max_slot_index: *bytes.get(4)?,
            voltages: *bytes.get(5)?,
            protocols: u32_at(6)?,
            features: u32_at(40)?,
            max_message_length: u32_at(44)?,
        })
    }

    /// The exchange level of `dwFeatures` bits 16 to 18.
    pub fn level(&self) -> ExchangeLevel {
        match self.features & 0x0007_0000 {
            0x0001_0000 => ExchangeLevel::Tpdu,
            0x0002_0000 => ExchangeLevel::ShortApdu,
            0x0004_0000 => ExchangeLevel::ExtendedApdu,
            _ => ExchangeLevel::Character,
        }
    }

    /// Whether the reader finds the card's voltage by itself.
    pub fn chooses_voltage(&self) -> bool {
        self.features & Self::AUTOMATIC_VOLTAGE != 0
    }
}

/// What has been seen of an interface so far.
#[derive(Default)]
struct Candidate {
    interface: Option<(u8, u8)>,
    bulk_out: Option<Endpoint>,
    bulk_in: Option<Endpoint>,
    interrupt: Option<Endpoint>,
    class_descriptor: Option<ClassDescriptor>,
}

impl Candidate {
    fn complete(&self, configuration: u8) -> Option<ReaderInterface> {
        let (number, class) = self.interface?;
        Some(ReaderInterface {
            configuration,
            number,
            class,
            bulk_out: self.bulk_out?,
            bulk_in: self.bulk_in?,
            interrupt: self.interrupt,
            class_descriptor: self.class_descriptor?,
        })
    }
}

/// The descriptors in a configuration, one after the other. Ends at the first length that cannot be.
struct Descriptors<'a>(&'a [u8]);

impl<'a> Iterator for Descriptors<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(*self.0.first()?);
        if length < 2 {
            return None; // a length of 0 would never end
        }
        let (descriptor, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(descriptor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn class_descriptor(features: u32) -> Vec<u8> {
        let mut bytes = std::vec![0_u8; 54];
        bytes[..6].copy_from_slice(&[54, 0x21, 0x10, 0x01, 0, 0x07]);
        bytes[6] = 3;
        bytes[40..44].copy_from_slice(&features.to_le_bytes());
        bytes[44..48].copy_from_slice(&271_u32.to_le_bytes());
        bytes
    }

    const CONFIGURATION: [u8; 9] = [9, 2, 93, 0, 1, 1, 0, 0x80, 50];
    const ENDPOINTS: [u8; 21] = [
        7, 5, 0x01, 2, 64, 0, 0, 7, 5, 0x82, 2, 64, 0, 0, 7, 5, 0x83, 3, 8, 0, 16,
    ];

    fn interface(class: u8) -> [u8; 9] {
        [9, 4, 0, 0, 3, class, 0, 0, 0]
    }

    #[test]
    fn a_vendor_class_reader_is_found_wherever_its_class_descriptor_stands() {
        let class = class_descriptor(0x0002_04BA);
        let before = [&CONFIGURATION[..], &interface(0xFF), &class, &ENDPOINTS].concat();
        let after = [&CONFIGURATION[..], &interface(0xFF), &ENDPOINTS, &class].concat();
        let found = ReaderInterface::find(&before).expect("a reader");
        assert_eq!(Some(&found), ReaderInterface::find(&after).as_ref());
        assert_eq!(found.bulk_in.number, 2);
        assert_eq!(found.bulk_out.packet_size, 64);
        assert_eq!(found.interrupt.map(|endpoint| endpoint.number), Some(3));
        assert_eq!(found.class_descriptor.level(), ExchangeLevel::ShortApdu);
        assert!(found.class_descriptor.chooses_voltage());
        assert!(!found.is_protected());
    }

    #[test]
    fn the_protected_class_is_seen_before_anything_is_claimed() {
        let class = class_descriptor(0x0001_0230);
        let bytes = [&CONFIGURATION[..], &interface(0x0B), &class, &ENDPOINTS].concat();
        assert!(
            ReaderInterface::find(&bytes)
                .expect("a reader")
                .is_protected()
        );
    }

    #[test]
    fn a_sibling_interface_does_not_lend_its_endpoints() {
        let class = class_descriptor(0x0002_04BA);
        let bytes = [
            &CONFIGURATION[..],
            &interface(0x03),
            &[9, 0x21, 0x11, 0x01, 0, 1, 0x22, 63, 0],
            &ENDPOINTS,
            &interface(0xFF),
            &class,
        ]
        .concat();
        assert_eq!(ReaderInterface::find(&bytes), None);
    }

    #[test]
    fn the_exchange_levels_have_their_names() {
        for (features, level) in [
            (0x0000_0840, ExchangeLevel::Character),
            (0x0001_0230, ExchangeLevel::Tpdu),
            (0x0002_04BE, ExchangeLevel::ShortApdu),
            (0x0004_04BE, ExchangeLevel::ExtendedApdu),
        ] {
            let descriptor = ClassDescriptor::parse(&class_descriptor(features));
            assert_eq!(descriptor.expect("54 bytes").level(), level);
        }
    }

    #[test]
    fn cut_and_endless_descriptors_end_the_search() {
        let class = class_descriptor(0x0002_04BA);
        let bytes = [&CONFIGURATION[..], &interface(0xFF), &ENDPOINTS, &class].concat();
        for length in 0..bytes.len() {
            assert_eq!(ReaderInterface::find(&bytes[..length]), None, "{length}");
        }
        assert_eq!(ReaderInterface::find(&[0; 64]), None);
    }
}
