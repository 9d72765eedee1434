//! A plate as it is typed: its field, and the colour beside it.

use leptos::prelude::*;

use super::Field;
use crate::i18n::{text, texts};

/// Plate colours that a vehicle may have.
const COLOURS: std::ops::RangeInclusive<u8> = 0..=6;
/// Characters of the shortest plate.
const SHORTEST_PLATE: usize = 7;

/// A plate that is being typed.
#[derive(Clone, Copy)]
pub struct PlateEntry {
    typed: RwSignal<String>,
    colour: RwSignal<u8>,
    /// Whether it was asked for.
    missed: RwSignal<bool>,
}

impl PlateEntry {
    /// Nothing yet, or a plate that was asked for before.
    pub fn new(plate: Option<String>, colour: Option<u8>) -> Self {
        Self {
            typed: RwSignal::new(plate.unwrap_or_default()),
            colour: RwSignal::new(colour.unwrap_or_default()),
            missed: RwSignal::new(false),
        }
    }

    /// The plate, plain, and its colour, as they stand now.
    pub fn shown(&self) -> (String, u8) {
        (self.typed.with(|typed| plain(typed)), self.colour.get())
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.typed.with(|typed| plain(typed).is_empty())
    }

    /// The plate and its colour where it is a whole one; from now on a part of one is complained about.
    pub fn whole(&self) -> Option<(String, u8)> {
        let (plate, colour) = untrack(|| self.shown());
        let is_whole = !is_too_short(&plate);
        self.missed.set(!is_whole);
        is_whole.then_some((plate, colour))
    }

    /// Nothing is typed any more.
    pub fn clear(&self) {
        self.typed.set(String::new());
        self.missed.set(false);
    }
}

/// The field of a plate, and its colour.
#[component]
pub fn PlateField(
    /// What is typed.
    value: PlateEntry,
    /// Whether it has the focus when it appears.
    #[prop(optional)]
    focus: bool,
) -> impl IntoView {
    let wrong = Signal::derive(move || {
        let short = value.missed.get() && is_too_short(&value.shown().0);
        short.then(|| texts().records.find.plate_missing)
    });
    view! {
        <Field
            name="plate"
            label=text(|t| t.records.find.plate)
            value=value.typed
            hint=text(|t| t.records.find.plate_hint)
            wrong=wrong
            scan=true
            focus=focus
            class="plate-input"
        />
        <label class="field">
            <span>{text(|t| t.records.find.colour)}</span>
            <Colours chosen=value.colour />
        </label>
    }
}

#[component]
fn Colours(chosen: RwSignal<u8>) -> impl IntoView {
    let option = |code: u8| {
        let name = move || texts().plate_colour(code);
        view! { <option value=code.to_string()>{name}</option> }
    };
    view! {
        <select
            prop:value=move || chosen.get().to_string()
            on:change=move |event| {
                if let Ok(code) = event_target_value(&event).parse() {
                    chosen.set(code);
                }
            }
        >
            {COLOURS.map(option).collect_view()}
        </select>
    }
}

/// The plate in what was typed or scanned: without gaps and dots, letters in capitals, and narrow where an
/// input method wrote them wide.
fn plain(typed: &str) -> String {
    let narrow = |c| match c {
        '\u{FF10}'..='\u{FF5A}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    };
    let gap = |c: &char| c.is_whitespace() || matches!(c, '\u{B7}' | '\u{30FB}' | '.' | '-');
    let letters = typed.chars().map(narrow).filter(|c| !gap(c));
    letters.map(|c| c.to_ascii_uppercase()).collect()
}

fn is_too_short(plate: &str) -> bool {
    plate.chars().count() < SHORTEST_PLATE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plate_is_found_however_it_was_typed() {
        for typed in [
            "甘A12345",
            "甘a12345",
            " 甘A·12345 ",
            "甘Ａ１２３４５",
            "甘A-123 45",
        ] {
            assert_eq!(plain(typed), "甘A12345", "{typed}");
        }
    }

    #[test]
    fn a_part_of_a_plate_is_not_asked_for() {
        assert!(is_too_short("甘A123"));
        assert!(!is_too_short("甘A12345"));
        assert!(!is_too_short("甘AD00033"));
    }
}
