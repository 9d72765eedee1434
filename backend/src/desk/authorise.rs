//! Authorising the CREDIT of a paid record.

use apdu_core::authority::{Authorise, Authorised};
use apdu_core::fault::Code;
use apdu_core::hex::Bytes;
use apdu_core::toll_card::wallet::InitAnswer;

use super::proof::Shown;
use super::{Attempt, DECISIONS, Desk, Error, Who, ended, entry, load_key, shown};
use crate::audit::Event;
use crate::keys::Init;
use crate::ledger::{self, Authorisation, VerifiedInit, calendar};

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
                return end;
            }
        }
        Err(Code::RecordRaced.into())
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
        ledger::may_authorise(&file.card, &record)?;

        let shown_init = InitAnswer::parse(&request.init.0);
        let init = Init {
            key: load_key(&file.card),
            amount: record.amount,
            terminal: who.terminal,
            balance: shown_init.balance,
            counter: shown_init.counter,
            key_version: shown_init.key_version,
            algorithm: shown_init.algorithm,
            random: shown_init.random,
        };
        let verify = || self.keys.verify_mac1(&init, shown_init.mac1);
        let ((), counted) = self
            .judge(proof, &file, now, Code::WrongMac1, verify)
            .await?;
        let verified = VerifiedInit {
            balance: init.balance,
            counter: init.counter,
            random: init.random,
        };

        let earlier = self
            .store
            .authorisations_at(record.card, init.counter)
            .await?
            .len();
        let asker = who.asker();
        let decided = ledger::authorise(&file, &record, earlier, &verified, &asker, now);
        let (authorisation, decision) = match decided {
            Ok(decided) => decided,
            Err(code) => {
                return self
                    .refuse_proved(proof, &file, now, Some(init.counter), code)
                    .await;
            }
        };
        let answer = Authorised {
            command: self.credit(&init, shown_init.mac1, &authorisation)?,
            record: shown(&decision.record, &file.card, who),
        };
        let entry = entry(who, now, Event::Authorised, &record, &request.init.0);
        self.commit(decision.change, Some(counted), entry, attempt, &answer)
            .await?;
        // Only now may anybody see the command.
        Ok(answer)
    }

    /// `805200000B` date time MAC2 `04`.
    fn credit(
        &self,
        init: &Init,
        mac1: [u8; 4],
        authorisation: &Authorisation,
    ) -> Result<Bytes, Error> {
        let (date, time) = calendar::date_time(authorisation.second);
        let mac2 = self.keys.authorise_load(init, mac1, date, time);
        let mac2 = mac2.map_err(|error| error.code(Code::WrongMac1))?;
        let head: &[u8] = &[0x80, 0x52, 0x00, 0x00, 0x0B];
        Ok(Bytes([head, &date.0, &time.0, &mac2, &[0x04]].concat()))
    }
}
