//! What a card or a record holds: a definition list, and a small table.

use leptos::prelude::*;

use super::{Sign, SignMark};
use crate::i18n::text;

/// Names on the left, values on the right, in as many columns as fit.
#[component]
pub fn DataList(
    /// Rows: [`DataRow`].
    children: Children,
) -> impl IntoView {
    view! { <dl class="data">{children()}</dl> }
}

/// One name and its value. With `record`, the records hold another value, and both are shown.
#[component]
pub fn DataRow(
    /// The name.
    #[prop(into)]
    label: Signal<&'static str>,
    /// What the records hold instead, where they differ.
    #[prop(optional_no_strip)]
    record: Option<String>,
    /// The value.
    children: Children,
) -> impl IntoView {
    let differs = record.is_some();
    let other = record.map(|record| {
        view! {
            <span class="state tone-bad">
                <SignMark sign=Sign::Differs />
                {text(|t| t.check.in_records)}
                " "
                <strong>{record}</strong>
            </span>
        }
    });
    view! {
        <div class="data-row" class:differs=differs>
            <dt>{label}</dt>
            <dd>{children()} {other}</dd>
        </div>
    }
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub label: &'static str,
    /// Whether it holds figures, which stand to the right.
    pub figures: bool,
}

impl Column {
    /// A column of words.
    pub fn words(label: &'static str) -> Self {
        Self {
            label,
            figures: false,
        }
    }

    /// A column of figures.
    pub fn figures(label: &'static str) -> Self {
        Self {
            label,
            figures: true,
        }
    }
}

/// A table; the state or kind first, the time last. Without rows it says so.
#[component]
pub fn DataTable(
    /// What the table lists.
    caption: &'static str,
    /// The columns.
    columns: Vec<Column>,
    /// Cells, row by row.
    rows: Vec<Vec<AnyView>>,
    /// What is said where there is no row.
    empty: &'static str,
) -> impl IntoView {
    let class = |column: &Column| if column.figures { "figures" } else { "" };
    let classes: Vec<_> = columns.iter().map(class).collect();
    let head = columns
        .iter()
        .map(|column| view! { <th scope="col" class=class(column)>{column.label}</th> })
        .collect_view();
    let is_empty = rows.is_empty();
    let body = rows
        .into_iter()
        .map(|row| {
            let cells = row.into_iter().zip(&classes);
            let cells = cells.map(|(cell, &class)| view! { <td class=class>{cell}</td> });
            view! { <tr>{cells.collect_view()}</tr> }
        })
        .collect_view();
    view! {
        <div class="table-frame" tabindex="0" role="region" aria-label=caption>
            <table>
                <caption>{caption}</caption>
                <thead>
                    <tr>{head}</tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
            {is_empty.then(|| view! { <p class="empty">{empty}</p> })}
        </div>
    }
}
