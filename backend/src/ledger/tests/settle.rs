//! Evidence, whatever state it finds.

use super::*;

fn settled(state: State) -> Result<Decision, Code> {
    settle(&file(), &record(state), &[], &proved(), NOON)
}

fn proof(by: ProvedBy) -> Proof {
    Proof::of(&proved(), by)
}

#[test]
fn evidence_loads_the_record_and_spends_its_counter() {
    let Decision { record, change } = settled(State::Loading { counter: 5 }).unwrap();
    assert_eq!(record.state, State::Loaded(proof(ProvedBy::Tac)));
    assert_eq!(record.proof().unwrap().balance_after, 13_000);
    assert_eq!(record.balance_before, 3_000);
    let row = BookRow {
        card: record.card,
        counter: 5,
        spender: Spender::Ours("r".into()),
        said: None,
        at: NOON,
    };
    assert_eq!(
        change.writes,
        [
            Write::ProveCounter(6),
            Write::PutBookRow(row),
            Write::CloseBook(6),
            Write::UpdateRecord(record)
        ]
    );
}

#[test]
fn evidence_may_come_twice_and_changes_no_record_then() {
    let again = settled(State::Loaded(proof(ProvedBy::Tac))).unwrap();
    let updates = |write: &Write| matches!(write, Write::UpdateRecord(_));
    assert!(!again.change.writes.iter().any(updates));
}

#[test]
fn the_same_money_on_the_card_twice_is_a_conflict() {
    let elsewhere = Proof {
        counter: 4,
        ..proof(ProvedBy::Tac)
    };
    let twice = settled(State::Loaded(elsewhere)).unwrap();
    assert_eq!(twice.record.state, State::Conflict(proof(ProvedBy::Tac)));
}

#[test]
fn a_tac_takes_the_place_of_weaker_evidence_of_its_counter() {
    for weaker in [ProvedBy::CounterAndLog, ProvedBy::Decision] {
        let better = settled(State::Loaded(proof(weaker))).unwrap();
        assert_eq!(better.record.state, State::Loaded(proof(ProvedBy::Tac)));
    }
}

#[test]
fn evidence_needs_neither_a_card_in_order_nor_a_loading_state() {
    let mut file = file();
    file.card.status = CardStatus::Cancelled;
    file.card.stopped = Some(CardStop::LostLoad);
    assert!(settle(&file, &record(State::Paid), &[], &proved(), NOON).is_ok());
    assert_eq!(settled(State::Created).err(), Some(Code::NotPaid));
    assert_eq!(settled(State::Closed).err(), Some(Code::RecordClosed));
}

#[test]
fn evidence_cancels_a_refund_that_was_not_sent_and_waits_for_one_that_was() {
    let refund = Refund {
        from: RefundFrom::Loading { counter: 5 },
        not_before: NOON,
        sent_at: None,
        proved: None,
    };
    let cancelled = settled(State::Refunding(refund)).unwrap();
    assert_eq!(cancelled.record.state, State::Loaded(proof(ProvedBy::Tac)));

    let sent = Refund {
        sent_at: Some(NOON),
        ..refund
    };
    let waits = settled(State::Refunding(sent)).unwrap().record.state;
    let proved = Some(proof(ProvedBy::Tac));
    assert_eq!(waits, State::Refunding(Refund { proved, ..sent }));

    let late = settled(State::Refunded(sent)).unwrap();
    assert_eq!(late.record.state, State::Conflict(proof(ProvedBy::Tac)));
}

#[test]
fn another_record_torn_at_the_spent_counter_is_paid_again() {
    let other = Record {
        id: "other".into(),
        ..record(State::Loading { counter: 5 })
    };
    let mut file = file();
    file.open = Some(other.clone());
    let let_go = record(State::Refunded(Refund {
        from: RefundFrom::Paid,
        not_before: NOON,
        sent_at: Some(NOON),
        proved: None,
    }));
    let decision = settle(&file, &let_go, &[], &proved(), NOON).unwrap();
    let freed = Write::UpdateRecord(other.turned(State::Paid));
    assert!(decision.change.writes.contains(&freed));
    assert!(matches!(decision.record.state, State::Conflict(_)));
}

#[test]
fn what_only_a_log_said_about_the_counter_is_disproved() {
    let believed = Record {
        id: "believed".into(),
        ..record(State::Loaded(proof(ProvedBy::CounterAndLog)))
    };
    let paid = record(State::Paid);
    let decision = settle(
        &file(),
        &paid,
        std::slice::from_ref(&believed),
        &proved(),
        NOON,
    )
    .unwrap();
    let doubted = believed.turned(State::Conflict(proof(ProvedBy::CounterAndLog)));
    assert!(
        decision
            .change
            .writes
            .contains(&Write::UpdateRecord(doubted))
    );
    assert!(matches!(decision.record.state, State::Loaded(_)));
}

#[test]
fn without_an_authorisation_there_is_nothing_to_prove() {
    let why = |state| without_authorisation(&record(state));
    assert_eq!(why(State::Created), Code::NotPaid);
    assert_eq!(why(State::Closed), Code::RecordClosed);
    assert_eq!(why(State::Paid), Code::WrongEvidence);
}
