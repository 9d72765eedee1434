//! How far a task is on its rail.

use apdu_core::authority::Compared;
use apdu_core::fault::Fault;
use apdu_core::flow::{KeptEvidence, Progress, Step};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Jobs, Watch, now};
use crate::desk::{Desk, RunningJob};

/// Where a task stands: the stages that are over, and what runs or broke off in the present one.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// How long each stage took that is over, ms; the next one is the present one.
    pub over: Vec<u32>,
    /// What the running flow is doing; `None` while the teller is asked.
    pub step: Option<Step>,
    /// What ended the present stage.
    pub fault: Option<Fault>,
    /// Card, tag and record as the present stage has compared them.
    pub compared: Vec<Compared>,
    /// When the present stage began, ms.
    began: f64,
}

impl Course {
    /// A flow runs in the present stage from now on.
    pub fn run(&mut self, step: Step) {
        self.step = Some(step);
        self.fault = None;
        self.compared.clear();
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

    /// An earlier stage is taken again.
    pub fn back_to(&mut self, stage: usize) {
        self.over.truncate(stage);
        self.step = None;
        self.fault = None;
        self.began = now();
    }

    /// Number of the present stage, from 0.
    pub fn stage(&self) -> usize {
        self.over.len()
    }
}

/// A task that goes by stages.
pub trait Staged: Send + Sync + 'static {
    /// How far it is.
    fn course(&mut self) -> &mut Course;
}

impl Jobs {
    /// Runs the present stage of a task in the background; a fault ends it, and it can be taken again.
    pub(super) fn stage<J: Staged>(
        &self,
        job: RwSignal<J>,
        step: Step,
        work: impl Future<Output = Result<(), Fault>> + 'static,
    ) {
        let desk = self.desk;
        desk.job.set(Some(RunningJob { writing: false }));
        job.update(|job| job.course().run(step));
        spawn_local(async move {
            if let Err(fault) = work.await {
                job.update(|job| job.course().fail(fault));
            }
            desk.job.set(None);
        });
    }
}

/// Shows the steps of a flow, and what it has compared, on the course of its task.
pub(super) fn watch<J: Staged>(desk: Desk, job: RwSignal<J>) -> impl Progress {
    let show = move |step| job.update(|job| job.course().step = Some(step));
    Watching {
        steps: Watch::new(desk, show),
        job,
    }
}

struct Watching<W, J: Staged> {
    steps: W,
    job: RwSignal<J>,
}

impl<W: Progress, J: Staged> Progress for Watching<W, J> {
    fn at(&mut self, step: Step) {
        self.steps.at(step);
    }

    fn keep(&mut self, evidence: &KeptEvidence) {
        self.steps.keep(evidence);
    }

    fn compared(&mut self, rows: &[Compared]) {
        self.job.update(|job| job.course().compared = rows.to_vec());
    }
}
