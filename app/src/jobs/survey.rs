//! 设备: what a programmer, and the chips before it, answer to reads is written down. None of it asks the
//! backend, or changes a chip.

use apdu_core::card::NoAnswer;
use apdu_core::fault::{Code, Fault};
use apdu_core::obu_programmer::{ObuProgrammer, PsamSlot};
use apdu_core::programmer::capture::Capture;
use apdu_core::programmer::survey;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Jobs;
use crate::desk::RunningJob;

/// State of the field kit for programmers.
#[derive(Clone, Debug, Default)]
pub struct SurveyTask {
    /// Whether it is under way.
    pub running: bool,
    /// Why it did not begin.
    pub fault: Option<Fault>,
    /// What it has written down.
    pub surveyed: Option<Surveyed>,
}

/// What was written down of a programmer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed {
    /// What passed over the line.
    pub capture: Capture,
    /// Whether a tag was read, or why none was.
    pub tag: Result<(), Code>,
    /// The same of the card.
    pub card: Result<(), Code>,
    /// The same of each PSAM.
    pub psams: [Result<(), Code>; 3],
}

impl Jobs {
    /// Writes down what the programmer in use answers to reads.
    pub fn survey(&self) {
        if self.desk.job.get_untracked().is_some() {
            return;
        }
        let task = self.survey;
        let mut programmer = match self.devices.programmers().in_use() {
            Ok(programmer) => programmer,
            Err(code) => {
                return task.update(|task| task.fault = Some(Fault::new(code)));
            }
        };
        let desk = self.desk;
        desk.job.set(Some(RunningJob { writing: false }));
        task.set(SurveyTask {
            running: true,
            ..SurveyTask::default()
        });
        spawn_local(async move {
            programmer.0.tap().begin();
            let (tag, card, psams) = ask_all(&mut programmer).await;
            let capture = programmer.0.tap().end();
            task.set(SurveyTask {
                surveyed: capture.map(|capture| Surveyed {
                    capture,
                    tag,
                    card,
                    psams,
                }),
                ..SurveyTask::default()
            });
            desk.job.set(None);
        });
    }
}

/// Tag, card and PSAMs, each whatever became of the others.
async fn ask_all(
    programmer: &mut dyn ObuProgrammer,
) -> (Result<(), Code>, Result<(), Code>, [Result<(), Code>; 3]) {
    let tag = outcome(survey::tag(programmer).await);
    let card = outcome(survey::card(programmer).await);
    let mut psams = [Ok(()); 3];
    let slots = [PsamSlot::One, PsamSlot::Two, PsamSlot::Three];
    for (psam, slot) in psams.iter_mut().zip(slots) {
        *psam = outcome(survey::psam(programmer, slot).await);
    }
    (tag, card, psams)
}

fn outcome<T>(answer: Result<T, NoAnswer>) -> Result<(), Code> {
    answer.map(drop).map_err(|none| none.code)
}
