//! A card that was issued elsewhere in the province is taken into the records.

use apdu_core::authority::{OfferTakeIn, Presence, TakeIn};
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use apdu_core::toll_card::IssueFile;
use sha2::{Digest, Sha256};

use super::card_task::entry;
use super::proof::Shown;
use super::tag_task::{stored, teller};
use super::{Attempt, DECISIONS, Desk, Error, Who, ended};
use crate::audit::Event;
use crate::keys::KeyError;
use crate::ledger::{self, Card, CardFile, Change, Ended, HolderMark, Write};
use crate::random::{draw, uuid};
use crate::store::{CardCommit, TakeInOffer};

impl Desk<'_> {
    /// Asks whether a card may be taken in, and gives out the INIT by which it proves that it is here.
    pub async fn offer_take_in(
        &self,
        who: &Who,
        number: CardNumber,
        request: &OfferTakeIn,
    ) -> Result<Presence, Error> {
        let (card, _) = self.newcomer(number, &request.issue.0).await?;
        let now = self.store.now().await?;
        let draw = || draw::<1>(self.random)[0];
        let nonce = ledger::presence_nonce(&who.operator, draw, now);
        let terminal = nonce.terminal;
        let offer = TakeInOffer {
            session: who.session,
            card: number,
            nonce,
        };
        let entry = entry(who, now, Event::TakeInOffered, &card, &terminal);
        self.store.offer_take_in(&offer, &entry).await?;
        Ok(Presence {
            init: ledger::presence_init(&card, terminal),
            pin: card.profile.pin,
        })
    }

    /// Takes a card in that has just proved that it is here, and made with keys of this province.
    pub async fn take_in(
        &self,
        who: &Who,
        attempt: &Attempt,
        number: CardNumber,
        request: &TakeIn,
    ) -> Result<(), Error> {
        let attempt = &without_holder(attempt, request);
        let mut proof = Shown::new(who, &request.presence.answer.0);
        let mut end = Err(Code::RecordRaced.into());
        for _ in 0..DECISIONS {
            let taken = self.take_in_once(who, attempt, number, request, &mut proof);
            if let Some(answered) = ended(taken.await) {
                end = answered;
                break;
            }
        }
        let end = self.concluded(&proof, end).await;
        self.or_its_twin(who, attempt, end).await
    }

    async fn take_in_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        number: CardNumber,
        request: &TakeIn,
        proof: &mut Shown<'_>,
    ) -> Result<(), Error> {
        if let Some(()) = self.replay(who, attempt).await? {
            return Ok(());
        }
        let (mut card, given) = self.newcomer(number, &request.issue.0).await?;
        let holder: Result<&[u8; 55], _> = request.holder.0.as_slice().try_into();
        let holder = holder.map_err(|_| Code::MalformedFile)?;
        card.stock.holder = match self.keys.holder_mark(number, holder) {
            Ok(mark) => Some(HolderMark(mark)),
            // Without a key for it the file is not recognised again; the card is as good for all else.
            Err(KeyError::NoKeys) => None,
            Err(error) => return Err(error.code(Code::BackendFailed).into()),
        };
        let now = self.store.now().await?;
        let terminal = request.presence.terminal.0;
        let offer = self.store.take_in_offer(&who.session).await?;
        let is_good = |offer: &TakeInOffer| {
            offer.card == number && offer.nonce.is_good(&who.operator, terminal, now)
        };
        if !offer.as_ref().is_some_and(is_good) {
            return Err(Code::CardNotPresent.into());
        }
        let made_with = (ledger::presence_amount(&card), terminal);
        let file = CardFile::of_newcomer(card);
        let answer = &request.presence.answer.0;
        let proved = self
            .verify_init(proof, &file, now, made_with, answer)
            .await?;
        let card = file.card;
        let mut writes = proved.learned;
        writes.push(Write::GiveCard {
            plate: card.plate.clone(),
            plate_colour: card.plate_colour,
            before: given,
        });
        // Of a card on the blacklist the vehicle may still have the tag.
        let pairing = self.store.of_card(&card).await?.pairing;
        let new_id = || uuid(self.random);
        let teller = teller(who, now, &new_id);
        let moved = pairing.map(|one| one.moved_to(number, Ended::Replaced, &teller));
        let commit = CardCommit {
            changes: vec![Change::of(&card, writes)],
            chips: moved.unwrap_or_default(),
            proved: Some(proved.counted),
            entries: vec![entry(who, now, Event::CardTakenIn, &card, &request.issue.0)],
            answer: Some(stored(who, attempt, &())?),
            taken_in: Some(Box::new(card)),
        };
        self.store.commit_card(&commit).await?;
        proof.given_back();
        Ok(())
    }

    /// The card that this file 0015 is of, if it may come in at all, and the one that its vehicle was given last.
    async fn newcomer(
        &self,
        number: CardNumber,
        issue: &[u8],
    ) -> Result<(Card, Option<CardNumber>), Error> {
        let file = IssueFile::parse(issue).map_err(|_| Code::MalformedFile)?;
        if file.number != number {
            return Err(Code::OtherCard.into());
        }
        if self.store.card_file(number).await?.is_some() {
            return Err(Code::CardAlreadyKnown.into());
        }
        if !self.keys.knows_issuer(number.network) {
            return Err(Code::CardOfElsewhere.into());
        }
        if file.is_blank() {
            return Err(Code::CardNotIssued.into());
        }
        let model = self.store.card_model(file.issuer, file.version).await?;
        let model = model.ok_or(Code::CardOfElsewhere)?;
        let card = ledger::newcomer(issue, &model)?;
        // Read first: what comes between the two readings is a lost race.
        let (plate, colour) = (&card.plate[..], card.plate_colour);
        let given = self.store.card_given(plate, colour).await?;
        let of_vehicle = self.store.card_of_vehicle(plate, colour).await?;
        match of_vehicle {
            // It has come in since it was asked for.
            Some(known) if known == number => Err(Code::CardAlreadyKnown.into()),
            // A vehicle has one card. Which of the two is right, a person finds out.
            Some(_) => Err(Code::VehicleHasCard.into()),
            None => Ok((card, given)),
        }
    }
}

/// The same attempt, whose hash leaves file 0016 out: it names a person, and whoever knows the rest could guess the
/// number of a document by a hash that has it.
fn without_holder(attempt: &Attempt, request: &TakeIn) -> Attempt {
    let presence = &request.presence;
    let body = Sha256::new()
        .chain_update(presence.terminal.0)
        .chain_update(presence.answer.0)
        .chain_update(&request.issue.0);
    Attempt {
        body: body.finalize().into(),
        ..attempt.clone()
    }
}
