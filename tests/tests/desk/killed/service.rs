//! Backends as processes of their own, one of which is killed every few requests, and the line to them.

use std::cell::{Cell, RefCell};
use std::env;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use apdu_core::authority::{
    Account, Accounted, Authorise, Authorised, Authority, CreateRecharge, Evidence, InitForLoad,
    LetGo, Recharge, RecordId, Refusal, Sight, Sighted,
};
use apdu_core::bcd::CardNumber;
use apdu_core::card::Answer;
use apdu_core::fault::Code;
use etc_api::{IDEMPOTENCY_KEY, Problem, SignIn};
use etc_backend::demo;
use etc_tests::explore::Chance;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::Notify;
use tokio::task::yield_now;

/// A kill comes at the latest after so many requests.
const RARELY: u32 = 20;

/// So many turns other tasks get at most between a request and the kill: long enough to be at its end.
const LATE: u32 = 600;

/// One backend.
struct Backend {
    child: Child,
    addr: SocketAddr,
}

/// Backends on one database.
pub struct Service {
    arguments: Vec<OsString>,
    places: Vec<RefCell<Option<Backend>>>,
    started: Notify,
    chance: RefCell<Chance>,
    until_kill: Cell<u32>,
    /// How many are giving a password.
    giving_passwords: Cell<u32>,
    /// How often one was killed.
    pub kills: Cell<usize>,
    keys: Cell<u32>,
}

impl Service {
    /// Starts so many backends with these arguments. Nobody is killed before [`Self::be_cruel`].
    pub async fn start(arguments: Vec<OsString>, backends: usize, seed: u64) -> Self {
        let service = Self {
            arguments,
            places: (0..backends).map(|_| RefCell::default()).collect(),
            started: Notify::new(),
            chance: RefCell::new(Chance::new(seed)),
            until_kill: Cell::new(u32::MAX),
            giving_passwords: Cell::new(0),
            kills: Cell::new(0),
            keys: Cell::new(0),
        };
        for place in 0..backends {
            service.start_one(place).await;
        }
        service
    }

    /// From here on a backend is killed every few requests.
    pub fn be_cruel(&self) {
        self.until_kill.set(1 + self.below(RARELY));
    }

    /// Nobody is killed any more.
    pub fn be_kind(&self) {
        self.until_kill.set(u32::MAX);
    }

    /// Kills all that run.
    pub async fn end(&self) {
        for place in &self.places {
            if let Some(mut backend) = place.take() {
                backend.child.kill().await.unwrap();
            }
        }
    }

    async fn start_one(&self, place: usize) {
        let program = env::var_os("ETC_BACKEND").map(PathBuf::from);
        let program = program.expect("no backend: run `cargo xtask test`, which builds one");
        let mut child = Command::new(program)
            .arg("serve")
            .args(&self.arguments)
            .args(["--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = said.next_line().await.unwrap();
        let line = line.expect("it says where it listens, or why it does not");
        let addr = line.strip_prefix("ETC Desk: http://").unwrap();
        let addr = addr.parse().unwrap();
        *self.places[place].borrow_mut() = Some(Backend { child, addr });
        self.started.notify_waiters();
    }

    /// Kills a backend as a power cut would, and starts it again.
    async fn kill(&self, place: usize) {
        // Two kills may have chosen the same one.
        let Some(mut backend) = self.places[place].take() else {
            return;
        };
        backend.child.kill().await.unwrap();
        self.kills.set(self.kills.get() + 1);
        self.start_one(place).await;
    }

    fn below(&self, end: u32) -> u32 {
        self.chance.borrow_mut().below(end)
    }

    /// Where a backend listens; waits while it is being started.
    async fn addr(&self, place: usize) -> SocketAddr {
        loop {
            let started = self.started.notified();
            if let Some(backend) = &*self.places[place].borrow() {
                return backend.addr;
            }
            started.await;
        }
    }

    /// One request. The answer, or nothing where it broke off.
    async fn exchange(&self, request: &Request<'_>) -> Option<Response> {
        let place = self.below(self.places.len() as u32) as usize;
        let exchange = exchange(self.addr(place).await, request);
        let left = self.until_kill.get();
        if left > 1 || self.giving_passwords.get() > 0 {
            let counted = u32::from(left > 1 && left != u32::MAX);
            self.until_kill.set(left - counted);
            return exchange.await;
        }
        self.be_cruel();
        if self.below(2) == 0 {
            // What has been answered must be on disk.
            let answer = exchange.await;
            self.kill(place).await;
            return answer;
        }
        let turns = self.below(LATE);
        let kill = async {
            for _ in 0..turns {
                yield_now().await;
            }
            self.kill(place).await;
        };
        tokio::join!(exchange, kill).0
    }
}

/// A request; sent again it is the same attempt.
struct Request<'a> {
    path: &'a str,
    body: String,
    cookie: &'a str,
    key: Option<String>,
}

struct Response {
    head: String,
    body: Vec<u8>,
}

async fn exchange(addr: SocketAddr, request: &Request<'_>) -> Option<Response> {
    let Request {
        path,
        body,
        cookie,
        key,
    } = request;
    let key = key.as_ref();
    let key = key.map_or(String::new(), |key| format!("{IDEMPOTENCY_KEY}: {key}\r\n"));
    let text = format!(
        "POST /api/v1/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookie}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n{key}\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(addr).await.ok()?;
    stream.write_all(text.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let body = answer.split_off(end + 4);
    let head = String::from_utf8(answer).unwrap();
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    (body.len() == length).then_some(Response { head, body })
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    fields
        .find(|(field, _)| *field == name)
        .map(|(_, value)| value)
}

/// A teller's line. It is the page's: an answer that is lost may be asked for again as the same attempt, or be
/// taken for lost.
pub struct Line<'s> {
    service: &'s Service,
    operator: &'static str,
    cookie: RefCell<String>,
}

impl<'s> Line<'s> {
    /// An operator who signs in.
    pub async fn sign_in(service: &'s Service, operator: &'static str) -> Self {
        let line = Self {
            service,
            operator,
            cookie: RefCell::default(),
        };
        line.sign_in_anew().await;
        line
    }

    /// Signs in until it is done.
    pub async fn sign_in_anew(&self) {
        let body = json!(SignIn {
            operator: self.operator.into(),
            password: demo::PASSWORD.into(),
            terminal: None,
        });
        let request = Request {
            path: "session",
            body: body.to_string(),
            cookie: "",
            key: None,
        };
        let response = self.with_password(async {
            loop {
                if let Some(response) = self.service.exchange(&request).await {
                    break response;
                }
            }
        });
        let response = response.await;
        let cookie =
            header(&response.head, "set-cookie").unwrap_or_else(|| panic!("{}", response.head));
        let (pair, _) = cookie.split_once(';').unwrap();
        *self.cookie.borrow_mut() = pair.to_owned();
    }

    /// Has what this path stands for allowed, on a supervisor's word.
    pub async fn approve(&self, path: &str, supervisor: &str) -> Result<(), Refusal> {
        let word = json!({ "operator": supervisor, "password": demo::PASSWORD });
        let approval = self.insist(path, word);
        self.with_password(approval).await.map(|_| ())
    }

    /// Asks what bears a password. No new kill comes meanwhile: five in a row would lock the name for a quarter
    /// of an hour, as it is meant to be.
    async fn with_password<T>(&self, asking: impl Future<Output = T>) -> T {
        let giving = &self.service.giving_passwords;
        giving.set(giving.get() + 1);
        let answer = asking.await;
        giving.set(giving.get() - 1);
        answer
    }

    /// Asks until there is an answer, as one attempt.
    pub async fn insist(&self, path: &str, body: Value) -> Result<Value, Refusal> {
        self.ask(path, body.to_string(), Some(self.new_key()), true)
            .await
    }

    fn new_key(&self) -> String {
        let keys = &self.service.keys;
        keys.set(keys.get() + 1);
        format!("killed-{:08}", keys.get())
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: String,
        key: Option<String>,
        insist: bool,
    ) -> Result<T, Refusal> {
        let cookie = self.cookie.borrow().clone();
        let request = Request {
            path,
            body,
            cookie: &cookie,
            key,
        };
        loop {
            let Some(Response { head, body }) = self.service.exchange(&request).await else {
                if insist || self.service.below(2) == 0 {
                    continue;
                }
                return Err(Refusal {
                    code: Code::AnswerLost,
                });
            };
            if head.starts_with("HTTP/1.1 2") {
                let body: &[u8] = if body.is_empty() { b"null" } else { &body };
                return Ok(serde_json::from_slice(body).unwrap());
            }
            let problem: Problem = serde_json::from_slice(&body).unwrap();
            return Err(Refusal { code: problem.code });
        }
    }

    /// Asks as a flow does.
    pub async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: String,
        body: &impl serde::Serialize,
        keyed: bool,
    ) -> Result<T, Refusal> {
        let body = serde_json::to_string(body).unwrap();
        let key = keyed.then(|| self.new_key());
        self.ask(&path, body, key, false).await
    }
}

impl Authority for Line<'_> {
    fn sight<'a>(
        &'a mut self,
        card: CardNumber,
        sight: &'a Sight,
    ) -> Answer<'a, Result<Sighted, Refusal>> {
        Box::pin(self.post(format!("cards/{card}/sight"), sight, false))
    }

    fn create<'a>(
        &'a mut self,
        request: &'a CreateRecharge,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        Box::pin(self.post("recharges".into(), request, true))
    }

    fn authorise<'a>(
        &'a mut self,
        record: &'a RecordId,
        request: &'a Authorise,
    ) -> Answer<'a, Result<Authorised, Refusal>> {
        Box::pin(self.post(format!("recharges/{record}/authorise"), request, true))
    }

    fn confirm<'a>(
        &'a mut self,
        record: &'a RecordId,
        evidence: &'a Evidence,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        Box::pin(self.post(format!("recharges/{record}/confirm"), evidence, true))
    }

    fn account<'a>(
        &'a mut self,
        card: CardNumber,
        account: &'a Account,
    ) -> Answer<'a, Result<Accounted, Refusal>> {
        Box::pin(self.post(format!("cards/{card}/account"), account, true))
    }

    fn offer_let_go<'a>(
        &'a mut self,
        record: &'a RecordId,
    ) -> Answer<'a, Result<InitForLoad, Refusal>> {
        let path = format!("recharges/{record}/let-go/offer");
        Box::pin(async move { self.post(path, &json!({}), false).await })
    }

    fn let_go<'a>(
        &'a mut self,
        record: &'a RecordId,
        proof: &'a LetGo,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        Box::pin(self.post(format!("recharges/{record}/let-go"), proof, true))
    }
}
