//! A page that lies: it speaks to the real desk and to a real card, in any order it likes.

use apdu_core::authority::{
    Account, Accounted, Authorise, Authorised, CreateRecharge, Evidence, InitForLoad, LetGo,
    MadeFor, Recharge, Sight, Sighted,
};
use apdu_core::fault::Code;
use apdu_core::hex::{Bytes, Fixed};
use etc_api::{AskCase, CaseKind, CaseView, MoneyOut, Payment, PaymentKind, RefundOutcome};
use etc_backend::desk::{Attempt, Desk, Error, Who};
use etc_backend::ledger::State;

use crate::explore::{AMOUNT, Plastic, World};
use crate::wait;

/// The page, in the hands of an operator.
pub struct Liar<'w> {
    world: &'w World,
    who: Who,
    card: usize,
}

impl<'w> Liar<'w> {
    /// This operator's page, with the first card.
    pub fn new(world: &'w World, who: Who) -> Self {
        Self {
            world,
            who,
            card: 0,
        }
    }

    /// The same page with another card.
    pub fn with_card(self, card: usize) -> Self {
        Self { card, ..self }
    }

    /// The card.
    pub fn plastic(&self) -> &'w Plastic {
        &self.world.cards[self.card]
    }

    fn desk(&self) -> Desk<'w> {
        self.world.backend()
    }

    fn attempt(&self) -> Attempt {
        Attempt {
            key: self.world.new_key(),
            route: "POST".into(),
            body: [0; 32],
        }
    }

    /// Shows the card.
    pub fn sight(&self) -> Sighted {
        self.plastic().unlock();
        let mut issue = self.plastic().apdu(&[0x00, 0xB0, 0x95, 0x00, 0x00]);
        issue.truncate(issue.len() - 2);
        let balance = self.plastic().chip.borrow().balance();
        let sight = Sight {
            issue: Bytes(issue),
            balance: Fixed(balance.to_be_bytes()),
            holder: None,
        };
        let sighted = wait(self.desk().sight(&self.who, self.plastic().number, &sight));
        sighted.expect("a card of ours may be looked at")
    }

    /// The answer of the INIT that was asked for.
    pub fn init(&self, init: &InitForLoad) -> [u8; 16] {
        let amount = init.amount.unwrap_or(AMOUNT as u32);
        let answer = self.plastic().init(amount, init.terminal.0);
        answer.expect("the card takes the INIT")
    }

    /// Opens a record with this INIT answer.
    pub fn create(&self, init: [u8; 16], terminal: Option<Fixed<6>>) -> Result<Recharge, Code> {
        let request = CreateRecharge {
            card: self.plastic().number,
            amount: AMOUNT,
            init: Fixed(init),
            terminal,
        };
        said(wait(self.desk().create(
            &self.who,
            &self.attempt(),
            &request,
        )))
    }

    /// Shows the card's log and proof.
    pub fn account(
        &self,
        made_for: MadeFor,
        init: [u8; 16],
        prove: Option<[u8; 8]>,
        log: &[[u8; 23]],
    ) -> Result<Accounted, Code> {
        let account = Account {
            made_for,
            init: Fixed(init),
            prove: prove.map(Fixed),
            log: log.iter().copied().map(Fixed).collect(),
        };
        let number = self.plastic().number;
        said(wait(self.desk().account(
            &self.who,
            &self.attempt(),
            number,
            &account,
        )))
    }

    /// The card's log as it really is.
    pub fn log(&self) -> Vec<[u8; 23]> {
        let record = |number| self.plastic().apdu(&[0x00, 0xB2, number, 0xC4, 0x17]);
        let answers = (1..=50).map(record);
        answers
            .map_while(|answer| match *answer {
                [ref record @ .., 0x90, 0x00] => record.try_into().ok(),
                _ => None,
            })
            .collect()
    }

    /// What GET TRANSACTION PROVE answers for this counter.
    pub fn prove(&self, counter: u16) -> Option<[u8; 8]> {
        let [high, low] = counter.to_be_bytes();
        let answer = self
            .plastic()
            .apdu(&[0x80, 0x5A, 0x00, 0x02, 0x02, high, low, 0x08]);
        match *answer {
            [ref prove @ .., 0x90, 0x00] => prove.try_into().ok(),
            _ => None,
        }
    }

    /// A record, created as an honest page does it.
    pub fn created(&self) -> Recharge {
        let sighted = self.sight();
        let preflight = sighted.preflight.expect("a load may begin");
        let init = self.init(&preflight);
        let shown = u16::from_be_bytes([init[4], init[5]]);
        if sighted.book != Some(shown) {
            let made_for = MadeFor::Preflight { amount: AMOUNT };
            let prove = self.prove(shown);
            self.account(made_for, init, prove, &self.log())
                .expect("the card's account is good");
        }
        self.create(init, Some(preflight.terminal))
            .expect("the card is good")
    }

    /// Confirms the cash.
    pub fn pay(&self, record: &Recharge) -> Result<Recharge, Code> {
        let payment = Payment {
            kind: PaymentKind::Cash,
            amount: i64::from(record.amount),
            slip: None,
        };
        said(wait(self.desk().pay(
            &self.who,
            &self.attempt(),
            &record.id,
            &payment,
        )))
    }

    /// A record that is paid.
    pub fn paid(&self) -> Recharge {
        let record = self.created();
        self.pay(&record).expect("nothing else is open")
    }

    /// The INIT of a record's write, as this page's terminal makes it.
    pub fn init_of(&self, record: &Recharge) -> [u8; 16] {
        let answer = self.plastic().init(record.amount, self.who.terminal);
        answer.expect("the card takes the INIT")
    }

    /// Asks for the CREDIT of a record with this INIT answer.
    pub fn authorise(&self, record: &Recharge, init: [u8; 16]) -> Result<Authorised, Code> {
        let request = Authorise { init: Fixed(init) };
        said(wait(self.desk().authorise(
            &self.who,
            &self.attempt(),
            &record.id,
            &request,
        )))
    }

    /// A paid record with a CREDIT that the card has not seen yet.
    pub fn torn(&self) -> (Recharge, Vec<u8>) {
        let record = self.paid();
        let init = self.init_of(&record);
        let authorised = self.authorise(&record, init).expect("it is paid");
        (authorised.record, authorised.command.0)
    }

    /// Sends a CREDIT: the TAC, or the status word.
    pub fn credit(&self, command: &[u8]) -> Result<[u8; 4], [u8; 2]> {
        match *self.plastic().apdu(command) {
            [a, b, c, d, 0x90, 0x00] => Ok([a, b, c, d]),
            [.., high, low] => Err([high, low]),
            _ => Err([0; 2]),
        }
    }

    /// A record that was loaded, and says so.
    pub fn loaded(&self) -> (Recharge, [u8; 4]) {
        let (record, command) = self.torn();
        let tac = self.credit(&command).expect("the card takes it");
        let record = self.confirm(&record, tac).expect("the TAC is good");
        (record, tac)
    }

    /// Hands a TAC in.
    pub fn confirm(&self, record: &Recharge, tac: [u8; 4]) -> Result<Recharge, Code> {
        let evidence = Evidence::Tac(Fixed(tac));
        said(wait(self.desk().confirm(
            &self.who,
            &self.attempt(),
            &record.id,
            &evidence,
        )))
    }

    /// Asks for a let-go's INIT.
    pub fn offer(&self, record: &Recharge) -> Result<InitForLoad, Code> {
        said(wait(self.desk().offer_let_go(&self.who, &record.id)))
    }

    /// Hands in a let-go's INIT answer.
    pub fn let_go(
        &self,
        record: &Recharge,
        init: [u8; 16],
        terminal: Fixed<6>,
    ) -> Result<Recharge, Code> {
        let proof = LetGo {
            init: Fixed(init),
            terminal,
        };
        said(wait(self.desk().let_go(
            &self.who,
            &self.attempt(),
            &record.id,
            &proof,
        )))
    }

    /// Lets a torn record go, as an honest page does it.
    pub fn let_go_honestly(&self, record: &Recharge) -> Result<Recharge, Code> {
        let offer = self.offer(record)?;
        let init = self.init(&offer);
        self.let_go(record, init, offer.terminal)
    }

    /// Begins a refund.
    pub fn begin_refund(&self, record: &Recharge) -> Result<Recharge, Code> {
        let attempt = self.attempt();
        said(wait(
            self.desk().begin_refund(&self.who, &attempt, &record.id),
        ))
    }

    /// Sends it.
    pub fn send_refund(&self, record: &Recharge) -> Result<Recharge, Code> {
        let attempt = self.attempt();
        said(wait(
            self.desk().send_refund(&self.who, &attempt, &record.id),
        ))
    }

    /// Says what became of it.
    pub fn end_refund(&self, record: &Recharge, outcome: MoneyOut) -> Result<Recharge, Code> {
        let outcome = RefundOutcome { outcome };
        said(wait(self.desk().end_refund(
            &self.who,
            &self.attempt(),
            &record.id,
            &outcome,
        )))
    }

    /// The whole refund of a paid record.
    pub fn refund(&self, record: &Recharge) -> Result<Recharge, Code> {
        self.begin_refund(record)?;
        self.send_refund(record)?;
        self.end_refund(record, MoneyOut::PaidInCash)
    }

    /// Asks two persons.
    pub fn ask(&self, record: Option<&Recharge>, kind: CaseKind) -> Result<CaseView, Code> {
        let question = AskCase {
            record: record.map(|record| record.id.clone()),
            card: self.plastic().number,
            kind,
            reason: "as the customer says".into(),
        };
        said(wait(self.desk().ask_case(
            &self.who,
            &self.attempt(),
            &question,
        )))
    }

    /// Where a record really stands.
    pub fn state(&self, record: &Recharge) -> State {
        let kept = wait(self.desk().store.record(&record.id)).expect("the store answers");
        kept.expect("it is there").state
    }
}

fn said<T>(answer: Result<T, Error>) -> Result<T, Code> {
    answer.map_err(|error| error.code())
}
