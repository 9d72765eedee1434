//! Captures of the field kit, replayed: every file in `captures` is a card that is checked here.
//!
//! A capture of a real card is put there as the page saved it, and is held against its own findings.
//! `synthetic.json` is of the virtual card; `ETC_RENEW=1` writes it anew.

use std::fs;
use std::path::{Path, PathBuf};

use apdu_core::atr::Atr;
use apdu_core::field_kit::{Capture, FORMAT, Findings, Proof};
use apdu_core::flow;
use apdu_core::hex::Bytes;
use apdu_core::trace::Redacted;
use etc_sim::card::{Knobs, ProofCounter, ProofsKept, TOLL_CARD_ATR};
use etc_tests::explore::{Outlet, Quiet, Subject, World};
use etc_tests::replay::{Noted, Replay, SECRET};
use etc_tests::run;

/// A virtual card that was loaded once and has paid tolls.
fn used(knobs: Knobs) -> World {
    let world = World::new(&Subject::new("used", knobs));
    world.plastic().load_elsewhere(5_000);
    world.plastic().pay_toll(300);
    world
}

fn capture(world: &World) -> Capture {
    let mut card = Noted::new(world.card());
    let findings = run(flow::capture(&mut card)).expect("nothing is waited for");
    Capture {
        field_kit: FORMAT,
        synthetic: true,
        build: "test".into(),
        taken: "2026-09-21".into(),
        reader: None,
        atr: Bytes(TOLL_CARD_ATR.to_vec()),
        findings: Some(findings.expect("the card answers")),
        exchanges: Capture::exchanges(card.trace.entries()),
    }
}

fn findings(world: &World) -> Findings {
    capture(world).findings.expect("the card answers")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures")
}

/// The captures, each with its file's name.
fn captures() -> Vec<(String, Capture)> {
    let files = fs::read_dir(folder()).expect("the folder of captures");
    let read = |file: std::io::Result<fs::DirEntry>| {
        let path = file.expect("a file").path();
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).expect("a text");
        let capture = serde_json::from_str(&text);
        (
            name.clone(),
            capture.unwrap_or_else(|e| panic!("{name}: {e}")),
        )
    };
    files.map(read).collect()
}

#[test]
fn every_capture_reads_as_its_findings_say() {
    let captures = captures();
    assert!(!captures.is_empty());
    for (name, capture) in captures {
        assert_eq!(capture.field_kit, FORMAT, "{name}");
        assert!(Atr::parse(&capture.atr.0).is_ok(), "{name}");
        // One that ended early is a card without findings.
        let Some(findings) = &capture.findings else {
            continue;
        };
        let again = run(flow::capture(&mut Replay::new(&capture.exchanges)));
        assert_eq!(again.expect("no wait").as_ref(), Ok(findings), "{name}");
    }
}

#[test]
fn every_captured_toll_card_passes_a_card_check() {
    for (name, capture) in captures() {
        let Some(findings) = capture.findings.filter(|found| found.toll_application) else {
            continue;
        };
        let world = World::new(&Subject::new("another", Knobs::default()));
        let mut desk = world.desk(Outlet::First);
        let mut card = Replay::new(&capture.exchanges);
        let checked = run(flow::check_card(&mut card, &mut desk, &mut Quiet));
        let checked = checked.expect("no wait").expect(&name);
        assert_eq!(Some(checked.issue.card_type), findings.card_type, "{name}");
        assert_eq!(Some(checked.issue.version), findings.version, "{name}");
        assert_eq!(checked.log_protected, findings.log.protected, "{name}");
        let shown = usize::from(findings.log.records).min(10);
        assert_eq!(checked.log.len(), shown, "{name}");
        assert!(checked.records.is_err(), "{name}: its number is no card's");
    }
}

/// A file that was written by hand, or by an older build, shows no more than this build would.
#[test]
fn no_capture_shows_what_is_secret() {
    for (name, capture) in captures() {
        for exchange in capture.exchanges {
            let sent = exchange.command.filled(SECRET);
            assert_eq!(Redacted::command(&sent), exchange.command, "{name}");
            if let Some(answer) = exchange.answer {
                let heard = answer.filled(SECRET);
                assert_eq!(Redacted::answer(&sent, &heard), answer, "{name}");
            }
        }
    }
}

#[test]
fn the_synthetic_capture_is_what_the_virtual_card_answers() {
    let now = serde_json::to_string_pretty(&capture(&used(Knobs::default()))).expect("JSON");
    let file = folder().join("synthetic.json");
    if std::env::var_os("ETC_RENEW").is_some() {
        fs::write(&file, format!("{now}\n")).expect("written");
    }
    let kept = fs::read_to_string(&file).expect("it is there");
    assert_eq!(kept.trim_end(), now);
}

#[test]
fn a_capture_finds_how_the_card_differs() {
    let found = findings(&used(Knobs::default()));
    assert!(found.toll_application && found.selected_by_name && found.transit);
    assert_eq!(found.issue_file_length, Some(43));
    assert_eq!(found.holder_file_length, Some(55));
    assert_eq!((found.card_type, found.version), (Some(22), Some(0x40)));
    assert_eq!((found.plate_fill, found.name_fill), (Some(0), Some(0)));
    assert_eq!((found.log.records, found.log.newest_load), (2, Some(5)));
    assert_eq!(found.proof, Proof::After);

    let long = Knobs {
        issue_file_length: 50,
        ..Knobs::default()
    };
    assert_eq!(findings(&used(long)).issue_file_length, Some(50));
    for (wants, proof) in [
        (ProofCounter::Before, Proof::Before),
        (ProofCounter::Both, Proof::Both),
    ] {
        let knobs = Knobs {
            proof_counter: wants,
            ..Knobs::default()
        };
        assert_eq!(findings(&used(knobs)).proof, proof);
    }
    let keeps_none = Knobs {
        proofs_kept: ProofsKept::None,
        ..Knobs::default()
    };
    assert_eq!(findings(&used(keeps_none)).proof, Proof::Neither);
    let hides_log = Knobs {
        hides_log: true,
        ..Knobs::default()
    };
    let found = findings(&used(hides_log));
    assert!(found.log.protected);
    assert_eq!(found.proof, Proof::NotAsked);
}

/// It reads: nothing is spent, and nothing is different afterwards.
#[test]
fn a_capture_costs_the_card_nothing() {
    const READS: [u8; 5] = [0xA4, 0xB0, 0xB2, 0x5A, 0x5C];
    let world = used(Knobs::default());
    let mut before = world.plastic().chip.borrow().clone();
    before.power_on();
    before.power_off();
    let mut card = Noted::new(world.card());
    let found = run(flow::capture(&mut card)).expect("nothing is waited for");
    found.expect("the card answers");
    assert!(card.raw.len() > 10);
    for (command, _) in &card.raw {
        assert!(READS.contains(&command[1]), "{command:02X?}");
        assert!(matches!(command[0], 0x00 | 0x80), "{command:02X?}");
    }
    let mut after = world.plastic().chip.borrow().clone();
    after.power_off();
    assert_eq!(after, before);
}
