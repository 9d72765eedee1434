//! A number plate, drawn in its colours, with the colour's name beside it.

use leptos::prelude::*;

use crate::desk::Desk;
use crate::i18n::texts;

/// A plate as it looks on the car. Copied, it is the plain plate without the dot.
#[component]
pub fn PlateBadge(
    /// Plate, province and letter first.
    #[prop(into)]
    plate: String,
    /// Plate colour 车牌颜色, 0 to 6.
    colour: u8,
) -> impl IntoView {
    let masked = Desk::get().masked;
    let face = move || {
        let shown = if masked.get() {
            shielded(&plate)
        } else {
            plate.clone()
        };
        // The dot stands behind province and letter; it is drawn, not written.
        let at = shown
            .char_indices()
            .nth(2)
            .map_or(shown.len(), |(at, _)| at);
        let (region, rest) = shown.split_at(at);
        view! {
            <span class="plate-region">{region.to_owned()}</span>
            <span class="plate-rest">{rest.to_owned()}</span>
        }
    };
    let known = colour <= 6;
    view! {
        <span class="plate">
            <span class=if known { format!("plate-face plate-{colour}") } else { "plate-face".into() }>
                {face}
            </span>
            <span class="plate-colour">{move || texts().plate_colour(colour)}</span>
        </span>
    }
}

/// Province, letter and the last character; enough to tell two cars apart on a shared screen.
fn shielded(plate: &str) -> String {
    let count = plate.chars().count();
    let hide = |(i, c)| if i < 2 || i + 1 == count { c } else { '*' };
    plate.chars().enumerate().map(hide).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shielded_plate_keeps_both_ends() {
        assert_eq!(shielded("甘A12345"), "甘A****5");
        assert_eq!(shielded("甘A"), "甘A");
        assert_eq!(shielded(""), "");
    }
}
