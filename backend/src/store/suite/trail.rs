use apdu_core::fault::Code;

use super::*;

on_every_store! {
    a_chain_is_numbered_and_each_hash_holds_the_one_before
    every_write_with_an_entry_is_on_its_chain
    what_is_undone_is_not_on_the_trail
    the_head_of_every_chain_that_grew_is_found
}

/// A chain's lines have the numbers from 1, and hashes that anybody can compute anew.
pub(in crate::store) fn check_chain(chain: &[Sealed]) {
    let mut before = [0; 32];
    for (number, sealed) in (1..).zip(chain) {
        assert_eq!(sealed.line.number, number);
        assert_eq!(sealed.hash, sealed.line.hash(before));
        before = sealed.hash;
    }
}

fn about(card: Option<&str>, operator: &str, at: i64, event: Event) -> Entry {
    Entry {
        at,
        operator: operator.into(),
        card: card.map(number),
        ..entry(event)
    }
}

async fn a_chain_is_numbered_and_each_hash_holds_the_one_before(store: &dyn Store) {
    assert_eq!(store.audit_chain(number(CARD)).await.unwrap(), []);
    let entries = [
        Entry {
            record: Some("a".into()),
            evidence: vec![0x00, 0xFF, 0x12],
            ..about(Some(CARD), "demo.teller", 5, Event::Authorised)
        },
        about(Some(OTHER_CARD), "demo.teller", 6, Event::Sighted),
        Entry {
            evidence: vec![],
            ..about(Some(CARD), "-", 4, Event::ProofWrong(Code::OldCounter))
        },
        about(Some(CARD), "演示", 7, Event::EvidenceShown),
    ];
    for entry in &entries {
        store.note(entry).await.unwrap();
    }
    let chain = store.audit_chain(number(CARD)).await.unwrap();
    check_chain(&chain);
    let own = [&entries[0], &entries[2], &entries[3]];
    assert_eq!(chain.len(), own.len());
    let mut before = None;
    for (sealed, entry) in chain.into_iter().zip(own) {
        assert_eq!(sealed, entry.sealed(before));
        before = Some((sealed.line.number, sealed.hash));
    }
    let other = store.audit_chain(number(OTHER_CARD)).await.unwrap();
    assert_eq!(other, [entries[1].sealed(None)]);
}

async fn every_write_with_an_entry_is_on_its_chain(store: &dyn Store) {
    done(store, CARD, vec![]).await;
    store.note(&entry(Event::Sighted)).await.unwrap();
    let unlocked = store
        .unlock_card(number(CARD), &entry(Event::Unlocked))
        .await;
    assert!(unlocked.unwrap());
    let opened = store
        .open_session(&session(1), &entry(Event::SignedIn))
        .await;
    opened.unwrap();
    // Whether there was such a session or not.
    for _ in 0..2 {
        let signed_out = entry(Event::SignedOut);
        store.close_session(&[1; 32], &signed_out).await.unwrap();
    }
    open_drawer(store, "d").await;
    let counted = Counted {
        at: 2_000,
        fen: 0,
        note: None,
    };
    let closed = store
        .close_drawer("d", 0, &counted, &entry(Event::DrawerClosed))
        .await;
    closed.unwrap();
    let chain = store.audit_chain(number(CARD)).await.unwrap();
    check_chain(&chain);
    let events: Vec<_> = chain.iter().map(|one| one.line.event.as_str()).collect();
    let known = [
        "created",
        "sighted",
        "unlocked",
        "signed-in",
        "signed-out",
        "signed-out",
        "drawer-opened",
        "drawer-closed",
    ];
    assert_eq!(events, known);
}

async fn what_is_undone_is_not_on_the_trail(store: &dyn Store) {
    let nobody = number("62010000000000000000");
    let stale = commit_of(store, CARD, vec![]).await;
    done(store, CARD, vec![]).await;
    assert!(is_raced(store.commit(&stale).await));
    let unlocked = store.unlock_card(nobody, &entry(Event::Unlocked)).await;
    assert!(!unlocked.unwrap());
    let lifted = store.lift_switch("none", &entry(Event::SwitchLifted)).await;
    assert!(!lifted.unwrap());
    open_drawer(store, "d").await;
    let again = store
        .open_drawer(&drawer("e"), &entry(Event::DrawerOpened))
        .await;
    assert!(is_duplicate(again));
    let counted = Counted {
        at: 2_000,
        fen: 0,
        note: None,
    };
    let stale = store
        .close_drawer("d", 9, &counted, &entry(Event::DrawerClosed))
        .await;
    assert!(is_raced(stale));
    assert_eq!(store.audit_chain(number(CARD)).await.unwrap().len(), 2);
}

async fn the_head_of_every_chain_that_grew_is_found(store: &dyn Store) {
    let entries = [
        about(Some(CARD), "demo.teller", 10, Event::Sighted),
        about(Some(CARD), "demo.teller", 19, Event::Sighted),
        about(Some(CARD), "demo.teller", 20, Event::Sighted),
        about(Some(OTHER_CARD), "demo.teller", 9, Event::Sighted),
        about(None, "demo.teller", 15, Event::SignedIn),
        about(None, "demo.bank", 16, Event::SignedIn),
        about(None, "demo.bank", 17, Event::SignedOut),
    ];
    for entry in &entries {
        store.note(entry).await.unwrap();
    }
    let heads = async |from, to| {
        let heads = store.audit_heads(from, to).await.unwrap();
        let shown = heads
            .into_iter()
            .map(|one| (one.line.chain, one.line.number));
        shown.collect::<Vec<_>>()
    };
    let head = |chain: &str, number| (chain.to_owned(), number);
    let operators = [
        head("operator demo.bank", 2),
        head("operator demo.teller", 1),
    ];
    let in_between = [[head(CARD, 2)].as_slice(), &operators].concat();
    assert_eq!(heads(10, 20).await, in_between);
    assert_eq!(heads(20, 21).await, [head(CARD, 3)]);
    assert_eq!(heads(9, 10).await, [head(OTHER_CARD, 1)]);
    assert_eq!(heads(21, 99).await, []);
    let sealed = store.audit_heads(20, 21).await.unwrap();
    let chain = store.audit_chain(number(CARD)).await.unwrap();
    assert_eq!(sealed, chain[2..]);
}
