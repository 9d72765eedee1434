//! What must survive the end of the page: a card's answer to a write, until the backend has it.
//!
//! Kept in the browser's local storage: record, counter and TAC; nothing personal. Ledger or journal
//! alone is enough to go on: without it the next sight of the card brings the same proof.

use apdu_core::authority::{Evidence, RecordId};
use apdu_core::flow::KeptEvidence;
use serde::{Deserialize, Serialize};

use crate::{json, storage};

const KEY: &str = "etc-journal";

/// One kept answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The record that was written.
    pub record: RecordId,
    /// The counter the write used.
    pub counter: Option<u16>,
    /// The card's answer.
    pub evidence: Evidence,
}

/// Everything that is kept.
pub fn entries() -> Vec<Entry> {
    storage::local()
        .and_then(|storage| storage.get_item(KEY).ok().flatten())
        .and_then(|text| json::decode(&text))
        .unwrap_or_default()
}

/// Keeps an answer before it is sent.
pub fn keep(kept: &KeptEvidence) {
    let mut entries = entries();
    entries.retain(|entry| entry.record != kept.record);
    entries.push(Entry {
        record: kept.record.clone(),
        counter: kept.counter,
        evidence: kept.evidence.clone(),
    });
    save(&entries);
}

/// Forgets what is kept of a record: it is settled.
pub fn forget(record: &RecordId) {
    retain(|entry| entry.record != *record);
}

/// Forgets an answer that was judged to prove nothing. Another answer of the same record stays.
pub fn forget_answer(record: &RecordId, evidence: &Evidence) {
    retain(|entry| entry.record != *record || entry.evidence != *evidence);
}

fn retain(keep: impl Fn(&Entry) -> bool) {
    let mut entries = entries();
    entries.retain(keep);
    save(&entries);
}

fn save(entries: &[Entry]) {
    // A browser that keeps nothing costs a proof from the card, not money.
    if let (Some(storage), Some(text)) = (storage::local(), json::encode(&entries)) {
        let _ = storage.set_item(KEY, &text);
    }
}
