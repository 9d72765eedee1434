//! A card is shown: what the records say about it, and the INIT that proves it before money is taken.

use apdu_core::authority::{InitForLoad, Sight, Sighted};
use apdu_core::bcd::CardNumber;
use apdu_core::calendar;
use apdu_core::fault::Code;
use apdu_core::toll_card::IssueFile;

use super::{DECISIONS, Desk, Error, Who, ended, shown};
use crate::audit::{Entry, Event};
use crate::ledger::{self, Asker, CardFile};
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
        for _ in 0..DECISIONS {
            if let Some(end) = ended(self.sight_once(who, number, sight).await) {
                return end;
            }
        }
        Err(Code::RecordRaced.into())
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
        // The PIN is for those who have something to do with it now.
        let work = preflight.is_some() || file.open.is_some() || file.given_up.is_some();
        let profile = who.may_load() && work;
        Ok(Sighted {
            card: number,
            status: file.card.status,
            profile: profile.then(|| file.card.profile.clone()),
            differences: ledger::differences(&file.card, &issue),
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
