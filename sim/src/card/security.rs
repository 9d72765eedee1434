//! PIN, challenge and MAC-protected writing.

use serde::{Deserialize, Serialize};

use super::apdu::{Answer, Command, Sw};
use super::knobs::{PinForm, PinKnob};
use super::{Directory, Personalisation, TollCard};
use crate::crypto::{Key, mac_retail};

/// Wrong MACs of secured writes in a row after which their key is blocked (reference §2.5: not how many).
const BAD_MAC_LIMIT: u8 = 3;

/// The card's own keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Keys {
    /// DLK, under key indexes 01 and 02 alike.
    pub load: Key,
    /// DTK.
    pub tac: Key,
    /// DAMK_MF: MAC for 0016.
    pub maintenance_mf: Key,
    /// DAMK_DF01: MAC for 0015.
    pub maintenance_toll: Key,
    /// Wrong MACs in a row, with the key of the master file and with the application's.
    #[serde(default)]
    bad_macs: [u8; 2],
}

impl Keys {
    /// Diversifies the roots with the card number. There is one maintenance root, so both
    /// maintenance keys are the same; that they sit in different places still shows in which file
    /// uses which.
    pub fn new(person: &Personalisation) -> Self {
        let key = |root| person.roots.card_key(root, &person.number);
        let maintenance = key(&person.roots.damk);
        Self {
            load: key(&person.roots.load),
            tac: key(&person.roots.tac),
            maintenance_mf: maintenance,
            maintenance_toll: maintenance,
            bad_macs: [0; 2],
        }
    }
}

/// The PIN and its try counter, which outlives a power cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pin {
    /// As written on the card: empty when there is none.
    value: Vec<u8>,
    tries_left: u8,
}

impl Pin {
    /// `digits` (ASCII) in the form of `knob`.
    pub fn new(digits: [u8; 6], knob: PinKnob) -> Self {
        let value = match knob.form {
            PinForm::Ascii6 => digits.to_vec(),
            PinForm::Bcd3 => digits
                .chunks_exact(2)
                .map(|pair| pair[0] << 4 | pair[1] & 0x0F)
                .collect(),
            PinForm::None => Vec::new(),
        };
        Self {
            value,
            tries_left: knob.tries,
        }
    }
}

impl TollCard {
    /// PIN tries left; 0 is a blocked PIN.
    pub fn pin_tries_left(&self) -> u8 {
        self.pin.tries_left
    }

    /// VERIFY. A PIN in the other form is a wrong PIN and costs a try.
    pub(super) fn verify(&mut self, command: &Command<'_>) -> Answer {
        if [command.p1, command.p2] != [0, 0] {
            return Err(Sw::WRONG_P1_P2);
        }
        if self.volatile.directory != Directory::Toll {
            return Err(Sw::KEY_NOT_FOUND);
        }
        if self.knobs.pin.form == PinForm::None {
            return Err(Sw::NO_SUCH_KEY);
        }
        // PBOC bounds a PIN to 2..6 bytes; anything else is no try.
        if !(2..=6).contains(&command.body.len()) {
            return Err(Sw::WRONG_LENGTH);
        }
        if self.pin.tries_left == 0 {
            return Err(Sw::BLOCKED);
        }
        self.volatile.pin_verified = command.body == self.pin.value;
        if self.volatile.pin_verified {
            self.pin.tries_left = self.knobs.pin.tries;
            Ok(Vec::new())
        } else {
            self.pin.tries_left -= 1;
            Err(Sw::tries_left(self.pin.tries_left))
        }
    }

    /// `6982` while the wallet still wants its PIN (reference §2.4).
    pub(super) fn pin_satisfied(&self) -> Result<(), Sw> {
        let wanted = self.knobs.pin.required && self.knobs.pin.form != PinForm::None;
        if wanted && !self.volatile.pin_verified {
            Err(Sw::SECURITY_STATUS)
        } else {
            Ok(())
        }
    }

    /// GET CHALLENGE, 4 or 8 bytes.
    pub(super) fn get_challenge(&mut self, command: &Command<'_>) -> Answer {
        if [command.p1, command.p2] != [0, 0] {
            return Err(Sw::WRONG_P1_P2);
        }
        let length = match (command.body, command.le) {
            ([], Some(le @ (4 | 8))) => usize::from(le),
            _ => return Err(Sw::WRONG_LENGTH),
        };
        let mut challenge = self.random.draw(self.knobs.random);
        challenge[length..].fill(0);
        self.volatile.challenge = Some(challenge);
        Ok(challenge[..length].to_vec())
    }

    /// UPDATE BINARY with MAC: `04D6 (80+SFI) offset Lc data MAC(4)` (reference §2.3, §4).
    ///
    /// The rule chosen for wrong MACs: each answers `6988`; after the third in a row (no accepted write with that
    /// key in between, power cycles do not count) the key is blocked and answers `6983`.
    pub(super) fn update_binary(
        &mut self,
        command: &Command<'_>,
        challenge: Option<[u8; 8]>,
    ) -> Answer {
        if command.p1 & 0x80 == 0 {
            return Err(Sw::WRONG_P1_P2);
        }
        let length = self.transparent(command.p1 & 0x1F)?.len();
        let iv = challenge.ok_or(Sw::NO_CHALLENGE)?;
        let (data, mac) = match command.body.split_last_chunk::<4>() {
            Some((data, mac)) if !data.is_empty() => (data, mac),
            _ => return Err(Sw::WRONG_LENGTH),
        };
        let start = usize::from(command.p2);
        if start >= length {
            return Err(Sw::WRONG_OFFSET);
        }
        if start + data.len() > length {
            return Err(Sw::WRONG_LENGTH);
        }
        let [of_mf, of_toll] = &mut self.keys.bad_macs;
        let (key, bad_macs, file) = match self.volatile.directory {
            Directory::Mf => (&self.keys.maintenance_mf, of_mf, &mut self.holder_file),
            Directory::Toll => (&self.keys.maintenance_toll, of_toll, &mut self.issue_file),
        };
        if *bad_macs >= BAD_MAC_LIMIT {
            return Err(Sw::BLOCKED);
        }
        if mac_retail(key, &iv, &[&command.header, data].concat()) != *mac {
            *bad_macs += 1;
            return Err(Sw::WRONG_SM_MAC);
        }
        *bad_macs = 0;
        // A file is written byte by byte: where power or memory fails, the rest of it is as before.
        let whole = data.len();
        let tear = self.volatile.tear.take();
        let written = match tear {
            Some(tear) => tear.min(whole),
            None if self.knobs.damaged => whole / 2,
            None => whole,
        };
        file[start..start + written].copy_from_slice(&data[..written]);
        if written == whole {
            return Ok(Vec::new());
        }
        if tear.is_some() {
            self.power_off();
        }
        Err(Sw::MEMORY_FAILURE)
    }
}
