//! A card is shown: what the records say about it, and the INIT that proves it before money is taken.

use apdu_core::authority::{Difference, InitForLoad, IssueField, Sight, Sighted};
use apdu_core::bcd::CardNumber;
use apdu_core::calendar;
use apdu_core::fault::Code;
use apdu_core::toll_card::IssueFile;

use super::{Desk, Error, Who, shown, until_settled};
use crate::audit::{Entry, Event};
use crate::ledger::{self, Asker, Card, CardFile};
use crate::random::draw;
use crate::store::Commit;

impl Desk<'_> {
    /// What the records say about a card that was read, at any outlet.
    pub async fn sight(
        &self,
        who: &Who,
        number: CardNumber,
        sight: &Sight,
    ) -> Result<Sighted, Error> {
        until_settled(|| self.sight_once(who, number, sight)).await
    }

    async fn sight_once(
        &self,
        who: &Who,
        number: CardNumber,
        sight: &Sight,
    ) -> Result<Sighted, Error> {
        let issue = IssueFile::parse(&sight.issue.0).map_err(|_| Code::MalformedFile)?;
        if issue.number != number {
            return Err(Code::OtherCard.into());
        }
        let file = self.card_file(number).await?;
        let now = self.store.now().await?;
        let today = self.today(who, now).await?;
        let asker = who.asker(&today);
        let may_begin = if who.may_load() {
            ledger::may_begin(&file, &asker, now)
        } else {
            Err(Code::RoleMayNot)
        };
        let preflight = match may_begin {
            Ok(()) => Some(self.preflight(&asker, &file, now).await?),
            Err(_) => {
                self.store.note(&sighted(who, number, now)).await?;
                None
            }
        };
        let mut differences = ledger::differences(&file.card, &issue);
        if let Some(holder) = &sight.holder
            && self.holder_differs(&file.card, &holder.0).await?
        {
            // Whose it is is nobody's business here: the field alone is named.
            differences.push(Difference {
                field: IssueField::Holder,
                record: String::new(),
                card: String::new(),
            });
        }
        // The PIN is for those who have something to do with it now.
        let work = preflight.is_some() || file.open.is_some() || file.given_up.is_some();
        let profile = who.may_load() && work;
        Ok(Sighted {
            card: number,
            status: file.card.status,
            profile: profile.then(|| file.card.profile.clone()),
            differences,
            open: file
                .open
                .as_ref()
                .map(|record| shown(record, &file.card, who)),
            given_up: file
                .given_up
                .as_ref()
                .map(|record| shown(record, &file.card, who)),
            preflight,
            refusal: may_begin.err(),
            book: file.card.book,
            today: calendar::today(now),
        })
    }

    /// Whether file 0016 is another than the one that this card was issued with here, or came in with.
    async fn holder_differs(&self, card: &Card, read: &[u8]) -> Result<bool, Error> {
        let file: &[u8; 55] = read.try_into().map_err(|_| Code::MalformedFile)?;
        let mark = match card.stock.issue.as_ref().filter(|_| card.stock.is_issued) {
            Some(id) => {
                let issued = self.store.card_job(id).await?;
                issued.and_then(|job| job.wanted.holder)
            }
            None => card.stock.holder,
        };
        match mark {
            Some(mark) => Ok(mark != self.mark(card, file)?),
            None => Ok(false),
        }
    }

    /// Gives out the INIT that proves a card on which a load may begin.
    async fn preflight(
        &self,
        asker: &Asker<'_>,
        file: &CardFile,
        now: i64,
    ) -> Result<InitForLoad, Error> {
        let draw = || draw::<1>(self.random)[0];
        let (init, change) = ledger::preflight(&file.card, asker, draw, now);
        let entry = Entry {
            at: now,
            operator: asker.operator.to_owned(),
            event: Event::PreflightIssued,
            card: Some(file.card.number),
            record: None,
            evidence: init.terminal.0.to_vec(),
        };
        let commit = Commit {
            change,
            proved: None,
            entry,
            answer: None,
        };
        self.store.commit(&commit).await?;
        Ok(init)
    }
}

/// The audit row of a card that was only looked at.
fn sighted(who: &Who, card: CardNumber, at: i64) -> Entry {
    Entry {
        at,
        operator: who.operator.clone(),
        event: Event::Sighted,
        card: Some(card),
        record: None,
        evidence: Vec::new(),
    }
}
