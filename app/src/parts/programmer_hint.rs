//! What stands between the teller and a tag: no programmer yet, or one that cannot be used.

use apdu_core::fault::Code;
use apdu_core::programmer::Profile;
use leptos::prelude::*;

use super::{Action, Note, Tone, Weight};
use crate::desk::{Desk, ProgrammerStatus};
use crate::devices::Devices;
use crate::i18n::{Pick, said, sentence, text, texts};
use crate::router::Page;

/// What to do about the programmer: connect it, take it back, or see why it cannot be used.
#[component]
pub fn ProgrammerHint() -> impl IntoView {
    let desk = Desk::get();
    move || match desk.programmer.get() {
        ProgrammerStatus::Ready { .. } => ().into_any(),
        ProgrammerStatus::Opening => {
            let heading = Signal::derive(|| texts().tags.device.opening.to_owned());
            view! { <Note tone=Tone::Note heading=heading /> }.into_any()
        }
        ProgrammerStatus::None => {
            let heading = Signal::derive(|| texts().tags.device.first_use.to_owned());
            view! {
                <Note tone=Tone::Note heading=heading>
                    <p>{text(|t| t.tags.device.first_use_about)}</p>
                    <Connect label=|t| t.tags.device.connect />
                </Note>
            }
            .into_any()
        }
        ProgrammerStatus::Refused(code) => {
            let heading = Signal::derive(move || format!("{code} {}", said(code, |e| e.cause)));
            let label: Pick = match code {
                Code::ProgrammerInOtherTab => |t| t.tags.device.take_over,
                _ => |t| t.tags.device.connect,
            };
            view! {
                <Note tone=Tone::Bad heading=heading>
                    <p>
                        {sentence(code, |e| e.next)} " " <a href=Page::Fault(code).href()>{text(|t| t.faults.more)}</a>
                    </p>
                    <Connect label=label />
                </Note>
            }
            .into_any()
        }
    }
}

#[component]
fn Connect(label: Pick) -> impl IntoView {
    let devices = StoredValue::new_local(Devices::get());
    let connect = move |()| devices.with_value(|devices| devices.programmers().connect());
    view! {
        <div class="actions">
            <Action label=text(label) weight=Weight::Main focus=true on_press=connect />
            <ProfileChoice />
        </div>
    }
}

/// Which profile is spoken: found out by asking, unless a person knows it.
#[component]
pub fn ProfileChoice() -> impl IntoView {
    let devices = StoredValue::new_local(Devices::get());
    let change = move |event| {
        let profile = Some(event_target_value(&event)).filter(|id| !id.is_empty());
        devices.with_value(|devices| devices.programmers().use_profile(profile));
    };
    let option = move |profile: Profile| {
        let selected = devices.with_value(|devices| devices.programmers().profile())
            == Some(profile.id.clone());
        let id = profile.id.clone();
        let name = move || texts().programmer_profile(&profile.id);
        view! {
            <option value=id selected=selected>
                {name}
            </option>
        }
    };
    let profiles = devices.with_value(|devices| devices.programmers().profiles());
    let options = move || profiles.all().into_iter().map(option).collect_view();
    view! {
        <label class="profile-choice">
            <span>{text(|t| t.tags.device.profile)}</span>
            <select on:change=change>
                <option value="">{text(|t| t.tags.device.automatic)}</option>
                {options}
            </select>
        </label>
    }
}
