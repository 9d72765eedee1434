//! What these tests share.

use apdu_core::bcd::CardNumber;
use apdu_core::fault::Code;
use etc_api::{Approve, CaseView};
use etc_sim::card::Knobs;
use etc_tests::dishonest::Liar;
use etc_tests::explore::{Books, Outlet, PASSWORD, Subject, World};
use etc_tests::wait;

/// A world with a card in order.
pub fn plain() -> World {
    with(|_| ())
}

/// A world with a card of these ways.
pub fn with(turn: impl FnOnce(&mut Knobs)) -> World {
    let mut subject = Subject::new("a card", Knobs::default());
    turn(&mut subject.knobs);
    World::new(&subject)
}

/// A world with two cards in order.
pub fn two_cards() -> World {
    let subject = Subject::new("a card", Knobs::default());
    let number = |text: &str| -> CardNumber { text.parse().unwrap() };
    World::in_memory(
        &[
            (number("62012201230100000017"), &subject),
            (number("62012201230100000025"), &subject),
        ],
        1,
    )
}

/// The page at the first outlet.
pub fn page(world: &World) -> Liar<'_> {
    Liar::new(world, world.teller(Outlet::First))
}

/// A page at another outlet.
pub fn elsewhere(world: &World) -> Liar<'_> {
    Liar::new(world, world.teller(Outlet::Other))
}

/// Nobody has more than was paid for.
#[track_caller]
pub fn nothing_gained(world: &World) {
    world.check(Books::nothing_gained);
}

/// One person's yes.
pub fn approve(world: &World, case: &CaseView, person: &str) -> Result<CaseView, Code> {
    let approval = Approve {
        operator: person.into(),
        password: PASSWORD.into(),
    };
    let approved = wait(world.backend().approve_case(&case.id, approval));
    approved.map_err(|error| error.code())
}

/// A kind of each alarm on today's report.
pub fn alarms(world: &World) -> Vec<String> {
    let desk = world.backend();
    let now = wait(desk.store.now()).unwrap();
    let today = apdu_core::calendar::today(now);
    let report = wait(desk.day(&world.supervisor(Outlet::First), today)).unwrap();
    report.alarms.into_iter().map(|alarm| alarm.kind).collect()
}

/// Whether the first card stands still.
pub fn is_stopped(world: &World) -> bool {
    world.books().cards[0].stopped.is_some()
}

/// A whole day and more: a refund without the card may be sent.
pub const THREE_DAYS: i64 = 3 * 86_400_000;
