//! Tasks of cards: begun, shown, signed, refused.

use apdu_core::authority::{
    BeginCardTask, CardFile as Written, CardRefused, CardTask, CardTaskKind, CardTaskState,
    CardTold, CardWork, Difference, Presence, ShownCard, ShownPresence, SignCard, SignedCard,
    WholeCard,
};
use apdu_core::bcd::Date;
use apdu_core::fault::Code;
use apdu_core::hex::{Bytes, Fixed};
use apdu_core::obu::Algorithm;
use apdu_core::sw::Sw;
use apdu_core::toll_card::IssueFile;
use serde::Serialize;

use super::proof::Shown;
use super::tag_task::{stored, teller};
use super::{Attempt, DECISIONS, Desk, Error, Who, ended};
use crate::audit::{Entry, Event};
use crate::keys::{CardContent, CardWrite, KeyError};
use crate::ledger::{
    self, ApplicationFile, BeginActivate, BeginIssue, Card, CardDecision, CardFacts, CardHistory,
    CardJob, CardJobWork, HolderMark, Write,
};
use crate::random::{draw, uuid};
use crate::store::{CardCommit, CountedProof};

/// A task with everything that a decision about it needs.
struct Case {
    job: CardJob,
    history: CardHistory,
    application: Option<ApplicationFile>,
}

impl Desk<'_> {
    /// Opens a task, or goes on with the one that is open for the same card and work.
    pub async fn begin_card_task(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &BeginCardTask,
    ) -> Result<CardTask, Error> {
        self.answered(who, attempt, || {
            self.begin_card_task_once(who, attempt, request)
        })
        .await
    }

    async fn begin_card_task_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &BeginCardTask,
    ) -> Result<CardTask, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let history = self.shown_history(request).await?;
        let card = &history.file.card;
        self.may_write_card(card)?;
        let now = self.store.now().await?;
        let new_id = || uuid(self.random);
        let teller = teller(who, now, &new_id);
        let decision = match &request.work {
            CardWork::Activate => {
                let begin = BeginActivate {
                    history: &history,
                    chip: &request.card.issue.0,
                };
                ledger::activate_card(&begin, &teller)?
            }
            CardWork::Issue {
                application,
                mode,
                bank_card,
            } => {
                let file = self.application_of(who, application).await?;
                if let Some(done) = ledger::card_done_already(&file, &history) {
                    return Ok(task(done, card));
                }
                match (who.outlet.bank, bank_card) {
                    (Some(bank), Some(digits)) => {
                        ledger::bank_card(&self.store.banks().await?, bank, digits)?;
                    }
                    // An own outlet takes none.
                    (None, Some(_)) => return Err(Code::BadRequest.into()),
                    (_, None) => {}
                }
                let begin = BeginIssue {
                    application: &file,
                    mode: *mode,
                    history: &history,
                    chip: &request.card.issue.0,
                    holder: self.holder_of(&file, card)?,
                    wants_bank_card: who.is_bank(),
                    bank_card: bank_card.as_deref(),
                };
                ledger::issue_card(&begin, &teller)?
            }
        };
        let decision = self.with_nonce(who, decision, now);
        let nonce = decision.job.nonce.as_ref().map(|nonce| nonce.terminal);
        let begun = match decision.refusal {
            Some(code) => Event::CardTaskRefused(code),
            None => Event::CardTaskBegun,
        };
        let begun = entry(who, now, begun, card, &nonce.unwrap_or_default());
        let entries = vec![begun];
        // From the hash of a request that names a bank card its digits could be guessed: a repetition goes on with
        // the task that was begun.
        let attempt = (!names_bank_card(&request.work)).then_some(attempt);
        let answer = |job: &CardJob, card: &Card| task(job, card);
        self.commit_card(who, decision, None, entries, attempt, answer)
            .await
    }

    /// A task. Its card is not asked for a proof by that: beginning it again does.
    pub async fn card_task(&self, who: &Who, id: &str) -> Result<CardTask, Error> {
        let mut case = self.card_case(who, id).await?;
        case.job.nonce = None;
        Ok(task(&case.job, &case.history.file.card))
    }

    /// Shows the card, whole. Settles the attempt before, and says what is to be written.
    pub async fn show_card(
        &self,
        who: &Who,
        id: &str,
        shown: &WholeCard,
    ) -> Result<CardTold, Error> {
        let evidence = shown.presence.as_ref().map(|shown| shown.answer.0);
        let evidence = evidence.unwrap_or_default();
        let mut proof = Shown::new(who, &evidence);
        for _ in 0..DECISIONS {
            let told = self.show_card_once(who, id, shown, &mut proof).await;
            if let Some(end) = ended(told) {
                return self.concluded(&proof, end).await;
            }
        }
        self.concluded(&proof, Err(Code::RecordRaced.into())).await
    }

    async fn show_card_once(
        &self,
        who: &Who,
        id: &str,
        shown: &WholeCard,
        proof: &mut Shown<'_>,
    ) -> Result<CardTold, Error> {
        let case = self.card_case(who, id).await?;
        let card = &case.history.file.card;
        match case.job.state {
            CardTaskState::Open => {}
            CardTaskState::Stopped(code) => return Err(code.into()),
            // An answer that was lost: nothing changes any more.
            CardTaskState::Done => return Ok(told(&case.job, card, Vec::new(), Vec::new())),
        }
        let now = self.store.now().await?;
        let issue = IssueFile::parse(&shown.issue.0).map_err(|_| Code::MalformedFile)?;
        if issue.number != case.job.card {
            return Err(Code::OtherCard.into());
        }
        let holder: &[u8; 55] = shown
            .holder
            .0
            .as_slice()
            .try_into()
            .map_err(|_| Code::MalformedFile)?;
        let (learned, counted) = match &shown.presence {
            Some(presence) => self.present(who, &case, presence, proof, now).await?,
            None => (Vec::new(), None),
        };
        let facts = CardFacts {
            history: &case.history,
            job: &case.job,
            application: case.application.as_ref(),
            holder: self.mark(card, holder)?,
            issue: &shown.issue.0,
            present: counted.is_some(),
        };
        let new_id = || uuid(self.random);
        let seen = match ledger::show_card(facts, &teller(who, now, &new_id)) {
            Ok(seen) => seen,
            Err(code) => return self.unseen(proof, &case, learned, code, now).await,
        };
        let decision = self.with_nonce(who, seen.decision.with_learned(learned), now);
        let event = match (decision.refusal, decision.job.state) {
            (Some(code), _) => Event::CardTaskRefused(code),
            (None, CardTaskState::Done) => Event::CardTaskDone,
            _ => Event::CardShown,
        };
        let mut entries = vec![entry(who, now, event, card, &shown.issue.0)];
        entries.extend(of_others(who, now, &decision));
        let answer = |job: &CardJob, card: &Card| told(job, card, seen.differences, seen.next);
        let shown = self
            .commit_card(who, decision, counted, entries, None, answer)
            .await;
        // Whatever is refused now is refused after the commit.
        if !matches!(shown, Err(Error::Store(_))) {
            proof.given_back();
        }
        shown
    }

    /// The command that writes one file. Good once for each file that the last showing named.
    pub async fn sign_card(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &SignCard,
    ) -> Result<SignedCard, Error> {
        self.answered(who, attempt, || {
            self.sign_card_once(who, attempt, id, request)
        })
        .await
    }

    async fn sign_card_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &SignCard,
    ) -> Result<SignedCard, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let case = self.card_case(who, id).await?;
        let card = &case.history.file.card;
        let now = self.store.now().await?;
        let new_id = || uuid(self.random);
        let decision = ledger::sign_card(
            &case.history,
            &case.job,
            case.application.as_ref(),
            request.file,
            &teller(who, now, &new_id),
        )?;
        let command = self.card_command(&case, request)?;
        let event = Event::CardSigned(request.file);
        let entries = vec![entry(who, now, event, card, &request.challenge.0)];
        let answer = |_: &CardJob, _: &Card| SignedCard {
            command: Bytes(command),
        };
        // A command that carries the holder is not kept: a repetition is answered by a new showing.
        let attempt = (request.file == Written::Issue).then_some(attempt);
        // Only then may anybody see the command.
        self.commit_card(who, decision, None, entries, attempt, answer)
            .await
    }

    /// The card refused a signed command by its own word.
    pub async fn card_refused(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &CardRefused,
    ) -> Result<CardTask, Error> {
        self.answered(who, attempt, || {
            self.card_refused_once(who, attempt, id, request)
        })
        .await
    }

    async fn card_refused_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        id: &str,
        request: &CardRefused,
    ) -> Result<CardTask, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let case = self.card_case(who, id).await?;
        let card = &case.history.file.card;
        let now = self.store.now().await?;
        let new_id = || uuid(self.random);
        let Fixed(sw) = request.sw;
        let decision = ledger::card_refused(
            &case.history,
            &case.job,
            case.application.as_ref(),
            request.file,
            Sw(u16::from_be_bytes(sw)),
            &teller(who, now, &new_id),
        )?;
        let decision = self.with_nonce(who, decision, now);
        let event = Event::CardRefusedWrite(request.file);
        let mut entries = vec![entry(who, now, event, card, &request.sw.0)];
        if let CardTaskState::Stopped(code) = decision.job.state {
            entries.push(entry(who, now, Event::CardTaskRefused(code), card, &[]));
        }
        self.commit_card(who, decision, None, entries, Some(attempt), task)
            .await
    }

    /// The card of the records that was shown. One that is not there was never handed out to anybody here.
    async fn shown_history(&self, request: &BeginCardTask) -> Result<CardHistory, Error> {
        let ShownCard { number, issue } = &request.card;
        let issue = IssueFile::parse(&issue.0).map_err(|_| Code::MalformedFile)?;
        if issue.number != *number {
            return Err(Code::OtherCard.into());
        }
        let unknown = match request.work {
            _ if !self.keys.knows_issuer(number.network) => Code::CardOfElsewhere,
            CardWork::Issue { .. } => Code::CardNotInStock,
            CardWork::Activate => Code::CardUnknown,
        };
        let history = self.store.card_history(*number).await?;
        Ok(history.ok_or(unknown)?)
    }

    /// An application that this desk may see.
    pub(super) async fn application_of(
        &self,
        who: &Who,
        id: &str,
    ) -> Result<ApplicationFile, Error> {
        let file = self.store.application_file(id).await?;
        let file = file.ok_or(Code::ApplicationUnknown)?;
        match file.applied.is_for(&who.outlet) {
            true => Ok(file),
            false => Err(Code::ApplicationUnknown.into()),
        }
    }

    /// A task with the history of its card and its application.
    async fn card_case(&self, who: &Who, id: &str) -> Result<Case, Error> {
        let job = self.store.card_job(id).await?.ok_or(Code::NoSuchCardTask)?;
        let application = match job.application() {
            Some(id) => Some(self.application_of(who, id).await?),
            None => None,
        };
        let history = self.store.card_history(job.card).await?;
        let history = history.ok_or(Code::CardUnknown)?;
        // One moment counts: the history's, where the task is the open one.
        let job = match &history.job {
            Some(open) if open.id == job.id => open.clone(),
            _ => job,
        };
        Ok(Case {
            job,
            history,
            application,
        })
    }

    /// What the card's proof that it is here has taught, and how it was counted.
    async fn present(
        &self,
        who: &Who,
        case: &Case,
        shown: &ShownPresence,
        proof: &mut Shown<'_>,
        now: i64,
    ) -> Result<(Vec<Write>, Option<CountedProof>), Error> {
        let file = &case.history.file;
        let nonce = case.job.nonce.as_ref();
        let is_good = nonce.is_some_and(|one| one.is_good(&who.operator, shown.terminal.0, now));
        if !is_good {
            return Err(Code::CardNotPresent.into());
        }
        let made_with = (ledger::presence_amount(&file.card), shown.terminal.0);
        let proved = self
            .verify_init(proof, file, now, made_with, &shown.answer.0)
            .await?;
        if let Err(denied) = ledger::is_current(&file.card, &proved.verified) {
            return self
                .refuse_proved(proof, file, now, proved.learned, denied)
                .await;
        }
        Ok((proved.learned, Some(proved.counted)))
    }

    /// A showing that cannot be one; what its proof has taught is kept.
    async fn unseen<T>(
        &self,
        proof: &mut Shown<'_>,
        case: &Case,
        learned: Vec<Write>,
        code: Code,
        now: i64,
    ) -> Result<T, Error> {
        match learned.is_empty() {
            true => Err(code.into()),
            false => {
                let file = &case.history.file;
                self.refuse_proved(proof, file, now, learned, code).await
            }
        }
    }

    /// Whether anything can be signed for a card.
    fn may_write_card(&self, card: &Card) -> Result<(), Code> {
        let may = self
            .keys
            .may_write_card(card.number.network, algorithm(card));
        may.map_err(refused)
    }

    /// File 0016 of whoever applied, as it is recognised.
    fn holder_of(&self, file: &ApplicationFile, card: &Card) -> Result<HolderMark, Code> {
        let holder = ledger::holder_file(&file.applied, card.stock.fill)?;
        self.mark(card, &holder)
    }

    /// A file 0016 as it is recognised.
    pub(super) fn mark(&self, card: &Card, file: &[u8; 55]) -> Result<HolderMark, Code> {
        let mark = self.keys.holder_mark(card.number, file);
        mark.map(HolderMark).map_err(refused)
    }

    /// `04D6 96 …` or `04D6 95 …`, composed from the records.
    fn card_command(&self, case: &Case, request: &SignCard) -> Result<Vec<u8>, Code> {
        let card = &case.history.file.card;
        let holder;
        let content = match request.file {
            Written::Holder => {
                let file = case.application.as_ref().ok_or(Code::ApplicationUnknown)?;
                holder = ledger::holder_file(&file.applied, card.stock.fill)?;
                CardContent::Holder(&holder)
            }
            Written::Issue => CardContent::Issue(&case.job.wanted.issue),
        };
        let write = CardWrite {
            card: card.number,
            algorithm: algorithm(card),
            content,
        };
        let command = self.keys.write_card(&write, request.challenge.0);
        command.map_err(refused)
    }

    fn with_nonce(&self, who: &Who, decision: CardDecision, now: i64) -> CardDecision {
        let draw = || draw::<1>(self.random)[0];
        decision.with_nonce(|| ledger::presence_nonce(&who.operator, draw, now))
    }

    /// Commits a decision with its rows of the trail and its answer, all in one transaction; what a refusal has
    /// taught is committed too.
    async fn commit_card<T: Serialize>(
        &self,
        who: &Who,
        decision: CardDecision,
        proved: Option<CountedProof>,
        entries: Vec<Entry>,
        attempt: Option<&Attempt>,
        answer: impl FnOnce(&CardJob, &Card) -> T,
    ) -> Result<T, Error> {
        let refusal = decision.refusal;
        let given = answer(&decision.job, &decision.card);
        let kept = match (attempt, refusal) {
            (Some(attempt), None) => Some(stored(who, attempt, &given)?),
            _ => None,
        };
        let commit = CardCommit {
            taken_in: None,
            changes: decision.changes,
            chips: decision.chips,
            proved,
            entries,
            answer: kept,
        };
        self.store.commit_card(&commit).await?;
        match refusal {
            Some(code) => Err(code.into()),
            None => Ok(given),
        }
    }
}

fn names_bank_card(work: &CardWork) -> bool {
    match work {
        CardWork::Issue { bank_card, .. } => bank_card.is_some(),
        CardWork::Activate => false,
    }
}

/// The algorithm of a card's keys, as the records have it: what its chip says is the page's word.
fn algorithm(card: &Card) -> Algorithm {
    Algorithm::of_version(card.version)
}

fn refused(error: KeyError) -> Code {
    error.code(Code::BackendFailed)
}

pub(super) fn entry(who: &Who, at: i64, event: Event, card: &Card, evidence: &[u8]) -> Entry {
    Entry {
        at,
        operator: who.operator.clone(),
        event,
        card: Some(card.number),
        record: None,
        evidence: evidence.to_vec(),
    }
}

/// Rows for the chains of other cards that a decision changes.
fn of_others(who: &Who, now: i64, decision: &CardDecision) -> Vec<Entry> {
    let others = decision.changes.iter().skip(1);
    others
        .map(|change| Entry {
            at: now,
            operator: who.operator.clone(),
            event: Event::CardReplaced,
            card: Some(change.card),
            record: None,
            evidence: Vec::new(),
        })
        .collect()
}

/// First and last day that the card is to hold.
fn validity(job: &CardJob) -> [Date; 2] {
    match IssueFile::parse(&job.wanted.issue) {
        Ok(file) => [file.start, file.expiry],
        // What is wanted was composed here.
        Err(_) => [Date([0; 4]); 2],
    }
}

fn told(job: &CardJob, card: &Card, differences: Vec<Difference>, next: Vec<Written>) -> CardTold {
    CardTold {
        task: task(job, card),
        differences,
        next,
        validity: validity(job),
    }
}

/// A task as a desk sees it.
pub(super) fn task(job: &CardJob, card: &Card) -> CardTask {
    let left = card.stock.allowed.saturating_sub(card.stock.signatures);
    let nonce = job.nonce.as_ref();
    CardTask {
        id: job.id.clone(),
        kind: match job.work {
            CardJobWork::Issue { .. } => CardTaskKind::Issue,
            CardJobWork::Activate => CardTaskKind::Activate,
        },
        card: job.card,
        plate: job.plate.clone(),
        plate_colour: job.plate_colour,
        vehicle_class: job.vehicle_class,
        state: job.state,
        presence: nonce.map(|nonce| Presence {
            pin: card.profile.pin.clone(),
            init: ledger::presence_init(card, nonce.terminal),
        }),
        signatures_left: u8::try_from(left).unwrap_or(u8::MAX),
    }
}
