//! What a card check and a load cost on the bus at each exchange level, command by command.

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::flow;
use etc_sim::card::Card as Chip;
use etc_sim::demo;
use etc_sim::reader::{Model, Reader};
use etc_tests::bus::{Bus, Transfers};
use etc_tests::explore::World;
use etc_tests::run;

use super::{Away, Quiet};

const LEVELS: [(&str, Model); 5] = [
    ("extended APDU", Model::extended_apdu()),
    ("short APDU", Model::short_apdu()),
    ("TPDU, T=0", Model::tpdu_t0()),
    ("TPDU, T=1 with LRC", Model::tpdu_t1()),
    ("TPDU, T=1 with CRC", Model::tpdu_t1_crc()),
];

/// What one command has cost.
struct Cost {
    command: Command,
    /// Bytes of its answer, with the status word.
    answer: usize,
    transfers: Transfers,
}

/// A card whose transfers are counted.
struct Counted {
    bus: Bus,
    costs: Vec<Cost>,
}

impl Counted {
    fn new(model: Model, card: Chip) -> Self {
        let mut reader = Reader::with(model);
        reader.insert(card);
        Self {
            bus: Bus::plug(reader).expect("a reader that the page may use"),
            costs: Vec::new(),
        }
    }

    /// Prints the costs and gives their sum.
    fn print(&self, task: &str, level: &str) -> Transfers {
        println!("{task}, {level}:");
        for cost in &self.costs {
            let Transfers { out, r#in } = cost.transfers;
            println!(
                "  {out} OUT {in} IN  {:02X?} → {} bytes",
                cost.command.header, cost.answer
            );
        }
        let sum =
            |count: fn(&Transfers) -> usize| self.costs.iter().map(|it| count(&it.transfers)).sum();
        let all = Transfers {
            out: sum(|it| it.out),
            r#in: sum(|it| it.r#in),
        };
        println!("  {} OUT {} IN together", all.out, all.r#in);
        all
    }
}

impl Card for Counted {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        self.bus.connect()
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        Box::pin(async move {
            let before = self.bus.transfers;
            let answer = self.bus.transmit(session, command).await;
            let after = self.bus.transfers;
            self.costs.push(Cost {
                command: command.clone(),
                answer: answer.as_ref().map_or(0, |it| it.data.len() + 2),
                transfers: Transfers {
                    out: after.out - before.out,
                    r#in: after.r#in - before.r#in,
                },
            });
            answer
        })
    }
}

/// IN transfers of a DataBlock with so many bytes: packets of 64, and an empty one behind whole packets only.
fn packets(bytes: usize) -> usize {
    (10 + bytes) / 64 + 1
}

fn checked(model: Model) -> Counted {
    let mut card = Counted::new(model, demo::card("normal").expect("a demo card"));
    let read = run(flow::check_card(&mut card, &mut Away, &mut Quiet));
    read.expect("the bus does not wait").expect("read");
    card
}

fn loaded(model: Model) -> Counted {
    let world = World::plain();
    let mut card = Counted::new(model, world.lend());
    assert_eq!(world.load(&mut card), Ok(()));
    card
}

#[test]
fn a_command_to_an_apdu_reader_is_one_transfer_out_and_as_many_in_as_its_answer_fills() {
    for (level, model) in &LEVELS[..2] {
        for (task, card) in [("card check", checked(*model)), ("load", loaded(*model))] {
            card.print(task, level);
            for cost in &card.costs {
                assert_eq!(cost.transfers.out, 1, "{:?}", cost.command);
                assert_eq!(
                    cost.transfers.r#in,
                    packets(cost.answer),
                    "{:?}",
                    cost.command
                );
            }
        }
    }
}

#[test]
fn over_t1_it_is_one_block_out() {
    for (level, model) in &LEVELS[3..] {
        for (task, card) in [("card check", checked(*model)), ("load", loaded(*model))] {
            card.print(task, level);
            let edc = if level.ends_with("CRC") { 2 } else { 1 };
            for cost in &card.costs {
                assert_eq!(cost.transfers.out, 1, "{:?}", cost.command);
                let block = 3 + cost.answer + edc;
                assert_eq!(cost.transfers.r#in, packets(block), "{:?}", cost.command);
            }
        }
    }
}

#[test]
fn over_t0_a_command_with_data_and_an_answer_is_two() {
    let (level, model) = LEVELS[2];
    for (task, card) in [("card check", checked(model)), ("load", loaded(model))] {
        card.print(task, level);
        for cost in &card.costs {
            let fetched = !cost.command.data.is_empty() && cost.answer > 2;
            assert_eq!(
                cost.transfers.out,
                1 + usize::from(fetched),
                "{:?}",
                cost.command
            );
        }
    }
}

#[test]
fn powering_a_card_costs_what_its_reader_leaves_to_the_host() {
    for (level, model, messages) in [
        // IccPowerOn, SetParameters.
        (LEVELS[0].0, LEVELS[0].1, 2),
        (LEVELS[1].0, LEVELS[1].1, 2),
        // IccPowerOn, PPS, SetParameters.
        (LEVELS[2].0, LEVELS[2].1, 3),
        // IccPowerOn, PPS, SetParameters, S(IFS).
        (LEVELS[3].0, LEVELS[3].1, 4),
        (LEVELS[4].0, LEVELS[4].1, 4),
    ] {
        let mut card = Counted::new(model, demo::card("normal").expect("a demo card"));
        run(card.connect()).expect("no wait").expect("powered");
        assert_eq!(card.bus.transfers.out, messages, "{level}");
    }
}
