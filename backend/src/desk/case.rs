//! Decisions of two persons.

use apdu_core::fault::Code;
use etc_api::{Approve, AskCase, CaseKind, CaseView, Role};

use super::{Attempt, DECISIONS, Desk, Error, Who, ended, until_settled};
use crate::audit::{Entry, Event};
use crate::ledger::limits::APPROVALS;
use crate::ledger::{
    self, Approval, Authorisation, BookRow, CardFile, Case, CaseFile, CaseState, PaymentTaken,
    Question, Record,
};
use crate::random::uuid;
use crate::sessions;
use crate::store::Commit;

/// How long a reason is, in characters.
const REASON: std::ops::RangeInclusive<usize> = 4..=200;

/// A reason in a supervisor's words.
pub(super) fn reason(text: &str) -> Result<String, Code> {
    let text = text.trim();
    match REASON.contains(&text.chars().count()) {
        true => Ok(text.to_owned()),
        false => Err(Code::BadRequest),
    }
}

/// What a case is about, read from the store.
struct About {
    file: CardFile,
    record: Option<Record>,
    paid: Option<PaymentTaken>,
    authorisations: Vec<Authorisation>,
    rows: Vec<BookRow>,
}

impl About {
    fn facts(&self) -> CaseFile<'_> {
        CaseFile {
            file: &self.file,
            record: self.record.as_ref(),
            paid: self.paid.as_ref(),
            authorisations: &self.authorisations,
            rows: &self.rows,
        }
    }
}

impl Desk<'_> {
    /// The open cases, oldest first.
    pub async fn cases(&self) -> Result<Vec<CaseView>, Error> {
        let mut views = Vec::new();
        for (case, approvals) in self.store.open_cases().await? {
            let record = match &case.record {
                Some(id) => self.store.record(id).await?,
                None => None,
            };
            views.push(view(&case, record.as_ref(), &approvals));
        }
        Ok(views)
    }

    /// Asks for a decision.
    pub async fn ask_case(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &AskCase,
    ) -> Result<CaseView, Error> {
        let reason = reason(&request.reason)?;
        for _ in 0..DECISIONS {
            let asked = self.ask_case_once(who, attempt, request, &reason).await;
            if let Some(end) = ended(asked) {
                return self.or_its_twin(who, attempt, end).await;
            }
        }
        // Somebody has asked the same: it stands in the list.
        Err(Code::CaseMovedOn.into())
    }

    async fn ask_case_once(
        &self,
        who: &Who,
        attempt: &Attempt,
        request: &AskCase,
        reason: &str,
    ) -> Result<CaseView, Error> {
        if let Some(answer) = self.replay(who, attempt).await? {
            return Ok(answer);
        }
        let about = self.about(request.card, request.record.as_deref()).await?;
        let now = self.store.now().await?;
        let case = Case {
            id: uuid(self.random),
            card: request.card,
            record: request.record.clone(),
            record_version: about.record.as_ref().map_or(0, |record| record.version),
            question: question(request.kind),
            reason: reason.to_owned(),
            operator: who.operator.clone(),
            at: now,
            state: CaseState::Open,
            version: 0,
        };
        let decided = ledger::ask(case, about.facts())?;
        let answer = view(&decided.case, about.record.as_ref(), &[]);
        let entry = case_entry(&who.operator, now, Event::CaseAsked, &decided.case);
        self.commit(decided.change, None, entry, attempt, &answer)
            .await?;
        Ok(answer)
    }

    /// A supervisor approves, with credentials of their own. The last approval carries the case out.
    pub async fn approve_case(&self, id: &str, request: Approve) -> Result<CaseView, Error> {
        let person = self.supervisor(request).await?;
        until_settled(|| self.approve_case_once(id, &person)).await
    }

    /// The name of the supervisor whose credentials these are.
    pub(super) async fn supervisor(&self, request: Approve) -> Result<String, Error> {
        let Approve { operator, password } = request;
        let person = sessions::vouch(self.store, &operator, password).await?;
        match person.role {
            Role::Supervisor => Ok(person.name),
            _ => Err(Code::RoleMayNot.into()),
        }
    }

    async fn approve_case_once(&self, id: &str, person: &str) -> Result<CaseView, Error> {
        let (case, mut approvals) = self.store.case(id).await?.ok_or(Code::NoSuchCase)?;
        let about = self.about(case.card, case.record.as_deref()).await?;
        let now = self.store.now().await?;
        let decided = ledger::approve(&case, about.facts(), &approvals, person, now)?;
        let commit = Commit {
            change: decided.change,
            proved: None,
            entry: case_entry(person, now, Event::CaseApproved, &case),
            answer: None,
        };
        self.store.commit(&commit).await?;
        approvals.push(Approval {
            case: case.id,
            operator: person.to_owned(),
            at: now,
        });
        Ok(view(&decided.case, about.record.as_ref(), &approvals))
    }

    /// Takes a case back.
    pub async fn withdraw_case(&self, who: &Who, id: &str) -> Result<CaseView, Error> {
        until_settled(|| self.withdraw_case_once(who, id)).await
    }

    async fn withdraw_case_once(&self, who: &Who, id: &str) -> Result<CaseView, Error> {
        let (case, approvals) = self.store.case(id).await?.ok_or(Code::NoSuchCase)?;
        let about = self.about(case.card, case.record.as_deref()).await?;
        let now = self.store.now().await?;
        let decided = ledger::withdraw(&case, &about.file)?;
        let commit = Commit {
            change: decided.change,
            proved: None,
            entry: case_entry(&who.operator, now, Event::CaseWithdrawn, &case),
            answer: None,
        };
        self.store.commit(&commit).await?;
        Ok(view(&decided.case, about.record.as_ref(), &approvals))
    }

    async fn about(
        &self,
        card: apdu_core::bcd::CardNumber,
        record: Option<&str>,
    ) -> Result<About, Error> {
        let file = self.card_file(card).await?;
        let (mut about_record, mut paid, mut authorisations) = (None, None, Vec::new());
        if let Some(id) = record {
            let record = self.store.record(id).await?.ok_or(Code::NoSuchRecord)?;
            if record.card != card {
                return Err(Code::RecordOfOtherCard.into());
            }
            paid = self.store.payment(id).await?;
            authorisations = self.store.authorisations_beside(id).await?;
            authorisations.retain(|authorisation| authorisation.record == id);
            about_record = Some(record);
        }
        // Only what nobody has explained: no row stands this high otherwise.
        let mut rows = self.store.book(card, u16::MAX).await?;
        rows.retain(|row| !row.spender.is_known());
        Ok(About {
            file,
            record: about_record,
            paid,
            authorisations,
            rows,
        })
    }
}

fn question(kind: CaseKind) -> Question {
    match kind {
        CaseKind::RefundWithoutCard => Question::RefundWithoutCard,
        CaseKind::CallLoaded => Question::CallLoaded,
        CaseKind::LiftStop => Question::LiftStop,
    }
}

fn view(case: &Case, record: Option<&Record>, approvals: &[Approval]) -> CaseView {
    CaseView {
        id: case.id.clone(),
        card: case.card,
        record: case.record.clone(),
        amount: record.map(|record| record.amount),
        kind: match case.question {
            Question::RefundWithoutCard => CaseKind::RefundWithoutCard,
            Question::CallLoaded => CaseKind::CallLoaded,
            Question::LiftStop => CaseKind::LiftStop,
        },
        reason: case.reason.clone(),
        operator: case.operator.clone(),
        at: case.at,
        state: match case.state {
            CaseState::Open => etc_api::CaseState::Open,
            CaseState::Done => etc_api::CaseState::Done,
            CaseState::Dropped => etc_api::CaseState::Dropped,
        },
        approved_by: approvals.iter().map(|one| one.operator.clone()).collect(),
        needed: APPROVALS as u32,
    }
}

fn case_entry(operator: &str, at: i64, event: Event, case: &Case) -> Entry {
    Entry {
        at,
        operator: operator.to_owned(),
        event,
        card: Some(case.card),
        record: case.record.clone(),
        evidence: case.id.as_bytes().to_vec(),
    }
}
