//! What the page knows of its reader and of every exchange with the card. In memory only, and redacted
//! before it is kept.
//!
//! A driver tells four things: which reader it looks at ([`Seen::looks_at`]), which card it has powered
//! ([`Seen::powered`]), and when it sends and hears ([`Seen::sends`], [`Seen::hears`]). The exchanges
//! themselves are noted here, around any [`Card`] ([`Seen::traced`]).

use apdu_core::apdu::{Command, Response};
use apdu_core::atr::Atr;
use apdu_core::card::{Answer, Card, NoAnswer, PowerSession};
use apdu_core::ccid::descriptor::{Profile, ReaderInterface};
use apdu_core::ccid::{Link, Millis};
use apdu_core::programmer::capture::Message;
use apdu_core::trace::{Event, Redacted, Spent, Trace};
use leptos::prelude::*;

use super::Way;
use super::web_usb::{self, Device};

/// A reader as far as its driver has come to know it; also one that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderInfo {
    /// How the page reaches it.
    pub way: Way,
    /// Product name, as the reader tells it.
    pub name: String,
    /// Manufacturer, as the reader tells it.
    pub maker: String,
    /// Where it is a USB device the page may look at.
    pub usb: Option<UsbInfo>,
    /// The slot that is used.
    pub slot: u8,
    /// What it can do; nothing before it was opened, and where the system drives it.
    pub profile: Option<Profile>,
}

/// What a USB device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsbInfo {
    /// idVendor.
    pub vendor: u16,
    /// idProduct.
    pub product: u16,
    /// bcdDevice.
    pub release: u16,
    /// bInterfaceClass of the interface that is, or would be, claimed.
    pub class: u8,
    /// bInterfaceNumber, once it was opened.
    pub interface: Option<u8>,
    /// The raw configuration descriptors, once it was opened.
    pub configuration: Vec<u8>,
}

impl ReaderInfo {
    /// A reader of which there is only a name.
    pub(super) fn named(way: Way, name: String) -> Self {
        Self {
            way,
            name,
            maker: String::new(),
            usb: None,
            slot: 0,
            profile: None,
        }
    }

    /// A USB device, as it shows itself before it is opened.
    pub(super) fn of_usb(device: &Device) -> Self {
        let nibble = |value: u8| u16::from(value & 0x0F);
        let release = u16::from(device.version_major()) << 8
            | nibble(device.version_minor()) << 4
            | nibble(device.version_subminor());
        Self {
            maker: device.manufacturer_name().unwrap_or_default(),
            usb: Some(UsbInfo {
                vendor: device.vendor_id(),
                product: device.product_id(),
                release,
                class: web_usb::class(device),
                interface: None,
                configuration: Vec::new(),
            }),
            ..Self::named(Way::Usb, web_usb::name(device))
        }
    }
}

impl Way {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usb => "webusb",
            Self::Serial => "serial",
            Self::SmartCard => "smartcard",
            Self::Programmer => "programmer",
        }
    }
}

/// A powered card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardInfo {
    /// What it said of itself.
    pub atr: Atr,
    /// How it is spoken to; nothing where the system sees to it.
    pub link: Option<Link>,
}

/// What was seen of reader and card. Cheap to copy: every field is a handle.
#[derive(Clone, Copy)]
pub struct Seen {
    /// The reader.
    pub reader: RwSignal<Option<ReaderInfo>>,
    /// The card under power.
    pub card: RwSignal<Option<CardInfo>>,
    /// The latest exchanges.
    pub trace: RwSignal<Trace>,
    /// The latest messages on the line of the programmer, while tasks ran.
    pub messages: RwSignal<Trace>,
    line: StoredValue<Line>,
}

impl Seen {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            reader: RwSignal::new(None),
            card: RwSignal::new(None),
            trace: RwSignal::new(Trace::default()),
            messages: RwSignal::new(Trace::default()),
            line: StoredValue::new(Line::default()),
        }
    }

    /// The driver looks at a reader, whatever will come of it. Another reader's card is not this one's.
    pub fn looks_at(self, reader: ReaderInfo) {
        self.reader.set(Some(reader));
        self.card.set(None);
    }

    /// The device was opened, and this slot of this interface is to be used.
    pub fn found(self, interface: &ReaderInterface, slot: u8, configuration: Vec<u8>) {
        self.reader.update(|reader| {
            let Some(reader) = reader else { return };
            reader.slot = slot;
            reader.profile = Some(interface.profile.clone());
            if let Some(usb) = &mut reader.usb {
                usb.class = interface.class;
                usb.interface = Some(interface.number);
                usb.configuration = configuration;
            }
        });
    }

    /// The reader was unplugged.
    pub fn lost(self) {
        self.reader.set(None);
        self.card.set(None);
    }

    /// The driver has powered the card, or could not.
    pub fn powered(self, powered: &Result<(PowerSession, Atr), NoAnswer>, link: Option<Link>) {
        let atr = match powered {
            Ok((_, atr)) => Ok(Redacted::whole(atr.bytes())),
            Err(none) => Err(none.code),
        };
        let card = powered.as_ref().ok().map(|(_, atr)| CardInfo {
            atr: atr.clone(),
            link,
        });
        self.card.set(card);
        let event = Event::Power(atr);
        self.trace
            .update(|t| t.keep(now(), event, Spent::default()));
    }

    /// The card is gone, or its power is.
    pub fn unpowered(self) {
        if self.card.with_untracked(Option::is_some) {
            self.card.set(None);
        }
    }

    /// The driver hands bytes to the browser, for the reader.
    pub fn sends(self) {
        self.line.update_value(|line| line.since = Some(clock()));
    }

    /// The driver has received bytes of the reader.
    pub fn hears(self) {
        self.line.update_value(Line::hear);
    }

    /// A message has passed over the line of the programmer, so long after something was sent.
    pub fn passes(self, message: &Message, waited: Millis) {
        let line_us = match message.sent {
            true => 0,
            false => (waited as u32).saturating_mul(1_000),
        };
        let event = Event::Message {
            sent: message.sent,
            message: message.message.clone(),
        };
        let spent = Spent { line_us, own_us: 0 };
        self.messages
            .update(|trace| trace.keep(now(), event, spent));
    }

    /// The card, each of its exchanges noted in `trace`.
    pub fn traced<C: Card>(self, card: C, trace: ArcRwSignal<Trace>) -> Traced<C> {
        Traced {
            card,
            line: self.line,
            trace,
        }
    }
}

/// How long reader and card have kept us waiting, ms.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    waited: f64,
    /// Since when an answer is due.
    since: Option<f64>,
}

impl Line {
    fn hear(&mut self) {
        // Of an answer in several packets, the next one is waited for from here on. The last of them ends the
        // waiting, because the time after it is never added.
        let heard = clock();
        if let Some(since) = self.since.replace(heard) {
            self.waited += heard - since;
        }
    }
}

/// A card whose exchanges are noted.
pub struct Traced<C> {
    card: C,
    line: StoredValue<Line>,
    trace: ArcRwSignal<Trace>,
}

impl<C: Card> Card for Traced<C> {
    fn connect(&mut self) -> Answer<'_, Result<PowerSession, NoAnswer>> {
        self.card.connect()
    }

    fn transmit<'a>(
        &'a mut self,
        session: PowerSession,
        command: &'a Command,
    ) -> Answer<'a, Result<Response, NoAnswer>> {
        Box::pin(async move {
            let begun = clock();
            let waited = self.line.with_value(|line| line.waited);
            let outcome = self.card.transmit(session, command).await;
            let line = self.line.with_value(|line| line.waited) - waited;
            let spent = Spent {
                line_us: microseconds(line),
                own_us: microseconds(clock() - begun - line),
            };
            let sent = command.to_bytes();
            let answer = match &outcome {
                Ok(response) => Ok(Redacted::answer(&sent, &response.to_bytes())),
                Err(none) => Err(*none),
            };
            let event = Event::Exchange(Redacted::command(&sent), answer);
            self.trace.update(|trace| trace.keep(now(), event, spent));
            outcome
        })
    }
}

fn microseconds(ms: f64) -> u32 {
    (ms * 1_000.0) as u32
}

/// Milliseconds UTC, for people.
fn now() -> i64 {
    js_sys::Date::now() as i64
}

/// Milliseconds since the page was loaded, in fractions and monotonic; 0 in a browser without a clock.
fn clock() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
