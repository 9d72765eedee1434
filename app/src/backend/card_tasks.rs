//! Calls of a task that writes a card, of a card that is taken into the records, and of the stock of cards.

use apdu_core::authority::{
    BeginCardTask, CardRefused, CardStatus, CardTask, CardTaskId, CardTasks, CardTold, OfferTakeIn,
    Presence, Refusal, SignCard, SignedCard, TakeIn, TakeIns, WholeCard,
};
use apdu_core::bcd::CardNumber;
use apdu_core::card::Answer;
use etc_api::{Approve, CardStockLine, HandOutCards, LicensedVehicle, SetCardStatus};
use serde::de::IgnoredAny;

use super::{Backend, Request, new_key};

impl CardTasks for Backend {
    fn begin_card_task<'a>(
        &'a mut self,
        request: &'a BeginCardTask,
    ) -> Answer<'a, Result<CardTask, Refusal>> {
        Box::pin(async move {
            self.hand_in_reports().await?;
            let request = Request::post("card-tasks", request).keyed(&new_key());
            self.signed_in_call(&request).await
        })
    }

    fn show_card<'a>(
        &'a mut self,
        task: &'a CardTaskId,
        shown: &'a WholeCard,
    ) -> Answer<'a, Result<CardTold, Refusal>> {
        Box::pin(async move {
            self.hand_in_reports().await?;
            let request = Request::post(&format!("card-tasks/{task}/show"), shown);
            self.signed_in_call(&request).await
        })
    }

    fn sign_card<'a>(
        &'a mut self,
        task: &'a CardTaskId,
        request: &'a SignCard,
    ) -> Answer<'a, Result<SignedCard, Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("card-tasks/{task}/sign"), request);
            self.signed_in_call(&request.keyed(&new_key())).await
        })
    }

    fn card_refused<'a>(
        &'a mut self,
        task: &'a CardTaskId,
        refused: &'a CardRefused,
    ) -> Answer<'a, Result<CardTask, Refusal>> {
        Box::pin(async move {
            self.report_refusal(format!("card-tasks/{task}/refused"), refused)
                .await
        })
    }
}

impl TakeIns for Backend {
    fn offer_take_in<'a>(
        &'a mut self,
        card: CardNumber,
        offer: &'a OfferTakeIn,
    ) -> Answer<'a, Result<Presence, Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("cards/{card}/take-in/offer"), offer);
            self.signed_in_call(&request.keyed(&new_key())).await
        })
    }

    fn take_in<'a>(
        &'a mut self,
        card: CardNumber,
        shown: &'a TakeIn,
    ) -> Answer<'a, Result<(), Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("cards/{card}/take-in"), shown);
            let _: IgnoredAny = self.signed_in_call(&request.keyed(&new_key())).await?;
            Ok(())
        })
    }
}

impl Backend {
    /// The vehicle of a card, as its licence describes it.
    pub async fn add_vehicle(
        &self,
        card: CardNumber,
        vehicle: &LicensedVehicle,
    ) -> Result<(), Refusal> {
        let request = Request::post(&format!("cards/{card}/vehicle"), vehicle);
        let _: IgnoredAny = self.signed_in_call(&request.keyed(&new_key())).await?;
        Ok(())
    }

    /// How many cards there are, by outlet, type and status.
    pub async fn card_stock(&self) -> Result<Vec<CardStockLine>, Refusal> {
        self.signed_in_call(&Request::get("card-stock")).await
    }

    /// Cards go to an outlet.
    pub async fn hand_out_cards(&self, wanted: &HandOutCards) -> Result<(), Refusal> {
        let request = Request::post("card-stock/hand-out", wanted).keyed(&new_key());
        let _: IgnoredAny = self.signed_in_call(&request).await?;
        Ok(())
    }

    /// Suspends a card, reports it lost, takes it out of use, or lifts a suspension or a loss.
    pub async fn set_card_status(
        &self,
        card: CardNumber,
        status: CardStatus,
        reason: &str,
    ) -> Result<(), Refusal> {
        let body = SetCardStatus {
            status,
            reason: reason.to_owned(),
        };
        let request = Request::post(&format!("cards/{card}/status"), &body);
        let _: IgnoredAny = self.signed_in_call(&request.keyed(&new_key())).await?;
        Ok(())
    }

    /// A supervisor allows more signatures for a card.
    pub async fn allow_card_signatures(
        &self,
        card: CardNumber,
        approve: &Approve,
    ) -> Result<(), Refusal> {
        self.vouched(&format!("cards/{card}/signatures"), approve)
            .await
    }

    /// A supervisor lets an application go on after too many cards failed.
    pub async fn reopen_application(&self, id: &str, approve: &Approve) -> Result<(), Refusal> {
        self.vouched(&format!("applications/{id}/reopen"), approve)
            .await
    }
}
