//! Card and records, field by field, as a person reads them.

use apdu_core::authority::{Difference, IssueField};
use apdu_core::toll_card::IssueFile;
use encoding_rs::GBK;

use super::super::card::Card;

/// The fields in which card and records differ.
pub fn differences(card: &Card, issue: &IssueFile) -> Vec<Difference> {
    // Card makers fill what is empty in ways of their own.
    if !card.stock.is_issued && issue.is_blank() {
        return Vec::new();
    }
    // GBK knows every byte: what is no character shows as U+FFFD, which differs from any record.
    let plate = GBK.decode_without_bom_handling(issue.plate_text()).0;
    let fields = [
        (
            IssueField::CardType,
            card.kind.number().to_string(),
            issue.card_type.to_string(),
        ),
        (
            IssueField::Version,
            format!("{:02X}", card.version),
            format!("{:02X}", issue.version),
        ),
        (
            IssueField::Start,
            card.start.to_string(),
            issue.start.to_string(),
        ),
        (
            IssueField::Expiry,
            card.expiry.to_string(),
            issue.expiry.to_string(),
        ),
        (IssueField::Plate, card.plate.clone(), plate.into_owned()),
        (
            IssueField::PlateColour,
            card.plate_colour.to_string(),
            issue.plate_colour.to_string(),
        ),
        (
            IssueField::VehicleClass,
            card.vehicle_class.to_string(),
            issue.vehicle_class.to_string(),
        ),
    ];
    let differ = fields
        .into_iter()
        .filter(|(_, record, card)| record != card);
    differ
        .map(|(field, record, card)| Difference {
            field,
            record,
            card,
        })
        .collect()
}
