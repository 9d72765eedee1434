//! A store in memory with a clock that stands until it is set: for tests and the explorer.
//!
//! It keeps the same invariants as the databases, one check per unique index.

mod applications;
mod cards;
mod tags;
mod write;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use apdu_core::bcd::CardNumber;
use apdu_core::obu::ContractSerial;
use async_trait::async_trait;
use etc_api::{NewApplication, Outlet, TakenApplications, Takings};

use super::{
    Commit, Counted, CountedProof, DrawerRow, Holder, Operator, Outlived, RecordSearch, Session,
    SignInRule, Stock, Store, StoreError, StoredAnswer, TakeInOffer, TokenHash,
};
use crate::audit::{Entry, Sealed};
use crate::ledger::limits::Day;
use crate::ledger::{
    Application, Approval, Authorisation, Banks, BookRow, Card, CardFile, CardJob, CardModel, Case,
    CaseState, HandIn, Means, MoneyBack, Nonce, Pairing, PaymentTaken, PosSlip, ProvedBy, Reading,
    Record, Seen, State, Switch, Tag, TagJob, Vehicle, VerifiedInit, WriteAttempt,
};
use write::duplicate;

/// A store in memory. A clone is a fork: it goes on alone.
#[derive(Default)]
pub struct MemoryStore(Mutex<Memory>);

/// Each transaction works on a copy: what is never changed in place is shared between them.
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
    /// With when they were given.
    answers: BTreeMap<String, (i64, Arc<StoredAnswer>)>,
    money_back: Vec<MoneyBack>,
    book: BTreeMap<(CardNumber, u16), BookRow>,
    seen: BTreeMap<(CardNumber, [u8; 4]), VerifiedInit>,
    let_go_offers: BTreeMap<(CardNumber, u16), u32>,
    stopped_at: BTreeMap<CardNumber, i64>,
    cases: BTreeMap<String, Case>,
    approvals: Vec<Approval>,
    switches: Vec<Switch>,
    drawers: BTreeMap<String, DrawerRow>,
    audit: Vec<Arc<Sealed>>,
    outlets: Arc<BTreeMap<String, Outlet>>,
    terminals: Arc<BTreeMap<[u8; 6], String>>,
    operators: Arc<BTreeMap<String, Operator>>,
    openings: BTreeMap<String, i64>,
    sign_ins: BTreeMap<String, SignIns>,
    sessions: BTreeMap<TokenHash, (Session, u32)>,
    card_models: BTreeMap<([u8; 8], u8), CardModel>,
    take_in_offers: BTreeMap<TokenHash, TakeInOffer>,
    tags: Arc<BTreeMap<ContractSerial, Tag>>,
    readings: BTreeMap<ContractSerial, Reading>,
    vehicles: Arc<BTreeMap<(String, u8), Vehicle>>,
    /// The card that each vehicle was given last.
    given: BTreeMap<(String, u8), CardNumber>,
    tag_jobs: BTreeMap<String, Arc<TagJob>>,
    card_jobs: BTreeMap<String, Arc<CardJob>>,
    attempts: Vec<Arc<WriteAttempt>>,
    pairings: Vec<Arc<Pairing>>,
    hand_ins: Vec<HandIn>,
    /// With the hash of its token, and whether it was revoked.
    channels: BTreeMap<String, (TokenHash, bool)>,
    batches: BTreeMap<(String, [u8; 32]), TakenApplications>,
    /// By channel and number.
    handed_in: BTreeMap<(String, String), NewApplication>,
    applications: BTreeMap<String, Arc<Application>>,
    banks: Option<Banks>,
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

impl Memory {
    /// Writes a row of the audit trail behind the last one of its chain.
    fn seal(&mut self, entry: &Entry) {
        let chain = entry.chain();
        let last = self.audit.iter().rev().find(|one| one.line.chain == chain);
        let before = last.map(|last| (last.line.number, last.hash));
        self.audit.push(Arc::new(entry.sealed(before)));
    }

    /// Keeps an answer that was given at this moment.
    fn keep_answer(&mut self, answer: Option<&StoredAnswer>, at: i64) -> Result<(), StoreError> {
        let Some(answer) = answer else {
            return Ok(());
        };
        let kept = (at, Arc::new(answer.clone()));
        match self.answers.insert(answer.key.clone(), kept) {
            None => Ok(()),
            Some(_) => Err(duplicate("idempotency key")),
        }
    }

    fn card_file(&self, number: CardNumber) -> Option<CardFile> {
        let card = self.cards.get(&number)?.clone();
        let of_card = || self.records.values().filter(|record| record.card == number);
        let seconds = self.authorisations.iter().filter(|one| one.card == number);
        let open = of_card().find(|record| record.is_open()).cloned();
        let offers = match open.as_ref().map(|open| open.state) {
            Some(State::Loading { counter }) => self.let_go_offers.get(&(number, counter)),
            _ => None,
        };
        let given_up = of_card().filter(|one| one.is_given_up());
        let created = of_card().filter(|one| one.state == State::Created);
        Some(CardFile {
            card,
            let_go_offers: offers.copied().unwrap_or_default(),
            unexplained: self.unexplained_of(number),
            given_up: given_up
                .max_by_key(|one| (one.created_at, &one.id))
                .cloned(),
            nonce: self.nonces.get(&number).cloned(),
            created: created.cloned().collect(),
            open,
            latest_second: seconds.map(|one| one.second).max(),
        })
    }

    fn unexplained_of(&self, card: CardNumber) -> Vec<u16> {
        let rows = self.book.range((card, 0)..=(card, u16::MAX));
        let unknown = rows.filter(|(_, row)| !row.spender.is_known());
        unknown.map(|(&(_, counter), _)| counter).collect()
    }

    fn with_approvals(&self, case: &Case) -> (Case, Vec<Approval>) {
        let of_case = |one: &&Approval| one.case == case.id;
        let mut approvals: Vec<_> = self.approvals.iter().filter(of_case).cloned().collect();
        approvals.sort_by(|a, b| (a.at, &a.operator).cmp(&(b.at, &b.operator)));
        (case.clone(), approvals)
    }

    fn is_searched(&self, search: &RecordSearch, record: &Record, card: &Card) -> bool {
        let plate =
            |(plate, colour): &(String, u8)| (&card.plate, card.plate_colour) == (plate, *colour);
        let unsettled = || match record.state {
            State::Loading { .. } | State::Refunding(_) | State::Conflict(_) => true,
            State::Paid => {
                let unexplained = self.unexplained_of(card.number);
                unexplained.iter().any(|&at| at >= record.created_counter)
            }
            _ => false,
        };
        let by_log =
            || matches!(record.state, State::Loaded(proof) if proof.by == ProvedBy::CounterAndLog);
        search.plate.as_ref().is_none_or(plate)
            && search.card.is_none_or(|number| number == card.number)
            && search
                .outlet
                .as_ref()
                .is_none_or(|code| *code == record.outlet)
            && (!search.unsettled || unsettled())
            && (!search.by_log || by_log())
            && search
                .before
                .is_none_or(|before| record.created_at < before)
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

    /// All money given back.
    pub fn money_back(&self) -> Vec<MoneyBack> {
        self.lock().money_back.clone()
    }

    /// The audit trail, oldest first.
    pub fn audit(&self) -> Vec<Sealed> {
        let state = self.lock();
        state.audit.iter().map(|one| (**one).clone()).collect()
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

#[async_trait]
impl Store for MemoryStore {
    async fn now(&self) -> Result<i64, StoreError> {
        Ok(self.lock().now)
    }

    async fn card_file(&self, number: CardNumber) -> Result<Option<CardFile>, StoreError> {
        Ok(self.lock().card_file(number))
    }

    async fn file_of_record(&self, id: &str) -> Result<Option<(Record, CardFile)>, StoreError> {
        let state = self.lock();
        let record = state.records.get(id).cloned();
        Ok(record.and_then(|record| Some((record.clone(), state.card_file(record.card)?))))
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

    async fn authorisations_from(
        &self,
        card: CardNumber,
        counter: u16,
    ) -> Result<Vec<Authorisation>, StoreError> {
        let state = self.lock();
        let from = |one: &&Authorisation| one.card == card && one.counter >= counter;
        Ok(state.authorisations.iter().filter(from).cloned().collect())
    }

    async fn seen(&self, card: CardNumber, init: &VerifiedInit) -> Result<Seen, StoreError> {
        let state = self.lock();
        let Some(known) = state.seen.get(&(card, init.random)) else {
            return Ok(Seen::Never);
        };
        let shown = |init: &VerifiedInit| (init.amount, init.terminal, init.balance, init.counter);
        Ok(match shown(known) == shown(init) {
            true => Seen::Same,
            false => Seen::Repeated,
        })
    }

    async fn book(&self, card: CardNumber, from: u16) -> Result<Vec<BookRow>, StoreError> {
        let state = self.lock();
        let rows = state.book.range((card, 0)..=(card, u16::MAX));
        let wanted = |row: &&BookRow| row.counter >= from || !row.spender.is_known();
        Ok(rows.map(|(_, row)| row).filter(wanted).cloned().collect())
    }

    async fn registered(&self, terminals: &[[u8; 6]]) -> Result<Vec<[u8; 6]>, StoreError> {
        let state = self.lock();
        let known = |terminal: &&[u8; 6]| state.terminals.contains_key(*terminal);
        Ok(terminals.iter().filter(known).copied().collect())
    }

    async fn payment(&self, record: &str) -> Result<Option<PaymentTaken>, StoreError> {
        let state = self.lock();
        Ok(state
            .payments
            .iter()
            .find(|one| one.record == record)
            .cloned())
    }

    async fn slip_used(&self, slip: &PosSlip) -> Result<bool, StoreError> {
        let state = self.lock();
        let taken = state.payments.iter().map(|one| &one.means);
        let given = state.money_back.iter().map(|one| &one.means);
        Ok(taken.chain(given).any(|means| means.slip() == Some(slip)))
    }

    async fn money_back(&self, record: &str) -> Result<Option<MoneyBack>, StoreError> {
        let state = self.lock();
        Ok(state
            .money_back
            .iter()
            .find(|one| one.record == record)
            .cloned())
    }

    async fn find_records(&self, search: &RecordSearch) -> Result<Vec<(Record, Card)>, StoreError> {
        let state = self.lock();
        let mut found: Vec<_> = state
            .records
            .values()
            .filter_map(|record| Some((record.clone(), state.cards.get(&record.card)?.clone())))
            .filter(|(record, card)| state.is_searched(search, record, card))
            .collect();
        found.sort_by(|(a, _), (b, _)| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
        found.truncate(search.limit as usize);
        Ok(found)
    }

    async fn audit_chain(&self, card: CardNumber) -> Result<Vec<Sealed>, StoreError> {
        let chain = card.to_string();
        let state = self.lock();
        let sealed = state.audit.iter().map(|one| &**one);
        let of_card = |one: &&Sealed| one.line.chain == chain;
        Ok(sealed.filter(of_card).cloned().collect())
    }

    async fn audit_heads(&self, from: i64, to: i64) -> Result<Vec<Sealed>, StoreError> {
        let mut heads = BTreeMap::new();
        let state = self.lock();
        for sealed in &state.audit {
            if (from..to).contains(&sealed.line.at) {
                heads.insert(sealed.line.chain.clone(), (**sealed).clone());
            }
        }
        Ok(heads.into_values().collect())
    }

    async fn case(&self, id: &str) -> Result<Option<(Case, Vec<Approval>)>, StoreError> {
        let state = self.lock();
        let case = state.cases.get(id);
        Ok(case.map(|case| state.with_approvals(case)))
    }

    async fn open_cases(&self) -> Result<Vec<(Case, Vec<Approval>)>, StoreError> {
        let state = self.lock();
        let open = state
            .cases
            .values()
            .filter(|one| one.state == CaseState::Open);
        let mut open: Vec<_> = open.map(|case| state.with_approvals(case)).collect();
        open.sort_by(|(a, _), (b, _)| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok(open)
    }

    async fn switches(&self) -> Result<Vec<Switch>, StoreError> {
        Ok(self.lock().switches.clone())
    }

    async fn throw_switch(&self, switch: &Switch, entry: &Entry) -> Result<(), StoreError> {
        self.transact(|state| {
            if state.switches.iter().any(|other| other.id == switch.id) {
                return Err(duplicate("switch"));
            }
            state.switches.push(switch.clone());
            let order = |a: &Switch, b: &Switch| (a.at, &a.id).cmp(&(b.at, &b.id));
            state.switches.sort_by(order);
            state.seal(entry);
            Ok(())
        })
    }

    async fn lift_switch(&self, id: &str, entry: &Entry) -> Result<bool, StoreError> {
        self.transact(|state| {
            let before = state.switches.len();
            state.switches.retain(|switch| switch.id != id);
            let lifted = state.switches.len() < before;
            if lifted {
                state.seal(entry);
            }
            Ok(lifted)
        })
    }

    async fn opened_since(&self, operator: &str, from: i64) -> Result<Day, StoreError> {
        let state = self.lock();
        let counted = |record: &&Record| {
            record.operator == operator
                && record.created_at >= from
                && record.state != State::Closed
        };
        let mut day = Day {
            openings: state.openings.get(operator).copied().unwrap_or_default(),
            ..Day::default()
        };
        for record in state.records.values().filter(counted) {
            day.records += 1;
            day.fen += u64::from(record.amount);
        }
        Ok(day)
    }

    async fn drawer(&self, operator: &str, outlet: &str) -> Result<Option<DrawerRow>, StoreError> {
        let state = self.lock();
        let own = |row: &&DrawerRow| row.operator == operator && row.outlet == outlet;
        let latest = |row: &&DrawerRow| (row.closed.is_none(), row.opened_at);
        Ok(state
            .drawers
            .values()
            .filter(own)
            .max_by_key(latest)
            .cloned())
    }

    async fn open_drawer(&self, drawer: &DrawerRow, entry: &Entry) -> Result<(), StoreError> {
        self.transact(|state| {
            let same = |row: &DrawerRow| {
                row.closed.is_none()
                    && (&row.operator, &row.outlet) == (&drawer.operator, &drawer.outlet)
            };
            let open_one = state.drawers.values().any(same);
            let known = state.drawers.insert(drawer.id.clone(), drawer.clone());
            if open_one || known.is_some() {
                return Err(duplicate("drawer"));
            }
            state.seal(entry);
            Ok(())
        })
    }

    async fn close_drawer(
        &self,
        id: &str,
        revision: i64,
        counted: &Counted,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        self.transact(|state| {
            let row = state.drawers.get_mut(id).ok_or(StoreError::Raced)?;
            if row.revision != revision || row.closed.is_some() {
                return Err(StoreError::Raced);
            }
            row.closed = Some(counted.clone());
            row.revision += 1;
            state.seal(entry);
            Ok(())
        })
    }

    async fn drawers(&self, from: i64, to: i64) -> Result<Vec<DrawerRow>, StoreError> {
        let state = self.lock();
        let open_then = |row: &&DrawerRow| {
            row.opened_at < to && row.closed.as_ref().is_none_or(|closed| closed.at >= from)
        };
        let mut rows: Vec<_> = state.drawers.values().filter(open_then).cloned().collect();
        rows.sort_by(|a, b| (&a.outlet, a.opened_at, &a.id).cmp(&(&b.outlet, b.opened_at, &b.id)));
        Ok(rows)
    }

    async fn takings(&self, from: i64, to: i64) -> Result<Vec<Takings>, StoreError> {
        let state = self.lock();
        let mut outlets: BTreeMap<&str, Takings> = BTreeMap::new();
        for payment in state
            .payments
            .iter()
            .filter(|one| (from..to).contains(&one.at))
        {
            let line = outlets.entry(&payment.outlet).or_default();
            line.payments += 1;
            match payment.means {
                Means::Cash { .. } => line.cash += i64::from(payment.amount),
                Means::Pos(_) => line.pos += i64::from(payment.amount),
            }
        }
        for back in state
            .money_back
            .iter()
            .filter(|one| (from..to).contains(&one.at))
        {
            let line = outlets.entry(&back.outlet).or_default();
            line.given_back += i64::from(back.amount);
        }
        for record in state.records.values() {
            let State::Loaded(proof) = record.state else {
                continue;
            };
            if (from..to).contains(&(proof.second * 1_000)) {
                let line = outlets.entry(&record.outlet).or_default();
                line.loaded += i64::from(record.amount);
            }
        }
        let named = |(outlet, line): (&str, Takings)| Takings {
            outlet: outlet.to_owned(),
            ..line
        };
        Ok(outlets.into_iter().map(named).collect())
    }

    async fn unexplained(&self, from: i64, to: i64) -> Result<Vec<BookRow>, StoreError> {
        let state = self.lock();
        let wanted = |row: &&BookRow| (from..to).contains(&row.at) && !row.spender.is_known();
        Ok(state.book.values().filter(wanted).cloned().collect())
    }

    async fn stopped_cards(&self) -> Result<Vec<(Card, i64)>, StoreError> {
        let state = self.lock();
        let stopped = state.cards.values().filter(|card| card.stopped.is_some());
        let at = |card: &Card| state.stopped_at.get(&card.number).copied();
        Ok(stopped
            .map(|card| (card.clone(), at(card).unwrap_or_default()))
            .collect())
    }

    async fn answer(&self, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        let state = self.lock();
        Ok(state.answers.get(key).map(|(_, one)| (**one).clone()))
    }

    async fn commit(&self, commit: &Commit) -> Result<(), StoreError> {
        self.transact(|state| {
            state.change(&commit.change, commit.entry.at)?;
            if let Some(proof) = &commit.proved {
                state.uncount(proof);
            }
            state.seal(&commit.entry);
            state.keep_answer(commit.answer.as_ref(), commit.entry.at)
        })
    }

    async fn count_proof(&self, proof: &CountedProof, limit: u32) -> Result<bool, StoreError> {
        self.transact(|state| {
            // A session that ended in the meantime counts nothing, nor does a card that is not in the records.
            let (mut nobody, mut nothing) = (0, 0);
            let by_session = state.sessions.get_mut(&proof.session);
            let by_session = by_session.map_or(&mut nobody, |(_, wrong)| wrong);
            let by_card = match state.cards.contains_key(&proof.card) {
                true => state.wrong_proofs.entry(proof.card).or_default(),
                false => &mut nothing,
            };
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
            state.seal(entry);
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

    async fn forget_sign_ins(&self, name: &str) -> Result<(), StoreError> {
        self.lock().sign_ins.remove(name);
        Ok(())
    }

    async fn open_session(&self, session: &Session, entry: &Entry) -> Result<(), StoreError> {
        self.transact(|state| {
            state.sign_ins.remove(&session.operator);
            state.sessions.insert(session.token, (session.clone(), 0));
            state.seal(entry);
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
            state.take_in_offers.remove(token);
            state.seal(entry);
            Ok(())
        })
    }

    async fn note(&self, entry: &Entry) -> Result<(), StoreError> {
        self.lock().seal(entry);
        Ok(())
    }

    async fn sweep(&self, outlived: Outlived) -> Result<bool, StoreError> {
        let mut state = self.lock();
        let state = &mut *state;
        let over = |session: &Session| session.opened_at <= outlived.sessions_opened_by;
        state.sessions.retain(|_, (session, _)| !over(session));
        let sessions = &state.sessions;
        state
            .take_in_offers
            .retain(|token, _| sessions.contains_key(token));
        let kept = |&(at, _): &(i64, _)| at > outlived.answers_kept_since;
        state.answers.retain(|_, answer| kept(answer));
        Ok(false)
    }
}
