//! The word for what is found in records and their evidence.

use etc_api::{CaseKind, Spender};

use crate::i18n::{RecordTexts, Texts};

impl Texts {
    /// What two persons are asked.
    pub fn case_kind(&self, kind: CaseKind) -> &'static str {
        let cases = &self.records.cases;
        match kind {
            CaseKind::RefundWithoutCard => cases.refund_without_card,
            CaseKind::CallLoaded => cases.call_loaded,
            CaseKind::LiftStop => cases.lift_stop,
        }
    }

    /// What follows from their yes.
    pub fn case_kind_about(&self, kind: CaseKind) -> &'static str {
        let cases = &self.records.cases;
        match kind {
            CaseKind::RefundWithoutCard => cases.refund_without_card_about,
            CaseKind::CallLoaded => cases.call_loaded_about,
            CaseKind::LiftStop => cases.lift_stop_about,
        }
    }

    /// Who spent a counter value.
    pub fn spender(&self, spender: Spender) -> &'static str {
        let evidence = &self.records.evidence;
        match spender {
            Spender::Ours => evidence.ours,
            Spender::Foreign => evidence.foreign,
            Spender::Lost => evidence.lost,
            Spender::Unknown => evidence.unknown,
            Spender::Decided => evidence.decided,
        }
    }

    /// Why all on a card stops.
    pub fn card_stop(&self, word: &str) -> &'static str {
        let evidence = &self.records.evidence;
        match word {
            "lost-load" => evidence.lost_load,
            "old-counter" => evidence.old_counter,
            "balance-rose" => evidence.balance_rose,
            _ => evidence.other_stop,
        }
    }
}

impl RecordTexts {
    /// An event of the audit trail; nothing for one that this page does not know yet.
    pub fn event(&self, name: &str) -> Option<&'static str> {
        let events = &self.events;
        Some(match name {
            "sighted" => events.sighted,
            "preflight-issued" => events.preflight_issued,
            "created" => events.created,
            "paid" => events.paid,
            "authorised" => events.authorised,
            "loaded" => events.loaded,
            "closed" => events.closed,
            "proof-refused" => events.proof_refused,
            "proof-wrong" => events.proof_wrong,
            "unlocked" => events.unlocked,
            "accounted" => events.accounted,
            "let-go-offered" => events.let_go_offered,
            "let-go" => events.let_go,
            "refund-begun" => events.refund_begun,
            "refund-sent" => events.refund_sent,
            "refund-done" => events.refund_done,
            "refund-refused" => events.refund_refused,
            "case-asked" => events.case_asked,
            "case-approved" => events.case_approved,
            "case-withdrawn" => events.case_withdrawn,
            "evidence-shown" => events.evidence_shown,
            _ => return None,
        })
    }
}
