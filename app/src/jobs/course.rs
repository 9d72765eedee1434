//! How far a task is on its rail.

use apdu_core::fault::Fault;
use apdu_core::flow::Step;

use super::now;

/// Where a task stands: the stages that are over, and what runs or broke off in the present one.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// How long each stage took that is over, ms; the next one is the present one.
    pub over: Vec<u32>,
    /// What the running flow is doing; `None` while the teller is asked.
    pub step: Option<Step>,
    /// What ended the present stage.
    pub fault: Option<Fault>,
    /// When the present stage began, ms.
    began: f64,
}

impl Course {
    /// A flow runs in the present stage from now on.
    pub fn run(&mut self, step: Step) {
        self.step = Some(step);
        self.fault = None;
        self.began = now();
    }

    /// The present stage is over.
    pub fn pass(&mut self) {
        self.over.push((now() - self.began) as u32);
        self.step = None;
        self.fault = None;
        self.began = now();
    }

    /// The present stage broke off.
    pub fn fail(&mut self, fault: Fault) {
        self.step = None;
        self.fault = Some(fault);
    }

    /// Number of the present stage, from 0.
    pub fn stage(&self) -> usize {
        self.over.len()
    }
}
