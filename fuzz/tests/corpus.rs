//! The targets over their corpus and over mutations of it, the same at every run.

use etc_fuzz::{TARGETS, Target};

/// Mutations of each target's corpus.
const MUTATIONS: u64 = 10_000;
/// What codecs trip over: ends of ranges, signs, lengths off by one.
const INTERESTING: [u8; 12] = [
    0x00, 0x01, 0x02, 0x0F, 0x10, 0x3F, 0x40, 0x7F, 0x80, 0xFD, 0xFE, 0xFF,
];
/// Mutations grow no longer.
const LONGEST: usize = 4_096;

#[test]
fn every_property_holds_for_the_corpus() {
    for target in TARGETS {
        let inputs = corpus(&target);
        assert!(!inputs.is_empty(), "{}", target.name);
        inputs.iter().for_each(|input| check(&target, input));
        check(&target, &[]);
    }
}

#[test]
fn every_property_holds_for_mutations_of_the_corpus() {
    for target in TARGETS {
        let inputs = corpus(&target);
        for seed in 0..MUTATIONS {
            check(&target, &mutated(&inputs, seed));
        }
    }
}

/// Checks one input; where a property does not hold, says which input it was.
fn check(target: &Target, input: &[u8]) {
    struct Input<'a>(&'static str, &'a [u8]);

    impl Drop for Input<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                let hex: String = self.1.iter().map(|byte| format!("{byte:02X}")).collect();
                eprintln!("for corpus/{}.hex: {hex}", self.0);
            }
        }
    }

    let named = Input(target.name, input);
    (target.check)(named.1);
}

/// The inputs of a corpus.
fn corpus(target: &Target) -> Vec<Vec<u8>> {
    let inputs = target.corpus.lines().filter_map(|line| {
        let (hex, _) = line.split_once('#').unwrap_or((line, ""));
        let hex = hex.replace(' ', "");
        (!hex.is_empty()).then(|| {
            let bytes = apdu_core::hex::decode(&hex);
            bytes.unwrap_or_else(|| panic!("corpus/{}.hex: {line}", target.name))
        })
    });
    inputs.collect()
}

/// One of the inputs, changed at one to eight places.
fn mutated(inputs: &[Vec<u8>], seed: u64) -> Vec<u8> {
    let mut chance = Chance(seed);
    let mut bytes = chance.one_of(inputs).clone();
    for _ in 0..=chance.below(8) {
        let at = chance.below(bytes.len() + 1);
        let end = (at + chance.below(9)).min(bytes.len());
        match chance.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << chance.below(8),
            1 if at < bytes.len() => bytes[at] = *chance.one_of(&INTERESTING),
            2 if at < bytes.len() => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes.insert(at, *chance.one_of(&INTERESTING)),
            4 => drop(bytes.drain(at..end)),
            5 => bytes.extend_from_within(at..end),
            6 => bytes.truncate(at),
            _ => {
                let other = chance.one_of(inputs);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[chance.below(other.len() + 1)..]);
            }
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

/// Numbers by chance, the same for the same seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) % bound as u64) as usize
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
