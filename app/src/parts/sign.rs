//! The sign that goes with every state, so that no state is told by colour alone. The word beside it
//! is for everybody; the sign itself is hidden from screen readers.

use leptos::prelude::*;

/// What a sign says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Done, in order, agrees.
    Done,
    /// Failed, refused.
    Failed,
    /// Not known yet; neither done nor failed.
    Unknown,
    /// Going on.
    Active,
    /// Not begun; absent.
    Open,
    /// Works.
    Dot,
    /// Differs.
    Differs,
    /// Please note.
    Note,
}

impl Sign {
    /// Drawn on a grid of 16 × 16 with strokes of 2.
    fn path(self) -> &'static str {
        match self {
            Self::Done => "M3 8.5l3.5 3.5L13 4.5",
            Self::Failed => "M4 4l8 8M12 4l-8 8",
            Self::Unknown => "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M8 12.6v.4",
            Self::Active => "M5.5 3.5L11 8l-5.5 4.5z",
            Self::Open => "M8 3.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9",
            Self::Dot => "M8 4.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7",
            Self::Differs => "M3.5 6h9M3.5 10h9M10.5 3.5l-5 9",
            Self::Note => "M8 3.5v5.5M8 12v.5",
        }
    }
}

/// The drawn sign; coloured by its surroundings.
#[component]
pub fn SignMark(
    /// What it says.
    #[prop(into)]
    sign: Signal<Sign>,
) -> impl IntoView {
    let fill = move || match sign.get() {
        Sign::Dot | Sign::Active => "currentColor",
        _ => "none",
    };
    view! {
        <svg
            class="sign"
            viewBox="0 0 16 16"
            width="16"
            height="16"
            aria-hidden="true"
            focusable="false"
        >
            <path
                d=move || sign.get().path()
                fill=fill
                stroke="currentColor"
                stroke-width="2"
                stroke-linecap="round"
                stroke-linejoin="round"
            />
        </svg>
    }
}
