//! The tag 标签 (OBU): an ESAM, a light, a switch, and a voice over the air.

mod esam;
mod personalisation;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use esam::Esam;
pub use personalisation::{Coach, Personalisation, Roots, Truck, Vehicle};

/// What the light of a tag shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// It is off.
    #[default]
    Off,
    /// SetMMI 0: all is well.
    Green,
    /// Any other SetMMI.
    Red,
}

/// A tag with its chip.
///
/// `Clone` copies the whole state; serde leaves out what it forgets when it is taken out of the field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    mac: [u8; 4],
    esam: Esam,
    #[serde(skip)]
    light: Light,
    /// A BST has woken it, and nothing has released it since.
    #[serde(skip)]
    awake: bool,
}

impl Tag {
    /// A personalised tag.
    pub fn new(person: &Personalisation) -> Self {
        Self {
            mac: person.mac,
            esam: Esam::new(person),
            light: Light::Off,
            awake: false,
        }
    }

    /// Its MAC address, four bytes.
    pub fn mac(&self) -> [u8; 4] {
        self.mac
    }

    /// The chip.
    pub fn esam(&self) -> &Esam {
        &self.esam
    }

    /// The chip, to talk to it.
    pub fn esam_mut(&mut self) -> &mut Esam {
        &mut self.esam
    }

    /// What its light shows.
    pub fn light(&self) -> Light {
        self.light
    }

    /// Whether its removal flag says that it was taken off, or never activated.
    pub fn is_removed(&self) -> bool {
        self.esam.removal_flag() != 0x01
    }

    /// The tamper switch 防拆 is held in, by a finger or a windscreen, or pops out: then the flag in the system
    /// information of an active tag says so from now on.
    pub fn hold_switch(&mut self, held: bool) {
        self.esam.hold_switch(held);
    }

    /// Whether the tamper switch is held in.
    pub fn is_held(&self) -> bool {
        self.esam.is_held()
    }

    /// Comes into the field or goes out of it: the chip has no power before it is called.
    pub fn come_to_rest(&mut self) {
        self.esam.power_off();
        self.awake = false;
        self.light = Light::Off;
    }

    /// A BST wakes it.
    pub fn wake(&mut self) {
        self.esam.power_on();
        self.awake = true;
    }

    /// An EVENT_REPORT releases it.
    pub fn release(&mut self) {
        self.esam.power_off();
        self.awake = false;
    }

    /// Whether it answers commands.
    pub fn is_awake(&self) -> bool {
        self.awake
    }

    /// SetMMI.
    pub fn signal(&mut self, parameter: u8) {
        self.light = match parameter {
            0 => Light::Green,
            _ => Light::Red,
        };
    }

    /// The two status bytes, OBUStatus (serial reference §2.1).
    pub fn status(&self, has_card: bool) -> [u8; 2] {
        let card = if has_card { 0x00 } else { 0x80 };
        let tampered = u8::from(!self.is_held()) << 1;
        [card | tampered, self.esam.removal_flag()]
    }
}
