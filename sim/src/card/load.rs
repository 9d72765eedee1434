//! The wallet: load, proof, and what happens to it on the road.
//!
//! Sources: reference §2.4 (commands), §3.2 (MACs), §5 (what survives a tear).

use serde::{Deserialize, Serialize};

use super::apdu::{Answer, Command, Sw};
use super::files::{LOG_RECORDS, LogRecord, Stamp, kind};
use super::knobs::{ProofCounter, ProofsKept};
use super::{Personalisation, TollCard};
use crate::crypto::{Block, Mac, load_session_key, mac_single, purchase_session_key, tac_key};

/// Wrong MAC2 in a row after which the load application locks.
const BAD_MAC2_LIMIT: u8 = 3;

/// One CREDIT FOR LOAD that the card accepted; the journal a test compares the ledger with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Online counter n that it used up.
    pub counter: u16,
    /// Amount in fen.
    pub amount: u32,
    /// Terminal, date and time.
    pub stamp: Stamp,
    /// Balance after it.
    pub balance: u32,
    /// Made by [`TollCard::foreign_load`], with a MAC2 of another system.
    pub foreign: bool,
}

/// Why a lane got no money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurchaseRefused {
    /// The balance is lower than the amount (`9401`).
    Balance,
    /// The offline counter is at its end (`9402`).
    Counter,
}

/// What GET TRANSACTION PROVE can show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Proof {
    kind: u8,
    /// The counter before the transaction.
    counter: u16,
    mac: Mac,
    tac: Mac,
}

/// The state that CREDIT FOR LOAD changes in one piece.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wallet {
    balance: u32,
    online: u16,
    offline: u16,
    /// Newest first.
    pub(super) log: Vec<LogRecord>,
    proof: Option<Proof>,
    bad_mac2: u8,
    load_locked: bool,
    credits: Vec<Credit>,
}

impl Wallet {
    /// The wallet as it was personalised.
    pub fn new(person: &Personalisation) -> Self {
        let mut log = person.log.clone();
        log.truncate(LOG_RECORDS);
        Self {
            balance: person.balance,
            online: person.counter,
            offline: person.offline_counter,
            log,
            proof: None,
            bad_mac2: 0,
            load_locked: false,
            credits: Vec::new(),
        }
    }

    /// Cyclic: the 51st record pushes the oldest out.
    fn push_log(&mut self, record: LogRecord) {
        self.log.insert(0, record);
        self.log.truncate(LOG_RECORDS);
    }
}

/// A load between INITIALIZE and CREDIT: bound to amount and terminal, gone with the power.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    key: Block,
    amount: u32,
    terminal: [u8; 6],
}

impl TollCard {
    /// GET BALANCE, 4 bytes; P2 02 is the wallet, the only purse here.
    pub(super) fn get_balance(&mut self, command: &Command<'_>) -> Answer {
        self.in_application()?;
        if [command.p1, command.p2] != [0x00, 0x02] {
            return Err(Sw::WRONG_P1_P2);
        }
        if !command.body.is_empty() {
            return Err(Sw::WRONG_LENGTH);
        }
        command.exactly(self.wallet.balance.to_be_bytes().to_vec())
    }

    /// INITIALIZE FOR LOAD: `key index(1) amount(4) terminal(6)` → balance(4) counter(2)
    /// version(1) algorithm(1) random(4) MAC1(4).
    pub(super) fn initialize_for_load(&mut self, command: &Command<'_>) -> Answer {
        // Whatever comes of it, the load that was pending is replaced (reference §5).
        self.volatile.load = None;
        self.in_application()?;
        if [command.p1, command.p2] != [0x00, 0x02] {
            return Err(Sw::WRONG_P1_P2);
        }
        let [index, a0, a1, a2, a3, terminal @ ..] = command.body::<11>()?;
        let amount = u32::from_be_bytes([a0, a1, a2, a3]);
        if self.wallet.load_locked {
            return Err(Sw::LOCKED);
        }
        self.pin_satisfied()?;
        if self.knobs.wrong_key_index || !matches!(index, 0x01 | 0x02) {
            return Err(Sw::NO_SUCH_KEY);
        }
        if self.wallet.online == u16::MAX {
            return Err(Sw::COUNTER_AT_END);
        }
        if self.knobs.refuses_one_fen && amount == 1 {
            return Err(Sw::WRONG_DATA);
        }
        if self.knobs.refuses_odd_terminals && terminal[0] >= 0xF0 {
            return Err(Sw::AMOUNT);
        }
        // The new balance must still fit four bytes.
        if self.wallet.balance.checked_add(amount).is_none() {
            return Err(Sw::AMOUNT);
        }
        let [r0, r1, r2, r3, ..] = self.random.draw(self.knobs.random);
        let random = [r0, r1, r2, r3];
        let key = load_session_key(&self.keys.load, random, self.wallet.online);
        let old_balance = self.wallet.balance.to_be_bytes();
        let mac1 = mac_single(
            &key,
            &[
                &old_balance[..],
                &amount.to_be_bytes(),
                &[kind::LOAD],
                &terminal,
            ]
            .concat(),
        );
        self.volatile.load = Some(Session {
            key,
            amount,
            terminal,
        });
        if self.knobs.init_clears_proof {
            self.wallet.proof = None;
        }
        let counter = self.wallet.online.to_be_bytes();
        // Key version 01, algorithm 00 (3DES).
        Ok([&old_balance[..], &counter, &[0x01, 0x00], &random, &mac1].concat())
    }

    /// CREDIT FOR LOAD: `date(4) time(3) MAC2(4)` → TAC(4).
    ///
    /// The rule chosen for wrong MAC2: each answers `9302` and ends the pending load; the third in
    /// a row (no accepted CREDIT in between, power cycles do not count) still answers `9302` and
    /// locks the load application, and from then on INITIALIZE and CREDIT answer `9303`.
    pub(super) fn credit_for_load(&mut self, command: &Command<'_>) -> Answer {
        self.in_application()?;
        if [command.p1, command.p2] != [0x00, 0x00] {
            return Err(Sw::WRONG_P1_P2);
        }
        let body = command.body::<11>()?;
        if self.wallet.load_locked {
            return Err(Sw::LOCKED);
        }
        // Right or wrong, a CREDIT uses the pending load up.
        let session = self.volatile.load.take().ok_or(Sw::CONDITIONS)?;
        let [d0, d1, d2, d3, t0, t1, t2, mac2 @ ..] = body;
        let stamp = Stamp {
            terminal: session.terminal,
            date: [d0, d1, d2, d3],
            time: [t0, t1, t2],
        };
        if mac2 != session.mac2(&stamp) {
            self.wallet.bad_mac2 = self.wallet.bad_mac2.saturating_add(1);
            self.wallet.load_locked =
                self.knobs.locks_after_3_bad_mac2 && self.wallet.bad_mac2 >= BAD_MAC2_LIMIT;
            return Err(Sw::WRONG_MAC2);
        }
        if self.knobs.damaged {
            return Err(Sw::MEMORY_FAILURE);
        }
        self.credit(&session, stamp, false).map(|tac| tac.to_vec())
    }

    /// The one place where money comes in: balance, counter, log, proof and journal change
    /// together or not at all, before the TAC is known to anybody.
    fn credit(&mut self, session: &Session, stamp: Stamp, foreign: bool) -> Result<Mac, Sw> {
        let amount = session.amount;
        let mut wallet = self.wallet.clone();
        let counter = wallet.online;
        wallet.balance = wallet.balance.checked_add(amount).ok_or(Sw::AMOUNT)?;
        wallet.online = counter.checked_add(1).ok_or(Sw::COUNTER_AT_END)?;
        wallet.bad_mac2 = 0;
        let tac = mac_single(
            &tac_key(&self.keys.tac),
            &[
                &wallet.balance.to_be_bytes()[..],
                &counter.to_be_bytes(),
                &amount.to_be_bytes(),
                &[kind::LOAD],
                &stamp.terminal,
                &stamp.date,
                &stamp.time,
            ]
            .concat(),
        );
        wallet.push_log(LogRecord {
            counter,
            amount,
            kind: kind::LOAD,
            stamp,
        });
        if self.knobs.proofs_kept != ProofsKept::None {
            // The MAC shown with the TAC is the MAC2 that was accepted.
            let mac = session.mac2(&stamp);
            wallet.proof = Some(Proof {
                kind: kind::LOAD,
                counter,
                mac,
                tac,
            });
        }
        wallet.credits.push(Credit {
            counter,
            amount,
            stamp,
            balance: wallet.balance,
            foreign,
        });
        self.wallet = wallet;
        Ok(tac)
    }

    /// GET TRANSACTION PROVE: `counter(2)` → MAC(4) TAC(4); P2 is the transaction type. It needs
    /// no PIN and changes nothing.
    pub(super) fn get_transaction_prove(&mut self, command: &Command<'_>) -> Answer {
        self.in_application()?;
        if command.p1 != 0 || !matches!(command.p2, kind::LOAD | kind::PURCHASE | kind::COMPOSITE) {
            return Err(Sw::WRONG_P1_P2);
        }
        let asked = u16::from_be_bytes(command.body::<2>()?);
        let proof = self.wallet.proof.as_ref().ok_or(Sw::NO_PROOF)?;
        let (before, after) = (proof.counter, proof.counter + 1);
        let fits = match self.knobs.proof_counter {
            ProofCounter::After => asked == after,
            ProofCounter::Before => asked == before,
            ProofCounter::Both => asked == before || asked == after,
        };
        if !fits || command.p2 != proof.kind {
            return Err(Sw::NO_PROOF);
        }
        Ok([proof.mac, proof.tac].concat())
    }

    /// What a toll lane does: the balance falls, the log gets a record of type 06 (`composite`:
    /// 09), and with the knob "last any" its proof replaces the one of a load. Returns the TAC.
    ///
    /// The lane's terminal counts its own transactions; its number for this one is the card's
    /// offline counter, and the purchase key is the load key, as in the reference's example (§3.5).
    pub fn purchase(
        &mut self,
        amount: u32,
        composite: bool,
        stamp: Stamp,
    ) -> Result<Mac, PurchaseRefused> {
        let kind = if composite {
            kind::COMPOSITE
        } else {
            kind::PURCHASE
        };
        let counter = self.wallet.offline;
        let balance = self
            .wallet
            .balance
            .checked_sub(amount)
            .ok_or(PurchaseRefused::Balance)?;
        let next = counter.checked_add(1).ok_or(PurchaseRefused::Counter)?;
        // The card was in the lane's reader, so it lost its power here.
        self.power_off();
        let [r0, r1, r2, r3, ..] = self.random.draw(self.knobs.random);
        let terminal_counter = u32::from(counter);
        let key =
            purchase_session_key(&self.keys.load, [r0, r1, r2, r3], counter, terminal_counter);
        let amount_bytes = amount.to_be_bytes();
        let tac = mac_single(
            &tac_key(&self.keys.tac),
            &[
                &amount_bytes[..],
                &[kind],
                &stamp.terminal,
                &terminal_counter.to_be_bytes(),
                &stamp.date,
                &stamp.time,
            ]
            .concat(),
        );
        self.wallet.balance = balance;
        self.wallet.offline = next;
        self.wallet.push_log(LogRecord {
            counter,
            amount,
            kind,
            stamp,
        });
        if self.knobs.proofs_kept == ProofsKept::LastAny {
            let mac = mac_single(&key, &amount_bytes);
            self.wallet.proof = Some(Proof {
                kind,
                counter,
                mac,
                tac,
            });
        }
        Ok(tac)
    }

    /// Another system loads this card: the same keys, a terminal of its own. It spends one online
    /// counter; the answer is its TAC, or `None` when the card cannot take it any more.
    pub fn foreign_load(&mut self, amount: u32, stamp: Stamp) -> Option<Mac> {
        if self.wallet.load_locked {
            return None;
        }
        self.power_off();
        let [r0, r1, r2, r3, ..] = self.random.draw(self.knobs.random);
        let key = load_session_key(&self.keys.load, [r0, r1, r2, r3], self.wallet.online);
        let session = Session {
            key,
            amount,
            terminal: stamp.terminal,
        };
        self.credit(&session, stamp, true).ok()
    }

    /// Every CREDIT FOR LOAD this card ever accepted, oldest first.
    pub fn credits(&self) -> &[Credit] {
        &self.wallet.credits
    }

    /// Wallet balance in fen.
    pub fn balance(&self) -> u32 {
        self.wallet.balance
    }

    /// Online counter: the n of the next load.
    pub fn online_counter(&self) -> u16 {
        self.wallet.online
    }
}

impl Session {
    /// MAC2 for this load at `stamp`'s date and time.
    fn mac2(&self, stamp: &Stamp) -> Mac {
        let amount = self.amount.to_be_bytes();
        let message = [
            &amount[..],
            &[kind::LOAD],
            &self.terminal,
            &stamp.date,
            &stamp.time,
        ]
        .concat();
        mac_single(&self.key, &message)
    }
}
