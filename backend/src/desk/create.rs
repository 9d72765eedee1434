//! Opening a record, before money is taken.

use apdu_core::authority::{CreateRecharge, Recharge};
use apdu_core::fault::Code;

use super::proof::Shown;
use super::{Attempt, DECISIONS, Desk, Error, Who, ended, entry, shown};
use crate::audit::Event;
use crate::ledger;
use crate::random::uuid;

impl Desk<'_> {
    /// Opens a record on a card that proves itself with the preflight INIT.
    pub async fn create(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &CreateRecharge,
    ) -> Result<Recharge, Error> {
        let mut proof = Shown::new(who, &request.init.0);
        for _ in 0..DECISIONS {
            let decided = self.create_once(who, attempt, request, &mut proof).await;
            if let Some(end) = ended(decided) {
                let end = self.or_its_twin(who, attempt, end).await;
                return self.concluded(&proof, end).await;
            }
        }
        self.concluded(&proof, Err(Code::RecordRaced.into())).await
    }

    async fn create_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &CreateRecharge,
        proof: &mut Shown<'_>,
    ) -> Result<Recharge, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let file = self.card_file(request.card).await?;
        let now = self.store.now().await?;
        let today = self.today(who, now).await?;
        let asker = who.asker(&today);
        let terms = ledger::terms(&file, request.amount, &asker, now)?;

        if (request.terminal).is_some_and(|told| told.0 != terms.terminal) {
            return Err(Code::NonceExpired.into());
        }
        let made_with = (terms.init_amount, terms.terminal);
        let proved = self
            .verify_init(proof, &file, now, made_with, &request.init.0)
            .await?;

        let id = uuid(self.random);
        let decided = ledger::create(&file, &terms, &proved.verified, id, &asker, now);
        let decision = match decided {
            Ok(decision) => decision.with(proved.learned),
            Err(denied) => {
                return self
                    .refuse_proved(proof, &file, now, proved.learned, denied)
                    .await;
            }
        };
        let entry = entry(who, now, Event::Created, &decision.record, &request.init.0);
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
