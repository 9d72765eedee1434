//! An operator's cash drawer for one shift, and the ways money changes hands.

use apdu_core::calendar::today;
use apdu_core::fault::Code;
use apdu_core::hex::encode;
use etc_api::{CloseDrawer, Drawer, OpenDrawer, Payment, PaymentKind, PosSlip};

use super::{Desk, Error, Who, until_settled};
use crate::audit::{Entry, Event};
use crate::ledger::{self, Means};
use crate::random::uuid;
use crate::store::{Counted, DrawerRow, StoreError};

/// The most anybody keeps or counts in a drawer, fen (10 000 000 yuan): more is a slip of the finger.
const FULLEST: i64 = 1_000_000_000;

/// Longest note about a difference, in characters.
const LONGEST_NOTE: usize = 200;

impl Desk<'_> {
    /// The operator's open drawer here, or the last one.
    pub async fn drawer(&self, who: &Who) -> Result<Drawer, Error> {
        let row = self.store.drawer(&who.operator, &who.outlet.code).await?;
        Ok(shown(row.ok_or(Code::NoDrawer)?))
    }

    /// Opens a drawer with what lies in it.
    pub async fn open_drawer(&self, who: &Who, request: &OpenDrawer) -> Result<Drawer, Error> {
        if !(0..=FULLEST).contains(&request.float) {
            return Err(Code::AmountNotAllowed.into());
        }
        let now = self.store.now().await?;
        match self.new_drawer(who, request.float, now).await {
            Err(Error::Store(StoreError::Duplicate(_))) => Err(Code::DrawerIsOpen.into()),
            opened => opened.map(shown),
        }
    }

    /// Closes it with what was counted.
    pub async fn close_drawer(&self, who: &Who, request: &CloseDrawer) -> Result<Drawer, Error> {
        let note = request
            .note
            .as_deref()
            .map(str::trim)
            .filter(|note| !note.is_empty());
        let too_long = note.is_some_and(|note| note.chars().count() > LONGEST_NOTE);
        if !(0..=FULLEST).contains(&request.counted) || too_long {
            return Err(Code::AmountNotAllowed.into());
        }
        until_settled(|| self.close_drawer_once(who, request.counted, note)).await
    }

    async fn close_drawer_once(
        &self,
        who: &Who,
        counted: i64,
        note: Option<&str>,
    ) -> Result<Drawer, Error> {
        let row = self.store.drawer(&who.operator, &who.outlet.code).await?;
        let row = row.filter(|row| row.closed.is_none());
        let row = row.ok_or(Code::NoDrawer)?;
        let now = self.store.now().await?;
        let counted = Counted {
            at: now,
            fen: counted,
            note: note.map(str::to_owned),
        };
        let entry = drawer_entry(who, now, Event::DrawerClosed);
        self.store
            .close_drawer(&row.id, row.revision, &counted, &entry)
            .await?;
        Ok(shown(DrawerRow {
            closed: Some(counted),
            ..row
        }))
    }

    /// How a payment changes hands: cash lies in the operator's drawer, which the first cash of a shift
    /// opens; a slip is entered once.
    pub(super) async fn means(
        &self,
        who: &Who,
        payment: &Payment,
        now: i64,
    ) -> Result<Means, Error> {
        match (payment.kind, &payment.slip) {
            (PaymentKind::Cash, None) => self.cash(who, now).await,
            (PaymentKind::Pos, Some(slip)) => self.slip(slip, now).await,
            (PaymentKind::Cash, Some(_)) | (PaymentKind::Pos, None) => {
                Err(Code::SlipMalformed.into())
            }
        }
    }

    pub(super) async fn cash(&self, who: &Who, now: i64) -> Result<Means, Error> {
        let row = self.store.drawer(&who.operator, &who.outlet.code).await?;
        let drawer = match row.filter(|row| row.closed.is_none()) {
            Some(open) => open,
            None => self.new_drawer(who, 0, now).await?,
        };
        Ok(Means::Cash { drawer: drawer.id })
    }

    pub(super) async fn slip(&self, slip: &PosSlip, now: i64) -> Result<Means, Error> {
        let terminal_fits = (1..=16).contains(&slip.terminal.len())
            && slip
                .terminal
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric());
        let number_fits = (4..=20).contains(&slip.number.len())
            && slip.number.bytes().all(|byte| byte.is_ascii_digit());
        if !terminal_fits || !number_fits {
            return Err(Code::SlipMalformed.into());
        }
        let slip = ledger::PosSlip {
            terminal: slip.terminal.to_ascii_uppercase(),
            number: slip.number.clone(),
            day: encode(&today(now).0),
        };
        match self.store.slip_used(&slip).await? {
            true => Err(Code::SlipUsed.into()),
            false => Ok(Means::Pos(slip)),
        }
    }

    async fn new_drawer(&self, who: &Who, float: i64, now: i64) -> Result<DrawerRow, Error> {
        let row = DrawerRow {
            id: uuid(self.random),
            operator: who.operator.clone(),
            outlet: who.outlet.code.clone(),
            opened_at: now,
            float,
            taken: 0,
            given_back: 0,
            payments: 0,
            closed: None,
            revision: 0,
        };
        let entry = drawer_entry(who, now, Event::DrawerOpened);
        self.store.open_drawer(&row, &entry).await?;
        Ok(row)
    }
}

/// A drawer as it is shown.
pub(super) fn shown(row: DrawerRow) -> Drawer {
    Drawer {
        expected: row.float + row.taken - row.given_back,
        id: row.id,
        operator: row.operator,
        outlet: row.outlet,
        opened_at: row.opened_at,
        float: row.float,
        taken: row.taken,
        given_back: row.given_back,
        payments: row.payments,
        closed_at: row.closed.as_ref().map(|closed| closed.at),
        counted: row.closed.as_ref().map(|closed| closed.fen),
        note: row.closed.and_then(|closed| closed.note),
    }
}

fn drawer_entry(who: &Who, at: i64, event: Event) -> Entry {
    Entry {
        at,
        operator: who.operator.clone(),
        event,
        card: None,
        record: None,
        evidence: Vec::new(),
    }
}
