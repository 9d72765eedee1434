//! What can go wrong between a host and a tag, by name.

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The device does not take the request.
    RequestLost,
    /// The device has carried the request out; its answer never comes.
    AnswerLost,
    /// The answer comes so late that a host has sent its request again.
    Late,
    /// The answer comes so late that a host waits for another.
    VeryLate,
    /// The answer comes twice.
    Doubled,
    /// The answer comes again a while later.
    DoubledLater,
    /// The answer breaks off in its middle.
    Partial,
    /// The answer stops for a while in its middle.
    Paused,
    /// Each byte of the answer comes apart.
    EveryByteApart,
    /// Noise comes before the answer.
    NoiseBefore,
    /// Noise comes after the answer.
    NoiseAfter,
    /// Noise comes instead of the answer, as at another speed.
    Garbage,
    /// The answer's check byte is wrong.
    WrongCheck,
    /// An escape in the answer is followed by neither 00 nor 01 (dialect A).
    WrongEscape,
    /// Runs of FF stand around the answer.
    FlagRun,
    /// A length in the answer disagrees with what is there, and the check byte agrees.
    WrongLength,
    /// A fragment of the answer is missing (dialect C).
    FragmentLost,
    /// A fragment of the answer comes twice (dialect C).
    FragmentTwice,
    /// Something that was not asked for comes before the answer.
    ForeignAnswer,
    /// The last entry of the list of answers is missing.
    EntryMissing,
    /// The device refuses the request without carrying it out.
    Refused,
    /// The tag laid ready is in the field too when tags are called.
    SecondTag,
    /// The answer is another tag's (dialect A).
    OtherTag,
    /// The tag laid ready is in place of the one that was in the field, before the list reaches the chip.
    TagSwapped,
    /// The tag leaves the field before the list reaches its chip.
    TagLeavesBefore,
    /// The tag leaves the field after its chip has carried the list out.
    TagLeavesAfter,
    /// The ESAM loses its power before the list reaches it; over the air the tag sleeps until it is called.
    EsamLosesPower,
    /// The ESAM has carried the list out, and its answer never comes.
    EsamMute,
    /// The MAC of a secured write comes spoiled to the ESAM, which answers 6988.
    MacSpoiled,
    /// The card is pulled before the command reaches it.
    CardPulledBefore,
    /// The card is pulled after it has carried the command out.
    CardPulledAfter,
    /// The PSAM's slot is empty.
    PsamAbsent,
    /// The programmer is unplugged when the request has come, before anything is carried out.
    UnpluggedBefore,
    /// The programmer is unplugged after the request was carried out.
    UnpluggedAfter,
}

/// How late [`Fault::Late`] is, milliseconds.
pub const LATE: u64 = 1_200;
/// How late [`Fault::VeryLate`] is, milliseconds.
pub const VERY_LATE: u64 = 20_000;

impl Fault {
    /// All of them, with the names that a console knows.
    pub const ALL: [(Self, &'static str); 34] = [
        (Self::RequestLost, "request-lost"),
        (Self::AnswerLost, "answer-lost"),
        (Self::Late, "late"),
        (Self::VeryLate, "very-late"),
        (Self::Doubled, "doubled"),
        (Self::DoubledLater, "doubled-later"),
        (Self::Partial, "partial"),
        (Self::Paused, "paused"),
        (Self::EveryByteApart, "every-byte-apart"),
        (Self::NoiseBefore, "noise-before"),
        (Self::NoiseAfter, "noise-after"),
        (Self::Garbage, "garbage"),
        (Self::WrongCheck, "wrong-check"),
        (Self::WrongEscape, "wrong-escape"),
        (Self::FlagRun, "flag-run"),
        (Self::WrongLength, "wrong-length"),
        (Self::FragmentLost, "fragment-lost"),
        (Self::FragmentTwice, "fragment-twice"),
        (Self::ForeignAnswer, "foreign-answer"),
        (Self::EntryMissing, "entry-missing"),
        (Self::Refused, "refused"),
        (Self::SecondTag, "second-tag"),
        (Self::OtherTag, "other-tag"),
        (Self::TagSwapped, "tag-swapped"),
        (Self::TagLeavesBefore, "tag-leaves-before"),
        (Self::TagLeavesAfter, "tag-leaves-after"),
        (Self::EsamLosesPower, "esam-loses-power"),
        (Self::EsamMute, "esam-mute"),
        (Self::MacSpoiled, "mac-spoiled"),
        (Self::CardPulledBefore, "card-pulled-before"),
        (Self::CardPulledAfter, "card-pulled-after"),
        (Self::PsamAbsent, "psam-absent"),
        (Self::UnpluggedBefore, "unplugged-before"),
        (Self::UnpluggedAfter, "unplugged-after"),
    ];

    /// The fault that a console calls `name`.
    pub fn named(name: &str) -> Option<Self> {
        let (fault, _) = Self::ALL.iter().find(|(_, known)| *known == name)?;
        Some(*fault)
    }
}
