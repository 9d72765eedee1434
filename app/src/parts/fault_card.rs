//! A step that did not go through: code, cause, the one next action, what not to do, and what is
//! known of card and money. What is not known looks different from what failed.

use apdu_core::authority::RechargeState;
use apdu_core::fault::{Fault, Written};
use leptos::prelude::*;

use super::{Action, RecordBadge, Sign, SignMark, Weight};
use crate::i18n::{Texts, fill, sentence, text, texts};
use crate::router::Page;

/// The card that takes the place of a failing step.
#[component]
pub fn FaultCard(
    /// What went wrong.
    fault: Fault,
    /// The state of the load record, where there is one.
    #[prop(optional_no_strip)]
    record_state: Option<RechargeState>,
    /// Whether it is about a load: card and record are told then in any case.
    #[prop(optional)]
    for_load: bool,
    /// Of which chip that is issued it is: no money and no record of a load is in question.
    #[prop(optional)]
    words: Option<WrittenWords>,
    /// Name of the main button; nothing where the page offers no next step.
    #[prop(into)]
    next_label: Signal<Option<&'static str>>,
    /// Called by the main button.
    #[prop(into)]
    on_next: Callback<()>,
    /// Other actions, beside the main button.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let unknown = fault.is_unknown();
    let tells_card = for_load || record_state.is_some() || fault.written != Written::No;
    let heading = move || {
        let t = texts();
        if unknown {
            t.faults.unknown_heading
        } else {
            t.faults.failed_heading
        }
    };
    let main = move || {
        let label = next_label.get()?;
        Some(view! { <Action label=label on_press=on_next weight=Weight::Main focus=true /> })
    };
    let sign = if unknown { Sign::Unknown } else { Sign::Failed };
    view! {
        <section class="fault" class:unknown=unknown role="alert">
            <header class="fault-head">
                <span class="fault-sign">
                    <SignMark sign=sign />
                </span>
                <div>
                    <p class="fault-heading">{heading}</p>
                    <p class="fault-code">{fault.code.as_str()} {answer(&fault)}</p>
                </div>
                {match words {
                    Some(words) => {
                        let written = if unknown { Written::Unknown } else { fault.written };
                        view! { <WrittenChip written=written words=words /> }.into_any()
                    }
                    None => {
                        tells_card
                            .then(|| {
                                view! { <CardAndRecord fault=fault record_state=record_state /> }
                            })
                            .into_any()
                    }
                }}
            </header>
            <p class="fault-cause">{sentence(fault.code, |e| e.cause)}</p>
            <p class="fault-next">{sentence(fault.code, |e| e.next)}</p>
            <p class="fault-dont">
                <strong>{text(|t| t.faults.dont)}</strong>
                <span>{sentence(fault.code, |e| e.dont)}</span>
            </p>
            <footer class="actions">
                <a class="more" href=Page::Fault(fault.code).href()>
                    {text(|t| t.faults.more)}
                </a>
                {children.map(|children| children())}
                {main}
            </footer>
        </section>
    }
}

/// The card's own answer, where the code does not say it, and the tries that are left.
fn answer(fault: &Fault) -> impl IntoView + use<> {
    let sw = fault.sw;
    let code = fault.code;
    move || {
        let sw = sw?;
        let digits = format!("{:04X}", sw.0);
        if let Some(tries) = sw.tries_left() {
            let left = fill(texts().faults.tries_left, tries);
            return Some(view! { <small>{left}</small> });
        }
        let said = code.as_str().ends_with(&digits);
        let told = format!("{} {digits}", texts().faults.status_word);
        (!said).then(|| view! { <small>{told}</small> })
    }
}

/// Whether a chip was written, in these words.
fn written_badge(written: Written, word: Signal<&'static str>) -> impl IntoView {
    let (sign, tone) = match written {
        Written::No => (Sign::Open, "tone-quiet"),
        Written::Unknown => (Sign::Unknown, "tone-unknown"),
        Written::Yes => (Sign::Done, "tone-good"),
    };
    view! {
        <span class=format!("state badge {tone}")>
            <SignMark sign=sign />
            {word}
        </span>
    }
}

/// In whose words it is told whether a chip was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenWords {
    /// A card that is issued or activated.
    Card,
    /// A tag.
    Tag,
}

impl WrittenWords {
    /// The question, and its answers *not known* and *in part*.
    fn of(self, texts: &Texts) -> [&'static str; 3] {
        let (card, tag) = (&texts.cards.issue, &texts.tags.write);
        match self {
            Self::Card => [card.written, card.written_unknown, card.written_part],
            Self::Tag => [tag.written, tag.written_unknown, tag.written_part],
        }
    }
}

/// Was the chip written.
#[component]
fn WrittenChip(written: Written, words: WrittenWords) -> impl IntoView {
    let word = Signal::derive(move || {
        let t = texts();
        let [_, unknown, part] = words.of(t);
        match written {
            Written::No => t.faults.written_no,
            Written::Unknown => unknown,
            Written::Yes => part,
        }
    });
    view! {
        <dl class="fault-facts">
            <div>
                <dt>{move || words.of(texts())[0]}</dt>
                <dd>{written_badge(written, word)}</dd>
            </div>
        </dl>
    }
}

/// Was the card written, and what state is the record in.
#[component]
fn CardAndRecord(fault: Fault, record_state: Option<RechargeState>) -> impl IntoView {
    let written = Signal::derive(move || {
        let t = &texts().faults;
        match fault.written {
            Written::No => t.written_no,
            Written::Unknown => t.written_unknown,
            Written::Yes => t.written_yes,
        }
    });
    let record = move || match record_state {
        Some(state) => view! { <RecordBadge state=state /> }.into_any(),
        None => view! { <span>{texts().faults.record_none}</span> }.into_any(),
    };
    view! {
        <dl class="fault-facts">
            <div>
                <dt>{text(|t| t.faults.written)}</dt>
                <dd>{written_badge(fault.written, written)}</dd>
            </div>
            <div>
                <dt>{text(|t| t.faults.record)}</dt>
                <dd>{record}</dd>
            </div>
        </dl>
    }
}
