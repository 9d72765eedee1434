//! The word for what applications hold, and for what is done with cards.

use apdu_core::authority::CardMode;
use etc_api::{ApplicationState, Bank};

use crate::i18n::Texts;

impl Texts {
    /// 办理模式
    pub fn card_mode(&self, mode: CardMode) -> &'static str {
        let t = &self.cards.issue;
        match mode {
            CardMode::New => t.mode_new,
            CardMode::Exchange => t.mode_exchange,
            CardMode::Replace => t.mode_replace,
        }
    }

    /// What it does to the card that the vehicle had before.
    pub fn card_mode_about(&self, mode: CardMode) -> &'static str {
        let t = &self.cards.issue;
        match mode {
            CardMode::New => t.mode_new_about,
            CardMode::Exchange => t.mode_exchange_about,
            CardMode::Replace => t.mode_replace_about,
        }
    }

    /// Where an application stands.
    pub fn application_state(&self, state: ApplicationState) -> &'static str {
        let t = &self.cards.states;
        match state {
            ApplicationState::Open => t.open,
            ApplicationState::Begun => t.begun,
            ApplicationState::Issued => t.issued,
            ApplicationState::Withdrawn => t.withdrawn,
        }
    }

    /// The bank whose outlets serve the customer; own outlets where there is none.
    pub fn bank(&self, bank: Option<Bank>) -> &'static str {
        let t = &self.cards.banks;
        match bank {
            None => self.cards.list.own,
            Some(Bank::Lanzhou) => t.lanzhou,
            Some(Bank::Gansu) => t.gansu,
            Some(Bank::Icbc) => t.icbc,
            Some(Bank::Abc) => t.abc,
            Some(Bank::RuralCredit) => t.rural_credit,
            Some(Bank::Ccb) => t.ccb,
            Some(Bank::Psbc) => t.psbc,
        }
    }
}
