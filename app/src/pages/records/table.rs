//! The list of records: state first, time last. Arrows choose, Enter opens.

use etc_api::RecordLine;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlInputElement};

use super::JobsHandle;
use crate::i18n::{minute, text, texts};
use crate::jobs::{Jobs, RecordsTask};
use crate::parts::{Action, CardNo, Money, PlateBadge, RecordBadge};

/// What was found.
#[component]
pub fn RecordTable(jobs: JobsHandle) -> impl IntoView {
    let task = jobs.with_value(|jobs| jobs.records);
    let lines = Memo::new(move |_| task.with(|task| task.lines.clone()));
    let older = Memo::new(move |_| task.with(|task| task.has_older));
    let asking = Signal::derive(move || task.with(|task| task.asking));
    let waiting = Memo::new(move |_| task.with(RecordsTask::is_waiting_list));
    // One row takes the focus by Tab, at first the one that was open last; the arrows move on from there.
    let last = task.with_untracked(RecordsTask::last_opened);
    let at = RwSignal::new(last.unwrap_or_default());
    let body = NodeRef::<leptos::html::Tbody>::new();
    // Rows that are drawn anew lose the focus. Whoever has gone on to a field or a button stays there.
    Effect::new(move |_| {
        lines.track();
        request_animation_frame(move || {
            if let Some(Some(body)) = body.try_get_untracked()
                && nothing_has_focus()
            {
                focus(body.children().item(at.get_untracked() as u32));
            }
        });
    });
    let caption = move || {
        let t = &texts().records.list;
        match waiting.get() {
            true => t.waiting_caption,
            false => t.caption,
        }
    };
    let rows = move || {
        let rows = lines.get().into_iter().enumerate();
        rows.map(|(i, line)| view! { <Row jobs=jobs line=line i=i at=at /> })
            .collect_view()
    };
    view! {
        <div class="records-list">
            <table class="choose">
                <caption>
                    {caption} " " <small class="quiet-text">{text(|t| t.records.list.keys)}</small>
                </caption>
                <thead>
                    <tr>
                        <th scope="col">{text(|t| t.records.list.state)}</th>
                        <th scope="col">{text(|t| t.records.list.card)}</th>
                        <th scope="col">{text(|t| t.records.list.plate)}</th>
                        <th scope="col" class="figures">{text(|t| t.records.list.before)}</th>
                        <th scope="col" class="figures">{text(|t| t.records.list.amount)}</th>
                        <th scope="col" class="figures">{text(|t| t.records.list.after)}</th>
                        <th scope="col">{text(|t| t.records.list.time)}</th>
                    </tr>
                </thead>
                <tbody node_ref=body>{rows}</tbody>
            </table>
            <Show when=move || older.get()>
                <div class="actions">
                    <Action
                        label=text(|t| t.records.list.older)
                        disabled=asking
                        on_press=move |()| jobs.with_value(Jobs::find_older_records)
                    />
                </div>
            </Show>
        </div>
    }
}

#[component]
fn Row(jobs: JobsHandle, line: RecordLine, i: usize, at: RwSignal<usize>) -> impl IntoView {
    let record = line.recharge.clone();
    let RecordLine {
        plate,
        plate_colour,
        listed,
        ours,
        ..
    } = line.clone();
    let open = move || {
        let line = line.clone();
        jobs.with_value(|jobs| jobs.open_record(line));
    };
    let on_click = open.clone();
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.repeat() {
            event.prevent_default();
            open();
        } else if walk(&event) {
            event.prevent_default();
        }
    };
    let known = |fen: Option<u32>| match fen {
        Some(fen) => view! { <Money fen=fen /> }.into_any(),
        None => view! { <span class="quiet-text">"–"</span> }.into_any(),
    };
    view! {
        <tr
            tabindex=move || if at.get() == i { "0" } else { "-1" }
            on:focus=move |_| at.set(i)
            on:click=move |_| on_click()
            on:keydown=on_key
        >
            <td>
                <RecordBadge state=record.state />
                {listed.then(|| view! { <small class="mark">{text(|t| t.records.list.listed)}</small> })}
                {(!ours)
                    .then(|| {
                        view! { <small class="mark">{text(|t| t.records.list.other_outlet)}</small> }
                    })}
            </td>
            <td>
                <CardNo number=record.card />
            </td>
            <td>
                <PlateBadge plate=plate colour=plate_colour />
            </td>
            <td class="figures">{known(record.balance_before)}</td>
            <td class="figures">
                <Money fen=record.amount />
            </td>
            <td class="figures">{known(record.balance_after)}</td>
            <td>{minute(record.created_at)}</td>
        </tr>
    }
}

/// From what stands above into the list, where there is one; whether the key was the one for that.
pub fn enter(event: &KeyboardEvent) -> bool {
    // In the list of colours the arrow chooses a colour, and in a row the next row.
    let outside = event.target().is_some_and(|target| {
        target.has_type::<HtmlInputElement>() || target.has_type::<HtmlButtonElement>()
    });
    if event.key() != "ArrowDown" || !outside {
        return false;
    }
    let row = document().query_selector(".choose tbody [tabindex='0']");
    focus(row.ok().flatten());
    true
}

/// Moves the focus to another row; whether the key was one for that.
fn walk(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into().ok());
    let Some(row) = target.and_then(|target: Element| target.closest("tr").ok().flatten()) else {
        return false;
    };
    let body = row.parent_element();
    let next = match event.key().as_str() {
        "ArrowDown" => row.next_element_sibling(),
        "ArrowUp" => row.previous_element_sibling(),
        "Home" => body.and_then(|body| body.first_element_child()),
        "End" => body.and_then(|body| body.last_element_child()),
        _ => return false,
    };
    focus(next);
    true
}

fn focus(element: Option<Element>) {
    let element = element.and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = element {
        // It may have vanished again; then there is nothing to focus.
        let _ = element.focus();
    }
}

fn nothing_has_focus() -> bool {
    let focused = document().active_element();
    focused.is_none_or(|element| element.tag_name() == "BODY")
}
