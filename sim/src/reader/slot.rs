//! One slot: a card or none, its power, and what the reader knows about it.

use super::Millis;
use super::contacts::{Contacts, DEFAULT_FI_DI, Protocol};
use super::faults::Fault;
use super::message::{HEADER, Icc, Outcome, command, error};
use super::model::{Level, Model, feature};
use super::t0::T0;
use super::t1::{Kind, T1};
use crate::card::Card;
use crate::faults::Faults;

/// When the card is pulled relative to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tear {
    /// Right before the command reaches the card.
    Before,
    /// While the card writes: half of a secured write is there. A CREDIT is one piece, and has no middle.
    Within,
    /// After the card has accepted it (`9000`), before the answer goes out.
    After,
}

/// A tear that lies in wait, and the command it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArmedTear {
    /// The next CREDIT FOR LOAD or secured UPDATE BINARY.
    AtWrite(Tear),
    /// The next command with this INS.
    AtIns(u8, Tear),
}

impl ArmedTear {
    /// When the card is pulled.
    pub fn when(self) -> Tear {
        match self {
            Self::AtWrite(when) | Self::AtIns(_, when) => when,
        }
    }

    /// When the card is pulled at this command, if at all.
    pub fn at(self, apdu: &[u8]) -> Option<Tear> {
        let (strikes, when) = match self {
            Self::AtWrite(when) => (is_credit(apdu) || is_secured_write(apdu), when),
            Self::AtIns(ins, when) => (apdu.get(1) == Some(&ins), when),
        };
        let has_middle = when != Tear::Within || is_secured_write(apdu);
        (strikes && has_middle).then_some(when)
    }
}

fn is_credit(apdu: &[u8]) -> bool {
    apdu.starts_with(&[0x80, 0x52])
}

/// Whether this is UPDATE BINARY with a MAC.
pub fn is_secured_write(apdu: &[u8]) -> bool {
    apdu.starts_with(&[0x04, 0xD6])
}

/// How much of a secured write a card has written in its middle: half of the file's bytes.
pub fn half_of_a_write(apdu: &[u8]) -> usize {
    apdu.len().saturating_sub(5 + 4) / 2
}

/// Why no answer comes from the card.
enum Silence {
    /// It was pulled.
    Pulled,
    /// It has no power, whatever the reader believes.
    Mute,
}

/// What carrying out a command may use besides the slot.
pub struct Context<'a> {
    /// The reader's ways.
    pub model: &'a Model,
    /// What may go wrong.
    pub faults: &'a mut Faults<Fault>,
    /// Which command is torn, and when.
    pub tear: &'a mut Option<ArmedTear>,
    /// The card that takes the place of one that is swapped.
    pub spare: &'a mut Option<Card>,
    /// Set to the time that the answer takes.
    pub delay: Millis,
}

/// How many commands a slot remembers.
const REMEMBERED: usize = 1024;

/// wLevelParameter and bChainParameter at extended APDU level (CCID §6.1.4, §6.2.1).
mod chain {
    pub const WHOLE: u8 = 0;
    pub const BEGINS: u8 = 1;
    pub const ENDS: u8 = 2;
    pub const CONTINUES: u8 = 3;
    pub const NEXT: u8 = 0x10;
}

/// One slot of the reader.
#[derive(Debug, Clone)]
pub struct Slot {
    card: Option<Card>,
    /// The chip under power.
    chip: Option<Chip>,
    parameters: Parameters,
    changed: bool,
    /// The pieces of a command that have come so far.
    command: Option<Vec<u8>>,
    /// What is still to be fetched of a response.
    response: Vec<u8>,
    pulled: Option<Card>,
    seen: Vec<Vec<u8>>,
}

/// A chip under power: what it and the reader have agreed on.
#[derive(Debug, Clone)]
struct Chip {
    protocol: Protocol,
    fi_di: u8,
    /// Nothing but the ATR has passed yet, so a PPS may come.
    fresh: bool,
    t0: T0,
    t1: T1,
}

/// How the reader is set to talk to the card (CCID §6.1.7).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parameters {
    protocol: Protocol,
    /// abProtocolDataStructure: 5 bytes for T=0, 7 for T=1, the first being Fi/Di.
    data: Vec<u8>,
}

impl Parameters {
    /// What holds before anything is known: T=0 at 372/1.
    fn standard() -> Self {
        Self::of(Protocol::T0, DEFAULT_FI_DI, &Contacts::T0)
    }

    fn of(protocol: Protocol, fi_di: u8, contacts: &Contacts) -> Self {
        let crc = u8::from(contacts.edc == super::contacts::Edc::Crc);
        let data = match protocol {
            // TCCKS, guard time, waiting integer, clock stop.
            Protocol::T0 => vec![fi_di, 0x00, 0x00, 0x0A, 0x00],
            // TCCKS, guard time, waiting integers, clock stop, IFSC, NAD.
            Protocol::T1 => vec![
                fi_di,
                0x10 | crc,
                0x00,
                contacts.bwi_cwi.unwrap_or(0x4D),
                0x00,
                contacts.ifsc.unwrap_or(32),
                0x00,
            ],
        };
        Self { protocol, data }
    }

    fn answer(&self) -> Outcome {
        Ok((self.protocol as u8, self.data.clone()))
    }
}

impl Slot {
    /// An empty slot.
    pub fn new() -> Self {
        Self {
            card: None,
            chip: None,
            parameters: Parameters::standard(),
            changed: false,
            command: None,
            response: Vec::new(),
            pulled: None,
            seen: Vec::new(),
        }
    }

    /// Puts a card in. A card that was there comes back out.
    pub fn insert(&mut self, card: Card) -> Option<Card> {
        let before = self.remove();
        self.card = Some(card);
        self.changed = true;
        before
    }

    /// Pulls the card out.
    pub fn remove(&mut self) -> Option<Card> {
        self.power_off();
        let card = self.card.take()?;
        self.changed = true;
        Some(card)
    }

    /// The card in the slot.
    pub fn card(&self) -> Option<&Card> {
        self.card.as_ref()
    }

    /// The card in the slot, to turn it in the middle of things.
    pub fn card_mut(&mut self) -> Option<&mut Card> {
        self.card.as_mut()
    }

    /// The card that was pulled in the middle of a command, once.
    pub fn take_pulled(&mut self) -> Option<Card> {
        self.pulled.take()
    }

    /// The APDUs that have reached a card in this slot, at most the last thousand.
    pub fn seen(&self) -> &[Vec<u8>] {
        &self.seen
    }

    /// Whether a card came or went since this was asked last.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// bmICCStatus.
    pub fn icc(&self) -> Icc {
        match (&self.card, &self.chip) {
            (None, _) => Icc::Absent,
            (Some(_), None) => Icc::Inactive,
            (Some(_), Some(_)) => Icc::Active,
        }
    }

    /// Takes the card's power away.
    pub fn power_off(&mut self) {
        if let Some(card) = &mut self.card {
            card.power_off();
        }
        self.chip = None;
        self.drop_chains();
    }

    /// A reader that comes up finds its cards anew.
    pub fn start(&mut self) {
        self.power_off();
        self.parameters = Parameters::standard();
        self.changed = self.card.is_some();
    }

    /// Drops half a command and half a response.
    pub fn drop_chains(&mut self) {
        self.command = None;
        self.response.clear();
    }

    /// Carries out a command whose form is right.
    pub fn carry_out(&mut self, message: &[u8], context: &mut Context<'_>) -> Outcome {
        if message[0] == command::SLOT_STATUS {
            return Ok((0, Vec::new()));
        }
        if self.card.is_none() {
            return Err(error::ICC_MUTE);
        }
        match message[0] {
            command::POWER_ON => {
                context.faults.power_on();
                self.touch(context, |slot, context| {
                    slot.power_on(message[7], context.model)
                })
            }
            command::POWER_OFF => {
                self.power_off();
                // bClockStatus 01: stopped low.
                Ok((1, Vec::new()))
            }
            command::XFR_BLOCK if self.chip.is_none() => Err(error::ICC_MUTE),
            command::XFR_BLOCK => {
                self.touch(context, |slot, context| slot.transfer(message, context))
            }
            command::SET_PARAMETERS => self.set_parameters(message[7], &message[HEADER..], context),
            command::RESET_PARAMETERS => {
                self.parameters = Parameters::standard();
                self.parameters.answer()
            }
            // GET_PARAMETERS.
            _ => self.parameters.answer(),
        }
    }

    /// What can go wrong around anything that is done with the card.
    fn touch(
        &mut self,
        context: &mut Context<'_>,
        act: impl FnOnce(&mut Self, &mut Context<'_>) -> Outcome,
    ) -> Outcome {
        if context.faults.strikes(Fault::CardPulledBefore) {
            return self.pull();
        }
        if context.faults.strikes(Fault::MuteBefore) {
            return Err(error::ICC_MUTE);
        }
        if context.faults.strikes(Fault::HardwareError) {
            return Err(error::HARDWARE);
        }
        let done = act(self, context)?;
        if context.faults.strikes(Fault::CardPulledAfter) {
            return self.pull();
        }
        if context.faults.strikes(Fault::CardSwapped) {
            let mute = self.pull();
            if let Some(other) = context.spare.take() {
                self.insert(other);
            }
            return mute;
        }
        if context.faults.strikes(Fault::MuteAfter) {
            return Err(error::ICC_MUTE);
        }
        Ok(done)
    }

    fn fall_silent(&mut self, silence: Silence) -> Outcome {
        match silence {
            Silence::Pulled => self.pull(),
            Silence::Mute => Err(error::ICC_MUTE),
        }
    }

    fn pull(&mut self) -> Outcome {
        self.pulled = self.remove();
        Err(error::ICC_MUTE)
    }

    // ------------------------------------------------------------------------ power, parameters

    /// Cold or, when the card has power already, warm reset; the answer is the ATR.
    fn power_on(&mut self, power_select: u8, model: &Model) -> Outcome {
        let given = match power_select {
            // The reader tries what it has, if it can choose.
            0 if model.has(feature::AUTO_VOLTAGE) || model.has(feature::AUTO_ACTIVATION) => {
                model.voltages
            }
            1..=3 => model.voltages & 1 << (power_select - 1),
            _ => 0,
        };
        if given == 0 {
            return Err(error::FIRST_PARAMETER);
        }
        let contacts = &model.contacts;
        let card = self.card.as_mut().ok_or(error::ICC_MUTE)?;
        if given & contacts.voltages == 0 {
            self.power_off();
            return Err(error::ICC_MUTE);
        }
        let atr = card.power_on();
        // The cards say only T=0 at 372/1 of themselves: 3B, T0, TB1, TC1, then who they are.
        let atr = contacts.atr(&atr[4..]);
        let mut chip = Chip {
            protocol: contacts.first_protocol(),
            fi_di: contacts.first_fi_di(),
            fresh: !contacts.specific,
            t0: T0::default(),
            t1: T1::new(contacts),
        };
        self.parameters = Parameters::standard();
        if model.takes_apdus() || model.has(feature::AUTO_NEGOTIATION) {
            if chip.fresh && model.runs_at(contacts.fastest_fi_di()) {
                chip.fi_di = contacts.fastest_fi_di();
            }
            chip.fresh = false;
            self.parameters = Parameters::of(chip.protocol, chip.fi_di, contacts);
        } else if model.has(feature::AUTO_PARAMETERS) {
            self.parameters = Parameters::of(chip.protocol, chip.fi_di, contacts);
        }
        self.chip = Some(chip);
        self.drop_chains();
        self.announce_ifsd(model);
        Ok((0, atr))
    }

    /// S(IFS) is the reader's affair if it says so.
    fn announce_ifsd(&mut self, model: &Model) {
        let of_t1 = self.parameters.protocol == Protocol::T1;
        if let (true, Some(chip)) = (of_t1 && model.has(feature::AUTO_IFSD), &mut self.chip) {
            chip.t1.set_ifsd(model.announced_ifsd.clamp(1, 254) as u8);
        }
    }

    fn set_parameters(&mut self, protocol: u8, data: &[u8], context: &mut Context<'_>) -> Outcome {
        let model = context.model;
        if model.has(feature::AUTO_NEGOTIATION) {
            return Err(error::NOT_SUPPORTED);
        }
        let spoken = model.contacts.protocols;
        let protocol = spoken.iter().find(|spoken| **spoken as u8 == protocol);
        let protocol = *protocol.ok_or(error::FIRST_PARAMETER)?;
        let length = match protocol {
            Protocol::T0 => 5,
            Protocol::T1 => 7,
        };
        if data.len() != length {
            return Err(error::LENGTH);
        }
        let fi_di = data[0];
        if context.faults.strikes(Fault::SetParametersRefused) || !model.runs_at(fi_di) {
            return Err(error::FIRST_DATA);
        }
        let makes_pps = model.has(feature::AUTO_PPS) && !model.takes_apdus();
        if let (true, Some(chip)) = (makes_pps, &mut self.chip)
            && (chip.protocol, chip.fi_di) != (protocol, fi_di)
        {
            if !chip.fresh {
                return Err(error::FIRST_DATA);
            }
            let pps0 = 0x10 | protocol as u8;
            let request = [0xFF, pps0, fi_di, 0xFF ^ pps0 ^ fi_di];
            let (_, protocol, agreed) = model.contacts.pps(&request).ok_or(error::ICC_MUTE)?;
            (chip.protocol, chip.fi_di) = (protocol, agreed);
            chip.fresh = false;
            if agreed != fi_di {
                return Err(error::FIRST_DATA);
            }
        }
        let data = data.to_vec();
        self.parameters = Parameters { protocol, data };
        self.announce_ifsd(model);
        self.parameters.answer()
    }

    // ---------------------------------------------------------------------------------- XfrBlock

    fn transfer(&mut self, message: &[u8], context: &mut Context<'_>) -> Outcome {
        let data = &message[HEADER..];
        match context.model.level {
            Level::Character => Err(error::NOT_SUPPORTED),
            // A TPDU is always whole.
            Level::Tpdu if message[8..10] != [0, 0] => Err(error::SECOND_PARAMETER),
            Level::Tpdu => self.transfer_tpdu(data, message[7], context),
            Level::ShortApdu | Level::ExtendedApdu => match message[9] {
                0 => self.transfer_apdu(data, message[8], context),
                _ => Err(error::SECOND_PARAMETER),
            },
        }
    }

    fn transfer_tpdu(
        &mut self,
        block: &[u8],
        waiting_times: u8,
        context: &mut Context<'_>,
    ) -> Outcome {
        let Some(chip) = &mut self.chip else {
            return Err(error::ICC_MUTE);
        };
        if chip.fresh && block.first() == Some(&0xFF) {
            return negotiate(chip, block, context);
        }
        // Set to another protocol or rate than the card runs at, the reader hears nothing it knows.
        if (chip.protocol, chip.fi_di) != (self.parameters.protocol, self.parameters.data[0]) {
            return Err(error::ICC_MUTE);
        }
        chip.fresh = false;
        match chip.protocol {
            Protocol::T0 => self.transfer_t0(block, context),
            Protocol::T1 => self.transfer_t1(block, waiting_times, context),
        }
    }

    fn transfer_t0(&mut self, tpdu: &[u8], context: &mut Context<'_>) -> Outcome {
        let (Some(card), Some(chip)) = (&mut self.card, &mut self.chip) else {
            return Err(error::ICC_MUTE);
        };
        let seen = &mut self.seen;
        let mut silence = Silence::Mute;
        let answer = chip.t0.exchange(tpdu, card, |card, apdu| {
            let answer = run(card, apdu, seen, context);
            answer.map_err(|why| silence = why).ok()
        });
        match answer {
            Err(super::t0::BadLength) => Err(error::LENGTH),
            Ok(None) => self.fall_silent(silence),
            Ok(Some(answer)) => Ok((0, answer)),
        }
    }

    fn transfer_t1(
        &mut self,
        block: &[u8],
        waiting_times: u8,
        context: &mut Context<'_>,
    ) -> Outcome {
        let (Some(card), Some(chip)) = (&mut self.card, &mut self.chip) else {
            return Err(error::ICC_MUTE);
        };
        let contacts = &context.model.contacts;
        let t1 = &mut chip.t1;
        if t1.is_in_chain() && context.faults.strikes(Fault::StopsInChain)
            || context.faults.strikes(Fault::BlockToCardLost)
        {
            return Err(error::ICC_MUTE);
        }
        match t1.kind(block) {
            // S(IFS request).
            Some(Kind::S(0xC1)) if context.faults.strikes(Fault::IfsRefused) => {
                return Ok((0, t1.rejection()));
            }
            Some(Kind::I { more: false, .. }) if context.faults.strikes(Fault::Wtx255) => {
                t1.will_ask_for_time(255);
            }
            Some(Kind::I { more: false, .. }) if context.faults.strikes(Fault::IfsFromCard) => {
                t1.will_announce(254);
            }
            _ => {}
        }
        let asked = t1.time_asked();
        let seen = &mut self.seen;
        let mut silence = Silence::Mute;
        let answer = t1.receive(block, |apdu| {
            let answer = run(card, apdu, seen, context);
            answer.map_err(|why| silence = why).ok()
        });
        let Some(mut answer) = answer else {
            return self.fall_silent(silence);
        };
        let faults = &mut *context.faults;
        // The time is granted by the response and allowed by bBWI of the same XfrBlock (CCID
        // §6.1.4): a reader that was not told gives up before the card is ready.
        if let (Some(multiplier), None) = (asked, t1.time_asked()) {
            if waiting_times.max(1) < multiplier {
                return Err(error::ICC_MUTE);
            }
            context.delay = contacts.block_waiting_time() * u64::from(multiplier) * 9 / 10;
        }
        if faults.strikes(Fault::BlockFromCardLost) {
            return Err(error::ICC_MUTE);
        }
        if faults.strikes(Fault::ParityError) {
            return Err(error::PARITY);
        }
        match t1.kind(&answer) {
            Some(Kind::R { .. }) if faults.strikes(Fault::WrongNr) => {
                answer = t1.misnumbered(&answer);
            }
            Some(Kind::I { .. }) if faults.strikes(Fault::WrongNs) => {
                answer = t1.misnumbered(&answer);
            }
            _ => {}
        }
        if faults.strikes(Fault::WrongEdc)
            && let Some(edc) = answer.last_mut()
        {
            *edc ^= 0xFF;
        }
        Ok((0, answer))
    }

    fn transfer_apdu(&mut self, data: &[u8], level: u8, context: &mut Context<'_>) -> Outcome {
        let model = context.model;
        let extended = model.level == Level::ExtendedApdu;
        let middle = matches!(level, chain::CONTINUES | chain::ENDS | chain::NEXT);
        if middle && context.faults.strikes(Fault::StopsInChain) {
            self.drop_chains();
            return Err(error::ICC_MUTE);
        }
        let apdu = match level {
            chain::WHOLE => {
                self.drop_chains();
                data.to_vec()
            }
            chain::BEGINS if extended => {
                self.drop_chains();
                self.command = Some(data.to_vec());
                return Ok((chain::NEXT, Vec::new()));
            }
            chain::CONTINUES if extended => {
                let command = self.command.as_mut().ok_or(error::SECOND_PARAMETER)?;
                command.extend(data);
                return Ok((chain::NEXT, Vec::new()));
            }
            chain::ENDS if extended => {
                let mut command = self.command.take().ok_or(error::SECOND_PARAMETER)?;
                command.extend(data);
                command
            }
            chain::NEXT if !self.response.is_empty() => {
                return match data {
                    [] => Ok(self.next_piece(chain::CONTINUES, chain::ENDS, model)),
                    _ => Err(error::LENGTH),
                };
            }
            _ => return Err(error::SECOND_PARAMETER),
        };
        // From a header without a body on.
        if apdu.len() < 4 {
            return Err(error::LENGTH);
        }
        let card = self.card.as_mut().ok_or(error::ICC_MUTE)?;
        match run(card, &apdu, &mut self.seen, context) {
            Ok(answer) => self.response = answer,
            Err(silence) => return self.fall_silent(silence),
        }
        Ok(self.next_piece(chain::BEGINS, chain::WHOLE, model))
    }

    /// The next piece of the response and its bChainParameter: `more` if others follow it, else
    /// `last`.
    fn next_piece(&mut self, more: u8, last: u8, model: &Model) -> (u8, Vec<u8>) {
        let room = model.piece.unwrap_or(model.longest_message - HEADER);
        let length = self.response.len().min(room);
        let piece = self.response.drain(..length).collect();
        let chaining = if self.response.is_empty() { last } else { more };
        (chaining, piece)
    }
}

/// A PPS request through XfrBlock.
fn negotiate(chip: &mut Chip, request: &[u8], context: &mut Context<'_>) -> Outcome {
    chip.fresh = false;
    let faults = &mut *context.faults;
    if faults.strikes(Fault::PpsMute) {
        return Err(error::ICC_MUTE);
    }
    let agreed = context.model.contacts.pps(request);
    let (mut answer, protocol, fi_di) = agreed.ok_or(error::ICC_MUTE)?;
    let with_pps1 = answer[1] & 0x10 != 0;
    if with_pps1 && faults.strikes(Fault::PpsReduced) {
        let pps0 = protocol as u8;
        (chip.protocol, chip.fi_di) = (protocol, DEFAULT_FI_DI);
        return Ok((0, vec![0xFF, pps0, 0xFF ^ pps0]));
    }
    (chip.protocol, chip.fi_di) = (protocol, fi_di);
    if faults.strikes(Fault::PpsWrong) {
        // Another protocol than was asked for, with a PCK that fits.
        let last = answer.len() - 1;
        answer[1] ^= 0x01;
        answer[last] ^= 0x01;
    }
    Ok((0, answer))
}

/// Lets the card carry out an APDU, with the tear or the fault that lies in wait for it.
fn run(
    card: &mut Card,
    apdu: &[u8],
    seen: &mut Vec<Vec<u8>>,
    context: &mut Context<'_>,
) -> Result<Vec<u8>, Silence> {
    let when = context.tear.and_then(|armed| armed.at(apdu));
    if when == Some(Tear::Before) {
        *context.tear = None;
        return Err(Silence::Pulled);
    }
    if seen.len() == REMEMBERED {
        seen.remove(0);
    }
    seen.push(apdu.to_vec());
    let mut apdu = apdu.to_vec();
    if is_secured_write(&apdu) {
        if context.faults.strikes(Fault::MacSpoiled)
            && let Some(last) = apdu.last_mut()
        {
            *last ^= 0x01;
        }
        let loses_power = context.faults.strikes(Fault::CardLosesPower);
        if loses_power || when == Some(Tear::Within) {
            card.tear_next_write(half_of_a_write(&apdu));
        }
    }
    let answer = card.transmit(&apdu);
    let is_torn = match when {
        Some(Tear::Within) => answer.is_empty(),
        Some(Tear::After) => answer.ends_with(&[0x90, 0x00]),
        _ => false,
    };
    if is_torn {
        *context.tear = None;
        return Err(Silence::Pulled);
    }
    match answer.is_empty() {
        true => Err(Silence::Mute),
        false => Ok(answer),
    }
}
