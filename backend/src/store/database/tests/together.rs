//! Two backends on one database, at the same moment.

use super::*;
use crate::ledger::Means;
use crate::store::suite::{cash, drawer, open_drawer, payment, trail::check_chain};

on_both_databases! {
    two_stores_on_one_database_hold_the_invariants_together
    of_many_changes_at_once_one_is_made
    proofs_at_once_never_pass_the_limit
    sign_ins_at_once_never_pass_the_limit
    a_snapshot_stands_still_while_others_write
    notes_at_once_stand_in_one_chain
    a_commit_whose_place_in_the_chain_is_taken_is_decided_again
    of_two_who_enter_one_slip_one_does
    cash_is_put_into_an_open_drawer_or_nowhere
    of_two_who_open_a_drawer_one_does
    of_two_who_lift_a_switch_one_does
    a_limit_holds_where_one_operator_opens_at_two_pcs
}

async fn two_stores_on_one_database_hold_the_invariants_together(scratch: &Scratch) {
    let here = scratch.open().await;
    seed(&here).await;
    let there = scratch.open().await;
    let stale = commit_of(&there, CARD, paid("b")).await;
    write(&here, CARD, paid("a")).await.unwrap();
    assert!(matches!(there.commit(&stale).await, Err(StoreError::Raced)));
    assert!(is_duplicate(write(&there, CARD, paid("b")).await));
    here.close().await;
    there.close().await;
}

async fn of_many_changes_at_once_one_is_made(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    seed(&here).await;
    for round in 0..10 {
        let writes = vec![Write::PutNonce(nonce(round))];
        let commit = commit_of(&here, CARD, writes).await;
        let outcomes = tokio::join!(
            here.commit(&commit),
            there.commit(&commit),
            here.commit(&commit),
            there.commit(&commit),
        );
        let outcomes = [outcomes.0, outcomes.1, outcomes.2, outcomes.3];
        let raced = |outcome: &&Result<(), _>| matches!(outcome, Err(StoreError::Raced));
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(outcomes.iter().filter(raced).count(), 3, "{outcomes:?}");
    }
    here.close().await;
    there.close().await;
}

async fn proofs_at_once_never_pass_the_limit(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    seed(&here).await;
    let signed_in = entry(Event::SignedIn);
    for round in 0..10 {
        here.open_session(&session(round), &signed_in)
            .await
            .unwrap();
        let proof = |card| CountedProof {
            card: number(card),
            session: [round; 32],
        };
        let (one, other) = (proof(CARD), proof(OTHER_CARD));
        let counted = tokio::join!(here.count_proof(&one, 1), there.count_proof(&other, 1));
        let counted = (counted.0.unwrap(), counted.1.unwrap());
        assert!(counted.0 != counted.1, "one sign-in, one try: {counted:?}");
        // Undone for the card as well where the sign-in had no try left.
        let right = if counted.0 { one } else { other };
        here.uncount_proof(&right).await.unwrap();
    }
    here.close().await;
    there.close().await;
}

async fn sign_ins_at_once_never_pass_the_limit(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    let rule = |now| SignInRule {
        tries: 2,
        lock: 100,
        now,
    };
    for now in [1_000, 2_000, 3_000] {
        let counted = tokio::join!(
            here.count_sign_in("nobody", rule(now)),
            there.count_sign_in("nobody", rule(now)),
            here.count_sign_in("nobody", rule(now)),
            there.count_sign_in("nobody", rule(now)),
        );
        let counted = [counted.0, counted.1, counted.2, counted.3].map(Result::unwrap);
        assert_eq!(counted.iter().filter(|&&counted| counted).count(), 2);
    }
    here.close().await;
    there.close().await;
}

async fn a_snapshot_stands_still_while_others_write(scratch: &Scratch) {
    let here = scratch.open().await;
    seed(&here).await;
    let there = scratch.open().await;
    let mut read = here.database.snapshot().await.unwrap();
    let outlets = || sql("SELECT code FROM outlet");
    assert_eq!(read.all(outlets(), rows::there).await.unwrap().len(), 3);
    write(&there, CARD, paid("a")).await.unwrap();
    let records = || sql("SELECT id FROM recharge");
    assert_eq!(read.all(records(), rows::there).await.unwrap(), []);
    drop(read);
    let seen = here.database.all(records(), rows::there).await.unwrap();
    assert_eq!(seen.len(), 1);
    here.close().await;
    there.close().await;
}

#[tokio::test]
async fn backends_that_start_together_on_an_empty_database_all_start() {
    let scratch = Scratch::postgres().await;
    let stores = tokio::join!(scratch.open(), scratch.open(), scratch.open());
    for store in [stores.0, stores.1, stores.2] {
        assert_eq!(store.outlet("LZ01").await.unwrap(), None);
        store.close().await;
    }
    scratch.remove().await;
}

async fn chain(store: &DatabaseStore) -> Vec<Sealed> {
    let chain = store.audit_chain(number(CARD)).await.unwrap();
    check_chain(&chain);
    chain
}

async fn notes_at_once_stand_in_one_chain(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    seed(&here).await;
    let noted = entry(Event::Sighted);
    for round in 1..=5 {
        let (one, other) = (session(round), session(100 + round));
        let notes = tokio::join!(
            here.note(&noted),
            there.note(&noted),
            here.note(&noted),
            there.note(&noted),
            here.note(&noted),
            there.unlock_card(number(CARD), &noted),
            here.open_session(&one, &noted),
            there.open_session(&other, &noted),
        );
        let (unlocked, opened) = (notes.5, [notes.6, notes.7]);
        assert!(unlocked.unwrap());
        let notes = [notes.0, notes.1, notes.2, notes.3, notes.4];
        for noted in notes.into_iter().chain(opened) {
            noted.unwrap();
        }
        assert_eq!(chain(&here).await.len(), 8 * usize::from(round));
    }
    here.close().await;
    there.close().await;
}

async fn a_commit_whose_place_in_the_chain_is_taken_is_decided_again(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    seed(&here).await;
    let noted = entry(Event::Sighted);
    // As its caller does: read and decide again while it was a race.
    let decide = async |last| {
        for _ in 0..10 {
            let commit = commit_of(&here, CARD, vec![Write::PutNonce(nonce(last))]).await;
            match here.commit(&commit).await {
                Err(error) if error.is_race() => {}
                outcome => return outcome,
            }
        }
        Err(StoreError::Raced)
    };
    for round in 1..=10 {
        let outcomes = tokio::join!(there.note(&noted), decide(round), there.note(&noted));
        for outcome in [outcomes.0, outcomes.1, outcomes.2] {
            outcome.unwrap();
        }
        let file = here.card_file(number(CARD)).await.unwrap().unwrap();
        assert_eq!(file.nonce, Some(nonce(round)));
        assert_eq!(file.card.revision, i64::from(round));
        assert_eq!(chain(&here).await.len(), 3 * usize::from(round));
    }
    here.close().await;
    there.close().await;
}

/// A payment for a new record of this card.
async fn paying(store: &DatabaseStore, card: &str, id: &str, means: Means) -> Commit {
    let new = Record {
        card: number(card),
        ..record(id, State::Closed)
    };
    let writes = vec![
        Write::InsertRecord(new),
        Write::InsertPayment(payment(id, means)),
    ];
    commit_of(store, card, writes).await
}

async fn of_two_who_enter_one_slip_one_does(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    seed(&here).await;
    for round in 0..10 {
        let slip = PosSlip {
            terminal: "T1".into(),
            number: format!("{round:06}"),
            day: "20260901".into(),
        };
        let pos = || Means::Pos(slip.clone());
        let one = paying(&here, CARD, &format!("a{round}"), pos()).await;
        let mut other = paying(&there, OTHER_CARD, &format!("b{round}"), pos()).await;
        other.entry.card = Some(number(OTHER_CARD));
        let outcomes = tokio::join!(here.commit(&one), there.commit(&other));
        let done = [outcomes.0.is_ok(), outcomes.1.is_ok()];
        assert!(done[0] != done[1], "{outcomes:?}");
        let refused = if done[0] { outcomes.1 } else { outcomes.0 };
        assert!(is_duplicate(refused));
        assert!(here.slip_used(&slip).await.unwrap());
    }
    here.close().await;
    there.close().await;
}

async fn cash_is_put_into_an_open_drawer_or_nowhere(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    seed(&here).await;
    for round in 0..10 {
        let (id, paid) = (format!("d{round}"), format!("a{round}"));
        open_drawer(&here, &id).await;
        let commit = paying(&here, CARD, &paid, cash(&id)).await;
        let counted = Counted {
            at: 2_000,
            fen: 50_000,
            note: None,
        };
        let closed = Entry {
            card: None,
            ..entry(Event::DrawerClosed)
        };
        let (paying, closing) = tokio::join!(
            here.commit(&commit),
            there.close_drawer(&id, 0, &counted, &closed),
        );
        // One of them wins: the other finds another revision, or a closed drawer.
        assert!(paying.is_ok() != closing.is_ok(), "{paying:?} {closing:?}");
        let row = here.drawer("demo.teller", "LZ01").await.unwrap().unwrap();
        assert_eq!(row.id, id);
        let taken = here.payment(&paid).await.unwrap();
        assert_eq!(taken.is_some(), paying.is_ok());
        if paying.is_ok() {
            assert!(matches!(closing, Err(StoreError::Raced)));
            assert_eq!((row.taken, row.payments, &row.closed), (10_000, 1, &None));
            let close = there.close_drawer(&id, row.revision, &counted, &closed);
            close.await.unwrap();
        } else {
            assert!(matches!(paying, Err(StoreError::Raced)));
            let untouched = DrawerRow {
                closed: Some(counted),
                revision: 1,
                ..drawer(&id)
            };
            assert_eq!(row, untouched);
        }
    }
    here.close().await;
    there.close().await;
}

async fn of_two_who_open_a_drawer_one_does(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    seed(&here).await;
    let (one, other) = (drawer("a"), drawer("b"));
    let opened = entry(Event::DrawerOpened);
    let outcomes = tokio::join!(
        here.open_drawer(&one, &opened),
        there.open_drawer(&other, &opened),
    );
    assert!(outcomes.0.is_ok() != outcomes.1.is_ok(), "{outcomes:?}");
    assert!(is_duplicate(outcomes.0.and(outcomes.1)));
    assert_eq!(chain(&here).await.len(), 1);
    here.close().await;
    there.close().await;
}

async fn of_two_who_lift_a_switch_one_does(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    seed(&here).await;
    for round in 0..5 {
        let switch = Switch {
            id: format!("s{round}"),
            scope: Scope::KeyIndex(1),
            reason: "x".into(),
            operator: "demo.supervisor".into(),
            at: 1_000,
        };
        let noted = entry(Event::SwitchLifted);
        here.throw_switch(&switch, &noted).await.unwrap();
        let lifted = tokio::join!(
            here.lift_switch(&switch.id, &noted),
            there.lift_switch(&switch.id, &noted),
        );
        let lifted = (lifted.0.unwrap(), lifted.1.unwrap());
        assert!(lifted.0 != lifted.1, "{lifted:?}");
    }
    assert_eq!(chain(&here).await.len(), 10);
    here.close().await;
    there.close().await;
}

async fn a_limit_holds_where_one_operator_opens_at_two_pcs(scratch: &Scratch) {
    let (here, there) = tokio::join!(scratch.open(), scratch.open());
    seed(&here).await;
    // As a desk does it: read, decide, commit; decide again where somebody else was first.
    let open = async |store: &DatabaseStore, card: &str, id: String| loop {
        let day = store.opened_since("demo.teller", 0).await.unwrap();
        if day.records == 5 {
            return false;
        }
        let new = Record {
            card: number(card),
            ..record(&id, State::Created)
        };
        let counted = Write::CountOpening {
            operator: "demo.teller".into(),
            openings: day.openings,
        };
        let mut commit = commit_of(store, card, vec![Write::InsertRecord(new), counted]).await;
        commit.entry.card = Some(number(card));
        match store.commit(&commit).await {
            Err(error) if error.is_race() => {}
            committed => break committed.is_ok(),
        }
    };
    let mut opened = 0;
    for round in 0..4 {
        let (one, other) = tokio::join!(
            open(&here, CARD, format!("a{round}")),
            open(&there, OTHER_CARD, format!("b{round}")),
        );
        opened += usize::from(one) + usize::from(other);
    }
    assert_eq!(opened, 5);
    let day = here.opened_since("demo.teller", 0).await.unwrap();
    assert_eq!((day.records, day.openings), (5, 5));
    here.close().await;
    there.close().await;
}
