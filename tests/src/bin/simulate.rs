//! Days at several counters from one number, for those who want another number than the tests'.
//!
//! ```text
//! simulate SEED DAYS
//! ```
//!
//! The same number is the same days, event by event.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let (Some(Ok(seed)), Some(Ok(days))) = (arguments.next(), arguments.next()) else {
        eprintln!("simulate SEED DAYS");
        return ExitCode::from(2);
    };
    let Ok(days) = u32::try_from(days) else {
        eprintln!("that many days nobody has");
        return ExitCode::from(2);
    };
    // Where the books do not agree this panics, and tells every event up to there.
    print!("{}", etc_tests::simulate::simulate(seed, days));
    ExitCode::SUCCESS
}
