//! What a rejected promise of a device API means: by the exception's name and by what the page was
//! doing, never by its message (reference on readers §6).

use apdu_core::fault::Code;
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// Anything with a `name`: a `DOMException`.
    type Named;
    #[wasm_bindgen(method, getter)]
    fn name(this: &Named) -> Option<String>;
}

/// What the page was doing when a call failed: the same exception means different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The person was asked to choose.
    Choose,
    /// What was granted before was listed.
    List,
    /// A USB device was opened.
    Open,
    /// A serial port was opened.
    OpenPort,
    /// An interface was claimed, with what leads to it.
    Claim,
    /// Any transfer.
    Transfer,
}

/// The fault behind an exception of this name.
pub fn fault_of(name: &str, phase: Phase) -> Code {
    match (phase, name) {
        // Whether a policy forbids devices was asked before; what is left is the missing click.
        (Phase::Choose, "SecurityError") => Code::NoGesture,
        (Phase::Choose, "NotAllowedError") => Code::NotPermitted,
        (Phase::Choose, _) => Code::NothingChosen,
        (Phase::List, _) => Code::ForbiddenByPolicy,
        (_, "NotFoundError" | "AbortError") => Code::ReaderGone,
        // Chromium says SecurityError where the operating system refuses; the specification says NetworkError.
        (Phase::Open, "SecurityError" | "NetworkError") => Code::ReaderAccessDenied,
        (Phase::Claim | Phase::Transfer, "SecurityError") => Code::ProtectedReader,
        // A serial port says the same for one that is in use and for one without driver or right.
        (Phase::Open | Phase::OpenPort | Phase::Claim, _) => Code::ReaderBusy,
        (Phase::Transfer, "TimeoutError") => Code::ReaderTimeout,
        (Phase::Transfer, _) => Code::ReaderTransfer,
    }
}

/// The name of an exception; empty where it has none.
pub fn name_of(error: &JsValue) -> String {
    error.unchecked_ref::<Named>().name().unwrap_or_default()
}

/// Awaits a call of a device API and names its failure.
pub async fn done(promise: Promise, phase: Phase) -> Result<JsValue, Code> {
    JsFuture::from(promise)
        .await
        .map_err(|error| fault_of(&name_of(&error), phase))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference §6.1 and §6.3, row by row: what Chromium says, and what the specification says where
    /// that differs.
    const TABLE: &[(Phase, &str, Code)] = &[
        (Phase::Choose, "NotFoundError", Code::NothingChosen),
        (Phase::Choose, "SecurityError", Code::NoGesture),
        (Phase::Choose, "NotAllowedError", Code::NotPermitted),
        (Phase::List, "SecurityError", Code::ForbiddenByPolicy),
        (Phase::Open, "SecurityError", Code::ReaderAccessDenied),
        (Phase::Open, "NetworkError", Code::ReaderAccessDenied),
        (Phase::Open, "NotFoundError", Code::ReaderGone),
        (Phase::Open, "InvalidStateError", Code::ReaderBusy),
        (Phase::OpenPort, "NetworkError", Code::ReaderBusy),
        (Phase::OpenPort, "InvalidStateError", Code::ReaderBusy),
        (Phase::Claim, "SecurityError", Code::ProtectedReader),
        (Phase::Claim, "NetworkError", Code::ReaderBusy),
        (Phase::Claim, "NotFoundError", Code::ReaderGone),
        (Phase::Transfer, "NotFoundError", Code::ReaderGone),
        (Phase::Transfer, "AbortError", Code::ReaderGone),
        (Phase::Transfer, "NetworkError", Code::ReaderTransfer),
        (Phase::Transfer, "TimeoutError", Code::ReaderTimeout),
        (Phase::Transfer, "SecurityError", Code::ProtectedReader),
    ];

    #[test]
    fn one_name_means_different_things_in_different_phases() {
        for &(phase, name, code) in TABLE {
            assert_eq!(fault_of(name, phase), code, "{phase:?} {name}");
        }
    }

    #[test]
    fn an_unheard_of_exception_still_has_a_code_of_its_phase() {
        let of = |phase| fault_of("QuotaExceededError", phase);
        assert_eq!(of(Phase::Choose), Code::NothingChosen);
        assert_eq!(of(Phase::Open), Code::ReaderBusy);
        assert_eq!(of(Phase::Claim), Code::ReaderBusy);
        assert_eq!(of(Phase::Transfer), Code::ReaderTransfer);
    }
}
