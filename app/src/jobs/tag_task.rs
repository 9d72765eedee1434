//! 标签办理, 标签激活 and 标签注销: what the teller has read so far, and the flow that runs.

use apdu_core::authority::{
    BeginTagTask, CancelReason, IssueMode, NamedTag, TagTask, TagTaskState, TagTasks, TagWork,
};
use apdu_core::card::Card;
use apdu_core::fault::{Code, Fault};
use apdu_core::flow::{self, CheckedTag, MetTag, Progress, ReadCard, Step, TagDone};
use apdu_core::obu::ContractSerial;
use etc_api::{CardPairing, LicensedVehicle};
use leptos::prelude::*;

use super::Jobs;
use super::course::{Course, Staged, watch};
use crate::desk::CardInSlot;
use crate::devices::InUse;

/// State of a task that writes a tag.
#[derive(Clone, Debug, Default)]
pub struct TagJob {
    /// How far it is.
    pub course: Course,
    /// The card of the vehicle, and what the records pair it with.
    pub card: Option<(ReadCard, CardPairing)>,
    /// 标签办理: the SN that was typed, and what happens to the old tag.
    pub entry: Option<(String, IssueMode)>,
    /// 标签办理: the task, and the tag that was read first.
    pub first: Option<(TagTask, ContractSerial)>,
    /// 标签激活: the tag that was compared with the card, and signals.
    pub met: Option<MetTag>,
    /// 标签注销: the tag as it was checked.
    pub checked: Option<CheckedTag>,
    /// What came of it.
    pub done: Option<TagDone>,
}

impl TagJob {
    /// A tag that is active already needs no light and no write.
    fn greet(&mut self, met: MetTag) {
        self.course.pass();
        if met.told.task.state == TagTaskState::Done {
            self.course.pass();
            self.finish(TagDone {
                told: met.told.clone(),
                written: false,
            });
        }
        self.met = Some(met);
    }

    fn finish(&mut self, done: TagDone) {
        self.done = Some(done);
        self.course.pass();
    }
}

impl Staged for TagJob {
    fn course(&mut self) -> &mut Course {
        &mut self.course
    }
}

impl Jobs {
    /// 读卡: the first stage of 标签办理 and of 标签激活.
    pub fn read_card_of_tag(&self, job: RwSignal<TagJob>) {
        let refuse = |fault| {
            let mut refused = TagJob::default();
            refused.course.fail(fault);
            job.set(refused);
        };
        // Where another task still runs, nothing is cleared either.
        let Some(mut card) = self.take_reader(refuse) else {
            return;
        };
        job.set(TagJob::default());
        let jobs = self.clone();
        self.stage(job, Step::ReadCard, async move {
            jobs.meet_card_of_tag(&mut card, job).await
        });
    }

    /// 标签办理: takes a card that was issued elsewhere in the province into the records, and reads it again.
    pub fn take_in_card(&self) {
        let job = self.issue_tag;
        let Some(mut card) = self.take_reader(|fault| job.update(|job| job.course.fail(fault)))
        else {
            return;
        };
        let (jobs, mut backend) = (self.clone(), self.backend.clone());
        self.stage(job, Step::ReadCard, async move {
            flow::take_in(&mut card, &mut backend, &mut watch(jobs.desk, job)).await?;
            jobs.meet_card_of_tag(&mut card, job).await
        });
    }

    /// Reads the card, and asks what the records pair it with.
    async fn meet_card_of_tag(
        &self,
        card: &mut dyn Card,
        job: RwSignal<TagJob>,
    ) -> Result<(), Fault> {
        let mut progress = watch(self.desk, job);
        let read = flow::show_card(card, &mut progress).await?;
        self.desk.card.set(CardInSlot::Known(read.issue.number));
        progress.at(Step::AskRecords);
        let pairing = self.backend.pairing(read.issue.number).await?;
        job.update(|job| {
            job.card = Some((read, pairing));
            job.course.pass();
        });
        Ok(())
    }

    /// 标签办理: the vehicle of the card, from its licence.
    pub fn add_vehicle(&self, vehicle: LicensedVehicle) {
        let job = self.issue_tag;
        let card = job.with_untracked(|job| Some(job.card.as_ref()?.0.shown.number));
        let Some(card) = card.filter(|_| self.desk.job.get_untracked().is_none()) else {
            return;
        };
        let backend = self.backend.clone();
        self.stage(job, Step::AskRecords, async move {
            backend.add_vehicle(card, &vehicle).await?;
            let pairing = backend.pairing(card).await?;
            job.update(|job| {
                job.course.step = None;
                if let Some((_, known)) = &mut job.card {
                    *known = pairing;
                }
            });
            Ok(())
        });
    }

    /// 标签办理, 读标签: opens the task for the SN that was typed, and reads the tag for the first time.
    pub fn read_tag_to_issue(&self, sn: String, mode: IssueMode) {
        let job = self.issue_tag;
        let Some((card, _)) = job.with_untracked(|job| job.card.clone()) else {
            return;
        };
        let Some(mut programmer) = self.take_programmer(job) else {
            return;
        };
        let begin = BeginTagTask {
            work: TagWork::Issue { mode },
            card: Some(card.shown),
            tag: NamedTag::Sn(sn.clone()),
        };
        job.update(|job| job.entry = Some((sn, mode)));
        let (desk, mut backend) = (self.desk, self.backend.clone());
        self.stage(job, Step::AskRecords, async move {
            let task = backend.begin_tag_task(&begin).await?;
            let first = flow::meet_tag(&mut programmer, &mut watch(desk, job)).await?;
            if first != task.tag {
                return Err(Fault::new(Code::SnMismatch));
            }
            job.update(|job| {
                job.first = Some((task, first));
                job.course.pass();
            });
            Ok(())
        });
    }

    /// 标签办理, 注册: writes both files, and reads them back.
    pub fn issue_tag(&self) {
        let job = self.issue_tag;
        let Some((task, first)) = job.with_untracked(|job| job.first.clone()) else {
            return;
        };
        let Some((mut card, mut programmer)) = self.take_both(job) else {
            return;
        };
        let (desk, mut tasks) = (self.desk, self.backend.clone());
        self.stage(job, Step::ReadCard, async move {
            let mut progress = watch(desk, job);
            let (card, tag) = (&mut card, &mut programmer);
            let done = flow::issue_obu(card, tag, &mut tasks, &mut progress, &task, first).await?;
            job.update(|job| job.finish(done));
            Ok(())
        });
    }

    /// 标签激活, 读标签: compares card and tag, and has the tag signal.
    pub fn read_tag_to_activate(&self) {
        let job = self.activate_tag;
        let Some((card, _)) = job.with_untracked(|job| job.card.clone()) else {
            return;
        };
        let Some(mut programmer) = self.take_programmer(job) else {
            return;
        };
        let (desk, mut tasks) = (self.desk, self.backend.clone());
        self.stage(job, Step::CallTag, async move {
            let mut progress = watch(desk, job);
            let tag = &mut programmer;
            let met = flow::meet_for_activation(&card, tag, &mut tasks, &mut progress).await?;
            job.update(|job| job.greet(met));
            Ok(())
        });
    }

    /// 标签激活: whether the person saw the light of this very tag.
    pub fn saw_light(&self, seen: bool) {
        self.activate_tag.update(|job| match seen {
            true => job.course.pass(),
            false => job.course.fail(Fault::new(Code::LightNotSeen)),
        });
    }

    /// 标签激活, 激活: compares again, and writes the removal flag.
    pub fn activate_tag(&self) {
        let job = self.activate_tag;
        let Some(met) = job.with_untracked(|job| job.met.clone()) else {
            return;
        };
        let Some((mut card, mut programmer)) = self.take_both(job) else {
            return;
        };
        let (desk, mut tasks) = (self.desk, self.backend.clone());
        self.stage(job, Step::ReadCard, async move {
            let mut progress = watch(desk, job);
            let (card, tag) = (&mut card, &mut programmer);
            let done = flow::activate_obu(card, tag, &mut tasks, &mut progress, &met).await?;
            job.update(|job| job.finish(done));
            Ok(())
        });
    }

    /// 标签注销, 读标签: shows what is to be cancelled.
    pub fn read_tag_to_cancel(&self) {
        let job = self.cancel_tag;
        let Some(mut programmer) = self.take_programmer(job) else {
            return;
        };
        job.set(TagJob::default());
        let (desk, mut backend) = (self.desk, self.backend.clone());
        self.stage(job, Step::CallTag, async move {
            let mut progress = watch(desk, job);
            let checked = flow::check_tag(&mut programmer, &mut backend, &mut progress).await?;
            // Nobody cancels what the records do not know.
            checked.records.as_ref().map_err(|&fault| fault)?;
            job.update(|job| {
                job.checked = Some(checked);
                job.course.pass();
            });
            Ok(())
        });
    }

    /// 标签注销, 注销: ends the pairing, and writes what the tag's profile wants.
    pub fn cancel_tag(&self, reason: CancelReason) {
        let job = self.cancel_tag;
        let Some(checked) = job.with_untracked(|job| job.checked.clone()) else {
            return;
        };
        let Some(mut programmer) = self.take_programmer(job) else {
            return;
        };
        let begin = BeginTagTask {
            work: TagWork::Cancel { reason },
            card: None,
            tag: NamedTag::Serial(checked.system.contract.serial),
        };
        let (desk, mut tasks) = (self.desk, self.backend.clone());
        self.stage(job, Step::AskRecords, async move {
            let task = tasks.begin_tag_task(&begin).await?;
            let mut progress = watch(desk, job);
            let tag = &mut programmer;
            let done = flow::cancel_obu(tag, &mut tasks, &mut progress, &task).await?;
            job.update(|job| job.finish(done));
            Ok(())
        });
    }

    /// The programmer, for a stage that begins.
    fn take_programmer(&self, job: RwSignal<TagJob>) -> Option<InUse> {
        if self.desk.job.get_untracked().is_some() {
            return None;
        }
        let programmer = self.devices.programmers().in_use();
        let refuse = |code| job.update(|job| job.course.fail(Fault::new(code)));
        programmer.map_err(refuse).ok()
    }

    /// Reader and programmer, for a stage that begins.
    fn take_both(&self, job: RwSignal<TagJob>) -> Option<(impl Card + 'static, InUse)> {
        let programmer = self.take_programmer(job)?;
        let card = self.take_reader(|fault| job.update(|job| job.course.fail(fault)))?;
        Some((card, programmer))
    }
}
