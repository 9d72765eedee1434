//! A CCID reader, device side, at the level of USB transfers.
//!
//! Short-APDU exchange level: the T=0 procedure is the reader's, a whole APDU goes in and a whole
//! answer comes out. Everything happens inside [`Reader::bulk_out`]; time does not exist here.
//! Sources: CCID Rev 1.1, reference "webusb-ccid" §4.

use std::collections::VecDeque;

use crate::card::Card;

/// Packet size of both bulk endpoints, full speed.
pub const PACKET: usize = 64;
/// Interface class of a reader that a web page may claim.
pub const VENDOR_CLASS: u8 = 0xFF;
/// Interface class of a standard reader, which a browser protects from pages.
pub const SMART_CARD_CLASS: u8 = 0x0B;

/// Vendor id: pid.codes, whose product ids 0001 and 0002 are for private tests.
pub const VENDOR_ID: u16 = 0x1209;
/// String descriptors 1, 2 and 3: manufacturer, product, serial number.
pub const STRINGS: [&str; 3] = ["ETC Desk", "Virtual card reader", "SIM00001"];

/// Longest CCID message: header and a short case-4 APDU.
const MAX_MESSAGE: usize = 10 + 261;
/// What a bulk OUT message begins with and a bulk IN message too.
const HEADER: usize = 10;
/// Parameters of T=0 at 372/1 (CCID §6.1.7): Fi/Di, TCCKS, guard time, waiting integer, clock stop.
const DEFAULT_PARAMETERS: [u8; 5] = [0x11, 0x00, 0x00, 0x0A, 0x00];

/// bError values (CCID §6.2.6); below 80h it is the offset of the field that was wrong.
mod error {
    pub const NOT_SUPPORTED: u8 = 0;
    pub const LENGTH: u8 = 1;
    pub const SLOT: u8 = 5;
    pub const SEQUENCE: u8 = 6;
    pub const FIRST_PARAMETER: u8 = 7;
    pub const SECOND_PARAMETER: u8 = 8;
    pub const ICC_MUTE: u8 = 0xFE;
    pub const ABORTED: u8 = 0xFF;
}

/// bMessageType of the commands this reader knows (CCID §6.1).
mod command {
    pub const SET_PARAMETERS: u8 = 0x61;
    pub const POWER_ON: u8 = 0x62;
    pub const POWER_OFF: u8 = 0x63;
    pub const SLOT_STATUS: u8 = 0x65;
    pub const GET_PARAMETERS: u8 = 0x6C;
    pub const RESET_PARAMETERS: u8 = 0x6D;
    pub const XFR_BLOCK: u8 = 0x6F;
    pub const ABORT: u8 = 0x72;
}

/// The endpoint is halted, or the control request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall;

/// How a bulk IN transfer ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkIn {
    /// Data; empty for a zero-length packet.
    Packet(Vec<u8>),
    /// Nothing to send yet: the device answers NAK and the transfer goes on waiting.
    Empty,
    /// The device had a packet longer than the room left; its data is lost.
    Babble,
    /// The endpoint is halted.
    Stall,
}

/// The eight bytes of a control request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// bmRequestType.
    pub request_type: u8,
    /// bRequest.
    pub request: u8,
    /// wValue.
    pub value: u16,
    /// wIndex.
    pub index: u16,
    /// wLength.
    pub length: u16,
}

/// A bulk endpoint, as CLEAR_FEATURE(ENDPOINT_HALT) names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Bulk OUT 01h.
    Out,
    /// Bulk IN 82h.
    In,
}

/// When the card is pulled relative to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tear {
    /// Right before the command reaches the card.
    Before,
    /// After the card has accepted it (`9000`), before the answer goes out.
    After,
}

/// The reader with its slot.
#[derive(Debug, Clone)]
pub struct Reader {
    interface_class: u8,
    card: Option<Card>,
    powered: bool,
    parameters: [u8; 5],
    /// A message of which more packets are to come.
    received: Vec<u8>,
    /// Packets, not messages: a zero-length one stands for itself.
    outgoing: VecDeque<Vec<u8>>,
    out_halted: bool,
    in_halted: bool,
    slot_changed: bool,
    /// bSeq of a control ABORT whose bulk half has not come yet.
    aborting: Option<u8>,
    /// Which INS is torn, and when.
    tear: Option<(u8, Tear)>,
    pulled: Option<Card>,
    time_extensions: u8,
}

/// INS of CREDIT FOR LOAD.
const CREDIT_FOR_LOAD: u8 = 0x52;

impl Reader {
    /// An empty reader, configured by the operating system, whose CCID interface has
    /// `interface_class` ([`VENDOR_CLASS`] or [`SMART_CARD_CLASS`]).
    pub fn new(interface_class: u8) -> Self {
        Self {
            interface_class,
            card: None,
            powered: false,
            parameters: DEFAULT_PARAMETERS,
            received: Vec::new(),
            outgoing: VecDeque::new(),
            out_halted: false,
            in_halted: false,
            slot_changed: false,
            aborting: None,
            tear: None,
            pulled: None,
            time_extensions: 0,
        }
    }

    // ------------------------------------------------------------------------------ the slot

    /// Puts a card in. A card that was there comes back out.
    pub fn insert(&mut self, card: Card) -> Option<Card> {
        let before = self.remove();
        self.card = Some(card);
        self.slot_changed = true;
        before
    }

    /// Pulls the card out.
    pub fn remove(&mut self) -> Option<Card> {
        let mut card = self.card.take()?;
        card.power_off();
        self.powered = false;
        self.slot_changed = true;
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

    /// Pulls the card at the next CREDIT FOR LOAD; `None` disarms.
    pub fn tear_next_credit(&mut self, when: Option<Tear>) {
        self.tear_next(CREDIT_FOR_LOAD, when);
    }

    /// Pulls the card at the next command with this INS; `None` disarms. One tear is armed at most.
    pub fn tear_next(&mut self, ins: u8, when: Option<Tear>) {
        self.tear = when.map(|when| (ins, when));
    }

    /// The tear that is armed.
    pub fn tear_armed(&self) -> Option<Tear> {
        self.tear.map(|(_, when)| when)
    }

    /// The card that a tear has pulled, once.
    pub fn take_pulled(&mut self) -> Option<Card> {
        self.pulled.take()
    }

    /// Sends so many time extensions before every answer of the card (a slow card).
    pub fn set_time_extensions(&mut self, count: u8) {
        self.time_extensions = count;
    }

    // ---------------------------------------------------------------------------- endpoint 0

    /// A control request that answers data, cut to `wLength`.
    pub fn control_in(&self, setup: Setup) -> Result<Vec<u8>, Stall> {
        let [kind, index] = setup.value.to_be_bytes();
        let mut data = match (setup.request_type, setup.request) {
            // GET_DESCRIPTOR; the reader has one configuration and one language.
            (0x80, 6) => match (kind, index) {
                (1, 0) => self.device_descriptor(),
                (2, 0) => self.configuration_descriptor(),
                (3, 0) => vec![4, 3, 0x09, 0x04],
                (3, 1..=3) => string_descriptor(STRINGS[usize::from(index) - 1]),
                _ => return Err(Stall),
            },
            // GET_CONFIGURATION.
            (0x80, 8) => vec![1],
            // GET_STATUS of device and interface; of the bulk endpoints.
            (0x80 | 0x81, 0) => vec![0, 0],
            (0x82, 0) => match setup.index {
                0x01 => vec![u8::from(self.out_halted), 0],
                0x82 => vec![u8::from(self.in_halted), 0],
                _ => return Err(Stall),
            },
            _ => return Err(Stall),
        };
        data.truncate(usize::from(setup.length));
        Ok(data)
    }

    /// A control request without data.
    pub fn control_out(&mut self, setup: Setup) -> Result<(), Stall> {
        match (setup.request_type, setup.request, setup.value, setup.index) {
            // SET_CONFIGURATION and SET_INTERFACE to what is there anyway restart the endpoints.
            (0x00, 9, 1, 0) | (0x01, 11, 0, 0) => self.restart_endpoints(),
            // CLEAR_FEATURE(ENDPOINT_HALT).
            (0x02, 1, 0, 0x01) => self.clear_halt(Endpoint::Out),
            (0x02, 1, 0, 0x82) => self.clear_halt(Endpoint::In),
            // CCID ABORT: bSeq in the high byte, slot 0 in the low one (CCID §5.3.1).
            (0x21, 1, value, 0) if value & 0xFF == 0 => {
                self.aborting = Some(value.to_be_bytes()[0]);
            }
            _ => return Err(Stall),
        }
        Ok(())
    }

    /// Ends the halt of an endpoint. What the halt interrupted is lost.
    pub fn clear_halt(&mut self, endpoint: Endpoint) {
        match endpoint {
            Endpoint::Out => {
                self.out_halted = false;
                self.received.clear();
            }
            Endpoint::In => {
                self.in_halted = false;
                self.outgoing.clear();
            }
        }
    }

    /// A USB port reset: the endpoints start anew and the card loses its power.
    pub fn reset(&mut self) {
        self.restart_endpoints();
        self.power_off();
    }

    fn restart_endpoints(&mut self) {
        self.clear_halt(Endpoint::Out);
        self.clear_halt(Endpoint::In);
        self.aborting = None;
    }

    /// Device descriptor, 18 bytes.
    fn device_descriptor(&self) -> Vec<u8> {
        let [vendor_low, vendor_high] = VENDOR_ID.to_le_bytes();
        let [product_low, product_high] = self.product_id().to_le_bytes();
        vec![
            18,
            1,
            0x00,
            0x02,
            0,
            0,
            0,
            PACKET as u8,
            vendor_low,
            vendor_high,
            product_low,
            product_high,
            0x00,
            0x01,
            1,
            2,
            3,
            1,
        ]
    }

    /// idProduct: 0001 for the vendor-class reader, 0002 for the standard one.
    pub fn product_id(&self) -> u16 {
        if self.interface_class == SMART_CARD_CLASS {
            2
        } else {
            1
        }
    }

    /// bInterfaceClass.
    pub fn interface_class(&self) -> u8 {
        self.interface_class
    }

    /// Configuration descriptor, 93 bytes: configuration, interface, CCID class, three endpoints.
    fn configuration_descriptor(&self) -> Vec<u8> {
        let mut whole = vec![9, 2, 0, 0, 1, 1, 0, 0x80, 50];
        whole.extend([9, 4, 0, 0, 3, self.interface_class, 0, 0, 0]);
        whole.extend(class_descriptor());
        whole.extend([7, 5, 0x01, 2, PACKET as u8, 0, 0]);
        whole.extend([7, 5, 0x82, 2, PACKET as u8, 0, 0]);
        whole.extend([7, 5, 0x83, 3, 8, 0, 16]);
        let [low, high] = (whole.len() as u16).to_le_bytes();
        whole[2..4].copy_from_slice(&[low, high]);
        whole
    }

    // ---------------------------------------------------------------------------- endpoints

    /// One bulk OUT transfer. A transfer of whole packets may be continued by the next one.
    ///
    /// A message that is too long, or that ends within its header, halts both bulk endpoints.
    pub fn bulk_out(&mut self, data: &[u8]) -> Result<(), Stall> {
        if self.out_halted {
            return Err(Stall);
        }
        self.received.extend(data);
        if self.received.is_empty() {
            return Ok(());
        }
        let expected = match self.received.get(1..5) {
            Some(&[a, b, c, d]) if self.received.len() >= HEADER => {
                HEADER.saturating_add(u32::from_le_bytes([a, b, c, d]) as usize)
            }
            _ => return Err(self.halt()),
        };
        if expected.max(self.received.len()) > MAX_MESSAGE {
            return Err(self.halt());
        }
        let ended = data.is_empty() || !data.len().is_multiple_of(PACKET);
        if self.received.len() < expected && !ended {
            return Ok(());
        }
        let message = std::mem::take(&mut self.received);
        self.obey(&message, message.len() == expected);
        Ok(())
    }

    fn halt(&mut self) -> Stall {
        self.received.clear();
        self.out_halted = true;
        self.in_halted = true;
        Stall
    }

    /// One bulk IN transfer of at most `max_length` bytes: packets up to a short one, or until the
    /// room is used. A message of whole packets is followed by a zero-length packet.
    pub fn bulk_in(&mut self, max_length: usize) -> BulkIn {
        if self.in_halted {
            return BulkIn::Stall;
        }
        let mut data = Vec::new();
        let mut seen_any = false;
        while let Some(packet) = self.outgoing.front() {
            if seen_any && data.len() == max_length {
                break;
            }
            let packet_length = packet.len();
            let fits = packet_length <= max_length - data.len();
            data.extend(self.outgoing.pop_front().unwrap_or_default());
            seen_any = true;
            if !fits {
                return BulkIn::Babble;
            }
            if packet_length < PACKET {
                break;
            }
        }
        if seen_any {
            BulkIn::Packet(data)
        } else {
            BulkIn::Empty
        }
    }

    /// NotifySlotChange (CCID §6.3.1) when the slot has changed since the last one: `50 03` with a
    /// card, `50 02` without. Two changes in between are one notification.
    pub fn interrupt_in(&mut self) -> Option<[u8; 2]> {
        std::mem::take(&mut self.slot_changed).then(|| [0x50, 0x02 | u8::from(self.card.is_some())])
    }

    // ----------------------------------------------------------------------------- commands

    /// Carries a message out and queues the answer.
    fn obey(&mut self, message: &[u8], length_fits: bool) {
        let outcome = self.carry_out(message, length_fits);
        let (error, specific, data) = match outcome {
            Ok((specific, data)) => (None, specific, data),
            Err(error) => (Some(error), 0, Vec::new()),
        };
        // A slot that does not exist has no card (CCID §6.2.6).
        let icc = if error == Some(error::SLOT) {
            2
        } else {
            self.icc_status()
        };
        let status = icc | if error.is_some() { 0x40 } else { 0 };
        self.answer(message, [status, error.unwrap_or(0), specific], &data);
    }

    /// bChainParameter, bProtocolNum or bClockStatus, and the data; or bError.
    fn carry_out(&mut self, message: &[u8], length_fits: bool) -> Result<(u8, Vec<u8>), u8> {
        let data = &message[HEADER..];
        let length_allowed = match message[0] {
            command::SET_PARAMETERS => data.len() == 5,
            // From a header without a body to a case-4 command; longer ones halt the endpoint.
            command::XFR_BLOCK => data.len() >= 4,
            command::POWER_ON
            | command::POWER_OFF
            | command::SLOT_STATUS
            | command::GET_PARAMETERS
            | command::RESET_PARAMETERS
            | command::ABORT => data.is_empty(),
            _ => return Err(error::NOT_SUPPORTED),
        };
        if !length_fits || !length_allowed {
            return Err(error::LENGTH);
        }
        if message[5] != 0 {
            return Err(error::SLOT);
        }
        // Between the two halves of an abort every other command fails (CCID §5.3.1).
        let sequence = message[6];
        match (self.aborting, message[0] == command::ABORT) {
            (Some(aborted), true) if aborted == sequence => {
                self.aborting = None;
                return Ok((0, Vec::new()));
            }
            (_, true) => return Err(error::SEQUENCE),
            (Some(_), false) => return Err(error::ABORTED),
            (None, false) => {}
        }
        if message[0] == command::SLOT_STATUS {
            return Ok((0, Vec::new()));
        }
        if self.card.is_none() {
            return Err(error::ICC_MUTE);
        }
        match message[0] {
            command::POWER_ON => self.power_on(message[7]),
            command::POWER_OFF => {
                self.power_off();
                // bClockStatus 01: stopped low.
                Ok((1, Vec::new()))
            }
            command::XFR_BLOCK => self.transfer(message),
            command::SET_PARAMETERS if message[7] != 0 => Err(error::FIRST_PARAMETER),
            command::SET_PARAMETERS => {
                self.parameters.copy_from_slice(data);
                Ok((0, data.to_vec()))
            }
            command::RESET_PARAMETERS => {
                self.parameters = DEFAULT_PARAMETERS;
                Ok((0, self.parameters.to_vec()))
            }
            // GET_PARAMETERS: bProtocolNum 0 is T=0.
            _ => Ok((0, self.parameters.to_vec())),
        }
    }

    /// Cold or, when the card has power already, warm reset; the answer is the ATR.
    fn power_on(&mut self, power_select: u8) -> Result<(u8, Vec<u8>), u8> {
        if power_select > 3 {
            return Err(error::FIRST_PARAMETER);
        }
        let card = self.card.as_mut().ok_or(error::ICC_MUTE)?;
        let atr = card.power_on();
        self.powered = true;
        self.parameters = DEFAULT_PARAMETERS;
        Ok((0, atr))
    }

    fn power_off(&mut self) {
        if let Some(card) = &mut self.card {
            card.power_off();
        }
        self.powered = false;
    }

    /// One APDU to the card and back, with the tear if it is armed for it.
    fn transfer(&mut self, message: &[u8]) -> Result<(u8, Vec<u8>), u8> {
        // At this exchange level a block is always complete.
        if message[8..10] != [0, 0] {
            return Err(error::SECOND_PARAMETER);
        }
        if !self.powered {
            return Err(error::ICC_MUTE);
        }
        let apdu = &message[HEADER..];
        let tear = self
            .tear
            .filter(|(ins, _)| *ins == apdu[1])
            .map(|(_, when)| when);
        if tear == Some(Tear::Before) {
            return Err(self.pull());
        }
        let card = self.card.as_mut().ok_or(error::ICC_MUTE)?;
        let answer = card.transmit(apdu);
        if tear == Some(Tear::After) && answer.ends_with(&[0x90, 0x00]) {
            return Err(self.pull());
        }
        for _ in 0..self.time_extensions {
            // bmCommandStatus 2; bError is the multiplier of the waiting time (CCID §6.2.6).
            self.answer(message, [0x80 | self.icc_status(), 1, 0], &[]);
        }
        Ok((0, answer))
    }

    fn pull(&mut self) -> u8 {
        self.tear = None;
        self.pulled = self.remove();
        error::ICC_MUTE
    }

    /// bmICCStatus.
    fn icc_status(&self) -> u8 {
        match (&self.card, self.powered) {
            (None, _) => 2,
            (Some(_), false) => 1,
            (Some(_), true) => 0,
        }
    }

    /// Queues an answer to `message`: its slot and sequence number, then `tail` (bStatus, bError
    /// and the specific byte) and the data, in packets.
    fn answer(&mut self, message: &[u8], tail: [u8; 3], data: &[u8]) {
        let mut whole = vec![answer_type(message[0])];
        whole.extend((data.len() as u32).to_le_bytes());
        whole.extend([message[5], message[6]]);
        whole.extend(tail);
        whole.extend(data);
        self.outgoing
            .extend(whole.chunks(PACKET).map(<[u8]>::to_vec));
        if whole.len() % PACKET == 0 {
            self.outgoing.push_back(Vec::new());
        }
    }
}

/// bMessageType of the answer to a command (CCID §6.1), SlotStatus for what is no command.
fn answer_type(command: u8) -> u8 {
    match command {
        // Secure, XfrBlock, IccPowerOn.
        0x62 | 0x69 | 0x6F => 0x80,
        // Get-, Reset- and SetParameters.
        0x61 | 0x6C | 0x6D => 0x82,
        // Escape.
        0x6B => 0x83,
        // SetDataRateAndClockFrequency.
        0x73 => 0x84,
        _ => 0x81,
    }
}

/// CCID class descriptor, 54 bytes (CCID §5.1; layout in the reference §4.1).
fn class_descriptor() -> Vec<u8> {
    let mut all = vec![54, 0x21, 0x10, 0x01, 0, 0x07];
    for number in [
        0x0000_0001_u32, // dwProtocols: T=0
        4000,            // dwDefaultClock, kHz
        4000,            // dwMaximumClock
    ] {
        all.extend(number.to_le_bytes());
    }
    all.push(0); // bNumClockSupported
    all.extend(10_752_u32.to_le_bytes()); // dwDataRate
    all.extend(10_752_u32.to_le_bytes()); // dwMaxDataRate
    all.push(0); // bNumDataRatesSupported
    for number in [
        0,                  // dwMaxIFSD: T=1 only
        0,                  // dwSynchProtocols
        0,                  // dwMechanical
        0x0002_04BA,        // dwFeatures: short APDU; voltage, clock, baud rate, PPS by itself
        MAX_MESSAGE as u32, // dwMaxCCIDMessageLength
    ] {
        all.extend(number.to_le_bytes());
    }
    // bClassGetResponse, bClassEnvelope: as the command; no LCD, no PIN pad, one busy slot.
    all.extend([0xFF, 0xFF, 0, 0, 0, 1]);
    all
}

fn string_descriptor(text: &str) -> Vec<u8> {
    let mut all: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    all.splice(0..0, [all.len() as u8 + 2, 3]);
    all
}

#[cfg(test)]
mod tests;
