//! What the ledger keeps: cards, recharge records, authorisations, preflight numbers.

use apdu_core::authority::{CardProfile, CardStatus, RecordId};
use apdu_core::bcd::{CardNumber, Date};

use super::limits::NONCE_LIFE;

/// A card in the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The 20 digits printed on it.
    pub number: CardNumber,
    /// Stored-value or credit card.
    pub kind: CardKind,
    /// Version byte of file 0015.
    pub version: u8,
    /// First day of validity.
    pub start: Date,
    /// Last day of validity.
    pub expiry: Date,
    /// Plate 车牌号码.
    pub plate: String,
    /// Plate colour 车牌颜色, reference §7.1.
    pub plate_colour: u8,
    /// Vehicle class 车型, reference §7.2.
    pub vehicle_class: u8,
    /// Back-office status.
    pub status: CardStatus,
    /// How the card wants to be spoken to.
    pub profile: CardProfile,
    /// What its purse wants in a load.
    pub purse: Purse,
    /// The lowest counter the card can still stand at: the highest of a verified MAC1, or one more
    /// than a counter proved spent.
    pub proved_counter: u16,
    /// Grows with every change of anything about this card; compare-and-swap hangs on it.
    pub revision: i64,
}

/// Card type 卡片类型.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardKind {
    /// 储值卡, `22`.
    StoredValue,
    /// 记账卡, `23`.
    Credit,
}

impl CardKind {
    /// The number file 0015 holds.
    pub fn number(self) -> u8 {
        match self {
            Self::StoredValue => 22,
            Self::Credit => 23,
        }
    }

    /// The kind of a number in file 0015.
    pub fn of_number(number: u8) -> Option<Self> {
        match number {
            22 => Some(Self::StoredValue),
            23 => Some(Self::Credit),
            _ => None,
        }
    }
}

/// What a card's purse wants in an INITIALIZE FOR LOAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    /// Load key index: `01` 3DES, `41` SM4.
    pub key_index: u8,
    /// The purse refuses an INIT for 1 fen: preflight asks for the record's amount.
    pub refuses_one_fen: bool,
    /// The purse refuses terminal numbers that are not digits: preflight uses the PC's terminal.
    pub refuses_odd_terminals: bool,
}

/// A recharge record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its identity.
    pub id: RecordId,
    /// The card it belongs to.
    pub card: CardNumber,
    /// Amount in fen.
    pub amount: u32,
    /// Where it stands.
    pub state: State,
    /// The card's counter when the record was created.
    pub created_counter: u16,
    /// 充值前金额: the balance of the latest verified MAC1.
    pub balance_before: u32,
    /// When it was created, ms UTC.
    pub created_at: i64,
    /// Code of the outlet that created it.
    pub outlet: String,
    /// The operator who created it.
    pub operator: String,
    /// Grows with every change; compare-and-swap hangs on it.
    pub version: i64,
}

/// Where a record stands, with what is known there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// 未支付
    Created,
    /// 未圈存
    Paid,
    /// 半圈存(待核实): a CREDIT was authorised at this counter.
    Loading {
        /// The card's counter *n*, which an accepted CREDIT spends.
        counter: u16,
    },
    /// 已圈存: a TAC proves it.
    Loaded(Proof),
    /// 已关闭
    Closed,
}

/// What a verified TAC says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The counter that was spent.
    pub counter: u16,
    /// Which authorisation it was: the second (UTC) written in its CREDIT.
    pub second: i64,
    /// 充值后金额 in fen.
    pub balance_after: u32,
}

impl Record {
    /// Whether money lies in it that is not on the card yet, or may not be.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Paid | State::Loading { .. })
    }
}

/// Money taken for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentTaken {
    /// For which record; there is one payment per record.
    pub record: RecordId,
    /// How.
    pub kind: etc_api::PaymentKind,
    /// Amount in fen.
    pub amount: u32,
    /// Who confirmed it.
    pub operator: String,
    /// When, ms UTC.
    pub at: i64,
}

/// A CREDIT FOR LOAD that was authorised. Never changed, never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorisation {
    /// For which record.
    pub record: RecordId,
    /// For which card.
    pub card: CardNumber,
    /// At which counter *n* of the card.
    pub counter: u16,
    /// The card's balance before, from MAC1.
    pub balance: u32,
    /// The card's random in that INIT.
    pub random: [u8; 4],
    /// Amount in fen.
    pub amount: u32,
    /// The PC's terminal number.
    pub terminal: [u8; 6],
    /// Date and time of the CREDIT: a second (UTC). No two authorisations of a card share one, so
    /// that a TAC fits one authorisation only.
    pub second: i64,
    /// Who asked for it.
    pub operator: String,
}

/// A terminal number of ours that makes the card's next MAC1 fresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce {
    /// For which card. One is alive per card.
    pub card: CardNumber,
    /// The number.
    pub terminal: [u8; 6],
    /// What it may be used for.
    pub kind: NonceKind,
    /// When it was given out, ms UTC.
    pub issued_at: i64,
}

/// What a nonce may be used for. Nonces of different kinds never stand in for one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceKind {
    /// Proves card, keys and PIN before money is taken.
    Preflight,
}

impl Nonce {
    /// Whether it may still be used at `now`.
    pub fn is_alive(&self, now: i64) -> bool {
        (self.issued_at..self.issued_at + NONCE_LIFE).contains(&now)
    }
}

/// Everything a decision about a card needs. The card is read first: whatever changes later bumps
/// its revision, and a decision on stale facts is not committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFile {
    /// The card.
    pub card: Card,
    /// Its nonce, dead or alive.
    pub nonce: Option<Nonce>,
    /// Its records in state *created*.
    pub created: Vec<Record>,
    /// Its unfinished record (paid or loading); there is at most one.
    pub open: Option<Record>,
    /// The second of its latest authorisation.
    pub latest_second: Option<i64>,
}

/// An INIT answer whose MAC1 has verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedInit {
    /// The card's balance in fen.
    pub balance: u32,
    /// The card's online counter.
    pub counter: u16,
    /// The card's random.
    pub random: [u8; 4],
}

/// Who asks, as far as the ledger keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker<'a> {
    /// Operator name.
    pub operator: &'a str,
    /// Code of the operator's outlet.
    pub outlet: &'a str,
    /// Whether it is an own outlet.
    pub own: bool,
    /// Whether the operator is a supervisor.
    pub supervisor: bool,
    /// The PC's registered terminal number.
    pub terminal: [u8; 6],
}

/// One row to write. All rows of a [`Change`] are written in one transaction, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The card's nonce, in place of any other.
    PutNonce(Nonce),
    /// No nonce of this card lives on.
    DropNonces,
    /// A new record.
    InsertRecord(Record),
    /// A record in its new state. `version` is the one that was read.
    UpdateRecord(Record),
    /// A payment; a second one for the same record fails.
    InsertPayment(PaymentTaken),
    /// An authorisation; a second one with the same second on this card fails.
    InsertAuthorisation(Authorisation),
    /// The card's counter is proved to be at least this.
    ProveCounter(u16),
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
