//! A CCID reader on a serial line, in the framing of GemPC Twin (reference §4.11).
//!
//! A frame is SYNC 03, control 06 (ACK), the CCID message, and the exclusive-or of all that. `03 15 16`
//! (NAK) asks for the last frame again. Between frames the reader may say `50 03` or `50 02` – a card
//! came, a card went – and single bytes from 80h on, which ask for time.

use super::message::{self, Icc, error};
use super::{BulkIn, Fault, Millis, Model, Reader};

const SYNC: u8 = 0x03;
const ACK: u8 = 0x06;
/// SYNC, control NAK and their exclusive-or.
const NAK_FRAME: [u8; 3] = [SYNC, 0x15, SYNC ^ 0x15];
/// PC_to_RDR_Escape.
const ESCAPE: u8 = 0x6B;
/// What Escape 02 answers.
const FIRMWARE: &[u8] = b"ETC-DESK-SIM-V1.00";
/// What the reader says of itself when it is spoken to with RTS high: the start of a plug-and-play
/// string.
const PLUG_AND_PLAY: &[u8] = b"\x08\x01\x24ETC0001\\\\SIM";

/// A reader at the end of a serial line: bytes in, bytes out.
#[derive(Debug, Clone)]
pub struct SerialReader {
    reader: Reader,
    /// Every byte of the host comes back before anything else.
    echo: bool,
    request_to_send: bool,
    /// Escape 01 01 01: card movements are told after a command and before its answer.
    synchronous: bool,
    incoming: Vec<u8>,
    /// Part of a message of the reader.
    message: Vec<u8>,
    outgoing: Vec<u8>,
    /// The frame to be repeated at a NAK.
    last: Vec<u8>,
}

impl SerialReader {
    /// A reader of this model; what concerns USB in it does not matter here.
    pub fn new(model: Model) -> Self {
        Self {
            reader: Reader::with(Model {
                interrupt: true,
                ..model
            }),
            echo: false,
            request_to_send: true,
            synchronous: false,
            incoming: Vec::new(),
            message: Vec::new(),
            outgoing: Vec::new(),
            last: Vec::new(),
        }
    }

    /// Every byte of the host comes back before anything else.
    pub fn set_echo(&mut self, echo: bool) {
        self.echo = echo;
    }

    /// The RTS line, high when the port is opened.
    pub fn set_request_to_send(&mut self, high: bool) {
        self.request_to_send = high;
    }

    /// The reader behind the framing, with its slots and faults.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The reader behind the framing.
    pub fn reader_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }

    /// Takes bytes of the host. It answers at once, or when [`tick`](Self::tick) says so.
    pub fn write(&mut self, bytes: &[u8]) {
        if self.echo {
            self.outgoing.extend(bytes);
        }
        if self.request_to_send {
            self.outgoing.extend(PLUG_AND_PLAY);
        }
        self.incoming.extend(bytes);
        while let Some(step) = self.next_frame() {
            match step {
                Frame::Noise => {}
                Frame::Refused => self.outgoing.extend(NAK_FRAME),
                Frame::Repeat => self.outgoing.extend(&self.last.clone()),
                Frame::Message(message) => self.obey(&message),
            }
        }
        self.drain();
    }

    /// The bytes that the reader has sent since this was asked last.
    pub fn read(&mut self) -> Vec<u8> {
        self.drain();
        std::mem::take(&mut self.outgoing)
    }

    /// Tells the reader what time it is.
    pub fn tick(&mut self, now: Millis) {
        self.reader.tick(now);
        self.drain();
    }

    /// When the reader has something to say next, if nothing else happens.
    pub fn next_due(&self) -> Option<Millis> {
        self.reader.next_due()
    }

    /// Takes one frame, or one byte that begins none, off what has come; `None`: more has to come.
    fn next_frame(&mut self) -> Option<Frame> {
        let (&first, rest) = self.incoming.split_first()?;
        let &control = rest.first()?;
        if first != SYNC || !matches!(control, ACK | 0x15) {
            self.incoming.remove(0);
            return Some(Frame::Noise);
        }
        if control != ACK {
            let nak: Vec<u8> = self.incoming.get(..3)?.to_vec();
            self.incoming.drain(..3);
            return Some(if nak == NAK_FRAME {
                Frame::Repeat
            } else {
                Frame::Noise
            });
        }
        let length = message::announced_length(self.incoming.get(2..2 + message::HEADER)?)?;
        if length > self.reader.model.longest_message {
            self.incoming.clear();
            return Some(Frame::Refused);
        }
        let frame: Vec<u8> = self.incoming.get(..2 + length + 1)?.to_vec();
        self.incoming.drain(..frame.len());
        let sum = frame.iter().fold(0, |all, byte| all ^ byte);
        if sum != 0 || self.reader.faults.strikes(Fault::FrameRefused) {
            return Some(Frame::Refused);
        }
        Some(Frame::Message(frame[2..2 + length].to_vec()))
    }

    fn obey(&mut self, message: &[u8]) {
        if message[0] == ESCAPE {
            let outcome = match &message[message::HEADER..] {
                [0x02] => Ok((0, FIRMWARE.to_vec())),
                [0x01, 0x01, 0x01] => {
                    self.synchronous = true;
                    Ok((0, Vec::new()))
                }
                _ => Err(error::NOT_SUPPORTED),
            };
            self.tell_movement();
            let answer = message::answer(message, Icc::Inactive, &outcome);
            return self.send(&answer);
        }
        if self.reader.bulk_out(message).is_err() {
            // A serial line has no halt: a message that is none, or that fell victim to a fault, gets no
            // answer.
            self.reader.clear_halt(super::Endpoint::Out);
            self.reader.clear_halt(super::Endpoint::In);
        }
        self.tell_movement();
    }

    /// Card movements and whole answers, in the order in which the reader says them.
    fn drain(&mut self) {
        if !self.synchronous {
            self.tell_movement();
        }
        loop {
            match self.reader.bulk_in(usize::MAX) {
                BulkIn::Packet(packet) => self.message.extend(packet),
                BulkIn::Stall => self.reader.clear_halt(super::Endpoint::In),
                BulkIn::Empty | BulkIn::Babble => break,
            }
            if !self.reader.is_plugged() {
                break;
            }
        }
        while let Some(length) = message::announced_length(&self.message) {
            if self.message.len() < length {
                break;
            }
            let rest = self.message.split_off(length);
            let message = std::mem::replace(&mut self.message, rest);
            // No message begins with 00: that is padding.
            let padding = self.message.iter().take_while(|byte| **byte == 0).count();
            self.message.drain(..padding);
            if message[7] & 0xC0 == 0x80 {
                self.outgoing.push(0x80 | message[8]);
            } else {
                self.send(&message);
            }
        }
    }

    fn tell_movement(&mut self) {
        while let Some(message) = self.reader.interrupt_in() {
            // The electrical faults of a USB reader have no place on this line.
            if message[0] == 0x50 {
                self.outgoing.extend([0x50, 0x02 | message[1] & 0x01]);
            }
        }
    }

    fn send(&mut self, message: &[u8]) {
        let mut frame = vec![SYNC, ACK];
        frame.extend(message);
        frame.push(frame.iter().fold(0, |all, byte| all ^ byte));
        self.last.clone_from(&frame);
        if self.reader.faults.strikes(Fault::FrameSpoilt)
            && let Some(sum) = frame.last_mut()
        {
            *sum ^= 0xFF;
        }
        self.outgoing.extend(frame);
    }
}

/// What has come off the line.
enum Frame {
    /// Something that is no frame.
    Noise,
    /// A frame that the reader does not take.
    Refused,
    /// The host's NAK.
    Repeat,
    /// A CCID message.
    Message(Vec<u8>),
}

#[cfg(test)]
mod tests {
    use super::super::{Ending, LATE};
    use super::*;
    use crate::demo;
    use crate::hex::{bytes, text};

    fn reader() -> SerialReader {
        let mut serial = SerialReader::new(Model::serial());
        serial.set_request_to_send(false);
        serial
    }

    fn say(serial: &mut SerialReader, frame: &str) -> String {
        serial.write(&bytes(frame));
        text(&serial.read())
    }

    // 03 ^ 06 = 05; 65 ^ 01 ^ 05 = 61.
    const STATUS: &str = "0306 65000000000001000000 61";
    // 81 ^ 01 ^ 02 ^ 05 = 87.
    const ABSENT: &str = "03068100000000000102000087";

    #[test]
    fn a_message_goes_in_a_frame_and_its_answer_comes_in_one() {
        assert_eq!(say(&mut reader(), STATUS), ABSENT);
        // Byte by byte, behind noise.
        let mut serial = reader();
        let mut heard = String::new();
        for byte in bytes(&format!("FF 03 00 {STATUS}")) {
            heard += &say(&mut serial, &format!("{byte:02X}"));
        }
        assert_eq!(heard, ABSENT);
    }

    #[test]
    fn a_frame_that_does_not_add_up_is_refused_and_a_nak_has_the_last_one_sent_again() {
        let mut serial = reader();
        assert_eq!(say(&mut serial, "0306 65000000000001000000 60"), "031516");
        assert_eq!(say(&mut serial, STATUS), ABSENT);
        assert_eq!(say(&mut serial, "031516"), ABSENT);
        assert_eq!(say(&mut serial, "031517"), "");
        // Longer than any message: 03 06 6F 00000100 …
        assert_eq!(say(&mut serial, "0306 6F000001000002000000"), "031516");
        assert_eq!(say(&mut serial, STATUS), ABSENT);
    }

    #[test]
    fn the_line_can_spoil_frames_either_way() {
        let mut serial = reader();
        serial
            .reader_mut()
            .arm(Fault::FrameRefused, 0, Ending::AfterOne);
        assert_eq!(say(&mut serial, STATUS), "031516");
        assert_eq!(say(&mut serial, STATUS), ABSENT);
        serial
            .reader_mut()
            .arm(Fault::FrameSpoilt, 0, Ending::AfterOne);
        assert_eq!(say(&mut serial, STATUS), ABSENT.replace("0087", "0078"));
        assert_eq!(say(&mut serial, "031516"), ABSENT);
        let marks = [Fault::FrameRefused, Fault::FrameSpoilt];
        assert_eq!(serial.reader().marks(), marks);
    }

    #[test]
    fn escapes_tell_the_firmware_and_choose_when_movements_are_told() {
        let mut serial = reader();
        // 6B ^ 01 ^ 02 ^ 03 ^ 05 = 6E.
        let firmware = say(&mut serial, "0306 6B010000000003000000 02 6E");
        let head = "030683120000000003010000";
        assert!(firmware.starts_with(head), "{firmware}");
        assert_eq!(firmware[24..60], *text(FIRMWARE));
        // Movements come by themselves …
        serial.reader_mut().insert(demo::card("normal").unwrap());
        assert_eq!(text(&serial.read()), "5003");
        // … and after Escape 01 01 01 behind a command, before its answer. 6B ^ 03 ^ 04 ^ 01 ^ 05 = 68.
        say(&mut serial, "0306 6B030000000004000000 010101 68");
        serial.reader_mut().remove();
        assert_eq!(text(&serial.read()), "");
        assert_eq!(say(&mut serial, STATUS), format!("5002{ABSENT}"));
        // 6B ^ 01 ^ 05 ^ 07 ^ 05 = 6D.
        let unknown = say(&mut serial, "0306 6B010000000005000000 07 6D");
        assert!(unknown.starts_with("03068300000000000541"), "{unknown}");
    }

    #[test]
    fn a_card_asks_for_time_by_single_bytes() {
        let mut serial = reader();
        serial.reader_mut().insert(demo::card("normal").unwrap());
        serial.read();
        serial
            .reader_mut()
            .arm(Fault::TimeExtensions, 0, Ending::AfterOne);
        // IccPowerOn at 5 V: 62 ^ 01 ^ 01 ^ 05 = 67.
        assert_eq!(say(&mut serial, "0306 62000000000001010000 67"), "");
        serial.tick(10_000);
        assert_eq!(text(&serial.read()), "81".repeat(10));
        serial.tick(11_000);
        assert!(text(&serial.read()).starts_with("0306801100"));
    }

    #[test]
    fn packets_do_not_matter_on_a_line() {
        for fault in [
            Fault::EveryByteApart,
            Fault::BytesAfter,
            Fault::EmptyPacketBefore,
        ] {
            let mut serial = reader();
            serial.reader_mut().arm(fault, 0, Ending::AfterOne);
            assert_eq!(say(&mut serial, STATUS), ABSENT, "{fault:?}");
            assert_eq!(say(&mut serial, STATUS), ABSENT, "{fault:?}");
        }
        for fault in [Fault::StallIn, Fault::StallOut, Fault::AnswerLost] {
            let mut serial = reader();
            serial.reader_mut().arm(fault, 0, Ending::AfterOne);
            assert_eq!(say(&mut serial, STATUS), "", "{fault:?}");
            assert_eq!(say(&mut serial, STATUS), ABSENT, "{fault:?}");
        }
        let mut serial = reader();
        serial.reader_mut().arm(Fault::Late, 0, Ending::AfterOne);
        assert_eq!(say(&mut serial, STATUS), "");
        serial.tick(LATE);
        assert_eq!(text(&serial.read()), ABSENT);
    }

    #[test]
    fn an_echo_and_a_plug_and_play_string_come_before_answers() {
        let mut serial = reader();
        serial.set_echo(true);
        let echoed = STATUS.replace(' ', "") + ABSENT;
        assert_eq!(say(&mut serial, STATUS), echoed);
        let mut serial = SerialReader::new(Model::serial());
        let heard = say(&mut serial, STATUS);
        assert_eq!(heard, text(PLUG_AND_PLAY) + ABSENT);
    }
}
