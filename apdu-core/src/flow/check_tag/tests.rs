use std::boxed::Box;
use std::string::String;
use std::vec;

use super::*;
use crate::apdu::{Command, Response};
use crate::authority::{CardStatus, Refusal, TagField, TagVehicle};
use crate::bcd::Date;
use crate::card::{Answer, NoAnswer};
use crate::flow::KeptEvidence;
use crate::hex::{Bytes, Fixed, decode, encode};
use crate::obu::{ContractSerial, TagProfile};
use crate::obu_programmer::{Channel, Device, Mmi, PsamSlot};
use crate::sw::Sw;

/// By the tables of reference §6.1 and §6.2: Gansu, 3DES, on its windscreen; 甘A12345, blue, class 1.
const SYSTEM: &str = "B8CACBE06201000100166201230100000017202401152034011401";
const VEHICLE: &str = "B8CA413132333435000000000000\
    0100002F110F0402001A000005FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF4C4A3436355100000000000000000000";
const RANDOM: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
const CIPHERTEXT: &str = "00112233445566778899AABBCCDDEEFF";

/// A programmer with one tag, which answers by this script, command for command.
struct Script {
    system: &'static str,
    called: &'static str,
    answers: Vec<(&'static str, &'static str)>,
    released: bool,
}

impl Script {
    fn new() -> Self {
        Self {
            system: SYSTEM,
            called: SYSTEM,
            answers: vec![
                ("00A4000002DF0100", "9000"),
                (
                    "00B400000A01020304050607084F0000",
                    "00112233445566778899AABBCCDDEEFF9000",
                ),
            ],
            released: false,
        }
    }
}

type Answered<'a, T> = Answer<'a, Result<T, NoAnswer>>;

fn at_once<'a, T: 'a>(answer: T) -> Answer<'a, T> {
    Box::pin(core::future::ready(answer))
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
        let called = SystemInformation::parse(&decode(self.called).expect("hex")).expect("27");
        let tag = Tag {
            mac: Some([2, 0, 0, 1]),
            contract: called.contract,
            status: None,
        };
        at_once(Ok((PowerSession(7), tag)))
    }

    fn power_card(&mut self) -> Answered<'_, PowerSession> {
        panic!("no card is needed")
    }

    fn transfer_channel<'a>(
        &'a mut self,
        session: PowerSession,
        channel: Channel,
        commands: &'a [Command],
    ) -> Answered<'a, Vec<Response>> {
        assert_eq!((session, channel), (PowerSession(7), Channel::Esam));
        let sent: Vec<String> = commands.iter().map(|c| encode(&c.to_bytes())).collect();
        let response = |hex: &str| Response::parse(&decode(hex).expect("hex")).expect("SW");
        if sent == ["00A40000023F0000", "00B0810063"] {
            let system = [self.system, "9000"].concat();
            return at_once(Ok(vec![response("9000"), response(&system)]));
        }
        if self.answers.is_empty() {
            return at_once(Err(NoAnswer::unknown(Code::TagGone)));
        }
        let (expected, answer) = self.answers.remove(0);
        assert_eq!(sent, [expected]);
        at_once(Ok(vec![response(answer)]))
    }

    fn set_mmi(&mut self, _: PowerSession, _: Mmi) -> Answered<'_, ()> {
        panic!("a check shows nothing on the tag")
    }

    fn release(&mut self, session: PowerSession) -> Answered<'_, ()> {
        assert_eq!(session, PowerSession(7));
        self.released = true;
        at_once(Ok(()))
    }
}

/// A backend that answers what it was made with.
struct Records {
    sighted: Result<TagSighted, Refusal>,
    opened: Result<TagVehicle, Refusal>,
}

impl Records {
    fn new() -> Self {
        Self {
            sighted: Ok(TagSighted {
                tag: serial(),
                sn: "6210230100000017".into(),
                status: CardStatus::Normal,
                issued: true,
                differences: Vec::new(),
                vehicle: Some(ReadVehicle {
                    profile: TagProfile::default(),
                    random: Fixed(RANDOM),
                }),
                refusal: None,
                today: Date([0x20, 0x26, 0x11, 0x26]),
            }),
            opened: Ok(TagVehicle {
                file: Bytes(decode(VEHICLE).expect("hex")),
                is_present: true,
                differences: Vec::new(),
            }),
        }
    }
}

impl TagAuthority for Records {
    fn sight_tag<'a>(
        &'a mut self,
        tag: ContractSerial,
        sight: &'a TagSight,
    ) -> Answer<'a, Result<TagSighted, Refusal>> {
        assert_eq!(encode(&tag.0), encode(&sight.system.0[10..18]));
        at_once(self.sighted.clone())
    }

    fn open_vehicle<'a>(
        &'a mut self,
        tag: ContractSerial,
        shown: &'a ShownVehicle,
    ) -> Answer<'a, Result<TagVehicle, Refusal>> {
        assert_eq!(tag, serial());
        assert_eq!(shown.random, Fixed(RANDOM));
        assert_eq!(encode(&shown.answer.0), CIPHERTEXT);
        at_once(self.opened.clone())
    }
}

#[derive(Default)]
struct Steps(Vec<Step>);

impl Progress for Steps {
    fn at(&mut self, step: Step) {
        self.0.push(step);
    }

    fn keep(&mut self, _: &KeptEvidence) {
        panic!("nothing is written")
    }
}

fn serial() -> ContractSerial {
    "6201230100000017".parse().expect("16 digits")
}

fn check(script: &mut Script, records: &mut Records) -> (Result<CheckedTag, Fault>, Vec<Step>) {
    let mut steps = Steps::default();
    let outcome = {
        let mut flow = core::pin::pin!(check_tag(script, records, &mut steps));
        let mut context = core::task::Context::from_waker(core::task::Waker::noop());
        match flow.as_mut().poll(&mut context) {
            core::task::Poll::Ready(outcome) => outcome,
            core::task::Poll::Pending => panic!("nothing here waits"),
        }
    };
    (outcome, steps.0)
}

fn verdict(script: &mut Script, records: &mut Records) -> Result<(), Code> {
    let (outcome, _) = check(script, records);
    outcome.expect("read").verdict().map_err(|fault| fault.code)
}

fn sighted(change: impl FnOnce(&mut TagSighted)) -> Records {
    let mut records = Records::new();
    change(records.sighted.as_mut().expect("sighted"));
    records
}

#[test]
fn a_tag_in_order_is_read_opened_and_let_go() {
    let (mut script, mut records) = (Script::new(), Records::new());
    let (outcome, steps) = check(&mut script, &mut records);
    let tag = outcome.expect("read");
    assert_eq!(tag.verdict(), Ok(()));
    let vehicle = tag.vehicle.expect("opened");
    assert_eq!(vehicle.information.plate_text(), b"\xB8\xCAA12345");
    assert!(vehicle.is_present);
    assert_eq!(steps, [Step::CallTag, Step::AskRecords, Step::ReadVehicle]);
    assert!(script.released && script.answers.is_empty());
}

#[test]
fn the_verdict_names_what_fails_first() {
    let status = |status| sighted(|one| one.status = status);
    let cases = [
        (status(CardStatus::Suspended), Code::TagSuspended),
        (status(CardStatus::Lost), Code::TagLost),
        (status(CardStatus::Cancelled), Code::TagCancelled),
        (status(CardStatus::Damaged), Code::TagDamaged),
        (status(CardStatus::Blacklisted), Code::TagBlacklisted),
        (sighted(|one| one.issued = false), Code::TagNotIssued),
        (
            sighted(|one| one.today = Date([0x20, 0x24, 0x01, 0x14])),
            Code::TagNotYetValid,
        ),
        (
            sighted(|one| one.today = Date([0x20, 0x34, 0x01, 0x15])),
            Code::TagExpired,
        ),
    ];
    for (mut records, code) in cases {
        assert_eq!(verdict(&mut Script::new(), &mut records), Err(code));
    }
}

#[test]
fn the_first_and_the_last_day_of_its_validity_are_good() {
    for day in [[0x20, 0x24, 0x01, 0x15], [0x20, 0x34, 0x01, 0x14]] {
        let mut records = sighted(|one| one.today = Date(day));
        assert_eq!(verdict(&mut Script::new(), &mut records), Ok(()));
    }
}

#[test]
fn a_difference_in_either_file_is_one() {
    let difference = |field| TagDifference {
        field,
        record: "1".into(),
        tag: "0".into(),
    };
    let mut system = sighted(|one| one.differences.push(difference(TagField::Expiry)));
    let mut vehicle = Records::new();
    let opened = vehicle.opened.as_mut().expect("opened");
    opened.differences.push(difference(TagField::PlateColour));
    for records in [&mut system, &mut vehicle] {
        assert_eq!(verdict(&mut Script::new(), records), Err(Code::TagDiffers));
    }
}

#[test]
fn only_flag_01_is_an_installed_tag() {
    for (flag, expected) in [
        ("00", Err(Code::TagRemoved)),
        ("01", Ok(())),
        ("02", Err(Code::TagRemoved)),
    ] {
        let mut script = Script::new();
        script.system = [&SYSTEM[..52], flag].concat().leak();
        assert_eq!(verdict(&mut script, &mut Records::new()), expected);
    }
}

#[test]
fn without_the_backend_the_tag_is_still_shown() {
    let mut records = Records::new();
    let code = Code::Unreachable;
    records.sighted = Err(Refusal { code });
    let (outcome, _) = check(&mut Script::new(), &mut records);
    let tag = outcome.expect("read");
    assert_eq!(tag.system.contract.serial, serial());
    assert_eq!(tag.verdict(), Err(Fault::new(code)));
    assert_eq!(tag.vehicle.err(), Some(Fault::new(code)));
}

#[test]
fn what_cannot_be_opened_stays_closed_by_name() {
    let mut sm4 = sighted(|one| {
        one.vehicle = None;
        one.refusal = Some(Code::TagAlgorithm);
    });
    assert_eq!(
        verdict(&mut Script::new(), &mut sm4),
        Err(Code::TagAlgorithm)
    );

    // The records call it 3DES, the chip SM4.
    let mut script = Script::new();
    script.system = [&SYSTEM[..18], "50", &SYSTEM[20..]].concat().leak();
    assert_eq!(
        verdict(&mut script, &mut Records::new()),
        Err(Code::TagAlgorithm)
    );

    let mut wrong = Records::new();
    let code = Code::WrongVehicle;
    wrong.opened = Err(Refusal { code });
    assert_eq!(verdict(&mut Script::new(), &mut wrong), Err(code));
}

#[test]
fn a_refusal_of_the_chip_carries_its_status_word() {
    let mut script = Script::new();
    script.answers[1].1 = "6A88";
    let (outcome, _) = check(&mut script, &mut Records::new());
    let fault = outcome.expect("read").vehicle.expect_err("refused");
    assert_eq!((fault.code, fault.sw), (Code::TagRefused, Some(Sw(0x6A88))));
    assert!(script.released);
}

#[test]
fn a_tag_that_goes_away_ends_the_reading() {
    for left in 0..2 {
        let mut script = Script::new();
        script.answers.truncate(left);
        let (outcome, _) = check(&mut script, &mut Records::new());
        assert_eq!(outcome.err().map(|fault| fault.code), Some(Code::TagGone));
        assert!(script.released);
    }
}

#[test]
fn another_tag_than_the_one_that_was_called_is_not_read_on() {
    let mut script = Script::new();
    script.called = [&SYSTEM[..34], "25", &SYSTEM[36..]].concat().leak();
    let (outcome, steps) = check(&mut script, &mut Records::new());
    assert_eq!(outcome.err().map(|fault| fault.code), Some(Code::OtherTag));
    assert_eq!(steps, [Step::CallTag]);
    assert!(script.released);
}

#[test]
fn a_file_that_is_none_is_named() {
    let mut script = Script::new();
    script.system = &SYSTEM[..52];
    let (outcome, _) = check(&mut script, &mut Records::new());
    assert_eq!(
        outcome.err().map(|fault| fault.code),
        Some(Code::MalformedTag)
    );

    let mut records = Records::new();
    let opened = records.opened.as_mut().expect("opened");
    opened.file.0.pop();
    assert_eq!(
        verdict(&mut Script::new(), &mut records),
        Err(Code::MalformedTag)
    );
}
