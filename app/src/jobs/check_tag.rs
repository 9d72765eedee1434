//! 标签检测: the tag is read, opened by the backend, and compared with the records.

use apdu_core::fault::Fault;
use apdu_core::flow::{self, CheckedTag, Step};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Jobs, Watch, now};
use crate::desk::RunningJob;

/// State of 标签检测.
#[derive(Clone, Debug, Default)]
pub struct CheckTagTask {
    /// What the running flow is doing.
    pub step: Option<Step>,
    /// When the reading began, ms.
    pub began: f64,
    /// How long it took, ms.
    pub elapsed: Option<u32>,
    /// What came of it.
    pub outcome: Option<Result<CheckedTag, Fault>>,
}

impl Jobs {
    /// 标签检测: reads the tag near by.
    pub fn check_tag(&self) {
        if self.desk.job.get_untracked().is_some() {
            return;
        }
        let task = self.check_tag;
        let mut programmer = match self.devices.programmers().in_use() {
            Ok(programmer) => programmer,
            Err(code) => {
                return task.update(|task| task.outcome = Some(Err(Fault::new(code))));
            }
        };
        let (desk, mut backend) = (self.desk, self.backend.clone());
        desk.job.set(Some(RunningJob { writing: false }));
        task.set(CheckTagTask {
            began: now(),
            step: Some(Step::CallTag),
            ..CheckTagTask::default()
        });
        spawn_local(async move {
            let mut progress = Watch::new(desk, move |step| task.update(|t| t.step = Some(step)));
            let outcome = flow::check_tag(&mut programmer, &mut backend, &mut progress).await;
            task.update(|task| {
                task.step = None;
                task.elapsed = Some((now() - task.began) as u32);
                task.outcome = Some(outcome);
            });
            desk.job.set(None);
        });
    }
}
