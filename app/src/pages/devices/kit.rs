//! 现场采集: a card and its reader, written down for a test to replay.

use apdu_core::field_kit::{Capture, Findings, Proof};
use leptos::prelude::*;

use super::{Failure, facts, no_card, task};
use crate::i18n::{fill, text, texts};
use crate::jobs::{Doing, Jobs};
use crate::json;
use crate::parts::{Action, Note, Tone, Weight};
use crate::save;

/// The field kit.
#[component]
pub fn Kit() -> impl IntoView {
    let task = task();
    let running = Memo::new(move |_| task.with(|task| task.doing == Some(Doing::Capture)));
    let captured = Memo::new(move |_| task.with(|task| task.captured.clone()));
    let buttons = move || {
        if running.get() {
            return view! { <p role="status">{text(|t| t.devices.kit.running)}</p> }.into_any();
        }
        let again = move || captured.with(Option::is_some);
        let start = Signal::derive(move || {
            let t = &texts().devices.kit;
            if again() { t.again } else { t.start }
        });
        let save = move || {
            let save = text(|t| t.devices.kit.save);
            again().then(|| view! { <Action label=save weight=Weight::Main on_press=keep /> })
        };
        let weight = if again() { Weight::Plain } else { Weight::Main };
        view! {
            <Action
                label=start
                weight=weight
                disabled=no_card()
                on_press=|()| Jobs::get().capture()
            />
            {save}
        }
        .into_any()
    };
    view! {
        <h2>{text(|t| t.devices.menu.overview)}</h2>
        <p>{text(|t| t.devices.kit.about)}</p>
        <p class="quiet-text">{text(|t| t.devices.kit.reads)}</p>
        <div class="actions">{buttons}</div>
        <Failure label=|t| t.devices.kit.again on_next=Jobs::capture />
        {move || captured.get().map(shown)}
    }
}

fn shown(capture: Capture) -> impl IntoView {
    let whole = capture.findings.is_some();
    let tone = if whole { Tone::Good } else { Tone::Unknown };
    let heading = Signal::derive(move || {
        let t = &texts().devices.kit;
        if whole { t.done } else { t.cut }.to_owned()
    });
    let mut rows = capture.findings.as_ref().map(found).unwrap_or_default();
    let exchanges = capture.exchanges.len().to_string();
    rows.push((texts().devices.kit.exchanges, exchanges));
    view! {
        <Note tone=tone heading=heading />
        {facts::list(rows)}
    }
}

fn found(findings: &Findings) -> Vec<(&'static str, String)> {
    let t = &texts().devices.kit;
    let there = |there: bool| if there { t.yes } else { t.no }.to_owned();
    let length = |length: Option<u16>| match length {
        Some(length) => fill(t.bytes, length),
        None => t.no.into(),
    };
    let byte = |byte: Option<u8>| byte.map_or("–".into(), |byte| format!("{byte:02X}"));
    let log = match findings.log.protected {
        true => t.log_protected.into(),
        false => fill(t.records, findings.log.records),
    };
    let proof = match findings.proof {
        Proof::NotAsked => t.proof_not_asked,
        Proof::After => t.proof_after,
        Proof::Before => t.proof_before,
        Proof::Both => t.proof_both,
        Proof::Neither => t.proof_neither,
    };
    let (plate, name) = (byte(findings.plate_fill), byte(findings.name_fill));
    vec![
        (t.application, there(findings.toll_application)),
        (t.issue_file, length(findings.issue_file_length)),
        (t.holder_file, length(findings.holder_file_length)),
        (t.fill, format!("{plate} / {name}")),
        (t.log, log),
        (t.transit, there(findings.transit)),
        (t.proof, proof.into()),
    ]
}

/// Saves the capture.
fn keep(_: ()) {
    let captured = task().with_untracked(|task| task.captured.clone());
    let Some(capture) = captured else {
        return;
    };
    let usb = capture
        .reader
        .as_ref()
        .and_then(|reader| reader.usb.clone());
    let reader = usb.unwrap_or_else(|| "reader".into()).replace(':', "-");
    let name = format!("field-kit-{reader}-{}.json", capture.taken);
    if let Some(text) = json::encode(&capture) {
        save::json(&name, &text);
    }
}
