//! Calls of a task that writes a card, and of a card that is taken into the records.

use apdu_core::authority::{
    BeginCardTask, CardRefused, CardTask, CardTaskId, CardTasks, CardTold, OfferTakeIn, Presence,
    Refusal, SignCard, SignedCard, TakeIn, TakeIns, WholeCard,
};
use apdu_core::bcd::CardNumber;
use apdu_core::card::Answer;
use etc_api::LicensedVehicle;
use serde::de::IgnoredAny;

use super::{Backend, Request, new_key};

impl CardTasks for Backend {
    fn begin_card_task<'a>(
        &'a mut self,
        request: &'a BeginCardTask,
    ) -> Answer<'a, Result<CardTask, Refusal>> {
        Box::pin(async move {
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
            let request = Request::post(&format!("card-tasks/{task}/refused"), refused);
            self.signed_in_call(&request.keyed(&new_key())).await
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
}
