//! The answers on their way: when each is due, in which packets, and what goes wrong with them.

use super::faults::{Fault, LATE};
use super::message::{self, Icc, Outcome, command};
use super::{Millis, Reader};

/// Between two time extensions of [`Fault::TimeExtensions`].
const EXTENSION_INTERVAL: Millis = 1_000;

impl Reader {
    /// Queues the answer to a command, with what may go wrong with it.
    pub(super) fn answer(&mut self, slot: usize, message: &[u8], outcome: &Outcome, delay: Millis) {
        let icc = self.icc(slot);
        let due = self.now + delay;
        let carried_out = outcome.is_ok();
        let whole = message::answer(message, icc, outcome);
        if self.faults.strikes(Fault::StallIn) {
            self.in_halted = true;
            return;
        }
        if self.faults.strikes(Fault::AnswerLost) {
            return;
        }
        let mut answers = Vec::new();
        if carried_out && message[0] == command::XFR_BLOCK {
            let extension = message::time_extension(message, icc, 1);
            answers.extend((0..self.time_extensions).map(|_| (due, extension.clone())));
        }
        for (fault, field) in [(Fault::ForeignSlot, 5), (Fault::ForeignSequence, 6)] {
            if self.faults.strikes(fault) {
                let mut foreign = message.to_vec();
                foreign[field] = foreign[field].wrapping_sub(1);
                // A status word that is not the card's, where there can be one.
                let data = match message[0] {
                    command::XFR_BLOCK => vec![0x6F, 0x00],
                    _ => Vec::new(),
                };
                answers.push((due, message::answer(&foreign, Icc::Active, &Ok((0, data)))));
            }
        }
        let mut last = due;
        if self.faults.strikes(Fault::TimeExtensions) {
            for _ in 0..10 {
                last += EXTENSION_INTERVAL;
                answers.push((last, message::time_extension(message, icc, 1)));
            }
            last += EXTENSION_INTERVAL;
        }
        if self.faults.strikes(Fault::Late) {
            last += LATE;
        }
        answers.push((last, whole.clone()));
        if self.faults.strikes(Fault::DoubledAnswer) {
            answers.push((last, whole));
        }
        let count = answers.len();
        for (index, (due, answer)) in answers.into_iter().enumerate() {
            let packets = if index + 1 == count {
                self.faulty_packets(answer)
            } else {
                self.packets(&answer, self.model.empty_packets)
            };
            self.under_way[slot].answers.push_back((due, packets));
        }
        self.under_way[slot].command = message.to_vec();
        self.settle();
    }

    /// Queues an answer at once, whatever the slot has still to say; nothing goes wrong with it.
    pub(super) fn push(&mut self, slot: usize, message: &[u8], outcome: &Outcome) {
        let whole = message::answer(message, self.icc(slot), outcome);
        let packets = self.packets(&whole, self.model.empty_packets);
        self.outgoing.extend(packets);
    }

    /// Moves what is due to the endpoint.
    pub(super) fn settle(&mut self) {
        for under_way in &mut self.under_way {
            while let Some((_, packets)) =
                under_way.answers.pop_front_if(|(due, _)| *due <= self.now)
            {
                self.outgoing.extend(packets);
            }
        }
    }

    /// The packets of an answer whose framing may be odd.
    fn faulty_packets(&mut self, mut answer: Vec<u8>) -> Vec<Vec<u8>> {
        let size = self.model.packet();
        if !answer.len().is_multiple_of(size) && self.faults.strikes(Fault::BytesAfter) {
            answer.resize(answer.len().next_multiple_of(size), 0);
        }
        let whole = answer.len().is_multiple_of(size);
        let empty_packet = if whole && self.faults.strikes(Fault::NoEmptyPacketAfter) {
            false
        } else {
            (whole && self.faults.strikes(Fault::EmptyPacketAfter)) || self.model.empty_packets
        };
        let cut = self.faults.find(|fault| match fault {
            Fault::SplitAt(at) => {
                let at = usize::from(at);
                (at < answer.len() && at % size != 0).then_some(at)
            }
            _ => None,
        });
        let mut packets = if let Some(cut) = cut {
            let (first, second) = answer.split_at(cut);
            [
                self.packets(first, false),
                self.packets(second, empty_packet),
            ]
            .concat()
        } else if self.faults.strikes(Fault::EveryByteApart) {
            answer.iter().map(|byte| vec![*byte]).collect()
        } else {
            self.packets(&answer, empty_packet)
        };
        if self.faults.strikes(Fault::EmptyPacketBefore) {
            packets.insert(0, Vec::new());
        }
        packets
    }

    fn packets(&self, answer: &[u8], empty_packet: bool) -> Vec<Vec<u8>> {
        let size = self.model.packet();
        let mut packets: Vec<Vec<u8>> = answer.chunks(size).map(<[u8]>::to_vec).collect();
        if answer.len().is_multiple_of(size) && empty_packet {
            packets.push(Vec::new());
        }
        packets
    }
}
