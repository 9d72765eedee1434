//! Stock from CSV files: cards (`docs/cards-csv.md`), [`card_models`] (`docs/card-models-csv.md`), [`tags`] (`docs/tags-csv.md`) and [`vehicles`]
//! (`docs/vehicles-csv.md`).

mod application;
mod bank;
mod model;
mod tag;
mod vehicle;

use std::collections::HashSet;

use apdu_core::authority::{CardProfile, CardStatus, Pin, ProofCounter};
use apdu_core::bcd::{Date, packed};
use apdu_core::hex::Fixed;
use csv::{ReaderBuilder, StringRecord};
use encoding_rs::GBK;

use crate::ledger::{Card, CardKind, CardStock, HolderFill, Purse};
use crate::store::{Holder, StockCard};
use crate::words::Word;

pub use application::{applications_csv, applications_json};
pub use bank::{banks, known_banks};
pub use model::card_models;
pub use tag::tags;
pub use vehicle::vehicles;

const REQUIRED: &[&str] = &["number", "card_type", "version"];

/// Of an issued card; a blank one has none of them.
const ISSUED: [&str; 5] = ["start", "expiry", "plate", "plate_colour", "vehicle_class"];

const OPTIONAL: &[&str] = &[
    "start",
    "expiry",
    "plate",
    "plate_colour",
    "vehicle_class",
    "user_type",
    "status",
    "holder",
    "id_type",
    "id_number",
    "phone",
    "issue_file_length",
    "pin_form",
    "pin",
    "prove_counter",
    "load_key_index",
    "refuses_one_fen",
    "refuses_odd_terminals",
    "outlet",
    "issuer",
    "fill",
    "validity_years",
];

/// What a blank card has where others have a date.
const NO_DATE: Date = Date([0; 4]);

/// Bytes a plate has in file 0015.
const PLATE_LENGTH: usize = 12;

/// What is wrong with a CSV file. Shows no value: it may be a person's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The file is no CSV.
    #[error("line {line}: not CSV in UTF-8 with as many fields as the header")]
    Shape {
        /// Where; 0 where it cannot be told.
        line: u64,
    },
    /// The file is no JSON array.
    #[error("not a JSON array of applications")]
    List,
    /// A required column is missing.
    #[error("line 1: column {0} is missing")]
    Missing(&'static str),
    /// A column nobody knows, or one that appears twice.
    #[error("line 1: column {0:?} is unknown or appears twice")]
    Unknown(String),
    /// A field does not hold what its column says.
    #[error("line {line}, column {column}: must be {wanted}")]
    Field {
        /// Where.
        line: u64,
        /// In which column.
        column: &'static str,
        /// What belongs there.
        wanted: &'static str,
    },
}

/// Reads all cards of a CSV file, or none.
pub fn cards(text: &str) -> Result<Vec<StockCard>, ImportError> {
    let mut numbers = HashSet::new();
    lines(text, REQUIRED, OPTIONAL, |row| {
        let card = card(row)?;
        if !numbers.insert(card.card.number) {
            return Err(row.wrong("number", "a number that does not appear twice"));
        }
        Ok(card)
    })
}

/// Every line of a CSV file with these columns.
fn lines<T>(
    text: &str,
    required: &[&'static str],
    optional: &[&'static str],
    mut read: impl FnMut(&Row<'_>) -> Result<T, ImportError>,
) -> Result<Vec<T>, ImportError> {
    let mut reader = ReaderBuilder::new().trim(csv::Trim::All).from_reader(
        // Spreadsheets like to begin UTF-8 with a byte order mark.
        text.trim_start_matches('\u{FEFF}').as_bytes(),
    );
    let header = reader.headers().map_err(shape)?.clone();
    check(&header, required, optional)?;
    let line = |fields: Result<StringRecord, csv::Error>| {
        read(&Row {
            header: &header,
            fields: &fields.map_err(shape)?,
        })
    };
    reader.records().map(line).collect()
}

fn shape(error: csv::Error) -> ImportError {
    let line = error.position().map_or(0, |position| position.line());
    ImportError::Shape { line }
}

fn check(
    header: &StringRecord,
    required: &[&'static str],
    optional: &[&'static str],
) -> Result<(), ImportError> {
    for (at, name) in header.iter().enumerate() {
        let known = required.contains(&name) || optional.contains(&name);
        if !known || header.iter().take(at).any(|earlier| earlier == name) {
            return Err(ImportError::Unknown(name.to_owned()));
        }
    }
    match required
        .iter()
        .find(|name| !header.iter().any(|has| has == **name))
    {
        Some(name) => Err(ImportError::Missing(name)),
        None => Ok(()),
    }
}

/// A line with the names of its fields.
struct Row<'a> {
    header: &'a StringRecord,
    fields: &'a StringRecord,
}

impl Row<'_> {
    fn get(&self, column: &str) -> Option<&str> {
        let at = self.header.iter().position(|name| name == column)?;
        self.fields.get(at).filter(|field| !field.is_empty())
    }

    fn wrong(&self, column: &'static str, wanted: &'static str) -> ImportError {
        let line = self.fields.position().map_or(0, |position| position.line());
        ImportError::Field {
            line,
            column,
            wanted,
        }
    }

    /// A field read by `read`; an empty one is `default`, or an error where there is none.
    fn read<T>(
        &self,
        column: &'static str,
        wanted: &'static str,
        default: Option<T>,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ImportError> {
        let value = match self.get(column) {
            Some(field) => read(field),
            None => default,
        };
        value.ok_or_else(|| self.wrong(column, wanted))
    }

    fn flag(&self, column: &'static str, default: bool) -> Result<bool, ImportError> {
        self.read(column, "yes or no", Some(default), |field| match field {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        })
    }

    fn date(&self, column: &'static str) -> Result<Date, ImportError> {
        self.read(column, "a date, YYYYMMDD", None, calendar_date)
    }

    fn byte(&self, column: &'static str) -> Result<u8, ImportError> {
        self.read(column, "a number from 0 to 255", None, |field| {
            field.parse().ok()
        })
    }

    fn status(&self) -> Result<CardStatus, ImportError> {
        self.read(
            "status",
            "normal, suspended, lost, cancelled, damaged or blacklisted",
            Some(CardStatus::Normal),
            CardStatus::of_word,
        )
    }

    fn plate(&self) -> Result<String, ImportError> {
        self.read("plate", "text of at most 12 bytes in GBK", None, plate)
    }

    fn issuer(&self, default: Option<[u8; 8]>) -> Result<[u8; 8], ImportError> {
        self.read("issuer", "16 hex digits", default, |field| {
            field.parse().ok().map(|Fixed(bytes)| bytes)
        })
    }

    fn fill(&self, default: HolderFill) -> Result<HolderFill, ImportError> {
        let wanted = "zero or zero-then-ff";
        self.read("fill", wanted, Some(default), HolderFill::of_word)
    }

    fn validity_years(&self, default: u8) -> Result<u8, ImportError> {
        let years = |field: &str| field.parse().ok().filter(|years| (1..=50).contains(years));
        let wanted = "a number from 1 to 50";
        self.read("validity_years", wanted, Some(default), years)
    }

    fn key_index(&self) -> Result<u8, ImportError> {
        let wanted = "two hex digits";
        self.read("load_key_index", wanted, Some(0x01), hex_byte)
    }

    fn text(&self, column: &str) -> String {
        self.get(column).unwrap_or_default().to_owned()
    }
}

fn card(row: &Row<'_>) -> Result<StockCard, ImportError> {
    let number = row.read("number", "20 digits", None, |field| field.parse().ok())?;
    let kind = row.read("card_type", "22 or 23", None, |field| {
        CardKind::of_number(field.parse().ok()?)
    })?;
    let is_issued = ISSUED.iter().any(|column| row.get(column).is_some());
    let (start, expiry) = match is_issued {
        true => (row.date("start")?, row.date("expiry")?),
        false => (NO_DATE, NO_DATE),
    };
    if expiry < start {
        return Err(row.wrong("expiry", "no earlier than start"));
    }
    let byte = |column| match is_issued {
        true => row.byte(column),
        false => Ok(0),
    };
    let card = Card {
        number,
        kind,
        version: row.read("version", "two hex digits", None, hex_byte)?,
        start,
        expiry,
        plate: match is_issued {
            true => row.plate()?,
            false => String::new(),
        },
        plate_colour: byte("plate_colour")?,
        vehicle_class: byte("vehicle_class")?,
        status: row.status()?,
        profile: profile(row)?,
        purse: Purse {
            key_index: row.key_index()?,
            refuses_one_fen: row.flag("refuses_one_fen", false)?,
            refuses_odd_terminals: row.flag("refuses_odd_terminals", false)?,
        },
        stock: stock(row, is_issued)?,
        book: None,
        weak_random: false,
        stopped: None,
        proved_counter: 0,
        revision: 0,
    };
    Ok(StockCard {
        card,
        holder: holder(row),
    })
}

/// Where the card is, and how its files are written.
fn stock(row: &Row<'_>, is_issued: bool) -> Result<CardStock, ImportError> {
    let usual = CardStock::default();
    Ok(CardStock {
        is_issued,
        outlet: row.get("outlet").map(str::to_owned),
        issuer: row.issuer(Some(usual.issuer))?,
        user_type: row.read("user_type", "a number from 0 to 255", Some(0), |field| {
            field.parse().ok()
        })?,
        fill: row.fill(usual.fill)?,
        validity_years: row.validity_years(usual.validity_years)?,
        ..usual
    })
}

fn profile(row: &Row<'_>) -> Result<CardProfile, ImportError> {
    let length = |field: &str| match field {
        "43" => Some(43),
        "50" => Some(50),
        _ => None,
    };
    Ok(CardProfile {
        pin: pin(row)?,
        issue_file_length: row.read("issue_file_length", "43 or 50", Some(43), length)?,
        proof_counter: row.read(
            "prove_counter",
            "after, before or both",
            Some(ProofCounter::Both),
            ProofCounter::of_word,
        )?,
    })
}

fn pin(row: &Row<'_>) -> Result<Pin, ImportError> {
    let six = |field: &str| packed::<3>(field).ok().map(|_| field.to_owned());
    let digits = || row.read("pin", "six digits", Some("123456".to_owned()), six);
    match row.get("pin_form").unwrap_or("ascii6") {
        "ascii6" => Ok(Pin::Ascii6(digits()?)),
        "bcd3" => Ok(Pin::Bcd3(digits()?)),
        "none" if row.get("pin").is_none() => Ok(Pin::None),
        "none" => Err(row.wrong("pin", "empty where pin_form is none")),
        _ => Err(row.wrong("pin_form", "ascii6, bcd3 or none")),
    }
}

fn holder(row: &Row<'_>) -> Option<Holder> {
    let any = ["holder", "id_type", "id_number", "phone"];
    any.iter().find_map(|column| row.get(column))?;
    Some(Holder {
        name: row.text("holder"),
        id_type: row.text("id_type"),
        id_number: row.text("id_number"),
        phone: row.text("phone"),
    })
}

fn hex_byte(field: &str) -> Option<u8> {
    let Fixed([byte]) = field.parse().ok()?;
    Some(byte)
}

fn calendar_date(field: &str) -> Option<Date> {
    let date = packed(field).ok()?;
    let (year, month, day) = (
        field[..4].parse::<u32>().ok()?,
        &field[4..6],
        field[6..].parse::<u32>().ok()?,
    );
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        "02" if leap => 29,
        "02" => 28,
        "04" | "06" | "09" | "11" => 30,
        "01" | "03" | "05" | "07" | "08" | "10" | "12" => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then_some(Date(date))
}

fn plate(field: &str) -> Option<String> {
    let (bytes, _, unmappable) = GBK.encode(field);
    (!unmappable && bytes.len() <= PLATE_LENGTH).then(|| field.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "number,card_type,version,start,expiry,plate,plate_colour,vehicle_class,status,pin_form,pin,\
         refuses_one_fen";
    const GOOD: &str = "62012201230100000017,22,40,20240115,20340114,甘A12345,0,1,,,,";

    fn refusal(header: &str, line: &str) -> String {
        let text = format!("{header}\n{GOOD}\n{line}\n");
        cards(&text).err().expect("refused").to_string()
    }

    #[test]
    fn what_is_left_out_has_the_usual_value() {
        let cards = cards(&format!("{HEADER}\n{GOOD}\n")).unwrap();
        let card = &cards[0].card;
        assert_eq!(card.status, CardStatus::Normal);
        assert_eq!(card.profile.pin, Pin::Ascii6("123456".into()));
        assert_eq!(card.profile.issue_file_length, 43);
        assert_eq!(card.profile.proof_counter, ProofCounter::Both);
        assert_eq!(card.purse.key_index, 0x01);
        assert!(!card.purse.refuses_one_fen && !card.purse.refuses_odd_terminals);
        assert!(cards[0].holder.is_none());
    }

    #[test]
    fn the_demo_cards_are_a_good_file() {
        let cards = cards(include_str!("../../demo/cards.csv")).unwrap();
        assert_eq!(cards.len(), 19);
        assert_eq!(cards[2].card.profile.pin, Pin::None);
        let held = |card: &StockCard| card.holder.is_some() == card.card.stock.is_issued;
        assert!(cards.iter().all(held));
    }

    #[test]
    fn a_bad_field_names_its_line_and_column_but_not_its_value() {
        let cases = [
            (
                "62012201230100000025",
                "6201220123010000002",
                "line 3, column number",
            ),
            (
                "62012201230100000025",
                "62012201230100000017",
                "line 3, column number",
            ),
            (",22,", ",21,", "line 3, column card_type"),
            (",40,", ",4,", "line 3, column version"),
            ("20240115", "20240230", "line 3, column start"),
            ("20340114", "20230114", "line 3, column expiry"),
            ("甘A12345", "", "line 3, column plate"),
            ("甘A12345", "甘A1234567890", "line 3, column plate"),
            ("甘A12345", "😀", "line 3, column plate"),
            (",0,1,", ",256,1,", "line 3, column plate_colour"),
            (",0,1,", ",0,x,", "line 3, column vehicle_class"),
            (",,,,", ",stolen,,,", "line 3, column status"),
            (",,,,", ",,four,,", "line 3, column pin_form"),
            (",,,,", ",,,12345,", "line 3, column pin"),
            (",,,,", ",,none,123456,", "line 3, column pin"),
            (",,,,", ",,,,true", "line 3, column refuses_one_fen"),
        ];
        let line = GOOD.replace("0017", "0025");
        for (from, to, place) in cases {
            let message = refusal(HEADER, &line.replacen(from, to, 1));
            assert!(message.starts_with(place), "{to:?}: {message}");
            assert!(
                to.is_empty() || to.len() < 5 || !message.contains(to),
                "{message}"
            );
        }
        assert_eq!(
            refusal(HEADER, "62012201230100000025,22"),
            "line 3: not CSV in UTF-8 with as many fields as the header"
        );
    }

    #[test]
    fn a_bad_header_is_refused_as_a_whole() {
        let refused = |from: &str, to: &str| refusal(&HEADER.replacen(from, to, 1), GOOD);
        assert_eq!(
            refused("plate,", "plat,"),
            "line 1: column \"plat\" is unknown or appears twice"
        );
        assert_eq!(
            refused("pin,", "plate,"),
            "line 1: column \"plate\" is unknown or appears twice"
        );
        assert_eq!(
            cards("number\n").err(),
            Some(ImportError::Missing("card_type"))
        );
    }

    #[test]
    fn a_byte_order_mark_and_spaces_around_fields_do_no_harm() {
        let text = format!("\u{FEFF}{HEADER}\n{}\n", GOOD.replace(",22,", " , 22 ,"));
        assert_eq!(cards(&text).map(|cards| cards.len()).ok(), Some(1));
    }
}
