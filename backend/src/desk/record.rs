//! Reading records, and giving a card its tries back.

use apdu_core::authority::Recharge;
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use etc_api::{Approve, PaymentKind, PosSlip, ProvedBy, RecordLine, RecordQuery, Role};

use super::{Desk, Error, Who, shown};
use crate::audit::{Entry, Event};
use crate::ledger::{self, Card, Means, Record, Refund, State};
use crate::store::RecordSearch;

/// Records on one page.
const PAGE: u32 = 50;

impl Desk<'_> {
    /// A record. Without the card a bank sees only its own.
    pub async fn record(&self, who: &Who, id: &str) -> Result<Recharge, Error> {
        let (record, file) = self.record_and_file(id).await?;
        if who.is_bank() && record.outlet != who.outlet.code {
            return Err(Code::NoSuchRecord.into());
        }
        Ok(shown(&record, &file.card, who))
    }

    /// Records by plate, by card, or what waits for somebody. A bank sees only its own.
    pub async fn records(&self, who: &Who, query: &RecordQuery) -> Result<Vec<RecordLine>, Error> {
        let plate = match (&query.plate, query.plate_colour) {
            (Some(plate), Some(colour)) => Some((plate.trim().to_uppercase(), colour)),
            (None, None) => None,
            _ => return Err(Code::BadRequest.into()),
        };
        let unsettled = query.unsettled.unwrap_or(false);
        if unsettled && who.role == Role::Teller {
            return Err(Code::RoleMayNot.into());
        }
        if plate.is_none() && query.card.is_none() && !unsettled {
            return Err(Code::BadRequest.into());
        }
        let search = RecordSearch {
            plate,
            card: query.card,
            outlet: who.is_bank().then(|| who.outlet.code.clone()),
            unsettled,
            by_log: false,
            before: query.before,
            limit: PAGE,
        };
        self.lines(who, &search).await
    }

    pub(super) async fn lines(
        &self,
        who: &Who,
        search: &RecordSearch,
    ) -> Result<Vec<RecordLine>, Error> {
        let mut lines = Vec::new();
        for (record, card) in self.store.find_records(search).await? {
            lines.push(self.line(who, &record, &card).await?);
        }
        Ok(lines)
    }

    /// A record with everything the list shows about it.
    pub(super) async fn line(
        &self,
        who: &Who,
        record: &Record,
        card: &Card,
    ) -> Result<RecordLine, Error> {
        let ours = record.outlet == who.outlet.code;
        let known = ours || who.role != Role::Teller;
        let means = |means: &Means, at, outlet: String, operator: String| etc_api::Means {
            kind: match means {
                Means::Cash { .. } => PaymentKind::Cash,
                Means::Pos(_) => PaymentKind::Pos,
            },
            slip: means.slip().filter(|_| known).map(|slip| PosSlip {
                terminal: slip.terminal.clone(),
                number: slip.number.clone(),
            }),
            at,
            outlet,
            operator: known.then_some(operator),
        };
        let paid = self.store.payment(&record.id).await?;
        let back = self.store.money_back(&record.id).await?;
        let refund = match record.state {
            State::Refunding(refund) => Some(refund),
            _ => None,
        };
        Ok(RecordLine {
            recharge: shown(record, card, who),
            plate: card.plate.clone(),
            plate_colour: card.plate_colour,
            card_status: card.status,
            paid: paid.map(|one| means(&one.means, one.at, one.outlet, one.operator)),
            given_back: back.map(|one| means(&one.means, one.at, one.outlet, one.operator)),
            refund_not_before: refund.map(|refund: Refund| refund.not_before),
            refund_sent: refund.is_some_and(|refund| refund.sent_at.is_some()),
            proved_by: record.proof().map(|proof| match proof.by {
                ledger::ProvedBy::Tac => ProvedBy::Tac,
                ledger::ProvedBy::CounterAndLog => ProvedBy::CounterAndLog,
                ledger::ProvedBy::Decision => ProvedBy::Decision,
            }),
            listed: self.is_listed(record, card).await?,
            ours,
        })
    }

    /// Whether a record waits for the decision of two persons.
    async fn is_listed(&self, record: &Record, card: &Card) -> Result<bool, Error> {
        Ok(match record.state {
            State::Loading { counter } => card.book.is_some_and(|book| book > counter),
            State::Paid => {
                let file = self.card_file(card.number).await?;
                ledger::is_listed(&file, record)
            }
            _ => false,
        })
    }

    /// Makes the wrong proofs of a card count from zero again, at the word of a supervisor who says so with
    /// credentials of their own.
    pub async fn unlock(&self, card: CardNumber, request: Approve) -> Result<(), Error> {
        let person = self.supervisor(request).await?;
        self.give_tries_back(&person, card).await
    }

    /// The same, at the word of somebody who is known to be a supervisor.
    pub async fn give_tries_back(&self, person: &str, card: CardNumber) -> Result<(), Error> {
        let entry = Entry {
            at: self.store.now().await?,
            operator: person.to_owned(),
            event: Event::Unlocked,
            card: Some(card),
            record: None,
            evidence: Vec::new(),
        };
        match self.store.unlock_card(card, &entry).await? {
            true => Ok(()),
            false => Err(Code::CardUnknown.into()),
        }
    }
}
