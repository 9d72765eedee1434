//! A card that was issued elsewhere in the province comes into the records, as it was issued.

use apdu_core::authority::{CardProfile, CardStatus};
use apdu_core::bcd::{Date, Time};
use apdu_core::calendar;
use apdu_core::fault::Code;
use apdu_core::toll_card::IssueFile;
use encoding_rs::GBK;

use super::card::{Card, CardKind, CardStock, HolderFill, Purse};
use super::limits::SIGNATURES;

/// What all cards of one issuer and version have in common. Of a card from elsewhere there is no stock record that
/// says how it wants to be spoken to, and nothing is found out by trying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardModel {
    /// Issuer 发卡方标识, as on the chip: 4 bytes GBK, 4 bytes BCD.
    pub issuer: [u8; 8],
    /// Version byte of file 0015.
    pub version: u8,
    /// How these cards want to be spoken to.
    pub profile: CardProfile,
    /// Load key index: `01` 3DES, `41` SM4.
    pub key_index: u8,
    /// Their purse refuses an INIT for 1 fen.
    pub refuses_one_fen: bool,
    /// What follows the texts of file 0016.
    pub fill: HolderFill,
    /// For how many years such a card is renewed.
    pub validity_years: u8,
}

/// The card that this file 0015 is of: issued, and nothing is known yet of its counter or of any fault.
pub fn newcomer(issue: &[u8], model: &CardModel) -> Result<Card, Code> {
    let file = IssueFile::parse(issue).map_err(|_| Code::MalformedFile)?;
    if file.is_blank() {
        return Err(Code::CardNotIssued);
    }
    let of_model = (file.issuer, file.version) == (model.issuer, model.version);
    if !of_model || issue.len() != usize::from(model.profile.issue_file_length) {
        return Err(Code::CardOfElsewhere);
    }
    let is_date = |date: Date| calendar::second_at(date, Time([0; 3])).is_some();
    if !is_date(file.start) || !is_date(file.expiry) || file.expiry < file.start {
        return Err(Code::MalformedFile);
    }
    Ok(Card {
        number: file.number,
        kind: CardKind::of_number(file.card_type).ok_or(Code::CardOfElsewhere)?,
        version: file.version,
        start: file.start,
        expiry: file.expiry,
        plate: plate(&file).ok_or(Code::MalformedFile)?,
        plate_colour: file.plate_colour,
        vehicle_class: file.vehicle_class,
        status: CardStatus::Normal,
        profile: model.profile.clone(),
        purse: Purse {
            key_index: model.key_index,
            refuses_one_fen: model.refuses_one_fen,
            // It has taken the number of a nonce, or it does not come in.
            refuses_odd_terminals: false,
        },
        stock: CardStock {
            is_issued: true,
            outlet: None,
            issuer: file.issuer,
            user_type: file.user_type,
            fill: model.fill,
            validity_years: model.validity_years,
            signatures: 0,
            allowed: SIGNATURES,
            issue: None,
            holder: None,
        },
        proved_counter: 0,
        book: None,
        weak_random: false,
        stopped: None,
        revision: 0,
    })
}

/// The plate, if every byte of it is text.
fn plate(file: &IssueFile) -> Option<String> {
    let text = GBK.decode_without_bom_handling_and_without_replacement(file.plate_text())?;
    let is_text = !text.is_empty() && !text.contains(char::is_control);
    is_text.then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use apdu_core::authority::{Pin, ProofCounter};
    use apdu_core::hex::decode;

    /// The worked file of reference §3.5 (3), with card type 23.
    const WORKED: &str =
        "B8CACBE0620100011740620122012301000000172024011520340114B8CA41313233343500000000000001";

    fn model() -> CardModel {
        CardModel {
            issuer: [0xB8, 0xCA, 0xCB, 0xE0, 0x62, 0x01, 0x00, 0x01],
            version: 0x40,
            profile: CardProfile {
                pin: Pin::Ascii6("123456".into()),
                issue_file_length: 43,
                proof_counter: ProofCounter::Both,
            },
            key_index: 1,
            refuses_one_fen: false,
            fill: HolderFill::ZeroThenFf,
            validity_years: 12,
        }
    }

    #[test]
    fn a_card_comes_in_as_its_file_says() {
        let card = newcomer(&decode(WORKED).unwrap(), &model()).unwrap();
        assert_eq!(card.number.to_string(), "62012201230100000017");
        assert_eq!((card.kind, card.version), (CardKind::Credit, 0x40));
        assert_eq!(card.start.to_string(), "2024-01-15");
        assert_eq!(card.expiry.to_string(), "2034-01-14");
        assert_eq!(card.plate, "甘A12345");
        assert_eq!((card.plate_colour, card.vehicle_class), (0, 1));
        assert_eq!(card.status, CardStatus::Normal);
        assert!(card.stock.is_issued && card.stock.issue.is_none());
        assert_eq!(card.stock.fill, HolderFill::ZeroThenFf);
        assert_eq!(card.stock.validity_years, 12);
    }

    /// Where in the file, what stands there instead, and why the card is not taken in then.
    #[test]
    fn a_file_that_is_none_of_an_issued_card_of_the_model_is_refused() {
        let twists: [(usize, &[u8], Code); 12] = [
            (7, &[0x02], Code::CardOfElsewhere),
            (8, &[21], Code::CardOfElsewhere),
            (9, &[0x50], Code::CardOfElsewhere),
            (20, &[0x20, 0x24, 0x02, 0x30], Code::MalformedFile),
            (20, &[0x20, 0x34, 0x01, 0x15], Code::MalformedFile),
            (24, &[0x20, 0x3A, 0x01, 0x14], Code::MalformedFile),
            (24, &[0xFF; 4], Code::MalformedFile),
            (28, &[0x00; 12], Code::MalformedFile),
            (28, &[0xFF; 12], Code::MalformedFile),
            (28, &[0x0A], Code::MalformedFile),
            // A lead byte without the one behind it.
            (36, &[0xB8, 0x00], Code::MalformedFile),
            (20, &[0xFF; 23], Code::CardNotIssued),
        ];
        for (at, bytes, code) in twists {
            let mut file = decode(WORKED).unwrap();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            assert_eq!(newcomer(&file, &model()), Err(code), "{at} {bytes:02X?}");
        }
        let long = decode(&(WORKED.to_owned() + &"00".repeat(7))).unwrap();
        assert_eq!(newcomer(&long, &model()), Err(Code::CardOfElsewhere));
    }
}
