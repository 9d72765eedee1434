//! The card's half of the PBOC load cryptography and of the secure-messaging MAC.
//!
//! Written a second time on purpose: the backend has its own, and both are pinned by the same
//! published vectors, so that neither is ever tested against itself.

use des::Des;
use des::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

/// A DES block, which is also a single DES key.
pub type Block = [u8; 8];
/// A two-key 3DES key: left half, right half.
pub type Key = [u8; 16];
/// The leftmost four bytes of a MAC, as every command and answer carries it.
pub type Mac = [u8; 4];

/// One DES block, encrypted.
fn des_encrypt(key: &Block, block: &Block) -> Block {
    let mut out = (*block).into();
    Des::new(&(*key).into()).encrypt_block(&mut out);
    out.into()
}

/// One DES block, decrypted.
fn des_decrypt(key: &Block, block: &Block) -> Block {
    let mut out = (*block).into();
    Des::new(&(*key).into()).decrypt_block(&mut out);
    out.into()
}

/// Left and right half of a two-key 3DES key.
fn halves(key: &Key) -> (Block, Block) {
    let (mut left, mut right) = ([0; 8], [0; 8]);
    left.copy_from_slice(&key[..8]);
    right.copy_from_slice(&key[8..]);
    (left, right)
}

/// One block of two-key 3DES (encrypt left, decrypt right, encrypt left).
pub fn tdes(key: &Key, block: &Block) -> Block {
    let (left, right) = halves(key);
    des_encrypt(&left, &des_decrypt(&right, &des_encrypt(&left, block)))
}

/// Key diversification (密钥分散): `3DES(key, factor) ‖ 3DES(key, NOT factor)` (reference §3.1).
pub fn diversify(key: &Key, factor: &Block) -> Key {
    let mut out = [0; 16];
    out[..8].copy_from_slice(&tdes(key, factor));
    out[8..].copy_from_slice(&tdes(key, &factor.map(|byte| !byte)));
    out
}

/// The load session key: 3DES over `random(4) ‖ online counter(2) ‖ 8000` (reference §3.2).
pub fn load_session_key(load_key: &Key, random: [u8; 4], counter: u16) -> Block {
    let [c0, c1] = counter.to_be_bytes();
    let [r0, r1, r2, r3] = random;
    tdes(load_key, &[r0, r1, r2, r3, c0, c1, 0x80, 0x00])
}

/// The purchase session key: 3DES over `random(4) ‖ offline counter(2) ‖ low two bytes of the
/// terminal's transaction number` (reference §3.2).
pub fn purchase_session_key(key: &Key, random: [u8; 4], counter: u16, terminal: u32) -> Block {
    let [c0, c1] = counter.to_be_bytes();
    let [r0, r1, r2, r3] = random;
    let [_, _, t2, t3] = terminal.to_be_bytes();
    tdes(key, &[r0, r1, r2, r3, c0, c1, t2, t3])
}

/// The single-length TAC key: left half XOR right half (reference §3.2).
pub fn tac_key(key: &Key) -> Block {
    let (left, right) = halves(key);
    std::array::from_fn(|i| left[i] ^ right[i])
}

/// Last block of the DES-CBC chain over `message`, which is always padded with `80 00…`: a
/// block-aligned message gets a whole extra block (reference §4).
fn cbc(key: &Block, iv: &Block, message: &[u8]) -> Block {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(8), 0);
    padded.chunks_exact(8).fold(*iv, |chain, chunk| {
        des_encrypt(key, &std::array::from_fn(|i| chain[i] ^ chunk[i]))
    })
}

/// Leftmost four bytes of a MAC block.
fn leftmost(block: Block) -> Mac {
    [block[0], block[1], block[2], block[3]]
}

/// MAC1, MAC2 and TAC: single DES, IV zero (reference §3.2).
pub fn mac_single(key: &Block, message: &[u8]) -> Mac {
    leftmost(cbc(key, &[0; 8], message))
}

/// Secure-messaging MAC: ISO/IEC 9797-1 algorithm 3 with the challenge as IV, over the whole
/// command without its MAC, Lc already counting the MAC (reference §4).
pub fn mac_retail(key: &Key, iv: &Block, message: &[u8]) -> Mac {
    let (left, right) = halves(key);
    let last = cbc(&left, iv, message);
    leftmost(des_encrypt(&left, &des_decrypt(&right, &last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::bytes;

    fn array<const N: usize>(hex: &str) -> [u8; N] {
        bytes(hex).try_into().unwrap()
    }

    #[test]
    fn vector_a_the_widely_copied_pboc_example() {
        let key = array("11223344556677888877665544332211");
        let sk = load_session_key(&key, array("11223344"), 0);
        assert_eq!(sk, array("9B1D924E05595603"));
        let mac1 = mac_single(&sk, &bytes("00000000 00001000 01 001122334455"));
        assert_eq!(mac1, array("2988AE5A"));
        let mac2 = mac_single(&sk, &bytes("00001000 01 001122334455 20111221214822"));
        assert_eq!(mac2, array("3A845BF0"));
    }

    #[test]
    fn vector_b_a_real_card_trace() {
        let key = array("3F013F013F013F013F013F013F013F01");
        let sk = load_session_key(&key, array("06B825D7"), 0x17);
        assert_eq!(sk, array("6E76E8541E217D9A"));
        let mac1 = mac_single(&sk, &bytes("0000001A 00000001 02 112233445566"));
        assert_eq!(mac1, array("684C81CE"));
    }

    #[test]
    fn chain_c_from_the_roots_to_the_tac() {
        let (area, number) = (array("B8CACBE0B8CACBE0"), array("2201230100000017"));
        let root = array("000102030405060708090A0B0C0D0E0F");
        let province = diversify(&root, &area);
        assert_eq!(province, array("FEF459B74BF092B44CA46423D19EBAA2"));
        assert_eq!(
            diversify(&root, &number),
            array("40E609BC939462A5B0E0397BD5906E14")
        );
        let load = diversify(&province, &number);
        assert_eq!(load, array("05F82EEAFBBD4A0DF303DB0923941613"));
        let tac_root = array("101112131415161718191A1B1C1D1E1F");
        let tac = diversify(&diversify(&tac_root, &area), &number);
        assert_eq!(tac, array("0DC3BE953B8A38DCCB01C22761963B88"));
        assert_eq!(tac_key(&tac), array("C6C27CB25A1C0354"));

        let sk = load_session_key(&load, array("A1B2C3D4"), 5);
        assert_eq!(sk, array("C0CC090D81669E0F"));
        let mac1 = mac_single(&sk, &bytes("00000BB8 00002710 02 010203040506"));
        assert_eq!(mac1, array("91C69BFC"));
        let mac2 = mac_single(&sk, &bytes("00002710 02 010203040506 20240115093000"));
        assert_eq!(mac2, array("895A7A09"));
        let message = bytes("000032C8 0005 00002710 02 010203040506 20240115093000");
        assert_eq!(mac_single(&tac_key(&tac), &message), array("6D83C018"));
    }

    #[test]
    fn examples_d_secure_messaging() {
        let key = array("95813B6B2BCEB63AB83049A3F5F0EA22");
        let iv = array("1122334400000000");
        assert_eq!(
            mac_retail(&key, &iv, &bytes("04D6811A05 01")),
            array("B22BBB44")
        );
        assert_eq!(
            mac_retail(&key, &iv, &bytes("04D6951808 20340114")),
            array("34449F3B")
        );
        let file = "B8CACBE0620100011740620122012301000000172024011520340114\
                    B8CA41313233343500000000000001";
        let command = bytes(&format!("04D695002F {file}"));
        assert_eq!(mac_retail(&key, &iv, &command), array("24CD506D"));
    }

    #[test]
    fn purchase_example_uses_the_load_key_as_purchase_key() {
        let key = array("05F82EEAFBBD4A0DF303DB0923941613");
        let sk = purchase_session_key(&key, array("0A0B0C0D"), 3, 9);
        assert_eq!(sk, array("C5CA6D636620BE0D"));
        let mac1 = mac_single(&sk, &bytes("000001F4 09 010203040506 20240115093000"));
        assert_eq!(mac1, array("4824EA9C"));
    }
}
