//! 充值记录: finds records, shows them their cards, puts a torn one back to 未圈存, and leads a paid one to
//! its write.

use apdu_core::authority::{Recharge, RechargeState, RecordId, Refusal};
use apdu_core::bcd::CardNumber;
use apdu_core::card::Card;
use apdu_core::fault::{Code, Fault};
use apdu_core::flow::{self, Met, Progress, Step};
use etc_api::{
    Approve, AskCase, CaseKind, CaseView, RecordEvidence, RecordLine, RecordQuery, Role,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Jobs, Watch, now};
use crate::backend::Backend;
use crate::desk::CardInSlot;
use crate::parts::record_tail;
use crate::router::Page;
use crate::save;

/// As many records as the backend answers with at a time.
const PAGE: usize = 50;

/// State of 充值记录.
#[derive(Clone, Debug, Default)]
pub struct RecordsTask {
    /// What the list answers to; nothing before the first search.
    pub query: Option<RecordQuery>,
    /// What was found, newest first.
    pub lines: Vec<RecordLine>,
    /// Whether there may be older ones.
    pub has_older: bool,
    /// Decisions that wait for approvals.
    pub cases: Vec<CaseView>,
    /// Whether the backend is being asked for a list.
    pub asking: bool,
    /// Which question is the latest: the answer of an older one is not shown.
    asked: u32,
    /// What the running flow is doing.
    pub step: Option<Step>,
    /// When it began, ms.
    began: f64,
    /// The record that is open.
    pub open: Option<OpenRecord>,
    /// The one that was opened last.
    last: Option<RecordId>,
    /// What ended the last step.
    pub fault: Option<Fault>,
    /// The card that was read.
    met: Option<Met>,
    /// What became of the last request about a decision.
    pub decision: Decision,
}

/// A record that is looked at.
#[derive(Clone, Debug)]
pub struct OpenRecord {
    /// The record.
    pub line: RecordLine,
    /// What the card in the reader says.
    pub card: Option<CardSays>,
    /// How long it took to read it, ms.
    pub elapsed: Option<u32>,
    /// What the reading has brought.
    pub news: Option<News>,
    /// What the reading is for.
    pub then: Then,
    /// Whether the teller is asked to put the card in first.
    pub wants_card: bool,
    /// Whether what speaks about it is shown.
    pub shows_evidence: bool,
    /// Everything that speaks about it, for those who may see it.
    pub evidence: Option<RecordEvidence>,
}

/// What a card tells of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardSays {
    /// Its number.
    pub number: CardNumber,
    /// Its balance, fen.
    pub balance: u32,
    /// Its online counter; asked for only where a torn load is to be settled.
    pub counter: Option<u16>,
}

/// What became of a record when its card was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Nothing: it is as it was.
    AsBefore,
    /// Torn, and the card still stands where it stood: it was not written yet.
    StillTorn,
    /// The card has proved that it was loaded.
    FoundLoaded,
    /// Another system has spent the counter: it was not loaded.
    FoundFree,
    /// Somebody else has changed it meanwhile.
    Moved,
}

/// What a reading is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Then {
    /// To compare.
    #[default]
    Compare,
    /// To put the record back to 未圈存.
    LetGo,
    /// To write the record to its card.
    Write,
}

/// What became of a request about a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    /// None was made.
    #[default]
    None,
    /// It is on its way.
    Asking,
    /// It did not go through.
    Refused(Fault),
    /// It went through.
    Taken,
}

impl RecordsTask {
    /// Whether a flow is running.
    pub fn is_running(&self) -> bool {
        self.step.is_some()
    }

    /// Whether the list is that of what waits for somebody.
    pub fn is_waiting_list(&self) -> bool {
        let query = self.query.as_ref();
        query.is_some_and(|query| query.unsettled == Some(true))
    }

    /// Where in the list the record stands that was opened last.
    pub fn last_opened(&self) -> Option<usize> {
        let last = self.last.as_ref()?;
        self.lines.iter().position(|line| line.recharge.id == *last)
    }

    /// Another task uses the card from here on.
    pub(super) fn doubt(&mut self) {
        if let Some(met) = &mut self.met {
            met.doubt();
        }
    }

    fn begin(&mut self) {
        self.step = Some(Step::ReadCard);
        self.began = now();
        self.fault = None;
        self.met = None;
        self.decision = Decision::None;
    }

    fn fail(&mut self, fault: Fault) {
        self.step = None;
        self.fault = Some(fault);
    }

    /// Shows a record as it is now, wherever it is shown.
    fn show(&mut self, line: RecordLine) {
        let id = &line.recharge.id;
        if let Some(listed) = self.lines.iter_mut().find(|l| l.recharge.id == *id) {
            *listed = line.clone();
        }
        if let Some(open) = self.open.as_mut().filter(|o| o.line.recharge.id == *id) {
            open.line = line;
        }
    }

    /// The open record and the card that was read for it.
    fn at_hand(&self) -> Option<(RecordLine, Met)> {
        let open = self.open.as_ref().filter(|_| !self.is_running())?;
        let met = self.met.as_ref()?;
        let is_its_card = met.issue().number == open.line.recharge.card;
        is_its_card.then(|| (open.line.clone(), met.clone()))
    }
}

impl OpenRecord {
    fn new(line: RecordLine, card: Option<CardSays>) -> Self {
        Self {
            line,
            card,
            elapsed: None,
            news: None,
            then: Then::Compare,
            wants_card: false,
            shows_evidence: false,
            evidence: None,
        }
    }
}

impl CardSays {
    fn of(met: &Met) -> Self {
        Self {
            number: met.issue().number,
            balance: met.balance,
            counter: None,
        }
    }
}

/// Finding.
impl Jobs {
    /// 查询: records of a plate, or what waits for somebody.
    pub fn find_records(&self, query: RecordQuery) {
        self.records.update(|task| {
            task.query = Some(query.clone());
            task.lines.clear();
            task.fault = None;
        });
        self.ask_records(query);
    }

    /// 更早: the records before those that are shown.
    pub fn find_older_records(&self) {
        let state = self.records.get_untracked();
        let last = state.lines.last().map(|line| line.recharge.created_at);
        if let (Some(query), Some(last), false) = (state.query, last, state.asking) {
            self.ask_records(RecordQuery {
                before: Some(last),
                ..query
            });
        }
    }

    /// 读卡: the records of the card in the reader. The reading settles what its card can prove.
    pub fn find_records_by_card(&self) {
        let task = self.records;
        let Some(mut card) = self.take_reader(|fault| task.update(|t| t.fail(fault))) else {
            return;
        };
        let (jobs, mut backend) = (self.clone(), self.backend.clone());
        task.update(RecordsTask::begin);
        spawn_local(async move {
            let mut progress = jobs.watch_record();
            let met = flow::meet(&mut card, &mut backend, &mut progress).await;
            jobs.desk.job.set(None);
            match met {
                Ok(met) => {
                    let number = met.issue().number;
                    jobs.desk.card.set(CardInSlot::Known(number));
                    task.update(|task| {
                        task.step = None;
                        task.met = Some(met);
                    });
                    jobs.find_records(RecordQuery {
                        card: Some(number),
                        ..RecordQuery::default()
                    });
                }
                Err(fault) => task.update(|task| task.fail(fault)),
            }
        });
    }

    /// 待处理: what waits for somebody, and the decisions that wait for approvals.
    pub fn show_waiting_records(&self) {
        self.find_records(RecordQuery {
            unsettled: Some(true),
            ..RecordQuery::default()
        });
    }

    /// Back to the search.
    pub fn search_records(&self) {
        self.records.update(|task| {
            *task = RecordsTask {
                asked: task.asked + 1,
                ..RecordsTask::default()
            }
        });
    }

    /// Asks once more what is shown: other tasks and other desks have gone on meanwhile.
    pub fn refresh_records(&self) {
        let state = self.records.get_untracked();
        if let (Some(query), None, false) = (state.query, state.open, state.asking) {
            self.ask_records(query);
        }
    }

    fn ask_records(&self, query: RecordQuery) {
        let (task, backend) = (self.records, self.backend.clone());
        let sees_cases = query.unsettled == Some(true);
        let mut asked = 0;
        task.update(|task| {
            task.asked += 1;
            task.asking = true;
            asked = task.asked;
        });
        spawn_local(async move {
            let found = backend.records(&query).await;
            let cases = match sees_cases {
                true => backend.cases().await,
                false => Ok(Vec::new()),
            };
            task.update(|task| {
                if task.asked != asked {
                    return;
                }
                task.asking = false;
                match found.and_then(|lines| Ok((lines, cases?))) {
                    Ok((lines, cases)) => {
                        task.has_older = lines.len() >= PAGE;
                        if query.before.is_none() {
                            task.lines.clear();
                        }
                        task.lines.extend(lines);
                        task.cases = cases;
                    }
                    Err(refusal) => task.fault = Some(refusal.into()),
                }
            });
        });
    }
}

/// One record.
impl Jobs {
    /// Opens a record of the list.
    pub fn open_record(&self, line: RecordLine) {
        self.records.update(|task| {
            let read = task.met.as_ref().map(CardSays::of);
            let card = read.filter(|card| card.number == line.recharge.card);
            task.fault = None;
            task.decision = Decision::None;
            task.last = Some(line.recharge.id.clone());
            task.open = Some(OpenRecord::new(line, card));
        });
    }

    /// 返回: back to the list.
    pub fn close_record(&self) {
        self.records.update(|task| {
            if !task.is_running() {
                task.open = None;
                task.fault = None;
            }
        });
    }

    /// 读卡核对: what the card says, and what it settles.
    pub fn check_record(&self) {
        let then = self.records.with_untracked(|task| {
            // Asked for or read in vain, the card is still wanted for the same.
            let open = task.open.as_ref();
            let open = open.filter(|open| open.wants_card || task.fault.is_some());
            open.map_or(Then::Compare, |open| open.then)
        });
        self.read_record(then);
    }

    /// 未圈存: asks whether the record is to be changed, once its card was read.
    pub fn ask_let_go(&self) {
        if self.at_hand().is_some() {
            self.asks_let_go.set(true);
        } else {
            self.read_record(Then::LetGo);
        }
    }

    /// 二次充值圈存: to the write, without a second payment; the card is read first, if it was not.
    pub fn load_record(&self) {
        match self.at_hand() {
            Some((line, met)) => self.go_to_write(met, line.recharge, false),
            None => self.read_record(Then::Write),
        }
    }

    /// Shows the open record as it is now: something else has been done with it.
    pub fn look_again(&self) {
        let open = self.records.with_untracked(|task| task.open.clone());
        if let Some(open) = open {
            let jobs = self.clone();
            spawn_local(async move {
                jobs.look_at_line(open.line).await;
            });
        }
    }

    /// Changes a torn record to 未圈存, and goes straight on to its write.
    pub fn let_go_record(&self) {
        let Some((line, mut met)) = self.at_hand() else {
            return;
        };
        let task = self.records;
        let Some(mut card) = self.take_reader(|fault| task.update(|t| t.fail(fault))) else {
            return;
        };
        let (jobs, mut backend) = (self.clone(), self.backend.clone());
        task.update(|task| {
            task.begin();
            task.step = Some(Step::ProveCard);
        });
        spawn_local(async move {
            let mut progress = jobs.watch_record();
            let record = &line.recharge;
            let freed = flow::let_go(&mut card, &mut backend, &mut progress, &mut met, record);
            let freed = freed.await;
            jobs.desk.job.set(None);
            match freed {
                Ok(record) => {
                    task.update(|task| task.step = None);
                    jobs.go_to_write(met, record, true);
                }
                Err(fault) => {
                    task.update(|task| {
                        task.met = Some(met);
                        task.fail(fault);
                    });
                    jobs.look_at_line(line).await;
                }
            }
        });
    }

    /// Reads the card of the open record, or asks for it where none is in the reader. Asked for once, it is
    /// read the next time whether it is there or not: then the reader says what is wrong.
    fn read_record(&self, then: Then) {
        let task = self.records;
        let has_card = self.desk.card.get_untracked() != CardInSlot::Absent;
        let mut asks = false;
        self.with_open(|open| {
            let wants_card = !has_card && then != Then::Compare;
            asks = wants_card && !open.wants_card;
            open.then = then;
            open.wants_card = wants_card;
        });
        let state = task.get_untracked();
        let Some(open) = state.open.filter(|_| !asks) else {
            return;
        };
        let Some(mut card) = self.take_reader(|fault| task.update(|t| t.fail(fault))) else {
            return;
        };
        let (jobs, mut backend) = (self.clone(), self.backend.clone());
        let may_settle = self.may_change();
        task.update(RecordsTask::begin);
        self.with_open(|open| {
            open.card = None;
            open.news = None;
        });
        spawn_local(async move {
            let mut line = open.line;
            let mut progress = jobs.watch_record();
            let mut reading = Reading::default();
            let read = reading
                .read(
                    &mut card,
                    &mut backend,
                    &mut progress,
                    &line.recharge,
                    may_settle,
                )
                .await;
            jobs.desk.job.set(None);
            if let Some(card) = reading.card {
                jobs.desk.card.set(CardInSlot::Known(card.number));
            }
            task.update(|task| {
                task.step = None;
                task.fault = read.as_ref().err().copied();
                task.met = reading.met;
                let took = (now() - task.began) as u32;
                if let Some(open) = &mut task.open {
                    open.card = reading.card;
                    open.elapsed = Some(took);
                    open.news = read.as_ref().ok().map(|(_, news)| *news);
                }
            });
            let is_read = read.is_ok();
            if let Ok((record, _)) = read {
                line.recharge = record;
            }
            let line = jobs.look_at_line(line).await;
            if is_read {
                jobs.go_on_after_reading(then, &line);
            }
        });
    }

    /// What the reading was for.
    fn go_on_after_reading(&self, then: Then, line: &RecordLine) {
        match (then, line.recharge.state) {
            (Then::LetGo, RechargeState::Loading) => self.asks_let_go.set(true),
            (Then::Write, RechargeState::Paid) => self.load_record(),
            // The reading has settled it otherwise, and says so.
            _ => {}
        }
    }

    /// Leaves the record and goes on in 卡片充值, at the write.
    fn go_to_write(&self, met: Met, record: Recharge, let_go: bool) {
        self.records.update(|task| {
            task.open = None;
            task.met = None;
            task.fault = None;
        });
        self.resume_record(met, record, let_go);
        // Who has gone to another task meanwhile is not taken away from it.
        if self.desk.page.get_untracked() == Page::Records {
            Page::Load.open();
        }
    }

    /// The record as the backend lists it now; what is known of it where the backend does not say.
    async fn look_at_line(&self, known: RecordLine) -> RecordLine {
        let line = self.backend.line(&known.recharge).await.unwrap_or(known);
        self.records.update(|task| task.show(line.clone()));
        line
    }

    fn at_hand(&self) -> Option<(RecordLine, Met)> {
        self.records.with_untracked(RecordsTask::at_hand)
    }

    fn with_open(&self, change: impl FnOnce(&mut OpenRecord)) {
        self.records.update(|task| {
            if let Some(open) = &mut task.open {
                change(open);
            }
        });
    }

    fn watch_record(&self) -> Watch<impl FnMut(Step) + 'static> {
        let task = self.records;
        Watch::new(self.desk, move |step| task.update(|t| t.step = Some(step)))
    }

    /// Whether the operator may change records: an auditor reads only.
    pub fn may_change(&self) -> bool {
        matches!(self.role(), Some(Role::Teller | Role::Supervisor))
    }

    /// What the operator may do.
    pub fn role(&self) -> Option<Role> {
        self.desk
            .session
            .with_untracked(|session| session.as_ref().map(|session| session.role))
    }
}

/// What is read for one record.
#[derive(Default)]
struct Reading {
    met: Option<Met>,
    card: Option<CardSays>,
}

impl Reading {
    /// Meets the card and finds out what became of the record; what was read stays also when that fails.
    async fn read(
        &mut self,
        card: &mut dyn Card,
        backend: &mut Backend,
        progress: &mut dyn Progress,
        record: &Recharge,
        may_settle: bool,
    ) -> Result<(Recharge, News), Fault> {
        let met = self.met.insert(flow::meet(card, backend, progress).await?);
        let says = self.card.insert(CardSays::of(met));
        if says.number != record.card {
            return Err(Fault::new(Code::OtherCard));
        }
        let is_it = |found: &Recharge| found.id == record.id;
        if let Some(settled) = met.settled.clone().filter(is_it) {
            return Ok((settled, News::FoundLoaded));
        }
        let open = met.sighted.open.clone().filter(is_it);
        if let Some(torn) = open.filter(|open| open.state == RechargeState::Loading)
            && may_settle
        {
            let standing = flow::resolve_load(card, backend, progress, met).await?;
            says.counter = Some(standing.counter);
            says.balance = standing.balance;
            let news = News::of_torn(standing.record.state);
            return Ok((Some(standing.record).filter(is_it).unwrap_or(torn), news));
        }
        let now = backend.record(&record.id).await?;
        let news = match now.state == record.state {
            true => News::AsBefore,
            false => News::Moved,
        };
        Ok((now, news))
    }
}

impl News {
    /// Where the card's own account has left a torn record.
    fn of_torn(state: RechargeState) -> Self {
        match state {
            RechargeState::Loading => Self::StillTorn,
            RechargeState::Loaded => Self::FoundLoaded,
            RechargeState::Paid => Self::FoundFree,
            _ => Self::Moved,
        }
    }
}

/// What supervisors and auditors see, and what two persons decide.
impl Jobs {
    /// Whether the operator sees what speaks about a record.
    pub fn sees_evidence(&self) -> bool {
        matches!(self.role(), Some(Role::Supervisor | Role::Auditor))
    }

    /// 导出证据: saves the proof of the open record as a file.
    pub fn export_evidence(&self) {
        let open = self.records.with_untracked(|task| task.open.clone());
        let Some(id) = open.map(|open| open.line.recharge.id) else {
            return;
        };
        let (task, backend) = (self.records, self.backend.clone());
        spawn_local(async move {
            match backend.bundle(&id).await {
                Ok(text) => save::json(&format!("etc-{}-evidence.json", record_tail(&id)), &text),
                Err(refusal) => task.update(|task| task.fault = Some(refusal.into())),
            }
        });
    }

    /// A question about a decision begins.
    pub fn begin_decision(&self) {
        self.records.update(|task| task.decision = Decision::None);
    }

    /// Asks two persons to decide about the open record.
    pub fn ask_case(&self, kind: CaseKind, reason: String) {
        let open = self.records.with_untracked(|task| task.open.clone());
        let Some(record) = open.map(|open| open.line.recharge) else {
            return;
        };
        let ask = AskCase {
            // What stopped a card is about all its records.
            record: (kind != CaseKind::LiftStop).then_some(record.id),
            card: record.card,
            kind,
            reason,
        };
        let backend = self.backend.clone();
        self.decide(async move { backend.ask_case(&ask).await });
    }

    /// 核准, by a person who types name and password at this PC.
    pub fn approve_case(&self, case: String, approve: Approve) {
        let backend = self.backend.clone();
        self.decide(async move { backend.approve_case(&case, &approve).await });
    }

    /// 撤回
    pub fn withdraw_case(&self, case: String) {
        let backend = self.backend.clone();
        self.decide(async move { backend.withdraw_case(&case).await });
    }

    fn decide(&self, request: impl Future<Output = Result<CaseView, Refusal>> + 'static) {
        let (jobs, task) = (self.clone(), self.records);
        if task.with_untracked(|task| task.decision == Decision::Asking) {
            return;
        }
        task.update(|task| task.decision = Decision::Asking);
        spawn_local(async move {
            let decision = match request.await {
                Ok(_) => Decision::Taken,
                Err(refusal) => Decision::Refused(refusal.into()),
            };
            task.update(|task| {
                if decision == Decision::Taken {
                    // What was asked about is in other hands now.
                    task.fault = None;
                }
                task.decision = decision;
            });
            let open = task.with_untracked(|task| task.open.clone());
            match open {
                Some(open) => {
                    jobs.look_at_line(open.line).await;
                }
                None => jobs.refresh_records(),
            }
        });
    }

    /// 证据: shows what speaks about the open record. That somebody looked is in the audit trail too.
    pub fn show_evidence(&self) {
        self.with_open(|open| open.shows_evidence = true);
        let open = self.records.with_untracked(|task| task.open.clone());
        let Some(id) = open.map(|open| open.line.recharge.id) else {
            return;
        };
        let (jobs, task, backend) = (self.clone(), self.records, self.backend.clone());
        spawn_local(async move {
            match backend.evidence(&id).await {
                Ok(evidence) => jobs.with_open(|open| {
                    if open.line.recharge.id == id {
                        open.evidence = Some(evidence);
                    }
                }),
                Err(refusal) => task.update(|task| task.fault = Some(refusal.into())),
            }
        });
    }

    /// Back to the record.
    pub fn hide_evidence(&self) {
        self.with_open(|open| open.shows_evidence = false);
        self.records.update(|task| task.fault = None);
    }
}
