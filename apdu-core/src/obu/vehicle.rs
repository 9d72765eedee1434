//! Vehicle information file 车辆信息文件, DF01/EF01, 59 or 79 bytes (reference §6.2).

use alloc::vec::Vec;

use super::{Algorithm, TagProfile, Unit};
use crate::apdu::Command;
use crate::fault::Code;
use crate::toll_card::{Fields, MalformedFile, without_fill};

/// First class of trucks 货车 and, after them, special vehicles 专项作业车. Below: coaches 客车, and
/// private values of old issuers.
const FIRST_TRUCK: u8 = 0x0B;
const SHORT: usize = 59;
const LONG: usize = 79;

/// Which vehicle the tag belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VehicleInformation {
    /// Plate 车牌号码, GBK with fill.
    pub plate: [u8; 12],
    /// Plate colour 车牌颜色, in the second of its two bytes (reference §7.1).
    pub plate_colour: u16,
    /// Vehicle class 车型 (reference §7.2); it decides the layout of the rest.
    pub class: u8,
    /// User type 用户类型.
    pub user_type: u8,
    /// The rest.
    pub body: Body,
}

/// What is known of the vehicle itself, by class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Classes below 0B.
    Coach(Coach),
    /// Classes from 0B.
    Truck(Truck),
}

/// Layout of coaches; 20 reserved bytes may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coach {
    /// Length, dm.
    pub length: u16,
    /// Width, dm.
    pub width: u8,
    /// Height, dm.
    pub height: u8,
    /// Wheels.
    pub wheels: u8,
    /// Axles.
    pub axles: u8,
    /// Wheelbase, dm.
    pub wheelbase: u16,
    /// Seats, or load in kg.
    pub seats_or_load: u32,
    /// Feature description 特征描述, with fill.
    pub feature: [u8; 16],
    /// Engine number 发动机号, ASCII with fill.
    pub engine: [u8; 16],
}

/// Layout of trucks and special vehicles, with 14 reserved bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truck {
    /// Length, width and height, in the unit of the tag's profile.
    pub measures: [u16; 3],
    /// Permitted load 核定载质量, kg.
    pub permitted_load: u32,
    /// Curb mass 整备质量, kg.
    pub curb_mass: u32,
    /// Gross mass 总质量, kg; `FFFFFF` is empty.
    pub gross_mass: u32,
    /// Seats 核定载客.
    pub seats: u8,
    /// Vehicle identification number 车辆识别代号, ASCII.
    pub vin: [u8; 17],
    /// Feature description 特征描述, with fill.
    pub feature: [u8; 16],
}

impl VehicleInformation {
    /// Reads 59 or 79 bytes of a coach, 79 of any other vehicle.
    pub fn parse(bytes: &[u8]) -> Result<Self, MalformedFile> {
        let mut fields = Fields::of("DF01/EF01", bytes);
        let (plate, plate_colour) = (fields.take()?, fields.u16()?);
        let (class, user_type) = (fields.byte()?, fields.byte()?);
        let body = match (class < FIRST_TRUCK, bytes.len()) {
            (true, SHORT | LONG) => Body::Coach(Coach::parse(&mut fields)?),
            (false, LONG) => Body::Truck(Truck::parse(&mut fields)?),
            _ => return Err(MalformedFile("DF01/EF01")),
        };
        Ok(Self {
            plate,
            plate_colour,
            class,
            user_type,
            body,
        })
    }

    /// The bytes on the chip, 59 of a coach and 79 of any other vehicle. Class and layout must agree.
    pub fn to_bytes(&self) -> Vec<u8> {
        debug_assert_eq!(
            self.class < FIRST_TRUCK,
            matches!(self.body, Body::Coach(_))
        );
        let mut bytes = self.plate.to_vec();
        bytes.extend(self.plate_colour.to_be_bytes());
        bytes.extend([self.class, self.user_type]);
        match &self.body {
            Body::Coach(coach) => coach.put(&mut bytes),
            Body::Truck(truck) => truck.put(&mut bytes),
        }
        bytes
    }

    /// The plate's GBK bytes without fill.
    pub fn plate_text(&self) -> &[u8] {
        without_fill(&self.plate)
    }

    /// Length, width and height in mm; `unit` is that of the tag's profile for trucks.
    pub fn measures_mm(&self, truck_unit: Unit) -> [u32; 3] {
        match &self.body {
            Body::Coach(coach) => [coach.length, coach.width.into(), coach.height.into()]
                .map(|measure| Unit::Decimetre.millimetres(measure)),
            Body::Truck(truck) => truck
                .measures
                .map(|measure| truck_unit.millimetres(measure)),
        }
    }
}

impl Coach {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, MalformedFile> {
        Ok(Self {
            length: fields.u16()?,
            width: fields.byte()?,
            height: fields.byte()?,
            wheels: fields.byte()?,
            axles: fields.byte()?,
            wheelbase: fields.u16()?,
            seats_or_load: u24(fields)?,
            feature: fields.take()?,
            engine: fields.take()?,
        })
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.length.to_be_bytes());
        bytes.extend([self.width, self.height, self.wheels, self.axles]);
        bytes.extend(self.wheelbase.to_be_bytes());
        put_u24(bytes, self.seats_or_load);
        bytes.extend(self.feature);
        bytes.extend(self.engine);
    }
}

impl Truck {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, MalformedFile> {
        Ok(Self {
            measures: [fields.u16()?, fields.u16()?, fields.u16()?],
            permitted_load: u24(fields)?,
            curb_mass: u24(fields)?,
            gross_mass: u24(fields)?,
            seats: fields.byte()?,
            vin: fields.take()?,
            feature: fields.take()?,
        })
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.measures.map(u16::to_be_bytes).as_flattened());
        put_u24(bytes, self.permitted_load);
        put_u24(bytes, self.curb_mass);
        put_u24(bytes, self.gross_mass);
        bytes.push(self.seats);
        bytes.extend(self.vin);
        bytes.extend(self.feature);
        bytes.extend([0xFF; 14]);
    }
}

fn u24(fields: &mut Fields<'_>) -> Result<u32, MalformedFile> {
    let [high, middle, low] = fields.take()?;
    Ok(u32::from_be_bytes([0, high, middle, low]))
}

fn put_u24(bytes: &mut Vec<u8>, value: u32) {
    let [_, high, middle, low] = value.to_be_bytes();
    bytes.extend([high, middle, low]);
}

/// The encrypted read of the vehicle information with a random of the backend; the application must be
/// selected. A tag whose algorithm its profile has no key for is refused by name.
pub fn read_encrypted(
    profile: &TagProfile,
    algorithm: Algorithm,
    random: [u8; 8],
) -> Result<Command, Code> {
    let key = match algorithm {
        Algorithm::TripleDes => Some(profile.des_key),
        Algorithm::Sm4 => profile.sm4_key,
    };
    let key = key.ok_or(Code::TagAlgorithm)?;
    let data = [&random[..], &[profile.vehicle_length, key]].concat();
    Ok(Command::with_data([0x00, 0xB4, 0x00, 0x00], &data, 256))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::hex::{decode, encode};
    use std::format;
    use std::string::String;

    /// 甘A12345, blue; by the tables of reference §6.2.
    const PLATE: &str = "B8CA413132333435000000000000";

    fn coach() -> String {
        let feature = "FF".repeat(16);
        let engine = format!("{}{}", encode(b"LJ465Q"), "00".repeat(10));
        format!("{PLATE}0100 002F 11 0F 04 02 001A 000005 {feature}{engine}").replace(' ', "")
    }

    fn truck() -> String {
        let vin = encode(b"LFV2A21K6A3000001");
        let (feature, reserved) = ("FF".repeat(16), "FF".repeat(14));
        format!("{PLATE}0F06 0078 0019 0028 002710 001F40 FFFFFF 03 {vin}{feature}{reserved}")
            .replace(' ', "")
    }

    #[test]
    fn a_coach_reads_as_its_table_says_in_both_lengths() {
        let mut bytes = decode(&coach()).expect("hex");
        assert_eq!(bytes.len(), 59);
        let file = VehicleInformation::parse(&bytes).expect("59 bytes");
        assert_eq!(file.plate_text(), b"\xB8\xCAA12345");
        assert_eq!((file.plate_colour, file.class, file.user_type), (0, 1, 0));
        let Body::Coach(coach) = file.body else {
            panic!("class 1 is a coach");
        };
        assert_eq!((coach.wheels, coach.axles, coach.wheelbase), (4, 2, 26));
        assert_eq!(
            (coach.seats_or_load, &coach.engine[..6]),
            (5, &b"LJ465Q"[..])
        );
        assert_eq!(file.measures_mm(Unit::Millimetre), [4_700, 1_700, 1_500]);
        assert_eq!(file.to_bytes(), bytes);
        bytes.resize(79, 0xFF);
        assert_eq!(VehicleInformation::parse(&bytes), Ok(file));
    }

    #[test]
    fn a_truck_reads_as_its_table_says() {
        let bytes = decode(&truck()).expect("hex");
        assert_eq!(bytes.len(), 79);
        let file = VehicleInformation::parse(&bytes).expect("79 bytes");
        let Body::Truck(truck) = file.body else {
            panic!("class 15 is a truck");
        };
        assert_eq!((truck.permitted_load, truck.curb_mass), (10_000, 8_000));
        assert_eq!((truck.gross_mass, truck.seats), (0xFF_FFFF, 3));
        assert_eq!(&truck.vin, b"LFV2A21K6A3000001");
        assert_eq!(file.measures_mm(Unit::Decimetre), [12_000, 2_500, 4_000]);
        assert_eq!(file.measures_mm(Unit::Millimetre), [120, 25, 40]);
        assert_eq!(file.to_bytes(), bytes);
    }

    #[test]
    fn the_class_decides_the_layout() {
        let mut bytes = decode(&truck()).expect("hex");
        for (class, is_truck) in [
            (0x01, false),
            (0x04, false),
            (0x0A, false),
            (0x0B, true),
            (0x10, true),
            (0x15, true),
            (0x1A, true),
        ] {
            bytes[14] = class;
            let file = VehicleInformation::parse(&bytes).expect("79 bytes");
            assert_eq!(matches!(file.body, Body::Truck(_)), is_truck, "{class:02X}");
        }
    }

    #[test]
    fn any_other_length_is_malformed() {
        let bad = Err(MalformedFile("DF01/EF01"));
        for length in 0..100 {
            let mut bytes = decode(&coach()).expect("hex");
            bytes.resize(length, 0xFF);
            let is_coach = [59, 79].contains(&length);
            assert_eq!(
                VehicleInformation::parse(&bytes).is_ok(),
                is_coach,
                "{length}"
            );
        }
        let bytes = decode(&truck()).expect("hex");
        assert_eq!(
            VehicleInformation::parse(&bytes[..59]),
            bad,
            "a truck needs 79"
        );
    }

    #[test]
    fn the_encrypted_read_names_length_and_key() {
        let random = [1, 2, 3, 4, 5, 6, 7, 8];
        let profile = TagProfile::default();
        let command = read_encrypted(&profile, Algorithm::TripleDes, random).expect("a key");
        let sent = encode(&command.to_bytes());
        assert_eq!(sent[..30], *"00B400000A01020304050607084F00");

        let single_piece = TagProfile {
            vehicle_length: 59,
            sm4_key: Some(0x40),
            ..profile
        };
        let command = read_encrypted(&single_piece, Algorithm::Sm4, random).expect("a key");
        assert_eq!(encode(&command.data), "01020304050607083B40");
    }

    #[test]
    fn an_sm4_tag_without_a_key_profile_is_refused_by_name() {
        let refused = read_encrypted(&TagProfile::default(), Algorithm::Sm4, [0; 8]);
        assert_eq!(refused, Err(Code::TagAlgorithm));
    }

    #[test]
    fn any_file_survives_the_round_trip() {
        let mut chance = Chance::new(18);
        for _ in 0..1_000 {
            let bytes = chance.array::<79>();
            let file = VehicleInformation::parse(&bytes).expect("79 bytes");
            let written = file.to_bytes();
            let meaning = if matches!(file.body, Body::Coach(_)) {
                59
            } else {
                65
            };
            assert_eq!(written[..meaning], bytes[..meaning]);
            assert_eq!(VehicleInformation::parse(&written), Ok(file));
        }
    }
}
