//! A desk with a store in memory, a clock that stands, and virtual cards.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use apdu_core::fault::Code;
use apdu_core::hex::{Upper, decode, encode};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use etc_backend::demo;
use etc_backend::http::{App, Pages, problem, router};
use etc_backend::keys::{KeyStore, SoftKeys};
use etc_backend::random::{OsRandom, Random, SeededRandom};
use etc_backend::sessions;
use etc_backend::store::{MemoryStore, Stock, Store};
use etc_sim::card::TollCard;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// 2026-06-01 12:00:00 in Asia/Shanghai.
pub const NOON: i64 = 1_780_286_400_000;

/// A desk. The store is in memory unless a test brings its own.
pub struct Bench<S = MemoryStore> {
    pub store: Arc<S>,
    random: Arc<SeededRandom>,
    router: Router,
    next_key: AtomicU32,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: axum::http::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The JSON of an answer that must be good.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }

    /// Asserts a refusal: a whole problem, with this code and its status.
    #[track_caller]
    pub fn refused(self, code: Code) {
        assert_eq!(self.body["code"], code.as_str(), "{self:?}");
        let known = problem::STATUS.iter().any(|(known, _)| *known == code);
        assert!(known, "{code} has no row in the table of statuses");
        assert_eq!(self.status, problem::status(code), "{self:?}");
        assert_eq!(self.body["status"], self.status);
        assert_eq!(self.body["type"], format!("/#/faults/{code}"));
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }
}

/// The hash is slow on purpose; one is enough for all tests.
pub fn password() -> String {
    static HASH: OnceLock<String> = OnceLock::new();
    let hash = || sessions::hash_password(demo::PASSWORD, &OsRandom).unwrap();
    HASH.get_or_init(hash).clone()
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// A desk whose demo data were changed beforehand.
    pub async fn with(change: impl FnOnce(&mut Stock)) -> Self {
        let store = Arc::new(MemoryStore::new(NOON));
        let mut stock = demo::stock(password()).unwrap();
        change(&mut stock);
        store.add(&stock).await.unwrap();
        Self::of(store, Arc::new(SoftKeys::from_toml(demo::KEYS).unwrap()))
    }
}

impl<S: Store + 'static> Bench<S> {
    /// A desk over a store that is seeded already.
    pub fn of(store: Arc<S>, keys: Arc<dyn KeyStore>) -> Self {
        Self::seeded(store, keys, 1)
    }

    /// One of several desks on one database: each draws numbers and keys of its own.
    pub fn seeded(store: Arc<S>, keys: Arc<dyn KeyStore>, seed: u32) -> Self {
        let random = Arc::new(SeededRandom::new(seed.into()));
        let app = App {
            store: store.clone(),
            keys,
            random: random.clone(),
            demo: true,
            behind_tls: false,
            build: "test".into(),
        };
        let router = router(app, &Pages::none());
        Self {
            store,
            random,
            router,
            next_key: AtomicU32::new(seed * 1_000_000),
        }
    }

    /// An operator at a PC. The password is left out; `sign_in` tests that.
    pub async fn counter(&self, operator: &str) -> Counter<'_, S> {
        let operator = self.store.operator(operator).await.unwrap().unwrap();
        let terminal = self.store.terminals(&operator.outlet).await.unwrap()[0];
        let opened = sessions::open(&*self.store, &*self.random, &operator, terminal).await;
        let cookie = format!("theme=dark; etc-session={}", opened.unwrap().1.text());
        Counter {
            bench: self,
            cookie,
        }
    }

    pub fn fresh_key(&self) -> String {
        format!("key-{:08}", self.next_key.fetch_add(1, Ordering::Relaxed))
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = match bytes.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&bytes).expect("every answer is JSON"),
        };
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }
}

/// A signed-in PC.
pub struct Counter<'a, S = MemoryStore> {
    pub bench: &'a Bench<S>,
    pub cookie: String,
}

impl<S: Store + 'static> Counter<'_, S> {
    pub fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/json")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.bench
            .send(self.request("GET", path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_as(&self.bench.fresh_key(), path, body).await
    }

    pub async fn post_as(&self, key: &str, path: &str, body: Value) -> Answer {
        self.post_raw(key, path, body.to_string()).await
    }

    pub async fn post_raw(&self, key: &str, path: &str, body: impl Into<Body>) -> Answer {
        let request = self.request("POST", path).header("idempotency-key", key);
        self.bench.send(request.body(body.into()).unwrap()).await
    }

    pub async fn sight(&self, card: &mut Plastic) -> Answer {
        let body = json!({ "issue": card.issue_file(), "balance": card.balance() });
        self.post(&format!("/cards/{}/sight", card.number), body)
            .await
    }

    /// Sight and preflight INIT, with the card's account where the book does not explain its counter.
    pub async fn preflight(&self, card: &mut Plastic) -> String {
        let sighted = self.sight(card).await.ok();
        let init = card.init(&sighted["preflight"]);
        if sighted["book"] != card.card.online_counter() {
            let made_for = json!({ "preflight": { "amount": 100 } });
            // What the account is refused for, the record will be refused for as well.
            let _ = self.account(card, made_for, &init).await;
        }
        init
    }

    /// The card's own account of its loads.
    pub async fn account(&self, card: &mut Plastic, made_for: Value, init: &str) -> Answer {
        let body = json!({
            "made_for": made_for,
            "init": init,
            "prove": card.latest_proof(),
            "log": card.log(),
        });
        self.post(&format!("/cards/{}/account", card.number), body)
            .await
    }

    /// The account of a card for the write of its open record.
    pub async fn account_of(&self, card: &mut Plastic, record: &Value) -> Answer {
        let init = card.init(&record["init"]);
        self.account(card, json!({ "record": record["id"] }), &init)
            .await
    }

    /// Asks for a let-go and proves it.
    pub async fn let_go(&self, card: &mut Plastic, record: &Value) -> Answer {
        let offer = self.post(&on(record, "let-go/offer"), json!({})).await;
        if offer.status != 200 {
            return offer;
        }
        let init = card.init(&offer.body);
        let proof = json!({ "init": init, "terminal": offer.body["terminal"] });
        self.post(&on(record, "let-go"), proof).await
    }

    /// Asks for a decision.
    pub async fn ask(&self, kind: &str, card: &Plastic, record: Option<&Value>) -> Answer {
        let body = json!({
            "card": card.number,
            "record": record.map(|record| &record["id"]),
            "kind": kind,
            "reason": "card cannot be read any more",
        });
        self.post("/cases", body).await
    }

    /// Somebody approves a case at this PC, with a password of their own.
    pub async fn approve(&self, case: &Value, operator: &str) -> Answer {
        let id = case["id"].as_str().unwrap();
        let body = json!({ "operator": operator, "password": demo::PASSWORD });
        self.post(&format!("/cases/{id}/approve"), body).await
    }

    pub async fn create_with(&self, card: &Plastic, amount: Value, init: &str) -> Answer {
        let body = json!({ "card": card.number, "amount": amount, "init": init });
        self.post("/recharges", body).await
    }

    pub async fn created(&self, card: &mut Plastic, amount: u32) -> Value {
        let init = self.preflight(card).await;
        self.create_with(card, json!(amount), &init).await.ok()
    }

    pub async fn pay(&self, record: &Value) -> Answer {
        let body = json!({ "kind": "cash", "amount": record["amount"] });
        self.post(&on(record, "payment"), body).await
    }

    pub async fn paid(&self, card: &mut Plastic, amount: u32) -> Value {
        let record = self.created(card, amount).await;
        self.pay(&record).await.ok()
    }

    /// INIT and authorisation; `record["init"]` must be of this PC.
    pub async fn authorise(&self, card: &mut Plastic, record: &Value) -> Answer {
        let init = card.init(&record["init"]);
        self.post(&on(record, "authorise"), json!({ "init": init }))
            .await
    }

    pub async fn loading(&self, card: &mut Plastic, amount: u32) -> (Value, String) {
        let record = self.paid(card, amount).await;
        let authorised = self.authorise(card, &record).await.ok();
        (
            authorised["record"].clone(),
            authorised["command"].as_str().unwrap().to_owned(),
        )
    }

    pub async fn confirm(&self, record: &Value, evidence: Value) -> Answer {
        self.post(&on(record, "confirm"), evidence).await
    }

    pub async fn read(&self, record: &Value) -> Value {
        let id = record["id"].as_str().unwrap();
        self.get(&format!("/recharges/{id}")).await.ok()
    }
}

/// Path of an action on a record.
pub fn on(record: &Value, action: &str) -> String {
    format!("/recharges/{}/{action}", record["id"].as_str().unwrap())
}

/// A virtual card in a reader.
pub struct Plastic {
    pub card: TollCard,
    pub number: String,
    /// Its VERIFY command; a card without PIN answers 9403.
    pub verify: String,
}

impl Plastic {
    pub fn new(id: &str) -> Self {
        let card = etc_sim::demo::card(id).unwrap();
        Self::of(card.as_toll().unwrap().clone())
    }

    pub fn of(mut card: TollCard) -> Self {
        card.power_on();
        let number = format!("6201{}", Upper(&card.number()));
        Self {
            card,
            number,
            verify: "0020000006313233343536".into(),
        }
    }

    /// Sends a command that must succeed; answers hex without the status word.
    #[track_caller]
    pub fn apdu(&mut self, hex: &str) -> String {
        let answer = self.raw(hex);
        let data = answer.strip_suffix("9000");
        data.unwrap_or_else(|| panic!("{hex} -> {answer}"))
            .to_owned()
    }

    pub fn raw(&mut self, hex: &str) -> String {
        encode(&self.card.transmit(&decode(hex).unwrap()))
    }

    pub fn issue_file(&mut self) -> String {
        self.apdu("00A40000021001");
        self.apdu("00B095002B")
    }

    pub fn balance(&mut self) -> String {
        self.apdu("805C000204")
    }

    /// SELECT, VERIFY and INITIALIZE FOR LOAD with the parameters the backend named.
    #[track_caller]
    pub fn init(&mut self, init: &Value) -> String {
        let amount = init["amount"].as_u64().expect("an INIT with an amount");
        let terminal = init["terminal"].as_str().unwrap();
        self.apdu("00A40000021001");
        self.raw(&self.verify.clone());
        let key = init["key_index"].as_u64().unwrap();
        self.apdu(&format!("805000020B{key:02X}{amount:08X}{terminal}10"))
    }

    /// GET TRANSACTION PROVE for the latest load, where the card keeps one.
    pub fn latest_proof(&mut self) -> Value {
        let answer = self.raw(&format!("805A000202{:04X}08", self.card.online_counter()));
        answer.strip_suffix("9000").map_or(Value::Null, Value::from)
    }

    /// The log 0018, newest first.
    pub fn log(&mut self) -> Vec<String> {
        let records = (1..=50).map(|number| self.raw(&format!("00B2{number:02X}C417")));
        let written = records.map_while(|answer| answer.strip_suffix("9000").map(str::to_owned));
        written
            .filter(|record| !record.starts_with("FFFF"))
            .collect()
    }

    /// GET TRANSACTION PROVE.
    pub fn prove(&mut self, counter: u16) -> String {
        self.apdu(&format!("805A000202{counter:04X}08"))
    }
}

/// Bytes a test does not care about.
pub fn any<const N: usize>(seed: u64) -> String {
    let mut bytes = [0; N];
    SeededRandom::new(seed).fill(&mut bytes);
    encode(&bytes)
}
