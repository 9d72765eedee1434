//! The chips a programmer reaches: card, ESAM, PSAMs.

use super::{Fault, Programmer, Tear, Voice};
use crate::reader::half_of_a_write;
use crate::tag::Tag;

/// A chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chip {
    /// The user card in the slot.
    Card,
    /// The ESAM of the tag at this place in the field.
    Esam(usize),
    /// The PSAM in this slot, 0 to 2.
    Psam(usize),
}

impl Programmer {
    /// Has a chip carry out a list, and gives its answers; `None` where it falls silent.
    pub(super) fn run_list(&mut self, chip: Chip, list: &[&[u8]]) -> Option<Vec<Vec<u8>>> {
        let mut answers = Vec::new();
        for apdu in list {
            let answer = self.run(chip, apdu)?;
            let went_well = matches!(answer[..], [.., 0x90, 0x00] | [.., 0x61, _]);
            answers.push(answer);
            if self.model.stops_at_refusal && !went_well {
                break;
            }
        }
        if matches!(chip, Chip::Esam(_)) && self.strikes(Fault::EsamMute) {
            return None;
        }
        if self.strikes(Fault::EntryMissing) {
            answers.pop();
        }
        Some(answers)
    }

    /// One command, and its answer.
    fn run(&mut self, chip: Chip, apdu: &[u8]) -> Option<Vec<u8>> {
        let fetched = self.waiting.take().filter(|(of, _)| *of == chip);
        if let ([0x00, 0xC0, 0x00, 0x00, _], Some((_, data))) = (apdu, fetched) {
            return Some([&data[..], &[0x90, 0x00]].concat());
        }
        let tear = self.tear.filter(|_| chip == Chip::Card);
        let tear = tear.and_then(|armed| armed.at(apdu));
        if chip == Chip::Card
            && (tear == Some(Tear::Before) || self.strikes(Fault::CardPulledBefore))
        {
            return self.pull();
        }
        let mut answer = match chip {
            Chip::Card => {
                let card = self.slot.as_mut()?;
                if tear == Some(Tear::Within) {
                    card.tear_next_write(half_of_a_write(apdu));
                }
                card.transmit(apdu)
            }
            Chip::Esam(place) => {
                let mut apdu = apdu.to_vec();
                if let [0x04, 0xD6, .., last] = &mut apdu[..]
                    && self.strikes(Fault::MacSpoiled)
                {
                    *last ^= 0x01;
                }
                self.field.get_mut(place)?.esam_mut().transmit(&apdu)
            }
            Chip::Psam(slot) => answer_psam(self.model.psams[slot]?, apdu),
        };
        if answer.is_empty() && tear == Some(Tear::Within) {
            return self.pull();
        }
        if answer.len() < 2 {
            return None;
        }
        self.seen.push((chip, apdu.to_vec()));
        let accepted = answer.ends_with(&[0x90, 0x00]);
        if chip == Chip::Card
            && (accepted && tear == Some(Tear::After) || self.strikes(Fault::CardPulledAfter))
        {
            return self.pull();
        }
        if self.model.fetches && accepted && apdu.len() > 5 && answer.len() > 2 {
            answer.truncate(answer.len() - 2);
            let length = answer.len() as u8;
            self.waiting = Some((chip, answer));
            return Some(vec![0x61, length]);
        }
        Some(answer)
    }

    fn pull(&mut self) -> Option<Vec<u8>> {
        self.tear = None;
        self.pulled = self.remove();
        None
    }

    /// Powers the card, and gives its ATR.
    pub(super) fn power_card(&mut self) -> Option<Vec<u8>> {
        self.card_is_powered = self.slot.is_some();
        Some(self.slot.as_mut()?.power_on())
    }

    /// Tags come and go before a list reaches a chip of theirs.
    pub(super) fn move_tags(&mut self) {
        if self.strikes(Fault::TagLeavesBefore) {
            self.empty_field();
        }
        if self.strikes(Fault::EsamLosesPower) {
            self.field.iter_mut().for_each(Tag::release);
            // In contact there is power again at once.
            if matches!(self.voice, Voice::Bobu(..)) {
                self.field.iter_mut().for_each(Tag::wake);
            }
        }
        if let Some(spare) = self.spare.take() {
            if self.strikes(Fault::TagSwapped) {
                self.empty_field();
                self.put(spare);
            } else {
                self.spare = Some(spare);
            }
        }
    }

    /// Takes all tags out of the field.
    pub(super) fn empty_field(&mut self) {
        for mut tag in std::mem::take(&mut self.field) {
            tag.come_to_rest();
            self.gone.push(tag);
        }
    }
}

/// A PSAM: it shows its terminal number (file 0016), and has no keys to do more.
fn answer_psam(terminal: [u8; 6], apdu: &[u8]) -> Vec<u8> {
    match *apdu {
        [0x00, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00] => vec![0x90, 0x00],
        [0x00, 0xB0, 0x96, 0x00, 0x06] => [&terminal[..], &[0x90, 0x00]].concat(),
        [0x00, 0xB0, 0x96, 0x00, _] => vec![0x6C, 0x06],
        [0x00, 0xA4, ..] => vec![0x6A, 0x82],
        _ => vec![0x6D, 0x00],
    }
}
