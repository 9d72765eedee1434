//! Tasks of cards: 用户卡办理, 卡片激活.
//!
//! ```text
//! begin ─▶ open ─show─▶ done
//!           │ ▲  └─▶ named files ─sign─▶ an attempt is open ─┐
//!           │ └──────────── show settles it ◀────────────────┘
//!           └─ refused 6988, failed too often, another card taken ─▶ stopped
//! ```
//!
//! Once something was signed for a card, only the same application gets it, and the same bytes.

mod application;
mod begin;
mod compare;
mod files;
mod give_up;
mod show;
mod sign;

use apdu_core::authority::{
    CardFile as Written, CardMode, CardStatus, CardTaskState, InitForLoad, RecordId,
};
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use apdu_core::hex::Fixed;

use super::attempt::{Attempts, Chip, Teller, Verdict, WriteAttempt};
use super::card::{Card, CardFile};
use super::change::{Change, Write};
use super::create::nonce_terminal;
use super::limits::{NONCE_LIFE, PREFLIGHT_AMOUNT};
use super::pairing::{ChipWrite, HandIn, HandInReason};

pub use application::ApplicationFile;
pub use begin::{BeginActivate, BeginIssue, activate, done_already, issue};
pub use compare::differences;
pub use files::{HolderMark, Unfit, holder_file};
pub use give_up::{GivenUp, give_up};
pub use show::{CardFacts, CardSeen, show};
pub use sign::{refused, sign};

/// A task as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardJob {
    /// Its identity.
    pub id: RecordId,
    /// What is to be done.
    pub work: CardJobWork,
    /// The card.
    pub card: CardNumber,
    /// Plate 车牌号码 of the vehicle.
    pub plate: String,
    /// Plate colour 车牌颜色.
    pub plate_colour: u8,
    /// Vehicle class 车型.
    pub vehicle_class: u8,
    /// Where it stands.
    pub state: CardTaskState,
    /// What the card is to hold in the end.
    pub wanted: WantedFiles,
    /// The terminal number by which the card proves that it is there, for the next showing.
    pub nonce: Option<PresenceNonce>,
    /// What the last showing allows.
    pub showing: Option<CardShowing>,
    /// Who began it.
    pub operator: String,
    /// Code of the outlet where it began.
    pub outlet: String,
    /// When, ms UTC.
    pub opened_at: i64,
    /// Grows with every change; compare-and-swap hangs on it.
    pub version: i64,
}

/// What is to be done with a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardJobWork {
    /// 用户卡办理
    Issue {
        /// Identity of the application.
        application: String,
        /// What happens to the card that the vehicle had before.
        mode: CardMode,
    },
    /// 卡片激活
    Activate,
}

/// What a card is to hold, composed from the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedFiles {
    /// File 0016, as it is recognised. Missing where the records do not have it: it is not written then.
    pub holder: Option<HolderMark>,
    /// File 0015, whole.
    pub issue: Vec<u8>,
}

/// A terminal number of ours that makes the INIT of a card's next showing fresh. Single use; it stands in for no
/// other nonce of the card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceNonce {
    /// The number.
    pub terminal: [u8; 6],
    /// To whom it was given out.
    pub operator: String,
    /// When, ms UTC.
    pub issued_at: i64,
}

impl PresenceNonce {
    /// Whether this operator may still show an INIT that was made with it.
    pub fn is_good(&self, operator: &str, terminal: [u8; 6], now: i64) -> bool {
        self.operator == operator
            && self.terminal == terminal
            && (self.issued_at..self.issued_at + NONCE_LIFE).contains(&now)
    }
}

/// What one showing of a card allows, for as long as a nonce lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardShowing {
    /// Who showed it.
    pub operator: String,
    /// When, ms UTC.
    pub at: i64,
    /// Whether the card has proved that it was there, or is of a kind that cannot.
    pub present: bool,
    /// What may still be signed, in this order.
    pub left: Vec<Written>,
    /// File 0016 as it was shown.
    pub holder: HolderMark,
    /// File 0015 as it was shown.
    pub issue: Vec<u8>,
}

/// Everything a decision about writing a card needs, as it is at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardHistory {
    /// The card, and what loads know about it.
    pub file: CardFile,
    /// Its open task.
    pub job: Option<CardJob>,
    /// The task that issued it, or began to.
    pub issue: Option<CardJob>,
    /// All attempts to write it, oldest first.
    pub attempts: Attempts,
}

/// A task after a decision, and what has to be written for it, all in one transaction or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardDecision {
    /// The task as it will stand.
    pub job: CardJob,
    /// The card as it will stand.
    pub card: Card,
    /// What is written about this card, and about others.
    pub changes: Vec<Change>,
    /// What is written about chips.
    pub chips: Vec<ChipWrite>,
    /// Why the request is refused all the same: what it taught is written first.
    pub refusal: Option<Code>,
}

/// Whether cards of this kind can prove that they are there: their purse takes a terminal number that is none.
pub fn proves_presence(card: &Card) -> bool {
    !card.purse.refuses_odd_terminals
}

/// The INIT of this number for this card. A purse that refuses 1 fen is asked for more; nothing is ever credited.
pub fn presence_init(card: &Card, terminal: [u8; 6]) -> InitForLoad {
    InitForLoad {
        key_index: card.purse.key_index,
        amount: Some(presence_amount(card)),
        terminal: Fixed(terminal),
    }
}

/// Amount of that INIT, in fen.
pub fn presence_amount(card: &Card) -> u32 {
    match card.purse.refuses_one_fen {
        true => 10_000,
        false => PREFLIGHT_AMOUNT,
    }
}

/// A number for the next showing of this card. `draw` gives random bytes.
pub fn presence_nonce(operator: &str, draw: impl FnMut() -> u8, now: i64) -> PresenceNonce {
    PresenceNonce {
        terminal: nonce_terminal(draw),
        operator: operator.to_owned(),
        issued_at: now,
    }
}

impl CardDecision {
    /// Gives an open task the number of its next showing; takes it from one that has ended.
    pub fn with_nonce(mut self, nonce: impl FnOnce() -> PresenceNonce) -> Self {
        let is_open = self.job.state == CardTaskState::Open && self.refusal.is_none();
        let nonce = (is_open && proves_presence(&self.card)).then(nonce);
        self.job.nonce = nonce.clone();
        for change in &mut self.changes {
            for write in &mut change.writes {
                if let Write::InsertCardJob(job) | Write::UpdateCardJob(job) = write
                    && job.id == self.job.id
                {
                    job.nonce = nonce.clone();
                }
            }
        }
        self
    }

    /// The same decision, with what the card's proof has taught.
    pub fn with_learned(mut self, learned: Vec<Write>) -> Self {
        if let Some(change) = self.changes.first_mut() {
            change.writes.splice(0..0, learned);
        }
        self
    }
}

/// What a decision has come to so far.
struct Draft {
    before: Card,
    job: CardJob,
    card: Card,
    attempts: Attempts,
    writes: Vec<Write>,
    others: Vec<Change>,
    chips: Vec<ChipWrite>,
}

impl Draft {
    fn of(job: &CardJob, history: &CardHistory) -> Self {
        Self {
            before: history.file.card.clone(),
            job: job.clone(),
            card: history.file.card.clone(),
            attempts: history.attempts.clone(),
            writes: Vec::new(),
            others: Vec::new(),
            chips: Vec::new(),
        }
    }

    /// The decision about a task that is there already.
    fn done(mut self, refusal: Option<Code>) -> CardDecision {
        let write = Write::UpdateCardJob(Box::new(self.job.clone()));
        self.writes.push(write);
        self.written(refusal)
    }

    /// The decision about a new one.
    fn begun(mut self) -> CardDecision {
        let write = Write::InsertCardJob(Box::new(self.job.clone()));
        self.writes.push(write);
        self.written(None)
    }

    /// The decision that there is none.
    fn refused(self, code: Code) -> CardDecision {
        self.written(Some(code))
    }

    fn written(mut self, refusal: Option<Code>) -> CardDecision {
        if self.card != self.before {
            let card = Write::PutCard(Box::new(self.card.clone()));
            self.writes.insert(0, card);
        }
        // This card comes first: a race about it is the likeliest.
        let own = Change::of(&self.before, self.writes);
        let changes = std::iter::once(own).chain(self.others).collect();
        CardDecision {
            job: self.job,
            card: self.card,
            changes,
            chips: self.chips,
            refusal,
        }
    }

    /// An attempt in its new state.
    fn settle(&mut self, attempt: WriteAttempt) {
        self.attempts = self.attempts.with(&attempt);
        self.chips.push(ChipWrite::UpdateAttempt(attempt));
    }

    /// The task ends for this reason.
    fn stop(&mut self, code: Code) {
        self.job.state = CardTaskState::Stopped(code);
        self.job.nonce = None;
        self.job.showing = None;
    }

    /// The card is of no use any more: its status says why, and it is to be handed in.
    fn hand_in(&mut self, status: CardStatus, reason: HandInReason, teller: &Teller<'_>) {
        self.card.status = status;
        let chip = Chip::Card(self.card.number);
        let listed = HandIn::new(chip, reason, teller);
        self.chips.push(ChipWrite::InsertHandIn(listed));
    }

    /// After a failure: goes on, takes another card, gives the card up, or says that it is not the cards.
    fn judge(
        &mut self,
        application: Option<&ApplicationFile>,
        teller: &Teller<'_>,
    ) -> Result<(), Code> {
        let verdict = self.attempts.verdict(teller.outlet, teller.now);
        if verdict == Verdict::Damaged {
            self.hand_in(CardStatus::Damaged, HandInReason::Failed, teller);
        }
        let too_many = application.is_some_and(|file| file.is_not_the_cards(self, teller.now));
        let code = match verdict {
            _ if too_many => Code::NotTheCards,
            Verdict::GoOn => return Ok(()),
            Verdict::TakeAnother => Code::TakeAnotherCard,
            Verdict::Damaged => Code::CardFailedThrice,
        };
        self.stop(code);
        Err(code)
    }
}

impl CardJob {
    /// The refusal of a question that an ended task does not answer.
    fn must_be_open(&self) -> Result<(), Code> {
        match self.state {
            CardTaskState::Open => Ok(()),
            CardTaskState::Done => Err(Code::CardTaskOver),
            CardTaskState::Stopped(code) => Err(code),
        }
    }

    /// The application it issues a card for.
    pub fn application(&self) -> Option<&str> {
        match &self.work {
            CardJobWork::Issue { application, .. } => Some(application),
            CardJobWork::Activate => None,
        }
    }

    /// The same, ended for this reason.
    fn ended(&self, code: Code) -> Self {
        Self {
            state: CardTaskState::Stopped(code),
            nonce: None,
            showing: None,
            ..self.clone()
        }
    }
}

/// Whether anything may be written on this card: loads stand still on it only for a reason.
fn may_be_written(card: &Card) -> Result<(), Code> {
    match (card.stopped, card.status.refusal()) {
        (Some(_), _) => Err(Code::CardStopped),
        (None, Some(code)) => Err(code),
        (None, None) => Ok(()),
    }
}

/// The word of a file in an attempt.
fn part(file: Written) -> &'static str {
    match file {
        Written::Holder => "holder",
        Written::Issue => "issue",
    }
}
