//! Tags in the stock: where they are, to whom they belong, and which status they have.

use apdu_core::authority::CardStatus;
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use apdu_core::obu::ContractSerial;
use etc_api::{
    Approve, CardPairing, HandInLine, HandOut, PairingEnd, PairingRow, SetTagStatus, StockTag,
    TagStockLine,
};

use super::case::reason;
use super::tag::entry;
use super::tag_task::{stored, task, teller};
use super::{Attempt, Desk, Error, Who, until_settled};
use crate::audit::{Entry, Event};
use crate::ledger::limits::SIGNATURES;
use crate::ledger::{
    self, Chip, ChipWrite, Ended, HandIn, HandInReason, Pairing, Tag, TagFile, TagWrite,
};
use crate::random::uuid;
use crate::store::TagCommit;
use crate::words::Word;

/// The most tags that are handed out together.
const AT_ONCE: usize = 200;

impl Desk<'_> {
    /// What belongs to a card.
    pub async fn pairing(&self, number: CardNumber) -> Result<CardPairing, Error> {
        let card = self.card_file(number).await?.card;
        let of_card = self.store.of_card(&card).await?;
        let vehicle = self.store.vehicle(&card.plate, card.plate_colour).await?;
        let open = of_card.open.map(|(mut job, tag)| {
            job.reading = None;
            task(&job, &tag)
        });
        Ok(CardPairing {
            card: number,
            plate: card.plate,
            plate_colour: card.plate_colour,
            vehicle_class: card.vehicle_class,
            status: card.status,
            vehicle_known: vehicle.is_some(),
            tag: of_card.tag.map(in_stock),
            open_task: open,
            history: of_card.history.iter().filter_map(past).collect(),
        })
    }

    /// How many tags there are, by outlet and status.
    pub async fn tag_stock(&self) -> Result<Vec<TagStockLine>, Error> {
        let counts = self.store.tag_stock().await?.into_iter();
        let mut lines: Vec<_> = counts
            .map(|count| TagStockLine {
                outlet: count.outlet,
                status: count.status,
                issued: count.issued,
                tags: count.tags,
            })
            .collect();
        lines.sort_by(|a, b| {
            let key = |line: &TagStockLine| (line.outlet.clone(), line.issued, line.status.word());
            key(a).cmp(&key(b))
        });
        Ok(lines)
    }

    /// Tags that nobody has go to an outlet, all of them or none.
    pub async fn hand_out(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &HandOut,
    ) -> Result<Vec<StockTag>, Error> {
        if request.sns.is_empty() || request.sns.len() > AT_ONCE {
            return Err(Code::BadRequest.into());
        }
        if self.store.outlet(&request.outlet).await?.is_none() {
            return Err(Code::BadRequest.into());
        }
        self.answered(who, attempt, || self.hand_out_once(who, attempt, request))
            .await
    }

    async fn hand_out_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &HandOut,
    ) -> Result<Vec<StockTag>, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let now = self.store.now().await?;
        let (mut writes, mut entries, mut answer) = (Vec::new(), Vec::new(), Vec::new());
        for sn in &request.sns {
            let tag = self.store.tag_of_sn(sn).await?.ok_or(Code::TagUnknown)?;
            // What was signed for a card is that card's.
            if tag.issued.is_some() || tag.signed.issue.is_some() {
                return Err(Code::TagInUse.into());
            }
            let may = [CardStatus::Normal, CardStatus::Cancelled].contains(&tag.status);
            if let Some(code) = tag.status.refusal_of_tag().filter(|_| !may) {
                return Err(code.into());
            }
            let tag = Tag {
                outlet: Some(request.outlet.clone()),
                ..tag
            };
            let event = Event::TagHandedOut(tag.serial);
            entries.push(entry(who, now, event, request.outlet.as_bytes()));
            writes.push(TagWrite::PutTag(Box::new(tag.clone())));
            answer.push(in_stock(tag));
        }
        let commit = TagCommit {
            writes,
            entries,
            answer: Some(stored(who, attempt, &answer)?),
        };
        self.store.commit_tag(&commit).await?;
        Ok(answer)
    }

    /// A supervisor suspends a tag, reports it lost, takes it out of use, or lifts a suspension or a loss.
    pub async fn set_tag_status(
        &self,
        who: &Who,
        attempt: &Attempt,
        serial: ContractSerial,
        request: &SetTagStatus,
    ) -> Result<StockTag, Error> {
        let why = reason(&request.reason)?;
        let event = Event::TagStatusSet(serial, request.status);
        let new_id = || uuid(self.random);
        let change = |file: TagFile, now: i64| {
            use CardStatus::{Blacklisted, Cancelled, Damaged, Lost, Normal, Suspended};
            // What is damaged or on the blacklist stays out of use, but a free tag may turn out to be damaged.
            let is_free_and_broken =
                file.tag.status == Cancelled && [Damaged, Blacklisted].contains(&request.status);
            if ![Normal, Suspended, Lost].contains(&file.tag.status) && !is_free_and_broken {
                let code = file.tag.status.refusal_of_tag();
                return Err(code.unwrap_or(Code::BadRequest));
            }
            // What was cancelled unseen, or came in as lost, is nobody's: it would be good again for no vehicle.
            let is_nobodys = file.tag.issued.is_some() && file.pairing.is_none();
            if is_nobodys && request.status == Normal {
                return Err(Code::TagOfNoVehicle);
            }
            let tag = Tag {
                status: request.status,
                ..file.tag
            };
            let mut writes = vec![TagWrite::PutTag(Box::new(tag.clone()))];
            match request.status {
                Cancelled => return Err(Code::BadRequest),
                Damaged => {
                    let teller = teller(who, now, &new_id);
                    let listed = HandIn::new(Chip::Tag(serial), HandInReason::Failed, &teller);
                    writes.push(TagWrite::Chip(ChipWrite::InsertHandIn(listed)));
                }
                Normal | Suspended | Lost | Blacklisted => {}
            }
            Ok((tag, writes))
        };
        self.change_tag(who, attempt, serial, event, &why, change)
            .await
    }

    /// A supervisor cancels a tag that nobody can show any more.
    pub async fn cancel_unseen(
        &self,
        who: &Who,
        attempt: &Attempt,
        serial: ContractSerial,
        why: &str,
    ) -> Result<StockTag, Error> {
        let why = reason(why)?;
        let event = Event::TagCancelledUnseen(serial);
        let new_id = || uuid(self.random);
        let change = |file: TagFile, now| ledger::cancel_unseen(&file, &teller(who, now, &new_id));
        self.change_tag(who, attempt, serial, event, &why, change)
            .await
    }

    /// A tag changes at the word of a supervisor; the reason stands on the trail.
    async fn change_tag(
        &self,
        who: &Who,
        attempt: &Attempt,
        serial: ContractSerial,
        event: Event,
        why: &str,
        change: impl Fn(TagFile, i64) -> Result<(Tag, Vec<TagWrite>), Code>,
    ) -> Result<StockTag, Error> {
        self.answered(who, attempt, || async {
            if let Some(answer) = self.replay(who, attempt).await? {
                return Ok(answer);
            }
            let now = self.store.now().await?;
            let (tag, writes) = change(self.tag_file(serial).await?, now)?;
            let answer = in_stock(tag);
            let commit = TagCommit {
                writes,
                entries: vec![entry(who, now, event, why.as_bytes())],
                answer: Some(stored(who, attempt, &answer)?),
            };
            self.store.commit_tag(&commit).await?;
            Ok(answer)
        })
        .await
    }

    /// A supervisor, with credentials of their own, allows as many signatures again for a tag.
    pub async fn allow_signatures(
        &self,
        serial: ContractSerial,
        request: Approve,
    ) -> Result<(), Error> {
        let person = self.supervisor(request).await?;
        until_settled(|| async {
            let file = self.tag_file(serial).await?;
            let mut tag = file.tag;
            tag.signed.allowed = tag.signed.signatures.saturating_add(SIGNATURES);
            let commit = TagCommit {
                writes: vec![TagWrite::PutTag(Box::new(tag))],
                entries: vec![Entry {
                    at: self.store.now().await?,
                    operator: person.clone(),
                    event: Event::TagSignaturesAllowed(serial),
                    card: None,
                    record: None,
                    evidence: Vec::new(),
                }],
                answer: None,
            };
            Ok(self.store.commit_tag(&commit).await?)
        })
        .await
    }

    /// The chips that wait to be handed in, oldest first.
    pub async fn hand_ins(&self) -> Result<Vec<HandInLine>, Error> {
        let open = self.store.hand_ins().await?.into_iter();
        Ok(open
            .map(|one| HandInLine {
                id: one.id,
                chip: one.chip.to_string(),
                reason: told(one.reason),
                operator: one.operator,
                outlet: one.outlet,
                at: one.at,
            })
            .collect())
    }

    /// A second person has the chip before them.
    pub async fn tick_hand_in(&self, who: &Who, id: &str) -> Result<(), Error> {
        let open = self.store.hand_ins().await?;
        let one = open.iter().find(|one| one.id == id);
        let one = one.ok_or(Code::CaseMovedOn)?;
        if one.operator == who.operator {
            return Err(Code::SamePerson.into());
        }
        let now = self.store.now().await?;
        let ticked = entry(
            who,
            now,
            Event::HandInTicked,
            one.chip.to_string().as_bytes(),
        );
        match self.store.tick_hand_in(id, &ticked).await? {
            true => Ok(()),
            false => Err(Code::CaseMovedOn.into()),
        }
    }
}

/// A tag as the stock shows it.
pub(super) fn in_stock(tag: Tag) -> StockTag {
    StockTag {
        signatures_left: tag.signed.left(),
        sn: tag.sn,
        tag: tag.serial,
        status: tag.status,
        issued: tag.issued.is_some(),
    }
}

fn past(pairing: &Pairing) -> Option<PairingRow> {
    let (ended_at, why) = pairing.ended?;
    Some(PairingRow {
        tag: pairing.tag,
        begun_at: pairing.begun_at,
        ended_at,
        ended_for: match why {
            Ended::Exchanged => PairingEnd::Exchanged,
            Ended::Replaced => PairingEnd::Replaced,
            Ended::Cancelled => PairingEnd::Cancelled,
        },
    })
}

fn told(reason: HandInReason) -> etc_api::HandInReason {
    match reason {
        HandInReason::Exchanged => etc_api::HandInReason::Exchanged,
        HandInReason::Forbids => etc_api::HandInReason::Forbids,
        HandInReason::Failed => etc_api::HandInReason::Failed,
        HandInReason::GivenUp => etc_api::HandInReason::GivenUp,
    }
}
