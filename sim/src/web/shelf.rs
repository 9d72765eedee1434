//! Where the plastic lies while it is not in the reader: localStorage, so that a reload or a new
//! tab meets the same cards.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::browser::{store, stored};
use crate::card::Card;
use crate::demo;

/// localStorage key: a JSON object from card id to card state.
const KEY: &str = "etc-sim-cards";

type Cards = BTreeMap<String, Card>;

/// The cards that have ever been used; the others are as the factory made them.
#[derive(Default)]
pub struct Shelf {
    /// What this page knows itself, for a browser without storage.
    own: RefCell<Cards>,
    /// The last state written, to leave storage alone when nothing has changed.
    last: RefCell<String>,
}

impl Shelf {
    /// The card `id` as it was kept last, by whichever tab.
    pub fn take(&self, id: &str) -> Option<Card> {
        self.cards().remove(id).or_else(|| demo::card(id))
    }

    /// Keeps the state of a card.
    pub fn keep(&self, id: &str, card: &Card) {
        let state = serde_json::to_string(card).unwrap_or_default();
        if *self.last.borrow() == state {
            return;
        }
        let mut cards = self.cards();
        cards.insert(id.to_owned(), card.clone());
        if let Ok(json) = serde_json::to_string(&cards) {
            store(KEY, Some(&json));
        }
        self.own.replace(cards);
        self.last.replace(state);
    }

    /// All cards as the factory made them.
    pub fn reset(&self) {
        store(KEY, None);
        self.own.take();
        self.last.take();
    }

    /// States that an older build wrote and this one cannot read count as none.
    fn cards(&self) -> Cards {
        match stored(KEY) {
            Some(json) => serde_json::from_str(&json).unwrap_or_default(),
            None => self.own.borrow().clone(),
        }
    }
}
