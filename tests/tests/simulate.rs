//! A few simulated days. More of them: `cargo xtask simulate --seed N --days D`.

use std::io::Write;

use etc_tests::simulate::simulate;

#[test]
fn whatever_happens_on_a_day_at_several_counters_the_books_agree() {
    let mut records = 0;
    let mut summary = String::new();
    for seed in 1..=20 {
        let day = simulate(seed, 2);
        records += day.states.values().sum::<usize>();
        summary = format!("{summary}seed {seed}: {day}");
    }
    println!("{summary}");
    let short = format!("simulation: 40 days, {records} records\n");
    std::io::stderr()
        .write_all(short.as_bytes())
        .expect("standard error takes it");
    assert!(records >= 1_000, "only {records} records");
}

#[test]
fn the_same_number_is_the_same_day() {
    assert_eq!(simulate(7, 1).to_string(), simulate(7, 1).to_string());
}
