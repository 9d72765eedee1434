//! The virtual bench of a demo instance: a reader to plug in, cards to put in and to pull out, also in
//! the middle of a write, and to take to other systems and toll lanes. On its other side, a programmer and tags.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::bench_tags::TagSide;
use super::{Sign, SignMark, yuan};
use crate::desk::Desk;
use crate::devices::bench::{Bench, BenchView, DemoCard, Elsewhere, READER_KINDS, Tear};
use crate::i18n::{Lang, Pick, fill, text, texts};

pub(super) type BenchHandle = StoredValue<Bench, LocalStorage>;

/// The bench.
#[component]
pub fn BenchPanel() -> impl IntoView {
    let bench: BenchHandle = expect_context();
    let view = bench.with_value(|bench| bench.view);
    // One row has room for one of the two.
    let shows_tags = RwSignal::new(false);
    let cards = move || {
        view! {
            <CardSide bench=bench view=view />
            <Press label=|t| t.tags.bench.to_tags on_press=move |()| shows_tags.set(true) />
        }
    };
    view! {
        <strong class="bench-title">{text(|t| t.bench.title)}</strong>
        <Show when=move || shows_tags.get() fallback=cards>
            <Press label=|t| t.tags.bench.to_cards on_press=move |()| shows_tags.set(false) />
            <TagSide bench=bench view=view />
        </Show>
    }
}

/// Reader and cards. Without a reader, cards go into the slot of the programmer.
#[component]
fn CardSide(bench: BenchHandle, view: RwSignal<Option<BenchView>>) -> impl IntoView {
    let plugged = Memo::new(move |_| view.with(|v| v.as_ref().is_some_and(|v| v.plugged)));
    let slot = Memo::new(move |_| {
        let programmer = view.with(|v| v.as_ref().is_some_and(|v| v.programmer));
        plugged.get() || programmer
    });
    let unplug = move |()| bench.with_value(Bench::unplug);
    view! {
        <Show
            when=move || slot.get()
            fallback=move || view! { <AddReader bench=bench /> }
        >
            <Cards bench=bench view=view />
            <TearSwitch bench=bench view=view />
            <Press label=|t| t.bench.reset on_press=move |()| bench.with_value(Bench::reset_cards) />
            <Show when=move || plugged.get()>
                <Press label=|t| t.bench.unplug on_press=unplug />
            </Show>
        </Show>
    }
}

/// A button of the bench.
#[component]
pub(super) fn Press(
    label: Pick,
    #[prop(into)] on_press: Callback<()>,
    /// What it does, where the label does not say all of it.
    #[prop(optional, into)]
    about: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="bench-button"
            title=move || about.get()
            on:click=move |_| on_press.run(())
        >
            {text(label)}
        </button>
    }
}

#[component]
fn AddReader(bench: BenchHandle) -> impl IntoView {
    let missing = RwSignal::new(false);
    let kind = RwSignal::new(READER_KINDS[0].0.to_owned());
    let add = move |()| {
        let (bench, kind) = (bench.get_value(), kind.get_untracked());
        spawn_local(async move { missing.set(!bench.add_reader(&kind).await) });
    };
    let option =
        |(kind, name): (&'static str, Pick)| view! { <option value=kind>{text(name)}</option> };
    view! {
        <label class="bench-field">
            <span>{text(|t| t.bench.reader)}</span>
            <select on:change=move |event| kind.set(event_target_value(&event))>
                {READER_KINDS.map(option).collect_view()}
            </select>
        </label>
        <Press label=|t| t.bench.plug_in on_press=add />
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
    let taken = RwSignal::new(None);
    let swap = move |()| {
        taken.set(None);
        bench.with_value(|bench| match inserted() {
            Some(_) => bench.eject(),
            None => bench.insert(&choice()),
        });
    };
    let take_away = move |happens| {
        let id = inserted().unwrap_or_else(choice);
        taken.set(Some((
            happens,
            bench.with_value(|bench| bench.take_away(&id, happens)),
        )));
    };
    let about = |happens: Elsewhere, about: Pick| {
        Signal::derive(move || Some(fill(about(texts()), yuan(happens.fen().into()))))
    };
    view! {
        <label class="bench-field">
            <span>{text(|t| t.bench.card)}</span>
            <select
                disabled=move || inserted().is_some()
                prop:value=move || inserted().unwrap_or_else(choice)
                on:change=move |event| {
                    taken.set(None);
                    chosen.set(event_target_value(&event));
                }
            >
                {options}
            </select>
        </label>
        {move || match inserted() {
            Some(_) => view! { <Press label=|t| t.bench.remove on_press=swap /> },
            None => view! { <Press label=|t| t.bench.insert on_press=swap /> },
        }}
        <Press
            label=|t| t.bench.load_elsewhere
            about=about(Elsewhere::Loaded, |t| t.bench.load_elsewhere_about)
            on_press=move |()| take_away(Elsewhere::Loaded)
        />
        <Press
            label=|t| t.bench.pay_toll
            about=about(Elsewhere::Toll, |t| t.bench.pay_toll_about)
            on_press=move |()| take_away(Elsewhere::Toll)
        />
        <span role="status">
            {move || taken.get().map(|(happens, done)| view! { <Taken happens=happens done=done /> })}
        </span>
    }
}

/// What came of it when the card was away.
#[component]
fn Taken(happens: Elsewhere, done: bool) -> impl IntoView {
    let (sign, tone) = match done {
        true => (Sign::Done, "tone-good"),
        false => (Sign::Failed, "tone-bad"),
    };
    let amount = yuan(happens.fen().into());
    let words = move || match (done, happens) {
        (false, _) => texts().bench.not_taken.to_owned(),
        (true, Elsewhere::Loaded) => format!("+{amount}"),
        (true, Elsewhere::Toll) => format!("−{amount}"),
    };
    view! {
        <span class=format!("state {tone}")>
            <SignMark sign=sign />
            {words}
        </span>
    }
}

/// Has the card pulled in the middle of the next write.
#[component]
fn TearSwitch(bench: BenchHandle, view: RwSignal<Option<BenchView>>) -> impl IntoView {
    let armed = move || view.with(|v| v.as_ref().map(|v| v.tear).unwrap_or_default());
    let change = move |event| {
        let tear = match event_target_value(&event).as_str() {
            "before" => Tear::Before,
            "within" => Tear::Within,
            "after" => Tear::After,
            _ => Tear::None,
        };
        bench.with_value(|bench| bench.tear_next_write(tear));
    };
    let value = move || match armed() {
        Tear::None => "none",
        Tear::Before => "before",
        Tear::Within => "within",
        Tear::After => "after",
    };
    view! {
        <label class="bench-field">
            <span>{text(|t| t.bench.fault)}</span>
            <select prop:value=value on:change=change>
                <option value="none">{text(|t| t.bench.no_fault)}</option>
                <option value="before">{text(|t| t.bench.tear_before)}</option>
                <option value="within">{text(|t| t.bench.tear_within)}</option>
                <option value="after">{text(|t| t.bench.tear_after)}</option>
            </select>
        </label>
    }
}
