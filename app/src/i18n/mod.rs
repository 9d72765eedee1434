//! Every text of the page, in both languages. A text that one of them lacks does not compile.
//!
//! Components read [`texts`] inside a reactive closure, so that the language can change at any time.

use apdu_core::calendar;
use apdu_core::fault::Code;
use etc_api::faults::{Explanation, Text};
use leptos::prelude::*;

use crate::storage;

mod en;
mod fetched;
mod texts;
mod words;
mod zh;

pub use fetched::Catalogue;
pub use texts::*;

/// Where the browser keeps the language between visits.
const REMEMBERED_AS: &str = "etc-lang";

/// Language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// A sentence of the fault catalogue in this language.
    pub fn of(self, text: Text) -> &'static str {
        match self {
            Self::Zh => text.zh,
            Self::En => text.en,
        }
    }

    /// The language tag for the `lang` attribute.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The other language.
    pub fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// The language chosen at the last visit, or Chinese.
    pub fn remembered() -> Self {
        let stored =
            storage::local().and_then(|storage| storage.get_item(REMEMBERED_AS).ok().flatten());
        match stored.as_deref() {
            Some("en") => Self::En,
            _ => Self::Zh,
        }
    }

    /// Keeps the language for the next visit.
    pub fn remember(self) {
        if let Some(storage) = storage::local() {
            // Where storage is switched off, the next visit begins in Chinese; nothing else is lost.
            let _ = storage.set_item(REMEMBERED_AS, self.tag());
        }
    }
}

/// One text, whatever the language will be when it is shown.
pub type Pick = fn(&Texts) -> &'static str;

/// The texts in the page's language. Call it inside a reactive closure.
pub fn texts() -> &'static Texts {
    lang().get().texts()
}

/// A text that follows the page's language, for a view or a property. One type for all texts: a closure
/// each would compile a renderer each.
pub fn text(pick: Pick) -> Signal<&'static str> {
    let lang = lang();
    Signal::derive(move || pick(lang.get().texts()))
}

/// Which sentence of the fault catalogue.
pub type Told = fn(&Explanation) -> Text;

/// What the fault catalogue says of a code, following the page's language.
pub fn sentence(code: Code, told: Told) -> Signal<&'static str> {
    Signal::derive(move || said(code, told))
}

/// The same in the page's language as it is now. Call it inside a reactive closure.
pub fn said(code: Code, told: Told) -> &'static str {
    let explained = Catalogue::explain(code);
    explained.map_or("", |explained| lang().get().of(told(&explained)))
}

/// The page's language, provided at the root.
fn lang() -> RwSignal<Lang> {
    expect_context()
}

/// A moment (ms UTC) as the counter's clock shows it.
pub fn moment(ms: i64) -> String {
    let (date, time) = calendar::date_time(calendar::second_of(ms));
    format!("{date} {time}")
}

/// A moment (ms UTC) without its seconds, where a table has little room.
pub fn minute(ms: i64) -> String {
    let mut moment = moment(ms);
    moment.truncate("2026-11-23 09:30".len());
    moment
}

/// Puts a value where the text has `{}`.
pub fn fill(text: &str, value: impl std::fmt::Display) -> String {
    text.replacen("{}", &value.to_string(), 1)
}
