//! What a task knows of the chip that it writes, file by file: a card's or a tag's.

use crate::fault::{Code, Fault, Written};
use crate::sw::Sw;

/// How far a round of writes came.
pub(super) enum Came {
    /// All that was to be written was accepted.
    Through,
    /// An answer is missing: the chip has to be read and shown before anything else.
    Astray,
}

/// What became of the writes of one task.
pub(super) struct Writes<F> {
    /// The chip has accepted a write.
    accepted: bool,
    /// The file whose write was not answered, until a showing or a write of the same file tells.
    lost: Option<F>,
}

impl<F: Copy + PartialEq> Writes<F> {
    /// Nothing was written yet.
    pub(super) fn none() -> Self {
        Self {
            accepted: false,
            lost: None,
        }
    }

    /// The chip has accepted the write of that file.
    pub(super) fn accept(&mut self, file: F) {
        self.accepted = true;
        self.lost = self.lost.filter(|&lost| lost != file);
    }

    /// The write of that file was not answered.
    pub(super) fn lose(&mut self, file: F) {
        self.lost = Some(file);
    }

    /// The chip was read back, and these files are still to be written: one whose write was lost, and that is
    /// not among them, was written.
    pub(super) fn read_back(&mut self, next: &[F]) {
        if self.lost.is_some_and(|file| !next.contains(&file)) {
            self.lost = None;
            self.accepted = true;
        }
    }

    /// What is known of the chip.
    pub(super) fn written(&self) -> Written {
        match (&self.lost, self.accepted) {
            (Some(_), _) => Written::Unknown,
            (None, true) => Written::Yes,
            (None, false) => Written::No,
        }
    }

    /// How the task ends by a fault: where the chip was written, or may be, by what that leaves it as.
    pub(super) fn end(&self, fault: Fault, reach: Reach, ends: Ends) -> Fault {
        let code = match (self.written(), reach) {
            (Written::Unknown, Reach::NoChip) => ends.unknown,
            (Written::Yes, Reach::NoChip) => ends.torn,
            (Written::Unknown | Written::Yes, Reach::NoBackend) => ends.unconfirmed,
            _ => fault.code,
        };
        let written = match fault.written {
            Written::No => self.written(),
            known => known,
        };
        Fault { code, ..fault }.written(written)
    }
}

/// Who could not be reached any more.
#[derive(Clone, Copy)]
pub(super) enum Reach {
    /// The chip.
    NoChip,
    /// The backend, which alone says whether a chip is right.
    NoBackend,
    /// Neither: something else ended the task.
    Other,
}

impl Reach {
    /// By the code of a fault; `is_chip` tells those of a chip that could not be reached.
    pub(super) fn of(code: Code, is_chip: impl Fn(Code) -> bool) -> Self {
        match code {
            Code::Unreachable | Code::AnswerLost | Code::BackendFailed => Self::NoBackend,
            code if is_chip(code) => Self::NoChip,
            _ => Self::Other,
        }
    }
}

/// The ends of a task that has written its chip, or may have, and cannot go on.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    /// The chip is out of reach, and a write was not answered.
    pub(super) unknown: Code,
    /// The chip is out of reach, what was written was accepted, and it was not all.
    pub(super) torn: Code,
    /// The backend is out of reach.
    pub(super) unconfirmed: Code,
}

/// Whether a status word says that nothing was written. What ISO/IEC 7816-4 keeps for a changed memory (61xx to
/// 63xx), a length (6Cxx), no diagnosis (6Fxx) and a line's own 66xx and 6E81 do not: the chip is read back.
pub(super) fn is_refusal(sw: Sw) -> bool {
    !matches!(sw.0 >> 8, 0x61..=0x63 | 0x66 | 0x6C | 0x6F) && sw.0 != 0x6E81
}
