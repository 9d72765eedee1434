//! What stands between the teller and a card: no reader yet, or one that cannot be used.

use apdu_core::fault::Code;
use leptos::prelude::*;

use super::{Action, Note, Tone, Weight};
use crate::desk::{Desk, ReaderStatus};
use crate::devices::{Devices, Way};
use crate::i18n::{Pick, said, sentence, text, texts};
use crate::router::Page;

/// What to do about the reader: connect it, take it back, see why it cannot be used, or nothing.
#[component]
pub fn ReaderHint() -> impl IntoView {
    let desk = Desk::get();
    move || match desk.reader.get() {
        ReaderStatus::Ready { .. } => {
            let heading = Signal::derive(|| texts().home.first_use_done.to_owned());
            view! {
                <Note tone=Tone::Good heading=heading>
                    <Slots />
                </Note>
            }
            .into_any()
        }
        ReaderStatus::None | ReaderStatus::Opening => {
            let heading = Signal::derive(|| texts().home.first_use.to_owned());
            view! {
                <Note tone=Tone::Note heading=heading>
                    <p>{text(|t| t.home.first_use_about)}</p>
                    <ReaderWays />
                </Note>
            }
            .into_any()
        }
        ReaderStatus::Refused(code) => {
            let heading = Signal::derive(move || format!("{code} {}", said(code, |e| e.cause)));
            view! {
                <Note tone=Tone::Bad heading=heading>
                    <p>
                        {sentence(code, |e| e.next)} " " <a href=Page::Fault(code).href()>{text(|t| t.faults.more)}</a>
                    </p>
                    <ReaderWays />
                </Note>
            }
            .into_any()
        }
    }
}

/// The slots of a reader that has several, to switch between them.
#[component]
fn Slots() -> impl IntoView {
    let devices = StoredValue::new_local(Devices::get());
    let (slots, used) = devices.with_value(Devices::slots);
    let several = slots.iter().filter(|slot| slot.usable.is_ok()).count() > 1;
    let offered = slots.into_iter().enumerate().map(|(place, slot)| {
        let name = slot.name.unwrap_or_default();
        let label = move || format!("{} {} {name}", texts().shell.slot, place + 1);
        view! {
            <button
                type="button"
                class="action"
                aria-pressed=(used == Some(place)).to_string()
                disabled=slot.usable.is_err()
                on:click=move |_| devices.with_value(|devices| devices.use_slot(place))
            >
                {label}
            </button>
        }
    });
    several.then(|| view! { <div class="actions">{offered.collect_view()}</div> })
}

/// The buttons that lead to a reader: from another tab, and by each way this browser has.
#[component]
fn ReaderWays() -> impl IntoView {
    let reader = Desk::get().reader;
    let devices = StoredValue::new_local(Devices::get());
    move || {
        let status = reader.get();
        let elsewhere = status.is_elsewhere().then(|| {
            let label: Pick = match status {
                ReaderStatus::Refused(Code::ReaderTakenOver) => |t| t.shell.take_back,
                _ => |t| t.shell.use_here,
            };
            let take = move |()| devices.with_value(Devices::take_over);
            view! { <Action label=text(label) on_press=take weight=Weight::Main /> }
        });
        let is_main = elsewhere.is_none();
        let ways = devices.with_value(Devices::ways).into_iter().enumerate();
        let ways = ways.map(|(place, way)| {
            let label: Pick = match way {
                Way::Usb => |t| t.shell.connect_reader,
                Way::Serial => |t| t.shell.connect_serial,
                Way::SmartCard => |t| t.shell.connect_system,
                Way::Programmer => |t| t.tags.device.use_slot,
            };
            let weight = match place {
                0 if is_main => Weight::Main,
                0 => Weight::Plain,
                _ => Weight::Quiet,
            };
            let choose = move |()| devices.with_value(|devices| devices.choose(way));
            view! { <Action label=text(label) on_press=choose weight=weight /> }
        });
        view! { <div class="actions">{elsewhere} {ways.collect_view()}</div> }
    }
}
