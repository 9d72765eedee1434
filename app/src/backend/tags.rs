//! Calls about tags.

use apdu_core::authority::{Refusal, ShownVehicle, TagAuthority, TagSight, TagSighted, TagVehicle};
use apdu_core::card::Answer;
use apdu_core::obu::ContractSerial;

use super::{Backend, Request};

impl TagAuthority for Backend {
    fn sight_tag<'a>(
        &'a mut self,
        tag: ContractSerial,
        sight: &'a TagSight,
    ) -> Answer<'a, Result<TagSighted, Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("tags/{tag}/sight"), sight);
            self.signed_in_call(&request).await
        })
    }

    fn open_vehicle<'a>(
        &'a mut self,
        tag: ContractSerial,
        shown: &'a ShownVehicle,
    ) -> Answer<'a, Result<TagVehicle, Refusal>> {
        Box::pin(async move {
            let request = Request::post(&format!("tags/{tag}/vehicle"), shown);
            self.signed_in_call(&request).await
        })
    }
}
