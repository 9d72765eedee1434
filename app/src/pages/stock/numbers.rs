//! Numbers of chips as they are typed or scanned, one after the other.

use apdu_core::bcd::CardNumber;

/// Chips of one kind, by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chips {
    /// Tags, by SN 码, 16 digits each.
    Tags(Vec<String>),
    /// Cards, 20 digits each.
    Cards(Vec<CardNumber>),
}

impl Chips {
    /// What was typed, with spaces, commas or semicolons between, narrow or wide; nothing where one of them is no
    /// number, or they are of both kinds.
    pub fn of(typed: &str) -> Option<Self> {
        let words = typed
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '\u{FF0C}' | ';' | '\u{FF1B}'));
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let is_sn = |word: &&str| word.len() == 16 && word.bytes().all(|c| c.is_ascii_digit());
        match words.as_slice() {
            [] => None,
            tags if tags.iter().all(is_sn) => {
                Some(Self::Tags(tags.iter().map(|&sn| sn.to_owned()).collect()))
            }
            cards => {
                let cards = cards.iter().map(|word| word.parse().ok());
                cards.collect::<Option<_>>().map(Self::Cards)
            }
        }
    }

    /// How many.
    pub fn count(self) -> usize {
        match self {
            Self::Tags(sns) => sns.len(),
            Self::Cards(cards) => cards.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scanned_one_after_the_other() {
        let two = Some(Chips::Tags(vec![
            "6210230100010041".to_owned(),
            "6210230100010090".to_owned(),
        ]));
        assert_eq!(Chips::of("6210230100010041 6210230100010090"), two);
        let wide = "6210230100010041\u{FF0C}6210230100010090\u{FF1B}";
        assert_eq!(Chips::of(wide), two);
        let card = "62012201230100000157";
        let one = card.parse().map(|card| Chips::Cards(vec![card]));
        assert_eq!(Chips::of(card), one.ok());
        for wrong in [
            "",
            "6210230100010041 621023010001009",
            "6210230100010041 62012201230100000157",
        ] {
            assert_eq!(Chips::of(wrong), None, "{wrong}");
        }
    }
}
