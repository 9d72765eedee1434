//! Every fault of the virtual reader, and those of the line, where the reader is on a serial line.

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Card, Fate, NoAnswer};
use apdu_core::fault::Code;
use apdu_core::flow;
use etc_sim::demo;
use etc_sim::reader::{Ending, Fault, Model, SerialReader};
use etc_tests::run;
use etc_tests::serial_bus::SerialBus;

use super::{Away, Quiet};

/// Those that have no place on a line, or no T=1 card or secured write to strike.
const STRANGE: [Fault; 18] = [
    Fault::EmptyPacketAfter,
    Fault::NoEmptyPacketAfter,
    Fault::WrongEdc,
    Fault::BlockToCardLost,
    Fault::BlockFromCardLost,
    Fault::ParityError,
    Fault::WrongNr,
    Fault::WrongNs,
    Fault::Wtx255,
    Fault::IfsFromCard,
    Fault::IfsRefused,
    Fault::StopsInChain,
    Fault::PpsMute,
    Fault::PpsReduced,
    Fault::PpsWrong,
    Fault::SetParametersRefused,
    Fault::CardLosesPower,
    Fault::MacSpoiled,
];

/// READ BINARY of the holder file, marked as what must not be repeated.
fn once() -> Command {
    Command::read([0x00, 0xB0, 0x96, 0x00], 40).once()
}

/// A reader on a line with a card in it, and what the command came to.
fn struck(fault: Option<(Fault, Ending)>) -> (SerialBus, Result<Response, NoAnswer>) {
    let mut port = SerialReader::new(Model::serial());
    port.reader_mut()
        .insert(demo::card("normal").expect("a demo card"));
    let mut bus = SerialBus::open(port).expect("a reader");
    let session = run(bus.connect()).expect("no wait").expect("powered");
    if let Some((fault, ending)) = fault {
        bus.port.reader_mut().arm(fault, 0, ending);
    }
    let outcome = run(bus.transmit(session, &once())).expect("no wait");
    (bus, outcome)
}

fn sent(bus: &SerialBus) -> usize {
    let seen = bus.port.reader().seen(0).iter();
    seen.filter(|apdu| apdu[..] == once().to_bytes()).count()
}

/// The person pulls the plug of the reader, puts everything in again, and begins anew.
fn begin_anew(bus: SerialBus) -> Result<SerialBus, Code> {
    let mut port = bus.port;
    let reader = port.reader_mut();
    reader.unplug();
    reader.plug_in();
    if let Some(card) = reader.take_pulled() {
        reader.insert(card);
    }
    SerialBus::open(port)
}

#[test]
fn every_fault_on_a_line_ends_known_or_unknown_and_never_twice() {
    let (_, right) = struck(None);
    let right = right.expect("answered");
    for (fault, name) in Fault::ALL {
        for ending in Ending::ALL {
            let what = format!("{name}, {ending:?}");
            let (bus, outcome) = struck(Some((fault, ending)));
            let marked = bus.port.reader().marks().contains(&fault);
            assert_eq!(marked, !STRANGE.contains(&fault), "{what}: the mark");
            match &outcome {
                Ok(answer) => assert_eq!((answer, sent(&bus)), (&right, 1), "{what}"),
                Err(none) => {
                    let known = none.fate == Fate::Unknown || sent(&bus) == 0;
                    assert!(known, "{what}: {none:?}, but the card has seen it");
                }
            }
            let mut bus = begin_anew(bus).unwrap_or_else(|code| panic!("{what}: {code}"));
            let read = run(flow::check_card(&mut bus, &mut Away, &mut Quiet)).expect("no wait");
            assert_eq!(read.map(|card| card.balance), Ok(3_000), "{what}");
            assert!(sent(&bus) <= 1, "{what}: sent twice");
        }
    }
}

#[test]
fn an_answer_whose_frame_is_spoilt_leaves_a_once_command_unknown() {
    let (bus, outcome) = struck(Some((Fault::FrameSpoilt, Ending::AfterOne)));
    assert_eq!(outcome.map_err(|none| none.fate), Err(Fate::Unknown));
    assert_eq!(sent(&bus), 1);
}

#[test]
fn a_line_on_which_nothing_is_understood_has_no_reader() {
    let mut port = SerialReader::new(Model::serial());
    port.reader_mut()
        .arm(Fault::FrameSpoilt, 0, Ending::AtReplug);
    assert_eq!(SerialBus::open(port).err(), Some(Code::ReaderTimeout));
}
