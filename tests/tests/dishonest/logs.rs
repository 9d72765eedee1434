//! What a card's log is made to say.

use apdu_core::authority::{MadeFor, Recharge};
use apdu_core::calendar;
use apdu_core::fault::Code;
use etc_backend::ledger::{ProvedBy, State};
use etc_sim::card::ProofsKept;
use etc_tests::dishonest::Liar;
use etc_tests::explore::{AMOUNT, Outlet, World};

use crate::bench::{alarms, is_stopped, nothing_gained, page, plain, with};

const FOREIGN: [u8; 6] = [0x99, 0x62, 0x01, 0x00, 0x00, 0x01];

/// A record of the log 0018: a load.
fn entry(counter: u16, amount: u32, terminal: [u8; 6], second: i64) -> [u8; 23] {
    let (date, time) = calendar::date_time(second);
    let mut entry = [0; 23];
    entry[..2].copy_from_slice(&counter.to_be_bytes());
    entry[5..9].copy_from_slice(&amount.to_be_bytes());
    entry[9] = 0x02;
    entry[10..16].copy_from_slice(&terminal);
    entry[16..20].copy_from_slice(&date.0);
    entry[20..].copy_from_slice(&time.0);
    entry
}

/// A torn record whose counter another system has spent, and an INIT that shows it.
fn spent_elsewhere(world: &World) -> (Liar<'_>, Recharge, [u8; 16]) {
    let page = page(world);
    let (record, _) = page.torn();
    page.plastic().load_elsewhere(5_000);
    page.plastic().unlock();
    let init = page.init_of(&record);
    (page, record, init)
}

#[test]
fn a_log_that_names_our_authorisation_is_believed_and_reported_and_nobody_gains() {
    let world = plain();
    let (page, record, init) = spent_elsewhere(&world);
    let second = world.memory().authorisations()[0].second;
    let lie = entry(5, AMOUNT as u32, Outlet::First.terminal(), second);
    let made_for = MadeFor::Record(record.id.clone());
    page.account(made_for, init, None, &[lie]).unwrap();
    assert!(
        matches!(page.state(&record), State::Loaded(proof) if proof.by == ProvedBy::CounterAndLog)
    );
    assert!(alarms(&world).contains(&"counter-and-log".to_owned()));
    assert_eq!(page.begin_refund(&record), Err(Code::AlreadyLoaded));
    nothing_gained(&world);
}

#[test]
fn a_load_at_our_terminal_that_nobody_authorised_stops_the_card() {
    let world = plain();
    let (page, record, init) = spent_elsewhere(&world);
    let second = world.memory().authorisations()[0].second;
    let lie = entry(5, AMOUNT as u32, Outlet::Other.terminal(), second + 7);
    let made_for = MadeFor::Record(record.id.clone());
    assert_eq!(
        page.account(made_for, init, None, &[lie]).map(|_| ()),
        Err(Code::CardStopped)
    );
    assert!(is_stopped(&world));
    let alarms = alarms(&world);
    assert!(alarms.contains(&"lost-load".to_owned()), "{alarms:?}");
    assert_eq!(
        page.authorise(&record, init).map(|_| ()),
        Err(Code::CardStopped)
    );
    assert_eq!(page.begin_refund(&record), Err(Code::OnSupervisorList));
    nothing_gained(&world);
}

#[test]
fn another_systems_load_is_believed_on_its_tac_only() {
    let world = plain();
    let (page, record, init) = spent_elsewhere(&world);
    let made_for = || MadeFor::Record(record.id.clone());
    let true_log = page.log();
    let prove = page.prove(6).unwrap();
    let mut garbage = prove;
    garbage[7] ^= 1;
    for (prove, log) in [
        (None, &true_log[..]),
        (Some(garbage), &true_log[..]),
        (Some(prove), &[]),
        (Some(prove), &[entry(5, 5_001, FOREIGN, 1_790_000_000)]),
    ] {
        assert_eq!(
            page.account(made_for(), init, prove, log).map(|_| ()),
            Err(Code::OnSupervisorList)
        );
        assert!(matches!(page.state(&record), State::Loading { counter: 5 }));
    }
    assert!(alarms(&world).contains(&"unknown-counter".to_owned()));
    page.account(made_for(), init, Some(prove), &true_log)
        .unwrap();
    assert_eq!(page.state(&record), State::Paid);
    nothing_gained(&world);
}

#[test]
fn our_own_load_is_not_passed_off_as_another_systems() {
    let world = plain();
    let page = page(&world);
    let (record, command) = page.torn();
    page.credit(&command).unwrap();
    page.plastic().unlock();
    let init = page.init_of(&record);
    let prove = page.prove(6).unwrap();
    let second = world.memory().authorisations()[0].second;
    let made_for = || MadeFor::Record(record.id.clone());
    for lie in [
        entry(5, AMOUNT as u32, FOREIGN, second),
        entry(5, 1, FOREIGN, second),
    ] {
        let told = page.account(made_for(), init, Some(prove), &[lie]);
        assert_eq!(told.map(|_| ()), Err(Code::OnSupervisorList));
        assert_eq!(page.begin_refund(&record), Err(Code::OnSupervisorList));
    }
    nothing_gained(&world);
    // The truth is believed all the same.
    let told = page.account(made_for(), init, Some(prove), &page.log());
    assert!(told.unwrap().settled.is_some());
    assert!(matches!(page.state(&record), State::Loaded(_)));
}

#[test]
fn another_systems_load_at_another_counter_frees_nothing() {
    let world = plain();
    let page = page(&world);
    let (record, command) = page.torn();
    page.credit(&command).unwrap();
    // Another system loads the card after us: its TAC is real, and about the next counter.
    page.plastic().load_elsewhere(5_000);
    page.plastic().unlock();
    let init = page.init_of(&record);
    let prove = page.prove(7).unwrap();
    let log = page.log();
    let made_for = || MadeFor::Record(record.id.clone());
    let lie = page.account(made_for(), init, Some(prove), &log[..1]);
    assert_eq!(lie.map(|_| ()), Err(Code::OnSupervisorList));
    let mut moved = log[0];
    moved[..2].copy_from_slice(&5_u16.to_be_bytes());
    let lie = page.account(made_for(), init, Some(prove), &[moved]);
    assert_eq!(lie.map(|_| ()), Err(Code::OnSupervisorList));
    nothing_gained(&world);
    page.account(made_for(), init, Some(prove), &log).unwrap();
    assert!(matches!(page.state(&record), State::Loaded(_)));
}

#[test]
fn a_log_too_long_or_broken_is_no_log() {
    let world = with(|knobs| knobs.proofs_kept = ProofsKept::None);
    let (page, record, init) = spent_elsewhere(&world);
    let made_for = || MadeFor::Record(record.id.clone());
    let long = vec![[0; 23]; 51];
    assert_eq!(
        page.account(made_for(), init, None, &long).map(|_| ()),
        Err(Code::BadRequest)
    );
    assert_eq!(
        page.account(made_for(), init, None, &[[0xFF; 23], [0; 23]])
            .map(|_| ()),
        Err(Code::OnSupervisorList)
    );
    nothing_gained(&world);
}

#[test]
fn a_later_entry_of_the_same_counter_does_not_undo_what_is_known() {
    let world = plain();
    let page = page(&world);
    let (first, _) = page.loaded();
    let (second, _) = page.torn();
    page.plastic().load_elsewhere(1_000);
    page.plastic().unlock();
    let init = page.init_of(&second);
    // The first record's counter is said to have been another system's.
    let lies = [
        entry(6, AMOUNT as u32, FOREIGN, 1_790_000_500),
        entry(5, AMOUNT as u32, FOREIGN, 1_790_000_400),
    ];
    let made_for = MadeFor::Record(second.id.clone());
    let _ = page.account(made_for, init, None, &lies);
    assert!(matches!(page.state(&first), State::Loaded(_)));
    nothing_gained(&world);
}
