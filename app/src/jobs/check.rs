//! 卡片检测: the card is read and compared with the records.

use apdu_core::fault::Fault;
use apdu_core::flow::{self, CheckedCard, Step};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Jobs, Watch, now};
use crate::desk::CardInSlot;

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

impl Jobs {
    /// 卡片检测: reads the card.
    pub fn check_card(&self) {
        let Some(mut card) = self.take_reader(|fault| {
            self.check.update(|task| task.outcome = Some(Err(fault)));
        }) else {
            return;
        };
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
}
