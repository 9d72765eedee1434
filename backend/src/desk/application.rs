//! Applications: handed in by the channel, looked for, opened and given back by tellers.

use apdu_core::authority::CardTask;
use apdu_core::bcd::{Date, Time, packed};
use apdu_core::calendar;
use apdu_core::fault::Code;
use etc_api::{
    ApplicationFlaw, ApplicationLine, ApplicationPage, ApplicationQuery, ApplicationState,
    BadApplication, FindApplicant, GiveUpApplication, NewApplication, OpenedApplication,
    OutletKind, RevealedPerson, TakenApplications,
};
use serde_json::Value;

use super::card_task::task;
use super::case::reason;
use super::tag_task::{stored, teller};
use super::{Attempt, DECISIONS, Desk, Error, Who, ended, until_settled};
use crate::audit::{Entry, Event};
use crate::ledger::limits::CARD_YEARS;
use crate::ledger::{self, Application, ApplicationFile, LOCK, Valid, checked, validity};
use crate::random::{Random, uuid};
use crate::store::{
    ApplicationChange, ApplicationSearch, Batch, CardCommit, PAGE, Place, Sought, States, Store,
    Taken,
};

/// The most applications that are handed in together.
pub const AT_ONCE: usize = 500;

/// One line of a batch: its place from 1, and what stands there.
pub type Line = (u32, Value);

/// Takes what the channel hands in; `body` is the SHA-256 of it. The same body again gets the same answer; the same
/// number with the same content is no second application.
pub async fn take_applications(
    store: &dyn Store,
    random: &dyn Random,
    channel: &str,
    lines: Vec<Line>,
    body: [u8; 32],
) -> Result<TakenApplications, Error> {
    if lines.len() > AT_ONCE {
        return Err(Code::TooManyApplications.into());
    }
    let mark = store.batch_mark(&body)?;
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (line, value) in lines {
        match judged(value) {
            Ok((new, valid)) => good.push(Taken {
                id: uuid(random),
                line,
                new,
                valid,
            }),
            Err((number, flaws)) => bad.push(BadApplication {
                line,
                number,
                flaws,
            }),
        }
    }
    let mut batch = Batch {
        id: uuid(random),
        channel: channel.to_owned(),
        mark,
        good,
        bad,
        entry: of_channel(channel, 0, Event::ApplicationsTaken, &mark),
    };
    for _ in 0..DECISIONS {
        if let Some(answer) = store.batch_answer(channel, &mark).await? {
            return Ok(answer);
        }
        batch.entry.at = store.now().await?;
        let taken = store.take_batch(&batch).await;
        if let Some(end) = ended(taken.map_err(Error::from)) {
            return end;
        }
    }
    Err(Code::RecordRaced.into())
}

impl Desk<'_> {
    /// The channel takes an application back that nobody has begun.
    pub async fn withdraw_application(&self, channel: &str, number: &str) -> Result<(), Error> {
        until_settled(|| async {
            let found = self.store.application_of_number(channel, number).await?;
            let found = found.ok_or(Code::ApplicationUnknown)?;
            let now = self.store.now().await?;
            if !found.applied.withdraw(now)? {
                return Ok(());
            }
            let mut entry = of_channel(channel, now, Event::ApplicationWithdrawn, &[]);
            entry.record = Some(found.applied.id.clone());
            let change = ApplicationChange {
                id: found.applied.id,
                version: found.applied.version,
                state: ApplicationState::Withdrawn,
                locked_by: None,
            };
            Ok(self.store.change_application(&change, &entry).await?)
        })
        .await
    }

    /// One page of those this desk may see.
    pub async fn applications(
        &self,
        who: &Who,
        query: &ApplicationQuery,
    ) -> Result<ApplicationPage, Error> {
        let plate = match (&query.plate, query.plate_colour) {
            (Some(plate), Some(colour)) => Some((plate.clone(), colour)),
            (None, None) => None,
            _ => return Err(Code::BadRequest.into()),
        };
        let states = match (query.state, &plate) {
            (Some(state), _) => States::Only(state),
            (None, Some(_)) => States::All,
            (None, None) => States::Unfinished,
        };
        let Some(search) = seen_by(who) else {
            return Ok(ApplicationPage {
                lines: Vec::new(),
                next: None,
            });
        };
        let midnight = |text: &Option<String>| text.as_deref().map(midnight).transpose();
        let search = ApplicationSearch {
            plate,
            states,
            from: midnight(&query.from)?,
            to: midnight(&query.to)?.map(|day| day + calendar::MS_PER_DAY),
            after: query.after.as_deref().map(str::parse).transpose()?,
            ..search
        };
        self.page(who, search).await
    }

    /// The applications of a person, by one of the numbers that are in no address.
    pub async fn applications_of(
        &self,
        who: &Who,
        request: FindApplicant,
    ) -> Result<ApplicationPage, Error> {
        let person = match request {
            FindApplicant::IdNumber(number) => Sought::IdNumber(number),
            FindApplicant::Phone(phone) => Sought::Phone(phone),
        };
        match seen_by(who) {
            None => Ok(ApplicationPage {
                lines: Vec::new(),
                next: None,
            }),
            Some(search) => {
                let person = Some(person);
                self.page(who, ApplicationSearch { person, ..search }).await
            }
        }
    }

    async fn page(&self, who: &Who, search: ApplicationSearch) -> Result<ApplicationPage, Error> {
        let mut found = self.store.find_applications(&search).await?;
        let now = self.store.now().await?;
        let more = found.len() > PAGE as usize;
        found.truncate(PAGE as usize);
        let last = found.last().filter(|_| more);
        Ok(ApplicationPage {
            next: last.map(|last| Place::from(&last.origin).to_string()),
            lines: found.iter().map(|one| line(one, who, now)).collect(),
        })
    }

    /// A teller takes an application up: nobody else opens it for ten minutes.
    pub async fn open_application(&self, who: &Who, id: &str) -> Result<OpenedApplication, Error> {
        until_settled(|| async {
            let found = self.application(who, id).await?;
            let now = self.store.now().await?;
            let applied = &found.applied;
            applied.waits_for_a_card()?;
            if let Some(lock) = applied.held_by_other(&who.operator, now) {
                return Err(Error::Held(lock.name.clone()));
            }
            let change = ApplicationChange {
                id: applied.id.clone(),
                version: applied.version,
                state: applied.state,
                locked_by: Some((who.operator.clone(), now + LOCK)),
            };
            let entry = entry(who, now, Event::ApplicationOpened, id);
            self.store.change_application(&change, &entry).await?;
            let file = self.store.application_file(id).await?;
            Ok(opened(&found, file.as_ref(), who, now))
        })
        .await
    }

    /// The teller gives it back. Whoever does not hold it gives nothing back.
    pub async fn close_application(&self, who: &Who, id: &str) -> Result<(), Error> {
        until_settled(|| async {
            let found = self.application(who, id).await?;
            let applied = &found.applied;
            let own = applied.locked_by.as_ref();
            if own.is_none_or(|lock| lock.operator != who.operator) {
                return Ok(());
            }
            let change = ApplicationChange {
                id: applied.id.clone(),
                version: applied.version,
                state: applied.state,
                locked_by: None,
            };
            let now = self.store.now().await?;
            let entry = entry(who, now, Event::ApplicationClosed, id);
            Ok(self.store.change_application(&change, &entry).await?)
        })
        .await
    }

    /// The teller gives up an application that was begun, with the cards that are half written for it.
    pub async fn give_up_application(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &GiveUpApplication,
    ) -> Result<(), Error> {
        let why = reason(&request.reason)?;
        let new_id = || uuid(self.random);
        self.answered(who, attempt, || async {
            if let Some(()) = self.replay(who, attempt).await? {
                return Ok(());
            }
            let file = self.application_of(who, id).await?;
            let now = self.store.now().await?;
            let given_up = ledger::give_up_application(&file, &teller(who, now, &new_id))?;
            let mut entries = vec![Entry {
                evidence: why.clone().into_bytes(),
                ..entry(who, now, Event::ApplicationGivenUp, id)
            }];
            entries.extend(given_up.changes.iter().map(|change| Entry {
                card: Some(change.card),
                ..entry(who, now, Event::CardReplaced, id)
            }));
            let commit = CardCommit {
                changes: given_up.changes,
                chips: given_up.chips,
                entries,
                answer: Some(stored(who, attempt, &())?),
                ..CardCommit::default()
            };
            Ok(self.store.commit_card(&commit).await?)
        })
        .await
    }

    /// Whose application it is, unmasked; who looked stands on the trail.
    pub async fn reveal_applicant(&self, who: &Who, id: &str) -> Result<RevealedPerson, Error> {
        let found = self.application(who, id).await?;
        let now = self.store.now().await?;
        let entry = entry(who, now, Event::ApplicationRevealed, id);
        self.store.note(&entry).await?;
        Ok(RevealedPerson {
            name: found.applied.name,
            id_number: found.applied.id_number,
            phone: found.applied.phone,
        })
    }

    /// An application that this desk may see.
    pub(super) async fn application(&self, who: &Who, id: &str) -> Result<Application, Error> {
        let found = self.store.application(id).await?;
        let found = found.filter(|found| found.is_for(&who.outlet));
        found.ok_or(Code::ApplicationUnknown.into())
    }
}

/// What stands in a line of a batch, or what is wrong with it.
fn judged(value: Value) -> Result<(NewApplication, Valid), (Option<String>, Vec<ApplicationFlaw>)> {
    let number = value.get("number").and_then(Value::as_str);
    // What is no number of a channel's may be anything.
    let short = |number: &&str| number.len() <= 32 && number.is_ascii();
    let number = number.filter(short).map(str::to_owned);
    let vehicle = value.get("vehicle").cloned();
    let unreadable = || (number.clone(), vec![ApplicationFlaw::Unreadable]);
    let new: NewApplication = serde_json::from_value(value).map_err(|_| unreadable())?;
    if !is_all_of(vehicle.as_ref(), &new) {
        return Err(unreadable());
    }
    match checked(&new) {
        Ok(valid) => Ok((new, valid)),
        Err(flaws) => Err((number, flaws)),
    }
}

/// Whether every field that the vehicle was handed in with is one of those that were read. A list of fields that are
/// put together from two types does not deny others by itself.
fn is_all_of(vehicle: Option<&Value>, new: &NewApplication) -> bool {
    let Some(Value::Object(handed_in)) = vehicle else {
        return true;
    };
    let read = serde_json::to_value(&new.vehicle).unwrap_or_default();
    let mut fields = handed_in.iter().filter(|(_, value)| !value.is_null());
    fields.all(|(name, _)| read.get(name).is_some())
}

/// The search for everything this desk may see; `None`: nothing.
fn seen_by(who: &Who) -> Option<ApplicationSearch> {
    let bank = match (who.outlet.kind, who.outlet.bank) {
        (OutletKind::Own, _) => None,
        (OutletKind::Bank, Some(bank)) => Some(bank),
        (OutletKind::Bank, None) => return None,
    };
    Some(ApplicationSearch {
        of: Some(bank),
        plate: None,
        person: None,
        states: States::All,
        from: None,
        to: None,
        after: None,
        limit: PAGE + 1,
    })
}

/// Where a day of the issuer's begins (ms UTC), as it stands in a query: `YYYY-MM-DD`.
fn midnight(text: &str) -> Result<i64, Code> {
    let digits = match text.as_bytes() {
        [_, _, _, _, b'-', _, _, b'-', _, _] => text.replace('-', ""),
        _ => return Err(Code::BadRequest),
    };
    let day = packed(&digits).map(Date).map_err(|_| Code::BadRequest)?;
    let second = calendar::second_at(day, Time([0; 3])).ok_or(Code::BadRequest)?;
    Ok(second * 1_000)
}

fn line(one: &Application, who: &Who, now: i64) -> ApplicationLine {
    let applied = &one.applied;
    ApplicationLine {
        id: applied.id.clone(),
        state: applied.state,
        plate: applied.plate.clone(),
        plate_colour: applied.plate_colour,
        vehicle_class: applied.vehicle_class,
        card_type: applied.kind.number(),
        name: masked(&applied.name, 1, 0, 1),
        bank: applied.bank,
        at: one.origin.at,
        locked_by: applied
            .held_by_other(&who.operator, now)
            .map(|lock| lock.name.clone()),
    }
}

fn opened(
    one: &Application,
    file: Option<&ApplicationFile>,
    who: &Who,
    now: i64,
) -> OpenedApplication {
    let applied = &one.applied;
    let (start, expiry) = validity(now, CARD_YEARS);
    OpenedApplication {
        line: line(one, who, now),
        number: one.number.clone(),
        id_type: applied.id_type,
        id_number: masked(&applied.id_number, 4, 4, usize::MAX),
        phone: masked(&applied.phone, 3, 4, usize::MAX),
        wants_bank_card: applied.bank.is_some() && !applied.has_bank_card,
        old_card: file.and_then(|file| Some(file.old.as_ref()?.card.number)),
        validity: [start, expiry],
        open_task: file.and_then(open_task),
    }
}

/// The task that is to be gone on with, and its card.
fn open_task(file: &ApplicationFile) -> Option<CardTask> {
    let job = file.open.as_ref()?;
    let card = file.cards.iter().find(|card| card.number == job.card)?;
    Some(task(job, card))
}

/// The text with its middle hidden: `first` and `last` characters stay, and at most `stars` stand for the rest. What
/// is too short to hide anything is hidden whole but for its first character.
fn masked(text: &str, first: usize, last: usize, stars: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    let (first, last) = match letters.len() > first + last {
        true => (first, last),
        false => (1, 0),
    };
    let hidden = letters.len().saturating_sub(first + last).min(stars);
    let (head, tail) = (letters.iter().take(first), letters.iter().rev().take(last));
    let tail: Vec<&char> = tail.collect();
    let stars = std::iter::repeat_n(&'*', hidden.max(1));
    head.chain(stars).chain(tail.into_iter().rev()).collect()
}

fn entry(who: &Who, at: i64, event: Event, application: &str) -> Entry {
    Entry {
        at,
        operator: who.operator.clone(),
        event,
        card: None,
        record: Some(application.to_owned()),
        evidence: Vec::new(),
    }
}

/// A row of the trail about a channel. Its name has no space, so that it is no operator's either.
fn of_channel(channel: &str, at: i64, event: Event, evidence: &[u8]) -> Entry {
    Entry {
        at,
        operator: format!("channel {channel}"),
        event,
        card: None,
        record: None,
        evidence: evidence.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_leaves_the_ends_only() {
        assert_eq!(masked("张样例", 1, 0, 1), "张*");
        assert_eq!(masked("张", 1, 0, 1), "张*");
        let id = masked("620105199001010017", 4, 4, usize::MAX);
        assert_eq!(id, "6201**********0017");
        assert_eq!(masked("13800000017", 3, 4, usize::MAX), "138****0017");
        assert_eq!(masked("E123", 4, 4, usize::MAX), "E***");
    }

    #[test]
    fn a_day_is_written_with_hyphens_and_begins_in_shanghai() {
        // `TZ=Asia/Shanghai date -d 2024-03-01 +%s`
        assert_eq!(midnight("2024-03-01"), Ok(1_709_222_400_000));
        for wrong in ["", "20260601", "2026-6-1", "2026-0a-01", "2026-02-30"] {
            assert_eq!(midnight(wrong), Err(Code::BadRequest), "{wrong}");
        }
    }
}
