//! Cards whose exchanges are written down, and cards that answer as written.

use std::collections::HashMap;

use apdu_core::apdu::{Command, Response};
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::fault::Code;
use apdu_core::field_kit::CapturedExchange;
use apdu_core::trace::{Event, Redacted, Spent, Trace};

/// A card whose exchanges are noted, as bytes and as the page keeps them.
pub struct Noted<C> {
    card: C,
    /// What went to and fro, as it was.
    pub raw: Vec<(Vec<u8>, Vec<u8>)>,
    /// What is kept of it.
    pub trace: Trace,
}

impl<C> Noted<C> {
    /// Nothing was exchanged yet.
    pub fn new(card: C) -> Self {
        Self {
            card,
            raw: Vec::new(),
            trace: Trace::default(),
        }
    }
}

impl<C: Card> Card for Noted<C> {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        self.card.connect()
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        Box::pin(async move {
            let outcome = self.card.transmit(session, command).await;
            let sent = command.to_bytes();
            let heard = outcome.as_ref().map(Response::to_bytes);
            let shown = match &heard {
                Ok(heard) => Ok(Redacted::answer(&sent, heard)),
                Err(none) => Err(**none),
            };
            let event = Event::Exchange(Redacted::command(&sent), shown);
            self.trace.keep(0, event, Spent::default());
            self.raw.push((sent, heard.unwrap_or_default()));
            outcome
        })
    }
}

/// Stands for a byte that is not in a capture: a digit pair in BCD, a blank in text, and no fill.
pub const SECRET: u8 = 0x20;

/// A captured card. To a command that was captured several times it gives the answers in their order, and
/// stays with the last.
pub struct Replay {
    answers: HashMap<String, Vec<Result<Vec<u8>, Code>>>,
}

impl Replay {
    /// The card of these exchanges.
    pub fn new(exchanges: &[CapturedExchange]) -> Self {
        let mut answers: HashMap<_, Vec<_>> = HashMap::new();
        // From the end, so that the next answer is the last of its list.
        for exchange in exchanges.iter().rev() {
            let answer = match (&exchange.answer, exchange.fault) {
                (Some(answer), _) => Ok(answer.filled(SECRET)),
                (None, fault) => Err(fault.expect("an exchange has an answer or a fault")),
            };
            let command = exchange.command.to_string();
            answers.entry(command).or_default().push(answer);
        }
        Self { answers }
    }
}

impl Card for Replay {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        Box::pin(async { Ok(PowerSession(1)) })
    }

    fn transmit<'a>(
        &'a mut self,
        _: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        Box::pin(async move {
            let sent = Redacted::command(&command.to_bytes()).to_string();
            let answers = self.answers.get_mut(&sent);
            let answers = answers.unwrap_or_else(|| panic!("{sent} was not captured"));
            let answer = match answers.len() {
                1 => answers[0].clone(),
                _ => answers.pop().expect("never empty"),
            };
            let answer = answer.map_err(NoAnswer::unknown)?;
            Response::parse(&answer).map_err(|_| NoAnswer::unknown(Code::ReaderProtocol))
        })
    }
}
