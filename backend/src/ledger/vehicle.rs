//! A vehicle in the records, and the file that a tag gets of it (reference §6.2).

use apdu_core::obu::{
    Body as OnChip, Coach as CoachFile, TagProfile, Truck as TruckFile, Unit, VehicleInformation,
};
use encoding_rs::GBK;

/// A vehicle as its licence 行驶证 describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vehicle {
    /// Plate 车牌号码.
    pub plate: String,
    /// Plate colour 车牌颜色, reference §7.1.
    pub plate_colour: u8,
    /// Vehicle class 车型, reference §7.2.
    pub class: u8,
    /// User type 用户类型, reference §7.3.
    pub user_type: u8,
    /// Length, width and height, mm.
    pub measures: [u32; 3],
    /// Seats 核定载客.
    pub seats: u8,
    /// What only one of the two layouts has.
    pub body: Body,
}

/// What only one of the two layouts has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Classes below 11.
    Coach {
        /// Wheels.
        wheels: u8,
        /// Axles.
        axles: u8,
        /// Wheelbase, mm.
        wheelbase: u32,
        /// Engine number 发动机号, at most 16 characters.
        engine: String,
    },
    /// Trucks and special vehicles, classes from 11.
    Truck {
        /// Permitted load 核定载质量, kg.
        permitted_load: u32,
        /// Curb mass 整备质量, kg.
        curb_mass: u32,
        /// Gross mass 总质量, kg; missing where the licence has none.
        gross_mass: Option<u32>,
        /// Vehicle identification number 车辆识别代号, 17 characters.
        vin: String,
    },
}

/// A truck's gross mass that is empty.
const NO_MASS: u32 = 0xFF_FFFF;

/// First class of trucks.
pub const FIRST_TRUCK: u8 = 11;

/// A vehicle whose data do not fit the file of its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the vehicle does not fit this kind of tag")]
pub struct DoesNotFit;

impl Vehicle {
    /// Whether there is a kind of tag whose file has room for it.
    pub fn fits_a_tag(&self) -> bool {
        let roomy = TagProfile {
            truck_unit: Unit::Decimetre,
            ..TagProfile::default()
        };
        self.file(&roomy).is_ok()
    }

    /// The whole vehicle information file for a tag of this profile, with its fill.
    pub fn file(&self, profile: &TagProfile) -> Result<Vec<u8>, DoesNotFit> {
        let whole = usize::from(profile.vehicle_length);
        let file = VehicleInformation {
            plate: gbk(&self.plate)?,
            plate_colour: self.plate_colour.into(),
            class: self.class,
            user_type: self.user_type,
            body: self.body(profile.truck_unit)?,
        };
        let mut bytes = file.to_bytes();
        if bytes.len() > whole {
            return Err(DoesNotFit);
        }
        bytes.resize(whole, 0xFF);
        Ok(bytes)
    }

    fn body(&self, truck_unit: Unit) -> Result<OnChip, DoesNotFit> {
        let [length, width, height] = self.measures;
        match (&self.body, self.class < FIRST_TRUCK) {
            (
                Body::Coach {
                    wheels,
                    axles,
                    wheelbase,
                    engine,
                },
                true,
            ) => Ok(OnChip::Coach(CoachFile {
                length: fits(decimetres(length))?,
                width: fits(decimetres(width))?,
                height: fits(decimetres(height))?,
                wheels: *wheels,
                axles: *axles,
                wheelbase: fits(decimetres(*wheelbase))?,
                seats_or_load: self.seats.into(),
                feature: [0xFF; 16],
                engine: ascii(engine, 0x00)?,
            })),
            (
                Body::Truck {
                    permitted_load,
                    curb_mass,
                    gross_mass,
                    vin,
                },
                false,
            ) => {
                let measure = |mm| match truck_unit {
                    Unit::Decimetre => fits(decimetres(mm)),
                    Unit::Millimetre => fits(mm),
                };
                Ok(OnChip::Truck(TruckFile {
                    measures: [measure(length)?, measure(width)?, measure(height)?],
                    permitted_load: mass(*permitted_load)?,
                    curb_mass: mass(*curb_mass)?,
                    gross_mass: gross_mass.map_or(Ok(NO_MASS), mass)?,
                    seats: self.seats,
                    vin: ascii(vin, 0x00)?,
                    feature: [0xFF; 16],
                }))
            }
            _ => Err(DoesNotFit),
        }
    }
}

/// Rounded down, as every source does.
fn decimetres(mm: u32) -> u32 {
    mm / 100
}

fn fits<T: TryFrom<u32>>(measure: u32) -> Result<T, DoesNotFit> {
    T::try_from(measure).map_err(|_| DoesNotFit)
}

fn mass(kg: u32) -> Result<u32, DoesNotFit> {
    (kg < NO_MASS).then_some(kg).ok_or(DoesNotFit)
}

fn gbk(plate: &str) -> Result<[u8; 12], DoesNotFit> {
    let (bytes, _, is_unmappable) = GBK.encode(plate);
    match is_unmappable || bytes.is_empty() {
        true => Err(DoesNotFit),
        false => filled(&bytes, 0x00),
    }
}

fn ascii<const N: usize>(text: &str, fill: u8) -> Result<[u8; N], DoesNotFit> {
    match text.is_ascii() {
        true => filled(text.as_bytes(), fill),
        false => Err(DoesNotFit),
    }
}

fn filled<const N: usize>(bytes: &[u8], fill: u8) -> Result<[u8; N], DoesNotFit> {
    let mut field = [fill; N];
    let place = field.get_mut(..bytes.len()).ok_or(DoesNotFit)?;
    place.copy_from_slice(bytes);
    Ok(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use apdu_core::hex::{decode, encode};

    fn coach() -> Vehicle {
        Vehicle {
            plate: "甘A12345".into(),
            plate_colour: 0,
            class: 1,
            user_type: 0,
            measures: [4_799, 1_700, 1_500],
            seats: 5,
            body: Body::Coach {
                wheels: 4,
                axles: 2,
                wheelbase: 2_650,
                engine: "LJ465Q".into(),
            },
        }
    }

    fn truck() -> Vehicle {
        Vehicle {
            plate: "甘A00041".into(),
            plate_colour: 1,
            class: 12,
            user_type: 6,
            measures: [12_000, 2_550, 4_000],
            seats: 3,
            body: Body::Truck {
                permitted_load: 10_000,
                curb_mass: 8_000,
                gross_mass: None,
                vin: "LDEMO000000000041".into(),
            },
        }
    }

    fn profile(vehicle_length: u8, truck_unit: Unit) -> TagProfile {
        TagProfile {
            vehicle_length,
            truck_unit,
            ..TagProfile::default()
        }
    }

    /// By the tables of reference §6.2, typed from there.
    #[test]
    fn a_coach_is_written_as_its_table_says_in_both_lengths() {
        let table = format!(
            "B8CA41313233343500000000 0000 01 00 002F 11 0F 04 02 001A 000005 {}{}{}",
            "FF".repeat(16),
            encode(b"LJ465Q"),
            "00".repeat(10)
        );
        let table = decode(&table.replace(' ', "")).unwrap();
        let short = coach().file(&profile(59, Unit::Millimetre));
        assert_eq!(short, Ok(table.clone()), "a coach is in dm on every tag");
        let long = [&table[..], &[0xFF; 20]].concat();
        assert_eq!(coach().file(&profile(79, Unit::Decimetre)), Ok(long));
    }

    #[test]
    fn a_truck_is_written_in_the_unit_of_its_tag() {
        let table = |measures: &str| {
            let head = "B8CA41303030343100000000 0001 0C 06";
            let masses = "002710 001F40 FFFFFF 03";
            let vin = encode(b"LDEMO000000000041");
            let text = format!("{head}{measures}{masses}{vin}{}", "FF".repeat(30));
            decode(&text.replace(' ', ""))
        };
        let file = |unit| truck().file(&profile(79, unit)).ok();
        assert_eq!(file(Unit::Decimetre), table("0078 0019 0028"));
        assert_eq!(file(Unit::Millimetre), table("2EE0 09F6 0FA0"));
    }

    #[test]
    fn what_has_no_place_in_the_file_is_refused() {
        let refused = |vehicle: Vehicle| {
            let file = vehicle.file(&profile(79, Unit::Decimetre));
            assert_eq!(file, Err(DoesNotFit), "{vehicle:?}");
        };
        for plate in ["", "甘A1234567890", "😀"] {
            let plate = plate.to_owned();
            refused(Vehicle { plate, ..coach() });
        }
        for measures in [[6_553_600, 1, 1], [1, 25_600, 1], [1, 1, 25_600]] {
            refused(Vehicle {
                measures,
                ..coach()
            });
        }
        refused(Vehicle {
            class: 11,
            ..coach()
        });
        refused(Vehicle {
            class: 10,
            ..truck()
        });
        let short = truck().file(&profile(59, Unit::Decimetre));
        assert_eq!(short, Err(DoesNotFit), "a truck needs 79 bytes");
        let with_engine = |name: &str| {
            let mut vehicle = coach();
            if let Body::Coach { engine, .. } = &mut vehicle.body {
                *engine = name.into();
            }
            vehicle
        };
        refused(with_engine("LJ465Q-0123456789"));
        refused(with_engine("发动机"));
    }
}
