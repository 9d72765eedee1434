//! A timed script of messages against the engine. What must go out and what comes in is written down byte by
//! byte, by CCID 1.1 and ISO/IEC 7816-3.

use super::*;
use crate::apdu::{Command, Response};
use crate::atr::Protocol;
use crate::ccid::descriptor::{ClassDescriptor, DeviceId, Features};
use crate::ccid::parameters::Speed;
use crate::hex::decode;
use alloc::vec::Vec;

mod activation;
mod apdu;
mod presence;
mod recovery;
mod t0;
mod t1;

/// A T=0 card without interface bytes.
const T0_ATR: &str = "3B021450";
/// A T=1 card: TD1 81, TD2 31, IFSC 32, BWI/CWI 45; no historical bytes.
const T1_ATR: &str = "3B808131204555";

/// dwFeatures of what a reader does for T=0 and T=1 by itself: 0x02 parameters, 0x08 voltage, 0x10 and 0x20 clock
/// and baud rate, 0x80 PPS.
const AUTOMATIC: u32 = 0xBA;
const TPDU: u32 = 0x0001_0000;
const SHORT: u32 = 0x0002_0000;
const EXTENDED: u32 = 0x0004_0000;

fn descriptor(features: u32) -> ClassDescriptor {
    ClassDescriptor {
        max_slot_index: 0,
        voltages: 7,
        protocols: 3,
        default_clock: 4_000,
        max_data_rate: 344_086,
        max_ifsd: 254,
        features: Features(features),
        max_message_length: 271,
    }
}

fn profile(descriptor: ClassDescriptor) -> Profile {
    let nobody = DeviceId {
        vendor: 0x1209,
        product: 1,
    };
    Profile::new(nobody, descriptor)
}

/// A session, its clock, and the sequence number of its last message.
struct Script {
    session: Session,
    now: Millis,
    seq: u8,
}

impl Script {
    fn of(profile: &Profile) -> Self {
        Self {
            session: Session::new(profile, 0, 0).expect("a level that is spoken"),
            now: 0,
            seq: 0,
        }
    }

    fn new(features: u32) -> Self {
        Self::of(&profile(descriptor(features)))
    }

    /// A session with a powered card at this level.
    fn powered(features: u32, atr: &str) -> (Self, PowerSession) {
        let mut script = Self::new(features);
        script.begin(Operation::PowerOn);
        script.sends(0x62, [0, 0, 0], &[]);
        script.hears_block(&decode(atr).expect("hex"));
        assert_eq!(script.message().first(), Some(&0x61));
        script.hears(0x82, 0, 0, 0, &[]);
        if features & TPDU != 0 && atr == T1_ATR {
            script.sends_block(&[0, 0xC1, 1, 0xFE, 0x3E]);
            script.hears_block(&[0, 0xE1, 1, 0xFE, 0x1E]);
        }
        match script.outcome() {
            Some(Event::Powered(Ok((session, _)))) => (script, session),
            other => panic!("{other:?} is no power-on"),
        }
    }

    /// A session with this command on the wire, in one message that carries `bytes`.
    fn sent(features: u32, atr: &str, command: &Command, bytes: &[u8]) -> Self {
        let (mut script, power) = Self::powered(features, atr);
        script.begin(Operation::Transmit(power, command.clone()));
        script.sends_block(bytes);
        script
    }

    fn begin(&mut self, operation: Operation) {
        self.session.begin(self.now, operation);
    }

    /// The next bulk message.
    #[track_caller]
    fn message(&mut self) -> Vec<u8> {
        match self.session.poll_transmit() {
            Some(Transmit::Bulk(message)) => {
                self.seq = message[6];
                message
            }
            other => panic!("{other:?} is no message"),
        }
    }

    #[track_caller]
    fn sends(&mut self, kind: u8, specific: [u8; 3], data: &[u8]) {
        let message = self.message();
        let length = (data.len() as u32).to_le_bytes();
        let head = [&[kind][..], &length, &[0, self.seq], &specific].concat();
        assert_eq!(message, [&head[..], data].concat());
    }

    /// XfrBlock with a whole APDU, TPDU or block.
    #[track_caller]
    fn sends_block(&mut self, data: &[u8]) {
        self.sends(0x6F, [0, 0, 0], data);
    }

    #[track_caller]
    fn sends_nothing(&mut self) {
        assert_eq!(self.session.poll_transmit(), None);
    }

    /// An answer to the last message.
    fn hears(&mut self, kind: u8, status: u8, error: u8, specific: u8, data: &[u8]) {
        let answer = message(kind, self.seq, status, error, specific, data);
        self.session.handle_in(self.now, &answer);
    }

    /// A DataBlock of a card under power.
    fn hears_block(&mut self, data: &[u8]) {
        self.hears(0x80, 0, 0, 0, data);
    }

    /// A DataBlock that failed, of a card under power.
    fn hears_failure(&mut self, error: u8) {
        self.hears(0x80, 0x40, error, 0, &[]);
    }

    /// Lets the time pass until the engine wants to act.
    #[track_caller]
    fn times_out(&mut self) {
        self.now = self.session.poll_timeout().expect("something is awaited");
        self.session.handle_timeout(self.now);
    }

    /// The next event but those of presence.
    fn outcome(&mut self) -> Option<Event> {
        loop {
            match self.session.poll_event()? {
                Event::Presence(_) => {}
                event => return Some(event),
            }
        }
    }

    #[track_caller]
    fn answered(&mut self, data: &[u8], sw: u16) {
        let response = Response {
            data: data.to_vec(),
            sw: crate::sw::Sw(sw),
        };
        assert_eq!(self.outcome(), Some(Event::Answered(Ok(response))));
    }

    #[track_caller]
    fn ends_unknown(&mut self, code: Code) {
        let none = NoAnswer::unknown(code);
        assert_eq!(self.outcome(), Some(Event::Answered(Err(none))));
    }

    /// Looks once more, as one who wants to go on would.
    #[track_caller]
    fn is_usable_again(&mut self) {
        assert!(!self.session.is_busy());
        self.begin(Operation::Look);
        self.sends(0x65, [0; 3], &[]);
        self.hears(0x81, 0, 0, 0, &[]);
        assert_eq!(self.outcome(), Some(Event::Looked(Ok(true))));
    }
}

fn message(kind: u8, seq: u8, status: u8, error: u8, specific: u8, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u32).to_le_bytes();
    let header = [&[kind][..], &length, &[0, seq, status, error, specific]].concat();
    [&header[..], data].concat()
}

/// GET BALANCE, which may be repeated.
fn read() -> Command {
    Command::read([0x80, 0x5C, 0x00, 0x02], 4)
}

const READ: [u8; 5] = [0x80, 0x5C, 0x00, 0x02, 0x04];

/// CREDIT FOR LOAD, which may not.
fn credit() -> Command {
    Command::with_data([0x80, 0x52, 0, 0], &[0x11; 11], 4).once()
}

const CREDIT: [u8; 17] = [
    0x80, 0x52, 0, 0, 11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 4,
];
/// The same as a T=0 TPDU.
const CREDIT_TPDU: [u8; 16] = [
    0x80, 0x52, 0, 0, 11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
];

#[test]
fn character_level_is_refused_by_name() {
    let character = profile(descriptor(AUTOMATIC));
    let refused = Session::new(&character, 0, 0).expect_err("refused");
    assert_eq!(refused, Code::UnsupportedLevel);
}

#[test]
fn every_slot_has_a_session_of_its_own_and_hears_its_own_answers_only() {
    let two_slots = profile(ClassDescriptor {
        max_slot_index: 1,
        ..descriptor(SHORT | AUTOMATIC)
    });
    let mut second = Session::new(&two_slots, 1, 0).expect("spoken");
    assert_eq!(second.level(), ExchangeLevel::ShortApdu);
    assert_eq!(second.profile().slots().count(), 2);
    second.begin(0, Operation::Look);
    let look = Transmit::Bulk(Vec::from([0x65, 0, 0, 0, 0, 1, 1, 0, 0, 0]));
    assert_eq!(second.poll_transmit(), Some(look));
    second.handle_in(1, &[0x81, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    assert!(second.is_busy());
    second.handle_in(1, &[0x81, 0, 0, 0, 0, 1, 1, 2, 0, 0]);
    assert!(!second.is_busy());
    assert_eq!(second.card_present(), Some(false));
}

#[test]
fn no_packet_makes_it_panic() {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 32) as u8
    };
    for (features, atr) in [
        (SHORT | AUTOMATIC, T0_ATR),
        (TPDU | AUTOMATIC, T0_ATR),
        (TPDU | AUTOMATIC, T1_ATR),
    ] {
        let (mut script, _) = Script::powered(features, atr);
        for now in 0..10_000 {
            let session = &mut script.session;
            let length = usize::from(random()) % 80;
            let mut packet: Vec<u8> = (0..length).map(|_| random() & 0x83).collect();
            if let Some(seq) = packet.get_mut(6) {
                *seq = session.wire.seq;
            }
            session.handle_in(now, &packet);
            session.handle_interrupt(now, &packet);
            match random() {
                0 => session.handle_stall(now, Direction::In),
                1 => session.handle_stall(now, Direction::Out),
                2 => session.handle_refused(now),
                _ => {}
            }
            while let Some(transmit) = session.poll_transmit() {
                match transmit {
                    Transmit::ClearHalt(direction) => session.handle_clear_halt(now, direction),
                    Transmit::Abort { .. } => session.handle_control(now, true),
                    Transmit::Bulk(_) => {}
                }
            }
            while let Some(event) = session.poll_event() {
                if event == Event::Reopen {
                    session.handle_reopened(now);
                }
            }
            if session.closed.is_none() && !session.is_busy() {
                let operation = match session.power_session() {
                    Some(power) => Operation::Transmit(power, read()),
                    None => Operation::PowerOn,
                };
                session.begin(now, operation);
            }
        }
    }
}
