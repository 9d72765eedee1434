//! 标签设备: the programmer, and the profiles by which it may be spoken to.

use apdu_core::programmer::{Dialect, Profile};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::facts;
use crate::desk::{Desk, ProgrammerStatus};
use crate::devices::{Devices, NoProfile, Profiles, Programmers, read_profile};
use crate::i18n::{text, texts};
use crate::json;
use crate::parts::{
    Action, Column, DataTable, Dialog, Note, ProfileChoice, ProgrammerHint, Tone, Weight,
};
use crate::save;

mod form;

use form::{Edited, Form};

/// The way to the programmers of this page.
fn programmers() -> StoredValue<Programmers, LocalStorage> {
    StoredValue::new_local(Devices::get().programmers().clone())
}

/// The list, or the form in its place.
#[component]
pub fn ProgrammerPanel() -> impl IntoView {
    let edited = RwSignal::new(None::<Edited>);
    move || match edited.get() {
        Some(profile) => {
            view! { <Form edited=profile on_end=move |()| edited.set(None) /> }.into_any()
        }
        None => view! { <List edited=edited /> }.into_any(),
    }
}

#[component]
fn List(
    /// What the form is to show.
    edited: RwSignal<Option<Edited>>,
) -> impl IntoView {
    let desk = Desk::get();
    let programmers = programmers();
    let profiles = programmers.with_value(Programmers::profiles);
    let read = RwSignal::new(None::<Result<String, NoProfile>>);
    let doomed = RwSignal::new(String::new());
    let asked = RwSignal::new(false);
    let table = move || {
        let t = &texts().profiles.page;
        let columns = vec![
            Column::words(t.name),
            Column::words(t.dialect),
            Column::figures(t.speed),
            Column::words(t.whose),
            Column::words(t.does),
        ];
        let own = profiles.own().into_iter().map(|profile| (profile, true));
        let shipped = Profile::shipped().map(|profile| (profile, false));
        let rows = own.chain(shipped).map(|(profile, is_own)| {
            row(profile, is_own, profiles, edited, move |id| {
                doomed.set(id);
                asked.set(true);
            })
        });
        view! { <DataTable caption=t.list columns=columns rows=rows.collect() empty="" /> }
    };
    let in_use = move || match desk.programmer.get() {
        ProgrammerStatus::Ready { profile } => {
            let t = texts();
            let name = t.programmer_profile(&profile);
            view! {
                {facts::list(vec![(t.profiles.page.in_use, name)])}
                <ProfileChoice />
            }
            .into_any()
        }
        _ => view! { <ProgrammerHint /> }.into_any(),
    };
    let delete = move |()| {
        programmers.with_value(|programmers| programmers.delete_profile(&doomed.get_untracked()));
        asked.set(false);
    };
    view! {
        <p class="quiet-text">{text(|t| t.profiles.page.about)}</p>
        <div class="programmer-in-use">{in_use}</div>
        {table}
        <div class="actions">
            <Import read=read />
        </div>
        {move || read.get().map(imported)}
        <Dialog open=asked title=text(|t| t.profiles.page.delete)>
            <p>
                <strong>{doomed}</strong>
            </p>
            <p>{text(|t| t.profiles.page.delete_about)}</p>
            <div class="actions">
                <Action
                    label=text(|t| t.profiles.page.delete_sure)
                    weight=Weight::Main
                    on_press=delete
                />
            </div>
        </Dialog>
    }
}

fn row(
    profile: Profile,
    is_own: bool,
    profiles: Profiles,
    edited: RwSignal<Option<Edited>>,
    on_delete: impl Fn(String) + Copy + Send + Sync + 'static,
) -> Vec<AnyView> {
    let t = texts();
    let dialect = match profile.dialect {
        Dialect::Primitives(_) => t.profiles.page.primitives,
        Dialect::Bobu(_) => t.profiles.page.bobu,
    };
    let whose = match is_own {
        true => t.profiles.page.own,
        false => t.profiles.page.shipped,
    };
    let (name, baud) = (t.programmer_profile(&profile.id), profile.line.baud);
    let profile = StoredValue::new(profile);
    let copy = move |()| {
        let copy = profile.with_value(|profile| profiles.copy(profile));
        edited.set(Some(Edited::new(copy)));
    };
    let export = move |()| profile.with_value(export);
    let change = move |()| edited.set(Some(Edited::own(profile.get_value())));
    let delete = move |()| on_delete(profile.with_value(|profile| profile.id.clone()));
    let mine = is_own.then(|| {
        view! {
            <Action label=text(|t| t.profiles.page.edit) on_press=change />
            <Action label=text(|t| t.profiles.page.delete) on_press=delete />
        }
    });
    let does = view! {
        <div class="row-actions">
            <Action label=text(|t| t.profiles.page.copy) on_press=copy />
            <Action label=text(|t| t.profiles.page.export) on_press=export />
            {mine}
        </div>
    };
    vec![
        name.into_any(),
        dialect.into_any(),
        baud.into_any(),
        whose.into_any(),
        does.into_any(),
    ]
}

fn export(profile: &Profile) {
    if let Some(text) = json::encode(profile) {
        save::json(&format!("programmer-profile-{}.json", profile.id), &text);
    }
}

/// Takes a profile from a file.
#[component]
fn Import(
    /// What came of it.
    read: RwSignal<Option<Result<String, NoProfile>>>,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let programmers = programmers();
    let take = move |_| {
        let Some(input) = input.get() else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else {
            return;
        };
        // The same file again is another import.
        input.set_value("");
        spawn_local(async move {
            let text = JsFuture::from(file.text()).await;
            let text = text.ok().and_then(|text| text.as_string());
            let profile = read_profile(&text.unwrap_or_default());
            let kept = profile.map(|profile| {
                programmers.with_value(|programmers| {
                    let profile = programmers.profiles().copy(&profile);
                    let id = profile.id.clone();
                    // A name that is free is not taken.
                    let _ = programmers.keep_profile(None, profile);
                    id
                })
            });
            read.set(Some(kept));
        });
    };
    view! {
        <label class="action file">
            <span>{text(|t| t.profiles.page.import)}</span>
            <input node_ref=input type="file" accept=".json,application/json" on:change=take />
        </label>
    }
}

fn imported(read: Result<String, NoProfile>) -> AnyView {
    match read {
        Ok(name) => {
            let heading =
                Signal::derive(move || format!("{}{name}", texts().profiles.page.imported));
            view! { <Note tone=Tone::Good heading=heading /> }.into_any()
        }
        Err(why) => {
            let heading = Signal::derive(|| texts().profiles.page.bad_file.to_owned());
            let said = move || {
                let t = &texts().profiles.page;
                match &why {
                    NoProfile::NotJson => t.not_json.to_owned(),
                    NoProfile::Malformed(place) => format!("{}{place}", t.malformed),
                    NoProfile::Unfit(unfit) => {
                        let rule = form::rule(&unfit.kind);
                        format!("{}{} – {rule}", t.unfit, unfit.path)
                    }
                }
            };
            view! {
                <Note tone=Tone::Bad heading=heading>
                    <p>{said}</p>
                </Note>
            }
            .into_any()
        }
    }
}
