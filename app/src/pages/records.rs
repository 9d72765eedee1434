//! 充值记录: find a record, compare it with its card, change 半圈存 to 未圈存, load it a second time; and for
//! supervisors what waits for a decision.

use apdu_core::authority::RecordId;
use leptos::prelude::*;

use crate::jobs::{Jobs, RecordsTask};

mod actions;
mod cases;
mod compare;
mod detail;
mod evidence;
mod find;
mod table;
mod verdict;

use detail::Detail;
use evidence::Evidence;
use find::Find;

type JobsHandle = StoredValue<Jobs, LocalStorage>;

/// The page of 充值记录. It watches the task; what runs belongs to [`Jobs`].
#[component]
pub fn Records() -> impl IntoView {
    let jobs = StoredValue::new_local(Jobs::get());
    jobs.with_value(Jobs::refresh_records);
    let task = jobs.with_value(|jobs| jobs.records);
    let scene = Memo::new(move |_| task.with(Scene::of));
    move || match scene.get() {
        Scene::Find => view! { <Find jobs=jobs /> }.into_any(),
        Scene::Record(_) => view! { <Detail jobs=jobs /> }.into_any(),
        Scene::Evidence(_) => view! { <Evidence jobs=jobs /> }.into_any(),
    }
}

/// What is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scene {
    Find,
    Record(RecordId),
    Evidence(RecordId),
}

impl Scene {
    fn of(task: &RecordsTask) -> Self {
        match &task.open {
            None => Self::Find,
            Some(open) if open.shows_evidence => Self::Evidence(open.line.recharge.id.clone()),
            Some(open) => Self::Record(open.line.recharge.id.clone()),
        }
    }
}
