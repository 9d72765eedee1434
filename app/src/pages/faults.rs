//! 常见故障及其解决方法: every code that a screen can show, and one page for each.

use apdu_core::fault::Code;
use etc_api::faults::{Explanation, explain};
use leptos::prelude::*;

use crate::desk::Desk;
use crate::i18n::{Lang, Pick, fill, sentence, text, texts};
use crate::parts::{DataList, DataRow, Field};
use crate::router::{Page, came_from};
use crate::shell::tasks;

/// The prefixes of the codes, in the order of the catalogue, and what each is about.
const GROUPS: &[(&str, Pick)] = &[
    ("RDR", |t| t.faults.reader_group),
    ("CRD", |t| t.faults.card_group),
    ("NET", |t| t.faults.network_group),
    ("AUT", |t| t.faults.authority_group),
    ("REC", |t| t.faults.record_group),
    ("PAY", |t| t.faults.payment_group),
    ("PRG", |t| t.faults.programmer_group),
    ("OBU", |t| t.faults.tag_group),
];

/// The list of all codes.
#[component]
pub fn FaultsPage() -> impl IntoView {
    let lang = Desk::get().lang;
    let search = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let matches = |code: &&Code| search.with(|typed| is_match(**code, typed, lang.get()));
        Code::ALL
            .iter()
            .filter(matches)
            .copied()
            .collect::<Vec<_>>()
    });
    let count = move || fill(texts().faults.count, found.with(Vec::len));
    let groups = move || {
        let groups = GROUPS.iter();
        groups
            .filter_map(|group| found.with(|codes| group_view(group, codes)))
            .collect_view()
    };
    let none = move || {
        let none_found = found.with(Vec::is_empty);
        none_found.then(|| view! { <p class="empty">{text(|t| t.faults.none_found)}</p> })
    };
    view! {
        <div class="faults">
            <search class="faults-search">
                <Field
                    name="fault-search"
                    label=text(|t| t.faults.search)
                    value=search
                    hint=text(|t| t.faults.search_hint)
                    focus=true
                />
                <p class="faults-count" role="status">
                    {count}
                </p>
            </search>
            <div class="faults-list" tabindex="0" role="region" aria-label=text(|t| t.faults.title)>
                {groups}
                {none}
            </div>
        </div>
    }
}

/// Whether a code answers to what was typed: a part of the code, with or without its dash, or a part
/// of the sentence.
fn is_match(code: Code, typed: &str, lang: Lang) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', ' '], "");
    let wanted = plain(typed);
    let entry = explain(code);
    plain(code.as_str()).contains(&wanted) || plain(lang.of(entry.cause)).contains(&wanted)
}

fn group_view(
    &(prefix, label): &(&'static str, Pick),
    found: &[Code],
) -> Option<impl IntoView + use<>> {
    let here = |code: &&Code| code.as_str().starts_with(prefix);
    let rows: Vec<_> = found.iter().filter(here).map(|&code| row(code)).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section class="faults-group">
                <h2>
                    {text(label)} " " <small>{prefix}"-"</small>
                </h2>
                <ul>{rows}</ul>
            </section>
        }
    })
}

fn row(code: Code) -> impl IntoView {
    view! {
        <li>
            <a href=Page::Fault(code).href()>
                <span class="code">{code.as_str()}</span>
                <span>{sentence(code, |e| e.cause)}</span>
            </a>
        </li>
    }
}

/// One code: what happened, what to do, what not to do, whom to ask.
#[component]
pub fn FaultPage(
    /// The code.
    code: Code,
) -> impl IntoView {
    let Explanation { party, retry, .. } = explain(code);
    let back_to = came_from().unwrap_or(Page::Faults);
    let back = move || {
        let t = texts();
        match back_to {
            Page::Faults => t.faults.back.to_owned(),
            task => fill(t.faults.back_to, tasks::title(task, t)),
        }
    };
    let may_retry = move || {
        let t = &texts().faults;
        if retry { t.retry_yes } else { t.retry_no }
    };
    view! {
        <article class="fault-page">
            <header>
                <p class="fault-code">{code.as_str()}</p>
                <p class="fault-cause">{sentence(code, |e| e.cause)}</p>
            </header>
            <section class="fault-next">
                <h2>{text(|t| t.faults.next)}</h2>
                <p>{sentence(code, |e| e.next)}</p>
            </section>
            <section class="fault-dont">
                <h2>{text(|t| t.faults.dont)}</h2>
                <p>{sentence(code, |e| e.dont)}</p>
            </section>
            <DataList>
                <DataRow label=text(|t| t.faults.ask)>
                    {move || texts().whom_to_ask(party)}
                </DataRow>
                <DataRow label=text(|t| t.faults.party)>
                    {move || texts().party(party)}
                </DataRow>
                <DataRow label=text(|t| t.faults.retry)>{may_retry}</DataRow>
            </DataList>
            <div class="actions">
                <a class="action" href=back_to.href() data-back="">
                    <span>{back}</span>
                    <kbd>"Esc"</kbd>
                </a>
            </div>
        </article>
    }
}
