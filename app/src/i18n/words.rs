//! The word for each value that cards and records hold.

use apdu_core::authority::{CardStatus, RechargeState, TagFile};
use apdu_core::flow::Step;
use apdu_core::toll_card::{CREDIT, Passage, STORED_VALUE, TransactionKind};
use etc_api::faults::Party;
use etc_api::{OutletKind, Role};

use super::Texts;

mod cards;
mod records;
mod tags;

impl Texts {
    /// Plate colour 车牌颜色 (reference §7.1).
    pub fn plate_colour(&self, code: u8) -> &'static str {
        let colours = &self.words.plate_colours;
        let named = colours.get(usize::from(code));
        named.copied().unwrap_or(self.words.unknown_value)
    }

    /// Vehicle class 车型 (JT/T 489-2019).
    pub fn vehicle_class(&self, code: u8) -> &'static str {
        let words = &self.words;
        let (classes, first): (&[&'static str], u8) = match code {
            1..=4 => (&words.coaches, 1),
            11..=16 => (&words.trucks, 11),
            21..=26 => (&words.special_vehicles, 21),
            _ => return words.unknown_value,
        };
        classes[usize::from(code - first)]
    }

    /// Card type 卡类型.
    pub fn card_type(&self, code: u8) -> &'static str {
        match code {
            STORED_VALUE => self.words.stored_value,
            CREDIT => self.words.credit,
            _ => self.words.unknown_value,
        }
    }

    /// Status of a card in the records.
    pub fn card_status(&self, status: CardStatus) -> &'static str {
        let words = &self.words;
        match status {
            CardStatus::Normal => words.normal,
            CardStatus::Suspended => words.suspended,
            CardStatus::Lost => words.lost,
            CardStatus::Cancelled => words.cancelled,
            CardStatus::Damaged => words.damaged,
            CardStatus::Blacklisted => words.blacklisted,
        }
    }

    /// State of a recharge record.
    pub fn record_state(&self, state: RechargeState) -> &'static str {
        let words = &self.words;
        match state {
            RechargeState::Created => words.created,
            RechargeState::Paid => words.paid,
            RechargeState::Loading => words.loading,
            RechargeState::Loaded => words.loaded,
            RechargeState::Refunding => words.refunding,
            RechargeState::Refunded => words.refunded,
            RechargeState::Conflict => words.conflict,
            RechargeState::Closed => words.closed,
        }
    }

    /// Role of an operator.
    pub fn role(&self, role: Role) -> &'static str {
        match role {
            Role::Teller => self.words.teller,
            Role::Supervisor => self.words.supervisor,
            Role::Auditor => self.words.auditor,
        }
    }

    /// Who runs an outlet.
    pub fn outlet_kind(&self, kind: OutletKind) -> &'static str {
        match kind {
            OutletKind::Own => self.words.own_outlet,
            OutletKind::Bank => self.words.bank_outlet,
        }
    }

    /// Who is at fault.
    pub fn party(&self, party: Party) -> &'static str {
        let faults = &self.faults;
        match party {
            Party::Person => faults.party_person,
            Party::Card => faults.party_card,
            Party::Reader => faults.party_reader,
            Party::Programmer => faults.party_programmer,
            Party::Tag => faults.party_tag,
            Party::Network => faults.party_network,
            Party::Authority => faults.party_authority,
            Party::Us => faults.party_us,
        }
    }

    /// Whom to ask.
    pub fn whom_to_ask(&self, party: Party) -> &'static str {
        let faults = &self.faults;
        match party {
            Party::Person | Party::Card | Party::Tag => faults.ask_supervisor,
            Party::Reader | Party::Programmer | Party::Network | Party::Us => faults.ask_it,
            Party::Authority => faults.ask_centre,
        }
    }

    /// What a log record of the card is about.
    pub fn transaction(&self, kind: TransactionKind) -> &'static str {
        match kind {
            TransactionKind::Load => self.words.load,
            TransactionKind::Purchase | TransactionKind::CompositePurchase => self.words.purchase,
            TransactionKind::Other(_) => self.words.other,
        }
    }

    /// Which way through which kind of lane.
    pub fn passage(&self, passage: Passage) -> &'static str {
        let words = &self.words;
        match passage {
            Passage::ManualEntry => words.manual_entry,
            Passage::ManualExit => words.manual_exit,
            Passage::EtcEntry => words.etc_entry,
            Passage::EtcExit => words.etc_exit,
            Passage::Other(_) => words.other,
        }
    }

    /// A profile of a programmer, by its name.
    pub fn programmer_profile(&self, id: &str) -> String {
        let t = &self.tags.device;
        match id {
            "dsrc-primitives" => t.primitives.to_owned(),
            "b-obu" => t.bobu.to_owned(),
            "b-obu-wechat" => t.bobu_wechat.to_owned(),
            own => own.to_owned(),
        }
    }

    /// What a step of a flow waits for.
    pub fn waiting(&self, step: Step) -> &'static str {
        match step {
            Step::ReadCard => self.waits.read_card,
            Step::AskRecords => self.waits.ask_records,
            Step::SettleOpen => self.waits.settle_open,
            Step::ProveCard => self.waits.prove_card,
            Step::Account => self.waits.account,
            Step::LetGo => self.waits.let_go,
            Step::Authorise => self.waits.authorise,
            Step::WriteCard | Step::WriteFile(_) => self.waits.write_card,
            Step::Confirm => self.waits.confirm,
            Step::CheckBalance => self.waits.check_balance,
            Step::CallTag => self.waits.call_tag,
            Step::ReadTag | Step::ReadBack => self.waits.read_tag,
            Step::ReadVehicle => self.waits.read_vehicle,
            Step::WriteTag(TagFile::Vehicle) => self.waits.write_vehicle,
            Step::WriteTag(TagFile::System) => self.waits.write_system,
            Step::WriteTag(TagFile::RemovalFlag) => self.waits.write_flag,
            Step::SignalTag => self.waits.signal_tag,
        }
    }
}
