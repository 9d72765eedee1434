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
        let rows = seen
            .trace
            .with_untracked(|trace| trace.entries().rev().map(row).collect());
        let caption = texts().devices.menu.trace;
        view! { <DataTable caption=caption columns=columns rows=rows empty=t.empty /> }
    };
    view! {
        <div class="actions spread">
            <p class="quiet-text">{text(|t| t.devices.trace.about)}</p>
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
    lines.join("\n") + "\n"
}
