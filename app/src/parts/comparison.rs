//! Card, tag and record side by side, field by field: equal rows are quiet, a row that differs shows all values.

use apdu_core::authority::Compared;
use leptos::prelude::*;

use super::{Sign, SignMark};
use crate::i18n::{text, texts};

/// The three columns.
#[component]
pub fn Comparison(
    /// The rows, as the backend has compared them.
    rows: Vec<Compared>,
) -> impl IntoView {
    let rows = rows.into_iter();
    let row = rows.map(|row| view! { <Row row=row /> }).collect_view();
    view! {
        <div class="compare">
            <table>
                <caption class="unseen">{text(|t| t.tags.write.compared)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text(|t| t.records.compare.what)}</th>
                        <th scope="col">{text(|t| t.tags.write.card)}</th>
                        <th scope="col">{text(|t| t.tags.write.tag)}</th>
                        <th scope="col">{text(|t| t.tags.write.record)}</th>
                        <th scope="col"></th>
                    </tr>
                </thead>
                <tbody>{row}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: Compared) -> impl IntoView {
    let differs = row.differs();
    let field = row.field;
    let cell = move |value: Option<String>| {
        move || match &value {
            Some(value) => texts().tag_value(field, value),
            None => "–".to_owned(),
        }
    };
    let verdict = differs.then(|| {
        view! {
            <span class="state tone-bad">
                <SignMark sign=Sign::Differs />
                {text(|t| t.tags.page.differs)}
            </span>
        }
    });
    view! {
        <tr class:differs=differs>
            <th scope="row">{move || texts().tag_field(field)}</th>
            <td>{cell(row.card)}</td>
            <td>{cell(row.tag)}</td>
            <td>{cell(row.record)}</td>
            <td>{verdict}</td>
        </tr>
    }
}
