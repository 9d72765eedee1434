//! Every fault of the virtual reader, with every ending, at every exchange level: it strikes, a command that
//! must not be repeated reaches the card once at most, and afterwards the reader works again, at the latest
//! when a person has done what the fault's page says.

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Card, Fate, NoAnswer, PowerSession};
use apdu_core::fault::Code;
use apdu_core::flow;
use apdu_core::toll_card::{self, wallet};
use etc_sim::demo;
use etc_sim::reader::{Ending, Fault};
use etc_tests::bus::Bus;
use etc_tests::run;

use super::levels::{SETUPS, Setup, code, until_it_works};
use super::{Away, Quiet, check};

/// READ BINARY of the holder file, marked as what must not be repeated.
fn once(length: u32) -> Command {
    Command::read([0x00, 0xB0, 0x96, 0x00], length).once()
}

/// So much of the file that the answer fills a packet of 64 bytes: the header of the message, the data, the
/// status word, and what T=1 puts around them.
fn whole_packet(setup: &Setup) -> Command {
    once(match setup.name {
        "TPDU T=1" => 64 - 10 - 2 - 4,
        "TPDU T=1 with CRC" => 64 - 10 - 2 - 5,
        _ => 64 - 10 - 2,
    })
}

/// The command that a fault can concern.
fn command(setup: &Setup, fault: Fault) -> Command {
    match fault {
        Fault::EmptyPacketAfter | Fault::NoEmptyPacketAfter => whole_packet(setup),
        _ => once(40),
    }
}

fn connect(bus: &mut Bus) -> Result<PowerSession, NoAnswer> {
    run(bus.connect()).expect("the bus does not wait")
}

fn transmit(bus: &mut Bus, session: PowerSession, command: &Command) -> Result<Response, NoAnswer> {
    run(bus.transmit(session, command)).expect("the bus does not wait")
}

/// A card that is read afresh: power, a directory, the balance.
fn read(bus: &mut Bus) -> Result<(), Code> {
    let session = connect(bus).map_err(code)?;
    for command in [toll_card::select_toll_application(), wallet::get_balance()] {
        let answer = transmit(bus, session, &command).map_err(code)?;
        assert!(answer.sw.is_ok(), "{}", answer.sw);
    }
    Ok(())
}

/// Whether a fault can strike the exchange below at all.
fn concerns(fault: Fault, setup: &Setup) -> bool {
    match fault {
        Fault::EmptyPacketAfter | Fault::NoEmptyPacketAfter => {
            !setup.chains && !setup.model.high_speed
        }
        Fault::WrongEdc
        | Fault::BlockToCardLost
        | Fault::BlockFromCardLost
        | Fault::ParityError
        | Fault::WrongNs
        | Fault::Wtx255
        | Fault::IfsFromCard
        | Fault::IfsRefused => setup.blocks,
        // Only a chain of the host is acknowledged.
        Fault::WrongNr => setup.blocks && setup.chains,
        Fault::StopsInChain => setup.chains,
        Fault::PpsMute | Fault::PpsReduced | Fault::PpsWrong => setup.pps,
        Fault::FrameRefused | Fault::FrameSpoilt => false,
        // Only a secured write can be spoilt, or torn by the power.
        Fault::CardLosesPower | Fault::MacSpoiled => false,
        _ => true,
    }
}

/// Whether it strikes while the card is powered, before any command.
fn is_of_activation(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::PpsMute
            | Fault::PpsReduced
            | Fault::PpsWrong
            | Fault::SetParametersRefused
            | Fault::IfsRefused
    )
}

/// Whether the host must get the answer all the same, without anybody noticing.
fn is_overcome(fault: Fault, ending: Ending) -> bool {
    match fault {
        Fault::EmptyPacketBefore
        | Fault::EmptyPacketAfter
        | Fault::NoEmptyPacketAfter
        | Fault::BytesAfter
        | Fault::SplitAt(_)
        | Fault::EveryByteApart
        | Fault::ForeignSequence
        | Fault::ForeignSlot
        | Fault::TimeExtensions
        | Fault::DoubledAnswer
        | Fault::Wtx255
        | Fault::IfsFromCard
        | Fault::IfsRefused
        | Fault::PpsReduced => true,
        // A card is powered a second time if it must be, and a block is asked for three times.
        Fault::PpsMute | Fault::PpsWrong => ending == Ending::AfterOne,
        Fault::WrongEdc
        | Fault::BlockToCardLost
        | Fault::BlockFromCardLost
        | Fault::ParityError
        | Fault::WrongNr
        | Fault::WrongNs => matches!(ending, Ending::AfterOne | Ending::AfterTwo),
        _ => false,
    }
}

/// One run: the fault is armed after `spared` messages that it could concern, then the command goes out.
fn strike(setup: &Setup, fault: Fault, ending: Ending, spared: u32) {
    let what = format!("{}: {fault:?}, {ending:?}, {spared} spared", setup.name);
    let mut bus = setup.plug("normal");
    bus.reader
        .lay_ready(demo::card("torn").expect("a demo card"));
    if is_of_activation(fault) {
        bus.reader.arm(fault, spared, ending);
    }
    let once = command(setup, fault);
    let right = answered(setup, &once);
    let outcome = connect(&mut bus).and_then(|session| {
        if !is_of_activation(fault) {
            bus.reader.arm(fault, spared, ending);
        }
        transmit(&mut bus, session, &once)
    });
    let sent = |bus: &Bus| {
        let seen = bus.reader.seen(0).iter();
        seen.filter(|apdu| apdu[..] == once.to_bytes()).count()
    };
    if spared == 0 {
        let struck = bus.reader.marks().contains(&fault);
        assert_eq!(struck, concerns(fault, setup), "{what}: the mark");
    }
    match &outcome {
        Ok(answer) => assert_eq!((answer, sent(&bus)), (&right, 1), "{what}"),
        Err(none) => {
            let known = none.fate == Fate::Unknown || sent(&bus) == 0;
            assert!(known, "{what}: {none:?}, but the card has seen it");
            assert!(!is_overcome(fault, ending), "{what}: {none:?}");
        }
    }
    // Follow the page from where it stands, until a card can be read.
    let mut first = outcome.err().map(code);
    let (bus, ()) = until_it_works(bus, &what, |bus| match first.take() {
        Some(code) => Err(code),
        None => read(bus),
    });
    assert!(sent(&bus) <= 1, "{what}: sent twice");
}

/// What a command answers where nothing goes wrong.
fn answered(setup: &Setup, command: &Command) -> Response {
    let mut bus = setup.plug("normal");
    let session = connect(&mut bus).expect(setup.name);
    let answer = transmit(&mut bus, session, command).expect(setup.name);
    assert!(answer.sw.is_ok() && answer.data.len() >= 40, "{answer:?}");
    answer
}

#[test]
fn every_fault_with_every_ending_at_every_level() {
    let mut runs = 0;
    for setup in &SETUPS {
        for (fault, _) in Fault::ALL {
            for ending in Ending::ALL {
                for spared in 0..3 {
                    strike(setup, fault, ending, spared);
                    runs += 1;
                }
            }
        }
    }
    println!("{runs} runs");
    assert_eq!(runs, SETUPS.len() * Fault::ALL.len() * 4 * 3);
}

#[test]
fn an_answer_cut_at_any_byte_is_put_together() {
    for setup in &SETUPS {
        let command = whole_packet(setup);
        let right = answered(setup, &command);
        let mut cuts = 0;
        for at in 1..64 {
            let mut bus = setup.plug("normal");
            let session = connect(&mut bus).expect(setup.name);
            bus.reader.arm(Fault::SplitAt(at), 0, Ending::AtReplug);
            let answer = transmit(&mut bus, session, &command);
            assert_eq!(answer.as_ref(), Ok(&right), "{} cut at {at}", setup.name);
            cuts += usize::from(!bus.reader.marks().is_empty());
        }
        assert!(cuts >= 14, "{}: {cuts} cuts", setup.name);
    }
}

#[test]
fn a_card_check_hit_anywhere_ends_right_or_with_a_page_to_follow() {
    let mut runs = 0;
    for setup in &SETUPS {
        let right = shown(&mut setup.plug("normal")).expect(setup.name);
        for (fault, name) in Fault::ALL {
            for spared in 0.. {
                let what = format!("{}: {name} after {spared}", setup.name);
                let mut bus = setup.plug("normal");
                bus.reader
                    .lay_ready(demo::card("normal").expect("a demo card"));
                bus.reader.arm(fault, spared, Ending::AfterOne);
                let first = shown(&mut bus);
                if bus.reader.marks().is_empty() {
                    // The check is over before the fault can strike.
                    assert_eq!(first.as_ref(), Ok(&right), "{what}");
                    break;
                }
                runs += 1;
                let (_, shown) = until_it_works(bus, &what, shown);
                assert_eq!(shown, right, "{what}");
            }
        }
    }
    println!("{runs} runs");
    assert!(runs > 2_000, "only {runs} runs");
}

/// Everything that a check shows of the card.
fn shown(bus: &mut Bus) -> Result<String, Code> {
    let card = run(flow::check_card(bus, &mut Away, &mut Quiet)).expect("the bus does not wait");
    card.map(|card| format!("{card:?}"))
        .map_err(|fault| fault.code)
}

#[test]
fn two_faults_in_a_row_are_two_faults() {
    for setup in &SETUPS {
        for (first, _) in Fault::ALL {
            for (second, _) in Fault::ALL {
                let what = format!("{}: {first:?}, {second:?}", setup.name);
                let mut bus = setup.plug("normal");
                bus.reader.arm(first, 1, Ending::AfterOne);
                bus.reader.arm(second, 1, Ending::AfterTwo);
                until_it_works(bus, &what, |bus| check(bus).map(drop).map_err(|f| f.code));
            }
        }
    }
}
