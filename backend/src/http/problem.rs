//! Error answers: problem details with a code, never plain text.

use apdu_core::fault::Code;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use etc_api::{Problem, faults};

use crate::desk::Error;

/// HTTP status of every code the backend answers. Any other code is a mistake of ours: 500.
pub const STATUS: &[(Code, u16)] = &[
    (Code::BadRequest, 400),
    (Code::KeyMissing, 400),
    (Code::NotSignedIn, 401),
    (Code::WrongPassword, 401),
    (Code::RoleMayNot, 403),
    (Code::UnknownTerminal, 403),
    (Code::NotAnOwnOutlet, 403),
    (Code::NoSuchRoute, 404),
    (Code::CardUnknown, 404),
    (Code::NoSuchRecord, 404),
    (Code::TagUnknown, 404),
    (Code::ForeignTag, 404),
    (Code::OtherTag, 409),
    (Code::TagReadingOver, 409),
    (Code::NoSuchTagTask, 404),
    (Code::VehicleUnknown, 409),
    (Code::TagBlacklisted, 409),
    (Code::TagSuspended, 409),
    (Code::TagLost, 409),
    (Code::TagCancelled, 409),
    (Code::TagDamaged, 409),
    (Code::TagExpired, 409),
    (Code::TagNotYetValid, 409),
    (Code::TagNotIssued, 409),
    (Code::TagRefused, 409),
    (Code::TagTorn, 409),
    (Code::NoCard, 409),
    (Code::TagDiffers, 409),
    (Code::SwitchNotPressed, 409),
    (Code::TagForbids, 409),
    (Code::CardTagDiffer, 409),
    (Code::FlagUnknown, 409),
    (Code::TagInUse, 409),
    (Code::TagNotInStock, 409),
    (Code::CardHasTag, 409),
    (Code::CardHasNoTag, 409),
    (Code::NotPresent, 409),
    (Code::TooManySignatures, 409),
    (Code::ActivationLimit, 409),
    (Code::TagFailedThrice, 409),
    (Code::TagTaskOver, 409),
    (Code::NotShown, 409),
    (Code::CardForbids, 409),
    (Code::IssueTorn, 409),
    (Code::CardRefusesWrite, 409),
    (Code::CardDiffers, 409),
    (Code::AlreadyIssued, 409),
    (Code::ApplicationUnknown, 404),
    (Code::ApplicationIssued, 409),
    (Code::ApplicationHeld, 409),
    (Code::ApplicationWithdrawn, 409),
    (Code::CardTaken, 409),
    (Code::CardAlreadyKnown, 409),
    (Code::TagOfNoVehicle, 409),
    (Code::TakeAnotherTag, 409),
    (Code::OtherCardsTagBegun, 409),
    (Code::VehicleClassDiffers, 409),
    (Code::DoesNotFitTag, 409),
    (Code::CardOfElsewhere, 409),
    (Code::CardNotInStock, 409),
    (Code::TakeAnotherCard, 409),
    (Code::CardFailedThrice, 409),
    (Code::NotTheCards, 409),
    (Code::BankCardInvalid, 422),
    (Code::BankCardOfOther, 422),
    (Code::BankCardMissing, 422),
    (Code::NoOldCard, 409),
    (Code::VehicleHasCard, 409),
    (Code::OldCardUnsettled, 409),
    (Code::NoSuchCardTask, 404),
    (Code::CardTaskOver, 409),
    (Code::CardNotShown, 409),
    (Code::NotActivatable, 409),
    (Code::CardSignaturesSpent, 409),
    (Code::WrongCardType, 409),
    (Code::CardNotPresent, 409),
    (Code::DoesNotFitCard, 422),
    (Code::CardNotIssued, 409),
    (Code::BankCardsUnlisted, 409),
    (Code::CardUnsettled, 409),
    (Code::ApplicationHalfWritten, 409),
    (Code::ApplicationNotBegun, 409),
    (Code::NotTheChannel, 403),
    (Code::TooManyApplications, 413),
    (Code::MalformedTag, 422),
    (Code::WrongVehicle, 422),
    (Code::TagAlgorithm, 422),
    (Code::OtherCard, 409),
    (Code::CreditCard, 409),
    (Code::CardExpired, 409),
    (Code::CardNotYetActive, 409),
    (Code::CardBlacklisted, 409),
    (Code::CardSuspended, 409),
    (Code::CardLost, 409),
    (Code::CardCancelled, 409),
    (Code::CardDamaged, 409),
    (Code::CounterEnd, 409),
    (Code::BalanceTooHigh, 409),
    (Code::NonceExpired, 409),
    (Code::TooManyAuthorisations, 409),
    (Code::OldCounter, 409),
    (Code::CounterMoved, 409),
    (Code::NotPaid, 409),
    (Code::AlreadyPaid, 409),
    (Code::PaymentTooLate, 409),
    (Code::AlreadyLoaded, 409),
    (Code::OpenRecord, 409),
    (Code::RecordClosed, 409),
    (Code::RecordRaced, 409),
    (Code::BookOpen, 409),
    (Code::CardStopped, 409),
    (Code::WeakRandom, 409),
    (Code::NoLetGo, 409),
    (Code::TooManyLetGo, 409),
    (Code::LoadsStopped, 409),
    (Code::LimitReached, 409),
    (Code::SamePerson, 403),
    (Code::RecordOfOtherCard, 409),
    (Code::NotTorn, 409),
    (Code::OnSupervisorList, 409),
    (Code::RefundUnderWay, 409),
    (Code::AlreadyRefunded, 409),
    (Code::InConflict, 409),
    (Code::CaseMovedOn, 409),
    (Code::NoSuchCase, 404),
    (Code::RefundWaits, 409),
    (Code::NotRefunding, 409),
    (Code::NotSpent, 409),
    (Code::SlipUsed, 409),
    (Code::SlipMalformed, 422),
    (Code::NotTakenHere, 409),
    (Code::NoDrawer, 404),
    (Code::DrawerIsOpen, 409),
    (Code::KeyReused, 422),
    (Code::MalformedFile, 422),
    (Code::AmountNotAllowed, 422),
    (Code::PaymentDiffers, 422),
    (Code::WrongMac1, 422),
    (Code::WrongEvidence, 422),
    (Code::NoKeys, 422),
    (Code::UnsupportedAlgorithm, 422),
    (Code::SignInLocked, 429),
    (Code::ProofsLocked, 429),
    (Code::BackendFailed, 500),
];

/// HTTP status of a code.
pub fn status(code: Code) -> u16 {
    STATUS
        .iter()
        .find(|(known, _)| *known == code)
        .map_or(500, |(_, status)| *status)
}

/// A refusal on its way out.
#[derive(Debug)]
pub struct Refused {
    code: Code,
    detail: Option<String>,
}

impl Refused {
    /// A refusal with what is particular about it. Nothing personal, nothing internal.
    pub fn with(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: Some(detail.into()),
        }
    }
}

impl From<Code> for Refused {
    fn from(code: Code) -> Self {
        Self { code, detail: None }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        if let Error::Store(failure) = &error {
            // The only place where a failure is logged; the answer says nothing about its inside.
            let source = std::error::Error::source(failure).map(|source| source.to_string());
            tracing::error!(cause = source.as_deref(), "{failure}");
        }
        let code = error.code();
        match error {
            Error::Held(name) => Self::with(code, name),
            _ => code.into(),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = status(self.code);
        let problem = Problem {
            kind: format!("/#/faults/{}", self.code),
            title: faults::explain(self.code).cause.en.to_owned(),
            status,
            code: self.code,
            detail: self.detail,
        };
        // Strings and numbers always become JSON.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (
            status,
            [(header::CONTENT_TYPE, "application/problem+json")],
            body,
        )
            .into_response()
    }
}
