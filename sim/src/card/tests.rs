//! Behaviour of the toll card, command by command.

use super::*;
use crate::crypto::{Mac, diversify, load_session_key, mac_retail, mac_single, tac_key};
use crate::demo;
use crate::hex::{bytes, text};

const NUMBER: [u8; 8] = [0x22, 0x01, 0x23, 0x01, 0x00, 0x00, 0x00, 0x17];
const STAMP: Stamp = Stamp {
    terminal: [0x99, 0, 0, 0, 0, 0x01],
    date: [0x20, 0x24, 0x01, 0x15],
    time: [0x09, 0x30, 0x00],
};

mod files;
mod load;
mod security;

/// The demo card in order, powered.
fn normal() -> TollCard {
    toll("normal")
}

fn toll(id: &str) -> TollCard {
    let Some(Card::Toll(mut card)) = demo::card(id) else {
        panic!("{id} is no toll card")
    };
    card.power_on();
    *card
}

/// The demo card in order with other knobs.
fn with(turn: impl FnOnce(&mut Knobs)) -> TollCard {
    let mut knobs = Knobs::default();
    turn(&mut knobs);
    let person = Personalisation {
        balance: 30_00,
        counter: 5,
        ..Personalisation::factory(NUMBER)
    };
    let mut card = TollCard::new(&person, knobs, 1);
    card.power_on();
    card
}

/// One exchange in hexadecimal.
#[track_caller]
fn expect(card: &mut TollCard, command: &str, answer: &str) {
    assert_eq!(
        text(&card.transmit(&bytes(command))),
        text(&bytes(answer)),
        "{command}"
    );
}

fn card_key(root: [u8; 16]) -> [u8; 16] {
    let area = [0xB8, 0xCA, 0xCB, 0xE0, 0xB8, 0xCA, 0xCB, 0xE0];
    diversify(&diversify(&root, &area), &NUMBER)
}

/// Selects the application and shows the PIN.
#[track_caller]
fn unlock(card: &mut TollCard) {
    assert!(
        card.transmit(&bytes("00A40000021001"))
            .ends_with(&[0x90, 0x00])
    );
    expect(card, "0020000006313233343536", "9000");
}

/// INITIALIZE FOR LOAD, and the CREDIT that a back office would answer with.
#[track_caller]
fn init(card: &mut TollCard, amount: u32, terminal: &str) -> (Vec<u8>, Vec<u8>) {
    let answer = card.transmit(&bytes(&format!("805000020B01{amount:08X}{terminal}10")));
    assert_eq!(answer.len(), 18, "{}", text(&answer));
    let counter = u16::from_be_bytes([answer[4], answer[5]]);
    let random = answer[8..12].try_into().unwrap();
    let sk = load_session_key(&card_key(demo::roots().load), random, counter);
    let mac1 = mac_single(
        &sk,
        &[&answer[..4], &amount.to_be_bytes(), &[2], &bytes(terminal)].concat(),
    );
    assert_eq!(answer[12..16], mac1, "MAC1");
    let moment = bytes("20240115 093000");
    let mac2 = mac_single(
        &sk,
        &[&amount.to_be_bytes()[..], &[2], &bytes(terminal), &moment].concat(),
    );
    let credit = [&bytes("805200000B")[..], &moment, &mac2, &[0x04]].concat();
    (answer, credit)
}

/// All that a load may change.
fn money(card: &TollCard) -> (u32, u16, Vec<LogRecord>, Vec<Credit>) {
    (
        card.balance(),
        card.online_counter(),
        card.wallet.log.clone(),
        card.credits().to_vec(),
    )
}

const TERMINAL: &str = "010203040506";

#[track_caller]
fn load(card: &mut TollCard, amount: u32) -> Mac {
    let (_, credit) = init(card, amount, TERMINAL);
    let answer = card.transmit(&credit);
    assert_eq!(answer[4..], [0x90, 0x00], "{}", text(&answer));
    answer[..4].try_into().unwrap()
}

// ---------------------------------------------------------------------------------- files
