//! The other side of the virtual bench: a programmer to plug in, tags to lay near it, their switch and their
//! light.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::bench_panel::{BenchHandle, Press};
use crate::desk::Desk;
use crate::devices::bench::{Bench, BenchView, DemoTag, PROGRAMMER_KINDS};
use crate::i18n::{Lang, Pick, text, texts};

/// Programmer and tags.
#[component]
pub fn TagSide(bench: BenchHandle, view: RwSignal<Option<BenchView>>) -> impl IntoView {
    let plugged = Memo::new(move |_| view.with(|v| v.as_ref().is_some_and(|v| v.programmer)));
    let unplug = move |()| bench.with_value(Bench::unplug_programmer);
    view! {
        <Show
            when=move || plugged.get()
            fallback=move || view! { <AddProgrammer bench=bench /> }
        >
            <Tags bench=bench view=view />
            <Press label=|t| t.bench.reset on_press=move |()| bench.with_value(Bench::reset_cards) />
            <Press label=|t| t.tags.bench.unplug on_press=unplug />
        </Show>
    }
}

#[component]
fn AddProgrammer(bench: BenchHandle) -> impl IntoView {
    let missing = RwSignal::new(false);
    let kind = RwSignal::new(PROGRAMMER_KINDS[0].0.to_owned());
    let add = move |()| {
        let (bench, kind) = (bench.get_value(), kind.get_untracked());
        spawn_local(async move { missing.set(!bench.add_programmer(&kind).await) });
    };
    let option =
        |(kind, name): (&'static str, Pick)| view! { <option value=kind>{text(name)}</option> };
    view! {
        <label class="bench-field">
            <span>{text(|t| t.tags.bench.programmer)}</span>
            <select on:change=move |event| kind.set(event_target_value(&event))>
                {PROGRAMMER_KINDS.map(option).collect_view()}
            </select>
        </label>
        <Press label=|t| t.tags.bench.plug_in on_press=add />
        <Show when=move || missing.get()>
            <span class="state tone-bad">{text(|t| t.bench.missing)}</span>
        </Show>
    }
}

/// The tag that is chosen: laid near, taken away, its switch released; and what its light shows.
#[component]
fn Tags(bench: BenchHandle, view: RwSignal<Option<BenchView>>) -> impl IntoView {
    let tags = Memo::new(move |_| view.with(|v| v.clone().map(|v| v.tags).unwrap_or_default()));
    let chosen = RwSignal::new(String::new());
    let tag = Memo::new(move |_| {
        let chosen = chosen.get();
        tags.with(|tags| {
            let of_choice = tags.iter().find(|tag| tag.id == chosen);
            of_choice.or_else(|| tags.first()).cloned()
        })
    });
    let near = move || tag.with(|tag| tag.as_ref().is_some_and(|tag| tag.in_field));
    let options = move || {
        let lang = Desk::get().lang.get();
        let option = |tag: DemoTag| {
            let name = if lang == Lang::Zh { tag.zh } else { tag.en };
            let mark = if tag.in_field { "● " } else { "" };
            view! {
                <option value=tag.id.clone() selected=chosen.get_untracked() == tag.id>
                    {mark}
                    {name}
                </option>
            }
        };
        tags.get().into_iter().map(option).collect_view()
    };
    let act = move |act: fn(&Bench, &str)| {
        if let Some(tag) = tag.get_untracked() {
            bench.with_value(|bench| act(bench, &tag.id));
        }
    };
    let light = move || {
        let t = &texts().tags.bench;
        let light = tag.with(|tag| tag.as_ref().map(|tag| tag.light.clone()));
        let name = match light.as_deref() {
            Some("green") => t.green,
            Some("red") => t.red,
            _ => t.dark,
        };
        format!("{} {name}", t.light)
    };
    let held = move || tag.with(|tag| tag.as_ref().is_some_and(|tag| tag.held));
    let about = Signal::derive(|| Some(texts().tags.bench.switch_about.to_owned()));
    let hold_about = Signal::derive(|| Some(texts().tags.bench.hold_about.to_owned()));
    view! {
        <label class="bench-field">
            <span>{text(|t| t.tags.bench.tag)}</span>
            <select on:change=move |event| chosen.set(event_target_value(&event))>{options}</select>
        </label>
        <Show
            when=near
            fallback=move || {
                view! { <Press label=|t| t.tags.bench.put on_press=move |()| act(Bench::put_tag) /> }
            }
        >
            <Press label=|t| t.tags.bench.take on_press=move |()| act(Bench::take_tag) />
        </Show>
        <Show
            when=held
            fallback=move || {
                view! {
                    <Press
                        label=|t| t.tags.bench.hold
                        about=hold_about
                        on_press=move |()| act(|bench, id| bench.hold_switch(id, true))
                    />
                }
            }
        >
            <Press
                label=|t| t.tags.bench.switch
                about=about
                on_press=move |()| act(|bench, id| bench.hold_switch(id, false))
            />
        </Show>
        <span role="status" class="bench-light">
            {light}
        </span>
    }
}
