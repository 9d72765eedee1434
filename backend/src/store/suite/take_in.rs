//! Cards that come into the records from elsewhere: what is known of their kind, what was offered, and the card.

use apdu_core::authority::Pin;

use super::*;
use crate::ledger::limits::WRONG_PROOFS;
use crate::ledger::{CardModel, HolderMark, PresenceNonce, Seen, VerifiedInit, newcomer};

on_every_store! {
    a_model_takes_the_place_of_the_one_before
    an_offer_takes_the_place_of_the_one_before_and_ends_with_its_sign_in
    a_card_comes_in_with_what_its_proof_has_told
    a_card_that_is_there_already_undoes_all
    wrong_proofs_of_a_card_that_is_nowhere_count_for_the_sign_in
}

/// In no stock.
const ELSEWHERE: &str = "62012201230100000207";

const ISSUER: [u8; 8] = [0xB8, 0xCA, 0xCB, 0xE0, 0x62, 0x01, 0x00, 0x01];

async fn model(store: &dyn Store) -> CardModel {
    store.card_model(ISSUER, 0x40).await.unwrap().unwrap()
}

async fn newcomer_of(store: &dyn Store) -> Card {
    let mut issue = ISSUER.to_vec();
    issue.extend([22, 0x40]);
    issue.extend(number(ELSEWHERE).network);
    issue.extend(number(ELSEWHERE).serial);
    issue.extend([0x20, 0x24, 0x01, 0x15, 0x20, 0x34, 0x01, 0x14]);
    issue.extend(b"\xB8\xCAA00207\0\0\0\0");
    issue.extend([6, 4, 12]);
    let mut card = newcomer(&issue, &model(store).await).unwrap();
    card.stock.holder = Some(HolderMark([9; 32]));
    card
}

async fn signed_in(store: &dyn Store, token: u8) {
    let entry = entry(Event::SignedIn);
    store.open_session(&session(token), &entry).await.unwrap();
}

fn init() -> VerifiedInit {
    VerifiedInit {
        amount: 1,
        terminal: [0xFE, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA],
        fresh: true,
        balance: 2_000,
        counter: 7,
        random: [1, 2, 3, 4],
        seen: Seen::Never,
    }
}

async fn commit_in(store: &dyn Store) -> CardCommit {
    let card = newcomer_of(store).await;
    let learned = vec![Write::ProveCounter(7), Write::SawInit(init())];
    CardCommit {
        changes: vec![Change::of(&card, learned)],
        taken_in: Some(Box::new(card)),
        entries: vec![Entry {
            card: Some(number(ELSEWHERE)),
            ..entry(Event::CardTakenIn)
        }],
        ..CardCommit::default()
    }
}

async fn a_model_takes_the_place_of_the_one_before(store: &dyn Store) {
    let before = model(store).await;
    let mut new = before.clone();
    new.profile.pin = Pin::Bcd3("654321".into());
    new.profile.issue_file_length = 50;
    new.key_index = 0x41;
    new.refuses_one_fen = true;
    new.validity_years = 12;
    let other = CardModel {
        version: 0x41,
        ..new.clone()
    };
    let stock = Stock {
        card_models: vec![new.clone(), other.clone()],
        ..Stock::default()
    };
    store.add(&stock).await.unwrap();
    assert_eq!(model(store).await, new);
    let found = store.card_model(ISSUER, 0x41).await.unwrap();
    assert_eq!(found, Some(other));
    assert_eq!(store.card_model(ISSUER, 0x50).await.unwrap(), None);
    assert_eq!(store.card_model([0; 8], 0x40).await.unwrap(), None);
}

async fn an_offer_takes_the_place_of_the_one_before_and_ends_with_its_sign_in(store: &dyn Store) {
    for token in [1, 2] {
        signed_in(store, token).await;
    }
    let offer = |token: u8, card: &str, last: u8| TakeInOffer {
        session: [token; 32],
        card: number(card),
        nonce: PresenceNonce {
            terminal: [0xFE, 0xAA, 0xAA, 0xAA, 0xAA, last],
            operator: "demo.teller".into(),
            issued_at: 1_000 + i64::from(last),
        },
    };
    let offered = entry(Event::TakeInOffered);
    for one in [
        offer(1, ELSEWHERE, 0xAA),
        offer(2, ELSEWHERE, 0xBB),
        offer(1, OTHER_CARD, 0xCC),
    ] {
        store.offer_take_in(&one, &offered).await.unwrap();
    }
    let kept = async |token: u8| store.take_in_offer(&[token; 32]).await.unwrap();
    assert_eq!(kept(1).await, Some(offer(1, OTHER_CARD, 0xCC)));
    assert_eq!(kept(2).await, Some(offer(2, ELSEWHERE, 0xBB)));
    let signed_out = entry(Event::SignedOut);
    store.close_session(&[1; 32], &signed_out).await.unwrap();
    assert_eq!(kept(1).await, None);
    assert_eq!(kept(2).await, Some(offer(2, ELSEWHERE, 0xBB)));
}

async fn a_card_comes_in_with_what_its_proof_has_told(store: &dyn Store) {
    let card = newcomer_of(store).await;
    let commit = commit_in(store).await;
    store.commit_card(&commit).await.unwrap();
    let kept = file(store, ELSEWHERE).await.card;
    let expected = Card {
        proved_counter: 7,
        revision: 1,
        ..card
    };
    assert_eq!(kept, expected);
    let seen = store.seen(number(ELSEWHERE), &init()).await.unwrap();
    assert_eq!(seen, Seen::Same);
    let of_vehicle = store.card_of_vehicle("甘A00207", 4).await.unwrap();
    assert_eq!(of_vehicle, Some(number(ELSEWHERE)));
    let chain = store.audit_chain(number(ELSEWHERE)).await.unwrap();
    assert_eq!(chain.len(), 1);
}

async fn a_card_that_is_there_already_undoes_all(store: &dyn Store) {
    let commit = commit_in(store).await;
    store.commit_card(&commit).await.unwrap();
    let again = CardCommit {
        changes: Vec::new(),
        ..commit
    };
    assert!(is_duplicate(store.commit_card(&again).await));
    let chain = store.audit_chain(number(ELSEWHERE)).await.unwrap();
    assert_eq!(chain.len(), 1);
    assert_eq!(file(store, ELSEWHERE).await.card.revision, 1);
}

async fn wrong_proofs_of_a_card_that_is_nowhere_count_for_the_sign_in(store: &dyn Store) {
    signed_in(store, 1).await;
    let count = async |card: &str| {
        let proof = CountedProof {
            card: number(card),
            session: [1; 32],
        };
        store.count_proof(&proof, WRONG_PROOFS).await.unwrap()
    };
    for _ in 0..WRONG_PROOFS {
        assert!(count(ELSEWHERE).await);
    }
    assert!(!count(ELSEWHERE).await);
    assert!(!count(CARD).await, "the sign-in has no tries left");
    // The card comes in without a stain.
    let commit = commit_in(store).await;
    store.commit_card(&commit).await.unwrap();
    signed_in(store, 2).await;
    let proof = CountedProof {
        card: number(ELSEWHERE),
        session: [2; 32],
    };
    for _ in 0..WRONG_PROOFS {
        assert!(store.count_proof(&proof, WRONG_PROOFS).await.unwrap());
    }
    assert!(!store.count_proof(&proof, WRONG_PROOFS).await.unwrap());
}
