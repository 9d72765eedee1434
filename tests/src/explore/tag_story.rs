//! Tags that are issued, activated and cancelled, with something going wrong at any await.

use apdu_core::authority::{
    BeginTagTask, CancelReason, CardStatus, IssueMode, NamedTag, TagTaskState, TagTasks, TagWork,
};
use apdu_core::fault::{Code, Fault, Written};
use apdu_core::flow::{self, TagDone};
use apdu_core::obu::{ContractSerial, TagProfile};
use apdu_core::obu_programmer::ObuProgrammer;
use etc_backend::ledger::{Body, Chaining, Tag, TagWriting, Vehicle, VehicleCipher};
use etc_backend::store::Stock;
use etc_sim::demo;
use etc_sim::tag::{Coach, Personalisation, Tag as SimTag, Vehicle as SimVehicle};

use super::counter::Counter;
use super::faults::Faults;
use super::field::{Field, Laid, Reach};
use super::plastic::Subject;
use super::tag_books::{TagBooks, TagLine};
use super::world::{Outlet, Quiet, World};
use super::{Cuts, Report, tell};
use crate::run;

/// In what kinds of tags and programmers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagWays {
    /// How the programmer reaches them.
    pub reach: Reach,
    /// The encrypted read gives its random back.
    pub random_returns: bool,
    /// How much of the system information is written.
    pub system_length: u8,
    /// The flag they are issued with.
    pub issue_flag: u8,
    /// A cancellation clears the flag.
    pub clears_flag: bool,
}

impl TagWays {
    /// The common tag.
    pub const PLAIN: Self = Self {
        reach: Reach::Air,
        random_returns: true,
        system_length: 99,
        issue_flag: 0x00,
        clears_flag: false,
    };
}

/// What is done with the tag, by an honest page that tries again where something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagAct {
    /// 标签办理
    Issue,
    /// 标签激活
    Activate,
    /// 标签注销
    Cancel,
}

/// The tag of the world; another one lies on the table.
const TAGS: [&str; 2] = ["tag-new", "tag-new-2"];
/// How often a teller tries.
const TRIES: usize = 4;

/// A tag as it comes from the factory, with this vehicle on it.
fn plastic(place: usize, ways: TagWays, vehicle: Option<SimVehicle>) -> SimTag {
    let person = demo::tag_personalisation(TAGS[place]).expect("a demo tag");
    SimTag::new(&Personalisation {
        random_returns: ways.random_returns,
        vehicle,
        ..person
    })
}

fn files(tag: &SimTag) -> [Vec<u8>; 2] {
    [tag.esam().system().to_vec(), tag.esam().vehicle().to_vec()]
}

/// The files of a tag as the factory made it.
pub(super) fn factory(place: usize, ways: TagWays) -> [Vec<u8>; 2] {
    files(&plastic(place, ways, None))
}

/// The files of a tag that is issued to the vehicle of the world's card, but for its dates and its flag.
pub(super) fn issued(place: usize, ways: TagWays) -> [Vec<u8>; 2] {
    let coach = Coach {
        plate: b"\xB8\xCAA12345".to_vec(),
        colour: 0,
        class: 1,
        user_type: 0,
        measures: [47, 17, 15],
        seats: 5,
        engine: b"DEMO0017".to_vec(),
    };
    files(&plastic(place, ways, Some(SimVehicle::Coach(coach))))
}

impl World {
    /// A world of one card and two blank tags, the records of all of them, and of the card's vehicle.
    pub fn with_tags(ways: TagWays) -> Self {
        let mut world = Self::new(&Subject::new("plain", Default::default()));
        let laid: Vec<_> = (0..TAGS.len())
            .map(|place| Laid::new(plastic(place, ways, None)))
            .collect();
        let tags = laid.iter().map(|laid| in_the_records(laid, ways));
        let stock = Stock {
            tags: tags.collect(),
            vehicles: vec![Vehicle {
                plate: "甘A12345".into(),
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
            }],
            ..Stock::default()
        };
        world.stock_tags(&stock, laid);
        world
    }

    /// Panics where records and chips of the tags do not agree, and tells the story.
    #[track_caller]
    pub fn check_tags(&self, ways: TagWays) {
        let books = TagBooks::of(self, ways);
        if let Err(why) = books.honest() {
            panic!("{why}\n{}\n{}", self.story(), books.in_short());
        }
    }
}

fn in_the_records(laid: &Laid, ways: TagWays) -> Tag {
    Tag {
        serial: laid.serial,
        sn: sn(laid.serial),
        issuer: [0xB8, 0xCA, 0xCB, 0xE0, 0x62, 0x01, 0x00, 0x01],
        version: 0x16,
        status: CardStatus::Normal,
        issued: None,
        profile: TagProfile::default(),
        cipher: VehicleCipher {
            chaining: Chaining::Ecb,
            random_returns: ways.random_returns,
        },
        writing: TagWriting {
            system_length: ways.system_length,
            issue_flag: ways.issue_flag,
            clears_flag: ways.clears_flag,
            ..TagWriting::default()
        },
        outlet: Some("LZ01".into()),
        signed: Default::default(),
        revision: 0,
    }
}

/// The number on the back of a tag of these worlds.
pub fn sn(serial: ContractSerial) -> String {
    let digits = serial.to_string();
    format!("6210{}", &digits[4..])
}

/// One visit, as the page has it run.
pub async fn visit_tag(
    world: &World,
    programmer: &mut dyn ObuProgrammer,
    mut desk: Counter<'_>,
    act: TagAct,
) -> Result<TagDone, Fault> {
    let mut card = world.card();
    let progress = &mut Quiet;
    match act {
        TagAct::Issue => {
            let read = flow::show_card(&mut card, progress).await?;
            let first = flow::meet_tag(programmer, progress).await?;
            let begin = BeginTagTask {
                work: TagWork::Issue {
                    mode: IssueMode::New,
                },
                card: Some(read.shown),
                tag: NamedTag::Sn(sn(world.tags[0].serial)),
            };
            let task = desk.begin_tag_task(&begin).await?;
            flow::issue_obu(&mut card, programmer, &mut desk, progress, &task, first).await
        }
        TagAct::Activate => {
            let read = flow::show_card(&mut card, progress).await?;
            let met = flow::meet_for_activation(&read, programmer, &mut desk, progress).await?;
            if met.told.task.state == TagTaskState::Done {
                return Ok(TagDone {
                    told: met.told,
                    written: false,
                });
            }
            flow::activate_obu(&mut card, programmer, &mut desk, progress, &met).await
        }
        TagAct::Cancel => {
            let first = flow::meet_tag(programmer, progress).await?;
            let begin = BeginTagTask {
                work: TagWork::Cancel {
                    reason: CancelReason::WrongData,
                },
                card: None,
                tag: NamedTag::Serial(first),
            };
            let task = desk.begin_tag_task(&begin).await?;
            flow::cancel_obu(programmer, &mut desk, progress, &task).await
        }
    }
}

impl TagAct {
    /// Plays it, whatever goes wrong; the books are looked at after every try.
    pub fn play(self, world: &World, ways: TagWays) -> Option<Result<TagDone, Fault>> {
        let mut ended = None;
        for _ in 0..TRIES {
            world.next_visit(0);
            world.tag_session.set(None);
            for (place, laid) in world.tags.iter().enumerate() {
                laid.lay(place == 0);
                laid.tag.borrow_mut().hold_switch(true);
                if ways.reach == Reach::Contact && place == 0 {
                    laid.tag.borrow_mut().wake();
                }
            }
            let before: Vec<_> = world.tags.iter().map(Laid::files).collect();
            let desk = world.desk(Outlet::First);
            let mut programmer = Field::new(world, ways.reach);
            ended = run(visit_tag(world, &mut programmer, desk, self));
            let after: Vec<_> = world.tags.iter().map(Laid::files).collect();
            world.note(format!("  {self:?}: {ended:?}"));
            world.check_tags(ways);
            match &ended {
                Some(Ok(done)) => self.is_done(world, ways, done),
                Some(Err(fault)) if fault.written == Written::No && before != after => {
                    panic!("it was written after all\n{}", world.story())
                }
                _ => {}
            }
            if is_over(&ended) {
                break;
            }
        }
        ended
    }

    /// Tries once more with nothing going wrong: panics where that ends neither done nor with a tag that is known
    /// to be not good.
    #[track_caller]
    pub fn bring_to_rest(self, world: &World, ways: TagWays) {
        world.note("at rest");
        let ended = self.play(world, ways);
        let books = TagBooks::of(world, ways);
        let is_known = books.tags.iter().all(TagLine::is_known);
        let is_nobody = books.tags.iter().any(TagLine::is_nobody);
        if !(is_known && (is_over(&ended) || is_nobody)) {
            panic!("no end: {ended:?}\n{}\n{}", world.story(), books.in_short());
        }
    }

    /// Panics where what the page calls done is not.
    #[track_caller]
    pub fn is_done(self, world: &World, ways: TagWays, done: &TagDone) {
        let books = TagBooks::of(world, ways);
        let line = &books.tags[0];
        let flag = line.chip[0][26];
        let is_issued = line.file.tag.issued.is_some() && line.file.pairing.is_some();
        let holds = match self {
            // Issued already, it may have been activated since.
            Self::Issue => is_issued && (!done.written || [ways.issue_flag, 0x00].contains(&flag)),
            Self::Activate => is_issued && flag == 0x01,
            Self::Cancel => {
                // What has not proved that it is here may be on a car.
                let ended = match ways.random_returns {
                    true => CardStatus::Cancelled,
                    false => CardStatus::Lost,
                };
                line.file.tag.status == ended && (flag == 0x00 || !ways.clears_flag)
            }
        };
        // What is cancelled may have been half written.
        let agrees = self == Self::Cancel || !done.told.comparison.iter().any(|one| one.differs());
        let told = done.told.task.state == TagTaskState::Done;
        if !(holds && agrees && told) {
            panic!("it is not done\n{}\n{}", world.story(), books.in_short());
        }
    }
}

/// It went well, or trying again leads nowhere.
fn is_over(ended: &Option<Result<TagDone, Fault>>) -> bool {
    match ended {
        None => false,
        Some(Ok(_)) => true,
        Some(Err(fault)) => {
            matches!(
                fault.code,
                Code::TagForbids
                | Code::TagDamaged
                | Code::TagBlacklisted
                | Code::TagFailedThrice
                | Code::TakeAnotherTag
                | Code::TooManySignatures
                | Code::ActivationLimit
                // It was done, and the answer was lost; or the act before it was not done.
                | Code::CardHasTag
                | Code::CardHasNoTag
                | Code::TagCancelled
                | Code::TagLost
                | Code::TagNotIssued
            ) || is_not_issued(fault)
        }
    }
}

/// The backend, and not the flow, says that it is half written: it is to be issued first.
fn is_not_issued(fault: &Fault) -> bool {
    let by_backend = fault.sw.is_none() && fault.written == Written::No;
    by_backend && fault.code == Code::TagTorn
}

/// Tells these acts with every cut at every await, `depth` cuts deep, after those `before` went well; after each the
/// last act is tried once more with nothing going wrong, and has to end done, or with a tag that is known to be not
/// good.
pub fn explore_tags(ways: TagWays, before: &[TagAct], acts: &[TagAct], depth: usize) -> Report {
    let world = World::with_tags(ways);
    world.note(format!("{ways:?}"));
    for act in before {
        act.bring_to_rest(&world, ways);
    }
    let mut report = Report::default();
    let play = |act: &TagAct, world: &World| drop(act.play(world, ways));
    tell(&world, acts, depth, &Cuts::new(), &play, &mut |world, _| {
        world.deliver_late_requests();
        world.check_tags(ways);
        report.runs += 1;
        let end = TagBooks::of(world, ways).in_short();
        *report.ends.entry(end).or_default() += 1;

        let rest = world.fork();
        rest.plan(Faults::Planned(Vec::new()));
        let last = acts.last().copied().unwrap_or(TagAct::Issue);
        last.bring_to_rest(&rest, ways);
        report.sights += 1;
        let rest = TagBooks::of(&rest, ways).in_short();
        *report.rests.entry(rest).or_default() += 1;
    });
    report
}
