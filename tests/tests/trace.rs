//! What the trace keeps of a whole counter visit: no byte that proves, identifies or unlocks.

use std::collections::BTreeMap;

use apdu_core::flow;
use apdu_core::hex;
use etc_sim::card::{Knobs, Personalisation, TollCard};
use etc_tests::explore::{CARD, Outlet, Quiet, Subject, Tear, World};
use etc_tests::replay::Noted;
use etc_tests::run;

const NAME: &[u8] = b"\xD5\xC5\xC8\xFD\xB7\xE1"; // 张三丰
const ID_NUMBER: &[u8] = b"620102199001011234";
const PLATE: &[u8] = b"\xB8\xCAA98765"; // 甘A98765
const PIN: &[u8] = b"123456";

type Exchange = (Vec<u8>, Vec<u8>);

/// The secret pieces of an exchange, each with its name: told from the tables of the reference, command by
/// command, and not by the rules that are tested.
fn secrets((command, answer): &Exchange) -> Vec<(&'static str, Vec<u8>)> {
    let data = &answer[..answer.len().saturating_sub(2)];
    let cut = |bytes: &[u8], from: usize, to: usize| bytes.get(from..to).map(<[u8]>::to_vec);
    let found = match command[..4] {
        [0x00, 0x20, ..] => vec![("PIN", cut(command, 5, command.len()))],
        [0x80, 0x50, ..] => vec![
            ("terminal", cut(command, 11, 16)),
            ("random", cut(data, 8, 12)),
            ("MAC1", cut(data, 12, 16)),
        ],
        [0x80, 0x52, ..] => vec![("MAC2", cut(command, 12, 16)), ("TAC", cut(data, 0, 4))],
        [0x80, 0x5A, ..] => vec![
            ("proof's MAC", cut(data, 0, 4)),
            ("proof's TAC", cut(data, 4, 8)),
        ],
        [0x00, 0xB0, 0x95, 0x00] => vec![("end of number", cut(data, 16, 20))],
        [0x00, 0xB2, _, 0xC4] => vec![("lane and time", cut(data, 10, 23))],
        [0x00, 0xB2, _, 0xCC] => vec![("station and time", cut(data, 3, 12))],
        _ => Vec::new(),
    };
    let found = found.into_iter();
    let there = found.filter_map(|(name, piece)| Some((name, piece?)));
    // What was never written tells nothing.
    there
        .filter(|(_, piece)| piece.iter().any(|byte| !matches!(byte, 0x00 | 0xFF)))
        .collect()
}

/// A card check, a load, one that is torn, and the next visit, at which the card proves it.
fn visits() -> (Vec<Exchange>, String) {
    let world = World::new(&Subject::new("marked", Knobs::default()));
    let number = world.plastic().number;
    let factory = Personalisation::factory(number.serial);
    let person = Personalisation {
        plate: PLATE.to_vec(),
        holder: NAME.to_vec(),
        id_number: ID_NUMBER.to_vec(),
        start: [0x20, 0x24, 0x01, 0x15],
        expiry: [0x20, 0x34, 0x01, 0x14],
        vehicle_class: 1,
        balance: 3_000,
        counter: 5,
        ..factory
    };
    *world.plastic().chip.borrow_mut() = TollCard::new(&person, Knobs::default(), 7);
    world.plastic().load_elsewhere(5_000);
    world.plastic().pay_toll(300);

    let mut card = Noted::new(world.card());
    let mut desk = world.desk(Outlet::First);
    let told = run(async {
        flow::check_card(&mut card, &mut desk, &mut Quiet).await?;
        for tear in [None, Some(Tear::After)] {
            let mut met = flow::meet(&mut card, &mut desk, &mut Quiet).await?;
            let amount = world.amount.get();
            let record = flow::prepare(&mut card, &mut desk, &mut Quiet, &mut met, amount).await?;
            let record = desk.pay(&record.id, amount).await?;
            world.tear.set(tear);
            let wrote = flow::write(&mut card, &mut desk, &mut Quiet, &mut met, &record).await;
            assert_eq!(wrote.is_err(), tear.is_some(), "{wrote:?}");
        }
        world.plastic().put_in();
        let met = flow::meet(&mut card, &mut desk, &mut Quiet).await?;
        assert!(met.settled.is_some(), "the card proves its load");
        Ok::<_, apdu_core::fault::Fault>(())
    });
    told.expect("nothing is waited for").expect("both visits");
    let lines: Vec<String> = card.trace.entries().map(ToString::to_string).collect();
    (card.raw, lines.join("\n"))
}

#[test]
fn no_secret_of_a_check_and_a_load_is_in_the_trace() {
    let (exchanges, trace) = visits();
    let mut seen = BTreeMap::<_, usize>::new();
    for (name, secret) in exchanges.iter().flat_map(secrets) {
        *seen.entry(name).or_default() += 1;
        let secret = hex::encode(&secret);
        assert!(!trace.contains(&secret), "{name} {secret} in\n{trace}");
    }
    for (name, secret) in [
        ("name", NAME),
        ("ID number", ID_NUMBER),
        ("plate", PLATE),
        ("PIN", PIN),
        (
            "number",
            &CARD
                .parse()
                .map(|n: apdu_core::bcd::CardNumber| n.serial)
                .expect("20 digits"),
        ),
    ] {
        let secret = hex::encode(secret);
        let raw = exchanges.iter().flat_map(|(sent, heard)| [sent, heard]);
        assert!(
            raw.map(|bytes| hex::encode(bytes))
                .any(|text| text.contains(&secret)),
            "{name} was said"
        );
        assert!(!trace.contains(&secret), "{name} {secret} in\n{trace}");
    }
    // Every kind of secret was really there.
    assert_eq!(seen.len(), 10, "{seen:?}");
}

/// Read aloud, it still says what was done, and how it ended.
#[test]
fn the_trace_still_tells_what_happened() {
    let (exchanges, trace) = visits();
    assert_eq!(trace.lines().count(), exchanges.len());
    for (line, (command, answer)) in trace.lines().zip(&exchanges) {
        let header = hex::encode(&command[..4]);
        let sw = hex::encode(&answer[answer.len().saturating_sub(2)..]);
        assert!(line.contains(&header) && line.contains(&sw), "{line}");
    }
    assert!(trace.contains("805000020B0100002710"), "the amount stays");
    assert!(
        trace.contains("CRD-102 Unknown"),
        "the torn write is unknown"
    );
}
