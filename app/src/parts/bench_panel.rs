//! The virtual bench of a demo instance: a reader to plug in, cards to put in and to pull out, also in
//! the middle of a write.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::desk::Desk;
use crate::devices::bench::{Bench, BenchView, DemoCard, ReaderKind, Tear};
use crate::i18n::{Lang, text, texts};

type BenchHandle = StoredValue<Bench, LocalStorage>;

/// The bench.
#[component]
pub fn BenchPanel() -> impl IntoView {
    let bench: BenchHandle = expect_context();
    let view = bench.with_value(|bench| bench.view);
    let plugged = Memo::new(move |_| view.with(|v| v.as_ref().is_some_and(|v| v.plugged)));
    view! {
        <strong class="bench-title">{text(|t| t.bench.title)}</strong>
        <Show
            when=move || plugged.get()
            fallback=move || view! { <AddReader bench=bench /> }
        >
            <Cards bench=bench view=view />
            <TearSwitch bench=bench view=view />
            <button
                type="button"
                class="bench-button"
                on:click=move |_| bench.with_value(Bench::reset_cards)
            >
                {text(|t| t.bench.reset)}
            </button>
            <button
                type="button"
                class="bench-button"
                on:click=move |_| bench.with_value(Bench::unplug)
            >
                {text(|t| t.bench.unplug)}
            </button>
        </Show>
    }
}

#[component]
fn AddReader(bench: BenchHandle) -> impl IntoView {
    let missing = RwSignal::new(false);
    let add = move |kind| {
        let bench = bench.get_value();
        spawn_local(async move { missing.set(!bench.add_reader(kind).await) });
    };
    view! {
        <button type="button" class="bench-button" on:click=move |_| add(ReaderKind::ShortApdu)>
            {text(|t| t.bench.plug_in)}
        </button>
        <button type="button" class="bench-button" on:click=move |_| add(ReaderKind::Protected)>
            {text(|t| t.bench.plug_in_protected)}
        </button>
        <Show when=move || missing.get()>
            <span class="state tone-bad">{text(|t| t.bench.missing)}</span>
        </Show>
    }
}

/// Which card is in the reader.
#[component]
fn Cards(bench: BenchHandle, view: RwSignal<Option<BenchView>>) -> impl IntoView {
    let cards = Memo::new(move |_| view.with(|v| v.clone().map(|v| v.cards).unwrap_or_default()));
    let inserted = move || {
        cards.with(|cards| {
            cards
                .iter()
                .find(|card| card.in_reader)
                .map(|card| card.id.clone())
        })
    };
    let chosen = RwSignal::new(String::new());
    let choice = move || {
        let first = || cards.with(|cards| cards.first().map(|card| card.id.clone()));
        Some(chosen.get())
            .filter(|id| !id.is_empty())
            .or_else(first)
            .unwrap_or_default()
    };
    let options = move || {
        let lang = Desk::get().lang.get();
        let option = |card: DemoCard| {
            let name = if lang == Lang::Zh { card.zh } else { card.en };
            view! { <option value=card.id>{name}</option> }
        };
        cards.get().into_iter().map(option).collect_view()
    };
    let swap = move |_| {
        bench.with_value(|bench| match inserted() {
            Some(_) => bench.eject(),
            None => bench.insert(&choice()),
        });
    };
    view! {
        <label class="bench-field">
            <span>{text(|t| t.bench.card)}</span>
            <select
                disabled=move || inserted().is_some()
                prop:value=move || inserted().unwrap_or_else(choice)
                on:change=move |event| chosen.set(event_target_value(&event))
            >
                {options}
            </select>
        </label>
        <button type="button" class="bench-button" on:click=swap>
            {move || {
                let t = &texts().bench;
                if inserted().is_some() { t.remove } else { t.insert }
            }}
        </button>
    }
}

/// Has the card pulled in the middle of the next write.
#[component]
fn TearSwitch(bench: BenchHandle, view: RwSignal<Option<BenchView>>) -> impl IntoView {
    let armed = move || view.with(|v| v.as_ref().map(|v| v.tear).unwrap_or_default());
    let change = move |event| {
        let tear = match event_target_value(&event).as_str() {
            "before" => Tear::Before,
            "after" => Tear::After,
            _ => Tear::None,
        };
        bench.with_value(|bench| bench.tear_next_write(tear));
    };
    let value = move || match armed() {
        Tear::None => "none",
        Tear::Before => "before",
        Tear::After => "after",
    };
    view! {
        <label class="bench-field">
            <span>{text(|t| t.bench.fault)}</span>
            <select prop:value=value on:change=change>
                <option value="none">{text(|t| t.bench.no_fault)}</option>
                <option value="before">{text(|t| t.bench.tear_before)}</option>
                <option value="after">{text(|t| t.bench.tear_after)}</option>
            </select>
        </label>
    }
}
