//! The order of things between card and backend, against a script of both. What a real chip and the real records
//! make of it is in the `tests` crate.

use std::boxed::Box;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::format;
use std::rc::Rc;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::*;
use crate::apdu::{Command, Repeat, Response};
use crate::authority::{
    BeginCardTask, CardTaskId, Difference, InitForLoad, IssueField, OfferTakeIn, Pin,
    ShownPresence, SignedCard, TakeIn, TakeIns,
};
use crate::bcd::{CardNumber, Date};
use crate::card::{Answer, NoAnswer};
use crate::flow::{KeptEvidence, activate_card, issue_card, show_card, take_in};
use crate::hex::{Bytes, decode, encode};
use crate::toll_card::HolderFile;

/// By the table of reference §1.2, as the factory first issues a card.
const BLANK: &str = "B8CACBE06201000116406201220123010000001700000000000000\
    00000000000000000000000000000000";
/// By the same table, and by hand: another card.
const OTHER: &str = "B8CACBE06201000116406201220123010000002500000000000000\
    00000000000000000000000000000000";

const MASTER: &str = "00A40000023F0000";
const APPLICATION: &str = "00A4000002100100";
const HOLDER: &str = "00B0960037";
const LONG: &str = "00B0950032";
const CLASSIC: &str = "00B095002B";
const CHALLENGE: &str = "0084000004";
const VERIFY: &str = "0020000006313233343536";
/// Key index 01, 1 fen, a nonce of the backend.
const INIT: &str = "805000020B0100000001F1020304050610";
const INIT_ANSWER: &str = "00000000000001000102030405060708";

type Log = Rc<RefCell<Vec<String>>>;

/// What the card answers.
#[derive(Clone, Copy)]
enum Says {
    Sw(u16),
    /// The command is on its way, and its answer is lost; the card stays under power.
    Nothing,
    /// The same, and the card is gone.
    Pulled,
    /// The session is over.
    NotSent,
}

/// The card in the reader.
struct Plastic {
    log: Log,
    session: u32,
    is_there: bool,
    /// Its file 0015, from each reading on; the last one again and again.
    issue: VecDeque<&'static str>,
    /// Its file 0015 is the longer one.
    is_long: bool,
    /// Answers to secured writes; `9000` behind them.
    writes: VecDeque<Says>,
    /// Answers to the PIN.
    pins: VecDeque<Says>,
    /// Answers to INIT.
    inits: VecDeque<Says>,
}

type Answered<'a, T> = Answer<'a, Result<T, NoAnswer>>;

fn at_once<'a, T: 'a>(answer: T) -> Answer<'a, T> {
    Box::pin(core::future::ready(answer))
}

fn response(hex: &str) -> Response {
    Response::parse(&decode(hex).expect("hex")).expect("SW")
}

impl Plastic {
    fn said(&mut self, says: Option<Says>, data: &str) -> Result<Response, NoAnswer> {
        match says.unwrap_or(Says::Sw(0x9000)) {
            Says::Sw(0x9000) => Ok(response(&format!("{data}9000"))),
            Says::Sw(sw) => Ok(response(&format!("{sw:04X}"))),
            Says::Nothing => Err(NoAnswer::unknown(Code::ReaderTimeout)),
            Says::Pulled => {
                self.is_there = false;
                Err(NoAnswer::unknown(Code::CardGone))
            }
            Says::NotSent => Err(NoAnswer::not_sent(Code::CardGone)),
        }
    }

    fn issue_file(&mut self) -> String {
        let issue = self.issue[0];
        if self.issue.len() > 1 {
            self.issue.pop_front();
        }
        issue.into()
    }
}

impl Card for Plastic {
    fn connect(&mut self) -> Answered<'_, PowerSession> {
        at_once(match self.is_there {
            true => Ok(PowerSession(self.session)),
            false => Err(NoAnswer::not_sent(Code::NoCard)),
        })
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answered<'a, Response> {
        assert_eq!(session, PowerSession(self.session));
        let sent = encode(&command.to_bytes());
        self.log.borrow_mut().push(sent.clone());
        let answer = match &*sent {
            MASTER | APPLICATION => Ok(response("9000")),
            HOLDER => Ok(response(&format!("{}9000", "00".repeat(55)))),
            LONG if self.is_long => {
                let file = self.issue_file();
                Ok(response(&format!("{file}{}9000", "FF".repeat(7))))
            }
            LONG => Ok(response("6700")),
            CLASSIC => Ok(response(&format!("{}9000", self.issue_file()))),
            CHALLENGE => {
                assert_eq!(command.repeat, Repeat::Once);
                Ok(response("112233449000"))
            }
            VERIFY => {
                let says = self.pins.pop_front();
                self.said(says, "")
            }
            INIT => {
                let says = self.inits.pop_front();
                self.said(says, INIT_ANSWER)
            }
            write if write.starts_with("04D6") => {
                assert_eq!((command.repeat, command.secret), (Repeat::Once, true));
                let says = self.writes.pop_front();
                self.said(says, "")
            }
            other => panic!("nobody sends {other}"),
        };
        at_once(answer)
    }
}

/// A backend that answers showings by this list, one after the other.
struct Records {
    log: Log,
    told: VecDeque<Result<CardTold, Refusal>>,
    after_refusal: CardTaskState,
    /// Signs this file whichever is asked for.
    signs: Option<CardFile>,
}

impl CardTasks for Records {
    fn begin_card_task<'a>(
        &'a mut self,
        _: &'a BeginCardTask,
    ) -> Answer<'a, Result<CardTask, Refusal>> {
        panic!("the page begins")
    }

    fn show_card<'a>(
        &'a mut self,
        task: &'a CardTaskId,
        shown: &'a WholeCard,
    ) -> Answer<'a, Result<CardTold, Refusal>> {
        assert_eq!(task, "task");
        assert_eq!(shown.holder.0.len(), 55);
        self.log.borrow_mut().push(match &shown.presence {
            Some(proof) => {
                assert_eq!(proof, &presence_shown());
                "show with proof".into()
            }
            None => "show".into(),
        });
        at_once(self.told.pop_front().expect("one more showing"))
    }

    fn sign_card<'a>(
        &'a mut self,
        task: &'a CardTaskId,
        request: &'a SignCard,
    ) -> Answer<'a, Result<SignedCard, Refusal>> {
        assert_eq!(task, "task");
        assert_eq!(request.challenge, Fixed([0x11, 0x22, 0x33, 0x44]));
        self.log.borrow_mut().push("sign".into());
        let file = self.signs.unwrap_or(request.file);
        let command = Bytes(decode(&update(file)).expect("hex"));
        at_once(Ok(SignedCard { command }))
    }

    fn card_refused<'a>(
        &'a mut self,
        _: &'a CardTaskId,
        refused: &'a CardRefused,
    ) -> Answer<'a, Result<CardTask, Refusal>> {
        let told = format!("refused {}", encode(&refused.sw.0));
        self.log.borrow_mut().push(told);
        at_once(Ok(task(CardTaskKind::Issue, self.after_refusal)))
    }
}

impl TakeIns for Records {
    fn offer_take_in<'a>(
        &'a mut self,
        card: CardNumber,
        request: &'a OfferTakeIn,
    ) -> Answer<'a, Result<Presence, Refusal>> {
        assert_eq!((card, &*encode(&request.issue.0)), (number(), BLANK));
        self.log.borrow_mut().push("offer".into());
        at_once(Ok(presence()))
    }

    fn take_in<'a>(
        &'a mut self,
        card: CardNumber,
        request: &'a TakeIn,
    ) -> Answer<'a, Result<(), Refusal>> {
        assert_eq!((card, &*encode(&request.issue.0)), (number(), BLANK));
        assert_eq!(request.holder.0.len(), usize::from(HolderFile::LENGTH));
        assert_eq!(request.presence, presence_shown());
        self.log.borrow_mut().push("take in".into());
        at_once(Ok(()))
    }
}

/// Nobody watches.
struct Quiet;

impl Progress for Quiet {
    fn at(&mut self, _: Step) {}
    fn keep(&mut self, _: &KeptEvidence) {
        panic!("no load is written")
    }
}

fn number() -> CardNumber {
    "62012201230100000017".parse().expect("20 digits")
}

fn presence() -> Presence {
    Presence {
        pin: Pin::Ascii6("123456".into()),
        init: InitForLoad {
            key_index: 1,
            amount: Some(1),
            terminal: Fixed([0xF1, 2, 3, 4, 5, 6]),
        },
    }
}

fn presence_shown() -> ShownPresence {
    ShownPresence {
        answer: INIT_ANSWER.parse().expect("16 bytes"),
        terminal: Fixed([0xF1, 2, 3, 4, 5, 6]),
    }
}

/// The write of a file, without a MAC that anybody verifies.
fn update(file: CardFile) -> String {
    match file {
        CardFile::Holder => format!("04D696003B{}", "0A".repeat(59)),
        CardFile::Issue => format!("04D695002F{}", "0B".repeat(47)),
    }
}

fn task(kind: CardTaskKind, state: CardTaskState) -> CardTask {
    CardTask {
        id: "task".into(),
        kind,
        card: number(),
        plate: "A12345".into(),
        plate_colour: 0,
        vehicle_class: 1,
        state,
        presence: Some(presence()),
        signatures_left: 8,
    }
}

fn told(next: &[CardFile]) -> Result<CardTold, Refusal> {
    let state = match next {
        [] => CardTaskState::Done,
        _ => CardTaskState::Open,
    };
    Ok(CardTold {
        task: task(CardTaskKind::Issue, state),
        differences: Vec::new(),
        next: next.to_vec(),
        validity: [
            Date([0x20, 0x24, 0x01, 0x15]),
            Date([0x20, 0x34, 0x01, 0x14]),
        ],
    })
}

/// What is told of a card that has no proof that it is there.
fn told_without_proof(next: &[CardFile]) -> Result<CardTold, Refusal> {
    let mut told = told(next)?;
    told.task.presence = None;
    Ok(told)
}

const BOTH: [CardFile; 2] = [CardFile::Holder, CardFile::Issue];

/// Card and backend on one table.
struct Table {
    log: Log,
    card: Plastic,
    records: Records,
}

impl Table {
    fn new(told: impl IntoIterator<Item = Result<CardTold, Refusal>>) -> Self {
        let log = Log::default();
        Self {
            card: Plastic {
                log: log.clone(),
                session: 1,
                is_there: true,
                issue: VecDeque::from([BLANK]),
                is_long: false,
                writes: VecDeque::new(),
                pins: VecDeque::new(),
                inits: VecDeque::new(),
            },
            records: Records {
                log: log.clone(),
                told: told.into_iter().collect(),
                after_refusal: CardTaskState::Open,
                signs: None,
            },
            log,
        }
    }

    /// An issue in which both files are to be written first.
    fn issuing(then: impl IntoIterator<Item = Result<CardTold, Refusal>>) -> Self {
        Self::new([told(&BOTH)].into_iter().chain(then))
    }

    fn issue(&mut self) -> Result<CardDone, Fault> {
        self.issue_of(&task(CardTaskKind::Issue, CardTaskState::Open))
    }

    fn issue_of(&mut self, task: &CardTask) -> Result<CardDone, Fault> {
        run(issue_card(
            &mut self.card,
            &mut self.records,
            &mut Quiet,
            task,
        ))
    }

    fn activate(&mut self) -> Result<CardDone, Fault> {
        run(activate_card(
            &mut self.card,
            &mut self.records,
            &mut Quiet,
            &task(CardTaskKind::Activate, CardTaskState::Open),
        ))
    }

    /// What has happened, in order.
    fn happened(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    fn count(&self, what: &str) -> usize {
        let log = self.log.borrow();
        log.iter().filter(|one| *one == what).count()
    }

    fn showings(&self) -> Vec<String> {
        let mut happened = self.happened();
        happened.retain(|one| one.starts_with("show"));
        happened
    }
}

fn run<T>(flow: impl Future<Output = T>) -> T {
    let mut flow = core::pin::pin!(flow);
    let mut context = core::task::Context::from_waker(core::task::Waker::noop());
    match flow.as_mut().poll(&mut context) {
        core::task::Poll::Ready(outcome) => outcome,
        core::task::Poll::Pending => panic!("nothing here waits"),
    }
}

fn faulty(outcome: Result<CardDone, Fault>) -> (Code, Option<u16>, Written) {
    let fault = outcome.expect_err("a fault");
    (fault.code, fault.sw.map(|sw| sw.0), fault.written)
}

const READ: [&str; 5] = [MASTER, HOLDER, APPLICATION, LONG, CLASSIC];

#[test]
fn issuing_reads_like_its_chart() {
    let mut table = Table::issuing([told(&[])]);
    let done = table.issue().expect("issued");
    assert!(done.written);
    let (holder, issue) = (update(CardFile::Holder), update(CardFile::Issue));
    let chart = [
        &READ[..],
        &[VERIFY, INIT, "show with proof"],
        &[APPLICATION, CLASSIC, MASTER, CHALLENGE, "sign", &holder],
        &[APPLICATION, CLASSIC, CHALLENGE, "sign", &issue],
        &READ,
        &["show"],
    ];
    assert_eq!(table.happened(), chart.concat());
}

#[test]
fn the_long_file_is_shown_whole() {
    let mut table = Table::new([told(&[])]);
    table.card.is_long = true;
    assert!(!table.issue().expect("as it should be").written);
    let read = [MASTER, HOLDER, APPLICATION, LONG];
    assert_eq!(table.happened()[..4], read);
    assert_eq!(table.count(CLASSIC), 0);
}

#[test]
fn a_card_without_a_proof_is_written_without_one() {
    let both = told_without_proof(&BOTH);
    let mut table = Table::new([both, told_without_proof(&[])]);
    let mut task = task(CardTaskKind::Issue, CardTaskState::Open);
    task.presence = None;
    assert!(table.issue_of(&task).expect("issued").written);
    assert_eq!(table.showings(), ["show", "show"]);
    assert_eq!(table.count(VERIFY), 0);
}

#[test]
fn another_card_is_neither_shown_nor_written() {
    let mut table = Table::new([]);
    table.card.issue = VecDeque::from([OTHER]);
    assert_eq!(faulty(table.issue()), (Code::OtherCard, None, Written::No));
    assert_eq!(table.happened(), READ);

    // It lies there since the showing.
    let mut table = Table::issuing([]);
    table.card.issue = VecDeque::from([BLANK, OTHER]);
    assert_eq!(faulty(table.issue()), (Code::OtherCard, None, Written::No));
    assert_eq!((table.count(CHALLENGE), table.count("sign")), (0, 0));
}

#[test]
fn a_pin_that_is_wrong_ends_the_task_and_is_not_tried_again() {
    for (sw, code) in [(0x63C2, Code::WrongPin), (0x6983, Code::PinLocked)] {
        let mut table = Table::new([]);
        table.card.pins = VecDeque::from([Says::Sw(sw)]);
        assert_eq!(faulty(table.issue()), (code, Some(sw), Written::No));
        assert_eq!((table.count(VERIFY), table.count(INIT)), (1, 0));
    }
    // 9403: the card has none.
    let mut table = Table::new([told(&[])]);
    table.card.pins = VecDeque::from([Says::Sw(0x9403)]);
    assert!(table.issue().is_ok());
}

#[test]
fn the_pin_is_shown_once_unless_the_card_has_forgotten_it() {
    // The read-back finds something that is still to be written, so it is shown again, with a proof.
    let again = || {
        [
            told(&[CardFile::Issue]),
            told(&[CardFile::Issue]),
            told(&[]),
        ]
    };
    let mut table = Table::issuing(again());
    assert!(table.issue().expect("issued").written);
    let showings = ["show with proof", "show", "show with proof", "show"];
    assert_eq!(table.showings(), showings);
    assert_eq!((table.count(VERIFY), table.count(INIT)), (1, 2));

    let mut table = Table::issuing(again());
    table.card.inits = VecDeque::from([Says::Sw(0x9000), Says::Sw(0x6982)]);
    assert!(table.issue().expect("issued").written);
    assert_eq!((table.count(VERIFY), table.count(INIT)), (2, 3));

    // One that refuses it at first has not forgotten anything.
    let mut table = Table::new([]);
    table.card.inits = VecDeque::from([Says::Sw(0x6982)]);
    let expected = (Code::SecurityState, Some(0x6982), Written::No);
    assert_eq!(faulty(table.issue()), expected);
    assert_eq!(table.count(VERIFY), 1);
}

#[test]
fn a_wrong_mac_stops_at_once_and_so_does_every_refusal() {
    for (sw, code) in [
        (0x6988, Code::CardForbids),
        (0x6983, Code::CardRefusesWrite),
        (0x6984, Code::CardRefusesWrite),
        (0x6700, Code::CardRefusesWrite),
    ] {
        let mut table = Table::issuing([]);
        table.card.writes = VecDeque::from([Says::Sw(0x9000), Says::Sw(sw)]);
        assert_eq!(faulty(table.issue()), (code, Some(sw), Written::Yes));
        assert!(table.happened().ends_with(&[format!("refused {sw:04X}")]));
    }
    // The backend's word on it is the last one; a memory that failed may hold a part.
    let mut table = Table::issuing([]);
    table.records.after_refusal = CardTaskState::Stopped(Code::CardFailedThrice);
    table.card.writes = VecDeque::from([Says::Sw(0x6581)]);
    let expected = (Code::CardFailedThrice, Some(0x6581), Written::Unknown);
    assert_eq!(faulty(table.issue()), expected);
}

#[test]
fn a_lost_answer_is_read_back_before_anything_else() {
    // The write had reached the card.
    let mut table = Table::issuing([told(&[CardFile::Issue]), told(&[])]);
    table.card.writes = VecDeque::from([Says::Nothing]);
    assert!(table.issue().expect("issued").written);
    assert_eq!(table.count("sign"), 2);
    let showings = ["show with proof", "show with proof", "show"];
    assert_eq!(table.showings(), showings);

    // It had not, or the card's word says nothing: the same file is signed for a challenge of its own.
    for says in [Says::Nothing, Says::Sw(0x6F00), Says::Sw(0x6200)] {
        let mut table = Table::issuing([told(&BOTH), told(&[])]);
        table.card.writes = VecDeque::from([says]);
        assert!(table.issue().expect("issued").written);
        assert_eq!((table.count("sign"), table.count(CHALLENGE)), (3, 3));
    }

    // The last write reached it: nothing more is signed.
    let mut table = Table::issuing([told(&[])]);
    table.card.writes = VecDeque::from([Says::Sw(0x9000), Says::Nothing]);
    assert!(table.issue().expect("issued").written);
    assert_eq!(table.count("sign"), 2);
}

#[test]
fn a_card_that_cannot_be_read_back_is_unknown_or_torn() {
    let mut table = Table::issuing([]);
    table.card.writes = VecDeque::from([Says::Pulled]);
    let expected = (Code::IssueUnknown, None, Written::Unknown);
    assert_eq!(faulty(table.issue()), expected);

    let mut table = Table::issuing([]);
    table.card.writes = VecDeque::from([Says::Sw(0x9000), Says::NotSent]);
    assert_eq!(faulty(table.issue()), (Code::IssueTorn, None, Written::Yes));

    // Before anything was written it is only gone; the task begins anew.
    let mut table = Table::issuing([]);
    table.card.writes = VecDeque::from([Says::NotSent]);
    assert_eq!(faulty(table.issue()), (Code::CardGone, None, Written::No));

    // An answer that is lost each time.
    let mut table = Table::issuing([told(&BOTH), told(&BOTH), told(&BOTH)]);
    table.card.writes = VecDeque::from([Says::Nothing; 4]);
    let expected = (Code::IssueUnknown, None, Written::Unknown);
    assert_eq!(faulty(table.issue()), expected);
    assert_eq!(table.count("sign"), SHOWINGS);
}

#[test]
fn a_backend_that_does_not_answer_after_a_write_leaves_the_card_to_be_confirmed() {
    for code in [Code::Unreachable, Code::AnswerLost] {
        let mut table = Table::issuing([Err(Refusal { code })]);
        let unconfirmed = (Code::IssueUnconfirmed, None, Written::Yes);
        assert_eq!(faulty(table.issue()), unconfirmed);
        let mut table = Table::new([Err(Refusal { code })]);
        assert_eq!(faulty(table.issue()), (code, None, Written::No));
    }
}

#[test]
fn nothing_is_signed_for_a_card_that_differs_from_its_record() {
    let mut differing = told(&BOTH).expect("told");
    differing.differences.push(Difference {
        field: IssueField::Version,
        card: "50".into(),
        record: "40".into(),
    });
    let mut table = Table::new([Ok(differing.clone())]);
    let expected = (Code::CardDiffers, None, Written::No);
    assert_eq!(faulty(table.issue()), expected);
    assert_eq!(table.count(CHALLENGE), 0);
    let mut table = Table::new([Ok(differing)]);
    assert_eq!(faulty(table.activate()), expected);
}

#[test]
fn an_activation_writes_the_issue_file_and_no_other() {
    let mut table = Table::new([told(&[CardFile::Issue]), told(&[])]);
    assert!(table.activate().expect("activated").written);
    assert_eq!(table.count("sign"), 1);

    let mut table = Table::new([told(&[])]);
    assert!(!table.activate().expect("active already").written);
    assert_eq!(table.count("sign"), 0);

    let mut table = Table::new([told(&BOTH)]);
    let expected = (Code::BackendFailed, None, Written::No);
    assert_eq!(faulty(table.activate()), expected);
    assert_eq!(table.count("sign"), 0);
}

#[test]
fn a_backend_that_says_nothing_sensible_gets_nothing_written() {
    let expected = (Code::BackendFailed, None, Written::No);
    // Open, and nothing is to be written.
    let mut idle = told(&[]).expect("told");
    idle.task.state = CardTaskState::Open;
    let mut table = Table::new([Ok(idle)]);
    assert_eq!(faulty(table.issue()), expected);

    // A command that is not the write of its file.
    let mut table = Table::issuing([]);
    table.records.signs = Some(CardFile::Issue);
    assert_eq!(faulty(table.issue()), expected);
    let happened = table.happened();
    assert!(!happened.iter().any(|what| what.starts_with("04D6")));

    // An INIT without an amount: there is no record that has one.
    let mut table = Table::new([]);
    let mut task = task(CardTaskKind::Issue, CardTaskState::Open);
    task.presence.as_mut().expect("a proof").init.amount = None;
    assert_eq!(faulty(table.issue_of(&task)), expected);
    assert_eq!(table.count(VERIFY), 0);
}

#[test]
fn a_task_that_is_stopped_ends_with_its_reason() {
    let stopped = |code| {
        let mut stopped = told(&[]).expect("told");
        stopped.task.state = CardTaskState::Stopped(code);
        Ok(stopped)
    };
    let mut table = Table::new([stopped(Code::CardSignaturesSpent)]);
    let expected = (Code::CardSignaturesSpent, None, Written::No);
    assert_eq!(faulty(table.issue()), expected);

    // What became of the write is as unknown as before.
    let mut table = Table::issuing([stopped(Code::CardFailedThrice)]);
    table.card.writes = VecDeque::from([Says::Nothing]);
    let expected = (Code::CardFailedThrice, None, Written::Unknown);
    assert_eq!(faulty(table.issue()), expected);
}

#[test]
fn a_blank_card_is_read_for_its_task() {
    let mut table = Table::new([]);
    let read = run(show_card(&mut table.card, &mut Quiet)).expect("a card");
    assert!(read.issue.is_blank());
    assert_eq!(read.shown.number, number());
    assert_eq!(table.happened(), vec![APPLICATION, LONG, CLASSIC]);
}

#[test]
fn a_card_is_taken_in_with_its_proof() {
    let mut table = Table::new([]);
    let taken = run(take_in(&mut table.card, &mut table.records, &mut Quiet));
    assert_eq!(taken, Ok(()));
    let chart = [&READ[..], &["offer", VERIFY, INIT, "take in"]];
    assert_eq!(table.happened(), chart.concat());

    let mut table = Table::new([]);
    table.card.pins = VecDeque::from([Says::Sw(0x63C2)]);
    let taken = run(take_in(&mut table.card, &mut table.records, &mut Quiet));
    assert_eq!(taken.map_err(|fault| fault.code), Err(Code::WrongPin));
    assert_eq!(table.count("take in"), 0);
}
