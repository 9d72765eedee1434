//! The rows of a change in memory, with one check per unique index.

use std::sync::Arc;

use apdu_core::bcd::CardNumber;
use apdu_core::hex::Fixed;

use super::Memory;
use crate::ledger::{
    Approval, Authorisation, Card, CardJob, Case, CaseState, Change, Means, MoneyBack, Pairing,
    PaymentTaken, Record, State, Write,
};
use crate::store::{CountedProof, Stock, StoreError};

impl Memory {
    pub fn change(&mut self, change: &Change, at: i64) -> Result<(), StoreError> {
        let card = self.cards.get_mut(&change.card).ok_or(StoreError::Raced)?;
        if card.revision != change.revision {
            return Err(StoreError::Raced);
        }
        card.revision += 1;
        change
            .writes
            .iter()
            .try_for_each(|write| self.write(change.card, write, at))
    }

    fn write(&mut self, card: CardNumber, write: &Write, at: i64) -> Result<(), StoreError> {
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
            Write::CountOpening { operator, openings } => {
                let kept = self.openings.entry(operator.clone()).or_default();
                if kept != openings {
                    return Err(StoreError::Raced);
                }
                *kept += 1;
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
                let same = |other: &PaymentTaken| other.record == payment.record;
                if self.payments.iter().any(same) || self.has_slip(&payment.means) {
                    return Err(duplicate("payment"));
                }
                self.move_cash(&payment.means, i64::from(payment.amount))?;
                self.payments.push(payment.clone());
            }
            Write::InsertAuthorisation(new) => {
                let same = |old: &Authorisation| old.card == new.card && old.second == new.second;
                if self.authorisations.iter().any(same) {
                    return Err(duplicate("authorisation"));
                }
                self.authorisations.push(new.clone());
            }
            Write::InsertMoneyBack(back) => {
                let same = |other: &MoneyBack| other.record == back.record;
                if self.money_back.iter().any(same) || self.has_slip(&back.means) {
                    return Err(duplicate("money back"));
                }
                self.move_cash(&back.means, -i64::from(back.amount))?;
                self.money_back.push(back.clone());
            }
            Write::CountLetGoOffer(counter) => {
                *self.let_go_offers.entry((card, *counter)).or_default() += 1;
            }
            Write::SawInit(init) => {
                self.seen.entry((card, init.random)).or_insert(*init);
            }
            Write::MarkWeakRandom => self.card(card)?.weak_random = true,
            Write::PutBookRow(row) => {
                self.book.insert((card, row.counter), row.clone());
            }
            Write::CloseBook(counter) => {
                let book = &mut self.card(card)?.book;
                *book = (*book).max(Some(*counter));
            }
            Write::StopCard(stop) => {
                self.card(card)?.stopped = Some(*stop);
                self.stopped_at.insert(card, at);
            }
            Write::LiftStop => self.card(card)?.stopped = None,
            Write::PutCard(new) => {
                let kept = self.card(card)?;
                *kept = Card {
                    status: new.status,
                    start: new.start,
                    expiry: new.expiry,
                    plate: new.plate.clone(),
                    plate_colour: new.plate_colour,
                    vehicle_class: new.vehicle_class,
                    stock: new.stock.clone(),
                    ..kept.clone()
                };
            }
            Write::InsertCardJob(new) => {
                self.one_open_card_job(new)?;
                let job = Arc::new((**new).clone());
                if self.card_jobs.insert(new.id.clone(), job).is_some() {
                    return Err(duplicate("card task"));
                }
            }
            Write::UpdateCardJob(new) => {
                self.one_open_card_job(new)?;
                let kept = self.card_jobs.get_mut(&new.id).ok_or(StoreError::Raced)?;
                if kept.version != new.version {
                    return Err(StoreError::Raced);
                }
                *kept = Arc::new(CardJob {
                    version: new.version + 1,
                    ..(**new).clone()
                });
            }
            Write::TurnApplication(turned) => self.turn_application(turned)?,
            Write::GiveCard {
                plate,
                plate_colour,
                before,
            } => {
                let given = self.given.insert((plate.clone(), *plate_colour), card);
                if given != *before {
                    return Err(StoreError::Raced);
                }
            }
            Write::KeepVehicle(new) => {
                let key = (new.plate.clone(), new.plate_colour);
                let vehicles = Arc::make_mut(&mut self.vehicles);
                vehicles.entry(key).or_insert_with(|| (**new).clone());
            }
            Write::SetStatus(status) => self.card(card)?.status = *status,
            Write::InsertCase(case) => {
                let same = |other: &Case| {
                    other.state == CaseState::Open
                        && (other.card, &other.record) == (case.card, &case.record)
                };
                let open_one = self.cases.values().any(same);
                if open_one || self.cases.insert(case.id.clone(), case.clone()).is_some() {
                    return Err(duplicate("case"));
                }
            }
            Write::InsertApproval(approval) => {
                let same = |other: &Approval| {
                    (&other.case, &other.operator) == (&approval.case, &approval.operator)
                };
                if self.approvals.iter().any(same) {
                    return Err(duplicate("approval"));
                }
                self.approvals.push(approval.clone());
            }
            Write::UpdateCase(case) => {
                let kept = self.cases.get_mut(&case.id).ok_or(StoreError::Raced)?;
                if kept.version != case.version {
                    return Err(StoreError::Raced);
                }
                *kept = Case {
                    version: case.version + 1,
                    ..case.clone()
                };
            }
            Write::ProveCounter(counter) => {
                let kept = self.card(card)?;
                kept.proved_counter = kept.proved_counter.max(*counter);
            }
        }
        Ok(())
    }

    fn card(&mut self, card: CardNumber) -> Result<&mut Card, StoreError> {
        self.cards.get_mut(&card).ok_or(StoreError::Raced)
    }

    /// Whether the slip of this money was entered before.
    fn has_slip(&self, means: &Means) -> bool {
        let Some(slip) = means.slip() else {
            return false;
        };
        let taken = self.payments.iter().map(|one| &one.means);
        let given = self.money_back.iter().map(|one| &one.means);
        taken.chain(given).any(|means| means.slip() == Some(slip))
    }

    /// Cash goes into its drawer, or out of it where it is negative; a closed one takes part no more.
    fn move_cash(&mut self, means: &Means, fen: i64) -> Result<(), StoreError> {
        let Means::Cash { drawer } = means else {
            return Ok(());
        };
        let row = self.drawers.get_mut(drawer);
        let row = row.filter(|row| row.closed.is_none());
        let row = row.ok_or(StoreError::Raced)?;
        row.revision += 1;
        match fen {
            0.. => {
                row.taken += fen;
                row.payments += 1;
            }
            _ => row.given_back -= fen,
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

    pub fn uncount(&mut self, proof: &CountedProof) {
        if let Some(wrong) = self.wrong_proofs.get_mut(&proof.card) {
            *wrong = wrong.saturating_sub(1);
        }
        if let Some((_, wrong)) = self.sessions.get_mut(&proof.session) {
            *wrong = wrong.saturating_sub(1);
        }
    }

    pub fn add(&mut self, stock: &Stock) -> Result<(), StoreError> {
        for outlet in &stock.outlets {
            if Arc::make_mut(&mut self.outlets)
                .insert(outlet.code.clone(), outlet.clone())
                .is_some()
            {
                return Err(duplicate(&format!("outlet {} exists", outlet.code)));
            }
        }
        for terminal in &stock.terminals {
            self.known_outlet(&terminal.outlet)?;
            if Arc::make_mut(&mut self.terminals)
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
            if Arc::make_mut(&mut self.operators)
                .insert(operator.name.clone(), operator.clone())
                .is_some()
            {
                return Err(duplicate(&format!("operator {} exists", operator.name)));
            }
        }
        for model in &stock.card_models {
            let key = (model.issuer, model.version);
            self.card_models.insert(key, model.clone());
        }
        for new in &stock.cards {
            let number = new.card.number;
            if let Some(outlet) = &new.card.stock.outlet {
                self.known_outlet(outlet)?;
            }
            if self.cards.insert(number, new.card.clone()).is_some() {
                return Err(duplicate(&format!("card {number} exists")));
            }
            if new.card.stock.is_issued {
                let vehicle = (new.card.plate.clone(), new.card.plate_colour);
                self.given.insert(vehicle, number);
            }
            if let Some(holder) = &new.holder {
                self.holders.insert(number, holder.clone());
            }
        }
        for tag in &stock.tags {
            let tags = Arc::make_mut(&mut self.tags);
            if tags.values().any(|kept| kept.sn == tag.sn)
                || tags.insert(tag.serial, tag.clone()).is_some()
            {
                return Err(duplicate(&format!("tag {} exists", tag.serial)));
            }
            if let Some(outlet) = &tag.outlet {
                self.known_outlet(outlet)?;
            }
            if let Some(pairing) = Pairing::of_stock(tag, self.now) {
                self.pair(&pairing).map_err(|_| {
                    duplicate(&format!("the vehicle of tag {} has one", tag.serial))
                })?;
            }
        }
        for vehicle in &stock.vehicles {
            let key = (vehicle.plate.clone(), vehicle.plate_colour);
            let vehicles = Arc::make_mut(&mut self.vehicles);
            if vehicles.insert(key, vehicle.clone()).is_some() {
                return Err(duplicate("a vehicle exists"));
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

pub fn duplicate(what: &str) -> StoreError {
    StoreError::Duplicate(what.to_owned())
}
