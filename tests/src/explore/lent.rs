//! A world whose card is lent to a device: a reader, or a programmer with a slot.

use apdu_core::card::Card;
use apdu_core::fault::{Code, Fault};
use apdu_core::flow;
use etc_sim::card::Card as Chip;

use super::{AMOUNT, Outlet, Quiet, Subject, World};
use crate::run;

impl World {
    /// A ledger that knows one card, without peculiarities.
    pub fn plain() -> Self {
        Self::new(&Subject::new("plain", Default::default()))
    }

    /// This world's card, to be put into a device.
    pub fn lend(&self) -> Chip {
        Chip::Toll(Box::new(self.plastic().chip.borrow().clone()))
    }

    /// The plastic comes back to the table as the device has left it.
    pub fn take_back(&self, card: &Chip) {
        let chip = card.as_toll().expect("a toll card").clone();
        self.plastic().chip.replace(chip);
        self.plastic().put_in();
    }

    /// A whole load of [`AMOUNT`], as a teller has it run: from meeting the card to its evidence.
    ///
    /// # Errors
    /// The code of the step that did not end well.
    pub fn load(&self, card: &mut dyn Card) -> Result<(), Code> {
        let done = run(async {
            let mut desk = self.desk(Outlet::First);
            let mut met = flow::meet(card, &mut desk, &mut Quiet).await?;
            let record = flow::prepare(card, &mut desk, &mut Quiet, &mut met, AMOUNT).await?;
            let record = desk.pay(&record.id, AMOUNT).await?;
            flow::write(card, &mut desk, &mut Quiet, &mut met, &record).await?;
            Ok(())
        });
        let done: Result<(), Fault> = done.expect("nothing waits");
        done.map_err(|fault| fault.code)
    }
}
