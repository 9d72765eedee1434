//! Where cards and tags lie while they are not at a device: localStorage, so that a reload or a new tab
//! meets the same ones.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::browser::{store, stored};
use crate::card::Card;
use crate::demo;
use crate::tag::Tag;

/// The things of one deck that have ever been used; the others are as the factory made them.
pub struct Shelf<T> {
    /// localStorage key: a JSON object from id to state.
    key: &'static str,
    /// One fresh from the factory.
    fresh: fn(&str) -> Option<T>,
    /// What this page knows itself, for a browser without storage.
    own: RefCell<BTreeMap<String, T>>,
    /// The last state written, to leave storage alone when nothing has changed.
    last: RefCell<String>,
}

impl Shelf<Card> {
    /// The shelf of the demo cards.
    pub fn of_cards() -> Self {
        Self::new("etc-sim-cards", demo::card)
    }
}

impl Shelf<Tag> {
    /// The shelf of the demo tags.
    pub fn of_tags() -> Self {
        Self::new("etc-sim-tags", demo::tag)
    }
}

impl<T: Clone + Serialize + DeserializeOwned> Shelf<T> {
    fn new(key: &'static str, fresh: fn(&str) -> Option<T>) -> Self {
        Self {
            key,
            fresh,
            own: RefCell::default(),
            last: RefCell::default(),
        }
    }

    /// The thing `id` as it was kept last, by whichever tab.
    pub fn take(&self, id: &str) -> Option<T> {
        self.all().remove(id).or_else(|| (self.fresh)(id))
    }

    /// Keeps the state of a thing.
    pub fn keep(&self, id: &str, thing: &T) {
        let state = serde_json::to_string(thing).unwrap_or_default();
        if *self.last.borrow() == state {
            return;
        }
        let mut all = self.all();
        all.insert(id.to_owned(), thing.clone());
        if let Ok(json) = serde_json::to_string(&all) {
            store(self.key, Some(&json));
        }
        self.own.replace(all);
        self.last.replace(state);
    }

    /// Everything as the factory made it.
    pub fn reset(&self) {
        store(self.key, None);
        self.own.take();
        self.last.take();
    }

    /// States that an older build wrote and this one cannot read count as none.
    fn all(&self) -> BTreeMap<String, T> {
        match stored(self.key) {
            Some(json) => serde_json::from_str(&json).unwrap_or_default(),
            None => self.own.borrow().clone(),
        }
    }
}
