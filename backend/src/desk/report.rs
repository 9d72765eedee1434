//! The day, for those who close it.

use apdu_core::bcd::{Date, Time};
use apdu_core::calendar::{MS_PER_DAY, second_at};
use apdu_core::fault::Code;
use apdu_core::hex::{Bytes, encode};
use etc_api::{Alarm, AuditHead, AuditHeads, DayReport};

use super::{Desk, Error, Who, drawer};
use crate::bundle;
use crate::ledger::{Record, Spender, State};
use crate::store::{RecordSearch, StoreError};
use crate::words::Word;

/// Records on the report at most; more than that is no list for a person.
const LONGEST: u32 = 500;

impl Desk<'_> {
    /// What came in, what went out, and what needs somebody, on a day of the issuer.
    pub async fn day(&self, who: &Who, day: Date) -> Result<DayReport, Error> {
        let midnight = second_at(day, Time([0; 3])).ok_or(Code::BadRequest)? * 1_000;
        let (from, to) = (midnight, midnight + MS_PER_DAY);
        let unsettled = RecordSearch {
            unsettled: true,
            limit: LONGEST,
            ..RecordSearch::default()
        };
        let drawers = self.store.drawers(from, to).await?;
        Ok(DayReport {
            day: encode(&day.0),
            takings: self.store.takings(from, to).await?,
            drawers: drawers.into_iter().map(drawer::shown).collect(),
            unsettled: self.lines(who, &unsettled).await?,
            alarms: self.alarms(from, to).await?,
        })
    }

    /// The last line of every audit chain that grew on a day of the issuer, signed.
    pub async fn audit_heads(&self, day: Date) -> Result<AuditHeads, Error> {
        let midnight = second_at(day, Time([0; 3])).ok_or(Code::BadRequest)? * 1_000;
        let heads = self
            .store
            .audit_heads(midnight, midnight + MS_PER_DAY)
            .await?;
        let heads = heads.into_iter().map(|sealed| AuditHead {
            chain: sealed.line.chain,
            number: sealed.line.number,
            hash: Bytes(sealed.hash.to_vec()),
        });
        let unsigned = AuditHeads {
            form: bundle::HEADS_FORM.to_owned(),
            day: encode(&day.0),
            heads: heads.collect(),
            key: Bytes(Vec::new()),
            signature: Bytes(Vec::new()),
        };
        let signed = bundle::sign_heads(unsigned, self.keys);
        signed.map_err(|error| error.code(Code::NoKeys).into())
    }

    /// What somebody must look at: of the day what the counter book could not explain and what was believed
    /// on the word of a card's log; of any day what stands still or contradicts itself.
    async fn alarms(&self, from: i64, to: i64) -> Result<Vec<Alarm>, StoreError> {
        let mut alarms = Vec::new();
        for (card, at) in self.store.stopped_cards().await? {
            let Some(stop) = card.stopped else {
                continue;
            };
            alarms.push(Alarm {
                kind: stop.word().to_owned(),
                card: card.number,
                counter: None,
                record: None,
                amount: None,
                at,
            });
        }
        for row in self.store.unexplained(from, to).await? {
            let kind = match row.spender {
                Spender::Lost { .. } => "lost-load",
                _ => "unknown-counter",
            };
            alarms.push(Alarm {
                kind: kind.to_owned(),
                card: row.card,
                counter: Some(row.counter),
                record: None,
                amount: row.said.map(|said| said.amount),
                at: row.at,
            });
        }
        let by_log = RecordSearch {
            by_log: true,
            limit: LONGEST,
            ..RecordSearch::default()
        };
        let unsettled = RecordSearch {
            unsettled: true,
            limit: LONGEST,
            ..RecordSearch::default()
        };
        for (record, _) in self.store.find_records(&by_log).await? {
            alarms.extend(about_record("counter-and-log", &record, from, to));
        }
        for (record, _) in self.store.find_records(&unsettled).await? {
            if matches!(record.state, State::Conflict(_)) {
                alarms.extend(about_record("conflict", &record, 0, i64::MAX));
            }
        }
        Ok(alarms)
    }
}

fn about_record(kind: &str, record: &Record, from: i64, to: i64) -> Option<Alarm> {
    let proof = record.proof()?;
    let at = proof.second * 1_000;
    (from..to).contains(&at).then(|| Alarm {
        kind: kind.to_owned(),
        card: record.card,
        counter: Some(proof.counter),
        record: Some(record.id.clone()),
        amount: Some(record.amount),
        at,
    })
}
