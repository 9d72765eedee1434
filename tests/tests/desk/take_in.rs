//! Cards that were issued elsewhere in the province are taken into the records.

use apdu_core::apdu::{Command, Response};
use apdu_core::authority::{CardStatus, OfferTakeIn, Presence, Refusal, TakeIn, TakeIns};
use apdu_core::bcd::CardNumber;
use apdu_core::card::{Answer as Later, Card, NoAnswer, PowerSession};
use apdu_core::fault::Code;
use apdu_core::flow;
use apdu_core::hex::{decode, encode};
use etc_backend::store::CardStore;
use etc_sim::card::{Knobs, Personalisation, TollCard};
use etc_tests::explore::Quiet;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::bench::{Answer, Bench, Counter, Plastic};
use crate::tag_tasks;

/// In no stock, and issued.
const ELSEWHERE: &str = "card-elsewhere";

fn path(card: &Plastic, action: &str) -> String {
    format!("/cards/{}/{action}", card.number)
}

async fn offer(counter: &Counter<'_>, card: &Plastic) -> Answer {
    let body = json!({ "issue": encode(card.card.issue_file()) });
    counter.post(&path(card, "take-in/offer"), body).await
}

/// What a card shows to be taken in, with its answer to the INIT of this offer.
fn shown(card: &mut Plastic, offer: &Value) -> Value {
    let init = &offer["init"];
    json!({
        "holder": encode(card.card.holder_file()),
        "issue": encode(card.card.issue_file()),
        "presence": { "answer": card.init(init), "terminal": init["terminal"] },
    })
}

async fn take_in(counter: &Counter<'_>, card: &mut Plastic) -> Answer {
    let offered = offer(counter, card).await.ok();
    let body = shown(card, &offered);
    counter.post(&path(card, "take-in"), body).await
}

fn kept(bench: &Bench, card: &Plastic) -> Option<etc_backend::ledger::Card> {
    bench.store.card(card.number.parse().unwrap())
}

/// A card like `card-elsewhere` with another file 0015.
fn other(change: impl FnOnce(&mut Personalisation)) -> Plastic {
    with_knobs(change, Knobs::default())
}

fn with_knobs(change: impl FnOnce(&mut Personalisation), knobs: Knobs) -> Plastic {
    let mut person = Personalisation {
        start: [0x20, 0x24, 0x01, 0x15],
        expiry: [0x20, 0x34, 0x01, 0x14],
        // 甘A00231
        plate: b"\xB8\xCAA00231".to_vec(),
        vehicle_class: 1,
        ..Personalisation::factory([0x22, 0x01, 0x23, 0x01, 0x00, 0x00, 0x02, 0x31])
    };
    change(&mut person);
    Plastic::of(TollCard::new(&person, knobs, 231))
}

/// A card in a reader that passes on whatever it is told.
struct InReader(Plastic);

impl Card for InReader {
    fn connect(&mut self) -> Later<'_, Result<PowerSession, NoAnswer>> {
        Box::pin(async { Ok(PowerSession(1)) })
    }

    fn transmit<'a>(
        &'a mut self,
        _: PowerSession,
        command: &'a Command,
    ) -> Later<'a, Result<Response, NoAnswer>> {
        Box::pin(async move {
            let answer = self.0.card.transmit(&command.to_bytes());
            Response::parse(&answer).map_err(|_| NoAnswer::unknown(Code::CardGone))
        })
    }
}

/// The records, as a flow at a counter asks them.
struct Records<'a>(&'a Counter<'a>);

fn answered<T: DeserializeOwned>(answer: Answer) -> Result<T, Refusal> {
    match answer.body["code"].as_str() {
        Some(code) => Err(Refusal {
            code: code.parse().unwrap(),
        }),
        None => Ok(serde_json::from_value(answer.body).unwrap()),
    }
}

impl TakeIns for Records<'_> {
    fn offer_take_in<'a>(
        &'a mut self,
        card: CardNumber,
        request: &'a OfferTakeIn,
    ) -> Later<'a, Result<Presence, Refusal>> {
        let body = serde_json::to_value(request).unwrap();
        let path = format!("/cards/{card}/take-in/offer");
        Box::pin(async move { answered(self.0.post(&path, body).await) })
    }

    fn take_in<'a>(
        &'a mut self,
        card: CardNumber,
        request: &'a TakeIn,
    ) -> Later<'a, Result<(), Refusal>> {
        let body = serde_json::to_value(request).unwrap();
        let path = format!("/cards/{card}/take-in");
        Box::pin(async move { answered(self.0.post(&path, body).await) })
    }
}

/// As the page does it, with the flow itself.
#[tokio::test]
async fn the_flow_takes_a_card_in_once() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut records = Records(&teller);
    let mut card = InReader(Plastic::new(ELSEWHERE));
    let before = card.0.card.clone();
    let taken = flow::take_in(&mut card, &mut records, &mut Quiet).await;
    assert_eq!(taken, Ok(()));
    assert!(kept(&bench, &card.0).is_some());
    // Nothing was written on it.
    let files = |card: &TollCard| (card.issue_file().to_vec(), card.holder_file().to_vec());
    assert_eq!(files(&card.0.card), files(&before));
    assert_eq!(card.0.card.online_counter(), before.online_counter());
    let again = flow::take_in(&mut card, &mut records, &mut Quiet).await;
    let fault = again.unwrap_err();
    assert_eq!(fault.code, Code::CardAlreadyKnown);
    // A PIN that differs from the model's is tried once, and nothing comes in.
    let mut other = InReader(other(|card| card.pin = *b"654321"));
    let refused = flow::take_in(&mut other, &mut records, &mut Quiet).await;
    assert_eq!(refused.unwrap_err().code, Code::WrongPin);
    assert_eq!(kept(&bench, &other.0), None);
    // A purse that refuses the number of a nonce cannot prove that it is here.
    let knobs = Knobs {
        refuses_odd_terminals: true,
        ..Knobs::default()
    };
    let mut odd = InReader(with_knobs(|_| (), knobs));
    let refused = flow::take_in(&mut odd, &mut records, &mut Quiet).await;
    assert!(refused.is_err());
    assert_eq!(kept(&bench, &odd.0), None);
}

#[tokio::test]
async fn a_card_comes_in_as_it_was_issued() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new(ELSEWHERE);
    teller.sight(&mut card).await.refused(Code::CardUnknown);
    let offered = offer(&teller, &card).await.ok();
    assert_eq!(
        offered["pin"],
        json!({ "form": "ascii6", "digits": "123456" })
    );
    let body = shown(&mut card, &offered);
    let key = bench.fresh_key();
    let to = path(&card, "take-in");
    let taken = teller.post_as(&key, &to, body.clone()).await;
    assert_eq!(taken.status, 204, "{taken:?}");

    let now = kept(&bench, &card).unwrap();
    assert_eq!(
        (&now.plate[..], now.plate_colour, now.vehicle_class),
        ("甘A00207", 0, 1)
    );
    assert_eq!(now.start.to_string(), "2024-01-15");
    assert_eq!(now.expiry.to_string(), "2034-01-14");
    assert_eq!(now.status, CardStatus::Normal);
    assert_eq!(now.stock.outlet, None);
    // What its proof has told is kept: no smaller counter is believed any more.
    assert_eq!(now.proved_counter, card.card.online_counter());
    let chain = bench.store.audit();
    let events = chain.iter().map(|sealed| &sealed.line);
    let of_card = events.filter(|line| line.chain == card.number);
    let events: Vec<_> = of_card.map(|line| line.event.as_str()).collect();
    assert_eq!(events, ["take-in-offered", "card-taken-in"]);

    // An answer that was lost is given again; a second attempt has nothing to do.
    let again = teller.post_as(&key, &to, body.clone()).await;
    assert_eq!(again.status, 204, "{again:?}");
    let twice = teller.post(&to, body).await;
    twice.refused(Code::CardAlreadyKnown);
    offer(&teller, &card).await.refused(Code::CardAlreadyKnown);
}

#[tokio::test]
async fn a_card_that_was_taken_in_is_a_card_like_others() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new(ELSEWHERE);
    take_in(&teller, &mut card).await;
    let sighted = teller.sight(&mut card).await.ok();
    assert_eq!(sighted["differences"], json!([]));
    assert_eq!(sighted["refusal"], Value::Null);
    let pairing = teller.get(&path(&card, "pairing")).await.ok();
    assert_eq!(pairing["tag"], Value::Null);
    let (record, command) = teller.loading(&mut card, 5_000).await;
    let tac = card.apdu(&command);
    let loaded = teller.confirm(&record, json!({ "tac": tac })).await.ok();
    assert_eq!(loaded["state"], "loaded");
}

#[tokio::test]
async fn another_holder_file_is_noticed_afterwards_and_none_is_kept_in_plain_text() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new(ELSEWHERE);
    take_in(&teller, &mut card).await;
    let sight = async |holder: &[u8]| {
        let issue = encode(card.card.issue_file());
        let body = json!({ "issue": issue, "balance": "00000000", "holder": encode(holder) });
        let sighted = teller.post(&path(&card, "sight"), body).await.ok();
        sighted["differences"].clone()
    };
    let mut holder = card.card.holder_file().to_vec();
    assert_eq!(sight(&holder).await, json!([]));
    holder[54] ^= 1;
    let differs = json!([{ "field": "holder", "record": "", "card": "" }]);
    assert_eq!(sight(&holder).await, differs);
}

#[tokio::test]
async fn cards_that_may_not_come_in_are_refused_at_the_offer_and_afterwards() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let cases: [(Plastic, Code); 9] = [
        (Plastic::new("normal"), Code::CardAlreadyKnown),
        (Plastic::new("card-new-5"), Code::CardNotIssued),
        // Blank, and in the stock.
        (Plastic::new("card-new"), Code::CardAlreadyKnown),
        // Two cards of the records have this plate already.
        (
            other(|card| card.plate = b"\xB8\xCAA12345".to_vec()),
            Code::VehicleHasCard,
        ),
        (other(|card| card.issuer_id[7] = 2), Code::CardOfElsewhere),
        (other(|card| card.version = 0x50), Code::CardOfElsewhere),
        (other(|card| card.card_type = 21), Code::CardOfElsewhere),
        (other(|card| card.expiry = [0xFF; 4]), Code::MalformedFile),
        (
            other(|card| card.plate = b"\xB8".to_vec()),
            Code::MalformedFile,
        ),
    ];
    let proof = json!({ "answer": "00".repeat(16), "terminal": "FEABABABABAB" });
    for (card, code) in cases {
        let before = kept(&bench, &card);
        offer(&teller, &card).await.refused(code);
        let body = json!({
            "holder": encode(card.card.holder_file()),
            "issue": encode(card.card.issue_file()),
            "presence": proof,
        });
        teller
            .post(&path(&card, "take-in"), body)
            .await
            .refused(code);
        assert_eq!(kept(&bench, &card), before);
    }
    // Of another network, whose keys nobody here has; and a file that is another card's.
    let card = Plastic::new(ELSEWHERE);
    let mut issue = decode(&encode(card.card.issue_file())).unwrap();
    issue[10] = 0x63;
    let body = json!({ "issue": encode(&issue) });
    let number = format!("63{}", &card.number[2..]);
    let abroad = format!("/cards/{number}/take-in/offer");
    let offered = teller.post(&abroad, body.clone()).await;
    offered.refused(Code::CardOfElsewhere);
    let offered = teller.post(&path(&card, "take-in/offer"), body).await;
    offered.refused(Code::OtherCard);
    // The length of the file is the model's.
    let long = format!("{}{}", encode(card.card.issue_file()), "00".repeat(7));
    let body = json!({ "issue": long });
    let offered = teller.post(&path(&card, "take-in/offer"), body).await;
    offered.refused(Code::CardOfElsewhere);
}

#[tokio::test]
async fn only_a_fresh_proof_of_this_card_to_this_sign_in_counts() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new(ELSEWHERE);
    let to = path(&card, "take-in");
    let first = offer(&teller, &card).await.ok();
    let old = shown(&mut card, &first);
    // Another sign-in, even of the same person, has an offer of its own.
    let elsewhere = bench.counter("demo.teller").await;
    let refused = elsewhere.post(&to, old.clone()).await;
    refused.refused(Code::CardNotPresent);
    // The next offer takes the place of the first.
    let second = offer(&teller, &card).await.ok();
    assert_ne!(first["init"]["terminal"], second["init"]["terminal"]);
    teller.post(&to, old).await.refused(Code::CardNotPresent);
    // It lives for a minute.
    let late = shown(&mut card, &second);
    bench.store.advance(60_000);
    teller.post(&to, late).await.refused(Code::CardNotPresent);
    // An offer for one card is none for another.
    offer(&teller, &card).await.ok();
    let mut another = other(|_| ());
    let third = offer(&teller, &another).await.ok();
    let mut swapped = shown(&mut card, &third);
    swapped["presence"] = shown(&mut another, &third)["presence"].clone();
    teller
        .post(&to, swapped)
        .await
        .refused(Code::CardNotPresent);
    assert_eq!(kept(&bench, &card), None);
    take_in(&teller, &mut card).await;
    assert!(kept(&bench, &card).is_some());
}

#[tokio::test]
async fn wrong_proofs_are_counted_by_sign_in_and_keys_of_elsewhere_are_found_out() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    // Its files are of this province, and its keys are not.
    let mut forged = other(|card| {
        card.roots.load = [0x77; 16];
    });
    for _ in 0..5 {
        take_in(&teller, &mut forged).await.refused(Code::WrongMac1);
    }
    take_in(&teller, &mut forged)
        .await
        .refused(Code::ProofsLocked);
    assert_eq!(kept(&bench, &forged), None);
    // The card itself is not to blame: at another sign-in a good one with this number comes in.
    let again = bench.counter("demo.teller").await;
    let mut card = other(|_| ());
    take_in(&again, &mut card).await;
    assert!(kept(&bench, &card).is_some());
    // A proof that was right gives its try back.
    for _ in 0..6 {
        teller_still_loads(&again).await;
    }
}

/// A proof of another card is still judged in this sign-in.
async fn teller_still_loads(counter: &Counter<'_>) {
    let mut card = Plastic::new("no-pin");
    let init = counter.preflight(&mut card).await;
    let created = counter.create_with(&card, json!(100), &init).await.ok();
    let close = format!("/recharges/{}/close", created["id"].as_str().unwrap());
    counter.post(&close, json!({})).await.ok();
}

#[tokio::test]
async fn a_card_that_repeats_an_answer_word_for_word_gains_nothing() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new(ELSEWHERE);
    let offered = offer(&teller, &card).await.ok();
    let mut body = shown(&mut card, &offered);
    // An answer to another amount, and one to a terminal that is no nonce.
    let mut init = offered["init"].clone();
    init["amount"] = json!(2);
    body["presence"]["answer"] = card.init(&init).into();
    let to = path(&card, "take-in");
    teller
        .post(&to, body.clone())
        .await
        .refused(Code::WrongMac1);
    init["amount"] = json!(1);
    init["terminal"] = "010203040506".into();
    body["presence"] = json!({ "answer": card.init(&init), "terminal": "010203040506" });
    teller.post(&to, body).await.refused(Code::CardNotPresent);
}

#[tokio::test]
async fn of_two_counters_at_once_one_takes_it_in() {
    let bench = Bench::new().await;
    let here = bench.counter("demo.teller").await;
    let there = bench.counter("demo.tianshui").await;
    let mut card = Plastic::new(ELSEWHERE);
    let to = path(&card, "take-in");
    let offered = (
        offer(&here, &card).await.ok(),
        offer(&there, &card).await.ok(),
    );
    let bodies = (shown(&mut card, &offered.0), shown(&mut card, &offered.1));
    here.post(&to, bodies.0).await.ok();
    let late = there.post(&to, bodies.1).await;
    late.refused(Code::CardAlreadyKnown);
    let file = bench.store.card_history(card.number.parse().unwrap()).await;
    assert_eq!(file.unwrap().unwrap().file.card.revision, 1);
}

#[tokio::test]
async fn a_model_that_is_not_configured_takes_nothing_in() {
    let bench = Bench::with(|stock| stock.card_models.clear()).await;
    let teller = bench.counter("demo.teller").await;
    let card = Plastic::new(ELSEWHERE);
    offer(&teller, &card).await.refused(Code::CardOfElsewhere);
    // A key index that the key file does not have is told by its own name, and costs no try.
    let bench = Bench::with(|stock| stock.card_models[0].key_index = 0x07).await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new(ELSEWHERE);
    for _ in 0..6 {
        let offered = offer(&teller, &card).await.ok();
        assert_eq!(offered["init"]["key_index"], 7);
        let mut asked = offered.clone();
        asked["init"]["key_index"] = json!(1);
        let body = shown(&mut card, &asked);
        let taken = teller.post(&path(&card, "take-in"), body).await;
        taken.refused(Code::NoKeys);
    }
}

/// What it is taken in for: its vehicle comes from the licence, and gets a tag.
#[tokio::test]
async fn its_vehicle_gets_a_tag_then() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut card = Plastic::new(ELSEWHERE);
    let licence = json!({
        "length": 4_700, "width": 1_800, "height": 1_450, "seats": 5,
        "body": "coach", "wheels": 4, "axles": 2, "wheelbase": 2_700, "engine": "LJ465Q",
    });
    let to = path(&card, "vehicle");
    let early = teller.post(&to, licence.clone()).await;
    early.refused(Code::CardUnknown);
    take_in(&teller, &mut card).await;
    let added = teller.post(&to, licence).await;
    assert_eq!(added.status, 204, "{added:?}");
    let new = etc_sim::demo::tag_personalisation(tag_tasks::NEW).unwrap();
    let mut tag = tag_tasks::Desk {
        counter: &teller,
        tag: tag_tasks::Laid::of(&new),
        card,
    };
    let told = tag.through(tag_tasks::issue("new")).await;
    assert_eq!(told["task"]["plate"], "甘A00207");
    let pairing = teller.get(&path(&tag.card, "pairing")).await.ok();
    assert_eq!(pairing["tag"]["tag"], tag.tag.serial());
}

/// Its vehicle had a card that is on the blacklist now: the tag of that one goes with the card that comes in.
#[tokio::test]
async fn it_takes_over_the_tag_of_a_card_on_the_blacklist() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut tag = tag_tasks::Desk::new(&teller, tag_tasks::NEW, tag_tasks::CARD);
    tag.through(tag_tasks::issue("new")).await;
    let old = tag.card.number.parse().unwrap();
    // 甘D00116
    let mut card = other(|card| card.plate = b"\xB8\xCAD00116".to_vec());
    offer(&teller, &card).await.refused(Code::VehicleHasCard);
    bench.store.set_status(old, CardStatus::Blacklisted);
    take_in(&teller, &mut card).await;
    let pairing = teller.get(&path(&card, "pairing")).await.ok();
    assert_eq!(pairing["tag"]["tag"], tag.tag.serial());
    tag.card = card;
    tag.through(json!({ "kind": "activate" })).await;
}
