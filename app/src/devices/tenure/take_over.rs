//! Asking another tab for its reader, without browser and clock.

use apdu_core::ccid::Millis;
use apdu_core::fault::Code;

/// An owner that was asked twice has half of 3 s each time to say anything.
const ANSWER: Millis = 1_500;
/// How long an owner that agreed may take to close the reader.
const LET_GO: Millis = 10_000;

/// What tabs say to each other about one reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Give the reader to me.
    Ask,
    /// Not now: a task is under way here.
    Refuse,
    /// You can have it as soon as I have closed it.
    LetGo,
}

impl Word {
    /// The word as it goes over the channel, with the number of the tab that asks.
    pub fn write(self, asker: u32) -> String {
        format!("{} {asker:08x}", self.name())
    }

    /// The word and the number of the tab that asks; `None` for what no tab of ours says.
    pub fn read(message: &str) -> Option<(Self, u32)> {
        let (name, asker) = message.split_once(' ')?;
        let word = [Self::Ask, Self::Refuse, Self::LetGo]
            .into_iter()
            .find(|word| word.name() == name)?;
        Some((word, u32::from_str_radix(asker, 16).ok()?))
    }

    /// The owner's answer to [`Word::Ask`].
    pub fn answer(in_a_task: bool) -> Self {
        if in_a_task { Self::Refuse } else { Self::LetGo }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Refuse => "refuse",
            Self::LetGo => "let-go",
        }
    }
}

/// What the asking tab has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Go on waiting for the lock.
    Wait,
    /// Say [`Word::Ask`] again: the reader may have a new owner, which did not hear it.
    AskAgain,
    /// Take the lock away from its owner.
    Steal,
    /// The lock is ours.
    Own,
    /// Leave it to its owner.
    GiveUp(Code),
}

/// One attempt to take a reader over. Begins with [`Word::Ask`] on the channel and a place in the
/// lock's queue.
#[derive(Debug)]
pub struct TakeOver {
    deadline: Option<Millis>,
    may_ask_again: bool,
}

impl TakeOver {
    /// The question is asked at `now`.
    pub fn new(now: Millis) -> Self {
        Self {
            deadline: Some(now + ANSWER),
            may_ask_again: true,
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Millis> {
        self.deadline
    }

    /// The owner has answered.
    pub fn handle_word(&mut self, now: Millis, word: Word) -> Step {
        match word {
            Word::Refuse => {
                self.deadline = None;
                Step::GiveUp(Code::OtherTabBusy)
            }
            Word::LetGo => {
                self.deadline = Some(now + LET_GO);
                self.may_ask_again = false;
                Step::Wait
            }
            Word::Ask => Step::Wait, // a third tab asks as well
        }
    }

    /// The lock was granted: the owner has let go, or was robbed.
    pub fn handle_granted(&mut self) -> Step {
        self.deadline = None;
        Step::Own
    }

    /// An owner that stays silent hangs. Robbing it breaks nothing: it keeps the interface claimed until
    /// it wakes up or ends.
    pub fn handle_timeout(&mut self, now: Millis) -> Step {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return Step::Wait;
        }
        if std::mem::take(&mut self.may_ask_again) {
            self.deadline = Some(now + ANSWER);
            return Step::AskAgain;
        }
        self.deadline = None;
        Step::Steal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_nothing_else_is_one() {
        for word in [Word::Ask, Word::Refuse, Word::LetGo] {
            assert_eq!(
                Word::read(&word.write(0x0012_ABCD)),
                Some((word, 0x0012_ABCD))
            );
        }
        for message in ["", "ask", "ask ", "ask g", "steal 00000001", "ask 1 2"] {
            assert_eq!(Word::read(message), None, "{message:?}");
        }
    }

    #[test]
    fn an_owner_in_a_task_keeps_the_reader() {
        assert_eq!(Word::answer(true), Word::Refuse);
        let mut asking = TakeOver::new(100);
        let refused = asking.handle_word(150, Word::answer(true));
        assert_eq!(refused, Step::GiveUp(Code::OtherTabBusy));
        assert_eq!(asking.poll_timeout(), None, "and is never robbed");
        assert_eq!(asking.handle_timeout(1_000_000), Step::Wait);
    }

    #[test]
    fn an_idle_owner_lets_go() {
        assert_eq!(Word::answer(false), Word::LetGo);
        let mut asking = TakeOver::new(100);
        assert_eq!(asking.handle_word(150, Word::LetGo), Step::Wait);
        assert_eq!(
            asking.handle_timeout(3_100),
            Step::Wait,
            "it has answered in time"
        );
        assert_eq!(asking.handle_granted(), Step::Own);
        assert_eq!(asking.poll_timeout(), None);
    }

    #[test]
    fn only_silence_is_robbed_and_not_before_its_time() {
        let mut asking = TakeOver::new(100);
        assert_eq!(asking.poll_timeout(), Some(1_600));
        assert_eq!(asking.handle_timeout(1_599), Step::Wait);
        assert_eq!(asking.handle_timeout(1_600), Step::AskAgain);
        assert_eq!(asking.handle_timeout(3_099), Step::Wait);
        assert_eq!(asking.handle_timeout(3_100), Step::Steal);
        assert_eq!(asking.handle_timeout(9_999), Step::Wait, "once");
        assert_eq!(asking.handle_granted(), Step::Own);
    }

    #[test]
    fn an_owner_that_answers_only_the_second_time_is_not_robbed() {
        let mut asking = TakeOver::new(100);
        assert_eq!(asking.handle_timeout(1_600), Step::AskAgain);
        let refused = asking.handle_word(1_700, Word::Refuse);
        assert_eq!(refused, Step::GiveUp(Code::OtherTabBusy));
        assert_eq!(asking.handle_timeout(3_100), Step::Wait);
    }

    #[test]
    fn a_promise_that_is_not_kept_is_taken_at_its_word() {
        let mut asking = TakeOver::new(100);
        assert_eq!(asking.handle_word(200, Word::LetGo), Step::Wait);
        assert_eq!(asking.handle_timeout(10_199), Step::Wait);
        assert_eq!(asking.handle_timeout(10_200), Step::Steal);
    }

    #[test]
    fn a_third_tab_that_asks_changes_nothing() {
        let mut asking = TakeOver::new(100);
        assert_eq!(asking.handle_word(200, Word::Ask), Step::Wait);
        assert_eq!(asking.poll_timeout(), Some(1_600));
    }
}
