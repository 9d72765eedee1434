//! Bank prefixes: the list that comes with the backend, and one of the instance's own.

use std::collections::HashSet;

use super::{ImportError, lines};
use crate::ledger::Banks;
use crate::words::Word;

/// The list that comes with the backend.
const KNOWN: &str = include_str!("../banks.csv");

/// The list that comes with the backend; its confidence stands in the head of the file.
pub fn known_banks() -> Banks {
    // A test reads it.
    banks(KNOWN).unwrap_or_default()
}

/// Reads a list of bank prefixes, or nothing of it. Lines that begin with `#` say something about it.
pub fn banks(text: &str) -> Result<Banks, ImportError> {
    let is_row = |line: &&str| !line.starts_with('#');
    let rows: Vec<&str> = text.lines().filter(is_row).collect();
    let mut prefixes = HashSet::new();
    let list = lines(&rows.join("\n"), &["prefix", "bank"], &[], |row| {
        let digits = |field: &str| {
            let is_good = (3..=12).contains(&field.len())
                && field.bytes().all(|byte| byte.is_ascii_digit())
                && !prefixes.contains(field);
            is_good.then(|| field.to_owned())
        };
        let wanted = "3 to 12 digits that do not appear twice";
        let prefix = row.read("prefix", wanted, None, digits)?;
        prefixes.insert(prefix.clone());
        let bank = row.read("bank", "the word of a bank", None, Word::of_word)?;
        Ok((prefix, bank))
    })?;
    Ok(Banks(list))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::bank_card;
    use apdu_core::fault::Code;
    use etc_api::Bank;

    #[test]
    fn the_list_that_comes_with_the_backend_is_a_good_one() {
        let known = banks(KNOWN).unwrap();
        assert!(known.0.len() > 80);
        for bank in [Bank::Lanzhou, Bank::Icbc, Bank::Abc, Bank::Ccb, Bank::Psbc] {
            assert!(known.0.iter().any(|(_, of)| *of == bank), "{bank:?}");
        }
    }

    /// Each bank by itself: what comes with the backend knows it or says that it does not, and a list of its own is taken.
    #[test]
    fn a_card_of_each_bank_is_judged_by_what_is_listed() {
        // 4111 1111 1111 1111 is in no list.
        let digits = "4111111111111111";
        let known = known_banks();
        for bank in Bank::ALL {
            let expected = match bank {
                Bank::Gansu | Bank::RuralCredit => Code::BankCardsUnlisted,
                _ => Code::BankCardOfOther,
            };
            assert_eq!(bank_card(&known, bank, digits), Err(expected), "{bank:?}");
            let own = banks(&format!("prefix,bank\n411111,{}\n", bank.word())).unwrap();
            assert_eq!(bank_card(&own, bank, digits), Ok(()), "{bank:?}");
        }
    }

    #[test]
    fn a_bad_list_is_refused_as_a_whole() {
        for (lines, place) in [
            ("62,icbc", "line 2, column prefix:"),
            ("62220x,icbc", "line 2, column prefix:"),
            ("622202,icbc\n622202,abc", "line 3, column prefix:"),
            ("622202,boc", "line 2, column bank:"),
        ] {
            let refused = banks(&format!("prefix,bank\n{lines}\n")).unwrap_err();
            assert!(refused.to_string().starts_with(place), "{refused}");
        }
    }
}
