//! Reading a record, and giving a card its tries back.

use apdu_core::authority::Recharge;
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use etc_api::OutletKind;

use super::{Desk, Error, Who, shown};
use crate::audit::{Entry, Event};

impl Desk<'_> {
    /// A record. Without the card a bank sees only its own.
    pub async fn record(&self, who: &Who, id: &str) -> Result<Recharge, Error> {
        let (record, file) = self.record_and_file(id).await?;
        if who.outlet.kind == OutletKind::Bank && record.outlet != who.outlet.code {
            return Err(Code::NoSuchRecord.into());
        }
        Ok(shown(&record, &file.card, who))
    }

    /// Makes the wrong proofs of a card count from zero again.
    pub async fn unlock(&self, who: &Who, card: CardNumber) -> Result<(), Error> {
        let entry = Entry {
            at: self.store.now().await?,
            operator: who.operator.clone(),
            event: Event::Unlocked,
            card: Some(card),
            record: None,
            evidence: Vec::new(),
        };
        match self.store.unlock_card(card, &entry).await? {
            true => Ok(()),
            false => Err(Code::CardUnknown.into()),
        }
    }
}
