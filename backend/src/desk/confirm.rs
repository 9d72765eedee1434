//! Evidence that a card was loaded.

use std::collections::BTreeSet;

use apdu_core::authority::{Evidence, Recharge};
use apdu_core::calendar;
use apdu_core::fault::Code;

use super::proof::Shown;
use super::{Attempt, DECISIONS, Desk, Error, Who, ended, entry, load_key, shown};
use crate::audit::Event;
use crate::keys::{KeyError, Load, LoadKey};
use crate::ledger::{self, Authorisation, Record};

impl Desk<'_> {
    /// Settles the record of the authorisation over which the TAC verifies. From any outlet, in any
    /// status of the card, and as often as it comes.
    pub async fn confirm(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        evidence: &Evidence,
    ) -> Result<Recharge, Error> {
        let raw: &[u8] = match evidence {
            Evidence::Tac(tac) => &tac.0,
            Evidence::Prove(prove) => &prove.0,
        };
        let mut proof = Shown::new(who, raw);
        for _ in 0..DECISIONS {
            let decided = self.confirm_once(who, attempt, id, raw, &mut proof).await;
            if let Some(end) = ended(decided) {
                let end = self.or_its_twin(who, attempt, end).await;
                return self.concluded(&proof, end).await;
            }
        }
        self.concluded(&proof, Err(Code::RecordRaced.into())).await
    }

    async fn confirm_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        raw: &[u8],
        proof: &mut Shown<'_>,
    ) -> Result<Recharge, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let (record, file) = self.record_and_file(id).await?;
        let now = self.store.now().await?;
        let candidates = self.store.authorisations_beside(id).await?;
        if candidates.is_empty() {
            return Err(ledger::without_authorisation(&record).into());
        }

        // A card asked by the other way of counting shows the proof of the load before. That is no
        // evidence about this one, but no guess either.
        let before = self.authorisations_before(&candidates).await?;

        // The TAC alone, or behind the MAC in an answer of GET TRANSACTION PROVE.
        let tac = *raw.last_chunk().ok_or(Code::BadRequest)?;
        let key = load_key(&file.card);
        let all = [&candidates[..], &before].concat();
        let verify = || self.authorisation_of(tac, key, all);
        let (proved, counted) = self
            .judge(proof, &file, now, Code::WrongEvidence, verify)
            .await?;
        if before.contains(&proved) {
            let code = Code::WrongEvidence;
            return self
                .refuse_proved(proof, &file, now, Vec::new(), code)
                .await;
        }

        let at_counter: Vec<_> = candidates
            .iter()
            .filter(|candidate| candidate.counter == proved.counter)
            .cloned()
            .collect();
        let others = self.records_of(&at_counter).await?;
        let settled = self
            .store
            .record(&proved.record)
            .await?
            .ok_or(Code::NoSuchRecord)?;
        let decision = match ledger::settle(&file, &settled, &others, &proved, now) {
            Ok(decision) => decision,
            Err(code) => {
                return self
                    .refuse_proved(proof, &file, now, Vec::new(), code)
                    .await;
            }
        };
        // The answer is about the record that was asked about.
        let record = if settled.id == record.id {
            &decision.record
        } else {
            &record
        };
        let answer = shown(record, &file.card, who);
        let entry = entry(who, now, Event::Loaded, &decision.record, raw);
        self.commit(decision.change, Some(counted), entry, attempt, &answer)
            .await?;
        proof.given_back();
        Ok(answer)
    }

    /// The authorisations at the counter below the lowest of `candidates`.
    async fn authorisations_before(
        &self,
        candidates: &[Authorisation],
    ) -> Result<Vec<Authorisation>, Error> {
        let lowest = candidates.iter().min_by_key(|candidate| candidate.counter);
        let Some((card, below)) =
            lowest.and_then(|lowest| Some((lowest.card, lowest.counter.checked_sub(1)?)))
        else {
            return Ok(Vec::new());
        };
        Ok(self.store.authorisations_at(card, below).await?)
    }

    /// The records of these authorisations, each once.
    pub(super) async fn records_of(
        &self,
        authorisations: &[Authorisation],
    ) -> Result<Vec<Record>, Error> {
        let ids: BTreeSet<_> = authorisations.iter().map(|one| &one.record).collect();
        let mut records = Vec::new();
        for id in ids {
            records.extend(self.store.record(id).await?);
        }
        Ok(records)
    }

    fn authorisation_of(
        &self,
        tac: [u8; 4],
        key: LoadKey,
        candidates: Vec<Authorisation>,
    ) -> Result<Authorisation, KeyError> {
        for candidate in candidates {
            let (date, time) = calendar::date_time(candidate.second);
            let load = Load {
                key,
                balance: candidate.balance,
                counter: candidate.counter,
                amount: candidate.amount,
                terminal: candidate.terminal,
                date,
                time,
            };
            match self.keys.verify_tac(&load, tac) {
                Ok(()) => return Ok(candidate),
                Err(KeyError::NotVerified) => {}
                Err(error) => return Err(error),
            }
        }
        Err(KeyError::NotVerified)
    }
}
