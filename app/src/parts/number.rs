//! A card number in groups of four, to be compared with the print on the card. Copied, it has no gaps.

use apdu_core::bcd::CardNumber;
use leptos::prelude::*;

use crate::desk::Desk;

/// The 20 digits of a card. With masking on, the first and the last four.
#[component]
pub fn CardNo(
    /// The number.
    number: CardNumber,
) -> impl IntoView {
    let masked = Desk::get().masked;
    let groups = move || {
        let digits = number.to_string();
        let last = digits.len() / 4 - 1;
        (0..=last)
            .map(|i| {
                let hidden = masked.get() && i != 0 && i != last;
                let group = if hidden {
                    "****"
                } else {
                    &digits[4 * i..4 * i + 4]
                };
                view! { <span class="group">{group.to_owned()}</span> }
            })
            .collect_view()
    };
    view! { <span class="number">{groups}</span> }
}

/// Digits in groups of four, as one text.
pub fn grouped(digits: &str) -> String {
    let digits: Vec<_> = digits.chars().collect();
    let groups = digits.chunks(4);
    let groups: Vec<String> = groups.map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// The short form for the device bar: `6201…0017`.
pub fn short(number: CardNumber) -> String {
    let digits = number.to_string();
    format!("{}…{}", &digits[..4], &digits[16..])
}
