//! Bytes by chance for the property tests: xorshift64*, the same numbers in every run.

use std::vec::Vec;

/// A generator with a seed of its own per test.
pub struct Chance(u64);

impl Chance {
    /// Starts from a seed; 0 would stay 0, so the lowest bit is set.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// The next number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        number as usize % bound
    }

    /// One byte; every second one is of those that mean something on a line.
    pub fn byte(&mut self) -> u8 {
        const TELLING: [u8; 12] = [
            0xFF, 0xFE, 0x00, 0x01, 0x33, 0x50, 0x80, 0x81, 0x91, 0xE0, 0x12, 0x18,
        ];
        match self.below(2) {
            0 => self.below(256) as u8,
            _ => TELLING[self.below(TELLING.len())],
        }
    }

    /// Up to `most` bytes.
    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.byte()).collect()
    }

    /// Exactly `N` bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        core::array::from_fn(|_| self.byte())
    }
}
