//! Where a card is when it is not at this counter: at another system's, or in a toll lane.

use js_sys::Date;
use wasm_bindgen::prelude::*;

use super::VirtualBench;
use crate::card::{Stamp, TollCard};

/// Terminal of another system, which no ledger of ours knows.
const ELSEWHERE: [u8; 6] = [0x99, 0x62, 0x01, 0x00, 0x00, 0x01];
/// Terminal of the lane.
const LANE: [u8; 6] = [0x62, 0x01, 0x00, 0x00, 0x03, 0x07];
/// Hours of Asia/Shanghai before UTC.
const SHANGHAI: f64 = 8.0;

#[wasm_bindgen]
impl VirtualBench {
    /// Another system loads the card `id` with `fen`: its online counter moves, log and proof are there.
    /// `false` when the card does not take it.
    #[wasm_bindgen(js_name = loadElsewhere)]
    pub fn load_elsewhere(&self, id: &str, fen: u32) -> bool {
        self.take_away(id, |card| {
            card.foreign_load(fen, now_at(ELSEWHERE)).is_some()
        })
    }

    /// The card `id` pays `fen` in a toll lane: its balance falls, the online counter stays. `false` when
    /// it has too little.
    #[wasm_bindgen(js_name = payToll)]
    pub fn pay_toll(&self, id: &str, fen: u32) -> bool {
        self.take_away(id, |card| card.purchase(fen, true, now_at(LANE)).is_ok())
    }

    /// Takes a card out of the reader, to where something happens to it, and back to the table.
    fn take_away(&self, id: &str, happens: impl FnOnce(&mut TollCard) -> bool) -> bool {
        if self.bench.slot.borrow().as_deref() == Some(id) {
            self.bench.eject();
        }
        let Some(mut card) = self.bench.shelf.take(id) else {
            return false;
        };
        let done = card.as_toll_mut().is_some_and(happens);
        self.bench.shelf.keep(id, &card);
        done
    }
}

/// Date and time of Asia/Shanghai, at a terminal.
fn now_at(terminal: [u8; 6]) -> Stamp {
    let there = Date::new(&(Date::now() + SHANGHAI * 3_600_000.0).into());
    let year = there.get_utc_full_year();
    Stamp {
        terminal,
        date: [
            bcd(year / 100),
            bcd(year % 100),
            bcd(there.get_utc_month() + 1),
            bcd(there.get_utc_date()),
        ],
        time: [
            bcd(there.get_utc_hours()),
            bcd(there.get_utc_minutes()),
            bcd(there.get_utc_seconds()),
        ],
    }
}

/// Two digits.
fn bcd(number: u32) -> u8 {
    (((number / 10 % 10) << 4) | (number % 10)) as u8
}
