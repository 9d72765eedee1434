//! Calls of a task that writes a tag, and of the stock.

use apdu_core::authority::{
    BeginTagTask, Refusal, ShownTag, SignTag, SignedTag, TagRefused, TagTask, TagTaskId, TagTasks,
    TagTold,
};
use apdu_core::bcd::CardNumber;
use apdu_core::card::Answer;
use etc_api::CardPairing;

use super::{Backend, Request, new_key};

impl TagTasks for Backend {
    fn begin_tag_task<'a>(
        &'a mut self,
        request: &'a BeginTagTask,
    ) -> Answer<'a, Result<TagTask, Refusal>> {
        Box::pin(async move {
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
            let request = Request::post(&format!("tag-tasks/{task}/refused"), refused);
            self.signed_in_call(&request.keyed(&new_key())).await
        })
    }
}

impl Backend {
    /// Which tag a card is paired with, and was before.
    pub async fn pairing(&self, card: CardNumber) -> Result<CardPairing, Refusal> {
        self.signed_in_call(&Request::get(&format!("cards/{card}/pairing")))
            .await
    }
}
