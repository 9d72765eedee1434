//! Who waits for something that another task changes.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Those who wait.
#[derive(Debug, Default)]
pub struct Waiting(RefCell<Vec<Waker>>);

impl Waiting {
    /// Waits until a look gives something: the first at once, another after each [`wake`](Self::wake).
    pub async fn until<T>(&self, look: impl Fn() -> Option<T>) -> T {
        poll_fn(|context| match look() {
            Some(found) => Poll::Ready(found),
            None => {
                self.0.borrow_mut().push(context.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// Has all who wait look again.
    pub fn wake(&self) {
        for waker in self.0.take() {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake};

    use super::*;

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn whoever_waits_looks_again_when_woken_and_is_woken_once() {
        let (waiting, there) = (Waiting::default(), Cell::new(None));
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(bell.clone());
        let mut context = Context::from_waker(&waker);
        let rung = || bell.0.load(Ordering::Relaxed);

        let mut found = pin!(waiting.until(|| there.get()));
        assert!(found.as_mut().poll(&mut context).is_pending());
        waiting.wake();
        assert_eq!(rung(), 1);
        waiting.wake();
        assert_eq!(rung(), 1, "it has not looked again");
        assert!(found.as_mut().poll(&mut context).is_pending());
        there.set(Some(7));
        waiting.wake();
        assert_eq!(rung(), 2);
        assert_eq!(found.as_mut().poll(&mut context), Poll::Ready(7));
    }

    #[test]
    fn what_is_there_is_not_waited_for() {
        let waiting = Waiting::default();
        let mut context = Context::from_waker(Waker::noop());
        let found = pin!(waiting.until(|| Some(7)));
        assert_eq!(found.poll(&mut context), Poll::Ready(7));
        assert!(waiting.0.borrow().is_empty());
    }
}
