//! Letting a torn load go, with all its conditions.

use super::*;

fn torn() -> (CardFile, Record) {
    let record = record(State::Loading { counter: 5 });
    let mut file = file();
    file.open = Some(record.clone());
    file.latest_second = Some(NOON / 1_000);
    (file, record)
}

fn offered() -> (CardFile, Record) {
    let (mut file, record) = torn();
    let (_, change) = offer_let_go(&file, &record, || 0xAB, NOON).unwrap();
    let Write::PutNonce(nonce) = change.writes[0].clone() else {
        panic!("{change:?}");
    };
    file.nonce = Some(nonce);
    (file, record)
}

fn fresh(counter: u16) -> VerifiedInit {
    VerifiedInit {
        amount: 1,
        terminal: [0xFE, 0xAB, 0xAB, 0xAB, 0xAB, 0xAB],
        fresh: true,
        ..init(counter)
    }
}

#[test]
fn a_let_go_is_offered_for_a_torn_record_only() {
    let (file, torn) = torn();
    let (init, change) = offer_let_go(&file, &torn, || 0xAB, NOON).unwrap();
    assert_eq!(init.terminal.0, [0xFE, 0xAB, 0xAB, 0xAB, 0xAB, 0xAB]);
    assert_eq!(init.amount, Some(1));
    assert_eq!(change.writes[1], Write::CountLetGoOffer(5));
    let refusal = |state| offer_let_go(&file, &record(state), || 0xAB, NOON).err();
    assert_eq!(refusal(State::Paid), Some(Code::NotTorn));
    assert_eq!(refusal(State::Created), Some(Code::NotPaid));
    assert_eq!(refusal(LOADED), Some(Code::AlreadyLoaded));
    assert_eq!(refusal(State::Closed), Some(Code::RecordClosed));
}

#[test]
fn a_card_that_cannot_prove_it_gets_no_offer() {
    let refusal = |twist: Twist| {
        let (mut file, record) = torn();
        twist(&mut file);
        offer_let_go(&file, &record, || 0xAB, NOON).err()
    };
    let weak: Twist = |file| file.card.weak_random = true;
    assert_eq!(refusal(weak), Some(Code::WeakRandom));
    let odd: Twist = |file| file.card.purse.refuses_odd_terminals = true;
    assert_eq!(refusal(odd), Some(Code::NoLetGo));
    let stopped: Twist = |file| file.card.stopped = Some(CardStop::OldCounter);
    assert_eq!(refusal(stopped), Some(Code::CardStopped));
    let often: Twist = |file| file.let_go_offers = 5;
    assert_eq!(refusal(often), Some(Code::TooManyLetGo));
    let nearly: Twist = |file| file.let_go_offers = 4;
    assert_eq!(refusal(nearly), None);
}

#[test]
fn a_purse_that_refuses_one_fen_is_asked_with_the_records_amount() {
    let (mut file, record) = torn();
    file.card.purse.refuses_one_fen = true;
    let (init, _) = offer_let_go(&file, &record, || 0xAB, NOON).unwrap();
    assert_eq!(init.amount, Some(10_000));
}

#[test]
fn the_nonce_is_bound_to_record_authorisation_and_purpose() {
    let (file, torn) = offered();
    assert!(let_go_terms(&file, &torn, NOON).is_ok());
    let old = let_go_terms(&file, &torn, NOON + NONCE_LIFE);
    assert_eq!(old, Err(Code::NonceExpired));
    let other = Record {
        id: "other".into(),
        ..torn.clone()
    };
    assert_eq!(let_go_terms(&file, &other, NOON), Err(Code::NonceExpired));
    let mut authorised_since = file.clone();
    authorised_since.latest_second = Some(NOON / 1_000 + 1);
    let stale = let_go_terms(&authorised_since, &torn, NOON);
    assert_eq!(stale, Err(Code::NonceExpired));
    let mut preflight = file.clone();
    preflight.nonce = with_nonce().nonce;
    assert_eq!(
        let_go_terms(&preflight, &torn, NOON),
        Err(Code::NonceExpired)
    );
    // Nor the other way round: no record is opened with it.
    let mut free = file;
    free.open = None;
    assert_eq!(terms(&free, 100, &TELLER, NOON), Err(Code::NonceExpired));
}

#[test]
fn a_torn_record_whose_card_proves_it_was_not_written_is_paid_again() {
    let (file, torn) = offered();
    let decision = let_go(&file, &torn, 3_000, &fresh(5)).unwrap();
    assert_eq!(decision.record.state, State::Paid);
    let paid = Write::UpdateRecord(decision.record);
    assert_eq!(decision.change.writes, [paid, Write::DropNonces]);
    // A lane may have taken money since.
    let poorer = VerifiedInit {
        balance: 2_999,
        ..fresh(5)
    };
    assert!(let_go(&file, &torn, 3_000, &poorer).is_ok());
}

#[test]
fn anything_else_lets_nothing_go() {
    let (file, torn) = offered();
    let denied = |init: VerifiedInit| let_go(&file, &torn, 3_000, &init).unwrap_err();
    assert_eq!(denied(fresh(6)), Denied::from(Code::CounterMoved));
    let old = denied(fresh(4));
    assert_eq!(old.code, Code::OldCounter);
    assert_eq!(old.writes, [Write::StopCard(CardStop::OldCounter)]);
    let richer = denied(VerifiedInit {
        balance: 3_001,
        ..fresh(5)
    });
    assert_eq!(richer.code, Code::CardStopped);
    assert_eq!(richer.writes, [Write::StopCard(CardStop::BalanceRose)]);
    let seen = |seen| VerifiedInit { seen, ..fresh(5) };
    assert_eq!(denied(seen(Seen::Repeated)).code, Code::WeakRandom);
    assert_eq!(denied(seen(Seen::Same)).code, Code::NonceExpired);
}
