//! Who wants to hear of an event.

use std::cell::RefCell;

use js_sys::{Function, Object};

/// The listeners of one event target.
#[derive(Default)]
pub struct Listeners(RefCell<Vec<(String, Function)>>);

impl Listeners {
    /// Adds a listener; one that is there already is not added twice.
    pub fn add(&self, kind: String, listener: Function) {
        self.remove(&kind, &listener);
        self.0.borrow_mut().push((kind, listener));
    }

    /// Takes a listener away.
    pub fn remove(&self, kind: &str, listener: &Function) {
        self.0
            .borrow_mut()
            .retain(|(of, known)| of != kind || !Object::is(known, listener));
    }

    /// Those that wait for this kind of event, in the order in which they came.
    pub fn of(&self, kind: &str) -> Vec<Function> {
        let all = self.0.borrow();
        let wanted = all.iter().filter(|(of, _)| of == kind);
        wanted.map(|(_, listener)| listener.clone()).collect()
    }
}
