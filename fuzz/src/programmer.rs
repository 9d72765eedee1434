//! OBU programmers: the framings of their dialects, what is in them, and the engine.

use apdu_core::apdu::Command;
use apdu_core::card::{Fate, NoAnswer, PowerSession};
use apdu_core::ccid::Millis;
use apdu_core::fault::Code;
use apdu_core::obu_programmer::{Channel, Mmi, PsamSlot};
use apdu_core::programmer::bobu::{
    self, Assembler, Frame, Start, command, fragments, list, wechat,
};
use apdu_core::programmer::capture::{Recorder, Replay};
use apdu_core::programmer::dsrc::{ActionReply, AirFrame, Bst, Vst};
use apdu_core::programmer::primitive::{Primitive, parse_psam_list, parse_psam_reset};
use apdu_core::programmer::{
    Event, Operation, Profile, Session, SwCounted, apdu_list, dialect_b, envelope,
};

use crate::story::Story;

/// Whatever the line brings, it is the same frames in pieces; every body is framed and found again; and behind
/// noise a frame is found.
pub fn envelope(bytes: &[u8]) {
    let bodies = |line: &[u8]| {
        let mut deframer = envelope::Deframer::default();
        let frames = line.iter().filter_map(|&byte| deframer.push(byte));
        frames.collect::<Vec<_>>()
    };
    let frame = envelope::encode(&[0x81, 0x4C]);
    // The first one may be taken for the end of what the noise has begun.
    let line = [bytes, &frame, &frame].concat();
    assert_eq!(bodies(&line).last(), Some(&Ok(vec![0x81, 0x4C])));
    if (1..=envelope::MAX_BODY).contains(&bytes.len()) {
        assert_eq!(bodies(&envelope::encode(bytes)), [Ok(bytes.to_vec())]);
    }
}

/// The same for the frames of Bluetooth tags, their fragments and their packets, and for dialect B.
pub fn frames(bytes: &[u8]) {
    for start in [Start::ThreeThree, Start::Fifty] {
        let at_once = heard(start, &[bytes]);
        let singly: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(heard(start, &singly), at_once);
        let mut assembler = Assembler::default();
        for frame in at_once.iter().flatten() {
            assert_eq!(heard(start, &[&frame.to_bytes()]), [Ok(frame.clone())]);
            let _ = assembler.push(frame);
        }
        if let Ok(frames) = fragments(start, 3, bytes) {
            let mut assembler = Assembler::default();
            let message = frames
                .iter()
                .filter_map(|frame| assembler.push(frame))
                .last();
            assert_eq!(message, Some(Ok(bytes.to_vec())));
        }
    }
    let mut packets = wechat::Deframer::default();
    packets.extend(bytes);
    while let Some(packet) = packets.next_packet() {
        let _ = packet.frame();
    }
    if let Ok(packet) = wechat::wrap(1, bytes) {
        let mut packets = wechat::Deframer::default();
        packets.extend(&packet);
        let read = packets.next_packet();
        assert_eq!(read.as_ref().map(wechat::Packet::frame), Some(Ok(bytes)));
    }
    let mut gantry = dialect_b::Deframer::default();
    gantry.extend(bytes);
    while gantry.next_frame().is_some() {}
}

fn heard(start: Start, pieces: &[&[u8]]) -> Vec<Result<Frame, bobu::Broken>> {
    let mut deframer = bobu::Deframer::new(start);
    let mut frames = Vec::new();
    for piece in pieces {
        deframer.extend(piece);
        frames.extend(std::iter::from_fn(|| deframer.next_frame()));
    }
    frames
}

/// What is in a frame is read or refused; what is read is written as it was.
pub fn payload(bytes: &[u8]) {
    if let Ok(primitive) = Primitive::parse(bytes) {
        assert_eq!(primitive.to_bytes(), bytes);
        let _ = (primitive.payload(), parse_psam_list(primitive.rest));
        let _ = (
            parse_psam_reset(primitive.rest, true),
            parse_psam_reset(primitive.rest, false),
        );
    }
    if let Ok(frame) = AirFrame::parse(bytes) {
        assert_eq!(frame.to_bytes(), bytes);
    }
    if let Ok(vst) = Vst::parse(bytes) {
        assert_eq!(vst.to_bytes(), bytes);
    }
    if let Ok(reply) = ActionReply::parse(bytes) {
        assert_eq!(reply.to_bytes(), bytes);
        let _ = (reply.channel_answers(Channel::Esam), reply.secure_file());
    }
    if let Ok(bst) = Bst::parse(bytes) {
        let written = bst.to_bytes();
        assert_eq!(AirFrame::parse(&written).map(|frame| frame.apdu), Ok(bytes));
    }
    for counted in [SwCounted::Yes, SwCounted::No] {
        let _ = apdu_list::parse_answers(bytes, counted);
    }
    for container in [list::REQUEST, list::REPLY] {
        if let Ok(entries) = list::parse(container, bytes)
            && let Ok(written) = list::encode(container, &entries)
        {
            assert_eq!(list::parse(container, &written), Ok(entries));
        }
    }
    if let Ok(request) = command::ChannelRequest::parse(bytes) {
        assert_eq!(request.to_bytes(), bytes);
    }
}

/// Whatever passes over a line is written down, and answers as a device; what is answered can be read again.
pub fn capture(bytes: &[u8]) {
    for profile in Profile::shipped() {
        let mut recorder = Recorder::new(&profile);
        let mut story = Story(bytes);
        while let Some(step) = story.next() {
            let piece = story.bytes();
            match step % 4 {
                0 => recorder.sent(0, piece),
                1 => recorder.heard(0, piece),
                2 => recorder.sent(0, &envelope::encode(piece)),
                _ => recorder.heard(0, &envelope::encode(piece)),
            }
        }
        let mut replay = Replay::new(&recorder.capture(&profile));
        let mut again = Recorder::new(&profile);
        replay.write(bytes);
        again.heard(0, &replay.read());
    }
}

/// However long it is answered with `61xx`: rounds of GET RESPONSE, each with all its sends and a wait for silence.
const LONGEST: Millis = 257 * (3_000 + 3 * 2_500);
/// How often time may run out until the session is at rest.
const PATIENCE: usize = 64;

/// A secured write, which must not be repeated. No byte of it is stuffed.
fn write() -> Command {
    Command::with_data([0x04, 0xD6, 0x81, 0x1A], &[1, 0xA, 0xB, 0xC, 0xD], 0).once()
}

/// The bytes are a story: each step is a byte that says what happens, and what it needs. However it goes, an
/// operation ends once and in time, and a secured write is on the wire once and is never said not to have been.
pub fn session(bytes: &[u8]) {
    let mut story = Story(bytes);
    let mut profiles = Profile::shipped().into_iter().cycle();
    let profile = profiles.nth(usize::from(story.byte()) % 3);
    let mut host = Host::new(profile.expect("the cycle has no end"));
    while let Some(step) = story.next() {
        match step % 16 {
            0 => host.begin(Operation::Open { unix: 0 }),
            1 => host.begin(Operation::Initialise { unix: 0 }),
            2 => host.begin(Operation::PowerCard { unix: 0 }),
            3 => host.transfer(Channel::Esam, Command::read([0x00, 0xB0, 0x81, 0x00], 27)),
            4 => host.transfer(Channel::Esam, write()),
            5 => host.transfer(Channel::Card, write()),
            6 => host.begin(Operation::Psam(PsamSlot::One, vec![write()])),
            7 => host.begin(Operation::PsamReset(PsamSlot::Two)),
            8 => host.begin(Operation::SetMmi(host.tag, Mmi::Ok)),
            9 => host.begin(Operation::Release(host.tag)),
            10 => host.session.handle_in(host.now, story.bytes()),
            11 => host.answer(&envelope::encode(story.bytes())),
            12 => {
                let sn = story.byte() % 15 + 1;
                let frames = fragments(Start::ThreeThree, sn, story.bytes());
                let frames = frames.unwrap_or_default();
                frames
                    .iter()
                    .for_each(|frame| host.answer(&frame.to_bytes()));
            }
            13 => {
                let payload = story.bytes();
                host.answer_primitive(payload);
            }
            14 => host.session.handle_line_error(host.now),
            _ => host.wait(),
        }
        host.settle();
    }
    host.come_to_rest();
}

/// A session and what was seen of it.
struct Host {
    session: Session,
    now: Millis,
    tag: PowerSession,
    card: PowerSession,
    /// Since when, while an operation is under way.
    begun: Option<Millis>,
    /// How often the write under way was on the wire.
    writes: usize,
    /// CMD and PRIM of the last request of dialect A′.
    asked: [u8; 2],
}

impl Host {
    fn new(profile: Profile) -> Self {
        Self {
            session: Session::new(profile, 0),
            now: 0,
            tag: PowerSession(0),
            card: PowerSession(0),
            begun: None,
            writes: 0,
            asked: [0; 2],
        }
    }

    fn begin(&mut self, operation: Operation) {
        if self.session.is_busy() {
            return;
        }
        self.writes = 0;
        self.begun = Some(self.now);
        self.session.begin(self.now, operation);
    }

    fn transfer(&mut self, channel: Channel, command: Command) {
        let session = match channel {
            Channel::Card => self.card,
            Channel::Esam => self.tag,
        };
        self.begin(Operation::Transfer(session, channel, vec![command]));
    }

    fn answer(&mut self, frame: &[u8]) {
        self.session.handle_in(self.now, frame);
    }

    /// A reply of dialect A′ to what was asked last.
    fn answer_primitive(&mut self, payload: &[u8]) {
        let [command, primitive] = self.asked;
        let head = [0x01, command ^ 0x10, primitive, payload.len() as u8];
        self.answer(&envelope::encode(&[&head[..], payload].concat()));
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
        while let Some(frame) = self.session.poll_transmit() {
            if let [0xFF, 0xFF, _, command, primitive, ..] = frame[..] {
                self.asked = [command, primitive];
            }
            let write = write().to_bytes();
            self.writes += frame.windows(write.len()).filter(|it| *it == write).count();
            assert!(self.writes <= 1, "a write is on the wire once");
        }
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Opened(outcome) => self.take_end(outcome.err()),
                Event::PsamReset(outcome) => self.take_end(outcome.err()),
                Event::Answered(outcome) => self.take_end(outcome.err()),
                Event::Shown(outcome) | Event::Released(outcome) => self.take_end(outcome.err()),
                Event::Initialised(outcome) => {
                    self.tag = outcome.as_ref().map_or(self.tag, |(tag, _)| *tag);
                    self.card = self.session.card_session().unwrap_or(self.card);
                    self.take_end(outcome.err());
                }
                Event::CardPowered(outcome) => {
                    self.card = outcome.unwrap_or(self.card);
                    self.take_end(outcome.err());
                }
            }
        }
        if self.begun.is_some() {
            assert!(self.session.is_busy());
            let waits = self.session.poll_timeout().is_some();
            assert!(waits, "nothing is waited for for ever");
        }
    }

    fn take_end(&mut self, none: Option<NoAnswer>) {
        let begun = self.begun.take().expect("an operation ends once");
        assert!(self.now - begun <= LONGEST, "it ends in time");
        if let Some(none) = none {
            let reached = self.writes > 0;
            assert!(
                !reached || none.fate == Fate::Unknown,
                "it may have reached the chip"
            );
        }
    }

    /// A device that says nothing more ends an operation, and so does its loss.
    fn come_to_rest(mut self) {
        for _ in 0..PATIENCE {
            self.wait();
            self.settle();
        }
        assert!(!self.session.is_busy(), "silence comes to an end");
        self.begin(Operation::Open { unix: 0 });
        self.session.handle_loss(Code::ProgrammerGone);
        self.settle();
        assert!(!self.session.is_busy() && self.session.card_session().is_none());
        self.begin(Operation::Initialise { unix: 0 });
        assert_eq!(
            self.session.poll_transmit(),
            None,
            "nothing is sent to nobody"
        );
        self.settle();
        assert!(self.begun.is_none());
    }
}
