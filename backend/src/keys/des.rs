//! The PBOC constructions over DES: diversification, session key, and the MAC of a load.

use des::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use zeroize::Zeroizing;

/// A two-key 3DES key.
pub type DoubleKey = Zeroizing<[u8; 16]>;

/// A single DES key.
pub type SingleKey = Zeroizing<[u8; 8]>;

/// `3DES(key, factor) ‖ 3DES(key, NOT factor)`: the key one level down.
pub fn diversify(key: &DoubleKey, factor: [u8; 8]) -> DoubleKey {
    let mut derived = Zeroizing::new([0; 16]);
    derived[..8].copy_from_slice(triple(key, factor).as_slice());
    derived[8..].copy_from_slice(triple(key, factor.map(|byte| !byte)).as_slice());
    derived
}

/// Session key of a load: `3DES(key, random ‖ counter ‖ 80 00)`.
pub fn load_session(key: &DoubleKey, random: [u8; 4], counter: u16) -> SingleKey {
    let [r0, r1, r2, r3] = random;
    let [c0, c1] = counter.to_be_bytes();
    triple(key, [r0, r1, r2, r3, c0, c1, 0x80, 0x00])
}

/// Key of the TAC: left half XOR right half.
pub fn tac_key(key: &DoubleKey) -> SingleKey {
    let mut folded = Zeroizing::new([0; 8]);
    for (i, byte) in folded.iter_mut().enumerate() {
        *byte = key[i] ^ key[i + 8];
    }
    folded
}

/// Leftmost four bytes of the DES-CBC MAC with a zero IV, `data` padded by `80 00…`.
pub fn mac(key: &SingleKey, data: &[u8]) -> [u8; 4] {
    let des = des::Des::new(&Array(**key));
    let mut padded = data.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(8), 0);

    let mut block = [0; 8];
    for chunk in padded.chunks_exact(8) {
        for (byte, more) in block.iter_mut().zip(chunk) {
            *byte ^= more;
        }
        let mut array = Array(block);
        des.encrypt_block(&mut array);
        block = array.0;
    }
    let [m0, m1, m2, m3, ..] = block;
    [m0, m1, m2, m3]
}

/// MAC of a secured write: ISO/IEC 9797-1 algorithm 3 with the challenge and four zeros as initial value, the
/// command without its MAC padded by `80 00…`; leftmost four bytes (reference §4).
pub fn secure_mac(key: &DoubleKey, challenge: [u8; 4], command: &[u8]) -> [u8; 4] {
    let [k0, k1, k2, k3, k4, k5, k6, k7, ..] = **key;
    let left = Zeroizing::new([k0, k1, k2, k3, k4, k5, k6, k7]);
    let des = des::Des::new(&Array(*left));
    let mut padded = command.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(8), 0);
    let (chunks, _) = padded.as_chunks::<8>();
    let [c0, c1, c2, c3] = challenge;
    let mut block = [c0, c1, c2, c3, 0, 0, 0, 0];
    for (at, chunk) in chunks.iter().enumerate() {
        for (byte, more) in block.iter_mut().zip(chunk) {
            *byte ^= more;
        }
        let mut array = Array(block);
        match at + 1 == chunks.len() {
            // The last block is encrypted by both halves.
            true => des::TdesEde2::new(&Array(**key)).encrypt_block(&mut array),
            false => des.encrypt_block(&mut array),
        }
        block = array.0;
    }
    let [m0, m1, m2, m3, ..] = block;
    [m0, m1, m2, m3]
}

/// `3DES` decryption block by block, each for itself or each XORed with the ciphertext before it (zeros before
/// the first). What is no whole block at the end is left away.
pub fn decrypt(key: &DoubleKey, ciphertext: &[u8], is_chained: bool) -> Zeroizing<Vec<u8>> {
    let des = des::TdesEde2::new(&Array(**key));
    let mut plain = Zeroizing::new(Vec::with_capacity(ciphertext.len()));
    let mut before = [0; 8];
    for block in ciphertext.as_chunks::<8>().0 {
        let mut array = Array(*block);
        des.decrypt_block(&mut array);
        let chained = array
            .0
            .iter()
            .zip(before)
            .map(|(byte, before)| byte ^ before);
        plain.extend(chained);
        if is_chained {
            before = *block;
        }
    }
    plain
}

fn triple(key: &DoubleKey, block: [u8; 8]) -> SingleKey {
    let mut array = Array(block);
    des::TdesEde2::new(&Array(**key)).encrypt_block(&mut array);
    Zeroizing::new(array.0)
}
