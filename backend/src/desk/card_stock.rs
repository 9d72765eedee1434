//! Cards in the stock: where they are, which status they have, and what else a supervisor decides about them.

use apdu_core::authority::CardStatus;
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use etc_api::{Approve, CardStockLine, HandOutCards, LicensedBody, LicensedVehicle, SetCardStatus};

use super::card_task::entry;
use super::case::reason;
use super::tag_task::{stored, teller};
use super::{Attempt, DECISIONS, Desk, Error, Who, ended};
use crate::audit::{Entry, Event};
use crate::ledger::limits::SIGNATURES;
use crate::ledger::{
    Body, Card, CardHistory, Change, Chip, ChipWrite, HandIn, HandInReason, Vehicle, Write,
};
use crate::random::uuid;
use crate::store::CardCommit;
use crate::words::Word;

/// The most cards that are handed out together.
const AT_ONCE: usize = 200;

impl Desk<'_> {
    /// How many cards there are, by outlet, kind and status.
    pub async fn card_stock(&self) -> Result<Vec<CardStockLine>, Error> {
        let counts = self.store.card_stock().await?.into_iter();
        let mut lines: Vec<_> = counts
            .map(|count| CardStockLine {
                outlet: count.outlet,
                card_type: count.kind.number(),
                status: count.status,
                issued: count.issued,
                cards: count.cards,
            })
            .collect();
        lines.sort_by(|a, b| {
            let key = |line: &CardStockLine| {
                let outlet = line.outlet.clone();
                (outlet, line.issued, line.card_type, line.status.word())
            };
            key(a).cmp(&key(b))
        });
        Ok(lines)
    }

    /// Cards that are not issued go to an outlet, all of them or none.
    pub async fn hand_out_cards(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &HandOutCards,
    ) -> Result<(), Error> {
        if request.cards.is_empty() || request.cards.len() > AT_ONCE {
            return Err(Code::BadRequest.into());
        }
        if self.store.outlet(&request.outlet).await?.is_none() {
            return Err(Code::BadRequest.into());
        }
        self.answered(who, attempt, || {
            self.hand_out_cards_once(who, attempt, request)
        })
        .await
    }

    async fn hand_out_cards_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &HandOutCards,
    ) -> Result<(), Error> {
        if let Some(()) = self.replay(who, attempt).await? {
            return Ok(());
        }
        let now = self.store.now().await?;
        let (mut changes, mut entries) = (Vec::new(), Vec::new());
        for number in &request.cards {
            let card = self.card_file(*number).await?.card;
            // What was signed for an application is that application's.
            if card.stock.is_issued || card.stock.issue.is_some() {
                return Err(Code::CardTaken.into());
            }
            if let Some(code) = card.status.refusal() {
                return Err(code.into());
            }
            let event = Event::CardHandedOut;
            entries.push(entry(who, now, event, &card, request.outlet.as_bytes()));
            let mut handed = card.clone();
            handed.stock.outlet = Some(request.outlet.clone());
            let put = Write::PutCard(Box::new(handed));
            changes.push(Change::of(&card, vec![put]));
        }
        let commit = CardCommit {
            changes,
            entries,
            answer: Some(stored(who, attempt, &())?),
            ..CardCommit::default()
        };
        Ok(self.store.commit_card(&commit).await?)
    }

    /// A supervisor suspends a card, reports it lost, takes it out of use, or lifts a suspension or a loss.
    pub async fn set_card_status(
        &self,
        who: &Who,
        attempt: &Attempt,
        number: CardNumber,
        request: &SetCardStatus,
    ) -> Result<(), Error> {
        let why = reason(&request.reason)?;
        let event = Event::CardStatusSet(request.status);
        let new_id = || uuid(self.random);
        let change = |history: CardHistory, now: i64| {
            use CardStatus::{Blacklisted, Cancelled, Damaged, Lost, Normal, Suspended};
            let card = history.file.card;
            let from = [Normal, Suspended, Lost];
            // What is cancelled was exchanged; what is damaged or on the blacklist stays out of use.
            if !from.contains(&card.status) {
                return Err(card.status.refusal().unwrap_or(Code::BadRequest));
            }
            let chips = match request.status {
                Cancelled => return Err(Code::BadRequest),
                Damaged => {
                    let teller = teller(who, now, &new_id);
                    let chip = Chip::Card(number);
                    let listed = HandIn::new(chip, HandInReason::Failed, &teller);
                    vec![ChipWrite::InsertHandIn(listed)]
                }
                Normal | Suspended | Lost | Blacklisted => Vec::new(),
            };
            let set = vec![Write::SetStatus(request.status), Write::DropNonces];
            Ok((Change::of(&card, set), chips))
        };
        self.change_card(who, attempt, number, (event, why.as_bytes()), change)
            .await
    }

    /// A supervisor, with credentials of their own, allows as many signatures again for a card.
    pub async fn allow_card_signatures(
        &self,
        number: CardNumber,
        request: Approve,
    ) -> Result<(), Error> {
        let person = self.supervisor(request).await?;
        for _ in 0..DECISIONS {
            let card = self.card_file(number).await?.card;
            let mut allowed = card.clone();
            allowed.stock.allowed = card.stock.signatures.saturating_add(SIGNATURES);
            let put = Write::PutCard(Box::new(allowed));
            let commit = CardCommit {
                changes: vec![Change::of(&card, vec![put])],
                entries: vec![Entry {
                    at: self.store.now().await?,
                    operator: person.clone(),
                    event: Event::CardSignaturesAllowed,
                    card: Some(number),
                    record: None,
                    evidence: Vec::new(),
                }],
                ..CardCommit::default()
            };
            let written = self.store.commit_card(&commit).await;
            if let Some(end) = ended(written.map_err(Error::from)) {
                return end;
            }
        }
        Err(Code::RecordRaced.into())
    }

    /// The licence of the vehicle that a card was issued for comes into the records, which have none of it.
    pub async fn add_vehicle(
        &self,
        who: &Who,
        attempt: &Attempt,
        number: CardNumber,
        licence: &LicensedVehicle,
    ) -> Result<(), Error> {
        let card = self.card_file(number).await?.card;
        if let Some(code) = card.refusal() {
            return Err(code.into());
        }
        let vehicle = licensed(&card, licence);
        if !vehicle.fits_a_tag() {
            return Err(Code::BadRequest.into());
        }
        let known = self.store.vehicle(&card.plate, card.plate_colour).await?;
        // Nothing here overwrites what a tag may have been written with.
        if known.is_some_and(|known| known != vehicle) {
            return Err(Code::BadRequest.into());
        }
        let change = |history: CardHistory, _: i64| {
            let keep = Write::KeepVehicle(Box::new(vehicle.clone()));
            Ok((Change::of(&history.file.card, vec![keep]), Vec::new()))
        };
        self.change_card(who, attempt, number, (Event::VehicleAdded, &[]), change)
            .await
    }

    /// A card changes at somebody's word, which stands on the trail.
    async fn change_card(
        &self,
        who: &Who,
        attempt: &Attempt,
        number: CardNumber,
        (event, evidence): (Event, &[u8]),
        change: impl Fn(CardHistory, i64) -> Result<(Change, Vec<ChipWrite>), Code>,
    ) -> Result<(), Error> {
        self.answered(who, attempt, || async {
            if let Some(()) = self.replay(who, attempt).await? {
                return Ok(());
            }
            let now = self.store.now().await?;
            let history = self.store.card_history(number).await?;
            let history = history.ok_or(Code::CardUnknown)?;
            let entries = vec![entry(who, now, event, &history.file.card, evidence)];
            let (change, chips) = change(history, now)?;
            let commit = CardCommit {
                changes: vec![change],
                chips,
                entries,
                answer: Some(stored(who, attempt, &())?),
                ..CardCommit::default()
            };
            Ok(self.store.commit_card(&commit).await?)
        })
        .await
    }

    /// A supervisor lets an application go on after too many cards had failed.
    pub async fn reopen_application(
        &self,
        who: &Who,
        id: &str,
        request: Approve,
    ) -> Result<(), Error> {
        let person = self.supervisor(request).await?;
        for _ in 0..DECISIONS {
            let file = self.application_of(who, id).await?;
            file.applied.waits_for_a_card()?;
            // The row hangs on one of the cards that failed.
            let Some(card) = file.cards.first() else {
                return Ok(());
            };
            let now = self.store.now().await?;
            let turned = Write::TurnApplication(file.applied.reopened(now));
            let commit = CardCommit {
                changes: vec![Change::of(card, vec![turned])],
                entries: vec![Entry {
                    at: now,
                    operator: person.clone(),
                    event: Event::ApplicationReopened,
                    card: Some(card.number),
                    record: None,
                    evidence: id.as_bytes().to_vec(),
                }],
                ..CardCommit::default()
            };
            let written = self.store.commit_card(&commit).await;
            if let Some(end) = ended(written.map_err(Error::from)) {
                return end;
            }
        }
        Err(Code::RecordRaced.into())
    }
}

/// The vehicle of an issued card, as its licence describes it.
fn licensed(card: &Card, licence: &LicensedVehicle) -> Vehicle {
    Vehicle {
        plate: card.plate.clone(),
        plate_colour: card.plate_colour,
        class: card.vehicle_class,
        user_type: card.stock.user_type,
        measures: [licence.length, licence.width, licence.height],
        seats: licence.seats,
        body: match &licence.body {
            LicensedBody::Coach {
                wheels,
                axles,
                wheelbase,
                engine,
            } => Body::Coach {
                wheels: *wheels,
                axles: *axles,
                wheelbase: *wheelbase,
                engine: engine.clone(),
            },
            LicensedBody::Truck {
                permitted_load,
                curb_mass,
                gross_mass,
                vin,
            } => Body::Truck {
                permitted_load: *permitted_load,
                curb_mass: *curb_mass,
                gross_mass: *gross_mass,
                vin: vin.clone(),
            },
        },
    }
}
