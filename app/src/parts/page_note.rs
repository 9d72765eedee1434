//! A sentence that stands in the page with its sign: verdicts, hints, warnings.

use leptos::prelude::*;

use super::{Sign, SignMark};

/// What a note is about. The colour goes with a sign and a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to do.
    #[default]
    Quiet,
    /// Please note.
    Note,
    /// In order.
    Good,
    /// Not known yet.
    Unknown,
    /// Not in order.
    Bad,
}

impl Tone {
    /// The class that colours it.
    pub fn class(self) -> &'static str {
        match self {
            Self::Quiet => "tone-quiet",
            Self::Note => "tone-note",
            Self::Good => "tone-good",
            Self::Unknown => "tone-unknown",
            Self::Bad => "tone-bad",
        }
    }

    fn sign(self) -> Sign {
        match self {
            Self::Quiet => Sign::Open,
            Self::Note => Sign::Note,
            Self::Good => Sign::Done,
            Self::Unknown => Sign::Unknown,
            Self::Bad => Sign::Failed,
        }
    }
}

/// A note: heading in the first line, what it means below.
#[component]
pub fn Note(
    /// What it is about.
    tone: Tone,
    /// The first line.
    #[prop(into)]
    heading: Signal<String>,
    /// Whether it is large: a verdict.
    #[prop(optional)]
    verdict: bool,
    /// What it means, and what follows.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class=format!("note {}", tone.class()) class:verdict=verdict role="status">
            <span class="note-sign">
                <SignMark sign=tone.sign() />
            </span>
            <div>
                <p class="note-heading">{heading}</p>
                {children.map(|children| view! { <div class="note-text">{children()}</div> })}
            </div>
        </div>
    }
}
