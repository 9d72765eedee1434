//! What must survive the end of the page: a chip's answer to a write, until the backend has it.
//!
//! Kept in the browser's local storage: record, counter and TAC of a load, task and status word of a write that
//! a chip refused; nothing personal. For a load, ledger or journal alone is enough to go on: without it the next
//! sight of the card brings the same proof. A refusal nothing else tells again.

use apdu_core::authority::{Evidence, RecordId};
use apdu_core::flow::KeptEvidence;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{json, storage};

const KEY: &str = "etc-journal";
const REPORTS: &str = "etc-reports";

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

/// A refusal by the chip itself, as it is sent; sent again it is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Where it goes, below the API's root.
    pub path: String,
    /// Its idempotency key.
    pub key: String,
    /// The request, as JSON.
    pub body: String,
}

/// The answers of cards that are kept.
pub fn entries() -> Vec<Entry> {
    read(KEY)
}

/// The refusals that are kept, oldest first.
pub fn reports() -> Vec<Report> {
    read(REPORTS)
}

/// Keeps a refusal before it is sent.
pub fn keep_report(report: &Report) {
    let mut reports = reports();
    reports.push(report.clone());
    save(REPORTS, &reports);
}

/// Forgets a refusal that the backend has heard.
pub fn forget_report(report: &Report) {
    let mut reports = reports();
    reports.retain(|kept| kept.key != report.key);
    save(REPORTS, &reports);
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
    save(KEY, &entries);
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
    save(KEY, &entries);
}

fn read<T: DeserializeOwned>(key: &str) -> Vec<T> {
    storage::local()
        .and_then(|storage| storage.get_item(key).ok().flatten())
        .and_then(|text| json::decode(&text))
        .unwrap_or_default()
}

fn save(key: &str, kept: &[impl Serialize]) {
    // A browser that keeps nothing costs a proof from the card, not money.
    if let (Some(storage), Some(text)) = (storage::local(), json::encode(&kept)) {
        let _ = storage.set_item(key, &text);
    }
}
