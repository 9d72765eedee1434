//! The step rail: where a task is, what it waits for, and how long each step took. Steps are
//! numbered, so that they can be said over the phone.

use std::time::Duration;

use leptos::prelude::*;

use super::{Sign, SignMark};
use crate::desk::Desk;
use crate::i18n::{Texts, fill, text, texts};

/// From then on a step shows how long it has been going on, and what it waits for.
const TELLS_TIME_MS: u32 = 1_000;
/// From then on it says what can be done.
const SLOW_MS: u32 = 10_000;
/// How often the time is looked at.
const TICK: Duration = Duration::from_millis(250);

/// A step of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RailStep {
    /// Its name.
    pub label: &'static str,
    /// How far it is.
    pub state: RailState,
    /// How long it took, once it is over.
    pub elapsed_ms: Option<u32>,
    /// What it waits for, or what came of it.
    pub note: Option<&'static str>,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RailState {
    /// Not begun.
    Todo,
    /// Going on.
    Active,
    /// Done.
    Done,
    /// Not done, and known not to be.
    Failed,
    /// Not known yet.
    Unknown,
}

impl RailState {
    fn sign(self) -> Sign {
        match self {
            Self::Todo => Sign::Open,
            Self::Active => Sign::Active,
            Self::Done => Sign::Done,
            Self::Failed => Sign::Failed,
            Self::Unknown => Sign::Unknown,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Todo => "step todo",
            Self::Active => "step active",
            Self::Done => "step done",
            Self::Failed => "step failed",
            Self::Unknown => "step unknown",
        }
    }

    fn word(self, texts: &Texts) -> &'static str {
        match self {
            Self::Todo => texts.rail.todo,
            Self::Active => texts.rail.active,
            Self::Done => texts.rail.done,
            Self::Failed => texts.rail.failed,
            Self::Unknown => texts.rail.unknown,
        }
    }
}

/// The rail.
#[component]
pub fn StepRail(
    /// The steps, first to last.
    #[prop(into)]
    steps: Signal<Vec<RailStep>>,
) -> impl IntoView {
    let job = Desk::get().job;
    // Without a job it is the teller's turn, who is not hurried by a clock.
    let running_step = Memo::new(move |_| {
        job.with(Option::is_some).then_some(())?;
        let is_active = |step: &RailStep| step.state == RailState::Active;
        steps.with(|steps| steps.iter().position(is_active))
    });
    let running_ms = use_elapsed(running_step);
    let numbered = move || steps.get().into_iter().enumerate();
    let row = move |(at, step): (usize, RailStep)| {
        let running = move || running_ms.get().filter(|_| running_step.get() == Some(at));
        let time = move || {
            let t = texts();
            match running() {
                Some(ms) if ms >= TELLS_TIME_MS => Some(fill(t.rail.seconds, ms / 1000)),
                Some(_) => None,
                None => step.elapsed_ms.map(|ms| fill(t.rail.seconds, tenths(ms))),
            }
        };
        let note = move || {
            // A fast step is over before its note could be read.
            let waits = running().is_none_or(|ms| ms >= TELLS_TIME_MS);
            step.note
                .filter(|_| waits || step.state != RailState::Active)
        };
        view! {
            <li
                class=step.state.class()
                aria-current=(step.state == RailState::Active).then_some("step")
            >
                <span class="step-sign">
                    <SignMark sign=step.state.sign() />
                </span>
                <span class="step-number">{at + 1}</span>
                <span class="step-label">{step.label}</span>
                <span class="step-time">{time}</span>
                <span class="unseen">{move || step.state.word(texts())}</span>
                {move || note().map(|note| view! { <span class="step-note">{note}</span> })}
            </li>
        }
    };
    let told = Memo::new(move |_| steps.with(|steps| tell(texts(), steps)));
    let slow = move || running_ms.get().is_some_and(|ms| ms >= SLOW_MS);
    view! {
        <section class="rail" aria-label=text(|t| t.rail.label)>
            <ol>{move || numbered().map(row).collect_view()}</ol>
            <p class="rail-slow" aria-live="polite">
                {move || slow().then(|| texts().rail.slow)}
            </p>
            <p class="unseen" aria-live="polite">
                {told}
            </p>
        </section>
    }
}

/// The step that matters now, for those who hear the page: the last that is not to do.
fn tell(texts: &Texts, steps: &[RailStep]) -> String {
    let begun = |(_, step): &(usize, &RailStep)| step.state != RailState::Todo;
    let Some((at, step)) = steps.iter().enumerate().rev().find(begun) else {
        return String::new();
    };
    let number = fill(texts.rail.step, at + 1);
    format!("{number} {} {}", step.label, step.state.word(texts))
}

/// Begun tenths count, so that nothing takes no time.
fn tenths(ms: u32) -> String {
    let tenths = ms.div_ceil(100);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// How long the present step has been running, looked at a few times per second.
fn use_elapsed(running_step: Memo<Option<usize>>) -> ReadSignal<Option<u32>> {
    let (elapsed, set_elapsed) = signal(None);
    Effect::new(move |_| {
        if running_step.get().is_none() {
            set_elapsed.set(None);
            return;
        }
        let began = now_ms();
        set_elapsed.set(Some(0));
        let tick = move || set_elapsed.set(Some((now_ms() - began).max(0.0) as u32));
        let ticking = set_interval_with_handle(tick, TICK);
        on_cleanup(move || {
            if let Ok(ticking) = ticking {
                ticking.clear();
            }
        });
    });
    elapsed
}

fn now_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
