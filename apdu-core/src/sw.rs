//! Status words, ISO/IEC 7816-4 §5.6 and PBOC (reference sheet §2.5).

use core::fmt;

/// SW1 SW2 of a response APDU.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sw(pub u16);

impl Sw {
    /// Done.
    pub const OK: Self = Self(0x9000);
    /// Memory failure: the chip could not write.
    pub const WRITE_FAILED: Self = Self(0x6581);
    /// Wrong length of command data.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// Command not allowed in the current directory.
    pub const NOT_ALLOWED: Self = Self(0x6901);
    /// A PIN or an authentication is missing.
    pub const SECURITY_STATE: Self = Self(0x6982);
    /// PIN or key blocked.
    pub const BLOCKED: Self = Self(0x6983);
    /// The challenge is missing or used up.
    pub const NO_CHALLENGE: Self = Self(0x6984);
    /// Conditions of use not met (CREDIT without INITIALIZE).
    pub const CONDITIONS: Self = Self(0x6985);
    /// The MAC of secure messaging is wrong.
    pub const WRONG_SM_MAC: Self = Self(0x6988);
    /// Function not supported; also what a locked application answers.
    pub const LOCKED_APPLICATION: Self = Self(0x6A81);
    /// File or application not found.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// Record not found: the end of a record file.
    pub const NO_RECORD: Self = Self(0x6A83);
    /// MAC2 of a load, or MAC1 of a purchase, is wrong.
    pub const WRONG_MAC: Self = Self(0x9302);
    /// The application is locked for ever.
    pub const APPLICATION_DEAD: Self = Self(0x9303);
    /// The transaction counter has reached its end.
    pub const COUNTER_END: Self = Self(0x9402);
    /// Key index not supported; on VERIFY: the card has no PIN.
    pub const NO_SUCH_KEY: Self = Self(0x9403);
    /// No proof kept for that counter. Never means "not applied".
    pub const NO_PROOF: Self = Self(0x9406);

    /// The command was carried out.
    pub fn is_ok(self) -> bool {
        self == Self::OK
    }

    /// Tries left after a wrong PIN (`63Cx`).
    pub fn tries_left(self) -> Option<u8> {
        (self.0 & 0xFFF0 == 0x63C0).then_some((self.0 & 0x0F) as u8)
    }

    /// Bytes waiting for GET RESPONSE (`61xx`; 256 is coded 00).
    pub fn more_data(self) -> Option<u32> {
        (self.0 >> 8 == 0x61).then_some(length(self.0))
    }

    /// The length the card wants instead (`6Cxx`; 256 is coded 00).
    pub fn right_length(self) -> Option<u32> {
        (self.0 >> 8 == 0x6C).then_some(length(self.0))
    }
}

fn length(sw: u16) -> u32 {
    match sw & 0xFF {
        0 => 256,
        n => u32::from(n),
    }
}

impl fmt::Display for Sw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for Sw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parametrised_words_give_their_parameter() {
        assert_eq!(Sw(0x63C2).tries_left(), Some(2));
        assert_eq!(Sw(0x6300).tries_left(), None);
        assert_eq!(Sw(0x6110).more_data(), Some(16));
        assert_eq!(Sw(0x6C00).right_length(), Some(256));
        assert_eq!(Sw::OK.more_data(), None);
    }
}
