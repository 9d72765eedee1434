//! What a good application is.

use apdu_core::obu::TagProfile;
use encoding_rs::GBK;
use etc_api::{ApplicationFlaw, NewApplication};

use super::super::card::CardKind;
use super::super::vehicle::Vehicle;
use super::{identity, plate};

/// What the records make of a good application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Valid {
    /// Stored-value or credit card.
    pub kind: CardKind,
    /// The vehicle, where the channel has it.
    pub vehicle: Option<Vehicle>,
}

/// Highest plate colour of the table, reference §7.1.
const LAST_COLOUR: u8 = 6;

/// Most characters of a name.
const LONGEST_NAME: usize = 64;

/// A good application, or everything that is wrong with it in the order of its fields.
pub fn checked(new: &NewApplication) -> Result<Valid, Vec<ApplicationFlaw>> {
    use ApplicationFlaw as Flaw;
    let colours = plate::colours(&new.plate);
    let kind = CardKind::of_number(new.card_type);
    let class = is_class(new.vehicle_class);
    let vehicle = new.vehicle.as_ref().map(|licence| {
        let (class, user_type) = (new.vehicle_class, new.user_type);
        Vehicle::of_licence(&new.plate, new.plate_colour, class, user_type, licence)
    });
    // What has no place in the widest file has none in any. A class outside the table is said once.
    let fits = |vehicle: &Vehicle| !class || vehicle.file(&TagProfile::default()).is_ok();
    let colour = match colours {
        [] => new.plate_colour <= LAST_COLOUR,
        colours => colours.contains(&new.plate_colour),
    };
    let number = identity::is_number(new.id_type, &new.id_number);
    let checks = [
        (is_channel_number(&new.number), Flaw::Number),
        (!colours.is_empty(), Flaw::Plate),
        (colour, Flaw::PlateColour),
        (class, Flaw::VehicleClass),
        (is_user_type(new.user_type), Flaw::UserType),
        (kind.is_some(), Flaw::CardType),
        (is_name(new), Flaw::Name),
        (number.is_some(), Flaw::IdType),
        (number != Some(false), Flaw::IdNumber),
        (is_phone(&new.phone), Flaw::Phone),
        (vehicle.as_ref().is_none_or(fits), Flaw::Vehicle),
    ];
    let flaws: Vec<_> = checks
        .into_iter()
        .filter_map(|(is_good, flaw)| (!is_good).then_some(flaw))
        .collect();
    match (kind, flaws.is_empty()) {
        (Some(kind), true) => Ok(Valid { kind, vehicle }),
        _ => Err(flaws),
    }
}

fn is_channel_number(number: &str) -> bool {
    let may = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=32).contains(&number.len()) && number.bytes().all(may)
}

/// Reference §7.2.
fn is_class(class: u8) -> bool {
    matches!(class, 1..=4 | 11..=16 | 21..=26)
}

/// Reference §7.3.
fn is_user_type(user_type: u8) -> bool {
    matches!(user_type, 0 | 6 | 8 | 10 | 12 | 14..=28)
}

/// The card holds GBK: where a name has another character, the channel says how the card is to hold it.
fn is_name(new: &NewApplication) -> bool {
    let is_text = |name: &str| {
        !name.trim().is_empty()
            && name.trim() == name
            && name.chars().count() <= LONGEST_NAME
            && !name.chars().any(char::is_control)
    };
    let on_card = new.name_on_card.as_deref().unwrap_or(&new.name);
    is_text(&new.name) && is_text(on_card) && !GBK.encode(on_card).2
}

/// 11 digits of a mobile number.
fn is_phone(phone: &str) -> bool {
    match phone.as_bytes() {
        [b'1', b'3'..=b'9', rest @ ..] => rest.len() == 9 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ApplicationFlaw as Flaw;
    use etc_api::{LicensedBody, LicensedVehicle};

    fn good() -> NewApplication {
        NewApplication {
            number: "2026-0001".into(),
            plate: "甘A12345".into(),
            plate_colour: 0,
            vehicle_class: 1,
            user_type: 0,
            card_type: 22,
            name: "张样例".into(),
            name_on_card: None,
            id_type: 101,
            id_number: "440524188001010014".into(),
            phone: "13800000017".into(),
            bank: None,
            vehicle: Some(LicensedVehicle {
                length: 4_700,
                width: 1_700,
                height: 1_500,
                seats: 5,
                body: LicensedBody::Coach {
                    wheels: 4,
                    axles: 2,
                    wheelbase: 2_650,
                    engine: "DEMO0017".into(),
                },
            }),
        }
    }

    fn flaws(change: impl FnOnce(&mut NewApplication)) -> Vec<ApplicationFlaw> {
        let mut new = good();
        change(&mut new);
        checked(&new).err().unwrap_or_default()
    }

    #[test]
    fn a_good_one_has_no_flaw() {
        let valid = checked(&good()).unwrap();
        assert_eq!(valid.kind, CardKind::StoredValue);
        let vehicle = valid.vehicle.unwrap();
        assert_eq!((vehicle.plate.as_str(), vehicle.class), ("甘A12345", 1));
        assert_eq!(flaws(|new| new.vehicle = None), []);
        assert_eq!(flaws(|new| new.card_type = 23), []);
    }

    #[test]
    fn every_field_is_checked_by_itself() {
        for number in ["", "a b", "号1", &"9".repeat(33)] {
            assert_eq!(flaws(|new| new.number = number.into()), [Flaw::Number]);
        }
        assert_eq!(flaws(|new| new.plate = "甘A1234".into()), [Flaw::Plate]);
        for (plate, colour) in [
            ("甘A12345", 3),
            ("甘A12345", 4),
            ("甘A12345", 7),
            ("甘AD00033", 0),
            ("甘A00033D", 4),
            ("使014578", 0),
            ("甘A0006警", 0),
            ("甘B2000挂", 0),
            ("粤Z0003港", 1),
            ("甘A0005学", 2),
            ("甘X0001应急", 1),
        ] {
            let found = flaws(|new| {
                new.plate = plate.into();
                new.plate_colour = colour;
            });
            assert_eq!(found, [Flaw::PlateColour], "{plate} {colour}");
        }
        for class in [0, 5, 10, 17, 20, 27, 255] {
            assert_eq!(flaws(|new| new.vehicle_class = class), [Flaw::VehicleClass]);
        }
        for user_type in [1, 5, 7, 9, 11, 13, 29, 255] {
            assert_eq!(flaws(|new| new.user_type = user_type), [Flaw::UserType]);
        }
        for card_type in [0, 21, 24] {
            assert_eq!(flaws(|new| new.card_type = card_type), [Flaw::CardType]);
        }
        for id_type in [0, 107, 207, 299] {
            assert_eq!(flaws(|new| new.id_type = id_type), [Flaw::IdType]);
        }
        let wrong = "440524188001010015";
        assert_eq!(flaws(|new| new.id_number = wrong.into()), [Flaw::IdNumber]);
        for phone in [
            "",
            "1380000001",
            "138000000170",
            "12800000017",
            "1380000001x",
        ] {
            assert_eq!(
                flaws(|new| new.phone = phone.into()),
                [Flaw::Phone],
                "{phone}"
            );
        }
    }

    #[test]
    fn a_name_is_one_that_the_card_can_hold() {
        for name in ["", " ", " 张样例", "张\n例", &"张".repeat(65), "张😀"] {
            assert_eq!(
                flaws(|new| new.name = name.into()),
                [Flaw::Name],
                "{name:?}"
            );
        }
        // 镕 is in GBK and not in GB 2312; U+20021 is in neither.
        assert_eq!(flaws(|new| new.name = "朱镕样".into()), []);
        let rare = "张\u{20021}";
        assert_eq!(flaws(|new| new.name = rare.into()), [Flaw::Name]);
        let helped = flaws(|new| {
            new.name = rare.into();
            new.name_on_card = Some("张样".into());
        });
        assert_eq!(helped, []);
        assert_eq!(
            flaws(|new| new.name_on_card = Some(String::new())),
            [Flaw::Name]
        );
        assert_eq!(flaws(|new| new.name = "张".repeat(64)), []);
    }

    #[test]
    fn a_vehicle_goes_with_its_class_and_has_a_place_on_a_tag() {
        assert_eq!(flaws(|new| new.vehicle_class = 11), [Flaw::Vehicle]);
        let long = flaws(|new| new.vehicle.as_mut().unwrap().width = 25_600);
        assert_eq!(long, [Flaw::Vehicle]);
        let vin = |vin: &str, class| {
            flaws(|new| {
                new.vehicle_class = class;
                new.vehicle.as_mut().unwrap().body = LicensedBody::Truck {
                    permitted_load: 10_000,
                    curb_mass: 8_000,
                    gross_mass: None,
                    vin: vin.into(),
                };
            })
        };
        assert_eq!(vin("LDEMO000000000041", 12), []);
        assert_eq!(vin("LDEMO0000000000411", 12), [Flaw::Vehicle]);
        assert_eq!(vin("LDEMO000000000041", 1), [Flaw::Vehicle]);
    }

    #[test]
    fn flaws_come_in_the_order_of_the_fields_and_all_at_once() {
        let found = flaws(|new| {
            new.phone = "1".into();
            new.plate = "1".into();
            new.plate_colour = 9;
            new.id_type = 1;
        });
        let expected = [Flaw::Plate, Flaw::PlateColour, Flaw::IdType, Flaw::Phone];
        assert_eq!(found, expected);
    }
}
