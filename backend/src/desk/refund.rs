//! Giving a record's money back: begun, sent, and its last word.

use apdu_core::authority::Recharge;
use apdu_core::fault::Code;
use etc_api::{MoneyOut, RefundOutcome};

use super::{Attempt, Desk, Error, Today, Who, entry, shown};
use crate::audit::Event;
use crate::ledger;

/// A step of a refund.
#[derive(Clone, Copy)]
enum Step<'a> {
    Begin,
    Send,
    End(&'a MoneyOut),
}

impl Desk<'_> {
    /// Begins to give back the money of a *paid* record.
    pub async fn begin_refund(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
    ) -> Result<Recharge, Error> {
        self.refund(who, attempt, id, Step::Begin).await
    }

    /// The money leaves the drawer, or the POS is told.
    pub async fn send_refund(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
    ) -> Result<Recharge, Error> {
        self.refund(who, attempt, id, Step::Send).await
    }

    /// What became of it.
    pub async fn end_refund(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &RefundOutcome,
    ) -> Result<Recharge, Error> {
        self.refund(who, attempt, id, Step::End(&request.outcome))
            .await
    }

    async fn refund(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        step: Step<'_>,
    ) -> Result<Recharge, Error> {
        self.answered(who, attempt, || self.refund_once(who, attempt, id, step))
            .await
    }

    async fn refund_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        step: Step<'_>,
    ) -> Result<Recharge, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let (record, file) = self.record_and_file(id).await?;
        let now = self.store.now().await?;
        let paid = self.store.payment(id).await?.ok_or(Code::NotPaid)?;
        let today = Today::default();
        let asker = who.asker(&today);
        let (event, decision) = match step {
            Step::Begin => (
                Event::RefundBegun,
                ledger::refund(&file, &record, &paid, &asker, now)?,
            ),
            Step::Send => (
                Event::RefundSent,
                ledger::send_refund(&file, &record, &paid, &asker, now)?,
            ),
            Step::End(MoneyOut::Refused) => (
                Event::RefundRefused,
                ledger::refund_refused(&file, &record, &paid, &asker)?,
            ),
            Step::End(MoneyOut::PaidInCash) => {
                let means = self.cash(who, now).await?;
                let done = ledger::refund_done(&file, &record, &paid, means, &asker, now)?;
                (Event::RefundDone, done)
            }
            Step::End(MoneyOut::PaidByPos(slip)) => {
                let means = self.slip(slip, now).await?;
                let done = ledger::refund_done(&file, &record, &paid, means, &asker, now)?;
                (Event::RefundDone, done)
            }
        };
        let entry = entry(who, now, event, &decision.record, &[]);
        let answer = shown(&decision.record, &file.card, who);
        self.commit(decision.change, None, entry, attempt, &answer)
            .await?;
        Ok(answer)
    }
}
