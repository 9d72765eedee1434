//! The ESAM: two files, a challenge, MAC-protected writing and an encrypted read (reference §6).

use serde::{Deserialize, Serialize};

use super::Personalisation;
use crate::card::Random;
use crate::card::apdu::{Answer, Command, Sw, encode};
use crate::card::random::Generator;
use crate::crypto::{Key, mac_retail, tdes};

/// Place of the removal flag in the system information.
const REMOVAL_FLAG: usize = 26;
/// Its values.
const REMOVED: u8 = 0x00;
const INSTALLED: u8 = 0x01;
/// Short identifier of EF01, in either directory.
const EF01: u8 = 0x01;
/// RK21, 3DES.
const READ_KEY: u8 = 0x00;
/// RK41, SM4.
const SM4_READ_KEY: u8 = 0x40;

/// The directory that is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Directory {
    /// `3F00`.
    #[default]
    Mf,
    /// `DF01`, the ETC application.
    Etc,
}

/// What the chip forgets with its power.
#[derive(Debug, Clone, PartialEq, Default)]
struct Volatile {
    powered: bool,
    directory: Directory,
    /// The challenge, zero-filled to a MAC's initial value.
    challenge: Option<[u8; 8]>,
    /// After so many bytes of the next secured write the power fails.
    tear: Option<usize>,
}

/// The keys of a tag whose algorithm is 3DES.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Keys {
    /// DAMK, of both directories.
    damk: Key,
    /// RK21.
    read: Key,
}

/// The chip of a tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Esam {
    serial: [u8; 8],
    /// Missing where the keys are SM4: no MAC verifies, and what is encrypted nobody reads.
    keys: Option<Keys>,
    system: Vec<u8>,
    vehicle: Vec<u8>,
    /// The encrypted read gives its random back.
    random_returns: bool,
    /// The tamper switch, whose contact the chip sees, is held in.
    is_held: bool,
    random: Generator,
    #[serde(skip)]
    volatile: Volatile,
}

impl Esam {
    /// A personalised chip; the contract number determines its random numbers.
    pub(super) fn new(person: &Personalisation) -> Self {
        let is_sm4 = (0x50..=0xFE).contains(&person.version);
        Self {
            serial: person.serial,
            keys: (!is_sm4).then(|| Keys {
                damk: person.key(&person.roots.damk),
                read: person.key(&person.roots.read),
            }),
            system: person.system_file(),
            vehicle: person.vehicle_file(),
            random_returns: person.random_returns,
            is_held: person.is_held,
            random: Generator::new(u64::from_be_bytes(person.serial)),
            volatile: Volatile::default(),
        }
    }

    /// The contract serial number.
    pub fn serial(&self) -> [u8; 8] {
        self.serial
    }

    /// MF/EF01, 99 bytes.
    pub fn system(&self) -> &[u8] {
        &self.system
    }

    /// DF01/EF01, 79 bytes.
    pub fn vehicle(&self) -> &[u8] {
        &self.vehicle
    }

    /// The removal flag.
    pub fn removal_flag(&self) -> u8 {
        self.system[REMOVAL_FLAG]
    }

    /// Whether the tamper switch is held in.
    pub(super) fn is_held(&self) -> bool {
        self.is_held
    }

    /// The tamper switch goes in or pops out; an active tag is removed then.
    pub(super) fn hold_switch(&mut self, held: bool) {
        self.is_held = held;
        if !held && self.removal_flag() == INSTALLED {
            self.system[REMOVAL_FLAG] = REMOVED;
        }
    }

    /// Powers the chip; doing so again is a reset.
    pub fn power_on(&mut self) {
        self.volatile = Volatile {
            powered: true,
            ..Volatile::default()
        };
    }

    /// Takes the power away.
    pub fn power_off(&mut self) {
        self.volatile = Volatile::default();
    }

    /// Has the power fail after so many bytes of the next secured write, while there is power at all.
    pub fn tear_next_write(&mut self, bytes: usize) {
        self.volatile.tear = Some(bytes);
    }

    /// One command APDU in, data ‖ SW1 ‖ SW2 out; a chip without power answers nothing.
    pub fn transmit(&mut self, apdu: &[u8]) -> Vec<u8> {
        if !self.volatile.powered {
            return Vec::new();
        }
        let challenge = self.volatile.challenge.take();
        let answer = Command::parse(apdu).and_then(|command| self.answer(&command, challenge));
        match self.volatile.powered {
            true => encode(answer),
            false => Vec::new(),
        }
    }

    fn answer(&mut self, command: &Command<'_>, challenge: Option<[u8; 8]>) -> Answer {
        match command.head {
            [0x00, 0xA4] => self.select(command),
            [0x00, 0xB0] => self.read_binary(command),
            [0x00, 0xB4] => self.read_encrypted(command),
            [0x00, 0x84] => self.get_challenge(command),
            [0x04, 0xD6] => self.update_binary(command, challenge),
            // Both files are written with a MAC only.
            [0x00, 0xD6] => Err(Sw::SECURITY_STATUS),
            // The chip's serial number, from which nothing follows here.
            [0x80, 0xF6] if [command.p1, command.p2] == [0x00, 0x03] => {
                command.exactly(self.serial[4..].to_vec())
            }
            [0x00 | 0x04 | 0x80, _] => Err(Sw::WRONG_INS),
            _ => Err(Sw::WRONG_CLA),
        }
    }

    /// SELECT by file identifier. As in the worked replies of the serial reference (§3.3), nothing but the
    /// status word comes back.
    fn select(&mut self, command: &Command<'_>) -> Answer {
        self.volatile.directory = match (command.p1, command.p2, command.body) {
            (0x00, 0x00, [0x3F, 0x00]) => Directory::Mf,
            (0x00, 0x00, [0xDF, 0x01]) => Directory::Etc,
            (0x00, 0x00, _) => return Err(Sw::FILE_NOT_FOUND),
            _ => return Err(Sw::WRONG_P1_P2),
        };
        Ok(Vec::new())
    }

    /// READ BINARY by short identifier: the vehicle information does not come in the clear.
    fn read_binary(&self, command: &Command<'_>) -> Answer {
        if command.p1 != 0x80 | EF01 {
            return Err(Sw::FILE_NOT_FOUND);
        }
        if self.volatile.directory == Directory::Etc {
            return Err(Sw::SECURITY_STATUS);
        }
        let rest = self.system.get(usize::from(command.p2)..);
        let rest = rest.filter(|rest| !rest.is_empty());
        let rest = rest.ok_or(Sw::WRONG_OFFSET)?;
        match command.le {
            None => Err(Sw::WRONG_LENGTH),
            Some(le) if le != 0 && usize::from(le) < rest.len() => {
                Ok(rest[..usize::from(le)].to_vec())
            }
            Some(_) => command.exactly(rest.to_vec()),
        }
    }

    /// `00B4 00 00 0A random(8) Le keyId`: the vehicle information, encrypted.
    ///
    /// The plaintext is LD ‖ random ‖ file, or LD ‖ file where the random does not come back, filled with `80 00…`
    /// where it does not fill its blocks; what no source says of it is a choice here (reference §6.2).
    fn read_encrypted(&mut self, command: &Command<'_>) -> Answer {
        if self.volatile.directory != Directory::Etc {
            return Err(Sw::FILE_NOT_FOUND);
        }
        let [random @ .., length, key] = command.body::<10>()?;
        let file = self.vehicle.get(..usize::from(length));
        let file = file.filter(|file| matches!(file.len(), 0x0D | 0x3B | 0x4F));
        let file = file.ok_or(Sw::WRONG_LENGTH)?;
        match (&self.keys, key) {
            (Some(keys), READ_KEY) => {
                let random = random.iter().filter(|_| self.random_returns);
                let mut plain = vec![0];
                plain.extend(random.chain(file));
                plain[0] = (plain.len() - 1) as u8;
                if !plain.len().is_multiple_of(8) {
                    plain.push(0x80);
                    plain.resize(plain.len().next_multiple_of(8), 0x00);
                }
                let (blocks, _) = plain.as_chunks();
                Ok(blocks
                    .iter()
                    .flat_map(|block| tdes(&keys.read, block))
                    .collect())
            }
            (None, SM4_READ_KEY) => {
                let whole = (1 + 16 + file.len()).next_multiple_of(16);
                let noise = (0..whole / 8).map(|_| self.random.draw(Random::Fresh));
                Ok(noise.flatten().collect())
            }
            _ => Err(Sw::KEY_NOT_FOUND),
        }
    }

    fn get_challenge(&mut self, command: &Command<'_>) -> Answer {
        let length = match (command.body, command.le) {
            ([], Some(le @ (4 | 8))) => usize::from(le),
            _ => return Err(Sw::WRONG_LENGTH),
        };
        let mut challenge = self.random.draw(Random::Fresh);
        challenge[length..].fill(0);
        self.volatile.challenge = Some(challenge);
        Ok(challenge[..length].to_vec())
    }

    /// UPDATE BINARY with MAC: `04D6 81 offset Lc data MAC(4)` (reference §2.3, §4). A tag whose switch stands out is
    /// not written, except to say that it was removed.
    fn update_binary(&mut self, command: &Command<'_>, challenge: Option<[u8; 8]>) -> Answer {
        if command.p1 != 0x80 | EF01 {
            return Err(Sw::FILE_NOT_FOUND);
        }
        let iv = challenge.ok_or(Sw::NO_CHALLENGE)?;
        let (data, mac) = match command.body.split_last_chunk::<4>() {
            Some((data, mac)) if !data.is_empty() => (data, mac),
            _ => return Err(Sw::WRONG_LENGTH),
        };
        let file = match self.volatile.directory {
            Directory::Mf => &mut self.system,
            Directory::Etc => &mut self.vehicle,
        };
        let start = usize::from(command.p2);
        let place = file.get_mut(start..start + data.len());
        let place = place.ok_or(Sw::WRONG_OFFSET)?;
        let keys = self.keys.as_ref().ok_or(Sw::WRONG_SM_MAC)?;
        if mac_retail(&keys.damk, &iv, &[&command.header, data].concat()) != *mac {
            return Err(Sw::WRONG_SM_MAC);
        }
        let says_removed = (start, data) == (REMOVAL_FLAG, &[REMOVED]);
        if !self.is_held && !says_removed {
            return Err(Sw::CONDITIONS);
        }
        let whole = data.len();
        let written = self
            .volatile
            .tear
            .take()
            .map_or(whole, |tear| tear.min(whole));
        place[..written].copy_from_slice(&data[..written]);
        if written < whole {
            self.power_off();
        }
        Ok(Vec::new())
    }
}
