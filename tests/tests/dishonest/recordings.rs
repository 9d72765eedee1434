//! Answers of a card that were kept, and handed in when they are no longer true.

use apdu_core::authority::MadeFor;
use apdu_core::fault::Code;
use etc_backend::ledger::State;
use etc_tests::explore::AMOUNT;

use crate::bench::{
    alarms, approve, elsewhere, is_stopped, nothing_gained, page, plain, two_cards, with,
};

#[test]
fn a_recorded_preflight_opens_nothing() {
    let world = plain();
    let page = page(&world);
    let first = page.sight().preflight.unwrap();
    let recorded = page.init(&first);
    page.created();
    // Another reading, another number: told, it is expired; not told, it is a wrong proof.
    page.sight();
    assert_eq!(
        page.create(recorded, Some(first.terminal)),
        Err(Code::NonceExpired)
    );
    assert_eq!(page.create(recorded, None), Err(Code::WrongMac1));
    nothing_gained(&world);
}

#[test]
fn a_recorded_init_gets_a_credit_that_fits_no_card() {
    let world = plain();
    let page = page(&world);
    let record = page.paid();
    let recorded = page.init_of(&record);
    page.init_of(&record);
    // The counter is still where it was, so the answer is as good as any; the card has forgotten it.
    let authorised = page.authorise(&record, recorded).unwrap();
    assert_eq!(page.credit(&authorised.command.0), Err([0x93, 0x02]));
    let again = page.authorise(&record, page.init_of(&record)).unwrap();
    let tac = page.credit(&again.command.0).unwrap();
    page.confirm(&record, tac).unwrap();
    nothing_gained(&world);
}

#[test]
fn a_recording_from_before_the_load_is_old_news_and_changes_nothing() {
    let world = plain();
    let page = page(&world);
    let record = page.paid();
    let recorded = page.init_of(&record);
    let authorised = page.authorise(&record, page.init_of(&record)).unwrap();
    let tac = page.credit(&authorised.command.0).unwrap();
    page.confirm(&record, tac).unwrap();

    let second = page.paid();
    let before = world.books().in_short();
    assert_eq!(page.authorise(&second, recorded), Err(Code::OldCounter));
    let made_for = MadeFor::Record(second.id.clone());
    assert_eq!(
        page.account(made_for, recorded, None, &[]).map(|_| ()),
        Err(Code::OldCounter)
    );
    assert_eq!(world.books().in_short(), before);
    assert!(!is_stopped(&world), "a recording stops no card");
    assert_eq!(page.state(&second), State::Paid);
    nothing_gained(&world);
}

#[test]
fn a_recording_lets_nothing_go() {
    let world = plain();
    let page = page(&world);
    let preflight = page.sight().preflight.unwrap();
    let recorded = page.init(&preflight);
    let (record, command) = page.torn();
    let offer = page.offer(&record).unwrap();
    assert_eq!(
        page.let_go(&record, recorded, offer.terminal),
        Err(Code::WrongMac1)
    );
    assert_eq!(
        page.let_go(&record, recorded, preflight.terminal),
        Err(Code::NonceExpired)
    );
    page.credit(&command).unwrap();
    nothing_gained(&world);
    assert_eq!(page.begin_refund(&record), Err(Code::OnSupervisorList));
}

#[test]
fn a_recorded_authorisation_after_a_let_go_is_dead() {
    let world = plain();
    let page = page(&world);
    let record = page.paid();
    let recorded = page.init_of(&record);
    let first = page.authorise(&record, recorded).unwrap();
    let record = page.let_go_honestly(&first.record).unwrap();
    // The recording still shows the counter the card stands at: torn again, and let go again.
    let second = page.authorise(&record, recorded).unwrap();
    for command in [&first, &second] {
        page.init_of(&record);
        assert_eq!(page.credit(&command.command.0), Err([0x93, 0x02]));
    }
    nothing_gained(&world);
}

#[test]
fn where_every_terminal_number_must_be_registered_a_recording_opens_a_record_and_gains_nothing() {
    let world = with(|knobs| knobs.refuses_odd_terminals = true);
    let page = page(&world);
    let (record, _) = page.loaded();
    let preflight = page.sight().preflight.unwrap();
    let recorded = page.init(&preflight);
    let second = page.create(recorded, Some(preflight.terminal)).unwrap();
    page.pay(&second).unwrap();
    let authorised = page.authorise(&second, page.init_of(&second)).unwrap();
    page.credit(&authorised.command.0).unwrap();
    // It stands at the next counter now: the recording is of no use for a third.
    assert_eq!(page.offer(&second), Err(Code::NoLetGo));
    nothing_gained(&world);
    assert!(matches!(page.state(&record), State::Loaded(_)));
}

#[test]
fn a_lower_counter_under_a_number_of_ours_stops_the_card() {
    let world = plain();
    let page = page(&world);
    // Somebody copies the card, loads the one and shows the other.
    let copy = page.plastic().chip.borrow().clone();
    page.loaded();
    let loaded = page.plastic().chip.replace(copy);
    let preflight = page.sight().preflight.unwrap();
    let init = page.init(&preflight);
    assert_eq!(
        page.create(init, Some(preflight.terminal)),
        Err(Code::OldCounter)
    );
    assert!(is_stopped(&world));
    assert!(alarms(&world).contains(&"old-counter".to_owned()));

    page.plastic().chip.replace(loaded);
    let sighted = page.sight();
    assert_eq!(sighted.refusal, Some(Code::CardStopped));
    assert_eq!(sighted.preflight, None);
    nothing_gained(&world);

    let case = page.ask(None, etc_api::CaseKind::LiftStop).unwrap();
    approve(&world, &case, "decider.one").unwrap();
    approve(&world, &case, "decider.two").unwrap();
    page.loaded();
    nothing_gained(&world);
}

#[test]
fn a_number_of_one_purpose_record_or_card_serves_no_other() {
    let world = two_cards();
    let first = page(&world);
    let other = page(&world).with_card(1);
    let (record, command) = first.torn();
    let (others, _) = other.torn();
    let offer = first.offer(&record).unwrap();
    let init = first.init(&offer);
    let others_offer = other.offer(&others).unwrap();
    let others_init = other.init(&others_offer);
    // Of another card, and of another record.
    assert_eq!(
        first.let_go(&record, others_init, others_offer.terminal),
        Err(Code::NonceExpired)
    );
    assert_eq!(
        other.let_go(&others, init, offer.terminal),
        Err(Code::NonceExpired)
    );
    // A let-go's number opens no record, even where nothing is open any more.
    first.init_of(&record);
    let again = first.authorise(&record, first.init_of(&record)).unwrap();
    let offer = first.offer(&record).unwrap();
    let tac = first.credit(&again.command.0).unwrap();
    first.confirm(&record, tac).unwrap();
    let init = first.init(&offer);
    assert_eq!(
        first.create(init, Some(offer.terminal)),
        Err(Code::NonceExpired)
    );
    // And a preflight's lets nothing go: an authorisation has deleted it.
    let preflight = first.sight().preflight.unwrap();
    let init = first.init(&preflight);
    let second = first.create(init, Some(preflight.terminal)).unwrap();
    first.pay(&second).unwrap();
    first.authorise(&second, first.init_of(&second)).unwrap();
    let init = first.init(&preflight);
    assert_eq!(
        first.let_go(&second, init, preflight.terminal),
        Err(Code::NonceExpired)
    );
    assert_ne!(first.credit(&command).map(|_| ()), Ok(()));
    nothing_gained(&world);
}

#[test]
fn a_clock_that_is_put_back_makes_no_two_authorisations_alike() {
    let world = plain();
    let page = page(&world);
    let record = page.paid();
    let mut at = etc_tests::explore::MORNING;
    for _ in 0..5 {
        page.authorise(&record, page.init_of(&record)).unwrap();
        at -= 3_600_000;
        world.memory().set_now(at);
    }
    let seconds: Vec<i64> = world
        .memory()
        .authorisations()
        .iter()
        .map(|one| one.second)
        .collect();
    assert!(seconds.is_sorted_by(|a, b| a < b), "{seconds:?}");
    assert_eq!(
        page.authorise(&record, page.init_of(&record)).map(|_| ()),
        Err(Code::TooManyAuthorisations)
    );
    let supervisor = etc_tests::dishonest::Liar::new(
        &world,
        world.supervisor(etc_tests::explore::Outlet::First),
    );
    let last = supervisor
        .authorise(&record, supervisor.init_of(&record))
        .unwrap();
    let tac = page.credit(&last.command.0).unwrap();
    page.confirm(&record, tac).unwrap();
    nothing_gained(&world);
}

#[test]
fn the_pages_word_for_an_amount_or_terminal_is_nothing() {
    let world = plain();
    let page = page(&world);
    let record = page.paid();
    let more = page.plastic().init(AMOUNT as u32 + 1, [1, 2, 3, 4, 5, 6]);
    assert_eq!(
        page.authorise(&record, more.unwrap()).map(|_| ()),
        Err(Code::WrongMac1)
    );
    let there = page.plastic().init(AMOUNT as u32, [1, 2, 3, 4, 5, 7]);
    assert_eq!(
        page.authorise(&record, there.unwrap()).map(|_| ()),
        Err(Code::WrongMac1)
    );
    // It is another outlet's own INIT there.
    elsewhere(&world)
        .authorise(&record, there.unwrap())
        .unwrap();
    nothing_gained(&world);
}
