//! A store in memory with a clock that stands until it is set: for tests and the explorer.
//!
//! It keeps the same invariants as the databases, one check per unique index.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use apdu_core::bcd::CardNumber;
use apdu_core::hex::Fixed;
use async_trait::async_trait;
use etc_api::Outlet;

use super::{
    Commit, CountedProof, Holder, Operator, Session, SignInRule, Stock, Store, StoreError,
    StoredAnswer, TokenHash,
};
use crate::audit::Entry;
use crate::ledger::{
    Authorisation, Card, CardFile, Change, Nonce, PaymentTaken, Record, State, Write,
};

/// A store in memory. A clone is a fork: it goes on alone.
#[derive(Default)]
pub struct MemoryStore(Mutex<Memory>);

#[derive(Clone, Default)]
struct Memory {
    now: i64,
    cards: BTreeMap<CardNumber, Card>,
    holders: BTreeMap<CardNumber, Holder>,
    wrong_proofs: BTreeMap<CardNumber, u32>,
    nonces: BTreeMap<CardNumber, Nonce>,
    records: BTreeMap<String, Record>,
    payments: Vec<PaymentTaken>,
    authorisations: Vec<Authorisation>,
    answers: BTreeMap<String, StoredAnswer>,
    audit: Vec<Entry>,
    outlets: BTreeMap<String, Outlet>,
    terminals: BTreeMap<[u8; 6], String>,
    operators: BTreeMap<String, Operator>,
    sign_ins: BTreeMap<String, SignIns>,
    sessions: BTreeMap<TokenHash, (Session, u32)>,
}

#[derive(Clone, Copy, Default)]
struct SignIns {
    failed: u32,
    last_at: i64,
}

impl Clone for MemoryStore {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}

impl MemoryStore {
    /// An empty store whose clock stands at `now` (ms UTC).
    pub fn new(now: i64) -> Self {
        Self(Mutex::new(Memory {
            now,
            ..Memory::default()
        }))
    }

    /// Sets the clock.
    pub fn set_now(&self, now: i64) {
        self.lock().now = now;
    }

    /// Moves the clock on by `ms`.
    pub fn advance(&self, ms: i64) {
        self.lock().now += ms;
    }

    /// All records, for the invariants a test asserts.
    pub fn records(&self) -> Vec<Record> {
        self.lock().records.values().cloned().collect()
    }

    /// All payments.
    pub fn payments(&self) -> Vec<PaymentTaken> {
        self.lock().payments.clone()
    }

    /// All authorisations, oldest first.
    pub fn authorisations(&self) -> Vec<Authorisation> {
        self.lock().authorisations.clone()
    }

    /// The audit trail, oldest first.
    pub fn audit(&self) -> Vec<Entry> {
        self.lock().audit.clone()
    }

    /// Gives a card another status, as another office would.
    pub fn set_status(&self, card: CardNumber, status: apdu_core::authority::CardStatus) {
        if let Some(card) = self.lock().cards.get_mut(&card) {
            card.status = status;
            card.revision += 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        // Changes are made on a copy that replaces the state when complete, so a panic elsewhere
        // cannot have left half of one.
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Runs a transaction: all of it, or nothing.
    fn transact<T>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut state = self.lock();
        let mut copy = state.clone();
        let done = work(&mut copy)?;
        *state = copy;
        Ok(done)
    }
}

impl Memory {
    fn change(&mut self, change: &Change) -> Result<(), StoreError> {
        let card = self.cards.get_mut(&change.card).ok_or(StoreError::Raced)?;
        if card.revision != change.revision {
            return Err(StoreError::Raced);
        }
        card.revision += 1;
        change
            .writes
            .iter()
            .try_for_each(|write| self.write(change.card, write))
    }

    fn write(&mut self, card: CardNumber, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::PutNonce(nonce) => {
                self.nonces.insert(card, nonce.clone());
            }
            Write::DropNonces => {
                self.nonces.remove(&card);
            }
            Write::InsertRecord(record) => {
                self.unique(record)?;
                if self
                    .records
                    .insert(record.id.clone(), record.clone())
                    .is_some()
                {
                    return Err(duplicate("record"));
                }
            }
            Write::UpdateRecord(record) => {
                self.unique(record)?;
                let kept = self.records.get_mut(&record.id).ok_or(StoreError::Raced)?;
                if kept.version != record.version {
                    return Err(StoreError::Raced);
                }
                *kept = Record {
                    version: record.version + 1,
                    ..record.clone()
                };
            }
            Write::InsertPayment(payment) => {
                if self
                    .payments
                    .iter()
                    .any(|other| other.record == payment.record)
                {
                    return Err(duplicate("payment"));
                }
                self.payments.push(payment.clone());
            }
            Write::InsertAuthorisation(new) => {
                let same = |old: &Authorisation| old.card == new.card && old.second == new.second;
                if self.authorisations.iter().any(same) {
                    return Err(duplicate("authorisation"));
                }
                self.authorisations.push(new.clone());
            }
            Write::ProveCounter(counter) => {
                let kept = self.cards.get_mut(&card).ok_or(StoreError::Raced)?;
                kept.proved_counter = kept.proved_counter.max(*counter);
            }
        }
        Ok(())
    }

    /// What the databases keep by partial unique indexes: one open record per card, one load per
    /// counter of a card.
    fn unique(&self, record: &Record) -> Result<(), StoreError> {
        let spent = |record: &Record| match record.state {
            State::Loaded(proof) => Some(proof.counter),
            _ => None,
        };
        let clash = |other: &Record| {
            let same_card = other.card == record.card && other.id != record.id;
            let both_open = record.is_open() && other.is_open();
            let both_loaded = spent(record).is_some() && spent(record) == spent(other);
            same_card && (both_open || both_loaded)
        };
        match self.records.values().any(clash) {
            true => Err(duplicate("record")),
            false => Ok(()),
        }
    }

    fn uncount(&mut self, proof: &CountedProof) {
        if let Some(wrong) = self.wrong_proofs.get_mut(&proof.card) {
            *wrong = wrong.saturating_sub(1);
        }
        if let Some((_, wrong)) = self.sessions.get_mut(&proof.session) {
            *wrong = wrong.saturating_sub(1);
        }
    }

    fn add(&mut self, stock: &Stock) -> Result<(), StoreError> {
        for outlet in &stock.outlets {
            if self
                .outlets
                .insert(outlet.code.clone(), outlet.clone())
                .is_some()
            {
                return Err(duplicate(&format!("outlet {} exists", outlet.code)));
            }
        }
        for terminal in &stock.terminals {
            self.known_outlet(&terminal.outlet)?;
            if self
                .terminals
                .insert(terminal.number, terminal.outlet.clone())
                .is_some()
            {
                return Err(duplicate(&format!(
                    "terminal {} exists",
                    Fixed(terminal.number)
                )));
            }
        }
        for operator in &stock.operators {
            self.known_outlet(&operator.outlet)?;
            if self
                .operators
                .insert(operator.name.clone(), operator.clone())
                .is_some()
            {
                return Err(duplicate(&format!("operator {} exists", operator.name)));
            }
        }
        for new in &stock.cards {
            let number = new.card.number;
            if self.cards.insert(number, new.card.clone()).is_some() {
                return Err(duplicate(&format!("card {number} exists")));
            }
            if let Some(holder) = &new.holder {
                self.holders.insert(number, holder.clone());
            }
        }
        Ok(())
    }

    fn known_outlet(&self, code: &str) -> Result<(), StoreError> {
        match self.outlets.contains_key(code) {
            true => Ok(()),
            false => Err(StoreError::Failed(
                format!("there is no outlet {code}").into(),
            )),
        }
    }
}

fn duplicate(what: &str) -> StoreError {
    StoreError::Duplicate(what.to_owned())
}

#[async_trait]
impl Store for MemoryStore {
    async fn now(&self) -> Result<i64, StoreError> {
        Ok(self.lock().now)
    }

    async fn card_file(&self, number: CardNumber) -> Result<Option<CardFile>, StoreError> {
        let state = self.lock();
        let Some(card) = state.cards.get(&number) else {
            return Ok(None);
        };
        let of_card = || {
            state
                .records
                .values()
                .filter(|record| record.card == number)
        };
        let seconds = state.authorisations.iter().filter(|one| one.card == number);
        Ok(Some(CardFile {
            card: card.clone(),
            nonce: state.nonces.get(&number).cloned(),
            created: of_card()
                .filter(|one| one.state == State::Created)
                .cloned()
                .collect(),
            open: of_card().find(|record| record.is_open()).cloned(),
            latest_second: seconds.map(|one| one.second).max(),
        }))
    }

    async fn record(&self, id: &str) -> Result<Option<Record>, StoreError> {
        Ok(self.lock().records.get(id).cloned())
    }

    async fn authorisations_at(
        &self,
        card: CardNumber,
        counter: u16,
    ) -> Result<Vec<Authorisation>, StoreError> {
        let state = self.lock();
        let at = |one: &&Authorisation| one.card == card && one.counter == counter;
        Ok(state.authorisations.iter().filter(at).cloned().collect())
    }

    async fn authorisations_beside(&self, record: &str) -> Result<Vec<Authorisation>, StoreError> {
        let state = self.lock();
        let own = |one: &&Authorisation| one.record == record;
        let lock = |one: &Authorisation| (one.card, one.counter);
        let locks: Vec<_> = state.authorisations.iter().filter(own).map(lock).collect();
        let beside = |one: &&Authorisation| locks.contains(&lock(one));
        Ok(state
            .authorisations
            .iter()
            .filter(beside)
            .cloned()
            .collect())
    }

    async fn answer(&self, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        Ok(self.lock().answers.get(key).cloned())
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.transact(|state| {
            state.change(&commit.change)?;
            if let Some(proof) = &commit.proved {
                state.uncount(proof);
            }
            state.audit.push(commit.entry.clone());
            if let Some(answer) = &commit.answer
                && state
                    .answers
                    .insert(answer.key.clone(), answer.clone())
                    .is_some()
            {
                return Err(duplicate("idempotency key"));
            }
            Ok(())
        })
    }

    async fn count_proof(&self, proof: &CountedProof, limit: u32) -> Result<bool, StoreError> {
        self.transact(|state| {
            // A session that ended in the meantime counts nothing; the card still does.
            let mut nobody = 0;
            let by_session = state.sessions.get_mut(&proof.session);
            let by_session = by_session.map_or(&mut nobody, |(_, wrong)| wrong);
            let by_card = state.wrong_proofs.entry(proof.card).or_default();
            let tries_left = *by_card < limit && *by_session < limit;
            if tries_left {
                *by_card += 1;
                *by_session += 1;
            }
            Ok(tries_left)
        })
    }

    async fn uncount_proof(&self, proof: &CountedProof) -> Result<(), StoreError> {
        self.lock().uncount(proof);
        Ok(())
    }

    async fn unlock_card(&self, card: CardNumber, entry: &Entry) -> Result<bool, StoreError> {
        self.transact(|state| {
            if !state.cards.contains_key(&card) {
                return Ok(false);
            }
            state.wrong_proofs.remove(&card);
            state.audit.push(entry.clone());
            Ok(true)
        })
    }

    async fn add(&self, stock: &Stock) -> Result<(), StoreError> {
        self.transact(|state| state.add(stock))
    }

    async fn outlet(&self, code: &str) -> Result<Option<Outlet>, StoreError> {
        Ok(self.lock().outlets.get(code).cloned())
    }

    async fn terminals(&self, outlet: &str) -> Result<Vec<[u8; 6]>, StoreError> {
        let state = self.lock();
        let of_outlet = state.terminals.iter().filter(|(_, code)| *code == outlet);
        Ok(of_outlet.map(|(number, _)| *number).collect())
    }

    async fn operator(&self, name: &str) -> Result<Option<Operator>, StoreError> {
        Ok(self.lock().operators.get(name).cloned())
    }

    async fn count_sign_in(&self, name: &str, rule: SignInRule) -> Result<bool, StoreError> {
        self.transact(|state| {
            state
                .sign_ins
                .retain(|_, tries| (rule.now - rule.lock + 1..=rule.now).contains(&tries.last_at));
            let tries = state.sign_ins.entry(name.to_owned()).or_default();
            let tries_left = tries.failed < rule.tries;
            if tries_left {
                *tries = SignIns {
                    failed: tries.failed + 1,
                    last_at: rule.now,
                };
            }
            Ok(tries_left)
        })
    }

    async fn open_session(&self, session: &Session, entry: &Entry) -> Result<(), StoreError> {
        self.transact(|state| {
            state.sign_ins.remove(&session.operator);
            state.sessions.insert(session.token, (session.clone(), 0));
            state.audit.push(entry.clone());
            Ok(())
        })
    }

    async fn session(&self, token: &TokenHash) -> Result<Option<Session>, StoreError> {
        Ok(self
            .lock()
            .sessions
            .get(token)
            .map(|(session, _)| session.clone()))
    }

    async fn touch_session(&self, token: &TokenHash, now: i64) -> Result<(), StoreError> {
        if let Some((session, _)) = self.lock().sessions.get_mut(token) {
            session.seen_at = now;
        }
        Ok(())
    }

    async fn close_session(&self, token: &TokenHash, entry: &Entry) -> Result<(), StoreError> {
        self.transact(|state| {
            state.sessions.remove(token);
            state.audit.push(entry.clone());
            Ok(())
        })
    }

    async fn note(&self, entry: &Entry) -> Result<(), StoreError> {
        self.lock().audit.push(entry.clone());
        Ok(())
    }
}
