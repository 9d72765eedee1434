//! Attempts to write a chip, be it a card's or a tag's: what counts as a failure, and when to stop.
//!
//! An attempt opens when the first command is signed and carries every file that was signed for, as it was
//! before and as it is to be. A refusal of the chip's own counts at once; otherwise the next reading settles it.

use std::fmt;

use apdu_core::bcd::CardNumber;
use apdu_core::hex::Bytes;
use apdu_core::obu::ContractSerial;
use apdu_core::sw::Sw;
use serde::{Deserialize, Serialize};

use super::limits::{FAILURES_ANYWHERE, FAILURES_HERE, UNREAD};

/// Who decides, where and when, and where new identities come from.
#[derive(Clone, Copy)]
pub struct Teller<'a> {
    /// Operator name.
    pub operator: &'a str,
    /// Code of the outlet.
    pub outlet: &'a str,
    /// Now, ms UTC.
    pub now: i64,
    /// A new identity.
    pub new_id: &'a (dyn Fn() -> String + Sync),
}

/// A chip that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Chip {
    /// A toll card.
    Card(CardNumber),
    /// The ESAM of a tag.
    Tag(ContractSerial),
}

/// As it is written in a column: `card NUMBER`, `tag SERIAL`.
impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Card(number) => write!(f, "card {number}"),
            Self::Tag(serial) => write!(f, "tag {serial}"),
        }
    }
}

impl std::str::FromStr for Chip {
    type Err = apdu_core::bcd::NotDigits;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(' ') {
            Some(("card", number)) => number.parse().map(Self::Card),
            Some(("tag", serial)) => serial.parse().map(Self::Tag),
            _ => Err(apdu_core::bcd::NotDigits),
        }
    }
}

/// An attempt to write a chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteAttempt {
    /// Its identity.
    pub id: String,
    /// Which chip.
    pub chip: Chip,
    /// For which task.
    pub task: String,
    /// Code of the outlet.
    pub outlet: String,
    /// Operator name.
    pub operator: String,
    /// When the first command was signed, ms UTC.
    pub opened_at: i64,
    /// What was signed.
    pub parts: Vec<SignedPart>,
    /// What became of it.
    pub outcome: Outcome,
}

/// One file of an attempt, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedPart {
    /// Which file, by a word of the task.
    pub file: String,
    /// As it was read before.
    pub before: Bytes,
    /// As it is to be.
    pub after: Bytes,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Signed, and the chip has not been read since.
    Open,
    /// Every file was read back as it is to be.
    Verified,
    /// Every file was read back whole, some of them as they were before: no failure, a cut.
    Torn,
    /// The chip refused by its own word.
    Refused,
    /// A file was read back as neither the one nor the other.
    Mixed,
}

impl WriteAttempt {
    /// What a reading makes of an open attempt; `shown` gives a file as it was read. `None`: it does not show
    /// all of them.
    pub fn settled_by<'a>(&self, shown: impl Fn(&str) -> Option<&'a [u8]>) -> Option<Outcome> {
        let mut outcome = Outcome::Verified;
        for part in &self.parts {
            let read = shown(&part.file)?;
            match (starts(read, &part.after), starts(read, &part.before)) {
                (true, _) => {}
                (false, true) => outcome = Outcome::Torn,
                (false, false) => return Some(Outcome::Mixed),
            }
        }
        Some(outcome)
    }

    /// Whether it counts as a failure by now: refused, mixed, or not read for a day.
    pub fn is_failure(&self, now: i64) -> bool {
        match self.outcome {
            Outcome::Refused | Outcome::Mixed => true,
            Outcome::Open => now - self.opened_at >= UNREAD,
            Outcome::Verified | Outcome::Torn => false,
        }
    }
}

/// A chip may have more bytes than are written.
fn starts(read: &[u8], file: &Bytes) -> bool {
    read.starts_with(&file.0)
}

/// All attempts to write one chip, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts(pub Vec<WriteAttempt>);

/// Why a chip is not written again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be.
    GoOn,
    /// It failed twice at this outlet: take another one here.
    TakeAnother,
    /// It failed three times in all: it may be damaged, and is refused everywhere.
    Damaged,
}

impl Attempts {
    /// The attempt that nothing has settled yet.
    pub fn open(&self) -> Option<&WriteAttempt> {
        self.0.iter().find(|one| one.outcome == Outcome::Open)
    }

    /// The attempt of this task in which the chip has refused that file by this status word: the open one. What is
    /// wrongly signed is never tried again, so that word counts also where it comes after the chip was shown anew.
    pub(super) fn refused(&self, task: &str, file: &str, sw: Sw) -> Option<&WriteAttempt> {
        let may_be = |one: &&WriteAttempt| match one.outcome {
            Outcome::Open => true,
            Outcome::Torn => sw == Sw::WRONG_SM_MAC,
            _ => false,
        };
        let wrote = |one: &&WriteAttempt| one.parts.iter().any(|part| part.file == file);
        let of_task = self.0.iter().rev().filter(|one| one.task == task);
        of_task.filter(may_be).find(wrote)
    }

    /// The same attempts after one of them was settled.
    pub fn with(&self, settled: &WriteAttempt) -> Self {
        let one = |kept: &WriteAttempt| match kept.id == settled.id {
            true => settled.clone(),
            false => kept.clone(),
        };
        Self(self.0.iter().map(one).collect())
    }

    /// The attempt after one more file was signed for this chip and task, and whether it is a new one.
    pub(super) fn signed(
        &self,
        chip: Chip,
        task: &str,
        part: SignedPart,
        teller: &Teller<'_>,
    ) -> (WriteAttempt, bool) {
        match self.open() {
            Some(open) => {
                let parts = [&open.parts[..], &[part]].concat();
                let open = open.clone();
                (WriteAttempt { parts, ..open }, false)
            }
            None => {
                let new = WriteAttempt {
                    id: (teller.new_id)(),
                    chip,
                    task: task.to_owned(),
                    outlet: teller.outlet.to_owned(),
                    operator: teller.operator.to_owned(),
                    opened_at: teller.now,
                    parts: vec![part],
                    outcome: Outcome::Open,
                };
                (new, true)
            }
        }
    }

    /// Whether the chip may be written again at this outlet.
    pub fn verdict(&self, outlet: &str, now: i64) -> Verdict {
        let failures = self.0.iter().filter(|one| one.is_failure(now));
        let here = failures.clone().filter(|one| one.outlet == outlet).count();
        match failures.count() {
            FAILURES_ANYWHERE.. => Verdict::Damaged,
            _ if here >= FAILURES_HERE => Verdict::TakeAnother,
            _ => Verdict::GoOn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1_000;

    fn attempt(id: &str, outlet: &str, outcome: Outcome) -> WriteAttempt {
        let part = |file: &str, before: u8, after: u8| SignedPart {
            file: file.into(),
            before: Bytes(vec![before; 4]),
            after: Bytes(vec![after; 4]),
        };
        WriteAttempt {
            id: id.into(),
            chip: Chip::Tag("6201230100010041".parse().unwrap()),
            task: "t".into(),
            outlet: outlet.into(),
            operator: "demo.teller".into(),
            opened_at: 1_000,
            parts: vec![part("vehicle", 0, 1), part("system", 2, 3)],
            outcome,
        }
    }

    fn read(vehicle: [u8; 4], system: [u8; 4]) -> Option<Outcome> {
        attempt("a", "LZ01", Outcome::Open).settled_by(|file| match file {
            "vehicle" => Some(&vehicle),
            _ => Some(&system),
        })
    }

    #[test]
    fn whole_files_are_no_failure_and_mixed_ones_are() {
        assert_eq!(read([1; 4], [3; 4]), Some(Outcome::Verified));
        assert_eq!(read([1; 4], [2; 4]), Some(Outcome::Torn));
        assert_eq!(read([0; 4], [2; 4]), Some(Outcome::Torn));
        assert_eq!(read([1, 1, 0, 0], [3; 4]), Some(Outcome::Mixed));
        assert_eq!(read([0; 4], [9; 4]), Some(Outcome::Mixed));
        let open = attempt("a", "LZ01", Outcome::Open);
        assert_eq!(open.settled_by(|_| None), None);
        for (outcome, counts) in [
            (Outcome::Verified, false),
            (Outcome::Torn, false),
            (Outcome::Refused, true),
            (Outcome::Mixed, true),
        ] {
            let settled = attempt("a", "LZ01", outcome);
            assert_eq!(settled.is_failure(i64::MAX), counts, "{outcome:?}");
        }
    }

    #[test]
    fn what_is_not_read_for_a_day_counts_until_it_is() {
        let open = attempt("a", "LZ01", Outcome::Open);
        assert!(!open.is_failure(1_000 + DAY - 1));
        assert!(open.is_failure(1_000 + DAY));
    }

    #[test]
    fn two_failures_here_or_three_anywhere_are_enough() {
        let verdict = |outlets: &[&str]| {
            let one = |outlet: &&str| attempt(outlet, outlet, Outcome::Refused);
            Attempts(outlets.iter().map(one).collect()).verdict("LZ01", 0)
        };
        assert_eq!(verdict(&[]), Verdict::GoOn);
        assert_eq!(verdict(&["LZ01"]), Verdict::GoOn);
        assert_eq!(verdict(&["LZ01", "LZ01"]), Verdict::TakeAnother);
        assert_eq!(verdict(&["TS01", "TS01"]), Verdict::GoOn);
        assert_eq!(verdict(&["TS01", "LZ01", "LB01"]), Verdict::Damaged);
    }

    #[test]
    fn a_chip_reads_back_as_it_is_written() {
        for chip in [
            Chip::Tag("6201230100010041".parse().unwrap()),
            Chip::Card("62012201230100000017".parse().unwrap()),
        ] {
            assert_eq!(chip.to_string().parse(), Ok(chip));
        }
        for wrong in ["", "tag", "tag 62", "coin 6201230100010041"] {
            assert!(wrong.parse::<Chip>().is_err(), "{wrong}");
        }
    }
}
