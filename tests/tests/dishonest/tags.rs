//! A page that lies about a tag: old readings, spliced blocks, writes that land elsewhere, refusals that were none.
//! It gains no tag for another use, and the next honest sight says what is wrong.

use apdu_core::authority::{
    BeginTagTask, CancelReason, CardStatus, IssueMode, NamedTag, ShownCard, ShownTag, ShownVehicle,
    SignTag, TagFile, TagRefused, TagTask, TagTaskState, TagTold, TagWork,
};
use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use apdu_core::flow;
use apdu_core::hex::{Bytes, Fixed};
use etc_backend::desk::{Attempt, Error, Who};
use etc_backend::ledger::{Chip, HandInReason};
use etc_tests::explore::{
    Counter, Field, Laid, Outlet, Quiet, Reach, Subject, TagAct, TagWays, World, sn,
};
use etc_tests::{run, wait};

const ISSUE: TagWork = TagWork::Issue {
    mode: IssueMode::New,
};
const SELECT_MF: [u8; 7] = [0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00];
const SELECT_ETC: [u8; 7] = [0x00, 0xA4, 0x00, 0x00, 0x02, 0xDF, 0x01];

/// The page, in the hands of an operator, with a tag before it.
struct Liar<'w> {
    world: &'w World,
    who: Who,
    laid: &'w Laid,
}

fn said<T>(answer: Result<T, Error>) -> Result<T, Code> {
    answer.map_err(|error| error.code())
}

impl<'w> Liar<'w> {
    fn new(world: &'w World) -> Self {
        Self::with(world, 0)
    }

    /// The same with another tag of the world.
    fn with(world: &'w World, place: usize) -> Self {
        let laid = &world.tags[place];
        laid.lay(true);
        laid.tag.borrow_mut().hold_switch(true);
        laid.tag.borrow_mut().wake();
        world.pass(1_000);
        Self {
            world,
            who: world.teller(Outlet::First),
            laid,
        }
    }

    fn attempt(&self) -> Attempt {
        Attempt {
            key: self.world.new_key(),
            route: "POST".into(),
            body: [0; 32],
        }
    }

    /// One command to the ESAM.
    fn chip(&self, apdu: &[u8]) -> Vec<u8> {
        self.laid.tag.borrow_mut().esam_mut().transmit(apdu)
    }

    fn card(&self) -> ShownCard {
        shown_card(self.world)
    }

    fn begin(&self, work: TagWork) -> Result<TagTask, Code> {
        let request = BeginTagTask {
            work,
            card: Some(self.card()),
            tag: NamedTag::Sn(sn(self.laid.serial)),
        };
        let desk = self.world.backend();
        said(wait(desk.begin_tag_task(
            &self.who,
            &self.attempt(),
            &request,
        )))
    }

    /// The tag as it is, read as this task wants it.
    fn read(&self, task: &TagTask) -> ShownTag {
        self.laid.lay(true);
        self.laid.tag.borrow_mut().wake();
        self.chip(&SELECT_MF);
        let mut system = self.chip(&[0x00, 0xB0, 0x81, 0x00, 0x63]);
        system.truncate(99);
        let read = task.read.as_ref().expect("it can be read");
        self.chip(&SELECT_ETC);
        let head = [0x00, 0xB4, 0x00, 0x00, 0x0A];
        let mut answer = self.chip(&[&head[..], &read.random.0, &[0x4F, 0x00]].concat());
        answer.truncate(answer.len() - 2);
        ShownTag {
            card: Some(self.card()),
            system: Bytes(system),
            status: Some(Fixed([0x80, 0x00])),
            vehicle: Some(ShownVehicle {
                random: read.random,
                answer: Bytes(answer),
            }),
        }
    }

    fn show(&self, task: &TagTask, shown: &ShownTag) -> Result<TagTold, Code> {
        said(wait(
            self.world.backend().show_tag(&self.who, &task.id, shown),
        ))
    }

    /// A challenge of the chip, in the directory that is selected.
    fn challenge(&self, directory: &[u8]) -> [u8; 4] {
        self.chip(directory);
        let answer = self.chip(&[0x00, 0x84, 0x00, 0x00, 0x04]);
        answer[..4].try_into().unwrap()
    }

    fn sign(&self, task: &TagTask, file: TagFile, challenge: [u8; 4]) -> Result<Vec<u8>, Code> {
        let request = SignTag {
            file,
            challenge: Fixed(challenge),
        };
        let (desk, attempt) = (self.world.backend(), self.attempt());
        let signed = wait(desk.sign_tag(&self.who, &attempt, &task.id, &request));
        said(signed).map(|signed| signed.command.0)
    }

    fn refused(&self, task: &TagTask, file: TagFile, sw: u16) -> Result<TagTask, Code> {
        let request = TagRefused {
            file,
            sw: Fixed(sw.to_be_bytes()),
        };
        let (desk, attempt) = (self.world.backend(), self.attempt());
        said(wait(
            desk.tag_refused(&self.who, &attempt, &task.id, &request),
        ))
    }

    /// Signs the vehicle file, and writes it.
    fn write_vehicle(&self, task: &TagTask) {
        let challenge = self.challenge(&SELECT_ETC);
        let command = self.sign(task, TagFile::Vehicle, challenge).unwrap();
        assert_eq!(self.chip(&command), [0x90, 0x00]);
    }
}

fn shown_card(world: &World) -> ShownCard {
    world.next_visit(0);
    let read = run(flow::show_card(&mut world.card(), &mut Quiet)).unwrap();
    read.unwrap().shown
}

/// What an honest page at another outlet says of the tag.
fn checked(world: &World) -> Result<(), Code> {
    world.tags[0].lay(true);
    let mut desk = Counter::new(world, world.teller(Outlet::Other));
    let mut programmer = Field::new(world, Reach::Air);
    let checked = run(flow::check_tag(&mut programmer, &mut desk, &mut Quiet));
    let checked = checked
        .expect("nothing is cut")
        .map_err(|fault| fault.code)?;
    checked.verdict().map_err(|fault| fault.code)
}

/// Whether another card may have the tag.
fn for_another_card(world: &World) -> Result<TagTask, Code> {
    let number: CardNumber = "62012201230100000025".parse().unwrap();
    let other = world.with_new_card(number, &Subject::new("another", Default::default()));
    let request = BeginTagTask {
        work: ISSUE,
        card: Some(shown_card(&other)),
        tag: NamedTag::Sn(sn(world.tags[0].serial)),
    };
    let attempt = Attempt {
        key: other.new_key(),
        route: "POST".into(),
        body: [0; 32],
    };
    let who = other.teller(Outlet::First);
    said(wait(
        other.backend().begin_tag_task(&who, &attempt, &request),
    ))
}

fn issued(ways: TagWays) -> World {
    let world = World::with_tags(ways);
    let ended = TagAct::Issue.play(&world, ways);
    ended.expect("nothing is cut").expect("nothing goes wrong");
    world
}

#[test]
fn a_reading_is_shown_once_and_an_old_one_never() {
    let world = World::with_tags(TagWays::PLAIN);
    let page = Liar::new(&world);
    let task = page.begin(ISSUE).unwrap();
    let shown = page.read(&task);
    let told = page.show(&task, &shown).unwrap();
    assert_eq!(told.next, [TagFile::Vehicle, TagFile::System]);
    assert_eq!(page.show(&task, &shown), Err(Code::TagReadingOver));
    // The answer to an old random under the new one's name does not open.
    let random = told.task.read.as_ref().unwrap().random;
    let mut renamed = shown.clone();
    renamed.vehicle.as_mut().unwrap().random = random;
    assert_eq!(page.show(&task, &renamed), Err(Code::WrongVehicle));
    // And what cannot be shown is not signed for.
    let challenge = page.challenge(&SELECT_ETC);
    let signed = page.sign(&task, TagFile::Vehicle, challenge);
    assert_eq!(signed, Err(Code::NotShown));
}

#[test]
fn a_tag_that_was_signed_for_is_nobody_elses_whatever_the_page_says() {
    // Signed for, written in part, and never heard of again.
    let world = World::with_tags(TagWays::PLAIN);
    let page = Liar::new(&world);
    let task = page.begin(ISSUE).unwrap();
    page.show(&task, &page.read(&task)).unwrap();
    page.write_vehicle(&task);
    assert_eq!(for_another_card(&world), Err(Code::TagInUse));
    assert!(checked(&world).is_err());
    // The same card goes on with it.
    TagAct::Issue.bring_to_rest(&world, TagWays::PLAIN);
    assert!(world.tags[0].files()[1].starts_with(b"\xB8\xCAA12345"));

    // Called refused, though it was written.
    let world = World::with_tags(TagWays::PLAIN);
    let page = Liar::new(&world);
    let task = page.begin(ISSUE).unwrap();
    page.show(&task, &page.read(&task)).unwrap();
    page.write_vehicle(&task);
    page.refused(&task, TagFile::Vehicle, 0x6A84).unwrap();
    assert_eq!(for_another_card(&world), Err(Code::TagInUse));
    assert!(checked(&world).is_err());

    // Called shown as it was before, though it was written: the old reading has had its showing.
    let task = page.begin(ISSUE).unwrap();
    let told = page.show(&task, &page.read(&task)).unwrap();
    assert_eq!(told.next, [TagFile::System], "the vehicle is there");
}

#[test]
fn a_tag_called_refused_too_often_is_given_up() {
    let world = World::with_tags(TagWays::PLAIN);
    let page = Liar::new(&world);
    let mut stopped = None;
    for _ in 0..2 {
        let task = page.begin(ISSUE).unwrap();
        let next = page.show(&task, &page.read(&task)).unwrap().next[0];
        page.sign(&task, next, [0; 4]).unwrap();
        let task = page.refused(&task, next, 0x6A84).unwrap();
        if let TagTaskState::Stopped(code) = task.state {
            stopped = Some(code);
        }
    }
    assert_eq!(stopped, Some(Code::TakeAnotherTag));
    assert_eq!(for_another_card(&world), Err(Code::TagInUse));
    // From the first signature for that one on it is nobody's.
    let left = |world: &World| {
        let store = &world.backend().store;
        let tag = wait(store.tag(world.tags[0].serial)).unwrap().unwrap();
        let list = wait(store.hand_ins()).unwrap();
        let list = list.into_iter().map(|one| (one.chip, one.reason));
        (tag.status, list.collect::<Vec<_>>())
    };
    assert_eq!(left(&world), (CardStatus::Normal, vec![]));
    let page = Liar::with(&world, 1);
    let task = page.begin(ISSUE).unwrap();
    page.show(&task, &page.read(&task)).unwrap();
    page.write_vehicle(&task);
    let listed = (Chip::Tag(world.tags[0].serial), HandInReason::GivenUp);
    assert_eq!(left(&world), (CardStatus::Blacklisted, vec![listed]));

    // 6988 stops at once, and for good.
    let world = World::with_tags(TagWays::PLAIN);
    let page = Liar::new(&world);
    let task = page.begin(ISSUE).unwrap();
    page.show(&task, &page.read(&task)).unwrap();
    let challenge = page.challenge(&SELECT_ETC);
    page.sign(&task, TagFile::Vehicle, challenge).unwrap();
    let task = page.refused(&task, TagFile::Vehicle, 0x6988).unwrap();
    assert_eq!(task.state, TagTaskState::Stopped(Code::TagForbids));
    assert_eq!(page.begin(ISSUE), Err(Code::TagDamaged));
    assert_eq!(for_another_card(&world), Err(Code::TagDamaged));
    assert_eq!(checked(&world), Err(Code::TagDamaged));
}

#[test]
fn one_showing_gives_one_signature_for_each_file_in_its_order() {
    let world = World::with_tags(TagWays::PLAIN);
    let page = Liar::new(&world);
    let task = page.begin(ISSUE).unwrap();
    page.show(&task, &page.read(&task)).unwrap();
    let not_shown = Err(Code::NotShown);
    assert_eq!(page.sign(&task, TagFile::System, [0; 4]), not_shown);
    assert!(page.sign(&task, TagFile::Vehicle, [0; 4]).is_ok());
    assert_eq!(page.sign(&task, TagFile::Vehicle, [0; 4]), not_shown);
    assert!(page.sign(&task, TagFile::System, [0; 4]).is_ok());
    assert_eq!(page.sign(&task, TagFile::System, [0; 4]), not_shown);
    let flag = page.sign(&task, TagFile::RemovalFlag, [0; 4]);
    assert_eq!(flag, not_shown);
}

/// Where the random does not come back, a recording of the encrypted read is as good as the tag.
#[test]
fn a_recorded_reading_parts_a_tag_from_its_vehicle_and_does_not_free_it() {
    let world = issued(TagWays {
        random_returns: false,
        ..TagWays::PLAIN
    });
    let page = Liar::new(&world);
    let cancel = TagWork::Cancel {
        reason: CancelReason::WrongData,
    };
    let recorded = page.read(&page.begin(cancel).unwrap());
    // The tag drives off; another day the page shows what it has kept.
    page.laid.lay(false);
    let task = page.begin(cancel).unwrap();
    let mut shown = recorded;
    shown.vehicle.as_mut().unwrap().random = task.read.as_ref().unwrap().random;
    let told = page.show(&task, &shown).unwrap();
    assert_eq!(told.task.state, TagTaskState::Done);
    let store = &world.backend().store;
    let file = wait(store.tag_file(page.laid.serial)).unwrap().unwrap();
    assert_eq!((file.tag.status, file.pairing), (CardStatus::Lost, None));
    assert_eq!(for_another_card(&world), Err(Code::TagLost));
    assert_eq!(checked(&world), Err(Code::TagLost));

    // One that proves that it is here is free for another vehicle.
    let world = issued(TagWays::PLAIN);
    let page = Liar::new(&world);
    let task = page.begin(cancel).unwrap();
    let told = page.show(&task, &page.read(&task)).unwrap();
    assert_eq!(told.task.state, TagTaskState::Done);
    assert!(for_another_card(&world).is_ok());
}

/// The challenge masks CLA, INS, P1 and P2 only (reference §4): whoever claims another one moves the signed byte.
/// Blocks of an old reading hide that from the backend, for that day.
#[test]
fn a_shifted_write_behind_a_spliced_reading_is_found_by_the_next_honest_sight() {
    // The last byte of the plate, a measure, and the last one that the file has.
    for place in [7, 20, 58] {
        let world = issued(TagWays::PLAIN);
        let page = Liar::new(&world);
        let task = page.begin(TagWork::Activate).unwrap();
        let whole = page.read(&task);
        let told = page.show(&task, &whole).unwrap();
        assert_eq!(told.next, [TagFile::RemovalFlag]);

        // A byte of the vehicle information instead of byte 26 of the system information.
        let challenge = page.challenge(&SELECT_ETC);
        let [a, b, c, d] = challenge;
        let claimed = [a, b, c, d ^ 0x1A ^ place];
        let mut command = page.sign(&task, TagFile::RemovalFlag, claimed).unwrap();
        command[3] = place;
        assert_eq!(page.chip(&command), [0x90, 0x00], "the chip cannot know");
        assert_eq!(world.tags[0].files()[1][usize::from(place)], 0x01);

        // The random comes fresh, and what lies behind it from the reading before.
        let mut lie = page.read(&told.task);
        let old = whole.vehicle.unwrap().answer.0;
        let fresh = &mut lie.vehicle.as_mut().unwrap().answer.0;
        fresh[16..].copy_from_slice(&old[16..]);
        lie.system.0[26] = 0x01;
        let told = page.show(&told.task, &lie).unwrap();
        assert_eq!(told.task.state, TagTaskState::Done, "so it is believed");

        assert_eq!(checked(&world), Err(Code::TagDiffers), "until it is seen");
        // That card is of the same vehicle, which has its tag.
        assert_eq!(for_another_card(&world), Err(Code::CardHasTag));
    }
}

/// In the system information no reading is encrypted: the lie is in plain sight of whoever reads the whole file.
#[test]
fn a_write_moved_within_the_system_information_is_found_by_the_next_honest_sight() {
    let world = issued(TagWays::PLAIN);
    let page = Liar::new(&world);
    let task = page.begin(TagWork::Activate).unwrap();
    let whole = page.read(&task);
    let told = page.show(&task, &whole).unwrap();

    let place = 40;
    let [a, b, c, d] = page.challenge(&SELECT_MF);
    let claimed = [a, b, c, d ^ 0x1A ^ place];
    let mut command = page.sign(&task, TagFile::RemovalFlag, claimed).unwrap();
    command[3] = place;
    assert_eq!(page.chip(&command), [0x90, 0x00], "the chip cannot know");
    assert_eq!(world.tags[0].files()[0][usize::from(place)], 0x01);

    let mut lie = page.read(&told.task);
    lie.system = whole.system;
    lie.system.0[26] = 0x01;
    let told = page.show(&told.task, &lie).unwrap();
    assert_eq!(told.task.state, TagTaskState::Done, "so it is believed");
    assert_eq!(checked(&world), Err(Code::TagDiffers), "until it is seen");
}
