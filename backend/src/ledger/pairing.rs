//! Card, tag and vehicle belong together, one of each; and what became of a tag that no longer belongs to any.

use apdu_core::authority::CardStatus;
use apdu_core::bcd::CardNumber;
use apdu_core::obu::ContractSerial;

use super::attempt::{Chip, Teller, WriteAttempt};
use super::tag::Tag;

/// A tag on its vehicle, with the card that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairing {
    /// Its identity.
    pub id: String,
    /// The card; missing for a tag that was issued elsewhere, until a card of its vehicle is shown with it.
    pub card: Option<CardNumber>,
    /// The tag.
    pub tag: ContractSerial,
    /// Plate 车牌号码.
    pub plate: String,
    /// Plate colour 车牌颜色.
    pub plate_colour: u8,
    /// When it began, ms UTC.
    pub begun_at: i64,
    /// When and why it ended, if it did.
    pub ended: Option<(i64, Ended)>,
}

/// Why a pairing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// 换签: the tag was handed in for another one.
    Exchanged,
    /// 补签: the tag was lost.
    Replaced,
    /// 注销
    Cancelled,
}

impl Pairing {
    /// The pairing of a tag that comes into the stock issued and in use. Its number is the tag's.
    pub fn of_stock(tag: &Tag, now: i64) -> Option<Self> {
        let issued = tag.issued.as_ref()?;
        let in_use = matches!(tag.status, CardStatus::Normal | CardStatus::Suspended);
        in_use.then(|| Self {
            id: format!("stock {}", tag.serial),
            card: None,
            tag: tag.serial,
            plate: issued.plate.clone(),
            plate_colour: issued.plate_colour,
            begun_at: now,
            ended: None,
        })
    }

    /// Whether it belongs to this card: by its number, or, where it has none yet, by its vehicle.
    pub fn is_of(&self, card: CardNumber, plate: &str, plate_colour: u8) -> bool {
        match self.card {
            Some(number) => number == card,
            None => (self.plate.as_str(), self.plate_colour) == (plate, plate_colour),
        }
    }
}

impl Pairing {
    /// The tag goes with this card from now on. One of which no card is known is found by its vehicle, which stays.
    pub fn moved_to(&self, card: CardNumber, why: Ended, teller: &Teller<'_>) -> Vec<ChipWrite> {
        if self.card.is_none() {
            return Vec::new();
        }
        let next = Self {
            id: (teller.new_id)(),
            card: Some(card),
            begun_at: teller.now,
            ..self.clone()
        };
        vec![
            ChipWrite::UpdatePairing(self.ended(why, teller.now)),
            ChipWrite::InsertPairing(next),
        ]
    }

    /// The same, ended.
    pub(super) fn ended(&self, why: Ended, at: i64) -> Self {
        Self {
            ended: Some((at, why)),
            ..self.clone()
        }
    }
}

/// A chip that somebody has to hand in; it stays on the list until a second person ticks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandIn {
    /// Its identity.
    pub id: String,
    /// Which chip.
    pub chip: Chip,
    /// Why.
    pub reason: HandInReason,
    /// Who had it last.
    pub operator: String,
    /// At which outlet.
    pub outlet: String,
    /// When, ms UTC.
    pub at: i64,
    /// Who ticked it and when, if somebody did.
    pub ticked: Option<(String, i64)>,
}

impl HandIn {
    /// A chip that this teller has to hand in from now on.
    pub fn new(chip: Chip, reason: HandInReason, teller: &Teller<'_>) -> Self {
        Self {
            id: (teller.new_id)(),
            chip,
            reason,
            operator: teller.operator.to_owned(),
            outlet: teller.outlet.to_owned(),
            at: teller.now,
            ticked: None,
        }
    }
}

/// One row to write about a chip, be it a card or a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChipWrite {
    /// A new attempt. A second open one on the same chip fails.
    InsertAttempt(WriteAttempt),
    /// An attempt with what was signed since, or with its outcome.
    UpdateAttempt(WriteAttempt),
    /// A new pairing. A second living one of its card, its tag or its vehicle fails.
    InsertPairing(Pairing),
    /// A living pairing that has found its card, or ends. One that has ended meanwhile is a lost race.
    UpdatePairing(Pairing),
    /// A chip for the hand-in list. One that waits there already stays as it was listed first.
    InsertHandIn(HandIn),
}

/// Why a chip has to be handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandInReason {
    /// Another one took its place.
    Exchanged,
    /// It does not take what is signed for it (`6988`).
    Forbids,
    /// Writing it failed too often.
    Failed,
    /// It was half written, and another one was taken instead.
    GivenUp,
}
