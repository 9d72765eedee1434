//! Cards are issued and activated; and whatever a page, a card or a person may do wrong meanwhile.

mod activate;
mod bytes;
mod failures;
mod kinds;
mod modes;
mod stock;

use apdu_core::authority::CardStatus;
use apdu_core::fault::Code;
use apdu_core::hex::encode;
use etc_api::ApplicationState;
use etc_backend::demo;
use etc_backend::ledger::{Applied, CardKind, Lock, Outcome};
use etc_backend::store::{MemoryStore, Stock};
use etc_sim::card::{Knobs, Personalisation, TollCard};
use serde_json::{Value, json};

use crate::bench::{Answer, Bench, Counter, NOON, Plastic};

/// An application that the teller has opened.
fn applied(id: &str, plate: &str) -> Applied {
    Applied {
        id: id.into(),
        plate: plate.into(),
        plate_colour: 0,
        vehicle_class: 1,
        user_type: 0,
        kind: CardKind::StoredValue,
        name: "张样例".into(),
        name_on_card: None,
        id_type: 101,
        id_number: "620000190001010017".into(),
        phone: "13800000017".into(),
        vehicle: None,
        bank: None,
        state: ApplicationState::Open,
        locked_by: Some(Lock {
            operator: "demo.teller".into(),
            name: "演示柜员".into(),
            until: i64::MAX,
        }),
        has_bank_card: false,
        reopened_at: None,
        version: 0,
    }
}

/// The same, opened by somebody else.
fn applied_at(id: &str, plate: &str, operator: &str) -> Applied {
    let mut one = applied(id, plate);
    one.locked_by.as_mut().unwrap().operator = operator.into();
    one
}

/// The number of a blank card that is in no demo; `last` is below 100.
fn blank_number(last: u8) -> [u8; 8] {
    let digits = ((last / 10) << 4) | (last % 10);
    [0x22, 0x01, 0x23, 0x01, 0x00, 0x09, 0x00, digits]
}

/// That card, in the reader.
fn blank(last: u8) -> Plastic {
    let person = Personalisation::factory(blank_number(last));
    Plastic::of(TollCard::new(&person, Knobs::default(), last.into()))
}

/// A desk with blank cards more in the stock of 兰州自营一厅: each like `card-new`.
async fn bench_with(blanks: impl IntoIterator<Item = u8>) -> Bench {
    let put = |stock: &mut Stock| {
        let like = stock.cards.iter().find(|one| !one.card.stock.is_issued);
        let like = like.unwrap().clone();
        for last in blanks {
            let mut new = like.clone();
            new.card.number.serial = blank_number(last);
            stock.cards.push(new);
        }
    };
    Bench::with(put).await
}

fn issue(application: &str, mode: &str) -> Value {
    json!({ "kind": "issue", "application": application, "mode": mode })
}

fn activate() -> Value {
    json!({ "kind": "activate" })
}

fn on(task: &Value, action: &str) -> String {
    format!("/card-tasks/{}/{action}", task["id"].as_str().unwrap())
}

/// A counter with a card.
struct Desk<'a> {
    counter: &'a Counter<'a>,
    card: Plastic,
}

impl<'a> Desk<'a> {
    fn new(counter: &'a Counter<'a>, card: &str) -> Self {
        Self::of(counter, Plastic::new(card))
    }

    fn of(counter: &'a Counter<'a>, card: Plastic) -> Self {
        Self { counter, card }
    }

    /// The same card at another counter.
    fn carried_to<'b>(self, counter: &'b Counter<'b>) -> Desk<'b> {
        Desk::of(counter, self.card)
    }

    fn issue_file(&self) -> String {
        encode(self.card.card.issue_file())
    }

    async fn begin(&self, work: Value) -> Answer {
        let card = json!({ "number": self.card.number, "issue": self.issue_file() });
        let body = json!({ "work": work, "card": card });
        self.counter.post("/card-tasks", body).await
    }

    /// The whole card, with a proof that it is here where one is asked for.
    fn whole(&mut self, task: &Value) -> Value {
        let init = &task["presence"]["init"];
        let presence = match init.is_object() {
            true => json!({ "answer": self.card.init(init), "terminal": init["terminal"] }),
            false => Value::Null,
        };
        let holder = encode(self.card.card.holder_file());
        json!({ "holder": holder, "issue": self.issue_file(), "presence": presence })
    }

    async fn show(&mut self, task: &Value) -> Answer {
        let shown = self.whole(task);
        self.counter.post(&on(task, "show"), shown).await
    }

    async fn sign(&mut self, task: &Value, file: &str) -> Answer {
        self.card.apdu(match file {
            "holder" => "00A40000023F00",
            _ => "00A40000021001",
        });
        let challenge = self.card.apdu("0084000004");
        let body = json!({ "file": file, "challenge": challenge });
        self.counter.post(&on(task, "sign"), body).await
    }

    async fn write(&mut self, task: &Value, file: &str) {
        let signed = self.sign(task, file).await.ok();
        self.card.apdu(signed["command"].as_str().unwrap());
    }

    async fn report(&self, task: &Value, file: &str, sw: &str) -> Answer {
        let body = json!({ "file": file, "sw": sw });
        self.counter.post(&on(task, "refused"), body).await
    }

    /// Begins, and does what every showing asks for until nothing is left.
    async fn through(&mut self, work: Value) -> Value {
        let begun = self.begin(work).await.ok();
        let mut told = self.show(&begun).await.ok();
        while told["task"]["state"] == "open" {
            let next = told["next"].as_array().unwrap().clone();
            assert!(!next.is_empty(), "{told}");
            for file in &next {
                self.write(&told["task"], file.as_str().unwrap()).await;
            }
            told = self.show(&told["task"]).await.ok();
        }
        assert_eq!(told["task"]["state"], "done", "{told}");
        told
    }

    /// One signed write that the card refuses.
    async fn fail(&mut self, task: &Value) -> Value {
        let told = self.show(task).await.ok();
        self.sign(&told["task"], "holder").await.ok();
        self.report(task, "holder", "6A80").await.ok()
    }
}

/// A supervisor vouches for something at this counter.
async fn vouched(counter: &Counter<'_>, path: &str, operator: &str) -> Answer {
    let body = json!({ "operator": operator, "password": demo::PASSWORD });
    counter.post(path, body).await
}

/// Chip and reason of every line of the hand-in list, by chip.
async fn hand_ins(counter: &Counter<'_>) -> Vec<(String, String)> {
    let list = counter.get("/hand-ins").await.ok();
    let of = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
    let lines = list.as_array().unwrap().iter();
    let lines = lines.map(|line| (of(line, "chip"), of(line, "reason")));
    let mut lines: Vec<_> = lines.collect();
    lines.sort();
    lines
}

fn listed(card: &Plastic, reason: &str) -> (String, String) {
    (format!("card {}", card.number), reason.to_owned())
}

fn outcomes(store: &MemoryStore) -> Vec<Outcome> {
    let attempts = store.attempts();
    attempts.iter().map(|attempt| attempt.outcome).collect()
}

fn status(bench: &Bench, card: &Plastic) -> CardStatus {
    let card = bench.store.card(card.number.parse().unwrap());
    card.unwrap().status
}

const NEW: &str = "card-new";
const OTHER_NEW: &str = "card-new-4";

/// By the tables of reference §1.2 and §1.4; on 2024-01-15 the dates are those of §3.5 (3).
#[tokio::test]
async fn a_blank_card_gets_exactly_the_bytes_of_the_reference() {
    let bench = Bench::new().await;
    // 2024-01-15 12:00:00 in Asia/Shanghai.
    bench.store.set_now(1_705_291_200_000);
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A99345"));
    let mut desk = Desk::new(&teller, NEW);
    let told = desk.through(issue("a", "new")).await;
    assert_eq!(told["validity"], json!(["2024-01-15", "2034-01-14"]));
    let serial = &desk.card.number[4..];
    assert_eq!(
        desk.issue_file(),
        format!("B8CACBE06201000116406201{serial}2024011520340114B8CA41393933343500000000000001")
    );
    let holder = [
        "0000",
        "D5C5D1F9C0FD0000000000000000000000000000",
        &encode(b"620000190001010017"),
        &"00".repeat(14),
        "65",
    ];
    assert_eq!(encode(desk.card.card.holder_file()), holder.concat());
    assert_eq!(outcomes(&bench.store), [Outcome::Verified]);
    let card = bench.store.card(desk.card.number.parse().unwrap()).unwrap();
    assert!(card.stock.is_issued);
    assert_eq!((card.plate.as_str(), card.vehicle_class), ("甘A99345", 1));
    // The same request once more finds it done.
    let again = desk.begin(issue("a", "new")).await.ok();
    assert_eq!(again["state"], "done");
    // An active card that agrees is a success without a write.
    desk.through(activate()).await;
    assert_eq!(outcomes(&bench.store).len(), 1);
}

#[tokio::test]
async fn a_blank_card_takes_no_load() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new(NEW);
    let sighted = teller.sight(&mut card).await.ok();
    assert_eq!(sighted["refusal"], "AUT-275");
    assert_eq!(sighted["preflight"], Value::Null);
    assert_eq!(sighted["differences"], json!([]));
    let body = json!({ "card": card.number, "amount": 100, "init": "00".repeat(16) });
    let created = teller.post("/recharges", body).await;
    created.refused(Code::CardNotIssued);
}

#[tokio::test]
async fn what_a_lost_answer_leaves_is_settled_by_the_next_showing_and_no_failure() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "new")).await.ok();
    let told = desk.show(&task).await.ok();
    assert_eq!(told["next"], json!(["holder", "issue"]));
    desk.write(&task, "holder").await;
    desk.sign(&task, "issue").await.ok();
    // The card is gone; then it lies there again.
    let again = desk.begin(issue("a", "new")).await.ok();
    assert_eq!(again["id"], task["id"]);
    let told = desk.show(&again).await.ok();
    assert_eq!(told["next"], json!(["issue"]));
    assert_eq!(outcomes(&bench.store), [Outcome::Torn]);
    desk.write(&told["task"], "issue").await;
    let told = desk.show(&told["task"]).await.ok();
    assert_eq!(told["task"]["state"], "done");
}

#[tokio::test]
async fn nothing_is_signed_without_a_fresh_proof_or_twice_for_one_showing() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "new")).await.ok();
    desk.sign(&task, "holder").await.refused(Code::CardNotShown);
    let mut unproved = desk.whole(&task);
    unproved["presence"] = Value::Null;
    let told = teller.post(&on(&task, "show"), unproved).await.ok();
    desk.sign(&task, "holder")
        .await
        .refused(Code::CardNotPresent);
    // The proof of a showing is good once.
    let shown = desk.whole(&told["task"]);
    teller.post(&on(&task, "show"), shown.clone()).await.ok();
    let twice = teller.post(&on(&task, "show"), shown).await;
    twice.refused(Code::CardNotPresent);
    desk.sign(&task, "issue").await.refused(Code::CardNotShown);
    desk.sign(&task, "holder").await.ok();
    desk.sign(&task, "holder").await.refused(Code::CardNotShown);
    bench.store.advance(61_000);
    desk.sign(&task, "issue").await.refused(Code::CardNotShown);
}

#[tokio::test]
async fn what_was_signed_for_one_application_is_no_other_ones() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    bench.store.add_application(applied("b", "甘A90002"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "new")).await.ok();
    let told = desk.show(&task).await.ok();
    desk.sign(&told["task"], "holder").await.ok();
    desk.begin(issue("b", "new")).await.refused(Code::CardTaken);
    // Another card for the same application: only one task is open, and the first card is given up at the end.
    let mut other = Desk::new(&teller, OTHER_NEW);
    other.through(issue("a", "new")).await;
    desk.show(&task).await.refused(Code::CardTaskOver);
    assert_eq!(status(&bench, &desk.card), CardStatus::Blacklisted);
    desk.begin(issue("a", "new"))
        .await
        .refused(Code::ApplicationIssued);
}

#[tokio::test]
async fn applications_and_cards_that_do_not_fit_are_refused() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let add = |id: &str, change: &dyn Fn(&mut Applied)| {
        let mut one = applied(id, "甘A90001");
        change(&mut one);
        bench.store.add_application(one);
    };
    add("held", &|one| {
        one.locked_by.as_mut().unwrap().operator = "demo.supervisor".into();
    });
    add("late", &|one| {
        one.locked_by.as_mut().unwrap().until = NOON;
    });
    add("gone", &|one| one.state = ApplicationState::Withdrawn);
    add("issued", &|one| one.state = ApplicationState::Issued);
    add("credit", &|one| one.kind = CardKind::Credit);
    add("rare", &|one| one.name = "😀".into());
    add("bank", &|one| one.bank = Some(etc_api::Bank::Lanzhou));
    add("good", &|_| {});
    let desk = Desk::new(&teller, NEW);
    for (id, code) in [
        ("nothing", Code::ApplicationUnknown),
        ("bank", Code::ApplicationUnknown),
        ("held", Code::ApplicationHeld),
        ("late", Code::ApplicationHeld),
        ("gone", Code::ApplicationWithdrawn),
        ("issued", Code::ApplicationIssued),
        ("credit", Code::WrongCardType),
        ("rare", Code::DoesNotFitCard),
    ] {
        desk.begin(issue(id, "new")).await.refused(code);
    }
    desk.begin(issue("good", "replace"))
        .await
        .refused(Code::NoOldCard);
    desk.begin(activate()).await.refused(Code::CardNotIssued);
    // In nobody's stock, at another outlet, and somebody's already.
    for (card, code) in [
        ("card-new-5", Code::CardNotInStock),
        ("card-new-2", Code::CardNotInStock),
        ("normal", Code::CardTaken),
    ] {
        let desk = Desk::new(&teller, card);
        desk.begin(issue("good", "new")).await.refused(code);
    }
}

#[tokio::test]
async fn a_page_that_lies_about_the_read_back_is_found_by_the_next_honest_sight() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "new")).await.ok();
    let told = desk.show(&task).await.ok();
    let holder = desk.sign(&told["task"], "holder").await.ok();
    let file = desk.sign(&told["task"], "issue").await.ok();
    let data = |signed: &Value| {
        let command = signed["command"].as_str().unwrap();
        command[10..command.len() - 8].to_owned()
    };
    let lie = json!({ "holder": data(&holder), "issue": data(&file), "presence": null });
    let told = teller.post(&on(&task, "show"), lie).await.ok();
    assert_eq!(told["task"]["state"], "done");
    let sighted = teller.sight(&mut desk.card).await.ok();
    let named = sighted["differences"].as_array().unwrap().len();
    assert!(named > 3, "{sighted}");
    bench.store.add_application(applied("b", "甘A90002"));
    desk.begin(issue("b", "new")).await.refused(Code::CardTaken);
}
