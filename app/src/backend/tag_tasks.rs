//! Calls of a task that writes a tag, and of the stock.

use apdu_core::authority::{
    BeginTagTask, CardStatus, Refusal, ShownTag, SignTag, SignedTag, TagRefused, TagTask,
    TagTaskId, TagTasks, TagTold,
};
use apdu_core::bcd::CardNumber;
use apdu_core::card::Answer;
use apdu_core::obu::ContractSerial;
use etc_api::{
    Approve, CancelUnseen, CardPairing, HandInLine, HandOut, SetTagStatus, StockTag, TagStockLine,
};
use serde::de::IgnoredAny;

use super::{Backend, Nothing, Request, new_key};

impl TagTasks for Backend {
    fn begin_tag_task<'a>(
        &'a mut self,
        request: &'a BeginTagTask,
    ) -> Answer<'a, Result<TagTask, Refusal>> {
        Box::pin(async move {
            self.hand_in_reports().await?;
            let request = Request::post("tag-tasks", request).keyed(&new_key());
            self.signed_in_call(&request).await
        })
    }

    fn show_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        shown: &'a ShownTag,
    ) -> Answer<'a, Result<TagTold, Refusal>> {
        Box::pin(async move {
            self.hand_in_reports().await?;
            let request = Request::post(&format!("tag-tasks/{task}/show"), shown);
            self.signed_in_call(&request).await
        })
    }

    fn sign_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        request: &'a SignTag,
    ) -> Answer<'a, Result<SignedTag, Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("tag-tasks/{task}/sign"), request);
            self.signed_in_call(&request.keyed(&new_key())).await
        })
    }

    fn tag_refused<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        refused: &'a TagRefused,
    ) -> Answer<'a, Result<TagTask, Refusal>> {
        Box::pin(async move {
            self.report_refusal(format!("tag-tasks/{task}/refused"), refused)
                .await
        })
    }
}

impl Backend {
    /// Which tag a card is paired with, and was before.
    pub async fn pairing(&self, card: CardNumber) -> Result<CardPairing, Refusal> {
        self.signed_in_call(&Request::get(&format!("cards/{card}/pairing")))
            .await
    }

    /// How many tags there are, by outlet and status.
    pub async fn tag_stock(&self) -> Result<Vec<TagStockLine>, Refusal> {
        self.signed_in_call(&Request::get("tag-stock")).await
    }

    /// The chips that wait to be handed in.
    pub async fn hand_ins(&self) -> Result<Vec<HandInLine>, Refusal> {
        self.signed_in_call(&Request::get("hand-ins")).await
    }

    /// This person has the chip before them.
    pub async fn tick_hand_in(&self, id: &str) -> Result<(), Refusal> {
        let request = Request::post(&format!("hand-ins/{id}/tick"), &Nothing {});
        self.signed_in_call(&request.keyed(&new_key())).await
    }

    /// Tags go to an outlet.
    pub async fn hand_out(&self, wanted: &HandOut) -> Result<(), Refusal> {
        let request = Request::post("tag-stock/hand-out", wanted).keyed(&new_key());
        let _: IgnoredAny = self.signed_in_call(&request).await?;
        Ok(())
    }

    /// The tag with this number on its back.
    pub async fn tag_of_sn(&self, sn: &str) -> Result<StockTag, Refusal> {
        self.signed_in_call(&Request::get(&format!("tags/sn/{sn}")))
            .await
    }

    /// Suspends a tag, reports it lost, or lifts either.
    pub async fn set_tag_status(
        &self,
        tag: ContractSerial,
        status: CardStatus,
        reason: &str,
    ) -> Result<StockTag, Refusal> {
        let body = SetTagStatus {
            status,
            reason: reason.to_owned(),
        };
        let request = Request::post(&format!("tags/{tag}/status"), &body);
        self.signed_in_call(&request.keyed(&new_key())).await
    }

    /// Cancels a tag that nobody can show any more.
    pub async fn cancel_unseen(
        &self,
        tag: ContractSerial,
        reason: &str,
    ) -> Result<StockTag, Refusal> {
        let body = CancelUnseen {
            reason: reason.to_owned(),
        };
        let request = Request::post(&format!("tags/{tag}/cancel"), &body);
        self.signed_in_call(&request.keyed(&new_key())).await
    }

    /// Allows a tag as many signatures again as a new one has, with a supervisor's credentials.
    pub async fn allow_signatures(
        &self,
        tag: ContractSerial,
        approve: &Approve,
    ) -> Result<(), Refusal> {
        self.vouched(&format!("tags/{tag}/signatures"), approve)
            .await
    }
}
