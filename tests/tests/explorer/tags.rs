//! The explorer over tags: whatever is cut, a tag is right and known to be right, or known to be not good.

use std::io::Write;
use std::time::Instant;

use etc_tests::explore::{Reach, Report, TagAct, TagWays, explore_tags};

use TagAct::{Activate, Cancel, Issue};

/// What is explored: a kind of tag, what was done with it, what is done with it now, and how deep.
type Task = (TagWays, &'static [TagAct], &'static [TagAct], usize);

fn tasks() -> Vec<Task> {
    let plain = TagWays::PLAIN;
    let contact = TagWays {
        reach: Reach::Contact,
        ..plain
    };
    let no_presence = TagWays {
        random_returns: false,
        ..plain
    };
    let short = TagWays {
        system_length: 27,
        issue_flag: 0x01,
        clears_flag: true,
        ..plain
    };
    let clearing = TagWays {
        clears_flag: true,
        ..plain
    };
    let mut tasks: Vec<Task> = vec![
        (plain, &[], &[Issue], 2),
        (plain, &[Issue], &[Activate], 2),
        (clearing, &[Issue, Activate], &[Cancel], 2),
        (contact, &[], &[Issue], 2),
    ];
    for ways in [plain, contact, no_presence, short] {
        tasks.push((ways, &[], &[Issue, Activate, Activate, Cancel, Issue], 1));
    }
    tasks
}

#[test]
fn no_two_cuts_leave_a_tag_that_is_called_good_and_is_not() {
    let begun = Instant::now();
    // One cut deeper, for those who have the time: `cargo xtask explore`.
    let deeper = usize::from(std::env::var_os("ETC_EXPLORE").is_some());
    let mut all = Report::default();
    std::thread::scope(|scope| {
        let explore = |(ways, before, acts, depth): Task| {
            let report = explore_tags(ways, before, acts, depth + deeper);
            println!("{ways:?}: {before:?}, then {acts:?}: {} runs", report.runs);
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
        "explorer of tags: {} runs, {} distinct ends, {} at rest, {:.0} s\n",
        all.runs,
        all.ends.len(),
        all.rests.len(),
        begun.elapsed().as_secs_f64()
    );
    // Past the capture of the test runner: what was tried is worth seeing every time.
    std::io::stderr()
        .write_all(summary.as_bytes())
        .expect("standard error takes it");
    // A flow that loses its awaits, or a world that loses its cuts, must not pass unseen.
    assert!(all.runs >= 30_000, "only {} runs", all.runs);
    assert!(all.ends.len() >= 12, "only {} ends", all.ends.len());
    assert!(all.rests.len() >= 10, "only {} at rest", all.rests.len());
}
