//! What F1 and Shift+? open.

use leptos::prelude::*;

use crate::desk::Desk;
use crate::i18n::{Texts, text, texts};
use crate::keys::Keys;
use crate::parts::Dialog;
use crate::router::Page;

/// The help text of the step in hand; nothing where the page's own will do.
#[derive(Clone, Copy)]
struct StepHelp(RwSignal<Option<Signal<&'static str>>>);

/// Makes room for the help texts of steps.
pub fn provide_help() {
    provide_context(StepHelp(RwSignal::new(None)));
}

/// While the calling component is there, F1 shows this text.
pub fn use_help(help: Signal<&'static str>) {
    let StepHelp(current) = expect_context();
    current.set(Some(help));
    on_cleanup(move || {
        // The next step may have set its own by now.
        let is_mine = current.try_get_untracked().flatten() == Some(help);
        if is_mine {
            current.set(None);
        }
    });
}

fn page_help(page: Page, texts: &Texts) -> &'static str {
    match page {
        Page::Home => texts.help.home,
        Page::IssueCard => texts.cards.menu.help_list,
        Page::ActivateCard => texts.cards.menu.help_activate,
        Page::CheckCard => texts.help.check_card,
        Page::CheckTag => texts.tags.menu.help,
        Page::IssueTag => texts.tags.write.help_card,
        Page::ActivateTag => texts.tags.write.help_activate,
        Page::CancelTag => texts.tags.write.help_cancel,
        Page::Load => texts.help.load_read,
        Page::Records => texts.records.menu.help_find,
        Page::Drawer => texts.money.menu.help_drawer,
        Page::Day => texts.money.menu.help_day,
        Page::Stock => texts.stock.help,
        Page::Devices => texts.devices.menu.help,
        Page::Faults | Page::Fault(_) => texts.help.faults,
    }
}

/// Both dialogs; every screen has them.
#[component]
pub fn KeyDialogs() -> impl IntoView {
    view! {
        <HelpDialog />
        <KeyList />
    }
}

/// The help for this step.
#[component]
fn HelpDialog() -> impl IntoView {
    let desk = Desk::get();
    let keys: Keys = expect_context();
    let of_step = use_context::<StepHelp>();
    let help = move || {
        if desk.session.with(Option::is_none) && !desk.page.get().is_open() {
            return texts().help.sign_in;
        }
        match of_step.and_then(|StepHelp(help)| help.get()) {
            Some(help) => help.get(),
            None => page_help(desk.page.get(), texts()),
        }
    };
    view! {
        <Dialog open=keys.help title=text(|t| t.help.title)>
            <p class="help-text">{help}</p>
            <p class="quiet-text">{text(|t| t.help.more)}</p>
        </Dialog>
    }
}

/// The list of keys.
#[component]
fn KeyList() -> impl IntoView {
    let keys: Keys = expect_context();
    let rows = move || {
        let t = &texts().keys;
        let rows = [
            (t.open_task_keys, t.open_task),
            ("Esc", t.back),
            ("F1", t.help),
            ("F2", t.confirm),
            ("F8", t.mask),
            ("F9", t.lock),
            ("Shift + ?", t.list),
        ];
        rows.map(|(key, does)| {
            view! {
                <div>
                    <dt>
                        <kbd>{key}</kbd>
                    </dt>
                    <dd>{does}</dd>
                </div>
            }
        })
    };
    view! {
        <Dialog open=keys.list title=text(|t| t.keys.title)>
            <dl class="key-list">{rows}</dl>
            <p class="quiet-text">{text(|t| t.keys.scan)}</p>
        </Dialog>
    }
}
