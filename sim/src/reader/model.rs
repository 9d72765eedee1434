//! What one reader may do differently from the next.

use super::contacts::Contacts;

/// Interface class of a reader that a web page may claim.
pub const VENDOR_CLASS: u8 = 0xFF;
/// Interface class of a standard reader, which a browser protects from pages.
pub const SMART_CARD_CLASS: u8 = 0x0B;
/// Interface class of readers that leave it to the device to say what they are.
pub const NO_CLASS: u8 = 0x00;

/// What an XfrBlock carries (dwFeatures bits 16 to 18).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Single characters: the host speaks T=0 procedure bytes and T=1. Described, not spoken.
    Character,
    /// T=0 headers with their data, T=1 blocks.
    Tpdu,
    /// Whole APDUs of up to 261 bytes.
    ShortApdu,
    /// Whole APDUs of any length, in pieces where they do not fit a message.
    ExtendedApdu,
}

/// How the interface moves its messages (bInterfaceProtocol).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Two bulk endpoints, and an interrupt endpoint where the reader notifies.
    Bulk,
    /// ICCD version A, control transfers. Described, not spoken.
    IccdA,
    /// ICCD version B, control transfers. Described, not spoken.
    IccdB,
}

/// What is odd about the configuration descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// Nothing.
    None,
    /// The class descriptor follows the endpoints instead of the interface.
    ClassDescriptorLast,
    /// A descriptor of length 0 stands before the class descriptor: whoever steps by bLength stands
    /// still.
    LengthZero,
    /// The class descriptor says that it is longer than everything that follows.
    LengthBeyondEnd,
}

/// dwFeatures below the exchange level (CCID §5.1).
pub mod feature {
    /// Sets its parameters from the ATR by itself.
    pub const AUTO_PARAMETERS: u32 = 0x02;
    /// Powers a card as soon as it is put in.
    pub const AUTO_ACTIVATION: u32 = 0x04;
    /// Chooses the voltage.
    pub const AUTO_VOLTAGE: u32 = 0x08;
    /// Chooses the clock to fit the parameters.
    pub const AUTO_CLOCK: u32 = 0x10;
    /// Chooses the baud rate to fit the parameters.
    pub const AUTO_BAUD: u32 = 0x20;
    /// Negotiates protocol and rate; the host must not.
    pub const AUTO_NEGOTIATION: u32 = 0x40;
    /// Makes the PPS that the parameters set by the host ask for.
    pub const AUTO_PPS: u32 = 0x80;
    /// Announces its IFSD to a T=1 card by itself.
    pub const AUTO_IFSD: u32 = 0x400;
}

/// Every way in which a virtual reader can be made to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// bInterfaceClass.
    pub class: u8,
    /// bInterfaceProtocol, and how many endpoints there are.
    pub transport: Transport,
    /// What an XfrBlock carries.
    pub level: Level,
    /// dwFeatures without the exchange level; see [`feature`].
    pub features: u32,
    /// High speed with bulk packets of 512 bytes, or full speed with 64.
    pub high_speed: bool,
    /// There is an interrupt endpoint for NotifySlotChange.
    pub interrupt: bool,
    /// A message of whole packets is followed by a zero-length packet.
    pub empty_packets: bool,
    /// Number of slots, 1 to 16.
    pub slots: u8,
    /// bMaxCCIDBusySlots; 0 counts as 1.
    pub busy_slots: u8,
    /// Voltages the reader can give; bVoltageSupport: 1 is 5 V, 2 is 3 V, 4 is 1.8 V.
    pub voltages: u8,
    /// dwDataRate values that GET_DATA_RATES lists; empty where any up to `max_data_rate` will do.
    pub data_rates: &'static [u32],
    /// dwMaxDataRate, bit/s.
    pub max_data_rate: u32,
    /// dwMaxCCIDMessageLength as announced.
    pub announced_message: u32,
    /// The longest message that it takes in truth.
    pub longest_message: usize,
    /// dwMaxIFSD as announced.
    pub announced_ifsd: u32,
    /// Longer answers of the card come in pieces of this many bytes, at short APDU level too, where
    /// the standard has no pieces (reference §4.8).
    pub piece: Option<usize>,
    /// The control request ABORT is there.
    pub aborts: bool,
    /// A keyboard is interface 0 and the reader interface 1.
    pub keyboard_first: bool,
    /// What is odd about the descriptors.
    pub oddity: Oddity,
    /// How its cards present themselves.
    pub contacts: Contacts,
}

/// Longest message of most readers: header and a short case-4 APDU.
const USUAL_MESSAGE: usize = 10 + 261;

impl Model {
    /// Short APDU level; chooses voltage, parameters and PPS by itself (dwFeatures 000204BA).
    pub const fn short_apdu() -> Self {
        Self {
            class: VENDOR_CLASS,
            transport: Transport::Bulk,
            level: Level::ShortApdu,
            features: 0x04BA,
            high_speed: false,
            interrupt: true,
            empty_packets: true,
            slots: 1,
            busy_slots: 1,
            voltages: 0x07,
            data_rates: &[],
            max_data_rate: 344_086, // 4 MHz · 32 / 372
            announced_message: USUAL_MESSAGE as u32,
            longest_message: USUAL_MESSAGE,
            announced_ifsd: 0,
            piece: None,
            aborts: true,
            keyboard_first: false,
            oddity: Oddity::None,
            contacts: Contacts::T0,
        }
    }

    /// Extended APDU level (dwFeatures 000404BE); long APDUs come in pieces.
    pub const fn extended_apdu() -> Self {
        Self {
            level: Level::ExtendedApdu,
            features: 0x04BE,
            announced_ifsd: 254,
            ..Self::short_apdu()
        }
    }

    /// TPDU level and nothing automatic but clock and baud rate (dwFeatures 00010230), with T=0 cards
    /// that can go faster.
    pub const fn tpdu_t0() -> Self {
        Self {
            level: Level::Tpdu,
            features: 0x0230,
            announced_ifsd: 254,
            contacts: Contacts::T0_FAST,
            ..Self::short_apdu()
        }
    }

    /// As [`tpdu_t0`](Self::tpdu_t0), with T=1 cards that check blocks by LRC.
    pub const fn tpdu_t1() -> Self {
        Self {
            contacts: Contacts::T1_LRC,
            ..Self::tpdu_t0()
        }
    }

    /// As [`tpdu_t0`](Self::tpdu_t0), with T=1 cards that check blocks by CRC.
    pub const fn tpdu_t1_crc() -> Self {
        Self {
            contacts: Contacts::T1_CRC,
            ..Self::tpdu_t0()
        }
    }

    /// What is known of a GemPC Twin on a serial line, which has no descriptors: as
    /// [`tpdu_t0`](Self::tpdu_t0), with the cards as they are.
    pub const fn serial() -> Self {
        Self {
            contacts: Contacts::T0,
            ..Self::tpdu_t0()
        }
    }

    /// Character level (dwFeatures 00000030), which nobody is expected to speak.
    pub const fn character() -> Self {
        Self {
            level: Level::Character,
            features: 0x0030,
            ..Self::short_apdu()
        }
    }

    /// A token that is its own reader, of version A or B (ICCD Rev 1.0).
    pub const fn iccd(version: Transport) -> Self {
        Self {
            transport: version,
            features: 0x0840,
            interrupt: false,
            announced_message: 261,
            announced_ifsd: 254,
            ..Self::short_apdu()
        }
    }

    /// The reader that a kind of the bench names: `short-apdu`, `extended`, `tpdu-t0`, `tpdu-t1`,
    /// `tpdu-t1-crc` or `protected`.
    pub fn of_kind(kind: &str) -> Option<Self> {
        Some(match kind {
            "short-apdu" => Self::short_apdu(),
            "extended" => Self::extended_apdu(),
            "tpdu-t0" => Self::tpdu_t0(),
            "tpdu-t1" => Self::tpdu_t1(),
            "tpdu-t1-crc" => Self::tpdu_t1_crc(),
            "protected" => Self {
                class: SMART_CARD_CLASS,
                ..Self::short_apdu()
            },
            _ => return None,
        })
    }

    /// Bytes in a bulk packet.
    pub const fn packet(&self) -> usize {
        if self.high_speed { 512 } else { 64 }
    }

    /// dwFeatures.
    pub(super) const fn all_features(&self) -> u32 {
        let level = match self.level {
            Level::Character => 0,
            Level::Tpdu => 0x1_0000,
            Level::ShortApdu => 0x2_0000,
            Level::ExtendedApdu => 0x4_0000,
        };
        self.features | level
    }

    /// Whether all of these bits of dwFeatures are set.
    pub(super) const fn has(&self, features: u32) -> bool {
        self.features & features == features
    }

    /// Whether whole APDUs come in: the reader sees to protocol and rate by itself.
    pub(super) const fn takes_apdus(&self) -> bool {
        matches!(self.level, Level::ShortApdu | Level::ExtendedApdu)
    }

    /// Whether the reader runs at the rate that this Fi/Di byte asks for.
    pub(super) fn runs_at(&self, fi_di: u8) -> bool {
        super::contacts::data_rate(fi_di).is_some_and(|rate| {
            rate <= self.max_data_rate
                && (self.data_rates.is_empty() || self.data_rates.contains(&rate))
        })
    }
}
