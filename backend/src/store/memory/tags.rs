//! Tags in memory, with one check per unique index.

use std::sync::Arc;

use apdu_core::authority::{TagTaskState, TagWork};
use apdu_core::obu::ContractSerial;
use async_trait::async_trait;

use super::write::duplicate;
use super::{Memory, MemoryStore};
use crate::audit::Entry;
use crate::ledger::{
    Attempts, Begun, Card, Chip, ChipWrite, HandIn, OfCard, Outcome, Pairing, Reading, Tag,
    TagFile, TagJob, TagWrite, Vehicle, WriteAttempt,
};
use crate::store::{StockCount, StoreError, TagCommit, TagStore};

#[async_trait]
impl TagStore for MemoryStore {
    async fn tag(&self, serial: ContractSerial) -> Result<Option<Tag>, StoreError> {
        Ok(self.lock().tags.get(&serial).cloned())
    }

    async fn tag_of_sn(&self, sn: &str) -> Result<Option<Tag>, StoreError> {
        let state = self.lock();
        Ok(state.tags.values().find(|tag| tag.sn == sn).cloned())
    }

    async fn begin_reading(&self, reading: &Reading, entry: &Entry) -> Result<(), StoreError> {
        self.transact(|state| {
            state.readings.insert(reading.tag, reading.clone());
            state.seal(entry);
            Ok(())
        })
    }

    async fn end_reading(&self, reading: &Reading, since: i64) -> Result<bool, StoreError> {
        self.transact(|state| {
            let same = |kept: &&Reading| {
                (kept.random, &kept.operator) == (reading.random, &reading.operator)
                    && kept.began_at > since
            };
            let found = state.readings.get(&reading.tag).filter(same).is_some();
            if found {
                state.readings.remove(&reading.tag);
            }
            Ok(found)
        })
    }

    async fn tag_file(&self, serial: ContractSerial) -> Result<Option<TagFile>, StoreError> {
        Ok(self.lock().tag_file(serial))
    }

    async fn tag_job(&self, id: &str) -> Result<Option<TagJob>, StoreError> {
        Ok(self.lock().tag_jobs.get(id).map(|job| (**job).clone()))
    }

    async fn of_card(&self, card: &Card) -> Result<OfCard, StoreError> {
        Ok(self.lock().of_card(card))
    }

    async fn vehicle(&self, plate: &str, colour: u8) -> Result<Option<Vehicle>, StoreError> {
        let state = self.lock();
        Ok(state.vehicles.get(&(plate.to_owned(), colour)).cloned())
    }

    async fn commit_tag(&self, commit: &TagCommit) -> Result<(), StoreError> {
        self.transact(|state| {
            commit
                .writes
                .iter()
                .try_for_each(|write| state.write_tag(write))?;
            for entry in &commit.entries {
                state.seal(entry);
            }
            let at = commit.entries.first().map_or(state.now, |entry| entry.at);
            state.keep_answer(commit.answer.as_ref(), at)
        })
    }

    async fn tag_stock(&self) -> Result<Vec<StockCount>, StoreError> {
        let mut counts: Vec<StockCount> = Vec::new();
        for tag in self.lock().tags.values() {
            let same = |count: &&mut StockCount| {
                (&count.outlet, count.status, count.issued)
                    == (&tag.outlet, tag.status, tag.issued.is_some())
            };
            match counts.iter_mut().find(same) {
                Some(count) => count.tags += 1,
                None => counts.push(StockCount {
                    outlet: tag.outlet.clone(),
                    status: tag.status,
                    issued: tag.issued.is_some(),
                    tags: 1,
                }),
            }
        }
        Ok(counts)
    }

    async fn hand_ins(&self) -> Result<Vec<HandIn>, StoreError> {
        let state = self.lock();
        let open = state.hand_ins.iter().filter(|one| one.ticked.is_none());
        let mut open: Vec<_> = open.cloned().collect();
        open.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok(open)
    }

    async fn tick_hand_in(&self, id: &str, entry: &Entry) -> Result<bool, StoreError> {
        self.transact(|state| {
            let open = |one: &&mut HandIn| {
                one.id == id && one.ticked.is_none() && one.operator != entry.operator
            };
            let Some(one) = state.hand_ins.iter_mut().find(open) else {
                return Ok(false);
            };
            one.ticked = Some((entry.operator.clone(), entry.at));
            state.seal(entry);
            Ok(true)
        })
    }
}

impl Memory {
    fn tag_file(&self, serial: ContractSerial) -> Option<TagFile> {
        let tag = self.tags.get(&serial)?.clone();
        let open = |job: &&Arc<TagJob>| job.tag == serial && job.state == TagTaskState::Open;
        let issue = tag.signed.issue.as_ref();
        let issue = issue.and_then(|id| self.tag_jobs.get(id));
        let of_chip = |one: &&Arc<WriteAttempt>| one.chip == Chip::Tag(serial);
        let attempts = self.attempts.iter().filter(of_chip);
        let living = |one: &&Arc<Pairing>| one.tag == serial && one.ended.is_none();
        Some(TagFile {
            job: self.tag_jobs.values().find(open).map(|job| (**job).clone()),
            issue: issue.map(|job| (**job).clone()),
            attempts: Attempts(attempts.map(|one| (**one).clone()).collect()),
            pairing: self.pairings.iter().find(living).map(|one| (**one).clone()),
            tag,
        })
    }

    fn of_card(&self, card: &Card) -> OfCard {
        let living = || self.pairings.iter().filter(|one| one.ended.is_none());
        let of_card = |one: &&Arc<Pairing>| one.card == Some(card.number);
        let of_vehicle = |one: &&Arc<Pairing>| {
            (&one.plate, one.plate_colour) == (&card.plate, card.plate_colour)
        };
        let pairing = living().find(of_card).or_else(|| living().find(of_vehicle));
        let is_open = |job: &&Arc<TagJob>| job.state == TagTaskState::Open;
        let mut open = self.tag_jobs.values().filter(is_open);
        let mut rivals = open.clone();
        let own = |job: &&Arc<TagJob>| job.card == Some(card.number);
        let rival = |job: &&Arc<TagJob>| {
            let vehicle = (&job.plate, job.plate_colour) == (&card.plate, card.plate_colour);
            vehicle && job.is_issue() && !own(job)
        };
        let with_tag = |job: &Arc<TagJob>| {
            let tag = self.tags.get(&job.tag)?;
            Some(((**job).clone(), tag.clone()))
        };
        let ended = self.pairings.iter().filter(|one| one.ended.is_some());
        let mut history: Vec<_> = ended.filter(of_card).map(|one| (**one).clone()).collect();
        history.sort_by(|a, b| (b.begun_at, &b.id).cmp(&(a.begun_at, &a.id)));
        OfCard {
            tag: pairing.and_then(|one| self.tags.get(&one.tag).cloned()),
            pairing: pairing.map(|one| (**one).clone()),
            open: open.find(own).and_then(with_tag),
            rival: rivals.find(rival).map(|job| (**job).clone()),
            begun: self.begun(card),
            history,
        }
    }

    /// The half-written tags of a card's vehicle.
    fn begun(&self, card: &Card) -> Vec<Begun> {
        let begun = self.tags.values().filter_map(|tag| {
            let job = self.tag_jobs.get(tag.signed.issue.as_ref()?)?;
            let is_there = (&job.plate, job.plate_colour) == (&card.plate, card.plate_colour);
            let is_half = is_there && tag.issued.is_none();
            let tag = tag.clone();
            is_half.then_some(Begun {
                card: job.card?,
                tag,
            })
        });
        let mut begun: Vec<_> = begun.collect();
        begun.sort_by_key(|one| one.tag.serial.0);
        begun
    }

    fn write_tag(&mut self, write: &TagWrite) -> Result<(), StoreError> {
        match write {
            TagWrite::PutTag(new) => {
                let tags = Arc::make_mut(&mut self.tags);
                let kept = tags.get_mut(&new.serial).ok_or(StoreError::Raced)?;
                if kept.revision != new.revision {
                    return Err(StoreError::Raced);
                }
                *kept = Tag {
                    revision: new.revision + 1,
                    ..(**new).clone()
                };
            }
            TagWrite::InsertJob(new) => {
                self.one_open_job(new)?;
                let job = Arc::new((**new).clone());
                if self.tag_jobs.insert(new.id.clone(), job).is_some() {
                    return Err(duplicate("tag task"));
                }
            }
            TagWrite::UpdateJob(new) => {
                self.one_open_job(new)?;
                let kept = self.tag_jobs.get_mut(&new.id).ok_or(StoreError::Raced)?;
                if kept.version != new.version {
                    return Err(StoreError::Raced);
                }
                *kept = Arc::new(TagJob {
                    version: new.version + 1,
                    ..(**new).clone()
                });
            }
            TagWrite::Chip(write) => self.write_chip(write)?,
        }
        Ok(())
    }

    pub(super) fn write_chip(&mut self, write: &ChipWrite) -> Result<(), StoreError> {
        match write {
            ChipWrite::InsertAttempt(new) => {
                let clash = |one: &Arc<WriteAttempt>| {
                    one.id == new.id || one.chip == new.chip && one.outcome == Outcome::Open
                };
                if self.attempts.iter().any(clash) {
                    return Err(duplicate("attempt"));
                }
                self.attempts.push(Arc::new(new.clone()));
            }
            ChipWrite::UpdateAttempt(new) => {
                let mut all = self.attempts.iter_mut();
                let kept = all.find(|one| one.id == new.id);
                *kept.ok_or(StoreError::Raced)? = Arc::new(new.clone());
            }
            ChipWrite::InsertPairing(new) => self.pair(new)?,
            ChipWrite::UpdatePairing(new) => {
                let living = |one: &Arc<Pairing>| one.id == new.id && one.ended.is_none();
                let place = self.pairings.iter().position(living);
                self.pairings.remove(place.ok_or(StoreError::Raced)?);
                self.pair(new)?;
            }
            ChipWrite::InsertHandIn(new) => {
                let same = |one: &HandIn| one.chip == new.chip && one.ticked.is_none();
                if !self.hand_ins.iter().any(same) {
                    self.hand_ins.push(new.clone());
                }
            }
        }
        Ok(())
    }

    /// What the databases keep by partial unique indexes: one open task per tag, per card, and per vehicle that
    /// gets a tag.
    fn one_open_job(&self, new: &TagJob) -> Result<(), StoreError> {
        let issues = |job: &TagJob| matches!(job.work, TagWork::Issue { .. });
        let clash = |other: &&Arc<TagJob>| {
            let same_card = other.card.is_some() && other.card == new.card;
            let same_vehicle = issues(other)
                && issues(new)
                && (&other.plate, other.plate_colour) == (&new.plate, new.plate_colour);
            other.id != new.id
                && other.state == TagTaskState::Open
                && (other.tag == new.tag || same_card || same_vehicle)
        };
        let is_open = new.state == TagTaskState::Open;
        match is_open && self.tag_jobs.values().any(|job| clash(&job)) {
            true => Err(duplicate("open tag task")),
            false => Ok(()),
        }
    }

    /// One living pairing per card, tag and vehicle.
    pub(super) fn pair(&mut self, new: &Pairing) -> Result<(), StoreError> {
        let clash = |other: &Arc<Pairing>| {
            let same_card = other.card.is_some() && other.card == new.card;
            let same_vehicle = (&other.plate, other.plate_colour) == (&new.plate, new.plate_colour);
            other.ended.is_none() && (other.tag == new.tag || same_card || same_vehicle)
        };
        if new.ended.is_none() && self.pairings.iter().any(clash) {
            return Err(duplicate("pairing"));
        }
        self.pairings.push(Arc::new(new.clone()));
        Ok(())
    }
}

impl MemoryStore {
    /// All attempts to write chips, for the invariants a test asserts.
    pub fn attempts(&self) -> Vec<WriteAttempt> {
        let state = self.lock();
        state.attempts.iter().map(|one| (**one).clone()).collect()
    }

    /// All pairings, living and ended.
    pub fn pairings(&self) -> Vec<Pairing> {
        let state = self.lock();
        state.pairings.iter().map(|one| (**one).clone()).collect()
    }

    /// Gives a tag another status, as another office would.
    pub fn set_tag_status(&self, serial: ContractSerial, status: apdu_core::authority::CardStatus) {
        let mut state = self.lock();
        if let Some(tag) = Arc::make_mut(&mut state.tags).get_mut(&serial) {
            tag.status = status;
            tag.revision += 1;
        }
    }
}
