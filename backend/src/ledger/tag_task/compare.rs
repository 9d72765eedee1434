//! Card, tag and record side by side, as a person reads them.

use apdu_core::authority::{Compared, TagField};
use apdu_core::hex::encode;
use apdu_core::obu::{Contract, SystemInformation, VehicleInformation};
use apdu_core::toll_card::IssueFile;
use encoding_rs::GBK;

use super::TagJob;

/// What a card says about its vehicle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardShown {
    plate: String,
    plate_colour: String,
    vehicle_class: String,
}

/// The fields of file 0015 that a tag has too.
pub fn card_shown(issue: &IssueFile) -> CardShown {
    CardShown {
        plate: text(issue.plate_text()),
        plate_colour: issue.plate_colour.to_string(),
        vehicle_class: issue.vehicle_class.to_string(),
    }
}

/// GBK knows every byte: what is no character shows as U+FFFD, which differs from any record.
fn text(gbk: &[u8]) -> String {
    GBK.decode_without_bom_handling(gbk).0.into_owned()
}

/// All fields, in the order of a screen. The tag's are left out where it is about to get others.
pub(super) fn compare(
    job: &TagJob,
    card: Option<&CardShown>,
    tag: Option<(&SystemInformation, Option<&VehicleInformation>)>,
) -> Vec<Compared> {
    let vehicle = tag.and_then(|(_, vehicle)| vehicle);
    let contract = tag.map(|(system, _)| &system.contract);
    let record = SystemInformation::parse(&job.wanted.system).ok();
    let record = record.as_ref().map(|system| &system.contract);
    let row = |field, card: Option<String>, tag: Option<String>, record: Option<String>| Compared {
        field,
        card,
        tag,
        record,
    };
    let of_contract = |field, read: fn(&Contract) -> String| {
        row(field, None, contract.map(read), record.map(read))
    };
    vec![
        row(
            TagField::Plate,
            card.map(|card| card.plate.clone()),
            vehicle.map(|vehicle| text(vehicle.plate_text())),
            Some(job.plate.clone()),
        ),
        row(
            TagField::PlateColour,
            card.map(|card| card.plate_colour.clone()),
            vehicle.map(|vehicle| vehicle.plate_colour.to_string()),
            Some(job.plate_colour.to_string()),
        ),
        row(
            TagField::VehicleClass,
            card.map(|card| card.vehicle_class.clone()),
            vehicle.map(|vehicle| vehicle.class.to_string()),
            Some(job.vehicle_class.to_string()),
        ),
        of_contract(TagField::Issuer, |contract| encode(&contract.issuer)),
        of_contract(TagField::Version, |contract| {
            format!("{:02X}", contract.version)
        }),
        of_contract(TagField::Signed, |contract| contract.signed.to_string()),
        of_contract(TagField::Expiry, |contract| contract.expiry.to_string()),
    ]
}
