//! Applications for cards: what a good one is, and where it stands.

mod check;
mod identity;
mod plate;

use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use etc_api::{ApplicationState, Bank, LicensedBody, LicensedVehicle, Outlet, OutletKind};

use super::card::CardKind;
use super::vehicle::{Body, Vehicle};

pub use check::{Valid, checked};

/// How long an application is locked for the teller who opened it, ms.
pub const LOCK: i64 = 10 * 60_000;

/// An application as it was handed in, and where it stands. No `Debug`: it names a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its identity.
    pub id: String,
    /// Plate 车牌号码.
    pub plate: String,
    /// Plate colour 车牌颜色, reference §7.1.
    pub plate_colour: u8,
    /// Vehicle class 车型, reference §7.2.
    pub vehicle_class: u8,
    /// User type 用户类型, reference §7.3.
    pub user_type: u8,
    /// Stored-value or credit card.
    pub kind: CardKind,
    /// Holder's name 姓名.
    pub name: String,
    /// The name as the card is to hold it, where it is another.
    pub name_on_card: Option<String>,
    /// Type of identity document, reference §7.4.
    pub id_type: u16,
    /// Its number.
    pub id_number: String,
    /// Phone 电话号码.
    pub phone: String,
    /// The vehicle as its licence describes it, where the channel has it.
    pub vehicle: Option<Vehicle>,
    /// The bank whose outlet serves the customer; missing: an own outlet.
    pub bank: Option<Bank>,
    /// Where it stands.
    pub state: ApplicationState,
    /// Who works on it.
    pub locked_by: Option<Lock>,
    /// Whether the number of the bank card that pays is known.
    pub has_bank_card: bool,
    /// When a supervisor last let it go on after too many cards had failed, ms UTC.
    pub reopened_at: Option<i64>,
    /// Grows with every change; compare-and-swap hangs on it.
    pub version: i64,
}

/// Who works on an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Operator name.
    pub operator: String,
    /// The operator's own name.
    pub name: String,
    /// Until when, ms UTC.
    pub until: i64,
}

/// A change of an application that a task of a card makes.
#[derive(Clone, PartialEq, Eq)]
pub struct TurnedApplication {
    /// Which.
    pub id: String,
    /// The version that was read; any other in the store is a lost race.
    pub version: i64,
    /// Where it stands from now on.
    pub state: ApplicationState,
    /// The bank card that pays, where it was typed now.
    pub bank_card: Option<String>,
    /// The card that was issued for it.
    pub card: Option<CardNumber>,
    /// When a supervisor let it go on, ms UTC.
    pub reopened_at: Option<i64>,
}

/// Never shows the bank card.
impl std::fmt::Debug for TurnedApplication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnedApplication")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// An application with where it came from.
#[derive(Clone, PartialEq, Eq)]
pub struct Application {
    /// What it says, and where it stands.
    pub applied: Applied,
    /// The channel's own number.
    pub number: String,
    /// Where it came from.
    pub origin: Origin,
}

/// Where an application came from. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Name of the channel.
    pub channel: String,
    /// Identity of the batch.
    pub batch: String,
    /// Its place in the batch, from 1.
    pub line: u32,
    /// When it was handed in, ms UTC.
    pub at: i64,
}

impl Application {
    /// Whether the customer is served at this outlet: at the bank's, or at any own one where no bank is named.
    pub fn is_for(&self, outlet: &Outlet) -> bool {
        self.applied.is_for(outlet)
    }
}

impl Applied {
    /// Whether the customer is served at this outlet: at the bank's, or at any own one where no bank is named.
    pub fn is_for(&self, outlet: &Outlet) -> bool {
        match (outlet.kind, self.bank) {
            (OutletKind::Own, None) => true,
            (OutletKind::Bank, Some(bank)) => outlet.bank == Some(bank),
            _ => false,
        }
    }

    /// Who else works on it at this moment (ms UTC).
    pub fn held_by_other(&self, operator: &str, now: i64) -> Option<&Lock> {
        let other = |lock: &&Lock| lock.operator != operator && now < lock.until;
        self.locked_by.as_ref().filter(other)
    }

    /// Whether the channel may still take it back: nothing was signed for it, and nobody works on it. `false`:
    /// it was taken back already.
    pub fn withdraw(&self, now: i64) -> Result<bool, Code> {
        match self.state {
            ApplicationState::Withdrawn => Ok(false),
            ApplicationState::Issued => Err(Code::ApplicationIssued),
            ApplicationState::Begun => Err(Code::ApplicationHalfWritten),
            ApplicationState::Open => match self.locked_by.as_ref() {
                Some(lock) if now < lock.until => Err(Code::ApplicationHeld),
                _ => Ok(true),
            },
        }
    }
}

impl Vehicle {
    /// The vehicle of this licence.
    pub fn of_licence(
        plate: &str,
        plate_colour: u8,
        class: u8,
        user_type: u8,
        licence: &LicensedVehicle,
    ) -> Self {
        let body = match licence.body.clone() {
            LicensedBody::Coach {
                wheels,
                axles,
                wheelbase,
                engine,
            } => Body::Coach {
                wheels,
                axles,
                wheelbase,
                engine,
            },
            LicensedBody::Truck {
                permitted_load,
                curb_mass,
                gross_mass,
                vin,
            } => Body::Truck {
                permitted_load,
                curb_mass,
                gross_mass,
                vin,
            },
        };
        Self {
            plate: plate.to_owned(),
            plate_colour,
            class,
            user_type,
            measures: [licence.length, licence.width, licence.height],
            seats: licence.seats,
            body,
        }
    }
}

/// Issuer identification numbers: the first digits of bank cards, and whose cards they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Banks(pub Vec<(String, Bank)>);

impl Banks {
    /// Whose card this is, by its longest prefix in the list.
    fn of(&self, digits: &str) -> Option<Bank> {
        let fits = |one: &&(String, Bank)| digits.starts_with(&one.0);
        let longest = self.0.iter().filter(fits).max_by_key(|one| one.0.len());
        longest.map(|(_, bank)| *bank)
    }

    /// Whether there is any prefix of this bank.
    fn lists(&self, bank: Bank) -> bool {
        self.0.iter().any(|one| one.1 == bank)
    }
}

/// Whether the digits are the number of a bank card, and one of this bank: 16 to 19 digits whose last is the
/// Luhn check digit (ISO/IEC 7812-1 Annex B).
pub fn bank_card(banks: &Banks, bank: Bank, digits: &str) -> Result<(), Code> {
    let is_number = (16..=19).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && luhn(digits);
    match (is_number, banks.of(digits)) {
        (false, _) => Err(Code::BankCardInvalid),
        (true, Some(of)) if of == bank => Ok(()),
        // Nobody's, as far as is known: that says nothing where nothing is known of this bank.
        (true, None) if !banks.lists(bank) => Err(Code::BankCardsUnlisted),
        (true, _) => Err(Code::BankCardOfOther),
    }
}

/// Every second digit from the right is doubled; the digits of all are summed up to a multiple of ten.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip(0_u32..)
        .map(|(byte, place)| {
            let digit = u32::from(byte - b'0') << (place % 2);
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn banks() -> Banks {
        let of = |prefix: &str, bank| (prefix.to_owned(), bank);
        Banks(vec![
            of("622202", Bank::Icbc),
            of("622139", Bank::Lanzhou),
            of("4992", Bank::Abc),
            of("499273", Bank::Ccb),
        ])
    }

    /// 4992739871 6 and 7992739871 3 are the examples of the algorithm's description; the longer numbers were made
    /// with another implementation.
    #[test]
    fn a_bank_card_is_16_to_19_digits_with_a_check_digit() {
        for good in ["4992739871", "79927398713"] {
            assert_eq!(luhn(good), good == "79927398713", "{good}");
        }
        assert!(luhn("49927398716"));
        assert_eq!(
            bank_card(&banks(), Bank::Lanzhou, "6221390000000013"),
            Ok(())
        );
        for bad in [
            "",
            "49927398716",
            "6221390000000011",
            "6221390000000031",
            "622139000000001O",
            "62213900000000130000",
            "６２２１３９００００００００１３",
        ] {
            let refused = bank_card(&banks(), Bank::Lanzhou, bad);
            assert_eq!(refused, Err(Code::BankCardInvalid), "{bad}");
        }
    }

    #[test]
    fn the_longest_prefix_says_whose_a_bank_card_is() {
        assert_eq!(banks().of("4992730000000000"), Some(Bank::Ccb));
        assert_eq!(banks().of("4992000000000000"), Some(Bank::Abc));
        assert_eq!(banks().of("6000000000000000"), None);
        let other = bank_card(&banks(), Bank::Icbc, "6221390000000013");
        assert_eq!(other, Err(Code::BankCardOfOther));
    }

    #[test]
    fn of_a_bank_without_a_prefix_nothing_is_known_but_what_is_another_banks() {
        // 4111 1111 1111 1111 is in no list.
        let unknown = |bank| bank_card(&banks(), bank, "4111111111111111");
        for bank in Bank::ALL {
            let expected = match bank {
                Bank::Icbc | Bank::Lanzhou | Bank::Abc | Bank::Ccb => Code::BankCardOfOther,
                Bank::Gansu | Bank::RuralCredit | Bank::Psbc => Code::BankCardsUnlisted,
            };
            assert_eq!(unknown(bank), Err(expected), "{bank:?}");
        }
        let lanzhous = bank_card(&banks(), Bank::Gansu, "6221390000000013");
        assert_eq!(lanzhous, Err(Code::BankCardOfOther));
    }
}
