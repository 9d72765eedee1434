//! The two files of a card, whole, as the records want them (reference §1.2 and §1.4).

use apdu_core::bcd::Date;
use apdu_core::fault::Code;
use apdu_core::toll_card::{HolderFile, IssueFile};
use encoding_rs::GBK;

use super::super::application::Applied;
use super::super::card::{Card, HolderFill};

/// What is kept of a holder file: a digest under a key. It can be recognised, and nobody can read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderMark(pub [u8; 32]);

/// Data that have no place in a card's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the data do not fit the card's files")]
pub struct Unfit;

impl From<Unfit> for Code {
    fn from(_: Unfit) -> Self {
        Self::DoesNotFitCard
    }
}

/// What a file 0015 gets beside what its card's stock record says.
#[derive(Clone, Copy)]
pub(super) struct OnCard<'a> {
    pub plate: &'a str,
    pub plate_colour: u8,
    pub vehicle_class: u8,
    pub user_type: u8,
    /// First and last day.
    pub validity: (Date, Date),
    /// The seven bytes of the longer form, as they were read.
    pub reserved: &'a [u8],
}

/// File 0015.
pub(super) fn issue_file(card: &Card, on_card: OnCard<'_>) -> Result<Vec<u8>, Unfit> {
    let plate = gbk(on_card.plate)?;
    if plate.is_empty() {
        return Err(Unfit);
    }
    let file = IssueFile {
        issuer: card.stock.issuer,
        card_type: card.kind.number(),
        version: card.version,
        number: card.number,
        start: on_card.validity.0,
        expiry: on_card.validity.1,
        plate: filled(&plate, HolderFill::Zero).ok_or(Unfit)?,
        user_type: on_card.user_type,
        plate_colour: on_card.plate_colour,
        vehicle_class: on_card.vehicle_class,
    };
    Ok([&file.to_bytes()[..], on_card.reserved].concat())
}

/// File 0016 of whoever applied, for a card of this fill. A longer name is cut on a character.
pub fn holder_file(applied: &Applied, fill: HolderFill) -> Result<[u8; 55], Unfit> {
    let id_number = applied.id_number.as_bytes();
    if !applied.id_number.is_ascii() || id_number.is_empty() {
        return Err(Unfit);
    }
    let file = HolderFile {
        identity: 0x00,
        staff: 0x00,
        name: filled(&name(applied.name_on_card())?, fill).ok_or(Unfit)?,
        id_number: filled(id_number, fill).ok_or(Unfit)?,
        id_type: applied.id_type.try_into().map_err(|_| Unfit)?,
    };
    Ok(file.to_bytes())
}

/// As much of a name as the card has room for.
fn name(text: &str) -> Result<Vec<u8>, Unfit> {
    const ROOM: usize = 20;
    let mut bytes = Vec::new();
    for character in text.chars() {
        let more = gbk(character.encode_utf8(&mut [0; 4]))?;
        if bytes.len() + more.len() > ROOM {
            break;
        }
        bytes.extend(more);
    }
    match bytes.is_empty() {
        true => Err(Unfit),
        false => Ok(bytes),
    }
}

/// A text with every character of it in GBK.
fn gbk(text: &str) -> Result<Vec<u8>, Unfit> {
    let (bytes, _, is_unmappable) = GBK.encode(text);
    match is_unmappable {
        true => Err(Unfit),
        false => Ok(bytes.into_owned()),
    }
}

fn filled<const N: usize>(text: &[u8], fill: HolderFill) -> Option<[u8; N]> {
    let mut field = match fill {
        HolderFill::Zero => [0x00; N],
        HolderFill::ZeroThenFf => [0xFF; N],
    };
    field.get_mut(..text.len())?.copy_from_slice(text);
    if let Some(end) = field.get_mut(text.len()) {
        *end = 0x00;
    }
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, fill, and the twenty bytes as a table of GBK says.
    #[test]
    fn names_are_cut_on_a_character_and_filled_as_the_card_wants() {
        let on_card = |text: &str, fill| {
            let bytes = name(text).ok()?;
            filled::<20>(&bytes, fill).map(|field| apdu_core::hex::encode(&field))
        };
        let zero = |text| on_card(text, HolderFill::Zero);
        assert_eq!(
            zero("张样例"),
            Some("D5C5D1F9C0FD".to_owned() + &"00".repeat(14))
        );
        let ff = on_card("张样例", HolderFill::ZeroThenFf);
        assert_eq!(ff, Some("D5C5D1F9C0FD00".to_owned() + &"FF".repeat(13)));
        // Ten characters fill it; of eleven the last is left out.
        let ten = "甘".repeat(10);
        let full = Some("B8CA".repeat(10));
        assert_eq!(zero(&ten), full);
        assert_eq!(on_card(&ten, HolderFill::ZeroThenFf), full);
        let eleven = "甘".repeat(11);
        assert_eq!(zero(&eleven), full);
        // Half a character is none: one letter, nine characters, and one byte to spare.
        let odd = "A".to_owned() + &"甘".repeat(10);
        assert_eq!(zero(&odd), Some("41".to_owned() + &"B8CA".repeat(9) + "00"));
        for wrong in ["", "😀", "张😀"] {
            assert_eq!(zero(wrong), None, "{wrong}");
        }
    }
}
