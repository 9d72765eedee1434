//! The order of things between card, tag and backend, against a script of all three. What a real chip and the real
//! records make of it is in the `tests` crate.

use std::boxed::Box;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::format;
use std::rc::Rc;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::*;
use crate::apdu::Command;
use crate::authority::{
    BeginTagTask, CancelReason, Compared, IssueMode, NamedTag, SignedTag, TagField, TagTaskId,
};
use crate::bcd::CardNumber;
use crate::card::{Answer, Card, NoAnswer};
use crate::flow::{
    KeptEvidence, MetTag, activate_obu, cancel_obu, issue_obu, meet_for_activation, meet_tag,
    show_card,
};
use crate::hex::{Bytes, decode, encode};
use crate::obu::{ContractSerial, SystemInformation, TagProfile};
use crate::obu_programmer::{Device, Mmi, ObuStatus, PsamSlot};

/// By the table of reference §6.1: Gansu, 3DES, not activated; the whole file.
const SYSTEM: &str = "B8CACBE06201000100166201230100010041202401152034011400";
const OTHER: &str = "B8CACBE06201000100166201230100010058202401152034011400";
/// By the table of reference §1.2: 甘A12345.
const CARD: &str = "B8CACBE06201000116406201220123010000001720240115203401\
    14B8CA41313233343500000000000001";

/// The challenge of a write in either directory, with the number of its tag.
const IN_MASTER: &str = "00A40000023F0000 00B0810A08 0084000004";
const IN_APPLICATION: &str = "00A40000023F0000 00B0810A08 00A4000002DF0100 0084000004";

type Log = Rc<RefCell<Vec<String>>>;

/// What the tag answers to a secured write or a challenge.
#[derive(Clone, Copy)]
enum Says {
    Sw(u16),
    /// The command is on its way, and its answer is lost.
    Nothing,
    /// The session is over.
    NotSent,
}

/// A programmer with one tag before it.
struct Script {
    log: Log,
    /// Numbers of the tags that answer the calls, the last one again and again.
    called: VecDeque<&'static str>,
    status: Option<u8>,
    sessions: u32,
    /// Answers to secured writes; `9000` behind them.
    writes: VecDeque<Says>,
    challenges: VecDeque<Says>,
    /// Calls that are answered; then no tag is there.
    calls: usize,
    /// The tag that lies there in truth, where a programmer in contact does not tell.
    lying: Option<&'static str>,
    in_contact: bool,
}

type Answered<'a, T> = Answer<'a, Result<T, NoAnswer>>;

fn at_once<'a, T: 'a>(answer: T) -> Answer<'a, T> {
    Box::pin(core::future::ready(answer))
}

fn response(hex: &str) -> Response {
    Response::parse(&decode(hex).expect("hex")).expect("SW")
}

impl Script {
    fn said(&self, says: Says, data: &str) -> Result<Response, NoAnswer> {
        match says {
            Says::Sw(0x9000) => Ok(response(&format!("{data}9000"))),
            Says::Sw(sw) => Ok(response(&format!("{sw:04X}"))),
            Says::Nothing => Err(NoAnswer::unknown(Code::ProgrammerTimeout)),
            Says::NotSent => Err(NoAnswer::not_sent(Code::TagGone)),
        }
    }
}

impl ObuProgrammer for Script {
    fn open(&mut self) -> Answered<'_, Device> {
        panic!("it is open")
    }

    fn psam_reset(&mut self, _: PsamSlot) -> Answered<'_, [u8; 6]> {
        panic!("no PSAM is needed")
    }

    fn psam<'a>(&'a mut self, _: PsamSlot, _: &'a [Command]) -> Answered<'a, Vec<Response>> {
        panic!("no PSAM is needed")
    }

    fn initialise(&mut self) -> Answered<'_, (PowerSession, Tag)> {
        self.log.borrow_mut().push("call".into());
        let Some(left) = self.calls.checked_sub(1) else {
            return at_once(Err(NoAnswer::unknown(Code::NoTag)));
        };
        self.calls = left;
        if self.called.len() > 1 {
            self.called.pop_front();
        }
        self.sessions += 1;
        let system = SystemInformation::parse(&decode(self.called[0]).expect("hex")).expect("27");
        let tag = Tag {
            mac: Some([2, 0, 0, 1]),
            contract: system.contract,
            status: self.status.map(|first| ObuStatus([first, 0])),
        };
        at_once(Ok((PowerSession(self.sessions), tag)))
    }

    fn power_card(&mut self) -> Answered<'_, PowerSession> {
        panic!("the card has a reader of its own")
    }

    fn transfer_channel<'a>(
        &'a mut self,
        session: PowerSession,
        channel: Channel,
        commands: &'a [Command],
    ) -> Answered<'a, Vec<Response>> {
        assert_eq!(
            (session, channel),
            (PowerSession(self.sessions), Channel::Esam)
        );
        let sent: Vec<String> = commands.iter().map(|c| encode(&c.to_bytes())).collect();
        let sent = sent.join(" ");
        self.log.borrow_mut().push(sent.clone());
        let ok = || response("9000");
        let answers = match &*sent {
            "00A40000023F0000 00B0810063" => {
                let file = format!("{}{}9000", self.called[0], "FF".repeat(72));
                Ok(vec![ok(), response(&file)])
            }
            "00A40000023F0000 00B081001B" => {
                Ok(vec![ok(), response(&format!("{}9000", self.called[0]))])
            }
            "00A4000002DF0100" => Ok(vec![ok()]),
            "00B400000A01020304050607084F0000" => Ok(vec![response("AABB9000")]),
            IN_MASTER | IN_APPLICATION => {
                let says = self.challenges.pop_front().unwrap_or(Says::Sw(0x9000));
                let number = self.lying.unwrap_or(self.called[0]).get(20..36);
                let number = response(&format!("{}9000", number.expect("its number")));
                let mut answers = vec![ok(), number];
                answers.extend((sent == IN_APPLICATION).then(ok));
                self.said(says, "11223344").map(|challenge| {
                    answers.push(challenge);
                    answers
                })
            }
            write if write.starts_with("04D6") => {
                let says = self.writes.pop_front().unwrap_or(Says::Sw(0x9000));
                self.said(says, "").map(|answer| vec![answer])
            }
            other => panic!("nobody sends {other}"),
        };
        at_once(answers)
    }

    fn set_mmi(&mut self, session: PowerSession, shown: Mmi) -> Answered<'_, ()> {
        assert_eq!((session, shown), (PowerSession(self.sessions), Mmi::Ok));
        self.log.borrow_mut().push("light".into());
        at_once(match self.in_contact {
            true => Err(NoAnswer::not_sent(Code::ProgrammerCannot)),
            false => Ok(()),
        })
    }

    fn release(&mut self, _: PowerSession) -> Answered<'_, ()> {
        self.log.borrow_mut().push("release".into());
        at_once(Ok(()))
    }
}

/// The card in the reader.
struct Plastic(Log);

impl Card for Plastic {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        at_once(Ok(PowerSession(1)))
    }

    fn transmit<'a>(
        &'a mut self,
        _: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        at_once(Ok(match &*encode(&command.to_bytes()) {
            "00A4000002100100" => response("9000"),
            "00B0950032" => response("6700"),
            "00B095002B" => {
                self.0.borrow_mut().push("card".into());
                response(&format!("{CARD}9000"))
            }
            other => panic!("nobody sends {other}"),
        }))
    }
}

/// A backend that answers showings by this list, one after the other.
struct Records {
    log: Log,
    told: VecDeque<Result<TagTold, Refusal>>,
    after_refusal: TagTaskState,
}

impl TagTasks for Records {
    fn begin_tag_task<'a>(
        &'a mut self,
        request: &'a BeginTagTask,
    ) -> Answer<'a, Result<TagTask, Refusal>> {
        assert_eq!(request.work, TagWork::Activate);
        assert_eq!(request.tag, NamedTag::Serial(serial()));
        assert_eq!(
            request.card.as_ref().map(|card| card.number),
            Some(number())
        );
        self.log.borrow_mut().push("begin".into());
        at_once(Ok(task(TagWork::Activate, TagTaskState::Open)))
    }

    fn show_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        shown: &'a ShownTag,
    ) -> Answer<'a, Result<TagTold, Refusal>> {
        assert_eq!(task, "task");
        assert_eq!(shown.system.0.len(), 99);
        assert!(shown.vehicle.is_some());
        self.log.borrow_mut().push("show".into());
        at_once(self.told.pop_front().expect("one more showing"))
    }

    fn sign_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        request: &'a SignTag,
    ) -> Answer<'a, Result<SignedTag, Refusal>> {
        assert_eq!(task, "task");
        assert_eq!(request.challenge, Fixed([0x11, 0x22, 0x33, 0x44]));
        self.log.borrow_mut().push("sign".into());
        let command = Bytes(decode(&update(request.file)).expect("hex"));
        at_once(Ok(SignedTag { command }))
    }

    fn tag_refused<'a>(
        &'a mut self,
        _: &'a TagTaskId,
        refused: &'a TagRefused,
    ) -> Answer<'a, Result<TagTask, Refusal>> {
        let told = format!("refused {}", encode(&refused.sw.0));
        self.log.borrow_mut().push(told);
        at_once(Ok(task(ISSUE, self.after_refusal)))
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

const ISSUE: TagWork = TagWork::Issue {
    mode: IssueMode::New,
};
const CANCEL: TagWork = TagWork::Cancel {
    reason: CancelReason::WrongData,
};

fn serial() -> ContractSerial {
    "6201230100010041".parse().expect("16 digits")
}

fn number() -> CardNumber {
    "62012201230100000017".parse().expect("20 digits")
}

/// The write of a file, without a MAC that anybody verifies.
fn update(file: TagFile) -> String {
    match file {
        TagFile::Vehicle => format!("04D6810053{}", "0A".repeat(83)),
        TagFile::System => format!("04D6810067{}", "0B".repeat(103)),
        TagFile::RemovalFlag => "04D6811A050111111111".into(),
    }
}

fn task(work: TagWork, state: TagTaskState) -> TagTask {
    TagTask {
        id: "task".into(),
        work,
        card: Some(number()),
        tag: serial(),
        sn: "6210230100010041".into(),
        plate: "A12345".into(),
        plate_colour: 0,
        vehicle_class: 1,
        state,
        read: Some(ReadVehicle {
            profile: TagProfile::default(),
            random: Fixed([1, 2, 3, 4, 5, 6, 7, 8]),
        }),
        signatures_left: 8,
    }
}

fn told(work: TagWork, next: &[TagFile]) -> Result<TagTold, Refusal> {
    let state = match next {
        [] => TagTaskState::Done,
        _ => TagTaskState::Open,
    };
    Ok(TagTold {
        task: task(work, state),
        comparison: Vec::new(),
        next: next.to_vec(),
    })
}

/// Card, tag and backend on one table.
struct Table {
    log: Log,
    script: Script,
    records: Records,
}

impl Table {
    fn new(told: impl IntoIterator<Item = Result<TagTold, Refusal>>) -> Self {
        let log = Log::default();
        Self {
            script: Script {
                log: log.clone(),
                called: VecDeque::from([SYSTEM]),
                status: Some(0x80),
                sessions: 0,
                writes: VecDeque::new(),
                challenges: VecDeque::new(),
                calls: 9,
                lying: None,
                in_contact: false,
            },
            records: Records {
                log: log.clone(),
                told: told.into_iter().collect(),
                after_refusal: TagTaskState::Open,
            },
            log,
        }
    }

    /// An issue in which both files are to be written first.
    fn issuing(then: impl IntoIterator<Item = Result<TagTold, Refusal>>) -> Self {
        let both = told(ISSUE, &[TagFile::Vehicle, TagFile::System]);
        Self::new([both].into_iter().chain(then))
    }

    fn issue(&mut self) -> Result<TagDone, Fault> {
        let task = task(ISSUE, TagTaskState::Open);
        let mut card = Plastic(self.log.clone());
        run(issue_obu(
            &mut card,
            &mut self.script,
            &mut self.records,
            &mut Quiet,
            &task,
            serial(),
        ))
    }

    fn activate(&mut self) -> Result<TagDone, Fault> {
        let met = MetTag {
            told: told(TagWork::Activate, &[TagFile::RemovalFlag]).expect("told"),
            signals: true,
        };
        let mut card = Plastic(self.log.clone());
        run(activate_obu(
            &mut card,
            &mut self.script,
            &mut self.records,
            &mut Quiet,
            &met,
        ))
    }

    /// What has happened, in order.
    fn happened(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    fn signed(&self) -> usize {
        let log = self.log.borrow();
        log.iter().filter(|what| *what == "sign").count()
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

fn faulty(outcome: Result<TagDone, Fault>) -> (Code, Option<u16>, Written) {
    let fault = outcome.expect_err("a fault");
    (fault.code, fault.sw.map(|sw| sw.0), fault.written)
}

const READ: [&str; 4] = [
    "00A40000023F0000 00B0810063",
    "00A4000002DF0100",
    "00B400000A01020304050607084F0000",
    "show",
];

#[test]
fn issuing_reads_like_its_chart() {
    let mut table = Table::issuing([told(ISSUE, &[])]);
    let done = table.issue().expect("issued");
    assert!(done.written);
    let (vehicle, system) = (update(TagFile::Vehicle), update(TagFile::System));
    let chart = [
        &["card", "call"][..],
        &READ,
        &[IN_APPLICATION, "sign", &vehicle],
        &[IN_MASTER, "sign", &system],
        &READ,
        &["release"],
    ];
    assert_eq!(table.happened(), chart.concat());
}

#[test]
fn another_tag_or_another_card_than_at_first_is_not_written() {
    let mut table = Table::issuing([]);
    table.script.called = VecDeque::from([OTHER]);
    assert_eq!(faulty(table.issue()), (Code::OtherTag, None, Written::No));
    assert_eq!(table.happened(), ["card", "call", "release"]);

    // Another tag was read at first than the one with that SN.
    let mut table = Table::issuing([]);
    let task = task(ISSUE, TagTaskState::Open);
    let mut card = Plastic(table.log.clone());
    let other = "6201230100010058".parse().expect("16 digits");
    let (script, records) = (&mut table.script, &mut table.records);
    let outcome = run(issue_obu(
        &mut card, script, records, &mut Quiet, &task, other,
    ));
    assert_eq!(faulty(outcome), (Code::OtherTag, None, Written::No));
    assert!(table.happened().is_empty());

    let mut table = Table::issuing([]);
    let mut task = task.clone();
    task.card = "62012201230100000025".parse().ok();
    let mut card = Plastic(table.log.clone());
    let (script, records) = (&mut table.script, &mut table.records);
    let outcome = run(issue_obu(
        &mut card,
        script,
        records,
        &mut Quiet,
        &task,
        serial(),
    ));
    assert_eq!(faulty(outcome), (Code::OtherCard, None, Written::No));
    assert_eq!(table.happened(), ["card"]);
}

#[test]
fn a_challenge_of_another_tag_is_not_signed_for() {
    let mut table = Table::issuing([]);
    table.script.lying = Some(OTHER);
    assert_eq!(faulty(table.issue()), (Code::OtherTag, None, Written::No));
    assert_eq!(table.signed(), 0);
}

#[test]
fn nothing_is_signed_while_the_switch_stands_out() {
    let mut table = Table::issuing([]);
    table.script.status = Some(0x82);
    let expected = (Code::SwitchNotPressed, None, Written::No);
    assert_eq!(faulty(table.issue()), expected);
    assert_eq!(table.happened(), ["card", "call", "release"]);
    assert_eq!(faulty(table.activate()), expected);

    // A programmer that tells no status: the tag itself refuses.
    let mut table = Table::issuing([]);
    table.script.status = None;
    table.script.writes = VecDeque::from([Says::Sw(0x6985)]);
    let expected = (Code::SwitchNotPressed, Some(0x6985), Written::No);
    assert_eq!(faulty(table.issue()), expected);
    assert!(table.happened().contains(&"refused 6985".into()));
}

#[test]
fn a_wrong_mac_stops_at_once_and_so_does_every_refusal() {
    for (sw, code) in [
        (0x6988, Code::TagForbids),
        (0x6A84, Code::TagRefused),
        (0x6984, Code::TagRefused),
    ] {
        let mut table = Table::issuing([]);
        table.script.writes = VecDeque::from([Says::Sw(0x9000), Says::Sw(sw)]);
        assert_eq!(faulty(table.issue()), (code, Some(sw), Written::Yes));
        let end = [format!("refused {sw:04X}"), "release".into()];
        assert!(table.happened().ends_with(&end));
    }
    // The backend's word on it is the last one.
    let mut table = Table::issuing([]);
    table.records.after_refusal = TagTaskState::Stopped(Code::TagFailedThrice);
    table.script.writes = VecDeque::from([Says::Sw(0x6581)]);
    let expected = (Code::TagFailedThrice, Some(0x6581), Written::Unknown);
    assert_eq!(faulty(table.issue()), expected);
}

#[test]
fn a_lost_answer_is_read_back_before_anything_else() {
    // The write had reached the tag.
    let rest = told(ISSUE, &[TagFile::System]);
    let mut table = Table::issuing([rest, told(ISSUE, &[])]);
    table.script.writes = VecDeque::from([Says::Nothing]);
    assert!(table.issue().expect("issued").written);
    assert_eq!(table.signed(), 2);
    let called = table
        .happened()
        .iter()
        .filter(|what| *what == "call")
        .count();
    assert_eq!(called, 2);

    // It had not: the same file is signed for a challenge of its own.
    let both = told(ISSUE, &[TagFile::Vehicle, TagFile::System]);
    let mut table = Table::issuing([both, told(ISSUE, &[])]);
    table.script.writes = VecDeque::from([Says::Sw(0x6F00)]);
    assert!(table.issue().expect("issued").written);
    assert_eq!(table.signed(), 3);

    // A challenge that is lost costs nothing.
    let both = told(ISSUE, &[TagFile::Vehicle, TagFile::System]);
    let mut table = Table::issuing([both, told(ISSUE, &[])]);
    table.script.challenges = VecDeque::from([Says::Nothing]);
    assert!(table.issue().is_ok());
    assert_eq!(table.signed(), 2);
}

#[test]
fn a_tag_that_cannot_be_read_back_is_unknown_or_torn() {
    let mut table = Table::issuing([]);
    table.script.writes = VecDeque::from([Says::Nothing]);
    table.script.calls = 1;
    let expected = (Code::TagWriteUnknown, None, Written::Unknown);
    assert_eq!(faulty(table.issue()), expected);

    let mut table = Table::issuing([]);
    table.script.challenges = VecDeque::from([Says::Sw(0x9000), Says::NotSent]);
    assert_eq!(faulty(table.issue()), (Code::TagTorn, None, Written::Yes));

    // Before anything was written it is only gone; the task begins anew.
    let mut table = Table::issuing([]);
    table.script.writes = VecDeque::from([Says::NotSent]);
    assert_eq!(faulty(table.issue()), (Code::TagGone, None, Written::No));

    // Another tag lies there when it is called again: that one is not read.
    let mut table = Table::issuing([]);
    table.script.called = VecDeque::from([SYSTEM, SYSTEM, OTHER]);
    table.script.writes = VecDeque::from([Says::Nothing]);
    let expected = (Code::OtherTag, None, Written::Unknown);
    assert_eq!(faulty(table.issue()), expected);
}

#[test]
fn a_backend_that_does_not_answer_after_a_write_leaves_the_tag_to_be_confirmed() {
    for code in [Code::Unreachable, Code::AnswerLost] {
        let mut table = Table::issuing([Err(Refusal { code })]);
        let unconfirmed = (Code::TagUnconfirmed, None, Written::Yes);
        assert_eq!(faulty(table.issue()), unconfirmed);
        let mut table = Table::new([Err(Refusal { code })]);
        assert_eq!(faulty(table.issue()), (code, None, Written::No));
    }
}

#[test]
fn an_activation_writes_the_flag_of_a_tag_that_agrees_and_no_other() {
    let flag = || told(TagWork::Activate, &[TagFile::RemovalFlag]);
    let done = || told(TagWork::Activate, &[]);
    let mut table = Table::new([flag(), done()]);
    assert!(table.activate().expect("activated").written);
    assert_eq!(table.signed(), 1);

    let mut table = Table::new([done()]);
    assert!(!table.activate().expect("active already").written);
    assert_eq!(table.signed(), 0);

    let plate = |card: Option<&str>, tag: &str, record: &str| Compared {
        field: TagField::Plate,
        card: card.map(String::from),
        tag: Some(tag.into()),
        record: Some(record.into()),
    };
    for (compared, code) in [
        (plate(Some("A"), "B", "B"), Code::CardTagDiffer),
        (plate(Some("A"), "A", "B"), Code::TagDiffers),
        (plate(None, "A", "B"), Code::TagDiffers),
    ] {
        let mut differing = flag().expect("told");
        differing.comparison.push(compared);
        let mut table = Table::new([Ok(differing)]);
        assert_eq!(faulty(table.activate()), (code, None, Written::No));
        assert_eq!(table.signed(), 0);
    }
}

#[test]
fn an_open_task_with_nothing_to_write_names_what_disagrees() {
    let idle = |comparison: Vec<Compared>| {
        let mut idle = told(ISSUE, &[]).expect("told");
        idle.task.state = TagTaskState::Open;
        Ok(TagTold { comparison, ..idle })
    };
    let of_card = Compared {
        field: TagField::Plate,
        card: Some("A".into()),
        tag: None,
        record: Some("B".into()),
    };
    let of_tag = Compared {
        card: Some("B".into()),
        tag: Some("B".into()),
        ..of_card.clone()
    };
    for (compared, code) in [
        (of_card, Code::CardDiffers),
        (
            Compared {
                record: Some("A".into()),
                ..of_tag
            },
            Code::TagDiffers,
        ),
    ] {
        let mut table = Table::new([idle(vec![compared])]);
        assert_eq!(faulty(table.issue()), (code, None, Written::No));
    }
    let mut table = Table::new([idle(Vec::new())]);
    let expected = (Code::BackendFailed, None, Written::No);
    assert_eq!(faulty(table.issue()), expected);
}

#[test]
fn a_tag_that_is_met_signals_and_stays_awake() {
    let mut table = Table::new([told(TagWork::Activate, &[TagFile::RemovalFlag])]);
    let mut card = Plastic(table.log.clone());
    let read = run(show_card(&mut card, &mut Quiet)).expect("a card");
    let (script, records) = (&mut table.script, &mut table.records);
    let met = run(meet_for_activation(&read, script, records, &mut Quiet)).expect("met");
    assert_eq!(met.told.next, [TagFile::RemovalFlag]);
    assert!(met.signals);
    let chart = [&["card", "call", "begin"][..], &READ, &["light"]];
    assert_eq!(table.happened(), chart.concat());

    // In contact there is one tag, and no light.
    let flag = told(TagWork::Activate, &[TagFile::RemovalFlag]);
    let mut contact = Table::new([flag]);
    contact.script.in_contact = true;
    let (script, records) = (&mut contact.script, &mut contact.records);
    let met = run(meet_for_activation(&read, script, records, &mut Quiet)).expect("met");
    assert!(!met.signals);

    // A tag that will not be written shows none either, whoever has found that out.
    let refused = Err(Refusal {
        code: Code::CardTagDiffer,
    });
    let mut differs = told(TagWork::Activate, &[TagFile::RemovalFlag]).expect("told");
    differs.comparison.push(Compared {
        field: TagField::Plate,
        card: Some("A".into()),
        tag: Some("B".into()),
        record: Some("A".into()),
    });
    for answer in [refused, Ok(differs)] {
        table.log.borrow_mut().clear();
        let (script, records) = (&mut table.script, &mut table.records);
        records.told.push_back(answer);
        let met = run(meet_for_activation(&read, script, records, &mut Quiet));
        assert_eq!(met.map_err(|fault| fault.code), Err(Code::CardTagDiffer));
        let happened = table.happened();
        assert!(happened.ends_with(&["release".into()]), "{happened:?}");
        assert!(!happened.contains(&"light".into()), "{happened:?}");
    }
}

#[test]
fn a_cancellation_needs_neither_card_nor_switch() {
    let mut table = Table::new([told(CANCEL, &[TagFile::RemovalFlag]), told(CANCEL, &[])]);
    table.script.status = Some(0x82);
    let task = task(CANCEL, TagTaskState::Open);
    let (script, records) = (&mut table.script, &mut table.records);
    let done = run(cancel_obu(script, records, &mut Quiet, &task));
    assert!(done.expect("cancelled").written);
    assert_eq!(table.signed(), 1);
}

#[test]
fn a_task_that_is_stopped_ends_with_its_reason() {
    let mut stopped = told(ISSUE, &[]).expect("told");
    stopped.task.state = TagTaskState::Stopped(Code::TooManySignatures);
    let mut table = Table::new([Ok(stopped)]);
    let expected = (Code::TooManySignatures, None, Written::No);
    assert_eq!(faulty(table.issue()), expected);
}

#[test]
fn a_command_that_is_not_the_write_of_its_file_is_never_sent() {
    struct Liar(Records);
    impl TagTasks for Liar {
        fn begin_tag_task<'a>(
            &'a mut self,
            request: &'a BeginTagTask,
        ) -> Answer<'a, Result<TagTask, Refusal>> {
            self.0.begin_tag_task(request)
        }
        fn show_tag<'a>(
            &'a mut self,
            task: &'a TagTaskId,
            shown: &'a ShownTag,
        ) -> Answer<'a, Result<TagTold, Refusal>> {
            self.0.show_tag(task, shown)
        }
        fn sign_tag<'a>(
            &'a mut self,
            _: &'a TagTaskId,
            _: &'a SignTag,
        ) -> Answer<'a, Result<SignedTag, Refusal>> {
            let command = Bytes(decode(&update(TagFile::RemovalFlag)).expect("hex"));
            at_once(Ok(SignedTag { command }))
        }
        fn tag_refused<'a>(
            &'a mut self,
            task: &'a TagTaskId,
            refused: &'a TagRefused,
        ) -> Answer<'a, Result<TagTask, Refusal>> {
            self.0.tag_refused(task, refused)
        }
    }
    let mut table = Table::issuing([]);
    let mut liar = Liar(table.records);
    let mut card = Plastic(table.log.clone());
    let task = task(ISSUE, TagTaskState::Open);
    let script = &mut table.script;
    let outcome = run(issue_obu(
        &mut card,
        script,
        &mut liar,
        &mut Quiet,
        &task,
        serial(),
    ));
    assert_eq!(faulty(outcome), (Code::BackendFailed, None, Written::No));
    let log = table.log.borrow();
    assert!(!log.iter().any(|what| what.starts_with("04D6")));
}

#[test]
fn the_first_reading_tells_the_number_and_lets_the_tag_go() {
    let mut table = Table::new([]);
    let first = run(meet_tag(&mut table.script, &mut Quiet));
    assert_eq!(first, Ok(serial()));
    let chart = ["call", "00A40000023F0000 00B081001B", "release"];
    assert_eq!(table.happened(), chart);
}
