//! The explorer over cards that are written: whatever is cut, a card is right and known to be right, or known to be
//! not good; and a failure is counted where there was one, once.

use std::io::Write;
use std::time::Instant;

use etc_sim::card::PinForm;
use etc_tests::explore::{CardAct, CardWays, Report, explore_cards};

use CardAct::{Activate, Issue};

/// What is explored: a kind of card, what is done with it, and how deep.
type Task = (CardWays, &'static [CardAct], usize);

fn tasks() -> Vec<Task> {
    let (blank, expired) = (CardWays::BLANK, CardWays::EXPIRED);
    let mut tasks: Vec<Task> = vec![(blank, &[Issue], 2), (expired, &[Activate], 2)];
    let long = CardWays {
        pin: PinForm::Bcd3,
        is_long: true,
        fill: 0xFF,
        ..blank
    };
    let proofless = CardWays {
        pin: PinForm::None,
        proves: false,
        ..blank
    };
    for ways in [long, proofless] {
        tasks.push((ways, &[Issue], 1));
    }
    tasks.push((blank, &[Issue, Issue], 1));
    tasks.push((expired, &[Activate, Activate], 1));
    tasks
}

#[test]
fn no_two_cuts_leave_a_card_that_is_called_good_and_is_not() {
    let begun = Instant::now();
    // One cut deeper, for those who have the time: `cargo xtask explore`.
    let deeper = usize::from(std::env::var_os("ETC_EXPLORE").is_some());
    let mut all = Report::default();
    std::thread::scope(|scope| {
        let explore = |(ways, acts, depth): Task| {
            let report = explore_cards(ways, acts, depth + deeper);
            println!("{ways:?}: {acts:?}: {} runs", report.runs);
            report
        };
        let tasks = tasks().into_iter();
        let workers: Vec<_> = tasks
            .map(|task| scope.spawn(move || explore(task)))
            .collect();
        for worker in workers {
            match worker.join() {
                Ok(report) => all.add(report),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    for (end, times) in all.ends.iter().chain(&all.rests) {
        println!("  {times:6} × {end}");
    }
    let summary = format!(
        "explorer of cards: {} runs, {} sights after them, {} distinct ends, {} at rest, {:.0} s\n",
        all.runs,
        all.sights,
        all.ends.len(),
        all.rests.len(),
        begun.elapsed().as_secs_f64()
    );
    // Past the capture of the test runner: what was tried is worth seeing every time.
    std::io::stderr()
        .write_all(summary.as_bytes())
        .expect("standard error takes it");
    // A flow that loses its awaits, or a world that loses its cuts, must not pass unseen.
    assert!(all.runs >= 40_000, "only {} runs", all.runs);
    assert!(all.ends.len() >= 12, "only {} ends", all.ends.len());
    assert!(all.rests.len() >= 10, "only {} at rest", all.rests.len());
}
