//! Two persons decide, and none of them had a part in it.

use apdu_core::fault::Code;
use etc_api::{CaseKind, CaseState};
use etc_backend::ledger::State;
use etc_tests::dishonest::Liar;
use etc_tests::explore::{Books, Outlet};

use crate::bench::{THREE_DAYS, approve, nothing_gained, page, plain};

#[test]
fn nobody_approves_what_they_had_a_part_in() {
    let world = plain();
    // Created by one supervisor, paid by another, authorised by a third and asked for by a fourth.
    let creator = Liar::new(&world, world.supervisor(Outlet::First));
    let payer = Liar::new(&world, world.person("decider.one"));
    let authoriser = Liar::new(&world, world.supervisor(Outlet::Other));
    let asker = Liar::new(&world, world.supervisor(Outlet::Third));
    let record = creator.created();
    let record = payer.pay(&record).unwrap();
    let init = authoriser.init_of(&record);
    authoriser.authorise(&record, init).unwrap();
    let case = asker
        .ask(Some(&record), CaseKind::RefundWithoutCard)
        .unwrap();
    for person in ["super.LZ01", "decider.one", "super.TS01", "super.ZY01"] {
        assert_eq!(
            approve(&world, &case, person),
            Err(Code::SamePerson),
            "{person}"
        );
    }
    assert_eq!(approve(&world, &case, "teller.LZ01"), Err(Code::RoleMayNot));
    let once = approve(&world, &case, "decider.two").unwrap();
    assert_eq!(once.state, CaseState::Open);
    assert_eq!(approve(&world, &case, "decider.two"), Err(Code::SamePerson));
    assert!(matches!(page(&world).state(&record), State::Loading { .. }));
    nothing_gained(&world);
}

#[test]
fn what_has_moved_on_is_not_approved_any_more() {
    let world = plain();
    let page = page(&world);
    let (record, _) = page.torn();
    let case = page
        .ask(Some(&record), CaseKind::RefundWithoutCard)
        .unwrap();
    approve(&world, &case, "decider.one").unwrap();
    // The card turns up, and is written.
    let again = page.authorise(&record, page.init_of(&record)).unwrap();
    assert_eq!(
        approve(&world, &case, "decider.two"),
        Err(Code::CaseMovedOn)
    );
    let tac = page.credit(&again.command.0).unwrap();
    page.confirm(&record, tac).unwrap();
    assert_eq!(
        approve(&world, &case, "decider.two"),
        Err(Code::CaseMovedOn)
    );
    assert_eq!(
        page.ask(Some(&record), CaseKind::RefundWithoutCard)
            .map(|_| ()),
        Err(Code::AlreadyLoaded)
    );
    world.check(Books::at_rest);
}

#[test]
fn only_what_is_torn_or_listed_is_given_up() {
    let world = plain();
    let page = page(&world);
    let record = page.paid();
    assert_eq!(
        page.ask(Some(&record), CaseKind::RefundWithoutCard)
            .map(|_| ()),
        Err(Code::NotTorn)
    );
    assert_eq!(
        page.ask(Some(&record), CaseKind::CallLoaded).map(|_| ()),
        Err(Code::NotTorn)
    );
    assert_eq!(
        page.ask(None, CaseKind::LiftStop).map(|_| ()),
        Err(Code::CaseMovedOn)
    );
    nothing_gained(&world);
}

#[test]
fn a_card_that_was_given_up_takes_nothing_more() {
    let world = plain();
    let page = page(&world);
    let (record, _) = page.torn();
    let case = page
        .ask(Some(&record), CaseKind::RefundWithoutCard)
        .unwrap();
    approve(&world, &case, "decider.one").unwrap();
    approve(&world, &case, "decider.two").unwrap();
    assert_eq!(
        page.authorise(&record, page.init_of(&record)).map(|_| ()),
        Err(Code::RefundUnderWay)
    );
    assert_eq!(page.offer(&record), Err(Code::RefundUnderWay));
    world.pass(THREE_DAYS);
    page.send_refund(&record).unwrap();
    // The channel refuses: back to where it came from, and still nothing is written.
    page.end_refund(&record, etc_api::MoneyOut::Refused)
        .unwrap();
    assert!(matches!(page.state(&record), State::Loading { .. }));
    assert_eq!(
        page.authorise(&record, page.init_of(&record)).map(|_| ()),
        Err(Code::CardBlacklisted)
    );
    nothing_gained(&world);
}

#[test]
fn what_the_card_has_not_shown_spent_is_not_called_loaded() {
    let world = plain();
    let page = page(&world);
    let (record, command) = page.torn();
    let called = page.ask(Some(&record), CaseKind::CallLoaded);
    assert_eq!(called.map(|_| ()), Err(Code::NotSpent));
    // Another record's money could go on the card at this very counter.
    let tac = page.credit(&command).unwrap();
    page.confirm(&record, tac).unwrap();
    world.check(Books::at_rest);
}
