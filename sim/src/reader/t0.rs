//! The card's side of T=0, seen from a reader that runs the procedure bytes: a header and perhaps
//! data in, perhaps data and a status word out (ISO/IEC 7816-3:2006 §10, §12).
//!
//! Le of a command with data never reaches the card, so its response waits for GET RESPONSE; and a
//! response has exactly the length P3 asks for, or the card answers `6Cxx` and has done nothing.

use crate::card::Card;

/// INS of GET RESPONSE.
const GET_RESPONSE: u8 = 0xC0;

/// What a T=0 card keeps between two commands.
#[derive(Debug, Clone, Default)]
pub struct T0 {
    /// Response data of the last command that GET RESPONSE has not fetched yet.
    waiting: Vec<u8>,
}

/// A header that is followed by too little or too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLength;

impl T0 {
    /// One TPDU. `run` lets the card carry out an APDU, or finds it gone.
    pub fn exchange(
        &mut self,
        tpdu: &[u8],
        card: &mut Card,
        run: impl FnOnce(&mut Card, &[u8]) -> Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, BadLength> {
        let &[cla, ins, p1, p2, p3, ref data @ ..] = tpdu else {
            return Err(BadLength);
        };
        if !data.is_empty() && data.len() != usize::from(p3) {
            return Err(BadLength);
        }
        let waiting = std::mem::take(&mut self.waiting);
        if ins == GET_RESPONSE && (cla, p1, p2) == (0x00, 0x00, 0x00) && !waiting.is_empty() {
            return Ok(Some(self.get_response(p3, waiting)));
        }
        let wanted = if p3 == 0 { 256 } else { usize::from(p3) };
        if !data.is_empty() {
            let Some(mut answer) = run(card, tpdu) else {
                return Ok(None);
            };
            let sw = answer.split_off(answer.len().saturating_sub(2));
            if answer.is_empty() || sw != [0x90, 0x00] {
                return Ok(Some(sw));
            }
            self.waiting = answer;
            return Ok(Some(vec![0x61, self.waiting.len() as u8]));
        }
        // What answers another length than asked for has to say so before it does anything.
        let before = card.clone();
        let Some(answer) = run(card, tpdu) else {
            return Ok(None);
        };
        let length = answer.len().saturating_sub(2);
        if length == 0 || length == wanted {
            return Ok(Some(answer));
        }
        *card = before;
        Ok(Some(vec![0x6C, length as u8]))
    }

    fn get_response(&mut self, p3: u8, mut waiting: Vec<u8>) -> Vec<u8> {
        let wanted = if p3 == 0 { 256 } else { usize::from(p3) };
        if wanted > waiting.len() {
            let right = [0x6C, waiting.len() as u8];
            self.waiting = waiting;
            return right.to_vec();
        }
        self.waiting = waiting.split_off(wanted);
        waiting.extend(match self.waiting.len() {
            0 => [0x90, 0x00],
            rest => [0x61, rest as u8],
        });
        waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use crate::hex::{bytes, text};

    fn powered() -> Card {
        let mut card = demo::card("normal").unwrap();
        card.power_on();
        card
    }

    fn say(t0: &mut T0, card: &mut Card, tpdu: &str) -> String {
        let answer = t0.exchange(&bytes(tpdu), card, |card, apdu| Some(card.transmit(apdu)));
        text(&answer.unwrap().unwrap())
    }

    #[test]
    fn a_response_to_a_command_with_data_waits_for_get_response() {
        let (mut t0, mut card) = (T0::default(), powered());
        // SELECT 3F00 answers an FCI of 6F 15 84 0E … A5 03 …: 23 bytes.
        assert_eq!(say(&mut t0, &mut card, "00A40000023F00"), "6117");
        assert_eq!(say(&mut t0, &mut card, "00C0000020"), "6C17");
        let first = say(&mut t0, &mut card, "00C0000002");
        assert_eq!(first, "6F156115");
        let rest = say(&mut t0, &mut card, "00C0000015");
        assert!(rest.starts_with("840E31504159") && rest.ends_with("9000"));
        // There is nothing left: the card itself does not know the command.
        assert_eq!(say(&mut t0, &mut card, "00C0000015"), "6D00");
    }

    #[test]
    fn another_command_in_between_drops_what_was_waiting() {
        let (mut t0, mut card) = (T0::default(), powered());
        say(&mut t0, &mut card, "00A40000023F00");
        assert_eq!(say(&mut t0, &mut card, "0084000004").len(), 2 * 6);
        assert_eq!(say(&mut t0, &mut card, "00C0000015"), "6D00");
    }

    #[test]
    fn a_wrong_p3_is_answered_6c_and_has_no_effect() {
        let (mut t0, mut card) = (T0::default(), powered());
        // File 0016 has 55 bytes; P3 00 asks for 256.
        assert_eq!(say(&mut t0, &mut card, "00B0960000"), "6C37");
        let before = card.clone();
        assert_eq!(say(&mut t0, &mut card, "00B0960000"), "6C37");
        assert_eq!(card, before);
        assert_eq!(say(&mut t0, &mut card, "00B0960037").len(), 2 * 57);
    }

    #[test]
    fn a_header_has_five_bytes_and_what_p3_says() {
        let (mut t0, mut card) = (T0::default(), powered());
        for broken in ["00A40000", "00A40000023F", "00A40000023F0000"] {
            let answer = t0.exchange(&bytes(broken), &mut card, |_, _| panic!("not for the card"));
            assert_eq!(answer, Err(BadLength), "{broken}");
        }
    }
}
