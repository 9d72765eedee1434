//! The writing of cards in memory, with one check per unique index.

use std::sync::Arc;

use apdu_core::authority::{CardStatus, CardTaskState};
use apdu_core::bcd::CardNumber;
use async_trait::async_trait;

use super::write::duplicate;
use super::{Memory, MemoryStore};
use crate::audit::Entry;
use crate::ledger::{
    Application, ApplicationFile, Applied, Attempts, Card, CardHistory, CardJob, CardModel, Chip,
    Origin, WriteAttempt,
};
use crate::store::{CardCommit, CardCount, CardStore, StoreError, TakeInOffer, TokenHash};

#[async_trait]
impl CardStore for MemoryStore {
    async fn card_history(&self, card: CardNumber) -> Result<Option<CardHistory>, StoreError> {
        Ok(self.lock().card_history(card))
    }

    async fn application_file(&self, id: &str) -> Result<Option<ApplicationFile>, StoreError> {
        Ok(self.lock().application_file(id))
    }

    async fn card_job(&self, id: &str) -> Result<Option<CardJob>, StoreError> {
        Ok(self.lock().card_jobs.get(id).map(|job| (**job).clone()))
    }

    async fn card_of_vehicle(
        &self,
        plate: &str,
        colour: u8,
    ) -> Result<Option<CardNumber>, StoreError> {
        let state = self.lock();
        Ok(state.card_of_vehicle(plate, colour).map(|card| card.number))
    }

    async fn card_given(&self, plate: &str, colour: u8) -> Result<Option<CardNumber>, StoreError> {
        let vehicle = (plate.to_owned(), colour);
        Ok(self.lock().given.get(&vehicle).copied())
    }

    async fn card_model(
        &self,
        issuer: [u8; 8],
        version: u8,
    ) -> Result<Option<CardModel>, StoreError> {
        let state = self.lock();
        Ok(state.card_models.get(&(issuer, version)).cloned())
    }

    async fn offer_take_in(&self, offer: &TakeInOffer, entry: &Entry) -> Result<(), StoreError> {
        self.transact(|state| {
            state.take_in_offers.insert(offer.session, offer.clone());
            state.seal(entry);
            Ok(())
        })
    }

    async fn take_in_offer(&self, session: &TokenHash) -> Result<Option<TakeInOffer>, StoreError> {
        let state = self.lock();
        // It ends with its sign-in.
        let lives = state.sessions.contains_key(session);
        let offer = state.take_in_offers.get(session).filter(|_| lives);
        Ok(offer.cloned())
    }

    async fn commit_card(&self, commit: &CardCommit) -> Result<(), StoreError> {
        self.transact(|state| {
            let at = commit.entries.first().map_or(state.now, |entry| entry.at);
            if let Some(card) = &commit.taken_in {
                let number = card.number;
                if state.cards.insert(number, (**card).clone()).is_some() {
                    return Err(duplicate(&format!("card {number} exists")));
                }
            }
            for change in &commit.changes {
                state.change(change, at)?;
            }
            for write in &commit.chips {
                state.write_chip(write)?;
            }
            if let Some(proof) = &commit.proved {
                state.uncount(proof);
            }
            for entry in &commit.entries {
                state.seal(entry);
            }
            state.keep_answer(commit.answer.as_ref(), at)
        })
    }

    async fn card_stock(&self) -> Result<Vec<CardCount>, StoreError> {
        let mut counts: Vec<CardCount> = Vec::new();
        for card in self.lock().cards.values() {
            let same = |count: &&mut CardCount| {
                (&count.outlet, count.kind, count.status, count.issued)
                    == (
                        &card.stock.outlet,
                        card.kind,
                        card.status,
                        card.stock.is_issued,
                    )
            };
            match counts.iter_mut().find(same) {
                Some(count) => count.cards += 1,
                None => counts.push(CardCount {
                    outlet: card.stock.outlet.clone(),
                    kind: card.kind,
                    status: card.status,
                    issued: card.stock.is_issued,
                    cards: 1,
                }),
            }
        }
        Ok(counts)
    }
}

impl Memory {
    fn card_history(&self, number: CardNumber) -> Option<CardHistory> {
        let file = self.card_file(number)?;
        let open = |job: &&Arc<CardJob>| job.card == number && job.state == CardTaskState::Open;
        let issue = file.card.stock.issue.as_ref();
        let issue = issue.and_then(|id| self.card_jobs.get(id));
        let of_chip = |one: &&Arc<WriteAttempt>| one.chip == Chip::Card(number);
        let attempts = self.attempts.iter().filter(of_chip);
        Some(CardHistory {
            job: self
                .card_jobs
                .values()
                .find(open)
                .map(|job| (**job).clone()),
            issue: issue.map(|job| (**job).clone()),
            attempts: Attempts(attempts.map(|one| (**one).clone()).collect()),
            file,
        })
    }

    fn application_file(&self, id: &str) -> Option<ApplicationFile> {
        let applied = self.applications.get(id)?.applied.clone();
        let own = |job: &&Arc<CardJob>| job.application() == Some(id);
        let open = |job: &&Arc<CardJob>| own(job) && job.state == CardTaskState::Open;
        let is_own = |job: &String| self.card_jobs.get(job).filter(own).is_some();
        let attempts = self.attempts.iter().filter(|one| is_own(&one.task));
        let of_job = |card: &&Card| card.stock.issue.as_ref().is_some_and(is_own);
        let vehicle = (applied.plate.clone(), applied.plate_colour);
        let in_use = self.card_of_vehicle(&vehicle.0, vehicle.1);
        let old = in_use.or_else(|| self.last_blacklisted(&vehicle));
        let old = old.and_then(|card| self.card_file(card.number));
        let pairing = self.pairings.iter().find(|one| {
            one.ended.is_none() && (&one.plate, one.plate_colour) == (&vehicle.0, vehicle.1)
        });
        Some(ApplicationFile {
            open: self
                .card_jobs
                .values()
                .find(open)
                .map(|job| (**job).clone()),
            attempts: Attempts(attempts.map(|one| (**one).clone()).collect()),
            cards: self.cards.values().filter(of_job).cloned().collect(),
            given: self.given.get(&vehicle).copied(),
            old,
            pairing: pairing.map(|one| (**one).clone()),
            applied,
        })
    }

    fn card_of_vehicle(&self, plate: &str, colour: u8) -> Option<&Card> {
        let gone = [CardStatus::Cancelled, CardStatus::Blacklisted];
        let has = |card: &&Card| {
            card.stock.is_issued
                && (card.plate.as_str(), card.plate_colour) == (plate, colour)
                && !gone.contains(&card.status)
        };
        let of_vehicle = self.cards.values().filter(has);
        of_vehicle.max_by_key(|card| (card.start, card.number))
    }

    fn last_blacklisted(&self, (plate, colour): &(String, u8)) -> Option<&Card> {
        let is_one = |card: &&Card| {
            card.stock.is_issued
                && card.status == CardStatus::Blacklisted
                && (&card.plate, card.plate_colour) == (plate, *colour)
        };
        let blacklisted = self.cards.values().filter(is_one);
        blacklisted.max_by_key(|card| (card.start, card.number))
    }

    /// What the databases keep by partial unique indexes: one open task per card and per application.
    pub(super) fn one_open_card_job(&self, new: &CardJob) -> Result<(), StoreError> {
        let clash = |other: &&Arc<CardJob>| {
            let same_application =
                other.application().is_some() && other.application() == new.application();
            other.id != new.id
                && other.state == CardTaskState::Open
                && (other.card == new.card || same_application)
        };
        let is_open = new.state == CardTaskState::Open;
        match is_open && self.card_jobs.values().any(|job| clash(&job)) {
            true => Err(duplicate("open card task")),
            false => Ok(()),
        }
    }
}

impl MemoryStore {
    /// Adds an application that came through no channel, or puts another in its place.
    pub fn add_application(&self, applied: Applied) {
        let mut state = self.lock();
        let id = applied.id.clone();
        let application = Application {
            number: id.clone(),
            origin: Origin {
                channel: String::new(),
                batch: String::new(),
                line: 1,
                at: 0,
            },
            applied,
        };
        state.applications.insert(id, Arc::new(application));
    }

    /// All tasks of cards.
    pub fn card_jobs(&self) -> Vec<CardJob> {
        let state = self.lock();
        state
            .card_jobs
            .values()
            .map(|job| (**job).clone())
            .collect()
    }

    /// A card of the records.
    pub fn card(&self, number: CardNumber) -> Option<Card> {
        self.lock().cards.get(&number).cloned()
    }
}
