//! How small enumerations are written in a database column, a CSV field or an argument.

use apdu_core::authority::{
    CancelReason, CardFile, CardMode, CardStatus, IssueMode, ProofCounter, TagFile,
};
use apdu_core::obu::Unit;
use etc_api::{ApplicationState, Bank, OutletKind, Role};

use crate::ledger::{
    CardStop, CaseState, Chaining, Ended, HandInReason, HolderFill, Outcome, ProvedBy, Question,
};
use crate::store::Purpose;

/// A value that is written as one word.
pub trait Word: Sized {
    /// All words, for a message that says which there are.
    const WORDS: &'static [&'static str];

    /// The word of this value.
    fn word(&self) -> &'static str;

    /// The value of a word.
    fn of_word(word: &str) -> Option<Self>;
}

macro_rules! words {
    ($($of:ty { $($value:ident = $word:literal,)+ })+) => {
        $(impl Word for $of {
            const WORDS: &'static [&'static str] = &[$($word),+];

            fn word(&self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }

            fn of_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$value),)+
                    _ => None,
                }
            }
        })+
    };
}

words! {
    OutletKind {
        Own = "own",
        Bank = "bank",
    }
    Role {
        Teller = "teller",
        Supervisor = "supervisor",
        Auditor = "auditor",
    }
    CardStatus {
        Normal = "normal",
        Suspended = "suspended",
        Lost = "lost",
        Cancelled = "cancelled",
        Damaged = "damaged",
        Blacklisted = "blacklisted",
    }
    ProofCounter {
        After = "after",
        Before = "before",
        Both = "both",
    }
    CardStop {
        LostLoad = "lost-load",
        OldCounter = "old-counter",
        BalanceRose = "balance-rose",
    }
    HolderFill {
        Zero = "zero",
        ZeroThenFf = "zero-then-ff",
    }
    ProvedBy {
        Tac = "tac",
        CounterAndLog = "counter-and-log",
        Decision = "decision",
    }
    Question {
        RefundWithoutCard = "refund-without-card",
        CallLoaded = "call-loaded",
        LiftStop = "lift-stop",
    }
    CaseState {
        Open = "open",
        Done = "done",
        Dropped = "dropped",
    }
    Unit {
        Decimetre = "dm",
        Millimetre = "mm",
    }
    Chaining {
        Ecb = "ecb",
        Cbc = "cbc",
    }
    TagFile {
        Vehicle = "vehicle",
        System = "system",
        RemovalFlag = "removal-flag",
    }
    IssueMode {
        New = "new",
        Exchange = "exchange",
        Replace = "replace",
    }
    CardFile {
        Holder = "holder",
        Issue = "issue",
    }
    CardMode {
        New = "new",
        Exchange = "exchange",
        Replace = "replace",
    }
    CancelReason {
        WrongData = "wrong-data",
        VehicleChanged = "vehicle-changed",
        GivenBack = "given-back",
    }
    Outcome {
        Open = "open",
        Verified = "verified",
        Torn = "torn",
        Refused = "refused",
        Mixed = "mixed",
    }
    Ended {
        Exchanged = "exchanged",
        Replaced = "replaced",
        Cancelled = "cancelled",
    }
    HandInReason {
        Exchanged = "exchanged",
        Forbids = "forbids",
        Failed = "failed",
        GivenUp = "given-up",
    }
    Bank {
        Lanzhou = "lanzhou",
        Gansu = "gansu",
        Icbc = "icbc",
        Abc = "abc",
        RuralCredit = "rural_credit",
        Ccb = "ccb",
        Psbc = "psbc",
    }
    ApplicationState {
        Open = "open",
        Begun = "begun",
        Issued = "issued",
        Withdrawn = "withdrawn",
    }
    Purpose {
        Real = "real",
        Demo = "demo",
    }
}
