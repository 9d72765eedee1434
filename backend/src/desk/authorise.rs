//! Authorising the CREDIT of a paid record.

use apdu_core::authority::{Authorise, Authorised};
use apdu_core::calendar;
use apdu_core::fault::Code;
use apdu_core::hex::Bytes;

use super::proof::{ProvedInit, Shown};
use super::{Attempt, DECISIONS, Desk, Error, Who, ended, entry, shown};
use crate::audit::Event;
use crate::ledger::{self, Authorisation};

impl Desk<'_> {
    /// The whole CREDIT FOR LOAD command for a card that proves where it stands; the record is
    /// *loading* then.
    pub async fn authorise(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &Authorise,
    ) -> Result<Authorised, Error> {
        let mut proof = Shown::new(who, &request.init.0);
        for _ in 0..DECISIONS {
            let decided = self
                .authorise_once(who, attempt, id, request, &mut proof)
                .await;
            if let Some(end) = ended(decided) {
                let end = self.or_its_twin(who, attempt, end).await;
                return self.concluded(&proof, end).await;
            }
        }
        self.concluded(&proof, Err(Code::RecordRaced.into())).await
    }

    async fn authorise_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &Authorise,
        proof: &mut Shown<'_>,
    ) -> Result<Authorised, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let (record, file) = self.record_and_file(id).await?;
        let now = self.store.now().await?;
        let today = self.switches_now().await?;
        let asker = who.asker(&today);
        ledger::may_authorise(&file.card, &record, &asker)?;

        let made_with = (record.amount, who.terminal);
        let proved = self
            .verify_init(proof, &file, now, made_with, &request.init.0)
            .await?;
        let counter = proved.init.counter;

        let earlier = self
            .store
            .authorisations_at(record.card, counter)
            .await?
            .len();
        let decided = ledger::authorise(&file, &record, earlier, &proved.verified, &asker, now);
        let (authorisation, decision) = match decided {
            Ok((authorisation, decision)) => (authorisation, decision.with(proved.learned.clone())),
            Err(denied) => {
                return self
                    .refuse_proved(proof, &file, now, proved.learned, denied)
                    .await;
            }
        };
        let answer = Authorised {
            command: self.credit(&proved, &authorisation)?,
            record: shown(&decision.record, &file.card, who),
        };
        let entry = entry(who, now, Event::Authorised, &record, &request.init.0);
        self.commit(
            decision.change,
            Some(proved.counted),
            entry,
            attempt,
            &answer,
        )
        .await?;
        proof.given_back();
        // Only now may anybody see the command.
        Ok(answer)
    }

    /// `805200000B` date time MAC2 `04`.
    fn credit(&self, card: &ProvedInit, authorisation: &Authorisation) -> Result<Bytes, Error> {
        let (date, time) = calendar::date_time(authorisation.second);
        let mac2 = self.keys.authorise_load(&card.init, card.mac1, date, time);
        let mac2 = mac2.map_err(|error| error.code(Code::WrongMac1))?;
        let head: &[u8] = &[0x80, 0x52, 0x00, 0x00, 0x0B];
        Ok(Bytes([head, &date.0, &time.0, &mac2, &[0x04]].concat()))
    }
}
