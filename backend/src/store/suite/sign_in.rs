use super::*;

on_every_store! {
    wrong_proofs_are_counted_by_card_and_by_sign_in
    an_unlocked_card_counts_from_zero
    sign_ins_are_counted_by_name_and_forgotten_with_time
    a_session_lives_until_it_is_closed
    a_text_with_a_nul_is_found_nowhere
}

async fn wrong_proofs_are_counted_by_card_and_by_sign_in(store: &dyn Store) {
    store
        .open_session(&session(1), &entry(Event::SignedIn))
        .await
        .unwrap();
    store
        .open_session(&session(2), &entry(Event::SignedIn))
        .await
        .unwrap();
    let proof = |card, token| CountedProof {
        card: number(card),
        session: [token; 32],
    };
    let count = async |card, token| store.count_proof(&proof(card, token), 2).await.unwrap();

    assert!(count(CARD, 1).await);
    assert!(count(CARD, 1).await);
    assert!(!count(CARD, 2).await, "the card has no tries left");
    assert!(!count(OTHER_CARD, 1).await, "the sign-in has no tries left");
    assert!(
        count(OTHER_CARD, 2).await,
        "what was refused was not counted"
    );

    let mut right = commit_of(store, CARD, vec![]).await;
    right.proved = Some(proof(CARD, 1));
    store.commit(&right).await.unwrap();
    assert!(count(CARD, 1).await, "a right proof gives its try back");
    assert!(!count(CARD, 1).await);
    store.uncount_proof(&proof(CARD, 1)).await.unwrap();
    assert!(count(CARD, 1).await);
    assert!(!count(CARD, 1).await);
}

async fn an_unlocked_card_counts_from_zero(store: &dyn Store) {
    let proof = CountedProof {
        card: number(CARD),
        session: [9; 32],
    };
    assert!(store.count_proof(&proof, 1).await.unwrap());
    assert!(!store.count_proof(&proof, 1).await.unwrap());
    assert!(
        store
            .unlock_card(number(CARD), &entry(Event::Unlocked))
            .await
            .unwrap()
    );
    assert!(store.count_proof(&proof, 1).await.unwrap());
    let unknown = number("62010000000000000000");
    assert!(
        !store
            .unlock_card(unknown, &entry(Event::Unlocked))
            .await
            .unwrap()
    );
}

async fn sign_ins_are_counted_by_name_and_forgotten_with_time(store: &dyn Store) {
    let count = async |name, now| {
        let rule = SignInRule {
            tries: 2,
            lock: 100,
            now,
        };
        store.count_sign_in(name, rule).await.unwrap()
    };
    assert!(count("demo.teller", 1_000).await);
    assert!(count("demo.teller", 1_010).await);
    assert!(!count("demo.teller", 1_020).await);
    assert!(count("nobody", 1_020).await);
    assert!(
        !count("demo.teller", 1_109).await,
        "a refused try does not make the lock longer"
    );
    assert!(count("demo.teller", 1_110).await);
    store
        .open_session(&session(1), &entry(Event::SignedIn))
        .await
        .unwrap();
    assert!(count("demo.teller", 1_111).await);
    assert!(
        count("demo.teller", 1_112).await,
        "a sign-in counts from zero again"
    );
}

async fn a_session_lives_until_it_is_closed(store: &dyn Store) {
    store
        .open_session(&session(1), &entry(Event::SignedIn))
        .await
        .unwrap();
    store.touch_session(&[1; 32], 5_000).await.unwrap();
    let seen = store.session(&[1; 32]).await.unwrap();
    assert_eq!(
        seen,
        Some(Session {
            seen_at: 5_000,
            ..session(1)
        })
    );
    store
        .close_session(&[1; 32], &entry(Event::SignedOut))
        .await
        .unwrap();
    assert_eq!(store.session(&[1; 32]).await.unwrap(), None);
}

async fn a_text_with_a_nul_is_found_nowhere(store: &dyn Store) {
    assert_eq!(store.record("a\0").await.unwrap(), None);
    assert_eq!(store.answer("key\0").await.unwrap(), None);
    assert!(store.operator("demo.teller\0").await.unwrap().is_none());
    let rule = SignInRule {
        tries: 2,
        lock: 100,
        now: 1_000,
    };
    assert!(store.count_sign_in("demo\0teller", rule).await.unwrap());
}
