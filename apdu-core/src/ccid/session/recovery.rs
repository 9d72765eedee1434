//! The way back to a reader that does not answer, answers nonsense, or has halted an endpoint
//! (reference §7.7): ABORT on the control endpoint and PC_to_RDR_Abort with the same bSeq, both endpoints
//! cleared, GetSlotStatus until the answers fit the questions again, the device opened anew, the person asked
//! to unplug it.

use super::wire::Wire;
use super::{Direction, Millis, STATUS_TIMEOUT, Transmit};
use crate::ccid::message::{Outcome, Reply, Request, error, reply};

/// How long a control request may take.
const CONTROL_TIMEOUT: Millis = 1_000;
/// How long a reader may take to end what it was told to abort.
const ABORT_TIMEOUT: Millis = 2_000;
/// How often GetSlotStatus is asked before the device is opened anew.
const STATUS_TRIES: u8 = 3;

/// The ladder, and where we stand on it.
#[derive(Debug)]
pub(super) struct Recovery {
    rung: Rung,
    deadline: Millis,
    tries: u8,
    /// The device was opened anew already: there is no rung behind this one.
    reopened: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rung {
    AbortRequest,
    AbortMessage,
    Clear(Direction),
    Status,
}

/// Where the ladder led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovered {
    /// It is still climbed.
    NotYet,
    /// The reader answers again.
    Yes,
    /// Only opening the device anew can help.
    NeedsReopening,
    /// Even that did not.
    Never,
}

impl Recovery {
    /// From the first rung: something is under way that must end.
    pub fn from_abort(now: Millis, wire: &mut Wire) -> Self {
        wire.clear();
        wire.push(Transmit::Abort {
            slot: wire.slot,
            seq: wire.seq,
        });
        Self::at(Rung::AbortRequest, now + CONTROL_TIMEOUT)
    }

    /// Nothing is under way, and still nothing is answered.
    pub fn from_silence(now: Millis, wire: &mut Wire) -> Self {
        let mut ladder = Self::at(Rung::Status, now);
        ladder.ask_status(now, wire);
        ladder
    }

    /// A halted endpoint is cleared first; the other one only if that does not help.
    pub fn from_stall(now: Millis, direction: Direction, wire: &mut Wire) -> Self {
        let mut ladder = Self::at(Rung::Clear(direction), now);
        ladder.clear(now, direction, wire);
        ladder
    }

    /// The device is open again: does it answer?
    pub fn after_reopening(now: Millis, wire: &mut Wire) -> Self {
        Self {
            reopened: true,
            ..Self::from_silence(now, wire)
        }
    }

    fn at(rung: Rung, deadline: Millis) -> Self {
        Self {
            rung,
            deadline,
            tries: 0,
            reopened: false,
        }
    }

    pub fn deadline(&self) -> Millis {
        self.deadline
    }

    /// Taken or refused, the bulk half follows with the same bSeq (CCID 1.1 §5.3.1, §6.1.13).
    pub fn handle_control(&mut self, now: Millis, wire: &mut Wire) {
        if self.rung == Rung::AbortRequest {
            wire.repeat(&Request::Abort);
            self.rung = Rung::AbortMessage;
            self.deadline = now + ABORT_TIMEOUT;
        }
    }

    pub fn handle_clear_halt(&mut self, now: Millis, direction: Direction, wire: &mut Wire) {
        if self.rung == Rung::Clear(direction) {
            self.ask_status(now, wire);
        }
    }

    /// An endpoint is halted on the way. It is cleared, and the status asked for once more.
    pub fn handle_stall(
        &mut self,
        now: Millis,
        direction: Direction,
        wire: &mut Wire,
    ) -> Recovered {
        self.clear_again(now, direction, wire)
    }

    /// An answer to the last bSeq. Behind an abort there may be two: that of what was aborted, and a
    /// SlotStatus, which counts.
    pub fn handle_reply(&mut self, now: Millis, reply: &Reply<'_>, wire: &mut Wire) -> Recovered {
        match self.rung {
            Rung::AbortMessage if reply.kind == reply::SLOT_STATUS => {
                self.ask_status(now, wire);
                Recovered::NotYet
            }
            Rung::Status => match reply.outcome {
                Outcome::TimeExtension(_) | Outcome::Failed(error::SLOT_BUSY) => Recovered::NotYet,
                _ => Recovered::Yes,
            },
            _ => Recovered::NotYet,
        }
    }

    pub fn handle_timeout(&mut self, now: Millis, wire: &mut Wire) -> Recovered {
        match self.rung {
            Rung::AbortRequest => self.handle_control(now, wire),
            Rung::AbortMessage => self.clear(now, Direction::In, wire),
            Rung::Clear(_) => self.ask_status(now, wire),
            // One endpoint, then the other.
            Rung::Status if self.tries == 1 => return self.clear_again(now, Direction::Out, wire),
            Rung::Status => return self.clear_again(now, Direction::In, wire),
        }
        Recovered::NotYet
    }

    fn clear_again(&mut self, now: Millis, direction: Direction, wire: &mut Wire) -> Recovered {
        if self.tries < STATUS_TRIES {
            self.clear(now, direction, wire);
            Recovered::NotYet
        } else if self.reopened {
            Recovered::Never
        } else {
            Recovered::NeedsReopening
        }
    }

    fn clear(&mut self, now: Millis, direction: Direction, wire: &mut Wire) {
        wire.clear();
        wire.push(Transmit::ClearHalt(direction));
        self.rung = Rung::Clear(direction);
        self.deadline = now + CONTROL_TIMEOUT;
    }

    fn ask_status(&mut self, now: Millis, wire: &mut Wire) {
        wire.clear();
        wire.ask(&Request::GetSlotStatus);
        self.tries += 1;
        self.rung = Rung::Status;
        self.deadline = now + STATUS_TIMEOUT;
    }
}
