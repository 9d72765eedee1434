//! Personal data at rest: names, identity numbers, phones, bank cards.
//!
//! Each value is sealed by XChaCha20-Poly1305 under a random nonce of its own and bound to its row, so that a value
//! moved to another row does not open. Beside it stands a *mark*, HMAC-SHA-256 of the value, by which it is found.
//! Both keys are derived from one that is kept outside the database.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::random::{OsRandom, draw};

/// Bytes of a nonce, which stand before the ciphertext.
const NONCE: usize = 24;

/// The keys of personal data. Wiped when it is dropped.
#[derive(Clone)]
pub struct Personal {
    seal: Zeroizing<[u8; 32]>,
    mark: Zeroizing<[u8; 32]>,
}

/// What a value is, so that the same digits as two kinds of number have different marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The number of an identity document.
    IdNumber,
    /// A phone.
    Phone,
    /// The number of a bank card.
    BankCard,
    /// Everything that was handed in for an application.
    Content,
    /// The SHA-256 of everything that a channel handed in at once.
    Batch,
}

/// What is sealed does not open: another key, another row, or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("personal data that do not open with this key")]
pub struct DoesNotOpen;

impl Personal {
    /// The keys that are derived from this one.
    pub fn new(key: &[u8; 32]) -> Self {
        let derived = |purpose: &str| Zeroizing::new(hmac(key, &[purpose.as_bytes()]));
        Self {
            seal: derived("etc-desk personal data: seal"),
            mark: derived("etc-desk personal data: mark"),
        }
    }

    /// The value as it is kept in this row.
    pub fn seal(&self, row: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = draw(&OsRandom);
        let payload = Payload {
            msg: plain,
            aad: row.as_bytes(),
        };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        // It fails beyond 256 GiB; the longest value has a few hundred bytes.
        let sealed = sealed.expect("a short text is sealed");
        [&nonce[..], &sealed].concat()
    }

    /// The value of this row.
    pub fn open(&self, row: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(DoesNotOpen)?;
        let payload = Payload {
            msg: sealed,
            aad: row.as_bytes(),
        };
        let plain = self.cipher().decrypt(&XNonce::from(*nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| DoesNotOpen)
    }

    /// By which a value is found.
    pub fn mark(&self, kind: Kind, value: &[u8]) -> [u8; 32] {
        let kind = match kind {
            Kind::IdNumber => "id-number",
            Kind::Phone => "phone",
            Kind::BankCard => "bank-card",
            Kind::Content => "content",
            Kind::Batch => "batch",
        };
        hmac(&self.mark, &[kind.as_bytes(), b"\0", value])
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.seal))
    }
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes a key of any length.
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    let mac = parts.iter().fold(mac, |mac, part| mac.chain_update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_in_its_own_row_and_with_its_own_key_only() {
        let (own, other) = (Personal::new(&[1; 32]), Personal::new(&[2; 32]));
        let sealed = own.seal("application 1", "张样例".as_bytes());
        let opened = own.open("application 1", &sealed).unwrap();
        assert_eq!(opened.as_slice(), "张样例".as_bytes());
        assert!(other.open("application 1", &sealed).is_err());
        assert!(own.open("application 2", &sealed).is_err());
        assert!(own.open("application 1", &[]).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(own.open("application 1", &changed).is_err(), "byte {at}");
        }
    }

    #[test]
    fn the_same_value_is_sealed_differently_each_time_and_shows_nothing() {
        let own = Personal::new(&[1; 32]);
        let text = b"440524188001010014";
        let (first, second) = (own.seal("1", text), own.seal("1", text));
        assert_ne!(first, second);
        assert!(
            !first
                .windows(4)
                .any(|part| text.windows(4).any(|own| own == part))
        );
    }

    #[test]
    fn a_mark_hangs_on_key_kind_and_value() {
        let own = Personal::new(&[1; 32]);
        let mark = own.mark(Kind::Phone, b"13800000017");
        assert_eq!(mark, own.mark(Kind::Phone, b"13800000017"));
        assert_ne!(mark, own.mark(Kind::IdNumber, b"13800000017"));
        assert_ne!(mark, own.mark(Kind::Phone, b"13800000018"));
        let other = Personal::new(&[2; 32]);
        assert_ne!(mark, other.mark(Kind::Phone, b"13800000017"));
    }

    /// RFC 4231, test case 2, whose key is shorter: the same function with its bytes padded by zeros.
    #[test]
    fn the_marks_are_hmac_sha_256() {
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let mac = hmac(&key, &[b"what do ya want ", b"for nothing?"]);
        let expected = "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843";
        assert_eq!(apdu_core::hex::encode(&mac), expected);
    }
}
