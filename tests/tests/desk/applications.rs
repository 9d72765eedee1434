//! Applications: handed in by the channel, looked for, taken up and given back by tellers; and whatever either may
//! do wrong.

use apdu_core::fault::Code;
use apdu_core::hex::encode;
use axum::http::{Request, header};
use etc_backend::admin;
use etc_backend::audit::Sealed;
use etc_backend::store::{MemoryStore, PAGE, Store};
use serde_json::{Value, json};

use crate::bench::{Answer, Bench, Counter, NOON, Plastic};

/// What a channel has: its token.
pub struct Channel<'a, S = MemoryStore> {
    bench: &'a Bench<S>,
    name: String,
    token: String,
}

impl<'a, S: Store + 'static> Channel<'a, S> {
    pub async fn new(bench: &'a Bench<S>, name: &str) -> Self {
        let said = admin::add_channel(&*bench.store, name).await.unwrap();
        let token = said.rsplit(' ').next().unwrap().to_owned();
        let name = name.to_owned();
        Self { bench, name, token }
    }

    /// The same channel at another backend of its database.
    pub fn through<'b>(&self, bench: &'b Bench<S>) -> Channel<'b, S> {
        Channel {
            bench,
            name: self.name.clone(),
            token: self.token.clone(),
        }
    }

    pub async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        ask(self.bench, method, path, Some(&self.token), body).await
    }

    /// Hands these in.
    pub async fn hand_in(&self, applications: Value) -> Answer {
        let body = json!({ "applications": applications });
        self.ask("POST", "/applications", &body).await
    }

    /// Hands one in, and answers its identity.
    pub async fn applied(&self, application: Value) -> String {
        let number = application["number"].as_str().unwrap().to_owned();
        let plate = (
            application["plate"].clone(),
            application["plate_colour"].clone(),
        );
        let taken = self.hand_in(json!([application])).await.ok();
        assert_eq!(
            taken,
            json!({ "new": 1, "known": 0, "bad": [] }),
            "{plate:?}"
        );
        let store = &self.bench.store;
        let kept = store.application_of_number(&self.name, &number).await;
        kept.unwrap().unwrap().applied.id
    }

    /// Its token, as a request carries it.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// Takes its credential away.
    pub async fn revoke(&self) {
        let revoked = admin::revoke_channel(&*self.bench.store, &self.name).await;
        let said = format!("revoked the credential of channel {}", self.name);
        assert_eq!(revoked.unwrap(), said);
    }

    /// Takes one back.
    pub async fn withdraw(&self, number: &str) -> Answer {
        let body = json!({ "number": number });
        self.ask("POST", "/applications/withdraw", &body).await
    }
}

async fn ask<S: Store + 'static>(
    bench: &Bench<S>,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", bench.fresh_key());
    let request = match token {
        Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        None => request,
    };
    bench
        .send(request.body(body.to_string().into()).unwrap())
        .await
}

/// An application with everything in it. The number of the document is the example of GB 11643.
pub fn new(number: &str, plate: &str) -> Value {
    json!({
        "number": number,
        "plate": plate,
        "plate_colour": 0,
        "vehicle_class": 1,
        "user_type": 0,
        "card_type": 22,
        "name": "张样例",
        "id_type": 101,
        "id_number": "11010519491231002X",
        "phone": "13800000017",
        "vehicle": {
            "length": 4700, "width": 1750, "height": 1500, "seats": 5,
            "body": "coach", "wheels": 4, "axles": 2, "wheelbase": 2650, "engine": "E0017",
        },
    })
}

/// The same with other fields.
pub fn with(mut application: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        application[name] = value.clone();
    }
    application
}

fn at(id: &str, action: &str) -> String {
    format!("/applications/{id}/{action}")
}

async fn open(counter: &Counter<'_>, id: &str) -> Answer {
    counter.post(&at(id, "open"), json!({})).await
}

/// The plates of a list, with its next page.
async fn list(counter: &Counter<'_>, query: &str) -> (Vec<String>, Value) {
    let page = counter.get(&format!("/applications{query}")).await.ok();
    let lines = page["lines"].as_array().unwrap().iter();
    let plates = lines.map(|line| line["plate"].as_str().unwrap().to_owned());
    (plates.collect(), page["next"].clone())
}

/// 甘, as it stands in an address.
const GAN: &str = "%E7%94%98";

#[tokio::test]
async fn the_channel_comes_in_with_its_own_credential_and_nobody_else_does() {
    let bench = Bench::new().await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let body = json!({ "applications": [new("1", "甘A10001")] });
    let refused = async |token: Option<&str>, code| {
        ask(&bench, "POST", "/applications", token, &body)
            .await
            .refused(code);
    };
    refused(None, Code::NotSignedIn).await;
    refused(Some("nothing"), Code::NotSignedIn).await;
    refused(Some(&"0".repeat(64)), Code::NotTheChannel).await;
    // An operator is not the channel, whichever way the token of the sign-in is shown.
    let teller = bench.counter("demo.supervisor").await;
    let path = "/applications";
    teller
        .post(path, body.clone())
        .await
        .refused(Code::NotTheChannel);
    let own = teller.cookie.rsplit('=').next().unwrap();
    refused(Some(own), Code::NotTheChannel).await;
    assert_eq!(list(&teller, "").await.0, [""; 0]);

    channel.hand_in(json!([new("1", "甘A10001")])).await.ok();
    assert_eq!(list(&teller, "").await.0, ["甘A10001"]);
    // The channel is no operator.
    channel
        .ask("GET", path, &json!({}))
        .await
        .refused(Code::NotSignedIn);
    let find = json!({ "phone": "13800000017" });
    let found = channel.ask("POST", "/applications/find", &find).await;
    found.refused(Code::NotSignedIn);

    channel.revoke().await;
    let late = channel.hand_in(json!([new("2", "甘A10002")])).await;
    late.refused(Code::NotTheChannel);
    channel.withdraw("1").await.refused(Code::NotTheChannel);
    let again = admin::add_channel(&*bench.store, "demo.channel").await;
    assert_eq!(
        again.unwrap_err().to_string(),
        "channel demo.channel exists"
    );
    assert_eq!(list(&teller, "").await.0, ["甘A10001"]);
}

#[tokio::test]
async fn a_batch_is_taken_once_and_a_number_too() {
    let bench = Bench::new().await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let (one, two) = (new("1", "甘A10001"), new("2", "甘A10002"));
    let both = json!([one.clone(), two.clone()]);
    let taken = json!({ "new": 2, "known": 0, "bad": [] });
    // The very same body gets the very same answer, however often it comes.
    for _ in 0..3 {
        assert_eq!(channel.hand_in(both.clone()).await.ok(), taken);
    }
    // In another body the numbers are known.
    let turned = channel
        .hand_in(json!([two.clone(), one.clone()]))
        .await
        .ok();
    assert_eq!(turned, json!({ "new": 0, "known": 2, "bad": [] }));
    // Half of it again, with a change, with something new, and with one number twice.
    let changed = with(one, json!({ "phone": "13900000017" }));
    bench.store.advance(1);
    let three = new("3", "甘A10003");
    let more = json!([changed, two, three.clone(), three]);
    let reused = json!([{ "line": 1, "number": "1", "flaws": ["number_reused"] }]);
    let taken = channel.hand_in(more).await.ok();
    assert_eq!(taken, json!({ "new": 1, "known": 2, "bad": reused }));

    let teller = bench.counter("demo.teller").await;
    let listed = ["甘A10003", "甘A10001", "甘A10002"];
    assert_eq!(list(&teller, "").await.0, listed);
    // Another channel numbers its own.
    let other = Channel::new(&bench, "other.channel").await;
    let taken = other.hand_in(both).await.ok();
    assert_eq!(taken, json!({ "new": 2, "known": 0, "bad": [] }));
}

#[tokio::test]
async fn what_is_bad_is_listed_and_what_is_good_is_kept() {
    let bench = Bench::new().await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let one = |fields| with(new("1", "甘A10001"), fields);
    let missing = |field: &str| {
        let mut one = new("1", "甘A10001");
        one.as_object_mut().unwrap().remove(field);
        one
    };
    let truck = json!({
        "length": 9000, "width": 2500, "height": 3200, "seats": 3,
        "body": "truck", "permitted_load": 9000, "curb_mass": 8000, "vin": "LDEMO000000000017",
    });
    let misspelt = with(truck.clone(), json!({ "gros_mass": 17_000 }));
    let bad = [
        (json!("x"), Value::Null, &["unreadable"][..]),
        (json!(null), Value::Null, &["unreadable"]),
        (json!([]), Value::Null, &["unreadable"]),
        (missing("phone"), json!("1"), &["unreadable"]),
        (missing("number"), Value::Null, &["unreadable"]),
        (
            one(json!({ "plate_colour": "0" })),
            json!("1"),
            &["unreadable"],
        ),
        (
            one(json!({ "plate_colour": 256 })),
            json!("1"),
            &["unreadable"],
        ),
        (one(json!({ "bank": "boc" })), json!("1"), &["unreadable"]),
        // A bank in a field that nobody knows would send its customer to the own outlets.
        (one(json!({ "Bank": "icbc" })), json!("1"), &["unreadable"]),
        (
            one(json!({ "vehicle": misspelt })),
            json!("1"),
            &["unreadable"],
        ),
        (one(json!({ "number": "" })), json!(""), &["number"]),
        (one(json!({ "number": "a b" })), json!("a b"), &["number"]),
        (one(json!({ "plate": "甘A1000" })), json!("1"), &["plate"]),
        (one(json!({ "plate": "甘a10001" })), json!("1"), &["plate"]),
        (one(json!({ "plate": "AA10001" })), json!("1"), &["plate"]),
        (
            one(json!({ "plate_colour": 4 })),
            json!("1"),
            &["plate_colour"],
        ),
        (
            one(json!({ "plate_colour": 7 })),
            json!("1"),
            &["plate_colour"],
        ),
        (
            one(json!({ "vehicle_class": 5 })),
            json!("1"),
            &["vehicle_class"],
        ),
        (
            one(json!({ "vehicle_class": 0 })),
            json!("1"),
            &["vehicle_class"],
        ),
        (one(json!({ "user_type": 7 })), json!("1"), &["user_type"]),
        (one(json!({ "card_type": 21 })), json!("1"), &["card_type"]),
        (one(json!({ "name": "" })), json!("1"), &["name"]),
        (one(json!({ "name": "张😀" })), json!("1"), &["name"]),
        (one(json!({ "id_type": 107 })), json!("1"), &["id_type"]),
        (
            one(json!({ "id_number": "110105194912310021" })),
            json!("1"),
            &["id_number"],
        ),
        (
            one(json!({ "id_type": 201, "id_number": "91350100M000100Y44" })),
            json!("1"),
            &["id_number"],
        ),
        (
            one(json!({ "phone": "12800000017" })),
            json!("1"),
            &["phone"],
        ),
        (one(json!({ "vehicle": truck })), json!("1"), &["vehicle"]),
        (
            one(json!({ "plate": "1", "phone": "1", "user_type": 1 })),
            json!("1"),
            &["plate", "user_type", "phone"],
        ),
    ];
    let mut lines: Vec<Value> = bad.iter().map(|(line, _, _)| line.clone()).collect();
    lines.insert(0, new("good-1", "甘A10011"));
    lines.push(new("good-2", "甘A10012"));
    let taken = channel.hand_in(json!(lines)).await.ok();
    let listed = (2..).zip(&bad).map(|(line, (_, number, flaws))| {
        let mut one = json!({ "line": line, "flaws": flaws });
        if !number.is_null() {
            one["number"] = number.clone();
        }
        one
    });
    let expected: Vec<Value> = listed.collect();
    assert_eq!(taken["bad"], json!(expected));
    assert_eq!((&taken["new"], &taken["known"]), (&json!(2), &json!(0)));
    let teller = bench.counter("demo.teller").await;
    assert_eq!(list(&teller, "").await.0, ["甘A10011", "甘A10012"]);
}

/// The numbers are the examples of GB 11643, GB 32100 and GB 11714; plates and colours those of GA 36.
#[tokio::test]
async fn everything_that_the_tables_know_is_taken() {
    let bench = Bench::new().await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let mut all = Vec::new();
    let mut add = |fields: Value| {
        let number = format!("good-{}", all.len());
        let one = with(new(&number, "甘A10001"), json!({ "vehicle": null }));
        all.push(with(one, fields));
    };
    for (plate, colour) in [
        ("甘A12345", 0),
        ("甘A12345", 1),
        ("甘AD00033", 4),
        ("甘A00033D", 5),
        ("使014578", 2),
        ("沪A0023领", 2),
        ("京A0006警", 3),
        ("甘B2000挂", 1),
        ("甘A0005学", 1),
        ("粤Z0003港", 2),
        ("粤ZF023澳", 2),
        ("甘X0001应急", 3),
    ] {
        add(json!({ "plate": plate, "plate_colour": colour }));
    }
    for class in (1..=4).chain(11..=16).chain(21..=26) {
        add(json!({ "vehicle_class": class }));
    }
    for user_type in [0, 6, 8, 10, 12].into_iter().chain(14..=28) {
        add(json!({ "user_type": user_type }));
    }
    for (id_type, number) in [
        (101, "440524188001010014"),
        (102, "E12345678"),
        (201, "91350100M000100Y43"),
        (202, "D2143569-X"),
    ] {
        add(json!({ "id_type": id_type, "id_number": number }));
    }
    for bank in [
        "lanzhou",
        "gansu",
        "icbc",
        "abc",
        "rural_credit",
        "ccb",
        "psbc",
    ] {
        add(json!({ "bank": bank, "card_type": 23 }));
    }
    add(json!({ "name": "张\u{20021}", "name_on_card": "张样" }));
    let count = all.len();
    let taken = channel.hand_in(json!(all)).await.ok();
    assert_eq!(taken, json!({ "new": count, "known": 0, "bad": [] }));
}

#[tokio::test]
async fn too_many_at_once_are_refused_as_a_whole() {
    let bench = Bench::new().await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let many = |count: usize| -> Vec<Value> {
        let one = |at| new(&format!("{at}"), &format!("甘B{at:05}"));
        (0..count).map(one).collect()
    };
    let refused = channel.hand_in(json!(many(501))).await;
    refused.refused(Code::TooManyApplications);
    let teller = bench.counter("demo.teller").await;
    assert_eq!(list(&teller, "").await.0, [""; 0]);
    let taken = channel.hand_in(json!(many(500))).await.ok();
    assert_eq!(taken["new"], 500);
    let none = channel.hand_in(json!([])).await.ok();
    assert_eq!(none, json!({ "new": 0, "known": 0, "bad": [] }));
    for nonsense in [
        json!({}),
        json!([]),
        json!({ "applications": {} }),
        json!({ "applications": [], "bank": "icbc" }),
    ] {
        let answer = channel.ask("POST", "/applications", &nonsense).await;
        answer.refused(Code::BadRequest);
    }

    // Page by page, in the order of the batch, and the last one says so.
    let (mut all, mut query) = (Vec::new(), String::new());
    loop {
        let (plates, next) = list(&teller, &query).await;
        all.extend(plates);
        let Some(next) = next.as_str() else { break };
        assert!(all.len().is_multiple_of(PAGE as usize), "{}", all.len());
        query = format!("?after={next}");
    }
    let expected: Vec<String> = (0..500).map(|at| format!("甘B{at:05}")).collect();
    assert_eq!(all, expected);
}

#[tokio::test]
async fn a_list_shows_what_is_asked_for_and_no_name_in_full() {
    let bench = Bench::new().await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let first = channel.applied(new("1", "甘A10001")).await;
    bench.store.advance(24 * 60 * 60 * 1_000);
    channel.applied(new("2", "甘A10002")).await;
    channel.withdraw("1").await.ok();
    let teller = bench.counter("demo.auditor").await;
    // Without a plate what waits for somebody; with one all there is for it.
    let shown = async |query: &str| list(&teller, query).await.0;
    assert_eq!(shown("").await, ["甘A10002"]);
    assert_eq!(shown("?state=withdrawn").await, ["甘A10001"]);
    assert_eq!(
        shown(&format!("?plate={GAN}A10001&plate_colour=0")).await,
        ["甘A10001"]
    );
    assert_eq!(
        shown(&format!("?plate={GAN}A10001&plate_colour=1")).await,
        [""; 0]
    );
    let of_both = format!("?plate={GAN}A10001&plate_colour=0&state=open");
    assert_eq!(shown(&of_both).await, [""; 0]);
    // NOON is on 2026-06-01.
    assert_eq!(shown("?from=2026-06-02").await, ["甘A10002"]);
    assert_eq!(shown("?to=2026-06-01").await, [""; 0]);
    assert_eq!(shown("?state=withdrawn&to=2026-06-01").await, ["甘A10001"]);
    for wrong in [
        "?plate=x",
        "?plate_colour=0",
        "?plate=x&plate_colour=y",
        "?state=lost",
        "?from=20260601",
        "?to=2026-13-01",
        "?after=x",
        "?after=1-2",
    ] {
        teller
            .get(&format!("/applications{wrong}"))
            .await
            .refused(Code::BadRequest);
    }
    let page = teller.get("/applications?state=withdrawn").await.ok();
    let line = json!({
        "id": first, "state": "withdrawn", "plate": "甘A10001", "plate_colour": 0, "vehicle_class": 1,
        "card_type": 22, "name": "张*", "bank": null, "at": NOON, "locked_by": null,
    });
    assert_eq!(page["lines"], json!([line]));
}

#[tokio::test]
async fn a_teller_takes_an_application_up_and_nobody_else_does_for_ten_minutes() {
    let bench = Bench::new().await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let id = channel.applied(new("1", "甘A10001")).await;
    let teller = bench.counter("demo.teller").await;
    let other = bench.counter("demo.tianshui").await;
    let opened = open(&teller, &id).await.ok();
    assert_eq!(opened["number"], "1");
    assert_eq!(opened["id_number"], "1101**********002X");
    assert_eq!(opened["phone"], "138****0017");
    assert_eq!(opened["wants_bank_card"], false);
    assert_eq!(opened["validity"], json!(["2026-06-01", "2036-05-31"]));
    assert_eq!(
        (&opened["old_card"], &opened["open_task"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(opened["line"]["locked_by"], Value::Null);

    let refused = open(&other, &id).await;
    assert_eq!(refused.body["detail"], "演示柜员");
    refused.refused(Code::ApplicationHeld);
    let seen = other.get("/applications").await.ok();
    assert_eq!(seen["lines"][0]["locked_by"], "演示柜员");
    // Whoever does not hold it gives nothing back.
    other.post(&at(&id, "close"), json!({})).await.ok();
    open(&other, &id).await.refused(Code::ApplicationHeld);
    channel.withdraw("1").await.refused(Code::ApplicationHeld);

    // Opening it again makes the ten minutes begin anew.
    bench.store.advance(9 * 60_000);
    open(&teller, &id).await.ok();
    bench.store.advance(9 * 60_000);
    open(&other, &id).await.refused(Code::ApplicationHeld);
    bench.store.advance(60_000);
    open(&other, &id).await.ok();
    open(&teller, &id).await.refused(Code::ApplicationHeld);
    other.post(&at(&id, "close"), json!({})).await.ok();
    open(&teller, &id).await.ok();

    let auditor = bench.counter("demo.auditor").await;
    for action in ["open", "close", "reveal"] {
        let refused = auditor.post(&at(&id, action), json!({})).await;
        refused.refused(Code::RoleMayNot);
    }
}

#[tokio::test]
async fn the_channel_takes_back_what_nobody_has_begun() {
    let bench = Bench::new().await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let id = channel.applied(new("1", "甘A10001")).await;
    let teller = bench.counter("demo.teller").await;
    channel
        .withdraw("2")
        .await
        .refused(Code::ApplicationUnknown);
    let other = Channel::new(&bench, "other.channel").await;
    other.withdraw("1").await.refused(Code::ApplicationUnknown);
    open(&teller, &id).await.ok();
    channel.withdraw("1").await.refused(Code::ApplicationHeld);
    bench.store.advance(10 * 60_000);
    for _ in 0..2 {
        channel.withdraw("1").await.ok();
    }
    open(&teller, &id).await.refused(Code::ApplicationWithdrawn);
    // Its number stays what it was.
    let again = channel
        .hand_in(json!([new("1", "甘A10001"), new("3", "甘A10003")]))
        .await
        .ok();
    assert_eq!(again, json!({ "new": 1, "known": 1, "bad": [] }));
    open(&teller, &id).await.refused(Code::ApplicationWithdrawn);
}

#[tokio::test]
async fn who_looks_at_a_person_stands_on_the_trail() {
    let bench = Bench::new().await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let id = channel.applied(new("1", "甘A10001")).await;
    let teller = bench.counter("demo.teller").await;
    let revealed = teller.post(&at(&id, "reveal"), json!({})).await.ok();
    let person = json!({
        "name": "张样例", "id_number": "11010519491231002X", "phone": "13800000017",
    });
    assert_eq!(revealed, person);
    let trail = bench.store.audit();
    let is_it = |one: &&Sealed| one.line.event == "application-revealed";
    let line = &trail.iter().find(is_it).unwrap().line;
    let told = (line.operator.as_str(), line.record.as_ref());
    assert_eq!(told, ("demo.teller", Some(&id)));
    // By a number of the person, which stands in no address.
    for person in [
        json!({ "id_number": "11010519491231002X" }),
        json!({ "phone": "13800000017" }),
    ] {
        let page = teller.post("/applications/find", person).await.ok();
        assert_eq!(page["lines"][0]["id"], json!(id));
    }
    for nobody in [
        json!({ "id_number": "13800000017" }),
        json!({ "phone": "1380000001" }),
        json!({ "phone": "" }),
    ] {
        let page = teller.post("/applications/find", nobody).await.ok();
        assert_eq!(page["lines"], json!([]));
    }
    let wrong = teller
        .post("/applications/find", json!({ "name": "张样例" }))
        .await;
    wrong.refused(Code::BadRequest);
}

#[tokio::test]
async fn a_bank_serves_its_own_customers_and_an_own_outlet_those_of_no_bank() {
    let bench = Bench::new().await;
    let channel = Channel::new(&bench, "demo.channel").await;
    let of_bank =
        |number: &str, plate: &str, bank: &str| with(new(number, plate), json!({ "bank": bank }));
    let own = channel.applied(new("1", "甘A10001")).await;
    let lanzhou = channel.applied(of_bank("2", "甘A10002", "lanzhou")).await;
    let icbc = channel.applied(of_bank("3", "甘A10003", "icbc")).await;
    let all = [&own, &lanzhou, &icbc];
    for (operator, served) in [
        ("demo.teller", &own),
        ("demo.tianshui", &own),
        ("demo.supervisor", &own),
        ("demo.bank", &lanzhou),
    ] {
        let counter = bench.counter(operator).await;
        let page = counter.get("/applications").await.ok();
        let find = json!({ "phone": "13800000017" });
        let found = counter.post("/applications/find", find).await.ok();
        for page in [page, found] {
            assert_eq!(
                page["lines"].as_array().unwrap().len(),
                1,
                "{operator}: {page}"
            );
            assert_eq!(page["lines"][0]["id"], json!(served), "{operator}");
        }
        for id in all {
            for action in ["open", "reveal", "close"] {
                let answer = counter.post(&at(id, action), json!({})).await;
                match id == served {
                    true => drop(answer.ok()),
                    false => answer.refused(Code::ApplicationUnknown),
                }
            }
        }
        open(&counter, "none")
            .await
            .refused(Code::ApplicationUnknown);
    }
    let bank = bench.counter("demo.bank").await;
    let opened = open(&bank, &lanzhou).await.ok();
    assert_eq!(opened["wants_bank_card"], true);
    // An own outlet asks for no bank card, and takes none.
    let teller = bench.counter("demo.teller").await;
    let opened = open(&teller, &own).await.ok();
    assert_eq!(opened["wants_bank_card"], false);
    let card = Plastic::new("card-new");
    let begin = json!({
        "work": {
            "kind": "issue", "application": own, "mode": "new", "bank_card": "6221390000000013",
        },
        "card": { "number": card.number, "issue": encode(card.card.issue_file()) },
    });
    let refused = teller.post("/card-tasks", begin).await;
    refused.refused(Code::BadRequest);
    // A bank's outlet that takes no part in issuing cards sees none.
    let elsewhere = Bench::with(|stock| {
        let outlet = stock.outlets.iter_mut().find(|one| one.code == "LB01");
        outlet.unwrap().bank = None;
    });
    let elsewhere = elsewhere.await;
    let channel = Channel::new(&elsewhere, "demo.channel").await;
    let id = channel.applied(of_bank("2", "甘A10002", "lanzhou")).await;
    let bank = elsewhere.counter("demo.bank").await;
    assert_eq!(list(&bank, "").await.0, [""; 0]);
    open(&bank, &id).await.refused(Code::ApplicationUnknown);
}
