//! The key file, documented in `docs/keys.md`.

use std::collections::BTreeMap;

use apdu_core::bcd::packed;
use apdu_core::hex::{Fixed, decode};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::des::DoubleKey;
use super::soft::{CardMaintenance, Issuer, Levels, TagMaintenance};

/// What a key file says.
pub struct KeyFile {
    /// Whether these are toy keys.
    pub demo: bool,
    /// The issuers, by network number.
    pub issuers: BTreeMap<[u8; 2], Issuer>,
    /// Seed of the Ed25519 key that signs evidence.
    pub evidence: Option<Zeroizing<[u8; 32]>>,
    /// Key of personal data.
    pub personal: Option<Zeroizing<[u8; 32]>>,
}

/// What is wrong with a key file. Never shows a key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// It is no TOML, or a field is missing, unknown or of the wrong kind.
    #[error("line {line}: not a key file (see docs/keys.md)")]
    Shape {
        /// Where.
        line: usize,
    },
    /// A network number is not four digits.
    #[error("network {0:?} is not four digits")]
    Network(String),
    /// A network appears twice.
    #[error("network {0} appears twice")]
    Twice(String),
    /// The area is not four bytes of hex.
    #[error("network {0}: area is not 8 hex digits")]
    Area(String),
    /// Levels are neither 1 nor 2.
    #[error("network {0}: levels must be 1 or 2")]
    Levels(String),
    /// A key index is not one byte of hex, or a key is not 16 bytes of hex.
    #[error("network {network}: {table}.{index:?} is not a key (2 hex digits = 32 hex digits)")]
    Key {
        /// Whose.
        network: String,
        /// `load`, `tac`, `tag_read`, `tag_write` or `card_write`.
        table: &'static str,
        /// The index as written.
        index: String,
    },
    /// A load key has no TAC key beside it, or the other way round.
    #[error("network {network}: key index {index:02X} must have both a load and a tac root")]
    Alone {
        /// Whose.
        network: String,
        /// The index.
        index: u8,
    },
    /// The key that signs evidence is not 32 bytes of hex.
    #[error("evidence.key is not 64 hex digits")]
    Evidence,
    /// The key of personal data is not 32 bytes of hex.
    #[error("personal.key is not 64 hex digits")]
    Personal,
    /// There is no issuer in it.
    #[error("no issuer")]
    Empty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    demo: bool,
    #[serde(default)]
    issuer: Vec<WrittenIssuer>,
    evidence: Option<WrittenSeed>,
    personal: Option<WrittenSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSeed {
    key: Zeroizing<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenIssuer {
    network: String,
    #[serde(rename = "name")]
    _name: String,
    area: String,
    levels: u8,
    load: BTreeMap<String, Zeroizing<String>>,
    tac: BTreeMap<String, Zeroizing<String>>,
    #[serde(default)]
    tag_read: BTreeMap<String, Zeroizing<String>>,
    tag_write: Option<WrittenTagWrite>,
    card_write: Option<WrittenCardWrite>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCardWrite {
    holder: Zeroizing<String>,
    issue: Zeroizing<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTagWrite {
    system: Zeroizing<String>,
    vehicle: Zeroizing<String>,
}

/// Reads a key file.
pub fn read(text: &str) -> Result<KeyFile, KeyFileError> {
    // The parser's own message quotes the line, which may hold a key: only its place is passed on.
    let written: Written = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = 1 + text.as_bytes()[..at]
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count();
        KeyFileError::Shape { line }
    })?;
    let mut issuers = BTreeMap::new();
    for one in written.issuer {
        let name = one.network.clone();
        let number = packed::<2>(&name).map_err(|_| KeyFileError::Network(name.clone()))?;
        if issuers.insert(number, issuer(one)?).is_some() {
            return Err(KeyFileError::Twice(name));
        }
    }
    if issuers.is_empty() {
        return Err(KeyFileError::Empty);
    }
    let seed = |written: Option<WrittenSeed>, wrong| {
        let seed = written.map(|written| seed(&written.key).ok_or(wrong));
        seed.transpose()
    };
    let evidence = seed(written.evidence, KeyFileError::Evidence)?;
    let personal = seed(written.personal, KeyFileError::Personal)?;
    Ok(KeyFile {
        demo: written.demo,
        issuers,
        evidence,
        personal,
    })
}

fn seed(hex: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(decode(hex)?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

fn issuer(written: WrittenIssuer) -> Result<Issuer, KeyFileError> {
    let network = written.network;
    let Fixed(area) = written
        .area
        .parse::<Fixed<4>>()
        .map_err(|_| KeyFileError::Area(network.clone()))?;
    let levels = match written.levels {
        1 => Levels::Province,
        2 => Levels::National { area },
        _ => return Err(KeyFileError::Levels(network)),
    };
    let load = keys(&network, "load", &written.load)?;
    let tac = keys(&network, "tac", &written.tac)?;
    let mut either = load.keys().chain(tac.keys());
    if let Some(&index) = either.find(|i| !load.contains_key(i) || !tac.contains_key(i)) {
        return Err(KeyFileError::Alone { network, index });
    }
    let tag_read = keys(&network, "tag_read", &written.tag_read)?;
    let tag_write = match &written.tag_write {
        None => None,
        Some(written) => Some(TagMaintenance {
            system: key(&network, "tag_write", "system", &written.system)?,
            vehicle: key(&network, "tag_write", "vehicle", &written.vehicle)?,
        }),
    };
    let card_write = match &written.card_write {
        None => None,
        Some(written) => Some(CardMaintenance {
            holder: key(&network, "card_write", "holder", &written.holder)?,
            issue: key(&network, "card_write", "issue", &written.issue)?,
        }),
    };
    Ok(Issuer {
        levels,
        load,
        tac,
        tag_read,
        tag_write,
        card_write,
    })
}

fn key(
    network: &str,
    table: &'static str,
    index: &str,
    written: &Zeroizing<String>,
) -> Result<DoubleKey, KeyFileError> {
    let wrong = || KeyFileError::Key {
        network: network.to_owned(),
        table,
        index: index.to_owned(),
    };
    let bytes = Zeroizing::new(decode(written).ok_or_else(wrong)?);
    let bytes: &[u8; 16] = bytes.as_slice().try_into().map_err(|_| wrong())?;
    Ok(Zeroizing::new(*bytes))
}

fn keys(
    network: &str,
    table: &'static str,
    written: &BTreeMap<String, Zeroizing<String>>,
) -> Result<BTreeMap<u8, DoubleKey>, KeyFileError> {
    let one = |(index, text): (&String, &Zeroizing<String>)| {
        let wrong = || KeyFileError::Key {
            network: network.to_owned(),
            table,
            index: index.clone(),
        };
        let Fixed([number]) = index.parse::<Fixed<1>>().map_err(|_| wrong())?;
        Ok((number, key(network, table, index, text)?))
    };
    written.iter().map(one).collect()
}
