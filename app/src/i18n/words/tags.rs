//! The word for what tags hold, and for what is done with them.

use apdu_core::authority::{CancelReason, IssueMode, TagField};
use etc_api::HandInReason;

use crate::i18n::{Texts, fill};

impl Texts {
    /// 办理模式
    pub fn issue_mode(&self, mode: IssueMode) -> &'static str {
        let t = &self.tags.write;
        match mode {
            IssueMode::New => t.mode_new,
            IssueMode::Exchange => t.mode_exchange,
            IssueMode::Replace => t.mode_replace,
        }
    }

    /// What it does to the tag that the vehicle had before.
    pub fn issue_mode_about(&self, mode: IssueMode) -> &'static str {
        let t = &self.tags.write;
        match mode {
            IssueMode::New => t.mode_new_about,
            IssueMode::Exchange => t.mode_exchange_about,
            IssueMode::Replace => t.mode_replace_about,
        }
    }

    /// Why a tag is cancelled.
    pub fn cancel_reason(&self, reason: CancelReason) -> &'static str {
        let t = &self.tags.write;
        match reason {
            CancelReason::WrongData => t.wrong_data,
            CancelReason::VehicleChanged => t.vehicle_changed,
            CancelReason::GivenBack => t.given_back,
        }
    }

    /// A field that is compared.
    pub fn tag_field(&self, field: TagField) -> &'static str {
        let t = &self.tags.page;
        match field {
            TagField::Issuer => t.issuer,
            TagField::Version => t.version,
            TagField::Signed => self.tags.write.signed,
            TagField::Expiry => self.tags.write.expiry,
            TagField::Plate => self.check.plate,
            TagField::PlateColour => t.plate_colour,
            TagField::VehicleClass => t.class,
            TagField::RestOfSystem => t.rest_of_system,
            TagField::RestOfVehicle => t.rest_of_vehicle,
        }
    }

    /// What it holds, in words.
    pub fn tag_value(&self, field: TagField, value: &str) -> String {
        let number = value.parse().ok();
        match (field, number) {
            (TagField::PlateColour, Some(number)) => self.plate_colour(number).into(),
            (TagField::VehicleClass, Some(number)) => self.vehicle_class(number).into(),
            (TagField::RestOfSystem | TagField::RestOfVehicle, _) => {
                fill(self.tags.page.byte, value)
            }
            (TagField::Plate, _) if value.is_empty() => self.tags.page.blank.into(),
            _ => value.to_owned(),
        }
    }

    /// Why a chip waits to be handed in.
    pub fn hand_in_reason(&self, reason: HandInReason) -> &'static str {
        let t = &self.stock;
        match reason {
            HandInReason::Exchanged => t.exchanged,
            HandInReason::Forbids => t.forbids,
            HandInReason::Failed => t.failed,
            HandInReason::GivenUp => t.given_up,
        }
    }
}
