//! Cards of the explorer's world: the plastic, and the same card in the records.

use std::cell::{Cell, RefCell};

use apdu_core::authority::{CardProfile, CardStatus, Pin, ProofCounter};
use apdu_core::bcd::{CardNumber, Date};
use etc_backend::ledger::{self, CardKind, CardStock, HolderFill, Purse};
use etc_sim::card::{self as sim, Knobs, PinForm, Stamp, TollCard};

/// A card and its back-office profile.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What to call it in a report.
    pub name: String,
    /// The card's own ways.
    pub knobs: Knobs,
    /// The `prove_counter` of its profile differs from the card's own way: ask both.
    pub ask_both: bool,
    /// Where its online counter stands at first.
    pub counter: u16,
    /// The last day it is good for, as the plastic and the records say.
    pub expiry: [u8; 4],
    /// Its load application was locked by wrong MAC2s before.
    pub locked: bool,
    /// It is as the factory first issues it, with this fill, and lies in the stock of the first outlet.
    pub blank: Option<u8>,
}

impl Subject {
    /// A card of these ways, in order otherwise.
    pub fn new(name: impl Into<String>, knobs: Knobs) -> Self {
        Self {
            name: name.into(),
            knobs,
            ask_both: false,
            counter: 5,
            expiry: [0x20, 0x34, 0x01, 0x14],
            locked: false,
            blank: None,
        }
    }
}

/// A card, and where it lies.
#[derive(Clone)]
pub struct Plastic {
    /// The 20 digits printed on it.
    pub number: CardNumber,
    /// The chip.
    pub chip: RefCell<TollCard>,
    pub(super) in_reader: Cell<bool>,
    pub(super) power: Cell<u32>,
    pub(super) powered: Cell<bool>,
}

/// Terminal of another system, which this ledger knows nothing of.
const ELSEWHERE: [u8; 6] = [0x99, 0x62, 0x01, 0x00, 0x00, 0x01];

impl Plastic {
    /// The plastic of a subject.
    pub fn new(number: CardNumber, subject: &Subject) -> Self {
        let issued = sim::Personalisation {
            balance: 3_000,
            counter: subject.counter,
            plate: b"\xB8\xCAA12345".to_vec(),
            start: [0x20, 0x24, 0x01, 0x15],
            expiry: subject.expiry,
            vehicle_class: 1,
            ..sim::Personalisation::factory(number.serial)
        };
        let person = match subject.blank {
            Some(fill) => sim::Personalisation::blank(number.serial, fill),
            None => issued,
        };
        let seed = u64::from_be_bytes(number.serial);
        let mut chip = TollCard::new(&person, subject.knobs, seed);
        if subject.locked {
            lock(&mut chip);
        }
        Self {
            number,
            chip: RefCell::new(chip),
            in_reader: Cell::new(true),
            power: Cell::new(0),
            powered: Cell::new(false),
        }
    }

    /// Its files 0016 and 0015.
    pub fn files(&self) -> [Vec<u8>; 2] {
        let chip = self.chip.borrow();
        [chip.holder_file().to_vec(), chip.issue_file().to_vec()]
    }

    /// Taken out of the reader and put back, or met by a new tab: in the reader, without power.
    pub fn put_in(&self) {
        self.chip.borrow_mut().power_off();
        self.powered.set(false);
        self.in_reader.set(true);
    }

    /// Its power fails; it stays in the reader.
    pub(super) fn lose_power(&self) {
        self.chip.borrow_mut().power_off();
        self.powered.set(false);
    }

    /// Its power fails in the middle of this secured write. Whether its file is now neither what it was nor what it
    /// was to be.
    pub(super) fn tear(&self, write: &[u8]) -> bool {
        // Within the last day of validity: what an activation changes there is torn as well.
        const WRITTEN: usize = 26;
        let before = self.files();
        self.chip.borrow_mut().tear_next_write(WRITTEN);
        self.apdu(write);
        self.powered.set(false);
        let after = &write[5..write.len() - 4];
        let files = self.files();
        let changed = before
            .iter()
            .zip(&files)
            .find(|(before, now)| before != now);
        changed.is_some_and(|(_, now)| now != after)
    }

    pub(super) fn pull(&self) {
        self.chip.borrow_mut().power_off();
        self.powered.set(false);
        self.in_reader.set(false);
    }

    /// Powers the chip anew, selects the toll application and shows the PIN: for those who speak to
    /// the card themselves.
    pub fn unlock(&self) {
        self.put_in();
        self.chip.borrow_mut().power_on();
        self.apdu(&[0x00, 0xA4, 0x00, 0x00, 0x02, 0x10, 0x01]);
        self.apdu(&[&[0x00, 0x20, 0x00, 0x00, 0x06][..], b"123456"].concat());
    }

    /// One command to a chip that has power.
    pub fn apdu(&self, command: &[u8]) -> Vec<u8> {
        self.chip.borrow_mut().transmit(command)
    }

    /// INITIALIZE FOR LOAD; the 16 bytes of its answer, if it was good.
    pub fn init(&self, amount: u32, terminal: [u8; 6]) -> Option<[u8; 16]> {
        let head: &[u8] = &[0x80, 0x50, 0x00, 0x02, 0x0B, 0x01];
        let answer = self.apdu(&[head, &amount.to_be_bytes(), &terminal, &[0x10]].concat());
        match *answer {
            [ref init @ .., 0x90, 0x00] => init.try_into().ok(),
            _ => None,
        }
    }

    /// A lane takes money.
    pub fn pay_toll(&self, fen: u32) {
        let lane = stamp([0x62, 0x01, 0x00, 0x00, 0x03, 0x07]);
        // A card without money opens no gate; the explorer does not mind.
        let _ = self.chip.borrow_mut().purchase(fen, true, lane);
        self.powered.set(false);
    }

    /// Another system loads the card.
    pub fn load_elsewhere(&self, fen: u32) {
        self.chip.borrow_mut().foreign_load(fen, stamp(ELSEWHERE));
        self.powered.set(false);
    }
}

fn stamp(terminal: [u8; 6]) -> Stamp {
    Stamp {
        terminal,
        date: [0x20, 0x26, 0x09, 0x21],
        time: [0x10, 0x15, 0x30],
    }
}

/// Three wrong MAC2s.
fn lock(chip: &mut TollCard) {
    chip.power_on();
    chip.transmit(&[0x00, 0xA4, 0x00, 0x00, 0x02, 0x10, 0x01]);
    chip.transmit(&[&[0x00, 0x20, 0x00, 0x00, 0x06][..], b"123456"].concat());
    for _ in 0..3 {
        let init = [
            0x80, 0x50, 0x00, 0x02, 0x0B, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6,
        ];
        chip.transmit(&[&init[..], &[0x10]].concat());
        chip.transmit(&[&[0x80, 0x52, 0x00, 0x00, 0x0B][..], &[0; 11], &[0x04]].concat());
    }
    chip.power_off();
}

/// The card in the records.
pub fn in_the_records(number: CardNumber, subject: &Subject) -> ledger::Card {
    let knobs = &subject.knobs;
    let digits = "123456".to_owned();
    let issued = ledger::Card {
        number,
        kind: CardKind::StoredValue,
        version: 0x40,
        start: Date([0x20, 0x24, 0x01, 0x15]),
        expiry: Date(subject.expiry),
        plate: "甘A12345".into(),
        plate_colour: 0,
        vehicle_class: 1,
        status: CardStatus::Normal,
        profile: CardProfile {
            pin: match knobs.pin.form {
                PinForm::None => Pin::None,
                PinForm::Ascii6 => Pin::Ascii6(digits),
                PinForm::Bcd3 => Pin::Bcd3(digits),
            },
            issue_file_length: knobs.issue_file_length,
            proof_counter: match knobs.proof_counter {
                _ if subject.ask_both => ProofCounter::Both,
                sim::ProofCounter::After => ProofCounter::After,
                sim::ProofCounter::Before => ProofCounter::Before,
                sim::ProofCounter::Both => ProofCounter::Both,
            },
        },
        purse: Purse {
            key_index: 1,
            refuses_one_fen: knobs.refuses_one_fen,
            refuses_odd_terminals: knobs.refuses_odd_terminals,
        },
        stock: CardStock::default(),
        proved_counter: 0,
        book: None,
        weak_random: false,
        stopped: None,
        revision: 0,
    };
    let Some(fill) = subject.blank else {
        return issued;
    };
    ledger::Card {
        start: Date([0; 4]),
        expiry: Date([0; 4]),
        plate: String::new(),
        vehicle_class: 0,
        stock: CardStock {
            is_issued: false,
            outlet: Some("LZ01".into()),
            fill: match fill {
                0xFF => HolderFill::ZeroThenFf,
                _ => HolderFill::Zero,
            },
            ..CardStock::default()
        },
        ..issued
    }
}
