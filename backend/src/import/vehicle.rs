//! Vehicles; the columns are described in `docs/vehicles-csv.md`.

use std::collections::HashSet;

use apdu_core::obu::TagProfile;

use super::{ImportError, Row, lines};
use crate::ledger::{Body, Vehicle};

const REQUIRED: &[&str] = &[
    "plate",
    "plate_colour",
    "class",
    "length",
    "width",
    "height",
    "seats",
];

const OPTIONAL: &[&str] = &[
    "user_type",
    "wheels",
    "axles",
    "wheelbase",
    "engine",
    "permitted_load",
    "curb_mass",
    "gross_mass",
    "vin",
];

/// First class of trucks and, after them, special vehicles.
const FIRST_TRUCK: u8 = 11;

/// Reads all vehicles of a CSV file, or none.
pub fn vehicles(text: &str) -> Result<Vec<Vehicle>, ImportError> {
    let mut plates = HashSet::new();
    lines(text, REQUIRED, OPTIONAL, |row| {
        let vehicle = vehicle(row)?;
        if !plates.insert((vehicle.plate.clone(), vehicle.plate_colour)) {
            return Err(row.wrong("plate", "a plate and colour that do not appear twice"));
        }
        Ok(vehicle)
    })
}

fn vehicle(row: &Row<'_>) -> Result<Vehicle, ImportError> {
    let class = row.byte("class")?;
    let vehicle = Vehicle {
        plate: row.plate()?,
        plate_colour: row.byte("plate_colour")?,
        class,
        user_type: match row.get("user_type") {
            None => 0,
            Some(_) => row.byte("user_type")?,
        },
        measures: [
            number(row, "length")?,
            number(row, "width")?,
            number(row, "height")?,
        ],
        seats: row.byte("seats")?,
        body: match class < FIRST_TRUCK {
            true => coach(row)?,
            false => truck(row)?,
        },
    };
    // What has no place in the widest file has none in any.
    match vehicle.file(&TagProfile::default()) {
        Ok(_) => Ok(vehicle),
        Err(_) => Err(row.wrong("length", "a measure that fits the file of a tag")),
    }
}

fn coach(row: &Row<'_>) -> Result<Body, ImportError> {
    let short = |field: &str| (field.is_ascii() && field.len() <= 16).then(|| field.to_owned());
    Ok(Body::Coach {
        wheels: row.byte("wheels")?,
        axles: row.byte("axles")?,
        wheelbase: number(row, "wheelbase")?,
        engine: row.read(
            "engine",
            "at most 16 ASCII characters",
            Some(String::new()),
            short,
        )?,
    })
}

fn truck(row: &Row<'_>) -> Result<Body, ImportError> {
    let vin = |field: &str| (field.is_ascii() && field.len() == 17).then(|| field.to_owned());
    Ok(Body::Truck {
        permitted_load: number(row, "permitted_load")?,
        curb_mass: number(row, "curb_mass")?,
        gross_mass: match row.get("gross_mass") {
            None => None,
            Some(_) => Some(number(row, "gross_mass")?),
        },
        vin: row.read("vin", "17 ASCII characters", None, vin)?,
    })
}

fn number(row: &Row<'_>, column: &'static str) -> Result<u32, ImportError> {
    row.read(column, "a whole number", None, |field| field.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "plate,plate_colour,class,length,width,height,seats,wheels,axles,wheelbase,\
                          engine,permitted_load,curb_mass,gross_mass,vin";
    const COACH: &str = "甘A12345,0,1,4700,1700,1500,5,4,2,2650,DEMO0017,,,,";
    const TRUCK: &str = "甘A00041,1,12,12000,2500,4000,3,,,,,10000,8000,,LDEMO000000000041";

    #[test]
    fn the_demo_vehicles_are_a_good_file() {
        let vehicles = vehicles(include_str!("../../../demo/vehicles.csv")).unwrap();
        assert_eq!(vehicles.len(), 10);
        let trucks = vehicles.iter().filter(|one| one.class >= FIRST_TRUCK);
        assert_eq!(trucks.count(), 1);
    }

    #[test]
    fn a_bad_field_names_its_line_and_column_but_not_its_value() {
        for (line, from, to, place) in [
            (COACH, "甘A12345", "", "column plate:"),
            (COACH, "甘A12345", "甘B12345,甘", "not CSV"),
            (COACH, ",0,1,", ",x,1,", "column plate_colour:"),
            (COACH, ",0,1,", ",0,256,", "column class:"),
            (COACH, "4700", "-1", "column length:"),
            (COACH, "1700", "25600", "column length:"),
            (COACH, ",5,", ",five,", "column seats:"),
            (COACH, "2650", "", "column wheelbase:"),
            (COACH, "DEMO0017", "DEMO0017DEMO00171", "column engine:"),
            (TRUCK, "8000", "", "column curb_mass:"),
            (
                TRUCK,
                "LDEMO000000000041",
                "LDEMO00000000004",
                "column vin:",
            ),
            (TRUCK, "LDEMO000000000041", "", "column vin:"),
        ] {
            let text = format!("{HEADER}\n{}\n", line.replacen(from, to, 1));
            let message = vehicles(&text).expect_err(to).to_string();
            assert!(message.contains(place), "{to:?}: {message}");
        }
        let twice = format!("{HEADER}\n{COACH}\n{COACH}\n");
        let message = vehicles(&twice).expect_err("twice").to_string();
        assert!(message.starts_with("line 3, column plate:"), "{message}");
    }
}
