//! What can go wrong between a host and a card, by name.
//!
//! A fault is armed for the n-th message that it can concern, and leaves a mark when it strikes: a
//! test that finds no mark has tested nothing.

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

/// What ends a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It strikes once.
    AfterOne,
    /// It strikes twice.
    AfterTwo,
    /// It strikes until the card is powered on again.
    AtPowerOn,
    /// It strikes until the reader is plugged in again.
    AtReplug,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::AfterOne,
        Self::AfterTwo,
        Self::AtPowerOn,
        Self::AtReplug,
    ];
}

impl Fault {
    /// All of them, with the names that the console knows; one cut stands for all cuts.
    pub const ALL: [(Self, &'static str); 39] = [
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

#[derive(Debug, Clone, Copy)]
struct Armed {
    fault: Fault,
    /// Messages that it could concern and still lets pass.
    spared: u32,
    ending: Ending,
    strikes: u32,
}

/// The faults that lie in wait, and the marks of those that have struck.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    armed: Vec<Armed>,
    marks: Vec<Fault>,
}

impl Faults {
    /// Lays `fault` in wait for the message after the next `spared` ones that it can concern.
    pub fn arm(&mut self, fault: Fault, spared: u32, ending: Ending) {
        self.armed.push(Armed {
            fault,
            spared,
            ending,
            strikes: 0,
        });
    }

    /// Takes all faults back; the marks stay.
    pub fn disarm(&mut self) {
        self.armed.clear();
    }

    /// The faults that have struck so far, each time anew.
    pub fn marks(&self) -> &[Fault] {
        &self.marks
    }

    /// Asked where `fault` can strike, and nowhere else: whether it does.
    pub(super) fn strikes(&mut self, fault: Fault) -> bool {
        self.find(|armed| (armed == fault).then_some(())).is_some()
    }

    /// As [`strikes`](Self::strikes), for whichever fault `pick` makes something of.
    pub(super) fn find<T>(&mut self, pick: impl Fn(Fault) -> Option<T>) -> Option<T> {
        let mut found = None;
        for (index, armed) in self.armed.iter_mut().enumerate() {
            let Some(picked) = pick(armed.fault) else {
                continue;
            };
            if armed.spared > 0 {
                armed.spared -= 1;
                continue;
            }
            armed.strikes += 1;
            self.marks.push(armed.fault);
            let over = match armed.ending {
                Ending::AfterOne => true,
                Ending::AfterTwo => armed.strikes == 2,
                Ending::AtPowerOn | Ending::AtReplug => false,
            };
            found = Some((picked, over.then_some(index)));
            break;
        }
        let (picked, over) = found?;
        if let Some(index) = over {
            self.armed.remove(index);
        }
        Some(picked)
    }

    /// A card is powered on: what lasts until then and has struck is over.
    pub(super) fn power_on(&mut self) {
        self.armed
            .retain(|armed| armed.ending != Ending::AtPowerOn || armed.strikes == 0);
    }

    /// The reader is plugged in again: what has struck is over.
    pub(super) fn replug(&mut self) {
        self.armed.retain(|armed| armed.strikes == 0);
    }
}
