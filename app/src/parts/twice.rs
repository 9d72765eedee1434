//! A number that stands on paper: typed twice, or scanned once. Where the two differ, the group of four
//! that differs is shown, not the whole number.

use leptos::prelude::*;
use web_sys::Event;

use super::{Sign, SignMark};
use crate::i18n::{text, texts};

/// How many characters are compared as one.
const GROUP: usize = 4;

/// A number as it was typed and typed again.
#[derive(Clone, Copy)]
pub struct Twice {
    first: RwSignal<String>,
    again: RwSignal<String>,
    scanned: RwSignal<bool>,
}

impl Twice {
    /// Nothing yet, or a number that was compared before.
    pub fn new(known: &str) -> Self {
        Self {
            first: RwSignal::new(known.to_owned()),
            again: RwSignal::new(known.to_owned()),
            scanned: RwSignal::new(false),
        }
    }

    /// The number, once it was typed twice or scanned.
    pub fn agreed(&self) -> Option<String> {
        let first = narrow(&self.first.get());
        let agrees = self.scanned.get() || first == narrow(&self.again.get());
        (agrees && !first.is_empty()).then_some(first)
    }
}

/// The two fields of such a number.
#[component]
pub fn TwiceField(
    /// Name in the form; also its identity in the document.
    name: &'static str,
    /// What to type.
    #[prop(into)]
    label: Signal<&'static str>,
    /// What is typed.
    value: Twice,
    /// Whether a number can be right.
    valid: fn(&str) -> bool,
    /// What is said of one that cannot.
    #[prop(into)]
    invalid: Signal<&'static str>,
    /// Which keys a touch keyboard shows.
    inputmode: &'static str,
) -> impl IntoView {
    // The scanner announces each of its characters; the next `input` is that character.
    let announced = StoredValue::new(false);
    let typed = move |text: String| {
        let by_scanner = announced.get_value();
        announced.set_value(false);
        value.scanned.set(by_scanner);
        if by_scanner {
            value.again.set(text.clone());
        }
        value.first.set(text);
    };
    let compared = Memo::new(move |_| {
        let (first, again) = (value.first.get(), value.again.get());
        compare(&narrow(&first), &narrow(&again))
    });
    let differs = move || compared.with(|groups| groups.iter().any(|g| g.state == Same::No));
    let wrong = move || {
        let first = narrow(&value.first.get());
        let is_whole = value.scanned.get() || !value.again.with(String::is_empty);
        (!first.is_empty() && is_whole && !valid(&first)).then(|| invalid.get())
    };
    let about = move || {
        let t = &texts().money.means;
        let agreed = value.agreed().is_some();
        match wrong() {
            Some(wrong) => Some(wrong),
            None if value.scanned.get() => Some(t.scanned),
            None if differs() => Some(t.groups_differ),
            None if agreed => None,
            None => Some(t.again_about),
        }
    };
    let bad = move || differs() || wrong().is_some();
    let again_name = format!("{name}-again");
    let about_name = format!("{name}-about");
    let again_label = move || format!("{} ({})", label.get(), texts().money.means.again);
    view! {
        <div class="twice field" class:wrong=bad>
            <label for=name>{label}</label>
            <label for=again_name.clone()>{again_label}</label>
            <input
                id=name
                name=name
                type="text"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                inputmode=inputmode
                data-scan=""
                aria-describedby=about_name.clone()
                aria-invalid=move || bad().then_some("true")
                prop:value=move || value.first.get()
                on:scan=move |_: Event| announced.set_value(true)
                on:input:target=move |ev| typed(ev.target().value())
            />
            <input
                id=again_name.clone()
                name=again_name
                type="text"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                inputmode=inputmode
                disabled=move || value.scanned.get()
                aria-describedby=about_name.clone()
                prop:value=move || value.again.get()
                on:input:target=move |ev| value.again.set(ev.target().value())
            />
            <p class="twice-groups">
                {move || compared.get().into_iter().map(group).collect_view()}
            </p>
            <p id=about_name class="field-about" aria-live="polite">
                {about}
            </p>
        </div>
    }
}

/// One group; where it differs, both of its values.
fn group(group: Group) -> impl IntoView {
    let differs = group.state == Same::No;
    let class = match group.state {
        Same::Yes => "pair same",
        Same::No => "pair differs",
        Same::Open => "pair",
    };
    let other = differs.then(|| {
        view! {
            <SignMark sign=Sign::Differs />
            <span class="unseen">{text(|t| t.check.differs)}</span>
            <span>{group.again}</span>
        }
    });
    view! { <span class=class>{group.first} {other}</span> }
}

/// A group of both numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    first: String,
    again: String,
    state: Same,
}

/// Whether two groups are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Same {
    Yes,
    No,
    /// The second is still being typed.
    Open,
}

fn compare(first: &str, again: &str) -> Vec<Group> {
    let (first, again) = (groups(first), groups(again));
    let last_typed = again.len().saturating_sub(1);
    (0..first.len().max(again.len()))
        .map(|at| {
            let of = |groups: &[String]| groups.get(at).cloned().unwrap_or_default();
            let (one, two) = (of(&first), of(&again));
            let state = if one == two {
                Same::Yes
            } else if at >= last_typed && one.starts_with(&two) {
                Same::Open
            } else {
                Same::No
            };
            Group {
                first: one,
                again: two,
                state,
            }
        })
        .collect()
}

fn groups(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters
        .chunks(GROUP)
        .map(|letters| letters.iter().collect())
        .collect()
}

/// Without gaps, in capitals, and narrow: a Chinese input method types wide letters and digits.
fn narrow(typed: &str) -> String {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from((u32::from(c) - 0xFEE0) as u8),
        other => other,
    };
    let solid = typed.chars().map(narrow).filter(|c| !c.is_whitespace());
    solid.map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(first: &str, again: &str) -> Vec<Same> {
        let groups = compare(first, again).into_iter();
        groups.map(|group| group.state).collect()
    }

    #[test]
    fn a_difference_is_shown_at_its_group() {
        use Same::{No, Open, Yes};
        assert_eq!(states("001234567890", "001234567890"), [Yes, Yes, Yes]);
        assert_eq!(states("001234567890", "001243567890"), [Yes, No, Yes]);
        assert_eq!(states("001234567890", "00123"), [Yes, Open, Open]);
        assert_eq!(states("001234567890", "00125"), [Yes, No, Open]);
        assert_eq!(states("00123", "001234"), [Yes, No]);
        assert_eq!(states("0012", "00123"), [Yes, No]);
        assert_eq!(states("0012", ""), [Open]);
        assert_eq!(states("", ""), []);
    }

    #[test]
    fn wide_letters_and_gaps_are_the_same_number() {
        assert_eq!(narrow("a1 \u{FF12}\u{FF22} "), "A12B");
    }
}
