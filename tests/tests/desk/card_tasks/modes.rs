//! 办理模式: what becomes of the card that the vehicle had before.

use etc_backend::ledger::{Applied, Ended, Pairing, State};

use super::*;
use crate::tag_tasks;

/// The old card: 甘AD00033, green, without a PIN.
const OLD: &str = "no-pin";

fn of_old(id: &str) -> Applied {
    Applied {
        plate_colour: 4,
        ..applied(id, "甘AD00033")
    }
}

/// Pairings of the old and the new card, with why they ended.
fn pairings(bench: &Bench, cards: [&Plastic; 2]) -> [Vec<Option<Ended>>; 2] {
    let all = bench.store.pairings();
    cards.map(|card| {
        let number = Some(card.number.parse().unwrap());
        let of_card = |one: &&Pairing| one.card == number;
        let own = all.iter().filter(of_card);
        own.map(|one| one.ended.map(|(_, why)| why)).collect()
    })
}

fn states(bench: &Bench) -> Vec<State> {
    let records = bench.store.records();
    records.iter().map(|record| record.state).collect()
}

#[tokio::test]
async fn an_exchange_cancels_the_old_card_and_takes_its_tag_along() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut old = Plastic::new(OLD);
    teller.created(&mut old, 1_000).await;
    let mut tag = tag_tasks::Desk::new(&teller, tag_tasks::NEW, OLD);
    tag.through(tag_tasks::issue("new")).await;
    bench.store.add_application(of_old("a"));
    let mut desk = Desk::new(&teller, NEW);
    desk.begin(issue("a", "new"))
        .await
        .refused(Code::VehicleHasCard);
    desk.through(issue("a", "exchange")).await;

    assert_eq!(status(&bench, &old), CardStatus::Cancelled);
    assert_eq!(hand_ins(&teller).await, [listed(&old, "exchanged")]);
    assert_eq!(states(&bench), [State::Closed]);
    let moved = [vec![Some(Ended::Exchanged)], vec![None]];
    assert_eq!(pairings(&bench, [&old, &desk.card]), moved);
    let path = format!("/cards/{}/pairing", desk.card.number);
    let pairing = teller.get(&path).await.ok();
    assert_eq!(pairing["tag"]["tag"], tag.tag.serial());
    // The old one is of no use any more.
    let sighted = teller.sight(&mut old).await.ok();
    assert_eq!(sighted["refusal"], Code::CardCancelled.as_str());
}

#[tokio::test]
async fn an_exchange_waits_until_the_money_of_the_old_card_is_settled() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut old = Plastic::new(OLD);
    let record = teller.paid(&mut old, 1_000).await;
    bench.store.add_application(of_old("a"));
    let mut desk = Desk::new(&teller, NEW);
    desk.begin(issue("a", "exchange"))
        .await
        .refused(Code::OldCardUnsettled);
    let authorised = teller.authorise(&mut old, &record).await.ok();
    desk.begin(issue("a", "exchange"))
        .await
        .refused(Code::OldCardUnsettled);
    let tac = old.apdu(authorised["command"].as_str().unwrap());
    teller.confirm(&record, json!({ "tac": tac })).await.ok();
    desk.through(issue("a", "exchange")).await;
    assert_eq!(status(&bench, &old), CardStatus::Cancelled);
}

/// What was paid while the new card was being written is found before the old one is cancelled.
#[tokio::test]
async fn money_that_came_meanwhile_stops_an_exchange_at_its_end() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    bench.store.add_application(of_old("a"));
    let mut desk = Desk::new(&teller, NEW);
    let task = desk.begin(issue("a", "exchange")).await.ok();
    let told = desk.show(&task).await.ok();
    desk.write(&told["task"], "holder").await;
    desk.write(&told["task"], "issue").await;
    let mut old = Plastic::new(OLD);
    let record = teller.paid(&mut old, 1_000).await;
    desk.show(&told["task"])
        .await
        .refused(Code::OldCardUnsettled);
    assert_eq!(status(&bench, &old), CardStatus::Normal);
    let authorised = teller.authorise(&mut old, &record).await.ok();
    let tac = old.apdu(authorised["command"].as_str().unwrap());
    teller.confirm(&record, json!({ "tac": tac })).await.ok();
    desk.through(issue("a", "exchange")).await;
    assert_eq!(status(&bench, &old), CardStatus::Cancelled);
}

#[tokio::test]
async fn a_lost_card_is_replaced_and_its_money_stays_in_its_record() {
    let bench = Bench::new().await;
    let teller = bench.counter("demo.teller").await;
    let mut old = Plastic::new(OLD);
    let mut tag = tag_tasks::Desk::new(&teller, tag_tasks::NEW, OLD);
    tag.through(tag_tasks::issue("new")).await;
    let record = teller.paid(&mut old, 1_000).await;
    bench.store.add_application(of_old("a"));
    let mut desk = Desk::new(&teller, NEW);
    desk.through(issue("a", "replace")).await;
    assert_eq!(status(&bench, &old), CardStatus::Blacklisted);
    assert_eq!(hand_ins(&teller).await, [], "nobody has it");
    assert_eq!(states(&bench), [State::Paid]);
    let moved = [vec![Some(Ended::Replaced)], vec![None]];
    assert_eq!(pairings(&bench, [&old, &desk.card]), moved);
    // Whoever finds it cannot load it; the money is given back.
    let found = teller.authorise(&mut old, &record).await;
    found.refused(Code::CardBlacklisted);
    // The vehicle has the new card now.
    bench.store.add_application(of_old("b"));
    let other = Desk::new(&teller, OTHER_NEW);
    other
        .begin(issue("b", "new"))
        .await
        .refused(Code::VehicleHasCard);
}

/// A card that was lost and given up by two persons is on the blacklist already when the customer comes for another.
#[tokio::test]
async fn a_card_on_the_blacklist_is_followed_by_another_in_every_mode_and_its_tag_goes_along() {
    for (mode, why) in [
        ("replace", Ended::Replaced),
        ("exchange", Ended::Exchanged),
        ("new", Ended::Replaced),
    ] {
        let bench = Bench::new().await;
        let teller = bench.counter("demo.teller").await;
        let old = Plastic::new(OLD);
        let mut tag = tag_tasks::Desk::new(&teller, tag_tasks::NEW, OLD);
        tag.through(tag_tasks::issue("new")).await;
        let number = old.number.parse().unwrap();
        bench.store.set_status(number, CardStatus::Blacklisted);
        bench.store.add_application(of_old("a"));
        let mut desk = Desk::new(&teller, NEW);
        desk.through(issue("a", mode)).await;

        assert_eq!(status(&bench, &old), CardStatus::Blacklisted, "{mode}");
        let handed_in = match mode {
            "exchange" => vec![listed(&old, "exchanged")],
            _ => vec![],
        };
        assert_eq!(hand_ins(&teller).await, handed_in);
        let moved = [vec![Some(why)], vec![None]];
        assert_eq!(pairings(&bench, [&old, &desk.card]), moved, "{mode}");
        // The tag is the new card's in every respect.
        tag.card = desk.card;
        let again = tag.begin(tag_tasks::issue("new")).await;
        again.refused(Code::CardHasTag);
        tag.through(json!({ "kind": "activate" })).await;
        tag.through(tag_tasks::cancel("wrong_data")).await;
    }
}
