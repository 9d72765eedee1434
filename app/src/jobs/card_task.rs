//! 用户卡办理 and 卡片激活: what the teller has chosen and read so far, and the flow that runs.

use apdu_core::authority::{BeginCardTask, CardMode, CardTask, CardTasks, CardWork};
use apdu_core::fault::Fault;
use apdu_core::flow::{self, CardDone, Progress, ReadCard, Step};
use etc_api::{ApplicationPage, ApplicationQuery, OpenedApplication};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Jobs;
use super::course::{Course, Staged, watch};
use crate::desk::CardInSlot;

/// Stages of 用户卡办理, by number.
pub mod issuing {
    /// An application is chosen.
    pub const CHOOSE: usize = 0;
    /// The card is read.
    pub const READ: usize = 1;
    /// The mode is chosen, the bank card typed, and the card written.
    pub const REGISTER: usize = 2;
}

/// The list of applications.
#[derive(Clone, Debug, Default)]
pub struct ApplicationList {
    /// What was asked for.
    pub query: ApplicationQuery,
    /// What came of it; nothing yet.
    pub page: Option<ApplicationPage>,
    /// Whether the backend is being asked.
    pub asking: bool,
    /// Why there is no list.
    pub fault: Option<Fault>,
}

/// State of a task that writes a card.
#[derive(Clone, Debug, Default)]
pub struct CardJob {
    /// How far it is.
    pub course: Course,
    /// 用户卡办理: whose card it will be.
    pub application: Option<OpenedApplication>,
    /// The card.
    pub card: Option<ReadCard>,
    /// 用户卡办理: what happens to the old card, and the bank card that was typed.
    pub entry: Option<(CardMode, Option<String>)>,
    /// 卡片激活: the task.
    pub task: Option<CardTask>,
    /// What came of it.
    pub done: Option<CardDone>,
}

impl Staged for CardJob {
    fn course(&mut self) -> &mut Course {
        &mut self.course
    }
}

impl Jobs {
    /// Asks for one page of applications.
    pub fn find_applications(&self, query: ApplicationQuery) {
        let (list, backend) = (self.applications, self.backend.clone());
        list.update(|list| {
            list.query = query.clone();
            list.asking = true;
            list.fault = None;
        });
        spawn_local(async move {
            let answer = backend.applications(&query).await;
            list.update(|list| {
                // Whoever has asked for something else meanwhile waits for that.
                if list.query != query {
                    return;
                }
                list.asking = false;
                match answer {
                    Ok(page) => list.page = Some(page),
                    Err(refusal) => list.fault = Some(refusal.into()),
                }
            });
        });
    }

    /// 用户卡办理: takes an application up.
    pub fn open_application(&self, id: String) {
        let job = self.issue_card;
        let backend = self.backend.clone();
        if self.desk.job.get_untracked().is_some() {
            return;
        }
        job.set(CardJob::default());
        self.stage(job, Step::AskRecords, async move {
            let opened = backend.open_application(&id).await?;
            job.update(|job| {
                job.application = Some(opened);
                job.course.pass();
            });
            Ok(())
        });
    }

    /// 用户卡办理: the vehicle has another card than when its application was taken up: that is asked for again, and
    /// the card that was read stays.
    pub fn open_application_again(&self) {
        let job = self.issue_card;
        let taken_up = job.with_untracked(|job| Some(job.application.as_ref()?.line.id.clone()));
        let Some(id) = taken_up.filter(|_| self.desk.job.get_untracked().is_none()) else {
            return;
        };
        let backend = self.backend.clone();
        self.stage(job, Step::AskRecords, async move {
            let opened = backend.open_application(&id).await?;
            job.update(|job| {
                job.application = Some(opened);
                job.entry = None;
                job.course.step = None;
            });
            Ok(())
        });
    }

    /// 用户卡办理: leaves the application to the others, and shows the list again.
    pub fn leave_application(&self) {
        let job = self.issue_card;
        let left = job.with_untracked(|job| Some(job.application.as_ref()?.line.id.clone()));
        job.set(CardJob::default());
        let query = self.applications.with_untracked(|list| list.query.clone());
        let (jobs, backend) = (self.clone(), self.backend.clone());
        spawn_local(async move {
            if let Some(id) = left {
                // Not heard, it is free again after its time.
                let _ = backend.close_application(&id).await;
            }
            jobs.find_applications(query);
        });
    }

    /// 用户卡办理, 读卡.
    pub fn read_card_to_issue(&self) {
        let job = self.issue_card;
        let Some(mut card) = self.take_reader(|fault| job.update(|job| job.course.fail(fault)))
        else {
            return;
        };
        job.update(|job| job.course.back_to(issuing::READ));
        let desk = self.desk;
        self.stage(job, Step::ReadCard, async move {
            let read = flow::show_card(&mut card, &mut watch(desk, job)).await?;
            desk.card.set(CardInSlot::Known(read.issue.number));
            job.update(|job| {
                job.card = Some(read);
                job.course.pass();
            });
            Ok(())
        });
    }

    /// 用户卡办理, 注册: writes both files, and reads them back.
    pub fn issue_card(&self, mode: CardMode, bank_card: Option<String>) {
        let job = self.issue_card;
        let known = job.with_untracked(|job| {
            let application = job.application.as_ref()?.line.id.clone();
            Some((application, job.card.clone()?))
        });
        let Some((application, read)) = known else {
            return;
        };
        let Some(mut card) = self.take_reader(|fault| job.update(|job| job.course.fail(fault)))
        else {
            return;
        };
        job.update(|job| job.entry = Some((mode, bank_card.clone())));
        let begin = BeginCardTask {
            work: CardWork::Issue {
                application,
                mode,
                bank_card,
            },
            card: read.shown,
        };
        let (desk, mut tasks) = (self.desk, self.backend.clone());
        self.stage(job, Step::AskRecords, async move {
            let task = tasks.begin_card_task(&begin).await?;
            let progress = &mut watch(desk, job);
            let done = flow::issue_card(&mut card, &mut tasks, progress, &task).await?;
            job.update(|job| {
                job.done = Some(done);
                job.course.pass();
            });
            Ok(())
        });
    }

    /// 卡片激活, 读卡: opens the task for the card in the reader.
    pub fn read_card_to_activate(&self) {
        let job = self.activate_card;
        let Some(mut card) = self.take_reader(|fault| job.update(|job| job.course.fail(fault)))
        else {
            return;
        };
        job.set(CardJob::default());
        let (desk, mut tasks) = (self.desk, self.backend.clone());
        self.stage(job, Step::ReadCard, async move {
            let mut progress = watch(desk, job);
            let read = flow::show_card(&mut card, &mut progress).await?;
            desk.card.set(CardInSlot::Known(read.issue.number));
            job.update(|job| job.card = Some(read.clone()));
            progress.at(Step::AskRecords);
            let begin = BeginCardTask {
                work: CardWork::Activate,
                card: read.shown,
            };
            let task = tasks.begin_card_task(&begin).await?;
            job.update(|job| {
                job.task = Some(task);
                job.course.pass();
            });
            Ok(())
        });
    }

    /// 卡片激活, 激活: writes the new validity, and reads it back.
    pub fn activate_card(&self) {
        let job = self.activate_card;
        let Some(task) = job.with_untracked(|job| job.task.clone()) else {
            return;
        };
        let Some(mut card) = self.take_reader(|fault| job.update(|job| job.course.fail(fault)))
        else {
            return;
        };
        let (desk, mut tasks) = (self.desk, self.backend.clone());
        self.stage(job, Step::ReadCard, async move {
            let progress = &mut watch(desk, job);
            let done = flow::activate_card(&mut card, &mut tasks, progress, &task).await?;
            job.update(|job| {
                job.done = Some(done);
                job.course.pass();
            });
            Ok(())
        });
    }
}
