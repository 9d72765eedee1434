//! The running tasks. A flow belongs to the device session, not to a page: it runs here, at the root,
//! and pages watch it. Navigation, lock, language and an expired sign-in never drop one.

use apdu_core::authority::{Recharge, RechargeState, RecordId};
use apdu_core::card::Card;
use apdu_core::fault::{Code, Fault, Written};
use apdu_core::flow::{self, CheckedCard, KeptEvidence, Loaded, Met, Progress, Step};
use etc_api::{Payment, PaymentKind};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::backend::{Backend, new_key};
use crate::desk::{CardInSlot, Desk, RunningJob};
use crate::devices::Devices;
use crate::journal;

/// The tasks of this page and what they need.
#[derive(Clone)]
pub struct Jobs {
    desk: Desk,
    devices: Devices,
    backend: Backend,
    /// 卡片检测
    pub check: RwSignal<CheckTask>,
    /// 卡片充值
    pub load: RwSignal<LoadTask>,
}

/// State of 卡片检测.
#[derive(Clone, Debug, Default)]
pub struct CheckTask {
    /// What the running flow is doing.
    pub step: Option<Step>,
    /// When the reading began, ms.
    pub began: f64,
    /// How long it took, ms.
    pub elapsed: Option<u32>,
    /// What came of it.
    pub outcome: Option<Result<CheckedCard, Fault>>,
}

/// State of 卡片充值.
#[derive(Clone, Debug, Default)]
pub struct LoadTask {
    /// The step of the rail the task is at.
    pub stage: Stage,
    /// What the running flow is doing; `None` while the teller is asked.
    pub step: Option<Step>,
    /// When the current stage began, ms.
    pub began: f64,
    /// How long each finished stage took, ms.
    pub elapsed: [Option<u32>; Stage::ALL.len()],
    /// The card that was read.
    pub met: Option<Met>,
    /// The record this task works on.
    pub record: Option<Recharge>,
    /// What the card proved after the write.
    pub loaded: Option<Loaded>,
    /// What ended the current stage.
    pub fault: Option<Fault>,
    /// The attempt to confirm the payment: repeated, it is the same one.
    payment_key: String,
}

/// The rail of 卡片充值.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// 读卡
    #[default]
    Read,
    /// 金额
    Amount,
    /// 收款
    Payment,
    /// 写卡
    Write,
    /// 人工确认余额
    Check,
    /// Done: the next customer.
    Done,
}

impl Stage {
    /// The stages on the rail, in order.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Amount,
        Self::Payment,
        Self::Write,
        Self::Check,
    ];
}

impl LoadTask {
    /// Whether a flow is running.
    pub fn is_running(&self) -> bool {
        self.step.is_some()
    }

    fn enter(&mut self, stage: Stage) {
        let now = now();
        if let Some(elapsed) = self.elapsed.get_mut(self.stage as usize) {
            *elapsed = Some((now - self.began) as u32);
        }
        self.stage = stage;
        self.began = now;
        self.step = None;
        self.fault = None;
    }

    fn fail(&mut self, fault: Fault) {
        self.step = None;
        self.fault = Some(fault);
    }
}

impl Jobs {
    /// No task runs yet.
    pub fn new(desk: Desk, devices: Devices, backend: Backend) -> Self {
        Self {
            desk,
            devices,
            backend,
            check: RwSignal::default(),
            load: RwSignal::default(),
        }
    }

    /// The tasks of this page.
    pub fn get() -> Self {
        expect_context::<StoredValue<Self, LocalStorage>>().get_value()
    }

    /// Asks the person to choose a reader. Must be called straight from a click.
    pub fn connect_reader(&self) {
        self.devices.choose_reader();
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
        });
    }

    /// 卡片检测: reads the card.
    pub fn check_card(&self) {
        let Some(mut card) = self.take_reader(|fault| {
            self.check.update(|task| task.outcome = Some(Err(fault)));
        }) else {
            return;
        };
        // A load that waits for the teller has to meet its card anew after this.
        self.load.update(|load| {
            if let Some(met) = &mut load.met {
                met.doubt();
            }
        });
        let (desk, task, mut backend) = (self.desk, self.check, self.backend.clone());
        task.set(CheckTask {
            began: now(),
            step: Some(Step::ReadCard),
            ..CheckTask::default()
        });
        spawn_local(async move {
            let mut progress = Watch::new(desk, move |step| task.update(|t| t.step = Some(step)));
            let outcome = flow::check_card(&mut card, &mut backend, &mut progress).await;
            if let Ok(checked) = &outcome {
                desk.card.set(CardInSlot::Known(checked.issue.number));
            }
            task.update(|task| {
                task.step = None;
                task.elapsed = Some((now() - task.began) as u32);
                task.outcome = Some(outcome);
            });
            desk.job.set(None);
        });
    }

    /// 读卡: begins 卡片充值 with the card in the reader.
    pub fn read_for_load(&self) {
        let Some(mut card) = self.take_reader(|fault| {
            self.load.set(LoadTask {
                fault: Some(fault),
                ..LoadTask::default()
            });
        }) else {
            return;
        };
        let (desk, task, mut backend) = (self.desk, self.load, self.backend.clone());
        task.set(LoadTask {
            began: now(),
            step: Some(Step::ReadCard),
            ..LoadTask::default()
        });
        spawn_local(async move {
            let mut progress = Watch::new(desk, move |step| task.update(|t| t.step = Some(step)));
            match flow::meet(&mut card, &mut backend, &mut progress).await {
                Ok(met) => {
                    desk.card.set(CardInSlot::Known(met.issue().number));
                    task.update(|task| task.greet(met));
                }
                Err(fault) => task.update(|task| task.fail(fault)),
            }
            desk.job.set(None);
        });
    }

    /// 金额: proves the card and opens a record.
    pub fn prepare_load(&self, amount: i64) {
        let Some((mut card, mut met)) = self.resume_load() else {
            return;
        };
        let (desk, task, mut backend) = (self.desk, self.load, self.backend.clone());
        spawn_local(async move {
            let mut progress = Watch::new(desk, move |step| task.update(|t| t.step = Some(step)));
            let opened =
                flow::prepare(&mut card, &mut backend, &mut progress, &mut met, amount).await;
            task.update(|task| {
                task.met = Some(met);
                match opened {
                    Ok(record) => {
                        task.record = Some(record);
                        task.payment_key = new_key();
                        task.enter(Stage::Payment);
                    }
                    Err(fault) => task.fail(fault),
                }
            });
            desk.job.set(None);
        });
    }

    /// 收款: the teller has the cash. Goes straight on to the write.
    pub fn take_cash(&self) {
        if self.desk.job.get_untracked().is_some() {
            return;
        }
        let state = self.load.get_untracked();
        let Some(record) = state.record.filter(|_| state.step.is_none()) else {
            return;
        };
        let (jobs, task) = (self.clone(), self.load);
        task.update(|task| task.step = Some(Step::AskRecords));
        self.desk.job.set(Some(RunningJob { writing: false }));
        spawn_local(async move {
            let payment = Payment {
                kind: PaymentKind::Cash,
                amount: i64::from(record.amount),
            };
            let paid = jobs
                .backend
                .pay(&record.id, &payment, &state.payment_key)
                .await;
            jobs.desk.job.set(None);
            match paid {
                Ok(record) => {
                    task.update(|task| {
                        task.record = Some(record);
                        task.enter(Stage::Write);
                    });
                    jobs.write_load();
                }
                Err(refusal) => task.update(|task| task.fail(refusal.into())),
            }
        });
    }

    /// 写卡: writes the paid record to its card.
    pub fn write_load(&self) {
        let Some(record) = self.load.with_untracked(|task| task.record.clone()) else {
            return;
        };
        let Some((mut card, mut met)) = self.resume_load() else {
            return;
        };
        let (jobs, task) = (self.clone(), self.load);
        spawn_local(async move {
            let (desk, mut backend) = (jobs.desk, jobs.backend.clone());
            let mut progress = Watch::new(desk, move |step| task.update(|t| t.step = Some(step)));
            let written =
                flow::write(&mut card, &mut backend, &mut progress, &mut met, &record).await;
            task.update(|task| {
                task.met = Some(met);
                match written {
                    Ok(loaded) => {
                        task.record = Some(loaded.record.clone());
                        task.loaded = Some(loaded);
                        task.enter(Stage::Check);
                    }
                    Err(fault) => {
                        // A CREDIT goes out from *loading* only, whatever was known before.
                        if let (true, Some(record)) =
                            (fault.written != Written::No, &mut task.record)
                        {
                            record.state = RechargeState::Loading;
                        }
                        task.fail(fault);
                    }
                }
            });
            desk.job.set(None);
            if task.with_untracked(|task| task.fault.is_some()) {
                jobs.look_at_record(&record.id).await;
            }
        });
    }

    /// 人工确认余额: the card goes back to the customer.
    pub fn confirm_balance(&self) {
        self.load.update(|task| task.enter(Stage::Done));
    }

    /// Back to the amount after one that was refused.
    pub fn edit_amount(&self) {
        self.load.update(|task| task.fault = None);
    }

    /// 取消, or the next customer. A record that was not paid is closed; a paid one, and one whose
    /// payment may have arrived, stays and is offered when its card is seen again.
    pub fn leave_load(&self) {
        let state = self.load.get_untracked();
        if state.is_running() {
            return;
        }
        self.load.set(LoadTask::default());
        let payment_open = state.fault.is_some_and(|f| f.code == Code::AnswerLost);
        if let Some(record) = state.record
            && record.state == RechargeState::Created
            && !payment_open
        {
            let backend = self.backend.clone();
            spawn_local(async move {
                // An unpaid record that stays open harms nobody: the next one closes it.
                let _ = backend.close(&record.id).await;
            });
        }
    }

    /// Nothing of a customer stays on the screen.
    pub fn forget(&self) {
        self.check.set(CheckTask::default());
        self.load.set(LoadTask::default());
    }

    /// Shows what state the record is in after a write that did not end well.
    async fn look_at_record(&self, id: &RecordId) {
        if let Ok(record) = self.backend.record(id).await {
            self.load.update(|task| {
                if task.record.as_ref().is_some_and(|r| r.id == record.id) {
                    task.record = Some(record);
                }
            });
        }
    }

    /// The reader, for a task that begins; one task uses it at a time.
    fn take_reader(&self, refuse: impl Fn(Fault)) -> Option<impl Card + 'static> {
        if self.desk.job.get_untracked().is_some() {
            return None;
        }
        match self.devices.card() {
            Ok(card) => {
                self.desk.job.set(Some(RunningJob { writing: false }));
                Some(card)
            }
            Err(code) => {
                refuse(Fault::new(code));
                None
            }
        }
    }

    /// Reader and card of a load that goes on.
    fn resume_load(&self) -> Option<(impl Card + 'static, Met)> {
        let met = self.load.with_untracked(|task| task.met.clone())?;
        let card = self.take_reader(|fault| self.load.update(|task| task.fail(fault)))?;
        self.load.update(|task| {
            task.fault = None;
            task.began = now();
            task.step = Some(Step::ProveCard);
        });
        Some((card, met))
    }
}

impl LoadTask {
    /// Where a card that was read leads: to its unfinished record, to a new amount, or nowhere.
    fn greet(&mut self, met: Met) {
        let open = met.sighted.open.clone();
        let obstacle = met.obstacle();
        self.met = Some(met);
        match (open, obstacle) {
            (Some(record), _) => {
                self.record = Some(record);
                self.enter(Stage::Write);
            }
            (None, Some(code)) => self.fail(Fault::new(code)),
            (None, None) => self.enter(Stage::Amount),
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
        let writing = matches!(step, Step::WriteCard | Step::Confirm);
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
