//! Calls about records, their evidence, and decisions of two persons.

use apdu_core::authority::{RecordId, Refusal};
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use etc_api::{Approve, AskCase, CaseView, RecordEvidence, RecordLine, RecordQuery};
use leptos::prelude::Set;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Backend, Nothing, Request, escaped, new_key, search};

impl Backend {
    /// Records, newest first.
    pub async fn records(&self, query: &RecordQuery) -> Result<Vec<RecordLine>, Refusal> {
        let path = format!("recharges?{}", asked(query));
        self.signed_in_call(&Request::get(&path)).await
    }

    /// Everything that speaks about one record.
    pub async fn evidence(&self, record: &RecordId) -> Result<RecordEvidence, Refusal> {
        let path = format!("recharges/{record}/evidence");
        self.signed_in_call(&Request::get(&path)).await
    }

    /// The proof of a disputed load, as the backend has signed it.
    pub async fn bundle(&self, record: &RecordId) -> Result<String, Refusal> {
        let path = format!("recharges/{record}/bundle");
        self.signed_in_text(&Request::get(&path)).await
    }

    /// The open cases, oldest first.
    pub async fn cases(&self) -> Result<Vec<CaseView>, Refusal> {
        self.signed_in_call(&Request::get("cases")).await
    }

    /// Asks for a decision.
    pub async fn ask_case(&self, ask: &AskCase) -> Result<CaseView, Refusal> {
        self.post_case("cases", ask).await
    }

    /// Approves with the credentials of somebody who need not be signed in here.
    pub async fn approve_case(&self, case: &str, approve: &Approve) -> Result<CaseView, Refusal> {
        self.vouched(&format!("cases/{case}/approve"), approve)
            .await
    }

    /// Gives a card its tries back, with a supervisor's credentials.
    pub async fn unlock_card(&self, card: CardNumber, approve: &Approve) -> Result<(), Refusal> {
        self.vouched(&format!("cards/{card}/unlock"), approve).await
    }

    /// A request with somebody's password. It is not kept for the next sign-in, as other calls are: a
    /// password waits for nobody.
    pub(super) async fn vouched<T: DeserializeOwned>(
        &self,
        path: &str,
        approve: &Approve,
    ) -> Result<T, Refusal> {
        let request = Request::post(path, approve).keyed(&new_key());
        let answer = self.call(&request).await;
        if let Err(Refusal {
            code: Code::NotSignedIn,
        }) = answer
        {
            self.desk.locked.set(true);
        }
        answer
    }

    /// Withdraws what was asked.
    pub async fn withdraw_case(&self, case: &str) -> Result<CaseView, Refusal> {
        self.post_case(&format!("cases/{case}/withdraw"), &Nothing {})
            .await
    }

    async fn post_case(&self, path: &str, body: &impl Serialize) -> Result<CaseView, Refusal> {
        let request = Request::post(path, body).keyed(&new_key());
        self.signed_in_call(&request).await
    }
}

/// A query as it stands in an address.
fn asked(query: &RecordQuery) -> String {
    search([
        ("plate", query.plate.as_deref().map(escaped)),
        ("plate_colour", query.plate_colour.map(|c| c.to_string())),
        ("card", query.card.map(|card| card.to_string())),
        ("unsettled", query.unsettled.map(|yes| yes.to_string())),
        ("before", query.before.map(|at| at.to_string())),
    ])
}
