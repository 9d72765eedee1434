use super::*;
use crate::ledger::{CaseState, Question};

on_every_store! {
    a_case_is_kept_with_its_approvals
    a_record_has_one_open_case_and_so_has_a_card
    a_person_approves_a_case_once
    a_stale_case_loses_the_race_and_writes_nothing
    open_cases_are_found_the_oldest_first
}

pub fn case(id: &str, record: Option<&str>) -> Case {
    Case {
        id: id.into(),
        card: number(CARD),
        record: record.map(str::to_owned),
        record_version: 3,
        question: match record {
            Some(_) => Question::RefundWithoutCard,
            None => Question::LiftStop,
        },
        reason: "卡片遗失".into(),
        operator: "demo.teller".into(),
        at: 1_000,
        state: CaseState::Open,
        version: 0,
    }
}

fn approval(case: &str, operator: &str, at: i64) -> Approval {
    Approval {
        case: case.into(),
        operator: operator.into(),
        at,
    }
}

async fn ask(store: &dyn Store, case: &Case) -> Result<(), StoreError> {
    write(
        store,
        &case.card.to_string(),
        vec![Write::InsertCase(case.clone())],
    )
    .await
}

async fn a_case_is_kept_with_its_approvals(store: &dyn Store) {
    insert(store, "a", State::Closed).await;
    insert(store, "b", State::Closed).await;
    let loaded = Case {
        question: Question::CallLoaded,
        ..case("3", Some("b"))
    };
    for case in [case("1", Some("a")), case("2", None), loaded] {
        ask(store, &case).await.unwrap();
        assert_eq!(store.case(&case.id).await.unwrap(), Some((case, vec![])));
    }
    assert_eq!(store.case("4").await.unwrap(), None);

    let yes = [
        approval("1", "demo.supervisor2", 2_000),
        approval("1", "demo.supervisor", 3_000),
    ];
    let first = vec![
        Write::InsertApproval(yes[0].clone()),
        Write::UpdateCase(case("1", Some("a"))),
        Write::InsertApproval(approval("2", "demo.supervisor", 2_500)),
    ];
    done(store, CARD, first).await;
    let agreed = Case {
        state: CaseState::Done,
        version: 1,
        ..case("1", Some("a"))
    };
    let last = vec![
        Write::InsertApproval(yes[1].clone()),
        Write::UpdateCase(agreed.clone()),
    ];
    done(store, CARD, last).await;
    let kept = Case {
        version: 2,
        ..agreed
    };
    assert_eq!(store.case("1").await.unwrap(), Some((kept, yes.to_vec())));
}

async fn a_record_has_one_open_case_and_so_has_a_card(store: &dyn Store) {
    insert(store, "a", State::Closed).await;
    insert(store, "b", State::Closed).await;
    ask(store, &case("1", Some("a"))).await.unwrap();
    assert!(is_duplicate(ask(store, &case("2", Some("a"))).await));
    ask(store, &case("2", Some("b"))).await.unwrap();
    ask(store, &case("3", None)).await.unwrap();
    assert!(is_duplicate(ask(store, &case("4", None)).await));
    let other = Case {
        card: number(OTHER_CARD),
        ..case("4", None)
    };
    ask(store, &other).await.unwrap();
    for (id, record) in [("1", Some("a")), ("3", None)] {
        let dropped = Case {
            state: CaseState::Dropped,
            ..case(id, record)
        };
        done(store, CARD, vec![Write::UpdateCase(dropped)]).await;
    }
    assert!(
        is_duplicate(ask(store, &case("1", Some("a"))).await),
        "a name of its own"
    );
    ask(store, &case("5", Some("a"))).await.unwrap();
    ask(store, &case("6", None)).await.unwrap();
}

async fn a_person_approves_a_case_once(store: &dyn Store) {
    insert(store, "a", State::Closed).await;
    ask(store, &case("1", Some("a"))).await.unwrap();
    ask(store, &case("2", None)).await.unwrap();
    let yes = |case, operator, at| vec![Write::InsertApproval(approval(case, operator, at))];
    done(store, CARD, yes("1", "demo.supervisor", 1)).await;
    let again = write(store, CARD, yes("1", "demo.supervisor", 2)).await;
    assert!(is_duplicate(again));
    done(store, CARD, yes("1", "demo.supervisor2", 3)).await;
    done(store, CARD, yes("2", "demo.supervisor", 4)).await;
    let (_, approvals) = store.case("1").await.unwrap().unwrap();
    assert_eq!(approvals.len(), 2);
}

async fn a_stale_case_loses_the_race_and_writes_nothing(store: &dyn Store) {
    ask(store, &case("1", None)).await.unwrap();
    let stale = Case {
        state: CaseState::Dropped,
        version: 1,
        ..case("1", None)
    };
    let writes = vec![
        Write::InsertApproval(approval("1", "demo.supervisor", 1)),
        Write::UpdateCase(stale),
    ];
    assert!(is_raced(write(store, CARD, writes).await));
    let kept = store.case("1").await.unwrap();
    assert_eq!(kept, Some((case("1", None), vec![])));
    let nowhere = vec![Write::UpdateCase(case("2", None))];
    assert!(is_raced(write(store, CARD, nowhere).await));
}

async fn open_cases_are_found_the_oldest_first(store: &dyn Store) {
    insert(store, "a", State::Closed).await;
    assert_eq!(store.open_cases().await.unwrap(), []);
    let later = Case {
        at: 2_000,
        ..case("1", Some("a"))
    };
    let other = Case {
        card: number(OTHER_CARD),
        ..case("3", None)
    };
    for case in [&later, &other, &case("2", None)] {
        ask(store, case).await.unwrap();
    }
    let yes = approval("2", "demo.supervisor", 3_000);
    done(store, CARD, vec![Write::InsertApproval(yes.clone())]).await;
    let open = [
        (case("2", None), vec![yes]),
        (other, vec![]),
        (later.clone(), vec![]),
    ];
    assert_eq!(store.open_cases().await.unwrap(), open);
    let dropped = Case {
        state: CaseState::Dropped,
        ..later
    };
    done(store, CARD, vec![Write::UpdateCase(dropped)]).await;
    assert_eq!(store.open_cases().await.unwrap(), open[..2]);
}
