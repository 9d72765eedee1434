//! Tag stock; the columns are described in `docs/tags-csv.md`.

use std::collections::HashSet;

use apdu_core::bcd::packed;
use apdu_core::hex::Fixed;
use apdu_core::obu::{TagProfile, Unit};

use super::{ImportError, Row, hex_byte, lines};
use crate::ledger::{Chaining, Issued, SignedFor, Tag, TagWriting, VehicleCipher};
use crate::words::Word;

const REQUIRED: &[&str] = &["serial", "sn", "issuer", "version"];

/// All of them together, or none: what a tag was issued with.
const OF_ISSUED: &[&str] = &["signed", "expiry", "plate", "plate_colour", "vehicle_class"];

const OPTIONAL: &[&str] = &[
    "status",
    "signed",
    "expiry",
    "plate",
    "plate_colour",
    "vehicle_class",
    "vehicle_length",
    "truck_unit",
    "des_key",
    "sm4_key",
    "chaining",
    "random_returns",
    "system_length",
    "issue_flag",
    "cancel_clears_flag",
    "activations",
    "outlet",
];

/// Reads all tags of a CSV file, or none.
pub fn tags(text: &str) -> Result<Vec<Tag>, ImportError> {
    let (mut serials, mut sns) = (HashSet::new(), HashSet::new());
    lines(text, REQUIRED, OPTIONAL, |row| {
        let tag = tag(row)?;
        let twice = "a number that does not appear twice";
        if !serials.insert(tag.serial) {
            return Err(row.wrong("serial", twice));
        }
        if !sns.insert(tag.sn.clone()) {
            return Err(row.wrong("sn", twice));
        }
        Ok(tag)
    })
}

fn tag(row: &Row<'_>) -> Result<Tag, ImportError> {
    let issuer = |field: &str| field.parse().ok().map(|Fixed(issuer)| issuer);
    let sn = |field: &str| packed::<8>(field).ok().map(|_| field.to_owned());
    let issued = issued(row)?;
    Ok(Tag {
        serial: row.read("serial", "16 digits", None, |field| field.parse().ok())?,
        sn: row.read("sn", "16 digits", None, sn)?,
        issuer: row.read("issuer", "16 hex digits", None, issuer)?,
        version: row.read("version", "two hex digits", None, hex_byte)?,
        status: row.status()?,
        profile: profile(row)?,
        cipher: VehicleCipher {
            chaining: row.read(
                "chaining",
                "ecb or cbc",
                Some(Chaining::Ecb),
                Chaining::of_word,
            )?,
            random_returns: row.flag("random_returns", true)?,
        },
        writing: writing(row)?,
        outlet: row.get("outlet").map(str::to_owned),
        signed: SignedFor {
            is_blank: issued.is_none(),
            ..SignedFor::default()
        },
        issued,
        revision: 0,
    })
}

fn issued(row: &Row<'_>) -> Result<Option<Issued>, ImportError> {
    if OF_ISSUED.iter().all(|column| row.get(column).is_none()) {
        return Ok(None);
    }
    let issued = Issued {
        signed: row.date("signed")?,
        expiry: row.date("expiry")?,
        plate: row.plate()?,
        plate_colour: row.byte("plate_colour")?,
        vehicle_class: row.byte("vehicle_class")?,
    };
    match issued.expiry < issued.signed {
        true => Err(row.wrong("expiry", "no earlier than signed")),
        false => Ok(Some(issued)),
    }
}

fn writing(row: &Row<'_>) -> Result<TagWriting, ImportError> {
    let usual = TagWriting::default();
    let length = |field: &str| match field {
        "27" => Some(27),
        "99" => Some(99),
        _ => None,
    };
    Ok(TagWriting {
        system_length: row.read(
            "system_length",
            "27 or 99",
            Some(usual.system_length),
            length,
        )?,
        issue_flag: row.read(
            "issue_flag",
            "two hex digits",
            Some(usual.issue_flag),
            hex_byte,
        )?,
        clears_flag: row.flag("cancel_clears_flag", usual.clears_flag)?,
        activations: row.read(
            "activations",
            "a number from 0 to 255",
            Some(usual.activations),
            |field| field.parse().ok(),
        )?,
    })
}

fn profile(row: &Row<'_>) -> Result<TagProfile, ImportError> {
    let usual = TagProfile::default();
    let length = |field: &str| match field {
        "59" => Some(59),
        "79" => Some(79),
        _ => None,
    };
    let sm4_key = match row.get("sm4_key") {
        None => None,
        Some(_) => Some(row.read("sm4_key", "two hex digits", None, hex_byte)?),
    };
    Ok(TagProfile {
        vehicle_length: row.read(
            "vehicle_length",
            "59 or 79",
            Some(usual.vehicle_length),
            length,
        )?,
        truck_unit: row.read(
            "truck_unit",
            "dm or mm",
            Some(usual.truck_unit),
            Unit::of_word,
        )?,
        des_key: row.read("des_key", "two hex digits", Some(usual.des_key), hex_byte)?,
        sm4_key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use apdu_core::authority::CardStatus;

    const HEADER: &str = "serial,sn,issuer,version,status,signed,expiry,plate,plate_colour,\
                          vehicle_class,vehicle_length,sm4_key,chaining,random_returns";
    const GOOD: &str = "6201230100000017,6210230100000017,B8CACBE062010001,16,normal,20240115,\
                        20340114,甘A12345,0,1,79,,ecb,yes";

    fn refusal(line: &str) -> String {
        let text = format!("{HEADER}\n{GOOD}\n{line}\n");
        tags(&text).expect_err("refused").to_string()
    }

    #[test]
    fn what_is_left_out_has_the_usual_value() {
        let text = "serial,sn,issuer,version\n6201230100000017,6210230100000017,\
                    B8CACBE062010001,16\n";
        let tags = tags(text).unwrap();
        assert_eq!(tags[0].status, CardStatus::Normal);
        assert_eq!(tags[0].issued, None);
        assert_eq!(tags[0].profile, TagProfile::default());
        assert_eq!(tags[0].cipher.chaining, Chaining::Ecb);
        assert!(tags[0].cipher.random_returns);
        assert_eq!(tags[0].network(), [0x62, 0x01]);
    }

    #[test]
    fn the_demo_tags_are_a_good_file() {
        let tags = tags(include_str!("../../../demo/tags.csv")).unwrap();
        assert_eq!(tags.len(), 9);
        assert_eq!(tags.iter().filter(|tag| tag.issued.is_none()).count(), 4);
    }

    #[test]
    fn a_bad_field_names_its_line_and_column_but_not_its_value() {
        let other =
            GOOD.replacen("0017", "0025", 1)
                .replacen("6210230100000017", "6210230100000025", 1);
        let cases = [
            (
                "6201230100000025",
                "620123010000002",
                "line 3, column serial",
            ),
            (
                "6201230100000025",
                "6201230100000017",
                "line 3, column serial",
            ),
            ("6210230100000025", "6210230100000017", "line 3, column sn"),
            ("6210230100000025", "A210230100000025", "line 3, column sn"),
            (
                "B8CACBE062010001",
                "B8CACBE0620100",
                "line 3, column issuer",
            ),
            (",16,", ",1,", "line 3, column version"),
            (",normal,", ",stolen,", "line 3, column status"),
            ("20240115", "", "line 3, column signed"),
            ("20340114", "20230114", "line 3, column expiry"),
            ("甘A12345", "", "line 3, column plate"),
            (",0,1,", ",,1,", "line 3, column plate_colour"),
            (",0,1,", ",0,x,", "line 3, column vehicle_class"),
            (",79,", ",60,", "line 3, column vehicle_length"),
            (",79,,", ",79,4,", "line 3, column sm4_key"),
            (",ecb,", ",cfb,", "line 3, column chaining"),
            (",yes", ",true", "line 3, column random_returns"),
        ];
        for (from, to, place) in cases {
            let message = refusal(&other.replacen(from, to, 1));
            assert!(message.starts_with(place), "{to:?}: {message}");
            assert!(to.len() < 5 || !message.contains(to), "{message}");
        }
    }
}
