//! Tags are issued, activated and cancelled; and whatever a page, a tag or a person may do wrong meanwhile.

use apdu_core::authority::CardStatus;
use apdu_core::fault::Code;
use apdu_core::hex::{decode, encode};
use etc_backend::ledger::{Outcome, Tag, Vehicle};
use etc_backend::store::{MemoryStore, Stock, Store, TagStore};
use etc_sim::tag::{Personalisation, Tag as Virtual};
use serde_json::{Value, json};

use crate::bench::{Answer, Bench, Counter, Plastic};

/// A tag near the programmer.
pub struct Laid {
    pub tag: Virtual,
    pub sn: String,
}

impl Laid {
    /// A demo tag whose switch is held in.
    fn new(id: &str) -> Self {
        Self::of(&etc_sim::demo::tag_personalisation(id).unwrap())
    }

    /// A tag whose switch is held in.
    pub fn of(person: &Personalisation) -> Self {
        let mut tag = Virtual::new(person);
        tag.hold_switch(true);
        tag.wake();
        let sn = encode(&tag.esam().serial()).replacen("62012301", "62102301", 1);
        Self { tag, sn }
    }

    pub fn serial(&self) -> String {
        encode(&self.tag.esam().serial())
    }

    /// Sends a command that must succeed; answers without the status word.
    #[track_caller]
    fn apdu(&mut self, hex: &str) -> String {
        let answer = self.raw(hex);
        let data = answer.strip_suffix("9000");
        data.unwrap_or_else(|| panic!("{hex} -> {answer}"))
            .to_owned()
    }

    fn raw(&mut self, hex: &str) -> String {
        encode(&self.tag.esam_mut().transmit(&decode(hex).unwrap()))
    }

    fn system(&mut self) -> String {
        self.apdu("00A40000023F00");
        self.apdu("00B0810063")
    }

    /// The whole tag as a flow shows it, read with the random of the task.
    pub fn shown(&mut self, task: &Value, card: Option<Value>) -> Value {
        let system = self.system();
        let vehicle = match task["read"]["random"].as_str() {
            None => Value::Null,
            Some(random) => {
                self.apdu("00A4000002DF01");
                let answer = self.apdu(&format!("00B400000A{random}4F0000"));
                json!({ "random": random, "answer": answer })
            }
        };
        json!({ "card": card, "system": system, "status": null, "vehicle": vehicle })
    }

    /// GET CHALLENGE in the directory of a file.
    pub fn challenge(&mut self, file: &str) -> String {
        self.apdu(match file {
            "vehicle" => "00A4000002DF01",
            _ => "00A40000023F00",
        });
        self.apdu("0084000004")
    }
}

pub fn card_of(card: &mut Plastic) -> Value {
    json!({ "number": card.number, "issue": card.issue_file() })
}

pub fn issue(mode: &str) -> Value {
    json!({ "kind": "issue", "mode": mode })
}

pub fn activate() -> Value {
    json!({ "kind": "activate" })
}

pub fn cancel(reason: &str) -> Value {
    json!({ "kind": "cancel", "reason": reason })
}

pub fn on(task: &Value, action: &str) -> String {
    format!("/tag-tasks/{}/{action}", task["id"].as_str().unwrap())
}

/// A counter with a tag and the card that it is for.
pub struct Desk<'a, S = MemoryStore> {
    pub counter: &'a Counter<'a, S>,
    pub tag: Laid,
    pub card: Plastic,
}

impl<'a, S: Store + 'static> Desk<'a, S> {
    pub fn new(counter: &'a Counter<'a, S>, tag: &str, card: &str) -> Self {
        Self {
            counter,
            tag: Laid::new(tag),
            card: Plastic::new(card),
        }
    }

    pub async fn begin(&mut self, work: Value) -> Answer {
        let card = match work["kind"] == "cancel" {
            true => Value::Null,
            false => card_of(&mut self.card),
        };
        let named = json!({ "sn": self.tag.sn });
        let body = json!({ "work": work, "card": card, "tag": named });
        self.counter.post("/tag-tasks", body).await
    }

    pub async fn show(&mut self, task: &Value) -> Answer {
        let card = task["card"].is_string().then(|| card_of(&mut self.card));
        let shown = self.tag.shown(task, card);
        self.counter.post(&on(task, "show"), shown).await
    }

    pub async fn sign(&mut self, task: &Value, file: &str) -> Answer {
        let challenge = self.tag.challenge(file);
        let body = json!({ "file": file, "challenge": challenge });
        self.counter.post(&on(task, "sign"), body).await
    }

    /// Signs a file and writes it.
    pub async fn write(&mut self, task: &Value, file: &str) {
        let signed = self.sign(task, file).await.ok();
        self.tag.apdu(signed["command"].as_str().unwrap());
    }

    pub async fn report(&self, task: &Value, file: &str, sw: &str) -> Answer {
        let body = json!({ "file": file, "sw": sw });
        self.counter.post(&on(task, "refused"), body).await
    }

    /// Begins, and does what every showing asks for until nothing is left.
    pub async fn through(&mut self, work: Value) -> Value {
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
}

pub async fn tag(bench: &Bench, serial: &str) -> Tag {
    let found = bench.store.tag(serial.parse().unwrap()).await.unwrap();
    found.unwrap()
}

pub fn outcomes(store: &MemoryStore) -> Vec<Outcome> {
    let attempts = store.attempts();
    attempts.iter().map(|attempt| attempt.outcome).collect()
}

/// A card whose vehicle, 甘D00116, has no tag; nobody asks for its PIN here.
pub const CARD: &str = "pin-locked";
pub const NEW: &str = "tag-new";

#[tokio::test]
async fn a_blank_tag_is_issued_activated_cancelled_and_issued_again() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let told = desk.through(issue("new")).await;
    assert_eq!(told["task"]["plate"], "甘D00116");
    // By the tables of reference §6.1 and §6.2, from demo/vehicles.csv; 2026-06-01 for ten years.
    let system = desk.tag.system();
    assert_eq!(
        &system[..56],
        "B8CACBE06201000100166201230100010041202606012036053100FF"
    );
    let vehicle = encode(desk.tag.tag.esam().vehicle());
    assert_eq!(
        vehicle,
        [
            "B8CA443030313136000000000000010000",
            "2D110F0402001A000005",
            &"FF".repeat(16),
            &encode(b"DEMO0116"),
            &"00".repeat(8),
            &"FF".repeat(20),
        ]
        .concat()
    );
    assert_eq!(outcomes(&bench.store), [Outcome::Verified]);
    let pairing = &bench.store.pairings();
    let living = pairing
        .iter()
        .filter(|one| one.tag == desk.tag.serial().parse().unwrap());
    assert_eq!(living.count(), 1);
    let told = desk.through(activate()).await;
    assert_eq!(desk.tag.tag.esam().removal_flag(), 0x01);
    let plate = &told["comparison"][0];
    assert_eq!(
        (&plate["card"], &plate["tag"], &plate["record"]),
        (&json!("甘D00116"), &json!("甘D00116"), &json!("甘D00116"))
    );

    desk.through(cancel("wrong_data")).await;
    let free = tag(&bench, &desk.tag.serial()).await;
    assert_eq!((free.status, free.issued), (CardStatus::Cancelled, None));
    desk.through(issue("new")).await;
    let again = tag(&bench, &desk.tag.serial()).await;
    assert_eq!(again.status, CardStatus::Normal);
}

#[tokio::test]
async fn an_active_tag_that_agrees_is_a_success_without_a_write() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, "tag-normal", "normal");
    let told = desk.through(activate()).await;
    assert_eq!(told["task"]["state"], "done");
    assert_eq!(outcomes(&bench.store), []);
}

#[tokio::test]
async fn what_a_lost_answer_leaves_is_settled_by_the_next_showing_and_no_failure() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    let told = desk.show(&task).await.ok();
    assert_eq!(told["next"], json!(["vehicle", "system"]));
    // The vehicle file is written, the system file is signed and never sent; then the tag is gone.
    desk.write(&task, "vehicle").await;
    desk.sign(&task, "system").await.ok();

    // Another counter goes on with it.
    let there = bench.counter("demo.tianshui").await;
    let mut other = Desk {
        counter: &there,
        ..desk
    };
    let again = other.begin(issue("new")).await.ok();
    assert_eq!(again["id"], task["id"]);
    let told = other.show(&again).await.ok();
    assert_eq!(told["next"], json!(["system"]));
    assert_eq!(outcomes(&bench.store), [Outcome::Torn]);
    other.write(&told["task"], "system").await;
    let told = other.show(&told["task"]).await.ok();
    assert_eq!(told["task"]["state"], "done");
    assert_eq!(outcomes(&bench.store), [Outcome::Torn, Outcome::Verified]);
}

#[tokio::test]
async fn each_showing_allows_one_signature_per_file_in_order_and_not_for_long() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    desk.sign(&task, "vehicle").await.refused(Code::NotShown);
    let told = desk.show(&task).await.ok();
    desk.sign(&task, "system").await.refused(Code::NotShown);
    desk.sign(&task, "removal_flag")
        .await
        .refused(Code::NotShown);
    desk.sign(&task, "vehicle").await.ok();
    desk.sign(&task, "vehicle").await.refused(Code::NotShown);
    // Nobody else signs on this showing, and nobody after its time.
    let other = bench.counter("demo.supervisor").await;
    let body = json!({ "file": "system", "challenge": "00000000" });
    let stolen = other.post(&on(&task, "sign"), body).await;
    stolen.refused(Code::NotShown);
    bench.store.advance(3 * 60 * 1_000);
    desk.sign(&told["task"], "system")
        .await
        .refused(Code::NotShown);
}

#[tokio::test]
async fn a_tag_of_another_vehicle_or_outlet_or_status_is_refused() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    // Issued to somebody.
    let mut desk = Desk::new(&teller, "tag-normal", CARD);
    desk.begin(issue("new")).await.refused(Code::TagInUse);
    desk.begin(activate()).await.refused(Code::CardHasNoTag);
    desk.begin(issue("exchange"))
        .await
        .refused(Code::CardHasNoTag);
    // The card's vehicle has one.
    let mut desk = Desk::new(&teller, NEW, "normal");
    desk.begin(issue("new")).await.refused(Code::CardHasTag);
    desk.begin(activate()).await.refused(Code::TagNotIssued);
    // Not handed out to this outlet.
    let there = bench.counter("demo.tianshui").await;
    let mut elsewhere = Desk::new(&there, NEW, CARD);
    elsewhere
        .begin(issue("new"))
        .await
        .refused(Code::TagNotInStock);
    // No such SN, and no SN at all.
    let mut desk = Desk::new(&teller, NEW, CARD);
    for sn in ["6210230100019999", "62102301000100", "", "nothing"] {
        desk.tag.sn = sn.into();
        desk.begin(issue("new")).await.refused(Code::TagUnknown);
    }
    for (status, code) in [
        (CardStatus::Suspended, Code::TagSuspended),
        (CardStatus::Lost, Code::TagLost),
        (CardStatus::Damaged, Code::TagDamaged),
        (CardStatus::Blacklisted, Code::TagBlacklisted),
    ] {
        let mut desk = Desk::new(&teller, NEW, CARD);
        let serial = desk.tag.serial().parse().unwrap();
        bench.store.set_tag_status(serial, status);
        desk.begin(issue("new")).await.refused(code);
    }
}

#[tokio::test]
async fn a_vehicle_that_fits_neither_card_nor_tag_is_said_to_be_so() {
    let with = async |change: fn(&mut Vehicle)| {
        let bench = Bench::with(|stock: &mut Stock| {
            let vehicles = stock.vehicles.iter_mut();
            vehicles
                .filter(|one| one.plate == "甘D00116")
                .for_each(change);
        })
        .await;
        let teller = bench.counter("demo.teller").await;
        let mut desk = Desk::new(&teller, NEW, CARD);
        desk.begin(issue("new")).await
    };
    let classed = with(|vehicle| vehicle.class += 1).await;
    classed.refused(Code::VehicleClassDiffers);
    let wide = with(|vehicle| vehicle.measures[1] = 40_000).await;
    wide.refused(Code::DoesNotFitTag);
}

#[tokio::test]
async fn a_card_out_of_use_gets_no_tag_at_any_step() {
    for (status, code) in [
        (CardStatus::Suspended, Code::CardSuspended),
        (CardStatus::Lost, Code::CardLost),
        (CardStatus::Cancelled, Code::CardCancelled),
    ] {
        let bench = Bench::new().await;
        let teller = bench.counter("demo.teller").await;
        let mut desk = Desk::new(&teller, NEW, CARD);
        let task = desk.begin(issue("new")).await.ok();
        desk.show(&task).await.ok();
        let number = desk.card.number.parse().unwrap();
        bench.store.set_status(number, status);
        desk.sign(&task, "vehicle").await.refused(code);
        desk.begin(issue("new")).await.refused(code);
    }
}

#[tokio::test]
async fn another_tag_or_card_between_two_steps_is_noticed() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    let mut other = Desk::new(&teller, "tag-new-2", "normal");
    other.show(&task).await.refused(Code::OtherCard);
    let mut other = Desk::new(&teller, "tag-new-2", CARD);
    // Its answer does not open under the key of the task's tag, and the reading is over.
    other.show(&task).await.refused(Code::WrongVehicle);
    desk.show(&task).await.refused(Code::TagReadingOver);
    assert_eq!(outcomes(&bench.store), []);
}

#[tokio::test]
async fn where_card_and_record_differ_nothing_is_signed() {
    let bench = Bench::with(|stock: &mut Stock| {
        let card = |one: &&mut etc_backend::store::StockCard| {
            one.card.number.to_string() == "62012201230100000116"
        };
        stock.cards.iter_mut().find(card).unwrap().card.plate_colour = 0;
        stock.cards.iter_mut().find(card).unwrap().card.plate = "甘D00124".into();
        stock
            .cards
            .retain(|one| one.card.number.to_string() != "62012201230100000124");
    })
    .await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    let told = desk.show(&task).await.ok();
    assert_eq!(
        (&told["task"]["state"], &told["next"]),
        (&json!("open"), &json!([]))
    );
    let plate = &told["comparison"][0];
    assert_eq!(
        (&plate["card"], &plate["record"]),
        (&json!("甘D00116"), &json!("甘D00124"))
    );
    desk.sign(&task, "vehicle").await.refused(Code::NotShown);
}

#[tokio::test]
async fn a_tag_that_does_not_take_its_mac_is_never_tried_again() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    desk.show(&task).await.ok();
    desk.sign(&task, "vehicle").await.ok();
    let stopped = desk.report(&task, "vehicle", "6988").await.ok();
    assert_eq!(stopped["state"], json!({ "stopped": "OBU-115" }));
    desk.show(&task).await.refused(Code::TagForbids);
    desk.begin(issue("new")).await.refused(Code::TagDamaged);
    let list = teller.get("/hand-ins").await.ok();
    assert_eq!(list[0]["chip"], format!("tag {}", desk.tag.serial()));
    assert_eq!(list[0]["reason"], "forbids");
    // A second person ticks it.
    let path = format!("/hand-ins/{}/tick", list[0]["id"].as_str().unwrap());
    teller
        .post(&path, json!({}))
        .await
        .refused(Code::SamePerson);
    let supervisor = bench.counter("demo.supervisor").await;
    supervisor.post(&path, json!({})).await.ok();
    assert_eq!(teller.get("/hand-ins").await.ok(), json!([]));
}

#[tokio::test]
async fn a_tag_is_retried_once_here_and_three_failures_are_enough_anywhere() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    for state in [json!("open"), json!({ "stopped": "AUT-246" })] {
        let begun = desk.begin(issue("new")).await.ok();
        assert_eq!(begun["id"], task["id"]);
        desk.show(&begun).await.ok();
        desk.sign(&task, "vehicle").await.ok();
        let after = desk.report(&task, "vehicle", "6581").await.ok();
        assert_eq!(after["state"], state);
    }
    desk.begin(issue("new")).await.refused(Code::TakeAnotherTag);
    let there = bench.counter("demo.tianshui").await;
    let mut other = Desk {
        counter: &there,
        ..desk
    };
    let task = other.begin(issue("new")).await.ok();
    other.show(&task).await.ok();
    other.sign(&task, "vehicle").await.ok();
    let after = other.report(&task, "vehicle", "6581").await.ok();
    assert_eq!(after["state"], json!({ "stopped": "AUT-240" }));
    let serial = other.tag.serial();
    assert_eq!(tag(&bench, &serial).await.status, CardStatus::Damaged);
}

#[tokio::test]
async fn a_cancellation_is_not_judged_by_failures() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    for _ in 0..2 {
        let task = desk.begin(issue("new")).await.ok();
        desk.show(&task).await.ok();
        desk.sign(&task, "vehicle").await.ok();
        desk.report(&task, "vehicle", "6581").await.ok();
    }
    let begun = desk.begin(cancel("wrong_data")).await.ok();
    let again = desk.begin(cancel("wrong_data")).await.ok();
    assert_eq!(again["id"], begun["id"]);
    let told = desk.show(&again).await.ok();
    assert_eq!(told["task"]["state"], "done");
}

#[tokio::test]
async fn a_switch_that_stands_out_is_no_failure() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    for _ in 0..3 {
        let task = desk.begin(issue("new")).await.ok();
        desk.show(&task).await.ok();
        desk.sign(&task, "vehicle").await.ok();
        let after = desk.report(&task, "vehicle", "6985").await.ok();
        assert_eq!(after["state"], "open");
    }
    // Where the programmer tells, nothing is signed at all.
    let task = desk.begin(issue("new")).await.ok();
    let mut shown = desk.tag.shown(&task, Some(card_of(&mut desk.card)));
    shown["status"] = json!("0200");
    teller.post(&on(&task, "show"), shown).await.ok();
    desk.sign(&task, "vehicle")
        .await
        .refused(Code::SwitchNotPressed);
    desk.through(issue("new")).await;
    let task = desk.begin(activate()).await.ok();
    let mut shown = desk.tag.shown(&task, Some(card_of(&mut desk.card)));
    shown["status"] = json!("0200");
    let told = teller.post(&on(&task, "show"), shown).await.ok();
    assert_eq!(told["next"], json!(["removal_flag"]));
    desk.sign(&task, "removal_flag")
        .await
        .refused(Code::SwitchNotPressed);
}

#[tokio::test]
async fn a_write_that_was_called_refused_and_was_not_is_found_done() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    desk.show(&task).await.ok();
    desk.write(&task, "vehicle").await;
    desk.write(&task, "system").await;
    let after = desk.report(&task, "system", "6581").await.ok();
    let told = desk.show(&after).await.ok();
    assert_eq!(told["task"]["state"], "done");
}

#[tokio::test]
async fn a_challenge_that_was_shifted_moves_data_and_is_found_out() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, "tag-removed", "expired");
    // An expired card activates nothing; a tag that was issued here does.
    desk.begin(activate()).await.refused(Code::CardExpired);
    let mut desk = Desk::new(&teller, NEW, CARD);
    desk.through(issue("new")).await;
    let task = desk.begin(activate()).await.ok();
    let told = desk.show(&task).await.ok();
    assert_eq!(told["next"], json!(["removal_flag"]));
    // The page claims the challenge XOR what turns offset 1A into 1B: the MAC holds for the other offset.
    let true_challenge = decode(&desk.tag.challenge("system")).unwrap();
    let mut claimed = true_challenge.clone();
    claimed[3] ^= 0x1A ^ 0x1B;
    let body = json!({ "file": "removal_flag", "challenge": encode(&claimed) });
    let signed = teller.post(&on(&task, "sign"), body).await.ok();
    let moved = signed["command"]
        .as_str()
        .unwrap()
        .replacen("811A", "811B", 1);
    desk.tag.apdu(&moved);
    let told = desk.show(&task).await;
    told.refused(Code::TagReadingOver);
    let again = desk.begin(activate()).await.ok();
    desk.show(&again).await.refused(Code::TagDiffers);
    assert_eq!(outcomes(&bench.store), [Outcome::Verified, Outcome::Mixed]);
}

#[tokio::test]
async fn a_kind_of_tag_without_a_presence_proof_is_activated_by_its_whole_file() {
    let bench = Bench::with(|stock: &mut Stock| {
        for tag in &mut stock.tags {
            tag.cipher.random_returns = false;
        }
    })
    .await;
    let teller = bench.counter("demo.teller").await;
    // What the profile does not promise proves nothing where a chip does it all the same.
    for (id, card, random_returns) in [(NEW, CARD, false), ("tag-new-2", "same-plate", true)] {
        let mode = if id == NEW { "new" } else { "exchange" };
        let mut desk = Desk::new(&teller, id, card);
        desk.tag = Laid::of(&Personalisation {
            random_returns,
            ..etc_sim::demo::tag_personalisation(id).unwrap()
        });
        desk.through(issue(mode)).await;
        let issued = desk.tag.system();
        assert_eq!(&issued[52..54], "00");
        let signed = tag(&bench, &desk.tag.serial()).await.signed.signatures;
        let before = outcomes(&bench.store).len();

        let task = desk.begin(activate()).await.ok();
        let told = desk.show(&task).await.ok();
        assert_eq!(told["next"], json!(["system"]));
        desk.sign(&task, "removal_flag")
            .await
            .refused(Code::NotPresent);
        let command = desk.sign(&task, "system").await.ok()["command"].clone();
        let command = command.as_str().unwrap();
        let active = format!("{}01{}", &issued[..52], &issued[54..]);
        // 99 bytes from offset 0, and a MAC of four.
        assert_eq!(command[..208], format!("04D6810067{active}"));
        assert_eq!(command.len(), 216);
        desk.tag.apdu(command);
        assert_eq!(desk.tag.system(), active);
        let told = desk.show(&told["task"]).await.ok();
        assert_eq!(told["task"]["state"], "done");
        assert_eq!(outcomes(&bench.store)[before..], [Outcome::Verified]);

        // Once more: it is active, and nothing is signed.
        let again = desk.begin(activate()).await.ok();
        assert_ne!(again["id"], task["id"]);
        let told = desk.show(&again).await.ok();
        assert_eq!(
            (&told["task"]["state"], &told["next"]),
            (&json!("done"), &json!([]))
        );
        let kept = tag(&bench, &desk.tag.serial()).await.signed;
        assert_eq!((kept.signatures, kept.activations), (signed + 1, 1));
        assert_eq!(outcomes(&bench.store).len(), before + 1);
    }
}

#[tokio::test]
async fn a_task_that_nothing_was_signed_for_leaves_a_tag_that_is_not_issued() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    desk.begin(activate()).await.refused(Code::CardHasNoTag);
    desk.show(&task).await.ok();
    desk.write(&task, "vehicle").await;
    desk.begin(activate()).await.refused(Code::TagTorn);
}

#[tokio::test]
async fn a_removal_flag_nobody_explains_stops_the_task() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, "tag-normal", "normal");
    let task = desk.begin(activate()).await.ok();
    let mut shown = desk.tag.shown(&task, Some(card_of(&mut desk.card)));
    let system = shown["system"].as_str().unwrap().to_owned();
    shown["system"] = json!(format!("{}07{}", &system[..52], &system[54..]));
    let refused = teller.post(&on(&task, "show"), shown).await;
    refused.refused(Code::FlagUnknown);
}

#[tokio::test]
async fn signatures_end_until_a_supervisor_allows_more() {
    let bench = Bench::with(|stock: &mut Stock| {
        for tag in &mut stock.tags {
            tag.signed.allowed = 1;
        }
    })
    .await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    desk.show(&task).await.ok();
    desk.write(&task, "vehicle").await;
    desk.sign(&task, "system")
        .await
        .refused(Code::TooManySignatures);
    let path = format!("/tags/{}/signatures", desk.tag.serial());
    let body = json!({ "operator": "demo.supervisor", "password": "demo-only-2026" });
    teller.post(&path, body).await.ok();
    desk.write(&task, "system").await;
    let again = desk.begin(issue("new")).await.ok();
    let told = desk.show(&again).await.ok();
    assert_eq!(told["task"]["state"], "done");
}

#[tokio::test]
async fn a_tag_is_activated_as_often_as_its_profile_says() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    desk.through(issue("new")).await;
    for _ in 0..3 {
        desk.through(activate()).await;
        desk.tag.tag.hold_switch(false);
        desk.tag.tag.hold_switch(true);
    }
    let task = desk.begin(activate()).await.ok();
    desk.show(&task).await.refused(Code::ActivationLimit);
}

#[tokio::test]
async fn a_repeated_request_has_its_first_answer_and_signs_nothing_twice() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut desk = Desk::new(&teller, NEW, CARD);
    let task = desk.begin(issue("new")).await.ok();
    desk.show(&task).await.ok();
    let body = json!({ "file": "vehicle", "challenge": desk.tag.challenge("vehicle") });
    let path = on(&task, "sign");
    let first = teller.post_as("sign-tag-1", &path, body.clone()).await.ok();
    let second = teller.post_as("sign-tag-1", &path, body).await.ok();
    assert_eq!(first, second);
    let serial = desk.tag.serial();
    assert_eq!(tag(&bench, &serial).await.signed.signatures, 1);
    desk.tag.apdu(first["command"].as_str().unwrap());
}
