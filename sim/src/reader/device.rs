//! One plug with one or more reader functions.

use super::descriptors::Place;
use super::endpoint0::{self, Setup};
use super::{BulkIn, Millis, Reader, Stall};

/// A USB device whose interfaces are readers, each with slots of its own.
#[derive(Debug, Clone)]
pub struct Device {
    functions: Vec<Reader>,
}

impl Device {
    /// A device with these functions, at least one; their interfaces and endpoints are numbered in
    /// this order.
    pub fn new(mut functions: Vec<Reader>) -> Self {
        let keyboard_first = functions.iter().any(|reader| reader.model.keyboard_first);
        for (index, reader) in functions.iter_mut().enumerate() {
            reader.place = Place::nth(index as u8, keyboard_first);
        }
        Self { functions }
    }

    /// The readers in it.
    pub fn readers(&self) -> &[Reader] {
        &self.functions
    }

    /// The readers in it.
    pub fn readers_mut(&mut self) -> &mut [Reader] {
        &mut self.functions
    }

    /// A control request that answers data, cut to `wLength`.
    pub fn control_in(&self, setup: Setup) -> Result<Vec<u8>, Stall> {
        endpoint0::control_in(&self.functions, setup)
    }

    /// A control request without data.
    pub fn control_out(&mut self, setup: Setup) -> Result<(), Stall> {
        endpoint0::control_out(&mut self.functions, setup)
    }

    /// One bulk OUT transfer to an endpoint address.
    pub fn bulk_out(&mut self, address: u8, data: &[u8]) -> Result<(), Stall> {
        self.find(|reader| reader.place.endpoints[0] == address)
            .ok_or(Stall)?
            .bulk_out(data)
    }

    /// One bulk or interrupt IN transfer from an endpoint address.
    pub fn transfer_in(&mut self, address: u8, max_length: usize) -> BulkIn {
        let found = self.find(|reader| reader.place.endpoints[1..].contains(&address));
        let Some(reader) = found else {
            return BulkIn::Stall;
        };
        if reader.place.endpoints[1] == address {
            return reader.bulk_in(max_length);
        }
        match reader.interrupt_in() {
            Some(message) if message.len() <= max_length => BulkIn::Packet(message),
            Some(_) => BulkIn::Babble,
            None => BulkIn::Empty,
        }
    }

    fn find(&mut self, wanted: impl Fn(&Reader) -> bool) -> Option<&mut Reader> {
        self.functions.iter_mut().find(|reader| wanted(reader))
    }

    /// Tells the device what time it is.
    pub fn tick(&mut self, now: Millis) {
        for reader in &mut self.functions {
            reader.tick(now);
        }
    }

    /// When the device has something to say next, if nothing else happens.
    pub fn next_due(&self) -> Option<Millis> {
        self.functions.iter().filter_map(Reader::next_due).min()
    }

    /// Whether the device is on the bus; a function that is unplugged takes all along.
    pub fn is_plugged(&self) -> bool {
        self.functions.iter().all(Reader::is_plugged)
    }

    /// Pulls the plug.
    pub fn unplug(&mut self) {
        self.functions.iter_mut().for_each(Reader::unplug);
    }

    /// Plugs it in again.
    pub fn plug_in(&mut self) {
        self.functions.iter_mut().for_each(Reader::plug_in);
    }

    /// A USB port reset.
    pub fn reset(&mut self) {
        self.functions.iter_mut().for_each(Reader::reset);
    }
}
