//! The host side of a slot against a reader that answers anything, at any time.

use apdu_core::apdu::Command;
use apdu_core::card::PowerSession;
use apdu_core::ccid::descriptor::ReaderInterface;
use apdu_core::ccid::message::HEADER;
use apdu_core::ccid::{Event, Millis, Operation, Session};
use apdu_core::fault::Code;

/// CREDIT FOR LOAD, the command that must not reach a card twice.
const CREDIT: [u8; 17] = [
    0x80, 0x52, 0x00, 0x00, 0x0B, 0x20, 0x24, 0x01, 0x15, 0x09, 0x30, 0x00, 0x89, 0x5A, 0x7A, 0x09,
    4,
];
/// However long a card asks for more time, it is not given more than this; twice, for what is cleared up
/// afterwards.
const LONGEST: Millis = 2 * 600_000;
/// How often time may run out until an operation is over.
const PATIENCE: usize = 64;

/// The bytes are a story: each step is a byte that says what happens, and what it needs. However it goes,
/// an operation ends once, nothing is sent that no reader takes, and a [`CREDIT`] is sent once.
pub fn session(bytes: &[u8]) {
    let mut story = Story(bytes);
    let Some(mut host) = Host::new(story.byte()) else {
        return;
    };
    while let Some(step) = story.next() {
        match step % 10 {
            0 => host.begin(Operation::Look),
            1 => host.begin(Operation::PowerOn),
            2 => host.transmit(Command::read([0x00, 0xB0, 0x95, 0x00], 43)),
            3 => host.transmit(Command::parse(&CREDIT).expect("a command").once()),
            // The reader answers what was asked last, with these contents.
            4..=6 => {
                let [kind, status, error, specific] = [(); 4].map(|()| story.byte());
                let data = story.take(usize::from(story.0.first().copied().unwrap_or_default()));
                host.answer(kind, status, error, specific, data);
            }
            7 => {
                let packet = story.take(64);
                host.session.handle_in(host.now, packet);
            }
            8 => {
                let notification = story.take(2);
                host.session.handle_interrupt(host.now, notification);
            }
            _ => host.wait(),
        }
        host.settle();
    }
    host.come_to_an_end();
}

/// What is left of the bytes.
struct Story<'a>(&'a [u8]);

impl<'a> Story<'a> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn byte(&mut self) -> u8 {
        self.next().unwrap_or_default()
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// A session and what was seen of it.
struct Host {
    session: Session,
    now: Millis,
    power: Option<PowerSession>,
    /// bSlot and bSeq of the last message, once there was one.
    asked: Option<[u8; 2]>,
    running: bool,
    begun: Millis,
    credits: usize,
}

impl Host {
    fn new(level: u8) -> Option<Self> {
        let class = ReaderInterface::find(&reader(level))?.class_descriptor;
        Some(Self {
            session: Session::new(&class, 0).ok()?,
            now: 0,
            power: None,
            asked: None,
            running: false,
            begun: 0,
            credits: 0,
        })
    }

    fn begin(&mut self, operation: Operation) {
        if self.session.is_busy() {
            return;
        }
        self.credits = 0;
        self.running = true;
        self.begun = self.now;
        self.session.begin(self.now, operation);
    }

    fn transmit(&mut self, command: Command) {
        if let Some(power) = self.power {
            self.begin(Operation::Transmit(power, command));
        }
    }

    fn answer(&mut self, kind: u8, status: u8, error: u8, specific: u8, data: &[u8]) {
        let Some([slot, seq]) = self.asked else {
            return;
        };
        let length = [data.len() as u8, 0, 0, 0]; // a story's pieces are shorter than 256 bytes
        let kind = 0x80 + kind % 5;
        let header = [&[kind][..], &length, &[slot, seq, status, error, specific]].concat();
        self.session.handle_in(self.now, &[&header, data].concat());
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
        while let Some(message) = self.session.poll_transmit() {
            self.check_sent(&message);
        }
        while let Some(event) = self.session.poll_event() {
            let ended = match event {
                Event::Presence(_) => false,
                Event::Powered(powered) => {
                    self.power = powered.ok().map(|(power, _)| power);
                    true
                }
                Event::Looked(_) | Event::Answered(_) => true,
            };
            assert!(!ended || self.running, "an operation ends once");
            self.running &= !ended;
        }
        assert_eq!(self.session.is_busy(), self.running);
        assert_eq!(self.session.poll_timeout().is_some(), self.running);
    }

    fn check_sent(&mut self, message: &[u8]) {
        assert!(self.running, "nothing is sent unasked");
        let (header, data) = message.split_first_chunk::<HEADER>().expect("a header");
        assert_eq!(header[1..5], (data.len() as u32).to_le_bytes());
        assert!(data.len() <= 261);
        self.asked = Some([header[5], header[6]]);
        if data.starts_with(&CREDIT[..4]) {
            self.credits += 1;
            assert_eq!(self.credits, 1, "a CREDIT is sent once");
        }
    }

    /// A reader that says nothing more ends an operation, and so does its loss.
    fn come_to_an_end(mut self) {
        for _ in 0..PATIENCE {
            self.wait();
            self.settle();
        }
        assert!(!self.running, "waiting ends");
        assert!(self.now - self.begun <= LONGEST, "waiting ends in time");
        self.begin(Operation::Look);
        self.session.handle_loss(Code::ReaderGone);
        self.settle();
        assert!(!self.running && self.session.power_session().is_none());
        self.begin(Operation::PowerOn);
        assert_eq!(
            self.session.poll_transmit(),
            None,
            "nothing is sent to nobody"
        );
        self.settle();
    }
}

/// A reader's configuration, at the exchange levels in turn.
fn reader(level: u8) -> Vec<u8> {
    let features: u32 = match level % 3 {
        0 => 0x0002_04BA,
        1 => 0x0004_04BA,
        _ => 0x0001_0230,
    };
    let mut class = vec![0; 54];
    class[..8].copy_from_slice(&[54, 0x21, 0x10, 0x01, 0, 7, 3, 0]);
    class[40..44].copy_from_slice(&features.to_le_bytes());
    class[44..48].copy_from_slice(&271_u32.to_le_bytes());
    [
        &[9, 2, 93, 0, 1, 1, 0, 0x80, 50][..],
        &[9, 4, 0, 0, 3, 0xFF, 0, 0, 0],
        &class,
        &[
            7, 5, 0x01, 2, 64, 0, 0, 7, 5, 0x82, 2, 64, 0, 0, 7, 5, 0x83, 3, 8, 0, 16,
        ],
    ]
    .concat()
}
