//! Opening a record, before money is taken.

use apdu_core::authority::{CreateRecharge, Recharge};
use apdu_core::fault::Code;
use apdu_core::toll_card::wallet::InitAnswer;

use super::proof::Shown;
use super::{Attempt, DECISIONS, Desk, Error, Who, ended, entry, load_key, shown};
use crate::audit::Event;
use crate::keys::Init;
use crate::ledger::{self, VerifiedInit};
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
                return end;
            }
        }
        Err(Code::RecordRaced.into())
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
        let terms = ledger::terms(&file, request.amount, &who.asker(), now)?;

        let answer = InitAnswer::parse(&request.init.0);
        let init = Init {
            key: load_key(&file.card),
            amount: terms.init_amount,
            terminal: terms.terminal,
            balance: answer.balance,
            counter: answer.counter,
            key_version: answer.key_version,
            algorithm: answer.algorithm,
            random: answer.random,
        };
        let verify = || self.keys.verify_mac1(&init, answer.mac1);
        let ((), counted) = self
            .judge(proof, &file, now, Code::WrongMac1, verify)
            .await?;
        let verified = VerifiedInit {
            balance: init.balance,
            counter: init.counter,
            random: init.random,
        };

        let id = uuid(self.random);
        let decision = match ledger::create(&file, &terms, &verified, id, &who.asker(), now) {
            Ok(decision) => decision,
            Err(code) => {
                return self
                    .refuse_proved(proof, &file, now, Some(init.counter), code)
                    .await;
            }
        };
        let entry = entry(who, now, Event::Created, &decision.record, &request.init.0);
        let answer = shown(&decision.record, &file.card, who);
        self.commit(decision.change, Some(counted), entry, attempt, &answer)
            .await?;
        Ok(answer)
    }
}
