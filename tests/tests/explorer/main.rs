//! The explorer over cards of every kind: what a card does differently must never cost money.

use std::io::Write;
use std::sync::Mutex;
use std::time::Instant;

use apdu_core::fault::Code;
use etc_backend::ledger::{ProvedBy, State};
use etc_sim::card::{PinForm, PinKnob, ProofCounter, ProofsKept, Random};
use etc_tests::explore::{
    Act, Chance, Cuts, Outlet, Report, Sight, Story, Subject, Tear, Wish, World, explore, visit,
};
use etc_tests::run;

mod cards;
mod databases;
mod tags;
mod wire;

/// One way in which a card may differ. Of one kind a card has one.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    kind: Kind,
    turn: fn(&mut Subject),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pin,
    File,
    Asked,
    Kept,
    Cleared,
    Pending,
    Log,
    Random,
    OneFen,
    Terminals,
}

const WAYS: &[Way] = &[
    Way {
        name: "PIN as BCD",
        kind: Kind::Pin,
        turn: |card| card.knobs.pin = pin(PinForm::Bcd3),
    },
    Way {
        name: "no PIN",
        kind: Kind::Pin,
        turn: |card| card.knobs.pin = pin(PinForm::None),
    },
    Way {
        name: "long issue file",
        kind: Kind::File,
        turn: |card| card.knobs.issue_file_length = 50,
    },
    Way {
        name: "proof by the counter before",
        kind: Kind::Asked,
        turn: |card| card.knobs.proof_counter = ProofCounter::Before,
    },
    Way {
        name: "proof by either counter",
        kind: Kind::Asked,
        turn: |card| card.knobs.proof_counter = ProofCounter::Both,
    },
    Way {
        name: "proof by n + 1, not known",
        kind: Kind::Asked,
        turn: |card| card.ask_both = true,
    },
    Way {
        name: "proof by n, not known",
        kind: Kind::Asked,
        turn: |card| {
            card.knobs.proof_counter = ProofCounter::Before;
            card.ask_both = true;
        },
    },
    Way {
        name: "keeps the last proof of any kind",
        kind: Kind::Kept,
        turn: |card| card.knobs.proofs_kept = ProofsKept::LastAny,
    },
    Way {
        name: "keeps no proof",
        kind: Kind::Kept,
        turn: |card| card.knobs.proofs_kept = ProofsKept::None,
    },
    Way {
        name: "INIT clears the proof",
        kind: Kind::Cleared,
        turn: |card| card.knobs.init_clears_proof = true,
    },
    Way {
        name: "CREDIT at once after INIT only",
        kind: Kind::Pending,
        turn: |card| card.knobs.credit_only_after_init = true,
    },
    Way {
        name: "hides its log",
        kind: Kind::Log,
        turn: |card| card.knobs.hides_log = true,
    },
    Way {
        name: "constant random",
        kind: Kind::Random,
        turn: |card| card.knobs.random = Random::Constant,
    },
    Way {
        name: "random repeats after reset",
        kind: Kind::Random,
        turn: |card| card.knobs.random = Random::RepeatsAfterReset,
    },
    Way {
        name: "refuses 1 fen",
        kind: Kind::OneFen,
        turn: |card| card.knobs.refuses_one_fen = true,
    },
    Way {
        name: "refuses odd terminals",
        kind: Kind::Terminals,
        turn: |card| card.knobs.refuses_odd_terminals = true,
    },
];

fn pin(form: PinForm) -> PinKnob {
    PinKnob {
        required: form != PinForm::None,
        form,
        tries: 3,
    }
}

/// A card with these ways.
fn subject(ways: &[Way]) -> Subject {
    let names: Vec<&str> = ways.iter().map(|way| way.name).collect();
    let name = match names.is_empty() {
        true => "plain".to_owned(),
        false => names.join(", "),
    };
    let mut subject = Subject::new(name, Default::default());
    ways.iter().for_each(|way| (way.turn)(&mut subject));
    subject
}

const CHARGE: Story = Story {
    name: "a load",
    acts: &[Act::Load],
    holds: every_load_is_proved,
};

const STORIES: &[Story] = &[
    Story {
        name: "torn before CREDIT, let go elsewhere, then written after all",
        acts: &[Act::Torn(Tear::Before), Act::LetGo, Act::Finish],
        holds: nothing_more,
    },
    Story {
        name: "torn after CREDIT, let go tried elsewhere",
        acts: &[Act::Torn(Tear::After), Act::LetGo, Act::Finish],
        holds: every_load_is_proved,
    },
    Story {
        name: "torn before CREDIT, let go, given back",
        acts: &[Act::Torn(Tear::Before), Act::LetGo, Act::Refund],
        holds: nothing_more,
    },
    Story {
        name: "torn after CREDIT, let go tried, money asked back",
        acts: &[Act::Torn(Tear::After), Act::LetGo, Act::Refund],
        holds: every_load_is_proved,
    },
    Story {
        name: "torn before CREDIT, loaded elsewhere, resolved, written",
        acts: &[
            Act::Torn(Tear::Before),
            Act::Elsewhere,
            Act::Resolve,
            Act::Finish,
        ],
        holds: nothing_more,
    },
    Story {
        name: "torn after CREDIT, loaded elsewhere, resolved",
        acts: &[Act::Torn(Tear::After), Act::Elsewhere, Act::Resolve],
        holds: nothing_more,
    },
    Story {
        name: "torn before CREDIT, a lane takes money, resolved, written",
        acts: &[
            Act::Torn(Tear::Before),
            Act::Lane,
            Act::Resolve,
            Act::Finish,
        ],
        holds: nothing_more,
    },
    Story {
        name: "torn after CREDIT, a lane takes money, resolved",
        acts: &[Act::Torn(Tear::After), Act::Lane, Act::Resolve],
        holds: nothing_more,
    },
    Story {
        name: "paid, and given back",
        acts: &[Act::PayOnly, Act::Refund],
        holds: nothing_more,
    },
    Story {
        name: "a load after another system's",
        acts: &[Act::Load, Act::Elsewhere, Act::Load],
        holds: nothing_more,
    },
];

fn nothing_more(_: &World, _: Sight) {}

/// A card that keeps its proof has it shown: no load of its own is believed on less, and none that was given
/// up in vain stays unknown.
fn every_load_is_proved(world: &World, sight: Sight) {
    let kept = world.plastic().chip.borrow().knobs().proofs_kept;
    if kept != ProofsKept::LastLoad || sight == Sight::AfterElsewhere {
        return;
    }
    world.check(|books| {
        let proved = |state| match state {
            State::Loaded(proof) => proof.by == ProvedBy::Tac,
            State::Conflict(_) => sight.gives_up(),
            _ => false,
        };
        let taken = books.records.iter().filter(|line| line.taken > 0);
        match taken.filter(|line| !proved(line.record.state)).count() {
            0 => Ok(()),
            _ => Err("the card's proof was not used".into()),
        }
    });
}

/// What is explored: a card, a story, and how deep.
#[derive(Clone)]
struct Task {
    subject: Subject,
    story: Story,
    depth: usize,
}

/// A run that was told, and where it ended.
pub struct Told {
    task: Task,
    cuts: Cuts,
    end: String,
}

fn tasks(deep: bool) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut add = |ways: &[Way], story: Story, depth| {
        tasks.push(Task {
            subject: subject(ways),
            story,
            depth: if deep { depth + 1 } else { depth },
        });
    };
    // Every way alone, two cuts deep; where the story is long, two cuts deep on the plain card only.
    add(&[], CHARGE, 2);
    for way in WAYS {
        add(&[*way], CHARGE, 2);
    }
    for story in STORIES {
        add(&[], *story, 2);
        for way in WAYS {
            add(&[*way], *story, 1);
        }
    }
    for (number, first) in WAYS.iter().enumerate() {
        for second in &WAYS[number + 1..] {
            if first.kind != second.kind {
                add(&[*first, *second], CHARGE, 1);
            }
        }
    }
    // Three at a time, by seed.
    let mut chance = Chance::new(3);
    for _ in 0..20 {
        let mut three: Vec<Way> = Vec::new();
        while three.len() < 3 {
            let way = chance.pick(WAYS);
            if three.iter().all(|chosen| chosen.kind != way.kind) {
                three.push(*way);
            }
        }
        add(&three, *chance.pick(STORIES), 1);
    }
    tasks
}

#[test]
fn no_two_cuts_lose_or_double_money_on_any_card() {
    let begun = Instant::now();
    // One cut deeper, for those who have the time: `cargo xtask explore`.
    let all_of_it = std::env::var_os("ETC_EXPLORE").is_some();
    let tasks = tasks(all_of_it);
    let (all, sample) = all_of(tasks);
    let summary = format!(
        "explorer: {} runs and {} sights after them, {} distinct ends, {} at rest, {:.0} s\n",
        all.runs,
        all.sights,
        all.ends.len(),
        all.rests.len(),
        begun.elapsed().as_secs_f64()
    );
    for (end, times) in all.ends.iter().chain(&all.rests) {
        println!("  {times:6} × {end}");
    }
    // Past the capture of the test runner: what was tried is worth seeing every time.
    std::io::stderr()
        .write_all(summary.as_bytes())
        .expect("standard error takes it");
    // A flow that loses its awaits, or a world that loses its cuts, must not pass unseen.
    assert!(all.runs >= 70_000, "only {} runs", all.runs);
    assert!(all.ends.len() >= 40, "only {} ends", all.ends.len());
    assert!(all.rests.len() >= 40, "only {} at rest", all.rests.len());
    databases::tell_again(&sample, all_of_it);
}

/// A card that cannot be loaded, and the code it is refused with.
fn refused() -> Vec<(Subject, Code)> {
    let card = |name, turn: fn(&mut Subject)| {
        let mut subject = Subject::new(name, Default::default());
        turn(&mut subject);
        subject
    };
    vec![
        (
            card("counter at its end", |card| card.counter = u16::MAX),
            Code::CounterEnd,
        ),
        (
            card("expired", |card| card.expiry = [0x20, 0x25, 0x12, 0x31]),
            Code::CardExpired,
        ),
        (
            card("no key of this index", |card| {
                card.knobs.wrong_key_index = true;
            }),
            Code::NoSuchKey,
        ),
        (
            card("locked by wrong MAC2s", |card| card.locked = true),
            Code::ApplicationDead,
        ),
    ]
}

#[test]
fn what_would_fail_after_the_payment_fails_before_it() {
    for (subject, code) in refused() {
        let world = World::new(&subject);
        world.next_visit(0);
        let desk = world.desk(Outlet::First);
        let ended = run(visit(&world, 0, desk, Wish::Load)).expect("nothing is cut");
        assert_eq!(ended.map_err(|fault| fault.code), Err(code));
        let story = Story {
            name: "a load that is refused",
            acts: &[Act::Load],
            holds: |world, _| {
                world.check(
                    |books| match books.records.iter().any(|line| line.paid > 0) {
                        true => Err("money was taken for it".into()),
                        false => Ok(()),
                    },
                );
            },
        };
        let report = explore(&subject, &story, 2);
        assert!(report.runs > 100, "{}: {}", subject.name, report.runs);
    }
}

#[test]
fn a_damaged_chip_is_let_go_and_its_money_given_back() {
    let mut subject = Subject::new("damaged", Default::default());
    subject.knobs.damaged = true;
    let story = Story {
        name: "written in vain, let go, given back",
        acts: &[Act::Torn(Tear::Before), Act::LetGo, Act::Refund],
        holds: |world, _| {
            world.check(|books| {
                let paid = books.records.iter().filter(|line| line.paid > 0);
                match paid.into_iter().all(|line| line.back == line.paid) {
                    true => Ok(()),
                    false => Err("the customer did not get it back".into()),
                }
            });
        },
    };
    explore(&subject, &story, 1);
}

/// Explores on all cores, the longest first.
fn all_of(mut tasks: Vec<Task>) -> (Report, Vec<Told>) {
    tasks.sort_by_key(|task| (task.depth, task.story.acts.len()));
    let queue = Mutex::new(tasks);
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let mut all = (Report::default(), Vec::new());
    std::thread::scope(|scope| {
        let worker = || {
            let mut own = (Report::default(), Vec::new());
            loop {
                let next = queue.lock().expect("no worker panics with it").pop();
                let Some(task) = next else {
                    return own;
                };
                let begun = Instant::now();
                let report = explore(&task.subject, &task.story, task.depth);
                println!(
                    "{}: {}: {} runs, {} sights, {} ends, {:.1} s",
                    task.subject.name,
                    task.story.name,
                    report.runs,
                    report.sights,
                    report.ends.len(),
                    begun.elapsed().as_secs_f64()
                );
                let told = report.sample.iter().cloned().map(|(cuts, end)| Told {
                    task: task.clone(),
                    cuts,
                    end,
                });
                own.1.extend(told);
                own.0.add(report);
            }
        };
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            match worker.join() {
                Ok((report, sample)) => {
                    all.0.add(report);
                    all.1.extend(sample);
                }
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    all
}
