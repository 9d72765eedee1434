//! Which of several tabs has a reader (design §2: one tab owns a device).
//!
//! The Web Lock of a reader says who owns it. A tab that wants it asks the owner over a channel of the
//! lock's name: the owner refuses while it is in the middle of a task, else it lets go. Only an owner
//! that does not answer is robbed. [`TakeOver`] is the asking side.

mod lock;
mod take_over;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use apdu_core::fault::Code;
use leptos::prelude::set_timeout;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

use self::lock::{Ask, BroadcastChannel, Lock, Message, request};
use self::take_over::{Step, TakeOver, Word};
use super::clock::now;
use super::waiting::Waiting;

/// Who has readers in this tab.
pub trait Owner {
    /// Whether the reader must not be taken away now: a task runs, or a command that must not be
    /// repeated is out.
    fn in_a_task(&self) -> bool;

    /// Another tab has the reader from here on.
    fn let_go(&self);
}

/// The right of this tab to use one reader. Ends when dropped.
pub struct Tenure {
    _lock: Lock,
    _channel: Channel,
}

impl Tenure {
    /// Takes a reader that no tab has.
    pub async fn take(name: &str, owner: &Rc<dyn Owner>) -> Option<Self> {
        let lock = request(name, Ask::IfFree, when_lost(owner)).await?;
        Some(Self::new(name, lock, owner))
    }

    /// Takes a reader from the tab that has it.
    pub async fn take_over(name: &str, owner: &Rc<dyn Owner>) -> Result<Self, Code> {
        let inbox = Rc::new(Inbox::default());
        let asker = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        let heard = inbox.clone();
        let channel = Channel::open(name, move |word, to, _| {
            if to == asker {
                heard.put(Heard::Word(word));
            }
        });
        let waiting = AbortController::new().map_err(|_| Code::ReaderInOtherTab)?;
        spawn_local({
            let (name, inbox, signal) = (name.to_owned(), inbox.clone(), waiting.signal());
            // What is granted when nobody listens any more is dropped, and so released.
            let held = Rc::new(Cell::new(false));
            let lost = when_held(&held, when_lost(owner));
            async move {
                if let Some(lock) = request(&name, Ask::Wait(&signal), lost).await {
                    held.set(true);
                    inbox.put(Heard::Granted(lock));
                }
            }
        });
        channel.say(Word::Ask, asker);
        let mut asking = TakeOver::new(now());
        loop {
            if let Some(due) = asking.poll_timeout() {
                let inbox = inbox.clone();
                let wait = Duration::from_millis(due.saturating_sub(now()));
                set_timeout(move || inbox.put(Heard::Time), wait);
            }
            let mut granted = None;
            let step = match inbox.next().await {
                Heard::Word(word) => asking.handle_word(now(), word),
                Heard::Time => asking.handle_timeout(now()),
                Heard::Granted(lock) => {
                    granted = Some(lock);
                    asking.handle_granted()
                }
            };
            match (step, granted) {
                (Step::Own, Some(lock)) => return Ok(Self::new(name, lock, owner)),
                (Step::Wait | Step::Own, _) => {}
                (Step::AskAgain, _) => channel.say(Word::Ask, asker),
                (Step::Steal, _) => {
                    waiting.abort();
                    let stolen = request(name, Ask::Steal, when_lost(owner)).await;
                    inbox.put(Heard::Granted(stolen.ok_or(Code::ReaderInOtherTab)?));
                }
                (Step::GiveUp(code), _) => {
                    waiting.abort();
                    return Err(code);
                }
            }
        }
    }

    fn new(name: &str, lock: Lock, owner: &Rc<dyn Owner>) -> Self {
        let owner = owner.clone();
        let channel = Channel::open(name, move |word, asker, channel| {
            if word == Word::Ask {
                let answer = Word::answer(owner.in_a_task());
                channel.post_message(&answer.write(asker));
                if answer == Word::LetGo {
                    owner.let_go();
                }
            }
        });
        Self {
            _lock: lock,
            _channel: channel,
        }
    }
}

fn when_lost(owner: &Rc<dyn Owner>) -> impl FnOnce() + 'static {
    let owner = owner.clone();
    move || owner.let_go()
}

/// A lock that was waited for in vain was not lost.
fn when_held(held: &Rc<Cell<bool>>, lost: impl FnOnce() + 'static) -> impl FnOnce() + 'static {
    let held = held.clone();
    move || {
        if held.get() {
            lost();
        }
    }
}

/// What the asking tab waits for.
enum Heard {
    Word(Word),
    Granted(Lock),
    Time,
}

#[derive(Default)]
struct Inbox {
    heard: RefCell<VecDeque<Heard>>,
    waiting: Waiting,
}

impl Inbox {
    fn put(&self, heard: Heard) {
        self.heard.borrow_mut().push_back(heard);
        self.waiting.wake();
    }

    async fn next(&self) -> Heard {
        let heard = || self.heard.borrow_mut().pop_front();
        self.waiting.until(heard).await
    }
}

/// What the tabs say about one reader; nothing is heard any more once it is dropped.
struct Channel {
    channel: BroadcastChannel,
    _listener: Closure<dyn Fn(Message)>,
}

impl Channel {
    fn open(name: &str, hear: impl Fn(Word, u32, &BroadcastChannel) + 'static) -> Self {
        let channel = BroadcastChannel::new(name);
        let answer = channel.clone();
        let listener = Closure::<dyn Fn(Message)>::new(move |message: Message| {
            let said = message.data().as_string();
            if let Some((word, asker)) = said.as_deref().and_then(Word::read) {
                hear(word, asker, &answer);
            }
        });
        channel.set_onmessage(listener.as_ref());
        Self {
            channel,
            _listener: listener,
        }
    }

    fn say(&self, word: Word, asker: u32) {
        self.channel.post_message(&word.write(asker));
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.set_onmessage(&JsValue::NULL);
        self.channel.close();
    }
}
