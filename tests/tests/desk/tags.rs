//! What a tag that is shown gets to know, and what a page could try with the vehicle information.

use apdu_core::authority::CardStatus;
use apdu_core::fault::Code;
use apdu_core::hex::{decode, encode};
use etc_backend::ledger::{Chaining, Tag};
use etc_backend::store::{MemoryStore, Stock};
use etc_sim::crypto::{diversify, tdes};
use serde_json::{Value, json};

use crate::bench::{Answer, Bench, Counter};

/// A tag as it lies near an antenna: its system information and its vehicle file.
struct Tagged {
    serial: String,
    system: Vec<u8>,
    vehicle: Vec<u8>,
}

/// By the tables of the reference: a coach, 79 bytes.
fn coach(plate: &[u8], colour: u8, class: u8) -> Vec<u8> {
    let mut file = plate.to_vec();
    file.resize(12, 0x00);
    file.extend([0x00, colour, class, 0x00]);
    file.extend([0x00, 0x2F, 0x11, 0x0F, 0x04, 0x02, 0x00, 0x1A, 0, 0, 5]);
    file.resize(79, 0xFF);
    file
}

impl Tagged {
    /// A Gansu tag on its windscreen, valid from 2024-01-15 to 2034-01-14.
    fn new(serial: &str, vehicle: Vec<u8>) -> Self {
        let system = format!("B8CACBE0620100010016{serial}202401152034011401");
        Self {
            serial: serial.into(),
            system: decode(&system).unwrap(),
            vehicle,
        }
    }

    fn normal() -> Self {
        Self::new("6201230100010017", coach(b"\xB8\xCAA12345", 0, 1))
    }

    fn path(&self, action: &str) -> String {
        format!("/tags/{}/{action}", self.serial)
    }

    /// Its answer to `00B4`: length, random and file in single blocks, under the key of its number.
    fn answer(&self, random: &str) -> Vec<u8> {
        let root = std::array::from_fn(|at| 0x70 + at as u8);
        let area: [u8; 8] = decode("B8CACBE0B8CACBE0").unwrap().try_into().unwrap();
        let serial: [u8; 8] = decode(&self.serial).unwrap().try_into().unwrap();
        let key = diversify(&diversify(&root, &area), &serial);
        let mut plain = vec![8 + self.vehicle.len() as u8];
        plain.extend(decode(random).unwrap());
        plain.extend(&self.vehicle);
        if plain.len() % 8 != 0 {
            plain.push(0x80);
            plain.resize(plain.len().next_multiple_of(8), 0);
        }
        let blocks = plain.as_chunks::<8>().0.iter();
        blocks.flat_map(|block| tdes(&key, block)).collect()
    }
}

async fn sight(counter: &Counter<'_>, tag: &Tagged) -> Answer {
    let body = json!({ "system": encode(&tag.system) });
    counter.post(&tag.path("sight"), body).await
}

/// The random of a new reading.
async fn random(counter: &Counter<'_>, tag: &Tagged) -> String {
    let sighted = sight(counter, tag).await.ok();
    sighted["vehicle"]["random"].as_str().unwrap().to_owned()
}

async fn hand_in(counter: &Counter<'_>, tag: &Tagged, random: &str, answer: &[u8]) -> Answer {
    let body = json!({ "random": random, "answer": encode(answer) });
    counter.post(&tag.path("vehicle"), body).await
}

/// Reads a tag and hands in what it answers.
async fn read(counter: &Counter<'_>, tag: &Tagged) -> Answer {
    let random = random(counter, tag).await;
    hand_in(counter, tag, &random, &tag.answer(&random)).await
}

fn differ(field: &str, record: &str, tag: &str) -> Value {
    json!({ "field": field, "record": record, "tag": tag })
}

/// A desk one of whose tags was changed beforehand.
async fn with_tag(serial: &str, change: impl Fn(&mut Tag)) -> Bench {
    Bench::with(|stock: &mut Stock| {
        let tags = stock.tags.iter_mut();
        tags.filter(|tag| tag.serial.to_string() == serial)
            .for_each(change);
    })
    .await
}

fn trail(bench: &Bench<MemoryStore>, serial: &str) -> Vec<(String, String, String)> {
    let chain = format!("tag {serial}");
    let trail = bench.store.audit();
    let of_tag = trail.iter().filter(|one| one.line.chain == chain);
    of_tag
        .map(|one| {
            let line = &one.line;
            (
                line.event.clone(),
                line.operator.clone(),
                encode(&line.evidence),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_tag_in_order_is_sighted_and_opened() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let tag = Tagged::normal();
    let sighted = sight(&teller, &tag).await.ok();
    assert_eq!(sighted["tag"], "6201230100010017");
    assert_eq!(sighted["sn"], "6210230100010017");
    assert_eq!(sighted["status"], "normal");
    assert_eq!(sighted["issued"], true);
    assert_eq!(sighted["differences"], json!([]));
    assert_eq!(sighted["refusal"], Value::Null);
    assert_eq!(sighted["today"], "2026-06-01");
    assert_eq!(
        sighted["vehicle"]["profile"],
        json!({ "vehicle_length": 79, "truck_unit": "decimetre", "des_key": 0, "sm4_key": null })
    );
    let random = sighted["vehicle"]["random"].as_str().unwrap();
    let opened = hand_in(&teller, &tag, random, &tag.answer(random))
        .await
        .ok();
    assert_eq!(
        opened,
        json!({ "file": encode(&tag.vehicle), "is_present": true, "differences": [] })
    );
    let by = |event: &str| (event.into(), "demo.teller".into(), random.into());
    assert_eq!(
        trail(&bench, &tag.serial),
        [by("tag-sighted"), by("vehicle-opened")],
        "who opened what, and nothing that was in it"
    );
}

#[tokio::test]
async fn a_random_is_good_once() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let tag = Tagged::normal();
    let first = random(&teller, &tag).await;
    let answer = tag.answer(&first);
    hand_in(&teller, &tag, &first, &answer).await.ok();
    let again = hand_in(&teller, &tag, &first, &answer).await;
    again.refused(Code::TagReadingOver);

    // A wrong answer spends it as well: nobody tries answers out.
    let second = random(&teller, &tag).await;
    assert_ne!(first, second);
    let replayed = hand_in(&teller, &tag, &second, &answer).await;
    replayed.refused(Code::WrongVehicle);
    let right = hand_in(&teller, &tag, &second, &tag.answer(&second)).await;
    right.refused(Code::TagReadingOver);
}

#[tokio::test]
async fn a_new_reading_ends_the_one_before() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let tag = Tagged::normal();
    let first = random(&teller, &tag).await;
    let second = random(&teller, &tag).await;
    let late = hand_in(&teller, &tag, &first, &tag.answer(&first)).await;
    late.refused(Code::TagReadingOver);
    let answer = tag.answer(&second);
    hand_in(&teller, &tag, &second, &answer).await.ok();
}

#[tokio::test]
async fn a_reading_is_over_after_some_minutes() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let tag = Tagged::normal();
    let early = random(&teller, &tag).await;
    bench.store.advance(3 * 60 * 1_000 - 1);
    let answer = tag.answer(&early);
    hand_in(&teller, &tag, &early, &answer).await.ok();
    let late = random(&teller, &tag).await;
    bench.store.advance(3 * 60 * 1_000);
    let answer = hand_in(&teller, &tag, &late, &tag.answer(&late)).await;
    answer.refused(Code::TagReadingOver);
}

#[tokio::test]
async fn a_reading_belongs_to_its_operator() {
    let bench = Bench::new().await;
    let (teller, other) = (
        bench.counter("demo.teller").await,
        bench.counter("demo.tianshui").await,
    );
    let tag = Tagged::normal();
    let random = random(&teller, &tag).await;
    let answer = tag.answer(&random);
    let stolen = hand_in(&other, &tag, &random, &answer).await;
    stolen.refused(Code::TagReadingOver);
    hand_in(&teller, &tag, &random, &answer).await.ok();
}

#[tokio::test]
async fn an_answer_of_another_tag_does_not_open() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let tag = Tagged::normal();
    let other = Tagged::new("6201230100010033", coach(b"\xB8\xCAB00058", 0, 1));
    let mine = random(&teller, &tag).await;
    let swapped = hand_in(&teller, &tag, &mine, &other.answer(&mine)).await;
    swapped.refused(Code::WrongVehicle);

    // Nor does a random of one tag serve for another.
    let mine = random(&teller, &tag).await;
    let lent = hand_in(&teller, &other, &mine, &other.answer(&mine)).await;
    lent.refused(Code::TagReadingOver);
    let by = trail(&bench, &tag.serial);
    assert_eq!(by[1].0, "vehicle-refused AUT-222");
}

#[tokio::test]
async fn any_other_bytes_do_not_open() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let tag = Tagged::normal();
    for change in [
        (|answer: &mut Vec<u8>| answer.clear()) as fn(&mut Vec<u8>),
        |answer| answer.truncate(80),
        |answer| answer.extend([0; 8]),
        |answer| answer.extend([0]),
        |answer| answer[0] ^= 1,
        |answer| answer[8] ^= 1,
    ] {
        let random = random(&teller, &tag).await;
        let mut answer = tag.answer(&random);
        change(&mut answer);
        let refused = hand_in(&teller, &tag, &random, &answer).await;
        refused.refused(Code::WrongVehicle);
    }
    for random in ["", "00", "0102030405060708FF"] {
        let body = json!({ "random": random, "answer": "" });
        let refused = teller.post(&tag.path("vehicle"), body).await;
        refused.refused(Code::BadRequest);
    }
    let guessed = hand_in(&teller, &tag, "0102030405060708", &[0; 88]).await;
    guessed.refused(Code::TagReadingOver);
}

#[tokio::test]
async fn a_short_file_is_opened_too_with_its_fill() {
    let bench = with_tag("6201230100010017", |tag| tag.profile.vehicle_length = 59).await;
    let teller = bench.counter("demo.teller").await;
    let mut tag = Tagged::normal();
    tag.vehicle.truncate(59);
    let opened = read(&teller, &tag).await.ok();
    assert_eq!(opened["file"], encode(&tag.vehicle));
}

#[tokio::test]
async fn a_kind_of_tag_that_returns_no_random_is_opened_but_not_present() {
    let bench = with_tag("6201230100010017", |tag| tag.cipher.random_returns = false).await;
    let teller = bench.counter("demo.teller").await;
    let tag = Tagged::normal();
    let random = random(&teller, &tag).await;
    // Length and file only: what it answers is the same each time, and proves no presence.
    let root = std::array::from_fn(|at| 0x70 + at as u8);
    let area: [u8; 8] = decode("B8CACBE0B8CACBE0").unwrap().try_into().unwrap();
    let serial: [u8; 8] = decode(&tag.serial).unwrap().try_into().unwrap();
    let key = diversify(&diversify(&root, &area), &serial);
    let plain = [&[79][..], &tag.vehicle].concat();
    let blocks = plain.as_chunks::<8>().0.iter();
    let answer: Vec<u8> = blocks.flat_map(|block| tdes(&key, block)).collect();
    let opened = hand_in(&teller, &tag, &random, &answer).await.ok();
    assert_eq!(opened["is_present"], false);
}

#[tokio::test]
async fn chaining_is_a_property_of_the_kind_of_tag() {
    let bench = with_tag("6201230100010017", |tag| {
        tag.cipher.chaining = Chaining::Cbc
    })
    .await;
    let teller = bench.counter("demo.teller").await;
    read(&teller, &Tagged::normal())
        .await
        .refused(Code::WrongVehicle);
}

#[tokio::test]
async fn every_field_that_differs_from_the_records_is_shown() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut tag = Tagged::new("6201230100010074", coach(b"\xB8\xCAD00999", 4, 2));
    tag.system[7] = 2;
    tag.system[9] = 0x17;
    tag.system[19] = 0x25;
    tag.system[23] = 0x35;
    let sighted = sight(&teller, &tag).await.ok();
    assert_eq!(
        sighted["differences"],
        json!([
            differ("issuer", "B8CACBE062010001", "B8CACBE062010002"),
            differ("version", "16", "17"),
            differ("signed", "2024-01-15", "2025-01-15"),
            differ("expiry", "2034-01-14", "2035-01-14"),
        ])
    );
    let opened = read(&teller, &tag).await.ok();
    assert_eq!(
        opened["differences"],
        json!([
            differ("plate", "甘D00108", "甘D00999"),
            differ("plate_colour", "0", "4"),
            differ("vehicle_class", "1", "2"),
        ])
    );
}

#[tokio::test]
async fn a_tag_that_was_not_issued_agrees_when_it_is_blank() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let tag = Tagged::new("6201230100010041", vec![0; 79]);
    let sighted = sight(&teller, &tag).await.ok();
    assert_eq!(sighted["issued"], false);
    assert_eq!(sighted["differences"], json!([]), "dates are the factory's");
    assert_eq!(read(&teller, &tag).await.ok()["differences"], json!([]));

    let used = Tagged::new("6201230100010041", coach(b"\xB8\xCAZ99999", 0, 1));
    assert_eq!(
        read(&teller, &used).await.ok()["differences"],
        json!([differ("plate", "", "甘Z99999")])
    );
}

#[tokio::test]
async fn the_status_of_the_records_is_told() {
    for (status, word) in [
        (CardStatus::Suspended, "suspended"),
        (CardStatus::Lost, "lost"),
        (CardStatus::Cancelled, "cancelled"),
        (CardStatus::Damaged, "damaged"),
        (CardStatus::Blacklisted, "blacklisted"),
    ] {
        let bench = with_tag("6201230100010017", |tag| tag.status = status).await;
        let teller = bench.counter("demo.teller").await;
        let sighted = sight(&teller, &Tagged::normal()).await.ok();
        assert_eq!(sighted["status"], word);
    }
}

#[tokio::test]
async fn who_may_not_read_gets_no_random_but_the_reason() {
    let bench = Bench::new().await;
    let auditor = bench.counter("demo.auditor").await;
    let tag = Tagged::normal();
    let sighted = sight(&auditor, &tag).await.ok();
    assert_eq!(sighted["vehicle"], Value::Null);
    assert_eq!(sighted["refusal"], Code::RoleMayNot.as_str());
    let by = ("tag-sighted".into(), "demo.auditor".into(), String::new());
    assert_eq!(trail(&bench, &tag.serial), [by], "nobody looks unseen");
}

#[tokio::test]
async fn sm4_is_refused_by_name_with_and_without_a_key_index() {
    for sm4_key in [None, Some(0x40)] {
        let bench = with_tag("6201230100010066", |tag| tag.profile.sm4_key = sm4_key).await;
        let teller = bench.counter("demo.teller").await;
        let mut tag = Tagged::new("6201230100010066", coach(b"\xB8\xCAB00066", 0, 1));
        tag.system[9] = 0x50;
        let sighted = sight(&teller, &tag).await.ok();
        assert_eq!(sighted["vehicle"], Value::Null);
        assert_eq!(sighted["refusal"], Code::TagAlgorithm.as_str());

        // What the page says about the chip does not change what the records say.
        tag.system[9] = 0x16;
        let sighted = sight(&teller, &tag).await.ok();
        assert_eq!(sighted["refusal"], Code::TagAlgorithm.as_str());
    }
}

#[tokio::test]
async fn a_tag_without_a_key_is_refused_by_name() {
    let bench = with_tag("6201230100010017", |tag| tag.profile.des_key = 0x02).await;
    let teller = bench.counter("demo.teller").await;
    let sighted = sight(&teller, &Tagged::normal()).await.ok();
    assert_eq!(sighted["refusal"], Code::NoKeys.as_str());
}

#[tokio::test]
async fn a_tag_is_what_its_file_says_and_nothing_else() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let unknown = Tagged::new("6201230100009999", coach(b"\xB8\xCAZ99999", 0, 1));
    let answer = sight(&teller, &unknown).await;
    answer.refused(Code::TagUnknown);
    let guessed = hand_in(&teller, &unknown, "0102030405060708", &[0; 88]).await;
    guessed.refused(Code::TagUnknown);

    let mut foreign = Tagged::new("6101230100010058", coach(b"\xC7\xE0A12345", 0, 1));
    foreign.system[..8].copy_from_slice(&decode("C9C2CEF761010001").unwrap());
    sight(&teller, &foreign).await.refused(Code::ForeignTag);

    let tag = Tagged::normal();
    let other = json!({ "system": encode(&unknown.system) });
    let answer = teller.post(&tag.path("sight"), other).await;
    answer.refused(Code::OtherTag);
    for system in ["", "00", &"00".repeat(26), &"00".repeat(100)] {
        let body = json!({ "system": system });
        let answer = teller.post(&tag.path("sight"), body).await;
        answer.refused(Code::MalformedTag);
    }
    for serial in ["620123010000001", "620123010000001A", "none"] {
        let body = json!({ "system": encode(&tag.system) });
        let answer = teller.post(&format!("/tags/{serial}/sight"), body).await;
        answer.refused(Code::BadRequest);
    }
}

#[tokio::test]
async fn the_number_on_its_back_leads_to_the_contract_number() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.bank").await;
    let found = teller.get("/tags/sn/6210230100010041").await.ok();
    let expected = json!({
        "sn": "6210230100010041",
        "tag": "6201230100010041",
        "status": "normal",
        "issued": false,
        "signatures_left": 10,
    });
    assert_eq!(found, expected);
    let contract_number = teller.get("/tags/sn/6201230100010041").await;
    contract_number.refused(Code::TagUnknown);
    for sn in ["1", "62102301000100414", "62102301000100AA"] {
        let answer = teller.get(&format!("/tags/sn/{sn}")).await;
        answer.refused(Code::BadRequest);
    }
}
