//! What the factory and the counter have put on a card.

use serde::{Deserialize, Serialize};

use super::files::{HOLDER_FILE, LogRecord, TransitRecord};
use crate::crypto::{Key, diversify};

/// How many diversification levels lie between a root key and the card (reference §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Levels {
    /// Province key → card number.
    One,
    /// National root → area code twice → card number.
    Two,
}

/// Root keys and the way from them to a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roots {
    /// Load root (DLK).
    pub load: Key,
    /// TAC root (DTK).
    pub tac: Key,
    /// Maintenance root (DAMK), for the card's and for the application's key alike.
    pub damk: Key,
    /// One or two levels.
    pub levels: Levels,
    /// Area code of the issuer, four bytes (GBK province name), the first level's factor twice.
    pub area: [u8; 4],
}

impl Roots {
    /// The key of one card under `root`.
    pub(super) fn card_key(&self, root: &Key, number: &[u8; 8]) -> Key {
        let [a, b, c, d] = self.area;
        match self.levels {
            Levels::One => diversify(root, number),
            Levels::Two => diversify(&diversify(root, &[a, b, c, d, a, b, c, d]), number),
        }
    }
}

/// Everything that makes one card different from the next before its first use.
///
/// Field coding: reference §1.2 (0015), §1.4 (0016). GBK text is given as bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Personalisation {
    /// Root keys.
    pub roots: Roots,
    /// Issuer id (发卡方标识), eight bytes.
    pub issuer_id: [u8; 8],
    /// Card type: 22 stored-value, 23 credit, as binary.
    pub card_type: u8,
    /// Card version byte (reference §1.3).
    pub version: u8,
    /// Network number, BCD.
    pub network: [u8; 2],
    /// Card number (用户卡内部编号), 16 BCD digits; the diversification factor.
    pub number: [u8; 8],
    /// Start date CCYYMMDD, BCD.
    pub start: [u8; 4],
    /// Expiry date CCYYMMDD, BCD.
    pub expiry: [u8; 4],
    /// Plate, GBK, at most 12 bytes.
    pub plate: Vec<u8>,
    /// User type (reference §7.3).
    pub user_type: u8,
    /// Plate colour (reference §7.1).
    pub plate_colour: u8,
    /// Vehicle class as binary (reference §7.2).
    pub vehicle_class: u8,
    /// Holder name, GBK, at most 20 bytes; where it is empty nobody has written the file.
    pub holder: Vec<u8>,
    /// ID number, ASCII, at most 32 bytes.
    pub id_number: Vec<u8>,
    /// ID type, the ministry code as one byte (101 → 65h).
    pub id_type: u8,
    /// PIN, six ASCII digits whatever the form on the card is.
    pub pin: [u8; 6],
    /// Wallet balance in fen.
    pub balance: u32,
    /// Online counter.
    pub counter: u16,
    /// Offline counter.
    pub offline_counter: u16,
    /// Log 0018, newest first.
    pub log: Vec<LogRecord>,
    /// The AA record of 0019; blank when absent.
    pub transit: Option<TransitRecord>,
    /// What fills the ends of texts, what is reserved, and a holder file that nobody has written: 00 or FF.
    pub fill: u8,
}

/// `text` cut to `N` bytes and filled.
fn filled<const N: usize>(text: &[u8], fill: u8) -> [u8; N] {
    let mut out = [fill; N];
    for (to, from) in out.iter_mut().zip(text) {
        *to = *from;
    }
    out
}

impl Personalisation {
    /// File 0016, 55 bytes (reference §1.4); both flags 00.
    pub(super) fn holder_file(&self) -> Vec<u8> {
        if self.holder.is_empty() {
            return vec![self.fill; HOLDER_FILE];
        }
        let mut file = vec![0, 0];
        file.extend(filled::<20>(&self.holder, self.fill));
        file.extend(filled::<32>(&self.id_number, self.fill));
        file.push(self.id_type);
        debug_assert_eq!(file.len(), HOLDER_FILE);
        file
    }

    /// File 0015 (reference §1.2), 43 bytes, filled up to `length`.
    pub(super) fn issue_file(&self, length: u8) -> Vec<u8> {
        let mut file = self.issuer_id.to_vec();
        file.extend([self.card_type, self.version]);
        file.extend(self.network);
        file.extend(self.number);
        file.extend(self.start);
        file.extend(self.expiry);
        file.extend(filled::<12>(&self.plate, self.fill));
        file.extend([self.user_type, self.plate_colour, self.vehicle_class]);
        file.resize(usize::from(length), self.fill);
        file
    }
}
