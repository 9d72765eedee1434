//! 修改圈存状态: a torn record is let go when its card proves that it was not written.

use apdu_core::authority::{InitForLoad, LetGo, Recharge};
use apdu_core::fault::Code;

use super::proof::Shown;
use super::{Attempt, DECISIONS, Desk, Error, Who, ended, entry, shown, until_settled};
use crate::audit::Event;
use crate::ledger;
use crate::random::draw;
use crate::store::Commit;

impl Desk<'_> {
    /// The INIT a let-go is proved with.
    pub async fn offer_let_go(&self, who: &Who, id: &str) -> Result<InitForLoad, Error> {
        until_settled(|| self.offer_let_go_once(who, id)).await
    }

    async fn offer_let_go_once(&self, who: &Who, id: &str) -> Result<InitForLoad, Error> {
        let (record, file) = self.record_and_file(id).await?;
        let now = self.store.now().await?;
        let draw = || draw::<1>(self.random)[0];
        let (init, change) = ledger::offer_let_go(&file, &record, draw, now)?;
        let evidence = init.terminal.0;
        let commit = Commit {
            change,
            proved: None,
            entry: entry(who, now, Event::LetGoOffered, &record, &evidence),
            answer: None,
        };
        self.store.commit(&commit).await?;
        Ok(init)
    }

    /// Puts the record back to *paid*: what was authorised for it is dead.
    pub async fn let_go(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &LetGo,
    ) -> Result<Recharge, Error> {
        let mut proof = Shown::new(who, &request.init.0);
        for _ in 0..DECISIONS {
            let decided = self
                .let_go_once(who, attempt, id, request, &mut proof)
                .await;
            if let Some(end) = ended(decided) {
                let end = self.or_its_twin(who, attempt, end).await;
                return self.concluded(&proof, end).await;
            }
        }
        self.concluded(&proof, Err(Code::RecordRaced.into())).await
    }

    async fn let_go_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &LetGo,
        proof: &mut Shown<'_>,
    ) -> Result<Recharge, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let (record, file) = self.record_and_file(id).await?;
        let now = self.store.now().await?;
        let made_with = ledger::let_go_terms(&file, &record, now)?;
        if request.terminal.0 != made_with.1 {
            return Err(Code::NonceExpired.into());
        }
        let proved = self
            .verify_init(proof, &file, now, made_with, &request.init.0)
            .await?;

        let authorised = self
            .store
            .authorisations_at(record.card, proved.init.counter)
            .await?;
        let latest = authorised.last();
        let balance = latest.map_or(record.balance_before, |latest| latest.balance);
        let decision = match ledger::let_go(&file, &record, balance, &proved.verified) {
            Ok(decision) => decision.with(proved.learned),
            Err(denied) => {
                return self
                    .refuse_proved(proof, &file, now, proved.learned, denied)
                    .await;
            }
        };
        let entry = entry(who, now, Event::LetGo, &record, &request.init.0);
        let answer = shown(&decision.record, &file.card, who);
        self.commit(
            decision.change,
            Some(proved.counted),
            entry,
            attempt,
            &answer,
        )
        .await?;
        proof.given_back();
        Ok(answer)
    }
}
