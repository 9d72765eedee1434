//! A day's applications from a file: a JSON array, or CSV whose columns are the fields of the API.

use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value, json};

use super::{ImportError, check, shape};
use crate::desk::ApplicationLine;

/// Columns without which no line is an application.
const REQUIRED: [&str; 10] = [
    "number",
    "plate",
    "plate_colour",
    "vehicle_class",
    "user_type",
    "card_type",
    "name",
    "id_type",
    "id_number",
    "phone",
];

/// Columns beside them and those of the vehicle.
const OPTIONAL: [&str; 2] = ["name_on_card", "bank"];

/// Columns that hold a number.
const NUMBERS: [&str; 14] = [
    "plate_colour",
    "vehicle_class",
    "user_type",
    "card_type",
    "id_type",
    "length",
    "width",
    "height",
    "seats",
    "wheels",
    "axles",
    "wheelbase",
    "permitted_load",
    "curb_mass",
];

/// Columns that describe the vehicle.
const VEHICLE: [&str; 12] = [
    "length",
    "width",
    "height",
    "seats",
    "wheels",
    "axles",
    "wheelbase",
    "engine",
    "permitted_load",
    "curb_mass",
    "gross_mass",
    "vin",
];

/// The elements of a JSON array, each with its place from 1.
pub fn applications_json(text: &str) -> Option<Vec<ApplicationLine>> {
    let list: Vec<Value> = serde_json::from_str(text).ok()?;
    Some((1..).zip(list).collect())
}

/// The rows of a CSV file, each with its line in the file, as the JSON of the API. What a field must hold is judged
/// there; here only an empty field is one that is missing.
pub fn applications_csv(text: &str) -> Result<Vec<ApplicationLine>, ImportError> {
    let mut reader = ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let header = reader.headers().map_err(shape)?.clone();
    check(&header, &REQUIRED, &[&OPTIONAL[..], &VEHICLE].concat())?;
    let lines = reader.records().map(|record| {
        let record = record.map_err(shape)?;
        let line = record.position().map_or(0, |position| position.line());
        // Too few or too many fields: a line that cannot be read as an application.
        let value = match record.len() == header.len() {
            true => value(&header, &record),
            false => Value::Null,
        };
        Ok((u32::try_from(line).unwrap_or(u32::MAX), value))
    });
    lines.collect()
}

fn value(header: &StringRecord, record: &StringRecord) -> Value {
    let (mut fields, mut vehicle) = (Map::new(), Map::new());
    for (name, field) in header.iter().zip(record) {
        if field.is_empty() {
            continue;
        }
        let is_number = NUMBERS.contains(&name) || name == "gross_mass";
        let value = match field.parse::<u32>() {
            Ok(number) if is_number => json!(number),
            _ => json!(field),
        };
        match VEHICLE.contains(&name) {
            true => vehicle.insert(name.to_owned(), value),
            false => fields.insert(name.to_owned(), value),
        };
    }
    if !vehicle.is_empty() {
        let body = match vehicle.contains_key("vin") {
            true => "truck",
            false => "coach",
        };
        vehicle.insert("body".into(), json!(body));
        fields.insert("vehicle".into(), vehicle.into());
    }
    fields.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use etc_api::NewApplication;

    #[test]
    fn a_row_reads_as_the_json_of_the_api_and_a_bad_one_as_nothing() {
        let text = "number,plate,plate_colour,vehicle_class,user_type,card_type,name,id_type,\
             id_number,phone,bank,length,width,height,seats,wheels,axles,wheelbase,engine\n\
             1,甘A12345,0,1,0,22,张样例,101,440524188001010014,13800000017,icbc,4700,1700,1500,5,4,2,2650,E1\n\
             2,甘A12345\n\
             3,甘A12345,x,1,0,22,张样例,101,440524188001010014,13800000017,,,,,,,,,\n";
        let lines = applications_csv(text).unwrap();
        let places: Vec<u32> = lines.iter().map(|(line, _)| *line).collect();
        assert_eq!(places, [2, 3, 4]);
        let read = |at: usize| serde_json::from_value::<NewApplication>(lines[at].1.clone());
        let first = read(0).unwrap();
        assert_eq!(first.bank, Some(etc_api::Bank::Icbc));
        assert!(first.vehicle.is_some());
        assert!(read(1).is_err() && read(2).is_err());
    }

    /// A bank in a column that nobody knows would send its customers to the own outlets.
    #[test]
    fn a_header_with_a_column_too_many_or_too_few_is_refused() {
        let header = REQUIRED.join(",");
        for (header, refused) in [
            (
                format!("{header},Bank"),
                ImportError::Unknown("Bank".into()),
            ),
            (format!("{header},bnk"), ImportError::Unknown("bnk".into())),
            (
                format!("{header},bank,bank"),
                ImportError::Unknown("bank".into()),
            ),
            (
                header.replace("phone", "vin"),
                ImportError::Missing("phone"),
            ),
        ] {
            assert_eq!(applications_csv(&header), Err(refused), "{header}");
        }
        let whole = [&REQUIRED[..], &OPTIONAL, &VEHICLE].concat().join(",");
        assert_eq!(applications_csv(&whole), Ok(Vec::new()));
    }
}
