//! Proofs are counted before they are judged, so that cutting the connection buys no guess.

use apdu_core::fault::Code;

use super::{Desk, Error, Who};
use crate::audit::{Entry, Event};
use crate::keys::KeyError;
use crate::ledger::limits::WRONG_PROOFS;
use crate::ledger::{CardFile, Change, Write};
use crate::store::{Commit, CountedProof};

/// What a card showed in one request, and whether it was counted already: a request that decides
/// again after a lost race is still one guess.
pub(super) struct Shown<'a> {
    who: &'a Who,
    evidence: &'a [u8],
    counted: bool,
}

impl<'a> Shown<'a> {
    pub fn new(who: &'a Who, evidence: &'a [u8]) -> Self {
        Self {
            who,
            evidence,
            counted: false,
        }
    }

    fn proof(&self, file: &CardFile) -> CountedProof {
        CountedProof {
            card: file.card.number,
            session: self.who.session,
        }
    }

    fn entry(&self, file: &CardFile, at: i64, event: Event) -> Entry {
        Entry {
            at,
            operator: self.who.operator.clone(),
            event,
            card: Some(file.card.number),
            record: None,
            evidence: self.evidence.to_vec(),
        }
    }
}

impl Desk<'_> {
    /// Counts a proof, then judges it. The proof that comes back is uncounted in the transaction of
    /// the decision that follows, or by [`refuse_proved`](Self::refuse_proved).
    pub(super) async fn judge<T>(
        &self,
        shown: &mut Shown<'_>,
        file: &CardFile,
        now: i64,
        wrong: Code,
        verify: impl FnOnce() -> Result<T, KeyError>,
    ) -> Result<(T, CountedProof), Error> {
        let proof = shown.proof(file);
        if !shown.counted {
            shown.counted = self.store.count_proof(&proof, WRONG_PROOFS).await?;
            if !shown.counted {
                return Err(Code::ProofsLocked.into());
            }
        }
        match verify() {
            Ok(proved) => Ok((proved, proof)),
            Err(KeyError::NotVerified) => {
                let entry = shown.entry(file, now, Event::ProofWrong(wrong));
                self.store.note(&entry).await?;
                Err(wrong.into())
            }
            // Nothing was judged: the keys to do so are missing.
            Err(error) => {
                let code = error.code(wrong);
                self.refuse_proved(shown, file, now, None, code).await
            }
        }
    }

    /// Refuses, for another reason, what has verified. The proof does not count as wrong, and what it
    /// says about the card's counter is kept.
    pub(super) async fn refuse_proved<T>(
        &self,
        shown: &Shown<'_>,
        file: &CardFile,
        now: i64,
        counter: Option<u16>,
        code: Code,
    ) -> Result<T, Error> {
        let writes = counter.map(Write::ProveCounter).into_iter().collect();
        let commit = Commit {
            change: Change::of(&file.card, writes),
            proved: Some(shown.proof(file)),
            entry: shown.entry(file, now, Event::ProofRefused(code)),
            answer: None,
        };
        self.store.commit(&commit).await?;
        Err(code.into())
    }
}
