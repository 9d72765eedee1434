//! The virtual reader as a real USB device: the server side of USB/IP, version 1.1.1.
//!
//! A Linux kernel with `vhci_hcd` imports the device over TCP and drives it as one that is plugged in.
//! [`Connection`] is one such TCP connection without the sockets: bytes in, bytes out, time passed in.
//! Source: the kernel's `Documentation/usb/usbip_protocol.rst`. All numbers are big-endian.

use std::collections::VecDeque;

use crate::reader::{BulkIn, Device, Millis, Setup, VENDOR_ID};

/// USB/IP 1.1.1.
const VERSION: u16 = 0x0111;
/// The one device that is exported.
pub const BUS_ID: &str = "1-1";
const BUS: u32 = 1;
const NUMBER: u32 = 2;
/// Length of the headers of submit and unlink, requests and answers.
const HEADER: usize = 48;
/// Larger buffers than this are no transfers to a card reader.
const LARGEST_BUFFER: usize = 1 << 20;

/// Codes of the connection's beginning.
mod operation {
    pub const REQUEST_LIST: u16 = 0x8005;
    pub const REPLY_LIST: u16 = 0x0005;
    pub const REQUEST_IMPORT: u16 = 0x8003;
    pub const REPLY_IMPORT: u16 = 0x0003;
}

/// Codes of the traffic that follows an import.
mod traffic {
    pub const SUBMIT: u32 = 1;
    pub const UNLINK: u32 = 2;
    pub const SUBMITTED: u32 = 3;
    pub const UNLINKED: u32 = 4;
}

/// transfer_flags of a submit.
mod flag {
    /// A transfer that ends early is an error.
    pub const SHORT_NOT_OK: u32 = 0x0001;
    /// A transfer of whole packets ends with an empty one.
    pub const ZERO_PACKET: u32 = 0x0040;
}

/// Linux error numbers, negative as in URBs.
mod status {
    pub const OK: i32 = 0;
    /// EPIPE: the endpoint is halted, or there is none.
    pub const STALL: i32 = -32;
    /// EOVERFLOW: babble.
    pub const OVERFLOW: i32 = -75;
    /// ECONNRESET: unlinked.
    pub const RESET: i32 = -104;
    /// EREMOTEIO: shorter than allowed.
    pub const SHORT: i32 = -121;
}

/// One TCP connection to the server.
#[derive(Debug, Default)]
pub struct Connection {
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    state: State,
    /// IN transfers that wait for the device, in the order in which they came.
    waiting: VecDeque<Waiting>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Nothing was asked yet.
    #[default]
    Fresh,
    /// The device is the client's.
    Imported,
    /// To be closed as soon as everything is sent.
    Ended,
}

#[derive(Debug)]
struct Waiting {
    call: Call,
    address: u8,
    length: usize,
}

/// What an answer repeats of its submit, or is judged by.
#[derive(Debug, Clone, Copy)]
struct Call {
    sequence: u32,
    /// number_of_packets: FFFFFFFF or, from the kernel, 0 where no packets are isochronous.
    packets: u32,
    flags: u32,
}

impl Connection {
    /// Whether the device belongs to this client.
    pub fn has_imported(&self) -> bool {
        self.state == State::Imported
    }

    /// Whether the connection is to be closed once [`transmit`](Self::transmit) is empty.
    pub fn has_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// The bytes to be sent.
    pub fn transmit(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    /// Takes bytes of the client. `free`: nobody else has imported the device.
    pub fn receive(&mut self, device: &mut Device, free: bool, now: Millis, bytes: &[u8]) {
        self.incoming.extend(bytes);
        device.tick(now);
        loop {
            let taken = match self.state {
                State::Fresh => self.begin(device, free),
                State::Imported => self.carry(device),
                State::Ended => None,
            };
            match taken {
                Some(length) => drop(self.incoming.drain(..length)),
                None => break,
            }
        }
        self.pump(device, now);
    }

    /// Gives waiting transfers what the device has for them by now; ends when it is unplugged.
    pub fn pump(&mut self, device: &mut Device, now: Millis) {
        device.tick(now);
        let mut index = 0;
        while let Some(waiting) = self.waiting.get(index) {
            // An endpoint serves its transfers in their order.
            let earlier = self.waiting.iter().take(index);
            let blocked = earlier
                .clone()
                .any(|other| other.address == waiting.address);
            let result = match blocked {
                true => BulkIn::Empty,
                false => device.transfer_in(waiting.address, waiting.length),
            };
            if result == BulkIn::Empty {
                index += 1;
                continue;
            }
            if let Some(waiting) = self.waiting.remove(index) {
                self.finish(&waiting, result);
            }
        }
        if self.has_imported() && !device.is_plugged() {
            self.state = State::Ended;
        }
    }

    /// OP_REQ_DEVLIST or OP_REQ_IMPORT; how many bytes it had.
    fn begin(&mut self, device: &mut Device, free: bool) -> Option<usize> {
        let head: [u8; 8] = self.incoming.get(..8)?.try_into().ok()?;
        let [v0, v1, c0, c1, ..] = head;
        self.state = State::Ended;
        match (u16::from_be_bytes([v0, v1]), u16::from_be_bytes([c0, c1])) {
            (VERSION, operation::REQUEST_LIST) => {
                self.reply(operation::REPLY_LIST, 0);
                self.outgoing
                    .extend(u32::from(device.is_plugged()).to_be_bytes());
                if device.is_plugged() {
                    self.describe(device);
                    for [class, protocol] in interfaces(device) {
                        self.outgoing.extend([class, 0, protocol, 0]);
                    }
                }
                Some(8)
            }
            (VERSION, operation::REQUEST_IMPORT) => {
                let Some(name) = self.incoming.get(8..40) else {
                    self.state = State::Fresh;
                    return None;
                };
                let known = name
                    .iter()
                    .take_while(|byte| **byte != 0)
                    .eq(BUS_ID.as_bytes());
                if known && free && device.is_plugged() {
                    self.state = State::Imported;
                    // The device starts as one that has just been reset.
                    device.reset();
                    self.reply(operation::REPLY_IMPORT, 0);
                    self.describe(device);
                } else {
                    self.reply(operation::REPLY_IMPORT, 1);
                }
                Some(40)
            }
            _ => None,
        }
    }

    fn reply(&mut self, code: u16, status: u32) {
        self.outgoing.extend(VERSION.to_be_bytes());
        self.outgoing.extend(code.to_be_bytes());
        self.outgoing.extend(status.to_be_bytes());
    }

    /// What both replies say about the device.
    fn describe(&mut self, device: &Device) {
        let reader = &device.readers()[0];
        let mut text = |text: &str, length: usize| {
            let mut field = text.as_bytes().to_vec();
            field.resize(length, 0);
            self.outgoing.extend(field);
        };
        text(&format!("/sys/devices/virtual/usb{BUS}/{BUS_ID}"), 256);
        text(BUS_ID, 32);
        // enum usb_device_speed: 2 full, 3 high.
        let speed = if reader.model().high_speed { 3 } else { 2 };
        for number in [BUS, NUMBER, speed] {
            self.outgoing.extend(number.to_be_bytes());
        }
        for number in [VENDOR_ID, reader.product_id(), 0x0100] {
            self.outgoing.extend(number.to_be_bytes());
        }
        // Class, subclass and protocol are the interfaces'; configuration 1 of 1.
        let count = interfaces(device).len() as u8;
        self.outgoing.extend([0, 0, 0, 1, 1, count]);
    }

    /// One submit or unlink; how many bytes it had.
    fn carry(&mut self, device: &mut Device) -> Option<usize> {
        let header: [u8; HEADER] = self.incoming.get(..HEADER)?.try_into().ok()?;
        let number = |at: usize| {
            let bytes = header.get(at..at + 4).and_then(|four| four.try_into().ok());
            bytes.map_or(0, u32::from_be_bytes)
        };
        let (command, sequence, inward, endpoint) =
            (number(0), number(4), number(12) == 1, number(16));
        if command == traffic::UNLINK {
            self.unlink(sequence, number(20));
            return Some(HEADER);
        }
        let length = number(24) as usize;
        let call = Call {
            sequence,
            packets: number(32),
            flags: number(20),
        };
        let packets = match call.packets {
            u32::MAX => 0,
            packets => packets as usize,
        };
        if command != traffic::SUBMIT || length > LARGEST_BUFFER || packets > LARGEST_BUFFER {
            self.state = State::Ended;
            return None;
        }
        // Behind the header: the data of an OUT transfer, then a descriptor of 16 bytes for each
        // isochronous packet.
        let data_end = HEADER + if inward { 0 } else { length };
        let end = data_end + 16 * packets;
        if self.incoming.len() < end {
            return None;
        }
        let data = self.incoming[HEADER..data_end].to_vec();
        let address = endpoint as u8 & 0x0F | if inward { 0x80 } else { 0 };
        if packets > 0 {
            // No endpoint here is isochronous; the answer has no packets.
            self.submitted(Call { packets: 0, ..call }, status::STALL, 0, &[]);
        } else if endpoint == 0 {
            let [.., s0, s1, s2, s3, s4, s5, s6, s7] = header;
            let setup = Setup::parse([s0, s1, s2, s3, s4, s5, s6, s7]);
            match (inward, setup.request_type & 0x80 != 0) {
                (true, true) => match device.control_in(setup) {
                    Ok(data) => self.submitted(call, status::OK, data.len(), &data),
                    Err(_) => self.submitted(call, status::STALL, 0, &[]),
                },
                _ => match device.control_out(setup) {
                    Ok(()) => self.submitted(call, status::OK, data.len(), &[]),
                    Err(_) => self.submitted(call, status::STALL, 0, &[]),
                },
            }
        } else if inward {
            self.waiting.push_back(Waiting {
                call,
                address,
                length,
            });
        } else {
            self.send(device, call, address, &data);
        }
        Some(end)
    }

    fn send(&mut self, device: &mut Device, call: Call, address: u8, data: &[u8]) {
        let packet = device.readers()[0].model().packet();
        let mut outcome = device.bulk_out(address, data);
        let whole = !data.is_empty() && data.len().is_multiple_of(packet);
        if outcome.is_ok() && whole && call.flags & flag::ZERO_PACKET != 0 {
            outcome = device.bulk_out(address, &[]);
        }
        match outcome {
            Ok(()) => self.submitted(call, status::OK, data.len(), &[]),
            Err(_) => self.submitted(call, status::STALL, 0, &[]),
        }
    }

    fn finish(&mut self, waiting: &Waiting, result: BulkIn) {
        let call = waiting.call;
        match result {
            BulkIn::Packet(data) => {
                let short = data.len() < waiting.length && call.flags & flag::SHORT_NOT_OK != 0;
                let status = if short { status::SHORT } else { status::OK };
                self.submitted(call, status, data.len(), &data);
            }
            BulkIn::Babble => self.submitted(call, status::OVERFLOW, 0, &[]),
            BulkIn::Stall | BulkIn::Empty => self.submitted(call, status::STALL, 0, &[]),
        }
    }

    /// USBIP_CMD_UNLINK: a transfer that still waits is never answered; the unlink is.
    fn unlink(&mut self, sequence: u32, unlinked: u32) {
        let before = self.waiting.len();
        self.waiting
            .retain(|waiting| waiting.call.sequence != unlinked);
        let status = match self.waiting.len() == before {
            true => status::OK,
            false => status::RESET,
        };
        self.answer(traffic::UNLINKED, sequence, status);
        self.outgoing.extend([0; 24]);
    }

    /// USBIP_RET_SUBMIT.
    fn submitted(&mut self, call: Call, status: i32, actual_length: usize, data: &[u8]) {
        self.answer(traffic::SUBMITTED, call.sequence, status);
        // start_frame and error_count are about isochronous transfers.
        for number in [actual_length as u32, 0, call.packets, 0, 0, 0] {
            self.outgoing.extend(number.to_be_bytes());
        }
        self.outgoing.extend(data);
    }

    /// The basic header, whose device, direction and endpoint are 0 in answers, and the status.
    fn answer(&mut self, command: u32, sequence: u32, status: i32) {
        for number in [command, sequence, 0, 0, 0] {
            self.outgoing.extend(number.to_be_bytes());
        }
        self.outgoing.extend(status.to_be_bytes());
    }
}

/// Class and protocol of each interface, read off the configuration descriptor.
fn interfaces(device: &Device) -> Vec<[u8; 2]> {
    let whole = device.control_in(Setup {
        request_type: 0x80,
        request: 6,
        value: 0x0200,
        index: 0,
        length: u16::MAX,
    });
    let mut found = Vec::new();
    let whole = whole.unwrap_or_default();
    let mut rest = &whole[..];
    while let &[length, kind, ..] = rest
        && length >= 2
    {
        if let (4, Some(&[class, _, protocol])) = (kind, rest.get(5..8)) {
            found.push([class, protocol]);
        }
        rest = rest.get(usize::from(length)..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests;
