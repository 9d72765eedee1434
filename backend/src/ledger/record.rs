//! Recharge records, the money taken and given back for them, and the CREDITs authorised for them.

use apdu_core::authority::RecordId;
use apdu_core::bcd::CardNumber;

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
    /// 已圈存
    Loaded(Proof),
    /// 已关闭
    Closed,
    /// 退款中
    Refunding(Refund),
    /// 已退款
    Refunded(Refund),
    /// 异常(已圈存且已退款), or loaded twice: the owner decides.
    Conflict(Proof),
}

/// What shows that a record was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The counter that was spent.
    pub counter: u16,
    /// Which authorisation it was: the second (UTC) written in its CREDIT.
    pub second: i64,
    /// 充值后金额 in fen.
    pub balance_after: u32,
    /// What shows it.
    pub by: ProvedBy,
}

impl Proof {
    /// The proof that this authorisation was used.
    pub fn of(authorisation: &Authorisation, by: ProvedBy) -> Self {
        Self {
            counter: authorisation.counter,
            second: authorisation.second,
            // Cannot overflow: nothing is authorised above the card's limit.
            balance_after: authorisation.balance.saturating_add(authorisation.amount),
            by,
        }
    }

    /// Whether both are about the same CREDIT.
    pub fn is_of_same_credit(&self, other: &Self) -> bool {
        (self.counter, self.second) == (other.counter, other.second)
    }
}

/// What shows that a record was loaded, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvedBy {
    /// A TAC that verifies.
    Tac,
    /// The counter has moved on, and the card's log names the authorisation. Daily report.
    CounterAndLog,
    /// Two persons decided it.
    Decision,
}

/// A record's money on its way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Where the record came from, and goes back to when the refund is refused.
    pub from: RefundFrom,
    /// When it may be sent at the earliest, ms UTC.
    pub not_before: i64,
    /// When it was sent, ms UTC: from then on only the channel's last word ends it.
    pub sent_at: Option<i64>,
    /// Evidence that came after it was sent.
    pub proved: Option<Proof>,
}

/// Where a refund came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundFrom {
    /// *paid*: nothing that was authorised for it can be used any more.
    Paid,
    /// *loading*: two persons gave the card up.
    Loading {
        /// The counter it was authorised at.
        counter: u16,
    },
}

impl ProvedBy {
    /// Whether it disproves what that one says.
    pub fn outweighs(self, other: Self) -> bool {
        let weight = |by| match by {
            Self::Tac => 2,
            Self::CounterAndLog => 1,
            Self::Decision => 0,
        };
        weight(self) > weight(other)
    }
}

impl Record {
    /// Whether money lies in it that is neither on the card for sure, nor given back. Of such records
    /// a card has one at most.
    pub fn is_open(&self) -> bool {
        matches!(
            self.state,
            State::Paid | State::Loading { .. } | State::Refunding(_)
        )
    }

    /// Whether its money went back without its card, which may have been written all the same.
    pub fn is_given_up(&self) -> bool {
        let from_loading = |refund: Refund| matches!(refund.from, RefundFrom::Loading { .. });
        matches!(self.state, State::Refunded(refund) if from_loading(refund))
    }

    /// The proof that it was loaded, where there is one.
    pub fn proof(&self) -> Option<Proof> {
        match self.state {
            State::Loaded(proof) | State::Conflict(proof) => Some(proof),
            State::Refunding(refund) => refund.proved,
            _ => None,
        }
    }

    /// The same record in another state.
    pub fn turned(&self, state: State) -> Self {
        Self {
            state,
            ..self.clone()
        }
    }
}

/// Money taken for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentTaken {
    /// For which record; there is one payment per record.
    pub record: RecordId,
    /// How.
    pub means: Means,
    /// Amount in fen.
    pub amount: u32,
    /// Who confirmed it.
    pub operator: String,
    /// Code of the outlet it was taken at.
    pub outlet: String,
    /// When, ms UTC.
    pub at: i64,
}

/// Money given back for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyBack {
    /// For which record; there is one per record.
    pub record: RecordId,
    /// How.
    pub means: Means,
    /// Amount in fen.
    pub amount: u32,
    /// Who gave it back.
    pub operator: String,
    /// Code of the outlet it was given back at.
    pub outlet: String,
    /// When, ms UTC.
    pub at: i64,
}

/// How money changed hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// 现金, in or out of this drawer.
    Cash {
        /// The drawer.
        drawer: String,
    },
    /// POS: its slip.
    Pos(PosSlip),
}

impl Means {
    /// The POS slip, where there is one.
    pub fn slip(&self) -> Option<&PosSlip> {
        match self {
            Self::Cash { .. } => None,
            Self::Pos(slip) => Some(slip),
        }
    }
}

/// What a POS slip says. Of one terminal, no two slips of a day are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PosSlip {
    /// 终端号
    pub terminal: String,
    /// 凭证号 / 参考号
    pub number: String,
    /// The issuer's day it was entered, YYYYMMDD: slip numbers begin anew every day.
    pub day: String,
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
