//! What a record's state means in one line, and what to do in another.

use apdu_core::authority::RechargeState;
use etc_api::{ProvedBy, RecordLine};
use leptos::prelude::*;

use crate::i18n::{Texts, fill, moment, text, texts};
use crate::jobs::records::News;
use crate::parts::{Note, Tone};

/// A record's state in words. What its card has just shown comes before what was known.
#[component]
pub fn Verdict(
    /// The record.
    line: RecordLine,
    /// What the reading has brought.
    news: Option<News>,
) -> impl IntoView {
    let tone = tone(&line, news);
    let elsewhere = !line.ours && is_unfinished(line.recharge.state);
    let line = StoredValue::new(line);
    let heading = Signal::derive(move || {
        let heading = line.with_value(|line| heading(texts(), line, news));
        heading.to_owned()
    });
    let now = js_sys::Date::now() as i64;
    let about = move || line.with_value(|line| about(texts(), line, news, now));
    view! {
        <Note tone=tone heading=heading>
            <p>{about}</p>
            {elsewhere.then(|| view! { <p>{text(|t| t.records.say.other_outlet)}</p> })}
        </Note>
    }
}

fn tone(line: &RecordLine, news: Option<News>) -> Tone {
    match (line.recharge.state, news) {
        (RechargeState::Loading, Some(News::StillTorn)) if !line.listed => Tone::Note,
        (RechargeState::Created | RechargeState::Closed | RechargeState::Refunded, _) => {
            Tone::Quiet
        }
        (RechargeState::Paid, _) if line.listed => Tone::Unknown,
        (RechargeState::Paid, _) => Tone::Note,
        (RechargeState::Loading | RechargeState::Refunding, _) => Tone::Unknown,
        (RechargeState::Loaded, _) => Tone::Good,
        (RechargeState::Conflict, _) => Tone::Bad,
    }
}

/// The first line.
fn heading(t: &Texts, line: &RecordLine, news: Option<News>) -> &'static str {
    let say = &t.records.say;
    match (line.recharge.state, news) {
        (RechargeState::Loaded, Some(News::FoundLoaded)) => say.found_loaded,
        (_, Some(News::Moved)) => say.moved,
        (RechargeState::Loading | RechargeState::Paid, _) if line.listed => say.listed,
        (RechargeState::Loading, Some(News::StillTorn)) => say.still_torn,
        (RechargeState::Paid, Some(News::FoundFree)) => say.found_free,
        (RechargeState::Created, _) => t.words.created,
        (RechargeState::Closed, _) => t.words.closed,
        (RechargeState::Paid, _) => say.paid,
        (RechargeState::Loading, _) => say.torn,
        (RechargeState::Loaded, _) => say.loaded,
        (RechargeState::Refunding, _) => say.refunding,
        (RechargeState::Refunded, _) => say.refunded,
        (RechargeState::Conflict, _) => say.conflict,
    }
}

/// The second line.
fn about(t: &Texts, line: &RecordLine, news: Option<News>, now: i64) -> String {
    let say = &t.records.say;
    let proof = match line.proved_by {
        Some(ProvedBy::Tac) => say.loaded_by_tac,
        Some(ProvedBy::CounterAndLog) => say.loaded_by_log,
        Some(ProvedBy::Decision) => say.loaded_by_decision,
        None => say.loaded_about,
    };
    let refund = match (line.refund_sent, line.refund_not_before) {
        (true, _) => say.refunding_sent.to_owned(),
        (false, Some(at)) if at > now => fill(say.refunding_waits, moment(at)),
        (false, _) => say.refunding_asked.to_owned(),
    };
    let text = match (line.recharge.state, news) {
        (RechargeState::Loaded, Some(News::FoundLoaded)) => {
            return format!("{proof} {}", say.found_loaded_about);
        }
        (_, Some(News::Moved)) => say.moved_about,
        (RechargeState::Loading | RechargeState::Paid, _) if line.listed => say.listed_about,
        (RechargeState::Loading, Some(News::StillTorn)) => say.still_torn_about,
        (RechargeState::Paid, Some(News::FoundFree)) => say.found_free_about,
        (RechargeState::Created, _) => say.created,
        (RechargeState::Closed, _) => say.closed,
        (RechargeState::Paid, _) => say.paid_about,
        (RechargeState::Loading, _) => say.torn_about,
        (RechargeState::Loaded, _) => proof,
        (RechargeState::Refunding, _) => return refund,
        (RechargeState::Refunded, _) => say.refunded_about,
        (RechargeState::Conflict, _) => say.conflict_about,
    };
    text.to_owned()
}

fn is_unfinished(state: RechargeState) -> bool {
    matches!(state, RechargeState::Loading | RechargeState::Paid)
}
