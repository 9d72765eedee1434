//! A signed-in operator's line to the backend, with whatever goes wrong on it.

use std::fmt::Debug;
use std::future::pending;
use std::rc::Rc;

use apdu_core::authority::{
    Account, Accounted, Authorise, Authorised, Authority, BeginCardTask, BeginTagTask, CardRefused,
    CardTask, CardTaskId, CardTasks, CardTold, CreateRecharge, Evidence, InitForLoad, LetGo,
    Recharge, RecordId, Refusal, ShownTag, ShownVehicle, Sight, Sighted, SignCard, SignTag,
    SignedCard, SignedTag, TagAuthority, TagRefused, TagSight, TagSighted, TagTask, TagTaskId,
    TagTasks, TagTold, TagVehicle, WholeCard,
};
use apdu_core::bcd::CardNumber;
use apdu_core::card::Answer;
use apdu_core::fault::Code;
use apdu_core::obu::ContractSerial;
use etc_api::{MoneyOut, Payment, PaymentKind, RefundOutcome};
use etc_backend::desk::{Attempt, Desk, Error, Who};

use super::faults::{Cut, Side};
use super::world::World;
use crate::wait;

/// The line.
pub struct Counter<'w> {
    world: &'w World,
    /// Who sits at this end of it.
    pub who: Who,
}

/// A step of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundStep {
    /// It begins.
    Begin,
    /// The money leaves the drawer.
    Send,
    /// The customer has signed.
    PaidInCash,
    /// It was not given back after all.
    Refused,
}

impl<'w> Counter<'w> {
    /// This operator's.
    pub fn new(world: &'w World, who: Who) -> Self {
        Self { world, who }
    }

    /// Confirms that the cash was taken. A payment whose answer is lost is asked for again, as the same
    /// attempt.
    pub async fn pay(&self, record: &str, amount: i64) -> Result<Recharge, Refusal> {
        let payment = Payment {
            kind: PaymentKind::Cash,
            amount,
            slip: None,
        };
        let record = record.to_owned();
        let request = move |desk: &Desk<'_>, who: &Who, attempt: &Attempt| {
            wait(desk.pay(who, attempt, &record, &payment))
        };
        self.ask_twice(request).await
    }

    /// One step of a refund; asked for again, as the same attempt, where its answer is lost.
    pub async fn refund(&self, record: &str, step: RefundStep) -> Result<Recharge, Refusal> {
        let record = record.to_owned();
        let request = move |desk: &Desk<'_>, who: &Who, attempt: &Attempt| {
            let end = |outcome| {
                let outcome = RefundOutcome { outcome };
                wait(desk.end_refund(who, attempt, &record, &outcome))
            };
            match step {
                RefundStep::Begin => wait(desk.begin_refund(who, attempt, &record)),
                RefundStep::Send => wait(desk.send_refund(who, attempt, &record)),
                RefundStep::PaidInCash => end(MoneyOut::PaidInCash),
                RefundStep::Refused => end(MoneyOut::Refused),
            }
        };
        self.ask_twice(request).await
    }

    /// A request that is repeated once, with its key, where its answer is lost.
    async fn ask_twice<T: 'static>(
        &self,
        request: impl Fn(&Desk<'_>, &Who, &Attempt) -> Result<T, Error> + 'static,
    ) -> Result<T, Refusal> {
        let key = self.world.new_key();
        let request: Request<T> = Rc::new(request);
        let first = self.send(&key, request.clone()).await;
        match first {
            Err(refusal) if refusal.code == Code::AnswerLost => self.send(&key, request).await,
            first => first,
        }
    }

    /// A request of its own.
    async fn ask<T: 'static>(
        &self,
        request: impl Fn(&Desk<'_>, &Who, &Attempt) -> Result<T, Error> + 'static,
    ) -> Result<T, Refusal> {
        let key = self.world.new_key();
        self.send(&key, Rc::new(request)).await
    }

    /// One request, with whatever goes wrong on its way.
    async fn send<T: 'static>(&self, key: &str, request: Request<T>) -> Result<T, Refusal> {
        let attempt = Attempt {
            key: key.to_owned(),
            route: "POST".into(),
            body: [0; 32],
        };
        let who = self.who.clone();
        let deliver = move |world: &World| {
            let answer = request(&world.backend(), &who, &attempt);
            answer.map_err(|error| Refusal { code: error.code() })
        };
        let lost = Refusal {
            code: Code::AnswerLost,
        };
        let world = self.world;
        world.meanwhile();
        match world.next(Side::Desk) {
            Some(Cut::TabGoneBefore) => pending().await,
            Some(Cut::TabGoneAfter) => {
                let _ = deliver(world);
                pending().await
            }
            Some(Cut::DownBefore) => Err(lost),
            Some(Cut::DownAfter) => {
                let _ = deliver(world);
                Err(lost)
            }
            Some(Cut::Late) => {
                world.hold_up(Rc::new(move |world| drop(deliver(world))));
                Err(lost)
            }
            Some(Cut::Doubled) => {
                let first = deliver(world);
                let _ = deliver(world);
                first
            }
            _ => deliver(world),
        }
    }
}

type Request<T> = Rc<dyn Fn(&Desk<'_>, &Who, &Attempt) -> Result<T, Error>>;

impl Authority for Counter<'_> {
    fn sight<'a>(
        &'a mut self,
        card: CardNumber,
        sight: &'a Sight,
    ) -> Answer<'a, Result<Sighted, Refusal>> {
        let sight = sight.clone();
        Box::pin(self.ask(move |desk, who, _| wait(desk.sight(who, card, &sight))))
    }

    fn create<'a>(
        &'a mut self,
        request: &'a CreateRecharge,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        let request = request.clone();
        Box::pin(self.ask(move |desk, who, attempt| wait(desk.create(who, attempt, &request))))
    }

    fn authorise<'a>(
        &'a mut self,
        record: &'a RecordId,
        request: &'a Authorise,
    ) -> Answer<'a, Result<Authorised, Refusal>> {
        let (record, request) = (record.clone(), request.clone());
        Box::pin(
            self.ask(move |desk, who, attempt| {
                wait(desk.authorise(who, attempt, &record, &request))
            }),
        )
    }

    fn confirm<'a>(
        &'a mut self,
        record: &'a RecordId,
        evidence: &'a Evidence,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        let (record, evidence) = (record.clone(), evidence.clone());
        Box::pin(
            self.ask(move |desk, who, attempt| {
                wait(desk.confirm(who, attempt, &record, &evidence))
            }),
        )
    }

    fn account<'a>(
        &'a mut self,
        card: CardNumber,
        account: &'a Account,
    ) -> Answer<'a, Result<Accounted, Refusal>> {
        let account = account.clone();
        Box::pin(
            self.ask(move |desk, who, attempt| wait(desk.account(who, attempt, card, &account))),
        )
    }

    fn offer_let_go<'a>(
        &'a mut self,
        record: &'a RecordId,
    ) -> Answer<'a, Result<InitForLoad, Refusal>> {
        let record = record.clone();
        Box::pin(self.ask(move |desk, who, _| wait(desk.offer_let_go(who, &record))))
    }

    fn let_go<'a>(
        &'a mut self,
        record: &'a RecordId,
        proof: &'a LetGo,
    ) -> Answer<'a, Result<Recharge, Refusal>> {
        let (record, proof) = (record.clone(), proof.clone());
        Box::pin(
            self.ask(move |desk, who, attempt| wait(desk.let_go(who, attempt, &record, &proof))),
        )
    }
}

impl TagTasks for Counter<'_> {
    fn begin_tag_task<'a>(
        &'a mut self,
        request: &'a BeginTagTask,
    ) -> Answer<'a, Result<TagTask, Refusal>> {
        let request = request.clone();
        Box::pin(
            self.ask(move |desk, who, attempt| wait(desk.begin_tag_task(who, attempt, &request))),
        )
    }

    fn show_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        shown: &'a ShownTag,
    ) -> Answer<'a, Result<TagTold, Refusal>> {
        let (task, shown) = (task.clone(), shown.clone());
        Box::pin(self.ask(move |desk, who, _| wait(desk.show_tag(who, &task, &shown))))
    }

    fn sign_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        request: &'a SignTag,
    ) -> Answer<'a, Result<SignedTag, Refusal>> {
        let (task, request) = (task.clone(), request.clone());
        Box::pin(
            self.ask(move |desk, who, attempt| wait(desk.sign_tag(who, attempt, &task, &request))),
        )
    }

    fn tag_refused<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        refused: &'a TagRefused,
    ) -> Answer<'a, Result<TagTask, Refusal>> {
        let (task, refused) = (task.clone(), refused.clone());
        Box::pin(
            self.ask(move |desk, who, attempt| {
                wait(desk.tag_refused(who, attempt, &task, &refused))
            }),
        )
    }
}

impl CardTasks for Counter<'_> {
    fn begin_card_task<'a>(
        &'a mut self,
        request: &'a BeginCardTask,
    ) -> Answer<'a, Result<CardTask, Refusal>> {
        let request = request.clone();
        Box::pin(
            self.ask(move |desk, who, attempt| wait(desk.begin_card_task(who, attempt, &request))),
        )
    }

    fn show_card<'a>(
        &'a mut self,
        task: &'a CardTaskId,
        shown: &'a WholeCard,
    ) -> Answer<'a, Result<CardTold, Refusal>> {
        let (task, shown) = (task.clone(), shown.clone());
        Box::pin(self.ask(move |desk, who, _| wait(desk.show_card(who, &task, &shown))))
    }

    fn sign_card<'a>(
        &'a mut self,
        task: &'a CardTaskId,
        request: &'a SignCard,
    ) -> Answer<'a, Result<SignedCard, Refusal>> {
        let (task, request) = (task.clone(), request.clone());
        Box::pin(
            self.ask(move |desk, who, attempt| wait(desk.sign_card(who, attempt, &task, &request))),
        )
    }

    fn card_refused<'a>(
        &'a mut self,
        task: &'a CardTaskId,
        refused: &'a CardRefused,
    ) -> Answer<'a, Result<CardTask, Refusal>> {
        let (task, refused) = (task.clone(), refused.clone());
        Box::pin(
            self.ask(move |desk, who, attempt| {
                wait(desk.card_refused(who, attempt, &task, &refused))
            }),
        )
    }
}

impl TagAuthority for Counter<'_> {
    fn sight_tag<'a>(
        &'a mut self,
        tag: ContractSerial,
        sight: &'a TagSight,
    ) -> Answer<'a, Result<TagSighted, Refusal>> {
        let sight = sight.clone();
        Box::pin(self.ask(move |desk, who, _| wait(desk.sight_tag(who, tag, &sight))))
    }

    fn open_vehicle<'a>(
        &'a mut self,
        tag: ContractSerial,
        shown: &'a ShownVehicle,
    ) -> Answer<'a, Result<TagVehicle, Refusal>> {
        let shown = shown.clone();
        Box::pin(self.ask(move |desk, who, _| wait(desk.open_vehicle(who, tag, &shown))))
    }
}
