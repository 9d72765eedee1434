//! Applications in memory, with one check per unique index.

use std::cmp::Reverse;
use std::sync::Arc;

use async_trait::async_trait;
use etc_api::{ApplicationState, TakenApplications};

use super::write::duplicate;
use super::{Memory, MemoryStore};
use crate::audit::Entry;
use crate::import;
use crate::ledger::{Application, Applied, Banks, Lock, Origin, TurnedApplication};
use crate::store::applications::{Fate, no_channel};
use crate::store::{
    ApplicationChange, ApplicationSearch, ApplicationStore, Batch, Holder, Place, Sought,
    StoreError, Taken, TokenHash,
};

#[async_trait]
impl ApplicationStore for MemoryStore {
    async fn channel(&self, token: &TokenHash) -> Result<Option<String>, StoreError> {
        let state = self.lock();
        let mut living = state.channels.iter();
        let found = living.find(|(_, (kept, revoked))| kept == token && !revoked);
        Ok(found.map(|(name, _)| name.clone()))
    }

    async fn add_channel(
        &self,
        name: &str,
        token: &TokenHash,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        self.transact(|state| {
            let taken = state.channels.values().any(|(kept, _)| kept == token);
            if taken || state.channels.contains_key(name) {
                return Err(duplicate("channel"));
            }
            state.channels.insert(name.to_owned(), (*token, false));
            state.seal(entry);
            Ok(())
        })
    }

    async fn revoke_channel(&self, name: &str, entry: &Entry) -> Result<bool, StoreError> {
        self.transact(|state| match state.channels.get_mut(name) {
            Some((_, revoked)) if !*revoked => {
                *revoked = true;
                state.seal(entry);
                Ok(true)
            }
            _ => Ok(false),
        })
    }

    /// Nothing of this store outlives its process, so there is no key.
    fn batch_mark(&self, body: &[u8; 32]) -> Result<[u8; 32], StoreError> {
        Ok(*body)
    }

    async fn batch_answer(
        &self,
        channel: &str,
        mark: &[u8; 32],
    ) -> Result<Option<TakenApplications>, StoreError> {
        let key = (channel.to_owned(), *mark);
        Ok(self.lock().batches.get(&key).cloned())
    }

    async fn take_batch(&self, batch: &Batch) -> Result<TakenApplications, StoreError> {
        self.transact(|state| state.take_batch(batch))
    }

    async fn application(&self, id: &str) -> Result<Option<Application>, StoreError> {
        let state = self.lock();
        Ok(state.applications.get(id).map(|one| (**one).clone()))
    }

    async fn application_of_number(
        &self,
        channel: &str,
        number: &str,
    ) -> Result<Option<Application>, StoreError> {
        let state = self.lock();
        Ok(state.of_number(channel, number).cloned())
    }

    async fn find_applications(
        &self,
        search: &ApplicationSearch,
    ) -> Result<Vec<Application>, StoreError> {
        let state = self.lock();
        let in_order = |at: &Place| (Reverse(at.at), at.batch.clone(), at.line);
        let place = |one: &Application| in_order(&Place::from(&one.origin));
        let after = search.after.as_ref().map(in_order);
        let found = state.applications.values().filter(|one| {
            is_sought(search, one) && after.as_ref().is_none_or(|after| place(one) > *after)
        });
        let mut found: Vec<Application> = found.map(|one| (**one).clone()).collect();
        found.sort_by_key(place);
        found.truncate(search.limit as usize);
        Ok(found)
    }

    async fn change_application(
        &self,
        change: &ApplicationChange,
        entry: &Entry,
    ) -> Result<(), StoreError> {
        self.transact(|state| {
            let locked_by = change.locked_by.as_ref().map(|(operator, until)| Lock {
                operator: operator.clone(),
                name: match state.operators.get(operator) {
                    Some(operator) => operator.display_name.clone(),
                    None => String::new(),
                },
                until: *until,
            });
            let kept = state.version_of(&change.id, change.version)?;
            kept.state = change.state;
            kept.locked_by = locked_by;
            state.seal(entry);
            Ok(())
        })
    }

    async fn banks(&self) -> Result<Banks, StoreError> {
        let banks = self.lock().banks.clone();
        Ok(banks.unwrap_or_else(import::known_banks))
    }

    async fn replace_banks(&self, banks: &Banks, entry: &Entry) -> Result<(), StoreError> {
        self.transact(|state| {
            state.banks = (!banks.0.is_empty()).then(|| banks.clone());
            state.seal(entry);
            Ok(())
        })
    }
}

fn is_sought(search: &ApplicationSearch, one: &Application) -> bool {
    let applied = &one.applied;
    let plate =
        |(plate, colour): &(String, u8)| (&applied.plate, applied.plate_colour) == (plate, *colour);
    let person = |sought: &Sought| match sought {
        Sought::IdNumber(number) => applied.id_number == *number,
        Sought::Phone(phone) => applied.phone == *phone,
    };
    search.of.is_none_or(|bank| applied.bank == bank)
        && search.plate.as_ref().is_none_or(plate)
        && search.person.as_ref().is_none_or(person)
        && search.states.has(applied.state)
        && search.from.is_none_or(|from| one.origin.at >= from)
        && search.to.is_none_or(|to| one.origin.at < to)
}

impl Memory {
    fn of_number(&self, channel: &str, number: &str) -> Option<&Application> {
        let of = |one: &&Arc<Application>| {
            (one.origin.channel.as_str(), one.number.as_str()) == (channel, number)
        };
        self.applications.values().find(of).map(|one| &**one)
    }

    /// The application to be changed, with its next version already. Any other version was a lost race.
    fn version_of(&mut self, id: &str, version: i64) -> Result<&mut Applied, StoreError> {
        let kept = self.applications.get_mut(id).ok_or(StoreError::Raced)?;
        if kept.applied.version != version {
            return Err(StoreError::Raced);
        }
        let applied = &mut Arc::make_mut(kept).applied;
        applied.version += 1;
        Ok(applied)
    }

    fn take_batch(&mut self, batch: &Batch) -> Result<TakenApplications, StoreError> {
        let channel = self.channels.get(&batch.channel);
        if channel.is_none_or(|(_, revoked)| *revoked) {
            return Err(no_channel(&batch.channel));
        }
        let mut fates = Vec::new();
        for taken in &batch.good {
            let key = (batch.channel.clone(), taken.new.number.clone());
            fates.push(match self.handed_in.get(&key) {
                Some(kept) if *kept == taken.new => Fate::Known,
                Some(_) => Fate::Reused,
                None => {
                    self.handed_in.insert(key, taken.new.clone());
                    let application = Arc::new(application(batch, taken));
                    self.applications.insert(taken.id.clone(), application);
                    Fate::New
                }
            });
        }
        let answer = batch.answer(&fates);
        let key = (batch.channel.clone(), batch.mark);
        if self.batches.insert(key, answer.clone()).is_some() {
            return Err(duplicate("batch"));
        }
        self.seal(&batch.entry);
        Ok(answer)
    }

    /// What a task of a card makes of an application. With the card that was issued for it, the holder of that card
    /// is written too.
    pub(super) fn turn_application(
        &mut self,
        turned: &TurnedApplication,
    ) -> Result<(), StoreError> {
        let applied = self.version_of(&turned.id, turned.version)?;
        applied.state = turned.state;
        applied.has_bank_card |= turned.bank_card.is_some();
        applied.reopened_at = turned.reopened_at;
        let holder = Holder {
            name: applied.name.clone(),
            id_type: applied.id_type.to_string(),
            id_number: applied.id_number.clone(),
            phone: applied.phone.clone(),
        };
        if let Some(card) = turned.card {
            self.holders.insert(card, holder);
        }
        Ok(())
    }
}

fn application(batch: &Batch, taken: &Taken) -> Application {
    let new = taken.new.clone();
    Application {
        applied: Applied {
            id: taken.id.clone(),
            plate: new.plate,
            plate_colour: new.plate_colour,
            vehicle_class: new.vehicle_class,
            user_type: new.user_type,
            kind: taken.valid.kind,
            name: new.name,
            name_on_card: new.name_on_card,
            id_type: new.id_type,
            id_number: new.id_number,
            phone: new.phone,
            vehicle: taken.valid.vehicle.clone(),
            bank: new.bank,
            state: ApplicationState::Open,
            locked_by: None,
            has_bank_card: false,
            reopened_at: None,
            version: 0,
        },
        number: new.number,
        origin: Origin {
            channel: batch.channel.clone(),
            batch: batch.id.clone(),
            line: taken.line,
            at: batch.entry.at,
        },
    }
}
