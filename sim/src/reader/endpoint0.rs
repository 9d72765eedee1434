//! Control requests: the standard ones (USB 2.0 §9.4) and those of the class (CCID §5.3).

use super::descriptors::{self, Place};
use super::model::Model;
use super::{Endpoint, Reader, Stall, contacts};

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

impl Setup {
    /// From the bytes on the wire.
    pub fn parse(bytes: [u8; 8]) -> Self {
        let [request_type, request, v0, v1, i0, i1, l0, l1] = bytes;
        Self {
            request_type,
            request,
            value: u16::from_le_bytes([v0, v1]),
            index: u16::from_le_bytes([i0, i1]),
            length: u16::from_le_bytes([l0, l1]),
        }
    }
}

/// bRequest.
mod request {
    pub const GET_STATUS: u8 = 0;
    pub const CLEAR_FEATURE: u8 = 1;
    pub const GET_DESCRIPTOR: u8 = 6;
    pub const GET_CONFIGURATION: u8 = 8;
    pub const SET_CONFIGURATION: u8 = 9;
    pub const GET_INTERFACE: u8 = 10;
    pub const SET_INTERFACE: u8 = 11;
    /// Of the class.
    pub const ABORT: u8 = 1;
    pub const GET_CLOCK_FREQUENCIES: u8 = 2;
    pub const GET_DATA_RATES: u8 = 3;
}

/// A control request that answers data, cut to `wLength`. All functions lie in one device.
pub fn control_in(functions: &[Reader], setup: Setup) -> Result<Vec<u8>, Stall> {
    let first = functions.first().filter(|reader| reader.plugged);
    let first = first.ok_or(Stall)?;
    let [index, _] = setup.index.to_le_bytes();
    let interface = functions
        .iter()
        .find(|reader| reader.place.interface == index);
    let mut data = match (setup.request_type, setup.request) {
        (0x80, request::GET_DESCRIPTOR) => descriptor(functions, setup.value).ok_or(Stall)?,
        (0x80, request::GET_CONFIGURATION) => vec![first.configuration],
        (0x80, request::GET_STATUS) => vec![0, 0],
        (0x81, request::GET_STATUS) => vec![0, 0],
        // There is one alternate setting.
        (0x81, request::GET_INTERFACE) => vec![0],
        (0x82, request::GET_STATUS) => vec![u8::from(is_halted(functions, index)?), 0],
        (0xA1, request::GET_CLOCK_FREQUENCIES) => {
            // The reader has one clock.
            listing(interface).map(|_| contacts::CLOCK.to_le_bytes().to_vec())?
        }
        (0xA1, request::GET_DATA_RATES) => {
            let rates = listing(interface)?.data_rates;
            rates.iter().flat_map(|rate| rate.to_le_bytes()).collect()
        }
        _ => return Err(Stall),
    };
    data.truncate(usize::from(setup.length));
    Ok(data)
}

/// The class requests that list something are there where the descriptor counts data rates.
fn listing(interface: Option<&Reader>) -> Result<&Model, Stall> {
    interface
        .map(Reader::model)
        .filter(|model| !model.data_rates.is_empty())
        .ok_or(Stall)
}

/// A control request without data.
pub fn control_out(functions: &mut [Reader], setup: Setup) -> Result<(), Stall> {
    if !functions.iter().all(|reader| reader.plugged) {
        return Err(Stall);
    }
    let [index, _] = setup.index.to_le_bytes();
    let interface = functions
        .iter_mut()
        .find(|reader| reader.place.interface == index);
    match (setup.request_type, setup.request, setup.value) {
        (0x00, request::SET_CONFIGURATION, value @ (0 | 1)) => {
            for reader in functions {
                reader.restart_endpoints();
                reader.configuration = value as u8;
            }
        }
        // SET_INTERFACE to what is there anyway restarts the endpoints.
        (0x01, request::SET_INTERFACE, 0) => interface.ok_or(Stall)?.restart_endpoints(),
        // ENDPOINT_HALT.
        (0x02, request::CLEAR_FEATURE, 0) => clear_halt(functions, index)?,
        (0x21, request::ABORT, value) => {
            // bSeq in the high byte, bSlot in the low one (CCID §5.3.1).
            let [slot, sequence] = value.to_le_bytes();
            interface
                .ok_or(Stall)?
                .abort_control(usize::from(slot), sequence)?;
        }
        _ => return Err(Stall),
    }
    Ok(())
}

fn descriptor(functions: &[Reader], value: u16) -> Option<Vec<u8>> {
    let [index, kind] = value.to_le_bytes();
    let model = &functions.first()?.model;
    let places: Vec<(Place, Model)> = functions
        .iter()
        .map(|reader| (reader.place, reader.model))
        .collect();
    match (kind, index) {
        (1, 0) => Some(descriptors::device(model)),
        (2, 0) => Some(descriptors::configuration(2, &places)),
        (3, index) => descriptors::string(index),
        // What only devices have that know both speeds: the qualifier, and the configuration of the
        // other one.
        (6, 0) if model.high_speed => Some(descriptors::qualifier()),
        (7, 0) if model.high_speed => {
            let at_full_speed = places.into_iter().map(|(place, model)| {
                let high_speed = false;
                (
                    place,
                    Model {
                        high_speed,
                        ..model
                    },
                )
            });
            let at_full_speed: Vec<(Place, Model)> = at_full_speed.collect();
            Some(descriptors::configuration(7, &at_full_speed))
        }
        _ => None,
    }
}

fn is_halted(functions: &[Reader], address: u8) -> Result<bool, Stall> {
    for reader in functions {
        let [bulk_out, bulk_in, interrupt] = reader.place.endpoints;
        if address == bulk_out {
            return Ok(reader.out_halted);
        }
        if address == bulk_in {
            return Ok(reader.in_halted);
        }
        if address == interrupt {
            return Ok(false);
        }
    }
    Err(Stall)
}

fn clear_halt(functions: &mut [Reader], address: u8) -> Result<(), Stall> {
    for reader in functions {
        let [bulk_out, bulk_in, interrupt] = reader.place.endpoints;
        if address == bulk_out {
            reader.clear_halt(Endpoint::Out);
            return Ok(());
        }
        if address == bulk_in {
            reader.clear_halt(Endpoint::In);
            return Ok(());
        }
        if address == interrupt {
            return Ok(());
        }
    }
    Err(Stall)
}
