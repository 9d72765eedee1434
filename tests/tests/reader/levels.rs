//! Readers of every kind that this page can use, and what a person does when one of them fails.

use apdu_core::card::NoAnswer;
use apdu_core::fault::Code;
use etc_sim::demo;
use etc_sim::reader::{Contacts, Model, Reader};
use etc_tests::bus::Bus;

/// A kind of reader with a kind of card.
#[derive(Clone, Copy)]
pub struct Setup {
    pub name: &'static str,
    pub model: Model,
    /// Its card speaks T=1, and the host sees the blocks.
    pub blocks: bool,
    /// Commands or answers go in pieces, whatever their length.
    pub chains: bool,
    /// PPS is left to the host.
    pub pps: bool,
}

/// One way of being a reader.
const fn usual(name: &'static str, model: Model) -> Setup {
    Setup {
        name,
        model,
        blocks: false,
        chains: false,
        pps: false,
    }
}

/// A reader at TPDU level.
const fn tpdu(name: &'static str, model: Model, blocks: bool) -> Setup {
    Setup {
        blocks,
        pps: true,
        ..usual(name, model)
    }
}

/// Every exchange level, with the ways of readers that matter there.
pub const SETUPS: [Setup; 11] = [
    usual("short APDU", Model::short_apdu()),
    usual(
        "short APDU, no notifications, no empty packets, no abort",
        Model {
            interrupt: false,
            empty_packets: false,
            aborts: false,
            ..Model::short_apdu()
        },
    ),
    Setup {
        chains: true,
        ..usual(
            "short APDU in pieces",
            Model {
                piece: Some(20),
                ..Model::short_apdu()
            },
        )
    },
    usual("extended APDU", Model::extended_apdu()),
    Setup {
        chains: true,
        ..usual(
            "extended APDU in pieces",
            Model {
                piece: Some(20),
                ..Model::extended_apdu()
            },
        )
    },
    usual(
        "extended APDU at high speed",
        Model {
            high_speed: true,
            ..Model::extended_apdu()
        },
    ),
    tpdu("TPDU T=0", Model::tpdu_t0(), false),
    tpdu("TPDU T=1", Model::tpdu_t1(), true),
    tpdu("TPDU T=1 with CRC", Model::tpdu_t1_crc(), true),
    Setup {
        chains: true,
        ..tpdu(
            "TPDU T=1 in short blocks",
            Model {
                announced_ifsd: 4,
                contacts: Contacts {
                    ifsc: Some(4),
                    ..Contacts::T1_LRC
                },
                ..Model::tpdu_t1()
            },
            true,
        )
    },
    tpdu(
        "TPDU, both protocols offered",
        Model {
            contacts: Contacts::BOTH,
            ..Model::tpdu_t1()
        },
        false,
    ),
];

impl Setup {
    /// Such a reader with a demo card in it, and its host.
    pub fn plug(&self, card: &str) -> Bus {
        let mut reader = Reader::with(self.model);
        reader.insert(demo::card(card).expect("a demo card"));
        Bus::plug(reader).expect(self.name)
    }
}

/// What a person does who reads the fault's page, before trying again. `again`: the same has been done for
/// the same fault before, and did not help.
pub fn follow(bus: Bus, code: Code, again: bool) -> Bus {
    match code {
        Code::CardGone
        | Code::NoCard
        | Code::CardMute
        | Code::CardLink
        | Code::ReaderProtocol
        | Code::ReaderHardware
            if !again =>
        {
            put_in_again(bus)
        }
        // "Read the card again; if there is still no answer, unplug the reader."
        Code::ReaderTimeout if !again => bus,
        // "Plug it in", "check the cable", "use another reader".
        _ => plug_in_again(bus),
    }
}

/// The card is taken out and put back: the one that lay there, or the one that was pulled.
fn put_in_again(mut bus: Bus) -> Bus {
    let in_slot = bus.reader.remove();
    if let Some(card) = bus.reader.take_pulled().or(in_slot) {
        bus.reader.insert(card);
    }
    bus
}

/// The plug is pulled and put in again, so the page meets another reader.
fn plug_in_again(mut bus: Bus) -> Bus {
    bus.reader.unplug();
    bus.reader.plug_in();
    let now = bus.now;
    let mut bus = Bus::plug(put_in_again(bus).reader).expect("it was a reader before");
    bus.now = now;
    bus
}

/// Tries something until it works, following the fault's page in between, a few times.
pub fn until_it_works<T>(
    mut bus: Bus,
    what: &str,
    mut try_it: impl FnMut(&mut Bus) -> Result<T, Code>,
) -> (Bus, T) {
    let mut met = Vec::new();
    loop {
        match try_it(&mut bus) {
            Ok(done) => return (bus, done),
            Err(code) => {
                assert!(met.len() < 6, "{what}: not usable again after {met:?}");
                bus = follow(bus, code, met.contains(&code));
                met.push(code);
            }
        }
    }
}

/// The code of what did not answer.
pub fn code(none: NoAnswer) -> Code {
    none.code
}
