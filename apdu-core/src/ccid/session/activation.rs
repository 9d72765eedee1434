//! Powering a card.

use alloc::vec::Vec;

use super::{Link, Millis, Next};
use crate::atr::Atr;
use crate::ccid::descriptor::Profile;
use crate::ccid::message::{Icc, Outcome, Reply, Request, reply};
use crate::fault::Code;

/// How long a reader may take to power a card: it may try every voltage.
pub(super) const POWER_TIMEOUT: Millis = 10_000;

/// A card being powered.
#[derive(Debug)]
pub(super) struct Activation {
    /// bPowerSelect values still to be tried, the next one last.
    voltages: Vec<u8>,
}

impl Activation {
    /// The first message.
    pub fn begin(profile: &Profile) -> (Self, Request) {
        let descriptor = &profile.descriptor;
        let mut voltages = match descriptor.features.chooses_voltage() {
            true => Vec::from([0]),
            false => [(2, 2), (4, 3), (1, 1)]
                .into_iter()
                .filter(|(bit, _)| descriptor.voltages & bit != 0)
                .map(|(_, select)| select)
                .collect(),
        };
        let power = voltages.pop().unwrap_or(0);
        (Self { voltages }, Request::IccPowerOn { power })
    }

    pub fn handle_reply(&mut self, reply: &Reply<'_>) -> Next<Link> {
        let atr = match reply.outcome {
            _ if reply.icc == Icc::Absent => return Next::End(Err(Code::NoCard)),
            Outcome::Ok if reply.kind == reply::DATA_BLOCK => Atr::parse(reply.data).ok(),
            _ => None,
        };
        match (atr, self.voltages.pop()) {
            (Some(atr), _) => Next::End(Ok(Link { atr })),
            (None, Some(power)) => Next::Ask(Request::IccPowerOn { power }, POWER_TIMEOUT),
            (None, None) => Next::End(Err(Code::CardMute)),
        }
    }
}
