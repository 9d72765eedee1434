//! The page's calls to the backend.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use apdu_core::authority::{
    Account, Accounted, Authorise, Authorised, Authority, CreateRecharge, Evidence, InitForLoad,
    LetGo, Recharge, RecordId, Refusal, Sight, Sighted,
};
use apdu_core::bcd::CardNumber;
use apdu_core::card::Answer;
use apdu_core::fault::Code;
use etc_api::{IDEMPOTENCY_KEY, Payment, Problem, Session, SignIn, Status};
use gloo_net::http::{Method, RequestBuilder, Response};
use leptos::prelude::*;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use web_sys::AbortController;

use crate::desk::{Desk, Link};
use crate::journal::{self, Report};
use crate::json;

mod applications;
mod card_tasks;
mod money;
mod records;
mod tag_tasks;
mod tags;

/// No answer within this time is *unknown*.
const DEADLINE: Duration = Duration::from_secs(15);

/// The backend, as seen from this page.
#[derive(Clone)]
pub struct Backend {
    desk: Desk,
    /// Calls that wait until somebody has signed in again.
    waiting: Rc<RefCell<Vec<Waker>>>,
}

impl Backend {
    /// A client for this page's own origin.
    pub fn new(desk: Desk) -> Self {
        Self {
            desk,
            waiting: Rc::default(),
        }
    }

    /// The client of this page.
    pub fn get() -> Self {
        expect_context::<StoredValue<Self, LocalStorage>>().get_value()
    }

    /// The backend's build, and whether it is a demo.
    pub async fn status(&self) -> Result<Status, Refusal> {
        self.call(&Request::get("status")).await
    }

    /// Who is signed in.
    pub async fn session(&self) -> Result<Session, Refusal> {
        self.call(&Request::get("session")).await
    }

    /// Signs in; calls that waited for it go on.
    pub async fn sign_in(&self, sign_in: &SignIn) -> Result<Session, Refusal> {
        let session: Session = self.call(&Request::post("session", sign_in)).await?;
        self.desk.session.set(Some(session.clone()));
        self.desk.locked.set(false);
        for waker in self.waiting.take() {
            waker.wake();
        }
        Ok(session)
    }

    /// Signs out.
    pub async fn sign_out(&self) {
        let request = Request {
            method: Method::DELETE,
            ..Request::get("session")
        };
        let answer = self.call::<()>(&request).await;
        self.desk.session.set(None);
        // Until the backend has ended the session, this PC stays locked: a reload would bring it back.
        let ended = |refusal: Refusal| refusal.code == Code::NotSignedIn;
        if answer.map_or_else(ended, |()| true) {
            self.desk.locked.set(false);
        }
    }

    /// Confirms that money was taken. The same `key` is the same attempt.
    pub async fn pay(
        &self,
        record: &RecordId,
        payment: &Payment,
        key: &str,
    ) -> Result<Recharge, Refusal> {
        let request = Request::post(&format!("recharges/{record}/payment"), payment);
        self.signed_in_call(&request.keyed(key)).await
    }

    /// Gives up a record that was not paid.
    pub async fn close(&self, record: &RecordId) -> Result<Recharge, Refusal> {
        let request = Request::post(&format!("recharges/{record}/close"), &Nothing {});
        self.signed_in_call(&request.keyed(&new_key())).await
    }

    /// The record as it is now.
    pub async fn record(&self, record: &RecordId) -> Result<Recharge, Refusal> {
        self.signed_in_call(&Request::get(&format!("recharges/{record}")))
            .await
    }

    /// A call that needs a sign-in. When the sign-in has expired the screen locks, and the same request
    /// goes on after the next sign-in: a job is never dropped for it.
    async fn signed_in_call<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Refusal> {
        decoded(&self.signed_in_text(request).await?)
    }

    /// As [`Backend::signed_in_call`], with the answer as it was written.
    async fn signed_in_text(&self, request: &Request) -> Result<String, Refusal> {
        loop {
            match self.text(request).await {
                Err(refusal) if refusal.code == Code::NotSignedIn => {
                    self.desk.locked.set(true);
                    self.next_sign_in().await;
                }
                answer => return answer,
            }
        }
    }

    /// Reports what a chip has refused by its own word. It is kept until the backend has heard it.
    async fn report_refusal<T: DeserializeOwned>(
        &self,
        path: String,
        refused: &impl Serialize,
    ) -> Result<T, Refusal> {
        let report = Report {
            path,
            key: new_key(),
            body: json::encode(refused).unwrap_or_default(),
        };
        journal::keep_report(&report);
        self.hand_in_report(&report).await
    }

    async fn hand_in_report<T: DeserializeOwned>(&self, report: &Report) -> Result<T, Refusal> {
        let answer = self.signed_in_call(&Request::of(report)).await;
        let is_heard = |refusal: &Refusal| !is_lost(refusal) && refusal.code != Code::BackendFailed;
        if answer.as_ref().map_or_else(is_heard, |_| true) {
            journal::forget_report(report);
        }
        answer
    }

    /// Hands in what chips have refused and the backend has not heard: before that, nothing of this PC is begun or
    /// shown, for the backend would sign again.
    pub async fn hand_in_reports(&self) -> Result<(), Refusal> {
        for report in journal::reports() {
            match self.hand_in_report::<IgnoredAny>(&report).await {
                Err(refusal) if is_lost(&refusal) => return Err(refusal),
                _ => {}
            }
        }
        Ok(())
    }

    async fn next_sign_in(&self) {
        let mut waited = false;
        poll_fn(|context| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    async fn call<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Refusal> {
        decoded(&self.text(request).await?)
    }

    /// The answer as it was written.
    async fn text(&self, request: &Request) -> Result<String, Refusal> {
        let began = js_sys::Date::now();
        let answer = request.send().await;
        self.desk.link.set(Link {
            up: answer.is_some(),
            latency_ms: Some((js_sys::Date::now() - began) as u32),
        });
        match answer {
            None => Err(refusal(request.lost())),
            Some(response) => read(response).await.map_err(|code| {
                refusal(match code {
                    // The answer broke off on its way.
                    None => request.lost(),
                    Some(code) => code,
                })
            }),
        }
    }
}

/// An answer as a value.
fn decoded<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    let text = if text.is_empty() { "null" } else { text };
    json::decode(text).ok_or(refusal(Code::BackendFailed))
}

/// `Ok` body, the problem's code, or nothing intelligible.
async fn read(response: Response) -> Result<String, Option<Code>> {
    let status = response.status();
    let text = response.text().await.map_err(|_| None)?;
    if response.ok() {
        return Ok(text);
    }
    match json::decode::<Problem>(&text) {
        Some(problem) => Err(Some(problem.code)),
        // A proxy answers for a backend that is away.
        None if (502..=504).contains(&status) => Err(None),
        None => Err(Some(Code::BackendFailed)),
    }
}

/// Whether a call was not answered.
fn is_lost(refusal: &Refusal) -> bool {
    matches!(refusal.code, Code::Unreachable | Code::AnswerLost)
}

fn refusal(code: Code) -> Refusal {
    Refusal { code }
}

/// What an address asks for, behind its question mark.
fn search<const N: usize>(asked: [(&str, Option<String>); N]) -> String {
    let pairs = asked.into_iter();
    let pairs = pairs.filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    pairs.collect::<Vec<_>>().join("&")
}

fn escaped(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// The body of a request that says all by its address: an empty object.
#[derive(Serialize)]
struct Nothing {}

/// One request; sent again it is the same attempt.
struct Request {
    method: Method,
    path: String,
    body: Option<String>,
    key: Option<String>,
}

impl Request {
    fn get(path: &str) -> Self {
        Self {
            method: Method::GET,
            path: format!("/api/v1/{path}"),
            body: None,
            key: None,
        }
    }

    fn post(path: &str, body: &impl Serialize) -> Self {
        Self {
            method: Method::POST,
            body: json::encode(body),
            ..Self::get(path)
        }
    }

    fn of(report: &Report) -> Self {
        Self {
            method: Method::POST,
            body: Some(report.body.clone()),
            ..Self::get(&report.path)
        }
        .keyed(&report.key)
    }

    fn keyed(self, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..self
        }
    }

    /// What no answer means: a request that changes nothing simply did not get through.
    fn lost(&self) -> Code {
        if self.key.is_some() {
            Code::AnswerLost
        } else {
            Code::Unreachable
        }
    }

    async fn send(&self) -> Option<Response> {
        let abort = AbortController::new().ok()?;
        let mut builder = RequestBuilder::new(&self.path)
            .method(self.method.clone())
            .abort_signal(Some(&abort.signal()));
        if let Some(key) = &self.key {
            builder = builder.header(IDEMPOTENCY_KEY, key);
        }
        let request = match &self.body {
            Some(body) => builder
                .header("content-type", "application/json")
                .body(body.as_str()),
            None => builder.build(),
        };
        let timer = set_timeout_with_handle(move || abort.abort(), DEADLINE).ok()?;
        let answer = request.ok()?.send().await.ok();
        timer.clear();
        answer
    }
}

/// A fresh idempotency key.
pub fn new_key() -> String {
    // A page that may use devices runs in a secure context, where browsers have randomUUID.
    window()
        .crypto()
        .map(|crypto| crypto.random_uuid())
        .unwrap_or_default()
}

impl Authority for Backend {
    fn sight<'a>(
        &'a mut self,
        card: CardNumber,
        sight: &'a Sight,
    ) -> Answer<'a, Result<Sighted, Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("cards/{card}/sight"), sight);
            self.signed_in_call(&request).await
        })
    }

    fn create<'a>(
        &'a mut self,
        request: &'a CreateRecharge,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        Box::pin(async move {
            let request = Request::post("recharges", request).keyed(&new_key());
            self.signed_in_call(&request).await
        })
    }

    fn authorise<'a>(
        &'a mut self,
        record: &'a RecordId,
        request: &'a Authorise,
    ) -> Answer<'a, Result<Authorised, Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("recharges/{record}/authorise"), request);
            self.signed_in_call(&request.keyed(&new_key())).await
        })
    }

    fn confirm<'a>(
        &'a mut self,
        record: &'a RecordId,
        evidence: &'a Evidence,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("recharges/{record}/confirm"), evidence);
            let answer = self.signed_in_call(&request.keyed(&new_key())).await;
            match &answer {
                Ok(_) => journal::forget(record),
                Err(refusal) if refusal.code == Code::WrongEvidence => {
                    journal::forget_answer(record, evidence);
                }
                // Not judged: the journal keeps it for the next time.
                Err(_) => {}
            }
            answer
        })
    }

    fn account<'a>(
        &'a mut self,
        card: CardNumber,
        account: &'a Account,
    ) -> Answer<'a, Result<Accounted, Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("cards/{card}/account"), account);
            self.signed_in_call(&request.keyed(&new_key())).await
        })
    }

    fn offer_let_go<'a>(
        &'a mut self,
        record: &'a RecordId,
    ) -> Answer<'a, Result<InitForLoad, Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("recharges/{record}/let-go/offer"), &Nothing {});
            self.signed_in_call(&request).await
        })
    }

    fn let_go<'a>(
        &'a mut self,
        record: &'a RecordId,
        proof: &'a LetGo,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("recharges/{record}/let-go"), proof);
            self.signed_in_call(&request.keyed(&new_key())).await
        })
    }
}
