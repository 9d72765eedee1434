//! Cards that are issued and activated, with something going wrong at any await.

use apdu_core::authority::{BeginCardTask, CardMode, CardTaskState, CardTasks, CardWork};
use apdu_core::card::Card;
use apdu_core::fault::{Code, Fault, Written};
use apdu_core::flow::{self, CardDone};
use etc_api::ApplicationState;
use etc_backend::ledger::{Applied, CardKind, Lock};
use etc_sim::card::{Knobs, PinForm, PinKnob};

use super::card_books::CardBooks;
use super::counter::Counter;
use super::faults::Faults;
use super::plastic::{Plastic, Subject};
use super::world::{CARD, Outlet, Quiet, World};
use super::{Cuts, Report, tell};
use crate::run;

/// In what cards differ that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardWays {
    /// How the PIN is written.
    pub pin: PinForm,
    /// The longer file 0015.
    pub is_long: bool,
    /// What is empty is filled with this, and in 0016 with one 00 before where it is FF.
    pub fill: u8,
    /// Its purse takes a terminal number that is none, so it can prove that it is there.
    pub proves: bool,
    /// It was issued, and has expired; otherwise it is blank.
    pub is_issued: bool,
}

impl CardWays {
    /// The common card, blank.
    pub const BLANK: Self = Self {
        pin: PinForm::Ascii6,
        is_long: false,
        fill: 0x00,
        proves: true,
        is_issued: false,
    };
    /// The same, which was issued and has expired.
    pub const EXPIRED: Self = Self {
        is_issued: true,
        ..Self::BLANK
    };

    fn subject(self) -> Subject {
        let knobs = Knobs {
            pin: PinKnob {
                required: self.pin != PinForm::None,
                form: self.pin,
                tries: 3,
            },
            issue_file_length: if self.is_long { 50 } else { 43 },
            refuses_odd_terminals: !self.proves,
            ..Knobs::default()
        };
        let subject = Subject::new("to be written", knobs);
        match self.is_issued {
            true => Subject {
                expiry: [0x20, 0x25, 0x01, 0x14],
                ..subject
            },
            false => Subject {
                blank: Some(self.fill),
                ..subject
            },
        }
    }

    /// Files 0016 and 0015 before anything was written.
    pub(super) fn before(self) -> [Vec<u8>; 2] {
        let number = CARD.parse().expect("20 digits");
        Plastic::new(number, &self.subject()).files()
    }

    /// The same once the card is issued to 张样例 with 甘A12345, by the tables of reference §1.2 and §1.4, but for
    /// its dates.
    pub(super) fn issued(self) -> [Vec<u8>; 2] {
        let [mut holder, mut issue] = self.before();
        if !self.is_issued {
            holder.fill(self.fill);
            holder[..9].copy_from_slice(b"\x00\x00\xD5\xC5\xD1\xF9\xC0\xFD\x00");
            holder[22..41].copy_from_slice(b"620000190001010017\x00");
            holder[54] = 101;
            issue[28..43].copy_from_slice(b"\xB8\xCAA12345\0\0\0\0\x00\x00\x01");
        }
        [holder, issue]
    }
}

/// What is done with the card, by an honest page that tries again where something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardAct {
    /// 用户卡办理
    Issue,
    /// 卡片激活
    Activate,
}

/// How often a teller tries.
const TRIES: usize = 4;
/// The application of these worlds.
pub const APPLICATION: &str = "application";

impl World {
    /// A world of one card that is to be written, and of an application that waits for it.
    pub fn with_card(ways: CardWays) -> Self {
        let world = Self::new(&ways.subject());
        if !ways.is_issued {
            let applied = Applied {
                id: APPLICATION.into(),
                plate: "甘A12345".into(),
                plate_colour: 0,
                vehicle_class: 1,
                user_type: 0,
                kind: CardKind::StoredValue,
                name: "张样例".into(),
                name_on_card: None,
                id_type: 101,
                id_number: "620000190001010017".into(),
                phone: "13800000017".into(),
                vehicle: None,
                bank: None,
                state: ApplicationState::Open,
                locked_by: None,
                has_bank_card: false,
                reopened_at: None,
                version: 0,
            };
            world.memory().add_application(applied);
            world.lock_application(Outlet::First);
        }
        world
    }

    /// The teller of this outlet has the application from now on.
    pub fn lock_application(&self, outlet: Outlet) {
        let file = crate::wait(self.backend().store.application_file(APPLICATION));
        if let Some(file) = file.expect("the store answers") {
            let operator = self.teller(outlet).operator;
            self.memory().add_application(Applied {
                locked_by: Some(Lock {
                    name: operator.clone(),
                    operator,
                    until: i64::MAX,
                }),
                ..file.applied
            });
        }
    }

    /// Writes of the card that something else than this world's own cuts has torn or spoilt.
    pub fn harm_writes(&self, torn: u32, spoilt: u32) {
        self.torn.set(self.torn.get() + torn);
        self.spoilt.set(self.spoilt.get() + spoilt);
    }

    /// The same work is tried again here, with nothing going wrong: panics where that ends neither done nor with a
    /// card that is known to be not good.
    #[track_caller]
    pub fn meet_card_again(&self, ways: CardWays, act: CardAct) {
        act.rest(Next::Here, self, ways);
    }

    /// Panics where records and chip of the card do not agree, and tells the story.
    #[track_caller]
    fn check_card(&self, ways: CardWays, holds: fn(&CardBooks, &Self) -> Result<(), String>) {
        let books = CardBooks::of(self, ways);
        if let Err(why) = holds(&books, self) {
            panic!("{why}\n{}\n{}", self.story(), books.in_short());
        }
    }
}

/// One visit, as the page has it run.
///
/// # Errors
/// Whatever the flow, or the beginning of its task, ends with.
pub async fn visit_card(
    card: &mut dyn Card,
    desk: &mut Counter<'_>,
    act: CardAct,
) -> Result<CardDone, Fault> {
    let progress = &mut Quiet;
    let read = flow::show_card(card, progress).await?;
    let begin = BeginCardTask {
        work: match act {
            CardAct::Issue => CardWork::Issue {
                application: APPLICATION.into(),
                mode: CardMode::New,
                bank_card: None,
            },
            CardAct::Activate => CardWork::Activate,
        },
        card: read.shown,
    };
    let task = desk.begin_card_task(&begin).await?;
    match act {
        CardAct::Issue => flow::issue_card(card, desk, progress, &task).await,
        CardAct::Activate => flow::activate_card(card, desk, progress, &task).await,
    }
}

/// How the card is met again after a run.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// The same work, tried again here.
    Here,
    /// The same work, at another outlet.
    Elsewhere,
    /// It is checked, at another outlet.
    Checked,
}

impl CardAct {
    /// Plays it here, whatever goes wrong; the books are looked at after every try.
    fn play(self, world: &World, ways: CardWays) -> Option<Result<CardDone, Fault>> {
        self.play_at(Outlet::First, world, ways)
    }

    fn play_at(
        self,
        outlet: Outlet,
        world: &World,
        ways: CardWays,
    ) -> Option<Result<CardDone, Fault>> {
        let mut ended = None;
        for _ in 0..TRIES {
            world.next_visit(0);
            let before = world.plastic().files();
            let (mut card, mut desk) = (world.card(), world.desk(outlet));
            ended = run(visit_card(&mut card, &mut desk, self));
            world.note(format!("  {self:?}: {ended:?}"));
            world.check_card(ways, CardBooks::honest);
            match &ended {
                Some(Ok(done)) => {
                    let is_told = done.told.task.state == CardTaskState::Done;
                    if !(is_told && CardBooks::of(world, ways).is_done(self)) {
                        panic!("it is not done\n{}", world.story());
                    }
                }
                Some(Err(fault)) if fault.written == Written::No => {
                    assert_eq!(world.plastic().files(), before, "{}", world.story());
                }
                _ => {}
            }
            if is_over(&ended) {
                break;
            }
        }
        ended
    }

    /// The card is met again, with nothing going wrong: panics where that ends neither done nor with a card that is
    /// known to be not good.
    #[track_caller]
    fn rest(self, next: Next, world: &World, ways: CardWays) {
        world.note(format!("{next:?}"));
        let outlet = match next {
            Next::Here => Outlet::First,
            Next::Elsewhere => Outlet::Other,
            Next::Checked => return check(world, ways),
        };
        world.lock_application(outlet);
        let ended = self.play_at(outlet, world, ways);
        world.check_card(ways, CardBooks::at_rest);
        let books = CardBooks::of(world, ways);
        let is_refused_here = matches!(&ended, Some(Err(fault)) if is_for_another_card(fault.code));
        if !(books.is_done(self) || books.is_given_up() || is_refused_here) {
            panic!("no end: {ended:?}\n{}\n{}", world.story(), books.in_short());
        }
    }
}

/// Whoever checks the card elsewhere is told that it is not good, or it is as its record says.
#[track_caller]
fn check(world: &World, ways: CardWays) {
    world.next_visit(0);
    let mut desk = world.desk(Outlet::Other);
    let checked = run(flow::check_card(&mut world.card(), &mut desk, &mut Quiet));
    let checked = checked.expect("nothing is cut");
    let is_good = checked.is_ok_and(|card| card.verdict().is_ok());
    if is_good && !CardBooks::of(world, ways).agrees() {
        panic!("it is called good, and is not\n{}", world.story());
    }
}

/// The work is not done, and another card is taken for it.
fn is_for_another_card(code: Code) -> bool {
    matches!(
        code,
        Code::CardForbids
            | Code::CardFailedThrice
            | Code::TakeAnotherCard
            | Code::NotTheCards
            | Code::CardDamaged
            | Code::CardBlacklisted
            | Code::CardSignaturesSpent
    )
}

/// It went well, or trying again leads nowhere.
fn is_over(ended: &Option<Result<CardDone, Fault>>) -> bool {
    match ended {
        None => false,
        Some(Ok(_)) => true,
        Some(Err(fault)) => is_for_another_card(fault.code),
    }
}

/// Plays these acts with every cut at every await, `depth` cuts deep; after each the card is met again in every way
/// there is, or, after runs with more than one cut, in one of them by turns.
pub fn explore_cards(ways: CardWays, acts: &[CardAct], depth: usize) -> Report {
    let world = World::with_card(ways);
    world.note(format!("{ways:?}"));
    let mut report = Report::default();
    let play = |act: &CardAct, world: &World| drop(act.play(world, ways));
    let last = *acts.last().expect("an act");
    tell(
        &world,
        acts,
        depth,
        &Cuts::new(),
        &play,
        &mut |world, cuts| {
            world.deliver_late_requests();
            world.check_card(ways, CardBooks::honest);
            let end = CardBooks::of(world, ways).in_short();
            *report.ends.entry(end).or_default() += 1;
            let all = [Next::Here, Next::Elsewhere, Next::Checked];
            let few = cuts.iter().map(Vec::len).sum::<usize>() <= 1;
            let turn = report.runs % all.len();
            report.runs += 1;
            for next in if few { &all[..] } else { &all[turn..=turn] } {
                let rest = world.fork();
                rest.plan(Faults::Planned(Vec::new()));
                last.rest(*next, &rest, ways);
                report.sights += 1;
                let rest = CardBooks::of(&rest, ways).in_short();
                *report.rests.entry(rest).or_default() += 1;
            }
        },
    );
    report
}
