//! The card's side of T=1 (ISO/IEC 7816-3:2006 §11): blocks in, blocks out.
//!
//! A block is NAD PCB LEN INF EDC. The card answers each block with one block; what the contacts
//! lose or spoil is the affair of whoever carries the blocks.

use super::contacts::{Contacts, Edc};

/// PCB of the supervisory blocks (§11.3.2.2); a response has bit 6 set.
mod supervisory {
    pub const RESYNCH: u8 = 0xC0;
    pub const IFS: u8 = 0xC1;
    pub const ABORT: u8 = 0xC2;
    pub const WTX: u8 = 0xC3;
    pub const RESPONSE: u8 = 0x20;
}

/// Error codes of an R-block.
mod reason {
    pub const NONE: u8 = 0;
    pub const EDC: u8 = 1;
    pub const OTHER: u8 = 2;
}

/// M bit of an I-block: more follows.
const MORE: u8 = 0x20;
/// Information field size that holds until another is agreed (§11.4.2).
const DEFAULT_IFS: usize = 32;

/// A T=1 card between two blocks.
#[derive(Debug, Clone)]
pub struct T1 {
    edc: Edc,
    /// What the card takes at most in one block.
    ifsc: usize,
    first_ifsc: usize,
    /// What the host takes at most in one block.
    ifsd: usize,
    /// N(S) that the next I-block of the host must have.
    expected: u8,
    /// N(S) of the card's next I-block.
    next: u8,
    /// The pieces of a command that have come so far.
    command: Vec<u8>,
    /// What is still to be sent of a response.
    rest: Vec<u8>,
    /// The last I-block, until the host has acknowledged it, by R-block or by its next I-block.
    sent: Option<Sent>,
    /// A request to the host that has not been answered, and what the card sends after it.
    asked: Option<Asked>,
    /// What the card will ask for before its next response.
    intends: Option<Intention>,
}

#[derive(Debug, Clone)]
struct Sent {
    number: u8,
    more: bool,
    block: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Asked {
    pcb: u8,
    value: u8,
    then: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Intention {
    Time(u8),
    Ifs(u8),
}

/// What a block is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Part of a command or response.
    I {
        /// N(S).
        number: u8,
        /// M: more follows.
        more: bool,
    },
    /// Acknowledgement or request to repeat.
    R {
        /// N(R).
        number: u8,
    },
    /// Request or response about the protocol itself; the PCB.
    S(u8),
}

impl T1 {
    /// A card after its ATR.
    pub fn new(contacts: &Contacts) -> Self {
        let ifsc = contacts.ifsc.map_or(DEFAULT_IFS, usize::from);
        Self {
            edc: contacts.edc,
            ifsc,
            first_ifsc: ifsc,
            ifsd: DEFAULT_IFS,
            expected: 0,
            next: 0,
            command: Vec::new(),
            rest: Vec::new(),
            sent: None,
            asked: None,
            intends: None,
        }
    }

    /// One block from the host, the card's block back. `run` carries out an APDU; where it finds the
    /// card gone there is no block.
    pub fn receive(
        &mut self,
        block: &[u8],
        run: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> Option<Vec<u8>> {
        let (kind, inf) = match self.open(block) {
            Ok(opened) => opened,
            // Rules 7.1 and 7.3: an invalid block is answered by an R-block, or by the request again.
            Err(reason) => return Some(self.repeat_request(reason)),
        };
        if let Some(asked) = &self.asked {
            let Kind::S(pcb) = kind else {
                return Some(self.repeat_request(reason::OTHER));
            };
            if pcb != supervisory::RESYNCH {
                let fits = pcb == asked.pcb | supervisory::RESPONSE && inf == [asked.value];
                return Some(if fits {
                    self.granted()
                } else {
                    self.repeat_request(reason::OTHER)
                });
            }
        }
        match kind {
            Kind::I { number, more } => self.receive_information(number, more, inf, run),
            Kind::R { number } => Some(self.receive_ready(number)),
            Kind::S(pcb) => Some(self.receive_supervisory(pcb, inf)),
        }
    }

    /// Asks for `multiplier` block waiting times before the next response.
    pub fn will_ask_for_time(&mut self, multiplier: u8) {
        self.intends = Some(Intention::Time(multiplier));
    }

    /// Announces another IFSC before the next response.
    pub fn will_announce(&mut self, ifsc: u8) {
        self.intends = Some(Intention::Ifs(ifsc));
    }

    /// How many block waiting times the card was granted if this block is what it waits for.
    pub fn time_asked(&self) -> Option<u8> {
        let asked = self.asked.as_ref()?;
        (asked.pcb == supervisory::WTX).then_some(asked.value)
    }

    /// Whether a command or a response is only half across.
    pub fn is_in_chain(&self) -> bool {
        !self.command.is_empty() || !self.rest.is_empty()
    }

    /// What a block that is whole and well formed is about.
    pub fn kind(&self, block: &[u8]) -> Option<Kind> {
        self.open(block).ok().map(|(kind, _)| kind)
    }

    /// The host's IFSD, as a reader announces it that does so by itself.
    pub fn set_ifsd(&mut self, ifsd: u8) {
        self.ifsd = usize::from(ifsd);
    }

    /// An R-block that rejects with "other error".
    pub fn rejection(&self) -> Vec<u8> {
        self.ready(reason::OTHER)
    }

    /// `block` with the sequence number of its I- or R-block turned over, and an EDC that fits.
    pub fn misnumbered(&self, block: &[u8]) -> Vec<u8> {
        let mut body = block[..block.len() - self.edc_length()].to_vec();
        body[1] ^= if body[1] & 0x80 == 0 { 0x40 } else { 0x10 };
        self.seal(body)
    }

    // ------------------------------------------------------------------------- blocks coming in

    fn receive_information(
        &mut self,
        number: u8,
        more: bool,
        inf: &[u8],
        run: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> Option<Vec<u8>> {
        let in_response = self.sent.as_ref().is_some_and(|sent| sent.more);
        if number != self.expected || in_response || inf.len() > self.ifsc {
            return Some(self.ready(reason::OTHER));
        }
        // The next command acknowledges the last block of the response before it.
        self.sent = None;
        self.expected ^= 1;
        self.command.extend(inf);
        if more {
            return Some(self.ready(reason::NONE));
        }
        self.rest = run(&std::mem::take(&mut self.command))?;
        let response = self.next_piece();
        Some(match self.intends.take() {
            None => response,
            Some(Intention::Time(multiplier)) => self.ask(supervisory::WTX, multiplier, response),
            Some(Intention::Ifs(ifsc)) => self.ask(supervisory::IFS, ifsc, response),
        })
    }

    fn receive_ready(&mut self, number: u8) -> Vec<u8> {
        match &self.sent {
            Some(sent) if sent.number == number => sent.block.clone(),
            // N(R) is the number after the last block: go on.
            Some(sent) if sent.more => self.next_piece(),
            // It asks for a block that does not exist yet: what came before it was lost. N(R) of the
            // answer says what the card waits for.
            _ => self.ready(reason::NONE),
        }
    }

    fn receive_supervisory(&mut self, pcb: u8, inf: &[u8]) -> Vec<u8> {
        match (pcb, inf) {
            (supervisory::RESYNCH, []) => {
                self.expected = 0;
                self.next = 0;
                self.ifsd = DEFAULT_IFS;
                self.ifsc = self.first_ifsc;
                self.forget();
            }
            (supervisory::IFS, &[ifsd @ 1..=254]) => self.ifsd = usize::from(ifsd),
            (supervisory::ABORT, []) => self.forget(),
            _ => return self.ready(reason::OTHER),
        }
        self.block(pcb | supervisory::RESPONSE, inf)
    }

    fn forget(&mut self) {
        self.command.clear();
        self.rest.clear();
        self.sent = None;
        self.asked = None;
        self.intends = None;
    }

    /// The host has answered the card's request.
    fn granted(&mut self) -> Vec<u8> {
        let Some(asked) = self.asked.take() else {
            return self.ready(reason::OTHER);
        };
        if asked.pcb == supervisory::IFS {
            self.ifsc = usize::from(asked.value);
        }
        asked.then
    }

    // ------------------------------------------------------------------------- blocks going out

    /// The next I-block of the response.
    fn next_piece(&mut self) -> Vec<u8> {
        let length = self.rest.len().min(self.ifsd);
        let piece: Vec<u8> = self.rest.drain(..length).collect();
        let more = !self.rest.is_empty();
        let pcb = self.next << 6 | if more { MORE } else { 0 };
        let block = self.block(pcb, &piece);
        self.sent = Some(Sent {
            number: self.next,
            more,
            block: block.clone(),
        });
        self.next ^= 1;
        block
    }

    fn ask(&mut self, pcb: u8, value: u8, then: Vec<u8>) -> Vec<u8> {
        self.asked = Some(Asked { pcb, value, then });
        self.block(pcb, &[value])
    }

    fn repeat_request(&self, reason: u8) -> Vec<u8> {
        match &self.asked {
            Some(asked) => self.block(asked.pcb, &[asked.value]),
            None => self.ready(reason),
        }
    }

    /// An R-block; N(R) is the number of the I-block that the card waits for.
    fn ready(&self, reason: u8) -> Vec<u8> {
        self.block(0x80 | self.expected << 4 | reason, &[])
    }

    fn block(&self, pcb: u8, inf: &[u8]) -> Vec<u8> {
        let mut body = vec![0x00, pcb, inf.len() as u8];
        body.extend(inf);
        self.seal(body)
    }

    /// Appends the EDC; a CRC goes high byte first.
    fn seal(&self, mut body: Vec<u8>) -> Vec<u8> {
        match self.edc {
            Edc::Lrc => body.push(lrc(&body)),
            Edc::Crc => body.extend(crc(&body).to_be_bytes()),
        }
        body
    }

    /// Kind and information field of a block, or the reason to reject it.
    fn open<'a>(&self, block: &'a [u8]) -> Result<(Kind, &'a [u8]), u8> {
        let edc = self.edc_length();
        let (body, check) = block
            .split_at_checked(block.len().saturating_sub(edc))
            .ok_or(reason::OTHER)?;
        let right = match self.edc {
            Edc::Lrc => [lrc(body)].to_vec(),
            Edc::Crc => crc(body).to_be_bytes().to_vec(),
        };
        let &[nad, pcb, length, ref inf @ ..] = body else {
            return Err(reason::OTHER);
        };
        if check != right {
            return Err(reason::EDC);
        }
        if nad != 0 || length == 0xFF || inf.len() != usize::from(length) {
            return Err(reason::OTHER);
        }
        let kind = match pcb {
            0x00..=0x7F if pcb & 0x1F == 0 => Kind::I {
                number: pcb >> 6,
                more: pcb & MORE != 0,
            },
            0x80..=0xBF if pcb & 0x2C == 0 && inf.is_empty() => Kind::R {
                number: pcb >> 4 & 1,
            },
            0xC0..=0xFF => Kind::S(pcb),
            _ => return Err(reason::OTHER),
        };
        Ok((kind, inf))
    }

    fn edc_length(&self) -> usize {
        match self.edc {
            Edc::Lrc => 1,
            Edc::Crc => 2,
        }
    }
}

/// Exclusive-or of all bytes.
fn lrc(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |all, byte| all ^ byte)
}

/// CRC of ISO/IEC 13239: reflected polynomial 8408h, initial value FFFFh, no final exclusive-or
/// (reference §4.7).
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            let carry = crc & 1 != 0;
            crc >> 1 ^ if carry { 0x8408 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests;
