//! TACs: only one that verifies over an authorisation is evidence, and for that one's record.

use apdu_core::authority::MadeFor;
use apdu_core::fault::Code;
use etc_api::{CaseKind, MoneyOut};
use etc_backend::ledger::State;
use etc_sim::card::ProofsKept;
use etc_tests::explore::{Books, Outlet, Wish, decide, visit};
use etc_tests::run;

use crate::bench::{THREE_DAYS, elsewhere, nothing_gained, page, plain, two_cards, with};

#[test]
fn garbage_is_no_evidence_and_five_of_it_lock() {
    let world = plain();
    let page = page(&world);
    let (record, command) = page.torn();
    for _ in 0..5 {
        assert_eq!(page.confirm(&record, [0xA5; 4]), Err(Code::WrongEvidence));
    }
    let tac = page.credit(&command).unwrap();
    assert_eq!(page.confirm(&record, tac), Err(Code::ProofsLocked));
    // The card is locked with the sign-in: another outlet's page has no tries either.
    assert_eq!(
        elsewhere(&world).confirm(&record, tac),
        Err(Code::ProofsLocked)
    );
    assert!(matches!(page.state(&record), State::Loading { .. }));
    nothing_gained(&world);
}

#[test]
fn the_tac_of_another_load_or_card_settles_nothing() {
    let world = two_cards();
    let page = page(&world);
    let other = crate::bench::page(&world).with_card(1);
    let (first, of_first) = page.loaded();
    let (_, of_other) = other.loaded();
    let (second, _) = page.torn();
    for tac in [of_first, of_other] {
        assert_eq!(page.confirm(&second, tac), Err(Code::WrongEvidence));
    }
    assert!(matches!(page.state(&second), State::Loading { counter: 6 }));
    assert!(matches!(page.state(&first), State::Loaded(_)));
    nothing_gained(&world);
}

#[test]
fn evidence_settles_the_record_it_is_about_whichever_it_was_sent_to() {
    let world = plain();
    let page = page(&world);
    let (first, _) = page.torn();
    let first = page.let_go_honestly(&first).unwrap();
    page.refund(&first).unwrap();
    // At the same counter, for other money.
    let (second, command) = page.torn();
    let tac = page.credit(&command).unwrap();
    page.confirm(&first, tac).unwrap();
    assert!(matches!(page.state(&first), State::Refunded(_)));
    assert!(matches!(page.state(&second), State::Loaded(_)));
    world.check(Books::at_rest);
}

#[test]
fn whichever_of_two_authorisations_was_used_it_is_one_load() {
    let world = plain();
    let page = page(&world);
    let there = elsewhere(&world);
    let record = page.paid();
    page.authorise(&record, page.init_of(&record)).unwrap();
    let used = there.authorise(&record, there.init_of(&record)).unwrap();
    page.authorise(&record, {
        // An INIT of the first page that comes too late to be the card's last word.
        let late = page.init_of(&record);
        there.init_of(&record);
        late
    })
    .unwrap();
    assert_eq!(page.credit(&used.command.0), Err([0x93, 0x02]));
    let used = there.authorise(&record, there.init_of(&record)).unwrap();
    let tac = page.credit(&used.command.0).unwrap();
    page.confirm(&record, tac).unwrap();
    // Twice is once.
    page.confirm(&record, tac).unwrap();
    world.check(Books::at_rest);
}

#[test]
fn a_withheld_tac_leads_to_no_refund_over_the_counter() {
    let world = plain();
    let page = page(&world);
    let (record, command) = page.torn();
    page.credit(&command).unwrap();
    assert_eq!(page.let_go_honestly(&record), Err(Code::CounterMoved));
    assert_eq!(page.begin_refund(&record), Err(Code::OnSupervisorList));
    assert_eq!(page.send_refund(&record), Err(Code::NotRefunding));
    assert_eq!(
        page.end_refund(&record, MoneyOut::PaidInCash),
        Err(Code::NotRefunding)
    );
    nothing_gained(&world);
    world.next_visit(0);
    let desk = world.desk(Outlet::Other);
    run(visit(&world, 0, desk, Wish::Finish)).unwrap().unwrap();
    world.check(Books::at_rest);
    assert!(matches!(page.state(&record), State::Loaded(_)));
}

#[test]
fn nothing_is_authorised_for_a_torn_record_once_its_card_has_moved_on() {
    let world = plain();
    let page = page(&world);
    let (record, command) = page.torn();
    page.credit(&command).unwrap();
    let authorise = || page.authorise(&record, page.init_of(&record)).map(|_| ());
    assert_eq!(authorise(), Err(Code::CounterMoved));
    // Nor after an account that leaves everything out.
    let made_for = MadeFor::Record(record.id.clone());
    let account = page.account(made_for, page.init_of(&record), None, &[]);
    assert_eq!(account.map(|_| ()), Err(Code::OnSupervisorList));
    assert_eq!(authorise(), Err(Code::CounterMoved));
    nothing_gained(&world);
}

#[test]
fn a_card_given_up_in_bad_faith_cancels_its_refund_when_it_is_seen() {
    let world = plain();
    let page = page(&world);
    let (record, command) = page.torn();
    page.credit(&command).unwrap();
    decide(&world, 0, CaseKind::RefundWithoutCard).unwrap();
    assert_eq!(page.send_refund(&record), Err(Code::RefundWaits));
    world.next_visit(0);
    let desk = world.desk(Outlet::Other);
    let _ = run(visit(&world, 0, desk, Wish::Finish));
    assert!(matches!(page.state(&record), State::Loaded(_)));
    world.pass(THREE_DAYS);
    assert_eq!(page.send_refund(&record), Err(Code::NotRefunding));
    world.check(Books::at_rest);
    // What it has may be spent, but nothing is loaded on top of it.
    assert_eq!(page.sight().refusal, Some(Code::CardBlacklisted));
}

#[test]
fn evidence_against_a_refund_that_was_sent_waits_for_the_channels_word() {
    for outcome in [MoneyOut::PaidInCash, MoneyOut::Refused] {
        let world = plain();
        let page = page(&world);
        let (record, command) = page.torn();
        let tac = page.credit(&command).unwrap();
        decide(&world, 0, CaseKind::RefundWithoutCard).unwrap();
        world.pass(THREE_DAYS);
        page.send_refund(&record).unwrap();
        page.confirm(&record, tac).unwrap();
        assert!(matches!(page.state(&record), State::Refunding(_)));
        page.end_refund(&record, outcome.clone()).unwrap();
        match outcome {
            MoneyOut::Refused => {
                assert!(matches!(page.state(&record), State::Loaded(_)));
            }
            _ => assert!(matches!(page.state(&record), State::Conflict(_))),
        }
        world.check(Books::at_rest);
    }
}

#[test]
fn a_tac_after_the_refund_is_a_conflict_that_everybody_sees() {
    let world = plain();
    let page = page(&world);
    let (record, command) = page.torn();
    let tac = page.credit(&command).unwrap();
    decide(&world, 0, CaseKind::RefundWithoutCard).unwrap();
    world.pass(THREE_DAYS);
    page.send_refund(&record).unwrap();
    page.end_refund(&record, MoneyOut::PaidInCash).unwrap();
    page.confirm(&record, tac).unwrap();
    assert!(matches!(page.state(&record), State::Conflict(_)));
    assert!(crate::bench::alarms(&world).contains(&"conflict".to_owned()));
    world.check(Books::at_rest);
}

#[test]
fn a_card_given_up_and_refunded_is_found_out_when_it_turns_up() {
    let world = plain();
    let page = page(&world);
    let (record, command) = page.torn();
    page.credit(&command).unwrap();
    decide(&world, 0, CaseKind::RefundWithoutCard).unwrap();
    world.pass(THREE_DAYS);
    page.send_refund(&record).unwrap();
    page.end_refund(&record, MoneyOut::PaidInCash).unwrap();
    world.next_visit(0);
    let desk = world.desk(Outlet::Other);
    let _ = run(visit(&world, 0, desk, Wish::Finish));
    assert!(matches!(page.state(&record), State::Conflict(_)));
}

/// It gets no number for a new load, but it may always show what it has.
#[test]
fn a_card_given_up_is_found_out_by_its_log_where_it_keeps_no_proof() {
    for refunded in [false, true] {
        let world = with(|knobs| knobs.proofs_kept = ProofsKept::None);
        let page = page(&world);
        let (record, command) = page.torn();
        page.credit(&command).unwrap();
        decide(&world, 0, CaseKind::RefundWithoutCard).unwrap();
        if refunded {
            world.pass(THREE_DAYS);
            page.send_refund(&record).unwrap();
            page.end_refund(&record, MoneyOut::PaidInCash).unwrap();
        }
        world.next_visit(0);
        let desk = world.desk(Outlet::Other);
        run(visit(&world, 0, desk, Wish::Finish)).unwrap().unwrap();
        let state = page.state(&record);
        match refunded {
            false => assert!(matches!(state, State::Loaded(_)), "{state:?}"),
            true => assert!(matches!(state, State::Conflict(_)), "{state:?}"),
        }
        world.check(Books::at_rest);
    }
}

#[test]
fn money_is_given_back_once() {
    let world = plain();
    let page = page(&world);
    let record = page.paid();
    page.begin_refund(&record).unwrap();
    assert_eq!(page.begin_refund(&record), Err(Code::RefundUnderWay));
    assert_eq!(
        page.authorise(&record, page.init_of(&record)).map(|_| ()),
        Err(Code::RefundUnderWay)
    );
    assert_eq!(
        elsewhere(&world).send_refund(&record),
        Err(Code::NotTakenHere)
    );
    page.send_refund(&record).unwrap();
    assert_eq!(page.send_refund(&record), Err(Code::RefundUnderWay));
    page.end_refund(&record, MoneyOut::PaidInCash).unwrap();
    for outcome in [MoneyOut::PaidInCash, MoneyOut::Refused] {
        assert_eq!(
            page.end_refund(&record, outcome),
            Err(Code::AlreadyRefunded)
        );
    }
    assert_eq!(page.begin_refund(&record), Err(Code::AlreadyRefunded));
    assert_eq!(world.memory().money_back().len(), 1);
    world.check(Books::at_rest);
}
