//! The end of an unpaid record: paid, or closed.

use apdu_core::authority::Recharge;
use etc_api::Payment;

use super::{Attempt, Desk, Error, Today, Who, entry, shown};
use crate::audit::Event;
use crate::ledger;

/// What becomes of an unpaid record.
#[derive(Clone, Copy)]
enum End<'a> {
    Paid(&'a Payment),
    Closed,
}

impl Desk<'_> {
    /// Confirms that the money of a record was taken.
    pub async fn pay(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        payment: &Payment,
    ) -> Result<Recharge, Error> {
        self.end(who, attempt, id, End::Paid(payment)).await
    }

    /// Closes an unpaid record.
    pub async fn close(&self, who: &Who, attempt: &Attempt, id: &str) -> Result<Recharge, Error> {
        self.end(who, attempt, id, End::Closed).await
    }

    async fn end(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        how: End<'_>,
    ) -> Result<Recharge, Error> {
        self.answered(who, attempt, || self.end_once(who, attempt, id, how))
            .await
    }

    async fn end_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        how: End<'_>,
    ) -> Result<Recharge, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let (record, file) = self.record_and_file(id).await?;
        let now = self.store.now().await?;
        let today = Today::default();
        let asker = who.asker(&today);
        let (event, decision) = match how {
            End::Paid(payment) => {
                let means = self.means(who, payment, now).await?;
                let paid = ledger::pay(&file, &record, payment.amount, means, &asker, now)?;
                (Event::Paid, paid)
            }
            End::Closed => (Event::Closed, ledger::close(&file.card, &record, &asker)?),
        };
        let entry = entry(who, now, event, &decision.record, &[]);
        let answer = shown(&decision.record, &file.card, who);
        self.commit(decision.change, None, entry, attempt, &answer)
            .await?;
        Ok(answer)
    }
}
