//! What is known about single models, as data: what they say wrongly, and what they cannot stand.
//!
//! Only what needs another behaviour stands here. Much else that models do wrong is met with every reader:
//! answers chained where short APDUs are promised, empty packets too many, bytes after the announced
//! length, a first slot status that takes most of a second (reference on readers §4).

use super::descriptor::{ClassDescriptor, DeviceId, Features};

/// One way in which a reader differs from the specification or from its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// It is faster by its own word than it is in fact; the limit, bit/s.
    MaxDataRate(u32),
    /// It does not stand S(IFS request): a T=1 card keeps sending blocks of 32 bytes.
    NoIfsRequest,
    /// SetParameters may fail although the card can be used.
    SetParametersMayFail,
    /// It promises extended APDUs and takes short ones only.
    ShortApduOnly,
    /// Its slots but the first are contactless, and take short APDUs whatever the descriptor says.
    OtherSlotsShortApdu,
    /// It said this IFSD, which cannot be.
    MaxIfsd(u32),
    /// It said this message length, which cannot be.
    MaxMessageLength(u32),
    /// It said this clock, kHz, which cannot be.
    Clock(u32),
    /// It said these protocols: neither T=0 nor T=1.
    Protocols(u32),
}

/// The models with quirks of their own (libccid's list; reference §4.1, §4.5, §4.8).
const MODELS: &[(u16, u16, &[Quirk])] = &[
    // SCM SCR331-DI, its NTTCom twin, and SDI010: contact in slot 0, contactless in slot 1.
    (0x04E6, 0x5111, &[Quirk::OtherSlotsShortApdu]),
    (0x04E6, 0x5120, &[Quirk::OtherSlotsShortApdu]),
    (0x04E6, 0x5121, &[Quirk::OtherSlotsShortApdu]),
    // SafeNet eToken 5100.
    (0x0529, 0x0620, &[Quirk::NoIfsRequest]),
    // Alcor AU9540.
    (
        0x058F,
        0x9540,
        &[Quirk::MaxDataRate(200_000), Quirk::SetParametersMayFail],
    ),
    // Kobil Tribank.
    (0x0D46, 0x3010, &[Quirk::ShortApduOnly]),
];

/// What is known about a model.
pub fn of(device: DeviceId) -> &'static [Quirk] {
    let model = MODELS
        .iter()
        .find(|(vendor, product, _)| (*vendor, *product) == (device.vendor, device.product));
    model.map_or(&[], |(_, _, quirks)| quirks)
}

/// The descriptor a GemPC Twin would have if it were asked over USB. On the serial line there are no descriptors
/// (libccid `ccid_serial.c`).
pub const GEMPC_TWIN: ClassDescriptor = ClassDescriptor {
    max_slot_index: 0,
    voltages: 0b111,
    protocols: 0b11,
    default_clock: 4_000,
    max_data_rate: 344_086,
    max_ifsd: 254,
    features: Features(0x0001_0230),
    max_message_length: 271,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_both_of_its_numbers() {
        let alcor = |product| {
            of(DeviceId {
                vendor: 0x058F,
                product,
            })
        };
        assert!(alcor(0x9540).contains(&Quirk::SetParametersMayFail));
        assert!(alcor(0x9520).is_empty());
    }
}
