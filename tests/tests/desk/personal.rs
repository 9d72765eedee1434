//! Names, numbers of documents, phones and bank cards stand in answers to tellers, and nowhere else: in no log, no
//! audit line, no file.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use apdu_core::fault::Code;
use apdu_core::hex::encode;
use etc_backend::admin;
use etc_backend::demo;
use etc_backend::keys::SoftKeys;
use etc_backend::store::{DatabaseStore, Store};
use etc_tests::scratch::Scratch;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::applications::{Channel, new, with};
use crate::bench::{Bench, Counter, Plastic, password};

const NAME: &str = "欧阳样例";
/// The same in GBK, as file 0016 has it.
const NAME_ON_CARD: [u8; 8] = [0xC5, 0xB7, 0xD1, 0xF4, 0xD1, 0xF9, 0xC0, 0xFD];
const ID_NUMBER: &str = "620000190001019017";
const PHONE: &str = "18993100017";
const BANK_CARD: &str = "6221390000000013";

/// Everything that is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn has(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

/// None of the secrets, as text, in the card's letters, or in hex.
#[track_caller]
fn is_clean(all: &[u8]) {
    let secrets = [NAME, ID_NUMBER, PHONE, BANK_CARD].map(str::as_bytes);
    for secret in secrets.into_iter().chain([&NAME_ON_CARD[..]]) {
        let hex = encode(secret);
        for form in [secret, hex.as_bytes(), hex.to_lowercase().as_bytes()] {
            assert!(!has(all, form), "{}", String::from_utf8_lossy(secret));
        }
    }
}

/// Every file of the folder that a backend was told of.
fn files(records: &[OsString]) -> Vec<u8> {
    let folder = std::fs::read_dir(Path::new(&records[1])).unwrap();
    let files = folder.map(|one| std::fs::read(one.unwrap().path()).unwrap());
    files.collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn personal_data_are_in_no_log_and_no_file_of_sqlite() {
    let scratch = Scratch::sqlite();
    whole_life(&scratch).await;
    let all = files(&scratch.records());
    assert!(
        has(&all, "甘A10002".as_bytes()),
        "what is no secret is found"
    );
    is_clean(&all);
}

#[tokio::test]
async fn personal_data_are_in_no_log_of_postgresql() {
    let scratch = Scratch::postgres().await;
    whole_life(&scratch).await;
    scratch.remove().await;
}

/// Does everything with an application that can be done with one, and much that cannot, under a log that leaves
/// nothing out.
async fn whole_life(scratch: &Scratch) {
    let log = Log::default();
    let writer = log.clone();
    let guard = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .set_default();
    let store = Arc::new(scratch.open().await.unwrap());
    store.add(&demo::stock(password()).unwrap()).await.unwrap();
    let keys = Arc::new(SoftKeys::from_toml(demo::KEYS).unwrap());
    let bench = Bench::seeded(store, keys, 1);
    let bank = bench.counter("demo.bank").await;
    let id = handed_in(&bench).await;
    looked_at(&bank, &id).await;
    issued(&bank, &id).await;

    // A store that fails is logged, with its reason.
    bench.store.close().await;
    let find = json!({ "id_number": ID_NUMBER });
    let failed = bank.post("/applications/find", find).await;
    failed.refused(Code::BackendFailed);
    drop(guard);
    let log = log.0.lock().unwrap();
    assert!(has(&log, b"the store failed"), "{}", log.len());
    is_clean(&log);
}

async fn handed_in(bench: &Bench<DatabaseStore>) -> String {
    let channel = Channel::new(bench, "demo.channel").await;
    let person = json!({
        "name": NAME, "id_number": ID_NUMBER, "phone": PHONE, "bank": "lanzhou", "card_type": 23,
    });
    let good = with(new("1", "甘A10002"), person.clone());
    let id = channel.applied(good.clone()).await;
    // What is bad is not quoted.
    let bad = with(new("2", "甘A10003"), person);
    let bad = with(bad, json!({ "plate": "x", "vehicle_class": NAME }));
    let taken = channel.hand_in(json!([good, bad, PHONE])).await.ok();
    assert_eq!(taken["bad"].as_array().unwrap().len(), 2);
    let torn = json!({ "applications": ID_NUMBER });
    let refused = channel.ask("POST", "/applications", &torn).await;
    is_clean(refused.body.to_string().as_bytes());
    refused.refused(Code::BadRequest);
    id
}

async fn looked_at(bank: &Counter<'_, DatabaseStore>, id: &str) {
    let page = bank.get("/applications").await.ok();
    is_clean(page.to_string().as_bytes());
    for person in [json!({ "id_number": ID_NUMBER }), json!({ "phone": PHONE })] {
        let page = bank.post("/applications/find", person).await.ok();
        assert_eq!(page["lines"][0]["id"], json!(id));
        is_clean(page.to_string().as_bytes());
    }
    let opened = bank
        .post(&format!("/applications/{id}/open"), json!({}))
        .await
        .ok();
    is_clean(opened.to_string().as_bytes());
    let revealed = bank
        .post(&format!("/applications/{id}/reveal"), json!({}))
        .await
        .ok();
    assert_eq!(revealed["name"], NAME);
    let cut = format!(r#"{{ "id_number": "{ID_NUMBER}", "#);
    let refused = bank
        .post_raw("key-cut-0001", "/applications/find", cut)
        .await;
    is_clean(refused.body.to_string().as_bytes());
    refused.refused(Code::BadRequest);
}

async fn issued(bank: &Counter<'_, DatabaseStore>, id: &str) {
    let mut card = Plastic::new("card-new-2");
    card.verify = "0020000003123456".into();
    let begin = |bank_card: Value| {
        json!({
            "work": { "kind": "issue", "application": id, "mode": "new", "bank_card": bank_card },
            "card": { "number": card.number, "issue": encode(card.card.issue_file()) },
        })
    };
    for (digits, code) in [
        (json!(null), Code::BankCardMissing),
        (json!("6221390000000031"), Code::BankCardInvalid),
        (json!("6222020000000015"), Code::BankCardOfOther),
        (json!(PHONE), Code::BankCardInvalid),
    ] {
        bank.post("/card-tasks", begin(digits)).await.refused(code);
    }
    let right = begin(json!(BANK_CARD));
    let first = bank
        .post_as("key-begin-01", "/card-tasks", right.clone())
        .await
        .ok();
    // Not even the hash of a request is kept that names a bank card: a repetition goes on with the task.
    assert!(
        bank.bench
            .store
            .answer("key-begin-01")
            .await
            .unwrap()
            .is_none()
    );
    let task = bank
        .post_as("key-begin-01", "/card-tasks", right)
        .await
        .ok();
    assert_eq!(task["id"], first["id"]);
    // Whoever goes on need not type it again.
    let task = bank.post("/card-tasks", begin(json!(null))).await.ok();

    let on = |action: &str| format!("/card-tasks/{}/{action}", task["id"].as_str().unwrap());
    let init = &task["presence"]["init"];
    let presence = json!({ "answer": card.init(init), "terminal": init["terminal"] });
    let whole = |card: &Plastic, presence: &Value| {
        json!({
            "holder": encode(card.card.holder_file()), "issue": encode(card.card.issue_file()),
            "presence": presence,
        })
    };
    let told = bank.post(&on("show"), whole(&card, &presence)).await.ok();
    assert_eq!(told["next"], json!(["holder", "issue"]));
    for (file, select) in [("holder", "00A40000023F00"), ("issue", "00A40000021001")] {
        card.apdu(select);
        let challenge = card.apdu("0084000004");
        let sign = json!({ "file": file, "challenge": challenge });
        let signed = bank.post(&on("sign"), sign).await.ok();
        card.apdu(signed["command"].as_str().unwrap());
    }
    let told = bank
        .post(&on("show"), whole(&card, &Value::Null))
        .await
        .ok();
    assert_eq!(told["task"]["state"], "done");
    is_clean(told.to_string().as_bytes());
    // What is issued is not let go on.
    let approve = json!({ "operator": "demo.supervisor", "password": demo::PASSWORD });
    let reopen = format!("/applications/{id}/reopen");
    let refused = bank.post(&reopen, approve).await;
    refused.refused(Code::ApplicationIssued);
    assert!(has(card.card.holder_file(), &NAME_ON_CARD));
}

/// Whoever knows name and phone could find the number of the document by a hash that everybody can compute.
#[tokio::test]
async fn no_hash_of_a_person_is_kept_that_everybody_can_compute() {
    let scratch = Scratch::sqlite();
    let store = Arc::new(scratch.open().await.unwrap());
    store.add(&demo::stock(password()).unwrap()).await.unwrap();
    let keys = Arc::new(SoftKeys::from_toml(demo::KEYS).unwrap());
    let bench = Bench::seeded(store, keys, 1);
    let channel = Channel::new(&bench, "demo.channel").await;
    let mut hashed: Vec<Vec<u8>> = Vec::new();

    // A batch of one, twice, and a file of one.
    let body = json!({ "applications": [new("1", "甘A10002")] });
    for _ in 0..2 {
        let taken = channel.ask("POST", "/applications", &body).await.ok();
        assert_eq!(taken["new"], 1, "the same answer");
    }
    hashed.push(body.to_string().into_bytes());
    let lines = vec![(1_u32, new("2", "甘A10003"))];
    let file = json!([lines[0].1]).to_string();
    for _ in 0..2 {
        let said = admin::import_applications(&*bench.store, "demo.channel", true, &file).await;
        assert!(said.unwrap().contains("1 new"));
    }
    hashed.push(serde_json::to_vec(&lines).unwrap());

    // A card of elsewhere, whose file 0016 names its holder.
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new("card-elsewhere");
    let to = format!("/cards/{}/take-in", card.number);
    let issue = encode(card.card.issue_file());
    let asked = json!({ "issue": issue });
    let offer = teller.post(&format!("{to}/offer"), asked).await.ok();
    let init = &offer["init"];
    let presence = json!({ "answer": card.init(init), "terminal": init["terminal"] });
    let holder = encode(card.card.holder_file());
    let body = json!({ "holder": holder, "issue": issue, "presence": presence });
    for _ in 0..2 {
        let taken = teller.post_as("key-take-in-1", &to, body.clone()).await;
        assert_eq!(taken.status, 204, "{taken:?}");
    }
    hashed.push(body.to_string().into_bytes());
    hashed.push(card.card.holder_file().to_vec());

    // What names nobody is kept as its plain hash, and is found: so would the others be.
    let status = json!({ "status": "lost", "reason": "said by phone" });
    let supervisor = bench.counter("demo.supervisor").await;
    let path = format!("/cards/{}/status", card.number);
    supervisor.post(&path, status.clone()).await.ok();
    bench.store.close().await;
    let all = files(&scratch.records());
    let plain: [u8; 32] = Sha256::digest(status.to_string()).into();
    assert!(has(&all, &plain));
    for bytes in hashed {
        let plain: [u8; 32] = Sha256::digest(&bytes).into();
        assert!(!has(&all, &plain));
        assert!(!has(&all, encode(&plain).as_bytes()));
    }
    scratch.remove().await;
}
