//! The card's random numbers: a seeded generator, so that a run can be repeated.

use serde::{Deserialize, Serialize};

use super::knobs::Random;

/// SplitMix64 (Steele, Lea, Flood 2014); no cryptographic claim, and none is needed here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Generator {
    seed: u64,
    state: u64,
}

impl Generator {
    /// A generator whose whole sequence follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// What a power-on does to the generator.
    pub fn power_on(&mut self, quality: Random) {
        if quality == Random::RepeatsAfterReset {
            self.state = self.seed;
        }
    }

    /// Eight random bytes.
    pub fn draw(&mut self, quality: Random) -> [u8; 8] {
        if quality == Random::Constant {
            self.state = self.seed;
        }
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).to_be_bytes()
    }
}
