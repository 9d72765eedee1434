//! A card behind a socket, in the framing of virtualsmartcard's vpcd.
//!
//! A frame is a big-endian u16 length and the payload. One-byte payloads are controls: 00 power
//! off, 01 power on, 02 reset, 04 get the ATR, which alone is answered by a frame. Every other
//! payload is an APDU and is answered by one frame.

use std::io::{self, ErrorKind, Read, Write};

use crate::card::Card;

const POWER_OFF: u8 = 0x00;
const POWER_ON: u8 = 0x01;
const RESET: u8 = 0x02;
const GET_ATR: u8 = 0x04;

/// Serves one connection until the other side closes it, then takes the card's power away.
///
/// `keep` gets the card after every command and before the answer goes out, so that no answer
/// speaks of a state that a crash could lose.
pub fn serve<S: Read + Write>(
    stream: &mut S,
    card: &mut Card,
    mut keep: impl FnMut(&Card) -> io::Result<()>,
) -> io::Result<()> {
    let ended = loop {
        let frame = match read_frame(stream) {
            Ok(frame) => frame,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break Ok(()),
            Err(error) => break Err(error),
        };
        let answer = match *frame {
            [POWER_OFF] => {
                card.power_off();
                continue;
            }
            [POWER_ON | RESET] => {
                card.power_on();
                continue;
            }
            [GET_ATR] => card.atr().to_vec(),
            _ => card.transmit(&frame),
        };
        if let Err(error) = keep(card).and_then(|()| write_frame(stream, &answer)) {
            break Err(error);
        }
    };
    card.power_off();
    ended
}

fn read_frame(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut frame = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut frame)?;
    Ok(frame)
}

/// One write, so that the frame is one segment.
fn write_frame(stream: &mut impl Write, payload: &[u8]) -> io::Result<()> {
    // A card answers 258 bytes at most.
    let mut frame = (payload.len() as u16).to_be_bytes().to_vec();
    frame.extend(payload);
    stream.write_all(&frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use crate::hex::{bytes, text};

    /// What the client says, and what it has heard.
    struct Wire {
        says: io::Cursor<Vec<u8>>,
        hears: Vec<u8>,
    }

    impl Read for Wire {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.says.read(buffer)
        }
    }

    impl Write for Wire {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            self.hears.write(data)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn talk(card: &mut Card, says: &str) -> (String, u32) {
        let mut wire = Wire {
            says: io::Cursor::new(bytes(says)),
            hears: Vec::new(),
        };
        let mut kept = 0;
        serve(&mut wire, card, |_| {
            kept += 1;
            Ok(())
        })
        .unwrap();
        (text(&wire.hears), kept)
    }

    #[test]
    fn power_controls_are_silent_and_the_atr_and_apdus_are_answered() {
        let mut card = demo::card("no-toll-card").unwrap();
        let (heard, kept) = talk(&mut card, "000101 000104 0007 00A40000021001 000102 000100");
        assert_eq!(heard, "0009 3B650000 4F54484552 0002 6A82".replace(' ', ""));
        assert_eq!(kept, 2);
    }

    #[test]
    fn the_plastic_outlives_the_connection_and_the_session_does_not() {
        let mut card = demo::card("normal").unwrap();
        let select = "0007 00A40000021001";
        let wrong_pin = "000B 0020000006303030303030";
        let (heard, _) = talk(&mut card, &format!("000101 {select} {wrong_pin}"));
        assert!(heard.ends_with("63C2"));
        let (heard, _) = talk(
            &mut card,
            &format!("000101 {wrong_pin} {select} {wrong_pin}"),
        );
        assert!(
            heard.starts_with("00026A88"),
            "the selection is gone: {heard}"
        );
        assert!(heard.ends_with("63C1"), "the try counter is not: {heard}");
    }

    #[test]
    fn a_half_frame_is_the_end_of_the_connection() {
        let mut card = demo::card("normal").unwrap();
        assert_eq!(talk(&mut card, "000101 0007 00A4"), (String::new(), 0));
        assert_eq!(talk(&mut card, "00"), (String::new(), 0));
    }

    #[test]
    fn an_answer_is_not_sent_when_the_state_could_not_be_kept() {
        let mut card = demo::card("normal").unwrap();
        card.power_on();
        let says = io::Cursor::new(bytes("0007 00A40000021001"));
        let mut wire = Wire {
            says,
            hears: Vec::new(),
        };
        let full = |_: &Card| Err(io::Error::from(ErrorKind::StorageFull));
        assert!(serve(&mut wire, &mut card, full).is_err());
        assert!(wire.hears.is_empty());
    }
}
