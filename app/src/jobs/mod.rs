//! The running tasks, one file each. A flow belongs to the device session, not to a page: it runs here,
//! at the root, and pages watch it. Navigation, lock, language and an expired sign-in never drop one.

use apdu_core::fault::Fault;
use apdu_core::flow::{KeptEvidence, Progress, Step};
use apdu_core::trace::Trace;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::Backend;
use crate::desk::{Desk, RunningJob};
use crate::devices::trace::Traced;
use crate::devices::{Devices, ReaderCard};
use crate::journal;

mod card_task;
mod check;
mod check_tag;
mod course;
mod device;
mod load;
pub mod records;
mod survey;
mod tag_task;

pub use card_task::{ApplicationList, CardJob, issuing};
pub use check::CheckTask;
pub use check_tag::CheckTagTask;
pub use course::Course;
pub use device::{DeviceTask, Doing, Timed};
pub use load::{LoadTask, Stage};
pub use records::RecordsTask;
pub use survey::{SurveyTask, Surveyed};
pub use tag_task::TagJob;

/// The tasks of this page and what they need.
#[derive(Clone)]
pub struct Jobs {
    desk: Desk,
    devices: Devices,
    backend: Backend,
    /// The applications that are listed.
    pub applications: RwSignal<ApplicationList>,
    /// 用户卡办理
    pub issue_card: RwSignal<CardJob>,
    /// 卡片激活
    pub activate_card: RwSignal<CardJob>,
    /// 卡片检测
    pub check: RwSignal<CheckTask>,
    /// 标签检测
    pub check_tag: RwSignal<CheckTagTask>,
    /// 标签办理
    pub issue_tag: RwSignal<TagJob>,
    /// 标签激活
    pub activate_tag: RwSignal<TagJob>,
    /// 标签注销
    pub cancel_tag: RwSignal<TagJob>,
    /// 卡片充值
    pub load: RwSignal<LoadTask>,
    /// The POS of this counter, as long as the page and its operator stay.
    pub pos_terminal: RwSignal<String>,
    /// 充值记录
    pub records: RwSignal<RecordsTask>,
    /// 设备
    pub device: RwSignal<DeviceTask>,
    /// 现场采集 of a programmer
    pub survey: RwSignal<SurveyTask>,
    /// Whether the teller is asked if the open record is to be put back to 未圈存.
    pub asks_let_go: RwSignal<bool>,
}

impl Jobs {
    /// No task runs yet.
    pub fn new(desk: Desk, devices: Devices, backend: Backend) -> Self {
        Self {
            desk,
            devices,
            backend,
            applications: RwSignal::default(),
            issue_card: RwSignal::default(),
            activate_card: RwSignal::default(),
            check: RwSignal::default(),
            check_tag: RwSignal::default(),
            issue_tag: RwSignal::default(),
            activate_tag: RwSignal::default(),
            cancel_tag: RwSignal::default(),
            load: RwSignal::default(),
            pos_terminal: RwSignal::default(),
            records: RwSignal::default(),
            device: RwSignal::default(),
            survey: RwSignal::default(),
            asks_let_go: RwSignal::default(),
        }
    }

    /// The tasks of this page.
    pub fn get() -> Self {
        expect_context::<StoredValue<Self, LocalStorage>>().get_value()
    }

    /// Hands in what the journal kept from a page that ended too early.
    pub fn hand_in_journal(&self) {
        let mut backend = self.backend.clone();
        spawn_local(async move {
            for entry in journal::entries() {
                use apdu_core::authority::Authority;
                // A judgement clears the entry; anything else keeps it for the next time.
                let _ = backend.confirm(&entry.record, &entry.evidence).await;
            }
            // What is not heard now is handed in before anything is written again.
            let _ = backend.hand_in_reports().await;
        });
    }

    /// Nothing of a customer stays on the screen.
    pub fn forget(&self) {
        self.applications.set(ApplicationList::default());
        for job in [self.issue_card, self.activate_card] {
            job.set(CardJob::default());
        }
        self.check.set(CheckTask::default());
        self.check_tag.set(CheckTagTask::default());
        for job in [self.issue_tag, self.activate_tag, self.cancel_tag] {
            job.set(TagJob::default());
        }
        self.load.set(LoadTask::default());
        self.pos_terminal.set(String::new());
        self.records.set(RecordsTask::default());
        self.device.set(DeviceTask::default());
        self.survey.set(SurveyTask::default());
        self.desk.seen.trace.set(Trace::default());
        self.desk.seen.messages.set(Trace::default());
    }

    /// The reader, for a task that begins; one task uses it at a time.
    fn take_reader(&self, refuse: impl Fn(Fault)) -> Option<Traced<ReaderCard>> {
        self.take_reader_noted(self.desk.seen.trace.into(), refuse)
    }

    /// As [`take_reader`](Self::take_reader); its exchanges are noted in this trace.
    fn take_reader_noted(
        &self,
        trace: ArcRwSignal<Trace>,
        refuse: impl Fn(Fault),
    ) -> Option<Traced<ReaderCard>> {
        if self.desk.job.get_untracked().is_some() {
            return None;
        }
        match self.devices.card() {
            Ok(card) => {
                // Tasks that wait for the teller have to meet their card anew after this one.
                self.load.update(LoadTask::doubt);
                self.records.update(RecordsTask::doubt);
                self.desk.job.set(Some(RunningJob { writing: false }));
                Some(self.desk.seen.traced(card, trace))
            }
            Err(code) => {
                refuse(Fault::new(code));
                None
            }
        }
    }
}

/// Shows a flow's steps, and keeps its evidence.
struct Watch<F> {
    desk: Desk,
    show: F,
}

impl<F: FnMut(Step)> Watch<F> {
    fn new(desk: Desk, show: F) -> Self {
        Self { desk, show }
    }
}

impl<F: FnMut(Step)> Progress for Watch<F> {
    fn at(&mut self, step: Step) {
        let writing = matches!(
            step,
            Step::WriteCard
                | Step::Confirm
                | Step::WriteFile(_)
                | Step::WriteTag(_)
                | Step::ReadBack
        );
        self.desk.job.set(Some(RunningJob { writing }));
        (self.show)(step);
    }

    fn keep(&mut self, evidence: &KeptEvidence) {
        journal::keep(evidence);
    }
}

fn now() -> f64 {
    js_sys::Date::now()
}
