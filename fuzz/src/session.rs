//! The host side of a slot against a reader and a card that say anything, at any time.

use apdu_core::apdu::Command;
use apdu_core::atr::Protocol;
use apdu_core::card::{Fate, NoAnswer, PowerSession};
use apdu_core::ccid::descriptor::{ClassDescriptor, DeviceId, ExchangeLevel, Features, Profile};
use apdu_core::ccid::message::HEADER;
use apdu_core::ccid::{Direction, Event, Millis, Operation, Session, Transmit};
use apdu_core::fault::Code;
use apdu_core::t1::block::Edc;

use crate::card::{Ear, credit, is_credit};
use crate::story::Story;

/// `dwFeatures` of the readers in turn: short APDU; extended APDU; TPDU that leaves all to the host; TPDU that
/// sends PPS and IFSD by itself; TPDU that negotiates.
const FEATURES: [u32; 5] = [
    0x0002_04BA,
    0x0004_04BA,
    0x0001_0230,
    0x0001_04B8,
    0x0001_007E,
];
/// However long a card asks for more time, an operation ends with it: ten minutes, and what it takes to find the
/// way back to a reader that says nothing.
const LONGEST: Millis = 600_000 + 60_000;
/// How often time may run out until the session is at rest.
const PATIENCE: usize = 64;
/// dwMaxCCIDMessageLength.
const MAX_MESSAGE: u32 = 271;

/// The bytes are a story: each step is a byte that says what happens, and what it needs. However it goes, an
/// operation ends once and in time, nothing is sent that the reader does not take, and a CREDIT reaches the
/// card once and is never said not to have when it may.
pub fn session(bytes: &[u8]) {
    let mut story = Story(bytes);
    let mut host = Host::new(FEATURES[usize::from(story.byte()) % FEATURES.len()]);
    while let Some(step) = story.next() {
        match step % 16 {
            0 => host.begin(Operation::Look),
            1 => host.begin(Operation::PowerOn),
            2 => host.begin(Operation::PowerOff),
            3 => host.transmit(Command::read([0x00, 0xB0, 0x95, 0x00], 43)),
            4 => host.transmit(credit()),
            5 => host.transmit(Command::with_data([0x00, 0xD6, 0, 0], &[0xA5; 600], 300)),
            6 => {
                let header = [(); 4].map(|()| story.byte());
                host.answer(header, story.bytes());
            }
            7 => {
                let (pcb, inf) = (story.byte(), story.bytes());
                let mut block = [&[0, pcb, inf.len() as u8], inf].concat();
                block.extend(host.edc().of(&block));
                host.answer([0x80, 0, 0, 0], &block);
            }
            8 => host.session.handle_in(host.now, story.bytes()),
            9 => host.session.handle_interrupt(host.now, story.bytes()),
            10 => host.session.handle_stall(host.now, direction(story.byte())),
            11 => host.session.handle_control(host.now, story.byte() & 1 == 0),
            12 => host
                .session
                .handle_clear_halt(host.now, direction(story.byte())),
            13 => host.session.handle_refused(host.now),
            14 => host.session.handle_reopened(host.now),
            _ => host.wait(),
        }
        host.settle();
    }
    host.come_to_rest();
}

fn direction(byte: u8) -> Direction {
    match byte & 1 {
        0 => Direction::In,
        _ => Direction::Out,
    }
}

/// A session and what was seen of it.
struct Host {
    session: Session,
    now: Millis,
    power: Option<PowerSession>,
    /// bSlot and bSeq of the last message, once there was one.
    asked: Option<[u8; 2]>,
    /// Since when, while an operation is under way.
    begun: Option<Millis>,
    ear: Ear,
    /// How often the CREDIT under way has reached the card.
    credits: usize,
}

impl Host {
    fn new(features: u32) -> Self {
        let told = ClassDescriptor {
            max_slot_index: 0,
            voltages: 0b111,
            protocols: 0b11,
            default_clock: 4_000,
            max_data_rate: 344_086,
            max_ifsd: 254,
            features: Features(features),
            max_message_length: MAX_MESSAGE,
        };
        let any = DeviceId {
            vendor: 0x1209,
            product: 0x0001,
        };
        let session = Session::new(&Profile::new(any, told), 0, 0);
        Self {
            session: session.expect("no character level"),
            now: 0,
            power: None,
            asked: None,
            begun: None,
            ear: Ear::default(),
            credits: 0,
        }
    }

    fn begin(&mut self, operation: Operation) {
        if self.session.is_busy() {
            return;
        }
        if operation == Operation::PowerOn {
            self.ear = Ear::default();
        }
        self.credits = 0;
        self.begun = Some(self.now);
        self.session.begin(self.now, operation);
    }

    fn transmit(&mut self, command: Command) {
        if let Some(power) = self.power {
            self.begin(Operation::Transmit(power, command));
        }
    }

    /// The reader answers what was asked last: with this type, status, error and last byte of the header.
    fn answer(&mut self, [kind, status, error, specific]: [u8; 4], data: &[u8]) {
        let Some([slot, seq]) = self.asked else {
            return;
        };
        let length = (data.len() as u32).to_le_bytes(); // a story's pieces are shorter than 512 bytes
        let end = [slot, seq, status, error, specific];
        let message = [&[kind][..], &length, &end, data].concat();
        self.session.handle_in(self.now, &message);
    }

    /// Lets the time pass that the session waits for.
    fn wait(&mut self) {
        if let Some(due) = self.session.poll_timeout() {
            self.now = self.now.max(due);
            self.session.handle_timeout(self.now);
        }
    }

    /// Takes what the session has to send and to say.
    fn settle(&mut self) {
        while let Some(transmit) = self.session.poll_transmit() {
            match transmit {
                Transmit::Bulk(message) => self.take_message(&message),
                Transmit::Abort { slot, seq } => assert_eq!(self.asked, Some([slot, seq])),
                Transmit::ClearHalt(_) => {}
            }
        }
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Presence(_) | Event::Reopen => {}
                Event::Lost(_) => assert_eq!(self.session.power_session(), None),
                Event::Looked(answer) => self.take_end(answer.err()),
                Event::PoweredOff(answer) => self.take_end(answer.err()),
                Event::Answered(answer) => self.take_end(answer.err()),
                Event::Powered(answer) => {
                    self.power = answer.as_ref().ok().map(|(power, _)| *power);
                    self.take_end(answer.err());
                }
            }
        }
        if self.begun.is_some() {
            assert!(self.session.is_busy());
            assert!(
                self.session.poll_timeout().is_some(),
                "nothing is waited for for ever"
            );
        }
    }

    fn take_end(&mut self, none: Option<NoAnswer>) {
        let begun = self.begun.take().expect("an operation ends once");
        assert!(self.now - begun <= LONGEST, "it ends in time");
        if let Some(none) = none {
            let reached = self.credits > 0;
            assert!(
                !reached || none.fate == Fate::Unknown,
                "it may have reached the card"
            );
        }
    }

    fn take_message(&mut self, message: &[u8]) {
        let (header, data) = message.split_first_chunk::<HEADER>().expect("a header");
        assert_eq!(header[1..5], (data.len() as u32).to_le_bytes());
        assert!(message.len() <= MAX_MESSAGE as usize);
        self.asked = Some([header[5], header[6]]);
        if header[0] != 0x6F || !self.reaches_card_whole(data, header[8]) {
            return;
        }
        self.credits += 1;
        assert_eq!(self.credits, 1, "a CREDIT reaches the card once");
    }

    /// Whether with this XfrBlock the card has all of a CREDIT, or the first piece of it.
    fn reaches_card_whole(&mut self, data: &[u8], level: u8) -> bool {
        match self.blocks() {
            Some(edc) => self
                .ear
                .hear(data, edc, 254)
                .is_some_and(|command| is_credit(&command)),
            None => level < 2 && is_credit(data),
        }
    }

    /// How blocks end, if it is us who sends them.
    fn blocks(&self) -> Option<Edc> {
        let link = self.session.link()?;
        let ours = self.session.level() == ExchangeLevel::Tpdu && link.protocol == Protocol::T1;
        ours.then(|| self.edc())
    }

    /// How the card's blocks end: before anything is agreed, as most do.
    fn edc(&self) -> Edc {
        match self.session.link().and_then(|link| link.blocks) {
            Some(blocks) if blocks.crc => Edc::Crc,
            _ => Edc::Lrc,
        }
    }

    /// A reader that says nothing more ends an operation, and so does its loss.
    fn come_to_rest(mut self) {
        for _ in 0..PATIENCE {
            self.wait();
            self.session.handle_reopened(self.now);
            self.settle();
        }
        assert!(!self.session.is_busy(), "silence comes to an end");
        self.begin(Operation::Look);
        self.session.handle_loss(Code::ReaderGone);
        self.settle();
        assert!(!self.session.is_busy() && self.session.power_session().is_none());
        self.begin(Operation::PowerOn);
        assert_eq!(
            self.session.poll_transmit(),
            None,
            "nothing is sent to nobody"
        );
        self.settle();
        assert!(self.begun.is_none());
    }
}
