//! The catalogue of faults: for every code whose fault it is, the cause, the next step, and what not
//! to do, in both languages.

use apdu_core::fault::Code;

/// A sentence in both languages of the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

/// Who is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// Something was left out or mistyped; nobody is blamed.
    Person,
    /// The card.
    Card,
    /// The reader, its driver or its cable.
    Reader,
    /// The OBU programmer, its cable or its settings.
    Programmer,
    /// The tag.
    Tag,
    /// The network between counter and province.
    Network,
    /// The authority refused, and has a reason.
    Authority,
    /// This program.
    Us,
}

/// One entry of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Who is at fault.
    pub party: Party,
    /// What happened, one sentence.
    pub cause: Text,
    /// What to do now, one sentence.
    pub next: Text,
    /// What must not be done, one sentence.
    pub dont: Text,
    /// Whether doing the same again may help.
    pub retry: bool,
}

/// Rows of the catalogue: one constant per code, under the name of its [`Code`] variant.
macro_rules! rows {
    ($(
        $text:literal $name:ident: $party:ident, retry $retry:literal;
        cause $cause_zh:literal $cause_en:literal;
        next $next_zh:literal $next_en:literal;
        dont $dont_zh:literal $dont_en:literal;
    )+) => {
        $(
            #[doc = $text]
            #[allow(non_upper_case_globals)]
            pub(super) const $name: $crate::faults::Explanation = $crate::faults::Explanation {
                party: $crate::faults::Party::$party,
                cause: $crate::faults::Text { zh: $cause_zh, en: $cause_en },
                next: $crate::faults::Text { zh: $next_zh, en: $next_en },
                dont: $crate::faults::Text { zh: $dont_zh, en: $dont_en },
                retry: $retry,
            };
        )+

        /// The codes of this file as written beside their rows.
        #[cfg(test)]
        pub(super) const WRITTEN: &[(apdu_core::fault::Code, &str)] =
            &[$((apdu_core::fault::Code::$name, $text)),+];
    };
}

mod authority;
mod card;
mod network;
mod obu;
mod payment;
mod programmer;
mod reader;
mod record;

/// One arm per code and no wildcard: a new code does not compile until it has its row.
macro_rules! row_of {
    ($code:expr; $($file:ident: $($name:ident)+;)+) => {
        match $code {
            $($(Code::$name => $file::$name,)+)+
        }
    };
}

/// The catalogue entry of a code.
pub fn explain(code: Code) -> Explanation {
    row_of! { code;
        reader:
            NoWebUsb InsecureOrigin NothingChosen ProtectedReader ReaderAccessDenied ReaderBusy
            ReaderInOtherTab NotAReader UnsupportedLevel ReaderGone ReaderTimeout ReaderProtocol
            NoReader ReaderTransfer ControlOnlyReader ReaderStuck CommandTooLong ReaderHardware
            NoGesture ForbiddenByPolicy ReaderTakenOver OtherTabBusy NoCardService NotPermitted;
        card:
            NoCard CardGone CardMute NotATollCard MalformedFile OtherCard CreditCard CardExpired
            CardNotYetActive WriteUnknown BalanceDiffers CardProtocol CardLink
            CardForbids IssueUnknown IssueTorn CardRefusesWrite CardDiffers AlreadyIssued IssueUnconfirmed
            WrongPin ChipWriteFailed SecurityState
            PinLocked Conditions ApplicationLocked WrongMac2 ApplicationDead CounterEnd NoSuchKey
            OtherStatusWord;
        network:
            Unreachable AnswerLost BackendFailed PageOutdated;
        authority:
            NotSignedIn WrongPassword SignInLocked RoleMayNot UnknownTerminal BadRequest KeyReused
            KeyMissing NotAnOwnOutlet NoSuchRoute CardUnknown CardBlacklisted CardSuspended CardLost
            CardCancelled CardDamaged TagUnknown TagBlacklisted TagSuspended TagLost TagCancelled
            TagDamaged TagReadingOver WrongVehicle NoSuchTagTask TagInUse TagNotInStock CardHasTag
            CardHasNoTag VehicleUnknown NotPresent TooManySignatures ActivationLimit TagFailedThrice
            TagTaskOver NotShown SnMismatch CardAlreadyKnown TagOfNoVehicle
            TakeAnotherTag OtherCardsTagBegun VehicleClassDiffers DoesNotFitTag
            ApplicationUnknown ApplicationIssued ApplicationHeld ApplicationWithdrawn CardTaken
            CardOfElsewhere CardNotInStock TakeAnotherCard CardFailedThrice NotTheCards
            BankCardInvalid BankCardOfOther BankCardMissing NoOldCard VehicleHasCard
            OldCardUnsettled NoSuchCardTask CardTaskOver CardNotShown NotActivatable
            CardSignaturesSpent WrongCardType CardNotPresent DoesNotFitCard CardNotIssued
            BankCardsUnlisted CardUnsettled ApplicationHalfWritten ApplicationNotBegun
            NotTheChannel TooManyApplications
            AmountNotAllowed BalanceTooHigh WrongMac1 NonceExpired
            WrongEvidence ProofsLocked TooManyAuthorisations NoKeys UnsupportedAlgorithm OldCounter
            CounterMoved BookOpen CardStopped WeakRandom NoLetGo TooManyLetGo LoadsStopped LimitReached
            SamePerson;
        record:
            NoSuchRecord RecordOfOtherCard NotPaid AlreadyLoaded OpenRecord RecordClosed RecordRaced
            NotTorn OnSupervisorList RefundUnderWay AlreadyRefunded InConflict CaseMovedOn NoSuchCase
            RefundWaits NotRefunding NotSpent;
        payment:
            PaymentDiffers AlreadyPaid PaymentTooLate SlipUsed SlipMalformed NotTakenHere NoDrawer
            DrawerIsOpen;
        programmer:
            ProgrammerSilent ProgrammerGone ProgrammerTimeout ProgrammerNoise GantryAntenna
            OtherDialect LaneAntenna ProgrammerRefused ProgrammerGarbled NoPsam ProgrammerCannot
            TooLongForProgrammer NoProgrammer ProgrammerBusy ProgrammerInOtherTab NoPortChosen
            NoWebSerial;
        obu:
            NoTag TwoTags OtherTag TagGone MalformedTag TagAlgorithm ForeignTag TagNotIssued TagDiffers
            TagRemoved TagExpired TagNotYetValid TagRefused SwitchNotPressed TagForbids TagWriteUnknown
            TagTorn LightNotSeen CardTagDiffer FlagUnknown TagUnconfirmed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn is_chinese(letter: char) -> bool {
        // Ideographs, and the punctuation and wide forms that go with them.
        matches!(letter, '\u{3000}'..='\u{303F}' | '\u{3400}'..='\u{9FFF}' | '\u{FF00}'..='\u{FFEF}')
    }

    #[test]
    fn every_sentence_is_whole_in_both_languages() {
        for &code in Code::ALL {
            let entry = explain(code);
            for Text { zh, en } in [entry.cause, entry.next, entry.dont] {
                assert!(zh.chars().any(is_chinese), "{code}: {zh:?} is no Chinese");
                assert!(zh.ends_with(['。', '？']), "{code}: {zh:?} has no end");
                assert!(!en.is_empty(), "{code}: English is missing");
                assert!(!en.chars().any(is_chinese), "{code}: {en:?} is no English");
                assert!(en.ends_with(['.', '?']), "{code}: {en:?} has no end");
                for text in [zh, en] {
                    assert_eq!(text.trim(), text, "{code}: stray space");
                    assert!(!text.contains("  "), "{code}: stray space in {text:?}");
                }
            }
        }
    }

    #[test]
    fn no_two_codes_share_a_cause() {
        let mut seen = HashMap::new();
        for &code in Code::ALL {
            let cause = explain(code).cause;
            for text in [cause.zh, cause.en] {
                if let Some(other) = seen.insert(text, code) {
                    panic!("{code} and {other} share {text:?}");
                }
            }
        }
    }

    #[test]
    fn every_row_stands_beside_its_own_code() {
        let files = [
            reader::WRITTEN,
            card::WRITTEN,
            network::WRITTEN,
            authority::WRITTEN,
            record::WRITTEN,
            payment::WRITTEN,
            programmer::WRITTEN,
            obu::WRITTEN,
        ];
        let rows = files.concat();
        assert_eq!(rows.len(), Code::ALL.len());
        for (code, text) in rows {
            assert_eq!(code.as_str(), text);
        }
    }

    #[test]
    fn unknown_is_never_called_failed() {
        for code in [Code::WriteUnknown, Code::AnswerLost] {
            let entry = explain(code);
            assert!(!entry.retry, "{code}: read the card first");
            for Text { zh, en } in [entry.cause, entry.next, entry.dont] {
                assert!(!zh.contains("失败"), "{code}: {zh:?}");
                assert!(!en.to_lowercase().contains("fail"), "{code}: {en:?}");
            }
            assert!(entry.cause.zh.contains("款项安全"), "{code}");
            assert!(entry.cause.en.contains("money is safe"), "{code}");
        }
    }

    #[test]
    fn what_wears_a_card_out_is_not_repeated() {
        let wearing = [
            Code::WrongPin,
            Code::PinLocked,
            Code::WrongMac2,
            Code::ChipWriteFailed,
            Code::OtherStatusWord,
            Code::WrongMac1,
            Code::WrongEvidence,
            Code::TagForbids,
            Code::TagWriteUnknown,
            Code::CardForbids,
            Code::IssueUnknown,
            Code::IssueUnconfirmed,
            Code::TagUnconfirmed,
        ];
        for code in wearing {
            assert!(!explain(code).retry, "{code}");
        }
    }
}
