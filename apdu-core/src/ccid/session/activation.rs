//! Powering a card and agreeing with it on how to speak (reference §4.5; CCID 1.1 §5.1 dwFeatures).
//!
//! Power, at the next voltage if the card stays mute; ATR; then what the reader does not do by itself: PPS,
//! SetParameters, IFSD. What was refused on the way is not insisted on: the card is reset once and spoken to as
//! every card is after its reset.

use alloc::vec::Vec;

use super::link::{Blocks, Contact, Line, Link, Reader};
use super::{EXCHANGE_TIMEOUT, Millis, Next};
use crate::atr::{Atr, Protocol};
use crate::ccid::descriptor::ExchangeLevel;
use crate::ccid::message::{Icc, Outcome, Reply, Request, level, reply};
use crate::ccid::parameters::{self, Rates, Speed};
use crate::ccid::quirks::Quirk;
use crate::fault::Code;
use crate::t1::block::Edc;
use crate::t1::{Action, Received, T1};

/// How long a reader may take to power a card: it may try every voltage.
pub(super) const POWER_TIMEOUT: Millis = 10_000;
/// How long it may take over parameters: it may send a PPS by them.
const PARAMETERS_TIMEOUT: Millis = 5_000;

/// A card being powered.
#[derive(Debug)]
pub(super) struct Activation {
    step: Step,
    /// bPowerSelect in force.
    power: u8,
    /// Those still to be tried, the next one last.
    voltages: Vec<u8>,
    /// The card's first words made no ATR, and it was reset once for that.
    repeated: bool,
    /// Something was refused: from here on nothing is asked for that a card need not know.
    cautious: bool,
}

/// What card and reader agree on so far.
#[derive(Debug)]
struct Agreed {
    atr: Atr,
    protocol: Protocol,
    speed: Speed,
}

/// What the next answer belongs to.
#[derive(Debug)]
enum Step {
    PowerOn,
    PowerOff,
    GetParameters(Agreed),
    /// With the request that was sent.
    Pps(Agreed, Vec<u8>),
    SetParameters(Agreed),
    ResetParameters,
    Ifsd(Agreed, T1),
}

impl Activation {
    /// The first message.
    pub fn begin(reader: &Reader<'_>) -> (Self, Request) {
        let descriptor = &reader.profile.descriptor;
        let mut voltages = match descriptor.features.chooses_voltage() {
            true => Vec::from([0]),
            // 5 V first, then 1.8 V, then 3 V (libccid).
            false => [(0b010, 2), (0b100, 3), (0b001, 1)]
                .into_iter()
                .filter(|(bit, _)| descriptor.voltages & bit != 0)
                .map(|(_, select)| select)
                .collect(),
        };
        let power = voltages.pop().unwrap_or(0);
        let activation = Self {
            step: Step::PowerOn,
            power,
            voltages,
            repeated: false,
            cautious: false,
        };
        (activation, Request::IccPowerOn { power })
    }

    pub fn handle_reply(&mut self, reader: &Reader<'_>, reply: &Reply<'_>) -> Next<Contact> {
        if reply.icc == Icc::Absent {
            return Next::End(Err(Code::NoCard));
        }
        match core::mem::replace(&mut self.step, Step::PowerOn) {
            Step::PowerOn => self.handle_atr(reader, reply),
            Step::PowerOff | Step::ResetParameters => self.power_on(),
            Step::GetParameters(agreed) => self.handle_parameters(reader, reply, agreed),
            Step::Pps(agreed, request) => self.handle_pps(reply, agreed, &request),
            Step::SetParameters(agreed) => self.handle_parameters_set(reader, reply, agreed),
            Step::Ifsd(agreed, t1) => self.handle_ifsd(reader, reply, agreed, t1),
        }
    }

    fn power_on(&mut self) -> Next<Contact> {
        let power = self.power;
        self.ask(Step::PowerOn, Request::IccPowerOn { power })
    }

    fn handle_atr(&mut self, reader: &Reader<'_>, reply: &Reply<'_>) -> Next<Contact> {
        let answered = reply.outcome == Outcome::Ok && reply.kind == reply::DATA_BLOCK;
        match Atr::parse(reply.data) {
            Ok(atr) if answered => self.agree(reader, atr),
            // A warm reset: IccPowerOn without IccPowerOff before it.
            Err(_) if answered && !self.repeated => {
                self.repeated = true;
                self.power_on()
            }
            _ => match self.voltages.pop() {
                Some(power) => {
                    self.power = power;
                    self.ask(Step::PowerOff, Request::IccPowerOff)
                }
                None => Next::End(Err(Code::CardMute)),
            },
        }
    }

    /// Chooses protocol and speed, and whom to tell.
    fn agree(&mut self, reader: &Reader<'_>, atr: Atr) -> Next<Contact> {
        let features = reader.profile.descriptor.features;
        let Some(protocol) = shared_protocol(reader, &atr) else {
            return Next::End(Err(Code::CardProtocol));
        };
        let rates = Rates {
            reader: &reader.profile.descriptor,
            listed: reader.rates,
        };
        let card_speed = atr.ta1().map_or(Speed::DEFAULT, Speed);
        let specific = atr.specific_mode();
        let speed = match specific {
            // A speed that the ATR does not tell, or that the reader does not have, cannot be spoken.
            Some(mode) if !features.negotiates() && (mode.implicit || !rates.have(card_speed)) => {
                return Next::End(Err(Code::CardProtocol));
            }
            Some(_) => card_speed,
            None if self.cautious => Speed::DEFAULT,
            None => rates.best(card_speed),
        };
        let is_default = protocol.number() == atr.default_protocol();
        if self.cautious && !is_default {
            return Next::End(Err(Code::CardProtocol));
        }
        let needs_pps = specific.is_none() && (!is_default || speed != Speed::DEFAULT);
        let agreed = Agreed {
            atr,
            protocol,
            speed,
        };
        if features.negotiates() {
            self.ask(Step::GetParameters(agreed), Request::GetParameters)
        } else if needs_pps && reader.level == ExchangeLevel::Tpdu && !features.sends_pps() {
            let pps = parameters::pps_request(protocol, speed);
            self.ask(Step::Pps(agreed, pps.clone()), xfr_block(pps))
        } else {
            self.set_parameters(agreed)
        }
    }

    fn handle_pps(&mut self, reply: &Reply<'_>, agreed: Agreed, request: &[u8]) -> Next<Contact> {
        let response = match reply.outcome {
            Outcome::Ok => reply.data,
            _ => &[],
        };
        match parameters::agreed_speed(request, response) {
            Some(speed) => self.set_parameters(Agreed { speed, ..agreed }),
            None => self.fall_back(),
        }
    }

    fn set_parameters(&mut self, agreed: Agreed) -> Next<Contact> {
        let request = Request::SetParameters {
            protocol: agreed.protocol.number(),
            data: parameters::data_structure(&agreed.atr, agreed.protocol, agreed.speed),
        };
        self.ask(Step::SetParameters(agreed), request)
    }

    fn handle_parameters_set(
        &mut self,
        reader: &Reader<'_>,
        reply: &Reply<'_>,
        agreed: Agreed,
    ) -> Next<Contact> {
        // Below 80 the reader does not know the command, or cannot change that field: it has parameters of its
        // own, and only what the card has agreed to already must be had. Where the reader runs the protocol itself
        // it can do as it likes.
        let sends_pps = reader.profile.descriptor.features.sends_pps();
        let is_spoken_already = agreed.speed != Speed::DEFAULT && !sends_pps;
        let no_matter = reader.level != ExchangeLevel::Tpdu
            || reader.profile.has(Quirk::SetParametersMayFail)
            || self.cautious;
        match reply.outcome {
            Outcome::Failed(0x80..) if !no_matter => self.fall_back(),
            Outcome::Failed(_) if !no_matter && is_spoken_already => self.fall_back(),
            _ => self.agree_on_blocks(reader, agreed),
        }
    }

    /// The reader has negotiated: what came of it?
    fn handle_parameters(
        &mut self,
        reader: &Reader<'_>,
        reply: &Reply<'_>,
        mut agreed: Agreed,
    ) -> Next<Contact> {
        if let (Outcome::Ok, reply::PARAMETERS, Some(&fidi)) =
            (reply.outcome, reply.kind, reply.data.first())
        {
            agreed.protocol = Protocol::of_number(reply.specific).unwrap_or(agreed.protocol);
            agreed.speed = Speed(fidi);
        }
        self.agree_on_blocks(reader, agreed)
    }

    /// What was asked for was refused: everything back to the default, and the card reset.
    fn fall_back(&mut self) -> Next<Contact> {
        self.cautious = true;
        self.ask(Step::ResetParameters, Request::ResetParameters)
    }

    /// Tells a T=1 card how long its blocks may be, where that is left to the host.
    fn agree_on_blocks(&mut self, reader: &Reader<'_>, agreed: Agreed) -> Next<Contact> {
        if agreed.protocol == Protocol::T0 || reader.level != ExchangeLevel::Tpdu {
            return self.end(reader, agreed, None);
        }
        let told = agreed.atr.t1();
        let edc = if told.crc { Edc::Crc } else { Edc::Lrc };
        let ifsd = reader.profile.descriptor.max_ifsd as u8; // at most 254 by `Profile`
        let mut t1 = T1::new(told.ifsc, edc);
        if reader.profile.descriptor.features.sends_ifsd() {
            t1.set_ifsd(ifsd);
        } else if !reader.profile.has(Quirk::NoIfsRequest) {
            let block = t1.request_ifsd(ifsd);
            return self.ask(Step::Ifsd(agreed, t1), xfr_block(block));
        }
        self.end(reader, agreed, Some(t1))
    }

    fn handle_ifsd(
        &mut self,
        reader: &Reader<'_>,
        reply: &Reply<'_>,
        agreed: Agreed,
        mut t1: T1,
    ) -> Next<Contact> {
        let action = t1.handle(match reply.outcome {
            Outcome::Ok => Received::Block(reply.data),
            _ => Received::Silence,
        });
        match action {
            Action::Send { block, .. } => self.ask(Step::Ifsd(agreed, t1), xfr_block(block)),
            // Not a block came: reader and card are not at the same speed, or not in the same protocol.
            Action::Dead if self.cautious => Next::End(Err(Code::CardLink)),
            Action::Dead => self.fall_back(),
            _ => self.end(reader, agreed, Some(t1)), // agreed, or it stays as it was
        }
    }

    fn end(&mut self, reader: &Reader<'_>, agreed: Agreed, t1: Option<T1>) -> Next<Contact> {
        let Agreed {
            atr,
            protocol,
            speed,
        } = agreed;
        let clock = reader.profile.descriptor.default_clock;
        let timeout = match reader.level {
            ExchangeLevel::Tpdu => parameters::tpdu_timeout(&atr, protocol, speed, clock),
            _ => EXCHANGE_TIMEOUT,
        };
        let told = atr.t1();
        let blocks = (protocol == Protocol::T1).then(|| Blocks {
            ifsc: told.ifsc,
            ifsd: t1.as_ref().map(T1::ifsd),
            crc: told.crc,
        });
        let link = Link {
            atr,
            protocol,
            speed,
            clock,
            blocks,
        };
        let line = match (t1, reader.level) {
            (Some(t1), _) => Line::T1(t1),
            (None, ExchangeLevel::Tpdu) => Line::T0,
            (None, _) => Line::Apdu,
        };
        Next::End(Ok(Contact {
            link,
            line,
            timeout,
        }))
    }

    fn ask(&mut self, step: Step, request: Request) -> Next<Contact> {
        let timeout = match step {
            Step::PowerOn | Step::PowerOff => POWER_TIMEOUT,
            _ => PARAMETERS_TIMEOUT,
        };
        self.step = step;
        Next::Ask(request, timeout)
    }
}

/// The protocol the card speaks after its reset, if the reader has it; else another one both have.
fn shared_protocol(reader: &Reader<'_>, atr: &Atr) -> Option<Protocol> {
    let first = Protocol::of_number(atr.default_protocol());
    let fixed = atr.specific_mode().is_some();
    let others = [Protocol::T1, Protocol::T0].into_iter();
    let offered = others.filter(|&protocol| !fixed && atr.offers(protocol));
    let has =
        |protocol: &Protocol| reader.profile.descriptor.protocols >> protocol.number() & 1 == 1;
    first.into_iter().chain(offered).find(has)
}

fn xfr_block(data: Vec<u8>) -> Request {
    Request::XfrBlock {
        bwi: 0,
        level: level::WHOLE,
        data,
    }
}
