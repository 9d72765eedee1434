//! The list of records: state first, time last. Arrows choose, Enter opens.

use etc_api::RecordLine;
use leptos::prelude::*;

use super::JobsHandle;
use crate::i18n::{minute, text, texts};
use crate::jobs::{Jobs, RecordsTask};
use crate::parts::{Action, CardNo, ChosenRow, Money, PlateBadge, RecordBadge, keep_focus};

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
    keep_focus(body, at, move || lines.track());
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
    let open = move |()| {
        let line = line.clone();
        jobs.with_value(|jobs| jobs.open_record(line));
    };
    let known = |fen: Option<u32>| match fen {
        Some(fen) => view! { <Money fen=fen /> }.into_any(),
        None => view! { <span class="quiet-text">"–"</span> }.into_any(),
    };
    view! {
        <ChosenRow i=i at=at on_open=open>
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
        </ChosenRow>
    }
}
