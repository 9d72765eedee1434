//! A page that lies about a card it was to issue: it gains no card for another use, and the next honest sight says
//! what is wrong.

use apdu_core::authority::{
    BeginCardTask, CardFile, CardMode, CardRefused, CardTask, CardTaskState, CardTold, CardWork,
    ShownCard, ShownPresence, SignCard, WholeCard,
};
use apdu_core::fault::Code;
use apdu_core::flow;
use apdu_core::hex::{Bytes, Fixed};
use etc_api::ApplicationState;
use etc_backend::desk::{Attempt, Error, Who};
use etc_backend::ledger::Applied;
use etc_tests::explore::{APPLICATION, CardWays, Outlet, Quiet, World};
use etc_tests::{run, wait};

/// The page, in the hands of an operator, with the card before it.
struct Liar<'w> {
    world: &'w World,
    who: Who,
}

fn said<T>(answer: Result<T, Error>) -> Result<T, Code> {
    answer.map_err(|error| error.code())
}

impl<'w> Liar<'w> {
    fn new(world: &'w World) -> Self {
        world.pass(1_000);
        let who = world.teller(Outlet::First);
        Self { world, who }
    }

    fn attempt(&self) -> Attempt {
        Attempt {
            key: self.world.new_key(),
            route: "POST".into(),
            body: [0; 32],
        }
    }

    fn begin(&self, application: &str) -> Result<CardTask, Code> {
        let [_, issue] = self.world.plastic().files();
        let request = BeginCardTask {
            work: CardWork::Issue {
                application: application.into(),
                mode: CardMode::New,
                bank_card: None,
            },
            card: ShownCard {
                number: self.world.plastic().number,
                issue: Bytes(issue),
            },
        };
        let desk = self.world.backend();
        said(wait(desk.begin_card_task(
            &self.who,
            &self.attempt(),
            &request,
        )))
    }

    /// The card as it is, with its proof.
    fn read(&self, task: &CardTask) -> WholeCard {
        let plastic = self.world.plastic();
        let wanted = task
            .presence
            .as_ref()
            .expect("it can prove that it is here");
        plastic.unlock();
        let amount = wanted.init.amount.expect("an amount");
        let answer = plastic.init(amount, wanted.init.terminal.0);
        let [holder, issue] = plastic.files();
        WholeCard {
            holder: Bytes(holder),
            issue: Bytes(issue),
            presence: Some(ShownPresence {
                answer: Fixed(answer.expect("the card takes the INIT")),
                terminal: wanted.init.terminal,
            }),
        }
    }

    fn show(&self, task: &CardTask, shown: &WholeCard) -> Result<CardTold, Code> {
        let desk = self.world.backend();
        said(wait(desk.show_card(&self.who, &task.id, shown)))
    }

    fn sign(&self, task: &CardTask, file: CardFile) -> Result<Vec<u8>, Code> {
        let challenge = Fixed([0; 4]);
        let request = SignCard { file, challenge };
        let (desk, attempt) = (self.world.backend(), self.attempt());
        let signed = wait(desk.sign_card(&self.who, &attempt, &task.id, &request));
        said(signed).map(|signed| signed.command.0)
    }

    fn refused(&self, task: &CardTask, file: CardFile, sw: [u8; 2]) -> Result<CardTask, Code> {
        let request = CardRefused {
            file,
            sw: Fixed(sw),
        };
        let (desk, attempt) = (self.world.backend(), self.attempt());
        said(wait(
            desk.card_refused(&self.who, &attempt, &task.id, &request),
        ))
    }

    /// Whether the card may be issued for somebody else.
    fn for_another(&self) -> Result<CardTask, Code> {
        let file = wait(self.world.backend().store.application_file(APPLICATION));
        let first = file.expect("the store answers").expect("it is there");
        self.world.memory().add_application(Applied {
            id: "another".into(),
            plate: "甘B00025".into(),
            state: ApplicationState::Open,
            ..first.applied
        });
        self.begin("another")
    }
}

/// Whether an honest page at another outlet calls the card good, and what differs.
fn checked(world: &World) -> (bool, usize) {
    world.next_visit(0);
    let mut desk = world.desk(Outlet::Other);
    let card = run(flow::check_card(&mut world.card(), &mut desk, &mut Quiet));
    let card = card.expect("nothing is cut").expect("it is read");
    let records = card.records.as_ref().expect("the backend answers");
    let differences = records.differences.len();
    (card.verdict().is_ok(), differences)
}

#[test]
fn a_card_called_written_that_was_not_is_named_by_the_next_honest_sight() {
    let world = World::with_card(CardWays::BLANK);
    let page = Liar::new(&world);
    let task = page.begin(APPLICATION).unwrap();
    let told = page.show(&task, &page.read(&task)).unwrap();
    assert_eq!(told.next, [CardFile::Holder, CardFile::Issue]);
    let mac = 4;
    let file = |command: Vec<u8>| Bytes(command[5..command.len() - mac].to_vec());
    let lie = WholeCard {
        holder: file(page.sign(&task, CardFile::Holder).unwrap()),
        issue: file(page.sign(&task, CardFile::Issue).unwrap()),
        presence: None,
    };
    let told = page.show(&task, &lie).unwrap();
    assert_eq!(told.task.state, CardTaskState::Done, "so it is believed");

    assert_eq!(page.for_another(), Err(Code::CardTaken));
    let (is_good, differences) = checked(&world);
    assert!(!is_good && differences > 0, "{differences}");
}

#[test]
fn a_card_that_was_signed_for_is_nobody_elses_whatever_the_page_says() {
    // Signed for, and never heard of again.
    let world = World::with_card(CardWays::BLANK);
    let page = Liar::new(&world);
    let task = page.begin(APPLICATION).unwrap();
    page.show(&task, &page.read(&task)).unwrap();
    page.sign(&task, CardFile::Holder).unwrap();
    assert_eq!(page.for_another(), Err(Code::CardTaken));
    assert!(!checked(&world).0);

    // Called refused, though nobody knows.
    page.refused(&task, CardFile::Holder, [0x6A, 0x84]).unwrap();
    assert_eq!(page.for_another(), Err(Code::CardTaken));
    assert!(!checked(&world).0);
}

#[test]
fn one_showing_gives_one_signature_for_each_file_and_none_without_a_proof() {
    let world = World::with_card(CardWays::BLANK);
    let page = Liar::new(&world);
    let task = page.begin(APPLICATION).unwrap();
    let shown = page.read(&task);
    let told = page.show(&task, &shown).unwrap();
    let not_shown = Err(Code::CardNotShown);
    assert_eq!(page.sign(&task, CardFile::Issue), not_shown);
    assert!(page.sign(&task, CardFile::Holder).is_ok());
    assert_eq!(page.sign(&task, CardFile::Holder), not_shown);

    // The proof of before, and none at all.
    assert_eq!(page.show(&told.task, &shown), Err(Code::CardNotPresent));
    let without = WholeCard {
        presence: None,
        ..shown
    };
    page.show(&told.task, &without).unwrap();
    let signed = page.sign(&task, CardFile::Holder);
    assert_eq!(signed, Err(Code::CardNotPresent));
}
