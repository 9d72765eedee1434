//! The readers among a device's descriptors (CCID 1.1 §5.1; reference on readers §4.1).
//!
//! WebUSB shows no class-specific descriptors, so the raw configuration descriptor is read instead.
//! Nothing in it is trusted: lengths are checked, sizes are put right, and the class comes from the device,
//! never from its vendor and product number.

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::quirks::{self, Quirk};
use crate::fault::Code;

/// Vendor and product number of a USB device: the key of the [quirks](super::quirks).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceId {
    /// `idVendor`.
    pub vendor: u16,
    /// `idProduct`.
    pub product: u16,
}

/// A CCID interface of a device, usable or not. It is one reader for each of its [slots](Profile::slots).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderInterface {
    /// `bConfigurationValue` of the configuration it stands in.
    pub configuration: u8,
    /// `bInterfaceNumber`.
    pub number: u8,
    /// `bInterfaceClass`: 0xFF or 0x00 can be claimed by a page, 0x0B cannot.
    pub class: u8,
    /// Its bulk endpoints; `None` for ICCD, which speaks over the control endpoint.
    pub endpoints: Option<Endpoints>,
    /// What the reader can do.
    pub profile: Profile,
}

/// The endpoints of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Bulk OUT endpoint.
    pub bulk_out: Endpoint,
    /// Bulk IN endpoint.
    pub bulk_in: Endpoint,
    /// Interrupt IN endpoint, where the reader announces cards by itself.
    pub interrupt: Option<Endpoint>,
}

/// An endpoint of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Endpoint number without the direction bit, 1 to 15.
    pub number: u8,
    /// `wMaxPacketSize`: 64 at full speed, 512 at high speed.
    pub packet_size: u16,
}

/// What the browser allows the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// An ordinary page: interfaces of a protected class stay closed.
    Page,
    /// An Isolated Web App with `usb-unrestricted`.
    Unrestricted,
}

/// What a reader can do, as far as it can be believed, and which quirks are in force for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The class descriptor, put right.
    pub descriptor: ClassDescriptor,
    /// What was put right, and what is known about this model.
    pub quirks: Vec<Quirk>,
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
    /// `dwDefaultClock` of the card, kHz.
    pub default_clock: u32,
    /// `dwMaxDataRate`, bit/s.
    pub max_data_rate: u32,
    /// `dwMaxIFSD`: longest information field of a T=1 block the reader takes, 1 to 254.
    pub max_ifsd: u32,
    /// `dwFeatures`.
    pub features: Features,
    /// `dwMaxCCIDMessageLength`, bytes with the header.
    pub max_message_length: u32,
}

/// `dwFeatures`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features(pub u32);

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
    /// Lists the CCID interfaces in one configuration descriptor, in its order; those a page cannot use too,
    /// so that each can be named.
    ///
    /// The class descriptor is accepted anywhere behind its interface: some readers put it after the
    /// last endpoint. Type 0x21 is also HID's and DFU's; the length of 54 tells them apart. Of an
    /// interface's alternate settings the first counts.
    pub fn discover(device: DeviceId, configuration: &[u8]) -> Vec<Self> {
        let mut value = 0;
        let mut found = Vec::new();
        let mut candidate = Candidate::default();
        for descriptor in Descriptors(configuration) {
            match *descriptor {
                [9, 0x02, _, _, _, configuration_value, ..] => value = configuration_value,
                [_, 0x04, number, alternate, _, class, _, protocol, _] => {
                    found.extend(candidate.complete(device, value));
                    candidate = Candidate {
                        interface: (alternate == 0).then_some((number, class, protocol)),
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
        found.extend(candidate.complete(device, value));
        found
    }

    /// The endpoints to drive it by, or by which name it is refused: its class is protected, it speaks over
    /// the control endpoint (ICCD), or character by character.
    ///
    /// # Errors
    /// [`Code::ProtectedReader`], [`Code::ControlOnlyReader`], [`Code::UnsupportedLevel`].
    pub fn usable(&self, access: Access) -> Result<Endpoints, Code> {
        if self.is_protected() && access == Access::Page {
            return Err(Code::ProtectedReader);
        }
        let endpoints = self.endpoints.ok_or(Code::ControlOnlyReader)?;
        match self.profile.level(0) {
            ExchangeLevel::Character => Err(Code::UnsupportedLevel),
            _ => Ok(endpoints),
        }
    }

    /// Whether browsers refuse this interface to every ordinary page.
    pub fn is_protected(&self) -> bool {
        self.class == PROTECTED_CLASS
    }
}

impl Profile {
    /// A reader's own word, put right where it cannot be, and what is known about the model.
    pub fn new(device: DeviceId, told: ClassDescriptor) -> Self {
        let mut profile = Self {
            descriptor: told,
            quirks: quirks::of(device).to_vec(),
        };
        profile.put_right();
        profile
    }

    /// Its slots: 0 to `bMaxSlotIndex`.
    pub fn slots(&self) -> RangeInclusive<u8> {
        0..=self.descriptor.max_slot_index
    }

    /// The exchange level of a slot.
    pub fn level(&self, slot: u8) -> ExchangeLevel {
        match self.descriptor.features.level() {
            _ if slot > 0 && self.has(Quirk::OtherSlotsShortApdu) => ExchangeLevel::ShortApdu,
            ExchangeLevel::ExtendedApdu if self.has(Quirk::ShortApduOnly) => {
                ExchangeLevel::ShortApdu
            }
            level => level,
        }
    }

    /// Whether this quirk is in force.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// Puts absurd sizes right (reference §4.1, §7.10), and notes what was told.
    fn put_right(&mut self) {
        let told = self.descriptor;
        let max_ifsd = match told.max_ifsd {
            0 => 254, // MySMART PAD
            more => more.min(254),
        };
        let shortest = match told.features.level() {
            ExchangeLevel::Tpdu => SHORTEST_TPDU,
            _ => SHORTEST_APDU,
        };
        let max_message_length = told.max_message_length.clamp(shortest, LONGEST);
        let default_clock = match told.default_clock {
            1_000..=20_000 => told.default_clock,
            _ => 4_000,
        };
        let protocols = match told.protocols & 0b11 {
            0 => 0b11,
            some => some,
        };
        let changes = [
            (max_ifsd != told.max_ifsd, Quirk::MaxIfsd(told.max_ifsd)),
            (
                max_message_length != told.max_message_length,
                Quirk::MaxMessageLength(told.max_message_length),
            ),
            (
                default_clock != told.default_clock,
                Quirk::Clock(told.default_clock),
            ),
            (told.protocols & 0b11 == 0, Quirk::Protocols(told.protocols)),
        ];
        let changed = changes
            .into_iter()
            .filter_map(|(it, quirk)| it.then_some(quirk));
        self.quirks.extend(changed);
        let slowest = self.quirks.iter().filter_map(|quirk| match quirk {
            Quirk::MaxDataRate(rate) => Some(*rate),
            _ => None,
        });
        let max_data_rate = slowest.fold(told.max_data_rate, u32::min);
        self.descriptor = ClassDescriptor {
            protocols,
            default_clock,
            max_data_rate,
            max_ifsd,
            max_message_length,
            ..told
        };
    }
}

/// The shortest message limit that lets a TPDU through, header, five bytes and 255 of data. Readers that claim
/// less are known to take it (reference §4.1).
const SHORTEST_TPDU: u32 = 10 + 260;
/// The same for a short APDU, with its Le.
const SHORTEST_APDU: u32 = 10 + 261;
/// Header and the longest APDU: 7 bytes, 65 535 of data, 2 of Le.
const LONGEST: u32 = 10 + 65_544;

impl ClassDescriptor {
    /// Reads the descriptor: 54 bytes, numbers little-endian. `None` if it is shorter.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let u32_at = |offset: usize| {
            let field = bytes.get(offset..)?.first_chunk()?;
            Some(u32::from_le_bytes(*field))
        };
        bytes.get(53)?;
        Some(Self {
            max_slot_index: *bytes.get(4)?,
            voltages: *bytes.get(5)?,
            protocols: u32_at(6)?,
            default_clock: u32_at(10)?,
            max_data_rate: u32_at(23)?,
            max_ifsd: u32_at(28)?,
            features: Features(u32_at(40)?),
            max_message_length: u32_at(44)?,
        })
    }
}

impl Features {
    /// The exchange level of bits 16 to 18.
    pub fn level(self) -> ExchangeLevel {
        match self.0 & 0x0007_0000 {
            0x0001_0000 => ExchangeLevel::Tpdu,
            0x0002_0000 => ExchangeLevel::ShortApdu,
            0x0004_0000 => ExchangeLevel::ExtendedApdu,
            _ => ExchangeLevel::Character,
        }
    }

    /// Whether the reader finds the card's voltage by itself: 0x08, or 0x04 (it powers a card when it is put
    /// in, so it must have found one).
    pub fn chooses_voltage(self) -> bool {
        self.0 & (0x04 | 0x08) != 0
    }

    /// 0x40: the reader negotiates protocol and speed by itself, and wants neither PPS nor SetParameters.
    pub fn negotiates(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// 0x80: the reader sends the PPS that fits the parameters it was given.
    pub fn sends_pps(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// 0x400: the reader tells a T=1 card its IFSD by itself.
    pub fn sends_ifsd(self) -> bool {
        self.0 & 0x400 != 0
    }
}

/// What has been seen of an interface so far.
#[derive(Default)]
struct Candidate {
    /// Number, class and protocol.
    interface: Option<(u8, u8, u8)>,
    bulk_out: Option<Endpoint>,
    bulk_in: Option<Endpoint>,
    interrupt: Option<Endpoint>,
    class_descriptor: Option<ClassDescriptor>,
}

impl Candidate {
    fn complete(&self, device: DeviceId, configuration: u8) -> Option<ReaderInterface> {
        let (number, class, protocol) = self.interface?;
        let told = self.class_descriptor?;
        // bInterfaceProtocol 1 and 2 are ICCD-A and ICCD-B.
        let bulk = self.bulk_out.zip(self.bulk_in).filter(|_| protocol == 0);
        let endpoints = bulk.map(|(bulk_out, bulk_in)| Endpoints {
            bulk_out,
            bulk_in,
            interrupt: self.interrupt,
        });
        Some(ReaderInterface {
            configuration,
            number,
            class,
            endpoints,
            profile: Profile::new(device, told),
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
mod tests;
