//! What a decision writes: rows, all in one transaction or none.

use apdu_core::authority::CardStatus;
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;

use super::application::TurnedApplication;
use super::book::BookRow;
use super::card::{Card, CardStop, Nonce, VerifiedInit};
use super::card_task::CardJob;
use super::case::{Approval, Case};
use super::record::{Authorisation, MoneyBack, PaymentTaken, Record};
use super::vehicle::Vehicle;

/// One row to write. All rows of a [`Change`] are written in one transaction, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The card's nonce, in place of any other.
    PutNonce(Nonce),
    /// No nonce of this card lives on.
    DropNonces,
    /// One more let-go nonce was given out at this counter.
    CountLetGoOffer(u16),
    /// A new record.
    InsertRecord(Record),
    /// This operator opens one more record. Lost where another was opened since `openings` was read.
    CountOpening {
        /// Operator name.
        operator: String,
        /// As it was read, with what was opened today.
        openings: i64,
    },
    /// A record in its new state. `version` is the one that was read.
    UpdateRecord(Record),
    /// A payment; a second one for the same record, or with the same slip, fails, and so does one
    /// into a drawer that was closed meanwhile.
    InsertPayment(PaymentTaken),
    /// Money given back; under the same conditions.
    InsertMoneyBack(MoneyBack),
    /// An authorisation; a second one with the same second on this card fails.
    InsertAuthorisation(Authorisation),
    /// The card's counter is proved to be at least this.
    ProveCounter(u16),
    /// An INIT the card has shown, so that its random is known again.
    SawInit(VerifiedInit),
    /// The card repeats its randoms.
    MarkWeakRandom,
    /// A row of the card's counter book, in place of one for the same counter.
    PutBookRow(BookRow),
    /// The book explains the card up to this counter. It never shrinks.
    CloseBook(u16),
    /// All on this card stops.
    StopCard(CardStop),
    /// It goes on.
    LiftStop,
    /// The card's back-office status.
    SetStatus(CardStatus),
    /// The card as it is handed out, signed for, issued or renewed: status, validity, vehicle, outlet, signatures.
    PutCard(Box<Card>),
    /// A new task of a card. A second open one of the same card, or for the same application, fails.
    InsertCardJob(Box<CardJob>),
    /// A task in its new state. `version` is the one that was read.
    UpdateCardJob(Box<CardJob>),
    /// An application in its new state. Where a card was issued for it, whoever applied is that card's holder.
    TurnApplication(TurnedApplication),
    /// This card is given to a vehicle. Lost where the vehicle was given another one than `before` meanwhile.
    GiveCard {
        /// Plate 车牌号码.
        plate: String,
        /// Plate colour 车牌颜色.
        plate_colour: u8,
        /// The card that it was given last, as it was read.
        before: Option<CardNumber>,
    },
    /// The vehicle, where the records have none of this plate and colour.
    KeepVehicle(Box<Vehicle>),
    /// A new case; a second open one about the same record or card fails.
    InsertCase(Case),
    /// One person's approval; a second one by the same person fails.
    InsertApproval(Approval),
    /// A case in its new state. `version` is the one that was read.
    UpdateCase(Case),
}

/// What a decision writes about one card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The card.
    pub card: CardNumber,
    /// The card's revision the decision was made on. Any other in the store: a lost race.
    pub revision: i64,
    /// The rows.
    pub writes: Vec<Write>,
}

impl Change {
    /// A change of this card.
    pub fn of(card: &Card, writes: Vec<Write>) -> Self {
        Self {
            card: card.number,
            revision: card.revision,
            writes,
        }
    }
}

/// A record after a decision, and what has to be written for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The record as it will stand.
    pub record: Record,
    /// The writes.
    pub change: Change,
}

impl Decision {
    /// The same decision, with what else has to be written.
    pub fn with(mut self, more: Vec<Write>) -> Self {
        self.change.writes.extend(more);
        self
    }
}

/// A refusal of something that was proved: what the proof says about the card is kept all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Why.
    pub code: Code,
    /// What has to be written for it.
    pub writes: Vec<Write>,
}

impl From<Code> for Denied {
    fn from(code: Code) -> Self {
        Self {
            code,
            writes: Vec::new(),
        }
    }
}
