//! The same host over a serial line, in the framing of the GemPC Twin.

use apdu_core::card::{Card, NoAnswer};
use apdu_core::ccid::{Event, Operation};
use apdu_core::fault::Code;
use apdu_core::flow;
use apdu_core::toll_card::{select_toll_application, wallet};
use etc_sim::demo;
use etc_sim::reader::{Ending, Fault, Model, SerialReader, Tear};
use etc_tests::explore::World;
use etc_tests::run;
use etc_tests::serial_bus::SerialBus;

use super::{Away, Quiet};

fn with_card(model: Model) -> SerialReader {
    let mut port = SerialReader::new(model);
    let card = demo::card("normal").expect("a demo card");
    port.reader_mut().insert(card);
    port
}

fn open(model: Model) -> SerialBus {
    SerialBus::open(with_card(model)).expect("a reader")
}

#[test]
fn a_card_is_read_over_a_serial_line_with_an_echo_and_without() {
    for model in [Model::tpdu_t0(), Model::tpdu_t1(), Model::tpdu_t1_crc()] {
        for echo in [false, true] {
            let mut port = with_card(model);
            port.set_echo(echo);
            let mut bus = SerialBus::open(port).expect("a reader");
            let read = run(flow::check_card(&mut bus, &mut Away, &mut Quiet));
            let read = read.expect("the line does not wait").expect("read");
            assert_eq!(read.balance, 3_000);
            println!(
                "card check over a serial line, echo {echo}: {} frames",
                bus.frames
            );
        }
    }
}

#[test]
fn a_card_is_loaded_over_a_serial_line() {
    let mut port = SerialReader::new(Model::tpdu_t0());
    let world = World::plain();
    port.reader_mut().insert(world.lend());
    let mut bus = SerialBus::open(port).expect("a reader");
    assert_eq!(world.load(&mut bus), Ok(()));
    println!("load over a serial line: {} frames", bus.frames);
}

#[test]
fn a_frame_garbled_on_its_way_is_sent_again_but_for_a_once_command() {
    let mut bus = open(Model::tpdu_t0());
    let session = run(bus.connect()).expect("no wait").expect("powered");
    let select = select_toll_application();
    bus.garble_next = true;
    let selected = run(bus.transmit(session, &select)).expect("no wait");
    assert!(selected.expect("sent again").sw.is_ok());

    let once = wallet::get_balance().once();
    let before = bus.port.reader().seen(0).len();
    bus.garble_next = true;
    let answer = run(bus.transmit(session, &once)).expect("no wait");
    assert_eq!(answer, Err(NoAnswer::unknown(Code::ReaderTransfer)));
    assert_eq!(bus.port.reader().seen(0).len(), before);
    let balance = run(bus.transmit(session, &wallet::get_balance())).expect("no wait");
    assert!(balance.expect("usable again").sw.is_ok());
}

#[test]
fn a_card_pulled_and_put_back_is_told_between_the_frames() {
    let mut bus = open(Model::tpdu_t0());
    let session = run(bus.connect()).expect("no wait").expect("powered");
    let selected = run(bus.transmit(session, &select_toll_application())).expect("no wait");
    assert!(selected.expect("answered").sw.is_ok());
    let once = wallet::get_balance().once();
    bus.port
        .reader_mut()
        .tear_next(once.header[1], Some(Tear::After));
    let answer = run(bus.transmit(session, &once)).expect("no wait");
    assert_eq!(answer, Err(NoAnswer::unknown(Code::CardGone)));
    assert_eq!(bus.run(Operation::Look), Event::Looked(Ok(false)));
    let card = bus
        .port
        .reader_mut()
        .take_pulled()
        .expect("the pulled card");
    bus.port.reader_mut().insert(card);
    assert_eq!(bus.run(Operation::Look), Event::Looked(Ok(true)));
    let again = run(bus.connect()).expect("no wait").expect("powered");
    assert_ne!(again, session);
}

#[test]
fn an_answer_that_never_comes_does_not_end_the_line() {
    let mut bus = open(Model::tpdu_t1());
    let session = run(bus.connect()).expect("no wait").expect("powered");
    bus.port
        .reader_mut()
        .arm(Fault::AnswerLost, 0, Ending::AfterOne);
    let answer = run(bus.transmit(session, &wallet::get_balance().once())).expect("no wait");
    assert_eq!(answer, Err(NoAnswer::unknown(Code::ReaderTimeout)));
    let selected = run(bus.transmit(session, &select_toll_application())).expect("no wait");
    assert!(selected.expect("usable again").sw.is_ok());
}
