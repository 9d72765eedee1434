use super::*;

on_every_store! {
    a_session_is_swept_when_it_was_opened_long_ago
    an_answer_is_swept_when_it_was_kept_long_enough
    a_sweep_takes_little_at_a_time
}

async fn sweep(store: &dyn Store, sessions: i64, answers: i64, at_most: u32) -> bool {
    let outlived = Outlived {
        sessions_opened_by: sessions,
        answers_kept_since: answers,
        at_most,
    };
    store.sweep(outlived).await.unwrap()
}

async fn signed_in(store: &dyn Store, token: u8, opened_at: i64) {
    let session = Session {
        opened_at,
        ..session(token)
    };
    let entry = entry(Event::SignedIn);
    store.open_session(&session, &entry).await.unwrap();
}

async fn answered(store: &dyn Store, key: &str, at: i64) {
    let mut commit = commit_of(store, CARD, Vec::new()).await;
    commit.entry.at = at;
    commit.answer = Some(StoredAnswer {
        key: key.into(),
        operator: "demo.teller".into(),
        route: "POST".into(),
        body: [1; 32],
        answer: "{}".into(),
    });
    store.commit(&commit).await.unwrap();
}

async fn a_session_is_swept_when_it_was_opened_long_ago(store: &dyn Store) {
    let opened = [(1, 999), (2, 1_000), (3, 1_001)];
    for (token, opened_at) in opened {
        signed_in(store, token, opened_at).await;
    }
    // However lately it was used.
    store.touch_session(&[1; 32], 5_000).await.unwrap();
    sweep(store, 1_000, 0, 10).await;
    let lives = async |token| store.session(&[token; 32]).await.unwrap().is_some();
    assert_eq!(
        (lives(1).await, lives(2).await, lives(3).await),
        (false, false, true)
    );
}

async fn an_answer_is_swept_when_it_was_kept_long_enough(store: &dyn Store) {
    for (key, at) in [("key-0001", 999), ("key-0002", 1_000), ("key-0003", 1_001)] {
        answered(store, key, at).await;
    }
    sweep(store, 0, 1_000, 10).await;
    let kept = async |key: &str| store.answer(key).await.unwrap().is_some();
    let kept = (
        kept("key-0001").await,
        kept("key-0002").await,
        kept("key-0003").await,
    );
    assert_eq!(kept, (false, false, true));
    // Its key may be used again, as one that never was.
    answered(store, "key-0001", 2_000).await;
}

async fn a_sweep_takes_little_at_a_time(store: &dyn Store) {
    for token in 1..=5 {
        signed_in(store, token, 1_000).await;
    }
    let mut sweeps = 1;
    while sweep(store, 1_000, 0, 2).await {
        sweeps += 1;
        assert!(sweeps < 10, "it never ends");
    }
    for token in 1..=5 {
        assert_eq!(store.session(&[token; 32]).await.unwrap(), None);
    }
}
