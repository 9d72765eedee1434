//! 现场采集 of a programmer: what passes over its line, written down for `serial-desk` to replay.

use apdu_core::fault::Code;
use leptos::prelude::*;

use super::facts;
use crate::desk::{Desk, ProgrammerStatus};
use crate::i18n::{said, text, texts};
use crate::jobs::{Jobs, Surveyed};
use crate::json;
use crate::parts::{Action, FaultCard, Note, ProgrammerHint, Tone, Weight};
use crate::save;

/// The field kit for programmers.
#[component]
pub fn ProgrammerKit() -> impl IntoView {
    let desk = Desk::get();
    let task = Jobs::get().survey;
    let no_programmer = Signal::derive(move || {
        let ready = matches!(desk.programmer.get(), ProgrammerStatus::Ready { .. });
        !ready || desk.job.with(Option::is_some)
    });
    let surveyed = Memo::new(move |_| task.with(|task| task.surveyed.clone()));
    let fault = Memo::new(move |_| task.with(|task| task.fault));
    let buttons = move || {
        if task.with(|task| task.running) {
            let running = text(|t| t.devices.kit.programmer_running);
            return view! { <p role="status">{running}</p> }.into_any();
        }
        let again = surveyed.with(Option::is_some);
        let start = Signal::derive(move || {
            let t = &texts().devices.kit;
            if again {
                t.programmer_again
            } else {
                t.programmer_start
            }
        });
        let save = again.then(|| {
            let save = text(|t| t.devices.kit.programmer_save);
            view! { <Action label=save weight=Weight::Main on_press=keep /> }
        });
        let weight = if again { Weight::Plain } else { Weight::Main };
        view! {
            <Action
                label=start
                weight=weight
                disabled=no_programmer
                on_press=|()| Jobs::get().survey()
            />
            {save}
        }
        .into_any()
    };
    let failure = move || {
        fault.get().map(|fault| {
            let again = text(|t| t.devices.kit.programmer_again);
            view! {
                <FaultCard
                    fault=fault
                    next_label=Signal::derive(move || Some(again.get()))
                    on_next=move |()| Jobs::get().survey()
                />
            }
        })
    };
    view! {
        <h2>{text(|t| t.devices.kit.programmer)}</h2>
        <p>{text(|t| t.devices.kit.programmer_about)}</p>
        <p class="quiet-text">{text(|t| t.devices.kit.programmer_reads)}</p>
        <ProgrammerHint />
        <div class="actions">{buttons}</div>
        {failure}
        {move || surveyed.get().map(shown)}
    }
}

fn shown(surveyed: Surveyed) -> impl IntoView {
    let heading = Signal::derive(|| texts().devices.kit.done.to_owned());
    let rows = move || {
        let t = texts();
        let profile = &surveyed.capture.profile.id;
        let messages = surveyed.capture.messages.len();
        let mut rows = vec![
            (t.tags.device.profile, t.programmer_profile(profile)),
            (t.devices.kit.messages, messages.to_string()),
            (t.devices.kit.tag, outcome(surveyed.tag)),
            (t.devices.kit.card, outcome(surveyed.card)),
        ];
        let psams = surveyed.psams.map(|psam| match psam {
            Ok(()) => t.devices.kit.answered.to_owned(),
            Err(code) => code.to_string(),
        });
        rows.push(("PSAM 1 / 2 / 3", psams.join(" / ")));
        facts::list(rows)
    };
    view! {
        <Note tone=Tone::Good heading=heading />
        {rows}
    }
}

fn outcome(answered: Result<(), Code>) -> String {
    match answered {
        Ok(()) => texts().devices.kit.answered.to_owned(),
        Err(code) => format!("{code} {}", said(code, |e| e.cause)),
    }
}

/// Saves the capture.
fn keep(_: ()) {
    let surveyed = Jobs::get()
        .survey
        .with_untracked(|task| task.surveyed.clone());
    if let Some(Surveyed { capture, .. }) = surveyed
        && let Some(text) = json::encode(&capture)
    {
        let today = apdu_core::calendar::today(js_sys::Date::now() as i64);
        let name = format!("programmer-kit-{}-{today}.json", capture.profile.id);
        save::json(&name, &text);
    }
}
