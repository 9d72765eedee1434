//! The host's engine and flows against the virtual reader, packet by packet: what a card check and a load
//! cost on the bus, and how every kind of card and every fault of the reader ends.

use apdu_core::authority::{
    Account, Accounted, Authorise, Authorised, Authority, CreateRecharge, Evidence, InitForLoad,
    LetGo, Recharge, RecordId, Refusal, Sight, Sighted,
};
use apdu_core::bcd::CardNumber;
use apdu_core::card::{Answer, Card, NoAnswer};
use apdu_core::ccid::{Event, Operation};
use apdu_core::fault::{Code, Fault};
use apdu_core::flow::{self, CheckedCard, KeptEvidence, Progress, Step};
use apdu_core::toll_card::{self, wallet};
use etc_sim::demo;
use etc_sim::reader::{Reader, SMART_CARD_CLASS, Tear, VENDOR_CLASS};
use etc_tests::bus::Bus;
use etc_tests::run;

/// A backend that is away: what a card shows must not depend on it.
struct Away;

impl Authority for Away {
    fn sight<'a>(
        &'a mut self,
        _: CardNumber,
        _: &'a Sight,
    ) -> Answer<'a, Result<Sighted, Refusal>> {
        Box::pin(async { away() })
    }

    fn create<'a>(&'a mut self, _: &'a CreateRecharge) -> Answer<'a, Result<Recharge, Refusal>> {
        Box::pin(async { away() })
    }

    fn authorise<'a>(
        &'a mut self,
        _: &'a RecordId,
        _: &'a Authorise,
    ) -> Answer<'a, Result<Authorised, Refusal>> {
        Box::pin(async { away() })
    }

    fn confirm<'a>(
        &'a mut self,
        _: &'a RecordId,
        _: &'a Evidence,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        Box::pin(async { away() })
    }

    fn account<'a>(
        &'a mut self,
        _: CardNumber,
        _: &'a Account,
    ) -> Answer<'a, Result<Accounted, Refusal>> {
        Box::pin(async { away() })
    }

    fn offer_let_go<'a>(&'a mut self, _: &'a RecordId) -> Answer<'a, Result<InitForLoad, Refusal>> {
        Box::pin(async { away() })
    }

    fn let_go<'a>(
        &'a mut self,
        _: &'a RecordId,
        _: &'a LetGo,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        Box::pin(async { away() })
    }
}

fn away<T>() -> Result<T, Refusal> {
    Err(Refusal {
        code: Code::Unreachable,
    })
}

mod cards;
mod costs;
mod faults;
mod levels;
mod load;
mod models;
mod serial;
mod serial_faults;

struct Quiet;

impl Progress for Quiet {
    fn at(&mut self, _: Step) {}
    fn keep(&mut self, _: &KeptEvidence) {}
}

fn with_card(id: &str) -> Bus {
    let mut reader = Reader::new(VENDOR_CLASS);
    reader.insert(demo::card(id).expect("a demo card"));
    Bus::plug(reader).expect("a reader the page may use")
}

fn check(bus: &mut Bus) -> Result<CheckedCard, Fault> {
    run(flow::check_card(bus, &mut Away, &mut Quiet)).expect("the bus does not wait")
}

/// A powered card with the toll application selected and its PIN verified.
fn ready_to_load() -> (Bus, apdu_core::card::PowerSession) {
    let mut bus = with_card("normal");
    let pin = apdu_core::authority::Pin::Ascii6("123456".into());
    let verify = wallet::verify(&pin).expect("six digits").expect("a PIN");
    let session = run(async {
        let session = bus.connect().await.expect("powered");
        for command in [toll_card::select_toll_application(), verify] {
            let answer = bus.transmit(session, &command).await.expect("answered");
            assert!(answer.sw.is_ok(), "{command:?} {}", answer.sw);
        }
        session
    });
    (bus, session.expect("the bus does not wait"))
}

#[test]
fn a_card_is_read_even_while_the_backend_is_away() {
    let card = check(&mut with_card("normal")).expect("read");
    assert_eq!(card.issue.number.to_string(), "62012201230100000017");
    assert_eq!(card.balance, 3_000);
    assert!(
        card.application
            .is_some_and(|fci| fci.is_toll_application())
    );
    assert!(card.holder.is_some() && card.transit.is_some());
    assert_eq!(card.log.len(), 3);
    assert_eq!(card.records.expect_err("away").code, Code::Unreachable);
}

#[test]
fn every_demo_card_is_read_or_named_for_what_it_is() {
    for card in demo::cards() {
        let outcome = check(&mut with_card(card.id));
        match card.number {
            Some(number) => {
                let read = outcome.expect(card.id);
                assert_eq!(read.issue.number.serial, number, "{}", card.id);
            }
            None => {
                let fault = outcome.expect_err(card.id);
                assert_eq!(fault.code, Code::NotATollCard, "{}", card.id);
            }
        }
    }
}

#[test]
fn an_empty_reader_and_a_protected_one_are_named() {
    let mut empty = Bus::plug(Reader::new(VENDOR_CLASS)).expect("a reader");
    assert_eq!(check(&mut empty).expect_err("empty").code, Code::NoCard);
    assert_eq!(empty.run(Operation::Look), Event::Looked(Ok(false)));
    let protected = Bus::plug(Reader::new(SMART_CARD_CLASS));
    assert_eq!(protected.err(), Some(Code::ProtectedReader));
}

#[test]
fn a_card_pulled_at_a_once_command_leaves_it_unknown_on_either_side_of_its_effect() {
    let once = wallet::get_balance().once();
    for tear in [Tear::Before, Tear::After] {
        let (mut bus, session) = ready_to_load();
        bus.reader.tear_next(once.header[1], Some(tear));
        let answer = run(bus.transmit(session, &once)).expect("no wait");
        assert_eq!(answer, Err(NoAnswer::unknown(Code::CardGone)), "{tear:?}");
        let next = run(bus.transmit(session, &once)).expect("no wait");
        assert_eq!(next, Err(NoAnswer::not_sent(Code::CardGone)), "{tear:?}");
    }
}

#[test]
fn a_card_put_back_is_in_another_power_session() {
    let (mut bus, session) = ready_to_load();
    let card = bus.reader.remove().expect("a card");
    bus.reader.insert(card);
    let answer = run(bus.transmit(session, &wallet::get_balance())).expect("no wait");
    assert!(answer.is_err(), "{answer:?}");
    let again = run(bus.connect()).expect("no wait").expect("powered");
    assert_ne!(again, session);
}

#[test]
fn a_slow_card_is_waited_for() {
    let mut bus = with_card("normal");
    bus.reader.set_time_extensions(3);
    check(&mut bus).expect("read");
}
