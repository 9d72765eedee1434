//! The ledger is put back to an older state: every load it has lost is found at the next sight of its card.

use apdu_core::authority::MadeFor;
use apdu_core::fault::Code;
use etc_api::CaseKind;
use etc_backend::ledger::State;
use etc_sim::card::ProofsKept;
use etc_tests::explore::{AMOUNT, Outlet, Wish, World, visit};
use etc_tests::run;

use crate::bench::{alarms, approve, is_stopped, page, plain, with};

/// An honest page meets the card.
fn honest_visit(world: &World, wish: Wish) -> Result<(), Code> {
    world.next_visit(0);
    let desk = world.desk(Outlet::Other);
    let ended = run(visit(world, 0, desk, wish)).expect("nothing is cut");
    ended.map_err(|fault| fault.code)
}

fn lift_stop(world: &World) {
    let case = page(world).ask(None, CaseKind::LiftStop).unwrap();
    approve(world, &case, "decider.one").unwrap();
    approve(world, &case, "decider.two").unwrap();
}

fn on_the_card(world: &World) -> i64 {
    let chip = world.plastic().chip.borrow();
    let ours = chip.credits().iter().filter(|credit| !credit.foreign);
    ours.map(|credit| i64::from(credit.amount)).sum()
}

#[test]
fn loads_the_ledger_has_lost_are_found_and_settled_by_two_persons() {
    let mut world = plain();
    page(&world).loaded();
    let backup = world.memory().clone();
    page(&world).loaded();
    page(&world).loaded();
    world.restore(&backup);

    assert_eq!(honest_visit(&world, Wish::Load), Err(Code::CardStopped));
    assert!(is_stopped(&world));
    let lost = alarms(&world);
    assert_eq!(
        lost.iter().filter(|kind| *kind == "lost-load").count(),
        3,
        "{lost:?}"
    );
    assert_eq!(honest_visit(&world, Wish::Load), Err(Code::CardStopped));

    lift_stop(&world);
    assert!(!is_stopped(&world));
    honest_visit(&world, Wish::Load).unwrap();
    // Two that were lost, one from before, one from now: nothing was loaded twice.
    assert_eq!(on_the_card(&world), 4 * AMOUNT);
    assert_eq!(world.books().stray.len(), 2);
}

#[test]
fn a_record_the_backup_still_has_as_paid_is_not_loaded_twice() {
    for kept in [ProofsKept::LastLoad, ProofsKept::None] {
        let mut world = with(|knobs| knobs.proofs_kept = kept);
        let record = page(&world).paid();
        let backup = world.memory().clone();
        honest_visit(&world, Wish::Finish).unwrap();
        world.restore(&backup);

        assert_eq!(page(&world).state(&record), State::Paid);
        assert_eq!(honest_visit(&world, Wish::Finish), Err(Code::CardStopped));
        assert_eq!(on_the_card(&world), AMOUNT);
        lift_stop(&world);
        assert!(matches!(page(&world).state(&record), State::Loaded(_)));
        honest_visit(&world, Wish::Load).unwrap();
        assert_eq!(on_the_card(&world), 2 * AMOUNT);
    }
}

#[test]
fn a_page_that_hides_the_log_from_an_older_ledger_gets_nothing_either() {
    let mut world = plain();
    let record = page(&world).paid();
    let backup = world.memory().clone();
    honest_visit(&world, Wish::Finish).unwrap();
    world.restore(&backup);

    let page = page(&world);
    page.plastic().unlock();
    let init = page.init_of(&record);
    assert_eq!(
        page.authorise(&record, init).map(|_| ()),
        Err(Code::BookOpen)
    );
    let made_for = MadeFor::Record(record.id.clone());
    page.account(made_for, init, None, &[]).unwrap();
    assert_eq!(
        page.authorise(&record, init).map(|_| ()),
        Err(Code::OnSupervisorList)
    );
    assert_eq!(on_the_card(&world), AMOUNT);
    let case = page.ask(Some(&record), CaseKind::CallLoaded).unwrap();
    approve(&world, &case, "decider.one").unwrap();
    approve(&world, &case, "decider.two").unwrap();
    assert!(matches!(page.state(&record), State::Loaded(_)));
    honest_visit(&world, Wish::Load).unwrap();
    assert_eq!(on_the_card(&world), 2 * AMOUNT);
}

#[test]
fn money_of_a_listed_record_does_not_go_back_over_the_counter() {
    let mut world = plain();
    let record = page(&world).paid();
    let backup = world.memory().clone();
    honest_visit(&world, Wish::Finish).unwrap();
    world.restore(&backup);
    let page = page(&world);
    page.plastic().unlock();
    let init = page.init_of(&record);
    let made_for = MadeFor::Record(record.id.clone());
    page.account(made_for, init, None, &[]).unwrap();
    // Its counter was spent by nobody knows whom: it may well be this record's money.
    assert!(
        page.begin_refund(&record).is_err(),
        "given back although it may have been loaded"
    );
}

#[test]
fn money_of_a_stopped_card_does_not_go_back_over_the_counter() {
    let mut world = plain();
    let record = page(&world).paid();
    let backup = world.memory().clone();
    honest_visit(&world, Wish::Finish).unwrap();
    world.restore(&backup);
    assert_eq!(honest_visit(&world, Wish::Finish), Err(Code::CardStopped));
    // The card's log says that a terminal of ours loaded this very money.
    assert!(
        page(&world).begin_refund(&record).is_err(),
        "given back although it was loaded"
    );
}

#[test]
fn a_torn_record_whose_later_authorisation_was_lost_is_found() {
    let mut world = plain();
    let (record, _) = page(&world).torn();
    let backup = world.memory().clone();
    world.pass(60_000);
    let page_now = page(&world);
    let again = page_now
        .authorise(&record, page_now.init_of(&record))
        .unwrap();
    page_now.credit(&again.command.0).unwrap();
    world.restore(&backup);

    assert_eq!(honest_visit(&world, Wish::Finish), Err(Code::CardStopped));
    lift_stop(&world);
    assert!(matches!(page(&world).state(&record), State::Loaded(_)));
    assert_eq!(on_the_card(&world), AMOUNT);
}

#[test]
fn a_torn_record_that_was_loaded_before_the_restore_is_proved_by_its_card() {
    let mut world = plain();
    let (record, command) = page(&world).torn();
    let backup = world.memory().clone();
    let tac = page(&world).credit(&command).unwrap();
    page(&world).confirm(&record, tac).unwrap();
    world.restore(&backup);
    honest_visit(&world, Wish::Finish).unwrap();
    assert!(matches!(page(&world).state(&record), State::Loaded(_)));
    assert_eq!(on_the_card(&world), AMOUNT);
}

#[test]
fn a_payment_that_was_lost_is_no_load() {
    let mut world = plain();
    let record = page(&world).created();
    let backup = world.memory().clone();
    page(&world).pay(&record).unwrap();
    honest_visit(&world, Wish::Finish).unwrap();
    world.restore(&backup);
    // The record is unpaid again; its card was loaded. Cash would be taken for a load that is lost.
    assert_eq!(honest_visit(&world, Wish::Load), Err(Code::CardStopped));
    assert_eq!(
        page(&world).pay(&record).map(|_| ()),
        Err(Code::PaymentTooLate)
    );
}
