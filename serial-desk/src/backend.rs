//! The central backend over HTTP, as a task of a tag sees it.

use std::cell::Cell;
use std::future::ready;
use std::io;
use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use apdu_core::authority::{
    BeginTagTask, Refusal, ShownTag, SignTag, SignedTag, TagRefused, TagTask, TagTaskId, TagTasks,
    TagTold,
};
use apdu_core::card::Answer;
use apdu_core::fault::Code;
use apdu_core::hex::Fixed;
use etc_api::{IDEMPOTENCY_KEY, Problem, Session, SignIn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::http::Response;

/// How long an answer is waited for. Behind that what the backend did is unknown.
const DEADLINE: Duration = Duration::from_secs(15);

/// A signed-in operator's line to the backend.
pub struct Backend {
    agent: Agent,
    origin: String,
    cookie: String,
    /// Sets the idempotency keys of this run apart.
    started: u128,
    asked: Cell<u32>,
}

impl Backend {
    /// Signs in.
    ///
    /// # Errors
    /// The backend's refusal, or why it could not be asked.
    pub fn sign_in(
        origin: &str,
        operator: &str,
        password: &str,
        terminal: Option<Fixed<6>>,
    ) -> Result<Self, Refusal> {
        let config = Agent::config_builder()
            .timeout_global(Some(DEADLINE))
            .http_status_as_error(false);
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let mut backend = Self {
            agent: config.build().into(),
            origin: origin.trim_end_matches('/').to_owned(),
            cookie: String::new(),
            started: since.map_or(0, |since| since.as_nanos()),
            asked: Cell::new(0),
        };
        let sign_in = SignIn {
            operator: operator.to_owned(),
            password: password.to_owned(),
            terminal,
        };
        let mut response = backend.send("session", &sign_in)?;
        let cookie = response.headers().get("set-cookie");
        let cookie = cookie.and_then(|cookie| cookie.to_str().ok());
        backend.cookie = cookie
            .and_then(|cookie| cookie.split(';').next())
            .unwrap_or_default()
            .to_owned();
        let _: Session = answer(&mut response)?;
        Ok(backend)
    }

    fn post<A: DeserializeOwned>(
        &self,
        path: &str,
        question: &impl Serialize,
    ) -> Result<A, Refusal> {
        answer(&mut self.send(path, question)?)
    }

    fn send(&self, path: &str, question: &impl Serialize) -> Result<Response<ureq::Body>, Refusal> {
        let body = serde_json::to_vec(question).map_err(|_| refusal(Code::BadRequest))?;
        self.asked.set(self.asked.get() + 1);
        let key = format!("{}-{}-{}", process::id(), self.started, self.asked.get());
        let url = format!("{}/api/v1/{path}", self.origin);
        let request = self.agent.post(&url);
        let request = request.header("content-type", "application/json");
        let request = request.header(IDEMPOTENCY_KEY, &key);
        let request = request.header("cookie", &self.cookie);
        request.send(&body[..]).map_err(unanswered)
    }
}

/// The answer, or the refusal that came instead.
fn answer<A: DeserializeOwned>(response: &mut Response<ureq::Body>) -> Result<A, Refusal> {
    let body = response.body_mut().read_to_vec();
    let body = body.map_err(|_| refusal(Code::AnswerLost))?;
    if response.status().is_success() {
        return serde_json::from_slice(&body).map_err(|_| refusal(Code::PageOutdated));
    }
    let problem = serde_json::from_slice(&body);
    Err(refusal(
        problem.map_or(Code::BackendFailed, |problem: Problem| problem.code),
    ))
}

/// Why there is no answer: nothing was sent, or nobody knows what became of it.
fn unanswered(error: ureq::Error) -> Refusal {
    let never_sent = match &error {
        ureq::Error::BadUri(_)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::Tls(_) => true,
        ureq::Error::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        _ => false,
    };
    refusal(match never_sent {
        true => Code::Unreachable,
        false => Code::AnswerLost,
    })
}

fn refusal(code: Code) -> Refusal {
    Refusal { code }
}

impl TagTasks for Backend {
    fn begin_tag_task<'a>(
        &'a mut self,
        request: &'a BeginTagTask,
    ) -> Answer<'a, Result<TagTask, Refusal>> {
        Box::pin(ready(self.post("tag-tasks", request)))
    }

    fn show_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        shown: &'a ShownTag,
    ) -> Answer<'a, Result<TagTold, Refusal>> {
        Box::pin(ready(self.post(&format!("tag-tasks/{task}/show"), shown)))
    }

    fn sign_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        request: &'a SignTag,
    ) -> Answer<'a, Result<SignedTag, Refusal>> {
        Box::pin(ready(self.post(&format!("tag-tasks/{task}/sign"), request)))
    }

    fn tag_refused<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        refused: &'a TagRefused,
    ) -> Answer<'a, Result<TagTask, Refusal>> {
        Box::pin(ready(
            self.post(&format!("tag-tasks/{task}/refused"), refused),
        ))
    }
}
