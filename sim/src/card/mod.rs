//! The plastic: a toll card with real semantics, and something that is not a toll card.

pub(crate) mod apdu;
mod files;
mod knobs;
mod load;
mod personalisation;
pub(crate) mod random;
mod security;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use files::{LogRecord, Stamp, TransitRecord};
pub use knobs::{Knobs, PinForm, PinKnob, ProofCounter, ProofsKept, Random};
pub use load::{Credit, PurchaseRefused};
pub use personalisation::{Levels, Personalisation, Roots};

use apdu::{Answer, Command, Sw, encode};
use files::sfi;
use load::Wallet;
use random::Generator;
use security::{Keys, Pin};

/// ATR of the toll card: direct convention, TB1 = TC1 = 00, 13 historical bytes. Only T=0 is
/// offered, so there is no TCK (ISO/IEC 7816-3 §8.2.5).
pub const TOLL_CARD_ATR: &[u8] = b"\x3B\x6D\x00\x00ETC-DESK-SIM1";

/// ATR of the card that is no toll card: as above with 5 historical bytes.
pub const OTHER_CARD_ATR: &[u8] = b"\x3B\x65\x00\x00OTHER";

/// AID of the toll application (reference §1.1).
const AID: [u8; 9] = [0xA0, 0x00, 0x00, 0x00, 0x03, 0x86, 0x98, 0x07, 0x01];
/// Name of the master file.
const MF_NAME: &[u8] = b"1PAY.SYS.DDF01";

/// Whatever lies in the reader.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// A toll card.
    Toll(Box<TollCard>),
    /// Some other chip: SELECT answers `6A82`, everything else `6D00`.
    Other,
}

impl Card {
    /// The ATR, whether the chip has power or not.
    pub fn atr(&self) -> &'static [u8] {
        match self {
            Self::Toll(_) => TOLL_CARD_ATR,
            Self::Other => OTHER_CARD_ATR,
        }
    }

    /// Powers the chip and returns its ATR. Doing so again is a warm reset.
    pub fn power_on(&mut self) -> Vec<u8> {
        if let Self::Toll(card) = self {
            card.power_on();
        }
        self.atr().to_vec()
    }

    /// Takes the power away; all that is volatile is gone.
    pub fn power_off(&mut self) {
        if let Self::Toll(card) = self {
            card.power_off();
        }
    }

    /// One command APDU in, data ‖ SW1 ‖ SW2 out.
    pub fn transmit(&mut self, apdu: &[u8]) -> Vec<u8> {
        match self {
            Self::Toll(card) => card.transmit(apdu),
            Self::Other if apdu.get(1) == Some(&0xA4) => encode(Err(Sw::FILE_NOT_FOUND)),
            Self::Other => encode(Err(Sw::WRONG_INS)),
        }
    }

    /// Has the power fail after so many bytes of the next secured write, while there is power at all.
    pub fn tear_next_write(&mut self, bytes: usize) {
        if let Self::Toll(card) = self {
            card.tear_next_write(bytes);
        }
    }

    /// The toll card, if it is one.
    pub fn as_toll(&self) -> Option<&TollCard> {
        match self {
            Self::Toll(card) => Some(card),
            Self::Other => None,
        }
    }

    /// The toll card, if it is one, to let the road or another system act on it.
    pub fn as_toll_mut(&mut self) -> Option<&mut TollCard> {
        match self {
            Self::Toll(card) => Some(card),
            Self::Other => None,
        }
    }
}

/// The directory that is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Directory {
    /// `3F00`.
    #[default]
    Mf,
    /// `1001`, the toll application.
    Toll,
}

/// What the chip forgets with its power.
#[derive(Debug, Clone, PartialEq, Default)]
struct Volatile {
    powered: bool,
    directory: Directory,
    /// Short identifier of the elementary file selected by FID.
    current: Option<u8>,
    pin_verified: bool,
    /// The challenge, zero-filled to a MAC's initial value.
    challenge: Option<[u8; 8]>,
    load: Option<load::Session>,
    /// After so many bytes of the next secured write the power fails.
    tear: Option<usize>,
}

/// A toll card (用户卡) with its keys, files, wallet and PIN.
///
/// `Clone` copies the whole state, a running session included; serde leaves out what the chip
/// forgets without power, so a restored card is one that lies on the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TollCard {
    knobs: Knobs,
    number: [u8; 8],
    keys: Keys,
    pin: Pin,
    issue_file: Vec<u8>,
    holder_file: Vec<u8>,
    transit: Vec<u8>,
    wallet: Wallet,
    random: Generator,
    #[serde(skip)]
    volatile: Volatile,
}

impl TollCard {
    /// A personalised card; `seed` determines all its random numbers.
    pub fn new(person: &Personalisation, knobs: Knobs, seed: u64) -> Self {
        Self {
            knobs,
            number: person.number,
            keys: Keys::new(person),
            pin: Pin::new(person.pin, knobs.pin),
            issue_file: person.issue_file(knobs.issue_file_length),
            holder_file: person.holder_file(),
            transit: TransitRecord::encode_or_blank(person.transit.as_ref()),
            wallet: Wallet::new(person),
            random: Generator::new(seed),
            volatile: Volatile::default(),
        }
    }

    /// Powers the chip; its ATR is [`TOLL_CARD_ATR`]. Doing so again is a warm reset.
    pub fn power_on(&mut self) {
        self.volatile = Volatile {
            powered: true,
            ..Volatile::default()
        };
        self.random.power_on(self.knobs.random);
    }

    /// Takes the power away: selection, PIN state, challenge and pending load are gone.
    pub fn power_off(&mut self) {
        self.volatile = Volatile::default();
    }

    /// One command APDU in, data ‖ SW1 ‖ SW2 out; a chip without power answers nothing.
    pub fn transmit(&mut self, apdu: &[u8]) -> Vec<u8> {
        if !self.volatile.powered {
            return Vec::new();
        }
        // A challenge serves the next command or none, whatever that command is (reference §2.3).
        let challenge = self.volatile.challenge.take();
        let answer = Command::parse(apdu).and_then(|command| self.answer(&command, challenge));
        match self.volatile.powered {
            true => encode(answer),
            false => Vec::new(),
        }
    }

    /// Has the power fail after so many bytes of the next secured write, while there is power at all.
    pub fn tear_next_write(&mut self, bytes: usize) {
        self.volatile.tear = Some(bytes);
    }

    fn answer(&mut self, command: &Command<'_>, challenge: Option<[u8; 8]>) -> Answer {
        if self.knobs.credit_only_after_init && command.head != [0x80, 0x52] {
            self.volatile.load = None;
        }
        match command.head {
            [0x00, 0xA4] => self.select(command),
            [0x00, 0xB0] => self.read_binary(command),
            [0x00, 0xB2] => self.read_record(command),
            [0x00, 0x84] => self.get_challenge(command),
            [0x00, 0x20] => self.verify(command),
            [0x04, 0xD6] => self.update_binary(command, challenge),
            // Both transparent files are written with a MAC only (reference §1.1).
            [0x00, 0xD6] => Err(Sw::SECURITY_STATUS),
            [0x80, 0x5C] => self.get_balance(command),
            [0x80, 0x50] => self.initialize_for_load(command),
            [0x80, 0x52] => self.credit_for_load(command),
            [0x80, 0x5A] => self.get_transaction_prove(command),
            [0x00 | 0x04 | 0x80, _] => Err(Sw::WRONG_INS),
            _ => Err(Sw::WRONG_CLA),
        }
    }

    /// SELECT by file identifier (P1 00) or by name (P1 04); answers the FCI.
    fn select(&mut self, command: &Command<'_>) -> Answer {
        let (directory, file) = match (command.p1, command.p2, command.body) {
            (0x00, 0x00, [0x3F, 0x00] | []) => (Directory::Mf, None),
            (0x00, 0x00, [0x10, 0x01]) => (Directory::Toll, None),
            (0x00, 0x00, [0x00, id]) => match (self.volatile.directory, *id) {
                (here @ Directory::Mf, sfi::HOLDER) => (here, Some(*id)),
                (here @ Directory::Toll, sfi::ISSUE | sfi::LOG | sfi::TRANSIT | sfi::WALLET) => {
                    (here, Some(*id))
                }
                _ => return Err(Sw::FILE_NOT_FOUND),
            },
            (0x04, 0x00, name) if name == MF_NAME => (Directory::Mf, None),
            (0x04, 0x00, name) if name == AID => (Directory::Toll, None),
            (0x00 | 0x04, 0x00, _) => return Err(Sw::FILE_NOT_FOUND),
            _ => return Err(Sw::WRONG_P1_P2),
        };
        if file.is_none() {
            // Selecting an application starts it anew, so a pending load ends; the PIN belongs to
            // the toll application and is kept until that is left.
            self.volatile.load = None;
            self.volatile.pin_verified &= directory == Directory::Toll;
        }
        self.volatile.directory = directory;
        self.volatile.current = file;
        let own = match (directory, file) {
            (_, Some(sfi)) => vec![0x88, 0x01, sfi],
            // The directory file's short identifier.
            (Directory::Mf, None) => vec![0x88, 0x01, 0x01],
            // 9F0C carries issuer data: the first 28 bytes of 0015, issuer to expiry.
            (Directory::Toll, None) => [&[0x9F, 0x0C, 28], &self.issue_file[..28]].concat(),
        };
        Ok(fci(directory, &own))
    }

    /// READ BINARY by short identifier, or in the file selected before.
    fn read_binary(&mut self, command: &Command<'_>) -> Answer {
        if !command.body.is_empty() {
            return Err(Sw::WRONG_LENGTH);
        }
        let (sfi, offset) = if command.p1 & 0x80 != 0 {
            (command.p1 & 0x1F, usize::from(command.p2))
        } else {
            let current = self.volatile.current.ok_or(Sw::NO_CURRENT_FILE)?;
            (
                current,
                usize::from(command.p1) << 8 | usize::from(command.p2),
            )
        };
        let file = self.transparent(sfi)?;
        let rest = file
            .get(offset..)
            .filter(|rest| !rest.is_empty())
            .ok_or(Sw::WRONG_OFFSET)?;
        match command.le {
            None => Err(Sw::WRONG_LENGTH),
            Some(le) if usize::from(le) < rest.len() && le != 0 => {
                Ok(rest[..usize::from(le)].to_vec())
            }
            Some(_) => command.exactly(rest.to_vec()),
        }
    }

    /// A transparent file of the selected directory.
    fn transparent(&self, sfi: u8) -> Result<&Vec<u8>, Sw> {
        match (self.volatile.directory, sfi) {
            (Directory::Mf, sfi::HOLDER) => Ok(&self.holder_file),
            (Directory::Toll, sfi::ISSUE) => Ok(&self.issue_file),
            (Directory::Toll, sfi::LOG | sfi::TRANSIT | sfi::WALLET) => Err(Sw::INCOMPATIBLE_FILE),
            _ => Err(Sw::FILE_NOT_FOUND),
        }
    }

    /// READ RECORD by number (P2 low bits 4) or by record identifier (P2 low bits 0).
    fn read_record(&mut self, command: &Command<'_>) -> Answer {
        if !command.body.is_empty() {
            return Err(Sw::WRONG_LENGTH);
        }
        let by_number = match command.p2 & 0x07 {
            0x04 => true,
            0x00 => false,
            _ => return Err(Sw::WRONG_P1_P2),
        };
        let sfi = match command.p2 >> 3 {
            0 => self.volatile.current.ok_or(Sw::NO_CURRENT_FILE)?,
            sfi => sfi,
        };
        let record = match (self.volatile.directory, sfi, by_number) {
            (Directory::Toll, sfi::LOG, _) if self.knobs.hides_log => {
                return Err(Sw::SECURITY_STATUS);
            }
            (Directory::Toll, sfi::LOG, true) => {
                // Newest first; record 0, "the current one", does not exist here.
                let index = usize::from(command.p1).checked_sub(1);
                index
                    .and_then(|i| self.wallet.log.get(i))
                    .map(LogRecord::encode)
            }
            (Directory::Toll, sfi::TRANSIT, by_number) => {
                (command.p1 == if by_number { 0x01 } else { 0xAA }).then(|| self.transit.clone())
            }
            (Directory::Toll, sfi::LOG, false) => None,
            (Directory::Toll, sfi::ISSUE | sfi::WALLET, _) | (Directory::Mf, sfi::HOLDER, _) => {
                return Err(Sw::INCOMPATIBLE_FILE);
            }
            _ => return Err(Sw::FILE_NOT_FOUND),
        };
        command.exactly(record.ok_or(Sw::RECORD_NOT_FOUND)?)
    }

    /// `Ok` while the toll application is selected: the wallet's commands exist only there.
    fn in_application(&self) -> Result<(), Sw> {
        match self.volatile.directory {
            Directory::Toll => Ok(()),
            Directory::Mf => Err(Sw::INCOMPATIBLE_FILE),
        }
    }

    /// The card number, 16 BCD digits.
    pub fn number(&self) -> [u8; 8] {
        self.number
    }

    /// File 0015, 43 or 50 bytes.
    pub fn issue_file(&self) -> &[u8] {
        &self.issue_file
    }

    /// File 0016, 55 bytes.
    pub fn holder_file(&self) -> &[u8] {
        &self.holder_file
    }

    /// What makes this card differ.
    pub fn knobs(&self) -> &Knobs {
        &self.knobs
    }
}

/// `6F L 84 L name A5 L own` (ISO/IEC 7816-4 §5.3.3); every part is far below 128 bytes.
fn fci(directory: Directory, own: &[u8]) -> Vec<u8> {
    let name = match directory {
        Directory::Mf => MF_NAME,
        Directory::Toll => &AID,
    };
    let mut inner = vec![0x84, name.len() as u8];
    inner.extend(name);
    inner.extend([0xA5, own.len() as u8]);
    inner.extend(own);
    let mut whole = vec![0x6F, inner.len() as u8];
    whole.extend(inner);
    whole
}
