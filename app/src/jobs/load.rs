//! 卡片充值: from the card that is read to the balance that is checked with the customer.

use apdu_core::authority::{Recharge, RechargeState, RecordId};
use apdu_core::card::Card;
use apdu_core::fault::{Code, Fault, Written};
use apdu_core::flow::{self, Loaded, Met, Step, Wrote};
use etc_api::{Payment, PaymentKind, PosSlip};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Jobs, Watch, now};
use crate::backend::new_key;
use crate::desk::{CardInSlot, RunningJob};

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
    /// How it was paid, as the teller confirmed it last.
    pub payment: Option<Payment>,
    /// Whether the record was put back to 未圈存 a moment ago.
    pub let_go: bool,
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

    /// Another task uses the card from here on.
    pub(super) fn doubt(&mut self) {
        if let Some(met) = &mut self.met {
            met.doubt();
        }
    }
}

impl Jobs {
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

    /// Goes on with a paid record whose card was read in 充值记录; its write is one F2 away.
    pub(super) fn resume_record(&self, met: Met, record: Recharge, let_go: bool) {
        self.leave_load();
        self.load.set(LoadTask {
            stage: Stage::Write,
            began: now(),
            met: Some(met),
            record: Some(record),
            let_go,
            ..LoadTask::default()
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

    /// 收款: the teller has the money. Goes straight on to the write.
    pub fn take_payment(&self, kind: PaymentKind, slip: Option<PosSlip>) {
        let record = self.load.with_untracked(|task| task.record.clone());
        let Some(record) = record else { return };
        let payment = Payment {
            kind,
            amount: i64::from(record.amount),
            slip,
        };
        self.load
            .update(|task| task.payment = Some(payment.clone()));
        self.pay_again();
    }

    /// Confirms the payment that was confirmed last: the same attempt, if its answer was lost.
    pub fn pay_again(&self) {
        if self.desk.job.get_untracked().is_some() {
            return;
        }
        let state = self.load.get_untracked();
        let record = state.record.filter(|_| state.step.is_none());
        let (Some(record), Some(payment)) = (record, state.payment) else {
            return;
        };
        let (jobs, task) = (self.clone(), self.load);
        task.update(|task| task.step = Some(Step::AskRecords));
        self.desk.job.set(Some(RunningJob { writing: false }));
        spawn_local(async move {
            let paid = jobs
                .backend
                .pay(&record.id, &payment, &state.payment_key)
                .await;
            jobs.desk.job.set(None);
            match paid {
                Ok(record) => {
                    if let Some(slip) = payment.slip {
                        jobs.pos_terminal.set(slip.terminal);
                    }
                    task.update(|task| {
                        task.record = Some(record);
                        task.enter(Stage::Write);
                    });
                    jobs.write_load();
                }
                Err(refusal) => task.update(|task| {
                    if refusal.code != Code::AnswerLost {
                        task.payment_key = new_key();
                    }
                    task.fail(refusal.into());
                }),
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
                    Ok(Wrote::Loaded(loaded)) => {
                        task.record = Some(loaded.record.clone());
                        task.loaded = Some(loaded);
                        task.enter(Stage::Check);
                    }
                    // It had reached the card before: the teller compares the balance all the same.
                    Ok(Wrote::Settled(record)) => {
                        task.record = Some(record);
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

    /// Back to the slip after one that was refused.
    pub fn edit_payment(&self) {
        self.load.update(|task| task.fault = None);
    }

    /// Back to the amount before anything was paid: the record is given up, the next one is another.
    pub fn change_amount(&self) {
        let state = self.load.get_untracked();
        if state.is_running() || state.stage != Stage::Payment || state.fault.is_some() {
            return;
        }
        self.load.update(|task| {
            task.record = None;
            task.payment = None;
            task.enter(Stage::Amount);
        });
        self.close_unpaid(state.record);
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
        if !payment_open {
            self.close_unpaid(state.record);
        }
    }

    fn close_unpaid(&self, record: Option<Recharge>) {
        let unpaid = record.filter(|record| record.state == RechargeState::Created);
        if let Some(record) = unpaid {
            let backend = self.backend.clone();
            spawn_local(async move {
                // An unpaid record that stays open harms nobody: the next one closes it.
                let _ = backend.close(&record.id).await;
            });
        }
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
