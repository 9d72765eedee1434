//! Keys in memory, from a file.

use std::collections::BTreeMap;

use apdu_core::bcd::{CardNumber, Date, Time};
use apdu_core::obu::{Algorithm, Contract};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::des::{self, DoubleKey, SingleKey};
use super::file::{self, KeyFileError};
use super::personal::Personal;
use super::{
    CardContent, CardWrite, Init, KeyError, KeyStore, Load, LoadKey, TagContent, TagKey, TagWrite,
    VehicleRead,
};
use crate::bundle;

/// Transaction type of a load, in every MAC of it.
const LOAD: u8 = 0x02;

/// Key indexes and key versions from here on are SM4 keys.
const FIRST_SM4: u8 = 0x40;

/// Length of the random in front of vehicle information.
const RANDOM: usize = 8;

/// Algorithm identifier of SM4 in an INIT answer. 3DES cards answer `00`, some generic PBOC cards `01`.
const SM4: u8 = 0x04;

/// Root keys held in memory. The keys are wiped when it is dropped.
pub struct SoftKeys {
    issuers: BTreeMap<[u8; 2], Issuer>,
    evidence: Option<SigningKey>,
    personal: Option<Personal>,
    demo: bool,
}

/// The root keys of one issuer.
pub struct Issuer {
    /// How far the roots are from a card's keys.
    pub levels: Levels,
    /// Load roots by key index.
    pub load: BTreeMap<u8, DoubleKey>,
    /// TAC roots by the key index of the load they belong to.
    pub tac: BTreeMap<u8, DoubleKey>,
    /// Roots of the keys that encrypt the vehicle information of tags, by key index.
    pub tag_read: BTreeMap<u8, DoubleKey>,
    /// Roots of the keys that protect what is written on tags.
    pub tag_write: Option<TagMaintenance>,
    /// Roots of the keys that protect what is written on cards.
    pub card_write: Option<CardMaintenance>,
}

/// Roots of the maintenance keys of a tag's two directories.
pub struct TagMaintenance {
    /// DAMK of the master file, home of the system information.
    pub system: DoubleKey,
    /// DAMK of DF01, home of the vehicle information.
    pub vehicle: DoubleKey,
}

/// Roots of the maintenance keys of a card's two directories.
pub struct CardMaintenance {
    /// DAMK of the master file, home of file 0016.
    pub holder: DoubleKey,
    /// DAMK of the toll application, home of file 0015.
    pub issue: DoubleKey,
}

impl Issuer {
    /// The key of one card or tag, by its number of eight bytes.
    fn derive(&self, root: &DoubleKey, serial: [u8; 8]) -> DoubleKey {
        match self.levels {
            Levels::Province => des::diversify(root, serial),
            Levels::National { area: [a, b, c, d] } => {
                let province = des::diversify(root, [a, b, c, d, a, b, c, d]);
                des::diversify(&province, serial)
            }
        }
    }
}

/// How far root keys are from a card's keys.
#[derive(Clone, Copy)]
pub enum Levels {
    /// One level: province keys, diversified with the card's serial.
    Province,
    /// Two levels: national roots, diversified with the area twice, then with the card's serial.
    National {
        /// First four bytes of the issuer id in file 0015.
        area: [u8; 4],
    },
}

impl SoftKeys {
    /// Reads a key file in the form that `docs/keys.md` describes.
    pub fn from_toml(text: &str) -> Result<Self, KeyFileError> {
        let file = file::read(text)?;
        Ok(Self {
            issuers: file.issuers,
            evidence: file.evidence.map(|seed| SigningKey::from_bytes(&seed)),
            personal: file.personal.map(|key| Personal::new(&key)),
            demo: file.demo,
        })
    }

    /// The keys of personal data, if the file has one.
    pub fn personal(&self) -> Option<&Personal> {
        self.personal.as_ref()
    }

    /// Whether the file says that these are toy keys.
    pub fn is_demo(&self) -> bool {
        self.demo
    }

    fn load_key(&self, key: LoadKey) -> Result<DoubleKey, KeyError> {
        self.card_key(key, |issuer| &issuer.load)
    }

    fn tac_key(&self, key: LoadKey) -> Result<SingleKey, KeyError> {
        Ok(des::tac_key(&self.card_key(key, |issuer| &issuer.tac)?))
    }

    fn card_key(
        &self,
        key: LoadKey,
        roots: impl Fn(&Issuer) -> &BTreeMap<u8, DoubleKey>,
    ) -> Result<DoubleKey, KeyError> {
        if key.index >= FIRST_SM4 {
            return Err(KeyError::UnsupportedAlgorithm);
        }
        let issuer = self
            .issuers
            .get(&key.card.network)
            .ok_or(KeyError::NoKeys)?;
        let root = roots(issuer).get(&key.index).ok_or(KeyError::NoKeys)?;
        Ok(issuer.derive(root, key.card.serial))
    }

    /// The issuer and the root of a tag's key.
    fn tag_root(&self, key: TagKey) -> Result<(&Issuer, &DoubleKey), KeyError> {
        if key.index >= FIRST_SM4 {
            return Err(KeyError::UnsupportedAlgorithm);
        }
        let issuer = self.issuers.get(&key.network).ok_or(KeyError::NoKeys)?;
        let root = issuer.tag_read.get(&key.index).ok_or(KeyError::NoKeys)?;
        Ok((issuer, root))
    }

    /// The issuer and the maintenance roots of its tags.
    fn tag_maintenance(
        &self,
        network: [u8; 2],
        algorithm: Algorithm,
    ) -> Result<(&Issuer, &TagMaintenance), KeyError> {
        if algorithm == Algorithm::Sm4 {
            return Err(KeyError::UnsupportedAlgorithm);
        }
        let issuer = self.issuers.get(&network).ok_or(KeyError::NoKeys)?;
        let roots = issuer.tag_write.as_ref().ok_or(KeyError::NoKeys)?;
        Ok((issuer, roots))
    }

    /// The issuer and the maintenance roots of its cards.
    fn card_maintenance(
        &self,
        network: [u8; 2],
        algorithm: Algorithm,
    ) -> Result<(&Issuer, &CardMaintenance), KeyError> {
        if algorithm == Algorithm::Sm4 {
            return Err(KeyError::UnsupportedAlgorithm);
        }
        let issuer = self.issuers.get(&network).ok_or(KeyError::NoKeys)?;
        let roots = issuer.card_write.as_ref().ok_or(KeyError::NoKeys)?;
        Ok((issuer, roots))
    }

    fn session(&self, init: &Init) -> Result<SingleKey, KeyError> {
        if init.algorithm == SM4 || init.key_version >= FIRST_SM4 {
            return Err(KeyError::UnsupportedAlgorithm);
        }
        Ok(des::load_session(
            &self.load_key(init.key)?,
            init.random,
            init.counter,
        ))
    }
}

impl KeyStore for SoftKeys {
    fn verify_mac1(&self, init: &Init, mac1: [u8; 4]) -> Result<(), KeyError> {
        compare(mac1_of(&self.session(init)?, init), mac1)
    }

    fn authorise_load(
        &self,
        init: &Init,
        mac1: [u8; 4],
        Date(date): Date,
        Time(time): Time,
    ) -> Result<[u8; 4], KeyError> {
        let session = self.session(init)?;
        compare(mac1_of(&session, init), mac1)?;
        let amount = init.amount.to_be_bytes();
        let parts: [&[u8]; 5] = [&amount, &[LOAD], &init.terminal, &date, &time];
        Ok(des::mac(&session, &parts.concat()))
    }

    fn verify_tac(&self, load: &Load, tac: [u8; 4]) -> Result<(), KeyError> {
        let key = self.tac_key(load.key)?;
        // No card accepts a load beyond what its purse can count.
        let after = load
            .balance
            .checked_add(load.amount)
            .ok_or(KeyError::NotVerified)?;
        let (Date(date), Time(time)) = (load.date, load.time);
        let parts: [&[u8]; 7] = [
            &after.to_be_bytes(),
            &load.counter.to_be_bytes(),
            &load.amount.to_be_bytes(),
            &[LOAD],
            &load.terminal,
            &date,
            &time,
        ];
        compare(des::mac(&key, &parts.concat()), tac)
    }

    fn knows_issuer(&self, network: [u8; 2]) -> bool {
        self.issuers.contains_key(&network)
    }

    fn may_open(&self, key: TagKey) -> Result<(), KeyError> {
        self.tag_root(key).map(|_| ())
    }

    fn open_vehicle(&self, read: &VehicleRead, answer: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (issuer, root) = self.tag_root(read.key)?;
        let key = issuer.derive(root, read.key.tag.0);
        // A length byte, a random, the file; filled up by 80 00… to whole blocks, where it is not whole already
        // (reference §6.2, inferred). A chip that does not return our random has its own there, or none at all.
        let file_length = usize::from(read.length);
        let blocks = |length: usize| (1 + length).next_multiple_of(8);
        let is_bare = read.random.is_none() && answer.len() == blocks(file_length);
        let length = match is_bare {
            true => file_length,
            false => RANDOM + file_length,
        };
        if answer.len() != blocks(length) {
            return Err(KeyError::NotVerified);
        }
        let plain = des::decrypt(&key, answer, read.is_chained);
        let (head, fill) = plain.split_at(1 + length);
        let is_fill = fill.first().is_none_or(|first| *first == 0x80)
            && fill.iter().skip(1).all(|byte| *byte == 0);
        match head {
            [said, body @ ..] if usize::from(*said) == length && is_fill => {
                let (random, file) = body.split_at(length - file_length);
                match read.random {
                    Some(ours) if random != ours => Err(KeyError::NotVerified),
                    _ => Ok(file.to_vec()),
                }
            }
            _ => Err(KeyError::NotVerified),
        }
    }

    fn may_write_tag(&self, network: [u8; 2], algorithm: Algorithm) -> Result<(), KeyError> {
        self.tag_maintenance(network, algorithm).map(|_| ())
    }

    fn write_tag(&self, write: &TagWrite<'_>, challenge: [u8; 4]) -> Result<Vec<u8>, KeyError> {
        let (issuer, roots) = self.tag_maintenance(write.network, write.algorithm)?;
        let (root, offset, data) = match &write.content {
            TagContent::Vehicle(file) if [59, 79].contains(&file.len()) => {
                (&roots.vehicle, 0, *file)
            }
            TagContent::System(file)
                if [27, 99].contains(&file.len()) && file[10..18] == write.tag.0 =>
            {
                (&roots.system, 0, *file)
            }
            TagContent::RemovalFlag(flag) => (
                &roots.system,
                Contract::LENGTH as u8,
                std::slice::from_ref(flag),
            ),
            _ => return Err(KeyError::NotThatFile),
        };
        let key = issuer.derive(root, write.tag.0);
        Ok(secured(&key, challenge, [0x81, offset], data))
    }

    fn may_write_card(&self, network: [u8; 2], algorithm: Algorithm) -> Result<(), KeyError> {
        self.card_maintenance(network, algorithm).map(|_| ())
    }

    fn write_card(&self, write: &CardWrite<'_>, challenge: [u8; 4]) -> Result<Vec<u8>, KeyError> {
        let card = write.card;
        let (issuer, roots) = self.card_maintenance(card.network, write.algorithm)?;
        let (root, file, data) = match write.content {
            CardContent::Holder(file) => (&roots.holder, 0x96, &file[..]),
            CardContent::Issue(file)
                if [43, 50].contains(&file.len())
                    && file[10..12] == card.network
                    && file[12..20] == card.serial =>
            {
                (&roots.issue, 0x95, file)
            }
            CardContent::Issue(_) => return Err(KeyError::NotThatFile),
        };
        let key = issuer.derive(root, card.serial);
        Ok(secured(&key, challenge, [file, 0x00], data))
    }

    fn holder_mark(&self, card: CardNumber, file: &[u8; 55]) -> Result<[u8; 32], KeyError> {
        let (issuer, roots) = self.card_maintenance(card.network, Algorithm::TripleDes)?;
        let key = issuer.derive(&roots.holder, card.serial);
        // A key of any length is good for HMAC. What a MAC of a write covers is never this text.
        let mut mac = Hmac::<Sha256>::new_from_slice(&*key).map_err(|_| KeyError::NoKeys)?;
        mac.update(b"file 0016 of a card");
        mac.update(file);
        Ok(mac.finalize().into_bytes().into())
    }

    fn sign_evidence(&self, form: &'static str, digest: [u8; 32]) -> Result<[u8; 64], KeyError> {
        let key = self.evidence.as_ref().ok_or(KeyError::NoKeys)?;
        Ok(key.sign(&bundle::message(form, digest)).to_bytes())
    }

    fn evidence_key(&self) -> Result<[u8; 32], KeyError> {
        let key = self.evidence.as_ref().ok_or(KeyError::NoKeys)?;
        Ok(key.verifying_key().to_bytes())
    }
}

/// UPDATE BINARY in secure messaging: the short file and the offset, the data, and the MAC over all of it.
fn secured(key: &DoubleKey, challenge: [u8; 4], place: [u8; 2], data: &[u8]) -> Vec<u8> {
    // 99 bytes at most, and four of the MAC.
    let length = data.len() as u8 + 4;
    let mut command = vec![0x04, 0xD6, place[0], place[1], length];
    command.extend(data);
    command.extend(des::secure_mac(key, challenge, &command));
    command
}

fn mac1_of(session: &SingleKey, init: &Init) -> [u8; 4] {
    let (balance, amount) = (init.balance.to_be_bytes(), init.amount.to_be_bytes());
    let parts: [&[u8]; 4] = [&balance, &amount, &[LOAD], &init.terminal];
    des::mac(session, &parts.concat())
}

/// In constant time, so that the time of an answer tells nothing about the right MAC.
fn compare(right: [u8; 4], shown: [u8; 4]) -> Result<(), KeyError> {
    if bool::from(right.ct_eq(&shown)) {
        Ok(())
    } else {
        Err(KeyError::NotVerified)
    }
}
