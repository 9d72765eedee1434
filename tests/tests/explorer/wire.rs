//! The load over a real reader engine, cut at every USB transfer.

use std::io::Write;
use std::time::Instant;

use etc_sim::reader::Model;
use etc_tests::explore::{Report, explore_wire};

use super::{CHARGE, STORIES, subject};

const LEVELS: [(&str, Model); 5] = [
    ("extended APDU", Model::extended_apdu()),
    ("short APDU", Model::short_apdu()),
    ("TPDU, T=0", Model::tpdu_t0()),
    ("TPDU, T=1 with LRC", Model::tpdu_t1()),
    ("TPDU, T=1 with CRC", Model::tpdu_t1_crc()),
];

#[test]
fn no_cut_at_any_usb_transfer_loses_or_doubles_money() {
    let begun = Instant::now();
    // One cut deeper, for those who have the time: `cargo xtask explore`.
    let depth = if std::env::var_os("ETC_EXPLORE").is_some() {
        2
    } else {
        1
    };
    let mut all = Report::default();
    for (level, model) in LEVELS {
        let report = explore_wire(model, &subject(&[]), &CHARGE, depth);
        println!("{level}: {} runs, {} sights", report.runs, report.sights);
        // A load is more than ten messages, each with ten cuts before it and three behind each of its transfers.
        assert!(report.runs >= 200, "{level}: only {} runs", report.runs);
        all.add(report);
    }
    // The stories with a tear, where most can go wrong between host and card.
    for story in STORIES {
        all.add(explore_wire(Model::tpdu_t1(), &subject(&[]), story, 1));
    }
    let summary = format!(
        "explorer of the wire: {} runs and {} sights after them, {} distinct ends, {:.0} s\n",
        all.runs,
        all.sights,
        all.ends.len(),
        begun.elapsed().as_secs_f64()
    );
    // Past the capture of the test runner, as for the explorer of the awaits.
    std::io::stderr()
        .write_all(summary.as_bytes())
        .expect("standard error takes it");
    assert!(all.ends.len() >= 5, "only {} ends", all.ends.len());
}
