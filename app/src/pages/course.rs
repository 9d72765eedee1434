//! What a task that writes a chip shows of its course: the rail, and the scene beside it.

use apdu_core::fault::Fault;
use leptos::prelude::*;

use crate::desk::Desk;
use crate::i18n::{Pick, texts};
use crate::jobs::Course;
use crate::parts::{Note, RailState, RailStep, Tone};

/// What the teller is shown, and asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// The stage of this number waits for the teller.
    Stage(usize),
    /// A flow runs.
    Running,
    /// The present stage broke off.
    Broken(Fault),
}

impl Scene {
    /// What a course comes to.
    pub fn of(course: &Course) -> Self {
        match (course.fault, course.step) {
            (Some(fault), _) => Self::Broken(fault),
            (None, Some(_)) => Self::Running,
            (None, None) => Self::Stage(course.stage()),
        }
    }
}

/// The rail of a task whose stages have these names.
pub fn rail(names: &[Pick], course: &Course) -> Vec<RailStep> {
    let t = texts();
    let step = |(place, name): (usize, &Pick)| {
        let state = match (place.cmp(&course.stage()), course.fault) {
            (std::cmp::Ordering::Less, _) => RailState::Done,
            (std::cmp::Ordering::Greater, _) => RailState::Todo,
            (_, None) => RailState::Active,
            (_, Some(fault)) if fault.is_unknown() => RailState::Unknown,
            (_, Some(_)) => RailState::Failed,
        };
        let waits = course.step.filter(|_| state == RailState::Active);
        RailStep {
            label: name(t),
            state,
            elapsed_ms: course.over.get(place).copied(),
            note: waits.map(|step| t.waiting(step)),
        }
    };
    names.iter().enumerate().map(step).collect()
}

/// A stage that runs. While a chip is written it must not be moved.
#[component]
pub fn Working(
    /// What is said then.
    do_not_move: Pick,
) -> impl IntoView {
    let desk = Desk::get();
    let writing = Memo::new(move |_| desk.job.get().is_some_and(|job| job.writing));
    let heading = Signal::derive(move || {
        let t = texts();
        if writing.get() {
            do_not_move(t)
        } else {
            t.tags.write.working
        }
        .to_owned()
    });
    move || {
        let tone = if writing.get() {
            Tone::Note
        } else {
            Tone::Quiet
        };
        view! { <Note tone=tone heading=heading verdict=writing.get() /> }
    }
}
