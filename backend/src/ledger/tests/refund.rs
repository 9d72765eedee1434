//! Money on its way back.

use super::*;

const TOMORROW: i64 = NOON + 86_400_000;

fn taken() -> PaymentTaken {
    PaymentTaken {
        record: "r".into(),
        means: cash(),
        amount: 10_000,
        operator: "teller".into(),
        outlet: "LZ01".into(),
        at: NOON,
    }
}

fn refunding(from: RefundFrom, sent: bool, proved: Option<Proof>) -> State {
    State::Refunding(Refund {
        from,
        not_before: NOON,
        sent_at: sent.then_some(NOON),
        proved,
    })
}

#[test]
fn only_paid_money_is_given_back_without_approval() {
    let begun = |state| refund(&file(), &record(state), &taken(), &TELLER, NOON);
    let begun_state = begun(State::Paid).unwrap().record.state;
    assert_eq!(begun_state, refunding(RefundFrom::Paid, false, None));
    let refusal = |state| begun(state).err();
    assert_eq!(refusal(State::Created), Some(Code::NotPaid));
    let torn = State::Loading { counter: 5 };
    assert_eq!(refusal(torn), Some(Code::OnSupervisorList));
    assert_eq!(refusal(LOADED), Some(Code::AlreadyLoaded));
    assert_eq!(refusal(begun_state), Some(Code::RefundUnderWay));
    assert_eq!(refusal(State::Closed), Some(Code::RecordClosed));
}

#[test]
fn paid_money_whose_counter_nobody_explains_is_not_given_back() {
    let mut file = file();
    file.unexplained = vec![5];
    let begun = refund(&file, &record(State::Paid), &taken(), &TELLER, NOON);
    assert_eq!(begun.err(), Some(Code::OnSupervisorList));
    file.unexplained = vec![4];
    assert!(refund(&file, &record(State::Paid), &taken(), &TELLER, NOON).is_ok());
    file.card.stopped = Some(CardStop::LostLoad);
    let begun = refund(&file, &record(State::Paid), &taken(), &TELLER, NOON);
    assert_eq!(begun.err(), Some(Code::CardStopped));
}

#[test]
fn money_goes_back_where_it_was_taken() {
    let elsewhere = Asker {
        outlet: "TS01",
        ..TELLER
    };
    let begun = refund(&file(), &record(State::Paid), &taken(), &elsewhere, NOON);
    assert_eq!(begun.err(), Some(Code::NotTakenHere));
}

#[test]
fn a_refund_is_sent_once_and_not_before_its_day() {
    let waiting = State::Refunding(Refund {
        from: RefundFrom::Loading { counter: 5 },
        not_before: TOMORROW,
        sent_at: None,
        proved: None,
    });
    let send = |state, now| send_refund(&file(), &record(state), &taken(), &TELLER, now);
    assert_eq!(send(waiting, TOMORROW - 1).err(), Some(Code::RefundWaits));
    let sent = send(waiting, TOMORROW).unwrap().record.state;
    assert!(matches!(sent, State::Refunding(refund) if refund.sent_at == Some(TOMORROW)));
    assert_eq!(send(sent, TOMORROW).err(), Some(Code::RefundUnderWay));
    assert_eq!(send(State::Paid, NOON).err(), Some(Code::NotRefunding));
}

#[test]
fn the_last_word_decides() {
    let done = |state| refund_done(&file(), &record(state), &taken(), cash(), &TELLER, NOON);
    let refused = |state| refund_refused(&file(), &record(state), &taken(), &TELLER);
    let from_loading = RefundFrom::Loading { counter: 5 };
    let proof = Proof::of(&proved(), ProvedBy::Tac);

    let given = done(refunding(RefundFrom::Paid, true, None)).unwrap();
    assert!(matches!(given.record.state, State::Refunded(_)));
    assert!(
        matches!(&given.change.writes[0], Write::InsertMoneyBack(back) if back.amount == 10_000)
    );
    let late = done(refunding(from_loading, true, Some(proof))).unwrap();
    assert_eq!(late.record.state, State::Conflict(proof));

    let back = |from, proved| refused(refunding(from, true, proved)).unwrap().record.state;
    assert_eq!(back(RefundFrom::Paid, None), State::Paid);
    assert_eq!(back(from_loading, None), State::Loading { counter: 5 });
    assert_eq!(back(from_loading, Some(proof)), State::Loaded(proof));

    let unsent = refunding(RefundFrom::Paid, false, None);
    assert_eq!(done(unsent).err(), Some(Code::NotRefunding));
    assert_eq!(refused(unsent).err(), Some(Code::NotRefunding));
}
