//! Every cut through a charge, on cards of every kind a load can meet.

use std::io::Write;

use etc_sim::card::{Knobs, PinForm, PinKnob, ProofCounter, ProofsKept, Random};
use etc_tests::explore::{Report, Subject, explore};

fn subjects() -> Vec<Subject> {
    let plain = Knobs::default();
    let pin = |form| PinKnob {
        required: form != PinForm::None,
        form,
        tries: 3,
    };
    let subject = |name, knobs| Subject {
        name,
        knobs,
        ask_both: false,
    };
    let ask_both = |name, knobs| Subject {
        name,
        knobs,
        ask_both: true,
    };
    vec![
        subject("plain", plain),
        subject(
            "PIN as BCD",
            Knobs {
                pin: pin(PinForm::Bcd3),
                ..plain
            },
        ),
        subject(
            "no PIN",
            Knobs {
                pin: pin(PinForm::None),
                ..plain
            },
        ),
        subject(
            "long issue file",
            Knobs {
                issue_file_length: 50,
                ..plain
            },
        ),
        subject(
            "proof by the counter before",
            Knobs {
                proof_counter: ProofCounter::Before,
                ..plain
            },
        ),
        subject(
            "proof by either counter",
            Knobs {
                proof_counter: ProofCounter::Both,
                ..plain
            },
        ),
        ask_both("proof by n + 1, not known", plain),
        ask_both(
            "proof by n, not known",
            Knobs {
                proof_counter: ProofCounter::Before,
                ..plain
            },
        ),
        subject(
            "keeps the last proof of any kind",
            Knobs {
                proofs_kept: ProofsKept::LastAny,
                ..plain
            },
        ),
        subject(
            "keeps no proof",
            Knobs {
                proofs_kept: ProofsKept::None,
                ..plain
            },
        ),
        subject(
            "constant random",
            Knobs {
                random: Random::Constant,
                ..plain
            },
        ),
        subject(
            "random repeats after reset",
            Knobs {
                random: Random::RepeatsAfterReset,
                ..plain
            },
        ),
        subject(
            "refuses 1 fen",
            Knobs {
                refuses_one_fen: true,
                ..plain
            },
        ),
        subject(
            "refuses odd terminals",
            Knobs {
                refuses_odd_terminals: true,
                ..plain
            },
        ),
    ]
}

#[test]
fn no_two_cuts_lose_or_double_money_on_any_card() {
    let mut all = Report::default();
    // Three cuts deep, for those who have the time: `cargo xtask explore`.
    let depth = if std::env::var_os("ETC_EXPLORE").is_some() {
        3
    } else {
        2
    };
    for subject in subjects() {
        let mut report = Report::default();
        explore(&subject, depth, &mut report);
        println!(
            "{}: {} runs, {} end states",
            subject.name,
            report.runs,
            report.ends.len()
        );
        for (end, times) in &report.ends {
            println!("  {times:6} × {end}");
        }
        all.runs += report.runs;
        all.ends.extend(report.ends);
    }
    // Past the capture of the test runner: what was tried is worth seeing every time.
    let summary = format!(
        "explorer: {} runs, {} distinct end states\n",
        all.runs,
        all.ends.len()
    );
    std::io::stderr()
        .write_all(summary.as_bytes())
        .expect("standard error takes it");
    // A flow that loses its awaits, or a world that loses its cuts, must not pass unseen.
    assert!(all.runs >= 70_000, "only {} runs", all.runs);
    assert!(all.ends.len() >= 10, "only {} end states", all.ends.len());
}
