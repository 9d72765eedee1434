//! A sample of the runs once more, on the databases: the same story ends in the same place.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use apdu_core::bcd::CardNumber;
use etc_backend::store::DatabaseStore;
use etc_tests::explore::{World, replay};
use etc_tests::scratch::Scratch;
use etc_tests::wait;

use crate::Told;

/// Runs on each database in `cargo xtask test`: what a few seconds allow.
const A_FEW: usize = 100;

/// Tells the sample again, or a few runs of it.
pub fn tell_again(sample: &[Told], all_of_it: bool) {
    for (name, scratch) in [
        ("SQLite", Scratch::sqlite()),
        ("PostgreSQL", wait(Scratch::postgres())),
    ] {
        let store = wait(scratch.open()).expect("a database of our own");
        let store = Arc::new(store);
        on(name, store.clone(), sample, all_of_it);
        wait(store.close());
        wait(scratch.remove());
    }
}

fn on(name: &str, store: Arc<DatabaseStore>, sample: &[Told], all_of_it: bool) {
    let begun = Instant::now();
    let ledger = World::of(store, None, &[], 1);
    let every = match all_of_it {
        true => 1,
        false => sample.len().div_ceil(A_FEW).max(1),
    };
    let mut runs = 0;
    for (number, told) in sample.iter().enumerate().step_by(every) {
        let mut world = ledger.with_new_card(card_number(number), &told.task.subject);
        // Another system's proof counts as a wrong one; that is each sign-in's own.
        world.sign_in_anew();
        let end = replay(&world, &told.task.story, &told.cuts);
        assert_eq!(end, told.end, "{name}: {}", world.story());
        runs += 1;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let summary = format!("explorer: {runs} runs again on {name}, {seconds:.0} s\n");
    std::io::stderr()
        .write_all(summary.as_bytes())
        .expect("standard error takes it");
}

fn card_number(number: usize) -> CardNumber {
    let text = format!("62012201230{number:09}");
    text.parse().expect("20 digits")
}
