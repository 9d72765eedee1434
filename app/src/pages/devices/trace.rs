//! 跟踪记录: the latest exchanges, without their secrets.

use apdu_core::calendar;
use apdu_core::card::Fate;
use apdu_core::hex;
use apdu_core::trace::{Entry, Event, Ms};
use leptos::prelude::*;

use crate::desk::Desk;
use crate::devices::trace::Seen;
use crate::i18n::{moment, text, texts};
use crate::parts::{Action, Column, DataTable};
use crate::save;

/// The list, newest first. It stands still while a job runs: drawing five hundred lines anew for each
/// exchange would be a good part of its time.
#[component]
pub fn TraceList() -> impl IntoView {
    let desk = Desk::get();
    let seen = desk.seen;
    let of_programmer = RwSignal::new(false);
    let about = move || match of_programmer.get() {
        true => texts().devices.trace.about_programmer,
        false => texts().devices.trace.about,
    };
    let table = move || {
        desk.job.track();
        let t = &texts().devices.trace;
        let columns = vec![
            Column::figures(t.number),
            Column::words(t.time),
            Column::words(t.command),
            Column::words(t.answer),
            Column::figures(t.line),
            Column::figures(t.own),
        ];
        let (trace, empty) = match of_programmer.get() {
            true => (seen.messages, t.empty_programmer),
            false => (seen.trace, t.empty),
        };
        let rows = trace.with_untracked(|trace| trace.entries().rev().map(row).collect());
        let caption = texts().devices.menu.trace;
        view! { <DataTable caption=caption columns=columns rows=rows empty=empty /> }
    };
    let choose = move |event| of_programmer.set(!event_target_value(&event).is_empty());
    view! {
        <div class="actions spread">
            <p class="quiet-text">{about}</p>
            <label class="profile-choice">
                <span>{text(|t| t.devices.trace.source)}</span>
                <select on:change=choose>
                    <option value="">{text(|t| t.devices.menu.overview)}</option>
                    <option value="programmer">
                        {text(|t| t.devices.trace.source_programmer)}
                    </option>
                </select>
            </label>
            <Action label=text(|t| t.devices.trace.save) on_press=move |()| save_text(seen) />
        </div>
        <div class="trace">{table}</div>
    }
}

fn row(entry: &Entry) -> Vec<AnyView> {
    let (_, time) = calendar::date_time(calendar::second_of(entry.at));
    let (command, answer) = match &entry.event {
        Event::Power(Ok(atr)) => ("ATR".into(), atr.to_string()),
        Event::Power(Err(code)) => ("ATR".into(), code.to_string()),
        Event::Exchange(command, Ok(answer)) => (command.to_string(), answer.to_string()),
        Event::Exchange(command, Err(none)) => {
            let unknown = texts().devices.trace.unknown;
            let said = match none.fate {
                Fate::NotSent => none.code.to_string(),
                Fate::Unknown => format!("{} {unknown}", none.code),
            };
            (command.to_string(), said)
        }
        Event::Message { sent, message } => {
            let t = &texts().devices.trace;
            let said = message.as_ref().map(ToString::to_string);
            let way = if *sent { t.sent } else { t.heard };
            (way.to_owned(), said.unwrap_or(t.broken.to_owned()))
        }
    };
    vec![
        entry.number.into_any(),
        time.to_string().into_any(),
        view! { <code>{command}</code> }.into_any(),
        view! { <code>{answer}</code> }.into_any(),
        Ms(entry.spent.line_us).to_string().into_any(),
        Ms(entry.spent.own_us).to_string().into_any(),
    ]
}

/// The whole trace as a file, with what a stranger has to know to read it.
fn save_text(seen: Seen) {
    let now = js_sys::Date::now() as i64;
    let stamp: String = (moment(now).chars()).filter(char::is_ascii_digit).collect();
    save::text(&format!("etc-trace-{stamp}.txt"), &whole(seen, now));
}

fn whole(seen: Seen, now: i64) -> String {
    let mut lines = vec![
        format!(
            "ETC Desk {}, trace of {}",
            env!("CARGO_PKG_VERSION"),
            moment(now)
        ),
        format!(
            "browser: {}",
            window().navigator().user_agent().unwrap_or_default()
        ),
    ];
    seen.reader.with_untracked(|reader| {
        if let Some(reader) = reader {
            let way = reader.way.name();
            lines.push(format!("reader: {} ({}), {way}", reader.name, reader.maker));
            if let Some(usb) = &reader.usb {
                let (vendor, product, release) = (usb.vendor, usb.product, usb.release);
                let class = usb.class;
                lines.push(format!(
                    "usb: {vendor:04X}:{product:04X} release {release:04X} class {class:02X}"
                ));
                lines.push(format!(
                    "configuration: {}",
                    hex::encode(&usb.configuration)
                ));
            }
            if let Some(profile) = &reader.profile {
                let level = profile.level(reader.slot);
                lines.push(format!("level: {level:?}, quirks: {:?}", profile.quirks));
            }
        }
    });
    seen.card.with_untracked(|card| {
        if let Some(card) = card {
            lines.push(format!("ATR: {}", hex::encode(card.atr.bytes())));
        }
    });
    lines.push("secret bytes: **; times: [reader and card + this program]".into());
    lines.push(String::new());
    seen.trace
        .with_untracked(|trace| lines.extend(trace.entries().map(ToString::to_string)));
    seen.messages.with_untracked(|trace| {
        if trace.entries().len() > 0 {
            lines.push(String::new());
            lines.push("line of the programmer".into());
            lines.extend(trace.entries().map(ToString::to_string));
        }
    });
    lines.join("\n") + "\n"
}
