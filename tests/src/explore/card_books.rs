//! What the records say of a card that is written, beside what is on its chip.

use apdu_core::authority::CardStatus;
use etc_backend::ledger::{Card, CardHistory, Outcome};

use super::card_story::{CardAct, CardWays};
use super::world::World;
use crate::wait;

/// Records and chip of the first card of a world.
pub struct CardBooks {
    /// What the records have.
    pub history: CardHistory,
    /// Its files 0016 and 0015.
    pub chip: [Vec<u8>; 2],
    ways: CardWays,
}

/// Where the dates lie in file 0015.
const DATES: std::ops::Range<usize> = 20..28;

impl CardBooks {
    /// The books of a world with a card of these ways.
    pub fn of(world: &World, ways: CardWays) -> Self {
        let history = wait(world.backend().store.card_history(world.plastic().number));
        Self {
            history: history
                .expect("the store answers")
                .expect("it is in the records"),
            chip: world.plastic().files(),
            ways,
        }
    }

    fn card(&self) -> &Card {
        &self.history.file.card
    }

    /// What holds at every moment with an honest page: a card that is called issued has the files of its record,
    /// byte for byte; one for which nothing was signed is as it was; and no more failures are counted than there
    /// were.
    pub fn honest(&self, world: &World) -> Result<(), String> {
        if self.card().stock.signatures == 0 && self.chip != self.ways.before() {
            return Err("it was written, and nobody signed it".into());
        }
        if self.card().stock.is_issued && self.open() == 0 && !self.agrees() {
            let known = self.failures(Outcome::Mixed) + self.failures(Outcome::Refused) > 0;
            if !known {
                return Err("it is issued, and its chip is not".into());
            }
        }
        let (torn, spoilt) = (world.torn.get(), world.spoilt.get());
        if self.failures(Outcome::Mixed) > torn || self.failures(Outcome::Refused) > spoilt {
            return Err("a failure is counted that was none".into());
        }
        Ok(())
    }

    /// The same once it was seen again: every write that was torn is counted, once.
    pub fn at_rest(&self, world: &World) -> Result<(), String> {
        self.honest(world)?;
        match self.failures(Outcome::Mixed) == world.torn.get() {
            true => Ok(()),
            false => Err("a failure is not counted".into()),
        }
    }

    /// Whether the chip holds the files of the record.
    pub fn agrees(&self) -> bool {
        let mut wanted = self.ways.issued();
        wanted[1][DATES.start..DATES.start + 4].copy_from_slice(&self.card().start.0);
        wanted[1][DATES.start + 4..DATES.end].copy_from_slice(&self.card().expiry.0);
        self.card().stock.is_issued && self.chip == wanted
    }

    /// Whether the work was done: on the chip, and in the records.
    pub fn is_done(&self, act: CardAct) -> bool {
        let dates = match act {
            CardAct::Issue => [[0x20, 0x26, 0x09, 0x21], [0x20, 0x36, 0x09, 0x20]],
            CardAct::Activate => [[0x20, 0x24, 0x01, 0x15], [0x20, 0x36, 0x09, 0x20]],
        };
        self.agrees() && [self.card().start.0, self.card().expiry.0] == dates
    }

    /// Whether nobody takes the card for good any more.
    pub fn is_given_up(&self) -> bool {
        self.card().status != CardStatus::Normal
    }

    fn failures(&self, outcome: Outcome) -> u32 {
        let attempts = self.history.attempts.0.iter();
        attempts.filter(|one| one.outcome == outcome).count() as u32
    }

    fn open(&self) -> u32 {
        self.failures(Outcome::Open)
    }

    /// Where everything stands, in a line that says the same of worlds that differ in names and times only.
    pub fn in_short(&self) -> String {
        let card = self.card();
        let of = match (card.stock.is_issued, &card.stock.issue) {
            (true, _) => "issued",
            (false, Some(_)) => "begun",
            (false, None) => "free",
        };
        let before = self.ways.before();
        let is_as_before = [0, 1].map(|file| self.chip[file] == before[file]);
        let on_chip = match is_as_before {
            _ if self.agrees() => "as recorded",
            [true, true] => "as before",
            [false, true] => "holder only",
            _ => "otherwise",
        };
        let open = self.history.job.as_ref().map_or("", |_| ", task open");
        let failures = (
            self.failures(Outcome::Mixed),
            self.failures(Outcome::Refused),
        );
        let status = card.status;
        format!("[{status:?} {of}, {on_chip}, failures {failures:?}{open}]")
    }
}
