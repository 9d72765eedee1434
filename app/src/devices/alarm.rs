//! The timer behind an engine's deadline.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use apdu_core::ccid::Millis;
use leptos::prelude::set_timeout;

use super::clock::now;

/// Rings when a deadline is over. It may ring for one that was moved meanwhile: the engine is told the time, and
/// decides by that.
#[derive(Debug, Default)]
pub struct Alarm(Rc<Cell<Option<Millis>>>);

impl Alarm {
    /// Has `ring` called when this deadline is over; nothing more where a timer is set for it already.
    pub fn set(&self, due: Option<Millis>, ring: impl FnOnce() + 'static) {
        if let (Some(ring), Some(due)) = (self.arm(due, ring), due) {
            let wait = due.saturating_sub(now()).max(1);
            set_timeout(ring, Duration::from_millis(wait));
        }
    }

    /// What a timer that has to be set has to call.
    fn arm(
        &self,
        due: Option<Millis>,
        ring: impl FnOnce() + 'static,
    ) -> Option<impl FnOnce() + 'static> {
        if self.0.replace(due) == due || due.is_none() {
            return None;
        }
        let set_for = self.0.clone();
        Some(move || {
            if set_for.get() == due {
                set_for.set(None);
            }
            ring();
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_timer_is_set_for_a_deadline_and_another_once_it_has_rung() {
        let alarm = Alarm::default();
        assert!(alarm.arm(None, || ()).is_none());
        let first = alarm.arm(Some(10), || ());
        assert!(alarm.arm(Some(10), || ()).is_none(), "it is set");
        first.expect("a timer")();
        let again = alarm.arm(Some(10), || ());
        assert!(again.is_some(), "it has rung, and the deadline stands");
    }

    #[test]
    fn a_deadline_that_was_moved_rings_and_leaves_the_next_one_set() {
        let alarm = Alarm::default();
        let rung = Rc::new(Cell::new(0));
        let ring = || {
            let rung = rung.clone();
            move || rung.set(rung.get() + 1)
        };
        let first = alarm.arm(Some(10), ring()).expect("a timer");
        let moved = alarm.arm(Some(20), ring()).expect("another timer");
        first();
        assert_eq!(rung.get(), 1);
        assert!(
            alarm.arm(Some(20), ring()).is_none(),
            "the second is still set"
        );
        moved();
        assert_eq!(rung.get(), 2);
    }
}
