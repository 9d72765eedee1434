//! Tags are issued, activated and cancelled meanwhile. When it is over every chip is what the records say, byte for
//! byte, each tag belongs to its own card and vehicle, and nothing was counted that was not done.

use std::cell::{Cell, RefCell};

use apdu_core::apdu::{Command, Response};
use apdu_core::authority::{
    BeginTagTask, CancelReason, CardStatus, IssueMode, NamedTag, Refusal, ShownTag, SignTag,
    SignedTag, TagRefused, TagTask, TagTaskId, TagTaskState, TagTasks, TagTold, TagWork,
};
use apdu_core::bcd::CardNumber;
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::fault::{Code, Fault};
use apdu_core::flow;
use apdu_core::obu::{Contract, ContractSerial, TagProfile};
use apdu_core::obu_programmer::{
    Channel, Device, Mmi, ObuProgrammer, ObuStatus, PsamSlot, Tag as Called,
};
use etc_backend::ledger::{
    self, Body, Chaining, Ended, Outcome, TagWriting, Vehicle, VehicleCipher,
};
use etc_backend::store::{DatabaseStore, Stock, StockCard, Store, TagStore};
use etc_sim::card::{self as sim, Knobs, TollCard};
use etc_sim::demo as virtual_demo;
use etc_sim::tag::{Coach, Personalisation, Tag, Vehicle as OnChip};
use etc_tests::explore::{Quiet, Subject, in_the_records};
use etc_tests::scratch::Scratch;

use super::service::Line;
use super::{SUPERVISOR, TELLERS, VISITS, under_kills};

/// Vehicles of each teller, and the outlets where their tags lie.
const CARS: usize = 2;
const OUTLETS: [&str; TELLERS.len()] = ["LZ01", "TS01", "LZ01"];

/// What is done with a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Issue,
    Activate,
    /// It comes off the windscreen, and is stuck on again.
    ComeOff,
    Cancel,
}

/// The life of every tag.
const LIFE: [Act; 7] = [
    Act::Issue,
    Act::Activate,
    Act::ComeOff,
    Act::Activate,
    Act::Cancel,
    Act::Issue,
    Act::Activate,
];

/// What was cancelled without having proved that it is there is not issued again: a tag that cannot prove it stays
/// on its vehicle.
const LIFE_WITHOUT_PROOF: [Act; 6] = [
    Act::Issue,
    Act::Activate,
    Act::ComeOff,
    Act::Activate,
    Act::ComeOff,
    Act::Activate,
];

#[tokio::test]
async fn a_backend_on_sqlite_may_be_killed_while_tags_are_written() {
    survives(Scratch::sqlite(), 1, 5).await;
}

#[tokio::test]
async fn of_two_backends_on_one_postgresql_each_may_be_killed_while_tags_are_written() {
    survives(Scratch::postgres().await, 2, 6).await;
}

async fn survives(scratch: Scratch, backends: usize, seed: u64) {
    let cars: Vec<_> = (0..TELLERS.len() * CARS)
        .map(|number| Car::new(seed, number))
        .collect();
    let work = async |[one, two, three]: [Line<'_>; 3], supervisor: &Line<'_>| {
        let work =
            |teller, number: usize| serve(teller, supervisor, &cars[number * CARS..][..CARS]);
        tokio::join!(work(one, 0), work(two, 1), work(three, 2));
    };
    under_kills(&scratch, backends, seed, &stock(&cars), work).await;

    let store = scratch.open().await.unwrap();
    for car in &cars {
        agree(&store, car).await;
    }
    store.close().await;
    scratch.remove().await;
}

/// A vehicle: its card in the reader, its tag before the programmer.
struct Car {
    number: CardNumber,
    plate: String,
    outlet: &'static str,
    sn: String,
    /// The tag as the factory made it.
    person: Personalisation,
    /// A cancellation clears the flag of this kind.
    clears_flag: bool,
    card: RefCell<TollCard>,
    tag: RefCell<Tag>,
    powered: Cell<u32>,
    called: Cell<u32>,
    /// How often the chip has accepted a write.
    writes: Cell<u32>,
    /// What happened to it, for whoever has to find out why.
    told: RefCell<Vec<String>>,
}

impl Car {
    fn life(&self) -> &'static [Act] {
        match self.person.random_returns {
            true => &LIFE,
            false => &LIFE_WITHOUT_PROOF,
        }
    }

    /// Of three kinds: the common one, one without a presence proof, one whose flag a cancellation clears.
    fn new(seed: u64, number: usize) -> Self {
        let end = format!("{seed:03}{number:03}");
        let card: CardNumber = format!("62012201230100{end}").parse().unwrap();
        let serial: ContractSerial = format!("6201230100{end}").parse().unwrap();
        let factory = sim::Personalisation {
            plate: on_chip(&end),
            start: [0x20, 0x24, 0x01, 0x15],
            expiry: [0x20, 0x34, 0x01, 0x14],
            vehicle_class: 1,
            ..sim::Personalisation::factory(card.serial)
        };
        let person = Personalisation {
            mac: [2, 0, seed as u8, number as u8],
            serial: serial.0,
            random_returns: number % 3 != 1,
            ..virtual_demo::tag_personalisation("tag-new").unwrap()
        };
        let mut tag = Tag::new(&person);
        tag.hold_switch(true);
        Self {
            number: card,
            plate: format!("甘{end}"),
            outlet: OUTLETS[number / CARS],
            sn: format!("6210230100{end}"),
            clears_flag: number % 3 == 2,
            card: RefCell::new(TollCard::new(&factory, Knobs::default(), number as u64)),
            tag: RefCell::new(tag),
            person,
            powered: Cell::new(0),
            called: Cell::new(0),
            writes: Cell::new(0),
            told: RefCell::default(),
        }
    }

    fn serial(&self) -> ContractSerial {
        ContractSerial(self.person.serial)
    }

    fn in_the_records(&self) -> (StockCard, ledger::Tag, Vehicle) {
        let card = ledger::Card {
            plate: self.plate.clone(),
            ..in_the_records(self.number, &Subject::new("a card", Knobs::default()))
        };
        let tag = ledger::Tag {
            serial: self.serial(),
            sn: self.sn.clone(),
            issuer: self.person.issuer,
            version: self.person.version,
            status: CardStatus::Normal,
            issued: None,
            profile: TagProfile::default(),
            cipher: VehicleCipher {
                chaining: Chaining::Ecb,
                random_returns: self.person.random_returns,
            },
            writing: TagWriting {
                clears_flag: self.clears_flag,
                // One more may be counted where a kill came between a signature and its write.
                activations: 6,
                ..TagWriting::default()
            },
            outlet: Some(self.outlet.into()),
            signed: Default::default(),
            revision: 0,
        };
        let vehicle = Vehicle {
            plate: self.plate.clone(),
            plate_colour: 0,
            class: 1,
            user_type: 0,
            measures: [4_700, 1_700, 1_500],
            seats: 5,
            body: Body::Coach {
                wheels: 4,
                axles: 2,
                wheelbase: 2_650,
                engine: "DEMO0017".into(),
            },
        };
        (StockCard { card, holder: None }, tag, vehicle)
    }

    /// The files of the tag as another codec writes them for its vehicle, but for the dates.
    fn wanted(&self) -> (Vec<u8>, Vec<u8>) {
        let issued = Tag::new(&Personalisation {
            removal_flag: 0x01,
            vehicle: Some(OnChip::Coach(Coach {
                plate: on_chip(&self.plate["甘".len()..]),
                colour: 0,
                class: 1,
                user_type: 0,
                measures: [47, 17, 15],
                seats: 5,
                engine: b"DEMO0017".to_vec(),
            })),
            ..self.person.clone()
        });
        let chip = issued.esam();
        (chip.system().to_vec(), chip.vehicle().to_vec())
    }
}

/// A plate in GBK.
fn on_chip(end: &str) -> Vec<u8> {
    [&b"\xB8\xCA"[..], end.as_bytes()].concat()
}

fn stock(cars: &[Car]) -> Stock {
    let mut stock = Stock::default();
    for car in cars {
        let (card, tag, vehicle) = car.in_the_records();
        stock.cards.push(card);
        stock.tags.push(tag);
        stock.vehicles.push(vehicle);
    }
    stock
}

impl Card for &Car {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        Box::pin(async {
            self.card.borrow_mut().power_on();
            self.powered.set(self.powered.get() + 1);
            Ok(PowerSession(self.powered.get()))
        })
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        Box::pin(async move {
            if session != PowerSession(self.powered.get()) {
                return Err(NoAnswer::not_sent(Code::CardGone));
            }
            let answer = self.card.borrow_mut().transmit(&command.to_bytes());
            Response::parse(&answer).map_err(|_| NoAnswer::unknown(Code::CardGone))
        })
    }
}

impl ObuProgrammer for &Car {
    fn open(&mut self) -> Answer<'_, Result<Device, NoAnswer>> {
        Box::pin(async { Ok(Device::default()) })
    }

    fn psam_reset(&mut self, _: PsamSlot) -> Answer<'_, Result<[u8; 6], NoAnswer>> {
        Box::pin(async { Err(NoAnswer::not_sent(Code::NoPsam)) })
    }

    fn psam<'a>(
        &'a mut self,
        _: PsamSlot,
        _: &'a [Command],
    ) -> Answer<'a, Result<Vec<Response>, NoAnswer>> {
        Box::pin(async { Err(NoAnswer::not_sent(Code::NoPsam)) })
    }

    fn initialise(&mut self) -> Answer<'_, Result<(PowerSession, Called), NoAnswer>> {
        Box::pin(async {
            let mut tag = self.tag.borrow_mut();
            tag.wake();
            self.called.set(self.called.get() + 1);
            let contract = tag.esam().system().first_chunk::<{ Contract::LENGTH }>();
            let called = Called {
                mac: Some(tag.mac()),
                contract: Contract::parse(contract.unwrap()).unwrap(),
                status: Some(ObuStatus(tag.status(false))),
            };
            Ok((PowerSession(self.called.get()), called))
        })
    }

    fn power_card(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        Box::pin(async { Err(NoAnswer::not_sent(Code::NoCard)) })
    }

    fn transfer_channel<'a>(
        &'a mut self,
        session: PowerSession,
        _: Channel,
        commands: &'a [Command],
    ) -> Answer<'a, Result<Vec<Response>, NoAnswer>> {
        Box::pin(async move {
            if session != PowerSession(self.called.get()) {
                return Err(NoAnswer::not_sent(Code::TagGone));
            }
            let mut tag = self.tag.borrow_mut();
            let mut answers = Vec::new();
            for command in commands {
                let answer = tag.esam_mut().transmit(&command.to_bytes());
                let answer = Response::parse(&answer).unwrap();
                if command.header[1] == 0xD6 && answer.sw.is_ok() {
                    self.writes.set(self.writes.get() + 1);
                }
                answers.push(answer);
            }
            Ok(answers)
        })
    }

    fn set_mmi(&mut self, _: PowerSession, _: Mmi) -> Answer<'_, Result<(), NoAnswer>> {
        Box::pin(async { Ok(()) })
    }

    fn release(&mut self, _: PowerSession) -> Answer<'_, Result<(), NoAnswer>> {
        Box::pin(async {
            self.tag.borrow_mut().release();
            Ok(())
        })
    }
}

impl TagTasks for Line<'_> {
    fn begin_tag_task<'a>(
        &'a mut self,
        request: &'a BeginTagTask,
    ) -> Answer<'a, Result<TagTask, Refusal>> {
        Box::pin(self.post("tag-tasks".into(), request, true))
    }

    fn show_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        shown: &'a ShownTag,
    ) -> Answer<'a, Result<TagTold, Refusal>> {
        Box::pin(self.post(format!("tag-tasks/{task}/show"), shown, false))
    }

    fn sign_tag<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        request: &'a SignTag,
    ) -> Answer<'a, Result<SignedTag, Refusal>> {
        Box::pin(self.post(format!("tag-tasks/{task}/sign"), request, true))
    }

    fn tag_refused<'a>(
        &'a mut self,
        task: &'a TagTaskId,
        refused: &'a TagRefused,
    ) -> Answer<'a, Result<TagTask, Refusal>> {
        Box::pin(self.post(format!("tag-tasks/{task}/refused"), refused, true))
    }
}

/// A teller has each of these tags live its life.
async fn serve(mut teller: Line<'_>, supervisor: &Line<'_>, cars: &[Car]) {
    for step in 0..LIFE.len() {
        for car in cars {
            let Some(&act) = car.life().get(step) else {
                continue;
            };
            let mut done = false;
            for _ in 0..VISITS {
                let ended = visit(&mut teller, car, act).await;
                car.told.borrow_mut().push(format!("{act:?}: {ended:?}"));
                match ended {
                    Ok(()) => done = true,
                    // It was done, and the answer was lost.
                    Err(fault) if act == Act::Cancel && fault.code == Code::TagCancelled => {
                        done = true;
                    }
                    // A kill between a signature and its answer takes one of ten away.
                    Err(fault) if fault.code == Code::TooManySignatures => {
                        let path = format!("tags/{}/signatures", car.serial());
                        supervisor.approve(&path, SUPERVISOR).await.unwrap();
                    }
                    Err(_) => {}
                }
                if done {
                    break;
                }
            }
            assert!(done, "never done: {:#?}", car.told.borrow());
        }
    }
}

async fn visit(teller: &mut Line<'_>, car: &Car, act: Act) -> Result<(), Fault> {
    let (mut card, mut programmer) = (car, car);
    let progress = &mut Quiet;
    match act {
        Act::Issue => {
            let read = flow::show_card(&mut card, progress).await?;
            let first = flow::meet_tag(&mut programmer, progress).await?;
            let begin = BeginTagTask {
                work: TagWork::Issue {
                    mode: IssueMode::New,
                },
                card: Some(read.shown),
                tag: NamedTag::Sn(car.sn.clone()),
            };
            let task = teller.begin_tag_task(&begin).await?;
            flow::issue_obu(&mut card, &mut programmer, teller, progress, &task, first).await?;
        }
        Act::Activate => {
            let read = flow::show_card(&mut card, progress).await?;
            let met = flow::meet_for_activation(&read, &mut programmer, teller, progress).await?;
            if met.told.task.state != TagTaskState::Done {
                flow::activate_obu(&mut card, &mut programmer, teller, progress, &met).await?;
            }
        }
        Act::ComeOff => {
            let mut tag = car.tag.borrow_mut();
            tag.hold_switch(false);
            tag.hold_switch(true);
        }
        Act::Cancel => {
            let serial = flow::meet_tag(&mut programmer, progress).await?;
            let begin = BeginTagTask {
                work: TagWork::Cancel {
                    reason: CancelReason::WrongData,
                },
                card: None,
                tag: NamedTag::Serial(serial),
            };
            let task = teller.begin_tag_task(&begin).await?;
            flow::cancel_obu(&mut programmer, teller, progress, &task).await?;
        }
    }
    Ok(())
}

/// The chip is what the records say.
async fn agree(store: &DatabaseStore, car: &Car) {
    let told = || car.told.borrow().join("\n");
    let file = store.tag_file(car.serial()).await.unwrap().unwrap();
    let issued = file.tag.issued.as_ref();
    let issued = issued.unwrap_or_else(|| panic!("not issued\n{}", told()));
    let (mut system, vehicle) = car.wanted();
    system[18..22].copy_from_slice(&issued.signed.0);
    system[22..Contract::LENGTH].copy_from_slice(&issued.expiry.0);
    {
        let tag = car.tag.borrow();
        assert_eq!(tag.esam().system(), system, "{}", told());
        assert_eq!(tag.esam().vehicle(), vehicle, "{}", told());
    }
    assert_eq!(file.tag.status, CardStatus::Normal);
    assert_eq!(file.job, None, "{}", told());

    // It belongs to its card and its vehicle, for the second time where it was cancelled.
    let pairing = file.pairing.unwrap();
    assert_eq!(pairing.card, Some(car.number));
    assert_eq!(
        (pairing.plate.as_str(), pairing.plate_colour),
        (car.plate.as_str(), 0)
    );
    let card = store.card_file(car.number).await.unwrap().unwrap().card;
    let of_card = store.of_card(&card).await.unwrap();
    assert_eq!(of_card.pairing, Some(pairing));
    let ended: Vec<_> = of_card.history.iter().map(|one| one.ended).collect();
    let cancelled = car.life().contains(&Act::Cancel);
    match ended[..] {
        [] => assert!(!cancelled),
        [Some((_, Ended::Cancelled))] => assert!(cancelled),
        _ => panic!("{ended:?}"),
    }

    // Every signature is in an attempt, no attempt is a failure, and each activation was one.
    let attempts = &file.attempts.0;
    let signed: usize = attempts.iter().map(|attempt| attempt.parts.len()).sum();
    assert_eq!(file.tag.signed.signatures as usize, signed, "{}", told());
    assert!(car.writes.get() as usize <= signed);
    let activations_of = |life: &[Act]| life.iter().filter(|&&act| act == Act::Activate).count();
    let since_issued = car.life().rsplit(|&act| act == Act::Issue).next();
    let kept = usize::from(file.tag.signed.activations);
    assert_eq!(kept, activations_of(since_issued.unwrap()), "{}", told());
    let mut activations = 0;
    for attempt in attempts {
        let settled = [Outcome::Verified, Outcome::Torn].contains(&attempt.outcome);
        assert!(settled, "{attempt:?}\n{}", told());
        let task = store.tag_job(&attempt.task).await.unwrap().unwrap();
        let counts = task.work == TagWork::Activate && attempt.outcome == Outcome::Verified;
        activations += usize::from(counts);
    }
    assert_eq!(activations, activations_of(car.life()), "{}", told());
}
