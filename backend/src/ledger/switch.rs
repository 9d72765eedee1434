//! The kill switch: a supervisor stops loads of a province, a bank, an outlet, a range of cards or a
//! load key, until somebody lets them go on. Evidence of what was authorised before is taken all the same.

use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;

use super::card::{Asker, Card};

/// A switch that was thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Its identity.
    pub id: String,
    /// What stands still.
    pub scope: Scope,
    /// Why, in the supervisor's words.
    pub reason: String,
    /// Who threw it.
    pub operator: String,
    /// When, ms UTC.
    pub at: i64,
}

/// What a switch stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Cards of this network, four digits: a province.
    Province(String),
    /// All outlets run by banks.
    Banks,
    /// One outlet, by its code: a bank's or an own one.
    Outlet(String),
    /// Cards from the first number to the last, both included.
    Cards(CardNumber, CardNumber),
    /// Cards that load with this key index.
    KeyIndex(u8),
}

/// The switches that are thrown now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches(pub Vec<Switch>);

impl Switches {
    /// Whether loads of this card may go on at the asker's outlet.
    pub(super) fn allow(&self, card: &Card, asker: &Asker<'_>) -> Result<(), Code> {
        let stops = |switch: &Switch| switch.scope.stops(card, asker);
        match self.0.iter().any(stops) {
            true => Err(Code::LoadsStopped),
            false => Ok(()),
        }
    }
}

impl Scope {
    fn stops(&self, card: &Card, asker: &Asker<'_>) -> bool {
        match self {
            Self::Province(network) => card.number.to_string().starts_with(network.as_str()),
            Self::Banks => !asker.own,
            Self::Outlet(code) => code == asker.outlet,
            Self::Cards(first, last) => (first..=last).contains(&&card.number),
            Self::KeyIndex(index) => card.purse.key_index == *index,
        }
    }
}
