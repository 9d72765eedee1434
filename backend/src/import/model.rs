//! What cards of one issuer and version have in common.

use std::collections::HashSet;

use super::{ImportError, hex_byte, lines, profile};
use crate::ledger::{CardModel, CardStock};

const REQUIRED: &[&str] = &["issuer", "version"];

const OPTIONAL: &[&str] = &[
    "issue_file_length",
    "pin_form",
    "pin",
    "prove_counter",
    "load_key_index",
    "refuses_one_fen",
    "fill",
    "validity_years",
];

/// Reads all models of a CSV file (`docs/card-models-csv.md`), or none.
pub fn card_models(text: &str) -> Result<Vec<CardModel>, ImportError> {
    let mut known = HashSet::new();
    lines(text, REQUIRED, OPTIONAL, |row| {
        let usual = CardStock::default();
        let model = CardModel {
            issuer: row.issuer(None)?,
            version: row.read("version", "two hex digits", None, hex_byte)?,
            profile: profile(row)?,
            key_index: row.key_index()?,
            refuses_one_fen: row.flag("refuses_one_fen", false)?,
            fill: row.fill(usual.fill)?,
            validity_years: row.validity_years(usual.validity_years)?,
        };
        if !known.insert((model.issuer, model.version)) {
            return Err(row.wrong("version", "a version that its issuer does not have twice"));
        }
        Ok(model)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use apdu_core::authority::Pin;

    #[test]
    fn the_models_of_the_demo_are_a_good_file() {
        let models = card_models(include_str!("../../../demo/card-models.csv")).unwrap();
        assert_eq!(models.len(), 1);
        assert_eq!(models[0].version, 0x40);
        assert_eq!(models[0].profile.pin, Pin::Ascii6("123456".into()));
        assert_eq!(models[0].profile.issue_file_length, 43);
    }

    #[test]
    fn a_bad_file_is_refused_as_a_whole() {
        let good = "B8CACBE062010001,40,43,";
        for (lines, place) in [
            ("B8CACBE06201,40,43,", "line 2, column issuer:"),
            (",40,43,", "line 2, column issuer:"),
            ("B8CACBE062010001,,43,", "line 2, column version:"),
            (
                "B8CACBE062010001,40,44,",
                "line 2, column issue_file_length:",
            ),
            ("B8CACBE062010001,40,43,pin", "line 2, column pin_form:"),
            (&format!("{good}\n{good}"), "line 3, column version:"),
        ] {
            let text = format!("issuer,version,issue_file_length,pin_form\n{lines}\n");
            let refused = card_models(&text).unwrap_err();
            assert!(refused.to_string().starts_with(place), "{refused}");
        }
    }
}
