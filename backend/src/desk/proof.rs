//! Proofs are counted before they are judged, so that cutting the connection buys no guess.

use apdu_core::fault::Code;
use apdu_core::toll_card::wallet::InitAnswer;

use super::{Desk, Error, Who, load_key};
use crate::audit::{Entry, Event};
use crate::keys::{Init, KeyError};
use crate::ledger::limits::WRONG_PROOFS;
use crate::ledger::{self, CardFile, Change, Denied, Seen, VerifiedInit, Write};
use crate::store::{Commit, CountedProof};

/// What a card showed in one request, and how it was counted: a request that decides again after a
/// lost race is still one guess.
pub(super) struct Shown<'a> {
    who: &'a Who,
    evidence: &'a [u8],
    /// The try that is out: counted, and not yet given back by a commit.
    counted: Option<CountedProof>,
    /// It was judged, and does not verify: the try is spent.
    wrong: bool,
}

impl<'a> Shown<'a> {
    pub fn new(who: &'a Who, evidence: &'a [u8]) -> Self {
        Self {
            who,
            evidence,
            counted: None,
            wrong: false,
        }
    }

    /// The try was given back in the transaction that has just committed.
    pub fn given_back(&mut self) {
        self.counted = None;
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

/// An INITIALIZE FOR LOAD whose MAC1 verified.
pub(super) struct ProvedInit {
    /// Command and answer.
    pub init: Init,
    /// The MAC1.
    pub mac1: [u8; 4],
    /// What the ledger takes from it.
    pub verified: VerifiedInit,
    /// What it tells about its card, to be written whatever comes of the request.
    pub learned: Vec<Write>,
    /// To be uncounted with the decision.
    pub counted: CountedProof,
}

impl Desk<'_> {
    /// Counts and verifies the answer of an INIT that was made with this amount and terminal.
    pub(super) async fn verify_init(
        &self,
        shown: &mut Shown<'_>,
        file: &CardFile,
        now: i64,
        (amount, terminal): (u32, [u8; 6]),
        answer: &[u8; 16],
    ) -> Result<ProvedInit, Error> {
        let InitAnswer {
            balance,
            counter,
            key_version,
            algorithm,
            random,
            mac1,
        } = InitAnswer::parse(answer);
        let init = Init {
            key: load_key(&file.card),
            amount,
            terminal,
            balance,
            counter,
            key_version,
            algorithm,
            random,
        };
        let verify = || self.keys.verify_mac1(&init, mac1);
        let ((), counted) = self
            .judge(shown, file, now, Code::WrongMac1, verify)
            .await?;
        let mut verified = VerifiedInit {
            amount,
            terminal,
            fresh: ledger::is_nonce(terminal),
            balance,
            counter,
            random,
            seen: Seen::Never,
        };
        verified.seen = self.store.seen(file.card.number, &verified).await?;
        Ok(ProvedInit {
            init,
            mac1,
            learned: ledger::learned(&file.card, &verified),
            verified,
            counted,
        })
    }

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
        let proof = CountedProof {
            card: file.card.number,
            session: shown.who.session,
        };
        if shown.counted.is_none() {
            if !self.store.count_proof(&proof, WRONG_PROOFS).await? {
                return Err(Code::ProofsLocked.into());
            }
            shown.counted = Some(proof);
        }
        match verify() {
            Ok(proved) => Ok((proved, proof)),
            Err(KeyError::NotVerified) => {
                shown.wrong = true;
                let entry = shown.entry(file, now, Event::ProofWrong(wrong));
                self.store.note(&entry).await?;
                Err(wrong.into())
            }
            // Nothing was judged: the keys to do so are missing.
            Err(error) => {
                let code = error.code(wrong);
                let entry = shown.entry(file, now, Event::ProofRefused(code));
                self.store.note(&entry).await?;
                Err(code.into())
            }
        }
    }

    /// Refuses, for another reason, what has verified. The proof does not count as wrong, and what it
    /// says about the card is kept.
    pub(super) async fn refuse_proved<T>(
        &self,
        shown: &mut Shown<'_>,
        file: &CardFile,
        now: i64,
        learned: Vec<Write>,
        denied: impl Into<Denied>,
    ) -> Result<T, Error> {
        let Denied { code, mut writes } = denied.into();
        writes.splice(0..0, learned);
        let commit = Commit {
            change: Change::of(&file.card, writes),
            proved: shown.counted,
            entry: shown.entry(file, now, Event::ProofRefused(code)),
            answer: None,
        };
        self.store.commit(&commit).await?;
        shown.given_back();
        Err(code.into())
    }

    /// Ends a request. Whatever ended it, a lost race, a repetition or a failing store: only a proof
    /// that was judged wrong stays counted.
    pub(super) async fn concluded<T>(
        &self,
        shown: &Shown<'_>,
        end: Result<T, Error>,
    ) -> Result<T, Error> {
        if let (Some(proof), false) = (&shown.counted, shown.wrong) {
            // A store that fails here leaves one try too few, which a supervisor gives back.
            let _ = self.store.uncount_proof(proof).await;
        }
        end
    }
}
