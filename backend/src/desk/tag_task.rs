//! Tasks of tags: begun, shown, signed, refused.

use apdu_core::authority::{
    BeginTagTask, NamedTag, ReadVehicle, ShownCard, ShownTag, SignTag, SignedTag,
    TagFile as Written, TagRefused, TagTask, TagTaskState, TagTold, TagWork,
};
use apdu_core::fault::Code;
use apdu_core::hex::{Bytes, Fixed};
use apdu_core::obu::{Contract, ContractSerial};
use apdu_core::sw::Sw;
use apdu_core::toll_card::IssueFile;
use serde::Serialize;

use super::tag::{entry, refused};
use super::{Attempt, Desk, Error, Who, until_settled};
use crate::audit::{Entry, Event};
use crate::keys::{TagContent, TagWrite};
use crate::ledger::{
    self, Begin, Card, CardShown, Facts, OfCard, READING_LIFE, Reading, Tag, TagDecision, TagFile,
    TagJob, Teller, card_shown,
};
use crate::random::{draw, uuid};
use crate::store::{StoreError, StoredAnswer, TagCommit};

/// Status byte 0, bit 1 of a tag: its switch stands out (reference §6.6).
const TAMPERED: u8 = 0x02;

impl Desk<'_> {
    /// Opens a task, or goes on with the one that is open for the same tag, card and work.
    pub async fn begin_tag_task(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &BeginTagTask,
    ) -> Result<TagTask, Error> {
        self.answered(who, attempt, || {
            self.begin_tag_task_once(who, attempt, request)
        })
        .await
    }

    async fn begin_tag_task_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &BeginTagTask,
    ) -> Result<TagTask, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let file = self.named_tag(&request.tag).await?;
        let card = match &request.card {
            Some(shown) => Some(self.card_of(shown).await?),
            None => None,
        };
        let (of_card, vehicle) = match &card {
            Some(card) => (
                self.store.of_card(card).await?,
                self.store.vehicle(&card.plate, card.plate_colour).await?,
            ),
            None => (OfCard::default(), None),
        };
        if !matches!(request.work, TagWork::Cancel { .. }) {
            self.may_write(&file.tag)?;
        }
        let now = self.store.now().await?;
        let new_id = || uuid(self.random);
        let begin = Begin {
            work: request.work,
            card: card.as_ref(),
            of_card: &of_card,
            vehicle: vehicle.as_ref(),
            file: &file,
        };
        if let Some(done) = ledger::done_already(&begin) {
            let answer = task(done, &file.tag);
            let commit = TagCommit {
                writes: Vec::new(),
                entries: vec![entry(who, now, Event::TagTaskBegun(file.tag.serial), &[])],
                answer: Some(stored(who, attempt, &answer)?),
            };
            self.store.commit_tag(&commit).await?;
            return Ok(answer);
        }
        let mut decision = ledger::begin_tag_job(&begin, &teller(who, now, &new_id))?;
        self.with_reading(who, &mut decision, now);
        let random = decision.job.reading.as_ref().map(|one| one.random);
        let mut entries = vec![entry(
            who,
            now,
            Event::TagTaskBegun(decision.tag.serial),
            &random.unwrap_or_default(),
        )];
        entries.extend(of_others(who, now, &decision));
        self.commit_tag(who, decision, entries, Some(attempt), task)
            .await
    }

    /// A task. Its tag is not read by that: beginning it again does.
    pub async fn tag_task(&self, id: &str) -> Result<TagTask, Error> {
        let (mut job, file) = self.job_and_file(id).await?;
        job.reading = None;
        Ok(task(&job, &file.tag))
    }

    /// Shows the tag, whole. Settles the attempt before, and says what is to be written.
    pub async fn show_tag(&self, who: &Who, id: &str, shown: &ShownTag) -> Result<TagTold, Error> {
        until_settled(|| self.show_tag_once(who, id, shown)).await
    }

    async fn show_tag_once(&self, who: &Who, id: &str, shown: &ShownTag) -> Result<TagTold, Error> {
        let (job, file) = self.job_and_file(id).await?;
        match job.state {
            TagTaskState::Open => {}
            TagTaskState::Stopped(code) => return Err(code.into()),
            // An answer that was lost: nothing changes any more.
            TagTaskState::Done => {
                return Ok(TagTold {
                    task: task(&job, &file.tag),
                    comparison: Vec::new(),
                    next: Vec::new(),
                });
            }
        }
        let now = self.store.now().await?;
        let card = self.card_in_reader(&job, shown.card.as_ref()).await?;
        let vehicle = match (&shown.vehicle, &job.reading) {
            (Some(read), reading) => {
                let live = |one: &&Reading| {
                    one.random == read.random.0
                        && one.operator == who.operator
                        && now - one.began_at < READING_LIFE
                };
                if reading.as_ref().filter(live).is_none() {
                    return Err(Code::TagReadingOver.into());
                }
                match self.open_file(&file.tag, read) {
                    Ok(bytes) => Some(bytes),
                    Err(code) => return self.reading_wasted(who, &job, &file, code, now).await,
                }
            }
            // What can be read is read.
            (None, Some(_)) => return Err(Code::NotShown.into()),
            (None, None) => None,
        };
        let old = self.old_tag(&job).await?;
        let facts = Facts {
            file: &file,
            job: &job,
            card: card.as_ref(),
            old: old.as_ref().map(|(pairing, tag)| (pairing, tag)),
            system: &shown.system.0,
            vehicle: vehicle.as_deref(),
            present: vehicle.is_some() && file.tag.cipher.random_returns,
            tampered: shown
                .status
                .is_some_and(|Fixed([first, _])| first & TAMPERED != 0),
        };
        let new_id = || uuid(self.random);
        let told = ledger::show_tag(facts, &teller(who, now, &new_id))?;
        let mut decision = told.decision;
        self.with_reading(who, &mut decision, now);
        let event = match (decision.refusal, decision.job.state) {
            (Some(code), _) => Event::TagTaskRefused(job.tag, code),
            (None, TagTaskState::Done) => Event::TagTaskDone(job.tag),
            _ => Event::TagShown(job.tag),
        };
        let mut entries = vec![entry(who, now, event, &shown.system.0)];
        entries.extend(of_others(who, now, &decision));
        let answer = |job: &TagJob, tag: &Tag| TagTold {
            task: task(job, tag),
            comparison: told.comparison,
            next: told.next,
        };
        self.commit_tag(who, decision, entries, None, answer).await
    }

    /// The command that writes one file. Good once for each file that the last showing named.
    pub async fn sign_tag(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &SignTag,
    ) -> Result<SignedTag, Error> {
        self.answered(who, attempt, || {
            self.sign_tag_once(who, attempt, id, request)
        })
        .await
    }

    async fn sign_tag_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &SignTag,
    ) -> Result<SignedTag, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let (job, file) = self.job_and_file(id).await?;
        let card = match job.card {
            Some(number) => Some(self.card_file(number).await?.card),
            None => None,
        };
        let begun = match &card {
            Some(card) => self.store.of_card(card).await?.begun,
            None => Vec::new(),
        };
        let status = card.map(|card| card.status);
        let now = self.store.now().await?;
        let new_id = || uuid(self.random);
        let teller = teller(who, now, &new_id);
        let decision = ledger::sign_tag(&file, &job, request.file, status, &begun, &teller)?;
        let command = self.write_command(&job, &file.tag, request)?;
        let event = Event::TagSigned(job.tag, request.file);
        let mut entries = vec![entry(who, now, event, &request.challenge.0)];
        entries.extend(of_others(who, now, &decision));
        let answer = |_: &TagJob, _: &Tag| SignedTag {
            command: Bytes(command),
        };
        // Only then may anybody see the command.
        self.commit_tag(who, decision, entries, Some(attempt), answer)
            .await
    }

    /// The tag refused a signed command by its own word.
    pub async fn tag_refused(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &TagRefused,
    ) -> Result<TagTask, Error> {
        self.answered(who, attempt, || {
            self.tag_refused_once(who, attempt, id, request)
        })
        .await
    }

    async fn tag_refused_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &TagRefused,
    ) -> Result<TagTask, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let (job, file) = self.job_and_file(id).await?;
        let now = self.store.now().await?;
        let new_id = || uuid(self.random);
        let Fixed(sw) = request.sw;
        let sw = Sw(u16::from_be_bytes(sw));
        let teller = teller(who, now, &new_id);
        let mut decision = ledger::tag_refused(&file, &job, request.file, sw, &teller)?;
        self.with_reading(who, &mut decision, now);
        let event = Event::TagRefusedWrite(job.tag, request.file);
        let mut entries = vec![entry(who, now, event, &request.sw.0)];
        if let TagTaskState::Stopped(code) = decision.job.state {
            let stopped = Event::TagTaskRefused(job.tag, code);
            entries.push(entry(who, now, stopped, &[]));
        }
        self.commit_tag(who, decision, entries, Some(attempt), task)
            .await
    }

    /// The tag that a task names, by either of its numbers.
    async fn named_tag(&self, named: &NamedTag) -> Result<TagFile, Error> {
        let serial = match named {
            NamedTag::Serial(serial) => *serial,
            NamedTag::Sn(sn) => {
                let tag = self.store.tag_of_sn(sn).await?;
                tag.ok_or(Code::TagUnknown)?.serial
            }
        };
        self.tag_file(serial).await
    }

    pub(super) async fn tag_file(&self, serial: ContractSerial) -> Result<TagFile, Error> {
        let file = self.store.tag_file(serial).await?;
        file.ok_or(Code::TagUnknown.into())
    }

    /// A task with the file of its tag.
    async fn job_and_file(&self, id: &str) -> Result<(TagJob, TagFile), Error> {
        let job = self.store.tag_job(id).await?.ok_or(Code::NoSuchTagTask)?;
        let file = self.tag_file(job.tag).await?;
        // One moment counts: the file's, where the task is the open one.
        match &file.job {
            Some(open) if open.id == job.id => Ok((open.clone(), file)),
            _ => Ok((job, file)),
        }
    }

    /// The card of the records that was shown.
    async fn card_of(&self, shown: &ShownCard) -> Result<Card, Error> {
        let issue = IssueFile::parse(&shown.issue.0).map_err(|_| Code::MalformedFile)?;
        if issue.number != shown.number {
            return Err(Code::OtherCard.into());
        }
        Ok(self.card_file(shown.number).await?.card)
    }

    /// What the card in the reader says, which must be the task's.
    async fn card_in_reader(
        &self,
        job: &TagJob,
        shown: Option<&ShownCard>,
    ) -> Result<Option<CardShown>, Error> {
        let Some(number) = job.card else {
            return Ok(None);
        };
        let shown = shown.ok_or(Code::NoCard)?;
        let issue = IssueFile::parse(&shown.issue.0).map_err(|_| Code::MalformedFile)?;
        if issue.number != number || shown.number != number {
            return Err(Code::OtherCard.into());
        }
        Ok(Some(card_shown(&issue)))
    }

    /// The pairing that an exchange or a replacement ends, with its tag.
    async fn old_tag(&self, job: &TagJob) -> Result<Option<(ledger::Pairing, Tag)>, Error> {
        let (TagWork::Issue { .. }, Some(number)) = (job.work, job.card) else {
            return Ok(None);
        };
        let card = self.card_file(number).await?.card;
        let of_card = self.store.of_card(&card).await?;
        Ok(of_card.pairing.zip(of_card.tag))
    }

    /// Whether anything can be signed for a tag, and its vehicle information read back.
    fn may_write(&self, tag: &Tag) -> Result<(), Code> {
        self.may_open_vehicle(tag)?;
        let may = self.keys.may_write_tag(tag.network(), tag.algorithm());
        may.map_err(refused)
    }

    /// Gives an open task the reading that its next showing comes of.
    fn with_reading(&self, who: &Who, decision: &mut TagDecision, now: i64) {
        let is_open = decision.job.state == TagTaskState::Open && decision.refusal.is_none();
        let reading = (is_open && self.may_open_vehicle(&decision.tag).is_ok()).then(|| Reading {
            tag: decision.tag.serial,
            random: draw(self.random),
            operator: who.operator.clone(),
            began_at: now,
        });
        decision.job.reading = reading.clone();
        for write in &mut decision.writes {
            if let ledger::TagWrite::InsertJob(job) | ledger::TagWrite::UpdateJob(job) = write
                && job.id == decision.job.id
            {
                job.reading = reading.clone();
            }
        }
    }

    /// A random has one answer: what does not open ends its reading.
    async fn reading_wasted<T>(
        &self,
        who: &Who,
        job: &TagJob,
        file: &TagFile,
        code: Code,
        now: i64,
    ) -> Result<T, Error> {
        let job = TagJob {
            reading: None,
            showing: None,
            ..job.clone()
        };
        let event = Event::VehicleRefused(file.tag.serial, code);
        let commit = TagCommit {
            writes: vec![ledger::TagWrite::UpdateJob(Box::new(job))],
            entries: vec![entry(who, now, event, &[])],
            answer: None,
        };
        self.store.commit_tag(&commit).await?;
        Err(code.into())
    }

    /// `04D6 81 …`, composed from the records.
    fn write_command(&self, job: &TagJob, tag: &Tag, request: &SignTag) -> Result<Vec<u8>, Code> {
        let wanted = &job.wanted;
        let content = match request.file {
            Written::Vehicle => {
                let file = wanted.vehicle.as_ref().ok_or(Code::VehicleUnknown)?;
                TagContent::Vehicle(file)
            }
            Written::System => TagContent::System(&wanted.system),
            Written::RemovalFlag => {
                let flag = wanted.system.get(Contract::LENGTH);
                TagContent::RemovalFlag(*flag.ok_or(Code::BackendFailed)?)
            }
        };
        let write = TagWrite {
            network: tag.network(),
            tag: tag.serial,
            algorithm: tag.algorithm(),
            content,
        };
        let command = self.keys.write_tag(&write, request.challenge.0);
        command.map_err(refused)
    }

    /// Commits a decision with its rows of the trail and its answer, all in one transaction; what a refusal has
    /// taught is committed too.
    async fn commit_tag<T: Serialize>(
        &self,
        who: &Who,
        decision: TagDecision,
        entries: Vec<Entry>,
        attempt: Option<&Attempt>,
        answer: impl FnOnce(&TagJob, &Tag) -> T,
    ) -> Result<T, Error> {
        let refusal = decision.refusal;
        let given = answer(&decision.job, &decision.tag);
        let kept = match (attempt, refusal) {
            (Some(attempt), None) => Some(stored(who, attempt, &given)?),
            _ => None,
        };
        let commit = TagCommit {
            writes: decision.writes,
            entries,
            answer: kept,
        };
        self.store.commit_tag(&commit).await?;
        match refusal {
            Some(code) => Err(code.into()),
            None => Ok(given),
        }
    }
}

/// An answer as it is kept for a repetition of its request.
pub(super) fn stored<T: Serialize>(
    who: &Who,
    attempt: &Attempt,
    answer: &T,
) -> Result<StoredAnswer, Error> {
    let json = serde_json::to_string(answer);
    Ok(StoredAnswer {
        key: attempt.key.clone(),
        operator: who.operator.clone(),
        route: attempt.route.clone(),
        body: attempt.body,
        answer: json.map_err(|error| StoreError::Failed(error.into()))?,
    })
}

pub(super) fn teller<'a>(
    who: &'a Who,
    now: i64,
    new_id: &'a (dyn Fn() -> String + Sync),
) -> Teller<'a> {
    Teller {
        operator: &who.operator,
        outlet: &who.outlet.code,
        now,
        new_id,
    }
}

/// Rows for the chains of other tags that a decision changes.
fn of_others(who: &Who, now: i64, decision: &TagDecision) -> Vec<Entry> {
    let others = decision.writes.iter().filter_map(|write| match write {
        ledger::TagWrite::PutTag(tag) if tag.serial != decision.tag.serial => Some(tag.serial),
        _ => None,
    });
    others
        .map(|serial| entry(who, now, Event::TagReplaced(serial), &[]))
        .collect()
}

/// A task as a desk sees it.
pub(super) fn task(job: &TagJob, tag: &Tag) -> TagTask {
    let reading = job.reading.as_ref();
    TagTask {
        id: job.id.clone(),
        work: job.work,
        card: job.card,
        tag: job.tag,
        sn: tag.sn.clone(),
        plate: job.plate.clone(),
        plate_colour: job.plate_colour,
        vehicle_class: job.vehicle_class,
        state: job.state,
        read: reading.map(|reading| ReadVehicle {
            profile: tag.profile,
            random: Fixed(reading.random),
        }),
        signatures_left: tag.signed.left(),
    }
}
