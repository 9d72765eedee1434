//! What one card may do differently from the next: the profiles met in the field, and faults.

use serde::{Deserialize, Serialize};

/// How the PIN is written on the card (reference §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinForm {
    /// Six ASCII digits, the main form.
    Ascii6,
    /// Three BCD bytes.
    Bcd3,
    /// The card has no PIN: VERIFY answers `9403`, INITIALIZE FOR LOAD needs none.
    None,
}

/// The PIN rules of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinKnob {
    /// INITIALIZE FOR LOAD answers `6982` before a good VERIFY.
    pub required: bool,
    /// How the PIN is written.
    pub form: PinForm,
    /// Tries in a row before `6983`; 0 makes a card that is blocked from the start.
    pub tries: u8,
}

/// Which counter GET TRANSACTION PROVE wants (reference §2.4: a profile value).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofCounter {
    /// The counter after the transaction, n+1.
    After,
    /// The counter of the transaction itself, n.
    Before,
    /// Either.
    Both,
}

/// Which transactions leave a proof for GET TRANSACTION PROVE (reference §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofsKept {
    /// The last load, whatever happens on the road.
    LastLoad,
    /// The last transaction: a purchase replaces the proof of a load.
    LastAny,
    /// None at all.
    None,
}

/// How good the card's random numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Random {
    /// A new number every time, over power cycles too.
    Fresh,
    /// Always the same number.
    Constant,
    /// The same sequence after every power-on.
    RepeatsAfterReset,
}

/// Every way in which a virtual card can be made to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knobs {
    /// The PIN rules.
    pub pin: PinKnob,
    /// Length of file 0015: 43 (classic) or 50 (newer cards).
    pub issue_file_length: u8,
    /// Which counter `805A` wants.
    pub proof_counter: ProofCounter,
    /// Which proofs are kept.
    pub proofs_kept: ProofsKept,
    /// Quality of the random numbers.
    pub random: Random,
    /// INITIALIZE FOR LOAD answers `6A80` to an amount of 1 fen.
    pub refuses_one_fen: bool,
    /// INITIALIZE FOR LOAD answers `9401` to a terminal number starting with `F0` or above.
    pub refuses_odd_terminals: bool,
    /// The 3DES load keys are missing: INITIALIZE FOR LOAD answers `9403` to indexes 01 and 02.
    pub wrong_key_index: bool,
    /// Three wrong MAC2 in a row lock the load application for good (`9303`).
    pub locks_after_3_bad_mac2: bool,
    /// CREDIT FOR LOAD answers `6581` and changes nothing; UPDATE BINARY does after half of its bytes.
    pub damaged: bool,
    /// A good INITIALIZE FOR LOAD clears the proof that was kept (reference §5).
    #[serde(default)]
    pub init_clears_proof: bool,
    /// CREDIT FOR LOAD answers `6985` unless it follows INITIALIZE FOR LOAD at once.
    #[serde(default)]
    pub credit_only_after_init: bool,
    /// READ RECORD answers `6982` in the log 0018.
    #[serde(default)]
    pub hides_log: bool,
}

impl Default for Knobs {
    /// The national 3DES generation: six ASCII digits with three tries, 43 bytes, proof at n+1.
    fn default() -> Self {
        Self {
            pin: PinKnob {
                required: true,
                form: PinForm::Ascii6,
                tries: 3,
            },
            issue_file_length: 43,
            proof_counter: ProofCounter::After,
            proofs_kept: ProofsKept::LastLoad,
            random: Random::Fresh,
            refuses_one_fen: false,
            refuses_odd_terminals: false,
            wrong_key_index: false,
            locks_after_3_bad_mac2: true,
            damaged: false,
            init_clears_proof: false,
            credit_only_after_init: false,
            hides_log: false,
        }
    }
}
