//! Everything that can go wrong at a counter, by stable and speakable code.
//!
//! The prefix says who is at fault: `RDR` reader, `PRG` programmer, `CRD` card, `OBU` tag, `NET`
//! network, `AUT` the authority refused, `PAY` payment, `REC` record. Cause, next step and what not to do stand beside each code in
//! the catalogue of the `etc-api` crate.

use core::fmt;
use core::str::FromStr;

use crate::sw::Sw;

/// What went wrong, and whether card or tag may have been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct Fault {
    /// The stable code.
    pub code: Code,
    /// The status word behind it, where a card's answer was the reason.
    pub sw: Option<Sw>,
    /// Whether this task has changed the chip: the card's, or in a task of a tag the tag's.
    pub written: Written,
}

impl Fault {
    /// A fault before anything was written.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            sw: None,
            written: Written::No,
        }
    }

    /// The card's status word as a fault, before anything was written.
    pub fn of_sw(sw: Sw) -> Self {
        Self {
            sw: Some(sw),
            ..Self::new(Code::of_sw(sw))
        }
    }

    /// The same fault, after a write whose fate is `written`.
    pub fn written(self, written: Written) -> Self {
        Self { written, ..self }
    }

    /// Whether what happened is not known yet. Then nothing is called failed.
    pub fn is_unknown(&self) -> bool {
        let unconfirmed = matches!(
            self.code,
            Code::AnswerLost | Code::IssueUnconfirmed | Code::TagUnconfirmed
        );
        unconfirmed || self.written == Written::Unknown
    }
}

/// Whether a task has changed its chip, a card's or a tag's. "Unknown" is a state of its own, never "failed".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The chip is as it was.
    No,
    /// A write was sent and its answer did not come: the next reading of the chip settles it.
    Unknown,
    /// The chip has accepted a write.
    Yes,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// A stable, speakable code. Codes are never reused or renumbered.
        ///
        /// Exhaustive on purpose: a new code does not compile until the catalogue explains it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// All codes, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it is shown and spoken, for example `CRD-6983`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    /// The browser has no WebUSB.
    NoWebUsb = "RDR-101",
    /// The page was not loaded over HTTPS or from localhost.
    InsecureOrigin = "RDR-102",
    /// No reader was chosen in the browser's dialogue.
    NothingChosen = "RDR-103",
    /// The reader's interface is of the protected class 0x0B.
    ProtectedReader = "RDR-104",
    /// The operating system did not let the browser open the reader.
    ReaderAccessDenied = "RDR-105",
    /// Another program holds the reader.
    ReaderBusy = "RDR-106",
    /// Another tab of this browser holds the reader.
    ReaderInOtherTab = "RDR-107",
    /// The device is no CCID reader.
    NotAReader = "RDR-108",
    /// The reader works at an exchange level this page does not speak.
    UnsupportedLevel = "RDR-109",
    /// The reader was unplugged.
    ReaderGone = "RDR-110",
    /// The reader did not answer in time.
    ReaderTimeout = "RDR-111",
    /// The reader refused a command or broke the protocol.
    ReaderProtocol = "RDR-112",
    /// No reader is connected.
    NoReader = "RDR-113",
    /// A USB transfer failed.
    ReaderTransfer = "RDR-114",
    /// The reader speaks over the control endpoint (ICCD), which this page does not.
    ControlOnlyReader = "RDR-115",
    /// The reader does not come back, also not when it is opened anew: it must be unplugged.
    ReaderStuck = "RDR-116",
    /// The command is longer than this reader, or this card, takes.
    CommandTooLong = "RDR-117",
    /// The reader reports a fault of its electronics, or of the card's contacts.
    ReaderHardware = "RDR-118",
    /// The browser shows its dialogue after a click only.
    NoGesture = "RDR-121",
    /// A policy of the browser or the page's server keeps devices from this page.
    ForbiddenByPolicy = "RDR-122",
    /// Another tab of this browser has taken the reader over.
    ReaderTakenOver = "RDR-123",
    /// The tab that holds the reader is in the middle of a task and keeps it.
    OtherTabBusy = "RDR-124",
    /// The card service of the operating system is not running.
    NoCardService = "RDR-125",
    /// The person, or a setting, did not let this page use the reader.
    NotPermitted = "RDR-126",

    /// No card is in the reader.
    NoCard = "CRD-101",
    /// The card was taken out.
    CardGone = "CRD-102",
    /// The card does not answer to reset.
    CardMute = "CRD-103",
    /// The card is no toll card.
    NotATollCard = "CRD-104",
    /// A file of the card cannot be understood.
    MalformedFile = "CRD-105",
    /// Another card than the one this task began with.
    OtherCard = "CRD-106",
    /// A credit card (记账卡) cannot be loaded.
    CreditCard = "CRD-107",
    /// The card has expired.
    CardExpired = "CRD-108",
    /// The card's validity has not begun.
    CardNotYetActive = "CRD-109",
    /// A write was sent and its answer did not come.
    WriteUnknown = "CRD-111",
    /// The card took the load but shows another balance than expected.
    BalanceDiffers = "CRD-112",
    /// Card and reader share no transmission protocol.
    CardProtocol = "CRD-113",
    /// What card and reader say to each other comes garbled, or breaks off.
    CardLink = "CRD-114",
    /// The card refused a signed write as wrongly signed (`6988`); it is never tried again.
    CardForbids = "CRD-115",
    /// A write of a file was sent to the card and its answer did not come.
    IssueUnknown = "CRD-116",
    /// The card is half written; the next reading goes on with it.
    IssueTorn = "CRD-117",
    /// The card refused a signed write by its own word.
    CardRefusesWrite = "CRD-118",
    /// Card and records disagree.
    CardDiffers = "CRD-119",
    /// The card holds a vehicle already.
    AlreadyIssued = "CRD-120",
    /// A card was written, or may be, and the backend could not be told: it is read again.
    IssueUnconfirmed = "CRD-121",
    /// The PIN is wrong.
    WrongPin = "CRD-63C0",
    /// The chip could not write its memory.
    ChipWriteFailed = "CRD-6581",
    /// The card wants its PIN or an authentication first.
    SecurityState = "CRD-6982",
    /// PIN or key blocked.
    PinLocked = "CRD-6983",
    /// Conditions of use not met.
    Conditions = "CRD-6985",
    /// The application is locked.
    ApplicationLocked = "CRD-6A81",
    /// The card does not accept the load's MAC2.
    WrongMac2 = "CRD-9302",
    /// The application is locked for ever.
    ApplicationDead = "CRD-9303",
    /// The card's load counter has reached its end.
    CounterEnd = "CRD-9402",
    /// The card has no such load key.
    NoSuchKey = "CRD-9403",
    /// The card answered another status word.
    OtherStatusWord = "CRD-0000",

    /// The backend cannot be reached; nothing was sent.
    Unreachable = "NET-101",
    /// The backend's answer did not come: what it did is unknown.
    AnswerLost = "NET-102",
    /// The backend failed.
    BackendFailed = "NET-103",
    /// The page is older than the backend.
    PageOutdated = "NET-104",

    /// Nobody is signed in, or the sign-in has expired.
    NotSignedIn = "AUT-101",
    /// Operator or password wrong.
    WrongPassword = "AUT-102",
    /// Too many failed sign-ins.
    SignInLocked = "AUT-103",
    /// This role may not do this.
    RoleMayNot = "AUT-104",
    /// The terminal is not registered for this outlet, or must be named.
    UnknownTerminal = "AUT-105",
    /// The request is malformed.
    BadRequest = "AUT-106",
    /// The idempotency key was used for another request.
    KeyReused = "AUT-107",
    /// The request carries no idempotency key.
    KeyMissing = "AUT-108",
    /// Only own outlets take cash for a load.
    NotAnOwnOutlet = "AUT-109",
    /// There is nothing at this address.
    NoSuchRoute = "AUT-110",
    /// The card is not in the records.
    CardUnknown = "AUT-201",
    /// The card is on the blacklist.
    CardBlacklisted = "AUT-202",
    /// The card is suspended.
    CardSuspended = "AUT-203",
    /// The card is reported lost.
    CardLost = "AUT-204",
    /// The card is cancelled.
    CardCancelled = "AUT-205",
    /// The card is marked as damaged.
    CardDamaged = "AUT-206",
    /// The tag is not in the records.
    TagUnknown = "AUT-211",
    /// The tag is on the blacklist.
    TagBlacklisted = "AUT-212",
    /// The tag is suspended.
    TagSuspended = "AUT-213",
    /// The tag is reported lost.
    TagLost = "AUT-214",
    /// The tag is cancelled.
    TagCancelled = "AUT-215",
    /// The tag is marked as damaged.
    TagDamaged = "AUT-216",
    /// No reading of this tag by this operator is under way; read it again.
    TagReadingOver = "AUT-221",
    /// What the tag answered is not the vehicle information that was asked for.
    WrongVehicle = "AUT-222",
    /// No such task of a tag.
    NoSuchTagTask = "AUT-231",
    /// The tag is issued to another vehicle, or something was signed for it once.
    TagInUse = "AUT-232",
    /// The tag is not in this outlet's stock.
    TagNotInStock = "AUT-233",
    /// The card has a tag already.
    CardHasTag = "AUT-234",
    /// The card has no tag.
    CardHasNoTag = "AUT-235",
    /// The records hold no data of the vehicle.
    VehicleUnknown = "AUT-236",
    /// The tag has not shown that it is here.
    NotPresent = "AUT-237",
    /// Something was signed for this tag as often as is allowed.
    TooManySignatures = "AUT-238",
    /// The tag was activated as often as is allowed.
    ActivationLimit = "AUT-239",
    /// Writing this tag has failed three times.
    TagFailedThrice = "AUT-240",
    /// The task of the tag has ended.
    TagTaskOver = "AUT-241",
    /// Nothing is signed for a tag that was not shown just now.
    NotShown = "AUT-242",
    /// The SN belongs to another tag than the one that was read.
    SnMismatch = "AUT-243",
    /// The card is in the records already.
    CardAlreadyKnown = "AUT-244",
    /// The tag was issued and belongs to no vehicle any more; it does not come into use again.
    TagOfNoVehicle = "AUT-245",
    /// Writing this tag has failed twice at this desk: take another one.
    TakeAnotherTag = "AUT-246",
    /// Another card of the vehicle has a half-written tag.
    OtherCardsTagBegun = "AUT-247",
    /// The vehicle class in the vehicle's record is not the card's.
    VehicleClassDiffers = "AUT-248",
    /// The vehicle's record does not fit the file of this kind of tag.
    DoesNotFitTag = "AUT-249",
    /// No such application, or it is another desk's.
    ApplicationUnknown = "AUT-251",
    /// A card was issued for the application.
    ApplicationIssued = "AUT-252",
    /// Another teller works on the application.
    ApplicationHeld = "AUT-253",
    /// The application was taken back by its channel, or given up at a desk.
    ApplicationWithdrawn = "AUT-254",
    /// The card is issued to somebody else, or something was signed for it once.
    CardTaken = "AUT-255",
    /// The card is of another province, or of a kind that is not configured.
    CardOfElsewhere = "AUT-256",
    /// The card is not in this outlet's stock.
    CardNotInStock = "AUT-257",
    /// Writing this card failed twice at this desk.
    TakeAnotherCard = "AUT-258",
    /// Writing this card has failed three times.
    CardFailedThrice = "AUT-259",
    /// Three different cards failed for one application.
    NotTheCards = "AUT-260",
    /// The number of the bank card has a wrong length or check digit.
    BankCardInvalid = "AUT-261",
    /// The bank card is of another bank.
    BankCardOfOther = "AUT-262",
    /// The number of the bank card is missing.
    BankCardMissing = "AUT-263",
    /// The vehicle has no card that could be exchanged or replaced.
    NoOldCard = "AUT-264",
    /// The vehicle has a card already.
    VehicleHasCard = "AUT-265",
    /// The old card has a load that is not finished.
    OldCardUnsettled = "AUT-266",
    /// No such task of a card.
    NoSuchCardTask = "AUT-267",
    /// The task of the card has ended.
    CardTaskOver = "AUT-268",
    /// Nothing is signed for a card that was not shown just now.
    CardNotShown = "AUT-269",
    /// The state of the card in the records does not let it be activated.
    NotActivatable = "AUT-270",
    /// Something was signed for this card as often as is allowed.
    CardSignaturesSpent = "AUT-271",
    /// The card is of another type than the application wants: stored-value or credit.
    WrongCardType = "AUT-272",
    /// The card has not shown that it is here.
    CardNotPresent = "AUT-273",
    /// What is to be written has no place on this card.
    DoesNotFitCard = "AUT-274",
    /// The card is not issued to a vehicle.
    CardNotIssued = "AUT-275",
    /// There is no list here of this bank's cards.
    BankCardsUnlisted = "AUT-276",
    /// The card has a load or a refund that is not finished; it is activated afterwards.
    CardUnsettled = "AUT-277",
    /// A card is half written for the application: the desk gives it up, the channel does not.
    ApplicationHalfWritten = "AUT-278",
    /// Nothing was written for the application that could be given up.
    ApplicationNotBegun = "AUT-279",
    /// Only the application channel hands applications in, and it does nothing else.
    NotTheChannel = "AUT-281",
    /// More applications at once than are allowed.
    TooManyApplications = "AUT-282",
    /// The amount is not allowed.
    AmountNotAllowed = "AUT-301",
    /// The balance would exceed what the card may hold.
    BalanceTooHigh = "AUT-302",
    /// The card's MAC1 does not verify.
    WrongMac1 = "AUT-303",
    /// The preflight number has expired or was used; read the card again.
    NonceExpired = "AUT-304",
    /// The evidence does not verify. It proves nothing.
    WrongEvidence = "AUT-305",
    /// Too many wrong proofs for this card or in this sign-in.
    ProofsLocked = "AUT-306",
    /// Too many authorisations at this counter.
    TooManyAuthorisations = "AUT-307",
    /// No keys for this issuer or key index.
    NoKeys = "AUT-308",
    /// The load protocol of this algorithm is not published (SM4).
    UnsupportedAlgorithm = "AUT-309",
    /// The card's counter is below what is already proved.
    OldCounter = "AUT-310",
    /// The card's counter has moved on; what spent it must be settled first.
    CounterMoved = "AUT-311",
    /// The counter book does not explain the card's counter yet; the card's account must be shown.
    BookOpen = "AUT-312",
    /// All on this card stops until two persons have settled what is wrong with it.
    CardStopped = "AUT-313",
    /// The card's random numbers repeat, so it cannot prove that a load was not written.
    WeakRandom = "AUT-314",
    /// This kind of card cannot prove that a load was not written.
    NoLetGo = "AUT-315",
    /// Too many attempts to prove that a load was not written, at this counter.
    TooManyLetGo = "AUT-316",
    /// Loads are stopped for this card or outlet by a supervisor.
    LoadsStopped = "AUT-317",
    /// The operator has reached the day's limit.
    LimitReached = "AUT-318",
    /// This person had a part in the record and may not approve.
    SamePerson = "AUT-319",

    /// No such record.
    NoSuchRecord = "REC-101",
    /// The record belongs to another card.
    RecordOfOtherCard = "REC-102",
    /// The record is not paid.
    NotPaid = "REC-103",
    /// The record is already loaded.
    AlreadyLoaded = "REC-104",
    /// The card has an unfinished record.
    OpenRecord = "REC-105",
    /// The record is closed.
    RecordClosed = "REC-106",
    /// Somebody else changed the record at the same moment.
    RecordRaced = "REC-107",
    /// Only a torn record (半圈存) can be changed back.
    NotTorn = "REC-108",
    /// Nothing the card shows settles this record: it is on the supervisor's list.
    OnSupervisorList = "REC-109",
    /// The record's money is being given back.
    RefundUnderWay = "REC-110",
    /// The record's money has been given back.
    AlreadyRefunded = "REC-111",
    /// The record was loaded and refunded.
    InConflict = "REC-112",
    /// What was to be approved has moved on.
    CaseMovedOn = "REC-113",
    /// No such case.
    NoSuchCase = "REC-114",
    /// The refund waits for the reconciliation day.
    RefundWaits = "REC-115",
    /// The record is not being refunded.
    NotRefunding = "REC-116",
    /// The card has not shown that the record's counter was spent, so nobody can call it loaded.
    NotSpent = "REC-117",

    /// The amount confirmed differs from the record's.
    PaymentDiffers = "PAY-101",
    /// The record is already paid.
    AlreadyPaid = "PAY-102",
    /// The card was loaded otherwise since the record was created, so the payment was not entered.
    PaymentTooLate = "PAY-103",
    /// This POS slip was entered for another payment.
    SlipUsed = "PAY-104",
    /// Slip or terminal number of the POS is missing or malformed.
    SlipMalformed = "PAY-105",
    /// The money was taken at another outlet.
    NotTakenHere = "PAY-106",
    /// No drawer is open, or it was closed already.
    NoDrawer = "PAY-107",
    /// A drawer is open already.
    DrawerIsOpen = "PAY-108",

    /// The programmer says nothing at all.
    ProgrammerSilent = "PRG-101",
    /// The programmer was unplugged.
    ProgrammerGone = "PRG-102",
    /// The programmer did not answer in time.
    ProgrammerTimeout = "PRG-103",
    /// What comes from the programmer makes no sense in any dialect: the wrong speed, or another device.
    ProgrammerNoise = "PRG-104",
    /// The device is a gantry or lane antenna of the interface of 2019.
    GantryAntenna = "PRG-105",
    /// The programmer speaks another dialect than its profile says.
    OtherDialect = "PRG-106",
    /// The device is a lane antenna.
    LaneAntenna = "PRG-107",
    /// The programmer refused a command.
    ProgrammerRefused = "PRG-108",
    /// The programmer's answers arrive garbled.
    ProgrammerGarbled = "PRG-109",
    /// No PSAM is in that slot of the programmer.
    NoPsam = "PRG-110",
    /// This kind of programmer cannot do what was asked.
    ProgrammerCannot = "PRG-111",
    /// The command does not fit into a frame of the programmer.
    TooLongForProgrammer = "PRG-112",
    /// No programmer is connected.
    NoProgrammer = "PRG-113",
    /// Another program holds the port, or the operating system does not let the browser open it.
    ProgrammerBusy = "PRG-114",
    /// Another tab of this browser has the programmer.
    ProgrammerInOtherTab = "PRG-115",
    /// No port was chosen in the browser's dialogue.
    NoPortChosen = "PRG-116",
    /// The browser has no Web Serial, or a policy keeps it from this page.
    NoWebSerial = "PRG-117",

    /// No tag answers.
    NoTag = "OBU-101",
    /// More than one tag answers.
    TwoTags = "OBU-102",
    /// Another tag answers than the one this task began with.
    OtherTag = "OBU-103",
    /// The tag does not answer any more.
    TagGone = "OBU-104",
    /// What the tag says about itself cannot be understood.
    MalformedTag = "OBU-105",
    /// The tag's algorithm (SM4) has no key in its profile.
    TagAlgorithm = "OBU-106",
    /// The tag was issued by another province.
    ForeignTag = "OBU-107",
    /// The tag has not been issued to a vehicle yet.
    TagNotIssued = "OBU-108",
    /// Tag and records disagree.
    TagDiffers = "OBU-109",
    /// The tag was taken off its windscreen, or was never activated.
    TagRemoved = "OBU-110",
    /// The tag has expired.
    TagExpired = "OBU-111",
    /// The tag's validity has not begun.
    TagNotYetValid = "OBU-112",
    /// The tag refused a command.
    TagRefused = "OBU-113",
    /// The tag's anti-tamper switch is not pressed.
    SwitchNotPressed = "OBU-114",
    /// The tag refused a signed write as wrongly signed (`6988`); it is never tried again.
    TagForbids = "OBU-115",
    /// A write to the tag was sent and its answer did not come.
    TagWriteUnknown = "OBU-116",
    /// The tag is half written; the next reading goes on with it.
    TagTorn = "OBU-117",
    /// The person did not see this tag's light.
    LightNotSeen = "OBU-118",
    /// Card and tag are of two vehicles.
    CardTagDiffer = "OBU-119",
    /// The removal flag has a value that nobody has explained.
    FlagUnknown = "OBU-120",
    /// A tag was written, or may be, and the backend could not be told: it is read again.
    TagUnconfirmed = "OBU-121",
}

impl Code {
    /// The code of a status word a card should not have answered.
    pub fn of_sw(sw: Sw) -> Self {
        match sw {
            _ if sw.tries_left().is_some() => Self::WrongPin,
            Sw::WRITE_FAILED => Self::ChipWriteFailed,
            Sw::SECURITY_STATE => Self::SecurityState,
            Sw::BLOCKED => Self::PinLocked,
            Sw::CONDITIONS => Self::Conditions,
            Sw::LOCKED_APPLICATION => Self::ApplicationLocked,
            Sw::WRONG_MAC => Self::WrongMac2,
            Sw::APPLICATION_DEAD => Self::ApplicationDead,
            Sw::COUNTER_END => Self::CounterEnd,
            Sw::NO_SUCH_KEY => Self::NoSuchKey,
            _ => Self::OtherStatusWord,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Code {
    type Err = NoSuchCode;

    fn from_str(text: &str) -> Result<Self, NoSuchCode> {
        let find = |code: &&Self| code.as_str() == text;
        Self::ALL.iter().find(find).copied().ok_or(NoSuchCode)
    }
}

/// The text is no fault code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such fault code")]
pub struct NoSuchCode;

#[cfg(feature = "serde")]
mod json {
    use super::Code;
    use alloc::string::String;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    impl Serialize for Code {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_str(self.as_str())
        }
    }

    impl<'de> Deserialize<'de> for Code {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            String::deserialize(from)?.parse().map_err(D::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_unique_and_reads_back() {
        let texts: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for &code in Code::ALL {
            assert_eq!(code.as_str().parse(), Ok(code));
        }
        assert_eq!("RDR-1".parse::<Code>(), Err(NoSuchCode));
    }

    #[test]
    fn a_status_word_code_carries_its_status_word() {
        for sw in [0x6581, 0x6982, 0x6983, 0x6985, 0x6A81, 0x9302, 0x9402] {
            let code = Code::of_sw(Sw(sw));
            assert_eq!(code.as_str(), std::format!("CRD-{sw:04X}"));
        }
        assert_eq!(Code::of_sw(Sw(0x63C2)), Code::WrongPin);
        assert_eq!(Code::of_sw(Sw(0x6F00)), Code::OtherStatusWord);
    }
}
