//! The device bar: where we are, which devices work, who sits here.

use etc_api::Session;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::desk::{CardInSlot, Desk, ProgrammerStatus, ReaderStatus};
use crate::devices::Devices;
use crate::i18n::{text, texts};
use crate::parts::{MaskKind, Masked, Sign, SignMark, short_number};
use crate::router::Page;

/// The bar.
#[component]
pub fn DeviceBar(on_reader: Callback<()>, on_sign_out: Callback<()>) -> impl IntoView {
    let desk = Desk::get();
    let outlet = move || {
        desk.session
            .with(|s| s.as_ref().map(|s| s.outlet.name.clone()))
    };
    view! {
        <header class="bar" aria-label=text(|t| t.shell.bar)>
            <p class="bar-name">
                <strong>{text(|t| t.shell.product)}</strong>
                <span>{outlet}</span>
            </p>
            <DemoMark />
            <ul class="chips">
                <li>
                    <ReaderChip on_reader=on_reader />
                </li>
                <li>
                    <CardChip />
                </li>
                <li>
                    <ProgrammerChip />
                </li>
                <li>
                    <LinkChip />
                </li>
            </ul>
            <Operator />
            <MaskSwitch />
            <button
                type="button"
                class="bar-button"
                aria-keyshortcuts="F9"
                on:click=move |_| desk.locked.set(true)
            >
                {text(|t| t.shell.lock)}
                <kbd>"F9"</kbd>
            </button>
            <LangSwitch />
            <button type="button" class="bar-button" on:click=move |_| on_sign_out.run(())>
                {text(|t| t.shell.sign_out)}
            </button>
        </header>
    }
}

/// The bar of somebody who has not signed in: devices, language, and the way to the sign-in page.
#[component]
pub fn OpenBar(on_reader: Callback<()>) -> impl IntoView {
    view! {
        <header class="bar" aria-label=text(|t| t.shell.bar)>
            <p class="bar-name">
                <strong>{text(|t| t.shell.product)}</strong>
            </p>
            <DemoMark />
            <ul class="chips">
                <li>
                    <ReaderChip on_reader=on_reader />
                </li>
                <li>
                    <CardChip />
                </li>
            </ul>
            <LangSwitch />
            <button
                type="button"
                class="bar-button"
                data-back=""
                on:click=|_| Page::Home.open()
            >
                {text(|t| t.devices.menu.to_sign_in)}
                <kbd>"Esc"</kbd>
            </button>
        </header>
    }
}

/// Says on every screen that this is a demo, where it is one.
#[component]
pub fn DemoMark() -> impl IntoView {
    let desk = Desk::get();
    let is_demo = move || {
        desk.status
            .with(|status| status.as_ref().is_some_and(|s| s.demo))
    };
    view! {
        <Show when=is_demo>
            <strong class="demo-mark" title=text(|t| t.shell.demo_about)>
                {text(|t| t.shell.demo)}
            </strong>
        </Show>
    }
}

/// Changes the language, and remembers it. Every screen has it, so it also names the document's.
#[component]
pub fn LangSwitch() -> impl IntoView {
    let desk = Desk::get();
    let other = move || desk.lang.get().other();
    Effect::new(move |_| {
        let lang = desk.lang.get();
        document().set_title(lang.texts().shell.product);
        if let Some(root) = document().document_element() {
            // Screen readers choose their voice by it; the name is a valid one.
            let _ = root.set_attribute("lang", lang.tag());
        }
    });
    let change = move |_| {
        let other = desk.lang.get_untracked().other();
        spawn_local(async move {
            if other.fetch().await {
                other.remember();
                desk.lang.set(other);
            }
        });
    };
    view! {
        <button
            type="button"
            class="bar-button"
            lang=move || other().tag()
            title=text(|t| t.shell.other_lang_name)
            on:click=change
        >
            {text(|t| t.shell.other_lang)}
        </button>
    }
}

#[component]
fn ReaderChip(on_reader: Callback<()>) -> impl IntoView {
    let desk = Desk::get();
    let sign = Signal::derive(move || match desk.reader.get() {
        ReaderStatus::Ready { .. } => Sign::Dot,
        ReaderStatus::Refused(_) => Sign::Failed,
        ReaderStatus::None | ReaderStatus::Opening => Sign::Open,
    });
    let tone = move || match desk.reader.get() {
        ReaderStatus::Ready { .. } => "chip is-up",
        ReaderStatus::Refused(_) => "chip is-down",
        ReaderStatus::None => "chip is-asking",
        ReaderStatus::Opening => "chip",
    };
    let said = move || {
        let t = &texts().shell;
        match desk.reader.get() {
            ReaderStatus::None => t.connect_reader.to_owned(),
            ReaderStatus::Opening => format!("{} {}", t.reader, t.reader_opening),
            ReaderStatus::Ready { name } => format!("{} {name}", t.reader),
            status @ ReaderStatus::Refused(code) if status.is_elsewhere() => {
                format!("{} {code} {}", t.reader, t.reader_elsewhere)
            }
            ReaderStatus::Refused(code) => format!("{} {code}", t.reader),
        }
    };
    let about = move || {
        let t = &texts().shell;
        match desk.reader.get() {
            ReaderStatus::None => format!("{} {}", t.reader, t.reader_none),
            status if status.is_elsewhere() => said(),
            ReaderStatus::Refused(_) => format!("{} {}", t.reader, t.reader_refused),
            _ => said(),
        }
    };
    // A reader is connected where there is none; one that is there is told about.
    let press = move |_| match desk.reader.get_untracked() {
        ReaderStatus::None => on_reader.run(()),
        _ => Page::Devices.open(),
    };
    view! {
        <button type="button" class=tone title=about on:click=press>
            <SignMark sign=sign />
            <span class="chip-text">{said}</span>
        </button>
    }
}

#[component]
fn CardChip() -> impl IntoView {
    let desk = Desk::get();
    let sign = Signal::derive(move || match desk.card.get() {
        CardInSlot::Absent => Sign::Open,
        CardInSlot::Present | CardInSlot::Known(_) => Sign::Dot,
    });
    let tone = move || match desk.card.get() {
        CardInSlot::Known(_) => "chip is-up",
        CardInSlot::Absent | CardInSlot::Present => "chip",
    };
    let said = move || {
        let t = &texts().shell;
        match desk.card.get() {
            CardInSlot::Absent => format!("{} {}", t.card, t.card_absent),
            CardInSlot::Present => format!("{} {}", t.card, t.card_present),
            CardInSlot::Known(number) => format!("{} {}", t.card, short_number(number)),
        }
    };
    view! {
        <span class=tone>
            <SignMark sign=sign />
            <span class="chip-text">{said}</span>
        </span>
    }
}

/// The OBU programmer. Where there is none, pressing it connects one.
#[component]
fn ProgrammerChip() -> impl IntoView {
    let desk = Desk::get();
    let devices = StoredValue::new_local(Devices::get());
    let sign = Signal::derive(move || match desk.programmer.get() {
        ProgrammerStatus::Ready { .. } => Sign::Dot,
        ProgrammerStatus::Refused(_) => Sign::Failed,
        ProgrammerStatus::None | ProgrammerStatus::Opening => Sign::Open,
    });
    let tone = move || match desk.programmer.get() {
        ProgrammerStatus::Ready { .. } => "chip is-up",
        ProgrammerStatus::Refused(_) => "chip is-down",
        ProgrammerStatus::None | ProgrammerStatus::Opening => "chip",
    };
    let said = move || {
        let t = &texts().tags.device;
        match desk.programmer.get() {
            ProgrammerStatus::Refused(code) => format!("{} {code}", t.short),
            _ => t.short.to_owned(),
        }
    };
    let about = move || {
        let t = texts();
        match desk.programmer.get() {
            ProgrammerStatus::None => t.tags.device.none.to_owned(),
            ProgrammerStatus::Opening => t.tags.device.opening.to_owned(),
            ProgrammerStatus::Ready { profile } => {
                let name = t.programmer_profile(&profile);
                format!("{} · {name}", t.tags.device.short)
            }
            ProgrammerStatus::Refused(_) => t.tags.device.refused.to_owned(),
        }
    };
    let press = move |_| {
        if desk.programmer.get_untracked() == ProgrammerStatus::None {
            devices.with_value(|devices| devices.programmers().connect());
        }
        Page::CheckTag.open();
    };
    view! {
        <button type="button" class=tone title=about on:click=press>
            <SignMark sign=sign />
            <span class="chip-text">{said}</span>
        </button>
    }
}

#[component]
fn LinkChip() -> impl IntoView {
    let desk = Desk::get();
    let up = move || desk.link.get().up;
    let sign = Signal::derive(move || if up() { Sign::Dot } else { Sign::Failed });
    let said = move || {
        let t = &texts().shell;
        match desk.link.get() {
            link if !link.up => format!("{} {}", t.backend, t.backend_down),
            link => match link.latency_ms {
                Some(ms) => format!("{} {ms} ms", t.backend),
                None => format!("{} {}", t.backend, t.backend_up),
            },
        }
    };
    view! {
        <span class=move || if up() { "chip is-up" } else { "chip is-down" }>
            <SignMark sign=sign />
            <span class="chip-text">{said}</span>
        </span>
    }
}

#[component]
fn Operator() -> impl IntoView {
    let desk = Desk::get();
    let shown = |session: Session| {
        let role = session.role;
        view! {
            <span class="bar-operator">
                <Masked kind=MaskKind::Name value=session.name />
                <small>{move || texts().role(role)}</small>
            </span>
        }
    };
    move || desk.session.get().map(shown)
}

#[component]
fn MaskSwitch() -> impl IntoView {
    let masked = Desk::get().masked;
    let said = move || {
        let t = &texts().shell;
        if masked.get() { t.masked } else { t.mask }
    };
    view! {
        <button
            type="button"
            class="bar-button"
            aria-pressed=move || if masked.get() { "true" } else { "false" }
            aria-keyshortcuts="F8"
            on:click=move |_| masked.update(|masked| *masked = !*masked)
        >
            {said}
            <kbd>"F8"</kbd>
        </button>
    }
}
