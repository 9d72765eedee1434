//! A card in the records, and everything a decision about it needs.

use apdu_core::authority::{CardProfile, CardStatus, RecordId};
use apdu_core::bcd::{CardNumber, Date};
use apdu_core::fault::Code;

use super::card_task::HolderMark;
use super::limits::{CARD_YEARS, Day, NONCE_LIFE, SIGNATURES};
use super::record::{Record, State};
use super::switch::Switches;

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
    /// Where it is, how its files are written, and what was signed for it.
    pub stock: CardStock,
    /// The lowest counter the card can still stand at: the highest of a verified MAC1, or one more
    /// than a counter proved spent.
    pub proved_counter: u16,
    /// The counter up to which the counter book explains this card: it has a row for every value
    /// below, from the first one the card has shown here. Missing until the card has shown one.
    pub book: Option<u16>,
    /// The card has shown the same random twice: for ever without a let-go.
    pub weak_random: bool,
    /// Why all on this card stops, if it does.
    pub stopped: Option<CardStop>,
    /// Grows with every change of anything about this card; compare-and-swap hangs on it.
    pub revision: i64,
}

impl Card {
    /// Why nothing is done with this card: it was not issued, or its status says so.
    pub fn refusal(&self) -> Option<Code> {
        match self.stock.is_issued {
            true => self.status.refusal(),
            false => Some(Code::CardNotIssued),
        }
    }
}

/// A card as a thing that is kept in a drawer, handed out and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardStock {
    /// Whether it was issued. A card that was not has neither plate nor dates, and no load ever begins on it.
    pub is_issued: bool,
    /// Code of the outlet that it was handed out to, or that issued it; missing for the central stock, and for a
    /// card that was issued elsewhere.
    pub outlet: Option<String>,
    /// Issuer 发卡方标识, as on the chip: 4 bytes GBK, 4 bytes BCD.
    pub issuer: [u8; 8],
    /// User type 用户类型 in file 0015.
    pub user_type: u8,
    /// What follows the texts of file 0016.
    pub fill: HolderFill,
    /// For how many years this kind of card is issued.
    pub validity_years: u8,
    /// How many commands were signed for it, ever.
    pub signatures: u32,
    /// How many there may be before a supervisor is asked.
    pub allowed: u32,
    /// The task that issued it, or began to. While there is one, no other application may have it.
    pub issue: Option<String>,
    /// File 0016 of a card that was issued elsewhere, as it was when the card was taken into the records; missing
    /// where there was no key to recognise it by.
    pub holder: Option<HolderMark>,
}

/// A card of 甘肃 that was issued before this system, or elsewhere.
impl Default for CardStock {
    fn default() -> Self {
        Self {
            is_issued: true,
            outlet: None,
            issuer: GANSU,
            user_type: 0x00,
            fill: HolderFill::Zero,
            validity_years: CARD_YEARS,
            signatures: 0,
            allowed: SIGNATURES,
            issue: None,
            holder: None,
        }
    }
}

/// Issuer of the cards of 甘肃.
const GANSU: [u8; 8] = [0xB8, 0xCA, 0xCB, 0xE0, 0x62, 0x01, 0x00, 0x01];

/// What follows a text in file 0016 (reference §1.4): sources differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderFill {
    /// `00…`
    Zero,
    /// One `00`, then `FF…`
    ZeroThenFf,
}

/// Why nothing on a card is authorised until two persons have settled it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardStop {
    /// Its log shows a load by a terminal of ours that this ledger does not know: the ledger was
    /// restored from a backup, or a MAC2 has leaked.
    LostLoad,
    /// It has shown, freshly, a counter below what is proved: a copy of the card, or a lost ledger.
    OldCounter,
    /// It has shown, freshly, more money than it had when it was authorised.
    BalanceRose,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NonceKind {
    /// Proves card, keys and PIN before money is taken.
    Preflight,
    /// Proves that a torn load did not reach the card.
    LetGo {
        /// Which record's.
        record: RecordId,
        /// The second of the record's latest authorisation when the nonce was given out.
        second: i64,
    },
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
    /// Its unfinished record (paid, loading or refunding); there is at most one.
    pub open: Option<Record>,
    /// Its latest record that was given back without the card: whether it had been written is not known.
    pub given_up: Option<Record>,
    /// The second of its latest authorisation.
    pub latest_second: Option<i64>,
    /// Counters of the book's rows that nobody has explained, ascending.
    pub unexplained: Vec<u16>,
    /// How many let-go nonces were given out at the counter the open record is loading at.
    pub let_go_offers: u32,
}

impl CardFile {
    /// A card that is not in the records yet.
    pub fn of_newcomer(card: Card) -> Self {
        Self {
            card,
            nonce: None,
            created: Vec::new(),
            open: None,
            given_up: None,
            latest_second: None,
            unexplained: Vec::new(),
            let_go_offers: 0,
        }
    }

    /// The open record, if it is torn, with the counter it was authorised at.
    pub fn loading(&self) -> Option<(&Record, u16)> {
        let open = self.open.as_ref()?;
        match open.state {
            State::Loading { counter } => Some((open, counter)),
            _ => None,
        }
    }
}

/// An INIT answer whose MAC1 has verified, and what the INIT was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedInit {
    /// Amount of the INIT in fen.
    pub amount: u32,
    /// Terminal number of the INIT.
    pub terminal: [u8; 6],
    /// The terminal number was a live nonce of ours: the answer is no recording.
    pub fresh: bool,
    /// The card's balance in fen.
    pub balance: u32,
    /// The card's online counter.
    pub counter: u16,
    /// The card's random.
    pub random: [u8; 4],
    /// Whether this card has shown that random before.
    pub seen: Seen,
}

/// Whether a card has shown a random before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Never.
    Never,
    /// In this very INIT, word for word: the same answer, handed in again.
    Same,
    /// In another INIT: the card repeats itself.
    Repeated,
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
    /// The switches that are thrown.
    pub switches: &'a Switches,
    /// What the operator has opened today.
    pub day: Day,
}
