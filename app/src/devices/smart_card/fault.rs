//! What the smart-card service's refusals mean (reference on readers §1.5).

use apdu_core::fault::Code;

/// The fault behind an exception: by the response code of a `SmartCardError`, else by its name.
pub fn fault_of(name: &str, response: Option<&str>) -> Code {
    match response {
        Some("no-service" | "server-too-busy" | "system-cancelled") => Code::NoCardService,
        Some("no-smartcard") => Code::NoCard,
        // The power session is over, whoever ended it.
        Some("removed-card" | "reset-card" | "unpowered-card") => Code::CardGone,
        Some("unresponsive-card") => Code::CardMute,
        Some("unsupported-card" | "proto-mismatch") => Code::CardProtocol,
        Some("reader-unavailable" | "unknown-reader") => Code::ReaderGone,
        Some("sharing-violation") => Code::ReaderBusy,
        Some(_) => Code::ReaderProtocol,
        None => match name {
            "SecurityError" => Code::ForbiddenByPolicy,
            "NotAllowedError" => Code::NotPermitted,
            // The handle, and so the service behind it, is gone.
            "InvalidStateError" | "AbortError" => Code::NoCardService,
            _ => Code::ReaderProtocol,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_response_code_of_the_api_has_its_meaning() {
        let table = [
            ("no-service", Code::NoCardService),
            ("no-smartcard", Code::NoCard),
            ("not-ready", Code::ReaderProtocol),
            ("not-transacted", Code::ReaderProtocol),
            ("proto-mismatch", Code::CardProtocol),
            ("reader-unavailable", Code::ReaderGone),
            ("removed-card", Code::CardGone),
            ("reset-card", Code::CardGone),
            ("server-too-busy", Code::NoCardService),
            ("sharing-violation", Code::ReaderBusy),
            ("system-cancelled", Code::NoCardService),
            ("unknown-reader", Code::ReaderGone),
            ("unpowered-card", Code::CardGone),
            ("unresponsive-card", Code::CardMute),
            ("unsupported-card", Code::CardProtocol),
            ("unsupported-feature", Code::ReaderProtocol),
        ];
        for (response, code) in table {
            assert_eq!(
                fault_of("SmartCardError", Some(response)),
                code,
                "{response}"
            );
        }
    }

    #[test]
    fn an_exception_without_response_code_is_told_by_its_name() {
        assert_eq!(fault_of("SecurityError", None), Code::ForbiddenByPolicy);
        assert_eq!(fault_of("NotAllowedError", None), Code::NotPermitted);
        assert_eq!(fault_of("InvalidStateError", None), Code::NoCardService);
        assert_eq!(fault_of("AbortError", None), Code::NoCardService);
        assert_eq!(fault_of("UnknownError", None), Code::ReaderProtocol);
    }
}
