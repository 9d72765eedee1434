//! A CCID reader, device side, at the level of USB transfers.
//!
//! A [`Reader`] is one reader function: an interface with its endpoints and slots. Its [`Model`] say
//! at which exchange level it works, what it does by itself and how its cards present themselves;
//! [`Fault`]s can be armed for the n-th message. A [`Device`] is one plug with one or more functions.
//!
//! Time is a number that the driver passes in ([`Reader::tick`]); it matters only where an answer
//! takes time. Sources: CCID Rev 1.1, reference "webusb-ccid" §4.

mod answers;
mod contacts;
mod descriptors;
mod device;
mod endpoint0;
mod faults;
mod message;
mod model;
mod serial;
mod slot;
mod t0;
mod t1;

use std::collections::VecDeque;

pub use crate::faults::Ending;
pub use contacts::{Contacts, Edc, Protocol};
pub use descriptors::{STRINGS, VENDOR_ID};
pub use device::Device;
pub use endpoint0::Setup;
pub use faults::{Fault, LATE};
pub use model::{
    Level, Model, NO_CLASS, Oddity, SMART_CARD_CLASS, Transport, VENDOR_CLASS, feature,
};
pub use serial::SerialReader;
pub use slot::Tear;
pub(crate) use slot::{ArmedTear, half_of_a_write};

use crate::card::Card;
use crate::faults::Faults;
use descriptors::Place;
use message::{HEADER, Icc, Outcome, command, error};
use slot::{Context, Slot};

/// A point in time or a stretch of it, milliseconds.
pub type Millis = u64;

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

/// A bulk endpoint, as CLEAR_FEATURE(ENDPOINT_HALT) names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// Bulk OUT.
    Out,
    /// Bulk IN.
    In,
}

/// One reader function with its slots.
#[derive(Debug, Clone)]
pub struct Reader {
    model: Model,
    place: Place,
    slots: Vec<Slot>,
    /// Per slot, what is under way.
    under_way: Vec<UnderWay>,
    faults: Faults<Fault>,
    now: Millis,
    plugged: bool,
    /// bConfigurationValue, 0 or 1.
    configuration: u8,
    /// A message of which more packets are to come.
    received: Vec<u8>,
    /// Packets, not messages: a zero-length one stands for itself.
    outgoing: VecDeque<Vec<u8>>,
    /// RDR_to_PC_HardwareError messages.
    hardware_errors: VecDeque<Vec<u8>>,
    out_halted: bool,
    in_halted: bool,
    /// Which INS is torn, and when.
    tear: Option<ArmedTear>,
    spare: Option<Card>,
    time_extensions: u8,
}

/// What a slot has still to answer.
#[derive(Debug, Clone, Default)]
struct UnderWay {
    /// The packets of answers, and when each answer is due.
    answers: VecDeque<(Millis, Vec<Vec<u8>>)>,
    /// The command that is being answered.
    command: Vec<u8>,
    /// bSeq of a control ABORT whose bulk half has not come yet.
    aborting: Option<u8>,
    /// A bulk Abort whose control half has not come yet.
    abort: Option<Vec<u8>>,
}

impl Reader {
    /// An empty reader at short APDU level, configured by the operating system, whose interface has
    /// `interface_class` ([`VENDOR_CLASS`] or [`SMART_CARD_CLASS`]).
    pub fn new(interface_class: u8) -> Self {
        Self::with(Model {
            class: interface_class,
            ..Model::short_apdu()
        })
    }

    /// An empty reader of any kind, configured by the operating system.
    pub fn with(model: Model) -> Self {
        let slots = usize::from(model.slots.clamp(1, 16));
        Self {
            model,
            place: Place::nth(0, model.keyboard_first),
            slots: vec![Slot::new(); slots],
            under_way: vec![UnderWay::default(); slots],
            faults: Faults::default(),
            now: 0,
            plugged: true,
            configuration: 1,
            received: Vec::new(),
            outgoing: VecDeque::new(),
            hardware_errors: VecDeque::new(),
            out_halted: false,
            in_halted: false,
            tear: None,
            spare: None,
            time_extensions: 0,
        }
    }

    /// What kind of reader this is.
    pub fn model(&self) -> &Model {
        &self.model
    }

    // ----------------------------------------------------------------------- slots and cards

    /// Puts a card into slot 0. A card that was there comes back out.
    pub fn insert(&mut self, card: Card) -> Option<Card> {
        self.slots[0].insert(card)
    }

    /// Pulls the card out of slot 0.
    pub fn remove(&mut self) -> Option<Card> {
        self.slots[0].remove()
    }

    /// The card in slot 0.
    pub fn card(&self) -> Option<&Card> {
        self.slots[0].card()
    }

    /// The card in slot 0, to turn it in the middle of things.
    pub fn card_mut(&mut self) -> Option<&mut Card> {
        self.slots[0].card_mut()
    }

    /// Puts a card into a slot that there is. A card that was there comes back out.
    pub fn insert_into(&mut self, slot: u8, card: Card) -> Option<Card> {
        self.slots.get_mut(usize::from(slot))?.insert(card)
    }

    /// Pulls the card out of a slot.
    pub fn remove_from(&mut self, slot: u8) -> Option<Card> {
        self.slots.get_mut(usize::from(slot))?.remove()
    }

    /// The APDUs that have reached a card in this slot, oldest first, at most the last thousand.
    pub fn seen(&self, slot: u8) -> &[Vec<u8>] {
        self.slots.get(usize::from(slot)).map_or(&[], Slot::seen)
    }

    // --------------------------------------------------------------------------------- faults

    /// Lays `fault` in wait for the message after the next `spared` ones that it can concern.
    pub fn arm(&mut self, fault: Fault, spared: u32, ending: Ending) {
        self.faults.arm(fault, spared, ending);
    }

    /// Takes all faults back; the marks stay.
    pub fn disarm(&mut self) {
        self.faults.disarm();
    }

    /// The faults that have struck so far, each time anew.
    pub fn marks(&self) -> &[Fault] {
        self.faults.marks()
    }

    /// Lays a card ready for [`Fault::CardSwapped`].
    pub fn lay_ready(&mut self, card: Card) {
        self.spare = Some(card);
    }

    /// Pulls the card at the next CREDIT FOR LOAD or secured write; `None` disarms.
    pub fn tear_next_write(&mut self, when: Option<Tear>) {
        self.tear = when.map(ArmedTear::AtWrite);
    }

    /// Pulls the card at the next command with this INS; `None` disarms. One tear is armed at most.
    pub fn tear_next(&mut self, ins: u8, when: Option<Tear>) {
        self.tear = when.map(|when| ArmedTear::AtIns(ins, when));
    }

    /// The tear that is armed.
    pub fn tear_armed(&self) -> Option<Tear> {
        self.tear.map(ArmedTear::when)
    }

    /// The card that a tear or a fault has pulled, once.
    pub fn take_pulled(&mut self) -> Option<Card> {
        self.slots.iter_mut().find_map(Slot::take_pulled)
    }

    /// Sends so many time extensions before every answer of the card (a slow card).
    pub fn set_time_extensions(&mut self, count: u8) {
        self.time_extensions = count;
    }

    // ------------------------------------------------------------------------- time and plug

    /// Tells the reader what time it is.
    pub fn tick(&mut self, now: Millis) {
        self.now = self.now.max(now);
        self.settle();
    }

    /// When the reader has something to say next, if nothing else happens.
    pub fn next_due(&self) -> Option<Millis> {
        let first = |under_way: &UnderWay| under_way.answers.front().map(|(due, _)| *due);
        self.under_way.iter().filter_map(first).min()
    }

    /// Whether the device is on the bus. A fault can unplug it in the middle of a transfer, so
    /// whoever drives it asks after each; while it is off, every transfer stalls.
    pub fn is_plugged(&self) -> bool {
        self.plugged
    }

    /// Pulls the plug. The cards stay in their slots, without power.
    pub fn unplug(&mut self) {
        self.start();
        self.plugged = false;
    }

    /// Plugs the reader in again, configured by the operating system.
    pub fn plug_in(&mut self) {
        self.start();
        self.faults.replug();
        self.plugged = true;
        self.configuration = 1;
    }

    fn start(&mut self) {
        self.restart_endpoints();
        for slot in &mut self.slots {
            slot.start();
        }
    }

    /// A USB port reset: the endpoints start anew and the cards lose their power.
    pub fn reset(&mut self) {
        self.restart_endpoints();
        for slot in &mut self.slots {
            slot.power_off();
        }
    }

    fn restart_endpoints(&mut self) {
        self.clear_halt(Endpoint::Out);
        self.clear_halt(Endpoint::In);
        self.hardware_errors.clear();
        self.under_way.fill(UnderWay::default());
    }

    // ---------------------------------------------------------------------------- endpoint 0

    /// A control request that answers data, cut to `wLength`.
    pub fn control_in(&self, setup: Setup) -> Result<Vec<u8>, Stall> {
        endpoint0::control_in(std::slice::from_ref(self), setup)
    }

    /// A control request without data.
    pub fn control_out(&mut self, setup: Setup) -> Result<(), Stall> {
        endpoint0::control_out(std::slice::from_mut(self), setup)
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

    /// idProduct: 0001 for a reader that a page may claim, 0002 for the standard one.
    pub fn product_id(&self) -> u16 {
        descriptors::product_id(&self.model)
    }

    /// bInterfaceClass.
    pub fn interface_class(&self) -> u8 {
        self.model.class
    }

    // ---------------------------------------------------------------------------- endpoints

    /// One bulk OUT transfer. A transfer of whole packets may be continued by the next one.
    ///
    /// A message that is too long, or that ends within its header, halts both bulk endpoints.
    pub fn bulk_out(&mut self, data: &[u8]) -> Result<(), Stall> {
        if self.out_halted || !self.plugged {
            return Err(Stall);
        }
        if self.received.is_empty() && !data.is_empty() && self.faults.strikes(Fault::StallOut) {
            self.out_halted = true;
            return Err(Stall);
        }
        self.received.extend(data);
        if self.received.is_empty() {
            return Ok(());
        }
        let Some(expected) = message::announced_length(&self.received) else {
            return Err(self.halt());
        };
        if expected.max(self.received.len()) > self.model.longest_message {
            return Err(self.halt());
        }
        let ended = data.is_empty() || !data.len().is_multiple_of(self.model.packet());
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
    /// room is used.
    pub fn bulk_in(&mut self, max_length: usize) -> BulkIn {
        if self.in_halted || !self.plugged {
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
            if packet_length < self.model.packet() {
                break;
            }
        }
        if seen_any {
            BulkIn::Packet(data)
        } else {
            BulkIn::Empty
        }
    }

    /// The next message of the interrupt endpoint: HardwareError, or NotifySlotChange (CCID §6.3)
    /// when slots have changed since the last one – two bits per slot, `50 03` with a card in slot 0
    /// and `50 02` without. Two changes in between are one notification.
    pub fn interrupt_in(&mut self) -> Option<Vec<u8>> {
        if !self.model.interrupt || !self.plugged {
            return None;
        }
        if let Some(message) = self.hardware_errors.pop_front() {
            return Some(message);
        }
        let mut map = vec![0; self.slots.len().div_ceil(4)];
        let mut changed = false;
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let bits = u8::from(slot.card().is_some()) | u8::from(slot.take_changed()) << 1;
            changed |= bits & 2 != 0;
            map[index / 4] |= bits << (2 * (index % 4));
        }
        changed.then(|| [&[0x50], &*map].concat())
    }

    // ----------------------------------------------------------------------------- commands

    /// Carries a message out and sees to its answer.
    fn obey(&mut self, message: &[u8], length_fits: bool) {
        self.settle();
        if self.faults.strikes(Fault::UnpluggedBefore) {
            return self.unplug();
        }
        let slot = usize::from(message[5]);
        if let Err(error) = self.check_form(message, length_fits) {
            return self.push(slot, message, &Err(error));
        }
        if message[0] == command::ABORT {
            return self.abort(slot, message);
        }
        if let Err(error) = self.check_idle(slot) {
            return self.push(slot, message, &Err(error));
        }
        let (outcome, delay) = self.carry_out(slot, message);
        if self.faults.strikes(Fault::UnpluggedAfter) {
            return self.unplug();
        }
        self.answer(slot, message, &outcome, delay);
    }

    fn check_form(&self, message: &[u8], length_fits: bool) -> Result<(), u8> {
        let length = message.len() - HEADER;
        let length_allowed = match message[0] {
            command::XFR_BLOCK | command::SET_PARAMETERS => true,
            command::SET_RATE => length == 8,
            command::POWER_ON
            | command::POWER_OFF
            | command::SLOT_STATUS
            | command::GET_PARAMETERS
            | command::RESET_PARAMETERS => length == 0,
            command::ABORT if self.model.aborts => length == 0,
            _ => return Err(error::NOT_SUPPORTED),
        };
        if !length_fits || !length_allowed {
            return Err(error::LENGTH);
        }
        if usize::from(message[5]) >= self.slots.len() {
            return Err(error::SLOT);
        }
        Ok(())
    }

    /// Whether the slot can take a command now.
    fn check_idle(&mut self, slot: usize) -> Result<(), u8> {
        // Between the two halves of an abort every other command fails (CCID §5.3.1).
        if self.under_way[slot].aborting.is_some() {
            return Err(error::ABORTED);
        }
        let busy = self.under_way.iter().filter(|u| !u.answers.is_empty());
        if !self.under_way[slot].answers.is_empty()
            || busy.count() >= usize::from(self.model.busy_slots.max(1))
            || self.faults.strikes(Fault::SlotBusy)
        {
            return Err(error::SLOT_BUSY);
        }
        Ok(())
    }

    fn carry_out(&mut self, slot: usize, message: &[u8]) -> (Outcome, Millis) {
        if message[0] == command::SET_RATE {
            return (self.set_rate(&message[HEADER..]), 0);
        }
        let mut context = Context {
            model: &self.model,
            faults: &mut self.faults,
            tear: &mut self.tear,
            spare: &mut self.spare,
            delay: 0,
        };
        let outcome = self.slots[slot].carry_out(message, &mut context);
        let delay = context.delay;
        if outcome == Err(error::HARDWARE) {
            // bHardwareErrorCode 01: over-current (CCID §6.3.2).
            self.hardware_errors
                .push_back(vec![0x51, message[5], message[6], 0x01]);
        }
        (outcome, delay)
    }

    /// SetDataRateAndClockFrequency: the one clock, and a rate that the reader has.
    fn set_rate(&self, data: &[u8]) -> Outcome {
        let number = |at: usize| {
            let bytes = data.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map(u32::from_le_bytes)
        };
        let rate = number(4).unwrap_or_default();
        if number(0) != Some(contacts::CLOCK) {
            return Err(error::FIRST_DATA);
        }
        if rate > self.model.max_data_rate
            || !(self.model.data_rates.is_empty() || self.model.data_rates.contains(&rate))
        {
            return Err(error::DATA_RATE);
        }
        Ok((0, data.to_vec()))
    }

    // ------------------------------------------------------------------------------- aborts

    /// The control half of an abort (CCID §5.3.1): what the slot is doing ends with CMD_ABORTED.
    fn abort_control(&mut self, slot: usize, sequence: u8) -> Result<(), Stall> {
        if !self.model.aborts || slot >= self.slots.len() {
            return Err(Stall);
        }
        let under_way = &mut self.under_way[slot];
        under_way.aborting = Some(sequence);
        if !under_way.answers.is_empty() {
            under_way.answers.clear();
            let command = std::mem::take(&mut under_way.command);
            self.push(slot, &command, &Err(error::ABORTED));
        }
        self.slots[slot].drop_chains();
        if let Some(abort) = self.under_way[slot].abort.take() {
            self.abort(slot, &abort);
        }
        Ok(())
    }

    /// The bulk half, which is answered when both halves are there; either may come first.
    fn abort(&mut self, slot: usize, message: &[u8]) {
        let outcome = match self.under_way[slot].aborting {
            None => {
                self.under_way[slot].abort = Some(message.to_vec());
                return;
            }
            Some(sequence) if sequence == message[6] => {
                self.under_way[slot].aborting = None;
                Ok((0, Vec::new()))
            }
            Some(_) => Err(error::SEQUENCE),
        };
        self.push(slot, message, &outcome);
    }

    /// bmICCStatus; a slot that does not exist has no card (CCID §6.2.6).
    fn icc(&self, slot: usize) -> Icc {
        self.slots.get(slot).map_or(Icc::Absent, Slot::icc)
    }
}

#[cfg(test)]
mod tests;
