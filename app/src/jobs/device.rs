//! 设备: a card is powered, timed, captured. None of it asks the backend, or changes the card.

use apdu_core::apdu::Command;
use apdu_core::card::Card;
use apdu_core::fault::Fault;
use apdu_core::field_kit::{Capture, CapturedReader, FORMAT};
use apdu_core::flow;
use apdu_core::hex::Bytes;
use apdu_core::trace::{Event, Redacted, Spent, Spread, Trace};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Jobs;
use crate::devices::ReaderCard;
use crate::devices::trace::{ReaderInfo, Seen, Traced};

/// State of 设备.
#[derive(Clone, Debug, Default)]
pub struct DeviceTask {
    /// What is under way.
    pub doing: Option<Doing>,
    /// Why the latest of them did not end well.
    pub fault: Option<Fault>,
    /// What the self-test found.
    pub timed: Option<Timed>,
    /// What the field kit has written down.
    pub captured: Option<Capture>,
}

/// What is done with the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It is powered.
    Power,
    /// It is timed: so many exchanges are done.
    SelfTest(u32),
    /// It is read for the field kit.
    Capture,
}

/// What a self-test found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed {
    /// The command.
    pub command: Redacted,
    /// How often it was answered.
    pub count: usize,
    /// Time of reader and card.
    pub line: Spread,
    /// Time of our own.
    pub own: Spread,
    /// Both together.
    pub total: Spread,
}

impl Timed {
    fn of(command: &Command, trace: &Trace) -> Option<Self> {
        let spent: Vec<Spent> = (trace.entries())
            .filter(|entry| matches!(entry.event, Event::Exchange(..)))
            .skip(1) // the SELECT before the test
            .map(|entry| entry.spent)
            .collect();
        let spread = |time: fn(&Spent) -> u32| Spread::of(spent.iter().map(time));
        Some(Self {
            command: Redacted::command(&command.to_bytes()),
            count: spent.len(),
            line: spread(|spent| spent.line_us)?,
            own: spread(|spent| spent.own_us)?,
            total: spread(|spent| spent.line_us + spent.own_us)?,
        })
    }
}

impl Jobs {
    /// Powers the card, so that it says what it is.
    pub fn power_card(&self) {
        let Some(mut card) = self.begin(Doing::Power, self.desk.seen.trace.into()) else {
            return;
        };
        let jobs = self.clone();
        spawn_local(async move {
            let powered = card.connect().await;
            jobs.end(powered.err().map(Fault::from), |_| {});
        });
    }

    /// Times a command that changes nothing, until it is done or [stopped](Self::stop_self_test).
    pub fn self_test(&self) {
        // A trace of its own: a hundred times the same would push what matters out of the other. It outlives
        // the button that was pressed.
        let trace = ArcRwSignal::new(Trace::default());
        let Some(mut card) = self.begin(Doing::SelfTest(0), trace.clone()) else {
            return;
        };
        let jobs = self.clone();
        let task = self.device;
        spawn_local(async move {
            let mut goes_on = |done| {
                let on = task.with_untracked(|task| task.doing.is_some());
                if on {
                    task.update(|task| task.doing = Some(Doing::SelfTest(done)));
                }
                on
            };
            let tested = flow::self_test(&mut card, &mut goes_on).await;
            let timed = (tested.as_ref().ok())
                .and_then(|command| trace.with_untracked(|trace| Timed::of(command, trace)));
            jobs.end(tested.err().map(Fault::from), |task| task.timed = timed);
        });
    }

    /// Ends the self-test after the exchange under way.
    pub fn stop_self_test(&self) {
        self.device.update(|task| task.doing = None);
    }

    /// Writes down what the card answers to reads.
    pub fn capture(&self) {
        let trace = ArcRwSignal::new(Trace::default());
        let Some(mut card) = self.begin(Doing::Capture, trace.clone()) else {
            return;
        };
        let jobs = self.clone();
        spawn_local(async move {
            let outcome = flow::capture(&mut card).await;
            let seen = jobs.desk.seen;
            let card = seen.card.with_untracked(|card| card.clone());
            let capture = card.map(|card| Capture {
                field_kit: FORMAT,
                synthetic: false,
                build: env!("CARGO_PKG_VERSION").into(),
                taken: today(),
                reader: captured_reader(seen),
                atr: Bytes(card.atr.bytes().to_vec()),
                findings: outcome.as_ref().ok().cloned(),
                exchanges: trace.with_untracked(|trace| Capture::exchanges(trace.entries())),
            });
            jobs.end(outcome.err().map(Fault::from), |task| {
                task.captured = capture;
            });
        });
    }

    fn begin(&self, doing: Doing, trace: ArcRwSignal<Trace>) -> Option<Traced<ReaderCard>> {
        let task = self.device;
        let refuse = move |fault| task.update(|task| task.fault = Some(fault));
        let card = self.take_reader_noted(trace, refuse)?;
        task.update(|task| {
            task.doing = Some(doing);
            task.fault = None;
            match doing {
                Doing::Power => {}
                Doing::SelfTest(_) => task.timed = None,
                Doing::Capture => task.captured = None,
            }
        });
        Some(card)
    }

    fn end(&self, fault: Option<Fault>, found: impl FnOnce(&mut DeviceTask)) {
        self.device.update(|task| {
            task.doing = None;
            task.fault = fault;
            found(task);
        });
        self.desk.job.set(None);
    }
}

fn captured_reader(seen: Seen) -> Option<CapturedReader> {
    let captured = |reader: &ReaderInfo| CapturedReader {
        name: reader.name.clone(),
        maker: reader.maker.clone(),
        usb: (reader.usb.as_ref()).map(|usb| format!("{:04X}:{:04X}", usb.vendor, usb.product)),
        release: (reader.usb.as_ref()).map(|usb| format!("{:04X}", usb.release)),
        way: reader.way.name().into(),
        configuration: Bytes(
            (reader.usb.as_ref()).map_or_else(Vec::new, |usb| usb.configuration.clone()),
        ),
    };
    seen.reader
        .with_untracked(|reader| reader.as_ref().map(captured))
}

/// Today at the counter.
fn today() -> String {
    apdu_core::calendar::today(js_sys::Date::now() as i64).to_string()
}
