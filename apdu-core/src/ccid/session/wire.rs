//! Messages out, packets in: one slot's share of the bulk pipes.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::Transmit;
use crate::ccid::message::{HEADER, Request, announced_length, reply};

/// Longest message believed: 65 536 bytes of data and a status word.
const LONGEST: usize = HEADER + 65_538;

/// The wire of one slot.
#[derive(Debug)]
pub(super) struct Wire {
    pub slot: u8,
    /// bSeq of the last message.
    pub seq: u8,
    outbox: VecDeque<Transmit>,
    inbox: Vec<u8>,
}

impl Wire {
    pub fn new(slot: u8) -> Self {
        Self {
            slot,
            seq: 0,
            outbox: VecDeque::new(),
            inbox: Vec::new(),
        }
    }

    /// Puts a message into the outbox, with a sequence number of its own.
    pub fn ask(&mut self, request: &Request) {
        self.seq = self.seq.wrapping_add(1);
        self.repeat(request);
    }

    /// Puts a message into the outbox that has the last one's sequence number.
    pub fn repeat(&mut self, request: &Request) {
        let message = request.to_bytes(self.slot, self.seq);
        self.push(Transmit::Bulk(message));
    }

    pub fn push(&mut self, transmit: Transmit) {
        self.outbox.push_back(transmit);
    }

    pub fn pop(&mut self) -> Option<Transmit> {
        self.outbox.pop_front()
    }

    /// What has not left and what has come in part are forgotten.
    pub fn clear(&mut self) {
        self.outbox.clear();
        self.inbox.clear();
    }

    /// Takes one packet of the bulk IN pipe.
    ///
    /// An empty packet is none. What cannot be the beginning of a message is dropped: every message begins a
    /// packet of its own, so bytes behind the announced length are a reader's padding (reference §4.9). And
    /// where a packet is the very beginning that is waited for, what came before it was a rest of something
    /// else.
    pub fn assemble(&mut self, packet: &[u8]) -> Assembled {
        if self.begins_our_answer(packet) {
            self.inbox.clear();
        }
        self.inbox.extend_from_slice(packet);
        let Some(kind) = self.inbox.first() else {
            return Assembled::Nothing;
        };
        let known = (reply::DATA_BLOCK..=reply::DATA_RATE).contains(kind);
        match announced_length(&self.inbox) {
            _ if !known => {
                self.inbox.clear();
                Assembled::Nothing
            }
            Some(length) if length > LONGEST => {
                let ours = self.is_ours(&self.inbox);
                self.inbox.clear();
                match ours {
                    true => Assembled::Nonsense,
                    false => Assembled::Nothing,
                }
            }
            Some(length) if length <= self.inbox.len() => {
                Assembled::Message(core::mem::take(&mut self.inbox))
            }
            _ => Assembled::Nothing,
        }
    }

    fn begins_our_answer(&self, packet: &[u8]) -> bool {
        let known = (packet.first())
            .is_some_and(|kind| (reply::DATA_BLOCK..=reply::DATA_RATE).contains(kind));
        let sensible = announced_length(packet).is_some_and(|length| length <= LONGEST);
        known && sensible && packet.len() >= HEADER && self.is_ours(packet)
    }

    fn is_ours(&self, message: &[u8]) -> bool {
        message.get(5..7) == Some(&[self.slot, self.seq])
    }
}

/// What a packet made of the bytes before it.
pub(super) enum Assembled {
    /// Nothing yet, or nothing ever.
    Nothing,
    /// A whole message, perhaps with bytes too many behind it.
    Message(Vec<u8>),
    /// The answer that is waited for, of a length that cannot be.
    Nonsense,
}
