//! What the ledger says, beside what the cards took: the invariant.

use std::collections::BTreeMap;
use std::fmt::Write;

use apdu_core::authority::RecordId;
use apdu_core::calendar;
use etc_backend::ledger::{Authorisation, Card, Record, RefundFrom, State, is_listed};
use etc_backend::store::RecordSearch;
use etc_sim::card::Credit;

use super::world::World;
use crate::wait;

/// All there is to be compared.
pub struct Books {
    /// Every record, by card and age.
    pub records: Vec<Line>,
    /// The cards in the records, in the order of the world's.
    pub cards: Vec<Card>,
    /// CREDITs a card took with a MAC2 of ours that this ledger never authorised.
    pub stray: Vec<Credit>,
}

/// One record, and what really became of its money.
pub struct Line {
    /// The record.
    pub record: Record,
    /// What was paid for it, fen.
    pub paid: i64,
    /// Code of the outlet it was paid at.
    pub paid_at: Option<String>,
    /// What was given back for it, fen.
    pub back: i64,
    /// How often its card took it.
    pub taken: usize,
    /// Whether it waits for two persons: nothing the card shows settles it.
    pub listed: bool,
}

impl Line {
    /// Its money, fen.
    pub fn amount(&self) -> i64 {
        i64::from(self.record.amount)
    }

    /// Whether two persons gave its card up.
    fn given_up(&self) -> bool {
        match self.record.state {
            State::Refunding(refund) | State::Refunded(refund) => refund.from != RefundFrom::Paid,
            State::Conflict(_) => true,
            _ => false,
        }
    }
}

impl Books {
    /// The books of a world.
    pub fn of(world: &World) -> Self {
        let mut books = Self {
            records: Vec::new(),
            cards: Vec::new(),
            stray: Vec::new(),
        };
        for plastic in &world.cards {
            let store = world.backend().store;
            let file = wait(store.card_file(plastic.number)).expect("the store answers");
            let file = file.expect("every card is in the records");
            let search = RecordSearch {
                card: Some(plastic.number),
                limit: u32::MAX,
                ..RecordSearch::default()
            };
            let mut records = wait(store.find_records(&search)).expect("the store answers");
            records.reverse();
            let authorised = wait(store.authorisations_from(plastic.number, 0));
            let mut taken = taken(
                &authorised.expect("the store answers"),
                plastic.chip.borrow().credits(),
                &mut books.stray,
            );
            for (record, _) in records {
                let payment = wait(store.payment(&record.id)).expect("the store answers");
                let back = wait(store.money_back(&record.id)).expect("the store answers");
                let listed = match record.state {
                    State::Loading { counter } => file.unexplained.contains(&counter),
                    State::Paid => is_listed(&file, &record),
                    _ => false,
                };
                books.records.push(Line {
                    paid: payment.as_ref().map_or(0, |paid| i64::from(paid.amount)),
                    paid_at: payment.map(|paid| paid.outlet),
                    back: back.map_or(0, |back| i64::from(back.amount)),
                    taken: taken.remove(&record.id).unwrap_or_default(),
                    listed: listed || (file.card.stopped.is_some() && record.is_open()),
                    record,
                });
            }
            books.cards.push(file.card);
        }
        books
    }

    /// What holds at every moment, whatever the page does: nobody has more than was paid for.
    ///
    /// Where two persons gave a card up, its owner has taken the risk; a restored ledger has lost what it
    /// cannot know, so that only what it still has is compared.
    pub fn nothing_gained(&self) -> Result<(), String> {
        for line in &self.records {
            let id = &line.record.id;
            check(line.taken <= 1, || format!("{id} was taken twice"))?;
            let has = line.taken as i64 * line.amount();
            check(has <= line.paid, || format!("{id} was taken, not paid"))?;
            check(line.back <= line.paid, || format!("{id}: too much back"))?;
            let both = has + line.back > line.paid;
            check(!both || line.given_up(), || {
                format!("{id} was taken and given back")
            })?;
        }
        let of = |part: fn(&Line) -> i64| self.records.iter().map(part).sum::<i64>();
        let credits = of(|line| line.taken as i64 * line.amount());
        let risk = of(|line| i64::from(line.given_up()) * line.back);
        let (paid, back) = (of(|line| line.paid), of(|line| line.back));
        check(credits <= paid - back + risk, || {
            format!("{credits} on cards, {paid} paid, {back} given back")
        })
    }

    /// What holds at every moment with an honest page, too: nothing is called loaded that is not on its
    /// card, and nothing contradicts itself unless two persons decided without the card.
    pub fn honest(&self) -> Result<(), String> {
        self.nothing_gained()?;
        check(self.stray.is_empty(), || {
            format!("nobody authorised {:?}", self.stray)
        })?;
        for line in &self.records {
            let id = &line.record.id;
            let fits = match line.record.state {
                State::Created | State::Closed => line.paid == 0,
                State::Loaded(_) => line.taken == 1 && line.back == 0,
                State::Conflict(_) => line.taken == 1 && line.back == line.amount(),
                State::Refunded(_) => line.back == line.amount(),
                State::Paid => line.taken == 0 || line.listed,
                State::Loading { .. } | State::Refunding(_) => line.back == 0,
            };
            check(fits, || {
                let Line { paid, back, .. } = line;
                let (state, taken) = (line.record.state, line.taken);
                format!("{id} is {state:?}: paid {paid}, given back {back}, taken {taken} times")
            })?;
        }
        Ok(())
    }

    /// What holds at rest: money is on the card, given back, on its way back, still there to be loaded, or
    /// on the list of those who decide; and no card has taken money of which none of this is true.
    pub fn at_rest(&self) -> Result<(), String> {
        self.honest()?;
        let (mut paid, mut accounted, mut credits, mut known) = (0, 0, 0, 0);
        for line in &self.records {
            let amount = line.amount();
            let state = line.record.state;
            paid += line.paid;
            credits += line.taken as i64 * amount;
            accounted += match state {
                State::Created | State::Closed => 0,
                State::Loaded(_)
                | State::Refunded(_)
                | State::Refunding(_)
                | State::Conflict(_)
                | State::Paid => amount,
                State::Loading { .. } => i64::from(line.listed) * amount,
            };
            let is_known = matches!(state, State::Loaded(_) | State::Conflict(_))
                || line.listed
                || line.given_up();
            known += i64::from(is_known) * line.taken as i64 * amount;
        }
        check(paid == accounted, || {
            format!("{paid} paid, {accounted} accounted for")
        })?;
        check(credits == known, || {
            format!("{credits} on cards, {known} known of")
        })
    }

    /// Where everything stands, in a line that says the same of worlds that differ in names and times only.
    pub fn in_short(&self) -> String {
        let mut short = String::new();
        for (number, card) in self.cards.iter().enumerate() {
            let mark = |is: bool, mark: &'static str| if is { mark } else { "" };
            let _ = write!(
                short,
                "card {number} at {}{}{}{}:",
                card.proved_counter,
                mark(card.book != Some(card.proved_counter), " book behind"),
                mark(card.weak_random, " weak random"),
                mark(card.stopped.is_some(), " stopped"),
            );
            let own = |line: &&Line| line.record.card == card.number;
            for line in self.records.iter().filter(own) {
                let listed = mark(line.listed, "(listed)");
                let _ = write!(short, " {}{listed}", state_name(line.record.state));
                if line.taken > 0 {
                    let _ = write!(short, " taken");
                }
            }
        }
        short
    }

    /// The card's unfinished record.
    pub fn open(&self, card: usize) -> Option<&Line> {
        let number = self.cards[card].number;
        let open = |line: &&Line| line.record.card == number && line.record.is_open();
        self.records.iter().find(open)
    }
}

/// How often each record's CREDIT was taken; what nobody authorised goes to `stray`.
fn taken(
    authorised: &[Authorisation],
    credits: &[Credit],
    stray: &mut Vec<Credit>,
) -> BTreeMap<RecordId, usize> {
    let mut taken = BTreeMap::new();
    for credit in credits.iter().filter(|credit| !credit.foreign) {
        let is_it = |one: &&Authorisation| {
            let (date, time) = calendar::date_time(one.second);
            let stamp = (credit.stamp.terminal, credit.stamp.date, credit.stamp.time);
            (one.counter, one.amount) == (credit.counter, credit.amount)
                && (one.terminal, date.0, time.0) == stamp
        };
        match authorised.iter().find(is_it) {
            Some(one) => *taken.entry(one.record.clone()).or_default() += 1,
            None => stray.push(*credit),
        }
    }
    taken
}

fn state_name(state: State) -> String {
    match state {
        State::Created => "created".into(),
        State::Paid => "paid".into(),
        State::Loading { counter } => format!("loading({counter})"),
        State::Loaded(proof) => format!("loaded({}, {:?})", proof.counter, proof.by),
        State::Closed => "closed".into(),
        State::Refunding(refund) => match refund.sent_at {
            Some(_) => "refund sent".into(),
            None => "refund begun".into(),
        },
        State::Refunded(_) => "refunded".into(),
        State::Conflict(_) => "conflict".into(),
    }
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(what()),
    }
}
