//! One operation at a time.

use std::cell::Cell;

use super::waiting::Waiting;

/// Lets one in at a time.
#[derive(Debug, Default)]
pub struct Turnstile {
    taken: Cell<bool>,
    waiting: Waiting,
}

impl Turnstile {
    /// Waits until nobody else is in; the turn ends when the value is dropped.
    pub async fn enter(&self) -> Turn<'_> {
        let enter = || (!self.taken.replace(true)).then_some(());
        self.waiting.until(enter).await;
        Turn(self)
    }

    /// Whether somebody is in.
    pub fn is_taken(&self) -> bool {
        self.taken.get()
    }
}

/// The right to run the next operation.
#[derive(Debug)]
pub struct Turn<'a>(&'a Turnstile);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.taken.set(false);
        self.0.waiting.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn one_waits_until_the_other_has_gone_also_if_it_was_dropped_waiting() {
        let turnstile = Turnstile::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut first = Box::pin(turnstile.enter());
        let Poll::Ready(turn) = first.as_mut().poll(&mut context) else {
            panic!("nobody is in");
        };
        let mut dropped = Box::pin(turnstile.enter());
        assert!(dropped.as_mut().poll(&mut context).is_pending());
        let mut second = pin!(turnstile.enter());
        assert!(second.as_mut().poll(&mut context).is_pending());
        drop(dropped);
        drop(turn);
        assert!(!turnstile.is_taken());
        assert!(second.as_mut().poll(&mut context).is_ready());
    }
}
