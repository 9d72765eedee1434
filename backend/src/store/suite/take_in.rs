//! Cards that come into the records, as they were issued elsewhere.

use apdu_core::authority::Pin;

use super::*;
use crate::ledger::{CardModel, HolderFill, HolderMark, PresenceNonce};

on_every_store! {
    a_card_from_elsewhere_comes_in_once
    an_offer_takes_the_place_of_the_one_before_and_ends_with_its_sign_in
    a_model_takes_the_place_of_the_one_before
}

const NEWCOMER: &str = "62012201230100000207";

/// A card like one of the records, with everything that a newcomer may have of its own.
async fn newcomer(store: &dyn Store) -> Card {
    let mut card = file(store, CARD).await.card;
    card.number = number(NEWCOMER);
    card.plate = "甘A00207".into();
    card.stock.user_type = 6;
    card.stock.fill = HolderFill::ZeroThenFf;
    card.stock.validity_years = 12;
    card.stock.holder = Some(HolderMark([9; 32]));
    card.proved_counter = 0;
    card.book = None;
    card.revision = 0;
    card
}

async fn take_in(store: &dyn Store, card: &Card) -> Result<(), StoreError> {
    let commit = CardCommit {
        taken_in: Some(Box::new(card.clone())),
        changes: vec![Change::of(card, vec![Write::ProveCounter(7)])],
        entries: vec![Entry {
            card: Some(card.number),
            ..entry(Event::CardTakenIn)
        }],
        ..CardCommit::default()
    };
    store.commit_card(&commit).await
}

async fn a_card_from_elsewhere_comes_in_once(store: &dyn Store) {
    let card = newcomer(store).await;
    assert_eq!(store.card_history(card.number).await.unwrap(), None);
    take_in(store, &card).await.unwrap();
    let kept = Card {
        proved_counter: 7,
        revision: 1,
        ..card.clone()
    };
    assert_eq!(file(store, NEWCOMER).await.card, kept);
    assert_eq!(store.audit_chain(card.number).await.unwrap().len(), 1);
    // Whoever comes second finds it there, and changes nothing.
    let other = Card {
        plate: "甘A99999".into(),
        ..card.clone()
    };
    assert!(is_duplicate(take_in(store, &other).await));
    assert_eq!(file(store, NEWCOMER).await.card, kept);
    assert_eq!(store.audit_chain(card.number).await.unwrap().len(), 1);
    let of_vehicle = store.card_of_vehicle("甘A00207", kept.plate_colour).await;
    assert_eq!(of_vehicle.unwrap(), Some(card.number));
}

async fn an_offer_takes_the_place_of_the_one_before_and_ends_with_its_sign_in(store: &dyn Store) {
    let signed_in = entry(Event::SignedIn);
    for token in [1, 2] {
        let opened = store.open_session(&session(token), &signed_in);
        opened.await.unwrap();
    }
    let offer = |token, last| TakeInOffer {
        session: [token; 32],
        card: number(NEWCOMER),
        nonce: PresenceNonce {
            terminal: [0xFE, 1, 2, 3, 4, last],
            operator: "demo.teller".into(),
            issued_at: 1_000,
        },
    };
    let kept = async |token| store.take_in_offer(&[token; 32]).await.unwrap();
    assert_eq!(kept(1).await, None);
    let noted = Entry {
        card: Some(number(NEWCOMER)),
        ..entry(Event::TakeInOffered)
    };
    for new in [offer(1, 0x11), offer(2, 0x22), offer(1, 0x33)] {
        store.offer_take_in(&new, &noted).await.unwrap();
    }
    assert_eq!(kept(1).await, Some(offer(1, 0x33)));
    assert_eq!(kept(2).await, Some(offer(2, 0x22)));
    let signed_out = entry(Event::SignedOut);
    store.close_session(&[1; 32], &signed_out).await.unwrap();
    assert_eq!(kept(1).await, None);
    let outlived = Outlived {
        sessions_opened_by: 1_000,
        answers_kept_since: 0,
        at_most: 10,
    };
    store.sweep(outlived).await.unwrap();
    assert_eq!(kept(2).await, None);
}

async fn a_model_takes_the_place_of_the_one_before(store: &dyn Store) {
    let known = demo::stock("hash".into()).unwrap().card_models.remove(0);
    let of = async |issuer, version| store.card_model(issuer, version).await.unwrap();
    assert_eq!(of(known.issuer, known.version).await, Some(known.clone()));
    assert_eq!(of(known.issuer, known.version + 1).await, None);
    assert_eq!(of([0; 8], known.version).await, None);
    let mut other = CardModel {
        key_index: 2,
        refuses_one_fen: !known.refuses_one_fen,
        fill: HolderFill::ZeroThenFf,
        validity_years: 15,
        ..known
    };
    other.profile.pin = Pin::Bcd3("654321".into());
    other.profile.issue_file_length = 50;
    let stock = Stock {
        card_models: vec![other.clone()],
        ..Stock::default()
    };
    store.add(&stock).await.unwrap();
    assert_eq!(of(other.issuer, other.version).await, Some(other));
}
