//! Stock and status of cards: counted, handed out, taken out of use, handed in.

use super::*;

fn path(card: &Plastic, action: &str) -> String {
    format!("/cards/{}/{action}", card.number)
}

/// Blank cards of type 22 that are in order, at this outlet.
async fn blank_at(counter: &Counter<'_>, outlet: &str) -> u64 {
    let lines = counter.get("/card-stock").await.ok();
    let of = |line: &&Value| {
        line["outlet"] == outlet
            && line["card_type"] == 22
            && line["issued"] == false
            && line["status"] == "normal"
    };
    let lines = lines.as_array().unwrap().iter().filter(of);
    lines.map(|line| line["cards"].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn blank_cards_are_handed_out_together_or_not_at_all() {
    let bench = Bench::new().await;
    let supervisor = bench.counter("demo.supervisor").await;
    let teller = bench.counter("demo.teller").await;
    let (new, other) = (Plastic::new(NEW), Plastic::new(OTHER_NEW));
    assert_eq!(blank_at(&teller, "LZ01").await, 3);
    let hand_out = "/card-stock/hand-out";
    let to = |outlet: &str, cards: &[&str]| json!({ "outlet": outlet, "cards": cards });
    let refused = teller.post(hand_out, to("TS01", &[&new.number])).await;
    refused.refused(Code::RoleMayNot);
    for (body, code) in [
        (to("TS01", &[]), Code::BadRequest),
        (to("XX99", &[&new.number]), Code::BadRequest),
        (
            to("TS01", &[&new.number, "62012201230100000223"]),
            Code::CardUnknown,
        ),
        (
            to("TS01", &[&new.number, "62012201230100000017"]),
            Code::CardTaken,
        ),
    ] {
        supervisor.post(hand_out, body).await.refused(code);
    }
    assert_eq!(blank_at(&teller, "TS01").await, 0);
    let body = to("TS01", &[&new.number, &other.number]);
    let key = bench.fresh_key();
    for _ in 0..2 {
        let handed = supervisor.post_as(&key, hand_out, body.clone()).await;
        assert_eq!(handed.status, 204, "{handed:?}");
    }
    assert_eq!(blank_at(&teller, "TS01").await, 2);
    assert_eq!(blank_at(&teller, "LZ01").await, 1);
    // It is issued where it was handed out, and counted there as issued then.
    bench.store.add_application(applied("a", "甘A90001"));
    let desk = Desk::new(&teller, NEW);
    desk.begin(issue("a", "new"))
        .await
        .refused(Code::CardNotInStock);
    let tianshui = bench.counter("demo.tianshui").await;
    bench
        .store
        .add_application(applied_at("a", "甘A90001", "demo.tianshui"));
    let mut desk = desk.carried_to(&tianshui);
    desk.through(issue("a", "new")).await;
    assert_eq!(blank_at(&teller, "TS01").await, 1);
    let lines = teller.get("/card-stock").await.ok();
    let issued = json!({
        "outlet": "TS01", "card_type": 22, "status": "normal", "issued": true, "cards": 1,
    });
    assert!(lines.as_array().unwrap().contains(&issued), "{lines}");
    let back = supervisor.post(hand_out, body).await;
    back.refused(Code::CardTaken);
}

#[tokio::test]
async fn what_was_signed_for_stays_where_it_is() {
    let bench = Bench::new().await;
    let supervisor = bench.counter("demo.supervisor").await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "new")).await.ok();
    let told = desk.show(&task).await.ok();
    desk.sign(&told["task"], "holder").await.ok();
    let body = json!({ "outlet": "TS01", "cards": [desk.card.number] });
    let refused = supervisor.post("/card-stock/hand-out", body).await;
    refused.refused(Code::CardTaken);
}

#[tokio::test]
async fn every_task_looks_at_the_status_first() {
    let bench = Bench::new().await;
    let supervisor = bench.counter("demo.supervisor").await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(applied("a", "甘A90001"));
    let mut desk = Desk::new(&teller, NEW);
    let to = path(&desk.card, "status");
    let set = |status: &str| json!({ "status": status, "reason": "found in a drawer" });
    teller
        .post(&to, set("suspended"))
        .await
        .refused(Code::RoleMayNot);
    let unfounded = json!({ "status": "suspended", "reason": " " });
    let refused = supervisor.post(&to, unfounded).await;
    refused.refused(Code::BadRequest);
    let refused = supervisor.post(&to, set("cancelled")).await;
    refused.refused(Code::BadRequest);
    for (status, code) in [("suspended", Code::CardSuspended), ("lost", Code::CardLost)] {
        let done = supervisor.post(&to, set(status)).await;
        assert_eq!(done.status, 204, "{done:?}");
        desk.begin(issue("a", "new")).await.refused(code);
        let body = json!({ "outlet": "TS01", "cards": [desk.card.number] });
        let refused = supervisor.post("/card-stock/hand-out", body).await;
        refused.refused(code);
    }
    let done = supervisor.post(&to, set("normal")).await;
    assert_eq!(done.status, 204, "{done:?}");
    desk.through(issue("a", "new")).await;
    let done = supervisor.post(&to, set("blacklisted")).await;
    assert_eq!(done.status, 204, "{done:?}");
    // Nobody brings it back.
    let refused = supervisor.post(&to, set("normal")).await;
    refused.refused(Code::CardBlacklisted);
}

#[tokio::test]
async fn a_damaged_card_is_handed_in_and_ticked_by_a_second_person() {
    let bench = Bench::new().await;
    let supervisor = bench.counter("demo.supervisor").await;
    let teller = bench.counter("demo.teller").await;
    let card = Plastic::new(NEW);
    let body = json!({ "status": "damaged", "reason": "bent" });
    let done = supervisor.post(&path(&card, "status"), body).await;
    assert_eq!(done.status, 204, "{done:?}");
    assert_eq!(hand_ins(&teller).await, [listed(&card, "failed")]);
    let list = teller.get("/hand-ins").await.ok();
    let tick = format!("/hand-ins/{}/tick", list[0]["id"].as_str().unwrap());
    let same = supervisor.post(&tick, json!({})).await;
    same.refused(Code::SamePerson);
    let ticked = teller.post(&tick, json!({})).await;
    assert_eq!(ticked.status, 204, "{ticked:?}");
    assert_eq!(hand_ins(&teller).await, []);
    assert_eq!(status(&bench, &card), CardStatus::Damaged);
}

#[tokio::test]
async fn the_vehicle_of_a_card_comes_in_once() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    // 甘A00181, whose vehicle nobody has described yet.
    let card = Plastic::new("card-expired");
    let coach = |engine: &str| {
        json!({
            "length": 4_700, "width": 1_800, "height": 1_450, "seats": 5,
            "body": "coach", "wheels": 4, "axles": 2, "wheelbase": 2_700, "engine": engine,
        })
    };
    let truck = json!({
        "length": 12_000, "width": 2_500, "height": 4_000, "seats": 3, "body": "truck",
        "permitted_load": 10_000, "curb_mass": 8_000, "gross_mass": 18_000, "vin": "LDEMO000000000181",
    });
    let to = path(&card, "vehicle");
    let known = async || {
        let pairing = teller.get(&path(&card, "pairing")).await.ok();
        pairing["vehicle_known"] == true
    };
    teller.post(&to, truck).await.refused(Code::BadRequest);
    assert!(!known().await);
    for _ in 0..2 {
        let added = teller.post(&to, coach("LJ465Q")).await;
        assert_eq!(added.status, 204, "{added:?}");
        assert!(known().await);
    }
    let other = teller.post(&to, coach("LJ465R")).await;
    other.refused(Code::BadRequest);
    let blank = path(&Plastic::new(NEW), "vehicle");
    let refused = teller.post(&blank, coach("LJ465Q")).await;
    refused.refused(Code::CardNotIssued);
}
