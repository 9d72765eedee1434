//! The proof of a disputed load as one file, and how it is checked without this system.
//!
//! The card's audit chain holds every INIT, every authorisation, every TAC and who asked for it, each line
//! sealed over all before it. The signature covers the whole file: SHA-256 over its compact JSON with an
//! empty signature, signed with Ed25519 under the name of the form.

use std::collections::BTreeSet;

use apdu_core::authority::RechargeState;
use apdu_core::hex::Bytes;
use apdu_core::toll_card::wallet::InitAnswer;
use ed25519_dalek::{Signature, VerifyingKey};
use etc_api::{AuditHeads, AuthorisationLine, Bundle, SealedLine};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::audit::Line;
use crate::keys::{KeyError, KeyStore};

/// Which form of file a bundle is.
pub const FORM: &str = "etc-desk-bundle/1";

/// Which form of file a day's heads are.
pub const HEADS_FORM: &str = "etc-desk-heads/1";

/// Signs a bundle.
pub fn sign(bundle: Bundle, keys: &dyn KeyStore) -> Result<Bundle, KeyError> {
    let keyed = Bundle {
        key: Bytes(keys.evidence_key()?.to_vec()),
        signature: Bytes(Vec::new()),
        ..bundle
    };
    let signature = keys.sign_evidence(FORM, digest(&keyed))?;
    Ok(Bundle {
        signature: Bytes(signature.to_vec()),
        ..keyed
    })
}

/// Signs the heads of a day.
pub fn sign_heads(heads: AuditHeads, keys: &dyn KeyStore) -> Result<AuditHeads, KeyError> {
    let keyed = AuditHeads {
        key: Bytes(keys.evidence_key()?.to_vec()),
        signature: Bytes(Vec::new()),
        ..heads
    };
    let signature = keys.sign_evidence(HEADS_FORM, digest(&keyed))?;
    Ok(AuditHeads {
        signature: Bytes(signature.to_vec()),
        ..keyed
    })
}

/// Why a bundle proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It is of another form.
    #[error("this is no {FORM}")]
    Form,
    /// It was signed with another key than the one that was expected.
    #[error("it was signed with another key")]
    OtherKey,
    /// The signature does not verify: something in the file was changed.
    #[error("the signature does not verify")]
    Signature,
    /// A line of the chain does not fit the one before.
    #[error("line {0} of the audit chain does not fit")]
    Chain(i64),
    /// An authorisation is in no line of the chain.
    #[error("the authorisation at second {0} stands in no line of the audit chain")]
    Authorisation(i64),
    /// The record says loaded, and no line of the chain says by what.
    #[error("nothing in the audit chain shows that the record was loaded")]
    Evidence,
}

/// Checks a bundle: its signature, every hash of its chain, and that what it claims stands in the chain. `key` is
/// the instance's public key, known from elsewhere.
pub fn check(bundle: &Bundle, key: Option<[u8; 32]>) -> Result<(), Broken> {
    if bundle.form != FORM {
        return Err(Broken::Form);
    }
    let named: [u8; 32] = bundle.key.0[..].try_into().map_err(|_| Broken::OtherKey)?;
    if key.is_some_and(|key| key != named) {
        return Err(Broken::OtherKey);
    }
    let key = VerifyingKey::from_bytes(&named).map_err(|_| Broken::OtherKey)?;
    let signature = Signature::from_slice(&bundle.signature.0).map_err(|_| Broken::Signature)?;
    let unsigned = Bundle {
        signature: Bytes(Vec::new()),
        ..bundle.clone()
    };
    key.verify_strict(&message(FORM, digest(&unsigned)), &signature)
        .map_err(|_| Broken::Signature)?;
    check_chain(bundle)?;
    for authorisation in &bundle.authorisations {
        if !bundle.chain.iter().any(|line| shows(line, authorisation)) {
            return Err(Broken::Authorisation(authorisation.second));
        }
    }
    let settles: BTreeSet<&str> = ["loaded", "accounted", "case-approved"].into();
    let settled = |line: &SealedLine| {
        settles.contains(line.line.event.as_str())
            && line.line.record.as_deref() == Some(bundle.record.as_str())
    };
    match bundle.state {
        RechargeState::Loaded if !bundle.chain.iter().any(settled) => Err(Broken::Evidence),
        _ => Ok(()),
    }
}

/// What is signed: the form's name before the digest, so that no signature of another form fits.
pub fn message(form: &str, digest: [u8; 32]) -> Vec<u8> {
    [form.as_bytes(), &digest].concat()
}

fn check_chain(bundle: &Bundle) -> Result<(), Broken> {
    let mut before = [0; 32];
    for (expected, sealed) in (1..).zip(&bundle.chain) {
        let line = Line {
            chain: bundle.card.to_string(),
            number: sealed.number,
            at: sealed.line.at,
            operator: sealed.line.operator.clone(),
            event: sealed.line.event.clone(),
            card: Some(bundle.card),
            record: sealed.line.record.clone(),
            evidence: sealed.line.evidence.0.clone(),
        };
        let hash = line.hash(before);
        if sealed.number != expected || sealed.hash.0 != hash {
            return Err(Broken::Chain(expected));
        }
        before = hash;
    }
    Ok(())
}

/// Whether a line is the request this authorisation answered: its INIT shows that counter and balance.
fn shows(line: &SealedLine, authorisation: &AuthorisationLine) -> bool {
    let Ok(init) = <[u8; 16]>::try_from(&line.line.evidence.0[..]) else {
        return false;
    };
    let init = InitAnswer::parse(&init);
    line.line.event == "authorised"
        && line.line.operator == authorisation.operator
        && (init.counter, init.balance) == (authorisation.counter, authorisation.balance)
}

fn digest(unsigned: &impl Serialize) -> [u8; 32] {
    // Text and numbers always become JSON.
    let json = serde_json::to_vec(unsigned).unwrap_or_default();
    Sha256::digest(json).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Entry, Event};
    use crate::demo;
    use crate::keys::SoftKeys;
    use apdu_core::hex::Fixed;
    use etc_api::AuditLine;

    const INIT: [u8; 16] = [
        0, 0, 0x0B, 0xB8, 0, 5, 1, 0, 0xA1, 0xB2, 0xC3, 0xD4, 0x91, 0xC6, 0x9B, 0xFC,
    ];

    fn keys() -> SoftKeys {
        SoftKeys::from_toml(demo::KEYS).unwrap()
    }

    fn sealed(event: Event, evidence: &[u8], before: Option<(i64, [u8; 32])>) -> SealedLine {
        let entry = Entry {
            at: 1_000,
            operator: "teller".into(),
            event,
            card: Some("62012201230100000017".parse().unwrap()),
            record: Some("r".into()),
            evidence: evidence.to_vec(),
        };
        let sealed = entry.sealed(before);
        SealedLine {
            number: sealed.line.number,
            line: AuditLine {
                at: 1_000,
                operator: "teller".into(),
                event: sealed.line.event,
                record: Some("r".into()),
                evidence: Bytes(evidence.to_vec()),
            },
            hash: Bytes(sealed.hash.to_vec()),
        }
    }

    fn bundle() -> Bundle {
        let first = sealed(Event::Authorised, &INIT, None);
        let before = Some((1, first.hash.0[..].try_into().unwrap()));
        let second = sealed(Event::Loaded, &[1, 2, 3, 4], before);
        let unsigned = Bundle {
            form: FORM.into(),
            record: "r".into(),
            card: "62012201230100000017".parse().unwrap(),
            state: RechargeState::Loaded,
            amount: 10_000,
            authorisations: vec![AuthorisationLine {
                counter: 5,
                balance: 3_000,
                amount: 10_000,
                terminal: Fixed([1, 2, 3, 4, 5, 6]),
                second: 1,
                operator: "teller".into(),
            }],
            book: Vec::new(),
            chain: vec![first, second],
            at: 2_000,
            key: Bytes(Vec::new()),
            signature: Bytes(Vec::new()),
        };
        sign(unsigned, &keys()).unwrap()
    }

    /// Signs again after a change, as somebody with the key would.
    fn resigned(change: impl FnOnce(&mut Bundle)) -> Result<(), Broken> {
        let mut bundle = bundle();
        change(&mut bundle);
        check(&sign(bundle, &keys()).unwrap(), None)
    }

    #[test]
    fn a_bundle_proves_itself_and_survives_its_file() {
        let json = serde_json::to_string_pretty(&bundle()).unwrap();
        let read: Bundle = serde_json::from_str(&json).unwrap();
        assert_eq!(check(&read, None), Ok(()));
        assert_eq!(check(&read, Some(keys().evidence_key().unwrap())), Ok(()));
        assert_eq!(check(&read, Some([7; 32])), Err(Broken::OtherKey));
    }

    #[test]
    fn any_change_breaks_the_signature() {
        let changed = |change: fn(&mut Bundle)| {
            let mut bundle = bundle();
            change(&mut bundle);
            check(&bundle, None)
        };
        let broken = Err(Broken::Signature);
        assert_eq!(changed(|bundle| bundle.amount = 20_000), broken);
        assert_eq!(changed(|bundle| bundle.at += 1), broken);
        assert_eq!(changed(|bundle| bundle.chain[0].line.at += 1), broken);
        assert_eq!(changed(|bundle| bundle.chain.truncate(1)), broken);
        assert_eq!(changed(|bundle| bundle.form.push('x')), Err(Broken::Form));
    }

    #[test]
    fn whoever_has_the_key_still_cannot_change_the_chain_unseen() {
        assert_eq!(resigned(|_| {}), Ok(()));
        assert_eq!(resigned(|b| b.chain[0].line.at += 1), Err(Broken::Chain(1)));
        assert_eq!(
            resigned(|b| drop(b.chain.remove(0))),
            Err(Broken::Chain(1)),
            "the first line was taken out"
        );
        assert_eq!(
            resigned(|b| b.authorisations[0].counter = 6),
            Err(Broken::Authorisation(1))
        );
        assert_eq!(resigned(|b| b.chain.truncate(1)), Err(Broken::Evidence));
    }
}
