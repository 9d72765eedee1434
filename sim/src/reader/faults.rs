//! What can go wrong between a host and a card, by name.
//!
//! How they are armed and how they end: [`crate::faults`].

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An empty packet comes before the answer.
    EmptyPacketBefore,
    /// An answer of whole packets (64n or 512n bytes) is followed by an empty packet.
    EmptyPacketAfter,
    /// An answer of whole packets is followed by nothing.
    NoEmptyPacketAfter,
    /// Zero bytes follow the answer, beyond its dwLength, up to a whole packet.
    BytesAfter,
    /// The answer comes in two transfers, cut after so many bytes. Concerns longer answers only.
    SplitAt(u16),
    /// Each byte of the answer is a transfer of its own.
    EveryByteApart,
    /// An answer with the bSeq of another command comes before the right one.
    ForeignSequence,
    /// An answer of another slot comes before the right one.
    ForeignSlot,
    /// Ten time extensions, a second apart, then the answer.
    TimeExtensions,
    /// The answer comes after [`LATE`], unless it is aborted before.
    Late,
    /// The card has carried the command out; its answer never comes.
    AnswerLost,
    /// The answer comes twice.
    DoubledAnswer,
    /// Bulk IN halts instead of the answer. The card has carried the command out.
    StallIn,
    /// Bulk OUT halts at the message, which is lost.
    StallOut,
    /// The card's block has a wrong EDC (T=1).
    WrongEdc,
    /// The host's block gets lost on its way to the card: ICC_MUTE (T=1).
    BlockToCardLost,
    /// The card's block gets lost on its way back: ICC_MUTE (T=1).
    BlockFromCardLost,
    /// The reader reports a parity error in the card's block (T=1).
    ParityError,
    /// An R-block of the card has the wrong N(R) (T=1).
    WrongNr,
    /// An I-block of the card has the wrong N(S) (T=1).
    WrongNs,
    /// The card asks for 255 block waiting times before its response, and takes nearly all (T=1).
    Wtx255,
    /// The card announces an IFSC of 254 before its response: rare, no fault (T=1).
    IfsFromCard,
    /// The card rejects S(IFS request) (T=1).
    IfsRefused,
    /// The card falls silent in the middle of a chain; at extended APDU level the reader does.
    StopsInChain,
    /// The card is pulled right before the command reaches it.
    CardPulledBefore,
    /// The card is pulled after it has carried the command out, before its answer.
    CardPulledAfter,
    /// As [`CardPulledAfter`](Self::CardPulledAfter), and the card laid ready is in the slot when the
    /// reader says so.
    CardSwapped,
    /// The reader is unplugged when the command has come, before the card sees it.
    UnpluggedBefore,
    /// The reader is unplugged after the card has carried the command out.
    UnpluggedAfter,
    /// CMD_SLOT_BUSY: the command is not carried out.
    SlotBusy,
    /// ICC_MUTE: the command does not reach the card.
    MuteBefore,
    /// ICC_MUTE, and the card has carried the command out.
    MuteAfter,
    /// The card loses its power in the middle of a secured write: half of it is there, and the card is mute until
    /// it is powered on again.
    CardLosesPower,
    /// The MAC of a secured write comes spoiled to the card, which answers 6988.
    MacSpoiled,
    /// The card stays silent at a PPS request.
    PpsMute,
    /// The card answers PPS without PPS1: it stays at 372/1.
    PpsReduced,
    /// The card's PPS response is not what was asked for.
    PpsWrong,
    /// SetParameters fails at bmFindexDindex.
    SetParametersRefused,
    /// HARDWARE_ERROR in the answer and RDR_to_PC_HardwareError on the interrupt endpoint; the card
    /// does not see the command.
    HardwareError,
    /// The reader answers NAK to a frame and does not take it (serial).
    FrameRefused,
    /// The frame of the answer does not add up; a NAK has it sent again (serial).
    FrameSpoilt,
}

/// How late [`Fault::Late`] is, milliseconds.
pub const LATE: u64 = 1_200_000;

impl Fault {
    /// All of them, with the names that the console knows; one cut stands for all cuts.
    pub const ALL: [(Self, &'static str); 41] = [
        (Self::EmptyPacketBefore, "empty-packet-before"),
        (Self::EmptyPacketAfter, "empty-packet-after"),
        (Self::NoEmptyPacketAfter, "no-empty-packet-after"),
        (Self::BytesAfter, "bytes-after"),
        (Self::SplitAt(10), "split"),
        (Self::EveryByteApart, "every-byte-apart"),
        (Self::ForeignSequence, "foreign-sequence"),
        (Self::ForeignSlot, "foreign-slot"),
        (Self::TimeExtensions, "time-extensions"),
        (Self::Late, "late"),
        (Self::AnswerLost, "answer-lost"),
        (Self::DoubledAnswer, "doubled-answer"),
        (Self::StallIn, "stall-in"),
        (Self::StallOut, "stall-out"),
        (Self::WrongEdc, "wrong-edc"),
        (Self::BlockToCardLost, "block-to-card-lost"),
        (Self::BlockFromCardLost, "block-from-card-lost"),
        (Self::ParityError, "parity-error"),
        (Self::WrongNr, "wrong-nr"),
        (Self::WrongNs, "wrong-ns"),
        (Self::Wtx255, "wtx-255"),
        (Self::IfsFromCard, "ifs-from-card"),
        (Self::IfsRefused, "ifs-refused"),
        (Self::StopsInChain, "stops-in-chain"),
        (Self::CardPulledBefore, "card-pulled-before"),
        (Self::CardPulledAfter, "card-pulled-after"),
        (Self::CardSwapped, "card-swapped"),
        (Self::UnpluggedBefore, "unplugged-before"),
        (Self::UnpluggedAfter, "unplugged-after"),
        (Self::SlotBusy, "slot-busy"),
        (Self::MuteBefore, "mute-before"),
        (Self::MuteAfter, "mute-after"),
        (Self::CardLosesPower, "card-loses-power"),
        (Self::MacSpoiled, "mac-spoiled"),
        (Self::PpsMute, "pps-mute"),
        (Self::PpsReduced, "pps-reduced"),
        (Self::PpsWrong, "pps-wrong"),
        (Self::SetParametersRefused, "set-parameters-refused"),
        (Self::HardwareError, "hardware-error"),
        (Self::FrameRefused, "frame-refused"),
        (Self::FrameSpoilt, "frame-spoilt"),
    ];

    /// The fault that the console calls `name`.
    pub fn named(name: &str) -> Option<Self> {
        let (fault, _) = Self::ALL.iter().find(|(_, known)| *known == name)?;
        Some(*fault)
    }
}
